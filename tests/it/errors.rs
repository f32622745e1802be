//! Every error over HTTP, whole: status, media type, `Allow`, and each byte of the body.
//!
//! The pins are `tests/data/errors/<code>.json`: a list of `{"name", "request": "METHOD target", "headers"?, "body"?
//! (JSON) | "raw"? (text) | "made"? (see [`made`]), "status", "allow"?, "answer"}`. A body is sent as `application/json`
//! unless `headers` says otherwise. A text that changes is read and judged before it is pinned: it has to say what is
//! wrong and what to do.

use std::collections::BTreeSet;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::{App, HttpRequest, HttpServer, web};
use lode::api::error::ErrorCode;
use lode::api::http::{self, BODY_LIMIT};
use lode::api::reply::Reply;
use lode::api::service::Service;
use lode::domain::error::Code;
use lode::rates::load_builtin;
use serde_json::{Value as Json, json};

use crate::service::{Answer, Client, REQUEST_ID, request, shared};

/// Codes that no request can produce yet, with the reason.
const NOT_BUILT: [(&str, &str); 7] = [
    ("forbidden", "it takes a key, and the service of these tests has none: `access` pins it"),
    ("conflict", "no records are kept"),
    ("idempotency_mismatch", "no records are kept"),
    ("rate_limited", "the service of these tests lets everybody in: `limits` and `jobs` look at it"),
    ("unavailable", "the service of these tests has room for everybody: `limits` and `operation` look at it"),
    ("rules_conflict", "no facts are claimed by two rules: see `assessment_space`"),
    ("not_modelled", "no request can ask for a rule that is not modelled"),
];

/// A defect cannot be asked for: [`a_defect_shows_its_request_id_and_nothing_else`] makes one.
const MADE_HERE: &str = "internal";

/// Bodies that JSON text cannot hold.
fn made(name: &str) -> Vec<u8> {
    match name {
        "empty" => Vec::new(),
        "not_utf8" => b"{\"amount\": \"\xff\"}".to_vec(),
        "byte_order_mark" => "\u{feff}{}".into(),
        "nested_10000" => format!("{{\"amount\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000)).into(),
        "one_mib_and_one" => padded("{}", BODY_LIMIT + 1),
        other => panic!("no body is called {other}"),
    }
}

/// JSON with spaces after it, up to a length.
fn padded(json: &str, length: usize) -> Vec<u8> {
    let mut body = json.as_bytes().to_vec();
    body.resize(length, b' ');
    body
}

/// A request whose answer is always the same, to see that the service lives on.
const NORMAL: (&str, &str) = (
    "/v1/calculations/unpaid-reserves",
    r#"{"identified": "430.88", "mined": "43.73", "paid_for": "108.52", "unit": "万吨"}"#,
);

fn assert_alive() {
    let answer = shared().post(NORMAL.0, NORMAL.1);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["result"]["to_pay"], "322.36");
}

/// The files with pins and what each holds.
fn pins() -> Vec<(String, Vec<Json>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/errors");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: PathBuf| {
        let code = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let pins = serde_json::from_str(&fs::read_to_string(&file).unwrap());
        (code, pins.unwrap_or_else(|error| panic!("{}: {error}", file.display())))
    };
    files.into_iter().map(read).collect()
}

fn send(pin: &Json) -> Answer {
    let (method, target) = pin["request"].as_str().unwrap().split_once(' ').unwrap();
    let body = match (&pin["body"], &pin["raw"], &pin["made"]) {
        (Json::Null, Json::Null, Json::Null) => None,
        (Json::Null, Json::Null, name) => Some(made(name.as_str().unwrap())),
        (Json::Null, raw, _) => Some(raw.as_str().unwrap().as_bytes().to_vec()),
        (body, ..) => Some(body.to_string().into_bytes()),
    };
    let headers: Vec<&str> = match (&pin["headers"], &body) {
        (Json::Array(headers), _) => headers.iter().map(|header| header.as_str().unwrap()).collect(),
        (_, Some(_)) => vec!["Content-Type: application/json"],
        _ => Vec::new(),
    };
    shared().send(method, target, &headers, body.as_deref())
}

