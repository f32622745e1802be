//! The exchange with the tax office: fee-source records by a cursor, receipts back; both can be repeated.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use lode::api::records::Records;
use lode::api::service::Service;
use lode::domain::books::command::*;
use lode::domain::books::entry::{RightId, Seq};
use lode::ledger::sqlite::Options;
use lode::rates::load_builtin;
use serde_json::{Value, json};

use crate::access::{Known, data, key, recorded, send, started};
use crate::ledger::world::{Folder, World, ask, day, number, reverse, serve as service_of};
use crate::openapi::{document, misfits_of};
use crate::service::{Answer, Client, lode, serve};

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

const SOURCES: &str = "/v1/exchange/fee-sources";
const RECEIPTS: &str = "/v1/exchange/receipts";

fn running(folder: &Folder) -> Client {
    let records = Records::below(folder.path().to_owned(), Options::default());
    serve(Service::new(load_builtin().unwrap()).with_records(records))
}

#[track_caller]
fn page(client: Client, query: &str) -> Value {
    let target = format!("{SOURCES}?{query}");
    let answer = client.get(&target);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let faults = misfits_of(&DOCUMENT, "GET", &target, &Value::Null, 200, &answer.json());
    assert!(faults.is_empty(), "{faults:?}\n{}", answer.text());
    answer.json()
}

fn csv(client: Client, query: &str) -> Answer {
    client.send("GET", &format!("{SOURCES}?{query}"), &["Accept: text/csv"], None)
}

fn post(client: Client, key: &str, media_type: &str, body: &str) -> Answer {
    let headers = [format!("Content-Type: {media_type}"), format!("Idempotency-Key: {key}")];
    client.send("POST", RECEIPTS, &[&headers[0], &headers[1]], Some(body.as_bytes()))
}

