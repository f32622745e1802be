//! The shape of requests: how a [`Node`] becomes the domain's own types, and every fault of shape on the way.
//!
//! `deserr` was tried for this. It hands every text and every name over as an owned `String` and every other number as
//! `f64`, and it reads no alternatives without a tag (`licence`, `plan`, `location`). So the trait is our own: it borrows
//! from the body, never stops at the first fault, and describes for the OpenAPI document exactly what it reads.
//!
//! A shape is declared once, with [`request_shape!`] or [`choice!`], next to its documentation.

use std::borrow::Cow;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::node::Node;
use crate::domain::dates;
use crate::domain::error::{At, Text, shortened};
use crate::domain::quantity::Number;
use crate::text;

/// A fault of shape: always `malformed_request`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeFault {
    /// JSON Pointer of the field that has to change.
    pub pointer: String,
    /// What is wrong and what to do.
    pub detail: Text,
}

/// The faults found so far, in document order.
#[derive(Debug, Default)]
pub struct Faults(Vec<ShapeFault>);

impl Faults {
    /// Reports a fault of the value at this place.
    pub fn report(&mut self, at: At<'_>, detail: Text) {
        self.0.push(ShapeFault { pointer: at.pointer(), detail });
    }

    /// Reports that a value is of the wrong kind.
    pub fn wrong_kind(&mut self, at: At<'_>, node: &Node<'_>, wanted: Text) {
        let kind = node.kind();
        let detail = Text {
            zh: format!("应为{}，实为{}", set_off(&wanted.zh), set_off(&kind.zh)).into(),
            en: format!("must be {}, not {}", wanted.en, kind.en).into(),
        };
        self.report(at, detail);
    }

    /// Reports a field that has to be there.
    pub fn missing(&mut self, at: At<'_>, name: &str) {
        self.report(at.field(name), text!("缺少必填字段 {name}", "the field {name} is missing"));
    }

    fn named(&mut self, at: At<'_>, name: &str, detail: Text) {
        // An empty name is a list position to `At`, and a name may hold any character here.
        let pointer = format!("{}/{}", at.pointer(), name.replace('~', "~0").replace('/', "~1"));
        self.0.push(ShapeFault { pointer, detail });
    }

    /// Reports a field that nothing reads, with the names that exist.
    pub fn unknown(&mut self, at: At<'_>, name: &str, known: &[&str]) {
        let (shown, all) = (shortened(name), known.join(", "));
        let detail = match meant(name, known) {
            Some(meant) => text!(
                "未知字段“{shown}”，是否为 {meant}？可用字段：{all}",
                "unknown field “{shown}”, did you mean {meant}? The fields are: {all}"
            ),
            None => text!("未知字段“{shown}”；可用字段：{all}", "unknown field “{shown}”; the fields are: {all}"),
        };
        self.named(at, name, detail);
    }

    /// Reports a field that is there twice.
    pub fn duplicate(&mut self, at: At<'_>, name: &str) {
        self.named(
            at,
            name,
            text!("字段“{name}”重复；只能出现一次", "the field “{name}” is there twice: give it once"),
        );
    }

    /// Reports an object that names none of the fields by which its alternatives are told apart.
    pub fn none_of(&mut self, at: At<'_>, alternatives: &[&str]) {
        let alternatives = alternatives.join(", ");
        self.report(at, text!("须填写其中一个字段：{alternatives}", "give one of the fields: {alternatives}"));
    }

    /// All faults; none means that the shape is right.
    pub fn into_list(self) -> Vec<ShapeFault> {
        self.0
    }
}

/// Chinese letters stand apart from Latin ones: `应为 JSON 对象`, `应为字符串`.
fn set_off(text: &str) -> Cow<'_, str> {
    if text.starts_with(|first: char| first.is_ascii()) { format!(" {text}").into() } else { text.into() }
}

/// The field that an unknown name was probably meant for: at most a third of its letters differ.
fn meant<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let most = name.chars().count() / 3;
    // A long name is no misspelt field, and the distance costs the product of the lengths.
    let short = name.len() <= 60;
    let near = known.iter().map(|known| (strsim::levenshtein(name, known), *known)).filter(|(far, _)| *far <= most);
    if short { near.min().map(|(_, known)| known) } else { None }
}

/// What can be read from a JSON value.
pub trait Decode<'n>: Sized {
    /// Reads the value. `None` after at least one fault has been reported.
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self>;

    /// What stands for a field that was left out; `None` for one that is required.
    fn left_out() -> Option<Self> {
        None
    }
}

/// Reads a whole request, or gives every fault of its shape.
pub fn decode<'n, T: Decode<'n>>(node: &'n Node<'n>) -> Result<T, Vec<ShapeFault>> {
    let mut faults = Faults::default();
    let value = T::decode(node, At::ROOT, &mut faults);
    let faults = faults.into_list();
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        _ => Err(faults),
    }
}

