//! What a push will cost, before it is confirmed: how many chats and messages, until when, and which quota it
//! would break.
//!
//! The figures are an estimate, by these rules. *Messages*: the post is rendered at each account's size, in
//! each language of its readers. *Before it in the queue*: whatever is more urgent; what is planned already;
//! and of each other post of its priority as many messages as its own, for they take turns. *The end*: for
//! each rate, as many whole spans as all these need beside what was spent of it lately; the longest counts.

use super::{Call, Carrier, Desk, DeskError, Outlet, may};
use crate::model::{
    AccountId, At, Audience, ChatKind, Content, Delivery, Edition, Enclosed, FanOut, Index, Lang,
    Post, Priority, Rate, Role, TopicId, Usage, Work,
};
use crate::store::{Scan, StoreError};
use crate::text::letter::{Taking, letters};
use crate::text::say::{AccountCostSays, CostSays};
use std::collections::BTreeMap;
use std::time::Duration;

/// Quotas are rates of this span or more: what does not fit waits long.
const QUOTA: Duration = Duration::from_hours(1);

/// About how long one request takes.
const REQUEST: Duration = Duration::from_millis(50);

/// Up to how many planned deliveries are counted, and works of other posts are looked at.
const COUNTED: usize = 5_000;
const WORKS: usize = 256;

/// What a push will cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// How many chats get it.
    pub chats: u64,
    /// How many messages that are.
    pub messages: u64,
    /// By account.
    pub accounts: Vec<AccountCost>,
    /// When the last is sent.
    pub end: At,
}

/// What a push will cost one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountCost {
    /// The account.
    pub account: AccountId,
    /// How many chats get it.
    pub chats: u64,
    /// How many messages that are.
    pub messages: u64,
    /// How many messages go before it, or in turn with it.
    pub ahead: u64,
    /// When the last is sent.
    pub end: At,
    /// How much of its limits the account uses, in thousandths.
    pub pace: u16,
    /// The quotas that it would break: what is beyond them waits.
    pub breaks: Vec<Break>,
    /// Who brings it there.
    pub carrier: Carrier,
}

/// A quota that would be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// How many are allowed …
    pub sends: u32,
    /// … within this.
    pub span: Duration,
    /// How many of them are spent.
    pub spent: u64,
}

impl Cost {
    /// The same in words, with times of an office's zone.
    #[must_use]
    pub fn says(&self, zone: chrono_tz::Tz) -> CostSays {
        let local = |at: At| at.utc().with_timezone(&zone).naive_local();
        let account = |a: &AccountCost| AccountCostSays {
            account: a.account.0.clone(),
            chats: a.chats,
            messages: a.messages,
            ahead: a.ahead,
            end: local(a.end),
            percent: a.pace / 10,
            breaks: a.breaks.iter().map(|b| (b.sends, b.span, b.spent)).collect(),
        };
        let kept = self.accounts.iter().filter(|a| a.carrier == Carrier::People);
        CostSays {
            by_hand: kept.map(|a| a.chats).sum(),
            chats: self.chats,
            messages: self.messages,
            end: local(self.end),
            accounts: self.accounts.iter().map(account).collect(),
        }
    }
}

/// What a post says and carries.
#[derive(Clone, Copy, Debug)]
pub struct Says<'a> {
    /// What it says.
    pub content: &'a Content,
    /// What it carries.
    pub enclosed: &'a [Enclosed],
}

impl<'a> Says<'a> {
    /// What an edition says and carries.
    #[must_use]
    pub fn of(edition: &'a Edition) -> Self {
        Self { content: &edition.content, enclosed: &edition.enclosed }
    }
}

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// When it would go out.
    pub at: At,
    /// How urgent it would be.
    pub priority: Priority,
}

impl Desk {
    /// What pushing a post that says this would cost.
    ///
    /// # Errors
    /// When the caller is no editor.
    pub async fn cost(
        &self,
        call: &Call,
        post: &Post,
        edition: &Says<'_>,
        plan: Plan,
    ) -> Result<Cost, DeskError> {
        may(call, Role::Editor)?;
        let mut by_account: BTreeMap<&str, Vec<(Audience, u64)>> = BTreeMap::new();
        let audiences = self.audiences(&post.topic).await?;
        for (audience, chats) in &audiences {
            by_account.entry(&audience.account.0).or_default().push((audience.clone(), *chats));
        }
        let mut cost = Cost { chats: 0, messages: 0, accounts: Vec::new(), end: plan.at };
        for own in by_account.into_values() {
            let account = self.account_cost(post, edition, plan, (&own, call.at)).await?;
            cost.chats += account.chats;
            cost.messages += account.messages;
            cost.end = cost.end.max(account.end);
            cost.accounts.push(account);
        }
        Ok(cost)
    }

