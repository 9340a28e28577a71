//! Tongxin 同心: a daemon that an office, association or club runs for its chat groups.
//!
//! It *pushes* news digests and policy explainers on schedule, *listens* to whoever answers them, and brings
//! the *answers* back. This page is the one to read first: the rooms in their order, what always holds, and
//! two walks through the house.
//!
//! # The rooms
//!
//! Floors count upwards; no room imports from a floor above its own, and rooms of one floor do not see each
//! other. `tests/it/layers.rs` holds this.
//!
//! | Floor | Room | What it is |
//! |---|---|---|
//! | 1 | [`model`] | what is true: plain values and their steps |
//! | 1 | [`clock`] | what time it is, and new names |
//! | 1 | [`metrics`] | what is counted for the operator |
//! | 2 | [`text`] | words, purely: rendering, splitting, commands, every sentence we say |
//! | 2 | [`store`] | what is kept, and the vault that seals it |
//! | 3 | [`connector`] | how messages leave and arrive, one file a platform |
//! | 3 | [`desk`] | one function for each thing that people do; permissions are checked here |
//! | 4 | [`bot`] | the door from chat |
//! | 4 | [`rounds`] | what the clock does: feeds, press, fan-out, outbox, promises, sweep, retention |
//! | 4 | [`web`] | the door from the browser, and from platforms that call us |
//! | 5 | [`config`] | file, then environment, then flags |
//! | 6 | [`app`] | builds, starts and stops everything |
//!
//! # What always holds
//!
//! 1. There is one way to write: a decision is a pure value, [`model::Changes`], and
//!    [`store::Store::commit`] makes all of it so, durably, or nothing. Each record carries the version that
//!    was read; a version that no longer stands is a conflict, and the decision is made again.
//! 2. Everything that goes out is owed first: a [`model::Delivery`] is committed before a request leaves, and
//!    settled after its answer. Planning a delivery twice leaves one.
//! 3. What arrives is stored before it is acknowledged, and handled once, in one commit with all that follows
//!    from it.
//! 4. Loops are rounds: look at the store, do what is due, stop. A timer, a nudge and a restart run the same
//!    code.
//! 5. Nothing is kept that nobody submitted, and what people write is sealed under keys outside the store:
//!    to erase is to destroy the key.
//!
//! Every sentence for a person lives in [`text::say`], in Chinese and in English; logs and the `Display` of error
//! types below the command line are for searching, and stay in English.
//!
//! # What is not so yet
//!
//! - The unit that answers is told to the submitter, and has no seat of its own: reviewers answer in its name.
//!   So a report about a unit is kept from nobody who reviews.
//! - Holidays are those of the configuration. It ships with what was announced for 2026 and what the law fixes for
//!   2027; the make-up days of each year are the office's to add, and a start warns when the list runs out.
//! - One process holds both key files. That reviewers' pages cannot open a return address is held by types
//!   ([`store::vault::AddressKeys`] is handed to the outbox alone), not by a process of its own.
//! - A backup shows neither text nor address, but who wrote several suggestions shows in it as one keyed hash,
//!   which leads to nobody without the key files.
//! - On the embedded store an export holds commits back while it runs (seconds for a million records).
//! - An answer is refused while a blank of its template is open. Whether it names a measure, a date or a
//!   reason is for the reviewer to see: no rule for that was found without false alarms.
//! - A source's own repetitions are recognised by nearly the same long title within three days; across sources
//!   by near-equal titles within seven ([`rounds::feeds::likeness`]).
//! - Every editor pushes alone: nothing is submitted or approved yet, and the roles of approver and custodian,
//!   which can be given, decide nothing.
//! - Of suggestions: none is merged with another, handed to a colleague, redirected to another authority, or
//!   answered anew; no promise is extended, no answer rated, and no report is drawn up. What was answered or
//!   declined is kept as long as the office keeps its data.
//! - No connector was tried live (`docs/platforms.md`).
//!
//! # A post goes out
//!
//! An editor types `/写稿 …` in a chat. The connector reads the platform's event into a [`model::Inbound`];
//! [`desk::Desk::take_in`] stores it. [`bot::Bot::round`] parses it into a [`text::command::Command`] and calls
//! [`desk::Desk::compose`], which asks who may, and adds a draft to the call's changes; the bot adds its answer,
//! and one commit makes it so. `/推送` tells what the push costs, and the press of its button moves the post to
//! *publishing* with a [`model::FanOut`] cursor. The fan-out round adds deliveries page by page and account by
//! account, a little ahead of what can be sent, each page and the cursor's next place in one commit. The outbox
//! claims what may be sent, renders it for the platform ([`text::render()`]), sends within the platform's limits,
//! and settles. A digest takes the same way, except that the clock writes it: the press round finds a schedule
//! that is due and commits post, edition, cursor and the schedule's next time together.
//!
//! A picture or file that an editor sends is named by the event and fetched by the bot, for editors alone; the desk
//! takes away what nobody meant to tell with it ([`desk::picture`]) and keeps it under its hash, in pieces. The
//! edition names it, [`text::letter`] says as which messages it goes to a platform, and the outbox reads it when a
//! connector asks for it.
//!
//! # A reply comes back
//!
//! A member quotes the push and replies. The connector lets it pass, because it answers a message of ours
//! (chatter between members is dropped there, unread). [`desk::Desk::meant`] finds the post; the desk seals the
//! text and the return address into a draft, and the bot asks its author whether it shall be submitted. The
//! press of the button is the consent: the draft becomes a suggestion, with a receipt to its author's own chat
//! and notices to reviewers. Each reviewer's button carries the version that it showed, so that the first wins
//! and the second is told who won. Whoever has it sorts it by kind, category, area and unit, and takes it up
//! ([`desk::Desk::accept`]): its kind sets the clock, in working days ([`model::Calendar`]), and its author reads
//! which unit answers, and by when. The promises round reminds staff before a promise ends, and tells the leads
//! when it is broken. The answer goes out as a sealed notice, whose address only the outbox opens.

pub mod app;
pub mod bot;
pub mod clock;
pub mod config;
pub mod connector;
pub mod desk;
pub mod metrics;
pub mod model;
pub mod rounds;
pub mod store;
pub mod text;
pub mod web;
