//! Values that are not money yet: exact products, sums and quotients of decimals.
//!
//! `rust_decimal` keeps 28 digits and rounds a longer product without saying so. A unit price with six decimals times a
//! quantity and a few coefficients with eight decimals each is longer, and the fen may hang on the digit that was lost.
//! So a product is carried as a fraction of integers of any size until a constructor of [`super::rounding`] ends it.

use std::cmp::Ordering;
use std::fmt;

use dashu_int::ops::{BitTest, DivRem, UnsignedAbs};
use dashu_int::{IBig, Sign, UBig};
use rust_decimal::Decimal;

use super::money::Yuan;

/// An exact rational number: `numerator / (10^scale × divisor)`. Small values live on the stack.
#[derive(Clone, Debug)]
pub struct Exact {
    numerator: IBig,
    scale: u32,
    divisor: UBig,
}

/// Ten to the given power.
pub(super) fn power_of_ten(exponent: u32) -> UBig {
    match 10_u128.checked_pow(exponent) {
        Some(small) => UBig::from(small),
        None => UBig::from(10_u8).pow(exponent as usize),
    }
}

impl Exact {
    /// The sum of nothing.
    pub fn zero() -> Exact {
        Exact { numerator: IBig::ZERO, scale: 0, divisor: UBig::ONE }
    }

    /// Product of two values.
    #[must_use]
    pub fn times(&self, other: impl Into<Exact>) -> Exact {
        let other = other.into();
        Exact {
            numerator: &self.numerator * other.numerator,
            scale: self.scale + other.scale,
            divisor: &self.divisor * other.divisor,
        }
    }

    /// Quotient; `None` when the divisor is zero.
    pub fn divided_by(&self, other: impl Into<Exact>) -> Option<Exact> {
        let other = other.into();
        if other.numerator == IBig::ZERO {
            return None;
        }
        let negative = other.numerator.sign() == Sign::Negative;
        let lifted = &self.numerator * IBig::from(other.divisor) * IBig::from(power_of_ten(other.scale));
        Some(Exact {
            numerator: if negative { -lifted } else { lifted },
            scale: self.scale,
            divisor: &self.divisor * other.numerator.unsigned_abs(),
        })
    }

    /// Sum of two values.
    #[must_use]
    pub fn plus(&self, other: impl Into<Exact>) -> Exact {
        let other = other.into();
        let scale = self.scale.max(other.scale);
        let left = &self.numerator * IBig::from(power_of_ten(scale - self.scale));
        let right = &other.numerator * IBig::from(power_of_ten(scale - other.scale));
        if self.divisor == other.divisor {
            return Exact { numerator: left + right, scale, divisor: self.divisor.clone() };
        }
        Exact {
            numerator: left * IBig::from(other.divisor.clone()) + right * IBig::from(self.divisor.clone()),
            scale,
            divisor: &self.divisor * other.divisor,
        }
    }

    /// Difference of two values.
    #[must_use]
    pub fn minus(&self, other: impl Into<Exact>) -> Exact {
        let other = other.into();
        self.plus(Exact { numerator: -other.numerator, ..other })
    }

    /// The hundredth part.
    pub(super) fn hundredth(self) -> Exact {
        Exact { scale: self.scale + 2, ..self }
    }

    /// The value as `numerator / denominator`.
    fn parts(&self) -> (IBig, UBig) {
        self.lifted_parts(0)
    }

    /// The value times ten to a power, as `numerator / denominator`, for the rounding module alone.
    pub(super) fn lifted_parts(&self, power: u32) -> (IBig, UBig) {
        match self.scale.checked_sub(power) {
            Some(scale) => (self.numerator.clone(), &self.divisor * power_of_ten(scale)),
            None => (&self.numerator * IBig::from(power_of_ten(power - self.scale)), self.divisor.clone()),
        }
    }
}

impl From<Decimal> for Exact {
    fn from(value: Decimal) -> Exact {
        Exact { numerator: IBig::from(value.mantissa()), scale: value.scale(), divisor: UBig::ONE }
    }
}

impl From<Yuan> for Exact {
    fn from(value: Yuan) -> Exact {
        Exact { numerator: IBig::from(value.fen()), scale: 2, divisor: UBig::ONE }
    }
}

impl From<i64> for Exact {
    fn from(value: i64) -> Exact {
        Exact { numerator: IBig::from(value), scale: 0, divisor: UBig::ONE }
    }
}

impl From<&Exact> for Exact {
    fn from(value: &Exact) -> Exact {
        value.clone()
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Exact) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Exact) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Exact) -> Ordering {
        let (a, b) = (self.parts(), other.parts());
        (a.0 * IBig::from(b.1)).cmp(&(b.0 * IBig::from(a.1)))
    }
}

impl fmt::Display for Exact {
    /// The decimal expansion with at least two decimals; a value that has none (a third) is written as a fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (numerator, denominator) = self.parts();
        let sign = if numerator.sign() == Sign::Negative { "-" } else { "" };
        let (whole, mut rest) = numerator.unsigned_abs().div_rem(&denominator);
        let mut digits = String::new();
        // A divisor of 10^n × d ends within as many decimals as the denominator has bits, or never.
        let most = denominator.bit_len();
        while rest != UBig::ZERO && digits.len() <= most {
            let (digit, left) = (rest * UBig::from(10_u8)).div_rem(&denominator);
            digits.push_str(&digit.to_string());
            rest = left;
        }
        if rest != UBig::ZERO {
            return write!(f, "{}/{}", self.numerator, denominator);
        }
        write!(f, "{sign}{whole}.{digits:0<2}")
    }
}
