//! What a division sets, within the bounds that the nation leaves to it.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::Report;
use crate::domain::exact::Exact;
use crate::rates::fields::Leaf;
use crate::rates::raw::{ApprovedPrice, Body, Instalment, Mineral, Row, VersionFile};
use crate::rates::set::{Set, number};
use crate::rates::topic::Topic;

/// Whether every national version of a topic could be read; if not, nothing can be said about its bounds.
fn is_known(set: &Set<'_>, topic: Topic) -> bool {
    let mut national =
        set.versions.iter().filter(|version| version.topic == Some(topic) && version.place.division.is_none());
    national.all(|version| version.head.is_some() && version.body.is_some())
}

/// The shares of province, city and county make the local share of every national version that is in force beside the
/// scheme (art. 4 of 财综〔2023〕10号).
pub(super) fn scheme_weights(set: &Set<'_>, report: &mut Report<'_>) {
    if !is_known(set, Topic::Split) {
        return;
    }
    for (version, body) in set.bodies() {
        let Body::SplitScheme { classes } = body else { continue };
        let national = set.national_beside(Topic::Split, version);
        if national.is_empty() {
            report.of_file(&version.document.path, "no national split is in force beside the scheme");
        }
        let locals: Vec<Decimal> = national
            .iter()
            .filter_map(|version| match version.body.as_ref()? {
                Body::Split(split) => number(&split.local),
                _ => None,
            })
            .collect();
        for class in classes {
            let weights: Vec<Decimal> = class.weights.iter().filter_map(number).collect();
            if weights.len() != class.weights.len() {
                continue;
            }
            let sum: Decimal = weights.iter().sum();
            if let Some(local) = locals.iter().find(|local| **local != sum) {
                let message =
                    format!("the shares of `{}` make {sum}, but the local share is {local}", class.code.get_ref());
                report.at(&version.document, class.at, message);
            }
        }
    }
}

/// A province's starting-price standard is within the adjustment that the nation allows, ends included, of the reference
/// of every national version in force beside it (自然资发〔2023〕166号 一).
pub(super) fn price_band(set: &Set<'_>, report: &mut Report<'_>) {
    if !is_known(set, Topic::StartingPriceStandard) {
        return;
    }
    for (version, body) in set.bodies() {
        let Body::StartingPriceStandard { general, national: None } = body else { continue };
        let Some(standard) = number(general) else { continue };
        let beside = set.national_beside(Topic::StartingPriceStandard, version);
        if beside.is_empty() {
            report.of_file(&version.document.path, "no national reference is in force beside the standard");
        }
        for other in beside {
            let Some(Body::StartingPriceStandard { general: reference, national: Some(national) }) = &other.body else {
                continue;
            };
            let (Some(reference), Some(most)) = (number(reference), number(&national.max_adjustment_percent)) else {
                continue;
            };
            let hundredfold = Exact::from(standard).times(100);
            let low = Exact::from(reference).times(Decimal::ONE_HUNDRED - most);
            let high = Exact::from(reference).times(Decimal::ONE_HUNDRED + most);
            if hundredfold < low || hundredfold > high {
                let message = format!(
                    "{standard} is not within {most} percent of the reference {reference} in {}",
                    other.document.path
                );
                report.at(&version.document, general.value.span().start, message);
            }
        }
    }
}

/// The lowest first payment is not above the highest, and a province's bounds of instalments only narrow those of every
/// national version in force beside them (art. 12).
pub(super) fn instalment_bounds(set: &Set<'_>, report: &mut Report<'_>) {
    for (version, body) in set.bodies() {
        let Body::Instalment(own) = body else { continue };
        let Some(max) = &own.first_payment_max else { continue };
        if let (Some(low), Some(high)) = (number(&own.first_payment_min), number(max))
            && low > high
        {
            let message = format!("the lowest first payment, {low}, is above the highest, {high}");
            report.at(&version.document, max.value.span().start, message);
        }
    }
    if !is_known(set, Topic::Instalment) {
        return;
    }
    for (version, body) in set.bodies().filter(|(version, _)| version.place.division.is_some()) {
        let Body::Instalment(own) = body else { continue };
        for other in set.national_beside(Topic::Instalment, version) {
            let Some(Body::Instalment(national)) = &other.body else { continue };
            for (leaf, message) in widened(own, national) {
                report.at(&version.document, leaf.value.span().start, format!("{message} in {}", other.document.path));
            }
        }
    }
}

