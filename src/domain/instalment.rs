//! Instalments (分期缴纳): 财综〔2023〕10号 art. 12, for income levied by amount; 财综〔2017〕35号 for contracts before
//! 2023-05-01; art. 30(2) refers to art. 12.

mod plan;
mod schedule;
mod term;

use chrono::NaiveDate;

use self::plan::{Checked, check_first_payment, check_plan, years};
use self::schedule::{amounts, by_percentages, due_dates, first_and_rest};
use self::term::{Minimum, check_licence_length, minimum_years, term};
use super::catalogue::Levy;
use super::context::{Context, Sign};
use super::due_date::{self, HolidayShift};
use super::error::{At, Code, Text};
use super::law::measures;
use super::money::Yuan;
use super::place::Division;
use super::quantity::Number;
use super::rate_book::InstalmentRule;
use super::start_price::Right;
use super::timeline::Dated;

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
