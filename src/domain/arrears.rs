//! Arrears of old rights (欠缴清算): 财综〔2023〕10号 art. 29(2). Sales from 2017-07-01 to 2023-04-30 at the rates of the 2023
//! catalogue, in one sum or in six equal annual parts.

use chrono::NaiveDate;

use super::allocate::allocate_equally;
use super::annual_income::{LineIncome, fixed_rate, levy, total};
use super::catalogue::Levy;
use super::context::Context;
use super::dates::{Period, add_years};
use super::due_date::{self, HolidayShift};
use super::error::{At, Code, Text};
use super::explain::{Step, Value, WarningCode};
use super::law::measures;
use super::money::Yuan;
use super::quantity::Celsius;
use super::rate_book::{ArrearsRule, Version};
use super::sales::{self, Levied, Line, Numbers, SaleTime, Sold};
use crate::{inputs, text};

/// How the arrears are paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// 一次性.
    LumpSum,
    /// 平均分六年.
    SixYears,
}

/// The unpaid sales of an old right.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// The sales, each with its day or its period.
    pub lines: Vec<Line<'r>>,
    /// One sum or six years.
    pub plan: Plan,
    /// Due date of the first part.
    pub first_due_on: Option<NaiveDate>,
    /// Whether due dates move off days off.
    pub holiday_shift: HolidayShift,
}

/// One part of the arrears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// From 1.
    pub number: u32,
    /// How much.
    pub amount: Yuan,
    /// The last day for it.
    pub due_date: Option<NaiveDate>,
}

/// The arrears.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The sum of the lines.
    pub income: Yuan,
    /// The lines in the order of the request.
    pub lines: Vec<LineIncome>,
    /// One part or six.
    pub instalments: Vec<Part>,
}

/// Unpaid sales × rate of the 2023 catalogue (art. 29(2)).
pub fn arrears<'b>(request: &Request<'_>, context: &mut Context<'b>) -> Option<Outcome> {
    let book = context.book();
    let list = At::ROOT.field("lines");
    // The rule has no date of its own in the request: it is the one of the measures, and so is its catalogue.
    let rule = book.arrears.entries().first()?;
    let version: &'b Version = &rule.version;
    context.uses(version);
    let (income, lines) = unpaid_income(list, &request.lines, context)?;
    let parts = *context.rests_on(&rule.value.parts);
    let amounts = match request.plan {
        Plan::LumpSum => vec![income],
        Plan::SixYears => {
            let amounts = allocate_equally(income, parts as usize).ok()?;
            context.step(|| Step {
                rule: "arrears.parts",
                law: rule.value.parts.law(),
                formula: format!("allocate(income, [{}])", vec!["1"; parts as usize].join(", ")).into(),
                inputs: inputs!["income" => income],
                result: Value::from(amounts.as_slice()),
                rounding: Some("largest_remainder_fen"),
                version: Some(version),
            });
            amounts
        }
    };
    let instalments: Vec<Option<Part>> = (1..)
        .zip(amounts)
        .map(|(number, amount)| {
            Some(Part { number, amount, due_date: due_date_of(request, number, version, context)? })
        })
        .collect();
    Some(Outcome { income, lines, instalments: instalments.into_iter().collect::<Option<_>>()? })
}

/// The sum of the unpaid sales × the rate of the 2023 catalogue, and its lines. `list` is where the request has them.
pub(super) fn unpaid_income<'b>(
    list: At<'_>,
    lines: &[Line<'_>],
    context: &mut Context<'b>,
) -> Option<(Yuan, Vec<LineIncome>)> {
    let rule = context.book().arrears.entries().first()?;
    context.uses(&rule.version);
    if lines.is_empty() {
        context.invalid(list, Text::fixed("至少应有一行销售收入", "give at least one line"), Some(measures("29(2)")));
        return None;
    }
    let lines: Vec<Option<LineIncome>> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| line_income(list.item(index), (index, line), &rule.value, context))
        .collect();
    let lines: Vec<LineIncome> = lines.into_iter().collect::<Option<_>>()?;
    Some((total(list, &lines, context)?, lines))
}

/// Part `k` is due `first_due_on + (k − 1)` years. The outer `None` is a fault.
fn due_date_of<'b>(
    request: &Request<'_>,
    number: u32,
    version: &'b Version,
    context: &mut Context<'b>,
) -> Option<Option<NaiveDate>> {
    let Some(first) = request.first_due_on else { return Some(None) };
    let at = At::ROOT.field("first_due_on");
    let due = due_date::within_calendar(at, add_years(first, number - 1), context)?;
    context.step(|| Step {
        rule: "arrears.due-date",
        law: measures("29(2)"),
        formula: "add_years(first_due_on, years_later)".into(),
        inputs: inputs!["first_due_on" => first, "years_later" => number - 1],
        result: due.into(),
        rounding: None,
        version: Some(version),
    });
    due_date::shifted(due, request.holiday_shift, context).map(Some)
}

