//! What triage makes of a suggestion: its kind, category and area, the unit that answers, and the clock that
//! follows from the kind.
//!
//! Sorting is about the matter: nothing of it leads to whoever wrote, and a unit stands where a person might.

use crate::model::{At, Lang, Span};
use serde::{Deserialize, Serialize};

/// What a suggestion asks for. Its clock and what may be done with it follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatterKind {
    /// A proposal (建议).
    Suggestion,
    /// A question (咨询).
    Consult,
    /// A complaint about how something was done (投诉).
    Complaint,
    /// A report of wrongdoing (举报). It is never declined.
    Report,
    /// A matter for which several have to work together (复杂).
    Complex,
}

impl MatterKind {
    /// Every kind, in the order in which they are offered unless an office has another.
    pub const ALL: [Self; 5] =
        [Self::Suggestion, Self::Consult, Self::Complaint, Self::Report, Self::Complex];

    /// The name in configurations, commands and buttons.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Suggestion => "suggestion",
            Self::Consult => "consult",
            Self::Complaint => "complaint",
            Self::Report => "report",
            Self::Complex => "complex",
        }
    }
}

/// One side by which a suggestion is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Facet {
    /// What it asks for; the clock follows from it.
    Kind,
    /// What it is about.
    Category,
    /// Which place it is about.
    Area,
    /// Which unit answers.
    Unit,
}

impl Facet {
    /// Every side, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Kind, Self::Category, Self::Area, Self::Unit];
}

/// Names one choice of a list of the office, as in the configuration: `roads`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LabelId(pub String);

impl LabelId {
    /// At most so many letters, so that a button can carry it.
    pub const MAX: usize = 20;
}

/// One choice of a list of the office: a category, an area or a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its name in the configuration.
    pub id: LabelId,
    /// What people call it in Chinese.
    pub zh: String,
    /// What people call it in English; the same where the office gave no other.
    pub en: String,
}

impl Label {
    /// What people call it.
    #[must_use]
    pub fn title(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// What a suggestion was sorted under.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sorting {
    /// What it asks for.
    pub kind: MatterKind,
    /// What it is about.
    pub category: LabelId,
    /// Which place it is about.
    pub area: LabelId,
    /// Which unit answers.
    pub unit: LabelId,
    /// The rule that set the time of the answer, as it was then.
    pub clock: Span,
    /// When it was taken up; while a reviewer is still choosing, when they began.
    pub at: At,
}

/// A choice for one side.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the sides")]
pub enum Pick {
    Kind(MatterKind),
    Category(LabelId),
    Area(LabelId),
    Unit(LabelId),
}

impl Pick {
    /// The side that it is for.
    #[must_use]
    pub const fn facet(&self) -> Facet {
        match self {
            Self::Kind(_) => Facet::Kind,
            Self::Category(_) => Facet::Category,
            Self::Area(_) => Facet::Area,
            Self::Unit(_) => Facet::Unit,
        }
    }

    /// A choice of this name for a side; `None` where no kind has it.
    #[must_use]
    pub fn named(facet: Facet, name: &str) -> Option<Self> {
        let label = LabelId(name.to_owned());
        Some(match facet {
            Facet::Kind => Self::Kind(*MatterKind::ALL.iter().find(|k| k.name() == name)?),
            Facet::Category => Self::Category(label),
            Facet::Area => Self::Area(label),
            Facet::Unit => Self::Unit(label),
        })
    }

    /// The name of what was chosen.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Kind(kind) => kind.name(),
            Self::Category(label) | Self::Area(label) | Self::Unit(label) => &label.0,
        }
    }
}

impl Sorting {
    /// The same with another choice for one side. The clock stays: it is the office's to give.
    #[must_use]
    pub fn with(mut self, pick: Pick) -> Self {
        match pick {
            Pick::Kind(kind) => self.kind = kind,
            Pick::Category(label) => self.category = label,
            Pick::Area(label) => self.area = label,
            Pick::Unit(label) => self.unit = label,
        }
        self
    }

    /// What was chosen for a side.
    #[must_use]
    pub fn pick(&self, facet: Facet) -> Pick {
        match facet {
            Facet::Kind => Pick::Kind(self.kind),
            Facet::Category => Pick::Category(self.category.clone()),
            Facet::Area => Pick::Area(self.area.clone()),
            Facet::Unit => Pick::Unit(self.unit.clone()),
        }
    }
}
