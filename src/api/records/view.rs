//! The records as somebody sees them. Reading endpoints ask a [`View`], not the store: what lies outside the scope of whoever
//! asks is not there, and nothing that is read can forget to look.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use chrono::NaiveDate;

use super::store_failed;
use crate::api::error::Problem;
use crate::api::routes::Asked;
use crate::domain::books::access::{Identity, Scope, scope_of};
use crate::domain::books::entry::{Entry, KeyId, Moment, PartyId, RightId, Seq, Subject};
use crate::domain::books::event::{Event, PartyRegistered, Register};
use crate::domain::books::exchange::{FeeSource, fee_source, is_exchanged};
use crate::domain::books::history::RightHistory;
use crate::domain::books::party::party;
use crate::ledger::audit::AuditRow;
use crate::ledger::memory::{Known, KnownParty, Memory, Snapshot};
use crate::ledger::{Balance, BalanceQuery, Store, StoreError, Stored};

/// Rows of the audit log that are looked at in one go.
const STRIDE: u32 = 1000;

type Found<T> = Result<T, StoreError>;

/// Fee-source records after one another.
pub(super) struct FeeSourcePage {
    pub(super) sources: Vec<FeeSource>,
    /// After which entry to go on.
    pub(super) next: Seq,
    /// Whether there are more now.
    pub(super) more: bool,
}

/// What somebody sees.
pub(super) struct View<'a> {
    store: Arc<dyn Store>,
    memory: &'a Memory,
    who: &'a Identity,
    today: NaiveDate,
}

impl<'a> View<'a> {
    /// What whoever asks sees.
    pub(super) fn of(asked: &Asked<'a>) -> Result<View<'a>, Problem<'a>> {
        let records = &asked.service.records;
        let store = records.store().map_err(|error| store_failed(&error))?;
        Ok(View { store, memory: records.memory(), who: asked.who, today: records.today() })
    }

    fn sees_right(&self, id: RightId) -> Found<bool> {
        if self.who.scope == Scope::Everything {
            return Ok(true);
        }
        let stored = self.store.entries_of(Subject::Right(id), None)?;
        let entries: Vec<_> = stored.into_iter().map(|stored| stored.entry).collect();
        Ok(RightHistory::ever(&entries).is_some_and(|right| self.who.scope.covers(&right, self.today)))
    }

    /// The entries of a right or a party, as recorded until a moment; none of what is not seen.
    pub(super) fn entries_of(&self, subject: Subject, known_at: Option<Moment>) -> Found<Vec<Stored>> {
        let seen = match subject {
            Subject::Right(id) => self.sees_right(id)?,
            Subject::Party(id) => self.who.scope.covers_party(id),
            Subject::Store | Subject::Key(_) => false,
        };
        if seen { self.store.entries_of(subject, known_at) } else { Ok(Vec::new()) }
    }

    /// The entry that issued a notice, with all entries of its right; none of what is not seen.
    pub(super) fn notice(&self, number: &str) -> Found<Option<(Seq, Vec<Stored>)>> {
        // A number is given once.
        let Some(&seq) = self.store.named(Register::NoticeNumber, number)?.first() else { return Ok(None) };
        let Some(issued) = self.store.entry(seq)? else { return Ok(None) };
        let entries = self.entries_of(issued.entry.subject, None)?;
        Ok((!entries.is_empty()).then_some((seq, entries)))
    }

