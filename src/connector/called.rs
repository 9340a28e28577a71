//! How WeChat and WeCom call us: XML in an encrypted envelope, told by what is in the query beside it.

use super::signed::envelope::{Envelope, Letter, Opened};
use super::signed::{Untrusted, name_under};
use super::{CallbackError, Secret, xml};
use crate::model::At;
use ::http::{Request, Response, header};
use bytes::Bytes;
use std::collections::BTreeMap;

/// Fields by their names.
pub(super) type Fields = BTreeMap<String, String>;

/// What stands in the address of a call.
pub(super) fn query(call: &Request<Bytes>) -> Fields {
    let query = call.uri().query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The message in a call, if the platform signed it for us.
pub(super) fn open(
    envelope: &Envelope,
    call: &Request<Bytes>,
    now: At,
) -> Result<Opened, CallbackError> {
    let body = std::str::from_utf8(call.body()).map_err(|_| unread("not UTF-8"))?;
    let mut outer = xml::fields(body).map_err(|e| unread(&e.to_string()))?;
    let encrypt = outer.remove("Encrypt").ok_or_else(|| unread("not encrypted"))?;
    open_letter(envelope, &query(call), encrypt, now)
}

/// The same, of what stands somewhere else.
pub(super) fn open_letter(
    envelope: &Envelope,
    query: &Fields,
    encrypt: String,
    now: At,
) -> Result<Opened, CallbackError> {
    envelope.open(&letter(query, encrypt)?, now).map_err(|e| untrusted(&e))
}

/// What is sealed, with what the address of the call says of it.
pub(super) fn letter(query: &Fields, encrypt: String) -> Result<Letter, CallbackError> {
    Ok(Letter {
        signature: field(query, "msg_signature")?,
        timestamp: field(query, "timestamp")?,
        nonce: field(query, "nonce")?,
        encrypt,
    })
}

/// The fields of a message; `None` where it has another form.
pub(super) fn said(opened: &Opened) -> Option<Fields> {
    std::str::from_utf8(&opened.message).ok().and_then(|m| xml::fields(m).ok())
}

/// The name by which a message is known when it comes again: its own, or for what has none one made of these
/// fields. It is kept in clear, so it is made under the account's secret: whoever knows all members could try them
/// one by one otherwise.
pub(super) fn name_of(said: &Fields, fields: &[&str], secret: &Secret) -> String {
    let get = |name: &str| said.get(name).map_or("", String::as_str);
    match get("MsgId") {
        "" => {
            let parts: Vec<_> = fields.iter().map(|name| get(name)).collect();
            format!("e{}", name_under(secret, &parts))
        }
        id => id.chars().take(64).collect(),
    }
}

/// A field without which nobody signed.
pub(super) fn field(fields: &Fields, name: &str) -> Result<String, CallbackError> {
    fields.get(name).cloned().ok_or(CallbackError::Forged)
}

pub(super) fn unread(words: &str) -> CallbackError {
    CallbackError::Malformed(words.to_owned())
}

/// Why a call is not taken: unlike elsewhere, whoever calls is told when it is only old, or meant for somebody else.
pub(super) fn untrusted(error: &Untrusted) -> CallbackError {
    match error {
        Untrusted::Forged => CallbackError::Forged,
        other => CallbackError::Malformed(other.to_string()),
    }
}

/// An answer of these words alone.
pub(super) fn answer(words: &[u8]) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::copy_from_slice(words));
    let plain = header::HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, plain);
    answer
}
