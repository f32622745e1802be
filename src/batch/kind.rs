//! What the cell of a spreadsheet is beside its text. Rows carry one letter for each of their cells in one more cell after
//! the last head, so that a chunk needs to know nothing of spreadsheets.

use crate::domain::error::{Text, shortened};
use crate::text;

/// What a cell is; the faults are those that only its own file could tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Empty,
    /// A text.
    Text,
    /// A number.
    Number,
    /// A number shown as percent: 0.03 as 3%.
    Percent,
    /// A day.
    Day,
    /// True or false.
    Flag,
    /// An error such as `#N/A`.
    ErrorValue,
    /// A formula without the value that it had.
    NoValue,
    /// A cell of numbers with something else in it.
    NoNumber,
    /// A number shown as a day that is none.
    NoDay,
    /// A day with a time.
    WithTime,
}

const ALL: [(Kind, u8); 11] = [
    (Kind::Empty, b'-'),
    (Kind::Text, b's'),
    (Kind::Number, b'n'),
    (Kind::Percent, b'p'),
    (Kind::Day, b'd'),
    (Kind::Flag, b'b'),
    (Kind::ErrorValue, b'E'),
    (Kind::NoValue, b'F'),
    (Kind::NoNumber, b'N'),
    (Kind::NoDay, b'D'),
    (Kind::WithTime, b'T'),
];

/// What stands between the letters of a row and the cell under no head that holds something.
pub const BEYOND: char = '@';

impl Kind {
    /// Its letter.
    pub fn letter(self) -> u8 {
        ALL.into_iter().find(|(kind, _)| *kind == self).map_or(b's', |(_, letter)| letter)
    }

    /// The kind of that letter; a text for any other.
    pub fn of(letter: u8) -> Kind {
        ALL.into_iter().find(|(_, known)| *known == letter).map_or(Kind::Text, |(kind, _)| kind)
    }

    /// What is wrong with a cell of this kind, whatever its column takes.
    pub fn fault(self, text: &str) -> Option<Text> {
        let text = shortened(text);
        match self {
            Kind::Empty | Kind::Text | Kind::Number | Kind::Percent | Kind::Day | Kind::Flag => None,
            Kind::ErrorValue => {
                Some(text!("单元格是错误值 {text}；请更正", "the cell holds the error {text}: correct it"))
            }
            Kind::NoValue => Some(text!(
                "公式 {text} 没有保存计算结果；请在 Excel 中打开、重算并保存，或粘贴为数值",
                "the formula {text} was saved without its value: open, calculate and save it in Excel, or paste values"
            )),
            Kind::NoNumber => {
                Some(text!("单元格应为数，实为“{text}”", "the cell is declared a number and holds “{text}”"))
            }
            Kind::NoDay => Some(text!(
                "日期序列号 {text} 不是 1900 至 9999 年的日历日",
                "the serial number {text} is no day of the years 1900 to 9999"
            )),
            Kind::WithTime => {
                Some(text!("日期 {text} 含时间；只填日期", "the day {text} has a time: give the day alone"))
            }
        }
    }

    /// What is wrong with a cell of this kind in a column of days.
    pub fn fault_as_day(self, text: &str) -> Option<Text> {
        let text = shortened(text);
        matches!(self, Kind::Number | Kind::Percent | Kind::Flag).then(|| {
            text!(
                "日期列中是数 {text}；请把单元格设为日期格式，或写成 YYYY-MM-DD",
                "a column of days holds the number {text}: give the cell a date format, or write YYYY-MM-DD"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_letter_of_its_own() {
        for (kind, letter) in ALL {
            assert_eq!((Kind::of(kind.letter()), kind.letter()), (kind, letter));
        }
    }
}