#[track_caller]
fn message(client: Client, lines: Value) -> Value {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let body = json!({"receipts": lines});
    let key = format!("message-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let answer = post(client, &key, "application/json", &body.to_string());
    assert_eq!(answer.status, 201, "{}", answer.text());
    let mut faults = misfits_of(&DOCUMENT, "POST", RECEIPTS, &body, 201, &answer.json());
    // Some lines are wrong on purpose.
    faults.retain(|fault| !fault.starts_with("request:/receipts/"));
    assert!(faults.is_empty(), "{faults:?}\n{}", answer.text());
    answer.json()
}

fn outcomes(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().unwrap().iter().map(|line| line["outcome"].as_str().unwrap()).collect()
}

fn notify(world: &World, right: RightId, items: &[String]) -> (Seq, String) {
    let items = items.to_vec();
    let seq = world
        .ask(ask!(Command::OnRight(
            right,
            OnRight::Notify(IssueNotice {
                effective_on: day("2023-06-05"),
                items: items.iter().map(String::as_str).collect()
            })
        )))
        .unwrap();
    let notices = world.history(right, "2030-01-01").notices;
    (seq, notices.values().find(|notice| notice.seq == seq).unwrap().issued.number.clone())
}

/// The life of a right: its entries are 2 (the party), 3 (the right) and those below.
struct Life {
    folder: Folder,
    right: RightId,
    plan: Seq,
    notice: (Seq, String),
    kinds: Vec<(Seq, &'static str)>,
}

fn lived() -> Life {
    let world = World::new();
    let right = world.right();
    let mut kinds = vec![(right.0, "right_registered")];
    let mut note = |seq: Seq, kind| {
        kinds.push((seq, kind));
        seq
    };
    let (draft, plan) = world.planned(right, &[("100000.00", None), ("50000.00", Some("2024-07-01"))]);
    note(plan, "plan_set");
    let item = |index| format!("I{plan}-{index}");
    let notice = notify(&world, right, &[item(1)]);
    note(notice.0, "notice_issued");
    note(world.ask(service_of(&notice.1, "2023-06-08")).unwrap(), "notice_served");
    let payment = world.pay(right, &item(1), "2023-07-18", "60000.00", "337010523070000001").unwrap();
    let charge = |as_of: &'static str| {
        let body = move || ChargeLateFee { item: "", as_of: day(as_of) };
        let name = item(1);
        world.ask(ask!(Command::OnRight(right, OnRight::ChargeLateFee(ChargeLateFee { item: &name, ..body() }))))
    };
    let fee = note(charge("2023-07-20").unwrap(), "late_fee_charged");
    note(world.ask(reverse(fee, "2023-07-20")).unwrap(), "reversal");
    // Of a payment the tax office knows: its reversal is no record.
    world.ask(reverse(payment, "2023-07-20")).unwrap();
    let changed = ChangeRight {
        effective_on: day("2024-01-01"),
        added_minerals: vec!["铁"],
        term_from: None,
        term_to: None,
        mine_scale: None,
        licence_number: None,
        reason: "=变更登记〔2024〕1号",
    };
    note(world.on(right, OnRight::Change(changed)).unwrap(), "right_changed");
    let other = world.party("91110000710925462X");
    let to = format!("P{other}");
    let transferred = world.ask(ask!(Command::OnRight(
        right,
        OnRight::Transfer(TransferRight { effective_on: day("2024-06-01"), to: &to, reason: "转让批复" })
    )));
    note(transferred.unwrap(), "right_transferred");
    world.pay(right, &item(1), "2024-06-02", "200000.00", "337010523070000002").unwrap();
    let second = item(2);
    let deferred = world.ask(ask!(Command::OnRight(
        right,
        OnRight::Defer(ApproveDeferral {
            effective_on: day("2024-06-15"),
            item: &second,
            from: day("2024-07-02"),
            to: day("2024-07-31"),
            approval: "缓缴〔2024〕1号"
        })
    )));
    note(deferred.unwrap(), "deferral_approved");
    let trued = SettleTrueUp {
        effective_on: day("2030-01-01"),
        assessment: draft,
        reserves_assessed: number("100"),
        reserves_used: number("50"),
    };
    note(world.on(right, OnRight::TrueUp(trued)).unwrap(), "true_up_settled");
    let closed = CloseRight { effective_on: day("2030-01-02"), reason: "注销" };
    note(world.on(right, OnRight::Close(closed)).unwrap(), "right_closed");
    let World { store, folder } = world;
    drop(store);
    Life { folder, right, plan, notice, kinds }
}

#[test]
fn every_entry_that_matters_is_one_record() {
    let life = lived();
    let client = running(&life.folder);
    let all = page(client, "");
    let records = all["records"].as_array().unwrap();
    let kinds: Vec<(Seq, &str)> =
        records.iter().map(|record| (record["cursor"].as_u64().unwrap(), record["kind"].as_str().unwrap())).collect();
    assert_eq!(kinds, life.kinds);
    let of = |kind: &str| records.iter().find(|record| record["kind"] == kind).unwrap();
    let plan = of("plan_set");
    for (field, wanted) in [
        ("right", json!(life.right.to_string())),
        ("right_kind", json!("mining")),
        ("licence_number", json!("C100000000000000000001")),
        ("contract_signed_on", json!("2023-05-01")),
        ("division", json!("370105")),
        ("payer", json!("P2")),
        ("payer_name", json!("甲公司")),
        ("payer_code", json!("91350100M000100Y43")),
        ("account", json!("103071404")),
    ] {
        assert_eq!(plan[field], wanted, "{field}");
    }
    let item = |index| format!("I{}-{index}", life.plan);
    assert_eq!(
        plan["items"],
        json!([{"item": item(1), "kind": "price", "amount": "100000.00"},
            {"item": item(2), "kind": "price", "amount": "50000.00", "due_on": "2024-07-01"}])
    );
    let notice = of("notice_issued");
    assert_eq!((&notice["notice"], &notice["shares"]["central"]), (&json!(life.notice.1), &json!("40000.00")));
    assert_eq!(
        notice["items"],
        json!([{"item": item(1), "kind": "price", "amount": "100000.00", "notified": "100000.00"}])
    );
    // Received on 8 June: due on 8 July (art. 24).
    assert_eq!(of("notice_served")["items"][0]["due_on"], "2023-07-08");
    // 100 000 × 0.002 × 10 days to 18 July, then 40 000 × 0.002 × 2 days: 2 000 + 160.
    assert_eq!(of("late_fee_charged")["items"][0]["late_fee"], "2160.00");
    assert_eq!(of("reversal")["takes_back"], of("late_fee_charged")["cursor"]);
    assert_eq!(of("reversal")["items"], json!([]));
    assert_eq!(of("right_registered")["minerals"].as_array().unwrap().len(), 2);
    assert_eq!(of("right_changed")["minerals"].as_array().unwrap().len(), 3);
    let transfer = of("right_transferred");
    assert_eq!(transfer["payer_code"], "91110000710925462X");
    assert_eq!(transfer["items"].as_array().unwrap().len(), 2, "what is open is for the new holder");
    // Half of the reserves used: 75 000 due, 100 000 paid.
    let trued = of("true_up_settled");
    let refunds: Vec<&Value> = trued["items"].as_array().unwrap().iter().map(|line| &line["refund"]).collect();
    assert_eq!(refunds, [&json!("25000.00"), &Value::Null]);
}

#[test]
fn a_range_says_the_same_whenever_it_is_read() {
    let (folder, known) = recorded();
    let client = running(&folder);
    let first = page(client, "");
    let end = first["records"].as_array().unwrap().last().unwrap()["cursor"].as_u64().unwrap();
    let range = format!("since=3&until={end}");
    let (json_then, csv_then) = (client.get(&format!("{SOURCES}?{range}")).body, csv(client, &range).body);
    // Later entries change the rights that the range is about.
    let close = json!({"effective_on": "2024-01-01", "reason": "注销"}).to_string();
    let headers = ["Content-Type: application/json", "Idempotency-Key: 1"];
    let target = format!("/v1/rights/{}/closures", known[0].right);
    assert_eq!(client.send("POST", &target, &headers, Some(close.as_bytes())).status, 201);
    let item = format!("I{}-1", known[0].draft + 2);
    let paid = message(client, json!([{"receipt": "1", "item": item, "amount": "1.00", "paid_on": "2024-02-01"}]));
    assert_eq!(outcomes(&paid), ["booked"]);
    assert_eq!(client.get(&format!("{SOURCES}?{range}")).body, json_then);
    assert_eq!(csv(client, &range).body, csv_then);
    // After it comes what is new, and nothing else.
    let news = page(client, &format!("since={end}"));
    let kinds: Vec<&str> = news["records"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds, &news["more"]), (vec!["right_closed"], &json!(false)));
    let next = news["next"].as_u64().unwrap();
    assert_eq!(page(client, &format!("since={next}")), json!({"records": [], "next": next, "more": false}));
    // A cursor that these records never gave would skip what comes next.
    let beyond = client.get(&format!("{SOURCES}?since=999999"));
    assert_eq!((beyond.status, &beyond.json()["errors"][0]["pointer"]), (409, &json!("/since")));
    for query in ["since=x", "since=-1", "limit=0", "limit=1001", "limit=x", "format=xml", "until=x", "other=1"] {
        assert_eq!(client.get(&format!("{SOURCES}?{query}")).status, 400, "{query}");
    }
}

