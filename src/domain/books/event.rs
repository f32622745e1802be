//! What can happen to a party or a right: the kinds of entry and what each keeps (arts 8, 12, 18, 21, 22, 24, 26, 33).

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::access::Role;
use super::content::{Content, Damaged, Kept};
use super::entry::{ItemId, KeyId, PartyId, RightId, Seq};
use crate::domain::catalogue::LevyMethod;
use crate::domain::instalment::MineScale;
use crate::domain::money::Yuan;
use crate::domain::place::AreaKind;
use crate::domain::start_price::Right;
use crate::domain::transfer_income::TransferMode;

kept_by_code!(Right { Right::Exploration => "exploration", Right::Mining => "mining" });
kept_by_code!(LevyMethod { LevyMethod::Rate => "rate", LevyMethod::Amount => "amount" });
kept_by_code!(MineScale { MineScale::Large => "large", MineScale::Medium => "medium", MineScale::Small => "small" });
kept_by_code!(TransferMode { TransferMode::Competitive => "competitive", TransferMode::Agreement => "agreement" });
kept_by_code!(AreaKind {
    AreaKind::Land => "land",
    AreaKind::LocalSea => "local_sea",
    AreaKind::OtherSea => "other_sea",
});

/// What an item is owed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// The price, or its first payment (art. 12).
    Price,
    /// An annual instalment of the price (art. 12).
    Instalment,
    /// The part that waits for the conversion of an exploration right (art. 11(3)).
    OnConversion,
    /// The annual part (art. 8).
    Annual,
    /// Arrears of an old right (art. 29).
    Arrears,
    /// The difference on cancellation (art. 21).
    TrueUp,
    /// The fund-occupation charge (art. 28).
    FundOccupation,
}

kept_codes!(ItemKind {
    Price => "price", Instalment => "instalment", OnConversion => "on_conversion", Annual => "annual",
    Arrears => "arrears", TrueUp => "true_up", FundOccupation => "fund_occupation",
});

record! {
    /// The store began.
    Genesis {
        /// Form of the entries: 1.
        format: u32,
        /// `sha256` or `sm3`.
        algorithm: String,
        /// Random name of the store.
        instance: String,
    }
}

record! {
    /// A party was registered.
    PartyRegistered {
        /// 统一社会信用代码.
        code: String,
        /// Its name.
        name: String,
    }
}

record! {
    /// What a registration says of a party was wrong, or is another from a day on.
    PartyCorrected {
        /// 统一社会信用代码.
        code: Option<String>,
        /// Its name.
        name: Option<String>,
        /// Why, or the number of the decision.
        reason: String,
    }
}

record! {
    /// A right was registered.
    RightRegistered {
        /// Exploration or mining.
        right: Right,
        /// Who holds it.
        holder: PartyId,
        /// Number of the licence.
        licence_number: String,
        /// Number of the contract.
        contract_number: Option<String>,
        /// Day of the contract: the transfer date.
        contract_signed_on: Option<NaiveDate>,
        /// How it was granted.
        transfer_mode: TransferMode,
        /// The rate that the contract states.
        contract_rate_percent: Option<Decimal>,
        /// Six-digit division code.
        division: String,
        /// Land or sea.
        area: AreaKind,
        /// Class of the province's scheme.
        scheme: Option<String>,
        /// Codes; the first is the main mineral.
        minerals: Vec<String>,
        /// Square kilometres.
        area_km2: Decimal,
        /// First day of the licence.
        term_from: Option<NaiveDate>,
        /// Last day of the licence.
        term_to: Option<NaiveDate>,
        /// Scale of the mine.
        mine_scale: Option<MineScale>,
    }
}

record! {
    /// What a registration says of a right was wrong from the start. What is left out was right.
    RightCorrected {
        /// Who holds it.
        holder: Option<PartyId>,
        /// Number of the licence.
        licence_number: Option<String>,
        /// Number of the contract.
        contract_number: Option<String>,
        /// Day of the contract: the transfer date.
        contract_signed_on: Option<NaiveDate>,
        /// How it was granted.
        transfer_mode: Option<TransferMode>,
        /// The rate that the contract states.
        contract_rate_percent: Option<Decimal>,
        /// Six-digit division code.
        division: Option<String>,
        /// Land or sea.
        area: Option<AreaKind>,
        /// Class of the scheme; with another division the class is this one or none.
        scheme: Option<String>,
        /// Codes of all minerals that were registered; the first is the main mineral.
        minerals: Option<Vec<String>>,
        /// Square kilometres.
        area_km2: Option<Decimal>,
        /// First day of the licence.
        term_from: Option<NaiveDate>,
        /// Last day of the licence.
        term_to: Option<NaiveDate>,
        /// Scale of the mine.
        mine_scale: Option<MineScale>,
        /// Why, or the number of the decision.
        reason: String,
    }
}

