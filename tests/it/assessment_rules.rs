//! Every row of the decision table has its own cases in `tests/cases/assessment-rules.jsonl`: one in which it applies, and
//! for each of its conditions one in which that condition alone does not hold. The answers themselves are compared by
//! [`crate::cases`]; here the traces are counted.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use lode::domain::assessment::table::TABLE;
use lode::domain::assessment::{self, Acquired, Event, Values, assess};
use lode::domain::context::{Detail, calculate};
use lode::domain::place::Place;
use lode::domain::quantity::Number;
use lode::domain::start_price::Right;
use lode::domain::transfer_income::{self, AnnualRate, StageCompleted, TransferMode, transfer_income};
use rust_decimal::Decimal;
use serde_json::Value as Json;

use crate::cases;
use crate::rate_data::book;
use crate::service::shared;
use crate::temporal::days;

/// The ids in the order of `RULES` 12; T1 has a row for contracts and one for their conversion.
fn ids() -> Vec<String> {
    let numbered = |letter: char, last: u32| (1..=last).map(move |number| format!("{letter}{number}"));
    let mut ids: Vec<String> = numbered('G', 8).chain(numbered('E', 12)).chain(numbered('T', 13)).collect();
    let contracts = ids.iter().position(|id| id == "T1").unwrap();
    ids.insert(contracts, "T1".to_owned());
    ids
}

/// The whole trace of a case that shows it: of its answer, or of the error that no row applies.
fn trace_of(case: &Json) -> Option<Vec<Json>> {
    let path = case["path"].as_str()?.strip_suffix("?explain=all")?;
    let body = case["request"].to_string();
    let target = format!("{path}?explain=all");
    let sent = shared().send("POST", &target, &["Content-Type: application/json"], Some(body.as_bytes()));
    let answer = sent.json();
    let trace = answer.get("trace").or_else(|| answer.pointer("/errors/0/trace"))?;
    Some(trace.as_array()?.clone())
}

#[test]
fn every_row_has_a_case_and_every_condition_has_one_just_outside_it() {
    let mut applied = BTreeSet::new();
    let mut alone = BTreeSet::new();
    for case in cases::all().iter().filter(|case| case["path"].as_str().unwrap().starts_with("/v1/assessments")) {
        let Some(trace) = trace_of(case) else { continue };
        assert_eq!(trace.len(), TABLE.len(), "{}: the trace has every row", case["name"]);
        for (index, row) in trace.iter().enumerate() {
            assert_eq!(row["rule"], TABLE[index].id, "{}", case["name"]);
            match row["failed"].as_array().unwrap().as_slice() {
                [] => {
                    applied.insert(index);
                }
                [only] => {
                    alone.insert((index, only.as_str().unwrap().to_owned()));
                }
                _ => {}
            }
        }
    }
    let mut missing = Vec::new();
    for (index, row) in TABLE.iter().enumerate() {
        if !applied.contains(&index) {
            missing.push(format!("{}: a case in which it applies", row.id));
        }
        for condition in row.conditions() {
            if !alone.contains(&(index, condition.zh.to_owned())) {
                missing.push(format!(
                    "{}: a case in which only this does not hold: {} ({})",
                    row.id, condition.zh, condition.en
                ));
            }
        }
    }
    assert!(missing.is_empty(), "missing in tests/cases/assessment-rules.jsonl:\n{}", missing.join("\n"));
}

#[test]
fn the_table_has_the_rows_of_the_rules_in_their_order() {
    let found: Vec<&str> = TABLE.iter().map(|row| row.id).collect();
    assert_eq!(found, ids());
}

#[test]
fn the_conditions_of_a_row_are_told_apart() {
    for row in TABLE {
        let conditions: Vec<_> = row.conditions().collect();
        let zh: BTreeSet<&str> = conditions.iter().map(|condition| condition.zh).collect();
        let en: BTreeSet<&str> = conditions.iter().map(|condition| condition.en).collect();
        assert!(zh.len() == conditions.len() && en.len() == conditions.len(), "{} names a condition twice", row.id);
        assert!(en.iter().all(|text| text.is_ascii() || text.contains("普查")), "{}: {en:?}", row.id);
    }
}

/// What a grant comes to: form, price, divisible, rate of the annual part; or the codes of its faults.
type Grant = Result<(String, String, bool, Option<String>), Vec<&'static str>>;

