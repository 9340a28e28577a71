//! What is read of a message: a `post`, or a card in Markdown.

use super::Key;
use serde_json::Value;

/// The text of a message and its buttons; an error where the platform would not take it.
pub(super) fn read(kind: &str, content: &str) -> Result<(String, Vec<Vec<Key>>), String> {
    let content: Value = serde_json::from_str(content).map_err(|e| e.to_string())?;
    match kind {
        "post" => Ok((post(&content)?, Vec::new())),
        "interactive" => card(&content),
        other => Err(format!("the kind {other} is not used")),
    }
}

pub(super) fn fields(value: &Value, known: &[&str]) -> Result<(), String> {
    let fields = value.as_object().ok_or_else(|| format!("no object: {value}"))?;
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("the field {name} is not known")),
        None => Ok(()),
    }
}

pub(super) fn text(value: &Value) -> Result<&str, String> {
    value.as_str().filter(|text| !text.is_empty()).ok_or_else(|| format!("no text: {value}"))
}

fn post(content: &Value) -> Result<String, String> {
    fields(content, &["zh_cn"])?;
    fields(&content["zh_cn"], &["title", "content"])?;
    let mut read = Vec::new();
    for line in content["zh_cn"]["content"].as_array().ok_or("no lines")? {
        let mut words = String::new();
        for piece in line.as_array().ok_or("no runs")? {
            match piece["tag"].as_str() {
                Some("text") => fields(piece, &["tag", "text", "style"])?,
                Some("a") => {
                    fields(piece, &["tag", "text", "href"])?;
                    text(&piece["href"])?;
                }
                other => return Err(format!("the tag {other:?} is not known")),
            }
            words.push_str(text(&piece["text"])?);
            if let Some(address) = piece["href"].as_str() {
                words.extend(["〈", address, "〉"]);
            }
        }
        read.push(words);
    }
    Ok(read.join("\n"))
}

pub(super) fn card(card: &Value) -> Result<(String, Vec<Vec<Key>>), String> {
    fields(card, &["config", "elements"])?;
    fields(&card["config"], &["update_multi", "wide_screen_mode"])?;
    if card["config"]["update_multi"] != true {
        return Err("a card that cannot be changed".to_owned());
    }
    let (mut words, mut keys) = (Vec::new(), Vec::new());
    for element in card["elements"].as_array().ok_or("no elements")? {
        match element["tag"].as_str() {
            Some("markdown") => {
                fields(element, &["tag", "content"])?;
                words.push(markdown(text(&element["content"])?)?);
            }
            Some("div") => {
                fields(element, &["tag", "text"])?;
                words.push(text(&element["text"]["content"])?.to_owned());
            }
            Some("action") => {
                fields(element, &["tag", "actions"])?;
                let row = element["actions"].as_array().ok_or("no buttons")?;
                keys.push(row.iter().map(key).collect::<Result<_, _>>()?);
            }
            other => return Err(format!("the element {other:?} is not known")),
        }
    }
    Ok((words.join("\n"), keys))
}

fn key(button: &Value) -> Result<Key, String> {
    fields(button, &["tag", "text", "type", "value", "url"])?;
    let label = text(&button["text"]["content"])?.to_owned();
    let value = button.get("value").cloned();
    let url = button["url"].as_str().map(str::to_owned);
    if button["tag"] != "button" || value.is_none() == url.is_none() {
        return Err(format!("no button: {button}"));
    }
    Ok(Key { label, value, url })
}

/// What is read of a card's Markdown, with the addresses of links behind them.
fn markdown(written: &str) -> Result<String, String> {
    let (mut read, mut rest) = (String::new(), written);
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '*' => rest = rest.strip_prefix('*').ok_or("italics")?,
            '<' | '>' | '~' | '`' => return Err(format!("markup in {written}")),
            '[' => {}
            ']' => {
                let (address, after) = rest
                    .strip_prefix('(')
                    .and_then(|rest| rest.split_once(')'))
                    .ok_or("no address behind a label")?;
                read.extend(["〈", address, "〉"]);
                rest = after;
            }
            '&' => match rest.strip_prefix('#').and_then(|number| number.split_once(';')) {
                Some((number, after)) => {
                    let sign = number.parse().ok().and_then(char::from_u32);
                    read.push(sign.ok_or("no such sign")?);
                    rest = after;
                }
                None => read.push('&'),
            },
            c => read.push(c),
        }
    }
    Ok(read)
}
