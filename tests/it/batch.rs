//! Batches: every row is answered as the single request is, whatever form it came in; nothing that comes in stops more
//! than itself.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lode::api::lang::Lang;
use lode::api::query::Explain;
use lode::api::topic::{Call, Topic};
use lode::batch::cells::Table;
use lode::batch::csv::{CsvForm, CsvSource, Separator};
use lode::batch::encoding::Charset;
use lode::batch::engine::{Asking, Form, Source, Stop, Tally, run};
use lode::batch::header::{Plan, Step, listed};
use lode::batch::heads::{self, Unit};
use lode::batch::limits::ROW_BYTES;
use lode::batch::lines::{LineForm, LineSource};
use lode::batch::model::{Shape, of_answer, of_request};
use lode::batch::reading::Reading;
use lode::domain::context::Detail;
use serde_json::Value as Json;

use crate::cases;
use crate::rate_data::book;
use crate::service::{REQUEST_ID, lode, shared};

/// The forms of a batch in a test.
#[derive(Clone, Copy, PartialEq)]
enum As {
    Csv,
    Lines,
}

/// How a batch of a test runs.
#[derive(Clone, Copy)]
struct Batch {
    topic: Topic,
    from: As,
    to: As,
    lang: Lang,
    detail: Detail,
    charset: Charset,
    threads: usize,
}

impl Batch {
    fn of(topic: Topic, from: As, to: As) -> Batch {
        let detail = if to == As::Lines { Detail::Steps } else { Detail::FiguresOnly };
        Batch { topic, from, to, lang: Lang::Zh, detail, charset: Charset::Detected, threads: 1 }
    }

    fn csv(topic: Topic) -> Batch {
        Batch::of(topic, As::Csv, As::Csv)
    }

    fn run(self, input: impl Read + Send + 'static) -> Result<(String, Tally), Stop> {
        let (mut source, reading): (Box<dyn Source>, Reading) = match self.from {
            As::Csv => {
                let (source, heads) = CsvSource::open(input, self.charset, Separator::Detected)?;
                (Box::new(source), Reading::Table(Plan::compile(self.topic, &heads).map_err(Stop::Input)?))
            }
            As::Lines => (Box::new(LineSource::new(input)), Reading::Lines),
        };
        let form: Box<dyn Form> = match self.to {
            As::Csv => {
                let table = Table::of(self.topic, &reading, self.lang, self.detail);
                Box::new(CsvForm { table, separator: b',', bom: false })
            }
            As::Lines => Box::new(LineForm),
        };
        let call = Call {
            book: book(),
            lang: self.lang,
            detail: self.detail,
            explain: Explain::Applied,
            request_id: REQUEST_ID,
        };
        let asking = Asking { topic: self.topic, reading: &reading, call };
        let mut out = Vec::new();
        let tally = run(&asking, &mut *source, &*form, self.threads, &mut |bytes, _| {
            out.extend_from_slice(bytes);
            Ok(())
        })?;
        Ok((String::from_utf8(out).expect("answers are UTF-8"), tally))
    }

    #[track_caller]
    fn answers(self, input: &str) -> (Vec<Vec<String>>, Tally) {
        let (out, tally) = self.run(io::Cursor::new(input.to_owned().into_bytes())).expect("the batch runs");
        (rows(&out), tally)
    }

    /// What stops it, in English.
    #[track_caller]
    fn stop(self, input: impl Read + Send + 'static) -> String {
        match self.run(input) {
            Err(Stop::Input(text)) => text.en.into_owned(),
            Err(other) => panic!("{other}"),
            Ok((out, _)) => panic!("it ran: {}", &out[..out.len().min(500)]),
        }
    }
}

/// The cells of a CSV text, by a reader that is not ours.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => {
                signs.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    assert!(cell.is_empty() && row.is_empty(), "the text ends with its last row");
    rows
}

/// The cell of a row under a head.
#[track_caller]
fn cell<'r>(rows: &'r [Vec<String>], row: usize, head: &str) -> &'r str {
    let column = rows[0].iter().position(|name| name == head).unwrap_or_else(|| panic!("{head} in {:?}", rows[0]));
    &rows[row][column]
}

/// The body of the single request.
fn single(topic: Topic, request: &Json) -> (u16, String) {
    let answer = shared().post(topic.path(), &request.to_string());
    (answer.status, answer.text().to_owned())
}

/// A request as the cells of a row: heads and values.
fn flattened(value: &Json, path: &mut Vec<Step>, into: &mut Vec<(Vec<Step>, String)>) {
    match value {
        Json::Object(fields) => {
            for (name, value) in fields {
                path.push(Step::Field(name.clone()));
                flattened(value, path, into);
                path.pop();
            }
        }
        Json::Array(items) if items.iter().any(Json::is_object) => {
            for (number, value) in items.iter().enumerate() {
                path.push(Step::Item(number));
                flattened(value, path, into);
                path.pop();
            }
        }
        Json::Array(items) => {
            let texts: Vec<&str> = items.iter().filter_map(Json::as_str).collect();
            into.push((path.clone(), texts.join("、")));
        }
        Json::String(text) => into.push((path.clone(), text.clone())),
        Json::Null => {}
        other => into.push((path.clone(), other.to_string())),
    }
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

fn line(cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| quoted(cell.as_ref())).collect();
    cells.join(",") + "\r\n"
}

