//! Something that a post carries, on its way out.

use super::{Outgoing, SendFailure};
use crate::model::Enclosed;
use bytes::Bytes;
use futures::future::{BoxFuture, Shared};
use std::sync::Arc;

/// Bytes that are read when they are first asked for, once for all who have this; `None` where they are gone, an
/// error where they cannot be read now.
pub type Reading = Shared<BoxFuture<'static, Result<Option<Bytes>, String>>>;

/// A picture or file, and all the ways to it.
#[derive(Clone)]
pub struct Enclosure {
    /// What it is.
    pub what: Enclosed,
    /// The page of ours that shows it.
    pub address: String,
    /// What it consists of. Connectors that have given it to their platform before need not ask.
    pub bytes: Reading,
}

impl std::fmt::Debug for Enclosure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enclosure").field("what", &self.what).finish_non_exhaustive()
    }
}

impl Enclosure {
    /// What it consists of.
    ///
    /// # Errors
    /// When it cannot be read now, or is there no more.
    pub async fn read(&self) -> Result<Bytes, SendFailure> {
        let read = self.bytes.clone().await.map_err(SendFailure::Transient)?;
        read.ok_or_else(|| SendFailure::Rejected("what it carries is not kept any more".to_owned()))
    }
}

/// The one thing that goes with a message, where each is a message of its own.
pub(super) fn alone(enclosures: &[Enclosure]) -> Result<&Enclosure, SendFailure> {
    match enclosures {
        [one] => Ok(one),
        _ => Err(SendFailure::Rejected("one thing goes with a message there".to_owned())),
    }
}

impl Outgoing {
    /// The same with links to what does not go with it after all: a chat, or the platform, does not take it.
    pub(super) fn linked(&self, enclosures: &[Enclosure]) -> Self {
        let mut part = (*self.part).clone();
        for enclosure in enclosures {
            if !part.text.is_empty() {
                part.text.push_str("\n\n");
            }
            part.text.push_str(&enclosure.address);
        }
        Self { part: Arc::new(part), ..self.clone() }
    }
}
