//! What a rule has in hand while it works: the rate book, the record of its steps, and the faults found so far.
//!
//! A rule never stops at the first fault of a request: it reports each one, goes on with what is sound, and gives no
//! result in the end. So a caller sees all faults at once.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::error::{At, Code, Fault, Text, shortened};
use super::explain::{Answer, Group, Step, TracedRule, Warning, WarningCode};
use super::law::{Law, measures};
use super::mineral::MineralId;
use super::money::{MoneyError, Yuan};
use super::place::Division;
use super::quantity::{Number, QuantityError};
use super::rate_book::{Parameter, Provenance, RateBook, Version};
use super::timeline::{Dated, NotInForce, Timeline};
use crate::text;

/// Whether the steps are written down. The result is the same either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// With steps.
    Steps,
    /// The figures alone.
    FiguresOnly,
}

/// What an amount of money may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Above zero: totals, principals, payments.
    Positive,
    /// Zero or more: prices, values.
    NotNegative,
}

/// The state of one calculation.
#[derive(Debug)]
pub struct Context<'b> {
    book: &'b RateBook,
    detail: Detail,
    steps: Vec<Step<'b>>,
    groups: Vec<Group>,
    versions: Vec<&'b Version>,
    warnings: Vec<Warning<'b>>,
    faults: Vec<Fault<'b>>,
}

/// Most calculations take no more steps, so that their list grows once.
const USUAL_STEPS: usize = 16;

/// Runs a rule and gives its answer, or every fault that it found in the order in which it looked.
///
/// An empty list of faults means that the rule gave up without a reason, which is a defect of the rule.
pub fn calculate<'b, T>(
    book: &'b RateBook,
    detail: Detail,
    rule: impl FnOnce(&mut Context<'b>) -> Option<T>,
) -> Result<Answer<'b, T>, Vec<Fault<'b>>> {
    let steps = match detail {
        Detail::Steps => Vec::with_capacity(USUAL_STEPS),
        Detail::FiguresOnly => Vec::new(),
    };
    let mut context = Context {
        book,
        detail,
        steps,
        groups: Vec::new(),
        versions: Vec::new(),
        warnings: Vec::new(),
        faults: Vec::new(),
    };
    match rule(&mut context) {
        Some(result) if context.faults.is_empty() => Ok(Answer {
            result,
            steps: context.steps,
            groups: context.groups,
            versions: context.versions,
            warnings: context.warnings,
        }),
        _ => Err(context.faults),
    }
}

