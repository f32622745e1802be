//! Connections that are kept open between uses: a bounded number, whoever comes later waits for a place.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::{PATIENCE, StoreError};

/// Connections, at most.
const PLACES: usize = 8;

/// The connections for reading.
pub(super) struct Pool<C> {
    state: Mutex<State<C>>,
    freed: Condvar,
}

struct State<C> {
    idle: Vec<C>,
    lent: usize,
}

impl<C> Default for Pool<C> {
    fn default() -> Pool<C> {
        Pool { state: Mutex::new(State { idle: Vec::new(), lent: 0 }), freed: Condvar::new() }
    }
}

impl<C> Pool<C> {
    fn state(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one connection, waited for if all are taken.
    pub(super) fn place(&self) -> Result<Place<'_, C>, StoreError> {
        let full = |state: &mut State<C>| state.lent >= PLACES;
        let waited = self.freed.wait_timeout_while(self.state(), PATIENCE, full);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            return Err(StoreError::Unavailable("all connections for reading are taken".to_owned()));
        }
        state.lent += 1;
        Ok(Place { pool: self })
    }

    /// Takes out the connections that nobody uses.
    #[cfg(feature = "postgres")]
    pub(super) fn drain(&self) -> Vec<C> {
        std::mem::take(&mut self.state().idle)
    }
}

/// A place, free again when it is dropped.
pub(super) struct Place<'p, C> {
    pool: &'p Pool<C>,
}

impl<C> Place<'_, C> {
    /// A connection that was kept.
    pub(super) fn kept(&self) -> Option<C> {
        self.pool.state().idle.pop()
    }

    /// Keeps a sound connection for the next one.
    pub(super) fn keep(&self, connection: C) {
        self.pool.state().idle.push(connection);
    }
}

impl<C> Drop for Place<'_, C> {
    fn drop(&mut self) {
        self.pool.state().lent -= 1;
        self.pool.freed.notify_one();
    }
}
