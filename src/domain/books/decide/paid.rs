//! Decisions about money: payments, late fees, refunds, true-ups (arts 21, 26, 33).

use chrono::NaiveDate;

use super::owed::recognized;
use super::{Decision, Desk, Stop, entry, filled, item, not_before, sound};
use crate::domain::books::account::{Account, EntrySet, Posting};
use crate::domain::books::checks::RESERVES_USED_FOR_NOTHING;
use crate::domain::books::command::{BookPayment, ChargeLateFee, PayRefund, SettleTrueUp};
use crate::domain::books::entry::NewEntry;
use crate::domain::books::event::{
    Event, ItemKind, LateFeeCharged, PaymentBooked, RefundDue, RefundPaid, Register, Settled, TrueUpSettled,
};
use crate::domain::books::history::{Item, Payment, RightHistory};
use crate::domain::books::money::{
    charge, given_back, kept_shares, known_division, late_fee_on, less, location, to_treasuries, treasuries,
};
use crate::domain::books::statement::is_without_rule;
use crate::domain::books::worklist::may_be_levied;
use crate::domain::catalogue::LevyMethod;
use crate::domain::context::{Context, Sign};
use crate::domain::error::{At, Text};
use crate::domain::law::measures;
use crate::domain::money::Yuan;
use crate::domain::quantity::{Quantity, Reserves};
use crate::domain::rate_book::RateBook;
use crate::domain::true_up;
use crate::text;

/// Money moves forward in time on an item, so that what was split between principal and fee stays as it was.
pub(super) fn moves_forward(
    at: At<'_>,
    right: &RightHistory,
    item: &Item,
    day: NaiveDate,
    context: &mut Context<'_>,
) -> Decision<()> {
    not_before(at, day, right.entries.get(&item.id.entry).copied(), context);
    match item.moved_on.filter(|moved| day < *moved) {
        Some(moved) => Err(Stop::Conflict(text!(
            "该项在 {moved} 已有记账；补记更早的款项，请先冲销其后的记录",
            "money moved on this item on {moved}: reverse the later entries first to book an earlier one"
        ))),
        None => Ok(()),
    }
}

