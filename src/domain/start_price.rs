//! Starting price (起始价): 财综〔2023〕10号 art. 10, 自然资发〔2023〕166号; outside the catalogue the joint notice of 2026.
//!
//! `starting price = standard (万元/km²) × geology coefficient × exploration-stage coefficient × area (km²)`, × 10 000 to
//! yuan, rounded as the province publishes it. Oil and gas: standard × area.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::benchmark::BenchmarkValue;
use super::catalogue::Levy;
use super::context::{Context, Sign};
use super::error::{At, Code, Text};
use super::exact::Exact;
use super::explain::{Step, WarningCode};
use super::law::{Law, cite, measures};
use super::mineral::{MineralId, Minerals};
use super::money::Yuan;
use super::place::{Division, Place};
use super::quantity::{AreaKm2, Coefficient, Number, StandardWanPerKm2};
use super::rate_book::{OutsideStartingPrice, Parameter, StartingPriceStandard, Version};
use super::rounding::{PriceRounding, to_published_price};
use super::timeline::Dated;
use super::transfer_income::AppraisedValue;
use crate::inputs;

/// A starting price (起始价) in yuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StartingPrice(Yuan);

impl StartingPrice {
    /// The amount out of a request.
    pub fn read(at: At<'_>, number: Number, context: &mut Context<'_>) -> Option<StartingPrice> {
        context.money(at, number, Sign::NotNegative).map(StartingPrice)
    }

    /// The higher of the appraised and the benchmark value (joint notice of 2026, minerals outside the catalogue).
    pub fn higher_of(appraised: AppraisedValue, benchmark: BenchmarkValue) -> StartingPrice {
        StartingPrice(appraised.yuan().max(benchmark.yuan()))
    }

    /// The amount.
    pub fn yuan(self) -> Yuan {
        self.0
    }
}

/// Exploration or mining right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// 探矿权.
    Exploration,
    /// 采矿权.
    Mining,
}

/// Class of the geological conditions (成矿地质条件); it follows the genetic type of the deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Geology {
    /// 简单型.
    Simple,
    /// 中等型.
    Medium,
    /// 复杂型.
    Complex,
}

/// Stage of exploration (勘查工作程度).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// 空白.
    Blank,
    /// 普查.
    General,
    /// 详查.
    Detailed,
    /// 勘探.
    Advanced,
}

/// What the caller supplies in the place of the data.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parameters {
    /// 万元 per km².
    pub standard_wan_per_km2: Option<Number>,
    /// Factor for the geological conditions.
    pub geology_coefficient: Option<Number>,
    /// Factor for the stage.
    pub stage_coefficient: Option<Number>,
    /// How the price is rounded.
    pub rounding: Option<PriceRounding>,
}

/// A right whose starting price is asked for.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// The day whose rules count.
    pub as_of: NaiveDate,
    /// Division code or name.
    pub province: Option<&'r str>,
    /// Code or name.
    pub mineral: &'r str,
    /// Exploration or mining.
    pub right: Right,
    /// Needed unless the coefficient is supplied.
    pub geology: Option<Geology>,
    /// Needed for an exploration right unless the coefficient is supplied.
    pub stage: Option<Stage>,
    /// The area.
    pub area_km2: Number,
    /// Land or sea, for oil and gas.
    pub place: Option<Place>,
    /// What the caller supplies.
    pub parameters: Parameters,
    /// Outside the catalogue from the joint notice of 2026 on.
    pub appraised_value: Option<Number>,
    /// The same.
    pub benchmark_value: Option<Number>,
}

/// The factors of a starting price by the formula.
#[derive(Clone, Copy, Debug)]
pub struct Factors {
    /// 万元 per km².
    pub standard: StandardWanPerKm2,
    /// Geology and stage; none for oil and gas.
    pub coefficients: Option<(Coefficient, Coefficient)>,
}

/// A starting price.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The price.
    pub starting_price: StartingPrice,
    /// In yuan, before rounding, exact.
    pub unrounded: Exact,
    /// The factors; none where the price is the higher of two values.
    pub factors: Option<Factors>,
    /// How it was rounded.
    pub rounding: PriceRounding,
}

/// A value with the citation and the version behind it, when it came from the data.
struct Sourced<'b, T> {
    value: T,
    source: Option<(Law<'b>, &'b Version)>,
}

