//! The API of the platform, as far as an app's bot uses it.

use super::content::{card, fields, read, read_words, text};
use super::{APP, APP_SECRET, BOT, Chat, Fault, Inner, Message, Sort, State};
use crate::fakes::telegram::net::Knife;
use crate::fakes::uploads::{self, Uploads};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State as Given};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60_000;
const BODY_MAX: usize = 35 << 20;
/// How much a card or a `post` may be.
const REQUEST_MAX: usize = 30 * 1024;

/// Status, body, and in how many seconds one may come again.
type Answer = (u16, Value, Option<i64>);
/// An answer, or what is wrong with the request.
type Done = Result<Answer, String>;

fn said(code: i64, msg: &str) -> Answer {
    let status = if code == 0 { 200 } else { 400 };
    (status, json!({"code": code, "msg": msg, "data": {}, "error": {"log_id": "20261124"}}), None)
}

fn done(data: &Value) -> Answer {
    (200, json!({"code": 0, "msg": "success", "data": data}), None)
}

struct Asked {
    method: String,
    path: Vec<String>,
    query: HashMap<String, String>,
    body: Value,
    /// The same, as it came, and what it is.
    raw: (String, Bytes),
    bytes: usize,
    now: i64,
}

pub(super) async fn serve(
    Given(inner): Given<Arc<Inner>>,
    ConnectInfo(knife): ConnectInfo<Knife>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, BODY_MAX).await.expect("a body");
    let query = parts.uri.query().unwrap_or_default();
    let kind = parts.headers.get("content-type").and_then(|value| value.to_str().ok());
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().split('/').skip(2).map(str::to_owned).collect(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        raw: (kind.unwrap_or_default().to_owned(), bytes.clone()),
        bytes: bytes.len(),
        now: inner.clock.now().millis(),
    };
    let bearer = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
    let mut state = inner.state.lock().expect("no request panicked");
    let sends = asked.method == "POST" && asked.path.get(2).is_some_and(|p| p == "messages");
    let gives = matches!(asked.path.get(2).map(String::as_str), Some("images" | "files"));
    let tokens = asked.path.first().is_some_and(|p| p == "auth");
    let fault = match (sends, gives, tokens) {
        (true, _, _) => state.faults.pop_front(),
        (_, true, _) => state.upload_faults.pop_front(),
        (_, _, true) => state.token_faults.pop_front(),
        _ => None,
    };
    match fault {
        Some(Fault::CutUnread) => knife.cut(),
        Some(Fault::Page(status)) => {
            let page = Body::from("<html><body>Bad gateway</body></html>");
            return Response::builder().status(status).body(page).expect("a page");
        }
        Some(Fault::Refused(code)) => return response(said(code, "Is refused.")),
        Some(Fault::LacksScope) => {
            let words = "Lack of necessary permissions, ext=need scope: im:message:send_as_bot";
            return response(said(230_027, words));
        }
        Some(Fault::TooFast) => {
            let body = json!({"code": 99_991_400, "msg": "request trigger frequency limit"});
            return response((429, body, Some(1)));
        }
        Some(Fault::Internal) => return response(said(2200, "Internal Error")),
        Some(Fault::CutUnanswered | Fault::BeingSent) | None => {
            let answer = state.take(&asked, bearer);
            if fault == Some(Fault::CutUnanswered) {
                knife.cut();
            }
            match answer {
                Ok(_) if fault == Some(Fault::BeingSent) => {
                    return response(said(230_049, "The message is being sent."));
                }
                Ok(answer) => return response(answer),
                Err(violation) => state.violations.push(violation),
            }
        }
    }
    response(said(9499, "Invalid parameter"))
}

fn response((status, body, again): Answer) -> Response {
    let mut response =
        Response::builder().status(status).header("content-type", "application/json");
    if let Some(seconds) = again {
        response = response.header("x-ogw-ratelimit-reset", seconds);
    }
    response.body(Body::from(body.to_string())).expect("an answer")
}

