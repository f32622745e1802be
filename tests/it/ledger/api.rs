//! The records over HTTP: one right's way, idempotency, refusals, the commands over the file.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::world::{Folder, Home, Kind, on_every_store};
use crate::openapi::{document, misfits_of};
use crate::service::{Answer, Client, Process, lode};

on_every_store!(
    a_right_goes_its_way_over_http,
    one_key_makes_one_record,
    what_is_not_there_is_404_and_what_is_malformed_is_400,
);

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// Whatever is answered has the documented shape.
fn documented(method: &str, target: &str, request: &Value, answer: Answer) -> Answer {
    let faults = misfits_of(&DOCUMENT, method, target, request, answer.status, &answer.json());
    assert!(faults.is_empty(), "{method} {target}: {faults:?}\n{}", answer.text());
    answer
}

fn post(client: Client, key: &str, target: &str, body: &Value) -> Answer {
    let headers = ["Content-Type: application/json", &format!("Idempotency-Key: {key}")];
    let answer = client.send("POST", target, &headers, Some(body.to_string().as_bytes()));
    documented("POST", target, body, answer)
}

fn get(client: Client, target: &str) -> Answer {
    documented("GET", target, &Value::Null, client.get(target))
}

#[track_caller]
fn made(answer: &Answer) -> Value {
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) -> Value {
    let body = answer.json();
    assert_eq!((answer.status, body["code"].as_str()), (status, Some(code)), "{}", answer.text());
    body
}

fn party() -> Value {
    json!({"effective_on": "2023-05-01", "code": "91350100M000100Y43", "name": "某某矿业有限公司"})
}

fn right(licence: &str) -> Value {
    json!({"effective_on": "2023-05-01", "right": "mining", "holder": "P2", "licence_number": licence,
        "transfer_mode": "agreement", "division": "370105", "area": "land", "minerals": ["煤"], "area_km2": "1.25"})
}

fn started(folder: &Folder) -> Process {
    Process::start(&["--data", folder.path().to_str().unwrap()])
}

fn started_at(home: &Home) -> Process {
    Process::start(&home.option().each_ref().map(String::as_str))
}

