//! Cuts the power of the disk on which the daemon keeps its data and keys, at random moments, and counts as for
//! kills. How the disk loses what it has not been told to keep is in `crash/disk.rs`, and so is what that does
//! not simulate.

use crate::args::Args;
use crate::crash::disk::Disk;
use crate::crash::ground::Ground;
use crate::crash::trial::{Counted, Trial};
use crate::kills::{figures, plan, tell};

/// Runs the trial; exits with 1 when a promise was broken, and with 3 where there can be no such disk.
pub async fn run(args: &Args) {
    let (cuts, began) = (args.number("cuts", 45), std::time::Instant::now());
    let disk = match Disk::make() {
        Ok(disk) => disk,
        Err(why) => {
            eprintln!("powercuts: not tried: {why}");
            std::process::exit(3);
        }
    };
    let plan = plan(args, 1500);
    let mut counted = Counted::default();
    let mut trial = Trial::begin(Ground::Disk(Box::new(disk)), plan).await;
    while counted.deaths() < cuts && counted.wrongs.count() == 0 {
        trial.live_and_die(&mut counted).await;
    }
    let (kept, forgotten, emptied) = match &trial.ground {
        Ground::Disk(disk) => (disk.kept, disk.forgotten, disk.emptied()),
        Ground::Dir(_) | Ground::Small(_) => (0, 0, 0),
    };
    trial.finish(&mut counted).await;
    let mut figures = figures(&counted, plan, began.elapsed());
    figures["cuts"] = counted.deaths().into();
    figures["cache_blocks_kept"] = kept.into();
    figures["cache_blocks_forgotten"] = forgotten.into();
    figures["cache_emptied"] = emptied.into();
    tell(args, &counted, &figures);
}
