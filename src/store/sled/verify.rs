//! Whether everything in the store leads to everything.

use super::layout::{self, CHUNKS, COUNTS, Meta, PLACES, RECORDS};
use super::recent::View;
use super::{OpenError, Settings, SledStore};
use crate::model::{Kind, Place};
use crate::store::{Order, Report, StoreError};
use std::ops::Bound;
use std::path::Path;

/// Opens the store in `dir`, looks through all of it, and closes it.
///
/// # Errors
/// When it cannot be opened or read; what is wrong within is in the report.
pub fn verify(dir: &Path, settings: &Settings) -> Result<Report, OpenError> {
    let store = SledStore::open(dir, settings)?;
    // Nobody else has it yet, and so nothing is written meanwhile.
    let report = store.core.read(look)?;
    store.close()?;
    Ok(report)
}

/// Looks through all of a tree to which nobody writes.
pub fn look(tree: View<'_>) -> Result<Report, StoreError> {
    let mut report = Report::default();
    let mut before = Vec::new();
    for pair in tree.range(Bound::Unbounded, Bound::Unbounded, Order::Forward)? {
        let (raw, value) = pair?;
        if raw <= before && !before.is_empty() {
            report.problem(format!("what lies at {raw:?} is out of order"));
        }
        let fault = match raw.first() {
            Some(&RECORDS) => record(tree, &raw, &value, &mut report),
            Some(&PLACES) => place(tree, &raw, &mut report),
            Some(&COUNTS) => {
                layout::read_count(&raw, &value).map(|(counter, sum)| report.count(counter, sum))
            }
            Some(&CHUNKS) => chunk(tree, &raw, &mut report),
            Some(0) => Ok(()),
            _ => Err(StoreError::Backend(format!("nothing should lie at {raw:?}"))),
        };
        if let Err(e) = fault {
            report.problem(e.to_string());
        }
        before = raw;
    }
    report.compare();
    for kind in Kind::ALL {
        let counted = tree.get(&Meta::Records(kind).key())?;
        let counted = layout::number(counted.as_deref())?;
        let found = report.records.get(&kind).copied().unwrap_or(0);
        if counted != found {
            report.problem(format!("{counted} records of {kind:?} are counted, {found} are there"));
        }
    }
    Ok(report)
}

fn record(tree: View<'_>, raw: &[u8], value: &[u8], report: &mut Report) -> Result<(), StoreError> {
    let key = layout::read_record_key(raw)?;
    *report.records.entry(key.kind).or_default() += 1;
    let record = layout::read(tree, &key, value)?.value;
    if record.key() != key {
        report.problem(format!("under {key:?} lies {:?}", record.key()));
        return Ok(());
    }
    report.adds(record.counts());
    report.sees(&record);
    for Place { index, at } in record.places() {
        if !tree.contains(&layout::line(index, &at, &key))? {
            report.problem(format!("{key:?} is not found in index {index:?}"));
        }
    }
    Ok(())
}

fn place(tree: View<'_>, raw: &[u8], report: &mut Report) -> Result<(), StoreError> {
    report.lines += 1;
    let (index, line) = layout::read_line(raw)?;
    let value = tree.get(&layout::record(&line.key))?;
    let Some(value) = value else {
        report.problem(format!("index {index} leads to {:?}, which is not there", line.key));
        return Ok(());
    };
    let is = |p: &Place| (p.index as u8, &p.at) == (index, &line.at);
    // A record that cannot be read is told where it lies.
    if let Ok(record) = layout::read(tree, &line.key, &value)
        && !record.value.places().iter().any(is)
    {
        report.problem(format!("index {index} leads to {:?}, which is not of it", line.key));
    }
    Ok(())
}

fn chunk(tree: View<'_>, raw: &[u8], report: &mut Report) -> Result<(), StoreError> {
    let (key, number) = layout::read_chunk_key(raw)?;
    let head = tree.get(&layout::record(&key))?;
    let head = head.map(|value| layout::read_head(&value)).transpose()?;
    if head.is_none_or(|head| head.chunks <= number) {
        report.problem(format!("chunk {number} of {key:?} belongs to no record"));
    }
    Ok(())
}
