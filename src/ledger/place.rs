//! Where the records are: in a file below a directory, or on a server.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::backup::{self, Copied};
use super::sqlite::{FILE, SqliteStore};
use super::verify::Verification;
use super::{Head, Options, Store, StoreError};

/// The address of a database, with its password: shown nowhere, neither in logs nor in errors.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl(String);

impl From<String> for StoreUrl {
    fn from(text: String) -> StoreUrl {
        // Looked at when it is used: an error of the command line would repeat it.
        StoreUrl(text)
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreUrl(…)")
    }
}

impl StoreUrl {
    /// The address as it was given.
    #[cfg(feature = "postgres")]
    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// Where the records are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file below a directory, which is made when something is first recorded or asked for.
    Directory(PathBuf),
    /// On a PostgreSQL server, which several instances may share.
    Server(StoreUrl),
}

impl Place {
    /// The server if one is named, else the directory.
    pub fn of(directory: &Path, server: Option<&StoreUrl>) -> Place {
        let named = server.filter(|url| !url.0.is_empty());
        named.map_or_else(|| Place::Directory(directory.to_owned()), |url| Place::Server(url.clone()))
    }

    /// Whether there are records, as far as can be told without making any. A server was named on purpose: it is asked.
    pub fn is_begun(&self) -> bool {
        match self {
            Place::Directory(directory) => directory.join(FILE).exists(),
            Place::Server(_) => true,
        }
    }

    /// Opens the store, which begins if there is none.
    pub fn open(&self, options: Options) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Place::Directory(directory) => Ok(Arc::new(SqliteStore::open(directory, options)?)),
            Place::Server(url) => server::open(url, options),
        }
    }

    /// The store for reading alone: nothing is made, and nothing can be recorded.
    pub fn existing(&self) -> Result<Arc<dyn Store>, StoreError> {
        match self {
            Place::Directory(directory) => Ok(Arc::new(SqliteStore::existing(directory)?)),
            Place::Server(url) => server::existing(url),
        }
    }

    /// Checks the records as they stand, without making or changing anything.
    pub fn verify(&self) -> Result<(Head, Verification), StoreError> {
        backup::verified(&*self.existing()?)
    }

    /// Writes a backup into a new file, beside whoever writes records.
    pub fn backup(&self, file: &Path) -> Result<Copied, StoreError> {
        match self {
            Place::Directory(directory) => backup::make(&SqliteStore::existing(directory)?, file),
            Place::Server(url) => server::backup(url, file),
        }
    }

    /// Restores a backup here, where there must be no records: all of it, or nothing.
    pub fn restore(&self, file: &Path) -> Result<Copied, StoreError> {
        backup::restore(file, |fill| match self {
            Place::Directory(directory) => SqliteStore::filled_in(directory, fill),
            Place::Server(url) => server::filled(url, fill),
        })?;
        self.verify()
    }
}

/// A backup, for reading alone.
pub fn backed_up(file: &Path) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(SqliteStore::existing_file(file)?))
}

#[cfg(feature = "postgres")]
mod server {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::backup::{self, Copied};
    use super::super::postgres::PostgresStore;
    use super::super::writer::Journal;
    use super::super::{Options, Store, StoreError};
    use super::StoreUrl;

    pub(super) fn open(url: &StoreUrl, options: Options) -> Result<Arc<dyn Store>, StoreError> {
        Ok(Arc::new(PostgresStore::open(url, options)?))
    }

    pub(super) fn existing(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
        Ok(Arc::new(PostgresStore::existing(url)?))
    }

    pub(super) fn backup(url: &StoreUrl, file: &Path) -> Result<Copied, StoreError> {
        backup::make(&PostgresStore::existing(url)?, file)
    }

    pub(super) fn filled(
        url: &StoreUrl,
        fill: impl FnOnce(&dyn Journal) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        PostgresStore::filled_at(url, fill)
    }
}

#[cfg(not(feature = "postgres"))]
mod server {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::backup::Copied;
    use super::super::writer::Journal;
    use super::super::{Options, Store, StoreError};
    use super::StoreUrl;

    fn missing<T>() -> Result<T, StoreError> {
        Err(StoreError::Unusable(
            "--store：本程序编译时未含 PostgreSQL · this program was built without PostgreSQL (feature postgres)"
                .to_owned(),
        ))
    }

    pub(super) fn open(_: &StoreUrl, _: Options) -> Result<Arc<dyn Store>, StoreError> {
        missing()
    }

    pub(super) fn backup(_: &StoreUrl, _: &Path) -> Result<Copied, StoreError> {
        missing()
    }

    pub(super) fn filled(
        _: &StoreUrl,
        _: impl FnOnce(&dyn Journal) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        missing()
    }

    pub(super) fn existing(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
        open(url, Options::default())
    }
}
