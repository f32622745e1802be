//! Who may do what: every role at every endpoint of the records, with rights of its own and of others; keys, the audit log.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::ledger::world::{Folder, World, ask, day, number};
use crate::openapi::document;
use crate::service::{Answer, Client, Process, lode, serve};
use lode::api::records::Records;
use lode::api::service::Service;
use lode::domain::books::command::*;
use lode::domain::books::entry::{RightId, Seq};
use lode::domain::place::AreaKind;
use lode::domain::start_price::Right;
use lode::domain::transfer_income::TransferMode;
use lode::ledger::place::Place;
use lode::ledger::sqlite::Options;
use lode::rates::load_builtin;

/// What can be asked about a right.
struct Endpoint {
    request: &'static str,
    /// The body; `Null` for what is read.
    body: Value,
    /// What whoever may do it is answered about a right that they see. Most bodies have a fault that is found after
    /// everything else, so that nothing changes.
    done: u16,
    /// Who may do it.
    roles: &'static str,
}

const READERS: &str = "viewer enterprise assessor confirmer cashier auditor admin";

/// The endpoints under one right, written by hand: `{right}`, `{payment}`, `{plan}`, `{draft}` and `{notice}` are those of
/// the right that is asked about.
fn endpoints() -> Vec<Endpoint> {
    let end = |request, body, done, roles| Endpoint { request, body, done, roles };
    let reason = json!({"effective_on": "2024-01-01", "reason": " "});
    vec![
        end("GET /v1/rights/{right}", Value::Null, 200, READERS),
        end("GET /v1/rights/{right}/entries", Value::Null, 200, READERS),
        end("GET /v1/rights/{right}/statement?as_of=2024-01-01", Value::Null, 200, READERS),
        end("GET /v1/rights/{right}/statement/document?as_of=2024-01-01", Value::Null, 200, READERS),
        end("GET /v1/notices/{notice}/document", Value::Null, 200, READERS),
        end("POST /v1/rights/{right}/changes", reason.clone(), 422, "assessor admin"),
        end(
            "POST /v1/rights/{right}/transfers",
            json!({"effective_on": "2024-01-01", "to": "P999", "reason": "误"}),
            422,
            "assessor admin",
        ),
        end("POST /v1/rights/{right}/closures", reason.clone(), 422, "assessor admin"),
        end("POST /v1/rights/{right}/corrections", json!({"area_km2": "0", "reason": "误"}), 422, "assessor admin"),
        // None of them is an exploration right.
        end(
            "POST /v1/rights/{right}/conversions",
            json!({"effective_on": "2024-01-01", "to": "R999", "reason": "误"}),
            409,
            "assessor admin",
        ),
        end(
            "POST /v1/rights/{right}/assessments",
            json!({"effective_on": "2023-06-01", "topic": "transfer-income", "request":
                {"as_of": "2023-06-01", "mineral": "煤", "transfer_mode": "agreement", "starting_price": "100000.00"}}),
            201,
            "assessor admin",
        ),
        end(
            "POST /v1/assessment-records/{draft}/confirmation",
            json!({"effective_on": "2023-06-02", "verdict": "confirm"}),
            409,
            "confirmer admin",
        ),
        end(
            "POST /v1/rights/{right}/plans",
            json!({"effective_on": "2023-06-02", "assessment": 999}),
            422,
            "assessor admin",
        ),
        end(
            "POST /v1/rights/{right}/declarations",
            json!({"effective_on": "2024-01-15", "year": 2023, "lines": [{"mineral": "金", "product": "raw_ore", "revenue": "1.00"}]}),
            422,
            "enterprise assessor admin",
        ),
        end(
            "POST /v1/rights/{right}/notices",
            json!({"effective_on": "2024-01-16", "items": ["I999-1"]}),
            422,
            "assessor admin",
        ),
        end("POST /v1/notices/{notice}/service", json!({"received_on": "2023-01-01"}), 422, "assessor admin"),
        end(
            "POST /v1/rights/{right}/true-ups",
            json!({"effective_on": "2030-01-01", "assessment": 999, "reserves_assessed": "100", "reserves_used": "80"}),
            422,
            "assessor admin",
        ),
        end(
            "POST /v1/rights/{right}/deferrals",
            json!({"effective_on": "2024-01-01", "item": "I999-1", "from": "2024-01-02", "to": "2024-01-03", "approval": "1"}),
            422,
            "assessor admin",
        ),
        end(
            "POST /v1/rights/{right}/payments",
            json!({"item": "I999-1", "paid_on": "2023-07-01", "amount": "1.00", "receipt": "9"}),
            422,
            "cashier admin",
        ),
        end(
            "POST /v1/rights/{right}/late-fees",
            json!({"item": "I999-1", "as_of": "2024-01-01"}),
            422,
            "cashier admin",
        ),
        end(
            "POST /v1/rights/{right}/refunds",
            json!({"effective_on": "2024-01-01", "payment": 999, "amount": "1.00", "reason": "误"}),
            422,
            "cashier admin",
        ),
        // A payment is no fee-source record.
        end(
            "POST /v1/exchange/fee-sources/{payment}/acknowledgement",
            json!({"effective_on": "2024-01-01", "verdict": "accepted"}),
            404,
            "cashier admin",
        ),
        end(
            "POST /v1/exchange/fee-sources/{notice_entry}/acknowledgement",
            json!({"effective_on": "2024-01-01", "verdict": "rejected"}),
            422,
            "cashier admin",
        ),
        end("POST /v1/entries/{payment}/reversal", reason.clone(), 422, "cashier admin"),
        end("POST /v1/entries/{notice_entry}/reversal", reason, 422, "assessor admin"),
    ]
}

