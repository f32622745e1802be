//! JSON lines: a request on each line, an answer on each line, byte for byte the body of the single request. The name of a
//! line stands before everything else: `{"line_id":"A-1","calculation":…}`.

use std::io::Read;

use serde::Serialize;

use super::engine::{Asking, Chunk, Form, Row, RowFault, Source, Stop};
use super::limits::{ROW_BYTES, SKIPPED_BYTES};
use super::reading::{LineId, Reading};
use crate::api::error::Problem;
use crate::api::json;
use crate::api::topic::{Answered, Call, Envelope, Receive, Topic};
use crate::domain::explain::Answer;
use crate::text;

/// Bytes that are read at once.
const BLOCK: usize = 64 << 10;

/// Lines of a stream.
pub struct LineSource<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    ended: bool,
    number: u64,
}

impl<R: Read> LineSource<R> {
    /// The lines of this stream; a byte order mark at its beginning is passed over.
    pub fn new(input: R) -> LineSource<R> {
        LineSource { input, buffer: vec![0; BLOCK], at: 0, filled: 0, ended: false, number: 0 }
    }

    fn more(&mut self) -> Result<bool, Stop> {
        self.at = 0;
        self.filled = super::engine::read(&mut self.input, &mut self.buffer)?;
        self.ended = self.filled == 0;
        Ok(!self.ended)
    }

    /// Adds the bytes up to the end of the line to a chunk.
    fn line(&mut self, chunk: &mut Chunk) -> Result<(), Stop> {
        let mut length = 0_usize;
        let mut skipped = 0_u64;
        loop {
            if self.at == self.filled && !self.more()? {
                break;
            }
            let rest = self.buffer.get(self.at..self.filled).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest);
            let part = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            if length + part.len() > ROW_BYTES {
                skipped += part.len() as u64;
                chunk.forget_cell();
            } else if skipped == 0 {
                chunk.push_bytes(part);
            }
            length = length.saturating_add(part.len());
            self.at += part.len();
            if skipped > SKIPPED_BYTES {
                let number = self.number;
                return Err(Stop::Input(text!(
                    "第 {number} 行超过 64 MiB 仍未结束，已停止；每行应为一个 JSON 对象，最长 1 MiB",
                    "line {number} does not end within 64 MiB: stopped; a line is one JSON object of at most 1 MiB"
                )));
            }
            if end.is_some() {
                self.at += 1;
                break;
            }
        }
        chunk.end_cell();
        chunk.end_row(self.number, (skipped > 0).then_some(RowFault::TooLong));
        Ok(())
    }
}

impl<R: Read + Send> Source for LineSource<R> {
    fn fill(&mut self, chunk: &mut Chunk) -> Result<bool, Stop> {
        if self.number == 0 && self.filled == 0 && self.more()? {
            let start = self.buffer.get(..self.filled).unwrap_or_default();
            if start.starts_with(&[0xFF, 0xFE]) || start.starts_with(&[0xFE, 0xFF]) {
                return Err(Stop::Input(text!(
                    "JSON 行应为 UTF-8，此为 UTF-16",
                    "JSON lines are UTF-8, this is UTF-16"
                )));
            }
            if start.starts_with(b"\xEF\xBB\xBF") {
                self.at = 3;
            }
        }
        while !chunk.is_full() {
            if self.at == self.filled && (self.ended || !self.more()?) {
                return Ok(false);
            }
            self.number += 1;
            self.line(chunk)?;
        }
        Ok(true)
    }
}

/// Writes each answer on a line.
#[derive(Clone, Copy, Debug)]
pub struct LineForm;

impl Form for LineForm {
    fn head(&self, _: &mut Vec<u8>) {}

    fn answer(&self, asking: &Asking<'_>, row: &Row<'_>, out: &mut Vec<u8>) -> Option<bool> {
        let asked = asking.ask(row)?;
        let line_id = asked.line_id.as_ref();
        let is_well = match &asked.request {
            Ok(request) => asking.topic.run_into(request, asking.call, ToLine { line_id, out }),
            Err(problem) => ToLine { line_id, out }.refused(problem, &asking.call),
        };
        out.push(b'\n');
        Some(is_well)
    }
}

/// Writes an answer as it goes over HTTP, its name before it.
struct ToLine<'a> {
    line_id: Option<&'a LineId<'a>>,
    out: &'a mut Vec<u8>,
}

impl ToLine<'_> {
    fn write(self, body: &impl Serialize) {
        let Some(line_id) = self.line_id else {
            json::write(self.out, body);
            return;
        };
        self.out.extend_from_slice(br#"{"line_id":"#);
        match line_id {
            LineId::Text(name) => json::write(self.out, name),
            LineId::Integer(number) => json::write(self.out, number),
        }
        self.out.push(b',');
        let start = self.out.len();
        json::write(self.out, body);
        // The object goes on where its own brace stood.
        if self.out.get(start) == Some(&b'{') {
            self.out.remove(start);
        }
    }
}

impl Receive for ToLine<'_> {
    type Output = bool;

    fn answered<T: Answered>(self, topic: Topic, answer: &Answer<'_, T>, call: &Call<'_>) -> bool {
        self.write(&Envelope { topic, answer, call: *call });
        true
    }

    fn refused(self, problem: &Problem<'_>, call: &Call<'_>) -> bool {
        self.write(&problem.body(call.lang, call.book, call.request_id));
        false
    }
}

/// Lines of JSON are read by their JSON.
pub fn reading() -> Reading {
    Reading::Lines
}
