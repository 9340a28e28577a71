//! What was asked on the command line.

use std::collections::HashMap;
use std::time::Duration;

/// Whether the last line is JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    #[default]
    Words,
    Json,
}

/// How long a process has been on a processor; what its ended threads were is not counted.
pub fn on_processor(process: &str) -> std::time::Duration {
    let threads =
        std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let spent = threads.filter_map(|thread| {
        let line = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    });
    std::time::Duration::from_nanos(spent.sum())
}

/// The options.
#[derive(Clone, Debug, Default)]
pub struct Args {
    pub output: Output,
    numbers: HashMap<String, u64>,
    texts: HashMap<String, String>,
}

const NUMBERS: [&str; 14] = [
    "chats",
    "parallel",
    "latency-ms",
    "kills",
    "seconds",
    "rounds",
    "cuts",
    "workers",
    "takeover",
    "groups",
    "schedules",
    "due",
    "updates",
    "rate",
];
const TEXTS: [&str; 5] = ["dir", "url", "token", "kind", "store"];

impl Args {
    /// The benchmark's name and the options.
    pub fn parse() -> Result<(String, Self), String> {
        let mut args = Self::default();
        let mut name = None;
        let mut given = std::env::args().skip(1);
        while let Some(word) = given.next() {
            match word.strip_prefix("--") {
                // Cargo says so to every benchmark.
                Some("bench") => {}
                Some("json") => args.output = Output::Json,
                Some("help") => name = Some("help".to_owned()),
                Some(option) => {
                    let value = given.next().ok_or(format!("`--{option}` needs a value"))?;
                    args.set(option, value)?;
                }
                None if name.is_none() => name = Some(word),
                None => return Err(format!("`{word}` is one name too many")),
            }
        }
        // Without a name (a plain `cargo bench`) the list is shown.
        Ok((name.unwrap_or_else(|| "list".to_owned()), args))
    }

    fn set(&mut self, option: &str, value: String) -> Result<(), String> {
        if TEXTS.contains(&option) {
            self.texts.insert(option.to_owned(), value);
            return Ok(());
        }
        if !NUMBERS.contains(&option) {
            return Err(format!("there is no option `--{option}`"));
        }
        let number = value.parse().map_err(|_| format!("`--{option}` takes a number"))?;
        self.numbers.insert(option.to_owned(), number);
        Ok(())
    }

    /// A number, or what it is when none was given.
    pub fn number(&self, option: &str, otherwise: u64) -> u64 {
        self.numbers.get(option).copied().unwrap_or(otherwise)
    }

    /// A number, where one was given.
    pub fn given(&self, option: &str) -> Option<u64> {
        self.numbers.get(option).copied()
    }

    /// The same, as a size.
    pub fn size(&self, option: &str, otherwise: u64) -> usize {
        usize::try_from(self.number(option, otherwise)).expect("a size")
    }

    /// A text.
    pub fn text(&self, option: &str) -> &str {
        self.texts.get(option).map_or("", String::as_str)
    }

    /// Tells the figures.
    pub fn tell(&self, figures: &serde_json::Value) {
        if self.output == Output::Json {
            println!("{figures}");
        } else if let Some(figures) = figures.as_object() {
            for (name, figure) in figures {
                println!("{name:>24}  {figure}");
            }
        }
    }
}

/// The most memory that this process ever had, in MiB.
pub fn peak_rss_mb() -> f64 {
    memory_mb("self", "VmHWM:")
}

/// A line of what the system says of a process's memory, in MiB.
pub fn memory_mb(process: &str, line: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(line));
    let kib = line.and_then(|l| l.split_whitespace().next()?.parse::<f64>().ok());
    rounded(kib.unwrap_or(0.0) / 1024.0, 1)
}

/// A figure for people.
pub fn rounded(figure: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (figure * scale).round() / scale
}

/// How many a second.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub fn per_second(count: u64, span: Duration) -> f64 {
    (count as f64 / span.as_secs_f64().max(f64::EPSILON)).round()
}

/// The value below which so many hundredths of all lie; `all` is put in order.
pub fn percentile(all: &mut [f64], hundredths: usize) -> f64 {
    all.sort_by(f64::total_cmp);
    let place = (all.len() * hundredths).div_ceil(100).saturating_sub(1);
    all.get(place).map_or(0.0, |figure| rounded(*figure, 2))
}
