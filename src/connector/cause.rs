//! What a platform's refusal means for whoever connects or mends the account: from its codes and words to a cause.
//!
//! What we do next is told by the failure itself; this is what a person does. A code that nobody knows here falls to
//! what the failure says of it.

use super::SendFailure;
use crate::model::Platform;
use crate::text::say::{Cause, DiagnosisSays};
use std::net::IpAddr;

/// What is wrong, in words for whoever can mend it.
#[must_use]
pub fn diagnose(platform: Platform, failure: &SendFailure) -> DiagnosisSays {
    let said = match failure {
        SendFailure::Wait { .. } => String::new(),
        SendFailure::Moved(to) => to.chat.clone(),
        SendFailure::Transient(said)
        | SendFailure::Rejected(said)
        | SendFailure::Gone(said)
        | SendFailure::Blocked(said)
        | SendFailure::Misconfigured(said)
        | SendFailure::Unknown(said)
        | SendFailure::Partly { left_out: said, .. } => said.clone(),
    };
    DiagnosisSays { platform, cause: cause(platform, failure, &said), said }
}

fn cause(platform: Platform, failure: &SendFailure, said: &str) -> Cause {
    match failure {
        SendFailure::Wait { span, .. } => Cause::Wait(span.as_secs().max(1)),
        SendFailure::Transient(_) => Cause::Unreached,
        SendFailure::Unknown(_) => Cause::Unanswered,
        SendFailure::Moved(_) => Cause::Out,
        SendFailure::Partly { .. } => Cause::Message,
        SendFailure::Rejected(_) => known(platform, said).unwrap_or(Cause::Message),
        SendFailure::Gone(_) => known(platform, said).unwrap_or(Cause::Out),
        SendFailure::Blocked(_) => known(platform, said).unwrap_or(Cause::Muted),
        SendFailure::Misconfigured(_) => known(platform, said).unwrap_or(Cause::Settings),
    }
}

/// What is known of the words of a refusal.
fn known(platform: Platform, said: &str) -> Option<Cause> {
    let gateway = said.strip_prefix("status ").and_then(number);
    if let Some(status) = gateway {
        return of_status(platform, status);
    }
    match platform {
        Platform::WecomRobot => wecom_robot(number(said)?),
        Platform::DingtalkRobot => dingtalk_robot(number(said)?, said),
        Platform::FeishuRobot | Platform::Feishu => feishu(number(said)?, said),
        Platform::OfficialAccount => official(number(said)?, said),
        Platform::Dingtalk => dingtalk(&said.to_ascii_lowercase(), said),
        Platform::Telegram => telegram(&said.to_ascii_lowercase()),
        Platform::Webhook => said.contains("private network").then_some(Cause::Private),
        Platform::Wecom => wecom(said),
        Platform::WecomBot => wecom_bot(number(said)?, said),
        Platform::Email => email(said),
        Platform::Web | Platform::WebPush | Platform::ByHand => None,
    }
}

/// The number with which words begin.
fn number(said: &str) -> Option<i64> {
    let end = said.find(|c: char| !c.is_ascii_digit()).unwrap_or(said.len());
    said[..end].parse().ok()
}

/// What a page means that the platform did not write; of another system, its whole answer.
const fn of_status(platform: Platform, status: i64) -> Option<Cause> {
    match (platform, status) {
        (_, 407) => Some(Cause::Proxy),
        (Platform::Webhook, 401 | 403) | (Platform::Telegram, 401) => Some(Cause::Secret),
        (_, 404 | 405) => Some(Cause::NoSuchAddress),
        (_, 300..=399) => Some(Cause::LeadsElsewhere),
        _ => None,
    }
}

const fn wecom_robot(code: i64) -> Option<Cause> {
    match code {
        93000 => Some(Cause::NoRobot),
        93004 => Some(Cause::Off),
        93006 | 93008 => Some(Cause::Out),
        _ => None,
    }
}

/// One code for all that the robot's security settings ask for: the words tell which.
fn dingtalk_robot(code: i64, said: &str) -> Option<Cause> {
    match code {
        310_000 => {
            let said = said.to_ascii_lowercase();
            if said.contains("keyword") {
                Some(Cause::Keyword)
            } else if said.contains("whitelist") {
                Some(Cause::Address(address(&said)))
            } else if said.contains("sign") || said.contains("timestamp") {
                Some(Cause::Signature)
            } else {
                None
            }
        }
        300_001 | 300_005 | 400_101 => Some(Cause::NoRobot),
        400_102 => Some(Cause::Off),
        400_013 => Some(Cause::Out),
        _ => None,
    }
}

