//! What is asked for as ranges of bytes, and what comes back.

use super::plan::FORM;
use super::sql::Sql;
use crate::model::{Key, Kind, Record, Version, Versioned};
use crate::store::{Line, Order, Scan, StoreError, codec};
use tokio_postgres::Row;

/// Bytes from the first on, up to before the last; no end where nothing sorts behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub from: Vec<u8>,
    /// Behind the last.
    pub to: Option<Vec<u8>>,
}

impl Range {
    fn of(prefix: &[u8]) -> Self {
        Self { from: prefix.to_vec(), to: codec::behind(prefix.to_vec()) }
    }

    /// Only what sorts behind `at`.
    fn behind(mut self, at: &[u8]) -> Self {
        // Nothing sorts between bytes and the same bytes with a 0 at the end.
        self.from = self.from.max([at, &[0]].concat());
        self
    }

    /// Where the lines lie that a scan reads.
    pub fn of_scan(scan: &Scan) -> Self {
        let range = Self::of(&scan.prefix);
        match (&scan.after, scan.order) {
            (None, _) => range,
            (Some(at), Order::Forward) => range.behind(at),
            (Some(at), Order::Backward) => {
                let to = range.to.map_or_else(|| at.clone(), |to| to.min(at.clone()));
                Self { to: Some(to), ..range }
            }
        }
    }

    /// Where the records lie that are listed; none where nothing can be listed.
    pub fn of_list(kind: Kind, prefix: &[u8], after: Option<&Key>) -> Option<Self> {
        let range = Self::of(prefix);
        match after {
            Some(after) if after.kind as u8 > kind as u8 => None,
            Some(after) if after.kind == kind => Some(range.behind(&after.id)),
            _ => Some(range),
        }
    }

    /// Whether nothing lies in it.
    pub fn is_empty(&self) -> bool {
        self.to.as_ref().is_some_and(|to| *to <= self.from)
    }
}

/// The statement of a scan.
pub const fn scanned(order: Order, ends: bool) -> Sql {
    match (order, ends) {
        (Order::Forward, true) => Sql::Forward,
        (Order::Forward, false) => Sql::ForwardOpen,
        (Order::Backward, true) => Sql::Backward,
        (Order::Backward, false) => Sql::BackwardOpen,
    }
}

/// A kind as it is kept.
pub fn number(kind: Kind) -> i16 {
    i16::from(kind as u8)
}

/// A kind out of a column.
pub fn kind(row: &Row, column: usize) -> Result<Kind, StoreError> {
    let number = u8::try_from(row.get::<_, i16>(column));
    codec::kind(number.map_err(|_| codec::damaged("a kind of record"))?)
}

/// A record out of the column of its version and the next.
pub fn record(key: &Key, row: &Row, column: usize) -> Result<Versioned<Record>, StoreError> {
    let value: &[u8] = row.get(column + 1);
    let Some((&FORM, body)) = value.split_first() else {
        return Err(codec::damaged(&format!("record {key:?}")));
    };
    let version = Version(row.get::<_, i64>(column).cast_unsigned());
    Ok(Versioned { version, value: codec::decode(key, body)? })
}

/// A line of an index.
pub fn line(row: &Row) -> Result<Line, StoreError> {
    Ok(Line { at: row.get(0), key: Key { kind: kind(row, 1)?, id: row.get(2) } })
}
