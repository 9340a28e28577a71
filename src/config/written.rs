//! The file as it is written: an account put in or taken out, and all else left as it stands, comments and order
//! included. Purely, over texts: who writes them to the disk is elsewhere.

use super::needs::Form;
use crate::connector::Secret;
use crate::model::Platform;
use std::collections::BTreeMap;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TomlError, Value};

/// What stands behind the name of a secret's file that was made by `tongxin channel add`.
const OURS: &str = "tongxin channel add";

/// An account that is not in the file yet.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// Its platform.
    pub platform: Platform,
    /// What was given for its keys, in order.
    pub values: Vec<(String, Given)>,
}

/// What was given for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Letters that anybody may read.
    Plain(String),
    /// The same, as they are written in the file: a number, a list, a truth value, or else a text.
    Loose(String),
    /// Several, parted by commas.
    List(Vec<String>),
    /// Letters that are shown to nobody.
    Secret(Secret),
}

impl Given {
    /// What somebody wrote for a key of this form.
    #[must_use]
    pub fn read(form: Form, letters: &str) -> Self {
        let letters = letters.trim();
        match form {
            Form::Plain => Self::Plain(letters.to_owned()),
            Form::Number => Self::Loose(letters.to_owned()),
            Form::Secret => Self::Secret(Secret::new(letters.to_owned())),
            Form::List => {
                let pieces = letters.split([',', '，', '、']).map(str::trim);
                Self::List(pieces.filter(|p| !p.is_empty()).map(str::to_owned).collect())
            }
        }
    }
}

impl Draft {
    /// Its secrets, by their keys.
    pub fn secrets(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.values.iter().filter_map(|(key, given)| match given {
            Given::Secret(secret) => Some((key.as_str(), secret)),
            Given::Plain(_) | Given::Loose(_) | Given::List(_) => None,
        })
    }
}

/// What an account that was taken out of the file had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The text without it.
    pub text: String,
    /// The files of its secrets, as they are named there; those that were made by `tongxin channel add`.
    pub ours: Vec<String>,
    /// The others, which stay.
    pub others: Vec<String>,
}

/// The text with this account in it: its secrets in these files, by their keys; those of which none is named stand in
/// the text, which is then for nobody's eyes.
///
/// # Errors
/// When the text is no TOML.
pub fn with_account(
    text: &str,
    draft: &Draft,
    (files, day): (&BTreeMap<String, String>, &str),
) -> Result<String, TomlError> {
    let mut whole: DocumentMut = text.parse()?;
    let last = last_position(whole.as_table());
    let mut table = table(draft, files);
    let empty = whole.as_table().is_empty() && text.trim().is_empty();
    let before = if empty { "" } else { "\n" };
    table.decor_mut().set_prefix(format!("{before}# {day} {OURS}\n"));
    let accounts = whole.entry("account").or_insert_with(|| {
        // Behind everything; one that follows others stands behind them by itself.
        table.set_position(Some(last + 1));
        Item::ArrayOfTables(ArrayOfTables::new())
    });
    match accounts {
        Item::ArrayOfTables(tables) => tables.push(table),
        Item::Value(Value::Array(array)) => array.push(inline(table)),
        _ => {}
    }
    Ok(whole.to_string())
}

fn table(draft: &Draft, files: &BTreeMap<String, String>) -> Table {
    let mut table = Table::new();
    table.insert("name", draft.name.as_str().into());
    table.insert("platform", draft.platform.name().into());
    for (key, given) in &draft.values {
        match given {
            Given::Plain(letters) => table.insert(key, letters.as_str().into()),
            Given::Loose(letters) => table.insert(key, loose(letters).into()),
            Given::List(pieces) => {
                let array: Array = pieces.iter().map(String::as_str).collect();
                table.insert(key, array.into())
            }
            Given::Secret(secret) => match files.get(key) {
                Some(file) => {
                    let mut value = Value::from(file.as_str());
                    value.decor_mut().set_suffix(format!(" # {OURS}"));
                    table.insert(&format!("{key}_file"), value.into())
                }
                None => table.insert(key, secret.reveal().into()),
            },
        };
    }
    table
}

/// A number, a list or a truth value as it is written in the file; all else is a text.
fn loose(letters: &str) -> Value {
    match letters.parse::<Value>() {
        Ok(value @ (Value::Integer(_) | Value::Boolean(_) | Value::Array(_))) => value,
        _ => letters.into(),
    }
}

