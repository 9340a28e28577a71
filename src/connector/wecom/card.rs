//! Cards with buttons (模板卡片, `button_interaction`).
//!
//! The app shows a title and a few lines of a card and leaves out the rest (the documentation of `message/send` says
//! how much). So what fits is a card, and anything longer, or with links in it, is a text with a card below it that
//! bears the text's first line. A card has up to six buttons; where there are more, there are several cards.

use crate::connector::SendFailure;
use crate::connector::news::News;
use crate::connector::signed::short_name;
use crate::model::{Button, ButtonDoes};
use crate::text::{Mark, Part, Style};
use serde::Serialize;

/// How many characters of a title are surely shown.
const TITLE_MAX: usize = 36;
/// How many below it.
const BELOW_MAX: usize = 160;
/// How many buttons a card has.
const KEYS_MAX: usize = 6;
/// The longest `task_id`, in bytes, and what is kept free for the number of a card.
const TASK_MAX: usize = 128 - 8;
/// The longest text, in bytes: what is beyond is cut by the platform.
const TEXT_MAX: usize = 2_048;
/// What stands on the grey button of a card that was pressed.
const PRESSED: &str = "✓";

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "msgtype", rename_all = "snake_case")]
pub(super) enum Says {
    Text { text: Content },
    TemplateCard { template_card: Card },
    Image { image: Named },
    File { file: Named },
    News { news: News },
}

/// Something that the platform was given before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Named {
    pub media_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Content {
    content: String,
}

/// A card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Card {
    #[serde(rename = "card_type")]
    kind: &'static str,
    main_title: Title,
    #[serde(skip_serializing_if = "String::is_empty")]
    sub_title_text: String,
    button_list: Vec<Key>,
    /// Unique within the application; left out where a card is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<String>,
    /// What a grey button says in place of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    replace_text: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Title {
    title: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Key {
    text: String,
    /// 1 opens `url`; 0 tells us `key`.
    #[serde(rename = "type")]
    kind: u8,
    #[serde(rename = "key", skip_serializing_if = "Option::is_none")]
    carries: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// What makes the buttons of a card that was pressed grey.
#[derive(Serialize)]
pub(super) struct Grey {
    replace_name: &'static str,
}

impl Grey {
    pub(super) const fn new() -> Self {
        Self { replace_name: PRESSED }
    }
}

impl Says {
    /// A text without buttons.
    pub(super) fn text(part: &Part) -> Self {
        Self::Text { text: Content { content: part.anchored() } }
    }

    pub(super) const fn is_card(&self) -> bool {
        matches!(self, Self::TemplateCard { .. })
    }
}

impl Card {
    /// The card that can stand in place of another; `None` where this does not fit one.
    pub(super) fn instead(part: &Part, rows: &[Vec<Button>]) -> Result<Option<Self>, SendFailure> {
        let keys = keys(rows)?;
        let Some((title, below)) = short(part).filter(|_| keys.len() <= KEYS_MAX) else {
            return Ok(None);
        };
        let replace_text = keys.is_empty().then_some(PRESSED);
        Ok(Some(Self { replace_text, ..Self::new(title, below, keys) }))
    }

    fn new(title: String, below: String, button_list: Vec<Key>) -> Self {
        Self {
            kind: "button_interaction",
            main_title: Title { title },
            sub_title_text: below,
            button_list,
            task_id: None,
            replace_text: None,
        }
    }
}

/// The messages that say this with these buttons; `once` is what the cards are known by.
pub(super) fn written(
    part: &Part,
    rows: &[Vec<Button>],
    once: &str,
) -> Result<Vec<Says>, SendFailure> {
    let keys = keys(rows)?;
    if keys.iter().all(|key| key.kind == 1) {
        return Ok(texts(part, &keys));
    }
    let task = |number: usize| Some(format!("{}_{number}", task(once)));
    let card = |card: Card| Says::TemplateCard { template_card: card };
    let (before, title, mut below) = match short(part) {
        Some((title, below)) => (None, title, below),
        None => (Some(Says::text(part)), title(part), String::new()),
    };
    let cards = keys.chunks(KEYS_MAX).enumerate().map(|(number, keys)| {
        // What is below the title stands on the first.
        let whole = Card::new(title.clone(), std::mem::take(&mut below), keys.to_vec());
        card(Card { task_id: task(number), ..whole })
    });
    Ok(before.into_iter().chain(cards).collect())
}

/// The text with what its buttons open as links below it, in a message of their own where they do not fit.
fn texts(part: &Part, keys: &[Key]) -> Vec<Says> {
    let mut links = Part::default();
    for key in keys {
        let start = links.text.len() + usize::from(!links.text.is_empty());
        if start > 0 {
            links.text.push('\n');
        }
        links.text.push_str(&key.text);
        let address = key.url.clone().unwrap_or_default();
        links.marks.push(Mark { start, end: links.text.len(), style: Style::Link(address) });
    }
    let (text, links) = (part.anchored(), links.anchored());
    let content = |content| Says::Text { text: Content { content } };
    match links.is_empty() {
        true => vec![content(text)],
        false if text.len() + 1 + links.len() > TEXT_MAX => vec![content(text), content(links)],
        false => vec![content(format!("{text}\n{links}"))],
    }
}

fn keys(rows: &[Vec<Button>]) -> Result<Vec<Key>, SendFailure> {
    let mut keys = Vec::new();
    for button in rows.iter().flatten() {
        let text = button.label.clone();
        match &button.does {
            ButtonDoes::Press(data) if (1..=Button::DATA_MAX).contains(&data.len()) => {
                keys.push(Key { text, kind: 0, carries: Some(data.clone()), url: None });
            }
            ButtonDoes::Press(_) => {
                let words = "a button carries more than 64 bytes, or none";
                return Err(SendFailure::Rejected(words.to_owned()));
            }
            ButtonDoes::Open(address) => {
                keys.push(Key { text, kind: 1, carries: None, url: Some(address.clone()) });
            }
            // Whoever reads this is in their own chat already.
            ButtonDoes::OpenDirect(_) => {}
        }
    }
    Ok(keys)
}

/// Title and what is below it, where all of the text is shown by one card.
fn short(part: &Part) -> Option<(String, String)> {
    let hidden = |mark: &Mark| match &mark.style {
        Style::Link(address) => part.text.get(mark.start..mark.end) != Some(address),
        _ => false,
    };
    let text = part.text.trim();
    let (title, below) = text.split_once('\n').unwrap_or((text, ""));
    let (title, below) = (title.trim(), below.trim());
    let fits = (1..=TITLE_MAX).contains(&title.chars().count())
        && below.chars().count() <= BELOW_MAX
        && !part.marks.iter().any(hidden);
    fits.then(|| (title.to_owned(), below.to_owned()))
}

/// The first line of a text, as much of it as a title shows.
fn title(part: &Part) -> String {
    let line = part.text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("·");
    if line.chars().count() <= TITLE_MAX {
        return line.to_owned();
    }
    let head: String = line.chars().take(TITLE_MAX - 1).collect();
    format!("{}…", head.trim_end())
}

/// The name of a message in the letters that a `task_id` may have.
fn task(once: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-@".contains(c);
    if once.len() <= TASK_MAX && once.chars().all(fits) {
        once.to_owned()
    } else {
        short_name(once)
    }
}
