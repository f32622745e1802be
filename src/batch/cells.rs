//! The row of a table that answers a row: its name, the figures, the warnings, the steps where they are asked for, and the
//! error of a row that could not be computed.

use std::fmt::Display;

use serde::ser::{Serialize, SerializeStruct};

use super::engine::Row;
use super::flat::Flat;
use super::heads::LINE_ID;
use super::reading::{LineId, Reading};
use crate::api::error::Problem;
use crate::api::lang::Lang;
use crate::api::show::{Shown, Steps};
use crate::api::topic::{Answered, Call, Receive, Topic};
use crate::domain::context::Detail;
use crate::domain::explain::Answer;

/// Takes the cells of a row, one after the other.
pub trait CellSink {
    /// An empty cell.
    fn empty(&mut self);
    /// A text.
    fn text(&mut self, text: &str);
    /// A number, an amount or a day, in its digits: with nothing that a form would have to mask.
    fn figure(&mut self, digits: &[u8]);
    /// A long number or a citation, as it displays itself.
    fn display<T: Display + ?Sized>(&mut self, value: &T);
    /// Anything as JSON.
    fn json<T: Serialize + ?Sized>(&mut self, value: &T);
}

/// The heads after the figures, in Chinese and English: warnings, steps, and the error of a row.
pub const TAIL: [[&str; 2]; 5] = [
    ["提示", "warnings"],
    ["计算步骤", "steps"],
    ["错误", "error"],
    ["错误代码", "error_code"],
    ["错误位置", "error_at"],
];

/// The columns of the answers, whatever form they are written in.
#[derive(Clone, Debug)]
pub struct Table {
    flat: Flat,
    lang: Lang,
    detail: Detail,
    line_id: bool,
}

impl Table {
    /// The table that answers rows of this reading.
    pub fn of(topic: Topic, reading: &Reading, lang: Lang, detail: Detail) -> Table {
        let (plan, line_id) = match reading {
            Reading::Table(plan) => (Some(plan), plan.line_id.is_some()),
            // A line may have a name or not; the column is there for those that do.
            Reading::Lines => (None, true),
        };
        Table { flat: Flat::of(topic, plan), lang, detail, line_id }
    }

    /// The table without the names of the rows: for an answer that repeats the row itself.
    pub fn beside_its_rows(self) -> Table {
        Table { line_id: false, ..self }
    }

    /// Whether there is a column of steps, and its place.
    pub fn steps_at(&self) -> Option<usize> {
        (self.detail == Detail::Steps).then(|| usize::from(self.line_id) + self.flat.width() + 1)
    }

    /// Its heads in their order.
    pub fn heads(&self) -> Vec<&str> {
        let pick = |[zh, en]: [&'static str; 2]| match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        };
        let [en, zh] = LINE_ID;
        let name = self.line_id.then(|| pick([zh, en]));
        let [warnings, steps, error, code, at] = TAIL.map(pick);
        let steps = (self.detail == Detail::Steps).then_some(steps);
        name.into_iter()
            .chain(self.flat.heads(self.lang))
            .chain([warnings])
            .chain(steps)
            .chain([error, code, at])
            .collect()
    }

    /// Writes the row of a request that is none.
    pub fn refuse<S: CellSink>(
        &self,
        line_id: Option<&LineId<'_>>,
        problem: &Problem<'_>,
        (reading, row): (&Reading, &Row<'_>),
        sink: &mut S,
    ) {
        self.name(line_id, sink);
        for _ in 0..self.flat.width() + 1 + usize::from(self.detail == Detail::Steps) {
            sink.empty();
        }
        let faults: Vec<_> = problem.faults().collect();
        let place = |pointer: &str| reading.place(pointer, row, self.lang);
        match faults.as_slice() {
            [] | [_] => sink.text(self.lang.pick(problem.detail())),
            several => {
                let told = several.iter().map(|(pointer, detail)| match place(pointer) {
                    place if place.is_empty() => self.lang.pick(detail).to_owned(),
                    place => format!("{place}：{}", self.lang.pick(detail)),
                });
                sink.text(&told.collect::<Vec<_>>().join("；"));
            }
        }
        sink.text(problem.code().as_str());
        let mut places: Vec<String> = Vec::new();
        for place in faults.iter().map(|(pointer, _)| place(pointer)) {
            if !place.is_empty() && !places.contains(&place) {
                places.push(place);
            }
        }
        sink.text(&places.join("、"));
    }

    fn name<S: CellSink>(&self, line_id: Option<&LineId<'_>>, sink: &mut S) {
        match (self.line_id, line_id) {
            (false, _) => {}
            (true, None) => sink.empty(),
            (true, Some(LineId::Text(name))) => sink.text(name),
            (true, Some(LineId::Integer(number))) => sink.figure(itoa::Buffer::new().format(*number).as_bytes()),
        }
    }
}

/// Writes the answer to a row into its cells; gives whether it went well.
pub struct ToCells<'a, S> {
    /// The columns.
    pub table: &'a Table,
    /// The name of the row.
    pub line_id: Option<&'a LineId<'a>>,
    /// How the row was read, and the row: an error names its column.
    pub asked: (&'a Reading, &'a Row<'a>),
    /// Where the cells go.
    pub sink: S,
}

impl<S: CellSink> Receive for ToCells<'_, S> {
    type Output = bool;

    fn answered<T: Answered>(mut self, _: Topic, answer: &Answer<'_, T>, call: &Call<'_>) -> bool {
        let (table, sink) = (self.table, &mut self.sink);
        table.name(self.line_id, sink);
        let mut fields = table.flat.row(sink);
        if let Err(error) = answer.result.write(&mut fields, call).and_then(|()| fields.end()) {
            tracing::error!(%error, "an answer does not fit its columns");
        }
        match answer.warnings.as_slice() {
            [] => sink.empty(),
            warnings => {
                let told: Vec<&str> = warnings.iter().map(|warning| table.lang.pick(&warning.message)).collect();
                sink.text(&told.join("；"));
            }
        }
        if table.detail == Detail::Steps {
            sink.json(&Shown(&Steps(answer), call.audience()));
        }
        for _ in 0..3 {
            sink.empty();
        }
        true
    }

    fn refused(mut self, problem: &Problem<'_>, _: &Call<'_>) -> bool {
        self.table.refuse(self.line_id, problem, self.asked, &mut self.sink);
        false
    }
}