fn a_right_goes_its_way_over_http(kind: Kind) {
    let home = Home::new(kind);
    let process = started_at(&home);
    let client = process.client();
    assert_eq!(made(&post(client, "1", "/v1/parties", &party()))["id"], "P2");
    assert_eq!(made(&post(client, "2", "/v1/rights", &right("C1")))["id"], "R3");
    assert_eq!(get(client, "/v1/parties/P2").json()["name"], "某某矿业有限公司");

    // A draft is calculated by the service; the same person cannot confirm it.
    let draft = json!({"effective_on": "2023-06-01", "topic": "transfer-income", "request":
        {"as_of": "2023-06-01", "mineral": "煤", "transfer_mode": "agreement", "starting_price": "100000.00"}});
    let drafted = made(&post(client, "3", "/v1/rights/R3/assessments", &draft));
    assert_eq!(drafted["content"]["parts"], json!([{"amount": "100000.00", "kind": "price", "levy_method": "rate"}]));
    let verdict = json!({"effective_on": "2023-06-02", "verdict": "confirm"});
    refused(&post(client, "4", "/v1/assessment-records/4/confirmation", &verdict), 409, "conflict");
    refused(
        &post(client, "5", "/v1/rights/R3/plans", &json!({"effective_on": "2023-06-02", "assessment": 4})),
        409,
        "conflict",
    );
    let wrong = json!({"effective_on": "2023-06-01", "topic": "transfer-income", "request":
        {"as_of": "2023-06-01", "mineral": "煤", "transfer_mode": "agreement", "starting_price": "1.001"}});
    let body = refused(&post(client, "6", "/v1/rights/R3/assessments", &wrong), 422, "invalid_field");
    assert_eq!(body["errors"][0]["pointer"], "/request/starting_price");

    let declaration = json!({"effective_on": "2025-01-15", "year": 2024,
        "lines": [{"mineral": "煤", "product": "raw_ore", "revenue": "1000000.00"}]});
    let declared = made(&post(client, "7", "/v1/rights/R3/declarations", &declaration));
    assert_eq!(declared["content"]["income"], "24000.00");
    assert_eq!(declared["items"], json!(["I5-1"]));
    let noticed =
        made(&post(client, "8", "/v1/rights/R3/notices", &json!({"effective_on": "2025-01-16", "items": ["I5-1"]})));
    let number = noticed["content"]["number"].as_str().unwrap();
    assert_eq!(number, "3701052025000001");
    assert_eq!(get(client, "/v1/worklists/notices-unserved?as_of=2025-01-17").json()["tasks"][0]["notice"], number);
    made(&post(client, "9", &format!("/v1/notices/{number}/service"), &json!({"received_on": "2025-01-20"})));
    assert_eq!(get(client, "/v1/worklists/due?as_of=2025-02-01").json()["tasks"][0]["outstanding"], "24000.00");
    assert_eq!(get(client, "/v1/worklists/overdue?as_of=2025-03-01").json()["tasks"][0]["item"], "I5-1");
    assert_eq!(get(client, "/v1/worklists/declarations-missing?as_of=2025-03-01").json()["tasks"][0]["year"], 2023);

    let checks = get(client, "/v1/worklists/checks?as_of=2025-03-05&lang=en").json();
    assert_eq!(checks["tasks"][0]["check"], "malformed_licence_number");
    assert_eq!(checks["tasks"][0]["found"], "licence number “C1”");
    assert_eq!(checks["tasks"][0]["entries"], json!([3]));
    let before = get(client, "/v1/worklists/checks?as_of=2025-03-05&known_at=2020-01-01T00:00:00Z").json();
    assert_eq!(before["tasks"], json!([]));
    let deferral = json!({"effective_on": "2025-02-10", "item": "I5-1", "from": "2025-03-01", "to": "2025-03-10",
        "approval": "财综〔2025〕1号"});
    let deferred = made(&post(client, "deferred", "/v1/rights/R3/deferrals", &deferral));
    assert_eq!(deferred["content"]["approval"], "财综〔2025〕1号");
    let list = |name: &str| get(client, &format!("/v1/worklists/{name}?as_of=2025-03-05")).json()["tasks"].clone();
    assert_eq!((&list("due")[0]["deferred_until"], list("overdue")), (&json!("2025-03-10"), json!([])));
    let statement = get(client, "/v1/rights/R3/statement?as_of=2025-03-05").json();
    assert_eq!((&statement["sums"]["late_fee"], &statement["sums"]["overdue"]), (&json!("0.00"), &json!("0.00")));
    assert_eq!(statement["items"][0]["deferred_until"], "2025-03-10");
    let target = format!("/v1/entries/{}/reversal", deferred["entry"]);
    made(&post(client, "undeferred", &target, &json!({"effective_on": "2025-02-10", "reason": "误"})));

    // Ten days late: 24000 × 0.002 × 10 = 480.
    let payment = json!({"item": "I5-1", "paid_on": "2025-03-10", "amount": "24480.00", "receipt": "0001"});
    let paid = made(&post(client, "10", "/v1/rights/R3/payments", &payment));
    assert_eq!(paid["content"]["to_late_fee"], "480.00");
    let statement = get(client, "/v1/rights/R3/statement?as_of=2025-03-05").json();
    assert_eq!(statement["sums"]["overdue"], "24000.00");
    assert_eq!(statement["sums"]["late_fee"], "240.00");
    assert!(!statement["items"][0]["steps"].as_array().unwrap().is_empty());
    let statement = get(client, "/v1/rights/R3/statement?as_of=2025-12-31").json();
    assert_eq!(statement["sums"]["paid"], "24000.00");
    assert_eq!(statement["sums"]["late_fee_outstanding"], "0.00");
    refused(
        &post(client, "11", "/v1/entries/5/reversal", &json!({"effective_on": "2025-04-01", "reason": "误"})),
        409,
        "conflict",
    );
    made(&post(client, "12", "/v1/entries/10/reversal", &json!({"effective_on": "2025-04-01", "reason": "误"})));
    assert_eq!(get(client, "/v1/rights/R3/statement?as_of=2025-12-31").json()["sums"]["paid"], "0.00");
    assert_eq!(get(client, "/v1/rights/R3/statement?as_of=2025-03-31").json()["sums"]["paid"], "24000.00");
    let balances = get(client, "/v1/ledger/balances?as_of=2025-03-31&right=R3").json();
    assert!(balances["balances"].as_array().unwrap().iter().any(|balance| balance["account"] == "late_fee_paid"));

    let entries = get(client, "/v1/rights/R3/entries").json();
    assert_eq!(entries["entries"].as_array().unwrap().len(), 9);
    assert_eq!(get(client, "/v1/rights").json()["rights"][0]["licence_number"], "C1");
    assert_eq!(get(client, "/v1/rights/R3").json()["declared"], json!([2024]));
    let verification = get(client, "/v1/ledger/verification").json();
    assert_eq!((&verification["sound"], &verification["entries"]), (&json!(true), &json!(11)));
    let head = get(client, "/v1/ledger/head");
    assert_eq!(head.header("cache-control"), Some("no-store"));
    assert_eq!(head.json()["hash"], verification["hash"]);

    // From the command line, beside the running service.
    let [option, place] = home.option();
    let told = lode(&["ledger", "verify", &option, &place], b"");
    assert!(told.status.success() && String::from_utf8_lossy(&told.stdout).contains("11 entries"), "{told:?}");
    let told = lode(&["ledger", "head", &option, &place], b"");
    assert!(String::from_utf8_lossy(&told.stdout).contains(verification["hash"].as_str().unwrap()), "{told:?}");
    // A head that was kept elsewhere is still found when the records have gone on, and no other is.
    let folder = Folder::new();
    let anchors = folder.path().join("anchors");
    let kept = String::from_utf8(told.stdout).unwrap();
    let verified = |lines: &str| {
        std::fs::write(&anchors, lines).unwrap();
        lode(&["ledger", "verify", "--anchors", anchors.to_str().unwrap(), &option, &place], b"")
    };
    made(&post(client, "13", "/v1/rights/R3/closures", &json!({"effective_on": "2025-05-01", "reason": "注销"})));
    assert!(verified(&format!("{kept}\n{kept}")).status.success());
    let words: Vec<&str> = kept.split_whitespace().collect();
    for (at, word) in words.iter().enumerate().filter(|(at, _)| *at != 3) {
        let mut other: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        other[at] =
            if let Some(rest) = word.strip_suffix('1') { format!("{rest}2") } else { format!("{}1", &word[1..]) };
        let told = verified(&format!("{kept}{}\n", other.join(" ")));
        assert_eq!(told.status.code(), Some(1), "{other:?}");
        assert!(String::from_utf8_lossy(&told.stderr).contains(&other.join(" ")), "{told:?}");
    }
    assert_eq!(verified("x\n").status.code(), Some(1));
    assert!(!lode(&["ledger", "head", "--data", "/nowhere"], b"").status.success());
}

