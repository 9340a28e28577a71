//! The steps from older formats to the last one without blocks. Each may be done twice, where the process died within.

use super::OpenError;
use super::guard::Step;
use super::layout::{self, Meta};
use crate::model::{
    FanOut, Key, Kind, PostId, Priority, Record, Revision, Stored as _, TopicId, Versioned,
};
use crate::store::RECORD_MAX;
use serde::Deserialize;

/// Every step from an older format. Format 1 was the first.
pub const STEPS: &[Step] = &[Step { from: 1, run: second }];

/// How many chunks a record can have.
const CHUNKS_MAX: usize = RECORD_MAX / layout::VALUE_MAX;

/// The number that fan-outs have among records of all kinds.
const FAN_OUT: u32 = 3;

/// A fan-out as format 1 had it.
#[derive(Deserialize)]
struct FirstFanOut {
    post: PostId,
    revision: Revision,
    topic: TopicId,
    priority: Priority,
    cursor: Option<Vec<u8>>,
    planned: u64,
}

/// From format 1 to 2. What was spent lately is forgotten (a minute after the start that is true again),
/// fan-outs are divided by account, and posts that are over are found by when they were.
fn second(db: &::sled::Db) -> Result<(), OpenError> {
    for (raw, _) in all(db, Kind::Usage)? {
        let key = layout::read_record_key(&raw)?;
        for number in 0..u16::try_from(CHUNKS_MAX).unwrap_or(u16::MAX) {
            db.remove(layout::chunk(&key, number)).map_err(OpenError::engine)?;
        }
        db.remove(raw).map_err(OpenError::engine)?;
    }
    db.remove(Meta::Records(Kind::Usage).key()).map_err(OpenError::engine)?;
    for (raw, value) in all(db, Kind::FanOut)? {
        let key = layout::read_record_key(&raw)?;
        let head = layout::read_head(&value)?;
        let Some(fan_out) = first_fan_out(&value) else { continue };
        // From its beginning: what was planned stays as it is.
        let now = FanOut::begin(fan_out.post, fan_out.revision, fan_out.topic, fan_out.priority);
        tracing::info!(
            post.id = %fan_out.post, planned = fan_out.planned, begun = fan_out.cursor.is_some(),
            "a post that was going out is planned anew, nobody gets it twice"
        );
        write(db, &key, head, now)?;
    }
    for (raw, value) in all(db, Kind::Post)? {
        let key = layout::read_record_key(&raw)?;
        let chunk = |raw: &[u8]| {
            let found = db.get(raw).map_err(|e| layout::failed(&e))?;
            Ok(found.map(|chunk| chunk.to_vec()))
        };
        let read = layout::read_by(chunk, &key, &value)?;
        link(db, &key, &read)?;
    }
    Ok(())
}

fn all(db: &::sled::Db, kind: Kind) -> Result<Vec<(::sled::IVec, ::sled::IVec)>, OpenError> {
    let prefix = layout::record(&Key { kind, id: Vec::new() });
    db.scan_prefix(prefix).collect::<Result<_, _>>().map_err(OpenError::engine)
}

/// `None` where it is of the new format already.
fn first_fan_out(value: &[u8]) -> Option<FirstFanOut> {
    let body = value.get(9..)?;
    match postcard::take_from_bytes::<(u32, FirstFanOut)>(body) {
        Ok(((FAN_OUT, fan_out), [])) => Some(fan_out),
        _ => None,
    }
}

fn write(db: &::sled::Db, key: &Key, head: layout::Head, now: FanOut) -> Result<(), OpenError> {
    let record = now.into_record();
    let written = layout::write(key, head.version, &record)?;
    let mut batch = ::sled::Batch::default();
    batch.insert(layout::record(key), written.value);
    for place in record.places() {
        batch.insert(layout::line(place.index, &place.at, key), Vec::new());
    }
    db.apply_batch(batch).map_err(OpenError::engine)
}

fn link(db: &::sled::Db, key: &Key, read: &Versioned<Record>) -> Result<(), OpenError> {
    for place in read.value.places() {
        let line = layout::line(place.index, &place.at, key);
        db.insert(line, Vec::new()).map_err(OpenError::engine)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Index, Version};
    use crate::store::sled::{Settings, guard};
    use serde::Serialize;
    use uuid::Uuid;

    #[derive(Serialize)]
    struct First {
        post: PostId,
        revision: Revision,
        topic: TopicId,
        priority: Priority,
        cursor: Option<Vec<u8>>,
        planned: u64,
    }

    #[test]
    fn a_post_that_was_going_out_under_format_1_is_planned_anew_and_usages_are_forgotten() {
        let dir = tempfile::tempdir().expect("a directory");
        let db = guard::open_sled(dir.path(), &Settings::default()).expect("opens");
        let (post, topic) = (PostId(Uuid::from_u128(7)), TopicId("news".to_owned()));
        let (revision, priority) = (Revision::FIRST, Priority::Bulk);
        let cursor = Some(b"news\0bot\0".to_vec());
        let first = First { post, revision, topic: topic.clone(), priority, cursor, planned: 40 };
        let body = postcard::to_stdvec(&(FAN_OUT, first)).expect("writes");
        let wanted = FanOut::begin(post, revision, topic, priority);
        let key = wanted.key();
        let raw = layout::record(&key);
        db.insert(&raw, [&[1, 0, 0, 0, 0, 0, 0, 0, 9], body.as_slice()].concat()).expect("writes");
        let usage = Key { kind: Kind::Usage, id: b"bot\0".to_vec() };
        db.insert(layout::record(&usage), b"of format 1".as_slice()).expect("writes");
        // Twice, as after a crash.
        second(&db).expect("steps");
        second(&db).expect("steps");
        let value = db.get(&raw).expect("reads").expect("is there");
        let read = layout::read_by(|_| Ok(None), &key, &value).expect("reads");
        assert_eq!((read.version, read.value), (Version(9), wanted.clone().into_record()));
        let at = &wanted.places()[0].at;
        assert!(db.contains_key(layout::line(Index::FanOuts, at, &key)).expect("reads"));
        assert!(!db.contains_key(layout::record(&usage)).expect("reads"));
    }
}