/// What an answer has that its pin does not want, or the other way round.
fn differences(pin: &Json, sent: &Answer) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differ = |what: &str, found: &str, wanted: &str| {
        if found != wanted {
            differences.push(format!("{what} is {found}, wanted {wanted}"));
        }
    };
    differ("the status", &sent.status.to_string(), &pin["status"].to_string());
    differ("the media type", sent.header("content-type").unwrap_or("missing"), "application/problem+json");
    differ("the id", sent.header("x-request-id").unwrap_or("missing"), REQUEST_ID);
    differ("Allow", sent.header("allow").unwrap_or("missing"), pin["allow"].as_str().unwrap_or("missing"));
    // Byte for byte: the order of the fields is part of the pin.
    differ("the body", sent.text(), &pin["answer"].to_string());
    differences
}

#[test]
fn every_pinned_error_is_answered_byte_for_byte() {
    let mut faults = Vec::new();
    let mut names = BTreeSet::new();
    for (code, pins) in pins() {
        for pin in pins {
            let name = format!("{code}: {}", pin["name"].as_str().unwrap());
            if pin["answer"]["code"] != *code {
                faults.push(format!("{name}: pins the code {}", pin["answer"]["code"]));
            }
            faults.extend(differences(&pin, &send(&pin)).into_iter().map(|fault| format!("{name}: {fault}")));
            assert!(names.insert(name.clone()), "two pins are called {name}");
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_alive();
}

/// Both languages, because a translation is easily forgotten; and both statuses of a code that has two.
#[test]
fn every_code_is_pinned_in_both_languages_or_cannot_occur() {
    let pins = pins();
    let mut faults = Vec::new();
    for code in ErrorCode::all() {
        let (name, status) = (code.as_str(), code.status());
        let of_code = pins.iter().filter(|(pinned, _)| pinned == name).flat_map(|(_, pins)| pins);
        let of_code: Vec<&Json> = of_code.filter(|pin| pin["status"] == status).collect();
        let titled = |title: &str| of_code.iter().any(|pin| pin["answer"]["title"] == title);
        let left_out = name == MADE_HERE || NOT_BUILT.iter().any(|(missing, _)| *missing == name);
        match (left_out, of_code.is_empty()) {
            (true, false) => faults.push(format!("{name} is pinned and yet said to be impossible")),
            (false, _) if !titled(&code.title().zh) => {
                faults.push(format!("{name} ({status}) is not pinned in Chinese"))
            }
            (false, _) if !titled(&code.title().en) => {
                faults.push(format!("{name} ({status}) is not pinned in English"))
            }
            _ => {}
        }
    }
    for (name, reason) in NOT_BUILT {
        assert!(ErrorCode::all().any(|code| code.as_str() == name), "{name} ({reason}) is no code");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The statuses that the contract prints.
#[test]
fn the_table_of_codes_is_that_of_the_contract() {
    let contract = [
        (400, "malformed_request"),
        (401, "unauthenticated"),
        (403, "forbidden"),
        (404, "mineral_not_found rate_version_not_found route_not_found not_found"),
        (405, "method_not_allowed"),
        (409, "conflict"),
        (413, "payload_too_large"),
        (415, "unsupported_media_type"),
        (
            422,
            "idempotency_mismatch invalid_field rate_not_in_force condition_missing levy_method_mismatch mineral_ambiguous \
             parameter_unknown conversion_coefficient_missing no_rule_applies rules_conflict \
             first_payment_ratio_out_of_range instalment_term_too_short instalment_after_licence below_starting_price \
             below_reserve_price not_modelled mineral_not_found",
        ),
        (429, "rate_limited"),
        (500, "internal"),
        (503, "unavailable"),
    ];
    let wanted: BTreeSet<(u16, &str)> =
        contract.iter().flat_map(|(status, codes)| codes.split_whitespace().map(|code| (*status, code))).collect();
    let found: BTreeSet<(u16, &str)> = ErrorCode::all().map(|code| (code.status(), code.as_str())).collect();
    assert_eq!(found, wanted);
    assert!(Code::ALL.iter().all(|code| ErrorCode::Rule(*code).status() == 422));
}

#[test]
fn a_body_of_exactly_one_mib_is_read() {
    let body = padded(NORMAL.1, BODY_LIMIT);
    assert_eq!(body.len(), BODY_LIMIT);
    let answer = shared().send("POST", NORMAL.0, &["Content-Type: application/json"], Some(&body));
    assert_eq!((answer.status, &answer.json()["result"]["to_pay"]), (200, &json!("322.36")));
    let longer =
        shared().send("POST", NORMAL.0, &["Content-Type: application/json"], Some(&padded(NORMAL.1, BODY_LIMIT + 1)));
    assert_eq!((longer.status, &longer.json()["code"]), (413, &json!("payload_too_large")));
}

/// Requests that differ from the plain ones in how they are sent; (name, bytes, status, code or none for an answer).
#[test]
fn unusual_ways_to_send_a_request_are_answered_in_the_same_form() {
    let json = "Content-Type: application/json";
    let post = |headers: &[&str], body: &[u8]| request("POST", NORMAL.0, headers, Some(body));
    let chunked = |chunk: &[u8], count: usize| {
        let head = request("POST", NORMAL.0, &[json, "Transfer-Encoding: chunked"], None);
        let mut bytes = head;
        for _ in 0..count {
            bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
            bytes.extend(chunk);
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"0\r\n\r\n");
        bytes
    };
    let normal = NORMAL.1.as_bytes();
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("in chunks", chunked(normal, 1), 200, ""),
        ("in chunks, beyond 1 MiB", chunked(&padded(" ", 64 * 1024), 17), 413, "payload_too_large"),
        (
            "too long and compressed",
            post(&[json, "Content-Encoding: gzip"], &made("one_mib_and_one")),
            413,
            "payload_too_large",
        ),
        ("not compressed, and said so", post(&[json, "Content-Encoding: identity"], normal), 200, ""),
        (
            "compressed twice",
            post(&[json, "Content-Encoding: identity", "Content-Encoding: br"], normal),
            415,
            "unsupported_media_type",
        ),
        ("encoding of letters said", post(&["Content-Type: Application/JSON; Charset=\"UTF-8\""], normal), 200, ""),
        (
            "a suffix of JSON is not JSON",
            post(&["Content-Type: application/vnd.api+json"], normal),
            415,
            "unsupported_media_type",
        ),
        ("any answer is accepted as JSON", post(&[json, "Accept: text/html"], normal), 200, ""),
        ("an asterisk instead of a path", request("OPTIONS", "*", &[], None), 404, "route_not_found"),
        ("a whole address instead of a path", request("GET", "http://localhost/health/live", &[], None), 200, ""),
        ("reading with a body", request("GET", "/health/live", &[json], Some(b"{}")), 200, ""),
        (
            "a body for a path that is not there",
            request("POST", "/nothing", &[json], Some(&made("one_mib_and_one"))),
            404,
            "route_not_found",
        ),
        ("an empty query", request("GET", "/health/live?", &[], None), 200, ""),
    ];
    for (name, bytes, status, code) in cases {
        let answer = shared().raw(&bytes);
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        if !code.is_empty() {
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{name}");
            assert_eq!(
                (&answer.json()["code"], &answer.json()["request_id"]),
                (&json!(code), &json!(REQUEST_ID)),
                "{name}"
            );
        }
    }
    assert_alive();
}

/// A body that breaks off: the client ends its half of the connection, or its chunks are none.
#[test]
fn a_body_that_breaks_off_is_malformed() {
    use std::io::Write;
    use std::net::Shutdown;
    let json = "Content-Type: application/json";
    let short = request("POST", NORMAL.0, &[json, "Content-Length: 100"], None);
    let chunks = request("POST", NORMAL.0, &[json, "Transfer-Encoding: chunked"], None);
    let detail = "请求体没有完整送达；请重新发送";
    let wanted = json!({
        "type": "/problems/malformed_request", "title": "请求格式有误", "status": 400, "detail": detail,
        "code": "malformed_request", "request_id": REQUEST_ID,
        "errors": [{"pointer": "", "code": "malformed_request", "detail": detail}]
    });
    for (name, head, body) in [("too short", short, "{\"identified\": "), ("no chunk", chunks, "5\r\n{\"ide\r\nzz\r\n")]
    {
        let mut stream = shared().connect();
        stream.write_all(&[&head, body.as_bytes()].concat()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let answer = crate::service::finish(stream);
        assert_eq!((answer.status, answer.text()), (400, wanted.to_string().as_str()), "{name}");
    }
    assert_alive();
}

/// `HEAD` has the head of the same error and no body; RFC 9110 allows nothing else.
#[test]
fn head_is_refused_without_a_body() {
    for (target, status, allow) in [
        ("/v1/calculations/late-fee", 405, Some("POST")),
        ("/nothing", 404, None),
        ("/v1/minerals?limit=1", 400, None),
        ("/v1/minerals/goldd?as_of=2024-06-01", 404, None),
    ] {
        let (head, get) = (shared().send("HEAD", target, &[], None), shared().get(target));
        assert_eq!((head.status, head.header("allow"), head.body.len()), (status, allow, 0), "{target}");
        assert_eq!((get.status, get.header("content-type")), (status, head.header("content-type")), "{target}");
        assert_eq!(head.header("content-length"), get.header("content-length"), "{target}");
    }
}

#[test]
fn a_client_that_waits_for_100_continue_is_told_to_go_on() {
    use std::io::{Read, Write};
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        NORMAL.0,
        NORMAL.1.len()
    );
    let mut stream = shared().connect();
    stream.write_all(head.as_bytes()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(std::str::from_utf8(&interim), Ok("HTTP/1.1 100 Continue\r\n\r\n"));
    stream.write_all(NORMAL.1.as_bytes()).unwrap();
    assert_eq!(crate::service::finish(stream).status, 200);
}

/// What is not HTTP is refused by actix itself, without a body: nothing of the service has seen it.
#[test]
fn what_is_not_http_is_refused_and_harms_nobody() {
    let long = format!("GET /{} HTTP/1.1\r\nHost: test\r\n\r\n", "x".repeat(70_000));
    for (name, bytes) in [
        ("no HTTP at all", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".as_slice()),
        ("a space in the path", b"GET /a b HTTP/1.1\r\nHost: test\r\n\r\n"),
        ("a length that is no number", b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: ten\r\n\r\n"),
        ("two lengths", b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        ("a very long path", long.as_bytes()),
    ] {
        let answer = shared().raw(bytes);
        assert!((400..500).contains(&answer.status), "{name}: {}", answer.status);
    }
    assert_alive();
}

/// A client that goes away in the middle of its body, many times.
#[test]
fn half_requests_are_dropped_and_harm_nobody() {
    use std::io::Write;
    let whole = request("POST", NORMAL.0, &["Content-Type: application/json"], Some(NORMAL.1.as_bytes()));
    for length in (1..whole.len()).step_by(7) {
        let mut stream = shared().connect();
        stream.write_all(&whole[..length]).unwrap();
        drop(stream);
    }
    assert_alive();
}

/// A handler that panics, behind the transport of the service.
fn broken_service() -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let service = Arc::new(Service::new(load_builtin().unwrap()));
    let app = move || {
        let service = Arc::clone(&service);
        let broken = move |request: HttpRequest| {
            // Unwinding without the hook of `panic!`, whose words would look like a failure of this test.
            let defect =
                |_: http::Asker<'_>| -> Reply { std::panic::resume_unwind(Box::new("a secret path /etc/shadow")) };
            let answer = http::respond(&service, &request, None, defect);
            async move { answer }
        };
        App::new().default_service(web::to(broken))
    };
    std::thread::spawn(move || {
        let server = HttpServer::new(app).workers(1).listen(listener).unwrap().run();
        actix_web::rt::System::new().block_on(server).unwrap();
    });
    Client(address)
}

#[test]
fn a_defect_shows_its_request_id_and_nothing_else() {
    let service = broken_service();
    for (target, title, detail) in [
        ("/", "服务内部错误", "服务内部错误；请向维护者提供 request_id"),
        ("/?lang=en", "Internal error", "an internal error: report the request_id to the maintainers"),
    ] {
        let wanted = json!({
            "type": "/problems/internal", "title": title, "status": 500, "detail": detail, "code": "internal",
            "request_id": REQUEST_ID, "errors": []
        });
        // The worker answers the second request too: a panic ends the request and nothing else.
        let answer = service.get(target);
        assert_eq!((answer.status, answer.header("content-type")), (500, Some("application/problem+json")));
        assert_eq!(answer.text(), wanted.to_string());
    }
}
