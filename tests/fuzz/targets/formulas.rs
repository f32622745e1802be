//! Formulas for the evaluator of the tests: a value or an error that says where.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "the module belongs to the tests")]
#[path = "../../it/formula.rs"]
mod formula;

fuzz_target!(|text: &str| {
    let (formula, values) = text.split_once('\n').unwrap_or((text, ""));
    let inputs: BTreeMap<String, formula::Value> = values
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), formula::parse_value(value)))
        .collect();
    if let Ok((value, used)) = formula::evaluate(formula, &inputs) {
        let _ = value.to_string();
        assert!(used.iter().all(|name| inputs.contains_key(name)));
    }
});
