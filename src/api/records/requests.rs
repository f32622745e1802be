//! The bodies of writing requests, each the shape of a command.

use chrono::NaiveDate;
use utoipa::openapi::{RefOr, Schema};

use crate::api::declare::{choice, request_shape};
use crate::api::node::Node;
use crate::api::schema::{Described, MineralName, SplitClassCode, Words};
use crate::api::shape::{Decode, Faults, Inner};
use crate::api::topic::Topic;
use crate::domain::books::command::{
    AcknowledgeFeeSource, ApproveDeferral, BookPayment, ChangeRight, ChargeLateFee, CloseRight, ConvertRight,
    CorrectParty, CorrectRight, FileDeclaration, GeneralForm, IssueNotice, JudgeAssessment, PayRefund, RegisterParty,
    RegisterRight, Reverse, ServeNotice, SetPlan, SettleTrueUp, TransferRight, Verdict,
};
use crate::domain::books::entry::Seq;
use crate::domain::books::event::{Acceptance, RefundCause};
use crate::domain::due_date::HolidayShift;
use crate::domain::error::{At, Text};
use crate::domain::instalment::MineScale;
use crate::domain::place::AreaKind;
use crate::domain::quantity::Number;
use crate::domain::sales::Line;
use crate::domain::start_price::Right;
use crate::domain::transfer_income::{Reduction, TransferMode};

choice!(Verdict { "confirm" => Verdict::Confirm, "reject" => Verdict::Reject });
choice!(Acceptance { "accepted" => Acceptance::Accepted, "rejected" => Acceptance::Rejected });
choice!(RefundCause {
    "mistaken_payment" => RefundCause::MistakenPayment,
    "mistaken_levy" => RefundCause::MistakenLevy,
    "policy_closure" => RefundCause::PolicyClosure,
    "disaster" => RefundCause::Disaster,
    "beyond_the_payer" => RefundCause::BeyondThePayer,
});

impl<'n> Decode<'n> for Seq {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Seq> {
        match i64::decode(node, at, faults)?.try_into() {
            Ok(seq) => Some(seq),
            Err(_) => {
                faults.report(at, Text::fixed("应为记录号（正整数）", "must be the number of an entry"));
                None
            }
        }
    }
}

request_shape! {
    /// 登记当事人 · A party.
    RegisterParty<'n> as "PartyRegistration" {
        /// 生效日 · From which day.
        effective_on: NaiveDate = "2023-05-01";
        /// 统一社会信用代码，末位为校验码 · Unified social credit code with its check digit.
        code: &'n str = "91350100M000100Y43";
        /// 名称 · Name.
        name: &'n str = "某某矿业有限公司";
    }
}

request_shape! {
    /// 更正当事人的登记；不填的不变 · A correction of a party; what is left out stays.
    CorrectParty<'n> as "PartyCorrection" {
        /// 生效日，默认为登记的生效日，即自始更正；更名等自某日起变更的填该日 · From which day, from the registration unless said; the day of a renaming.
        effective_on: Option<NaiveDate> = "2024-01-01";
        /// 统一社会信用代码 · Unified social credit code.
        code: Option<&'n str> = "91350100M000100Y43";
        /// 名称 · Name.
        name: Option<&'n str> = "某某矿业集团有限公司";
        /// 理由或文号 · Why, or the number of the decision.
        reason: &'n str = "更名";
    }
}

request_shape! {
    /// 更正矿业权的登记，自始更正；不填的不变 · A correction of a right, from the start; what is left out stays.
    CorrectRight<'n> as "RightCorrection" {
        /// 持有人的标识 · Id of the holder.
        holder: Option<&'n str> = "P2";
        /// 许可证号 · Number of the licence.
        licence_number: Option<&'n str> = "C1000002023051110000001";
        /// 合同编号 · Number of the contract.
        contract_number: Option<&'n str> = "CKHT-2023-001";
        /// 合同签订日 · Day of the contract.
        contract_signed_on: Option<NaiveDate> = "2023-04-28";
        /// 出让方式 · How it was granted.
        transfer_mode: Option<TransferMode> = "agreement";
        /// 合同约定的收益率（%）· Rate of the contract.
        contract_rate_percent: Option<Number> = "2.4";
        /// 六位行政区划代码；更正的，分成类别一并重填 · Six-digit division code; with another one the class of the scheme is given anew.
        division: Option<&'n str> = "370105";
        /// 陆域或海域 · Land or sea.
        area: Option<AreaKind> = "land";
        /// 省内分成类别 · Class of the province's scheme.
        scheme: Option<&'n str>, like Option<SplitClassCode> = "county";
        /// 登记的全部矿种，首个为主矿种；增列的不在内 · All minerals that were registered, the main one first, without those added later.
        minerals: Option<Vec<&'n str>>, like Option<Vec<MineralName>> = ["煤"];
        /// 面积（km²）· Area in square kilometres.
        area_km2: Option<Number> = "1.25";
        /// 许可证首日 · First day of the licence.
        term_from: Option<NaiveDate> = "2023-05-01";
        /// 许可证末日 · Last day of the licence.
        term_to: Option<NaiveDate> = "2043-04-30";
        /// 生产规模 · Scale of the mine.
        mine_scale: Option<MineScale> = "large";
        /// 理由 · Why.
        reason: &'n str = "录入有误";
    }
}

