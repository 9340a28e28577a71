//! What reviewers choose from when they sort a suggestion: what it is called, and what somebody means who types
//! it.

use super::Settings;
use crate::model::{Facet, Label, LabelId, Lang, Pick, Sorting};
use crate::text::command;
use crate::text::say::{TriageRefusal, kind_name};

impl Settings {
    /// The office's list for a side; none for the kinds, which are the same everywhere.
    fn labels(&self, facet: Facet) -> &[Label] {
        match facet {
            Facet::Kind => &[],
            Facet::Category => &self.categories,
            Facet::Area => &self.areas,
            Facet::Unit => &self.units,
        }
    }

    /// All that can be chosen for a side, in the office's order.
    #[must_use]
    pub fn choices(&self, facet: Facet) -> Vec<Pick> {
        match facet {
            Facet::Kind => self.kinds.iter().copied().map(Pick::Kind).collect(),
            _ => self.labels(facet).iter().filter_map(|l| Pick::named(facet, &l.id.0)).collect(),
        }
    }

    /// Whether a side leaves anything to choose.
    #[must_use]
    pub fn is_open(&self, facet: Facet) -> bool {
        match facet {
            Facet::Kind => self.kinds.len() > 1,
            _ => self.labels(facet).len() > 1,
        }
    }

    /// Whether the office offers this choice.
    #[must_use]
    pub fn offers(&self, pick: &Pick) -> bool {
        match pick {
            Pick::Kind(kind) => self.kinds.contains(kind),
            _ => self.label(pick).is_some(),
        }
    }

    /// What people call a choice; its name where the configuration no longer has it.
    #[must_use]
    pub fn title(&self, pick: &Pick, lang: Lang) -> String {
        match pick {
            Pick::Kind(kind) => kind_name(*kind, lang).to_owned(),
            _ => self.label(pick).map_or_else(|| pick.name(), |l| l.title(lang)).to_owned(),
        }
    }

    /// What people call the unit that answers.
    #[must_use]
    pub fn unit(&self, sorting: &Sorting, lang: Lang) -> String {
        self.title(&sorting.pick(Facet::Unit), lang)
    }

    fn label(&self, pick: &Pick) -> Option<&Label> {
        self.labels(pick.facet()).iter().find(|l| l.id.0 == pick.name())
    }

    /// The choices that somebody typed: one after another, with commas between where they have blanks in them,
    /// each alone or behind the name of its side (`承办=城管科`).
    ///
    /// # Errors
    /// When the office offers no such choice, several sides have it, or two are for one side.
    pub fn picks(&self, typed: &str) -> Result<Vec<Pick>, TriageRefusal> {
        let mut picks: Vec<Pick> = Vec::new();
        for word in words(typed) {
            let pick = self.meant(word)?;
            if picks.iter().any(|p| p.facet() == pick.facet()) {
                return Err(TriageRefusal::ChosenTwice(pick.facet()));
            }
            picks.push(pick);
        }
        Ok(picks)
    }

    fn meant(&self, word: &str) -> Result<Pick, TriageRefusal> {
        let (sides, name) = match command::of_facet(word) {
            Some((facet, name)) => (vec![facet], name),
            None => (Facet::ALL.to_vec(), word),
        };
        let called = |pick: &Pick| {
            let titles = [Lang::Zh, Lang::En].map(|lang| self.title(pick, lang).to_lowercase());
            pick.name() == name.to_lowercase() || titles.contains(&name.to_lowercase())
        };
        let mut found = sides.iter().flat_map(|f| self.choices(*f)).filter(called);
        match (found.next(), found.next()) {
            (Some(pick), None) => Ok(pick),
            (Some(first), Some(second)) => Err(TriageRefusal::WhichSide {
                typed: name.to_owned(),
                sides: [first.facet(), second.facet()]
                    .into_iter()
                    .chain(found.map(|p| p.facet()))
                    .collect(),
            }),
            (None, _) => Err(TriageRefusal::NoSuchChoice {
                typed: name.to_owned(),
                known: sides.into_iter().map(|side| (side, self.titles(side))).collect(),
            }),
        }
    }

    /// What people call the choices of a side, in both languages.
    fn titles(&self, facet: Facet) -> Vec<[String; 2]> {
        let both = |pick: &Pick| [Lang::Zh, Lang::En].map(|lang| self.title(pick, lang));
        self.choices(facet).iter().map(both).collect()
    }

    /// The first of each list: what a suggestion is sorted under where nothing better is known.
    #[must_use]
    pub fn first_choices(&self) -> [Pick; 4] {
        Facet::ALL.map(|facet| {
            let first = self.choices(facet).into_iter().next();
            // No list of a configuration is empty.
            first.unwrap_or(Pick::Unit(LabelId(String::new())))
        })
    }
}

/// The single choices of what was typed: parted by commas and line ends, or else by blanks.
pub(super) fn words(typed: &str) -> Vec<&str> {
    let comma = |c: char| "，,、;；\n".contains(c);
    let pieces: Vec<&str> = if typed.contains(comma) {
        typed.split(comma).collect()
    } else {
        typed.split_whitespace().collect()
    };
    pieces.into_iter().map(str::trim).filter(|p| !p.is_empty()).collect()
}
