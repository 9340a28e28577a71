//! How fast, how frugal and how sure delivery is: run it with `-- list` for what there is.
#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures time and makes the raw calls itself"
)]

mod args;
#[path = "../../tests/it/fakes/around.rs"]
mod around;
mod crash;
mod daemon;
mod fake;
mod fanout;
mod floor;
mod fulldisk;
mod hook;
mod idle;
mod inbound;
mod kills;
mod ledger;
mod limits;
mod noting;
mod office;
mod powercuts;
mod schedules;
mod seed;
mod sends;
mod startup;
#[expect(dead_code, reason = "the tests' fake, of which a benchmark needs a part")]
#[path = "../../tests/it/fakes/telegram/mod.rs"]
mod telegram;
mod workers;

use args::Args;

const LIST: &str = "\
sends    sends to N chats through the ledger, against raw requests, and those between two durable lines
kills    kills the daemon at random moments of its life, and counts what was lost and repeated
powercuts  cuts the power of the daemon's disk at random moments, and counts the same (needs root)
fulldisk  fills the disk under the daemon up to the last byte, and makes room again (needs root)
workers  kills, freezes, cuts off and stops one of several workers on PostgreSQL, and times the others
limits   sends within the platform's rates in real time, and counts needless refusals
startup  how long the ledger takes to open with N subscribers
fanout   pushes to N chats by the daemon: its memory, its time, and how soon the first message leaves
idle     the memory of the daemon with 1,000 groups and 10,000 people while nothing happens
schedules  how late pushes begin that are due while a fan-out runs, among 100,000 schedules
inbound  how many updates a second are stored durably and acknowledged, by webhook and by polling
list     this list";

const HELP: &str = "\
Usage: cargo bench --bench delivery -- NAME [OPTIONS]

Options:
  --json            the last line is one JSON object
  --store NAME      what keeps the ledger: sled (default), or postgres (names the server in the variable
                    TONGXIN_TEST_POSTGRES); workers need one, kills, powercuts and fulldisk are of sled
  --chats N         how many chats (sends: 5000, kills: 300, limits: 1000, startup: 100000;
                    fanout: 100000, then 1000000; schedules: 50000, to which bulk posts go meanwhile)
  --parallel N      requests under way at once (sends, fanout, schedules, inbound: 64, kills: 16)
  --latency-ms N    what each request takes at least (sends, fanout, schedules: 0, kills: 20)
  --kills N         how often the daemon is killed (50)
  --cuts N          how often the power is cut (45)
  --workers N       how many workers (2, then 4)
  --takeover S      after how many seconds a silent worker is replaced (4; the daemon's default is 15)
  --seconds N       how long it is tried (limits, idle: 20, schedules: 30)
  --groups N        how many groups owe more than a minute's limit (limits: 10)
  --schedules N     how many schedules there are, half of them posts and half digests (100000)
  --due N           how many of them are due in each of the seconds (100)
  --updates N       how many updates arrive in each way (inbound: 50000)
  --rate N          how many a second of them at most (inbound: as many as it takes)
  --rounds N        how often each side is measured (sends: 6)

Example:
  cargo bench --bench delivery -- sends --latency-ms 50 --json
";

fn main() {
    let (name, args) = match Args::parse() {
        Ok(parsed) => parsed,
        Err(mistake) => {
            eprintln!("{mistake}\n\n{HELP}\nNames:\n{LIST}");
            std::process::exit(2);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    match name.as_str() {
        "list" => println!("{LIST}"),
        "help" => println!("{HELP}\nNames:\n{LIST}"),
        "sends" => runtime.block_on(sends::run(&args)),
        "kills" => runtime.block_on(kills::run(&args)),
        "powercuts" => runtime.block_on(powercuts::run(&args)),
        "fulldisk" => runtime.block_on(fulldisk::run(&args)),
        "workers" => runtime.block_on(workers::run(&args)),
        "limits" => runtime.block_on(limits::run(&args)),
        "startup" => runtime.block_on(startup::run(&args)),
        "fanout" => runtime.block_on(fanout::run(&args)),
        "idle" => runtime.block_on(idle::run(&args)),
        "schedules" => runtime.block_on(schedules::run(&args)),
        "inbound" => runtime.block_on(inbound::run(&args)),
        // What the benchmark starts of itself.
        "fake-telegram" => runtime.block_on(fake::serve(&args)),
        "daemon" => {
            let served = daemon::serve(args.text("dir").as_ref(), args.text("kind"));
            if let Err(why) = runtime.block_on(served) {
                eprintln!("{why}");
                std::process::exit(3);
            }
        }
        other => {
            eprintln!("there is no benchmark `{other}`\n\n{HELP}\nNames:\n{LIST}");
            std::process::exit(2);
        }
    }
}
