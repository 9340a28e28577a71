//! What hangs on an account of a platform, and what becomes of it when the account is no more.

use super::people::may_any;
use super::{Call, Desk, DeskError, may};
use crate::model::{
    AccountId, AccountState, Address, At, Changes, Delivery, Index, PhaseName, Priority, Probe,
    ProbeAnswer, Return, Role, Segments, Standing, Subscriber, Suggestion, Usage, Versioned,
};
use crate::store::{Line, Scan, StoreError, typed};
use crate::text::Speak as _;
use crate::text::say::{ChannelRefusal, Counted, HangsSays, LedgerSays};
use std::time::Duration;

/// As many of each are counted.
const COUNTED: usize = 5_000;

/// How many are read at a time.
const PAGE: usize = 500;

/// How many subscriptions end in one commit.
const ENDED_AT_ONCE: usize = 6;

/// The phases in which a suggestion still has something to be told.
const OPEN: [PhaseName; 5] = [
    PhaseName::Received,
    PhaseName::Claimed,
    PhaseName::NeedInfo,
    PhaseName::Accepted,
    PhaseName::DeclineProposed,
];

/// An account is not tried again within this.
const TRIED_EVERY: Duration = Duration::from_secs(30);

/// How an account does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLine {
    /// The account.
    pub account: AccountId,
    /// What was last written down of it; `None` where nothing was sent through it yet.
    pub state: Option<AccountState>,
    /// Until when it waits because its platform asked for it.
    pub waits: Option<At>,
    /// How many messages are owed through it.
    pub owed: Counted,
    /// How many chats receive through it.
    pub chats: Counted,
}

impl Desk {
    /// How each account does.
    ///
    /// # Errors
    /// When the caller is neither editor nor administrator.
    pub async fn accounts(&self, call: &Call) -> Result<Vec<AccountLine>, DeskError> {
        may_any(call, [Role::Editor, Role::Administrator])?;
        let mut lines = Vec::new();
        for account in self.outlets.iter().map(|outlet| &outlet.account) {
            let state = self.reads().find::<AccountState>(&AccountState::key_of(account)).await?;
            let usage = self.reads().find::<Usage>(&Usage::key_of(account)).await?;
            let waits = usage.and_then(|usage| usage.hold).filter(|until| *until > call.at);
            lines.push(AccountLine {
                account: account.clone(),
                state: state.map(|state| state.value),
                waits,
                owed: self.owed_through(account).await?,
                chats: self.chats_through(account).await?,
            });
        }
        Ok(lines)
    }

    /// Lets somebody pass who wants to know how channels are connected.
    ///
    /// # Errors
    /// When the caller is no administrator.
    pub fn connects(&self, call: &Call) -> Result<(), DeskError> {
        may(call, Role::Administrator)?;
        Ok(())
    }

    /// Asks whether an account works; what comes of it is told to `to`. Gives the account.
    ///
    /// # Errors
    /// When the caller is neither editor nor administrator, there is no such account, or it was just asked.
    pub async fn try_account(
        &self,
        call: &mut Call,
        typed: &str,
        to: &Address,
    ) -> Result<AccountId, DeskError> {
        may_any(call, [Role::Editor, Role::Administrator])?;
        let known = || self.outlets.iter().map(|outlet| &outlet.account);
        let account = known().find(|account| account.0.eq_ignore_ascii_case(typed.trim()));
        let account = account.cloned().ok_or_else(|| ChannelRefusal::NoSuchAccount {
            typed: typed.trim().to_owned(),
            known: known().map(ToString::to_string).collect(),
        })?;
        let (lang, at, answer) = (call.lang, call.at, ProbeAnswer::Owed);
        let probe = Probe { account: account.clone(), to: to.clone(), lang, at, answer };
        match self.reads().find::<Probe>(&Probe::key_of(&account)).await? {
            // One that was asked by a clock that was ahead of ours does not hold for ever.
            Some(old) if at.since(old.at) < TRIED_EVERY && old.at <= at => {
                return Err(ChannelRefusal::TriedLately { account: account.0 }.into());
            }
            Some(old) => call.changes.update(&old, probe),
            None => call.changes.insert(probe),
        }
        Ok(account)
    }

