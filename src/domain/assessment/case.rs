//! The rows of a case at work (arts 7–31): what their obligations have in common. The obligations themselves are in
//! [`super::prices`], [`super::annual`] and [`super::settlement`].

use chrono::NaiveDate;

use super::facts::{Event, Facts, Request};
use super::obligation::{Due, Kind, Obligation};
use super::table::Row;
use crate::domain::catalogue::LevyMethod;
use crate::domain::context::Context;
use crate::domain::error::{At, Text};
use crate::domain::explain::{Step, Value, WarningCode};
use crate::domain::law::{Law, measures};
use crate::domain::money::Yuan;
use crate::domain::rate_book::{ArrearsRule, Version};
use crate::domain::timeline::Dated;
use crate::domain::transfer_income::not_used;
use crate::inputs;

/// Where the amounts of a case stand.
pub(super) const VALUES: At<'static> = At::ROOT.field("values");

/// Which catalogue an annual part is of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Basis {
    /// That of the transfer date.
    AtTransfer,
    /// That of the sale.
    AtSale,
    /// That of the transfer date for a competitive grant under the measures, else that of the sale.
    OfTheRight,
}

/// From or until when an obligation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begins {
    /// At once.
    Now,
    /// With the conversion.
    Conversion,
    /// With the grant of the mining right.
    MiningGrant,
    /// With the measures.
    Measures,
    /// At once, and it ends with the licence.
    UntilCancellation,
}

impl Begins {
    pub(super) fn due(self, otherwise: Due) -> Due {
        match self {
            Begins::Conversion => Due::Conversion,
            Begins::MiningGrant => Due::MiningGrant,
            Begins::Now | Begins::Measures | Begins::UntilCancellation => otherwise,
        }
    }
}

/// The rows of a case at work.
pub(super) struct Case<'c, 'q, 'b> {
    pub(super) facts: &'c Facts<'q, 'b>,
    pub(super) context: &'c mut Context<'b>,
    pub(super) rule: &'static str,
    pub(super) law: Law<'static>,
    pub(super) obligations: Vec<Obligation>,
    /// The fields whose values have a part in the obligations.
    pub(super) used: Vec<&'static str>,
}

impl<'c, 'q, 'b> Case<'c, 'q, 'b> {
    pub(super) fn new(facts: &'c Facts<'q, 'b>, context: &'c mut Context<'b>) -> Case<'c, 'q, 'b> {
        Case { facts, context, rule: "", law: measures("1"), obligations: Vec::new(), used: Vec::new() }
    }

    /// Adds the obligations of a row.
    pub(super) fn apply(&mut self, row: &'static Row) {
        self.rule = row.id;
        self.law = row.law.clone();
        self.value_step("assessment.rule", "rule", row.id, None);
        (row.obligations)(self);
    }

    /// The obligations in the order of `RULES` 12, and the fields that have a part in them.
    pub(super) fn into_obligations(mut self) -> (Vec<Obligation>, Vec<&'static str>) {
        self.obligations.sort_by_key(Obligation::rank);
        (self.obligations, self.used)
    }

    /// An obligation of the row at work, of which nothing more is known.
    pub(super) fn obligation(&self, kind: Kind) -> Obligation {
        Obligation {
            rule: self.rule,
            law: self.law.clone(),
            mineral: None,
            levy_method: None,
            kind,
            rate_basis: None,
            rate: None,
            amount: None,
            divisible: None,
            due: None,
            from: None,
            to: None,
            reserve_base_date: None,
            payer: self.facts.request.payer.map(str::to_owned),
            needs: Vec::new(),
        }
    }

    /// An amount that is fixed once; by amount it may be paid in instalments (arts 11, 12).
    pub(super) fn one_off(&self, method: LevyMethod, begins: Begins) -> Obligation {
        Obligation {
            levy_method: Some(method),
            divisible: Some(method == LevyMethod::Amount),
            due: Some(begins.due(Due::PaymentNotice)),
            ..self.obligation(Kind::OneOff)
        }
    }

    /// The rule on old rights. It has no date of its own in the request: it is that of the measures.
    pub(super) fn arrears_rule(&self) -> Option<&'b Dated<ArrearsRule>> {
        self.context.book().arrears.entries().first()
    }

