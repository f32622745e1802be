//! The exchange between the natural-resources bureau and the tax office: fee-source records (费源信息) go out, collection
//! records (征收信息) come back (arts 23, 24, 27; 财综〔2021〕19号).
//!
//! A fee-source record is made of the entries of a right up to its own and of nothing later, so that it says the same
//! whenever it is asked for. What was collected becomes a payment by the same decision as any other payment.

use std::sync::Arc;

use chrono::NaiveDate;

use super::access::{Denied, Identity, Scoped};
use super::command::{BookPayment, Command, OnRight};
use super::decide::{Asker, Refusal, Shelf, decide};
use super::entry::{Entry, ItemId, Moment, NewEntry, PartyId, RightId, Seq, Subject};
use super::event::{Event, ItemKind, ReceiptsReceived, Register, TreasuryShares};
use super::history::{Item, RightHistory};
use crate::domain::context::{Detail, calculate};
use crate::domain::error::{At, Text};
use crate::domain::law::measures;
use crate::domain::money::Yuan;
use crate::domain::quantity::Number;
use crate::domain::rate_book::RateBook;
use crate::domain::start_price::Right;
use crate::text;

/// An item as it stands after the entry of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeLine {
    /// The item.
    pub item: ItemId,
    /// For what.
    pub kind: ItemKind,
    /// What is owed in all.
    pub amount: Yuan,
    /// The last day for it; none while it waits for the service of a notice or a conversion.
    pub due_on: Option<NaiveDate>,
    /// The year declared.
    pub year: Option<i32>,
    /// What a notice asks for.
    pub notified: Option<Yuan>,
    /// The first day of a deferral (art. 22).
    pub deferred_from: Option<NaiveDate>,
    /// Its last day.
    pub deferred_to: Option<NaiveDate>,
    /// The late fee charged so far.
    pub late_fee: Option<Yuan>,
    /// What is to be refunded, or was.
    pub refund: Option<Yuan>,
}

/// What the tax office has to know of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeSource {
    /// The number of the entry: the cursor.
    pub seq: Seq,
    /// When it was recorded.
    pub recorded_at: Moment,
    /// When it took effect.
    pub effective_on: NaiveDate,
    /// The kind of the entry.
    pub kind: &'static str,
    /// The record that it takes back.
    pub takes_back: Option<Seq>,
    /// The right.
    pub right: RightId,
    /// Exploration or mining.
    pub right_kind: Right,
    /// Number of the licence.
    pub licence_number: String,
    /// Number of the contract.
    pub contract_number: Option<String>,
    /// Day of the contract.
    pub contract_signed_on: Option<NaiveDate>,
    /// Six-digit division code.
    pub division: String,
    /// Codes; the first is the main mineral.
    pub minerals: Vec<String>,
    /// Who pays on the day of effect (art. 18).
    pub payer: PartyId,
    /// The notice that was issued or served.
    pub notice: Option<String>,
    /// By treasury: what a notice asks for, or what was refunded.
    pub shares: Option<TreasuryShares>,
    /// Why, or the number of the decision.
    pub reason: Option<String>,
    /// The mining right that an exploration right became.
    pub converted_to: Option<RightId>,
    /// The items that it is about.
    pub lines: Vec<FeeLine>,
}

/// Whether an entry matters to the collection. A payment does not: the tax office is where it comes from. Neither do
/// assessments, since their sums go out with the plan.
pub fn is_exchanged(event: &Event) -> bool {
    matches!(
        event,
        Event::RightRegistered(_)
            | Event::RightCorrected(_)
            | Event::RightChanged(_)
            | Event::RightTransferred(_)
            | Event::RightClosed(_)
            | Event::RightConverted(_)
            | Event::PlanSet(_)
            | Event::DeclarationFiled(_)
            | Event::NoticeIssued(_)
            | Event::NoticeServed(_)
            | Event::DeferralApproved(_)
            | Event::LateFeeCharged(_)
            | Event::RefundPaid(_)
            | Event::TrueUpSettled(_)
    )
}

/// The record of the last of these entries, which are those of one right from its registration on; `None` if that entry does
/// not matter to the collection.
pub fn fee_source(entries: &[Entry]) -> Option<FeeSource> {
    let last = entries.last()?;
    let takes_back = match &last.event {
        Event::Reversal(reversal) => {
            let taken_back = entries.iter().find(|entry| entry.seq == reversal.of)?;
            Some(taken_back.seq).filter(|_| is_exchanged(&taken_back.event))
        }
        _ => None,
    };
    if takes_back.is_none() && !is_exchanged(&last.event) {
        return None;
    }
    let history = RightHistory::ever(entries)?;
    let registered = &history.registered;
    let (notice, shares, reason) = details(&last.event);
    Some(FeeSource {
        seq: last.seq,
        recorded_at: last.recorded_at,
        effective_on: last.effective_on,
        kind: last.event.kind(),
        takes_back,
        right: history.id,
        right_kind: registered.right,
        licence_number: history.licence_number.clone(),
        contract_number: registered.contract_number.clone(),
        contract_signed_on: registered.contract_signed_on,
        division: registered.division.clone(),
        minerals: history.minerals.clone(),
        payer: history.holder_on(last.effective_on),
        notice,
        shares,
        reason,
        converted_to: history.converted_to,
        lines: lines(&history, last),
    })
}

