//! The answer to a row as cells beside its own.

use super::record::{self, Outcome, ToRecord};
use crate::api::error::Problem;
use crate::api::topic::{Answered, Call, Receive, Topic};
use crate::batch::cells::{Table, ToCells};
use crate::batch::engine::{Asking, Form, Row};
use crate::batch::header;
use crate::batch::kind::Kind;
use crate::batch::model::Leaf;
use crate::batch::reading::{LineId, Reading};
use crate::domain::explain::Answer;

/// Writes answers as rows of a workbook: what `deliver` gets of it goes to [`XlsxBook::take`](super::XlsxBook::take).
#[derive(Clone, Debug)]
pub struct XlsxForm {
    /// The columns of the answers.
    pub(super) table: Table,
    /// The columns of the input that are repeated: position and head.
    pub(super) repeated: Vec<(usize, String)>,
}

impl XlsxForm {
    /// The form for a table with these heads, or with none for lines of JSON. Columns that an earlier batch wrote are left
    /// out.
    pub fn new(table: Table, heads: &[String]) -> XlsxForm {
        let repeated: Vec<(usize, String)> = heads
            .iter()
            .enumerate()
            .filter(|(_, head)| !header::is_of_a_result(head.trim()))
            .map(|(index, head)| (index, head.clone()))
            .collect();
        let table = if repeated.is_empty() { table } else { table.beside_its_rows() };
        XlsxForm { table, repeated }
    }

    /// The column of the output in which a column of the input is repeated.
    fn place(&self, column: usize) -> Option<usize> {
        self.repeated.iter().position(|(index, _)| *index == column)
    }

    fn refuse(&self, problem: &Problem<'_>, asked: Asked<'_>, out: &mut Vec<u8>) {
        let Asked { reading, row, line_id, .. } = asked;
        self.table.refuse(line_id, problem, (reading, row), &mut ToRecord(out));
        let Reading::Table(plan) = reading else { return record::put_number(0, out) };
        let mut faults: Vec<(usize, &str)> = Vec::new();
        for (pointer, detail) in problem.faults() {
            if let Some(column) = plan.column_at(pointer, row).and_then(|column| self.place(column)) {
                faults.push((column, asked.call.lang.pick(detail)));
            }
        }
        record::put_number(faults.len(), out);
        for (column, detail) in faults {
            record::put_number(column, out);
            record::put_text(detail, out);
        }
    }
}

/// What a cell is of which its file does not say so.
fn kind(reading: &Reading, row: &Row<'_>, column: usize) -> Kind {
    let text = row.cell(column);
    let Reading::Table(plan) = reading else { return Kind::Text };
    if let Some(kind) = plan.kind(column, row) {
        return kind;
    }
    let leaf = plan.columns.get(column).and_then(Option::as_ref).and_then(|column| column.leaf.as_ref());
    match leaf {
        _ if text.is_empty() => Kind::Empty,
        Some(Leaf::Number | Leaf::Integer) if super::number::as_double(text).is_some() => Kind::Number,
        Some(Leaf::Day) if crate::api::shape::date(text).is_some() => Kind::Day,
        _ => Kind::Text,
    }
}

impl Form for XlsxForm {
    fn head(&self, _: &mut Vec<u8>) {}

    fn answer(&self, asking: &Asking<'_>, row: &Row<'_>, out: &mut Vec<u8>) -> Option<bool> {
        let start = out.len();
        let outcome = record::begin(row.number, out);
        let mut is_blank = true;
        for (column, _) in &self.repeated {
            let text = row.cell(*column);
            is_blank &= text.is_empty();
            record::put_cell(kind(asking.reading, row, *column), text, out);
        }
        let Some(asked) = asking.ask(row) else {
            if is_blank {
                out.truncate(start);
            }
            return None;
        };
        let line_id = asked.line_id.as_ref();
        let asked_of = Asked { reading: asking.reading, row, line_id, call: &asking.call };
        let is_good = match &asked.request {
            Ok(request) => asking.topic.run_into(request, asking.call, ToSheet { form: self, asked: asked_of, out }),
            Err(problem) => {
                self.refuse(problem, asked_of, out);
                false
            }
        };
        record::conclude(outcome, if is_good { Outcome::Good } else { Outcome::Bad }, out);
        Some(is_good)
    }
}

/// A row and how it was read.
#[derive(Clone, Copy)]
struct Asked<'a> {
    reading: &'a Reading,
    row: &'a Row<'a>,
    line_id: Option<&'a LineId<'a>>,
    call: &'a Call<'a>,
}

/// Writes an answer into the record of its row.
struct ToSheet<'a> {
    form: &'a XlsxForm,
    asked: Asked<'a>,
    out: &'a mut Vec<u8>,
}

impl Receive for ToSheet<'_> {
    type Output = bool;

    fn answered<T: Answered>(self, topic: Topic, answer: &Answer<'_, T>, call: &Call<'_>) -> bool {
        let Asked { reading, row, line_id, .. } = self.asked;
        let sink = ToRecord(self.out);
        ToCells { table: &self.form.table, line_id, asked: (reading, row), sink }.answered(topic, answer, call)
    }

    fn refused(self, problem: &Problem<'_>, _: &Call<'_>) -> bool {
        self.form.refuse(problem, self.asked, self.out);
        false
    }
}
