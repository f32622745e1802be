//! Turns of one worker. A worker is one thread: what it computes for one request all the others wait for, and while it
//! computes it hears nothing. So it computes in turns, in the order in which they were asked for, and after each slice of
//! computing it looks outside first: sockets that are ready are read, new connections are taken. Then what is too much does
//! not stand where nobody sees it, in sockets and channels, but here, each with the moment it came, and can be turned away
//! in time: whoever would wait for too long at once, whoever has waited for too long when their turn comes.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use actix_web::rt;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long a worker computes before it looks outside.
const SLICE: Duration = Duration::from_millis(1);

/// Parts of a turn.
const PARTS: u32 = 1024;

thread_local! {
    /// A worker's services share its one thread.
    static TURNS: Rc<Turns> = Rc::new(Turns::new(Instant::now));
}

/// What it would have to wait for is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLate;

/// The turns of one worker. Work is not interrupted, so nobody else sees the state while it is done.
#[derive(Debug)]
struct Turns {
    /// One permit while the worker is free; none while somebody waits or it looks outside.
    free: Semaphore,
    /// Those who wait, and have not begun yet.
    waiting: Cell<u32>,
    /// What was computed since the last look outside …
    used: Cell<Duration>,
    /// … in so many turns …
    turns: Cell<u32>,
    /// … and when that look was, if somebody has been waiting ever since.
    since: Cell<Option<Instant>>,
    /// How long turns took while somebody waited, with what is done between them, and how many these were, in [`PARTS`]: from
    /// look to look half as much of what was before.
    lately: Cell<(Duration, u32)>,
    now: fn() -> Instant,
}

/// Somebody who waits: counted among those of the worker and those of the service.
struct Waiting<'t>(&'t Turns, &'t AtomicU32);

impl<'t> Waiting<'t> {
    fn new(turns: &'t Turns, all: &'t AtomicU32) -> Waiting<'t> {
        turns.waiting.set(turns.waiting.get() + 1);
        all.fetch_add(1, Ordering::Relaxed);
        Waiting(turns, all)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let left = self.0.waiting.get() - 1;
        self.0.waiting.set(left);
        if left == 0 {
            self.0.since.set(None);
        }
        self.1.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Turns {
    fn new(now: fn() -> Instant) -> Turns {
        Turns {
            free: Semaphore::new(1),
            waiting: Cell::new(0),
            used: Cell::new(Duration::ZERO),
            turns: Cell::new(0),
            since: Cell::new(None),
            lately: Cell::new((Duration::ZERO, 0)),
            now,
        }
    }

    /// Does some work when it is its turn: at once while the worker is free.
    async fn run<T>(
        self: Rc<Turns>,
        most: Option<Duration>,
        all: &AtomicU32,
        work: impl FnOnce() -> T,
    ) -> Result<T, TooLate> {
        // Nobody else can ask before the work is done: while the worker is free its permit may stay where it is.
        let permit = if self.free.available_permits() > 0 { None } else { Some(self.wait(most, all).await?) };
        let begun = (self.now)();
        let done = work();
        self.turns.set(self.turns.get() + 1);
        self.used.set(self.used.get() + (self.now)().saturating_duration_since(begun));
        if self.used.get() >= SLICE {
            // Given back after the look; otherwise the next one has it when it is dropped.
            match permit {
                Some(permit) => permit.forget(),
                None => _ = self.free.forget_permits(1),
            }
            Rc::clone(&self).look_outside();
        }
        Ok(done)
    }

    /// How long a turn takes, lately.
    fn pace(&self) -> Duration {
        let (time, parts) = self.lately.get();
        time.saturating_mul(PARTS) / parts.max(1)
    }

    /// Waits for the worker.
    async fn wait(&self, most: Option<Duration>, all: &AtomicU32) -> Result<SemaphorePermit<'_>, TooLate> {
        if most.is_some_and(|most| self.pace().saturating_mul(self.waiting.get()) > most) {
            return Err(TooLate);
        }
        let asked = (self.now)();
        let waiting = Waiting::new(self, all);
        // Nobody closes it.
        let permit = self.free.acquire().await.map_err(|_| TooLate)?;
        drop(waiting);
        let is_late = most.is_some_and(|most| (self.now)().saturating_duration_since(asked) > most);
        if is_late { Err(TooLate) } else { Ok(permit) }
    }

    /// Lets the worker look at its sockets before the next turn: a task that gives way is woken after that.
    fn look_outside(self: Rc<Turns>) {
        rt::spawn(async move {
            rt::task::yield_now().await;
            let now = (self.now)();
            let spent = self.since.get().map_or(self.used.get(), |since| now.saturating_duration_since(since));
            let (time, parts) = self.lately.get();
            let parts = (parts / 2).saturating_add(self.turns.get().saturating_mul(PARTS));
            let is_waited_for = self.waiting.get() > 0;
            // What was computed for somebody alone tells nothing of those who come later.
            self.lately.set(if is_waited_for { (time / 2 + spent, parts) } else { (Duration::ZERO, 0) });
            self.since.set(is_waited_for.then_some(now));
            self.turns.set(0);
            self.used.set(Duration::ZERO);
            self.free.add_permits(1);
        });
    }
}

