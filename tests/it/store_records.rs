//! One record of every kind, with as much in it as it can have, goes through the store and through an
//! export, and comes back as it was.

use crate::store_postgres::OnServer;
use std::time::Duration;
use tongxin::model::{
    AccountId, AccountState, Act, Address, Answer, Asked, At, Attempt, Author, Became, Block,
    Button, ButtonDoes, Cause, Chain, Changes, ChatKind, ChatUsage, Clocks, Code, Consent,
    ConsentText, Content, Cursor, Delivery, DeliveryId, DeliveryState, Digest, DigestItem,
    DigestSection, Document, Drawer, Duty, Edition, Enclosed, Entry, EntryId, Explainer, FanOut,
    Fetched, Going, Hand, Identity, InboxItem, InboxState, Inline, Invite, KeyMark, Kind, LabelId,
    Lang, Lease, Likeness, Matter, MatterKind, Media, MediaId, MediaKind, MediaState, Member,
    MemberKey, MessageMark, MessageRef, Notice, NoticeBody, NoticeId, NoticeTo, Outcome, Pairing,
    PauseReason, Person, PersonId, Phase, PhaseName, Piece, Platform, Post, PostId, PostState,
    Priority, Probe, ProbeAnswer, Prompt, Record, Reminder, Return, Revision, Role, Ruling, RunId,
    Sealed, SealedAddress, Shred, Shut, Slot, Sorting, SourceId, SourceState, Span, Spent,
    Standing, StepEvent, Stored, Subscriber, SubscriberId, Suggestion, SuggestionId, Telling,
    TopicId, TopicState, Tries, Trouble, Usage, Used, Verdict, Wanted, Wishes, Work, Worker,
};
use tongxin::store::sled::{Settings, SledStore, import};
use tongxin::store::transfer::export;
use tongxin::store::{Reads, Store};
use uuid::Uuid;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number | 0xFF00_0000_0000_0000_0000_0000_0000_0000)
}

fn at(millis: i64) -> At {
    At::from_millis(1_790_000_000_000 + millis)
}

fn account() -> AccountId {
    AccountId("社区-bot".to_owned())
}

fn code() -> Code {
    Code::parse("K7QM2XWD").expect("a code")
}

fn address() -> Address {
    let thread = Some("17".to_owned());
    Address { account: account(), kind: ChatKind::Group, chat: "-100123".to_owned(), thread }
}

fn sealed(drawer: Drawer) -> Sealed {
    Sealed { slot: Slot { drawer, index: u32::MAX }, bytes: (0..=255).collect() }
}

fn document() -> Document {
    let text = |t: &str| vec![Inline::Text(t.to_owned())];
    Document(vec![
        Block::Heading(2, text("标题 \"引号\" \\ \u{2028} 👨‍👩‍👧")),
        Block::Paragraph(vec![
            Inline::Bold(vec![Inline::Italic(text("粗斜"))]),
            Inline::Code("a\n\tb\0".to_owned()),
            Inline::Link("https://example.org/?a=1&b=2".to_owned(), text("链接")),
        ]),
        Block::Bullets(vec![text("一"), text("二")]),
        Block::Numbers(vec![Vec::new()]),
        Block::Quote(text("")),
        Block::Preformatted("x".repeat(6_000)),
        Block::Table(vec![vec![text("甲"), text("乙")]]),
        Block::Rule,
    ])
}

