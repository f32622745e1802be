//! The manifest against the files.

use std::collections::HashSet;

use super::Report;
use crate::rates::manifest::{self, Status};
use crate::rates::raw::{Document, Manifest, ManifestEntry};
use crate::rates::set::{MANIFEST, Set, weakest};

/// The manifest, if it could be read.
fn manifest_of<'s>(set: &'s Set<'_>) -> Option<(&'s Document, &'s Manifest)> {
    let register = set.manifest.as_ref()?;
    register.content.as_ref().map(|manifest| (&register.document, manifest))
}

fn entries<'s>(set: &'s Set<'_>) -> impl Iterator<Item = (&'s Document, &'s ManifestEntry)> {
    manifest_of(set)
        .into_iter()
        .flat_map(|(document, manifest)| manifest.files.iter().map(move |entry| (document, entry)))
}

/// The manifest lists every data file, once, and nothing else.
pub(super) fn files(set: &Set<'_>, report: &mut Report<'_>) {
    let present: HashSet<&str> = manifest::data_files(set.files).map(|(path, _)| path).collect();
    if set.files.iter().all(|(path, _)| path != MANIFEST) {
        report.of_file(MANIFEST, "the file is missing; write it with `lode rates manifest`");
        return;
    }
    let Some((document, _)) = manifest_of(set) else { return };
    let mut listed = HashSet::new();
    for (_, entry) in entries(set) {
        let path = entry.path.get_ref().as_str();
        if !present.contains(path) {
            report.at(document, entry.path.span().start, format!("there is no file `{path}`"));
        }
        if !listed.insert(path) {
            report.at(document, entry.path.span().start, format!("`{path}` is listed already"));
        }
    }
    let mut unlisted: Vec<&str> = present.difference(&listed).copied().collect();
    unlisted.sort_unstable();
    for path in unlisted {
        report.of_file(path, "the manifest does not list the file; run `lode rates manifest`");
    }
}

/// The SHA-256 of every listed file is that of its bytes.
pub(super) fn checksum(set: &Set<'_>, report: &mut Report<'_>) {
    for (document, entry) in entries(set) {
        let path = entry.path.get_ref().as_str();
        let Some((_, content)) = manifest::data_files(set.files).find(|(present, _)| *present == path) else {
            continue;
        };
        let actual = manifest::sha256(content);
        if *entry.sha256.get_ref() != actual {
            report.at(document, entry.sha256.span().start, format!("the SHA-256 of `{path}` is {actual}"));
        }
    }
}

/// The SHA-256 of the data set is that of its files and their repeals.
pub(super) fn dataset(set: &Set<'_>, report: &mut Report<'_>) {
    let Some((document, stated)) = manifest_of(set) else { return };
    let actual = manifest::dataset_sha256(set);
    if *stated.sha256.get_ref() != actual {
        report.at(document, stated.sha256.span().start, format!("the SHA-256 of the data set is {actual}"));
    }
}

/// The provenance of a version is the weakest that it states; a register has none.
pub(super) fn provenance(set: &Set<'_>, report: &mut Report<'_>) {
    for (document, entry) in entries(set) {
        let path = entry.path.get_ref();
        let Some(of) = set.documents().find(|document| document.path == *path) else { continue };
        if !of.noted.faults.is_empty() {
            continue;
        }
        let (stated, actual) = (entry.provenance.as_ref(), weakest(of).map(|provenance| provenance.code()));
        if stated.map(|word| word.get_ref().as_str()) != actual {
            let message = match actual {
                Some(actual) => format!("the weakest provenance in `{path}` is {actual}"),
                None => format!("`{path}` states no provenance"),
            };
            report.at(document, stated.map_or(entry.at, |word| word.span().start), message);
        }
    }
}

/// A version is `ended` when it had ended by itself on the day of its verification, `repealed` when it has a day of
/// repeal inside its interval, and `in_force` otherwise.
pub(super) fn status(set: &Set<'_>, report: &mut Report<'_>) {
    for (document, entry) in entries(set) {
        let version = set.versions.iter().find(|version| version.document.path == *entry.path.get_ref());
        let head = version.and_then(|version| version.head.as_ref());
        let repealed_from = entry.repealed_from.as_ref().map(|day| *day.get_ref());
        if let Some(day) = &entry.repealed_from {
            let inside = head.is_some_and(|head| {
                head.from() < *day.get_ref() && head.until().is_none_or(|until| *day.get_ref() < until)
            });
            if !inside {
                report.at(document, day.span().start, "a repeal ends a version inside its interval, and nothing else");
                continue;
            }
        }
        let actual = Status::of(head, repealed_from, *entry.verified_on.get_ref()).code();
        let stated = entry.status.value.get_ref();
        if stated != actual {
            let message = format!("the status is `{stated}`, but on {} it is `{actual}`", entry.verified_on.get_ref());
            report.at(document, entry.status.value.span().start, message);
        }
    }
}
