//! What a writer does with each submission, whatever the store: find a repetition, let it be decided, add the row.

use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::audit::{Access, AuditRow};
use super::chain::{Algorithm, Hash, Row, genesis, is_one_line};
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
    /// Adds a row with its index rows, and makes it the head.
    fn add(&self, row: &Row, entry: &Entry) -> Result<(), StoreError>;
    /// The last row of the audit log.
    fn last_audit(&self) -> Result<Option<AuditRow>, StoreError>;
    /// Adds a row to the audit log, and makes it its head.
    fn add_audit(&self, row: &AuditRow) -> Result<(), StoreError>;
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

/// Does what a group asks for. An error means that the transaction has to be rolled back.
pub(super) fn perform(
    journal: &dyn Journal,
    works: Vec<Work>,
    algorithm: Algorithm,
    clock: &Clock,
) -> Result<Vec<Done>, StoreError> {
    let outcomes = works
        .into_iter()
        .map(|work| match work {
            Work::Record(submission) => record(journal, submission, algorithm, clock).map(Some),
            Work::Note(access) => note(journal, access, algorithm, clock).map(|()| None),
            Work::Probe => journal.probe().map(|()| None),
        })
        .collect::<Result<Vec<_>, _>>()?;
    if outcomes.iter().any(|outcome| matches!(outcome, None | Some(Outcome::Recorded(_)))) {
        journal.before_write()?;
    }
    Ok(outcomes)
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

/// Adds an access to the audit log.
fn note(journal: &dyn Journal, access: Access, algorithm: Algorithm, clock: &Clock) -> Result<(), StoreError> {
    let last = journal.last_audit()?;
    journal.add_audit(&AuditRow::new(access, last.as_ref(), clock(), algorithm))
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

struct Records<'j>(&'j dyn Journal);

fn unreadable(error: &StoreError) -> Unreadable {
    tracing::error!(%error, "the records could not be read");
    Unreadable
}

impl Records<'_> {
    fn stored_of(&self, subject: Subject) -> Result<Vec<Entry>, Unreadable> {
        let stored = self.0.rows_of(subject, None).and_then(|rows| all_stored(&rows));
        Ok(stored.map_err(|error| unreadable(&error))?.into_iter().map(|stored| stored.entry).collect())
    }
}

impl Shelf for Records<'_> {
    fn right(&self, id: RightId) -> Result<Option<RightHistory>, Unreadable> {
        Ok(RightHistory::fold(&self.stored_of(Subject::Right(id))?))
    }

    fn party(&self, id: PartyId) -> Result<Option<PartyRegistered>, Unreadable> {
        Ok(party(&self.stored_of(Subject::Party(id))?))
    }

    fn entry(&self, seq: Seq) -> Result<Option<Entry>, Unreadable> {
        let row = self.0.row(seq).and_then(|row| row.as_ref().map(stored).transpose());
        Ok(row.map_err(|error| unreadable(&error))?.map(|stored| stored.entry))
    }

    fn named(&self, register: Register, name: &str) -> Result<Vec<Seq>, Unreadable> {
        self.0.named(register, name).map_err(|error| unreadable(&error))
    }

    fn count_named(&self, register: Register, prefix: &str) -> Result<u64, Unreadable> {
        self.0.count_named(register, prefix).map_err(|error| unreadable(&error))
    }

    fn find_after(
        &self,
        after: Seq,
        kind: &str,
        wanted: &mut dyn FnMut(&Entry) -> Result<bool, Unreadable>,
    ) -> Result<Option<Seq>, Unreadable> {
        let mut after = after;
        loop {
            let page = self.0.rows_after(after, Some(kind), STRIDE).and_then(|rows| all_stored(&rows));
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
    journal.add(&Row::new(&entry, None, Hash::default(), algorithm), &entry)
}

fn numbered(new: NewEntry, seq: Seq, recorded_at: Moment, actor: &str) -> Entry {
    let NewEntry { subject, effective_on, event, set } = new.numbered(seq);
    Entry { seq, recorded_at, effective_on, subject, actor: actor.to_owned(), event, set }
}

/// Does what a submission asks for and notes the access. No entry is written unless it is decided; an error means that the
/// transaction has to be rolled back.
fn record(
    journal: &dyn Journal,
    mut submission: Submission,
    algorithm: Algorithm,
    clock: &Clock,
) -> Result<Outcome, StoreError> {
    let noted = submission.note.take();
    let outcome = outcome(journal, submission, algorithm, clock)?;
    if let Some(make) = noted {
        note(journal, make(&outcome), algorithm, clock)?;
    }
    Ok(outcome)
}

fn outcome(
    journal: &dyn Journal,
    submission: Submission,
    algorithm: Algorithm,
    clock: &Clock,
) -> Result<Outcome, StoreError> {
    let Submission { actor, request, decide, .. } = submission;
    if !is_one_line(&actor) || request.as_ref().is_some_and(|(key, _)| !is_one_line(key)) {
        return Ok(Outcome::Refused);
    }
    if let Some((key, hash)) = &request
        && let Some(row) = journal.row_of_request(&actor, key)?
    {
        let same = row.request_hash == Some(*hash);
        return if same { stored(&row).map(Outcome::Repeated) } else { Ok(Outcome::Mismatch) };
    }
    // A decision that panics refuses itself: the writer goes on for the others.
    let decided = catch_unwind(AssertUnwindSafe(|| decide(&Records(journal)))).unwrap_or_else(|_| {
        tracing::error!("a decision panicked");
        None
    });
    let Some(new) = decided else { return Ok(Outcome::Refused) };
    let last = journal.last()?.ok_or_else(|| StoreError::Damaged("the journal is empty".to_owned()))?;
    let seq = last.seq.unsigned_abs() + 1;
    // The clock of a machine may jump back; the journal does not.
    let recorded_at = clock().max(Moment(last.recorded_at));
    let entry = numbered(new, seq, recorded_at, &actor);
    let row = Row::new(&entry, request.as_ref(), last.hash, algorithm);
    journal.add(&row, &entry)?;
    Ok(Outcome::Recorded(Stored { entry, hash: row.hash }))
}
