//! Tables as text: CSV with commas, semicolons or tabs.
//!
//! `csv-core`, the parser inside the crate `csv`, reads into buffers of ours: a row that is too long or has too many cells
//! ends there, instead of being collected whole.

use std::fmt::{self, Display, Write as _};
use std::io::Read;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use serde::Serialize;

use super::cells::{CellSink, Table, ToCells};
use super::encoding::{Charset, Utf8};
use super::engine::{Asking, Chunk, Form, Row, Source, Stop};
use super::limits::{COLUMNS, ROW_BYTES};
use crate::api::json;
use crate::text;

/// What sets the cells of a row apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Separator {
    /// Found out from the heads.
    #[default]
    Detected,
    /// This character.
    Is(u8),
}

/// The rows of a CSV file after its heads.
pub struct CsvSource<R> {
    input: Utf8<R>,
    parser: Reader,
    separator: u8,
    /// Lines that the parser did not see.
    plain_lines: u64,
    block: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> CsvSource<R> {
    /// Reads the heads and gives them with the rest of the file.
    pub fn open(input: R, charset: Charset, separator: Separator) -> Result<(CsvSource<R>, Vec<String>), Stop> {
        let mut input = Utf8::new(input, charset);
        let mut block = Vec::new();
        let ended = !input.read(&mut block)?;
        let separator = match separator {
            Separator::Is(separator) => separator,
            Separator::Detected => detected(&block),
        };
        let parser = ReaderBuilder::new().delimiter(separator).build();
        let mut source = CsvSource { input, parser, separator, plain_lines: 0, block, at: 0, ended };
        let mut chunk = Chunk::default();
        source.record(&mut chunk)?;
        let Some(heads) = chunk.row_as_texts(0) else {
            return Err(Stop::Input(text!(
                "表头不是 UTF-8 或 GB18030 文本；请声明编码或另存为 UTF-8",
                "the heads are no text in UTF-8 or GB18030: declare the encoding, or save the file as UTF-8"
            )));
        };
        if heads.is_empty() {
            return Err(Stop::Input(text!("文件没有表头", "the file has no heads")));
        }
        Ok((source, heads))
    }

    /// Adds the next rows to a chunk as long as each is a whole line without quotes, which need no parser.
    fn plain_lines(&mut self, chunk: &mut Chunk) {
        while !chunk.is_full() {
            let rest = self.block.get(self.at..).unwrap_or_default();
            let Some(end) = memchr::memchr2(b'\n', b'"', rest) else { return };
            let line = rest.get(..end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            // A carriage return by itself ends a row too.
            if rest.get(end) != Some(&b'\n') || memchr::memchr(b'\r', line).is_some() {
                return;
            }
            if !line.is_empty() {
                let number = self.line() + 1;
                let cells = chunk.cells();
                chunk.push_line(line, self.separator, number, self.input.is_decoded());
                if chunk.cells() - cells > COLUMNS {
                    chunk.take_back();
                    return;
                }
            }
            self.plain_lines += 1;
            self.at += end + 1;
        }
    }

    /// The lines read so far.
    fn line(&self) -> u64 {
        self.parser.line() - 1 + self.plain_lines
    }

    /// Adds the next row to a chunk; `false` at the end of the file.
    fn record(&mut self, chunk: &mut Chunk) -> Result<bool, Stop> {
        let (mut length, mut cells) = (0, 0);
        loop {
            if self.at == self.block.len() && !self.ended {
                self.ended = !self.input.read(&mut self.block)?;
                self.at = 0;
            }
            let rest = self.block.get(self.at..).unwrap_or_default();
            let (bytes, ends) = chunk.room(length, cells);
            let (result, read, written, ended) = self.parser.read_record(rest, bytes, ends);
            self.at += read;
            length += written;
            cells += ended;
            if length > ROW_BYTES {
                return Err(self.stop(text!(
                    "超过 1 MiB 仍未结束；可能缺少右引号",
                    "does not end within 1 MiB: a closing quote may be missing"
                )));
            }
            match result {
                ReadRecordResult::Record => {
                    chunk.end_record(length, cells, self.line(), self.input.is_decoded());
                    return Ok(true);
                }
                ReadRecordResult::End => return Ok(false),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => chunk.grow_bytes(length),
                ReadRecordResult::OutputEndsFull => {
                    if cells > COLUMNS {
                        return Err(self.stop(text!("超过 {COLUMNS} 列", "has more than {COLUMNS} columns")));
                    }
                    chunk.grow_ends(cells);
                }
            }
        }
    }

    fn stop(&self, what: crate::domain::error::Text) -> Stop {
        let (line, zh, en) = (self.line() + 1, what.zh, what.en);
        Stop::Input(text!("第 {line} 行起的一行{zh}；已停止", "the row from line {line} on {en}; stopped"))
    }
}

impl<R: Read + Send> Source for CsvSource<R> {
    fn fill(&mut self, chunk: &mut Chunk) -> Result<bool, Stop> {
        loop {
            self.plain_lines(chunk);
            if chunk.is_full() {
                return Ok(true);
            }
            if !self.record(chunk)? {
                return Ok(false);
            }
        }
    }
}

/// The separator that the first line has most of, outside quotes; a comma if it has none.
fn detected(block: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in block {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if !quoted => {
                if let Some((_, count)) = counts.iter_mut().find(|(separator, _)| separator == byte) {
                    *count += 1;
                }
            }
            _ => {}
        }
    }
    let [comma, others @ ..] = counts;
    others.into_iter().fold(comma, |most, other| if other.1 > most.1 { other } else { most }).0
}

/// Writes the answers as CSV.
#[derive(Clone, Debug)]
pub struct CsvForm {
    /// The columns.
    pub table: Table,
    /// What sets cells apart.
    pub separator: u8,
    /// Whether a byte order mark comes first: Excel takes a file without one for GBK.
    pub bom: bool,
}

impl Form for CsvForm {
    fn head(&self, out: &mut Vec<u8>) {
        if self.bom {
            out.extend_from_slice(b"\xEF\xBB\xBF");
        }
        let mut cells = CsvCells::new(self.separator, out);
        for head in self.table.heads() {
            cells.text(head);
        }
        out.extend_from_slice(b"\r\n");
    }

