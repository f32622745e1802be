//! What whoever runs the service sees of it and sets: TLS, the log, counters, readiness.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use lode::api::readiness::Readiness;
use lode::api::records::Records;
use lode::api::service::Service;
use lode::ledger::Options;
use lode::ledger::place::Place;
use lode::rates::load_builtin;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};

use crate::ledger::world::Folder;
use crate::service::{Answer, Client, Process, lode, request, serve};

const TOPIC: &str = "/v1/calculations/unpaid-reserves";
const BODY: &str = r#"{"identified": "430.88", "mined": "43.73", "paid_for": "108.52", "unit": "万吨"}"#;

/// A certificate for this machine, in files.
struct Pair {
    made: CertifiedKey<KeyPair>,
    files: [PathBuf; 2],
}

fn pair(folder: &Folder) -> Pair {
    let made = generate_simple_self_signed(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    let pair = Pair { made, files: ["cert.pem", "key.pem"].map(|name| folder.path().join(name)) };
    pair.write();
    pair
}

impl Pair {
    fn write(&self) {
        std::fs::write(&self.files[0], self.made.cert.pem()).unwrap();
        std::fs::write(&self.files[1], self.made.signing_key.serialize_pem()).unwrap();
    }

    fn options(&self) -> [String; 2] {
        let [cert, key] = self.files.each_ref().map(|file| file.to_str().unwrap());
        [format!("--tls-cert={cert}"), format!("--tls-key={key}")]
    }
}

/// Asks by TLS, trusting one certificate; an error where the server shows another one.
fn by_tls(address: SocketAddr, trusted: &CertificateDer<'static>, bytes: &[u8]) -> std::io::Result<Answer> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let connection = ClientConnection::new(Arc::new(config), "127.0.0.1".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
    stream.write_all(bytes)?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        // A server that closes without saying so in TLS has said so in HTTP.
        Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Err(error),
        _ => Ok(Answer::parse(&answer)),
    }
}

#[test]
fn the_service_speaks_tls_and_reads_its_certificate_again_when_told() {
    let folder = Folder::new();
    let first = pair(&folder);
    let options = first.options();
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    let mut process = Process::start_at("127.0.0.1:0", &[&options[0], &options[1]], log.into());
    let address = process.client().0;
    let bytes = request("POST", TOPIC, &["Content-Type: application/json"], Some(BODY.as_bytes()));
    let answer = by_tls(address, first.made.cert.der(), &bytes).unwrap();
    assert_eq!((answer.status, &answer.json()["result"]["to_pay"]), (200, &json!("322.36")));
    // What is not TLS gets nothing.
    assert!(process.client().try_raw(&bytes).is_none_or(|answer| answer.status != 200));
    // A renewed certificate in the same files: shown once the process is told.
    let second = pair(&folder);
    assert!(by_tls(address, second.made.cert.der(), &bytes).is_err(), "not before it is told");
    process.signal("HUP");
    while by_tls(address, second.made.cert.der(), &bytes).is_err() {}
    assert!(by_tls(address, first.made.cert.der(), &bytes).is_err());
    // Files that are no certificate change nothing.
    std::fs::write(&second.files[1], first.made.signing_key.serialize_pem()).unwrap();
    process.signal("HUP");
    let said = || std::fs::read_to_string(folder.path().join("log")).unwrap();
    while !said().contains("the certificate stays as it was") {
        assert_eq!(by_tls(address, second.made.cert.der(), &bytes).unwrap().status, 200);
    }
    assert_eq!(by_tls(address, second.made.cert.der(), &bytes).unwrap().status, 200);
    process.signal("TERM");
    assert!(process.wait().success());
}

#[test]
fn certificates_that_cannot_be_used_are_refused_at_the_start() {
    let folder = Folder::new();
    let good = pair(&folder);
    let other = folder.path().join("other.pem");
    std::fs::write(&other, pair(&Folder::new()).made.signing_key.serialize_pem()).unwrap();
    let [cert, key] = good.files.each_ref().map(|file| file.to_str().unwrap());
    let missing = folder.path().join("missing.pem");
    for (cert, key, named) in [
        (cert, other.to_str().unwrap(), "cert.pem"),
        (missing.to_str().unwrap(), key, "missing.pem"),
        (cert, missing.to_str().unwrap(), "missing.pem"),
        (key, key, "key.pem"),
    ] {
        let output = lode(&["serve", "--listen=127.0.0.1:0", "--tls-cert", cert, "--tls-key", key], b"");
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains(named), "{told}");
    }
    assert_eq!(lode(&["serve", "--tls-cert", cert], b"").status.code(), Some(2), "one without the other");
}

