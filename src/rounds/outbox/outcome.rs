//! What a platform's answer means for the delivery, its chat and its account.

use super::Outbox;
use super::alarm::Mend;
use super::claim::{give_back, keep_place, put_back};
use super::flow::Flow;
use super::given_up::Told;
use super::hands::{Hands, Health};
use super::prepare::{Item, Load, Says, To, Unreachable};
use super::settle::Settlement;
use super::words::Leaf;
use crate::connector::{Finish, SendFailure, WaitScope, diagnose};
use crate::metrics::SendCount;
use crate::model::{
    AccountId, At, Attempt, ChatKind, Delivery, DeliveryId, MessageMark, MessageRef, Outcome,
    Place, Stored as _, Tally, UnknownPolicy,
};
use crate::text::Speak;
use crate::text::say::{AlarmSays, LedgerSays};
use std::time::Duration;

/// What became of a request.
pub(super) enum Answer {
    Taken(Taken),
    /// The same, for some of those who read there: whom it left out.
    Partly(Taken, String),
    Failed(SendFailure),
    /// Its address or text was erased meanwhile, or nothing is left of it to send.
    Unopened,
    /// Our hold on the account had ended: nothing left this process.
    Unsent,
}

/// What the platform took.
pub(super) enum Taken {
    /// A part, as this message.
    Message(MessageMark),
    /// All there was, and no message of it stands anywhere.
    Whole,
}

/// After so many requests of one delivery of which nobody knows whether they arrived, no other is made by itself.
const UNKNOWN_MOST: usize = 3;

/// By so many failures more the wait before the next one is longer: up to 40 s, then up to 80 s by default.
const UNKNOWN_WAITS: u16 = 2;

/// A platform that asks for less waits at least this long, and at most that long: days are asked for at most, and what
/// is more is a mistake of the platform's.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_hours(25));

/// A failure that is tried again sooner than this keeps its chat's order; a longer one is overtaken.
const ORDER_KEPT: Duration = Duration::from_mins(1);

impl Outbox {
    /// Counts what came of a request.
    fn count(&self, hands: &Hands, answer: &Answer) {
        let outcome = match answer {
            Answer::Unopened | Answer::Unsent => return,
            Answer::Taken(_) | Answer::Partly(..) => SendCount::Taken,
            Answer::Failed(failure) => match failure {
                SendFailure::Wait { span, .. } => {
                    self.metrics.waited(hands.connector.account(), *span);
                    SendCount::Waited
                }
                SendFailure::Transient(_) | SendFailure::Misconfigured(_) => SendCount::Failed,
                SendFailure::Moved(_) => SendCount::Moved,
                SendFailure::Rejected(_) | SendFailure::Gone(_) | SendFailure::Blocked(_) => {
                    SendCount::Refused
                }
                SendFailure::Unknown(_) => SendCount::Unknown,
                SendFailure::Partly { .. } => SendCount::Taken,
            },
        };
        self.metrics.sent(hands.connector.platform(), outcome);
    }

    /// A message of ours, as far as the store may know it.
    pub(super) fn mark(
        &self,
        load: &Load,
        (account, chat): (&AccountId, &str),
        message: String,
    ) -> MessageMark {
        let chat = chat.to_owned();
        match load.to {
            To::Open(_) => MessageMark::Open { chat, message },
            To::Sealed(_) => {
                let account = account.clone();
                MessageMark::Hidden(self.hasher.message(&MessageRef { account, chat, message }))
            }
        }
    }
}

