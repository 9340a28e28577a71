//! What somebody sent besides words: fetched for an editor's post, and for nobody else.
//!
//! **Invariant:** a picture or file of somebody who is no editor is never asked for, so that nothing of it is ever
//! here: its name goes with the message that brought it.

use super::Talk;
use crate::connector::SendFailure;
use crate::desk::{Brought, DeskError, Meant, may};
use crate::model::{Attached, Beside, Enclosed, Happening, Media, Prompt, Role, Whence};
use crate::text::say::MediaRefusal;

/// Whether a message is one more picture of an album, without words, that no draft is to carry.
pub(super) fn is_left_out(what: &Happening, meant: &Meant) -> bool {
    let Happening::Sent { text, beside: Beside::More, .. } = what else { return false };
    let rewrites = |prompt: &Option<Prompt>| matches!(prompt, Some(Prompt::Rewrite(_)));
    let for_draft = matches!(meant, Meant::Notice(notice) if rewrites(&notice.prompt));
    text.is_empty() && !for_draft
}

impl Talk<'_> {
    /// What was sent besides words.
    pub(super) fn attached(&self) -> &[Attached] {
        match &self.inbound.what {
            Happening::Sent { files, .. } => files,
            _ => &[],
        }
    }

    /// Whether it is one of an album, the others of which come by themselves.
    pub(super) fn beside(&self) -> Beside {
        match &self.inbound.what {
            Happening::Sent { beside, .. } => *beside,
            _ => Beside::Nothing,
        }
    }

    /// Fetches what was sent, and keeps it for a post that is to carry it. `alt` says what a picture shows.
    ///
    /// # Errors
    /// When the sender is no editor, it cannot be had, or it is nothing that a post may carry.
    pub(super) async fn gather(&self, alt: &str) -> Result<Vec<Enclosed>, DeskError> {
        let mut gathered = Vec::new();
        for file in self.attached() {
            may(&self.call, Role::Editor)?;
            gathered.push(match &file.place {
                Whence::Kept(id) => self.desk.kept(&self.call, *id, (&file.name, alt)).await?,
                Whence::Platform(name) => {
                    let bytes = self.fetch(name, file.size).await?;
                    let brought = Brought { bytes: &bytes, name: &file.name, alt };
                    self.desk.keep(&self.call, brought).await?
                }
            });
        }
        Ok(gathered)
    }

    async fn fetch(&self, name: &str, size: u64) -> Result<bytes::Bytes, MediaRefusal> {
        if size > Media::FILE_MAX as u64 {
            return Err(MediaRefusal::FileTooLarge);
        }
        let connector = self.connector.ok_or(MediaRefusal::NotFetched)?;
        let fetched = connector.fetch(name, Media::FILE_MAX).await;
        fetched.map_err(|failure| {
            let account = &self.inbound.account;
            tracing::warn!(account.id = %account, reason = %failure, "a file could not be fetched");
            match failure {
                SendFailure::Rejected(_) => MediaRefusal::Gone,
                _ => MediaRefusal::NotFetched,
            }
        })
    }
}
