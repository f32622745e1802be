//! Accounts and balanced sets of postings: the double entry of the records (art. 25: one account of the budget; what is kept
//! apart here is how a sum came to be owed, paid and shared).

use super::content::{Content, Damaged, Kept};
use super::entry::ItemId;
use crate::domain::money::Yuan;

/// What a sum is posted to. Debits are positive, credits negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// 应收: debit when an item is recognized; its balance is the item's total.
    Receivable,
    /// 核定: the contra of `Receivable`.
    Assessed,
    /// 已缴本金: credit when a payment goes to the principal.
    Paid,
    /// 多缴: credit for what a payment leaves over.
    Overpaid,
    /// 中央: debit at payment, credit at refund.
    Central,
    /// 省级.
    Province,
    /// 市级.
    City,
    /// 县级.
    County,
    /// 地方: where no scheme divides the local part.
    Local,
    /// 滞纳金: debit when charged.
    LateFee,
    /// The contra of `LateFee`.
    LateFeeAssessed,
    /// 已缴滞纳金: credit when a payment goes to the late fee.
    LateFeePaid,
    /// 退库: debit against the treasuries.
    Refund,
}

kept_codes!(Account {
    Receivable => "receivable", Assessed => "assessed", Paid => "paid", Overpaid => "overpaid", Central => "central",
    Province => "province", City => "city", County => "county", Local => "local", LateFee => "late_fee",
    LateFeeAssessed => "late_fee_assessed", LateFeePaid => "late_fee_paid", Refund => "refund",
});

record! {
    /// One line of an entry set.
    Posting {
        /// The account.
        account: Account,
        /// The item that the sum belongs to.
        item: ItemId,
        /// Debit positive, credit negative, never zero.
        amount: Yuan,
    }
}

/// Debits and credits differ, by so many fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("debits and credits differ by {0} fen")]
pub struct Unbalanced(pub i128);

/// Postings that add up to zero. There is no way to make one that does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntrySet {
    postings: Vec<Posting>,
}

impl EntrySet {
    /// The postings, without those of nothing; [`Unbalanced`] unless debits and credits are equal.
    pub fn new(postings: impl IntoIterator<Item = Posting>) -> Result<EntrySet, Unbalanced> {
        let postings: Vec<Posting> = postings.into_iter().filter(|posting| !posting.amount.is_zero()).collect();
        let sum: i128 = postings.iter().map(|posting| i128::from(posting.amount.fen())).sum();
        if sum == 0 { Ok(EntrySet { postings }) } else { Err(Unbalanced(sum)) }
    }

    /// Moves an amount from one account to another: a debit of `to`, a credit of `from`. A negative amount moves back.
    pub fn moved(item: ItemId, amount: Yuan, from: Account, to: Account) -> EntrySet {
        let back = amount.negated();
        let lines = [Posting { account: to, item, amount }, Posting { account: from, item, amount: back }];
        EntrySet { postings: lines.into_iter().filter(|posting| !posting.amount.is_zero()).collect() }
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, other: EntrySet) -> EntrySet {
        self.postings.extend(other.postings);
        self
    }

    /// The same with every sign turned: what takes it back.
    #[must_use]
    pub fn negated(&self) -> EntrySet {
        let turned = |posting: &Posting| Posting { amount: posting.amount.negated(), ..posting.clone() };
        EntrySet { postings: self.postings.iter().map(turned).collect() }
    }

    /// The same for other items.
    #[must_use]
    pub fn of_items(mut self, item: impl Fn(ItemId) -> ItemId) -> EntrySet {
        for posting in &mut self.postings {
            posting.item = item(posting.item);
        }
        self
    }

    /// The lines.
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }
}

impl Kept for EntrySet {
    fn keep(&self) -> Content {
        self.postings.keep()
    }

    fn restore(content: &Content) -> Result<EntrySet, Damaged> {
        let postings = Vec::<Posting>::restore(content)?;
        let length = postings.len();
        let set = EntrySet::new(postings).map_err(|_| Damaged)?;
        if set.postings.len() == length { Ok(set) } else { Err(Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(account: Account, fen: i64) -> Posting {
        Posting { account, item: ItemId { entry: 6, number: 1 }, amount: Yuan::from_fen(fen).unwrap_or_default() }
    }

    #[test]
    fn a_set_that_does_not_balance_cannot_be_made() {
        assert_eq!(EntrySet::new([line(Account::Central, 40), line(Account::Paid, -39)]), Err(Unbalanced(1)));
        let set = EntrySet::new([line(Account::Central, 40), line(Account::Local, 0), line(Account::Paid, -40)]);
        assert_eq!(set.as_ref().map(|set| set.postings().len()), Ok(2), "nothing is not posted");
        let content = set.unwrap_or_default().keep();
        assert_eq!(EntrySet::restore(&content).map(|set| set.keep()), Ok(content));
        let unbalanced = vec![line(Account::Central, 40)].keep();
        assert_eq!(EntrySet::restore(&unbalanced), Err(Damaged), "nor read back");
    }
}
