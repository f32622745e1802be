//! Projection (测算): what a right costs over its whole life, year by year, before anybody bids for it.
//!
//! Composes the rules of the other topics (财综〔2023〕10号 arts 4, 8, 9, 11, 12, 24) and holds none of its own: the price part
//! is [`super::transfer_income`]'s, its instalments [`super::instalment`]'s, each year's income [`super::annual_income`]'s,
//! each share [`super::revenue_split`]'s. What no instrument lays down is a reading: in which year a payment counts
//! (`docs/interpretations` 045), how a forecast grows (046), how the present value is taken (047), which rules future years
//! have (048).

mod compare;
mod forecast;
mod grant;
mod present_value;
mod scenario;
mod years;

use std::collections::HashSet;

use chrono::{Datelike, NaiveDate};

pub use self::compare::{Comparison, Figures};
pub use self::forecast::{Forecast, Series};
pub use self::grant::PaymentKind;
pub use self::present_value::{Method, PresentValue};
pub use self::scenario::Variant;
pub use self::years::{MineralTotal, Payment, Projected, SoldLine, SplitSums, Totals, YearRow};

use self::scenario::Scenario;
use super::context::Context;
use super::error::{At, Text};
use super::explain::WarningCode;
use super::instalment::{Licence, MineScale, Plan};
use super::law::{Law, reading};
use super::place::Place;
use super::quantity::Number;
use super::revenue_split::Location;
use super::start_price::Right;
use super::transfer_income::{Competition, StageCompleted, TransferMode};
use crate::text;

/// Most years from the first payment or sale to the last one.
pub const MOST_YEARS: i32 = 100;
/// Most forecasts of one scenario: minerals and products.
pub const MOST_FORECASTS: usize = 20;
/// Most scenarios beside the first one.
pub const MOST_VARIANTS: usize = 20;
/// Most years of forecasts over all scenarios: it bounds the length of the answer.
pub const MOST_LINES: usize = 4_000;
/// Longest name of a scenario, in characters.
const LONGEST_NAME: usize = 60;

/// In which year a payment counts.
const YEAR_OF_PAYMENT: Law<'static> = reading("record 045");
/// How a forecast grows, and the share of the sales.
const FORECAST: Law<'static> = reading("record 046");
/// How the present value is taken.
const PRESENT_VALUE: Law<'static> = reading("record 047");
/// Which rules future years have.
const FUTURE_RULES: Law<'static> = reading("record 048");

/// What decides on the price part, as the assessment's `values` name it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Values {
    /// The price that the competition finds: the bid.
    pub transaction_price: Option<Number>,
    /// The starting price.
    pub starting_price: Option<Number>,
    /// The appraised value.
    pub appraised_value: Option<Number>,
    /// The benchmark value.
    pub benchmark_value: Option<Number>,
    /// The reserve price.
    pub reserve_price: Option<Number>,
}

/// A right with its forecast, and the other scenarios that are compared with it.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// Name of the first scenario.
    pub name: Option<&'r str>,
    /// Exploration or mining right.
    pub right: Right,
    /// Competitive or by agreement.
    pub acquired: TransferMode,
    /// The transfer date.
    pub contract_signed_on: NaiveDate,
    /// Minerals of the right, the main one first.
    pub registered_minerals: Vec<&'r str>,
    /// What decides on the price part.
    pub values: Values,
    /// Whether state money went into the exploration.
    pub state_funded_exploration: Option<bool>,
    /// Highest stage of exploration that is complete.
    pub stage_completed: Option<StageCompleted>,
    /// Form of the competition.
    pub competition: Option<Competition>,
    /// The rate that the contract states.
    pub contract_rate_percent: Option<Number>,
    /// Land or sea, for the rate.
    pub place: Option<Place>,
    /// Temperature of geothermal water.
    pub temperature_c: Option<Number>,
    /// Division whose tables count.
    pub province: Option<&'r str>,
    /// Where the income belongs; without it nothing is split.
    pub location: Option<Location<'r>>,
    /// Where the annual part belongs, if not there: the place of the platform (art. 6).
    pub annual_location: Option<Location<'r>>,
    /// Scale of the mine, for instalments.
    pub mine_scale: Option<MineScale>,
    /// The mining licence; for an exploration right the one expected after the conversion.
    pub licence: Option<Licence>,
    /// How the divisible price is paid; one sum if left out.
    pub plan: Option<Plan>,
    /// The day the payment notice is received.
    pub notice_received_on: Option<NaiveDate>,
    /// Due date of the first annual instalment.
    pub first_annual_due_on: Option<NaiveDate>,
    /// The sales forecast.
    pub sales: Vec<Forecast<'r>>,
    /// Discount rate in percent a year; without it no present value.
    pub discount_percent: Option<Number>,
    /// The year that payments are discounted to; the year of the first scenario's contract if left out.
    pub present_value_year: Option<i64>,
    /// The other scenarios.
    pub scenarios: Vec<Variant<'r>>,
}

/// All scenarios, and the table that compares them.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scenarios in the order of the request, the first one from the request itself.
    pub scenarios: Vec<Projected>,
    /// Each scenario's figures and their difference from the first.
    pub comparison: Vec<Comparison>,
    /// How present values were taken, where there are any.
    pub present_value: Option<Method>,
}