/// A field while an object is read: unseen, or seen with its value unless that was faulty.
#[derive(Debug)]
pub enum Slot<T> {
    /// Not seen so far.
    Unseen,
    /// Seen with `null`, which counts as left out.
    Null,
    /// Seen; `None` after a fault.
    Seen(Option<T>),
}

impl<'n, T: Decode<'n>> Slot<T> {
    /// Takes a value in, unless the field had one.
    pub fn fill(&mut self, name: &str, node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) {
        match (&self, node) {
            (Slot::Unseen, Node::Null) => *self = Slot::Null,
            (Slot::Unseen, _) => *self = Slot::Seen(T::decode(node, at.field(name), faults)),
            _ => faults.duplicate(at, name),
        }
    }

    /// The value at the end of the object; a required field that was left out is a fault.
    pub fn end(self, name: &str, left_out: Option<T>, at: At<'_>, faults: &mut Faults) -> Option<T> {
        match self {
            Slot::Seen(value) => value,
            Slot::Unseen | Slot::Null => {
                if left_out.is_none() {
                    faults.missing(at, name);
                }
                left_out
            }
        }
    }
}

/// The fields of an object; a fault for anything else.
pub fn fields<'n>(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<&'n [(Cow<'n, str>, Node<'n>)]> {
    match node {
        Node::Object(fields) => Some(fields),
        _ => {
            faults.wrong_kind(at, node, Text::fixed("JSON 对象", "a JSON object"));
            None
        }
    }
}

fn string<'n>(node: &'n Node<'n>, at: At<'_>, wanted: Text, faults: &mut Faults) -> Option<&'n str> {
    match node {
        Node::Text(text) => Some(text),
        _ => {
            faults.wrong_kind(at, node, wanted);
            None
        }
    }
}

/// One of several codes; a fault names them all.
pub fn code<'n>(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults, codes: &[&str]) -> Option<&'n str> {
    let text = string(node, at, Text::fixed("字符串", "a string"), faults)?;
    if codes.contains(&text) {
        return Some(text);
    }
    let (text, codes) = (shortened(text), codes.join(", "));
    faults.report(at, text!("没有选项“{text}”；可选：{codes}", "“{text}” is no choice: use one of {codes}"));
    None
}

impl<'n, T: Decode<'n>> Decode<'n> for Option<T> {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        T::decode(node, at, faults).map(Some)
    }

    fn left_out() -> Option<Self> {
        Some(None)
    }
}

impl<'n, T: Decode<'n>> Decode<'n> for Vec<T> {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        let Node::List(items) = node else {
            faults.wrong_kind(at, node, Text::fixed("JSON 数组", "a JSON list"));
            return None;
        };
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            list.extend(T::decode(item, at.item(index), faults));
        }
        // A faulty item has been reported; the list without it must not be used.
        (list.len() == items.len()).then_some(list)
    }
}

impl<'n> Decode<'n> for &'n str {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        string(node, at, Text::fixed("字符串", "a string"), faults)
    }
}

impl<'n> Decode<'n> for &'n Node<'n> {
    /// Anything: whoever gets it reads it.
    fn decode(node: &'n Node<'n>, _: At<'_>, _: &mut Faults) -> Option<Self> {
        Some(node)
    }
}

/// The request of a calculation inside a body: an object, which the topic reads.
#[derive(Clone, Copy, Debug)]
pub struct Inner<'n>(pub &'n Node<'n>);

impl<'n> Decode<'n> for Inner<'n> {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Inner<'n>> {
        fields(node, at, faults).map(|_| Inner(node))
    }
}

impl<'n> Decode<'n> for bool {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        match node {
            Node::Bool(value) => Some(*value),
            _ => {
                faults.wrong_kind(at, node, Text::fixed("布尔值", "a boolean"));
                None
            }
        }
    }
}

impl<'n> Decode<'n> for i64 {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        match node {
            Node::Integer(value) => Some(*value),
            Node::OtherNumber => {
                faults.report(at, Text::fixed("应为 JSON 整数，如 2024", "must be a JSON integer such as 2024"));
                None
            }
            _ => {
                faults.wrong_kind(at, node, Text::fixed("JSON 整数", "a JSON integer"));
                None
            }
        }
    }
}

impl<'n> Decode<'n> for Number {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        let wanted = Text::fixed("十进制数字符串，如 \"1234.56\"", "a decimal string such as \"1234.56\"");
        let text = string(node, at, wanted, faults)?;
        let number = decimal(text);
        if number.is_none() {
            faults.report(
                at,
                Text::fixed(
                    "不是十进制数；请写成如 \"1234.56\"，不用指数、正号、空格或分隔符",
                    "not a decimal: write it like \"1234.56\", without exponent, plus sign, space or separator",
                ),
            );
        }
        number
    }
}

