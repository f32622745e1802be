//! Whether the service can do its work: the records can be written, the disk has room. That the rate data are whole was found
//! out before it started. The disk is asked at most once a second, however often the probe is: anybody may ask it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::service::Service;

/// How long what was found counts.
const FRESH: Duration = Duration::from_secs(1);
/// How long a look may take before something is wrong.
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

/// What is known.
#[derive(Debug, Default)]
struct Known {
    wanting: Vec<Wanting>,
    /// When somebody found that out.
    at: Option<Instant>,
    /// When somebody began to look who has not come back yet.
    looking: Option<Instant>,
}

/// Whether the service can do its work.
#[derive(Debug)]
pub struct Readiness {
    /// The directory whose disk needs room, with how much in bytes.
    room: Option<(PathBuf, u64)>,
    patience: Duration,
    known: Mutex<Known>,
}

impl Default for Readiness {
    fn default() -> Readiness {
        Readiness { room: None, patience: PATIENCE, known: Mutex::default() }
    }
}

impl Readiness {
    /// The disk of this directory needs so many bytes.
    pub fn with_room(directory: &Path, bytes: u64) -> Readiness {
        Readiness { room: Some((directory.to_owned(), bytes)), ..Readiness::default() }
    }

    /// The same, but a look may take so long.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Readiness {
        Readiness { patience, ..self }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks, unless somebody did just now or is about to.
    pub fn look(&self, service: &Service) {
        let mut known = self.known();
        if known.looking.is_some() || known.at.is_some_and(|at| at.elapsed() < FRESH) {
            return;
        }
        known.looking = Some(Instant::now());
        // Others are told what is known meanwhile.
        drop(known);
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
        *self.known() = Known { wanting, at: Some(Instant::now()), looking: None };
    }

    /// What cannot do its work, as far as is known; records whose look does not end cannot.
    pub fn wanting(&self) -> Vec<Wanting> {
        let known = self.known();
        if known.looking.is_some_and(|since| since.elapsed() > self.patience) {
            vec![Wanting::Store]
        } else {
            known.wanting.clone()
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
