//! Fund-occupation charge (资金占用费) on instalments agreed before 财综〔2017〕35号 was issued (财综〔2023〕10号 art. 28).

use chrono::NaiveDate;

use super::context::{Context, Sign};
use super::dates::days;
use super::error::{At, Text};
use super::exact::Exact;
use super::explain::{Step, Value, summands};
use super::law::measures;
use super::money::Yuan;
use super::quantity::{Number, Percent};
use super::rounding::to_fen;
use crate::inputs;

/// How many days the year of the annual rate has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayCount {
    /// 365 days.
    Days365,
    /// 360 days.
    Days360,
}

impl DayCount {
    /// The number.
    pub fn days(self) -> i64 {
        match self {
            DayCount::Days365 => 365,
            DayCount::Days360 => 360,
        }
    }
}

/// A span with one outstanding sum and one rate. The day `to` is not counted: `days = to − from`.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// First day counted.
    pub from: NaiveDate,
    /// First day no longer counted.
    pub to: NaiveDate,
    /// The sum not yet paid.
    pub outstanding: Number,
    /// Annual rate in percent.
    pub annual_percent: Number,
}

/// The charge over several periods.
#[derive(Clone, Debug)]
pub struct Request {
    /// Basis of the annual rate.
    pub day_count: DayCount,
    /// The periods.
    pub periods: Vec<Period>,
}

/// The charge.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The sum over the periods.
    pub charge: Yuan,
    /// Days and charge of each period.
    pub periods: Vec<(i64, Yuan)>,
}

/// `Σ round(outstanding × annual rate × days / basis)` (art. 28).
pub fn fund_occupation_charge(request: &Request, context: &mut Context<'_>) -> Option<Outcome> {
    let list = At::ROOT.field("periods");
    if request.periods.is_empty() {
        context.invalid(list, Text::fixed("至少应有一个计费期间", "give at least one period"), Some(measures("28")));
        return None;
    }
    let charges: Vec<Option<(i64, Yuan)>> = request
        .periods
        .iter()
        .enumerate()
        .map(|(index, period)| charge(list.item(index), index + 1, period, request.day_count, context))
        .collect();
    let periods: Vec<(i64, Yuan)> = charges.into_iter().collect::<Option<_>>()?;
    let total = context.computed(list, Yuan::sum(periods.iter().map(|(_, charge)| *charge)))?;
    context.step(|| {
        let (inputs, formula) = summands("charge", periods.iter().map(|(_, charge)| (*charge).into()));
        Step {
            rule: "fund-occupation-charge.total",
            law: measures("28"),
            formula: formula.into(),
            result: Value::from(total),
            rounding: None,
            version: None,
            inputs,
        }
    });
    Some(Outcome { charge: total, periods })
}

fn charge(
    at: At<'_>,
    number: usize,
    period: &Period,
    day_count: DayCount,
    context: &mut Context<'_>,
) -> Option<(i64, Yuan)> {
    let outstanding = context.money(at.field("outstanding"), period.outstanding, Sign::Positive);
    let percent = context.quantity(at.field("annual_percent"), period.annual_percent, Percent::new);
    let count = days(period.from, period.to);
    if count <= 0 {
        context.invalid(
            at.field("to"),
            Text::fixed(
                "期间的终止日应晚于起始日（终止日不计）",
                "`to` must be after `from`; the day `to` is not counted",
            ),
            Some(measures("28")),
        );
        return None;
    }
    let (outstanding, percent) = (outstanding?, percent?);
    context.rests_on_caller(&format!("periods[{}].annual_percent", number - 1));
    let exact = Exact::from(outstanding).times(percent.fraction()).times(count).divided_by(day_count.days())?;
    let charge = context.computed(at.field("outstanding"), to_fen(&exact))?;
    context.step(|| Step {
        rule: "fund-occupation-charge.days",
        law: measures("28"),
        formula: "days(from, to)".into(),
        inputs: inputs!["from" => period.from, "to" => period.to],
        result: count.into(),
        rounding: None,
        version: None,
    });
    context.step(|| Step {
        rule: "fund-occupation-charge.period",
        law: measures("28"),
        formula: "round2(outstanding * annual_percent / 100 * day_number / day_count)".into(),
        inputs: inputs![
            "outstanding" => outstanding,
            "annual_percent" => percent.value(),
            "day_number" => count,
            "day_count" => day_count.days(),
        ],
        result: charge.into(),
        rounding: Some("half_up_fen"),
        version: None,
    });
    Some((count, charge))
}
