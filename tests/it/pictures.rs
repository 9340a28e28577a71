//! Pictures and files of posts: what is kept of them, where, and for how long.

use crate::store_postgres::OnServer;
use crate::suggestions_room::Room;
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;
use tongxin::desk::picture::clean;
use tongxin::desk::{Brought, Desk, DeskError};
use tongxin::model::{
    Changes, Content, Document, Enclosed, Kind, Media, MediaClass, MediaId, MediaKind, MediaState,
    Piece, Post, PostState, Role, Versioned,
};
use tongxin::rounds::retention::{Retention, Settings};
use tongxin::store::sled::{self, SledStore};
use tongxin::store::transfer::export;
use tongxin::store::{Reads, Store};
use tongxin::text::say::{MediaRefusal, Refusal};

pub const BRIDGE: &[u8] = include_bytes!("../fixtures/pictures/bridge.jpg");
pub const MAP: &[u8] = include_bytes!("../fixtures/pictures/map.png");

/// What nobody meant to tell, each somewhere else in the photo.
pub const SECRETS: [&str; 8] = [
    "31.2304N 121.4737E",
    "XMP-of-the-phone",
    "IPTC-of-the-phone",
    "comment-of-the-phone",
    "comment-between-scans",
    "small-copy-within-JFXX",
    "MPF-second-picture",
    "film-behind-the-end",
];

/// The name under which bytes are kept.
pub fn hash(bytes: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    MediaId(Sha256::digest(bytes).into()).to_string()
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).expect("short");
    [&[0xFF, marker], &length.to_be_bytes()[..], content].concat()
}

/// The notes of a camera: which way up, and where.
fn notes(way_up: u8, order: [u8; 2]) -> Vec<u8> {
    let little = order == *b"II";
    let short = |n: u16| if little { n.to_le_bytes() } else { n.to_be_bytes() }.to_vec();
    let long = |n: u32| if little { n.to_le_bytes() } else { n.to_be_bytes() }.to_vec();
    let mut notes = b"Exif\0\0".to_vec();
    notes.extend(order);
    notes.extend([short(42), long(8), short(2)].concat());
    notes.extend([short(0x0112), short(3), long(1), short(way_up.into()), short(0)].concat());
    // Where it was taken.
    notes.extend([short(0x8825), short(4), long(1), long(38), long(0)].concat());
    notes.extend_from_slice(SECRETS[0].as_bytes());
    notes
}

/// A photo as a phone makes it: the bridge, with all that a phone adds.
pub fn photo(way_up: u8, order: [u8; 2]) -> Vec<u8> {
    let xmp = format!("http://ns.adobe.com/xap/1.0/\0{}", SECRETS[1]);
    let iptc = format!("Photoshop 3.0\0{}", SECRETS[2]);
    let added = [
        segment(0xE1, &notes(way_up, order)),
        segment(0xE1, xmp.as_bytes()),
        segment(0xED, iptc.as_bytes()),
        segment(0xFE, SECRETS[3].as_bytes()),
        segment(0xE0, format!("JFXX\0{}", SECRETS[5]).as_bytes()),
        segment(0xE2, format!("MPF\0{}", SECRETS[6]).as_bytes()),
    ]
    .concat();
    let scan = find(BRIDGE, &[0xFF, 0xDA], 0);
    let second = find(BRIDGE, &[0xFF, 0xC4], scan);
    let first = [&BRIDGE[..2], &added, &BRIDGE[2..second]].concat();
    let between = segment(0xFE, SECRETS[4].as_bytes());
    [&first, &between, &BRIDGE[second..], SECRETS[7].as_bytes()].concat()
}

fn find(bytes: &[u8], what: &[u8], from: usize) -> usize {
    let found = bytes[from..].windows(what.len()).position(|window| window == what);
    from + found.expect("is there")
}

fn holds(bytes: &[u8], what: &str) -> bool {
    bytes.windows(what.len()).any(|window| window == what.as_bytes())
}

