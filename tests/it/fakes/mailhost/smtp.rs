//! The host's side of SMTP.

use super::{
    Beyond, Fault, Inner, MINUTE, Mail, OFFICE, PASSWORD, PER_MINUTE, SIZE_MAX, USER, arrive,
};
use base64::Engine as _;
use std::sync::Arc;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// How long a stranger is put off.
const STRANGER: i64 = 10 * MINUTE;

#[derive(Default)]
struct Session {
    known: bool,
    sender: Option<String>,
    to: Vec<String>,
    fault: Option<Fault>,
}

pub(super) async fn talk(inner: Arc<Inner>, stream: TcpStream) -> std::io::Result<()> {
    inner.book().lines += 1;
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    write.write_all(b"220 mx.example.org ESMTP\r\n").await?;
    let mut session = Session::default();
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_owned();
        if command == "DATA" && session.ready() {
            if session.fault == Some(Fault::CutBeforeData) {
                return Ok(());
            }
            let beyond = inner.book().beyond(inner.now(), Beyond::Data);
            if let Some(words) = beyond {
                write.write_all(format!("{words}\r\n").as_bytes()).await?;
                continue;
            }
            write.write_all(b"354 go on\r\n").await?;
            let raw = data(&mut lines).await?;
            if session.fault == Some(Fault::CutBeforeTaken) {
                return Ok(());
            }
            let answer = session.take(&inner, &raw);
            if session.fault == Some(Fault::CutTaken) {
                return Ok(());
            }
            session = Session { known: true, ..Session::default() };
            write.write_all(format!("{answer}\r\n").as_bytes()).await?;
            continue;
        }
        let answer = session.hears(&inner, &command);
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        if command == "QUIT" {
            return Ok(());
        }
    }
}

async fn data(lines: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(raw);
        }
        raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

impl Session {
    const fn ready(&self) -> bool {
        self.sender.is_some() && !self.to.is_empty()
    }

    fn hears(&mut self, inner: &Inner, command: &str) -> String {
        let address = |text: &str| text.trim_matches(['<', '>']).to_owned();
        let upper = command.to_ascii_uppercase();
        if upper.starts_with("EHLO ") {
            return format!("250-mx.example.org\r\n250-SIZE {SIZE_MAX}\r\n250 AUTH PLAIN LOGIN");
        }
        if let Some(letters) = command.strip_prefix("AUTH PLAIN ") {
            let plain = base64::engine::general_purpose::STANDARD.decode(letters);
            let good = format!("\0{USER}\0{PASSWORD}").into_bytes();
            self.known = plain.is_ok_and(|plain| plain == good) && !inner.book().locked;
            let words =
                if self.known { "235 2.7.0 welcome" } else { "535 5.7.8 authentication failed" };
            return words.to_owned();
        }
        if let Some(sender) = command.strip_prefix("MAIL FROM:") {
            if !self.known {
                return "530 5.7.0 authentication required".to_owned();
            }
            *self = Self { known: true, sender: Some(address(sender)), ..Self::default() };
            let ours = OFFICE.split_once('@').expect("an address").1;
            if !sender.contains(ours) {
                return "553 5.7.1 the sender is not yours".to_owned();
            }
            if let Some(words) = inner.book().beyond(inner.now(), Beyond::Sender) {
                return words;
            }
            return "250 2.1.0 ok".to_owned();
        }
        if let Some(to) = command.strip_prefix("RCPT TO:") {
            return self.names(inner, address(to));
        }
        match upper.as_str() {
            "RSET" => {
                *self = Self { known: self.known, ..Self::default() };
                "250 2.0.0 forgotten".to_owned()
            }
            "NOOP" => "250 2.0.0 ok".to_owned(),
            "QUIT" => "221 2.0.0 bye".to_owned(),
            _ => "503 5.5.1 not now".to_owned(),
        }
    }

