//! What reviewers are told who cannot sort or decide as they wish.

use super::sorting::{facet_name, known as known_choices};
use crate::model::{Facet, Lang};
use crate::text::Speak;

/// Why triage cannot do something, and what can be done instead.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sentence of its name")]
pub enum TriageRefusal {
    /// The last day is over on which it has to be decided whether it is taken up.
    MustDecide {
        days: u16,
    },
    /// The office offers no such choice; what it offers, in Chinese and English.
    NoSuchChoice {
        typed: String,
        known: Vec<(Facet, Vec<[String; 2]>)>,
    },
    /// Several sides have a choice of this name.
    WhichSide {
        typed: String,
        sides: Vec<Facet>,
    },
    ChosenTwice(Facet),
    /// Nobody has seen what it would be sorted under, or the office no longer offers that.
    SortFirst,
    /// It is too late to change the kind of what was taken up.
    KindStands {
        hours: u32,
    },
    /// A report of wrongdoing is not declined.
    ReportStands,
    NothingWaits,
    /// A colleague has it, and has not decided yet whether it is taken up.
    ClaimedBy(String),
    /// A colleague took it up, and answers it.
    TakenUpBy {
        name: String,
        number: String,
    },
    /// Whoever took it up handles suggestions no more.
    TakenUpByNobody {
        number: String,
    },
}

impl Speak for TriageRefusal {
    fn say(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => zh(self),
            Lang::En => en(self),
        }
    }
}

fn zh(refusal: &TriageRefusal) -> String {
    use TriageRefusal as R;
    match refusal {
        R::MustDecide { days } => {
            format!("收到已满 {days} 天，不能再追问，请按现有内容马上决定。")
        }
        R::NoSuchChoice { typed, known } => {
            format!("没有“{typed}”这一项。可选：{}。", known_choices(known, Lang::Zh))
        }
        R::WhichSide { typed, sides } => format!(
            "“{typed}”不止一处有，请写明是哪一项，例如：{}={typed}。",
            sides.first().map_or("", |f| facet_name(*f, Lang::Zh))
        ),
        R::ChosenTwice(facet) => {
            format!("“{}”写了不止一个，请只写一个。", facet_name(*facet, Lang::Zh))
        }
        R::SortFirst => "请先核对归类，再受理。".into(),
        R::KindStands { hours } => {
            format!("受理已超过 {hours} 小时，类型和答复日期不能再改；类别、区域和承办单位可以改。")
        }
        R::ReportStands => "举报不能以“不采纳”办结，请核实后答复。".into(),
        R::NothingWaits => "没有等待认领的建议了。".into(),
        R::ClaimedBy(name) => format!(
            "已被{name}处理，下面是最新情况。如需接手，请对方放回；对方一直不办理的，会自动放回收件箱。"
        ),
        R::TakenUpBy { name, number } => {
            format!("这条建议已由{name}受理，由其答复。如需换人，请签批人接手：/认领 {number}")
        }
        R::TakenUpByNobody { number } => {
            format!("受理这条建议的同事已不再办理建议。要接手，请发送：/认领 {number}")
        }
    }
}

fn en(refusal: &TriageRefusal) -> String {
    use TriageRefusal as R;
    match refusal {
        R::MustDecide { days } => format!(
            "It came {days} days ago: nothing more can be asked. Please decide now with what there is."
        ),
        R::NoSuchChoice { typed, known } => {
            format!("There is no “{typed}”. Choices: {}.", known_choices(known, Lang::En))
        }
        R::WhichSide { typed, sides } => format!(
            "There is more than one “{typed}”. Please say which, for example: {}={typed}.",
            sides.first().map_or("", |f| facet_name(*f, Lang::En))
        ),
        R::ChosenTwice(facet) => {
            format!("There is more than one {}. Please give one.", facet_name(*facet, Lang::En))
        }
        R::SortFirst => "Please look at how it is sorted first, then take it up.".into(),
        R::KindStands { hours: 1 } => {
            "It was taken up more than an hour ago: kind and date stand. Category, area and unit can be changed.".into()
        }
        R::KindStands { hours } => format!(
            "It was taken up more than {hours} hours ago: kind and date stand. Category, area and unit can be changed."
        ),
        R::ReportStands => {
            "A report of wrongdoing cannot be declined. Please look into it and answer.".into()
        }
        R::NothingWaits => "No suggestion waits to be claimed.".into(),
        R::ClaimedBy(name) => format!(
            "{name} is working on it. This is how it stands now. Ask them to release it; if they let it lie, it goes back to the inbox by itself."
        ),
        R::TakenUpBy { name, number } => format!(
            "{name} took this one up and is to answer it. If somebody else has to, a lead can take it over: /claim {number}"
        ),
        R::TakenUpByNobody { number } => format!(
            "Whoever took this one up handles suggestions no more. To take it over, send /claim {number}"
        ),
    }
}
