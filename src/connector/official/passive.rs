//! The answer within the platform's call (被动回复): all that an account can say that may send no customer-service
//! messages. It is sealed as the call was.
//!
//! It holds text alone. What can be chosen is a link of the kind `weixin://bizmsgmenu`, which sends its words with the
//! choice's name back to us, as a menu does; it is documented for messages and not for answers, so each choice has a
//! number that can be typed as well.

use super::Official;
use super::receive::TAKEN;
use crate::connector::CallbackError;
use crate::connector::called::{self, answer, said, unread};
use crate::connector::signed::envelope::Chance;
use crate::model::{Button, ButtonDoes, ChatKind, Document};
use crate::text::render;
use ::http::{HeaderValue, Request, Response, header};
use bytes::Bytes;
use std::fmt::Write as _;

impl Official {
    pub(super) fn reply_to(
        &self,
        call: &Request<Bytes>,
        words: &Document,
        choices: &[Button],
    ) -> Result<Response<Bytes>, CallbackError> {
        let now = self.clock.now();
        let said = said(&called::open(&self.envelope, call, now)?);
        let said = said.ok_or_else(|| unread("a message of an unknown form"))?;
        let get = |name: &str| said.get(name).map_or("", String::as_str);
        let parts = render(words, &crate::connector::Connector::size(self, ChatKind::Direct));
        let mut content = parts.iter().map(crate::text::Part::anchored).collect::<Vec<_>>();
        content.extend(choices.iter().enumerate().filter_map(choice));
        if content.is_empty() {
            return Ok(answer(TAKEN.as_bytes()));
        }
        let message = format!(
            "<xml><ToUserName>{}</ToUserName><FromUserName>{}</FromUserName><CreateTime>{}</CreateTime>\
             <MsgType><![CDATA[text]]></MsgType><Content>{}</Content></xml>",
            cdata(get("FromUserName")),
            cdata(get("ToUserName")),
            now.millis() / 1000,
            cdata(&content.join("\n")),
        );
        let mut random = [0; 16];
        self.clock.random(&mut random);
        let nonce = self.clock.fresh().simple().to_string();
        let letter = self.envelope.seal(message.as_bytes(), now, Chance { random, nonce })?;
        let sealed = format!(
            "<xml><Encrypt>{}</Encrypt><MsgSignature>{}</MsgSignature><TimeStamp>{}</TimeStamp>\
             <Nonce>{}</Nonce></xml>",
            cdata(&letter.encrypt),
            cdata(&letter.signature),
            letter.timestamp,
            cdata(&letter.nonce),
        );
        let mut reply = answer(sealed.as_bytes());
        let xml = HeaderValue::from_static("text/xml; charset=utf-8");
        reply.headers_mut().insert(header::CONTENT_TYPE, xml);
        Ok(reply)
    }
}

/// A line that can be tapped, with a number that can be typed.
fn choice((number, button): (usize, &Button)) -> Option<String> {
    let ButtonDoes::Press(data) = &button.does else { return None };
    let query =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let plain = |c: char| !matches!(c, '"' | '<' | '>' | '&' | '#' | '%') && !c.is_whitespace();
    // Letters of every script stand there as they are.
    let words: String = button.label.chars().filter(|c| plain(*c)).collect();
    let mut line = String::new();
    let _ = write!(
        line,
        "{}. <a href=\"weixin://bizmsgmenu?msgmenucontent={words}&msgmenuid={}\">{words}</a>",
        number + 1,
        query(data),
    );
    Some(line)
}

/// Text as XML holds it; the sign that would end it is divided.
fn cdata(text: &str) -> String {
    // What XML cannot hold is left out.
    let held = |c: &char| !c.is_control() || matches!(c, '\n' | '\t' | '\r');
    let text: String = text.chars().filter(held).collect();
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}
