//! The records on paper: what a notice said when it was issued, the statement of a day.

use std::sync::LazyLock;

use lode::domain::books::command::*;
use lode::domain::books::event::{ItemKind, Part};
use lode::notice::words::grouped;
use serde_json::Value;

use crate::notices::{missing, text_of};
use crate::openapi::{document, misfits_of};
use crate::service::{Answer, Client, Process};

use super::world::{World, confirm, day, draft, reverse, serve, yuan};

const NOTICE: &str = "/v1/notices/3701052023000001/document";

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

fn print(client: Client, target: &str, accept: &str) -> Answer {
    client.send("GET", target, &[&format!("Accept: {accept}")], None)
}

#[track_caller]
fn page(client: Client, target: &str) -> String {
    let answer = print(client, target, "text/html");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("vary"), Some("Accept"));
    answer.text().to_owned()
}

/// Notices on a first payment with its first instalment, and on the second instalment, the latter taken back; the first
/// served and paid in part; the right transferred since.
fn recorded() -> World {
    let world = World::new();
    let right = world.right();
    let part = |kind, amount, due_on: Option<&str>| Part {
        kind,
        amount: yuan(amount),
        due_on: due_on.map(day),
        levy_method: None,
        rule: None,
    };
    let parts = vec![
        part(ItemKind::Price, "500.00", None),
        part(ItemKind::Instalment, "600.00", Some("2024-07-01")),
        part(ItemKind::Instalment, "600.01", Some("2025-07-01")),
    ];
    let drafted = world.on(right, OnRight::Assess(draft(parts))).unwrap();
    world.by("second", confirm(drafted)).unwrap();
    world.on(right, OnRight::Plan(SetPlan { effective_on: day("2023-06-01"), assessment: drafted })).unwrap();
    let notify = |items| OnRight::Notify(IssueNotice { effective_on: day("2023-06-02"), items });
    world.on(right, notify(vec!["I6-1", "I6-2"])).unwrap();
    let second = world.on(right, notify(vec!["I6-3"])).unwrap();
    world.ask(reverse(second, "2023-06-05")).unwrap();
    world
}

/// What came after the notices.
fn go_on(world: &World) {
    let right = lode::domain::books::entry::RightId(3);
    world.ask(serve("3701052023000001", "2023-06-08")).unwrap();
    world.pay(right, "I6-1", "2023-07-01", "200.00", "收1").unwrap();
    let other = world.party("914403001922038216");
    let to = format!("P{other}").leak();
    world.on(right, OnRight::Transfer(TransferRight { effective_on: day("2023-08-01"), to, reason: "批复" })).unwrap();
}

/// 500 + 600 = 1100; 40 % of it is 440, the rest 660.
#[test]
fn a_notice_is_printed_as_it_was_issued_whatever_came_later() {
    let World { store, folder } = recorded();
    drop(store);
    let options = ["--data", folder.path().to_str().unwrap()];
    let before = page(Process::start(&options).client(), NOTICE);
    let told = [
        "3701052023000001",
        "甲公司",
        "91350100M000100Y43",
        "采矿权",
        "C100000000000000000001",
        "水泥用灰岩",
        "1.25 平方千米",
        "首次缴纳",
        "第 1 期",
        "财综〔2023〕10号 第十二条",
        "收到之日起 30 日内",
        "2024-07-01",
        "1,100.00",
        "人民币壹仟壹佰元整",
        "440.00",
        "103071404",
        "2023年6月2日",
    ];
    assert_eq!(missing(&told.map(str::to_owned), &text_of(&before)), [""; 0]);

    let world = World::in_folder(folder, Default::default());
    go_on(&world);
    let World { store, folder } = world;
    drop(store);
    let process = Process::start(&["--data", folder.path().to_str().unwrap()]);
    assert_eq!(page(process.client(), NOTICE), before);
}

#[test]
fn a_statement_on_paper_has_the_figures_of_the_statement() {
    let world = recorded();
    go_on(&world);
    let World { store, folder } = world;
    drop(store);
    let process = Process::start(&["--data", folder.path().to_str().unwrap()]);
    let client = process.client();
    // Due on 8 July: 300 × 0.002 × 10 = 6 on the 18th.
    for (as_of, payer) in [("2023-07-18", "甲公司"), ("2024-08-01", "914403001922038216")] {
        let statement = client.get(&format!("/v1/rights/R3/statement?as_of={as_of}")).json();
        let sums = &statement["sums"];
        let figures = ["total", "paid", "overdue", "pending", "late_fee_outstanding"];
        let mut told: Vec<String> = figures.map(|name| grouped(yuan(sums[name].as_str().unwrap()))).to_vec();
        told.extend([payer, "首次缴纳", "第 1 期", "第 2 期", "2025-07-01"].map(str::to_owned));
        let text = text_of(&page(client, &format!("/v1/rights/R3/statement/document?as_of={as_of}")));
        assert_eq!(missing(&told, &text), [""; 0], "{as_of}");
    }
    let known = "/v1/rights/R3/statement/document?as_of=2023-07-18&known_at=2099-01-01T00:00:00.000Z";
    let text = text_of(&page(client, known));
    let told = ["按 2099-01-01T00:00:00.000Z 已知的记录", "6.00", "2023年7月18日"];
    assert_eq!(missing(&told.map(str::to_owned), &text), [""; 0]);
}

