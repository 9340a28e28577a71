//! What stands in messages by e-mail besides what is said, and on the pages that they lead to.

use crate::model::Lang;
use crate::text::Speak;

/// A sentence of e-mail.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum MailSays {
    // Below a post.
    Reply,
    Leave,
    // The message by which an address is confirmed.
    ConfirmAsked { office: String, topics: Vec<String>, hours: u32 },
    ConfirmButton,
    // The form on a group's page.
    Title,
    Lead,
    YourAddress,
    Submit,
    NoAddress,
    TooMany(u32),
    Asked,
    AskedLead { hours: u32 },
    // The pages of links in messages.
    ConfirmTitle,
    ConfirmLead(Vec<String>),
    Confirmed(Vec<String>),
    LeaveTitle,
    LeaveLead(String),
    LeaveAll,
    Left(Vec<String>),
    LeftAlready,
    PressTitle,
    PressLead(String),
    Pressed,
    TicketOver,
}

impl Speak for MailSays {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(says: &MailSays) -> String {
    use MailSays as S;
    let listed =
        |topics: &[String]| topics.iter().map(|t| format!("“{t}”")).collect::<Vec<_>>().concat();
    match says {
        S::Reply => "直接回复本邮件，即可提出建议。".into(),
        S::Leave | S::LeaveTitle => "退订".into(),
        S::ConfirmAsked { office, topics, hours } => format!(
            "请确认订阅{office}\n有人用这个邮箱地址申请订阅{}。如果是您，请打开下面的链接确认；如果不是，不用理会，{hours} 小时内不确认就不会订阅，地址也不会保留。",
            listed(topics)
        ),
        S::ConfirmButton | S::ConfirmTitle => "确认订阅".into(),
        S::Title => "邮件订阅".into(),
        S::Lead => "留下邮箱地址，这里发布的内容会发到您的邮箱。".into(),
        S::YourAddress => "邮箱地址".into(),
        S::Submit => "订阅".into(),
        S::NoAddress => "这不是可以收信的邮箱地址，请检查后再填一次。".into(),
        S::TooMany(minutes) => format!("申请得太频繁，请过 {minutes} 分钟再试。"),
        S::Asked => "请查收确认邮件".into(),
        S::AskedLead { hours } => format!(
            "确认邮件会发到您填写的邮箱，打开其中的链接，订阅才生效（{hours} 小时内有效）。没有收到的话，请看看垃圾邮件夹，或检查地址后再填一次。"
        ),
        S::ConfirmLead(topics) => format!("订阅{}，发到您的邮箱。", listed(topics)),
        S::Confirmed(topics) => format!("已订阅{}。每封邮件下面都有退订链接。", listed(topics)),
        S::LeaveLead(topic) => format!("不再用邮件接收“{topic}”。"),
        S::LeaveAll => "退订全部".into(),
        S::Left(topics) => format!("已退订{}，不会再发给您。", listed(topics)),
        S::LeftAlready => "您没有订阅这一栏目，或已经退订。".into(),
        S::PressTitle => "请确认".into(),
        S::PressLead(label) => format!("您选择了“{label}”。"),
        S::Pressed => "已收到，结果会发到您的邮箱。".into(),
        S::TicketOver => "这个链接已经失效，或者不完整。请从邮件里重新打开，或重新申请。".into(),
    }
}

fn en(says: &MailSays) -> String {
    use MailSays as S;
    let listed =
        |topics: &[String]| topics.iter().map(|t| format!("“{t}”")).collect::<Vec<_>>().join(", ");
    match says {
        S::Reply => "Reply to this message to make a suggestion.".into(),
        S::Leave | S::LeaveTitle => "Unsubscribe".into(),
        S::ConfirmAsked { office, topics, hours } => format!(
            "Please confirm your subscription: {office}\nSomebody asked that {} be sent to this address. If it was you, open the link below. If it was not, do nothing: unless it is confirmed within {hours} hours, nothing is sent and the address is not kept.",
            listed(topics)
        ),
        S::ConfirmButton => "Confirm".into(),
        S::Title => "By e-mail".into(),
        S::Lead => "Leave your address, and what is posted here is sent to you by e-mail.".into(),
        S::YourAddress => "E-mail address".into(),
        S::Submit => "Subscribe".into(),
        S::NoAddress => {
            "No mail can be sent to this address. Please check it and try again.".into()
        }
        S::TooMany(minutes) => format!("Too many requests. Please try again in {minutes} minutes."),
        S::Asked => "Please look for our message".into(),
        S::AskedLead { hours } => format!(
            "A message goes to the address that you gave. The subscription begins when you open the link in it, within {hours} hours. If nothing comes, look among the junk mail, or check the address and try again."
        ),
        S::ConfirmTitle => "Confirm your subscription".into(),
        S::ConfirmLead(topics) => format!("Have {} sent to you by e-mail.", listed(topics)),
        S::Confirmed(topics) => {
            format!("Subscribed to {}. Each message has a link to unsubscribe.", listed(topics))
        }
        S::LeaveLead(topic) => format!("Have “{topic}” not sent by e-mail any more."),
        S::LeaveAll => "Unsubscribe from everything".into(),
        S::Left(topics) => {
            format!("Unsubscribed from {}. Nothing more of it is sent.", listed(topics))
        }
        S::LeftAlready => "There is no such subscription, or it has ended before.".into(),
        S::PressTitle => "Please confirm".into(),
        S::PressLead(label) => format!("You chose “{label}”."),
        S::Pressed => "Received. You are told by e-mail what came of it.".into(),
        S::TicketOver => {
            "This link is over, or not whole. Open it again from the message, or ask anew.".into()
        }
    }
}
