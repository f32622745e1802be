//! The second implementation of the arithmetic: evaluates the formulas that an answer's steps carry.
//!
//! `API.md` promises that a step's `formula` over its `inputs` gives its `result`, for any program that reads it. This is
//! such a program. It imports nothing of `lode`, uses another library for its integers and its own calendar, so that a
//! defect of the domain has no second home here.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use serde_json::Value as Json;

/// A value of a formula.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// An exact number.
    Number(BigRational),
    /// A day.
    Date(Date),
    /// Values in order.
    List(Vec<Value>),
    /// A word that a step only hands on; nothing can be computed with it.
    Word(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => number.fmt(f),
            Value::Date(date) => date.fmt(f),
            Value::Word(word) => f.write_str(word),
            Value::List(values) => {
                let texts: Vec<String> = values.iter().map(Value::to_string).collect();
                write!(f, "[{}]", texts.join(", "))
            }
        }
    }
}

/// A day of the Gregorian calendar, years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    year: i64,
    month: i64,
    day: i64,
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The days from the beginning of year 1 to the beginning of a year.
fn days_before_year(year: i64) -> i64 {
    let before = year - 1;
    before * 365 + before / 4 - before / 100 + before / 400
}

impl Date {
    /// The day, if the calendar has it.
    pub(crate) fn new(year: i64, month: i64, day: i64) -> Option<Date> {
        let exists =
            (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day);
        exists.then_some(Date { year, month, day })
    }

    /// `YYYY-MM-DD` and nothing else.
    pub(crate) fn parse(text: &str) -> Option<Date> {
        let bytes = text.as_bytes();
        let shape = bytes.len() == 10
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return None;
        }
        Date::new(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?)
    }

    /// The number of the day: whole years, then whole months, then days.
    fn number(self) -> i64 {
        let whole_months: i64 = (1..self.month).map(|month| days_of_month(self.year, month)).sum();
        days_before_year(self.year) + whole_months + self.day
    }

    fn from_number(number: i64) -> Option<Date> {
        // A year has at most 366 days, so the guess is never too late.
        let mut year = number.checked_sub(1)?.div_euclid(366) + 1;
        if !(1..=9999).contains(&year) {
            return None;
        }
        while days_before_year(year + 1) < number {
            year += 1;
        }
        let mut rest = number - days_before_year(year) - 1;
        let mut month = 1;
        while rest >= days_of_month(year, month) {
            rest -= days_of_month(year, month);
            month += 1;
        }
        Date::new(year, month, rest + 1)
    }

    fn add_days(self, count: i64) -> Option<Date> {
        Date::from_number(self.number().checked_add(count)?)
    }

    fn add_years(self, count: i64) -> Option<Date> {
        let year = self.year.checked_add(count)?;
        let day = if self.month == 2 && self.day == 29 && !is_leap(year) { 28 } else { self.day };
        Date::new(year, self.month, day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// What is wrong with a formula, and at which byte of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FormulaError {
    at: usize,
    what: String,
}

impl fmt::Display for FormulaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: {}", self.at, self.what)
    }
}

fn wrong<T>(at: usize, what: impl Into<String>) -> Result<T, FormulaError> {
    Err(FormulaError { at, what: what.into() })
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Number(BigRational),
    Name(String),
    Sign(char),
    End,
}

/// A decimal as the contract writes it: `-?(0|[1-9]\d*)(\.\d+)?`.
fn parse_decimal(text: &str) -> Option<BigRational> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    let empty_fraction = digits.contains('.') && fraction.is_empty();
    if whole.is_empty() || leading_zero || empty_fraction || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let numerator: BigInt = format!("{whole}{fraction}").parse().ok()?;
    let number = BigRational::new(numerator, power_of_ten(fraction.len()));
    Some(if negative { -number } else { number })
}

fn power_of_ten(exponent: usize) -> BigInt {
    num_traits::pow(BigInt::from(10), exponent)
}

/// The value that a text in an answer stands for: a date, a decimal, a fraction of whole numbers, a list, or a word.
pub(crate) fn parse_value(text: &str) -> Value {
    if let Some(date) = Date::parse(text) {
        return Value::Date(date);
    }
    if let Some(number) = parse_decimal(text) {
        return Value::Number(number);
    }
    if let Some((numerator, denominator)) = text.split_once('/')
        && let (Ok(numerator), Ok(denominator)) = (numerator.parse::<BigInt>(), denominator.parse::<BigInt>())
        && denominator.is_positive()
    {
        return Value::Number(BigRational::new(numerator, denominator));
    }
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
        && !inner.contains('[')
    {
        let items = inner.split(',').map(str::trim).filter(|item| !item.is_empty());
        return Value::List(items.map(parse_value).collect());
    }
    Value::Word(text.to_owned())
}

