//! Levy method and price part at the grant: 财综〔2023〕10号 arts 7, 8, 11, 14, 20; the joint notice of 2026; the trading
//! rules 自然资规〔2023〕1号 （二十）; the reserve-price notice of 2026.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::benchmark::BenchmarkValue;
use super::catalogue::{Levy, LevyMethod, Rate, Row};
use super::context::{Context, Sign};
use super::error::{At, Code, Text};
use super::exact::Exact;
use super::explain::{Step, WarningCode};
use super::law::{cite, measures};
use super::money::Yuan;
use super::place::Place;
use super::quantity::{Celsius, Number, Percent, Quantity, Years};
use super::rate_book::{AgreementPrice, LevyRule, OutsideStartingPrice, Version};
use super::rounding::to_fen;
use super::start_price::StartingPrice;
use super::timeline::Dated;
use crate::{inputs, text};

/// An appraised value (评估值) in yuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AppraisedValue(Yuan);

impl AppraisedValue {
    /// The amount out of a request.
    pub fn read(at: At<'_>, number: Number, context: &mut Context<'_>) -> Option<AppraisedValue> {
        context.money(at, number, Sign::NotNegative).map(AppraisedValue)
    }

    /// The amount.
    pub fn yuan(self) -> Yuan {
        self.0
    }
}

/// A transaction price (成交价) in yuan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TransactionPrice(Yuan);

impl TransactionPrice {
    /// The amount out of a request.
    pub fn read(at: At<'_>, number: Number, context: &mut Context<'_>) -> Option<TransactionPrice> {
        context.money(at, number, Sign::NotNegative).map(TransactionPrice)
    }

    /// The amount.
    pub fn yuan(self) -> Yuan {
        self.0
    }
}

/// How the right is granted (出让方式, art. 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferMode {
    /// 竞争出让.
    Competitive,
    /// 协议出让.
    Agreement,
}

/// Form of the competition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Competition {
    /// 招标.
    Tender,
    /// 拍卖.
    Auction,
    /// 挂牌.
    Listing,
}

/// Highest stage of exploration that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StageCompleted {
    /// Less than 普查.
    None,
    /// 普查; for oil and gas 圈闭预探.
    General,
    /// 详查.
    Detailed,
    /// 勘探.
    Advanced,
}

/// Which catalogue the annual rate is of (art. 8(2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RateBasis {
    /// The one in force on the transfer date.
    AtTransfer,
    /// The one in force when the product is sold.
    AtSale,
}

impl TransferMode {
    /// The basis that the mode has unless something else says otherwise (art. 8(2)).
    pub fn rate_basis(self) -> RateBasis {
        match self {
            TransferMode::Competitive => RateBasis::AtTransfer,
            TransferMode::Agreement => RateBasis::AtSale,
        }
    }
}

/// A reduction for comprehensive use (art. 20).
#[derive(Clone, Copy, Debug)]
pub struct Reduction<'r> {
    /// Above 0, at most 100.
    pub percent: Number,
    /// Number of the approval.
    pub approval: &'r str,
}

impl Reduction<'_> {
    /// The percentage, with every fault of the reduction reported.
    pub fn read(&self, at: At<'_>, context: &mut Context<'_>) -> Option<Percent> {
        if self.approval.trim().is_empty() {
            context.invalid(
                at.field("approval"),
                Text::fixed("减缴须经批准，请填写批准文号", "a reduction needs an approval: give its number"),
                Some(measures("20")),
            );
        }
        context.quantity(at.field("percent"), self.percent, Percent::part)
    }
}

