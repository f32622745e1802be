//! The way of the rows: read in chunks, computed on all processors, delivered in their order.
//!
//! A fixed number of chunks goes round: reader → workers → whoever takes the answers → reader. So the memory is the same
//! for ten rows and for ten million, and a slow reader of the answers slows down the reading.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::AddAssign;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};

use super::limits::ROW_BYTES;
use super::reading::{Asked, Reading};
use crate::api::error::{ErrorCode, Problem};
use crate::api::topic::{Call, Topic};
use crate::domain::error::Text;
use crate::text;

/// A chunk is full when it has so many rows …
const ROWS: usize = 512;
/// … or so many bytes.
const BYTES: usize = 128 << 10;

/// What a batch computes, and under which circumstances: the same for all rows.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The topic.
    pub topic: Topic,
    /// How rows become requests.
    pub reading: &'a Reading,
    /// Data, language, with or without steps; the request id is that of the batch.
    pub call: Call<'a>,
}

/// How many rows there were and how they went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that were answered.
    pub good: u64,
    /// Rows that were refused, each with its problem.
    pub bad: u64,
}

impl Tally {
    /// All rows.
    pub fn rows(self) -> u64 {
        self.good + self.bad
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.good += other.good;
        self.bad += other.bad;
    }
}

/// Why a batch ended before its last row.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The input is no table, or not one that can be read to its end.
    #[error("{}", .0.zh)]
    Input(Text),
    /// Reading failed.
    #[error("{0}")]
    Read(io::Error),
    /// Whoever takes the answers wants no more.
    #[error("{0}")]
    Write(io::Error),
}

/// Where rows come from.
pub trait Source: Send {
    /// Adds rows to a chunk until it is full; `false` after the last one.
    fn fill(&mut self, chunk: &mut Chunk) -> Result<bool, Stop>;
}

/// How answers are written.
pub trait Form: Sync {
    /// What stands before the first answer.
    fn head(&self, out: &mut Vec<u8>);

    /// Adds the answer to a row: whether it went well, or nothing for a blank row.
    fn answer(&self, asking: &Asking<'_>, row: &Row<'_>, out: &mut Vec<u8>) -> Option<bool>;
}

/// What was wrong with a row before anybody looked at what it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFault {
    /// Longer than [`ROW_BYTES`].
    TooLong,
    /// Not text in its encoding.
    NotText,
    /// The computation broke down.
    Broken,
}

/// A row of a chunk.
#[derive(Clone, Copy, Debug)]
pub struct Row<'r> {
    text: &'r str,
    ends: &'r [usize],
    /// Bytes between the end of a cell and the beginning of the next one.
    gap: usize,
    fault: Option<RowFault>,
    /// Its line in the input.
    pub number: u64,
}

impl<'r> Row<'r> {
    /// A row whose cells end at these bytes of a text, with nothing between them.
    pub fn new(text: &'r str, ends: &'r [usize]) -> Row<'r> {
        Row { text, ends, gap: 0, fault: None, number: 1 }
    }

    /// How many cells it has.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has no cell.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A cell without space around it; empty where the row has none.
    pub fn cell(&self, index: usize) -> &'r str {
        let Some(end) = self.ends.get(index) else { return "" };
        let before = index.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = before.map_or(0, |before| before + self.gap);
        trimmed(self.text.get(start..*end).unwrap_or_default())
    }
}

/// A text without space around it. Most have none, and a look at both ends tells.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [] => text,
        [only] if only.is_ascii_graphic() => text,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

/// The end of a row inside a chunk.
#[derive(Clone, Copy, Debug)]
struct Mark {
    bytes: usize,
    cells: usize,
    gap: usize,
    number: u64,
    fault: Option<RowFault>,
}

/// Some rows on their way, with their answers.
#[derive(Debug, Default)]
pub struct Chunk {
    sequence: u64,
    bytes: Vec<u8>,
    used: usize,
    /// The end of each cell, counted from the beginning of its row.
    ends: Vec<usize>,
    cells: usize,
    marks: Vec<Mark>,
    is_decoded: bool,
    /// The first rows, which were answered before.
    passed_over: usize,
    out: Vec<u8>,
    tally: Tally,
}

impl Chunk {
    fn clear(&mut self, sequence: u64) {
        self.sequence = sequence;
        self.passed_over = 0;
        (self.used, self.cells) = (0, 0);
        self.marks.clear();
        self.out.clear();
        self.tally = Tally::default();
        self.is_decoded = false;
    }

