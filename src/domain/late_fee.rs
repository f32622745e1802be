//! Late fee (滞纳金): 财综〔2023〕10号 art. 33, 财综〔2017〕35号 alike, capped by 行政强制法 art. 45.
//!
//! `fee = min(cap, round(Σ outstanding principal × daily rate × days))`. The first late day is the day after the due date
//! and the day of payment counts, so `days = paid − due`. Payments go to the principal first, then to the fee.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::context::{Context, Sign};
use super::dates::{Period, add_days, day_before, days};
use super::error::{At, Text};
use super::exact::Exact;
use super::explain::{Input, Step, Value, WarningCode};
use super::law::measures;
use super::money::Yuan;
use super::quantity::Number;
use super::rate_book::{LateFeeRule, Version};
use super::revenue_split::{self, Location};
use super::rounding::to_fen;
use super::timeline::Dated;
use crate::inputs;

/// A payment towards one principal.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    /// The day it was made.
    pub date: NaiveDate,
    /// How much.
    pub amount: Number,
}

/// An approved deferral (缓缴, art. 22); both days included.
#[derive(Clone, Copy, Debug)]
pub struct Deferral<'r> {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Number of the approval.
    pub approval: &'r str,
}

/// One principal with one due date; each instalment is its own.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// What was due.
    pub principal: Number,
    /// The last day on which it could be paid on time.
    pub due_date: NaiveDate,
    /// The day on which the fee is stated; later payments are ignored.
    pub as_of: NaiveDate,
    /// Payments in any order.
    pub payments: Vec<Payment>,
    /// Deferrals in any order; overlapping ones count once.
    pub deferrals: Vec<Deferral<'r>>,
    /// Where the fee belongs; without it no split.
    pub location: Option<Location<'r>>,
}

/// The late fee as of a day.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The fee.
    pub late_fee: Yuan,
    /// Days counted until the principal was paid or until `as_of`.
    pub days: i64,
    /// Whether the fee without a cap reaches the cap.
    pub capped: bool,
    /// The highest fee.
    pub cap: Yuan,
    /// Principal still to pay.
    pub outstanding_principal: Yuan,
    /// What the payments left for the fee after the principal.
    pub paid_to_late_fee: Yuan,
    /// Fee still to pay.
    pub outstanding_late_fee: Yuan,
    /// What was paid beyond principal and fee.
    pub overpaid: Yuan,
    /// Principal and fee still to pay.
    pub total_due: Yuan,
    /// The fee shared between the treasuries.
    pub split: Option<revenue_split::Outcome>,
}

/// A span of days on which the outstanding principal and the daily rate stay the same.
struct Segment<'b> {
    /// The day before the first counted day.
    after: NaiveDate,
    /// The last counted day.
    until: NaiveDate,
    outstanding: Yuan,
    deferred_days: i64,
    rule: &'b Dated<LateFeeRule>,
}

impl Segment<'_> {
    fn days(&self) -> i64 {
        days(self.after, self.until) - self.deferred_days
    }

    fn daily_rate(&self) -> Decimal {
        self.rule.value.daily_rate.value
    }
}

