//! The page on how a channel is connected: its fragments are read as a configuration is, its commands are there, and
//! what it quotes is what the program says.

use tempfile::TempDir;
use tongxin::config::{Account, Config, Given, Overrides};
use tongxin::model::{Lang, Platform};
use tongxin::text::Speak as _;
use tongxin::text::command::{Slash, parse};
use tongxin::text::say::operator::{ChannelSays, ConfigSays};
use tongxin::text::say::{Cause, DiagnosisSays};

const PAGE: &str = include_str!("../../docs/platforms.md");
const README: &str = include_str!("../../README.md");

/// What stands around each fragment.
const OFFICE: &str = r#"
[office]
public_url = "https://news.example.org"
admins = ["telegram:4242", "telegram:4243"]

[web]
reader = "forwarded"

[[source]]
id = "notices"
url = "https://example.gov.cn/notices.xml"

[[topic]]
id = "news"
schedule = "30 8 * * 1-5"

[[topic.section]]
sources = ["notices"]

"#;

/// What the files of secrets hold, by how their names end.
const FILES: [(&str, &str); 4] = [
    ("telegram.token", "4242:letters"),
    ("portal.url", "https://portal.example.org/hooks/tongxin"),
    ("portal.secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    (".aes_key", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"),
];

/// One platform's part of the page.
struct Part {
    heading: &'static str,
    text: &'static str,
}

impl Part {
    /// What stands in its block of this kind.
    fn block(&self, kind: &str) -> Option<&'static str> {
        let (_, rest) = self.text.split_once(&format!("```{kind}\n"))?;
        Some(rest.split_once("```").expect("the block ends").0)
    }

    /// The first cells of its rows that quote how a sentence begins.
    fn quoted(&self) -> impl Iterator<Item = &'static str> {
        let cells =
            self.text.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
        cells.filter_map(|cell| cell.strip_suffix('…'))
    }
}

fn section() -> &'static str {
    let (_, rest) = PAGE.split_once("## Connecting a channel\n").expect("the section");
    rest.split_once("\n## ").expect("it ends").0
}

fn parts() -> Vec<Part> {
    let parts = section().split("\n### ").skip(1);
    parts
        .map(|part| part.split_once('\n').expect("a heading"))
        .map(|(heading, text)| Part { heading, text })
        .collect()
}

/// Reads a configuration beside the files that it names.
fn read(text: &str) -> Config {
    let dir = TempDir::new().expect("a directory");
    for name in text.lines().filter_map(named) {
        let holds = FILES.iter().find(|(end, _)| name.ends_with(end));
        let holds = holds.map_or("make0up1a2word", |(_, holds)| holds);
        std::fs::write(dir.path().join(name), holds).expect("writes");
    }
    let file = dir.path().join("office.toml");
    let given = Given { file: &file, text, variables: vec![], overrides: Overrides::default() };
    let config = Config::read(given).unwrap_or_else(|e| panic!("{text}\n{e}"));
    assert!(config.warnings.is_empty(), "{text}\n{:?}", config.warnings);
    config
}

/// The file that a line names.
fn named(line: &str) -> Option<&str> {
    let (key, value) = line.split_once(" = ")?;
    key.ends_with("_file").then(|| value.trim_matches('"'))
}

/// The account that a part's fragment makes; none for the program's own pages.
fn account(part: &Part) -> Option<Account> {
    let fragment = part.block("toml").unwrap_or_else(|| panic!("{}: no fragment", part.heading));
    read(&format!("{OFFICE}{fragment}")).accounts.pop()
}

#[test]
fn every_fragment_of_the_page_is_taken_without_a_warning_and_each_platform_has_one() {
    let parts = parts();
    let platforms: Vec<Platform> = parts
        .iter()
        .map(|part| account(part).map_or(Platform::Web, |account| account.settings.platform()))
        .collect();
    for platform in Platform::ALL {
        assert_eq!(platforms.iter().filter(|p| **p == platform).count(), 1, "{platform:?}");
    }
    for (part, platform) in parts.iter().zip(&platforms) {
        let command = format!("`tongxin channel add {}", platform.name());
        assert!(part.text.contains(&command), "{}: {command}", part.heading);
    }
    assert_eq!(PAGE.matches("```toml").count(), parts.len(), "one fragment each, and no other");
}

#[test]
fn the_configuration_of_the_readme_is_taken_without_a_warning() {
    let (_, rest) = README.split_once("```toml\n").expect("a fragment");
    let (text, _) = rest.split_once("```").expect("it ends");
    let lines = text.lines().map(|line| line.trim_start().replace("/etc/tongxin/", ""));
    let config = read(&lines.collect::<Vec<_>>().join("\n"));
    assert_eq!(config.accounts.len(), 1);
}

