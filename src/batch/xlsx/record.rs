//! Rows on their way from the workers to the one who writes the workbook: numbers, then texts with their lengths.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

use crate::api::json;
use crate::batch::cells::CellSink;
use crate::batch::kind::Kind;

/// How a row went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It asks nothing, and is only repeated.
    Passed,
    /// It was answered.
    Good,
    /// It was refused.
    Bad,
}

/// What a cell of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Empty,
    Text,
    Figure,
    Json,
}

const OUTCOMES: [(Outcome, u8); 3] = [(Outcome::Passed, b'p'), (Outcome::Good, b'g'), (Outcome::Bad, b'b')];
const TAGS: [(Tag, u8); 4] = [(Tag::Empty, b'-'), (Tag::Text, b't'), (Tag::Figure, b'f'), (Tag::Json, b'j')];

fn letter<T: PartialEq + Copy>(all: &[(T, u8)], wanted: T) -> u8 {
    all.iter().find(|(known, _)| *known == wanted).map_or(b'-', |(_, letter)| *letter)
}

fn of_letter<T: Copy>(all: &[(T, u8)], letter: u8) -> io::Result<T> {
    all.iter().find(|(_, known)| *known == letter).map(|(known, _)| *known).ok_or_else(broken)
}

fn broken() -> io::Error {
    io::Error::other("a row was broken on its way into the workbook")
}

/// Begins the record of a row; gives the place of its outcome.
pub(super) fn begin(number: u64, out: &mut Vec<u8>) -> usize {
    out.extend_from_slice(&number.to_le_bytes());
    out.push(letter(&OUTCOMES, Outcome::Passed));
    out.len() - 1
}

/// Sets the outcome of a record.
pub(super) fn conclude(at: usize, outcome: Outcome, out: &mut [u8]) {
    if let Some(place) = out.get_mut(at) {
        *place = letter(&OUTCOMES, outcome);
    }
}

/// Adds a number.
pub(super) fn put_number(number: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

/// Adds a text.
pub(super) fn put_text(text: &str, out: &mut Vec<u8>) {
    put_number(text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

/// Adds a cell of the row itself.
pub(super) fn put_cell(kind: Kind, text: &str, out: &mut Vec<u8>) {
    out.push(kind.letter());
    put_text(text, out);
}

/// Adds the cells of an answer.
pub(super) struct ToRecord<'o>(pub(super) &'o mut Vec<u8>);

impl ToRecord<'_> {
    fn put(&mut self, tag: Tag, write: impl FnOnce(&mut Vec<u8>)) {
        self.0.push(letter(&TAGS, tag));
        let start = self.0.len();
        put_number(0, self.0);
        write(self.0);
        let length = u32::try_from(self.0.len() - start - 4).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(place) = self.0.get_mut(start..start + 4) {
            place.copy_from_slice(&length);
        }
    }
}

impl CellSink for ToRecord<'_> {
    fn empty(&mut self) {
        self.put(Tag::Empty, |_| {});
    }

    fn text(&mut self, text: &str) {
        self.put(Tag::Text, |out| out.extend_from_slice(text.as_bytes()));
    }

    fn figure(&mut self, digits: &[u8]) {
        self.put(Tag::Figure, |out| out.extend_from_slice(digits));
    }

    fn display<T: Display + ?Sized>(&mut self, value: &T) {
        self.put(Tag::Figure, |out| {
            // Writing into memory does not fail.
            let _ = write!(out, "{value}");
        });
    }

    fn json<T: Serialize + ?Sized>(&mut self, value: &T) {
        self.put(Tag::Json, |out| json::write(out, value));
    }
}

/// Reads records.
pub(super) struct Records<'b>(pub(super) &'b [u8]);

impl<'b> Records<'b> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, length: usize) -> io::Result<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(broken)?;
        self.0 = rest;
        Ok(taken)
    }

    fn letter(&mut self) -> io::Result<u8> {
        self.take(1)?.first().copied().ok_or_else(broken)
    }

    /// The number and the outcome of a row.
    pub(super) fn head(&mut self) -> io::Result<(u64, Outcome)> {
        let number = self.take(8)?.try_into().map_err(|_| broken())?;
        Ok((u64::from_le_bytes(number), of_letter(&OUTCOMES, self.letter()?)?))
    }

    /// A number.
    pub(super) fn number(&mut self) -> io::Result<usize> {
        let number = u32::from_le_bytes(self.take(4)?.try_into().map_err(|_| broken())?);
        usize::try_from(number).map_err(|_| broken())
    }

    /// A text.
    pub(super) fn text(&mut self) -> io::Result<&'b str> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| broken())
    }

    /// A cell of the row itself.
    pub(super) fn cell(&mut self) -> io::Result<(Kind, &'b str)> {
        Ok((Kind::of(self.letter()?), self.text()?))
    }

    /// A cell of the answer.
    pub(super) fn answer(&mut self) -> io::Result<(Tag, &'b str)> {
        Ok((of_letter(&TAGS, self.letter()?)?, self.text()?))
    }
}
