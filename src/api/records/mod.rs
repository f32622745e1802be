//! The records over HTTP: commands become submissions to the store, entries and what they add up to become answers.
//!
//! Every command goes the same way ([`record`]): the body is read by the shape of the command, the decision of
//! `domain::books` is made by the store's writer with the records in hand, and the entry that it makes is the answer. The
//! same request under the same key has the same entry, and so the same answer.

mod assess;
pub mod batch;
mod document;
pub mod exchange;
pub mod inside;
mod print;
mod queries;
mod reading;
mod requests;
mod routes;
mod show;
pub mod transport;
mod view;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;

pub use document::write_operation;
pub(in crate::api) use queries::Limit;
pub use routes::{ROUTES, Write, WriteDoc};

use super::access::{Keyed, forbidden};
use super::error::{ErrorCode, Problem};
use super::node::{self, Node};
use super::reply::{JSON, Reply};
use super::service::Service;
use super::show::{Audience, Shown};
use crate::domain::books::access::{Denied, decide_for};
use crate::domain::books::command::Command;
use crate::domain::books::decide::{Refusal, Shelf};
use crate::domain::books::entry::Moment;
use crate::domain::error::Text;
use crate::ledger::chain::Hash;
use crate::ledger::memory::Memory;
use crate::ledger::place::Place;
use crate::ledger::{Clock, Options, Outcome, Store, StoreError, Submission, day_of};

/// Where the records are. The store is opened, and its directory made, when it is first asked for; one that exists, or
/// that is on a server, is opened at the start.
#[derive(Debug, Default)]
pub struct Records {
    place: Option<Place>,
    options: Options,
    open: Mutex<Option<Arc<dyn Store>>>,
    memory: Arc<Memory>,
    /// A key was seen; keys do not go away again.
    keyed: AtomicBool,
}

impl Records {
    /// The records below a directory.
    pub fn below(directory: PathBuf, options: Options) -> Records {
        Records::at(Place::Directory(directory), options)
    }

    /// The records of a place.
    pub fn at(place: Place, options: Options) -> Records {
        Records { place: Some(place), options, ..Records::default() }
    }

    /// Whether something could be recorded now. Records that nobody has begun are none that could fail.
    pub fn probe(&self) -> Result<(), StoreError> {
        if self.are_begun() { self.store()?.probe() } else { Ok(()) }
    }

    /// Opens the store if there is one, and begins to read it into memory; whoever asks for a list meanwhile waits.
    pub fn open_existing(&self) -> Result<(), StoreError> {
        if self.are_begun() {
            let (store, memory) = (self.store()?, Arc::clone(&self.memory));
            let read = move || {
                if let Err(error) = memory.now(&*store) {
                    tracing::error!(%error, "the records could not be read into memory");
                }
            };
            // Without a thread the first list reads them.
            let _ = std::thread::Builder::new().name("ledger-reader".to_owned()).spawn(read);
        }
        Ok(())
    }

    /// The rights and parties in memory.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Whether any key was ever handed out; a store is not made for the question.
    pub fn keyed(&self) -> Result<Keyed, StoreError> {
        if self.keyed.load(Ordering::Relaxed) {
            return Ok(Keyed::Yes);
        }
        if !self.are_begun() || self.store()?.entries_after(0, Some("key_created"), 1)?.is_empty() {
            return Ok(Keyed::No);
        }
        self.keyed.store(true, Ordering::Relaxed);
        Ok(Keyed::Yes)
    }

    fn are_begun(&self) -> bool {
        self.place.as_ref().is_some_and(Place::is_begun)
    }

    /// Whether there is anything to guard: a service without a place for them has no records.
    pub fn are_kept(&self) -> bool {
        self.place.is_some()
    }

    /// The day it is in China (UTC+8), by which a right is held by one party or another.
    pub fn today(&self) -> NaiveDate {
        today(&self.options.clock)
    }

    /// The store. One that could not be opened is tried again by the next request.
    pub fn store(&self) -> Result<Arc<dyn Store>, StoreError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = &*open {
            return Ok(Arc::clone(store));
        }
        let none = || StoreError::Unusable("this service has no place for records".to_owned());
        let store = self.place.as_ref().ok_or_else(none)?.open(self.options.clone())?;
        *open = Some(Arc::clone(&store));
        Ok(store)
    }
}

/// The day it is in China (UTC+8).
pub fn today(clock: &Clock) -> NaiveDate {
    const AHEAD: i64 = 8 * 60 * 60 * 1000;
    let Moment(now) = clock();
    day_of(Moment(now.saturating_add(AHEAD)))
}

/// A failure of the store as an error: only the request id goes out.
pub(super) fn store_failed(error: &StoreError) -> Problem<'static> {
    tracing::error!(%error, "the records failed");
    Problem::internal()
}

/// What a command is made from.
#[derive(Debug)]
pub struct Posted<'n> {
    /// The service.
    pub service: &'n Service,
    /// The part of the path that varies, decoded.
    pub name: &'n str,
    /// The body.
    pub body: &'n Node<'n>,
    /// The body as it was sent.
    pub raw: &'n str,
}

