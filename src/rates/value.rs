//! The texts of values: strict decimals, whole numbers and dates, and the units with the range of each.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::domain::quantity::{Celsius, Coefficient, Percent, StandardWanPerKm2, UnitPrice};
use crate::domain::rate_book::Provenance;
use crate::domain::rounding::PriceRounding;

/// Why a text is not a decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotDecimal {
    /// Signs, separators, exponents, leading zeros, missing digits.
    #[error("is not a decimal of the form -?(0|[1-9]\\d*)(\\.\\d+)?")]
    Malformed,
    /// More digits than can be kept.
    #[error("has more digits than can be kept exactly")]
    TooLong,
}

/// The decimal that a text is, digit for digit: `-?(0|[1-9]\d*)(\.\d+)?` and nothing else.
///
/// `Decimal`'s own parser takes `+5` and `1_000`, and its lenient form rounds what is too long.
pub(super) fn decimal(text: &str) -> Result<Decimal, NotDecimal> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let well_formed = digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits);
    if !well_formed {
        return Err(NotDecimal::Malformed);
    }
    Decimal::from_str_exact(text).map_err(|_| NotDecimal::TooLong)
}

/// The whole number that a decimal is, from 0 on.
pub(super) fn whole(value: Decimal) -> Option<u32> {
    let value = value.normalize();
    if value.scale() == 0 { u32::try_from(value.mantissa()).ok() } else { None }
}

/// The day that a text names: four digits, two, two, and a day of the calendar.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let mut number = |length: usize| {
        parts.next().filter(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
    };
    let (year, month, day): (u32, u32, u32) = (number(4)?, number(2)?, number(2)?);
    if parts.next().is_some() {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// The provenance that a data file may state; `caller` is for requests alone.
pub(super) fn provenance(code: &str) -> Option<Provenance> {
    [Provenance::Verbatim, Provenance::Reported, Provenance::Inferred].into_iter().find(|known| known.code() == code)
}

/// What a value is: the unit that the file has to state, and with it the form and the range of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// Fraction of a sum for one day.
    PerDay,
    /// Multiple of the principal.
    Principal,
    /// Percent of a whole, from 0 to 100.
    Percent,
    /// 万元 for a square kilometre.
    WanYuanPerKm2,
    /// A factor.
    Factor,
    /// Whole days.
    Days,
    /// A month of the year.
    Month,
    /// Whole years.
    Years,
    /// A number of equal parts.
    Parts,
    /// Yuan for a cubic metre.
    YuanPerM3,
    /// Yuan for a unit of reserves; the quantity is what follows the slash.
    YuanPerQuantity,
    /// Cubic metres, for lists of what is measured by volume.
    CubicMetre,
    /// Degrees Celsius.
    Celsius,
    /// A day.
    Day,
    /// A budget account.
    Account,
    /// One word out of a closed list.
    Choice(&'static [&'static str]),
    /// A rounding of the starting price, by its code.
    Rounding,
    /// Mineral codes; listed, not computed with.
    Minerals,
    /// Names; listed, not computed with.
    Text,
}

