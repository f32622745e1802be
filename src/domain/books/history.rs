//! What the entries of one right add up to on a day, as it was known at a moment (arts 12, 16, 18, 21: minerals are added,
//! rights change hands, sums fall due; what was recorded stays).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::account::{Account, EntrySet};
use super::entry::{Entry, ItemId, PartyId, RightId, Seq, Subject};
use super::event::{
    Acceptance, AssessmentDrafted, DeclarationFiled, Event, ItemKind, NoticeIssued, Part, RightRegistered,
    TreasuryShares,
};
use super::party::reversed;
use crate::domain::catalogue::LevyMethod;
use crate::domain::dates::{Period, day_before};
use crate::domain::late_fee::{self, end_of_grace, without_overlap};
use crate::domain::money::Yuan;

/// A payment towards an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its entry.
    pub seq: Seq,
    /// The item.
    pub item: ItemId,
    /// The day of payment.
    pub paid_on: NaiveDate,
    /// How much.
    pub amount: Yuan,
    /// Number of the receipt.
    pub receipt: String,
    /// By treasury.
    pub shares: TreasuryShares,
    /// What of it went to the principal.
    pub to_principal: Yuan,
    /// What of it went to the late fee.
    pub to_late_fee: Yuan,
    /// What was refunded of it.
    pub refunded: Yuan,
    /// What of that had gone to the principal.
    pub principal_back: Yuan,
    /// Its refunds in the order of their entries.
    pub refunds: Vec<Returned>,
}

/// A refund of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// Its entry.
    pub seq: Seq,
    /// The day.
    pub on: NaiveDate,
    /// How much.
    pub amount: Yuan,
    /// By treasury.
    pub shares: TreasuryShares,
}

/// An approved deferral of an item (art. 22).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deferral {
    /// Its entry.
    pub seq: Seq,
    /// Its days, both ends included.
    pub period: Period,
    /// Number of the approval.
    pub approval: String,
}

/// Something owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// For what.
    pub kind: ItemKind,
    /// What it was when it was recognized.
    pub amount: Yuan,
    /// The last day for it; none while it waits for a notice or a conversion.
    pub due_on: Option<NaiveDate>,
    /// The assessment behind it.
    pub assessment: Option<Seq>,
    /// The year declared.
    pub year: Option<i32>,
    /// The form in which it was levied, where that is known.
    pub levy_method: Option<LevyMethod>,
    /// The row of the decision table behind it, where the assessment names one.
    pub rule: Option<String>,
    /// The day on which it was recognized.
    pub recognized_on: NaiveDate,
    /// What it is levied on: the minerals declared, else those that the right had on that day.
    pub minerals: Vec<String>,
    /// The day of the true-up, or of the end or conversion of the exploration right, that closed it: no late fee runs after it.
    pub settled_on: Option<NaiveDate>,
    /// Approved deferrals in the order of their entries.
    pub deferrals: Vec<Deferral>,
    /// The last day on which money moved or a deferral was approved.
    pub moved_on: Option<NaiveDate>,
    /// The last day on which money moved.
    pub booked_on: Option<NaiveDate>,
    /// Its balances.
    balances: BTreeMap<Account, Yuan>,
}

