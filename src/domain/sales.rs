//! Sales revenue (矿产品销售收入): 财综〔2023〕10号 art. 9, 自然资发〔2024〕173号. Shared by the annual part and the arrears.
//!
//! A line is one mineral and one product. It states its revenue in exactly one way; where the product is not the levy
//! object, a conversion coefficient makes it levy revenue.

use chrono::NaiveDate;

use super::catalogue::{LevyObject, Row};
use super::context::{Context, Sign};
use super::dates::Period;
use super::error::{At, Code, Text};
use super::exact::Exact;
use super::explain::{Step, WarningCode};
use super::law::{cite, measures};
use super::mineral::MineralId;
use super::money::Yuan;
use super::place::{Division, Place};
use super::quantity::{Celsius, Coefficient, Number, Percent, Quantity, UnitPrice};
use super::rate_book::{ApprovedPrice, Conversion, ConversionTable, Parameter, RateBook, Version};
use super::rounding::to_fen;
use super::timeline::{Dated, Timeline};
use super::transfer_income::{RateBasis, Reduction};
use crate::{inputs, text};

/// What was sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// 原矿产品: as extracted.
    RawOre,
    /// 选矿产品: concentrate, or processed raw ore.
    Concentrate,
    /// Anything further processed.
    Other,
}

/// Where a price comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceBasis {
    /// What the buyer paid.
    Actual,
    /// The public price of the like product, where there was none.
    Public,
}

/// One mineral and one product of a return.
#[derive(Clone, Debug)]
pub struct Line<'r> {
    /// Code or name.
    pub mineral: &'r str,
    /// What was sold.
    pub product: Product,
    /// Revenue without VAT.
    pub revenue: Option<Number>,
    /// Revenue with VAT; goes with `vat_percent`.
    pub gross_revenue: Option<Number>,
    /// The VAT in it.
    pub vat_percent: Option<Number>,
    /// Quantity sold; goes with `unit_price`.
    pub quantity: Option<Number>,
    /// Yuan per unit without VAT.
    pub unit_price: Option<Number>,
    /// Volume extracted, for geothermal water and mineral water.
    pub volume_m3: Option<Number>,
    /// Approved price per cubic metre without VAT; comes before the province's.
    pub approved_price: Option<Number>,
    /// The day the money or the proof of claim was received; for a deemed sale the transfer of ownership.
    pub sold_on: Option<NaiveDate>,
    /// First and last day of the sales, for arrears.
    pub period: Option<(NaiveDate, NaiveDate)>,
    /// Land or sea.
    pub place: Option<Place>,
    /// Temperature of geothermal water.
    pub temperature_c: Option<Number>,
    /// Converts the product into the levy object; comes before the province's.
    pub conversion_coefficient: Option<Number>,
    /// Which catalogue counts, where it is not the return's.
    pub rate_basis: Option<RateBasis>,
    /// Kind of deemed sale.
    pub deemed_sale: Option<&'r str>,
    /// Where the price comes from.
    pub price_basis: Option<PriceBasis>,
    /// The line's own reduction; overrides the return's.
    pub reduction: Option<Reduction<'r>>,
}

impl<'r> Line<'r> {
    /// A line that says no more than what was sold; the rest is to be filled in.
    pub const fn of(mineral: &'r str, product: Product) -> Self {
        Line {
            mineral,
            product,
            revenue: None,
            gross_revenue: None,
            vat_percent: None,
            quantity: None,
            unit_price: None,
            volume_m3: None,
            approved_price: None,
            sold_on: None,
            period: None,
            place: None,
            temperature_c: None,
            conversion_coefficient: None,
            rate_basis: None,
            deemed_sale: None,
            price_basis: None,
            reduction: None,
        }
    }
}

/// When the sale was: on a known day, or some time within a span.
#[derive(Clone, Copy, Debug)]
pub enum SaleTime {
    /// On this day.
    On(NaiveDate),
    /// On some day, or on several days, of this span.
    Within(Period),
    /// On some day of this span, which the request should have named and did not, or not rightly. That was reported; the
    /// rest of the line is still looked at.
    Faulty(Period),
}