impl Desk<'_> {
    pub(super) fn book_payment(
        &self,
        right: &RightHistory,
        body: &BookPayment<'_>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let paid_at = At::ROOT.field("paid_on");
        let item = item(right, At::ROOT.field("item"), body.item, context);
        let amount = context.money(At::ROOT.field("amount"), body.amount, Sign::Positive);
        let receipt = filled(At::ROOT.field("receipt"), body.receipt, context);
        let rules = treasuries(right, paid_at, body.paid_on, context);
        sound(context)?;
        let (item, amount, receipt) =
            (item.ok_or(Stop::Faulty)?, amount.ok_or(Stop::Faulty)?, receipt.ok_or(Stop::Faulty)?);
        moves_forward(paid_at, right, item, body.paid_on, context)?;
        sound(context)?;
        self.name_is_free(Register::Receipt, &receipt)?;
        let split = allocated(right, item, amount, body.paid_on, context).ok_or(Stop::Faulty)?;
        let shares = rules.and_then(|rules| rules.divide(amount, context)).ok_or(Stop::Faulty)?;
        let shares = kept_shares(shares.shares);
        let credits = [
            (Account::Paid, split.to_principal),
            (Account::LateFeePaid, split.to_late_fee),
            (Account::Overpaid, split.overpaid),
        ];
        let credits =
            credits.into_iter().map(|(account, amount)| Posting { account, item: item.id, amount: amount.negated() });
        let set = EntrySet::new(to_treasuries(item.id, &shares, |amount| amount).into_iter().chain(credits))
            .map_err(|_| Stop::Faulty)?
            .and(charge(item.id, split.late_fee_charged));
        let event = Event::PaymentBooked(PaymentBooked {
            item: item.id,
            amount,
            receipt,
            to_principal: split.to_principal,
            to_late_fee: split.to_late_fee,
            overpaid: split.overpaid,
            late_fee_charged: split.late_fee_charged,
            shares,
        });
        Ok(NewEntry { set, ..entry(right, body.paid_on, event) })
    }

    pub(super) fn charge_late_fee(
        &self,
        right: &RightHistory,
        body: &ChargeLateFee<'_>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let at = At::ROOT.field("as_of");
        let item = item(right, At::ROOT.field("item"), body.item, context);
        sound(context)?;
        let item = item.ok_or(Stop::Faulty)?;
        moves_forward(at, right, item, body.as_of, context)?;
        let fee = context
            .part(|_| At::ROOT.field("item").pointer(), |context| late_fee_on(right, item, body.as_of, None, context));
        sound(context)?;
        let fee = fee.ok_or(Stop::Faulty)?;
        let charged_before = item.fee_charged();
        let more = fee.late_fee.less_at_most(charged_before);
        if more.is_zero() {
            return Err(Stop::Conflict(Text::fixed("截至该日没有新的滞纳金", "no further late fee up to that day")));
        }
        let event = LateFeeCharged { item: item.id, days: fee.days, late_fee: fee.late_fee, charged_before };
        Ok(NewEntry { set: charge(item.id, more), ..entry(right, body.as_of, Event::LateFeeCharged(event)) })
    }

    pub(super) fn pay_refund(
        &self,
        right: &RightHistory,
        body: &PayRefund<'_>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let amount = context.money(At::ROOT.field("amount"), body.amount, Sign::Positive);
        let reason = filled(At::ROOT.field("reason"), body.reason, context);
        let payment = right.payments.get(&body.payment);
        if payment.is_none() {
            let detail = Text::fixed("该矿业权没有此笔缴款", "the right has no such payment");
            context.invalid(At::ROOT.field("payment"), detail, Some(measures("26")));
        }
        let document = body.document.map(|document| filled(At::ROOT.field("document"), document, context));
        match (body.cause, body.document) {
            (Some(_), None) => {
                let detail = Text::fixed("请填写批准文号", "give the number of the decision");
                context.unknown(At::ROOT.field("document"), detail, Some(measures("26")));
            }
            (None, Some(_)) => {
                let detail = Text::fixed("请填写退库的情形", "say which case of the article it is");
                context.unknown(At::ROOT.field("cause"), detail, Some(measures("26")));
            }
            _ => {}
        }
        sound(context)?;
        let (amount, payment) = (amount.ok_or(Stop::Faulty)?, payment.ok_or(Stop::Faulty)?);
        let item = right.items.get(&payment.item).ok_or(Stop::Faulty)?;
        let at = At::ROOT.field("effective_on");
        moves_forward(at, right, item, body.effective_on, context)?;
        not_before(at, body.effective_on, Some(payment.paid_on), context);
        sound(context)?;
        let left = payment.amount.less_at_most(payment.refunded);
        let most = match body.cause {
            None => item.overpaid().min(left),
            // A late fee that was paid is not given back.
            Some(_) => left.less_at_most(payment.to_late_fee),
        };
        if amount > most {
            return Err(Stop::Conflict(text!("该笔缴款可退 {most} 元", "{most} yuan of this payment can be refunded")));
        }
        // In the shares of the day it was paid in, also when today's differ (art. 26): with what was refunded before as if
        // it were one refund.
        let refunded = payment.refunded.plus(amount).map_err(|_| Stop::Faulty)?;
        let all = given_back(right, At::ROOT.field("payment"), payment, refunded, context).ok_or(Stop::Faulty)?;
        let mut before = payment.refunds.iter().map(|refund| &refund.shares);
        let shares = before.try_fold(all, |rest, before| less(&rest, before)).ok_or(Stop::Faulty)?;
        // What is not owed any more ends with it: else it would be overdue at once.
        let ends = amount.less_at_most(item.overpaid());
        let refund = Posting { account: Account::Refund, item: item.id, amount };
        let set = EntrySet::new(to_treasuries(item.id, &shares, Yuan::negated).into_iter().chain([refund]))
            .map_err(|_| Stop::Faulty)?
            .and(EntrySet::moved(item.id, ends, Account::Receivable, Account::Assessed));
        let event = Event::RefundPaid(RefundPaid {
            payment: payment.seq,
            item: item.id,
            amount,
            reason: reason.ok_or(Stop::Faulty)?,
            shares,
            cause: body.cause,
            document: document.flatten(),
            ends: Some(ends).filter(|ends| !ends.is_zero()),
        });
        Ok(NewEntry { set, ..entry(right, body.effective_on, event) })
    }

    pub(super) fn settle_true_up(
        &self,
        right: &RightHistory,
        body: &SettleTrueUp,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let Some(assessment) = right.assessments.get(&body.assessment).filter(|assessment| assessment.plan.is_some())
        else {
            let detail = Text::fixed("该矿业权没有此核定的缴款计划", "the right has no plan of such an assessment");
            context.invalid(At::ROOT.field("assessment"), detail, Some(measures("21")));
            return Err(Stop::Faulty);
        };
        if let Some(seq) = assessment.true_up {
            return Err(Stop::Conflict(text!("已结算（第 {seq} 号记录）", "already trued up (entry {seq})")));
        }
        let items: Vec<&Item> = right.items.values().filter(|item| item.assessment == Some(body.assessment)).collect();
        if items.iter().any(|item| is_levied_by_rate(right, item, context.book())) {
            let detail = Text::fixed(
                "多退少补只适用于按出让金额征收的部分；按出让收益率征收的，成交价需要退还的按第二十六条退库",
                "only what is levied by amount is trued up; of what is levied by rate the price goes back by a refund (art. 26)",
            );
            context.invalid(At::ROOT.field("assessment"), detail, Some(measures("21")));
        }
        for item in &items {
            moves_forward(At::ROOT.field("effective_on"), right, item, body.effective_on, context)?;
        }
        let total = context.computed(At::ROOT.field("assessment"), Yuan::sum(items.iter().map(|item| item.total())));
        // The earliest first, as they came in: of what is refunded the latest goes first.
        let mut payments: Vec<(&Payment, Yuan)> = right
            .payments
            .values()
            .filter(|payment| items.iter().any(|item| item.id == payment.item))
            // What was overpaid never was part of the principal.
            .map(|payment| (payment, payment.to_principal.less_at_most(payment.principal_back)))
            .filter(|(_, amount)| *amount > Yuan::ZERO)
            .collect();
        payments.sort_by_key(|(payment, _)| (payment.paid_on, payment.seq));
        let outcome = trued_up(right, body, total.ok_or(Stop::Faulty)?, &payments, context);
        // Their faults are reported even where nothing was computed.
        let assessed = context.quantity(At::ROOT.field("reserves_assessed"), body.reserves_assessed, Quantity::new);
        let used = context.quantity(At::ROOT.field("reserves_used"), body.reserves_used, Reserves::new);
        sound(context)?;
        let (outcome, assessed, used) =
            (outcome.ok_or(Stop::Faulty)?, assessed.ok_or(Stop::Faulty)?, used.ok_or(Stop::Faulty)?);

        let refunded = outcome.split.iter().flat_map(|split| &split.parts).map(|part| part.amount);
        let refunds: Vec<(&Payment, Yuan)> = match outcome.direction {
            true_up::Direction::Refund => payments.iter().rev().map(|(payment, _)| *payment).zip(refunded).collect(),
            true_up::Direction::Collect | true_up::Direction::None => Vec::new(),
        };
        let mut set = EntrySet::default();
        let mut settled = Vec::with_capacity(items.len());
        for item in items {
            let back = refunds.iter().filter(|(payment, _)| payment.item == item.id).map(|(_, amount)| *amount);
            let back = Yuan::sum(back).map_err(|_| Stop::Faulty)?;
            // The open rest ends; what was paid and is not given back stays owed and paid.
            let less = item.outstanding().plus(back).map_err(|_| Stop::Faulty)?;
            set = set.and(EntrySet::moved(item.id, less, Account::Receivable, Account::Assessed));
            let total = item.total().minus(less).map_err(|_| Stop::Faulty)?;
            settled.push(Settled { item: item.id, total });
            let fee = context.part(
                |_| At::ROOT.field("assessment").pointer(),
                |context| late_fee_on(right, item, body.effective_on, None, context),
            );
            let fee = fee.ok_or(Stop::Faulty)?;
            set = set.and(charge(item.id, fee.late_fee.less_at_most(item.fee_charged())));
        }
        if outcome.difference > Yuan::ZERO {
            set = set.and(recognized(1, outcome.difference));
        }
        let event = Event::TrueUpSettled(TrueUpSettled {
            assessment: body.assessment,
            reserves_assessed: assessed.value().normalize(),
            reserves_used: used.value().normalize(),
            due: outcome.due,
            difference: outcome.difference,
            settled,
            refunds: refunds
                .iter()
                .map(|(payment, amount)| RefundDue { payment: payment.seq, amount: *amount })
                .collect(),
        });
        Ok(NewEntry { set, ..entry(right, body.effective_on, event) })
    }
}

