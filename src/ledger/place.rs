//! Where the records are: in a file below a directory, or on a server.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
        let store = self.existing()?;
        let verification = store.verify()?;
        let said = || verification.damage.as_ref().map_or_else(String::new, ToString::to_string);
        let head = store.head().map_err(|_| StoreError::Damaged(said()))?;
        Ok((head, verification))
    }
}

#[cfg(feature = "postgres")]
mod server {
    use std::sync::Arc;

    use super::super::postgres::PostgresStore;
    use super::super::{Options, Store, StoreError};
    use super::StoreUrl;

    pub(super) fn open(url: &StoreUrl, options: Options) -> Result<Arc<dyn Store>, StoreError> {
        Ok(Arc::new(PostgresStore::open(url, options)?))
    }

    pub(super) fn existing(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
        Ok(Arc::new(PostgresStore::existing(url)?))
    }
}

#[cfg(not(feature = "postgres"))]
mod server {
    use std::sync::Arc;

    use super::super::{Options, Store, StoreError};
    use super::StoreUrl;

    pub(super) fn open(_: &StoreUrl, _: Options) -> Result<Arc<dyn Store>, StoreError> {
        Err(StoreError::Unusable(
            "--store：本程序编译时未含 PostgreSQL · this program was built without PostgreSQL (feature postgres)"
                .to_owned(),
        ))
    }

    pub(super) fn existing(url: &StoreUrl) -> Result<Arc<dyn Store>, StoreError> {
        open(url, Options::default())
    }
}
