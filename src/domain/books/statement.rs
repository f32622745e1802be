//! The statement of a right: 总额 = 到期已缴 + 到期欠缴 + 未到期待缴, each item with its late fee to the day (arts 24, 33).

use chrono::NaiveDate;

use super::entry::PartyId;
use super::history::{Item, RightHistory};
use super::money::late_fee_on;
use crate::domain::context::{Detail, calculate};
use crate::domain::error::Fault;
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
    /// Late fee to the day.
    pub late_fee: Yuan,
    /// What of it is paid.
    pub late_fee_paid: Yuan,
    /// What of it is still to pay.
    pub late_fee_outstanding: Yuan,
}

impl Figures {
    fn plus(self, other: Figures) -> Result<Figures, MoneyError> {
        Ok(Figures {
            total: self.total.plus(other.total)?,
            paid: self.paid.plus(other.paid)?,
            overdue: self.overdue.plus(other.overdue)?,
            pending: self.pending.plus(other.pending)?,
            overpaid: self.overpaid.plus(other.overpaid)?,
            late_fee: self.late_fee.plus(other.late_fee)?,
            late_fee_paid: self.late_fee_paid.plus(other.late_fee_paid)?,
            late_fee_outstanding: self.late_fee_outstanding.plus(other.late_fee_outstanding)?,
        })
    }
}

/// One item of a statement.
#[derive(Clone, Debug)]
pub struct Line<'b> {
    /// The item.
    pub item: Item,
    /// Its figures.
    pub figures: Figures,
    /// How its late fee came about.
    pub late_fee: Answer<'b, late_fee::Outcome>,
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
}

/// Whether a day is past the last one on which something could be paid on time.
pub fn is_late(due_on: Option<NaiveDate>, as_of: NaiveDate) -> bool {
    due_on.is_some_and(|due| due < as_of)
}

/// The statement of a right on a day; `history` has to be the one of that day ([`super::history::until`]).
pub fn statement<'b>(
    history: &RightHistory,
    as_of: NaiveDate,
    detail: Detail,
    book: &'b RateBook,
) -> Result<Statement<'b>, Vec<Fault<'b>>> {
    let mut lines = Vec::with_capacity(history.items.len());
    let mut sums = Figures::default();
    for item in history.items.values() {
        let line = line(history, item, as_of, detail, book)?;
        // Sums beyond 10^15 yuan have no form; nothing recorded comes near them.
        sums = sums.plus(line.figures).map_err(|_| Vec::new())?;
        lines.push(line);
    }
    Ok(Statement { as_of, payer: history.holder_on(as_of), lines, sums })
}

fn line<'b>(
    history: &RightHistory,
    item: &Item,
    as_of: NaiveDate,
    detail: Detail,
    book: &'b RateBook,
) -> Result<Line<'b>, Vec<Fault<'b>>> {
    let late_fee = calculate(book, detail, |context| late_fee_on(history, item, as_of, None, context))?;
    let total = item.total();
    let outstanding = item.outstanding();
    let late = is_late(item.due_on, as_of);
    let fee = if item.settled_on.is_some() { item.fee_charged() } else { late_fee.result.late_fee };
    let figures = Figures {
        total,
        paid: total.less_at_most(outstanding),
        overdue: if late { outstanding } else { Yuan::ZERO },
        pending: if late { Yuan::ZERO } else { outstanding },
        overpaid: item.overpaid(),
        late_fee: fee,
        late_fee_paid: item.fee_paid(),
        late_fee_outstanding: fee.less_at_most(item.fee_paid()),
    };
    Ok(Line { item: item.clone(), figures, late_fee })
}
