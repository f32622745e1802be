//! Answers at once, as long as there are not too many of them; else the batch becomes a job.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::body::Body;
use super::order::Order;
use super::{ANSWER, AT_ONCE, BUFFER, IN_MEMORY, KIND, ORDER, REQUEST, broken, no_rows};
use crate::api::error::{ErrorCode, Problem};
use crate::api::jobs;
use crate::api::service::Service;
use crate::batch::engine::{Stop, Tally};
use crate::batch::forms::{self, Writer};
use crate::batch::resume::Track;
use crate::jobs::{Draft, Job, NotTaken};

/// Answers that are longer than this become a job, however few rows they have: 64 MiB.
const LONGEST_ANSWER: u64 = 64 << 20;

/// Bodies shorter than this are not worth a second thread.
const ON_ONE_THREAD: u64 = 64 << 10;

/// Set when nobody waits for the answer any more.
#[derive(Clone, Debug, Default)]
pub(super) struct Waited(Arc<AtomicBool>);

impl Waited {
    fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Tells that whoever held it is gone.
pub(super) struct Waiting(pub(super) Waited);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Release);
    }
}

/// Answers: the first part of an answer is in memory, a long one in a file beside the body, or in a directory of its own.
struct Answers<'s> {
    service: &'s Service,
    of_body: Option<&'s Draft>,
    own: Option<Draft>,
    memory: Vec<u8>,
    file: Option<BufWriter<File>>,
    length: u64,
}

impl<'s> Answers<'s> {
    fn to(service: &'s Service, body: &'s Body) -> Answers<'s> {
        let of_body = body.kept.as_ref().map(|(draft, _)| draft);
        Answers { service, of_body, own: None, memory: Vec::new(), file: None, length: 0 }
    }

    /// The directory of the body, where it has one, else one of its own.
    fn draft(&mut self) -> io::Result<&Draft> {
        if let Some(draft) = self.of_body {
            return Ok(draft);
        }
        match &mut self.own {
            Some(draft) => Ok(draft),
            own => Ok(own.insert(self.service.jobs.scratch()?)),
        }
    }

    /// Begins what is made of the answers.
    fn begin(&mut self, writer: &Writer) -> io::Result<forms::Output> {
        writer.begin(if writer.is_of_records() { self.draft()?.directory() } else { None })
    }

    /// Throws away what was written.
    fn discard(self) -> io::Result<()> {
        match (self.file, self.of_body) {
            (Some(_), Some(draft)) => draft.remove(ANSWER),
            _ => Ok(()),
        }
    }
}

impl Write for Answers<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.length += bytes.len() as u64;
        if self.file.is_none() && self.memory.len() + bytes.len() > IN_MEMORY {
            let mut file = BufWriter::with_capacity(BUFFER, self.draft()?.file(ANSWER)?);
            file.write_all(&std::mem::take(&mut self.memory))?;
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => file.write_all(bytes)?,
            None => self.memory.extend_from_slice(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// An answer that is sent as it is read from its file; the directory goes with it.
pub(super) struct Long {
    pub(super) file: File,
    pub(super) length: u64,
    pub(super) draft: Draft,
}

/// What came of a request.
pub(super) enum Outcome {
    Answered { tally: Tally, memory: Vec<u8>, long: Option<Long> },
    Taken(Job),
}

/// What to do with a batch beyond its order.
pub(super) struct Wish {
    pub(super) owner: Option<String>,
    pub(super) at_once: bool,
    pub(super) waited: Waited,
}

/// Answers a batch at once, or makes a job of it.
pub(super) fn answered(service: &Service, order: &Order, wish: &Wish, body: Body) -> Result<Outcome, Problem<'static>> {
    let stopped = |stop: Stop| match stop {
        Stop::Input(detail) => Problem::at("", ErrorCode::MalformedRequest, detail),
        Stop::Read(error) | Stop::Write(error) => broken(&error),
    };
    let input = body.input().map_err(|error| broken(&error))?;
    let opened = order.open(input).map_err(stopped)?;
    if !wish.at_once {
        return submitted(service, order, wish, body);
    }
    let threads = if body.length < ON_ONE_THREAD { 1 } else { processors() };
    let writer = order.writer(&opened);
    let mut answers = Answers::to(service, &body);
    let mut output = answers.begin(&writer).map_err(|error| stopped(Stop::of_writing(error)))?;
    let (mut rows, mut length, mut is_too_much) = (0, 0, false);
    let place = (0, Track::default());
    let done = order.answer(&service.book, opened, &writer, place, threads, &mut |bytes, tally| {
        rows += tally.rows();
        length += bytes.len() as u64;
        output.take(bytes, &mut answers)?;
        is_too_much = rows > AT_ONCE || length > LONGEST_ANSWER;
        if is_too_much || wish.waited.is_over() { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    });
    if is_too_much && !wish.waited.is_over() {
        answers.discard().map_err(|error| broken(&error))?;
        return submitted(service, order, wish, body);
    }
    let tally = done.map_err(stopped)?;
    if tally.rows() == 0 {
        return Err(no_rows());
    }
    output.finish(&mut answers).map_err(|error| stopped(Stop::of_writing(error)))?;
    let Answers { own, memory, file, length, .. } = answers;
    let long = file.map(|mut file| {
        file.flush()?;
        let draft = own.or(body.kept.map(|(draft, _)| draft)).ok_or(io::ErrorKind::NotFound)?;
        Ok(Long { file: draft.open(ANSWER)?, length, draft })
    });
    let long = long.transpose().map_err(|error: io::Error| broken(&error))?;
    Ok(Outcome::Answered { tally, memory, long })
}

pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Makes a job of a batch; everything that it needs is on the disk first.
fn submitted(service: &Service, order: &Order, wish: &Wish, body: Body) -> Result<Outcome, Problem<'static>> {
    let submit = || -> Result<Job, NotTaken> {
        let Body { memory, kept, .. } = body;
        let (draft, file) = match kept {
            Some(kept) => kept,
            None => {
                let draft = service.jobs.draft(wish.owner.as_deref())?;
                let mut file = draft.file(REQUEST)?;
                file.write_all(&memory)?;
                (draft, file)
            }
        };
        file.sync_all()?;
        let mut file = draft.file(ORDER)?;
        file.write_all(&serde_json::to_vec(&order.kept()).map_err(io::Error::from)?)?;
        file.sync_all()?;
        service.jobs.submit(draft, KIND.name, wish.owner.clone(), None)
    };
    submit().map(Outcome::Taken).map_err(|error| jobs::not_taken(&error))
}
