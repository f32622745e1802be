//! The numbers by which parties, licences, contracts and notices are known: GB 32100-2015, DZ/T 0443-2023 as far as it is at
//! hand, the model contract of 2023, and our own notice numbers. What no text at hand describes is not checked.

use std::fmt;

/// Why a text is not such a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Too long or too short.
    #[error("the length is wrong")]
    Length,
    /// A character that the number never has at this place, counted from zero.
    #[error("the character at position {0} is not allowed there")]
    Character(usize),
    /// A part of the number is outside its range.
    #[error("a part is out of range")]
    Range,
    /// The check digit does not belong to the other characters: a digit was misread, or two were swapped.
    #[error("the check digit should be {expected}")]
    CheckDigit {
        /// The one that does.
        expected: char,
    },
}

/// 统一社会信用代码 (GB 32100-2015): registering department, kind, division code, the body's own nine characters, check digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode(String);

/// The characters of a credit code in the order of their values; I, O, S, V and Z are too like digits or other letters.
const CREDIT_CHARACTERS: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

impl CreditCode {
    /// Reads 18 characters, capitals only; the last one checks the others (mod 31).
    ///
    /// The department and kind are not checked against the standard's lists, nor the inner check digit of the nine
    /// characters: codes in use disagree with both.
    pub fn new(text: &str) -> Result<CreditCode, IdentityError> {
        let characters = text.as_bytes();
        if text.chars().count() != 18 {
            return Err(IdentityError::Length);
        }
        let mut sum = 0;
        // 3^i mod 31, the weight of the character at position i.
        let mut weight = 1;
        let mut expected = '0';
        for (at, character) in characters.iter().enumerate() {
            let value = CREDIT_CHARACTERS.iter().position(|known| known == character);
            let value = value.filter(|value| !(2..8).contains(&at) || *value < 10);
            let value = value.ok_or(IdentityError::Character(at))?;
            if at == 17 {
                let check = (31 - sum % 31) % 31;
                expected = CREDIT_CHARACTERS.get(check).copied().map_or(expected, char::from);
                if value != check {
                    return Err(IdentityError::CheckDigit { expected });
                }
            }
            sum += value * weight;
            weight = weight * 3 % 31;
        }
        Ok(CreditCode(text.to_owned()))
    }
}

/// 勘查许可证号 or 采矿许可证号, a number for life.
///
/// 23 characters: `T` (exploration) or `C` (mining), then 22 digits; four published ones begin with the division code of the
/// authority and the year and month of issue, which is inferred and so not checked. An exploration licence issued before
/// 自然资办发〔2020〕32号 may still have 18 characters, `T` and 17 digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LicenceNumber(String);

impl LicenceNumber {
    /// Reads a number of either length.
    pub fn new(text: &str) -> Result<LicenceNumber, IdentityError> {
        let mut characters = text.chars();
        let kind = characters.next().ok_or(IdentityError::Length)?;
        if !matches!(kind, 'T' | 'C') {
            return Err(IdentityError::Character(0));
        }
        digits(characters.as_str(), 1)?;
        match (kind, text.len()) {
            (_, 23) | ('T', 18) => Ok(LicenceNumber(text.to_owned())),
            _ => Err(IdentityError::Length),
        }
    }

    /// Whether it is an exploration licence; else it is a mining licence.
    pub fn is_exploration(&self) -> bool {
        self.0.starts_with('T')
    }
}

/// The number of a grant contract (出让合同编号).
///
/// The model exploration contract of 2023 numbers `T`, division code, year, three digits. For mining contracts and older
/// ones no form is at hand: any text of 1 to 60 characters without control characters and without spaces at its ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractNumber(String);

impl ContractNumber {
    /// Reads a number of whatever form.
    pub fn new(text: &str) -> Result<ContractNumber, IdentityError> {
        let length = text.chars().count();
        if length == 0 || length > 60 {
            return Err(IdentityError::Length);
        }
        let outer = |at: usize| at == 0 || at + 1 == length;
        let wrong =
            text.chars().enumerate().find(|(at, sign)| sign.is_control() || (outer(*at) && sign.is_whitespace()));
        wrong.map_or(Ok(()), |(at, _)| Err(IdentityError::Character(at)))?;
        Ok(ContractNumber(text.to_owned()))
    }

    /// Whether it is numbered like the model exploration contract of 2023. One that is not need not be wrong.
    pub fn follows_the_exploration_model(&self) -> bool {
        self.0.strip_prefix('T').is_some_and(|rest| rest.len() == 13 && digits(rest, 1).is_ok())
    }
}

/// The number of a payment notice: division code of the office, year, sequence without gaps in that year, of at least
/// [`NoticeNumber::SEQUENCE_DIGITS`] digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticeNumber {
    division: String,
    year: u16,
    sequence: u32,
}

impl NoticeNumber {
    /// The sequence is filled up with zeros to this length, so that up to a million notices sort as they were numbered.
    pub const SEQUENCE_DIGITS: usize = 6;

    /// The number of the notice of that sequence, which begins with 1, in a year of four digits.
    pub fn new(division: &str, year: u16, sequence: u32) -> Result<NoticeNumber, IdentityError> {
        digits(division, 0)?;
        if division.len() != 6 {
            return Err(IdentityError::Length);
        }
        if !(1000..=9999).contains(&year) || sequence == 0 {
            return Err(IdentityError::Range);
        }
        Ok(NoticeNumber { division: division.to_owned(), year, sequence })
    }

    /// What all numbers of one office and year begin with.
    pub fn series(division: &str, year: u16) -> String {
        format!("{division}{year}")
    }

    /// Reads a number as [`NoticeNumber`] is displayed, and no other way.
    pub fn parse(text: &str) -> Result<NoticeNumber, IdentityError> {
        digits(text, 0)?;
        let part = |from: usize, to: usize| text.get(from..to).ok_or(IdentityError::Length);
        let year = part(6, 10)?.parse().map_err(|_| IdentityError::Range)?;
        let sequence = part(10, text.len())?.parse().map_err(|_| IdentityError::Range)?;
        let number = NoticeNumber::new(part(0, 6)?, year, sequence)?;
        if number.to_string() == text { Ok(number) } else { Err(IdentityError::Length) }
    }

    /// Division code of the office that issued it.
    pub fn division(&self) -> &str {
        &self.division
    }

    /// The year whose sequence it counts in.
    pub fn year(&self) -> u16 {
        self.year
    }

    /// Its place in the year, from 1.
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    /// The next number of the same year; `None` after the last one that can be written.
    pub fn next(&self) -> Option<NoticeNumber> {
        let sequence = self.sequence.checked_add(1)?;
        Some(NoticeNumber { sequence, ..self.clone() })
    }
}

impl fmt::Display for NoticeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NoticeNumber { division, year, sequence } = self;
        write!(f, "{}{sequence:0width$}", Self::series(division, *year), width = Self::SEQUENCE_DIGITS)
    }
}

/// The first character of a text that is no digit, its place counted from `before`.
fn digits(text: &str, before: usize) -> Result<(), IdentityError> {
    match text.chars().position(|sign| !sign.is_ascii_digit()) {
        Some(at) => Err(IdentityError::Character(before + at)),
        None => Ok(()),
    }
}

/// Numbers that are kept as they were read.
macro_rules! kept_as_read {
    ($($kind:ident),*) => {
        $(
            impl $kind {
                /// The number as it was read.
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl fmt::Display for $kind {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }
        )*
    };
}

kept_as_read!(CreditCode, LicenceNumber, ContractNumber);
