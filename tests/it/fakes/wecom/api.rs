//! The calls of the platform.

use super::card::card;
use super::{AGENT, Book, CORP, Code, Fault, Group, Inner, Shown, Stands};
use crate::fakes::official::{at_most, fields, read_anchors, text};
use crate::fakes::robots::news;
use crate::fakes::telegram::net::Knife;
use crate::fakes::uploads;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const BODY_MAX: usize = 25 << 20;
const UPLOAD: &str = "/cgi-bin/media/upload";

/// What is wrong with a request.
type Violation = String;

pub(super) async fn serve(
    State(inner): State<Arc<Inner>>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    request: Request,
) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let kind = request.headers().get("content-type").and_then(|v| v.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    let body = to_bytes(request.into_body(), BODY_MAX).await.expect("a body");
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let mut book = inner.book.lock().expect("no request panicked");
    *book.calls.entry(uri.path().to_owned()).or_default() += 1;
    let fault = book.faults.get_mut(uri.path()).and_then(VecDeque::pop_front);
    match fault {
        Some(Fault::CutUnread) => {
            knife.cut();
            return json_of(&json!({}));
        }
        Some(Fault::Busy) => return json_of(&said(-1, "system busy")),
        Some(Fault::Refused(code)) => return json_of(&said(code, "is refused")),
        Some(Fault::TooFast) => return json_of(&said(45009, "api freq out of limit")),
        Some(Fault::Page(status)) => {
            let page = Response::builder().status(status).header("content-type", "text/html");
            return page.body(Body::from("<html><h1>Bad Gateway</h1></html>")).expect("a page");
        }
        Some(Fault::CutUnanswered | Fault::None) | None => {}
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    let now = inner.clock.now().millis();
    let answer = if method == axum::http::Method::GET {
        book.asked(now, uri.path(), &query)
    } else if uri.path() == UPLOAD {
        book.is_given(now, &query, (&kind, &body))
    } else if text.contains("\\u") {
        Err("40033 letters are written as \\u".to_owned())
    } else {
        match serde_json::from_str(&text) {
            Ok(asked) => book.take(now, (uri.path(), &query), (&text, &asked)),
            Err(e) => Err(e.to_string()),
        }
    };
    if fault == Some(Fault::CutUnanswered) {
        knife.cut();
    }
    match answer {
        Ok(answer) => json_of(&answer),
        Err(violation) => {
            let violation = format!("{}: {violation}: {text}", uri.path());
            inner.violations.lock().expect("no request panicked").push(violation);
            json_of(&said(40058, "invalid Request Parameter"))
        }
    }
}

fn json_of(body: &Value) -> Response {
    let response = Response::builder().header("content-type", "application/json; charset=UTF-8");
    response.body(Body::from(body.to_string())).expect("an answer")
}

fn said(code: i64, message: &str) -> Value {
    let hint = "hint: [1795478400123456789012345], from ip: 203.0.113.9, more info at \
                https://open.work.weixin.qq.com/devtool/query?e=";
    json!({"errcode": code, "errmsg": format!("{message}, {hint}{code}")})
}

fn done() -> Value {
    json!({"errcode": 0, "errmsg": "ok"})
}

impl Book {
    pub(super) fn next(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// A code by which a card can be changed once, for three days.
    pub(super) fn code(&mut self, who: &str, task: &str, now: i64) -> String {
        let code = format!("CODE-{}", self.next());
        let card = Code { who: who.to_owned(), task: task.to_owned(), until: now + 72 * HOUR };
        self.codes.insert(code.clone(), card);
        code
    }

    fn asked(
        &mut self,
        now: i64,
        path: &str,
        query: &BTreeMap<String, String>,
    ) -> Result<Value, Violation> {
        if path == "/cgi-bin/gettoken" {
            return self.give_token(now, query);
        }
        if let Some(refusal) = self.refuses(now, query) {
            return Ok(refusal);
        }
        if path != "/cgi-bin/agent/get" {
            return Err("no such call".to_owned());
        }
        if query["agentid"] != AGENT.to_string() {
            return Ok(said(301_002, "not allow operate another agent with this accesstoken"));
        }
        let users: Vec<_> = self.members.keys().map(|m| json!({"userid": m})).collect();
        Ok(json!({"errcode": 0, "errmsg": "ok", "agentid": AGENT, "name": "同心",
            "close": i32::from(self.agent == Stands::No),
            "allow_userinfos": {"user": users}, "allow_partys": {"partyid": []},
            "allow_tags": {"tagid": []}}))
    }

    fn give_token(
        &mut self,
        now: i64,
        query: &BTreeMap<String, String>,
    ) -> Result<Value, Violation> {
        if query.get("corpid").map(String::as_str) != Some(CORP) {
            return Ok(said(40013, "invalid corpid"));
        }
        if query.get("corpsecret") != Some(&self.secret) {
            self.wrong += 1;
            if self.wrong > 3 {
                return Err("the address is shut out for an hour".to_owned());
            }
            return Ok(said(40001, "invalid credential"));
        }
        let fresh = (format!("TOKEN-{}", self.next()), now + 2 * HOUR);
        let held = self.token.take().filter(|(_, until)| now < *until);
        let (token, until) = self.token.insert(held.unwrap_or(fresh));
        Ok(json!({"errcode": 0, "errmsg": "ok", "access_token": token,
            "expires_in": (*until - now) / 1000}))
    }

    fn refuses(&self, now: i64, query: &BTreeMap<String, String>) -> Option<Value> {
        match &self.token {
            Some((token, until)) if query.get("access_token") == Some(token) => {
                if now >= *until {
                    return Some(said(42001, "access_token expired"));
                }
            }
            _ => return Some(said(40014, "invalid access_token")),
        }
        (self.allowed == Stands::No).then(|| said(60020, "not allow to access from your ip"))
    }

    fn take(
        &mut self,
        now: i64,
        (path, query): (&str, &BTreeMap<String, String>),
        (body, asked): (&str, &Value),
    ) -> Result<Value, Violation> {
        if let Some(refusal) = self.refuses(now, query) {
            return Ok(refusal);
        }
        match path {
            "/cgi-bin/message/send" => self.send(now, body, asked),
            "/cgi-bin/message/update_template_card" => self.change(now, asked),
            "/cgi-bin/message/recall" => {
                fields(asked, &["msgid"])?;
                let msgid = text(&asked["msgid"])?;
                if self.messages.remove(msgid).is_none_or(|until| now > until) {
                    return Ok(said(40058, "invalid Request Parameter: msgid"));
                }
                for member in self.members.values_mut() {
                    member.shown.retain(|shown| shown.msgid != msgid);
                }
                Ok(done())
            }
            "/cgi-bin/menu/create" => self.make_menu(query, asked),
            "/cgi-bin/appchat/create" => self.make_group(asked),
            "/cgi-bin/appchat/send" => {
                fields(asked, &["chatid", "msgtype", "text", "image", "file", "news"])?;
                let shown = match self.shown(now, asked)? {
                    Ok(shown) => shown,
                    Err(refusal) => return Ok(refusal),
                };
                match self.groups.get_mut(text(&asked["chatid"])?) {
                    None => Ok(said(86001, "chatid is invalid")),
                    Some(group) => {
                        group.shown.push(shown);
                        Ok(done())
                    }
                }
            }
            other => Err(format!("no such call: {other}")),
        }
    }

    fn send(&mut self, now: i64, body: &str, asked: &Value) -> Result<Value, Violation> {
        let known = [
            "touser",
            "toparty",
            "totag",
            "msgtype",
            "agentid",
            "text",
            "template_card",
            "image",
            "file",
            "news",
            "enable_duplicate_check",
            "duplicate_check_interval",
        ];
        fields(asked, &known)?;
        if asked["agentid"] != AGENT {
            return Ok(said(301_002, "not allow operate another agent with this accesstoken"));
        }
        let mut shown = match self.shown(now, asked)? {
            Ok(shown) => shown,
            Err(refusal) => return Ok(refusal),
        };
        shown.msgid = format!("MSG-{}_x", self.next());
        let msgid = shown.msgid.clone();
        if asked["enable_duplicate_check"] == 1 {
            let span = asked["duplicate_check_interval"].as_i64().unwrap_or(1800);
            if !(1..=14_400).contains(&span) {
                return Err("looks back too far".to_owned());
            }
            self.checked.retain(|(_, until)| now < *until);
            if self.checked.iter().any(|(known, _)| known == body) {
                return Ok(json!({"errcode": 0, "errmsg": "ok", "msgid": msgid}));
            }
            self.checked.push((body.to_owned(), now + span * 1000));
        }
        let (to, mut answer) = self.receivers(asked)?;
        if to.is_empty() && answer["unlicenseduser"].as_str().is_none_or(str::is_empty) {
            return Ok(said(81013, "user & party & tag all invalid"));
        }
        if let Some(task) = &shown.task {
            if self.tasks.contains(task) {
                return Err(format!("task_id {task} was used before"));
            }
            self.tasks.push(task.clone());
        }
        self.messages.insert(msgid.clone(), now + 24 * HOUR);
        for who in &to {
            let member = self.members.get_mut(who).expect("a member");
            let within = |span: i64| member.sent.iter().filter(|at| now - **at < span).count();
            if within(MINUTE) >= 30 || within(HOUR) >= 1_000 {
                self.dropped += 1;
            } else {
                member.shown.push(shown.clone());
            }
            member.sent.push(now);
        }
        answer["msgid"] = json!(msgid);
        if let (Some(task), Some(who)) = (&shown.task, to.first()) {
            answer["response_code"] = json!(self.code(who, task, now));
        }
        Ok(answer)
    }

    /// What is read of a message, or the platform's refusal.
    fn shown(&self, now: i64, asked: &Value) -> Result<Result<Shown, Value>, Violation> {
        let kind = text(&asked["msgtype"])?;
        Ok(Ok(match kind {
            "text" => words(asked)?,
            "template_card" => card(&asked["template_card"])?,
            "news" => bare(news(&asked["news"])?),
            "image" | "file" => {
                fields(&asked[kind], &["media_id"])?;
                let file = self.media.named(text(&asked[kind]["media_id"])?, now);
                let Some(file) = file.filter(|file| file.kind == kind) else {
                    return Ok(Err(said(40007, "invalid media_id")));
                };
                bare(file.shown())
            }
            other => return Err(format!("msgtype {other}")),
        }))
    }

    /// Takes a picture or a file that messages will name.
    fn is_given(
        &mut self,
        now: i64,
        query: &BTreeMap<String, String>,
        (kind, body): (&str, &[u8]),
    ) -> Result<Value, Violation> {
        if let Some(refusal) = self.refuses(now, query) {
            return Ok(refusal);
        }
        let (mut file, more) = uploads::read(kind, body, "media")?;
        if !more.is_empty() {
            return Err(format!("more than a file: {more:?}"));
        }
        file.kind = query.get("type").cloned().unwrap_or_default();
        let most = match file.kind.as_str() {
            "image" if !file.is_picture() => return Ok(said(40005, "invalid file type")),
            "image" => 10 << 20,
            "file" => 20 << 20,
            _ => return Ok(said(40004, "invalid media type")),
        };
        if file.bytes.len() <= 5 || file.bytes.len() > most {
            return Ok(said(40006, "invalid meida size"));
        }
        let kind = file.kind.clone();
        let id = self.media.keep(file, now + 72 * HOUR);
        Ok(json!({"errcode": 0, "errmsg": "ok", "type": kind, "media_id": id,
            "created_at": (now / 1000).to_string()}))
    }

    /// Who gets it, and an answer that says who does not.
    fn receivers(&self, asked: &Value) -> Result<(Vec<String>, Value), Violation> {
        let list = |name: &str| -> Vec<String> {
            let words = asked[name].as_str().unwrap_or_default();
            words.split('|').filter(|w| !w.is_empty()).map(str::to_owned).collect()
        };
        let (users, parties, tags) = (list("touser"), list("toparty"), list("totag"));
        if users.len() > 1_000 || parties.len() > 100 || tags.len() > 100 {
            return Err("too many receivers".to_owned());
        }
        let mut to = BTreeSet::new();
        let mut wrong: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        if users == ["@all"] {
            to.extend(self.members.keys().cloned());
        } else {
            for user in users {
                match self.members.keys().find(|known| known.eq_ignore_ascii_case(&user)) {
                    Some(known) => drop(to.insert(known.clone())),
                    None => wrong.entry("invaliduser").or_default().push(user.to_lowercase()),
                }
            }
            for party in parties {
                match party.parse().ok().and_then(|number: u32| self.parties.get(&number)) {
                    Some(members) => to.extend(members.iter().cloned()),
                    None => wrong.entry("invalidparty").or_default().push(party),
                }
            }
            // There are no tags.
            wrong.entry("invalidtag").or_default().extend(tags);
        }
        let unlicensed: Vec<_> =
            to.iter().filter(|who| self.members[*who].unlicensed).cloned().collect();
        to.retain(|who| !unlicensed.contains(who));
        wrong.insert("unlicenseduser", unlicensed);
        let mut answer = done();
        for (name, list) in wrong {
            answer[name] = json!(list.join("|"));
        }
        Ok((to.into_iter().collect(), answer))
    }

    fn change(&mut self, now: i64, asked: &Value) -> Result<Value, Violation> {
        fields(asked, &["userids", "agentid", "response_code", "template_card", "button"])?;
        let code = text(&asked["response_code"])?;
        let Some(Code { who, task, .. }) = self.codes.remove(code).filter(|c| now < c.until) else {
            return Ok(said(40058, "invalid Request Parameter: response_code"));
        };
        if asked["userids"] != json!([who.to_lowercase()]) {
            return Err("somebody else's card".to_owned());
        }
        let member = self.members.get_mut(&who).expect("a member");
        let Some(old) = member.shown.iter_mut().find(|s| s.task.as_ref() == Some(&task)) else {
            return Ok(said(40058, "invalid Request Parameter: the card is gone"));
        };
        if asked["template_card"].is_object() {
            let new = card(&asked["template_card"])?;
            if new.task.is_some() {
                return Err("a changed card has no task_id of its own".to_owned());
            }
            *old = Shown { msgid: old.msgid.clone(), task: Some(task), ..new };
        } else {
            fields(&asked["button"], &["replace_name"])?;
            old.text = format!("{}\n（{}）", old.text, text(&asked["button"]["replace_name"])?);
            old.keys.clear();
        }
        Ok(json!({"errcode": 0, "errmsg": "ok", "invaliduser": []}))
    }

    fn make_group(&mut self, asked: &Value) -> Result<Value, Violation> {
        fields(asked, &["name", "owner", "userlist", "chatid"])?;
        let chat = text(&asked["chatid"])?.to_owned();
        if text(&asked["name"])?.chars().count() > 50 || chat.len() > 32 {
            return Err("a name that is too long".to_owned());
        }
        let list = asked["userlist"].as_array().ok_or("no list")?;
        let members: Vec<_> = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if members.len() < 2 || !members.contains(&text(&asked["owner"])?.to_owned()) {
            return Err("too few members, or an owner who is none".to_owned());
        }
        if self.groups.contains_key(&chat) {
            return Ok(said(86215, "chatid is existed"));
        }
        if members.iter().any(|m| !self.members.contains_key(m)) {
            return Ok(said(60011, "no privilege to access/modify contact/party/agent"));
        }
        self.groups.insert(chat.clone(), Group { members, shown: Vec::new() });
        Ok(json!({"errcode": 0, "errmsg": "ok", "chatid": chat}))
    }

    fn make_menu(
        &mut self,
        query: &BTreeMap<String, String>,
        asked: &Value,
    ) -> Result<Value, Violation> {
        fields(asked, &["button"])?;
        if query.get("agentid") != Some(&AGENT.to_string()) {
            return Ok(said(301_002, "not allow operate another agent with this accesstoken"));
        }
        let keys = asked["button"].as_array().ok_or("no keys")?;
        if !(1..=3).contains(&keys.len()) {
            return Err("40016 invalid button size".to_owned());
        }
        for key in keys {
            fields(key, &["type", "name", "key"])?;
            if text(&key["name"])?.len() > 16 || text(&key["key"])?.len() > 128 {
                return Err(format!("button.name exceed max length 16: {key}"));
            }
        }
        self.menu = Some(asked.clone());
        Ok(done())
    }
}

/// A text, as it is read.
fn words(asked: &Value) -> Result<Shown, Violation> {
    fields(&asked["text"], &["content"])?;
    let content = text(&asked["text"]["content"])?;
    at_most(content)?;
    let text = read_anchors(content)?;
    Ok(bare(text))
}

fn bare(text: String) -> Shown {
    Shown { text, keys: Vec::new(), msgid: String::new(), task: None }
}
