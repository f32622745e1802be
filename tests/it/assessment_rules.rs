//! Every row of the decision table has its own cases in `tests/cases/assessment-rules.jsonl`: one in which it applies, and
//! for each of its conditions one in which that condition alone does not hold. The answers themselves are compared by
//! [`crate::cases`]; here the traces are counted.

use std::collections::BTreeSet;

use lode::domain::assessment::table::TABLE;
use serde_json::Value as Json;

use crate::cases;
use crate::service::shared;

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