/// A grant.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// The transfer date: the signing of the contract.
    pub as_of: NaiveDate,
    /// Code or name.
    pub mineral: &'r str,
    /// Competitive or by agreement.
    pub transfer_mode: TransferMode,
    /// The price that the competition found.
    pub transaction_price: Option<Number>,
    /// The starting price.
    pub starting_price: Option<Number>,
    /// The appraised value.
    pub appraised_value: Option<Number>,
    /// The benchmark value.
    pub benchmark_value: Option<Number>,
    /// Whether state money went into the exploration (lapsed commercial exploration counts).
    pub state_funded_exploration: Option<bool>,
    /// What is complete.
    pub stage_completed: Option<StageCompleted>,
    /// Land or sea; may be open at the grant.
    pub place: Option<Place>,
    /// Temperature; may be open at the grant.
    pub temperature_c: Option<Number>,
    /// Form of the competition, a listing unless said.
    pub competition: Option<Competition>,
    /// The reserve price.
    pub reserve_price: Option<Number>,
    /// The rate that the contract states.
    pub contract_rate_percent: Option<Number>,
    /// Years that the appraisal covers.
    pub appraisal_years: Option<Years>,
    /// Reduction of the price.
    pub reduction: Option<Reduction<'r>>,
}

/// The annual part that follows.
#[derive(Clone, Debug)]
pub struct Annual {
    /// Which catalogue counts.
    pub rate_basis: RateBasis,
    /// The rate, or all rates while place or temperature is open.
    pub rate: AnnualRate,
}

/// A rate, or the choice that is still open.
#[derive(Clone, Debug)]
pub enum AnnualRate {
    /// One rate.
    Fixed(Percent),
    /// Place or temperature is not known yet.
    Open(Vec<Rate>),
}

/// Levy method and price part.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// By rate or by amount.
    pub levy_method: LevyMethod,
    /// What is due at the grant.
    pub price_part: Yuan,
    /// Whether it may be paid in instalments.
    pub divisible: bool,
    /// The annual part, in the catalogue.
    pub annual: Option<Annual>,
}

/// The money that a request names, each in its own type; none where it was left out or is faulty.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Amounts {
    pub(super) transaction: Option<TransactionPrice>,
    pub(super) starting: Option<StartingPrice>,
    pub(super) appraised: Option<AppraisedValue>,
    pub(super) benchmark: Option<BenchmarkValue>,
    pub(super) reserve: Option<Yuan>,
}

/// What decides on the price of a grant, whether it was asked for by itself or in an assessment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'t, 'b> {
    /// The object of the request that holds the amounts.
    pub(super) at: At<'t>,
    /// The transfer date.
    pub(super) date: NaiveDate,
    /// By rate or by amount.
    pub(super) method: LevyMethod,
    /// Form of the competition, a listing unless said.
    pub(super) competition: Option<Competition>,
    /// The rule on the price part on the transfer date.
    pub(super) rule: &'b Dated<LevyRule>,
    /// The amounts.
    pub(super) amounts: Amounts,
}

