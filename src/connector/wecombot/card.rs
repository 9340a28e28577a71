//! Cards: where buttons stand. A card shows few words, so longer ones are said before it.

use super::wire::{Card, Key, Opens, Title};
use crate::connector::below::{first_line, with_links};
use crate::model::{Button, ButtonDoes};
use crate::text::{Markup, Part};
use unicode_segmentation::UnicodeSegmentation as _;

/// How many characters of a card's title and of its text are surely shown.
const TITLE_MAX: usize = 26;
const TEXT_MAX: usize = 112;
/// How many buttons one card has.
const KEYS_MAX: usize = 6;

/// The buttons that come back to us.
pub(super) fn presses(rows: &[Vec<Button>]) -> Vec<Key> {
    let key = |button: &Button| match &button.does {
        ButtonDoes::Press(data) => {
            Some(Key { text: button.label.clone(), style: 1, data: data.clone() })
        }
        ButtonDoes::Open(_) | ButtonDoes::OpenDirect(_) => None,
    };
    rows.iter().flatten().filter_map(key).collect()
}

/// The text in WeCom's Markdown, with a line for each row of buttons that open pages. There is no link that leads to
/// a person's own chat.
pub(super) fn written(part: &Part, rows: &[Vec<Button>]) -> String {
    with_links(part.markdown(Markup::WeCom), rows, |does| match does {
        ButtonDoes::Open(address) => Some(address.clone()),
        ButtonDoes::Press(_) | ButtonDoes::OpenDirect(_) => None,
    })
}

/// Whether a card surely shows all of it.
pub(super) fn holds(part: &Part, rows: &[Vec<Button>]) -> bool {
    let bare = part.marks.is_empty();
    let here = rows.iter().flatten().all(|b| matches!(b.does, ButtonDoes::Press(_)));
    bare && here && part.text.graphemes(true).count() <= TEXT_MAX
}

/// The cards that say `text` and have these buttons, under names that begin with `name`.
pub(super) fn cards(text: &str, keys: &[Key], name: &str) -> Vec<Card> {
    let some = keys.chunks(KEYS_MAX).enumerate();
    some.map(|(number, keys)| Card {
        kind: "button_interaction",
        main_title: None,
        sub_title_text: text.to_owned(),
        opens: None,
        button_list: keys.to_vec(),
        task_id: format!("{name}-{number}"),
    })
    .collect()
}

/// What stands in place of a card when its buttons are gone.
pub(super) fn closed(text: &str, task: &str) -> Card {
    Card {
        kind: "text_notice",
        main_title: Some(Title { title: beginning(text) }),
        sub_title_text: text.to_owned(),
        opens: Some(Opens { kind: 0 }),
        button_list: Vec::new(),
        task_id: task.to_owned(),
    }
}

/// The first line, as much of it as a card shows.
pub(super) fn beginning(text: &str) -> String {
    let line = first_line(text);
    if line.graphemes(true).count() <= TITLE_MAX {
        return line.to_owned();
    }
    let head: String = line.graphemes(true).take(TITLE_MAX - 1).collect();
    format!("{head}…")
}

/// The name under which all cards of one message go; the part behind it numbers them.
pub(super) fn message_of(task: &str) -> &str {
    task.rsplit_once('-').map_or(task, |(name, _)| name)
}