#[test]
fn nothing_of_where_and_with_what_a_photo_was_taken_is_kept_and_the_picture_is_the_same() {
    assert_eq!(clean(BRIDGE).expect("a picture").bytes, BRIDGE, "there was nothing to take away");
    for order in [*b"II", *b"MM"] {
        let photo = photo(6, order);
        let cleaned = clean(&photo).expect("a picture");
        for secret in SECRETS {
            assert!(holds(&photo, secret) && !holds(&cleaned.bytes, secret), "{secret}");
        }
        // What is left beside the picture itself says which way up, in 36 bytes.
        let (head, rest) = cleaned.bytes.split_at(38);
        assert_eq!([&head[..2], rest].concat(), BRIDGE);
        assert!(holds(head, "Exif") && head[31] == 6, "{head:?}");
        assert_eq!((cleaned.kind, cleaned.pixels), (MediaKind::Jpeg, (40, 60)), "it is turned");
        assert_eq!(clean(&cleaned.bytes), Ok(cleaned), "and cleaned once more it is the same");
    }
    assert_eq!(clean(&photo(1, *b"II")).expect("a picture").bytes, BRIDGE);
}

fn chunk(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("short").to_be_bytes();
    // Nobody looks at the checksum of what goes.
    [&length[..], &kind, content, &[0; 4]].concat()
}

#[test]
fn of_a_png_only_what_is_seen_is_kept() {
    assert_eq!(clean(MAP).expect("a picture").bytes, MAP);
    let kinds = [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"teSt"];
    let added: Vec<u8> =
        kinds.iter().flat_map(|kind| chunk(**kind, SECRETS[0].as_bytes())).collect();
    let told = [&MAP[..33], &added, &MAP[33..], SECRETS[7].as_bytes()].concat();
    let cleaned = clean(&told).expect("a picture");
    assert_eq!((cleaned.bytes.as_slice(), cleaned.pixels), (MAP, (40, 30)));
}

/// An office document as far as its kind can be told from it.
pub fn office(part: &str, more: &str) -> Vec<u8> {
    format!("PK\x03\x04....[Content_Types].xml....{part}....{more}").into_bytes()
}

#[test]
fn a_kind_is_known_by_the_bytes_and_what_could_run_or_tell_is_not_taken() {
    let files = [
        (b"%PDF-1.7\n".to_vec(), MediaKind::Pdf),
        (office("word/document.xml", ""), MediaKind::Docx),
        (office("xl/workbook.xml", ""), MediaKind::Xlsx),
        (office("ppt/presentation.xml", ""), MediaKind::Pptx),
    ];
    for (bytes, kind) in files {
        assert_eq!(clean(&bytes).map(|c| c.kind), Ok(kind));
        assert_eq!(kind.class(), MediaClass::File);
    }
    for odd in [
        b"".as_slice(),
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<html><script>",
        b"MZ\x90",
        b"RIFF....WEBPVP8 ",
        b"\0\0\0\x18ftypheic",
        b"PK\x03\x04 any archive",
        &office("word/document.xml", "word/vbaProject.bin"),
    ] {
        assert_eq!(clean(odd), Err(MediaRefusal::Kind), "{odd:?}");
    }
    let long = [b"%PDF-".as_slice(), &vec![b' '; Media::FILE_MAX]].concat();
    assert_eq!(clean(&long), Err(MediaRefusal::FileTooLarge));
}

#[test]
fn pictures_that_are_cut_odd_or_huge_are_refused_with_a_reason() {
    for length in 3..BRIDGE.len() {
        assert_eq!(clean(&BRIDGE[..length]), Err(MediaRefusal::Damaged), "{length}");
    }
    for length in 8..MAP.len() {
        assert_eq!(clean(&MAP[..length]), Err(MediaRefusal::Damaged), "{length}");
    }
    let sized = |wide: u32, high: u32| {
        let mut map = MAP.to_vec();
        map[16..20].copy_from_slice(&wide.to_be_bytes());
        map[20..24].copy_from_slice(&high.to_be_bytes());
        clean(&map).map(|c| c.pixels)
    };
    assert_eq!(sized(9_000, 1_000), Ok((9_000, 1_000)));
    for (wide, high) in [(9_000, 1_001), (u32::MAX, u32::MAX), (2_100, 100)] {
        assert_eq!(sized(wide, high), Err(MediaRefusal::OddShape));
    }
    assert_eq!(sized(0, 10), Err(MediaRefusal::Damaged));
    let painted = chunk(*b"IDAT", &vec![7; Media::PICTURE_MAX]);
    let long = [&MAP[..MAP.len() - 12], &painted, &MAP[MAP.len() - 12..]].concat();
    assert_eq!(clean(&long), Err(MediaRefusal::PictureTooLarge));
}

proptest! {
    #[test]
    fn no_bytes_break_it(at in 0..1_345_usize, with in any::<[u8; 6]>(), png in any::<bool>()) {
        let mut bytes = if png { MAP.to_vec() } else { photo(3, *b"MM") };
        let at = at.min(bytes.len() - with.len());
        bytes[at..at + with.len()].copy_from_slice(&with);
        let _ = clean(&bytes);
        let _ = clean(&bytes[at..]);
    }
}

