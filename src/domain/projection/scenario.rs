//! Scenarios of a projection (`RULES` 0.3 for the shift by years): the request itself, and what each variant changes.

use chrono::NaiveDate;

use super::super::context::Context;
use super::super::dates::add_years;
use super::super::due_date::within_calendar;
use super::super::error::At;
use super::super::explain::Step;
use super::super::instalment::{Licence, MineScale, Plan};
use super::super::place::Place;
use super::super::quantity::Number;
use super::super::revenue_split::Location;
use super::super::start_price::Right;
use super::super::transfer_income::{Competition, StageCompleted, TransferMode};
use super::{Forecast, MOST_YEARS, Request, Values, YEAR_OF_PAYMENT};
use crate::{inputs, text};

/// What a scenario changes of the request; what it leaves out stays as there. Of `values` each amount by itself.
#[derive(Clone, Debug)]
pub struct Variant<'r> {
    /// Its name.
    pub name: &'r str,
    /// Competitive or by agreement.
    pub acquired: Option<TransferMode>,
    /// The transfer date.
    pub contract_signed_on: Option<NaiveDate>,
    /// All days and years of the scenario are so many years later: another year of grant.
    pub shift_years: Option<i64>,
    /// What decides on the price part: another bid.
    pub values: Values,
    /// Whether state money went into the exploration.
    pub state_funded_exploration: Option<bool>,
    /// Highest stage of exploration that is complete.
    pub stage_completed: Option<StageCompleted>,
    /// The rate that the contract states.
    pub contract_rate_percent: Option<Number>,
    /// Where the income belongs.
    pub location: Option<Location<'r>>,
    /// Where the annual part belongs.
    pub annual_location: Option<Location<'r>>,
    /// Scale of the mine.
    pub mine_scale: Option<MineScale>,
    /// The mining licence.
    pub licence: Option<Licence>,
    /// How the divisible price is paid.
    pub plan: Option<Plan>,
    /// The day the payment notice is received.
    pub notice_received_on: Option<NaiveDate>,
    /// Due date of the first annual instalment.
    pub first_annual_due_on: Option<NaiveDate>,
    /// Another forecast.
    pub sales: Option<Vec<Forecast<'r>>>,
    /// All prices, and revenues that are forecast as such, change by so many percent.
    pub price_change_percent: Option<Number>,
    /// Discount rate in percent a year.
    pub discount_percent: Option<Number>,
}

/// A scenario as it is projected: the request with the changes of a variant.
#[derive(Clone, Debug)]
pub(super) struct Scenario<'q, 'r> {
    pub(super) name: &'r str,
    /// Position of the variant; none for the request itself.
    pub(super) variant: Option<usize>,
    /// Position of the variant that has the forecasts; none where they are the request's.
    pub(super) forecasts_of: Option<usize>,
    /// Pointers of what the variant gives.
    own: Vec<&'static str>,
    pub(super) right: Right,
    pub(super) acquired: TransferMode,
    pub(super) contract_signed_on: NaiveDate,
    pub(super) shift_years: Option<i64>,
    pub(super) registered_minerals: &'q [&'r str],
    pub(super) values: Values,
    pub(super) state_funded_exploration: Option<bool>,
    pub(super) stage_completed: Option<StageCompleted>,
    pub(super) competition: Option<Competition>,
    pub(super) contract_rate_percent: Option<Number>,
    pub(super) place: Option<Place>,
    pub(super) temperature_c: Option<Number>,
    pub(super) province: Option<&'r str>,
    pub(super) location: Option<&'q Location<'r>>,
    pub(super) annual_location: Option<&'q Location<'r>>,
    pub(super) mine_scale: Option<MineScale>,
    pub(super) licence: Option<Licence>,
    pub(super) plan: Option<&'q Plan>,
    pub(super) notice_received_on: Option<NaiveDate>,
    pub(super) first_annual_due_on: Option<NaiveDate>,
    pub(super) sales: &'q [Forecast<'r>],
    pub(super) price_change_percent: Option<Number>,
    pub(super) discount_percent: Option<Number>,
}

/// The name of the first scenario where the request gives none.
const FIRST: &str = "base";

/// The request itself, then its variants.
pub(super) fn all<'q, 'r>(request: &'q Request<'r>) -> Vec<Scenario<'q, 'r>> {
    let first = Scenario {
        name: request.name.unwrap_or(FIRST),
        variant: None,
        forecasts_of: None,
        own: Vec::new(),
        right: request.right,
        acquired: request.acquired,
        contract_signed_on: request.contract_signed_on,
        shift_years: None,
        registered_minerals: &request.registered_minerals,
        values: request.values,
        state_funded_exploration: request.state_funded_exploration,
        stage_completed: request.stage_completed,
        competition: request.competition,
        contract_rate_percent: request.contract_rate_percent,
        place: request.place,
        temperature_c: request.temperature_c,
        province: request.province,
        location: request.location.as_ref(),
        annual_location: request.annual_location.as_ref(),
        mine_scale: request.mine_scale,
        licence: request.licence,
        plan: request.plan.as_ref(),
        notice_received_on: request.notice_received_on,
        first_annual_due_on: request.first_annual_due_on,
        sales: &request.sales,
        price_change_percent: None,
        discount_percent: request.discount_percent,
    };
    let variants = request.scenarios.iter().enumerate().map(|(index, variant)| changed(&first, index, variant));
    let variants: Vec<Scenario<'q, 'r>> = variants.collect();
    std::iter::once(first).chain(variants).collect()
}

