//! A store in a database whose line is cut, held up, or down; and a server that ends and comes back.

use crate::store_postgres::{OnServer, plain, settings};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tongxin::metrics::Stopwatch;
use tongxin::model::{Changes, ConsentText, Counter, Kind, Stored, Versioned};
use tongxin::store::postgres::{PostgresStore, Settings};
use tongxin::store::{Reads, Store, StoreError};

/// What becomes of a connection when the end of a transaction passes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cut {
    /// It goes on.
    Never,
    /// It ends, and the server does not hear of the end of the transaction.
    Before,
    /// It ends when the server has answered; the answer is lost.
    After,
    /// It ends for the store; the server hears of the end of the transaction later.
    Late,
    /// As [`Cut::After`], and from then on the line is down.
    Down,
}

#[derive(Default)]
struct Plan {
    cuts: VecDeque<Cut>,
    down: bool,
    /// How many connections were cut.
    done: usize,
}

/// A line between a store and its server.
struct Line {
    port: u16,
    plan: Arc<Mutex<Plan>>,
    _passing: JoinSet<()>,
}

const END: &[u8] = b"COMMIT\0";

impl Line {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let port = listener.local_addr().expect("an address").port();
        let plan = Arc::new(Mutex::new(Plan::default()));
        let mut passing = JoinSet::new();
        passing.spawn({
            let plan = plan.clone();
            async move {
                let mut lines = JoinSet::new();
                while let Ok((near, _)) = listener.accept().await {
                    if plan.lock().expect("a plan").down {
                        continue;
                    }
                    let Ok(far) = TcpStream::connect(&server).await else { continue };
                    lines.spawn(pass(near, far, plan.clone()));
                }
            }
        });
        Self { port, plan, _passing: passing }
    }

    /// From the next end of a transaction on, these happen.
    fn cuts(&self, cuts: &[Cut]) {
        self.plan.lock().expect("a plan").cuts.extend(cuts);
    }

    fn done(&self) -> usize {
        self.plan.lock().expect("a plan").done
    }

    fn down(&self, down: bool) {
        self.plan.lock().expect("a plan").down = down;
    }
}

/// Passes on what both say until it is time to cut.
async fn pass(mut near: TcpStream, mut far: TcpStream, plan: Arc<Mutex<Plan>>) {
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            n = near.read(&mut asked) => {
                let Ok(n @ 1..) = n else { return };
                let ends = asked[..n].windows(END.len()).any(|w| w == END);
                let cut = if ends { next(&plan) } else { Cut::Never };
                match cut {
                    Cut::Never => {}
                    Cut::Before => return,
                    Cut::After | Cut::Down => {
                        far.write_all(&asked[..n]).await.expect("passes on");
                        return swallow(&mut far).await;
                    }
                    Cut::Late => {
                        drop(near);
                        tokio::time::sleep(Duration::from_millis(700)).await;
                        far.write_all(&asked[..n]).await.expect("passes on");
                        return swallow(&mut far).await;
                    }
                }
                if far.write_all(&asked[..n]).await.is_err() { return }
            }
            n = far.read(&mut answered) => {
                let Ok(n @ 1..) = n else { return };
                if near.write_all(&answered[..n]).await.is_err() { return }
            }
            () = until_down(&plan) => return,
        }
    }
}

fn next(plan: &Mutex<Plan>) -> Cut {
    let mut plan = plan.lock().expect("a plan");
    let cut = plan.cuts.pop_front().unwrap_or(Cut::Never);
    plan.done += usize::from(cut != Cut::Never);
    plan.down |= cut == Cut::Down;
    cut
}

