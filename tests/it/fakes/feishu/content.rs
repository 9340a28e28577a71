//! What is read of a message: a `post`, or a card in Markdown.

use super::Key;
use crate::fakes::uploads::{File, Uploads};
use serde_json::Value;

/// The text of a message and its buttons.
pub(super) type Read = (String, Vec<Vec<Key>>);
/// The same, or what the message names and nobody knows.
pub(super) type Known = Result<Read, &'static str>;

/// The text of a message and its buttons; an error where the platform would not take it.
pub(super) fn read(kind: &str, content: &str, uploads: &Uploads) -> Result<Known, String> {
    let content: Value = serde_json::from_str(content).map_err(|e| e.to_string())?;
    match kind {
        "post" => Ok(post(&content, uploads)?.map(|read| (read, Vec::new()))),
        "interactive" => card(&content, uploads),
        "file" => {
            fields(&content, &["file_key"])?;
            let file = uploads.named(text(&content["file_key"])?, 0).filter(|f| f.kind == "file");
            Ok(file.map(|file| (file.shown(), Vec::new())).ok_or("file_key"))
        }
        other => Err(format!("the kind {other} is not used")),
    }
}

/// The same of a message without pictures.
pub(super) fn read_words(kind: &str, content: &str) -> Result<Read, String> {
    read(kind, content, &Uploads::default())?.map_err(str::to_owned)
}

/// What is seen of a picture.
fn picture(key: &Value, uploads: &Uploads) -> Result<Option<String>, String> {
    let file = uploads.named(text(key)?, 0).filter(|file| file.kind == "image");
    Ok(file.map(File::shown))
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

fn post(content: &Value, uploads: &Uploads) -> Result<Result<String, &'static str>, String> {
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
                Some("img") => {
                    fields(piece, &["tag", "image_key"])?;
                    match picture(&piece["image_key"], uploads)? {
                        Some(shown) => words.push_str(&shown),
                        None => return Ok(Err("image_key")),
                    }
                    continue;
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
    Ok(Ok(read.join("\n")))
}

pub(super) fn card(card: &Value, uploads: &Uploads) -> Result<Known, String> {
    fields(card, &["config", "elements"])?;
    fields(&card["config"], &["update_multi", "wide_screen_mode"])?;
    if card["config"]["update_multi"] != true {
        return Err("a card that cannot be changed".to_owned());
    }
    let (mut words, mut keys) = (Vec::new(), Vec::new());
    for element in card["elements"].as_array().ok_or("no elements")? {
        match element["tag"].as_str() {
            Some("img") => {
                fields(element, &["tag", "img_key", "alt"])?;
                match picture(&element["img_key"], uploads)? {
                    Some(shown) => words.push(shown),
                    None => return Ok(Err("image_key")),
                }
            }
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
    Ok(Ok((words.join("\n"), keys)))
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
