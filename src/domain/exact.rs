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

use super::digits::Digits;
use super::money::Yuan;

/// An exact rational number.
#[derive(Clone, Debug)]
pub struct Exact(Repr);

/// Nearly every value is a decimal whose digits fit into 128 bits; what does not goes on in integers of any size. Which of
/// them holds a value is nobody's business: they compare, round and display alike.
#[derive(Clone, Debug)]
enum Repr {
    /// `numerator / 10^scale`.
    Small { numerator: i128, scale: u32 },
    /// The value that is too large or has a divisor of its own.
    Big(Big),
}

/// `numerator / (10^scale × divisor)`.
#[derive(Clone, Debug)]
struct Big {
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
        Exact::small(0, 0)
    }

    fn small(numerator: i128, scale: u32) -> Exact {
        Exact(Repr::Small { numerator, scale })
    }

    /// Product of two values.
    #[must_use]
    pub fn times(&self, other: impl Into<Exact>) -> Exact {
        let other = other.into();
        if let (Repr::Small { numerator: a, scale: of_a }, Repr::Small { numerator: b, scale: of_b }) =
            (&self.0, &other.0)
            && let Some(product) = a.checked_mul(*b)
        {
            return Exact::small(product, of_a + of_b);
        }
        let (a, b) = (self.big(), other.big());
        Exact(Repr::Big(Big {
            numerator: a.numerator * b.numerator,
            scale: a.scale + b.scale,
            divisor: a.divisor * b.divisor,
        }))
    }

    /// Quotient; `None` when the divisor is zero.
    pub fn divided_by(&self, other: impl Into<Exact>) -> Option<Exact> {
        let (dividend, divisor) = (self.big(), other.into().big());
        if divisor.numerator == IBig::ZERO {
            return None;
        }
        let negative = divisor.numerator.sign() == Sign::Negative;
        let lifted = dividend.numerator * IBig::from(divisor.divisor) * IBig::from(power_of_ten(divisor.scale));
        Some(Exact(Repr::Big(Big {
            numerator: if negative { -lifted } else { lifted },
            scale: dividend.scale,
            divisor: dividend.divisor * divisor.numerator.unsigned_abs(),
        })))
    }

    /// Sum of two values.
    #[must_use]
    pub fn plus(&self, other: impl Into<Exact>) -> Exact {
        let other = other.into();
        if let (Repr::Small { numerator: a, scale: of_a }, Repr::Small { numerator: b, scale: of_b }) =
            (&self.0, &other.0)
        {
            let scale = *of_a.max(of_b);
            let lifted = |value: &i128, own: &u32| 10_i128.checked_pow(scale - own)?.checked_mul(*value);
            if let Some(sum) = lifted(a, of_a).zip(lifted(b, of_b)).and_then(|(a, b)| a.checked_add(b)) {
                return Exact::small(sum, scale);
            }
        }
        let (a, b) = (self.big(), other.big());
        let scale = a.scale.max(b.scale);
        let left = a.numerator * IBig::from(power_of_ten(scale - a.scale));
        let right = b.numerator * IBig::from(power_of_ten(scale - b.scale));
        Exact(Repr::Big(if a.divisor == b.divisor {
            Big { numerator: left + right, scale, divisor: a.divisor }
        } else {
            Big {
                numerator: left * IBig::from(b.divisor.clone()) + right * IBig::from(a.divisor.clone()),
                scale,
                divisor: a.divisor * b.divisor,
            }
        }))
    }

    /// Difference of two values.
    #[must_use]
    pub fn minus(&self, other: impl Into<Exact>) -> Exact {
        let Exact(other) = other.into();
        self.plus(Exact(match other {
            // The size of the smallest number is none of 128 bits.
            Repr::Small { numerator, scale } if numerator != i128::MIN => Repr::Small { numerator: -numerator, scale },
            other => {
                let other = Exact(other).big();
                Repr::Big(Big { numerator: -other.numerator, ..other })
            }
        }))
    }

    /// The hundredth part.
    pub(super) fn hundredth(self) -> Exact {
        Exact(match self.0 {
            Repr::Small { numerator, scale } => Repr::Small { numerator, scale: scale + 2 },
            Repr::Big(big) => Repr::Big(Big { scale: big.scale + 2, ..big }),
        })
    }

    /// The digits of the value as it displays itself; `None` where they are more than [`Digits`] holds.
    pub fn digits(&self) -> Option<Digits> {
        let Repr::Small { numerator, scale } = self.0 else { return None };
        let size = u64::try_from(numerator.unsigned_abs()).ok()?;
        let (size, scale) = at_least_two_decimals(size, scale)?;
        Some(Digits::of_number(numerator < 0, size, scale))
    }

    /// The value in integers of any size.
    fn big(&self) -> Big {
        match &self.0 {
            Repr::Small { numerator, scale } => {
                Big { numerator: IBig::from(*numerator), scale: *scale, divisor: UBig::ONE }
            }
            Repr::Big(big) => big.clone(),
        }
    }

    /// The value as `numerator / 10^scale`, where 128 bits hold it so; for the rounding module alone.
    pub(super) fn decimal(&self) -> Option<(i128, u32)> {
        match self.0 {
            Repr::Small { numerator, scale } => Some((numerator, scale)),
            Repr::Big(_) => None,
        }
    }

    /// The value as `numerator / denominator`.
    fn parts(&self) -> (IBig, UBig) {
        self.lifted_parts(0)
    }

    /// The value times ten to a power, as `numerator / denominator`, for the rounding module alone.
    pub(super) fn lifted_parts(&self, power: u32) -> (IBig, UBig) {
        let Big { numerator, scale, divisor } = self.big();
        match scale.checked_sub(power) {
            Some(scale) => (numerator, divisor * power_of_ten(scale)),
            None => (numerator * IBig::from(power_of_ten(power - scale)), divisor),
        }
    }
}

