//! Instalments (分期缴纳): 财综〔2023〕10号 art. 12, for income levied by amount; 财综〔2017〕35号 for contracts before
//! 2023-05-01; art. 30(2) refers to art. 12.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::allocate::{allocate, allocate_equally};
use super::catalogue::Levy;
use super::context::{Context, Sign};
use super::dates::{Period, add_days, add_years, term_months};
use super::due_date::{self, HolidayShift};
use super::error::{At, Code, Text};
use super::exact::Exact;
use super::explain::{Input, Step, Value, WarningCode};
use super::law::{Law, measures};
use super::money::Yuan;
use super::place::Division;
use super::quantity::{Number, Percent, Quantity};
use super::rate_book::{InstalmentRule, MinimumTerm, Version};
use super::rounding::ceiling;
use super::start_price::Right;
use super::timeline::Dated;
use crate::{inputs, text};

/// More years than any licence has; a longer plan is a slip.
const MOST_YEARS: i64 = 1000;

/// Production scale of the mine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MineScale {
    /// 大型.
    Large,
    /// 中型.
    Medium,
    /// 小型.
    Small,
}

/// The term of the mining licence.
#[derive(Clone, Copy, Debug)]
pub enum Licence {
    /// First and last day.
    Dates(NaiveDate, NaiveDate),
    /// Length in years.
    Years(Number),
}

/// How the income is paid.
#[derive(Clone, Debug)]
pub enum Plan {
    /// 一次性缴清.
    LumpSum,
    /// A first payment in percent, the rest in equal years.
    FirstPayment {
        /// Percent of the total.
        percent: Number,
        /// How many years; the minimum if left out.
        years: Option<i64>,
    },
    /// Percentages of the total: the first payment, then one for each year.
    Percentages(Vec<Number>),
}

/// Why the income is paid in instalments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Basis {
    /// Article 12.
    #[default]
    Art12,
    /// Article 30(2): reserves of a free right used until 2023-04-30; also for a mineral of the catalogue.
    Art30Para2,
}

/// Whether an exploration right has become a mining right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Conversion {
    /// Not (yet): the rest waits for the conversion.
    #[default]
    Unconverted,
    /// Converted: the first payment is made, the rest runs within the mining licence.
    Converted,
}

/// From when term and dates count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TermStart {
    /// From the licence's first day.
    #[default]
    Licence,
    /// From the signing: income fixed while the licence was running.
    Signing,
}

/// What a violated bound means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Enforcement {
    /// The plan is refused.
    #[default]
    Refuse,
    /// The plan is computed and the violation is a warning (checking an existing contract).
    Warn,
}

/// A plan of payment.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// Exploration or mining.
    pub right: Right,
    /// Code or name; a mineral levied by rate is refused.
    pub mineral: Option<&'r str>,
    /// The signing of the contract; its day decides which bounds count.
    pub signed_on: NaiveDate,
    /// The whole income.
    pub total: Number,
    /// Division code or name.
    pub province: Option<&'r str>,
    /// Not needed for an unconverted exploration right.
    pub mine_scale: Option<MineScale>,
    /// Not needed for an unconverted exploration right.
    pub licence: Option<Licence>,
    /// How it is paid.
    pub plan: Plan,
    /// The day the payment notice was received.
    pub notice_received_on: Option<NaiveDate>,
    /// Due date of the first annual instalment.
    pub first_annual_due_on: Option<NaiveDate>,
    /// From when term and dates count.
    pub term_start: TermStart,
    /// Why instalments.
    pub basis: Basis,
    /// Whether the exploration right was converted.
    pub conversion: Conversion,
    /// Whether due dates move off days off.
    pub holiday_shift: HolidayShift,
    /// What a violated bound means.
    pub enforcement: Enforcement,
}

/// One annual instalment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instalment {
    /// From 1.
    pub number: u32,
    /// How much.
    pub amount: Yuan,
    /// The last day for it.
    pub due_date: Option<NaiveDate>,
}