/// Whoever has `Permission::Reverse` gets to know whether an entry is there before they are told that it is not theirs
/// to reverse.
const MAY_REVERSE: &str = "assessor confirmer cashier admin";

/// The endpoints beside a right: what each role is answered, in the order of [`ROLES`].
fn others() -> Vec<(&'static str, Value, [u16; 7])> {
    let party = json!({"effective_on": "2023-05-01", "code": "91350100M000100Y43", "name": "某某矿业有限公司"});
    let right = |division: &str| {
        json!({"effective_on": "2023-05-01", "right": "mining", "holder": "P999", "licence_number": "C1",
            "transfer_mode": "agreement", "division": division, "area": "land", "minerals": ["煤"], "area_km2": "1.25"})
    };
    let batch = json!({"form": "zip", "statements": {"division": "610000", "as_of": "2024-01-01"}});
    // viewer, enterprise, assessor, confirmer, cashier, auditor, admin; all but the enterprise are of 370000.
    vec![
        ("GET /v1/rights", Value::Null, [200; 7]),
        ("GET /v1/parties", Value::Null, [200; 7]),
        ("GET /v1/parties/P2", Value::Null, [200; 7]),
        ("POST /v1/parties/P2/corrections", json!({"reason": "误"}), [403, 403, 422, 403, 403, 403, 422]),
        ("POST /v1/parties/P999/corrections", json!({"reason": "误"}), [403, 403, 404, 403, 403, 403, 404]),
        ("GET /v1/parties/P3", Value::Null, [200, 404, 200, 200, 200, 200, 200]),
        ("GET /v1/parties/P999", Value::Null, [404; 7]),
        ("GET /v1/worklists/due?as_of=2023-06-20", Value::Null, [200; 7]),
        ("GET /v1/worklists/overdue?as_of=2024-01-01", Value::Null, [200; 7]),
        ("GET /v1/worklists/declarations-missing?as_of=2026-01-01", Value::Null, [200; 7]),
        ("GET /v1/worklists/notices-unserved?as_of=2024-01-01", Value::Null, [200; 7]),
        ("GET /v1/worklists/fee-sources-rejected?as_of=2024-01-01", Value::Null, [200; 7]),
        ("GET /v1/worklists/checks?as_of=2024-01-01", Value::Null, [200; 7]),
        ("GET /v1/ledger/balances?as_of=2024-01-01", Value::Null, [200; 7]),
        ("GET /v1/ledger/verification", Value::Null, [403, 403, 403, 403, 403, 200, 200]),
        ("GET /v1/ledger/head", Value::Null, [403, 403, 403, 403, 403, 200, 200]),
        ("GET /v1/audit", Value::Null, [403, 403, 403, 403, 403, 200, 200]),
        ("GET /v1/exchange/fee-sources", Value::Null, [200, 403, 200, 200, 200, 200, 200]),
        ("GET /v1/exchange/fee-sources?format=csv", Value::Null, [200, 403, 200, 200, 200, 200, 200]),
        ("POST /v1/exchange/receipts", json!({"receipts": []}), [403, 403, 403, 403, 400, 403, 400]),
        ("GET /v1/jobs", Value::Null, [200; 7]),
        // What a batch holds is looked at in `jobs`.
        ("POST /v1/documents/batches", batch, [if cfg!(feature = "pdf") { 202 } else { 422 }; 7]),
        ("POST /v1/parties", party, [403, 403, 409, 403, 403, 403, 409]),
        ("POST /v1/rights", right("370105"), [403, 403, 422, 403, 403, 403, 422]),
        ("POST /v1/rights", right("610104"), [403, 403, 403, 403, 403, 403, 403]),
    ]
}

pub(crate) const ROLES: [&str; 7] = ["viewer", "enterprise", "assessor", "confirmer", "cashier", "auditor", "admin"];

/// A right with what was recorded about it.
pub(crate) struct Known {
    pub(crate) right: RightId,
    pub(crate) draft: Seq,
    payment: Seq,
    pub(crate) notice: String,
    notice_entry: Seq,
    licence: String,
}

impl Known {
    pub(crate) fn licence(&self) -> String {
        self.licence.clone()
    }

    fn fill(&self, request: &str) -> String {
        let Known { right, draft, payment, notice, notice_entry, .. } = self;
        request
            .replace("{right}", &right.to_string())
            .replace("{draft}", &draft.to_string())
            .replace("{payment}", &payment.to_string())
            .replace("{notice}", notice)
            .replace("{notice_entry}", &notice_entry.to_string())
    }

    /// Nothing of the kind.
    fn nothing() -> Known {
        let notice = "3701052023999999".to_owned();
        Known { right: RightId(999), draft: 999, payment: 999, notice, notice_entry: 999, licence: String::new() }
    }
}

