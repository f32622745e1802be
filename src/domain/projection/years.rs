//! A scenario year by year (财综〔2023〕10号 arts 4, 8, 9, 24): sales by the year of sale, payments by the year of payment,
//! their split, their sum so far and their present value.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::super::annual_income::{self, LineIncome, annual_income};
use super::super::catalogue::Levy;
use super::super::context::Context;
use super::super::dates::{Period, calendar_year};
use super::super::due_date::HolidayShift;
use super::super::error::{At, Code, Fault};
use super::super::exact::Exact;
use super::super::explain::{Step, WarningCode, summands};
use super::super::law::{Law, measures};
use super::super::mineral::MineralId;
use super::super::money::Yuan;
use super::super::place::Division;
use super::super::quantity::{COARSE_DECIMALS, Number};
use super::super::refund::explain_sum;
use super::super::revenue_split::{self, IncomePart, Shares};
use super::super::rounding::to_decimals;
use super::super::sales::{Line, Product, SaleTime, Sold, sales_revenue};
use super::super::transfer_income::RateBasis;
use super::forecast::{self, OfYear, Sales};
use super::grant::{self, Due, PaymentKind};
use super::present_value::{Discount, PresentValue};
use super::scenario::{Scenario, item_of};
use super::{FORECAST, FUTURE_RULES, Figures, MOST_YEARS, YEAR_OF_PAYMENT};
use crate::{inputs, text};

/// What was sold of one forecast in one year.
#[derive(Clone, Debug)]
pub struct SoldLine {
    /// Code.
    pub mineral: String,
    /// What was sold.
    pub product: Product,
    /// Quantity, or volume in cubic metres.
    pub output: Option<Decimal>,
    /// Yuan per unit.
    pub price: Option<Decimal>,
    /// Revenue without VAT.
    pub revenue: Yuan,
}

/// One payment.
#[derive(Clone, Debug)]
pub struct Payment {
    /// What it is.
    pub kind: PaymentKind,
    /// Number of the instalment.
    pub number: Option<u32>,
    /// For the annual part: the year whose sales it is on.
    pub sale_year: Option<i32>,
    /// The last day for it, where the rules give one.
    pub due_date: Option<NaiveDate>,
    /// How much.
    pub amount: Yuan,
    /// The annual part by mineral.
    pub lines: Vec<LineIncome>,
    /// What each treasury gets.
    pub split: Option<revenue_split::Outcome>,
}

/// What the treasuries get of several payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SplitSums {
    /// Central treasury.
    pub central: Yuan,
    /// All local treasuries together.
    pub local: Yuan,
    /// Province, city and county, as far as schemes divide the local part; none where none does.
    pub levels: Option<[Yuan; 3]>,
    /// The local part that no scheme divides.
    pub undivided: Yuan,
}

/// One calendar year.
#[derive(Clone, Debug)]
pub struct YearRow {
    /// The year.
    pub year: i32,
    /// Revenue of the sales of this year.
    pub sales: Yuan,
    /// The sales of this year.
    pub sold: Vec<SoldLine>,
    /// The annual part on the sales of this year, due in the next one.
    pub income_on_sales: Yuan,
    /// Price in one sum and first payments, in this year.
    pub price_part: Yuan,
    /// Instalments due in this year.
    pub instalments: Yuan,
    /// The annual part due in this year, on the sales of the year before.
    pub annual_income: Yuan,
    /// All payments of this year.
    pub total: Yuan,
    /// All payments up to this year.
    pub cumulative: Yuan,
    /// The present value of this year's payments.
    pub present_value: Option<PresentValue>,
    /// What the treasuries get of this year's payments.
    pub split: Option<SplitSums>,
    /// The payments.
    pub payments: Vec<Payment>,
}

/// A mineral over the whole life.
#[derive(Clone, Debug)]
pub struct MineralTotal {
    /// Code.
    pub mineral: String,
    /// Revenue of its sales.
    pub sales: Yuan,
    /// The annual part on them.
    pub annual_income: Yuan,
}

/// The sums over all years.
#[derive(Clone, Debug)]
pub struct Totals {
    /// The figures that scenarios are compared by.
    pub figures: Figures,
    /// What the treasuries get.
    pub split: Option<SplitSums>,
    /// By mineral, in the order of the forecasts.
    pub minerals: Vec<MineralTotal>,
    /// The part of an exploration right's price that waits for its conversion and is in no year.
    pub open_remainder: Yuan,
}

