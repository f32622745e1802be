//! Requests that arrive at a fixed rate, whether the ones before them are answered or not: `benches/peers/compare.py
//! overload`.
//!
//! `open_loop ADDRESS PATH BODY_FILE KNEE_SECONDS BEFORE OVER AFTER [new]` first finds the knee, the most requests a second that
//! are answered to 32 connections which wait for their answers. Then requests arrive at half of the knee for `BEFORE` seconds,
//! at four times the knee for `OVER` seconds, and at half of it again for `AFTER` seconds. A request takes the connection
//! that has been idle longest, or a new one, with `new` always a new one that ends with the answer; its time counts from the
//! moment at which it should have been sent. Prints statuses and times of each second.
#![allow(clippy::print_stdout, reason = "figures are read from standard output")]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::rt;
use actix_web::rt::net::TcpStream;

/// Connections that wait for their answers while the knee is looked for.
const WAITING: usize = 32;

/// What came of the requests of one second: their microseconds by status; 0 is a connection that broke.
type Second = BTreeMap<u16, Vec<u64>>;

struct Load {
    address: SocketAddr,
    request: Vec<u8>,
    /// Taken in turn: each belongs to one worker of the service, and the last one to be free would be asked again and again.
    idle: RefCell<VecDeque<TcpStream>>,
    open: Cell<usize>,
    most_open: Cell<usize>,
    seconds: RefCell<BTreeMap<(u8, u64), Second>>,
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, path, file, numbers @ ..] = arguments.as_slice() else { return Err(usage()) };
    let (numbers, connection) = match numbers {
        [numbers @ .., new] if new == "new" => (numbers, "close"),
        numbers => (numbers, "keep-alive"),
    };
    let numbers: Vec<u64> = numbers.iter().filter_map(|number| number.parse().ok()).collect();
    let [knee_seconds, before, over, after] = numbers.as_slice() else { return Err(usage()) };
    let body = std::fs::read(file)?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nConnection: {connection}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let load = Rc::new(Load {
        address: address.parse().map_err(|_| usage())?,
        request: [head.as_bytes(), &body].concat(),
        idle: RefCell::default(),
        open: Cell::new(0),
        most_open: Cell::new(0),
        seconds: RefCell::default(),
    });
    let knee = knee(&load, Duration::from_secs(*knee_seconds)).await;
    println!("knee: {knee} requests/s");
    for (phase, rate, seconds) in [(1, knee / 2, *before), (2, knee * 4, *over), (3, knee / 2, *after)] {
        arrive(&load, phase, rate.max(1), seconds).await;
    }
    // What is still on its way.
    let patience = Instant::now() + Duration::from_secs(60);
    while load.open.get() > load.idle.borrow().len() && Instant::now() < patience {
        rt::time::sleep(Duration::from_millis(10)).await;
    }
    for ((phase, second), statuses) in load.seconds.borrow_mut().iter_mut() {
        let name = ["before", "overload", "after"].get(usize::from(*phase) - 1).copied().unwrap_or_default();
        print!("{name} {second}:");
        for (status, times) in statuses {
            times.sort_unstable();
            let at = |hundredth: usize| times.get((times.len() * hundredth / 100).min(times.len() - 1)).unwrap_or(&0);
            print!(" {status} {} ({} {} us)", times.len(), at(50), at(99));
        }
        println!();
    }
    println!("connections at most: {}", load.most_open.get());
    Ok(())
}

fn usage() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "open_loop ADDRESS PATH BODY_FILE KNEE_SECONDS BEFORE OVER AFTER [new]")
}

/// The most that is answered to those who wait.
async fn knee(load: &Rc<Load>, time: Duration) -> u64 {
    let end = Instant::now() + time;
    let ask = |load: Rc<Load>| async move {
        let mut answered = 0;
        while Instant::now() < end {
            answered += u64::from(one(&load).await == 200);
        }
        answered
    };
    let asking: Vec<_> = (0..WAITING).map(|_| rt::spawn(ask(Rc::clone(load)))).collect();
    let mut answered = 0;
    for asking in asking {
        answered += asking.await.unwrap_or_default();
    }
    answered * 1000 / u64::try_from(time.as_millis()).unwrap_or(1).max(1)
}

/// Lets requests arrive at a rate.
async fn arrive(load: &Rc<Load>, phase: u8, rate: u64, seconds: u64) {
    let begin = Instant::now();
    for number in 0..rate * seconds {
        let due = begin + Duration::from_nanos(1_000_000_000 * number / rate);
        if let Some(early) = due.checked_duration_since(Instant::now())
            && !early.is_zero()
        {
            rt::time::sleep_until(due.into()).await;
        }
        let load = Rc::clone(load);
        rt::spawn(async move {
            let status = one(&load).await;
            let time = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
            let mut seconds = load.seconds.borrow_mut();
            seconds.entry((phase, number / rate)).or_default().entry(status).or_default().push(time);
        });
        if number % 64 == 0 {
            // Answers are heard in between, however late the next request is.
            rt::task::yield_now().await;
        }
    }
}

/// One request: the status of its answer, or 0.
async fn one(load: &Load) -> u16 {
    let kept = load.idle.borrow_mut().pop_front();
    let reused = kept.is_some();
    let stream = match kept {
        Some(stream) => stream,
        None => match connect(load).await {
            Some(stream) => stream,
            None => return 0,
        },
    };
    match exchange(&stream, &load.request).await {
        Ok((status, true)) => {
            load.idle.borrow_mut().push_back(stream);
            status
        }
        Ok((status, false)) => {
            load.open.set(load.open.get() - 1);
            status
        }
        // The service may have closed an idle connection just before: nothing of the request was read.
        Err(error) if reused && error.kind() != ErrorKind::InvalidData => {
            load.open.set(load.open.get() - 1);
            let Some(stream) = connect(load).await else { return 0 };
            let answered = exchange(&stream, &load.request).await;
            match answered {
                Ok((status, true)) => {
                    load.idle.borrow_mut().push_back(stream);
                    status
                }
                answered => {
                    load.open.set(load.open.get() - 1);
                    answered.map_or(0, |(status, _)| status)
                }
            }
        }
        Err(_) => {
            load.open.set(load.open.get() - 1);
            0
        }
    }
}

async fn connect(load: &Load) -> Option<TcpStream> {
    let stream = TcpStream::connect(load.address).await.ok()?;
    load.open.set(load.open.get() + 1);
    load.most_open.set(load.most_open.get().max(load.open.get()));
    Some(stream)
}

/// Sends a request and reads its answer: the status, and whether the connection stays open.
async fn exchange(stream: &TcpStream, mut request: &[u8]) -> io::Result<(u16, bool)> {
    while !request.is_empty() {
        stream.writable().await?;
        match stream.try_write(request) {
            Ok(length) => request = request.get(length..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    let (mut some, mut answer) = (vec![0; 16 * 1024], Vec::new());
    loop {
        stream.readable().await?;
        match stream.try_read(&mut some) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(length) => {
                answer.extend_from_slice(some.get(..length).unwrap_or_default());
                if let Some((status, length, stays)) = head(&answer)
                    && answer.len() >= length
                {
                    return Ok((status, stays));
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Status, length of head and body, and whether the connection stays open, once the head is there.
fn head(answer: &[u8]) -> Option<(u16, usize, bool)> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(answer.get(..end)?).ok()?.to_ascii_lowercase();
    let status = head.get(9..12)?.parse().ok()?;
    let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "))?;
    Some((status, end + length.parse::<usize>().ok()?, !head.contains("connection: close")))
}
