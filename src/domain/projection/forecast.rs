//! The sales forecast (财综〔2023〕10号 art. 9): revenue by year, or output × price, listed or growing from year to year.
//!
//! A grown value is the first one times every `1 + growth` up to its year, exactly, and rounded once, half up, to the
//! decimals of its kind: money 2, prices 6, quantities 8.

use chrono::Datelike;
use rust_decimal::Decimal;

use super::super::context::{Context, Sign};
use super::super::error::{At, Text};
use super::super::exact::Exact;
use super::super::explain::Step;
use super::super::law::measures;
use super::super::mineral::MineralId;
use super::super::place::Place;
use super::super::quantity::{COARSE_DECIMALS, FINE_DECIMALS, Number, Percent, QuantityError, Reserves, UnitPrice};
use super::super::rate_book::SalesRule;
use super::super::rounding::to_decimals;
use super::super::sales::{Line, Product};
use super::scenario::Scenario;
use super::{FORECAST, MOST_YEARS};
use crate::{inputs, text};

/// The same in every year, or year by year.
#[derive(Clone, Debug)]
pub enum Series {
    /// One number.
    One(Number),
    /// One number for each year.
    Listed(Vec<Number>),
}

/// The sales of one mineral and product over the years.
#[derive(Clone, Debug)]
pub struct Forecast<'r> {
    /// Code or name.
    pub mineral: &'r str,
    /// What is sold.
    pub product: Product,
    /// First year of sales.
    pub from_year: i64,
    /// Last year of sales; not needed where a list says how many there are.
    pub to_year: Option<i64>,
    /// Revenue without VAT.
    pub revenue: Option<Series>,
    /// Its growth in percent from year to year.
    pub revenue_growth_percent: Option<Series>,
    /// Quantity sold; for geothermal and mineral water the volume in cubic metres.
    pub output: Option<Series>,
    /// Its growth in percent from year to year.
    pub output_growth_percent: Option<Series>,
    /// Yuan per unit without VAT; for the waters the approved price, the province's if left out.
    pub price: Option<Series>,
    /// Its growth in percent from year to year.
    pub price_growth_percent: Option<Series>,
    /// Land or sea, if not the right's.
    pub place: Option<Place>,
    /// Temperature, if not the right's.
    pub temperature_c: Option<Number>,
    /// Converts the product into the levy object; comes before the province's.
    pub conversion_coefficient: Option<Number>,
}

impl Forecast<'_> {
    fn series(&self) -> [&Option<Series>; 3] {
        [&self.revenue, &self.output, &self.price]
    }

    /// How many years it has, as far as it says so and may have; for the limits only.
    pub(super) fn length(&self) -> usize {
        let listed = self.series().into_iter().filter_map(|series| match series {
            Some(Series::Listed(list)) => Some(list.len()),
            _ => None,
        });
        let years = self.to_year.and_then(|to| to.checked_sub(self.from_year)).and_then(|years| years.checked_add(1));
        let most = usize::try_from(MOST_YEARS).unwrap_or(usize::MAX);
        listed.chain(years.and_then(|years| usize::try_from(years).ok())).max().unwrap_or(1).min(most)
    }
}

/// What a series is of: its names, and its decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Revenue,
    Output,
    Price,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Revenue => "revenue",
            Kind::Output => "output",
            Kind::Price => "price",
        }
    }

    fn growth_name(self) -> &'static str {
        match self {
            Kind::Revenue => "revenue_growth_percent",
            Kind::Output => "output_growth_percent",
            Kind::Price => "price_growth_percent",
        }
    }

    fn decimals(self) -> u32 {
        match self {
            Kind::Revenue => 2,
            Kind::Output => FINE_DECIMALS,
            Kind::Price => COARSE_DECIMALS,
        }
    }

    fn read(self, at: At<'_>, number: Number, context: &mut Context<'_>) -> Option<Decimal> {
        match self {
            Kind::Revenue => context.money(at, number, Sign::NotNegative).map(super::super::money::Yuan::to_decimal),
            Kind::Output => context.quantity(at, number, Reserves::new).map(Reserves::value),
            Kind::Price => context.quantity(at, number, UnitPrice::new).map(UnitPrice::value),
        }
    }
}

/// A change in percent: above −100, at most 1000, at most six decimals.
pub(super) fn change(at: At<'_>, number: Number, context: &mut Context<'_>) -> Option<Decimal> {
    let size =
        |value: Decimal| -> Result<Decimal, QuantityError> { Percent::new(value.abs()).map(|_| value.normalize()) };
    let value = context.quantity(at, number, size)?;
    if value > -Decimal::ONE_HUNDRED && value <= Decimal::ONE_THOUSAND {
        return Some(value);
    }
    context.invalid(
        at,
        Text::fixed("变动应大于 −100% 且不大于 1000%", "a change is above −100 % and at most 1000 %"),
        None,
    );
    None
}

