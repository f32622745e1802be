//! How a figure came about: steps that a program can evaluate again, the data versions they used, and warnings.

use std::borrow::Cow;
use std::fmt;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::digits::{Digits, Iso, Plain};
use super::error::Text;
use super::exact::Exact;
use super::law::Law;
use super::money::Yuan;
use super::rate_book::Version;

/// A value in a step, written the same way wherever it appears.
#[derive(Clone, Debug)]
pub enum Value {
    /// Money, with two decimals.
    Money(Yuan),
    /// A decimal as it stands.
    Number(Decimal),
    /// An exact product that is not money yet.
    Exact(Exact),
    /// A whole number.
    Integer(i64),
    /// A day, `YYYY-MM-DD`.
    Day(NaiveDate),
    /// The name of what was chosen.
    Name(&'static str),
    /// Several values in order.
    List(Vec<Value>),
}

impl Value {
    /// The digits of a number, an amount or a day; `None` for what has others or none.
    pub fn digits(&self) -> Option<Digits> {
        match self {
            Value::Money(yuan) => Some(yuan.digits()),
            Value::Number(number) => Plain(*number).digits(),
            Value::Exact(exact) => exact.digits(),
            Value::Day(day) => Iso(*day).digits(),
            Value::Integer(integer) => Some(Digits::of_integer(*integer)),
            Value::Name(_) | Value::List(_) => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Money(yuan) => yuan.fmt(f),
            Value::Number(number) => Plain(*number).fmt(f),
            Value::Exact(exact) => exact.fmt(f),
            Value::Integer(integer) => integer.fmt(f),
            Value::Day(day) => Iso(*day).fmt(f),
            Value::Name(name) => f.write_str(name),
            Value::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    value.fmt(f)?;
                }
                f.write_str("]")
            }
        }
    }
}

impl From<Yuan> for Value {
    fn from(value: Yuan) -> Value {
        Value::Money(value)
    }
}

impl From<Decimal> for Value {
    fn from(value: Decimal) -> Value {
        Value::Number(value)
    }
}

impl From<Exact> for Value {
    fn from(value: Exact) -> Value {
        Value::Exact(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Integer(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Value {
        Value::Integer(i64::from(value))
    }
}

impl From<NaiveDate> for Value {
    fn from(value: NaiveDate) -> Value {
        Value::Day(value)
    }
}

impl From<&'static str> for Value {
    fn from(value: &'static str) -> Value {
        Value::Name(value)
    }
}

impl From<&[Yuan]> for Value {
    fn from(values: &[Yuan]) -> Value {
        Value::List(values.iter().copied().map(Value::Money).collect())
    }
}

/// A named value that a formula uses.
#[derive(Clone, Debug)]
pub struct Input {
    /// The name in the formula.
    pub name: Cow<'static, str>,
    /// Its value.
    pub value: Value,
}

/// The inputs of a sum with its formula: `sum(income_1, income_2)`.
pub fn summands(name: &str, values: impl Iterator<Item = Value>) -> (Vec<Input>, String) {
    let mut formula = String::with_capacity(64);
    let mut inputs = Vec::with_capacity(values.size_hint().0);
    formula.push_str("sum(");
    for (number, value) in (1_u64..).zip(values) {
        if number > 1 {
            formula.push_str(", ");
        }
        let start = formula.len();
        formula.push_str(name);
        formula.push('_');
        formula.push_str(Digits::of_number(false, number, 0).as_str());
        let own = formula.get(start..).unwrap_or_default().to_owned();
        inputs.push(Input { name: own.into(), value });
    }
    formula.push(')');
    (inputs, formula)
}

/// The inputs of a step: `inputs!["principal" => principal, "rate" => rate]`.
#[macro_export]
macro_rules! inputs {
    ($($name:expr => $value:expr),* $(,)?) => {
        vec![$($crate::domain::explain::Input {
            name: ::std::borrow::Cow::from($name),
            value: $crate::domain::explain::Value::from($value),
        }),*]
    };
}

/// A rule of the decision table with the answer to its conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracedRule {
    /// `G1` to `T13`.
    pub rule: &'static str,
    /// The article.
    pub law: Law<'static>,
    /// What it asks for.
    pub conditions: Vec<Text>,
    /// Which of that does not hold; nothing when the rule applies.
    pub failed: Vec<Text>,
    /// Whether it is told without being asked for: it applies, or came nearest where none does.
    pub told: bool,
}

/// One step of a calculation.
#[derive(Clone, Debug)]
pub struct Step<'b> {
    /// Stable id of the rule: `late-fee.fee`.
    pub rule: &'static str,
    /// The article that the step applies.
    pub law: Law<'b>,
    /// An expression over the names of the inputs; evaluating it gives the result.
    pub formula: Cow<'static, str>,
    /// The values of the names.
    pub inputs: Vec<Input>,
    /// What the formula gives.
    pub result: Value,
    /// How the result was rounded, if it was.
    pub rounding: Option<&'static str>,
    /// The data file behind the parameters, if one is.
    pub version: Option<&'b Version>,
}

