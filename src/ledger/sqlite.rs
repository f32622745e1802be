//! The records in one SQLite file: one writer thread with group commit, readers beside it.
//!
//! The writer takes whatever waits, up to a bound, writes it in one transaction and answers when that is on the disk
//! (WAL, `synchronous=FULL`). If anything fails, the whole transaction is rolled back and everyone in it is told so.

use std::fmt;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Params, TransactionBehavior, params};

use super::audit::{Access, AuditRow};
use super::chain::{Algorithm, Row, genesis, signed};
use super::migrate::migrate;
use super::verify::{
    AUDIT_COLUMNS, Cell, Cells, JOURNAL_COLUMNS, Tables, Verification, audit_row, row, verify, verify_audit,
};
use super::writer::{self, Journal, all_stored, begin, stored};
use super::{Balance, BalanceQuery, Clock, Head, Outcome, Store, StoreError, Stored, Submission, system_clock};
use crate::domain::books::account::Account;
use crate::domain::books::content::{Content, Kept};
use crate::domain::books::entry::{Entry, ItemId, Moment, Seq, Subject, number};
use crate::domain::books::event::Register;
use crate::domain::money::Yuan;

/// The file below the directory of the records.
pub const FILE: &str = "lode.db";

/// Submissions that share one commit, at most.
const GROUP: usize = 256;
/// Submissions that wait, at most; further ones wait for a place.
const QUEUE: usize = 4096;
/// Readers that are kept open.
const READERS: usize = 8;
/// How long a transaction of another process is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asked before every write: an error stands for one of the disk. For tests.
pub type Seam = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// For a store that begins; one that exists keeps its own.
    pub algorithm: Algorithm,
    /// What tells the time.
    pub clock: Clock,
    /// Fails writes in tests.
    pub seam: Option<Seam>,
    /// Most pages of the file: stands for a full disk in tests.
    pub most_pages: Option<u32>,
}

