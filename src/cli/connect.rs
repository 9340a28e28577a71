//! Adding an account: what is given as options, what is asked for, and the steps around it.
//!
//! The options follow from the table of what each platform needs ([`needs`]); a secret is only ever named by a file.

use super::ask::{self, Somebody, somebody};
use super::{Configured, runtime, say, say_error};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use std::io::{BufRead as _, Read as _};
use tongxin::app::AppError;
use tongxin::app::connect::{How, Sheet, Trial, add as write, made};
use tongxin::config::needs::{self, Form, Must, Need};
use tongxin::config::{Draft, GivenFor};
use tongxin::connector::{Secret, called_at};
use tongxin::model::{Lang, Platform};
use tongxin::text::Speak as _;
use tongxin::text::say::StepsPart;
use tongxin::text::say::operator::{AskSays, ConnectTrouble, EmptySays, TroubleSays};

/// The longest secret, in bytes.
const SECRET_MOST: u64 = 64 * 1024;

/// Which account is added.
#[derive(Debug, Args)]
pub(super) struct Add {
    #[command(flatten)]
    configured: Configured,
    #[arg(value_parser = PossibleValuesParser::new(Platform::ALL.map(Platform::name)))]
    platform: String,
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    values: Values,
    #[arg(long)]
    set: Vec<String>,
    #[arg(long)]
    dry_run: bool,
    #[arg(long, conflicts_with = "dry_run")]
    untested: bool,
}

