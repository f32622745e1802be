//! A data set as it was read: every file, sound or not, and the questions that checks and the builder ask of it.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::fields::Leaf;
use super::raw::{
    Article, Body, Division, Document, Manifest, ManifestEntry, Mineral, Place, Register, Source, VersionFile,
    read_coverage, read_divisions, read_manifest, read_minerals, read_sources,
};
use super::text::Files;
use super::topic::Topic;
use super::value;
use crate::domain::rate_book::Provenance;
use rust_decimal::Decimal;

/// The file that lists all others.
pub(super) const MANIFEST: &str = "manifest.toml";
/// The one file that is not data.
const README: &str = "README.md";

/// A data set as it was read.
#[derive(Debug)]
pub(super) struct Set<'f> {
    pub(super) files: &'f Files,
    /// Files that are not UTF-8, with the first line that is not.
    pub(super) not_utf8: Vec<(String, usize)>,
    /// Files at places that the format does not have.
    pub(super) stray: Vec<String>,
    pub(super) sources: Option<Register<Vec<Source>>>,
    pub(super) minerals: Option<Register<Vec<Mineral>>>,
    pub(super) divisions: Option<Register<Vec<Division>>>,
    pub(super) coverage: Option<Register<Vec<Article>>>,
    pub(super) manifest: Option<Register<Manifest>>,
    /// Sorted by path.
    pub(super) versions: Vec<VersionFile>,
}

impl<'f> Set<'f> {
    /// Reads every file; nothing is judged yet.
    pub(super) fn read(files: &'f Files) -> Set<'f> {
        let mut set = Set {
            files,
            not_utf8: Vec::new(),
            stray: Vec::new(),
            sources: None,
            minerals: None,
            divisions: None,
            coverage: None,
            manifest: None,
            versions: Vec::new(),
        };
        for (path, content) in files.iter() {
            let text = match std::str::from_utf8(content) {
                Ok(text) => text,
                Err(error) => {
                    let sound = content.iter().take(error.valid_up_to());
                    set.not_utf8.push((path.to_owned(), sound.filter(|byte| **byte == b'\n').count() + 1));
                    continue;
                }
            };
            match path {
                "sources.toml" => set.sources = Some(Register::read(path, text, read_sources)),
                "minerals.toml" => set.minerals = Some(Register::read(path, text, read_minerals)),
                "divisions.toml" => set.divisions = Some(Register::read(path, text, read_divisions)),
                "coverage.toml" => set.coverage = Some(Register::read(path, text, read_coverage)),
                MANIFEST => set.manifest = Some(Register::read(path, text, read_manifest)),
                README => {}
                _ => match Place::of(path) {
                    Some(place) => set.versions.push(VersionFile::read(path, place, text)),
                    None => set.stray.push(path.to_owned()),
                },
            }
        }
        set
    }

    /// Every file that was read as TOML.
    pub(super) fn documents(&self) -> impl Iterator<Item = &Document> {
        let registers = [
            self.sources.as_ref().map(|register| &register.document),
            self.minerals.as_ref().map(|register| &register.document),
            self.divisions.as_ref().map(|register| &register.document),
            self.coverage.as_ref().map(|register| &register.document),
            self.manifest.as_ref().map(|register| &register.document),
        ];
        registers.into_iter().flatten().chain(self.versions.iter().map(|version| &version.document))
    }

    /// The keys of `sources.toml`; `None` when that file could not be read, so that nothing can be said about keys.
    pub(super) fn instrument_keys(&self) -> Option<HashSet<&str>> {
        let sources = self.sources.as_ref()?.content.as_ref()?;
        Some(sources.iter().map(|source| source.key.get_ref().as_str()).collect())
    }

    /// Minerals by code; `None` when `minerals.toml` could not be read.
    pub(super) fn minerals_by_code(&self) -> Option<HashMap<&str, &Mineral>> {
        let minerals = self.minerals.as_ref()?.content.as_ref()?;
        Some(minerals.iter().map(|mineral| (mineral.code.get_ref().as_str(), mineral)).collect())
    }

    /// The divisions; `None` when `divisions.toml` could not be read.
    pub(super) fn division_list(&self) -> Option<&[Division]> {
        self.divisions.as_ref()?.content.as_deref()
    }

    /// The versions of a topic of the nation or of a division, whose beginning could be read, in order of time.
    pub(super) fn versions_of(&self, topic: Topic, division: Option<&str>) -> Vec<&VersionFile> {
        let mut versions: Vec<&VersionFile> = self
            .versions
            .iter()
            .filter(|version| version.topic == Some(topic) && version.place.division.as_deref() == division)
            .filter(|version| version.head.is_some())
            .collect();
        versions.sort_by_key(|version| version.head.as_ref().map(|head| head.from()));
        versions
    }

    /// What the manifest says about a file.
    pub(super) fn manifest_entry(&self, path: &str) -> Option<&ManifestEntry> {
        let manifest = self.manifest.as_ref()?.content.as_ref()?;
        manifest.files.iter().find(|entry| entry.path.get_ref() == path)
    }

    /// The first day on which a version is no longer in force: as it says itself, or as the manifest says of its repeal.
    /// A version that states no end ends where the next one of its topic begins: what was released does not change.
    pub(super) fn until(&self, version: &VersionFile) -> Option<NaiveDate> {
        let head = version.head.as_ref()?;
        let repealed = self
            .manifest_entry(&version.document.path)
            .and_then(|entry| entry.repealed_from.as_ref())
            .map(|day| *day.get_ref());
        let stated = head.until().into_iter().chain(repealed).min();
        stated.or_else(|| {
            let topic = version.topic?;
            let later = self.versions_of(topic, version.place.division.as_deref());
            later
                .into_iter()
                .filter_map(|other| other.head.as_ref())
                .map(|other| other.from())
                .find(|from| *from > head.from())
        })
    }

    /// The national versions of a topic that are in force on some day on which the given one is.
    pub(super) fn national_beside(&self, topic: Topic, version: &VersionFile) -> Vec<&VersionFile> {
        let Some(head) = &version.head else { return Vec::new() };
        let until = self.until(version);
        let mut beside = self.versions_of(topic, None);
        beside.retain(|national| {
            let begins_in_time = |from: NaiveDate| until.is_none_or(|until| from < until);
            let ends_late_enough = self.until(national).is_none_or(|end| end > head.from());
            national.head.as_ref().is_some_and(|other| begins_in_time(other.from())) && ends_late_enough
        });
        beside
    }

    /// The national version of a topic in force on a day.
    pub(super) fn national_at(&self, topic: Topic, date: NaiveDate) -> Option<&VersionFile> {
        self.versions_of(topic, None).into_iter().find(|version| {
            version.head.as_ref().is_some_and(|head| head.from() <= date)
                && self.until(version).is_none_or(|until| date < until)
        })
    }

    /// Every version whose body could be read, with the body.
    pub(super) fn bodies(&self) -> impl Iterator<Item = (&VersionFile, &Body)> {
        self.versions.iter().filter_map(|version| version.body.as_ref().map(|body| (version, body)))
    }
}

/// The number that a value is, if it is one and in the range of its unit.
pub(super) fn number(leaf: &Leaf) -> Option<Decimal> {
    let value = value::decimal(leaf.value.get_ref()).ok()?;
    leaf.unit.out_of_range(value).is_none().then_some(value)
}

/// The weakest provenance that a file states; `None` when it states none that is known.
pub(super) fn weakest(document: &Document) -> Option<Provenance> {
    document.noted.provenances.iter().filter_map(|word| value::provenance(word.get_ref())).max()
}
