//! The catalogue of minerals levied by rate.

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::Report;
use crate::rates::fields::Leaf;
use crate::rates::raw::{Body, Rate, Row, VersionFile};
use crate::rates::set::{Set, number};

/// The rows of the printed catalogue.
const ROWS: u32 = 25;

fn catalogues<'s>(set: &'s Set<'_>) -> impl Iterator<Item = (&'s VersionFile, &'s [Row], usize)> {
    set.bodies().filter_map(|(version, body)| match body {
        Body::Catalogue { rows, list_at } => Some((version, rows.as_slice(), *list_at)),
        _ => None,
    })
}

/// The catalogue has exactly 25 rows, numbered 1 to 25 in order and without a gap.
pub(super) fn rows(set: &Set<'_>, report: &mut Report<'_>) {
    for (version, rows, list_at) in catalogues(set) {
        for (row, expected) in rows.iter().zip(1..) {
            let number = *row.number.get_ref();
            if number != expected {
                let message = format!("the row has number {number}, but {expected} comes here");
                report.at(&version.document, row.number.span().start, message);
                break;
            }
        }
        if rows.len() != ROWS as usize {
            let message = format!("the catalogue has {} rows, but has to have {ROWS}", rows.len());
            report.at(&version.document, rows.last().map_or(list_at, |row| row.at), message);
        }
    }
}

/// A mineral stands in one row, once.
pub(super) fn once(set: &Set<'_>, report: &mut Report<'_>) {
    for (version, rows, _) in catalogues(set) {
        let mut row_of: HashMap<&str, u32> = HashMap::new();
        for row in rows {
            for mineral in &row.minerals {
                if let Some(before) = row_of.insert(mineral.get_ref(), *row.number.get_ref()) {
                    let message = format!("`{}` stands in row {before} already", mineral.get_ref());
                    report.at(&version.document, mineral.span().start, message);
                }
            }
        }
    }
}

/// The rates of a row are above 0, and their conditions cover every case once: one rate without a condition, or land and
/// sea, or temperatures from below to above without gap or overlap.
pub(super) fn rates(set: &Set<'_>, report: &mut Report<'_>) {
    for (version, rows, _) in catalogues(set) {
        for row in rows {
            for rate in &row.rates {
                if number(&rate.percent).is_some_and(|percent| percent.is_zero()) {
                    report.at(&version.document, rate.percent.value.span().start, "a rate has to be above 0");
                }
            }
            if let Some((at, message)) = incomplete(row) {
                report.at(&version.document, at, format!("row {}: {message}", row.number.get_ref()));
            }
        }
    }
}

/// What is wrong with the conditions of a row, and where.
fn incomplete(row: &Row) -> Option<(usize, &'static str)> {
    let places: Vec<&str> =
        row.rates.iter().filter_map(|rate| rate.place.as_ref()).map(|place| place.value.get_ref().as_str()).collect();
    let ranges: Vec<&Rate> = row.rates.iter().filter(|rate| rate.temperature.is_some()).collect();
    match (row.rates.as_slice(), places.as_slice(), ranges.as_slice()) {
        ([_], [], []) => None,
        ([_, _], ["land", "sea"] | ["sea", "land"], []) => None,
        (all, [], some) if all.len() == some.len() => gap_in(some),
        ([first, ..], _, _) => {
            Some((first.at, "one rate without a condition, or land and sea, or temperatures from below to above"))
        }
        ([], _, _) => None,
    }
}

/// Where the temperatures of rates, in the order of the file, leave a gap or overlap.
fn gap_in(rates: &[&Rate]) -> Option<(usize, &'static str)> {
    const MESSAGE: &str = "the temperatures have to lead from below to above without gap or overlap";
    // The outer `None`: no rate before; the inner one: the rate before has no upper end.
    let mut reached: Option<Option<Decimal>> = None;
    for rate in rates {
        let temperature = rate.temperature.as_ref()?;
        let end = |leaf: &Option<Leaf>| leaf.as_ref().and_then(number);
        let (from, to) = (end(&temperature.ge), end(&temperature.lt));
        let joins = match reached {
            None => from.is_none(),
            Some(before) => before.is_some() && before == from,
        };
        let forward = from.zip(to).is_none_or(|(from, to)| from < to);
        if !joins || !forward {
            return Some((temperature.at, MESSAGE));
        }
        reached = Some(to);
    }
    match (rates.last(), reached) {
        (Some(last), Some(Some(_))) => Some((last.at, MESSAGE)),
        _ => None,
    }
}
