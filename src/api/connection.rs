//! One connection and what its client may do to it.
//!
//! actix watches over the head of the first request of a connection, over what is idle after an answer, and over nothing
//! else: a later head may come a byte an hour, an answer may never be taken, and thousands of requests that were sent at
//! once are all read into memory before the first of them is answered, and tried again and again when nobody takes the
//! answers. So the stream below it keeps these rules:
//!
//! - between two requests a connection is open for the idle time; from the first byte of a head on, the head has its time;
//! - of what is answered at least [`FLOW`] bytes are taken in the time for it, or all there is;
//! - while requests wait or are worked on nothing is read but their bodies and [`TURN`] bytes more in all, and while an answer
//!   waits for its reader nothing at all: what a client sends ahead stays where it costs nothing, in its own buffers.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::rt::time::{Instant, Sleep, sleep_until};
use actix_web::web::Bytes;
use futures_util::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of heads that are read before others have their turn. Requests that arrive together are all taken apart before the
/// first is answered, so this is also what bounds how many of them wait in memory: about forty of the shortest.
const TURN: usize = 1024;

/// Bytes of an answer that a client takes at least in the time for it.
pub const FLOW: usize = 64 * 1024;

/// How long a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// For the head of a request, from its first byte on.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// To take [`FLOW`] bytes of an answer, or what is left of it.
    pub answer: Duration,
}

impl Default for Times {
    fn default() -> Times {
        Times { head: Duration::from_secs(10), idle: Duration::from_secs(5), answer: Duration::from_secs(30) }
    }
}

/// What a connection is doing, as its stream and its requests see it.
#[derive(Debug)]
pub struct Watch {
    /// Requests that are being answered.
    busy: Cell<u32>,
    /// Whether any request has come.
    begun: Cell<bool>,
    /// The end of the last answer.
    free_since: Cell<Instant>,
    /// The first byte of the next head.
    heard: Cell<Option<Instant>>,
    /// Bytes that may be read while a request is being answered.
    budget: Cell<usize>,
    /// Whom to wake when there is more to read.
    waiting: RefCell<Option<Waker>>,
}

impl Watch {
    fn new() -> Watch {
        Watch {
            busy: Cell::new(0),
            begun: Cell::new(false),
            free_since: Cell::new(Instant::now()),
            heard: Cell::new(None),
            budget: Cell::new(TURN),
            waiting: RefCell::new(None),
        }
    }

    /// Begins to answer a request: its body may be read.
    pub fn begin(self: &Rc<Watch>, request: &mut ServiceRequest) -> Busy {
        let busy = self.busy();
        // What may be read ahead is not more for every request that was: those of one reading are answered first.
        let ahead = self.budget.get().min(TURN);
        let headers = request.headers();
        if headers.contains_key(TRANSFER_ENCODING) {
            // Nobody knows its length before its end.
            self.budget.set(usize::MAX);
            let reading = Reading { watch: Rc::clone(self), ahead };
            let body = Chunked { body: request.take_payload(), _reading: reading };
            request.set_payload(Payload::Stream { payload: Box::pin(body) });
            return busy;
        }
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        self.budget.set(length.unwrap_or(0_usize).saturating_add(ahead));
        busy
    }

    /// Something is being answered until it is dropped.
    pub fn busy(self: &Rc<Watch>) -> Busy {
        self.begun.set(true);
        self.heard.set(None);
        self.busy.set(self.busy.get() + 1);
        Busy(Rc::clone(self))
    }

    fn is_busy(&self) -> bool {
        self.busy.get() > 0
    }

    /// Until when something has to be heard, unless it is for the service to say something. The first head is actix's.
    fn deadline(&self, times: &Times) -> Option<Instant> {
        if self.is_busy() || !self.begun.get() {
            return None;
        }
        Some(self.heard.get().map_or_else(|| self.free_since.get() + times.idle, |first| first + times.head))
    }

    fn wake(&self) {
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }
}

/// While it lives something is being answered.
#[derive(Debug)]
pub struct Busy(Rc<Watch>);

impl Drop for Busy {
    fn drop(&mut self) {
        let watch = &self.0;
        watch.busy.set(watch.busy.get() - 1);
        if !watch.is_busy() {
            watch.free_since.set(Instant::now());
            watch.wake();
        }
    }
}

/// While it lives the body of a request is being read.
struct Reading {
    watch: Rc<Watch>,
    /// Bytes that may be read afterwards.
    ahead: usize,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.watch.budget.set(self.ahead);
        self.watch.wake();
    }
}

/// A body whose length is not known before its end.
struct Chunked {
    body: Payload,
    _reading: Reading,
}

impl Stream for Chunked {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}

/// A body that is made while it is sent: its connection is busy until it ends.
struct Lasting {
    body: BoxBody,
    _busy: Busy,
}

impl MessageBody for Lasting {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}

