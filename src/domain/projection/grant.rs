//! What the grant makes due (财综〔2023〕10号 arts 8, 11, 12, 24): the price part, in one sum or in instalments.

use chrono::{Datelike, NaiveDate};

use super::super::catalogue::LevyMethod;
use super::super::context::{Context, Sign};
use super::super::dates::add_years;
use super::super::due_date::{self, HolidayShift, within_calendar};
use super::super::error::{At, Code, Text};
use super::super::explain::{Step, WarningCode};
use super::super::instalment::{self, Basis, Conversion, Enforcement, Plan, Remainder, TermStart, instalments};
use super::super::law::measures;
use super::super::money::Yuan;
use super::super::quantity::Number;
use super::super::start_price::Right;
use super::super::transfer_income::{self, TransferMode, transfer_income};
use super::YEAR_OF_PAYMENT;
use super::scenario::Scenario;
use crate::inputs;

/// What a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentKind {
    /// The price part in one sum.
    OneSum,
    /// The first payment of a price in instalments.
    FirstPayment,
    /// An annual instalment.
    Instalment,
    /// The annual part on the sales of the year before.
    AnnualIncome,
}

/// A part of the price that the grant makes due.
#[derive(Clone, Debug)]
pub(super) struct Obligation<'r> {
    /// How much.
    pub(super) amount: Yuan,
    /// Whether it may be paid in instalments.
    divisible: bool,
    /// The mineral that it is for: the first one of its levy method.
    mineral: &'r str,
}

/// A payment with the day on which it counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub(super) kind: PaymentKind,
    /// Number of the instalment.
    pub(super) number: Option<u32>,
    pub(super) amount: Yuan,
    /// The last day for it, where the rules give one.
    pub(super) due_date: Option<NaiveDate>,
    /// The day whose year and whose split count.
    pub(super) counts_on: NaiveDate,
}

/// The payments of the price, and what stays open until a conversion.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub(super) payments: Vec<Due>,
    pub(super) open_remainder: Yuan,
}

/// Which registered minerals are levied by which method on the transfer date, each with its position.
struct Minerals<'r> {
    by_rate: Option<(usize, &'r str)>,
    by_amount: Option<(usize, &'r str)>,
}

/// The parts of the price that the grant makes due, in the order of the decision table: what is levied by rate, then what
/// is levied by amount. The one place that decides which rule applies to the grant.
pub(super) fn obligations<'r>(scenario: &Scenario<'_, 'r>, context: &mut Context<'_>) -> Option<Vec<Obligation<'r>>> {
    let minerals = minerals(scenario, context);
    if minerals.is_none() {
        check_values(scenario, context);
    }
    let minerals = minerals?;
    let mut found = Vec::with_capacity(2);
    match (minerals.by_rate, minerals.by_amount, scenario.acquired) {
        (Some(_), Some(_), TransferMode::Agreement) => {
            if scenario.values.transaction_price.is_some() {
                context.warn(
                    WarningCode::NotUsed,
                    Text::fixed(
                        "协议出让且目录内外矿种并有的，transaction_price 没有用到",
                        "by agreement, with minerals in and outside the catalogue, transaction_price has no part in the \
                         result",
                    ),
                    None,
                );
            }
            let by_rate = minerals.by_rate.map(|mineral| priced(scenario, mineral, Amounts::ByRate, context));
            let by_amount = minerals.by_amount.map(|mineral| priced(scenario, mineral, Amounts::ByAmount, context));
            found.extend([by_rate?, by_amount?]);
        }
        // The price of a competition is paid once; minerals outside the catalogue beside others add nothing to it.
        (by_rate, by_amount, _) => found.push(priced(scenario, by_rate.or(by_amount)?, Amounts::All, context)),
    }
    found.into_iter().collect()
}

/// The faults of the amounts, even where no rule can be chosen for them.
fn check_values(scenario: &Scenario<'_, '_>, context: &mut Context<'_>) {
    let at = At::ROOT.field("values");
    let values = &scenario.values;
    for (name, number) in [
        ("transaction_price", values.transaction_price),
        ("starting_price", values.starting_price),
        ("appraised_value", values.appraised_value),
        ("benchmark_value", values.benchmark_value),
        ("reserve_price", values.reserve_price),
    ] {
        context.optional_money(at.field(name), number, Sign::NotNegative);
    }
}