#[test]
fn page_by_page_each_record_comes_once_while_others_write() {
    let (folder, known) = recorded();
    let client = running(&folder);
    let before = page(client, "limit=1000")["records"].as_array().unwrap().len();
    let registered = |index: usize| {
        let body = json!({"effective_on": "2023-05-01", "right": "mining", "holder": "P2",
            "licence_number": format!("NEW-{index}"), "transfer_mode": "agreement", "division": "370105", "area": "land",
            "minerals": ["煤"], "area_km2": "1.25"});
        let headers = ["Content-Type: application/json".to_owned(), format!("Idempotency-Key: new-{index}")];
        client.send("POST", "/v1/rights", &[&headers[0], &headers[1]], Some(body.to_string().as_bytes())).status
    };
    let written = 4 * 25;
    let seen: Vec<u64> = std::thread::scope(|scope| {
        for writer in 0..4 {
            scope.spawn(move || {
                for index in 0..25 {
                    assert_eq!(registered(100 * writer + index), 201);
                }
            });
        }
        let (mut seen, mut since) = (Vec::new(), 0);
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while seen.len() < before + written && std::time::Instant::now() < deadline {
            let page = page(client, &format!("since={since}&limit=3"));
            let records = page["records"].as_array().unwrap();
            assert!(records.len() <= 3 && (records.len() == 3 || page["more"] == false));
            seen.extend(records.iter().map(|record| record["cursor"].as_u64().unwrap()));
            since = page["next"].as_u64().unwrap();
        }
        seen
    });
    assert!(seen.is_sorted_by(|one, two| one < two), "{seen:?}");
    assert_eq!(seen.len(), before + written);
    let all = page(client, "limit=1000");
    let all: Vec<u64> = all["records"].as_array().unwrap().iter().map(|it| it["cursor"].as_u64().unwrap()).collect();
    assert_eq!(seen, all);
    assert!(known.iter().all(|known| all.contains(&known.right.0)));
}

