//! What a writer keeps from one group to the next: rights and parties that it has read or recorded itself, so that the next
//! decision about one of them does not read and fold all of its entries again.
//!
//! The journal stays the truth. What is kept holds as of one row. A group gets it, compares that row with the last one that it
//! finds behind its lock, and forgets whatever others recorded in between, or all of it where the journal is not the one that
//! it was (after a restore). It comes back with the commit alone: a group that is rolled back, or whose commit nobody knows
//! of, takes it along.

use std::sync::Arc;

use hashlink::LruCache;

use super::StoreError;
use super::chain::{Hash, Row};
use super::writer::Journal;
use crate::domain::books::entry::{Entry, Moment, PartyId, RightId, Subject};
use crate::domain::books::event::{Event, PartyRegistered};
use crate::domain::books::history::RightHistory;

/// Entries of the rights and parties that are kept, at most (a right with more than that is kept alone); those that were not
/// asked for longest make room. An entry takes about 1 KB, but one with a plan or a
/// notice of many parts more.
const MOST: usize = 131_072;

/// Rows of others that are looked at, at most, before everything is forgotten.
const STRIDE: u32 = 256;

/// A row of the journal as far as the next one needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tail {
    /// Its number.
    pub(super) seq: i64,
    /// When it was recorded.
    pub(super) recorded_at: Moment,
    /// Its hash.
    pub(super) hash: Hash,
}

impl Tail {
    pub(super) fn of(row: &Row) -> Tail {
        Tail { seq: row.seq, recorded_at: Moment(row.recorded_at), hash: row.hash }
    }
}

enum Known {
    Right(Arc<RightHistory>),
    Party(PartyRegistered),
}

impl Known {
    /// How many entries it stands for.
    fn entries(&self) -> usize {
        match self {
            Known::Right(history) => history.entries.len(),
            Known::Party(_) => 1,
        }
    }
}

/// Rights and parties as of one row.
pub(super) struct Kept {
    /// [`MOST`] but in tests.
    most: usize,
    /// The last row behind it.
    as_of: Option<Tail>,
    subjects: LruCache<Subject, Known>,
    /// Entries of all of them together.
    entries: usize,
}

impl Default for Kept {
    fn default() -> Kept {
        Kept { most: MOST, as_of: None, subjects: LruCache::new_unbounded(), entries: 0 }
    }
}

impl Kept {
    /// Forgets what may not hold any more as of the last row of the journal, which nobody else adds to meanwhile.
    pub(super) fn bring_to(&mut self, last: Tail, journal: &dyn Journal) -> Result<(), StoreError> {
        let Some(before) = self.as_of.replace(last).filter(|_| self.entries > 0) else { return Ok(()) };
        if before == last {
            return Ok(());
        }
        // The row that it holds as of, if it is still there, and what came after.
        let rows = journal.rows_after(before.seq.unsigned_abs().saturating_sub(1), None, STRIDE)?;
        let mut rows = rows.iter().peekable();
        let goes_on = rows.next_if(|row| Tail::of(row) == before).is_some();
        let subjects: Option<Vec<Subject>> = rows.clone().map(|row| Subject::parse(&row.subject)).collect();
        match subjects {
            Some(subjects) if goes_on && rows.last().is_some_and(|row| Tail::of(row) == last) => {
                subjects.iter().for_each(|subject| self.forget(*subject));
            }
            _ => *self = Kept { as_of: Some(last), ..Kept::default() },
        }
        Ok(())
    }

    /// Takes an entry that the group has just recorded as the last row.
    pub(super) fn take(&mut self, entry: &Entry, last: Tail) {
        self.as_of = Some(last);
        match (entry.subject, &entry.event) {
            (Subject::Right(_), Event::RightRegistered(_)) => {
                if let Some(history) = RightHistory::begin(entry) {
                    self.keep(entry.subject, Known::Right(Arc::new(history)));
                }
            }
            (Subject::Right(_), _) => {
                let taken = match self.subjects.get_mut(&entry.subject) {
                    Some(Known::Right(history)) => Arc::make_mut(history).extend(entry),
                    _ => false,
                };
                if taken {
                    self.entries += 1;
                    self.make_room();
                } else {
                    self.forget(entry.subject);
                }
            }
            (Subject::Party(_), Event::PartyRegistered(party)) => {
                self.keep(entry.subject, Known::Party(party.clone()));
            }
            (Subject::Party(_), _) => self.forget(entry.subject),
            (Subject::Store | Subject::Key(_), _) => {}
        }
    }

    /// A right, if it is kept.
    pub(super) fn right(&mut self, id: RightId) -> Option<Arc<RightHistory>> {
        match self.subjects.get(&Subject::Right(id))? {
            Known::Right(history) => Some(Arc::clone(history)),
            Known::Party(_) => None,
        }
    }