impl Item {
    /// The balance of an account, debits positive.
    pub fn balance(&self, account: Account) -> Yuan {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    /// 总额: what is owed in all.
    pub fn total(&self) -> Yuan {
        self.balance(Account::Receivable)
    }

    /// What came in for the principal, and beyond principal and fee, less what went back.
    pub fn received(&self) -> Yuan {
        let credits = [Account::Paid, Account::Overpaid, Account::Refund].map(|account| self.balance(account));
        Yuan::sum(credits).unwrap_or_default().negated()
    }

    /// What is still to pay of the total.
    pub fn outstanding(&self) -> Yuan {
        self.total().less_at_most(self.received())
    }

    /// What was received beyond the total.
    pub fn overpaid(&self) -> Yuan {
        self.received().less_at_most(self.total())
    }

    /// What the treasuries have of it, less what went back. The levels are those that got something.
    pub fn in_treasuries(&self) -> TreasuryShares {
        let level = |account| self.balances.get(&account).copied();
        let levels = [Account::Province, Account::City, Account::County].map(level);
        let all = levels.into_iter().flatten().chain([self.balance(Account::Local)]);
        let [province, city, county] = levels;
        let local = Yuan::sum(all).unwrap_or_default();
        TreasuryShares { central: self.balance(Account::Central), local, province, city, county }
    }

    /// Whether a payment left something over, refunded or not.
    pub fn was_overpaid(&self) -> bool {
        !self.balance(Account::Overpaid).is_zero()
    }

    /// The last day on which it can be paid on time, as it stands on a day: the due date, or the last day of deferrals that
    /// follow on it, or of those that cover the day. None while it has no due date.
    pub fn payable_until(&self, as_of: NaiveDate) -> Option<NaiveDate> {
        let due_on = self.due_on?;
        let spans = without_overlap(self.deferrals.iter().map(|deferral| deferral.period).collect());
        let end = end_of_grace(due_on, &spans);
        // A deferral that begins after the due date gives time again.
        let again = || day_before(as_of).map(|before| end_of_grace(before, &spans)).filter(|again| as_of <= *again);
        Some(if as_of <= end { end } else { again().unwrap_or(end) })
    }

    /// Until when its payment is deferred, as it stands on a day; none where no deferral counts.
    pub fn deferred_until(&self, as_of: NaiveDate) -> Option<NaiveDate> {
        self.payable_until(as_of).filter(|until| Some(*until) != self.due_on)
    }

    /// Whether a day is past the last one on which it could be paid on time.
    pub fn is_late(&self, as_of: NaiveDate) -> bool {
        self.payable_until(as_of).is_some_and(|until| until < as_of)
    }

    /// Late fee charged so far.
    pub fn fee_charged(&self) -> Yuan {
        self.balance(Account::LateFee)
    }

    /// Late fee paid so far.
    pub fn fee_paid(&self) -> Yuan {
        self.balance(Account::LateFeePaid).negated()
    }
}

/// Where an assessment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Waits for another person.
    Draft,
    /// Confirmed.
    Confirmed,
    /// Rejected.
    Rejected,
}

impl Standing {
    /// The code in answers.
    pub fn code(self) -> &'static str {
        match self {
            Standing::Draft => "draft",
            Standing::Confirmed => "confirmed",
            Standing::Rejected => "rejected",
        }
    }
}

/// An assessment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// Who drafted it.
    pub drafter: String,
    /// The draft.
    pub draft: AssessmentDrafted,
    /// Where it stands.
    pub standing: Standing,
    /// The day on which it was judged.
    pub judged_on: Option<NaiveDate>,
    /// The entry that made items of it.
    pub plan: Option<Seq>,
    /// The entry that trued it up.
    pub true_up: Option<Seq>,
}

/// A payment notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its entry.
    pub seq: Seq,
    /// The day of issue.
    pub issued_on: NaiveDate,
    /// What it says.
    pub issued: NoticeIssued,
    /// The day it was received.
    pub received_on: Option<NaiveDate>,
}

/// What a later entry may rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rests {
    Draft(Seq),
    Judged(Seq),
    Item(ItemId),
    /// Money moved on an item, so that everything later depends on it.
    Money(ItemId),
    DueDate(ItemId),
    Notice(String),
    Payment(Seq),
    Holder,
    /// Who holds the right from a day on.
    HeldFrom(NaiveDate),
    /// A mineral that was added.
    Mineral(String),
    Master,
    /// What the registration says.
    Registration,
}

