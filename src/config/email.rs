//! How a mailbox is read.

use super::Names;
use super::channels::topics;
use super::quotas::spans;
use super::remark::Wrong;
use super::section::Section;
use super::setting::{Choice, Filled, Name};
use crate::connector::Secret;
use crate::connector::email::{Dkim, Host, Inbox, Known, Login, Settings, Tags, Taken, Tls};
use crate::model::Lang;
use crate::text::say::operator::{ConfigSays, MailboxSays as M};
use std::path::Path;
use url::Url;

impl Choice for Taken {
    const NAMES: &'static [(&'static str, Self)] =
        &[("delete", Self::Delete), ("keep", Self::Keep)];
}

impl Choice for Tags {
    const NAMES: &'static [(&'static str, Self)] =
        &[("+", Self::Plus), ("-", Self::Minus), ("none", Self::None)];
}

/// How the address of a host begins, how the connection is encrypted then, and on which port.
type Schemes = [(&'static str, Tls, u16); 3];

const SMTP: Schemes =
    [("smtps", Tls::Implicit, 465), ("smtp", Tls::Starttls, 587), ("smtp-clear", Tls::None, 25)];
const IMAP: Schemes =
    [("imaps", Tls::Implicit, 993), ("imap", Tls::Starttls, 143), ("imap-clear", Tls::None, 143)];

/// The mailbox of an account; none where something in it is wrong.
pub(super) fn mailbox(
    section: &mut Section<'_>,
    (base, public, lang): (&Path, &str, Lang),
    names: &Names,
) -> Option<Settings> {
    let from = section.need::<Filled>("from");
    let unread = from.is_some();
    let from = from.and_then(|text| text.0.parse().ok());
    if unread && from.is_none() {
        section.wrong("from", wrong(M::NotAMailbox));
    }
    let login = login(section, base);
    let smtp = section.need::<Filled>("smtp");
    let smtp = smtp.and_then(|text| host(section, "smtp", &text.0, SMTP));
    let imap: Option<Filled> = section.maybe("imap");
    let heard = imap.is_some();
    let imap = imap.and_then(|text| host(section, "imap", &text.0, IMAP));
    let folder = section.get("folder", Filled("INBOX".to_owned())).0;
    let taken = section.get("taken", Taken::default());
    let tags = section.get("tags", Tags::default());
    let dkim = dkim(section, base);
    let known = known(section, (base, lang), names);
    let parallel: u32 = section.count("parallel", 2, 1..=32);
    let quota = spans(section, ["per_minute", "per_hour", "per_day", "per_month"]);
    if heard && imap.is_none() {
        return None;
    }
    // Last, so that every other mistake of this account was found before.
    let (login, from): (_, lettre::message::Mailbox) = (login?, from?);
    let imap = imap.map(|host| Host { login: login.clone(), ..host });
    let mut dkim = dkim?;
    if let Some(dkim) = &mut dkim
        && dkim.domain.is_empty()
    {
        from.email.domain().clone_into(&mut dkim.domain);
    }
    Some(Settings {
        smtp: Host { login, ..smtp? },
        imap: imap.map(|host| Inbox { host, folder, taken }),
        from,
        tags,
        dkim,
        public_url: public.to_owned(),
        known,
        parallel: parallel as usize,
        quota,
    })
}

fn wrong(says: M) -> Wrong {
    Wrong::new(ConfigSays::Mailbox(says))
}

/// Who we are at the hosts; nobody where neither name nor password is given.
#[expect(clippy::option_option, reason = "nothing wrong, and nothing there")]
fn login(section: &mut Section<'_>, base: &Path) -> Option<Option<Login>> {
    let user: Option<Filled> = section.maybe("user");
    let given = section.has("password") || section.has("password_file");
    let password = section.secret_or_file("password", "password_file", base);
    match (user, given) {
        (None, false) => Some(None),
        (Some(user), true) => Some(Some(Login { user: user.0, password: password?.0 })),
        (Some(_), false) => {
            section.wrong("password", wrong(M::NoPassword));
            None
        }
        (None, true) => {
            section.wrong("user", wrong(M::NoPassword));
            None
        }
    }
}

fn host(section: &mut Section<'_>, key: &str, text: &str, schemes: Schemes) -> Option<Host> {
    let refuse = |section: &mut Section<'_>, what| {
        section.wrong(key, wrong(what));
        None
    };
    let form = M::NotAHost(schemes[0].0, schemes[1].0);
    let Ok(url) = Url::parse(text) else { return refuse(section, form) };
    let found = schemes.into_iter().find(|(scheme, ..)| *scheme == url.scheme());
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    let (Some((_, tls, port)), Some(name), true) = (found, url.host_str(), bare) else {
        return refuse(section, form);
    };
    let name = name.trim_matches(['[', ']']).to_owned();
    let host = Host { name, port: url.port().unwrap_or(port), tls, login: None };
    if tls == Tls::None && !host.is_here() {
        return refuse(section, M::InClear);
    }
    Some(host)
}

/// What signs; nothing where no key is given.
#[expect(clippy::option_option, reason = "nothing wrong, and nothing there")]
fn dkim(section: &mut Section<'_>, base: &Path) -> Option<Option<Dkim>> {
    let selector: Option<Name> = section.maybe("dkim_selector");
    let domain: Option<Filled> = section.maybe("dkim_domain");
    let given = section.has("dkim_key") || section.has("dkim_key_file");
    let key = section.secret_or_file("dkim_key", "dkim_key_file", base);
    if !given {
        if selector.is_some() {
            section.wrong("dkim_key", wrong(M::NoDkimKey));
            return None;
        }
        return Some(None);
    }
    let (key, place): (Secret, _) = key?;
    let Some(selector) = selector else {
        section.wrong("dkim_selector", wrong(M::NoDkimKey));
        return None;
    };
    let domain = domain.map_or_else(String::new, |d| d.0);
    let dkim = Dkim { domain, selector: selector.0, key };
    if let Err(fault) = dkim.check() {
        section.wrong(place, wrong(M::NotADkimKey(fault.to_string())));
        return None;
    }
    Some(Some(dkim))
}

/// Whom the office brings along, and what they are sent.
fn known(section: &mut Section<'_>, (base, lang): (&Path, Lang), names: &Names) -> Known {
    let mut typed: Vec<String> =
        section.list::<Filled>("addresses").into_iter().map(|a| a.0).collect();
    let mut key = "addresses";
    if let Some(Filled(file)) = section.maybe("addresses_file") {
        key = "addresses_file";
        match std::fs::read_to_string(base.join(&file)) {
            Ok(text) => {
                let lines = text.lines().map(str::trim);
                let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
                typed.extend(lines.map(str::to_owned));
            }
            Err(error) => {
                section.wrong(key, Wrong::new(ConfigSays::FileUnreadable(file, (&error).into())));
            }
        }
    }
    let mut known = Known {
        addresses: Vec::new(),
        topics: topics(section, names),
        lang: section.get("lang", lang),
    };
    for (number, text) in typed.iter().enumerate() {
        match crate::connector::email::typed(text) {
            Some(address) => known.addresses.push(address),
            // Which one is told by its place: the address itself is somebody's.
            None => section.wrong(key, wrong(M::NotAnAddress(number + 1))),
        }
    }
    if !known.addresses.is_empty() && known.topics.is_empty() {
        section.wrong("topics", wrong(M::AddressesWithoutTopics));
    }
    known
}
