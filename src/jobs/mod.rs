//! Work that takes longer than a request: asked for once, done on a thread of its own, its progress told to whoever listens,
//! its result kept for a day. Knows no HTTP and no kind of work.
//!
//! Each job is a directory `<data>/jobs/<id>/` with `job.json` (what the service knows of it), whatever the request brought,
//! `checkpoint.json` and `faults.jsonl` if the work made them, and `result`. A job that a stop or a crash interrupted is
//! done when the service is started again: from its last checkpoint if its kind has made one, else from the beginning.
//!
//! A kind of work is a function over a [`Desk`]. It asks [`Desk::go_on`] often, tells [`Desk::progress`], notes what it
//! could not do by [`Desk::fault`] and goes on, and writes the file of [`Desk::result`] from front to back.

mod desk;
mod disk;

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

pub use desk::{Desk, Finished, Stopped};

use crate::domain::books::entry::Moment;

/// How long a result is kept: 24 hours, in milliseconds.
pub const LIFETIME: i64 = 24 * 60 * 60 * 1000;

/// What jobs may take on the disk unless more or less is said: 20 GiB.
pub const DISK: u64 = 20 << 30;

/// A job that ends the process each time it is begun is given up after this many times.
const ATTEMPTS: u32 = 50;

/// How often expired jobs are looked for.
const SWEEP: Duration = Duration::from_secs(60);

/// The name of a job: 32 random hexadecimal digits after a `J`, so that nobody finds one by trying.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobId(String);

impl JobId {
    fn random() -> io::Result<JobId> {
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(JobId(format!("J{:032x}", u128::from_be_bytes(bytes))))
    }

    /// The id that a text is; `None` if it is none.
    pub fn parse(text: &str) -> Option<JobId> {
        let digits = text.strip_prefix('J')?;
        let plain = digits.len() == 32 && digits.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
        plain.then(|| JobId(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// For a thread.
    Waiting,
    /// Somebody works on it.
    Running,
    /// Its result can be had.
    Done,
    /// It has no result.
    Failed,
    /// Whoever asked for it does not want it any more. It is told to listeners and not kept.
    Cancelled,
}

impl State {
    /// All of them.
    pub const ALL: [State; 5] = [State::Waiting, State::Running, State::Done, State::Failed, State::Cancelled];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Running => "running",
            State::Done => "done",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen.
    pub const fn is_final(self) -> bool {
        matches!(self, State::Done | State::Failed | State::Cancelled)
    }
}

/// A result that can be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultFile {
    /// Its media type.
    pub media_type: String,
    /// Under which name it is saved.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

/// A job as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// What kind of work it is.
    pub kind: String,
    /// Who asked for it, by the name under which the records keep what they do. Nobody but them sees it; a job of nobody
    /// is seen by whoever knows its id.
    pub owner: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Parts that are done, the ones with faults included.
    pub done: u64,
    /// Parts that there are, once that is known.
    pub total: Option<u64>,
    /// Parts that had faults.
    pub faults: u64,
    /// How many times it was begun.
    pub attempts: u32,
    /// When it was asked for, in milliseconds since 1970-01-01 UTC.
    pub created_at: i64,
    /// When it and its result go away, likewise; none while it is not finished.
    pub expires_at: Option<i64>,
    /// What came of it.
    pub result: Option<ResultFile>,
    /// Why it failed, as its kind tells it; none where that is nobody's business but ours.
    pub failure: Option<Value>,
    /// The request that asked for it, where it can be repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Box<Request>>,
}

/// A request that may be repeated: its owner's key for it, and what tells whether it is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The key.
    pub key: String,
    /// A hash of what was asked.
    pub hash: String,
}

/// How much is done and kept at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Jobs worked on at once.
    pub at_once: usize,
    /// Jobs not finished, of all together.
    pub unfinished: usize,
    /// Jobs not finished, of one owner.
    pub unfinished_of_one: usize,
    /// How long a result is kept, in milliseconds.
    pub lifetime: i64,
    /// Bytes that jobs may take on the disk: what was brought, results, and what is on its way.
    pub disk: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { at_once: 2, unfinished: 100, unfinished_of_one: 10, lifetime: LIFETIME, disk: DISK }
    }
}