/// The starting price of a right (art. 10).
pub fn starting_price<'b>(request: &Request<'_>, context: &mut Context<'b>) -> Option<Outcome> {
    let book = context.book();
    let mineral_at = At::ROOT.field("mineral");
    let mineral = context.mineral_on(mineral_at, request.mineral, request.as_of);
    let area = context.quantity(At::ROOT.field("area_km2"), request.area_km2, AreaKm2::new);
    // With an unknown province what is national is still looked at.
    let division = request.province.and_then(|name| context.division(At::ROOT.field("province"), name));
    let supplied = Supplied::read(request, context);
    let values = Values::read(request, context);
    let oil_gas =
        mineral.is_some_and(|mineral| is_oil_or_gas(&book.minerals, book.starting_price_standard.entries(), mineral));
    let stage = if oil_gas { Some(request.stage) } else { stage(request, context) };
    let mineral = mineral?;
    let complete = request.parameters.standard_wan_per_km2.is_some()
        && (oil_gas
            || request.parameters.geology_coefficient.is_some() && request.parameters.stage_coefficient.is_some());
    if !complete {
        let subject = Text::fixed("矿种目录", "the catalogue");
        context.in_force(At::ROOT.field("as_of"), &book.catalogue, request.as_of, subject);
        let catalogue = book.catalogue.nearest(request.as_of)?;
        if let Levy::ByAmount = context.levy(mineral_at, &catalogue.value, mineral)? {
            return outside(request.as_of, &values, context).filter(|_| context.is_sound());
        }
    }
    if values.is_given() {
        context.warn(
            WarningCode::NotUsed,
            Text::fixed(
                "评估值与基准价测算值不参与该矿种的起始价计算",
                "appraised and benchmark value have no part in the starting price of this mineral",
            ),
            Some(measures("10")),
        );
    }
    let standard = standard(request, mineral, division, supplied.standard, context);
    let coefficients = coefficients(request, (oil_gas, stage), &supplied, context);
    let rounding = rounding(request, division, complete, context);
    let (area, standard, coefficients, rounding) = (area?, standard?, coefficients?, rounding?);
    if !context.is_sound() {
        return None;
    }
    finish(area, standard, coefficients, rounding, context)
}

/// The numbers that the caller supplied, checked.
struct Supplied {
    standard: Option<StandardWanPerKm2>,
    geology: Option<Coefficient>,
    stage: Option<Coefficient>,
}

impl Supplied {
    fn read(request: &Request<'_>, context: &mut Context<'_>) -> Supplied {
        let parameters = At::ROOT.field("parameters");
        let given = request.parameters;
        let standard = context.optional_quantity(
            parameters.field("standard_wan_per_km2"),
            given.standard_wan_per_km2,
            StandardWanPerKm2::new,
        );
        let geology = context.optional_quantity(
            parameters.field("geology_coefficient"),
            given.geology_coefficient,
            Coefficient::new,
        );
        let stage =
            context.optional_quantity(parameters.field("stage_coefficient"), given.stage_coefficient, Coefficient::new);
        Supplied { standard, geology, stage }
    }
}

/// Appraised and benchmark value of the request: whether each was given, and its value if it is sound.
struct Values {
    given: [bool; 2],
    appraised: Option<AppraisedValue>,
    benchmark: Option<BenchmarkValue>,
}

impl Values {
    fn read(request: &Request<'_>, context: &mut Context<'_>) -> Values {
        let appraised_at = At::ROOT.field("appraised_value");
        let benchmark_at = At::ROOT.field("benchmark_value");
        Values {
            given: [request.appraised_value.is_some(), request.benchmark_value.is_some()],
            appraised: request.appraised_value.and_then(|number| AppraisedValue::read(appraised_at, number, context)),
            benchmark: request.benchmark_value.and_then(|number| BenchmarkValue::read(benchmark_at, number, context)),
        }
    }

    fn is_given(&self) -> bool {
        self.given.contains(&true)
    }
}

fn is_oil_or_gas(minerals: &Minerals, standards: &[Dated<StartingPriceStandard>], mineral: MineralId) -> bool {
    standards.iter().any(|dated| minerals.is_among(mineral, &dated.value.oil_gas_minerals))
}

/// The stage whose coefficient counts. A directly granted mining right takes that of 勘探 (annex 1, note 2), whatever the
/// mineral; the outer `None` is a fault.
fn stage(request: &Request<'_>, context: &mut Context<'_>) -> Option<Option<Stage>> {
    match (request.right, request.stage) {
        (Right::Mining, Some(Stage::Advanced) | None) => Some(Some(Stage::Advanced)),
        (Right::Mining, Some(_)) => {
            context.invalid(
                At::ROOT.field("stage"),
                Text::fixed(
                    "直接出让采矿权采用勘探阶段调整系数，stage 应为 advanced",
                    "a directly granted mining right takes the coefficient of stage `advanced`",
                ),
                Some(cite("zrzf-2023-166", "annex 1")),
            );
            None
        }
        (Right::Exploration, stage) => Some(stage),
    }
}

