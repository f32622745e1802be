//! Jobs over HTTP: batches of documents, their progress, results and faults; who sees them; what a killed service does with
//! them when it is started again.

use std::io::{Cursor, Read};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use zip::ZipArchive;

use crate::access::{Known, data, key, limited, recorded, send, started};
use crate::openapi::{document, misfits_of};
use crate::service::{Answer, Client};

const BATCHES: &str = "POST /v1/documents/batches";

/// Asks for a batch and gives the path of its job.
#[track_caller]
fn ordered(client: Client, key: &str, body: &Value) -> String {
    let answer = send(client, key, BATCHES, body);
    assert_eq!(answer.status, 202, "{}", answer.text());
    let job = answer.json();
    assert_eq!((&job["kind"], job["failed"].as_u64()), (&json!("documents"), Some(0)));
    let faults = misfits_of(&document(), "POST", "/v1/documents/batches", body, 202, &job);
    assert!(faults.is_empty(), "{faults:?}");
    let place = answer.header("location").unwrap().to_owned();
    assert_eq!(place, format!("/v1/jobs/{}", job["id"].as_str().unwrap()));
    place
}

fn get(client: Client, key: &str, target: &str) -> Answer {
    send(client, key, &format!("GET {target}"), &Value::Null)
}

/// Waits until a job has ended.
#[track_caller]
fn ended(client: Client, key: &str, place: &str) -> Value {
    for _ in 0..600 {
        let answer = get(client, key, place);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let job = answer.json();
        if ["done", "failed"].contains(&job["state"].as_str().unwrap()) {
            let faults = misfits_of(&document(), "GET", place, &Value::Null, 200, &job);
            assert!(faults.is_empty(), "{faults:?}");
            return job;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{place} does not end");
}

/// Names and contents of an archive.
fn unpacked(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let entries = (0..archive.len()).map(|index| {
        let mut file = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        (file.name().unwrap().into_owned(), content)
    });
    entries.collect()
}

fn sheet() -> Value {
    json!({"topic": "late-fee", "request": {"principal": "100000.00", "due_date": "2024-01-10", "as_of": "2024-03-31"}})
}

/// A batch of what is there, what is foreign, what is not there, and what is wrong.
fn mixed(known: &[Known]) -> Value {
    let mut wrong = sheet();
    wrong["request"]["principal"] = json!("-1.00");
    json!({"form": "zip", "format": "html",
        "documents": [
            {"notice": known[0].notice}, {"notice": known[2].notice}, {"notice": "3701052023999999"},
            {"statement": {"right": known[1].right.to_string(), "as_of": "2024-01-01"}},
            {"statement": {"right": "R3/../x", "as_of": "2024-01-01"}},
            {"calculation_sheet": sheet()}, {"calculation_sheet": wrong}, {"calculation_sheet": {"topic": "none"}},
        ],
        "notices": {"division": "370000", "year": 2023},
        "statements": {"division": "370105", "as_of": "2024-01-01"}})
}

#[test]
fn a_batch_is_a_zip_of_what_whoever_asks_may_see() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let assessor = limited(&folder, "assessor");
    let place = ordered(client, &assessor, &mixed(&known));
    let job = ended(client, &assessor, &place);
    assert_eq!(job["state"], "done", "{job}");
    // Eight that were listed, the two notices and the two statements of the area; five of the eight are faulty.
    assert_eq!((&job["done"], &job["total"], &job["failed"]), (&json!(12), &json!(12), &json!(5)));
    assert_eq!(job["result"]["media_type"], "application/zip");
    let answer = get(client, &assessor, &format!("{place}/result"));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/zip")));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"documents.zip\""));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(job["result"]["bytes"].as_u64(), Some(answer.body.len() as u64));
    let files = unpacked(&answer.body);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let notice = |place: usize, known: &Known| format!("{place:06}-notice-{}.html", known.notice);
    let statement = |place: usize, known: &Known| format!("{place:06}-statement-{}-2024-01-01.html", known.right);
    assert_eq!(
        names,
        [
            notice(1, &known[0]),
            statement(4, &known[1]),
            "000006-sheet.html".to_owned(),
            notice(9, &known[0]),
            notice(10, &known[1]),
            statement(11, &known[0]),
            statement(12, &known[1]),
            "faults.json".to_owned(),
        ]
    );
    // Each is what is answered to whoever asks for it alone.
    let alone = get(client, &assessor, &format!("/v1/notices/{}/document", known[0].notice));
    assert_eq!((alone.status, &alone.body), (200, &files[0].1));
    let alone = get(client, &assessor, &format!("/v1/rights/{}/statement/document?as_of=2024-01-01", known[1].right));
    assert_eq!((alone.status, &alone.body), (200, &files[1].1));
    // Every fault stands at its document, with the error that it would have been answered with.
    let faults: Value = serde_json::from_slice(&files[7].1).unwrap();
    assert_eq!(faults, job["faults"]);
    let listed: Vec<(u64, u64, &str)> = faults
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            let problem = &fault["problem"];
            (
                fault["document"].as_u64().unwrap(),
                problem["status"].as_u64().unwrap(),
                problem["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        listed,
        [
            (2, 404, "not_found"),
            (3, 404, "not_found"),
            (5, 404, "not_found"),
            (7, 422, "invalid_field"),
            (8, 400, "malformed_request"),
        ]
    );
    assert_eq!(faults[3]["problem"]["errors"][0]["pointer"], "/request/principal");
    // What is foreign and what is not there are told apart by nothing but the number that was asked for.
    let [foreign, unknown] = [&faults[0]["problem"], &faults[1]["problem"]].map(Value::to_string);
    assert_eq!(foreign, unknown);
    // Every print is in the audit log, under the id of the job.
    let admin = key(&folder, &["--role", "auditor"]);
    let log = get(client, &admin, "/v1/audit").json();
    let by_job: Vec<(&str, u64)> = log["accesses"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["method"] == "JOB" && place.ends_with(row["request_id"].as_str().unwrap()))
        .map(|row| (row["target"].as_str().unwrap(), row["status"].as_u64().unwrap()))
        .collect();
    assert_eq!(by_job.len(), 9);
    assert_eq!(by_job[1], (format!("/v1/notices/{}/document", known[2].notice).as_str(), 404));
    assert_eq!(get(client, &admin, "/v1/ledger/verification").json()["sound"], true);
}

