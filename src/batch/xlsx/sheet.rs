//! The rows of a sheet.

use std::io::{BufRead, Read, Seek};

use quick_xml::events::{BytesStart, Event};

use super::book::{Book, Shows};
use super::container::Part;
use super::number::{Serial, serial, shortest};
use super::xml::{Xml, attributes, refer, value};
use crate::batch::engine::{Chunk, RowFault, Source, Stop};
use crate::batch::kind::{BEYOND, Kind};
use crate::batch::limits::{COLUMNS, ROW_BYTES};
use crate::text;

/// Bytes that a sheet may inflate to: about a million rows of twenty cells.
const MOST_OF_A_SHEET: u64 = 1 << 30;
/// Rows and columns of a sheet, by the limits of Excel.
const MOST_ROWS: u64 = 1 << 20;
const MOST_COLUMNS: usize = 1 << 14;

/// The rows of a sheet after its heads. The heads are the first row that is not empty; empty rows are passed over, hidden
/// ones are rows like all others. A formula counts by the value that it had when it was saved.
pub struct XlsxSource<R: Read> {
    xml: Xml<R>,
    book: Book,
    /// How many heads there are; none while the heads are read.
    heads: Option<usize>,
    head_row: u64,
    row: u64,
    value: String,
    formula: String,
    kinds: Vec<u8>,
    ended: bool,
}

/// A cell as far as it was read.
#[derive(Clone, Copy, Default)]
struct Cell {
    column: usize,
    style: usize,
    kind: Written,
    has_formula: bool,
}

/// How the file declares a cell.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Written {
    #[default]
    Number,
    Shared,
    /// A text of its own, or that of a formula.
    Text,
    Flag,
    Error,
    /// A day as text, by ISO 8601.
    Day,
}

/// Where text goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Into {
    Nothing,
    Value,
    Formula,
}

impl<R: Read + Seek> XlsxSource<R> {
    /// Reads a workbook up to the heads of its sheet, and gives the rest of the sheet with the heads. The sheet is that of
    /// the name; without one it is 数据 or Data, else the first that is not hidden.
    pub fn open(mut input: R, sheet: Option<&str>) -> Result<(XlsxSource<R>, Vec<String>), Stop> {
        let book = Book::open(&mut input, sheet)?;
        whole(Part::open(&mut input, &book.sheet, MOST_OF_A_SHEET)?, &book.name)?;
        let part = Part::open(input, &book.sheet, MOST_OF_A_SHEET)?;
        let mut source = XlsxSource {
            xml: Xml::new(part),
            book,
            heads: None,
            head_row: 0,
            row: 0,
            value: String::new(),
            formula: String::new(),
            kinds: Vec::new(),
            ended: false,
        };
        let mut chunk = Chunk::default();
        let name = source.book.name.clone();
        if !source.next_row(&mut chunk)? {
            return Err(Stop::Input(text!(
                "工作表“{name}”是空的，没有表头",
                "sheet “{name}” is empty: it has no heads"
            )));
        }
        source.head_row = source.row;
        let heads = chunk.row_as_texts(0).unwrap_or_default();
        source.heads = Some(heads.len());
        Ok((source, heads))
    }
}

impl<R: Read> XlsxSource<R> {
    /// The name of the sheet.
    pub fn name(&self) -> &str {
        &self.book.name
    }

    /// The row of the heads, counted from one.
    pub fn head_row(&self) -> u64 {
        self.head_row
    }

    /// Adds the next row that is not empty to a chunk; `false` at the end of the sheet.
    fn next_row(&mut self, chunk: &mut Chunk) -> Result<bool, Stop> {
        while !self.ended {
            let XlsxSource { xml, row, ended, book, .. } = self;
            match xml.next()? {
                Event::Start(element) if element.local_name().as_ref() == "row" => {
                    let number = attributes(&element).find(|one| one.key.local_name().as_ref() == "r");
                    let number = number.map_or(Some(*row + 1), |number| number.value.parse().ok());
                    *row = number.filter(|number| (*row + 1..=MOST_ROWS).contains(number)).ok_or_else(|| {
                        let (name, row) = (&book.name, *row);
                        Stop::Input(text!(
                            "工作表“{name}”第 {row} 行之后的行号有误",
                            "the rows of sheet “{name}” are out of order after row {row}"
                        ))
                    })?;
                    if self.cells(chunk)? {
                        return Ok(true);
                    }
                }
                Event::End(element) if element.local_name().as_ref() == "sheetData" => *ended = true,
                Event::Eof => *ended = true,
                _ => {}
            }
        }
        Ok(false)
    }