impl Unit {
    /// The words with which a file may state the unit; the first one is used where the format has no place for it.
    pub(super) fn codes(self) -> &'static [&'static str] {
        match self {
            Unit::PerDay => &["1/day"],
            Unit::Principal => &["principal"],
            Unit::Percent => &["percent"],
            Unit::WanYuanPerKm2 => &["wan_yuan/km2"],
            Unit::Factor => &["factor"],
            Unit::Days => &["day"],
            Unit::Month => &["month"],
            Unit::Years => &["year"],
            Unit::Parts => &["part"],
            Unit::YuanPerM3 => &["yuan/m3"],
            Unit::YuanPerQuantity => &["yuan/t", "yuan/m3"],
            Unit::CubicMetre => &["m3"],
            Unit::Celsius => &["celsius"],
            Unit::Day => &["date"],
            Unit::Account => &["account"],
            Unit::Choice(_) | Unit::Rounding => &["choice"],
            Unit::Minerals => &["mineral"],
            Unit::Text => &["text"],
        }
    }

    /// Whether the value is a decimal.
    pub(super) fn is_number(self) -> bool {
        use Unit::{Account, Choice, CubicMetre, Day, Minerals, Rounding, Text};
        !matches!(self, CubicMetre | Day | Account | Choice(_) | Rounding | Minerals | Text)
    }

    /// The closed list of words, where there is one.
    pub(super) fn words(self) -> Option<Vec<&'static str>> {
        match self {
            Unit::Choice(words) => Some(words.to_vec()),
            Unit::Rounding => Some(PriceRounding::ALL.map(PriceRounding::code).to_vec()),
            _ => None,
        }
    }

    /// The range that a number of this unit has to keep to, in words, if it does not.
    pub(super) fn out_of_range(self, value: Decimal) -> Option<&'static str> {
        let whole_within = |low: u32, high: u32| whole(value).is_some_and(|number| (low..=high).contains(&number));
        let hundred = Decimal::ONE_HUNDRED;
        let (fits, range) = match self {
            Unit::PerDay => (Decimal::ZERO < value && value < Decimal::ONE, "above 0 and below 1"),
            Unit::Principal => (Decimal::ZERO < value && value <= Decimal::TEN, "above 0 and at most 10"),
            Unit::Percent => (Percent::new(value).is_ok() && value <= hundred, "from 0 to 100 with at most 6 decimals"),
            Unit::WanYuanPerKm2 => (StandardWanPerKm2::new(value).is_ok(), "above 0 with at most 6 decimals"),
            Unit::Factor => {
                (Coefficient::new(value).is_ok() && value <= hundred, "above 0, at most 100, with at most 8 decimals")
            }
            Unit::Days => (whole_within(1, 366), "a whole number from 1 to 366"),
            Unit::Month => (whole_within(1, 12), "a whole number from 1 to 12"),
            Unit::Years | Unit::Parts => (whole_within(1, 100), "a whole number from 1 to 100"),
            Unit::YuanPerM3 | Unit::YuanPerQuantity => {
                (UnitPrice::new(value).is_ok() && value > Decimal::ZERO, "above 0 with at most 6 decimals")
            }
            Unit::Celsius => (
                Celsius::new(value).is_ok() && Decimal::ZERO <= value && value <= Decimal::ONE_THOUSAND,
                "from 0 to 1000 with at most 6 decimals",
            ),
            _ => (true, ""),
        };
        if fits { None } else { Some(range) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the unexpected")]
mod tests {
    use super::*;

    #[test]
    fn only_the_plain_form_is_a_decimal() {
        for good in ["0", "0.002", "10", "-1.50", "0.80", "7922816251426433759354395033"] {
            assert_eq!(decimal(good).unwrap().to_string(), good);
        }
        assert_eq!(decimal("-0"), Ok(Decimal::ZERO));
        for bad in ["", "-", "+5", "1e3", "1_000", "01", "00.1", ".5", "5.", " 1", "1 ", "１", "1.2.3", "0x1", "NaN"] {
            assert_eq!(decimal(bad), Err(NotDecimal::Malformed), "{bad:?}");
        }
        assert_eq!(decimal("0.12345678901234567890123456789012345"), Err(NotDecimal::TooLong));
    }

    #[test]
    fn only_the_plain_form_is_a_date() {
        assert_eq!(date("2024-02-29"), NaiveDate::from_ymd_opt(2024, 2, 29));
        for bad in
            ["2023-02-29", "2024-2-9", "+2024-02-01", " 2024-01-01", "2024-01-01T00:00:00", "2024-01", "24-01-01"]
        {
            assert_eq!(date(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn whole_numbers_have_no_fraction() {
        assert_eq!(whole(decimal("30.0").unwrap()), Some(30));
        assert_eq!(whole(decimal("30.5").unwrap()), None);
        assert_eq!(whole(decimal("-1").unwrap()), None);
    }
}
