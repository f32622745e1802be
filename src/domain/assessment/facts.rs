//! The facts of a case: what the request says, with dates and minerals put into the terms of the decision table.

use chrono::NaiveDate;

use super::{Scope, assumed};
use crate::domain::annual_income::COMBINABLE;
use crate::domain::benchmark::BenchmarkValue;
use crate::domain::catalogue::{Catalogue, Levy, LevyMethod};
use crate::domain::context::{Context, Sign};
use crate::domain::error::{At, Code, Text};
use crate::domain::law::measures;
use crate::domain::mineral::MineralId;
use crate::domain::money::Yuan;
use crate::domain::place::Place;
use crate::domain::quantity::{Celsius, Number, Quantity, Reserves};
use crate::domain::rate_book::{AgreementPrice, Version};
use crate::domain::sales::Line;
use crate::domain::start_price::{Right, StartingPrice};
use crate::domain::timeline::Dated;
use crate::domain::transfer_income::{AppraisedValue, StageCompleted};

/// What happened to the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// 出让: it is granted.
    Grant,
    /// 探转采: the exploration right becomes a mining right.
    Conversion,
    /// The exploration right ends without becoming one.
    Unconverted,
    /// Reserves not paid for are used.
    UndisposedReserves,
    /// The main mineral changes.
    MineralChange,
    /// Oil, gas, shale gas or coal-bed methane is added to one another.
    OilGasAdded,
    /// An oil or gas exploration right produces already.
    OilGasProducing,
    /// 转让: it goes to another holder.
    Transfer,
    /// 注销: the licence is cancelled.
    Cancellation,
    /// 撤回: it is withdrawn for force majeure.
    Withdrawal,
    /// A contract or an approval of instalments before 2023-05-01.
    ExistingContract,
    /// An old right that was not, or not fully, paid for.
    Transition,
}

/// How the right was acquired and what was paid for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Acquired {
    /// By competition.
    Competitive,
    /// By agreement.
    Agreement,
    /// First come, unpaid, no state deposit.
    FirstCome,
    /// A state deposit, unpaid.
    FreeStateFound,
    /// A mining right for nothing.
    Free,
    /// First come, paid in full.
    PaidInFull,
    /// The price was turned into state capital or shares.
    CapitalConverted,
    /// Appraised by the state's share of the exploration money, paid in full.
    StateSharePaid,
    /// A "price" by area was charged.
    AreaPricePaid,
}

/// Why a licence is cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Change of state policy.
    Policy,
    /// Serious natural disaster.
    Disaster,
    /// The deposit is mined out.
    Exhausted,
}

/// How the income of the right was levied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LevyForm {
    /// 按出让收益率形式.
    Rate,
    /// 按出让金额形式.
    Amount,
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
    /// Exploration or mining.
    pub right: Right,
    /// How it was acquired.
    pub acquired: Option<Acquired>,
    /// Why it was cancelled; policy if left out.
    pub reason: Option<Reason>,
    /// How its income was levied.
    pub levy_form: Option<LevyForm>,
    /// Local base date of reserves (arts 30(2), 30(4)).
    pub reserve_base_date: Option<NaiveDate>,
    /// Whether there are reserves besides those paid for.
    pub reserves_not_paid_for: Option<bool>,
    /// Years that the appraisal covers.
    pub appraisal_years: Option<Number>,
    /// Number of an approval.
    pub approval: Option<&'r str>,
    /// The transfer date.
    pub contract_signed_on: Option<NaiveDate>,
    /// The registered minerals, the main one first.
    pub registered_minerals: Vec<&'r str>,
    /// Those that stay after a change.
    pub remaining_minerals: Vec<&'r str>,
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
    /// Before 财综〔2017〕35号 was issued.
    BeforeFundOccupation,
    /// Later, but before the measures.
    BeforeMeasures,
    /// From the first day of the measures on.
    UnderMeasures,
}

/// The checked amounts.
#[derive(Clone, Debug, Default)]
pub(super) struct Amounts {
    pub(super) transaction_price: Option<Yuan>,
    pub(super) starting_price: Option<StartingPrice>,
    pub(super) appraised_value: Option<AppraisedValue>,
    pub(super) benchmark_value: Option<BenchmarkValue>,
    pub(super) contract_remainder: Option<Yuan>,
    pub(super) total: Option<Yuan>,
    pub(super) reserves_assessed: Option<Quantity>,
    pub(super) reserves_used: Option<Reserves>,
    pub(super) paid: Option<Yuan>,
}

/// A mineral of the case and how the catalogue levies it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Levied<'b> {
    pub(super) id: MineralId,
    pub(super) levy: Levy<'b>,
}

/// The case in the terms of the table.
pub struct Facts<'f> {
    pub(super) request: &'f Request<'f>,
    pub(super) signed: Signed,
    pub(super) signed_on: Option<NaiveDate>,
    pub(super) registered: Vec<Levied<'f>>,
    pub(super) remaining: Vec<Levied<'f>>,
    pub(super) added: Vec<Levied<'f>>,
    pub(super) amounts: Amounts,
    pub(super) temperature: Option<Celsius>,
    /// The catalogue that levies the minerals, and its version.
    pub(super) catalogue: &'f Dated<Catalogue>,
    /// The joint notice counts, state money is in the exploration and 普查 is complete.
    pub(super) state_funded_price: bool,
}
