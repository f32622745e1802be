//! What differs between rate books of made-up versions, and which version of a timeline counts on which day.

use std::sync::Arc;

use chrono::NaiveDate;
use lode::domain::rate_book::{Listed, Provenance, RateBook, Version};
use lode::domain::rate_change::{Subject, between, between_days, version_on};
use lode::domain::timeline::{Dated, Timeline};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A version with parameters as `name=value`, one behind the other.
fn version(topic: &str, division: Option<&str>, from: &str, until: Option<&str>, values: &str) -> Version {
    let listed = |text: &str| {
        let (name, value) = text.split_once('=').unwrap();
        Listed {
            name: name.to_owned(),
            value: value.to_owned(),
            unit: "percent".to_owned(),
            instrument: "made-up".to_owned(),
            locator: from.to_owned(),
            provenance: Provenance::Verbatim,
        }
    };
    let below = division.map(|division| format!("{division}/")).unwrap_or_default();
    Version {
        id: format!("{below}{topic}/{from}"),
        topic: topic.to_owned(),
        division: division.map(str::to_owned),
        instrument: "made-up".to_owned(),
        effective_from: day(from),
        effective_until: until.map(day),
        provenance: Provenance::Verbatim,
        sha256: String::new(),
        values: values.split_whitespace().map(listed).collect(),
    }
}

/// Versions of the late fee, from a day until another one, with their parameters.
fn book(versions: &[(&str, Option<&str>, &str)]) -> RateBook {
    of(versions.iter().map(|(from, until, values)| version("late-fee", None, from, *until, values)).collect())
}

fn of(versions: Vec<Version>) -> RateBook {
    let versions = versions.into_iter().map(|version| (version.id.clone(), Arc::new(version))).collect();
    RateBook { versions, ..crate::rate_data::book().clone() }
}

/// The changes as text: topic, parameter, what was stated and is, first day, first day without it.
fn told(before: &RateBook, after: &RateBook, only: Option<Subject<'_>>) -> Vec<String> {
    between(before, after, only).iter().map(shown).collect()
}

fn shown(change: &lode::domain::rate_change::RateChange<'_>) -> String {
    let value = |stated: Option<lode::domain::rate_change::Stated<'_>>| {
        stated.map_or("-".to_owned(), |stated| stated.listed.value.clone())
    };
    let until = change.effective_until.map_or("..".to_owned(), |until| until.to_string());
    let place = change.subject.division.map(|division| format!("{division}/")).unwrap_or_default();
    let (topic, name, from) = (change.subject.topic, change.name, change.effective_from);
    format!("{place}{topic} {name} {}>{} {from} {until}", value(change.before), value(change.after))
}

#[test]
fn a_difference_that_goes_on_is_one() {
    let before = book(&[("2020-01-01", None, "rate=1 cap=9")]);
    // Three files say the same of the rate; one of them something else of the cap.
    let after = book(&[
        ("2020-01-01", Some("2021-01-01"), "rate=2 cap=9"),
        ("2021-01-01", Some("2022-01-01"), "rate=2 cap=8"),
        ("2022-01-01", None, "rate=2 cap=9"),
    ]);
    let changes = ["late-fee rate 1>2 2020-01-01 ..", "late-fee cap 9>8 2021-01-01 2022-01-01"];
    assert_eq!(told(&before, &after, None), changes);
    assert_eq!(told(&after, &after, None), [""; 0]);
}

#[test]
fn a_difference_that_stops_and_comes_again_is_two() {
    let before = book(&[("2020-01-01", None, "rate=1")]);
    let after = book(&[
        ("2020-01-01", Some("2021-01-01"), "rate=2"),
        ("2021-01-01", Some("2022-01-01"), "rate=1"),
        ("2022-01-01", None, "rate=2"),
    ]);
    let changes = ["late-fee rate 1>2 2020-01-01 2021-01-01", "late-fee rate 1>2 2022-01-01 .."];
    assert_eq!(told(&before, &after, None), changes);
    // So is one to another value, and one from another value.
    let after = book(&[("2020-01-01", Some("2021-01-01"), "rate=2"), ("2021-01-01", None, "rate=3")]);
    let changes = ["late-fee rate 1>2 2020-01-01 2021-01-01", "late-fee rate 1>3 2021-01-01 .."];
    assert_eq!(told(&before, &after, None), changes);
    let changes = ["late-fee rate 2>1 2020-01-01 2021-01-01", "late-fee rate 3>1 2021-01-01 .."];
    assert_eq!(told(&after, &before, None), changes);
}