fn minerals<'r>(scenario: &Scenario<'_, 'r>, context: &mut Context<'_>) -> Option<Minerals<'r>> {
    let list = At::ROOT.field("registered_minerals");
    if scenario.registered_minerals.is_empty() {
        context.invalid(list, Text::fixed("至少应有一个矿种", "name at least one mineral"), Some(measures("8(1)")));
        return None;
    }
    let subject = Text::fixed("矿种目录", "the catalogue");
    let book = context.book();
    let signed = At::ROOT.field("contract_signed_on");
    let catalogue = context.in_force(signed, &book.catalogue, scenario.contract_signed_on, subject);
    let mut minerals = Minerals { by_rate: None, by_amount: None };
    let mut sound = true;
    for (index, name) in scenario.registered_minerals.iter().enumerate() {
        let at = list.item(index);
        let mineral = context.mineral_on(at, name, scenario.contract_signed_on);
        let levy = mineral.zip(catalogue).and_then(|(mineral, dated)| context.levy(at, &dated.value, mineral));
        match levy.map(|levy| levy.method()) {
            None => sound = false,
            Some(LevyMethod::Rate) => minerals.by_rate = minerals.by_rate.or(Some((index, name))),
            Some(LevyMethod::Amount) => minerals.by_amount = minerals.by_amount.or(Some((index, name))),
        }
    }
    sound.then_some(minerals)
}

/// Which values of the request a part of the price may rest on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Amounts {
    All,
    ByRate,
    ByAmount,
}

fn priced<'r>(
    scenario: &Scenario<'_, 'r>,
    (index, mineral): (usize, &'r str),
    amounts: Amounts,
    context: &mut Context<'_>,
) -> Option<Obligation<'r>> {
    let values = &scenario.values;
    let unless = |excluded: Amounts, value: Option<Number>| value.filter(|_| amounts != excluded);
    let request = transfer_income::Request {
        as_of: scenario.contract_signed_on,
        mineral,
        transfer_mode: scenario.acquired,
        transaction_price: values.transaction_price.filter(|_| amounts == Amounts::All),
        starting_price: unless(Amounts::ByAmount, values.starting_price),
        appraised_value: values.appraised_value,
        benchmark_value: unless(Amounts::ByRate, values.benchmark_value),
        state_funded_exploration: scenario.state_funded_exploration,
        stage_completed: scenario.stage_completed,
        place: scenario.place,
        temperature_c: scenario.temperature_c,
        competition: scenario.competition,
        reserve_price: values.reserve_price,
        contract_rate_percent: unless(Amounts::ByAmount, scenario.contract_rate_percent),
        appraisal_years: None,
        reduction: None,
    };
    let place = |pointer: &str| match pointer {
        "/as_of" => "/contract_signed_on".to_owned(),
        "/mineral" => format!("/registered_minerals/{index}"),
        "/transfer_mode" => "/acquired".to_owned(),
        "/transaction_price" | "/starting_price" | "/appraised_value" | "/benchmark_value" | "/reserve_price" => {
            format!("/values{pointer}")
        }
        other => other.to_owned(),
    };
    let outcome = context.part(place, |context| transfer_income(&request, context))?;
    Some(Obligation { amount: outcome.price_part, divisible: outcome.divisible, mineral })
}