/// What does the work of every kind, by [`Job::kind`].
pub type Runner = Arc<dyn Fn(&Desk<'_>) -> Result<Finished, Stopped> + Send + Sync>;

/// What tells the time.
pub type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// Why a job was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// Too many are waiting.
    #[error("too many jobs are not finished yet")]
    Busy,
    /// They have as much of the disk as they may.
    #[error("the jobs take more than {0} bytes of the disk")]
    Full(u64),
    /// The key of the request was used for another one.
    #[error("the key was used for another request")]
    Mismatch,
    /// The disk refused, or there is none.
    #[error("the jobs cannot be kept: {0}")]
    Unavailable(#[from] io::Error),
}

/// The jobs of a service.
#[derive(Clone)]
pub struct Jobs {
    shop: Arc<Shop>,
}

struct Shop {
    directory: Option<PathBuf>,
    clock: Clock,
    limits: Limits,
    stopping: AtomicBool,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    jobs: BTreeMap<JobId, Arc<Live>>,
    queue: VecDeque<JobId>,
    running: usize,
    runner: Option<Runner>,
    /// Held as long as this process has the directory to itself.
    lock: Option<File>,
}

/// A job with what its thread and its listeners share.
struct Live {
    tell: watch::Sender<Job>,
    cancelled: AtomicBool,
}

impl Live {
    fn new(job: Job) -> Arc<Live> {
        Arc::new(Live { tell: watch::Sender::new(job), cancelled: AtomicBool::new(false) })
    }

    fn job(&self) -> Job {
        self.tell.borrow().clone()
    }
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jobs").field("directory", &self.shop.directory).finish_non_exhaustive()
    }
}

impl Default for Jobs {
    /// None can be kept.
    fn default() -> Jobs {
        Jobs::new(None, Arc::new(|| Moment(0)), Limits::default())
    }
}

/// The job that an owner asked for under a key.
fn asked_before(table: &Table, owner: Option<&str>, key: &str) -> Option<Job> {
    let mut jobs = table.jobs.values().map(|live| live.job());
    jobs.find(|job| job.owner.as_deref() == owner && job.request.as_ref().is_some_and(|request| request.key == key))
}

/// A job that is being asked for: what it will work on is written into its directory first. Dropped, it is gone.
#[derive(Debug)]
pub struct Draft {
    id: JobId,
    directory: Option<PathBuf>,
}

impl Draft {
    /// A new file for what the request brought.
    pub fn file(&self, name: &str) -> io::Result<File> {
        let directory = self.directory.as_ref().ok_or(io::ErrorKind::NotFound)?;
        File::create_new(directory.join(name))
    }

    /// A file that was written here.
    pub fn open(&self, name: &str) -> io::Result<File> {
        let directory = self.directory.as_ref().ok_or(io::ErrorKind::NotFound)?;
        File::open(directory.join(name))
    }

    /// Where it is, for files without names.
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// Removes a file that was written here.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        let directory = self.directory.as_ref().ok_or(io::ErrorKind::NotFound)?;
        fs::remove_file(directory.join(name))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(directory) = &self.directory {
            // What is left over is removed at the next start.
            let _ = fs::remove_dir_all(directory);
        }
    }
}

impl Jobs {
    /// The jobs below a directory, which is made with the first of them.
    pub fn below(data: &Path, clock: Clock, limits: Limits) -> Jobs {
        Jobs::new(Some(data.join("jobs")), clock, limits)
    }

    fn new(directory: Option<PathBuf>, clock: Clock, limits: Limits) -> Jobs {
        let (stopping, table) = (AtomicBool::new(false), Mutex::default());
        Jobs { shop: Arc::new(Shop { directory, clock, limits, stopping, table }) }
    }

