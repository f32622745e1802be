//! The way to the writer: one thread takes whatever waits, up to a bound, has it done in one transaction and answers when
//! that is on the disk. If anything fails, the whole transaction is rolled back and everyone in it is told so.

use std::fmt;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::audit::Access;
use super::{Outcome, StoreError, Submission};

/// Submissions that share one commit, at most.
const GROUP: usize = 256;
/// Submissions that wait, at most; further ones wait for a place.
const QUEUE: usize = 4096;

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
            while let Ok(first) = arriving.recv() {
                let (works, replies): (Vec<Work>, Vec<Reply>) =
                    std::iter::once(first).chain(arriving.try_iter().take(GROUP - 1)).unzip();
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

/// There is no writer.
pub(super) fn gone() -> StoreError {
    StoreError::Unavailable("the writer has ended".to_owned())
}