request_shape! {
    /// 登记矿业权 · A right.
    RegisterRight<'n> as "RightRegistration" {
        /// 生效日 · From which day.
        effective_on: NaiveDate = "2023-05-01";
        /// 探矿权或采矿权 · Exploration or mining.
        right: Right = "mining";
        /// 持有人的标识 · Id of the holder.
        holder: &'n str = "P2";
        /// 许可证号 · Number of the licence.
        licence_number: &'n str = "C1000002023051110000001";
        /// 合同编号 · Number of the contract.
        contract_number: Option<&'n str> = "CKHT-2023-001";
        /// 合同签订日，即出让日 · Day of the contract: the transfer date.
        contract_signed_on: Option<NaiveDate> = "2023-05-01";
        /// 竞争出让或协议出让 · Competitive or by agreement.
        transfer_mode: TransferMode = "agreement";
        /// 合同约定的收益率（%）· Rate of the contract.
        contract_rate_percent: Option<Number> = "2.4";
        /// 六位行政区划代码，可到县 · Six-digit division code, down to the county.
        division: &'n str = "370105";
        /// 陆域或海域 · Land or sea.
        area: AreaKind = "land";
        /// 省内分成类别，需要时填写 · Class of the province's scheme, where it needs one.
        scheme: Option<&'n str>, like Option<SplitClassCode> = "county";
        /// 矿种，首个为主矿种 · Minerals, the main one first.
        minerals: Vec<&'n str>, like Vec<MineralName> = ["煤"];
        /// 面积（km²）· Area in square kilometres.
        area_km2: Number = "1.25";
        /// 许可证首日 · First day of the licence.
        term_from: Option<NaiveDate> = "2023-05-01";
        /// 许可证末日 · Last day of the licence.
        term_to: Option<NaiveDate> = "2043-04-30";
        /// 生产规模 · Scale of the mine.
        mine_scale: Option<MineScale> = "large";
    }
}

request_shape! {
    /// 变更矿业权 · A change of a right.
    ChangeRight<'n> as "RightChange" {
        /// 生效日 · From which day.
        effective_on: NaiveDate = "2024-01-01";
        /// 增列的矿种 · Minerals added.
        added_minerals: Vec<&'n str>, like Vec<MineralName> = ["铁"], left_out Vec::new();
        /// 许可证新的首日 · New first day of the licence.
        term_from: Option<NaiveDate> = "2023-05-01";
        /// 许可证新的末日 · New last day of the licence.
        term_to: Option<NaiveDate> = "2053-04-30";
        /// 新的生产规模 · New scale of the mine.
        mine_scale: Option<MineScale> = "large";
        /// 新的许可证号 · New number of the licence.
        licence_number: Option<&'n str> = "C1000002024011110000002";
        /// 理由或批准文号 · Why, or the number of the decision.
        reason: &'n str = "变更登记〔2024〕1号";
    }
}

/// A calculation to be recorded as the draft of an assessment.
#[derive(Debug)]
pub(super) struct Draft<'n> {
    pub(super) effective_on: NaiveDate,
    pub(super) topic: AssessedTopic,
    pub(super) request: Inner<'n>,
}

/// The calculations that find a sum owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AssessedTopic(pub(super) Topic);

impl AssessedTopic {
    /// All of them.
    const ALL: [AssessedTopic; 5] = [
        AssessedTopic(Topic::TransferIncome),
        AssessedTopic(Topic::Instalments),
        AssessedTopic(Topic::Arrears),
        AssessedTopic(Topic::FundOccupationCharge),
        AssessedTopic(Topic::Assessment),
    ];
}

impl<'n> Decode<'n> for AssessedTopic {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<AssessedTopic> {
        let slugs = AssessedTopic::ALL.map(|topic| topic.0.slug());
        let code = crate::api::shape::code(node, at, faults, &slugs)?;
        AssessedTopic::ALL.into_iter().find(|topic| topic.0.slug() == code)
    }
}

impl Described for AssessedTopic {
    fn schema(words: Words) -> RefOr<Schema> {
        crate::api::schema::one_of_codes(words, &AssessedTopic::ALL.map(|topic| topic.0.slug()))
    }
}

