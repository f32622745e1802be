//! What can be asked of the records. The values have the right shape and nothing more; [`super::decide`] checks them
//! (arts 8, 12, 18, 21, 24, 26, 33).

use std::borrow::Cow;

use chrono::NaiveDate;

use super::entry::{PartyId, RightId, Seq};
use super::event::{Acceptance, Part, RefundCause};
use crate::domain::due_date::HolidayShift;
use crate::domain::instalment::MineScale;
use crate::domain::place::AreaKind;
use crate::domain::quantity::Number;
use crate::domain::sales::Line;
use crate::domain::start_price::Right;
use crate::domain::transfer_income::{Reduction, TransferMode};

/// Registers a party.
#[derive(Clone, Debug)]
pub struct RegisterParty<'r> {
    /// From which day.
    pub effective_on: NaiveDate,
    /// 统一社会信用代码.
    pub code: &'r str,
    /// Its name.
    pub name: &'r str,
}

/// Corrects what the registration of a party says.
#[derive(Clone, Debug)]
pub struct CorrectParty<'r> {
    /// From which day; left out, from the registration on.
    pub effective_on: Option<NaiveDate>,
    /// 统一社会信用代码.
    pub code: Option<&'r str>,
    /// Its name.
    pub name: Option<&'r str>,
    /// Why, or the number of the decision.
    pub reason: &'r str,
}

/// Registers a right; the fields are those of [`super::event::RightRegistered`].
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is described where it is kept")]
pub struct RegisterRight<'r> {
    pub effective_on: NaiveDate,
    pub right: Right,
    pub holder: &'r str,
    pub licence_number: &'r str,
    pub contract_number: Option<&'r str>,
    pub contract_signed_on: Option<NaiveDate>,
    pub transfer_mode: TransferMode,
    pub contract_rate_percent: Option<Number>,
    pub division: &'r str,
    pub area: AreaKind,
    pub scheme: Option<&'r str>,
    pub minerals: Vec<&'r str>,
    pub area_km2: Number,
    pub term_from: Option<NaiveDate>,
    pub term_to: Option<NaiveDate>,
    pub mine_scale: Option<MineScale>,
}

/// Corrects what the registration of a right says, from the start; the fields are those of
/// [`super::event::RightCorrected`].
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field is described where it is kept")]
pub struct CorrectRight<'r> {
    pub holder: Option<&'r str>,
    pub licence_number: Option<&'r str>,
    pub contract_number: Option<&'r str>,
    pub contract_signed_on: Option<NaiveDate>,
    pub transfer_mode: Option<TransferMode>,
    pub contract_rate_percent: Option<Number>,
    pub division: Option<&'r str>,
    pub area: Option<AreaKind>,
    pub scheme: Option<&'r str>,
    pub minerals: Option<Vec<&'r str>>,
    pub area_km2: Option<Number>,
    pub term_from: Option<NaiveDate>,
    pub term_to: Option<NaiveDate>,
    pub mine_scale: Option<MineScale>,
    pub reason: &'r str,
}

/// Adds minerals to a right, or changes its term, its scale or the number of its licence.
#[derive(Clone, Debug)]
pub struct ChangeRight<'r> {
    /// From which day.
    pub effective_on: NaiveDate,
    /// Codes or names.
    pub added_minerals: Vec<&'r str>,
    /// New first day of the licence.
    pub term_from: Option<NaiveDate>,
    /// New last day of the licence.
    pub term_to: Option<NaiveDate>,
    /// New scale of the mine.
    pub mine_scale: Option<MineScale>,
    /// New number of the licence.
    pub licence_number: Option<&'r str>,
    /// Why, or the number of the decision.
    pub reason: &'r str,
}

/// Records a calculation as the draft of an assessment. Whoever makes the command has run the calculation.
#[derive(Clone, Debug)]
pub struct DraftAssessment<'r> {
    /// The day of the assessment.
    pub effective_on: NaiveDate,
    /// The calculation.
    pub topic: Cow<'r, str>,
    /// The request as sent.
    pub request: Cow<'r, str>,
    /// SHA-256 of the answer, hexadecimal.
    pub answer_sha256: Cow<'r, str>,
    /// The sums that the answer finds owed.
    pub parts: Vec<Part>,
}