fn tokens(formula: &str) -> Result<Vec<(usize, Token)>, FormulaError> {
    let bytes = formula.as_bytes();
    let mut list = Vec::new();
    let mut at = 0;
    let run = |from: usize, belongs: fn(u8) -> bool| {
        bytes[from..].iter().position(|byte| !belongs(*byte)).map_or(bytes.len(), |length| from + length)
    };
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b' ' => at += 1,
            b'a'..=b'z' => {
                let end = run(at, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
                list.push((at, Token::Name(formula[at..end].to_owned())));
                at = end;
            }
            b'0'..=b'9' => {
                let end = run(at, |b| b.is_ascii_digit() || b == b'.');
                let Some(number) = parse_decimal(&formula[at..end]) else {
                    return wrong(at, format!("{} is not a decimal", &formula[at..end]));
                };
                list.push((at, Token::Number(number)));
                at = end;
            }
            b'+' | b'-' | b'*' | b'/' | b'(' | b')' | b'[' | b']' | b',' => {
                list.push((at, Token::Sign(char::from(byte))));
                at += 1;
            }
            _ => return wrong(at, format!("byte {byte:#04x} does not belong to the grammar")),
        }
    }
    list.push((bytes.len(), Token::End));
    Ok(list)
}

/// How deep parentheses, lists, calls and minus signs may be nested.
const DEEPEST: usize = 64;

struct Evaluation<'a> {
    tokens: &'a [(usize, Token)],
    next: usize,
    depth: usize,
    inputs: &'a BTreeMap<String, Value>,
    used: BTreeSet<String>,
}

/// Evaluates a formula; gives its value and the names that it used.
pub(crate) fn evaluate(
    formula: &str,
    inputs: &BTreeMap<String, Value>,
) -> Result<(Value, BTreeSet<String>), FormulaError> {
    let tokens = tokens(formula)?;
    let mut evaluation = Evaluation { tokens: &tokens, next: 0, depth: 0, inputs, used: BTreeSet::new() };
    let value = evaluation.sum()?;
    match evaluation.peek() {
        (_, Token::End) => Ok((value, evaluation.used)),
        (at, token) => wrong(*at, format!("{token:?} after the end of the expression")),
    }
}

fn number(at: usize, value: Value) -> Result<BigRational, FormulaError> {
    match value {
        Value::Number(number) => Ok(number),
        other => wrong(at, format!("{other} is not a number")),
    }
}

fn whole(at: usize, value: Value) -> Result<i64, FormulaError> {
    let number = number(at, value)?;
    match number.to_integer().to_i64() {
        Some(whole) if number.is_integer() => Ok(whole),
        _ => wrong(at, format!("{number} is not a whole number of days, months or years")),
    }
}

fn date(at: usize, value: Value) -> Result<Date, FormulaError> {
    match value {
        Value::Date(date) => Ok(date),
        other => wrong(at, format!("{other} is not a date")),
    }
}

fn on_calendar(at: usize, date: Option<Date>) -> Result<Value, FormulaError> {
    date.map_or_else(|| wrong(at, "the day is outside the calendar"), |date| Ok(Value::Date(date)))
}

/// The multiple of `unit` next to the value: the nearest one with the half away from zero, or the next one away from zero.
fn round_unit(value: &BigRational, unit: &BigRational, up: bool) -> BigRational {
    let size = value.abs() / unit;
    let half = BigRational::new(BigInt::one(), BigInt::from(2));
    let multiples = if up { size.ceil() } else { (size + half).floor() };
    let rounded = multiples * unit;
    if value.is_negative() { -rounded } else { rounded }
}

