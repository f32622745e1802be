//! The term of the licence, and the fewest years of instalments that follow from it (art. 12).

use rust_decimal::Decimal;

use super::{Licence, MOST_YEARS, MineScale, Request, TermStart, needed};
use crate::domain::context::Context;
use crate::domain::dates::{Period, term_months};
use crate::domain::error::{At, Text};
use crate::domain::exact::Exact;
use crate::domain::explain::{Step, WarningCode};
use crate::domain::law::{Law, measures};
use crate::domain::quantity::Quantity;
use crate::domain::rate_book::{InstalmentRule, MinimumTerm, Version};
use crate::domain::rounding::ceiling;
use crate::domain::timeline::Dated;
use crate::{inputs, text};

/// The fewest years and the article that asks for them. `Unregulated`: none is laid down; `Open`: not known because of
/// another fault.
#[derive(Clone)]
pub(super) enum Minimum<'b> {
    Years(u32, Law<'b>),
    Unregulated,
    Open,
}

/// The term within which the instalments run.
#[derive(Clone, Copy)]
pub(super) enum Term {
    Dates(Period),
    Years(Quantity),
}

/// The term of the licence, or its rest from the signing on.
pub(super) fn term(request: &Request<'_>, context: &mut Context<'_>) -> Option<Term> {
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
pub(super) fn check_licence_length(request: &Request<'_>, term: Term, scale: MineScale, context: &mut Context<'_>) {
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
pub(super) fn minimum_years<'b>(
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
