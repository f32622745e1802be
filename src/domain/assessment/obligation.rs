//! What a right owes, or what it is owed (`RULES` 12).

use chrono::NaiveDate;

use crate::domain::catalogue::LevyMethod;
use crate::domain::law::Law;
use crate::domain::money::Yuan;
use crate::domain::transfer_income::{AnnualRate, RateBasis};

/// The kinds of obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An amount, fixed once.
    OneOff,
    /// A percentage of each year's sales.
    Annual,
    /// Unpaid sales of the past.
    Arrears,
    /// What was fixed before goes on.
    Continue,
    /// What was fixed before is no longer owed.
    Lapse,
    /// Nothing is owed.
    None,
    /// More or less than was paid, by the reserves used.
    TrueUp,
    /// What was paid is given back.
    Refundable,
}

/// When an obligation falls due, or with what event it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Due {
    /// Thirty days after the payment notice (art. 24).
    PaymentNotice,
    /// Each year by the end of February (art. 24).
    EndOfFebruary,
    /// When the mining right is granted (新立).
    MiningGrant,
    /// From the conversion on, then each year by the end of February.
    Conversion,
    /// Before the licence is cancelled (art. 21).
    BeforeCancellation,
}

/// What a right owes, or what it is owed.
#[derive(Clone, Debug)]
pub struct Obligation {
    /// The rule it follows from.
    pub rule: &'static str,
    /// The article.
    pub law: Law<'static>,
    /// Code of the mineral; none for the right as a whole.
    pub mineral: Option<String>,
    /// By rate or by amount, where it is one of them.
    pub levy_method: Option<LevyMethod>,
    /// What it is.
    pub kind: Kind,
    /// Which catalogue the rate is of.
    pub rate_basis: Option<RateBasis>,
    /// The rate, or every rate while place or temperature is open.
    pub rate: Option<AnnualRate>,
    /// The amount, when the request says enough; of a true-up negative for a refund.
    pub amount: Option<Yuan>,
    /// Whether it may be paid in instalments.
    pub divisible: Option<bool>,
    /// When it falls due.
    pub due: Option<Due>,
    /// First day of the sales it is of.
    pub from: Option<NaiveDate>,
    /// Last day of the sales it is of.
    pub to: Option<NaiveDate>,
    /// The day whose reserves are valued.
    pub reserve_base_date: Option<NaiveDate>,
    /// Who owes it.
    pub payer: Option<String>,
    /// What is missing, by the names of the request's fields.
    pub needs: Vec<&'static str>,
}

impl Obligation {
    /// What the right owes as a whole comes first, then the annual parts, then what is given back.
    pub(super) fn rank(&self) -> u8 {
        match self.kind {
            Kind::Annual => 1,
            Kind::Refundable => 2,
            _ => 0,
        }
    }
}