impl State {
    fn take(&mut self, asked: &Asked, bearer: Option<&str>) -> Done {
        let path: Vec<&str> = asked.path.iter().map(String::as_str).collect();
        if path == ["auth", "v3", "tenant_access_token", "internal"] {
            return self.gives_token(asked);
        }
        if path == ["ws", "endpoint"] {
            return Ok((200, self.endpoint(&asked.body), None));
        }
        let Some(token) = bearer.and_then(|b| b.strip_prefix("Bearer ")) else {
            return Ok(said(99_991_661, "Missing access token for authorization."));
        };
        if !self.tokens.iter().any(|(known, until)| known == token && *until > asked.now) {
            return Ok(said(99_991_663, "Invalid access token for authorization."));
        }
        match (asked.method.as_str(), &path[..]) {
            ("GET", ["bot", "v3", "info"]) => Ok((
                200,
                json!({"code": 0, "msg": "ok", "bot": {"activate_status": 2, "app_name": "同心助手",
                    "avatar_url": "", "ip_white_list": [], "open_id": BOT}}),
                None,
            )),
            ("GET", ["im", "v1", "chats"]) => Ok(self.lists_chats()),
            ("GET", ["im", "v1", "chats", id]) => Ok(self.tells_of_chat(id)),
            ("POST", ["im", "v1", "images"]) => self.is_given_picture(asked),
            ("POST", ["im", "v1", "files"]) => self.is_given_file(asked),
            ("POST", ["im", "v1", "messages"]) => self.sends(asked),
            ("POST", ["im", "v1", "messages", id, "reply"]) => self.replies(asked, id),
            ("PATCH", ["im", "v1", "messages", id]) => self.patches(asked, id),
            ("PUT", ["im", "v1", "messages", id]) => self.edits(asked, id),
            ("DELETE", ["im", "v1", "messages", id]) => Ok(self.recalls(id)),
            ("POST", ["ephemeral", "v1", "send"]) => self.shows_one(asked),
            (method, path) => Err(format!("no such call: {method} {path:?}")),
        }
    }

    fn gives_token(&mut self, asked: &Asked) -> Done {
        fields(&asked.body, &["app_id", "app_secret"])?;
        if asked.body["app_id"] != APP {
            return Ok((200, json!({"code": 10003, "msg": "invalid param"}), None));
        }
        if asked.body["app_secret"] != APP_SECRET {
            return Ok((200, json!({"code": 10014, "msg": "app secret invalid"}), None));
        }
        self.fetched += 1;
        let fresh = self.tokens.last().filter(|(_, until)| until - asked.now > 30 * MINUTE);
        let (token, until) = if let Some(fresh) = fresh.cloned() {
            fresh
        } else {
            let fresh = (self.name("t-g1"), asked.now + 120 * MINUTE);
            self.tokens.push(fresh.clone());
            fresh
        };
        let expire = (until - asked.now) / SECOND;
        Ok((
            200,
            json!({"code": 0, "msg": "ok", "tenant_access_token": token, "expire": expire}),
            None,
        ))
    }

    fn lists_chats(&self) -> Answer {
        let items = self.chats.iter().filter(|chat| chat.bot).filter_map(|chat| match &chat.sort {
            Sort::Group { name, .. } | Sort::Topics { name, .. } => {
                Some(json!({"chat_id": chat.id, "name": name, "external": false}))
            }
            Sort::Alone(_) => None,
        });
        done(&json!({"items": items.collect::<Vec<_>>(), "has_more": false, "page_token": ""}))
    }

    fn tells_of_chat(&self, id: &str) -> Answer {
        let chat = self.chats.iter().find(|chat| chat.id == id && chat.bot);
        match chat.map(|chat| &chat.sort) {
            Some(Sort::Group { name, owner, managers }) => done(&json!({"name": name,
                "owner_id": owner, "owner_id_type": "open_id", "user_manager_id_list": managers})),
            Some(Sort::Topics { name, owner }) => done(&json!({"name": name, "owner_id": owner,
                "owner_id_type": "open_id", "user_manager_id_list": []})),
            _ => said(232_011, "Operator can NOT be out of the chat."),
        }
    }

    fn is_given_picture(&mut self, asked: &Asked) -> Done {
        let (mut file, fields) = uploads::read(&asked.raw.0, &asked.raw.1, "image")?;
        if fields != HashMap::from([("image_type".to_owned(), "message".to_owned())]) {
            return Err(format!("{fields:?} beside a picture"));
        }
        match file.bytes.len() {
            0 => return Ok(said(234_010, "Can't get the image's size or the size is 0.")),
            n if n > 10 << 20 => {
                return Ok(said(234_006, "The file size exceed the max value."));
            }
            _ if !file.is_picture() => {
                return Ok(said(234_011, "Can't regonnize the image format."));
            }
            _ => {}
        }
        "image".clone_into(&mut file.kind);
        let key = self.uploads.keep(file, i64::MAX);
        Ok(done(&json!({"image_key": key})))
    }