/// Levy method, price part and annual part of a grant (arts 7, 8, 11).
pub fn transfer_income<'b>(request: &Request<'_>, context: &mut Context<'b>) -> Option<Outcome> {
    let book = context.book();
    let mineral_at = At::ROOT.field("mineral");
    let amounts = Amounts {
        transaction: request
            .transaction_price
            .and_then(|number| TransactionPrice::read(At::ROOT.field("transaction_price"), number, context)),
        starting: request
            .starting_price
            .and_then(|number| StartingPrice::read(At::ROOT.field("starting_price"), number, context)),
        appraised: request
            .appraised_value
            .and_then(|number| AppraisedValue::read(At::ROOT.field("appraised_value"), number, context)),
        benchmark: request
            .benchmark_value
            .and_then(|number| BenchmarkValue::read(At::ROOT.field("benchmark_value"), number, context)),
        reserve: context.optional_money(At::ROOT.field("reserve_price"), request.reserve_price, Sign::NotNegative),
    };
    let temperature = context.optional_quantity(At::ROOT.field("temperature_c"), request.temperature_c, Celsius::new);
    let contract_rate = context.optional_quantity(
        At::ROOT.field("contract_rate_percent"),
        request.contract_rate_percent,
        Percent::part,
    );
    let reduction = request.reduction.map(|reduction| reduction.read(At::ROOT.field("reduction"), context));
    // A day before the measures is refused; what they say of the appraisal is still held against the request.
    let appraised_on = book.appraisal.nearest(request.as_of).map(|rule| rule.version.effective_from.max(request.as_of));
    let appraised_on = appraised_on.unwrap_or(request.as_of);
    check_appraisal_years(At::ROOT.field("appraisal_years"), request.appraisal_years, appraised_on, context);
    let as_of = At::ROOT.field("as_of");
    let catalogue = context.in_force(as_of, &book.catalogue, request.as_of, Text::fixed("矿种目录", "the catalogue"));
    let rule =
        context.in_force(as_of, &book.levy, request.as_of, Text::fixed("征收方式规定", "the rule on levy methods"));
    let mineral = context.mineral_on(mineral_at, request.mineral, request.as_of);
    let (mineral, catalogue, rule) = (mineral?, catalogue?, rule?);
    let levy = context.levy(mineral_at, &catalogue.value, mineral)?;
    let terms = Terms {
        at: At::ROOT,
        date: request.as_of,
        method: levy.method(),
        competition: request.competition,
        rule,
        amounts,
    };
    let price = match request.transfer_mode {
        TransferMode::Competitive => competitive_price(request, &terms, context),
        TransferMode::Agreement => agreement_price(request, &terms, context),
    };
    let annual = match levy {
        Levy::ByRate(row) => {
            let known = Known { place: request.place, temperature, contract_rate };
            Some(annual(request.transfer_mode.rate_basis(), row, &known, &catalogue.version, context))
        }
        Levy::ByAmount => {
            if request.contract_rate_percent.is_some() {
                not_used("contract_rate_percent", context);
            }
            None
        }
    };
    let price = price?;
    let price_part = match reduction {
        Some(percent) => reduced(price, percent?, context)?,
        None => price,
    };
    if request.transfer_mode == TransferMode::Agreement {
        check_agreed_price(&terms, price_part, context);
    }
    Some(Outcome { levy_method: levy.method(), price_part, divisible: levy.method() == LevyMethod::Amount, annual })
}

/// Warns that a field of the request has no part in the result.
pub(super) fn not_used(name: &'static str, context: &mut Context<'_>) {
    context.warn(WarningCode::NotUsed, text!("{name} 没有用到", "{name} has no part in the result"), None);
}

/// An appraisal covers at most thirty years (art. 14).
pub(super) fn check_appraisal_years(at: At<'_>, years: Option<Years>, date: NaiveDate, context: &mut Context<'_>) {
    let Some(years) = context.optional_quantity(at, years.map(|Years(number)| number), Quantity::new) else { return };
    let book = context.book();
    let Ok(rule) = book.appraisal.at(date) else { return };
    context.uses(&rule.version);
    let most = *context.rests_on(&rule.value.max_years);
    if years.value() > most {
        context.invalid(
            at,
            text!("评估期限最长不超过 {most} 年", "an appraisal covers at most {most} years"),
            Some(rule.value.max_years.law()),
        );
    }
}

fn competitive_price<'b>(request: &Request<'_>, terms: &Terms<'_, 'b>, context: &mut Context<'b>) -> Option<Yuan> {
    if request.transaction_price.is_none() {
        context.unknown(
            At::ROOT.field("transaction_price"),
            Text::fixed("竞争出让请填写成交价", "a competitive grant needs the transaction price"),
            Some(price_law(terms.method)),
        );
    }
    if !has_defined_starting_price(terms) {
        for (name, given) in [
            ("appraised_value", terms.amounts.appraised.is_some()),
            ("benchmark_value", terms.amounts.benchmark.is_some()),
        ] {
            if given {
                not_used(name, context);
            }
        }
    }
    // A reserve price comes before the starting price: one that could not be read was reported and leaves the floor open.
    let sound = request.reserve_price.is_some() == terms.amounts.reserve.is_some();
    let price = by_competition(terms, context);
    check_floor(terms, price.filter(|_| sound), context);
    price
}