    /// A party, if it is kept.
    pub(super) fn party(&mut self, id: PartyId) -> Option<PartyRegistered> {
        match self.subjects.get(&Subject::Party(id))? {
            Known::Party(party) => Some(party.clone()),
            Known::Right(_) => None,
        }
    }

    /// Keeps a right that was read within the group.
    pub(super) fn keep_right(&mut self, history: &Arc<RightHistory>) {
        self.keep(Subject::Right(history.id), Known::Right(Arc::clone(history)));
    }

    /// Keeps a party that was read within the group.
    pub(super) fn keep_party(&mut self, id: PartyId, party: &PartyRegistered) {
        self.keep(Subject::Party(id), Known::Party(party.clone()));
    }

    fn keep(&mut self, subject: Subject, known: Known) {
        self.forget(subject);
        self.entries += known.entries();
        self.subjects.insert(subject, known);
        self.make_room();
    }

    fn forget(&mut self, subject: Subject) {
        let gone = self.subjects.remove(&subject);
        self.entries = self.entries.saturating_sub(gone.map_or(0, |known| known.entries()));
    }

    fn make_room(&mut self) {
        while self.entries > self.most && self.subjects.len() > 1 {
            let oldest = self.subjects.remove_lru();
            self.entries = self.entries.saturating_sub(oldest.map_or(0, |(_, known)| known.entries()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::books::event::{Reversal, RightRegistered};
    use crate::domain::place::AreaKind;
    use crate::domain::start_price::Right;
    use crate::domain::transfer_income::TransferMode;

    fn registered() -> Event {
        Event::RightRegistered(RightRegistered {
            right: Right::Mining,
            holder: PartyId(2),
            licence_number: "C1".to_owned(),
            contract_number: None,
            contract_signed_on: None,
            transfer_mode: TransferMode::Agreement,
            contract_rate_percent: None,
            division: "370105".to_owned(),
            area: AreaKind::Land,
            scheme: None,
            minerals: Vec::new(),
            area_km2: Default::default(),
            term_from: None,
            term_to: None,
            mine_scale: None,
        })
    }

    fn entry(seq: u64, subject: Subject, event: Event) -> Entry {
        let (recorded_at, effective_on) = (Moment::default(), Default::default());
        Entry { seq, recorded_at, effective_on, subject, actor: String::new(), event, set: Default::default() }
    }

    fn party(id: u64) -> (Subject, PartyRegistered) {
        (Subject::Party(PartyId(id)), PartyRegistered { code: String::new(), name: format!("甲{id}") })
    }

    #[test]
    fn those_that_were_not_asked_for_longest_make_room() {
        let mut kept = Kept { most: 3, ..Kept::default() };
        let last = Tail { seq: 9, recorded_at: Moment::default(), hash: Hash::default() };
        let known = |kept: &mut Kept| {
            let ids = (1..=5).filter(|id| kept.subjects.peek(&Subject::Party(PartyId(*id))).is_some());
            ids.collect::<Vec<_>>()
        };
        for id in [1, 2, 3] {
            let (subject, party) = party(id);
            kept.take(&entry(id, subject, Event::PartyRegistered(party)), last);
        }
        assert_eq!(kept.party(PartyId(1)), Some(party(1).1));
        kept.keep_party(PartyId(4), &party(4).1);
        assert_eq!((known(&mut kept), kept.entries), (vec![1, 3, 4], 3));
        // What is said about a party again is not kept twice, and what takes it back not at all.
        kept.keep_party(PartyId(4), &party(4).1);
        assert_eq!((known(&mut kept), kept.entries), (vec![1, 3, 4], 3));
        let reversal = Event::Reversal(Reversal { of: 3, reason: String::new() });
        kept.take(&entry(5, Subject::Party(PartyId(3)), reversal), last);
        assert_eq!((known(&mut kept), kept.entries, kept.as_of), (vec![1, 4], 2, Some(last)));
        // A right is as heavy as its entries; one that is heavier than all of it is kept alone.
        let right = Subject::Right(RightId(6));
        let history = |entries: u64| {
            let mut history = RightHistory::begin(&entry(6, right, registered()))?;
            history.entries = (6..6 + entries).map(|seq| (seq, Default::default())).collect();
            Some(Arc::new(history))
        };
        history(2).iter().for_each(|history| kept.keep_right(history));
        assert_eq!((known(&mut kept), kept.entries), (vec![4], 3));
        history(8).iter().for_each(|history| kept.keep_right(history));
        assert_eq!((known(&mut kept), kept.entries, kept.subjects.len()), (vec![], 8, 1));
        assert!(kept.right(RightId(6)).is_some());
    }
}