/// A scenario, projected.
#[derive(Clone, Debug)]
pub struct Projected {
    /// Its name.
    pub name: String,
    /// The years without a gap, from the first payment or sale to the last.
    pub years: Vec<YearRow>,
    /// Their sums.
    pub totals: Totals,
}

/// The sales of one year and the income on them.
struct YearSales {
    sold: Vec<SoldLine>,
    revenue: Yuan,
    income: Option<annual_income::Outcome>,
}

/// Projects a scenario; pointers of faults are those of the request without variants.
pub(super) fn project(scenario: &Scenario<'_, '_>, base_year: i32, context: &mut Context<'_>) -> Option<Projected> {
    context.begin_group(scenario.name, None);
    let shifted = scenario.shifted(context);
    let (scenario, shift) = shifted?;
    let scenario = &scenario;
    let division = scenario.province.map(|name| context.division(At::ROOT.field("province"), name));
    let discount = scenario.discount_percent.map(|number| Discount::read(number, base_year, context));
    let obligations = grant::obligations(scenario, context);
    let schedule = obligations.and_then(|obligations| grant::schedule(scenario, &obligations, context));
    let sales = forecast::read(scenario, shift, context);
    if let Some(location) = scenario.annual_location {
        // There may be no annual part to share; a place that nobody knows is a slip all the same.
        revenue_split::check_location(At::ROOT.field("annual_location"), location, context);
    }
    if schedule.is_none() {
        check_location(scenario, context);
    }
    let mut sales = sales?;
    remark_unsold(scenario, &sales, context);
    let due = schedule.as_ref().map_or(&[][..], |schedule| schedule.payments.as_slice());
    let first = due.iter().map(Due::year).chain(sales.iter().map(|sales| sales.first)).min()?;
    let mut life = Life { scenario, division: division.flatten(), discount: discount.flatten(), years: Vec::new() };
    let last = due.iter().map(Due::year).chain(sales.iter().map(|sales| life.last_year_of(sales, context))).max()?;
    if last - first >= MOST_YEARS {
        scenario.too_long(context);
        return None;
    }
    let mut sound = division != Some(None);
    let mut before = None;
    for year in first..=last {
        context.begin_group(scenario.name, Some(year));
        match life.sales_of(year, &mut sales, context) {
            // Faults of one year do not hide those of the next.
            None => sound = false,
            Some(sold) if sound && context.is_sound() => {
                let payments = life.payments(year, due, before.take(), context);
                before = sold.income.clone().map(|income| (year, income));
                sound &= payments.and_then(|payments| life.close(year, sold, payments, context)).is_some();
            }
            Some(_) => {}
        }
    }
    if !sound || !context.is_sound() {
        return None;
    }
    context.begin_group(scenario.name, None);
    let totals = totals(&life.years, schedule?.open_remainder, context)?;
    Some(Projected { name: scenario.name.to_owned(), years: life.years, totals })
}

/// The faults of the location, even where the payments cannot be told.
fn check_location(scenario: &Scenario<'_, '_>, context: &mut Context<'_>) {
    if let Some(location) = scenario.location {
        // Only the faults matter here.
        let _ = treasuries(location, scenario.contract_signed_on, context);
    }
}

fn treasuries<'b>(
    location: &revenue_split::Location<'_>,
    day: NaiveDate,
    context: &mut Context<'b>,
) -> Option<revenue_split::Treasuries<'b>> {
    let paid_on = (At::ROOT.field("contract_signed_on"), day);
    revenue_split::treasuries(At::ROOT.field("location"), location, paid_on, Some(IncomePart::Price), context)
}

/// A mineral of the catalogue that nothing is sold of has no annual part: that is said, not taken for granted.
fn remark_unsold(scenario: &Scenario<'_, '_>, sales: &[Sales<'_, '_>], context: &mut Context<'_>) {
    let book = context.book();
    let Ok(catalogue) = book.catalogue.at(scenario.contract_signed_on) else { return };
    for name in scenario.registered_minerals {
        let Some(mineral) = book.minerals.find(name) else { continue };
        let sold = sales.iter().any(|sales| book.minerals.with_groups(sales.mineral).any(|group| group == mineral));
        if !sold && matches!(catalogue.value.levy(&book.minerals, mineral), Ok(Levy::ByRate(_))) {
            let code = book.minerals.code(mineral).to_owned();
            context.warn(
                WarningCode::Assumed,
                text!(
                    "没有 {code} 的销售预测，按没有销售计算",
                    "there is no sales forecast of {code}: it was taken as not sold"
                ),
                Some(measures("9")),
            );
        }
    }
}

