//! What a platform shows beside its text field, so that nobody has to know our commands.

use crate::model::Lang;

/// One line of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuLine {
    /// The command: 1 to 32 of `a-z 0-9 _`, without the stroke.
    pub command: String,
    /// Its name in the menu's language: a word.
    pub name: String,
    /// What it does: 1 to 256 characters.
    pub about: String,
}

/// The menu in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu {
    /// For whom; `None` for everybody whose language has no menu of its own.
    pub lang: Option<Lang>,
    /// Its lines, at most 100.
    pub lines: Vec<MenuLine>,
}
