//! The present value of a year's payments: 财综〔2023〕10号 knows none, the method is a reading (`docs/interpretations` 047). The one place of the service where a figure is an approximation.
//!
//! `present value = payments ÷ (1 + rate)^(year of payment − base year)`: whole calendar years, an integer power taken
//! exactly, the quotient rounded once, half up, to ten decimals of a yuan; a total is the sum of the years.

use std::fmt;

use rust_decimal::Decimal;

use super::super::context::Context;
use super::super::error::{At, Text};
use super::super::exact::Exact;
use super::super::explain::{Step, Value};
use super::super::money::Yuan;
use super::super::quantity::{Number, Percent};
use super::super::rounding::to_decimals;
use super::PRESENT_VALUE;
use super::forecast::factor;
use crate::{inputs, text};

/// Decimals of a present value.
pub(super) const DECIMALS: u32 = 10;

/// How present values were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// The year that payments are discounted to.
    pub base_year: i32,
    /// Decimals of a yuan.
    pub decimals: u32,
}

/// A present value in yuan, with ten decimals: an estimate, never an amount that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresentValue(Decimal);

impl PresentValue {
    /// Of no payments.
    pub const ZERO: PresentValue = PresentValue(Decimal::ZERO);

    /// The sum; both are below 10^17 yuan, so no digit is lost.
    #[must_use]
    pub fn plus(self, other: PresentValue) -> PresentValue {
        PresentValue(self.0 + other.0)
    }

    /// The difference.
    #[must_use]
    pub fn minus(self, other: PresentValue) -> PresentValue {
        PresentValue(self.0 - other.0)
    }
}

impl fmt::Display for PresentValue {
    /// Always ten decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0;
        // A zero may have fewer; any other value has ten already.
        if shown.is_zero() {
            shown = Decimal::new(0, DECIMALS);
        }
        shown.fmt(f)
    }
}

impl From<PresentValue> for Value {
    fn from(value: PresentValue) -> Value {
        Value::Number(value.0)
    }
}

/// A discount rate on its way through the years.
#[derive(Clone, Debug)]
pub(super) struct Discount {
    percent: Percent,
    year: i32,
    /// `(1 + rate)^(year − base year)`.
    accumulation: Exact,
}

impl Discount {
    /// The rate out of the request: zero or more, at most one hundred percent.
    pub(super) fn read(number: Number, base_year: i32, context: &mut Context<'_>) -> Option<Discount> {
        let at = At::ROOT.field("discount_percent");
        let percent = context.quantity(at, number, Percent::new)?;
        if percent.value() > Decimal::ONE_HUNDRED {
            context.invalid(at, Text::fixed("不应大于 100", "must not be above 100"), Some(PRESENT_VALUE));
            return None;
        }
        Some(Discount { percent, year: base_year, accumulation: Exact::from(1) })
    }

    /// The present value of what is paid in a year; the years are asked for in order, none before the base year.
    pub(super) fn of(&mut self, year: i32, paid: Yuan, context: &mut Context<'_>) -> Option<PresentValue> {
        if year < self.year {
            let base_year = self.year;
            context.invalid(
                At::ROOT.field("present_value_year"),
                text!(
                    "{year} 年已有缴款，早于现值基准年 {base_year}",
                    "there is a payment in {year}, before the year of the present value, {base_year}"
                ),
                Some(PRESENT_VALUE),
            );
            return None;
        }
        while self.year < year {
            self.next(context);
        }
        if paid.is_zero() {
            return Some(PresentValue::ZERO);
        }
        let exact = Exact::from(paid).divided_by(&self.accumulation)?;
        let value = to_decimals(&exact, DECIMALS)?;
        context.step(|| Step {
            rule: "projection.present-value",
            law: PRESENT_VALUE,
            formula: "round_unit(payments / accumulation, unit, half_up)".into(),
            inputs: inputs![
                "payments" => paid,
                "accumulation" => self.accumulation.clone(),
                "unit" => Decimal::new(1, DECIMALS),
            ],
            result: value.into(),
            rounding: Some("half_up_10_decimals"),
            version: None,
        });
        Some(PresentValue(value))
    }

    fn next(&mut self, context: &mut Context<'_>) {
        let before = self.accumulation.clone();
        self.accumulation = before.times(factor(self.percent.value()));
        self.year += 1;
        context.step(|| Step {
            rule: "projection.accumulation",
            law: PRESENT_VALUE,
            formula: "previous * (1 + discount_percent / 100)".into(),
            inputs: inputs!["previous" => before, "discount_percent" => self.percent.value()],
            result: self.accumulation.clone().into(),
            rounding: None,
            version: None,
        });
    }
}
