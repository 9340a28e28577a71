//! The host's side of IMAP (RFC 9051, RFC 2177): the few commands that a reader of one folder needs.

use super::{Inner, Keywords, Lying, Naming, PASSWORD, USER};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

#[derive(Default)]
struct Session {
    known: bool,
    named: bool,
}

pub(super) async fn talk(inner: Arc<Inner>, stream: TcpStream) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    write.write_all(b"* OK IMAP4rev1 ready\r\n").await?;
    let mut line = String::new();
    let mut session = Session::default();
    loop {
        line.clear();
        if lines.read_line(&mut line).await? == 0 {
            inner.book().waiting = false;
            return Ok(());
        }
        let whole = line.trim_end().to_owned();
        let Some((tag, command)) = whole.split_once(' ') else { continue };
        if command.eq_ignore_ascii_case("IDLE") {
            write.write_all(b"+ idling\r\n").await?;
            let arrived = inner.arrived.notified();
            if news(&inner) {
                write.write_all(b"* 1 EXISTS\r\n").await?;
                line.clear();
                lines.read_line(&mut line).await?;
            } else {
                inner.book().waiting = true;
                inner.changed.notify_waiters();
                line.clear();
                let said = tokio::select! {
                    said = lines.read_line(&mut line) => said?,
                    () = arrived => {
                        write.write_all(b"* 1 EXISTS\r\n").await?;
                        lines.read_line(&mut line).await?
                    }
                };
                inner.book().waiting = false;
                if said == 0 {
                    return Ok(());
                }
            }
            write.write_all(format!("{tag} OK done\r\n").as_bytes()).await?;
            continue;
        }
        if breaks(&inner, command) {
            return Ok(());
        }
        let answer = session.hears(&inner, tag, command);
        write.write_all(&answer).await?;
        if command.eq_ignore_ascii_case("LOGOUT") {
            return Ok(());
        }
    }
}

/// Whether there is more than the reader was told of.
fn news(inner: &Inner) -> bool {
    let book = inner.book();
    book.told < book.inbox.len()
}

/// Whether the line breaks at this command.
fn breaks(inner: &Inner, command: &str) -> bool {
    let mut book = inner.book();
    if !command.contains("BODY.PEEK") {
        return false;
    }
    let left = book.fetches;
    book.fetches = left.and_then(|left| left.checked_sub(1));
    left == Some(0)
}

impl Session {
    fn hears(&mut self, inner: &Inner, tag: &str, command: &str) -> Vec<u8> {
        let naming = inner.book().naming;
        if command.starts_with("LOGIN ") {
            let answer = hears(inner, tag, command);
            self.known = !answer.starts_with(format!("{tag} NO").as_bytes());
            return answer;
        }
        if let Some(list) = command.strip_prefix("ID ") {
            if !self.known || !is_list(list) {
                inner.violates(format!("no such name: {list}"));
            }
            if naming == Naming::Unknown {
                return format!("{tag} BAD Unknown command\r\n").into_bytes();
            }
            self.named = true;
            let told = "* ID (\"name\" \"Coremail Imap\" \"vendor\" \"Mailtech\")";
            return format!("{told}\r\n{tag} OK ID completed\r\n").into_bytes();
        }
        if command.starts_with("SELECT ") && naming == Naming::Wanted && !self.named {
            let words = "NO SELECT Unsafe Login. Please contact kefu@188.com for help";
            return format!("{tag} {words}\r\n").into_bytes();
        }
        hears(inner, tag, command)
    }
}

/// Whether these are names and values in quotes, within one pair of brackets.
fn is_list(words: &str) -> bool {
    let within = words.strip_prefix("(\"").and_then(|words| words.strip_suffix("\")"));
    within.is_some_and(|words| words.split("\" \"").count().is_multiple_of(2))
}

