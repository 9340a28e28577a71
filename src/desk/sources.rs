//! Sources, as editors see them: how each does, and reading one on trial.

use super::{Call, Desk, DeskError, may};
use crate::model::{Address, Role, Segments, SourceState, Stored, Trial};

/// A source and how it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// What people call it.
    pub title: String,
    /// Where it is read.
    pub url: String,
    /// What is remembered of it; `None` when it was never read.
    pub state: Option<SourceState>,
}

impl Desk {
    /// All sources, and how they do.
    ///
    /// # Errors
    /// When the caller is no editor.
    pub async fn sources(&self, call: &Call) -> Result<Vec<SourceLine>, DeskError> {
        may(call, Role::Editor)?;
        let mut lines = Vec::new();
        for source in &self.office.sources {
            let key = Segments::new().text(&source.id.0).key(SourceState::KIND);
            let state = self.reads().find::<SourceState>(&key).await?.map(|s| s.value);
            lines.push(SourceLine { title: source.title.clone(), url: source.url.clone(), state });
        }
        Ok(lines)
    }

    /// Asks for a source to be read on trial; what would be read is told to `to`.
    ///
    /// # Errors
    /// When the caller is no editor.
    pub fn try_source(&self, call: &mut Call, url: &str, to: &Address) -> Result<(), DeskError> {
        may(call, Role::Editor)?;
        call.changes.insert(Trial {
            id: self.clock.fresh(),
            url: url.to_owned(),
            to: to.clone(),
            lang: call.lang,
        });
        Ok(())
    }
}