fn one_key_makes_one_record(kind: Kind) {
    let home = Home::new(kind);
    let process = started_at(&home);
    let client = process.client();
    made(&post(client, "1", "/v1/parties", &party()));
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..64).map(|_| scope.spawn(|| post(client, "same", "/v1/rights", &right("C1")))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for answer in &answers {
        made(answer);
        assert_eq!(answer.body, answers[0].body, "the same answer");
    }
    assert_eq!(get(client, "/v1/ledger/head").json()["entries"], 3);
    refused(&post(client, "same", "/v1/rights", &right("C2")), 422, "idempotency_mismatch");
    refused(&post(client, "same", "/v1/parties", &party()), 422, "idempotency_mismatch");
    let without = client.post("/v1/rights", &right("C2").to_string());
    let body = refused(&without, 400, "malformed_request");
    assert!(body["detail"].as_str().unwrap().contains("Idempotency-Key"));
    // A refused request leaves its key free.
    refused(&post(client, "again", "/v1/rights", &right("C1")), 409, "conflict");
    made(&post(client, "again", "/v1/rights", &right("C2")));
}

fn what_is_not_there_is_404_and_what_is_malformed_is_400(kind: Kind) {
    let home = Home::new(kind);
    let process = started_at(&home);
    let client = process.client();
    for target in [
        "/v1/rights/R9",
        "/v1/rights/9/statement?as_of=2025-01-01",
        "/v1/rights/R9/entries",
        "/v1/parties/P1",
        "/v1/worklists/none?as_of=2025-01-01",
        "/v1/notices/%00/document",
        "/v1/notices/%EF%BF%BF/document",
    ] {
        refused(&get(client, target), 404, "not_found");
    }
    let day = json!({"effective_on": "2025-01-01", "reason": "误"});
    for target in ["/v1/rights/R9/closures", "/v1/entries/99/reversal", "/v1/entries/x/reversal"] {
        refused(&post(client, "1", target, &day), 404, "not_found");
    }
    refused(
        &post(client, "2", "/v1/notices/3701052025000001/service", &json!({"received_on": "2025-01-01"})),
        404,
        "not_found",
    );
    let body = refused(&post(client, "3", "/v1/rights/R9/payments", &json!({"amount": 1})), 400, "malformed_request");
    assert!(body["errors"].as_array().unwrap().len() >= 4, "{body}");
    refused(&get(client, "/v1/rights/R9/statement"), 400, "malformed_request");
    refused(&get(client, "/v1/ledger/balances?as_of=2025-01-01&known_at=yesterday"), 400, "malformed_request");
    let answer = client.send("PUT", "/v1/rights", &[], None);
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD, POST")));
    let answer = client.send("GET", "/v1/parties/P2/corrections", &[], None);
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
}