/// What happens with the part beyond the first payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remainder {
    /// It is in the instalments.
    Scheduled,
    /// It waits for the conversion to a mining right; never converted, it lapses (art. 11(3)).
    OnConversion,
    /// There is none.
    None,
}

impl Remainder {
    /// The code in answers.
    pub fn code(self) -> &'static str {
        match self {
            Remainder::Scheduled => "scheduled",
            Remainder::OnConversion => "on_conversion",
            Remainder::None => "none",
        }
    }
}

/// A plan of payment in figures and dates.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The whole income.
    pub total: Yuan,
    /// The first payment.
    pub first_payment: Yuan,
    /// The last day for it.
    pub first_due_date: Option<NaiveDate>,
    /// The annual instalments.
    pub instalments: Vec<Instalment>,
    /// The fewest years that article 12 allows.
    pub minimum_years: Option<u32>,
    /// What happens with the rest.
    pub remainder: Remainder,
    /// The total less the first payment.
    pub remainder_amount: Yuan,
}

/// A plan with its numbers checked. A faulty one is `None`: the others are still held against the bounds.
enum Checked {
    LumpSum,
    FirstPayment(Option<Percent>, Years),
    Percentages {
        /// The first payment.
        first: Option<Percent>,
        /// How many years follow it.
        years: u32,
        /// The percentages, when all are sound and they add up.
        all: Option<Vec<Decimal>>,
    },
}

/// The years of a plan with a first payment.
#[derive(Clone, Copy)]
enum Years {
    /// Left out: as many as there have to be.
    Fewest,
    Named(u32),
    Faulty,
}

/// The fewest years and the article that asks for them. `Unregulated`: none is laid down; `Open`: not known because of
/// another fault.
#[derive(Clone)]
enum Minimum<'b> {
    Years(u32, Law<'b>),
    Unregulated,
    Open,
}

/// The term within which the instalments run.
#[derive(Clone, Copy)]
enum Term {
    Dates(Period),
    Years(Quantity),
}

/// First payment and annual instalments of an income levied by amount (art. 12).
pub fn instalments<'b>(request: &Request<'_>, context: &mut Context<'b>) -> Option<Outcome> {
    let book = context.book();
    let total = context.money(At::ROOT.field("total"), request.total, Sign::Positive);
    let division = request.province.map(|name| context.division(At::ROOT.field("province"), name));
    let subject = Text::fixed("分期缴纳规定", "the rule on instalments");
    let national = context.in_force(At::ROOT.field("signed_on"), &book.instalment, request.signed_on, subject);
    check_mineral(request, context);
    let plan = check_plan(&request.plan, context);
    let rule = national.map(|national| narrower(national, division.flatten(), request.signed_on, context));
    let scheduled = request.right == Right::Mining || request.conversion == Conversion::Converted;
    let term = if scheduled { term(request, context) } else { None };
    if scheduled && request.mine_scale.is_none() {
        needed(At::ROOT.field("mine_scale"), context);
    }
    if let (Some(plan), Some(rule)) = (&plan, rule) {
        check_first_payment(request, plan, rule, context);
    }
    if !scheduled {
        return unconverted(request, total, plan, context);
    }
    if let (Some(term), Some(scale)) = (term, request.mine_scale) {
        check_licence_length(request, term, scale, context);
    }
    let minimum = rule.map_or(Minimum::Open, |rule| minimum_years(term, request.mine_scale, rule, context));
    let years = plan.as_ref().and_then(|plan| years(request, plan, &minimum, rule, context));
    let amounts = total.zip(plan).and_then(|(total, plan)| amounts(total, &plan, years, context));
    let first_due_date = match request.notice_received_on {
        // The first payment of a converted right was made before the conversion.
        Some(_) if request.right == Right::Exploration => Some(None),
        received => first_due_date(request, received, context),
    };
    let due_dates = term.and_then(|term| due_dates(request, term, years.unwrap_or(0), context));
    if !context.is_sound() {
        return None;
    }
    let (first_payment, rest) = amounts?;
    let instalments: Vec<Instalment> = (1..)
        .zip(rest)
        .zip(due_dates?)
        .map(|((number, amount), due_date)| Instalment { number, amount, due_date })
        .collect();
    let total = total?;
    let remainder_amount = total.less_at_most(first_payment);
    let remainder = if instalments.is_empty() { Remainder::None } else { Remainder::Scheduled };
    let minimum_years = match minimum {
        Minimum::Years(years, _) => Some(years),
        Minimum::Unregulated | Minimum::Open => None,
    };
    Some(Outcome {
        total,
        first_payment,
        first_due_date: first_due_date?,
        instalments,
        minimum_years,
        remainder,
        remainder_amount,
    })
}