    /// Takes all rows out.
    pub(super) fn empty(&mut self) {
        self.clear(self.sequence);
    }

    /// How many rows it has, the blank ones included.
    pub(super) fn rows(&self) -> usize {
        self.marks.len()
    }

    /// Leaves its first rows unanswered.
    pub(super) fn pass_over(&mut self, rows: usize) {
        self.passed_over = rows;
    }

    /// Whether it takes no more rows.
    pub fn is_full(&self) -> bool {
        self.marks.len() >= ROWS || self.used >= BYTES
    }

    /// How many cells it has.
    pub(super) fn cells(&self) -> usize {
        self.cells
    }

    /// Takes back the last row.
    pub(super) fn take_back(&mut self) {
        self.marks.pop();
        (self.used, self.cells) = self.row_start();
    }

    fn row_start(&self) -> (usize, usize) {
        self.marks.last().map_or((0, 0), |mark| (mark.bytes, mark.cells))
    }

    /// Room for a record after so many bytes and cells of it.
    pub(super) fn room(&mut self, length: usize, cells: usize) -> (&mut [u8], &mut [usize]) {
        (
            self.bytes.get_mut(self.used + length..).unwrap_or_default(),
            self.ends.get_mut(self.cells + cells..).unwrap_or_default(),
        )
    }

    pub(super) fn grow_bytes(&mut self, length: usize) {
        self.bytes.resize(self.used + length + length.max(8192), 0);
    }

    pub(super) fn grow_ends(&mut self, cells: usize) {
        self.ends.resize(self.cells + cells + cells.max(64), 0);
    }

    /// Ends a record that was written into [`Chunk::room`].
    pub(super) fn end_record(&mut self, length: usize, cells: usize, number: u64, is_decoded: bool) {
        self.used += length;
        self.cells += cells;
        self.is_decoded |= is_decoded;
        self.marks.push(Mark { bytes: self.used, cells: self.cells, gap: 0, number, fault: None });
    }

    /// Adds a row that is a line with nothing but separators between its cells.
    pub(super) fn push_line(&mut self, line: &[u8], separator: u8, number: u64, is_decoded: bool) {
        self.bytes.truncate(self.used);
        self.bytes.extend_from_slice(line);
        self.used = self.bytes.len();
        self.ends.truncate(self.cells);
        self.ends.extend(memchr::memchr_iter(separator, line));
        self.ends.push(line.len());
        self.cells = self.ends.len();
        self.is_decoded |= is_decoded;
        self.marks.push(Mark { bytes: self.used, cells: self.cells, gap: 1, number, fault: None });
    }

    /// Adds bytes to the current cell.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        self.bytes.truncate(self.used);
        self.bytes.extend_from_slice(bytes);
        self.used = self.bytes.len();
    }

    /// Takes back the bytes of the current cell.
    pub fn forget_cell(&mut self) {
        let (start, first) = self.row_start();
        let last = self.ends.get(first..self.cells).unwrap_or_default().last().copied().unwrap_or(0);
        self.used = start + last;
    }

    /// Ends the current cell.
    pub fn end_cell(&mut self) {
        let (start, _) = self.row_start();
        self.ends.truncate(self.cells);
        self.ends.push(self.used - start);
        self.cells += 1;
    }

    /// Ends the current row.
    pub fn end_row(&mut self, number: u64, fault: Option<RowFault>) {
        self.marks.push(Mark { bytes: self.used, cells: self.cells, gap: 0, number, fault });
    }

    /// A row whose cells are text.
    pub(super) fn row_as_texts(&self, index: usize) -> Option<Vec<String>> {
        let Some(mark) = self.marks.get(index) else { return Some(Vec::new()) };
        let text = std::str::from_utf8(self.bytes.get(..mark.bytes)?).ok()?;
        let ends = self.ends.get(..mark.cells)?;
        let row = Row { text, ends, gap: mark.gap, fault: None, number: mark.number };
        Some((0..row.len()).map(|cell| row.cell(cell).to_owned()).collect())
    }

    /// Answers every row.
    fn work(&mut self, asking: &Asking<'_>, form: &dyn Form) {
        let mut out = std::mem::take(&mut self.out);
        let whole = std::str::from_utf8(self.bytes.get(..self.used).unwrap_or_default());
        let whole = whole.ok().filter(|text| !(self.is_decoded && text.contains('\u{FFFD}')));
        let mut tally = Tally::default();
        let before = self.passed_over.checked_sub(1).and_then(|last| self.marks.get(last));
        let (mut start, mut first) = before.map_or((0, 0), |mark| (mark.bytes, mark.cells));
        for mark in self.marks.iter().skip(self.passed_over) {
            let bytes = self.bytes.get(start..mark.bytes).unwrap_or_default();
            let ends = self.ends.get(first..mark.cells).unwrap_or_default();
            let answered = match whole.and_then(|text| text.get(start..mark.bytes)) {
                Some(text) => {
                    let row = Row { text, ends, gap: mark.gap, fault: mark.fault, number: mark.number };
                    answer(asking, form, row, &mut out)
                }
                None => answer_doubtful(asking, form, (bytes, ends, *mark), self.is_decoded, &mut out),
            };
            match answered {
                Some(true) => tally.good += 1,
                Some(false) => tally.bad += 1,
                None => {}
            }
            (start, first) = (mark.bytes, mark.cells);
        }
        self.out = out;
        self.tally = tally;
    }
}