/// What was given for the keys of [`needs`]: the value, or the file that holds it.
#[derive(Clone, Debug, Default)]
struct Values(Vec<(&'static str, String)>);

impl Values {
    fn of(&self, need: &Need) -> Option<&str> {
        self.0.iter().find(|(key, _)| *key == need.key).map(|(_, value)| value.as_str())
    }
}

/// The option by which a key is given.
fn option(need: &Need) -> String {
    let name = need.key.replace('_', "-");
    if need.form == Form::Secret { format!("{name}-file") } else { name }
}

/// What the option is called in here.
fn id(need: &Need) -> String {
    option(need).replace('-', "_")
}

impl Args for Values {
    fn augment_args(command: Command) -> Command {
        command.args(needs::all().map(|need| Arg::new(id(&need)).long(option(&need))))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Values {
    fn from_arg_matches(read: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |need: Need| Some((need.key, read.get_one::<String>(&id(&need))?.clone()));
        Ok(Self(needs::all().filter_map(given).collect()))
    }

    fn update_from_arg_matches(&mut self, read: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(read)?;
        Ok(())
    }
}

fn trouble(trouble: ConnectTrouble) -> AppError {
    TroubleSays::Connect(trouble).into()
}

/// Adds an account, and says what was done and what comes next.
pub(super) fn add(what: &Add, lang: Lang) -> Result<(), AppError> {
    let sheet = what.configured.sheet()?;
    // One of the possible values.
    let platform = Platform::ALL.into_iter().find(|p| p.name() == what.platform);
    let platform = platform.unwrap_or(Platform::Web);
    if platform == Platform::Web {
        return Err(trouble(ConnectTrouble::OwnPages));
    }
    let mut asking = Asking { sheet: &sheet, platform, somebody: somebody(), lang };
    if asking.somebody == Somebody::There {
        say_error(&AskSays::steps(platform, StepsPart::Before, String::new()).say(lang));
    }
    let mut draft = asking.draft(what)?;
    let trial = if what.untested { Trial::LeftOut } else { Trial::First };
    let how = if what.dry_run { How::DryRun } else { How::Write(trial) };
    let runtime = runtime()?;
    let said = loop {
        match runtime.block_on(write(&sheet, &draft, (how, lang))) {
            Err(AppError::Told(TroubleSays::Connect(ConnectTrouble::Failed(why))))
                if asking.somebody == Somebody::There =>
            {
                say_error(&why);
                if asking.mend(&mut draft)? == Mended::GivenUp {
                    return Err(trouble(ConnectTrouble::Failed(why)));
                }
            }
            done => break done?,
        }
    };
    say(&said.say(lang))?;
    if !what.dry_run {
        let hook = called_at(&sheet.config().office.public_url, &draft.name);
        say(&AskSays::steps(platform, StepsPart::After, hook).say(lang))?;
    }
    Ok(())
}

/// Whoever is asked.
struct Asking<'a> {
    sheet: &'a Sheet,
    platform: Platform,
    somebody: Somebody,
    lang: Lang,
}

/// Whether an account that did not work is tried again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mended {
    Again,
    GivenUp,
}

impl Asking<'_> {
    /// The account, from what was given and what is asked for.
    fn draft(&mut self, what: &Add) -> Result<Draft, AppError> {
        let mut draft = Draft { name: String::new(), platform: self.platform, values: Vec::new() };
        self.name(&mut draft, what.name.as_deref())?;
        let mut input = Input::default();
        let mut lacking = Vec::new();
        for need in needs::of(self.platform) {
            let given = match what.values.of(&need) {
                Some(value) if need.form == Form::Secret => {
                    let secret = input.secret(need.key, value)?;
                    Some(GivenFor::Secret(secret))
                }
                Some(value) => Some(GivenFor::read(need.form, value)),
                None => None,
            };
            match (given, self.somebody, need.must) {
                (Some(given), ..) => draft.values.push((need.key.to_owned(), given)),
                (None, Somebody::There, _) => self.ask(&mut draft, &need)?,
                (None, _, Must::Yes) => lacking.push(format!("--{}", option(&need))),
                (None, _, Must::Made(what)) => {
                    draft.values.push((need.key.to_owned(), GivenFor::Secret(made(what))));
                }
                (None, _, Must::No) => {}
            }
        }
        set(&mut draft, &what.set)?;
        if !lacking.is_empty() {
            say_error(
                &AskSays::steps(self.platform, StepsPart::Before, String::new()).say(self.lang),
            );
            return Err(trouble(ConnectTrouble::Lacking(self.platform, lacking)));
        }
        Ok(draft)
    }

    fn name(&self, draft: &mut Draft, given: Option<&str>) -> Result<(), AppError> {
        if let Some(given) = given {
            given.clone_into(&mut draft.name);
            return Ok(());
        }
        if self.somebody == Somebody::Nobody {
            self.platform.name().clone_into(&mut draft.name);
            return Ok(());
        }
        let default = self.sheet.free_name(self.platform);
        loop {
            let empty = EmptySays::Default(default.clone());
            let question = AskSays::Value { platform: self.platform, key: "name", empty };
            let typed = self.line(&question)?;
            draft.name = if typed.is_empty() { default.clone() } else { typed };
            match self.sheet.wrong(draft, "name")? {
                None => return Ok(()),
                Some(what) => self.not_that(&what.say(self.lang)),
            }
        }
    }

    /// Asks for a key until what is given can be used.
    fn ask(&self, draft: &mut Draft, need: &Need) -> Result<(), AppError> {
        if need.form == Form::List {
            let topics = self.sheet.config().topics.iter().map(|topic| topic.id.0.clone());
            say_error(&AskSays::Topics(topics.collect()).say(self.lang));
        }
        loop {
            draft.values.retain(|(key, _)| key != need.key);
            let Some(given) = self.given(need)? else {
                if need.must != Must::Yes {
                    return Ok(());
                }
                continue;
            };
            draft.values.push((need.key.to_owned(), given));
            match self.sheet.wrong(draft, need.key)? {
                None => return Ok(()),
                Some(what) => self.not_that(&what.say(self.lang)),
            }
        }
    }

    /// What somebody gives for a key; `None` where they give nothing.
    fn given(&self, need: &Need) -> Result<Option<GivenFor>, AppError> {
        let empty = match need.must {
            Must::Yes => EmptySays::Must,
            Must::No => EmptySays::None,
            Must::Made(_) => EmptySays::Made,
        };
        let question = AskSays::Value { platform: self.platform, key: need.key, empty };
        if need.form == Form::Secret {
            let secret = ask::secret(&question, self.lang)?.ok_or_else(ended)?;
            let secret = Some(secret).filter(|secret| !secret.reveal().is_empty());
            return Ok(match (secret, need.must) {
                (None, Must::Made(what)) => Some(GivenFor::Secret(made(what))),
                (secret, _) => secret.map(GivenFor::Secret),
            });
        }
        let typed = self.line(&question)?;
        Ok((!typed.is_empty()).then(|| GivenFor::read(need.form, &typed)))
    }

    /// What shall become of an account that did not work.
    fn mend(&self, draft: &mut Draft) -> Result<Mended, AppError> {
        let needs = needs::of(self.platform);
        let keys = needs.iter().map(|need| need.key).collect();
        let typed = self.line(&AskSays::Again(keys))?;
        if typed.eq_ignore_ascii_case("q") {
            return Ok(Mended::GivenUp);
        }
        if let Some(need) = needs.iter().find(|need| need.key == typed) {
            self.ask(draft, need)?;
        }
        Ok(Mended::Again)
    }

    fn line(&self, question: &AskSays) -> Result<String, AppError> {
        ask::line(question, self.lang)?.ok_or_else(ended)
    }

    fn not_that(&self, why: &str) {
        say_error(&AskSays::NotThat(why.to_owned()).say(self.lang));
    }
}

/// Keys that nobody is asked for.
fn set(draft: &mut Draft, pairs: &[String]) -> Result<(), AppError> {
    for pair in pairs {
        // Its name and its platform are given otherwise.
        let free = |key: &str| !["", "name", "platform"].contains(&key.trim());
        let parts = pair.split_once('=').filter(|(key, _)| free(key));
        let (key, value) = parts.ok_or_else(|| trouble(ConnectTrouble::NotAPair(pair.clone())))?;
        let key = key.trim();
        let secret = needs::all().any(|need| need.key == key && need.form == Form::Secret);
        if secret || needs::SECRET_BESIDES.contains(&key) {
            return Err(trouble(ConnectTrouble::Secret(key.to_owned())));
        }
        draft.values.push((key.to_owned(), GivenFor::Loose(value.trim().to_owned())));
    }
    Ok(())
}

/// Somebody ended the input in place of an answer.
fn ended() -> AppError {
    std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()
}

/// Standard input, one line of which is read for each secret that is to come from there.
#[derive(Default)]
struct Input {
    lines: Option<std::io::Lines<std::io::StdinLock<'static>>>,
}

impl Input {
    /// The secret in a file, or in the next line of standard input where `-` stands.
    fn secret(&mut self, key: &str, file: &str) -> Result<Secret, AppError> {
        if file == "-" {
            let lines = self.lines.get_or_insert_with(|| std::io::stdin().lock().lines());
            let line = lines.next().transpose()?;
            let line = line.ok_or_else(|| trouble(ConnectTrouble::InputEnded(key.to_owned())))?;
            return Ok(Secret::new(line.trim().to_owned()));
        }
        let mut text = String::new();
        let read = std::fs::File::open(file)
            .and_then(|open| open.take(SECRET_MOST).read_to_string(&mut text));
        read.map_err(|e| TroubleSays::CannotRead { path: file.to_owned(), why: (&e).into() })?;
        Ok(Secret::new(text.trim().to_owned()))
    }
}