/// What the second person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Confirmed.
    Confirm,
    /// Rejected.
    Reject,
}

/// Confirms or rejects a draft.
#[derive(Clone, Debug)]
pub struct JudgeAssessment<'r> {
    /// The day.
    pub effective_on: NaiveDate,
    /// What is said.
    pub verdict: Verdict,
    /// Needed for a rejection.
    pub reason: Option<&'r str>,
}

/// Makes items of a confirmed assessment.
#[derive(Clone, Debug)]
pub struct SetPlan {
    /// The day.
    pub effective_on: NaiveDate,
    /// The draft that was confirmed.
    pub assessment: Seq,
}

/// Declares the sales of a year. What the right says (grant, contract rate, division) is taken from the records.
#[derive(Clone, Debug)]
pub struct FileDeclaration<'r> {
    /// The day of the declaration.
    pub effective_on: NaiveDate,
    /// The year.
    pub year: i64,
    /// The sales.
    pub lines: Vec<Line<'r>>,
    /// Main mineral of oil, gas, shale gas and coal-bed methane added to one another (art. 17).
    pub combine_as: Option<&'r str>,
    /// Whether the due date moves off days off.
    pub holiday_shift: HolidayShift,
    /// Reduction of every line without its own.
    pub reduction: Option<Reduction<'r>>,
    /// The other fields of the general form.
    pub form: GeneralForm,
}

/// What the general form (非税收入通用申报表) says besides the sales; what is left out follows from them.
#[derive(Clone, Copy, Debug, Default)]
pub struct GeneralForm {
    /// 所属期起.
    pub period_from: Option<NaiveDate>,
    /// 所属期止.
    pub period_to: Option<NaiveDate>,
    /// 应缴费基数.
    pub base: Option<Number>,
    /// 扣除额.
    pub deduction: Option<Number>,
    /// 本期已缴费额.
    pub already_paid: Option<Number>,
}

/// The office that issues a notice.
#[derive(Clone, Copy, Debug)]
pub struct Office<'r> {
    /// Its name.
    pub name: &'r str,
    /// How to reach it.
    pub contact: Option<&'r str>,
}

/// Accepts or rejects a fee-source record.
#[derive(Clone, Debug)]
pub struct AcknowledgeFeeSource<'r> {
    /// The day.
    pub effective_on: NaiveDate,
    /// What is said.
    pub verdict: Acceptance,
    /// Needed for a rejection.
    pub reason: Option<&'r str>,
}

/// Issues a payment notice over items.
#[derive(Clone, Debug)]
pub struct IssueNotice<'r> {
    /// The day of issue.
    pub effective_on: NaiveDate,
    /// The items.
    pub items: Vec<&'r str>,
}

/// Says when a notice was received.
#[derive(Clone, Debug)]
pub struct ServeNotice {
    /// The day of receipt.
    pub received_on: NaiveDate,
    /// Whether the due date moves off days off.
    pub holiday_shift: HolidayShift,
}

/// Books money that came in for one item.
#[derive(Clone, Debug)]
pub struct BookPayment<'r> {
    /// The item.
    pub item: &'r str,
    /// The day of payment.
    pub paid_on: NaiveDate,
    /// How much.
    pub amount: Number,
    /// Number of the receipt.
    pub receipt: &'r str,
}

/// Charges the late fee on an item up to a day.
#[derive(Clone, Debug)]
pub struct ChargeLateFee<'r> {
    /// The item.
    pub item: &'r str,
    /// The last day that counts.
    pub as_of: NaiveDate,
}

/// Records that the payment of an item was deferred (缓缴, art. 22).
#[derive(Clone, Debug)]
pub struct ApproveDeferral<'r> {
    /// The day of the approval.
    pub effective_on: NaiveDate,
    /// The item.
    pub item: &'r str,
    /// First day of the deferral.
    pub from: NaiveDate,
    /// Last day of the deferral.
    pub to: NaiveDate,
    /// Number of the approval.
    pub approval: &'r str,
}

