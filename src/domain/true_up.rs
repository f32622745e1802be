//! True-up (多退少补) when a mining licence is cancelled for policy or disaster: 财综〔2023〕10号 art. 21; refunds by art. 26.

use chrono::NaiveDate;

use super::context::{Context, Sign};
use super::error::{At, Text};
use super::exact::Exact;
use super::explain::{Step, WarningCode};
use super::law::measures;
use super::money::Yuan;
use super::quantity::{Number, Quantity, Reserves};
use super::refund::{self, Payment};
use super::revenue_split::{self, Location};
use super::rounding::to_fen;
use crate::inputs;

/// The facts of the cancelled right.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// The income fixed for all assessed reserves.
    pub total: Number,
    /// Reserves that the assessment covered.
    pub reserves_assessed: Number,
    /// Reserves used until the cancellation.
    pub reserves_used: Number,
    /// What was paid, as one sum; exclusive with `payments`.
    pub paid: Option<Number>,
    /// What was paid, one by one; exclusive with `paid`.
    pub payments: Option<Vec<Payment<'r>>>,
    /// The day whose shares count for a single sum.
    pub paid_on: Option<NaiveDate>,
    /// Where it belongs; without it a single sum has no split.
    pub location: Option<Location<'r>>,
}

/// Which way money flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More is due than was paid.
    Collect,
    /// Less is due than was paid.
    Refund,
    /// Exactly what is due was paid.
    None,
}

/// What is due for the reserves used, and the difference to what was paid.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// `round(total × used / assessed)`.
    pub due: Yuan,
    /// Due less paid: negative for a refund.
    pub difference: Yuan,
    /// Which way it flows.
    pub direction: Direction,
    /// The difference without its sign, shared between the treasuries.
    pub split: Option<Split>,
}

/// The difference by treasury; the parts are positive, the direction tells.
#[derive(Clone, Debug)]
pub struct Split {
    /// Central treasury.
    pub central: Yuan,
    /// Local treasuries.
    pub local: Yuan,
    /// The shares of a single sum, or those of each payment given back, the latest first.
    pub parts: Vec<refund::Part>,
}

impl Split {
    /// The part, where there is just one.
    pub fn only(&self) -> Option<&refund::Part> {
        match self.parts.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// `due = round(total × reserves used / reserves assessed)`; more is refunded, less is collected (art. 21).
pub fn true_up<'b>(request: &Request<'_>, context: &mut Context<'b>) -> Option<Outcome> {
    let total = context.money(At::ROOT.field("total"), request.total, Sign::Positive);
    let assessed = context.quantity(At::ROOT.field("reserves_assessed"), request.reserves_assessed, Quantity::new);
    let used = context.quantity(At::ROOT.field("reserves_used"), request.reserves_used, Reserves::new);
    check_used(At::ROOT, assessed, used, context);
    let paid = paid(request, context);
    let single = single_sum_rules(request, context);
    let (total, assessed, used, (paid, payments), single) = (total?, assessed?, used?, paid?, single?);
    if !context.is_sound() {
        return None;
    }
    let (due, difference) = due_and_difference(At::ROOT, &Sums { total, assessed, used, paid }, context)?;
    let direction = match difference.cmp(&Yuan::ZERO) {
        std::cmp::Ordering::Greater => Direction::Collect,
        std::cmp::Ordering::Less => Direction::Refund,
        std::cmp::Ordering::Equal => Direction::None,
    };
    let split = match (direction, single) {
        (Direction::None, _) => None,
        (Direction::Refund, _) if !payments.is_empty() => Some(latest_first(difference.abs(), payments, context)?),
        (_, Some((paid_on, treasuries))) => {
            let amount = difference.abs();
            let split = treasuries.divide(amount, context)?;
            Some(Split {
                central: split.shares.central,
                local: split.shares.local,
                parts: vec![refund::Part { paid_on, amount, split }],
            })
        }
        (_, None) => None,
    };
    Some(Outcome { due, difference, direction, split })
}

/// Reserves used beyond those assessed are not paid for; they are no part of a true-up.
pub(super) fn check_used(at: At<'_>, assessed: Option<Quantity>, used: Option<Reserves>, context: &mut Context<'_>) {
    if let (Some(assessed), Some(used)) = (assessed, used)
        && used.value() > assessed.value()
    {
        context.invalid(
            at.field("reserves_used"),
            Text::fixed(
                "动用量不应大于评估量；超出部分属未有偿处置，应另行处置",
                "more is used than was assessed: the rest is not paid for and is dealt with by art. 15",
            ),
            Some(measures("21")),
        );
    }
}

/// What a true-up is computed from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sums {
    pub(super) total: Yuan,
    pub(super) assessed: Quantity,
    pub(super) used: Reserves,
    pub(super) paid: Yuan,
}

