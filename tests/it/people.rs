//! How people come to their roles, and how roles end.

use crate::suggestions_room::{Room, direct, office};
use std::collections::BTreeSet;
use std::time::Duration;
use tongxin::desk::{DeskError, KeptGroup, Office, Seat, person_code};
use tongxin::model::{
    Address, ChatKind, Code, Identity, InboxItem, InboxState, Kind, Lang, Person, Platform, Rank,
    Role, Sender, Versioned,
};
use tongxin::store::{Reads as _, StoreError, typed};
use tongxin::text::say::{NamedIn, Refusal, RoleNamed};
use tongxin::text::{Markup, Size, Speak as _, Unit};

fn number_of(who: &str) -> Identity {
    Identity::new(Platform::Telegram, who)
}

fn sender(who: &str) -> Sender {
    Sender {
        identity: number_of(who),
        name: who.to_owned(),
        direct: Some(direct(who)),
        lang: Some(Lang::Zh),
        rank: Rank::Member,
    }
}

/// An office whose configuration names these administrators.
async fn naming(admins: &[&str]) -> Room {
    let admins = admins.iter().map(|who| number_of(who)).collect();
    Room::of(Office { admins, ..office() }).await
}

/// An office whose configuration names these keepers of groups, and their deputies.
async fn keeping(groups: &[(&str, Option<&str>)]) -> Room {
    let group = |(keeper, deputy): &(&str, Option<&str>)| KeptGroup {
        address: Address { kind: ChatKind::Group, ..direct(keeper) },
        slug: "group".into(),
        title: "桂花巷居民群".into(),
        lang: Lang::Zh,
        topics: Vec::new(),
        keeper: (*keeper).to_owned(),
        deputy: deputy.map(str::to_owned),
        remind_after: Duration::from_hours(1),
        hand_over_after: Duration::from_hours(1),
        size: Size { unit: Unit::Chars, max: 1_000, marks: 0, links: 0, markup: Markup::Bare },
    };
    Room::of(Office { kept: groups.iter().map(group).collect(), ..office() }).await
}

async fn staff(room: &Room) -> Vec<Versioned<Person>> {
    let all = room.store.list(Kind::Person, &[], None, 100).await.expect("lists");
    all.into_iter().map(|record| typed(record).expect("a person")).collect()
}

/// The roles of whoever has this number; `None` where nothing is kept of them.
async fn roles(room: &Room, who: &str) -> Option<BTreeSet<Role>> {
    let mut all = staff(room).await.into_iter();
    all.find(|p| p.identities.contains(&number_of(who))).map(|p| p.value.roles)
}

async fn code_of(room: &Room, who: &str) -> Code {
    let mut all = staff(room).await.into_iter();
    let found = all.find(|p| p.identities.contains(&number_of(who)));
    person_code(found.expect("is of the staff").id)
}

async fn invites(room: &Room, who: &str, role: Role) -> Code {
    let mut call = room.call(who).await;
    let code = room.desk.invite(&mut call, role).expect("invites");
    room.desk.commit(call).await.expect("commits");
    code
}

/// What somebody is told who writes this in their own chat.
async fn told(room: &Room, who: &str, text: &str) -> String {
    room.deliver().await;
    room.writes(who, text, None).await;
    let heard = room.heard(&direct(who)).await.into_iter().map(|said| said.text);
    heard.collect::<Vec<_>>().join("\n")
}

/// How many things in the inbox nobody could handle, or wait to be tried again.
async fn unhandled(room: &Room) -> usize {
    let items = room.store.list(Kind::Inbox, &[], None, 100).await.expect("lists");
    let items = items.into_iter().map(|r| typed::<InboxItem>(r).expect("an item"));
    items.filter(|item| item.state != InboxState::Handled).count()
}

