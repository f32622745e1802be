//! Numbers of cells: doubles in the file, decimals here. The only place of a batch that names a double.

use chrono::{Days, NaiveDate};

/// Digits that a double keeps whatever they are, and that Excel shows.
const DIGITS: usize = 15;

/// The shortest decimal that is this double, without exponent; `None` for what is no number.
#[allow(clippy::disallowed_types, reason = "cells of a spreadsheet are doubles; they leave here as decimals")]
pub(super) fn shortest(text: &str) -> Option<String> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
        return None;
    }
    // Up to fifteen digits are the shortest decimal of their double.
    if is_plain(text) {
        return Some(text.to_owned());
    }
    let number: f64 = text.parse().ok()?;
    number.is_finite().then(|| number.to_string())
}

fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole)
        && all_digits(fraction)
        && whole.len() + fraction.len() <= DIGITS
        && (whole == "0" || !whole.starts_with('0'))
        && (fraction == "0" || !fraction.ends_with('0'))
}

/// A decimal as the double of a cell, if nothing of it is lost: neither in the file nor on the screen.
#[allow(clippy::disallowed_types, reason = "cells of a spreadsheet are doubles")]
pub(super) fn as_double(text: &str) -> Option<f64> {
    crate::api::shape::decimal(text)?;
    let digits = text.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0').count();
    (digits <= DIGITS).then(|| text.parse().ok()).flatten()
}

/// The number of a cell that came from one.
#[allow(clippy::disallowed_types, reason = "cells of a spreadsheet are doubles")]
pub(super) fn of_cell(text: &str) -> Option<f64> {
    crate::api::shape::decimal(text)?;
    text.parse().ok()
}

/// What a serial number stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Serial {
    /// A day.
    Day(NaiveDate),
    /// A day with a time.
    WithTime(NaiveDate),
    /// No day.
    Nothing,
}

/// The day of a serial number, in the system of 1900 (with its 29 February 1900 that never was) or of 1904.
pub(super) fn serial(text: &str, from_1904: bool) -> Serial {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let Ok(count) = whole.parse::<u64>() else { return Serial::Nothing };
    let start = match (from_1904, count) {
        (true, _) => NaiveDate::from_ymd_opt(1904, 1, 1),
        (false, 0 | 60) => None,
        (false, 1..=59) => NaiveDate::from_ymd_opt(1899, 12, 31),
        (false, _) => NaiveDate::from_ymd_opt(1899, 12, 30),
    };
    let day = start.and_then(|start| start.checked_add_days(Days::new(count)));
    match day.filter(|day| *day <= NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or_default()) {
        None => Serial::Nothing,
        Some(day) if fraction.bytes().all(|digit| digit == b'0') => Serial::Day(day),
        Some(day) => Serial::WithTime(day),
    }
}

/// The serial number of a day from 1 March 1900 on, in the system of 1900.
#[allow(clippy::disallowed_types, reason = "cells of a spreadsheet are doubles")]
pub(super) fn of_day(day: NaiveDate) -> Option<f64> {
    let days = day.signed_duration_since(NaiveDate::from_ymd_opt(1899, 12, 30)?).num_days();
    (days > 60).then(|| i32::try_from(days).ok().map(f64::from)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_is_its_shortest_decimal() {
        for (written, read) in [
            ("1.1000000000000001", "1.1"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("1234567.89", "1234567.89"),
            ("1E-3", "0.001"),
            ("1.5E+3", "1500"),
            ("68464000", "68464000"),
            ("9999999999999.99", "9999999999999.99"),
            ("-0.5", "-0.5"),
            ("007", "7"),
            ("2.50", "2.5"),
        ] {
            assert_eq!(shortest(written).as_deref(), Some(read), "{written}");
        }
        for none in ["", "abc", "inf", "NaN", "1E999", "1,5", "--1"] {
            assert_eq!(shortest(none), None, "{none}");
        }
    }

    #[test]
    fn a_decimal_becomes_a_number_only_where_nothing_is_lost() {
        for good in ["0.00", "9999999999999.99", "-1.5", "123456789012345"] {
            assert!(as_double(good).is_some(), "{good}");
        }
        for bad in ["10000000000000.00", "1234567890123456", "1e5", "", "0.1234567890123456"] {
            assert!(as_double(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn serial_numbers_are_days_of_their_system() {
        let of = |text: &str| crate::api::shape::date(text).unwrap_or_default();
        let day = |text: &str| Serial::Day(of(text));
        assert_eq!(serial("1", false), day("1900-01-01"));
        assert_eq!(serial("59", false), day("1900-02-28"));
        assert_eq!(serial("60", false), Serial::Nothing);
        assert_eq!(serial("61", false), day("1900-03-01"));
        assert_eq!(serial("45292", false), day("2024-01-01"));
        assert_eq!(serial("43830", true), day("2024-01-01"));
        assert_eq!(serial("2958465", false), day("9999-12-31"));
        assert_eq!(serial("2958466", false), Serial::Nothing);
        assert_eq!(serial("-1", false), Serial::Nothing);
        assert_eq!(serial("45292.5", false), Serial::WithTime(of("2024-01-01")));
        assert!(of_day(of("2024-01-01")).is_some_and(|serial| serial.to_string() == "45292"));
        assert!(of_day(of("1900-02-28")).is_none());
    }
}
