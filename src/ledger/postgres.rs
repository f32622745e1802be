//! The records on a PostgreSQL server, for several instances of the service: each has one writer thread with group commit,
//! and readers beside it.
//!
//! There is one journal whoever writes: a group takes a lock of the whole store before it reads anything, decides with the
//! last row in hand, and gives the lock back with its commit. Readers see one moment (`REPEATABLE READ`). A connection that
//! was lost is made anew by whoever needs it next.

use std::cell::{Cell as Flag, RefCell};
use std::collections::HashMap;
use std::error::Error as _;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use postgres::config::Host;
use postgres::types::{FromSql, ToSql, Type};
use postgres::{Client, Config, NoTls, Statement};

use super::audit::{Access, AuditRow};
use super::backend::Backend;
use super::chain::{Algorithm, Hash, Row, signed};
use super::kept::Kept;
use super::migrate::{Dialect, Schema, migrate, refuse_newer};
use super::place::StoreUrl;
use super::pool::Pool;
use super::postgres_tls::Protection;
use super::queue::{Done, Queue, Work};
use super::verify::{
    AUDIT_COLUMNS, Cell, Cells, JOURNAL_COLUMNS, Rows, Tables, Verification, audit_row, of_another_schema, row, verify,
};
use super::writer::{Journal, first_entry, perform};
use super::{BalanceQuery, Options, PATIENCE, Seam, StoreError};
use crate::domain::books::entry::{Entry, Moment, Seq, Subject};
use crate::domain::books::event::Register;

/// How long a server may be silent before a connection counts as lost.
const SILENCE: Duration = Duration::from_secs(30);

/// Rows of a table that verification holds at once.
const PAGE: u32 = 1000;

/// The first half of the name of the lock; the other half is the schema.
const LOCK: i32 = 0x6c6f_6465;

/// Every statement sees what was committed before it, so that the first one behind the lock sees the last group.
const WRITING: &str = "START TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE";
/// All statements see the same moment.
const READING: &str = "START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";

/// How columns are read: `i` an integer, `t` a text, `b` bytes.
const JOURNAL: &str = "iitttttbtbb";
const AUDIT: &str = "iitttttibb";

/// The records in a database.
pub struct PostgresStore {
    server: Server,
    queue: Option<Queue>,
    readers: Pool<Connection>,
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Opens the store of a database, whose tables are made if there are none.
    pub fn open(url: &StoreUrl, options: Options) -> Result<PostgresStore, StoreError> {
        let server = Server::new(url)?;
        if server.is_exposed() {
            tracing::warn!(
                "the connection to the database leaves this machine and its server is not verified: sslmode=verify-full does that"
            );
        }
        let mut connection = server.begun(None, WRITING)?;
        let algorithm = committed(&mut connection, None, |tables| {
            migrate(&mut &*tables, Dialect::Postgres)?;
            first_entry(tables, &options)
        })?;
        let (mut writer, server_of_writer) =
            (Writer { connection: Some(connection), kept: Kept::default() }, server.clone());
        let queue = Queue::start(move |works| group(&server_of_writer, &mut writer, works, algorithm, &options))?;
        Ok(PostgresStore { server, queue: Some(queue), readers: Pool::default() })
    }

    /// The store of a database for reading alone: nothing is made, and nothing can be recorded.
    pub fn existing(url: &StoreUrl) -> Result<PostgresStore, StoreError> {
        let store = PostgresStore { server: Server::new(url)?, queue: None, readers: Pool::default() };
        let found = store.reading(|tables| tables.query("SELECT to_regclass('journal') IS NOT NULL", &[]))?;
        if found.first().and_then(|row| row.try_get(0).ok()) != Some(true) {
            let none = "--store：数据库中没有记录 · there are no records in the database";
            return Err(StoreError::Unusable(none.to_owned()));
        }
        Ok(store)
    }

    /// Fills the store of a database, which must have no records.
    pub(super) fn filled_at(
        url: &StoreUrl,
        fill: impl FnOnce(&dyn Journal) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut connection = Server::new(url)?.begun(None, WRITING)?;
        committed(&mut connection, None, |tables| {
            migrate(&mut &*tables, Dialect::Postgres)?;
            fill(tables)
        })
    }