/// A body that keeps its connection busy until it ends.
pub fn lasting(body: BoxBody, busy: Busy) -> BoxBody {
    BoxBody::new(Lasting { body, _busy: busy })
}

/// An answer that waits for its reader.
#[derive(Clone, Copy, Debug)]
struct Stall {
    until: Instant,
    taken: usize,
}

/// The stream of a connection.
#[derive(Debug)]
pub struct Connection<T> {
    stream: T,
    watch: Rc<Watch>,
    times: Times,
    sleep: Option<Pin<Box<Sleep>>>,
    /// Bytes that were read since others had their turn.
    turn: usize,
    stall: Option<Stall>,
    /// Whether something of an answer is left to be taken.
    is_blocked: bool,
    /// Whether reading waits for that.
    is_reading_put_off: bool,
}

impl<T> Connection<T> {
    /// A connection that was just made.
    pub fn new(stream: T, times: Times) -> Connection<T> {
        Connection {
            stream,
            watch: Rc::new(Watch::new()),
            times,
            sleep: None,
            turn: 0,
            stall: None,
            is_blocked: false,
            is_reading_put_off: false,
        }
    }

    /// What it is doing, for its requests.
    pub fn watch(&self) -> Rc<Watch> {
        Rc::clone(&self.watch)
    }

    /// Whether a moment has passed; if not the task is woken then. Later moments share one timer, which is set when it rings:
    /// most connections have moved theirs by then.
    fn is_past(&mut self, context: &mut Context<'_>, moment: Instant) -> bool {
        if let Some(sleep) = &self.sleep
            && !sleep.is_elapsed()
            && sleep.deadline() <= moment
        {
            return false;
        }
        if Instant::now() >= moment {
            return true;
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(moment)));
        sleep.as_mut().reset(moment);
        sleep.as_mut().poll(context).is_ready()
    }

    /// Notes that an answer waits for its reader, and gives it up when it has waited too long.
    fn blocked<A>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<A>> {
        self.is_blocked = true;
        let answer = self.times.answer;
        let stall = self.stall.get_or_insert_with(|| Stall { until: Instant::now() + answer, taken: 0 });
        let until = stall.until;
        if self.is_past(context, until) {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the answer was not taken")));
        }
        Poll::Pending
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Connection<T> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_blocked {
            this.is_reading_put_off = true;
            return Poll::Pending;
        }
        let watch = &*this.watch;
        let is_busy = watch.is_busy();
        if is_busy && watch.budget.get() == 0 {
            *watch.waiting.borrow_mut() = Some(context.waker().clone());
            return Poll::Pending;
        }
        // A head that comes without a pause and without an end.
        if let (false, Some(first)) = (is_busy, watch.heard.get())
            && Instant::now() >= first + this.times.head
        {
            return Poll::Ready(Ok(()));
        }
        if !is_busy && this.turn >= TURN {
            this.turn = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = into.filled().len();
        let read = if is_busy {
            Pin::new(&mut this.stream).poll_read(context, into)
        } else {
            let room = into.remaining().min(TURN);
            let mut some = ReadBuf::new(into.initialize_unfilled_to(room));
            let read = Pin::new(&mut this.stream).poll_read(context, &mut some);
            let length = some.filled().len();
            into.advance(length);
            read
        };
        let watch = &*this.watch;
        match read {
            Poll::Ready(read) => {
                let length = into.filled().len() - before;
                this.turn += length;
                watch.budget.set(if is_busy { watch.budget.get().saturating_sub(length) } else { TURN });
                if !is_busy && length > 0 && watch.heard.get().is_none() {
                    watch.heard.set(Some(Instant::now()));
                }
                Poll::Ready(read)
            }
            Poll::Pending => {
                this.turn = 0;
                match watch.deadline(&this.times) {
                    // As if the client had said that nothing more will come.
                    Some(deadline) if this.is_past(context, deadline) => Poll::Ready(Ok(())),
                    _ => Poll::Pending,
                }
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Connection<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_write(context, bytes) {
            Poll::Ready(Ok(length)) => {
                if let Some(stall) = &mut this.stall {
                    stall.taken += length;
                    if stall.taken >= FLOW {
                        this.stall = None;
                    }
                }
                Poll::Ready(Ok(length))
            }
            Poll::Pending => this.blocked(context),
            failed @ Poll::Ready(Err(_)) => failed,
        }
    }

    /// Asked for when all was written.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        if flushed.is_pending() {
            return this.blocked(context);
        }
        this.stall = None;
        this.is_blocked = false;
        if this.is_reading_put_off {
            this.is_reading_put_off = false;
            context.waker().wake_by_ref();
        }
        // An answer that was read before it was written leaves nobody who would look at the clock.
        if let Some(deadline) = this.watch.deadline(&this.times)
            && this.is_past(context, deadline)
        {
            context.waker().wake_by_ref();
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_shutdown(context) {
            Poll::Pending => this.blocked(context),
            ended => ended,
        }
    }
}