#[test]
fn a_batch_is_one_pdf_in_which_each_document_begins_anew() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let admin = key(&folder, &["--role", "admin"]);
    let documents = json!([{"notice": known[0].notice}, {"calculation_sheet": sheet()}, {"notice": known[2].notice}]);
    let body = json!({"form": "pdf", "documents": documents});
    let place = ordered(client, &admin, &body);
    let job = ended(client, &admin, &place);
    assert_eq!((&job["state"], &job["failed"]), (&json!("done"), &json!(0)), "{job}");
    let pdf = get(client, &admin, &format!("{place}/result"));
    assert_eq!(pdf.header("content-type"), Some("application/pdf"));
    assert!(pdf.body.starts_with(b"%PDF-"));
    let again = ordered(client, &admin, &body);
    ended(client, &admin, &again);
    assert!(get(client, &admin, &format!("{again}/result")).body == pdf.body, "the same documents, the same bytes");
    let file = folder.path().join("batch.pdf");
    std::fs::write(&file, &pdf.body).unwrap();
    match Command::new("pdftotext").arg("-layout").arg(&file).arg("-").output() {
        Ok(told) => {
            let text = String::from_utf8(told.stdout).unwrap();
            let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
            let bare = |text: &str| text.chars().filter(|sign| !sign.is_whitespace()).collect::<String>();
            let pages: Vec<String> = pages.into_iter().map(bare).collect();
            assert!(pages[0].contains(&known[0].notice) && pages[0].contains("第1页，共1页"), "{}", pages[0]);
            assert!(pages[1].contains("计算依据表") && pages[1].contains("第1页，共"), "{}", pages[1]);
            let last = pages.last().unwrap();
            assert!(last.contains(&known[2].notice) && last.contains("第1页，共1页"), "{last}");
        }
        Err(error) => println!("left out: reading the PDF back needs pdftotext ({error})"),
    }
    // Nothing to print is no PDF.
    let place = ordered(client, &admin, &json!({"form": "pdf", "documents": [{"notice": "3701052023999999"}]}));
    let job = ended(client, &admin, &place);
    assert_eq!((&job["state"], &job["failure"]["code"]), (&json!("failed"), &json!("not_found")));
    assert_eq!(job["faults"][0]["problem"]["code"], "not_found");
    let refused = get(client, &admin, &format!("{place}/result"));
    assert_eq!((refused.status, refused.json()["code"].as_str().unwrap().to_owned()), (409, "conflict".to_owned()));
}

