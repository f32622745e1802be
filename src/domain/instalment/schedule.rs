//! The amounts of a plan and their due dates (art. 12).

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::plan::{Checked, violated};
use super::term::Term;
use super::{Plan, Request, TermStart};
use crate::domain::allocate::{allocate, allocate_equally};
use crate::domain::context::Context;
use crate::domain::dates::{add_days, add_years};
use crate::domain::due_date;
use crate::domain::error::{At, Code, Text};
use crate::domain::explain::{Input, Step, Value, WarningCode};
use crate::domain::law::measures;
use crate::domain::money::Yuan;
use crate::domain::quantity::Percent;
use crate::{inputs, text};

/// First payment and annual amounts; they add up to the total.
pub(super) fn amounts(
    total: Yuan,
    plan: &Checked,
    years: Option<u32>,
    context: &mut Context<'_>,
) -> Option<(Yuan, Vec<Yuan>)> {
    match plan {
        Checked::LumpSum => {
            context.step(|| Step {
                rule: "instalments.lump-sum",
                law: measures("12"),
                formula: "total".into(),
                inputs: inputs!["total" => total],
                result: total.into(),
                rounding: None,
                version: None,
            });
            Some((total, Vec::new()))
        }
        Checked::FirstPayment(percent, _) => {
            let (percent, years) = ((*percent)?, years?);
            let (first, rest) = first_and_rest(total, percent, context)?;
            let parts = allocate_equally(rest, years as usize).ok()?;
            context.step(|| Step {
                rule: "instalments.annual",
                law: measures("12"),
                formula: format!("allocate(rest, [{}])", vec!["1"; years as usize].join(", ")).into(),
                inputs: inputs!["rest" => rest],
                result: Value::from(parts.as_slice()),
                rounding: Some("largest_remainder_fen"),
                version: None,
            });
            Some((first, parts))
        }
        Checked::Percentages { all, .. } => {
            let parts = by_percentages(total, all.as_deref()?, context)?;
            let (first, rest) = parts.split_first()?;
            Some((*first, rest.to_vec()))
        }
    }
}

pub(super) fn first_and_rest(total: Yuan, percent: Percent, context: &mut Context<'_>) -> Option<(Yuan, Yuan)> {
    let other = Decimal::ONE_HUNDRED - percent.value();
    let [first, rest] = allocate(total, &[percent.value(), other]).ok()?.try_into().ok()?;
    context.step(|| Step {
        rule: "instalments.first-payment",
        law: measures("12"),
        formula: "allocate(total, [first_payment_percent, 100 - first_payment_percent])".into(),
        inputs: inputs!["total" => total, "first_payment_percent" => percent.value()],
        result: Value::from(&[first, rest][..]),
        rounding: Some("largest_remainder_fen"),
        version: None,
    });
    Some((first, rest))
}

pub(super) fn by_percentages(total: Yuan, percents: &[Decimal], context: &mut Context<'_>) -> Option<Vec<Yuan>> {
    let parts = allocate(total, percents).ok()?;
    context.step(|| {
        let mut inputs = inputs!["total" => total];
        let mut names = Vec::with_capacity(percents.len());
        for (number, percent) in (1..).zip(percents) {
            let name = format!("percent_{number}");
            names.push(name.clone());
            inputs.push(Input { name: name.into(), value: (*percent).into() });
        }
        Step {
            rule: "instalments.percentages",
            law: measures("12"),
            formula: format!("allocate(total, [{}])", names.join(", ")).into(),
            inputs,
            result: Value::from(parts.as_slice()),
            rounding: Some("largest_remainder_fen"),
            version: None,
        }
    });
    let first_payment = *parts.first()?;
    context.step(|| Step {
        rule: "instalments.remainder",
        law: measures("12"),
        formula: "total - first_payment".into(),
        inputs: inputs!["total" => total, "first_payment" => first_payment],
        result: total.less_at_most(first_payment).into(),
        rounding: None,
        version: None,
    });
    Some(parts)
}

/// The due dates of the annual instalments; one after the licence is a violated bound.
pub(super) fn due_dates(
    request: &Request<'_>,
    term: Term,
    count: u32,
    context: &mut Context<'_>,
) -> Option<Vec<Option<NaiveDate>>> {
    let plan_at = At::ROOT.field("plan");
    let at = if matches!(request.plan, Plan::Percentages(_)) {
        plan_at.field("percentages")
    } else {
        plan_at.field("years")
    };
    let mut due_dates: Vec<Option<Option<NaiveDate>>> = Vec::new();
    let mut late: Option<u32> = None;
    for number in 1..=count {
        let computed = due_date_of(request, term, number, context);
        let is_late = match (computed, term) {
            (Some(Some((due, end))), _) if due > end => true,
            (_, Term::Years(years)) => Decimal::from(number) > years.value(),
            _ => false,
        };
        if is_late {
            late = late.or(Some(number));
        }
        // The bound is that of the date itself: a day off moves only the payment.
        due_dates.push(match computed {
            Some(Some((due, _))) => due_date::shifted(due, request.holiday_shift, context).map(Some),
            Some(None) => Some(None),
            None => None,
        });
        if computed.is_none() {
            break;
        }
    }
    if let Some(number) = late {
        let detail =
            text!("第 {number} 期晚于采矿许可证有效期", "instalment {number} falls after the end of the licence");
        violated(request, at, (Code::InstalmentAfterLicence, detail, measures("12")), context);
    }
    due_dates.into_iter().collect()
}

/// The due date of an annual instalment and the last day that it may have. The outer `None` is a fault.
fn due_date_of(
    request: &Request<'_>,
    term: Term,
    number: u32,
    context: &mut Context<'_>,
) -> Option<Option<(NaiveDate, NaiveDate)>> {
    let first_at = At::ROOT.field("first_annual_due_on");
    let (from, years, at) = match (request.first_annual_due_on, term, request.term_start) {
        (Some(first), _, _) => (first, number - 1, first_at),
        (None, Term::Dates(period), _) => (period.from(), number, At::ROOT.field("licence")),
        (None, Term::Years(_), TermStart::Signing) => (request.signed_on, number, At::ROOT.field("signed_on")),
        (None, Term::Years(_), TermStart::Licence) => return Some(None),
    };
    let computed = due_date::within_calendar(at, add_years(from, years), context)?;
    context.step(|| Step {
        rule: "instalments.due-date",
        law: measures("12"),
        formula: "add_years(from, years)".into(),
        inputs: inputs!["from" => from, "years" => years],
        result: computed.into(),
        rounding: None,
        version: None,
    });
    let Term::Dates(period) = term else { return Some(Some((computed, NaiveDate::MAX))) };
    let end = period.to();
    if Some(computed) == add_days(end, 1) {
        context.warn(
            WarningCode::Reading,
            Text::fixed(
                "到期日恰为许可证有效期届满次日的，以届满日为到期日",
                "a date on the day after the licence ends is due on its last day",
            ),
            Some(measures("12")),
        );
        context.step(|| Step {
            rule: "instalments.last-day",
            law: measures("12"),
            formula: "licence_to".into(),
            inputs: inputs!["licence_to" => end],
            result: end.into(),
            rounding: None,
            version: None,
        });
        return Some(Some((end, end)));
    }
    Some(Some((computed, end)))
}
