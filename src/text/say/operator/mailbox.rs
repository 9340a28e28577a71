//! What is wrong with the settings of a mailbox.

use crate::model::Lang;
use crate::text::Speak;

/// What is wrong with the settings of a mailbox. It is said behind the place and the key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum MailboxSays {
    NotAMailbox,
    /// How the address of a host begins, with encryption from the first byte and without.
    NotAHost(&'static str, &'static str),
    InClear,
    NoPassword,
    NoDkimKey,
    NotADkimKey(String),
    /// Which of the list, from 1.
    NotAnAddress(usize),
    AddressesWithoutTopics,
}

impl Speak for MailboxSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &MailboxSays) -> String {
    use MailboxSays as S;
    match says {
        S::NotAMailbox => "应为发件人，形如 同心社区 <news@example.org>".into(),
        S::NotAHost(one, other) => format!(
            "应为邮件服务器地址，形如 {one}://mail.example.org（一开始就加密）或 {other}://mail.example.org（STARTTLS），端口写在后面"
        ),
        S::InClear => "不加密的连接只能用于本机（127.0.0.1、::1 或 localhost）".into(),
        S::NoPassword => "user 和 password（或 password_file）要么都填，要么都不填".into(),
        S::NoDkimKey => "dkim_selector 和 dkim_key（或 dkim_key_file）要么都填，要么都不填".into(),
        S::NotADkimKey(why) => format!(
            "不能用来签名（{why}）：应为 PEM 格式的私钥，2048 位以上的 RSA 或 Ed25519，可用 openssl genrsa -out dkim.pem 2048 生成"
        ),
        S::NotAnAddress(number) => format!("第 {number} 个不是邮箱地址"),
        S::AddressesWithoutTopics => "缺少 topics：要写明给这些地址发什么栏目".into(),
    }
}

fn en(says: &MailboxSays) -> String {
    use MailboxSays as S;
    match says {
        S::NotAMailbox => "must be who writes, such as Tongxin <news@example.org>".into(),
        S::NotAHost(one, other) => format!(
            "must be a mail host, such as {one}://mail.example.org (encrypted from the first byte) or {other}://mail.example.org (STARTTLS), with a port behind it where it is another"
        ),
        S::InClear => {
            "without encryption only this machine may be reached (127.0.0.1, ::1 or localhost)"
                .into()
        }
        S::NoPassword => "user and password (or password_file) are both needed, or neither".into(),
        S::NoDkimKey => {
            "dkim_selector and dkim_key (or dkim_key_file) are both needed, or neither".into()
        }
        S::NotADkimKey(why) => format!(
            "cannot sign ({why}): it must be a private key in PEM, RSA of 2048 bits or more or Ed25519, made for example by openssl genrsa -out dkim.pem 2048"
        ),
        S::NotAnAddress(number) => format!("number {number} is no e-mail address"),
        S::AddressesWithoutTopics => "topics is missing: say what these addresses are sent".into(),
    }
}
