//! The way to the writer: one thread takes whatever waits, up to a bound, has it done in one transaction and answers when
//! that is on the disk. If anything fails, the whole transaction is rolled back and everyone in it is told so.

use std::fmt;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::audit::Access;
use super::{Outcome, StoreError, Submission};

/// Submissions that share one commit, at most.
const GROUP: usize = 256;
/// Submissions that wait, at most; further ones wait for a place.
const QUEUE: usize = 4096;

/// How long a group waits for those who were in the last one.
const MOMENT: Duration = Duration::from_micros(500);

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
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl Queue {
    /// Starts a writer that does each group in one transaction: all of it is on the disk afterwards, or none.
    pub(super) fn start(
        mut group: impl FnMut(Vec<Work>) -> Result<Vec<Done>, StoreError> + Send + 'static,
    ) -> Result<Queue, StoreError> {
        let (waiting, arriving) = sync_channel::<(Work, Reply)>(QUEUE);
        let serve = move || {
            let mut before = 1;
            while let Ok(first) = arriving.recv() {
                let (works, replies): (Vec<Work>, Vec<Reply>) = gathered(&arriving, first, before).into_iter().unzip();
                before = works.len();
                match group(works) {
                    Ok(outcomes) => {
                        for (reply, outcome) in replies.into_iter().zip(outcomes) {
                            // Whoever asked may have gone away.
                            let _ = reply.send(Ok(outcome));
                        }
                    }
                    Err(error) => {
                        tracing::error!(%error, "a group of records was rolled back");
                        for reply in replies {
                            let _ = reply.send(Err(error.clone()));
                        }
                    }
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("ledger-writer".to_owned())
            .spawn(serve)
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Queue { waiting: Some(waiting), thread: Some(thread) })
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
        // Without a sender the writer ends after what waits for it.
        self.waiting = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What goes into one group: whatever waits. Those who were answered together come back one after the other; until there
/// are as many as there were before, the group waits for them a moment, which is shorter than the commit that it saves.
fn gathered(arriving: &Receiver<(Work, Reply)>, first: (Work, Reply), before: usize) -> Vec<(Work, Reply)> {
    let until = Instant::now() + MOMENT;
    let mut group = vec![first];
    while group.len() < GROUP {
        let rest = if group.len() < before { until.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
        let next = if rest.is_zero() { arriving.try_recv().ok() } else { arriving.recv_timeout(rest).ok() };
        let Some(next) = next else { break };
        group.push(next);
    }
    group
}

/// There is no writer.
pub(super) fn gone() -> StoreError {
    StoreError::Unavailable("the writer has ended".to_owned())
}
