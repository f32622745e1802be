//! Batches over HTTP: at once and as jobs, whatever is sent, and whenever the service is killed.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lode::api::batches::{AT_ONCE, LIMIT};
use lode::api::topic::Topic;
use lode::batch::forms::{media_types, of_media_type};
use lode::batch::xlsx::XLSX;
use serde_json::{Value as Json, json};

use crate::ledger::world::Folder;
use crate::openapi::{document, misfits_of};
use crate::service::{Answer, Client, Process, REQUEST_ID, finish, lode, shared};
use crate::xlsx::hostile;

const LINES: &str = "Content-Type: application/x-ndjson";
const CSV: &str = "Content-Type: text/csv";
const ASYNC: &str = "Prefer: respond-async";

fn path(topic: Topic) -> String {
    format!("/v1/batches/{}", topic.slug())
}

fn post(client: Client, target: &str, headers: &[&str], body: &[u8]) -> Answer {
    client.send("POST", target, headers, Some(body))
}

/// What `lode batch` answers.
fn commanded(topic: Topic, form: &str, options: &[&str], input: &[u8]) -> Vec<u8> {
    let fixed = ["--quiet", "--from", form, "--request-id", REQUEST_ID];
    // More than a pipe holds would keep both sides waiting: it goes through files.
    let folder = Folder::new();
    let [input_file, output] = ["in", "out"].map(|name| folder.path().join(name));
    fs::write(&input_file, input).unwrap();
    let [input_file, output_file] = [&input_file, &output].map(|file| file.to_str().unwrap());
    lode(&[&["batch", topic.slug(), input_file, "-o", output_file], &fixed[..], options].concat(), b"");
    fs::read(&output).unwrap()
}

/// Sales of many mines, each on a line; every hundredth is wrong.
fn sales(rows: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for row in 1..=rows {
        let mineral = ["金", "铜", "铁", "铅", "锌"][row % 5];
        let year = if row.is_multiple_of(100) { 1999 } else { 2024 + row % 2 };
        let fen = row.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 100_000_000_000;
        let (yuan, fen) = (fen / 100, fen % 100);
        writeln!(
            out,
            r#"{{"line_id":{row},"year":{year},"transfer_mode":"agreement","lines":[{{"mineral":"{mineral}","product":"concentrate","revenue":"{yuan}.{fen:02}"}}]}}"#
        )
        .unwrap();
    }
    out
}

/// Makes a job and gives its path.
#[track_caller]
fn ordered(client: Client, target: &str, headers: &[&str], body: &[u8]) -> String {
    let answer = post(client, target, headers, body);
    assert_eq!(answer.status, 202, "{}", answer.text());
    let job = answer.json();
    assert_eq!(job["kind"], "batch");
    let place = answer.header("location").unwrap().to_owned();
    assert_eq!(place, format!("/v1/jobs/{}", job["id"].as_str().unwrap()));
    place
}

/// The job when it has ended; its events end with it.
#[track_caller]
fn ended(client: Client, place: &str) -> Json {
    let events = client.get(&format!("{place}/events"));
    assert_eq!(events.status, 200, "{}", events.text());
    let job = client.get(place).json();
    assert!(["done", "failed"].contains(&job["state"].as_str().unwrap()), "{job}");
    let faults = misfits_of(&document(), "GET", place, &Json::Null, 200, &job);
    assert!(faults.is_empty(), "{faults:?}");
    job
}

fn counts(answer: &Answer) -> [Option<&str>; 2] {
    [answer.header("batch-rows"), answer.header("batch-refused")]
}