    fn reading<T>(&self, read: impl FnOnce(&InTransaction<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let place = self.readers.place()?;
        let mut connection = self.server.begun(place.kept(), READING)?;
        let result = read(&InTransaction::of(&mut connection, None));
        // What is not sound is closed, which ends its transaction too.
        if result.is_ok() && connection.client.batch_execute("COMMIT").is_ok() {
            place.keep(connection);
        }
        result
    }
}

impl Backend for PostgresStore {
    fn read<T>(&self, read: impl FnOnce(&dyn Journal) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.reading(|tables| read(tables))
    }

    fn queue(&self) -> Option<&Queue> {
        self.queue.as_ref()
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        let idle = self.readers.drain();
        // Closing a connection waits for the network, which is refused to a thread that runs the service's own tasks.
        let _ = std::thread::spawn(move || drop(idle)).join();
    }
}

/// How the database is reached.
#[derive(Clone)]
struct Server {
    config: Config,
    protection: Protection,
}

impl Server {
    fn new(url: &StoreUrl) -> Result<Server, StoreError> {
        let malformed = || {
            // What is wrong is not said more closely: it could be a part of the password.
            StoreError::Unusable(
                "--store：应为 postgres://用户:密码@主机:端口/数据库；密码中的 @ : / ? # % 写成 %40 等 · \
                 must be postgres://USER:PASSWORD@HOST:PORT/DATABASE, with @ : / ? # % in the password as %40 and so on"
                    .to_owned(),
            )
        };
        let text = Some(url.text())
            .filter(|text| text.starts_with("postgres://") || text.starts_with("postgresql://"))
            .ok_or_else(malformed)?;
        let (address, protection) = Protection::of(text)?;
        let mut config: Config = address.parse().map_err(|_| malformed())?;
        if config.get_application_name().is_none() {
            config.application_name("lode");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        config.keepalives_idle(SILENCE).tcp_user_timeout(SILENCE).ssl_mode(protection.mode);
        config.notice_callback(|notice| tracing::debug!(message = notice.message(), "the database says"));
        Ok(Server { config, protection })
    }

    /// Whether somebody on the way could read what leaves this machine, or answer for the database.
    fn is_exposed(&self) -> bool {
        let local =
            |name: &String| name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        let remote = self.config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(name) if !local(name)));
        remote && !self.protection.knows_the_server()
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let mut client = match &self.protection.tls {
            Some(tls) => self.config.connect(tls.clone())?,
            None => self.config.connect(NoTls)?,
        };
        // A server that says it is done before the disk has it cannot keep what was acknowledged. A session that was
        // stopped in the middle of a group gives the lock back when the server ends it.
        let seconds = format!("{}s", PATIENCE.as_secs());
        let found = client.query_one(
            "SELECT current_setting('server_encoding'), current_setting('fsync'), current_schema()::text,
               set_config('synchronous_commit', CASE current_setting('synchronous_commit')
                 WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false),
               set_config('lock_timeout', $1, false),
               set_config('idle_in_transaction_session_timeout', $1, false),
               set_config('client_min_messages', 'warning', false)",
            &[&seconds],
        )?;
        let (encoding, fsync): (String, String) = (found.try_get(0)?, found.try_get(1)?);
        let schema: Option<String> = found.try_get(2)?;
        let wrong = if encoding != "UTF8" {
            "数据库的编码应为 UTF8 · the encoding of the database must be UTF8"
        } else if fsync != "on" {
            "数据库服务器的 fsync 已关闭，确认的记录可能丢失 · fsync is off at the server: what is acknowledged could be lost"
        } else if schema.is_none() {
            "search_path 中没有模式 · there is no schema in the search_path"
        } else {
            return Ok(Connection { client, statements: HashMap::new() });
        };
        Err(StoreError::Unusable(format!("--store：{wrong}")))
    }

