//! The forms of a batch by their names: one row each, from which come the media types of the API.

use std::io::{Read, Seek};

use super::cells::Table;
use super::csv::{CsvForm, CsvSource, Separator};
use super::encoding::Charset;
use super::engine::{Form, Source, Stop};
use super::header::Plan;
use super::lines::{LineForm, LineSource};
use super::reading::Reading;
use crate::api::lang::Lang;
use crate::api::topic::Topic;
use crate::domain::context::Detail;

/// What rows are read from: a body in memory, or a file.
pub trait Input: Read + Seek + Send {}

impl<T: Read + Seek + Send> Input for T {}

/// A form of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormName {
    /// JSON lines.
    Lines,
    /// CSV.
    Csv,
}

/// What is known of a form.
#[derive(Clone, Copy, Debug)]
pub struct FormRow {
    /// The form.
    pub form: FormName,
    /// What a job and a file name call it.
    pub extension: &'static str,
    /// Its media types, the usual one first.
    pub media_types: &'static [&'static str],
    /// The parameter that its answers add to their media type.
    pub parameter: &'static str,
    /// Whether the form says in which charset it is.
    pub has_charsets: bool,
    /// Whether its answers have steps where nothing is said.
    pub steps: Detail,
}

/// All forms.
pub static FORMS: &[FormRow] = &[
    FormRow {
        form: FormName::Lines,
        extension: "jsonl",
        media_types: &["application/x-ndjson", "application/jsonl"],
        parameter: "",
        has_charsets: false,
        steps: Detail::Steps,
    },
    FormRow {
        form: FormName::Csv,
        extension: "csv",
        media_types: &["text/csv"],
        parameter: "; charset=utf-8",
        has_charsets: true,
        steps: Detail::FiguresOnly,
    },
];

/// All media types, in the order of the forms.
pub fn media_types() -> Vec<&'static str> {
    FORMS.iter().flat_map(|row| row.media_types).copied().collect()
}

/// The form of a media type.
pub fn of_media_type(media_type: &str) -> Option<&'static FormRow> {
    FORMS.iter().find(|row| row.media_types.iter().any(|known| known.eq_ignore_ascii_case(media_type)))
}

/// The form that a job or a file name calls so.
pub fn of_extension(extension: &str) -> Option<&'static FormRow> {
    FORMS.iter().find(|row| row.extension == extension)
}

/// An input whose heads are read.
pub struct Opened {
    /// Its rows.
    pub source: Box<dyn Source>,
    /// What they ask.
    pub reading: Reading,
}

impl FormName {
    /// Opens an input of this form; heads that are wrong stop here.
    pub fn open(self, topic: Topic, input: Box<dyn Input>, charset: Charset) -> Result<Opened, Stop> {
        match self {
            FormName::Lines => Ok(Opened { source: Box::new(LineSource::new(input)), reading: Reading::Lines }),
            FormName::Csv => {
                let (source, heads) = CsvSource::open(input, charset, Separator::Detected)?;
                let plan = Plan::compile(topic, &heads).map_err(Stop::Input)?;
                Ok(Opened { source: Box::new(source), reading: Reading::Table(plan) })
            }
        }
    }

    /// What writes answers in this form.
    pub fn writer(self, topic: Topic, reading: &Reading, lang: Lang, detail: Detail) -> Box<dyn Form> {
        match self {
            FormName::Lines => Box::new(LineForm),
            FormName::Csv => {
                Box::new(CsvForm { table: Table::of(topic, reading, lang, detail), separator: b',', bom: true })
            }
        }
    }
}