/// The article behind the price part.
pub fn price_law(method: LevyMethod) -> super::law::Law<'static> {
    match method {
        LevyMethod::Rate => measures("8(2)"),
        LevyMethod::Amount => measures("11(2)"),
    }
}

/// The price that the competition found (arts 8(2), 11(2)); none where it is not known.
pub(super) fn by_competition<'b>(terms: &Terms<'_, 'b>, context: &mut Context<'b>) -> Option<Yuan> {
    let price = terms.amounts.transaction?.yuan();
    context.step(|| Step {
        rule: "transfer-income.price.competitive",
        law: price_law(terms.method),
        formula: "transaction_price".into(),
        inputs: inputs!["transaction_price" => price],
        result: price.into(),
        rounding: None,
        version: Some(&terms.rule.version),
    });
    Some(price)
}

/// Whether appraised and benchmark value make the starting price: outside the catalogue, by the joint notice of 2026.
pub(super) fn has_defined_starting_price(terms: &Terms<'_, '_>) -> bool {
    terms.method == LevyMethod::Amount
        && terms.rule.value.outside_starting_price.value == OutsideStartingPrice::HigherOfAppraisedAndBenchmark
        && terms.amounts.appraised.is_some()
        && terms.amounts.benchmark.is_some()
}

/// The starting price to compare with: the given one; for a mineral outside the catalogue from the joint notice of 2026 on
/// also the higher of appraised and benchmark value.
fn starting_price_to_meet<'b>(terms: &Terms<'_, 'b>, context: &mut Context<'b>) -> Option<StartingPrice> {
    let Amounts { starting: given, appraised, benchmark, .. } = terms.amounts;
    if !has_defined_starting_price(terms) {
        return given;
    }
    let parameter = &terms.rule.value.outside_starting_price;
    context.rests_on(parameter);
    let starting = StartingPrice::higher_of(appraised?, benchmark?);
    if given.is_some_and(|given| given != starting) {
        let amount = starting.yuan();
        context.invalid(
            terms.at.field("starting_price"),
            text!(
                "目录外矿种的起始价应为评估值与基准价测算值的较高者 {amount} 元",
                "outside the catalogue the starting price is the higher of appraised and benchmark value: {amount}"
            ),
            Some(parameter.law()),
        );
    }
    Some(starting)
}

/// A price below the reserve price, or without one below the starting price, is no deal ((二十)); a tender only warns.
pub(super) fn check_floor<'b>(terms: &Terms<'_, 'b>, price: Option<Yuan>, context: &mut Context<'b>) {
    let book = context.book();
    let reserve = terms.amounts.reserve;
    let starting = starting_price_to_meet(terms, context).map(StartingPrice::yuan);
    let Some(price) = price else { return };
    if let (Some(reserve), Some(starting)) = (reserve, starting)
        && reserve < starting
        && let Ok(rule) = book.reserve_price.at(terms.date)
    {
        context.uses(&rule.version);
        context.warn(
            WarningCode::ReserveBelowStarting,
            text!(
                "底价 {reserve} 元低于起始价 {starting} 元",
                "the reserve price {reserve} is below the starting price {starting}"
            ),
            Some(cite("reserve-price-2026", "底价")),
        );
    }
    let (floor, code) = match (reserve, starting) {
        (Some(reserve), _) => (reserve, Code::BelowReservePrice),
        (None, Some(starting)) => (starting, Code::BelowStartingPrice),
        (None, None) => return,
    };
    if price >= floor {
        return;
    }
    let law = cite("zrzg-2023-1", "（二十）");
    let Ok(rule) = book.trading.at(terms.date) else {
        context.warn(
            WarningCode::Assumed,
            text!(
                "成交价低于 {floor} 元；当日没有生效的交易规则，未作不成交处理",
                "the price is below {floor}; no trading rules are in force on that day, so it was not refused"
            ),
            None,
        );
        return;
    };
    context.uses(&rule.version);
    if terms.competition == Some(Competition::Tender) {
        context.warn(
            WarningCode::TenderBelowFloor,
            text!("中标价低于 {floor} 元", "the tender closed below {floor}"),
            Some(law),
        );
        return;
    }
    let detail = match code {
        Code::BelowReservePrice => text!(
            "成交价 {price} 元低于底价 {floor} 元，不成交",
            "the price {price} is below the reserve price {floor}: no deal"
        ),
        _ => text!(
            "成交价 {price} 元低于起始价 {floor} 元，不成交",
            "the price {price} is below the starting price {floor}: no deal"
        ),
    };
    context.fault(terms.at.field("transaction_price"), code, detail, Some(law));
}

