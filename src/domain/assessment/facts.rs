//! The facts of a case (`RULES` 12): what the request says, with dates, minerals and amounts put into the terms of the
//! decision table.

use chrono::NaiveDate;

use crate::domain::annual_income::COMBINABLE;
use crate::domain::benchmark::BenchmarkValue;
use crate::domain::catalogue::{Catalogue, Levy, LevyMethod};
use crate::domain::context::{Context, Sign};
use crate::domain::error::{At, Text};
use crate::domain::law::measures;
use crate::domain::mineral::MineralId;
use crate::domain::money::Yuan;
use crate::domain::place::Place;
use crate::domain::quantity::{Celsius, Number, Quantity, Reserves, Years};
use crate::domain::rate_book::LevyRule;
use crate::domain::sales::Line;
use crate::domain::start_price::{Right, StartingPrice};
use crate::domain::timeline::Dated;
use crate::domain::transfer_income::{
    self, AppraisedValue, StageCompleted, StateFunded, TransactionPrice, check_appraisal_years,
};
use crate::text;

/// The rows of the annex with oil and gas: 石油、天然气、页岩气、天然气水合物; 煤层气.
const OIL_GAS_ROWS: [u32; 2] = [1, 2];

/// What happened to the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// 出让: it is granted.
    Grant,
    /// 探矿权转采矿权: the exploration right becomes a mining right.
    Conversion,
    /// 探矿权未转采: the exploration right ends without becoming one.
    Unconverted,
    /// 动用未有偿处置的资源储量: reserves not paid for, or outside the appraised range, are used.
    UndisposedReserves,
    /// 变更主矿种: the main mineral changes.
    MineralChange,
    /// 油气相互增列: petroleum, natural gas, shale gas or coal-bed methane is added to one another.
    OilGasAdded,
    /// 油气探矿权已开采: an oil or gas exploration right produces already.
    OilGasProducing,
    /// 转让: the right goes to another holder.
    Transfer,
    /// 注销采矿许可证: the licence is cancelled.
    Cancellation,
    /// 因不可抗力撤回: the right is withdrawn for force majeure.
    Withdrawal,
    /// 已签订的合同或分期缴款批复: a contract or an approval of instalments before the measures.
    ExistingContract,
    /// 新旧政策衔接: an old right that was not, or not fully, paid for (chapter 4).
    Transition,
}

/// How the right was acquired and what was paid for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Acquired {
    /// 竞争出让.
    Competitive,
    /// 协议出让.
    Agreement,
    /// 申请在先，未有偿处置，不涉及国家出资探明矿产地: unpaid, no state deposit.
    FirstCome,
    /// 无偿占有国家出资探明矿产地: a state deposit, unpaid.
    FreeStateFound,
    /// 无偿取得: a mining right for nothing.
    Free,
    /// 申请在先，已缴清.
    PaidInFull,
    /// 价款已转增国家资本金（国家基金）或折股: the price was turned into state capital or shares.
    CapitalConverted,
    /// 已按财政出资比例评估并缴清: appraised by the state's share of the exploration money, paid in full.
    StateSharePaid,
    /// 申请在先，按面积征收“价款”: a "price" by area was charged.
    AreaPricePaid,
}

/// Why a licence is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// 国家政策调整.
    Policy,
    /// 重大自然灾害.
    Disaster,
    /// 开采完毕.
    Exhausted,
}

/// The amounts that a case may bring.
#[derive(Clone, Debug, Default)]
pub struct Values<'r> {
    /// 成交价.
    pub transaction_price: Option<Number>,
    /// 起始价.
    pub starting_price: Option<Number>,
    /// 评估值, for the right as a whole.
    pub appraised_value: Option<Number>,
    /// 基准价测算值, for the right as a whole.
    pub benchmark_value: Option<Number>,
    /// What the contract leaves to pay.
    pub contract_remainder: Option<Number>,
    /// 资金占用费 that is open on instalments agreed before 财综〔2017〕35号.
    pub fund_occupation_charge: Option<Number>,
    /// The whole income that was fixed.
    pub total: Option<Number>,
    /// Unpaid sales, for arrears.
    pub sales: Option<Vec<Line<'r>>>,
    /// Reserves that the assessment covered.
    pub reserves_assessed: Option<Number>,
    /// Reserves used.
    pub reserves_used: Option<Number>,
    /// What was paid.
    pub paid: Option<Number>,
}