/// Rows of a CSV, the heads first.
fn rows(answer: &Answer) -> Vec<Vec<String>> {
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    let text = answer.text().strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn the_csv_says_what_the_json_says() {
    let life = lived();
    let client = running(&life.folder);
    let all = page(client, "");
    let answer = csv(client, "");
    assert_eq!(answer.header("exchange-next"), Some(all["next"].to_string().as_str()));
    assert_eq!(answer.header("exchange-more"), Some("false"));
    assert_eq!(client.get(&format!("{SOURCES}?format=csv")).body, answer.body);
    assert_eq!(client.send("GET", &format!("{SOURCES}?format=json"), &["Accept: text/csv"], None).json(), all);
    let rows = rows(&answer);
    let (heads, rows) = rows.split_first().unwrap();
    let at = |head: &str| heads.iter().position(|known| known == head).unwrap();
    let mut lines = rows.iter();
    for record in all["records"].as_array().unwrap() {
        let items = record["items"].as_array().unwrap();
        let nothing = json!({});
        for item in if items.is_empty() { std::slice::from_ref(&nothing) } else { items.as_slice() } {
            let row = lines.next().unwrap();
            let fields = [
                ("游标", &record["cursor"]),
                ("种类", &record["kind"]),
                ("生效日", &record["effective_on"]),
                ("记录时刻", &record["recorded_at"]),
                ("收回游标", &record["takes_back"]),
                ("矿业权", &record["right"]),
                ("权利种类", &record["right_kind"]),
                ("许可证号", &record["licence_number"]),
                ("合同签订日", &record["contract_signed_on"]),
                ("缴款人", &record["payer"]),
                ("缴款人名称", &record["payer_name"]),
                ("统一社会信用代码", &record["payer_code"]),
                ("科目", &record["account"]),
                ("通知书号", &record["notice"]),
                ("应缴项", &item["item"]),
                ("款项", &item["kind"]),
                ("总额", &item["amount"]),
                ("到期日", &item["due_on"]),
                ("通知金额", &item["notified"]),
                ("缓缴自", &item["deferred_from"]),
                ("缓缴至", &item["deferred_to"]),
                ("滞纳金", &item["late_fee"]),
                ("应退", &item["refund"]),
                ("中央", &record["shares"]["central"]),
                ("地方", &record["shares"]["local"]),
                ("事由", &record["reason"]),
            ];
            for (head, value) in fields {
                let wanted = match value {
                    Value::Null => String::new(),
                    Value::String(text) if text.starts_with('=') => format!("'{text}"),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(row[at(head)], wanted, "{head} of {record}");
            }
        }
    }
    assert_eq!(lines.next(), None);
    assert!(rows.iter().any(|row| row[at("事由")].starts_with("'=")), "no cell is a formula");
    assert!(rows.iter().any(|row| row[at("缓缴至")] == "2024-07-31"), "a deferral");
    assert!(answer.text().contains("\r\n"));
}

/// A world with one right of two items, the first of them on a notice alone, both on another.
fn owing() -> (Folder, Seq, String, String) {
    let world = World::new();
    let right = world.right();
    let (_, plan) = world.planned(right, &[("100000.00", None), ("50000.00", None), ("70.00", None)]);
    let item = |index| format!("I{plan}-{index}");
    let (_, single) = notify(&world, right, &[item(1)]);
    let (_, double) = notify(&world, right, &[item(2), item(3)]);
    let World { store, folder } = world;
    drop(store);
    (folder, plan, single, double)
}

#[test]
fn receipts_become_payments_line_by_line() {
    let (folder, plan, single, double) = owing();
    let client = running(&folder);
    let item = |index: u32| format!("I{plan}-{index}");
    let line = |receipt: &str, changes: Value| {
        let mut line = json!({"receipt": receipt, "amount": "100.00", "paid_on": "2023-07-01"});
        line.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        line
    };
    let lines = json!([
        line("A1", json!({"notice": single, "treasury": "国家金库", "stage": "accepted"})),
        line("A2", json!({"item": item(2)})),
        line("A3", json!({"notice": double, "item": item(3), "amount": "70.00"})),
        line("A1", json!({"item": item(1)})),
        line("A1", json!({"item": item(1), "amount": "100.01"})),
        line("A1", json!({"item": item(1), "paid_on": "2023-07-02"})),
        line("A1", json!({"item": item(2)})),
        line("B1", json!({"notice": double})),
        line("B2", json!({"notice": single, "item": item(2)})),
        line("B3", json!({"notice": "3701052023999999"})),
        line("B4", json!({"item": "I999-1"})),
        line("B5", json!({})),
        line("B6", json!({"item": item(1), "amount": "0.00"})),
        line("B7", json!({"item": item(1), "amount": "1.001"})),
        line(" ", json!({"item": item(1)})),
        line("B8", json!({"item": item(1), "paid_on": "2023-13-01"})),
        line("B9", json!({"item": item(1), "amout": "1.00"})),
        line("C1", json!({"item": item(1), "paid_on": "2023-06-30"})),
        json!(7),
        line("A4", json!({"item": item(1), "stage": "in_treasury"})),
    ]);
    let told = message(client, lines);
    let wanted = [
        ("booked", ""),
        ("booked", ""),
        ("booked", ""),
        ("repeated", ""),
        ("refused", "conflict"),
        ("refused", "conflict"),
        ("refused", "conflict"),
        ("refused", "invalid_field"),
        ("refused", "invalid_field"),
        ("refused", "invalid_field"),
        ("refused", "invalid_field"),
        ("refused", "invalid_field"),
        ("refused", "invalid_field"),
        ("refused", "invalid_field"),
        ("refused", "invalid_field"),
        ("refused", "malformed_request"),
        ("refused", "malformed_request"),
        ("booked", ""),
        ("refused", "malformed_request"),
        ("booked", ""),
    ];
    let results = told["results"].as_array().unwrap();
    let found: Vec<(&str, &str)> = results
        .iter()
        .map(|line| (line["outcome"].as_str().unwrap(), line["problem"]["code"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(found, wanted, "{told:#}");
    assert_eq!([&told["booked"], &told["repeated"], &told["refused"]], [&json!(5), &json!(1), &json!(14)]);
    assert_eq!(results[3]["entry"], results[0]["entry"]);
    assert_eq!((&results[0]["item"], &results[2]["item"]), (&json!(item(1)), &json!(item(3))));
    // The pointers are those of the line.
    assert_eq!(results[12]["problem"]["errors"][0]["pointer"], "/amount");
    assert_eq!(results[7]["problem"]["errors"][0]["pointer"], "/item");
    let statement = client.get("/v1/rights/R3/statement?as_of=2023-07-03").json();
    // 100 + 100 + 100 towards the first item, 100 towards the second, 70 towards the third.
    assert_eq!(statement["sums"]["paid"], "470.00");
    // A day before what was booked is refused.
    let late = message(client, json!([line("C2", json!({"item": item(1), "paid_on": "2023-06-30"}))]));
    assert_eq!(late["results"][0]["problem"]["code"], "conflict", "{late}");
    // Another message with the same receipts changes nothing.
    let again = message(client, json!([line("A2", json!({"item": item(2)})), line("A4", json!({"notice": single}))]));
    assert_eq!(outcomes(&again), ["repeated", "repeated"]);
    assert_eq!(again["results"][1]["entry"], results[19]["entry"]);
    // A payment that was taken back may be reported again.
    let body = json!({"effective_on": "2023-07-05", "reason": "误"}).to_string();
    let headers = ["Content-Type: application/json", "Idempotency-Key: taken-back"];
    let target = format!("/v1/entries/{}/reversal", results[2]["entry"]);
    assert_eq!(client.send("POST", &target, &headers, Some(body.as_bytes())).status, 201);
    let anew =
        message(client, json!([line("A3", json!({"item": item(3), "amount": "60.00", "paid_on": "2023-07-06"}))]));
    assert_eq!(outcomes(&anew), ["booked"]);
    let verified = client.get("/v1/ledger/verification").json();
    assert_eq!(verified["sound"], true, "{verified}");
}

#[test]
fn the_lines_of_a_message_are_booked_in_the_order_of_their_days() {
    let (folder, plan, ..) = owing();
    let (client, item) = (running(&folder), format!("I{plan}-1"));
    let line =
        |receipt: &str, paid_on: &str| json!({"receipt": receipt, "item": item, "amount": "1.00", "paid_on": paid_on});
    let lines = json!([line("1", "2023-06-22"), {"receipt": 1}, line("2", "2023-06-21"), line("3", "2023-06-22")]);
    let answer = message(client, lines.clone());
    assert_eq!(outcomes(&answer), ["booked", "refused", "booked", "booked"], "{answer}");
    let of = |index: usize| answer["results"][index]["entry"].as_u64().unwrap();
    assert!(of(2) < of(0) && of(0) < of(3), "{answer}");
    let numbers: Vec<u64> = (0..4).map(|index| answer["results"][index]["line"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!(outcomes(&message(client, lines)), ["repeated", "refused", "repeated", "repeated"]);
}

#[test]
fn a_message_is_taken_once_under_its_key() {
    let (folder, plan, ..) = owing();
    let client = running(&folder);
    let lines = |amount: &str| {
        let line = |receipt: &str| json!({"receipt": receipt, "item": format!("I{plan}-1"), "amount": amount, "paid_on": "2023-07-01"});
        json!({"receipts": [line("A1"), line("A2"), line("A1")]}).to_string()
    };
    let first = post(client, "one", "application/json", &lines("5.00"));
    assert_eq!(outcomes(&first.json()), ["booked", "booked", "repeated"]);
    let head = client.get("/v1/ledger/head").json();
    let again = post(client, "one", "application/json", &lines("5.00"));
    assert_eq!((again.status, again.body), (201, first.body));
    assert_eq!(client.get("/v1/ledger/head").json()["hash"], head["hash"]);
    let other = post(client, "one", "application/json", &lines("6.00"));
    assert_eq!((other.status, other.json()["code"].as_str()), (422, Some("idempotency_mismatch")));
    let missing = client.send("POST", RECEIPTS, &["Content-Type: application/json"], Some(lines("5.00").as_bytes()));
    assert_eq!((missing.status, missing.json()["code"].as_str()), (400, Some("malformed_request")));
    let xml = post(client, "two", "text/xml", "<receipts/>");
    assert_eq!((xml.status, xml.json()["code"].as_str()), (415, Some("unsupported_media_type")));
    for body in ["", "{", "[]", "{}", r#"{"receipts": []}"#, r#"{"receipts": {}}"#, r#"{"receipts": [], "other": 1}"#] {
        let answer = post(client, "two", "application/json", body);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("malformed_request")), "{body}");
    }
    let many: Vec<Value> = (0..1001).map(|index| json!({"receipt": index.to_string()})).collect();
    assert_eq!(post(client, "two", "application/json", &json!({"receipts": many}).to_string()).status, 400);
    assert_eq!(client.get("/v1/ledger/head").json()["hash"], head["hash"], "nothing was kept of these");
    // Many at once: one message, each payment once.
    let body = lines("7.00").replace("A1", "M1").replace("A2", "M2");
    let entries: BTreeSet<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|_| {
                scope
                    .spawn(|| post(client, "many", "application/json", &body).json()["results"][0]["entry"].to_string())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(entries.len(), 1);
    let statement = client.get("/v1/rights/R3/statement?as_of=2023-07-03").json();
    assert_eq!(statement["sums"]["paid"], "24.00");
    assert!(lode(&["ledger", "verify", "--data", data(&folder)], b"").status.success());
}

#[test]
fn receipts_as_csv() {
    let (folder, plan, single, _) = owing();
    let client = running(&folder);
    let table = format!(
        "\u{feff}缴款日,税票号,金额,应缴项,通知书号,状态,国库\r\n\
         2023-07-01,'-A1,10.00,,{single},受理,国库\r\n\
         2023-07-01,A2,x,I{plan}-2,,,\r\n\
         2023-07-01,\"A,3\",30.00,I{plan}-2,,已入库,\r\n\
         2023-07-01,A4,30.00,I{plan}-2,,未知,\r\n"
    );
    let answer = post(client, "csv", "text/csv; charset=utf-8", &table);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let told = answer.json();
    assert_eq!(outcomes(&told), ["booked", "refused", "booked", "refused"], "{told:#}");
    // The apostrophe that keeps a cell from being a formula is no part of it.
    assert_eq!((&told["results"][0]["receipt"], &told["results"][2]["receipt"]), (&json!("-A1"), &json!("A,3")));
    assert_eq!(post(client, "csv", "text/csv; charset=utf-8", &table).body, answer.body);
    for table in [
        "税票号,金额\r\nA1,1,2\r\n".to_owned(),
        "税票号,数额\r\nA1,1\r\n".to_owned(),
        "税票号,税票号\r\nA1,1\r\n".to_owned(),
        "税票号,金额\r\n".to_owned(),
        String::new(),
    ] {
        let answer = post(client, "wrong", "text/csv", &table);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("malformed_request")), "{table}");
    }
    assert_eq!(client.get("/v1/ledger/verification").json()["sound"], true);
    let gbk = [b"\xcb\xb0\xc6\xb1\xba\xc5".as_slice(), b"\r\nA1\r\n"].concat();
    let headers = ["Content-Type: text/csv", "Idempotency-Key: wrong"];
    let answer = client.send("POST", RECEIPTS, &headers, Some(&gbk));
    assert_eq!((answer.status, outcomes(&answer.json())), (201, vec!["refused"]), "read, but without an amount");
    assert_eq!(
        client.send("POST", RECEIPTS, &["Content-Type: text/csv", "Idempotency-Key: x"], Some(b"\xff\xff")).status,
        400
    );
    // As a spreadsheet program writes it in China.
    let table = format!("税票号,应缴项,金额,缴款日,状态\r\nA5,I{plan}-2,30.00,2023-07-02,已入库\r\n");
    let (bytes, _, _) = encoding_rs::GB18030.encode(&table);
    let headers = ["Content-Type: text/csv", "Idempotency-Key: gb18030"];
    let answer = client.send("POST", RECEIPTS, &headers, Some(&bytes));
    assert_eq!(outcomes(&answer.json()), ["booked"], "{}", answer.text());
    let kept = client.get(&format!("/v1/rights/{}/entries", answer.json()["results"][0]["right"].as_str().unwrap()));
    assert!(kept.text().contains("A5"));
}

#[test]
fn a_tax_office_sees_and_books_what_is_of_its_area() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let office = key(&folder, &["--role", "cashier", "--area", "370000"]);
    let above = key(&folder, &["--role", "admin"]);
    let rights = |key: &str| -> BTreeSet<String> {
        let page = send(client, key, &format!("GET {SOURCES}?limit=1000"), &Value::Null).json();
        page["records"].as_array().unwrap().iter().map(|record| record["right"].as_str().unwrap().to_owned()).collect()
    };
    let of = |known: &[Known]| known.iter().map(|known| known.right.to_string()).collect::<BTreeSet<_>>();
    assert_eq!(rights(&office), of(&known[..2]));
    assert_eq!(rights(&above), of(&known));
    let item = |known: &Known| format!("I{}-1", known.draft + 2);
    let line = |receipt: &str, item: &str| json!({"receipt": receipt, "item": item, "amount": "1.00", "paid_on": "2024-01-01"});
    // The receipt 收3 is of a right elsewhere.
    let lines = json!({"receipts": [line("S1", &item(&known[0])), line("S2", &item(&known[2])), line("S2", "I999-1"),
        line("收3", &item(&known[0])), line("收1", &item(&known[0]))]});
    let told = send(client, &office, &format!("POST {RECEIPTS}"), &lines).json();
    assert_eq!(outcomes(&told), ["booked", "refused", "refused", "refused", "refused"]);
    let problem = |index: usize| &told["results"][index]["problem"];
    assert_eq!(problem(1), problem(2), "foreign and unknown are refused by the same words");
    assert_eq!(problem(3)["detail"], "“收3”已登记");
    assert!(problem(4)["detail"].as_str().unwrap().contains(&format!("第 {} 号", known[0].draft + 3)));
    let log = send(client, &above, "GET /v1/audit", &Value::Null).json();
    let noted = log["accesses"].as_array().unwrap().iter().filter(|row| row["target"] == RECEIPTS).count();
    assert_eq!(noted, 1);
}