#[tokio::test]
async fn an_invitation_is_kept_where_nobody_can_read_it() {
    let room = Room::new().await;
    room.staff("zhang", &[Role::Administrator]).await;
    room.writes("zhang", "/邀请 管理员", None).await;
    let said = room.last(&direct("zhang")).await.text;
    let code = said.split_once("i_").expect("an invitation").1;
    let code: String = code.chars().take_while(char::is_ascii_alphanumeric).collect();
    room.sweep.round().await.expect("sweeps");
    assert_eq!(room.files_with(code.as_bytes()), Vec::<std::path::PathBuf>::new());
    assert!(told(&room, "chen", &format!("/start i_{code}")).await.contains("您已担任“管理员”"));
}

#[tokio::test]
async fn an_invitation_ends_with_whoever_made_it() {
    let room = Room::new().await;
    room.staff("zhang", &[Role::Administrator]).await;
    room.staff("li", &[Role::Administrator]).await;
    let back = invites(&room, "zhang", Role::Administrator).await;
    let friend = invites(&room, "zhang", Role::Editor).await;
    let zhang = code_of(&room, "zhang").await;
    let said = told(&room, "li", &format!("/撤销角色 {zhang} 管理员")).await;
    assert_eq!(said, "已撤销zhang的“管理员”角色。");
    for (who, code) in [("zhang", back), ("chen", friend)] {
        let said = told(&room, who, &format!("/start i_{code}")).await;
        assert_eq!(said, "这个邀请已被使用或已过期，请向管理员索取新的邀请。", "{who}");
        assert_eq!(roles(&room, who).await, None, "{who}");
    }
    let good = invites(&room, "li", Role::Editor).await;
    assert!(told(&room, "chen", &format!("/start i_{good}")).await.contains("您已担任“编辑”"));
}

#[tokio::test]
async fn an_administrator_who_keeps_another_role_invites_nobody_any_more() {
    let room = Room::new().await;
    room.staff("zhang", &[Role::Administrator, Role::Editor]).await;
    room.staff("li", &[Role::Administrator]).await;
    let code = invites(&room, "zhang", Role::Administrator).await;
    let mut joins = room.call("chen").await;
    room.desk.join(&mut joins, &sender("chen"), &code).await.expect("joins");
    let zhang = code_of(&room, "zhang").await;
    told(&room, "li", &format!("/撤销角色 {zhang} 管理员")).await;
    let late = room.desk.commit(joins).await;
    assert_eq!(late, Err(StoreError::Conflict), "who made it is dismissed at the same moment");
    let mut joins = room.call("zhang").await;
    let refused = room.desk.join(&mut joins, &sender("zhang"), &code).await;
    assert_eq!(refused, Err(DeskError::from(Refusal::InviteGone)));
    // Whoever invites may take up what they made.
    let own = invites(&room, "li", Role::Lead).await;
    assert!(told(&room, "li", &format!("/start i_{own}")).await.contains("您已担任“签批人”"));
    let both = BTreeSet::from([Role::Administrator, Role::Lead]);
    assert_eq!(roles(&room, "li").await, Some(both));
}

#[tokio::test]
async fn a_role_that_the_configuration_gives_is_not_taken_away_in_the_chat() {
    let room = naming(&["zhang", "li"]).await;
    for who in ["zhang", "li"] {
        told(&room, who, "/start").await;
    }
    let zhang = code_of(&room, "zhang").await;
    let said = told(&room, "li", &format!("/撤销角色 {zhang} 管理员")).await;
    insta::assert_snapshot!(said, @"name-of-zhang的“管理员”角色写在配置文件里（office.admins），不能在这里撤销。请先在那里删去这个人并重启程序，再来撤销。");
    assert_eq!(roles(&room, "zhang").await, Some(BTreeSet::from([Role::Administrator])));
    told(&room, "li", "/language English").await;
    let said = told(&room, "li", &format!("/dismiss {zhang} administrator")).await;
    insta::assert_snapshot!(said, @"The configuration gives name-of-zhang the role “administrator” (office.admins), so it cannot be taken away here. Please remove them there and restart the program, then do this again.");
    // What the chat gave, the chat takes.
    let code = invites(&room, "li", Role::Editor).await;
    told(&room, "zhang", &format!("/start i_{code}")).await;
    told(&room, "li", &format!("/dismiss {zhang} editor")).await;
    assert_eq!(roles(&room, "zhang").await, Some(BTreeSet::from([Role::Administrator])));
}

