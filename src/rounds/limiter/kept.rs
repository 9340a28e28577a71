//! What the limiter writes down, and goes on from.

use super::window::SHORT;
use super::{Chat, Limiter};
use crate::connector::Limits;
use crate::model::{AccountId, At, ChatUsage, Usage};
use std::collections::HashMap;
use std::time::Duration;

/// About how many bytes of lines a page takes; far below what a record may have, because chance fills some
/// pages more than others.
const PAGE_BYTES: usize = 32 * 1024;

/// No page takes more than this: what does not fit is not written down, and the log says so.
const PAGE_MOST: usize = 192 * 1024;

/// How much older than the end of a run its account's own page may be.
const OWN_PAGE: Duration = Duration::from_secs(1);

/// The most pages of chats.
const PAGES_MOST: u16 = 4096;

/// About how many bytes a line takes.
fn bytes(line: &ChatUsage) -> usize {
    16 + line.spent.iter().map(|s| 8 + s.sends.len() * 7).sum::<usize>()
}

impl Limiter {
    /// How long after a usage was written the next one is due: often while there is little to write.
    #[must_use]
    pub fn interval(&self) -> Duration {
        interval(self.lines)
    }

    /// What was spent lately, to be written down in this order: chats first, the account's own page last.
    /// A chat stays in its page; where pages are divided, the new ones stand before the old ones.
    pub fn usage(&mut self, account: &AccountId, at: At) -> Vec<Usage> {
        let now = self.follow(at);
        let lines: Vec<_> = self.chats.iter().filter_map(|(k, c)| self.line(*k, c, now)).collect();
        self.lines = lines.len();
        let needed =
            lines.iter().map(bytes).sum::<usize>().div_ceil(PAGE_BYTES).next_power_of_two();
        self.pages = self.pages.max(u16::try_from(needed).unwrap_or(PAGES_MOST)).min(PAGES_MOST);
        let mut filled: HashMap<u16, Vec<ChatUsage>> = HashMap::new();
        for line in lines {
            let page = u16::try_from(line.chat % u64::from(self.pages)).unwrap_or(0) + 1;
            filled.entry(page).or_default().push(line);
        }
        let page = |page: u16, lines: Vec<ChatUsage>| Usage {
            account: account.clone(),
            page,
            at,
            hold: None,
            pace: Usage::FULL,
            spent: Vec::new(),
            lines: fitting(lines),
        };
        let mut pages: Vec<Usage> = Vec::new();
        for number in (1..=self.pages).rev() {
            let lines = filled.remove(&number).unwrap_or_default();
            // An empty page is written only to empty it.
            if !lines.is_empty() || self.written.remove(&number) {
                pages.push(page(number, lines));
            }
        }
        self.written = pages.iter().filter(|p| !p.lines.is_empty()).map(|p| p.page).collect();
        pages.push(self.own_page(account, at, now));
        pages
    }

    fn own_page(&self, account: &AccountId, at: At, now: i64) -> Usage {
        let hold = (self.account.hold > now).then(|| self.time.shown(self.account.hold));
        let spent = self.account.spent(&self.rules.account, now);
        let (account, pace) = (account.clone(), self.pace.share());
        Usage { account, page: 0, at, hold, pace, spent, lines: Vec::new() }
    }

    fn line(&self, key: u64, chat: &Chat, now: i64) -> Option<ChatUsage> {
        let rules = self.rules.chat(chat.kind);
        let hold = u32::try_from(chat.window.hold.saturating_sub(now).max(0)).unwrap_or(u32::MAX);
        let spent = chat.window.spent(rules, now);
        let kind = chat.kind;
        (hold > 0 || !spent.is_empty()).then_some(ChatUsage { chat: key, kind, hold, spent })
    }

    /// Goes on from what was written down, which may be of several runs: of each chat the newest counts. A
    /// run that ended without a word may have spent what it may within one more interval: the account holds
    /// still until that is over, and of each chat as much is taken for spent as its shortest rate lets pass
    /// meanwhile.
    #[must_use]
    pub fn resume(limits: &Limits, usage: &[Usage], now: At) -> Self {
        let mut limiter = Self::new(limits);
        let mut pages: Vec<&Usage> = usage.iter().collect();
        pages.sort_by_key(|page| page.at);
        limiter.follow(now);
        limiter.lines = pages.iter().map(|page| page.lines.len()).sum();
        let unknown = interval(limiter.lines) + OWN_PAGE;
        for page in pages {
            // Written by a clock that was ahead of ours: as if it had been written now.
            let at = page.at.min(now);
            if page.page == 0 {
                limiter.resume_account(limits, page, at);
            } else {
                limiter.pages = limiter.pages.max(page.page.next_power_of_two()).min(PAGES_MOST);
                limiter.written.insert(page.page);
                limiter.resume_chats(page, at, unknown.min(now.since(at)));
            }
        }
        limiter
    }

    fn resume_account(&mut self, limits: &Limits, page: &Usage, at: At) {
        let here = self.time.read(at);
        self.account.take_over(&self.rules.account, &page.spent, here);
        self.pace = super::Pace::of(page.pace, here);
        // What is over so soon is not written down.
        let short = limits.account.iter().map(|rate| rate.span).filter(|span| *span <= SHORT);
        if !limits.account.is_empty() {
            self.hold_account(at.plus(OWN_PAGE).plus(short.max().unwrap_or_default()));
        }
        if let Some(hold) = page.hold {
            self.hold_account(at.plus(hold.since(page.at)));
        }
    }

    fn resume_chats(&mut self, page: &Usage, at: At, unknown: Duration) {
        let here = self.time.read(at);
        for line in &page.lines {
            let rules = self.rules.chat(line.kind);
            let mut chat = Chat::new(line.kind, rules);
            chat.window.take_over(rules, &line.spent, here);
            chat.window.assume(rules, here, unknown);
            chat.window.hold = here.saturating_add(i64::from(line.hold));
            self.chats.insert(line.chat, chat);
        }
    }
}

/// After what time so many lines are written down again.
fn interval(lines: usize) -> Duration {
    Duration::from_secs(1 + u64::try_from(lines / 200).unwrap_or(0))
}

/// As many of these as a page takes.
fn fitting(mut lines: Vec<ChatUsage>) -> Vec<ChatUsage> {
    let mut left = PAGE_MOST;
    let all = lines.len();
    let fits = lines.iter().take_while(|line| {
        let taken = left.checked_sub(bytes(line));
        left = taken.unwrap_or(0);
        taken.is_some()
    });
    let fits = fits.count();
    if fits < all {
        tracing::warn!(chats = all - fits, "what some chats were sent lately is not written down");
        lines.truncate(fits);
    }
    lines
}
