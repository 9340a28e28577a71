//! A disk that loses power: a file system of its own, on a device whose cache forgets.
//!
//! An ext4 is mounted from a loop device whose file this process serves through FUSE. So every write that the
//! kernel sends to the device comes here, and so does every request to empty its cache. What was written since
//! the cache was last emptied is in a list; when power is lost each block of it is kept or forgotten by chance, one by
//! one, whatever came before or after it. In each cut the chance is another one, from nothing kept to all.
//! Afterwards the file system is mounted from what is left, by its journal, as after any power cut.
//!
//! What this simulates: the page cache of the kernel is gone, and the device's own cache in part, in any order, block
//! by block (4 KiB); the file system's journal is replayed. What it does not: a block that is half written (ext4
//! and sled check their own sums; disks write sectors whole), a device that says that its cache is empty when
//! it is not, and one that spoils what was not being written.
//!
//! It needs root, `/dev/fuse`, a free loop device, and mkfs.ext4, losetup and mount.

use rand::Rng as _;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How large the disk is.
const SIZE: usize = 160 * 1024 * 1024;

/// How many milliseconds the power takes at most to fail.
const FAILING_MOST: u32 = 300;

/// What is kept or forgotten as one.
const BLOCK: usize = 4096;

/// The device, as it is behind its cache and in front of it.
struct Device {
    /// What stays without power.
    lasting: Vec<u8>,
    /// What is read.
    shown: Vec<u8>,
    /// What was written since the cache was last emptied, in order.
    cached: Vec<(usize, Vec<u8>)>,
    power: Power,
    /// How often the cache was emptied.
    emptied: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Power {
    On,
    /// It goes when the cache is to be emptied the next time: then most is in it.
    Failing,
    Off,
}

impl Device {
    fn write(&mut self, offset: usize, bytes: &[u8]) -> Result<(), i32> {
        let end = offset + bytes.len();
        if self.power == Power::Off || end > self.shown.len() {
            return Err(EIO);
        }
        self.shown[offset..end].copy_from_slice(bytes);
        self.cached.push((offset, bytes.to_vec()));
        Ok(())
    }

    fn empty_cache(&mut self) -> Result<(), i32> {
        if self.power != Power::On {
            self.power = Power::Off;
            return Err(EIO);
        }
        for (offset, bytes) in self.cached.drain(..) {
            self.lasting[offset..offset + bytes.len()].copy_from_slice(&bytes);
        }
        self.emptied += 1;
        Ok(())
    }

    /// Keeps each block of the cache with a chance; gives how many were kept and how many forgotten.
    fn forget(&mut self) -> (u64, u64) {
        let mut random = rand::rng();
        let chance = [0.0, 0.1, 0.5, 0.9, 1.0][random.random_range(0..5)];
        let (mut kept, mut forgotten) = (0, 0);
        for (offset, bytes) in std::mem::take(&mut self.cached) {
            for (number, block) in bytes.chunks(BLOCK).enumerate() {
                if random.random_bool(chance) {
                    let at = offset + number * BLOCK;
                    self.lasting[at..at + block.len()].copy_from_slice(block);
                    kept += 1;
                } else {
                    forgotten += 1;
                }
            }
        }
        self.shown.copy_from_slice(&self.lasting);
        (kept, forgotten)
    }
}

/// The disk, mounted.
pub struct Disk {
    device: Arc<Mutex<Device>>,
    dir: PathBuf,
    root: PathBuf,
    mounted: Option<Mounted>,
    /// How many blocks of the cache were kept at cuts, and how many forgotten.
    pub kept: u64,
    pub forgotten: u64,
}

struct Mounted {
    device: String,
    serving: JoinHandle<()>,
}

impl Disk {
    /// Makes one; the sentence is for whoever runs the benchmark where that is not possible.
    pub fn make() -> Result<Self, String> {
        let needs = "a disk that can lose power needs root, /dev/fuse, a free loop device, mkfs.ext4, losetup and mount";
        let lacks = |what: String| format!("{needs}; here {what}");
        let dir = tempfile::tempdir().map_err(|e| lacks(e.to_string()))?.keep();
        let blank = dir.join("blank");
        let file = File::create(&blank).and_then(|file| file.set_len(SIZE as u64));
        file.map_err(|e| lacks(e.to_string()))?;
        run("mkfs.ext4", &["-q", "-F", &blank.display().to_string()]).map_err(lacks)?;
        let lasting = std::fs::read(&blank).map_err(|e| lacks(e.to_string()))?;
        let _ = std::fs::remove_file(&blank);
        let (shown, cached) = (lasting.clone(), Vec::new());
        let device = Device { lasting, shown, cached, power: Power::On, emptied: 0 };
        let root = dir.join("root");
        for made in [dir.join("device"), root.clone()] {
            std::fs::create_dir(made).map_err(|e| lacks(e.to_string()))?;
        }
        let device = Arc::new(Mutex::new(device));
        let mut disk = Self { device, dir, root, mounted: None, kept: 0, forgotten: 0 };
        disk.mount().map_err(lacks)?;
        Ok(disk)
    }

