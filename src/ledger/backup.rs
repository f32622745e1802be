//! Backups. One is a store by itself: a file of SQLite, whatever keeps the records, with every row of journal and audit log
//! as it is, hashes included. So it is verified like any other, and what was backed up from one kind of store can be restored
//! into the other. Tables that repeat the journal are made anew from it.
//!
//! A backup reads one moment, beside the running service: whatever was acknowledged before is in it.

use std::io;
use std::path::Path;

use super::backend::Backend;
use super::chain::signed;
use super::migrate::MIGRATIONS;
use super::sqlite::SqliteStore;
use super::verify::Verification;
use super::writer::{Journal, stored};
use super::{Head, Store, StoreError};

/// Rows that are held at once.
const PAGE: u32 = 1000;

/// What was copied: the last entry, and what verification of the copy found.
pub type Copied = (Head, Verification);

/// Writes a backup into a new file, which is there once it is whole and verified, readable by its owner alone.
pub(super) fn make(source: &impl Backend, file: &Path) -> Result<Copied, StoreError> {
    let failed = |error: io::Error| StoreError::Unavailable(format!("{}: {error}", file.display()));
    if file.exists() {
        return Err(StoreError::Unusable(format!("{} 已存在 · exists already", file.display())));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let made = tempfile::Builder::new().prefix(".lode-backup-").tempfile_in(folder).map_err(failed)?;
    let wanted = source.read(|from| SqliteStore::filled(made.path(), |to| copy(from, to)))?;
    let copied = verified(&SqliteStore::existing_file(made.path())?)?;
    if (copied.1.entries, copied.1.head, copied.1.accesses) != (wanted.entries, wanted.head, wanted.accesses) {
        return Err(StoreError::Damaged("the backup is not what was read".to_owned()));
    }
    made.persist_noclobber(file).map_err(|error| failed(error.error))?;
    // The name of the file is on the disk too.
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(copied)
}

/// Copies a backup into a store that has no records; `fill` makes the tables of the store and gives them.
pub(super) fn restore(
    file: &Path,
    fill: impl FnOnce(&dyn Fn(&dyn Journal) -> Result<(), StoreError>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let backup = SqliteStore::existing_file(file)?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if backup.schema()? >= known {
        return pour(&backup, fill);
    }
    // One of an older version is brought forward like any store; the file itself stays as it is.
    let failed = |error: io::Error| StoreError::Unavailable(error.to_string());
    let newer = tempfile::Builder::new().prefix("lode-restore-").tempfile().map_err(failed)?;
    std::fs::copy(file, newer.path()).map_err(failed)?;
    SqliteStore::brought_forward(newer.path())?;
    pour(&SqliteStore::existing_file(newer.path())?, fill)
}

fn pour(
    backup: &SqliteStore,
    fill: impl FnOnce(&dyn Fn(&dyn Journal) -> Result<(), StoreError>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    backup.read(|from| {
        fill(&|to| {
            if to.last()?.is_some() {
                return Err(StoreError::Unusable(
                    "记录库中已有记录，只能恢复到空的记录库 · there are records already: a backup is restored into an empty store only"
                        .to_owned(),
                ));
            }
            copy(from, to).map(|_| ())
        })
    })
}

/// Checks a store as it stands.
pub fn verified(store: &dyn Store) -> Result<Copied, StoreError> {
    let verification = store.verify()?;
    let said = || verification.damage.as_ref().map_or_else(String::new, ToString::to_string);
    let head = store.head().map_err(|_| StoreError::Damaged(said()))?;
    Ok((head, verification))
}

/// Copies every row; what is damaged is not copied as if it were sound.
fn copy(from: &dyn Journal, to: &dyn Journal) -> Result<Verification, StoreError> {
    let verification = from.verified()?;
    if let Some(damage) = verification.damage {
        return Err(StoreError::Damaged(damage.to_string()));
    }
    let mut after = 0;
    loop {
        let rows = from.rows_after(after, None, PAGE)?;
        let Some(last) = rows.last() else { break };
        after = last.seq.unsigned_abs();
        for row in &rows {
            to.add(row, &stored(row)?.entry)?;
        }
        to.set_head(last.seq, last.hash)?;
    }
    let mut after = 0;
    loop {
        let rows = from.audit_after(after, PAGE)?;
        let Some(last) = rows.last() else { break };
        after = last.seq;
        rows.iter().try_for_each(|row| to.add_audit(row))?;
        to.set_audit_head(last.seq, last.hash)?;
    }
    let copied = to.last()?.map_or(0, |row| row.seq);
    if copied != signed(verification.entries) {
        return Err(StoreError::Damaged("the records changed while they were read".to_owned()));
    }
    Ok(verification)
}
