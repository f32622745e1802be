//! Migrations of the SQLite store: forward from every released schema, each once, in order. A newer schema is refused.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::chain::Hash;

/// Name and text of each migration, in order; number 1 is the first.
pub const MIGRATIONS: [(&str, &str); 2] = [
    ("0001_journal", include_str!("migrations/0001_journal.sql")),
    ("0002_audit", include_str!("migrations/0002_audit.sql")),
];

/// The checksum of a migration's text.
pub fn checksum(text: &str) -> String {
    Hash::sha256(text.as_bytes()).to_string()
}

/// Brings the schema to the newest form.
pub fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL) STRICT",
    )?;
    let newest: i64 = transaction.query_row("SELECT COALESCE(MAX(number), 0) FROM migration", [], |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if newest > known {
        return Err(StoreError::Unusable(format!(
            "记录库的结构版本为 {newest}，本程序只认识到 {known}：请使用更新的版本 · the schema of the store is {newest}, this version knows {known}: use a newer version"
        )));
    }
    for (number, (name, text)) in (1_i64..).zip(MIGRATIONS) {
        let applied: Option<String> = transaction
            .query_row("SELECT checksum FROM migration WHERE number = ?1", [number], |row| row.get(0))
            .optional()?;
        match applied {
            Some(applied) if applied == checksum(text) => {}
            Some(_) => {
                return Err(StoreError::Unusable(format!(
                    "记录库的迁移 {name} 与本程序的不一致 · migration {name} of the store is not the one of this version"
                )));
            }
            None => {
                transaction.execute_batch(text)?;
                transaction.execute(
                    "INSERT INTO migration (number, name, checksum) VALUES (?1, ?2, ?3)",
                    params![number, name, checksum(text)],
                )?;
            }
        }
    }
    transaction.commit()?;
    Ok(())
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        StoreError::Unavailable(error.to_string())
    }
}