/// The last day for the first payment, where the day of the notice is known. The outer `None` is a fault.
fn first_due_date(
    request: &Request<'_>,
    received: Option<NaiveDate>,
    context: &mut Context<'_>,
) -> Option<Option<NaiveDate>> {
    let Some(received) = received else { return Some(None) };
    let at = At::ROOT.field("notice_received_on");
    due_date::after_notice(at, received, request.holiday_shift, context).map(Some)
}

fn needed(at: At<'_>, context: &mut Context<'_>) {
    context.unknown(
        at,
        Text::fixed("采矿权和已转采的探矿权须填写该项", "a mining right or a converted exploration right needs it"),
        Some(measures("12")),
    );
}

/// Only income levied by amount is divisible (art. 12); contracts before 2023-05-01 and article 30(2) apart.
fn check_mineral(request: &Request<'_>, context: &mut Context<'_>) {
    let at = At::ROOT.field("mineral");
    let named = request.mineral.and_then(|name| context.mineral_on(at, name, request.signed_on));
    let Some(mineral) = named else { return };
    if request.basis == Basis::Art30Para2 {
        return;
    }
    let book = context.book();
    // Before the first catalogue income of any mineral could be paid in instalments.
    let Ok(catalogue) = book.catalogue.at(request.signed_on) else { return };
    context.uses(&catalogue.version);
    if let Some(Levy::ByRate(_)) = context.levy(at, &catalogue.value, mineral) {
        context.fault(
            at,
            Code::LevyMethodMismatch,
            Text::fixed(
                "该矿种按出让收益率形式征收，成交价不分期；属第三十条第（二）项的，请填写 basis: art_30_2",
                "the mineral is levied by rate and its price is not divisible; for art. 30(2) give basis: art_30_2",
            ),
            Some(measures("12")),
        );
    }
}

fn check_plan(plan: &Plan, context: &mut Context<'_>) -> Option<Checked> {
    let at = At::ROOT.field("plan");
    match plan {
        Plan::LumpSum => Some(Checked::LumpSum),
        Plan::FirstPayment { percent, years } => {
            let percent = context.quantity(at.field("first_payment_percent"), *percent, Percent::part);
            let years = match years {
                None => Years::Fewest,
                Some(years) => match u32::try_from(*years).ok().filter(|_| (1..=MOST_YEARS).contains(years)) {
                    Some(years) => Years::Named(years),
                    None => {
                        context.invalid(
                            at.field("years"),
                            text!("年数应在 1 至 {MOST_YEARS} 之间", "the years must be between 1 and {MOST_YEARS}"),
                            Some(measures("12")),
                        );
                        Years::Faulty
                    }
                },
            };
            match (percent, years) {
                // All of it at once is one sum, which is always allowed.
                (Some(percent), Years::Fewest) if percent.value() == Decimal::ONE_HUNDRED => Some(Checked::LumpSum),
                _ => Some(Checked::FirstPayment(percent, years)),
            }
        }
        Plan::Percentages(list) => {
            let at = at.field("percentages");
            let percents: Vec<Option<Percent>> = list
                .iter()
                .enumerate()
                .map(|(index, number)| context.quantity(at.item(index), *number, Percent::part))
                .collect();
            let mut all: Option<Vec<Decimal>> = percents.iter().map(|percent| percent.map(Percent::value)).collect();
            if all.as_ref().is_some_and(|all| all.iter().sum::<Decimal>() != Decimal::ONE_HUNDRED) {
                all = None;
                context.invalid(
                    at,
                    Text::fixed("各期比例之和应为 100", "the percentages must add up to 100"),
                    Some(measures("12")),
                );
            }
            if percents.len() as i64 > MOST_YEARS {
                context.invalid(at, Text::fixed("期数过多", "too many instalments"), Some(measures("12")));
                return None;
            }
            match percents.as_slice() {
                [] => None,
                [_] => all.map(|_| Checked::LumpSum),
                [first, annual @ ..] => {
                    Some(Checked::Percentages { first: *first, years: u32::try_from(annual.len()).ok()?, all })
                }
            }
        }
    }
}