    /// What hangs on an account, for whoever operates the machine.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hanging(&self, account: &AccountId) -> Result<HangsSays, StoreError> {
        let chats = self.chats_through(account).await?;
        let owed = self.owed_through(account).await?;
        let mut tally = Tally::default();
        for phase in OPEN {
            let through = |s: &Suggestion| matches!(&s.back, Return::Chat(by, _) if by == account);
            let scan = Scan::of(Index::SuggestionsByPhase, Suggestion::in_phase(phase), PAGE);
            self.count::<Suggestion>(scan, &through, &mut tally).await?;
        }
        Ok(HangsSays { chats, owed, suggestions: tally.counted() })
    }

    /// Ends what chats of an account subscribed to, because it is no more. Done twice, it changes nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end_account(&self, account: &AccountId) -> Result<(), StoreError> {
        let prefix = Segments::new().account(account).done();
        let mut scan = Scan::of(Index::SubscriberByAddress, prefix, ENDED_AT_ONCE);
        loop {
            let lines = self.reads().scan(&scan).await?;
            let ended = match self.end_some(&lines).await {
                // Somebody changed one of them: the page is read again.
                Err(StoreError::Conflict) => continue,
                done => done?,
            };
            match ended {
                Some(last) => scan.after = Some(last.at.clone()),
                None => return Ok(()),
            }
        }
    }

    /// Ends the first of these, as many as fit into one commit; gives the last of them.
    async fn end_some<'a>(&self, lines: &'a [Line]) -> Result<Option<&'a Line>, StoreError> {
        let reason = LedgerSays::AccountRemoved.say(self.office.lang);
        let (mut changes, mut last) = (Changes::new(), None);
        for line in lines {
            let found = self.reads().find::<Subscriber>(&line.key).await?;
            let open = |s: &Versioned<Subscriber>| !matches!(s.standing, Standing::Ended { .. });
            if let Some(old) = found.filter(open) {
                let (id, mut one) = (old.id, Changes::new());
                let standing = Standing::Ended { at: self.now(), reason: reason.clone() };
                let now = Subscriber { standing, ..old.value.clone() };
                self.becomes(&mut one, Some(old), now).await?;
                self.destroy_address(&mut one, id).await?;
                if !changes.has_room(&one, 0) {
                    break;
                }
                changes.append(one);
            }
            last = Some(line);
        }
        if !changes.is_empty() {
            self.store.commit(changes).await?;
        }
        Ok(last)
    }

    /// How many chats receive through an account.
    pub(super) async fn chats_through(&self, account: &AccountId) -> Result<Counted, StoreError> {
        let prefix = Segments::new().account(account).done();
        let scan = Scan::of(Index::SubscriberByAddress, prefix, PAGE);
        let mut tally = Tally::default();
        let active = |s: &Subscriber| s.standing == Standing::Active && !s.topics.is_empty();
        self.count::<Subscriber>(scan, &active, &mut tally).await?;
        Ok(tally.counted())
    }

    /// How many messages are owed through an account.
    pub(super) async fn owed_through(&self, account: &AccountId) -> Result<Counted, StoreError> {
        let mut tally = Tally::default();
        for priority in [Priority::Answer, Priority::Urgent, Priority::Bulk] {
            let mut scan = Scan::of(Index::Due, Delivery::queue(account, priority), PAGE);
            loop {
                let lines = self.reads().scan(&scan).await?;
                tally.looked += lines.len();
                tally.found += lines.len();
                if tally.is_done(&mut scan, &lines) {
                    break;
                }
            }
        }
        Ok(tally.counted())
    }

    async fn count<T: crate::model::Stored + Clone + Send + Sync>(
        &self,
        mut scan: Scan,
        such: &(dyn Fn(&T) -> bool + Send + Sync),
        tally: &mut Tally,
    ) -> Result<(), StoreError> {
        loop {
            let lines = self.reads().scan(&scan).await?;
            let keys: Vec<_> = lines.iter().map(|line| line.key.clone()).collect();
            for found in self.reads().get_each(&keys).await?.into_iter().flatten() {
                tally.looked += 1;
                tally.found += usize::from(such(&typed::<T>(found)?.value));
            }
            if tally.is_done(&mut scan, &lines) {
                return Ok(());
            }
        }
    }
}

/// How many were looked at, and how many of them are meant.
#[derive(Default)]
struct Tally {
    looked: usize,
    found: usize,
}

impl Tally {
    /// Whether nothing is left to be looked at, or enough was; else the scan goes on behind these lines.
    fn is_done(&self, scan: &mut Scan, lines: &[Line]) -> bool {
        let last = lines.last().filter(|_| lines.len() == PAGE && self.looked < COUNTED);
        let Some(last) = last else { return true };
        scan.after = Some(last.at.clone());
        false
    }

    fn counted(&self) -> Counted {
        let found = u64::try_from(self.found).unwrap_or(u64::MAX);
        if self.looked >= COUNTED { Counted::Over(found) } else { Counted::All(found) }
    }
}
