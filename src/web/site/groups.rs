//! Groups and what was posted in them.

use super::super::guard::{Kind, Visitor};
use super::super::media::enclosed_html;
use super::super::page::{self, Fault, Frame, Speaks};
use super::super::said::{self, Said, What};
use super::super::{App, Group, ReadAt};
use super::forms::Form;
use crate::model::{
    Block, Code, Content, Document, Edition, Lang, NoticeBody, Post, PostState, SubscriberId,
    Versioned,
};
use crate::text::Speak as _;
use crate::text::say::{MailSays as M, NotifySays, PageSays as P};
use crate::text::{compose, excerpt, plain, to_html};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

/// How many posts stand on one page.
const PAGE: usize = 30;

#[derive(Template)]
#[template(path = "home.html", config = "src/web/askama.toml")]
struct Home {
    f: Frame,
    groups: Vec<GroupCard>,
}

struct GroupCard {
    slug: String,
    title: String,
    topics: Vec<String>,
    latest: String,
}

/// All groups.
pub(in crate::web) async fn home(
    State(app): State<App>,
    Speaks(lang): Speaks,
) -> Result<Response, Fault> {
    let mut groups = Vec::with_capacity(app.groups.len());
    for group in &app.groups {
        let latest = said::newest(&app, &group.address, None, 1).await?.pop();
        groups.push(GroupCard {
            slug: group.slug.clone(),
            title: group.title.clone(),
            topics: topics(&app, group),
            latest: latest.map(|s| page::moment(&app, lang, s.at)).unwrap_or_default(),
        });
    }
    let title = app.desk.office().name.clone();
    page::open(&Home { f: Frame::new(&app, lang, title), groups })
}

fn topics(app: &App, group: &Group) -> Vec<String> {
    group.topics.iter().map(|t| app.desk.office().title(t).to_owned()).collect()
}

/// Which posts of a group are shown.
#[derive(Deserialize)]
pub(in crate::web) struct Older {
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "group.html", config = "src/web/askama.toml")]
struct GroupPage<'a> {
    f: Frame,
    slug: &'a str,
    topics: Vec<String>,
    articles: Vec<String>,
    newest: bool,
    by_mail: bool,
    after: String,
    older: String,
    notify: Option<Notify>,
}

/// What the page says of notifications, for its script and in the open.
struct Notify {
    words: Vec<(&'static str, String)>,
    note: String,
}

impl Notify {
    fn of(app: &App, group: &Group) -> Option<Self> {
        app.push.as_ref().filter(|_| !group.topics.is_empty())?;
        let lang = group.lang;
        let words = NotifySays::SHOWN.iter().map(|(name, says)| (*name, says.say(lang)));
        Some(Self { words: words.collect(), note: NotifySays::Note.say(lang) })
    }
}

/// The newest posts of a group, or older ones.
pub(in crate::web) async fn group(
    State(app): State<App>,
    Path(slug): Path<String>,
    Query(older): Query<Older>,
) -> Result<Response, Fault> {
    let group = app.group(&slug).ok_or(Fault::NotFound)?;
    let before = older.before.as_deref();
    let mut said = said::newest(&app, &group.address, before, PAGE + 1).await?;
    let more = said.len() > PAGE;
    said.truncate(PAGE);
    let articles: Result<Vec<_>, _> = said.iter().map(|s| article_html(&app, group, s)).collect();
    let last = said.last().map(|s| s.message.clone()).unwrap_or_default();
    page::open(&GroupPage {
        f: Frame::of_group(&app, group, group.title.clone()),
        slug: &group.slug,
        topics: topics(&app, group),
        articles: articles?,
        newest: before.is_none() && group.read == ReadAt::Pages,
        by_mail: !app.mail.is_empty(),
        after: said.first().map(|s| s.message.clone()).unwrap_or_default(),
        older: if more { last } else { String::new() },
        notify: Notify::of(&app, group),
    })
}

#[derive(Template)]
#[template(path = "article.html", config = "src/web/askama.toml")]
struct Article<'a> {
    lang: Lang,
    message: &'a str,
    title: String,
    link: String,
    at: String,
    when: String,
    topic: String,
    body: String,
    digest: bool,
    withdrawn: bool,
}

impl Article<'_> {
    #[expect(clippy::needless_pass_by_value, reason = "templates name the sentence in place")]
    fn t(&self, says: P) -> String {
        says.say(self.lang)
    }
}

/// A message of a group's page.
pub(in crate::web) fn article_html(app: &App, group: &Group, said: &Said) -> Result<String, Fault> {
    let lang = group.lang;
    let mut article = Article {
        lang,
        message: &said.message,
        title: String::new(),
        link: String::new(),
        at: said.at.to_string(),
        when: page::moment(app, lang, said.at),
        topic: String::new(),
        body: String::new(),
        digest: false,
        withdrawn: false,
    };
    match &said.what {
        What::Post(post, edition) => {
            article.title = title_of(&edition.content, lang);
            article.link = format!("/g/{}/p/{}", group.slug, post.code);
            app.desk.office().title(&post.topic).clone_into(&mut article.topic);
            article.digest = is_digest(&edition.content);
            article.withdrawn = is_withdrawn(post);
            if !article.withdrawn {
                article.body = whole_html(edition, lang, "");
            }
        }
        What::Notice(notice) => match &notice.body {
            NoticeBody::Open(words) => article.body = to_html(words),
            // Sealed words are for one person: they never stand on a public page.
            // Nor does what an editor is shown before it goes out.
            NoticeBody::Sealed(_) | NoticeBody::Edition(..) => article.withdrawn = true,
        },
    }
    Ok(article.render()?)
}

