//! Numbers and days as text, without the machinery of formatting: they are most of what answers are made of.

use std::fmt::{self, Display};

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

/// As many as a number of 64 bits has digits, with sign, point and a zero before it.
const MOST: usize = 24;

/// Writes `size / 10^decimals` with exactly so many decimals, at most 20 of them: `-1234567.89`.
pub(super) fn write(f: &mut fmt::Formatter<'_>, is_negative: bool, size: u64, decimals: u32) -> fmt::Result {
    let mut signs = [0; MOST];
    let mut length = 0;
    let mut rest = size;
    let mut places = signs.iter_mut().rev();
    let mut put = |sign: u8| {
        if let Some(place) = places.next() {
            *place = sign;
            length += 1;
        }
    };
    let mut digit = || {
        let digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        (digit, rest == 0)
    };
    for _ in 0..decimals {
        put(digit().0);
    }
    if decimals > 0 {
        put(b'.');
    }
    loop {
        let (sign, is_last) = digit();
        put(sign);
        if is_last {
            break;
        }
    }
    if is_negative {
        put(b'-');
    }
    let written = signs.get(MOST - length..).and_then(|signs| std::str::from_utf8(signs).ok());
    f.write_str(written.unwrap_or_default())
}

/// A decimal as it displays itself.
#[derive(Clone, Copy, Debug)]
pub struct Plain(pub Decimal);

impl Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plain(value) = self;
        match u64::try_from(value.mantissa().unsigned_abs()) {
            Ok(size) if value.scale() <= 20 => write(f, value.is_sign_negative(), size, value.scale()),
            _ => value.fmt(f),
        }
    }
}

/// A day as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug)]
pub struct Iso(pub NaiveDate);

impl Display for Iso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Iso(day) = self;
        let Ok(year @ 0..=9999) = u32::try_from(day.year()) else { return day.fmt(f) };
        let digit = |number: u32| b'0' + u8::try_from(number % 10).unwrap_or_default();
        let (month, of_month) = (day.month(), day.day());
        let signs = [
            digit(year / 1000),
            digit(year / 100),
            digit(year / 10),
            digit(year),
            b'-',
            digit(month / 10),
            digit(month),
            b'-',
            digit(of_month / 10),
            digit(of_month),
        ];
        f.write_str(std::str::from_utf8(&signs).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Yuan;

    #[test]
    fn decimals_and_days_look_as_they_always_did() {
        for text in ["0", "1", "-1", "0.1", "-0.05", "0.00000001", "1234567.890", "18446744073709551615", "2.3"] {
            let value: Decimal = text.parse().unwrap_or_default();
            assert_eq!(Plain(value).to_string(), text);
        }
        for text in ["99999999999999999999999.123", "-0.0000000000000000000000000001"] {
            let value: Decimal = text.parse().unwrap_or_default();
            assert_eq!(Plain(value).to_string(), text);
        }
        for text in ["0001-01-01", "2024-02-29", "9999-12-31"] {
            let day: NaiveDate = text.parse().unwrap_or_default();
            assert_eq!(Iso(day).to_string(), text);
        }
    }

    #[test]
    fn amounts_have_two_decimals() {
        for (fen, text) in [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (123, "1.23"), (-100_000, "-1000.00")] {
            assert_eq!(Yuan::from_fen(fen).map(|yuan| yuan.to_string()), Ok(text.to_owned()));
        }
    }
}