#[test]
fn what_is_added_and_removed_differs_where_it_is_stated() {
    let before = book(&[("2020-01-01", Some("2022-01-01"), "rate=1 old=5")]);
    let after = book(&[("2021-01-01", None, "rate=1 new=6")]);
    let changes = [
        "late-fee rate 1>- 2020-01-01 2021-01-01",
        "late-fee old 5>- 2020-01-01 2022-01-01",
        "late-fee new ->6 2021-01-01 ..",
        "late-fee rate ->1 2022-01-01 ..",
    ];
    assert_eq!(told(&before, &after, None), changes);
}

#[test]
fn each_subject_is_compared_with_itself() {
    let versions = |national: &str, here: &str, there: &str| {
        of(vec![
            version("split", None, "2020-01-01", None, national),
            version("split", Some("370000"), "2020-01-01", None, here),
            version("split", Some("610000"), "2020-01-01", None, there),
            version("levy", None, "2020-01-01", None, "a=1"),
        ])
    };
    let (before, after) = (versions("x=1", "x=2", "x=3"), versions("x=1", "x=3", "x=4"));
    let all = ["370000/split x 2>3 2020-01-01 ..", "610000/split x 3>4 2020-01-01 .."];
    assert_eq!(told(&before, &after, None), all);
    assert_eq!(told(&before, &after, Some(Subject::parse("610000/split"))), all[1..]);
    assert_eq!(told(&before, &after, Some(Subject::parse("split"))), [""; 0]);
    let (before, after) = ((&before, day("2020-01-01")), (&after, day("2020-01-01")));
    let days = |only| between_days(before, after, only).iter().map(shown).collect::<Vec<_>>();
    assert_eq!(days(None), all);
    assert_eq!(days(Some(Subject::parse("370000/split"))), all[..1]);
}