/// The national bounds, or the narrower ones of the province.
fn narrower<'b>(
    national: &'b Dated<InstalmentRule>,
    division: Option<&'b Division>,
    signed_on: NaiveDate,
    context: &mut Context<'b>,
) -> &'b Dated<InstalmentRule> {
    let book = context.book();
    let provincial =
        division.and_then(|division| book.provincial(&division.code, signed_on, |rules| &rules.instalment));
    if let Some(provincial) = provincial {
        context.uses(&provincial.version);
    }
    provincial.unwrap_or(national)
}

/// Reports a violated bound: a fault, or a warning where the request only checks an existing contract.
fn violated<'b>(
    request: &Request<'_>,
    at: At<'_>,
    (code, detail, law): (Code, Text, Law<'b>),
    context: &mut Context<'b>,
) {
    match request.enforcement {
        Enforcement::Refuse => context.fault(at, code, detail, Some(law)),
        Enforcement::Warn => context.warn(WarningCode::BoundViolated, detail, Some(law)),
    }
}

fn check_first_payment<'b>(
    request: &Request<'_>,
    plan: &Checked,
    rule: &'b Dated<InstalmentRule>,
    context: &mut Context<'b>,
) {
    let plan_at = At::ROOT.field("plan");
    let list = plan_at.field("percentages");
    let (at, percent) = match plan {
        Checked::LumpSum => return,
        Checked::FirstPayment(percent, _) => (plan_at.field("first_payment_percent"), percent),
        Checked::Percentages { first, .. } => (list.item(0), first),
    };
    let Some(percent) = percent.map(Percent::value) else { return };
    let low = &rule.value.first_payment_min;
    let least = context.rests_on(low).value();
    if percent < least {
        let detail =
            text!("首次征收比例 {percent}% 低于 {least}%", "the first payment of {percent} % is below {least} %");
        violated(request, at, (Code::FirstPaymentRatioOutOfRange, detail, low.law()), context);
    }
    let Some(high) = &rule.value.first_payment_max else { return };
    let most = context.rests_on(high).value();
    if percent > most {
        let detail = text!(
            "首次征收比例 {percent}% 高于 {most}%（自愿一次性缴清的除外）",
            "the first payment of {percent} % is above {most} % (one sum apart)"
        );
        violated(request, at, (Code::FirstPaymentRatioOutOfRange, detail, high.law()), context);
    }
}

/// The term of the licence, or its rest from the signing on.
fn term(request: &Request<'_>, context: &mut Context<'_>) -> Option<Term> {
    let at = At::ROOT.field("licence");
    match request.licence {
        None => {
            needed(at, context);
            None
        }
        Some(Licence::Years(years)) => {
            if request.term_start == TermStart::Signing {
                counts_from_signing(context);
            }
            context.quantity(at.field("years"), years, Quantity::new).map(Term::Years)
        }
        Some(Licence::Dates(from, to)) => {
            let Ok(licence) = Period::new(from, to) else {
                context.invalid(
                    at.field("to"),
                    Text::fixed("许可证的最后一日早于第一日", "the last day of the licence is before its first"),
                    Some(measures("12")),
                );
                return None;
            };
            if request.term_start == TermStart::Licence {
                return Some(Term::Dates(licence));
            }
            counts_from_signing(context);
            match Period::new(request.signed_on, to) {
                Ok(rest) if licence.contains(request.signed_on) => Some(Term::Dates(rest)),
                _ => {
                    context.invalid(
                        At::ROOT.field("signed_on"),
                        Text::fixed("签订日不在许可证有效期内", "the contract was not signed within the licence"),
                        Some(measures("12")),
                    );
                    None
                }
            }
        }
    }
}