    /// A connection within a transaction: the kept one, or another if that was lost meanwhile.
    fn begun(&self, kept: Option<Connection>, begin: &str) -> Result<Connection, StoreError> {
        if let Some(mut connection) = kept
            && connection.client.batch_execute(begin).is_ok()
        {
            return Ok(connection);
        }
        let mut connection = self.connect()?;
        connection.client.batch_execute(begin)?;
        Ok(connection)
    }
}

struct Connection {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl Connection {
    fn prepared(&mut self, sql: &str) -> Result<Statement, postgres::Error> {
        if let Some(known) = self.statements.get(sql) {
            return Ok(known.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// Does something behind the lock of the store and commits it. After an error the connection is good for nothing more:
/// closing it rolls back what was begun.
fn committed<T>(
    connection: &mut Connection,
    seam: Option<&Seam>,
    act: impl FnOnce(&InTransaction<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let tables = InTransaction::of(connection, seam);
    tables.query(
        "SELECT pg_advisory_xact_lock($1, (SELECT oid::int4 FROM pg_namespace WHERE nspname = current_schema()))",
        &[&LOCK],
    )?;
    let done = act(&tables)?;
    // The server answers a commit after a failed statement as if nothing were wrong, and rolls back.
    if tables.failed.get() {
        return Err(StoreError::Unavailable("a statement of the group failed".to_owned()));
    }
    connection.client.batch_execute("COMMIT")?;
    Ok(done)
}

/// What a writer has from one group to the next.
#[derive(Default)]
struct Writer {
    connection: Option<Connection>,
    kept: Kept,
}

/// One transaction: all of it is on the disk afterwards, or none.
fn group(
    server: &Server,
    writer: &mut Writer,
    works: &mut dyn Iterator<Item = Work>,
    algorithm: Algorithm,
    options: &Options,
) -> Result<Vec<Done>, StoreError> {
    // Whatever goes wrong until the commit is done, what was kept is gone.
    let Writer { connection, kept } = std::mem::take(writer);
    let mut connection = server.begun(connection, WRITING)?;
    let (outcomes, kept) = committed(&mut connection, options.seam.as_ref(), |tables| {
        // A newer instance may have brought the schema forward since this one started.
        refuse_newer((&mut &*tables).newest()?)?;
        perform(tables, works, algorithm, &options.clock, kept)
    })?;
    *writer = Writer { connection: Some(connection), kept };
    Ok(outcomes)
}

/// The tables as a transaction sees them.
struct InTransaction<'c> {
    connection: RefCell<&'c mut Connection>,
    seam: Option<&'c Seam>,
    /// A statement failed: the server refuses all others.
    failed: Flag<bool>,
}

/// A value as the server sends it.
struct Raw(Vec<u8>);

impl<'r> FromSql<'r> for Raw {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Raw, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(raw.to_vec()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

fn cells(row: &postgres::Row, columns: &str) -> Cells {
    let cell = |(index, kind)| {
        if kind == 'i' {
            return row
                .try_get(index)
                .map_or(Cell::Other, |number: Option<i64>| number.map_or(Cell::Null, Cell::Integer));
        }
        match row.try_get(index) {
            Ok(None) => Cell::Null,
            Ok(Some(Raw(bytes))) if kind == 't' => Cell::Text(bytes),
            Ok(Some(Raw(bytes))) => Cell::Blob(bytes),
            Err(_) => Cell::Other,
        }
    };
    columns.chars().enumerate().map(cell).collect()
}

type Values<'v> = [&'v (dyn ToSql + Sync)];

impl<'c> InTransaction<'c> {
    fn of(connection: &'c mut Connection, seam: Option<&'c Seam>) -> InTransaction<'c> {
        InTransaction { connection: RefCell::new(connection), seam, failed: Flag::new(false) }
    }

    fn noticed<T>(&self, result: Result<T, postgres::Error>) -> Result<T, StoreError> {
        result.map_err(|error| {
            self.failed.set(true);
            error.into()
        })
    }

    fn query(&self, sql: &str, values: &Values<'_>) -> Result<Vec<postgres::Row>, StoreError> {
        let mut connection = self.connection.borrow_mut();
        let found = connection.prepared(sql).and_then(|statement| connection.client.query(&statement, values));
        self.noticed(found)
    }

    fn run(&self, text: &str) -> Result<(), StoreError> {
        self.noticed(self.connection.borrow_mut().client.batch_execute(text))
    }

    fn write(&self, sql: &str, values: &Values<'_>) -> Result<(), StoreError> {
        self.before_write()?;
        self.query(sql, values).map(|_| ())
    }

    fn rows(&self, tail: &str, values: &Values<'_>) -> Result<Vec<Row>, StoreError> {
        let found = self.query(&format!("SELECT {JOURNAL_COLUMNS} FROM journal {tail}"), values)?;
        let damaged = || StoreError::Damaged("journal: a column".to_owned());
        found.iter().map(|found| row(&cells(found, JOURNAL)).ok_or_else(damaged)).collect()
    }

    fn audit(&self, tail: &str, values: &Values<'_>) -> Result<Vec<AuditRow>, StoreError> {
        let found = self.query(&format!("SELECT {AUDIT_COLUMNS} FROM audit {tail}"), values)?;
        let damaged = || StoreError::Damaged("audit: a column".to_owned());
        found.iter().map(|found| audit_row(&cells(found, AUDIT)).ok_or_else(damaged)).collect()
    }

    fn one(&self, tail: &str, values: &Values<'_>) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(tail, values)?.into_iter().next())
    }

    fn all(&self, sql: &str, columns: &str) -> Result<Vec<Cells>, StoreError> {
        Ok(self.query(sql, &[])?.iter().map(|row| cells(row, columns)).collect())
    }

    /// Rows of a query as they come, a page at a time; a failure ends them and is kept.
    fn stream<'s>(
        &'s self,
        cursor: &'static str,
        sql: &str,
        columns: &'static str,
        failure: &'s RefCell<Option<StoreError>>,
    ) -> Result<Rows<'s>, StoreError> {
        self.run(&format!("DECLARE {cursor} NO SCROLL CURSOR FOR {sql}"))?;
        let fetch = format!("FETCH {PAGE} FROM {cursor}");
        let pages = std::iter::from_fn(move || match self.query(&fetch, &[]) {
            Ok(page) if page.is_empty() => None,
            Ok(page) => Some(page),
            Err(error) => {
                *failure.borrow_mut() = Some(error);
                None
            }
        });
        Ok(Box::new(pages.fuse().flatten().map(|row| cells(&row, columns))))
    }
}

impl Schema for &InTransaction<'_> {
    fn prepare(&mut self) -> Result<(), StoreError> {
        self.run(
            "CREATE TABLE IF NOT EXISTS migration
             (number BIGINT NOT NULL PRIMARY KEY, name TEXT COLLATE \"C\" NOT NULL, checksum TEXT COLLATE \"C\" NOT NULL)",
        )
    }

    fn newest(&mut self) -> Result<i64, StoreError> {
        let found = self.query("SELECT COALESCE(MAX(number), 0) FROM migration", &[])?;
        found.first().map_or(Ok(0), |row| self.noticed(row.try_get(0)))
    }

    fn made(&mut self, number: i64) -> Result<Option<String>, StoreError> {
        let found = self.query("SELECT checksum FROM migration WHERE number = $1", &[&number])?;
        found.first().map(|row| self.noticed(row.try_get(0))).transpose()
    }

    fn make(&mut self, number: i64, name: &str, text: &str, checksum: &str) -> Result<(), StoreError> {
        self.run(text)?;
        let sql = "INSERT INTO migration (number, name, checksum) VALUES ($1, $2, $3)";
        self.query(sql, &[&number, &name, &checksum]).map(|_| ())
    }
}

impl Journal for InTransaction<'_> {
    fn row(&self, seq: Seq) -> Result<Option<Row>, StoreError> {
        self.one("WHERE seq = $1", &[&signed(seq)])
    }

    fn rows_of(&self, subject: Subject, known_at: Option<Moment>) -> Result<Vec<Row>, StoreError> {
        let known_at = known_at.map_or(i64::MAX, |moment| moment.0);
        self.rows("WHERE subject = $1 AND recorded_at <= $2 ORDER BY seq", &[&subject.to_string(), &known_at])
    }

    fn row_of_request(&self, actor: &str, key: &str) -> Result<Option<Row>, StoreError> {
        self.one("WHERE actor = $1 AND request_key = $2", &[&actor, &key])
    }

    fn last(&self) -> Result<Option<Row>, StoreError> {
        self.one("ORDER BY seq DESC LIMIT 1", &[])
    }

    fn named(&self, register: Register, name: &str) -> Result<Vec<Seq>, StoreError> {
        let sql = "SELECT seq FROM name WHERE register = $1 AND name = $2 ORDER BY seq";
        let found = self.query(sql, &[&register.code(), &name.as_bytes()])?;
        found.iter().map(|row| self.noticed(row.try_get(0).map(i64::unsigned_abs))).collect()
    }

    fn count_named(&self, register: Register, prefix: &str) -> Result<u64, StoreError> {
        // Names of one register that begin with digits: the sign after 9 ends them.
        let (from, until) = (prefix.as_bytes(), format!("{prefix}:").into_bytes());
        let sql = "SELECT COUNT(*) FROM name WHERE register = $1 AND name >= $2 AND name < $3";
        let found = self.query(sql, &[&register.code(), &from, &until])?;
        found.first().map_or(Ok(0), |row| self.noticed(row.try_get(0).map(i64::unsigned_abs)))
    }

    fn add(&self, row: &Row, entry: &Entry) -> Result<(), StoreError> {
        let postings = entry.set.postings();
        let lines: Vec<i64> = (1..).zip(postings).map(|(line, _)| line).collect();
        let accounts: Vec<&str> = postings.iter().map(|posting| posting.account.code()).collect();
        let items: Vec<String> = postings.iter().map(|posting| posting.item.to_string()).collect();
        let amounts: Vec<i64> = postings.iter().map(|posting| posting.amount.fen()).collect();
        let named = entry.event.name();
        let registers: Vec<&str> = named.iter().map(|(register, _)| register.code()).collect();
        let names: Vec<&[u8]> = named.iter().map(|(_, name)| name.as_bytes()).collect();
        let (request_hash, prev_hash) = (row.request_hash.map(|hash| hash.0.to_vec()), row.prev_hash.0.to_vec());
        // One statement, one way over the network.
        self.write(
            "WITH lines AS (
               INSERT INTO posting (seq, line, account, item, amount)
               SELECT $1::bigint, * FROM unnest($12::bigint[], $13::text[], $14::text[], $15::bigint[])
             ), names AS (
               INSERT INTO name (seq, register, name) SELECT $1::bigint, * FROM unnest($16::text[], $17::bytea[])
             )
             INSERT INTO journal (seq, recorded_at, effective_on, kind, subject, actor, request_key, request_hash,
                                  content, prev_hash, hash)
             VALUES ($1::bigint, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            &[
                &row.seq,
                &row.recorded_at,
                &row.effective_on,
                &row.kind,
                &row.subject,
                &row.actor,
                &row.request_key,
                &request_hash,
                &row.content,
                &prev_hash,
                &row.hash.0.as_slice(),
                &lines,
                &accounts,
                &items,
                &amounts,
                &registers,
                &names,
            ],
        )
    }

    fn set_head(&self, seq: i64, hash: Hash) -> Result<(), StoreError> {
        self.write(
            "INSERT INTO head (one, seq, hash) VALUES (1, $1, $2)
             ON CONFLICT (one) DO UPDATE SET seq = EXCLUDED.seq, hash = EXCLUDED.hash",
            &[&seq, &hash.0.as_slice()],
        )
    }

    fn last_audit(&self) -> Result<Option<AuditRow>, StoreError> {
        Ok(self.audit("ORDER BY seq DESC LIMIT 1", &[])?.into_iter().next())
    }

    fn add_audit(&self, row: &AuditRow) -> Result<(), StoreError> {
        let Access { actor, method, target, address, request_id, status } = &row.access;
        self.write(
            "INSERT INTO audit (seq, at, actor, method, target, address, request_id, status, prev_hash, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                &signed(row.seq),
                &row.at.0,
                actor,
                method,
                target,
                address,
                request_id,
                &i64::from(*status),
                &row.prev_hash.0.as_slice(),
                &row.hash.0.as_slice(),
            ],
        )
    }