/// A scenario on its way through the years.
struct Life<'s, 'q, 'r, 'b> {
    scenario: &'s Scenario<'q, 'r>,
    division: Option<&'b Division>,
    discount: Option<Discount>,
    years: Vec<YearRow>,
}

impl<'r, 'b> Life<'_, '_, 'r, 'b> {
    /// The year in which a forecast ends: that of its last payment where there is an annual part, else of its last sale.
    fn last_year_of(&self, sales: &Sales<'_, '_>, context: &Context<'_>) -> i32 {
        let levied = calendar_year(sales.last()).is_some_and(|year| self.is_levied(sales.mineral, year, context));
        sales.last() + i32::from(levied)
    }

    /// The sales of a year with the income on them.
    fn sales_of(&self, year: i32, sales: &mut [Sales<'_, 'r>], context: &mut Context<'b>) -> Option<YearSales> {
        let list = At::ROOT.field("sales");
        let mut lines = Vec::new();
        let mut sound = true;
        for (index, sales) in sales.iter_mut().enumerate() {
            if !(sales.first..=sales.last()).contains(&year) {
                continue;
            }
            match sales.of_year(list.item(index), year, self.scenario, context) {
                Some(Some(of_year)) => lines.push((index, sales.mineral, of_year)),
                Some(None) => {}
                None => sound = false,
            }
        }
        if !sound {
            return None;
        }
        let whole = calendar_year(year)?;
        match context.attempt(|context| self.levied(&lines, whole, None, context)) {
            Ok(sales) => Some(sales),
            Err(faults) if faults.iter().any(asks_for_the_day) => {
                context.warn(
                    WarningCode::Assumed,
                    text!(
                        "{year} 年内适用的参数有变化，预测没有销售日期，按 12 月 31 日的规定计算",
                        "a parameter changes within {year} and a forecast has no day of sale: that of 31 December was used"
                    ),
                    Some(FUTURE_RULES),
                );
                context.part(str::to_owned, |context| self.levied(&lines, whole, Some(whole.to()), context))
            }
            Err(faults) => {
                context.refuse(faults, str::to_owned);
                None
            }
        }
    }