impl Flow<'_> {
    /// Decides what follows from an answer.
    pub(super) fn conclude(&mut self, hands: &mut Hands, item: Item, answer: Answer, now: At) {
        self.outbox.count(hands, &answer);
        match answer {
            Answer::Partly(taken, left_out) => {
                let item = self.left_out(hands, item, left_out, now);
                self.conclude_taken(hands, item, taken, now);
            }
            Answer::Taken(taken) => self.conclude_taken(hands, item, taken, now),
            Answer::Failed(failure) => self.failed(hands, &item, failure, now),
            Answer::Unopened => self.unopened(hands, &item, now),
            Answer::Unsent => {
                let old = &item.delivery.value;
                let new = old.clone().release(item.due);
                self.outcomes.push_back(Settlement::tried(old, new));
                hands.lanes.done(item.chat);
            }
        }
    }

    fn conclude_taken(&mut self, hands: &mut Hands, item: Item, taken: Taken, now: At) {
        hands.health = match hands.health {
            Health::Probing => {
                tracing::info!(account.id = %hands.connector.account(), "the account sends again");
                Health::Open
            }
            other => other,
        };
        hands.took(now);
        self.taken(hands, item, taken, now);
    }

    /// Notes whom the platform left out, and tells staff: with the first part of which it says so, and not again with
    /// each that follows.
    fn left_out(&mut self, hands: &Hands, mut item: Item, left_out: String, now: At) -> Item {
        let account = hands.connector.account().0.clone();
        let old = item.delivery.value;
        let known = |attempt: &Attempt| matches!(attempt.outcome, Outcome::LeftOut(_));
        if old.sent.is_empty() || !old.attempts.iter().any(known) {
            tracing::warn!(account.id = %account, "a message was taken for some of those who read there alone");
            let title = match &item.load.says {
                Says::Parts { parts, .. } => title(parts),
                Says::Press { .. } => "",
            };
            let title = title.to_owned();
            self.tell(AlarmSays::LeftOut { title, account, reason: left_out.clone() });
        }
        item.delivery.value = old.note_left_out(now, left_out);
        item
    }

    fn taken(&mut self, hands: &mut Hands, mut item: Item, taken: Taken, now: At) {
        let was = item.delivery.value.places();
        let (parts, new) = match (taken, &item.load.says) {
            (Taken::Message(mark), Says::Parts { parts, .. }) => {
                (parts.len(), item.delivery.value.part_taken(mark))
            }
            _ => (0, item.delivery.value),
        };
        if new.sent.len() < parts {
            item.delivery.value = new.clone();
            self.outcomes.push_back(Settlement::step(was, new).then_next(item));
            return;
        }
        hands.lanes.done(item.chat);
        self.finish(hands, item.kind, &item.load);
        let settled = all_taken(hands, item.kind, (was, new), now);
        self.outcomes.push_back(settled.shredding(item.load.shred));
    }

    /// Tells staff where the platform leaves the last step to them. Told again if we end before it is written down
    /// that it was taken; never left out.
    fn finish(&mut self, hands: &Hands, kind: ChatKind, load: &Load) {
        let Says::Parts { parts, .. } = &load.says else { return };
        if hands.connector.finish(kind) != Finish::ByHand {
            return;
        }
        let mut lines = parts.iter().filter_map(|leaf| leaf.part.text.lines().next());
        let first = lines.next();
        let (title, account) = (first.unwrap_or_default().to_owned(), hands.connector.account());
        self.tell(AlarmSays::SendByHand { title, account: account.0.clone() });
    }

    /// Nothing is left to send: all of it went out before, or was erased.
    fn unopened(&mut self, hands: &mut Hands, item: &Item, now: At) {
        let old = &item.delivery.value;
        let all =
            matches!(&item.load.says, Says::Parts { parts, .. } if old.sent.len() >= parts.len());
        if all {
            hands.lanes.done(item.chat);
            let settled = all_taken(hands, item.kind, (old.places(), old.clone()), now);
            self.outcomes.push_back(settled.shredding(item.load.shred));
        } else {
            let why = LedgerSays::Erased.say(self.outbox.settings.ledger);
            self.dead(hands, item, why, now);
        }
    }

    fn failed(&mut self, hands: &mut Hands, item: &Item, failure: SendFailure, now: At) {
        let post = matches!(item.delivery.value.id, DeliveryId::Post(..));
        match failure {
            SendFailure::Wait { span, scope } => self.wait(hands, item, span, scope, now),
            SendFailure::Transient(what) => self.transient(hands, item, what, now),
            SendFailure::Unknown(what) => self.unknown(hands, item, what, now),
            SendFailure::Gone(why) if post && is_one_reader(item) => {
                self.left(hands, item, why, now);
            }
            SendFailure::Gone(why) if post => {
                let end = Mend::Ended(why.clone());
                self.dead_with(hands, item, why, end, now);
            }
            SendFailure::Blocked(why) if post => {
                let pause = Mend::Paused(why.clone());
                self.dead_with(hands, item, why, pause, now);
            }
            SendFailure::Rejected(why) => self.give_up(hands, item, why, now),
            SendFailure::Gone(why) | SendFailure::Blocked(why) => {
                self.dead(hands, &unreached(item), why, now);
            }
            SendFailure::Moved(to) => match &item.load.to {
                To::Open(from) => {
                    let mend = Mend::Moved { from: from.clone(), to };
                    let old = &item.delivery.value;
                    let new = old.clone().settle_moved(now);
                    self.give_back_behind(hands, item, (now, now));
                    self.settle_and_mend(Settlement::tried(old, new), mend);
                }
                To::Sealed(_) => {
                    let why = LedgerSays::AddressMoved.say(self.outbox.settings.ledger);
                    self.dead(hands, item, why, now);
                }
            },
            SendFailure::Misconfigured(why) => self.shut(hands, item, why, now),
            // A message that was taken for some is concluded as taken; of a change or an answer nobody is left out.
            SendFailure::Partly { left_out, .. } => self.give_up(hands, item, left_out, now),
        }
    }

    fn wait(&mut self, hands: &mut Hands, item: &Item, span: Duration, scope: WaitScope, now: At) {
        let span = span.clamp(WAITS.0, WAITS.1);
        let until = now.plus(span);
        tracing::debug!(account.id = %hands.connector.account(), wait_ms = span.as_millis(), "asked to wait");
        let old = &item.delivery.value;
        match scope {
            WaitScope::Account => {
                hands.refused(until, now);
                let new = old.clone().settle_wait(now, until, item.due);
                self.outcomes.push_back(Settlement::tried(old, new));
                keep_place(hands, item);
                let behind = hands.lanes.drain(item.chat);
                self.release(hands, behind);
                hands.lanes.done(item.chat);
            }
            WaitScope::Chat => {
                hands.limiter.hold_chat(item.chat, item.kind, until);
                hands.wait(item.chat, now, until);
                let at = put_back(hands, item, (until, now));
                let new = old.clone().settle_wait(now, until, at);
                self.outcomes.push_back(Settlement::tried(old, new));
                self.give_back_behind(hands, item, (at, now));
            }
        }
    }

    /// Gives back what waits for the sake of the whole account: it is due when it was, and keeps its place.
    fn release(&mut self, hands: &mut Hands, items: Vec<Item>) {
        for item in items {
            keep_place(hands, &item);
            self.outcomes.push_back(Settlement::released(item.delivery.value, item.due));
        }
    }

    fn transient(&mut self, hands: &mut Hands, item: &Item, what: String, now: At) {
        let failures = item.delivery.value.failures;
        if failures.saturating_add(1) >= self.outbox.settings.failures_most {
            let often = LedgerSays::FailedTooOften.say(self.outbox.settings.ledger);
            return self.give_up(hands, item, format!("{often}: {what}"), now);
        }
        self.again_later(hands, item, (failures, now), |old, at| old.settle_failed(now, what, at));
    }

    /// It is tried again after a while that grows with the failures. A short one keeps its chat's order.
    fn again_later(
        &mut self,
        hands: &mut Hands,
        item: &Item,
        (failures, now): (u16, At),
        settle: impl FnOnce(Delivery, At) -> Delivery,
    ) {
        let old = &item.delivery.value;
        let again = now.plus(self.outbox.backoff(failures));
        if again.since(now) > ORDER_KEPT {
            self.outcomes.push_back(Settlement::tried(old, settle(old.clone(), again)));
            return hands.lanes.done(item.chat);
        }
        hands.limiter.hold_chat(item.chat, item.kind, again);
        let at = put_back(hands, item, (again, now));
        self.outcomes.push_back(Settlement::tried(old, settle(old.clone(), at)));
        self.give_back_behind(hands, item, (at, now));
    }

    /// Nobody knows whether it arrived. Sent again it may stand there twice; so that is done a few times at most, and
    /// then a person decides, or for a notice, which nobody could decide about, it is given up.
    fn unknown(&mut self, hands: &mut Hands, item: &Item, what: String, now: At) {
        let old = &item.delivery.value;
        let is_unknown = |attempt: &&Attempt| matches!(attempt.outcome, Outcome::Unknown(_));
        let enough = old.attempts.iter().filter(is_unknown).count() + 1 >= UNKNOWN_MOST;
        match (policy_of(old.id, hands.policy), old.id) {
            (UnknownPolicy::Resend, _) if !enough => {
                // What hides one answer hides the next as well for a while: as if it had failed some times already.
                let failures = old.failures.saturating_add(1);
                let waits = (failures.saturating_add(UNKNOWN_WAITS), now);
                self.again_later(hands, item, waits, |old, at| {
                    let old = Delivery { failures, ..old };
                    old.settle_unknown(now, what, UnknownPolicy::Resend, at)
                });
            }
            (_, DeliveryId::Notice(_)) => self.give_up(hands, &unreached(item), what, now),
            (_, DeliveryId::Post(..)) => {
                let new = old.clone().settle_unknown(now, what, UnknownPolicy::Hold, now);
                hands.held += 1;
                hands.lanes.done(item.chat);
                self.outcomes.push_back(Settlement::tried(old, new).counted(Tally::Unknown));
            }
        }
    }

    fn dead(&mut self, hands: &mut Hands, item: &Item, why: String, now: At) {
        let settled = died(hands, item, why, now);
        self.outcomes.push_back(settled);
    }

    /// It is dead although the chat would have taken it: staff are told, once for the post and the account.
    fn give_up(&mut self, hands: &mut Hands, item: &Item, why: String, now: At) {
        match item.delivery.value.id {
            DeliveryId::Post(post, ..) if hands.told_of(post) == Told::Yes => {
                self.dead(hands, item, why, now);
            }
            _ => {
                let mend = Mend::GivenUp(why.clone());
                self.dead_with(hands, item, why, mend, now);
            }
        }
    }

    fn dead_with(&mut self, hands: &mut Hands, item: &Item, why: String, mend: Mend, now: At) {
        let settled = died(hands, item, why, now);
        self.settle_and_mend(settled, mend);
    }

    /// Whoever was there has left, and this is how we learn of it: nothing has failed, and nobody has to mend it.
    fn left(&mut self, hands: &mut Hands, item: &Item, why: String, now: At) {
        hands.lanes.done(item.chat);
        let old = &item.delivery.value;
        let new = old.clone().settle_dropped(now, why.clone());
        let settled = Settlement::tried(old, new).counted(Tally::Dropped);
        self.settle_and_mend(settled, Mend::Ended(why));
    }

    /// What stands behind `item` in its chat is given back, to come after it again, which comes at `from`.
    fn give_back_behind(&mut self, hands: &mut Hands, item: &Item, times: (At, At)) {
        let behind = give_back(hands, item.chat, times);
        self.outcomes.extend(behind);
        hands.lanes.done(item.chat);
    }

    /// The account sends nothing until its settings are mended: everything goes back, nothing is lost.
    fn shut(&mut self, hands: &mut Hands, item: &Item, why: String, now: At) {
        let until = now.plus(self.outbox.probe());
        hands.refuses(&why, now);
        let before = std::mem::replace(&mut hands.health, Health::Shut(until));
        let account = hands.connector.account().0.clone();
        if before == Health::Open {
            tracing::error!(account.id = %account, reason = %why, "the platform refuses this account, it stops sending");
            let failure = SendFailure::Misconfigured(why);
            let diagnosis = diagnose(hands.connector.platform(), &failure);
            self.tell(AlarmSays::AccountShut { account, diagnosis });
        }
        hands.lanes.done(item.chat);
        let old = &item.delivery.value;
        let new = old.clone().release(item.due);
        self.outcomes.push_back(Settlement::tried(old, new));
        keep_place(hands, item);
        let waits = hands.lanes.drain_all();
        self.release(hands, waits);
    }
}

