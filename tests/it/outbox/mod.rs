//! Stories of the outbox: what is owed arrives, once, in order, within the limits, and is accounted for.

mod failures;
mod given_up;
mod limits;
mod looks;
mod plain;
mod workers;
pub mod world;
