//! The public pages: groups, posts, forms, receipts, feeds.

mod about;
mod feeds;
mod forms;
mod groups;
mod notify;
mod readers;
mod receipts;

pub(super) use about::privacy;
pub(super) use feeds::{atom, json_feed, rss};
pub(super) use forms::{reply, suggest, suggested};
pub(super) use groups::body_of;
pub(super) use groups::{article_html, group, home, post, went_out};
pub(super) use notify::{manifest, notified, offer, silenced, worker};
pub(super) use readers::{asked, reader, ticket, used};
pub(super) use receipts::{erase, receipt, receipt_form, supplement, withdraw};

use super::page::Frame;
use crate::text::say::PageSays as P;
use askama::Template;

/// A page that says something and leads on.
#[derive(Template)]
#[template(path = "message.html", config = "src/web/askama.toml")]
pub(super) struct Message<'a> {
    f: Frame,
    lines: Vec<String>,
    next: &'a str,
    next_words: String,
}

impl<'a> Message<'a> {
    /// A page with the frame's title, these lines, and a link to `next`.
    pub fn new(f: Frame, lines: Vec<String>, next: &'a str, next_words: String) -> Self {
        Self { f, lines, next, next_words }
    }
}
