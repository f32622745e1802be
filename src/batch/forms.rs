//! The forms of a batch by their names: one row each, from which come the media types of the API, the extensions of the
//! command line, and how each form is opened and written.

use std::io::{self, Read, Seek, Write};
use std::path::Path;

use super::cells::Table;
use super::csv::{CsvForm, CsvSource, Separator};
use super::encoding::Charset;
use super::engine::{Form, Source, Stop};
use super::header::Plan;
use super::lines::{LineForm, LineSource};
use super::reading::Reading;
use super::xlsx::{SheetPlace, XLSX, XlsxBook, XlsxForm, XlsxSource};
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
    /// Workbooks of Excel.
    Xlsx,
}

/// What is known of a form.
#[derive(Clone, Copy, Debug)]
pub struct FormRow {
    /// The form.
    pub form: FormName,
    /// What a job and a file name call it.
    pub extension: &'static str,
    /// Other extensions of such files. What is no workbook that can be read is refused by its content.
    pub other_extensions: &'static [&'static str],
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
pub static FORMS: &[&FormRow] = &[&LINES, &CSV, &WORKBOOK];

static LINES: FormRow = FormRow {
    form: FormName::Lines,
    extension: "jsonl",
    other_extensions: &["ndjson"],
    media_types: &["application/x-ndjson", "application/jsonl"],
    parameter: "",
    has_charsets: false,
    steps: Detail::Steps,
};

static CSV: FormRow = FormRow {
    form: FormName::Csv,
    extension: "csv",
    other_extensions: &["tsv", "txt"],
    media_types: &["text/csv"],
    parameter: "; charset=utf-8",
    has_charsets: true,
    steps: Detail::FiguresOnly,
};

static WORKBOOK: FormRow = FormRow {
    form: FormName::Xlsx,
    extension: "xlsx",
    other_extensions: &["xlsm", "xls", "xlsb"],
    media_types: &[XLSX],
    parameter: "",
    has_charsets: false,
    steps: Detail::FiguresOnly,
};

/// All media types, in the order of the forms.
pub fn media_types() -> Vec<&'static str> {
    FORMS.iter().flat_map(|row| row.media_types).copied().collect()
}

/// The form of a media type.
pub fn of_media_type(media_type: &str) -> Option<&'static FormRow> {
    FORMS.iter().copied().find(|row| row.media_types.iter().any(|known| known.eq_ignore_ascii_case(media_type)))
}

/// The form that a job or a file name calls so.
pub fn of_extension(extension: &str) -> Option<&'static FormRow> {
    let is = |known: &str| known.eq_ignore_ascii_case(extension);
    FORMS.iter().copied().find(|row| is(row.extension) || row.other_extensions.iter().any(|other| is(other)))
}

/// What is said of an input beside its form; each form takes what concerns it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The charset of a CSV.
    pub charset: Charset,
    /// What sets the cells of a CSV apart.
    pub separator: Separator,
    /// The sheet of a workbook; 数据 or Data, else the first visible one, where nothing is said.
    pub sheet: Option<String>,
}

/// An input whose heads are read.
pub struct Opened {
    /// Its rows.
    pub source: Box<dyn Source>,
    /// What they ask.
    pub reading: Reading,
    /// Its heads; none where rows are no table.
    heads: Vec<String>,
    /// Where its rows stand on a sheet.
    place: SheetPlace,
}

/// How answers are to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The language of heads and texts.
    pub lang: Lang,
    /// With steps or without.
    pub detail: Detail,
    /// What sets the cells of a CSV apart.
    pub separator: u8,
    /// Whether a CSV begins with a byte order mark.
    pub bom: bool,
}

impl Look {
    /// As answers look where nothing more is said.
    pub fn of(lang: Lang, detail: Detail) -> Look {
        Look { lang, detail, separator: b',', bom: true }
    }
}