impl SaleTime {
    /// A day that stands for the sale: the day itself, or the last of the span.
    pub fn representative(self) -> NaiveDate {
        match self {
            SaleTime::On(day) => day,
            SaleTime::Within(period) | SaleTime::Faulty(period) => period.to(),
        }
    }

    /// The days that the sale may have been on: the first and the last.
    fn span(self) -> (NaiveDate, NaiveDate) {
        match self {
            SaleTime::On(day) => (day, day),
            SaleTime::Within(period) | SaleTime::Faulty(period) => (period.from(), period.to()),
        }
    }
}

/// Which sale a line states, before anything is levied on it.
#[derive(Clone, Copy, Debug)]
pub struct Sold<'b> {
    /// Its mineral.
    pub mineral: MineralId,
    /// When it was sold.
    pub time: SaleTime,
    /// The division whose tables count.
    pub division: Option<&'b Division>,
    /// The line's number from 1, for the names in formulas and warnings.
    pub number: usize,
}

/// What a line is levied on.
#[derive(Clone, Copy, Debug)]
pub struct Levied<'b> {
    /// The sale; its mineral is the one whose row levies it.
    pub sold: Sold<'b>,
    /// Its row of the catalogue.
    pub row: &'b Row,
}

/// Whether what a timeline says of the line differs between the days that the sale may have been on. Then the day is asked
/// for, unless it was already reported as faulty.
pub fn hangs_on_day<T, K: PartialEq>(
    at: At<'_>,
    time: SaleTime,
    timeline: &Timeline<T>,
    part: impl Fn(&T) -> Option<K>,
    context: &mut Context<'_>,
) -> bool {
    let (from, to) = time.span();
    let changes = RateBook::changes_within(timeline, from, to, part);
    if changes && matches!(time, SaleTime::Within(_)) {
        day_of_sale_needed(at, context);
    }
    changes
}

/// Reports that the day of sale is needed because a parameter of the line changes within the span.
pub fn day_of_sale_needed(at: At<'_>, context: &mut Context<'_>) {
    context.fault(
        at.field("sold_on"),
        Code::ConditionMissing,
        Text::fixed(
            "该年度内本行适用的参数有变化，请填写销售日期 sold_on",
            "a parameter of this line changes within the year: give the day of sale, sold_on",
        ),
        Some(measures("8(2)")),
    );
}

/// The ways in which a line may state its revenue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Net,
    Gross,
    Quantity,
    Volume,
}

/// Checks the parts of a line that do not need its mineral: every fault in them is reported even when the mineral is
/// unknown.
pub fn check_line(at: At<'_>, line: &Line<'_>, context: &mut Context<'_>) {
    if let Some(kind) = line.deemed_sale {
        let known = context
            .book()
            .deemed_sales
            .iter()
            .any(|sale| sale.code == kind || sale.zh == kind || sale.en.eq_ignore_ascii_case(kind));
        if kind.trim().is_empty() {
            context.invalid(
                at.field("deemed_sale"),
                Text::fixed("请填写视同销售的类型", "name the kind of deemed sale"),
                Some(cite("zrzf-2024-173", "视同销售")),
            );
        } else if !known {
            let kind = kind.to_owned();
            context.warn(
                WarningCode::Assumed,
                text!(
                    "“{kind}”不在列举的视同销售类型中，按“等”计入销售收入",
                    "“{kind}” is not among the kinds listed and was counted as one “and the like”"
                ),
                Some(cite("zrzf-2024-173", "视同销售")),
            );
        }
    }
    if line.price_basis == Some(PriceBasis::Public) {
        context.warn(
            WarningCode::Assumed,
            Text::fixed(
                "没有实际价格的，按同类产品的公开价格计算",
                "without an actual price the public price of the like product was used",
            ),
            Some(cite("zrzf-2024-173", "公开价格")),
        );
    }
}