/// Does some work when it is its turn among all that the worker of this thread has to do, unless that would be, or has been,
/// a longer wait than `most`. `all` counts those who wait.
pub(super) async fn run<T>(most: Option<Duration>, all: &AtomicU32, work: impl FnOnce() -> T) -> Result<T, TooLate> {
    TURNS.with(Rc::clone).run(most, all, work).await
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the unexpected")]
mod tests {
    use std::cell::RefCell;
    use std::net::TcpStream;
    use std::panic::resume_unwind;
    use std::pin::Pin;
    use std::sync::LazyLock;
    use std::task::{Context, Poll, Waker};

    use futures_util::FutureExt;

    use super::*;

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);

    thread_local! {
        static CLOCK: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    fn now() -> Instant {
        *START + CLOCK.get()
    }

    /// Work that takes so many microseconds by the clock of the test.
    fn spend(microseconds: u64) {
        CLOCK.set(CLOCK.get() + Duration::from_micros(microseconds));
    }

    /// A worker with those who wait for it.
    #[derive(Clone)]
    struct Worker {
        turns: Rc<Turns>,
        all: Rc<AtomicU32>,
        log: Rc<RefCell<Vec<String>>>,
    }

    type Asked = Pin<Box<dyn Future<Output = Result<(), TooLate>>>>;

    impl Worker {
        fn new() -> Worker {
            Worker { turns: Rc::new(Turns::new(now)), all: Rc::default(), log: Rc::default() }
        }

        /// Asks for a turn of so many microseconds; whoever waits for it waits so many milliseconds at most.
        fn asks(&self, name: &str, most: u64, microseconds: u64) -> Asked {
            let Worker { turns, all, log } = self.clone();
            let name = name.to_owned();
            Box::pin(async move {
                let work = || {
                    log.borrow_mut().push(name);
                    spend(microseconds);
                };
                turns.run(Some(Duration::from_millis(most)), &all, work).await
            })
        }

        /// The same, begun.
        fn begins(&self, name: &str, most: u64, microseconds: u64) -> (Asked, Poll<Result<(), TooLate>>) {
            let mut asked = self.asks(name, most, microseconds);
            let first = asked.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            (asked, first)
        }

        /// The same, begun, and it has to wait.
        #[track_caller]
        fn waits(&self, name: &str, most: u64, microseconds: u64) -> Asked {
            let (asked, first) = self.begins(name, most, microseconds);
            assert_eq!(first, Poll::Pending, "{name}");
            asked
        }

        #[track_caller]
        fn is_free(&self) {
            assert_eq!((self.turns.waiting.get(), self.all.load(Ordering::Relaxed)), (0, 0));
            assert_eq!(self.turns.free.available_permits(), 1);
        }

        fn log(&self) -> String {
            self.log.borrow().join(" ")
        }
    }

    fn served<T>(test: impl Future<Output = T>) -> T {
        rt::System::new().block_on(test)
    }

    #[test]
    fn light_work_is_done_at_once_until_a_slice_is_used_up() {
        served(async {
            let worker = Worker::new();
            for _ in 0..10 {
                assert_eq!(worker.asks("a", 1000, 100).now_or_never(), Some(Ok(())));
            }
            let next = worker.waits("b", 1000, 100);
            assert_eq!((worker.turns.waiting.get(), worker.all.load(Ordering::Relaxed)), (1, 1));
            assert_eq!(next.await, Ok(()));
            for _ in 0..9 {
                worker.is_free();
                assert_eq!(worker.asks("c", 1000, 100).now_or_never(), Some(Ok(())));
            }
            drop(worker.waits("d", 1000, 100));
            assert_eq!(worker.log(), "a a a a a a a a a a b c c c c c c c c c");
        });
    }

    #[test]
    fn turns_keep_their_order_and_between_slices_the_outside_is_heard() {
        served(async {
            let worker = Worker::new();
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            listener.set_nonblocking(true).unwrap();
            let listener = rt::net::TcpListener::from_std(listener).unwrap();
            let log = Rc::clone(&worker.log);
            let listening = rt::spawn(async move {
                while listener.accept().await.is_ok() {
                    log.borrow_mut().push("heard".to_owned());
                }
            });
            rt::task::yield_now().await;
            let asking = ["1", "2", "3", "4"].map(|name| {
                let Worker { turns, all, log } = worker.clone();
                rt::spawn(async move {
                    let work = || {
                        log.borrow_mut().push(name.to_owned());
                        // Comes while the worker is busy.
                        drop(TcpStream::connect(address).unwrap());
                        spend(600);
                    };
                    turns.run(None, &all, work).await
                })
            });
            for asking in asking {
                assert_eq!(asking.await.unwrap(), Ok(()));
            }
            drop(worker.turns.free.acquire().await.unwrap());
            assert_eq!(worker.log(), "1 2 heard heard 3 4 heard heard");
            listening.abort();
        });
    }

    #[test]
    fn whoever_has_waited_for_too_long_is_turned_away_without_a_turn() {
        served(async {
            let worker = Worker::new();
            assert_eq!(worker.asks("a", 10, 2000).await, Ok(()));
            let waiting = [("b", 20_000), ("c", 1), ("d", 1)].map(|(name, time)| worker.waits(name, 10, time));
            let patient = worker.waits("e", 30, 1);
            let mut told = Vec::new();
            for waiting in waiting {
                told.push(waiting.await);
            }
            assert_eq!(told, [Ok(()), Err(TooLate), Err(TooLate)]);
            assert_eq!(patient.await, Ok(()));
            worker.is_free();
            assert_eq!(worker.asks("f", 10, 1).now_or_never(), Some(Ok(())));
            assert_eq!(worker.log(), "a b e f");
        });
    }

    #[test]
    fn whoever_would_wait_for_too_long_is_turned_away_at_once() {
        served(async {
            let worker = Worker::new();
            assert_eq!(worker.asks("a", 1000, 4000).await, Ok(()));
            let mut waiting = worker.waits("a", 1000, 4000);
            for _ in 0..30 {
                let next = worker.waits("a", 1000, 4000);
                assert_eq!(waiting.await, Ok(()));
                waiting = next;
            }
            assert_eq!(waiting.await, Ok(()));
            // The last one's slice is used up. Each of those before took four milliseconds while another one waited.
            let waiting = ["b", "c", "d"].map(|name| worker.waits(name, 10, 1));
            let (_, refused) = worker.begins("e", 10, 1);
            assert_eq!(refused, Poll::Ready(Err(TooLate)));
            let patient = worker.waits("f", 13, 1);
            for waiting in waiting.into_iter().chain([patient]) {
                assert_eq!(waiting.await, Ok(()));
            }
            worker.is_free();
            // A heavy turn that nobody waits for tells nothing of those who come later …
            assert_eq!(worker.asks("g", 1000, 100_000).await, Ok(()));
            drop(worker.turns.free.acquire().await.unwrap());
            assert_eq!(worker.asks("g", 1000, 2000).await, Ok(()));
            let many: Vec<Asked> = (0..100).map(|_| worker.waits("h", 10, 1)).collect();
            for waiting in many {
                assert_eq!(waiting.await, Ok(()));
            }
            // … and among many light ones it is soon outweighed.
            assert_eq!(worker.asks("i", 1000, 100_000).await, Ok(()));
            let many: Vec<Asked> = (0..200).map(|_| worker.waits("j", 1000, 50)).collect();
            for waiting in many {
                assert_eq!(waiting.await, Ok(()));
            }
            assert!(worker.turns.pace() < Duration::from_millis(1), "{:?}", worker.turns.pace());
        });
    }

    #[test]
    fn a_turn_is_not_lost_with_whoever_goes_away() {
        served(async {
            let worker = Worker::new();
            assert_eq!(worker.asks("a", 1000, 1000).await, Ok(()));
            let waiting = worker.waits("b", 1000, 1);
            let next = worker.waits("c", 1000, 1);
            drop(waiting);
            assert_eq!((worker.turns.waiting.get(), worker.all.load(Ordering::Relaxed)), (1, 1));
            assert_eq!(next.await, Ok(()));
            worker.is_free();
            // One who goes away after having been told that it is their turn.
            assert_eq!(worker.asks("d", 1000, 1000).await, Ok(()));
            let told = worker.waits("e", 1000, 1);
            let next = worker.waits("f", 1000, 1);
            while worker.turns.since.get().is_none() {
                rt::task::yield_now().await;
            }
            drop(told);
            assert_eq!(next.await, Ok(()));
            worker.is_free();
            assert_eq!(worker.log(), "a c d f");
        });
    }

    #[test]
    fn a_turn_is_not_lost_with_work_that_fails() {
        served(async {
            let worker = Worker::new();
            assert_eq!(worker.asks("a", 1000, 1000).await, Ok(()));
            let Worker { turns, all, .. } = worker.clone();
            let failing = rt::spawn(async move { turns.run(None, &all, || resume_unwind(Box::new(()))).await });
            assert!(failing.await.is_err_and(|error| error.is_panic()));
            worker.is_free();
        });
    }
}