#[test]
fn every_row_is_the_single_answer_in_its_order() {
    for topic in Topic::ALL {
        let mut body = String::new();
        let mut wanted = String::new();
        for (index, (_, example)) in topic.examples().into_iter().enumerate() {
            for (name, request) in [(json!(index), example), (json!(format!("bad {index}")), json!({"what": 1}))] {
                let single = shared().post(topic.path(), &request.to_string());
                wanted += &format!("{{\"line_id\":{name},{}\n", &single.text()[1..]);
                let mut line = json!({"line_id": name});
                line.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
                // Blank lines are no rows.
                body += &format!("{line}\r\n\n");
            }
        }
        let rows = wanted.lines().count();
        let answer = post(shared(), &path(*topic), &[LINES], body.as_bytes());
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/x-ndjson")));
        assert_eq!(counts(&answer), [Some(rows.to_string().as_str()), Some((rows / 2).to_string().as_str())]);
        assert!(answer.text() == wanted, "{}:\n{}\n{wanted}", topic.slug(), answer.text());
    }
}

#[test]
fn forms_and_options_are_those_of_the_command() {
    let topic = Topic::LateFee;
    let csv = "行号,应缴本金（万元）,到期日,基准日\nA-1,10,2024/1/10,2024-03-31\nA-2,x,2024/1/10,2024-03-31\n";
    let gb: Vec<u8> = encoding_rs::GB18030.encode(csv).0.into_owned();
    let lines = b"{\"principal\": \"1.00\", \"due_date\": \"2024-01-10\", \"as_of\": \"2024-03-31\"}\n";
    /// Query, headers, body; the media type of the answer; form of the body and options of the command.
    type Case<'c> = (&'c str, &'c [&'c str], &'c [u8], &'c str, &'c str, &'c [&'c str]);
    let sheet = commanded(topic, "csv", &["--to=xlsx"], csv.as_bytes());
    let xlsx = format!("Content-Type: {XLSX}");
    let to_xlsx = format!("Accept: {XLSX}");
    let cases: [Case<'_>; 15] = [
        ("", &[CSV, &to_xlsx], csv.as_bytes(), XLSX, "csv", &["--to=xlsx"]),
        ("", &[LINES, &to_xlsx], lines, XLSX, "jsonl", &["--to=xlsx"]),
        ("?steps=true&lang=en", &[&xlsx], &sheet, XLSX, "xlsx", &["--to=xlsx", "--steps", "--lang=en"]),
        ("?sheet=%E6%95%B0%E6%8D%AE", &[&xlsx, "Accept: */*"], &sheet, XLSX, "xlsx", &["--to=xlsx", "--sheet=数据"]),
        ("", &[&xlsx, "Accept: text/csv"], &sheet, "text/csv; charset=utf-8", "xlsx", &["--to=csv"]),
        ("", &[&xlsx, "Accept: application/jsonl"], &sheet, "application/jsonl", "xlsx", &["--to=jsonl"]),
        ("", &[CSV], csv.as_bytes(), "text/csv; charset=utf-8", "csv", &["--to=csv"]),
        ("", &["Content-Type: text/csv; charset=GBK"], &gb, "text/csv; charset=utf-8", "csv", &["--to=csv"]),
        ("", &["Content-Type: TEXT/CSV; header=present"], &gb, "text/csv; charset=utf-8", "csv", &["--to=csv"]),
        (
            "?lang=en&steps=true",
            &[CSV, "Accept: */*"],
            csv.as_bytes(),
            "text/csv; charset=utf-8",
            "csv",
            &["--to=csv", "--lang=en", "--steps"],
        ),
        ("", &[CSV, "Accept: application/x-ndjson"], csv.as_bytes(), "application/x-ndjson", "csv", &["--to=jsonl"]),
        (
            "?steps=false",
            &[CSV, "Accept: text/csv;q=0.5, application/jsonl"],
            csv.as_bytes(),
            "application/jsonl",
            "csv",
            &["--to=jsonl", "--steps=false"],
        ),
        (
            "",
            &[LINES, "Accept: application/json, text/plain, */*"],
            lines,
            "application/x-ndjson",
            "jsonl",
            &["--to=jsonl"],
        ),
        (
            "",
            &["Content-Type: application/jsonl; charset=utf-8", "Accept: text/*"],
            lines,
            "text/csv; charset=utf-8",
            "jsonl",
            &["--to=csv"],
        ),
        ("?explain=all", &[LINES], lines, "application/x-ndjson", "jsonl", &["--to=jsonl", "--explain-all"]),
    ];
    for (query, headers, body, content_type, form, options) in cases {
        let answer = post(shared(), &format!("{}{query}", path(topic)), headers, body);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(content_type)), "{headers:?} {query}");
        let wanted = commanded(topic, form, options, body);
        assert!(!wanted.is_empty() && answer.body == wanted, "{headers:?} {query}: {}", answer.text());
        // The same as a job.
        let place = ordered(shared(), &format!("{}{query}", path(topic)), &[headers, &[ASYNC]].concat(), body);
        let job = ended(shared(), &place);
        let rows = answer.header("batch-rows").unwrap();
        assert_eq!((job["done"].to_string().as_str(), &job["total"]), (rows, &job["done"]));
        assert_eq!(job["failed"].to_string(), answer.header("batch-refused").unwrap());
        let result = shared().get(&format!("{place}/result"));
        assert!(result.body == wanted, "{headers:?} {query}: {}", result.text());
        assert_eq!(result.header("content-type"), content_type.split(';').next());
        let form = of_media_type(content_type.split(';').next().unwrap()).unwrap();
        let name = format!("attachment; filename=\"late-fee.{}\"", form.extension);
        assert_eq!(result.header("content-disposition"), Some(name.as_str()));
    }
}

