//! Migrations of the stores: forward from every released schema, each once, in order. A newer schema is refused. A step has
//! a text for each kind of store, so that none of them can be forgotten.

use super::StoreError;
use super::chain::Hash;

/// Which SQL a store speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// One step of the schema.
#[derive(Debug)]
pub struct Migration {
    /// Its name, which begins with its number.
    pub name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

impl Migration {
    /// Its text for a kind of store.
    pub fn text(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }

    /// The checksum of that text.
    pub fn checksum(&self, dialect: Dialect) -> String {
        Hash::sha256(self.text(dialect).as_bytes()).to_string()
    }
}

/// All steps in order; number 1 is the first.
pub const MIGRATIONS: [Migration; 2] = [
    Migration {
        name: "0001_journal",
        sqlite: include_str!("migrations/0001_journal.sql"),
        postgres: include_str!("migrations/postgres/0001_journal.sql"),
    },
    Migration {
        name: "0002_audit",
        sqlite: include_str!("migrations/0002_audit.sql"),
        postgres: include_str!("migrations/postgres/0002_audit.sql"),
    },
];

/// The schema of a store inside a transaction that no other one can change it in.
pub(super) trait Schema {
    /// Makes the table of the steps if there is none.
    fn prepare(&mut self) -> Result<(), StoreError>;
    /// The number of the last step; 0 before the first.
    fn newest(&mut self) -> Result<i64, StoreError>;
    /// The checksum of a step that was made.
    fn made(&mut self, number: i64) -> Result<Option<String>, StoreError>;
    /// Runs the text of a step and notes it.
    fn make(&mut self, number: i64, name: &str, text: &str, checksum: &str) -> Result<(), StoreError>;
}

/// Brings the schema to the newest form.
pub(super) fn migrate(schema: &mut dyn Schema, dialect: Dialect) -> Result<(), StoreError> {
    schema.prepare()?;
    refuse_newer(schema.newest()?)?;
    for (number, migration) in (1_i64..).zip(&MIGRATIONS) {
        let (name, checksum) = (migration.name, migration.checksum(dialect));
        match schema.made(number)? {
            Some(made) if made == checksum => {}
            Some(_) => {
                return Err(StoreError::Unusable(format!(
                    "记录库的迁移 {name} 与本程序的不一致 · migration {name} of the store is not the one of this version"
                )));
            }
            None => schema.make(number, name, migration.text(dialect), &checksum)?,
        }
    }
    Ok(())
}

/// An error if a newer version made the schema.
pub(super) fn refuse_newer(newest: i64) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if newest <= known {
        return Ok(());
    }
    Err(StoreError::Unusable(format!(
        "记录库的结构版本为 {newest}，本程序只认识到 {known}：请使用更新的版本 · the schema of the store is {newest}, this version knows {known}: use a newer version"
    )))
}