request_shape! {
    /// 核定草稿：由本服务计算 · The draft of an assessment: the service calculates it.
    Draft<'n> as "AssessmentDraft" {
        /// 核定日 · The day of the assessment.
        effective_on: NaiveDate = "2023-06-01";
        /// 计算主题；也可由事实判定适用的规则 · The calculation, or the decision over facts.
        topic: AssessedTopic = "transfer-income";
        /// 该主题的请求 · The request of that calculation.
        request: Inner<'n> = {"as_of": "2023-06-01", "mineral": "煤", "transfer_mode": "agreement", "starting_price": "100000.00"};
    }
}

request_shape! {
    /// 核定结论，须由起草人以外的人作出 · What the second person says.
    JudgeAssessment<'n> as "AssessmentVerdict" {
        /// 日期 · The day.
        effective_on: NaiveDate = "2023-06-02";
        /// 确认或退回 · Confirm or reject.
        verdict: Verdict = "confirm";
        /// 退回的理由 · Why it is rejected.
        reason: Option<&'n str> = "面积有误";
    }
}

request_shape! {
    /// 缴款计划：已确认的核定成为应缴项 · A plan: the sums of a confirmed assessment become items.
    SetPlan as "PlanRequest" {
        /// 生效日 · The day.
        effective_on: NaiveDate = "2023-06-02";
        /// 核定草稿的记录号 · Entry of the draft.
        assessment: Seq = 4;
    }
}

request_shape! {
    /// 年度申报；出让方式、合同收益率和行政区划取自登记 · An annual return; what the right says is taken from the records.
    FileDeclaration<'n> as "DeclarationRequest" {
        /// 申报日 · The day of the declaration.
        effective_on: NaiveDate = "2025-01-15";
        /// 年度 · The year.
        year: i64 = 2024;
        /// 各行销售收入 · The sales.
        lines: Vec<Line<'n>> = [{"mineral": "煤", "product": "raw_ore", "revenue": "1000000.00"}];
        /// 合并计算的主矿种（第十七条）· Main mineral of a combined return (art. 17).
        combine_as: Option<&'n str>, like Option<MineralName> = "石油";
        /// 到期日遇休息日是否顺延，默认否 · Whether the due date moves off days off.
        holiday_shift: HolidayShift = false;
        /// 减缴（第二十条）· Reduction of every line without its own (art. 20).
        reduction: Option<Reduction<'n>> = {"percent": "20", "approval": "财综批〔2024〕1号"};
        /// 通用申报表的其他栏目 · The other fields of the general form.
        form: GeneralForm = {"base": "1130000.00", "deduction": "130000.00"}, left_out GeneralForm::default();
    }
}

request_shape! {
    /// 非税收入通用申报表的其他栏目；不填的由销售收入得出 · The general form besides the sales; what is left out follows from them.
    GeneralForm as "GeneralForm" {
        /// 所属期起，默认年度首日 · First day of the period, that of the year unless said.
        period_from: Option<NaiveDate> = "2024-01-01";
        /// 所属期止，默认年度末日 · Last day of the period.
        period_to: Option<NaiveDate> = "2024-12-31";
        /// 应缴费基数（元），减扣除额应等于计征的销售收入 · The base; less what is deducted it is what the income is taken of.
        base: Option<Number> = "1130000.00";
        /// 扣除额（元），如增值税 · What is deducted, such as the value-added tax.
        deduction: Option<Number> = "130000.00";
        /// 本期已缴费额（元），只留存；缴款另行登记 · Paid already, as declared; a payment has an entry of its own.
        already_paid: Option<Number> = "0.00";
    }
}

request_shape! {
    /// 缴款通知书 · A payment notice.
    IssueNotice<'n> as "NoticeRequest" {
        /// 开具日 · The day of issue.
        effective_on: NaiveDate = "2023-06-05";
        /// 应缴项 · The items.
        items: Vec<&'n str> = ["I6-1"];
    }
}

request_shape! {
    /// 通知书送达 · The service of a notice.
    ServeNotice as "NoticeService" {
        /// 收到之日 · The day of receipt.
        received_on: NaiveDate = "2023-06-08";
        /// 到期日遇休息日是否顺延，默认否 · Whether the due date moves off days off.
        holiday_shift: HolidayShift = false;
    }
}

request_shape! {
    /// 缴款：先抵本金，后抵滞纳金 · A payment: to the principal first, then to the late fee.
    BookPayment<'n> as "PaymentRequest" {
        /// 应缴项 · The item.
        item: &'n str = "I6-1";
        /// 缴款日 · The day of payment.
        paid_on: NaiveDate = "2023-07-11";
        /// 金额（元）· Yuan.
        amount: Number = "60000.00";
        /// 票据号，不得重复 · Number of the receipt, booked once.
        receipt: &'n str = "0012345678";
    }
}