/// The numbers of a line, each checked on its own, so that a faulty one is reported whatever else is wrong with the line.
/// `None` is a number that was left out or is faulty.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    form: Option<Form>,
    revenue: Option<Yuan>,
    gross_revenue: Option<Yuan>,
    vat_percent: Option<Percent>,
    quantity: Option<Quantity>,
    unit_price: Option<UnitPrice>,
    volume_m3: Option<Quantity>,
    approved_price: Option<UnitPrice>,
    conversion_coefficient: Option<Coefficient>,
}

impl Numbers {
    /// Reads the numbers of a line and the way in which it states its revenue.
    pub fn read(at: At<'_>, line: &Line<'_>, context: &mut Context<'_>) -> Numbers {
        let sign = Sign::NotNegative;
        Numbers {
            form: form(at, line, context),
            revenue: context.optional_money(at.field("revenue"), line.revenue, sign),
            gross_revenue: context.optional_money(at.field("gross_revenue"), line.gross_revenue, sign),
            vat_percent: context.optional_quantity(at.field("vat_percent"), line.vat_percent, Percent::new),
            quantity: context.optional_quantity(at.field("quantity"), line.quantity, Quantity::new),
            unit_price: context.optional_quantity(at.field("unit_price"), line.unit_price, UnitPrice::new),
            volume_m3: context.optional_quantity(at.field("volume_m3"), line.volume_m3, Quantity::new),
            approved_price: context.optional_quantity(at.field("approved_price"), line.approved_price, UnitPrice::new),
            conversion_coefficient: context.optional_quantity(
                at.field("conversion_coefficient"),
                line.conversion_coefficient,
                Coefficient::new,
            ),
        }
    }
}

/// The levy revenue of a line: its revenue without VAT, converted to the levy object.
pub fn levy_revenue<'b>(
    at: At<'_>,
    (line, numbers): (&Line<'_>, &Numbers),
    levied: &Levied<'b>,
    context: &mut Context<'b>,
) -> Option<Yuan> {
    let volume = check_volume_rule(at, numbers.form, &levied.sold, context);
    let coefficient = conversion(at, (line, numbers), levied, context);
    let revenue = volume.and_then(|()| revenue(at, (line, numbers), &levied.sold, context));
    let (revenue, coefficient) = (revenue?, coefficient?);
    let Some((factor, source)) = coefficient else { return Some(revenue) };
    let converted = context.computed(at, to_fen(&Exact::from(revenue).times(factor)))?;
    context.step(|| Step {
        rule: "sales.conversion",
        law: source.map_or(cite("zrzf-2024-173", "折算系数"), |(parameter, _)| parameter.law()),
        formula: "round2(revenue * conversion_coefficient)".into(),
        inputs: inputs!["revenue" => revenue, "conversion_coefficient" => factor.value()],
        result: converted.into(),
        rounding: Some("half_up_fen"),
        version: source.map(|(_, version)| version),
    });
    Some(converted)
}

/// The revenue of a line without VAT, before any conversion, whether or not the mineral is levied on it (art. 9).
pub fn sales_revenue<'b>(at: At<'_>, line: &Line<'_>, sold: &Sold<'b>, context: &mut Context<'b>) -> Option<Yuan> {
    let numbers = Numbers::read(at, line, context);
    check_volume_rule(at, numbers.form, sold, context)?;
    revenue(at, (line, &numbers), sold, context)
}