fn editions() -> Vec<Record> {
    let explainer = Explainer {
        title: "医保新规".to_owned(),
        news: document(),
        audience: "退休人员".to_owned(),
        steps: document(),
        deadline: "12月31日前".to_owned(),
        contact: "12345".to_owned(),
        source: "医保局".to_owned(),
        number: "〔2026〕7号".to_owned(),
        link: "https://example.org".to_owned(),
    };
    let item = DigestItem { title: "t".to_owned(), link: "l".to_owned(), line: String::new() };
    let sections = vec![DigestSection { title: "要闻".to_owned(), items: vec![item] }];
    let contents = [
        Content::Article { title: "a".to_owned(), body: document() },
        Content::Explainer(explainer),
        Content::Digest(Digest { title: "d".to_owned(), sections, waiting: u32::MAX }),
    ];
    let carried = |kind: MediaKind| Enclosed {
        id: media(kind).id,
        kind,
        name: "通知.pdf".to_owned(),
        size: 300_000,
        pixels: (u32::MAX, 1),
        alt: "桥".to_owned(),
    };
    let enclosed =
        vec![carried(MediaKind::Jpeg), carried(MediaKind::Pdf), carried(MediaKind::Jpeg)];
    let edition = |(n, content)| Edition {
        post: PostId(id(1)),
        revision: Revision(n),
        content,
        at: at(0),
        enclosed: if n == 2 { enclosed.clone() } else { Vec::new() },
    };
    (1..).zip(contents).map(edition).map(Edition::into_record).collect()
}

fn media(kind: MediaKind) -> Media {
    let (id, state) = (MediaId([kind as u8; 32]), MediaState::Kept);
    Media { id, kind, size: 300_000, pieces: 3, at: at(0), state }
}

/// What posts carry: bytes of every value, in pieces.
fn of_media() -> Vec<Record> {
    let mut records = Vec::new();
    for kind in MediaKind::ALL {
        let media = media(kind);
        let bytes: Vec<u8> = (0..=u8::MAX).cycle().skip(kind as usize).take(300_000).collect();
        for (number, bytes) in (0..).zip(bytes.chunks(Piece::MAX)) {
            records.push(Piece { of: media.id, number, bytes: bytes.to_vec() }.into_record());
        }
        records.push(media.into_record());
    }
    records
}

fn deliveries() -> Vec<Record> {
    let outcomes = [
        Outcome::Taken,
        Outcome::Waited(at(5)),
        Outcome::Failed("502".to_owned()),
        Outcome::Moved,
        Outcome::Became(Became::TakenAway),
        Outcome::Refused("不".to_owned()),
        Outcome::Unknown("cut".to_owned()),
        Outcome::Planned,
        Outcome::Rested,
        Outcome::WentOn,
        Outcome::Retried,
        Outcome::Ruled(Ruling::Sent),
        Outcome::Ruled(Ruling::NotSent),
        Outcome::Ruled(Ruling::Resend),
        Outcome::Handed,
        Outcome::Asked(Asked::Keeper(PersonId(id(2)))),
        Outcome::Asked(Asked::Again(PersonId(id(2)))),
        Outcome::Asked(Asked::Deputy(PersonId(id(3)))),
        Outcome::Asked(Asked::Staff),
        Outcome::Posted(PersonId(id(2))),
        Outcome::Skipped(PersonId(id(2))),
        Outcome::Undone(PersonId(id(2))),
        Outcome::CalledOff,
    ];
    let attempts: Vec<_> =
        outcomes.into_iter().map(|outcome| Attempt { at: at(3), outcome }).collect();
    let states = [
        DeliveryState::Due { at: at(0) },
        DeliveryState::Leased { due: at(0), by: RunId(id(9)), until: at(9) },
        DeliveryState::Sent { at: at(0) },
        DeliveryState::Dead { at: at(0), reason: "kicked".to_owned() },
        DeliveryState::Unknown { at: at(0) },
        DeliveryState::Parked { at: at(0) },
        DeliveryState::Dropped { at: at(0), reason: "left".to_owned() },
        DeliveryState::Handed(Hand { since: at(0), asked: Asked::Nobody, next: at(9) }),
    ];
    let open = MessageMark::Open { chat: "-100".to_owned(), message: "7".to_owned() };
    let delivery = |(n, state)| Delivery {
        id: match n {
            0 => DeliveryId::Notice(NoticeId(id(n))),
            _ => DeliveryId::Post(PostId(id(1)), Revision(u16::MAX), SubscriberId(id(n))),
        },
        account: account(),
        priority: Priority::Urgent,
        state,
        sent: vec![open.clone(), MessageMark::Hidden([0xFE; 16])],
        attempts: attempts.clone(),
        failures: 3,
    };
    (0..).zip(states).map(delivery).map(Delivery::into_record).collect()
}