fn changed<'q, 'r>(first: &Scenario<'q, 'r>, index: usize, variant: &'q Variant<'r>) -> Scenario<'q, 'r> {
    let mut scenario = Scenario { name: variant.name, variant: Some(index), ..first.clone() };
    let own = &mut scenario.own;
    // Takes over what the variant gives, and notes that it stands there.
    macro_rules! take {
        ($($pointer:literal: $target:expr, $given:expr;)*) => {
            $( if let Some(given) = $given {
                $target = given;
                own.push($pointer);
            } )*
        };
    }
    take! {
        "/acquired": scenario.acquired, variant.acquired;
        "/contract_signed_on": scenario.contract_signed_on, variant.contract_signed_on;
        "/mine_scale": scenario.mine_scale, variant.mine_scale.map(Some);
        "/licence": scenario.licence, variant.licence.map(Some);
        "/plan": scenario.plan, variant.plan.as_ref().map(Some);
        "/location": scenario.location, variant.location.as_ref().map(Some);
        "/annual_location": scenario.annual_location, variant.annual_location.as_ref().map(Some);
        "/notice_received_on": scenario.notice_received_on, variant.notice_received_on.map(Some);
        "/first_annual_due_on": scenario.first_annual_due_on, variant.first_annual_due_on.map(Some);
        "/state_funded_exploration": scenario.state_funded_exploration, variant.state_funded_exploration.map(Some);
        "/stage_completed": scenario.stage_completed, variant.stage_completed.map(Some);
        "/contract_rate_percent": scenario.contract_rate_percent, variant.contract_rate_percent.map(Some);
        "/values/transaction_price": scenario.values.transaction_price, variant.values.transaction_price.map(Some);
        "/values/starting_price": scenario.values.starting_price, variant.values.starting_price.map(Some);
        "/values/appraised_value": scenario.values.appraised_value, variant.values.appraised_value.map(Some);
        "/values/benchmark_value": scenario.values.benchmark_value, variant.values.benchmark_value.map(Some);
        "/values/reserve_price": scenario.values.reserve_price, variant.values.reserve_price.map(Some);
        "/discount_percent": scenario.discount_percent, variant.discount_percent.map(Some);
        "/price_change_percent": scenario.price_change_percent, variant.price_change_percent.map(Some);
        "/shift_years": scenario.shift_years, variant.shift_years.map(Some);
    }
    if let Some(sales) = &variant.sales {
        scenario.sales = sales;
        scenario.forecasts_of = Some(index);
        own.push("/sales");
    }
    scenario
}

/// What a pointer into a list of a sub-rule names: its number and the rest.
pub(super) fn item_of<'p>(pointer: &'p str, list: &str) -> Option<(usize, &'p str)> {
    let rest = pointer.strip_prefix(list)?.strip_prefix('/')?;
    let (number, rest) = rest.find('/').map_or((rest, ""), |end| rest.split_at(end));
    Some((number.parse().ok()?, rest))
}

/// Whether a pointer names a place, or something inside it.
fn is_inside(pointer: &str, place: &str) -> bool {
    pointer.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Scenario<'_, '_> {
    /// Where something of the scenario stands in the request: in the variant, if it gives it.
    pub(super) fn place(&self, pointer: &str) -> String {
        match self.variant {
            Some(index) if self.own.iter().any(|own| is_inside(pointer, own)) => format!("/scenarios/{index}{pointer}"),
            _ => pointer.to_owned(),
        }
    }

    /// The same scenario so many years later: contract, notice, licence, instalments. The forecasts are shifted where
    /// they are read.
    pub(super) fn shifted(&self, context: &mut Context<'_>) -> Option<(Self, i32)>
    where
        Self: Clone,
    {
        let at = At::ROOT.field("shift_years");
        let Some(years) = self.shift_years else { return Some((self.clone(), 0)) };
        let Some(years) = i32::try_from(years).ok().filter(|years| (0..MOST_YEARS).contains(years)) else {
            context.invalid(
                at,
                text!("推迟的年数应在 0 至 {} 之间", "the shift is between 0 and {} years", MOST_YEARS - 1),
                None,
            );
            return None;
        };
        let mut later = |day: NaiveDate| -> Option<NaiveDate> {
            let moved = within_calendar(at, add_years(day, years.unsigned_abs()), context)?;
            context.step(|| Step {
                rule: "projection.shift",
                law: YEAR_OF_PAYMENT,
                formula: "add_years(day, shift_years)".into(),
                inputs: inputs!["day" => day, "shift_years" => i64::from(years)],
                result: moved.into(),
                rounding: None,
                version: None,
            });
            Some(moved)
        };
        let mut scenario = self.clone();
        scenario.contract_signed_on = later(self.contract_signed_on)?;
        for day in [&mut scenario.notice_received_on, &mut scenario.first_annual_due_on] {
            if let Some(given) = *day {
                *day = Some(later(given)?);
            }
        }
        if let Some(Licence::Dates(from, to)) = self.licence {
            scenario.licence = Some(Licence::Dates(later(from)?, later(to)?));
        }
        Some((scenario, years))
    }

    /// Reports that the scenario has more years than are projected.
    pub(super) fn too_long(&self, context: &mut Context<'_>) {
        let detail = text!(
            "自首笔缴款或销售至末笔最多 {MOST_YEARS} 年",
            "from the first payment or sale to the last there are at most {MOST_YEARS} years"
        );
        context.invalid(At::ROOT.field("sales"), detail, None);
    }
}