fn form(at: At<'_>, line: &Line<'_>, context: &mut Context<'_>) -> Option<Form> {
    let given = [
        (Form::Net, "revenue", line.revenue.is_some()),
        (Form::Gross, "gross_revenue", line.gross_revenue.is_some() || line.vat_percent.is_some()),
        (Form::Quantity, "quantity", line.quantity.is_some() || line.unit_price.is_some()),
        (Form::Volume, "volume_m3", line.volume_m3.is_some() || line.approved_price.is_some()),
    ];
    let mut chosen = given.into_iter().filter(|(_, _, given)| *given);
    let law = Some(measures("9"));
    let Some((form, name, _)) = chosen.next() else {
        context.invalid(
            at,
            Text::fixed(
                "请填写销售收入：revenue，或 gross_revenue 与 vat_percent，或 quantity 与 unit_price，或 volume_m3",
                "state the revenue: revenue, or gross_revenue with vat_percent, or quantity with unit_price, or volume_m3",
            ),
            law,
        );
        return None;
    };
    if let Some((_, other, _)) = chosen.next() {
        context.invalid(
            at.field(other),
            text!(
                "销售收入只能以一种方式填写，已有 {name}",
                "state the revenue in one way only: {name} is there already"
            ),
            law,
        );
        return None;
    }
    let parts: &[(&str, bool)] = match form {
        Form::Net => &[],
        Form::Gross => &[("gross_revenue", line.gross_revenue.is_some()), ("vat_percent", line.vat_percent.is_some())],
        Form::Quantity => &[("quantity", line.quantity.is_some()), ("unit_price", line.unit_price.is_some())],
        // The approved price may be the province's.
        Form::Volume => &[("volume_m3", line.volume_m3.is_some())],
    };
    for (name, _) in parts.iter().filter(|(_, given)| !given) {
        context.unknown(at.field(name), Text::fixed("请同时填写该项", "give this value as well"), law.clone());
    }
    Some(form)
}

/// Geothermal and mineral water always by volume from 2024-09-03; groundwater may; nothing else (173号).
fn check_volume_rule(at: At<'_>, form: Option<Form>, sold: &Sold<'_>, context: &mut Context<'_>) -> Option<()> {
    let form = form?;
    let book = context.book();
    let named = |of: &Parameter<Vec<MineralId>>| book.minerals.is_among(sold.mineral, &of.value);
    let law = Some(cite("zrzf-2024-173", "地热、矿泉水"));
    if form == Form::Volume {
        // The minerals are the same on every day; only the duty to use the volume has a first day.
        let mut rules = book.sales.entries().iter().map(|dated| &dated.value);
        if !rules.any(|rule| named(&rule.volume_required) || named(&rule.volume_allowed)) {
            context.invalid(
                at.field("volume_m3"),
                Text::fixed(
                    "只有地热、矿泉水（及地下水）按取水量计算",
                    "only geothermal water, mineral water and groundwater are levied on volume",
                ),
                law,
            );
            return None;
        }
        if let Ok(dated) = book.sales.at(sold.time.representative()) {
            let rule = &dated.value;
            let parameter = if named(&rule.volume_required) { &rule.volume_required } else { &rule.volume_allowed };
            context.uses(&dated.version);
            context.rests_on(parameter);
        }
        return Some(());
    }
    // Where the day of sale is open and the duty begins within the span, the revenue is accepted as it is.
    if let Ok(dated) = book.sales.at(sold.time.span().0)
        && named(&dated.value.volume_required)
    {
        context.uses(&dated.version);
        context.invalid(
            at,
            Text::fixed(
                "地热、矿泉水按实际取水量乘以核定价格计算，请填写 volume_m3",
                "geothermal and mineral water are levied on the volume extracted times the approved price: give volume_m3",
            ),
            law,
        );
        return None;
    }
    Some(())
}

fn revenue<'b>(
    at: At<'_>,
    (line, numbers): (&Line<'_>, &Numbers),
    sold: &Sold<'b>,
    context: &mut Context<'b>,
) -> Option<Yuan> {
    match numbers.form? {
        Form::Net => numbers.revenue,
        Form::Gross => {
            let (gross, vat) = (numbers.gross_revenue?, numbers.vat_percent?);
            let exact = Exact::from(gross).divided_by(vat.fraction().plus(1))?;
            product(
                at,
                (&exact, "round2(gross_revenue / (1 + vat_percent / 100))"),
                || inputs!["gross_revenue" => gross, "vat_percent" => vat.value()],
                None,
                context,
            )
        }
        Form::Quantity => {
            let (quantity, price) = (numbers.quantity?, numbers.unit_price?);
            product(
                at,
                (&Exact::from(quantity).times(price), "round2(quantity * unit_price)"),
                || inputs!["quantity" => quantity.value(), "unit_price" => price.value()],
                None,
                context,
            )
        }
        Form::Volume => {
            let price = approved_price(at, (line, numbers), sold, context);
            let (volume, (price, source)) = (numbers.volume_m3?, price?);
            product(
                at,
                (&Exact::from(volume).times(price), "round2(volume_m3 * approved_price)"),
                || inputs!["volume_m3" => volume.value(), "approved_price" => price.value()],
                source,
                context,
            )
        }
    }
}