#[test]
fn a_job_is_followed_and_seen_by_whoever_asked_for_it() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let [enterprise, admin] = [limited(&folder, "enterprise"), key(&folder, &["--role", "admin"])];
    // An enterprise gets its own, as by itself: the first right is its own, the second is not.
    let body = json!({"form": "zip", "format": "html", "documents":
        [{"notice": known[0].notice}, {"notice": known[1].notice}], "statements": {"division": "370000", "as_of": "2024-01-01"}});
    let place = ordered(client, &enterprise, &body);
    let events = get(client, &enterprise, &format!("{place}/events"));
    assert_eq!((events.status, events.header("content-type")), (200, Some("text/event-stream")));
    // Chunks stand between; the last event is the end.
    let text = events.text();
    assert!(text.contains("event: done\ndata: {\"id\":"), "{text}");
    let job = ended(client, &enterprise, &place);
    assert_eq!((&job["done"], &job["failed"]), (&json!(3), &json!(1)));
    let result = get(client, &enterprise, &format!("{place}/result"));
    let names: Vec<String> = unpacked(&result.body).into_iter().map(|(name, _)| name).collect();
    let own = format!("000003-statement-{}-2024-01-01.html", known[0].right);
    assert_eq!(names, [format!("000001-notice-{}.html", known[0].notice), own, "faults.json".to_owned()]);
    // Nobody else sees it, whatever they may do; what is not there looks the same.
    let nothing = "/v1/jobs/J00000000000000000000000000000000";
    for part in ["", "/events", "/result"] {
        let [foreign, unknown] = [&place, nothing].map(|place| get(client, &admin, &format!("{place}{part}")));
        assert_eq!((foreign.status, &foreign.body), (404, &unknown.body));
        let malformed = get(client, &admin, &format!("/v1/jobs/..{part}"));
        assert_eq!(malformed.status, 404);
        let without = client.get(&format!("{place}{part}"));
        assert_eq!((without.status, client.get(&format!("{nothing}{part}")).status), (401, 401));
    }
    let remove = |key: &str, place: &str| send(client, key, &format!("DELETE {place}"), &Value::Null).status;
    assert_eq!((remove(&admin, &place), client.send("DELETE", &place, &[], None).status), (404, 401));
    assert_eq!((remove(&enterprise, &place), remove(&enterprise, &place)), (204, 404));
    assert_eq!(get(client, &enterprise, &place).status, 404);
    let other = client.send("POST", &place, &[&format!("Authorization: Bearer {enterprise}")], Some(b"{}"));
    assert_eq!((other.status, other.header("allow")), (405, Some("DELETE, GET, HEAD")));
}

#[test]
fn an_order_is_taken_once_under_its_key_and_jobs_are_listed_in_pages() {
    let (folder, _) = recorded();
    let process = started(&folder);
    let client = process.client();
    let (one, other) = (limited(&folder, "assessor"), limited(&folder, "viewer"));
    let body = json!({"form": "zip", "format": "html", "documents": [{"calculation_sheet": sheet()}]});
    let order = |key: &str, once: &str, body: &Value| {
        let (once, authorization) = (format!("Idempotency-Key: {once}"), format!("Authorization: Bearer {key}"));
        let headers = ["Content-Type: application/json", once.as_str(), authorization.as_str()];
        client.send("POST", "/v1/documents/batches", &headers, Some(body.to_string().as_bytes()))
    };
    let first = order(&one, "a", &body);
    assert_eq!(first.status, 202, "{}", first.text());
    let again = order(&one, "a", &body);
    assert_eq!((again.status, &again.json()["id"]), (202, &first.json()["id"]));
    let mut changed = body.clone();
    changed["form"] = json!("pdf");
    changed["format"] = json!("pdf");
    let mismatch = order(&one, "a", &changed);
    assert_eq!((mismatch.status, &mismatch.json()["code"]), (422, &json!("idempotency_mismatch")));
    assert_eq!(order(&one, &"x".repeat(201), &body).status, 400, "no key");
    let elsewhere = order(&other, "a", &body);
    assert_ne!(elsewhere.json()["id"], first.json()["id"], "a key is its owner's");
    order(&one, "b", &body);
    ordered(client, &one, &body);
    // Those of whoever asks, page by page.
    let list = |key: &str, query: &str| {
        let target = format!("/v1/jobs{query}");
        let answer = get(client, key, &target);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let faults = misfits_of(&document(), "GET", &target, &Value::Null, 200, &answer.json());
        assert!(faults.is_empty(), "{faults:?}");
        answer.json()
    };
    let ids = |list: &Value| {
        let jobs = list["jobs"].as_array().unwrap();
        jobs.iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = list(&one, "");
    assert_eq!((ids(&all).len(), all.get("next")), (3, None));
    let page = list(&one, "?limit=2");
    assert_eq!((ids(&page), page["next"].as_str()), (ids(&all)[..2].to_vec(), Some(ids(&all)[1].as_str())));
    assert_eq!(ids(&list(&one, &format!("?limit=2&after={}", ids(&all)[1]))), ids(&all)[2..]);
    assert_eq!(ids(&list(&other, "")).len(), 1);
    assert_eq!(client.get("/v1/jobs").status, 401);
}

#[test]
fn what_makes_no_batch_is_refused_with_all_its_faults() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let admin = key(&folder, &["--role", "admin"]);
    let body = json!({"form": "pdf", "format": "html",
        "documents": [{}, {"notice": known[0].notice, "calculation_sheet": {}}],
        "notices": {"division": "37", "year": 2023}, "statements": {"division": "370105x", "as_of": "2024-01-01"}});
    let answer = send(process.client(), &admin, BATCHES, &body);
    let errors = answer.json()["errors"].as_array().unwrap().clone();
    let places: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    let wanted = ["/format", "/documents/0", "/documents/1", "/notices/division", "/statements/division"];
    assert_eq!((answer.status, places.as_slice()), (422, wanted.as_slice()));
    for (body, status) in
        [(json!({"form": "zip"}), 422), (json!({"form": "rar", "documents": []}), 400), (json!({}), 400)]
    {
        assert_eq!(send(process.client(), &admin, BATCHES, &body).status, status, "{body}");
    }
    assert!(!folder.path().join("jobs").exists(), "what is refused leaves nothing behind");
}