#[tokio::test]
async fn nor_is_that_of_a_seat_or_of_a_keeper_whose_number_is_written_down() {
    let room = keeping(&[("telegram:wang", None), ("李哥", Some("telegram:zhao"))]).await;
    room.staff("li", &[Role::Administrator]).await;
    for who in ["wang", "zhao"] {
        told(&room, who, "/start").await;
        let code = code_of(&room, who).await;
        let said = told(&room, "li", &format!("/撤销角色 {code} 转发人")).await;
        assert!(said.contains("[[account.group]]"), "{said}");
        assert_eq!(roles(&room, who).await, Some(BTreeSet::from([Role::Keeper])));
    }
    let seat = Seat::new("王芳", BTreeSet::from([Role::Reviewer]));
    let seated = room.desk.settle_seats(&[seat], |_| direct("seat")).await.expect("seats");
    let code = person_code(seated[0].person);
    let said = told(&room, "li", &format!("/撤销角色 {code} 审阅人")).await;
    insta::assert_snapshot!(said, @"王芳的角色以配置文件为准（[[seat]] 的 roles），不能在这里撤销。请在那里删去“审阅人”并重启程序。");
    // A keeper who is called by name came by an invitation.
    let code = invites(&room, "li", Role::Keeper).await;
    told(&room, "ge", &format!("/start i_{code}")).await;
    let code = code_of(&room, "ge").await;
    let said = told(&room, "li", &format!("/撤销角色 {code} 转发人")).await;
    assert!(said.starts_with("已撤销"), "{said}");
}

#[tokio::test]
async fn whoever_the_configuration_names_may_come_by_an_invitation_first() {
    for (role, title) in [(Role::Administrator, "管理员"), (Role::Lead, "签批人")] {
        let room = naming(&["zhang", "li"]).await;
        told(&room, "zhang", "/start").await;
        let code = invites(&room, "zhang", role).await;
        let said = told(&room, "li", &format!("/start i_{code}")).await;
        assert_eq!(said, format!("您已担任“{title}”。发送 /帮助 查看可用的命令。"));
        assert_eq!(unhandled(&room).await, 0);
        let both = BTreeSet::from([Role::Administrator, role]);
        assert_eq!(roles(&room, "li").await, Some(both));
        let again = told(&room, "chen", &format!("/start i_{code}")).await;
        assert_eq!(again, "这个邀请已被使用或已过期，请向管理员索取新的邀请。");
    }
}

#[test]
fn where_a_role_is_given_and_what_to_do_is_told_in_both_languages() {
    let told = |role, place| {
        let named = RoleNamed { name: "王芳".into(), role, place };
        format!("{}\n{}", named.say(Lang::Zh), named.say(Lang::En))
    };
    let said = [
        told(Role::Administrator, NamedIn::Admins),
        told(Role::Keeper, NamedIn::Group),
        told(Role::Reviewer, NamedIn::Seat),
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    王芳的“管理员”角色写在配置文件里（office.admins），不能在这里撤销。请先在那里删去这个人并重启程序，再来撤销。
    The configuration gives 王芳 the role “administrator” (office.admins), so it cannot be taken away here. Please remove them there and restart the program, then do this again.
    王芳的“转发人”角色来自配置文件（[[account.group]] 的 keeper 或 deputy），不能在这里撤销。请先在那里换人并重启程序，再来撤销。
    The configuration gives 王芳 the role “keeper” (keeper or deputy of an [[account.group]]), so it cannot be taken away here. Please name somebody else there and restart the program, then do this again.
    王芳的角色以配置文件为准（[[seat]] 的 roles），不能在这里撤销。请在那里删去“审阅人”并重启程序。
    The roles of 王芳 are those of the configuration (roles of a [[seat]]), so they cannot be taken away here. Please remove “reviewer” there and restart the program.
    ");
}
