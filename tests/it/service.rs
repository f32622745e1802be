//! A running service for tests, and a client that sends exactly the bytes it is given.
//!
//! [`shared`] is one service inside the test process, started once: `shared().post("/v1/calculations/split", &body)`.
//! [`Process`] is the real binary in a process of its own, ended when it is dropped.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use lode::api::records::Records;
use lode::api::service::Service;
use lode::jobs::{Jobs, Limits};
use lode::ledger::sqlite::Options;
use lode::rates::load_builtin;
use lode::startup::{self, Serving};
use serde_json::Value;

/// The id that every request of the tests has, so that whole answers can be pinned.
pub(crate) const REQUEST_ID: &str = "test-0001";

/// Longest wait for an answer; a test that needs it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer as it came over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Status.
    pub(crate) status: u16,
    /// Headers with names in lower case, in the order of the answer.
    pub(crate) headers: Vec<(String, String)>,
    /// Body.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.text()))
    }

    pub(crate) fn parse(bytes: &[u8]) -> Answer {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer has a head");
        let head = std::str::from_utf8(&bytes[..end]).expect("a head is ASCII");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
        let headers = lines
            .map(|line| line.split_once(": ").expect("a header has a name and a value"))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Answer { status: status.expect("a status"), headers, body: bytes[end + 4..].to_vec() }
    }
}

/// Sends requests to an address, each over a connection of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Client(pub(crate) SocketAddr);

impl Client {
    /// Opens a connection.
    pub(crate) fn connect(self) -> TcpStream {
        let stream = TcpStream::connect(self.0).expect("the service listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        stream
    }

    /// Sends bytes and reads until the service closes the connection.
    pub(crate) fn raw(self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(bytes).expect("the request is sent");
        finish(stream)
    }

    /// Sends a request; headers as `name: value`.
    pub(crate) fn send(self, method: &str, target: &str, headers: &[&str], body: Option<&[u8]>) -> Answer {
        self.raw(&request(method, target, headers, body))
    }

    /// Sends bytes; nothing if the service goes away before it has answered.
    pub(crate) fn try_raw(self, bytes: &[u8]) -> Option<Answer> {
        let mut stream = TcpStream::connect(self.0).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.write_all(bytes).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        answer.windows(4).any(|window| window == b"\r\n\r\n").then(|| Answer::parse(&answer))
    }

    /// `GET`.
    pub(crate) fn get(self, target: &str) -> Answer {
        self.send("GET", target, &[], None)
    }

    /// `POST` of a JSON body.
    pub(crate) fn post(self, target: &str, body: &str) -> Answer {
        self.send("POST", target, &["Content-Type: application/json"], Some(body.as_bytes()))
    }
}

/// What requests are sent to unless a test says otherwise.
const HOST: &str = "127.0.0.1";

/// The bytes of a request. It asks for the connection to be closed, so that the answer ends with it.
pub(crate) fn request(method: &str, target: &str, headers: &[&str], body: Option<&[u8]>) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|header| header.to_ascii_lowercase().starts_with("host:")) {
        head += &format!("Host: {HOST}\r\n");
    }
    if !headers.iter().any(|header| header.to_ascii_lowercase().starts_with("x-request-id:")) {
        head += &format!("X-Request-Id: {REQUEST_ID}\r\n");
    }
    for header in headers {
        head += &format!("{header}\r\n");
    }
    if let Some(body) = body {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    head += "\r\n";
    [head.as_bytes(), body.unwrap_or_default()].concat()
}

/// Reads the answer on a connection that the service closes.
pub(crate) fn finish(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the answer comes in time");
    Answer::parse(&bytes)
}

/// The service of this test process, with the built-in data.
pub(crate) fn shared() -> Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    *CLIENT.get_or_init(|| {
        let book = load_builtin().unwrap_or_else(|problems| panic!("{problems:#?}"));
        let service = Service::with_datasets(book, lode::cli::released()).expect("one id, one dataset");
        let records = std::env::temp_dir().join(format!("lode-test-{}-shared", std::process::id()));
        let jobs = Jobs::below(&records, Options::default().clock, Limits::default());
        serve(service.with_records(Records::below(records, Options::default())).with_jobs(jobs))
    })
}

/// Runs a service inside the test process for as long as that lives.
pub(crate) fn serve(service: Service) -> Client {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let serving = Serving { workers: Some(2), ..Serving::at("127.0.0.1:0") };
            let (server, address) =
                startup::server(Arc::new(service), &serving, std::future::pending()).expect("a free port");
            tell.send(address).expect("somebody waits for the address");
            server.await.expect("the service runs");
        });
    });
    Client(told.recv_timeout(PATIENCE).expect("the service starts"))
}

/// The binary as a process of its own, listening on a free port. It is killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    client: Client,
}

impl Process {
    /// Starts `lode serve` with these options and waits until it listens.
    pub(crate) fn start(options: &[&str]) -> Process {
        Process::start_at("127.0.0.1:0", options, Stdio::null())
    }

    /// The same at another address, with its log somewhere.
    pub(crate) fn start_at(listen: &str, options: &[&str], log: Stdio) -> Process {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lode"))
            .args(["serve", "--listen", listen])
            .args(options)
            // An unoptimized service beside other tests may be late without anybody asking too much of it.
            .env("LODE_MAX_WAIT", "60000")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("standard output is ours")).read_line(&mut line).expect("a line");
        let said = line.strip_prefix("listening on ").and_then(|rest| rest.strip_suffix('\n'));
        let address = said.and_then(|said| said.split_once("://")).map(|(_, address)| address);
        let address = address.unwrap_or_else(|| panic!("said {line:?}")).parse().expect("an address");
        Process { child, client: Client(address) }
    }

    /// Sends requests to it.
    pub(crate) fn client(&self) -> Client {
        self.client
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name: `TERM`, `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("the process ends")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the binary with these arguments and this standard input.
pub(crate) fn lode(arguments: &[&str], input: &[u8]) -> std::process::Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lode"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // A command that does not read its input may end before all of it is written.
    let _ = child.stdin.take().expect("standard input is ours").write_all(input);
    child.wait_with_output().expect("the command ends")
}
