//! No profiling: what is kept of a person, and by a person's name, is what stands here and nothing else.

use crate::store_records::one_of_each;
use crate::suggestions_room::{Room, direct};
use std::collections::{BTreeMap, BTreeSet};
use tongxin::model::{Kind, Role};
use tongxin::store::Reads as _;

/// The kinds of records that name a person or a member, and all that they hold.
const ALLOWED: &[(Kind, &[&str])] = &[
    // Which member of staff wrote it.
    (
        Kind::Post,
        &[
            "at", "author", "by", "code", "created", "dead", "id", "of", "planned", "priority",
            "reason", "revision", "since", "state", "title", "topic", "why",
        ],
    ),
    // Which member of staff was asked to bring it to a group, and said that it is there: as the ledger shows it.
    (
        Kind::Delivery,
        &[
            "account", "asked", "at", "attempts", "by", "chat", "due", "failures", "id", "message",
            "next", "outcome", "priority", "reason", "sent", "since", "state", "until",
        ],
    ),
    // Staff alone.
    (
        Kind::Person,
        &[
            "account",
            "chat",
            "direct",
            "id",
            "identities",
            "kind",
            "lang",
            "name",
            "roles",
            "since",
            "thread",
        ],
    ),
    (Kind::Invite, &["by", "hash", "role", "until"]),
    // Which member of staff is told that it was used.
    (Kind::Pairing, &["by", "hash", "topics", "until"]),
    // A member, as a keyed hash: the language, and nothing else.
    (Kind::Member, &["key", "lang"]),
    // Somebody who is told in the answer to a call, as a keyed hash: what they are told, sealed, for two days at most.
    (Kind::Answer, &["account", "event", "fetched", "lang", "member", "told", "until"]),
    // One matter. `tries` counts wrong codes of this receipt, `questions` what we asked about it; what it is
    // sorted under is about the matter, and its clocks are about us.
    (
        Kind::Suggestion,
        &[
            "answer",
            "answer_by",
            "area",
            "at",
            "back",
            "by",
            "category",
            "chain",
            "claim_by",
            "clock",
            "clocks",
            "code",
            "consent",
            "created",
            "decide_by",
            "erase_at",
            "head",
            "held_until",
            "id",
            "kind",
            "lang",
            "left",
            "length",
            "member",
            "message",
            "next",
            "number",
            "phase",
            "post",
            "pseudonym",
            "question",
            "questions",
            "reason",
            "reminded",
            "respond_by",
            "secret",
            "since",
            "sorting",
            "text",
            "texts",
            "tries",
            "unit",
            "until",
            "wrong",
        ],
    ),
];

/// The names of the fields that a record shows, at any depth.
fn fields(shown: &str) -> BTreeSet<String> {
    let words = shown.split(|c: char| !(c.is_alphanumeric() || "_:".contains(c)));
    let field = |w: &str| {
        let name = w.strip_suffix(':')?;
        let named = name.starts_with(|c: char| c.is_ascii_lowercase());
        named.then(|| name.to_owned())
    };
    words.filter_map(field).collect()
}

fn names_somebody(shown: &str) -> bool {
    ["PersonId(", "MemberKey(", "Identity("].iter().any(|name| shown.contains(name))
}

#[test]
fn nothing_is_kept_by_a_persons_name_but_what_is_listed_here() {
    let mut found: BTreeMap<Kind, BTreeSet<String>> = BTreeMap::new();
    for record in one_of_each() {
        let shown = format!("{record:?}");
        if names_somebody(&shown) {
            found.entry(record.key().kind).or_default().extend(fields(&shown));
        }
    }
    let own = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
    let allowed: BTreeMap<Kind, BTreeSet<String>> =
        ALLOWED.iter().map(|(kind, names)| (*kind, own(names))).collect();
    assert_eq!(found, allowed, "whoever adds to this asks first whether it profiles somebody");
}

#[tokio::test]
async fn nothing_is_counted_by_a_person() {
    let room = Room::new().await;
    let reviewer = room.staff("rev", &[Role::Reviewer]).await;
    let (number, _) = room.submitted("li", "路口需要红绿灯").await;
    room.writes("rev", &format!("/认领 {number}"), None).await;
    room.writes("rev", &format!("/受理 {number} 建议"), None).await;
    room.replies("li", "公园应当多装几盏路灯", "1").await;
    let question = room.last(&crate::suggestions_room::group()).await;
    room.presses("li", crate::suggestions_room::group(), &question, "提交").await;
    room.heard(&direct("li")).await;
    let member = room.call("li").await.member;
    let counts = room.store.tallies(&[]).await.expect("reads");
    assert!(!counts.is_empty());
    for (counter, _) in counts {
        for name in [&member.0[..], reviewer.0.as_bytes()] {
            assert!(!counter.0.windows(name.len()).any(|w| w == name), "{counter:?}");
        }
    }
}