/// Robots of groups, and apps.
fn feishu(code: i64, said: &str) -> Option<Cause> {
    match code {
        19001 => Some(Cause::NoRobot),
        19021 => Some(Cause::Signature),
        19022 | 99_991_401 => Some(Cause::Address(address(said))),
        19024 => Some(Cause::Keyword),
        10003 | 10012 => Some(Cause::Name),
        10014 | 99_991_543 => Some(Cause::Secret),
        230_027 | 99_991_672 | 99_991_679 => Some(Cause::Scope(scope(said))),
        230_006 | 99_991_662 => Some(Cause::Off),
        230_018 | 230_035 => Some(Cause::Muted),
        _ => None,
    }
}

fn official(code: i64, said: &str) -> Option<Cause> {
    match code {
        40164 => Some(Cause::Address(address(said))),
        40013 => Some(Cause::Name),
        40125 | 40001 | 40014 | 42001 => Some(Cause::Secret),
        48001 => Some(Cause::Unverified),
        89503 | 89506 | 89507 => Some(Cause::Confirm),
        40243 | 48004 | 50001 | 50002 => Some(Cause::Banned),
        45015 | 45047 => Some(Cause::Closed),
        _ => None,
    }
}

/// Applications; those that are switched off or may see nobody are told in our own words.
fn wecom(said: &str) -> Option<Cause> {
    let Some(code) = number(said) else {
        let seen = said.contains("可见范围").then_some(Cause::Unseen);
        return seen.or_else(|| said.contains("已停用").then_some(Cause::Off));
    };
    match code {
        60020 => Some(Cause::Address(address(said))),
        40013 | 40056 | 301_002 => Some(Cause::Name),
        40001 => Some(Cause::Secret),
        60011 => Some(Cause::Unseen),
        _ => None,
    }
}

fn wecom_bot(code: i64, said: &str) -> Option<Cause> {
    match code {
        60020 => Some(Cause::Address(address(said))),
        40013 | 40056 | 301_002 => Some(Cause::Name),
        40001 | 40014 => Some(Cause::Secret),
        40050 | 86001 | 86003 | 93006 | 93008 => Some(Cause::Out),
        _ => None,
    }
}

/// Hosts of mail: their numbers, or our own words where they offer no encryption that holds.
fn email(said: &str) -> Option<Cause> {
    if said.starts_with("IMAP: ") {
        return Some(Cause::Inbox);
    }
    match number(said) {
        Some(530 | 534 | 535) => Some(Cause::Secret),
        Some(_) => None,
        None => {
            let said = said.to_ascii_lowercase();
            let encrypted = ["certificate", "tls"].iter().any(|known| said.contains(known));
            encrypted.then_some(Cause::Encryption)
        }
    }
}

fn dingtalk(said: &str, whole: &str) -> Option<Cause> {
    let code = said.split(' ').next().unwrap_or_default();
    let is = |known: &[&str]| known.iter().any(|known| code.contains(known));
    if said.contains("whitelist") || said.contains("white list") || said.contains("白名单") {
        return Some(Cause::Address(address(whole)));
    }
    if is(&["bot.stopped", "robot.oto.notexist", "notallow.sendoto"]) {
        return Some(Cause::Off);
    }
    if is(&["robotcode", "invalidclientid.", "appkey.notexist"]) {
        return Some(Cause::Name);
    }
    if is(&["appsecret", "appkey", "invalidclient"]) {
        return Some(Cause::Secret);
    }
    is(&["accessdenied", "forbidden"]).then(|| Cause::Scope(scope(whole)))
}

fn telegram(said: &str) -> Option<Cause> {
    let has = |known: &[&str]| known.iter().any(|known| said.contains(known));
    if has(&["unauthorized"]) || said == "not found" {
        return Some(Cause::Secret);
    }
    has(&["chat not found", "kicked", "not a member", "deleted", "deactivated", "blocked"])
        .then_some(Cause::Out)
}

/// The address that a platform names.
fn address(said: &str) -> Option<String> {
    let pieces = said.split(|c: char| !(c.is_ascii_hexdigit() || ".:".contains(c)));
    let addresses = pieces.filter_map(|piece| piece.trim_end_matches(['.', ':']).parse().ok());
    let real = |ip: &IpAddr| !ip.is_unspecified();
    addresses.into_iter().find(real).map(|ip| ip.to_string())
}

/// The rights that a platform names, in brackets.
fn scope(said: &str) -> Option<String> {
    let (_, rest) = said.split_once('[')?;
    let (names, _) = rest.split_once(']')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.:-, ".contains(c);
    (!names.is_empty() && names.chars().all(fits)).then(|| names.to_owned())
}