impl RightCorrected {
    /// The registration as it should have been.
    #[must_use]
    pub fn applied(&self, wrong: RightRegistered) -> RightRegistered {
        let own = self.clone();
        RightRegistered {
            right: wrong.right,
            holder: own.holder.unwrap_or(wrong.holder),
            licence_number: own.licence_number.unwrap_or(wrong.licence_number),
            contract_number: own.contract_number.or(wrong.contract_number),
            contract_signed_on: own.contract_signed_on.or(wrong.contract_signed_on),
            transfer_mode: own.transfer_mode.unwrap_or(wrong.transfer_mode),
            contract_rate_percent: own.contract_rate_percent.or(wrong.contract_rate_percent),
            scheme: own.scheme.or(wrong.scheme.filter(|_| own.division.is_none())),
            division: own.division.unwrap_or(wrong.division),
            area: own.area.unwrap_or(wrong.area),
            minerals: own.minerals.unwrap_or(wrong.minerals),
            area_km2: own.area_km2.unwrap_or(wrong.area_km2),
            term_from: own.term_from.or(wrong.term_from),
            term_to: own.term_to.or(wrong.term_to),
            mine_scale: own.mine_scale.or(wrong.mine_scale),
        }
    }
}

record! {
    /// Minerals were added, or the term changed.
    RightChanged {
        /// Codes.
        added_minerals: Vec<String>,
        /// New first day of the licence.
        term_from: Option<NaiveDate>,
        /// New last day of the licence.
        term_to: Option<NaiveDate>,
        /// New scale of the mine.
        mine_scale: Option<MineScale>,
        /// New number of the licence.
        licence_number: Option<String>,
        /// Why, or the number of the decision.
        reason: String,
    }
}

record! {
    /// A sum that an assessment finds owed.
    Part {
        /// For what.
        kind: ItemKind,
        /// How much, above zero.
        amount: Yuan,
        /// The last day for it, where it does not count from a notice.
        due_on: Option<NaiveDate>,
        /// The form in which the calculation levied it, where it says so.
        levy_method: Option<LevyMethod>,
        /// The row of the decision table that it follows from, where the calculation names one.
        rule: Option<String>,
    }
}

record! {
    /// Somebody calculated what is owed.
    AssessmentDrafted {
        /// The calculation.
        topic: String,
        /// The request as sent.
        request: String,
        /// The dataset behind the answer.
        dataset: String,
        /// SHA-256 of the answer, hexadecimal.
        answer_sha256: String,
        /// The sums found.
        parts: Vec<Part>,
        /// The person who drafted it, where the name of the actor does not say so.
        person: Option<String>,
    }
}

record! {
    /// Another person confirmed the assessment.
    AssessmentConfirmed {
        /// The draft.
        assessment: Seq,
    }
}

record! {
    /// Another person rejected the assessment.
    AssessmentRejected {
        /// The draft.
        assessment: Seq,
        /// Why.
        reason: String,
    }
}

record! {
    /// The sums of a confirmed assessment became items.
    PlanSet {
        /// The draft that was confirmed.
        assessment: Seq,
        /// Items numbered from 1 in this order.
        parts: Vec<Part>,
    }
}

record! {
    /// The income of one line of a return.
    DeclaredLine {
        /// Code.
        mineral: String,
        /// The rate in percent.
        rate_percent: Decimal,
        /// What the rate was taken of.
        levy_revenue: Yuan,
        /// The income.
        income: Yuan,
    }
}

