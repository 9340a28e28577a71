//! What the daemon stands on, and how it is taken from under its feet.

use super::daemon::Daemon;
use super::disk::{Disk, run};
use std::path::Path;
use tempfile::TempDir;
use tongxin::store::sled::free_on_disk;

/// Where data and keys lie.
pub enum Ground {
    /// A directory: a death is a kill, and what was written stays.
    Dir(TempDir),
    /// A disk of its own: a death is a power cut, and what was not brought to the disk may be gone.
    Disk(Box<Disk>),
    /// A small disk that can be filled; nothing dies on it.
    Small(Small),
}

/// A small disk, and a file that takes its room.
pub struct Small {
    dir: TempDir,
    mib: u64,
}

impl Small {
    /// Makes one of so many MiB; the sentence is for whoever runs the benchmark where that is not possible.
    pub fn make(mib: u64) -> Result<Self, String> {
        let needs = |what: String| format!("a small disk needs root and mount; here {what}");
        let dir = tempfile::tempdir().map_err(|e| needs(e.to_string()))?;
        let (place, size) = (dir.path().display().to_string(), format!("size={mib}m"));
        run("mount", &["-t", "tmpfs", "-o", &size, "tongxin-trial", &place]).map_err(needs)?;
        Ok(Self { dir, mib })
    }

    /// Takes room until so many MiB are free, or gives room back.
    pub fn leaves(&self, mib: u64) {
        use std::io::Write as _;
        const MIB: u64 = 1024 * 1024;
        let path = self.dir.path().join("filler");
        let free = || free_on_disk(self.dir.path()).expect("the system says how much is free");
        let wanted = mib.min(self.mib) * MIB;
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .expect("opens the filler");
        let length = file.metadata().expect("is there").len();
        file.set_len(length.saturating_sub(wanted.saturating_sub(free()))).expect("gives back");
        let page = vec![1; 4096];
        while free() > wanted && file.write_all(&page).is_ok() {}
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = run("umount", &["-l", &self.dir.path().display().to_string()]);
    }
}

impl Ground {
    /// A directory.
    pub fn dir() -> Self {
        Self::Dir(tempfile::tempdir().expect("a directory"))
    }

    /// Where data and keys lie.
    pub fn root(&self) -> &Path {
        match self {
            Self::Dir(dir) => dir.path(),
            Self::Disk(disk) => disk.root(),
            Self::Small(small) => small.dir.path(),
        }
    }

    /// The small disk on which the daemon stands.
    pub fn small(&self) -> &Small {
        let Self::Small(small) = self else { panic!("it stands on another ground") };
        small
    }

    /// Lets the daemon die.
    pub fn die(&mut self, daemon: &mut Daemon) {
        match self {
            Self::Dir(_) | Self::Small(_) => daemon.kill(),
            Self::Disk(disk) => {
                disk.loses_power();
                daemon.kill();
                disk.comes_back();
            }
        }
    }
}
