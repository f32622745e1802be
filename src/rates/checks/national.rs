//! National topics that have to make sense in themselves.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike, NaiveDate, Weekday};
use rust_decimal::Decimal;
use toml::Spanned;

use super::Report;
use crate::rates::fields::Word;
use crate::rates::raw::{Body, NationalStandard, VersionFile};
use crate::rates::set::{Set, number};
use crate::rates::topic::Topic;
use crate::rates::value;

/// The central and the local share make 100.
pub(super) fn shares(set: &Set<'_>, report: &mut Report<'_>) {
    for (version, body) in set.bodies() {
        let Body::Split(split) = body else { continue };
        let (Some(central), Some(local)) = (number(&split.central), number(&split.local)) else { continue };
        if central + local != Decimal::ONE_HUNDRED {
            let message = format!("the central {central} and the local {local} have to make 100");
            report.at(&version.document, split.local.value.span().start, message);
        }
    }
}

/// No mineral is in two of the classes to which the reference of starting prices does not apply; a standard for oil and
/// gas is for minerals of that class, one for each mineral and place.
pub(super) fn price_classes(set: &Set<'_>, report: &mut Report<'_>) {
    for (version, body) in set.bodies() {
        let Body::StartingPriceStandard { national: Some(national), .. } = body else { continue };
        one_class_each(version, national, report);
        let oil_gas: HashSet<&String> = national.class_oil_gas.iter().map(Word::get_ref).collect();
        let mut priced = HashSet::new();
        for row in &national.oil_gas {
            for mineral in &row.minerals {
                let code = mineral.get_ref();
                if !oil_gas.contains(code) {
                    let message = format!("`{code}` has an oil and gas standard, but is not in that class");
                    report.at(&version.document, mineral.span().start, message);
                }
                if !priced.insert((code, row.place.value.get_ref())) {
                    let message = format!("`{code}` has a standard for this place already");
                    report.at(&version.document, mineral.span().start, message);
                }
            }
        }
    }
}

fn one_class_each(version: &VersionFile, national: &NationalStandard, report: &mut Report<'_>) {
    let classes = [
        ("oil_gas", &national.class_oil_gas),
        ("rare_earth", &national.class_rare_earth),
        ("radioactive", &national.class_radioactive),
    ];
    let mut class_of: HashMap<&String, &str> = HashMap::new();
    for (class, minerals) in classes {
        for mineral in minerals {
            if let Some(before) = class_of.insert(mineral.get_ref(), class) {
                let message = format!("`{}` is in the class {before} already", mineral.get_ref());
                report.at(&version.document, mineral.span().start, message);
            }
        }
    }
}

/// A grant by agreement at the appraised value names the stage that has to be completed; one at the starting price does
/// not.
pub(super) fn levy_stage(set: &Set<'_>, report: &mut Report<'_>) {
    for (version, body) in set.bodies() {
        let Body::Levy(levy) = body else { continue };
        let price = &levy.state_funded_agreement_price.value;
        let message = match (price.get_ref().as_str(), &levy.state_funded_stage) {
            ("appraised_value", None) => "the appraised value counts from a stage on: `state_funded_stage` is missing",
            ("starting_price", Some(_)) => "`state_funded_stage` has no meaning while the starting price counts",
            _ => continue,
        };
        report.at(&version.document, price.span().start, message);
    }
}

/// The sales in arrears begin before they end, and on the day named for the catalogue one is in force.
pub(super) fn arrears_window(set: &Set<'_>, report: &mut Report<'_>) {
    for (version, body) in set.bodies() {
        let Body::Arrears(arrears) = body else { continue };
        let day = |word: &Word| value::date(word.get_ref());
        if let (Some(from), Some(to)) = (day(&arrears.window_from.value), day(&arrears.window_to.value))
            && to < from
        {
            let message = format!("the window ends on {to}, before it begins on {from}");
            report.at(&version.document, arrears.window_to.value.span().start, message);
        }
        let Some(of) = day(&arrears.catalogue_of.value) else { continue };
        // A catalogue whose beginning cannot be read may well be the one.
        let unread = set.versions.iter().any(|other| other.topic == Some(Topic::Catalogue) && other.head.is_none());
        if !unread && set.national_at(Topic::Catalogue, of).is_none() {
            let message = format!("no catalogue is in force on {of}");
            report.at(&version.document, arrears.catalogue_of.value.span().start, message);
        }
    }
}

/// A file of holidays is for one calendar year: it states its end, and that is the next 1 January.
pub(super) fn holiday_year(set: &Set<'_>, report: &mut Report<'_>) {
    for version in set.versions.iter().filter(|version| version.topic == Some(Topic::Holidays)) {
        let Some(head) = &version.head else { continue };
        let from = head.from();
        let first = NaiveDate::from_ymd_opt(from.year(), 1, 1);
        let next = NaiveDate::from_ymd_opt(from.year() + 1, 1, 1);
        if Some(from) != first || head.until() != next {
            let message = "holidays are from one 1 January to the next, which is excluded";
            report.at(&version.document, head.effective_from.span().start, message);
        }
    }
}

/// Days off are Mondays to Fridays of the year of the file, working weekends its Saturdays and Sundays; none stands twice.
pub(super) fn holiday_days(set: &Set<'_>, report: &mut Report<'_>) {
    for (version, body) in set.bodies() {
        let (Body::Holidays { rest_days, working_weekends }, Some(head)) = (body, &version.head) else { continue };
        let weekend = |day: NaiveDate| matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let mut seen = HashSet::new();
        let mut judge = |day: &Spanned<NaiveDate>, fits: bool, wanted: &str| {
            let date = *day.get_ref();
            let message = if date.year() != head.from().year() {
                format!("{date} is not a day of {}", head.from().year())
            } else if !fits {
                format!("{date} is a {}, but {wanted}", date.weekday())
            } else if !seen.insert(date) {
                format!("{date} stands here already")
            } else {
                return;
            };
            report.at(&version.document, day.span().start, message);
        };
        for day in rest_days {
            judge(day, !weekend(*day.get_ref()), "a day off that has to be listed is a Monday to Friday");
        }
        for day in working_weekends {
            judge(day, weekend(*day.get_ref()), "a working weekend is a Saturday or Sunday");
        }
    }
}