/// What is due for the reserves used, and that less what was paid. `at` is the object that holds the sums.
pub(super) fn due_and_difference(at: At<'_>, sums: &Sums, context: &mut Context<'_>) -> Option<(Yuan, Yuan)> {
    let Sums { total, assessed, used, paid } = *sums;
    let exact = Exact::from(total).times(used.value()).divided_by(assessed.value())?;
    let due = context.computed(at.field("total"), to_fen(&exact))?;
    let difference = context.computed(at.field("paid"), due.minus(paid))?;
    context.step(|| Step {
        rule: "true-up.due",
        law: measures("21"),
        formula: "round2(total * reserves_used / reserves_assessed)".into(),
        inputs: inputs!["total" => total, "reserves_used" => used.value(), "reserves_assessed" => assessed.value()],
        result: due.into(),
        rounding: Some("half_up_fen"),
        version: None,
    });
    context.step(|| Step {
        rule: "true-up.difference",
        law: measures("21"),
        formula: "due - paid".into(),
        inputs: inputs!["due" => due, "paid" => paid],
        result: difference.into(),
        rounding: None,
        version: None,
    });
    Some((due, difference))
}

/// A payment with the rules by which it would be given back.
struct Paid<'b> {
    paid_on: NaiveDate,
    amount: Yuan,
    treasuries: revenue_split::Treasuries<'b>,
}

fn paid<'b>(request: &Request<'_>, context: &mut Context<'b>) -> Option<(Yuan, Vec<Paid<'b>>)> {
    let (sum_at, list) = (At::ROOT.field("paid"), At::ROOT.field("payments"));
    match (&request.paid, &request.payments) {
        (Some(sum), None) => Some((context.money(sum_at, *sum, Sign::NotNegative)?, Vec::new())),
        (None, Some(payments)) => {
            let paid: Vec<Option<Paid<'b>>> = payments
                .iter()
                .enumerate()
                .map(|(index, payment)| {
                    let at = list.item(index);
                    let amount = context.money(at.field("amount"), payment.amount, Sign::Positive);
                    let treasuries = refund::give_back(at, payment, context);
                    Some(Paid { paid_on: payment.paid_on, amount: amount?, treasuries: treasuries? })
                })
                .collect();
            let paid: Vec<Paid<'b>> = paid.into_iter().collect::<Option<_>>()?;
            let sum = context.computed(list, Yuan::sum(paid.iter().map(|payment| payment.amount)))?;
            Some((sum, paid))
        }
        (Some(_), Some(_)) => {
            context.invalid(
                list,
                Text::fixed("paid 与 payments 只能填一项", "give either paid or payments, not both"),
                Some(measures("21")),
            );
            None
        }
        (None, None) => {
            context.unknown(
                sum_at,
                Text::fixed("请填写已缴金额 paid 或 payments", "give what was paid: paid or payments"),
                Some(measures("21")),
            );
            None
        }
    }
}

/// The rules for a single sum, when a location is named. `Some(None)`: no location, no split.
type SingleSum<'b> = Option<(NaiveDate, revenue_split::Treasuries<'b>)>;

fn single_sum_rules<'b>(request: &Request<'_>, context: &mut Context<'b>) -> Option<SingleSum<'b>> {
    let Some(location) = &request.location else { return Some(None) };
    let date_at = At::ROOT.field("paid_on");
    let Some(paid_on) = request.paid_on else {
        context.unknown(
            date_at,
            Text::fixed("分成按缴款日的办法，请填写 paid_on", "the split goes by the day of payment: give paid_on"),
            Some(measures("26")),
        );
        return None;
    };
    let treasuries =
        revenue_split::treasuries(At::ROOT.field("location"), location, (date_at, paid_on), None, context)?;
    Some(Some((paid_on, treasuries)))
}

/// Takes the refund from the latest payments and gives each part back by the scheme of its day.
fn latest_first<'b>(refund: Yuan, mut payments: Vec<Paid<'b>>, context: &mut Context<'b>) -> Option<Split> {
    context.warn(
        WarningCode::Reading,
        Text::fixed("退库自最后一笔缴款起依次冲退", "a refund is taken from the latest payment first"),
        Some(measures("26")),
    );
    // Stable: of several payments on one day the later one in the request is the latest.
    payments.reverse();
    payments.sort_by_key(|payment| std::cmp::Reverse(payment.paid_on));
    let mut left = refund;
    let mut parts = Vec::new();
    for payment in payments {
        if left.is_zero() {
            break;
        }
        let amount = payment.amount.min(left);
        context.step(|| Step {
            rule: "true-up.refund-part",
            law: measures("26"),
            formula: "min(payment, left_to_refund)".into(),
            inputs: inputs!["payment" => payment.amount, "left_to_refund" => left],
            result: amount.into(),
            rounding: None,
            version: None,
        });
        left = left.less_at_most(amount);
        let split = payment.treasuries.divide(amount, context)?;
        parts.push(refund::Part { paid_on: payment.paid_on, amount, split });
    }
    let central = Yuan::sum(parts.iter().map(|part| part.split.shares.central)).ok()?;
    let local = Yuan::sum(parts.iter().map(|part| part.split.shares.local)).ok()?;
    let shares = || parts.iter().map(|part| part.split.shares);
    let law = || measures("26");
    refund::explain_sum("true-up.central", law(), "central", shares().map(|part| part.central), central, context);
    refund::explain_sum("true-up.local", law(), "local", shares().map(|part| part.local), local, context);
    Some(Split { central, local, parts })
}