/// `1 + percent / 100`, exactly.
pub(super) fn factor(percent: Decimal) -> Exact {
    Exact::from(percent).times(Decimal::new(1, 2)).plus(1)
}

/// A series on its way through the years.
#[derive(Clone, Debug)]
struct Course {
    kind: Kind,
    /// As given: for every year, or for the first one.
    given: Vec<Decimal>,
    /// From the second year on; empty without growth.
    growth: Vec<Decimal>,
    /// Change of the whole series in percent.
    change: Option<Decimal>,
    /// The value of the year before, before rounding, once there is one that differs from what was given.
    grown: Option<Exact>,
}

/// A forecast with its numbers checked, on its way through the years.
#[derive(Clone, Debug)]
pub(super) struct Sales<'q, 'r> {
    pub(super) forecast: &'q Forecast<'r>,
    pub(super) mineral: MineralId,
    pub(super) first: i32,
    pub(super) count: i32,
    by_volume: bool,
    revenue: Option<Course>,
    output: Option<Course>,
    price: Option<Course>,
}

/// What a forecast says of one year: a line for the rules, and the numbers behind it.
#[derive(Clone, Debug)]
pub(super) struct OfYear<'r> {
    pub(super) line: Line<'r>,
    pub(super) output: Option<Decimal>,
    pub(super) price: Option<Decimal>,
}

/// All forecasts of a scenario, so many years later.
pub(super) fn read<'q, 'r>(
    scenario: &Scenario<'q, 'r>,
    shift: i32,
    context: &mut Context<'_>,
) -> Option<Vec<Sales<'q, 'r>>> {
    let list = At::ROOT.field("sales");
    let price_change =
        scenario.price_change_percent.map(|number| change(At::ROOT.field("price_change_percent"), number, context));
    let registered: Vec<Option<MineralId>> =
        scenario.registered_minerals.iter().map(|name| context.book().minerals.find(name)).collect();
    let read: Vec<Option<Sales<'q, 'r>>> = scenario
        .sales
        .iter()
        .enumerate()
        .map(|(index, forecast)| {
            let reading = Reading { scenario, shift, price_change: price_change.flatten(), registered: &registered };
            reading.sales(list.item(index), forecast, context)
        })
        .collect();
    if price_change == Some(None) {
        return None;
    }
    read.into_iter().collect()
}

/// What holds for all forecasts of a scenario.
struct Reading<'s, 'q, 'r> {
    scenario: &'s Scenario<'q, 'r>,
    shift: i32,
    price_change: Option<Decimal>,
    registered: &'s [Option<MineralId>],
}

impl<'q, 'r> Reading<'_, 'q, 'r> {
    fn sales(&self, at: At<'_>, forecast: &'q Forecast<'r>, context: &mut Context<'_>) -> Option<Sales<'q, 'r>> {
        let mineral = self.mineral(at.field("mineral"), forecast, context);
        let years = self.years(at, forecast, context);
        let by_volume = mineral.is_some_and(|mineral| is_levied_by_volume(mineral, context));
        check_form(at, forecast, mineral.is_none() || by_volume, context);
        if self.price_change.is_some() && forecast.output.is_some() && forecast.price.is_none() {
            context.unknown(
                at.field("price"),
                Text::fixed("变动价格的方案须给出价格", "a scenario that changes prices needs the price"),
                None,
            );
        }
        let count = years.map(|(_, count)| count);
        let mut course = |kind, series: &Option<Series>, growth: &Option<Series>, change| {
            course(at, kind, (series.as_ref(), growth.as_ref()), (count, change), context)
        };
        let revenue = course(Kind::Revenue, &forecast.revenue, &forecast.revenue_growth_percent, self.price_change);
        let output = course(Kind::Output, &forecast.output, &forecast.output_growth_percent, None);
        let price = course(Kind::Price, &forecast.price, &forecast.price_growth_percent, self.price_change);
        let ((first, count), revenue, output, price) = (years?, revenue?, output?, price?);
        Some(Sales { forecast, mineral: mineral?, first, count, by_volume, revenue, output, price })
    }

    fn mineral(&self, at: At<'_>, forecast: &Forecast<'_>, context: &mut Context<'_>) -> Option<MineralId> {
        let mineral = context.mineral(at, forecast.mineral)?;
        let of_a_group = context.book().minerals.with_groups(mineral).collect::<Vec<_>>();
        // A registered name that nobody knows is reported as such; whether this is its mineral cannot be said.
        let known = |id: &Option<MineralId>| id.is_none_or(|id| of_a_group.contains(&id));
        if !self.registered.iter().any(known) {
            context.invalid(
                at,
                Text::fixed("该矿种不在 registered_minerals 中", "the mineral is not among registered_minerals"),
                Some(measures("9")),
            );
        }
        Some(mineral)
    }

    /// First year and number of years, after the shift.
    fn years(&self, at: At<'_>, forecast: &Forecast<'_>, context: &mut Context<'_>) -> Option<(i32, i32)> {
        let signed = self.scenario.contract_signed_on.year();
        let first = i32::try_from(forecast.from_year).ok().and_then(|year| year.checked_add(self.shift));
        let Some(first) = first.filter(|year| (signed..signed + MOST_YEARS).contains(year)) else {
            let last = signed + MOST_YEARS - 1;
            context.invalid(
                at.field("from_year"),
                text!(
                    "销售首年应在 {signed} 至 {last} 年之间（不早于签订合同之年，测算最多 {MOST_YEARS} 年）",
                    "the first year of sales is between {signed} and {last}: not before the contract, and at most \
                     {MOST_YEARS} years are projected"
                ),
                Some(measures("9")),
            );
            return None;
        };
        let listed = forecast.series().into_iter().find_map(|series| match series {
            Some(Series::Listed(list)) => i32::try_from(list.len()).ok(),
            _ => None,
        });
        let count = match forecast.to_year {
            Some(to) => i32::try_from(to).ok().and_then(|to| to.checked_add(self.shift + 1)?.checked_sub(first)),
            None if listed.is_none() => {
                context.unknown(
                    at.field("to_year"),
                    Text::fixed("请填写销售末年，或逐年列出", "give the last year of sales, or list the years"),
                    Some(measures("9")),
                );
                return None;
            }
            None => listed,
        };
        // The income of the last year of sales is due in the year after it.
        let Some(count) = count.filter(|count| *count >= 1 && first + count < signed + MOST_YEARS) else {
            let last = signed + MOST_YEARS - 2;
            context.invalid(
                at.field("to_year"),
                text!(
                    "销售末年不应早于首年，且不晚于 {last} 年（测算最多 {MOST_YEARS} 年）",
                    "the last year of sales is not before the first and at most {last}: at most {MOST_YEARS} years are \
                     projected"
                ),
                Some(measures("9")),
            );
            return None;
        };
        Some((first, count))
    }
}

