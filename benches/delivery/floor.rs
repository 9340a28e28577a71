//! The least that a durable ledger can do: a line in a file before each request leaves, and one once its answer is
//! there, in groups, each of which is brought to the disk. No queue, no limits, nothing that could be read again: no
//! ledger that knows after a kill what was under way does less. What stands between it and the raw requests is the
//! price of durability on this machine; what stands between it and the outbox is ours.

use futures::stream::{self, StreamExt};
use std::fs::File;
use std::future::Future;
use std::io::Write;
use std::sync::mpsc;
use tokio::sync::oneshot;

/// How long a line is: about as long as a delivery in the journal.
const LINE: usize = 200;

/// How many lines are written before their requests leave, as the outbox claims them.
const BEFORE: usize = 128;

/// How many are written at once when their answers are there, as the outbox settles them, and how many times at once.
const BEHIND: (usize, usize) = (48, 4);

/// Lines that are to be written, and who is told when they are on the disk.
type Asked = (Vec<u8>, oneshot::Sender<()>);

/// A file, and the thread that writes into it.
pub struct Lines(mpsc::Sender<Asked>);

impl Lines {
    /// An empty one, which is gone with the process.
    pub fn begin() -> Self {
        let (ask, asked) = mpsc::channel::<Asked>();
        let file = tempfile::tempfile().expect("a file");
        std::thread::spawn(move || serve(file, &asked));
        Self(ask)
    }

    /// Writes so many, and waits until they are on the disk.
    async fn write(&self, count: usize) {
        let (tell, told) = oneshot::channel();
        self.0.send((vec![b'.'; count * LINE], tell)).expect("it is there");
        told.await.expect("written");
    }
}

/// Writes what is asked for meanwhile together.
fn serve(mut file: File, asked: &mpsc::Receiver<Asked>) {
    while let Ok((mut lines, tell)) = asked.recv() {
        let mut all = vec![tell];
        while let Ok((more, tell)) = asked.try_recv() {
            lines.extend(more);
            all.push(tell);
        }
        file.write_all(&lines).expect("writes");
        file.sync_data().expect("there is a disk");
        for tell in all {
            let _ = tell.send(());
        }
    }
}

/// Makes these calls, so many at once, each between two lines.
pub async fn send<F: Future<Output = ()>>(
    lines: &Lines,
    calls: impl Iterator<Item = F>,
    parallel: usize,
) {
    let pages = stream::iter(calls).chunks(BEFORE).map(|page| async move {
        lines.write(page.len()).await;
        page
    });
    let answers = pages.buffered(2).flat_map(stream::iter).buffer_unordered(parallel);
    let settled = answers.chunks(BEHIND.0).map(|page| lines.write(page.len()));
    settled.buffer_unordered(BEHIND.1).for_each(|()| async {}).await;
}
