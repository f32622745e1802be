//! Money: renminbi in whole fen, the only amount that leaves a rule.

use std::fmt;

use rust_decimal::Decimal;

use super::digits::Digits;

/// What is stated or rounded stays below 10^15 yuan, that is 10^17 fen (`RULES` 0.1).
const LIMIT_FEN: i64 = 100_000_000_000_000_000;

/// An amount of renminbi in whole fen (0.01 yuan), positive or negative.
///
/// A stated or rounded amount is below 10^15 yuan in size. Sums and differences of such amounts may reach beyond, up to
/// what 64 bits hold.
///
/// It is made only from a value that already is a whole number of fen, or by a constructor of [`super::rounding`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Yuan {
    fen: i64,
}

/// Why a decimal is not an amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// More than two decimals: half a fen cannot be paid.
    #[error("more than two decimals")]
    TooPrecise,
    /// 10^15 yuan or more.
    #[error("not below 10^15 yuan")]
    TooLarge,
    /// A sum that 64 bits of fen do not hold, about 9.2 × 10^16 yuan.
    #[error("beyond what can be added up")]
    SumTooLarge,
}

impl Yuan {
    /// No money.
    pub const ZERO: Yuan = Yuan { fen: 0 };

    /// The amount of so many fen, or [`MoneyError::TooLarge`] from 10^15 yuan on.
    pub fn from_fen(fen: i64) -> Result<Yuan, MoneyError> {
        if fen.unsigned_abs() < LIMIT_FEN.unsigned_abs() { Ok(Yuan { fen }) } else { Err(MoneyError::TooLarge) }
    }

    /// The amount written as a decimal of yuan with at most two decimals (trailing zeros do not count).
    pub fn from_decimal(value: Decimal) -> Result<Yuan, MoneyError> {
        let value = if value.scale() > 2 { value.normalize() } else { value };
        if value.scale() > 2 {
            return Err(MoneyError::TooPrecise);
        }
        let factor = 10_i128.pow(2 - value.scale());
        let fen = value.mantissa().checked_mul(factor).ok_or(MoneyError::TooLarge)?;
        Yuan::from_fen(i64::try_from(fen).map_err(|_| MoneyError::TooLarge)?)
    }

    /// The amount in fen.
    pub fn fen(self) -> i64 {
        self.fen
    }

    /// The amount in yuan with exactly two decimals.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.fen, 2)
    }

    /// A part of an amount, which is within its bounds as the whole is.
    pub(super) fn part_of_fen(fen: i64) -> Yuan {
        Yuan { fen }
    }

    /// Sum; [`MoneyError::SumTooLarge`] where 64 bits do not hold it.
    pub fn plus(self, other: Yuan) -> Result<Yuan, MoneyError> {
        Yuan::added(self.fen.checked_add(other.fen))
    }

    /// Difference; [`MoneyError::SumTooLarge`] where 64 bits do not hold it.
    pub fn minus(self, other: Yuan) -> Result<Yuan, MoneyError> {
        Yuan::added(self.fen.checked_sub(other.fen))
    }

    /// The smallest number of 64 bits is no amount: it has no size.
    fn added(fen: Option<i64>) -> Result<Yuan, MoneyError> {
        fen.filter(|fen| *fen != i64::MIN).map(|fen| Yuan { fen }).ok_or(MoneyError::SumTooLarge)
    }

    /// What remains after `other` has been taken away, never below zero.
    pub fn less_at_most(self, other: Yuan) -> Yuan {
        Yuan { fen: self.fen.saturating_sub(other.fen).max(0) }
    }

    /// Sum of many amounts; [`MoneyError::SumTooLarge`] where 64 bits do not hold it.
    pub fn sum(amounts: impl IntoIterator<Item = Yuan>) -> Result<Yuan, MoneyError> {
        amounts.into_iter().try_fold(Yuan::ZERO, Yuan::plus)
    }

    /// The amount with its sign turned.
    pub fn negated(self) -> Yuan {
        Yuan { fen: -self.fen }
    }

    /// The size of the amount without its sign.
    pub fn abs(self) -> Yuan {
        Yuan { fen: self.fen.abs() }
    }

    /// The amount in yuan as it displays itself.
    pub fn digits(self) -> Digits {
        Digits::of_number(self.fen < 0, self.fen.unsigned_abs(), 2)
    }

    /// Whether the amount is exactly zero.
    pub fn is_zero(self) -> bool {
        self.fen == 0
    }
}

impl fmt::Display for Yuan {
    /// Always two decimals: `1234567.89`, `-0.05`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.digits().as_str())
    }
}