/// What an entry stands for as long as it counts: two of one kind at a time would count twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stake {
    /// What was said about a draft.
    Verdict(Seq),
    /// Sums that an assessment makes owed. A corrected assessment is another one, so that all of a right share it.
    Plan,
    /// The true-up of an assessment.
    TrueUp(Seq),
    /// A year's declaration.
    Year(i32),
    /// The notice over an item.
    Notice(ItemId),
    /// The service of a notice.
    Service(String),
    /// Money on an item, and the days for it.
    Money(ItemId),
    /// Who holds the right.
    Holder,
    /// The right itself.
    Master,
}

/// What an entry stands for.
pub fn stakes(event: &Event, set: &EntrySet) -> Vec<Stake> {
    let moved = || set.postings().iter().map(|posting| Stake::Money(posting.item));
    match event {
        Event::AssessmentConfirmed(event) => vec![Stake::Verdict(event.assessment)],
        Event::AssessmentRejected(event) => vec![Stake::Verdict(event.assessment)],
        Event::PlanSet(_) => vec![Stake::Plan],
        Event::DeclarationFiled(event) => vec![Stake::Year(event.year)],
        Event::NoticeIssued(event) => event.items.iter().map(|line| Stake::Notice(line.item)).collect(),
        Event::NoticeServed(event) => vec![Stake::Service(event.number.clone())],
        Event::PaymentBooked(event) => vec![Stake::Money(event.item)],
        Event::LateFeeCharged(event) => vec![Stake::Money(event.item)],
        Event::DeferralApproved(event) => vec![Stake::Money(event.item)],
        Event::RefundPaid(event) => vec![Stake::Money(event.item)],
        Event::TrueUpSettled(event) => moved().chain([Stake::TrueUp(event.assessment)]).collect(),
        Event::RightTransferred(_) => vec![Stake::Holder],
        Event::RightChanged(_) => vec![Stake::Master],
        Event::RightClosed(_) | Event::RightConverted(_) => moved().chain([Stake::Master]).collect(),
        // Drafts stand beside one another; the others are found by their names, or are none of a right.
        Event::AssessmentDrafted(_)
        | Event::FeeSourceAcknowledged(_)
        | Event::Genesis(_)
        | Event::PartyRegistered(_)
        | Event::PartyCorrected(_)
        | Event::RightRegistered(_)
        | Event::RightCorrected(_)
        | Event::Reversal(_)
        | Event::ReceiptsReceived(_)
        | Event::KeyCreated(_)
        | Event::KeyRevoked(_) => Vec::new(),
    }
}

/// What was taken back from a later day than its own.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TakenBack {
    /// The day from which it does not count any more.
    from: NaiveDate,
    stakes: Vec<Stake>,
    needs: Vec<Rests>,
}

/// What an entry gives to later ones and needs of earlier ones: a few each, in lists, because there are two for every entry
/// that is kept in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ties {
    gives: Vec<Rests>,
    needs: Vec<Rests>,
}

/// A right and everything that happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RightHistory {
    /// Its id.
    pub id: RightId,
    /// As it was registered, with the corrections.
    pub registered: RightRegistered,
    /// From which day.
    pub registered_on: NaiveDate,
    /// Number of its licence today.
    pub licence_number: String,
    /// Codes of its minerals today, in the order in which they were registered.
    pub minerals: Vec<String>,
    /// First and last day of the licence today.
    pub term: (Option<NaiveDate>, Option<NaiveDate>),
    /// Scale of the mine today.
    pub mine_scale: Option<crate::domain::instalment::MineScale>,
    /// Who held it from which day, the earliest first.
    pub holders: Vec<(NaiveDate, PartyId)>,
    /// Assessments by the number of the draft.
    pub assessments: BTreeMap<Seq, Assessment>,
    /// What is owed.
    pub items: BTreeMap<ItemId, Item>,
    /// Notices by number.
    pub notices: BTreeMap<String, Notice>,
    /// Payments by entry.
    pub payments: BTreeMap<Seq, Payment>,
    /// Years declared, with the entry.
    pub declared: BTreeMap<i32, Seq>,
    /// The day it was closed.
    pub closed_on: Option<NaiveDate>,
    /// The mining right that it became on that day.
    pub converted_to: Option<RightId>,
    /// The exploration right that it was. The entry that says so is one of that right: whoever shows this one looks it up.
    pub converted_from: Option<RightId>,
    /// What the tax office said about fee-source records, by their cursors, with the entry that says so.
    pub acknowledged: BTreeMap<Seq, (Seq, Acceptance)>,
    /// Entries that were taken back.
    pub reversed: BTreeSet<Seq>,
    /// The day on which each entry took effect.
    pub entries: BTreeMap<Seq, NaiveDate>,
    ties: BTreeMap<Seq, Ties>,
    taken_back: BTreeMap<Seq, TakenBack>,
}

