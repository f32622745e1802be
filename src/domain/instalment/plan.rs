//! The plan of payment and the bounds on it (art. 12): first payment, number of years.

use rust_decimal::Decimal;

use super::term::Minimum;
use super::{Enforcement, MOST_YEARS, MineScale, Plan, Request};
use crate::domain::context::Context;
use crate::domain::error::{At, Code, Text};
use crate::domain::explain::WarningCode;
use crate::domain::law::{Law, measures};
use crate::domain::quantity::Percent;
use crate::domain::rate_book::InstalmentRule;
use crate::domain::timeline::Dated;
use crate::text;

/// A plan with its numbers checked. A faulty one is `None`: the others are still held against the bounds.
pub(super) enum Checked {
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
pub(super) enum Years {
    /// Left out: as many as there have to be.
    Fewest,
    Named(u32),
    Faulty,
}

pub(super) fn check_plan(plan: &Plan, context: &mut Context<'_>) -> Option<Checked> {
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

/// Reports a violated bound: a fault, or a warning where the request only checks an existing contract.
pub(super) fn violated<'b>(
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

pub(super) fn check_first_payment<'b>(
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

/// The number of annual instalments, with the bound on it checked. `None` after a fault, or for one sum.
pub(super) fn years<'b>(
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
