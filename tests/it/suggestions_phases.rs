//! The table of states: every step from every phase.

use proptest::prelude::*;
use std::time::Duration;
use tongxin::model::*;
use uuid::Uuid;

const ME: PersonId = PersonId(Uuid::from_u128(1));
const LEAD: PersonId = PersonId(Uuid::from_u128(2));

const fn at(millis: i64) -> At {
    At::from_millis(millis)
}

fn words() -> Sealed {
    Sealed { slot: Slot { drawer: Drawer::Text, index: 0 }, bytes: Vec::new() }
}

fn phases() -> Vec<Phase> {
    let code = DeclineCode::Other;
    let (until, respond_by, answer_by, erase_at) = (at(9), at(8), at(7), at(6));
    let left = Duration::from_secs(1);
    vec![
        Phase::Draft { until },
        Phase::Received { at: at(1), respond_by },
        Phase::Claimed { by: ME, until, respond_by },
        Phase::NeedInfo { by: ME, question: words(), until, left },
        Phase::Accepted { by: ME, answer_by },
        Phase::DeclineProposed { by: ME, code, reason: words(), answer_by },
        Phase::Answered { at: at(1) },
        Phase::Declined { at: at(1), code },
        Phase::Withdrawn { at: at(1), erase_at },
        Phase::Erased { at: at(1) },
    ]
}

type Step = fn(Phase) -> Result<Phase, InvalidStep>;

const STEPS: [(&str, Step); 11] = [
    ("T2", |p| p.confirm(at(2), at(5))),
    ("T7", |p| p.claim(ME, at(5))),
    ("T8", |p| p.release(at(2))),
    ("T9", |p| p.ask(words(), at(5), Duration::ZERO)),
    ("T10", |p| p.resume(at(2), at(5))),
    ("T14", |p| p.accept(at(5))),
    ("T14b", |p| p.take_over(LEAD)),
    ("T17", |p| p.answer(at(2))),
    ("T19", |p| p.propose_decline(ME, DeclineCode::Other, words())),
    ("T19b", |p| p.confirm_decline(LEAD, at(2))),
    ("T19c", Phase::return_decline),
];

#[test]
fn each_step_is_possible_from_its_own_phases_and_from_no_other() {
    use PhaseName as N;
    let allowed = [
        ("T2", N::Draft, N::Received),
        ("T7", N::Received, N::Claimed),
        ("T8", N::Claimed, N::Received),
        ("T9", N::Claimed, N::NeedInfo),
        ("T10", N::NeedInfo, N::Claimed),
        ("T14", N::Claimed, N::Accepted),
        ("T14b", N::Accepted, N::Accepted),
        ("T17", N::Accepted, N::Answered),
        ("T19", N::Accepted, N::DeclineProposed),
        ("T19b", N::DeclineProposed, N::Declined),
        ("T19c", N::DeclineProposed, N::Accepted),
    ];
    for phase in phases() {
        for (name, step) in STEPS {
            let expected = allowed.iter().find(|(n, from, _)| *n == name && *from == phase.name());
            let led = step(phase.clone()).ok().map(|p| p.name());
            assert_eq!(led, expected.map(|(_, _, to)| *to), "{name} from {:?}", phase.name());
        }
        let open = [N::Received, N::Claimed, N::NeedInfo, N::Accepted, N::DeclineProposed];
        let withdrawn = phase.clone().withdraw(at(2), at(5)).is_ok();
        assert_eq!(withdrawn, open.contains(&phase.name()), "T24 from {:?}", phase.name());
        assert!(phase.clone().take_over(ME).is_err(), "never from oneself");
        assert!(phase.confirm_decline(ME, at(2)).is_err(), "never by the same person");
    }
}

proptest! {
    #[test]
    fn replaying_the_events_of_any_walk_leads_to_where_it_stands(
        walk in proptest::collection::vec(0usize..STEPS.len(), 0..40)
    ) {
        let mut phase = Phase::Draft { until: at(9) };
        let event = |number: u32, from: Option<PhaseName>, to| StepEvent {
            suggestion: SuggestionId(Uuid::nil()), number, at: at(0), from, to, hash: [0; 32],
        };
        let mut events = vec![event(0, None, PhaseName::Draft)];
        for step in walk {
            if let Ok(next) = STEPS[step].1(phase.clone()) {
                let number = u32::try_from(events.len()).expect("few");
                events.push(event(number, Some(phase.name()), next.name()));
                phase = next;
            }
        }
        prop_assert_eq!(tongxin::desk::replay(&events), Some(phase.name()));
        // What follows from nothing is no history.
        events.push(event(99, Some(PhaseName::Erased), PhaseName::Draft));
        prop_assert_eq!(tongxin::desk::replay(&events), None);
    }
}