/// The office on paper, the general form, what tax offices acknowledge, lists in pages, and what is overdue.
#[test]
fn offices_find_what_they_ask_for() {
    let folder = Folder::new();
    let data = folder.path().to_str().unwrap();
    let process = Process::start(&["--data", data, "--office", "济南市历城区税务局", "--office-contact", "0531-12366"]);
    let client = process.client();
    made(&post(client, "1", "/v1/parties", &party()));
    made(&post(client, "2", "/v1/rights", &right("C1")));
    let mut nowhere = right("C2");
    nowhere["scheme"] = json!("county");
    let problem = refused(&post(client, "3", "/v1/rights", &nowhere), 422, "invalid_field");
    assert_eq!(problem["errors"][0]["pointer"], "/scheme", "{problem}");
    // 13 % of value-added tax in the base; a fifth is reduced: 1 000 000 × 2.4 % = 24 000, × 0.8 = 19 200.
    let mut declaration = json!({"effective_on": "2025-01-15", "year": 2024,
        "lines": [{"mineral": "煤", "product": "raw_ore", "revenue": "1000000.00"}],
        "reduction": {"percent": "20", "approval": "财综批〔2024〕1号"},
        "form": {"period_from": "2024-02-01", "base": "1130000.00", "deduction": "130000.01", "already_paid": "200.00"}});
    let problem = refused(&post(client, "4", "/v1/rights/R3/declarations", &declaration), 422, "invalid_field");
    assert_eq!(problem["errors"][0]["pointer"], "/form/base");
    declaration["form"]["deduction"] = json!("130000.00");
    declaration["form"]["period_to"] = json!("2025-01-01");
    let problem = refused(&post(client, "5", "/v1/rights/R3/declarations", &declaration), 422, "invalid_field");
    assert_eq!(problem["errors"][0]["pointer"], "/form/period_to");
    declaration["form"]["period_to"] = json!(null);
    let filed = made(&post(client, "6", "/v1/rights/R3/declarations", &declaration));
    let content = &filed["content"];
    for (field, value) in [
        ("period_from", "2024-02-01"),
        ("period_to", "2024-12-31"),
        ("base", "1130000.00"),
        ("deduction", "130000.00"),
        ("payable", "24000.00"),
        ("reduction", "4800.00"),
        ("income", "19200.00"),
        ("already_paid", "200.00"),
        ("to_pay", "19000.00"),
    ] {
        assert_eq!(content[field], value, "{field}");
    }
    let item = filed["items"][0].as_str().unwrap();
    let notice =
        made(&post(client, "7", "/v1/rights/R3/notices", &json!({"effective_on": "2025-02-01", "items": [item]})));
    assert_eq!(notice["content"]["office"], "济南市历城区税务局");
    let number = notice["content"]["number"].as_str().unwrap();
    let paper = client.send("GET", &format!("/v1/notices/{number}/document"), &["Accept: text/html"], None);
    for told in ["济南市历城区税务局", "联系方式：0531-12366"] {
        assert!(paper.text().contains(told), "{told}");
    }
    // What is paid, by treasury: 40 % of 10 000.01 = 4 000.00.
    let payment = json!({"item": item, "paid_on": "2025-02-10", "amount": "10000.01", "receipt": "A1"});
    made(&post(client, "8", "/v1/rights/R3/payments", &payment));
    let statement = get(client, "/v1/rights/R3/statement?as_of=2025-02-10").json();
    assert_eq!(statement["treasuries"], json!({"central": "4000.00", "local": "6000.01"}));
    assert_eq!(statement["items"][0]["treasuries"], statement["treasuries"]);
    let paper = client.send("GET", "/v1/rights/R3/statement/document?as_of=2025-02-10", &["Accept: text/html"], None);
    assert!(paper.text().contains("4 000.00") || paper.text().contains("4,000.00"), "{}", paper.text());
    // Overdue from March on: 19 200.00 - 10 000.01.
    let balances = |as_of: &str| get(client, &format!("/v1/ledger/balances?as_of={as_of}")).json();
    assert_eq!(balances("2025-02-28")["overdue"], "0.00");
    assert_eq!(balances("2025-03-01")["overdue"], "9199.99");
    assert_eq!(balances("2025-03-01")["overdue_items"], json!([{"item": item, "amount": "9199.99"}]));
    // The tax office takes one record and refuses another, each once.
    let cursor = notice["entry"].as_u64().unwrap();
    let target = |cursor: u64| format!("/v1/exchange/fee-sources/{cursor}/acknowledgement");
    let accepted = json!({"effective_on": "2025-02-02", "verdict": "accepted"});
    let rejected = json!({"effective_on": "2025-02-02", "verdict": "rejected"});
    assert_eq!(post(client, "9", &target(cursor + 1), &accepted).status, 404, "a payment is no such record");
    assert_eq!(
        refused(&post(client, "10", &target(3), &rejected), 422, "parameter_unknown")["errors"][0]["pointer"],
        "/reason"
    );
    let first = made(&post(client, "11", &target(cursor), &accepted));
    assert_eq!(made(&post(client, "11", &target(cursor), &accepted)), first);
    refused(&post(client, "12", &target(cursor), &rejected_because()), 409, "conflict");
    made(&post(client, "13", &target(3), &rejected_because()));
    assert_eq!(get(client, "/v1/exchange/fee-sources").json()["records"].as_array().unwrap().len(), 3);
    let rejections = get(client, "/v1/worklists/fee-sources-rejected?as_of=2025-02-02").json();
    assert_eq!(rejections["tasks"][0]["entries"][0], 3, "{rejections}");
    // It keeps nothing from being reversed.
    let reversal = made(&post(client, "14", &format!("/v1/entries/{cursor}/reversal"), &json!({"reason": "误"})));
    assert_eq!(reversal["effective_on"], "2025-02-01");
    // After the end of the licence no later year is declared, and no later sale.
    made(&post(client, "15", "/v1/rights/R3/closures", &json!({"effective_on": "2025-06-30", "reason": "注销1号"})));
    let after = |key: &str, year: u16, sold: Option<&str>| {
        let line = json!({"mineral": "煤", "product": "raw_ore", "revenue": "100.00", "sold_on": sold});
        post(
            client,
            key,
            "/v1/rights/R3/declarations",
            &json!({"effective_on": "2026-01-15", "year": year, "lines": [line]}),
        )
    };
    assert_eq!(refused(&after("16", 2026, None), 422, "invalid_field")["errors"][0]["pointer"], "/year");
    let late = refused(&after("17", 2025, Some("2025-07-01")), 422, "invalid_field");
    assert_eq!(late["errors"][0]["pointer"], "/lines/0/sold_on");
    made(&after("18", 2025, Some("2025-06-30")));
    made(&post(client, "19", "/v1/rights", &right("C2")));
    // Work lists in pages, as known at one moment.
    let list = |query: &str| get(client, &format!("/v1/worklists/checks?as_of=2026-05-01{query}")).json();
    let all = list("");
    let count = all["tasks"].as_array().unwrap().len();
    assert!(count > 1 && all.get("next").is_none(), "{all}");
    let page = list("&limit=1");
    assert_eq!((page["tasks"].as_array().unwrap().len(), page["next"].as_u64()), (1, Some(1)));
    let rest = list("&limit=1000&after=1");
    assert_eq!((rest["tasks"].as_array().unwrap().len(), rest.get("next")), (count - 1, None));
    // Parties by their code.
    let found = |query: &str| get(client, &format!("/v1/parties?{query}")).json()["parties"].as_array().unwrap().len();
    assert_eq!(
        [found("code=91350100M000100Y43"), found("code=914403001922038216"), found("text=%E7%9F%BF%E4%B8%9A")],
        [1, 0, 1]
    );
    assert_eq!(get(client, "/v1/ledger/verification").json()["sound"], true);
}