/// Geothermal and mineral water are levied on volume whatever the day: only the duty has a first one.
fn is_levied_by_volume(mineral: MineralId, context: &Context<'_>) -> bool {
    let book = context.book();
    let named = |rule: &SalesRule| book.minerals.is_among(mineral, &rule.volume_required.value);
    book.sales.entries().iter().any(|dated| named(&dated.value))
}

/// Revenue, or output with its price: that of the waters may be the province's.
fn check_form(at: At<'_>, forecast: &Forecast<'_>, price_may_be_known: bool, context: &mut Context<'_>) {
    let law = Some(measures("9"));
    match (&forecast.revenue, &forecast.output) {
        (None, None) => context.invalid(
            at,
            Text::fixed("请填写 revenue，或 output 与 price", "give revenue, or output with price"),
            law,
        ),
        (Some(_), Some(_)) => context.invalid(
            at.field("output"),
            Text::fixed("已有 revenue，不应再填 output", "revenue is there already: leave out output"),
            law,
        ),
        (Some(_), None) if forecast.price.is_some() => context.invalid(
            at.field("price"),
            Text::fixed("已有 revenue，不应再填 price", "revenue is there already: leave out price"),
            law,
        ),
        (None, Some(_)) if forecast.price.is_none() && !price_may_be_known => {
            context.unknown(at.field("price"), Text::fixed("请填写价格", "give the price"), law);
        }
        _ => {}
    }
}

/// A series with its growth, checked. The outer `None` is a fault.
fn course(
    at: At<'_>,
    kind: Kind,
    (series, growth): (Option<&Series>, Option<&Series>),
    (count, change): (Option<i32>, Option<Decimal>),
    context: &mut Context<'_>,
) -> Option<Option<Course>> {
    let (here, growth_at) = (at.field(kind.name()), at.field(kind.growth_name()));
    let given: Option<Vec<Decimal>> = match series {
        None => None,
        Some(Series::One(number)) => Some(vec![kind.read(here, *number, context)?]),
        Some(Series::Listed(list)) => {
            let read: Vec<Option<Decimal>> =
                list.iter().enumerate().map(|(index, number)| kind.read(here.item(index), *number, context)).collect();
            check_length(here, list.len(), count, context)?;
            Some(read.into_iter().collect::<Option<_>>()?)
        }
    };
    let growth = match (growth, series) {
        (None, _) => Vec::new(),
        (Some(_), None | Some(Series::Listed(_))) => {
            context.invalid(
                growth_at,
                Text::fixed(
                    "增长率只用于只给首年数值的预测",
                    "growth belongs to a forecast of which only the first year is given",
                ),
                None,
            );
            return None;
        }
        (Some(Series::One(number)), _) => {
            let each = self::change(growth_at, *number, context)?;
            vec![each; usize::try_from(count? - 1).ok()?]
        }
        (Some(Series::Listed(list)), _) => {
            let read: Vec<Option<Decimal>> = list
                .iter()
                .enumerate()
                .map(|(index, number)| self::change(growth_at.item(index), *number, context))
                .collect();
            check_length(growth_at, list.len(), count.map(|count| count - 1), context)?;
            read.into_iter().collect::<Option<_>>()?
        }
    };
    Some(given.map(|given| Course { kind, given, growth, change, grown: None }))
}