fn notices() -> Vec<Record> {
    let button = |does| Button { label: "受理".to_owned(), does };
    let open = Notice {
        id: NoticeId(id(1)),
        to: NoticeTo::Open(address()),
        act: Act::Say { reply_to: None },
        body: NoticeBody::Open(document()),
        buttons: vec![
            vec![button(ButtonDoes::Press("a:1".to_owned()))],
            vec![button(ButtonDoes::Open("https://x".to_owned()))],
            vec![button(ButtonDoes::OpenDirect("start".to_owned()))],
        ],
        prompt: Some(Prompt::Rewrite(PostId(id(1)))),
        about: Some(SuggestionId(id(1))),
        at: at(0),
    };
    let hidden = Notice {
        id: NoticeId(id(2)),
        to: NoticeTo::Sealed { account: account(), address: sealed(Drawer::Address) },
        act: Act::Amend { message: "7".to_owned() },
        body: NoticeBody::Sealed(sealed(Drawer::Text)),
        prompt: Some(Prompt::Question(SuggestionId(id(1)))),
        ..open.clone()
    };
    let shown = Notice {
        id: NoticeId(id(3)),
        body: NoticeBody::Edition(PostId(id(1)), Revision(2), Lang::En),
        ..open.clone()
    };
    vec![open.into_record(), hidden.into_record(), shown.into_record()]
}

