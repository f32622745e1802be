//! Whether a rate costs more to look up among more versions: `cargo bench --bench lookup`.
//!
//! The catalogue of the built-in data, repeated: ten versions in ten years, and a thousand in the same years. Both are asked
//! for the same days and minerals, and take turns.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that meets the unexpected stops there")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use lode::domain::annual_income::{self, annual_income};
use lode::domain::catalogue::Levy;
use lode::domain::context::{Detail, calculate};
use lode::domain::due_date::HolidayShift;
use lode::domain::late_fee::{self, late_fee};
use lode::domain::quantity::Number;
use lode::domain::rate_book::{RateBook, Version};
use lode::domain::sales::{Line, Product};
use lode::domain::timeline::{Dated, Timeline};
use lode::domain::transfer_income::TransferMode;

/// Days over which the versions are spread.
const SPAN: u64 = 3650;
/// Versions of the smaller book; the larger one has a hundred times as many.
const FEW: u64 = 10;
/// How often each side has its turn; the fastest turn counts, since nothing but other programs makes one slower.
const TURNS: u32 = 30;
/// Questions of one turn.
const QUESTIONS: u64 = 20_000;

/// Asks a book [`QUESTIONS`] times.
type Way = fn(&RateBook) -> u64;

fn main() {
    // Whoever lists or tests the benches wants no table.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let book = lode::rates::load_builtin().unwrap();
    let [few, many] = [FEW, FEW * 100].map(|versions| with_versions(&book, versions));
    let ways: [(&str, Way); 4] = [
        ("version of a day", version_of_a_day),
        ("rate of a mineral on a day", rate_of_a_mineral),
        ("annual income, one line, with steps", income_of_a_year),
        ("late fee, with steps", fee),
    ];
    println!("{:<38}{:>16}{:>16}{:>8}", "nanoseconds each", "10 versions", "1000 versions", "ratio");
    for (name, way) in ways {
        let mut fastest = [Duration::MAX; 2];
        for _ in 0..TURNS {
            for (book, fastest) in [&few, &many].into_iter().zip(&mut fastest) {
                let start = Instant::now();
                black_box(way(book));
                *fastest = start.elapsed().min(*fastest);
            }
        }
        let [few, many] = fastest.map(|time| time.as_nanos() * 10 / u128::from(QUESTIONS));
        let hundredths = many * 100 / few.max(1);
        let tenths = |number: u128| format!("{}.{}", number / 10, number % 10);
        let ratio = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        println!("{name:<38}{:>16}{:>16}{ratio:>8}", tenths(few), tenths(many));
    }
}

/// The book with so many versions of what is looked up, all of them alike.
fn with_versions(book: &RateBook, versions: u64) -> RateBook {
    let mut book = book.clone();
    book.catalogue = repeated(&book.catalogue, versions);
    book.late_fee = repeated(&book.late_fee, versions);
    book
}

fn repeated<T: Clone>(timeline: &Timeline<T>, versions: u64) -> Timeline<T> {
    let last = timeline.entries().last().unwrap();
    let first = last.version.effective_from;
    let one = |number: u64| {
        let effective_from = first + Days::new(SPAN * number / versions);
        let id = format!("{}/{effective_from}", last.version.topic);
        let version = Version { id, effective_from, effective_until: None, ..Version::clone(&last.version) };
        Dated { version: Arc::new(version), value: last.value.clone() }
    };
    Timeline::new((0..versions).map(one).collect()).unwrap()
}

/// Days of 2025 and 2026 in no order.
fn days() -> impl Iterator<Item = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap();
    (0..QUESTIONS).map(move |question| first + Days::new(question * 7919 % 700))
}

const MINERALS: [&str; 4] = ["金", "煤炭", "铜", "石灰岩"];

fn version_of_a_day(book: &RateBook) -> u64 {
    days().map(|day| u64::from(black_box(book.catalogue.at(black_box(day))).is_ok())).sum()
}

fn rate_of_a_mineral(book: &RateBook) -> u64 {
    let minerals = MINERALS.iter().cycle();
    days()
        .zip(minerals)
        .map(|(day, name)| {
            let catalogue = &book.catalogue_at(black_box(day)).unwrap().value;
            let mineral = book.minerals.find(black_box(name));
            let levy = mineral.map(|mineral| catalogue.levy(&book.minerals, mineral).unwrap());
            match levy {
                Some(Levy::ByRate(row)) => u64::from(black_box(row.rate(None, None)).is_ok()),
                Some(Levy::ByAmount) | None => 0,
            }
        })
        .sum()
}

fn income_of_a_year(book: &RateBook) -> u64 {
    days()
        .filter(|day| *day < NaiveDate::from_ymd_opt(2026, 1, 1).unwrap())
        .map(|day| {
            let revenue = Some(Number::Exactly("1234567.89".parse().unwrap()));
            let request = annual_income::Request {
                year: 2025,
                transfer_mode: TransferMode::Agreement,
                transfer_date: None,
                contract_rate_percent: None,
                province: None,
                lines: vec![Line { revenue, sold_on: Some(day), ..Line::of("金", Product::Concentrate) }],
                combine_as: None,
                location: None,
                paid_on: None,
                holiday_shift: HolidayShift::Off,
                reduction: None,
            };
            let answer = calculate(book, Detail::Steps, |context| annual_income(black_box(&request), context));
            black_box(answer.unwrap().steps.len()) as u64
        })
        .sum()
}

fn fee(book: &RateBook) -> u64 {
    // Due on the first day of a version of the larger book, which lasts for three: no version changes while it is late.
    let first = book.late_fee.entries().first().unwrap().version.effective_from;
    let starts = (0..QUESTIONS).map(|question| first + Days::new(SPAN * (200 + question * 7919 % 200) / (FEW * 100)));
    starts
        .map(|day| {
            let request = late_fee::Request {
                principal: Number::Exactly("6846400.00".parse().unwrap()),
                due_date: day,
                as_of: day + Days::new(2),
                payments: Vec::new(),
                deferrals: Vec::new(),
                location: None,
            };
            let answer = calculate(book, Detail::Steps, |context| late_fee(black_box(&request), context));
            black_box(answer.unwrap().steps.len()) as u64
        })
        .sum()
}
