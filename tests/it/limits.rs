//! Who is let in, how often and how many at once; how long they may take; and what is said to who is turned away.

use std::io::{Read, Write};
use std::num::NonZeroU32;
use std::time::Duration;

use lode::api::gate::{Limits, Rate};
use lode::api::service::Service;
use lode::rates::load_builtin;
use serde_json::json;

use crate::service::{Answer, Client, Process, REQUEST_ID, finish, request, serve};

const TOPIC: &str = "/v1/calculations/unpaid-reserves";
const BODY: &str = r#"{"identified": "430.88", "mined": "43.73", "paid_for": "108.52", "unit": "万吨"}"#;

fn limited(limits: Limits) -> Client {
    serve(Service::new(load_builtin().unwrap()).with_limits(limits))
}

/// So many at once; one a second comes back while a test runs.
fn rate(burst: u32) -> Rate {
    Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::new(burst).unwrap() }
}

fn asked(client: Client, headers: &[&str]) -> Answer {
    let headers: Vec<&str> = [&["Content-Type: application/json"], headers].concat();
    client.send("POST", TOPIC, &headers, Some(BODY.as_bytes()))
}

/// Asks until turned away, and gives that answer with how many went well before.
fn until_refused(client: Client, headers: &[&str]) -> (usize, Answer) {
    for count in 0..10_000 {
        let answer = asked(client, headers);
        if answer.status != 200 {
            return (count, answer);
        }
    }
    panic!("nobody was turned away");
}

fn assert_refused(answer: &Answer) {
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait), "{wait}");
    let detail = format!("请求过于频繁；请在 {wait} 秒后重试");
    let wanted = json!({
        "type": "/problems/rate_limited", "title": "请求过于频繁", "status": 429, "detail": detail,
        "code": "rate_limited", "request_id": REQUEST_ID, "errors": []
    });
    assert_eq!((answer.status, answer.header("content-type")), (429, Some("application/problem+json")));
    assert_eq!(answer.text(), wanted.to_string());
}

#[test]
fn one_address_asks_so_often_and_no_more() {
    let client = limited(Limits { per_address: Some(rate(20)), ..Limits::default() });
    let (before, refused) = until_refused(client, &[]);
    assert!(before >= 20, "the burst is let in: {before}");
    assert_refused(&refused);
    // Probes and counters are for those who look after the service.
    for target in ["/health/live", "/health/ready", "/metrics"] {
        assert_eq!(client.get(target).status, 200, "{target}");
    }
    let page = client.get("/metrics");
    assert!(page.text().contains("lode_errors_total{code=\"rate_limited\",status=\"429\"} "), "{}", page.text());
    // Reading is counted like calculating.
    let mut reading = client.get("/v1/coverage?lang=en");
    while reading.status == 200 {
        reading = client.get("/v1/coverage?lang=en");
    }
    assert!(reading.json()["detail"].as_str().unwrap().starts_with("too many requests: try again in "));
}

#[test]
fn without_a_trusted_header_nobody_takes_another_address() {
    let client = limited(Limits { per_address: Some(rate(5)), ..Limits::default() });
    until_refused(client, &[]);
    let other = asked(client, &["X-Forwarded-For: 192.0.2.1", "X-Real-IP: 192.0.2.1", "Forwarded: for=192.0.2.1"]);
    assert_eq!(other.status, 429);
}

#[test]
fn behind_a_proxy_its_header_says_who_asks() {
    let header = Some("x-forwarded-for".parse().unwrap());
    let client = limited(Limits { per_address: Some(rate(5)), address_header: header, ..Limits::default() });
    let (_, refused) = until_refused(client, &["X-Forwarded-For: 192.0.2.1"]);
    assert_refused(&refused);
    assert_eq!(asked(client, &["X-Forwarded-For: 192.0.2.2"]).status, 200, "another one");
    // What the client itself wrote stands before what the proxy added.
    assert_eq!(asked(client, &["X-Forwarded-For: 192.0.2.3, 192.0.2.1"]).status, 429);
    assert_eq!(asked(client, &["X-Forwarded-For: 192.0.2.3", "X-Forwarded-For: 192.0.2.1"]).status, 429);
    // Of an IPv6 address whoever has it has 64 bits more.
    until_refused(client, &["X-Forwarded-For: 2001:db8::1"]);
    assert_eq!(asked(client, &["X-Forwarded-For: 2001:db8::2"]).status, 429);
    assert_eq!(asked(client, &["X-Forwarded-For: 2001:db8:0:1::2"]).status, 200);
    // Without one, or with what is none, the proxy itself is counted.
    until_refused(client, &[]);
    assert_eq!(asked(client, &["X-Forwarded-For: nobody"]).status, 429);
}

