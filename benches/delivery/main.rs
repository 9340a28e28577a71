//! How fast, how frugal and how sure delivery is: run it with `-- list` for what there is.
#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures time and makes the raw calls itself"
)]

mod args;
mod crash;
mod fake;
mod fulldisk;
mod kills;
mod limits;
mod office;
mod powercuts;
mod sends;
mod startup;
#[expect(dead_code, reason = "the tests' fake, of which a benchmark needs a part")]
#[path = "../../tests/it/fakes/telegram/mod.rs"]
mod telegram;
mod workers;

use args::Args;

const LIST: &str = "\
sends    sends to N chats through the ledger, against as many raw requests of the same size
kills    kills the daemon at random moments of its life, and counts what was lost and repeated
powercuts  cuts the power of the daemon's disk at random moments, and counts the same (needs root)
fulldisk  fills the disk under the daemon up to the last byte, and makes room again (needs root)
workers  kills, freezes, cuts off and stops one of several workers on PostgreSQL, and times the others
limits   sends within the platform's rates in real time, and counts needless refusals
startup  how long the ledger takes to open with N subscribers
list     this list";

const HELP: &str = "\
Usage: cargo bench --bench delivery -- NAME [OPTIONS]

Options:
  --json            the last line is one JSON object
  --chats N         how many chats (sends: 5000, kills: 300, limits: 1000, startup: 100000)
  --parallel N      requests under way at once (sends: 64, kills: 16)
  --latency-ms N    what each request takes at least (sends: 0, kills: 20)
  --kills N         how often the daemon is killed (50)
  --cuts N          how often the power is cut (45)
  --workers N       how many workers (2, then 4)
  --takeover S      after how many seconds a silent worker is replaced (4; the daemon's default is 15)
  --seconds N       how long the limits are tried (20)
  --groups N        how many groups owe more than a minute's limit (limits: 10)
  --rounds N        how often both sides are measured (sends: 4)

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
        // What the benchmark starts of itself.
        "fake-telegram" => runtime.block_on(fake::serve(&args)),
        other => {
            eprintln!("there is no benchmark `{other}`\n\n{HELP}\nNames:\n{LIST}");
            std::process::exit(2);
        }
    }
}
