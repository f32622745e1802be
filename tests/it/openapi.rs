//! The OpenAPI document: it is the committed one, it is complete, and what the service takes and says has its shapes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::cases;
use crate::service::{lode, shared};

/// How the committed document is made anew.
const REGENERATE: &str = "cargo run -- openapi > openapi/v1.json";

/// The document of the running service.
pub(crate) fn document() -> Json {
    shared().get("/openapi.json").json()
}

/// Every operation with its method and path.
fn operations(document: &Json) -> Vec<(String, &Json)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    operations.collect()
}

/// What a reference refers to; anything else is itself.
fn resolved<'a>(document: &'a Json, node: &'a Json) -> &'a Json {
    match node.get("$ref").and_then(Json::as_str) {
        Some(reference) => {
            let pointer = reference.strip_prefix('#').expect("references stay in the document");
            document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
        }
        None => node,
    }
}

/// The examples of an operation's request: one, or several with names.
fn request_examples(operation: &Json) -> Vec<&Json> {
    let Some(content) = body_of(operation) else { return Vec::new() };
    let several = content.get("examples").and_then(Json::as_object).into_iter().flatten();
    content.get("example").into_iter().chain(several.map(|(_, example)| &example["value"])).collect()
}

/// The body that an operation takes: JSON, or rows.
fn body_of(operation: &Json) -> Option<&Json> {
    let content = operation.pointer("/requestBody/content")?;
    content.get("application/json").or_else(|| content.get("application/x-ndjson"))
}

fn is_said(node: &Json, field: &str) -> bool {
    node.get(field).and_then(Json::as_str).is_some_and(|text| !text.trim().is_empty())
}

/// A build without PDF describes no PDF.
#[test]
#[cfg(feature = "pdf")]
fn the_committed_document_is_that_of_the_code() {
    let committed = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/v1.json")).unwrap_or_default();
    let printed = lode(&["openapi"], b"");
    assert!(printed.status.success());
    let line = printed.stdout.iter().zip(&committed).take_while(|(a, b)| a == b).filter(|(a, _)| **a == b'\n').count();
    assert!(
        printed.stdout == committed,
        "openapi/v1.json differs from the code from line {} on; after a look at the difference: {REGENERATE}",
        line + 1
    );
    assert!(shared().get("/openapi.json").body == committed, "the service serves another document than it prints");
}

#[test]
fn every_operation_is_described_with_examples() {
    let document = document();
    let tags: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    let mut faults = Vec::new();
    for (name, operation) in operations(&document) {
        let mut wants = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{name}: {what}"));
            }
        };
        for field in ["operationId", "summary", "description"] {
            wants(is_said(operation, field), field);
        }
        wants(ids.insert(operation["operationId"].as_str()), "an operationId of its own");
        let own: Vec<&str> = operation["tags"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        wants(!own.is_empty() && own.iter().all(|tag| tags.contains(tag)), "tags that the document declares");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(&document, parameter);
            let words = is_said(parameter, "description") && parameter.get("schema").is_some();
            wants(words, &format!("words for the parameter {}", parameter["name"]));
        }
        let body = body_of(operation);
        if name == "delete /v1/jobs/{id}" {
            wants(is_said(&operation["responses"]["204"], "description"), "words for what is gone");
            continue;
        }
        wants(name.starts_with("get ") || body.is_some(), "a request body");
        wants(body.is_none() || !request_examples(operation).is_empty(), "an example of the request");
        let answers =
            ["200", "201", "202"].iter().find_map(|status| operation["responses"][status]["content"].as_object());
        let answers = answers.expect("an answer");
        for (media_type, content) in answers {
            let complete = content.get("example").is_some() && content.get("schema").is_some();
            wants(complete, &format!("schema and example of {media_type}"));
        }
    }
    assert!(faults.is_empty(), "missing in the OpenAPI document:\n{}", faults.join("\n"));
}

