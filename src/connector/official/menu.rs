//! The account's menu: `POST /cgi-bin/menu/create`. A key of it says one of our commands.

use super::errors::Errand;
use super::{Done, Official};
use crate::connector::{Menu, MenuLine, SendFailure};
use serde::Serialize;

/// How many keys there are in a row.
const KEYS_MAX: usize = 3;

/// What is shown first: what is pushed, how to write to us, what became of it.
const SHOWN: [&str; KEYS_MAX] = ["topics", "suggest", "mine"];

#[derive(Serialize)]
struct Keys<'a> {
    button: Vec<Key<'a>>,
}

#[derive(Serialize)]
struct Key<'a> {
    r#type: &'static str,
    name: &'a str,
    #[serde(rename = "key")]
    says: String,
}

impl Official {
    /// Shows our menu in place of any other.
    pub(super) async fn make_menu(&self, menus: &[Menu]) -> Result<(), SendFailure> {
        let lines = menus.iter().find(|m| m.lang.is_none()).map_or(&[][..], |m| &m.lines);
        let line = |name: &&str| lines.iter().find(|line| line.command == *name);
        let key = |line: &'_ MenuLine| format!("/{}", line.command);
        let found = SHOWN.iter().filter_map(line);
        let button: Vec<_> =
            found.map(|l| Key { r#type: "click", name: &l.name, says: key(l) }).collect();
        if button.is_empty() {
            return Ok(());
        }
        let made = self.call::<_, Done>("/cgi-bin/menu/create", &Keys { button }).await;
        made.map_err(|t| t.repeatable(Errand::Other, self.clock.now())).map(|Done {}| ())
    }
}
