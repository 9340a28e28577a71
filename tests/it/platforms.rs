//! The table of platforms: what stands in the documentation is what the program does.

use std::fmt::Write as _;
use tongxin::connector::Rate;
use tongxin::connector::capabilities::{Ability, Capabilities, of};
use tongxin::model::{ChatKind, Platform};
use tongxin::text::{Size, Unit};

const BEGIN: &str = "<!-- table -->\n";
const END: &str = "<!-- end -->";

fn size(size: &Size) -> String {
    let unit = match size.unit {
        Unit::Utf16 => "UTF-16 units",
        Unit::Bytes => "bytes",
        Unit::Chars => "characters",
    };
    format!("{} {unit}", size.max)
}

fn rates(rates: &[Rate]) -> String {
    let one = |rate: &Rate| match rate.span.as_secs() {
        1 => format!("{} a second", rate.sends),
        60 => format!("{} a minute", rate.sends),
        3_600 => format!("{} an hour", rate.sends),
        2_678_400 => format!("{} in 31 days", rate.sends),
        other => format!("{} in {other} s", rate.sends),
    };
    if rates.is_empty() {
        return "–".to_owned();
    }
    rates.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn table() -> String {
    let mut table =
        String::from("| | One message holds | An account sends | A group takes | A person takes |");
    let title = |ability: Ability| match ability {
        Ability::Replies => "Replies",
        Ability::Quotes => "Quotes",
        Ability::Buttons => "Buttons",
        Ability::OpensDirect => "Opens a chat alone",
        Ability::Threads => "Threads",
        Ability::Edit => "Edit",
        Ability::Recall => "Recall",
        Ability::Receipt => "Names messages",
        Ability::Once => "Knows a message again",
        Ability::Pictures => "Pictures",
        Ability::Files => "Files",
    };
    for ability in Ability::ALL {
        let _ = write!(table, " {} |", title(ability));
    }
    let _ = writeln!(table, "\n|---|{}", "---|".repeat(4 + Ability::ALL.len()));
    for platform in Platform::ALL {
        let Capabilities { size: holds, bare, account, chats, can } = of(platform);
        let bare = bare.filter(|bare| bare.max != holds.max);
        let bare = bare.map(|bare| format!(" ({} as text)", bare.max)).unwrap_or_default();
        let chat = |kind| {
            let found = chats.iter().find(|(k, _)| *k == kind);
            rates(found.map_or(&[], |(_, rates)| rates))
        };
        let _ = write!(
            table,
            "| `{}` | {}{bare} | {} | {} | {} |",
            platform.name(),
            size(&holds),
            rates(&account),
            chat(ChatKind::Group),
            chat(ChatKind::Direct),
        );
        for ability in Ability::ALL {
            table.push_str(if can.contains(&ability) { " yes |" } else { " |" });
        }
        table.push('\n');
    }
    table
}

/// `TONGXIN_WRITE_DOCS=1` writes the table anew.
#[test]
fn the_documentation_has_the_table_of_platforms() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/platforms.md");
    let text = std::fs::read_to_string(path).expect("the documentation");
    let (head, rest) = text.split_once(BEGIN).expect("where the table begins");
    let (found, tail) = rest.split_once(END).expect("where the table ends");
    let table = table();
    if std::env::var_os("TONGXIN_WRITE_DOCS").is_some() {
        std::fs::write(path, format!("{head}{BEGIN}{table}{END}{tail}")).expect("writes");
        return;
    }
    assert_eq!(found, table, "run it with TONGXIN_WRITE_DOCS=1");
}