/// Which statuses an operation can refuse with: malformed queries and defects always, bodies only where one is taken,
/// 404 where a part of the path or a topic names something.
#[test]
fn every_error_of_an_operation_is_documented_as_a_problem() {
    let document = document();
    let mut faults = Vec::new();
    for (name, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap();
        let records = operation["tags"][0] == "records";
        let jobs = operation["tags"][0] == "jobs";
        let done = match name.split_once(' ').unwrap() {
            ("post", _) if records => "201",
            ("post", "/v1/documents/batches") => "202",
            ("delete", _) => "204",
            _ => "200",
        };
        let mut wanted: BTreeSet<&str> = [done, "400", "500"].into();
        if name.starts_with("post ") {
            wanted.extend(["413", "415", "422"]);
        }
        // Conflicts of a message are those of its lines.
        if done == "201" && name != "post /v1/exchange/receipts" {
            wanted.insert("409");
        }
        if name.contains('{') || name.ends_with("/diff") {
            wanted.insert("404");
        }
        if name.starts_with("get /v1/minerals") || name == "get /v1/rights" {
            wanted.insert("422");
        }
        // Printed from the records: no longer the same when something was recorded.
        let printed = name.starts_with("get ") && operation["tags"][0] == "documents";
        if printed {
            wanted.extend(["403", "415", "422"]);
        }
        let conflicts = ["get /v1/notices/{id}/document", "get /v1/jobs/{id}/result", "get /v1/exchange/fee-sources"];
        if conflicts.contains(&name.as_str()) {
            wanted.insert("409");
        }
        let changes = records || printed || jobs || name.contains("/health/") || name.ends_with("/metrics");
        if name.starts_with("get ") && !changes {
            wanted.insert("304");
        }
        if name.contains(" /v1/") {
            wanted.insert("401");
        }
        // Probes and counters are let in always.
        match name.as_str() {
            "get /health/live" | "get /metrics" => {}
            "get /health/ready" => {
                wanted.insert("503");
            }
            _ => wanted.extend(["429", "503"]),
        }
        if done == "202" {
            wanted.insert("403");
        }
        // What is wrong with a row stands in its place.
        if operation["tags"][0] == "batches" {
            wanted.insert("202");
            wanted.remove("422");
        }
        if records {
            wanted.insert("403");
        }
        let documented: BTreeSet<&str> = responses.keys().map(String::as_str).collect();
        if documented != wanted {
            faults.push(format!("{name} documents {documented:?}, wanted {wanted:?}"));
        }
        for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
            let response = resolved(&document, response);
            let content = &response["content"]["application/problem+json"];
            let examples = content["examples"].as_object().map_or(0, serde_json::Map::len);
            let is_problem = content["schema"]["$ref"] == "#/components/schemas/Problem";
            if !is_problem || examples == 0 || !is_said(response, "description") {
                faults.push(format!("{name}: {status} is no described problem with examples"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_schema_and_property_is_described() {
    fn visit(document: &Json, place: &str, schema: &Json, faults: &mut Vec<String>) {
        for (name, property) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            let place = format!("{place}/{name}");
            if !is_said(property, "description") && !is_said(resolved(document, property), "description") {
                faults.push(place.clone());
            }
            visit(document, &place, property, faults);
        }
        for alternatives in ["oneOf", "anyOf"] {
            for (index, one) in schema.get(alternatives).and_then(Json::as_array).into_iter().flatten().enumerate() {
                visit(document, &format!("{place}/{alternatives}/{index}"), one, faults);
            }
        }
        for inner in ["items", "additionalProperties"] {
            if let Some(inner) = schema.get(inner).filter(|inner| inner.is_object()) {
                visit(document, place, inner, faults);
            }
        }
    }
    let document = document();
    let mut faults = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if !is_said(schema, "description") {
            faults.push(name.clone());
        }
        visit(&document, name, schema, &mut faults);
    }
    assert!(faults.is_empty(), "without a description: {}", faults.join(", "));
}

/// Where a value is not of the shape of a schema. Answers may have no field that their schema does not name, although it
/// leaves room for later ones.
fn misfits(document: &Json, schema: &Json, value: &Json, place: &str, faults: &mut Vec<String>) {
    let mut fault = |what: String| faults.push(format!("{place} {what}"));
    let types = match &schema["type"] {
        Json::String(one) => vec![one.as_str()],
        Json::Array(several) => several.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |kind: &str| match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{place}: the document uses the type {other}, which this test does not know"),
    };
    if !types.is_empty() && !types.iter().any(|kind| is(kind)) {
        return fault(format!("is {value}, wanted {types:?}"));
    }
    if schema["enum"].as_array().is_some_and(|codes| !codes.contains(value)) {
        fault(format!("is {value}, which is none of the codes"));
    }
    if let (Some(pattern), Some(text)) = (schema["pattern"].as_str(), value.as_str())
        && !fits(pattern, text)
    {
        fault(format!("is {text:?}, wanted {pattern}"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        if value.get(name).is_none() {
            fault(format!("lacks {name}"));
        }
    }
    if schema.get("properties").is_some() || schema.get("additionalProperties").is_some() {
        for (name, inner) in value.as_object().into_iter().flatten() {
            let place = format!("{place}/{name}");
            match schema["properties"].get(name).or(schema.get("additionalProperties").filter(|rest| rest.is_object()))
            {
                Some(schema) => misfits(document, schema, inner, &place, faults),
                None => faults.push(format!("{place} is not in the schema")),
            }
        }
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        for (index, item) in list.iter().enumerate() {
            misfits(document, items, item, &format!("{place}/{index}"), faults);
        }
    }
    if schema.get("$ref").is_some() {
        misfits(document, resolved(document, schema), value, place, faults);
    }
    for (alternatives, most) in [("oneOf", 1), ("anyOf", usize::MAX)] {
        if let Some(schemas) = schema[alternatives].as_array() {
            let each = schemas.iter().map(|schema| {
                let mut faults = Vec::new();
                misfits(document, schema, value, place, &mut faults);
                faults
            });
            let each: Vec<Vec<String>> = each.collect();
            let fitting = each.iter().filter(|faults| faults.is_empty()).count();
            if fitting == 0 || fitting > most {
                faults.push(format!("{place} fits {fitting} of {alternatives}: {each:?}"));
            }
        }
    }
}

/// Whether a text has one of the grammars that the document uses.
fn fits(pattern: &str, text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(whole, rest)| (whole, Some(rest)));
    let whole = digits(whole) && (whole == "0" || !whole.starts_with('0'));
    match pattern {
        r"^-?(0|[1-9]\d*)(\.\d+)?$" => whole && fraction.is_none_or(digits),
        r"^-?(0|[1-9]\d*)\.\d{2}$" => whole && fraction.is_some_and(|rest| digits(rest) && rest.len() == 2),
        r"^\d{4}-\d{2}-\d{2}$" => {
            let lengths: Vec<usize> = text.split('-').filter(|part| digits(part)).map(str::len).collect();
            lengths == [4, 2, 2] && text.len() == 10
        }
        r"^[RP][1-9]\d{0,17}$" | r"^R[1-9]\d{0,17}$" | r"^P[1-9]\d{0,17}$" => {
            let initials = &pattern[1..pattern.find("[1").unwrap()];
            text.len() <= 19 && initials.contains(&text[..1]) && fits(r"^-?(0|[1-9]\d*)(\.\d+)?$", &text[1..])
        }
        r"^I[1-9]\d{0,17}-[1-9]\d{0,8}$" => {
            let number = |text: &str| digits(text) && !text.starts_with('0');
            text.strip_prefix('I').and_then(|rest| rest.split_once('-')).is_some_and(|(a, b)| number(a) && number(b))
        }
        "^[!-~]{1,200}$" => (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()),
        r"^[0-9a-f]{64}$" => text.len() == 64 && text.bytes().all(|byte| b"0123456789abcdef".contains(&byte)),
        "^J[0-9a-f]{32}$" => text.strip_prefix('J').is_some_and(|id| fits(r"^[0-9a-f]{64}$", &id.repeat(2))),
        other => panic!("the document uses the pattern {other}, which this test does not know"),
    }
}

/// The operation that a target such as `/v1/minerals/gold?lang=en` belongs to.
fn operation_of<'a>(document: &'a Json, method: &str, target: &str) -> Option<&'a Json> {
    let path = target.split('?').next().unwrap();
    let paths = document["paths"].as_object().unwrap();
    let item = paths.get(path).or_else(|| {
        let of_template = |template: &&String| {
            let Some((fixed, rest)) = template.split_once('{') else { return false };
            let tail = rest.split_once('}').map_or("", |(_, tail)| tail);
            let middle = path.strip_prefix(fixed).and_then(|path| path.strip_suffix(tail));
            middle.is_some_and(|middle| !middle.is_empty() && (tail.is_empty() || !middle.contains('/')))
        };
        // A template with a fixed end says more than one without.
        let ended = |template: &&String| of_template(template) && !template.ends_with('}');
        if let Some(template) = paths.keys().find(ended) {
            return paths.get(template);
        }
        paths.keys().find(of_template).and_then(|template| paths.get(template))
    })?;
    item.get(method.to_ascii_lowercase())
}

/// What is wrong with the shape of a request and its answer.
pub(crate) fn misfits_of(
    document: &Json,
    method: &str,
    target: &str,
    request: &Json,
    status: u16,
    answer: &Json,
) -> Vec<String> {
    let mut faults = Vec::new();
    let Some(operation) = operation_of(document, method, target) else {
        let documented = status == 404 || status == 405;
        return if documented { faults } else { vec![format!("{target} is not in the document")] };
    };
    let body = operation.pointer("/requestBody/content/application~1json/schema");
    if let (200 | 201, Some(schema)) = (status, body) {
        misfits(document, schema, request, "request:", &mut faults);
    }
    let response = resolved(document, &operation["responses"][status.to_string()]);
    let content = response["content"].as_object().and_then(|content| content.values().next());
    match content {
        Some(content) => misfits(document, &content["schema"], answer, "answer:", &mut faults),
        None => faults.push(format!("the status {status} is not documented")),
    }
    faults
}

#[test]
fn every_case_and_example_has_the_documented_shape() {
    let document = document();
    let mut failures = Vec::new();
    let mut run = |name: &str, method: &str, target: &str, request: &Json| {
        let body = (method == "POST").then(|| request.to_string().into_bytes());
        let sent = shared().send(method, target, &["Content-Type: application/json"], body.as_deref());
        if method == "HEAD" || sent.header("content-type").is_none_or(|kind| !kind.contains("json")) {
            return sent.status;
        }
        let faults = misfits_of(&document, method, target, request, sent.status, &sent.json());
        failures.extend(faults.into_iter().map(|fault| format!("{name}: {fault}")));
        sent.status
    };
    for case in cases::all() {
        if case.get("raw").is_none() && case.get("content_type").is_none() {
            let method = case["method"].as_str().unwrap_or(if case["request"].is_null() { "GET" } else { "POST" });
            run(case["name"].as_str().unwrap(), method, case["path"].as_str().unwrap(), &case["request"]);
        }
    }
    for (name, operation) in operations(&document) {
        let (method, path) = name.split_once(' ').unwrap();
        let mut target = path.to_owned();
        let mut query = Vec::new();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let example = parameter.pointer("/schema/examples/0").unwrap_or(&parameter["example"]);
            let value = example.as_str().unwrap_or_default();
            match (parameter["in"].as_str(), parameter["name"].as_str()) {
                (Some("path"), Some(name)) => target = target.replace(&format!("{{{name}}}"), value),
                (Some("query"), Some(name)) => query.push(format!("{name}={}", percent_encoded(value))),
                _ => {}
            }
        }
        let target = format!("{target}?{}", query.join("&"));
        let mut requests = request_examples(operation);
        if requests.is_empty() {
            requests.push(&Json::Null);
        }
        for request in requests {
            if operation["tags"][0] == "documents" && method == "get" {
                // Printed from the records: `ledger::documents` looks at them.
                continue;
            }
            // Rows are no JSON document: `batches` looks at them.
            if method == "delete" || operation["tags"][0] == "batches" {
                continue;
            }
            if ["records", "jobs"].contains(&operation["tags"][0].as_str().unwrap()) {
                // What they answer depends on what is recorded or asked for: real answers are looked at in `ledger::api`
                // and `jobs`.
                if operation["responses"]["200"]["content"].get("application/json").is_none() && method == "get" {
                    continue;
                }
                let status = if method == "post" { 201 } else { 200 };
                let content = &operation["responses"][status.to_string()]["content"]["application/json"];
                let method = method.to_ascii_uppercase();
                let faults = misfits_of(&document, &method, &target, request, status, &content["example"]);
                assert!(faults.is_empty(), "the examples of {name}: {faults:?}");
                continue;
            }
            let status = run(&format!("the example of {name}"), &method.to_ascii_uppercase(), &target, request);
            // Without PDF the example, which asks for one, is refused.
            let batch = if cfg!(feature = "pdf") { 202 } else { 422 };
            let done = if path == "/v1/documents/batches" { batch } else { 200 };
            assert_eq!(status, done, "the example {request} of {name} ({target}) is not answered");
        }
    }
    assert!(failures.is_empty(), "{} misfits:\n{}", failures.len(), failures.join("\n"));
}

/// A value as a query holds it.
pub(crate) fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