    /// Adds the cells of a row up to its end; `false` when all are empty.
    fn cells(&mut self, chunk: &mut Chunk) -> Result<bool, Stop> {
        self.kinds.clear();
        let mut taken = Taken::default();
        let mut cell = Cell::default();
        let (mut into, mut aloud, mut next_column) = (Into::Nothing, false, 0);
        loop {
            let XlsxSource { xml, row, value, formula, .. } = self;
            match xml.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    "c" => {
                        cell = begun(&element, next_column).ok_or_else(|| misplaced(&self.book.name, *row))?;
                        value.clear();
                        formula.clear();
                    }
                    "v" => into = Into::Value,
                    "t" if !aloud => into = Into::Value,
                    "f" => (into, cell.has_formula) = (Into::Formula, true),
                    "rPh" => aloud = true,
                    _ => {}
                },
                Event::Text(text) => match into {
                    Into::Value => value.push_str(&text),
                    Into::Formula => formula.push_str(&text),
                    Into::Nothing => {}
                },
                Event::CData(text) if into == Into::Value => value.push_str(&text),
                Event::GeneralRef(reference) => match into {
                    Into::Value => refer(&reference, value)?,
                    Into::Formula => refer(&reference, formula)?,
                    Into::Nothing => {}
                },
                Event::End(element) => match element.local_name().as_ref() {
                    "v" | "t" | "f" => into = Into::Nothing,
                    "rPh" => aloud = false,
                    "c" => {
                        next_column = cell.column + 1;
                        self.end_cell(cell, chunk, &mut taken)?;
                    }
                    "row" => return Ok(self.end_row(&taken, chunk)),
                    _ => {}
                },
                Event::Eof => return Ok(self.end_row(&taken, chunk)),
                _ => {}
            }
        }
    }

    /// Puts a cell into the chunk. An empty one leaves nothing behind.
    fn end_cell(&mut self, cell: Cell, chunk: &mut Chunk, taken: &mut Taken) -> Result<(), Stop> {
        let shows = self.book.styles.get(cell.style).copied().unwrap_or_default();
        let mut kind = match cell.kind {
            Written::Shared => {
                let number = self.value.trim().parse().ok();
                let Some(text) = number.and_then(|number| self.book.texts.get(number)) else {
                    if self.value.is_empty() {
                        return Ok(());
                    }
                    return Err(misplaced(&self.book.name, self.row));
                };
                self.value.clear();
                self.value.push_str(text);
                Kind::Text
            }
            Written::Text => Kind::Text,
            Written::Error => Kind::ErrorValue,
            Written::Flag => {
                let is_true = matches!(self.value.trim(), "1" | "true");
                if !self.value.is_empty() {
                    self.value.replace_range(.., if is_true { "true" } else { "false" });
                }
                Kind::Flag
            }
            Written::Day => {
                if let Some((day, time)) = self.value.split_once('T') {
                    let is_midnight = time.bytes().all(|byte| matches!(byte, b'0' | b':' | b'.' | b'Z'));
                    if is_midnight {
                        self.value.truncate(day.len());
                    }
                }
                if self.value.contains('T') { Kind::WithTime } else { Kind::Day }
            }
            Written::Number => self.number(shows),
        };
        if self.value.trim().is_empty() {
            // A formula may give an empty text; one that gives nothing was never calculated.
            if !cell.has_formula || cell.kind == Written::Text {
                return Ok(());
            }
            kind = Kind::NoValue;
            self.value.replace_range(.., "=");
            self.value.push_str(&self.formula);
        }
        self.put(cell.column, kind, chunk, taken)
    }

    fn put(&mut self, column: usize, kind: Kind, chunk: &mut Chunk, taken: &mut Taken) -> Result<(), Stop> {
        if column >= COLUMNS {
            let (row, name) = (self.row, column_name(column));
            return Err(Stop::Input(text!(
                "第 {row} 行的 {name} 列有内容；最多 {COLUMNS} 列，已停止",
                "row {row} has something in column {name}: at most {COLUMNS} columns are allowed; stopped"
            )));
        }
        taken.is_filled = true;
        if self.heads.is_some_and(|heads| column >= heads) {
            taken.beyond.get_or_insert(column);
            return Ok(());
        }
        taken.bytes += self.value.len();
        if taken.bytes > ROW_BYTES {
            taken.is_too_long = true;
            return Ok(());
        }
        for _ in taken.cells..column {
            chunk.end_cell();
            self.kinds.push(Kind::Empty.letter());
        }
        chunk.push_bytes(self.value.as_bytes());
        chunk.end_cell();
        self.kinds.push(kind.letter());
        taken.cells = column + 1;
        Ok(())
    }

    /// Makes a decimal or a day of the number of a cell.
    fn number(&mut self, shows: Shows) -> Kind {
        if self.value.trim().is_empty() {
            return Kind::Number;
        }
        let Some(number) = shortest(self.value.trim()) else { return Kind::NoNumber };
        self.value = number;
        match shows {
            Shows::Number => Kind::Number,
            Shows::Percent => Kind::Percent,
            Shows::Day => match serial(&self.value, self.book.from_1904) {
                Serial::Day(day) => {
                    self.value = day.to_string();
                    Kind::Day
                }
                Serial::WithTime(day) => {
                    self.value = format!("{day}（{}）", self.value);
                    Kind::WithTime
                }
                Serial::Nothing => Kind::NoDay,
            },
        }
    }

    fn end_row(&mut self, taken: &Taken, chunk: &mut Chunk) -> bool {
        if !taken.is_filled {
            return false;
        }
        let Some(heads) = self.heads else {
            chunk.end_row(self.row, None);
            return true;
        };
        for _ in taken.cells..heads {
            chunk.end_cell();
            self.kinds.push(Kind::Empty.letter());
        }
        chunk.push_bytes(&self.kinds);
        if let Some(column) = taken.beyond {
            chunk.push_bytes(format!("{BEYOND}{}", column_name(column)).as_bytes());
        }
        chunk.end_cell();
        chunk.end_row(self.row, taken.is_too_long.then_some(RowFault::TooLong));
        true
    }
}