/// A mineral outside the catalogue without standard and coefficients of the caller's own.
fn outside<'b>(as_of: NaiveDate, values: &Values, context: &mut Context<'b>) -> Option<Outcome> {
    let book = context.book();
    let subject = Text::fixed("征收方式规定", "the rule on levy methods");
    let rule = context.in_force(At::ROOT.field("as_of"), &book.levy, as_of, subject)?;
    let parameter = &rule.value.outside_starting_price;
    match parameter.value {
        OutsideStartingPrice::Undefined => {
            context.fault(
                At::ROOT.field("mineral"),
                Code::LevyMethodMismatch,
                Text::fixed(
                    "起始价标准适用于矿种目录内的矿种；目录外矿种请在 parameters 中给出标准和两个系数",
                    "the standard is for minerals levied by rate; for a mineral outside the catalogue supply the standard \
                     and both coefficients in parameters",
                ),
                Some(measures("10")),
            );
            None
        }
        OutsideStartingPrice::HigherOfAppraisedAndBenchmark => {
            for (given, name) in values.given.into_iter().zip(["appraised_value", "benchmark_value"]) {
                if !given {
                    context.unknown(
                        At::ROOT.field(name),
                        Text::fixed(
                            "目录外矿种的起始价为评估值与基准价测算值的较高者，两者均须给出",
                            "outside the catalogue the starting price is the higher of appraised and benchmark value: \
                             both are needed",
                        ),
                        Some(parameter.law()),
                    );
                }
            }
            let (appraised, benchmark) = (values.appraised?, values.benchmark?);
            context.rests_on(parameter);
            let price = StartingPrice::higher_of(appraised, benchmark);
            context.step(|| Step {
                rule: "starting-price.outside",
                law: parameter.law(),
                formula: "max(appraised_value, benchmark_value)".into(),
                inputs: inputs!["appraised_value" => appraised.yuan(), "benchmark_value" => benchmark.yuan()],
                result: price.yuan().into(),
                rounding: None,
                version: Some(&rule.version),
            });
            Some(Outcome {
                starting_price: price,
                unrounded: Exact::from(price.yuan()),
                factors: None,
                rounding: PriceRounding::Fen,
            })
        }
    }
}

/// The standard: the caller's, else the province's, else the national one.
fn standard<'b>(
    request: &Request<'_>,
    mineral: MineralId,
    division: Option<&'b Division>,
    supplied: Option<StandardWanPerKm2>,
    context: &mut Context<'b>,
) -> Option<Sourced<'b, StandardWanPerKm2>> {
    let book = context.book();
    if request.parameters.standard_wan_per_km2.is_some() {
        context.rests_on_caller("standard_wan_per_km2");
        return Some(Sourced { value: supplied?, source: None });
    }
    let as_of = At::ROOT.field("as_of");
    let subject = Text::fixed("起始价标准", "the starting-price standard");
    let national = context.in_force(as_of, &book.starting_price_standard, request.as_of, subject)?;
    let sourced = |parameter: &'b Parameter<StandardWanPerKm2>, version: &'b Version, context: &mut Context<'b>| {
        context.uses(version);
        let value = *context.rests_on(parameter);
        Some(Sourced { value, source: Some((parameter.law(), version)) })
    };
    let missing = |context: &mut Context<'b>, detail: Text| {
        context.unknown(
            At::ROOT.field("parameters").field("standard_wan_per_km2"),
            detail,
            Some(cite("zrzf-2023-166", "一")),
        );
    };
    if book.minerals.is_among(mineral, &national.value.oil_gas_minerals) {
        let mut known =
            national.value.oil_gas.iter().filter(|(of, _, _)| book.minerals.is_among(mineral, of)).peekable();
        // Where no standard is at hand for either place, the place would not help.
        if request.place.is_none() && known.peek().is_some() {
            context.fault(
                At::ROOT.field("place"),
                Code::ConditionMissing,
                Text::fixed(
                    "油气矿产的起始价标准区分陆域和海域，请填写 place",
                    "for oil and gas name the place: land or sea",
                ),
                Some(cite("zrzf-2023-166", "二")),
            );
            return None;
        }
        let found = known.find(|(_, of, _)| request.place == Some(*of)).map(|(_, _, parameter)| parameter);
        return match found {
            Some(parameter) => sourced(parameter, &national.version, context),
            None => {
                missing(
                    context,
                    Text::fixed(
                        "附件2中该矿种或该海域的标准未取得，请在 parameters 中给出",
                        "the standard of annex 2 for this mineral or place is not at hand: supply it in parameters",
                    ),
                );
                None
            }
        };
    }
    if book.minerals.is_among(mineral, &national.value.fixed_minerals) {
        missing(
            context,
            Text::fixed(
                "稀土、放射性矿产的起始价标准由附件1统一规定，尚未取得，请在 parameters 中给出",
                "the standard for rare earth and radioactive minerals is fixed by annex 1 and is not at hand: supply it in \
                 parameters",
            ),
        );
        return None;
    }
    let provincial = division
        .and_then(|division| book.provincial(&division.code, request.as_of, |rules| &rules.starting_price_standard));
    match provincial {
        Some(dated) => sourced(&dated.value, &dated.version, context),
        None => {
            context.warn(
                WarningCode::Assumed,
                Text::fixed(
                    "没有该省当日的起始价标准，采用国家参考值",
                    "no standard of the province is at hand on that day: the national reference was used",
                ),
                Some(cite("zrzf-2023-166", "一")),
            );
            sourced(&national.value.general, &national.version, context)
        }
    }
}

