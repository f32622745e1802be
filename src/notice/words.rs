//! How values are written on paper.

use chrono::{Datelike, NaiveDate};

use crate::domain::capitals::in_capitals;
use crate::domain::money::Yuan;

/// An amount with its thousands apart: `1,234,567.89`.
pub fn grouped(amount: Yuan) -> String {
    let text = amount.abs().to_string();
    let (yuan, fen) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::from(if amount < Yuan::ZERO { "-" } else { "" });
    for (at, digit) in yuan.chars().enumerate() {
        if at > 0 && (yuan.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + "." + fen
}

/// An amount in capitals with 人民币 before it and nothing in between, as the rule for vouchers wants it.
pub fn capitals(amount: Yuan) -> String {
    format!("人民币{}", in_capitals(amount))
}

/// A day as a Chinese document has it: `2024年5月1日`.
pub fn chinese_day(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}
