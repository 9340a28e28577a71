//! Why a role is not taken away in the chat: the configuration gives it.

use super::refusal::role_name;
use crate::model::{Lang, Role};
use crate::text::Speak;

/// A role that the configuration gives to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleNamed {
    /// What colleagues call them.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Where it stands.
    pub place: NamedIn,
}

/// Where the configuration gives somebody a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedIn {
    /// Among the administrators of the office.
    Admins,
    /// As who keeps a group, or does so when the keeper does not.
    Group,
    /// At their seat.
    Seat,
}

impl Speak for RoleNamed {
    fn say(&self, lang: Lang) -> String {
        let (name, role) = (&self.name, role_name(self.role, lang));
        match (self.place, lang) {
            (NamedIn::Admins, Lang::Zh) => format!(
                "{name}的“{role}”角色写在配置文件里（office.admins），不能在这里撤销。请先在那里删去这个人并重启程序，再来撤销。"
            ),
            (NamedIn::Group, Lang::Zh) => format!(
                "{name}的“{role}”角色来自配置文件（[[account.group]] 的 keeper 或 deputy），不能在这里撤销。请先在那里换人并重启程序，再来撤销。"
            ),
            (NamedIn::Seat, Lang::Zh) => format!(
                "{name}的角色以配置文件为准（[[seat]] 的 roles），不能在这里撤销。请在那里删去“{role}”并重启程序。"
            ),
            (NamedIn::Admins, Lang::En) => format!(
                "The configuration gives {name} the role “{role}” (office.admins), so it cannot be taken away here. Please remove them there and restart the program, then do this again."
            ),
            (NamedIn::Group, Lang::En) => format!(
                "The configuration gives {name} the role “{role}” (keeper or deputy of an [[account.group]]), so it cannot be taken away here. Please name somebody else there and restart the program, then do this again."
            ),
            (NamedIn::Seat, Lang::En) => format!(
                "The roles of {name} are those of the configuration (roles of a [[seat]]), so they cannot be taken away here. Please remove “{role}” there and restart the program."
            ),
        }
    }
}
