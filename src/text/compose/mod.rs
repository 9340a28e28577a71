//! From what a post holds to the document that is read, and from what an editor types to what a post holds.

mod typed;

pub use typed::{
    ArticleMistake, ExplainerMistake, Field, explainer_template, parse_article, parse_explainer,
};

use super::Speak;
use super::html::may_link;
use super::say::post::PostWord;
use crate::model::{Block, Content, Digest, DigestItem, Document, Explainer, Inline, Lang};

/// The document that readers get of a post.
#[must_use]
pub fn compose(content: &Content, lang: Lang) -> Document {
    match content {
        Content::Article { title, body } => titled(title, body.0.clone()),
        Content::Explainer(explainer) => {
            titled(&explainer.title, explainer_blocks(explainer, lang))
        }
        Content::Digest(digest) => titled(&digest.title, digest_blocks(digest, lang)),
    }
}

fn titled(title: &str, body: Vec<Block>) -> Document {
    let mut blocks = Vec::with_capacity(body.len() + 1);
    if !title.trim().is_empty() {
        blocks.push(Block::Heading(1, vec![Inline::text(title)]));
    }
    blocks.extend(body);
    Document(blocks)
}

fn explainer_blocks(explainer: &Explainer, lang: Lang) -> Vec<Block> {
    let mut blocks = Vec::new();
    section(&mut blocks, Field::News, &explainer.news, lang);
    line(&mut blocks, Field::Audience, words(&explainer.audience), lang);
    section(&mut blocks, Field::Steps, &explainer.steps, lang);
    line(&mut blocks, Field::Deadline, words(&explainer.deadline), lang);
    line(&mut blocks, Field::Contact, words(&explainer.contact), lang);
    line(&mut blocks, Field::Source, source(explainer), lang);
    line(&mut blocks, Field::Number, words(&explainer.number), lang);
    blocks
}

fn section(blocks: &mut Vec<Block>, field: Field, text: &Document, lang: Lang) {
    if !text.is_empty() {
        blocks.push(Block::Heading(2, vec![Inline::Text(PostWord::Label(field).say(lang))]));
        blocks.extend(text.0.iter().cloned());
    }
}

fn line(blocks: &mut Vec<Block>, field: Field, value: Vec<Inline>, lang: Lang) {
    if !value.is_empty() {
        let mut inlines = vec![Inline::Bold(vec![Inline::Text(PostWord::Lead(field).say(lang))])];
        inlines.extend(value);
        blocks.push(Block::Paragraph(inlines));
    }
}

fn words(text: &str) -> Vec<Inline> {
    let text = text.trim();
    if text.is_empty() { Vec::new() } else { vec![Inline::text(text)] }
}

fn source(explainer: &Explainer) -> Vec<Inline> {
    linked(explainer.link.trim(), explainer.source.trim())
}

/// A label that leads to its address where it has one; the address itself where there is no label.
fn linked(address: &str, label: &str) -> Vec<Inline> {
    let label = if label.is_empty() { address } else { label };
    if may_link(address) { vec![Inline::link(address, label)] } else { words(label) }
}

fn digest_blocks(digest: &Digest, lang: Lang) -> Vec<Block> {
    let mut blocks = Vec::new();
    if digest.sections.iter().all(|s| s.items.is_empty()) {
        blocks.push(Block::Paragraph(vec![Inline::Text(PostWord::NothingNew.say(lang))]));
    }
    blocks.extend(entries(digest));
    if digest.waiting > 0 {
        blocks.push(Block::Paragraph(vec![Inline::Text(
            PostWord::Waiting(digest.waiting).say(lang),
        )]));
    }
    blocks
}

/// The entries of a digest, by sections.
pub(super) fn entries(digest: &Digest) -> Vec<Block> {
    let mut blocks = Vec::new();
    for section in digest.sections.iter().filter(|s| !s.items.is_empty()) {
        if !section.title.trim().is_empty() {
            blocks.push(Block::Heading(2, vec![Inline::text(&section.title)]));
        }
        blocks.push(Block::Numbers(section.items.iter().map(item).collect()));
    }
    blocks
}

fn item(item: &DigestItem) -> Vec<Inline> {
    let mut inlines = linked(item.link.trim(), item.title.trim());
    if !item.line.trim().is_empty() {
        inlines.push(Inline::Text(format!("\n{}", item.line.trim())));
    }
    inlines
}
