//! Reads one section: each key by its type, with its default, and every mistake on the way.
//!
//! Whatever is asked for is known; whatever stands there and was not asked for is a mistake. So no list of
//! keys has to be kept beside the code that reads them, and what was read can be printed as it took effect.

use super::remark::{Origin, Remark, Wrong, nearest};
use super::setting::{Filled, Setting};
use super::tree::{Node, Table, Value};
use crate::connector::Secret;
use crate::text::say::operator::{ConfigSays, FoundSays};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// What comes of reading a configuration, besides its values.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// The file's name.
    pub file: String,
    pub mistakes: Vec<(Origin, Remark)>,
    pub warnings: Vec<(Origin, Remark)>,
    /// Every key that was asked for: `topic.section.title`.
    pub asked: BTreeSet<String>,
    /// What took effect, as TOML, secrets masked.
    pub effective: String,
}

impl Report {
    fn remark(&self, origin: &Origin, key: String, wrong: Wrong) -> Remark {
        Remark { place: origin.place(&self.file), key, what: wrong.what, nearest: wrong.nearest }
    }

    fn write(&mut self, pieces: &[&str]) {
        self.effective.extend(pieces.iter().copied());
    }

    pub(super) fn mistake(&mut self, origin: &Origin, key: &str, wrong: Wrong) {
        let remark = self.remark(origin, key.to_owned(), wrong);
        self.mistakes.push((origin.clone(), remark));
    }

    pub(super) fn warn(&mut self, origin: &Origin, key: &str, what: ConfigSays) {
        let remark = self.remark(origin, key.to_owned(), Wrong::new(what));
        self.warnings.push((origin.clone(), remark));
    }
}

/// One table of the configuration while it is read. Its own keys are asked for before its inner tables.
pub(super) struct Section<'r> {
    pub report: &'r mut Report,
    path: &'static str,
    table: Table,
    origin: Origin,
    origins: BTreeMap<&'static str, Origin>,
}

impl<'r> Section<'r> {
    /// Reads the tables of the whole file.
    pub(super) fn root(report: &'r mut Report, table: Table) -> Self {
        Self { report, path: "", table, origin: Origin::Nowhere, origins: BTreeMap::new() }
    }

    /// Where a key that was read stands; where it was not given, where its section stands.
    pub(super) fn origin(&self, key: &str) -> Origin {
        self.origins.get(key).unwrap_or(&self.origin).clone()
    }

    /// Whether a key stands there and was not read yet.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A mistake at `key`.
    pub(super) fn wrong(&mut self, key: &str, wrong: Wrong) {
        let origin = self.origin(key);
        let key = self.key(key);
        self.report.mistake(&origin, &key, wrong);
    }

    /// A warning at `key`.
    pub(super) fn warn(&mut self, key: &str, what: ConfigSays) {
        let origin = self.origin(key);
        let key = self.key(key);
        self.report.warn(&origin, &key, what);
    }

    /// A value, or its default where it was not given or is wrong.
    pub(super) fn get<T: Setting>(&mut self, key: &'static str, default: T) -> T {
        let value = self.given(key).unwrap_or(default);
        self.trace(key, &value.show());
        value
    }