impl Default for Options {
    fn default() -> Options {
        Options { algorithm: Algorithm::default(), clock: system_clock(), seam: None, most_pages: None }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// What waits for the writer.
enum Work {
    Record(Submission),
    Note(Access),
}

/// Where the writer answers: with the outcome of a submission, with nothing for a note.
type Reply = SyncSender<Result<Option<Outcome>, StoreError>>;

/// The records in a file.
pub struct SqliteStore {
    path: PathBuf,
    queue: Option<SyncSender<(Work, Reply)>>,
    writer: Option<JoinHandle<()>>,
    readers: Mutex<Vec<Connection>>,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the store of a directory, which is made if it does not exist.
    pub fn open(directory: &Path, options: Options) -> Result<SqliteStore, StoreError> {
        fs::create_dir_all(directory)
            .map_err(|error| StoreError::Unavailable(format!("{}: {error}", directory.display())))?;
        let path = directory.join(FILE);
        let mut connection = Connection::open(&path)?;
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        migrate(&mut connection)?;
        let algorithm = first_entry(&mut connection, &options)?;
        if let Some(pages) = options.most_pages {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        let (queue, waiting) = sync_channel(QUEUE);
        let writer = std::thread::Builder::new()
            .name("ledger-writer".to_owned())
            .spawn(move || serve(connection, &waiting, algorithm, &options))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(SqliteStore { path, queue: Some(queue), writer: Some(writer), readers: Mutex::new(Vec::new()) })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn readers(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands something to the writer and waits until it is on the disk.
    fn ask_writer(&self, work: Work) -> Result<Option<Outcome>, StoreError> {
        let (reply, answer) = sync_channel(1);
        self.queue.as_ref().ok_or_else(gone)?.send((work, reply)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }

    /// Reads within one transaction, so that everything read belongs together.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let kept = self.readers().pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&self.path, flags)?;
                connection.busy_timeout(PATIENCE)?;
                connection
            }
        };
        let transaction = connection.transaction()?;
        let result = read(&transaction);
        transaction.finish()?;
        let mut readers = self.readers();
        if result.is_ok() && readers.len() < READERS {
            readers.push(connection);
        }
        result
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Without a queue the writer ends after what waits in it.
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the writer has ended".to_owned())
}

/// Makes the first entry of a store that begins, and tells the algorithm of one that has begun.
fn first_entry(connection: &mut Connection, options: &Options) -> Result<Algorithm, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let tables = InTransaction { connection: &transaction, seam: None };
    if tables.last()?.is_none() {
        let keys = RandomState::new();
        let instance = format!("{:016x}{:016x}", keys.hash_one(1), RandomState::new().hash_one(2));
        begin(&tables, options.algorithm, instance, (options.clock)())?;
    }
    let first = tables.row(1)?.ok_or_else(|| StoreError::Damaged("the first entry is missing".to_owned()))?;
    let first = stored(&first)?;
    let (algorithm, _) = genesis(&first.entry.event)
        .ok_or_else(|| StoreError::Damaged("the first entry does not begin a store".to_owned()))?;
    transaction.commit()?;
    Ok(algorithm)
}

/// The writer's life.
fn serve(mut connection: Connection, waiting: &Receiver<(Work, Reply)>, algorithm: Algorithm, options: &Options) {
    while let Ok(first) = waiting.recv() {
        let (works, replies): (Vec<Work>, Vec<Reply>) =
            std::iter::once(first).chain(waiting.try_iter().take(GROUP - 1)).unzip();
        let outcomes = group(&mut connection, works, algorithm, options);
        match outcomes {
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
}

/// One transaction: all of it is on the disk afterwards, or none.
fn group(
    connection: &mut Connection,
    works: Vec<Work>,
    algorithm: Algorithm,
    options: &Options,
) -> Result<Vec<Option<Outcome>>, StoreError> {
    // Rolled back when dropped on the way.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let tables = InTransaction { connection: &transaction, seam: options.seam.as_ref() };
    let clock = &options.clock;
    let outcomes = works
        .into_iter()
        .map(|work| match work {
            Work::Record(submission) => writer::record(&tables, submission, algorithm, clock).map(Some),
            Work::Note(access) => writer::note(&tables, access, algorithm, clock).map(|()| None),
        })
        .collect::<Result<Vec<_>, _>>()?;
    if outcomes.iter().any(|outcome| matches!(outcome, None | Some(Outcome::Recorded(_)))) {
        tables.before_write()?;
    }
    transaction.commit()?;
    Ok(outcomes)
}

/// The tables as a transaction sees them.
struct InTransaction<'c> {
    connection: &'c Connection,
    seam: Option<&'c Seam>,
}

impl InTransaction<'_> {
    fn before_write(&self) -> Result<(), StoreError> {
        self.seam.map_or(Ok(()), |seam| seam()).map_err(StoreError::Unavailable)
    }

    fn write(&self, sql: &str, values: impl Params) -> Result<(), StoreError> {
        self.before_write()?;
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    fn rows(&self, tail: &str, values: impl Params) -> Result<Vec<Row>, StoreError> {
        let sql = format!("SELECT {JOURNAL_COLUMNS} FROM journal {tail}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let cells = statement.query_map(values, |row| Ok(cells(row, 11)))?.collect::<Result<Vec<_>, _>>()?;
        let read = |cells: &Cells| row(cells).ok_or_else(|| StoreError::Damaged("journal: a column".to_owned()));
        cells.iter().map(read).collect()
    }

    fn audit(&self, tail: &str, values: impl Params) -> Result<Vec<AuditRow>, StoreError> {
        let sql = format!("SELECT {AUDIT_COLUMNS} FROM audit {tail}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let cells = statement.query_map(values, |row| Ok(cells(row, 10)))?.collect::<Result<Vec<_>, _>>()?;
        let read = |cells: &Cells| audit_row(cells).ok_or_else(|| StoreError::Damaged("audit: a column".to_owned()));
        cells.iter().map(read).collect()
    }

    fn one(&self, tail: &str, values: impl Params) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(tail, values)?.into_iter().next())
    }
}

impl Journal for InTransaction<'_> {
    fn row(&self, seq: Seq) -> Result<Option<Row>, StoreError> {
        self.one("WHERE seq = ?1", [signed(seq)])
    }

    fn rows_of(&self, subject: Subject, known_at: Option<Moment>) -> Result<Vec<Row>, StoreError> {
        let known_at = known_at.map_or(i64::MAX, |moment| moment.0);
        self.rows("WHERE subject = ?1 AND recorded_at <= ?2 ORDER BY seq", params![subject.to_string(), known_at])
    }

    fn row_of_request(&self, actor: &str, key: &str) -> Result<Option<Row>, StoreError> {
        self.one("WHERE actor = ?1 AND request_key = ?2", [actor, key])
    }

    fn last(&self) -> Result<Option<Row>, StoreError> {
        self.one("ORDER BY seq DESC LIMIT 1", [])
    }

    fn named(&self, register: Register, name: &str) -> Result<Vec<Seq>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT seq FROM name WHERE register = ?1 AND name = ?2 ORDER BY seq")?;
        let found = statement.query_map([register.code(), name], |row| row.get::<_, i64>(0))?;
        found.map(|seq| Ok(seq?.unsigned_abs())).collect()
    }

    fn count_named(&self, register: Register, prefix: &str) -> Result<u64, StoreError> {
        // Names of one register that begin with digits: the sign after 9 ends them.
        let mut statement = self
            .connection
            .prepare_cached("SELECT COUNT(*) FROM name WHERE register = ?1 AND name >= ?2 AND name < ?2 || ':'")?;
        let count: i64 = statement.query_row([register.code(), prefix], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    fn add(&self, row: &Row, entry: &Entry) -> Result<(), StoreError> {
        self.write(
            "INSERT INTO journal (seq, recorded_at, effective_on, kind, subject, actor, request_key, request_hash, content, prev_hash, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                row.seq,
                row.recorded_at,
                row.effective_on,
                row.kind,
                row.subject,
                row.actor,
                row.request_key,
                row.request_hash.map(|hash| hash.0),
                row.content,
                row.prev_hash.0,
                row.hash.0
            ],
        )?;
        for (line, posting) in (1_i64..).zip(entry.set.postings()) {
            self.write(
                "INSERT INTO posting (seq, line, account, item, amount) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![row.seq, line, posting.account.code(), posting.item.to_string(), posting.amount.fen()],
            )?;
        }
        if let Some((register, name)) = entry.event.name() {
            self.write(
                "INSERT INTO name (seq, register, name) VALUES (?1, ?2, ?3)",
                params![row.seq, register.code(), name],
            )?;
        }
        self.write(
            "INSERT INTO head (one, seq, hash) VALUES (1, ?1, ?2) ON CONFLICT (one) DO UPDATE SET seq = ?1, hash = ?2",
            params![row.seq, row.hash.0],
        )
    }

    fn last_audit(&self) -> Result<Option<AuditRow>, StoreError> {
        Ok(self.audit("ORDER BY seq DESC LIMIT 1", [])?.into_iter().next())
    }

    fn add_audit(&self, row: &AuditRow) -> Result<(), StoreError> {
        let Access { actor, method, target, address, request_id, status } = &row.access;
        let seq = signed(row.seq);
        self.write(
            "INSERT INTO audit (seq, at, actor, method, target, address, request_id, status, prev_hash, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![seq, row.at.0, actor, method, target, address, request_id, status, row.prev_hash.0, row.hash.0],
        )?;
        self.write(
            "INSERT INTO audit_head (one, seq, hash) VALUES (1, ?1, ?2)
             ON CONFLICT (one) DO UPDATE SET seq = ?1, hash = ?2",
            params![seq, row.hash.0],
        )
    }
}

fn cells(row: &rusqlite::Row<'_>, count: usize) -> Cells {
    let cell = |index| match row.get_ref(index) {
        Ok(ValueRef::Null) => Cell::Null,
        Ok(ValueRef::Integer(number)) => Cell::Integer(number),
        Ok(ValueRef::Text(text)) => Cell::Text(text.to_vec()),
        Ok(ValueRef::Blob(blob)) => Cell::Blob(blob.to_vec()),
        Ok(ValueRef::Real(_)) | Err(_) => Cell::Other,
    };
    (0..count).map(cell).collect()
}

/// Rows of a query as they come; a failure ends them and is kept.
struct Stream<'s, 'r> {
    rows: rusqlite::Rows<'s>,
    columns: usize,
    failure: &'r Mutex<Option<StoreError>>,
}

impl Iterator for Stream<'_, '_> {
    type Item = Cells;

    fn next(&mut self) -> Option<Cells> {
        match self.rows.next() {
            Ok(row) => row.map(|row| cells(row, self.columns)),
            Err(error) => {
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.into());
                None
            }
        }
    }
}

fn verified(connection: &Connection) -> Result<Verification, StoreError> {
    let failure = Mutex::new(None);
    let all = |sql: &str, columns: usize| -> Result<Vec<Cells>, StoreError> {
        let mut statement = connection.prepare(sql)?;
        let found = statement.query_map([], |row| Ok(cells(row, columns)))?.collect::<Result<_, _>>()?;
        Ok(found)
    };
    let mut journal = connection.prepare(&format!("SELECT {JOURNAL_COLUMNS} FROM journal ORDER BY seq"))?;
    let mut posting = connection.prepare("SELECT seq, line, account, item, amount FROM posting ORDER BY seq, line")?;
    let mut name = connection.prepare("SELECT seq, register, name FROM name ORDER BY seq, register")?;
    let tables = Tables {
        migration: all("SELECT number, name, checksum FROM migration ORDER BY number", 3)?,
        journal: Stream { rows: journal.query([])?, columns: 11, failure: &failure },
        posting: Stream { rows: posting.query([])?, columns: 5, failure: &failure }.peekable(),
        name: Stream { rows: name.query([])?, columns: 3, failure: &failure }.peekable(),
        head: all("SELECT one, seq, hash FROM head", 3)?,
    };
    let mut verification = verify(tables);
    if verification.damage.is_none() {
        let first = InTransaction { connection, seam: None }.row(1)?.map(|row| stored(&row)).transpose()?;
        let algorithm = first.and_then(|first| genesis(&first.entry.event).map(|(algorithm, _)| algorithm));
        let mut audit = connection.prepare(&format!("SELECT {AUDIT_COLUMNS} FROM audit ORDER BY seq"))?;
        let rows = Stream { rows: audit.query([])?, columns: 10, failure: &failure };
        let head = all("SELECT one, seq, hash FROM audit_head", 3)?;
        let (accesses, damage) = verify_audit(rows, &head, algorithm.unwrap_or_default());
        verification = Verification { accesses, damage, ..verification };
    }
    let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
    failure.map_or(Ok(verification), Err)
}

impl Store for SqliteStore {
    fn submit(&self, submission: Submission) -> Result<Outcome, StoreError> {
        self.ask_writer(Work::Record(submission))?.ok_or_else(gone)
    }

    fn note(&self, access: Access) -> Result<(), StoreError> {
        self.ask_writer(Work::Note(access)).map(|_| ())
    }

    fn audit_after(&self, after: Seq, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.read(|connection| {
            InTransaction { connection, seam: None }
                .audit("WHERE seq > ?1 ORDER BY seq LIMIT ?2", params![signed(after), limit])
        })
    }

    fn last_audit(&self) -> Result<Option<AuditRow>, StoreError> {
        self.read(|connection| InTransaction { connection, seam: None }.last_audit())
    }

    fn entries_of(&self, subject: Subject, known_at: Option<Moment>) -> Result<Vec<Stored>, StoreError> {
        self.read(|connection| all_stored(&InTransaction { connection, seam: None }.rows_of(subject, known_at)?))
    }

    fn entry(&self, seq: Seq) -> Result<Option<Stored>, StoreError> {
        self.read(|connection| InTransaction { connection, seam: None }.row(seq)?.as_ref().map(stored).transpose())
    }

    fn named(&self, register: Register, name: &str) -> Result<Vec<Seq>, StoreError> {
        self.read(|connection| InTransaction { connection, seam: None }.named(register, name))
    }

    fn entries_after(&self, after: Seq, kind: Option<&str>, limit: u32) -> Result<Vec<Stored>, StoreError> {
        self.read(|connection| {
            let tables = InTransaction { connection, seam: None };
            let rows = match kind {
                Some(kind) => tables
                    .rows("WHERE kind = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3", params![kind, signed(after), limit]),
                None => tables.rows("WHERE seq > ?1 ORDER BY seq LIMIT ?2", params![signed(after), limit]),
            };
            all_stored(&rows?)
        })
    }

    fn balances(&self, query: BalanceQuery) -> Result<Vec<Balance>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT item, account, SUM(amount) FROM posting JOIN journal USING (seq)
                 WHERE effective_on <= ?1 AND recorded_at <= ?2 AND (?3 IS NULL OR subject = ?3)
                 GROUP BY item, account HAVING SUM(amount) <> 0",
            )?;
            let as_of = query.as_of.map_or("9999-12-31".to_owned(), |day| day.to_string());
            let known_at = query.known_at.map_or(i64::MAX, |moment| moment.0);
            let subject = query.subject.map(|subject| subject.to_string());
            let found = statement.query_map(params![as_of, known_at, subject], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
            })?;
            let mut balances = found
                .map(|row| {
                    let (item, account, fen) = row?;
                    let damaged = || StoreError::Damaged(format!("posting: {item} {account} {fen}"));
                    Ok(Balance {
                        item: ItemId::parse(&item).ok_or_else(damaged)?,
                        account: Account::restore(&Content::Text(account.clone())).map_err(|_| damaged())?,
                        amount: Yuan::from_fen(fen).map_err(|_| damaged())?,
                    })
                })
                .collect::<Result<Vec<_>, StoreError>>()?;
            balances.sort_unstable();
            Ok(balances)
        })
    }

    fn verify(&self) -> Result<Verification, StoreError> {
        self.read(verified)
    }

    fn head(&self) -> Result<Head, StoreError> {
        self.read(|connection| {
            let tables = InTransaction { connection, seam: None };
            let damaged = || StoreError::Damaged("the journal has no first entry".to_owned());
            let first = stored(&tables.row(1)?.ok_or_else(damaged)?)?;
            let (algorithm, instance) = genesis(&first.entry.event).ok_or_else(damaged)?;
            let last = tables.last()?.ok_or_else(damaged)?;
            Ok(Head {
                seq: number(&last.seq.to_string()).ok_or_else(damaged)?,
                hash: last.hash,
                algorithm,
                instance: instance.to_owned(),
                recorded_at: Moment(last.recorded_at),
            })
        })
    }
}

/// The store of a directory for reading alone: nothing is made, and nothing can be recorded.
pub fn existing(directory: &Path) -> Result<SqliteStore, StoreError> {
    let path = directory.join(FILE);
    if !path.exists() {
        return Err(StoreError::Unusable(format!("{} 不存在 · does not exist", path.display())));
    }
    Ok(SqliteStore { path, queue: None, writer: None, readers: Mutex::new(Vec::new()) })
}

/// Checks the file of a directory as it stands, without opening it for writing and without making it.
pub fn verify_file(directory: &Path) -> Result<(Head, Verification), StoreError> {
    let store = existing(directory)?;
    let verification = store.verify()?;
    let unknown = |_| StoreError::Damaged(verification.damage.as_ref().map_or_else(String::new, ToString::to_string));
    Ok((store.head().map_err(unknown)?, verification))
}