/// Notice, shares and reason of an event.
fn details(event: &Event) -> (Option<String>, Option<TreasuryShares>, Option<String>) {
    match event {
        Event::NoticeIssued(event) => (Some(event.number.clone()), Some(event.shares.clone()), None),
        Event::NoticeServed(event) => (Some(event.number.clone()), None, None),
        Event::DeferralApproved(event) => (None, None, Some(event.approval.clone())),
        Event::RefundPaid(event) => (None, Some(event.shares.clone()), Some(event.reason.clone())),
        Event::RightCorrected(event) => (None, None, Some(event.reason.clone())),
        Event::RightChanged(event) => (None, None, Some(event.reason.clone())),
        Event::RightTransferred(event) => (None, None, Some(event.reason.clone())),
        Event::RightClosed(event) => (None, None, Some(event.reason.clone())),
        Event::RightConverted(event) => (None, None, Some(event.reason.clone())),
        Event::Reversal(event) => (None, None, Some(event.reason.clone())),
        _ => (None, None, None),
    }
}

/// The items that an entry is about.
fn lines(history: &RightHistory, last: &Entry) -> Vec<FeeLine> {
    let of = |item: &Item| FeeLine {
        item: item.id,
        kind: item.kind,
        amount: item.total(),
        due_on: item.due_on,
        year: item.year,
        notified: None,
        deferred_from: None,
        deferred_to: None,
        late_fee: None,
        refund: None,
    };
    let named = |id: ItemId| history.items.get(&id).map(of);
    let own = || history.items.values().filter(|item| item.id.entry == last.seq).map(of);
    match &last.event {
        Event::PlanSet(_) | Event::DeclarationFiled(_) => own().collect(),
        // The new holder pays what is open (art. 18).
        Event::RightTransferred(_) => {
            history.items.values().filter(|item| !item.outstanding().is_zero()).map(of).collect()
        }
        Event::RightClosed(_) | Event::RightConverted(_) => {
            let ended = history.items.values().filter(|item| last.set.postings().iter().any(|it| it.item == item.id));
            ended.map(of).collect()
        }
        Event::NoticeIssued(event) => {
            let notified = |line: FeeLine, amount| FeeLine { notified: Some(amount), ..line };
            event.items.iter().filter_map(|line| Some(notified(named(line.item)?, line.amount))).collect()
        }
        // Those whose date was fixed before are not among the dates that the service fixes.
        Event::NoticeServed(event) => {
            let issued = history.notices.get(&event.number).map(|notice| notice.issued.items.as_slice());
            issued.unwrap_or_default().iter().filter_map(|line| named(line.item)).collect()
        }
        Event::DeferralApproved(event) => {
            let (from, to) = (Some(event.from), Some(event.to));
            let deferred = |line| FeeLine { deferred_from: from, deferred_to: to, ..line };
            named(event.item).map(deferred).into_iter().collect()
        }
        Event::LateFeeCharged(event) => {
            named(event.item).map(|line| FeeLine { late_fee: Some(event.late_fee), ..line }).into_iter().collect()
        }
        Event::RefundPaid(event) => {
            named(event.item).map(|line| FeeLine { refund: Some(event.amount), ..line }).into_iter().collect()
        }
        Event::TrueUpSettled(event) => {
            let back = |id: ItemId| {
                let of_item = event
                    .refunds
                    .iter()
                    .filter(|refund| history.payments.get(&refund.payment).is_some_and(|payment| payment.item == id));
                Yuan::sum(of_item.map(|refund| refund.amount)).ok().filter(|sum| !sum.is_zero())
            };
            let settled = event.settled.iter().filter_map(|settled| named(settled.item));
            settled.map(|line| FeeLine { refund: back(line.item), ..line }).chain(own()).collect()
        }
        _ => Vec::new(),
    }
}

/// How far a collection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// 受理: the tax office has the money.
    Accepted,
    /// 已入库: the treasury has it.
    InTreasury,
}

/// Something that the tax office collected.
#[derive(Clone, Debug)]
pub struct Collected<'r> {
    /// Number of the tax receipt (税票号): it names the collection.
    pub receipt: &'r str,
    /// The notice that it was paid on.
    pub notice: Option<&'r str>,
    /// The item; left out, the only one of the notice.
    pub item: Option<&'r str>,
    /// How much.
    pub amount: Number,
    /// The day of payment.
    pub paid_on: NaiveDate,
    /// The treasury that has it.
    pub treasury: Option<&'r str>,
    /// How far it has come.
    pub stage: Stage,
}

