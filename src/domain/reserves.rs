//! Reserves not yet paid for (未有偿处置的资源储量), 财综〔2023〕10号 art. 15; zrzbh-2023-1905 for the quantities.

use super::context::Context;
use super::error::{At, Text};
use super::exact::Exact;
use super::explain::{Step, WarningCode};
use super::law::measures;
use super::quantity::{Number, Quantity, Reserves};
use crate::inputs;

/// Quantities of one mineral in one unit.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// Identified reserves, all that were ever found (累计查明).
    pub identified: Number,
    /// Mined so far (已动用).
    pub mined: Number,
    /// Paid for so far (已有偿处置).
    pub paid_for: Number,
    /// The unit of all three.
    pub unit: &'r str,
}

/// What remains, and what is still to be paid for.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Identified less mined (保有).
    pub retained: Exact,
    /// Paid for less mined; negative when more was mined than was paid for.
    pub remaining_paid: Exact,
    /// Retained less remaining paid, at least zero.
    pub to_pay: Exact,
    /// The unit.
    pub unit: String,
}

/// `retained = identified − mined; remaining paid = paid for − mined; to pay = max(0, retained − remaining paid)` (art. 15).
pub fn unpaid_reserves(request: &Request<'_>, context: &mut Context<'_>) -> Option<Outcome> {
    let identified = context.quantity(At::ROOT.field("identified"), request.identified, Quantity::new);
    let mined = context.quantity(At::ROOT.field("mined"), request.mined, Reserves::new);
    let paid_for = context.quantity(At::ROOT.field("paid_for"), request.paid_for, Reserves::new);
    if request.unit.trim().is_empty() {
        context.invalid(At::ROOT.field("unit"), Text::fixed("请填写单位", "name the unit"), None);
    }
    if let (Some(identified), Some(mined)) = (identified, mined)
        && mined.value() > identified.value()
    {
        context.invalid(
            At::ROOT.field("mined"),
            Text::fixed("已动用量不应大于累计查明量", "more is mined than was ever identified"),
            Some(measures("15")),
        );
    }
    let (identified, mined, paid_for) = (identified?, mined?, paid_for?);
    let retained = Exact::from(identified).minus(mined);
    let remaining_paid = Exact::from(paid_for).minus(mined);
    let to_pay = retained.minus(&remaining_paid).max(Exact::zero());
    if remaining_paid < Exact::zero() {
        context.warn(
            WarningCode::MinedWithoutPayment,
            Text::fixed("已动用量大于已有偿处置量", "more was mined than was paid for"),
            Some(measures("15")),
        );
    }
    let step = |rule, formula: &'static str, inputs, result: &Exact| Step {
        rule,
        law: measures("15"),
        formula: formula.into(),
        inputs,
        result: result.clone().into(),
        rounding: None,
        version: None,
    };
    context.step(|| {
        let inputs = inputs!["identified" => identified.value(), "mined" => mined.value()];
        step("unpaid-reserves.retained", "identified - mined", inputs, &retained)
    });
    context.step(|| {
        let inputs = inputs!["paid_for" => paid_for.value(), "mined" => mined.value()];
        step("unpaid-reserves.remaining-paid", "paid_for - mined", inputs, &remaining_paid)
    });
    context.step(|| {
        let inputs = inputs!["retained" => retained.clone(), "remaining_paid" => remaining_paid.clone()];
        step("unpaid-reserves.to-pay", "max(0, retained - remaining_paid)", inputs, &to_pay)
    });
    Some(Outcome { retained, remaining_paid, to_pay, unit: request.unit.to_owned() })
}