#[test]
fn a_row_over_a_limit_stops_nothing_else() {
    let good = r#"{"identified": "430.88", "mined": "43.73", "paid_for": "108.52", "unit": "万吨"}"#;
    let long = format!("{{\"unit\": \"{}\"}}", "x".repeat(2 << 20));
    let deep = "[".repeat(10_000);
    let body = [good.as_bytes(), long.as_bytes(), deep.as_bytes(), b"\xff", b"{", good.as_bytes()].join(&b'\n');
    let answer = post(shared(), "/v1/batches/unpaid-reserves", &[LINES], &body);
    assert_eq!((answer.status, counts(&answer)), (200, [Some("6"), Some("4")]), "{}", answer.text());
    let codes: Vec<Json> = answer
        .text()
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap())
        .map(|row| if row["code"].is_null() { row["result"]["to_pay"].clone() } else { row["code"].clone() })
        .collect();
    let bad = "malformed_request";
    assert_eq!(json!(codes), json!(["322.36", "payload_too_large", bad, bad, bad, "322.36"]));
}

/// A service of its own with its directory.
fn started() -> (Folder, Process) {
    let folder = Folder::new();
    let process = start(&folder);
    (folder, process)
}

fn start(folder: &Folder) -> Process {
    Process::start(&["--data", folder.path().to_str().unwrap()])
}

/// The directories of jobs and of what may become one.
fn directories(folder: &Folder) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder.path().join("jobs")) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

/// Waits until something has happened.
#[track_caller]
fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn more_rows_than_are_answered_at_once_become_a_job() {
    let (folder, process) = started();
    let client = process.client();
    let most = usize::try_from(AT_ONCE).unwrap();
    let row = "{\"identified\":\"1\",\"mined\":\"0\",\"paid_for\":\"0\",\"unit\":\"t\"}\n";
    let body = row.repeat(most);
    let target = "/v1/batches/unpaid-reserves?steps=false";
    let answer = post(client, target, &[LINES], body.as_bytes());
    assert_eq!((answer.status, counts(&answer)), (200, [Some("10000"), Some("0")]));
    let one = answer.text().lines().next().unwrap();
    assert_eq!(answer.text(), format!("{one}\n").repeat(most));
    // A long answer went through a file that is gone.
    until("an empty directory", || directories(&folder).is_empty());
    // Blank lines are no rows, whatever comes after them.
    let answer = post(client, target, &[LINES], format!("{body}\n \n").as_bytes());
    assert_eq!((answer.status, counts(&answer)), (200, [Some("10000"), Some("0")]));
    let place = ordered(client, target, &[LINES], format!("{body}\n{row}").as_bytes());
    let job = ended(client, &place);
    assert_eq!((&job["state"], &job["done"], &job["failed"]), (&json!("done"), &json!(10_001), &json!(0)));
    let result = client.get(&format!("{place}/result"));
    assert_eq!(result.text(), format!("{one}\n").repeat(most + 1));
    assert_eq!(job["result"]["bytes"].as_u64(), Some(result.body.len() as u64));
    // What the request brought is not kept longer than it is needed.
    let mut left: Vec<_> =
        fs::read_dir(&directories(&folder)[0]).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["faults.jsonl", "job.json", "result"]);
    assert_eq!(client.send("DELETE", &place, &[], None).status, 204);
    until("an empty directory", || directories(&folder).is_empty());
}