fn rejected_because() -> Value {
    json!({"effective_on": "2025-02-02", "verdict": "rejected", "reason": "合同编号有误"})
}

#[test]
fn the_service_stands_in_for_no_damaged_or_newer_store() {
    let folder = Folder::new();
    drop(started(&folder));
    assert!(!folder.path().join("lode.db").exists(), "made when it is first asked for");
    let process = started(&folder);
    made(&post(process.client(), "1", "/v1/parties", &party()));
    drop(process);
    let connection = rusqlite::Connection::open(folder.path().join("lode.db")).unwrap();
    connection.execute("UPDATE journal SET actor = 'other' WHERE seq = 2", []).unwrap();
    let told = lode(&["ledger", "verify", "--data", folder.path().to_str().unwrap()], b"");
    assert!(!told.status.success() && String::from_utf8_lossy(&told.stderr).contains("journal 2"), "{told:?}");
    connection.execute("INSERT INTO migration VALUES (99, '0099_future', '')", []).unwrap();
    drop(connection);
    let told = lode(&["serve", "--listen", "127.0.0.1:0", "--data", folder.path().to_str().unwrap()], b"");
    assert!(!told.status.success() && String::from_utf8_lossy(&told.stderr).contains("99"), "{told:?}");
}

/// The first payment of a converted exploration right was owed before its conversion.
#[test]
fn a_plan_after_a_conversion_has_the_rest_alone() {
    let folder = Folder::new();
    let process = started(&folder);
    let client = process.client();
    made(&post(client, "1", "/v1/parties", &party()));
    made(&post(client, "2", "/v1/rights", &right("C1")));
    let mut request = json!({"right": "exploration", "mineral": "水泥用灰岩", "signed_on": "2023-06-01", "total": "1000000.00",
        "plan": {"first_payment_percent": "20"}});
    let parts = |key: &str, request: &Value| {
        let body = json!({"effective_on": "2025-06-02", "topic": "instalments", "request": request});
        made(&post(client, key, "/v1/rights/R3/assessments", &body))["content"]["parts"].clone()
    };
    let before = json!([{"amount": "200000.00", "kind": "price", "levy_method": "amount"},
        {"amount": "800000.00", "kind": "on_conversion", "levy_method": "amount"}]);
    assert_eq!(parts("3", &request), before);
    for (name, value) in [
        ("converted", json!(true)),
        ("mine_scale", json!("small")),
        ("licence", json!({"from": "2025-06-01", "to": "2035-05-31"})),
        ("plan", json!({"first_payment_percent": "20", "years": 2})),
    ] {
        request[name] = value;
    }
    let of = |due: &str| json!({"amount": "400000.00", "due_on": due, "kind": "instalment", "levy_method": "amount"});
    assert_eq!(parts("4", &request), json!([of("2026-06-01"), of("2027-06-01")]));
}