#[test]
fn what_the_page_shows_of_success_is_what_the_program_says() {
    for part in parts() {
        let Some(shown) = part.block("text") else { continue };
        let account = account(&part).expect("an account");
        let (platform, name) = (account.settings.platform(), account.id.to_string());
        let hook = format!("https://news.example.org/hook/{name}");
        let there = match platform {
            Platform::Telegram => "@garden_bot",
            Platform::WecomBot => "aib0123abcd",
            Platform::OfficialAccount => "wx0123456789abcdef",
            Platform::Dingtalk => "dingabc123",
            Platform::Email => "news@example.org (smtp.example.org)",
            _ => "同心",
        };
        let says = match (platform, account.only_chat) {
            (Platform::OfficialAccount | Platform::Wecom, _) | (_, None) => {
                ChannelSays::known(platform, (name.clone(), there.to_owned()), hook)
            }
            (_, Some(chat)) => ChannelSays::Taken { account: name.clone(), chat: chat.title },
        };
        let says = match platform {
            Platform::WebPush => {
                let answer = ["fcm.googleapis.com", "updates.push.services.mozilla.com"];
                let answer = answer.map(str::to_owned).into();
                ChannelSays::Reached { account: name, answer, silent: vec![] }
            }
            _ => says,
        };
        let said = says.say(Lang::En);
        assert!(said.starts_with(shown.trim()), "{}: {said}", part.heading);
    }
}

#[test]
fn the_mistakes_of_the_page_are_told_in_the_words_of_the_program() {
    let ip = "203.0.113.7".to_owned();
    let causes = [
        Cause::NoRobot,
        Cause::Secret,
        Cause::Name,
        Cause::Signature,
        Cause::Address(Some(ip)),
        Cause::Address(None),
        Cause::Keyword,
        Cause::Scope(Some("im:message".to_owned())),
        Cause::Scope(None),
        Cause::Unverified,
        Cause::Off,
        Cause::Out,
        Cause::Unseen,
        Cause::Encryption,
        Cause::Inbox,
        Cause::LeadsElsewhere,
        Cause::Private,
        Cause::Wait(60),
        Cause::Unreached,
        Cause::Settings,
    ];
    let settings = [
        ConfigSays::PushNeedsHttps,
        ConfigSays::NoKeptGroups,
        ConfigSays::DeputyIsKeeper,
        ConfigSays::GroupIdle("garden".to_owned()),
        ConfigSays::NothingNamed("topic", "news".to_owned()),
    ]
    .map(|says| says.say(Lang::En));
    for part in parts() {
        let platform = account(&part).map_or(Platform::Web, |a| a.settings.platform());
        let told = causes.iter().map(|cause| {
            let (cause, said) = (cause.clone(), String::new());
            DiagnosisSays { platform, cause, said }.say(Lang::En)
        });
        let told: Vec<String> = told.chain(settings.clone()).collect();
        let rows = part.text.matches("\n| ").count() - 1;
        assert_eq!(rows, 3, "{}: three mistakes", part.heading);
        for quoted in part.quoted() {
            let known = told.iter().any(|told| told.starts_with(quoted));
            assert!(known, "{}: nothing says “{quoted}”", part.heading);
        }
    }
}

#[test]
fn the_commands_of_the_page_are_commands_and_its_links_lead_to_headings() {
    let spans = section().split('`').skip(1).step_by(2);
    // Two are said to Telegram, not to us.
    let ours = |span: &&str| span.starts_with('/') && !["/newbot", "/mybots"].contains(span);
    let chat: Vec<&str> = spans.filter(ours).collect();
    assert!(chat.len() > 10, "{chat:?}");
    for command in chat {
        // What stands for a code is none.
        let typed = command.replace("CODE", "234-567");
        assert!(matches!(parse(&typed, Slash::Needed), Some(Ok(_))), "{command}");
    }
    let headings =
        PAGE.lines().filter_map(|line| line.split_once("# ").filter(|_| line.starts_with('#')));
    let anchors: Vec<String> = headings.map(|(_, heading)| anchor(heading)).collect();
    for link in PAGE.split("](#").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(anchors.iter().any(|anchor| anchor == link), "{link}");
    }
    assert!(README.contains("docs/platforms.md#connecting-a-channel"));
}

/// How a heading is named in an address.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-');
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
