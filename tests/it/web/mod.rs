//! The pages, through the real router: as a browser sees them, with and without scripts.

pub mod browser;
mod feeds_out;
mod forms;
mod guard;
mod live;
mod notified;
mod office;
pub mod page;
mod pictures;
mod receipts;
mod seats;
mod shown;
mod sorting;
mod story;