fn product<'b>(
    at: At<'_>,
    (exact, formula): (&Exact, &'static str),
    inputs: impl FnOnce() -> Vec<super::explain::Input>,
    version: Option<&'b Version>,
    context: &mut Context<'b>,
) -> Option<Yuan> {
    let revenue = context.computed(at, to_fen(exact))?;
    context.step(|| Step {
        rule: "sales.revenue",
        law: measures("9"),
        formula: formula.into(),
        inputs: inputs(),
        result: revenue.into(),
        rounding: Some("half_up_fen"),
        version,
    });
    Some(revenue)
}

/// The approved price: the caller's, else the province's for the mineral and the temperature.
fn approved_price<'b>(
    at: At<'_>,
    (line, numbers): (&Line<'_>, &Numbers),
    sold: &Sold<'b>,
    context: &mut Context<'b>,
) -> Option<(UnitPrice, Option<&'b Version>)> {
    let field = at.field("approved_price");
    if line.approved_price.is_some() {
        let price = numbers.approved_price?;
        context.rests_on_caller(&format!("lines[{}].approved_price", sold.number - 1));
        return Some((price, None));
    }
    // A faulty temperature is reported where the rate is looked up.
    let temperature = match line.temperature_c {
        Some(Number::Exactly(value)) => Celsius::new(value).ok(),
        _ => None,
    };
    let any = |price: &ApprovedPrice| price.at_least.is_none() && price.below.is_none();
    let timeline = sold
        .division
        .and_then(|division| context.book().provincial_timeline(&division.code, |rules| &rules.approved_price));
    let (from, to) = sold.time.span();
    let mut prices = timeline.iter().flat_map(|timeline| timeline.over(from, to)).flatten().flat_map(|it| &it.value);
    if temperature.is_none() && prices.any(|price| price.mineral == sold.mineral && !any(price)) {
        if line.temperature_c.is_none() {
            temperature_needed(at, context);
        }
        return None;
    }
    let applies = |price: &&ApprovedPrice| {
        price.mineral == sold.mineral
            && (any(price)
                || temperature.is_some_and(|t| {
                    price.at_least.is_none_or(|low| low <= t) && price.below.is_none_or(|high| t < high)
                }))
    };
    let price_of = |table: &Vec<ApprovedPrice>| table.iter().find(&applies).map(|price| price.price.value);
    if timeline.is_some_and(|timeline| hangs_on_day(at, sold.time, timeline, price_of, context)) {
        return None;
    }
    let dated = timeline.and_then(|timeline| timeline.at(sold.time.representative()).ok());
    let found = dated.and_then(|dated: &'b Dated<Vec<ApprovedPrice>>| {
        dated.value.iter().find(&applies).map(|price| (&price.price, &*dated.version))
    });
    let Some((parameter, version)) = found else {
        context.unknown(
            field,
            Text::fixed(
                "没有可用的核定价格，请填写 approved_price",
                "no approved price is at hand: give approved_price",
            ),
            Some(cite("zrzf-2024-173", "地热、矿泉水")),
        );
        return None;
    };
    context.uses(version);
    Some((*context.rests_on(parameter), Some(version)))
}

/// Reports that the temperature is needed: for the rate (row 7 of the catalogue) or for the approved price.
pub fn temperature_needed(at: At<'_>, context: &mut Context<'_>) {
    context.fault(
        at.field("temperature_c"),
        Code::ConditionMissing,
        Text::fixed(
            "收益率随温度而定，请填写 temperature_c",
            "the rate depends on the temperature: give temperature_c",
        ),
        Some(measures("annex row 7")),
    );
}