impl FormName {
    /// All forms.
    pub const ALL: &[FormName] = &[FormName::Csv, FormName::Lines, FormName::Xlsx];

    /// What is known of it.
    pub fn row(self) -> &'static FormRow {
        match self {
            FormName::Lines => &LINES,
            FormName::Csv => &CSV,
            FormName::Xlsx => &WORKBOOK,
        }
    }

    /// Opens an input of this form; heads that are wrong stop here.
    pub fn open(self, topic: Topic, input: Box<dyn Input>, told: &Told) -> Result<Opened, Stop> {
        let plan = |heads: &[String]| Plan::compile(topic, heads).map_err(Stop::Input);
        match self {
            FormName::Lines => Ok(Opened {
                source: Box::new(LineSource::new(input)),
                reading: Reading::Lines,
                heads: Vec::new(),
                place: SheetPlace::default(),
            }),
            FormName::Csv => {
                let (source, heads) = CsvSource::open(input, told.charset, told.separator)?;
                let reading = Reading::Table(plan(&heads)?);
                Ok(Opened { source: Box::new(source), reading, heads, place: SheetPlace::default() })
            }
            FormName::Xlsx => {
                let (source, heads) = XlsxSource::open(input, told.sheet.as_deref())?;
                let place = SheetPlace { name: Some(source.name().to_owned()), head_row: Some(source.head_row()) };
                let reading = Reading::Table(plan(&heads)?.with_kinds());
                Ok(Opened { source: Box::new(source), reading, heads, place })
            }
        }
    }

    /// What writes the answers to an input in this form.
    pub fn writer(self, topic: Topic, opened: &Opened, look: Look) -> Writer {
        let Look { lang, detail, separator, bom } = look;
        let table = || Table::of(topic, &opened.reading, lang, detail);
        match self {
            FormName::Lines => Writer::Plain(Box::new(LineForm)),
            FormName::Csv => Writer::Plain(Box::new(CsvForm { table: table(), separator, bom })),
            FormName::Xlsx => {
                let form = XlsxForm::new(table(), &opened.heads);
                Writer::Sheet { form, place: opened.place.clone(), lang }
            }
        }
    }
}

/// What makes an output of answers: their form, and for a workbook the one who puts their records together.
pub enum Writer {
    /// What the form writes is the output, from its first byte on.
    Plain(Box<dyn Form>),
    /// What the form writes are records for a workbook.
    Sheet {
        /// The form of the records.
        form: XlsxForm,
        /// Where they go.
        place: SheetPlace,
        /// The language of the workbook.
        lang: Lang,
    },
}

impl Writer {
    /// The form of the answers.
    pub fn form(&self) -> &dyn Form {
        match self {
            Writer::Plain(form) => &**form,
            Writer::Sheet { form, .. } => form,
        }
    }

    /// Whether the output is put together of records, and needs a directory for temporary files meanwhile.
    pub fn is_of_records(&self) -> bool {
        matches!(self, Writer::Sheet { .. })
    }

    /// Begins an output; temporary files, which have no names, go to the directory, or where the system has them.
    pub fn begin(&self, directory: Option<&Path>) -> io::Result<Output> {
        match self {
            Writer::Plain(_) => Ok(Output(None)),
            Writer::Sheet { form, place, lang } => {
                Ok(Output(Some(Box::new(XlsxBook::begin(form, place, *lang, directory)?))))
            }
        }
    }
}

/// An output on its way: bytes pass through, records become a workbook.
pub struct Output(Option<Box<XlsxBook>>);

impl Output {
    /// Takes what the form wrote.
    pub fn take(&mut self, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        match &mut self.0 {
            Some(book) => book.take(bytes),
            None => out.write_all(bytes),
        }
    }

    /// Writes what is left when all answers are taken.
    pub fn finish(self, out: &mut (impl Write + Send)) -> io::Result<()> {
        self.0.map_or(Ok(()), |book| book.finish(out))
    }
}