    fn answer(&self, asking: &Asking<'_>, row: &Row<'_>, out: &mut Vec<u8>) -> Option<bool> {
        let asked = asking.ask(row)?;
        let place = (asking.reading, row);
        let line_id = asked.line_id.as_ref();
        let mut sink = CsvCells::new(self.separator, out);
        let is_well = match &asked.request {
            Ok(request) => {
                asking.topic.run_into(request, asking.call, ToCells { table: &self.table, line_id, asked: place, sink })
            }
            Err(problem) => {
                self.table.refuse(line_id, problem, place, &mut sink);
                false
            }
        };
        out.extend_from_slice(b"\r\n");
        Some(is_well)
    }
}

/// Takes what displays itself.
struct Utf8Out<'o>(&'o mut Vec<u8>);

impl fmt::Write for Utf8Out<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Cells on their way into a line.
struct CsvCells<'o> {
    separator: u8,
    is_first: bool,
    out: &'o mut Vec<u8>,
}

impl<'o> CsvCells<'o> {
    fn new(separator: u8, out: &'o mut Vec<u8>) -> Self {
        CsvCells { separator, is_first: true, out }
    }

    fn begin(&mut self) -> usize {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(self.separator);
        }
        self.out.len()
    }

    /// Whether what was written since `start` would be taken for something else without quotes.
    fn needs_quotes(&self, start: usize) -> bool {
        let separator = self.separator;
        let is_special = |byte| (byte == separator) | (byte == b'"') | (byte == b'\n') | (byte == b'\r');
        json::holds(self.out.get(start..).unwrap_or_default(), is_special)
    }

    /// Puts what was written since `start` into quotes if it needs them.
    fn end(&mut self, start: usize) {
        if !self.needs_quotes(start) {
            return;
        }
        let text = self.out.split_off(start);
        self.out.reserve(text.len() + text.len() / 8 + 2);
        self.out.push(b'"');
        for part in text.split_inclusive(|byte| *byte == b'"') {
            self.out.extend_from_slice(part);
            if part.ends_with(b"\"") {
                self.out.push(b'"');
            }
        }
        self.out.push(b'"');
    }
}

impl CellSink for CsvCells<'_> {
    fn empty(&mut self) {
        self.begin();
    }

    fn text(&mut self, text: &str) {
        let start = self.begin();
        if is_formula(text) {
            self.out.push(b'\'');
        }
        self.out.extend_from_slice(text.as_bytes());
        self.end(start);
    }

    fn figure(&mut self, digits: &[u8]) {
        self.begin();
        self.out.extend_from_slice(digits);
    }

    fn display<T: Display + ?Sized>(&mut self, value: &T) {
        let start = self.begin();
        // Writing into memory does not fail.
        let _ = write!(Utf8Out(self.out), "{value}");
        // A citation may hold a comma.
        self.end(start);
    }

    fn json<T: Serialize + ?Sized>(&mut self, value: &T) {
        let start = self.begin();
        // JSON nearly always needs quotes, so it is written inside them rather than copied into them afterwards.
        self.out.push(b'"');
        json::write_quoted(self.out, value);
        if self.needs_quotes(start + 1) {
            self.out.push(b'"');
        } else {
            self.out.remove(start);
        }
    }
}

/// Whether a spreadsheet would take a text for a formula: what begins like one and is no number.
pub fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r']) && crate::api::shape::decimal(text).is_none()
}
