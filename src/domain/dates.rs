//! Days, months and years as the rules count them. Nothing here reads a clock.

use chrono::{Datelike, Days, Months, NaiveDate};

/// A span of days, the first and the last one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    from: NaiveDate,
    to: NaiveDate,
}

/// The last day of a period is before its first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the last day is before the first")]
pub struct BackwardPeriod;

impl Period {
    /// The days from `from` to `to`, both included.
    pub fn new(from: NaiveDate, to: NaiveDate) -> Result<Period, BackwardPeriod> {
        if from <= to { Ok(Period { from, to }) } else { Err(BackwardPeriod) }
    }

    /// The first day.
    pub fn from(self) -> NaiveDate {
        self.from
    }

    /// The last day.
    pub fn to(self) -> NaiveDate {
        self.to
    }

    /// Whether the day is one of the period's.
    pub fn contains(self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.to
    }
}

/// A day as `YYYY-MM-DD`, years 0001 to 9999; `None` for anything else.
pub fn day(text: &str) -> Option<NaiveDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let number = |digits: &[&u8]| {
        digits.iter().try_fold(0_u32, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(**digit - b'0')))
    };
    let year = number(&[y1, y2, y3, y4]).filter(|year| *year > 0)?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, number(&[m1, m2])?, number(&[d1, d2])?)
}

/// Days from one day to another: `days(from, to) = to − from`, negative when `to` is earlier.
pub fn days(from: NaiveDate, to: NaiveDate) -> i64 {
    to.signed_duration_since(from).num_days()
}

/// The day `count` days later; `None` beyond the calendar.
pub fn add_days(day: NaiveDate, count: u32) -> Option<NaiveDate> {
    day.checked_add_days(Days::new(u64::from(count)))
}

/// The day before; `None` beyond the calendar.
pub fn day_before(day: NaiveDate) -> Option<NaiveDate> {
    day.checked_sub_days(Days::new(1))
}

/// The same day `count` years later; 29 February becomes 28 February in a common year (`RULES` 0.3).
pub fn add_years(day: NaiveDate, count: u32) -> Option<NaiveDate> {
    add_months(day, count.checked_mul(12)?)
}

/// The same day `count` months later, or the last day of a month that has no such day.
///
/// That is what `checked_add_months` does; it is wanted here, named here and used nowhere else.
fn add_months(day: NaiveDate, count: u32) -> Option<NaiveDate> {
    #[expect(clippy::disallowed_methods, reason = "the clamp to the last day of the month is the rule (RULES 0.3)")]
    day.checked_add_months(Months::new(count))
}

/// The last day of a month; `None` for a month that does not exist.
pub fn month_end(year: i32, month: u32) -> Option<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    first.with_day(u32::from(first.num_days_in_month()))
}

/// 1 January to 31 December of a year; `None` beyond the calendar.
pub fn calendar_year(year: i32) -> Option<Period> {
    Some(Period { from: NaiveDate::from_ymd_opt(year, 1, 1)?, to: NaiveDate::from_ymd_opt(year, 12, 31)? })
}

/// The months of a term (`RULES` 6): the last day may be the anniversary of the first or the day before it, neither adds
/// a month; any other started month counts.
pub fn term_months(term: Period) -> u32 {
    let years = u32::try_from(term.to.year() - term.from.year()).unwrap_or(0);
    // The answer is the difference in calendar months or one more, so that few steps are taken.
    let mut months = (years * 12 + term.to.month()).saturating_sub(term.from.month()).max(1);
    while add_months(term.from, months).is_some_and(|anniversary| anniversary < term.to) {
        months += 1;
    }
    months
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_of_a_term_begin_after_the_anniversary() {
        let months = |from: &str, to: &str| {
            let [from, to] = [from, to].map(|text| day(text).unwrap_or_default());
            Period::new(from, to).map(term_months)
        };
        for (from, to, wanted) in [
            ("2024-01-01", "2024-01-01", 1),
            ("2024-01-01", "2024-01-31", 1),
            ("2024-01-01", "2024-02-01", 1),
            ("2024-01-01", "2024-02-02", 2),
            ("2024-01-15", "2025-01-14", 12),
            ("2024-01-15", "2025-01-15", 12),
            ("2024-01-15", "2025-01-16", 13),
            ("2024-12-31", "2025-01-01", 1),
            ("2024-01-31", "2024-02-29", 1),
            ("2024-01-31", "2024-03-01", 2),
            ("2024-02-29", "2025-02-28", 12),
            ("2024-02-29", "2025-03-01", 13),
            ("2000-01-01", "2050-01-01", 600),
            ("2000-01-01", "2050-01-02", 601),
        ] {
            assert_eq!(months(from, to), Ok(wanted), "{from} to {to}");
        }
    }
}
