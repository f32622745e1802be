//! CSV and JSON lines as people upload them: as many answers as rows, or a refusal of the whole by name.
//!
//! The first byte chooses the topic, the second the language and detail, and by its highest bit the form.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use lode::batch::cells::Table;
use lode::batch::csv::{CsvForm, CsvSource, Separator};
use lode::batch::encoding::Charset;
use lode::batch::engine::{Asking, run};
use lode::batch::header::Plan;
use lode::batch::lines::{self, LineForm, LineSource};
use lode::batch::reading::Reading;

#[path = "common.rs"]
mod common;

fuzz_target!(|bytes: &[u8]| {
    let [which, how, input @ ..] = bytes else { return };
    let (topic, call) = (common::topic(*which), common::call(*how));
    let mut written = 0;
    let mut count = |bytes: &[u8], _| {
        written += bytes.len();
        Ok(())
    };
    if how & 0x80 == 0 {
        let opened = CsvSource::open(Cursor::new(input), Charset::Detected, Separator::Detected);
        let Ok((mut source, heads)) = opened else { return };
        let Ok(plan) = Plan::compile(topic, &heads) else { return };
        let reading = Reading::Table(plan);
        let form = CsvForm { table: Table::of(topic, &reading, call.lang, call.detail), separator: b',', bom: true };
        let _ = run(&Asking { topic, reading: &reading, call }, &mut source, &form, 1, &mut count);
    } else {
        let reading = lines::reading();
        let mut source = LineSource::new(Cursor::new(input));
        let _ = run(&Asking { topic, reading: &reading, call }, &mut source, &LineForm, 1, &mut count);
    }
});
