//! The words of the pages in Chinese.

use super::PageSays;
use crate::model::{Lang, MatterKind, PhaseName, Span};
use crate::text::say::suggestion::sorting::{kind_name, span};
use chrono::{Datelike as _, NaiveDate, Timelike as _};

#[expect(clippy::too_many_lines, reason = "one line a sentence")]
#[expect(clippy::match_same_arms, reason = "each sentence stands by itself")]
pub(super) fn zh(says: &PageSays) -> String {
    use PageSays as P;
    match says {
        P::SkipToContent => "跳到正文",
        P::AllGroups => "首页",
        P::CheckReceipt => "查询进展",
        P::Privacy => "隐私说明",
        P::HomeLead => "这里发布资讯摘要和政策解读。看过之后有想法，可以直接回复；每条建议都有回执，有答复。",
        P::NoGroupsTitle => "还没有公开的群",
        P::NoGroups => "管理员在配置中添加群之后，推送会显示在这里。",
        P::NothingYetTitle => "还没有推送",
        P::NothingYet => "新内容发布后会自动出现在这里，不需要刷新。",
        P::Latest => "最近更新：",
        P::Live => "实时更新",
        P::Newest => "← 最新",
        P::Older => "更早 →",
        P::SubscribeTo => "订阅：",
        P::MakeSuggestion => "提建议",
        P::ReplyToThis => "回复这一条",
        P::Permalink => "单独查看",
        P::PostWithdrawn => "这条内容已撤回。",
        P::PostCode => "编号",
        P::ReplyTitle => "回复这一条",
        P::SuggestLead => "有什么问题或建议，请写在这里。写明时间、地点和具体情况，办理会更快。",
        P::YourWords => "您的建议（至少四个字）",
        P::ConsentTitle => "提交说明",
        P::IAgree => "我已阅读并同意以上说明",
        P::Submit => "提交",
        P::SentBefore => {
            "这份内容已经提交过，没有重复提交。回执在提交后的页面上，只显示一次；如需再提一条，请修改内容后提交。"
        }
        P::ReceiptAnew => "这份内容刚才已经提交过，没有重复提交。查询码已换新，之前显示的不再有效。",
        P::Received => "已收到，谢谢您",
        P::KeepReceipt => "编号和查询码只显示这一次，请截图或抄下，不要转发他人。",
        P::Number => "编号",
        P::Secret => "查询码",
        P::WhatNext => "接下来",
        P::NextRespond(day) => return format!("工作人员会在{}前回应。", day_zh(*day)),
        P::NextLook => "随时可以凭编号和查询码，在“查询进展”页面查看进展和答复。",
        P::NextWithdraw => "改变主意时，可以在同一页面撤回，或彻底删除。",
        P::ReceiptLead => "请输入提交建议时得到的编号和查询码。",
        P::ReceiptTitle => "您的建议",
        P::Look => "查询",
        P::SubmittedOn => "提交日期",
        P::AboutPost => "针对",
        P::Promised(phase, day) => {
            let day = day_zh(*day);
            return match phase {
                PhaseName::NeedInfo => format!("请在{day}前补充；逾期将按现有内容办理。"),
                PhaseName::Accepted | PhaseName::DeclineProposed => format!("承诺在{day}前答复。"),
                PhaseName::Withdrawn => format!("内容将在{day}彻底删除。"),
                _ => format!("承诺在{day}前回应。"),
            };
        }
        P::DeclinedBecause => "原因：",
        P::TheAnswer => "答复",
        P::WeAskYou => "需要您补充",
        P::YourSupplement => "您的补充",
        P::TakeBackTitle => "撤回或删除",
        P::TakeBackLead => "撤回后不再办理；删除会立即销毁内容，无法恢复。为防误操作，请再输入一次查询码。",
        P::SecretAgain => "再输入一次查询码",
        P::Withdraw => "撤回",
        P::Erase => "彻底删除",
        P::Done => "已办好",
        P::SupplementDone => "您的补充已收到，办理继续进行。",
        P::WithdrawDone(day) => {
            return format!("已撤回。内容将在{}彻底删除；也可以现在就删除。", day_zh(*day));
        }
        P::EraseDone => "已删除。内容和联系方式都已销毁，只留下不含个人信息的计数。",
        P::PrivacyKept => "保存什么",
        P::KeptText => "您提交的建议和回复地址：逐条加密保存，销毁密钥即为删除。",
        P::KeptDraft(hours) => return format!("没有确认提交的草稿：{hours} 小时后自动删除。"),
        P::KeptWithdrawn(days) => return format!("撤回的建议：{days} 天后彻底删除。"),
        P::KeptReceipt => "查询码：只保存无法还原的摘要，我们也看不到原码。",
        P::KeptSubscriptions => "群和个人选择的栏目与语言；邮件订阅者的地址加密保存。",
        P::KeptOpenings => "群里二维码的打开次数和回复条数：只按群计数，不记录是谁。",
        P::PrivacyNotKept => "不保存什么",
        P::NotKeptAddress => "读者的网络地址和浏览器信息：不写入日志，不存入数据库。",
        P::NotKeptChatter => "群里的闲聊：不是对本程序说的话，一个字也不留。",
        P::NotKeptCookies => "公开页面不使用 Cookie，不加载任何第三方内容。",
        P::NotKeptProfiles => "不给任何人打分、画像或统计发言。",
        P::PrivacyPromised => "承诺",
        P::PromisedResponse(days) => {
            return format!("提交后 {}内，工作人员会作出回应。", span(*days, Lang::Zh));
        }
        P::PromisedDecision(days) => {
            return format!("最迟在 {}内决定是否受理，并告诉您由哪个单位、在什么时候答复。", span(*days, Lang::Zh));
        }
        P::PromisedAnswer(kinds) => {
            let of = |(kind, days): &(MatterKind, Span)| {
                format!("{} {}", kind_name(*kind, Lang::Zh), span(*days, Lang::Zh))
            };
            let each = kinds.iter().map(of).collect::<Vec<_>>().join("，");
            return format!("受理后在下列期限内答复：{each}。");
        }
        P::WhoAnswers => "办理单位",
        P::SortHow => "核对归类，然后受理",
        P::SortChange => "更改归类",
        P::TakeUp => "受理",
        P::Change => "更改",
        P::KindBy(kind, day) => {
            let (month, date) = (day.month(), day.day());
            return format!("{}（{month}月{date}日前答复）", kind_name(*kind, Lang::Zh));
        }
        P::PromisedErasure => "凭编号和查询码可随时撤回或删除；在聊天中可发送 /忘记我。",
        P::PrivacyLimits => "请您留意",
        P::LimitPlatforms => "聊天平台本身知道是谁写的，我们无法改变这一点；敏感事项请用网页表单。",
        P::LimitGroups => "在群里的公开回复，群成员都看得到。",
        P::LimitUrgent => "紧急情况请拨打 110、119、120。",
        P::SeatTitle => "工作台",
        P::SeatLead => "在这里和程序对话，与在聊天软件中一样：发送命令，按按钮，直接回复。",
        P::SeatEmptyTitle => "您好",
        P::SeatEmpty => "发送 /帮助 看看能做什么。新的建议和提醒会自动出现在这里。",
        P::SeatType => "发送命令或文字",
        P::SeatAgain => "取回上次发送的内容",
        P::SeatNotKept => "发送的原文办完即删，这里只显示答复。",
        P::SeatHow => "全部命令和写法",
        P::SeatOpened => "工作台已打开。",
        P::SeatGoOn => "进入工作台",
        P::SealedGone => "内容已按保密要求清除。发送 /收件箱 可再次查看。",
        P::TakenBack => "这条消息已撤回。",
        P::AnswerThis => "在此回复",
        P::BringFile => "添加图片或文件",
        P::BringAlt => "图片内容（给看不到图片的人）",
        P::BackToSeat => "回到席位",
        P::Send => "发送",
        P::Leave => "退出",
        P::NoSeatTitle => "请用您的专属链接进入",
        P::NoSeat => "这个页面只对工作人员开放。请打开管理员给您的专属链接；链接失效时请向管理员索取新的。",
        P::StaleFormTitle => "页面已过期",
        P::StaleForm => "页面打开太久，或不是从本站提交的。请核对内容后再提交一次。",
        P::Again => "返回",
        P::NotFoundTitle => "没有找到这个页面",
        P::NotFound => "链接可能不完整，或内容已撤回。请从首页进入。",
        P::WrongMethod => "这个地址不能直接打开。请从首页进入。",
        P::TooLargeTitle => "内容太长",
        P::TooLarge => "一次提交不了这么多内容。请返回上一页，缩短后再提交。",
        P::TooManyTitle => "操作太频繁",
        P::TooMany => "请稍等一分钟，返回上一页再试。",
        P::TooManySubmissions(minutes) => {
            return format!("提交得太频繁，请等 {minutes} 分钟再提交。您写的内容还在下面。");
        }
        P::Unreadable => "有些字没有读出来，在下面显示为“\u{fffd}”。请改正这些字后再提交。",
        P::ReceiptHere => {
            "这是编号或查询码，没有提交。要看办到哪一步，请打开页面上方的“查询进展”。"
        }
        P::BadFormTitle => "没有读懂这次提交",
        P::BadForm => "提交的内容不完整，或不是本站的表单。请返回上一页再试一次。",
        P::BrokenTitle => "暂时无法使用",
        P::Broken => "程序出了问题，您的内容没有提交成功。请保留内容，过几分钟再试。",
        P::Moment(at) => {
            return format!("{} {:02}:{:02}", day_zh(at.date()), at.hour(), at.minute());
        }
        P::Day(day) => return day_zh(*day),
    }
    .to_owned()
}

fn day_zh(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}
