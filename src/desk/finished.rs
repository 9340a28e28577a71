//! Whether an answer is finished: it says something, and none of its template's blanks is left open.
//!
//! A blank is told from honest words by what stands around it: `×月` is one and `3×5 米` is not, `XX 路` is one
//! and `XXL` is not, `（ ）` is one and `main()` is not. What is honest must pass, since the reviewer cannot
//! overrule this; what is merely thin passes too.

use crate::text::say::Refusal;

/// Brackets that hold nothing where something was to be filled in.
const BRACKETS: [(char, char); 6] =
    [('（', '）'), ('(', ')'), ('【', '】'), ('[', ']'), ('［', '］'), ('〔', '〕')];

/// What follows a blank that stands for a number or a date.
const COUNTED: [char; 10] = ['年', '月', '日', '号', '时', '点', '元', '天', '个', '周'];

/// An answer that is finished: long enough to say something, and without a blank.
///
/// # Errors
/// A refusal that shows the blank.
pub(super) fn finished(answer: &str) -> Result<&str, Refusal> {
    let answer = answer.trim();
    if let Some(blank) = blank(answer) {
        return Err(Refusal::AnswerUnfinished(blank));
    }
    let says = answer.chars().filter(|c| c.is_alphanumeric()).count();
    if answer.chars().count() < 10 || says < 4 {
        return Err(Refusal::AnswerTooShort);
    }
    Ok(answer)
}

/// The first blank that is left open.
fn blank(answer: &str) -> Option<String> {
    let chars: Vec<char> = answer.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let end = run_end(&chars, at);
        let around = (at.checked_sub(1).map(|i| chars[i]), chars.get(end).copied());
        let run: String = chars[at..end].iter().collect();
        if is_blank(&run, around) {
            return Some(run);
        }
        if let Some(close) = empty_bracket(&chars, at) {
            return Some(chars[at..=close].iter().collect());
        }
        at = end;
    }
    None
}

/// Where the run of one sign, or the word of Latin letters and digits, that begins at `at` ends.
fn run_end(chars: &[char], at: usize) -> usize {
    let first = chars[at];
    let goes_on = |c: &char| if in_word(first) { in_word(*c) } else { *c == first };
    at + chars[at..].iter().take_while(|c| goes_on(c)).count()
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '/' | '-')
}

fn is_blank(run: &str, (before, after): (Option<char>, Option<char>)) -> bool {
    let all = |sign: char| run.chars().all(|c| c == sign);
    let length = run.chars().count();
    let counted = after.is_some_and(|c| COUNTED.contains(&c));
    let digit = |c: Option<char>| c.is_some_and(char::is_numeric);
    match run.chars().next() {
        Some('×' | '╳' | '✕') => length > 1 || counted || !(digit(before) || digit(after)),
        Some('X' | 'x') if all('X') || all('x') => length > 1 || counted,
        Some('_' | '＿') => length > 2 || (length > 1 && run.starts_with('＿')),
        Some('？' | '?') => length > 1 && counted,
        Some('…') => false,
        _ => run == "TODO" || run == "TBD",
    }
}

/// The closing bracket of a pair that begins at `at` and holds nothing.
fn empty_bracket(chars: &[char], at: usize) -> Option<usize> {
    let (_, close) = BRACKETS.iter().find(|(open, _)| *open == chars[at])?;
    let inside = chars[at + 1..].iter().take_while(|c| c.is_whitespace() || **c == '_').count();
    let end = at + 1 + inside;
    let before = at.checked_sub(1).map(|i| chars[i]);
    // A call of a function, a Markdown box, or brackets that are spoken of.
    let honest = before.is_some_and(|c| {
        c.is_ascii_alphanumeric() || matches!(c, '“' | '"' | '‘' | '「' | '号' | '-' | '*')
    });
    (chars.get(end) == Some(close) && !honest).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn honest_answers_pass_whatever_signs_they_use() {
        for answer in [
            "将于12月30日前安装路灯二十盏。",
            "新增 3×5 米的雨棚，十二月底前完工。",
            "尺码含 XL、XXL，请到社区领取。",
            "请在括号（）内写明楼号，我们逐户登记。",
            "请填写“（）”中的内容后交回社区。",
            "接口 main() 已修复，页面恢复正常。",
            "请发邮件到 xx@example.org，三日内回复。",
            "您问“为什么没有通知？？”，系短信延误所致，已补发。",
            "依据沪府〔2026〕12号文件，暂不具备条件。",
            "文件名为 a_b_c.pdf，已放在网站首页。",
            "因资金未到位，暂不能施工……请谅解。",
            "X光机已恢复使用，每周三、周五可预约。",
            "We will mend it by 30 December (see the notice).",
        ] {
            assert_eq!(finished(answer), Ok(answer));
        }
    }

    #[test]
    fn blanks_of_a_template_are_found_and_shown() {
        for (answer, shown) in [
            ("将于××月安装路灯，请放心。", "××"),
            ("将于×月×日安装路灯，请放心。", "×"),
            ("将于XX月安装路灯，请您放心。", "XX"),
            ("已转 xx 部门办理，请耐心等候。", "xx"),
            ("将于X月X日前答复您，请放心。", "X"),
            ("将于（ ）月安装路灯，请放心。", "（ ）"),
            ("已转【】办理，请您耐心等候。", "【】"),
            ("依据沪府〔〕12号文件办理完毕。", "〔〕"),
            ("将于____年安装路灯，请放心。", "____"),
            ("将于？？日安装路灯，请您放心。", "？？"),
            ("TODO 写明办理结果，再发给群众。", "TODO"),
            ("()月安装路灯，请您放心等候。", "()"),
        ] {
            assert_eq!(
                finished(answer),
                Err(Refusal::AnswerUnfinished(shown.to_owned())),
                "{answer}"
            );
        }
    }

    #[test]
    fn an_answer_that_says_next_to_nothing_is_refused() {
        for answer in ["好的", "收到，谢谢", "。。。。。。。。。。。。"] {
            assert!(finished(answer).is_err(), "{answer}");
        }
    }
}