fn agreement_price<'b>(request: &Request<'_>, terms: &Terms<'_, 'b>, context: &mut Context<'b>) -> Option<Yuan> {
    for (name, given) in
        [("reserve_price", request.reserve_price.is_some()), ("competition", request.competition.is_some())]
    {
        if given {
            not_used(name, context);
        }
    }
    let price = match terms.method {
        LevyMethod::Amount => {
            if request.starting_price.is_some() {
                not_used("starting_price", context);
            }
            let given = [request.appraised_value.is_some(), request.benchmark_value.is_some()];
            for (given, name) in given.into_iter().zip(["appraised_value", "benchmark_value"]) {
                if !given {
                    context.unknown(
                        At::ROOT.field(name),
                        Text::fixed(
                            "协议出让按评估值与基准价测算值就高确定，两者均须给出",
                            "by agreement it is the higher of appraised and benchmark value: both are needed",
                        ),
                        Some(measures("11(2)")),
                    );
                }
            }
            higher_value(terms.amounts.appraised?, terms.amounts.benchmark?, &terms.rule.version, context)
        }
        LevyMethod::Rate => {
            if request.benchmark_value.is_some() {
                not_used("benchmark_value", context);
            }
            match agreement_basis(request, terms.rule, context)? {
                AgreementPrice::StartingPrice => {
                    if request.appraised_value.is_some() {
                        not_used("appraised_value", context);
                    }
                    if request.starting_price.is_none() {
                        context.unknown(
                            At::ROOT.field("starting_price"),
                            Text::fixed(
                                "协议出让的成交价按起始价确定，请填写起始价",
                                "by agreement the price is the starting price: give it",
                            ),
                            Some(measures("8(2)")),
                        );
                    }
                    at_starting_price(terms, context)?
                }
                AgreementPrice::AppraisedValue => {
                    if request.starting_price.is_some() {
                        not_used("starting_price", context);
                    }
                    if request.appraised_value.is_none() {
                        context.unknown(
                            At::ROOT.field("appraised_value"),
                            Text::fixed(
                                "涉及国家出资勘查且已完成普查（油气为圈闭预探）的，成交价按评估值确定，请填写评估值",
                                "with state-funded exploration of at least 普查 (oil and gas: 圈闭预探) complete, the price is \
                                 the appraised value: give it",
                            ),
                            Some(cite("joint-2026-06", "协议出让")),
                        );
                    }
                    at_appraised_value(terms, context)?
                }
            }
        }
    };
    Some(price)
}

/// The higher of appraised and benchmark value (art. 11(2)).
pub(super) fn higher_value<'b>(
    appraised: AppraisedValue,
    benchmark: BenchmarkValue,
    version: &'b Version,
    context: &mut Context<'b>,
) -> Yuan {
    let (appraised, benchmark) = (appraised.yuan(), benchmark.yuan());
    let price = appraised.max(benchmark);
    context.step(|| Step {
        rule: "transfer-income.price.higher",
        law: measures("11(2)"),
        formula: "max(appraised_value, benchmark_value)".into(),
        inputs: inputs!["appraised_value" => appraised, "benchmark_value" => benchmark],
        result: price.into(),
        rounding: None,
        version: Some(version),
    });
    price
}