record! {
    /// The sales of a year were declared (art. 24).
    DeclarationFiled {
        /// The year.
        year: i32,
        /// The request as sent.
        request: String,
        /// The dataset behind the figures.
        dataset: String,
        /// What the lines add up to: item 1, unless nothing.
        income: Yuan,
        /// The last day for it.
        due_on: NaiveDate,
        /// The lines.
        lines: Vec<DeclaredLine>,
        /// 所属期起. Declarations of the first entries do not say the fields of the general form.
        period_from: Option<NaiveDate>,
        /// 所属期止.
        period_to: Option<NaiveDate>,
        /// 应缴费基数: before what is deducted.
        base: Option<Yuan>,
        /// 扣除额.
        deduction: Option<Yuan>,
        /// 本期应缴费额, before the reduction.
        payable: Option<Yuan>,
        /// 减免费额 (art. 20).
        reduction: Option<Yuan>,
        /// 本期已缴费额, as declared: only a payment that is booked pays.
        already_paid: Option<Yuan>,
        /// 本期应补（退）费额.
        to_pay: Option<Yuan>,
    }
}

record! {
    /// What each treasury gets or gives.
    TreasuryShares {
        /// Central treasury.
        central: Yuan,
        /// All local treasuries together.
        local: Yuan,
        /// Province, where a scheme divides the local part.
        province: Option<Yuan>,
        /// City.
        city: Option<Yuan>,
        /// County.
        county: Option<Yuan>,
    }
}

record! {
    /// An item with an amount.
    ItemAmount {
        /// The item.
        item: ItemId,
        /// How much.
        amount: Yuan,
    }
}

record! {
    /// A payment notice was issued (art. 24).
    NoticeIssued {
        /// Division code, year, number within both.
        number: String,
        /// What is to be paid.
        items: Vec<ItemAmount>,
        /// Their sum.
        total: Yuan,
        /// The sum by treasury, as of the day of issue.
        shares: TreasuryShares,
        /// The account of the income on the day of issue (art. 25). Notices of the first entries do not say it.
        account: Option<String>,
        /// Days after its receipt in which items without a due date are to be paid (art. 24), where there are any.
        notice_days: Option<u32>,
        /// The office that issued it, where the service knows it.
        office: Option<String>,
        /// How to reach it.
        contact: Option<String>,
    }
}

record! {
    /// The notice was received.
    NoticeServed {
        /// Its number.
        number: String,
        /// The due date of each item whose date counts from the notice.
        due: Vec<ItemDue>,
    }
}

record! {
    /// An item with its due date.
    ItemDue {
        /// The item.
        item: ItemId,
        /// The last day for it.
        due_on: NaiveDate,
    }
}

record! {
    /// Money came in.
    PaymentBooked {
        /// For which item.
        item: ItemId,
        /// How much.
        amount: Yuan,
        /// Number of the receipt.
        receipt: String,
        /// To the principal.
        to_principal: Yuan,
        /// To the late fee.
        to_late_fee: Yuan,
        /// Left over.
        overpaid: Yuan,
        /// The late fee that is charged with it, beyond what was charged before.
        late_fee_charged: Yuan,
        /// By treasury.
        shares: TreasuryShares,
    }
}

record! {
    /// A late fee was charged to the day (art. 33).
    LateFeeCharged {
        /// On which item.
        item: ItemId,
        /// Days counted so far.
        days: i64,
        /// The fee so far.
        late_fee: Yuan,
        /// What was charged before.
        charged_before: Yuan,
    }
}

record! {
    /// The payment of an item was deferred by an approval (art. 22).
    DeferralApproved {
        /// Which item.
        item: ItemId,
        /// First day.
        from: NaiveDate,
        /// Last day.
        to: NaiveDate,
        /// Number of the approval.
        approval: String,
    }
}

/// Why money goes back that was owed when it was paid (art. 26).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefundCause {
    /// 误缴: the payer paid by mistake.
    MistakenPayment,
    /// 误收: the tax office collected by mistake.
    MistakenLevy,
    /// 政策性关闭.
    PolicyClosure,
    /// 重大自然灾害.
    Disaster,
    /// 非矿业权人自身原因: anything else that the payer has not brought about.
    BeyondThePayer,
}

kept_codes!(RefundCause {
    MistakenPayment => "mistaken_payment", MistakenLevy => "mistaken_levy", PolicyClosure => "policy_closure",
    Disaster => "disaster", BeyondThePayer => "beyond_the_payer",
});