    /// A warning under the article of the row.
    pub(super) fn remark(&mut self, code: WarningCode, zh: &'static str, en: &'static str) {
        let law = self.law.clone();
        self.context.warn(code, Text::fixed(zh, en), Some(law));
    }

    /// Whether the right has minerals of both kinds.
    pub(super) fn is_mixed(&self) -> bool {
        self.facts.has(LevyMethod::Rate) && self.facts.has(LevyMethod::Amount)
    }

    /// A value of the case that is an amount owed, with its step; noted as needed when it is not there.
    pub(super) fn given(&mut self, obligation: &mut Obligation, name: &'static str, amount: Option<Yuan>) {
        self.used.push(name);
        obligation.amount = amount;
        match amount {
            None => obligation.needs.push(name),
            Some(amount) => self.value_step("assessment.amount", name, amount, None),
        }
    }

    /// The step of a day that a rule names.
    pub(super) fn day_step(&mut self, name: &'static str, day: NaiveDate, version: Option<&'b Version>) -> NaiveDate {
        self.value_step("assessment.day", name, day, version);
        day
    }

    /// A step that only takes a value over, under the article of the row.
    pub(super) fn value_step<V: Copy>(
        &mut self,
        rule: &'static str,
        name: &'static str,
        value: V,
        version: Option<&'b Version>,
    ) where
        Value: From<V>,
    {
        let law = self.law.clone();
        self.context.step(|| Step {
            rule,
            law,
            formula: name.into(),
            inputs: inputs![name => value],
            result: value.into(),
            rounding: None,
            version,
        });
    }
}

/// Warns of facts that the event does not ask for.
pub(super) fn warn_of_unasked(request: &Request<'_>, context: &mut Context<'_>) {
    use super::facts::Event::{
        Cancellation, Grant, MineralChange, OilGasAdded, Transfer, Transition, UndisposedReserves,
    };
    let facts: [(&'static str, bool, &[Event]); 9] = [
        ("reason", request.reason.is_some(), &[Cancellation]),
        ("levy_form", request.levy_form.is_some(), &[Cancellation]),
        ("reserves_not_paid_for", request.reserves_not_paid_for.is_some(), &[UndisposedReserves, Transition]),
        ("approval", request.approval.is_some(), &[Transition]),
        ("remaining_minerals", request.remaining_minerals.is_some(), &[MineralChange]),
        ("added_minerals", !request.added_minerals.is_empty(), &[MineralChange, OilGasAdded]),
        ("transferee", request.transferee.is_some(), &[Transfer]),
        ("state_funded_exploration", request.state_funded_exploration.is_some(), &[Grant]),
        ("stage_completed", request.stage_completed.is_some(), &[Grant]),
    ];
    for (name, given, events) in facts {
        if given && !events.contains(&request.event) {
            not_used(name, context);
        }
    }
}

/// Warns of amounts that no obligation has a part for.
pub(super) fn warn_of_unused(facts: &Facts<'_, '_>, used: &[&'static str], context: &mut Context<'_>) {
    let values = &facts.request.values;
    let given = [
        ("transaction_price", values.transaction_price.is_some()),
        ("starting_price", values.starting_price.is_some()),
        ("appraised_value", values.appraised_value.is_some()),
        ("benchmark_value", values.benchmark_value.is_some()),
        ("contract_remainder", values.contract_remainder.is_some()),
        ("fund_occupation_charge", values.fund_occupation_charge.is_some()),
        ("total", values.total.is_some()),
        ("sales", values.sales.is_some()),
        ("reserves_assessed", values.reserves_assessed.is_some()),
        ("reserves_used", values.reserves_used.is_some()),
        ("paid", values.paid.is_some()),
        ("reserve_base_date", facts.request.reserve_base_date.is_some()),
    ];
    for (name, _) in given.into_iter().filter(|(name, given)| *given && !used.contains(name)) {
        not_used(name, context);
    }
}
