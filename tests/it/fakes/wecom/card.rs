//! Cards with buttons as the app shows them.

use super::Shown;
use crate::fakes::official::{fields, text};
use serde_json::Value;

/// What the app shows of a title, and of what is below it.
const TITLE: usize = 36;
const BELOW: usize = 160;

/// What is read of a card, and its buttons.
pub(super) fn card(card: &Value) -> Result<Shown, String> {
    let known =
        ["card_type", "main_title", "sub_title_text", "button_list", "task_id", "replace_text"];
    fields(card, &known)?;
    if card["card_type"] != "button_interaction" {
        return Err("another kind of card".to_owned());
    }
    fields(&card["main_title"], &["title"])?;
    let title = text(&card["main_title"]["title"])?;
    let below = card["sub_title_text"].as_str().unwrap_or_default();
    if title.chars().count() > TITLE || below.chars().count() > BELOW || title.contains('\n') {
        return Err(format!("the card would be cut: {title}\n{below}"));
    }
    let mut shown = title.to_owned();
    if !below.is_empty() {
        shown = format!("{shown}\n{below}");
    }
    let buttons = card["button_list"].as_array().ok_or("no list of buttons")?;
    if buttons.len() > 6 {
        return Err(format!("{} buttons", buttons.len()));
    }
    let mut keys: Vec<(String, String)> = Vec::new();
    for button in buttons {
        fields(button, &["text", "type", "key", "url"])?;
        let label = text(&button["text"])?.to_owned();
        if button["type"] == 1 {
            shown = format!("{shown}\n［{label}］〈{}〉", text(&button["url"])?);
            continue;
        }
        let key = text(&button["key"])?.to_owned();
        if key.len() > 1024 || keys.iter().any(|(_, known)| *known == key) {
            return Err(format!("a key that is too long, or there twice: {key}"));
        }
        keys.push((label, key));
    }
    if let Some(grey) = card["replace_text"].as_str() {
        shown = format!("{shown}\n（{grey}）");
        keys.clear();
    } else if keys.is_empty() {
        return Err("a card without a button".to_owned());
    }
    let task = card["task_id"].as_str().map(str::to_owned);
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-@".contains(c);
    if let Some(task) = &task
        && (task.is_empty() || task.len() > 128 || !task.chars().all(fits))
    {
        return Err(format!("no task_id: {task}"));
    }
    Ok(Shown { text: shown, keys, msgid: String::new(), task })
}