const DAY: Duration = Duration::from_hours(24);

fn retention(room: &Room) -> Retention {
    let settings = Settings {
        deliveries: 90 * DAY,
        posts: 90 * DAY,
        entries: 180 * DAY,
        subscribers: 365 * DAY,
        pages: Vec::new(),
        brings: Vec::new(),
        topics: Vec::new(),
    };
    Retention::new(room.store.clone(), room.clock.clone(), settings)
}

/// An office with a topic, where an editor works.
async fn newsroom() -> Room {
    let mut room = Room::new().await;
    let parts = &room.parts;
    let keys = (parts.sealer.clone(), parts.texts.clone(), parts.hasher.clone());
    let office = Arc::new(crate::newsroom::office());
    room.desk = Desk::new(room.store.clone(), room.clock.clone(), keys, office);
    room.staff("ed", &[Role::Editor]).await;
    room
}

async fn keep(room: &Room, bytes: &[u8], name: &str) -> Result<Enclosed, DeskError> {
    let call = room.call("ed").await;
    room.desk.keep(&call, Brought { bytes, name, alt: "一座桥" }).await
}

async fn pieces(room: &Room) -> usize {
    room.store.list(Kind::Piece, &[], None, 1_000).await.expect("lists").len()
}

fn article() -> Content {
    Content::Article { title: "通车".to_owned(), body: Document::plain("桥通了") }
}

/// The editor begins a post that carries this.
async fn draft(room: &Room, enclosed: Vec<Enclosed>) -> Post {
    let mut call = room.call("ed").await;
    let begun = room.desk.compose_with(&mut call, "news", article(), enclosed).await;
    let post = begun.expect("a draft");
    room.desk.commit(call).await.expect("commits");
    post
}

