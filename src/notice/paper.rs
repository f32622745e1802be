//! What is printed: a document as texts in their order, the same for HTML and PDF. A template sees this and nothing else;
//! its fields are the contract with the templates of a bureau (`docs/documents.md`).

use chrono::NaiveDate;
use serde::Serialize;

use super::PrintError;
use super::payment::PaymentNotice;
use super::seal::{Check, Content};
use super::sheet::CalculationSheet;
use super::statement::Statement;
use super::words::chinese_day;

/// A document ready to be set.
#[derive(Clone, Debug, Serialize)]
pub struct Paper {
    /// `payment-notice`, `calculation-sheet`, `statement`.
    pub kind: &'static str,
    /// How the A4 paper lies.
    pub orientation: Orientation,
    /// The title at the top.
    pub title: String,
    /// A line below it.
    pub subtitle: Option<String>,
    /// The number of the document.
    pub number: Option<String>,
    /// To whom it speaks, with what stands before the tables.
    pub opening: Vec<String>,
    /// The tables.
    pub tables: Vec<Table>,
    /// What stands after them.
    pub closing: Vec<String>,
    /// Who signs: a line each to be filled in by hand.
    pub signatures: Vec<&'static str>,
    /// Who issues it, beside the place for the seal.
    pub issuer: Option<String>,
    /// The day of issue in Chinese; left out, a line for it is left open.
    pub issued_on: Option<String>,
    /// The same, `YYYY-MM-DD`: the date of the PDF.
    pub issued_iso: Option<String>,
    /// The check code.
    pub check: Check,
    /// Texts that have to be found in what was set, or a template has left them out.
    #[serde(skip)]
    pub essentials: Vec<String>,
}

/// How the paper lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Orientation {
    /// Upright.
    Portrait,
    /// On its side, for many columns.
    Landscape,
}

/// A table. Cells may have several lines, with line feeds between.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// What stands above it.
    pub heading: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, with a cell for each column.
    pub rows: Vec<Row>,
}

/// A column.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Column {
    /// Its head; all empty in a table of names and values, which has no head.
    pub title: &'static str,
    /// Its width in proportion to the other columns.
    pub width: u32,
    /// Where its cells are set.
    pub align: Align,
}

/// Where a cell is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Align {
    /// Texts.
    Left,
    /// Ordinal numbers.
    Center,
    /// Amounts.
    Right,
}

impl Align {
    /// The name in a style sheet.
    pub fn name(self) -> &'static str {
        match self {
            Align::Left => "left",
            Align::Center => "center",
            Align::Right => "right",
        }
    }
}

/// A row.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What it says.
    pub cells: Vec<String>,
    /// How it is set off.
    pub weight: Weight,
}

/// How a row is set off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Not at all.
    Plain,
    /// A sum.
    Total,
}

/// A column of texts.
pub const fn left(title: &'static str, width: u32) -> Column {
    Column { title, width, align: Align::Left }
}

/// A column of ordinal numbers.
pub const fn center(title: &'static str, width: u32) -> Column {
    Column { title, width, align: Align::Center }
}

/// A column of amounts.
pub const fn right(title: &'static str, width: u32) -> Column {
    Column { title, width, align: Align::Right }
}

/// A row that is not set off.
pub fn row(cells: impl IntoIterator<Item = String>) -> Row {
    Row { cells: cells.into_iter().collect(), weight: Weight::Plain }
}

/// A row with a sum.
pub fn total(cells: impl IntoIterator<Item = String>) -> Row {
    Row { cells: cells.into_iter().collect(), weight: Weight::Total }
}

impl Table {
    /// A table of names and values: no head, what is unknown is left out.
    pub fn of_fields<'a>(heading: &str, fields: impl IntoIterator<Item = (&'a str, Option<String>)>) -> Table {
        let rows = fields.into_iter().filter_map(|(name, value)| Some(row([name.to_owned(), value?]))).collect();
        Table { heading: heading.to_owned(), columns: vec![left("", 22), left("", 78)], rows }
    }

    /// The same with two names and values in a row, for paper on its side.
    pub fn of_paired_fields<'a>(heading: &str, fields: impl IntoIterator<Item = (&'a str, Option<String>)>) -> Table {
        let known: Vec<[String; 2]> =
            fields.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?])).collect();
        let nothing = || [String::new(), String::new()];
        let pair = |pair: &[[String; 2]]| {
            let mut cells = pair.to_vec();
            cells.resize_with(2, nothing);
            row(cells.into_iter().flatten())
        };
        let columns = vec![left("", 14), left("", 36), left("", 14), left("", 36)];
        Table { heading: heading.to_owned(), columns, rows: known.chunks(2).map(pair).collect() }
    }

    /// Whether it has a head.
    pub fn has_head(&self) -> bool {
        self.columns.iter().any(|column| !column.title.is_empty())
    }

    /// Its cells with their columns, row by row, for templates.
    pub fn cells<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'a Column, &'a str)> {
        self.columns.iter().zip(row.cells.iter().map(String::as_str))
    }
}

/// A document that can be printed.
pub trait Printable {
    /// What stands on it, in a form that does not change with its looks.
    fn content(&self) -> Content;

    /// Its texts; `check` is that of the content.
    fn paper(&self, check: Check) -> Paper;

    /// Kind and number, for the check code.
    fn identity(&self) -> (&'static str, Option<String>);
}

impl Paper {
    /// What is printed of a document.
    pub fn of(document: &impl Printable) -> Result<Paper, PrintError> {
        let (kind, number) = document.identity();
        let check = Check::of(kind, number.as_deref(), &document.content())?;
        Ok(document.paper(check))
    }

    /// A paper with nothing on it yet but title, issue and check code.
    pub(super) fn blank(
        (kind, number): (&'static str, Option<String>),
        title: &str,
        issuer: Option<String>,
        issued_on: Option<NaiveDate>,
        check: Check,
    ) -> Paper {
        let essentials = number.iter().chain(issuer.iter()).cloned().chain([title.to_owned(), check.short.clone()]);
        Paper {
            kind,
            orientation: Orientation::Portrait,
            title: title.to_owned(),
            subtitle: None,
            essentials: essentials.collect(),
            number,
            opening: Vec::new(),
            tables: Vec::new(),
            closing: Vec::new(),
            signatures: Vec::new(),
            issuer,
            issued_on: issued_on.map(chinese_day),
            issued_iso: issued_on.map(|day| day.to_string()),
            check,
        }
    }
}

/// One of each document, for trying out a template.
pub fn samples() -> Result<Vec<Paper>, PrintError> {
    let defect = |what: &str| PrintError::Defect(format!("the sample of a {what} is unsound"));
    let notice = PaymentNotice::sample().ok_or_else(|| defect("payment notice"))?;
    let statement = Statement::sample().ok_or_else(|| defect("statement"))?;
    Ok(vec![Paper::of(&notice)?, Paper::of(&CalculationSheet::sample())?, Paper::of(&statement)?])
}
