//! The acceptance cases: requests and what their answers say, one JSON line each, run against the started service.
//!
//! A case is `{"name", "method"?, "path", "request"? | "raw"?, "content_type"?, "status"? (200), "expect"?,
//! "expect_absent"?, "expect_contains"?}`. Pointers are JSON Pointers into the answer; values compare exactly, decimal
//! strings by value. Besides, every answer of a calculation has to explain itself: see [`crate::formula::check_answer`].

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::formula::{Value, check_answer, parse_value};
use crate::report::say;

/// Steps of the answers under these paths cannot be missing; of reading endpoints they are.
const EXPLAINED: [&str; 3] = ["/v1/calculations/", "/v1/assessments", "/v1/projections"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// The names of the case files, in order.
fn case_files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".jsonl"))
        .collect();
    names.sort();
    names
}

/// The cases of a file; empty lines and lines that begin with `#` are remarks.
fn cases_of(file: &Path) -> Vec<Json> {
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{}:{}: {error}", file.display(), number + 1))
        })
        .collect()
}

/// Every case of all files.
pub(crate) fn all() -> Vec<Json> {
    let files = case_files(&folder());
    files.iter().flat_map(|file| cases_of(&folder().join(file))).collect()
}

/// The value at a pointer. A list takes a number, from the end when it is negative; an object takes a name.
fn at_pointer<'a>(answer: &'a Json, pointer: &str) -> Option<&'a Json> {
    pointer.split('/').skip(1).try_fold(answer, |value, part| {
        let part = part.replace("~1", "/").replace("~0", "~");
        match value {
            Json::Array(items) => {
                let index: i64 = part.parse().ok()?;
                let from_end = i64::try_from(items.len()).ok()? + index;
                items.get(usize::try_from(if index < 0 { from_end } else { index }).ok()?)
            }
            Json::Object(fields) => fields.get(&part),
            _ => None,
        }
    })
}

/// Whether an answer says what the case wants: decimal strings by value, an object by the fields that are wanted.
fn same(found: &Json, wanted: &Json) -> bool {
    match (found, wanted) {
        (Json::String(found), Json::String(wanted)) => {
            found == wanted
                || match (parse_value(found), parse_value(wanted)) {
                    (Value::Number(found), Value::Number(wanted)) => found == wanted,
                    _ => false,
                }
        }
        (Json::Array(found), Json::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| same(found, wanted))
        }
        (Json::Object(found), Json::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| found.get(name).is_some_and(|found| same(found, wanted)))
        }
        _ => found == wanted,
    }
}

fn contains(found: &Json, text: &str) -> bool {
    match found {
        Json::String(found) => found.contains(text),
        Json::Array(items) => items.iter().any(|item| item.as_str() == Some(text)),
        other => other.to_string().contains(text),
    }
}

/// What a case finds wrong with a status and an answer.
fn faults(case: &Json, status: u16, answer: &Json) -> Vec<String> {
    let wanted = case.get("status").map_or(200, |status| status.as_u64().unwrap());
    if u64::from(status) != wanted {
        let answer: String = answer.to_string().chars().take(300).collect();
        return vec![format!("status {status}, wanted {wanted}: {answer}")];
    }
    let none = serde_json::Map::new();
    let object = |field: &str| case.get(field).map_or(&none, |value| value.as_object().unwrap());
    let mut faults = Vec::new();
    for (pointer, wanted) in object("expect") {
        match at_pointer(answer, pointer) {
            None => faults.push(format!("{pointer} missing")),
            Some(found) if !same(found, wanted) => faults.push(format!("{pointer} is {found}, wanted {wanted}")),
            Some(_) => {}
        }
    }
    for pointer in case.get("expect_absent").into_iter().flat_map(|list| list.as_array().unwrap()) {
        let pointer = pointer.as_str().unwrap();
        if at_pointer(answer, pointer).is_some() {
            faults.push(format!("{pointer} should be absent"));
        }
    }
    for (pointer, text) in object("expect_contains") {
        let text = text.as_str().unwrap();
        match at_pointer(answer, pointer) {
            None => faults.push(format!("{pointer} missing")),
            Some(found) if !contains(found, text) => {
                faults.push(format!("{pointer} does not contain {text}: {found}"));
            }
            Some(_) => {}
        }
    }
    faults
}

/// Fields of a result that are no figures although they hold digits: names, numbers of articles, what a rate depends on.
const DIGITS_THAT_NAME: [&str; 4] = ["account", "division", "law", "condition"];

/// The figures of a result that neither a step nor the request knows: nobody could say where they come from.
fn unexplained(request: &Json, answer: &Json) -> Vec<String> {
    fn collect(value: &Json, into: &mut Vec<Value>) {
        match value {
            Json::String(text) => match parse_value(text) {
                Value::List(values) => into.extend(values),
                value => into.push(value),
            },
            Json::Array(items) => items.iter().for_each(|item| collect(item, into)),
            Json::Object(fields) => fields
                .iter()
                .filter(|(name, _)| !DIGITS_THAT_NAME.contains(&name.as_str()))
                .for_each(|(_, field)| collect(field, into)),
            _ => {}
        }
    }
    let mut known = vec![parse_value("0")];
    collect(request, &mut known);
    for step in answer["steps"].as_array().into_iter().flatten() {
        collect(&step["result"], &mut known);
        collect(&step["inputs"], &mut known);
    }
    let mut figures = Vec::new();
    collect(&answer["result"], &mut figures);
    collect(&answer["obligations"], &mut figures);
    figures
        .into_iter()
        .filter(|figure| !matches!(figure, Value::Word(_)) && !known.contains(figure))
        .map(|figure| format!("the figure {figure} of the result stands in no step"))
        .collect()
}

