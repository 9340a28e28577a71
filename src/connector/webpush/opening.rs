//! How a post begins, as a notification shows it: title, first lines, and the page that it opens.

use crate::connector::capabilities;
use crate::connector::signed::push::BASE64_URL;
use crate::model::{Document, Platform};
use crate::text::{Markup, Size, Unit, render};
use base64::Engine as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// The longest title, in bytes: about two lines on a phone.
const TITLE_MAX: usize = 180;
/// The longest opening, in bytes, and what is tried where that leaves no room.
const LINES_MAX: [usize; 3] = [720, 180, 0];
/// How many characters of the text are looked at for it.
const LOOKED_AT: usize = 2_000;
/// The longest `Topic`, in letters.
const TOPIC: usize = 32;

/// What the browser is given.
#[derive(Serialize)]
struct Notification<'a> {
    title: &'a str,
    body: &'a str,
    url: &'a str,
    /// A notification of the same tag takes the place of one that is shown.
    tag: &'a str,
}

/// The name under which a service keeps what leads to this page: a later one takes the place of one that was not
/// yet delivered.
pub(super) fn topic(url: &str) -> String {
    let mut name = BASE64_URL.encode(Sha256::digest(url.as_bytes()));
    name.truncate(TOPIC);
    name
}

/// What a notification of this text says; none where the address alone leaves no room.
pub(super) fn plain(text: &str, url: &str) -> Option<Vec<u8>> {
    let most = capabilities::of(Platform::WebPush).size.max;
    let first = text.trim_start().lines().next().unwrap_or_default().trim();
    let (title, whole) = head(first, TITLE_MAX);
    // What did not fit the title stands below it, from its beginning.
    let below = if whole { text.trim_start().get(first.len()..).unwrap_or_default() } else { text };
    let tag = topic(url);
    LINES_MAX.iter().find_map(|lines| {
        let (body, _) = head(below, *lines);
        let said = Notification { title: &title, body: &body, url, tag: &tag };
        serde_json::to_vec(&said).ok().filter(|json| json.len() <= most)
    })
}

/// The beginning of a text in at most so many bytes, with an ellipsis where it goes on; and whether it is all.
fn head(text: &str, max: usize) -> (String, bool) {
    const ELLIPSIS: char = '…';
    let text = text.trim();
    if max == 0 || text.len() <= max {
        let shown = if max == 0 { "" } else { text };
        return (shown.to_owned(), shown.len() == text.len());
    }
    let looked_at: String = text.chars().take(LOOKED_AT).collect();
    let max = max - ELLIPSIS.len_utf8();
    let size = Size { unit: Unit::Bytes, max, marks: 0, links: 0, markup: Markup::Bare };
    let first = render(&Document::plain(&looked_at), &size).into_iter().next();
    let mut shown = first.map(|part| part.text).unwrap_or_default();
    shown.push(ELLIPSIS);
    (shown, false)
}
