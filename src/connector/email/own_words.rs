//! What somebody wrote in an answer, without what they answer and without what their program adds.
//!
//! Where it is not certain, it stays: a line too many is read over, a line too few is lost.

/// Words with which programs sign by themselves.
const ADDED: [&str; 8] = [
    "sent from my ",
    "发自我的",
    "来自我的",
    "从我的",
    "get outlook for ",
    "获取 outlook",
    "发自 outlook",
    "发自网易邮箱",
];

/// Somebody's own words in a text.
pub(super) fn own_words(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\u{a0}', " ");
    let lines: Vec<&str> = text.split('\n').collect();
    let mut kept: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let bare = line.trim();
        let rest = lines.get(at + 1..).unwrap_or_default();
        if *line == "-- " || bare == "--" || parts(bare) || heads(bare, rest) {
            break;
        }
        if let Some(length) = introduces(bare, rest) {
            // What follows is quoted line by line, and more may stand below it; or it is all of what follows.
            let next = lines.iter().skip(at + length).find(|l| !l.trim().is_empty());
            if next.is_some_and(|l| l.trim_start().starts_with('>')) {
                at += length;
                continue;
            }
            break;
        }
        at += 1;
        if !bare.starts_with('>') {
            kept.push(line.trim_end());
        }
    }
    while kept.last().is_some_and(|line| line.is_empty() || is_added(line)) {
        kept.pop();
    }
    kept.join("\n").trim().to_owned()
}

fn is_added(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    ADDED.iter().any(|words| line.starts_with(words)) && line.chars().count() < 60
}

/// A line that parts an answer from what it answers.
fn parts(line: &str) -> bool {
    let dashes = line.chars().filter(|c| *c == '-' || *c == '_' || *c == '－').count();
    let words = line.trim_matches(['-', '_', '－', ' ']).to_lowercase();
    let known = [
        "original message",
        "original appointment",
        "forwarded message",
        "原始邮件",
        "原始信息",
        "回复的原邮件",
        "转发的邮件",
    ];
    dashes >= 4 && known.contains(&words.as_str())
        || line.len() >= 24 && line.chars().all(|c| c == '_')
}

/// The first line of the headers of what is answered, two more of which follow soon.
fn heads(line: &str, rest: &[&str]) -> bool {
    let names = |line: &str| {
        let line = line.trim().trim_start_matches('*').to_lowercase();
        let name = line.split([':', '：']).next().unwrap_or_default().trim_end_matches('*').trim();
        let name: String = name.split_whitespace().collect();
        let known = [
            "from",
            "sent",
            "date",
            "to",
            "subject",
            "cc",
            "发件人",
            "发送时间",
            "日期",
            "时间",
            "收件人",
            "主题",
            "抄送",
        ];
        line.contains([':', '：']) && known.contains(&name.as_str())
    };
    let first = |line: &str| {
        let line = line.trim_start_matches('*').to_lowercase();
        line.starts_with("from:") || line.starts_with("发件人")
    };
    first(line) && names(line) && rest.iter().take(6).filter(|l| names(l)).count() >= 2
}

/// The lines that say who wrote what follows, as a count; none where there are none.
fn introduces(line: &str, rest: &[&str]) -> Option<usize> {
    let ends = |line: &str| {
        let line = line.trim_end_matches(['*', ' ']).to_lowercase();
        line.ends_with("wrote:") || line.ends_with("写道：") || line.ends_with("写道:")
    };
    let begins = line.starts_with("On ") || line.starts_with('在') || line.starts_with('于');
    let dated = line.contains(|c: char| c.is_ascii_digit());
    if ends(line) && (dated || line.contains('@') || begins) {
        return Some(1);
    }
    let next = rest.first().map_or("", |l| l.trim());
    (begins && dated && ends(next)).then_some(2)
}

#[cfg(test)]
mod tests {
    use super::own_words;

    #[test]
    fn what_is_answered_and_what_programs_add_is_left_out() {
        for (text, own) in [
            ("门口加装路灯\r\n\r\n> 明天停水\r\n> 九点\r\n", "门口加装路灯"),
            ("路灯\n\nOn Tue, 24 Nov 2026 at 09:00, 同心社区 <news@a.cn> wrote:\n> 停水\n", "路灯"),
            (
                "路灯\n\nOn Tue, 24 Nov 2026 at 09:00, 同心社区\n<news@a.cn> wrote:\n\n> 停水\n",
                "路灯",
            ),
            ("路灯\n\n在 2026年11月24日，同心社区 <news@a.cn> 写道：\n停水\n九点", "路灯"),
            ("在 2026年11月24日，同心 写道：\n> 停水\n\n写在下面的话", "写在下面的话"),
            ("路灯\n\n------------------ 原始邮件 ------------------\n发件人: x", "路灯"),
            ("路灯\n\n-----Original Message-----\nFrom: x", "路灯"),
            (
                "路灯\n\n发件人: 同心 <n@a.cn>\n发送时间: 2026年\n收件人: li\n主题: 停水\n\n停水",
                "路灯",
            ),
            ("路灯\n\n________________________________\n发件人: x", "路灯"),
            ("路灯\n\n发自我的iPhone\n", "路灯"),
            ("路灯\n-- \n李娜\n电话 123", "路灯"),
        ] {
            assert_eq!(own_words(text), own, "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_it_stays_whole() {
        for text in [
            "From: here to there is one lamp.\nPlease add one.",
            "发件人不明的通知太多了：\n请核实。",
            "老师在黑板上写道：努力。",
            "第一段\n\n第二段 -- 还有\n- 一\n- 二",
            "On 24 Nov the lamp broke.\nI wrote: nothing.",
        ] {
            assert_eq!(own_words(text), text);
        }
    }
}