    /// Revenue and income of the lines of a year, sold on a day or some time in the year.
    fn levied(
        &self,
        lines: &[(usize, MineralId, OfYear<'r>)],
        year: Period,
        sold_on: Option<NaiveDate>,
        context: &mut Context<'b>,
    ) -> Option<YearSales> {
        let time = sold_on.map_or(SaleTime::Within(year), SaleTime::On);
        let mut sold = Vec::with_capacity(lines.len());
        let mut levied: Vec<(usize, Line<'r>)> = Vec::with_capacity(lines.len());
        let list = At::ROOT.field("lines");
        for (index, mineral, of_year) in lines {
            let line = Line { sold_on, ..of_year.line.clone() };
            let sale = Sold { mineral: *mineral, time, division: self.division, number: 1 };
            let since = context.warnings_so_far();
            let revenue = context.part(
                |pointer| place_of_line(pointer, &[*index]),
                |context| sales_revenue(list.item(0), &line, &sale, context),
            );
            name_forecasts(since, &[*index], context);
            let Some(revenue) = revenue else { continue };
            if self.is_levied(*mineral, year, context) {
                // What is not levied on volume was priced just now: the rule need not do it again.
                let priced = Line {
                    revenue: Some(Number::Exactly(revenue.to_decimal())),
                    quantity: None,
                    unit_price: None,
                    ..line.clone()
                };
                levied.push((*index, if line.volume_m3.is_some() { line } else { priced }));
            }
            sold.push(SoldLine {
                mineral: context.book().minerals.code(*mineral).to_owned(),
                product: of_year.line.product,
                output: of_year.output,
                price: of_year.price,
                revenue,
            });
        }
        let income = if levied.is_empty() { None } else { Some(self.income(year, levied, context)) };
        if sold.len() < lines.len() {
            return None;
        }
        let revenues = || sold.iter().map(|line| line.revenue);
        let revenue = context.computed(At::ROOT.field("sales"), Yuan::sum(revenues()))?;
        explain("projection.sales", measures("9"), "revenue", revenues(), revenue, context);
        let income = match income {
            Some(income) => Some(income?),
            None => None,
        };
        Some(YearSales { sold, revenue, income })
    }

    /// Whether the catalogue that counts levies the mineral by rate. Whatever is in doubt is left to the rule itself.
    fn is_levied(&self, mineral: MineralId, year: Period, context: &Context<'_>) -> bool {
        let book = context.book();
        let day = match self.scenario.acquired.rate_basis() {
            RateBasis::AtTransfer => self.scenario.contract_signed_on,
            RateBasis::AtSale => year.to(),
        };
        let Ok(catalogue) = book.catalogue.at(day) else { return true };
        !matches!(catalogue.value.levy(&book.minerals, mineral), Ok(Levy::ByAmount))
    }

    fn income(
        &self,
        year: Period,
        levied: Vec<(usize, Line<'r>)>,
        context: &mut Context<'b>,
    ) -> Option<annual_income::Outcome> {
        let scenario = self.scenario;
        let (positions, lines): (Vec<usize>, Vec<Line<'r>>) = levied.into_iter().unzip();
        let request = annual_income::Request {
            year: i64::from(year.from().year()),
            transfer_mode: scenario.acquired,
            transfer_date: Some(scenario.contract_signed_on),
            contract_rate_percent: scenario.contract_rate_percent,
            province: scenario.province,
            lines,
            combine_as: None,
            location: scenario.annual_location.or(scenario.location).cloned(),
            paid_on: None,
            holiday_shift: HolidayShift::Off,
            reduction: None,
        };
        let has_own_location = scenario.annual_location.is_some();
        let place = |pointer: &str| match pointer {
            "/transfer_date" => "/contract_signed_on".to_owned(),
            "/transfer_mode" => "/acquired".to_owned(),
            "/year" | "/lines" => "/sales".to_owned(),
            other => match other.strip_prefix("/location") {
                Some(rest) if has_own_location => format!("/annual_location{rest}"),
                _ => place_of_line(other, &positions),
            },
        };
        let since = context.warnings_so_far();
        let outcome = context.part(place, |context| annual_income(&request, context));
        name_forecasts(since, &positions, context);
        outcome
    }

    /// The payments of a year: of the price, and of the income on the sales of the year before.
    fn payments(
        &self,
        year: i32,
        due: &[Due],
        before: Option<(i32, annual_income::Outcome)>,
        context: &mut Context<'b>,
    ) -> Option<Vec<Payment>> {
        let mut payments = Vec::new();
        for due in due.iter().filter(|due| due.year() == year) {
            let split = match self.scenario.location {
                Some(location) => Some(treasuries(location, due.counts_on, context)?.divide(due.amount, context)?),
                None => None,
            };
            payments.push(Payment {
                kind: due.kind,
                number: due.number,
                sale_year: None,
                due_date: due.due_date,
                amount: due.amount,
                lines: Vec::new(),
                split,
            });
        }
        if let Some((sale_year, income)) = before {
            payments.push(Payment {
                kind: PaymentKind::AnnualIncome,
                number: None,
                sale_year: Some(sale_year),
                due_date: Some(income.due_date),
                amount: income.income,
                lines: income.lines,
                split: income.split,
            });
        }
        Some(payments)
    }

    /// Adds the row of a year.
    fn close(&mut self, year: i32, sales: YearSales, payments: Vec<Payment>, context: &mut Context<'b>) -> Option<()> {
        let at = At::ROOT.field("sales");
        let mut of_kinds = |rule, name: &str, kinds: &[PaymentKind]| {
            let amounts = || payments.iter().filter(|it| kinds.contains(&it.kind)).map(|it| it.amount);
            let sum = context.computed(at, Yuan::sum(amounts()))?;
            explain(rule, measures("24"), name, amounts(), sum, context);
            Some(sum)
        };
        let price_part = of_kinds("projection.price-part", "price", &[PaymentKind::OneSum, PaymentKind::FirstPayment])?;
        let instalments = of_kinds("projection.instalments", "instalment", &[PaymentKind::Instalment])?;
        let annual_income = of_kinds("projection.annual-income", "annual_income", &[PaymentKind::AnnualIncome])?;
        let total = context.computed(at, Yuan::sum([price_part, instalments, annual_income]))?;
        context.step(|| Step {
            rule: "projection.year",
            law: YEAR_OF_PAYMENT,
            formula: "price_part + instalments + annual_income".into(),
            inputs: inputs![
                "price_part" => price_part,
                "instalments" => instalments,
                "annual_income" => annual_income,
            ],
            result: total.into(),
            rounding: None,
            version: None,
        });
        let previous = self.years.last().map_or(Yuan::ZERO, |row| row.cumulative);
        let cumulative = context.computed(at, previous.plus(total))?;
        context.step(|| Step {
            rule: "projection.cumulative",
            law: YEAR_OF_PAYMENT,
            formula: "previous + total".into(),
            inputs: inputs!["previous" => previous, "total" => total],
            result: cumulative.into(),
            rounding: None,
            version: None,
        });
        let present_value = match &mut self.discount {
            Some(discount) => Some(discount.of(year, total, context)?),
            None => None,
        };
        let split = split_sums(payments.iter().filter_map(|payment| payment.split.as_ref()), context)?;
        self.years.push(YearRow {
            year,
            sales: sales.revenue,
            sold: sales.sold,
            income_on_sales: sales.income.map_or(Yuan::ZERO, |income| income.income),
            price_part,
            instalments,
            annual_income,
            total,
            cumulative,
            present_value,
            split,
            payments,
        });
        Some(())
    }
}

/// Whether a fault says that the day of sale is needed.
fn asks_for_the_day(fault: &Fault<'_>) -> bool {
    fault.code == Code::ConditionMissing && fault.pointer.ends_with("/sold_on")
}

/// Where a field of a line stands in the request: the forecast at the line's position, by its names.
fn place_of_line(pointer: &str, positions: &[usize]) -> String {
    let Some((line, rest)) = item_of(pointer, "/lines") else { return pointer.to_owned() };
    let position = positions.get(line).copied().unwrap_or(line);
    let field = match rest {
        "/quantity" | "/volume_m3" => "/output",
        "/unit_price" | "/approved_price" => "/price",
        other => other,
    };
    format!("/sales/{position}{field}")
}

/// Has the warnings of a part name the forecasts where it named its lines.
fn name_forecasts(since: usize, positions: &[usize], context: &mut Context<'_>) {
    context.reword_warnings(since, |text| {
        (0..).zip(positions).fold(text.to_owned(), |text: String, (line, position): (usize, &usize)| {
            text.replace(&format!("lines[{line}]."), &format!("sales[{position}]."))
        })
    });
}

/// Writes a sum down, unless it is one amount or none.
fn explain<'b>(
    rule: &'static str,
    law: Law<'b>,
    name: &str,
    amounts: impl Iterator<Item = Yuan> + Clone,
    sum: Yuan,
    context: &mut Context<'b>,
) {
    if amounts.clone().nth(1).is_some() {
        explain_sum(rule, law, name, amounts, sum, context);
    }
}

/// The shares of the areas of a payment: its own, or those of its parts.
fn areas(outcome: &revenue_split::Outcome) -> Vec<Shares> {
    if outcome.parts.is_empty() { vec![outcome.shares] } else { outcome.parts.iter().map(|part| part.shares).collect() }
}

/// What the treasuries get of payments; `Some(None)` where nothing was split.
fn split_sums<'p>(
    payments: impl Iterator<Item = &'p revenue_split::Outcome>,
    context: &mut Context<'_>,
) -> Option<Option<SplitSums>> {
    let parts: Vec<SplitSums> = payments
        .flat_map(areas)
        .map(|shares| SplitSums {
            central: shares.central,
            local: shares.local,
            levels: shares.levels,
            undivided: if shares.levels.is_some() { Yuan::ZERO } else { shares.local },
        })
        .collect();
    added(&parts, context)
}

/// The sums of shares, each level by itself.
fn added(parts: &[SplitSums], context: &mut Context<'_>) -> Option<Option<SplitSums>> {
    if parts.is_empty() {
        return Some(None);
    }
    let mut sum = |name: &str, amounts: Vec<Yuan>| {
        let sum = context.computed(At::ROOT.field("location"), Yuan::sum(amounts.iter().copied()))?;
        explain("projection.split", measures("4"), name, amounts.into_iter(), sum, context);
        Some(sum)
    };
    let central = sum("central", parts.iter().map(|part| part.central).collect())?;
    let local = sum("local", parts.iter().map(|part| part.local).collect())?;
    let undivided = sum("undivided", parts.iter().map(|part| part.undivided).collect())?;
    let levels = || parts.iter().filter_map(|part| part.levels);
    let levels = if levels().next().is_some() {
        Some([
            sum("province", levels().map(|[province, _, _]| province).collect())?,
            sum("city", levels().map(|[_, city, _]| city).collect())?,
            sum("county", levels().map(|[_, _, county]| county).collect())?,
        ])
    } else {
        None
    };
    Some(Some(SplitSums { central, local, levels, undivided }))
}

fn totals(years: &[YearRow], open_remainder: Yuan, context: &mut Context<'_>) -> Option<Totals> {
    let mut sum = |rule, law, name: &str, of: fn(&YearRow) -> Yuan| {
        let amounts = || years.iter().map(of);
        let sum = context.computed(At::ROOT.field("sales"), Yuan::sum(amounts()))?;
        explain(rule, law, name, amounts(), sum, context);
        Some(sum)
    };
    let paid = || measures("24");
    let sales = sum("projection.total-sales", measures("9"), "sales", |row| row.sales)?;
    let price_part = sum("projection.total-price-part", paid(), "price_part", |row| row.price_part)?;
    let instalments = sum("projection.total-instalments", paid(), "instalments", |row| row.instalments)?;
    let annual_income = sum("projection.total-annual-income", paid(), "annual_income", |row| row.annual_income)?;
    let total = sum("projection.total", paid(), "total", |row| row.total)?;
    let present_value = present_value(years, context);
    let share_of_sales_percent = share(total, sales, context);
    let rows: Vec<SplitSums> = years.iter().filter_map(|row| row.split).collect();
    let split = added(&rows, context)?;
    let minerals = by_mineral(years, context)?;
    let figures =
        Figures { sales, price_part, instalments, annual_income, total, present_value, share_of_sales_percent };
    Some(Totals { figures, split, minerals, open_remainder })
}

fn present_value(years: &[YearRow], context: &mut Context<'_>) -> Option<PresentValue> {
    let values: Vec<PresentValue> = years.iter().map(|row| row.present_value).collect::<Option<_>>()?;
    let total = values.iter().copied().fold(PresentValue::ZERO, PresentValue::plus);
    context.step(|| {
        let (inputs, formula) = summands("present_value", values.iter().map(|value| (*value).into()));
        Step {
            rule: "projection.total-present-value",
            law: super::PRESENT_VALUE,
            formula: formula.into(),
            result: total.into(),
            rounding: None,
            version: None,
            inputs,
        }
    });
    Some(total)
}

/// All payments in percent of all sales, half up to six decimals; none without sales.
fn share(total: Yuan, sales: Yuan, context: &mut Context<'_>) -> Option<Decimal> {
    let exact = Exact::from(total).times(100).divided_by(sales)?;
    let share = to_decimals(&exact, COARSE_DECIMALS)?.normalize();
    context.step(|| Step {
        rule: "projection.share-of-sales",
        law: FORECAST,
        formula: "round_unit(total / sales * 100, unit, half_up)".into(),
        inputs: inputs!["total" => total, "sales" => sales, "unit" => Decimal::new(1, COARSE_DECIMALS)],
        result: share.into(),
        rounding: Some("half_up_6_decimals"),
        version: None,
    });
    Some(share)
}

fn by_mineral(years: &[YearRow], context: &mut Context<'_>) -> Option<Vec<MineralTotal>> {
    let minerals = &context.book().minerals;
    let mut codes: Vec<&str> = Vec::new();
    for line in years.iter().flat_map(|row| &row.sold) {
        if !codes.contains(&line.mineral.as_str()) {
            codes.push(&line.mineral);
        }
    }
    let mut sum = |rule, law, name: &str, amounts: Vec<Yuan>| {
        let sum = context.computed(At::ROOT.field("sales"), Yuan::sum(amounts.iter().copied()))?;
        explain(rule, law, name, amounts.into_iter(), sum, context);
        Some(sum)
    };
    codes
        .into_iter()
        .map(|code| {
            let sold = years.iter().flat_map(|row| &row.sold).filter(|line| line.mineral == code);
            let incomes = years.iter().flat_map(|row| &row.payments).flat_map(|payment| &payment.lines);
            let incomes = incomes.filter(|line| minerals.code(line.mineral) == code).map(|line| line.income).collect();
            let sales =
                sum("projection.mineral-sales", measures("9"), "revenue", sold.map(|line| line.revenue).collect())?;
            let annual_income = sum("projection.mineral-income", measures("8(2)"), "income", incomes)?;
            Some(MineralTotal { mineral: code.to_owned(), sales, annual_income })
        })
        .collect()
}
