//! What a host's answer means for what we do next (RFC 5321, RFC 3463).

use crate::connector::{SendFailure, WaitScope};
use lettre::transport::smtp::Error;
use std::time::Duration;

/// How far we had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Connection, greeting, encryption.
    Connect,
    /// Saying who we are.
    Login,
    /// From whom it is.
    Sender,
    /// To whom it goes.
    Recipient,
    /// Whether the host takes the message now.
    Data,
    /// All of the message left, the dot included.
    Dot,
}

/// How long the account waits when the host has had enough of it.
const BUSY: Duration = Duration::from_mins(1);

/// What a host said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// Three digits.
    pub(super) code: u16,
    /// `5.1.1`, where it stands in the words.
    pub(super) detail: Option<(u8, u16, u16)>,
    /// The words, in one line, without anybody's address.
    pub(super) words: String,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The host answered.
    Said(Stage, Said),
    /// It did not, or not in a way that can be read.
    Silent(Stage, String),
    /// It offers no encryption, or no way of saying who we are.
    Lacks(String),
}

impl Trouble {
    pub(super) fn of(stage: Stage, error: &Error) -> Self {
        let words = std::error::Error::source(error).map_or_else(String::new, ToString::to_string);
        match error.status() {
            Some(code) => Self::Said(stage, Said::read(u16::from(code), &words)),
            None if error.is_client() || error.is_tls() => Self::Lacks(clean(&words)),
            None => Self::Silent(stage, clean(&error.to_string())),
        }
    }

    /// Whether nothing came back from a connection that may have been closed before we used it.
    pub(super) const fn is_stale(&self) -> bool {
        matches!(self, Self::Silent(Stage::Sender, _))
    }

    /// Whether it may be about us, whoever reads: the host is the office's own, where we hand in.
    pub(super) fn may_be_ours(&self) -> bool {
        let Self::Said(Stage::Recipient, said) = self else { return false };
        match (said.code, said.detail) {
            (..500 | 530 | 552, _) => false,
            (_, Some((_, subject, _))) => subject == 7,
            (553 | 554, None) => true,
            (_, None) => said.words.to_ascii_lowercase().contains("relay"),
        }
    }

    /// Whether the account has sent as much as its host lets it, for now.
    pub(super) fn is_spent(&self) -> bool {
        use Stage::{Data, Dot, Recipient, Sender};
        matches!(self, Self::Said(Sender | Recipient | Data | Dot, said) if said.is_spent())
    }

    /// In words.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Said(_, said) => said.told(),
            Self::Silent(_, words) | Self::Lacks(words) => words.clone(),
        }
    }

    /// What we do next. `None`: it is put off, and only whoever knows since when can say for how long.
    pub(super) fn failure(self) -> Option<SendFailure> {
        Some(match self {
            Self::Lacks(words) => SendFailure::Misconfigured(words),
            Self::Silent(Stage::Dot, words) => SendFailure::Unknown(words),
            Self::Silent(_, words) => SendFailure::Transient(words),
            Self::Said(stage, said) => return said.failure(stage),
        })
    }
}

impl Said {
    pub(super) fn read(code: u16, words: &str) -> Self {
        let words = clean(words);
        let detail = words.split([' ', '-', ';', ':', '(', '[', '#']).find_map(detail);
        Self { code, detail, words }
    }

    fn failure(self, stage: Stage) -> Option<SendFailure> {
        let told = self.told();
        let wait = SendFailure::Wait { span: BUSY, scope: WaitScope::Account };
        let failure = match (stage, self.code) {
            // Too many of us at once, or the host closes.
            (_, 421) => wait,
            (Stage::Recipient | Stage::Data | Stage::Dot, 400..500) => return None,
            (_, 400..500) => wait,
            // A mailbox that is full may be emptied.
            (Stage::Recipient, _) if self.is(5, 2, 2) => return None,
            (Stage::Recipient | Stage::Dot, 550..=553) if self.is_nobody() => {
                SendFailure::Gone(told)
            }
            (Stage::Recipient, 551) if self.detail.is_none() => SendFailure::Gone(told),
            (Stage::Recipient, 552) | (Stage::Data | Stage::Dot, _) => SendFailure::Rejected(told),
            (Stage::Recipient, 530) | (Stage::Connect | Stage::Login | Stage::Sender, _) => {
                SendFailure::Misconfigured(told)
            }
            (Stage::Recipient, _) => SendFailure::Blocked(told),
        };
        Some(failure)
    }

