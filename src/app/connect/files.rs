//! Files as they are written: the configuration whole or not at all, secrets for the daemon's account alone.

use super::{AppError, trouble};
use crate::config::Config;
use crate::connector::Secret;
use crate::text::say::operator::ConnectTrouble;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

/// What the name of a file as it was ends with.
pub(super) const BACKUP: &str = ".bak";

/// How many names are tried for the file of a secret.
const NAMES: u32 = 100;

/// A directory in which a configuration is changed by us alone.
pub(super) struct Place {
    /// Where paths in it are counted from.
    dir: PathBuf,
    /// The file itself, should a link lead to it.
    file: PathBuf,
    /// The directory of the file itself.
    lock: File,
}

/// The file of a secret.
pub(super) struct Kept {
    /// Its name in the directory of the configuration.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whether it was there before, with the same letters.
    pub made: Fresh,
}

/// Whether a file was made just now.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fresh {
    Yes,
    No,
}

fn failed(path: &Path, error: &std::io::Error) -> AppError {
    let path = path.display().to_string();
    trouble(ConnectTrouble::Unwritten { path, why: error.into() })
}

impl Place {
    /// Takes the directory of a configuration, until this is dropped.
    ///
    /// # Errors
    /// When somebody else has it, or it is not to be had.
    pub(super) fn take(file: &Path) -> Result<Self, AppError> {
        let real = file.canonicalize().map_err(|e| failed(file, &e))?;
        let home = real.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned);
        let lock = File::open(&home).map_err(|e| failed(&home, &e))?;
        let dir = file.parent().map_or_else(PathBuf::new, Path::to_owned);
        match lock.try_lock() {
            Ok(()) => Ok(Self { dir, file: real, lock }),
            Err(std::fs::TryLockError::WouldBlock) => {
                Err(trouble(ConnectTrouble::Busy(file.display().to_string())))
            }
            Err(std::fs::TryLockError::Error(e)) => Err(failed(&home, &e)),
        }
    }

    /// Whether the file still says what was read.
    pub(super) fn says(&self, text: &str) -> bool {
        std::fs::read(&self.file).is_ok_and(|now| now == text.as_bytes())
    }

    /// Writes a secret into a file of its own, durably: under this name, or one like it where another file has that.
    /// One that holds the same letters already is taken, for whoever died before it was named anywhere.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn keep(&self, name: &str, secret: &Secret) -> Result<Kept, AppError> {
        let others = (2..NAMES).map(|number| format!("{name}-{number}"));
        for name in std::iter::once(name.to_owned()).chain(others) {
            let path = self.dir.join(&name);
            let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
            match made {
                Ok(mut file) => {
                    let written = file
                        .write_all(secret.reveal().as_bytes())
                        .and_then(|()| file.write_all(b"\n"))
                        .and_then(|()| file.sync_all())
                        .and_then(|()| File::open(Path::new(".").join(&self.dir))?.sync_all());
                    if let Err(error) = written {
                        let _ = std::fs::remove_file(&path);
                        return Err(failed(&path, &error));
                    }
                    return Ok(Kept { name, path, made: Fresh::Yes });
                }
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                    if holds(&path, secret) {
                        return Ok(Kept { name, path, made: Fresh::No });
                    }
                }
                Err(error) => return Err(failed(&path, &error)),
            }
        }
        let exists = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        Err(failed(&self.dir.join(name), &exists))
    }

    /// Puts this text in place of what the file says; whoever reads it meanwhile reads one or the other. Returns where
    /// the file stands as it was.
    ///
    /// # Errors
    /// When it cannot be written: then the file is as it was.
    pub(super) fn replace(&self, old: &str, new: &str) -> Result<PathBuf, AppError> {
        let backup = beside(&self.file, BACKUP);
        self.write(&beside(&self.file, ".bak-new"), &backup, old)?;
        self.write(&beside(&self.file, ".new"), &self.file, new)?;
        Ok(backup)
    }

    fn write(&self, first: &Path, then: &Path, text: &str) -> Result<(), AppError> {
        let about = std::fs::metadata(&self.file).map_err(|e| failed(&self.file, &e))?;
        // One that was left by somebody who died is of no use: we have the directory.
        let _ = std::fs::remove_file(first);
        let written = (|| {
            let options = OpenOptions::new().write(true).create_new(true).mode(0o600).open(first);
            let mut file = options?;
            file.write_all(text.as_bytes())?;
            // As it was for those who read it; who may give away a file is for the system to say.
            let _ = fchown(&file, Some(about.uid()), Some(about.gid()));
            file.set_permissions(std::fs::Permissions::from_mode(about.mode() & 0o7777))?;
            file.sync_all()?;
            std::fs::rename(first, then)?;
            self.lock.sync_all()
        })();
        written.map_err(|error: std::io::Error| {
            let _ = std::fs::remove_file(first);
            failed(then, &error)
        })
    }

    /// Removes a plain file of this directory; one that is not there is no failure.
    pub(super) fn remove(&self, name: &str) -> Option<PathBuf> {
        if name.contains('/') {
            return None;
        }
        let path = self.dir.join(name);
        let plain = std::fs::symlink_metadata(&path).is_ok_and(|about| about.is_file());
        (plain && std::fs::remove_file(&path).is_ok()).then_some(path)
    }
}

/// Hands files to whoever runs the daemon: the owner of the data directory, or else of the configuration. Returns who
/// that is where they could not be handed over.
pub(super) fn hand_over(config: &Config, file: &Path, kept: &[Kept]) -> Option<u32> {
    let about = std::fs::metadata(&config.data.dir).or_else(|_| std::fs::metadata(file)).ok()?;
    let mut owner = None;
    for file in kept {
        let there = std::fs::metadata(&file.path).is_ok_and(|now| now.uid() == about.uid());
        let handed = there
            || File::open(&file.path)
                .and_then(|open| fchown(&open, Some(about.uid()), Some(about.gid())))
                .is_ok();
        if !handed {
            owner = Some(about.uid());
        }
    }
    owner
}

pub(super) fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(end);
    file.with_file_name(name)
}

/// Whether a plain file, for its owner alone, holds this secret and nothing else.
fn holds(path: &Path, secret: &Secret) -> bool {
    let Ok(about) = std::fs::symlink_metadata(path) else { return false };
    if !about.is_file() || about.mode() & 0o077 != 0 || about.len() > 64 * 1024 {
        return false;
    }
    let mut text = String::new();
    let read = File::open(path).and_then(|mut file| file.read_to_string(&mut text));
    read.is_ok() && text.trim() == secret.reveal()
}
