//! What the limiter promises, over random histories.

use proptest::prelude::*;
use std::time::Duration;
use tongxin::connector::{Limits, Rate};
use tongxin::model::{AccountId, At, ChatKind};
use tongxin::rounds::limiter::{Grant, Limiter, Manners, Slot, Turn};
use tongxin::text::{Size, Unit};

const START: i64 = 1_764_000_000_000;

fn limits() -> Limits {
    let per = |sends, seconds| Rate { sends, span: Duration::from_secs(seconds) };
    Limits {
        size: Size { unit: Unit::Utf16, max: 4096, marks: 100, links: usize::MAX },
        account: vec![per(30, 1)],
        chat: vec![
            (ChatKind::Group, vec![per(1, 1), per(20, 60)]),
            (ChatKind::Direct, vec![per(1, 1)]),
            (ChatKind::Channel, vec![]),
        ],
        parallel: 8,
    }
}

fn at(millis: i64) -> At {
    At::from_millis(START + millis)
}

/// At most `most` of `times` lie within any span of this length.
fn keeps(times: &[i64], most: usize, span: i64) -> bool {
    times.windows(most + 1).all(|w| w[most] - w[0] >= span)
}

proptest! {
    #[test]
    fn no_rate_is_exceeded_whatever_is_asked(
        steps in prop::collection::vec((0i64..400, 0u64..6), 1..800)
    ) {
        let mut limiter = Limiter::new(&limits());
        let (mut now, mut all) = (0, Vec::new());
        let mut chats = vec![Vec::new(); 6];
        for (pause, chat) in steps {
            now += pause / 20;
            let kind = if chat < 3 { ChatKind::Group } else { ChatKind::Direct };
            if limiter.ask(chat, kind, at(now)) == Grant::Now {
                limiter.spend(chat, kind, at(now));
                all.push(now);
                chats[usize::try_from(chat).expect("small")].push(now);
            }
        }
        prop_assert!(keeps(&all, 30, 1000));
        for (number, times) in chats.iter().enumerate() {
            prop_assert!(keeps(times, 1, 1000));
            prop_assert!(number >= 3 || keeps(times, 20, 60_000));
        }
    }

    #[test]
    fn whoever_comes_when_told_is_let_in(
        pauses in prop::collection::vec(0i64..3000, 1..60)
    ) {
        let mut limiter = Limiter::new(&limits());
        let mut now = 0;
        for pause in pauses {
            now += pause;
            if let Grant::NotBefore(then) = limiter.ask(1, ChatKind::Group, at(now)) {
                prop_assert!(then > at(now));
                prop_assert_ne!(limiter.ask(1, ChatKind::Group, At::from_millis(then.millis() - 1)), Grant::Now);
                prop_assert_eq!(limiter.ask(1, ChatKind::Group, then), Grant::Now);
                now = then.millis() - START;
            }
            limiter.spend(1, ChatKind::Group, at(now));
        }
    }

    #[test]
    fn a_clock_that_jumps_back_neither_blocks_nor_bursts(
        jumps in prop::collection::vec(1i64..100_000_000, 1..20)
    ) {
        let mut limiter = Limiter::new(&limits());
        let mut now = 0;
        for jump in jumps {
            let mut taken = 0;
            while limiter.ask_account(at(now)) == Grant::Now {
                limiter.spend_account(at(now));
                taken += 1;
            }
            prop_assert!(taken <= 30);
            now -= jump;
            // As full as before: no burst.
            prop_assert_ne!(limiter.ask_account(at(now)), Grant::Now);
            prop_assert_eq!(limiter.room(at(now), 100), 0);
            // And free again after its own length, however far the clock went back.
            now += 1100;
            prop_assert_eq!(limiter.ask_account(at(now)), Grant::Now);
        }
    }

    #[test]
    fn a_restart_spends_nothing_twice(
        before in prop::collection::vec(0i64..90_000, 1..120),
        down in 0i64..5000,
        lost in 0i64..1000,
    ) {
        let account = AccountId("bot".to_owned());
        let mut limiter = Limiter::new(&limits());
        let mut sent = Vec::new();
        let mut before = before;
        before.sort_unstable();
        for time in before {
            if limiter.ask(1, ChatKind::Group, at(time)) == Grant::Now {
                limiter.spend(1, ChatKind::Group, at(time));
                sent.push(time);
            }
        }
        let usage = limiter.usage(&account, at(90_000));
        // What was sent after the usage was written, and before the end that nobody wrote down.
        if limiter.ask(2, ChatKind::Direct, at(90_000 + lost)) == Grant::Now {
            limiter.spend(2, ChatKind::Direct, at(90_000 + lost));
        }
        let start = 90_000 + lost + down;
        let mut next = Limiter::resume(&limits(), &usage, at(start));
        if let Grant::NotBefore(until) = next.ask_account(at(start)) {
            prop_assert!(until <= at(90_000 + 2000));
        } else {
            prop_assert!(start >= 92_000);
        }
        for time in (start..start + 70_000).step_by(100) {
            if next.ask(1, ChatKind::Group, at(time)) == Grant::Now {
                next.spend(1, ChatKind::Group, at(time));
                sent.push(time);
            }
        }
        prop_assert!(keeps(&sent, 20, 60_000));
        prop_assert!(keeps(&sent, 1, 1000));
    }
}