/// A request as a table of one row with heads in a language.
fn table(topic: Topic, request: &Json, lang: Lang) -> String {
    let mut cells = Vec::new();
    flattened(request, &mut Vec::new(), &mut cells);
    let head = |path: &Vec<Step>| lode::batch::header::head(topic, path, lang);
    line(cells.iter().map(|(path, _)| head(path))) + &line(cells.iter().map(|(_, value)| value.clone()))
}

/// Every request that has an example or a case, by its topic.
fn requests() -> Vec<(Topic, Json)> {
    let mut found: Vec<(Topic, Json)> = Vec::new();
    for topic in Topic::ALL {
        found.extend(topic.examples().into_iter().map(|(_, request)| (*topic, request)));
    }
    for case in cases::all() {
        let topic = Topic::ALL.iter().find(|topic| case["path"].as_str() == Some(topic.path()));
        if let (Some(topic), Some(request)) = (topic, case.get("request")) {
            found.push((*topic, request.clone()));
        }
    }
    assert!(found.len() > 300, "only {} requests were found", found.len());
    found
}

#[test]
fn json_lines_are_the_bodies_of_the_single_requests() {
    let all = requests();
    for topic in Topic::ALL {
        let of_topic: Vec<&Json> = all.iter().filter(|(of, _)| of == topic).map(|(_, request)| request).collect();
        let lines: String = of_topic.iter().map(|request| format!("{request}\n")).collect();
        let (out, tally) = Batch { threads: 2, ..Batch::of(*topic, As::Lines, As::Lines) }
            .run(io::Cursor::new(lines.into_bytes()))
            .unwrap();
        assert_eq!(out.lines().count(), of_topic.len(), "{}", topic.slug());
        let mut good = 0;
        for (request, line) in of_topic.iter().zip(out.lines()) {
            let (status, body) = single(*topic, request);
            assert_eq!(line, body, "{}: {request}", topic.slug());
            good += u64::from(status == 200);
        }
        assert_eq!((tally.good, tally.rows()), (good, of_topic.len() as u64), "{}", topic.slug());
    }
}

