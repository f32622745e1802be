//! The annual part (逐年征收的采矿权出让收益): 财综〔2023〕10号 arts 8, 9, 17, 20, 24.
//!
//! For each line `income = round(levy revenue × rate % × (1 − reduction %))`, one rounding; the total is the sum.

use chrono::{Datelike, NaiveDate};

use super::catalogue::{Catalogue, Levy, RateError, Row};
use super::context::Context;
use super::dates::{Period, calendar_year};
use super::due_date::{self, HolidayShift};
use super::error::{At, Code, Text};
use super::exact::Exact;
use super::explain::{Step, Value, WarningCode, summands};
use super::law::measures;
use super::mineral::MineralId;
use super::money::Yuan;
use super::place::{Division, Place};
use super::quantity::{Celsius, Number, Percent};
use super::rate_book::Version;
use super::revenue_split::{self, IncomePart, Location};
use super::rounding::to_fen;
use super::sales::{self, Levied, Line, Numbers, SaleTime, Sold};
use super::transfer_income::{RateBasis, Reduction, TransferMode, contract_differs, rate_step};
use crate::{inputs, text};

/// The return of one year.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// 1 January to 31 December.
    pub year: i64,
    /// How the right was granted.
    pub transfer_mode: TransferMode,
    /// The signing of the contract; needed for a competitive grant.
    pub transfer_date: Option<NaiveDate>,
    /// The rate that the contract states.
    pub contract_rate_percent: Option<Number>,
    /// Division whose tables count.
    pub province: Option<&'r str>,
    /// The sales.
    pub lines: Vec<Line<'r>>,
    /// Main mineral of oil, gas, shale gas and coal-bed methane added to one another (art. 17).
    pub combine_as: Option<&'r str>,
    /// Where the income belongs; without it no split.
    pub location: Option<Location<'r>>,
    /// The day of payment; the due date if left out.
    pub paid_on: Option<NaiveDate>,
    /// Whether the due date moves off days off.
    pub holiday_shift: HolidayShift,
    /// Reduction of every line without its own.
    pub reduction: Option<Reduction<'r>>,
}

/// One line's income.
#[derive(Clone, Debug)]
pub struct LineIncome {
    /// The mineral that it was levied as.
    pub mineral: MineralId,
    /// The rate.
    pub rate_percent: Percent,
    /// What the rate is taken of.
    pub levy_revenue: Yuan,
    /// `round(levy revenue × rate × (1 − reduction))`.
    pub income: Yuan,
}

/// The income of a year.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The sum of the lines.
    pub income: Yuan,
    /// The last day for declaring and paying it.
    pub due_date: NaiveDate,
    /// The lines in the order of the request; one line when combined.
    pub lines: Vec<LineIncome>,
    /// The income shared between the treasuries.
    pub split: Option<revenue_split::Outcome>,
}

/// What holds for all lines of a return.
struct Return<'b, 'q> {
    request: &'q Request<'q>,
    /// None when the year is faulty.
    year: Option<Period>,
    division: Option<&'b Division>,
    contract_rate: Option<Percent>,
    reduction: Option<Percent>,
    /// The main mineral whose rate counts for every line (art. 17), and the place of the lines.
    combined: Option<(MineralId, Option<Place>)>,
}

/// A line with everything found out about it, before it is levied.
struct Prepared {
    mineral: MineralId,
    rate: Percent,
    levy_revenue: Yuan,
    reduction: Option<Percent>,
}