#[test]
fn what_makes_no_batch_leaves_nothing_behind() {
    let (folder, process) = started();
    let client = process.client();
    let late = path(Topic::LateFee);
    for body in [&b""[..], b"\n\n", b"\xEF\xBB\xBF"] {
        for headers in [&[LINES][..], &[LINES, ASYNC]] {
            let answer = post(client, &late, headers, body);
            if answer.status == 202 {
                // Lines have no heads that could be wrong: that there is none is found by the job.
                let job = ended(client, answer.header("location").unwrap());
                assert_eq!((&job["state"], &job["failure"]["detail"]), (&json!("failed"), &json!("没有数据行")));
                assert_eq!(client.send("DELETE", answer.header("location").unwrap(), &[], None).status, 204);
            } else {
                assert_eq!((answer.status, &answer.json()["detail"]), (400, &json!("没有数据行")));
            }
        }
    }
    // Heads are looked at before a job is taken on.
    for headers in [&[CSV][..], &[CSV, ASYNC]] {
        let answer = post(client, &late, headers, "本金,本金,what\n1,2,3\n".as_bytes());
        assert_eq!(answer.status, 400, "{}", answer.text());
    }
    // Far into a file its form breaks: nothing is answered.
    let mut csv = "principal,due_date,as_of\n".to_owned() + &"1.00,2024-01-10,2024-03-31\n".repeat(2_000);
    csv += &format!("\"{}", "x".repeat(5 << 20));
    let answer = post(client, &late, &[CSV], csv.as_bytes());
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(answer.text().contains("第 2002 行起的一行超过 1 MiB"), "{}", answer.text());
    let place = ordered(client, &late, &[CSV, ASYNC], csv.as_bytes());
    let job = ended(client, &place);
    assert_eq!((&job["state"], &job["failure"]["status"]), (&json!("failed"), &json!(400)), "{job}");
    assert_eq!(client.get(&format!("{place}/result")).status, 409);
    assert_eq!(client.send("DELETE", &place, &[], None).status, 204);
    until("an empty directory", || directories(&folder).is_empty());
}

#[test]
fn hostile_workbooks_are_refused_as_by_the_command() {
    let (folder, process) = started();
    let late = path(Topic::LateFee);
    let xlsx = format!("Content-Type: {XLSX}");
    for (name, bytes, word) in hostile() {
        for headers in [&[xlsx.as_str()][..], &[&xlsx, ASYNC], &[&xlsx, "Accept: text/csv"]] {
            let answer = post(process.client(), &late, headers, &bytes);
            // What only its rows show stops the job.
            let (status, problem) = match answer.header("location") {
                None => (answer.status, answer.json()),
                Some(place) => {
                    let failure = ended(process.client(), place)["failure"].clone();
                    assert_eq!(process.client().send("DELETE", place, &[], None).status, 204);
                    (400, failure)
                }
            };
            assert_eq!((status, &problem["code"]), (400, &json!("malformed_request")), "{name}: {problem}");
            assert!(problem["detail"].as_str().unwrap().contains(word), "{name}: {problem}");
        }
    }
    until("an empty directory", || directories(&folder).is_empty());
}

