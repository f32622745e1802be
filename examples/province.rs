//! A province of mining rights as a workbook, to try batches with: the same rows each time for the same seed.
//!
//! `cargo run --release --example province -- late-fee 100000 > rights.xlsx`, then `lode batch late-fee rights.xlsx -o out.xlsx`.
//!
//! The rows are the requests of the examples and of `tests/cases`, with other minerals (of the catalogue and outside it),
//! divisions, days and amounts. One row in a hundred has one bad cell. The tests include this file and compare every row
//! of the answer with the single calculation.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    dead_code,
    reason = "a generator for tests stops where it cannot go on"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use chrono::{Days, NaiveDate};
use lode::api::lang::Lang;
use lode::api::topic::Topic;
use lode::batch::header::{Plan, Step, head, listed};
use lode::batch::heads::Unit;
use lode::batch::model::Leaf;
use lode::domain::rate_book::RateBook;
use rust_xlsxwriter::{Format, Formula, Workbook};
use serde_json::Value as Json;

/// One row in so many is bad.
pub(crate) const BAD: u64 = 100;

/// The rights of a province, for one topic.
pub(crate) struct Province<'b> {
    book: &'b RateBook,
    topic: Topic,
    seed: u64,
    bases: Vec<Json>,
    minerals: Vec<String>,
    divisions: Vec<String>,
    /// The columns: their places, heads and kinds.
    pub(crate) columns: Vec<Column>,
}

/// A column of the workbook.
pub(crate) struct Column {
    /// Its place in the request.
    pub(crate) path: Vec<Step>,
    /// Its Chinese head.
    pub(crate) head: String,
    leaf: Option<Leaf>,
    unit: Unit,
}

/// A cell that is not what the request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    /// Another text.
    Text(&'static str),
    /// `#N/A`.
    NotAvailable,
    /// A day as a number without date format.
    Serial,
    /// A day with a time.
    WithTime,
}

/// A row.
pub(crate) struct Right {
    /// Its name.
    pub(crate) name: String,
    /// What it asks.
    pub(crate) request: Json,
    /// The one bad cell, by its column.
    pub(crate) bad: Option<(usize, Bad)>,
}

/// Numbers that look random: splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most as u64).unwrap()
    }

    fn one_of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

impl<'b> Province<'b> {
    /// The province of a topic.
    pub(crate) fn new(book: &'b RateBook, topic: Topic, seed: u64) -> Province<'b> {
        let known = listed(topic, 9);
        let mut paths: BTreeSet<usize> = BTreeSet::new();
        let mut bases = Vec::new();
        for request in requests(topic) {
            let mut cells = Vec::new();
            flattened(&request, &mut Vec::new(), &mut cells);
            let places: Option<Vec<usize>> =
                cells.iter().map(|(path, _)| known.iter().position(|column| column.path == *path)).collect();
            let Some(places) = places.filter(|places| !places.is_empty()) else { continue };
            // A table has one way to write a place, and takes no numbers where texts belong.
            let together: BTreeSet<usize> = paths.iter().copied().chain(places).collect();
            let heads: Vec<String> = together.iter().map(|at| known[*at].head(topic, Lang::Zh)).collect();
            let is_plain = cells.iter().all(|(path, value)| {
                let column = known.iter().find(|column| column.path == *path).unwrap();
                match value {
                    Json::Number(_) => column.leaf == Some(Leaf::Integer),
                    Json::String(text) => !text.is_empty() && text.trim() == text && column.leaf != Some(Leaf::Integer),
                    Json::Array(items) => {
                        column.leaf.is_none() && !items.is_empty() && items.iter().all(Json::is_string)
                    }
                    _ => column.leaf == Some(Leaf::Flag),
                }
            });
            if is_plain && Plan::compile(topic, &heads).is_ok() {
                paths = together;
                cells.sort_by_key(|(path, _)| known.iter().position(|column| column.path == *path));
                bases.push(gathered(cells));
            }
        }
        let columns = paths.iter().map(|at| Column {
            path: known[*at].path.clone(),
            head: head(topic, &known[*at].path, Lang::Zh),
            leaf: known[*at].leaf.clone(),
            unit: known[*at].unit,
        });
        Province {
            book,
            topic,
            seed,
            bases,
            minerals: book.minerals.iter().map(|(_, mineral)| mineral.name_zh().to_owned()).collect(),
            divisions: book.divisions.iter().map(|division| division.name_zh().to_owned()).collect(),
            columns: columns.collect(),
        }
    }

    /// The row of that number.
    pub(crate) fn right(&self, number: u64) -> Right {
        let slug = self.topic.slug().bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(131) + u64::from(byte));
        let mut random = Random(self.seed ^ slug ^ number.wrapping_mul(0x2545_F491_4F6C_DD1D));
        let mut request = random.one_of(&self.bases).clone();
        // All days of a request move together, so that none passes another.
        let days = Days::new(random.next() % 200);
        for column in &self.columns {
            let Some(value) = at(&mut request, &column.path) else { continue };
            self.vary(column, value, days, &mut random);
        }
        let bad = number % BAD == self.seed % BAD;
        let bad = bad.then(|| self.bad(&mut request, &mut random)).flatten();
        Right { name: format!("甘矿-{number:06}"), request, bad }
    }