    /// Begins to work: first on what an earlier process left unfinished. Before that jobs only wait. A directory that
    /// another process works in is left to it: here no job is found or taken.
    pub fn begin(&self, runner: Runner) -> io::Result<()> {
        let exists = self.shop.directory.as_deref().is_some_and(Path::exists);
        let mut table = self.shop.table();
        if exists && let Err(error) = self.shop.open(&mut table) {
            tracing::error!(%error, "no jobs: their directory cannot be used");
        }
        table.runner = Some(runner);
        drop(table);
        let shop = Arc::downgrade(&self.shop);
        std::thread::Builder::new().name("jobs-sweeper".to_owned()).spawn(move || {
            loop {
                std::thread::sleep(SWEEP);
                let Some(shop) = shop.upgrade() else { return };
                shop.sweep(&mut shop.table());
            }
        })?;
        self.shop.pump();
        Ok(())
    }

    /// The service stops: work ends at the next part, to go on after the next start, and nobody is told anything more.
    pub fn stop(&self) {
        self.shop.stopping.store(true, Ordering::Release);
        for live in self.shop.table().jobs.values() {
            live.tell.send_modify(|_| ());
        }
    }

    /// How many jobs stand there.
    pub fn count(&self, state: State) -> usize {
        self.shop.table().jobs.values().filter(|live| live.tell.borrow().state == state).count()
    }

    /// Whether the service stops.
    pub fn are_stopping(&self) -> bool {
        self.shop.stopping.load(Ordering::Acquire)
    }

    /// Makes room for a new job.
    pub fn draft(&self, owner: Option<&str>) -> Result<Draft, NotTaken> {
        self.fits()?;
        self.shop.room(&self.shop.table(), owner)?;
        Ok(self.scratch()?)
    }

    /// Whether the jobs take no more of the disk than they may.
    fn fits(&self) -> Result<(), NotTaken> {
        let disk = self.shop.limits.disk;
        if self.shop.directory.as_deref().map_or(0, disk::used) < disk { Ok(()) } else { Err(NotTaken::Full(disk)) }
    }

    /// A place on the disk for what may become a job, or is thrown away.
    pub fn scratch(&self) -> io::Result<Draft> {
        let directory = self.shop.directory.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let mut table = self.shop.table();
        if table.lock.is_none() {
            self.shop.open(&mut table)?;
        }
        drop(table);
        let id = JobId::random()?;
        let directory = directory.join(id.as_str());
        fs::create_dir(&directory)?;
        Ok(Draft { id, directory: Some(directory) })
    }

    /// Takes a job on; it is on the disk when this returns.
    pub fn submit(&self, draft: Draft, kind: &str, owner: Option<String>, total: Option<u64>) -> Result<Job, NotTaken> {
        self.submit_once(draft, kind, owner, total, None)
    }

    /// The same, once for each key of an owner: a repetition gives the job that there is, as long as it is kept.
    pub fn submit_once(
        &self,
        mut draft: Draft,
        kind: &str,
        owner: Option<String>,
        total: Option<u64>,
        request: Option<Request>,
    ) -> Result<Job, NotTaken> {
        let mut table = self.shop.table();
        if let Some(request) = &request
            && let Some(job) = asked_before(&table, owner.as_deref(), &request.key)
        {
            return if job.request.as_deref() == Some(request) { Ok(job) } else { Err(NotTaken::Mismatch) };
        }
        self.fits()?;
        self.shop.room(&table, owner.as_deref())?;
        let job = Job {
            id: draft.id.clone(),
            kind: kind.to_owned(),
            owner,
            state: State::Waiting,
            done: 0,
            total,
            faults: 0,
            attempts: 0,
            created_at: (self.shop.clock)().0,
            expires_at: None,
            result: None,
            failure: None,
            request: request.map(Box::new),
        };
        let directory = draft.directory.as_deref().ok_or(io::ErrorKind::NotFound).map_err(io::Error::from)?;
        disk::keep(directory, &job)?;
        draft.directory = None;
        table.jobs.insert(job.id.clone(), Live::new(job.clone()));
        table.queue.push_back(job.id.clone());
        drop(table);
        self.shop.pump();
        Ok(job)
    }