/// Starts a service whose log is read as it comes.
fn logging(options: &[&str]) -> (Process, impl FnMut(&str) -> Value) {
    let folder = Folder::new();
    let path = folder.path().join("log");
    let process = Process::start_at("127.0.0.1:0", options, std::fs::File::create(&path).unwrap().into());
    let line = move |id: &str| {
        let _folder = &folder;
        loop {
            let log = std::fs::read_to_string(&path).unwrap();
            let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            if let Some(found) = lines.find(|line| line["request_id"] == id) {
                return found;
            }
            std::thread::yield_now();
        }
    };
    (process, line)
}

#[test]
fn every_answer_has_a_line_in_the_log_with_its_request_and_its_trace() {
    let (process, mut line) = logging(&["--log-format=json", "--log=info,lode::access=debug"]);
    let client = process.client();
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = ["Content-Type: application/json", "X-Request-Id: traced", &format!("traceparent: {parent}")];
    let answer = client.send("POST", TOPIC, &headers, Some(BODY.as_bytes()));
    let logged = line("traced");
    let (trace, span) = (&logged["trace_id"], logged["span_id"].as_str().unwrap());
    assert_eq!((trace, &logged["parent_id"]), (&json!("4bf92f3577b34da6a3ce929d0e0e4736"), &json!("00f067aa0ba902b7")));
    assert_eq!((span.len(), span != "00f067aa0ba902b7"), (16, true));
    // The trace goes on with this service as the one before.
    let goes_on = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{span}-01");
    assert_eq!(answer.header("traceparent"), Some(goes_on.as_str()));
    assert_eq!(
        (&logged["method"], &logged["path"], &logged["route"], &logged["status"], &logged["level"]),
        (&json!("POST"), &json!(TOPIC), &json!(TOPIC), &json!(200), &json!("DEBUG"))
    );
    assert!(logged["microseconds"].is_u64() && logged["timestamp"].is_string(), "{logged}");
    // Refused: the code is there, and nothing of a trace that was not sent.
    let refused = client.send("POST", TOPIC, &["Content-Type: application/json", "X-Request-Id: none"], Some(b"{}"));
    assert_eq!((refused.status, refused.header("traceparent")), (400, None));
    let logged = line("none");
    assert_eq!((&logged["code"], logged.get("trace_id")), (&json!("malformed_request"), None));
    // Nothing that was sent is in the log but the path.
    client.send("GET", "/v1/minerals?q=geheim", &["X-Request-Id: query", "Authorization: Bearer geheim"], None);
    assert!(!line("query").to_string().contains("geheim"));
}

#[test]
fn counters_have_an_address_of_their_own_too() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lode"))
        .args(["serve", "--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = |head: &str, tail: &str| {
        let line = lines.next().unwrap().unwrap();
        let address = line.strip_prefix(head).and_then(|line| line.strip_suffix(tail));
        Client(address.unwrap_or_else(|| panic!("{line}")).parse().unwrap())
    };
    let (service, counters) = (next("listening on http://", ""), next("metrics on http://", "/metrics"));
    assert_eq!(service.post(TOPIC, BODY).status, 200);
    let page = counters.get("/metrics");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/plain; version=0.0.4; charset=utf-8")));
    assert!(page.text().contains(&format!("lode_http_requests_total{{route=\"{TOPIC}\",status=\"200\"}} 1\n")));
    assert_eq!(counters.get("/health/ready").status, 200);
    assert_eq!(counters.post(TOPIC, BODY).status, 404, "nothing else is served there");
    assert_eq!(service.get("/metrics").status, 200, "the contract stays");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}

/// The form of Prometheus: every line belongs to a family that was announced, each family once, histograms add up.
#[test]
fn the_page_of_counters_is_sound() {
    let client = serve(Service::new(load_builtin().unwrap()));
    for _ in 0..3 {
        assert_eq!(client.post(TOPIC, BODY).status, 200);
    }
    client.post(TOPIC, "{}");
    client.get("/v1/minerals/goldd?as_of=2024-06-01");
    client.get("/nothing/secret");
    let page = client.get("/metrics");
    let mut families = BTreeSet::new();
    for line in page.text().lines() {
        if let Some(announced) = line.strip_prefix("# TYPE ") {
            assert!(families.insert(announced.split(' ').next().unwrap().to_owned()), "{line} twice");
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().unwrap();
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(families.contains(name) || families.contains(family), "{line}");
            assert!(
                line.rsplit(' ').next().unwrap().bytes().all(|sign| sign.is_ascii_digit() || sign == b'.'),
                "{line}"
            );
        }
    }
    let text = page.text();
    for wanted in [
        format!("lode_http_requests_total{{route=\"{TOPIC}\",status=\"200\"}} 3"),
        format!("lode_http_request_duration_seconds_bucket{{route=\"{TOPIC}\",le=\"+Inf\"}} 4"),
        format!("lode_http_request_duration_seconds_count{{route=\"{TOPIC}\"}} 4"),
        "lode_calculations_total{topic=\"unpaid-reserves\"} 3".to_owned(),
        "lode_errors_total{code=\"malformed_request\",status=\"400\"} 1".to_owned(),
        "lode_errors_total{code=\"mineral_not_found\",status=\"404\"} 1".to_owned(),
        "lode_errors_total{code=\"route_not_found\",status=\"404\"} 1".to_owned(),
        "lode_jobs{state=\"running\"} 0".to_owned(),
        "lode_ready{part=\"store\"} 1".to_owned(),
        "lode_ready{part=\"disk\"} 1".to_owned(),
    ] {
        assert!(text.lines().any(|line| line == wanted), "{wanted} is not in\n{text}");
    }
    assert!(!text.contains("secret") && !text.contains("goldd"), "paths are no labels");
    let buckets = text.lines().filter(|line| line.contains("_bucket") && line.contains(TOPIC));
    let counts: Vec<u64> = buckets.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
    assert!(counts.is_sorted() && counts.len() == 17, "{counts:?}");
}