#[test]
fn ninety_five_percent_of_the_allowed_rate_are_used() {
    let mut limiter = Limiter::new(&limits());
    let (mut sent, mut groups) = (0, 0);
    for now in 0..600_000 {
        while limiter.ask_account(at(now)) == Grant::Now {
            limiter.spend_account(at(now));
            sent += 1;
        }
    }
    assert!(sent >= 600 * 30 * 95 / 100, "{sent}");
    let mut limiter = Limiter::new(&limits());
    for now in 0..600_000 {
        if limiter.ask(1, ChatKind::Group, at(now)) == Grant::Now {
            limiter.spend(1, ChatKind::Group, at(now));
            groups += 1;
        }
    }
    assert!(groups >= 200 * 95 / 100, "{groups}");
}

#[test]
fn the_kth_that_waits_gets_the_kth_free_slot_and_latecomers_come_after() {
    let mut limiter = Limiter::new(&limits());
    let queue = |due| Turn { ahead: 0, due: at(due), manners: Manners::Queues };
    for second in 0..20 {
        assert_eq!(limiter.ask(1, ChatKind::Group, at(second * 1100)), Grant::Now);
        limiter.spend(1, ChatKind::Group, at(second * 1100));
    }
    let mut slots = Vec::new();
    for _ in 0..30 {
        match limiter.turn(1, ChatKind::Group, queue(20_000), at(22_000)) {
            Slot::Later(slot) => slots.push(slot),
            Slot::Soon(at) => panic!("soon at {at}"),
        }
    }
    assert!(slots.is_sorted() && slots[0] >= at(60_000));
    assert!(slots.windows(2).all(|w| w[1].since(w[0]) >= Duration::from_secs(1)));
    assert!(slots[20].since(slots[0]) >= Duration::from_mins(1));
    // The first comes back at its time and is let in; a latecomer of the same moment is not.
    let first = slots[0];
    let owner = Turn { ahead: 0, due: first, manners: Manners::Queues };
    assert_eq!(limiter.turn(1, ChatKind::Group, owner, first), Slot::Soon(first));
    let late = limiter.turn(1, ChatKind::Group, queue(59_000), first);
    assert!(matches!(late, Slot::Later(at) if at > slots[29]));
    // What is urgent overtakes.
    let urgent = Turn { ahead: 0, due: at(59_000), manners: Manners::Overtakes };
    assert_eq!(limiter.turn(1, ChatKind::Group, urgent, first), Slot::Soon(first));
}

#[test]
fn a_held_chat_delays_no_other_and_a_held_account_all() {
    let mut limiter = Limiter::new(&limits());
    limiter.hold_chat(1, ChatKind::Direct, at(30_000));
    assert_eq!(limiter.ask(1, ChatKind::Direct, at(0)), Grant::NotBefore(at(30_000)));
    assert_eq!(limiter.ask(2, ChatKind::Direct, at(0)), Grant::Now);
    limiter.hold_account(at(5_000));
    assert_eq!(limiter.ask(2, ChatKind::Direct, at(0)), Grant::NotBefore(at(5_000)));
    assert_eq!(limiter.ask(2, ChatKind::Direct, at(5_000)), Grant::Now);
}

#[test]
fn chats_that_are_idle_are_forgotten() {
    let mut limiter = Limiter::new(&limits());
    for chat in 0..100_000 {
        let now = at(i64::try_from(chat).expect("small") * 40);
        limiter.spend(chat, ChatKind::Group, now);
    }
    assert!(limiter.chats() < 4000, "{}", limiter.chats());
}