    /// Where it is mounted.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// How often the device's cache was emptied.
    pub fn emptied(&self) -> u64 {
        self.device().emptied
    }

    /// From now on nothing reaches the disk, and nobody is told that anything did. Every other time that begins
    /// when the cache is to be emptied.
    pub fn loses_power(&self) {
        if rand::rng().random_bool(0.5) {
            self.device().power = Power::Failing;
            for _ in 0..FAILING_MOST {
                if self.device().power == Power::Off {
                    return;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        self.device().power = Power::Off;
    }

    /// Mounts what is left. Nobody may use the disk meanwhile.
    pub fn comes_back(&mut self) {
        self.unmount();
        let (kept, forgotten) = {
            let mut device = self.device();
            let counts = device.forget();
            device.power = Power::On;
            counts
        };
        self.kept += kept;
        self.forgotten += forgotten;
        self.mount().expect("the file system mounts after a power cut");
    }

    fn device(&self) -> MutexGuard<'_, Device> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mount(&mut self) -> Result<(), String> {
        let place = self.dir.join("device");
        let kernel = OpenOptions::new().read(true).write(true).open("/dev/fuse");
        let kernel = kernel.map_err(|e| format!("/dev/fuse: {e}"))?;
        // The kernel finds the channel under number 0 of whoever mounts.
        let channel = kernel.try_clone().map_err(|e| e.to_string())?;
        let options = "fd=0,rootmode=40000,user_id=0,group_id=0";
        let mounted = Command::new("mount")
            .args(["-i", "-t", "fuse", "-o", options, "tongxin-trial"])
            .arg(&place)
            .stdin(Stdio::from(channel))
            .output();
        said("mount -t fuse", mounted)?;
        let device = self.device.clone();
        let serving = std::thread::spawn(move || serve(kernel, &device));
        let file = place.join(FILE).display().to_string();
        let device = run("losetup", &["--find", "--show", &file])?.trim().to_owned();
        self.mounted = Some(Mounted { device: device.clone(), serving });
        run("mount", &["-t", "ext4", &device, &self.root.display().to_string()]).map(drop)
    }

    fn unmount(&mut self) {
        let Some(Mounted { device, serving }) = self.mounted.take() else { return };
        let place = self.dir.join("device").display().to_string();
        // A file system that has lost its disk complains; that is what was wanted.
        for (program, args) in [
            ("umount", vec![self.root.display().to_string()]),
            ("losetup", vec!["-d".to_owned(), device]),
            ("umount", vec![place.clone()]),
        ] {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            for _ in 0..100 {
                if run(program, &args).is_ok() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        let _ = serving.join();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.unmount();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Runs a program; what it said, or what it complained of.
pub fn run(program: &str, args: &[&str]) -> Result<String, String> {
    said(program, Command::new(program).args(args).stdin(Stdio::null()).output())
}

fn said(program: &str, output: std::io::Result<std::process::Output>) -> Result<String, String> {
    let output = output.map_err(|e| format!("{program} does not run: {e}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{program} says: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

/// The one file of the file system that this process serves.
const FILE: &str = "disk";

const ROOT_NODE: u64 = 1;
const FILE_NODE: u64 = 2;
const EIO: i32 = 5;
const ENOENT: i32 = 2;
const ENOSYS: i32 = 38;

/// The longest write that the kernel sends at once.
const WRITE_MOST: u32 = 128 * 1024;

/// Serves one file to the kernel until it is unmounted (`linux/fuse.h`, protocol 7.31).
fn serve(mut kernel: File, device: &Mutex<Device>) {
    let mut buffer = vec![0; WRITE_MOST as usize + 64 * 1024];
    loop {
        let length = match kernel.read(&mut buffer) {
            Ok(length) => length,
            Err(e) if e.raw_os_error() == Some(ENOENT) => continue,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            // Unmounted.
            Err(_) => return,
        };
        let asked = Asked(&buffer[..length]);
        let answer = match asked.u32(4) {
            // Forgotten, interrupted, forgotten in a batch: nobody waits for an answer.
            2 | 36 | 42 => continue,
            code => answer(code, &asked, device),
        };
        let (error, body) = match answer {
            Ok(body) => (0, body),
            Err(error) => (-error, Vec::new()),
        };
        let length = u32::try_from(16 + body.len()).expect("short");
        let mut whole = length.to_ne_bytes().to_vec();
        whole.extend(error.to_ne_bytes());
        whole.extend(asked.u64(8).to_ne_bytes());
        whole.extend(body);
        let _ = kernel.write_all(&whole);
    }
}

/// A request of the kernel's: a head of 40 bytes, and what belongs to it.
struct Asked<'a>(&'a [u8]);

impl Asked<'_> {
    fn u32(&self, at: usize) -> u32 {
        u32::from_ne_bytes(self.0[at..at + 4].try_into().expect("four bytes"))
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from_ne_bytes(self.0[at..at + 8].try_into().expect("eight bytes"))
    }

    fn size(&self, at: usize) -> usize {
        usize::try_from(self.u64(at)).expect("a size")
    }
}

fn answer(code: u32, asked: &Asked<'_>, device: &Mutex<Device>) -> Result<Vec<u8>, i32> {
    let lock = || device.lock().unwrap_or_else(PoisonError::into_inner);
    match code {
        // Looks a name up.
        1 if asked.0[40..].starts_with(FILE.as_bytes()) => {
            Ok([u64s(&[FILE_NODE, 0, 3600, 3600]), u32s(&[0, 0]), attributes(FILE_NODE)].concat())
        }
        1 => Err(ENOENT),
        // Asks for attributes, or sets them.
        3 | 4 => Ok([u64s(&[3600]), u32s(&[0, 0]), attributes(asked.u64(16))].concat()),
        // Opens a file or a directory.
        14 | 27 => Ok([u64s(&[1]), u32s(&[0, 0])].concat()),
        15 => {
            let (offset, size) = (asked.size(48), asked.u32(56) as usize);
            let device = lock();
            let end = (offset + size).min(device.shown.len());
            Ok(device.shown[offset.min(end)..end].to_vec())
        }
        16 => {
            let (offset, size) = (asked.size(48), asked.u32(56));
            lock().write(offset, &asked.0[80..80 + size as usize])?;
            Ok(u32s(&[size, 0]))
        }
        // Counts what is free.
        17 => Ok(vec![0; 80]),
        // Closes a file or a directory, reads an empty directory, ends.
        18 | 25 | 28 | 29 | 38 => Ok(Vec::new()),
        20 => lock().empty_cache().map(|()| Vec::new()),
        26 => Ok(greeting(asked)),
        _ => Err(ENOSYS),
    }
}

/// The answer to the first request: what of the protocol is spoken here.
fn greeting(asked: &Asked<'_>) -> Vec<u8> {
    const BIG_WRITES: u32 = 1 << 5;
    const MAX_PAGES: u32 = 1 << 22;
    let ahead = asked.u32(48);
    let mut body = u32s(&[7, 31, ahead, asked.u32(52) & (BIG_WRITES | MAX_PAGES)]);
    body.extend([16u16, 12].iter().flat_map(|n| n.to_ne_bytes()));
    body.extend(u32s(&[WRITE_MOST, 1]));
    body.extend(
        [u16::try_from(WRITE_MOST / 4096).expect("few"), 0].iter().flat_map(|n| n.to_ne_bytes()),
    );
    body.extend(u32s(&[0; 8]));
    body
}

fn attributes(node: u64) -> Vec<u8> {
    let (size, mode) = match node {
        ROOT_NODE => (0, 0o040_700),
        _ => (SIZE as u64, 0o100_600),
    };
    let numbers = u64s(&[node, size, size / 512, 0, 0, 0]);
    [numbers, u32s(&[0, 0, 0, mode, 1, 0, 0, 0, 4096, 0])].concat()
}

fn u64s(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_ne_bytes()).collect()
}

fn u32s(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_ne_bytes()).collect()
}
