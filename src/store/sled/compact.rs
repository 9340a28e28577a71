//! Gives space back, which sled never does: a copy, and a swap.

use super::OpenError;
use super::guard;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a copy is being written.
pub fn building(dir: &Path) -> PathBuf {
    dir.join("store.building")
}

/// A copy that is whole.
pub fn ready(dir: &Path) -> PathBuf {
    dir.join("store.new")
}

/// What the copy has replaced.
pub fn replaced(dir: &Path) -> PathBuf {
    dir.join("store.old")
}

/// Finishes or undoes a swap in which the process died. Only under the lock.
pub fn recover(dir: &Path) -> Result<(), OpenError> {
    let data = guard::data(dir);
    remove(&building(dir))?;
    if data.exists() {
        // Not yet swapped, or wholly: the copy is not needed, or the old data are not.
        remove(&ready(dir))?;
        return remove(&replaced(dir));
    }
    if ready(dir).exists() {
        guard::rename(&ready(dir), &data)?;
        return remove(&replaced(dir));
    }
    if replaced(dir).exists() {
        guard::rename(&replaced(dir), &data)?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), OpenError> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(OpenError::io("remove", path, &e))
        }
        _ => Ok(()),
    }
}
