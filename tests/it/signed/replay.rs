//! What was taken is not taken again, whatever comes in between.

use super::hand::at;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;
use tongxin::connector::signed::{Replay, Stamp, Untrusted};

const MINUTE: i64 = 60_000;

fn replay(places: usize) -> Replay {
    Replay::new(Duration::from_mins(5), places)
}

fn stamp(millis: i64, id: &str) -> Stamp {
    Stamp::new(at(millis), id.as_bytes())
}

#[test]
fn a_call_is_replayed_within_the_window_and_old_after_it() {
    let mut replay = replay(10);
    let call = stamp(0, "a");
    assert_eq!(replay.take(&call, at(0)), Ok(()));
    assert_eq!(replay.take(&call, at(5 * MINUTE)), Err(Untrusted::Replayed));
    assert_eq!(replay.take(&call, at(5 * MINUTE + 1)), Err(Untrusted::Old));
    assert_eq!(replay.take(&stamp(11 * MINUTE, "b"), at(5 * MINUTE)), Err(Untrusted::Old));
}

#[test]
fn what_is_past_the_window_is_not_held() {
    let mut replay = replay(10);
    for n in 0..5 {
        assert_eq!(replay.take(&stamp(n, &n.to_string()), at(n)), Ok(()));
    }
    assert_eq!(replay.held(), 5);
    assert_eq!(replay.take(&stamp(6 * MINUTE, "b"), at(6 * MINUTE)), Ok(()));
    assert_eq!(replay.held(), 1);
}

#[test]
fn a_call_signed_anew_is_held_as_long_as_its_last_signature_is_good() {
    let mut replay = replay(10);
    assert_eq!(replay.take(&stamp(0, "a"), at(0)), Ok(()));
    let again = stamp(4 * MINUTE, "a");
    assert_eq!(replay.take(&again, at(4 * MINUTE)), Err(Untrusted::Replayed));
    assert_eq!(replay.take(&stamp(0, "a"), at(4 * MINUTE)), Err(Untrusted::Replayed));
    assert_eq!(replay.take(&again, at(8 * MINUTE)), Err(Untrusted::Replayed));
    assert_eq!(replay.held(), 1);
}

#[test]
fn under_a_flood_the_oldest_is_let_go_and_still_not_taken_again() {
    let mut replay = replay(3);
    for n in 0..10 {
        assert_eq!(replay.take(&stamp(n, &n.to_string()), at(n)), Ok(()));
        assert!(replay.held() <= 3);
    }
    for n in 0..7 {
        assert_eq!(replay.take(&stamp(n, &n.to_string()), at(20)), Err(Untrusted::Old));
    }
    for n in 7..10 {
        assert_eq!(replay.take(&stamp(n, &n.to_string()), at(20)), Err(Untrusted::Replayed));
    }
    assert_eq!(replay.take(&stamp(9, "late, yet not too late"), at(20)), Ok(()));
}

#[test]
fn a_clock_set_back_brings_no_call_to_life() {
    let mut replay = replay(10);
    let call = stamp(0, "a");
    assert_eq!(replay.take(&call, at(0)), Ok(()));
    assert_eq!(replay.take(&stamp(10 * MINUTE, "b"), at(10 * MINUTE)), Ok(()));
    assert_eq!(replay.take(&call, at(0)), Err(Untrusted::Old));
}

#[test]
fn a_call_that_could_not_be_stored_is_taken_when_it_is_repeated() {
    let mut replay = replay(10);
    let call = stamp(0, "a");
    assert_eq!(replay.take(&call, at(0)), Ok(()));
    replay.release(&call);
    assert_eq!(replay.held(), 0);
    assert_eq!(replay.take(&call, at(1)), Ok(()));
    assert_eq!(replay.take(&call, at(2)), Err(Untrusted::Replayed));
    replay.release(&stamp(0, "never taken"));
    assert_eq!(replay.held(), 1);
}

proptest! {
    #[test]
    fn nothing_is_taken_twice_and_no_more_is_held_than_there_are_places(
        places in 1usize..8,
        calls in prop::collection::vec((-400i64..400, 0u8..12, -400i64..400), 1..200),
    ) {
        let mut replay = Replay::new(Duration::from_millis(200), places);
        let mut taken = BTreeSet::new();
        for (signed, id, now) in calls {
            if replay.take(&stamp(signed, &format!("{id}/{signed}")), at(now)).is_ok() {
                prop_assert!(taken.insert((id, signed)), "taken twice");
            }
            prop_assert!(replay.held() <= places);
        }
    }
}
