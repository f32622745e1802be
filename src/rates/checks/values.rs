//! Values one by one: form, unit, range, and the words about them.

use std::collections::{HashMap, HashSet};

use super::Report;
use crate::rates::fields::{Leaf, MineralKind, MineralUse};
use crate::rates::raw::{Body, Document, Mineral};
use crate::rates::set::Set;
use crate::rates::value;
use crate::rates::value::Unit;

fn leaves<'s>(set: &'s Set<'_>) -> impl Iterator<Item = (&'s Document, &'s Leaf)> {
    set.documents().flat_map(|document| document.noted.leaves.iter().map(move |leaf| (document, leaf)))
}

/// Every instrument that is named is one of `sources.toml`.
pub(super) fn instrument(set: &Set<'_>, report: &mut Report<'_>) {
    let Some(known) = set.instrument_keys() else { return };
    for document in set.documents() {
        for word in &document.noted.instruments {
            if !known.contains(word.get_ref().as_str()) {
                report.at(document, word.span().start, format!("sources.toml has no instrument `{}`", word.get_ref()));
            }
        }
    }
}

/// Every value says where it stands in its instrument; `not_stated` where that is not known.
pub(super) fn locator(set: &Set<'_>, report: &mut Report<'_>) {
    for document in set.documents() {
        for word in &document.noted.locators {
            let text = word.get_ref();
            if text.trim().is_empty() || text.trim() != text {
                report.at(
                    document,
                    word.span().start,
                    "the locator is empty or padded; write the article, or `not_stated`",
                );
            }
        }
    }
}

/// Every provenance is `verbatim`, `reported` or `inferred`; `caller` is for requests.
pub(super) fn provenance(set: &Set<'_>, report: &mut Report<'_>) {
    for document in set.documents() {
        for word in &document.noted.provenances {
            if value::provenance(word.get_ref()).is_none() {
                let message = format!("`{}` is not one of verbatim, reported, inferred", word.get_ref());
                report.at(document, word.span().start, message);
            }
        }
    }
}

/// The unit of every parameter is the one that its topic computes with.
pub(super) fn unit(set: &Set<'_>, report: &mut Report<'_>) {
    for (document, leaf) in leaves(set) {
        let Some(stated) = &leaf.stated_unit else { continue };
        let allowed = leaf.unit.codes();
        if !allowed.contains(&stated.get_ref().as_str()) {
            let message = format!(
                "the unit of `{}` is `{}`, but has to be {}",
                leaf.name,
                stated.get_ref(),
                allowed.join(" or ")
            );
            report.at(document, stated.span().start, message);
        }
    }
}

/// Every number has the form `-?(0|[1-9]\d*)(\.\d+)?` and no more digits than are kept.
pub(super) fn decimal(set: &Set<'_>, report: &mut Report<'_>) {
    for (document, leaf) in leaves(set).filter(|(_, leaf)| leaf.unit.is_number()) {
        if let Err(error) = value::decimal(leaf.value.get_ref()) {
            let message = format!("`{}` of `{}` {error}", leaf.value.get_ref(), leaf.name);
            report.at(document, leaf.value.span().start, message);
        }
    }
}

/// Every number is in the range of its unit: percents from 0 to 100, days, months and years whole, prices above 0.
pub(super) fn range(set: &Set<'_>, report: &mut Report<'_>) {
    for (document, leaf) in leaves(set).filter(|(_, leaf)| leaf.unit.is_number()) {
        let Ok(number) = value::decimal(leaf.value.get_ref()) else { continue };
        if let Some(range) = leaf.unit.out_of_range(number) {
            report.at(document, leaf.value.span().start, format!("`{}` is {number}, but has to be {range}", leaf.name));
        }
    }
}

/// Every word of a closed list is one of the list: the rules know no other.
pub(super) fn choice(set: &Set<'_>, report: &mut Report<'_>) {
    for (document, leaf) in leaves(set) {
        let Some(words) = leaf.unit.words() else { continue };
        if !words.contains(&leaf.value.get_ref().as_str()) {
            let message =
                format!("`{}` is `{}`, but has to be {}", leaf.name, leaf.value.get_ref(), words.join(" or "));
            report.at(document, leaf.value.span().start, message);
        }
    }
}

/// Every day that is written as a text is a day of the calendar in the form `YYYY-MM-DD`.
pub(super) fn day(set: &Set<'_>, report: &mut Report<'_>) {
    for (document, leaf) in leaves(set).filter(|(_, leaf)| leaf.unit == Unit::Day) {
        if value::date(leaf.value.get_ref()).is_none() {
            let message = format!("`{}` is `{}`, but has to be a day YYYY-MM-DD", leaf.name, leaf.value.get_ref());
            report.at(document, leaf.value.span().start, message);
        }
    }
}

/// An account of the budget (政府收支分类科目, 目 level) has nine digits.
pub(super) fn account(set: &Set<'_>, report: &mut Report<'_>) {
    for (document, leaf) in leaves(set).filter(|(_, leaf)| leaf.unit == Unit::Account) {
        let text = leaf.value.get_ref();
        if text.len() != 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            report.at(document, leaf.value.span().start, format!("the account `{text}` has to have nine digits"));
        }
    }
}

/// Rows with a key (number, code, mineral, mineral and class) stand once in a file; a place has one area coefficient.
pub(super) fn duplicate_entry(set: &Set<'_>, report: &mut Report<'_>) {
    for document in set.documents() {
        let mut seen = HashSet::new();
        for row in &document.noted.rows {
            if !seen.insert(row.get_ref()) {
                report.at(document, row.span().start, format!("`{}` stands in this file already", row.get_ref()));
            }
        }
    }
    for (version, body) in set.bodies() {
        let Body::BenchmarkPrice(table) = body else { continue };
        let mut seen = HashSet::new();
        for name in table.areas.iter().flat_map(|(names, _)| names) {
            if !seen.insert(name.get_ref()) {
                let message = format!("`{}` has an area coefficient already", name.get_ref());
                report.at(&version.document, name.span().start, message);
            }
        }
    }
}

fn uses<'s>(set: &'s Set<'_>) -> impl Iterator<Item = (&'s Document, &'s MineralUse)> {
    set.documents().flat_map(|document| document.noted.minerals.iter().map(move |used| (document, used)))
}

/// Every mineral that a version names is one of `minerals.toml`, by its code.
pub(super) fn mineral_known(set: &Set<'_>, report: &mut Report<'_>) {
    let Some(known) = set.minerals_by_code() else { return };
    for (document, used) in uses(set) {
        if !known.contains_key(used.code.get_ref().as_str()) {
            let message = format!("minerals.toml has no code `{}`", used.code.get_ref());
            report.at(document, used.code.span().start, message);
        }
    }
}

/// Where the format asks for single minerals (catalogue, classes, what is measured by volume) no group stands.
pub(super) fn mineral_single(set: &Set<'_>, report: &mut Report<'_>) {
    let Some(known): Option<HashMap<&str, &Mineral>> = set.minerals_by_code() else { return };
    for (document, used) in uses(set).filter(|(_, used)| used.kind == MineralKind::Single) {
        let group = known.get(used.code.get_ref().as_str()).is_some_and(|mineral| mineral.members.is_some());
        if group {
            let message = format!("`{}` is a group; name its members", used.code.get_ref());
            report.at(document, used.code.span().start, message);
        }
    }
}
