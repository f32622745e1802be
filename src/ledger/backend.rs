//! [`Store`] over whatever keeps the tables: a backend gives transactions for reading and the queue to its writer.

use std::fmt;

use super::audit::{Access, AuditRow};
use super::chain::genesis;
use super::queue::{Queue, Work, gone};
use super::verify::Verification;
use super::writer::{Journal, all_stored, stored};
use super::{Balance, BalanceQuery, Head, Outcome, Store, StoreError, Stored, Submission};
use crate::domain::books::account::Account;
use crate::domain::books::content::{Content, Kept};
use crate::domain::books::entry::{ItemId, Moment, Seq, Subject, number};
use crate::domain::books::event::Register;
use crate::domain::money::Yuan;

/// What keeps the tables.
pub(super) trait Backend: Send + Sync + fmt::Debug {
    /// Reads within one transaction, so that everything read belongs together.
    fn read<T>(&self, read: impl FnOnce(&dyn Journal) -> Result<T, StoreError>) -> Result<T, StoreError>;
    /// The way to the writer; `None` if this one only reads.
    fn queue(&self) -> Option<&Queue>;
}

impl<B: Backend> Store for B {
    fn submit(&self, submission: Submission) -> Result<Outcome, StoreError> {
        self.queue().ok_or_else(gone)?.ask(Work::Record(submission))?.ok_or_else(gone)
    }

    fn note(&self, access: Access) -> Result<(), StoreError> {
        self.queue().ok_or_else(gone)?.ask(Work::Note(access)).map(|_| ())
    }

    fn probe(&self) -> Result<(), StoreError> {
        self.queue().ok_or_else(gone)?.ask(Work::Probe).map(|_| ())
    }

    fn audit_after(&self, after: Seq, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.read(|journal| journal.audit_after(after, limit))
    }

    fn last_audit(&self) -> Result<Option<AuditRow>, StoreError> {
        self.read(|journal| journal.last_audit())
    }

    fn entries_of(&self, subject: Subject, known_at: Option<Moment>) -> Result<Vec<Stored>, StoreError> {
        self.read(|journal| all_stored(&journal.rows_of(subject, known_at)?))
    }

    fn entry(&self, seq: Seq) -> Result<Option<Stored>, StoreError> {
        self.read(|journal| journal.row(seq)?.as_ref().map(stored).transpose())
    }

    fn named(&self, register: Register, name: &str) -> Result<Vec<Seq>, StoreError> {
        self.read(|journal| journal.named(register, name))
    }

    fn entries_after(&self, after: Seq, kind: Option<&str>, limit: u32) -> Result<Vec<Stored>, StoreError> {
        self.read(|journal| all_stored(&journal.rows_after(after, kind, limit)?))
    }

    fn balances(&self, query: BalanceQuery) -> Result<Vec<Balance>, StoreError> {
        let sums = self.read(|journal| journal.sums(query))?;
        let mut balances = sums
            .into_iter()
            .map(|(item, account, fen)| {
                let damaged = || StoreError::Damaged(format!("posting: {item} {account} {fen}"));
                Ok(Balance {
                    item: ItemId::parse(&item).ok_or_else(damaged)?,
                    account: Account::restore(&Content::Text(account.clone())).map_err(|_| damaged())?,
                    amount: Yuan::from_fen(fen).map_err(|_| damaged())?,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        balances.sort_unstable();
        Ok(balances)
    }

    fn verify(&self) -> Result<Verification, StoreError> {
        self.read(|journal| journal.verified())
    }

    fn head(&self) -> Result<Head, StoreError> {
        self.read(|journal| {
            let damaged = || StoreError::Damaged("the journal has no first entry".to_owned());
            let first = stored(&journal.row(1)?.ok_or_else(damaged)?)?;
            let (algorithm, instance) = genesis(&first.entry.event).ok_or_else(damaged)?;
            let last = journal.last()?.ok_or_else(damaged)?;
            Ok(Head {
                seq: number(&last.seq.to_string()).ok_or_else(damaged)?,
                hash: last.hash,
                algorithm,
                instance: instance.to_owned(),
                recorded_at: Moment(last.recorded_at),
            })
        })
    }
}