fn body_of(case: &Json) -> Option<Vec<u8>> {
    match (case.get("raw"), case.get("request")) {
        (Some(raw), _) => Some(raw.as_str().unwrap().as_bytes().to_vec()),
        (None, Some(request)) => Some(request.to_string().into_bytes()),
        (None, None) => None,
    }
}

#[test]
fn every_case_of_every_file_holds() {
    let service = crate::service::shared();
    let mut failures = Vec::new();
    let mut names = BTreeSet::new();
    let (mut run, mut steps) = (0, 0);
    let files = case_files(&folder());
    for file in &files {
        for case in cases_of(&folder().join(file)) {
            run += 1;
            let name = format!("{file}: {}", case["name"].as_str().unwrap());
            if !names.insert(name.clone()) {
                failures.push(format!("{name}: two cases have this name"));
            }
            let body = body_of(&case);
            let method = case
                .get("method")
                .map_or(if body.is_some() { "POST" } else { "GET" }, |method| method.as_str().unwrap());
            let path = case["path"].as_str().unwrap();
            let content_type = case.get("content_type").map_or("application/json", |text| text.as_str().unwrap());
            let sent = service.send(method, path, &[&format!("Content-Type: {content_type}")], body.as_deref());
            let answer: Json = serde_json::from_slice(&sent.body)
                .unwrap_or_else(|_| Json::String(format!("not JSON: {}", String::from_utf8_lossy(&sent.body))));
            let mut found = faults(&case, sent.status, &answer);
            if sent.status == 200 && method == "POST" && EXPLAINED.iter().any(|own| path.starts_with(own)) {
                steps += answer["steps"].as_array().map_or(0, Vec::len);
                found.extend(check_answer(&answer));
                found.extend(unexplained(&case["request"], &answer));
            }
            if !found.is_empty() {
                failures.push(format!("{name}: {}", found.join("; ")));
            }
        }
    }
    say(&format!("cases: {run} run, {} failed; {steps} steps evaluated again", failures.len()));
    assert!(failures.is_empty(), "{} of {run} cases fail:\n{}", failures.len(), failures.join("\n"));
}

/// The cases stand here so that the tests need nothing else; where the shared folder is at hand, they are the same.
#[test]
fn the_copies_of_the_shared_cases_are_current() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cases");
    if !shared.is_dir() {
        say("cases: ../shared/cases is not here, the copies under tests/cases were not compared");
        return;
    }
    let differing: Vec<String> = case_files(&shared)
        .into_iter()
        .filter(|name| fs::read(shared.join(name)).ok() != fs::read(folder().join(name)).ok())
        .collect();
    assert!(differing.is_empty(), "tests/cases differs from ../shared/cases in {differing:?}");
}

mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pointers_lead_into_lists_and_objects() {
        let answer = json!({"a": [{"b/c": 1}, 2], "d~e": null});
        assert_eq!(at_pointer(&answer, "/a/0/b~1c"), Some(&json!(1)));
        assert_eq!(at_pointer(&answer, "/a/-1"), Some(&json!(2)));
        assert_eq!(at_pointer(&answer, "/d~0e"), Some(&Json::Null));
        assert_eq!(at_pointer(&answer, ""), Some(&answer));
        for missing in ["/a/2", "/a/x", "/b", "/a/1/x", "/a/-3"] {
            assert_eq!(at_pointer(&answer, missing), None, "{missing}");
        }
    }

    #[test]
    fn decimal_strings_compare_by_value() {
        assert!(same(&json!("40.00"), &json!("40")));
        assert!(same(&json!({"a": ["1.0"], "b": 2}), &json!({"a": ["1"]})));
        assert!(!same(&json!("40.01"), &json!("40")));
        assert!(!same(&json!(40), &json!("40")));
        assert!(!same(&json!(["1", "2"]), &json!(["1"])));
        assert!(!same(&json!({}), &json!({"a": null})));
        assert!(!same(&json!("abc"), &json!("ABC")));
    }

    #[test]
    fn every_disagreement_of_a_case_is_listed() {
        let case = json!({
            "name": "n", "path": "/", "expect": {"/a": "1", "/b": true, "/c": 1},
            "expect_absent": ["/d", "/z"], "expect_contains": {"/e": "out", "/f": "x", "/g": "1"}
        });
        let answer = json!({"a": "1.00", "b": false, "d": null, "e": "route", "f": ["xy"], "g": {"h": 1}});
        assert_eq!(
            faults(&case, 200, &answer),
            ["/b is false, wanted true", "/c missing", "/d should be absent", "/f does not contain x: [\"xy\"]",]
        );
        assert_eq!(faults(&case, 422, &answer).len(), 1);
    }

    #[test]
    fn figures_without_an_origin_are_found() {
        let answer = json!({
            "result": {"fee": "4.00", "base": "100.00", "on": "2024-01-01", "kind": "x", "days": 3, "parts": ["1", "2"]},
            "steps": [{"inputs": {"a": "2"}, "result": ["4", "9"]}]
        });
        let complaints = unexplained(&json!({"principal": "100"}), &answer);
        assert_eq!(
            complaints,
            ["the figure 2024-01-01 of the result stands in no step", "the figure 1 of the result stands in no step",]
        );
    }
}
