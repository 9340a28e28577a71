//! The staff's side: seats, where they talk to the program as in any chat.

mod bring;
mod seat;
mod session;
mod sorting;

pub(super) use bring::bring;
pub(super) use seat::{press, said_html, say, seat};
pub(super) use session::{SEAT, Sitter, enter, leave, sits_an_editor, sitter};
pub(super) use sorting::sort;
