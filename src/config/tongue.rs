//! The language in which the command line speaks.

use crate::model::Lang;

/// The language that whoever operates the program asks for, in this order: what they typed behind `--lang`, the
/// variable `TONGXIN_LANG`, the language of the terminal (`LC_ALL`, `LC_MESSAGES`, `LANG`, the first that says
/// something).
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the environment is read here")]
pub fn operator_lang(typed: Option<&str>) -> Lang {
    let names = ["TONGXIN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"];
    let said = || names.iter().filter_map(|name| std::env::var(name).ok()).find(|v| !v.is_empty());
    let said = typed.map(str::to_owned).or_else(said);
    lang_of_locale(said.as_deref().unwrap_or_default())
}

/// The language of a locale's name. An empty one asks for nothing and gets Chinese; `C` and `POSIX` are what
/// scripts set, and get English as every other language does.
#[must_use]
pub fn lang_of_locale(locale: &str) -> Lang {
    if locale.is_empty() || locale.to_ascii_lowercase().starts_with("zh") {
        Lang::Zh
    } else {
        Lang::En
    }
}
