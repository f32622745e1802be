//! The prices of a grant (arts 8(2), 11(2)) and the amounts that follow the same rule (arts 15, 16, 29, 30); the sums come
//! from [`transfer_income`].

use chrono::NaiveDate;

use super::case::{Begins, Case, VALUES};
use super::obligation::Obligation;
use crate::domain::catalogue::LevyMethod;
use crate::domain::explain::WarningCode;
use crate::domain::money::Yuan;
use crate::domain::rate_book::{ArrearsRule, Parameter};
use crate::domain::transfer_income::{
    self, StateFunded, Terms, at_appraised_value, at_starting_price, by_competition, check_agreed_price, check_floor,
    has_defined_starting_price, state_funded_not_said,
};

impl<'c, 'b> Case<'c, '_, 'b> {
    fn terms(&mut self, method: LevyMethod) -> Terms<'c, 'b> {
        let facts = self.facts;
        self.context.uses(&facts.levy_rule.version);
        Terms {
            at: VALUES,
            date: facts.date,
            method,
            competition: None,
            rule: facts.levy_rule,
            amounts: facts.amounts.grant,
        }
    }

    /// The price that the competition found. A right with minerals of both kinds owes it once, with those in the
    /// catalogue.
    pub(super) fn transaction_price(&mut self, method: LevyMethod) {
        let mut obligation = self.one_off(method, Begins::Now);
        if method == LevyMethod::Amount && self.is_mixed() {
            self.remark(
                WarningCode::Reading,
                "目录内外矿种并存的，竞争成交价随目录内矿种征收一次，目录外部分为 0",
                "a right with minerals of both kinds owes the price once, with those in the catalogue; the part outside is 0",
            );
            self.value_step("assessment.amount", "price_outside", Yuan::ZERO, None);
            obligation.amount = Some(Yuan::ZERO);
            self.obligations.push(obligation);
            return;
        }
        self.used.extend(["transaction_price", "starting_price"]);
        let terms = self.terms(method);
        if has_defined_starting_price(&terms) {
            self.used.extend(["appraised_value", "benchmark_value"]);
        }
        obligation.amount = by_competition(&terms, self.context);
        if obligation.amount.is_none() {
            obligation.needs.push("transaction_price");
        }
        check_floor(&terms, obligation.amount, self.context);
        self.obligations.push(obligation);
    }

    /// By agreement: the starting price.
    pub(super) fn starting_price(&mut self) {
        let facts = self.facts;
        if facts.state_funded == StateFunded::NotSaid {
            state_funded_not_said(&facts.levy_rule.value, self.context);
        }
        let mut obligation = self.one_off(LevyMethod::Rate, Begins::Now);
        let terms = self.terms(LevyMethod::Rate);
        obligation.amount = at_starting_price(&terms, self.context);
        self.agreed(obligation, &terms, "starting_price");
    }

    /// By agreement, with state-funded exploration: the appraised value.
    pub(super) fn appraised_value(&mut self) {
        let mut obligation = self.one_off(LevyMethod::Rate, Begins::Now);
        let terms = self.terms(LevyMethod::Rate);
        obligation.amount = at_appraised_value(&terms, self.context);
        self.agreed(obligation, &terms, "appraised_value");
    }

    fn agreed(&mut self, mut obligation: Obligation, terms: &Terms<'_, 'b>, name: &'static str) {
        self.used.push(name);
        match obligation.amount {
            None => obligation.needs.push(name),
            Some(price) => self.check_agreed(terms, price),
        }
        self.obligations.push(obligation);
    }

    /// A transaction price that is sent with an agreement is held against the price, where there is just one.
    fn check_agreed(&mut self, terms: &Terms<'_, 'b>, price: Yuan) {
        if !self.is_mixed() {
            self.used.push("transaction_price");
            check_agreed_price(terms, price, self.context);
        }
    }

    /// By agreement, outside: the higher of appraised and benchmark value.
    pub(super) fn higher_value_of_grant(&mut self) {
        let obligation = self.higher(Begins::Now);
        if self.facts.state_funded == StateFunded::Explored {
            self.same_values_twice();
        }
        let terms = self.terms(LevyMethod::Amount);
        if let Some(price) = obligation.amount {
            self.check_agreed(&terms, price);
        }
        self.obligations.push(obligation);
    }

    // Amounts as of a grant by agreement.

    fn higher(&mut self, begins: Begins) -> Obligation {
        let mut obligation = self.one_off(LevyMethod::Amount, begins);
        let terms = self.terms(LevyMethod::Amount);
        self.used.extend(["appraised_value", "benchmark_value"]);
        match (terms.amounts.appraised, terms.amounts.benchmark) {
            (Some(appraised), Some(benchmark)) => {
                let version = &terms.rule.version;
                obligation.amount = Some(transfer_income::higher_value(appraised, benchmark, version, self.context));
            }
            (appraised, benchmark) => {
                let missing = [("appraised_value", appraised.is_none()), ("benchmark_value", benchmark.is_none())];
                obligation.needs.extend(missing.into_iter().filter(|(_, missing)| *missing).map(|(name, _)| name));
            }
        }
        obligation
    }

    /// The higher of appraised and benchmark value, for the minerals outside together.
    pub(super) fn higher_value(&mut self, begins: Begins) {
        let obligation = self.higher(begins);
        self.obligations.push(obligation);
    }

    /// The same on the reserves that remained on a day of the rule.
    fn higher_value_of_reserves(&mut self, base: impl Fn(&ArrearsRule) -> &Parameter<NaiveDate>) {
        let mut obligation = self.higher(Begins::Now);
        obligation.reserve_base_date = self.arrears_rule().map(|rule| {
            self.context.uses(&rule.version);
            self.context.rests_on(base(&rule.value));
            self.day_step("reserve_base_date", base(&rule.value).value, Some(&rule.version))
        });
        self.obligations.push(obligation);
    }

    /// The same on the reserves that remained on 2017-07-01 (art. 29(4)).
    pub(super) fn higher_value_of_reserves_since_2017(&mut self) {
        self.higher_value_of_reserves(|rule| &rule.window_from);
    }

    /// Of a right with minerals of both kinds, warns that the values of the right as a whole count for each kind.
    fn same_values_twice(&mut self) {
        if self.is_mixed() && self.facts.amounts.grant.appraised.is_some() {
            self.remark(
                WarningCode::Reading,
                "评估值、基准价测算值按整个矿业权计，目录内、目录外部分各用一次；应核对是否分别评估",
                "appraised and benchmark value are of the right as a whole and count for the minerals in the catalogue and \
                 for those outside: check whether each was appraised by itself",
            );
        }
    }

    /// The base date of a state-found deposit: 2006-09-30, or the local one.
    fn state_found_base_date(&mut self) -> Option<NaiveDate> {
        self.used.push("reserve_base_date");
        if let Some(local) = self.facts.request.reserve_base_date {
            self.context.rests_on_caller("reserve_base_date");
            return Some(self.day_step("reserve_base_date", local, None));
        }
        let rule = self.arrears_rule()?;
        self.context.uses(&rule.version);
        let day = *self.context.rests_on(&rule.value.state_found_base_date);
        Some(self.day_step("reserve_base_date", day, Some(&rule.version)))
    }

    /// The same on the reserves that remained on 2006-09-30, or on the local date (art. 30(4)).
    pub(super) fn higher_value_of_reserves_since_2006(&mut self) {
        let mut obligation = self.higher(Begins::Now);
        self.same_values_twice();
        obligation.reserve_base_date = self.state_found_base_date();
        self.obligations.push(obligation);
    }

    /// The appraised value of the reserves used from 2006-09-30, or the local date, until the measures; the benchmark
    /// value of the same reserves if it is there and higher (art. 30(2)).
    pub(super) fn reserves_used_since_2006(&mut self) {
        let mut obligation = self.one_off(LevyMethod::Amount, Begins::Now);
        let amounts = self.facts.amounts.grant;
        match (amounts.appraised, amounts.benchmark) {
            (Some(appraised), Some(benchmark)) => {
                self.used.extend(["appraised_value", "benchmark_value"]);
                let version = &self.facts.levy_rule.version;
                self.context.uses(version);
                obligation.amount = Some(transfer_income::higher_value(appraised, benchmark, version, self.context));
                self.remark(
                    WarningCode::Reading,
                    "同一储量的基准价测算值高于评估值的，按基准价测算值",
                    "the benchmark value of the same reserves counts where it is higher than the appraised value",
                );
            }
            (appraised, _) => {
                self.given(&mut obligation, "appraised_value", appraised.map(transfer_income::AppraisedValue::yuan));
            }
        }
        obligation.reserve_base_date = self.state_found_base_date();
        self.obligations.push(obligation);
    }
}
