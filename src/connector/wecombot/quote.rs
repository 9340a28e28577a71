//! Which message of ours somebody quotes.
//!
//! WeCom gives no name to what we send, and a quote holds the words that are quoted, nothing else. So a message of ours
//! is named by its own words: whoever quotes it whole names it. Only letters and digits count, because nobody says
//! how a quote writes marks, and where links lead is left out, because it may be shown or not.
//!
//! The name is made under the robot's secret: from what is kept, nobody can find out whether certain words were said.
//! Two messages of the same words in one chat have one name, and the latest is taken to be meant.

use crate::connector::Secret;
use crate::connector::signed::name_under;

/// The name of a message in a chat; `None` for one without letters.
pub(super) fn name(secret: &Secret, chat: &str, words: &str) -> Option<String> {
    let letters = letters(words);
    (!letters.is_empty()).then(|| format!("q{}", name_under(secret, &[chat, &letters])))
}

/// The letters and digits of a text, without where its links lead.
fn letters(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, link)) = rest.split_once("](") {
        out.extend(before.chars().filter(|c| c.is_alphanumeric()));
        // A link's address has no blanks, and its brackets are written otherwise.
        let end = link.find([')', ' ', '\n']).unwrap_or(link.len());
        rest = if link[end..].starts_with(')') { &link[end + 1..] } else { link };
    }
    out.extend(rest.chars().filter(|c| c.is_alphanumeric()));
    out
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn a_quote_is_known_in_markdown_and_as_it_is_shown() {
        let shown = "停水通知\n明天九点停水，见区政府网。";
        let written = "**停水通知**\n\n明天九点停水，见[区政府网](https://gov.example.org/a?b=1)。";
        assert_eq!(letters(shown), letters(written));
        assert_ne!(letters(shown), letters("停水通知\n明天八点停水，见区政府网。"));
        assert_eq!(letters("a](b c"), "abc");
    }
}