#[test]
fn a_workbook_may_be_long() {
    let (folder, process) = started();
    let client = process.client();
    let target = path(Topic::AnnualIncome);
    let to_xlsx = format!("Accept: {XLSX}");
    // More than stays in memory, and few enough to be answered at once.
    let body = sales(9_000);
    let answer = post(client, &target, &[LINES, &to_xlsx], &body);
    assert_eq!((answer.status, counts(&answer)), (200, [Some("9000"), Some("90")]));
    let wanted = commanded(Topic::AnnualIncome, "jsonl", &["--to=xlsx"], &body);
    assert!(answer.body == wanted, "{} bytes, wanted {}", answer.body.len(), wanted.len());
    until("an empty directory", || directories(&folder).is_empty());
    let body = sales(10_001);
    let place = ordered(client, &target, &[LINES, &to_xlsx], &body);
    let job = ended(client, &place);
    assert_eq!((&job["state"], &job["done"], &job["failed"]), (&json!("done"), &json!(10_001), &json!(100)));
    let wanted = commanded(Topic::AnnualIncome, "jsonl", &["--to=xlsx"], &body);
    assert!(client.get(&format!("{place}/result")).body == wanted);
    let mut left: Vec<_> =
        fs::read_dir(&directories(&folder)[0]).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["faults.jsonl", "job.json", "result"]);
}

/// The head of a request whose body is announced and not sent.
fn head(target: &str, header: &str) -> String {
    format!("POST {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{LINES}\r\n{header}\r\nConnection: close\r\n\r\n")
}

#[test]
fn a_body_that_is_too_long_is_refused_before_it_comes() {
    let answer = shared().raw(head(&path(Topic::LateFee), &format!("Content-Length: {}", LIMIT + 1)).as_bytes());
    let problem = answer.json();
    assert_eq!((answer.status, &problem["code"]), (413, &json!("payload_too_large")));
    assert_eq!(problem["detail"], "请求体不得超过 256 MiB（268435456 字节）");
}

#[test]
fn a_body_in_pieces_is_refused_when_it_is_too_long() {
    let folder = Folder::new();
    let process = Process::start(&["--data", folder.path().to_str().unwrap(), "--batch-mib=2"]);
    let target = path(Topic::AnnualIncome);
    let mut stream = process.client().connect();
    stream.write_all(head(&target, "Transfer-Encoding: chunked").as_bytes()).unwrap();
    let piece = vec![b' '; 64 << 10];
    for _ in 0..48 {
        let _ = stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes());
        let _ = stream.write_all(&piece);
        if stream.write_all(b"\r\n").is_err() {
            break;
        }
    }
    // It is answered before its end, after which the connection is closed.
    let _ = stream.write_all(b"0\r\n\r\n");
    let answer = finish(stream);
    let problem = answer.json();
    assert_eq!((answer.status, &problem["code"]), (413, &json!("payload_too_large")));
    assert_eq!(problem["detail"], "请求体不得超过 2 MiB（2097152 字节）");
    until("an empty directory", || directories(&folder).is_empty());
    assert_eq!(post(process.client(), &target, &[LINES], &sales(3)).status, 200);
}

#[test]
fn jobs_take_no_more_of_the_disk_than_they_may() {
    let folder = Folder::new();
    let process = Process::start(&["--data", folder.path().to_str().unwrap(), "--jobs-mib=1"]);
    let client = process.client();
    let target = path(Topic::AnnualIncome);
    // One whose answers are too long fails and says why; what it wrote is not kept.
    let place = ordered(client, &target, &[LINES, ASYNC], &sales(4_000));
    let job = ended(client, &place);
    assert_eq!((&job["state"], &job["failure"]["code"]), (&json!("failed"), &json!("rate_limited")), "{job}");
    assert!(job["failure"]["detail"].as_str().unwrap().contains("1 MiB 的磁盘配额"), "{job}");
    // One that brings too much is not taken; what is answered at once does not ask for room.
    let answer = post(client, &target, &[LINES], &sales(10_001));
    assert_eq!((answer.status, &answer.json()["code"]), (429, &json!("rate_limited")));
    let answer = post(client, &target, &[LINES], &sales(2_000));
    assert_eq!((answer.status, counts(&answer)), (200, [Some("2000"), Some("20")]));
    assert_eq!(ended(client, &ordered(client, &target, &[LINES, ASYNC], &sales(3)))["state"], "done");
    until("the directories of two jobs", || directories(&folder).len() == 2);
}