fn suggestions() -> Vec<Record> {
    let (by, text) = (PersonId(id(1)), sealed(Drawer::Text));
    let code_of = tongxin::model::DeclineCode::OutsideRemit;
    let phases = [
        Phase::Draft { until: at(1) },
        Phase::Received { at: at(0), respond_by: at(1) },
        Phase::Claimed { by, until: at(1), respond_by: at(2) },
        Phase::NeedInfo {
            by,
            question: text.clone(),
            until: at(1),
            left: Duration::new(5, 999_999_999),
        },
        Phase::Accepted { by, answer_by: at(1) },
        Phase::DeclineProposed { by, code: code_of, reason: text.clone(), answer_by: at(1) },
        Phase::Answered { at: at(0) },
        Phase::Declined { at: at(0), code: code_of },
        Phase::Withdrawn { at: at(0), erase_at: at(1) },
        Phase::Erased { at: at(0) },
    ];
    let suggestion = |(n, phase)| Suggestion {
        id: SuggestionId(id(n)),
        number: code(),
        pseudonym: code(),
        post: Some(PostId(id(1))),
        member: (n % 2 == 0).then_some(MemberKey([0xFF; 16])),
        back: match n % 4 {
            0 => Return::Chat(account(), sealed(Drawer::Address)),
            1 => Return::Page,
            2 => Return::PageOf(SubscriberId(id(n))),
            _ => Return::Erased,
        },
        lang: Lang::En,
        texts: vec![text.clone(), text.clone()],
        consent: Some(Consent { text: [7; 32], at: at(0) }),
        secret: Some("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned()),
        message: Some([1; 16]),
        created: at(-1_790_000_000_001),
        phase,
        questions: u8::MAX,
        answer: Some(text.clone()),
        chain: Chain { length: 3, head: [9; 32] },
        tries: Tries { wrong: 2, next: at(4) },
        clocks: (n > 0).then_some(Clocks {
            since: at(0),
            claim_by: at(1),
            decide_by: at(2),
            held_until: at(3),
            reminded: Reminder::Unanswered,
        }),
        sorting: (n > 1).then(|| Sorting {
            kind: MatterKind::ALL[usize::try_from(n).expect("few") % 5],
            category: LabelId("roads".to_owned()),
            area: LabelId("whole".to_owned()),
            unit: LabelId("office".to_owned()),
            clock: if n % 2 == 0 { Span::Working(15) } else { Span::Days(u16::MAX) },
            at: at(5),
        }),
    };
    (0..).zip(phases).map(suggestion).map(Suggestion::into_record).collect()
}

fn of_sources() -> Vec<Record> {
    let trouble = Trouble { since: at(0), failures: 3, what: "行 7: 编码".to_owned() };
    let state = SourceState {
        id: SourceId("gov".to_owned()),
        next: at(1),
        read: Some(at(0)),
        etag: Some("W/\"x\"".to_owned()),
        modified: None,
        trouble: Some(trouble),
    };
    let same = |by| Verdict::Same { of: EntryId(id(1)), by };
    let verdicts = [Verdict::New, Verdict::Archive, same(Likeness::Link), same(Likeness::Title)];
    let entry = |(n, verdict)| Entry {
        id: EntryId(id(n)),
        source: SourceId("gov".to_owned()),
        guid: "g".repeat(5_000),
        link: format!("https://example.org/{n}"),
        title: "通知".to_owned(),
        summary: String::new(),
        published: None,
        seen: at(0),
        verdict,
    };
    let (topic, post) = (TopicId("news".to_owned()), PostId(id(1)));
    let mut records: Vec<_> = (0..).zip(verdicts).map(entry).map(Entry::into_record).collect();
    records.push(state.into_record());
    records.push(Used { topic: topic.clone(), entry: EntryId(id(1)), post }.into_record());
    records.push(TopicState { id: topic, last_slot: at(0), considered: at(1) }.into_record());
    records
}

fn of_posts() -> Vec<Record> {
    let (by, topic) = (PersonId(id(1)), TopicId("news".to_owned()));
    let states = [
        PostState::Draft,
        PostState::Submitted { by, at: at(0) },
        PostState::Approved { by, at: at(0) },
        PostState::Scheduled { at: at(0) },
        PostState::Publishing { since: at(0) },
        PostState::Published { since: at(0), at: at(1) },
        PostState::Withdrawn { by, at: at(0), since: Some(at(-1)) },
        PostState::Corrected { at: at(0) },
        PostState::Paused { since: at(0), at: at(1), planned: None, why: PauseReason::By(by) },
        PostState::Paused {
            since: at(0),
            at: at(1),
            planned: Some(at(1)),
            why: PauseReason::Failing { dead: 4, of: 20, reason: "满".to_owned() },
        },
    ];
    let post = |(n, state): (u128, PostState)| Post {
        id: PostId(id(n)),
        code: code(),
        topic: topic.clone(),
        title: "题".to_owned(),
        revision: Revision::FIRST,
        priority: Priority::Bulk,
        author: if n == 0 { Author::Clock } else { Author::Person(by) },
        created: at(0),
        state,
    };
    let mut records: Vec<_> = (0..).zip(states).map(post).map(Post::into_record).collect();
    for work in [
        Work::Divide,
        Work::Plan(account()),
        Work::Unpark,
        Work::Retry,
        Work::Rule(Ruling::Sent),
        Work::Rule(Ruling::Resend),
        Work::CallOff,
    ] {
        let fan_out = FanOut {
            post: PostId(id(1)),
            revision: Revision(2),
            topic: topic.clone(),
            priority: Priority::Urgent,
            cursor: Some(vec![0, 0xFF, 1]),
            planned: u64::MAX,
            going: if work == Work::Retry { Going::Halted } else { Going::On },
            work,
        };
        records.push(fan_out.into_record());
    }
    let spent = vec![Spent { span: u64::MAX, sends: vec![(0, 1), (u32::MAX, u32::MAX)] }];
    let line = |kind| ChatUsage { chat: u64::MAX, kind, hold: 7, spent: spent.clone() };
    let kinds = [ChatKind::Group, ChatKind::Channel, ChatKind::Direct];
    let usage = |page: u16| Usage {
        account: account(),
        page,
        at: at(0),
        hold: Some(at(3)),
        pace: 800,
        spent: spent.clone(),
        lines: kinds.map(line).to_vec(),
    };
    records.extend([0, 1].map(|page| usage(page).into_record()));
    let (holder, since) = (Some(RunId(id(9))), at(0));
    let duties = [Duty::Account(account()), Duty::Round("press".to_owned())];
    let wanted = Wanted { stays: duties[1..].to_vec(), spreads: duties[..1].to_vec() };
    let span = Duration::from_millis(u64::MAX);
    records.push(Wishes { worker: RunId(id(9)), span, wanted }.into_record());
    let lease = |duty| Lease { duty, holder, epoch: u64::MAX, since }.into_record();
    records.extend(duties.map(lease));
    let label = "机器/1".to_owned();
    records.push(Worker { id: RunId(id(9)), label, since, beats: u64::MAX }.into_record());
    records
}

fn of_people() -> Vec<Record> {
    let identity = Identity::new(Platform::Telegram, "4242");
    let person = Person {
        id: PersonId(id(1)),
        identities: [identity, Identity::new(Platform::Web, "x")].into(),
        name: "王".to_owned(),
        roles: Role::ALL.into(),
        direct: Some(address()),
        lang: Lang::Zh,
        since: at(0),
    };
    let standings = [
        Standing::Active,
        Standing::Paused { at: at(0), reason: "静音".to_owned() },
        Standing::Ended { at: at(0), reason: "kicked".to_owned() },
    ];
    let subscriber = |(n, standing)| Subscriber {
        id: SubscriberId(id(n)),
        address: address(),
        title: "群".to_owned(),
        topics: [TopicId("a".to_owned()), TopicId("b".to_owned())].into(),
        lang: Lang::En,
        standing,
        since: at(0),
    };
    let inbox = |(n, state): (u8, InboxState)| InboxItem {
        account: account(),
        event: format!("{n}"),
        at: at(0),
        state,
    };
    let states = [
        InboxState::Waiting(sealed(Drawer::Text), 2),
        InboxState::Handled,
        InboxState::Stuck(sealed(Drawer::Text)),
    ];
    let event = StepEvent {
        suggestion: SuggestionId(id(1)),
        number: u32::MAX,
        at: at(0),
        from: Some(PhaseName::Draft),
        to: PhaseName::Received,
        hash: [3; 32],
    };
    let invite = Invite { hash: [4; 32], role: Role::Lead, by: PersonId(id(1)), until: at(5) };
    let mut records: Vec<_> =
        (0..).zip(standings).map(subscriber).map(Subscriber::into_record).collect();
    records.extend((0..).zip(states).map(inbox).map(InboxItem::into_record));
    records.extend([
        person.into_record(),
        invite.into_record(),
        Member { key: MemberKey([5; 16]), lang: Lang::En }.into_record(),
        event.into_record(),
        Shred { slot: Slot { drawer: Drawer::Address, index: 3 } }.into_record(),
        Cursor { account: account(), mark: "123".to_owned() }.into_record(),
        ConsentText { hash: [6; 32], text: "同意".to_owned() }.into_record(),
        KeyMark { name: [7; 16] }.into_record(),
        SealedAddress { subscriber: SubscriberId(id(1)), address: sealed(Drawer::Address) }
            .into_record(),
        Pairing {
            hash: [8; 32],
            topics: [TopicId("a".to_owned())].into(),
            by: PersonId(id(1)),
            until: at(5),
        }
        .into_record(),
        AccountState {
            account: account(),
            shut: Some(Shut { since: at(1), reason: "401".to_owned() }),
            taken: Some(at(2)),
        }
        .into_record(),
        Probe {
            account: account(),
            to: address(),
            lang: Lang::En,
            at: at(3),
            answer: ProbeAnswer::Given,
        }
        .into_record(),
    ]);
    records
}

/// What platforms tell later, and what people are told in answers to calls.
fn of_calls() -> Vec<Record> {
    vec![
        Telling {
            account: account(),
            event: "j1".to_owned(),
            message: MessageRef {
                account: account(),
                chat: "followers".to_owned(),
                message: "1000000001".to_owned(),
            },
            became: Became::Refused(Cause::Content(Matter::Fraud)),
            at: at(4),
        }
        .into_record(),
        Answer {
            account: account(),
            member: MemberKey([9; 16]),
            event: "24000000000000001".to_owned(),
            told: sealed(Drawer::Text),
            fetched: Fetched::No,
            lang: Lang::En,
            until: at(6),
        }
        .into_record(),
    ]
}

/// A record of every kind, with as much in it as it can have.
pub fn one_of_each() -> Vec<Record> {
    let groups = [
        editions(),
        deliveries(),
        notices(),
        suggestions(),
        of_sources(),
        of_posts(),
        of_people(),
        of_calls(),
        of_media(),
    ];
    groups.into_iter().flatten().collect()
}

/// Adds a record of whatever kind.
fn insert(changes: &mut Changes, record: Record) {
    record.counts().into_iter().for_each(|counter| changes.add(counter, 1));
    changes.changes.push(tongxin::model::Change {
        key: record.key(),
        expect: tongxin::model::Expect::Absent,
        gained: record.places(),
        lost: Vec::new(),
        record: Some(record),
    });
}

#[tokio::test]
async fn a_record_of_every_kind_comes_back_as_it_was_from_the_store_and_from_an_export() {
    let (dir, to) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let records = one_of_each();
    for kind in Kind::ALL {
        let told = kind == Kind::Trial || records.iter().any(|r| r.key().kind == kind);
        assert!(told, "no {kind:?} among them");
    }
    let store = SledStore::open(dir.path(), &Settings::default()).expect("opens");
    for record in &records {
        let mut changes = Changes::new();
        insert(&mut changes, record.clone());
        store.commit(changes).await.unwrap_or_else(|e| panic!("{:?}: {e}", record.key()));
    }
    let (_, out) = export(&store, Vec::new(), &mut |_| {}).await.expect("exports");
    import(to.path(), &Settings::default(), &mut out.as_slice(), &mut |_| {}).expect("imports");
    let imported = SledStore::open(to.path(), &Settings::default()).expect("opens");
    for store in [store, imported] {
        for record in &records {
            let found = store.get(&record.key()).await.expect("reads").expect("is there");
            assert_eq!(found.value, *record);
        }
        assert_eq!(store.verify().await.expect("reads").problems, Vec::<String>::new());
    }
    let Some(home) = OnServer::make().await else { return };
    let (into, mut from) = (home.settings(), out.as_slice());
    tongxin::store::postgres::import(&into, &mut from, &mut |_| {}).await.expect("imports");
    let moved = home.store().await;
    let (_, again) = export(&moved, Vec::new(), &mut |_| {}).await.expect("exports");
    assert_eq!(String::from_utf8(again), String::from_utf8(out));
    assert_eq!(moved.verify().await.expect("reads").problems, Vec::<String>::new());
}

#[tokio::test]
async fn an_export_written_before_suggestions_were_sorted_is_taken_in() {
    use sha2::{Digest as _, Sha256};
    let (from, into) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
    let store = SledStore::open(from.path(), &Settings::default()).expect("opens");
    let mut changes = Changes::new();
    let all = suggestions().into_iter().filter_map(Suggestion::from_record);
    let old = all.map(|s| Suggestion { clocks: None, sorting: None, ..s });
    let old: Vec<_> = old.filter(|s| s.clocks.is_none()).take(4).collect();
    for suggestion in &old {
        changes.insert(suggestion.clone());
    }
    store.commit(changes).await.expect("commits");
    let (_, text) = export(&store, Vec::new(), &mut |_| {}).await.expect("exports");
    let text = String::from_utf8(text).expect("text");
    assert_eq!(text.matches(",\"clocks\":null,\"sorting\":null").count(), old.len());
    // As an earlier program wrote it, which knew of neither.
    let text = text.replace(",\"clocks\":null,\"sorting\":null", "");
    let (lines, end) = text.trim_end().rsplit_once('\n').expect("lines");
    let lines = format!("{lines}\n");
    let hash = Sha256::digest(lines.as_bytes());
    let hash: Vec<_> = hash.iter().map(|b| format!("{b:02x}")).collect();
    let hash = hash.concat();
    let (head, _) = end.split_once("\"sha256\":").expect("a hash");
    let text = format!("{lines}{head}\"sha256\":\"{hash}\"}}\n");
    import(into.path(), &Settings::default(), &mut text.as_bytes(), &mut |_| {}).expect("imports");
    let store = SledStore::open(into.path(), &Settings::default()).expect("opens");
    for suggestion in old {
        let reads: &dyn Reads = &store;
        let found = reads.find::<Suggestion>(&suggestion.key()).await.expect("reads");
        assert_eq!(found.map(|f| f.value), Some(suggestion));
    }
}
