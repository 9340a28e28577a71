//! What an editor is told of a post below what it says: what can still be done with it.

use super::refusal::{PostStanding, stands_en, stands_zh};

/// What can be done with a post that is shown above, as it stands, in Chinese.
pub(super) fn previewed_zh(code: &str, standing: PostStanding) -> String {
    match standing {
        PostStanding::Draft | PostStanding::Scheduled => format!(
            "要修改，请引用回复本条并发送全文；要加图片或文件，也请引用回复本条发送；定时请发送：/定时 {code} 明天 09:00"
        ),
        PostStanding::Discarded => format!(
            "这篇稿件{}。要恢复，请引用回复本条并发送全文；内容不变，请发送：/定时 {code} 明天 09:00",
            stands_zh(standing)
        ),
        _ => format!("这篇稿件{}，不能再修改。", stands_zh(standing)),
    }
}

/// The same in English.
pub(super) fn previewed_en(code: &str, standing: PostStanding) -> String {
    match standing {
        PostStanding::Draft | PostStanding::Scheduled => format!(
            "To change it, reply to this message with the whole text; a picture or file is added in the same way. To schedule it: /schedule {code} tomorrow 09:00"
        ),
        PostStanding::Discarded => format!(
            "It {}. To take it up again, reply to this message with the whole text; to leave it as it is: /schedule {code} tomorrow 09:00",
            stands_en(standing)
        ),
        _ => format!("It {}, and can be changed no more.", stands_en(standing)),
    }
}