/// The late fee on one principal (art. 33).
pub fn late_fee<'b>(request: &Request<'_>, context: &mut Context<'b>) -> Option<Outcome> {
    let book = context.book();
    let principal = context.money(At::ROOT.field("principal"), request.principal, Sign::Positive);
    let subject = Text::fixed("滞纳金规定", "the late-fee rule");
    let rule = context.in_force(At::ROOT.field("due_date"), &book.late_fee, request.due_date, subject.clone());
    let payments = payments(request, context);
    let deferrals = deferrals(request, context);
    let treasuries = request.location.as_ref().map(|location| {
        let as_of = (At::ROOT.field("as_of"), request.as_of);
        revenue_split::treasuries(At::ROOT.field("location"), location, as_of, None, context)
    });
    let (principal, rule, payments, deferrals) = (principal?, rule?, payments?, deferrals?);

    let base_day = end_of_grace(request.due_date, &deferrals);
    let base = base(principal, base_day.min(request.as_of), &payments, context);
    let segments = segments(base, base_day, request.as_of, &payments, &deferrals, subject, context)?;
    let counted: i64 = segments.iter().map(Segment::days).sum();
    let last_rule = segments.last().map_or(rule, |segment| segment.rule);
    let cap_multiple = *context.rests_on(&last_rule.value.cap_multiple);
    let cap = to_fen(&Exact::from(base).times(cap_multiple));
    let cap = context.computed(At::ROOT.field("principal"), cap)?;

    let exact = segments.iter().fold(Exact::zero(), |sum, segment| {
        sum.plus(Exact::from(segment.outstanding).times(segment.daily_rate()).times(segment.days()))
    });
    // Beyond 10^15 yuan the fee is far above any cap.
    let uncapped = to_fen(&exact).ok();
    let fee = uncapped.map_or(cap, |fee| fee.min(cap));
    let capped = uncapped.is_none_or(|fee| fee >= cap);
    explain_fee(&segments, (base, cap_multiple, base_day, last_rule), fee, context);

    let paid = context.computed(At::ROOT.field("payments"), Yuan::sum(payments.values().copied()))?;
    let outstanding_principal = principal.less_at_most(paid);
    let surplus = paid.less_at_most(principal);
    let paid_to_late_fee = surplus.min(fee);
    let overpaid = surplus.less_at_most(fee);
    let outstanding_late_fee = fee.less_at_most(paid_to_late_fee);
    let total_due = context.computed(At::ROOT.field("principal"), outstanding_principal.plus(outstanding_late_fee))?;
    if !paid_to_late_fee.is_zero() || !outstanding_late_fee.is_zero() && !paid.is_zero() {
        context.warn(
            WarningCode::Reading,
            Text::fixed("缴款先抵本金，后抵滞纳金", "payments go to the principal first, then to the late fee"),
            Some(measures("33")),
        );
    }
    explain_settlement(principal, paid, fee, (outstanding_principal, paid_to_late_fee, overpaid, total_due), context);

    let split = match treasuries {
        Some(treasuries) => Some(treasuries?.divide(fee, context)?),
        None => None,
    };
    Some(Outcome {
        late_fee: fee,
        days: counted,
        capped,
        cap,
        outstanding_principal,
        paid_to_late_fee,
        outstanding_late_fee,
        overpaid,
        total_due,
        split,
    })
}

/// Payments up to `as_of`, those of one day added.
fn payments(request: &Request<'_>, context: &mut Context<'_>) -> Option<BTreeMap<NaiveDate, Yuan>> {
    let list = At::ROOT.field("payments");
    let mut by_day: BTreeMap<NaiveDate, Yuan> = BTreeMap::new();
    let mut sound = true;
    for (index, payment) in request.payments.iter().enumerate() {
        let at = list.item(index);
        let Some(amount) = context.money(at.field("amount"), payment.amount, Sign::Positive) else {
            sound = false;
            continue;
        };
        if payment.date <= request.as_of {
            let day = by_day.entry(payment.date).or_default();
            match context.computed(at.field("amount"), day.plus(amount)) {
                Some(sum) => *day = sum,
                None => sound = false,
            }
        }
    }
    sound.then_some(by_day)
}

/// Deferrals as spans without overlap, in order.
fn deferrals(request: &Request<'_>, context: &mut Context<'_>) -> Option<Vec<Period>> {
    let list = At::ROOT.field("deferrals");
    let mut spans = Vec::with_capacity(request.deferrals.len());
    let mut sound = true;
    for (index, deferral) in request.deferrals.iter().enumerate() {
        let at = list.item(index);
        if deferral.approval.trim().is_empty() {
            sound = false;
            context.invalid(
                at.field("approval"),
                Text::fixed("缓缴须经批准，请填写批准文号", "a deferral needs an approval: give its number"),
                Some(measures("22")),
            );
        }
        match Period::new(deferral.from, deferral.to) {
            Ok(span) => spans.push(span),
            Err(_) => {
                sound = false;
                context.invalid(
                    at.field("to"),
                    Text::fixed("缓缴的最后一日早于第一日", "the last day of the deferral is before its first"),
                    Some(measures("22")),
                );
            }
        }
    }
    sound.then(|| without_overlap(spans))
}

