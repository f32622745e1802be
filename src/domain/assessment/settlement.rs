//! What goes on, ends or is given back (arts 11(3), 16, 18, 21, 26, 28), and what is owed for old rights (arts 15, 29–31).

use super::case::{Basis, Begins, Case, VALUES};
use super::facts::{Event, Signed};
use super::obligation::{Due, Kind, Obligation};
use crate::domain::catalogue::LevyMethod;
use crate::domain::explain::WarningCode;
use crate::domain::law::measures;
use crate::domain::start_price::Right;
use crate::domain::true_up;

impl Case<'_, '_, '_> {
    /// What the contract leaves to pay goes on.
    pub(super) fn continues(&mut self, method: Option<LevyMethod>) {
        let mut obligation = Obligation { levy_method: method, ..self.obligation(Kind::Continue) };
        self.given(&mut obligation, "contract_remainder", self.facts.amounts.contract_remainder);
        self.obligations.push(obligation);
    }

    /// The same, to be paid before the licence is cancelled.
    pub(super) fn continues_before_cancellation(&mut self) {
        let mut obligation = Obligation { due: Some(Due::BeforeCancellation), ..self.obligation(Kind::Continue) };
        self.given(&mut obligation, "contract_remainder", self.facts.amounts.contract_remainder);
        self.obligations.push(obligation);
    }

    /// The contract goes on unchanged; instalments agreed before 财综〔2017〕35号 bear a fund-occupation charge (art. 28).
    pub(super) fn continues_unchanged(&mut self) {
        if self.facts.request.event == Event::Conversion {
            self.remark(
                WarningCode::Reading,
                "办法施行前签订的合同，转采后仍按原合同继续缴纳",
                "a contract signed before the measures goes on unchanged also when the right converts",
            );
        }
        self.continues(None);
        let book = self.context.book();
        if let Ok(rule) = book.fund_occupation.at(self.facts.date) {
            self.context.uses(&rule.version);
            self.context.rests_on(&rule.value);
        }
        if self.facts.signed == Signed::BeforeFundOccupation {
            let mut obligation = self.obligation(Kind::Continue);
            self.given(&mut obligation, "fund_occupation_charge", self.facts.amounts.fund_occupation_charge);
            self.obligations.push(obligation);
        }
    }

    /// All open obligations pass to the transferee (art. 18).
    pub(super) fn passes_to_transferee(&mut self) {
        let transferee = self.facts.request.transferee;
        let mut obligation = Obligation { payer: transferee.map(str::to_owned), ..self.obligation(Kind::Continue) };
        self.given(&mut obligation, "contract_remainder", self.facts.amounts.contract_remainder);
        if transferee.is_none() {
            obligation.needs.push("transferee");
        }
        self.obligations.push(obligation);
    }

    fn lapses(&mut self, method: Option<LevyMethod>) {
        let mut obligation = Obligation { levy_method: method, ..self.obligation(Kind::Lapse) };
        self.given(&mut obligation, "contract_remainder", self.facts.amounts.contract_remainder);
        self.obligations.push(obligation);
    }

    /// The rest of the income of an exploration right that ends unconverted is not owed (art. 11(3)).
    pub(super) fn lapses_unconverted(&mut self) {
        if self.facts.signed_before_measures() == Some(true) {
            self.remark(
                WarningCode::Reading,
                "办法施行前签订的合同未另有约定的，剩余部分同样不再缴纳",
                "the rest lapses under a contract signed before the measures too, unless the contract says otherwise",
            );
        }
        self.lapses(Some(LevyMethod::Amount));
    }

    /// With the last registered mineral the rest of the contract is not owed (art. 16).
    pub(super) fn lapses_with_its_minerals(&mut self) {
        if self.facts.request.remaining_minerals.is_none() {
            self.remark(
                WarningCode::Assumed,
                "未填写 remaining_minerals，按原登记矿种均不存在处理",
                "remaining_minerals was left out: taken as no registered mineral remains",
            );
        }
        self.lapses(None);
    }

    /// More or less than was paid, by the reserves used (art. 21).
    pub(super) fn true_up(&mut self) {
        let facts = self.facts;
        if facts.request.levy_form.is_none() && facts.signed == Signed::Unknown {
            self.remark(
                WarningCode::Assumed,
                "未填写 levy_form 和 contract_signed_on，按主矿种判定征收方式",
                "levy_form and contract_signed_on were left out: the levy method is taken by the main mineral",
            );
        }
        let mut obligation = Obligation { levy_method: Some(LevyMethod::Amount), ..self.obligation(Kind::TrueUp) };
        let amounts = &facts.amounts;
        let needed = [
            ("total", amounts.total.is_some()),
            ("reserves_assessed", amounts.reserves_assessed.is_some()),
            ("reserves_used", amounts.reserves_used.is_some()),
            ("paid", amounts.paid.is_some()),
        ];
        self.used.extend(needed.map(|(name, _)| name));
        obligation.needs.extend(needed.into_iter().filter(|(_, given)| !given).map(|(name, _)| name));
        true_up::check_used(VALUES, amounts.reserves_assessed, amounts.reserves_used, self.context);
        if let (Some(total), Some(assessed), Some(used), Some(paid)) =
            (amounts.total, amounts.reserves_assessed, amounts.reserves_used, amounts.paid)
        {
            let sums = true_up::Sums { total, assessed, used, paid };
            obligation.amount =
                true_up::due_and_difference(VALUES, &sums, self.context).map(|(_, difference)| difference);
        }
        self.obligations.push(obligation);
    }

    /// A right that is withdrawn: the rule on force majeure has a term, the measures refund in either case (art. 26).
    pub(super) fn withdrawn(&mut self) {
        let date = self.facts.date;
        let rule = self.context.book().instruments.get(self.law.instrument);
        let in_force = rule.is_some_and(|rule| {
            rule.in_force_from.is_none_or(|from| from <= date) && rule.in_force_until.is_none_or(|until| date < until)
        });
        if !in_force {
            self.law = measures("26");
            self.remark(
                WarningCode::Reading,
                "不在自然资规〔2023〕6号的有效期内，依征收办法第二十六条可退还",
                "outside the term of Zi Ran Zi Gui [2023] No. 6: refundable by article 26 of the measures",
            );
        }
        self.refundable();
    }

    /// What was paid is given back.
    pub(super) fn refundable(&mut self) {
        let mut obligation = self.obligation(Kind::Refundable);
        self.given(&mut obligation, "paid", self.facts.amounts.paid);
        self.obligations.push(obligation);
    }

    // Old rights that were paid for in some way.

    /// Nothing is owed for the reserves that were paid for.
    pub(super) fn none(&mut self) {
        let obligation = self.obligation(Kind::None);
        self.obligations.push(obligation);
    }

    /// Nothing is owed; the conversion into capital needs the approval of both departments (art. 31).
    pub(super) fn none_if_approved(&mut self) {
        if self.facts.request.approval.is_none_or(|approval| approval.trim().is_empty()) {
            self.remark(
                WarningCode::Assumed,
                "未填写 approval，按已经财政部门和原国土资源主管部门批准处理",
                "approval was left out: the conversion is taken as approved by both departments",
            );
        }
        self.none();
    }

    /// Whether there are reserves besides those paid for: so with the event that they are used, and unless a transition
    /// says that there are none.
    fn has_other_reserves(&mut self) -> bool {
        let facts = self.facts.request;
        if facts.event == Event::UndisposedReserves {
            return true;
        }
        if facts.reserves_not_paid_for.is_none() {
            self.remark(
                WarningCode::Assumed,
                "未填写 reserves_not_paid_for，按还有未有偿处置的资源储量列出，动用时征收",
                "reserves_not_paid_for was left out: what is owed for other reserves, once they are used, is listed",
            );
        }
        facts.reserves_not_paid_for != Some(false)
    }

    /// The other reserves: in the catalogue an annual part, outside an amount.
    pub(super) fn other_reserves(&mut self) {
        if !self.has_other_reserves() {
            return;
        }
        if self.facts.has(LevyMethod::Amount) {
            self.higher_value(Begins::Now);
        }
        self.annual(Basis::AtSale, Begins::Now);
    }

    /// The same as rows E1 and E2 have it.
    pub(super) fn other_reserves_as_e1_e2(&mut self) {
        if !self.has_other_reserves() {
            return;
        }
        self.rule = "E2";
        if self.facts.has(LevyMethod::Amount) {
            self.higher_value(Begins::Now);
        }
        self.rule = "E1";
        self.annual(Basis::AtSale, Begins::Now);
    }

    /// The same as rows T2 to T5 have it.
    pub(super) fn as_first_come(&mut self) {
        let (inside, outside) = (self.facts.has(LevyMethod::Rate), self.facts.has(LevyMethod::Amount));
        match self.facts.request.right {
            Right::Exploration => {
                if outside {
                    self.higher_value(Begins::MiningGrant);
                }
                self.annual(Basis::AtSale, Begins::Conversion);
            }
            Right::Mining => {
                if inside {
                    self.arrears();
                }
                if outside {
                    self.higher_value_of_reserves_since_2017();
                }
                self.annual(Basis::AtSale, Begins::Measures);
            }
        }
    }
}