#[test]
fn between_two_days_a_difference_has_the_day_on_which_it_began() {
    // The rate of 2 is from 2021 on, without a gap, in two files; that of 2024 follows on a gap.
    let versions = [
        ("2020-01-01", Some("2021-01-01"), "rate=1 cap=9 gone=7"),
        ("2021-01-01", Some("2022-01-01"), "rate=2 cap=9"),
        ("2022-01-01", Some("2023-01-01"), "rate=2 cap=8"),
        ("2024-01-01", Some("2025-01-01"), "rate=2 cap=8"),
    ];
    let book = book(&versions);
    let days = |first: &str, second: &str| {
        let changes = between_days((&book, day(first)), (&book, day(second)), None);
        changes.iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(
        days("2020-06-01", "2022-06-01"),
        [
            "late-fee rate 1>2 2021-01-01 2023-01-01",
            "late-fee cap 9>8 2022-01-01 2023-01-01",
            "late-fee gone 7>- 2022-01-01 2023-01-01",
        ]
    );
    assert_eq!(days("2021-06-01", "2024-06-01"), ["late-fee cap 9>8 2024-01-01 2025-01-01"]);
    assert_eq!(days("2020-06-01", "2024-06-01")[0], "late-fee rate 1>2 2024-01-01 2025-01-01");
    // A day that no version covers: since the last one ended, or where that is not known since the day asked for.
    assert_eq!(days("2022-06-01", "2023-06-01"), ["late-fee rate 2>- 2023-01-01 ..", "late-fee cap 8>- 2023-01-01 .."]);
    assert_eq!(days("2019-06-01", "2020-06-01").len(), 3);
    assert_eq!(days("2024-06-01", "2024-06-01"), [""; 0]);
    let open = self::book(&[("2020-01-01", None, "rate=1")]);
    let nothing = self::book(&[]);
    let changes = between_days((&open, day("2020-06-01")), (&nothing, day("2020-07-01")), None);
    assert_eq!(changes.iter().map(shown).collect::<Vec<_>>(), ["late-fee rate 1>- 2020-07-01 .."]);
}

#[test]
fn where_a_value_is_printed_makes_no_difference_its_unit_and_provenance_do() {
    let one = || version("late-fee", None, "2020-01-01", None, "rate=1");
    let changed = |change: fn(&mut Listed)| {
        let mut version = one();
        version.values.iter_mut().for_each(change);
        told(&of(vec![one()]), &of(vec![version]), None).len()
    };
    assert_eq!(changed(|listed| listed.locator = "elsewhere".to_owned()), 0);
    assert_eq!(changed(|listed| listed.instrument = "another".to_owned()), 0);
    assert_eq!(changed(|listed| listed.unit = "factor".to_owned()), 1);
    assert_eq!(changed(|listed| listed.provenance = Provenance::Reported), 1);
    assert_eq!(changed(|listed| listed.value = "1.0".to_owned()), 1);
}

#[test]
fn a_version_counts_from_its_first_day_to_the_day_before_its_end() {
    let book = book(&[("2020-01-01", Some("2021-01-01"), "a=1"), ("2022-01-01", None, "a=2")]);
    let subject = Subject::parse("late-fee");
    let versions = subject.versions(&book);
    let on = |text: &str| version_on(&versions, day(text)).map(|version| version.effective_from.to_string());
    for (asked, found) in [
        ("2019-12-31", None),
        ("2020-01-01", Some("2020-01-01")),
        ("2020-12-31", Some("2020-01-01")),
        ("2021-01-01", None),
        ("2021-12-31", None),
        ("2022-01-01", Some("2022-01-01")),
        ("2099-01-01", Some("2022-01-01")),
    ] {
        assert_eq!(on(asked).as_deref(), found, "{asked}");
        let entries = versions.iter().map(|version| Dated { version: Arc::new((*version).clone()), value: () });
        let timeline = Timeline::new(entries.collect()).unwrap();
        let at = timeline.at(day(asked)).map(|dated| dated.version.effective_from.to_string());
        assert_eq!(at.ok().as_deref(), found, "{asked}");
    }
}

#[test]
fn the_nearest_version_is_the_next_one_else_the_last() {
    let timeline = |intervals: &[(&str, Option<&str>)]| {
        let dated = |(from, until): &(&str, Option<&str>)| Dated {
            version: Arc::new(version("late-fee", None, from, *until, "")),
            value: (*from).to_owned(),
        };
        Timeline::new(intervals.iter().map(dated).collect())
    };
    // In order of time whatever the order of the files.
    let intervals = [("2022-01-01", Some("2023-01-01")), ("2020-01-01", Some("2021-01-01"))];
    let versions = timeline(&intervals).unwrap();
    let nearest = |text: &str| versions.nearest(day(text)).map(|dated| dated.value.as_str());
    for (asked, found) in [
        ("2019-12-31", "2020-01-01"),
        ("2020-06-01", "2020-01-01"),
        ("2021-01-01", "2022-01-01"),
        ("2021-12-31", "2022-01-01"),
        ("2022-01-01", "2022-01-01"),
        ("2023-01-01", "2022-01-01"),
    ] {
        assert_eq!(nearest(asked), Some(found), "{asked}");
    }
    assert!(Timeline::<()>::default().nearest(day("2020-01-01")).is_none());
    let over = |from: &str, to: &str| -> Vec<Option<&str>> {
        versions.over(day(from), day(to)).into_iter().map(|dated| dated.map(|dated| dated.value.as_str())).collect()
    };
    let [first, second] = [Some("2020-01-01"), Some("2022-01-01")];
    assert_eq!(over("2020-01-01", "2020-12-31"), [first]);
    assert_eq!(over("2020-12-31", "2021-01-01"), [first, None]);
    assert_eq!(over("2019-12-31", "2022-01-01"), [None, first, None, second]);
    assert_eq!(over("2022-12-31", "2023-01-01"), [second, None]);
    // An open end is closed by the next version; an end beyond its beginning is no end, nor are two on one day.
    assert!(timeline(&[("2020-01-01", None), ("2021-01-01", None)]).is_ok());
    assert!(timeline(&[("2020-01-01", Some("2021-01-01")), ("2021-01-01", None)]).is_ok());
    for wrong in [
        [("2020-01-01", Some("2021-01-02")), ("2021-01-01", None)],
        [("2020-01-01", None), ("2020-01-01", None)],
        [("2020-01-01", Some("2020-01-01")), ("2020-01-01", None)],
    ] {
        let overlaps = timeline(&wrong).unwrap_err();
        assert_eq!(overlaps.len(), 1, "{wrong:?}");
        assert_eq!((&*overlaps[0].earlier, overlaps[0].later.starts_with("late-fee/")), ("late-fee/2020-01-01", true));
    }
}
