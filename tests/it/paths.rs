//! Reads the paths that a source file names, without compiling it.

/// A path, and how it stands there.
#[derive(Debug, PartialEq, Eq)]
pub struct Path {
    /// `crate`, `model`, `Post`; groups are spread out.
    pub segments: Vec<String>,
    /// How many modules are open around it within its file.
    pub depth: usize,
    /// Whether it is a module that the file declares.
    pub declared: bool,
}

impl Path {
    /// The name that stands for something of ours in this file from here on, if it brings one.
    pub fn brings(&self) -> Option<String> {
        let ours = self.declared
            || self.segments.first().is_some_and(|s| ["crate", "super", "self"].contains(&&**s));
        self.segments.last().filter(|_| ours).cloned()
    }
}

/// Where a path of ours leads: `model::Post`. `None` for a path of another crate.
pub fn resolve(path: &Path, file: &str) -> Option<Vec<String>> {
    let mut at: Vec<String> =
        file.trim_end_matches(".rs").split('/').map(str::to_owned).filter(|s| s != "mod").collect();
    at.extend(std::iter::repeat_n("(inner)".to_owned(), path.depth));
    let mut rest = path.segments.iter().peekable();
    match rest.peek()?.as_str() {
        "crate" => {
            at.clear();
            rest.next();
        }
        "self" | "super" => {
            while let Some(step) = rest.next_if(|s| ["self", "super"].contains(&s.as_str())) {
                if step == "super" {
                    at.pop();
                }
            }
        }
        // The library, as the binary names it.
        "tongxin" => {
            at.clear();
            rest.next();
        }
        _ if path.declared => {}
        _ => return None,
    }
    at.extend(rest.cloned());
    Some(at)
}

/// Every path in a source text.
pub fn paths(text: &str) -> Vec<Path> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut modules: Vec<usize> = Vec::new();
    let mut braces = 0;
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => braces += 1,
            "}" => {
                braces -= 1;
                modules.retain(|open| *open <= braces);
            }
            "mod" if tokens.get(at + 2).is_some_and(|t| t == "{" || t == ";") => {
                let segments = vec![tokens[at + 1].clone()];
                found.push(Path { segments, depth: modules.len(), declared: true });
                if tokens[at + 2] == "{" {
                    modules.push(braces + 1);
                }
                at += 1;
            }
            token if is_name(token) && begins(&tokens, at) => {
                let mut spread = Vec::new();
                at = spread_out(&tokens, at, &[], &mut spread);
                let path = |segments| Path { segments, depth: modules.len(), declared: false };
                found.extend(spread.into_iter().map(path));
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Whether a path begins with the name at `at`.
fn begins(tokens: &[String], at: usize) -> bool {
    let before = |n: usize| at.checked_sub(n).map(|i| tokens[i].as_str());
    before(1) != Some("::") || !before(2).is_some_and(|t| is_name(t) || t == ">")
}

/// Reads a path from `at` on, groups included, and gives the place behind it.
fn spread_out(
    tokens: &[String],
    mut at: usize,
    before: &[String],
    found: &mut Vec<Vec<String>>,
) -> usize {
    let mut path = before.to_vec();
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    loop {
        if token(at) == "{" {
            at += 1;
            while at < tokens.len() && token(at) != "}" {
                at = match token(at) {
                    "," | "as" | "*" => at + 1,
                    _ => spread_out(tokens, at, &path, found).max(at + 1),
                };
            }
            return at + 1;
        }
        if !is_name(token(at)) {
            found.push(path);
            return at;
        }
        // `crate::desk::{self}` names desk.
        if token(at) != "self" || path.is_empty() {
            path.push(token(at).to_owned());
        }
        if token(at + 1) != "::" {
            found.push(path);
            return at + 1;
        }
        at += 2;
    }
}

fn is_name(token: &str) -> bool {
    let keyword = KEYWORDS.contains(&token);
    token.starts_with(|c: char| c.is_alphabetic() || c == '_') && !keyword
}

/// Words that may stand before a path and are none of it.
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "break", "const", "dyn", "else", "enum", "extern", "fn", "for", "if",
    "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "static",
    "struct", "trait", "type", "unsafe", "use", "where", "while",
];

/// Names, `::` and single signs; comments, texts and letters are left out.
fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        match chars[at] {
            '/' if next == '/' => at = line_end(&chars, at),
            '/' if next == '*' => at = comment_end(&chars, at),
            '"' => at = text_end(&chars, at + 1),
            'r' if next == '"' || next == '#' => match raw_end(&chars, at + 1) {
                Some(end) => at = end,
                None => at = name(&chars, at, &mut found),
            },
            '\'' => at = letter_end(&chars, at),
            ':' if next == ':' => {
                found.push("::".to_owned());
                at += 2;
            }
            c if c.is_alphanumeric() || c == '_' => at = name(&chars, at, &mut found),
            c if c.is_whitespace() => at += 1,
            c => {
                found.push(c.to_string());
                at += 1;
            }
        }
    }
    found
}

fn name(chars: &[char], at: usize, found: &mut Vec<String>) -> usize {
    let word: String =
        chars[at..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
    let end = at + word.chars().count();
    // `b"…"` and `c"…"` are texts: their letter names nothing.
    if chars.get(end) != Some(&'"') {
        found.push(word);
    }
    end
}

fn line_end(chars: &[char], at: usize) -> usize {
    chars[at..].iter().position(|c| *c == '\n').map_or(chars.len(), |n| at + n)
}

fn comment_end(chars: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at + 1 < chars.len() {
        match (chars[at], chars[at + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn text_end(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// The end of a raw text whose signs begin at `at`; `None` where it is no raw text.
fn raw_end(chars: &[char], at: usize) -> Option<usize> {
    let signs = chars[at..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + signs) != Some(&'"') {
        return None;
    }
    let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', signs)).collect();
    let inside = &chars[at + signs + 1..];
    let end = inside.windows(closing.len()).position(|w| w == closing.as_slice());
    Some(end.map_or(chars.len(), |n| at + signs + 1 + n + closing.len()))
}

/// Behind a letter in single quotes, or behind the sign of a lifetime.
fn letter_end(chars: &[char], at: usize) -> usize {
    if chars.get(at + 1) == Some(&'\\') {
        let close = chars[at + 3..].iter().position(|c| *c == '\'');
        return close.map_or(chars.len(), |n| at + 4 + n);
    }
    if chars.get(at + 2) == Some(&'\'') { at + 3 } else { at + 1 }
}