/// What was taken of a row.
#[derive(Default)]
struct Taken {
    cells: usize,
    bytes: usize,
    is_filled: bool,
    is_too_long: bool,
    /// The first column under no head that holds something.
    beyond: Option<usize>,
}

impl<R: Read + Send> Source for XlsxSource<R> {
    fn fill(&mut self, chunk: &mut Chunk) -> Result<bool, Stop> {
        while !chunk.is_full() {
            if !self.next_row(chunk)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Inflates a whole sheet once before its rows count: so that a damaged one stops at the beginning, and merged cells, which
/// stand after the rows, are known.
fn whole<R: Read>(mut part: Part<R>, name: &str) -> Result<(), Stop> {
    const NEEDLE: &[u8] = b"mergeCell";
    let mut carried: Vec<u8> = Vec::new();
    let mut merged: Option<String> = None;
    let mut count = 0_u64;
    loop {
        let bytes = match part.fill_buf() {
            Ok(bytes) => bytes,
            Err(error) => return Err(part.fault().unwrap_or(Stop::Read(error))),
        };
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        carried.extend_from_slice(bytes);
        part.consume(length);
        let mut from = 0;
        for at in memchr::memmem::find_iter(&carried, NEEDLE) {
            let rest = carried.get(at + NEEDLE.len()..).unwrap_or_default();
            let is_tag =
                at.checked_sub(1).and_then(|before| carried.get(before)).is_some_and(|sign| b"<:".contains(sign));
            let is_one = is_tag && rest.first() != Some(&b's');
            let Some(end) = memchr::memchr(b'>', rest).filter(|_| is_one) else { continue };
            // The end of an element names no range.
            let Some(range) = rest.get(..end).and_then(range) else { continue };
            count += 1;
            merged.get_or_insert(range);
            from = at + NEEDLE.len();
        }
        let kept = from.max(carried.len().saturating_sub(256));
        carried.drain(..kept);
    }
    let Some(range) = merged else { return Ok(()) };
    Err(Stop::Input(text!(
        "工作表“{name}”有合并单元格（{range}，共 {count} 处）；请取消合并，表头只占一行，每行各自填全",
        "sheet “{name}” has merged cells ({range}, {count} in all): unmerge them, keep the heads in one row and fill in every row"
    )))
}

/// The range that the attributes of a `mergeCell` name.
fn range(attributes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(attributes).ok()?;
    let (_, rest) = text.split_once("ref=")?;
    let quote = rest.chars().next()?;
    let range = rest.get(1..)?.split(quote).next()?;
    Some(crate::domain::error::shortened(range).into_owned())
}

/// The beginning of a cell: its place, style and kind; `None` where it stands before one that was read.
fn begun(element: &BytesStart<'_>, next: usize) -> Option<Cell> {
    let mut cell = Cell { column: next, ..Cell::default() };
    for attribute in attributes(element) {
        match attribute.key.local_name().as_ref() {
            "r" => cell.column = column(&attribute.value)?,
            "s" => cell.style = attribute.value.parse().unwrap_or(0),
            "t" => {
                cell.kind = match &*value(&attribute) {
                    "s" => Written::Shared,
                    "str" | "inlineStr" => Written::Text,
                    "b" => Written::Flag,
                    "e" => Written::Error,
                    "d" => Written::Day,
                    _ => Written::Number,
                }
            }
            _ => {}
        }
    }
    (cell.column >= next && cell.column < MOST_COLUMNS).then_some(cell)
}

/// The position of the column that a reference such as `AB12` names.
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.take(4).fold(0, |sum, letter| sum * 26 + usize::from(letter.to_ascii_uppercase() - b'@'));
    number.checked_sub(1).filter(|column| *column < MOST_COLUMNS)
}

/// The letters of a column.
pub(super) fn column_name(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(u8::try_from((rest - 1) % 26).unwrap_or_default() + b'A');
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

fn misplaced(name: &str, row: u64) -> Stop {
    Stop::Input(text!(
        "工作表“{name}”第 {row} 行的单元格位置有误（超出 XFD 列，或次序颠倒，或引用不存在的文字）",
        "row {row} of sheet “{name}” has a cell out of place: beyond column XFD, out of order, or of a text that is not there"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        for (index, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")] {
            assert_eq!((column_name(index).as_str(), column(&format!("{name}7"))), (name, Some(index)));
        }
        assert_eq!((column("XFE1"), column("7"), column("AAAAAAAAA1")), (None, None, None));
    }
}
