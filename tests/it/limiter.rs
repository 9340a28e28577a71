//! What the limiter promises, over random histories.

use proptest::prelude::*;
use std::time::Duration;
use tongxin::connector::{Limits, Rate};
use tongxin::model::{AccountId, At, ChatKind};
use tongxin::rounds::limiter::{Grant, Limiter, Manners, Slot, Turn};
use tongxin::text::{Markup, Size, Unit};

const START: i64 = 1_764_000_000_000;

fn limits() -> Limits {
    let per = |sends, seconds| Rate { sends, span: Duration::from_secs(seconds) };
    Limits {
        size: Size {
            unit: Unit::Utf16,
            max: 4096,
            marks: 100,
            links: usize::MAX,
            markup: Markup::Beside,
        },
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
        if sent.iter().any(|time| time + 60_000 > 90_000)
            && limiter.ask(1, ChatKind::Group, at(90_000 + lost)) == Grant::Now
        {
            limiter.spend(1, ChatKind::Group, at(90_000 + lost));
            sent.push(90_000 + lost);
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

fn windows() -> Vec<Rate> {
    let hours = |n: u64| Duration::from_secs(n * 3600);
    vec![
        Rate::new(30, Duration::from_secs(1)),
        Rate::new(30, Duration::from_secs(1)).burst(10),
        Rate::new(600, Duration::from_mins(1)),
        Rate::new(5_000, hours(1)),
        Rate::new(20_000, hours(24)),
        Rate::new(70_000, hours(31 * 24)),
    ]
}

/// What is sent by whoever sends whenever it is allowed, until `end`, from moment to moment.
fn greedy(limiter: &mut Limiter, end: i64) -> Vec<i64> {
    let (mut now, mut sent) = (0, Vec::new());
    while now < end {
        match limiter.ask_account(at(now)) {
            Grant::Now => {
                limiter.spend_account(at(now));
                sent.push(now);
            }
            Grant::NotBefore(then) => now = then.millis() - START,
        }
    }
    sent
}

#[test]
fn nothing_exceeds_any_of_several_windows_from_a_second_to_a_month() {
    let mut limiter = Limiter::new(&Limits { account: windows(), ..limits() });
    let sent = greedy(&mut limiter, 75 * 24 * 3_600_000);
    for rate in windows() {
        let (most, span) =
            (rate.sends as usize, i64::try_from(rate.span.as_millis()).expect("fits"));
        assert!(keeps(&sent, most, span), "{rate:?}");
    }
    // Two whole months and the beginning of a third.
    assert_eq!(sent.len(), 3 * 70_000);
}

#[test]
fn ninety_nine_percent_of_each_allowed_rate_are_used() {
    for rate in windows() {
        let span = i64::try_from(rate.span.as_millis()).expect("fits");
        let mut limiter = Limiter::new(&Limits { account: vec![rate], ..limits() });
        let sent = greedy(&mut limiter, 167 * span).len();
        assert!(sent >= 167 * rate.sends as usize * 99 / 100, "{sent} of {rate:?}");
    }
    let mut limiter = Limiter::new(&limits());
    let mut groups = 0;
    for now in 0..600_000 {
        if limiter.ask(1, ChatKind::Group, at(now)) == Grant::Now {
            limiter.spend(1, ChatKind::Group, at(now));
            groups += 1;
        }
    }
    assert!(groups >= 200 * 99 / 100, "{groups}");
}

#[test]
fn a_burst_may_be_less_or_more_than_the_rate_and_the_average_stays() {
    let second = Rate::new(10, Duration::from_secs(1));
    assert_eq!(second.burst(2), Rate::new(2, Duration::from_millis(200)));
    assert_eq!(second.burst(30), Rate::new(30, Duration::from_secs(3)));
}

#[test]
fn a_refusal_in_spite_of_the_limits_slows_the_account_which_climbs_back() {
    let mut limiter = Limiter::new(&limits());
    assert_eq!(limiter.refused(at(1_000), at(0)), Some(800));
    // What was under way with it is the same refusal.
    assert_eq!(limiter.refused(at(1_500), at(200)), None);
    assert_eq!(limiter.ask_account(at(1_400)), Grant::NotBefore(at(1_500)));
    let in_the =
        |sent: &[i64], from: i64, to: i64| sent.iter().filter(|t| (from..to).contains(*t)).count();
    let sent = greedy(&mut limiter, 400_000);
    let first = in_the(&sent, 2_000, 12_000);
    assert!((235..=240).contains(&first), "{first}");
    // Spread evenly, not in one go.
    assert!(sent.windows(2).take(200).all(|w| w[1] - w[0] >= 41), "{:?}", &sent[..5]);
    assert_eq!(limiter.pace(), 1000);
    let last = in_the(&sent, 390_000, 400_000);
    assert!((297..=300).contains(&last), "{last}");
    // Never slower than a tenth, however often it is refused.
    for n in 0..40 {
        limiter.refused(at(500_000 + n * 2_000), at(500_000 + n * 2_000));
    }
    assert_eq!(limiter.pace(), 100);
}

#[test]
fn what_was_spent_is_written_in_pages_that_a_store_takes_and_read_back_whole() {
    let rates =
        |n| vec![Rate::new(n, Duration::from_hours(24)), Rate::new(20, Duration::from_mins(1))];
    let chat = vec![(ChatKind::Group, rates(50))];
    let account = vec![Rate::new(1_000_000, Duration::from_mins(1))];
    let limits = Limits { account, chat, ..limits() };
    let mut limiter = Limiter::new(&limits);
    for n in 0..60_000u64 {
        let now = at(i64::try_from(n).expect("small"));
        limiter.spend(n % 30_000, ChatKind::Group, now);
    }
    limiter.refused(at(61_000), at(60_000));
    let account = AccountId("bot".to_owned());
    let pages = limiter.usage(&account, at(60_000));
    assert!(pages.len() > 8);
    assert_eq!(pages.last().map(|p| p.page), Some(0));
    for page in &pages {
        let size = postcard::to_stdvec(page).expect("writes").len();
        assert!(size < tongxin::store::RECORD_MAX / 2, "{size}");
    }
    let mut next = Limiter::resume(&limits, &pages, at(63_000));
    assert_eq!((next.chats(), next.pace()), (30_000, 800));
    for chat in [29_000, 29_500, 29_999] {
        for n in 0..18 {
            let now = at(64_000 + n * 60);
            assert_eq!(next.ask(chat, ChatKind::Group, now), Grant::Now, "{chat} {n}");
            next.spend(chat, ChatKind::Group, now);
        }
        assert_ne!(next.ask(chat, ChatKind::Group, at(65_200)), Grant::Now, "{chat}");
        next = Limiter::resume(&limits, &pages, at(63_000));
    }
    // A page of an older run that was never written over again says nothing about those that were.
    let mut old = pages.clone();
    for page in &mut old {
        page.at = at(-100_000_000);
    }
    old.extend(pages);
    let mut next = Limiter::resume(&limits, &old, at(130_000));
    assert_eq!(next.chats(), 30_000);
    assert_eq!(next.ask(5, ChatKind::Group, at(130_000)), Grant::Now);
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