#[test]
fn a_killed_service_goes_on_with_its_jobs() {
    let (folder, known) = recorded();
    let admin = key(&folder, &["--role", "admin"]);
    let mut process = started(&folder);
    let one = json!({"statement": {"right": known[0].right.to_string(), "as_of": "2024-01-01"}});
    let body = json!({"form": "zip", "documents": vec![one; 60]});
    let place = ordered(process.client(), &admin, &body);
    let finished =
        ordered(process.client(), &admin, &json!({"form": "zip", "documents": [{"calculation_sheet": sheet()}]}));
    ended(process.client(), &admin, &finished);
    process.signal("KILL");
    process.wait();
    let process = started(&folder);
    let job = ended(process.client(), &admin, &place);
    assert_eq!((&job["state"], &job["done"], &job["failed"]), (&json!("done"), &json!(60), &json!(0)), "{job}");
    let files = unpacked(&get(process.client(), &admin, &format!("{place}/result")).body);
    assert_eq!(files.len(), 61);
    assert!(files.iter().take(60).all(|(_, content)| *content == files[0].1));
    assert_eq!(get(process.client(), &admin, &finished).json()["state"], "done");
    // A stop waits for nobody who listens; what it interrupts goes on as well.
    let mut process = process;
    let place = ordered(process.client(), &admin, &body);
    process.signal("TERM");
    assert!(process.wait().success());
    let process = started(&folder);
    assert_eq!(ended(process.client(), &admin, &place)["done"], 60);
    let jobs = std::fs::read_dir(std::path::Path::new(data(&folder)).join("jobs")).unwrap().count();
    assert_eq!(jobs, 4, "three jobs and the lock");
}

#[test]
fn only_so_many_jobs_of_one_owner_wait() {
    let (folder, known) = recorded();
    let process = started(&folder);
    let client = process.client();
    let [admin, other] = ["admin", "viewer"].map(|role| key(&folder, &["--role", role]));
    let one = json!({"statement": {"right": known[0].right.to_string(), "as_of": "2024-01-01"}});
    let body = json!({"form": "zip", "documents": vec![one; 2000]});
    let places: Vec<String> = (0..10).map(|_| ordered(client, &admin, &body)).collect();
    for (query, detail) in [
        ("", "未完成的作业过多；请待其完成或取消后再试"),
        ("?lang=en", "too many jobs are not finished: wait for them or cancel them"),
    ] {
        let answer = send(client, &admin, &format!("{BATCHES}{query}"), &body);
        let problem = answer.json();
        assert_eq!(
            (answer.status, &problem["code"], &problem["detail"]),
            (429, &json!("rate_limited"), &json!(detail))
        );
    }
    // Others are not kept from theirs.
    let small = ordered(client, &other, &json!({"form": "zip", "documents": [{"calculation_sheet": sheet()}]}));
    for place in places {
        assert_eq!(send(client, &admin, &format!("DELETE {place}"), &Value::Null).status, 204);
    }
    assert_eq!(ended(client, &other, &small)["state"], "done");
    ordered(client, &admin, &json!({"form": "zip", "documents": [{"calculation_sheet": sheet()}]}));
}
