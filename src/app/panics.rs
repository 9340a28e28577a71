//! What is told of a panic: where in the program it was, and nothing of what it says, which may hold what somebody
//! wrote.

use crate::model::Lang;
use crate::text::Speak as _;
use crate::text::say::operator::TroubleSays;
use std::io::Write as _;
use std::panic::PanicHookInfo;

/// From now on whoever reads the log learns where something panicked; whoever typed a command that keeps none, in this
/// language.
pub fn tell_where(lang: Lang) {
    std::panic::set_hook(Box::new(move |panic| told(panic, lang)));
}

fn told(panic: &PanicHookInfo<'_>, lang: Lang) {
    let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line()));
    let place = place.unwrap_or_default();
    if tracing::dispatcher::has_been_set() {
        tracing::error!(panic.place = place, "the program panicked");
        return;
    }
    // Nobody can be told that standard error is gone.
    let _ = writeln!(std::io::stderr(), "{}", TroubleSays::Panicked(place).say(lang));
}