async fn until_down(plan: &Mutex<Plan>) {
    while !plan.lock().expect("a plan").down {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Reads until the server has said that the transaction is over.
async fn swallow(far: &mut TcpStream) {
    let mut heard = Vec::new();
    while !heard.windows(END.len()).any(|w| w == END) {
        let mut part = [0; 4096];
        match far.read(&mut part).await {
            Ok(n @ 1..) => heard.extend_from_slice(&part[..n]),
            _ => return,
        }
    }
}

/// A schema, a line to its server, and how a store is opened over the line.
async fn over_a_line() -> Option<(OnServer, Line, Settings)> {
    let home = OnServer::make().await?;
    let (server, url) = home.split();
    let line = Line::to(server.clone()).await;
    let url = url.replacen(&server, &format!("127.0.0.1:{}", line.port), 1);
    let over = Settings {
        pool: 2,
        connect: Duration::from_secs(1),
        statement: Duration::from_secs(2),
        patience: Duration::from_secs(10),
        ..settings(&url)
    };
    Some((home, line, over))
}

fn text(number: usize) -> ConsentText {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    ConsentText { hash, text: number.to_string() }
}

/// Adds one record, and counts it.
async fn add(store: &dyn Store, number: usize) -> Result<(), StoreError> {
    let mut changes = Changes::new();
    changes.insert(text(number));
    changes.add(Counter(b"made".to_vec()), 1);
    store.commit(changes).await
}

async fn first(store: &dyn Reads) -> Versioned<ConsentText> {
    store.find(&text(0).key()).await.expect("reads").expect("is there")
}

async fn count(store: &dyn Store) -> (usize, i64) {
    let listed = store.list(Kind::Consent, &[], None, usize::MAX).await.expect("reads");
    (listed.len(), store.tally(&Counter(b"made".to_vec())).await.expect("reads"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_connection_dies_within_is_made_exactly_once() {
    let Some((_home, line, over)) = over_a_line().await else { return };
    let store = PostgresStore::open(&over).await.expect("opens");
    add(&store, 0).await.expect("commits");
    let mut number = 1;
    for cut in [Cut::Before, Cut::After, Cut::Late, Cut::After, Cut::Before] {
        line.cuts(&[cut]);
        assert_eq!(add(&store, number).await, Ok(()), "{cut:?}");
        number += 1;
        assert_eq!(count(&store).await, (number, i64::try_from(number).expect("few")), "{cut:?}");
    }
    assert_eq!(line.done(), 5, "every cut was made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_cut_among_many_commits_each_answer_is_true() {
    const EACH: usize = 40;
    let Some((_home, line, over)) = over_a_line().await else { return };
    let mut stores = Vec::new();
    for _ in 0..2 {
        stores.push(Arc::new(PostgresStore::open(&over).await.expect("opens")));
    }
    let mut tasks = JoinSet::new();
    for task in 0..8 {
        let store = stores[task % 2].clone();
        tasks.spawn(async move {
            let mut made = 0;
            for n in 0..EACH {
                made += usize::from(add(&*store, task * EACH + n).await == Ok(()));
            }
            made
        });
    }
    for n in 0..12 {
        line.cuts(&[[Cut::Before, Cut::After, Cut::Late][n % 3], Cut::Never, Cut::Never]);
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    let made: usize = tasks.join_all().await.into_iter().sum();
    assert_eq!(made, 8 * EACH, "there was time enough for all");
    assert_eq!(count(&*stores[0]).await, (made, i64::try_from(made).expect("few")));
    assert!(line.done() >= 5, "only {} connections were cut", line.done());
    assert_eq!(stores[0].verify().await.expect("reads").problems, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_line_is_down_everybody_is_told_in_time_and_afterwards_it_goes_on() {
    let Some((_home, line, over)) = over_a_line().await else { return };
    let over = Settings { patience: Duration::from_secs(1), ..over };
    let store = PostgresStore::open(&over).await.expect("opens");
    add(&store, 0).await.expect("commits");
    line.down(true);
    let key = text(0).key();
    // What was on its way when the line went down may still arrive.
    while store.get(&key).await.is_ok() {}
    let begun = Stopwatch::start();
    let (made, read) = tokio::join!(add(&store, 1), store.get(&key));
    for why in [made.expect_err("is down"), read.expect_err("is down")] {
        let StoreError::Unavailable(why) = why else { panic!("{why}") };
        assert!(why.starts_with("the database does not answer"), "{why}");
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    line.down(false);
    while add(&store, 2).await.is_err() {}
    // Each connection comes back by itself.
    while store.get(&key).await.is_err() {}
    assert_eq!(count(&store).await, (2, 2), "what was refused was not made");
    store.close().await.expect("closes");
    assert!(add(&store, 3).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_nobody_knows_how_a_commit_ended_all_others_are_told_in_time() {
    const SOON: Duration = Duration::from_secs(5);
    let Some((_home, line, over)) = over_a_line().await else { return };
    let store = PostgresStore::open(&Settings { patience: Duration::from_secs(1), ..over }).await;
    let store = Arc::new(store.expect("opens"));
    add(&*store, 0).await.expect("commits");
    line.cuts(&[Cut::Down]);
    let mut unsure = JoinSet::new();
    unsure.spawn({
        let store = store.clone();
        async move { add(&*store, 1).await }
    });
    while line.done() == 0 {
        tokio::task::yield_now().await;
    }
    for number in [2, 3] {
        let told = tokio::time::timeout(SOON, add(&*store, number)).await.expect("is told");
        let StoreError::Unavailable(why) = told.expect_err("is down") else { panic!("it failed") };
        assert!(why.starts_with("the database does not answer"), "{why}");
    }
    line.down(false);
    assert_eq!(unsure.join_next().await.expect("is there").expect("ends"), Ok(()));
    while add(&*store, 4).await.is_err() {}
    // Reads have connections of their own, which come back in their own time.
    while store.tallies(&[]).await.is_err() {}
    assert_eq!(count(&*store).await, (3, 3), "what was refused was not made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_somebody_else_holds_delays_nobody_for_ever() {
    let Some((home, _line, over)) = over_a_line().await else { return };
    let over = Settings {
        statement: Duration::from_millis(300),
        patience: Duration::from_secs(1),
        pool: 3,
        ..over
    };
    let store = PostgresStore::open(&over).await.expect("opens");
    add(&store, 0).await.expect("commits");
    let (other, _driver) = plain(&home.url()).await;
    other.batch_execute("BEGIN; SELECT * FROM records FOR UPDATE").await.expect("locks");
    let mut changes = Changes::new();
    changes.overwrite(text(0));
    changes.add(Counter(b"made".to_vec()), 1);
    let why = store.commit(changes.clone()).await.expect_err("is locked");
    assert!(matches!(&why, StoreError::Unavailable(_)), "{why}");
    assert!(why.to_string().contains("statement timeout"), "{why}");
    assert_eq!(add(&store, 1).await, Ok(()), "others go on");
    other.batch_execute("ROLLBACK").await.expect("lets go");
    assert_eq!(store.commit(changes).await, Ok(()));
    assert_eq!(count(&store).await, (2, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_processes_that_change_one_record_each_version_has_one_winner() {
    let Some(home) = OnServer::make().await else { return };
    let (one, two) = (Arc::new(home.store().await), Arc::new(home.store().await));
    add(&*one, 0).await.expect("commits");
    let mut tasks = JoinSet::new();
    for task in 0..12 {
        let store = if task % 2 == 0 { one.clone() } else { two.clone() };
        tasks.spawn(async move {
            let mut won = 0;
            while won < 10 {
                let read = first(&*store).await;
                let mut changes = Changes::new();
                let next = format!("{},{task}", read.text);
                changes.update(&read, ConsentText { text: next, ..read.value.clone() });
                changes.add(Counter(b"won".to_vec()), 1);
                changes.ensure(text(task + 100));
                match store.commit(changes).await {
                    Ok(()) => won += 1,
                    Err(StoreError::Conflict) => {}
                    Err(e) => panic!("{e}"),
                }
            }
        });
    }
    tasks.join_all().await;
    let found = first(&*one).await;
    assert_eq!(found.text.split(',').count(), 121, "each winner wrote once, over the one before");
    assert_eq!(two.tally(&Counter(b"won".to_vec())).await, Ok(120));
    assert_eq!(one.verify().await.expect("reads").problems, Vec::<String>::new());
}
