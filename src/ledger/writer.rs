//! What a writer does with each submission, whatever the store: find a repetition, let it be decided, add the row.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::audit::{Access, AuditRow};
use super::chain::{Algorithm, Hash, Row, genesis, is_one_line};
use super::kept::{Kept, Tail};
use super::queue::{Done, Work};
use super::verify::Verification;
use super::{BalanceQuery, Clock, Options, Outcome, StoreError, Stored, Submission};
use crate::domain::books::account::EntrySet;
use crate::domain::books::decide::{Shelf, Unreadable};
use crate::domain::books::entry::{Entry, Moment, NewEntry, PartyId, RightId, Seq, Subject};
use crate::domain::books::event::{Event, Genesis, PartyRegistered, Register};
use crate::domain::books::history::RightHistory;
use crate::domain::books::party::party;

/// Rows that are looked at in one go.
const STRIDE: u32 = 1000;

/// The tables of a store inside one transaction.
pub(super) trait Journal {
    /// One row.
    fn row(&self, seq: Seq) -> Result<Option<Row>, StoreError>;
    /// The rows of a subject in order, as recorded until a moment.
    fn rows_of(&self, subject: Subject, known_at: Option<Moment>) -> Result<Vec<Row>, StoreError>;
    /// The row that a request made.
    fn row_of_request(&self, actor: &str, key: &str) -> Result<Option<Row>, StoreError>;
    /// The last row.
    fn last(&self) -> Result<Option<Row>, StoreError>;
    /// The entries with a name, in order.
    fn named(&self, register: Register, name: &str) -> Result<Vec<Seq>, StoreError>;
    /// How many entries have a name that begins with these digits.
    fn count_named(&self, register: Register, prefix: &str) -> Result<u64, StoreError>;
    /// Adds a row with its index rows; whoever has added the last one sets the head.
    fn add(&self, row: &Row, entry: &Entry) -> Result<(), StoreError>;
    /// Notes which row is the last.
    fn set_head(&self, seq: i64, hash: Hash) -> Result<(), StoreError>;
    /// The last row of the audit log.
    fn last_audit(&self) -> Result<Option<AuditRow>, StoreError>;
    /// Adds a row to the audit log; whoever has added the last one sets its head.
    fn add_audit(&self, row: &AuditRow) -> Result<(), StoreError>;
    /// Notes which row of the audit log is the last.
    fn set_audit_head(&self, seq: Seq, hash: Hash) -> Result<(), StoreError>;
    /// Writes something that means nothing.
    fn probe(&self) -> Result<(), StoreError>;
    /// What fails writes in tests.
    fn before_write(&self) -> Result<(), StoreError>;
    /// Up to `limit` rows of one kind, or of all, after a number.
    fn rows_after(&self, after: Seq, kind: Option<&str>, limit: u32) -> Result<Vec<Row>, StoreError>;
    /// Up to `limit` rows of the audit log after a number.
    fn audit_after(&self, after: Seq, limit: u32) -> Result<Vec<AuditRow>, StoreError>;
    /// Item, account and sum of the postings in fen, without sums of nothing.
    fn sums(&self, query: BalanceQuery) -> Result<Vec<(String, String, i64)>, StoreError>;
    /// Reads everything and compares it.
    fn verified(&self) -> Result<Verification, StoreError>;
}

/// Does what a group asks for, in a transaction that keeps all others from writing. An error means that the transaction has to
/// be rolled back. What is kept comes back for the next group, which may have it only once the transaction is committed.
pub(super) fn perform(
    journal: &dyn Journal,
    works: &mut dyn Iterator<Item = Work>,
    algorithm: Algorithm,
    clock: &Clock,
    kept: Kept,
) -> Result<(Vec<Done>, Kept), StoreError> {
    let mut group = Group { journal, algorithm, clock, kept: RefCell::new(kept), last: None, last_audit: None };
    let outcomes = works
        .map(|work| match work {
            Work::Record(submission) => group.record(submission).map(Some),
            Work::Note(access) => group.note(access).map(|()| None),
            Work::Probe => journal.probe().map(|()| None),
        })
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(last) = group.last.filter(|_| outcomes.iter().any(|it| matches!(it, Some(Outcome::Recorded(_))))) {
        journal.set_head(last.seq, last.hash)?;
    }
    if let Some(Some(last)) = &group.last_audit {
        journal.set_audit_head(last.seq, last.hash)?;
    }
    if outcomes.iter().any(|outcome| matches!(outcome, None | Some(Outcome::Recorded(_)))) {
        journal.before_write()?;
    }
    Ok((outcomes, group.kept.into_inner()))
}