    /// Whether there is nobody of this address.
    pub(super) fn is_nobody(&self) -> bool {
        matches!(self.detail, Some((5, 1, 1 | 2 | 3 | 6 | 10) | (5, 2, 1)))
    }

    /// Whether it speaks for good of how much or how often may be sent. Hosts have no number for it: 5.4.5 is Gmail's.
    fn is_spent(&self) -> bool {
        const SPENT: [&str; 11] = [
            "quota",
            "rate limit",
            "limit exceeded",
            "per day",
            "per hour",
            "daily",
            "hourly",
            "frequen",
            "too many messages",
            "too many emails",
            "too many recipients",
        ];
        // A mailbox that is full, a message that is too large.
        const OTHER: [&str; 5] = ["mailbox", "storage", "full", "size", "too large"];
        let words = self.words.to_ascii_lowercase();
        let has = |known: &[&str]| known.iter().any(|known| words.contains(known));
        let other = matches!(self.detail, Some((5, 2, 2 | 3) | (5, 3, 4)));
        self.code >= 500
            && !self.is_nobody()
            && (self.is(5, 4, 5) || (!other && !has(&OTHER) && has(&SPENT)))
    }

    fn is(&self, class: u8, subject: u16, detail: u16) -> bool {
        self.detail == Some((class, subject, detail))
    }

    pub(super) fn told(&self) -> String {
        format!("{} {}", self.code, self.words)
    }
}

/// `5.1.1`.
pub(super) fn detail(word: &str) -> Option<(u8, u16, u16)> {
    let mut numbers = word.splitn(3, '.');
    let class: u8 = numbers.next()?.parse().ok().filter(|n| matches!(n, 2 | 4 | 5))?;
    let (subject, detail) = (numbers.next()?.parse().ok()?, numbers.next()?);
    let digits = detail.find(|c: char| !c.is_ascii_digit()).unwrap_or(detail.len());
    Some((class, subject, detail[..digits].parse().ok()?))
}