impl RightHistory {
    /// What the entries of one right add up to, in the order of the journal; `None` unless the first registers it and was
    /// not taken back.
    ///
    /// Entries that are left out (later than a day, or recorded after a moment) leave the history as it was without them.
    pub fn fold(entries: &[Entry]) -> Option<RightHistory> {
        RightHistory::ever(entries).filter(|history| !history.reversed.contains(&history.id.0))
    }

    /// The same, also when the registration was taken back: who saw the right sees what was recorded about it.
    pub fn ever(entries: &[Entry]) -> Option<RightHistory> {
        let reversed = reversed(entries);
        let (first, rest) = entries.split_first()?;
        let taken_back = taken_back(entries, first)?;
        // What was wrong from the start is as if it had been registered rightly.
        let corrections = rest.iter().filter(|entry| !reversed.contains(&entry.seq));
        let mut first = first.clone();
        for entry in corrections {
            if let (Event::RightRegistered(registered), Event::RightCorrected(corrected)) = (&first.event, &entry.event)
            {
                first.event = Event::RightRegistered(corrected.applied(registered.clone()));
            }
        }
        let mut history = RightHistory { reversed, taken_back, ..RightHistory::begin(&first)? };
        for entry in rest {
            history.add(entry);
        }
        Some(history)
    }

    /// The latest entry after the registration that was not taken back.
    pub fn latest(&self) -> Option<Seq> {
        let acknowledged = |seq: &Seq| self.acknowledged.values().any(|(by, _)| by == seq);
        self.ties.keys().rev().find(|seq| !acknowledged(seq)).copied()
    }

    /// The latest declaration that rests on a mineral.
    pub fn declares(&self, mineral: &str) -> Option<Seq> {
        let rests = Rests::Mineral(mineral.to_owned());
        self.ties.iter().rev().find(|(_, ties)| ties.needs.contains(&rests)).map(|(seq, _)| *seq)
    }

    /// A right as it is registered; `None` for any other entry.
    pub fn begin(first: &Entry) -> Option<RightHistory> {
        let (Subject::Right(id), Event::RightRegistered(registered)) = (first.subject, &first.event) else {
            return None;
        };
        Some(RightHistory {
            id,
            registered: registered.clone(),
            registered_on: first.effective_on,
            licence_number: registered.licence_number.clone(),
            minerals: registered.minerals.clone(),
            term: (registered.term_from, registered.term_to),
            mine_scale: registered.mine_scale,
            holders: vec![(first.effective_on, registered.holder)],
            assessments: BTreeMap::new(),
            items: BTreeMap::new(),
            notices: BTreeMap::new(),
            payments: BTreeMap::new(),
            declared: BTreeMap::new(),
            closed_on: None,
            converted_to: None,
            converted_from: None,
            acknowledged: BTreeMap::new(),
            reversed: BTreeSet::new(),
            entries: BTreeMap::from([(first.seq, first.effective_on)]),
            ties: BTreeMap::new(),
            taken_back: BTreeMap::new(),
        })
    }