/// Parties P2 and P3; rights of P2 and P3 in 370105, then of P2 and P3 in 610104.
pub(crate) fn recorded() -> (Folder, Vec<Known>) {
    let world = World::new();
    let own = world.party("91350100M000100Y43");
    let other = world.party("91110000710925462X");
    let places = [(own, "370105"), (other, "370105"), (own, "610104"), (other, "610104")];
    let known = (1..).zip(places).map(|(index, (party, division))| {
        let (holder, licence) = (format!("P{party}"), format!("LICENCE-{index}"));
        let registered = licence.clone();
        let right = RightId(
            world
                .ask(ask!(Command::RegisterRight(RegisterRight {
                    effective_on: day("2023-05-01"),
                    right: Right::Mining,
                    holder: &holder,
                    licence_number: &registered,
                    contract_number: None,
                    contract_signed_on: None,
                    transfer_mode: TransferMode::Agreement,
                    contract_rate_percent: None,
                    division,
                    area: AreaKind::Land,
                    scheme: None,
                    minerals: vec!["煤"],
                    area_km2: number("1.25"),
                    term_from: None,
                    term_to: None,
                    mine_scale: None,
                })))
                .unwrap(),
        );
        let draft = world.owed(right, &[("100000.00", Some("2023-07-01")), ("200.00", None)]);
        let item = format!("I{}-1", draft + 2);
        let payment = world.pay(right, &item, "2023-06-10", "60000.00", &format!("收{index}")).unwrap();
        let noticed = format!("I{}-2", draft + 2);
        let notice_entry = world
            .ask(ask!(Command::OnRight(
                right,
                OnRight::Notify(IssueNotice { effective_on: day("2023-06-02"), items: vec![&noticed] })
            )))
            .unwrap();
        let notice = world.history(right, "2030-01-01").notices.keys().next().unwrap().clone();
        Known { right, draft, payment, notice, notice_entry, licence }
    });
    let known = known.collect();
    let World { store, folder } = world;
    drop(store);
    (folder, known)
}

pub(crate) fn data(folder: &Folder) -> &str {
    folder.path().to_str().unwrap()
}

/// `lode keys` with the directory of the records.
pub(crate) fn keys(folder: &Folder, arguments: &[&str]) -> std::process::Output {
    lode(&[&["keys", "--data", data(folder)], arguments].concat(), b"")
}

/// A new key of a person of its own, unless the arguments say whose it is.
pub(crate) fn key(folder: &Folder, arguments: &[&str]) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let person = format!("第{}人", COUNT.fetch_add(1, Ordering::Relaxed));
    let whose = if arguments.contains(&"--person") { vec![] } else { vec!["--person", &person] };
    let told = keys(folder, &[&["create", "--name", "某人"], whose.as_slice(), arguments].concat());
    assert!(told.status.success(), "{told:?}");
    String::from_utf8(told.stdout).unwrap().strip_suffix('\n').unwrap().to_owned()
}

/// A key of a role, of the area 370000 or of the party P2.
pub(crate) fn limited(folder: &Folder, role: &str) -> String {
    match role {
        "enterprise" => key(folder, &["--role", role, "--party", "P2"]),
        _ => key(folder, &["--role", role, "--area", "370000"]),
    }
}

pub(crate) fn started(folder: &Folder) -> Process {
    Process::start(&["--data", data(folder)])
}

/// Sends a request with a key; every writing one under an idempotency key of its own.
pub(crate) fn send(client: Client, key: &str, request: &str, body: &Value) -> Answer {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let (method, target) = request.split_once(' ').unwrap();
    let authorization = format!("Authorization: Bearer {key}");
    let once = format!("Idempotency-Key: {}", COUNT.fetch_add(1, Ordering::Relaxed));
    match body {
        Value::Null => client.send(method, target, &[&authorization], None),
        body => {
            let headers = ["Content-Type: application/json", &once, &authorization];
            client.send(method, target, &headers, Some(body.to_string().as_bytes()))
        }
    }
}

fn has(roles: &str, role: &str) -> bool {
    roles.split(' ').any(|known| known == role)
}

