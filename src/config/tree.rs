//! The configuration as a tree of values that know where they came from.

use super::remark::{Origin, Remark};
use crate::text::say::operator::{ConfigSays, FoundSays, PlaceSays};
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What every variable of ours begins with.
pub(super) const PREFIX: &str = "TONGXIN__";

pub(super) type Table = BTreeMap<String, Node>;

/// A value and where it came from.
#[derive(Debug)]
pub(super) struct Node {
    pub value: Value,
    pub origin: Origin,
}

#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    /// Letters from outside the file, whose type is not known yet.
    Loose(String),
    /// A number, as it was written.
    Whole(String),
    List(Vec<Node>),
    Table(Table),
    /// Something that no key of ours takes.
    Other(FoundSays),
}

/// Reads the text of a file.
pub(super) fn parse(text: &str, file: &str) -> Result<Table, Box<Remark>> {
    let tree = DeTable::parse(text).map_err(|e| {
        Box::new(Remark {
            place: PlaceSays::Line(
                file.to_owned(),
                e.span().map_or(1, |span| Lines::of(text).at(span.start)),
            ),
            key: String::new(),
            what: match e.message().trim().replace('\n', ", ") {
                said if said.starts_with("duplicate key") => ConfigSays::KeyTwice,
                said => ConfigSays::NotToml(said),
            },
            nearest: None,
        })
    })?;
    Ok(table(tree.get_ref(), &Lines::of(text)))
}

fn table(from: &DeTable<'_>, lines: &Lines) -> Table {
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        (name.clone().into_owned(), node(value, key.span().start, lines))
    };
    from.iter().map(entry).collect()
}

fn node(from: &Spanned<DeValue<'_>>, at: usize, lines: &Lines) -> Node {
    let value = match from.get_ref() {
        DeValue::String(it) => Value::Text(it.clone().into_owned()),
        DeValue::Integer(it) => Value::Whole(it.to_string()),
        DeValue::Array(items) => {
            Value::List(items.iter().map(|item| node(item, item.span().start, lines)).collect())
        }
        DeValue::Table(it) => Value::Table(table(it, lines)),
        DeValue::Boolean(_) => Value::Other(FoundSays::Truth),
        DeValue::Float(_) => Value::Other(FoundSays::Fraction),
        DeValue::Datetime(_) => Value::Other(FoundSays::Date),
    };
    Node { value, origin: Origin::Line(lines.at(at)) }
}

/// Where each line of a text ends; found once, for there are files of many thousands.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// The number of the line in which a place of the text lies, from 1.
    fn at(&self, place: usize) -> usize {
        self.0.partition_point(|end| *end < place) + 1
    }
}

/// Puts `value` at `path` (section, key), in place of what stood there.
pub(super) fn set(tree: &mut Table, path: &[&str], value: String, origin: Origin) {
    let [section, key] = path else { return };
    let empty = || Node { value: Value::Table(Table::new()), origin: origin.clone() };
    let node = tree.entry((*section).to_owned()).or_insert_with(empty);
    if let Value::Table(table) = &mut node.value {
        table.insert((*key).to_owned(), Node { value: Value::Loose(value), origin });
    }
}

/// Puts the value of a variable where its name says: `TONGXIN__WEB__LISTEN` in `[web]`, and
/// `TONGXIN__ACCOUNT__TELEGRAM__TOKEN` in the `[[account]]` whose name is `telegram`.
pub(super) fn set_variable(tree: &mut Table, name: &str, value: String) -> Result<(), Box<Remark>> {
    let wrong = |what: ConfigSays| {
        let place = PlaceSays::Variable(name.to_owned());
        Box::new(Remark { place, key: String::new(), what, nearest: None })
    };
    let lower = name.to_lowercase();
    let path: Vec<&str> = lower[PREFIX.len()..].split("__").collect();
    let origin = Origin::Variable(name.to_owned());
    match path.as_slice() {
        [section, _] if matches!(tree.get(*section).map(|n| &n.value), Some(Value::List(_))) => {
            Err(wrong(ConfigSays::WhichOfSeveral))
        }
        [_, _] => {
            set(tree, &path, value, origin);
            Ok(())
        }
        [section, which, key] => {
            let table = element(tree, section, which).ok_or_else(|| {
                let (section, name) = ((*section).to_owned(), (*which).to_owned());
                wrong(ConfigSays::NoneNamed { section, name })
            })?;
            table.insert((*key).to_owned(), Node { value: Value::Loose(value), origin });
            Ok(())
        }
        _ => Err(wrong(ConfigSays::VariableForm)),
    }
}

/// The table of this name or ID in a list of tables; dashes may be written as underscores.
fn element<'t>(tree: &'t mut Table, section: &str, which: &str) -> Option<&'t mut Table> {
    let Value::List(items) = &mut tree.get_mut(section)?.value else { return None };
    let tables = items.iter_mut().filter_map(|node| match &mut node.value {
        Value::Table(table) => Some(table),
        _ => None,
    });
    let named = |table: &Table| {
        ["name", "id"].iter().any(|key| match table.get(*key).map(|n| &n.value) {
            Some(Value::Text(name)) => name.to_lowercase().replace('-', "_") == which,
            _ => false,
        })
    };
    tables.into_iter().find(|table| named(table))
}