/// By agreement the price is the starting price (art. 8(2)); none where it is not known.
pub(super) fn at_starting_price<'b>(terms: &Terms<'_, 'b>, context: &mut Context<'b>) -> Option<Yuan> {
    let amount = terms.amounts.starting?.yuan();
    context.step(|| Step {
        rule: "transfer-income.price.agreement",
        law: measures("8(2)"),
        formula: "starting_price".into(),
        inputs: inputs!["starting_price" => amount],
        result: amount.into(),
        rounding: None,
        version: Some(&terms.rule.version),
    });
    Some(amount)
}

/// With state-funded exploration the price is the appraised value (joint notice of 2026); none where it is not known.
pub(super) fn at_appraised_value<'b>(terms: &Terms<'_, 'b>, context: &mut Context<'b>) -> Option<Yuan> {
    context.rests_on(&terms.rule.value.state_funded_agreement_price);
    let amount = terms.amounts.appraised?.yuan();
    context.step(|| Step {
        rule: "transfer-income.price.agreement",
        law: cite("joint-2026-06", "协议出让"),
        formula: "appraised_value".into(),
        inputs: inputs!["appraised_value" => amount],
        result: amount.into(),
        rounding: None,
        version: Some(&terms.rule.version),
    });
    Some(amount)
}

/// A transaction price that is sent with an agreement has to be the price part of the answer, after any reduction.
pub(super) fn check_agreed_price(terms: &Terms<'_, '_>, price: Yuan, context: &mut Context<'_>) {
    if terms.amounts.transaction.is_some_and(|given| given.yuan() != price) {
        context.invalid(
            terms.at.field("transaction_price"),
            text!("协议出让的成交价应等于 {price} 元", "by agreement the transaction price is the price part, {price}"),
            Some(price_law(terms.method)),
        );
    }
}

/// What a grant by agreement says about state money in the exploration, as the rule of the day asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StateFunded {
    /// There is none, the stage is not reached, or the rule does not ask.
    No,
    /// The request does not say: taken as no.
    NotSaid,
    /// There is, and 普查 (oil and gas: 圈闭预探) is complete.
    Explored,
    /// There is, and the request does not say what is complete.
    StageNotSaid,
}

/// State money in the exploration, by the rule of the day (joint notice of 2026).
pub(super) fn state_funded(
    rule: &LevyRule,
    state_funded_exploration: Option<bool>,
    stage_completed: Option<StageCompleted>,
) -> StateFunded {
    if rule.state_funded_agreement_price.value == AgreementPrice::StartingPrice {
        return StateFunded::No;
    }
    match (state_funded_exploration, stage_completed) {
        (None, _) => StateFunded::NotSaid,
        (Some(false), _) | (Some(true), Some(StageCompleted::None)) => StateFunded::No,
        (Some(true), Some(_)) => StateFunded::Explored,
        (Some(true), None) => StateFunded::StageNotSaid,
    }
}

/// Warns that state money in the exploration was not mentioned and taken as none.
pub(super) fn state_funded_not_said<'b>(rule: &'b LevyRule, context: &mut Context<'b>) {
    context.warn(
        WarningCode::Assumed,
        Text::fixed(
            "未说明是否涉及国家出资勘查，按不涉及计算",
            "state_funded_exploration was left out and taken as no",
        ),
        Some(rule.state_funded_agreement_price.law()),
    );
}

/// Starting price or appraised value, by the rule of the day and the money in the exploration.
fn agreement_basis<'b>(
    request: &Request<'_>,
    rule: &'b Dated<LevyRule>,
    context: &mut Context<'b>,
) -> Option<AgreementPrice> {
    match state_funded(&rule.value, request.state_funded_exploration, request.stage_completed) {
        StateFunded::No => Some(AgreementPrice::StartingPrice),
        StateFunded::NotSaid => {
            state_funded_not_said(&rule.value, context);
            Some(AgreementPrice::StartingPrice)
        }
        StateFunded::Explored => Some(AgreementPrice::AppraisedValue),
        StateFunded::StageNotSaid => {
            context.unknown(
                At::ROOT.field("stage_completed"),
                Text::fixed(
                    "涉及国家出资勘查的，请填写已完成的勘查阶段",
                    "with state-funded exploration name the stage that is complete",
                ),
                Some(rule.value.state_funded_agreement_price.law()),
            );
            None
        }
    }
}

