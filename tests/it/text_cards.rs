//! What holds of news cards, whatever they are made of.

use proptest::prelude::*;
use tongxin::connector::capabilities;
use tongxin::model::{Content, Digest, DigestItem, DigestSection, Lang, Platform};
use tongxin::text::letter::{Taking, letters};
use tongxin::text::{Carries, Form};

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
                all.extend([card.title.as_str(), "\n", &card.below, "\n", &card.url, "\n"]);
            }
            all.push_str(&letter.part.text);
        }
        let all: String = all.split_whitespace().collect();
        prop_assert!(all.contains(&digest.title));
        for section in &digest.sections {
            for DigestItem { title, line, .. } in &section.items {
                prop_assert!(all.contains(title.as_str()), "{title} in {told:#?}");
                prop_assert!(all.contains(line.as_str()), "{line} in {told:#?}");
            }
        }
        prop_assert!(digest.sections.is_empty() || told.iter().all(|l| !l.cards.is_empty() || !l.part.text.is_empty()));
    }
}
