//! How fast, how frugal and how sure delivery is: run it with `-- list` for what there is.
#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]
#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures time and makes the raw calls itself"
)]

mod args;
mod fake;
mod kills;
mod limits;
mod office;
mod sends;
mod startup;
#[expect(dead_code, unused_imports, reason = "the tests' fake, of which a benchmark needs a part")]
#[path = "../../tests/it/fakes/telegram/mod.rs"]
mod telegram;

use args::Args;

const LIST: &str = "\
sends    sends to N chats through the ledger, against as many raw requests of the same size
kills    kills the daemon at random moments while it sends, and counts what was lost and repeated
limits   sends within the platform's rates in real time, and counts needless refusals
startup  how long the ledger takes to open with N subscribers
list     this list";

const HELP: &str = "\
Usage: cargo bench --bench delivery -- NAME [OPTIONS]

Options:
  --json            the last line is one JSON object
  --chats N         how many chats (sends: 5000, kills: 2000, limits: 1000, startup: 100000)
  --parallel N      requests under way at once (sends: 64, kills: 16)
  --latency-ms N    what each request takes at least (sends: 0, kills: 15)
  --kills N         how often the daemon is killed (50)
  --seconds N       how long the limits are tried (20)
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
        "limits" => runtime.block_on(limits::run(&args)),
        "startup" => runtime.block_on(startup::run(&args)),
        // What the benchmark starts of itself.
        "fake-telegram" => runtime.block_on(fake::serve(&args)),
        "office" => {
            let (dir, url, token) = (args.text("dir"), args.text("url"), args.text("token"));
            let work = office::work(dir.as_ref(), url, token, args.size("parallel", 16));
            if let Err(why) = runtime.block_on(work) {
                eprintln!("cannot open the ledger: {why}");
                std::process::exit(3);
            }
        }
        other => {
            eprintln!("there is no benchmark `{other}`\n\n{HELP}\nNames:\n{LIST}");
            std::process::exit(2);
        }
    }
}
