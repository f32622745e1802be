//! `manifest.toml`: what the data set consists of, what of it is in force, how well it is known, and when somebody looked.

use std::fmt::Write as _;

use chrono::NaiveDate;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::raw::{Head, ManifestEntry};
use super::releases::free_id;
use super::set::{MANIFEST, Set, weakest};
use super::text::Files;

/// Whether a file counts today, as far as the day of its verification can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// In force, or not yet, or a register.
    InForce,
    /// Its own end has come.
    Ended,
    /// Another instrument has ended it.
    Repealed,
}

impl Status {
    /// The status of a file on the day of its verification.
    pub(super) fn of(head: Option<&Head>, repealed_from: Option<NaiveDate>, verified_on: NaiveDate) -> Status {
        if repealed_from.is_some() {
            Status::Repealed
        } else if head.and_then(Head::until).is_some_and(|until| until <= verified_on) {
            Status::Ended
        } else {
            Status::InForce
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Status::InForce => "in_force",
            Status::Ended => "ended",
            Status::Repealed => "repealed",
        }
    }
}

/// The files that the manifest lists: all TOML files but itself.
pub(super) fn data_files(files: &Files) -> impl Iterator<Item = (&str, &[u8])> {
    files.iter().filter(|(path, _)| path.ends_with(".toml") && *path != MANIFEST)
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(content: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(content))
}

/// SHA-256 over the sorted lines `path sha256` of the data files, with ` repealed YYYY-MM-DD` after those repealed: what
/// the rules compute depends on nothing else.
pub(super) fn dataset_sha256(set: &Set<'_>) -> String {
    let mut lines = String::new();
    for (path, content) in data_files(set.files) {
        let repealed = set.manifest_entry(path).and_then(|entry| entry.repealed_from.as_ref());
        let repealed = repealed.map(|day| format!(" repealed {}", day.get_ref())).unwrap_or_default();
        let _ = writeln!(lines, "{path} {}{repealed}", sha256(content));
    }
    sha256(lines.as_bytes())
}

/// The manifest of a set, sound or not. `verified_on` counts for files that the old manifest does not have as they are;
/// for the others its dates and repeals are kept. Unless an id is given, the old one is kept as long as the data is the
/// same, and else one is made of the date that no release of other data has.
pub(super) fn text(set: &Set<'_>, verified_on: NaiveDate, id: Option<&str>) -> String {
    let old = set.manifest.as_ref().and_then(|register| register.content.as_ref());
    let dataset = dataset_sha256(set);
    let id = match (id, old) {
        (Some(id), _) => id.to_owned(),
        (None, Some(old)) if *old.sha256.get_ref() == dataset => old.id.get_ref().clone(),
        _ => free_id(&format!("lode-{verified_on}"), &dataset),
    };
    let mut text = String::from(
        "# 由 `lode rates manifest` 生成；verified_on 与 repealed_from 可手工修改，其余不可。\n\
         # Written by `lode rates manifest`; only verified_on and repealed_from are edited by hand.\n\n",
    );
    let _ = write!(text, "[dataset]\nid = {}\nsha256 = \"{dataset}\"\n", quoted(&id));
    for (path, content) in data_files(set.files) {
        let sha256 = sha256(content);
        let kept: Option<&ManifestEntry> = set.manifest_entry(path).filter(|entry| *entry.sha256.get_ref() == sha256);
        let verified_on = kept.map_or(verified_on, |entry| *entry.verified_on.get_ref());
        // A repeal is of the version, whatever was corrected in the file.
        let repealed_from =
            set.manifest_entry(path).and_then(|entry| entry.repealed_from.as_ref()).map(|day| *day.get_ref());
        let version = set.versions.iter().find(|version| version.document.path == path);
        let status = Status::of(version.and_then(|version| version.head.as_ref()), repealed_from, verified_on);
        let _ = write!(
            text,
            "\n[[file]]\npath = {}\nsha256 = \"{sha256}\"\nstatus = \"{}\"\n",
            quoted(path),
            status.code()
        );
        if let Some(day) = repealed_from {
            let _ = writeln!(text, "repealed_from = {day}");
        }
        if let Some(provenance) = version.and_then(|version| weakest(&version.document)) {
            let _ = writeln!(text, "provenance = \"{}\"", provenance.code());
        }
        let _ = writeln!(text, "verified_on = {verified_on}");
    }
    text
}

/// A text as a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