/// A writing request as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// Who asks.
    pub visit: Arc<transport::Visit>,
    /// `Idempotency-Key`.
    pub key: String,
    /// The path as sent.
    pub path: String,
    /// The part of it that varies, decoded.
    pub name: String,
    /// The body.
    pub body: Vec<u8>,
    /// The id that an error names.
    pub request_id: String,
    /// The language of texts.
    pub lang: super::lang::Lang,
}

impl Arrived {
    /// What is the same for every repetition of the request.
    fn fingerprint(&self) -> Vec<u8> {
        [b"POST\n", self.path.as_bytes(), b"\n", self.body.as_slice()].concat()
    }

    fn refuse(&self, service: &Service, problem: &Problem<'_>) -> Reply {
        problem.reply(self.lang, &service.book, &self.request_id)
    }

    /// Reads the body and does something with the command that it holds.
    fn with_command<T>(
        &self,
        service: &Service,
        write: &Write,
        go_on: impl FnOnce(&Command<'_>, &Node<'_>) -> Result<T, Reply>,
    ) -> Result<T, Reply> {
        let body = node::parse(&self.body)
            .map_err(|detail| self.refuse(service, &Problem::at("", ErrorCode::MalformedRequest, detail)))?;
        let raw = std::str::from_utf8(&self.body).unwrap_or_default();
        let posted = Posted { service, name: &self.name, body: &body, raw };
        let command = (write.command)(&posted).map_err(|problem| self.refuse(service, &problem))?;
        go_on(&command, &body)
    }
}

/// Records what a request asks for.
pub fn record(service: &Arc<Service>, write: &'static Write, arrived: Arrived) -> Reply {
    // What is malformed does not reach the writer.
    if let Err(reply) = arrived.with_command(service, write, |_, _| Ok(())) {
        return reply;
    }
    let store = match service.records.store() {
        Ok(store) => store,
        Err(error) => return arrived.refuse(service, &store_failed(&error)),
    };
    let fingerprint = arrived.fingerprint();
    let refused = Arc::new(Mutex::new(None));
    let (slot, within, asked) = (Arc::clone(&refused), Arc::clone(service), arrived.clone());
    let (replied, visit) = (Arc::clone(&refused), Arc::clone(&arrived.visit));
    let submission = Submission {
        actor: arrived.visit.who.actor.clone(),
        request: Some((arrived.key.clone(), Hash::sha256(&fingerprint))),
        decide: Box::new(move |shelf: &dyn Shelf| {
            let decided = asked.with_command(&within, write, |command, body| {
                let today = within.records.today();
                decide_for(&asked.visit.who, today, command, shelf, &within.book)
                    .map_err(|denied| asked.refuse(&within, &denied_as_problem(denied, &asked, body, &within)))
            });
            decided.map_err(|reply| *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(reply)).ok()
        }),
        note: Some(Box::new(move |outcome| {
            let refused = || replied.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|reply| reply.status);
            visit.access(match outcome {
                Outcome::Recorded(_) | Outcome::Repeated(_) => RECORDED,
                Outcome::Mismatch => ErrorCode::IdempotencyMismatch.status(),
                Outcome::Refused => refused().unwrap_or(ErrorCode::Internal.status()),
            })
        })),
    };
    let outcome = store.submit(submission);
    if outcome.is_ok() {
        arrived.visit.is_noted();
    }
    match outcome {
        Ok(Outcome::Recorded(stored) | Outcome::Repeated(stored)) => {
            let audience = Audience { lang: arrived.lang, book: &service.book };
            Reply::json(RECORDED, JSON, &Shown(&show::Recorded(stored), audience))
        }
        Ok(Outcome::Mismatch) => arrived.refuse(service, &mismatch()),
        Ok(Outcome::Refused) => {
            let reply = refused.lock().unwrap_or_else(PoisonError::into_inner).take();
            reply.unwrap_or_else(|| arrived.refuse(service, &Problem::internal()))
        }
        Err(error) => arrived.refuse(service, &store_failed(&error)),
    }
}

/// The key of the request stands for another one.
fn mismatch() -> Problem<'static> {
    let detail = Text::fixed(
        "该 Idempotency-Key 已用于另一请求；请用新的键",
        "this Idempotency-Key was used for another request: use a new one",
    );
    Problem::new(ErrorCode::IdempotencyMismatch, detail)
}

/// The status of what was recorded.
const RECORDED: u16 = 201;

fn denied_as_problem<'b>(denied: Denied<'b>, asked: &Arrived, body: &Node<'_>, service: &'b Service) -> Problem<'b> {
    match denied {
        Denied::Forbidden => forbidden(asked.visit.who.role),
        Denied::Refused(refusal) => refusal_as_problem(refusal, body, service),
    }
}

fn refusal_as_problem<'b>(refusal: Refusal<'b>, body: &Node<'_>, service: &'b Service) -> Problem<'b> {
    match refusal {
        Refusal::Faults(faults) => Problem::refused(faults, body, &service.book.minerals),
        Refusal::Conflict(detail) => Problem::new(ErrorCode::Conflict, detail),
        Refusal::Unknown => not_found(),
        Refusal::Unreadable => Problem::internal(),
    }
}

/// What the path names is not there.
pub(super) fn not_found() -> Problem<'static> {
    Problem::at(
        "/id",
        ErrorCode::NotFound,
        Text::fixed("没有该记录；请核对路径中的标识", "no such record: check the id in the path"),
    )
}
