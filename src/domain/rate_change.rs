//! What differs between two rate books, or between two days: parameter by parameter, with the days from which on it does.
//!
//! Two rate books are compared over all time, not file by file: a rate that a new file changes from some day on is one
//! change from that day, and what the new file repeats from the old one is none.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::rate_book::{Listed, Provenance, RateBook, Version};

/// A topic of the nation, or of a division.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject<'b> {
    /// Division code of a provincial topic.
    pub division: Option<&'b str>,
    /// The topic.
    pub topic: &'b str,
}

impl<'b> Subject<'b> {
    /// The subject as an id of a version begins: `late-fee`, or with the division before it `370000/split-scheme`.
    pub fn parse(text: &'b str) -> Subject<'b> {
        match text.split_once('/') {
            Some((division, topic)) => Subject { division: Some(division), topic },
            None => Subject { division: None, topic: text },
        }
    }

    /// The subject of a version.
    pub fn of(version: &'b Version) -> Subject<'b> {
        Subject { division: version.division.as_deref(), topic: &version.topic }
    }

    /// Its versions in order of time.
    pub fn versions<'v>(&self, book: &'v RateBook) -> Vec<&'v Version> {
        let mut versions: Vec<&Version> =
            book.versions.values().map(AsRef::as_ref).filter(|version| Subject::of(version) == *self).collect();
        versions.sort_by_key(|version| version.effective_from);
        versions
    }
}

/// All subjects of two rate books, national ones first.
fn subjects<'b>(before: &'b RateBook, after: &'b RateBook) -> BTreeSet<Subject<'b>> {
    before.versions.values().chain(after.versions.values()).map(|version| Subject::of(version)).collect()
}

/// A parameter and the version that states it.
#[derive(Clone, Copy, Debug)]
pub struct Stated<'b> {
    /// The version.
    pub version: &'b Version,
    /// The parameter.
    pub listed: &'b Listed,
}

/// What is compared of a parameter: where it is printed does not matter.
fn content<'b>(stated: Option<Stated<'b>>) -> Option<(&'b str, &'b str, Provenance)> {
    stated.map(|Stated { listed, .. }| (listed.value.as_str(), listed.unit.as_str(), listed.provenance))
}

/// One parameter that differs.
#[derive(Clone, Copy, Debug)]
pub struct RateChange<'b> {
    /// The topic, and whose it is.
    pub subject: Subject<'b>,
    /// Path of the parameter inside its file.
    pub name: &'b str,
    /// What was stated; `None` for a parameter that was added.
    pub before: Option<Stated<'b>>,
    /// What is stated; `None` for a parameter that was removed.
    pub after: Option<Stated<'b>>,
    /// First day of the difference.
    pub effective_from: NaiveDate,
    /// First day without it.
    pub effective_until: Option<NaiveDate>,
}

/// The version in force on a day.
pub fn version_on<'b>(versions: &[&'b Version], day: NaiveDate) -> Option<&'b Version> {
    let covers =
        |version: &&Version| version.effective_from <= day && version.effective_until.is_none_or(|until| day < until);
    versions.iter().copied().find(covers)
}

fn find<'b>(version: Option<&'b Version>, name: &str) -> Option<Stated<'b>> {
    let version = version?;
    version.values.iter().find(|listed| listed.name == name).map(|listed| Stated { version, listed })
}

/// The parameters that differ between two versions: those of the later one in the order of its file, then those removed.
fn differing<'b>(
    before: Option<&'b Version>,
    after: Option<&'b Version>,
) -> Vec<(&'b str, Option<Stated<'b>>, Option<Stated<'b>>)> {
    let names_of = |version: Option<&'b Version>| {
        version.into_iter().flat_map(|version| &version.values).map(|listed| listed.name.as_str())
    };
    let removed = names_of(before).filter(|name| find(after, name).is_none());
    names_of(after)
        .chain(removed)
        .map(|name| (name, find(before, name), find(after, name)))
        .filter(|(_, before, after)| content(*before) != content(*after))
        .collect()
}

/// What differs between two rate books, on whatever day; of one subject, or of all.
pub fn between<'b>(before: &'b RateBook, after: &'b RateBook, only: Option<Subject<'_>>) -> Vec<RateChange<'b>> {
    let mut changes: Vec<RateChange<'b>> = Vec::new();
    for subject in subjects(before, after).into_iter().filter(|subject| only.is_none_or(|only| only == *subject)) {
        let (old, new) = (subject.versions(before), subject.versions(after));
        let mut days: Vec<NaiveDate> = old
            .iter()
            .chain(&new)
            .flat_map(|version| std::iter::once(version.effective_from).chain(version.effective_until))
            .collect();
        days.sort_unstable();
        days.dedup();
        let first_of_subject = changes.len();
        for (index, day) in days.iter().enumerate() {
            let effective_until = days.get(index + 1).copied();
            for (name, before, after) in differing(version_on(&old, *day), version_on(&new, *day)) {
                // The same difference going on is one change.
                let known = changes.iter_mut().skip(first_of_subject).find(|known| {
                    known.name == name
                        && known.effective_until == Some(*day)
                        && content(known.before) == content(before)
                        && content(known.after) == content(after)
                });
                match known {
                    Some(known) => known.effective_until = effective_until,
                    None => {
                        let effective_from = *day;
                        changes.push(RateChange { subject, name, before, after, effective_from, effective_until });
                    }
                }
            }
        }
    }
    changes
}

/// What differs between what one rate book says of a day and what another one says of another day; the two may be the
/// same book. Of one subject, or of all.
pub fn between_days<'b>(
    (before, first): (&'b RateBook, NaiveDate),
    (after, second): (&'b RateBook, NaiveDate),
    only: Option<Subject<'_>>,
) -> Vec<RateChange<'b>> {
    let mut changes = Vec::new();
    for subject in subjects(before, after).into_iter().filter(|subject| only.is_none_or(|only| only == *subject)) {
        let versions = subject.versions(after);
        let old = version_on(&subject.versions(before), first);
        let new = version_on(&versions, second);
        for (name, before, after) in differing(old, new) {
            let effective_from = match (after, new) {
                (Some(stated), _) => since(&versions, stated),
                (None, Some(version)) => version.effective_from,
                (None, None) => old.and_then(|version| version.effective_until).unwrap_or(second),
            };
            let effective_until = new.and_then(|version| version.effective_until);
            changes.push(RateChange { subject, name, before, after, effective_from, effective_until });
        }
    }
    changes
}

/// Since when a parameter has its value without a gap.
fn since(versions: &[&Version], stated: Stated<'_>) -> NaiveDate {
    let mut from = stated.version.effective_from;
    for earlier in versions.iter().rev().filter(|version| version.effective_from < stated.version.effective_from) {
        let same = content(find(Some(earlier), &stated.listed.name)) == content(Some(stated));
        if earlier.effective_until != Some(from) || !same {
            break;
        }
        from = earlier.effective_from;
    }
    from
}