/// A case.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// The day whose rules count.
    pub as_of: NaiveDate,
    /// What happened.
    pub event: Event,
    /// Exploration or mining, before the event.
    pub right: Right,
    /// How it was acquired.
    pub acquired: Option<Acquired>,
    /// Why it was cancelled; policy if left out.
    pub reason: Option<Reason>,
    /// How its income was levied.
    pub levy_form: Option<LevyMethod>,
    /// Local base date of the reserves (arts 30(2), 30(4)).
    pub reserve_base_date: Option<NaiveDate>,
    /// Whether there are reserves besides those paid for.
    pub reserves_not_paid_for: Option<bool>,
    /// Years that the appraisal covers.
    pub appraisal_years: Option<Years>,
    /// Number of an approval.
    pub approval: Option<&'r str>,
    /// The transfer date.
    pub contract_signed_on: Option<NaiveDate>,
    /// The registered minerals, the main one first.
    pub registered_minerals: Vec<&'r str>,
    /// Those of them that stay after a change.
    pub remaining_minerals: Option<Vec<&'r str>>,
    /// Those that a change adds.
    pub added_minerals: Vec<&'r str>,
    /// Who owes.
    pub payer: Option<&'r str>,
    /// Who takes the right over.
    pub transferee: Option<&'r str>,
    /// The amounts.
    pub values: Values<'r>,
    /// Whether state money went into the exploration.
    pub state_funded_exploration: Option<bool>,
    /// What is complete.
    pub stage_completed: Option<StageCompleted>,
    /// Land or sea.
    pub place: Option<Place>,
    /// Temperature of geothermal water.
    pub temperature_c: Option<Number>,
}

/// When the contract was signed, as the table distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signed {
    /// Not said.
    Unknown,
    /// Before 财综〔2017〕35号 was issued: instalments of that time bear a fund-occupation charge (art. 28).
    BeforeFundOccupation,
    /// Later, but before the measures.
    BeforeMeasures,
    /// From the first day of the measures on.
    UnderMeasures,
}

/// The checked amounts; none where one was left out or is faulty.
#[derive(Clone, Debug, Default)]
pub(super) struct Amounts {
    pub(super) grant: transfer_income::Amounts,
    pub(super) contract_remainder: Option<Yuan>,
    pub(super) fund_occupation_charge: Option<Yuan>,
    pub(super) total: Option<Yuan>,
    pub(super) reserves_assessed: Option<Quantity>,
    pub(super) reserves_used: Option<Reserves>,
    pub(super) paid: Option<Yuan>,
}

impl Amounts {
    fn read(values: &Values<'_>, context: &mut Context<'_>) -> Amounts {
        let at = At::ROOT.field("values");
        let mut money = |name: &str, number: Option<Number>, sign| context.optional_money(at.field(name), number, sign);
        let contract_remainder = money("contract_remainder", values.contract_remainder, Sign::NotNegative);
        let fund_occupation_charge = money("fund_occupation_charge", values.fund_occupation_charge, Sign::NotNegative);
        let total = money("total", values.total, Sign::Positive);
        let paid = money("paid", values.paid, Sign::NotNegative);
        let transaction = at.field("transaction_price");
        let starting = at.field("starting_price");
        let appraised = at.field("appraised_value");
        let benchmark = at.field("benchmark_value");
        Amounts {
            grant: transfer_income::Amounts {
                transaction: values
                    .transaction_price
                    .and_then(|number| TransactionPrice::read(transaction, number, context)),
                starting: values.starting_price.and_then(|number| StartingPrice::read(starting, number, context)),
                appraised: values.appraised_value.and_then(|number| AppraisedValue::read(appraised, number, context)),
                benchmark: values.benchmark_value.and_then(|number| BenchmarkValue::read(benchmark, number, context)),
                reserve: None,
            },
            contract_remainder,
            fund_occupation_charge,
            total,
            reserves_assessed: context.optional_quantity(
                at.field("reserves_assessed"),
                values.reserves_assessed,
                Quantity::new,
            ),
            reserves_used: context.optional_quantity(at.field("reserves_used"), values.reserves_used, Reserves::new),
            paid,
        }
    }
}