/// Whether an item belongs to what is levied by rate: as its assessment says, else as the minerals do that it is for.
fn is_levied_by_rate(right: &RightHistory, item: &Item, book: &RateBook) -> bool {
    if item.rule.as_deref() == Some(RESERVES_USED_FOR_NOTHING) {
        return false;
    }
    let granted = right.registered.contract_signed_on.unwrap_or(item.recognized_on);
    let minerals = item.minerals.iter().map(String::as_str);
    match item.kind {
        ItemKind::Arrears | ItemKind::Annual => true,
        ItemKind::TrueUp | ItemKind::FundOccupation => false,
        ItemKind::Price | ItemKind::Instalment | ItemKind::OnConversion => item.levy_method.map_or_else(
            || may_be_levied(minerals, LevyMethod::Amount, granted, book) == Some(false),
            |method| method == LevyMethod::Rate,
        ),
    }
}

/// The rule of art. 21 over the payments that went to the principal.
fn trued_up<'b>(
    right: &RightHistory,
    body: &SettleTrueUp,
    total: Yuan,
    payments: &[(&Payment, Yuan)],
    context: &mut Context<'b>,
) -> Option<true_up::Outcome> {
    let division = known_division(context.book(), &right.registered.division);
    let location = || location(right, division.as_deref());
    let payments = payments.iter().map(|(payment, amount)| crate::domain::refund::Payment {
        paid_on: payment.paid_on,
        amount: amount.to_decimal().into(),
        location: location(),
    });
    let request = true_up::Request {
        total: total.to_decimal().into(),
        reserves_assessed: body.reserves_assessed,
        reserves_used: body.reserves_used,
        paid: None,
        payments: Some(payments.collect()),
        paid_on: None,
        location: None,
    };
    true_up::true_up(&request, context)
}

