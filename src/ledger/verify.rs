//! Verification: every row of every table against the chain and against what the journal says, in the order of the journal,
//! up to the first row that is not as it was written.

use std::fmt;
use std::iter::Peekable;

use super::audit::{Access, AuditRow};
use super::canonical;
use super::chain::{Algorithm, Hash, Row, genesis};
use super::migrate::{Dialect, MIGRATIONS};
use crate::domain::books::entry::{Entry, Moment, Seq};

/// A value of a column as it stands, whatever its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// A text, perhaps not of UTF-8.
    Text(Vec<u8>),
    /// Bytes.
    Blob(Vec<u8>),
    /// Anything else, which is never written.
    Other,
}

/// The columns of a row.
pub type Cells = Vec<Cell>;

/// What is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The table.
    pub table: &'static str,
    /// The entry that the row belongs to, or that is missing.
    pub seq: Seq,
    /// What is wrong.
    pub reason: &'static str,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.table, self.seq, self.reason)
    }
}

/// What verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Entries that are as they were written, from the first on.
    pub entries: Seq,
    /// The hash of the last of them.
    pub head: Hash,
    /// Rows of the audit log that are as they were written; it is read if the journal is sound.
    pub accesses: Seq,
    /// The first thing that is not.
    pub damage: Option<Damage>,
}

/// Rows as they are read.
pub type Rows<'t> = Box<dyn Iterator<Item = Cells> + 't>;

/// All tables, each in the order of its numbers: `migration` (number, name, checksum), `journal` as [`JOURNAL_COLUMNS`],
/// `posting` (seq, line, account, item, amount), `name` (seq, register, name), `head` (one, seq, hash), `audit` as
/// [`AUDIT_COLUMNS`], `audit_head` like `head`.
#[expect(missing_docs, reason = "named like the tables")]
pub struct Tables<'t> {
    /// Whose migrations these have to be.
    pub dialect: Dialect,
    pub migration: Vec<Cells>,
    pub journal: Rows<'t>,
    pub posting: Rows<'t>,
    pub name: Rows<'t>,
    pub head: Vec<Cells>,
    pub audit: Rows<'t>,
    pub audit_head: Vec<Cells>,
}

impl fmt::Debug for Tables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tables").field("dialect", &self.dialect).finish_non_exhaustive()
    }
}

/// The columns of the journal in the order of [`Row`].
pub const JOURNAL_COLUMNS: &str =
    "seq, recorded_at, effective_on, kind, subject, actor, request_key, request_hash, content, prev_hash, hash";

/// A row of the journal out of its columns.
pub fn row(cells: &Cells) -> Option<Row> {
    let [seq, recorded_at, effective_on, kind, subject, actor, key, request, content, prev_hash, hash] =
        cells.as_slice()
    else {
        return None;
    };
    Some(Row {
        seq: integer(seq)?,
        recorded_at: integer(recorded_at)?,
        effective_on: text(effective_on)?,
        kind: text(kind)?,
        subject: text(subject)?,
        actor: text(actor)?,
        request_key: if *key == Cell::Null { None } else { Some(text(key)?) },
        request_hash: if *request == Cell::Null { None } else { Some(hash_of(request)?) },
        content: text(content)?,
        prev_hash: hash_of(prev_hash)?,
        hash: hash_of(hash)?,
    })
}

/// The columns of the audit log in the order of [`AuditRow`].
pub const AUDIT_COLUMNS: &str = "seq, at, actor, method, target, address, request_id, status, prev_hash, hash";

/// A row of the audit log out of its columns.
pub fn audit_row(cells: &Cells) -> Option<AuditRow> {
    let [seq, at, actor, method, target, address, request_id, status, prev_hash, hash] = cells.as_slice() else {
        return None;
    };
    Some(AuditRow {
        seq: integer(seq)?.try_into().ok()?,
        at: Moment(integer(at)?),
        access: Access {
            actor: text(actor)?,
            method: text(method)?,
            target: text(target)?,
            address: text(address)?,
            request_id: text(request_id)?,
            status: integer(status)?.try_into().ok()?,
        },
        prev_hash: hash_of(prev_hash)?,
        hash: hash_of(hash)?,
    })
}