record! {
    /// Money went back (art. 26).
    RefundPaid {
        /// The payment it came from.
        payment: Seq,
        /// The item it was for.
        item: ItemId,
        /// How much.
        amount: Yuan,
        /// Why, or the number of the decision.
        reason: String,
        /// By treasury, in the shares of the day it was paid in.
        shares: TreasuryShares,
        /// Why, where it was not merely overpaid.
        cause: Option<RefundCause>,
        /// Number of the decision, where there is a cause.
        document: Option<String>,
        /// What of it is not owed any more: the total of the item becomes less by it.
        ends: Option<Yuan>,
    }
}

record! {
    /// What remains owed on an item after a true-up.
    Settled {
        /// The item.
        item: ItemId,
        /// Its new total.
        total: Yuan,
    }
}

record! {
    /// A licence was cancelled and its income trued up (art. 21).
    TrueUpSettled {
        /// The assessment whose items were trued up.
        assessment: Seq,
        /// Reserves that it covered.
        reserves_assessed: Decimal,
        /// Reserves used.
        reserves_used: Decimal,
        /// What is due for the reserves used.
        due: Yuan,
        /// Due less paid: collected as item 1 when positive, to be refunded when negative.
        difference: Yuan,
        /// The items it closed.
        settled: Vec<Settled>,
        /// What is to be refunded of which payment, the latest first.
        refunds: Vec<RefundDue>,
    }
}

record! {
    /// What is to be refunded of a payment.
    RefundDue {
        /// The payment.
        payment: Seq,
        /// How much.
        amount: Yuan,
    }
}

record! {
    /// The right went to another party, which pays from that day (art. 18).
    RightTransferred {
        /// The new holder.
        to: PartyId,
        /// Number of the approval or contract.
        reason: String,
    }
}

record! {
    /// The licence ended.
    RightClosed {
        /// Why, or the number of the decision.
        reason: String,
    }
}

record! {
    /// An exploration right became a mining right (探转采, art. 11(3)).
    RightConverted {
        /// The mining right.
        to: RightId,
        /// Number of the approval.
        reason: String,
    }
}

record! {
    /// An entry was taken back.
    Reversal {
        /// Its number.
        of: Seq,
        /// Why.
        reason: String,
    }
}

record! {
    /// A message of the tax office came in (art. 23). Its lines are payments of their own.
    ReceiptsReceived {
        /// The message as sent.
        message: String,
    }
}

record! {
    /// A key was handed out. The key itself is kept nowhere.
    KeyCreated {
        /// What it is for, or whose it is.
        name: String,
        /// What it may do.
        role: Role,
        /// Six-digit division code of the area that it is limited to.
        area: Option<String>,
        /// The party that it stands for.
        party: Option<PartyId>,
        /// SHA-256 of the key, hexadecimal.
        sha256: String,
        /// Whose it is, where the name does not say so. One person may have several keys.
        person: Option<String>,
    }
}

impl KeyCreated {
    /// Whose it is. Keys of one name are taken for those of one person: whoever drafts with one does not confirm with
    /// another.
    pub fn person(&self) -> &str {
        self.person.as_deref().unwrap_or(&self.name)
    }
}

record! {
    /// A key was withdrawn for good.
    KeyRevoked {
        /// The key.
        key: KeyId,
    }
}

/// What the tax office says about a fee-source record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Acceptance {
    /// 签收.
    Accepted,
    /// 拒收.
    Rejected,
}

kept_codes!(Acceptance { Accepted => "accepted", Rejected => "rejected" });

record! {
    /// The tax office accepted or rejected a fee-source record (art. 23).
    FeeSourceAcknowledged {
        /// Its cursor.
        of: Seq,
        /// What is said.
        verdict: Acceptance,
        /// Why it was rejected.
        reason: Option<String>,
    }
}

/// Declares the kinds of entry.
macro_rules! events {
    ($($(#[$doc:meta])* $kind:ident = $code:literal,)*) => {
        /// What happened.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $kind($kind),)*
        }

        impl Event {
            /// The codes of all kinds.
            pub const KINDS: &'static [&'static str] = &[$($code),*];

            /// The stable code of the kind.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Event::$kind(_) => $code,)*
                }
            }

            /// The content as it is kept.
            pub fn keep(&self) -> Content {
                match self {
                    $(Event::$kind(event) => event.keep(),)*
                }
            }

            /// The event of that kind that was kept so.
            pub fn restore(kind: &str, content: &Content) -> Result<Event, Damaged> {
                match kind {
                    $($code => $kind::restore(content).map(Event::$kind),)*
                    _ => Err(Damaged),
                }
            }
        }
    };
}