    fn vary(&self, column: &Column, value: &mut Json, days: Days, random: &mut Random) {
        let name = column.path.iter().rev().find_map(|step| match step {
            Step::Field(name) => Some(name.as_str()),
            Step::Item(_) => None,
        });
        // Half of the time a request stays as it was found, so that most of them can be answered.
        let is_moved = random.next().is_multiple_of(2);
        let Json::String(text) = value else { return };
        match (&column.leaf, name) {
            (Some(Leaf::Text), Some("mineral")) if is_moved => text.clone_from(random.one_of(&self.minerals)),
            (Some(Leaf::Text), Some("province")) if is_moved => text.clone_from(random.one_of(&self.divisions)),
            (Some(Leaf::Number), _) if column.unit == Unit::Yuan && is_moved => {
                let fen = random.next() % 10_u64.pow(3 + u32::try_from(random.below(9)).unwrap()) + 1;
                *text = format!("{}.{:02}", fen / 100, fen % 100);
            }
            (Some(Leaf::Day), _) => {
                if let Ok(day) = text.parse::<NaiveDate>() {
                    *text = (day + days).to_string();
                }
            }
            _ => {}
        }
    }

    /// Chooses a cell of the row and what is wrong with it.
    fn bad(&self, request: &mut Json, random: &mut Random) -> Option<(usize, Bad)> {
        let mut kinds: Vec<(usize, Bad)> = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            if at(request, &column.path).is_none() {
                continue;
            }
            let wrong: &[Bad] = match &column.leaf {
                Some(Leaf::Number) => {
                    &[Bad::Text("约一百万"), Bad::Text("1e5"), Bad::Text("１２"), Bad::Text("12元"), Bad::NotAvailable]
                }
                Some(Leaf::Day) => {
                    &[Bad::Text("2024-13-45"), Bad::Text("昨天"), Bad::Serial, Bad::WithTime, Bad::NotAvailable]
                }
                Some(Leaf::Choice(_)) => &[Bad::Text("不知道"), Bad::NotAvailable],
                Some(Leaf::Integer) => &[Bad::Text("二〇二四"), Bad::NotAvailable],
                Some(Leaf::Flag) => &[Bad::Text("也许")],
                Some(Leaf::Text) => &[Bad::NotAvailable],
                None => &[],
            };
            kinds.extend(wrong.iter().map(|bad| (index, *bad)));
        }
        (!kinds.is_empty()).then(|| *random.one_of(&kinds))
    }

    /// Writes so many rows as a workbook.
    pub(crate) fn write(&self, rows: u64, out: impl Write + Send) -> io::Result<()> {
        let failed = |error| io::Error::other(format!("{error}"));
        let mut workbook = Workbook::new();
        let day = Format::new().set_num_format("yyyy-mm-dd");
        let sheet = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
        sheet.write_string(0, 0, "行号").map_err(failed)?;
        for (at, column) in (1..).zip(&self.columns) {
            sheet.write_string(0, at, &column.head).map_err(failed)?;
        }
        for number in 1..=rows {
            let mut right = self.right(number);
            let row = u32::try_from(number).unwrap();
            sheet.write_string(row, 0, &right.name).map_err(failed)?;
            for (index, column) in self.columns.iter().enumerate() {
                let at_column = u16::try_from(index + 1).unwrap();
                let Some(value) = at(&mut right.request, &column.path) else { continue };
                let bad = right.bad.and_then(|(bad, kind)| (bad == index).then_some(kind));
                let written = match (bad, &*value) {
                    (Some(Bad::Text(text)), _) => sheet.write_string(row, at_column, text),
                    (Some(Bad::NotAvailable), _) => {
                        sheet.write_formula(row, at_column, Formula::new("=NA()").set_result("#N/A"))
                    }
                    (Some(Bad::Serial), _) => sheet.write_number(row, at_column, 45_301),
                    (Some(Bad::WithTime), _) => sheet.write_number_with_format(row, at_column, 45_301.25, &day),
                    (None, Json::String(text)) => match &column.leaf {
                        Some(Leaf::Number) if digits(text) <= 15 => {
                            sheet.write_number(row, at_column, text.parse::<f64>().unwrap())
                        }
                        Some(Leaf::Day) if number % 3 > 0 => match serial(text) {
                            Some(serial) => sheet.write_number_with_format(row, at_column, serial, &day),
                            None => sheet.write_string(row, at_column, text),
                        },
                        Some(Leaf::Choice(codes)) => {
                            let word = codes.iter().find(|(code, word)| code == text && !word.is_empty());
                            sheet.write_string(row, at_column, word.map_or(text.as_str(), |(_, word)| word))
                        }
                        _ => sheet.write_string(row, at_column, text),
                    },
                    (None, Json::Number(year)) => {
                        sheet.write_number(row, at_column, u32::try_from(year.as_u64().unwrap()).unwrap())
                    }
                    (None, Json::Bool(yes)) => sheet.write_boolean(row, at_column, *yes),
                    (None, Json::Array(items)) => {
                        let items: Vec<&str> = items.iter().filter_map(Json::as_str).collect();
                        sheet.write_string(row, at_column, items.join("、"))
                    }
                    (None, _) => continue,
                };
                written.map_err(failed)?;
            }
        }
        workbook.save_to_writer(out).map_err(failed)
    }
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// The number of a day in the file, from March 1900 on.
fn serial(day: &str) -> Option<u32> {
    let start = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    let days = day.parse::<NaiveDate>().ok()?.signed_duration_since(start).num_days();
    u32::try_from(days).ok().filter(|days| *days > 60)
}