    /// A whole number within a range.
    pub(super) fn count<T>(&mut self, key: &'static str, default: T, range: RangeInclusive<T>) -> T
    where
        T: Setting + PartialOrd + Copy + std::fmt::Display,
    {
        self.within(key, default, &range, &|n| n.to_string())
    }

    /// A value within a range.
    pub(super) fn within<T: Setting + PartialOrd + Copy>(
        &mut self,
        key: &'static str,
        default: T,
        range: &RangeInclusive<T>,
        show: &dyn Fn(T) -> String,
    ) -> T {
        let value = self.given(key).unwrap_or(default);
        if range.contains(&value) {
            self.trace(key, &value.show());
            return value;
        }
        let (least, most) = (show(*range.start()), show(*range.end()));
        self.wrong(key, Wrong::new(ConfigSays::Between(least, most)));
        default
    }

    /// A value that may be left out.
    pub(super) fn maybe<T: Setting>(&mut self, key: &'static str) -> Option<T> {
        let value: Option<T> = self.given(key);
        match &value {
            Some(value) => self.trace(key, &value.show()),
            None => self.trace_unset(key),
        }
        value
    }

    /// A value that must be given.
    pub(super) fn need<T: Setting>(&mut self, key: &'static str) -> Option<T> {
        let missing = !self.has(key);
        let value = self.maybe(key);
        if missing {
            self.wrong(key, Wrong::new(ConfigSays::Missing(T::expects())));
        }
        value
    }

    /// Several values; none where the key is left out.
    pub(super) fn list<T: Setting>(&mut self, key: &'static str) -> Vec<T> {
        self.list_or(key, Vec::new())
    }

    /// Several values; these where the key is left out.
    pub(super) fn list_or<T: Setting>(&mut self, key: &'static str, default: Vec<T>) -> Vec<T> {
        let given = self.has(key);
        let values = self.list_of(key);
        let values = if given { values } else { default };
        let shown = values.iter().map(Setting::show).collect::<Vec<_>>().join(", ");
        self.trace(key, &format!("[{shown}]"));
        values
    }

    fn list_of<T: Setting>(&mut self, key: &'static str) -> Vec<T> {
        let nodes = match self.take(key) {
            None => Vec::new(),
            Some(Node { value: Value::List(nodes), .. }) => nodes,
            Some(Node { value: Value::Loose(text), origin }) => {
                let pieces = text.split(',').map(str::trim).filter(|p| !p.is_empty());
                let node = |p: &str| Node { value: Value::Loose(p.into()), origin: origin.clone() };
                pieces.map(node).collect()
            }
            Some(_) => {
                self.wrong(key, Wrong::new(ConfigSays::NeedsList(T::expects())));
                Vec::new()
            }
        };
        nodes.into_iter().filter_map(|node| self.read(key, node)).collect()
    }

    /// A key that there was once: where it still stands, what to write now is told.
    pub(super) fn gone(&mut self, key: &'static str, what: ConfigSays) {
        if let Some(node) = self.take_plain(key) {
            let key = self.key(key);
            self.report.mistake(&node.origin, &key, Wrong::new(what));
        }
    }

    /// Whether nothing was found wrong with a key.
    pub(super) fn is_sound(&self, key: &str) -> bool {
        let key = self.key(key);
        self.report.mistakes.iter().all(|(_, remark)| remark.key != key)
    }

    /// Letters that are shown to nobody.
    pub(super) fn secret(&mut self, key: &'static str) -> Option<Secret> {
        let letters: Option<String> = self.given(key);
        match &letters {
            Some(_) => self.trace(key, "\"***\""),
            None => self.trace_unset(key),
        }
        letters.map(Secret::new)
    }

    /// Letters that are shown to nobody, given here or in a file of their own; and the key that gave
    /// them. None where neither did, or where what they did is wrong.
    pub(super) fn secret_or_file(
        &mut self,
        key: &'static str,
        file_key: &'static str,
        base: &std::path::Path,
    ) -> Option<(Secret, &'static str)> {
        let given = self.secret(key);
        let file: Option<Filled> = self.maybe(file_key);
        match (given, file) {
            (Some(_), Some(_)) => {
                self.wrong(file_key, Wrong::new(ConfigSays::OnlyOneOf(key, file_key)));
                None
            }
            (None, None) => None,
            (Some(letters), None) => Some((letters, key)),
            (None, Some(Filled(file))) => match std::fs::read_to_string(base.join(&file)) {
                Ok(text) => Some((Secret::new(text.trim().to_owned()), file_key)),
                Err(e) => {
                    self.wrong(file_key, Wrong::new(ConfigSays::FileUnreadable(file, (&e).into())));
                    None
                }
            },
        }
    }

    /// The same, of what must be given; `says` is told where neither is there.
    pub(super) fn need_secret(
        &mut self,
        key: &'static str,
        file_key: &'static str,
        base: &std::path::Path,
        says: ConfigSays,
    ) -> Option<(Secret, &'static str)> {
        let missing = !self.has(key) && !self.has(file_key);
        let given = self.secret_or_file(key, file_key, base);
        if missing {
            self.wrong(key, Wrong::new(says));
        }
        given
    }

    /// An inner table; an empty one where it is left out.
    pub(super) fn table<T>(
        &mut self,
        key: &'static str,
        path: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        self.report.write(&["\n[", path, "]\n"]);
        match self.take_plain(key) {
            None => self.inner(path, Table::new(), self.origin.clone(), read),
            Some(Node { value: Value::Table(table), origin }) => {
                self.inner(path, table, origin, read)
            }
            Some(node) => {
                let what = Wrong::new(ConfigSays::NeedsTable(path));
                self.report.mistake(&node.origin, path, what);
                self.inner(path, Table::new(), node.origin, read)
            }
        }
    }

    /// An inner table that may be left out.
    pub(super) fn maybe_table<T>(
        &mut self,
        key: &'static str,
        path: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> Option<T> {
        if !self.has(key) {
            self.origins.insert(key, self.origin.clone());
            return None;
        }
        Some(self.table(key, path, read))
    }

    /// Inner tables, each written as `[[path]]`.
    pub(super) fn tables<T>(
        &mut self,
        key: &'static str,
        path: &'static str,
        mut read: impl FnMut(&mut Section<'_>) -> T,
    ) -> Vec<T> {
        let Some(node) = self.take_plain(key) else { return Vec::new() };
        let what = || Wrong::new(ConfigSays::NeedsTables(path));
        let Value::List(nodes) = node.value else {
            self.report.mistake(&node.origin, path, what());
            return Vec::new();
        };
        let mut values = Vec::with_capacity(nodes.len());
        for Node { value, origin } in nodes {
            if let Value::Table(table) = value {
                self.report.write(&["\n[[", path, "]]\n"]);
                values.push(self.inner(path, table, origin, &mut read));
            } else {
                self.report.mistake(&origin, path, what());
            }
        }
        values
    }

    /// Takes what is left as it stands, so that nothing of it is called unknown.
    pub(super) fn pass_over(&mut self) {
        self.table.clear();
    }

    /// Names whatever nobody asked for.
    pub(super) fn finish(self) {
        let Self { report, path, table, origins, .. } = self;
        for (name, node) in table {
            let key = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let what =
                if path.is_empty() { ConfigSays::UnknownSection } else { ConfigSays::UnknownKey };
            let near = nearest(&name, origins.keys().copied());
            report.mistake(&node.origin, &key, Wrong::new(what).or(near));
        }
    }

    fn inner<T>(
        &mut self,
        path: &'static str,
        table: Table,
        origin: Origin,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        let report = &mut *self.report;
        let mut section = Section { report, path, table, origin, origins: BTreeMap::new() };
        let value = read(&mut section);
        section.finish();
        value
    }

    fn given<T: Setting>(&mut self, key: &'static str) -> Option<T> {
        let node = self.take(key)?;
        self.read(key, node)
    }

    fn read<T: Setting>(&mut self, key: &'static str, node: Node) -> Option<T> {
        let mut number = None;
        let text = match node.value {
            Value::Loose(text) => Ok(text),
            Value::Text(text) if !T::WHOLE => Ok(text),
            Value::Whole(digits) if T::WHOLE => Ok(digits),
            Value::Text(text) => Err(FoundSays::Text(text)),
            Value::Whole(digits) => {
                number = Some(digits.clone());
                Err(FoundSays::Number(digits))
            }
            Value::List(_) => Err(FoundSays::List),
            Value::Table(_) => Err(FoundSays::Table),
            Value::Other(found) => Err(found),
        };
        let other = |found| Wrong::new(ConfigSays::Other(T::expects(), found));
        match text.map_err(other).and_then(|text| T::read(text.trim())) {
            Ok(value) => Some(value),
            Err(mut wrong) => {
                let key = self.key(key);
                // A number without its unit or quotes still tells what was meant.
                let meant = number.and_then(|digits| T::read(&digits).err()?.nearest);
                wrong.nearest = wrong.nearest.or(meant);
                self.report.mistake(&node.origin, &key, wrong);
                None
            }
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Node> {
        self.report.asked.insert(self.key(key));
        self.take_plain(key)
    }

    fn take_plain(&mut self, key: &'static str) -> Option<Node> {
        let node = self.table.remove(key);
        let origin = node.as_ref().map_or(&self.origin, |n| &n.origin);
        self.origins.insert(key, origin.clone());
        node
    }

    fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn trace(&mut self, key: &str, value: &str) {
        self.report.write(&[key, " = ", value, "\n"]);
    }

    fn trace_unset(&mut self, key: &str) {
        // A comment without words: it is read in every language.
        self.report.write(&["# ", key, " =\n"]);
    }
}
