//! Whether the service can do its work: the records can be written, the disk has room. That the rate data are whole was found
//! out before it started. The disk is asked at most once a second, however often the probe is: anybody may ask it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::service::Service;

/// How long what was found counts.
const FRESH: Duration = Duration::from_secs(1);
/// How long a look may take before whoever waits for it is told that something is wrong.
const PATIENCE: Duration = Duration::from_secs(15);

/// A part that cannot do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanting {
    /// The records cannot be written.
    Store,
    /// The disk has too little room.
    Disk,
}

impl Wanting {
    /// All of them.
    pub const ALL: [Wanting; 2] = [Wanting::Store, Wanting::Disk];

    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Wanting::Store => "store",
            Wanting::Disk => "disk",
        }
    }
}

/// What was found when.
#[derive(Debug)]
struct Found {
    at: Instant,
    wanting: Vec<Wanting>,
}

/// Whether the service can do its work.
#[derive(Debug, Default)]
pub struct Readiness {
    /// The directory whose disk needs room, with how much in bytes.
    room: Option<(PathBuf, u64)>,
    found: Mutex<Option<Found>>,
    /// Held by whoever looks.
    looking: Mutex<()>,
}

impl Readiness {
    /// The disk of this directory needs so many bytes.
    pub fn with_room(directory: &Path, bytes: u64) -> Readiness {
        Readiness { room: Some((directory.to_owned(), bytes)), ..Readiness::default() }
    }

    /// Looks, unless somebody did just now or is about to.
    pub fn look(&self, service: &Service) {
        let Ok(_looking) = self.looking.try_lock() else { return };
        let is_fresh = |found: &Found| found.at.elapsed() < FRESH;
        if self.found.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(is_fresh) {
            return;
        }
        let mut wanting = Vec::new();
        if let Err(error) = service.records.probe() {
            tracing::error!(%error, "not ready: the records cannot be written");
            wanting.push(Wanting::Store);
        }
        if let Some((directory, bytes)) = &self.room
            && let Some(free) = room(directory)
            && free < *bytes
        {
            tracing::error!(free, least = bytes, directory = %directory.display(), "not ready: the disk is nearly full");
            wanting.push(Wanting::Disk);
        }
        let found = Found { at: Instant::now(), wanting };
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
    }

    /// What cannot do its work, as far as is known: nothing looked for means nothing wanting, but a look that does not end
    /// does.
    pub fn wanting(&self) -> Vec<Wanting> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match &*found {
            Some(Found { at, wanting }) if at.elapsed() < PATIENCE => wanting.clone(),
            _ if self.looking.try_lock().is_ok() => Vec::new(),
            _ => vec![Wanting::Store],
        }
    }
}

/// The bytes that a disk has left, for a directory that may not be there yet; nothing where that cannot be asked.
#[cfg(unix)]
fn room(directory: &Path) -> Option<u64> {
    let absolute = std::path::absolute(directory).ok()?;
    let there = absolute.ancestors().find(|directory| directory.exists())?;
    let disk = rustix::fs::statvfs(there).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn room(_: &Path) -> Option<u64> {
    None
}