    /// Takes the next entry, as a [`RightHistory::ever`] of all entries does. `false`, with nothing taken, where the entry
    /// changes what earlier ones add up to (a reversal, a correction of the registration): only all of them tell that.
    #[must_use]
    pub fn extend(&mut self, entry: &Entry) -> bool {
        if matches!(entry.event, Event::Reversal(_) | Event::RightCorrected(_)) {
            return false;
        }
        self.add(entry);
        true
    }

    /// Takes an entry whose reversal and corrections are known.
    fn add(&mut self, entry: &Entry) {
        self.entries.insert(entry.seq, entry.effective_on);
        if !self.reversed.contains(&entry.seq) && !matches!(entry.event, Event::Reversal(_)) {
            let ties = self.take(entry);
            self.ties.insert(entry.seq, ties);
        }
    }

    /// Forgets what rests on what, which only decisions ask: it takes more room than all the rest.
    pub fn forget_ties(&mut self) {
        self.ties.clear();
        self.taken_back.clear();
    }

    /// The day until which something that was taken back still counts.
    pub fn free_from(&self, stake: &Stake) -> Option<NaiveDate> {
        let same = self.taken_back.values().filter(|entry| entry.stakes.contains(stake));
        same.map(|entry| entry.from).max()
    }

    /// The day until which anything that was taken back still counts.
    pub fn counted_until(&self) -> Option<NaiveDate> {
        self.taken_back.values().map(|entry| entry.from).max()
    }

    /// The day until which an entry that was taken back and rested on this one still counts.
    pub fn rested_until(&self, seq: Seq) -> Option<NaiveDate> {
        let gives = &self.ties.get(&seq)?.gives;
        let rested = self.taken_back.range(seq..).filter(|(_, entry)| rests_on(&entry.needs, gives));
        rested.map(|(_, entry)| entry.from).max()
    }

    /// Who holds the right, and pays for it, on a day (art. 18).
    pub fn holder_on(&self, day: NaiveDate) -> PartyId {
        let held = self.holders.iter().filter(|(from, _)| *from <= day);
        held.max_by_key(|(from, _)| *from).map_or(self.registered.holder, |(_, holder)| *holder)
    }

    /// The latest entry that rests on this one and was not taken back.
    pub fn resting_on(&self, seq: Seq) -> Option<Seq> {
        let gives = &self.ties.get(&seq)?.gives;
        let later = self.ties.iter().rev().take_while(|(other, _)| **other > seq);
        later.filter(|(_, ties)| rests_on(&ties.needs, gives)).map(|(other, _)| *other).next()
    }

    /// Payments towards an item, as the rule of the late fee takes them.
    pub fn payments_of(&self, item: ItemId) -> Vec<late_fee::Payment> {
        let payments = self.payments.values().filter(|payment| payment.item == item);
        payments
            .map(|payment| late_fee::Payment { date: payment.paid_on, amount: payment.amount.to_decimal().into() })
            .collect()
    }

    /// Adds an item that was recognized by an entry.
    fn add_item(
        &mut self,
        entry: &Entry,
        number: u32,
        part: &Part,
        assessment: Option<Seq>,
        declared: Option<(i32, Vec<String>)>,
    ) -> ItemId {
        let id = ItemId { entry: entry.seq, number };
        let (year, minerals) = declared.map_or_else(|| (None, self.minerals.clone()), |(year, of)| (Some(year), of));
        let item = Item {
            id,
            kind: part.kind,
            amount: part.amount,
            due_on: part.due_on,
            assessment,
            year,
            levy_method: part.levy_method,
            rule: part.rule.clone(),
            recognized_on: entry.effective_on,
            minerals,
            settled_on: None,
            deferrals: Vec::new(),
            moved_on: None,
            booked_on: None,
            balances: BTreeMap::new(),
        };
        self.items.insert(id, item);
        id
    }