request_shape! {
    /// 计收滞纳金至某日 · A late fee to a day.
    ChargeLateFee<'n> as "LateFeeCharge" {
        /// 应缴项 · The item.
        item: &'n str = "I6-1";
        /// 截止日 · The last day that counts.
        as_of: NaiveDate = "2023-07-16";
    }
}

request_shape! {
    /// 缓缴（第二十二条）：首尾两日均不计滞纳金 · A deferral (art. 22): both days included, no late fee runs.
    ApproveDeferral<'n> as "DeferralRequest" {
        /// 批准日 · The day of the approval.
        effective_on: NaiveDate = "2023-07-01";
        /// 应缴项 · The item.
        item: &'n str = "I6-1";
        /// 缓缴首日 · First day.
        from: NaiveDate = "2023-07-09";
        /// 缓缴末日 · Last day.
        to: NaiveDate = "2024-07-08";
        /// 批准文号 · Number of the approval.
        approval: &'n str = "财综〔2023〕30号";
    }
}

request_shape! {
    /// 退库（第二十六条）：退还多缴部分；写明情形和文号的，退还不再应缴的部分，总额随之减少 · A refund (art. 26): of what was overpaid or, with a cause and a document, of what is not owed any more, by which the total becomes less.
    PayRefund<'n> as "RefundPayment" {
        /// 退库日 · The day of the refund.
        effective_on: NaiveDate = "2023-09-01";
        /// 所退缴款的记录号 · Entry of the payment.
        payment: Seq = 9;
        /// 金额（元）· Yuan.
        amount: Number = "100.00";
        /// 理由或批准文号 · Why, or the number of the decision.
        reason: &'n str = "多缴";
        /// 情形：误缴、误收、政策性关闭、重大自然灾害、非矿业权人自身原因；只退多缴的不填 · Which case of the article; left out for what was overpaid.
        cause: Option<RefundCause> = "policy_closure";
        /// 批准文号，写明情形的必填 · Number of the decision; needed with a cause.
        document: Option<&'n str> = "财库退〔2023〕12号";
    }
}

request_shape! {
    /// 多退少补（第二十一条）· A true-up (art. 21).
    SettleTrueUp as "TrueUpSettlement" {
        /// 注销日 · The day of the cancellation.
        effective_on: NaiveDate = "2030-01-01";
        /// 核定草稿的记录号 · Entry of the draft.
        assessment: Seq = 4;
        /// 评估的资源储量 · Reserves that the assessment covered.
        reserves_assessed: Number = "15369.16";
        /// 实际动用的资源储量 · Reserves used.
        reserves_used: Number = "10758.41";
    }
}

request_shape! {
    /// 转让（第十八条）：自该日起由受让人缴款 · A transfer (art. 18): from that day the transferee pays.
    TransferRight<'n> as "RightTransfer" {
        /// 生效日 · The first day of the new holder.
        effective_on: NaiveDate = "2024-06-01";
        /// 受让人的标识 · Id of the new holder.
        to: &'n str = "P8";
        /// 批准文号或合同 · Number of the approval or contract.
        reason: &'n str = "转让批复〔2024〕1号";
    }
}

request_shape! {
    /// 注销 · The end of the licence.
    CloseRight<'n> as "RightClosure" {
        /// 注销日 · The last day.
        effective_on: NaiveDate = "2030-01-01";
        /// 理由或批准文号 · Why, or the number of the decision.
        reason: &'n str = "注销〔2030〕1号";
    }
}

request_shape! {
    /// 探转采 · The conversion of an exploration right.
    ConvertRight<'n> as "RightConversion" {
        /// 转采日 · The day of the conversion.
        effective_on: NaiveDate = "2026-05-01";
        /// 已登记的采矿权的标识 · Id of the mining right, which is registered.
        to: &'n str = "R7";
        /// 批准文号 · Number of the approval.
        reason: &'n str = "采矿权新立〔2026〕5号";
    }
}

request_shape! {
    /// 签收或拒收费源信息 · What the tax office says about a fee-source record.
    AcknowledgeFeeSource<'n> as "FeeSourceAcknowledgement" {
        /// 日期 · The day.
        effective_on: NaiveDate = "2023-06-06";
        /// 签收或拒收 · Accepted or rejected.
        verdict: Acceptance = "accepted";
        /// 拒收的理由 · Why it is rejected.
        reason: Option<&'n str> = "合同编号有误";
    }
}

request_shape! {
    /// 冲销 · A reversal.
    Reverse<'n> as "ReversalRequest" {
        /// 生效日，默认为原记录的生效日；填以后的日期的，此前各日原记录仍列入账，取代它的记录不得早于该日 · From which day, that of the entry unless said; from a later day on the entry counts until then, and nothing that takes its place begins before.
        effective_on: Option<NaiveDate> = "2023-09-02";
        /// 理由 · Why.
        reason: &'n str = "录入有误";
    }
}