/// Gives back what was paid beyond the total of an item or, with a cause, what is not owed any more (art. 26).
#[derive(Clone, Debug)]
pub struct PayRefund<'r> {
    /// The day of the refund.
    pub effective_on: NaiveDate,
    /// The payment it comes from.
    pub payment: Seq,
    /// How much.
    pub amount: Number,
    /// Why, or the number of the decision.
    pub reason: &'r str,
    /// Why it goes back although it was owed.
    pub cause: Option<RefundCause>,
    /// Number of the decision; needed with a cause.
    pub document: Option<&'r str>,
}

/// Trues up the income of an assessment when the licence is cancelled for policy or disaster.
#[derive(Clone, Debug)]
pub struct SettleTrueUp {
    /// The day of the cancellation.
    pub effective_on: NaiveDate,
    /// The assessment.
    pub assessment: Seq,
    /// Reserves that it covered.
    pub reserves_assessed: Number,
    /// Reserves used.
    pub reserves_used: Number,
}

/// Hands the right to another party.
#[derive(Clone, Debug)]
pub struct TransferRight<'r> {
    /// The first day of the new holder.
    pub effective_on: NaiveDate,
    /// The new holder.
    pub to: &'r str,
    /// Number of the approval or contract.
    pub reason: &'r str,
}

/// Ends the licence.
#[derive(Clone, Debug)]
pub struct CloseRight<'r> {
    /// The last day.
    pub effective_on: NaiveDate,
    /// Why, or the number of the decision.
    pub reason: &'r str,
}

/// Links an exploration right with the mining right that it became.
#[derive(Clone, Debug)]
pub struct ConvertRight<'r> {
    /// The day of the conversion.
    pub effective_on: NaiveDate,
    /// The mining right.
    pub to: &'r str,
    /// Number of the approval.
    pub reason: &'r str,
}

/// Takes an entry back.
#[derive(Clone, Debug)]
pub struct Reverse<'r> {
    /// The day from which it counts as not recorded; left out, the day of the entry itself.
    pub effective_on: Option<NaiveDate>,
    /// Why.
    pub reason: &'r str,
}

/// A command with what it is addressed to.
#[derive(Clone, Debug)]
pub enum Command<'r> {
    /// A new party.
    RegisterParty(RegisterParty<'r>),
    /// A correction of a party.
    CorrectParty(PartyId, CorrectParty<'r>),
    /// A new right.
    RegisterRight(RegisterRight<'r>),
    /// Something about one right.
    OnRight(RightId, OnRight<'r>),
    /// The second person on a draft.
    JudgeAssessment(Seq, JudgeAssessment<'r>),
    /// The service of a notice, by its number.
    ServeNotice(&'r str, ServeNotice),
    /// What the tax office says about the fee-source record of a cursor.
    Acknowledge(Seq, AcknowledgeFeeSource<'r>),
    /// The reversal of an entry.
    Reverse(Seq, Reverse<'r>),
}

/// What can be asked about one right.
#[derive(Clone, Debug)]
pub enum OnRight<'r> {
    /// See [`CorrectRight`].
    Correct(Box<CorrectRight<'r>>),
    /// See [`ChangeRight`].
    Change(ChangeRight<'r>),
    /// See [`DraftAssessment`].
    Assess(DraftAssessment<'r>),
    /// See [`SetPlan`].
    Plan(SetPlan),
    /// See [`FileDeclaration`], with the request as sent.
    Declare(FileDeclaration<'r>, &'r str),
    /// See [`IssueNotice`].
    Notify(IssueNotice<'r>),
    /// The same, by an office.
    NotifyFrom(IssueNotice<'r>, Office<'r>),
    /// See [`BookPayment`].
    Pay(BookPayment<'r>),
    /// See [`ChargeLateFee`].
    ChargeLateFee(ChargeLateFee<'r>),
    /// See [`ApproveDeferral`].
    Defer(ApproveDeferral<'r>),
    /// See [`PayRefund`].
    Refund(PayRefund<'r>),
    /// See [`SettleTrueUp`].
    TrueUp(SettleTrueUp),
    /// See [`TransferRight`].
    Transfer(TransferRight<'r>),
    /// See [`CloseRight`].
    Close(CloseRight<'r>),
    /// See [`ConvertRight`].
    Convert(ConvertRight<'r>),
}