#[tokio::test]
async fn a_file_is_kept_once_in_pieces_and_goes_when_no_post_has_it() {
    let room = newsroom().await;
    let file = [b"%PDF-1.7\n".as_slice(), &vec![b'x'; 3 * Piece::MAX]].concat();
    let kept = keep(&room, &file, "../../etc/通知 \u{202e}1.PDF.exe").await.expect("keeps");
    assert_eq!((kept.name.as_str(), kept.kind), ("通知 1.PDF.pdf", MediaKind::Pdf));
    let again = keep(&room, &file, "").await.expect("keeps");
    assert_eq!((again.id, again.name.as_str()), (kept.id, "file.pdf"));
    assert_eq!(pieces(&room).await, 4, "the same is there once");
    let reads: &dyn Reads = &*room.store;
    assert_eq!(reads.media(kept.id).await.expect("reads").as_deref(), Some(file.as_slice()));

    let posts = [draft(&room, vec![kept.clone()]).await, draft(&room, vec![kept.clone()]).await];
    let lost = keep(&room, BRIDGE, "").await.expect("keeps");
    room.clock.advance(DAY);
    let round = retention(&room);
    round.round().await.expect("a round");
    assert!(reads.media(lost.id).await.expect("reads").is_none(), "nobody used it for a day");
    assert!(reads.media(kept.id).await.expect("reads").is_some());
    for (left, post) in [(1, &posts[0]), (0, &posts[1])] {
        let key = tongxin::model::Stored::key(post);
        let old: Versioned<Post> = reads.find(&key).await.expect("reads").expect("is there");
        let at = tongxin::clock::Clock::now(&*room.clock);
        let mut changes = Changes::new();
        let state = PostState::Published { since: at, at };
        changes.update(&old, Post { state, ..old.value.clone() });
        room.store.commit(changes).await.expect("commits");
        room.clock.advance(90 * DAY);
        round.round().await.expect("a round");
        round.round().await.expect("a round");
        assert_eq!(reads.media(kept.id).await.expect("reads").is_some(), left > 0);
    }
    assert_eq!(pieces(&room).await, 0);
    assert!(room.store.list(Kind::Media, &[], None, 9).await.expect("lists").is_empty());
    assert_eq!(room.store.verify().await.expect("reads").problems, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_being_removed_is_whole_again_for_whoever_brings_it_and_is_carried_by_no_one_else()
{
    let room = newsroom().await;
    let file = [b"%PDF-1.7\n".as_slice(), &vec![b'x'; Piece::MAX]].concat();
    let kept = keep(&room, &file, "a.pdf").await.expect("keeps");
    // A retention that was killed in the middle.
    let reads: &dyn Reads = &*room.store;
    let old: Versioned<Media> =
        reads.find(&Media::key_of(kept.id)).await.expect("reads").expect("is there");
    let mut changes = Changes::new();
    changes.update(&old, Media { state: MediaState::Leaving, ..old.value.clone() });
    let piece: Versioned<Piece> =
        reads.find(&Piece::key_of(kept.id, 0)).await.expect("reads").expect("is there");
    changes.remove(&piece);
    room.store.commit(changes).await.expect("commits");

    let mut call = room.call("ed").await;
    let carried = room.desk.compose_with(&mut call, "news", article(), vec![kept.clone()]).await;
    assert_eq!(carried, Err(DeskError::Refused(Refusal::Media(MediaRefusal::Gone))));
    keep(&room, &file, "a.pdf").await.expect("keeps");
    assert_eq!(reads.media(kept.id).await.expect("reads").as_deref(), Some(file.as_slice()));
    draft(&room, vec![kept.clone()]).await;
    room.clock.advance(2 * DAY);
    retention(&room).round().await.expect("a round");
    assert!(reads.media(kept.id).await.expect("reads").is_some());

    // And one that goes on where it was killed.
    let lost = keep(&room, BRIDGE, "").await.expect("keeps");
    let key = Media::key_of(lost.id);
    let old: Versioned<Media> = reads.find(&key).await.expect("reads").expect("is there");
    let mut changes = Changes::new();
    changes.update(&old, Media { state: MediaState::Leaving, ..old.value.clone() });
    room.store.commit(changes).await.expect("commits");
    retention(&room).round().await.expect("a round");
    assert!(room.store.get(&key).await.expect("reads").is_none());
    assert_eq!(room.store.verify().await.expect("reads").problems, Vec::<String>::new());
}

#[tokio::test]
async fn only_editors_keep_files_and_a_post_carries_a_few() {
    let room = newsroom().await;
    room.staff("rev", &[Role::Reviewer]).await;
    for who in ["rev", "li"] {
        let call = room.call(who).await;
        let kept = room.desk.keep(&call, Brought { bytes: BRIDGE, name: "", alt: "" }).await;
        assert_eq!(kept, Err(DeskError::Refused(Refusal::NeedsRole(Role::Editor))));
    }
    assert_eq!(pieces(&room).await, 0);
    let mut all = Vec::new();
    for number in 0..=Enclosed::MOST {
        let file = format!("%PDF-{number}");
        all.push(keep(&room, file.as_bytes(), "a.pdf").await.expect("keeps"));
    }
    let mut call = room.call("ed").await;
    let too_many = room.desk.compose_with(&mut call, "news", article(), all).await;
    assert_eq!(too_many, Err(DeskError::Refused(Refusal::Media(MediaRefusal::TooMany))));
}

#[tokio::test]
async fn an_export_has_every_byte_and_brings_it_back() {
    let room = newsroom().await;
    let file: Vec<u8> = b"%PDF-".iter().copied().chain((0..=255).cycle().take(5_000_000)).collect();
    let kept = keep(&room, &file, "大文件.pdf").await.expect("keeps");
    draft(&room, vec![kept.clone(), keep(&room, BRIDGE, "").await.expect("keeps")]).await;
    let (_, out) = export(&*room.store, Vec::new(), &mut |_| {}).await.expect("exports");
    let dir = tempfile::tempdir().expect("a directory");
    let settings = sled::Settings::default();
    sled::import(dir.path(), &settings, &mut out.as_slice(), &mut |_| {}).expect("imports");
    let there = SledStore::open(dir.path(), &settings).expect("opens");
    is_the_same(&there, &out, (&kept, &file)).await;
    let Some(home) = OnServer::make().await else { return };
    let (into, mut from) = (home.settings(), out.as_slice());
    tongxin::store::postgres::import(&into, &mut from, &mut |_| {}).await.expect("imports");
    is_the_same(&home.store().await, &out, (&kept, &file)).await;
}

async fn is_the_same(there: &impl Store, out: &[u8], (kept, file): (&Enclosed, &[u8])) {
    let reads: &dyn Reads = there;
    assert_eq!(reads.media(kept.id).await.expect("reads").as_deref(), Some(file));
    let (_, again) = export(there, Vec::new(), &mut |_| {}).await.expect("exports");
    assert!(again == out, "byte for byte");
    assert_eq!(there.verify().await.expect("reads").problems, Vec::<String>::new());
}
