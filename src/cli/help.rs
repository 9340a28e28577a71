//! The words of `--help`, put on the commands in the language of whoever asks.
//!
//! The attributes of the types that are read say what can be typed; all words come from here. A command or option
//! that has no words in `text::say::operator` shows none.

use clap::builder::PossibleValue;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::process::ExitCode;
use tongxin::model::Lang;
use tongxin::text::Speak as _;
use tongxin::text::say::operator::{CommandSays, HelpSays, OptionSays};

/// What can be typed behind `--lang`.
pub(super) const LANGUAGES: [&str; 3] = ["zh", "zh-CN", "en"];

/// The command line with its words.
pub(super) fn worded(command: Command, lang: Lang) -> Command {
    let [zh, whole, en] = LANGUAGES;
    let known = [PossibleValue::new(zh).alias(whole), PossibleValue::new(en)];
    let language = Arg::new("lang").long("lang").global(true).value_parser(known);
    let mut command = with_words(command.subcommand(help()).arg(language), "", lang);
    // Made whole, so that the lines that show how each is used can be read off and put into our words.
    command.build();
    with_usage(command, lang)
}

/// Ours, for the one that the reader makes by itself has words of its own.
fn help() -> Command {
    Command::new("help").arg(Arg::new("subcommand").action(ArgAction::Append))
}

/// Shows the help of the command that is named behind `help`, where that was typed; an error where there is no
/// such command.
pub(super) fn shown(
    command: &mut Command,
    read: &ArgMatches,
) -> Option<Result<ExitCode, clap::Error>> {
    let asked = read.subcommand_matches("help")?;
    let mut command = command;
    for name in asked.get_many::<String>("subcommand").into_iter().flatten() {
        if command.find_subcommand(name).is_none() {
            let mut error = clap::Error::new(ErrorKind::InvalidSubcommand).with_cmd(command);
            let typed = ContextValue::String(name.clone());
            error.insert(ContextKind::InvalidSubcommand, typed);
            return Some(Err(error));
        }
        command = command.find_subcommand_mut(name)?;
    }
    // A pipe that nobody reads any more is no failure of ours.
    let _ = command.print_help();
    Some(Ok(ExitCode::SUCCESS))
}

/// The words of a command and of all below it; `path` is what is typed before it.
fn with_words(command: Command, path: &str, lang: Lang) -> Command {
    let known = CommandSays::ALL.into_iter().find(|says| says.typed() == path);
    let about = known.map_or_else(String::new, |says| says.say(lang));
    let after = known.map_or_else(String::new, |says| below(says, lang));
    let command = command
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .about(about)
        .long_about(None::<&str>)
        .after_help(after)
        .help_template(template(lang))
        .subcommand_help_heading(HelpSays::Commands.word(lang))
        .subcommand_value_name(HelpSays::AnyCommand.word(lang))
        .arg(Arg::new("help").long("help").short('h').action(ArgAction::Help));
    let command = if path.is_empty() {
        let version = Arg::new("version").long("version").short('V').action(ArgAction::Version);
        command.arg(version)
    } else {
        command
    };
    // Under a heading of ours they would stand by their names.
    let mut order = 0;
    let in_order = |arg: Arg| {
        order += 1;
        if arg.is_positional() { arg.display_order(order) } else { arg }
    };
    let command = command.mut_args(|arg| option(arg, known, lang)).mut_args(in_order);
    command.mut_subcommands(|inner| {
        let path = format!("{path} {}", inner.get_name());
        with_words(inner, path.trim_start(), lang)
    })
}

/// The words of an option or argument.
fn option(arg: Arg, command: Option<CommandSays>, lang: Lang) -> Arg {
    let known = command.and_then(|command| OptionSays::of(command, arg.get_id().as_str()));
    let help = known.map_or_else(String::new, |says| says.say(lang));
    let heading = if arg.is_positional() { HelpSays::Arguments } else { HelpSays::Options };
    let arg = arg.help(help).long_help(None::<&str>).help_heading(heading.word(lang));
    match known.map_or("", |says| says.value(lang)) {
        "" => arg,
        // What the reader would add in brackets, in English, is said in our words.
        value => {
            arg.value_name(value).hide_default_value(true).hide_possible_values(true).hide_env(true)
        }
    }
}

fn template(lang: Lang) -> String {
    format!(
        "{{about-with-newline}}\n{}{{usage}}\n\n{{all-args}}{{after-help}}",
        HelpSays::Usage.word(lang)
    )
}

/// What stands below the options: examples and what else is to be known.
fn below(command: CommandSays, lang: Lang) -> String {
    let examples = command.examples();
    let head = match examples {
        [] => return String::new(),
        [_] => HelpSays::Example,
        _ => HelpSays::Examples,
    };
    let mut lines = vec![head.word(lang).to_owned()];
    lines.extend(examples.iter().map(|example| format!("  {example}")));
    lines.extend(command.note(lang).map(str::to_owned));
    lines.join("\n")
}

/// Puts the line that shows how a command is used into our words.
fn with_usage(mut command: Command, lang: Lang) -> Command {
    let usage = usage(&mut command, lang);
    command.override_usage(usage).mut_subcommands(|inner| with_usage(inner, lang))
}

fn usage(command: &mut Command, lang: Lang) -> String {
    let shown = command.render_usage().to_string();
    let shown = shown.trim_start_matches("Usage:").trim();
    shown.replace("[OPTIONS]", HelpSays::AnyOptions.word(lang))
}