/// A mineral of the case, how the catalogue levies it, and where the request names it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Levied<'b> {
    pub(super) id: MineralId,
    pub(super) levy: Levy<'b>,
    /// The field with the list.
    pub(super) list: &'static str,
    /// Its position in the list.
    pub(super) index: usize,
}

impl Levied<'_> {
    pub(super) fn is(&self, method: LevyMethod) -> bool {
        self.levy.method() == method
    }
}

/// The case in the terms of the table.
#[derive(Debug)]
pub struct Facts<'q, 'b> {
    pub(super) request: &'q Request<'q>,
    /// The day whose catalogue and rules count: of a grant the transfer date, else `as_of`.
    pub(super) date: NaiveDate,
    /// When the contract was signed, as the table distinguishes.
    pub(super) signed: Signed,
    /// The first day of the measures.
    pub(super) measures_from: NaiveDate,
    /// The registered minerals, the main one first.
    pub(super) registered: Vec<Levied<'b>>,
    /// Those that a change adds.
    pub(super) added: Vec<Levied<'b>>,
    /// Whether petroleum, natural gas, shale gas and coal-bed methane are added to one another, and only they (art. 17).
    pub(super) oil_gas_only: bool,
    pub(super) amounts: Amounts,
    pub(super) temperature: Option<Celsius>,
    /// The rule on the price part.
    pub(super) levy_rule: &'b Dated<LevyRule>,
    /// State money in the exploration, as the rule on the price part asks for it.
    pub(super) state_funded: StateFunded,
}

/// Reads the facts. `None` when those are faulty on which the decision hangs; every fault is reported.
pub(super) fn read<'q, 'b>(request: &'q Request<'q>, context: &mut Context<'b>) -> Option<Facts<'q, 'b>> {
    let book = context.book();
    let (date_at, date) = match (request.event, request.contract_signed_on) {
        (Event::Grant, Some(signed)) => (At::ROOT.field("contract_signed_on"), signed),
        _ => (At::ROOT.field("as_of"), request.as_of),
    };
    let signed_on = match request.event {
        Event::Grant => Some(date),
        _ => request.contract_signed_on,
    };
    let amounts = Amounts::read(&request.values, context);
    let temperature = context.optional_quantity(At::ROOT.field("temperature_c"), request.temperature_c, Celsius::new);
    check_appraisal_years(At::ROOT.field("appraisal_years"), request.appraisal_years, date, context);
    check_contradictions(request, context);
    let subject = match request.event {
        Event::Grant => Text::fixed(
            "征收办法（此前签订的合同请用 event: existing_contract）",
            "the measures (for a contract signed before them use event: existing_contract)",
        ),
        _ => Text::fixed("征收办法", "the measures"),
    };
    let catalogue = context.in_force(date_at, &book.catalogue, date, subject.clone());
    let levy_rule = match book.levy.at(date) {
        Ok(rule) => Some(rule),
        Err(_) => {
            context.not_in_force(date_at, &book.levy, date, subject);
            None
        }
    };
    let names = Names::read(request, context);
    let (names, catalogue, levy_rule) = (names?, &catalogue?.value, levy_rule?);
    let registered = levied("registered_minerals", &names.registered, catalogue, context);
    let added = levied("added_minerals", &names.added, catalogue, context);
    let measures_from = book.catalogue.entries().first()?.version.effective_from;
    let signed = match signed_on {
        None => Signed::Unknown,
        Some(day) if day >= measures_from => Signed::UnderMeasures,
        Some(day) if book.fund_occupation.at(date).is_ok_and(|rule| day < rule.value.value) => {
            Signed::BeforeFundOccupation
        }
        Some(_) => Signed::BeforeMeasures,
    };
    let combinable = |id: &MineralId| COMBINABLE.contains(&book.minerals.code(*id));
    Some(Facts {
        request,
        date,
        signed,
        measures_from,
        registered: registered?,
        added: added?,
        oil_gas_only: !names.added.is_empty() && names.registered.iter().chain(&names.added).all(combinable),
        amounts,
        temperature,
        levy_rule,
        state_funded: transfer_income::state_funded(
            &levy_rule.value,
            request.state_funded_exploration,
            request.stage_completed,
        ),
    })
}