#[test]
fn what_cannot_be_printed_is_refused() {
    let World { store, folder } = recorded();
    drop(store);
    let process = Process::start(&["--data", folder.path().to_str().unwrap()]);
    for (target, accept, status, code) in [
        ("/v1/notices/3701052023000002/document", "text/html", 409, "conflict"),
        ("/v1/notices/3701052023000003/document", "text/html", 404, "not_found"),
        ("/v1/notices/1/document", "text/html", 404, "not_found"),
        (NOTICE, "application/json", 415, "unsupported_media_type"),
        ("/v1/rights/R9/statement/document?as_of=2024-01-01", "*/*", 404, "not_found"),
        ("/v1/rights/R3/statement/document", "*/*", 400, "malformed_request"),
        ("/v1/rights/R3/statement/document?as_of=2024-01-01", "image/png", 415, "unsupported_media_type"),
    ] {
        let answer = print(process.client(), target, accept);
        let body = answer.json();
        assert_eq!((answer.status, body["code"].as_str()), (status, Some(code)), "{target}");
        assert_eq!(misfits_of(&DOCUMENT, "GET", target, &Value::Null, status, &body), [""; 0], "{target}");
    }
}

#[test]
#[cfg(feature = "pdf")]
fn both_are_printed_as_pdf_with_the_same_bytes_each_time() {
    let World { store, folder } = recorded();
    drop(store);
    let process = Process::start(&["--data", folder.path().to_str().unwrap()]);
    for (target, name) in
        [(NOTICE, "payment-notice.pdf"), ("/v1/rights/R3/statement/document?as_of=2024-08-01", "statement.pdf")]
    {
        let [first, second] = [(); 2].map(|()| print(process.client(), target, "application/pdf"));
        assert_eq!((first.status, first.header("content-type")), (200, Some("application/pdf")), "{}", first.text());
        assert!(first.header("content-disposition").unwrap().contains(name));
        assert!(first.body.starts_with(b"%PDF-") && first.body == second.body, "{target}");
    }
}

#[test]
fn a_notice_over_a_deferred_item_gives_the_end_of_the_deferral() {
    let world = World::new();
    let right = world.right();
    world.owed(right, &[("1000.00", Some("2023-07-01"))]);
    let defer = ApproveDeferral {
        effective_on: day("2023-06-20"),
        item: "I6-1",
        from: day("2023-07-02"),
        to: day("2024-07-08"),
        approval: "财综〔2023〕30号",
    };
    world.on(right, OnRight::Defer(defer)).unwrap();
    world.on(right, OnRight::Notify(IssueNotice { effective_on: day("2023-06-21"), items: vec!["I6-1"] })).unwrap();
    let World { store, folder } = world;
    drop(store);
    let process = Process::start(&["--data", folder.path().to_str().unwrap()]);
    let told = text_of(&page(process.client(), NOTICE));
    assert!(told.contains("2024-07-08") && !told.contains("2023-07-01"), "{told}");
}

#[test]
fn a_statement_says_that_a_late_fee_is_unknown() {
    let world = World::new();
    let right = world.right();
    world.owed(right, &[("1000.00", Some("2017-06-30"))]);
    let World { store, folder } = world;
    drop(store);
    let process = Process::start(&["--data", folder.path().to_str().unwrap()]);
    let target = "/v1/rights/R3/statement?as_of=2024-01-01";
    let answer = process.client().get(target);
    let body = answer.json();
    assert_eq!(misfits_of(&DOCUMENT, "GET", target, &Value::Null, answer.status, &body), Vec::<String>::new());
    assert_eq!((&body["sums"]["overdue"], &body["sums"]["late_fee"]), (&Value::from("1000.00"), &Value::Null));
    let item = &body["items"][0];
    assert!(item["late_fee_unknown"].as_str().unwrap().contains("2017-06-30"), "{item}");
    assert_eq!((&item["figures"]["late_fee"], item["steps"].as_array().unwrap().len()), (&Value::Null, 0));
    let told = text_of(&page(process.client(), "/v1/rights/R3/statement/document?as_of=2024-01-01"));
    assert!(told.contains("未知") && told.contains("2017-06-30") && told.contains("1,000.00"), "{told}");
}

#[test]
fn what_is_refused_does_not_wait_for_a_press() {
    let folder = super::world::Folder::new();
    let book = lode::rates::load_builtin().unwrap();
    let records =
        lode::api::records::Records::below(folder.path().to_owned(), lode::ledger::sqlite::Options::default());
    let mut service = lode::api::service::Service::new(book).with_records(records);
    // No press will ever be free.
    service.printing = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let client = crate::service::serve(service);
    assert_eq!(print(client, NOTICE, "application/pdf").status, 404);
    assert_eq!(print(client, "/v1/rights/R9/statement/document?as_of=2024-01-01", "text/html").status, 404);
    assert_eq!(client.post("/v1/documents/calculation-sheet", "{}").status, 400);
}
