//! What administrators do: invite, list, dismiss.

use super::{Deed, Heard, Talk};
use crate::desk::{DeskError, person_code};
use crate::text::command::Command;
use crate::text::say::{BotSays, StaffLine, role_name};

/// Hears what is for administrators.
pub(super) async fn hears(talk: &mut Talk<'_>, deed: &Deed) -> Result<Heard, DeskError> {
    let Deed::Command(command) = deed else { return Ok(Heard::NotMine) };
    let lang = talk.call.lang;
    match command {
        Command::Invite { role } => {
            talk.alone()?;
            let code = talk.desk.invite(&mut talk.call, *role)?;
            let payload = format!("i_{}", code.as_str());
            let link = talk.connector.and_then(|c| c.direct_link(&payload));
            let role = role_name(*role, lang).to_owned();
            talk.say_code(&BotSays::Invited { role, payload, link })?;
        }
        Command::Staff => {
            talk.alone()?;
            let staff = talk.desk.staff(&talk.call).await?;
            let line = |p: crate::model::Versioned<crate::model::Person>| StaffLine {
                code: person_code(p.id).to_string(),
                name: p.name.clone(),
                roles: p.roles.iter().map(|r| role_name(*r, lang).to_owned()).collect(),
            };
            talk.say(&BotSays::Staff(staff.into_iter().map(line).collect()))?;
        }
        Command::Dismiss { person, role } => {
            let name = talk.desk.dismiss(&mut talk.call, person, *role).await?;
            talk.say(&BotSays::Dismissed { name, role: role_name(*role, lang).to_owned() })?;
        }
        _ => return Ok(Heard::NotMine),
    }
    Ok(Heard::Mine)
}
