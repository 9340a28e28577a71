//! What is said of a command line that cannot be read.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::process::ExitCode;
use tongxin::model::Lang;
use tongxin::text::Speak as _;
use tongxin::text::say::operator::{HelpSays, UsageSays};

/// Shows help or the version where that was asked for; says otherwise what is wrong.
pub(super) fn tell(error: &clap::Error, lang: Lang) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // A pipe that nobody reads any more is no failure of ours.
            let _ = error.print();
        }
        _ => {
            super::say_error(&says(error).say(lang));
            if let Some(usage) = usage(error, lang) {
                super::say_error(&format!("\n{usage}"));
            }
        }
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// How the command is used, in the words that were put on it.
fn usage(error: &clap::Error, lang: Lang) -> Option<String> {
    let ContextValue::StyledStr(usage) = error.get(ContextKind::Usage)? else { return None };
    let usage = usage.to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    Some(format!("{}{usage}", HelpSays::Usage.word(lang)))
}

/// What is wrong, in our words.
fn says(error: &clap::Error) -> UsageSays {
    let option = || one(error, ContextKind::InvalidArg);
    let typed = || one(error, ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::InvalidSubcommand => UsageSays::NoSuchCommand {
            typed: one(error, ContextKind::InvalidSubcommand),
            nearest: nearest(error, ContextKind::SuggestedSubcommand),
        },
        ErrorKind::UnknownArgument => UsageSays::NoSuchOption {
            typed: option(),
            nearest: nearest(error, ContextKind::SuggestedArg),
        },
        ErrorKind::MissingSubcommand => UsageSays::CommandMissing,
        ErrorKind::MissingRequiredArgument => {
            UsageSays::Missing(several(error, ContextKind::InvalidArg))
        }
        ErrorKind::InvalidValue if typed().is_empty() => UsageSays::ValueMissing {
            option: option(),
            known: several(error, ContextKind::ValidValue),
        },
        ErrorKind::InvalidValue => UsageSays::NoSuchValue {
            option: option(),
            typed: typed(),
            known: several(error, ContextKind::ValidValue),
            nearest: nearest(error, ContextKind::SuggestedValue),
        },
        // Of all that can be typed only addresses have a form.
        ErrorKind::ValueValidation => UsageSays::BadAddress { option: option(), typed: typed() },
        ErrorKind::ArgumentConflict => {
            let (option, others) = (option(), several(error, ContextKind::PriorArg));
            if others.is_empty() || others == [option.as_str()] {
                UsageSays::OnlyOnce(option)
            } else {
                UsageSays::NotTogether { option, others }
            }
        }
        ErrorKind::TooManyValues => UsageSays::TooMany { option: option(), typed: typed() },
        ErrorKind::InvalidUtf8 => UsageSays::NotUtf8,
        _ => UsageSays::Other(error.kind().to_string()),
    }
}

/// What the reader of the command line says of its mistake.
fn several(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(one)) => vec![one.clone()],
        Some(ContextValue::Strings(several)) => several.clone(),
        _ => Vec::new(),
    }
}

fn one(error: &clap::Error, kind: ContextKind) -> String {
    several(error, kind).into_iter().next().unwrap_or_default()
}

fn nearest(error: &clap::Error, kind: ContextKind) -> Option<String> {
    several(error, kind).into_iter().next()
}