impl From<Decimal> for Exact {
    fn from(value: Decimal) -> Exact {
        Exact::small(value.mantissa(), value.scale())
    }
}

impl From<Yuan> for Exact {
    fn from(value: Yuan) -> Exact {
        Exact::small(i128::from(value.fen()), 2)
    }
}

impl From<i64> for Exact {
    fn from(value: i64) -> Exact {
        Exact::small(i128::from(value), 0)
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

/// `size / 10^scale` without zeros at its end, but with two decimals; `None` where that is more than 64 bits or 19 decimals hold.
fn at_least_two_decimals(mut size: u64, mut scale: u32) -> Option<(u64, u32)> {
    while scale > 2 && size.is_multiple_of(10) {
        size /= 10;
        scale -= 1;
    }
    let size = size.checked_mul(10_u64.pow(2_u32.saturating_sub(scale)))?;
    (scale <= 19).then_some((size, scale.max(2)))
}

impl fmt::Display for Exact {
    /// The decimal expansion with at least two decimals; a value that has none (a third) is written as a fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(digits) = self.digits() {
            return f.write_str(digits.as_str());
        }
        let (numerator, denominator) = self.parts();
        let sign = if numerator.sign() == Sign::Negative { "-" } else { "" };
        let (whole, mut rest) = numerator.clone().unsigned_abs().div_rem(&denominator);
        let mut digits = String::new();
        // A divisor of 10^n × d ends within as many decimals as the denominator has bits, or never.
        let most = denominator.bit_len();
        while rest != UBig::ZERO && digits.len() <= most {
            let (digit, left) = (rest * UBig::from(10_u8)).div_rem(&denominator);
            digits.push_str(&digit.to_string());
            rest = left;
        }
        if rest != UBig::ZERO {
            return write!(f, "{numerator}/{denominator}");
        }
        write!(f, "{sign}{whole}.{digits:0<2}")
    }
}

#[cfg(test)]
mod tests {
    use super::super::rounding::{PriceRounding, to_published_price};
    use super::*;

    /// The same value, held in integers of any size.
    fn enlarged(value: &Exact) -> Exact {
        Exact(Repr::Big(value.big()))
    }

    fn values() -> Vec<Exact> {
        let numerators = [
            0,
            1,
            -1,
            5,
            49,
            -50,
            9_999,
            -10_000,
            123_456_789,
            i128::from(i64::MIN),
            i128::from(u64::MAX),
            i128::from(u64::MAX) + 1,
            -(10_i128.pow(19)),
            10_i128.pow(27) - 1,
            i128::MIN,
            i128::MAX,
        ];
        let scales = [0, 1, 2, 3, 8, 19, 20, 28];
        numerators.into_iter().flat_map(|numerator| scales.map(|scale| Exact::small(numerator, scale))).collect()
    }

    #[test]
    fn both_ways_of_holding_a_value_are_the_same() {
        for a in values() {
            assert_eq!(a.to_string(), enlarged(&a).to_string());
            assert_eq!(a, enlarged(&a));
            assert_eq!(a.clone().hundredth(), enlarged(&a).hundredth());
            for rounding in PriceRounding::ALL {
                assert_eq!(to_published_price(&a, rounding), to_published_price(&enlarged(&a), rounding), "{a}");
            }
            for b in values() {
                assert_eq!(a.times(&b), enlarged(&a).times(enlarged(&b)), "{a} × {b}");
                assert_eq!(a.plus(&b), enlarged(&a).plus(enlarged(&b)), "{a} + {b}");
                assert_eq!(a.minus(&b), enlarged(&a).minus(enlarged(&b)), "{a} − {b}");
                assert_eq!(a.divided_by(&b), enlarged(&a).divided_by(enlarged(&b)), "{a} / {b}");
            }
        }
    }
}
