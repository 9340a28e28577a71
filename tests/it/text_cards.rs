//! What holds of news cards, whatever they are made of.

use proptest::prelude::*;
use tongxin::connector::capabilities;
use tongxin::model::{
    Block, Content, Digest, DigestItem, DigestSection, Document, Enclosed, Inline, Lang, MediaId,
    MediaKind, Platform,
};
use tongxin::text::letter::{Taking, letters};
use tongxin::text::{Carries, Form, Letter, Style, Way};

fn words(most: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[一-龥]{1,30}",
        3 => "[a-z]{1,12}",
        1 => prop::sample::select(vec!["👨‍👩‍👧‍👦", "e\u{301}", "नि", "。"]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 1..most).prop_map(|pieces| pieces.concat())
}

fn item() -> impl Strategy<Value = DigestItem> {
    let link = prop_oneof![
        6 => (0..99_u32).prop_map(|n| format!("https://a.cn/{n}")),
        1 => Just(String::new()),
        1 => Just("mailto:a@b.cn".to_owned()),
        1 => Just(format!("https://a.cn/{}", "x".repeat(2_100))),
    ];
    let below = prop_oneof![1 => Just(String::new()), 3 => words(20)];
    (words(6), link, below).prop_map(|(title, link, line)| DigestItem { title, link, line })
}

fn digest() -> impl Strategy<Value = Digest> {
    let section =
        (prop_oneof![Just(String::new()), words(3)], prop::collection::vec(item(), 1..14));
    let section = section.prop_map(|(title, items)| DigestSection { title, items });
    (words(4), prop::collection::vec(section, 0..4), 0..3_u32)
        .prop_map(|(title, sections, waiting)| Digest { title, sections, waiting })
}

/// Whether something there leads to this address, or says it.
fn leads(told: &[Letter], said: &str, address: &str) -> bool {
    let by_card = |l: &Letter| l.cards.iter().any(|card| card.url == address);
    let by_words = |l: &Letter| {
        l.part.marks.iter().any(|m| matches!(&m.style, Style::Link(url) if url == address))
    };
    told.iter().any(|l| by_card(l) || by_words(l)) || said.contains(address)
}

proptest! {
    #[test]
    fn cards_keep_to_their_limits_and_every_word_of_a_digest_stands_somewhere(digest in digest()) {
        let content = Content::Digest(digest.clone());
        let carries = Carries { form: Form::News, ..capabilities::carries(Platform::Wecom) };
        let size = capabilities::of(Platform::Wecom).size;
        let told = letters(&content, &[], Lang::Zh, Taking { size, carries, base: "https://t.cn" });
        let mut all = String::new();
        for letter in &told {
            prop_assert!(letter.cards.len() <= 8);
            prop_assert!(letter.cards.is_empty() || letter.part.text.is_empty());
            for card in &letter.cards {
                prop_assert!(!card.title.is_empty() && card.title.len() <= 128, "{card:?}");
                prop_assert!(card.below.len() <= 512 && card.url.len() <= 2_048, "{card:?}");
                all.extend([card.title.as_str(), "\n", &card.below, "\n"]);
            }
            all.push_str(&letter.part.text);
        }
        let all: String = all.split_whitespace().collect();
        prop_assert!(all.contains(&digest.title));
        for section in &digest.sections {
            for DigestItem { title, link, line } in &section.items {
                prop_assert!(all.contains(title.as_str()), "{title} in {told:#?}");
                prop_assert!(leads(&told, &all, link), "{link} in {told:#?}");
                prop_assert!(all.contains(line.as_str()), "{line} in {told:#?}");
            }
        }
        prop_assert!(digest.sections.is_empty() || told.iter().all(|l| !l.cards.is_empty() || !l.part.text.is_empty()));
    }
}

/// The messages of a post with a link and a picture of these pixels, where pictures go this way: C for a card, P for a
/// picture, L for words with a link to it.
fn card_with(pixels: (u32, u32), pictures: Way) -> String {
    let (id, kind) = (MediaId([7; 32]), MediaKind::Jpeg);
    let (name, alt) = (String::new(), String::new());
    let picture = Enclosed { id, kind, name, size: 1_345, pixels, alt };
    let body = Document(vec![Block::Paragraph(vec![Inline::link("https://a.cn/1", "见此")])]);
    let content = Content::Article { title: "桥通了".to_owned(), body };
    let carries = Carries { form: Form::News, pictures, ..capabilities::carries(Platform::Wecom) };
    let size = capabilities::of(Platform::Wecom).size;
    let taking = Taking { size, carries, base: "https://t.cn" };
    let what = |letter: Letter| match (letter.cards.as_slice(), letter.enclosed.as_slice()) {
        ([card], []) => {
            assert!(card.picture.is_some(), "{card:?}");
            'C'
        }
        ([], [_]) if letter.part.text.is_empty() => 'P',
        ([], []) if letter.part.text == "［图片］" && !letter.part.marks.is_empty() => 'L',
        _ => panic!("{letter:?}"),
    };
    letters(&content, &[picture], Lang::Zh, taking).into_iter().map(what).collect()
}

#[test]
fn a_picture_that_a_card_would_cut_is_sent_as_well() {
    for (pixels, with, by_link) in [
        ((1_068, 455), "C", "C"),
        ((1_200, 560), "C", "C"),
        ((455, 1_068), "CP", "CL"),
        ((1_600, 900), "CP", "CL"),
        ((2_000, 700), "CP", "CL"),
        ((0, 0), "CP", "CL"),
    ] {
        assert_eq!(card_with(pixels, Way::Itself), with, "{pixels:?}");
        assert_eq!(card_with(pixels, Way::Linked), by_link, "{pixels:?}");
    }
}
