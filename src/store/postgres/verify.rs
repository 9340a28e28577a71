//! Whether everything in the database leads to everything, as it is at one moment.

use super::fault::Fault;
use super::link::Parameters;
use super::plan::Lines;
use super::transfer::Whole;
use super::{Settings, read};
use crate::model::{Counter, Key, Place};
use crate::store::transfer::PAGE;
use crate::store::{Report, StoreError};
use tokio_postgres::{Client, Error, Row};

fn failed(error: &Error) -> StoreError {
    Fault::of(error).into_error()
}

/// Looks through all of it.
pub async fn look(settings: &Settings) -> Result<Report, StoreError> {
    let mut whole = Whole::begin(settings).await?;
    let mut report = Report::default();
    loop {
        let rows = whole.rows().await?;
        if rows.is_empty() {
            break;
        }
        records(&whole.session.client, &rows, &mut report).await?;
    }
    places(&whole.session.client, &mut report).await?;
    let counted = whole.session.client.query("SELECT name, sum FROM counts WHERE sum <> 0", &[]);
    for row in counted.await.map_err(|e| failed(&e))? {
        report.count(Counter(row.get(0)), row.get(1));
    }
    report.compare();
    Ok(report)
}

/// Looks at a page of records, and whether each is found where it should be.
async fn records(client: &Client, rows: &[Row], report: &mut Report) -> Result<(), StoreError> {
    let mut lines = Lines::default();
    for row in rows {
        let looked = read::kind(row, 0).and_then(|kind| {
            let key = Key { kind, id: row.get(1) };
            Ok((read::record(&key, row, 2)?.value, key))
        });
        match looked {
            Ok((record, key)) if record.key() == key => {
                *report.records.entry(key.kind).or_default() += 1;
                report.adds(record.counts());
                report.sees(&record);
                for place in record.places() {
                    lines.push(place.index as u8, place.at, key.clone());
                }
            }
            Ok((record, key)) => {
                report.problem(format!("under {key:?} lies {:?}", record.key()));
            }
            Err(error) => report.problem(error.to_string()),
        }
    }
    let missing = "SELECT k.idx, k.kind, k.id
         FROM unnest($1::smallint[], $2::bytea[], $3::smallint[], $4::bytea[])
         AS k (idx, place, kind, id)
         LEFT JOIN places AS p
         ON p.idx = k.idx AND p.place = k.place AND p.kind = k.kind AND p.id = k.id
         WHERE p.idx IS NULL";
    let columns: Parameters<'_> = &[&lines.indexes, &lines.places, &lines.kinds, &lines.ids];
    for row in client.query(missing, columns).await.map_err(|e| failed(&e))? {
        let (index, id): (i16, Vec<u8>) = (row.get(0), row.get(2));
        let key = Key { kind: read::kind(&row, 1)?, id };
        report.problem(format!("{key:?} is not found in index {index}"));
    }
    Ok(())
}

/// Looks at every line, and whether it leads to a record that is found there.
async fn places(client: &Client, report: &mut Report) -> Result<(), StoreError> {
    let next = "SELECT p.idx, p.place, p.kind, p.id, r.version, r.value FROM places AS p
         LEFT JOIN records AS r ON r.kind = p.kind AND r.id = p.id
         WHERE p.idx = $1 AND (p.place, p.kind, p.id) > ($2, $3, $4)
         ORDER BY p.idx, p.place, p.kind, p.id LIMIT $5::bigint";
    let next = client.prepare(next).await.map_err(|e| failed(&e))?;
    let indexes = client.query("SELECT DISTINCT idx FROM places ORDER BY idx", &[]);
    for index in indexes.await.map_err(|e| failed(&e))? {
        let index: i16 = index.get(0);
        // No kind has a number below 0.
        let mut at: (Vec<u8>, i16, Vec<u8>) = (Vec::new(), -1, Vec::new());
        loop {
            let limit = super::most(PAGE);
            let asked: Parameters<'_> = &[&index, &at.0, &at.1, &at.2, &limit];
            let rows = client.query(&next, asked).await.map_err(|e| failed(&e))?;
            let Some(last) = rows.last() else { break };
            at = (last.get(1), last.get(2), last.get(3));
            report.lines += rows.len() as u64;
            for row in &rows {
                line(row, report);
            }
        }
    }
    Ok(())
}

fn line(row: &Row, report: &mut Report) {
    let (index, place): (i16, Vec<u8>) = (row.get(0), row.get(1));
    let key = match read::kind(row, 2) {
        Ok(kind) => Key { kind, id: row.get(3) },
        Err(error) => return report.problem(error.to_string()),
    };
    if row.get::<_, Option<i64>>(4).is_none() {
        return report.problem(format!("index {index} leads to {key:?}, which is not there"));
    }
    // A record that cannot be read is told where it lies.
    let Ok(record) = read::record(&key, row, 4) else { return };
    let found: Vec<Place> = record.value.places();
    if !found.iter().any(|p| (i16::from(p.index as u8), &p.at) == (index, &place)) {
        report.problem(format!("index {index} leads to {key:?}, which is not of it"));
    }
}