/// The parts of `total` by largest remainder in units of 0.01; ties go to the earlier weight, a zero weight gets nothing.
fn allocate(at: usize, total: &BigRational, weights: &[BigRational]) -> Result<Vec<BigRational>, FormulaError> {
    let fen = total * BigRational::from_integer(BigInt::from(100));
    if !fen.is_integer() || fen.is_negative() {
        return wrong(at, format!("{total} cannot be allocated: not a whole number of fen, or negative"));
    }
    if weights.iter().any(Signed::is_negative) || weights.iter().all(Zero::is_zero) {
        return wrong(at, "a weight is negative, or all are zero");
    }
    let sum: BigRational = weights.iter().sum();
    let shares: Vec<BigRational> = weights.iter().map(|weight| &fen * weight / &sum).collect();
    let mut parts: Vec<BigInt> = shares.iter().map(|share| share.floor().to_integer()).collect();
    let left_over = fen.to_integer() - parts.iter().sum::<BigInt>();
    for _ in 0..left_over.to_usize().unwrap_or(0) {
        // The part that is furthest below its share; of equals the first one. Nobody has got a second fen by then.
        let gap = |at: usize| &shares[at] - BigRational::from_integer(parts[at].clone());
        let mut best = 0;
        for index in 1..parts.len() {
            if gap(index) > gap(best) {
                best = index;
            }
        }
        parts[best] += 1;
    }
    Ok(parts.into_iter().map(|part| BigRational::new(part, BigInt::from(100))).collect())
}