/// The projection of every scenario, and their comparison.
pub fn projection(request: &Request<'_>, context: &mut Context<'_>) -> Option<Outcome> {
    let scenarios = scenario::all(request);
    // What is too long is not looked at any further.
    check_limits(request, &scenarios, context);
    if !context.is_sound() {
        return None;
    }
    check_names(&scenarios, context);
    let base_year = base_year(request, context);
    let mut projected = Vec::with_capacity(scenarios.len());
    for scenario in &scenarios {
        let done = context.part(
            |pointer| scenario.place(pointer),
            |context| years::project(scenario, base_year.unwrap_or_default(), context),
        );
        projected.push(done);
    }
    base_year?;
    let projected: Vec<Projected> = projected.into_iter().collect::<Option<_>>()?;
    let comparison = compare::compare(&projected, context)?;
    let present_value = present_value(&projected, base_year?, context);
    remark_future_rules(&projected, context);
    Some(Outcome { scenarios: projected, comparison, present_value })
}

fn check_names(scenarios: &[Scenario<'_, '_>], context: &mut Context<'_>) {
    let mut seen = HashSet::new();
    let list = At::ROOT.field("scenarios");
    for scenario in scenarios {
        let item = scenario.variant.map_or(At::ROOT, |index| list.item(index));
        let at = item.field("name");
        let length = scenario.name.chars().count();
        if scenario.name.trim().is_empty() || length > LONGEST_NAME {
            let detail = text!(
                "方案名称应为 1 至 {LONGEST_NAME} 个字符",
                "the name of a scenario has 1 to {LONGEST_NAME} characters"
            );
            context.invalid(at, detail, None);
        } else if !seen.insert(scenario.name) {
            context.invalid(at, Text::fixed("方案名称重复", "two scenarios have this name"), None);
        }
    }
}

fn check_limits(request: &Request<'_>, scenarios: &[Scenario<'_, '_>], context: &mut Context<'_>) {
    if request.scenarios.len() > MOST_VARIANTS {
        let detail =
            text!("方案最多 {MOST_VARIANTS} 个（不含基准）", "at most {MOST_VARIANTS} scenarios beside the first");
        context.invalid(At::ROOT.field("scenarios"), detail, None);
        return;
    }
    let mut lines = 0_usize;
    for scenario in scenarios {
        if scenario.sales.len() > MOST_FORECASTS {
            let list = At::ROOT.field("scenarios");
            let item = scenario.forecasts_of.map_or(At::ROOT, |index| list.item(index));
            let detail = text!("销售预测最多 {MOST_FORECASTS} 行", "at most {MOST_FORECASTS} forecasts");
            context.invalid(item.field("sales"), detail, None);
        }
        lines = scenario.sales.iter().fold(lines, |sum, forecast| sum.saturating_add(forecast.length()));
    }
    if lines > MOST_LINES {
        let detail = text!(
            "各方案的销售预测合计 {lines} 行年，最多 {MOST_LINES}",
            "the forecasts of all scenarios have {lines} years in all; at most {MOST_LINES}"
        );
        context.invalid(At::ROOT.field("sales"), detail, None);
    }
}

/// The year that payments are discounted to.
fn base_year(request: &Request<'_>, context: &mut Context<'_>) -> Option<i32> {
    let signed = request.contract_signed_on.year();
    let Some(year) = request.present_value_year else { return Some(signed) };
    let found = i32::try_from(year).ok().filter(|year| (signed - MOST_YEARS..=signed + MOST_YEARS).contains(year));
    if found.is_none() {
        let detail = text!(
            "现值基准年应在签订合同之年前后 {MOST_YEARS} 年内",
            "the year of the present value is within {MOST_YEARS} years of the contract"
        );
        context.invalid(At::ROOT.field("present_value_year"), detail, Some(PRESENT_VALUE));
    }
    found
}

fn present_value(projected: &[Projected], base_year: i32, context: &mut Context<'_>) -> Option<Method> {
    if projected.iter().all(|scenario| scenario.totals.figures.present_value.is_none()) {
        return None;
    }
    context.warn(
        WarningCode::Approximation,
        text!(
            "现值是估算，不是应缴金额：按缴款年份与 {base_year} 年相差的整年数折现，每年四舍五入到 {} 位小数，再相加",
            "present values are estimates, not amounts due: discounted over the whole years between the year of payment \
             and {base_year}, each year rounded half up to {} decimals, then added",
            present_value::DECIMALS
        ),
        Some(PRESENT_VALUE),
    );
    Some(Method { base_year, decimals: present_value::DECIMALS })
}

/// Says that the years to come were computed by the latest rules at hand, and which of them have no end.
fn remark_future_rules(projected: &[Projected], context: &mut Context<'_>) {
    let last = projected.iter().filter_map(|scenario| scenario.years.last()).map(|row| row.year).max();
    let book = context.book();
    let open: Vec<&str> = context
        .versions()
        .iter()
        .filter(|version| version.effective_until.is_none())
        .filter(|version| {
            let kin =
                |other: &super::rate_book::Version| other.topic == version.topic && other.division == version.division;
            !book.versions.values().any(|other| kin(other) && other.effective_from > version.effective_from)
        })
        .map(|version| version.id.as_str())
        .collect();
    let (Some(last), false) = (last, open.is_empty()) else { return };
    let open = open.join(", ");
    context.warn(
        WarningCode::Assumed,
        text!(
            "推算至 {last} 年：以后各年按现有最新的规定计算，视其继续有效（{open} 没有终止日）",
            "projected to {last}: years to come are computed by the latest rules at hand, taken to stay in force ({open} \
             have no end)"
        ),
        Some(FUTURE_RULES),
    );
}
