//! What the rows of the table lead to (`RULES` 12): obligations with their amounts, or with what is still needed for them.
//!
//! Amounts come from the rules of the calculations: prices from [`transfer_income`], arrears from [`arrears`], the true-up
//! from [`true_up`].

use chrono::NaiveDate;

use super::facts::{Acquired, Facts, Levied, Signed};
use super::table::Row;
use crate::domain::arrears;
use crate::domain::catalogue::{Levy, LevyMethod, Rate, RateCondition};
use crate::domain::context::Context;
use crate::domain::error::{At, Code, Text};
use crate::domain::explain::{Step, WarningCode};
use crate::domain::law::{Law, measures};
use crate::domain::money::Yuan;
use crate::domain::rate_book::{ArrearsRule, Parameter, Version};
use crate::domain::start_price::Right;
use crate::domain::timeline::Dated;
use crate::domain::transfer_income::{
    self, AnnualRate, Known, RateBasis, StateFunded, Terms, at_appraised_value, at_starting_price, by_competition,
    check_agreed_price, check_floor, not_used, state_funded_not_said,
};
use crate::domain::true_up;
use crate::inputs;

/// The kinds of obligation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An amount, fixed once.
    OneOff,
    /// A percentage of each year's sales.
    Annual,
    /// Unpaid sales of the past.
    Arrears,
    /// What was fixed before goes on.
    Continue,
    /// What was fixed before is no longer owed.
    Lapse,
    /// Nothing is owed.
    None,
    /// More or less than was paid, by the reserves used.
    TrueUp,
    /// What was paid is given back.
    Refundable,
}

/// When an obligation falls due, or with what event it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Due {
    /// Thirty days after the payment notice (art. 24).
    PaymentNotice,
    /// Each year by the end of February (art. 24).
    EndOfFebruary,
    /// When the mining right is granted (新立).
    MiningGrant,
    /// From the conversion on, then each year by the end of February.
    Conversion,
    /// Before the licence is cancelled (art. 21).
    BeforeCancellation,
}

/// What a right owes, or what it is owed.
#[derive(Clone, Debug)]
pub struct Obligation {
    /// The rule it follows from.
    pub rule: &'static str,
    /// The article.
    pub law: Law<'static>,
    /// Code of the mineral; none for the right as a whole.
    pub mineral: Option<String>,
    /// By rate or by amount, where it is one of them.
    pub levy_method: Option<LevyMethod>,
    /// What it is.
    pub kind: Kind,
    /// Which catalogue the rate is of.
    pub rate_basis: Option<RateBasis>,
    /// The rate, or every rate while place or temperature is open.
    pub rate: Option<AnnualRate>,
    /// The amount, when the request says enough; of a true-up negative for a refund.
    pub amount: Option<Yuan>,
    /// Whether it may be paid in instalments.
    pub divisible: Option<bool>,
    /// When it falls due.
    pub due: Option<Due>,
    /// First day of the sales it is of.
    pub from: Option<NaiveDate>,
    /// Last day of the sales it is of.
    pub to: Option<NaiveDate>,
    /// The day whose reserves are valued.
    pub reserve_base_date: Option<NaiveDate>,
    /// Who owes it.
    pub payer: Option<String>,
    /// What is missing, by the names of the request's fields.
    pub needs: Vec<&'static str>,
}

impl Obligation {
    /// What the right owes as a whole comes first, then the annual parts, then what is given back.
    fn rank(&self) -> u8 {
        match self.kind {
            Kind::Annual => 1,
            Kind::Refundable => 2,
            _ => 0,
        }
    }
}

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
    fn due(self, otherwise: Due) -> Due {
        match self {
            Begins::Conversion => Due::Conversion,
            Begins::MiningGrant => Due::MiningGrant,
            Begins::Now | Begins::Measures | Begins::UntilCancellation => otherwise,
        }
    }
}

/// The rows of a case at work.
pub(super) struct Case<'c, 'q, 'b> {
    facts: &'c Facts<'q, 'b>,
    context: &'c mut Context<'b>,
    rule: &'static str,
    law: Law<'static>,
    obligations: Vec<Obligation>,
    /// The fields whose values have a part in the obligations.
    used: Vec<&'static str>,
}