/// A run of steps that belong together: those of one scenario, or of one year of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Position of its first step; it ends where the next group begins.
    pub first_step: usize,
    /// The name of the scenario.
    pub scenario: String,
    /// The calendar year; none for what concerns the scenario as a whole.
    pub year: Option<i32>,
}

/// The kinds of warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WarningCode {
    /// A figure rests on a parameter that was not read in the text of the instrument.
    Provenance,
    /// The law is silent and a recorded reading was used.
    Reading,
    /// The catalogue names no levy object for the mineral.
    NotStatedLevyObject,
    /// The reserve price is below the starting price.
    ReserveBelowStarting,
    /// A bound was violated and the request asked not to refuse it.
    BoundViolated,
    /// Something that the request left open was taken as said.
    Assumed,
    /// A field of the request has no part in the result.
    NotUsed,
    /// The rate of the contract differs from the catalogue.
    ContractRateDiffers,
    /// No scheme divides the local part: it stays whole.
    LocalPartUndivided,
    /// A table is older than its time of renewal.
    Outdated,
    /// More was mined than was paid for.
    MinedWithoutPayment,
    /// A tender closed below its floor.
    TenderBelowFloor,
    /// Instalments are not equal.
    UnequalInstalments,
    /// A figure is an estimate rounded to a stated number of decimals, not an amount that is due.
    Approximation,
}

impl WarningCode {
    /// All of them, as the OpenAPI document lists them.
    pub const ALL: [WarningCode; 14] = [
        WarningCode::Provenance,
        WarningCode::Reading,
        WarningCode::NotStatedLevyObject,
        WarningCode::ReserveBelowStarting,
        WarningCode::BoundViolated,
        WarningCode::Assumed,
        WarningCode::NotUsed,
        WarningCode::ContractRateDiffers,
        WarningCode::LocalPartUndivided,
        WarningCode::Outdated,
        WarningCode::MinedWithoutPayment,
        WarningCode::TenderBelowFloor,
        WarningCode::UnequalInstalments,
        WarningCode::Approximation,
    ];

    /// The stable code of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            WarningCode::Provenance => "provenance",
            WarningCode::Reading => "reading",
            WarningCode::NotStatedLevyObject => "not_stated_levy_object",
            WarningCode::ReserveBelowStarting => "reserve_below_starting",
            WarningCode::BoundViolated => "bound_violated",
            WarningCode::Assumed => "assumed",
            WarningCode::NotUsed => "not_used",
            WarningCode::ContractRateDiffers => "contract_rate_differs",
            WarningCode::LocalPartUndivided => "local_part_undivided",
            WarningCode::Outdated => "outdated",
            WarningCode::MinedWithoutPayment => "mined_without_payment",
            WarningCode::TenderBelowFloor => "tender_below_floor",
            WarningCode::UnequalInstalments => "unequal_instalments",
            WarningCode::Approximation => "approximation",
        }
    }
}

/// Something that the reader of a result has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning<'b> {
    /// Its kind.
    pub code: WarningCode,
    /// What it says.
    pub message: Text,
    /// The article behind it.
    pub law: Option<Law<'b>>,
}

/// A result with everything that explains it.
#[derive(Clone, Debug)]
pub struct Answer<'b, T> {
    /// The result.
    pub result: T,
    /// The steps in the order of the calculation; empty when none were asked for.
    pub steps: Vec<Step<'b>>,
    /// How the steps are grouped, in their order; empty where a calculation has no groups.
    pub groups: Vec<Group>,
    /// Every data file used, in the order of use.
    pub versions: Vec<&'b Version>,
    /// Warnings, each once.
    pub warnings: Vec<Warning<'b>>,
}

impl<'b, T> Answer<'b, T> {
    /// The steps in order, each with the group that it belongs to.
    pub fn grouped_steps(&self) -> impl Iterator<Item = (&Step<'b>, Option<&Group>)> {
        let mut groups = self.groups.iter().peekable();
        let mut current = None;
        self.steps.iter().enumerate().map(move |(at, step)| {
            while let Some(next) = groups.next_if(|group| group.first_step <= at) {
                current = Some(next);
            }
            (step, current)
        })
    }
}