/// Spans in order, those that overlap made one.
pub fn without_overlap(mut spans: Vec<Period>) -> Vec<Period> {
    spans.sort_by_key(|span| (span.from(), span.to()));
    let mut merged: Vec<Period> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.from() <= last.to() => {
                if let Ok(longer) = Period::new(last.from(), last.to().max(span.to())) {
                    *last = longer;
                }
            }
            _ => merged.push(span),
        }
    }
    merged
}

/// The day whose end fixes the principal that is late: the due date, or the last day of the deferrals that cover the day
/// after it. The deferrals are in order and [`without_overlap`].
pub fn end_of_grace(due_date: NaiveDate, deferrals: &[Period]) -> NaiveDate {
    // The spans are in order, so one pass follows a chain of adjacent ones.
    deferrals.iter().fold(due_date, |end, span| match add_days(end, 1) {
        Some(next) if span.contains(next) => span.to(),
        _ => end,
    })
}

/// The principal unpaid at the end of the day that fixes it: the base of the fee and of its cap.
fn base(principal: Yuan, day: NaiveDate, payments: &BTreeMap<NaiveDate, Yuan>, context: &mut Context<'_>) -> Yuan {
    let in_time: Vec<Yuan> = payments.range(..=day).map(|(_, amount)| *amount).collect();
    let base = in_time.iter().fold(principal, |left, amount| left.less_at_most(*amount));
    context.step(|| {
        let (formula, inputs) = less_payments(principal, &in_time);
        Step {
            rule: "late-fee.base",
            law: measures("33"),
            formula,
            inputs,
            result: base.into(),
            rounding: None,
            version: None,
        }
    });
    base
}

/// `max(0, principal - paid_1 - paid_2)`, or just `principal`.
fn less_payments(principal: Yuan, paid: &[Yuan]) -> (Cow<'static, str>, Vec<Input>) {
    let mut inputs = inputs!["principal" => principal];
    if paid.is_empty() {
        return ("principal".into(), inputs);
    }
    let mut formula = "max(0, principal".to_owned();
    for (number, amount) in (1..).zip(paid) {
        let name = format!("paid_{number}");
        formula.push_str(" - ");
        formula.push_str(&name);
        inputs.push(Input { name: name.into(), value: (*amount).into() });
    }
    formula.push(')');
    (formula.into(), inputs)
}

/// Cuts the late days wherever the outstanding principal or the version of the rule changes.
fn segments<'b>(
    base: Yuan,
    base_day: NaiveDate,
    as_of: NaiveDate,
    payments: &BTreeMap<NaiveDate, Yuan>,
    deferrals: &[Period],
    subject: Text,
    context: &mut Context<'b>,
) -> Option<Vec<Segment<'b>>> {
    let book = context.book();
    let starts = book.late_fee.between(base_day, as_of).iter().map(|entry| day_before(entry.version.effective_from));
    let mut cuts: Vec<NaiveDate> = starts.flatten().chain(payments.keys().copied()).collect();
    cuts.retain(|day| base_day < *day && *day < as_of);
    cuts.push(as_of);
    cuts.sort_unstable();
    cuts.dedup();

    let mut segments = Vec::with_capacity(cuts.len());
    let (mut after, mut outstanding) = (base_day, base);
    for until in cuts {
        if outstanding.is_zero() || until <= after {
            break;
        }
        let first = add_days(after, 1)?;
        let rule = context.in_force(At::ROOT.field("as_of"), &book.late_fee, first, subject.clone())?;
        context.rests_on(&rule.value.daily_rate);
        let deferred_days = deferrals.iter().map(|span| overlap(*span, first, until)).sum();
        segments.push(Segment { after, until, outstanding, deferred_days, rule });
        outstanding = outstanding.less_at_most(payments.get(&until).copied().unwrap_or_default());
        after = until;
    }
    Some(segments)
}

/// Days of the span that fall between two days, both included.
fn overlap(span: Period, first: NaiveDate, last: NaiveDate) -> i64 {
    (days(span.from().max(first), span.to().min(last)) + 1).max(0)
}

