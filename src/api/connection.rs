//! One connection and what its client may do to it.
//!
//! actix watches over the head of the first request of a connection, over what is idle after an answer, and over nothing
//! else: a later head may come a byte an hour, an answer may never be taken, and thousands of requests that were sent at
//! once are all read into memory before the first of them is answered, and tried again and again when nobody takes the
//! answers. So the stream below it keeps these rules:
//!
//! - between two requests a connection is open for the idle time; from the first byte of a head on, the head has its time;
//! - of what is answered at least [`FLOW`] bytes are taken in the time for it, or all there is;
//! - a request is handed on when the one before has been answered: while it waits or is worked on nothing is read but its
//!   body and [`AHEAD`] bytes more, which stay here, and while an answer waits for its reader nothing at all. What a client
//!   sends ahead stays where it costs nothing, in its own buffers. It also keeps actix from closing the connection, as it does
//!   when it answers a request while it has read part of the body of a later one.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::rt::time::{Instant, Sleep, sleep_until};
use actix_web::web::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frame::{Rest, empty_lines};

/// Bytes that are read at once before it is known what they are; of what comes after a request, no more is read before it has
/// been answered.
const AHEAD: usize = 1024;

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
    /// Whether a request was handed on and has not begun.
    is_handed_on: Cell<bool>,
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
            is_handed_on: Cell::new(false),
            waiting: RefCell::new(None),
        }
    }

    /// Something is being answered until it is dropped.
    pub fn busy(self: &Rc<Watch>) -> Busy {
        self.begun.set(true);
        self.is_handed_on.set(false);
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
    /// What is left of the last request that was handed on.
    rest: Rest,
    /// Bytes that were read before their request may be handed on.
    ahead: Vec<u8>,
    /// Bytes of a request that were handed on since others had their turn, before it begins.
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
            rest: Rest::default(),
            ahead: Vec::new(),
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

impl<T: AsyncRead + Unpin> Connection<T> {
    /// Hands on what is left of the last request.
    fn poll_rest(&mut self, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let is_busy = self.watch.is_busy();
        if !is_busy && self.turn >= AHEAD {
            self.turn = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.ahead.is_empty() {
            let most = self.rest.most(AHEAD).min(if is_busy { usize::MAX } else { AHEAD });
            let mut some = ReadBuf::new(into.initialize_unfilled_to(most.min(into.remaining())));
            if Pin::new(&mut self.stream).poll_read(context, &mut some)?.is_pending() {
                return self.nothing_came(context);
            }
            let now = self.rest.take(some.filled());
            self.ahead.extend(some.filled().iter().skip(now));
            into.advance(now);
            self.turn += now;
        } else {
            self.hand_on(into);
        }
        if self.rest.is_over() && !is_busy && !self.watch.is_handed_on.get() {
            // Of a request that was answered before all of it had come: the clock of the next one has not begun.
            self.watch.free_since.set(Instant::now());
            self.watch.heard.set(None);
        } else {
            self.hear();
        }
        Poll::Ready(Ok(()))
    }

    /// Reads on while a request is worked on, so that it is seen when its client goes away, unless it has sent something ahead.
    fn poll_ahead(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            match self.poll_more(context)? {
                Poll::Pending => return self.nothing_came(context),
                Poll::Ready(0) => return Poll::Ready(Ok(())),
                Poll::Ready(_) => {}
            }
        }
        *self.watch.waiting.borrow_mut() = Some(context.waker().clone());
        Poll::Pending
    }

    /// Hands on the next request as soon as its head is there.
    fn poll_next(&mut self, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut is_more = !self.ahead.is_empty();
        loop {
            if is_more {
                self.hear();
                self.ahead.drain(..empty_lines(&self.ahead));
                if let Some(rest) = Rest::of_request(&self.ahead) {
                    self.watch.is_handed_on.set(!rest.is_unknown());
                    self.rest = rest;
                    self.hand_on(into);
                    return Poll::Ready(Ok(()));
                }
            }
            match self.poll_more(context)? {
                Poll::Pending => return self.nothing_came(context),
                Poll::Ready(0) => return Poll::Ready(Ok(())),
                Poll::Ready(_) => is_more = true,
            }
        }
    }

    /// Reads more of what may not be handed on, or of what is not known: how many bytes.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut space = [const { MaybeUninit::uninit() }; AHEAD];
        let mut some = ReadBuf::uninit(&mut space);
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut some))?;
        self.ahead.extend_from_slice(some.filled());
        Poll::Ready(Ok(some.filled().len()))
    }

    /// Hands on what was read of the last request, as much as there is room for.
    fn hand_on(&mut self, into: &mut ReadBuf<'_>) {
        let (some, _) = self.ahead.split_at(self.ahead.len().min(into.remaining()));
        let now = self.rest.take(some);
        into.put_slice(some.split_at(now).0);
        self.turn += now;
        self.ahead.drain(..now);
        if self.ahead.capacity() > AHEAD && self.ahead.is_empty() {
            // A long head or body was kept here, which few are.
            self.ahead = Vec::new();
        }
    }

    /// Notes that something of the next request has come.
    fn hear(&self) {
        let watch = &*self.watch;
        if !watch.is_busy() && watch.heard.get().is_none() {
            watch.heard.set(Some(Instant::now()));
        }
    }

    /// Nothing has come: is it still to be waited for?
    fn nothing_came(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.turn = 0;
        match self.watch.deadline(&self.times) {
            // As if the client had said that nothing more will come.
            Some(deadline) if self.is_past(context, deadline) => Poll::Ready(Ok(())),
            _ => Poll::Pending,
        }
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
        // A head that comes without a pause and without an end.
        if let (false, Some(first)) = (watch.is_busy(), watch.heard.get())
            && Instant::now() >= first + this.times.head
        {
            return Poll::Ready(Ok(()));
        }
        let is_kept_back = watch.is_busy() && this.rest.is_unknown();
        if !(this.rest.is_over() || is_kept_back) {
            this.poll_rest(context, into)
        } else if watch.is_busy() || watch.is_handed_on.get() {
            this.poll_ahead(context)
        } else {
            this.poll_next(context, into)
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
