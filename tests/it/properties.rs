//! Exactness: over many random cases no fen is lost or made, no order is turned round, and every figure is what a second,
//! slower way of computing it gives.
//!
//! Every property runs [`CASES`] cases from a fixed seed, so that a failure is the same on every machine. Amounts run from
//! 0.01 yuan to just below 10^15 yuan. Of every 64 cases one is calculated with its steps, and each of them is evaluated
//! again by [`crate::formula`].

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};
use lode::domain::context::{Context, Detail, calculate};
use lode::domain::error::Fault;
use lode::domain::explain::Answer;
use lode::domain::quantity::Number;
use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rust_decimal::Decimal;

use crate::formula::{evaluate, parse_value};
use crate::rate_data::book;

mod income;
mod instalments;
mod late_fee;
mod money;
mod projection;
mod treasuries;
mod valuation;

/// Random cases for each property.
const CASES: u32 = 100_000;

/// One fen below 10^15 yuan.
const MOST_FEN: i64 = 99_999_999_999_999_999;

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: CASES,
        rng_seed: RngSeed::Fixed(20_230_501),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    }
}

/// An amount in fen, small and large ones alike often, up to `10^digits - 1`.
fn fen_up_to(digits: u32) -> impl Strategy<Value = i64> {
    (1..=digits, any::<u64>()).prop_map(|(digits, random)| {
        let limit = 10_u64.pow(digits) - 1;
        // Every sixteenth case is the largest amount of its length.
        i64::try_from(if random % 16 == 0 { limit } else { 1 + random % limit }).unwrap()
    })
}

/// An amount in fen below 10^15 yuan.
fn fen() -> impl Strategy<Value = i64> {
    fen_up_to(17)
}

/// A positive decimal of up to so many digits, up to `scale` of them behind the point.
fn decimal(digits: u32, scale: u32) -> impl Strategy<Value = Decimal> {
    (fen_up_to(digits), 0..=scale).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale))
}

/// A percentage above 0 and at most 100 with up to six decimals, whole ones often.
fn percent() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        (1_i64..=100).prop_map(|whole| Decimal::new(whole, 0)),
        (1_i64..=1_000).prop_map(|tenths| Decimal::new(tenths, 1)),
        (1_i64..=100_000_000).prop_map(|millionths| Decimal::new(millionths, 6)),
    ]
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn days_after(day: NaiveDate, count: u64) -> NaiveDate {
    day + Days::new(count)
}

/// The same day so many years later; 29 February becomes 28 February in a common year.
fn years_after(day: NaiveDate, years: i32) -> NaiveDate {
    let moved = day.with_year(day.year() + years);
    moved.unwrap_or_else(|| NaiveDate::from_ymd_opt(day.year() + years, 2, 28).unwrap())
}

fn yuan(fen: i64) -> Number {
    Number::Exactly(Decimal::new(fen, 2))
}

/// The decimal as a whole number of `10^-places`; it has no more places.
fn whole(value: Decimal, places: u32) -> BigInt {
    BigInt::from(value.mantissa()) * BigInt::from(10).pow(places - value.scale())
}

/// `numerator / denominator` rounded to a whole number, the half away from zero. The denominator is positive.
fn rounded(numerator: &BigInt, denominator: &BigInt) -> BigInt {
    let doubled = numerator.abs() * 2 + denominator;
    // Truncation of a positive number; the sign comes back at the end.
    let size: BigInt = doubled / (denominator * 2);
    if numerator.is_negative() { -size } else { size }
}

/// The same in machine integers.
fn rounded_i128(numerator: i128, denominator: i128) -> i128 {
    let size = (numerator.abs() * 2 + denominator) / (denominator * 2);
    if numerator < 0 { -size } else { size }
}

/// What a rule answers; faults are left to the caller. Of every 64 cases, by `pick`, one is explained and checked.
fn answer<'b, T>(
    pick: i64,
    rule: impl FnOnce(&mut Context<'b>) -> Option<T>,
) -> Result<Result<T, Vec<Fault<'b>>>, TestCaseError> {
    let detail = if pick.rem_euclid(64) == 0 { Detail::Steps } else { Detail::FiguresOnly };
    match calculate(book(), detail, rule) {
        Ok(answer) => {
            explains(&answer)?;
            Ok(Ok(answer.result))
        }
        Err(faults) => {
            prop_assert!(!faults.is_empty(), "the rule gave up without a reason");
            Ok(Err(faults))
        }
    }
}

/// What a rule answers to a request that has nothing wrong with it.
fn sound<'b, T>(pick: i64, rule: impl FnOnce(&mut Context<'b>) -> Option<T>) -> Result<T, TestCaseError> {
    answer(pick, rule)?.map_err(|faults| TestCaseError::fail(format!("{faults:?}")))
}

/// Every step's formula gives its result and uses its inputs.
fn explains<T>(answer: &Answer<'_, T>) -> Result<(), TestCaseError> {
    for step in &answer.steps {
        let inputs: BTreeMap<String, _> =
            step.inputs.iter().map(|input| (input.name.to_string(), parse_value(&input.value.to_string()))).collect();
        prop_assert_eq!(inputs.len(), step.inputs.len(), "{}: two inputs of one name", step.rule);
        match evaluate(&step.formula, &inputs) {
            Ok((value, used)) => {
                prop_assert_eq!(value, parse_value(&step.result.to_string()), "{}: {:?}", step.rule, step);
                prop_assert_eq!(used.len(), inputs.len(), "{}: an input is not used: {:?}", step.rule, step);
            }
            Err(error) => prop_assert!(false, "{}: {} {}", step.rule, step.formula, error),
        }
    }
    Ok(())
}

/// Whether all differ by at most one fen, the larger ones first, and none is lost.
fn equal_parts(total: i64, parts: &[i64]) -> bool {
    parts.iter().sum::<i64>() == total
        && parts.windows(2).all(|pair| pair[0] >= pair[1])
        && parts.first().zip(parts.last()).is_some_and(|(first, last)| first - last <= 1)
}

#[test]
fn the_reference_rounds_the_half_away_from_zero() {
    for (numerator, denominator, expected) in
        [(5, 10, 1), (4, 10, 0), (-5, 10, -1), (-4, 10, 0), (15, 10, 2), (25, 10, 3), (0, 7, 0), (1, 3, 0), (2, 3, 1)]
    {
        assert_eq!(rounded_i128(numerator, denominator), expected, "{numerator}/{denominator}");
        assert_eq!(rounded(&BigInt::from(numerator), &BigInt::from(denominator)), BigInt::from(expected));
    }
    assert!(rounded(&BigInt::zero(), &BigInt::from(2)).is_zero());
}
