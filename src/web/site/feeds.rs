//! A topic's posts as feeds: RSS, Atom and JSON Feed.

use super::super::known;
use super::super::page::{Fault, moment};
use super::super::{App, Group};
use super::groups::{body_of, gist_of, went_out, whole_html};
use crate::model::{At, Edition, Enclosed, Index, MediaClass, Post, TopicId, Versioned, hex};
use crate::store::Scan;
use crate::text::excerpt;
use crate::text::letter::address;
use atom_syndication as atom;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, LAST_MODIFIED};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// How many posts a feed holds.
const NEWEST: usize = 50;

/// What a topic's feeds are written from.
struct Feed<'a> {
    title: String,
    home: String,
    own: String,
    group: &'a Group,
    items: Vec<Item>,
    changed: At,
}

struct Item {
    id: String,
    title: String,
    link: String,
    html: String,
    gist: String,
    enclosed: Vec<Enclosed>,
    since: At,
}

/// A topic as RSS 2.0.
pub(in crate::web) async fn rss(
    State(app): State<App>,
    Path(topic): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let feed = read(&app, topic, "rss").await?;
    answer(&headers, &feed, "application/rss+xml; charset=utf-8", as_rss(&app, &feed))
}

/// A topic as Atom.
pub(in crate::web) async fn atom(
    State(app): State<App>,
    Path(topic): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let feed = read(&app, topic, "atom").await?;
    answer(&headers, &feed, "application/atom+xml; charset=utf-8", as_atom(&app, &feed))
}

/// A topic as JSON Feed 1.1.
pub(in crate::web) async fn json_feed(
    State(app): State<App>,
    Path(topic): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let feed = read(&app, topic, "json").await?;
    // What is written here always has a JSON form.
    let text = serde_json::to_string(&as_json(&app, &feed)).map_err(|_| Fault::Page)?;
    answer(&headers, &feed, "application/feed+json; charset=utf-8", text)
}

async fn read<'a>(app: &'a App, topic: String, end: &str) -> Result<Feed<'a>, Fault> {
    let topic = TopicId(topic);
    let group = app.group_of(&topic).ok_or(Fault::NotFound)?;
    let base = &app.desk.office().public_url;
    let scan = Scan::of(Index::PostsByTopic, Post::of_topic(&topic), NEWEST).backward();
    let mut items = Vec::new();
    for post in app.reads.find_all::<Post>(&scan).await? {
        items.extend(item(app, group, &post).await?);
    }
    Ok(Feed {
        title: clean(app.desk.office().title(&topic)),
        home: format!("{base}/g/{}", group.slug),
        own: format!("{base}/t/{}/feed.{end}", topic.0),
        group,
        changed: items.iter().map(|i| i.since).max().unwrap_or_default(),
        items,
    })
}

async fn item(app: &App, group: &Group, post: &Versioned<Post>) -> Result<Option<Item>, Fault> {
    let Some(since) = went_out(&post.state) else { return Ok(None) };
    let key = Edition::key_of(post.id, post.revision);
    let Some(edition) = app.reads.find::<Edition>(&key).await? else { return Ok(None) };
    let body = body_of(&edition.content, group.lang);
    let gist = gist_of(&edition.content, group.lang);
    let base = &app.desk.office().public_url;
    let title = match post.title.trim() {
        "" if gist.is_empty() => moment(app, group.lang, since),
        "" => excerpt(&body, 40),
        title => title.to_owned(),
    };
    Ok(Some(Item {
        id: format!("urn:uuid:{}", post.id.0.hyphenated()),
        title: clean(&title),
        link: format!("{base}/g/{}/p/{}", group.slug, post.code),
        html: clean(&whole_html(&edition, group.lang, base)),
        enclosed: edition.value.enclosed.clone(),
        gist: clean(&gist),
        since,
    }))
}

/// Without the control characters that XML forbids.
fn clean(text: &str) -> String {
    let allowed = |c: &char| match c {
        '\t' | '\n' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        c => !c.is_control(),
    };
    text.chars().filter(allowed).collect()
}

fn as_rss(app: &App, feed: &Feed<'_>) -> String {
    let base = &app.desk.office().public_url;
    // One for each item; the others stand in what it says.
    let enclosure = |i: &Item| {
        i.enclosed.first().map(|it| rss::Enclosure {
            url: address(base, it),
            length: it.size.to_string(),
            mime_type: it.kind.mime().to_owned(),
        })
    };
    let item = |i: &Item| rss::Item {
        enclosure: enclosure(i),
        title: Some(i.title.clone()),
        link: Some(i.link.clone()),
        description: Some(i.html.clone()),
        guid: Some(rss::Guid { value: i.id.clone(), permalink: false }),
        pub_date: Some(i.since.utc().to_rfc2822()),
        ..rss::Item::default()
    };
    let channel = rss::Channel {
        title: feed.title.clone(),
        link: feed.home.clone(),
        description: format!("{} · {}", clean(&app.desk.office().name), feed.title),
        language: Some(feed.group.lang.tag().to_owned()),
        last_build_date: Some(feed.changed.utc().to_rfc2822()),
        items: feed.items.iter().map(item).collect(),
        ..rss::Channel::default()
    };
    channel.to_string()
}