    /// The same for a post as it is kept.
    ///
    /// # Errors
    /// When the caller is no editor, or what the post says is gone.
    pub async fn cost_of(&self, call: &Call, post: &Post, plan: Plan) -> Result<Cost, DeskError> {
        may(call, Role::Editor)?;
        let edition = self.edition(post).await?;
        let gone = || crate::text::say::Refusal::NoSuchPost(post.code.to_string());
        let edition = edition.ok_or_else(gone)?;
        self.cost(call, post, &Says::of(&edition), plan).await
    }

    /// How many chats have a topic.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn audience(&self, topic: &TopicId) -> Result<u64, StoreError> {
        Ok(self.audiences(topic).await?.iter().map(|(_, chats)| chats).sum())
    }

    async fn audiences(&self, topic: &TopicId) -> Result<Vec<(Audience, u64)>, StoreError> {
        let counts = self.reads().tallies(&Audience::of_topic(topic)).await?;
        let read = |(counter, count)| {
            Some((Audience::of_counter(&counter)?, u64::try_from(count).ok().filter(|n| *n > 0)?))
        };
        Ok(counts.into_iter().filter_map(read).collect())
    }

    async fn account_cost(
        &self,
        post: &Post,
        edition: &Says<'_>,
        plan: Plan,
        (own, now): (&[(Audience, u64)], At),
    ) -> Result<AccountCost, StoreError> {
        let account = own.first().map(|(a, _)| a.account.clone());
        let account = account.unwrap_or_else(|| AccountId(String::new()));
        let outlet = self.outlets.iter().find(|o| o.account == account);
        let mut parts = Parts::default();
        let (mut chats, mut messages, mut longest) = (0, 0, Duration::ZERO);
        let mut in_chats = Vec::new();
        for (audience, count) in own {
            let each = outlet.map_or(1, |o| parts.of(edition, audience.lang, o));
            in_chats.push((audience.kind, each));
            chats += count;
            messages += count * each;
            longest =
                longest.max(outlet.map_or(Duration::ZERO, |o| in_chat(o, audience.kind, each)));
        }
        let usage = self.reads().find::<Usage>(&Usage::key_of(&account)).await?;
        let usage = usage.map(|u| u.value);
        let pace = usage.as_ref().map_or(Usage::FULL, |u| u.paced(now));
        let ahead = self.ahead(post, &account, plan.priority, messages).await?;
        let empty = || AccountCost {
            account: account.clone(),
            chats,
            messages,
            ahead,
            pace,
            end: plan.at,
            breaks: Vec::new(),
            carrier: outlet.map(|o| o.carrier).unwrap_or_default(),
        };
        let Some(outlet) = outlet else { return Ok(empty()) };
        let spent = |rate: &Rate| usage.as_ref().map_or(0, |u| u.spent_of(rate, plan.at));
        let later = plan.at.since(now);
        let ahead_then = ahead.saturating_sub(sendable(outlet, later));
        let span = takes(outlet, messages + ahead_then, pace, &spent).max(longest);
        let breaks = outlet.rates.iter().filter(|rate| rate.span >= QUOTA);
        let breaks = breaks.filter_map(|rate| {
            let spent = spent(rate);
            (spent + messages + ahead_then > u64::from(rate.sends)).then_some(Break {
                sends: rate.sends,
                span: rate.span,
                spent,
            })
        });
        let mut breaks: Vec<_> = breaks.collect();
        for (kind, each) in in_chats {
            for found in self.breaks_in_chats(outlet, (kind, each), plan.at).await? {
                if !breaks.contains(&found) {
                    breaks.push(found);
                }
            }
        }
        Ok(AccountCost { end: plan.at.plus(span), breaks, ..empty() })
    }

    /// The quotas of chats of a kind that so many messages to each would break. What was spent of them counts where an
    /// account has one such chat, to which it pushes to many together.
    async fn breaks_in_chats(
        &self,
        outlet: &Outlet,
        (kind, each): (ChatKind, u64),
        at: At,
    ) -> Result<Vec<Break>, StoreError> {
        let rates = outlet.chats.iter().find(|(of, _)| *of == kind).map_or(&[][..], |(_, r)| r);
        let quotas: Vec<_> = rates.iter().filter(|rate| rate.span >= QUOTA).collect();
        let pages = if kind == ChatKind::Channel && !quotas.is_empty() {
            self.reads().all::<Usage>(&Usage::pages_of(&outlet.account)).await?
        } else {
            Vec::new()
        };
        let broken = quotas.into_iter().filter_map(|rate| {
            let spent = pages.iter().map(|page| page.spent_by_chats(kind, rate, at)).max();
            let spent = spent.unwrap_or(0);
            let breaks = spent + each > u64::from(rate.sends);
            breaks.then_some(Break { sends: rate.sends, span: rate.span, spent })
        });
        Ok(broken.collect())
    }

    /// How many messages go before a post's, or in turn with them.
    async fn ahead(
        &self,
        post: &Post,
        account: &AccountId,
        priority: Priority,
        own: u64,
    ) -> Result<u64, StoreError> {
        let mut ahead = 0;
        for other in [Priority::Answer, Priority::Urgent, Priority::Bulk] {
            if other > priority {
                break;
            }
            let scan = Scan::of(Index::Due, Delivery::queue(account, other), COUNTED);
            ahead += self.reads().scan(&scan).await?.len() as u64;
            let scan = Scan::of(Index::FanOuts, FanOut::of_priority(other), WORKS);
            for work in self.reads().find_all::<FanOut>(&scan).await? {
                if work.post == post.id {
                    continue;
                }
                let left = self.left(&work, account).await?;
                ahead += if other < priority { left } else { left.min(own) };
            }
        }
        Ok(ahead)
    }

    /// How many messages some work of another post still brings to an account.
    async fn left(&self, work: &FanOut, account: &AccountId) -> Result<u64, StoreError> {
        let planned = match &work.work {
            Work::Divide => 0,
            Work::Plan(of) if of == account => work.planned,
            _ => return Ok(0),
        };
        let audiences = self.audiences(&work.topic).await?;
        let chats = audiences.iter().filter(|(a, _)| a.account == *account).map(|(_, n)| n);
        let chats: u64 = chats.sum();
        let key = Edition::key_of(work.post, work.revision);
        let edition = self.reads().find::<Edition>(&key).await?;
        let outlet = self.outlets.iter().find(|o| o.account == *account);
        let each = match (edition, outlet) {
            (Some(edition), Some(outlet)) => {
                Parts::default().of(&Says::of(&edition), self.office.lang, outlet)
            }
            _ => 1,
        };
        Ok(chats.saturating_sub(planned) * each)
    }
}