#[test]
fn the_name_of_a_line_stands_before_its_answer() {
    let request = Topic::Split.example();
    let body = single(Topic::Split, &request).1;
    let named = |name: &str| request.to_string().replacen('{', &format!("{{\"line_id\": {name}, "), 1);
    let lines = format!("{}\n{}\n{}\n\n[]\n{}\n", named("\"甲\\\"1\""), named("17"), named("null"), named("[]"));
    let (out, tally) = Batch::of(Topic::Split, As::Lines, As::Lines).run(io::Cursor::new(lines.into_bytes())).unwrap();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], body.replacen('{', r#"{"line_id":"甲\"1","#, 1));
    assert_eq!(lines[1], body.replacen('{', r#"{"line_id":17,"#, 1));
    assert_eq!(lines[2], body);
    assert!(lines[3].contains("malformed_request") && lines[4].contains("/line_id"), "{lines:?}");
    assert_eq!(tally, Tally { good: 3, bad: 2 });
}

#[test]
fn a_row_of_a_table_is_answered_as_the_request_that_it_stands_for() {
    for (topic, request) in requests() {
        // A request that is no object of known fields has no row.
        let mut cells = Vec::new();
        flattened(&request, &mut Vec::new(), &mut cells);
        let heads: Vec<String> =
            cells.iter().map(|(path, _)| lode::batch::header::head(topic, path, Lang::En)).collect();
        if cells.is_empty() || Plan::compile(topic, &heads).is_err() {
            continue;
        }
        let (status, body) = single(topic, &request);
        for lang in [Lang::Zh, Lang::En] {
            let (out, tally) = Batch::of(topic, As::Csv, As::Lines)
                .run(io::Cursor::new(table(topic, &request, lang).into_bytes()))
                .unwrap_or_else(|stop| panic!("{}: {request}: {stop}", topic.slug()));
            if status == 200 {
                assert_eq!(out.trim_end(), body, "{}: {request}", topic.slug());
            } else {
                // A cell is a text where the request may have had a number, an empty or blank text, or an empty list.
                let codes = |text: &str| serde_json::from_str::<Json>(text).unwrap()["code"].clone();
                let told = request.to_string();
                let lost = told.contains("\"\"")
                    || told.contains("\" \"")
                    || told.contains("[]")
                    || told.contains("{}")
                    || has_number(&request);
                // What is lost may leave nothing of the row.
                let same = lost || tally.good == 1 || codes(&out) == codes(&body);
                assert!(same, "{}: {request}\n{out}\n{body}", topic.slug());
            }
        }
    }
}

fn has_number(value: &Json) -> bool {
    match value {
        Json::Number(_) => true,
        Json::Array(items) => items.iter().any(has_number),
        Json::Object(fields) => fields.values().any(has_number),
        _ => false,
    }
}

#[test]
fn the_cells_of_an_answer_are_its_fields() {
    for (topic, request) in requests() {
        let (status, body) = single(topic, &request);
        if status != 200 {
            continue;
        }
        let answer = in_english(topic, &request);
        let batch = Batch { lang: Lang::En, detail: Detail::Steps, ..Batch::csv(topic) };
        let (rows, tally) = batch.answers(&table(topic, &request, Lang::Zh));
        let by_lines = Batch { from: As::Lines, ..batch }.answers(&format!("{request}\n")).0;
        assert_eq!(tally, Tally { good: 1, bad: 0 });
        for rows in [&rows, &by_lines] {
            assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{}: {request}: {rows:?}", topic.slug());
            let heads: BTreeSet<&String> = rows[0].iter().collect();
            assert_eq!(heads.len(), rows[0].len(), "heads are told apart: {:?}", rows[0]);
            for (head, cell) in rows[0].iter().zip(&rows[1]) {
                match head.as_str() {
                    "line_id" | "error" | "error_code" | "error_at" => assert_eq!(cell, ""),
                    "warnings" => assert_eq!(cell.is_empty(), answer["warnings"].as_array().unwrap().is_empty()),
                    "steps" => assert_eq!(cell, &answer["steps"].to_string()),
                    _ => same_as_field(head, cell, &answer),
                }
            }
        }
        assert_eq!(
            numbers_in(&answer["result"]),
            {
                let cells = rows[0].iter().zip(&rows[1]).filter(|(head, _)| head.starts_with("result."));
                cells.map(|(_, cell)| money_in(cell)).sum::<usize>()
            },
            "{}: {request}\n{rows:?}\n{body}",
            topic.slug()
        );
    }
}

fn in_english(topic: Topic, request: &Json) -> Json {
    shared().post(&format!("{}?lang=en", topic.path()), &request.to_string()).json()
}

/// How many amounts a value holds: none may be lost between an answer and its row.
fn numbers_in(value: &Json) -> usize {
    match value {
        Json::Array(items) => items.iter().map(numbers_in).sum(),
        Json::Object(fields) => fields.values().map(numbers_in).sum(),
        Json::String(text) => money_in(text),
        _ => 0,
    }
}

/// How many amounts with two decimals a text holds.
fn money_in(text: &str) -> usize {
    let is_of_a_number = |sign: char| sign.is_ascii_digit() || sign == '.' || sign == '-';
    let words = text.split(|sign| !is_of_a_number(sign));
    words.filter(|word| word.rsplit_once('.').is_some_and(|(_, fraction)| fraction.len() == 2)).count()
}

#[track_caller]
fn same_as_field(head: &str, cell: &str, answer: &Json) {
    // Checked by the count of the amounts, and in tests of its own.
    if head.ends_with(".more") {
        return;
    }
    let field = head.split('.').try_fold(answer, |value, part| match part.parse::<usize>() {
        Ok(number) => value.get(number - 1),
        Err(_) => value.get(part),
    });
    match field {
        None | Some(Json::Null) => assert_eq!(cell, "", "{head}"),
        Some(Json::String(text)) => assert_eq!(cell, text, "{head}"),
        Some(Json::Array(items)) if items.iter().all(Json::is_string) => {
            let texts: Vec<&str> = items.iter().filter_map(Json::as_str).collect();
            assert!(cell == texts.join("、") || cell == "[]", "{head}: {cell}");
        }
        Some(Json::Array(_)) => assert_eq!(&serde_json::from_str::<Json>(cell).unwrap(), field.unwrap(), "{head}"),
        Some(other) => assert_eq!(cell, other.to_string(), "{head}"),
    }
}

#[test]
fn every_field_has_a_head_of_its_own_and_its_unit() {
    let descriptions = descriptions();
    let mut found = Vec::new();
    for topic in Topic::ALL {
        for (kind, shape) in [("request", of_request(*topic)), ("answer", of_answer(*topic))] {
            missing_heads(&shape, "", kind, &mut found);
        }
        for lang in [Lang::Zh, Lang::En] {
            let mut seen = BTreeSet::new();
            for column in listed(*topic, 2) {
                let head = column.head(*topic, lang);
                if !seen.insert(head.clone()) {
                    found.push(format!("{}: two columns are called {head}", topic.slug()));
                }
                let heads = [head.clone()];
                match Plan::compile(*topic, &heads) {
                    Ok(plan) => {
                        let mut taken = 0;
                        count_cells(&plan.root, &mut taken);
                        assert_eq!(taken, 1, "{head}");
                    }
                    Err(problem) => found.push(format!("{}: {head}: {}", topic.slug(), problem.en)),
                }
                let Some(Step::Field(name)) = column.path.iter().rev().find(|step| matches!(step, Step::Field(_)))
                else {
                    continue;
                };
                let of_field: Vec<&String> =
                    descriptions.iter().filter(|(field, _)| field == name).map(|(_, text)| text).collect();
                let all_in_yuan = !of_field.is_empty() && of_field.iter().all(|text| text.contains("（元"));
                if all_in_yuan && !matches!(column.unit, Unit::Yuan | Unit::Of("元/m³")) {
                    found.push(format!("{}: {head} is in yuan and its head does not say so", topic.slug()));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn count_cells(slot: &lode::batch::header::Slot, into: &mut usize) {
    use lode::batch::header::Slot;
    match slot {
        Slot::Cell(_) => *into += 1,
        Slot::Object(fields) => fields.iter().for_each(|(_, slot)| count_cells(slot, into)),
        Slot::List(items) => items.iter().flatten().for_each(|slot| count_cells(slot, into)),
    }
}

/// Fields of the document with what it says about them.
fn descriptions() -> Vec<(String, String)> {
    let document: Json = serde_json::from_str(include_str!("../../openapi/v1.json")).unwrap();
    let mut found = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let of_requests = name.ends_with("Request") || ["SalesLine", "LateFeePayment", "PaidIn"].contains(&&**name);
        for (field, schema) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            if of_requests {
                found.push((field.clone(), schema["description"].as_str().unwrap_or_default().to_owned()));
            }
        }
    }
    found
}

fn missing_heads(shape: &Shape, parent: &str, kind: &str, found: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for (name, field) in &shape.fields {
        let head = if kind == "request" { heads::of_request(parent, name) } else { heads::of_result(parent, name) };
        // What is never a column needs no head.
        let is_inside = ["result", "trace", "instrument", "article", "columns"].contains(&name.as_str());
        match head {
            None if !is_inside => found.push(format!("{kind}: {parent}.{name} has no head")),
            Some(head) if !seen.insert(head.zh) => found.push(format!("{kind}: {parent}: {} is there twice", head.zh)),
            _ => {}
        }
        // Lists of an answer become cells of JSON, unless they have groups of their own.
        let has_columns = kind == "request"
            || field.item.is_none()
            || ["obligations", "comparison", "lines", "items", "payments", "periods"].contains(&name.as_str());
        if has_columns && !is_inside || name == "result" {
            missing_heads(field, name, kind, found);
            if let Some(item) = &field.item {
                missing_heads(item, name, kind, found);
            }
        }
    }
}

/// A table of sales with heads as people write them.
const SALES: &str = "行号,年度,出让方式,矿种,产品,销售收入（元）\n";

#[test]
fn order_is_kept_by_many_threads() {
    let mut input = SALES.to_owned();
    for row in 1..=20_000 {
        let bad = if row % 100 == 0 { "x" } else { "" };
        input += &format!("{row},2024,协议出让,金,选矿产品,{row}00{bad}\n");
    }
    let (one, tally) = Batch::csv(Topic::AnnualIncome).answers(&input);
    assert_eq!(tally, Tally { good: 19_800, bad: 200 });
    for threads in [2, 7] {
        let (many, again) = Batch { threads, ..Batch::csv(Topic::AnnualIncome) }.answers(&input);
        assert_eq!(tally, again);
        assert!(one == many, "{threads} threads");
    }
    for (row, cells) in one.iter().enumerate().skip(1) {
        assert_eq!(cells[0], row.to_string());
        assert_eq!(cells.last().unwrap() == "销售收入（元）", row % 100 == 0);
    }
}

#[test]
fn a_bad_row_has_its_problem_at_its_column_and_stops_nothing() {
    let input = format!(
        "{SALES}1,2024,协议出让,金,选矿产品,100\n2,2024,协议出让,金子,选矿产品,100\n3,二〇二四,竞争出让,金,选矿产品,1.234\n\
         4,2024,协议出让,金,选矿产品,100,多余\n5,2024,协议出让\n,,,,,\n\n6,2024,竞争出让,金,选矿产品,100,,\n7,2024,协议出让,金,选矿产品,100\n"
    );
    let (rows, tally) = Batch::csv(Topic::AnnualIncome).answers(&input);
    assert_eq!(tally, Tally { good: 2, bad: 5 });
    let column = |head: &str| -> Vec<&str> { (1..rows.len()).map(|row| cell(&rows, row, head)).collect() };
    assert_eq!(column("行号"), ["1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!(column("结果·应缴（元）"), ["2.30", "", "", "", "", "", "2.30"]);
    let codes = ["", "mineral_not_found", "malformed_request", "malformed_request", "malformed_request"];
    assert_eq!(column("错误代码"), [&codes[..], &["parameter_unknown", ""]].concat());
    assert_eq!(column("错误位置"), ["", "矿种", "年度", "", "矿产品", "出让日", ""]);
    assert!(column("错误")[3].contains("7 格"));
}

#[test]
fn groups_that_are_empty_leave_no_item_and_errors_name_the_group() {
    let input = "year,transfer_mode,lines.1.mineral,lines.1.product,lines.1.revenue,lines.3.mineral,矿产品3·产品,矿产品3·销售收入\n\
        2024,agreement,,,,铜,concentrate,1000\n2024,agreement,金,选矿产品,1000,铜,concentrate,x\n2024,agreement,,,,铜,concentrate,x\n";
    let (rows, tally) = Batch { lang: Lang::En, ..Batch::csv(Topic::AnnualIncome) }.answers(input);
    assert_eq!(tally, Tally { good: 1, bad: 2 });
    assert_eq!(cell(&rows, 1, "result.lines.1.mineral"), "copper");
    assert_eq!(cell(&rows, 2, "error_at"), "矿产品3·销售收入");
    assert_eq!(cell(&rows, 3, "error_at"), "矿产品3·销售收入");
}

#[test]
fn lists_and_objects_may_be_one_cell_of_json() {
    let input = "as_of,event,right,acquired,registered_minerals,values\n\
        2024-06-01,grant,mining,competitive,\"[\"\"金\"\"]\",\"{\"\"transaction_price\"\": \"\"5000000.00\"\"}\"\n\
        2024/6/1,出让,采矿权,竞争出让,金、银,\"{\"\"transaction_price\"\": \"\"5000000.00\"\"}\"\n\
        2024年6月1日,出让,采矿权,竞争出让,金,{不是JSON}\n";
    let (rows, tally) = Batch { lang: Lang::En, ..Batch::csv(Topic::Assessment) }.answers(input);
    assert_eq!(tally, Tally { good: 2, bad: 1 });
    assert_eq!(cell(&rows, 1, "obligations.1.amount"), "5000000.00");
    assert_eq!(cell(&rows, 2, "obligations.3.mineral"), "silver");
    assert_eq!((cell(&rows, 3, "error_code"), cell(&rows, 3, "error_at")), ("malformed_request", "values"));
    let heads = ["values".to_owned(), "values.total".to_owned()];
    assert!(Plan::compile(Topic::Assessment, &heads).is_err());
}

#[test]
fn obligations_beyond_their_columns_stand_in_one_of_json() {
    let input = "as_of,event,right,acquired,registered_minerals,成交价（万元）\n2024-06-01,grant,mining,competitive,金、银、铜、铁、铅,500\n";
    let (rows, _) = Batch { lang: Lang::En, ..Batch::csv(Topic::Assessment) }.answers(input);
    assert_eq!(cell(&rows, 1, "obligations.4.mineral"), "copper");
    let more: Json = serde_json::from_str(cell(&rows, 1, "obligations.more")).unwrap();
    assert_eq!(more.as_array().unwrap().len(), 2);
    assert_eq!(more[1]["mineral"], "lead");
}

#[test]
fn units_stand_in_the_heads_and_are_converted_exactly() {
    let revenue = |head: &str, value: &str| {
        let input = format!("year,transfer_mode,mineral,product,{head}\n2024,agreement,金,concentrate,\"{value}\"\n");
        let (rows, _) = Batch { lang: Lang::En, ..Batch::csv(Topic::AnnualIncome) }.answers(&input);
        let (revenue, error) = (cell(&rows, 1, "result.lines.1.levy_revenue"), cell(&rows, 1, "error"));
        if error.is_empty() { revenue.to_owned() } else { error.to_owned() }
    };
    for (head, value, wanted) in [
        ("revenue", "1234567.89", "1234567.89"),
        ("销售收入(元)", "1,234,567.89", "1234567.89"),
        ("销售收入（万元）", "123.456789", "1234567.89"),
        ("revenue（万元）", "0.000001", "0.01"),
        ("revenue（万元）", "99999999999.999999", "999999999999999.99"),
        ("revenue（万元）", "12", "120000.00"),
        ("revenue（万元）", "1,200", "12000000.00"),
        ("revenue（万元）", "0", "0.00"),
    ] {
        assert_eq!(revenue(head, value), wanted, "{head} {value}");
    }
    for (head, value) in [
        ("revenue（万元）", "0.0000001"),
        ("revenue（万元）", "1.2.3"),
        ("revenue（万元）", "1e3"),
        ("revenue（万元）", "-1"),
        ("revenue（万元）", "00.1"),
        ("revenue", "12,34"),
        ("revenue", "1,2345"),
    ] {
        let told = revenue(head, value);
        assert!(told.chars().any(char::is_alphabetic), "{head} {value}: {told}");
    }
    for (topic, head) in [
        (Topic::AnnualIncome, "revenue（亿元）"),
        (Topic::StartingPrice, "面积（公顷）"),
        (Topic::StartingPrice, "矿种（元）"),
    ] {
        assert!(Plan::compile(topic, &[head.to_owned()]).is_err(), "{head}");
    }
    for head in ["面积（km2）", "面积(km²)", "area_km2", "起始价标准（万元/km²）", "温度（℃）"] {
        let topic = if head.starts_with('温') { Topic::TransferIncome } else { Topic::StartingPrice };
        Plan::compile(topic, &[head.to_owned()]).unwrap_or_else(|problem| panic!("{head}: {}", problem.en));
    }
}

#[test]
fn heads_that_are_wrong_are_named_with_those_that_come_near() {
    let told = |topic, heads: &[&str]| {
        let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
        Plan::compile(topic, &heads).expect_err("refused").en.into_owned()
    };
    let several = told(Topic::AnnualIncome, &["yera", "lines.1.revenu", "矿产", "年度", "year", "thoroughly_unknown"]);
    for part in ["“yera”, did you mean: year", "lines.1.revenue", "“year” is there twice", "“thoroughly_unknown”"]
    {
        assert!(several.contains(part), "{part}: {several}");
    }
    assert!(told(Topic::Instalments, &["years"]).contains("licence.years"), "an end that two paths have");
    assert!(told(Topic::Split, &["", " "]).contains("no heads"));
    assert!(told(Topic::Split, &["行号", "line_id", "amount"]).contains("twice"));
    assert!(told(Topic::AnnualIncome, &["lines", "lines.1.mineral"]).contains("twice"));
    assert!(told(Topic::AnnualIncome, &["lines.1000.mineral"]).contains("no column"));
    assert!(told(Topic::AnnualIncome, &["lines.0.mineral"]).contains("no column"));
}

#[test]
fn a_result_can_be_run_again() {
    let (rows, _) = Batch::csv(Topic::AnnualIncome).answers(&format!("{SALES}1,2024,协议出让,金,选矿产品,100\n"));
    let input = format!("{},{}", SALES.trim_end(), line(&rows[0][1..]))
        + &format!("1,2024,协议出让,金,选矿产品,100,{}", line(&rows[1][1..]));
    let (again, tally) = Batch::csv(Topic::AnnualIncome).answers(&input);
    assert_eq!(again, rows);
    assert_eq!(tally, Tally { good: 1, bad: 0 });
}

#[test]
fn encodings_separators_and_line_ends() {
    let plain = format!("{SALES}甲,2024,协议出让,金,选矿产品,100\n乙,2024,协议出让,铜,选矿产品,200\n");
    let (wanted, _) = Batch::csv(Topic::AnnualIncome).answers(&plain);
    let gb18030 = encoding_rs::GB18030.encode(&plain).0.into_owned();
    let utf16 = |big: bool| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(plain.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let with_bom = [&[0xEF, 0xBB, 0xBF], plain.as_bytes()].concat();
    let many: [(&str, Vec<u8>, Charset); 9] = [
        ("UTF-8", plain.clone().into_bytes(), Charset::Utf8),
        ("UTF-8 with a mark", with_bom, Charset::Detected),
        ("GB18030 detected", gb18030.clone(), Charset::Detected),
        ("GB18030 declared", gb18030, Charset::Gb18030),
        ("UTF-16 little", utf16(false), Charset::Detected),
        ("UTF-16 big", utf16(true), Charset::Detected),
        ("CRLF", plain.replace('\n', "\r\n").into_bytes(), Charset::Detected),
        ("semicolons", plain.replace(',', ";").into_bytes(), Charset::Detected),
        ("tabs and quotes", plain.replace(',', "\"\t\"").replace('\n', "\"\n\"").into_bytes(), Charset::Detected),
    ];
    for (name, bytes, charset) in many {
        let bytes = match name {
            "tabs and quotes" => [b"\"", &bytes[..bytes.len() - 1]].concat(),
            _ => bytes,
        };
        let batch = Batch { charset, ..Batch::csv(Topic::AnnualIncome) };
        // Byte by byte, so that letters and line ends are cut everywhere.
        let (out, tally) = batch.run(OneByOne(io::Cursor::new(bytes))).unwrap_or_else(|stop| panic!("{name}: {stop}"));
        assert_eq!(rows(&out), wanted, "{name}");
        assert_eq!(tally, Tally { good: 2, bad: 0 }, "{name}");
    }
}

/// Gives one byte at a time.
struct OneByOne<R>(R);

impl<R: Read> Read for OneByOne<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(1);
        self.0.read(&mut into[..most])
    }
}

#[test]
fn a_row_that_is_no_text_is_refused_alone() {
    let mut bytes = format!("{SALES}1,2024,协议出让,金,选矿产品,100\n2,2024,协议出让,").into_bytes();
    bytes.extend_from_slice(
        b"\xff\xfe,x,1\n3,2024,agreement,gold,concentrate,\x00100\n4,2024,agreement,gold,concentrate,100\n",
    );
    let (out, tally) = Batch::csv(Topic::AnnualIncome).run(io::Cursor::new(bytes)).unwrap();
    let rows = rows(&out);
    assert_eq!(tally, Tally { good: 2, bad: 2 });
    for row in [2, 3] {
        assert_eq!(cell(&rows, row, "行号"), row.to_string());
        assert!(cell(&rows, row, "错误").contains("编码"), "{:?}", rows[row]);
    }
}

#[test]
fn formulas_do_not_leave() {
    let texts = ["=1+1", "+A1", "-A1", "@x", "\t=1", "=cmd|' /C calc'!A0", "-5", "甲=1", "a\"b,c"];
    let mut input = "行号,principal,due_date,as_of\n".to_owned();
    for text in texts {
        input += &line([text, "100.00", "2024-06-01", "2024-06-11"]);
    }
    let (out, _) = Batch::csv(Topic::LateFee).run(io::Cursor::new(input.into_bytes())).unwrap();
    let rows = rows(&out);
    let names: Vec<&str> = (1..rows.len()).map(|row| cell(&rows, row, "行号")).collect();
    let wanted = ["'=1+1", "'+A1", "'-A1", "'@x", "'=1", "'=cmd|' /C calc'!A0", "-5", "甲=1", "a\"b,c"];
    assert_eq!(names, wanted);
    // A negative amount stays a number.
    let true_up = "total,reserves_assessed,reserves_used,paid\n1000.00,100,30,500.00\n";
    let (rows, _) = Batch { lang: Lang::En, ..Batch::csv(Topic::TrueUp) }.answers(true_up);
    assert_eq!(cell(&rows, 1, "result.difference"), "-200.00");
    // What a message repeats of the request cannot begin a cell, and a mineral cannot either.
    let (rows, _) = Batch::csv(Topic::AnnualIncome).answers(&format!("{SALES}1,2024,协议出让,=1+1,选矿产品,100\n"));
    assert!(rows[1].iter().all(|cell| !cell.starts_with('=')), "{:?}", rows[1]);
}

#[test]
fn hostile_inputs_are_refused_quickly() {
    let begun = Instant::now();
    let csv = Batch::csv(Topic::AnnualIncome);
    let lines = Batch::of(Topic::AnnualIncome, As::Lines, As::Lines);
    let heads = || io::Cursor::new(SALES.as_bytes());
    let endless = || io::repeat(b'7').take(2 << 30);
    let text = |text: String| io::Cursor::new(text.into_bytes());
    for (what, told, wanted) in [
        ("a line of 2 GiB", csv.stop(heads().chain(endless())), "1 MiB"),
        ("heads of 2 GiB", csv.stop(endless()), "1 MiB"),
        ("an open quote", csv.stop(heads().chain(io::Cursor::new(b"1,\"")).chain(endless())), "quote"),
        ("a million heads", csv.stop(text("年度,".repeat(1_000_000))), "4096 columns"),
        ("a million cells", csv.stop(heads().chain(text(",".repeat(1_000_000) + "\n"))), "4096 columns"),
        ("nothing", csv.stop(io::empty()), "empty"),
        ("blank lines", csv.stop(text("\n\r\n\n".to_owned())), "no heads"),
        ("zeros", csv.stop(io::repeat(0).take(2 << 30)), "NUL"),
        ("UTF-16 without a mark", csv.stop(io::Cursor::new(b"y\0e\0a\0r\0\n\0")), "NUL"),
        ("a workbook", csv.stop(io::Cursor::new(b"PK\x03\x04....")), "workbook"),
        ("heads that are no text", csv.stop(io::Cursor::new(b"year,\xff\xff\xff\n1\n")), "UTF-8 or GB18030"),
        ("JSON as a table", csv.stop(text(Topic::AnnualIncome.example().to_string())), "no column"),
        ("a JSON line of 2 GiB", lines.stop(endless()), "64 MiB"),
        ("UTF-16 as lines", lines.stop(io::Cursor::new(b"\xff\xfe{\0}\0")), "UTF-16"),
    ] {
        assert!(told.contains(wanted), "{what}: {told}");
    }
    // A long line is refused by itself; deep, broken and binary ones are too.
    let example = Topic::AnnualIncome.example().to_string();
    let long = format!("{{\"year\": \"{}\"}}", "7".repeat(ROW_BYTES));
    let deep = "[".repeat(100_000);
    let (out, tally) = lines
        .run(io::Cursor::new(
            [example.as_bytes(), long.as_bytes(), deep.as_bytes(), b"\xff\xfe", b"{\0}", example.as_bytes()]
                .join(&b'\n'),
        ))
        .unwrap();
    assert_eq!(tally, Tally { good: 2, bad: 4 });
    let told: Vec<Json> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told[1]["code"], "payload_too_large");
    assert!(told[2..5].iter().all(|line| line["code"] == "malformed_request"));
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
}

/// A folder of its own for a test, empty.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("lode-batch-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn the_command_tells_by_its_status_how_the_rows_went() {
    let folder = folder("status");
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let good = format!("{SALES}1,2024,协议出让,金,选矿产品,100\n");
    fs::write(path("good.csv"), &good).unwrap();
    fs::write(path("some.csv"), format!("{good}2,2024,协议出让,金子,选矿产品,100\n")).unwrap();
    fs::write(path("heads.csv"), SALES).unwrap();
    fs::write(path("unknown.csv"), "年度,矿中\n2024,金\n").unwrap();
    fs::write(path("half.csv"), format!("{good}2,\"{}", "7".repeat(2 << 20))).unwrap();
    fs::write(path("one.jsonl"), format!("{}\n", Topic::AnnualIncome.example())).unwrap();
    let run = |input: &str, output: &str, more: &[&str]| {
        let (input, output) = (path(input), path(output));
        let ran = lode(&[&["batch", "annual-income", &input, "-o", &output], more].concat(), b"");
        (ran.status.code(), String::from_utf8(ran.stderr).unwrap(), fs::read_to_string(&output).ok())
    };
    let (status, told, out) = run("good.csv", "out.csv", &[]);
    assert_eq!((status, told.as_str()), (Some(0), "1 行：1 行成功，0 行有误\n"));
    assert!(out.unwrap().starts_with("\u{FEFF}行号,结果·应缴（元）"));
    let (status, told, out) = run("some.csv", "some.out.jsonl", &["--lang", "en", "--threads", "3"]);
    assert_eq!((status, told.as_str()), (Some(1), "2 rows: 1 well, 1 refused\n"));
    assert!(out.unwrap().starts_with(r#"{"line_id":"1","calculation":"annual-income""#));
    let (status, told, out) = run("one.jsonl", "lines.tsv", &["--quiet", "--no-bom", "--steps"]);
    assert_eq!((status, told.as_str()), (Some(0), ""));
    assert!(out.unwrap().starts_with("行号\t结果·应缴（元）"));
    for (input, output, more, wanted) in [
        ("heads.csv", "none.csv", vec![], "没有数据行"),
        ("unknown.csv", "none.csv", vec![], "是否为：矿产品1·矿种"),
        ("half.csv", "none.csv", vec![], "1 MiB"),
        ("missing.csv", "none.csv", vec![], "missing.csv"),
        ("one.jsonl", "none.csv", vec!["--from", "csv"], "没有名为"),
        ("good.csv", "no/such/folder.csv", vec![], "folder.csv"),
    ] {
        let (status, told, out) = run(input, output, &more);
        assert_eq!((status, out), (Some(2), None), "{input}");
        assert!(told.contains(wanted), "{input}: {told}");
    }
    // A device stays one.
    let input = path("good.csv");
    assert_eq!(lode(&["batch", "annual-income", &input, "-o", "/dev/null"], b"").status.code(), Some(0));
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    let parts: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".part"))
        .collect();
    assert!(parts.is_empty(), "{parts:?}");
    assert_eq!(lode(&["batch", "no-such-topic", "-"], b"").status.code(), Some(2));
    assert_eq!(lode(&["batch", "annual-income", "-"], b"").status.code(), Some(2));
    let piped = lode(&["batch", "annual-income", "-", "--from", "csv", "--to", "csv"], good.as_bytes());
    assert_eq!(
        (piped.status.code(), rows(&String::from_utf8(piped.stdout).unwrap())[1][1].as_str()),
        (Some(0), "2.30")
    );
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn an_output_has_its_name_only_when_it_is_whole() {
    let folder = folder("killed");
    let output = folder.join("out.csv");
    fs::write(&output, "old").unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_lode"))
        .args(["batch", "annual-income", "-", "--from", "csv", "-o"])
        .arg(&output)
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(SALES.as_bytes()).unwrap();
    for row in 0..5_000 {
        writeln!(input, "{row},2024,协议出让,金,选矿产品,100").unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fs::read_to_string(&output).unwrap(), "old");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn memory_does_not_grow_with_the_rows() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lode"))
        .args(["batch", "annual-income", "-", "--from", "csv", "--steps"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    let counted = std::thread::spawn(move || {
        let mut line = Vec::new();
        let mut count = 0;
        while answers.read_until(b'\n', &mut line).unwrap() > 0 {
            line.clear();
            count += 1;
        }
        count
    });
    let mut input = child.stdin.take().unwrap();
    input.write_all(SALES.as_bytes()).unwrap();
    let mut highest = Vec::new();
    for _ in 0..2 {
        for row in 0..30_000 {
            writeln!(input, "{row},2024,协议出让,金,选矿产品,1{row}00").unwrap();
        }
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let kibibytes = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
        };
        // Without the pages of the program itself, which is large unoptimized, as far as they happen to be in memory.
        highest.push(kibibytes("VmHWM:") - kibibytes("RssFile:"));
    }
    drop(input);
    assert!(child.wait().unwrap().success());
    assert_eq!(counted.join().unwrap(), 60_001);
    assert!(highest[1] < 32 << 10, "{} KiB", highest[1]);
    assert!(highest[1] < highest[0] + (8 << 10), "it grows: {highest:?} KiB");
}

#[test]
fn minerals_are_listed_by_any_name() {
    let ran = lode(&["minerals", "铜"], b"");
    let listed = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success() && listed.starts_with("copper\t"), "{listed}");
    let ran = lode(&["minerals", "COPPER", "--as-of", "2024-06-01", "--lang", "en"], b"");
    assert!(String::from_utf8(ran.stdout).unwrap().contains("by rate\t1.2%"));
    for refused in [vec!["minerals", "没有的"], vec!["minerals", "铜", "--as-of", "2000-01-01"]] {
        let ran = lode(&refused, b"");
        assert_eq!(ran.status.code(), Some(1));
        assert!(!ran.stderr.is_empty());
    }
}

#[test]
fn shells_get_their_completions() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let ran = lode(&["completions", shell], b"");
        assert!(ran.status.success());
        let script = String::from_utf8(ran.stdout).unwrap();
        assert!(script.contains("annual") || script.contains("batch"), "{shell}");
    }
}
