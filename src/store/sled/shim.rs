//! Makes sled durable on Linux.
//!
//! sled 0.34.7 ends its writes with `sync_file_range(2)`, which brings neither the file's size nor its
//! block map to the disk and does not empty the disk's cache: after a power cut the log is short, and
//! sled then refuses it or takes it for empty. This function has the same name, so that the linker
//! takes it for libc's, and does an `fdatasync` instead. Whether it is really in place is tried at
//! each start, see [`syncs`].

#[cfg(target_os = "linux")]
use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(target_os = "linux")]
static SYNCS: AtomicU64 = AtomicU64::new(0);

/// Answers sled's `sync_file_range` with an `fdatasync` of the whole file.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "takes the place of a libc function; the one exception of the house"
)]
#[unsafe(no_mangle)]
pub extern "C" fn sync_file_range(
    file: libc::c_int,
    _offset: libc::off64_t,
    _bytes: libc::off64_t,
    _flags: libc::c_uint,
) -> libc::c_int {
    SYNCS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: fdatasync takes any number and answers EBADF for one that is no open file.
    unsafe { libc::fdatasync(file) }
}

/// How often sled's writes were made durable by this process; always 0 where sled does it itself.
pub fn syncs() -> u64 {
    #[cfg(target_os = "linux")]
    {
        // Taking the address keeps the symbol where a linker drops what nobody calls.
        std::hint::black_box(
            sync_file_range as extern "C" fn(libc::c_int, i64, i64, libc::c_uint) -> libc::c_int,
        );
        SYNCS.load(Ordering::Relaxed)
    }
    #[cfg(not(target_os = "linux"))]
    0
}