fn hears(inner: &Inner, tag: &str, command: &str) -> Vec<u8> {
    let ok = |before: String| format!("{before}{tag} OK done\r\n").into_bytes();
    let mut book = inner.book();
    let upper = command.to_ascii_uppercase();
    if let Some(rest) = command.strip_prefix("LOGIN ") {
        let good = rest == format!("\"{USER}\" \"{PASSWORD}\"") && !book.locked;
        let words = "NO [AUTHENTICATIONFAILED] Invalid credentials";
        return if good { ok(String::new()) } else { format!("{tag} {words}\r\n").into_bytes() };
    }
    if upper == "CAPABILITY" {
        return ok("* CAPABILITY IMAP4rev1 IDLE UIDPLUS\r\n".to_owned());
    }
    if upper.starts_with("SELECT ") {
        if upper != "SELECT \"INBOX\"" {
            return format!("{tag} NO [NONEXISTENT] Mailbox doesn't exist\r\n").into_bytes();
        }
        book.told = book.inbox.len();
        let (count, validity, next) = (book.inbox.len(), book.validity, book.next);
        return ok(format!(
            "* {count} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY {validity}] valid\r\n\
             * OK [UIDNEXT {next}] next\r\n* FLAGS (\\Seen \\Deleted)\r\n"
        ));
    }
    if let Some(rest) = upper.strip_prefix("UID SEARCH ") {
        book.told = book.inbox.len();
        if rest.starts_with("KEYWORD") && book.keywords == Keywords::Refused {
            return format!("{tag} BAD Command Argument Error. 12\r\n").into_bytes();
        }
        let all = !rest.starts_with("KEYWORD") || book.keywords == Keywords::Overlooked;
        let marked = |l: &&Lying| all || l.marked;
        let found: Vec<String> = match rest.strip_prefix("UID ") {
            Some(range) => {
                let from: u32 =
                    range.split(':').next().expect("a range").parse().expect("a number");
                let last = book.inbox.last().map(|l| l.uid);
                // The highest belongs to every range that ends with a star.
                let within = |uid: u32| uid >= from || Some(uid) == last;
                book.inbox
                    .iter()
                    .map(|l| l.uid)
                    .filter(|u| within(*u))
                    .map(|u| u.to_string())
                    .collect()
            }
            None => book.inbox.iter().filter(marked).map(|l| l.uid.to_string()).collect(),
        };
        return ok(format!("* SEARCH {}\r\n", found.join(" ")).replace("SEARCH \r\n", "SEARCH\r\n"));
    }
    if let Some(rest) = upper.strip_prefix("UID FETCH ")
        && let Some(set) = rest.strip_suffix(" (FLAGS)")
    {
        let asked: Vec<u32> = set.split(',').map(|n| n.parse().expect("a number")).collect();
        let lying = book.inbox.iter().zip(1..).filter(|(l, _)| asked.contains(&l.uid));
        return ok(lying.map(|(l, n)| flags(l, n)).collect());
    }
    if let Some(rest) = upper.strip_prefix("UID FETCH ") {
        let uid: u32 = rest.split(' ').next().expect("a number").parse().expect("a number");
        let most: usize = rest
            .split_once("<0.")
            .and_then(|(_, m)| m.split('>').next()?.parse().ok())
            .unwrap_or(usize::MAX);
        let Some(place) = book.inbox.iter().position(|l| l.uid == uid) else {
            return ok(String::new());
        };
        if book.unreadable.iter().any(|from| book.inbox[place].holds(from)) {
            return format!("{tag} NO [SERVERBUG] Internal error occurred\r\n").into_bytes();
        }
        let raw = &book.inbox[place].raw;
        let raw = &raw[..raw.len().min(most)];
        let mut answer =
            format!("* {} FETCH (UID {uid} BODY[]<0> {{{}}}\r\n", place + 1, raw.len())
                .into_bytes();
        answer.extend_from_slice(raw);
        answer.extend_from_slice(b")\r\n");
        answer.extend(ok(String::new()));
        return answer;
    }
    if let Some(rest) = upper.strip_prefix("UID STORE ") {
        let uid: u32 = rest.split(' ').next().expect("a number").parse().expect("a number");
        if rest.contains("\\DELETED") {
            book.inbox.retain(|l| l.uid != uid);
            book.told = book.inbox.len();
        } else if rest.contains("$TONGXINTAKEN") && book.keywords == Keywords::Refused {
            return format!("{tag} NO Keywords are not supported\r\n").into_bytes();
        } else if rest.contains("$TONGXINTAKEN") {
            book.inbox.iter_mut().filter(|l| l.uid == uid).for_each(|l| l.marked = true);
        } else {
            book.inbox.iter_mut().filter(|l| l.uid == uid).for_each(|l| l.seen = true);
        }
        return ok(String::new());
    }
    if upper.starts_with("UID EXPUNGE")
        || upper == "EXPUNGE"
        || upper == "NOOP"
        || upper == "LOGOUT"
    {
        return ok(String::new());
    }
    inner.violates(format!("no such command: {command}"));
    format!("{tag} BAD no such command\r\n").into_bytes()
}

/// What stands at the message of this place.
fn flags(lying: &Lying, place: usize) -> String {
    let mut flags = Vec::new();
    flags.extend(lying.seen.then_some("\\Seen"));
    flags.extend(lying.marked.then_some("$TongxinTaken"));
    format!("* {place} FETCH (UID {} FLAGS ({}))\r\n", lying.uid, flags.join(" "))
}
