//! How money moves on an item: the late fee to a day (art. 33), the shares of the treasuries (arts 4, 26), and the postings
//! that follow. The figures are those of `late_fee` and `revenue_split`.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::account::{Account, EntrySet, Posting};
use super::entry::ItemId;
use super::event::TreasuryShares;
use super::history::{Item, Payment, RightHistory};
use crate::domain::allocate::allocate;
use crate::domain::context::Context;
use crate::domain::error::At;
use crate::domain::late_fee;
use crate::domain::money::Yuan;
use crate::domain::rate_book::RateBook;
use crate::domain::refund;
use crate::domain::revenue_split::{self, Area, Location, Scheme, Shares, Treasuries};

/// The late fee on an item as of a day, with a payment that is not booked yet.
///
/// An item that waits for its due date is not late. A true-up ends the running of the fee.
pub fn late_fee_on<'b>(
    history: &RightHistory,
    item: &Item,
    as_of: NaiveDate,
    coming: Option<Yuan>,
    context: &mut Context<'b>,
) -> Option<late_fee::Outcome> {
    let as_of = item.settled_on.map_or(as_of, |settled| as_of.min(settled));
    let mut payments = history.payments_of(item.id);
    payments.extend(coming.map(|amount| late_fee::Payment { date: as_of, amount: amount.to_decimal().into() }));
    let deferrals = item.deferrals.iter().map(|deferral| late_fee::Deferral {
        from: deferral.period.from(),
        to: deferral.period.to(),
        approval: &deferral.approval,
    });
    let request = late_fee::Request {
        principal: item.amount.to_decimal().into(),
        due_date: item.due_on.unwrap_or(as_of),
        as_of,
        payments,
        deferrals: deferrals.collect(),
        location: None,
    };
    late_fee::late_fee(&request, context)
}

/// The name by which the rules know the division of a right: its own where there are data for it, else its province.
pub fn known_division(book: &RateBook, division: &str) -> Option<String> {
    let province = format!("{}0000", division.get(..2)?);
    [division.to_owned(), province].into_iter().find(|code| book.divisions.find(code).is_some())
}

/// The rules that divide what is paid for a right on a day.
pub fn treasuries<'b>(
    history: &RightHistory,
    at: At<'_>,
    paid_on: NaiveDate,
    context: &mut Context<'b>,
) -> Option<Treasuries<'b>> {
    let division = known_division(context.book(), &history.registered.division);
    let location = location(history, division.as_deref());
    revenue_split::treasuries(at, &location, (at, paid_on), None, context)
}

/// The shares as they are kept.
pub fn kept_shares(shares: Shares) -> TreasuryShares {
    let [province, city, county] = shares.levels.map_or([None; 3], |levels| levels.map(Some));
    TreasuryShares { central: shares.central, local: shares.local, province, city, county }
}

/// Shares that were kept, as the rules know them.
pub fn shares_of(kept: &TreasuryShares) -> Shares {
    let levels = [kept.province, kept.city, kept.county];
    let divided = levels.iter().any(Option::is_some).then(|| levels.map(Option::unwrap_or_default));
    Shares { central: kept.central, local: kept.local, levels: divided }
}

/// What the treasuries have given back once so much of a payment is refunded (art. 26): by the rule of the day it was paid
/// in or, where it was not paid in by that rule, in the shares in which it was.
pub fn given_back<'b>(
    history: &RightHistory,
    at: At<'_>,
    payment: &Payment,
    amount: Yuan,
    context: &mut Context<'b>,
) -> Option<TreasuryShares> {
    if amount.is_zero() {
        let levels = [payment.shares.province, payment.shares.city, payment.shares.county];
        let [province, city, county] = levels.map(|level| level.map(|_| Yuan::ZERO));
        return Some(TreasuryShares { central: Yuan::ZERO, local: Yuan::ZERO, province, city, county });
    }
    let division = known_division(context.book(), &history.registered.division);
    let whole = |amount: Yuan| refund::Request {
        payments: vec![refund::Payment {
            paid_on: payment.paid_on,
            amount: amount.to_decimal().into(),
            location: location(history, division.as_deref()),
        }],
    };
    let by_rule = |amount, context: &mut Context<'b>| {
        let refund = context.part(|_| at.pointer(), |context| refund::refund(&whole(amount), context))?;
        refund.parts.into_iter().next().map(|part| kept_shares(part.split.shares))
    };
    if by_rule(payment.amount, context)? == payment.shares {
        by_rule(amount, context)
    } else {
        as_paid(payment, amount)
    }
}

/// An amount in the shares in which a payment came in.
fn as_paid(payment: &Payment, amount: Yuan) -> Option<TreasuryShares> {
    let paid = &payment.shares;
    let divided = |amount: Yuan, weights: &[Yuan]| {
        let weights: Vec<Decimal> = weights.iter().map(|weight| weight.to_decimal()).collect();
        allocate(amount, &weights).ok()
    };
    let [central, local] = divided(amount, &[paid.central, paid.local])?.try_into().ok()?;
    let levels = [paid.province, paid.city, paid.county];
    let among: Vec<Yuan> = levels.iter().map(|level| level.unwrap_or_default()).collect();
    let parts = if among.iter().all(|part| part.is_zero()) { vec![Yuan::ZERO; 3] } else { divided(local, &among)? };
    let mut parts = levels.iter().zip(parts).map(|(level, part)| level.map(|_| part));
    let [province, city, county] = [parts.next()?, parts.next()?, parts.next()?];
    Some(TreasuryShares { central, local, province, city, county })
}

/// The shares of a sum less those of a part of it. Of a few fen a treasury may get one back, so that pieces add up to the
/// whole.
pub fn less(all: &TreasuryShares, before: &TreasuryShares) -> Option<TreasuryShares> {
    let minus = |one: Yuan, other: Yuan| one.minus(other).ok();
    let level = |one: Option<Yuan>, other: Option<Yuan>| match one {
        Some(one) => minus(one, other.unwrap_or_default()).map(Some),
        None => Some(None),
    };
    Some(TreasuryShares {
        central: minus(all.central, before.central)?,
        local: minus(all.local, before.local)?,
        province: level(all.province, before.province)?,
        city: level(all.city, before.city)?,
        county: level(all.county, before.county)?,
    })
}

/// Where the income of a right belongs, by the name of its division.
pub fn location<'a>(history: &'a RightHistory, division: Option<&'a str>) -> Location<'a> {
    let registered = &history.registered;
    let scheme = registered.scheme.as_deref().map(Scheme::Class);
    Location::Single(Area { kind: registered.area, province: division, scheme })
}

/// Debits of the treasuries; credits for what goes back when `sign` turns them.
pub fn to_treasuries(item: ItemId, shares: &TreasuryShares, turn: impl Fn(Yuan) -> Yuan) -> Vec<Posting> {
    let levels = [(Account::Province, shares.province), (Account::City, shares.city), (Account::County, shares.county)];
    let divided = levels.iter().any(|(_, amount)| amount.is_some());
    let local = (Account::Local, if divided { None } else { Some(shares.local) });
    let lines = std::iter::once((Account::Central, Some(shares.central))).chain(levels).chain([local]);
    lines.filter_map(|(account, amount)| amount.map(|amount| Posting { account, item, amount: turn(amount) })).collect()
}

/// A debit of the late fee beyond what was charged; negative when less is due than was charged.
pub fn charge(item: ItemId, amount: Yuan) -> EntrySet {
    EntrySet::moved(item, amount, Account::LateFeeAssessed, Account::LateFee)
}
