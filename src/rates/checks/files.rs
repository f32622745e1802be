//! Files, their shape, their places and their intervals.

use chrono::{Datelike, NaiveDate};

use super::Report;
use crate::rates::fields::Shape;
use crate::rates::set::Set;
use crate::rates::topic::{Setter, Topic};
use crate::rates::value;
use crate::rates::value::Unit;

/// Every file and folder can be read, and every file is UTF-8.
pub(super) fn readable(set: &Set<'_>, report: &mut Report<'_>) {
    for (path, reason) in set.files.unreadable() {
        report.of_file(path, format!("cannot be read: {reason}"));
    }
    for (path, line) in &set.not_utf8 {
        report.of_line(path, *line, "the line is not UTF-8");
    }
}

/// There is nothing but the files of the format: the registers, the versions at their places, and `README.md`.
pub(super) fn stray_file(set: &Set<'_>, report: &mut Report<'_>) {
    for path in &set.stray {
        report.of_file(
            path,
            "the format has no file here; versions stand at national/<topic>/<effective-from>.toml and \
             provinces/<code>/<topic>/<effective-from>.toml",
        );
    }
}

/// The four registers exist. The manifest has a check of its own.
pub(super) fn missing_file(set: &Set<'_>, report: &mut Report<'_>) {
    for path in ["sources.toml", "minerals.toml", "divisions.toml", "coverage.toml"] {
        if set.files.iter().all(|(present, _)| present != path) {
            report.of_file(path, "the file is missing");
        }
    }
}

fn shape(set: &Set<'_>, report: &mut Report<'_>, shape: Shape) {
    for document in set.documents() {
        for fault in document.noted.faults.iter().filter(|fault| fault.shape == shape) {
            report.at(document, fault.at, fault.message.clone());
        }
    }
}

/// Every file is TOML.
pub(super) fn syntax(set: &Set<'_>, report: &mut Report<'_>) {
    shape(set, report, Shape::Syntax);
}

/// No table has a key that the format does not have there.
pub(super) fn unknown_key(set: &Set<'_>, report: &mut Report<'_>) {
    shape(set, report, Shape::UnknownKey);
}

/// Every key that the format asks for is there.
pub(super) fn missing_key(set: &Set<'_>, report: &mut Report<'_>) {
    shape(set, report, Shape::MissingKey);
}

/// Every value has the type of the format: decimals in quotes, days as native dates without time or offset.
pub(super) fn wrong_type(set: &Set<'_>, report: &mut Report<'_>) {
    shape(set, report, Shape::WrongType);
}

/// No text is empty or padded with spaces, no list that has to name something is empty.
pub(super) fn empty_text(set: &Set<'_>, report: &mut Report<'_>) {
    shape(set, report, Shape::EmptyText);
}

/// The folder of every version is a topic that is set at that level.
pub(super) fn known_topic(set: &Set<'_>, report: &mut Report<'_>) {
    for version in &set.versions {
        let folder = &version.place.topic;
        let message = match (version.topic.map(Topic::setter), &version.place.division) {
            (None, _) => format!("there is no topic `{folder}`"),
            (Some(Setter::Nation), Some(_)) => format!("`{folder}` is set by the nation only"),
            (Some(Setter::Division), None) => format!("`{folder}` is set by divisions only"),
            _ => continue,
        };
        report.of_file(&version.document.path, message);
    }
}

/// The folder equals `topic`, the file name equals `effective_from`.
pub(super) fn place(set: &Set<'_>, report: &mut Report<'_>) {
    for version in &set.versions {
        let Some(head) = &version.head else { continue };
        let (topic, folder) = (head.topic.get_ref(), &version.place.topic);
        if topic != folder {
            let message = format!("the topic is `{topic}`, but the folder is `{folder}`");
            report.at(&version.document, head.topic.span().start, message);
        }
        let (from, stem) = (head.from().to_string(), &version.place.stem);
        if from != *stem {
            let message = format!("in force from {from}, but the file is named `{stem}.toml`");
            report.at(&version.document, head.effective_from.span().start, message);
        }
    }
}

/// An interval ends after it begins: of versions, and of the instruments themselves.
pub(super) fn interval(set: &Set<'_>, report: &mut Report<'_>) {
    let message = |from: NaiveDate, until: NaiveDate| {
        format!("begins on {from} and has ended on {until} already; the end is excluded and has to be later")
    };
    for version in &set.versions {
        let Some(head) = &version.head else { continue };
        if let Some(until) = head.effective_until.as_ref().filter(|until| *until.get_ref() <= head.from()) {
            report.at(&version.document, until.span().start, message(head.from(), *until.get_ref()));
        }
    }
    let Some(register) = &set.sources else { return };
    for source in register.content.iter().flatten() {
        if let (Some(from), Some(until)) = (&source.in_force_from, &source.in_force_until)
            && until.get_ref() <= from.get_ref()
        {
            report.at(&register.document, until.span().start, message(*from.get_ref(), *until.get_ref()));
        }
    }
}

/// No two versions of a topic and division claim the same day. A version without an end ends where the next begins.
pub(super) fn overlap(set: &Set<'_>, report: &mut Report<'_>) {
    let mut timelines: Vec<(Topic, Option<&str>)> =
        set.versions.iter().filter_map(|version| Some((version.topic?, version.place.division.as_deref()))).collect();
    timelines.sort();
    timelines.dedup();
    for (topic, division) in timelines {
        let versions = set.versions_of(topic, division);
        for (earlier, later) in versions.iter().zip(versions.iter().skip(1)) {
            let Some(head) = &later.head else { continue };
            let from = head.from();
            let same_day = earlier.head.as_ref().is_some_and(|earlier| earlier.from() == from);
            if same_day || set.until(earlier).is_some_and(|until| until > from) {
                let message = format!("begins on {from}, while {} is still in force", earlier.document.path);
                report.at(&later.document, head.effective_from.span().start, message);
            }
        }
    }
}

/// Every topic of the nation has at least one version: the rules need all of them.
pub(super) fn required_topic(set: &Set<'_>, report: &mut Report<'_>) {
    for topic in Topic::ALL.into_iter().filter(|topic| topic.setter() != Setter::Division) {
        let folder = format!("national/{}/", topic.code());
        // A file that cannot be read is there all the same, and has a problem of its own.
        let unreadable = set.files.unreadable().iter().map(|(path, _)| path.as_str());
        if !set.files.iter().map(|(path, _)| path).chain(unreadable).any(|path| path.starts_with(&folder)) {
            report.of_file(folder.trim_end_matches('/'), "the topic has no version, and the rules need one");
        }
    }
}

/// No day stands for "always" or "never": every year is from 1990 to 2099.
pub(super) fn sentinel_date(set: &Set<'_>, report: &mut Report<'_>) {
    for document in set.documents() {
        let native = document.noted.days.iter().map(|day| (day.span().start, *day.get_ref()));
        let written = document
            .noted
            .leaves
            .iter()
            .filter(|leaf| leaf.unit == Unit::Day)
            .filter_map(|leaf| Some((leaf.value.span().start, value::date(leaf.value.get_ref())?)));
        for (at, day) in native.chain(written) {
            if !(1990..2100).contains(&day.year()) {
                let message = format!("{day} looks like a placeholder; leave out an end that is not stated");
                report.at(document, at, message);
            }
        }
    }
}