#[test]
fn every_role_at_every_right() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let nothing = Known::nothing();
    let mut faults = Vec::new();
    let everything = ["viewer", "auditor", "admin"].map(|role| (role, key(&folder, &["--role", role]), [true; 4]));
    let limited = ROLES.map(|role| {
        // Rights of P2 and P3 in 370105, of P2 and P3 in 610104.
        let sees = if role == "enterprise" { [true, false, true, false] } else { [true, true, false, false] };
        (role, limited(&folder, role), sees)
    });
    for (role, key, sees) in everything.into_iter().chain(limited) {
        for endpoint in endpoints() {
            let about_nothing = send(client, &key, &nothing.fill(endpoint.request), &endpoint.body);
            let reversal = endpoint.request.ends_with("/reversal");
            let may = has(endpoint.roles, role);
            let may_ask = may || reversal && has(MAY_REVERSE, role);
            let missing = if may_ask { 404 } else { 403 };
            let wants = |what: &str, answer: &Answer, wanted: u16| {
                let fault = || format!("{role} {what}: {}, wanted {wanted}: {}", answer.status, answer.text());
                (answer.status != wanted).then(fault)
            };
            faults.extend(wants(endpoint.request, &about_nothing, missing));
            for (known, sees) in known.iter().zip(sees) {
                let request = known.fill(endpoint.request);
                let answer = send(client, &key, &request, &endpoint.body);
                let wanted = if !sees {
                    missing
                } else if may {
                    endpoint.done
                } else {
                    403
                };
                faults.extend(wants(&request, &answer, wanted));
                if !sees && same_but_date(&answer) != same_but_date(&about_nothing) {
                    faults.push(format!("{role} {request} differs from what is not there: {}", answer.text()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// A path without what varies in it.
fn pattern(request: &str) -> String {
    let path = request.split('?').next().unwrap();
    let varies = |part: &&str| part.starts_with('{') || part.starts_with("P2") || WORKLISTS.contains(part);
    path.split('/').map(|part| if varies(&part) { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

const WORKLISTS: [&str; 5] = ["due", "overdue", "declarations-missing", "notices-unserved", "checks"];

#[test]
fn no_endpoint_of_the_records_is_left_out() {
    let asked: BTreeSet<String> = endpoints()
        .into_iter()
        .map(|endpoint| endpoint.request)
        .chain(others().into_iter().map(|(request, ..)| request))
        .map(pattern)
        .collect();
    let document = document();
    let mut left_out = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let request = format!("{} {path}", method.to_uppercase());
            let guarded = operation["security"] == json!([{"key": []}]);
            let batch = path == "/v1/documents/batches";
            let printed = operation["tags"][0] == "documents" && (method == "get" || batch);
            assert_eq!(guarded, printed || operation["tags"][0] == "records", "{request}");
            if guarded && !asked.contains(&pattern(&request)) {
                left_out.push(request);
            }
        }
    }
    assert!(left_out.is_empty(), "not in the tables of this test: {left_out:?}");
}

/// Everything in an answer but the header `Date`; headers come in any order.
pub(crate) fn same_but_date(answer: &Answer) -> (u16, BTreeSet<&(String, String)>, &[u8]) {
    (answer.status, answer.headers.iter().filter(|(name, _)| name != "date").collect(), &answer.body)
}

#[test]
fn every_role_beside_a_right() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let mut faults = Vec::new();
    for (index, role) in ROLES.into_iter().enumerate() {
        let key = limited(&folder, role);
        let sees = if role == "enterprise" { [true, false, true, false] } else { [true, true, false, false] };
        for (request, body, wanted) in others() {
            let answer = send(client, &key, request, &body);
            if answer.status != wanted[index] {
                faults.push(format!("{role} {request}: {}, wanted {}", answer.status, wanted[index]));
            }
            // Nothing of what they do not see stands in any answer.
            let marks = |known: &Known| {
                [
                    format!("\"{}\"", known.right),
                    known.licence.clone(),
                    known.notice.clone(),
                    format!("\"I{}-", known.draft + 2),
                ]
            };
            for (known, sees) in known.iter().zip(sees) {
                let found: Vec<String> = marks(known).into_iter().filter(|mark| answer.text().contains(mark)).collect();
                if !sees && !found.is_empty() {
                    faults.push(format!("{role} {request} shows {found:?}"));
                }
                let lists = request.contains("/rights") && body.is_null()
                    || ["worklists/due", "worklists/checks"].iter().any(|list| request.contains(list));
                if sees && lists && !answer.text().contains(&format!("\"{}\"", known.right)) {
                    faults.push(format!("{role} {request} does not show {}", known.right));
                }
            }
        }
        // The balances of a foreign right and of none are the same.
        let of = |right: &str| {
            send(client, &key, &format!("GET /v1/ledger/balances?as_of=2024-01-01&right={right}"), &Value::Null)
        };
        assert_eq!(of("R999").body, of(&known[3].right.to_string()).body);
        assert_ne!(of("R999").body, of(&known[0].right.to_string()).body);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_right_goes_through_the_hands_of_all_roles() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let [_, enterprise, assessor, confirmer, cashier, ..] = ROLES.map(|role| limited(&folder, role));
    let other = key(&folder, &["--role", "enterprise", "--party", "P3"]);
    let made = |key: &str, request: &str, body: Value| {
        let answer = send(client, key, request, &body);
        assert_eq!(answer.status, 201, "{request}: {}", answer.text());
        answer.json()
    };
    let right = known[0].right;
    let draft = json!({"effective_on": "2023-06-01", "topic": "transfer-income", "request":
        {"as_of": "2023-06-01", "mineral": "煤", "transfer_mode": "agreement", "starting_price": "100000.00"}});
    let drafted = made(&assessor, &format!("POST /v1/rights/{right}/assessments"), draft);
    assert_eq!(drafted["actor"].as_str().map(|actor| actor.starts_with('K')), Some(true));
    let seq = &drafted["entry"];
    made(
        &confirmer,
        &format!("POST /v1/assessment-records/{seq}/confirmation"),
        json!({"effective_on": "2023-06-02", "verdict": "confirm"}),
    );
    let plan = made(
        &assessor,
        &format!("POST /v1/rights/{right}/plans"),
        json!({"effective_on": "2023-06-02", "assessment": seq}),
    );
    let item = &plan["items"][0];
    let paid = made(
        &cashier,
        &format!("POST /v1/rights/{right}/payments"),
        json!({"item": item, "paid_on": "2023-07-01", "amount": "60000.00", "receipt": "0012345678"}),
    );
    made(
        &enterprise,
        &format!("POST /v1/rights/{right}/declarations"),
        json!({"effective_on": "2025-01-15", "year": 2024, "lines": [{"mineral": "煤", "product": "raw_ore", "revenue": "1000000.00"}]}),
    );
    // Who may not record it may not reverse it.
    let reversal = json!({"effective_on": "2025-02-01", "reason": "误"});
    let request = format!("POST /v1/entries/{}/reversal", paid["entry"]);
    assert_eq!(send(client, &assessor, &request, &reversal).status, 403);
    made(&cashier, &request, reversal);
    // An administrator does not confirm their own draft, another one does.
    let (one, two) = (key(&folder, &["--role", "admin"]), key(&folder, &["--role", "admin"]));
    let draft = json!({"effective_on": "2023-06-01", "topic": "transfer-income", "request":
        {"as_of": "2023-06-01", "mineral": "煤", "transfer_mode": "agreement", "starting_price": "1.00"}});
    let drafted = made(&one, &format!("POST /v1/rights/{right}/assessments"), draft);
    let request = format!("POST /v1/assessment-records/{}/confirmation", drafted["entry"]);
    let verdict = json!({"effective_on": "2023-06-02", "verdict": "confirm"});
    assert_eq!(send(client, &one, &request, &verdict).status, 409);
    made(&two, &request, verdict);
    // With the right goes the sight of it.
    let read = format!("GET /v1/rights/{right}/statement?as_of=2025-01-01");
    let status = |key: &str| send(client, key, &read, &Value::Null).status;
    assert_eq!((status(&enterprise), status(&other)), (200, 404));
    made(
        &assessor,
        &format!("POST /v1/rights/{right}/transfers"),
        json!({"effective_on": "2025-06-01", "to": "P3", "reason": "批复"}),
    );
    assert_eq!((status(&enterprise), status(&other)), (404, 200));
    // A document that names an earlier holder is not for the new one, who does not see that party.
    let printed = |key: &str, request: &str| send(client, key, request, &Value::Null).status;
    let statement = |day: &str| format!("GET /v1/rights/{right}/statement/document?as_of={day}");
    let notice = format!("GET /v1/notices/{}/document", known[0].notice);
    assert_eq!(
        [&statement("2025-01-01"), &statement("2025-07-01"), &notice].map(|request| printed(&other, request)),
        [404, 200, 404]
    );
    assert_eq!([&statement("2025-01-01"), &notice].map(|request| printed(&enterprise, request)), [404, 404]);
    assert_eq!([&statement("2025-01-01"), &notice].map(|request| printed(&assessor, request)), [200, 200]);
    // That a notice was taken back is told to whoever sees its right.
    made(
        &assessor,
        &format!("POST /v1/entries/{}/reversal", known[0].notice_entry),
        json!({"effective_on": "2025-06-02", "reason": "误"}),
    );
    assert_eq!([&enterprise, &other, &assessor].map(|key| printed(key, &notice)), [404, 409, 409]);
    // One licence number is taken, whoever registered it; which entry it is, is told to whoever sees it.
    let taken = |licence: &str| {
        let body = json!({"effective_on": "2023-05-01", "right": "mining", "holder": "P2", "licence_number": licence,
            "transfer_mode": "agreement", "division": "370105", "area": "land", "minerals": ["煤"], "area_km2": "1.25"});
        let answer = send(client, &assessor, "POST /v1/rights", &body);
        assert_eq!(answer.status, 409);
        answer.json()["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(taken("LICENCE-2"), format!("“LICENCE-2”已登记（第 {} 号记录）", known[1].right.0));
    assert_eq!(taken("LICENCE-4"), "“LICENCE-4”已登记");
    let verified = send(client, &one, "GET /v1/ledger/verification", &Value::Null).json();
    assert_eq!(verified["sound"], true, "{verified}");
}

#[test]
fn whatever_is_no_valid_key_is_refused_by_the_same_words() {
    let (folder, _) = recorded();
    let process = started(&folder);
    let client = process.client();
    // Without any key there is one local user; what a proxy passes on is not theirs.
    assert_eq!(client.get("/v1/rights").status, 200);
    for relayed in
        ["X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7", "Via: 1.1 proxy", "X-Real-IP: 203.0.113.7"]
    {
        assert_eq!(client.send("GET", "/v1/rights", &[relayed], None).status, 401, "{relayed}");
    }
    let good = key(&folder, &["--role", "viewer"]);
    let revoked = key(&folder, &["--role", "admin"]);
    let named = |headers: &[&str]| client.send("GET", "/v1/rights", headers, None);
    assert_eq!(named(&[&format!("Authorization: Bearer {good}")]).status, 200);
    assert_eq!(named(&[&format!("authorization: bearer {revoked}")]).status, 200);
    // Revoked beside the running service, at once and for good.
    let list = String::from_utf8(keys(&folder, &["list"]).stdout).unwrap();
    let id = list.lines().last().unwrap().split('\t').next().unwrap();
    assert!(keys(&folder, &["revoke", id]).status.success());
    assert!(!keys(&folder, &["revoke", id]).status.success(), "revoked already");
    assert!(!keys(&folder, &["revoke", "K2"]).status.success(), "no key");
    let wanted = named(&[]);
    assert_eq!((wanted.status, wanted.header("www-authenticate")), (401, Some("Bearer")));
    assert_eq!(wanted.json()["code"], "unauthenticated");
    let last = if good.ends_with('0') { "1" } else { "0" };
    let bad = [
        format!("Bearer {revoked}"),
        format!("Bearer lode_{}", "0".repeat(64)),
        format!("Bearer {}{last}", &good[..good.len() - 1]),
        format!("Bearer {}", good.to_uppercase()),
        format!("Bearer {good}0"),
        format!("Bearer {}", good.strip_prefix("lode_").unwrap()),
        format!("Basic {good}"),
        good.clone(),
        "Bearer".to_owned(),
        String::new(),
        "Bearer \u{e9}".to_owned(),
    ];
    for value in bad {
        let answer = named(&[&format!("Authorization: {value}")]);
        assert_eq!(same_but_date(&answer), same_but_date(&wanted), "{value}");
        let post = client.send("POST", "/v1/parties", &[&format!("Authorization: {value}")], Some(b"{}"));
        assert_eq!((post.status, &post.body), (401, &wanted.body), "{value}");
    }
    let twice = [format!("Authorization: Bearer {good}"), format!("Authorization: Bearer {good}")];
    assert_eq!(named(&[&twice[0], &twice[1]]).status, 401, "of two nobody can say which one is meant");
    // Calculations and the rates need no key.
    assert_eq!(client.get("/v1/minerals/gold?as_of=2024-06-01").status, 200);
    // When the last key is revoked, nobody is let in.
    let id = list.lines().nth(1).unwrap().split('\t').next().unwrap();
    assert!(keys(&folder, &["revoke", id]).status.success());
    assert_eq!(named(&[]).status, 401);
    drop(process);
    assert_eq!(started(&folder).client().get("/v1/rights").status, 401, "after a new start neither");
}

#[test]
fn a_key_is_shown_once_and_kept_nowhere() {
    let (folder, _) = recorded();
    let told = keys(&folder, &["create", "--role", "auditor", "--area", "610000", "--name", "审计处"]);
    let key = String::from_utf8(told.stdout).unwrap().trim_end().to_owned();
    assert!(key.starts_with("lode_") && key.len() == 69, "{key:?}");
    assert!(!String::from_utf8_lossy(&told.stderr).contains(&key));
    let log = folder.path().join("log");
    let options = ["--data", data(&folder), "--log", "trace"];
    let process = Process::start_at("127.0.0.1:0", &options, Stdio::from(File::create(&log).unwrap()));
    let client = process.client();
    let wrong = format!("{}{}", &key[..60], if key.ends_with("000000000") { "111111111" } else { "000000000" });
    let mut answers = Vec::new();
    for key in [&key, &wrong] {
        for request in
            ["GET /v1/rights", "GET /v1/audit", "GET /v1/rights/R999", "GET /v1/ledger/head", "POST /v1/parties"]
        {
            let body = if request.starts_with("POST") { json!({}) } else { Value::Null };
            let answer = send(client, key, request, &body);
            answers.push(format!("{answer:?} {}", answer.text()));
        }
    }
    drop(process);
    let listed = String::from_utf8(keys(&folder, &["list"]).stdout).unwrap();
    assert!(listed.contains("auditor\t610000\t-\t") && listed.contains("审计处"), "{listed}");
    let mut texts: Vec<(String, Vec<u8>)> = vec![("the list".to_owned(), listed.into_bytes())];
    texts.extend(answers.into_iter().map(|answer| ("an answer".to_owned(), answer.into_bytes())));
    for file in fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        texts.push((path.display().to_string(), fs::read(&path).unwrap()));
    }
    assert!(texts.iter().any(|(name, bytes)| name.ends_with("lode.db") && !bytes.is_empty()));
    assert!(texts.iter().any(|(name, bytes)| name.ends_with("log") && !bytes.is_empty()), "something was logged");
    // Not even a part of it.
    for (name, bytes) in texts {
        for secret in [&key[5..37], &key[37..], &wrong[5..37]] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{name} holds a key");
        }
    }
}

#[test]
fn keys_are_created_for_somebody_in_particular() {
    let (folder, _) = recorded();
    let refused = [
        &["--role", "enterprise"][..],
        &["--role", "enterprise", "--party", "P999"],
        &["--role", "enterprise", "--party", "P2", "--area", "370000"],
        &["--role", "viewer", "--party", "P2"],
        &["--role", "viewer", "--area", "37"],
        &["--role", "viewer", "--area", "000000"],
        &["--role", "king"],
    ];
    for arguments in refused {
        let told = keys(&folder, &[&["create", "--name", "某人"], arguments].concat());
        assert!(!told.status.success() && told.stdout.is_empty() && !told.stderr.is_empty(), "{arguments:?}: {told:?}");
    }
    assert!(!keys(&folder, &["create", "--role", "viewer", "--name", " "]).status.success());
    let list = String::from_utf8(keys(&folder, &["list"]).stdout).unwrap();
    assert_eq!(list.lines().count(), 1, "{list}");
    let (one, two) = (key(&folder, &["--role", "viewer"]), key(&folder, &["--role", "viewer"]));
    assert_ne!(one, two);
    let told = lode(&["ledger", "verify", "--data", data(&folder)], b"");
    assert!(told.status.success(), "{told:?}");
}

#[test]
fn without_keys_it_listens_on_loopback_only() {
    let (folder, _) = recorded();
    for address in ["0.0.0.0:0", "[::]:0"] {
        let told = lode(&["serve", "--listen", address, "--data", data(&folder)], b"");
        let said = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(!told.status.success() && told.stdout.is_empty(), "{told:?}");
        assert!(said.contains("lode keys create") && said.contains("loopback"), "{said}");
    }
    let empty = Folder::new();
    let told = lode(&["serve", "--listen", "0.0.0.0:0", "--data", data(&empty)], b"");
    assert!(!told.status.success() && !empty.path().join("lode.db").exists());
    let key = key(&folder, &["--role", "viewer"]);
    let process = Process::start_at("0.0.0.0:0", &["--data", data(&folder)], Stdio::null());
    let client = Client(([127, 0, 0, 1], process.client().0.port()).into());
    assert_eq!(client.get("/v1/rights").status, 401);
    assert_eq!(send(client, &key, "GET /v1/rights", &Value::Null).status, 200);
}

#[test]
fn calculations_take_a_key_where_that_is_configured() {
    let (folder, _) = recorded();
    let told = lode(&["serve", "--listen", "127.0.0.1:0", "--require-key", "--data", data(&folder)], b"");
    assert!(!told.status.success() && String::from_utf8_lossy(&told.stderr).contains("--require-key"), "{told:?}");
    let key = key(&folder, &["--role", "enterprise", "--party", "P2"]);
    let process = Process::start(&["--require-key", "--data", data(&folder)]);
    let client = process.client();
    let body = json!({"identified": "430.88", "mined": "43.73", "paid_for": "108.52", "unit": "万吨"});
    let requests = [
        ("POST /v1/calculations/unpaid-reserves", body),
        ("POST /v1/assessments", json!({})),
        ("POST /v1/documents/calculation-sheet", json!({})),
        ("POST /v1/impact", json!({})),
        ("POST /v1/batches/late-fee", json!({})),
        ("GET /v1/minerals/gold?as_of=2024-06-01", Value::Null),
        ("GET /v1/rate-versions", Value::Null),
    ];
    for (request, body) in requests {
        let wrong = format!("lode_{}", "0".repeat(64));
        assert_eq!(send(client, &wrong, request, &body).status, 401, "{request}");
        assert_ne!(send(client, &key, request, &body).status, 401, "{request}");
    }
    assert_eq!(client.get("/v1/minerals").status, 401);
    for open in ["/health/live", "/health/ready", "/metrics", "/openapi.json"] {
        assert_eq!(client.get(open).status, 200, "{open}");
    }
}

#[test]
fn every_access_is_in_the_audit_log() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    assert_eq!(client.get("/v1/rights?after=1").status, 200);
    let [viewer, enterprise, assessor] = ["viewer", "enterprise", "assessor"].map(|role| limited(&folder, role));
    let (auditor, above) = (limited(&folder, "auditor"), key(&folder, &["--role", "auditor"]));
    let list = String::from_utf8(keys(&folder, &["list"]).stdout).unwrap();
    let ids: Vec<&str> = list.lines().skip(1).map(|line| line.split('\t').next().unwrap()).collect();
    let foreign = format!("/v1/rights/{}", known[3].right);
    let [notice, foreign_notice] = [0, 3].map(|index: usize| format!("/v1/notices/{}/document", known[index].notice));
    let party = json!({"effective_on": "2023-05-01", "code": "914403001922038216", "name": "丙公司"});
    let once = [
        (&viewer, ids[0], "GET", "/v1/rights/R4?lang=en", Value::Null, 200),
        (&viewer, ids[0], "GET", foreign.as_str(), Value::Null, 404),
        (&viewer, ids[0], "GET", "/v1/ledger/head", Value::Null, 403),
        (&viewer, ids[0], "GET", notice.as_str(), Value::Null, 200),
        (&viewer, ids[0], "GET", foreign_notice.as_str(), Value::Null, 404),
        (&enterprise, ids[1], "GET", "/v1/rights/R4/statement", Value::Null, 400),
        (&enterprise, ids[1], "POST", "/v1/parties", party.clone(), 403),
        (&assessor, ids[2], "POST", "/v1/parties", json!({}), 400),
        (&assessor, ids[2], "POST", "/v1/parties", party.clone(), 201),
        (&assessor, ids[2], "POST", "/v1/parties", party, 409),
    ];
    for (key, _, method, target, body, status) in &once {
        assert_eq!(send(client, key, &format!("{method} {target}"), body).status, *status, "{method} {target}");
    }
    // Nobody in particular is not in the log.
    assert_eq!(client.get("/v1/rights").status, 401);
    let log = |key: &str, since: u64| send(client, key, &format!("GET /v1/audit?since={since}"), &Value::Null).json();
    let told = log(&above, 1);
    let rows = told["accesses"].as_array().unwrap();
    assert_eq!(rows.len(), once.len(), "{told}");
    for (row, (_, id, method, target, _, status)) in rows.iter().zip(&once) {
        let found =
            [&row["actor"], &row["method"], &row["target"], &row["status"], &row["address"], &row["request_id"]];
        let wanted = [json!(id), json!(method), json!(target), json!(status), json!("127.0.0.1"), json!("test-0001")];
        assert_eq!(found.map(Value::clone), wanted);
    }
    assert_eq!(told["next"], once.len() + 1);
    // The local user was there first; then the two questions about the log, which are in it too.
    let told = send(client, &above, "GET /v1/audit", &Value::Null).json();
    assert_eq!((&told["accesses"][0]["actor"], &told["accesses"][0]["number"]), (&json!("local"), &json!(1)));
    assert_eq!(told["accesses"].as_array().unwrap().len(), once.len() + 2);
    // Who is limited to an area sees the keys of the area.
    let told = log(&auditor, 1);
    let actors: Vec<&str> =
        told["accesses"].as_array().unwrap().iter().map(|row| row["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, [ids[0], ids[0], ids[0], ids[0], ids[0], ids[2], ids[2], ids[2]]);
    let end = log(&above, 999);
    assert_eq!((&end["accesses"], &end["next"]), (&json!([]), &Value::Null));
    assert_eq!(log(&above, 0)["accesses"][0]["number"], 1);
    assert_eq!(send(client, &above, "GET /v1/audit?since=x", &Value::Null).status, 400);
}

#[test]
fn whatever_is_changed_in_the_audit_log_is_noticed() {
    let (folder, _) = recorded();
    let process = started(&folder);
    for _ in 0..5 {
        assert_eq!(process.client().get("/v1/rights/R4").status, 200);
    }
    drop(process);
    let verified = |folder: &Folder| Place::Directory(folder.path().to_owned()).verify().unwrap().1;
    assert_eq!((verified(&folder).accesses, verified(&folder).damage), (5, None));
    let columns = [
        "at = at + 1",
        "actor = 'K1'",
        "method = 'POST'",
        "target = target || '?'",
        "address = '127.0.0.2'",
        "request_id = 'x'",
        "status = 404",
        "prev_hash = zeroblob(32)",
        "hash = zeroblob(32)",
        "seq = 77",
    ];
    let changes = columns.iter().map(|change| format!("UPDATE audit SET {change} WHERE seq = 3"));
    let rest = [
        "DELETE FROM audit WHERE seq = 3",
        "DELETE FROM audit WHERE seq = 5",
        "DELETE FROM audit_head",
        "UPDATE audit_head SET seq = 4",
        "DELETE FROM audit",
    ]
    .map(str::to_owned);
    for sql in changes.chain(rest) {
        let copy = Folder::new();
        let connection = rusqlite::Connection::open(folder.path().join("lode.db")).unwrap();
        let target = copy.path().join("lode.db");
        connection.execute("VACUUM INTO ?1", [target.to_str().unwrap()]).unwrap();
        let changed = rusqlite::Connection::open(target).unwrap();
        assert!(changed.execute(&sql, []).unwrap() > 0, "{sql}");
        drop(changed);
        let damage = verified(&copy).damage.unwrap_or_else(|| panic!("{sql} was not noticed"));
        let wanted = if sql.ends_with("seq = 3") { ("audit", 3) } else { (damage.table, damage.seq) };
        assert_eq!((damage.table, damage.seq), wanted, "{sql}");
    }
}

#[test]
fn a_store_without_an_audit_log_is_brought_forward() {
    let (folder, _) = recorded();
    let connection = rusqlite::Connection::open(folder.path().join("lode.db")).unwrap();
    let back = "DROP TABLE audit; DROP TABLE audit_head; DELETE FROM migration WHERE number = 2";
    connection.execute_batch(back).unwrap();
    drop(connection);
    let process = started(&folder);
    assert_eq!(process.client().get("/v1/rights/R4").status, 200);
    drop(process);
    let told = lode(&["ledger", "verify", "--data", data(&folder)], b"");
    let said = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.status.success() && said.contains("and 1 accesses are sound"), "{told:?}");
}

#[test]
fn what_a_role_may_not_do_is_said_in_both_languages() {
    let (folder, _) = recorded();
    let process = started(&folder);
    let key = limited(&folder, "cashier");
    let texts = [
        ("zh", "无权执行", "cashier 无权执行此操作，或不在其地区之内；各角色的权限见说明文件"),
        (
            "en",
            "Forbidden",
            "cashier may not do this, or not outside its area: see the documentation for what each role may do",
        ),
    ];
    for (lang, title, detail) in texts {
        let answer = send(process.client(), &key, &format!("GET /v1/audit?lang={lang}"), &Value::Null);
        let wanted = json!({"type": "/problems/forbidden", "title": title, "status": 403, "detail": detail,
            "code": "forbidden", "request_id": "test-0001", "errors": []});
        assert_eq!((answer.status, answer.text()), (403, wanted.to_string().as_str()));
    }
}

#[test]
fn many_at_once_are_noted_without_gaps() {
    let (folder, _) = recorded();
    let process = started(&folder);
    let client = process.client();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..32)
            .map(|index| {
                scope.spawn(move || {
                    let once = format!("Idempotency-Key: many-{index}");
                    let body = json!({"effective_on": "2024-01-01", "reason": "注销"}).to_string();
                    let headers = ["Content-Type: application/json", &once];
                    let closed = client.send("POST", "/v1/rights/R4/closures", &headers, Some(body.as_bytes()));
                    let read = (0..9).map(|_| client.get("/v1/rights/R4").status);
                    read.chain([closed.status]).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let count = |status: u16| statuses.iter().filter(|known| **known == status).count();
    assert_eq!((count(200), count(201), count(409)), (288, 1, 31));
    let told = client.get("/v1/audit").json();
    let rows = told["accesses"].as_array().unwrap();
    let numbers: Vec<u64> = rows.iter().map(|row| row["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=320).collect::<Vec<_>>());
    let noted = |status: u16| rows.iter().filter(|row| row["status"] == status).count();
    assert_eq!((noted(200), noted(201), noted(409)), (288, 1, 31));
    let verified = client.get("/v1/ledger/verification").json();
    assert_eq!((&verified["sound"], &verified["accesses"]), (&json!(true), &json!(321)));
}

#[test]
fn what_cannot_be_noted_is_not_shown() {
    let (folder, known) = recorded();
    let failing = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&failing);
    let seam = Arc::new(move || match asked.load(Ordering::SeqCst) {
        true => Err("the disk failed".to_owned()),
        false => Ok(()),
    });
    let records = Records::below(folder.path().to_owned(), Options { seam: Some(seam), ..Options::default() });
    let client = serve(Service::new(load_builtin().unwrap()).with_records(records));
    let right = format!("/v1/rights/{}", known[0].right);
    let close = |key: &str| {
        let headers = ["Content-Type: application/json", key];
        let body = json!({"effective_on": "2024-01-01", "reason": "注销"}).to_string();
        client.send("POST", &format!("{right}/closures"), &headers, Some(body.as_bytes())).status
    };
    assert_eq!(client.get(&right).status, 200);
    failing.store(true, Ordering::SeqCst);
    let answer = client.get(&right);
    assert_eq!((answer.status, answer.json()["code"].as_str()), (500, Some("internal")));
    assert!(!answer.text().contains("LICENCE"), "{}", answer.text());
    assert_eq!(close("Idempotency-Key: 1"), 500);
    failing.store(false, Ordering::SeqCst);
    assert_eq!(client.get(&right).json()["closed_on"], Value::Null, "nothing half done");
    assert_eq!(close("Idempotency-Key: 1"), 201);
    let rows = client.get("/v1/audit").json();
    let statuses: Vec<u64> =
        rows["accesses"].as_array().unwrap().iter().map(|row| row["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 200, 201]);
}