events! {
    /// The store began.
    Genesis = "genesis",
    /// A party was registered.
    PartyRegistered = "party_registered",
    /// The registration of a party was corrected.
    PartyCorrected = "party_corrected",
    /// A right was registered.
    RightRegistered = "right_registered",
    /// The registration of a right was corrected.
    RightCorrected = "right_corrected",
    /// A right was changed.
    RightChanged = "right_changed",
    /// An assessment was drafted.
    AssessmentDrafted = "assessment_drafted",
    /// An assessment was confirmed.
    AssessmentConfirmed = "assessment_confirmed",
    /// An assessment was rejected.
    AssessmentRejected = "assessment_rejected",
    /// A plan was set.
    PlanSet = "plan_set",
    /// A year was declared.
    DeclarationFiled = "declaration_filed",
    /// A notice was issued.
    NoticeIssued = "notice_issued",
    /// A notice was served.
    NoticeServed = "notice_served",
    /// A payment was booked.
    PaymentBooked = "payment_booked",
    /// A late fee was charged.
    LateFeeCharged = "late_fee_charged",
    /// A deferral was approved.
    DeferralApproved = "deferral_approved",
    /// A refund was paid.
    RefundPaid = "refund_paid",
    /// A true-up was settled.
    TrueUpSettled = "true_up_settled",
    /// A right was transferred.
    RightTransferred = "right_transferred",
    /// A right was closed.
    RightClosed = "right_closed",
    /// A fee-source record was accepted or rejected.
    FeeSourceAcknowledged = "fee_source_acknowledged",
    /// An exploration right was converted.
    RightConverted = "right_converted",
    /// An entry was reversed.
    Reversal = "reversal",
    /// A message of the tax office came in.
    ReceiptsReceived = "receipts_received",
    /// A key was created.
    KeyCreated = "key_created",
    /// A key was revoked.
    KeyRevoked = "key_revoked",
}

/// What a name outside the records stands for; several entries may have carried one, all but one of them reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Register {
    /// Code of a party.
    PartyCode,
    /// Number of a licence.
    LicenceNumber,
    /// Number of a notice.
    NoticeNumber,
    /// Number of a receipt.
    Receipt,
    /// The number of the entry that a reversal takes back.
    Reversed,
    /// SHA-256 of a key.
    KeyHash,
    /// Id of a key that was revoked.
    RevokedKey,
    /// Id of the mining right that an exploration right became.
    ConvertedTo,
    /// Cursor of a fee-source record that was accepted or rejected.
    Acknowledged,
}

kept_codes!(Register {
    PartyCode => "party_code", LicenceNumber => "licence_number", NoticeNumber => "notice_number",
    Receipt => "receipt", Reversed => "reversed", KeyHash => "key_hash", RevokedKey => "revoked_key",
    ConvertedTo => "converted_to", Acknowledged => "acknowledged",
});

impl Event {
    /// The name under which an index finds the entry.
    pub fn name(&self) -> Option<(Register, String)> {
        match self {
            Event::PartyRegistered(event) => Some((Register::PartyCode, event.code.clone())),
            Event::PartyCorrected(event) => Some((Register::PartyCode, event.code.clone()?)),
            Event::RightRegistered(event) => Some((Register::LicenceNumber, event.licence_number.clone())),
            Event::RightCorrected(event) => Some((Register::LicenceNumber, event.licence_number.clone()?)),
            Event::RightChanged(event) => Some((Register::LicenceNumber, event.licence_number.clone()?)),
            Event::NoticeIssued(event) => Some((Register::NoticeNumber, event.number.clone())),
            Event::PaymentBooked(event) => Some((Register::Receipt, event.receipt.clone())),
            Event::FeeSourceAcknowledged(event) => Some((Register::Acknowledged, event.of.to_string())),
            Event::RightConverted(event) => Some((Register::ConvertedTo, event.to.to_string())),
            Event::Reversal(event) => Some((Register::Reversed, event.of.to_string())),
            Event::KeyCreated(event) => Some((Register::KeyHash, event.sha256.clone())),
            Event::KeyRevoked(event) => Some((Register::RevokedKey, event.key.to_string())),
            _ => None,
        }
    }
}