    fn is_given_file(&mut self, asked: &Asked) -> Done {
        let (mut file, fields) = uploads::read(&asked.raw.0, &asked.raw.1, "file")?;
        let kinds = ["opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"];
        let kind = fields.get("file_type").map_or("", String::as_str);
        let name = fields.get("file_name").map_or("", String::as_str);
        if fields.len() != 2 || name.is_empty() || !kinds.contains(&kind) {
            return Err(format!("{fields:?} beside a file"));
        }
        name.clone_into(&mut file.name);
        match file.bytes.len() {
            0 => return Ok(said(234_010, "Can't get the file's size or the size is 0.")),
            n if n > 30 << 20 => {
                return Ok(said(234_006, "The file size exceed the max value."));
            }
            _ => {}
        }
        "file".clone_into(&mut file.kind);
        let key = self.uploads.keep(file, i64::MAX);
        Ok(done(&json!({"file_key": key})))
    }

    fn sends(&mut self, asked: &Asked) -> Done {
        fields(&asked.body, &["receive_id", "msg_type", "content", "uuid"])?;
        let to = text(&asked.body["receive_id"])?.to_owned();
        let kind = asked.query.get("receive_id_type").map(String::as_str);
        let chat = match kind {
            Some("open_id") if to.starts_with("ou_") => {
                if self.stopped.contains(&to) {
                    return Ok(said(
                        230_053,
                        "The user has stopped the bot from sending messages.",
                    ));
                }
                self.alone(&to)
            }
            Some("chat_id") if to.starts_with("oc_") => to,
            other => return Err(format!("{to} is no {other:?}")),
        };
        self.makes(asked, &chat, None)
    }

    fn replies(&mut self, asked: &Asked, id: &str) -> Done {
        fields(&asked.body, &["msg_type", "content", "uuid", "reply_in_thread"])?;
        if self.withdrawn.iter().any(|gone| gone == id) {
            return Ok(said(230_011, "The message was withdrawn."));
        }
        let answered = self.messages.iter().find(|m| m.id == id);
        let Some(chat) = answered.map(|m| m.chat.clone()) else {
            return Ok(said(
                230_001,
                "Your request contains an invalid request parameter, ext=invalid message_id.",
            ));
        };
        self.makes(asked, &chat, Some(id.to_owned()))
    }

    fn makes(&mut self, asked: &Asked, chat: &str, answers: Option<String>) -> Done {
        if let Some(answer) = self.too_fast(asked.now, chat) {
            self.refused += 1;
            return Ok(answer);
        }
        let Some(Chat { bot, disbanded, .. }) = self.chat(chat) else {
            return Ok(said(
                230_001,
                "Your request contains an invalid request parameter, ext=invalid receive_id.",
            ));
        };
        if *disbanded {
            return Ok(said(
                232_009,
                "Your request specifies a chat which has already been dissolved.",
            ));
        }
        if !*bot {
            return Ok(said(230_002, "Bot/User can NOT be out of the chat."));
        }
        if self.outside.iter().any(|group| group == chat) {
            let words = "Lack of necessary permissions, ext=access denied for this operation";
            return Ok(said(230_027, words));
        }
        let uuid = text(&asked.body["uuid"])?.to_owned();
        if uuid.len() > 50 || asked.bytes > REQUEST_MAX {
            return Err(format!("{} letters in the uuid, {} bytes", uuid.len(), asked.bytes));
        }
        let kind = text(&asked.body["msg_type"])?;
        let content = text(&asked.body["content"])?;
        let (read, keys) = match read(kind, content, &self.uploads)? {
            Ok(read) => read,
            Err(key) => {
                let words = "Your request contains an invalid request parameter, ext=";
                return Ok(said(230_001, &format!("{words}invalid {key}.")));
            }
        };
        let name = (chat.to_owned(), uuid);
        if let Some((at, known)) = self.known.get(&name)
            && asked.now - at < 60 * MINUTE
        {
            return Ok(done(&json!({"message_id": known, "chat_id": chat})));
        }
        let id = self.name("om");
        self.known.insert(name, (asked.now, id.clone()));
        self.messages.push(Message {
            id: id.clone(),
            chat: chat.to_owned(),
            by: BOT.to_owned(),
            kind: kind.to_owned(),
            text: read,
            keys,
            answers,
            aside: None,
            edits: 0,
            at: asked.now,
        });
        Ok(done(&json!({"message_id": id, "chat_id": chat, "msg_type": kind, "deleted": false,
            "create_time": asked.now.to_string(), "sender": {"id": APP, "id_type": "app_id",
            "sender_type": "app"}, "body": {"content": asked.body["content"]}})))
    }