    fn take(&mut self, entry: &Entry) -> Ties {
        let mut ties = Ties::default();
        self.take_event(entry, &mut ties);
        for posting in entry.set.postings() {
            if let Some(item) = self.items.get_mut(&posting.item) {
                let balance = item.balances.entry(posting.account).or_default();
                *balance = balance.plus(posting.amount).unwrap_or(*balance);
            }
        }
        ties
    }

    fn take_event(&mut self, entry: &Entry, ties: &mut Ties) {
        match &entry.event {
            Event::RightChanged(event) => {
                let added = event.added_minerals.iter().filter(|code| !self.minerals.contains(code));
                let added: Vec<String> = added.cloned().collect();
                self.minerals.extend(added);
                self.licence_number = event.licence_number.clone().unwrap_or_else(|| self.licence_number.clone());
                ties.gives.extend(event.added_minerals.iter().cloned().map(Rests::Mineral));
                self.term = (event.term_from.or(self.term.0), event.term_to.or(self.term.1));
                self.mine_scale = event.mine_scale.or(self.mine_scale);
                ties.both(Rests::Master);
            }
            // It has changed what the right began with.
            Event::RightCorrected(event) => {
                ties.both(Rests::Registration);
                ties.gives.extend(event.minerals.iter().flatten().cloned().map(Rests::Mineral));
            }
            Event::RightTransferred(event) => {
                self.holders.push((entry.effective_on, event.to));
                ties.both(Rests::Holder);
                ties.gives.push(Rests::HeldFrom(entry.effective_on));
            }
            Event::RightClosed(_) | Event::RightConverted(_) => {
                self.closed_on = Some(entry.effective_on);
                if let Event::RightConverted(event) = &entry.event {
                    self.converted_to = Some(event.to);
                }
                ties.both(Rests::Master);
                for posting in entry.set.postings() {
                    self.money_moved(posting.item, entry.effective_on, ties);
                    if let Some(item) = self.items.get_mut(&posting.item) {
                        item.settled_on = Some(entry.effective_on);
                    }
                }
            }
            Event::AssessmentDrafted(draft) => {
                let (drafter, draft) = (entry.actor.clone(), draft.clone());
                let (standing, judged_on) = (Standing::Draft, None);
                let assessment = Assessment { drafter, draft, standing, judged_on, plan: None, true_up: None };
                self.assessments.insert(entry.seq, assessment);
                ties.gives.push(Rests::Draft(entry.seq));
            }
            Event::AssessmentConfirmed(event) => self.judge(entry, event.assessment, Standing::Confirmed, ties),
            Event::AssessmentRejected(event) => self.judge(entry, event.assessment, Standing::Rejected, ties),
            Event::PlanSet(event) => {
                ties.needs.push(Rests::Judged(event.assessment));
                if let Some(assessment) = self.assessments.get_mut(&event.assessment) {
                    assessment.plan = Some(entry.seq);
                }
                for (number, part) in (1..).zip(&event.parts) {
                    let item = self.add_item(entry, number, part, Some(event.assessment), None);
                    ties.gives.push(Rests::Item(item));
                }
            }
            Event::DeclarationFiled(event) => {
                self.declared.insert(event.year, entry.seq);
                ties.needs.extend(self.declared_minerals(event).map(Rests::Mineral));
                if !event.income.is_zero() {
                    let part = Part {
                        kind: ItemKind::Annual,
                        amount: event.income,
                        due_on: Some(event.due_on),
                        levy_method: Some(LevyMethod::Rate),
                        rule: None,
                    };
                    let minerals = event.lines.iter().map(|line| line.mineral.clone()).collect();
                    let item = self.add_item(entry, 1, &part, None, Some((event.year, minerals)));
                    ties.gives.push(Rests::Item(item));
                }
            }
            Event::NoticeIssued(issued) => {
                ties.gives.push(Rests::Notice(issued.number.clone()));
                ties.needs.extend(issued.items.iter().map(|line| Rests::Item(line.item)));
                // It speaks to whoever held the right on that day.
                let held = self.holders.iter().map(|(from, _)| *from).filter(|from| *from <= entry.effective_on);
                ties.needs.extend(held.max().map(Rests::HeldFrom));
                let (seq, issued_on) = (entry.seq, entry.effective_on);
                let notice = Notice { seq, issued_on, issued: issued.clone(), received_on: None };
                self.notices.insert(issued.number.clone(), notice);
            }
            Event::NoticeServed(event) => {
                ties.both(Rests::Notice(event.number.clone()));
                if let Some(notice) = self.notices.get_mut(&event.number) {
                    notice.received_on = Some(entry.effective_on);
                }
                for due in &event.due {
                    ties.gives.push(Rests::DueDate(due.item));
                    if let Some(item) = self.items.get_mut(&due.item) {
                        item.due_on = Some(due.due_on);
                    }
                }
            }
            Event::PaymentBooked(event) => {
                self.money_moved(event.item, entry.effective_on, ties);
                ties.gives.push(Rests::Payment(entry.seq));
                let payment = Payment {
                    seq: entry.seq,
                    item: event.item,
                    paid_on: entry.effective_on,
                    amount: event.amount,
                    receipt: event.receipt.clone(),
                    shares: event.shares.clone(),
                    to_principal: event.to_principal,
                    to_late_fee: event.to_late_fee,
                    refunded: Yuan::ZERO,
                    principal_back: Yuan::ZERO,
                    refunds: Vec::new(),
                };
                self.payments.insert(entry.seq, payment);
            }
            Event::LateFeeCharged(event) => self.money_moved(event.item, entry.effective_on, ties),
            Event::DeferralApproved(event) => {
                ties.both(Rests::Money(event.item));
                ties.needs.extend([Rests::Item(event.item), Rests::DueDate(event.item)]);
                // The decision refuses one that ends before it begins.
                if let (Some(item), Ok(period)) = (self.items.get_mut(&event.item), Period::new(event.from, event.to)) {
                    item.moved_on = item.moved_on.max(Some(entry.effective_on));
                    item.deferrals.push(Deferral { seq: entry.seq, period, approval: event.approval.clone() });
                }
            }
            Event::RefundPaid(event) => {
                self.money_moved(event.item, entry.effective_on, ties);
                ties.needs.push(Rests::Payment(event.payment));
                if let Some(payment) = self.payments.get_mut(&event.payment) {
                    payment.refunded = payment.refunded.plus(event.amount).unwrap_or(payment.refunded);
                    let ended = payment.principal_back.plus(event.ends.unwrap_or_default());
                    payment.principal_back = ended.unwrap_or(payment.principal_back);
                    let (seq, on, shares) = (entry.seq, entry.effective_on, event.shares.clone());
                    payment.refunds.push(Returned { seq, on, amount: event.amount, shares });
                }
            }
            Event::TrueUpSettled(event) => {
                for settled in &event.settled {
                    self.money_moved(settled.item, entry.effective_on, ties);
                    if let Some(item) = self.items.get_mut(&settled.item) {
                        item.settled_on = Some(entry.effective_on);
                    }
                }
                if let Some(assessment) = self.assessments.get_mut(&event.assessment) {
                    assessment.true_up = Some(entry.seq);
                }
                if event.difference > Yuan::ZERO {
                    let (kind, levy_method) = (ItemKind::TrueUp, Some(LevyMethod::Amount));
                    let part = Part { kind, amount: event.difference, due_on: None, levy_method, rule: None };
                    let item = self.add_item(entry, 1, &part, Some(event.assessment), None);
                    ties.gives.push(Rests::Item(item));
                }
            }
            Event::FeeSourceAcknowledged(event) => {
                self.acknowledged.insert(event.of, (entry.seq, event.verdict));
            }
            // Not of a right, or the first entry, or no event of its own.
            Event::Genesis(_)
            | Event::PartyRegistered(_)
            | Event::PartyCorrected(_)
            | Event::RightRegistered(_)
            | Event::Reversal(_)
            | Event::ReceiptsReceived(_)
            | Event::KeyCreated(_)
            | Event::KeyRevoked(_) => {}
        }
    }