/// What is known about the rate besides its date.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) place: Option<Place>,
    pub(super) temperature: Option<Celsius>,
    pub(super) contract_rate: Option<Percent>,
}

/// The annual part that follows a grant: its rate, or every rate of the row while place or temperature is open.
pub(super) fn annual<'b>(
    rate_basis: RateBasis,
    row: &'b Row,
    known: &Known,
    version: &'b Version,
    context: &mut Context<'b>,
) -> Annual {
    // Where the rate hangs on the place or the temperature, it stays open and the answer lists the rates.
    let of_catalogue = row.rate(known.place, known.temperature).ok();
    if let Some(contract) = known.contract_rate {
        if of_catalogue.is_some_and(|percent| percent != contract) {
            contract_differs(contract, of_catalogue, context);
        }
        context.rests_on_caller("contract_rate_percent");
        rate_step(contract, row, None, context);
        return Annual { rate_basis, rate: AnnualRate::Fixed(contract) };
    }
    if rate_basis == RateBasis::AtSale {
        context.warn(
            WarningCode::Assumed,
            Text::fixed(
                "所列收益率为基准日的收益率，仅供参考；逐年按销售时的收益率征收",
                "the rate is that of as_of and indicative: each year's rate is the one at the sale",
            ),
            Some(measures("8(2)")),
        );
    }
    let rate = match of_catalogue {
        Some(percent) => {
            rate_step(percent, row, Some(version), context);
            AnnualRate::Fixed(percent)
        }
        None => {
            for rate in &row.rates {
                rate_step(rate.percent, row, Some(version), context);
            }
            AnnualRate::Open(row.rates.clone())
        }
    };
    Annual { rate_basis, rate }
}

/// Warns that the contract states another rate than the catalogue; the contract is followed.
pub(super) fn contract_differs(contract: Percent, catalogue: Option<Percent>, context: &mut Context<'_>) {
    let (contract, catalogue) = (contract.value(), catalogue.map_or(Decimal::ZERO, Percent::value));
    context.warn(
        WarningCode::ContractRateDiffers,
        text!(
            "合同约定的收益率 {contract}% 与矿种目录的 {catalogue}% 不同，按合同计算",
            "the rate of the contract, {contract} %, differs from the catalogue's {catalogue} %: the contract is followed"
        ),
        Some(measures("8(2)")),
    );
}

/// The step that chooses a rate: a row of the catalogue, or the contract.
pub(super) fn rate_step<'b>(percent: Percent, row: &'b Row, version: Option<&'b Version>, context: &mut Context<'b>) {
    context.step(|| {
        let law = match version {
            Some(version) => super::law::Law { instrument: &version.instrument, article: row.locator.as_str().into() },
            None => measures("8(2)"),
        };
        let rule = if version.is_some() { "annual.rate.catalogue" } else { "annual.rate.contract" };
        Step {
            rule,
            law,
            formula: "rate_percent".into(),
            inputs: inputs!["rate_percent" => percent.value()],
            result: percent.value().into(),
            rounding: None,
            version,
        }
    });
}

fn reduced(price: Yuan, percent: Percent, context: &mut Context<'_>) -> Option<Yuan> {
    let exact = Exact::from(price).times(percent.complement());
    let price_part = context.computed(At::ROOT.field("reduction"), to_fen(&exact))?;
    context.step(|| Step {
        rule: "transfer-income.reduction",
        law: measures("20"),
        formula: "round2(price * (1 - reduction_percent / 100))".into(),
        inputs: inputs!["price" => price, "reduction_percent" => percent.value()],
        result: price_part.into(),
        rounding: Some("half_up_fen"),
        version: None,
    });
    Some(price_part)
}