    fn names(&mut self, inner: &Inner, to: String) -> String {
        let now = inner.now();
        let mut book = inner.book();
        book.tries += 1;
        if !self.to.is_empty() {
            inner.violates(format!("more than one recipient: {to}"));
        }
        if book.nobody.contains(&to) {
            return format!("550 5.1.1 <{to}>: Recipient address rejected: User unknown");
        }
        if let Some(words) = book.beyond(now, Beyond::Recipient) {
            return words;
        }
        if let Some(words) = book.denies.or_else(|| book.denied.get(&to).copied()) {
            return words.to_owned();
        }
        if let Some(seen) = &mut book.greylist
            && now - *seen.entry(to.clone()).or_insert(now) < STRANGER
        {
            return format!("450 4.2.0 <{to}>: Recipient address rejected: Greylisted");
        }
        self.fault = book.faults.pop_front();
        if let Some(Fault::Recipient(words)) = self.fault {
            return words.to_owned();
        }
        self.to.push(to);
        "250 2.1.5 ok".to_owned()
    }

    fn take(&self, inner: &Inner, raw: &[u8]) -> String {
        let now = inner.now();
        if let Some(Fault::Message(words)) = self.fault {
            return words.to_owned();
        }
        if raw.len() > SIZE_MAX {
            return "552 5.3.4 message too big".to_owned();
        }
        for fault in faults(raw) {
            inner.violates(fault);
        }
        let mut book = inner.book();
        if let Some(words) = book.beyond(now, Beyond::Message) {
            return words;
        }
        if book.taken.iter().filter(|at| now - **at < MINUTE).count() >= PER_MINUTE {
            return "451 4.7.0 too many messages".to_owned();
        }
        book.taken.push(now);
        let sender = self.sender.clone().unwrap_or_default();
        let raw = String::from_utf8_lossy(raw).into_owned();
        for to in &self.to {
            if book.vanished.contains(to) {
                let bounce = bounce(&sender, to, &raw);
                arrive(&mut book, bounce.into_bytes());
                inner.arrived.notify_waiters();
                continue;
            }
            let mail = Mail { sender: sender.clone(), raw: raw.clone() };
            book.boxes.entry(to.clone()).or_default().push(mail);
        }
        "250 2.0.0 queued".to_owned()
    }
}

/// What no host takes, or some do not.
fn faults(raw: &[u8]) -> Vec<String> {
    let mut faults = Vec::new();
    let text = String::from_utf8_lossy(raw);
    if !raw.is_ascii() {
        faults.push("letters that are not ASCII".to_owned());
    }
    if text.replace("\r\n", "").contains(['\r', '\n']) {
        faults.push("a bare line end".to_owned());
    }
    if let Some(long) = text.split("\r\n").find(|line| line.len() > 998) {
        faults.push(format!("a line of {} bytes", long.len()));
    }
    let head = text.split("\r\n\r\n").next().unwrap_or_default().to_ascii_lowercase();
    for name in ["from:", "to:", "date:", "message-id:", "subject:", "mime-version:"] {
        let times = head.split("\r\n").filter(|line| line.starts_with(name)).count();
        if times != 1 {
            faults.push(format!("{name} stands there {times} times"));
        }
    }
    faults
}

/// A report that nobody is there (RFC 3464).
fn bounce(to: &str, nobody: &str, raw: &str) -> String {
    let head = raw.split("\r\n\r\n").next().unwrap_or_default();
    format!(
        "Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example.org>\r\nTo: {to}\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nDate: Tue, 24 Nov 2026 00:00:00 +0000\r\n\
         Message-ID: <bounce-{}@mx.example.org>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"BB\"\r\n\r\n\
         --BB\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you.\r\n\
         --BB\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n\
         Final-Recipient: rfc822; {nobody}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 <{nobody}>: User unknown\r\n\r\n\
         --BB\r\nContent-Type: text/rfc822-headers\r\n\r\n{head}\r\n\r\n--BB--\r\n",
        raw.len()
    )
}