/// A coefficient with the table behind it, when it is not the caller's.
type Factor<'b> = (Coefficient, Option<(&'b Parameter<Coefficient>, &'b Version)>);

/// The coefficient that a table has for the first of a mineral and its groups.
fn coefficient_of<'t>(
    table: &'t ConversionTable,
    kin: &[MineralId],
    direction: Option<Conversion>,
) -> Option<&'t Parameter<Coefficient>> {
    kin.iter().find_map(|mineral| {
        let entry = table.coefficients.iter().find(|(of, way, _)| of == mineral && Some(*way) == direction);
        entry.map(|(_, _, parameter)| parameter)
    })
}

/// The conversion coefficient of a line. `Some(None)`: the product is the levy object, nothing is converted.
fn conversion<'b>(
    at: At<'_>,
    (line, numbers): (&Line<'_>, &Numbers),
    levied: &Levied<'b>,
    context: &mut Context<'b>,
) -> Option<Option<Factor<'b>>> {
    let field = at.field("conversion_coefficient");
    let given = match line.conversion_coefficient {
        Some(_) => Some(numbers.conversion_coefficient?),
        None => None,
    };
    let law = Some(cite("zrzf-2024-173", "折算系数"));
    let direction = match (levied.row.levy_object, line.product) {
        (LevyObject::NotStated, _) => {
            let name = context.book().minerals.get(levied.sold.mineral).map_or("", |mineral| mineral.name_zh());
            let row = levied.row.number;
            context.warn(
                WarningCode::NotStatedLevyObject,
                text!(
                    "矿种目录第 {row} 行（{name}）未载明计征对象，按销售收入计算，不作折算",
                    "row {row} of the catalogue ({name}) names no levy object: the revenue was taken as it is, without \
                     conversion"
                ),
                Some(measures("annex")),
            );
            return Some(None);
        }
        (LevyObject::RawOre, Product::RawOre) | (LevyObject::Concentrate, Product::Concentrate) => {
            if given.is_some() {
                context.invalid(
                    field,
                    Text::fixed(
                        "产品即计征对象，不应折算",
                        "the product is the levy object: no conversion coefficient applies",
                    ),
                    law,
                );
                return None;
            }
            return Some(None);
        }
        (LevyObject::Concentrate, Product::RawOre) => Some(Conversion::RawToConcentrate),
        (LevyObject::RawOre, Product::Concentrate) => Some(Conversion::ConcentrateToRaw),
        (LevyObject::RawOre | LevyObject::Concentrate, Product::Other) => None,
    };
    if let Some(factor) = given {
        context.rests_on_caller(&format!("lines[{}].conversion_coefficient", levied.sold.number - 1));
        return Some(Some((factor, None)));
    }
    let book = context.book();
    let kin: Vec<MineralId> = book.minerals.with_groups(levied.sold.mineral).collect();
    let timeline =
        levied.sold.division.and_then(|division| book.provincial_timeline(&division.code, |rules| &rules.conversion));
    let value_of = |table: &ConversionTable| coefficient_of(table, &kin, direction).map(|found| found.value.value());
    if timeline.is_some_and(|timeline| hangs_on_day(at, levied.sold.time, timeline, value_of, context)) {
        return None;
    }
    let dated = timeline.and_then(|timeline| timeline.at(levied.sold.time.representative()).ok());
    let Some((parameter, version)) =
        dated.and_then(|dated| coefficient_of(&dated.value, &kin, direction).map(|found| (found, &*dated.version)))
    else {
        context.fault(
            field,
            Code::ConversionCoefficientMissing,
            Text::fixed(
                "产品不是计征对象，须有折算系数：该省当日没有公布的系数，请填写 conversion_coefficient",
                "the product is not the levy object and no coefficient of the province is at hand on that day: give \
                 conversion_coefficient",
            ),
            law,
        );
        return None;
    };
    context.uses(version);
    Some(Some((*context.rests_on(parameter), Some((parameter, version)))))
}