/// Answers a row of a chunk in which not everything is text: what is not is replaced, and the row refused.
fn answer_doubtful(
    asking: &Asking<'_>,
    form: &dyn Form,
    (bytes, ends, mark): (&[u8], &[usize], Mark),
    is_decoded: bool,
    out: &mut Vec<u8>,
) -> Option<bool> {
    let number = mark.number;
    if let Ok(text) = std::str::from_utf8(bytes)
        && !(is_decoded && text.contains('\u{FFFD}'))
    {
        return answer(asking, form, Row { text, ends, gap: mark.gap, fault: mark.fault, number }, out);
    }
    let mut text = String::new();
    let mut start = 0;
    let ends: Vec<usize> = ends
        .iter()
        .map(|end| {
            text.push_str(&String::from_utf8_lossy(bytes.get(start..*end).unwrap_or_default()));
            start = *end + mark.gap;
            text.len()
        })
        .collect();
    let fault = mark.fault.or(Some(RowFault::NotText));
    answer(asking, form, Row { text: &text, ends: &ends, gap: 0, fault, number }, out)
}

/// Answers a row. A computation that breaks down is the row's problem and nobody else's.
fn answer(asking: &Asking<'_>, form: &dyn Form, row: Row<'_>, out: &mut Vec<u8>) -> Option<bool> {
    let start = out.len();
    let answered = catch_unwind(AssertUnwindSafe(|| form.answer(asking, &row, out)));
    answered.unwrap_or_else(|_| {
        out.truncate(start);
        form.answer(asking, &Row { fault: Some(RowFault::Broken), ..row }, out)
    })
}

impl<'a> Asking<'a> {
    /// What a row asks; `None` when it is blank.
    pub fn ask<'r>(&self, row: &Row<'r>) -> Option<Asked<'r>>
    where
        'a: 'r,
    {
        let Some(fault) = row.fault.or_else(|| self.holds_nul(row)) else { return self.reading.ask(row) };
        let problem = match fault {
            RowFault::TooLong => {
                let most = ROW_BYTES >> 20;
                Problem::new(
                    ErrorCode::PayloadTooLarge,
                    text!("本行超过 {most} MiB", "the line is longer than {most} MiB"),
                )
            }
            RowFault::NotText => Problem::at(
                "",
                ErrorCode::MalformedRequest,
                Text::fixed(
                    "本行不是文件编码（UTF-8 或 GB18030）的文本，或含有空字符",
                    "the row is no text in the encoding of the file (UTF-8 or GB18030), or holds NUL characters",
                ),
            ),
            RowFault::Broken => Problem::internal(),
        };
        let line_id = match (fault, self.reading) {
            // What asked for the name may be what broke down.
            (RowFault::Broken, Reading::Lines) | (RowFault::TooLong, _) => None,
            _ => self.reading.ask(row).and_then(|asked| asked.line_id),
        };
        Some(Asked { line_id, request: Err(problem) })
    }

    /// A cell of a table holds no NUL; JSON refuses one by itself.
    fn holds_nul(&self, row: &Row<'_>) -> Option<RowFault> {
        let is_table = matches!(self.reading, Reading::Table(_));
        (is_table && memchr::memchr(0, row.text.as_bytes()).is_some()).then_some(RowFault::NotText)
    }
}

