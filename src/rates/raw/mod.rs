//! The data files as they are written: one structure for each kind of file, and how each is read.
//!
//! This is the definition of the format. Values are still texts here; what they have to be is said by the [`Unit`](super::value::Unit)
//! with which they are read, and judged by the checks.

mod body;
mod registers;

use chrono::NaiveDate;
use toml::Spanned;

use super::fields::{Fields, Noted, Word, read};
use super::topic::Topic;
pub(super) use body::{ApprovedPrice, Body, Instalment, NationalStandard, Rate, Row, Temperature};
pub(super) use registers::{
    Article, Division, Manifest, ManifestEntry, Mineral, Source, read_coverage, read_divisions, read_manifest,
    read_minerals, read_sources,
};

/// A text file of the set, with what its reading noted.
#[derive(Debug)]
pub(super) struct Document {
    /// Path below the root of the set.
    pub(super) path: String,
    /// The text.
    pub(super) text: String,
    /// What the reading noted.
    pub(super) noted: Noted,
}

impl Document {
    /// The line, from 1, of a byte of the text.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// A file that is not a version. The content is `None` when its shape is at fault.
#[derive(Debug)]
pub(super) struct Register<T> {
    /// The file.
    pub(super) document: Document,
    /// What it says.
    pub(super) content: Option<T>,
}

impl<T> Register<T> {
    pub(super) fn read(path: &str, text: &str, body: impl FnOnce(&mut Fields<'_>) -> Option<T>) -> Register<T> {
        let (content, noted) = read(text, body);
        let content = content.filter(|_| noted.faults.is_empty());
        Register { document: Document { path: path.to_owned(), text: text.to_owned(), noted }, content }
    }
}

/// Where a version stands: what its path says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The folder below `provinces/`, if it is there.
    pub(super) division: Option<String>,
    /// The folder of the topic.
    pub(super) topic: String,
    /// The file name without `.toml`.
    pub(super) stem: String,
}

impl Place {
    /// The place that a path of a version names.
    pub(super) fn of(path: &str) -> Option<Place> {
        let parts: Vec<&str> = path.strip_suffix(".toml")?.split('/').collect();
        match parts.as_slice() {
            ["national", topic, stem] => {
                Some(Place { division: None, topic: (*topic).to_owned(), stem: (*stem).to_owned() })
            }
            ["provinces", division, topic, stem] => Some(Place {
                division: Some((*division).to_owned()),
                topic: (*topic).to_owned(),
                stem: (*stem).to_owned(),
            }),
            _ => None,
        }
    }
}

/// A version of a topic.
#[derive(Debug)]
pub(super) struct VersionFile {
    /// Where it stands.
    pub(super) place: Place,
    /// The topic of its folder, if there is such a one.
    pub(super) topic: Option<Topic>,
    /// The file.
    pub(super) document: Document,
    /// How it begins; `None` when that is at fault.
    pub(super) head: Option<Head>,
    /// What it says; `None` when anything about the shape of the file is at fault.
    pub(super) body: Option<Body>,
}

impl VersionFile {
    /// The file at a place.
    pub(super) fn read(path: &str, place: Place, text: &str) -> VersionFile {
        let topic = Topic::from_code(&place.topic);
        let (content, noted) = read(text, |fields| {
            let head = Head::read(fields);
            let body = match topic {
                Some(topic) => Body::read(fields, topic, place.division.is_some()),
                None => {
                    fields.leave_the_rest();
                    None
                }
            };
            Some((head, body))
        });
        let (head, body) = content.unwrap_or_default();
        let body = body.filter(|_| noted.faults.is_empty());
        let document = Document { path: path.to_owned(), text: text.to_owned(), noted };
        VersionFile { place, topic, document, head, body }
    }
}

/// How every version begins.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) topic: Word,
    pub(super) instrument: Word,
    pub(super) effective_from: Spanned<NaiveDate>,
    pub(super) effective_until: Option<Spanned<NaiveDate>>,
}

impl Head {
    fn read(fields: &mut Fields<'_>) -> Option<Head> {
        let topic = fields.text("topic");
        let instrument = fields.instrument();
        let effective_from = fields.day("effective_from");
        let effective_until = fields.optional_day("effective_until");
        fields.optional_text("note");
        if fields.has("effective_until") && effective_until.is_none() {
            return None;
        }
        Some(Head { topic: topic?, instrument: instrument?, effective_from: effective_from?, effective_until })
    }

    /// The first day in force.
    pub(super) fn from(&self) -> NaiveDate {
        *self.effective_from.get_ref()
    }

    /// The first day no longer in force, as far as the file says.
    pub(super) fn until(&self) -> Option<NaiveDate> {
        self.effective_until.as_ref().map(|day| *day.get_ref())
    }
}
