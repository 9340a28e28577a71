//! What people type, and what buttons carry.

use tongxin::model::{
    Button, Code, DeclineCode, Facet, LabelId, Lang, MatterKind, Pick, PostId, Priority, Role,
    SuggestionId, Version,
};
use tongxin::text::Speak;
use tongxin::text::command::{Audience, Command, Mistake, Slash, Verb, When, parse};
use tongxin::text::press::{PostPress, Press, TriagePress};
use tongxin::text::say::{MistakeSays, Refusal, help};
use uuid::Uuid;

fn command(typed: &str) -> Command {
    parse(typed, Slash::Needed).expect("a command").expect("without a mistake")
}

fn code(letters: &str) -> Code {
    Code::parse(letters).expect("a code")
}

#[test]
fn every_verb_is_recognised_by_each_of_its_names_in_both_languages() {
    for verb in Verb::all() {
        for name in verb.names() {
            let read = parse(&format!("/{name}"), Slash::Needed);
            let read = read.expect("recognised");
            assert!(!matches!(read, Err(Mistake::UnknownVerb(..))), "/{name}");
        }
    }
}

#[test]
fn no_two_verbs_share_a_name() {
    let mut names: Vec<_> = Verb::all().flat_map(|v| v.names().iter()).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn the_help_lists_every_command_to_those_who_may_use_it() {
    use Audience::{Administrators, Editors, Members, Reviewers};
    for lang in [Lang::Zh, Lang::En] {
        let text = help::help(&[Members, Editors, Reviewers, Administrators], lang);
        for verb in Verb::all().filter(|v| *v != Verb::Start) {
            assert!(text.contains(&format!("/{}", verb.name(lang))), "{verb:?} in {text}");
        }
        let members = help::help(&[Members], lang);
        assert!(!members.contains(&format!("/{}", Verb::Push.name(lang))));
    }
}

#[test]
fn commands_are_read_in_chinese_and_english_with_a_bots_name_and_with_a_wide_slash() {
    assert_eq!(command("/订阅 政策"), Command::Subscribe { topic: "政策".into() });
    assert_eq!(
        command("/subscribe@tongxin_bot policy"),
        Command::Subscribe { topic: "policy".into() }
    );
    assert_eq!(command("／帮助"), Command::Help);
    assert_eq!(
        command("/push 7k3qd 紧急"),
        Command::Push { post: code("7K3QD"), priority: Priority::Urgent }
    );
    assert_eq!(command("/language English"), Command::Language { lang: Lang::En });
    assert_eq!(command("/邀请 审阅人"), Command::Invite { role: Role::Reviewer });
}

#[test]
fn a_post_takes_its_topic_from_the_first_line_and_keeps_the_rest_as_typed() {
    let read = command("/写稿 政策\n标题\n\n第一段\n第二段");
    let text = "标题\n\n第一段\n第二段".to_owned();
    assert_eq!(read, Command::Post { topic: "政策".into(), text });
    let without = parse("/写稿 政策", Slash::Needed);
    assert_eq!(without, Some(Err(Mistake::Usage(Verb::Post))));
}

#[test]
fn a_time_may_be_a_moment_a_day_today_or_tomorrow() {
    let when = |text: &str| match command(&format!("/schedule 7K3QD {text}")) {
        Command::Schedule { when, .. } => when,
        other => panic!("{other:?}"),
    };
    let nine = chrono::NaiveTime::from_hms_opt(9, 0, 0).expect("nine");
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 30).expect("a day");
    assert_eq!(when("明天 09:00"), When::Tomorrow(nine));
    assert_eq!(when("今天 09:00"), When::Today(nine));
    assert_eq!(when("today 09:00"), When::Today(nine));
    assert_eq!(when("9:00"), When::Local(None, nine));
    assert_eq!(when("2026-11-30 09：00"), When::Local(Some(day), nine));
    assert_eq!(when("2026年11月30日 09:00"), When::Local(Some(day), nine));
    for wrong in ["soon", "25:00", "2026-02-30 09:00", ""] {
        let read = parse(&format!("/schedule 7K3QD {wrong}"), Slash::Needed);
        assert_eq!(read, Some(Err(Mistake::Usage(Verb::Schedule))), "{wrong}");
    }
}

