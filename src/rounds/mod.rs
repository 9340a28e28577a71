//! What happens by itself: look at the store, do what is due, stop.
//!
//! **Invariant:** a timer, a nudge and a restart run the same round; deleting every nudge changes how
//! soon something happens, never what.

pub mod fanout;
pub mod limiter;
pub mod outbox;
