//! The steps from older formats to the last one without blocks. Each may be done twice, where the process died within.

use super::OpenError;
use super::guard::Step;
use super::layout::{self, Meta};
use crate::model::{
    FanOut, Key, Kind, PostId, Priority, Record, Revision, Stored as _, TopicId, Versioned,
};
use crate::store::{RECORD_MAX, StoreError, codec};
use serde::Deserialize;

/// Every step from an older format. Format 1 was the first.
pub const STEPS: &[Step] = &[Step { from: 1, run: second }, Step { from: 2, run: third }];

/// How many chunks a record can have.
const CHUNKS_MAX: usize = RECORD_MAX / layout::VALUE_MAX;

/// The number that fan-outs have among records of all kinds.
const FAN_OUT: u32 = 3;

/// No clocks and no sorting, as they are encoded.
const NEITHER: [u8; 2] = [0, 0];

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
        write(db, &key, head, &now.into_record())?;
    }
    for (raw, value) in all(db, Kind::Post)? {
        let key = layout::read_record_key(&raw)?;
        let read = layout::read_by(alone(db), &key, &value)?;
        link(db, &key, &read)?;
    }
    Ok(())
}

/// From format 2 to 3. Suggestions have clocks and a sorting behind all that they had: those of before have
/// neither.
fn third(db: &::sled::Db) -> Result<(), OpenError> {
    for (raw, value) in all(db, Kind::Suggestion)? {
        let key = layout::read_record_key(&raw)?;
        let (head, body) = layout::read_body(alone(db), &key, &value)?;
        if codec::decode(&key, &body).is_ok() {
            continue;
        }
        let record = codec::decode(&key, &[&body, NEITHER.as_slice()].concat())?;
        write(db, &key, head, &record)?;
    }
    Ok(())
}

/// What lies in the tree as it is.
fn alone(db: &::sled::Db) -> impl Fn(&[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    |raw| Ok(db.get(raw).map_err(|e| layout::failed(&e))?.map(|value| value.to_vec()))
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

fn write(db: &::sled::Db, key: &Key, head: layout::Head, record: &Record) -> Result<(), OpenError> {
    let written = layout::write(key, head.version, record)?;
    let mut batch = ::sled::Batch::default();
    batch.insert(layout::record(key), written.value);
    for (number, chunk) in (0..).zip(written.chunks) {
        batch.insert(layout::chunk(key, number), chunk);
    }
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
    use crate::model::{
        At, Chain, Code, Consent, Drawer, Index, Lang, MemberKey, Phase, Return, Sealed, Segments,
        Slot, SuggestionId, Tries, Version,
    };
    use crate::store::sled::{Settings, guard};
    use serde::Serialize;
    use uuid::Uuid;

    /// The number that suggestions have among records of all kinds.
    const SUGGESTION: u32 = 15;

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

    /// A suggestion as format 2 had it.
    #[derive(Serialize)]
    struct Second {
        id: SuggestionId,
        number: Code,
        pseudonym: Code,
        post: Option<PostId>,
        member: Option<MemberKey>,
        back: Return,
        lang: Lang,
        texts: Vec<Sealed>,
        consent: Option<Consent>,
        secret: Option<String>,
        message: Option<[u8; 16]>,
        created: At,
        phase: Phase,
        questions: u8,
        answer: Option<Sealed>,
        chain: Chain,
        tries: Tries,
    }

    fn second_format(number: u128, bytes: usize) -> Second {
        let code = Code::parse("K7QM2XWD").expect("a code");
        let slot = Slot { drawer: Drawer::Text, index: 3 };
        Second {
            id: SuggestionId(Uuid::from_u128(number)),
            number: code.clone(),
            pseudonym: code,
            post: Some(PostId(Uuid::from_u128(7))),
            member: Some(MemberKey([5; 16])),
            back: Return::Page,
            lang: Lang::En,
            texts: vec![Sealed { slot, bytes: vec![9; bytes] }],
            consent: Some(Consent { text: [1; 32], at: At::from_millis(4) }),
            secret: Some("hash".to_owned()),
            message: None,
            created: At::from_millis(3),
            phase: Phase::Received { at: At::from_millis(4), respond_by: At::from_millis(8) },
            questions: 1,
            answer: None,
            chain: Chain { length: 2, head: [6; 32] },
            tries: Tries { wrong: 1, next: At::from_millis(2) },
        }
    }

    #[test]
    fn suggestions_of_format_2_are_read_as_they_were_without_clocks_and_sorting() {
        let dir = tempfile::tempdir().expect("a directory");
        let db = guard::open_sled(dir.path(), &Settings::default()).expect("opens");
        // One of them lies in chunks, the last of which has no room for what is added.
        let mut keys = Vec::new();
        for (number, bytes) in [(1, 40), (2, 2 * layout::VALUE_MAX)] {
            let mut old = second_format(number, bytes);
            let mut body = postcard::to_stdvec(&(SUGGESTION, &old)).expect("writes");
            if number == 2 {
                let over = body.len() % layout::VALUE_MAX;
                old.texts[0].bytes.truncate(bytes - over);
                body = postcard::to_stdvec(&(SUGGESTION, &old)).expect("writes");
                assert_eq!(body.len() % layout::VALUE_MAX, 0);
            }
            let key = Segments::new().id(old.id.0).key(Kind::Suggestion);
            let version = [0, 0, 0, 0, 0, 0, 0, 9];
            if number == 2 {
                let chunks: Vec<_> = body.chunks(layout::VALUE_MAX).collect();
                let count = u16::try_from(chunks.len()).expect("few").to_be_bytes();
                let head = [&[2], version.as_slice(), count.as_slice()].concat();
                db.insert(layout::record(&key), head).expect("writes");
                for (number, chunk) in (0..).zip(chunks) {
                    db.insert(layout::chunk(&key, number), chunk).expect("writes");
                }
            } else {
                let whole = [&[1], version.as_slice(), &body].concat();
                db.insert(layout::record(&key), whole).expect("writes");
            }
            keys.push((key, old));
        }
        // Twice, as after a crash.
        third(&db).expect("steps");
        third(&db).expect("steps");
        for (key, old) in keys {
            let value = db.get(layout::record(&key)).expect("reads").expect("is there");
            let read = layout::read_by(alone(&db), &key, &value).expect("reads");
            let Record::Suggestion(read) = read.value else { panic!("a suggestion") };
            assert_eq!((read.clocks, &read.sorting), (None, &None));
            assert_eq!((read.texts, read.phase, read.tries), (old.texts, old.phase, old.tries));
        }
    }
}