/// Makes the first entry of a store that begins, and tells the algorithm of one that has begun.
pub(super) fn first_entry(journal: &dyn Journal, options: &Options) -> Result<Algorithm, StoreError> {
    if journal.last()?.is_none() {
        let random = || format!("{:016x}{:016x}", RandomState::new().hash_one(1), RandomState::new().hash_one(2));
        let instance = options.instance.clone().unwrap_or_else(random);
        begin(journal, options.algorithm, instance, (options.clock)())?;
    }
    let first = journal.row(1)?.ok_or_else(|| StoreError::Damaged("the first entry is missing".to_owned()))?;
    let first = stored(&first)?;
    let (algorithm, _) = genesis(&first.entry.event)
        .ok_or_else(|| StoreError::Damaged("the first entry does not begin a store".to_owned()))?;
    Ok(algorithm)
}

/// An entry out of its row.
pub(super) fn stored(row: &Row) -> Result<Stored, StoreError> {
    let entry = row.entry().map_err(|error| StoreError::Damaged(format!("journal {}: {error}", row.seq)))?;
    Ok(Stored { entry, hash: row.hash })
}

/// The entries of rows.
pub(super) fn all_stored(rows: &[Row]) -> Result<Vec<Stored>, StoreError> {
    rows.iter().map(stored).collect()
}

/// The records as one decision sees them.
struct Records<'g> {
    journal: &'g dyn Journal,
    kept: &'g RefCell<Kept>,
    /// Names that it has asked for: whether one is free is asked more than once.
    names: RefCell<Vec<(Register, String, Vec<Seq>)>>,
}

fn unreadable(error: &StoreError) -> Unreadable {
    tracing::error!(%error, "the records could not be read");
    Unreadable
}

impl Records<'_> {
    fn stored_of(&self, subject: Subject) -> Result<Vec<Entry>, Unreadable> {
        let stored = self.journal.rows_of(subject, None).and_then(|rows| all_stored(&rows));
        Ok(stored.map_err(|error| unreadable(&error))?.into_iter().map(|stored| stored.entry).collect())
    }
}

impl Shelf for Records<'_> {
    fn right(&self, id: RightId) -> Result<Option<Arc<RightHistory>>, Unreadable> {
        let kept = self.kept.borrow_mut().right(id);
        if kept.is_some() {
            return Ok(kept);
        }
        let read = RightHistory::fold(&self.stored_of(Subject::Right(id))?).map(Arc::new);
        read.iter().for_each(|history| self.kept.borrow_mut().keep_right(history));
        Ok(read)
    }

    fn party(&self, id: PartyId) -> Result<Option<PartyRegistered>, Unreadable> {
        let kept = self.kept.borrow_mut().party(id);
        if kept.is_some() {
            return Ok(kept);
        }
        let read = party(&self.stored_of(Subject::Party(id))?);
        read.iter().for_each(|party| self.kept.borrow_mut().keep_party(id, party));
        Ok(read)
    }

    fn entry(&self, seq: Seq) -> Result<Option<Entry>, Unreadable> {
        let row = self.journal.row(seq).and_then(|row| row.as_ref().map(stored).transpose());
        Ok(row.map_err(|error| unreadable(&error))?.map(|stored| stored.entry))
    }

    fn named(&self, register: Register, name: &str) -> Result<Vec<Seq>, Unreadable> {
        let mut names = self.names.borrow_mut();
        if let Some((_, _, found)) = names.iter().find(|(of, known, _)| *of == register && known == name) {
            return Ok(found.clone());
        }
        let found = self.journal.named(register, name).map_err(|error| unreadable(&error))?;
        names.push((register, name.to_owned(), found.clone()));
        Ok(found)
    }

    fn count_named(&self, register: Register, prefix: &str) -> Result<u64, Unreadable> {
        self.journal.count_named(register, prefix).map_err(|error| unreadable(&error))
    }

    fn find_after(
        &self,
        after: Seq,
        kind: &str,
        wanted: &mut dyn FnMut(&Entry) -> Result<bool, Unreadable>,
    ) -> Result<Option<Seq>, Unreadable> {
        let mut after = after;
        loop {
            let page = self.journal.rows_after(after, Some(kind), STRIDE).and_then(|rows| all_stored(&rows));
            let page = page.map_err(|error| unreadable(&error))?;
            let Some(last) = page.last() else { return Ok(None) };
            after = last.entry.seq;
            for stored in &page {
                if wanted(&stored.entry)? {
                    return Ok(Some(stored.entry.seq));
                }
            }
        }
    }

    fn whole(&self) -> &dyn Shelf {
        self
    }
}

