//! Refunds (退库): 财综〔2023〕10号 art. 26. What is given back leaves the treasuries in the shares in which it came in, by
//! the scheme in force on the day it was paid in.

use chrono::NaiveDate;

use super::context::{Context, Sign};
use super::error::{At, Text};
use super::explain::{Step, Value, summands};
use super::law::{Law, measures};
use super::money::Yuan;
use super::quantity::Number;
use super::revenue_split::{self, Location};

/// A payment that came in.
#[derive(Clone, Debug)]
pub struct Payment<'r> {
    /// The day it was paid in.
    pub paid_on: NaiveDate,
    /// How much.
    pub amount: Number,
    /// Where it belonged.
    pub location: Location<'r>,
}

/// Payments to be given back whole.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// The payments.
    pub payments: Vec<Payment<'r>>,
}

/// One payment with what each treasury gives back.
#[derive(Clone, Debug)]
pub struct Part {
    /// The day it was paid in.
    pub paid_on: NaiveDate,
    /// What is given back of it.
    pub amount: Yuan,
    /// By treasury.
    pub split: revenue_split::Outcome,
}

/// A refund.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The sum.
    pub refund: Yuan,
    /// What the central treasury gives back.
    pub central: Yuan,
    /// What the local treasuries give back.
    pub local: Yuan,
    /// One entry for each payment, in the order of the request.
    pub parts: Vec<Part>,
}

/// Divides each refunded payment by the scheme of the day it was paid in (art. 26).
pub fn refund<'b>(request: &Request<'_>, context: &mut Context<'b>) -> Option<Outcome> {
    let list = At::ROOT.field("payments");
    if request.payments.is_empty() {
        context.invalid(list, Text::fixed("至少应有一笔缴款", "give at least one payment"), Some(measures("26")));
        return None;
    }
    let parts: Vec<Option<Part>> = request
        .payments
        .iter()
        .enumerate()
        .map(|(index, payment)| {
            let at = list.item(index);
            let amount = context.money(at.field("amount"), payment.amount, Sign::Positive);
            give_back(at, payment, context)
                .and_then(|treasuries| treasuries.divide(amount?, context))
                .and_then(|split| Some(Part { paid_on: payment.paid_on, amount: amount?, split }))
        })
        .collect();
    let parts: Vec<Part> = parts.into_iter().collect::<Option<_>>()?;
    let refund = context.computed(list, Yuan::sum(parts.iter().map(|part| part.amount)))?;
    let central = context.computed(list, Yuan::sum(parts.iter().map(|part| part.split.shares.central)))?;
    let local = context.computed(list, Yuan::sum(parts.iter().map(|part| part.split.shares.local)))?;
    let law = || measures("26");
    explain_sum("refund.total", law(), "amount", parts.iter().map(|part| part.amount), refund, context);
    explain_sum(
        "refund.central",
        law(),
        "central",
        parts.iter().map(|part| part.split.shares.central),
        central,
        context,
    );
    explain_sum("refund.local", law(), "local", parts.iter().map(|part| part.split.shares.local), local, context);
    Some(Outcome { refund, central, local, parts })
}

/// The rules by which one payment is given back.
pub(super) fn give_back<'b>(
    at: At<'_>,
    payment: &Payment<'_>,
    context: &mut Context<'b>,
) -> Option<revenue_split::Treasuries<'b>> {
    let paid_on = (at.field("paid_on"), payment.paid_on);
    revenue_split::treasuries(at.field("location"), &payment.location, paid_on, None, context)
}

/// Writes down a sum of several amounts.
pub(super) fn explain_sum<'b>(
    rule: &'static str,
    law: Law<'b>,
    name: &str,
    amounts: impl Iterator<Item = Yuan>,
    total: Yuan,
    context: &mut Context<'b>,
) {
    context.step(|| {
        let (inputs, formula) = summands(name, amounts.map(Value::from));
        Step { rule, law, formula: formula.into(), result: Value::from(total), rounding: None, version: None, inputs }
    });
}
