//! Trying an account: the question who it is, or a test message where only that can tell.

use crate::connector::{Connector, Outgoing, SendFailure};
use crate::model::Document;
use crate::text::render;
use std::sync::Arc;

/// What came of trying an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// The platform knows the account, under this name.
    Known(String),
    /// The platform took a test message.
    Taken,
    /// There is nothing to try: the program's own pages.
    Own,
}

/// Tries an account; `once` is the same for every try of one question. Nothing is kept of it.
///
/// # Errors
/// When it does not work.
pub async fn probe(
    connector: &dyn Connector,
    words: &Document,
    once: &str,
) -> Result<Probed, SendFailure> {
    if let Some(name) = connector.whoami().await? {
        return Ok(Probed::Known(name));
    }
    let Some(to) = connector.only_chat() else { return Ok(Probed::Own) };
    for (number, part) in render(words, &connector.size(to.kind)).into_iter().enumerate() {
        let message = Outgoing {
            to: to.clone(),
            part: Arc::new(part),
            buttons: Arc::default(),
            reply_to: None,
            once: format!("{once}-{number}"),
        };
        connector.send(&message).await?;
    }
    Ok(Probed::Taken)
}
