//! Where a job is worked on.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::{Job, Live, NotTaken, disk};

/// What the work on one job has before it.
pub struct Desk<'j> {
    live: &'j Live,
    stopping: &'j AtomicBool,
    disk: u64,
    directory: &'j Path,
    job: Job,
    faults: RefCell<File>,
}

impl std::fmt::Debug for Desk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("job", &self.job).finish_non_exhaustive()
    }
}

/// A result that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The file of [`Desk::result`].
    pub media_type: &'static str,
    /// Under which name it is saved: ASCII without quotes.
    pub name: String,
}

/// Why there is no result.
#[derive(Debug)]
pub enum Stopped {
    /// Nobody wants it any more, or the service stops: [`Desk::go_on`] said so.
    Interrupted,
    /// What was asked for cannot be done; the reason for whoever asked.
    Refused(Value),
    /// A defect, or a failing disk; the reason for the log.
    Broken(String),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Stopped {
        Stopped::Broken(error.to_string())
    }
}

impl<'j> Desk<'j> {
    pub(super) fn new(
        live: &'j Live,
        (stopping, disk): (&'j AtomicBool, u64),
        directory: &'j Path,
        job: Job,
    ) -> io::Result<Desk<'j>> {
        let faults = RefCell::new(disk::open_faults(directory)?);
        let desk = Desk { live, stopping, disk, directory, job, faults };
        if desk.checkpoint()?.is_none() {
            desk.keep_faults(0)?;
        }
        Ok(desk)
    }

    /// The job as it was when the work began.
    pub fn job(&self) -> &Job {
        &self.job
    }

    /// Whether to go on; otherwise the work ends with this.
    pub fn go_on(&self) -> Result<(), Stopped> {
        let over = self.live.cancelled.load(Ordering::Acquire) || self.stopping.load(Ordering::Acquire);
        if over { Err(Stopped::Interrupted) } else { Ok(()) }
    }

    /// Whether the jobs, this one among them, take no more of the disk than they may; work on a long result asks this now
    /// and then.
    pub fn fits(&self) -> Result<(), NotTaken> {
        let used = self.directory.parent().map_or(0, disk::used);
        if used <= self.disk { Ok(()) } else { Err(NotTaken::Full(self.disk)) }
    }

    /// A file that the request brought.
    pub fn brought(&self, name: &str) -> io::Result<File> {
        File::open(self.directory.join(name))
    }

    /// The same, read as a whole.
    pub fn brought_bytes(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.brought(name)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Tells how far the work is.
    pub fn progress(&self, done: u64, total: Option<u64>) {
        self.live.tell.send_modify(|job| (job.done, job.total) = (done, total.or(job.total)));
    }

    /// Tells how many parts could not be done, where the result itself says of each what was wrong.
    pub fn failed(&self, parts: u64) {
        self.live.tell.send_modify(|job| job.faults = parts);
    }

    /// Notes a part that could not be done.
    pub fn fault(&self, fault: &Value) -> io::Result<()> {
        let mut line = serde_json::to_vec(fault)?;
        line.push(b'\n');
        self.faults.borrow_mut().write_all(&line)?;
        self.live.tell.send_modify(|job| job.faults += 1);
        Ok(())
    }

    /// What was noted so far, from the first one.
    pub fn faults(&self) -> io::Result<File> {
        self.brought(disk::FAULTS)
    }

    /// Forgets all faults but the first so many: what was noted after the checkpoint is noted again.
    pub fn keep_faults(&self, kept: u64) -> io::Result<()> {
        disk::cut_faults(&mut self.faults.borrow_mut(), kept)?;
        self.live.tell.send_modify(|job| job.faults = kept);
        Ok(())
    }

    /// The file of the result, cut to its first `kept` bytes, to be written from there.
    pub fn result(&self, kept: u64) -> io::Result<File> {
        disk::cut(self.directory, disk::RESULT_PART, kept)
    }

    /// A file that is gone when the job has ended, cut and written likewise.
    pub fn scratch(&self, name: &str, kept: u64) -> io::Result<File> {
        disk::cut(self.directory, name, kept)
    }

    /// Where it is, for files without names.
    pub fn directory(&self) -> &Path {
        self.directory
    }

    /// Keeps where the work stands, on the disk when this returns; the files have to be there (`sync_data`) before.
    pub fn keep_checkpoint(&self, checkpoint: &Value) -> io::Result<()> {
        self.faults.borrow().sync_data()?;
        disk::replace(self.directory, disk::CHECKPOINT, &serde_json::to_vec(checkpoint)?)
    }

    /// Where the work stood when the service was stopped, if that was kept.
    pub fn checkpoint(&self) -> io::Result<Option<Value>> {
        match self.brought_bytes(disk::CHECKPOINT) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