/// The decision table as a draft: what it finds owed becomes items once somebody else has confirmed it.
#[test]
fn what_an_assessment_finds_owed_can_be_planned() {
    let folder = Folder::new();
    let process = started(&folder);
    let client = process.client();
    made(&post(client, "1", "/v1/parties", &party()));
    made(&post(client, "2", "/v1/rights", &right("C1")));
    let mut key = 3;
    let mut drafted = |request: Value| {
        key += 1;
        let body = json!({"effective_on": "2024-06-01", "topic": "assessment", "request": request});
        post(client, &key.to_string(), "/v1/rights/R3/assessments", &body)
    };
    let parts = |answer: &Answer| made(answer)["content"]["parts"].clone();
    for (request, owed) in [
        // G5: the higher of both values.
        (
            json!({"as_of": "2024-06-01", "event": "grant", "right": "mining", "acquired": "agreement",
                "registered_minerals": ["建筑用花岗岩"], "values": {"appraised_value": "500.00", "benchmark_value": "600.00"}}),
            json!([{"amount": "600.00", "kind": "price", "levy_method": "amount", "rule": "G5"}]),
        ),
        // T4: not before the mining grant.
        (
            json!({"as_of": "2024-06-01", "event": "transition", "right": "exploration", "acquired": "first_come",
                "registered_minerals": ["建筑用花岗岩"], "values": {"appraised_value": "500.00", "benchmark_value": "600.00"}}),
            json!([{"amount": "600.00", "kind": "on_conversion", "levy_method": "amount", "rule": "T4"}]),
        ),
        // T1 of a contract before 2017-06-29: what it leaves and the charge.
        (
            json!({"as_of": "2024-06-01", "event": "existing_contract", "right": "mining", "contract_signed_on": "2016-03-01",
                "registered_minerals": ["煤"], "values": {"contract_remainder": "1000.00", "fund_occupation_charge": "100.00"}}),
            json!([{"amount": "1000.00", "kind": "price", "rule": "T1"},
                {"amount": "100.00", "kind": "fund_occupation", "rule": "T1"}]),
        ),
        // T3: 1 000 000 × 2.3 %; what comes year by year is declared.
        (
            json!({"as_of": "2024-06-01", "event": "transition", "right": "mining", "acquired": "first_come",
                "registered_minerals": ["金"], "values": {"sales": [
                    {"mineral": "金", "product": "concentrate", "revenue": "1000000.00", "sold_on": "2020-06-01"}]}}),
            json!([{"amount": "23000.00", "kind": "arrears", "levy_method": "rate", "rule": "T3"}]),
        ),
        // E8: what passes to the transferee stands in the records.
        (
            json!({"as_of": "2024-06-01", "event": "transfer", "right": "mining", "registered_minerals": ["煤"],
                "transferee": "乙公司", "values": {"contract_remainder": "1000.00"}}),
            json!([]),
        ),
    ] {
        assert_eq!(parts(&drafted(request.clone())), owed, "{request}");
    }
    let body = refused(
        &drafted(json!({"as_of": "2024-06-01", "event": "grant", "right": "mining"})),
        400,
        "malformed_request",
    );
    assert_eq!(body["errors"][0]["pointer"], "/request/registered_minerals");
    let undecided = json!({"as_of": "2024-06-01", "event": "grant", "right": "mining", "registered_minerals": ["煤"]});
    let body = refused(&drafted(undecided), 422, "parameter_unknown");
    assert_eq!(body["errors"][0]["pointer"], "/request/acquired");
}