fn as_atom(app: &App, feed: &Feed<'_>) -> String {
    let link = |rel: &str, href: &str| atom::Link {
        href: href.to_owned(),
        rel: rel.to_owned(),
        ..atom::Link::default()
    };
    let base = &app.desk.office().public_url;
    let enclosure = |it: &Enclosed| atom::Link {
        mime_type: Some(it.kind.mime().to_owned()),
        length: Some(it.size.to_string()),
        title: Some(clean(it.called())).filter(|title| !title.is_empty()),
        ..link("enclosure", &address(base, it))
    };
    let links = |i: &Item| {
        let own = std::iter::once(link("alternate", &i.link));
        own.chain(i.enclosed.iter().map(enclosure)).collect()
    };
    let entry = |i: &Item| atom::Entry {
        title: i.title.as_str().into(),
        id: i.id.clone(),
        updated: i.since.utc().fixed_offset(),
        published: Some(i.since.utc().fixed_offset()),
        links: links(i),
        content: Some(atom::Content {
            content_type: Some("html".to_owned()),
            value: Some(i.html.clone()),
            ..atom::Content::default()
        }),
        ..atom::Entry::default()
    };
    let whole = atom::Feed {
        title: feed.title.as_str().into(),
        id: feed.own.clone(),
        updated: feed.changed.utc().fixed_offset(),
        authors: vec![atom::Person {
            name: clean(&app.desk.office().name),
            ..atom::Person::default()
        }],
        links: vec![link("self", &feed.own), link("alternate", &feed.home)],
        lang: Some(feed.group.lang.tag().to_owned()),
        entries: feed.items.iter().map(entry).collect(),
        ..atom::Feed::default()
    };
    whole.to_string()
}

#[derive(Serialize)]
struct JsonFeed<'a> {
    version: &'static str,
    title: &'a str,
    home_page_url: &'a str,
    feed_url: &'a str,
    language: &'static str,
    authors: Vec<JsonAuthor>,
    items: Vec<JsonItem<'a>>,
}

#[derive(Serialize)]
struct JsonAuthor {
    name: String,
}

#[derive(Serialize)]
struct JsonItem<'a> {
    id: &'a str,
    url: &'a str,
    title: &'a str,
    content_html: &'a str,
    content_text: &'a str,
    date_published: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<JsonAttachment<'a>>,
}

#[derive(Serialize)]
struct JsonAttachment<'a> {
    url: String,
    mime_type: &'static str,
    size_in_bytes: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
}

fn as_json<'a>(app: &App, feed: &'a Feed<'_>) -> JsonFeed<'a> {
    let base = &app.desk.office().public_url;
    let attachment = |it: &'a Enclosed| JsonAttachment {
        url: address(base, it),
        mime_type: it.kind.mime(),
        size_in_bytes: it.size,
        title: it.called(),
    };
    let image = |i: &Item| {
        let picture = i.enclosed.iter().find(|it| it.class() == MediaClass::Picture);
        picture.map(|it| address(base, it))
    };
    let item = |i: &'a Item| JsonItem {
        image: image(i),
        attachments: i.enclosed.iter().map(attachment).collect(),
        id: &i.id,
        url: &i.link,
        title: &i.title,
        content_html: &i.html,
        content_text: &i.gist,
        date_published: i.since.to_string(),
    };
    JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        title: &feed.title,
        home_page_url: &feed.home,
        feed_url: &feed.own,
        language: feed.group.lang.tag(),
        authors: vec![JsonAuthor { name: app.desk.office().name.clone() }],
        items: feed.items.iter().map(item).collect(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "what handlers of this room return")]
fn answer(
    headers: &HeaderMap,
    feed: &Feed<'_>,
    kind: &'static str,
    text: String,
) -> Result<Response, Fault> {
    let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let tag = format!("\"{}\"", hex(&hash[..12]));
    // As HTTP writes times.
    let changed = feed.changed.utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let kept =
        [(ETAG, tag.clone()), (LAST_MODIFIED, changed), (CACHE_CONTROL, "no-cache".to_owned())];
    if unchanged(headers, &tag, feed.changed) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    Ok((kept, [(CONTENT_TYPE, kind)], text).into_response())
}

fn unchanged(headers: &HeaderMap, tag: &str, changed: At) -> bool {
    if let Some(has) = known::has(headers, tag) {
        return has;
    }
    let since = headers.get(IF_MODIFIED_SINCE).and_then(|v| v.to_str().ok());
    let since = since.and_then(|t| chrono::DateTime::parse_from_rfc2822(t).ok());
    // HTTP times have whole seconds.
    since.is_some_and(|t| changed.millis() > 0 && changed.millis() / 1000 <= t.timestamp())
}