impl<'n> Decode<'n> for NaiveDate {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        let wanted = Text::fixed("日期字符串，如 \"2024-02-29\"", "a date string such as \"2024-02-29\"");
        let text = string(node, at, wanted, faults)?;
        let day = date(text);
        if day.is_none() {
            faults.report(
                at,
                Text::fixed(
                    "不是有效日期；请写成 YYYY-MM-DD 的实际日历日",
                    "not a day of the calendar: write it as YYYY-MM-DD",
                ),
            );
        }
        day
    }
}

/// Most digits that a number keeps exactly, and most of them after the point.
const MOST_DIGITS: usize = 28;

/// A decimal by the contract's grammar `-?(0|[1-9]\d*)(\.\d+)?`; `None` for anything else.
///
/// Zeros at the end of the fraction carry nothing and are dropped before the digits are counted.
pub fn decimal(text: &str) -> Option<Number> {
    // What 64 bits hold is read in one pass; the general way below gives the same.
    short_decimal(text.as_bytes()).or_else(|| any_decimal(text))
}

/// A decimal of at most 18 digits and signs by the grammar; `None` for one that is longer or none.
fn short_decimal(text: &[u8]) -> Option<Number> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    // A zero is followed by the point or by nothing.
    if text.len() > 18 || !digits.first()?.is_ascii_digit() || matches!(digits, [b'0', next, ..] if *next != b'.') {
        return None;
    }
    let (mut mantissa, mut scale, mut has_point) = (0_i64, 0_u32, false);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                mantissa = mantissa * 10 + i64::from(byte - b'0');
                scale += u32::from(has_point);
            }
            b'.' if !has_point => has_point = true,
            _ => return None,
        }
    }
    if has_point && scale == 0 {
        return None;
    }
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    Some(Number::Exactly(Decimal::new(if negative { -mantissa } else { mantissa }, scale)))
}

fn any_decimal(text: &str) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (digits, ""),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || (whole.len() > 1 && whole.starts_with('0')) || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let significant = if whole == "0" { fraction.trim_start_matches('0').len() } else { whole.len() + fraction.len() };
    if significant > MOST_DIGITS || fraction.len() > MOST_DIGITS {
        return Some(Number::BeyondPrecision);
    }
    let mantissa = whole.bytes().chain(fraction.bytes()).fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
    let scale = u32::try_from(fraction.len()).ok()?;
    let value = Decimal::try_from_i128_with_scale(if negative { -mantissa } else { mantissa }, scale).ok()?;
    Some(Number::Exactly(value))
}

/// A day as `YYYY-MM-DD`, years 0001 to 9999; `None` for anything else.
pub fn date(text: &str) -> Option<NaiveDate> {
    dates::day(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_follow_the_grammar() {
        for good in ["0", "-0", "0.00", "10", "-1.5", "1234567.89", "0.1"] {
            assert!(matches!(decimal(good), Some(Number::Exactly(_))), "{good}");
        }
        for bad in
            ["", "-", ".", "1.", ".5", "01", "00", "+1", "1e3", "1_000", " 1", "1 ", "1,000", "--1", "１", "0x1", "NaN"]
        {
            assert_eq!(decimal(bad), None, "{bad}");
        }
    }

    #[test]
    fn both_ways_of_reading_a_decimal_are_the_same() {
        let letters = ["", "-", "0", "00", "1", "10", "9", ".", "x", "12345678", "000000000", "\u{FF11}"];
        for a in letters {
            for b in letters {
                for c in letters {
                    let text = format!("{a}{b}{c}");
                    let short = short_decimal(text.as_bytes());
                    assert!(short.is_none() || format!("{short:?}") == format!("{:?}", any_decimal(&text)), "{text}");
                    let is_short = text.len() <= 18;
                    assert!(!is_short || short.is_some() == any_decimal(&text).is_some(), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_decimal_of_more_than_28_digits_is_well_formed_but_too_long() {
        assert_eq!(decimal(&"9".repeat(28)), Decimal::from_str_exact(&"9".repeat(28)).ok().map(Number::Exactly));
        assert_eq!(decimal(&"9".repeat(29)), Some(Number::BeyondPrecision));
        assert_eq!(decimal(&format!("1.{}", "0".repeat(60))), Some(Number::Exactly(Decimal::ONE)));
        assert_eq!(decimal(&format!("0.{}1", "0".repeat(27))), Some(Number::Exactly(Decimal::new(1, 28))));
        assert_eq!(decimal(&format!("0.{}1", "0".repeat(28))), Some(Number::BeyondPrecision));
    }

    #[test]
    fn dates_are_real_days_in_one_form() {
        for good in ["0001-01-01", "2024-02-29", "9999-12-31"] {
            assert_eq!(date(good).map(|day| day.to_string()).as_deref(), Some(good));
        }
        for bad in [
            "0000-01-01",
            "2023-02-29",
            "2024-2-9",
            "+024-02-01",
            " 2024-01-01",
            "2024-01-01 ",
            "2024/01/01",
            "20240101",
            "2024-13-01",
            "2024-00-10",
        ] {
            assert_eq!(date(bad), None, "{bad}");
        }
    }
}