#[test]
fn a_client_that_goes_away_leaves_nothing_behind() {
    let (folder, process) = started();
    let body = sales(40_000);
    let target = path(Topic::AnnualIncome);
    let mut stream = process.client().connect();
    stream.write_all(head(&target, &format!("Content-Length: {}", body.len())).as_bytes()).unwrap();
    stream.write_all(&body[..body.len() / 2]).unwrap();
    until("a body on the disk", || !directories(&folder).is_empty());
    stream.shutdown(Shutdown::Both).unwrap();
    until("an empty directory", || directories(&folder).is_empty());
    // One that says that it has sent everything, and has not.
    let mut stream = process.client().connect();
    stream.write_all(head(&target, "Content-Length: 3000000").as_bytes()).unwrap();
    stream.write_all(&body[..2_000_000]).unwrap();
    until("a body on the disk", || !directories(&folder).is_empty());
    stream.shutdown(Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    until("an empty directory", || directories(&folder).is_empty());
    // Many that go away while they are answered, and everybody else is served.
    for _ in 0..20 {
        let mut stream = process.client().connect();
        let small = sales(2_000);
        stream.write_all(head(&target, &format!("Content-Length: {}", small.len())).as_bytes()).unwrap();
        stream.write_all(&small).unwrap();
        drop(stream);
    }
    let answer = post(process.client(), &target, &[LINES], &sales(3));
    assert_eq!((answer.status, counts(&answer)), (200, [Some("3"), Some("0")]));
}

#[test]
fn a_body_may_come_in_pieces_of_any_size() {
    let body = sales(300);
    let whole = post(shared(), &path(Topic::AnnualIncome), &[LINES], &body);
    let mut stream: TcpStream = shared().connect();
    let id = format!("Transfer-Encoding: chunked\r\nX-Request-Id: {REQUEST_ID}");
    stream.write_all(head(&path(Topic::AnnualIncome), &id).as_bytes()).unwrap();
    for (index, piece) in body.chunks(997).enumerate() {
        let (first, second) = piece.split_at(index % piece.len());
        for part in [first, second].into_iter().filter(|part| !part.is_empty()) {
            stream.write_all(format!("{:x}\r\n", part.len()).as_bytes()).unwrap();
            stream.write_all(part).unwrap();
            stream.write_all(b"\r\n").unwrap();
        }
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    let answer = finish(stream);
    assert_eq!((answer.status, counts(&answer)), (200, [Some("300"), Some("3")]));
    assert!(answer.body == whole.body);
}

#[test]
fn only_so_many_batches_wait() {
    let (_folder, process) = started();
    let client = process.client();
    let target = path(Topic::AnnualIncome);
    let long = sales(60_000);
    let places: Vec<String> = (0..10).map(|_| ordered(client, &target, &[LINES, ASYNC], &long)).collect();
    let body = sales(10_001);
    for (query, detail) in [
        ("", "未完成的作业过多；请待其完成或取消后再试"),
        ("?lang=en", "too many jobs are not finished: wait for them or cancel them"),
    ] {
        for headers in [&[LINES, ASYNC][..], &[LINES]] {
            let answer = post(client, &format!("{target}{query}"), headers, &body);
            let problem = answer.json();
            assert_eq!((answer.status, &problem["detail"]), (429, &json!(detail)), "{headers:?}");
            assert_eq!(problem["code"], "rate_limited");
        }
    }
    // What is answered at once does not wait for them.
    assert_eq!(post(client, &target, &[LINES], &sales(3)).status, 200);
    for place in places {
        assert_eq!(client.send("DELETE", &place, &[], None).status, 204);
    }
    ordered(client, &target, &[LINES, ASYNC], &sales(3));
}

#[test]
fn every_form_is_offered_and_documented() {
    let document = document();
    let operation = &document["paths"]["/v1/batches/{topic}"]["post"];
    for media_type in media_types() {
        for place in ["/requestBody/content", "/responses/200/content"] {
            assert!(operation.pointer(place).unwrap().get(media_type).is_some(), "{place}: {media_type}");
        }
        let answer = post(shared(), &path(Topic::LateFee), &[&format!("Content-Type: {media_type}")], b"");
        assert_eq!(answer.status, 400, "{media_type}");
    }
}

/// The rows that a checkpoint on the disk says are answered.
fn kept_rows(job: &Path) -> u64 {
    let checkpoint = fs::read(job.join("checkpoint.json")).unwrap_or_default();
    serde_json::from_slice::<Json>(&checkpoint).map_or(0, |kept| kept["rows"].as_u64().unwrap())
}

/// Kills the service so many times at random rows of a job, and compares what comes of it with the command.
fn killed(kills: u64, rows: usize, form: &str, accept: &str) {
    let folder = Folder::new();
    let topic = Topic::AnnualIncome;
    let body = sales(rows);
    let mut process = start(&folder);
    let id = format!("X-Request-Id: {REQUEST_ID}");
    let place = ordered(process.client(), &format!("{}?steps=false", path(topic)), &[LINES, ASYNC, &id, accept], &body);
    let directory = directories(&folder).remove(0);
    let random = RandomState::new();
    let mut at: Vec<u64> = (0..kills).map(|kill| random.hash_one(kill) % (rows as u64 * 9 / 10)).collect();
    at.sort_unstable();
    let mut before = 0;
    for (kill, row) in at.iter().enumerate() {
        until("so many rows", || process.client().get(&place).json()["done"].as_u64().unwrap() >= *row);
        process.signal("KILL");
        process.wait();
        let kept = kept_rows(&directory);
        assert!(kept >= before, "kill {kill} at {row}: {kept} rows kept, {before} before");
        before = kept;
        // What a checkpoint covers is not written again, or else this would be.
        if kill + 1 == at.len() && kept > 0 && form == "jsonl" {
            let mut part = fs::File::options().write(true).open(directory.join("result.part")).unwrap();
            part.seek(SeekFrom::Start(0)).unwrap();
            part.write_all(b"?").unwrap();
        }
        process = start(&folder);
    }
    let job = ended(process.client(), &place);
    assert_eq!((&job["state"], &job["done"]), (&json!("done"), &json!(rows)), "{job}");
    assert_eq!(job["failed"].as_u64(), Some(rows as u64 / 100));
    let mut result = process.client().get(&format!("{place}/result")).body;
    if before > 0 && form == "jsonl" {
        assert_eq!(result[0], b'?', "the beginning is that of before");
        result[0] = b'{';
    }
    let wanted = commanded(topic, "jsonl", &["--to", form, "--steps=false"], &body);
    assert!(result == wanted, "killed at {at:?}: {} bytes, wanted {}", result.len(), wanted.len());
    println!("{kills} kills at {at:?}: {} bytes, the last one with {before} rows kept", result.len());
}

#[test]
fn a_job_killed_three_times_has_the_same_result() {
    killed(3, 12_000, "jsonl", "Accept: */*");
}

#[test]
fn a_workbook_whose_making_is_killed_has_the_same_bytes() {
    killed(3, 12_000, "xlsx", &format!("Accept: {XLSX}"));
}

/// Takes half a minute.
#[test]
#[ignore = "run by .ci/run"]
fn a_batch_killed_twenty_times_has_the_same_result() {
    killed(20, 100_000, "jsonl", "Accept: */*");
}