/// Reads the audit log up to the first damage: how many rows are sound, and what is not.
fn verify_audit(rows: impl Iterator<Item = Cells>, head: &[Cells], algorithm: Algorithm) -> (Seq, Option<Damage>) {
    let (mut seq, mut hash, mut at) = (0, Hash::default(), Moment(i64::MIN));
    let damage = |seq, reason| Some(Damage { table: "audit", seq, reason });
    for cells in rows {
        let Some(row) = audit_row(&cells) else { return (seq, damage(seq + 1, "a column has another type")) };
        let reason = if row.seq != seq + 1 {
            Some("the row is missing or stands in another place")
        } else if row.prev_hash != hash {
            Some("the hash of the row before is another one")
        } else if row.computed(algorithm) != row.hash {
            Some("the hash does not fit the row")
        } else if row.at < at {
            Some("noted before the row before")
        } else {
            None
        };
        if let Some(reason) = reason {
            return (seq, damage(seq + 1, reason));
        }
        (seq, hash, at) = (row.seq, row.hash, row.at);
    }
    let wanted = [Cell::Integer(1), Cell::Integer(super::chain::signed(seq)), Cell::Blob(hash.0.to_vec())];
    let sound = match head {
        [] => seq == 0,
        [only] => *only == wanted && seq > 0,
        _ => false,
    };
    let lost = Damage { table: "audit_head", seq: seq + 1, reason: "the last row is not the one noted as the last" };
    (seq, if sound { None } else { Some(lost) })
}

fn integer(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Integer(number) => Some(*number),
        _ => None,
    }
}

fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(bytes) => String::from_utf8(bytes.clone()).ok(),
        _ => None,
    }
}

fn hash_of(cell: &Cell) -> Option<Hash> {
    match cell {
        Cell::Blob(bytes) => Hash::from_bytes(bytes),
        _ => None,
    }
}

/// What the rows of an index say about one entry, as they have to be written.
fn posting_cells(entry: &Entry) -> Vec<Cells> {
    let lines = (1..).zip(entry.set.postings());
    let seq = super::chain::signed(entry.seq);
    lines
        .map(|(line, posting)| {
            vec![
                Cell::Integer(seq),
                Cell::Integer(line),
                Cell::Text(posting.account.code().into()),
                Cell::Text(posting.item.to_string().into()),
                Cell::Integer(posting.amount.fen()),
            ]
        })
        .collect()
}

fn name_cells(entry: &Entry) -> Vec<Cells> {
    let seq = super::chain::signed(entry.seq);
    let name = entry.event.name();
    name.map(|(register, name)| vec![Cell::Integer(seq), Cell::Text(register.code().into()), Cell::Text(name.into())])
        .into_iter()
        .collect()
}

/// What verification knows while it reads.
struct Reader {
    algorithm: Option<Algorithm>,
    seq: i64,
    recorded_at: i64,
    hash: Hash,
}

/// What verification says of a store whose schema is not the one of this version; its tables cannot be read then.
pub fn of_another_schema(migration: &[Cells], dialect: Dialect) -> Option<Verification> {
    let damage = check_migrations(migration, dialect).err()?;
    Some(Verification { entries: 0, head: Hash::default(), accesses: 0, damage: Some(damage) })
}

/// Reads all tables up to the first damage.
pub fn verify(tables: Tables<'_>) -> Verification {
    let Tables { dialect, migration, journal, posting, name, head, audit, audit_head } = tables;
    let mut reader = Reader { algorithm: None, seq: 0, recorded_at: i64::MIN, hash: Hash::default() };
    let damage = check_migrations(&migration, dialect)
        .and_then(|()| reader.read(journal, &mut posting.peekable(), &mut name.peekable(), &head))
        .err();
    let (accesses, damage) = match damage {
        Some(damage) => (0, Some(damage)),
        None => verify_audit(audit, &audit_head, reader.algorithm.unwrap_or_default()),
    };
    Verification { entries: reader.seq.unsigned_abs(), head: reader.hash, accesses, damage }
}

