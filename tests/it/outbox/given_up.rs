//! What is given up is told to staff.

use super::world::{Does, World, no_limits};
use tongxin::clock::Clock;
use tongxin::connector::SendFailure;
use tongxin::model::*;
use tongxin::store::Store;

fn fails(times: usize, failure: &SendFailure) -> Vec<Does> {
    vec![Does::Fails(failure.clone()); times]
}

#[tokio::test]
async fn a_post_that_is_given_up_in_many_chats_raises_one_alarm() {
    let world = World::new(no_limits());
    world.administrator().await;
    world.subscribe(4, ChatKind::Group).await;
    let failure = SendFailure::Transient("502".to_owned());
    for chat in ["chat0001", "chat0002", "chat0003"] {
        world.chats.script(chat, fails(12, &failure));
    }
    world.push("one", Priority::Bulk).await;
    world.drain(&world.outbox()).await;
    let told = world.chats.texts("admin").concat();
    assert_eq!(told.matches("502").count(), 1, "{told}");
    assert!(told.contains("“one” could not be brought to some chats"), "{told}");
    assert_eq!(world.chats.texts("chat0000"), ["one"], "the others have it");
    // Another run, to which nothing was told, does not tell it again.
    world.chats.script("chat0000", fails(1, &SendFailure::Rejected("bad markup".to_owned())));
    world.clock.advance(std::time::Duration::from_secs(1));
    let second = world.push("two", Priority::Bulk).await;
    world.drain(&world.outbox()).await;
    world.drain(&world.outbox()).await;
    let told = world.chats.texts("admin").concat();
    assert_eq!(told.matches("bad markup").count(), 1, "{told}");
    assert_eq!(world.deliveries(second).await.len(), 4);
}

#[tokio::test]
async fn an_answer_to_a_submitter_that_is_given_up_is_told_to_administrators() {
    let world = World::new(no_limits());
    world.administrator().await;
    let (number, id) =
        (Code::parse("K7QM2XWD").expect("a code"), SuggestionId(world.clock.fresh()));
    let at = world.clock.now();
    let mut changes = Changes::new();
    changes.insert(Suggestion {
        id,
        number: number.clone(),
        pseudonym: number.clone(),
        post: None,
        member: None,
        back: Return::Page,
        lang: Lang::Zh,
        texts: Vec::new(),
        consent: None,
        secret: None,
        message: None,
        created: at,
        phase: Phase::Received { at, respond_by: at },
        questions: 0,
        answer: None,
        chain: Chain::default(),
        tries: Tries::default(),
        clocks: None,
        sorting: None,
    });
    world.commit(changes).await;
    let failure = SendFailure::Transient("502".to_owned());
    world.chats.script("4242", fails(24, &failure));
    let (DeliveryId::Notice(notice), _) = world.say_sealed("4242", "secret words").await else {
        panic!("a notice")
    };
    about(&world, notice, Some(id)).await;
    // What is about no suggestion is given up in silence: an alarm that fails raises none.
    let (other, _) = world.say_sealed("4242", "more words").await;
    world.drain(&world.outbox()).await;
    assert!(matches!(world.delivery(other).await.state, DeliveryState::Dead { .. }));
    let told = world.chats.texts("admin").concat();
    assert_eq!(told.matches("502").count(), 1, "{told}");
    assert!(told.contains(&number.to_string()), "{told}");
    assert!(!told.contains("4242") && !told.contains("secret words"), "{told}");
}

/// Makes a notice one about a suggestion.
async fn about(world: &World, id: NoticeId, about: Option<SuggestionId>) {
    let reads: &dyn tongxin::store::Reads = &*world.store;
    let key = Segments::new().id(id.0).key(Kind::Notice);
    let old = reads.find::<Notice>(&key).await.expect("reads").expect("is there");
    let mut changes = Changes::new();
    changes.update(&old, Notice { about, ..old.value.clone() });
    world.store.commit(changes).await.expect("commits");
}