/// The income of a year (arts 8, 9).
pub fn annual_income<'b>(request: &Request<'_>, context: &mut Context<'b>) -> Option<Outcome> {
    let list = At::ROOT.field("lines");
    let year_at = At::ROOT.field("year");
    let year = year(request.year, year_at, context);
    let division = request.province.map(|name| context.division(At::ROOT.field("province"), name));
    let contract_rate = context.optional_quantity(
        At::ROOT.field("contract_rate_percent"),
        request.contract_rate_percent,
        Percent::part,
    );
    let reduction = request.reduction.map(|reduction| reduction.read(At::ROOT.field("reduction"), context));
    check_transfer_date(request, year, context);
    if request.lines.is_empty() {
        context.invalid(list, Text::fixed("至少应有一行销售收入", "give at least one line"), Some(measures("9")));
    }
    let main = request.combine_as.map(|name| main_mineral(name, year.map(Period::to), context));
    let due_date = year
        .and_then(|year| due_date::of_annual_declaration(year_at, year.from().year(), request.holiday_shift, context));
    let treasuries = location_rules(request, (year, due_date), context);
    let whole = Return {
        request,
        year,
        division: division.flatten(),
        contract_rate,
        reduction: reduction.flatten(),
        combined: main.flatten().map(|main| (main, request.lines.iter().find_map(|line| line.place))),
    };
    let prepared: Vec<Option<Prepared>> = request
        .lines
        .iter()
        .enumerate()
        .map(|(index, line)| prepare(list.item(index), (index, line), &whole, context))
        .collect();
    if main.is_some() {
        check_combination(request, context);
    }
    let prepared: Vec<Prepared> = prepared.into_iter().collect::<Option<_>>()?;
    if !context.is_sound() {
        return None;
    }
    let lines = match whole.combined {
        Some((main, _)) => vec![combine(main, &prepared, &whole, context)?],
        None => prepared
            .iter()
            .enumerate()
            .map(|(index, line)| {
                let amounts = (line.levy_revenue, line.rate, line.reduction);
                levy(list.item(index), line.mineral, amounts, context)
            })
            .collect::<Option<_>>()?,
    };
    let income = total(list, &lines, context)?;
    let split = match treasuries {
        Some(treasuries) => Some(treasuries?.divide(income, context)?),
        None => None,
    };
    Some(Outcome { income, due_date: due_date?, lines, split })
}

fn year(year: i64, at: At<'_>, context: &mut Context<'_>) -> Option<Period> {
    let span = i32::try_from(year).ok().filter(|year| (1..=9998).contains(year)).and_then(calendar_year);
    if span.is_none() {
        context.invalid(at, Text::fixed("年度应在 1 至 9998 之间", "the year must be between 1 and 9998"), None);
    }
    span
}

fn check_transfer_date(request: &Request<'_>, year: Option<Period>, context: &mut Context<'_>) {
    let at = At::ROOT.field("transfer_date");
    match (request.transfer_mode, request.transfer_date) {
        (TransferMode::Competitive, None) => context.unknown(
            at,
            Text::fixed(
                "竞争出让的收益率按出让日的矿种目录确定，请填写合同签订日 transfer_date",
                "for a competitive grant the rate is that of the transfer date: give transfer_date",
            ),
            Some(measures("8(2)")),
        ),
        (_, Some(date)) if year.is_some_and(|year| date > year.to()) => sold_before_transfer(context),
        _ => {}
    }
}

/// Sales before the contract was signed are levied like the others: the return says so (interpretation 004).
fn sold_before_transfer(context: &mut Context<'_>) {
    context.warn(
        WarningCode::Assumed,
        Text::fixed(
            "有销售早于出让日（合同签订日），仍按该合同的出让方式和出让日计算",
            "there are sales before the transfer date (the signing of the contract): they were levied by that contract",
        ),
        Some(measures("8(2)")),
    );
}

fn location_rules<'b>(
    request: &Request<'_>,
    (year, due_date): (Option<Period>, Option<NaiveDate>),
    context: &mut Context<'b>,
) -> Option<Option<revenue_split::Treasuries<'b>>> {
    let location = request.location.as_ref()?;
    // Without a due date the request is refused; the location is read all the same, by the end of the year.
    let paid_on = match (request.paid_on, due_date.or(year.map(Period::to))) {
        (Some(day), _) => (At::ROOT.field("paid_on"), day),
        (None, Some(day)) => (At::ROOT.field("year"), day),
        (None, None) => return Some(None),
    };
    let at = At::ROOT.field("location");
    Some(revenue_split::treasuries(at, location, paid_on, Some(IncomePart::Rate), context))
}

/// Everything about a line that does not depend on the other lines.
fn prepare<'b>(
    at: At<'_>,
    (index, line): (usize, &Line<'_>),
    whole: &Return<'b, '_>,
    context: &mut Context<'b>,
) -> Option<Prepared> {
    sales::check_line(at, line, context);
    let reduction = line.reduction.map(|reduction| reduction.read(at.field("reduction"), context));
    if line.period.is_some() {
        context.invalid(
            at.field("period"),
            Text::fixed(
                "年度申报按销售日期填写，period 只用于欠缴清算",
                "a return has no period: it is for arrears only",
            ),
            None,
        );
    }
    let numbers = Numbers::read(at, line, context);
    let temperature = context.optional_quantity(at.field("temperature_c"), line.temperature_c, Celsius::new);
    let time = sale_time(at, line, whole, context);
    let day = rate_day(line, time, whole, context);
    // What a name stands for is asked of the catalogue that would levy it.
    let named_on = day.date.or(line.sold_on).or(whole.year.map(Period::to));
    let mineral = context.mineral_on(at.field("mineral"), line.mineral, named_on.unwrap_or_default());
    if let (Some(mineral), true) = (mineral, whole.request.combine_as.is_some()) {
        check_combinable(at.field("mineral"), mineral, context);
    }
    let time = time?;
    let condition = match whole.combined {
        Some((main, place)) => Condition { mineral: main, place: line.place.or(place), temperature },
        None => Condition { mineral: mineral?, place: line.place, temperature },
    };
    let (row, rate) = rate(at, (line, time), &day, &condition, whole, context)?;
    // A combined line is levied by the row of the main mineral.
    let levied =
        Levied { sold: Sold { mineral: condition.mineral, time, division: whole.division, number: index + 1 }, row };
    let levy_revenue = sales::levy_revenue(at, (line, &numbers), &levied, context);
    let reduction = match reduction {
        Some(own) => Some(own?),
        None => whole.reduction,
    };
    Some(Prepared { mineral: mineral?, rate: rate?, levy_revenue: levy_revenue?, reduction })
}

