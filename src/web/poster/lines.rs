//! Where lines end, as Chinese is set: no line begins with what closes, nor ends with what opens, and words of
//! Latin letters and numbers are kept whole.

use unicode_segmentation::UnicodeSegmentation as _;

/// What must not begin a line.
const CLOSES: &str = "，。、；：？！…—～·）〕］｝】》〉」』”’％‰℃°,.;:?!)]}%»›";

/// What must not end a line.
const OPENS: &str = "（〔［｛【《〈「『“‘([{«‹￥$#@";

/// The lines of `text`, none wider than `most` where it can be helped; `wide` says how wide something is.
pub(super) fn lines(text: &str, most: f32, wide: &dyn Fn(&str) -> f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines().map(str::trim).filter(|p| !p.is_empty()) {
        let mut line = String::new();
        for piece in pieces(paragraph) {
            for piece in fitting(&piece, most, wide) {
                let joined = format!("{line}{piece}");
                if line.is_empty() || wide(joined.trim_end()) <= most {
                    line = joined;
                } else {
                    lines.push(line.trim_end().to_owned());
                    piece.trim_start().clone_into(&mut line);
                }
            }
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// The first `most` lines; the last of them ends with an ellipsis where there are more.
pub(super) fn first(
    mut lines: Vec<String>,
    most: usize,
    width: f32,
    wide: &dyn Fn(&str) -> f32,
) -> Vec<String> {
    if lines.len() <= most {
        return lines;
    }
    lines.truncate(most);
    if let Some(last) = lines.last_mut() {
        let mut kept: Vec<&str> = last.graphemes(true).collect();
        let shown =
            |kept: &[&str]| format!("{}…", kept.concat().trim_end_matches(['，', '、', '。']));
        while !kept.is_empty() && wide(&shown(&kept)) > width {
            kept.pop();
        }
        *last = shown(&kept);
    }
    lines
}

/// What a line is made of: each piece is one that no line ends within.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for grapheme in text.graphemes(true) {
        let joins = pieces.last().is_some_and(|last| joined(last, grapheme));
        match pieces.last_mut() {
            Some(last) if joins => last.push_str(grapheme),
            _ => pieces.push(grapheme.to_owned()),
        }
    }
    pieces
}

/// Whether no line may end between a piece and what follows it.
fn joined(before: &str, after: &str) -> bool {
    let is = |set: &str, c: Option<char>| c.is_some_and(|c| set.contains(c));
    let (last, first) = (before.chars().next_back(), after.chars().next());
    let word = |c: Option<char>| {
        c.is_some_and(|c| (c.is_ascii_graphic() || c.is_alphanumeric()) && !is_wide(c))
    };
    is(CLOSES, first) || is(OPENS, last) || (word(last) && word(first))
}

/// Whether a character is set in a square of its own.
const fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// A piece, or its parts where it alone is too wide for a line.
fn fitting(piece: &str, most: f32, wide: &dyn Fn(&str) -> f32) -> Vec<String> {
    if wide(piece) <= most {
        return vec![piece.to_owned()];
    }
    let mut parts = vec![String::new()];
    for grapheme in piece.graphemes(true) {
        let full = parts
            .last()
            .is_some_and(|part| !part.is_empty() && wide(&format!("{part}{grapheme}")) > most);
        if full {
            // An address ends best after one of its signs.
            let rest = parts.last_mut().and_then(|part| {
                let end = part.rfind(['/', '-', '_', '?', '&', '=', '.'])? + 1;
                (end * 2 > part.len()).then(|| part.split_off(end))
            });
            parts.push(rest.unwrap_or_default());
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(grapheme);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chinese characters are two wide, others one.
    fn wide(text: &str) -> f32 {
        text.chars()
            .map(|c| if is_wide(c) || CLOSES.contains(c) && !c.is_ascii() { 2.0 } else { 1.0 })
            .sum()
    }

    #[test]
    fn no_line_begins_with_what_closes_nor_ends_with_what_opens() {
        let text = "明天上午停水，请提前储水。（见“通知”《停水公告》）谢谢！";
        for most in 6_u8..40 {
            let lines = lines(text, f32::from(most), &wide);
            assert_eq!(lines.concat(), text);
            for line in &lines {
                let (first, last) = (line.chars().next(), line.chars().next_back());
                assert!(most < 12 || !first.is_some_and(|c| CLOSES.contains(c)), "{lines:?}");
                assert!(most < 12 || !last.is_some_and(|c| OPENS.contains(c)), "{lines:?}");
            }
        }
    }

    #[test]
    fn words_and_numbers_are_kept_whole_and_only_what_is_too_long_is_cut() {
        let found = lines("自2026-11-30起Telegram可用", 16.0, &wide);
        assert_eq!(found, ["自2026-11-30起", "Telegram可用"]);
        let found = lines("https://example.org/abcdefghij", 10.0, &wide);
        assert_eq!(found, ["https://", "example.", "org/abcdef", "ghij"]);
    }

    #[test]
    fn what_does_not_fit_ends_with_an_ellipsis() {
        let all = lines("一二三四五六七八九十", 8.0, &wide);
        assert_eq!(first(all, 2, 8.0, &wide), ["一二三四", "五六七…"]);
    }
}