/// Asks until the answer is another one: what was found counts for a second.
fn becomes(client: Client, status: u16) -> Answer {
    loop {
        let answer = client.get("/health/ready");
        if answer.status == status {
            return answer;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_service_whose_records_cannot_be_written_is_not_ready() {
    let folder = Folder::new();
    let broken = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&broken);
    let seam = Arc::new(move || if asked.load(Ordering::SeqCst) { Err("the disk failed".to_owned()) } else { Ok(()) });
    let options = Options { seam: Some(seam), ..Options::default() };
    drop(Place::Directory(folder.path().to_owned()).open(Options::default()).unwrap());
    let records = Records::below(folder.path().to_owned(), options);
    records.open_existing().unwrap();
    let client = serve(Service::new(load_builtin().unwrap()).with_records(records));
    assert_eq!(client.get("/health/ready").status, 200);
    broken.store(true, Ordering::SeqCst);
    let refused = becomes(client, 503);
    assert_eq!(
        (&refused.json()["code"], &refused.json()["detail"]),
        (&json!("unavailable"), &json!("未就绪：记录库不可写；详见日志"))
    );
    assert!(!refused.text().contains("the disk failed"), "what failed is for the log");
    assert!(client.get("/metrics").text().contains("lode_ready{part=\"store\"} 0\n"));
    assert_eq!(client.get("/health/live").status, 200, "it lives, and calculates");
    assert_eq!(client.post(TOPIC, BODY).status, 200);
    broken.store(false, Ordering::SeqCst);
    assert_eq!(becomes(client, 200).json()["status"], "ready");
}

/// A database that does not answer, or a disk that does not come back.
#[test]
fn a_service_whose_records_hang_is_not_ready_until_they_go_on() {
    let folder = Folder::new();
    let hanging = Arc::new(Mutex::new(()));
    let within = Arc::clone(&hanging);
    let seam = Arc::new(move || {
        drop(within.lock().unwrap());
        Ok(())
    });
    let options = Options { seam: Some(seam), ..Options::default() };
    drop(Place::Directory(folder.path().to_owned()).open(Options::default()).unwrap());
    let records = Records::below(folder.path().to_owned(), options);
    records.open_existing().unwrap();
    let readiness = Readiness::default().with_patience(Duration::from_millis(50));
    let client = serve(Service::new(load_builtin().unwrap()).with_records(records).with_readiness(readiness));
    assert_eq!(client.get("/health/ready").status, 200);
    let (hang, seen) = (hanging.lock().unwrap(), AtomicBool::new(false));
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        // One of them is the one that waits for the records; the others are answered at once.
        for _ in 0..3 {
            let (seen, tell) = (&seen, tell.clone());
            scope.spawn(move || {
                while !seen.load(Ordering::SeqCst) {
                    if client.get("/health/ready").status == 503 {
                        let _ = tell.send(());
                    }
                }
            });
        }
        told.recv().unwrap();
        assert_eq!(client.post(TOPIC, BODY).status, 200, "it calculates");
        seen.store(true, Ordering::SeqCst);
        drop(hang);
    });
    assert_eq!(becomes(client, 200).json()["status"], "ready");
}

#[test]
fn a_service_whose_disk_is_nearly_full_is_not_ready() {
    let folder = Folder::new();
    let readiness = Readiness::with_room(&folder.path().join("not/yet/there"), u64::MAX);
    let client = serve(Service::new(load_builtin().unwrap()).with_readiness(readiness));
    let refused = client.get("/health/ready?lang=en");
    assert_eq!(
        (refused.status, &refused.json()["detail"]),
        (503, &json!("not ready: the disk is nearly full; the log says more"))
    );
    assert!(client.get("/metrics").text().contains("lode_ready{part=\"disk\"} 0\n"));
    assert!(!folder.path().join("not").exists(), "nothing is made by asking");
    // The option says how much.
    let ready = |least: &str| Process::start(&[least]).client().get("/health/ready").status;
    assert_eq!([ready("--min-free=0"), ready("--min-free=4294967295")], [200, 503]);
}
