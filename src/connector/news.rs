//! News cards (图文, `news`) as WeCom takes them, from its applications and its group robots.

use crate::text::Card;
use serde::Serialize;

/// A message of cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct News {
    articles: Vec<Article>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Article {
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    picurl: Option<String>,
}

impl News {
    /// The message that shows these cards.
    pub(super) fn of(cards: &[Card]) -> Self {
        let article = |card: &Card| Article {
            title: card.title.clone(),
            description: card.below.clone(),
            url: card.url.clone(),
            picurl: card.picture.clone(),
        };
        Self { articles: cards.iter().map(article).collect() }
    }
}