/// Whether it goes to somebody alone, who comes and goes as they like.
fn is_one_reader(item: &Item) -> bool {
    item.kind == ChatKind::Direct || matches!(item.load.to, To::Sealed(_))
}

/// What did not reach its chat: its words are kept for a submitter who may yet write, and is told then.
fn unreached(item: &Item) -> Item {
    let mut kept = item.clone();
    if item.load.unreachable == Unreachable::Keeps {
        kept.load.shred = None;
    }
    kept
}

/// What becomes of a delivery of which nobody knows whether it arrived. Notices are never held: nobody is shown them to
/// decide, and the one that tells of what is held would be held itself.
pub(super) const fn policy_of(id: DeliveryId, policy: UnknownPolicy) -> UnknownPolicy {
    match id {
        DeliveryId::Notice(_) => UnknownPolicy::Resend,
        DeliveryId::Post(..) => policy,
    }
}

/// All parts are taken: it is sent, or in people's hands where the last step is theirs.
fn all_taken(
    hands: &Hands,
    kind: ChatKind,
    (was, new): (Vec<Place>, Delivery),
    now: At,
) -> Settlement {
    match hands.connector.finish(kind) {
        Finish::Handed => Settlement::step(was, new.hand_over(now)),
        Finish::Done | Finish::ByHand => {
            Settlement::step(was, new.settle_sent(now)).counted(Tally::Sent)
        }
    }
}

/// The first line of a message, or the title of its first card where it has no words.
fn title(parts: &[Leaf]) -> &str {
    let words = parts.iter().find_map(|leaf| leaf.part.text.lines().next());
    let card = || parts.iter().find_map(|leaf| leaf.cards.first());
    words.or_else(|| card().map(|card| card.title.as_str())).unwrap_or_default()
}

fn died(hands: &mut Hands, item: &Item, why: String, now: At) -> Settlement {
    hands.lanes.done(item.chat);
    let old = &item.delivery.value;
    let new = old.clone().settle_dead(now, why);
    Settlement::tried(old, new).counted(Tally::Dead).shredding(item.load.shred)
}