fn line_income<'b>(
    at: At<'_>,
    (index, line): (usize, &Line<'_>),
    rule: &'b ArrearsRule,
    context: &mut Context<'b>,
) -> Option<LineIncome> {
    let book = context.book();
    sales::check_line(at, line, context);
    if line.rate_basis.is_some() {
        context.warn(
            WarningCode::NotUsed,
            Text::fixed(
                "欠缴按 2023 年矿种目录的收益率计算，rate_basis 没有用到",
                "arrears are at the rates of the 2023 catalogue: rate_basis has no part in the result",
            ),
            Some(measures("29(2)")),
        );
    }
    let reduction = line.reduction.map(|reduction| reduction.read(at.field("reduction"), context));
    let numbers = Numbers::read(at, line, context);
    let day = *context.rests_on(&rule.catalogue_of);
    let mineral = context.mineral_on(at.field("mineral"), line.mineral, day);
    let temperature = context.optional_quantity(at.field("temperature_c"), line.temperature_c, Celsius::new);
    let time = sale_time(at, line, rule, context);
    // The catalogue is the same whenever the sales were: a faulty day hides nothing else.
    let all_of_it = || Period::new(rule.window_from.value, rule.window_to.value).ok().map(SaleTime::Faulty);
    let (mineral, time) = (mineral?, time.or_else(all_of_it)?);
    let subject = Text::fixed("矿种目录", "the catalogue");
    let catalogue = context.in_force(at, &book.catalogue, day, subject)?;
    let row = match context.levy(at.field("mineral"), &catalogue.value, mineral)? {
        Levy::ByRate(row) => row,
        Levy::ByAmount => {
            context.fault(
                at.field("mineral"),
                Code::LevyMethodMismatch,
                Text::fixed(
                    "目录外矿种按出让金额形式征收（第二十九条第（四）项），不按销售收入清算",
                    "a mineral outside the catalogue is levied by amount (art. 29(4)), not on its sales",
                ),
                Some(measures("29(4)")),
            );
            return None;
        }
    };
    let rate = fixed_rate(at, line, row, row.rate(line.place, temperature), &catalogue.version, context);
    let levied = Levied { sold: Sold { mineral, time, division: None, number: index + 1 }, row };
    let revenue = sales::levy_revenue(at, (line, &numbers), &levied, context);
    let reduction = match reduction {
        Some(percent) => Some(percent?),
        None => None,
    };
    levy(at, mineral, (revenue?, rate?, reduction), context)
}

/// The day or the period of the sales, inside the span that article 29(2) clears.
fn sale_time(at: At<'_>, line: &Line<'_>, rule: &ArrearsRule, context: &mut Context<'_>) -> Option<SaleTime> {
    let (day_at, period_at) = (at.field("sold_on"), at.field("period"));
    let law = Some(measures("29(2)"));
    let (first, last) = (rule.window_from.value, rule.window_to.value);
    let outside = || text!("欠缴清算的销售期间为 {first} 至 {last}", "arrears are of sales from {first} to {last}");
    match (line.sold_on, line.period) {
        (Some(_), Some(_)) => {
            context.invalid(
                period_at,
                Text::fixed("sold_on 与 period 只能填一项", "give either sold_on or period, not both"),
                law,
            );
            None
        }
        (None, None) => {
            context.fault(
                day_at,
                Code::ConditionMissing,
                Text::fixed("请填写销售日期 sold_on 或期间 period", "give the day of sale, sold_on, or the period"),
                law,
            );
            None
        }
        (Some(day), None) if first <= day && day <= last => Some(SaleTime::On(day)),
        (Some(_), None) => {
            context.invalid(day_at, outside(), law);
            None
        }
        (None, Some((from, to))) => {
            let Ok(period) = Period::new(from, to) else {
                context.invalid(
                    period_at.field("to"),
                    Text::fixed("期间的最后一日早于第一日", "the last day of the period is before its first"),
                    law,
                );
                return None;
            };
            let mut inside = true;
            for (name, day) in [("from", from), ("to", to)] {
                if day < first || last < day {
                    context.invalid(period_at.field(name), outside(), law.clone());
                    inside = false;
                }
            }
            inside.then_some(SaleTime::Within(period))
        }
    }
}