    fn set_audit_head(&self, seq: Seq, hash: Hash) -> Result<(), StoreError> {
        self.write(
            "INSERT INTO audit_head (one, seq, hash) VALUES (1, $1, $2)
             ON CONFLICT (one) DO UPDATE SET seq = EXCLUDED.seq, hash = EXCLUDED.hash",
            &[&signed(seq), &hash.0.as_slice()],
        )
    }

    fn probe(&self) -> Result<(), StoreError> {
        // That the lock was given and that the server is no standby is what a transaction that writes says by beginning; a
        // number for it is given out by nobody who cannot write.
        self.write("SELECT pg_current_xact_id()::text", &[])
    }

    fn before_write(&self) -> Result<(), StoreError> {
        self.seam.map_or(Ok(()), |seam| seam()).map_err(StoreError::Unavailable)
    }

    fn rows_after(&self, after: Seq, kind: Option<&str>, limit: u32) -> Result<Vec<Row>, StoreError> {
        let (after, limit) = (signed(after), i64::from(limit));
        match kind {
            Some(kind) => self.rows("WHERE kind = $1 AND seq > $2 ORDER BY seq LIMIT $3", &[&kind, &after, &limit]),
            None => self.rows("WHERE seq > $1 ORDER BY seq LIMIT $2", &[&after, &limit]),
        }
    }