/// A host's words in one line, in which whoever is named is not: they stand in ledgers and logs.
pub(super) fn clean(words: &str) -> String {
    let line = words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty());
    let line = line.map(|word| if word.contains('@') { "…" } else { word });
    line.collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::{Said, SendFailure, Stage, Trouble};

    fn told(stage: Stage, code: u16, words: &str) -> Option<SendFailure> {
        Trouble::Said(stage, Said::read(code, words)).failure()
    }

    #[test]
    fn what_hosts_say_is_read_as_what_we_do_next() {
        use SendFailure as F;
        use Stage as S;
        let gone =
            told(S::Recipient, 550, "5.1.1 <li@a.cn>: Recipient address rejected: User unknown");
        assert_eq!(
            gone,
            Some(F::Gone("550 5.1.1 … Recipient address rejected: User unknown".into()))
        );
        assert!(matches!(told(S::Recipient, 550, "5.2.1 disabled"), Some(F::Gone(_))));
        assert!(matches!(told(S::Recipient, 551, "User not local"), Some(F::Gone(_))));
        assert!(matches!(told(S::Recipient, 550, "no thanks"), Some(F::Blocked(_))));
        assert!(matches!(told(S::Recipient, 550, "5.4.1 denied"), Some(F::Blocked(_))));
        assert_eq!(told(S::Recipient, 450, "4.2.0 greylisted"), None);
        assert_eq!(told(S::Recipient, 552, "5.2.2 mailbox full"), None);
        assert!(matches!(told(S::Dot, 552, "5.3.4 too big"), Some(F::Rejected(_))));
        assert!(matches!(told(S::Dot, 554, "5.7.1 spam"), Some(F::Rejected(_))));
        assert_eq!(told(S::Dot, 451, "4.7.1 try later"), None);
        assert!(matches!(told(S::Login, 535, "5.7.8 wrong"), Some(F::Misconfigured(_))));
        assert!(matches!(told(S::Sender, 553, "5.7.1 not yours"), Some(F::Misconfigured(_))));
        assert!(matches!(told(S::Connect, 421, "too many"), Some(F::Wait { .. })));
        assert!(matches!(told(S::Login, 454, "4.7.0 later"), Some(F::Wait { .. })));
        let silent = |stage| Trouble::Silent(stage, String::new()).failure();
        assert!(matches!(silent(S::Dot), Some(F::Unknown(_))));
        assert!(matches!(silent(S::Data), Some(F::Transient(_))));
    }

    #[test]
    fn what_a_host_says_at_a_recipient_of_policy_or_without_a_detail_may_be_about_us() {
        let ours =
            |code, words| Trouble::Said(Stage::Recipient, Said::read(code, words)).may_be_ours();
        for (code, words) in [
            (554, "5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org"),
            (550, "5.7.1 relaying denied"),
            (550, "relay not permitted"),
            (553, "sorry, that domain isn't in my list of allowed rcpthosts"),
            (554, "no"),
        ] {
            assert!(ours(code, words), "{code} {words}");
        }
        for (code, words) in [
            (450, "4.7.1 later"),
            (550, "5.1.1 unknown"),
            (553, "sorry, no mailbox here by that name. (#5.1.1)"),
            (550, "no thanks"),
            (551, "User not local"),
            (552, "5.2.2 mailbox full"),
            (530, "5.7.0 authentication required"),
        ] {
            assert!(!ours(code, words), "{code} {words}");
        }
        assert!(!Trouble::Said(Stage::Dot, Said::read(554, "5.7.1 spam")).may_be_ours());
    }

    #[test]
    fn a_quota_that_is_used_up_is_told_from_a_full_mailbox_and_a_large_message() {
        let spent = |stage, code, words| Trouble::Said(stage, Said::read(code, words)).is_spent();
        for (code, words) in [
            (550, "5.4.5 Daily user sending quota exceeded. l2-20020a63b005 - gsmtp"),
            (
                554,
                "5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; failed to process message",
            ),
            (552, "Message would take you over your relay quota of 250"),
            (554, "5.7.1 <DATA>: Data command rejected: only 50 messages per day"),
            (
                554,
                "5.7.1 <DATA>: Data command rejected: too many messages from sender in last 60 minutes",
            ),
            (554, "Reject by behaviour spamANTISPAM_BAT[0]: too frequently sending"),
            (550, "Sending frequency is limited"),
            (550, "Domain example.org has exceeded the max emails per hour (101/100) allowed"),
            (550, "5.7.233 your tenant exceeded its daily limit for sending e-mail outside"),
        ] {
            for stage in [Stage::Sender, Stage::Recipient, Stage::Data, Stage::Dot] {
                assert!(spent(stage, code, words), "{code} {words}");
            }
            assert!(!spent(Stage::Login, code, words), "{code} {words}");
        }
        for (code, words) in [
            (552, "5.2.2 <li@a.cn>: Over quota"),
            (552, "5.2.2 Quota exceeded (mailbox for user is full)"),
            (550, "mailbox quota exceeded"),
            (552, "5.2.3 message length exceeds the quota"),
            (552, "5.3.4 limit exceeded"),
            (552, "message size limit exceeded"),
            (550, "5.1.1 no such user, or too many messages"),
            (554, "5.7.1 looks like spam"),
            (554, "5.4.6 too many hops"),
            (450, "4.7.1 rate limit exceeded"),
        ] {
            for stage in [Stage::Recipient, Stage::Dot] {
                assert!(!spent(stage, code, words), "{code} {words}");
            }
        }
    }
}