fn explain_fee<'b>(
    segments: &[Segment<'b>],
    (base, cap_multiple, base_day, rule): (Yuan, Decimal, NaiveDate, &'b Dated<LateFeeRule>),
    fee: Yuan,
    context: &mut Context<'b>,
) {
    for segment in segments {
        context.step(|| {
            let mut inputs = inputs!["after" => segment.after, "until" => segment.until];
            let formula = if segment.deferred_days == 0 {
                "days(after, until)"
            } else {
                inputs.extend(inputs!["deferred_days" => segment.deferred_days]);
                "days(after, until) - deferred_days"
            };
            Step {
                rule: "late-fee.days",
                law: if segment.deferred_days == 0 { measures("33") } else { measures("22") },
                formula: formula.into(),
                inputs,
                result: segment.days().into(),
                rounding: None,
                version: None,
            }
        });
    }
    context.step(|| {
        let mut inputs = inputs!["base" => base, "cap_multiple" => cap_multiple];
        let version: &'b Version = &rule.version;
        let formula = match segments {
            [] => {
                inputs.extend(
                    inputs!["daily_rate" => rule.value.daily_rate.value, "late_days" => days(base_day, base_day)],
                );
                Cow::from("min(base * cap_multiple, round2(base * daily_rate * late_days))")
            }
            [only] => {
                inputs.extend(inputs![
                    "outstanding" => only.outstanding,
                    "daily_rate" => only.daily_rate(),
                    "late_days" => only.days(),
                ]);
                "min(base * cap_multiple, round2(outstanding * daily_rate * late_days))".into()
            }
            many => {
                let mut terms = Vec::with_capacity(many.len());
                for (number, segment) in (1..).zip(many) {
                    terms.push(format!("outstanding_{number} * daily_rate_{number} * days_{number}"));
                    inputs.extend(inputs![
                        format!("outstanding_{number}") => segment.outstanding,
                        format!("daily_rate_{number}") => segment.daily_rate(),
                        format!("days_{number}") => segment.days(),
                    ]);
                }
                format!("min(base * cap_multiple, round2(sum({})))", terms.join(", ")).into()
            }
        };
        Step {
            rule: "late-fee.fee",
            law: rule.value.daily_rate.law(),
            formula,
            inputs,
            result: fee.into(),
            rounding: Some("half_up_fen"),
            version: Some(version),
        }
    });
}

fn explain_settlement(
    principal: Yuan,
    paid: Yuan,
    fee: Yuan,
    (outstanding_principal, paid_to_late_fee, overpaid, total_due): (Yuan, Yuan, Yuan, Yuan),
    context: &mut Context<'_>,
) {
    if !paid.is_zero() {
        context.step(|| Step {
            rule: "late-fee.outstanding-principal",
            law: measures("33"),
            formula: "max(0, principal - paid)".into(),
            inputs: inputs!["principal" => principal, "paid" => paid],
            result: outstanding_principal.into(),
            rounding: None,
            version: None,
        });
        context.step(|| Step {
            rule: "late-fee.paid-to-late-fee",
            law: measures("33"),
            formula: "min(late_fee, max(0, paid - principal))".into(),
            inputs: inputs!["late_fee" => fee, "paid" => paid, "principal" => principal],
            result: paid_to_late_fee.into(),
            rounding: None,
            version: None,
        });
        context.step(|| Step {
            rule: "late-fee.overpaid",
            law: measures("26"),
            formula: "max(0, paid - principal - paid_to_late_fee)".into(),
            inputs: inputs!["paid" => paid, "principal" => principal, "paid_to_late_fee" => paid_to_late_fee],
            result: overpaid.into(),
            rounding: None,
            version: None,
        });
    }
    context.step(|| Step {
        rule: "late-fee.total-due",
        law: measures("33"),
        formula: "outstanding_principal + late_fee - paid_to_late_fee".into(),
        inputs: inputs![
            "outstanding_principal" => outstanding_principal,
            "late_fee" => fee,
            "paid_to_late_fee" => paid_to_late_fee,
        ],
        result: Value::from(total_due),
        rounding: None,
        version: None,
    });
}
