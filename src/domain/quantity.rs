//! Numbers with a unit that are not money: areas, quantities, coefficients, percents, unit prices.
//!
//! Each is its own type, made by a checked constructor, so that none can stand in for another.

use rust_decimal::Decimal;

use super::exact::Exact;

/// A decimal as the request wrote it: well formed, but perhaps longer than 28 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// A number that is kept exactly.
    Exactly(Decimal),
    /// More digits than can be kept exactly; every rule refuses it as `invalid_field`.
    BeyondPrecision,
}

impl From<Decimal> for Number {
    fn from(value: Decimal) -> Number {
        Number::Exactly(value)
    }
}

/// A number of years as the request wrote it, perhaps with a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Years(pub Number);

/// Why a number is not a quantity of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// More decimals than the kind has.
    #[error("more than {most} decimals")]
    TooPrecise {
        /// How many it may have.
        most: u32,
    },
    /// Zero or less where the value has to be positive.
    #[error("not positive")]
    NotPositive,
    /// Less than zero.
    #[error("negative")]
    Negative,
    /// Above one hundred percent.
    #[error("above 100")]
    AboveHundred,
}

/// Decimals of areas, quantities and coefficients (`RULES` 0.7).
pub const FINE_DECIMALS: u32 = 8;
/// Decimals of percents and unit prices (`RULES` 0.7).
pub const COARSE_DECIMALS: u32 = 6;

fn within(value: Decimal, most: u32) -> Result<Decimal, QuantityError> {
    let value = value.normalize();
    if value.scale() > most { Err(QuantityError::TooPrecise { most }) } else { Ok(value) }
}

fn positive(value: Decimal) -> Result<Decimal, QuantityError> {
    if value > Decimal::ZERO { Ok(value) } else { Err(QuantityError::NotPositive) }
}

fn not_negative(value: Decimal) -> Result<Decimal, QuantityError> {
    if value >= Decimal::ZERO { Ok(value) } else { Err(QuantityError::Negative) }
}

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, |$value:ident| $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(Decimal);

        impl $name {
            /// The checked value.
            pub fn new($value: Decimal) -> Result<$name, QuantityError> {
                Ok($name($check?))
            }

            /// The number without its unit.
            pub fn value(self) -> Decimal {
                self.0
            }
        }

        impl From<$name> for Exact {
            fn from(quantity: $name) -> Exact {
                Exact::from(quantity.0)
            }
        }
    };
}

quantity! {
    /// An area in square kilometres: positive, at most eight decimals.
    AreaKm2, |value| within(value, FINE_DECIMALS).and_then(positive)
}
quantity! {
    /// An amount of ore, reserves or product in its own unit: positive, at most eight decimals.
    Quantity, |value| within(value, FINE_DECIMALS).and_then(positive)
}
quantity! {
    /// Reserves that may be none: mined, used, paid for. Not negative, at most eight decimals.
    Reserves, |value| within(value, FINE_DECIMALS).and_then(not_negative)
}
quantity! {
    /// A factor without unit: positive, at most eight decimals.
    Coefficient, |value| within(value, FINE_DECIMALS).and_then(positive)
}
quantity! {
    /// Yuan for one unit of something: not negative, at most six decimals.
    UnitPrice, |value| within(value, COARSE_DECIMALS).and_then(not_negative)
}
quantity! {
    /// A percentage: not negative, at most six decimals. 2.3 stands for 2.3 %.
    Percent, |value| within(value, COARSE_DECIMALS).and_then(not_negative)
}
quantity! {
    /// 万元 (ten thousand yuan) for a square kilometre: positive, at most six decimals.
    StandardWanPerKm2, |value| within(value, COARSE_DECIMALS).and_then(positive)
}
quantity! {
    /// A temperature in degrees Celsius: at most eight decimals.
    Celsius, |value| within(value, FINE_DECIMALS)
}

impl Percent {
    /// A part of a whole: above 0 and at most 100.
    pub fn part(value: Decimal) -> Result<Percent, QuantityError> {
        let percent = Percent::new(value)?;
        if percent.0.is_zero() {
            Err(QuantityError::NotPositive)
        } else if percent.0 > Decimal::ONE_HUNDRED {
            Err(QuantityError::AboveHundred)
        } else {
            Ok(percent)
        }
    }

    /// The fraction that the percentage stands for: 2.3 % is 0.023, exactly.
    pub fn fraction(self) -> Exact {
        Exact::from(self.0).hundredth()
    }

    /// What is left of one: 2.3 % leaves 0.977, exactly.
    pub fn complement(self) -> Exact {
        Exact::from(1).minus(self.fraction())
    }
}
