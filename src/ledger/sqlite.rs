//! The records in one SQLite file: one writer thread with group commit, readers beside it.
//!
//! The writer takes whatever waits, up to a bound, writes it in one transaction and answers when that is on the disk
//! (WAL, `synchronous=FULL`). If anything fails, the whole transaction is rolled back and everyone in it is told so.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Params, Transaction, TransactionBehavior, params};

use super::audit::{Access, AuditRow};
use super::backend::Backend;
use super::chain::{Algorithm, Hash, Row, signed};
use super::kept::Kept;
use super::migrate::{Dialect, Schema, migrate};
use super::pool::Pool;
use super::queue::{Done, Queue, Work};
use super::verify::{
    AUDIT_COLUMNS, Cell, Cells, JOURNAL_COLUMNS, Tables, Verification, audit_row, of_another_schema, row, verify,
};
use super::writer::{Journal, first_entry, perform};
use super::{BalanceQuery, PATIENCE, Seam, StoreError, Synchronous};
use crate::domain::books::entry::{Entry, Moment, Seq, Subject};
use crate::domain::books::event::Register;

pub use super::Options;

/// The file below the directory of the records.
pub const FILE: &str = "lode.db";

/// Statements that a connection keeps: all that there are. Those that did not fit would be read anew each time.
const STATEMENTS: usize = 64;

/// The records in a file.
pub struct SqliteStore {
    path: PathBuf,
    queue: Option<Queue>,
    readers: Pool<Connection>,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Lets a file be written ahead. Of several that open a new one at once, each of which waits for the others to end reading,
/// SQLite turns one away without waiting: it comes again.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let begun = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && begun.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

impl SqliteStore {
    /// Opens the store of a directory, which is made if it does not exist.
    pub fn open(directory: &Path, options: Options) -> Result<SqliteStore, StoreError> {
        fs::create_dir_all(directory)
            .map_err(|error| StoreError::Unavailable(format!("{}: {error}", directory.display())))?;
        let path = directory.join(FILE);
        let mut connection = set_up(Connection::open(&path)?)?;
        write_ahead(&connection)?;
        let synchronous = match options.synchronous {
            Synchronous::Full => "FULL",
            Synchronous::Normal => "NORMAL",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        migrate(&mut transaction, Dialect::Sqlite)?;
        let algorithm = first_entry(&InTransaction { connection: &transaction, seam: None }, &options)?;
        transaction.commit()?;
        if let Some(pages) = options.most_pages {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        let mut kept = Kept::default();
        let queue = Queue::start(move |works| group(&mut connection, works, algorithm, &options, &mut kept))?;
        Ok(SqliteStore { path, queue: Some(queue), readers: Pool::default() })
    }

    /// The store of a directory for reading alone: nothing is made, and nothing can be recorded.
    pub fn existing(directory: &Path) -> Result<SqliteStore, StoreError> {
        let path = directory.join(FILE);
        if !path.exists() {
            return Err(StoreError::Unusable(format!("{} 不存在 · does not exist", path.display())));
        }
        Ok(SqliteStore { path, queue: None, readers: Pool::default() })
    }

    /// The store in a file of its own for reading alone, such as a backup.
    pub fn existing_file(path: &Path) -> Result<SqliteStore, StoreError> {
        if !path.is_file() {
            return Err(StoreError::Unusable(format!("{} 不存在 · does not exist", path.display())));
        }
        Ok(SqliteStore { path: path.to_owned(), queue: None, readers: Pool::default() })
    }

    /// Makes a store in a file, or goes on with one that has no records, and fills it in one transaction.
    pub(super) fn filled<T>(
        path: &Path,
        fill: impl FnOnce(&dyn Journal) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        migrate(&mut transaction, Dialect::Sqlite)?;
        let filled = fill(&InTransaction { connection: &transaction, seam: None })?;
        transaction.commit()?;
        Ok(filled)
    }

    /// Fills the store of a directory, which must have no records.
    pub(super) fn filled_in(
        directory: &Path,
        fill: impl FnOnce(&dyn Journal) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        fs::create_dir_all(directory)
            .map_err(|error| StoreError::Unavailable(format!("{}: {error}", directory.display())))?;
        SqliteStore::filled(&directory.join(FILE), fill)
    }

    /// Brings the schema of a file to the newest form.
    pub(super) fn brought_forward(path: &Path) -> Result<(), StoreError> {
        SqliteStore::filled(path, |_| Ok(()))
    }

    /// The number of the last step of the schema; an error if the file is no store.
    pub(super) fn schema(&self) -> Result<i64, StoreError> {
        let found =
            self.reader()?.query_row("SELECT MAX(number) FROM migration", [], |row| row.get::<_, Option<i64>>(0));
        match found {
            Ok(Some(number)) => Ok(number),
            Ok(None) | Err(_) => {
                let path = self.path.display();
                Err(StoreError::Unusable(format!("{path} 不是记录库的备份 · is no backup of records")))
            }
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn reader(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        set_up(Connection::open_with_flags(&self.path, flags)?)
    }
}

fn set_up(connection: Connection) -> Result<Connection, StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise a statement is parsed again whenever a value is bound that its plan might depend on.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

impl Backend for SqliteStore {
    fn read<T>(&self, read: impl FnOnce(&dyn Journal) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let place = self.readers.place()?;
        let mut connection = place.kept().map_or_else(|| self.reader(), Ok)?;
        let transaction = connection.transaction()?;
        let result = read(&InTransaction { connection: &transaction, seam: None });
        transaction.finish()?;
        if result.is_ok() {
            place.keep(connection);
        }
        result
    }

    fn queue(&self) -> Option<&Queue> {
        self.queue.as_ref()
    }
}

/// One transaction: all of it is on the disk afterwards, or none.
fn group(
    connection: &mut Connection,
    works: &mut dyn Iterator<Item = Work>,
    algorithm: Algorithm,
    options: &Options,
    kept: &mut Kept,
) -> Result<Vec<Done>, StoreError> {
    // Rolled back when dropped on the way.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let tables = InTransaction { connection: &transaction, seam: options.seam.as_ref() };
    // Whatever goes wrong until the commit is done, what was kept is gone.
    let (outcomes, known) = perform(&tables, works, algorithm, &options.clock, std::mem::take(kept))?;
    transaction.commit()?;
    *kept = known;
    Ok(outcomes)
}

impl Schema for Transaction<'_> {
    fn prepare(&mut self) -> Result<(), StoreError> {
        Ok(self.execute_batch(
            "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT",
        )?)
    }

    fn newest(&mut self) -> Result<i64, StoreError> {
        Ok(self.query_row("SELECT COALESCE(MAX(number), 0) FROM migration", [], |row| row.get(0))?)
    }

    fn made(&mut self, number: i64) -> Result<Option<String>, StoreError> {
        Ok(self.query_row("SELECT checksum FROM migration WHERE number = ?1", [number], |row| row.get(0)).optional()?)
    }

    fn make(&mut self, number: i64, name: &str, text: &str, checksum: &str) -> Result<(), StoreError> {
        self.execute_batch(text)?;
        self.execute(
            "INSERT INTO migration (number, name, checksum) VALUES (?1, ?2, ?3)",
            params![number, name, checksum],
        )?;
        Ok(())
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        StoreError::Unavailable(error.to_string())
    }
}

/// The tables as a transaction sees them.
struct InTransaction<'c> {
    connection: &'c Connection,
    seam: Option<&'c Seam>,
}

impl InTransaction<'_> {
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
        Ok(())
    }