    /// The rights and parties that are seen, as they stand.
    pub(super) fn now(&self) -> Found<Seen<'_>> {
        let Snapshot { rights, parties } = self.memory.now(&*self.store)?;
        Ok(Seen { view: self, rights, parties })
    }

    /// A party as it was known when an entry was recorded, on its day, whoever asks: the payer of a right that is seen.
    pub(super) fn payer_at(&self, id: PartyId, seq: Seq, on: NaiveDate) -> Found<PartyRegistered> {
        let mut entries: Vec<_> =
            self.store.entries_of(Subject::Party(id), None)?.into_iter().map(|stored| stored.entry).collect();
        entries.retain(|entry| entry.seq == id.0 || entry.seq <= seq && entry.effective_on <= on);
        party(&entries).ok_or_else(|| StoreError::Damaged(format!("{id} is no party")))
    }

    /// The exploration right that became a mining right, if it is seen.
    pub(super) fn converted_from(&self, mining: RightId) -> Found<Option<RightId>> {
        for seq in self.store.named(Register::ConvertedTo, &mining.to_string())? {
            let reversed = !self.store.named(Register::Reversed, &seq.to_string())?.is_empty();
            let subject = self.store.entry(seq)?.filter(|_| !reversed).map(|stored| stored.entry.subject);
            if let Some(Subject::Right(id)) = subject
                && self.sees_right(id)?
            {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// The number of the last entry, whoever sees it.
    pub(super) fn last(&self) -> Found<Seq> {
        Ok(self.store.head()?.seq)
    }

    /// Up to `limit` fee-source records after a number and up to another, of the rights that are seen.
    pub(super) fn fee_sources(&self, since: Seq, until: Seq, limit: u32) -> Found<FeeSourcePage> {
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut after, mut sources) = (since, Vec::new());
        let mut rights: BTreeMap<RightId, Vec<Entry>> = BTreeMap::new();
        loop {
            let stored = self.store.entries_after(after, None, STRIDE)?;
            if stored.is_empty() {
                return Ok(FeeSourcePage { sources, next: after, more: false });
            }
            for Stored { entry, .. } in stored {
                if entry.seq > until {
                    return Ok(FeeSourcePage { sources, next: after, more: false });
                }
                if let Some(source) = self.fee_source(&entry, &mut rights)? {
                    if sources.len() >= wanted {
                        let next = sources.last().map_or(since, |last: &FeeSource| last.seq);
                        return Ok(FeeSourcePage { sources, next, more: true });
                    }
                    sources.push(source);
                }
                after = entry.seq;
            }
        }
    }

    /// The record of an entry, with the entries of rights that were looked at before; those not seen have none.
    fn fee_source(&self, entry: &Entry, rights: &mut BTreeMap<RightId, Vec<Entry>>) -> Found<Option<FeeSource>> {
        let Subject::Right(id) = entry.subject else { return Ok(None) };
        if !matches!(entry.event, Event::Reversal(_)) && !is_exchanged(&entry.event) {
            return Ok(None);
        }
        let known = rights.get(&id).map(|entries| entries.last().is_none_or(|last| last.seq >= entry.seq));
        // More may have been recorded since.
        if known != Some(true) {
            let stored = self.entries_of(entry.subject, None)?;
            rights.insert(id, stored.into_iter().map(|stored| stored.entry).collect());
        }
        let entries = rights.get(&id).map_or(&[][..], Vec::as_slice);
        let until = entries.partition_point(|known| known.seq <= entry.seq);
        Ok(entries.get(..until).and_then(fee_source))
    }

    /// Balances of the rights that are seen.
    pub(super) fn balances(&self, query: BalanceQuery) -> Found<Vec<Balance>> {
        match query.subject {
            Some(Subject::Right(id)) if self.sees_right(id)? => return self.store.balances(query),
            Some(_) => return Ok(Vec::new()),
            None if self.who.scope == Scope::Everything => return self.store.balances(query),
            None => {}
        }
        let mut balances = Vec::new();
        for known in self.now()?.rights() {
            let subject = Some(Subject::Right(known.history.id));
            balances.extend(self.store.balances(BalanceQuery { subject, ..query })?);
        }
        balances.sort_unstable();
        Ok(balances)
    }

    /// Up to `limit` accesses after a number: all of them, or those by keys that see no more than whoever asks.
    pub(super) fn audit_after(&self, after: Seq, limit: u32) -> Found<Vec<AuditRow>> {
        if self.who.scope == Scope::Everything {
            return self.store.audit_after(after, limit);
        }
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut after, mut seen) = (after, Vec::new());
        let mut actors: BTreeMap<String, bool> = BTreeMap::new();
        loop {
            let rows = self.store.audit_after(after, STRIDE)?;
            let Some(last) = rows.last() else { return Ok(seen) };
            after = last.seq;
            for row in rows {
                let known = actors.get(&row.access.actor).copied();
                let sees = known.map_or_else(|| self.sees_actor(&row.access.actor), Ok)?;
                actors.insert(row.access.actor.clone(), sees);
                if sees {
                    seen.push(row);
                }
                if seen.len() >= wanted {
                    return Ok(seen);
                }
            }
        }
    }

    fn sees_actor(&self, actor: &str) -> Found<bool> {
        let Some(KeyId(seq)) = KeyId::parse(actor) else { return Ok(false) };
        Ok(match self.store.entry(seq)?.map(|stored| stored.entry.event) {
            Some(Event::KeyCreated(key)) => scope_of(&key).is_some_and(|scope| self.who.scope.includes(&scope)),
            _ => false,
        })
    }
}

/// The rights and parties that somebody sees.
pub(super) struct Seen<'v> {
    view: &'v View<'v>,
    rights: Arc<BTreeMap<RightId, Known>>,
    parties: Arc<BTreeMap<PartyId, KnownParty>>,
}

impl Seen<'_> {
    /// The rights in the order of registration.
    pub(super) fn rights(&self) -> impl Iterator<Item = &Known> {
        self.rights_after(0)
    }

    /// Those after a number.
    pub(super) fn rights_after(&self, after: Seq) -> impl Iterator<Item = &Known> {
        let View { who, today, .. } = self.view;
        let later = self.rights.range((Bound::Excluded(RightId(after)), Bound::Unbounded));
        later.map(|(_, known)| known).filter(|known| who.scope.covers(&known.history, *today))
    }

    /// A right as it stood on a day and was known at a moment.
    pub(super) fn at(
        &self,
        known: &Known,
        as_of: NaiveDate,
        known_at: Option<Moment>,
    ) -> Found<Option<Arc<RightHistory>>> {
        known.at(as_of, known_at, &*self.view.store)
    }

    /// The parties after a number, in the order of registration, with the day of it.
    pub(super) fn parties_after(&self, after: Seq) -> impl Iterator<Item = (PartyId, &PartyRegistered, NaiveDate)> {
        let later = self.parties.range((Bound::Excluded(PartyId(after)), Bound::Unbounded));
        let seen = later.filter(|(id, _)| self.view.who.scope.covers_party(**id));
        seen.map(|(id, known)| (*id, &known.party, known.since))
    }

    /// A party, if it is seen.
    pub(super) fn party(&self, id: PartyId) -> Option<&PartyRegistered> {
        self.parties.get(&id).filter(|_| self.view.who.scope.covers_party(id)).map(|known| &known.party)
    }
}