fn inline(table: Table) -> InlineTable {
    table.into_inline_table()
}

fn last_position(table: &Table) -> isize {
    let mut last = table.position().unwrap_or(0);
    for (_, item) in table {
        let inner = match item {
            Item::Table(inner) => last_position(inner),
            Item::ArrayOfTables(tables) => tables.iter().map(last_position).max().unwrap_or(0),
            _ => 0,
        };
        last = last.max(inner);
    }
    last
}

/// The text without the account of this name, and the comment that stands directly above it; `None` where there is no
/// such account.
///
/// # Errors
/// When the text is no TOML.
pub fn without_account(text: &str, name: &str) -> Result<Option<Taken>, TomlError> {
    let mut whole: DocumentMut = text.parse()?;
    let named = |item: Option<&Item>| item.and_then(Item::as_str) == Some(name);
    let taken = match whole.get_mut("account") {
        Some(Item::ArrayOfTables(tables)) => {
            let at = tables.iter().position(|table| named(table.get("name")));
            at.map(|at| tables.remove(at))
        }
        Some(Item::Value(Value::Array(array))) => {
            let is = |value: &Value| {
                let table = value.as_inline_table();
                table.and_then(|t| t.get("name")).and_then(Value::as_str) == Some(name)
            };
            let at = array.iter().position(is);
            let removed = at.map(|at| array.remove(at));
            removed.and_then(|value| value.as_inline_table().cloned()).map(InlineTable::into_table)
        }
        _ => None,
    };
    let Some(taken) = taken else { return Ok(None) };
    let empty = whole
        .get("account")
        .and_then(Item::as_array_of_tables)
        .is_some_and(ArrayOfTables::is_empty);
    if empty {
        whole.remove("account");
    }
    keep_comment(&mut whole, &taken);
    let (ours, others) = files_of(&taken);
    Ok(Some(Taken { text: whole.to_string(), ours, others }))
}

/// A comment that is parted by an empty line from what was taken out belongs to the file, and stays.
fn keep_comment(whole: &mut DocumentMut, taken: &Table) {
    let prefix = taken.decor().prefix().and_then(|p| p.as_str()).unwrap_or_default();
    let lines: Vec<&str> = prefix.split_inclusive('\n').collect();
    let Some(parted) = lines.iter().rposition(|line| line.trim().is_empty()) else { return };
    let kept = lines[..parted].concat();
    if !kept.contains('#') {
        return;
    }
    let position = taken.position().unwrap_or(isize::MAX);
    if let Some(next) = next_position(whole.as_table(), position) {
        put_before(whole.as_table_mut(), next, &kept);
        return;
    }
    let rest = whole.trailing().as_str().unwrap_or_default().to_owned();
    whole.set_trailing(format!("{kept}{rest}"));
}

/// The position of the first section behind another.
fn next_position(table: &Table, behind: isize) -> Option<isize> {
    let own = table.position().filter(|at| *at > behind);
    let inner = table.iter().filter_map(|(_, item)| match item {
        Item::Table(inner) => next_position(inner, behind),
        Item::ArrayOfTables(tables) => {
            tables.iter().filter_map(|table| next_position(table, behind)).min()
        }
        _ => None,
    });
    own.into_iter().chain(inner).min()
}

fn put_before(table: &mut Table, position: isize, kept: &str) {
    if table.position() == Some(position) {
        let old = table.decor().prefix().and_then(|p| p.as_str()).unwrap_or_default().to_owned();
        table.decor_mut().set_prefix(format!("{kept}{old}"));
        return;
    }
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(inner) => put_before(inner, position, kept),
            Item::ArrayOfTables(tables) => {
                tables.iter_mut().for_each(|table| put_before(table, position, kept));
            }
            _ => {}
        }
    }
}

/// The files of an account's secrets: ours, and others.
fn files_of(table: &Table) -> (Vec<String>, Vec<String>) {
    let (mut ours, mut others) = (Vec::new(), Vec::new());
    for (key, item) in table {
        let Some(value) = item.as_value().filter(|_| key.ends_with("_file")) else { continue };
        let Some(file) = value.as_str() else { continue };
        let suffix = value.decor().suffix().and_then(|s| s.as_str()).unwrap_or_default();
        let list = if suffix.contains(OURS) { &mut ours } else { &mut others };
        list.push(file.to_owned());
    }
    (ours, others)
}