impl<'b> Context<'b> {
    /// The rate book.
    pub fn book(&self) -> &'b RateBook {
        self.book
    }

    /// Whether nothing wrong has been found so far.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// Runs a rule as a part of another one: its faults are given back, for the caller to say where they stand in the
    /// request as a whole. What a refused part wrote down is taken back.
    pub fn attempt<T>(&mut self, rule: impl FnOnce(&mut Context<'b>) -> Option<T>) -> Result<T, Vec<Fault<'b>>> {
        let outer = std::mem::take(&mut self.faults);
        let before = (self.steps.len(), self.groups.len(), self.versions.len(), self.warnings.len());
        let result = rule(self);
        let faults = std::mem::replace(&mut self.faults, outer);
        match result {
            Some(result) if faults.is_empty() => Ok(result),
            _ => {
                self.steps.truncate(before.0);
                self.groups.truncate(before.1);
                self.versions.truncate(before.2);
                self.warnings.truncate(before.3);
                Err(faults)
            }
        }
    }

    /// The result of a part; its faults are reported at the pointers that `place` gives for the part's own.
    pub fn part<T>(
        &mut self,
        place: impl Fn(&str) -> String,
        rule: impl FnOnce(&mut Context<'b>) -> Option<T>,
    ) -> Option<T> {
        self.attempt(rule).map_err(|faults| self.refuse(faults, place)).ok()
    }

    /// Reports the faults of a part at the pointers that `place` gives for the part's own.
    pub fn refuse(&mut self, faults: Vec<Fault<'b>>, place: impl Fn(&str) -> String) {
        for fault in faults {
            self.push_fault(Fault { pointer: place(&fault.pointer), ..fault });
        }
    }

    /// Begins a group of steps: all that follow belong to it until the next one begins.
    pub fn begin_group(&mut self, scenario: &str, year: Option<i32>) {
        if self.detail == Detail::Steps {
            self.groups.push(Group { first_step: self.steps.len(), scenario: scenario.to_owned(), year });
        }
    }

    /// How many warnings there are so far.
    pub fn warnings_so_far(&self) -> usize {
        self.warnings.len()
    }

    /// Rewrites the warnings from a position on, where a part named fields that the request calls otherwise.
    pub fn reword_warnings(&mut self, since: usize, reword: impl Fn(&str) -> String) {
        for Warning { code, message, law } in self.warnings.split_off(since.min(self.warnings.len())) {
            let message = Text { zh: reword(&message.zh).into(), en: reword(&message.en).into() };
            self.warn(code, message, law);
        }
    }

    /// The data files used so far.
    pub fn versions(&self) -> &[&'b Version] {
        &self.versions
    }

    /// Reports a fault.
    pub fn fault(&mut self, at: At<'_>, code: Code, detail: Text, law: Option<Law<'b>>) {
        self.push_fault(Fault::new(code, at, detail, law));
    }

    /// Reports that a decision found no rule, or several.
    pub fn undecided(&mut self, code: Code, detail: Text, trace: Vec<TracedRule>) {
        self.push_fault(Fault { trace, ..Fault::new(code, At::ROOT, detail, None) });
    }

    fn push_fault(&mut self, fault: Fault<'b>) {
        if !self.faults.iter().any(|known| known.code == fault.code && known.pointer == fault.pointer) {
            self.faults.push(fault);
        }
    }

    /// Reports a value that is out of range or contradicts another.
    pub fn invalid(&mut self, at: At<'_>, detail: Text, law: Option<Law<'b>>) {
        self.fault(at, Code::InvalidField, detail, law);
    }

    /// Reports that the rule needs a value which neither the data nor the request has.
    pub fn unknown(&mut self, at: At<'_>, detail: Text, law: Option<Law<'b>>) {
        self.fault(at, Code::ParameterUnknown, detail, law);
    }

    /// Adds a warning, once.
    pub fn warn(&mut self, code: WarningCode, message: Text, law: Option<Law<'b>>) {
        let warning = Warning { code, message, law };
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Writes a step down, if steps are wanted.
    pub fn step(&mut self, step: impl FnOnce() -> Step<'b>) {
        if self.detail == Detail::Steps {
            self.steps.push(step());
        }
    }

    /// Names a data file among those used.
    pub fn uses(&mut self, version: &'b Version) {
        if !self.versions.iter().any(|known| std::ptr::eq(*known, version) || known.id == version.id) {
            self.versions.push(version);
        }
    }

    /// The version of a national topic in force on a day, named among those used; a fault at `at` when there is none.
    pub fn in_force<T>(
        &mut self,
        at: At<'_>,
        timeline: &'b Timeline<T>,
        date: NaiveDate,
        subject: Text,
    ) -> Option<&'b Dated<T>> {
        match timeline.at(date) {
            Ok(dated) => {
                self.uses(&dated.version);
                Some(dated)
            }
            Err(NotInForce { date }) => {
                self.not_in_force(at, timeline, date, subject);
                None
            }
        }
    }

    /// Reports that no version of a topic covers a day, and which days are covered.
    pub fn not_in_force<T>(&mut self, at: At<'_>, timeline: &Timeline<T>, date: NaiveDate, subject: Text) {
        let covered: Vec<String> = timeline
            .entries()
            .iter()
            .map(|entry| {
                let from = entry.version.effective_from;
                match entry.version.effective_until.and_then(super::dates::day_before) {
                    Some(last) => format!("{from}..{last}"),
                    None => format!("{from}.."),
                }
            })
            .collect();
        let covered = covered.join(", ");
        let Text { zh, en } = subject;
        self.fault(
            at,
            Code::RateNotInForce,
            text!(
                "{date} 没有生效的{zh}；现有版本的生效期间：{covered}",
                "no version of {en} is in force on {date}; versions at hand cover: {covered}"
            ),
            None,
        );
    }

    /// Says that a figure rests on a parameter: anything but `verbatim` is a warning that names it.
    pub fn rests_on<T>(&mut self, parameter: &'b Parameter<T>) -> &'b T {
        if parameter.provenance != Provenance::Verbatim {
            let (name, provenance) = (parameter.name.as_str(), parameter.provenance.code());
            let level = match parameter.provenance {
                Provenance::Reported => "转述",
                _ => "推定",
            };
            let law = parameter.law();
            self.warn(
                WarningCode::Provenance,
                text!(
                    "参数 {name} 的来源为{level}（{provenance}），并非文件原文",
                    "parameter {name} is {provenance}, not read in the text of the instrument"
                ),
                Some(law),
            );
        }
        &parameter.value
    }

    /// Says that a figure rests on a whole data file, such as a calendar, whose provenance it then has.
    pub fn rests_on_version(&mut self, version: &'b Version) {
        if version.provenance != Provenance::Verbatim {
            let (id, provenance) = (version.id.as_str(), version.provenance.code());
            self.warn(
                WarningCode::Provenance,
                text!(
                    "数据 {id} 的来源为 {provenance}，并非文件原文",
                    "the data of {id} are {provenance}, not read in the text"
                ),
                None,
            );
        }
    }

    /// Says that a figure rests on a parameter that the request supplied.
    pub fn rests_on_caller(&mut self, name: &str) {
        self.warn(
            WarningCode::Provenance,
            text!("参数 {name} 由请求提供（caller）", "parameter {name} was supplied by the request (caller)"),
            None,
        );
    }

    /// An amount of money out of the request.
    pub fn money(&mut self, at: At<'_>, number: Number, sign: Sign) -> Option<Yuan> {
        let amount = match self.exactly(at, number).map(Yuan::from_decimal)? {
            Ok(amount) => amount,
            Err(error) => {
                self.money_fault(at, error);
                return None;
            }
        };
        let fits = match sign {
            Sign::Positive => amount > Yuan::ZERO,
            Sign::NotNegative => amount >= Yuan::ZERO,
        };
        if !fits {
            let detail = match sign {
                Sign::Positive => Text::fixed("金额应大于 0", "the amount must be above 0"),
                Sign::NotNegative => Text::fixed("金额不应小于 0", "the amount must not be below 0"),
            };
            self.invalid(at, detail, None);
            return None;
        }
        Some(amount)
    }

    /// An optional amount of money out of the request. `None` when it was left out or is faulty.
    pub fn optional_money(&mut self, at: At<'_>, number: Option<Number>, sign: Sign) -> Option<Yuan> {
        number.and_then(|number| self.money(at, number, sign))
    }

    /// A quantity out of the request, by its checked constructor: `context.quantity(at, number, AreaKm2::new)`.
    pub fn quantity<T>(
        &mut self,
        at: At<'_>,
        number: Number,
        new: impl FnOnce(Decimal) -> Result<T, QuantityError>,
    ) -> Option<T> {
        match self.exactly(at, number).map(new)? {
            Ok(quantity) => Some(quantity),
            Err(error) => {
                let detail = match error {
                    QuantityError::TooPrecise { most } => {
                        text!("最多 {most} 位小数", "at most {most} decimals are allowed")
                    }
                    QuantityError::NotPositive => Text::fixed("应大于 0", "must be above 0"),
                    QuantityError::Negative => Text::fixed("不应小于 0", "must not be below 0"),
                    QuantityError::AboveHundred => Text::fixed("不应大于 100", "must not be above 100"),
                };
                self.invalid(at, detail, None);
                None
            }
        }
    }

    /// An optional quantity out of the request. `None` when it was left out or is faulty.
    pub fn optional_quantity<T>(
        &mut self,
        at: At<'_>,
        number: Option<Number>,
        new: impl FnOnce(Decimal) -> Result<T, QuantityError>,
    ) -> Option<T> {
        number.and_then(|number| self.quantity(at, number, new))
    }

    fn exactly(&mut self, at: At<'_>, number: Number) -> Option<Decimal> {
        match number {
            Number::Exactly(value) => Some(value),
            Number::BeyondPrecision => {
                self.invalid(
                    at,
                    Text::fixed(
                        "数字过长，最多 28 位有效数字",
                        "the number is too long: at most 28 significant digits",
                    ),
                    None,
                );
                None
            }
        }
    }

    /// An amount that a rule computed; a product from 10^15 yuan on, or a sum beyond 64 bits, is a fault at `at`.
    pub fn computed(&mut self, at: At<'_>, amount: Result<Yuan, MoneyError>) -> Option<Yuan> {
        amount.map_err(|error| self.money_fault(at, error)).ok()
    }

    fn money_fault(&mut self, at: At<'_>, error: MoneyError) {
        let detail = match error {
            MoneyError::TooPrecise => {
                Text::fixed("金额以分为单位，最多 2 位小数", "money is in whole fen: at most 2 decimals")
            }
            MoneyError::TooLarge => Text::fixed("金额应小于 10^15 元", "the amount must stay below 10^15 yuan"),
            MoneyError::SumTooLarge => {
                Text::fixed("合计超出可计算的范围", "the sum is larger than the service can compute")
            }
        };
        self.invalid(at, detail, None);
    }

    /// The mineral that a name of the request stands for.
    pub fn mineral(&mut self, at: At<'_>, name: &str) -> Option<MineralId> {
        let found = self.book.minerals.find(name);
        if found.is_none() {
            let shown = shortened(name);
            let detail = text!(
                "没有名为“{shown}”的矿种；请用矿种代码或登记名称（GET /v1/minerals）",
                "no mineral is called “{shown}”; use a code or a registered name (GET /v1/minerals)"
            );
            let unknown_name = Some(name.to_owned());
            self.push_fault(Fault { unknown_name, ..Fault::new(Code::MineralNotFound, at, detail, None) });
        }
        found
    }

    /// The mineral that a name of the request stands for on a day: a group whose members stand in different rows of the
    /// catalogue is a fault, whatever the rule does with the mineral (`RULES` 1). A day without a catalogue takes the
    /// nearest one, since what a name stands for does not hang on the levy.
    pub fn mineral_on(&mut self, at: At<'_>, name: &str, day: NaiveDate) -> Option<MineralId> {
        let mineral = self.mineral(at, name)?;
        if let Some(catalogue) = self.book.catalogue.nearest(day) {
            self.levy(at, &catalogue.value, mineral)?;
        }
        Some(mineral)
    }

    /// How the catalogue levies a mineral; a group with different rates is a fault with its members as candidates.
    pub fn levy(
        &mut self,
        at: At<'_>,
        catalogue: &'b super::catalogue::Catalogue,
        mineral: MineralId,
    ) -> Option<super::catalogue::Levy<'b>> {
        match catalogue.levy(&self.book.minerals, mineral) {
            Ok(levy) => Some(levy),
            Err(ambiguous) => {
                let entry = self.book.minerals.get(mineral);
                let (zh, en) = entry.map_or(("", ""), |entry| (entry.name_zh(), entry.en.as_str()));
                let candidates: Vec<String> =
                    ambiguous.candidates.iter().map(|id| self.book.minerals.code(*id).to_owned()).collect();
                let detail = text!(
                    "“{zh}”包含费率不同的矿种，请指明其中一种",
                    "“{en}” covers minerals with different rates: name one of them"
                );
                let law = Some(measures("annex"));
                self.push_fault(Fault { candidates, ..Fault::new(Code::MineralAmbiguous, at, detail, law) });
                None
            }
        }
    }

    /// The division that a code or Chinese name of the request stands for.
    pub fn division(&mut self, at: At<'_>, name: &str) -> Option<&'b Division> {
        let found = self.book.divisions.find(name);
        if found.is_none() {
            let shown = shortened(name);
            self.invalid(
                at,
                text!(
                    "没有代码或名称为“{shown}”的行政区划；请用六位代码或中文名称",
                    "no division has the code or name “{shown}”: use the six-digit code or the Chinese name"
                ),
                None,
            );
        }
        found
    }
}
