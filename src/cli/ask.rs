//! Asking whoever sits at the terminal. Questions go to standard error, so that results can be piped; secrets are
//! read without being shown.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use tongxin::connector::Secret;
use tongxin::model::Lang;
use tongxin::text::Speak as _;
use tongxin::text::say::operator::AskSays;

/// Whether there is somebody to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Somebody {
    /// At a terminal.
    There,
    /// Nobody: a script, a pipe.
    Nobody,
}

pub(super) fn somebody() -> Somebody {
    let there = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if there { Somebody::There } else { Somebody::Nobody }
}

/// What somebody types; `None` when they end the input.
///
/// # Errors
/// When the terminal cannot be read.
pub(super) fn line(question: &AskSays, lang: Lang) -> std::io::Result<Option<String>> {
    put(question, lang);
    let mut typed = String::new();
    let read = std::io::stdin().lock().read_line(&mut typed)?;
    Ok((read > 0).then(|| typed.trim().to_owned()))
}

/// The same, for what nobody may see.
///
/// # Errors
/// When the terminal cannot be read.
pub(super) fn secret(question: &AskSays, lang: Lang) -> std::io::Result<Option<Secret>> {
    put(question, lang);
    match rpassword::read_password() {
        Ok(typed) => Ok(Some(Secret::new(typed.trim().to_owned()))),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn put(question: &AskSays, lang: Lang) {
    let mut out = std::io::stderr();
    // A terminal that is gone is noticed when it is read.
    let _ = out.write_all(question.say(lang).as_bytes()).and_then(|()| out.flush());
}