    fn too_fast(&mut self, now: i64, chat: &str) -> Option<Answer> {
        self.sent.retain(|at| now - at < MINUTE);
        let second = self.sent.iter().filter(|at| now - **at < SECOND).count();
        if self.sent.len() >= 1_000 || second >= 50 {
            let again = if second >= 50 { 1 } else { 60 };
            let body = json!({"code": 99_991_400, "msg": "request trigger frequency limit"});
            return Some((429, body, Some(again)));
        }
        let sent = &mut self.chat(chat)?.sent;
        sent.retain(|at| now - at < SECOND);
        if sent.len() >= 5 {
            let ext = "This operation triggers the frequency limit, ext=chat rate limit";
            return Some(said(230_020, ext));
        }
        sent.push_back(now);
        self.sent.push_back(now);
        None
    }

    /// A message of ours that can be changed.
    fn ours(&mut self, id: &str) -> Result<&mut Message, Answer> {
        if self.withdrawn.iter().any(|gone| gone == id) {
            return Err(said(230_011, "The message was withdrawn."));
        }
        let found = self.messages.iter_mut().find(|m| m.id == id && m.by == BOT);
        found.ok_or_else(|| said(230_071, "The operator is not the sender of the message."))
    }

    fn patches(&mut self, asked: &Asked, id: &str) -> Done {
        fields(&asked.body, &["content"])?;
        let content = text(&asked.body["content"])?;
        let message = match self.ours(id) {
            Ok(message) => message,
            Err(answer) => return Ok(answer),
        };
        if message.kind != "interactive" {
            return Ok(said(
                230_001,
                "Your request contains an invalid request parameter, ext=This message is NOT a card.",
            ));
        }
        if asked.now - message.at > 14 * 24 * 60 * MINUTE {
            return Ok(said(230_031, "Message sent more than 14 days ago."));
        }
        (message.text, message.keys) = read_words("interactive", content)?;
        Ok(done(&json!({})))
    }

    fn edits(&mut self, asked: &Asked, id: &str) -> Done {
        fields(&asked.body, &["msg_type", "content"])?;
        let content = text(&asked.body["content"])?;
        let kind = text(&asked.body["msg_type"])?;
        let message = match self.ours(id) {
            Ok(message) => message,
            Err(answer) => return Ok(answer),
        };
        if message.kind != kind || kind == "interactive" {
            return Err(format!("a {} cannot be edited as a {kind}", message.kind));
        }
        message.edits += 1;
        if message.edits > 20 {
            return Ok(said(
                230_072,
                "The message has reached the number of times it can be edited.",
            ));
        }
        (message.text, message.keys) = read_words(kind, content)?;
        Ok(done(&json!({"message_id": id})))
    }

    fn recalls(&mut self, id: &str) -> Answer {
        if let Err(answer) = self.ours(id) {
            return answer;
        }
        self.messages.retain(|m| m.id != id);
        self.withdrawn.push(id.to_owned());
        done(&json!({}))
    }

    fn shows_one(&mut self, asked: &Asked) -> Done {
        fields(&asked.body, &["chat_id", "open_id", "msg_type", "card"])?;
        let chat = text(&asked.body["chat_id"])?.to_owned();
        let who = text(&asked.body["open_id"])?.to_owned();
        match self.chat(&chat).map(|chat| &chat.sort) {
            Some(Sort::Group { .. }) => {}
            Some(_) => return Ok(said(18089, "not support chat mode")),
            None => return Ok(said(230_001, "ext=invalid chat_id")),
        }
        let (words, keys) =
            card(&asked.body["card"], &Uploads::default())?.map_err(str::to_owned)?;
        let id = self.name("om");
        self.messages.push(Message {
            id: id.clone(),
            chat,
            by: BOT.to_owned(),
            kind: "interactive".to_owned(),
            text: words,
            keys,
            answers: None,
            aside: Some(who),
            edits: 0,
            at: asked.now,
        });
        Ok(done(&json!({"message_id": id})))
    }
}
