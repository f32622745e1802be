//! The statement of a right: 总额 = 到期已缴 + 到期欠缴 + 未到期待缴, each item with its late fee to the day (arts 24, 33).

use chrono::NaiveDate;

use super::entry::PartyId;
use super::event::TreasuryShares;
use super::history::{Item, RightHistory};
use super::money::late_fee_on;
use crate::domain::context::{Detail, calculate};
use crate::domain::error::{Code, Fault, Text};
use crate::domain::explain::Answer;
use crate::domain::late_fee;
use crate::domain::money::{MoneyError, Yuan};
use crate::domain::rate_book::RateBook;

/// What is owed in all and how much of it is paid, late, or not due yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// 总额.
    pub total: Yuan,
    /// 到期已缴, of the total: what was paid before it was due is among it.
    pub paid: Yuan,
    /// 到期欠缴: past its due date.
    pub overdue: Yuan,
    /// 未到期待缴.
    pub pending: Yuan,
    /// 多缴, beyond the total.
    pub overpaid: Yuan,
    /// Late fee to the day; none where no rule at hand says how much.
    pub late_fee: Option<Yuan>,
    /// What of it is paid.
    pub late_fee_paid: Yuan,
    /// What of it is still to pay, where the fee is known.
    pub late_fee_outstanding: Option<Yuan>,
}

impl Figures {
    fn plus(self, other: Figures) -> Result<Figures, MoneyError> {
        Ok(Figures {
            total: self.total.plus(other.total)?,
            paid: self.paid.plus(other.paid)?,
            overdue: self.overdue.plus(other.overdue)?,
            pending: self.pending.plus(other.pending)?,
            overpaid: self.overpaid.plus(other.overpaid)?,
            late_fee: known_sum(self.late_fee, other.late_fee)?,
            late_fee_paid: self.late_fee_paid.plus(other.late_fee_paid)?,
            late_fee_outstanding: known_sum(self.late_fee_outstanding, other.late_fee_outstanding)?,
        })
    }
}

/// The sum of two amounts, known when both are.
fn known_sum(one: Option<Yuan>, other: Option<Yuan>) -> Result<Option<Yuan>, MoneyError> {
    one.zip(other).map(|(one, other)| one.plus(other)).transpose()
}

/// What the rules say about the late fee of an item.
///
/// How much and how it came about, or which days no rule at hand covers.
#[derive(Clone, Debug)]
pub struct LateFee<'b>(Result<Answer<'b, late_fee::Outcome>, Vec<Fault<'b>>>);

impl<'b> LateFee<'b> {
    /// How it came about, where it is known.
    pub fn known(&self) -> Option<&Answer<'b, late_fee::Outcome>> {
        self.0.as_ref().ok()
    }

    /// Why it is not known.
    pub fn reason(&self) -> Option<&Text> {
        self.0.as_ref().err()?.first().map(|fault| &fault.detail)
    }
}

/// Whether nothing is wrong but that no rule at hand covers the days.
pub fn is_without_rule(faults: &[Fault<'_>]) -> bool {
    faults.iter().all(|fault| fault.code == Code::RateNotInForce)
}

/// One item of a statement.
#[derive(Clone, Debug)]
pub struct Line<'b> {
    /// The item.
    pub item: Item,
    /// Until when its payment is deferred, on the day of the statement.
    pub deferred_until: Option<NaiveDate>,
    /// Its figures.
    pub figures: Figures,
    /// How its late fee came about.
    pub late_fee: LateFee<'b>,
}

/// A right's account on a day.
#[derive(Clone, Debug)]
pub struct Statement<'b> {
    /// The day.
    pub as_of: NaiveDate,
    /// Who pays on that day (art. 18).
    pub payer: PartyId,
    /// The items in the order in which they were recognized.
    pub lines: Vec<Line<'b>>,
    /// Their sums.
    pub sums: Figures,
    /// What the treasuries have of all items, less what went back.
    pub treasuries: TreasuryShares,
}

/// The statement of a right on a day; `history` has to be the one of that day ([`super::history::until`]).
pub fn statement<'b>(
    history: &RightHistory,
    as_of: NaiveDate,
    detail: Detail,
    book: &'b RateBook,
) -> Result<Statement<'b>, Vec<Fault<'b>>> {
    let mut lines = Vec::with_capacity(history.items.len());
    let mut sums = Figures { late_fee: Some(Yuan::ZERO), late_fee_outstanding: Some(Yuan::ZERO), ..Figures::default() };
    for item in history.items.values() {
        let line = line(history, item, as_of, detail, book)?;
        // Sums beyond 10^15 yuan have no form; nothing recorded comes near them.
        sums = sums.plus(line.figures).map_err(|_| Vec::new())?;
        lines.push(line);
    }
    let mut shares = lines.iter().map(|line| line.item.in_treasuries());
    let nothing = TreasuryShares { central: Yuan::ZERO, local: Yuan::ZERO, province: None, city: None, county: None };
    let treasuries = shares.try_fold(nothing, |sum, shares| together(&sum, &shares)).ok_or_else(Vec::new)?;
    Ok(Statement { as_of, payer: history.holder_on(as_of), lines, sums, treasuries })
}

/// What two sums of shares make.
fn together(one: &TreasuryShares, other: &TreasuryShares) -> Option<TreasuryShares> {
    let level = |one: Option<Yuan>, other: Option<Yuan>| match (one, other) {
        (Some(one), Some(other)) => one.plus(other).ok().map(Some),
        (known, None) | (None, known) => Some(known),
    };
    Some(TreasuryShares {
        central: one.central.plus(other.central).ok()?,
        local: one.local.plus(other.local).ok()?,
        province: level(one.province, other.province)?,
        city: level(one.city, other.city)?,
        county: level(one.county, other.county)?,
    })
}

/// One item of the statement of a day.
pub fn line<'b>(
    history: &RightHistory,
    item: &Item,
    as_of: NaiveDate,
    detail: Detail,
    book: &'b RateBook,
) -> Result<Line<'b>, Vec<Fault<'b>>> {
    let late_fee = match calculate(book, detail, |context| late_fee_on(history, item, as_of, None, context)) {
        Err(faults) if !is_without_rule(&faults) => return Err(faults),
        known_or_not => LateFee(known_or_not),
    };
    let total = item.total();
    let outstanding = item.outstanding();
    let late = item.is_late(as_of);
    let fee = if item.settled_on.is_some() {
        Some(item.fee_charged())
    } else {
        late_fee.known().map(|answer| answer.result.late_fee)
    };
    let figures = Figures {
        total,
        paid: total.less_at_most(outstanding),
        overdue: if late { outstanding } else { Yuan::ZERO },
        pending: if late { Yuan::ZERO } else { outstanding },
        overpaid: item.overpaid(),
        late_fee: fee,
        late_fee_paid: item.fee_paid(),
        late_fee_outstanding: fee.map(|fee| fee.less_at_most(item.fee_paid())),
    };
    Ok(Line { item: item.clone(), deferred_until: item.deferred_until(as_of), figures, late_fee })
}