    fn audit_after(&self, after: Seq, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.audit("WHERE seq > $1 ORDER BY seq LIMIT $2", &[&signed(after), &i64::from(limit)])
    }

    fn sums(&self, query: BalanceQuery) -> Result<Vec<(String, String, i64)>, StoreError> {
        let (as_of, known_at, subject) = query.bounds();
        let found = self.query(
            "SELECT item, account, SUM(amount)::bigint FROM posting JOIN journal USING (seq)
             WHERE effective_on <= $1 AND recorded_at <= $2 AND ($3::text IS NULL OR subject = $3::text)
             GROUP BY item, account HAVING SUM(amount) <> 0",
            &[&as_of, &known_at, &subject],
        )?;
        let sum = |row: &postgres::Row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
        self.noticed(found.iter().map(sum).collect())
    }

    fn verified(&self) -> Result<Verification, StoreError> {
        let migration = self.all("SELECT number, name, checksum FROM migration ORDER BY number", "itt")?;
        if let Some(verification) = of_another_schema(&migration, Dialect::Postgres) {
            return Ok(verification);
        }
        let failure = RefCell::new(None);
        let journal = format!("SELECT {JOURNAL_COLUMNS} FROM journal ORDER BY seq");
        let posting = "SELECT seq, line, account, item, amount FROM posting ORDER BY seq, line";
        let name = "SELECT seq, register, name FROM name ORDER BY seq, register";
        let audit = format!("SELECT {AUDIT_COLUMNS} FROM audit ORDER BY seq");
        let verification = verify(Tables {
            dialect: Dialect::Postgres,
            migration,
            journal: self.stream("journal_rows", &journal, JOURNAL, &failure)?,
            posting: self.stream("posting_rows", posting, "iitti", &failure)?,
            name: self.stream("name_rows", name, "itt", &failure)?,
            head: self.all("SELECT one, seq, hash FROM head", "iib")?,
            audit: self.stream("audit_rows", &audit, AUDIT, &failure)?,
            audit_head: self.all("SELECT one, seq, hash FROM audit_head", "iib")?,
        });
        failure.into_inner().map_or(Ok(verification), Err)
    }
}

impl From<postgres::Error> for StoreError {
    fn from(error: postgres::Error) -> StoreError {
        let mut text = error.to_string();
        // What the server said stands behind: neither repeats the password.
        let mut cause = error.source();
        while let Some(next) = cause {
            text = format!("{text}: {next}");
            cause = next.source();
        }
        StoreError::Unavailable(text)
    }
}