/// How many messages a text is, by language: rendered once for each.
#[derive(Default)]
struct Parts(Vec<(Lang, u64)>);

impl Parts {
    fn of(&mut self, edition: &Says<'_>, lang: Lang, outlet: &Outlet) -> u64 {
        if let Some((_, parts)) = self.0.iter().find(|(known, _)| *known == lang) {
            return *parts;
        }
        // How long the base of links is changes nothing worth telling.
        let taking = Taking { size: outlet.size, carries: outlet.carries, base: "https://" };
        let parts = letters(edition.content, edition.enclosed, lang, taking).len() as u64;
        self.0.push((lang, parts));
        parts
    }
}

/// How long a text of several messages takes within one chat.
fn in_chat(outlet: &Outlet, kind: ChatKind, parts: u64) -> Duration {
    let rates = outlet.chats.iter().find(|(k, _)| *k == kind).map_or(&[][..], |(_, rates)| rates);
    rates.iter().map(|rate| spans(parts, rate, rate.span)).max().unwrap_or_default()
}

/// How long so many messages take under an account's rates, beside what was spent of each.
fn takes(outlet: &Outlet, messages: u64, pace: u16, spent: &dyn Fn(&Rate) -> u64) -> Duration {
    let of = |rate: &Rate| {
        let slowed = rate.span * u32::from(Usage::FULL) / u32::from(pace).max(1);
        let span = if rate.span < QUOTA { slowed } else { rate.span };
        spans(messages + spent(rate), rate, span)
    };
    let parallel = u32::try_from(outlet.parallel.max(1)).unwrap_or(u32::MAX);
    let requests = REQUEST * u32::try_from(messages).unwrap_or(u32::MAX) / parallel;
    outlet.rates.iter().map(of).fold(requests, Duration::max)
}

/// As many whole spans as so many messages need after the first.
fn spans(messages: u64, rate: &Rate, span: Duration) -> Duration {
    let spans = messages.div_ceil(u64::from(rate.sends.max(1))).saturating_sub(1);
    span.saturating_mul(u32::try_from(spans).unwrap_or(u32::MAX))
}

/// About how many messages an account sends within a span.
fn sendable(outlet: &Outlet, within: Duration) -> u64 {
    let of = |rate: &Rate| {
        let spans = within.as_millis() / rate.span.as_millis().max(1);
        u64::try_from(spans).unwrap_or(u64::MAX).saturating_mul(u64::from(rate.sends))
    };
    outlet.rates.iter().map(of).min().unwrap_or(u64::MAX)
}