/// Every request of a topic that has an example or a case with an answer.
fn requests(topic: Topic) -> Vec<Json> {
    let mut found: Vec<Json> = topic.examples().into_iter().map(|(_, request)| request).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files {
        for line in fs::read_to_string(file).unwrap().lines() {
            let Ok(case) = serde_json::from_str::<Json>(line) else { continue };
            let is_answered = case.get("status").is_none_or(|status| status == 200);
            let path = case["path"].as_str().unwrap_or_default().split('?').next();
            if is_answered && path == Some(topic.path()) && case["request"].is_object() {
                found.push(case["request"].clone());
            }
        }
    }
    found
}

/// A request as cells.
fn flattened(value: &Json, path: &mut Vec<Step>, into: &mut Vec<(Vec<Step>, Json)>) {
    let mut below = |step: Step, value: &Json| {
        path.push(step);
        flattened(value, path, into);
        path.pop();
    };
    match value {
        Json::Object(fields) => fields.iter().for_each(|(name, value)| below(Step::Field(name.clone()), value)),
        Json::Array(items) if items.iter().any(Json::is_object) => {
            items.iter().enumerate().for_each(|(number, value)| below(Step::Item(number), value));
        }
        other => into.push((path.clone(), other.clone())),
    }
}

/// Cells as a request, its fields in the order of the table.
fn gathered(cells: Vec<(Vec<Step>, Json)>) -> Json {
    let mut request = Json::Null;
    for (path, value) in cells {
        let place = path.iter().fold(&mut request, |value, step| match step {
            Step::Field(name) => &mut value[name.as_str()],
            Step::Item(number) => {
                if value.is_null() {
                    *value = Json::Array(Vec::new());
                }
                let list = value.as_array_mut().unwrap();
                if list.len() <= *number {
                    list.resize(number + 1, Json::Null);
                }
                &mut list[*number]
            }
        });
        *place = value;
    }
    request
}

/// The value at a place of a request.
fn at<'v>(value: &'v mut Json, path: &[Step]) -> Option<&'v mut Json> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Field(name) => value.get_mut(name),
        Step::Item(number) => value.get_mut(*number),
    })
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let topic = arguments.next().and_then(|slug| Topic::from_slug(&slug));
    let Some(topic) = topic else { return Err(io::Error::other("which topic? province TOPIC [ROWS [SEED]]")) };
    let rows = arguments.next().and_then(|rows| rows.parse().ok()).unwrap_or(1_000);
    let seed = arguments.next().and_then(|seed| seed.parse().ok()).unwrap_or(62);
    let book = lode::rates::load_builtin().map_err(|problems| io::Error::other(format!("{problems:?}")))?;
    Province::new(&book, topic, seed).write(rows, io::stdout())
}