/// The day of sale within the year, or the year itself where nothing hangs on the day. A faulty day gives the span that
/// the sale may have been in; `None` when there is none.
fn sale_time(at: At<'_>, line: &Line<'_>, whole: &Return<'_, '_>, context: &mut Context<'_>) -> Option<SaleTime> {
    let book = context.book();
    let subject = Text::fixed(
        "征收办法（2023-05-01 以前的销售按欠缴清算 /v1/calculations/arrears）",
        "the measures (sales before 2023-05-01 are arrears: /v1/calculations/arrears)",
    );
    let field = at.field("sold_on");
    let year = whole.year?;
    let in_force = book.catalogue.at(year.to()).is_ok();
    let first = book.catalogue.entries().first()?.version.effective_from;
    let faulty = Period::new(year.from().max(first), year.to()).ok().filter(|_| in_force).map(SaleTime::Faulty);
    let Some(day) = line.sold_on else {
        if sales::hangs_on_day(at, SaleTime::Within(year), &book.catalogue, |_| Some(()), context) {
            return faulty;
        }
        if !in_force {
            context.not_in_force(At::ROOT.field("year"), &book.catalogue, year.to(), subject);
            return None;
        }
        return Some(SaleTime::Within(year));
    };
    if !year.contains(day) {
        let year = year.from().year();
        context.invalid(
            field,
            text!("销售日期不在 {year} 年度内", "the day of sale is outside the year {year}"),
            Some(measures("24")),
        );
        return faulty;
    }
    if book.catalogue.at(day).is_err() {
        context.not_in_force(field, &book.catalogue, day, subject);
        return faulty;
    }
    if whole.request.transfer_date.is_some_and(|transfer| day < transfer) {
        sold_before_transfer(context);
    }
    Some(SaleTime::On(day))
}

/// The catalogue that a line is levied by.
struct RateDay {
    /// Its day; none while the day of sale is open.
    date: Option<NaiveDate>,
    basis: RateBasis,
    /// Whether the rate is that of the contract.
    follows_contract: bool,
}

/// Which day's catalogue counts. Everything that is missing for that is reported; then the catalogue of the day of sale
/// stands in, so that the rest of the line is looked at all the same.
fn rate_day(line: &Line<'_>, time: Option<SaleTime>, whole: &Return<'_, '_>, context: &mut Context<'_>) -> RateDay {
    let request = whole.request;
    let (basis, follows_contract) = basis_of(line, request);
    let sold = RateDay { date: time.map(SaleTime::representative), basis, follows_contract };
    if basis == RateBasis::AtSale {
        return sold;
    }
    let Some(date) = request.transfer_date else {
        // Reported once for the return where the mode itself asks for it.
        if request.transfer_mode == TransferMode::Agreement {
            context.unknown(
                At::ROOT.field("transfer_date"),
                Text::fixed(
                    "按出让时收益率征收的，请填写 transfer_date",
                    "a line at the rate of the transfer needs transfer_date",
                ),
                Some(measures("8(2)")),
            );
        }
        return sold;
    };
    if context.book().catalogue.at(date).is_ok() {
        return RateDay { date: Some(date), ..sold };
    }
    // A contract fixes the rate; row and levy object are those of the day of sale.
    if !follows_contract {
        context.unknown(
            At::ROOT.field("contract_rate_percent"),
            Text::fixed(
                "出让日没有生效的矿种目录，请填写合同约定的收益率",
                "no catalogue was in force on the transfer date: give the rate of the contract",
            ),
            Some(measures("8(2)")),
        );
    }
    sold
}