impl<'c, 'q, 'b> Case<'c, 'q, 'b> {
    pub(super) fn new(facts: &'c Facts<'q, 'b>, context: &'c mut Context<'b>) -> Case<'c, 'q, 'b> {
        Case { facts, context, rule: "", law: measures("1"), obligations: Vec::new(), used: Vec::new() }
    }

    /// Adds the obligations of a row.
    pub(super) fn apply(&mut self, row: &'static Row) {
        self.rule = row.id;
        self.law = row.law.clone();
        (row.obligations)(self);
    }

    /// The obligations in the order of `RULES` 12, and the fields that have a part in them.
    pub(super) fn into_obligations(mut self) -> (Vec<Obligation>, Vec<&'static str>) {
        self.obligations.sort_by_key(Obligation::rank);
        (self.obligations, self.used)
    }

    /// An obligation of the row at work, of which nothing more is known.
    fn obligation(&self, kind: Kind) -> Obligation {
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

    fn one_off(&self, method: LevyMethod, begins: Begins) -> Obligation {
        Obligation {
            levy_method: Some(method),
            divisible: Some(method == LevyMethod::Amount),
            due: Some(begins.due(Due::PaymentNotice)),
            ..self.obligation(Kind::OneOff)
        }
    }

    fn remark(&mut self, code: WarningCode, zh: &'static str, en: &'static str) {
        let law = self.law.clone();
        self.context.warn(code, Text::fixed(zh, en), Some(law));
    }

    /// Whether the right has minerals of both kinds.
    fn is_mixed(&self) -> bool {
        self.facts.has(LevyMethod::Rate) && self.facts.has(LevyMethod::Amount)
    }

    /// A value of the case that is an amount owed, with its step; noted as needed when it is not there.
    fn given(&mut self, obligation: &mut Obligation, name: &'static str, amount: Option<Yuan>) {
        self.used.push(name);
        obligation.amount = amount;
        match amount {
            None => obligation.needs.push(name),
            Some(amount) => self.amount_step(name, amount),
        }
    }

    fn amount_step(&mut self, name: &'static str, amount: Yuan) {
        let law = self.law.clone();
        self.context.step(|| Step {
            rule: "assessment.amount",
            law,
            formula: name.into(),
            inputs: inputs![name => amount],
            result: amount.into(),
            rounding: None,
            version: None,
        });
    }

    fn day_step(&mut self, name: &'static str, day: NaiveDate, version: Option<&'b Version>) -> NaiveDate {
        let law = self.law.clone();
        self.context.step(|| Step {
            rule: "assessment.day",
            law,
            formula: name.into(),
            inputs: inputs![name => day],
            result: day.into(),
            rounding: None,
            version,
        });
        day
    }

    // Prices of a grant.

    fn terms(&mut self, at: At<'c>, method: LevyMethod) -> Terms<'c, 'b> {
        let facts = self.facts;
        self.context.uses(&facts.levy_rule.version);
        Terms {
            at,
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
            self.amount_step("price_outside", Yuan::ZERO);
            obligation.amount = Some(Yuan::ZERO);
            self.obligations.push(obligation);
            return;
        }
        self.used.extend(["transaction_price", "starting_price"]);
        if method == LevyMethod::Amount && self.facts.levy_rule.value.defines_outside_starting_price() {
            self.used.extend(["appraised_value", "benchmark_value"]);
        }
        let terms = self.terms(VALUES, method);
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
        let terms = self.terms(VALUES, LevyMethod::Rate);
        obligation.amount = at_starting_price(&terms, self.context);
        self.agreed(obligation, &terms, "starting_price");
    }

    /// By agreement, with state-funded exploration: the appraised value.
    pub(super) fn appraised_value(&mut self) {
        let mut obligation = self.one_off(LevyMethod::Rate, Begins::Now);
        let terms = self.terms(VALUES, LevyMethod::Rate);
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
        let terms = self.terms(VALUES, LevyMethod::Amount);
        if let Some(price) = obligation.amount {
            self.check_agreed(&terms, price);
        }
        self.obligations.push(obligation);
    }

    // Amounts as of a grant by agreement.

    fn higher(&mut self, begins: Begins) -> Obligation {
        let mut obligation = self.one_off(LevyMethod::Amount, begins);
        let terms = self.terms(VALUES, LevyMethod::Amount);
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

    fn arrears_rule(&self) -> Option<&'b Dated<ArrearsRule>> {
        self.context.book().arrears.entries().first()
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

    // Annual parts.

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
            (RateBasis::AtTransfer, None) | (RateBasis::AtSale, _) => as_of,
        };
        let subject = Text::fixed("矿种目录", "the catalogue");
        let book = self.context.book();
        let catalogue = self.context.in_force(At::ROOT.field(field), &book.catalogue, date, subject)?;
        let list = At::ROOT.field(mineral.list);
        let at = list.item(mineral.index);
        match self.context.levy(at, &catalogue.value, mineral.id)? {
            Levy::ByRate(row) => {
                let known =
                    Known { place: facts.request.place, temperature: facts.temperature, contract_rate: None };
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

    // What goes on, ends or is given back.

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
        if self.facts.request.event == super::Event::Conversion {
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
        let mut obligation =
            Obligation { payer: transferee.map(str::to_owned), ..self.obligation(Kind::Continue) };
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
        let mut obligation =
            Obligation { levy_method: Some(LevyMethod::Amount), ..self.obligation(Kind::TrueUp) };
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
        if facts.event == super::Event::UndisposedReserves {
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
                if outside {
                    self.higher_value_of_reserves_since_2017();
                }
                if inside {
                    self.arrears();
                }
                self.annual(Basis::AtSale, Begins::Measures);
            }
        }
    }
}

/// Where the amounts of a case stand.
const VALUES: At<'static> = At { };

/// The condition on which open rates hang, by the name of the request's field.
fn open_condition(rates: &[Rate]) -> &'static str {
    let by_temperature = |rate: &Rate| matches!(rate.condition, RateCondition::Temperature { .. });
    if rates.iter().any(by_temperature) { "temperature_c" } else { "place" }
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