#[test]
fn one_key_asks_so_often_from_wherever() {
    let header = Some("x-real-ip".parse().unwrap());
    let client = limited(Limits { per_key: Some(rate(5)), address_header: header, ..Limits::default() });
    let (before, refused) = until_refused(client, &["Authorization: Bearer lode_one", "X-Real-IP: 192.0.2.1"]);
    assert!(before >= 5, "{before}");
    assert_refused(&refused);
    assert_eq!(asked(client, &["Authorization: Bearer lode_one", "X-Real-IP: 192.0.2.2"]).status, 429);
    assert_eq!(asked(client, &["Authorization: Bearer lode_two"]).status, 200);
    assert_eq!(asked(client, &[]).status, 200, "without a key there is none to count");
}

#[test]
fn so_many_are_worked_on_at_once_and_the_next_is_told_to_come_again() {
    let client = limited(Limits { at_once: 2, ..Limits::default() });
    let in_progress = |count: u32| {
        let wanted = format!("\nlode_requests_in_progress {count}\n");
        while !client.get("/metrics").text().contains(&wanted) {
            std::thread::yield_now();
        }
    };
    // Two whose bodies are still on the way.
    let whole = request("POST", TOPIC, &["Content-Type: application/json"], Some(BODY.as_bytes()));
    let (first, rest) = whole.split_at(whole.len() - 10);
    let mut waiting: Vec<_> = (0..2).map(|_| client.connect()).collect();
    for stream in &mut waiting {
        stream.write_all(first).unwrap();
    }
    in_progress(2);
    let refused = asked(client, &[]);
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    let wanted = json!({
        "type": "/problems/unavailable", "title": "暂时不能提供服务", "status": 503,
        "detail": "同时处理的请求过多；请稍后重试", "code": "unavailable", "request_id": REQUEST_ID, "errors": []
    });
    assert_eq!(refused.text(), wanted.to_string());
    assert_eq!(client.get("/health/ready").status, 200, "a full house stands");
    // They are answered, and their places are free again.
    for mut stream in waiting {
        stream.write_all(rest).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    in_progress(0);
    assert_eq!(asked(client, &[]).status, 200);
    // So are those of clients that went away.
    let gone: Vec<_> = (0..2).map(|_| client.connect()).collect();
    for mut stream in &gone {
        stream.write_all(first).unwrap();
    }
    in_progress(2);
    drop(gone);
    in_progress(0);
    assert_eq!(asked(client, &[]).status, 200);
}

/// How long a worker is busy with one of them is some hundred times that of another calculation.
const LONG_TOPIC: &str = "/v1/projections";
const LONG_BODY: &str = include_str!("../../docs/examples/projections/copper.json");

#[test]
fn more_than_can_be_done_in_time_is_turned_away_and_then_all_is_as_before() {
    let client = limited(Limits { wait: Some(Duration::from_millis(10)), ..Limits::default() });
    let whole = request("POST", LONG_TOPIC, &["Content-Type: application/json"], Some(LONG_BODY.as_bytes()));
    let is_waiting = |count| client.get("/metrics").text().contains(&format!("\nlode_requests_waiting {count}\n"));
    assert!(is_waiting(0));
    let (mut answered, mut refused) = (0, 0);
    while answered == 0 || refused == 0 {
        let sent: Vec<_> = (0..200)
            .map(|_| {
                let mut stream = client.connect();
                stream.write_all(&whole).unwrap();
                stream
            })
            .collect();
        assert_eq!(client.get("/health/live").status, 200, "probes do not wait");
        for answer in sent.into_iter().map(finish) {
            if answer.status == 200 {
                answered += 1;
                continue;
            }
            refused += 1;
            assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
            assert_eq!(
                (answer.json()["code"].as_str(), answer.json()["errors"].as_array()),
                (Some("unavailable"), Some(&vec![]))
            );
        }
    }
    assert!(is_waiting(0));
    let page = client.get("/metrics");
    let counted = format!("lode_http_requests_total{{route=\"{LONG_TOPIC}\",status=\"503\"}} {refused}\n");
    assert!(page.text().contains(&counted), "{refused}: {}", page.text());
    // One after the other nobody waits, however long the machine may leave the worker alone now and then.
    let mut in_a_row = 0;
    while in_a_row < 20 {
        in_a_row = if client.raw(&whole).status == 200 { in_a_row + 1 } else { 0 };
    }
}

#[test]
fn whoever_waits_for_too_long_for_a_thread_is_turned_away_before_anything_is_done() {
    let client = limited(Limits { wait: Some(Duration::ZERO), ..Limits::default() });
    assert_eq!(asked(client, &[]).status, 200, "a free worker is not waited for");
    for target in ["/v1/impact", "/v1/documents/calculation-sheet", "/v1/batches/late-fee"] {
        let refused = client.post(target, "{}");
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")), "{target}");
        assert_eq!(refused.json()["code"], "unavailable", "{target}");
    }
    for (target, words) in [("/records", "服务正忙"), ("/records?lang=en", "The service is busy")] {
        let page = client.get(target);
        assert_eq!((page.status, page.header("retry-after")), (503, Some("1")), "{target}");
        assert!(page.text().contains(words), "people are told by a page: {}", page.text());
    }
    assert_eq!(client.get("/health/ready").status, 200, "probes are always let in");
}

#[test]
fn a_body_has_so_many_bytes_and_so_much_time() {
    let client = limited(Limits { body: 2048, body_time: Duration::from_secs(1), ..Limits::default() });
    let padded = |length: usize| {
        let mut body = BODY.as_bytes().to_vec();
        body.resize(length, b' ');
        client.send("POST", TOPIC, &["Content-Type: application/json"], Some(&body))
    };
    assert_eq!(padded(2048).status, 200);
    let long = padded(2049);
    assert_eq!((long.status, &long.json()["detail"]), (413, &json!("请求体不得超过 2048 字节")));
    let mut slow = client.connect();
    let whole = request("POST", TOPIC, &["Content-Type: application/json"], Some(BODY.as_bytes()));
    slow.write_all(&whole[..whole.len() - 1]).unwrap();
    let slow = finish(slow);
    assert_eq!((slow.status, &slow.json()["detail"]), (400, &json!("请求体未在 1 秒内送达；请重新发送")));
}

/// The options reach what they are about.
#[test]
fn limits_are_options_of_the_service() {
    let process = Process::start(&[
        "--rate-per-key=1:3",
        "--rate-per-address=1:6",
        "--max-body=1024",
        "--max-requests=7",
        "--max-connections=100",
        "--address-header=X-Real-IP",
        "--head-time=1",
        "--body-time=1",
        "--idle-time=1",
        "--stop-time=1",
    ]);
    let client = process.client();
    let (before, _) = until_refused(client, &["Authorization: Bearer lode_one", "X-Real-IP: 192.0.2.1"]);
    assert!((3..=5).contains(&before), "{before}");
    let (before, _) = until_refused(client, &["X-Real-IP: 192.0.2.2"]);
    assert!((6..=9).contains(&before), "{before}");
    let long =
        client.send("POST", TOPIC, &["Content-Type: application/json", "X-Real-IP: 192.0.2.3"], Some(&[b' '; 1025]));
    assert_eq!(long.status, 413);
    // A head that does not end is given up.
    let mut slow = client.connect();
    slow.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    // A connection that is not used is closed.
    let mut idle = client.connect();
    idle.write_all(b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    idle.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    for wrong in [["--rate-per-key=0"], ["--rate-per-address=x"], ["--max-requests=0"], ["--address-header=a b"]] {
        let output = crate::service::lode(&["serve", wrong[0]], b"");
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
}