#[test]
fn taking_up_and_sorting_take_choices_as_they_are_typed() {
    let number = code("AB12CD34");
    let accept = |picks: &str| Command::Accept { number: number.clone(), picks: picks.into() };
    assert_eq!(command("/受理 AB12-CD34"), accept(""));
    assert_eq!(command("/accept ab12-cd34 咨询，承办=城管科"), accept("咨询，承办=城管科"));
    let picks = "roads and traffic, the office".to_owned();
    assert_eq!(
        command("/sort AB12CD34 roads and traffic, the office"),
        Command::Sort { number, picks }
    );
    assert_eq!(command("/下一件"), Command::Next);
    for (wrong, verb) in
        [("/归类 AB12CD34", Verb::Sort), ("/sort", Verb::Sort), ("/受理 !!", Verb::Accept)]
    {
        assert_eq!(parse(wrong, Slash::Needed), Some(Err(Mistake::Usage(verb))), "{wrong}");
    }
}

#[test]
fn declining_takes_a_reason_from_the_list_and_a_sentence() {
    let read = command("/不采纳 AB12-CD34 暂不可行 目前经费不足，明年再议。");
    let reason = "目前经费不足，明年再议。".to_owned();
    let number = code("AB12CD34");
    assert_eq!(read, Command::Decline { number, code: DeclineCode::NotFeasible, reason });
    for wrong in ["/decline AB12 because no", "/decline AB12 other", "/decline"] {
        assert_eq!(
            parse(wrong, Slash::Needed),
            Some(Err(Mistake::Usage(Verb::Decline))),
            "{wrong}"
        );
    }
}

#[test]
fn words_are_not_commands_and_a_slip_of_the_finger_is_answered_with_what_was_meant() {
    assert_eq!(parse("大家好", Slash::Needed), None);
    assert_eq!(parse("订阅一下这个栏目吧", Slash::Optional), None);
    assert_eq!(parse("help me find the office", Slash::Optional), None);
    assert_eq!(parse("建议在路口加一盏灯", Slash::Optional), None);
    // Words that begin with a command by chance are not swallowed by one that takes nothing.
    for words in ["我的 小区路灯坏了", "帮助\n我们楼的电梯坏了", "开始 下雨就积水", "栏目　太少"]
    {
        assert_eq!(parse(words, Slash::Optional), None, "{words}");
    }
    assert_eq!(parse(" 我的 \n", Slash::Optional), Some(Ok(Command::Mine)));
    assert_eq!(parse("订阅 政策", Slash::Needed), None);
    assert_eq!(
        parse("订阅 政策", Slash::Optional),
        Some(Ok(Command::Subscribe { topic: "政策".into() }))
    );
    assert_eq!(
        parse("/subscrbe policy", Slash::Needed),
        Some(Err(Mistake::UnknownVerb("subscrbe".into(), Some(Verb::Subscribe))))
    );
    let says =
        MistakeSays::UnknownVerb { typed: "subscrbe".into(), nearest: Some(Verb::Subscribe) };
    assert_eq!(
        Refusal::Mistake(says).say(Lang::Zh),
        "没有“subscrbe”这个命令。您是不是要用 /订阅？发送 /帮助 可查看全部命令。"
    );
}

#[test]
fn codes_forgive_case_dashes_and_letters_that_look_alike() {
    assert_eq!(code("ab1o-cdil"), code("AB10CD11"));
    assert_eq!(code("AB12CD34").to_string(), "AB12-CD34");
    assert_eq!(Code::parse("AB*2"), None);
    assert_eq!(Code::parse(" - "), None);
}

#[test]
fn every_press_survives_its_button_and_fits_the_narrowest_platform() {
    let suggestion = SuggestionId(Uuid::from_u128(u128::MAX));
    let post = PostId(Uuid::from_u128(7));
    let presses = [
        Press::Consent(suggestion, u64::MAX),
        Press::Discard(suggestion),
        Press::Triage(TriagePress::Claim, suggestion, Version(u64::MAX)),
        Press::Triage(TriagePress::Return, suggestion, Version(0)),
        Press::Post(PostPress::PushUrgent, post, Version(65_535)),
        // What carries the version of a suggestion is the length of its chain, which has four bytes.
        Press::Choices(Facet::Area, suggestion, Version(u32::MAX.into())),
        Press::Pick(Pick::Kind(MatterKind::Suggestion), suggestion, Version(u32::MAX.into())),
        Press::Pick(
            Pick::Unit(LabelId("x".repeat(LabelId::MAX))),
            suggestion,
            Version(u32::MAX.into()),
        ),
        Press::ForgetMe,
    ];
    for press in presses {
        let data = press.encode();
        assert!(data.len() <= Button::DATA_MAX, "{data}");
        assert_eq!(Press::decode(&data), Some(press));
    }
    for forged in [
        "",
        "lx00",
        "kc00.roads",
        "kk0123456789abcdef0123456789abcdef1.rumour",
        "ku.",
        "t",
        "tz00",
        "y123",
        "p",
        "ff",
        "n你好",
        "tc0123456789012345678901234567890你",
    ] {
        assert_eq!(Press::decode(forged), None, "{forged}");
    }
}
