//! Clients that misbehave: what they cost is bounded, and others are answered meanwhile. The same at scale, with figures:
//! `tests/peers/clients.py`.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::service::{Answer, Client, Process, finish, request};

const TOPIC: &str = "/v1/calculations/unpaid-reserves";
const BODY: &str = r#"{"identified": "430.88", "mined": "43.73", "paid_for": "108.52", "unit": "万吨"}"#;

/// A service that gives clients a second for everything.
fn impatient(more: &[&str]) -> Process {
    let times = ["--head-time=1", "--idle-time=1", "--body-time=1", "--answer-time=1", "--workers=1"];
    Process::start(&[&times, more].concat())
}

/// A request after which the connection stays open.
fn lasting() -> Vec<u8> {
    let length = BODY.len();
    format!(
        "POST {TOPIC} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{BODY}"
    )
    .into_bytes()
}

#[track_caller]
fn others_are_answered(client: Client) {
    assert_eq!(client.post(TOPIC, BODY).status, 200);
}

/// Sends without reading until the service ends the connection.
fn send_until_cut(mut stream: TcpStream, bytes: &[u8]) {
    stream.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
    let begun = Instant::now();
    loop {
        match stream.write(bytes) {
            Ok(0) => return,
            Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return,
            Ok(_) | Err(_) => assert!(begun.elapsed() < Duration::from_secs(60), "the service still listens"),
        }
    }
}

/// The most memory that a process has had, in MiB; nothing where there is no `/proc`.
fn peak(process: &Process) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? / 1024)
}

#[test]
fn no_head_takes_for_ever_the_first_or_a_later_one() {
    let process = impatient(&[]);
    let client = process.client();
    let whole = lasting();
    let mut later = client.connect();
    later.write_all(&whole).unwrap();
    // The next one begins at once, and stays there.
    later.write_all(b"GET /v1/coverage HT").unwrap();
    let mut first = client.connect();
    first.write_all(b"GET /v1/coverage HT").unwrap();
    others_are_answered(client);
    let mut answer = String::new();
    later.read_to_string(&mut answer).expect("the connection is ended");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.matches("HTTP/1.1 ").count() == 1, "{answer}");
    let mut answer = String::new();
    first.read_to_string(&mut answer).expect("the connection is ended");
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[test]
fn connections_without_requests_are_closed_whatever_was_asked_before() {
    let process = impatient(&[]);
    let client = process.client();
    let mut idle: Vec<TcpStream> = (0..200).map(|_| client.connect()).collect();
    let reading = b"GET /v1/coverage HTTP/1.1\r\nHost: a\r\n\r\n";
    for (number, stream) in idle.iter_mut().enumerate() {
        match number % 3 {
            0 => {}
            1 => stream.write_all(&lasting()).unwrap(),
            _ => stream.write_all(reading).unwrap(),
        }
    }
    others_are_answered(client);
    for (number, mut stream) in idle.into_iter().enumerate() {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the connection is ended");
        assert_eq!(Answer::parse(&answer).status, if number % 3 == 0 { 408 } else { 200 });
    }
}

/// Thousands of requests in one go, whose answers nobody takes: they stay where the client keeps them, and the connection is
/// given up.
#[test]
fn what_is_sent_ahead_takes_no_memory_and_no_time_of_others() {
    // Heads have the time that they usually have: a busy machine may take a while to read them.
    let process = Process::start(&["--answer-time=1", "--workers=1"]);
    let client = process.client();
    others_are_answered(client);
    let before = peak(&process);
    // Answers long enough that the buffers of the system are full after some hundred.
    let ahead = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(4000);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| send_until_cut(client.connect(), &ahead));
        }
        for _ in 0..3 {
            others_are_answered(client);
        }
    });
    others_are_answered(client);
    if let (Some(before), Some(after)) = (before, peak(&process)) {
        // One answer is 300 KiB; two of them wait for each connection at most.
        assert!(after - before < 48, "{before} MiB before, {after} MiB at most");
    }
}

#[test]
fn bodies_byte_by_byte_are_bodies_like_others() {
    let process = impatient(&["--max-body=1024"]);
    let client = process.client();
    let wanted = client.post(TOPIC, BODY);
    let chunked = |bytes: &[u8]| {
        let chunks: Vec<u8> = bytes.iter().flat_map(|byte| [b"1\r\n", &[*byte][..], b"\r\n"].concat()).collect();
        let headers = ["Content-Type: application/json", "Transfer-Encoding: chunked"];
        let mut stream = client.connect();
        stream.write_all(&request("POST", TOPIC, &headers, None)).unwrap();
        stream.write_all(&[&chunks[..], b"0\r\n\r\n"].concat()).unwrap();
        finish(stream)
    };
    let answer = chunked(BODY.as_bytes());
    assert_eq!((answer.status, &answer.body), (200, &wanted.body));
    assert_eq!(chunked(&[b' '; 1025]).status, 413);
    assert_eq!(client.post(TOPIC, " ").status, 400);
    // Each byte of a request by itself, in as many packets as the system makes of them.
    let mut stream = client.connect();
    stream.set_nodelay(true).unwrap();
    for byte in request("POST", TOPIC, &["Content-Type: application/json"], Some(BODY.as_bytes())) {
        stream.write_all(&[byte]).unwrap();
    }
    assert_eq!(finish(stream).body, wanted.body);
}

/// A request in progress is not idle, however long it takes: the clock is that of other connections.
#[test]
fn whoever_is_still_sending_a_body_is_not_idle() {
    let process = Process::start(&["--head-time=1", "--idle-time=1", "--body-time=60", "--workers=1"]);
    let client = process.client();
    let whole = request("POST", TOPIC, &["Content-Type: application/json"], Some(BODY.as_bytes()));
    let (begin, end) = whole.split_at(whole.len() - 1);
    let mut slow = client.connect();
    slow.write_all(begin).unwrap();
    for _ in 0..2 {
        let mut idle = client.connect();
        idle.write_all(&lasting()).unwrap();
        idle.read_to_end(&mut Vec::new()).expect("closed after a second");
    }
    slow.write_all(end).unwrap();
    assert_eq!(finish(slow).status, 200);
}

/// Requests that were sent together are answered one after the other, all of them, whatever is between them.
#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let process = impatient(&[]);
    let client = process.client();
    let mut stream = client.connect();
    let wanted = [200, 404, 200, 405].repeat(50);
    for status in &wanted {
        let one = match status {
            200 => lasting(),
            404 => b"GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
            _ => b"DELETE /v1/coverage HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
                .to_vec(),
        };
        stream.write_all(&one).unwrap();
    }
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    let told: Vec<usize> =
        answers.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].parse().expect("a status")).collect();
    assert_eq!(told, wanted);
}
