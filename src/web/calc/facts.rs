//! The facts that decide which fields a form asks for. They only decide what is shown: what counts is decided by the rules.

use crate::domain::catalogue::{Levy, RateCondition, Row};
use crate::domain::mineral::MineralId;
use crate::domain::rate_book::RateBook;

/// When a field is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    /// Only if it has a value already.
    Never,
    /// A field has one of these values.
    Is(&'static str, &'static [&'static str]),
    /// A field has none of these values, or no value.
    Not(&'static str, &'static [&'static str]),
    /// A field has a value.
    Given(&'static str),
    /// A field has no value.
    Missing(&'static str),
    /// A mineral, or the first of several, is one of these.
    Named(&'static str, &'static [&'static str]),
    /// It is none of these, or not known yet.
    NotNamed(&'static str, &'static [&'static str]),
    /// The mineral is in the catalogue.
    ByRate(&'static str),
    /// The mineral is outside the catalogue.
    ByAmount(&'static str),
    /// Its rate depends on the place.
    NeedsPlace(&'static str),
    /// Its rate depends on the temperature.
    NeedsTemperature(&'static str),
    /// All of these.
    All(&'static [When]),
    /// One of these.
    Any(&'static [When]),
}

/// What is known while a form is made.
pub(crate) struct Facts<'a> {
    pub(crate) book: &'a RateBook,
    /// The values by the names of their fields, in yuan.
    pub(crate) values: &'a [(String, String)],
}

impl Facts<'_> {
    /// The value of a field; empty without one.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// Whether a condition holds, for a field whose item of a list has this name (`lines.2`).
    pub(crate) fn hold(&self, when: When, item: &str) -> bool {
        let value = |name: &str| match name.strip_prefix('.') {
            Some(own) => self.value(&format!("{item}.{own}")),
            None => self.value(name),
        };
        let one_of = |name: &str, codes: &[&str]| codes.contains(&value(name));
        let code = |name: &str| self.mineral(value(name)).map_or("", |id| self.book.minerals.code(id));
        match when {
            When::Never => false,
            When::Is(name, codes) => one_of(name, codes),
            When::Not(name, codes) => !one_of(name, codes),
            When::Given(name) => !value(name).is_empty(),
            When::Missing(name) => value(name).is_empty(),
            When::Named(name, codes) => codes.contains(&code(name)),
            When::NotNamed(name, codes) => !codes.contains(&code(name)),
            When::ByRate(name) => self.mineral(value(name)).is_some_and(|id| self.row(id).is_some()),
            When::ByAmount(name) => self.mineral(value(name)).is_some_and(|id| self.row(id).is_none()),
            When::NeedsPlace(name) => {
                self.depends(value(name), |condition| matches!(condition, RateCondition::Place(_)))
            }
            When::NeedsTemperature(name) => {
                self.depends(value(name), |condition| matches!(condition, RateCondition::Temperature { .. }))
            }
            When::All(all) => all.iter().all(|one| self.hold(*one, item)),
            When::Any(any) => any.iter().any(|one| self.hold(*one, item)),
        }
    }

    /// The mineral that a text names, the first one of several.
    fn mineral(&self, text: &str) -> Option<MineralId> {
        let first = text.split(['、', '；', ';', '|']).next().unwrap_or_default();
        self.book.minerals.find(first)
    }

    /// Its row in the latest catalogue at hand.
    fn row(&self, id: MineralId) -> Option<&Row> {
        let latest = self.book.catalogue.entries().last()?;
        match latest.value.levy(&self.book.minerals, id).ok()? {
            Levy::ByRate(row) => Some(row),
            Levy::ByAmount => None,
        }
    }

    fn depends(&self, text: &str, on: impl Fn(RateCondition) -> bool) -> bool {
        let row = self.mineral(text).and_then(|id| self.row(id));
        row.is_some_and(|row| row.rates.iter().any(|rate| on(rate.condition)))
    }
}