/// The temperature and the place are known, so that there is one rate.
fn rate(annual: Option<&AnnualRate>) -> Option<String> {
    annual.map(|rate| match rate {
        AnnualRate::Fixed(percent) => percent.value().to_string(),
        AnnualRate::Open(rates) => panic!("{rates:?}"),
    })
}

const PRICES: [Option<Number>; 3] = [Some(hundreds(4)), Some(hundreds(5)), Some(hundreds(6))];

const fn hundreds(count: i64) -> Number {
    Number::Exactly(Decimal::from_parts(count as u32 * 100, 0, 0, false, 0))
}

fn calculated(mineral: &str, on: NaiveDate, transfer_mode: TransferMode) -> Grant {
    let competitive = transfer_mode == TransferMode::Competitive;
    let [starting, appraised, benchmark] = PRICES.map(|price| price.filter(|_| !competitive));
    let request = transfer_income::Request {
        as_of: on,
        mineral,
        transfer_mode,
        transaction_price: competitive.then_some(hundreds(3)),
        starting_price: starting,
        appraised_value: appraised,
        benchmark_value: benchmark,
        state_funded_exploration: Some(true),
        stage_completed: Some(StageCompleted::General),
        place: Some(Place::Land),
        temperature_c: Some(hundreds(1)),
        competition: None,
        reserve_price: None,
        contract_rate_percent: None,
        appraisal_years: None,
        reduction: None,
    };
    let answer = calculate(book(), Detail::FiguresOnly, |context| transfer_income(&request, context));
    let outcome = answer.map_err(|faults| faults.iter().map(|fault| fault.code.as_str()).collect::<Vec<_>>())?.result;
    let annual = rate(outcome.annual.as_ref().map(|annual| &annual.rate));
    Ok((format!("{:?}", outcome.levy_method), outcome.price_part.to_string(), outcome.divisible, annual))
}

fn assessed(mineral: &str, on: NaiveDate, transfer_mode: TransferMode) -> Grant {
    let competitive = transfer_mode == TransferMode::Competitive;
    let [starting_price, appraised_value, benchmark_value] = PRICES.map(|price| price.filter(|_| !competitive));
    let request = assessment::Request {
        as_of: on,
        event: Event::Grant,
        right: Right::Exploration,
        acquired: Some(if competitive { Acquired::Competitive } else { Acquired::Agreement }),
        reason: None,
        levy_form: None,
        reserve_base_date: None,
        reserves_not_paid_for: None,
        appraisal_years: None,
        approval: None,
        contract_signed_on: None,
        registered_minerals: vec![mineral],
        remaining_minerals: None,
        added_minerals: Vec::new(),
        payer: None,
        transferee: None,
        values: Values {
            transaction_price: competitive.then_some(hundreds(3)),
            starting_price,
            appraised_value,
            benchmark_value,
            ..Values::default()
        },
        state_funded_exploration: Some(true),
        stage_completed: Some(StageCompleted::General),
        place: Some(Place::Land),
        temperature_c: Some(hundreds(1)),
    };
    let answer = calculate(book(), Detail::FiguresOnly, |context| assess(&request, context));
    let outcome = answer.map_err(|faults| faults.iter().map(|fault| fault.code.as_str()).collect::<Vec<_>>())?.result;
    let [price, annual @ ..] = outcome.obligations.as_slice() else { panic!("no obligation") };
    assert!(annual.len() <= 1 && outcome.obligations.iter().all(|obligation| obligation.needs.is_empty()));
    let annual = rate(annual.first().and_then(|annual| annual.rate.as_ref()));
    let method = price.levy_method.unwrap();
    Ok((format!("{method:?}"), price.amount.unwrap().to_string(), price.divisible.unwrap(), annual))
}

/// A grant is assessed as it is calculated: for every mineral, on every third of the days that `temporal` looks at.
#[test]
fn a_grant_is_assessed_as_transfer_income_computes_it() {
    for (_, mineral) in book().minerals.iter() {
        for on in days().iter().copied().step_by(3) {
            for mode in [TransferMode::Competitive, TransferMode::Agreement] {
                let (calculated, assessed) = (calculated(&mineral.code, on, mode), assessed(&mineral.code, on, mode));
                assert_eq!(assessed, calculated, "{} {mode:?} on {on}", mineral.code);
            }
        }
    }
}