/// Answers all rows of a source in their order; `deliver` takes the answers of some rows at a time, with their count.
///
/// With one thread everything happens on the caller's. Otherwise one more thread reads, so many compute, and the caller's
/// delivers.
pub fn run(
    asking: &Asking<'_>,
    source: &mut dyn Source,
    form: &dyn Form,
    threads: usize,
    deliver: &mut dyn FnMut(&[u8], Tally) -> io::Result<()>,
) -> Result<Tally, Stop> {
    let mut head = Vec::new();
    form.head(&mut head);
    deliver(&head, Tally::default()).map_err(Stop::Write)?;
    if threads <= 1 { run_here(asking, source, form, deliver) } else { run_on(threads, asking, source, form, deliver) }
}

fn run_here(
    asking: &Asking<'_>,
    source: &mut dyn Source,
    form: &dyn Form,
    deliver: &mut dyn FnMut(&[u8], Tally) -> io::Result<()>,
) -> Result<Tally, Stop> {
    let mut chunk = Chunk::default();
    let mut tally = Tally::default();
    let mut more = true;
    while more {
        chunk.clear(0);
        let filled = source.fill(&mut chunk);
        chunk.work(asking, form);
        deliver(&chunk.out, chunk.tally).map_err(Stop::Write)?;
        tally += chunk.tally;
        more = filled?;
    }
    Ok(tally)
}

fn run_on(
    threads: usize,
    asking: &Asking<'_>,
    source: &mut dyn Source,
    form: &dyn Form,
    deliver: &mut dyn FnMut(&[u8], Tally) -> io::Result<()>,
) -> Result<Tally, Stop> {
    let (free, freed) = mpsc::channel();
    let (to_workers, work) = mpsc::channel();
    let (to_us, done) = mpsc::channel();
    for _ in 0..threads * 2 + 2 {
        let _ = free.send(Chunk::default());
    }
    let work = Mutex::new(work);
    thread::scope(|scope| {
        let reader = scope.spawn(move || read_all(source, &freed, &to_workers));
        for _ in 0..threads {
            let to_us = to_us.clone();
            scope.spawn(|| {
                let to_us = to_us;
                loop {
                    let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(mut chunk): Result<Chunk, _> = next else { return };
                    chunk.work(asking, form);
                    if to_us.send(chunk).is_err() {
                        return;
                    }
                }
            });
        }
        drop(to_us);
        let delivered = deliver_all(&done, free, deliver);
        drop(done);
        let read = reader.join().unwrap_or_else(|_| Err(Stop::Read(io::Error::other("the reader broke down"))));
        let tally = delivered?;
        read.map(|()| tally)
    })
}

/// Fills chunks as they come free, and numbers them. A chunk that could not be filled to its end is passed on with the rows
/// that it has.
fn read_all(source: &mut dyn Source, freed: &Receiver<Chunk>, to_workers: &Sender<Chunk>) -> Result<(), Stop> {
    for sequence in 0.. {
        let Ok(mut chunk) = freed.recv() else { return Ok(()) };
        chunk.clear(sequence);
        let filled = source.fill(&mut chunk);
        if to_workers.send(chunk).is_err() {
            return Ok(());
        }
        if !filled? {
            return Ok(());
        }
    }
    Ok(())
}

/// Delivers chunks in the order of their numbers and sets them free. When nobody takes the answers any more, no chunk comes
/// free, and so everybody ends.
fn deliver_all(
    done: &Receiver<Chunk>,
    free: Sender<Chunk>,
    deliver: &mut dyn FnMut(&[u8], Tally) -> io::Result<()>,
) -> Result<Tally, Stop> {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    let mut tally = Tally::default();
    while let Ok(chunk) = done.recv() {
        waiting.insert(chunk.sequence, chunk);
        while let Some(chunk) = waiting.remove(&next) {
            deliver(&chunk.out, chunk.tally).map_err(Stop::Write)?;
            tally += chunk.tally;
            next += 1;
            // The reader may have come to the end.
            let _ = free.send(chunk);
        }
    }
    Ok(tally)
}

/// Reads once, whatever interrupts.
pub(super) fn read(input: &mut impl Read, into: &mut [u8]) -> Result<usize, Stop> {
    loop {
        match input.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other.map_err(Stop::Read),
        }
    }
}

/// Adds a value as JSON. Writing into memory fails only if a type refuses to be written, and none of ours does.
pub(super) fn json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    json_as(out, CompactFormatter, value);
}

/// Adds a value as JSON, its signs written by a formatter.
pub(super) fn json_as(out: &mut Vec<u8>, formatter: impl Formatter, value: &(impl Serialize + ?Sized)) {
    if let Err(error) = value.serialize(&mut serde_json::Serializer::with_formatter(out, formatter)) {
        tracing::error!(%error, "an answer could not be written");
    }
}
