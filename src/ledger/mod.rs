//! The records as they are kept: one append-only journal, chained by hashes, in a store. The only place that knows SQL.
//!
//! [`Store`] is what the rest of the service sees. One row of the journal is one entry of `domain::books`; what the entries
//! mean is decided there, what is written and how it is found again is decided here.

pub mod audit;
mod backend;
pub mod backup;
pub mod canonical;
pub mod chain;
mod kept;
pub mod memory;
pub mod migrate;
pub mod place;
mod pool;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "postgres")]
mod postgres_tls;
mod queue;
pub mod sqlite;
pub mod verify;
mod writer;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;

use crate::domain::books::account::Account;
use crate::domain::books::decide::Shelf;
use crate::domain::books::entry::{Entry, ItemId, Moment, NewEntry, Seq, Subject};
use crate::domain::books::event::Register;
use crate::domain::money::Yuan;

/// Decides what is recorded, with what is recorded so far in hand.
pub type Decide = Box<dyn FnOnce(&dyn Shelf) -> Option<NewEntry> + Send>;

/// What is noted of a command's access once its outcome is known.
pub type Note = Box<dyn FnOnce(&Outcome) -> audit::Access + Send>;

/// A command on its way to the writer.
pub struct Submission {
    /// Who asks: no control characters.
    pub actor: String,
    /// The key of the request with the hash of the request: a second submission with both gives the first one's entry.
    pub request: Option<(String, chain::Hash)>,
    /// `None` refuses; whoever made the command knows why.
    pub decide: Decide,
    /// What the audit log says about it, written together with what is decided.
    pub note: Option<Note>,
}

impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission").field("actor", &self.actor).field("request", &self.request).finish_non_exhaustive()
    }
}

/// An entry with its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The entry.
    pub entry: Entry,
    /// Its hash.
    pub hash: chain::Hash,
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is on the disk.
    Recorded(Stored),
    /// It was recorded before.
    Repeated(Stored),
    /// The key of the request was used for another request.
    Mismatch,
    /// The decision refused it.
    Refused,
}

/// The last entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its number; how many entries there are.
    pub seq: Seq,
    /// Its hash.
    pub hash: chain::Hash,
    /// How hashes are made.
    pub algorithm: chain::Algorithm,
    /// Random name of the store.
    pub instance: String,
    /// When it was recorded.
    pub recorded_at: Moment,
}

impl Head {
    /// The head, with the last row of the audit log, as a line to be kept elsewhere: number, algorithm, hash, moment, name of
    /// the store, number and hash of the last access.
    pub fn line(&self, audit: Option<&audit::AuditRow>) -> String {
        let (accesses, last) = audit.map_or((0, chain::Hash::default()), |row| (row.seq, row.hash));
        let Head { seq, hash, algorithm, instance, recorded_at } = self;
        format!("{seq} {} {hash} {} {instance} {accesses} {last}", algorithm.code(), rfc3339(*recorded_at))
    }
}

/// Whether a line that was kept elsewhere ([`Head::line`]) is one of these records, which are sound: the same store, and the
/// entry and the access of its numbers have its hashes. Whoever rewrote all of them consistently changed one of these.
pub fn anchored(store: &dyn Store, head: &Head, line: &str) -> Result<bool, StoreError> {
    let [seq, algorithm, hash, _, instance, accesses, last] = line.split_whitespace().collect::<Vec<_>>()[..] else {
        return Ok(false);
    };
    let (Ok(seq), Ok(accesses)) = (seq.parse::<Seq>(), accesses.parse::<Seq>()) else { return Ok(false) };
    if algorithm != head.algorithm.code() || instance != head.instance || seq > head.seq {
        return Ok(false);
    }
    let entry = store.entry(seq)?.is_some_and(|stored| stored.hash.to_string() == hash);
    let row = match accesses.checked_sub(1) {
        Some(before) => store.audit_after(before, 1)?.pop().map(|row| row.hash),
        None => Some(chain::Hash::default()),
    };
    Ok(entry && row.is_some_and(|row| row.to_string() == last))
}

/// Which balances are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BalanceQuery {
    /// Entries that had taken effect on this day.
    pub as_of: Option<NaiveDate>,
    /// Entries that had been recorded at this moment.
    pub known_at: Option<Moment>,
    /// Those of one right.
    pub subject: Option<Subject>,
}

impl BalanceQuery {
    /// The last day, the last moment and the subject as SQL compares them.
    fn bounds(self) -> (String, i64, Option<String>) {
        (
            self.as_of.map_or("9999-12-31".to_owned(), |day| day.to_string()),
            self.known_at.map_or(i64::MAX, |moment| moment.0),
            self.subject.map(|subject| subject.to_string()),
        )
    }
}