fn widened<'s>(own: &'s Instalment, national: &Instalment) -> Vec<(&'s Leaf, &'static str)> {
    // A bound of the nation that the division leaves out would be lifted: the version replaces the national one.
    let above = |own: Option<&Leaf>, national: Option<&Leaf>| match (own.map(number), national.map(number)) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(own), Some(national)) => own.zip(national).is_some_and(|(own, national)| own > national),
    };
    let below = |own: Option<&Leaf>, national: Option<&Leaf>| match (own.map(number), national.map(number)) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(own), Some(national)) => own.zip(national).is_some_and(|(own, national)| own < national),
    };
    let mut found = Vec::new();
    let min = &own.first_payment_min;
    if below(Some(min), Some(&national.first_payment_min)) {
        found.push((min, "the lowest first payment is below that"));
    }
    let max = own.first_payment_max.as_ref();
    if above(max, national.first_payment_max.as_ref()) {
        found.push((max.unwrap_or(min), "the highest first payment is above that, or left out,"));
    }
    let term = &own.minimum_term;
    if term.value.get_ref() == "none" && national.minimum_term.value.get_ref() == "half_licence" {
        found.push((term, "the minimum term is shorter than that"));
    }
    let years = own.small_minimum_years.as_ref();
    if below(years, national.small_minimum_years.as_ref()) {
        found.push((years.unwrap_or(min), "the minimum years of small mines are fewer than those, or left out,"));
    }
    found
}

/// The levy object of each single mineral, by the catalogue in force on the first day of a version.
fn levy_objects<'s>(set: &'s Set<'_>, version: &VersionFile) -> Option<HashMap<&'s str, &'s str>> {
    let from = version.head.as_ref()?.from();
    let Some(Body::Catalogue { rows, .. }) = &set.national_at(Topic::Catalogue, from)?.body else { return None };
    let object = |row: &'s Row| row.levy_object.value.get_ref().as_str();
    Some(
        rows.iter()
            .flat_map(|row| row.minerals.iter().map(move |code| (code.get_ref().as_str(), object(row))))
            .collect(),
    )
}

/// A conversion coefficient leads to the levy object of its mineral: to concentrate where concentrate is levied, to raw
/// ore where raw ore is. A mineral that is outside the catalogue, or whose object is not stated, is not converted.
pub(super) fn conversion_direction(set: &Set<'_>, report: &mut Report<'_>) {
    let Some(minerals) = set.minerals_by_code() else { return };
    for (version, body) in set.bodies() {
        let Body::ConversionCoefficient { coefficients } = body else { continue };
        let Some(objects) = levy_objects(set, version) else { continue };
        for coefficient in coefficients {
            let code = coefficient.mineral.get_ref().as_str();
            let Some(mineral) = minerals.get(code) else { continue };
            let wanted = match coefficient.direction.value.get_ref().as_str() {
                "raw_to_concentrate" => "concentrate",
                "concentrate_to_raw" => "raw_ore",
                _ => continue,
            };
            let wrong = singles(mineral)
                .map(|single| (single, objects.get(single).copied().unwrap_or("outside the catalogue")))
                .find(|(_, object)| *object != wanted);
            if let Some((single, object)) = wrong {
                let message =
                    format!("the coefficient leads to {wanted}, but the levy object of `{single}` is: {object}");
                report.at(&version.document, coefficient.direction.value.span().start, message);
            }
        }
    }
}

/// The codes of the members of a group, or the code of a single mineral.
fn singles(mineral: &Mineral) -> impl Iterator<Item = &str> {
    let own = if mineral.members.is_some() { None } else { Some(mineral.code.get_ref().as_str()) };
    mineral.members.iter().flatten().map(|member| member.get_ref().as_str()).chain(own)
}

/// The temperatures of a mineral's approved prices do not overlap, and each range leads upwards.
pub(super) fn approved_price_range(set: &Set<'_>, report: &mut Report<'_>) {
    type Range = (Option<Decimal>, Option<Decimal>);
    let range = |price: &ApprovedPrice| -> Range {
        let end = |leaf: Option<&Leaf>| leaf.and_then(number);
        let temperature = price.temperature.as_ref();
        (end(temperature.and_then(|range| range.ge.as_ref())), end(temperature.and_then(|range| range.lt.as_ref())))
    };
    let before = |to: Option<Decimal>, from: Option<Decimal>| to.zip(from).is_some_and(|(to, from)| to <= from);
    for (version, body) in set.bodies() {
        let Body::ApprovedPrice { prices } = body else { continue };
        let mut seen: Vec<(&str, Range)> = Vec::new();
        for price in prices {
            let (code, own) = (price.mineral.get_ref().as_str(), range(price));
            let empty = price.temperature.as_ref().is_some_and(|range| range.ge.is_none() && range.lt.is_none());
            if empty || before(own.1, own.0) {
                report.at(&version.document, price.at, "the temperatures have to lead from below to above");
            } else if seen.iter().any(|(other, range)| {
                *other == code && *range != own && !before(range.1, own.0) && !before(own.1, range.0)
            }) {
                report.at(
                    &version.document,
                    price.at,
                    format!("`{code}` has a price for some of these temperatures already"),
                );
            }
            seen.push((code, own));
        }
    }
}
