//! What a button carries back: an action, the thing it is about, and the version that was shown.
//!
//! The version is the thing's own count, known before the commit that shows it: for a post its revision, for
//! a suggestion the length of its chain of events.

use crate::model::{At, Button, ButtonDoes, Facet, LabelId, Pick, PostId, SuggestionId, Version};
use uuid::Uuid;

/// What a press of a button means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Press {
    /// The author of a draft confirms it, under the consent text with this hash's first eight bytes.
    Consent(SuggestionId, u64),
    /// The author of a draft throws it away.
    Discard(SuggestionId),
    /// A reviewer acts on a suggestion, as it stood in this version.
    Triage(TriagePress, SuggestionId, Version),
    /// A reviewer looks at what a suggestion, as it stood in this version, can be sorted under.
    Choices(Facet, SuggestionId, Version),
    /// A reviewer sorts a suggestion, as it stood in this version.
    Pick(Pick, SuggestionId, Version),
    /// An editor acts on a post, as it stood in this version.
    Post(PostPress, PostId, Version),
    /// An editor has a post, as it stood in this version, go out at this time.
    Schedule(PostId, At, Version),
    /// A member confirms that all that is theirs shall be erased.
    ForgetMe,
}

/// What a reviewer's button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the commands of the same name")]
pub enum TriagePress {
    Show,
    Claim,
    Release,
    Ask,
    /// Shows how it is sorted, and by when it would be answered. Buttons of an earlier program, which took it
    /// up without showing that, come here.
    Accept,
    /// Takes it up as it is shown.
    TakeUp,
    /// Shows by what it can be sorted.
    Sort,
    /// Claims the next one.
    Next,
    Answer,
    Decline,
    Confirm,
    Return,
}

/// What an editor's button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the commands of the same name")]
pub enum PostPress {
    Preview,
    Push,
    PushUrgent,
    Cancel,
    /// Takes back what has gone out to all.
    TakeBack,
    Report,
    /// Takes away what it carries.
    Bare,
}

const TRIAGE: [(char, TriagePress); 12] = [
    ('s', TriagePress::Show),
    ('c', TriagePress::Claim),
    ('r', TriagePress::Release),
    ('q', TriagePress::Ask),
    ('a', TriagePress::Accept),
    ('u', TriagePress::TakeUp),
    ('o', TriagePress::Sort),
    ('n', TriagePress::Next),
    ('w', TriagePress::Answer),
    ('d', TriagePress::Decline),
    ('y', TriagePress::Confirm),
    ('b', TriagePress::Return),
];

const POST: [(char, PostPress); 7] = [
    ('v', PostPress::Preview),
    ('p', PostPress::Push),
    ('u', PostPress::PushUrgent),
    ('x', PostPress::Cancel),
    ('w', PostPress::TakeBack),
    ('h', PostPress::Report),
    ('b', PostPress::Bare),
];

const FACETS: [(char, Facet); 4] =
    [('k', Facet::Kind), ('c', Facet::Category), ('a', Facet::Area), ('u', Facet::Unit)];

impl Press {
    /// What a press of this button means; `None` where it only opens something.
    #[must_use]
    pub fn of(button: &Button) -> Option<Self> {
        let ButtonDoes::Press(data) = &button.does else { return None };
        Self::decode(data)
    }

    /// The suggestion that it is about.
    #[must_use]
    pub const fn suggestion(&self) -> Option<SuggestionId> {
        match self {
            Self::Consent(id, _)
            | Self::Discard(id)
            | Self::Triage(_, id, _)
            | Self::Choices(_, id, _)
            | Self::Pick(_, id, _) => Some(*id),
            Self::Post(..) | Self::Schedule(..) | Self::ForgetMe => None,
        }
    }

    /// The letters that a button carries; at most [`Button::DATA_MAX`] bytes.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Consent(id, text) => format!("y{id}{text:x}"),
            Self::Discard(id) => format!("n{id}"),
            Self::Triage(what, id, version) => {
                let letter = TRIAGE.iter().find(|(_, t)| t == what).map_or('s', |(c, _)| *c);
                format!("t{letter}{id}{:x}", version.0)
            }
            Self::Choices(facet, id, version) => {
                format!("l{}{id}{:x}", letter_of(*facet), version.0)
            }
            Self::Pick(pick, id, version) => {
                let name: String = pick.name().chars().take(LabelId::MAX).collect();
                format!("k{}{id}{:x}.{name}", letter_of(pick.facet()), version.0)
            }
            Self::Post(what, id, version) => {
                let letter = POST.iter().find(|(_, p)| p == what).map_or('v', |(c, _)| *c);
                format!("p{letter}{id}{:x}", version.0)
            }
            Self::Schedule(id, at, version) => format!("z{id}{:x}.{:x}", at.millis(), version.0),
            Self::ForgetMe => "f".to_owned(),
        }
    }

    /// Reads the letters back; `None` when they are not ours (an old version of the program, or a forgery).
    #[must_use]
    pub fn decode(data: &str) -> Option<Self> {
        let mut letters = data.chars();
        let kind = letters.next()?;
        let rest = letters.as_str();
        match kind {
            'y' => {
                let (id, text) = id_and_number(rest)?;
                Some(Self::Consent(SuggestionId(id), text))
            }
            'n' => Some(Self::Discard(SuggestionId(Uuid::try_parse(rest).ok()?))),
            't' => {
                let letter = letters.next()?;
                let what = TRIAGE.iter().find(|(c, _)| *c == letter)?.1;
                let (id, version) = id_and_number(letters.as_str())?;
                Some(Self::Triage(what, SuggestionId(id), Version(version)))
            }
            'l' => {
                let facet = facet_of(letters.next()?)?;
                let (id, version) = id_and_number(letters.as_str())?;
                Some(Self::Choices(facet, SuggestionId(id), Version(version)))
            }
            'k' => {
                let facet = facet_of(letters.next()?)?;
                let (shown, name) = letters.as_str().split_once('.')?;
                let (id, version) = id_and_number(shown)?;
                let pick = Pick::named(facet, name)?;
                Some(Self::Pick(pick, SuggestionId(id), Version(version)))
            }
            'p' => {
                let letter = letters.next()?;
                let what = POST.iter().find(|(c, _)| *c == letter)?.1;
                let (id, version) = id_and_number(letters.as_str())?;
                Some(Self::Post(what, PostId(id), Version(version)))
            }
            'z' => {
                let (at, version) = rest.split_once('.')?;
                let (id, at) = id_and_number(at)?;
                let at = At::from_millis(i64::try_from(at).ok()?);
                let version = Version(u64::from_str_radix(version, 16).ok()?);
                Some(Self::Schedule(PostId(id), at, version))
            }
            'f' if rest.is_empty() => Some(Self::ForgetMe),
            _ => None,
        }
    }

    /// A button with this meaning.
    #[must_use]
    pub fn button(&self, label: impl Into<String>) -> Button {
        Button { label: label.into(), does: ButtonDoes::Press(self.encode()) }
    }
}

fn letter_of(facet: Facet) -> char {
    FACETS.iter().find(|(_, f)| *f == facet).map_or('k', |(letter, _)| *letter)
}

fn facet_of(letter: char) -> Option<Facet> {
    FACETS.iter().find(|(l, _)| *l == letter).map(|(_, facet)| *facet)
}

fn id_and_number(rest: &str) -> Option<(Uuid, u64)> {
    let (id, number) = rest.split_at_checked(32)?;
    Some((Uuid::try_parse(id).ok()?, u64::from_str_radix(number, 16).ok()?))
}
