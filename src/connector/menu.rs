//! What a platform shows beside its text field, so that nobody has to know our commands.

use crate::model::Lang;
use serde::Serialize;

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

/// Whether an account's menu is ours, on platforms where it may be somebody else's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnMenu {
    /// It stays as somebody made it.
    #[default]
    Leave,
    /// Ours takes its place.
    Replace,
}

/// How many keys there are in a row of WeChat's and WeCom's.
const KEYS_MAX: usize = 3;

/// What their keys are: what is pushed, how to write to us, what became of it.
const SHOWN: [&str; KEYS_MAX] = ["topics", "suggest", "mine"];

/// A menu as `menu/create` of WeChat and WeCom takes it. A key of it says one of our commands.
#[derive(Serialize)]
pub(super) struct Keys<'a> {
    button: Vec<Key<'a>>,
}

#[derive(Serialize)]
struct Key<'a> {
    r#type: &'static str,
    name: &'a str,
    #[serde(rename = "key")]
    says: String,
}

impl<'a> Keys<'a> {
    /// Our keys, in the language of everybody; `None` where there are none.
    pub(super) fn of(menus: &'a [Menu]) -> Option<Self> {
        let lines = menus.iter().find(|m| m.lang.is_none()).map_or(&[][..], |m| &m.lines);
        let line = |name: &&str| lines.iter().find(|line| line.command == *name);
        let key = |line: &'a MenuLine| Key {
            r#type: "click",
            name: &line.name,
            says: format!("/{}", line.command),
        };
        let button: Vec<_> = SHOWN.iter().filter_map(line).map(key).collect();
        (!button.is_empty()).then_some(Self { button })
    }
}
