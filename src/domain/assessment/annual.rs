//! What is levied on sales: the annual parts (art. 8(2)), and the arrears of the years before the measures (art. 29(2)).

use super::case::{Basis, Begins, Case, VALUES};
use super::facts::{Acquired, Levied, Signed};
use super::obligation::{Due, Kind, Obligation};
use crate::domain::arrears;
use crate::domain::catalogue::{Levy, LevyMethod, Rate, RateCondition};
use crate::domain::error::{At, Code, Text};
use crate::domain::explain::WarningCode;
use crate::domain::law::measures;
use crate::domain::transfer_income::{self, AnnualRate, Known, RateBasis};

impl<'b> Case<'_, '_, 'b> {
    fn rate_basis(&mut self, basis: Basis) -> RateBasis {
        match basis {
            Basis::AtTransfer => RateBasis::AtTransfer,
            Basis::AtSale => RateBasis::AtSale,
            Basis::OfTheRight => match (self.facts.request.acquired, self.facts.signed) {
                (Some(Acquired::Competitive), Signed::UnderMeasures) => RateBasis::AtTransfer,
                (None, Signed::UnderMeasures | Signed::Unknown) | (Some(Acquired::Competitive), Signed::Unknown) => {
                    self.remark(
                        WarningCode::Assumed,
                        "未说明取得方式或合同签订日，按销售时的收益率；2023-05-01 起竞争出让的为出让时的收益率",
                        "acquired or contract_signed_on was left out: the rate is taken as that of the sale; of a competitive \
                         grant from 2023-05-01 on it is that of the transfer date",
                    );
                    RateBasis::AtSale
                }
                (Some(Acquired::Agreement), Signed::Unknown) if self.facts.converts_by_agreement() => {
                    self.remark(
                        WarningCode::Assumed,
                        "未填写 contract_signed_on，视为 2023-05-01 起签订的合同；此前签订的继续履行原合同（T1）",
                        "contract_signed_on was left out: taken as signed from 2023-05-01 on; an older contract goes on \
                         unchanged (T1)",
                    );
                    RateBasis::AtSale
                }
                _ => RateBasis::AtSale,
            },
        }
    }

    /// One annual part for each registered mineral in the catalogue.
    pub(super) fn annual(&mut self, basis: Basis, begins: Begins) {
        let basis = self.rate_basis(basis);
        let facts = self.facts;
        for mineral in facts.registered_by(LevyMethod::Rate) {
            self.annual_of(mineral, basis, begins);
        }
    }

    /// Article 17: the revenues are added and levied once, at the rate of the main mineral.
    pub(super) fn annual_of_main_mineral(&mut self) {
        let basis = self.rate_basis(Basis::OfTheRight);
        let facts = self.facts;
        if let Some(main) = facts.registered.first() {
            self.annual_of(main, basis, Begins::Now);
        }
    }

    fn annual_of(&mut self, mineral: &Levied<'b>, basis: RateBasis, begins: Begins) {
        let mut obligation = Obligation {
            levy_method: Some(LevyMethod::Rate),
            mineral: Some(self.context.book().minerals.code(mineral.id).to_owned()),
            due: Some(begins.due(Due::EndOfFebruary)),
            ..self.obligation(Kind::Annual)
        };
        match begins {
            Begins::Measures => {
                let version = self.context.book().catalogue.entries().first().map(|dated| &*dated.version);
                obligation.from = Some(self.day_step("from", self.facts.measures_from, version));
            }
            Begins::UntilCancellation => obligation.to = Some(self.facts.request.as_of),
            Begins::Now | Begins::Conversion | Begins::MiningGrant => {}
        }
        let Some(annual) = self.annual_rate(mineral, basis) else { return };
        obligation.rate_basis = Some(annual.rate_basis);
        if let AnnualRate::Open(rates) = &annual.rate {
            obligation.needs.push(open_condition(rates));
        }
        obligation.rate = Some(annual.rate);
        self.obligations.push(obligation);
    }

    /// The rate of the catalogue that counts.
    fn annual_rate(&mut self, mineral: &Levied<'b>, basis: RateBasis) -> Option<transfer_income::Annual> {
        let facts = self.facts;
        let as_of = ("as_of", facts.request.as_of);
        let (field, date) = match (basis, facts.request.contract_signed_on) {
            (RateBasis::AtTransfer, Some(signed)) => ("contract_signed_on", signed),
            // What is sold after a grant is sold after its contract, even where as_of (which is refused) lies before it.
            (RateBasis::AtSale, Some(_)) if facts.date > as_of.1 => ("contract_signed_on", facts.date),
            (RateBasis::AtTransfer, None) | (RateBasis::AtSale, _) => as_of,
        };
        let subject = Text::fixed("矿种目录", "the catalogue");
        let book = self.context.book();
        let catalogue = self.context.in_force(At::ROOT.field(field), &book.catalogue, date, subject)?;
        let list = At::ROOT.field(mineral.list);
        let at = list.item(mineral.index);
        match self.context.levy(at, &catalogue.value, mineral.id)? {
            Levy::ByRate(row) => {
                let known = Known { place: facts.request.place, temperature: facts.temperature, contract_rate: None };
                Some(transfer_income::annual(basis, row, &known, &catalogue.version, self.context))
            }
            // The catalogue that decided and the one of the rate differ.
            Levy::ByAmount => {
                self.context.fault(
                    at,
                    Code::LevyMethodMismatch,
                    Text::fixed(
                        "该矿种在所适用的矿种目录之外，没有逐年征收的部分",
                        "the mineral is outside the catalogue that counts: it has no annual part",
                    ),
                    Some(measures("8(2)")),
                );
                None
            }
        }
    }

    /// The minerals that a change adds (art. 16): outside the catalogue together one amount, in it an annual part each.
    pub(super) fn added_minerals(&mut self, begins: Begins) {
        let facts = self.facts;
        if facts.added.iter().any(|mineral| mineral.is(LevyMethod::Amount)) {
            self.higher_value(begins);
        }
        for mineral in facts.added.iter().filter(|mineral| mineral.is(LevyMethod::Rate)) {
            self.annual_of(mineral, RateBasis::AtSale, begins);
        }
    }

    /// Unpaid sales from 2017-07-01 until the measures, at the rates of the 2023 catalogue (art. 29(2)).
    pub(super) fn arrears(&mut self) {
        let mut obligation = Obligation {
            levy_method: Some(LevyMethod::Rate),
            divisible: Some(true),
            due: Some(Due::PaymentNotice),
            ..self.obligation(Kind::Arrears)
        };
        if let Some(rule) = self.arrears_rule() {
            self.context.uses(&rule.version);
            let (first, last) =
                (*self.context.rests_on(&rule.value.window_from), *self.context.rests_on(&rule.value.window_to));
            obligation.from = Some(self.day_step("from", first, Some(&rule.version)));
            obligation.to = Some(self.day_step("to", last, Some(&rule.version)));
        }
        self.used.push("sales");
        match &self.facts.request.values.sales {
            None => obligation.needs.push("sales"),
            Some(lines) => {
                let income = arrears::unpaid_income(VALUES.field("sales"), lines, self.context);
                obligation.amount = income.map(|(income, _)| income);
            }
        }
        self.obligations.push(obligation);
    }
}

/// The condition on which open rates hang, by the name of the request's field.
fn open_condition(rates: &[Rate]) -> &'static str {
    let by_temperature = |rate: &Rate| matches!(rate.condition, RateCondition::Temperature { .. });
    if rates.iter().any(by_temperature) { "temperature_c" } else { "place" }
}
