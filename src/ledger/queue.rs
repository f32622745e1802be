//! The way to the writer: one thread takes whatever waits, up to a bound, has it done in one transaction, and a second one
//! answers when that is on the disk (the writer itself where it is one or two): so those who are answered first come back while the others are woken. If anything fails,
//! the whole transaction is rolled back and everyone in it is told so.

use std::fmt;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::audit::Access;
use super::{Outcome, StoreError, Submission};

/// Submissions that share one commit, at most.
const GROUP: usize = 256;
/// Submissions that wait, at most; further ones wait for a place.
const QUEUE: usize = 4096;

/// How long a group waits in all for those who were in the last one.
const MOMENT: Duration = Duration::from_micros(500);

/// Groups up to this size are answered by the writer itself.
const ALONE: usize = 2;

/// What waits for the writer.
pub(super) enum Work {
    Record(Submission),
    Note(Access),
    Probe,
}

/// What became of it: the outcome of a submission, nothing for a note or a probe.
pub(super) type Done = Option<Outcome>;

/// Where the writer answers.
type Reply = SyncSender<Result<Done, StoreError>>;

/// The writer and what waits for it.
pub(super) struct Queue {
    waiting: Option<SyncSender<(Work, Reply)>>,
    threads: Vec<JoinHandle<()>>,
}

/// Whom a group answers, and what.
type Answers = (Vec<Reply>, Result<Vec<Done>, StoreError>);

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl Queue {
    /// Starts a writer that does each group in one transaction: all of it is on the disk afterwards, or none.
    pub(super) fn start(
        mut group: impl FnMut(&mut dyn Iterator<Item = Work>) -> Result<Vec<Done>, StoreError> + Send + 'static,
    ) -> Result<Queue, StoreError> {
        let (waiting, arriving) = sync_channel::<(Work, Reply)>(QUEUE);
        let (done, answers) = channel::<Answers>();
        let serve = move || {
            let mut before = 1;
            while let Ok((first, reply)) = arriving.recv() {
                let mut gathering = Gathering::new(&arriving, first, reply, before);
                let result = group(&mut gathering);
                if let Err(error) = &result {
                    tracing::error!(%error, "a group of records was rolled back");
                    // Whoever waits now would have been in it: nobody waits for the same failure once more.
                    gathering.take_the_rest();
                }
                let replies = gathering.replies;
                before = replies.len();
                if before > ALONE {
                    let _ = done.send((replies, result));
                } else {
                    answer((replies, result));
                }
            }
        };
        let threads = vec![
            spawned("ledger-writer", serve)?,
            spawned("ledger-answers", move || answers.into_iter().for_each(answer))?,
        ];
        Ok(Queue { waiting: Some(waiting), threads })
    }

    /// Hands something to the writer and waits until it is on the disk.
    pub(super) fn ask(&self, work: Work) -> Result<Done, StoreError> {
        let (reply, answer) = sync_channel(1);
        self.waiting.as_ref().ok_or_else(gone)?.send((work, reply)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // Without a sender the writer ends after what waits for it, and then whoever answers.
        self.waiting = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn spawned(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    spawned.map_err(|error| StoreError::Unavailable(error.to_string()))
}

fn answer((replies, result): Answers) {
    // Whoever asked may have gone away.
    match result {
        Ok(outcomes) => {
            for (reply, outcome) in replies.into_iter().zip(outcomes) {
                let _ = reply.send(Ok(outcome));
            }
        }
        Err(error) => {
            for reply in replies {
                let _ = reply.send(Err(error.clone()));
            }
        }
    }
}

/// What goes into one group: whatever waits when the group is ready for it. Those who were answered together come back one
/// after the other; until there are as many as there were before, the group waits for them a moment, which is shorter than
/// the commit that it saves.
struct Gathering<'a> {
    arriving: &'a Receiver<(Work, Reply)>,
    first: Option<Work>,
    /// Where those that were taken, and the first, are answered.
    replies: Vec<Reply>,
    /// How many there were in the group before.
    before: usize,
    /// What is left of the moment.
    patience: Duration,
}

impl Gathering<'_> {
    fn new(arriving: &Receiver<(Work, Reply)>, first: Work, reply: Reply, before: usize) -> Gathering<'_> {
        Gathering { arriving, first: Some(first), replies: vec![reply], before, patience: MOMENT }
    }

    fn awaited(&mut self) -> Option<(Work, Reply)> {
        if self.replies.len() >= self.before || self.patience.is_zero() {
            return None;
        }
        let since = Instant::now();
        let next = self.arriving.recv_timeout(self.patience).ok();
        self.patience = self.patience.saturating_sub(since.elapsed());
        next
    }

    /// Takes whoever waits, for nothing but an answer.
    fn take_the_rest(&mut self) {
        let rest = self.arriving.try_iter().take(GROUP.saturating_sub(self.replies.len()));
        self.replies.extend(rest.map(|(_, reply)| reply));
    }
}

impl Iterator for Gathering<'_> {
    type Item = Work;

    fn next(&mut self) -> Option<Work> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        if self.replies.len() >= GROUP {
            return None;
        }
        let (work, reply) = self.arriving.try_recv().ok().or_else(|| self.awaited())?;
        self.replies.push(reply);
        Some(work)
    }
}

/// There is no writer.
pub(super) fn gone() -> StoreError {
    StoreError::Unavailable("the writer has ended".to_owned())
}