    /// The registered minerals that a declaration rests on. A line of a group, or of several minerals added to one another
    /// (art. 17), does not say which: then all.
    fn declared_minerals(&self, event: &DeclarationFiled) -> impl Iterator<Item = String> {
        let named = |code: &String| event.lines.iter().any(|line| line.mineral == *code);
        let each = event.lines.iter().all(|line| self.minerals.contains(&line.mineral));
        let exactly = each && !event.request.contains("combine_as");
        self.minerals.iter().filter(move |code| !exactly || named(code)).cloned().collect::<Vec<_>>().into_iter()
    }

    fn judge(&mut self, entry: &Entry, assessment: Seq, standing: Standing, ties: &mut Ties) {
        ties.both(Rests::Judged(assessment));
        ties.needs.push(Rests::Draft(assessment));
        if let Some(assessment) = self.assessments.get_mut(&assessment) {
            assessment.standing = standing;
            assessment.judged_on = Some(entry.effective_on);
        }
    }

    fn money_moved(&mut self, item: ItemId, on: NaiveDate, ties: &mut Ties) {
        ties.both(Rests::Money(item));
        ties.needs.extend([Rests::Item(item), Rests::DueDate(item)]);
        if let Some(item) = self.items.get_mut(&item) {
            item.moved_on = item.moved_on.max(Some(on));
            item.booked_on = item.booked_on.max(Some(on));
        }
    }
}

