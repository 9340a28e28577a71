//! Something that a post carries, on its way out.

use super::SendFailure;
use crate::model::Enclosed;
use bytes::Bytes;
use futures::future::{BoxFuture, Shared};

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