fn check_length(at: At<'_>, length: usize, wanted: Option<i32>, context: &mut Context<'_>) -> Option<()> {
    let wanted = wanted?;
    if i32::try_from(length) == Ok(wanted) {
        return Some(());
    }
    context.invalid(
        at,
        text!("列出 {length} 个数，应为 {wanted} 个", "{length} numbers are listed; there should be {wanted}"),
        None,
    );
    None
}

impl Course {
    /// The value of a year, counted from zero; the years are asked for in order.
    fn of_year(&mut self, at: At<'_>, year: usize, context: &mut Context<'_>) -> Option<Decimal> {
        let listed = self.given.len() > 1;
        let given = self.given.get(if listed { year } else { 0 }).copied()?;
        if year == 0 || listed {
            self.grown = self.change.map(|percent| {
                let changed = Exact::from(given).times(factor(percent));
                context.step(|| Step {
                    rule: "projection.price-change",
                    law: FORECAST,
                    formula: "given * (1 + price_change_percent / 100)".into(),
                    inputs: inputs!["given" => given, "price_change_percent" => percent],
                    result: changed.clone().into(),
                    rounding: None,
                    version: None,
                });
                changed
            });
        } else if let Some(percent) = self.growth.get(year - 1).copied() {
            let before = self.grown.clone().unwrap_or_else(|| Exact::from(given));
            let grown = before.times(factor(percent));
            context.step(|| Step {
                rule: "projection.growth",
                law: FORECAST,
                formula: "previous * (1 + growth_percent / 100)".into(),
                inputs: inputs!["previous" => before, "growth_percent" => percent],
                result: grown.clone().into(),
                rounding: None,
                version: None,
            });
            self.grown = Some(grown);
        }
        let Some(exact) = &self.grown else { return Some(given) };
        let decimals = self.kind.decimals();
        let Some(value) = to_decimals(exact, decimals) else {
            context.invalid(
                at.field(self.kind.name()),
                Text::fixed("预测的数值过大，超过 28 位", "the forecast grows beyond 28 digits"),
                None,
            );
            return None;
        };
        let value = value.normalize();
        context.step(|| Step {
            rule: "projection.forecast",
            law: FORECAST,
            formula: "round_unit(unrounded, unit, half_up)".into(),
            inputs: inputs!["unrounded" => exact.clone(), "unit" => Decimal::new(1, decimals)],
            result: value.into(),
            rounding: Some("half_up"),
            version: None,
        });
        Some(value)
    }
}

impl<'r> Sales<'_, 'r> {
    /// The last year of sales.
    pub(super) fn last(&self) -> i32 {
        self.first + self.count - 1
    }

    /// The sales of a year; the years are asked for in order. The outer `None` is a fault, the inner one a year without
    /// output.
    pub(super) fn of_year(
        &mut self,
        at: At<'_>,
        year: i32,
        scenario: &Scenario<'_, 'r>,
        context: &mut Context<'_>,
    ) -> Option<Option<OfYear<'r>>> {
        let index = usize::try_from(year - self.first).ok()?;
        let mut value = |course: &mut Option<Course>| match course {
            None => Some(None),
            Some(course) => course.of_year(at, index, context).map(Some),
        };
        let (revenue, output, price) = (value(&mut self.revenue), value(&mut self.output), value(&mut self.price));
        let (revenue, output, price) = (revenue?, output?, price?);
        if output.is_some_and(|output| output.is_zero()) {
            return Some(None);
        }
        let number = |value: Option<Decimal>| value.map(Number::Exactly);
        let (volume, quantity) = if self.by_volume { (output, None) } else { (None, output) };
        let (approved_price, unit_price) = if self.by_volume { (price, None) } else { (None, price) };
        let line = Line {
            revenue: number(revenue),
            quantity: number(quantity),
            unit_price: number(unit_price),
            volume_m3: number(volume),
            approved_price: number(approved_price),
            place: self.forecast.place.or(scenario.place),
            temperature_c: self.forecast.temperature_c.or(scenario.temperature_c),
            conversion_coefficient: self.forecast.conversion_coefficient,
            ..Line::of(self.forecast.mineral, self.forecast.product)
        };
        Some(Some(OfYear { line, output, price }))
    }
}