/// How a payment divides between principal, late fee and what is left over.
struct Allocated {
    to_principal: Yuan,
    to_late_fee: Yuan,
    overpaid: Yuan,
    late_fee_charged: Yuan,
}

fn allocated(
    right: &RightHistory,
    item: &Item,
    amount: Yuan,
    paid_on: NaiveDate,
    context: &mut Context<'_>,
) -> Option<Allocated> {
    if item.settled_on.is_some() {
        // Nothing runs any more: the fee is what was charged, the principal what the true-up left.
        let to_principal = amount.min(item.outstanding());
        let rest = amount.less_at_most(to_principal);
        let to_late_fee = rest.min(item.fee_charged().less_at_most(item.fee_paid()));
        let overpaid = rest.less_at_most(to_late_fee);
        return Some(Allocated { to_principal, to_late_fee, overpaid, late_fee_charged: Yuan::ZERO });
    }
    let after = match context.attempt(|context| late_fee_on(right, item, paid_on, Some(amount), context)) {
        Ok(after) => after,
        // Whatever the fee may be, the principal comes first.
        Err(faults) if is_without_rule(&faults) && amount <= item.outstanding() => {
            let nothing = Yuan::ZERO;
            let (to_late_fee, overpaid, late_fee_charged) = (nothing, nothing, nothing);
            return Some(Allocated { to_principal: amount, to_late_fee, overpaid, late_fee_charged });
        }
        Err(faults) => {
            context.refuse(faults, |_| At::ROOT.field("item").pointer());
            return None;
        }
    };
    let paid_before = item.balance(Account::Paid).negated();
    let to_principal = item.amount.less_at_most(after.outstanding_principal).minus(paid_before).ok()?;
    let to_late_fee = after.paid_to_late_fee.minus(item.fee_paid()).ok()?;
    let overpaid = amount.minus(to_principal).ok()?.minus(to_late_fee).ok()?;
    // A fee that is paid is charged in full: the principal is paid, so that it grows no more.
    let settles = after.outstanding_principal.is_zero();
    let late_fee_charged = if settles { after.late_fee.minus(item.fee_charged()).ok()? } else { Yuan::ZERO };
    Some(Allocated { to_principal, to_late_fee, overpaid, late_fee_charged })
}
