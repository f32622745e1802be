//! Rows a second of whole batches, from bytes to bytes: `cargo bench --bench batch`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that meets the unexpected stops there")]

use std::io::Cursor;
use std::sync::OnceLock;

use divan::Bencher;
use divan::counter::ItemsCount;
use lode::api::lang::Lang;
use lode::api::query::Explain;
use lode::api::topic::{Call, Topic};
use lode::batch::cells::Table;
use lode::batch::csv::{CsvForm, CsvSource, Separator};
use lode::batch::encoding::Charset;
use lode::batch::engine::{Asking, Tally, run};
use lode::batch::header::Plan;
use lode::batch::lines::{LineForm, LineSource};
use lode::batch::reading::Reading;
use lode::domain::context::Detail;
use lode::domain::rate_book::RateBook;

fn main() {
    book();
    divan::main();
}

fn book() -> &'static RateBook {
    static BOOK: OnceLock<RateBook> = OnceLock::new();
    BOOK.get_or_init(|| lode::rates::load_builtin().unwrap())
}

/// Rows of each run.
const ROWS: u64 = 100_000;

/// Minerals with the product that they are levied on.
const SOLD: [(&str, &str); 4] =
    [("金", "concentrate"), ("煤炭", "raw_ore"), ("铜", "concentrate"), ("silver", "concentrate")];

/// One line of annual income in each row.
fn rows(write: impl Fn(u64, &str, &str) -> String) -> String {
    let row = |row: u64| {
        let (mineral, product) = SOLD[usize::try_from(row % 4).unwrap()];
        write(row, mineral, product)
    };
    (0..ROWS).map(row).collect()
}

fn table() -> &'static str {
    static TABLE: OnceLock<String> = OnceLock::new();
    TABLE.get_or_init(|| {
        let rows = rows(|row, mineral, product| {
            format!("A-{row:08},2024,agreement,{mineral},{product},{}.{:02}\n", row * 7_919 % 99_999_989, row % 100)
        });
        format!("line_id,year,transfer_mode,mineral,product,revenue\n{rows}")
    })
}

fn lines() -> &'static str {
    static LINES: OnceLock<String> = OnceLock::new();
    LINES.get_or_init(|| {
        rows(|row, mineral, product| {
            format!(
                "{{\"line_id\":\"A-{row:08}\",\"year\":2024,\"transfer_mode\":\"agreement\",\"lines\":[{{\"mineral\":\"{mineral}\",\
                 \"product\":\"{product}\",\"revenue\":\"{}.{:02}\"}}]}}\n",
                row * 7_919 % 99_999_989,
                row % 100
            )
        })
    })
}

fn call(detail: Detail) -> Call<'static> {
    Call { book: book(), lang: Lang::Zh, detail, explain: Explain::Applied, request_id: "bench" }
}

fn deliver(written: &mut usize) -> impl FnMut(&[u8], Tally) -> std::io::Result<()> {
    |bytes, _| {
        *written += divan::black_box(bytes).len();
        Ok(())
    }
}

#[divan::bench(args = [(1, false), (2, false), (1, true), (2, true)], sample_count = 20)]
fn csv_to_csv_by_threads_and_steps(bencher: Bencher<'_, '_>, (threads, steps): (usize, bool)) {
    let detail = if steps { Detail::Steps } else { Detail::FiguresOnly };
    table();
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let (mut source, heads) =
            CsvSource::open(Cursor::new(table()), Charset::Detected, Separator::Detected).unwrap();
        let topic = Topic::AnnualIncome;
        let reading = Reading::Table(Plan::compile(topic, &heads).unwrap());
        let form = CsvForm { table: Table::of(topic, &reading, Lang::Zh, detail), separator: b',', bom: true };
        let asking = Asking { topic, reading: &reading, call: call(detail) };
        let mut written = 0;
        let tally = run(&asking, &mut source, &form, threads, &mut deliver(&mut written)).unwrap();
        assert_eq!(tally, Tally { good: ROWS, bad: 0 });
        written
    });
}

#[divan::bench(args = [1, 2], sample_count = 10)]
fn json_lines_with_steps(bencher: Bencher<'_, '_>, threads: usize) {
    lines();
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        let asking = Asking { topic: Topic::AnnualIncome, reading: &Reading::Lines, call: call(Detail::Steps) };
        let mut source = LineSource::new(Cursor::new(lines()));
        let mut written = 0;
        let tally = run(&asking, &mut source, &LineForm, threads, &mut deliver(&mut written)).unwrap();
        assert_eq!(tally, Tally { good: ROWS, bad: 0 });
        written
    });
}
