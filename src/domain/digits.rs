//! Numbers and days as text, without the machinery of formatting: they are most of what answers are made of.

use std::fmt::{self, Display};

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

/// As many as a number of 64 bits has digits, with sign, point and a zero before it.
const MOST: usize = 24;

/// The numbers below one hundred with two digits: half as many divisions.
const PAIRS: &[u8; 200] = b"\
    00010203040506070809\
    10111213141516171819\
    20212223242526272829\
    30313233343536373839\
    40414243444546474849\
    50515253545556575859\
    60616263646566676869\
    70717273747576777879\
    80818283848586878889\
    90919293949596979899";

/// A number or a day in its digits.
#[derive(Clone, Copy, Debug)]
pub struct Digits {
    signs: [u8; MOST],
    start: usize,
}

impl Digits {
    const NONE: Digits = Digits { signs: [b'0'; MOST], start: MOST };

    /// `size / 10^decimals` with exactly so many decimals, at most 20 of them: `-1234567.89`.
    pub(super) fn of_number(is_negative: bool, size: u64, decimals: u32) -> Digits {
        let mut digits = Digits::NONE;
        let (mut rest, mut left) = (size, decimals);
        while left >= 2 {
            digits.put_pair(rest % 100);
            rest /= 100;
            left -= 2;
        }
        if left == 1 {
            digits.put_number(rest % 10, 1);
            rest /= 10;
        }
        if decimals > 0 {
            digits.put(b'.');
        }
        digits.put_number(rest, 1);
        if is_negative {
            digits.put(b'-');
        }
        digits
    }

    /// A whole number.
    pub fn of_integer(integer: i64) -> Digits {
        Digits::of_number(integer < 0, integer.unsigned_abs(), 0)
    }

    /// A day of the years 0 to 9999 as `YYYY-MM-DD`.
    fn of_day(day: NaiveDate) -> Option<Digits> {
        let year = u64::try_from(day.year()).ok().filter(|year| *year <= 9999)?;
        let mut digits = Digits::NONE;
        digits.put_number(u64::from(day.day()), 2);
        digits.put(b'-');
        digits.put_number(u64::from(day.month()), 2);
        digits.put(b'-');
        digits.put_number(year, 4);
        Some(digits)
    }

    #[inline]
    fn put(&mut self, sign: u8) {
        self.start = self.start.saturating_sub(1);
        if let Some(place) = self.signs.get_mut(self.start) {
            *place = sign;
        }
    }

    /// Puts a number before what stands there, with at least so many digits.
    #[inline]
    fn put_number(&mut self, number: u64, at_least: u32) {
        let before = self.start;
        let mut rest = number;
        while rest >= 100 {
            self.put_pair(rest % 100);
            rest /= 100;
        }
        if rest >= 10 {
            self.put_pair(rest);
        } else if rest > 0 {
            self.put(b'0' + u8::try_from(rest).unwrap_or_default());
        }
        // Zeros stand there already.
        self.start = self.start.min(before.saturating_sub(at_least as usize));
    }

    /// Puts a number below one hundred with two digits.
    #[inline]
    fn put_pair(&mut self, number: u64) {
        self.start = self.start.saturating_sub(2);
        let (pairs, _) = PAIRS.as_chunks::<2>();
        let pair = pairs.get(number as usize);
        if let (Some(place), Some(pair)) = (self.signs.get_mut(self.start..self.start + 2), pair) {
            place.copy_from_slice(pair);
        }
    }

    /// The digits as text.
    #[inline]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The digits as bytes of ASCII.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.signs.get(self.start..).unwrap_or_default()
    }
}

/// A decimal as it displays itself.
#[derive(Clone, Copy, Debug)]
pub struct Plain(pub Decimal);

impl Plain {
    /// Its digits; `None` where they are more than [`Digits`] holds.
    pub fn digits(self) -> Option<Digits> {
        let Plain(value) = self;
        let size = u64::try_from(value.mantissa().unsigned_abs()).ok().filter(|_| value.scale() <= 20)?;
        Some(Digits::of_number(value.is_sign_negative(), size, value.scale()))
    }
}

impl Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.digits() {
            Some(digits) => f.write_str(digits.as_str()),
            None => self.0.fmt(f),
        }
    }
}

/// A day as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug)]
pub struct Iso(pub NaiveDate);

impl Iso {
    /// Its digits; `None` outside the years 0 to 9999.
    pub fn digits(self) -> Option<Digits> {
        Digits::of_day(self.0)
    }
}

impl Display for Iso {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.digits() {
            Some(digits) => f.write_str(digits.as_str()),
            None => self.0.fmt(f),
        }
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
        for text in [
            "0.18446744073709551615",
            "-1.8446744073709551615",
            "0.0000000000000000001",
            "99999999999999999999999.123",
            "-0.0000000000000000000000000001",
        ] {
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
