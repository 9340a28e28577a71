//! Every command and every option has words in both languages, and no words of another.

use crate::program::program;
use std::path::Path;

fn help(path: &[&str], lang: &str) -> String {
    let args = [path, &["--help", "--lang", lang]].concat();
    let output = program(Path::new("."), &args).env("COLUMNS", "400").output().expect("runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{path:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The lines under a heading: what is typed, and what is said of it.
fn rows(help: &str, heading: &str) -> Vec<(String, String)> {
    let lines = help.lines().skip_while(|line| *line != format!("{heading}:")).skip(1);
    let row = |line: &str| {
        let line = line.trim();
        let (typed, said) = line.split_once("  ").unwrap_or((line, ""));
        (typed.to_owned(), said.trim().to_owned())
    };
    lines.take_while(|line| !line.is_empty()).map(row).collect()
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// Whether three English words follow each other.
fn is_english(text: &str) -> bool {
    let words: Vec<bool> = text
        .split(' ')
        .map(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase()))
        .collect();
    words.windows(3).any(|three| three == [true, true, true])
}

/// The help without the lines that are typed as they stand.
fn prose(help: &str) -> impl Iterator<Item = &str> {
    help.lines().filter(|line| !line.trim().starts_with("tongxin "))
}

/// Every command, by what is typed: those below others behind them.
fn commands() -> Vec<Vec<String>> {
    let (mut found, mut next) = (Vec::new(), vec![Vec::<String>::new()]);
    while let Some(path) = next.pop() {
        let typed: Vec<&str> = path.iter().map(String::as_str).collect();
        for (name, _) in rows(&help(&typed, "en"), "Commands") {
            next.push([path.clone(), vec![name]].concat());
        }
        found.push(path);
    }
    found
}

#[test]
fn every_command_and_option_is_explained_in_both_languages() {
    let commands = commands();
    assert!(commands.len() > 20, "{commands:?}");
    for path in commands {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let (zh, en) = (help(&path, "zh"), help(&path, "en"));
        assert!(is_chinese(zh.lines().next().expect("a line")), "{path:?}: {zh}");
        for (heading, other) in [("命令", "Commands"), ("参数", "Arguments"), ("选项", "Options")]
        {
            let (zh, en) = (rows(&zh, heading), rows(&en, other));
            assert_eq!(zh.len(), en.len(), "{path:?}: {heading}");
            for ((typed, zh), (_, en)) in zh.iter().zip(&en) {
                assert!(is_chinese(zh), "{path:?}: {typed} has no Chinese words: {zh}");
                assert!(en.len() > 5 && !is_chinese(en), "{path:?}: {typed}: {en}");
            }
        }
        for line in prose(&zh) {
            assert!(!is_english(line), "{path:?} speaks English: {line}");
        }
        let english = prose(&en).map(|line| line.replace("同心", ""));
        for line in english {
            assert!(!is_chinese(&line), "{path:?} speaks Chinese: {line}");
        }
    }
}

#[test]
fn help_is_shown_in_the_same_words_by_command_and_by_option() {
    for path in [&["serve"][..], &["source", "try"]] {
        let args = [&["help"], path, &["--lang", "zh"]].concat();
        let shown = program(Path::new("."), &args).output().expect("runs").stdout;
        let shown = String::from_utf8(shown).expect("text");
        let args = [path, &["-h", "--lang", "zh"]].concat();
        let same = program(Path::new("."), &args).output().expect("runs").stdout;
        assert_eq!(shown, String::from_utf8(same).expect("text"), "{path:?}");
        assert!(shown.contains("用法：tongxin ") && shown.contains("示例："), "{shown}");
    }
}