fn counts_from_signing(context: &mut Context<'_>) {
    context.warn(
        WarningCode::Reading,
        Text::fixed(
            "许可证有效期内新确定的出让收益，期限和日期自签订之日起算",
            "income fixed while the licence runs: term and dates count from the signing",
        ),
        Some(measures("12")),
    );
}

/// A licence longer than the law allows is only remarked: the term is what the licence says.
fn check_licence_length(request: &Request<'_>, term: Term, scale: MineScale, context: &mut Context<'_>) {
    let book = context.book();
    let Ok(rule) = book.licence_term.at(request.signed_on) else { return };
    let Some(parameter) = rule.value.mining_max_years.get(scale as usize) else { return };
    let most = parameter.value;
    let longer = match term {
        Term::Years(years) => years.value() > Decimal::from(most),
        Term::Dates(period) => term_months(period) > most * 12,
    };
    if longer {
        context.uses(&rule.version);
        context.warn(
            WarningCode::BoundViolated,
            text!("采矿许可证有效期长于 {most} 年", "the mining licence is longer than {most} years"),
            Some(parameter.law()),
        );
    }
}

/// The fewest years: half of the licence for large and medium mines, one for small ones. With the citation.
fn minimum_years<'b>(
    term: Option<Term>,
    scale: Option<MineScale>,
    rule: &'b Dated<InstalmentRule>,
    context: &mut Context<'b>,
) -> Minimum<'b> {
    if *context.rests_on(&rule.value.minimum_term) == MinimumTerm::Unregulated {
        return Minimum::Unregulated;
    }
    if scale == Some(MineScale::Small) {
        return match &rule.value.small_minimum_years {
            Some(small) => Minimum::Years(*context.rests_on(small), small.law()),
            None => Minimum::Unregulated,
        };
    }
    match scale.and(term).and_then(|term| half_of_licence(term, rule, context)) {
        Some(years) => Minimum::Years(years, rule.value.minimum_term.law()),
        None => Minimum::Open,
    }
}

fn half_of_licence<'b>(term: Term, rule: &'b Dated<InstalmentRule>, context: &mut Context<'b>) -> Option<u32> {
    let parameter = &rule.value.minimum_term;
    let version: &'b Version = &rule.version;
    let half = match term {
        Term::Dates(period) => {
            let months = term_months(period);
            context.step(|| Step {
                rule: "instalments.licence-months",
                law: parameter.law(),
                formula: "licence_months".into(),
                inputs: inputs!["licence_months" => months],
                result: months.into(),
                rounding: None,
                version: Some(version),
            });
            (months.div_ceil(24), "ceil(licence_months / 24)", inputs!["licence_months" => months])
        }
        Term::Years(years) => {
            let half = ceiling(&Exact::from(years).divided_by(2)?).filter(|half| *half <= MOST_YEARS);
            let Some(half) = half.and_then(|half| u32::try_from(half).ok()) else {
                context.invalid(
                    At::ROOT.field("licence").field("years"),
                    Text::fixed("许可证年限过长", "no licence is that long"),
                    Some(measures("12")),
                );
                return None;
            };
            (half, "ceil(licence_years / 2)", inputs!["licence_years" => years.value()])
        }
    };
    let (minimum, formula, inputs) = half;
    context.step(|| Step {
        rule: "instalments.minimum-years",
        law: parameter.law(),
        formula: formula.into(),
        inputs,
        result: minimum.into(),
        rounding: None,
        version: Some(version),
    });
    Some(minimum)
}