impl Ties {
    /// Gives what it also needs: of several such entries the last comes off first.
    fn both(&mut self, rests: Rests) {
        self.gives.push(rests.clone());
        self.needs.push(rests);
    }
}

fn rests_on(needs: &[Rests], gives: &[Rests]) -> bool {
    needs.iter().any(|needed| gives.contains(needed))
}

/// What was taken back from a later day than its own, which is seldom done; `None` where the first entry registers no right.
fn taken_back(entries: &[Entry], first: &Entry) -> Option<BTreeMap<Seq, TakenBack>> {
    let reversals = entries.iter().filter_map(|entry| match &entry.event {
        Event::Reversal(reversal) => Some((reversal.of, entry.effective_on)),
        _ => None,
    });
    let reversals: BTreeMap<Seq, NaiveDate> = reversals.collect();
    let later: Vec<(&Entry, NaiveDate)> = entries
        .iter()
        .filter_map(|entry| Some((entry, *reversals.get(&entry.seq).filter(|from| entry.effective_on < **from)?)))
        .collect();
    if later.is_empty() {
        return Some(BTreeMap::new());
    }
    // What each of them rested on, as if nothing had been taken back.
    let mut whole = RightHistory::begin(first)?;
    entries.iter().skip(1).for_each(|entry| whole.add(entry));
    let of = |(entry, from): (&Entry, NaiveDate)| {
        let needs = whole.ties.get(&entry.seq).map(|ties| ties.needs.clone()).unwrap_or_default();
        (entry.seq, TakenBack { from, stakes: stakes(&entry.event, &entry.set), needs })
    };
    Some(later.into_iter().map(of).collect())
}

/// The entries that had taken effect on a day.
pub fn until(entries: Vec<Entry>, as_of: NaiveDate) -> Vec<Entry> {
    // A reversal of what has not happened yet on that day says nothing.
    entries.into_iter().filter(|entry| entry.effective_on <= as_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assessment_stands_by_its_code() {
        let all = [Standing::Draft, Standing::Confirmed, Standing::Rejected];
        assert_eq!(all.map(Standing::code), ["draft", "confirmed", "rejected"]);
    }
}