impl Reader {
    fn read(
        &mut self,
        journal: Rows<'_>,
        posting: &mut Peekable<Rows<'_>>,
        name: &mut Peekable<Rows<'_>>,
        head: &[Cells],
    ) -> Result<(), Damage> {
        for cells in journal {
            let (entry, hash) = self.journal_row(&cells)?;
            check_index("posting", &entry, posting_cells(&entry), posting)?;
            check_index("name", &entry, name_cells(&entry), name)?;
            (self.seq, self.recorded_at, self.hash) = (self.seq + 1, entry.recorded_at.0, hash);
        }
        let next = self.seq.unsigned_abs() + 1;
        let wanted = [Cell::Integer(1), Cell::Integer(self.seq), Cell::Blob(self.hash.0.to_vec())];
        if !matches!(head, [only] if *only == wanted) || self.seq == 0 {
            return Err(Damage {
                table: "head",
                seq: next,
                reason: "the last entry is not the one recorded as the last",
            });
        }
        let more = posting.peek().map(|_| "posting").or(name.peek().map(|_| "name"));
        match more {
            Some(table) => Err(Damage { table, seq: next, reason: "the row belongs to no entry" }),
            None => Ok(()),
        }
    }

    fn journal_row(&mut self, cells: &Cells) -> Result<(Entry, Hash), Damage> {
        let seq = self.seq.unsigned_abs() + 1;
        let damage = |reason| Damage { table: "journal", seq, reason };
        let row = row(cells).ok_or(damage("a column has another type"))?;
        if row.seq != self.seq + 1 {
            return Err(damage("the entry is missing or stands in another place"));
        }
        if row.prev_hash != self.hash {
            return Err(damage("the hash of the entry before is another one"));
        }
        let entry = row.entry().map_err(|_| damage("the content is not what is written"))?;
        if canonical::text(&canonical::content(&entry.event, &entry.set)) != row.content {
            return Err(damage("the content is not in its canonical form"));
        }
        let algorithm = match (self.algorithm, genesis(&entry.event)) {
            (Some(algorithm), None) => algorithm,
            (None, Some((algorithm, _))) => algorithm,
            _ => return Err(damage("the store begins with another entry")),
        };
        self.algorithm = Some(algorithm);
        if row.computed(algorithm) != row.hash {
            return Err(damage("the hash does not fit the entry"));
        }
        if row.recorded_at < self.recorded_at {
            return Err(damage("recorded before the entry before"));
        }
        Ok((entry, row.hash))
    }
}

/// The rows of an index that belong to the entry, and none before.
fn check_index(
    table: &'static str,
    entry: &Entry,
    wanted: Vec<Cells>,
    rows: &mut Peekable<Rows<'_>>,
) -> Result<(), Damage> {
    let seq = super::chain::signed(entry.seq);
    let belongs = |cells: &Cells| !matches!(cells.first(), Some(Cell::Integer(number)) if *number > seq);
    let mut wanted = wanted.into_iter();
    while let Some(cells) = rows.next_if(belongs) {
        if wanted.next() != Some(cells) {
            return Err(Damage { table, seq: entry.seq, reason: "the row is not what the entry says" });
        }
    }
    match wanted.next() {
        Some(_) => Err(Damage { table, seq: entry.seq, reason: "a row is missing" }),
        None => Ok(()),
    }
}

fn check_migrations(rows: &[Cells], dialect: Dialect) -> Result<(), Damage> {
    let wanted: Vec<Cells> = (1..)
        .zip(&MIGRATIONS)
        .map(|(number, migration)| {
            let checksum = migration.checksum(dialect);
            vec![Cell::Integer(number), Cell::Text(migration.name.into()), Cell::Text(checksum.into())]
        })
        .collect();
    if rows == wanted {
        Ok(())
    } else {
        Err(Damage { table: "migration", seq: 0, reason: "another schema is recorded" })
    }
}