/// The payments of the price: what is not divisible in one sum, the rest by the plan.
pub(super) fn schedule(
    scenario: &Scenario<'_, '_>,
    obligations: &[Obligation<'_>],
    context: &mut Context<'_>,
) -> Option<Schedule> {
    let notice = At::ROOT.field("notice_received_on");
    let due_date = match scenario.notice_received_on {
        Some(received) => Some(due_date::after_notice(notice, received, HolidayShift::Off, context)?),
        None => None,
    };
    let counts_on = due_date.unwrap_or(scenario.contract_signed_on);
    if due_date.is_none() {
        context.warn(
            WarningCode::Reading,
            Text::fixed(
                "未给出收到缴款通知书之日，价款和首次缴纳计入签订合同之年",
                "no payment notice is dated: the price and a first payment count in the year of the contract",
            ),
            Some(YEAR_OF_PAYMENT),
        );
    }
    let plan = scenario.plan.filter(|plan| !matches!(plan, Plan::LumpSum));
    if plan.is_some() && !obligations.iter().any(|obligation| obligation.divisible) {
        context.fault(
            At::ROOT.field("plan"),
            Code::LevyMethodMismatch,
            Text::fixed(
                "按出让收益率形式征收的成交价不分期，请改为 lump_sum",
                "a price that is levied by rate is not divisible: plan lump_sum",
            ),
            Some(measures("12")),
        );
        return None;
    }
    let mut schedule = Schedule { payments: Vec::new(), open_remainder: Yuan::ZERO };
    let due = |kind, amount| Due { kind, number: None, amount, due_date, counts_on };
    for obligation in obligations {
        match plan {
            Some(plan) if obligation.divisible && !obligation.amount.is_zero() => {
                let outcome = in_instalments(scenario, obligation, plan, context)?;
                if outcome.remainder == Remainder::OnConversion {
                    schedule.open_remainder = outcome.remainder_amount;
                }
                schedule.payments.push(due(PaymentKind::FirstPayment, outcome.first_payment));
                for instalment in &outcome.instalments {
                    let counts_on = match instalment.due_date {
                        Some(day) => day,
                        None => year_after_signing(scenario, instalment.number, context)?,
                    };
                    schedule.payments.push(Due {
                        kind: PaymentKind::Instalment,
                        number: Some(instalment.number),
                        amount: instalment.amount,
                        due_date: instalment.due_date,
                        counts_on,
                    });
                }
            }
            _ => schedule.payments.push(due(PaymentKind::OneSum, obligation.amount)),
        }
    }
    Some(schedule)
}

/// An instalment without a due date counts as many years after the contract as its number says.
fn year_after_signing(scenario: &Scenario<'_, '_>, number: u32, context: &mut Context<'_>) -> Option<NaiveDate> {
    let signed = scenario.contract_signed_on;
    let day = within_calendar(At::ROOT.field("first_annual_due_on"), add_years(signed, number), context)?;
    context.warn(
        WarningCode::Reading,
        Text::fixed(
            "许可证只给出年数，第 k 期计入签订合同后第 k 年",
            "the licence has no dates: instalment k counts k years after the contract",
        ),
        Some(YEAR_OF_PAYMENT),
    );
    context.step(|| Step {
        rule: "projection.instalment-year",
        law: YEAR_OF_PAYMENT,
        formula: "add_years(contract_signed_on, number)".into(),
        inputs: inputs!["contract_signed_on" => signed, "number" => number],
        result: day.into(),
        rounding: None,
        version: None,
    });
    Some(day)
}

fn in_instalments(
    scenario: &Scenario<'_, '_>,
    obligation: &Obligation<'_>,
    plan: &Plan,
    context: &mut Context<'_>,
) -> Option<instalment::Outcome> {
    let converts = scenario.right == Right::Exploration && scenario.licence.is_some();
    let request = instalment::Request {
        right: scenario.right,
        mineral: Some(obligation.mineral),
        signed_on: scenario.contract_signed_on,
        total: Number::Exactly(obligation.amount.to_decimal()),
        province: scenario.province,
        mine_scale: scenario.mine_scale,
        licence: scenario.licence,
        plan: plan.clone(),
        // The day of the first payment is that of the price, whoever asks for it.
        notice_received_on: None,
        first_annual_due_on: scenario.first_annual_due_on,
        term_start: TermStart::Licence,
        basis: Basis::Art12,
        conversion: if converts { Conversion::Converted } else { Conversion::Unconverted },
        holiday_shift: HolidayShift::Off,
        enforcement: Enforcement::Refuse,
    };
    let place = |pointer: &str| match pointer {
        "/signed_on" => "/contract_signed_on".to_owned(),
        "/mineral" => "/plan".to_owned(),
        "/total" => "/values".to_owned(),
        other => other.to_owned(),
    };
    context.part(place, |context| instalments(&request, context))
}

impl Due {
    /// The year in which it counts.
    pub(super) fn year(&self) -> i32 {
        self.counts_on.year()
    }
}