/// Rights by what they are, page by page.
#[test]
fn rights_are_found_by_what_they_are() {
    let folder = Folder::new();
    let process = started(&folder);
    let client = process.client();
    made(&post(client, "1", "/v1/parties", &party()));
    let other = json!({"effective_on": "2023-05-01", "code": "914403001922038216", "name": "南方石材公司"});
    made(&post(client, "2", "/v1/parties", &other));
    // R4 to R9: every other one in 610104, of granite, held by P3; of those one an exploration right.
    for index in 4..10 {
        let mut body = right(&format!("C-{index}"));
        if index % 2 == 1 {
            (body["division"], body["holder"], body["minerals"]) =
                (json!("610104"), json!("P3"), json!(["建筑用花岗岩"]));
            body["contract_number"] = json!(format!("出让-{index}"));
        }
        body["right"] = json!(if index == 9 { "exploration" } else { "mining" });
        assert_eq!(made(&post(client, &index.to_string(), "/v1/rights", &body))["id"], format!("R{index}"));
    }
    let closed = json!({"effective_on": "2024-01-01", "reason": "注销"});
    made(&post(client, "close", "/v1/rights/R4/closures", &closed));
    let rights = |query: &str| {
        let page = get(client, &format!("/v1/rights{query}")).json();
        let ids = page["rights"].as_array().unwrap().iter().map(|right| right["id"].as_str().unwrap().to_owned());
        (ids.collect::<Vec<_>>().join(" "), page["next"].as_u64())
    };
    for (query, wanted) in [
        ("", "R4 R5 R6 R7 R8 R9"),
        ("?division=61", "R5 R7 R9"),
        ("?division=6101", "R5 R7 R9"),
        ("?division=610000", "R5 R7 R9"),
        ("?division=610105", ""),
        ("?division=370105&standing=open", "R6 R8"),
        ("?standing=closed", "R4"),
        // On the day before it was closed it was open.
        ("?standing=closed&as_of=2023-12-31", ""),
        ("?as_of=2023-04-30", ""),
        ("?known_at=2020-01-01T00:00:00Z", ""),
        ("?holder=P3&right=mining", "R5 R7"),
        ("?mineral=%E7%85%A4%E7%82%AD", "R4 R6 R8"),
        ("?licence_number=C-7", "R7"),
        ("?licence_number=C-", ""),
        ("?text=%E5%8D%97%E6%96%B9", "R5 R7 R9"),
        ("?text=%E5%87%BA%E8%AE%A9-7", "R7"),
        ("?text=C-", "R4 R5 R6 R7 R8 R9"),
        ("?text=914403", "R5 R7 R9"),
        ("?text=nothing", ""),
    ] {
        assert_eq!(rights(query), (wanted.to_owned(), None), "{query}");
    }
    assert_eq!(rights("?division=61&limit=2"), ("R5 R7".to_owned(), Some(7)));
    assert_eq!(rights("?division=61&limit=2&after=7"), ("R9".to_owned(), None));
    assert_eq!(rights("?limit=3&after=9"), (String::new(), None));
    for query in ["?limit=0", "?limit=1001", "?division=6", "?division=61010x", "?holder=3", "?standing=x"] {
        refused(&get(client, &format!("/v1/rights{query}")), 400, "malformed_request");
    }
    let body = refused(&get(client, "/v1/rights?mineral=xyz"), 422, "mineral_not_found");
    assert_eq!(body["errors"][0]["pointer"], "/mineral");
}
