//! What the calculations cost. Every group has a yardstick of plain integers in the same run, so that the ratio says
//! something on any machine: `cargo bench`.
#![allow(clippy::unwrap_used, reason = "a bench that meets the unexpected stops there")]

use std::hint::black_box;
use std::sync::OnceLock;

use chrono::NaiveDate;
use divan::Bencher;
use lode::domain::allocate::allocate;
use lode::domain::annual_income::{self, annual_income};
use lode::domain::context::{Context, Detail, calculate};
use lode::domain::due_date::HolidayShift;
use lode::domain::late_fee::{self, late_fee};
use lode::domain::money::Yuan;
use lode::domain::place::AreaKind;
use lode::domain::quantity::Number;
use lode::domain::rate_book::RateBook;
use lode::domain::revenue_split::{Area, Location};
use lode::domain::sales::{Line, Product};
use lode::domain::start_price::{self, Geology, Parameters, Right, Stage, starting_price};
use lode::domain::transfer_income::TransferMode;
use rust_decimal::Decimal;

fn main() {
    book();
    divan::main();
}

fn book() -> &'static RateBook {
    static BOOK: OnceLock<RateBook> = OnceLock::new();
    BOOK.get_or_init(|| lode::rates::load_builtin().unwrap())
}

const DETAIL: [Detail; 2] = [Detail::FiguresOnly, Detail::Steps];

fn run<'b, T>(detail: Detail, rule: impl FnOnce(&mut Context<'b>) -> Option<T>) -> usize {
    let answer = calculate(book(), detail, rule).unwrap();
    black_box(&answer.result);
    answer.steps.len()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn number(text: &str) -> Number {
    Number::Exactly(text.parse().unwrap())
}

/// Two per mille of a principal for each of 300 days, and a rounding: the least that a late fee can cost.
#[divan::bench]
fn yardstick_in_plain_integers() -> i128 {
    let (principal, days) = black_box((123_456_789_i128, 300_i128));
    (principal * days * 2 + 500) / 1_000
}

#[divan::bench_group]
mod allocation {
    use super::*;

    #[divan::bench(args = [2, 7, 30])]
    fn equal_parts(count: usize) -> Vec<Yuan> {
        let weights = vec![Decimal::ONE; count];
        allocate(black_box(Yuan::from_fen(6_846_400_000).unwrap()), &weights).unwrap()
    }

    #[divan::bench]
    fn central_and_local() -> Vec<Yuan> {
        let weights = [Decimal::from(40), Decimal::from(60)];
        allocate(black_box(Yuan::from_fen(6_846_400_001).unwrap()), &weights).unwrap()
    }
}

#[divan::bench_group]
mod late_fees {
    use super::*;

    fn request(payments: usize) -> late_fee::Request<'static> {
        late_fee::Request {
            principal: number("9793742949.53"),
            due_date: day("2025-01-10"),
            as_of: day("2026-03-31"),
            payments: (0..payments)
                .map(|month| late_fee::Payment {
                    date: day("2025-02-01") + chrono::Days::new(30 * u64::try_from(month).unwrap()),
                    amount: number("1000000.01"),
                })
                .collect(),
            deferrals: Vec::new(),
            location: None,
        }
    }

    #[divan::bench(args = DETAIL)]
    fn without_payments(bencher: Bencher<'_, '_>, detail: Detail) {
        let request = request(0);
        bencher.bench(|| run(detail, |context| late_fee(black_box(&request), context)));
    }

    #[divan::bench(args = DETAIL)]
    fn with_twelve_payments(bencher: Bencher<'_, '_>, detail: Detail) {
        let request = request(12);
        bencher.bench(|| run(detail, |context| late_fee(black_box(&request), context)));
    }
}

#[divan::bench_group]
mod income_of_a_year {
    use super::*;

    fn line(mineral: &'static str, revenue: &str) -> Line<'static> {
        Line { revenue: Some(number(revenue)), ..Line::of(mineral, Product::Concentrate) }
    }

    #[divan::bench(args = DETAIL)]
    fn three_lines_and_split(bencher: Bencher<'_, '_>, detail: Detail) {
        let area = Area { kind: AreaKind::Land, province: Some("150000"), scheme: None };
        let request = annual_income::Request {
            year: 2025,
            transfer_mode: TransferMode::Agreement,
            transfer_date: None,
            contract_rate_percent: None,
            province: None,
            lines: vec![line("金", "1234567.89"), line("银", "98765.43"), line("铜", "5555555.55")],
            combine_as: None,
            location: Some(Location::Single(area)),
            paid_on: None,
            holiday_shift: HolidayShift::Off,
            reduction: None,
        };
        bencher.bench(|| run(detail, |context| annual_income(black_box(&request), context)));
    }
}

#[divan::bench_group]
mod price_at_the_start {
    use super::*;

    #[divan::bench(args = DETAIL)]
    fn iron_listing(bencher: Bencher<'_, '_>, detail: Detail) {
        let request = start_price::Request {
            as_of: day("2024-06-01"),
            province: Some("湖北"),
            mineral: "铁",
            right: Right::Exploration,
            geology: Some(Geology::Medium),
            stage: Some(Stage::General),
            area_km2: number("3.5784"),
            place: None,
            parameters: Parameters::default(),
            appraised_value: None,
            benchmark_value: None,
        };
        bencher.bench(|| run(detail, |context| starting_price(black_box(&request), context)));
    }
}