/// Facts that contradict each other.
fn check_contradictions(request: &Request<'_>, context: &mut Context<'_>) {
    if let Some(signed) = request.contract_signed_on
        && signed > request.as_of
    {
        let as_of = request.as_of;
        context.invalid(
            At::ROOT.field("contract_signed_on"),
            text!("合同签订日晚于基准日 {as_of}", "the contract is signed after as_of, {as_of}"),
            None,
        );
    }
    if request.event == Event::UndisposedReserves && request.reserves_not_paid_for == Some(false) {
        context.invalid(
            At::ROOT.field("reserves_not_paid_for"),
            Text::fixed(
                "动用未有偿处置的资源储量，与“没有未有偿处置的资源储量”矛盾",
                "reserves not paid for are used, so there are some",
            ),
            Some(measures("15")),
        );
    }
    let book = context.book();
    if let Some(base) = request.reserve_base_date
        && let Some(rule) = book.arrears.entries().first()
        && base > rule.value.window_to.value
    {
        let last = rule.value.window_to.value;
        context.invalid(
            At::ROOT.field("reserve_base_date"),
            text!("储量估算基准日不晚于 {last}", "the base date of the reserves is not after {last}"),
            Some(measures("30(2)")),
        );
    }
}

/// The minerals that the request names.
struct Names {
    registered: Vec<MineralId>,
    added: Vec<MineralId>,
}

impl Names {
    fn read(request: &Request<'_>, context: &mut Context<'_>) -> Option<Names> {
        let list = At::ROOT.field("registered_minerals");
        if request.registered_minerals.is_empty() {
            context.invalid(
                list,
                Text::fixed("至少填写一个登记矿种，主矿种在前", "name the registered minerals, the main one first"),
                None,
            );
        }
        let day = request.contract_signed_on.unwrap_or(request.as_of);
        let registered = minerals(list, &request.registered_minerals, day, context);
        let remaining_at = At::ROOT.field("remaining_minerals");
        let remaining = request.remaining_minerals.as_deref().unwrap_or_default();
        let remaining = minerals(remaining_at, remaining, day, context);
        let added_at = At::ROOT.field("added_minerals");
        let added = minerals(added_at, &request.added_minerals, day, context);
        let (registered, remaining, added) = (registered?, remaining?, added?);
        for (index, _) in remaining.iter().enumerate().filter(|(_, id)| !registered.contains(id)) {
            context.invalid(
                remaining_at.item(index),
                Text::fixed("保留的矿种应是登记矿种", "a mineral that remains has to be a registered one"),
                Some(measures("16")),
            );
        }
        for (index, _) in added.iter().enumerate().filter(|(_, id)| registered.contains(id)) {
            context.invalid(
                added_at.item(index),
                Text::fixed("增加的矿种已是登记矿种", "a mineral that is added is registered already"),
                Some(measures("16")),
            );
        }
        (!registered.is_empty()).then_some(Names { registered, added })
    }
}