/// The balance of an account over an item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Balance {
    /// The item.
    pub item: ItemId,
    /// The account.
    pub account: Account,
    /// Debits less credits.
    pub amount: Yuan,
}

/// Why a store could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk, the file or the database refused. Nothing was recorded, but for one case: when the connection to a server
    /// is lost while it commits, nobody here knows. The same request under the same key then finds what was recorded.
    #[error("the store could not be read or written: {0}")]
    Unavailable(String),
    /// A row is not what this service writes.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The store cannot be opened by this version.
    #[error("{0}")]
    Unusable(String),
}

/// The records.
pub trait Store: Send + Sync + fmt::Debug {
    /// Records what a submission decides; returns when it is on the disk, or not at all.
    fn submit(&self, submission: Submission) -> Result<Outcome, StoreError>;
    /// Adds an access to the audit log; returns when it is on the disk, or not at all.
    fn note(&self, access: audit::Access) -> Result<(), StoreError>;
    /// Whether something could be recorded now: the writer writes something that means nothing, as far as the disk.
    fn probe(&self) -> Result<(), StoreError>;
    /// Up to `limit` rows of the audit log after a number.
    fn audit_after(&self, after: Seq, limit: u32) -> Result<Vec<audit::AuditRow>, StoreError>;
    /// The last row of the audit log.
    fn last_audit(&self) -> Result<Option<audit::AuditRow>, StoreError>;
    /// The entries of one subject in order, as recorded until a moment.
    fn entries_of(&self, subject: Subject, known_at: Option<Moment>) -> Result<Vec<Stored>, StoreError>;
    /// One entry.
    fn entry(&self, seq: Seq) -> Result<Option<Stored>, StoreError>;
    /// Every entry with a name, reversed or not.
    fn named(&self, register: Register, name: &str) -> Result<Vec<Seq>, StoreError>;
    /// Up to `limit` entries of one kind, or of all, after a number.
    fn entries_after(&self, after: Seq, kind: Option<&str>, limit: u32) -> Result<Vec<Stored>, StoreError>;
    /// Balances by item and account, without those of nothing.
    fn balances(&self, query: BalanceQuery) -> Result<Vec<Balance>, StoreError>;
    /// Reads everything and compares it: the first thing that is not as it was written, if any.
    fn verify(&self) -> Result<verify::Verification, StoreError>;
    /// The last entry.
    fn head(&self) -> Result<Head, StoreError>;
}

/// What tells the time.
pub type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// How long a transaction of another process, or a place to read, is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asked before every write: an error stands for one of the disk. For tests.
pub type Seam = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// When SQLite waits for the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// With every commit: what was acknowledged survives a loss of power.
    #[default]
    Full,
    /// Now and then. For tests, which have to notice what it loses.
    Normal,
}

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// For a store that begins; one that exists keeps its own.
    pub algorithm: chain::Algorithm,
    /// The name of a store that begins; random unless said.
    pub instance: Option<String>,
    /// What tells the time.
    pub clock: Clock,
    /// Fails writes in tests.
    pub seam: Option<Seam>,
    /// Most pages of the file: stands for a full disk in tests.
    pub most_pages: Option<u32>,
    /// When SQLite waits for the disk: with every commit but in tests.
    pub synchronous: Synchronous,
}

impl Default for Options {
    fn default() -> Options {
        let algorithm = chain::Algorithm::default();
        let synchronous = Synchronous::default();
        Options { algorithm, instance: None, clock: system_clock(), seam: None, most_pages: None, synchronous }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// The clock of the machine.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        // A machine that stands before 1970 records the time of the entry before.
        Moment(since.ok().and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or_default())
    })
}

/// The day of a moment in UTC; the calendar's end for a moment beyond it.
pub fn day_of(moment: Moment) -> NaiveDate {
    const MILLISECONDS: i64 = 24 * 60 * 60 * 1000;
    let days = moment.0.div_euclid(MILLISECONDS);
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap_or_default();
    let day = u64::try_from(days).ok().and_then(|days| epoch.checked_add_days(chrono::Days::new(days)));
    day.unwrap_or(epoch)
}

/// A moment as RFC 3339 in UTC with milliseconds: `2026-11-21T08:30:00.000Z`.
pub fn rfc3339(moment: Moment) -> String {
    const MILLISECONDS: i64 = 24 * 60 * 60 * 1000;
    let rest = moment.0.rem_euclid(MILLISECONDS);
    let (seconds, thousandths) = (rest / 1000, rest % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{}T{hours:02}:{minutes:02}:{seconds:02}.{thousandths:03}Z", day_of(moment))
}