    /// The job that an owner asked for under a key, if it is still kept.
    pub fn repeated(&self, owner: Option<&str>, request: &Request) -> Result<Option<Job>, NotTaken> {
        let mut table = self.shop.table();
        self.shop.sweep(&mut table);
        match asked_before(&table, owner, &request.key) {
            Some(job) if job.request.as_deref() == Some(request) => Ok(Some(job)),
            Some(_) => Err(NotTaken::Mismatch),
            None => Ok(None),
        }
    }

    /// The jobs of an owner, the earliest first.
    pub fn of(&self, owner: &str) -> Vec<Job> {
        let mut table = self.shop.table();
        self.shop.sweep(&mut table);
        let jobs = table.jobs.values().map(|live| live.job());
        let mut own: Vec<Job> = jobs.filter(|job| job.owner.as_deref() == Some(owner)).collect();
        own.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        own
    }

    /// A job, if `who` may see it.
    pub fn find(&self, id: &JobId, who: &str) -> Option<Job> {
        self.live(id, who).map(|live| live.job())
    }

    fn live(&self, id: &JobId, who: &str) -> Option<Arc<Live>> {
        let mut table = self.shop.table();
        self.shop.sweep(&mut table);
        let live = table.jobs.get(id)?;
        live.tell.borrow().owner.as_deref().is_none_or(|owner| owner == who).then(|| Arc::clone(live))
    }

    /// A job as it changes.
    pub fn listen(&self, id: &JobId, who: &str) -> Option<watch::Receiver<Job>> {
        self.live(id, who).map(|live| live.tell.subscribe())
    }

    /// The result of a job that is done.
    pub fn result(&self, id: &JobId, who: &str) -> io::Result<Option<(ResultFile, File)>> {
        let found = self.find(id, who).and_then(|job| job.result).zip(self.shop.place(id));
        found.map(|(result, directory)| Ok((result, File::open(directory.join(disk::RESULT))?))).transpose()
    }

    /// The first faults of a job, as its kind noted them.
    pub fn faults(&self, id: &JobId, who: &str, limit: usize) -> io::Result<Vec<Value>> {
        let found = self.find(id, who).and_then(|_| self.shop.place(id));
        found.map_or_else(|| Ok(Vec::new()), |directory| disk::faults(&directory, limit))
    }

    /// Cancels a job, or throws its result away: either way it is gone. Whether there was one.
    pub fn remove(&self, id: &JobId, who: &str) -> io::Result<bool> {
        let Some(live) = self.live(id, who) else { return Ok(false) };
        let mut table = self.shop.table();
        if table.jobs.remove(id).is_none() {
            return Ok(false);
        }
        table.queue.retain(|waiting| waiting != id);
        live.cancelled.store(true, Ordering::Release);
        let was = live.tell.send_replace(Job { state: State::Cancelled, ..live.job() }).state;
        if let Some(directory) = self.shop.place(id) {
            // Without it the job does not come back, whenever its directory goes.
            disk::forget(&directory)?;
            // The thread that works on it removes it when it sees that it is gone.
            if was != State::Running {
                fs::remove_dir_all(&directory)?;
            }
        }
        drop(table);
        Ok(true)
    }
}

