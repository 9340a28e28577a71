//! Readers by e-mail: whoever leaves an address is asked there whether it is theirs.
//!
//! Until they say so nothing is kept of it but the question that is owed: sealed words to a sealed address, which go
//! with the notice. What they are asked by carries all that has to be known later.

use super::again::until_settled;
use super::steps::change;
use super::{Call, Desk, DeskError, Saying};
use crate::model::{Address, Button, ButtonDoes, Changes, Lang, Rank, TopicId};
use crate::store::StoreError;
use crate::text::Speak as _;
use crate::text::say::MailSays;
use std::collections::HashSet;

/// For how many hours an address can be confirmed.
pub const CONFIRMED_WITHIN: u32 = 48;

impl Desk {
    /// Asks whoever reads an address to confirm it on a page.
    ///
    /// # Errors
    /// When the key file fails.
    pub fn ask_reader(
        &self,
        call: &mut Call,
        to: &Address,
        topics: &[TopicId],
        page: String,
    ) -> Result<(), DeskError> {
        let office = self.office.name.clone();
        let titles = topics.iter().map(|t| self.office.title(t).to_owned()).collect();
        let says = MailSays::ConfirmAsked { office, topics: titles, hours: CONFIRMED_WITHIN };
        let button =
            Button { label: MailSays::ConfirmButton.say(call.lang), does: ButtonDoes::Open(page) };
        let saying = Saying::of(says.doc(call.lang)).buttons(vec![vec![button]]);
        Ok(self.say_alone(call, to, saying)?)
    }

    /// Subscribes a reader who confirmed. Returns what people call the topics.
    ///
    /// # Errors
    /// When there is none of these topics any more.
    pub async fn reader_confirmed(
        &self,
        call: &mut Call,
        reader: &Address,
        topics: &[TopicId],
    ) -> Result<Vec<String>, DeskError> {
        let found = topics.iter().map(|topic| self.topic(&topic.0));
        let found = found.collect::<Result<Vec<_>, _>>()?;
        let titles = found.iter().map(|topic| topic.title.clone()).collect();
        let topics = found.iter().map(|topic| topic.id.clone()).collect();
        self.subscribe_to(call, (reader, ""), topics).await?;
        Ok(titles)
    }

    /// Ends a reader's subscription to a topic, or to all. Returns what people call those that ended.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reader_left(
        &self,
        call: &mut Call,
        reader: &Address,
        topic: Option<&TopicId>,
    ) -> Result<Vec<String>, DeskError> {
        let typed = topic.map(|t| t.0.as_str());
        self.unsubscribe(call, reader, Rank::Decides, typed).await
    }

    /// Subscribes those whom the office brings along, unless they were here before: whoever left stays away.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn bring_along(
        &self,
        readers: &[Address],
        (topics, lang): (&[TopicId], Lang),
    ) -> Result<usize, StoreError> {
        let (mut left, mut brought) = (readers, 0);
        while !left.is_empty() {
            let page = until_settled(|| self.bring_page(left, (topics, lang))).await?;
            left = &left[page.seen..];
            brought += page.brought;
        }
        Ok(brought)
    }

    /// As many of the first of them as fit into one commit.
    async fn bring_page(
        &self,
        readers: &[Address],
        (topics, lang): (&[TopicId], Lang),
    ) -> Result<Page, StoreError> {
        let (mut changes, mut page) = (Changes::new(), Page::default());
        let mut here = HashSet::new();
        for reader in readers {
            if !here.contains(reader) && self.subscriber(reader).await?.is_none() {
                let mut newcomer = self.newcomer(reader, "", lang).await?;
                newcomer.topics = topics.iter().cloned().collect();
                let one = change(None, newcomer.clone());
                if !changes.is_empty() && !changes.has_room(&one, 0) {
                    break;
                }
                self.becomes(&mut changes, None, newcomer).await?;
                here.insert(reader);
            }
            page.seen += 1;
        }
        if !changes.is_empty() {
            self.store.commit(changes).await?;
        }
        page.brought = here.len();
        Ok(page)
    }
}

/// Of how many readers it is settled that they are here.
#[derive(Default)]
struct Page {
    seen: usize,
    brought: usize,
}