/// What a collection becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A payment.
    Payment(Box<NewEntry>),
    /// Nothing: this entry says it already.
    Repeated(Seq),
}

/// The entry that keeps a message of the tax office as it was sent. The day is that of its arrival.
pub fn receive(message: &str, day: NaiveDate) -> NewEntry {
    let event = Event::ReceiptsReceived(ReceiptsReceived { message: message.to_owned() });
    NewEntry { subject: Subject::Store, effective_on: day, event, set: Default::default() }
}

/// The payment that a collection becomes when somebody reports it. One that was reported before, with the same item, amount
/// and day, is that payment; with others it is a conflict.
pub fn collect_for<'b>(
    who: &Identity,
    today: NaiveDate,
    line: &Collected<'_>,
    shelf: &dyn Shelf,
    book: &'b RateBook,
) -> Result<Received, Denied<'b>> {
    let seen = Scoped::new(shelf, &who.scope, today);
    let (right, item) = addressed(line, &seen, book)?;
    for seq in seen.named(Register::Receipt, line.receipt.trim())? {
        let is_reversed = !seen.named(Register::Reversed, &seq.to_string())?.is_empty();
        // Whoever does not see the payment is told by the decision that the number is taken, and no more.
        let Some(entry) = seen.entry(seq)?.filter(|_| !is_reversed) else { continue };
        let Event::PaymentBooked(payment) = &entry.event else { continue };
        let amount = match line.amount {
            Number::Exactly(amount) => Yuan::from_decimal(amount).ok(),
            Number::BeyondPrecision => None,
        };
        if payment.item == item && Some(payment.amount) == amount && entry.effective_on == line.paid_on {
            return Ok(Received::Repeated(seq));
        }
        return Err(Denied::Refused(Refusal::Conflict(text!(
            "该税票号已登记为另一笔缴款（第 {seq} 号记录），金额、应缴项或缴款日不同；更正请先冲销",
            "this receipt is another payment (entry {seq}), with another amount, item or day: reverse that first to correct it"
        ))));
    }
    let item = item.to_string();
    let payment = BookPayment { item: &item, paid_on: line.paid_on, amount: line.amount, receipt: line.receipt };
    let command = Command::OnRight(right, OnRight::Pay(payment));
    let entry = decide(&command, Asker { actor: &who.actor, person: &who.person }, &seen, book);
    entry.map(|entry| Received::Payment(Box::new(entry))).map_err(Denied::Refused)
}

/// The right and the item that a collection is for.
fn addressed<'b>(line: &Collected<'_>, seen: &Scoped<'_>, book: &'b RateBook) -> Result<(RightId, ItemId), Denied<'b>> {
    let wrong = |field: &'static str, detail: Text| {
        let faults = calculate::<()>(book, Detail::FiguresOnly, |context| {
            context.invalid(At::ROOT.field(field), detail, Some(measures("24")));
            None
        });
        Denied::Refused(Refusal::Faults(faults.err().unwrap_or_default()))
    };
    let right_of = |seq: Seq| -> Result<Option<Arc<RightHistory>>, Denied<'b>> {
        match seen.entry(seq)?.map(|entry| entry.subject) {
            Some(Subject::Right(id)) => Ok(seen.right(id)?),
            _ => Ok(None),
        }
    };
    let item = match line.item {
        None => None,
        Some(name) => {
            let known = match ItemId::parse(name) {
                Some(id) => {
                    right_of(id.entry)?.filter(|right| right.items.contains_key(&id)).map(|right| (right.id, id))
                }
                None => None,
            };
            let missing = || {
                wrong(
                    "item",
                    Text::fixed("没有该应缴项，请用其标识，如 I12-1", "no such item: use its id, such as I12-1"),
                )
            };
            Some(known.ok_or_else(missing)?)
        }
    };
    let Some(number) = line.notice else {
        let missing = || wrong("item", Text::fixed("请写明通知书号或应缴项", "name the notice or the item"));
        return item.ok_or_else(missing);
    };
    let mut issued = None;
    for seq in seen.named(Register::NoticeNumber, number)? {
        // One that was taken back is not among the notices of its right.
        let right = right_of(seq)?;
        issued =
            right.and_then(|right| right.notices.get(number).map(|notice| (right.id, notice.issued.items.clone())));
    }
    let missing = || wrong("notice", Text::fixed("没有该通知书，或已冲销", "no such notice, or it was taken back"));
    let (right, items) = issued.ok_or_else(missing)?;
    match (item, items.as_slice()) {
        (Some((_, id)), items) if items.iter().any(|line| line.item == id) => Ok((right, id)),
        (Some(_), _) => Err(wrong("item", Text::fixed("该通知书没有此应缴项", "the notice has no such item"))),
        (None, [only]) => Ok((right, only.item)),
        (None, _) => Err(wrong(
            "item",
            Text::fixed(
                "该通知书有多个应缴项，请写明其一；一笔缴款只抵一项",
                "the notice has several items: name one, a payment is for one item",
            ),
        )),
    }
}