impl Evaluation<'_> {
    fn peek(&self) -> &(usize, Token) {
        // The last token is the end and is never passed.
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn take(&mut self) -> (usize, Token) {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn takes(&mut self, sign: char) -> bool {
        let found = self.peek().1 == Token::Sign(sign);
        if found {
            self.next += 1;
        }
        found
    }

    fn demand(&mut self, sign: char) -> Result<(), FormulaError> {
        let (at, token) = self.take();
        if token == Token::Sign(sign) { Ok(()) } else { wrong(at, format!("{sign} was expected, not {token:?}")) }
    }

    fn sum(&mut self) -> Result<Value, FormulaError> {
        let mut value = self.product()?;
        loop {
            let at = self.peek().0;
            if self.takes('+') {
                let right = self.product()?;
                value = Value::Number(number(at, value)? + number(at, right)?);
            } else if self.takes('-') {
                let right = self.product()?;
                value = Value::Number(number(at, value)? - number(at, right)?);
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<Value, FormulaError> {
        let mut value = self.factor()?;
        loop {
            let at = self.peek().0;
            if self.takes('*') {
                let right = self.factor()?;
                value = Value::Number(number(at, value)? * number(at, right)?);
            } else if self.takes('/') {
                let right = self.factor()?;
                let divisor = number(at, right)?;
                if divisor.is_zero() {
                    return wrong(at, "division by zero");
                }
                value = Value::Number(number(at, value)? / divisor);
            } else {
                return Ok(value);
            }
        }
    }

    fn factor(&mut self) -> Result<Value, FormulaError> {
        let (at, token) = self.take();
        self.depth += 1;
        if self.depth > DEEPEST {
            return wrong(at, "nested too deep");
        }
        let value = match token {
            Token::Number(number) => Value::Number(number),
            Token::Sign('-') => {
                let value = self.factor()?;
                Value::Number(-number(at, value)?)
            }
            Token::Sign('(') => {
                let value = self.sum()?;
                self.demand(')')?;
                value
            }
            Token::Sign('[') => Value::List(self.arguments(']')?),
            Token::Name(name) if self.peek().1 == Token::Sign('(') => {
                self.next += 1;
                self.call(at, &name)?
            }
            Token::Name(name) => match self.inputs.get(&name) {
                Some(value) => {
                    self.used.insert(name);
                    value.clone()
                }
                None => return wrong(at, format!("{name} is not an input")),
            },
            other => return wrong(at, format!("a value was expected, not {other:?}")),
        };
        self.depth -= 1;
        Ok(value)
    }

    /// Values separated by commas up to the closing sign.
    fn arguments(&mut self, close: char) -> Result<Vec<Value>, FormulaError> {
        let mut values = Vec::new();
        if self.takes(close) {
            return Ok(values);
        }
        loop {
            values.push(self.sum()?);
            if self.takes(close) {
                return Ok(values);
            }
            self.demand(',')?;
        }
    }

    fn call(&mut self, at: usize, function: &str) -> Result<Value, FormulaError> {
        if function == "round_unit" {
            return self.round_unit(at);
        }
        let arguments = self.arguments(')')?;
        match (function, <[Value; 1]>::try_from(arguments)) {
            ("round2", Ok([value])) => {
                let fen = BigRational::new(BigInt::one(), BigInt::from(100));
                Ok(Value::Number(round_unit(&number(at, value)?, &fen, false)))
            }
            ("ceil", Ok([value])) => Ok(Value::Number(number(at, value)?.ceil())),
            ("min" | "max" | "sum", Ok([Value::List(values)])) => fold(at, function, values),
            ("min" | "max" | "sum", Ok([value])) => fold(at, function, vec![value]),
            ("min" | "max" | "sum", Err(values)) => fold(at, function, values),
            (_, Ok(_)) => wrong(at, format!("no function {function} of one value")),
            (_, Err(values)) => two(at, function, values),
        }
    }

    /// `round_unit(x, unit, up|half_up)`: the third argument is a word of the grammar, not a name.
    fn round_unit(&mut self, at: usize) -> Result<Value, FormulaError> {
        let value = self.sum()?;
        self.demand(',')?;
        let unit = self.sum()?;
        self.demand(',')?;
        let (word_at, word) = self.take();
        let up = match word {
            Token::Name(word) if word == "up" => true,
            Token::Name(word) if word == "half_up" => false,
            other => return wrong(word_at, format!("up or half_up was expected, not {other:?}")),
        };
        self.demand(')')?;
        let (value, unit) = (number(at, value)?, number(at, unit)?);
        if !unit.is_positive() {
            return wrong(at, format!("the unit {unit} is not positive"));
        }
        Ok(Value::Number(round_unit(&value, &unit, up)))
    }
}

fn fold(at: usize, function: &str, values: Vec<Value>) -> Result<Value, FormulaError> {
    if function == "sum" {
        let mut total = BigRational::zero();
        for value in values {
            total += number(at, value)?;
        }
        return Ok(Value::Number(total));
    }
    let wanted = if function == "min" { Ordering::Less } else { Ordering::Greater };
    let mut values = values.into_iter();
    let Some(mut best) = values.next() else { return wrong(at, format!("{function} of nothing")) };
    for value in values {
        let order = match (&value, &best) {
            (Value::Number(value), Value::Number(best)) => value.cmp(best),
            (Value::Date(value), Value::Date(best)) => value.cmp(best),
            _ => return wrong(at, format!("{function} compares {value} with {best}")),
        };
        if order == wanted {
            best = value;
        }
    }
    match best {
        Value::Number(_) | Value::Date(_) => Ok(best),
        other => wrong(at, format!("{function} of {other}")),
    }
}

fn two(at: usize, function: &str, values: Vec<Value>) -> Result<Value, FormulaError> {
    let Ok([first, second]) = <[Value; 2]>::try_from(values) else {
        return wrong(at, format!("no function {function} of so many values"));
    };
    match (function, second) {
        ("allocate", Value::List(weights)) => {
            let weights: Vec<BigRational> =
                weights.into_iter().map(|weight| number(at, weight)).collect::<Result<_, _>>()?;
            let parts = allocate(at, &number(at, first)?, &weights)?;
            Ok(Value::List(parts.into_iter().map(Value::Number).collect()))
        }
        ("days", to) => {
            let days = date(at, to)?.number() - date(at, first)?.number();
            Ok(Value::Number(BigRational::from_integer(BigInt::from(days))))
        }
        ("add_days", count) => on_calendar(at, date(at, first)?.add_days(whole(at, count)?)),
        ("add_years", count) => on_calendar(at, date(at, first)?.add_years(whole(at, count)?)),
        ("month_end", month) => {
            let (year, month) = (whole(at, first)?, whole(at, month)?);
            on_calendar(at, Date::new(year, month, days_of_month(year, month)))
        }
        _ => wrong(at, format!("no function {function} of these two values")),
    }
}

/// The value of a step's `result`: a string, or a list of strings.
fn result_value(result: &Json) -> Option<Value> {
    match result {
        Json::String(text) => Some(parse_value(text)),
        Json::Array(items) => {
            items.iter().map(|item| item.as_str().map(parse_value)).collect::<Option<Vec<Value>>>().map(Value::List)
        }
        _ => None,
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn check_step(step: &Json, known_versions: &BTreeSet<&str>) -> Vec<String> {
    let mut complaints = Vec::new();
    let law = &step["law"];
    for (field, value) in [
        ("rule", &step["rule"]),
        ("law/instrument", &law["instrument"]),
        ("law/article", &law["article"]),
        ("law/label", &law["label"]),
    ] {
        if value.as_str().is_none_or(str::is_empty) {
            complaints.push(format!("{field} is missing"));
        }
    }
    if let Some(version) = step.get("rate_version")
        && version.as_str().is_none_or(|id| !known_versions.contains(id))
    {
        complaints.push(format!("rate_version {version} is not among rate_versions"));
    }
    let Some(formula) = step["formula"].as_str() else {
        complaints.push("formula is missing".to_owned());
        return complaints;
    };
    let Some(texts) = step["inputs"].as_object() else {
        complaints.push("inputs is not an object".to_owned());
        return complaints;
    };
    let mut inputs = BTreeMap::new();
    for (name, value) in texts {
        match value.as_str() {
            Some(text) if is_name(name) => {
                inputs.insert(name.clone(), parse_value(text));
            }
            Some(_) => complaints.push(format!("{name} is not a name of the grammar")),
            None => complaints.push(format!("input {name} is not a string: {value}")),
        }
    }
    let Some(result) = result_value(&step["result"]) else {
        complaints.push(format!("result is neither a string nor a list of strings: {}", step["result"]));
        return complaints;
    };
    match evaluate(formula, &inputs) {
        Err(error) => complaints.push(format!("{formula}: {error}")),
        Ok((value, used)) => {
            if value != result {
                complaints.push(format!("{formula} gives {value}, the step says {result}; inputs {}", step["inputs"]));
            }
            for name in inputs.keys().filter(|name| !used.contains(*name)) {
                complaints.push(format!("{formula} does not use its input {name}"));
            }
        }
    }
    complaints
}

/// Evaluates every step of an answer and compares it with what the step says. One complaint for each disagreement.
///
/// An answer without steps is a complaint, too: a figure without an explanation must not go out.
pub(crate) fn check_answer(answer: &Json) -> Vec<String> {
    let Some(steps) = answer["steps"].as_array() else { return vec!["steps is not a list".to_owned()] };
    let known_versions: BTreeSet<&str> =
        answer["rate_versions"].as_array().into_iter().flatten().filter_map(|version| version["id"].as_str()).collect();
    let mut complaints = Vec::new();
    if steps.is_empty() {
        complaints.push("there are no steps".to_owned());
    }
    for (index, step) in steps.iter().enumerate() {
        let rule = step["rule"].as_str().unwrap_or("?");
        complaints
            .extend(check_step(step, &known_versions).into_iter().map(|what| format!("step {index} {rule}: {what}")));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;
    use serde_json::json;

    use super::*;

    fn inputs(pairs: &[(&str, &str)]) -> BTreeMap<String, Value> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), parse_value(text))).collect()
    }

    #[track_caller]
    fn check(formula: &str, pairs: &[(&str, &str)], expected: &str) {
        let value = evaluate(formula, &inputs(pairs)).map(|(value, _)| value);
        assert_eq!(value, Ok(parse_value(expected)), "{formula}");
    }

    #[track_caller]
    fn refused(formula: &str, pairs: &[(&str, &str)], at: usize) {
        match evaluate(formula, &inputs(pairs)) {
            Err(error) => assert_eq!(error.at, at, "{formula}: {error}"),
            Ok((value, _)) => panic!("{formula} gives {value}"),
        }
    }

    #[test]
    fn arithmetic_is_exact_and_binds_as_in_school() {
        check("1 + 2 * 3", &[], "7");
        check("(1 + 2) * 3", &[], "9");
        check("10 - 2 - 3", &[], "5");
        check("100 / 10 / 5", &[], "2");
        check("0.1 + 0.2", &[], "0.3");
        check("1 / 3 * 3", &[], "1");
        check("2 * -3", &[], "-6");
        check("--3", &[], "3");
        check("-(a - b)", &[("a", "1"), ("b", "3")], "2");
        check("a / b", &[("a", "1"), ("b", "3")], "1/3");
        check("rate_1*rate_2", &[("rate_1", "0.000001"), ("rate_2", "0.00000001")], "0.00000000000001");
    }

    #[test]
    fn rounding_takes_the_half_away_from_zero() {
        check("round2(2.345)", &[], "2.35");
        check("round2(2.3449999999999999999999999999999999)", &[], "2.34");
        check("round2(-2.345)", &[], "-2.35");
        check("round2(-2.344)", &[], "-2.34");
        check("round2(0.005)", &[], "0.01");
        check("round2(1/3)", &[], "0.33");
        check("round_unit(214704.01, 10000, up)", &[], "220000");
        check("round_unit(220000, 10000, up)", &[], "220000");
        check("round_unit(214704, 10000, half_up)", &[], "210000");
        check("round_unit(215000, 10000, half_up)", &[], "220000");
        check("round_unit(x, unit, half_up)", &[("x", "214749.99"), ("unit", "100")], "214700");
        check("ceil(17.78 / 2)", &[], "9");
        check("ceil(-1.5)", &[], "-1");
        check("ceil(8)", &[], "8");
    }

    #[test]
    fn min_max_and_sum_take_arguments_or_one_list() {
        check("min(3, 1, 2)", &[], "1");
        check("max([3, 1, 2])", &[], "3");
        check("sum([])", &[], "0");
        check("sum(1, 2, 3)", &[], "6");
        check("sum(parts)", &[("parts", "[1.10, 2.20]")], "3.3");
        check("min(5)", &[], "5");
        check("min(base, round2(sum([base * rate * 100, 2])))", &[("base", "10"), ("rate", "0.002")], "4");
        check("max(a, b)", &[("a", "2024-01-31"), ("b", "2024-02-01")], "2024-02-01");
    }

    #[test]
    fn allocate_gives_the_examples_of_the_rules() {
        check("allocate(0.01, [40, 30, 30])", &[], "[0.01, 0, 0]");
        check(
            "allocate(total, [1, 1, 1, 1, 1, 1, 1])",
            &[("total", "68464000.00")],
            "[9780571.43, 9780571.43, 9780571.43, 9780571.43, 9780571.43, 9780571.43, 9780571.42]",
        );
        check("allocate(0.03, [0, 1, 1])", &[], "[0, 0.02, 0.01]");
        check("allocate(0.02, weights)", &[("weights", "[1, 1, 1]")], "[0.01, 0.01, 0]");
        check("allocate(0, [1, 2])", &[], "[0, 0]");
        check("allocate(999999999999999.99, [0.4, 0.6])", &[], "[400000000000000, 599999999999999.99]");
    }

    #[test]
    fn days_months_and_years_follow_the_calendar() {
        check("days(from, to)", &[("from", "2024-02-28"), ("to", "2024-03-01")], "2");
        check("days(to, from)", &[("from", "2023-02-28"), ("to", "2023-03-01")], "-1");
        check("add_days(d, 30)", &[("d", "2024-01-31")], "2024-03-01");
        check("add_days(d, -1)", &[("d", "2024-01-01")], "2023-12-31");
        check("add_years(d, 1)", &[("d", "2024-02-29")], "2025-02-28");
        check("add_years(d, 4)", &[("d", "2024-02-29")], "2028-02-29");
        check("add_years(d, k - 1)", &[("d", "2024-02-28"), ("k", "1")], "2024-02-28");
        check("month_end(year + 1, 2)", &[("year", "2023")], "2024-02-29");
        check("month_end(2100, 2)", &[], "2100-02-28");
        check("month_end(2024, month)", &[("month", "12")], "2024-12-31");
    }

    #[test]
    fn what_a_step_chooses_is_handed_on() {
        check("choice", &[("choice", "raw_ore")], "raw_ore");
        check("account", &[("account", "103071404")], "103071404");
    }

    #[test]
    fn errors_name_the_place() {
        refused("", &[], 0);
        refused("1 +", &[], 3);
        refused("1 2", &[], 2);
        refused("(1", &[], 2);
        refused("[1, 2", &[], 5);
        refused("a", &[], 0);
        refused("1 / 0", &[], 2);
        refused("1 / (a - a)", &[("a", "2")], 2);
        refused("01", &[], 0);
        refused("1.", &[], 0);
        refused("1.2.3", &[], 0);
        refused("1e3", &[], 1);
        refused("2 × 3", &[], 2);
        refused("A", &[], 0);
        refused("nothing(1)", &[], 0);
        refused("round2(1, 2)", &[], 0);
        refused("round2(d)", &[("d", "2024-01-01")], 0);
        refused("round_unit(1, 0, up)", &[], 0);
        refused("round_unit(1, 10, down)", &[], 18);
        refused("min()", &[], 0);
        refused("min(1, d)", &[("d", "2024-01-01")], 0);
        refused("1 + d", &[("d", "2024-01-01")], 2);
        refused("d * 2", &[("d", "word")], 2);
        refused("allocate(1, [])", &[], 0);
        refused("allocate(1, [0])", &[], 0);
        refused("allocate(1, [1, -1])", &[], 0);
        refused("allocate(-1, [1])", &[], 0);
        refused("allocate(0.001, [1])", &[], 0);
        refused("add_days(d, 0.5)", &[("d", "2024-01-01")], 0);
        refused("add_years(d, 9999)", &[("d", "2024-01-01")], 0);
        refused("month_end(2024, 13)", &[], 0);
        refused(&"(".repeat(10_000), &[], DEEPEST);
        refused(&"-".repeat(10_000), &[], DEEPEST);
    }

    fn answer(formula: &str, inputs: Json, result: Json) -> Json {
        json!({
            "steps": [{
                "rule": "late-fee.fee",
                "law": {"instrument": "cz-2023-10", "article": "33", "label": "财综〔2023〕10号 第三十三条"},
                "formula": formula, "inputs": inputs, "result": result, "rate_version": "late-fee/2023-05-01"
            }],
            "rate_versions": [{"id": "late-fee/2023-05-01"}]
        })
    }

    #[test]
    fn an_answer_that_explains_itself_gives_no_complaint() {
        let fee = answer(
            "min(base, round2(base * 0.002 * late_days))",
            json!({"base": "100.00", "late_days": "20"}),
            json!("4.00"),
        );
        assert_eq!(check_answer(&fee), Vec::<String>::new());
        let parts = answer("allocate(amount, [40, 60])", json!({"amount": "0.01"}), json!(["0.00", "0.01"]));
        assert_eq!(check_answer(&parts), Vec::<String>::new());
        let date = answer("add_days(notice, 30)", json!({"notice": "2024-01-31"}), json!("2024-03-01"));
        assert_eq!(check_answer(&date), Vec::<String>::new());
    }

    #[test]
    fn every_disagreement_is_a_complaint() {
        let complains = |answer: &Json, about: &str| {
            let complaints = check_answer(answer);
            assert!(complaints.iter().any(|complaint| complaint.contains(about)), "{about}: {complaints:?}");
        };
        complains(&answer("a + 1", json!({"a": "1"}), json!("3")), "gives 2");
        complains(&answer("a + 1", json!({"a": "1", "b": "2"}), json!("2")), "does not use its input b");
        complains(&answer("a + b", json!({"a": "1"}), json!("2")), "b is not an input");
        complains(&answer("a", json!({"a": 1}), json!("1")), "is not a string");
        complains(&answer("a", json!({"a": "1"}), json!(1)), "neither a string");
        complains(&answer("A", json!({"A": "1"}), json!("1")), "not a name");
        complains(&answer("allocate(a, [1, 1])", json!({"a": "0.01"}), json!(["0.00", "0.01"])), "gives");
        complains(&json!({"steps": []}), "no steps");
        complains(&json!({}), "not a list");
        let mut other = answer("a", json!({"a": "1"}), json!("1"));
        other["rate_versions"] = json!([]);
        complains(&other, "not among rate_versions");
        other["steps"][0]["law"]["label"] = json!("");
        complains(&other, "law/label");
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(20_230_501),
            failure_persistence: None,
            ..ProptestConfig::with_cases(5_000)
        })]

        #[test]
        fn any_text_is_answered_without_a_panic(text in r"[a-z0-9_+*/()\[\],. -]{0,40}", other in any::<String>()) {
            let names = inputs(&[("a", "1"), ("d", "2024-01-01"), ("l", "[1, 2]")]);
            let _ = evaluate(&text, &names);
            let _ = evaluate(&other, &names);
        }

        #[test]
        fn the_calendar_agrees_with_another_one(from in 1_i64..3_652_059, count in -5_000_i64..5_000) {
            let date = Date::from_number(from).unwrap();
            prop_assert_eq!(date.number(), from);
            let other = chrono::NaiveDate::from_num_days_from_ce_opt(i32::try_from(from).unwrap()).unwrap();
            prop_assert_eq!(date.to_string(), other.to_string());
            let moved = other + chrono::TimeDelta::days(count);
            let expected = (1..=9999).contains(&chrono::Datelike::year(&moved)).then(|| moved.to_string());
            prop_assert_eq!(date.add_days(count).map(|date| date.to_string()), expected);
        }
    }
}