    fn set_head(&self, seq: i64, hash: Hash) -> Result<(), StoreError> {
        self.write(
            "INSERT INTO head (one, seq, hash) VALUES (1, ?1, ?2) ON CONFLICT (one) DO UPDATE SET seq = ?1, hash = ?2",
            params![seq, hash.0],
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
        )
    }

    fn set_audit_head(&self, seq: Seq, hash: Hash) -> Result<(), StoreError> {
        self.write(
            "INSERT INTO audit_head (one, seq, hash) VALUES (1, ?1, ?2)
             ON CONFLICT (one) DO UPDATE SET seq = ?1, hash = ?2",
            params![signed(seq), hash.0],
        )
    }

    fn probe(&self) -> Result<(), StoreError> {
        self.before_write()?;
        // A number of the file that nothing reads: its page is written all the same.
        Ok(self.connection.pragma_update(None, "user_version", 0)?)
    }

    fn before_write(&self) -> Result<(), StoreError> {
        self.seam.map_or(Ok(()), |seam| seam()).map_err(StoreError::Unavailable)
    }

    fn rows_after(&self, after: Seq, kind: Option<&str>, limit: u32) -> Result<Vec<Row>, StoreError> {
        match kind {
            Some(kind) => {
                self.rows("WHERE kind = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3", params![kind, signed(after), limit])
            }
            None => self.rows("WHERE seq > ?1 ORDER BY seq LIMIT ?2", params![signed(after), limit]),
        }
    }

    fn audit_after(&self, after: Seq, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.audit("WHERE seq > ?1 ORDER BY seq LIMIT ?2", params![signed(after), limit])
    }

    fn sums(&self, query: BalanceQuery) -> Result<Vec<(String, String, i64)>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT item, account, SUM(amount) FROM posting JOIN journal USING (seq)
             WHERE effective_on <= ?1 AND recorded_at <= ?2 AND (?3 IS NULL OR subject = ?3)
             GROUP BY item, account HAVING SUM(amount) <> 0",
        )?;
        let (as_of, known_at, subject) = query.bounds();
        let found = statement
            .query_map(params![as_of, known_at, subject], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    fn verified(&self) -> Result<Verification, StoreError> {
        let failure = Mutex::new(None);
        let all = |sql: &str, columns: usize| -> Result<Vec<Cells>, StoreError> {
            let mut statement = self.connection.prepare(sql)?;
            let found = statement.query_map([], |row| Ok(cells(row, columns)))?.collect::<Result<_, _>>()?;
            Ok(found)
        };
        let migration = all("SELECT number, name, checksum FROM migration ORDER BY number", 3)?;
        if let Some(verification) = of_another_schema(&migration, Dialect::Sqlite) {
            return Ok(verification);
        }
        let prepare = |sql: &str| self.connection.prepare(sql);
        let mut journal = prepare(&format!("SELECT {JOURNAL_COLUMNS} FROM journal ORDER BY seq"))?;
        let mut posting = prepare("SELECT seq, line, account, item, amount FROM posting ORDER BY seq, line")?;
        let mut name = prepare("SELECT seq, register, name FROM name ORDER BY seq, register")?;
        let mut audit = prepare(&format!("SELECT {AUDIT_COLUMNS} FROM audit ORDER BY seq"))?;
        let stream = |rows, columns| Box::new(Stream { rows, columns, failure: &failure });
        let verification = verify(Tables {
            dialect: Dialect::Sqlite,
            migration,
            journal: stream(journal.query([])?, 11),
            posting: stream(posting.query([])?, 5),
            name: stream(name.query([])?, 3),
            head: all("SELECT one, seq, hash FROM head", 3)?,
            audit: stream(audit.query([])?, 10),
            audit_head: all("SELECT one, seq, hash FROM audit_head", 3)?,
        });
        let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        failure.map_or(Ok(verification), Err)
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