/// The number of annual instalments, with the bound on it checked. `None` after a fault, or for one sum.
fn years<'b>(
    request: &Request<'_>,
    plan: &Checked,
    minimum: &Minimum<'b>,
    rule: Option<&'b Dated<InstalmentRule>>,
    context: &mut Context<'b>,
) -> Option<u32> {
    let plan_at = At::ROOT.field("plan");
    let (at, years) = match plan {
        Checked::LumpSum | Checked::FirstPayment(_, Years::Faulty) => return None,
        Checked::FirstPayment(_, Years::Named(years)) => (plan_at.field("years"), *years),
        Checked::FirstPayment(_, Years::Fewest) => match minimum {
            Minimum::Years(years, _) => return Some(*years),
            Minimum::Unregulated => {
                context.unknown(
                    plan_at.field("years"),
                    Text::fixed(
                        "该时期没有规定最低年限，请填写分期年数",
                        "no minimum is laid down for that time: give the number of years",
                    ),
                    rule.map(|rule| rule.value.minimum_term.law()),
                );
                return None;
            }
            Minimum::Open => return None,
        },
        Checked::Percentages { years, all, .. } => {
            let annual = all.as_deref().and_then(|all| all.get(1..)).unwrap_or_default();
            if request.mine_scale != Some(MineScale::Small)
                && annual.iter().any(|percent| Some(percent) != annual.first())
            {
                context.warn(
                    WarningCode::UnequalInstalments,
                    Text::fixed(
                        "中型及以上矿山应均摊征收，各年比例不等",
                        "for large and medium mines the annual parts are to be equal",
                    ),
                    Some(measures("12")),
                );
            }
            (plan_at.field("percentages"), *years)
        }
    };
    if let Minimum::Years(least, law) = minimum
        && years < *least
    {
        let detail = text!("分期 {years} 年，少于 {least} 年", "{years} years of instalments are fewer than {least}");
        violated(request, at, (Code::InstalmentTermTooShort, detail, law.clone()), context);
    }
    Some(years)
}

/// First payment and annual amounts; they add up to the total.
fn amounts(total: Yuan, plan: &Checked, years: Option<u32>, context: &mut Context<'_>) -> Option<(Yuan, Vec<Yuan>)> {
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

fn first_and_rest(total: Yuan, percent: Percent, context: &mut Context<'_>) -> Option<(Yuan, Yuan)> {
    let other = Decimal::ONE_HUNDRED - percent.value();
    let (first, rest) = match allocate(total, &[percent.value(), other]).ok()?.as_slice() {
        [first, rest] => (*first, *rest),
        _ => return None,
    };
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

fn by_percentages(total: Yuan, percents: &[Decimal], context: &mut Context<'_>) -> Option<Vec<Yuan>> {
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
fn due_dates(
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

/// An exploration right that is not converted: the first payment now, the rest after the conversion (art. 12).
fn unconverted(
    request: &Request<'_>,
    total: Option<Yuan>,
    plan: Option<Checked>,
    context: &mut Context<'_>,
) -> Option<Outcome> {
    let first_payment = total.zip(plan.as_ref()).and_then(|(total, plan)| match plan {
        Checked::LumpSum => amounts(total, plan, None, context).map(|(all, _)| all),
        Checked::FirstPayment(percent, _) => first_and_rest(total, (*percent)?, context).map(|(first, _)| first),
        Checked::Percentages { all, .. } => by_percentages(total, all.as_deref()?, context)?.first().copied(),
    });
    let first_due_date = first_due_date(request, request.notice_received_on, context);
    if !context.is_sound() {
        return None;
    }
    let (total, first_payment) = (total?, first_payment?);
    let remainder_amount = total.less_at_most(first_payment);
    let remainder = match plan? {
        Checked::LumpSum => Remainder::None,
        _ => Remainder::OnConversion,
    };
    Some(Outcome {
        total,
        first_payment,
        first_due_date: first_due_date?,
        instalments: Vec::new(),
        minimum_years: None,
        remainder,
        remainder_amount,
    })
}