/// The minerals of a list, each named once.
fn minerals(list: At<'_>, names: &[&str], day: NaiveDate, context: &mut Context<'_>) -> Option<Vec<MineralId>> {
    let found: Vec<Option<MineralId>> =
        names.iter().enumerate().map(|(index, name)| context.mineral_on(list.item(index), name, day)).collect();
    for (index, mineral) in found.iter().enumerate() {
        if mineral.is_some() && found.iter().take(index).any(|earlier| earlier == mineral) {
            context.invalid(list.item(index), Text::fixed("同一矿种只能填写一次", "the mineral is named twice"), None);
        }
    }
    found.into_iter().collect()
}

fn levied<'b>(
    name: &'static str,
    ids: &[MineralId],
    catalogue: &'b Catalogue,
    context: &mut Context<'b>,
) -> Option<Vec<Levied<'b>>> {
    let list = At::ROOT.field(name);
    let levied: Vec<Option<Levied<'b>>> = ids
        .iter()
        .enumerate()
        .map(|(index, id)| {
            let levy = context.levy(list.item(index), catalogue, *id)?;
            Some(Levied { id: *id, levy, list: name, index })
        })
        .collect();
    levied.into_iter().collect()
}

impl<'b> Facts<'_, 'b> {
    /// The registered minerals that are levied so.
    pub(super) fn registered_by(&self, method: LevyMethod) -> impl Iterator<Item = &Levied<'b>> {
        self.registered.iter().filter(move |mineral| mineral.is(method))
    }

    /// Whether a registered mineral is levied so.
    pub(super) fn has(&self, method: LevyMethod) -> bool {
        self.registered_by(method).next().is_some()
    }

    /// Whether the contract was signed before the measures; none when the day is not known.
    pub(super) fn signed_before_measures(&self) -> Option<bool> {
        match self.signed {
            Signed::Unknown => None,
            Signed::BeforeFundOccupation | Signed::BeforeMeasures => Some(true),
            Signed::UnderMeasures => Some(false),
        }
    }

    /// Whether a right that was acquired by agreement converts.
    pub(super) fn converts_by_agreement(&self) -> bool {
        self.request.event == Event::Conversion && self.request.acquired == Some(Acquired::Agreement)
    }

    /// The reason of a cancellation: policy if left out.
    pub(super) fn reason(&self) -> Reason {
        self.request.reason.unwrap_or(Reason::Policy)
    }

    /// How the income of a cancelled right was levied: as the request says, before the measures by amount, else as the
    /// catalogue levies the main mineral (art. 21).
    pub(super) fn levy_form(&self) -> LevyMethod {
        match (self.request.levy_form, self.signed_before_measures()) {
            (Some(form), _) => form,
            (None, Some(true)) => LevyMethod::Amount,
            (None, _) => self.registered.first().map_or(LevyMethod::Amount, |main| main.levy.method()),
        }
    }

    /// Whether no registered mineral remains after a change. A list that is left out names none.
    pub(super) fn none_remains(&self) -> bool {
        self.request.remaining_minerals.as_ref().is_none_or(Vec::is_empty)
    }

    /// Whether every registered mineral is oil or gas.
    pub(super) fn is_oil_gas(&self) -> bool {
        self.registered.iter().all(|mineral| match mineral.levy {
            Levy::ByRate(row) => OIL_GAS_ROWS.contains(&row.number),
            Levy::ByAmount => false,
        })
    }

    /// Whether oil and gas are added to one another (art. 17). Where the request says that nothing registered remains of
    /// an exploration right, nothing is there for them to be added to.
    pub(super) fn adds_oil_gas(&self) -> bool {
        let nothing_left = self.request.event == Event::MineralChange
            && self.request.right == Right::Exploration
            && self.request.remaining_minerals.as_ref().is_some_and(Vec::is_empty);
        self.oil_gas_only && !nothing_left
    }
}