type Coefficients<'b> = Option<[Sourced<'b, Coefficient>; 2]>;

/// Geology and stage: the caller's, else the national ones. `Some(None)` for oil and gas, which have none.
fn coefficients<'b>(
    request: &Request<'_>,
    (oil_gas, stage): (bool, Option<Option<Stage>>),
    supplied: &Supplied,
    context: &mut Context<'b>,
) -> Option<Coefficients<'b>> {
    let parameters = At::ROOT.field("parameters");
    if oil_gas {
        let given = [
            (At::ROOT.field("geology"), request.geology.is_some()),
            (At::ROOT.field("stage"), request.stage.is_some()),
            (parameters.field("geology_coefficient"), request.parameters.geology_coefficient.is_some()),
            (parameters.field("stage_coefficient"), request.parameters.stage_coefficient.is_some()),
        ];
        for (at, _) in given.into_iter().filter(|(_, given)| *given) {
            context.invalid(
                at,
                Text::fixed("油气矿产的起始价不乘系数", "the starting price of oil and gas has no coefficients"),
                Some(cite("zrzf-2023-166", "二")),
            );
        }
        context.warn(
            WarningCode::Reading,
            Text::fixed("油气矿产：起始价＝标准×面积", "oil and gas: starting price = standard × area"),
            Some(cite("zrzf-2023-166", "二")),
        );
        return Some(None);
    }
    let geology = factor(
        (parameters.field("geology_coefficient"), request.parameters.geology_coefficient, supplied.geology),
        (At::ROOT.field("geology"), request.geology.map(|geology| geology as usize)),
        |table| &table.geology,
        request.as_of,
        context,
    );
    let stage = stage.and_then(|stage| {
        factor(
            (parameters.field("stage_coefficient"), request.parameters.stage_coefficient, supplied.stage),
            (At::ROOT.field("stage"), stage.map(|stage| stage as usize)),
            |table| &table.stage,
            request.as_of,
            context,
        )
    });
    Some(Some([geology?, stage?]))
}