impl Shop {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, id: &JobId) -> Option<PathBuf> {
        self.directory.as_ref().map(|directory| directory.join(id.as_str()))
    }

    /// Whether another job may be asked for.
    fn room(&self, table: &Table, owner: Option<&str>) -> Result<(), NotTaken> {
        let unfinished = || table.jobs.values().filter(|live| !live.tell.borrow().state.is_final());
        let of_one = unfinished().filter(|live| live.tell.borrow().owner.as_deref() == owner).count();
        let full = unfinished().count() >= self.limits.unfinished || of_one >= self.limits.unfinished_of_one;
        if full || self.stopping.load(Ordering::Acquire) { Err(NotTaken::Busy) } else { Ok(()) }
    }

    /// Takes the directory for this process and reads what is in it.
    fn open(&self, table: &mut Table) -> io::Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        fs::create_dir_all(directory)?;
        let lock = File::create(directory.join("lock"))?;
        lock.try_lock().map_err(|error| io::Error::other(format!("{}: {error}", directory.display())))?;
        table.lock = Some(lock);
        let mut unfinished = Vec::new();
        for job in disk::read(directory)? {
            if !job.state.is_final() {
                unfinished.push((job.created_at, job.id.clone()));
            }
            table.jobs.insert(job.id.clone(), Live::new(job));
        }
        unfinished.sort();
        table.queue.extend(unfinished.into_iter().map(|(_, id)| id));
        self.sweep(table);
        Ok(())
    }

    /// Removes what is expired.
    fn sweep(&self, table: &mut Table) {
        let Moment(now) = (self.clock)();
        let is_expired = |live: &Live| live.tell.borrow().expires_at.is_some_and(|end| end <= now);
        table.jobs.retain(|id, live| {
            if !is_expired(live) {
                return true;
            }
            if let Some(directory) = self.place(id) {
                discard(&directory);
            }
            false
        });
    }

    /// Gives waiting jobs to threads.
    fn pump(self: &Arc<Self>) {
        let mut table = self.table();
        while table.running < self.limits.at_once && !self.stopping.load(Ordering::Acquire) {
            let Some(runner) = table.runner.clone() else { return };
            let Some(id) = table.queue.pop_front() else { return };
            let Some(live) = table.jobs.get(&id).cloned() else { continue };
            let (shop, waiting) = (Arc::clone(self), live.job());
            let attempts = waiting.attempts + 1;
            live.tell.send_replace(Job { state: State::Running, done: 0, faults: 0, attempts, ..waiting.clone() });
            let begun = Arc::clone(&live);
            let spawned = std::thread::Builder::new().name("job".to_owned()).spawn(move || {
                shop.work(&begun, &runner);
                shop.table().running -= 1;
                shop.pump();
            });
            match spawned {
                Ok(_) => table.running += 1,
                Err(error) => {
                    tracing::error!(%error, "no thread for a job");
                    live.tell.send_replace(waiting);
                    table.queue.push_front(id);
                    return;
                }
            }
        }
    }

    fn work(&self, live: &Live, runner: &Runner) {
        let begun = live.job();
        let Some(directory) = self.place(&begun.id) else { return };
        let outcome = if begun.attempts > ATTEMPTS {
            Err(Stopped::Broken("begun too many times".to_owned()))
        } else {
            let desk = disk::keep(&directory, &begun)
                .and_then(|()| Desk::new(live, (&self.stopping, self.limits.disk), &directory, begun))
                .map_err(Stopped::from);
            desk.and_then(|desk| {
                let done = catch_unwind(AssertUnwindSafe(|| runner(&desk)));
                done.unwrap_or_else(|_| Err(Stopped::Broken("a panic".to_owned())))
            })
        };
        let mut job = live.job();
        // Whoever removes a job holds the table until its directory is no job any more.
        let is_wanted = || self.table().jobs.contains_key(&job.id);
        if !is_wanted() {
            return discard(&directory);
        }
        match outcome.and_then(|finished| Ok(disk::finish(&directory, finished)?)) {
            Ok(result) => (job.state, job.result) = (State::Done, Some(result)),
            // It is begun again after the next start.
            Err(Stopped::Interrupted) => return,
            Err(Stopped::Refused(failure)) => (job.state, job.failure) = (State::Failed, Some(failure)),
            Err(Stopped::Broken(error)) => {
                tracing::error!(error, job = job.id.as_str(), kind = job.kind, "a job failed");
                job.state = State::Failed;
            }
        }
        let Moment(now) = (self.clock)();
        job.expires_at = Some(now.saturating_add(self.limits.lifetime));
        let table = self.table();
        if !table.jobs.contains_key(&job.id) {
            return discard(&directory);
        }
        if let Err(error) = disk::keep(&directory, &job).and_then(|()| disk::tidy(&directory)) {
            // Whoever listens has it; after a start it is done again.
            tracing::error!(%error, job = job.id.as_str(), "the end of a job could not be kept");
        }
        live.tell.send_replace(job);
    }
}

/// Removes what nobody wants any more.
fn discard(directory: &Path) {
    if let Err(error) = fs::remove_dir_all(directory) {
        tracing::warn!(%error, directory = %directory.display(), "a job could not be removed");
    }
}

#[cfg(test)]
mod tests;
