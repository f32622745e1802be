//! Every right as the journal has it, kept in memory: lists and work lists fold no journal for each request.
//!
//! The journal stays the truth. Before it answers, [`Memory`] reads what was added since it last looked, so that an answer
//! has everything that was acknowledged before the question, whichever instance recorded it; it is built anew when
//! the service starts, and nothing in it is ever written. A day or a moment in the past, before the last entry of a right,
//! is answered from the journal of that right.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;

use super::{Store, StoreError};
use crate::domain::books::entry::{Entry, Moment, PartyId, RightId, Seq, Subject};
use crate::domain::books::event::{Event, PartyRegistered};
use crate::domain::books::history::{RightHistory, until};
use crate::domain::books::party::party;

/// Entries that are read in one go.
const STRIDE: u32 = 1000;

/// A right as it stands, with what tells whether it stood so on another day.
#[derive(Clone, Debug)]
pub struct Known {
    /// Everything that was recorded; what rests on what is not kept.
    pub history: Arc<RightHistory>,
    /// The last day on which one of its entries takes effect.
    effective_until: NaiveDate,
    /// When it was registered.
    first_recorded: Moment,
    /// When its last entry was recorded.
    last_recorded: Moment,
    /// Its last entry.
    last: Seq,
    /// Its registration was taken back.
    gone: bool,
}

impl Known {
    fn begin(entry: &Entry) -> Option<Known> {
        Some(Known {
            history: Arc::new(RightHistory::begin(entry)?),
            effective_until: entry.effective_on,
            first_recorded: entry.recorded_at,
            last_recorded: entry.recorded_at,
            last: entry.seq,
            gone: false,
        })
    }

    /// Takes what came after; `false` if only all entries of the right tell what they add up to.
    fn extend(&mut self, entry: &Entry) -> bool {
        let history = Arc::make_mut(&mut self.history);
        let taken = history.extend(entry);
        if taken {
            history.forget_ties();
            self.note(entry);
        }
        taken
    }

    fn note(&mut self, entry: &Entry) {
        self.effective_until = self.effective_until.max(entry.effective_on);
        self.last_recorded = self.last_recorded.max(entry.recorded_at);
        self.last = self.last.max(entry.seq);
    }

    /// All of it anew: a reversal or a correction changes what earlier entries add up to.
    fn fold(entries: &[Entry]) -> Option<Known> {
        let mut known = Known::begin(entries.first()?)?;
        let mut history = RightHistory::ever(entries)?;
        history.forget_ties();
        known.gone = history.reversed.contains(&history.id.0);
        known.history = Arc::new(history);
        entries.iter().for_each(|entry| known.note(entry));
        Some(known)
    }

    /// The right as it stood on a day and was known at a moment; `None` if it was not there yet.
    pub fn at(
        &self,
        as_of: NaiveDate,
        known_at: Option<Moment>,
        store: &dyn Store,
    ) -> Result<Option<Arc<RightHistory>>, StoreError> {
        if self.effective_until <= as_of && known_at.is_none_or(|moment| self.last_recorded <= moment) {
            return Ok((!self.gone).then(|| Arc::clone(&self.history)));
        }
        if self.history.registered_on > as_of || known_at.is_some_and(|moment| moment < self.first_recorded) {
            return Ok(None);
        }
        let entries = entries_of(self.history.id, known_at, store)?;
        Ok(RightHistory::fold(&until(entries, as_of)).map(Arc::new))
    }
}

fn entries_of(right: RightId, known_at: Option<Moment>, store: &dyn Store) -> Result<Vec<Entry>, StoreError> {
    let stored = store.entries_of(Subject::Right(right), known_at)?;
    Ok(stored.into_iter().map(|stored| stored.entry).collect())
}

/// What is known at one time; it does not change any more.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The rights in the order of registration.
    pub rights: Arc<BTreeMap<RightId, Known>>,
    /// The parties.
    pub parties: Arc<BTreeMap<PartyId, KnownParty>>,
}

/// A party as it stands.
#[derive(Clone, Debug)]
pub struct KnownParty {
    /// What its registration and the corrections say.
    pub party: PartyRegistered,
    /// The day of the registration.
    pub since: NaiveDate,
}

/// The rights and parties of a store.
#[derive(Debug, Default)]
pub struct Memory {
    state: Mutex<(Seq, Snapshot)>,
}

impl Memory {
    /// Everything that is recorded now. The first time this reads the whole journal.
    pub fn now(&self, store: &dyn Store) -> Result<Snapshot, StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (head, snapshot) = &mut *state;
        loop {
            let page = store.entries_after(*head, None, STRIDE)?;
            let complete = page.len() < usize::try_from(STRIDE).unwrap_or(usize::MAX);
            for stored in page {
                snapshot.take(&stored.entry, store)?;
                // What was taken is not read again, whatever fails after it.
                *head = stored.entry.seq;
            }
            if complete {
                return Ok(snapshot.clone());
            }
        }
    }
}

impl Snapshot {
    fn take(&mut self, entry: &Entry, store: &dyn Store) -> Result<(), StoreError> {
        match (entry.subject, &entry.event) {
            (Subject::Party(id), Event::PartyRegistered(party)) => {
                let known = KnownParty { party: party.clone(), since: entry.effective_on };
                Arc::make_mut(&mut self.parties).insert(id, known);
            }
            (Subject::Party(id), _) => {
                let stored = store.entries_of(entry.subject, None)?;
                let entries: Vec<Entry> = stored.into_iter().map(|stored| stored.entry).collect();
                let parties = Arc::make_mut(&mut self.parties);
                match (party(&entries), entries.first()) {
                    (Some(party), Some(first)) => parties.insert(id, KnownParty { party, since: first.effective_on }),
                    _ => parties.remove(&id),
                };
            }
            (Subject::Right(id), Event::RightRegistered(_)) => {
                if let Some(known) = Known::begin(entry) {
                    Arc::make_mut(&mut self.rights).insert(id, known);
                }
            }
            (Subject::Right(id), _) => {
                // An entry that is there already is left out.
                if let Some(known) = Arc::make_mut(&mut self.rights).get_mut(&id)
                    && known.last < entry.seq
                    && !known.extend(entry)
                {
                    *known = Known::fold(&entries_of(id, None, store)?).unwrap_or_else(|| known.clone());
                }
            }
            (Subject::Store | Subject::Key(_), _) => {}
        }
        Ok(())
    }
}
