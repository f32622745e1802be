//! Rows a second of whole batches, from bytes to bytes: `cargo bench --bench batch`.
//!
//! After the benches comes a table of ratios: each way of running beside a yardstick, the same arithmetic written by hand
//! without data, checks or explanation. They take turns, so that what else the machine does falls on both alike.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that meets the unexpected stops there"
)]

use std::io::Cursor;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use divan::Bencher;
use divan::counter::ItemsCount;
use lode::api::lang::Lang;
use lode::api::query::Explain;
use lode::api::topic::{Call, Topic, answer};
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
    // `cargo bench` says so; whoever lists or tests the benches wants no table.
    if std::env::args().any(|argument| argument == "--bench") {
        ratios();
    }
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
    table();
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| csv_to_csv(threads, steps));
}

/// A whole batch; gives the bytes written.
fn csv_to_csv(threads: usize, steps: bool) -> usize {
    let detail = if steps { Detail::Steps } else { Detail::FiguresOnly };
    let (mut source, heads) = CsvSource::open(Cursor::new(table()), Charset::Detected, Separator::Detected).unwrap();
    let topic = Topic::AnnualIncome;
    let reading = Reading::Table(Plan::compile(topic, &heads).unwrap());
    let form = CsvForm { table: Table::of(topic, &reading, Lang::Zh, detail), separator: b',', bom: true };
    let asking = Asking { topic, reading: &reading, call: call(detail) };
    let mut written = 0;
    let tally = run(&asking, &mut source, &form, threads, &mut deliver(&mut written)).unwrap();
    assert_eq!(tally, Tally { good: ROWS, bad: 0 });
    written
}

/// The yardstick: the crate `csv` reads and writes, the rate stands in the program, and the amount is whole fen in 128 bits.
fn by_hand() -> usize {
    let mut reader = csv::Reader::from_reader(table().as_bytes());
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).unwrap() {
        let [id, year, _, mineral, _, revenue] = std::array::from_fn(|cell| &row[cell]);
        let (yuan, fen) = revenue.split_once('.').unwrap();
        let fen = yuan.parse::<i128>().unwrap() * 100 + fen.parse::<i128>().unwrap();
        // Per thousand, as the catalogue has it.
        let (code, rate) = match mineral {
            "金" => ("gold", 23),
            "煤炭" => ("coal", 24),
            "铜" => ("copper", 12),
            _ => ("silver", 23),
        };
        let income = (fen * rate * 2 + 1000) / 2000;
        let income = format!("{}.{:02}", income / 100, income % 100);
        let due = format!("{}-02-28", year.parse::<u32>().unwrap() + 1);
        writer
            .write_record([id, &income, &due, code, &format!("{}.{}", rate / 10, rate % 10), revenue, &income])
            .unwrap();
    }
    writer.into_inner().unwrap().len()
}

#[divan::bench(sample_count = 20)]
fn yardstick_by_hand(bencher: Bencher<'_, '_>) {
    table();
    bencher.counter(ItemsCount::new(ROWS)).bench_local(by_hand);
}

/// How often each way runs for the table of ratios.
const ROUNDS: u32 = 10;

/// The time that the processors gave this process, in hundredths of a second; nothing where there is no `/proc`.
fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // After the name, which stands in parentheses: state, then ten numbers, then user and system time.
    let mut times = stat.rsplit_once(')')?.1.split_whitespace().skip(11).map(str::parse::<u64>);
    Some(Duration::from_millis((times.next()?.ok()? + times.next()?.ok()?) * 10))
}

/// Rows a second by wall clock and by processor time, and the ratio to the yardstick.
fn ratios() {
    let ways: [(&str, &dyn Fn() -> usize); 6] = [
        ("yardstick", &by_hand),
        ("1 thread", &|| csv_to_csv(1, false)),
        ("2 threads", &|| csv_to_csv(2, false)),
        ("1 thread, steps", &|| csv_to_csv(1, true)),
        ("2 threads, steps", &|| csv_to_csv(2, true)),
        ("JSON text, steps", &|| json_to_json(true)),
    ];
    let mut spent = [(Duration::ZERO, Duration::ZERO); 6];
    for _ in 0..ROUNDS {
        for ((_, way), (wall, processor)) in ways.iter().zip(&mut spent) {
            let (before, start) = (processor_time(), Instant::now());
            divan::black_box(way());
            *wall += start.elapsed();
            *processor += processor_time().zip(before).map_or(Duration::ZERO, |(after, before)| after - before);
        }
    }
    let rows = u128::from(ROWS * u64::from(ROUNDS));
    let per_second = |spent: Duration| rows * 1_000_000 / spent.as_micros().max(1);
    println!("\n{:<18}{:>14}{:>22}{:>30}", "", "rows/s (wall)", "rows/s of processor", "processor time, yardstick = 1");
    let yardstick = spent[0].1;
    for ((name, _), (wall, processor)) in ways.iter().zip(spent) {
        let hundredths = processor.as_micros() * 100 / yardstick.as_micros().max(1);
        let ratio = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        println!("{name:<18}{:>14}{:>22}{ratio:>30}", per_second(wall), per_second(processor));
    }
}

/// Single requests in this process, as the service answers each: from JSON text to JSON text.
fn json_to_json(steps: bool) -> usize {
    let detail = if steps { Detail::Steps } else { Detail::FiguresOnly };
    let requests = lines().lines().map(|line| {
        // A single request has no name.
        let (_, request) = line.split_once(',').unwrap();
        format!("{{{request}")
    });
    static REQUESTS: OnceLock<Vec<String>> = OnceLock::new();
    let requests = REQUESTS.get_or_init(|| requests.collect());
    let answered = requests.iter().map(|request| {
        let reply = answer(Topic::AnnualIncome, request.as_bytes(), call(detail));
        assert!(reply.is_success());
        divan::black_box(reply.body).len()
    });
    answered.sum()
}

#[divan::bench(args = [false, true], sample_count = 10)]
fn json_text_to_json_text_by_steps(bencher: Bencher<'_, '_>, steps: bool) {
    json_to_json(steps);
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| json_to_json(steps));
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