const fn is_withdrawn(post: &Post) -> bool {
    matches!(post.state, PostState::Withdrawn { .. })
}

const fn is_digest(content: &Content) -> bool {
    matches!(content, Content::Digest(_))
}

/// What a post says below its title.
pub(in crate::web) fn body_of(content: &Content, lang: Lang) -> Document {
    let mut document = compose(content, lang);
    if let Some(Block::Heading(1, _)) = document.0.first() {
        document.0.remove(0);
    }
    document
}

/// What a post says below its title, and what it carries; `base` as in [`enclosed_html`].
pub(super) fn whole_html(edition: &Edition, lang: Lang, base: &str) -> String {
    let words = to_html(&body_of(&edition.content, lang));
    words + &enclosed_html(&edition.enclosed, lang, base)
}

fn title_of(content: &Content, lang: Lang) -> String {
    let title = content.title().trim();
    if title.is_empty() { excerpt(&compose(content, lang), 40) } else { title.to_owned() }
}

/// What a post says in short, as plain text.
pub(super) fn gist_of(content: &Content, lang: Lang) -> String {
    plain(&body_of(content, lang))
}

#[derive(Template)]
#[template(path = "post.html", config = "src/web/askama.toml")]
struct PostPage<'a> {
    f: Frame,
    slug: &'a str,
    group: &'a str,
    topic: String,
    code: String,
    at: String,
    when: String,
    body: String,
    digest: bool,
    withdrawn: bool,
    form: Form,
}

/// One post, for good, with the form to reply to it.
pub(in crate::web) async fn post(
    State(app): State<App>,
    Path((slug, code)): Path<(String, String)>,
    visitor: Visitor,
) -> Result<Response, Fault> {
    let group = app.group(&slug).ok_or(Fault::NotFound)?;
    let shown = find(&app, group, &code).await?;
    opened(&app, group, &shown, &visitor).await?;
    let form = Form::empty(&app, group, Some(&shown.post.code));
    post_page(&app, group, shown, (form, StatusCode::OK))
}

/// Counts that a post was opened by the code of a group that people keep. Who did is not kept, and one address
/// alone cannot make many of it.
async fn opened(app: &App, group: &Group, shown: &Shown, visitor: &Visitor) -> Result<(), Fault> {
    if let Some(chat) = came_by(app, group).await?
        && app.floods.admit(app, visitor, Kind::Opening).is_ok()
    {
        app.desk.opened(shown.post.id, chat).await?;
    }
    Ok(())
}

/// The group that people keep by whose code somebody came.
pub(super) async fn came_by(app: &App, group: &Group) -> Result<Option<SubscriberId>, Fault> {
    match group.read {
        ReadAt::Pages => Ok(None),
        ReadAt::Chat => Ok(app.desk.subscriber(&group.address).await?.map(|s| s.id)),
    }
}

/// A post that went out, and what it says.
pub(super) struct Shown {
    pub post: Versioned<Post>,
    edition: Edition,
    since: crate::model::At,
}

/// The post of this code, when it went out to this group.
pub(super) async fn find(app: &App, group: &Group, code: &str) -> Result<Shown, Fault> {
    let code = Code::parse(code).ok_or(Fault::NotFound)?;
    let place = Post::by_code(&code);
    let post: Option<Versioned<Post>> = app.reads.find_by(place.index, place.at).await?;
    let post = post.filter(|p| group.topics.contains(&p.topic) && p.code == code);
    let post = post.ok_or(Fault::NotFound)?;
    let since = went_out(&post.state).ok_or(Fault::NotFound)?;
    let key = Edition::key_of(post.id, post.revision);
    let edition = app.reads.find::<Edition>(&key).await?.ok_or(Fault::NotFound)?;
    Ok(Shown { post, edition: edition.value, since })
}

/// When a post began to go out, if it did.
pub(in crate::web) const fn went_out(state: &PostState) -> Option<crate::model::At> {
    match state {
        PostState::Publishing { since }
        | PostState::Published { since, .. }
        | PostState::Paused { since, .. } => Some(*since),
        PostState::Withdrawn { since, .. } => *since,
        PostState::Corrected { at } => Some(*at),
        _ => None,
    }
}

/// The page of a post, with the form as it stands.
pub(super) fn post_page(
    app: &App,
    group: &Group,
    shown: Shown,
    (form, status): (Form, StatusCode),
) -> Result<Response, Fault> {
    let Shown { post, edition, since } = shown;
    let withdrawn = is_withdrawn(&post);
    let lang = group.lang;
    let page = PostPage {
        f: Frame::of_group(app, group, title_of(&edition.content, lang)),
        slug: &group.slug,
        group: &group.title,
        topic: app.desk.office().title(&post.topic).to_owned(),
        code: post.code.to_string(),
        at: since.to_string(),
        when: page::moment(app, lang, since),
        body: whole_html(&edition, lang, ""),
        digest: is_digest(&edition.content),
        withdrawn,
        form,
    };
    page::unkept(&page, status)
}