/// The first entry of a store.
fn begin(journal: &dyn Journal, algorithm: Algorithm, instance: String, now: Moment) -> Result<(), StoreError> {
    let event = Event::Genesis(Genesis { format: 1, algorithm: algorithm.code().to_owned(), instance });
    let day = super::day_of(now);
    let first = NewEntry { subject: Subject::Store, effective_on: day, event, set: EntrySet::default() };
    let entry = numbered(first, 1, now, "lode");
    let row = Row::new(&entry, None, Hash::default(), algorithm);
    journal.add(&row, &entry)?;
    journal.set_head(row.seq, row.hash)
}

fn numbered(new: NewEntry, seq: Seq, recorded_at: Moment, actor: &str) -> Entry {
    let NewEntry { subject, effective_on, event, set } = new.numbered(seq);
    Entry { seq, recorded_at, effective_on, subject, actor: actor.to_owned(), event, set }
}

/// A group on its way.
struct Group<'j> {
    journal: &'j dyn Journal,
    algorithm: Algorithm,
    clock: &'j Clock,
    kept: RefCell<Kept>,
    /// The last row of the journal, once it was asked for.
    last: Option<Tail>,
    /// The last row of the audit log, once it was asked for.
    last_audit: Option<Option<AuditRow>>,
}

impl Group<'_> {
    /// Adds an access to the audit log.
    fn note(&mut self, access: Access) -> Result<(), StoreError> {
        let last = match self.last_audit.take() {
            Some(known) => known,
            None => self.journal.last_audit()?,
        };
        let row = AuditRow::new(access, last.as_ref(), (self.clock)(), self.algorithm);
        self.journal.add_audit(&row)?;
        self.last_audit = Some(Some(row));
        Ok(())
    }

    /// The last row of the journal; what is kept is brought to it before the first decision.
    fn last(&mut self) -> Result<Tail, StoreError> {
        if let Some(last) = self.last {
            return Ok(last);
        }
        let last = self.journal.last()?.ok_or_else(|| StoreError::Damaged("the journal is empty".to_owned()))?;
        let last = Tail::of(&last);
        self.kept.get_mut().bring_to(last, self.journal)?;
        self.last = Some(last);
        Ok(last)
    }

    /// Does what a submission asks for and notes the access. No entry is written unless it is decided; an error means that
    /// the transaction has to be rolled back.
    fn record(&mut self, mut submission: Submission) -> Result<Outcome, StoreError> {
        let noted = submission.note.take();
        let outcome = self.outcome(submission)?;
        if let Some(make) = noted {
            self.note(make(&outcome))?;
        }
        Ok(outcome)
    }

    fn outcome(&mut self, submission: Submission) -> Result<Outcome, StoreError> {
        let Submission { actor, request, decide, .. } = submission;
        if !is_one_line(&actor) || request.as_ref().is_some_and(|(key, _)| !is_one_line(key)) {
            return Ok(Outcome::Refused);
        }
        if let Some((key, hash)) = &request
            && let Some(row) = self.journal.row_of_request(&actor, key)?
        {
            let same = row.request_hash == Some(*hash);
            return if same { stored(&row).map(Outcome::Repeated) } else { Ok(Outcome::Mismatch) };
        }
        let last = self.last()?;
        let records = Records { journal: self.journal, kept: &self.kept, names: RefCell::default() };
        // A decision that panics refuses itself: the writer goes on for the others.
        let decided = catch_unwind(AssertUnwindSafe(|| decide(&records))).unwrap_or_else(|_| {
            tracing::error!("a decision panicked");
            None
        });
        let Some(new) = decided else { return Ok(Outcome::Refused) };
        let seq = last.seq.unsigned_abs() + 1;
        // The clock of a machine may jump back; the journal does not.
        let recorded_at = (self.clock)().max(last.recorded_at);
        let entry = numbered(new, seq, recorded_at, &actor);
        let row = Row::new(&entry, request.as_ref(), last.hash, self.algorithm);
        self.journal.add(&row, &entry)?;
        let last = Tail::of(&row);
        self.last = Some(last);
        self.kept.get_mut().take(&entry, last);
        Ok(Outcome::Recorded(Stored { entry, hash: row.hash }))
    }
}
