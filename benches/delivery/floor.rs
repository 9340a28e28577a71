//! The least that a durable ledger can do: a line in a file, or a row in a table without any index, before each request
//! leaves, and one once its answer is there, in groups, each of which is brought to the disk. No queue, no limits,
//! nothing that could be read again: no ledger that knows after a kill what was under way does less. What stands
//! between it and the raw requests is the price of durability on this machine; what stands between it and the outbox
//! is ours.

use futures::stream::{self, StreamExt};
use std::fs::File;
use std::future::Future;
use std::io::Write;
use std::sync::Arc;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio_postgres::Client;

/// How long a line is: about as long as a delivery in the journal.
const LINE: usize = 200;

/// How many lines are written before their requests leave, as the outbox claims them.
const BEFORE: usize = 128;

/// How many are written at once when their answers are there, as the outbox settles them, and how many times at once.
const BEHIND: (usize, usize) = (48, 4);

/// So many lines that are to be written, and who is told when they are on the disk.
type Asked = (usize, oneshot::Sender<()>);

/// Where lines are written.
pub struct Lines(mpsc::UnboundedSender<Asked>);

impl Lines {
    /// An empty file, which is gone with the process.
    pub fn in_file() -> Self {
        let (ask, mut asked) = mpsc::unbounded_channel::<Asked>();
        let mut file = tempfile::tempfile().expect("a file");
        std::thread::spawn(move || {
            while let Some(first) = asked.blocking_recv() {
                let (count, all) = with_others(first, &mut asked);
                write_down(&mut file, count);
                told(all);
            }
        });
        Self(ask)
    }

    /// A table, written over as many connections as the store writes over.
    pub async fn in_table(clients: [Client; 2]) -> Self {
        let (ask, asked) = mpsc::unbounded_channel::<Asked>();
        let asked = Arc::new(Mutex::new(asked));
        let made = clients[0].batch_execute("CREATE TABLE floor (line bytea NOT NULL)").await;
        made.expect("makes a table");
        for client in clients {
            tokio::spawn(write_rows(client, asked.clone()));
        }
        Self(ask)
    }

    /// Writes so many, and waits until they are on the disk.
    async fn write(&self, count: usize) {
        let (tell, on_disk) = oneshot::channel();
        self.0.send((count, tell)).expect("it is there");
        on_disk.await.expect("written");
    }
}

/// What is asked for meanwhile is written together.
fn with_others(
    (mut count, tell): Asked,
    asked: &mut mpsc::UnboundedReceiver<Asked>,
) -> (usize, Vec<oneshot::Sender<()>>) {
    let mut all = vec![tell];
    while let Ok((more, tell)) = asked.try_recv() {
        count += more;
        all.push(tell);
    }
    (count, all)
}

fn told(all: Vec<oneshot::Sender<()>>) {
    for tell in all {
        let _ = tell.send(());
    }
}

fn write_down(file: &mut File, count: usize) {
    file.write_all(&vec![b'.'; count * LINE]).expect("writes");
    file.sync_data().expect("there is a disk");
}

async fn write_rows(client: Client, asked: Arc<Mutex<mpsc::UnboundedReceiver<Asked>>>) {
    let insert = client.prepare("INSERT INTO floor SELECT unnest($1::bytea[])").await;
    let (insert, line) = (insert.expect("prepares"), vec![b'.'; LINE]);
    loop {
        let (count, all) = {
            let mut asked = asked.lock().await;
            let Some(first) = asked.recv().await else { return };
            with_others(first, &mut asked)
        };
        client.execute(&insert, &[&vec![&*line; count]]).await.expect("writes");
        told(all);
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