fn factor<'b>(
    (supplied_at, given, supplied): (At<'_>, Option<Number>, Option<Coefficient>),
    (class_at, class): (At<'_>, Option<usize>),
    column: impl Fn(&'b super::rate_book::StartingPriceCoefficient) -> &'b [Parameter<Coefficient>],
    as_of: NaiveDate,
    context: &mut Context<'b>,
) -> Option<Sourced<'b, Coefficient>> {
    let book = context.book();
    if given.is_some() {
        let pointer = supplied_at.pointer();
        context.rests_on_caller(pointer.rsplit('/').next().unwrap_or_default());
        return Some(Sourced { value: supplied?, source: None });
    }
    let Some(class) = class else {
        context.unknown(
            class_at,
            Text::fixed("请填写该项，或在 parameters 中给出系数", "name it, or supply the coefficient in parameters"),
            Some(cite("zrzf-2023-166", "annex 1")),
        );
        return None;
    };
    let subject = Text::fixed("起始价调整系数", "the starting-price coefficients");
    let dated = context.in_force(At::ROOT.field("as_of"), &book.starting_price_coefficient, as_of, subject)?;
    let parameter = column(&dated.value).get(class)?;
    let value = *context.rests_on(parameter);
    Some(Sourced { value, source: Some((parameter.law(), &dated.version)) })
}

/// The rounding: the caller's, else the province's, else to the fen.
fn rounding<'b>(
    request: &Request<'_>,
    division: Option<&'b Division>,
    complete: bool,
    context: &mut Context<'b>,
) -> Option<Sourced<'b, PriceRounding>> {
    let book = context.book();
    if let Some(rounding) = request.parameters.rounding {
        context.rests_on_caller("rounding");
        return Some(Sourced { value: rounding, source: None });
    }
    let provincial = division
        .and_then(|division| book.provincial(&division.code, request.as_of, |rules| &rules.starting_price_rounding));
    let dated = match provincial {
        Some(dated) => dated,
        None => match book.starting_price_rounding.at(request.as_of) {
            Ok(dated) => dated,
            // With everything else supplied the price is computed on any date; money is in fen without any rule.
            Err(_) if complete => return Some(Sourced { value: PriceRounding::Fen, source: None }),
            Err(_) => {
                let subject = Text::fixed("起始价取整规定", "the rounding of starting prices");
                context.not_in_force(At::ROOT.field("as_of"), &book.starting_price_rounding, request.as_of, subject);
                return None;
            }
        },
    };
    context.uses(&dated.version);
    let value = *context.rests_on(&dated.value);
    Some(Sourced { value, source: Some((dated.value.law(), &dated.version)) })
}

fn finish<'b>(
    area: AreaKm2,
    standard: Sourced<'b, StandardWanPerKm2>,
    coefficients: Coefficients<'b>,
    rounding: Sourced<'b, PriceRounding>,
    context: &mut Context<'b>,
) -> Option<Outcome> {
    let (rounding, rounding_version) = (rounding.value, rounding.source.map(|(_, version)| version));
    let wan = Decimal::from(10_000);
    let mut unrounded = Exact::from(standard.value).times(area).times(wan);
    if let Some(pair) = &coefficients {
        unrounded = pair.iter().fold(unrounded, |product, factor| product.times(factor.value));
    }
    let price = context.computed(At::ROOT.field("area_km2"), to_published_price(&unrounded, rounding))?;
    let named = coefficients.iter().flatten().zip(["geology_coefficient", "stage_coefficient"]);
    let choices = std::iter::once(("standard_wan_per_km2", standard.value.value(), standard.source.clone()))
        .chain(named.map(|(factor, name)| (name, factor.value.value(), factor.source.clone())));
    for (name, value, source) in choices {
        if let Some((law, version)) = source {
            context.step(|| Step {
                rule: match name {
                    "standard_wan_per_km2" => "starting-price.standard",
                    "geology_coefficient" => "starting-price.geology",
                    _ => "starting-price.stage",
                },
                law,
                formula: name.into(),
                inputs: inputs![name => value],
                result: value.into(),
                rounding: None,
                version: Some(version),
            });
        }
    }
    let factors = |formula_end: &'static str| {
        let mut inputs = inputs!["standard_wan_per_km2" => standard.value.value()];
        let mut formula = "standard_wan_per_km2".to_owned();
        if let Some([geology, stage]) = &coefficients {
            formula.push_str(" * geology_coefficient * stage_coefficient");
            inputs.extend(inputs![
                "geology_coefficient" => geology.value.value(),
                "stage_coefficient" => stage.value.value(),
            ]);
        }
        inputs.extend(inputs!["area_km2" => area.value()]);
        formula.push_str(formula_end);
        (formula, inputs)
    };
    context.step(|| {
        let (formula, inputs) = factors(" * area_km2 * 10000");
        Step {
            rule: "starting-price.unrounded",
            law: cite("zrzf-2023-166", if coefficients.is_some() { "一" } else { "二" }),
            formula: formula.into(),
            inputs,
            result: unrounded.clone().into(),
            rounding: None,
            version: None,
        }
    });
    context.step(|| {
        let (unit, direction) = rounding.formula_unit();
        Step {
            rule: "starting-price.price",
            law: measures("10"),
            formula: format!("round_unit(unrounded, unit, {direction})").into(),
            inputs: inputs!["unrounded" => unrounded.clone(), "unit" => unit],
            result: price.into(),
            rounding: Some(rounding.code()),
            version: rounding_version,
        }
    });
    Some(Outcome {
        starting_price: StartingPrice(price),
        unrounded,
        factors: Some(Factors {
            standard: standard.value,
            coefficients: coefficients.map(|[geology, stage]| (geology.value, stage.value)),
        }),
        rounding,
    })
}
