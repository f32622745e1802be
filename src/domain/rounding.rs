//! The one place where a number is rounded. Everything else that rounds is banned by `clippy.toml`.
//!
//! Half away from zero (四舍五入), at the places that the rules name and never in between (`RULES` 0.1).

use dashu_int::ops::{DivEuclid, DivRem, UnsignedAbs};
use dashu_int::{IBig, Sign, UBig};
use rust_decimal::Decimal;

use super::exact::Exact;
use super::money::{MoneyError, Yuan};

/// How a starting price is rounded where a province publishes it (`RULES` 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceRounding {
    /// To the fen, half up: nothing beyond what money needs.
    Fen,
    /// To the yuan, half up.
    Yuan,
    /// Up to the next whole 万元.
    WanUp,
    /// To the whole 万元, half up.
    WanHalfUp,
    /// To 100 yuan (0.01 万元), half up.
    HundredYuanHalfUp,
}

/// The direction of a rounding to a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the next multiple away from zero; a multiple stays.
    Up,
    /// To the nearest multiple, the half away from zero.
    HalfUp,
}

impl PriceRounding {
    /// The code in data files and requests.
    pub fn code(self) -> &'static str {
        match self {
            PriceRounding::Fen => "fen",
            PriceRounding::Yuan => "yuan",
            PriceRounding::WanUp => "wan_up",
            PriceRounding::WanHalfUp => "wan_half_up",
            PriceRounding::HundredYuanHalfUp => "hundred_yuan_half_up",
        }
    }

    /// All of them, in the order of the contract.
    pub const ALL: [PriceRounding; 5] = [
        PriceRounding::Fen,
        PriceRounding::Yuan,
        PriceRounding::WanUp,
        PriceRounding::WanHalfUp,
        PriceRounding::HundredYuanHalfUp,
    ];

    /// The setting with that code.
    pub fn from_code(code: &str) -> Option<PriceRounding> {
        PriceRounding::ALL.into_iter().find(|rounding| rounding.code() == code)
    }

    /// Unit in fen, and direction.
    fn unit(self) -> (u32, Direction) {
        match self {
            PriceRounding::Fen => (1, Direction::HalfUp),
            PriceRounding::Yuan => (100, Direction::HalfUp),
            PriceRounding::WanUp => (1_000_000, Direction::Up),
            PriceRounding::WanHalfUp => (1_000_000, Direction::HalfUp),
            PriceRounding::HundredYuanHalfUp => (10_000, Direction::HalfUp),
        }
    }

    /// Unit in yuan as a formula names it, and the word for the direction.
    pub fn formula_unit(self) -> (Decimal, &'static str) {
        let (fen, direction) = self.unit();
        let word = match direction {
            Direction::Up => "up",
            Direction::HalfUp => "half_up",
        };
        (Decimal::new(i64::from(fen), 2).normalize(), word)
    }
}

/// The nearest whole number of fen, the half away from zero; [`MoneyError::TooLarge`] from 10^15 yuan on.
pub fn to_fen(value: &Exact) -> Result<Yuan, MoneyError> {
    to_multiple(value, 1, Direction::HalfUp)
}

/// The amount rounded as a province publishes starting prices; [`MoneyError::TooLarge`] from 10^15 yuan on.
pub fn to_published_price(value: &Exact, rounding: PriceRounding) -> Result<Yuan, MoneyError> {
    let (unit, direction) = rounding.unit();
    to_multiple(value, unit, direction)
}

/// The value with so many decimals, the half away from zero; `None` where 28 digits do not hold it.
///
/// For what is not money: forecast quantities and prices, shares in percent, present values.
pub fn to_decimals(value: &Exact, places: u32) -> Option<Decimal> {
    let whole = multiples(value, places, &UBig::ONE, Direction::HalfUp);
    Decimal::try_from_i128_with_scale(i128::try_from(whole).ok()?, places).ok()
}

fn to_multiple(value: &Exact, unit_fen: u32, direction: Direction) -> Result<Yuan, MoneyError> {
    if let Some((numerator, scale)) = value.decimal()
        && let Some(fen) = small_multiple(numerator, scale, unit_fen, direction)
    {
        return Yuan::from_fen(fen);
    }
    let unit = UBig::from(unit_fen);
    let whole = multiples(value, 2, &unit, direction);
    Yuan::from_fen(i64::try_from(whole * IBig::from(unit)).map_err(|_| MoneyError::TooLarge)?)
}

/// The multiple of a unit in fen next to `numerator / 10^scale` yuan, where 64 bits hold all of it.
fn small_multiple(numerator: i128, scale: u32, unit_fen: u32, direction: Direction) -> Option<i64> {
    let size = u64::try_from(numerator.unsigned_abs()).ok()?;
    let unit = u64::from(unit_fen);
    // In yuan × 100 = fen, so that two of the decimals go before anything is divided.
    let size = size.checked_mul(10_u64.pow(2_u32.saturating_sub(scale)))?;
    let divisor = 10_u64.checked_pow(scale.saturating_sub(2))?.checked_mul(unit)?;
    let (whole, rest) = (size / divisor, size % divisor);
    let is_away = match direction {
        Direction::Up => rest > 0,
        Direction::HalfUp => rest >= divisor - rest,
    };
    let fen = i64::try_from((whole + u64::from(is_away)).checked_mul(unit)?).ok()?;
    Some(if numerator < 0 { -fen } else { fen })
}

/// The whole number of units next to `value × 10^decimals`.
fn multiples(value: &Exact, decimals: u32, unit: &UBig, direction: Direction) -> IBig {
    let (numerator, denominator) = value.lifted_parts(decimals);
    let sign = numerator.sign();
    let divisor = denominator * unit;
    let (mut whole, rest) = numerator.unsigned_abs().div_rem(&divisor);
    let away = match direction {
        Direction::Up => rest > UBig::ZERO,
        Direction::HalfUp => rest * UBig::from(2_u8) >= divisor,
    };
    if away {
        whole += UBig::ONE;
    }
    let whole = IBig::from(whole);
    if sign == Sign::Negative { -whole } else { whole }
}

/// The smallest whole number not below the value.
pub(super) fn ceiling(value: &Exact) -> Option<i64> {
    let (numerator, denominator) = value.lifted_parts(0);
    // Euclidean division goes down: of the negative value, away from it.
    i64::try_from(-(-numerator).div_euclid(IBig::from(denominator))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_is_the_smallest_whole_number_not_below() {
        let tenths = |number: i64| Exact::from(Decimal::new(number, 1));
        for (number, wanted) in
            [(0, 0), (1, 1), (9, 1), (10, 1), (11, 2), (20, 2), (-1, 0), (-9, 0), (-10, -1), (-11, -1)]
        {
            assert_eq!(ceiling(&tenths(number)), Some(wanted), "{number} tenths");
        }
        // 7/3 and -7/3.
        let third = |number: i64| Exact::from(number).divided_by(3).unwrap_or_else(|| Exact::from(0));
        assert_eq!((ceiling(&third(7)), ceiling(&third(-7)), ceiling(&third(6))), (Some(3), Some(-2), Some(2)));
        assert_eq!(ceiling(&Exact::from(i64::MAX).plus(1)), None);
    }
}