/// The rate basis of a line, whether it names it or takes that of the return, and whether its rate is the contract's.
fn basis_of(line: &Line<'_>, request: &Request<'_>) -> (RateBasis, bool) {
    let basis = line.rate_basis.unwrap_or_else(|| request.transfer_mode.rate_basis());
    let follows_contract =
        request.contract_rate_percent.is_some() && (basis == RateBasis::AtTransfer || line.rate_basis.is_none());
    (basis, follows_contract)
}

/// What a rate hangs on besides the date.
struct Condition {
    mineral: MineralId,
    place: Option<Place>,
    temperature: Option<Celsius>,
}

/// The row that levies the line and its rate. The row is known even where the rate is not, so that the revenue can still
/// be checked.
fn rate<'b>(
    at: At<'_>,
    (line, time): (&Line<'_>, SaleTime),
    day: &RateDay,
    condition: &Condition,
    whole: &Return<'b, '_>,
    context: &mut Context<'b>,
) -> Option<(&'b Row, Option<Percent>)> {
    let book = context.book();
    if day.basis == RateBasis::AtSale {
        let of = |catalogue: &Catalogue| match catalogue.levy(&book.minerals, condition.mineral) {
            Ok(Levy::ByRate(row)) => Some((
                row.levy_object.code(),
                row.rate(condition.place, condition.temperature).ok().map(Percent::value),
            )),
            _ => None,
        };
        if sales::hangs_on_day(at, time, &book.catalogue, of, context) {
            return None;
        }
    }
    let subject = Text::fixed("矿种目录", "the catalogue");
    // On a day of transfer that counts there is one.
    let catalogue = context.in_force(at.field("sold_on"), &book.catalogue, day.date?, subject)?;
    let row = row_of(at, condition.mineral, &catalogue.value, context)?;
    let of_catalogue = row.rate(condition.place, condition.temperature);
    if day.follows_contract {
        let Some(contract) = whole.contract_rate else { return Some((row, None)) };
        if let Ok(percent) = of_catalogue
            && percent != contract
        {
            contract_differs(contract, Some(percent), context);
        }
        context.rests_on_caller("contract_rate_percent");
        rate_step(contract, row, None, context);
        return Some((row, Some(contract)));
    }
    Some((row, fixed_rate(at, line, row, of_catalogue, &catalogue.version, context)))
}

fn row_of<'b>(at: At<'_>, mineral: MineralId, catalogue: &'b Catalogue, context: &mut Context<'b>) -> Option<&'b Row> {
    match context.levy(at.field("mineral"), catalogue, mineral)? {
        Levy::ByRate(row) => Some(row),
        Levy::ByAmount => {
            context.fault(
                at.field("mineral"),
                Code::LevyMethodMismatch,
                Text::fixed(
                    "该矿种不在矿种目录内，按出让金额形式征收，没有逐年征收的部分",
                    "the mineral is outside the catalogue: it is levied by amount and has no annual part",
                ),
                Some(measures("11(1)")),
            );
            None
        }
    }
}

/// The rate of a row, or the condition that it still needs.
pub(super) fn fixed_rate<'b>(
    at: At<'_>,
    line: &Line<'_>,
    row: &'b Row,
    rate: Result<Percent, RateError>,
    version: &'b Version,
    context: &mut Context<'b>,
) -> Option<Percent> {
    match rate {
        Ok(percent) => {
            rate_step(percent, row, Some(version), context);
            Some(percent)
        }
        Err(RateError::PlaceNeeded) => {
            context.fault(
                at.field("place"),
                Code::ConditionMissing,
                Text::fixed("收益率区分陆域和海域，请填写 place", "the rate differs on land and at sea: give place"),
                Some(measures("annex row 1")),
            );
            None
        }
        // A faulty temperature was reported as such.
        Err(RateError::TemperatureNeeded) if line.temperature_c.is_some() => None,
        Err(RateError::TemperatureNeeded) => {
            sales::temperature_needed(at, context);
            None
        }
    }
}

/// `income = round(levy revenue × rate % × (1 − reduction %))`.
pub(super) fn levy(
    at: At<'_>,
    mineral: MineralId,
    (levy_revenue, rate, reduction): (Yuan, Percent, Option<Percent>),
    context: &mut Context<'_>,
) -> Option<LineIncome> {
    let full = Exact::from(levy_revenue).times(rate.fraction());
    let exact = match reduction {
        Some(percent) => full.times(percent.complement()),
        None => full,
    };
    let income = context.computed(at, to_fen(&exact))?;
    context.step(|| {
        let mut inputs = inputs!["levy_revenue" => levy_revenue, "rate_percent" => rate.value()];
        let (formula, law) = match reduction {
            Some(percent) => {
                inputs.extend(inputs!["reduction_percent" => percent.value()]);
                ("round2(levy_revenue * rate_percent / 100 * (1 - reduction_percent / 100))", measures("20"))
            }
            None => ("round2(levy_revenue * rate_percent / 100)", measures("8(2)")),
        };
        Step {
            rule: "annual-income.line",
            law,
            formula: formula.into(),
            inputs,
            result: income.into(),
            rounding: Some("half_up_fen"),
            version: None,
        }
    });
    Some(LineIncome { mineral, rate_percent: rate, levy_revenue, income })
}

