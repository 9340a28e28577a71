//! The ledger of a post as a file: proof of publication, one line for each chat and revision.
//!
//! Written page by page, whatever its length. Cells that a spreadsheet would take for a formula begin with an
//! apostrophe.

use super::AppError;
use crate::desk::{Call, Desk, DeskError, LedgerLine};
use crate::model::{At, Lang, Post};
use crate::text::say::operator::{DoneSays, LedgerColumn, TroubleSays};
use serde::{Deserialize, Serialize};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// How a ledger is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Comma-separated values under a head, with CRLF, as spreadsheets read them; in the reader's language.
    Csv,
    /// One JSON object a line, whose names and states are the same in every language.
    Jsonl,
}

/// Writes the ledger of a post to a new file. A failed one leaves no file.
pub(super) async fn write(
    desk: &Desk,
    call: &Call,
    post: &Post,
    (format, to): (Format, &Path),
) -> Result<DoneSays, AppError> {
    let path = to.display().to_string();
    let exists =
        |e: std::io::Error| TroubleSays::CannotWrite { path: path.clone(), why: (&e).into() };
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let mut out = BufWriter::new(file.map_err(exists)?);
    let written = lines(desk, call, post, (format, &mut out)).await;
    let written = written.and_then(|lines| {
        out.flush()?;
        out.get_ref().sync_all()?;
        Ok(lines)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(to);
    }
    Ok(DoneSays::LedgerWritten { lines: written?, path })
}

async fn lines(
    desk: &Desk,
    call: &Call,
    post: &Post,
    (format, out): (Format, &mut (impl Write + Send)),
) -> Result<u64, AppError> {
    if format == Format::Csv {
        // So that spreadsheets know that it is UTF-8.
        let head = LedgerColumn::ALL.map(|column| column.head(call.lang));
        write!(out, "\u{FEFF}{}\r\n", head.join(","))?;
    }
    let (mut after, mut count) = (None, 0);
    loop {
        let page = desk.ledger(call, post, after.as_ref()).await;
        let (page, next) = page.map_err(|error| match error {
            DeskError::Refused(refusal) | DeskError::Stale(refusal, _) => {
                AppError::Told(TroubleSays::Refused(refusal))
            }
            DeskError::Failed(error) => error.into(),
        })?;
        count += page.len() as u64;
        for line in &page {
            match format {
                Format::Csv => csv(out, post, line, call.lang)?,
                Format::Jsonl => jsonl(out, post, line)?,
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(count),
        }
    }
}

fn cells(post: &Post, line: &LedgerLine) -> [String; 20] {
    let [meant, reached, missed] = line.reach.clone();
    let time = |at: Option<At>| at.map(|at| at.to_string()).unwrap_or_default();
    [
        post.code.to_string(),
        line.revision.to_string(),
        post.title.clone(),
        line.chat.clone(),
        line.title.clone(),
        line.kind.to_owned(),
        line.account.clone(),
        line.address.clone(),
        line.state.to_owned(),
        time(line.planned),
        time(line.settled),
        line.messages.to_string(),
        line.failures.to_string(),
        line.may_repeat.to_owned(),
        line.reason.clone(),
        line.by.clone(),
        meant,
        reached,
        missed,
        line.page.clone(),
    ]
}

fn csv(out: &mut impl Write, post: &Post, line: &LedgerLine, lang: Lang) -> std::io::Result<()> {
    let cells = LedgerColumn::ALL.into_iter().zip(cells(post, line));
    let cells: Vec<_> = cells.map(|(column, cell)| quoted(column.cell(&cell, lang))).collect();
    write!(out, "{}\r\n", cells.join(","))
}

/// A cell, harmless in a spreadsheet.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

fn jsonl(out: &mut impl Write, post: &Post, line: &LedgerLine) -> std::io::Result<()> {
    let pairs =
        LedgerColumn::ALL.map(|column| column.name().to_owned()).into_iter().zip(cells(post, line));
    let object: std::collections::BTreeMap<String, String> = pairs.collect();
    serde_json::to_writer(&mut *out, &object)?;
    out.write_all(b"\n")
}
