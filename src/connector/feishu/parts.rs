//! Events that come in several frames, put together again.

use crate::model::At;
use std::collections::VecDeque;
use std::time::Duration;

/// How many frames one event has at most.
const FRAMES: usize = 64;
/// How many events are put together at once, and how long: a frame that does not come is not waited for.
const EVENTS: usize = 16;
const LIVES: Duration = Duration::from_secs(10);
/// How many bytes one event has at most.
const BYTES: usize = 1024 * 1024;

/// Events of which frames are missing, oldest first.
#[derive(Default)]
pub(super) struct Parts(VecDeque<Event>);

struct Event {
    name: String,
    frames: Vec<Option<Vec<u8>>>,
    since: At,
}

/// Which frame of how many it is.
#[derive(Clone, Copy)]
pub(super) struct Of {
    pub seq: usize,
    pub sum: usize,
}

impl Parts {
    /// A frame came; the whole event, where it was the last that was missing.
    pub(super) fn add(&mut self, name: &str, of: Of, bytes: Vec<u8>, now: At) -> Option<Vec<u8>> {
        if of.sum <= 1 {
            return Some(bytes);
        }
        self.0.retain(|event| now.since(event.since) <= LIVES);
        if of.sum > FRAMES || of.seq >= of.sum {
            return None;
        }
        let known = |event: &Event| event.name == name && event.frames.len() == of.sum;
        let at = self.0.iter().position(known).unwrap_or_else(|| {
            if self.0.len() >= EVENTS {
                self.0.pop_front();
            }
            let (name, frames) = (name.to_owned(), vec![None; of.sum]);
            self.0.push_back(Event { name, frames, since: now });
            self.0.len() - 1
        });
        let event = &mut self.0[at];
        event.frames[of.seq] = Some(bytes);
        let size: usize = event.frames.iter().flatten().map(Vec::len).sum();
        if size > BYTES {
            self.0.remove(at);
            return None;
        }
        if event.frames.iter().any(Option::is_none) {
            return None;
        }
        let whole = self.0.remove(at)?;
        Some(whole.frames.into_iter().flatten().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{At, EVENTS, LIVES, Of, Parts};

    fn of(seq: usize, sum: usize) -> Of {
        Of { seq, sum }
    }

    #[test]
    fn frames_in_any_order_make_one_event_and_hostile_ones_none() {
        let (mut parts, now) = (Parts::default(), At::from_millis(0));
        assert_eq!(parts.add("a", of(0, 1), b"one".to_vec(), now), Some(b"one".to_vec()));
        assert_eq!(parts.add("b", of(1, 2), b"to".to_vec(), now), None);
        assert_eq!(parts.add("b", of(7, 2), b"no".to_vec(), now), None);
        assert_eq!(parts.add("b", of(0, 1_000_000), b"no".to_vec(), now), None);
        assert_eq!(parts.add("b", of(0, 2), b"two".to_vec(), now), Some(b"twoto".to_vec()));
        assert_eq!(parts.add("c", of(0, 2), b"late".to_vec(), now), None);
        let late = now.plus(LIVES * 2);
        assert_eq!(parts.add("c", of(1, 2), b"r".to_vec(), late), None);
        for n in 0..EVENTS * 2 {
            assert_eq!(parts.add(&n.to_string(), of(0, 2), Vec::new(), late), None);
        }
        assert_eq!(parts.0.len(), EVENTS);
        assert_eq!(parts.add("d", of(0, 2), vec![0; 2 << 20], late), None);
    }
}
