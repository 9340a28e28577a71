//! Connecting a group by a code: an editor chooses topics and passes the code on, and whoever may decide for the group
//! brings it there. It holds for a quarter of an hour, and works once: of two groups that bring it at the same time,
//! the commit of the second is a conflict, and it is told that the code was used.

use super::labels::words;
use super::people::{hash_of, may_any};
use super::{Call, Desk, DeskError};
use crate::model::{Address, ChatKind, Code, Lang, Pairing, Rank, Role, TopicId};
use crate::text::say::{ChannelRefusal, Refusal};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a code can be used.
pub const PAIRING_HOLDS: Duration = Duration::from_mins(15);

/// How many characters a code has: 40 bits, of which no guess is right within its quarter of an hour.
const LETTERS: usize = 8;

/// What came of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paired {
    /// What people call the topics.
    pub topics: Vec<String>,
    /// Where whoever made the code is told of it, and in which language.
    pub tell: Option<(Address, Lang)>,
}

impl Desk {
    /// Makes a code by which a group is subscribed to these topics, as typed. Gives it with what people call them.
    ///
    /// # Errors
    /// When the caller is neither editor nor administrator, or a topic is unknown.
    pub fn pairing(&self, call: &mut Call, typed: &str) -> Result<(Code, Vec<String>), DeskError> {
        let by = may_any(call, [Role::Editor, Role::Administrator])?.id;
        let topics = self.topics_of(typed)?;
        let code = self.code(LETTERS);
        let titles = self.titles(&topics);
        let until = call.at.plus(PAIRING_HOLDS);
        call.changes.insert(Pairing { hash: hash_of(&code), topics, by, until });
        Ok((code, titles))
    }

    /// Takes up a code in a group: the group is subscribed, and the code is used up. `rank` is that of whoever brings
    /// it; where the platform does not tell ranks, the code stands for one.
    ///
    /// # Errors
    /// When it was used, has expired, or never was; or when whoever brings it is known not to decide for the group.
    pub async fn pair(
        &self,
        call: &mut Call,
        (chat, title): (&Address, &str),
        rank: Rank,
        code: &Code,
    ) -> Result<Paired, DeskError> {
        if chat.kind == ChatKind::Direct {
            return Err(ChannelRefusal::PairInGroup.into());
        }
        if rank == Rank::Member {
            return Err(Refusal::NotChatAdministrator.into());
        }
        let found = self.reads().find::<Pairing>(&Pairing::key_of(&hash_of(code))).await?;
        let pairing = found.filter(|p| p.until > call.at).ok_or(ChannelRefusal::PairingGone)?;
        call.changes.remove(&pairing);
        let known = |topic: &&TopicId| self.office.topics.iter().any(|t| t.id == **topic);
        let topics: BTreeSet<TopicId> = pairing.topics.iter().filter(known).cloned().collect();
        let titles = self.titles(&topics);
        self.subscribe_to(call, (chat, title), topics).await?;
        let by = self.person(pairing.by).await?;
        let tell = by.and_then(|person| Some((person.value.direct?, person.value.lang)));
        Ok(Paired { topics: titles, tell })
    }

    /// The topics that somebody means: one, several parted by commas or blanks, or all.
    fn topics_of(&self, typed: &str) -> Result<BTreeSet<TopicId>, Refusal> {
        let all = || self.office.topics.iter().map(|topic| topic.id.clone()).collect();
        let typed = typed.trim();
        match (typed.to_lowercase().as_str(), self.office.topics.len()) {
            ("", 1) | ("all" | "全部", 1..) => return Ok(all()),
            ("", 2..) => {
                let known = self.office.topics.iter().map(|topic| topic.title.clone());
                return Err(ChannelRefusal::PairWhat { known: known.collect() }.into());
            }
            _ => {}
        }
        if let Some(topic) = self.office.topic(typed) {
            return Ok(BTreeSet::from([topic.id.clone()]));
        }
        words(typed).into_iter().map(|piece| Ok(self.topic(piece)?.id.clone())).collect()
    }

    fn titles(&self, topics: &BTreeSet<TopicId>) -> Vec<String> {
        topics.iter().map(|topic| self.office.title(topic).to_owned()).collect()
    }
}