/// The sum of the lines.
pub(super) fn total(at: At<'_>, lines: &[LineIncome], context: &mut Context<'_>) -> Option<Yuan> {
    let income = context.computed(at, Yuan::sum(lines.iter().map(|line| line.income)))?;
    context.step(|| {
        let (inputs, formula) = summands("income", lines.iter().map(|line| line.income.into()));
        Step {
            rule: "annual-income.total",
            law: measures("8(2)"),
            formula: formula.into(),
            result: Value::from(income),
            rounding: None,
            version: None,
            inputs,
        }
    });
    Some(income)
}

/// The minerals of article 17, by their codes.
pub(super) const COMBINABLE: [&str; 4] = ["petroleum", "natural_gas", "shale_gas", "coalbed_methane"];

fn main_mineral(name: &str, day: Option<NaiveDate>, context: &mut Context<'_>) -> Option<MineralId> {
    let at = At::ROOT.field("combine_as");
    let mineral = context.mineral_on(at, name, day.unwrap_or_default())?;
    check_combinable(at, mineral, context).map(|()| mineral)
}

fn check_combinable(at: At<'_>, mineral: MineralId, context: &mut Context<'_>) -> Option<()> {
    if COMBINABLE.contains(&context.book().minerals.code(mineral)) {
        return Some(());
    }
    context.invalid(
        at,
        Text::fixed(
            "只有石油、天然气、页岩气、煤层气相互增列时合并计算",
            "only petroleum, natural gas, shale gas and coal-bed methane are combined",
        ),
        Some(measures("17")),
    );
    None
}

/// All lines are of one place and one rate basis, without reductions of their own.
fn check_combination(request: &Request<'_>, context: &mut Context<'_>) {
    let list = At::ROOT.field("lines");
    let place = request.lines.iter().find_map(|line| line.place);
    let basis = request.lines.first().map(|line| basis_of(line, request));
    for (index, line) in request.lines.iter().enumerate() {
        let at = list.item(index);
        let mut refuse = |name: &'static str, detail: Text| {
            context.invalid(at.field(name), detail, Some(measures("17")));
        };
        if line.reduction.is_some() {
            refuse(
                "reduction",
                Text::fixed("合并计算时减缴只能对整个申报", "with combine_as a reduction is of the whole return"),
            );
        }
        if Some(basis_of(line, request)) != basis {
            refuse(
                "rate_basis",
                Text::fixed("合并计算的各行应适用同一收益率基准", "combined lines have one rate basis"),
            );
        }
        if line.place.is_some() && line.place != place {
            refuse(
                "place",
                Text::fixed("合并计算的各行应在同一地点（陆域或海域）", "combined lines are of one place, land or sea"),
            );
        }
    }
}

/// Article 17: the levy revenues are added and levied once, at the rate of the main mineral.
fn combine(
    main: MineralId,
    lines: &[Prepared],
    whole: &Return<'_, '_>,
    context: &mut Context<'_>,
) -> Option<LineIncome> {
    let list = At::ROOT.field("lines");
    let rate = lines.first()?.rate;
    if let Some(other) = lines.iter().position(|line| line.rate != rate) {
        context.invalid(
            list.item(other).field("sold_on"),
            Text::fixed(
                "各行销售日的主矿种收益率不同，不能合并为一行；请分别申报",
                "the main mineral's rate differs between the days of sale: declare them separately",
            ),
            Some(measures("17")),
        );
        return None;
    }
    let revenue = context.computed(list, Yuan::sum(lines.iter().map(|line| line.levy_revenue)))?;
    context.step(|| {
        let (inputs, formula) = summands("levy_revenue", lines.iter().map(|line| line.levy_revenue.into()));
        Step {
            rule: "annual-income.combined-revenue",
            law: measures("17"),
            formula: formula.into(),
            result: Value::from(revenue),
            rounding: None,
            version: None,
            inputs,
        }
    });
    levy(list, main, (revenue, rate, whole.reduction), context)
}
