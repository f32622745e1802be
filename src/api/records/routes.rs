//! What is served of the records: the writing endpoints with their commands, the reading ones, and their words.

use utoipa::openapi::{RefOr, Schema};

use super::requests::Draft;
use super::{Posted, assess, exchange, not_found, print, reading};
use crate::api::error::Problem;
use crate::api::routes::{Action, Consult, PathParameter, Route};
use crate::api::schema::{Described, Named, Words};
use crate::api::shape::{self, Decode};
use crate::domain::books::access::Permission;
use crate::domain::books::command::{
    AcknowledgeFeeSource, ApproveDeferral, BookPayment, ChangeRight, ChargeLateFee, CloseRight, Command, ConvertRight,
    CorrectParty, CorrectRight, FileDeclaration, IssueNotice, JudgeAssessment, Office, OnRight, PayRefund,
    RegisterParty, RegisterRight, Reverse, ServeNotice, SetPlan, SettleTrueUp, TransferRight,
};
use crate::domain::books::entry::{PartyId, RightId, number};

/// A writing endpoint.
#[derive(Debug)]
pub struct Write {
    /// What whoever asks has to have.
    pub permission: Permission,
    /// Makes the command of a request.
    pub command: for<'n> fn(&Posted<'n>) -> Result<Command<'n>, Problem<'n>>,
    /// Its words.
    pub doc: WriteDoc,
}

/// What the OpenAPI document says about a writing endpoint.
#[derive(Debug)]
pub struct WriteDoc {
    /// Stable id of the operation.
    pub operation_id: &'static str,
    /// One line.
    pub summary: &'static str,
    /// What it does.
    pub description: &'static str,
    /// The part of the path that varies.
    pub path_parameter: Option<PathParameter>,
    /// Schema of the body.
    pub body: fn(&mut Named) -> RefOr<Schema>,
    /// A body.
    pub example: &'static str,
    /// The entry that it becomes.
    pub answer: &'static str,
}

fn body<'n, T: Decode<'n>>(posted: &Posted<'n>) -> Result<T, Problem<'n>> {
    shape::decode(posted.body).map_err(Problem::malformed)
}

/// The schema of a body.
fn described<T: Described>(named: &mut Named) -> RefOr<Schema> {
    T::named(named);
    T::schema(Words::default())
}

/// The right that the path names.
fn right<'n>(posted: &Posted<'n>) -> Result<RightId, Problem<'n>> {
    RightId::parse(posted.name).ok_or_else(not_found)
}

/// The party that the path names.
fn party<'n>(posted: &Posted<'n>) -> Result<PartyId, Problem<'n>> {
    PartyId::parse(posted.name).ok_or_else(not_found)
}

/// The entry that the path names.
fn seq<'n>(posted: &Posted<'n>) -> Result<u64, Problem<'n>> {
    number(posted.name).ok_or_else(not_found)
}

pub(super) const RIGHT: PathParameter =
    PathParameter { name: "id", description: "矿业权的标识 · Id of the right.", example: "R3" };
pub(super) const NOTICE: PathParameter =
    PathParameter { name: "id", description: "通知书号 · Number of the notice.", example: "3701052023000001" };
const CURSOR: PathParameter =
    PathParameter { name: "id", description: "费源信息的游标 · Cursor of the record.", example: "9" };
const ENTRY: PathParameter =
    PathParameter { name: "id", description: "记录号 · Number of the entry.", example: "4" };
pub(super) const PARTY: PathParameter =
    PathParameter { name: "id", description: "当事人的标识 · Id of the party.", example: "P2" };

/// An entry as an example: kind, subject, day, content, items, postings.
macro_rules! entry {
    ($seq:literal, $subject:literal, $kind:literal, $day:literal, $content:literal) => {
        entry!($seq, $subject, $kind, $day, $content, "[]", "[]")
    };
    ($seq:literal, $subject:literal, $kind:literal, $day:literal, $content:literal, $items:literal, $postings:literal) => {
        concat!(
            r#"{"entry": "#,
            $seq,
            r#", "kind": ""#,
            $kind,
            r#"", "effective_on": ""#,
            $day,
            r#"", "recorded_at": "2026-11-21T08:00:00.000Z", "subject": ""#,
            $subject,
            r#"", "actor": "local", "content": "#,
            $content,
            r#", "items": "#,
            $items,
            r#", "postings": "#,
            $postings,
            r#", "hash": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}"#
        )
    };
}

/// A writing endpoint under a right, or elsewhere.
macro_rules! write {
    (
        $name:ident: $permission:ident, $operation:literal, $summary:literal, $description:literal, $parameter:expr, $kind:ty,
        |$posted:ident| $command:expr, $example:literal, $answer:expr
    ) => {
        static $name: Write = Write {
            permission: Permission::$permission,
            command: |$posted| Ok($command),
            doc: WriteDoc {
                operation_id: $operation,
                summary: $summary,
                description: $description,
                path_parameter: $parameter,
                body: described::<$kind>,
                example: $example,
                answer: $answer,
            },
        };
    };
}

write! {
    REGISTER_PARTY: RegisterParty, "registerParty", "登记当事人 · Register a party",
    "统一社会信用代码须校验无误，且未登记。\n\nThe unified social credit code has a right check digit and is not registered yet.",
    None, RegisterParty<'static>, |posted| Command::RegisterParty(body(posted)?),
    r#"{"effective_on": "2023-05-01", "code": "91350100M000100Y43", "name": "某某矿业有限公司"}"#,
    entry!(2, "P2", "party_registered", "2023-05-01", r#"{"code": "91350100M000100Y43", "name": "某某矿业有限公司"}"#)
}

write! {
    CORRECT_PARTY: RegisterParty, "correctParty", "更正当事人的登记 · Correct a party",
    "原登记保留，自所列日起（默认自始）按更正后的名称、代码；已开具的通知书仍为开具时的名称。\n\n\
    What was registered stays on record; from the day given, from the start unless said, the party has the corrected name and code. Notices keep the name with which they were issued.",
    Some(PARTY), CorrectParty<'static>, |posted| Command::CorrectParty(party(posted)?, body(posted)?),
    r#"{"effective_on": "2024-01-01", "name": "某某矿业集团有限公司", "reason": "更名"}"#,
    entry!(20, "P2", "party_corrected", "2024-01-01", r#"{"name": "某某矿业集团有限公司", "reason": "更名"}"#)
}

write! {
    CORRECT_RIGHT: RegisterRight, "correctRight", "更正矿业权的登记 · Correct a right",
    "登记有误的，自始更正：任一日的账都按更正后的登记；查看更正以前已知的情况，仍为原登记。已记的金额和分成不变，由核查列出。以后的变化用变更、转让登记。探矿权和采矿权不能互改：冲销登记，重新登记。\n\n\
    What was registered wrongly is corrected from the start, on every day; as known before the correction it stays as it was. Sums and shares that are recorded stay, and are found by the checks. \
    What changes later has entries of its own. The kind of a right is not corrected: its registration is reversed.",
    Some(RIGHT), CorrectRight<'static>,
    |posted| Command::OnRight(right(posted)?, OnRight::Correct(Box::new(body(posted)?))),
    r#"{"contract_number": "CKHT-2023-010", "reason": "录入有误"}"#,
    entry!(21, "R3", "right_corrected", "2023-05-01", r#"{"contract_number": "CKHT-2023-010", "reason": "录入有误"}"#)
}

write! {
    REGISTER_RIGHT: RegisterRight, "registerRight", "登记矿业权 · Register a right",
    "许可证号未登记；行政区划为六位代码，省级已知即可。\n\nThe number of the licence is not registered yet; the division is a six-digit code of a known province.",
    None, RegisterRight<'static>, |posted| Command::RegisterRight(body(posted)?),
    r#"{"effective_on": "2023-05-01", "right": "mining", "holder": "P2", "licence_number": "C1000002023051110000001",
        "transfer_mode": "agreement", "division": "370105", "area": "land", "minerals": ["煤"], "area_km2": "1.25"}"#,
    entry!(3, "R3", "right_registered", "2023-05-01", r#"{"area": "land", "area_km2": "1.25", "division": "370105",
        "holder": "P2", "licence_number": "C1000002023051110000001", "minerals": ["coal"], "right": "mining",
        "transfer_mode": "agreement"}"#)
}

write! {
    CHANGE_RIGHT: ChangeRight, "changeRight", "变更矿业权 · Change a right",
    "增列矿种，自该日起变更许可证期限、生产规模或许可证号；原登记保留。\n\nAdds minerals, or changes the term, the scale or the number of the licence from that day on; what was registered stays.",
    Some(RIGHT), ChangeRight<'static>,
    |posted| Command::OnRight(right(posted)?, OnRight::Change(body(posted)?)),
    r#"{"effective_on": "2024-01-01", "added_minerals": ["铁"], "reason": "变更登记〔2024〕1号"}"#,
    entry!(7, "R3", "right_changed", "2024-01-01", r#"{"added_minerals": ["iron"], "reason": "变更登记〔2024〕1号"}"#)
}

write! {
    ASSESS: DraftAssessment, "draftAssessment", "核定草稿 · Draft an assessment",
    "由本服务计算，所填内容、费率数据和结果一并留存，可以重算核对；须由另一人确认。选“判定适用的规则”的，由事实判定，有金额的义务经确认后成为应缴项。\n\n\
    The service calculates and keeps what was entered, the rate data and a fingerprint of the answer, so that it can be computed again; another person confirms it. \
    With “Which rule applies” the facts decide which rule applies, and the obligations with an amount are what a plan makes owed.",
    Some(RIGHT), Draft<'static>,
    |posted| {
        let id = right(posted)?;
        let Draft { effective_on, topic, request } = body(posted)?;
        let draft = assess::draft(effective_on, topic.0, request.0, &posted.service.book)?;
        Command::OnRight(id, OnRight::Assess(draft))
    },
    r#"{"effective_on": "2023-06-01", "topic": "transfer-income", "request": {"as_of": "2023-06-01", "mineral": "煤",
        "transfer_mode": "agreement", "starting_price": "100000.00"}}"#,
    entry!(4, "R3", "assessment_drafted", "2023-06-01", r#"{"answer_sha256": "", "dataset": "", "parts": [{"amount": "100000.00",
        "kind": "price"}], "request": "{}", "topic": "transfer-income"}"#)
}

write! {
    JUDGE: JudgeAssessment, "judgeAssessment", "确认或退回核定 · Confirm or reject an assessment",
    "须由起草人以外的人作出，起草人不能确认自己的核定。\n\nBy another person than its drafter: nobody confirms their own draft.",
    Some(ENTRY), JudgeAssessment<'static>, |posted| Command::JudgeAssessment(seq(posted)?, body(posted)?),
    r#"{"effective_on": "2023-06-02", "verdict": "confirm"}"#,
    entry!(5, "R3", "assessment_confirmed", "2023-06-02", r#"{"assessment": 4}"#)
}

write! {
    PLAN: SetPlan, "setPlan", "缴款计划 · Set a plan",
    "已确认的核定中的各笔金额成为应缴项。\n\nThe sums of a confirmed assessment become items.",
    Some(RIGHT), SetPlan, |posted| Command::OnRight(right(posted)?, OnRight::Plan(body(posted)?)),
    r#"{"effective_on": "2023-06-02", "assessment": 4}"#,
    entry!(6, "R3", "plan_set", "2023-06-02", r#"{"assessment": 4, "parts": [{"amount": "100000.00", "kind": "price"}]}"#,
        r#"["I6-1"]"#, r#"[{"account": "receivable", "item": "I6-1", "amount": "100000.00"},
        {"account": "assessed", "item": "I6-1", "amount": "-100000.00"}]"#)
}

write! {
    DECLARE: FileDeclaration, "fileDeclaration", "年度申报 · File an annual declaration",
    "按登记的出让方式、合同和矿种计算当年应缴，次年 2 月底到期；一年一份，更正先冲销。\n\nThe income of the year by what is registered, due by the end of February; once a year, reverse it first to correct it.",
    Some(RIGHT), FileDeclaration<'static>,
    |posted| Command::OnRight(right(posted)?, OnRight::Declare(body(posted)?, posted.raw)),
    r#"{"effective_on": "2025-01-15", "year": 2024, "lines": [{"mineral": "煤", "product": "raw_ore", "revenue": "1000000.00"}]}"#,
    entry!(8, "R3", "declaration_filed", "2025-01-15", r#"{"dataset": "", "due_on": "2025-02-28", "income": "24000.00",
        "lines": [{"income": "24000.00", "levy_revenue": "1000000.00", "mineral": "coal", "rate_percent": "2.4"}],
        "request": "{}", "year": 2024}"#, r#"["I8-1"]"#, r#"[{"account": "receivable", "item": "I8-1", "amount": "24000.00"},
        {"account": "assessed", "item": "I8-1", "amount": "-24000.00"}]"#)
}

write! {
    NOTIFY: IssueNotice, "issueNotice", "开具缴款通知书 · Issue a payment notice",
    "编号为行政区划代码、年度和流水号，不间断。\n\nThe number is division code, year and a sequence without gaps.",
    Some(RIGHT), IssueNotice<'static>,
    |posted| {
        let (id, notice) = (right(posted)?, body(posted)?);
        let issued = match &posted.service.office {
            Some(office) => OnRight::NotifyFrom(notice, Office { name: &office.name, contact: office.contact.as_deref() }),
            None => OnRight::Notify(notice),
        };
        Command::OnRight(id, issued)
    },
    r#"{"effective_on": "2023-06-05", "items": ["I6-1"]}"#,
    entry!(9, "R3", "notice_issued", "2023-06-05", r#"{"items": [{"amount": "100000.00", "item": "I6-1"}],
        "number": "3701052023000001", "shares": {"central": "40000.00", "local": "60000.00"}, "total": "100000.00"}"#)
}

write! {
    SERVE: ServeNotice, "serveNotice", "通知书送达 · Record the service of a notice",
    "自收到之日起三十日到期（第二十四条）。\n\nDue thirty days after the receipt (art. 24).",
    Some(NOTICE), ServeNotice, |posted| Command::ServeNotice(posted.name, body(posted)?),
    r#"{"received_on": "2023-06-08"}"#,
    entry!(10, "R3", "notice_served", "2023-06-08", r#"{"due": [{"due_on": "2023-07-08", "item": "I6-1"}],
        "number": "3701052023000001"}"#)
}

write! {
    PAY: BookPayment, "bookPayment", "登记缴款 · Book a payment",
    "先抵本金，后抵滞纳金，余为多缴；按缴款日的比例分成。票据号不得重复。\n\nTo the principal first, then to the late fee, the rest is overpaid; shared by the scheme of the day. A receipt is booked once.",
    Some(RIGHT), BookPayment<'static>, |posted| Command::OnRight(right(posted)?, OnRight::Pay(body(posted)?)),
    r#"{"item": "I6-1", "paid_on": "2023-07-01", "amount": "60000.00", "receipt": "0012345678"}"#,
    entry!(11, "R3", "payment_booked", "2023-07-01", r#"{"amount": "60000.00", "item": "I6-1", "late_fee_charged": "0.00",
        "overpaid": "0.00", "receipt": "0012345678", "shares": {"central": "24000.00", "local": "36000.00"},
        "to_late_fee": "0.00", "to_principal": "60000.00"}"#, "[]", r#"[{"account": "central", "item": "I6-1", "amount": "24000.00"},
        {"account": "local", "item": "I6-1", "amount": "36000.00"}, {"account": "paid", "item": "I6-1", "amount": "-60000.00"}]"#)
}

write! {
    CHARGE: ChargeLateFee, "chargeLateFee", "计收滞纳金 · Charge a late fee",
    "计至所列日（第三十三条）。\n\nTo the day (art. 33).",
    Some(RIGHT), ChargeLateFee<'static>,
    |posted| Command::OnRight(right(posted)?, OnRight::ChargeLateFee(body(posted)?)),
    r#"{"item": "I6-1", "as_of": "2023-07-18"}"#,
    entry!(12, "R3", "late_fee_charged", "2023-07-18", r#"{"charged_before": "0.00", "days": 10, "item": "I6-1",
        "late_fee": "800.00"}"#, "[]", r#"[{"account": "late_fee", "item": "I6-1", "amount": "800.00"},
        {"account": "late_fee_assessed", "item": "I6-1", "amount": "-800.00"}]"#)
}

write! {
    DEFER: ApproveDeferral, "approveDeferral", "缓缴 · Record a deferral",
    "经批准的缓缴（第二十二条）：期内不计滞纳金、不列为欠缴；已有记账之日及以前不能再缓缴。\n\nBy an approval (art. 22): no late fee runs and nothing is overdue on its days; days on which money has moved, and earlier ones, cannot be deferred any more.",
    Some(RIGHT), ApproveDeferral<'static>, |posted| Command::OnRight(right(posted)?, OnRight::Defer(body(posted)?)),
    r#"{"effective_on": "2023-07-01", "item": "I6-1", "from": "2023-07-09", "to": "2024-07-08", "approval": "财综〔2023〕30号"}"#,
    entry!(12, "R3", "deferral_approved", "2023-07-01", r#"{"approval": "财综〔2023〕30号", "from": "2023-07-09", "item": "I6-1",
        "to": "2024-07-08"}"#)
}

write! {
    REFUND: PayRefund, "payRefund", "退库 · Pay a refund",
    "退还多缴部分，按该笔缴款入库时的比例分担（第二十六条）；同一笔缴款分次退还的，各级合计与一次退还相同。误缴、误收、政策性关闭、重大自然灾害或非矿业权人自身原因退还的，写明情形和文号，应缴项的总额随之减少；已缴的滞纳金不退。\n\n\
    Of what was overpaid, in the shares of the day the payment came in (art. 26); several refunds of a payment add up to what one would give. With a cause and the number of the decision also of what is not owed any more: the total of the item becomes less by it. Late fees paid are not given back.",
    Some(RIGHT), PayRefund<'static>, |posted| Command::OnRight(right(posted)?, OnRight::Refund(body(posted)?)),
    r#"{"effective_on": "2023-09-01", "payment": 11, "amount": "100.00", "reason": "多缴"}"#,
    entry!(13, "R3", "refund_paid", "2023-09-01", r#"{"amount": "100.00", "item": "I6-1", "payment": 11, "reason": "多缴",
        "shares": {"central": "40.00", "local": "60.00"}}"#)
}

write! {
    TRUE_UP: SettleTrueUp, "settleTrueUp", "多退少补 · Settle a true-up",
    "注销时按实际动用量结算一次核定的全部应缴项（第二十一条）；应补的成为应缴项，应退的列出各笔。\n\nTrues up the items of an assessment at the cancellation (art. 21); more to pay becomes an item, refunds are listed by payment.",
    Some(RIGHT), SettleTrueUp, |posted| Command::OnRight(right(posted)?, OnRight::TrueUp(body(posted)?)),
    r#"{"effective_on": "2030-01-01", "assessment": 4, "reserves_assessed": "100", "reserves_used": "80"}"#,
    entry!(14, "R3", "true_up_settled", "2030-01-01", r#"{"assessment": 4, "difference": "20000.00", "due": "80000.00",
        "refunds": [], "reserves_assessed": "100", "reserves_used": "80", "settled": [{"item": "I6-1", "total": "60000.00"}]}"#)
}

write! {
    TRANSFER: ChangeRight, "transferRight", "转让 · Transfer a right",
    "自该日起由受让人缴款，历史保留（第十八条）。\n\nFrom that day the transferee pays; history stays (art. 18).",
    Some(RIGHT), TransferRight<'static>,
    |posted| Command::OnRight(right(posted)?, OnRight::Transfer(body(posted)?)),
    r#"{"effective_on": "2024-06-01", "to": "P15", "reason": "转让批复〔2024〕1号"}"#,
    entry!(16, "R3", "right_transferred", "2024-06-01", r#"{"reason": "转让批复〔2024〕1号", "to": "P15"}"#)
}

write! {
    CLOSE: ChangeRight, "closeRight", "注销 · Close a right",
    "注销后仍可缴款、退库和冲销。注销探矿权的，尚未通知的转采后缴纳部分不再应缴（第十一条第（三）项）；转为采矿权的，另用“探转采”登记。\n\n\
    Payments, refunds and reversals go on. With an exploration right ends what waits for its conversion and was not notified (art. 11(3)); \
    a conversion has an entry of its own.",
    Some(RIGHT), CloseRight<'static>, |posted| Command::OnRight(right(posted)?, OnRight::Close(body(posted)?)),
    r#"{"effective_on": "2030-01-01", "reason": "注销〔2030〕1号"}"#,
    entry!(17, "R3", "right_closed", "2030-01-01", r#"{"reason": "注销〔2030〕1号"}"#)
}

write! {
    CONVERT: ChangeRight, "convertRight", "探转采 · Convert an exploration right",
    "探矿权转为已登记的采矿权：两者相互关联，探矿权终止；尚未通知的转采后缴纳部分不再列在探矿权名下，由采矿权的缴款计划（分期缴纳，已转采）继续，各期之和不得超过该部分（第十一条第（三）项）。按率征收的，申报按探矿权出让时的合同（第八条）。该日两者的持有人须相同。\n\n\
    The exploration right becomes a mining right that is registered: both are linked, and the exploration right ends. What waits and was not notified ends with it and goes on in a plan of the mining right (instalments, converted), \
    which adds up to no more (art. 11(3)). Declarations have the rate of the exploration contract (art. 8). Both rights have one holder on that day.",
    Some(RIGHT), ConvertRight<'static>, |posted| Command::OnRight(right(posted)?, OnRight::Convert(body(posted)?)),
    r#"{"effective_on": "2026-05-01", "to": "R7", "reason": "采矿权新立〔2026〕5号"}"#,
    entry!(19, "R3", "right_converted", "2026-05-01", r#"{"reason": "采矿权新立〔2026〕5号", "to": "R7"}"#)
}

write! {
    ACKNOWLEDGE: AcknowledgeFeeSource, "acknowledgeFeeSource", "签收或拒收费源信息 · Accept or reject a fee-source record",
    "税务部门对一条费源信息的签收或拒收，每条一次，更正先冲销；拒收须写明理由。费源信息本身不变。\n\n\
    What the tax office says about a fee-source record, once for each; reverse it first to correct it. A rejection says why. The record itself stays the same.",
    Some(CURSOR), AcknowledgeFeeSource<'static>, |posted| Command::Acknowledge(seq(posted)?, body(posted)?),
    r#"{"effective_on": "2023-06-06", "verdict": "accepted"}"#,
    entry!(22, "R3", "fee_source_acknowledged", "2023-06-06", r#"{"of": 9, "verdict": "accepted"}"#)
}

write! {
    REVERSE: Reverse, "reverseEntry", "冲销 · Reverse an entry",
    "一条记录只能冲销一次，登记也可以冲销；有后续记录以其为依据的，先冲销后者。记录不修改、不删除。冲销自原记录的生效日起；另填以后的日期的，此前原记录仍列入账，取代它的记录（同一应缴项、年度、核定、票据等）不得早于该日。\n\n\
    Once, a registration too; what rests on the entry is reversed first. Nothing is changed or deleted. It counts from the day of the entry; from a later day the entry counts until then, and what takes its place (the same item, year, assessment, receipt) does not begin before that day.",
    Some(ENTRY), Reverse<'static>, |posted| Command::Reverse(seq(posted)?, body(posted)?),
    r#"{"reason": "录入有误"}"#,
    entry!(18, "R3", "reversal", "2023-07-01", r#"{"of": 11, "reason": "录入有误"}"#)
}

const fn writes(pattern: &'static str, write: &'static Write) -> Route {
    Route { pattern, action: Action::Records { read: None, write: Some(write) }, doc: None }
}

/// All endpoints of the records.
pub static ROUTES: &[Route] = &[
    Route {
        action: Action::Records {
            read: Some(Consult { permission: Permission::ReadRecords, read: reading::parties, also: None }),
            write: Some(&REGISTER_PARTY),
        },
        ..reading::PARTIES
    },
    reading::PARTY,
    writes("/v1/parties/{id}/corrections", &CORRECT_PARTY),
    Route {
        action: Action::Records {
            read: Some(Consult { permission: Permission::ReadRecords, read: reading::rights, also: None }),
            write: Some(&REGISTER_RIGHT),
        },
        ..reading::RIGHTS
    },
    reading::RIGHT,
    reading::ENTRIES,
    reading::STATEMENT,
    print::STATEMENT,
    writes("/v1/rights/{id}/corrections", &CORRECT_RIGHT),
    writes("/v1/rights/{id}/changes", &CHANGE_RIGHT),
    writes("/v1/rights/{id}/assessments", &ASSESS),
    writes("/v1/rights/{id}/plans", &PLAN),
    writes("/v1/rights/{id}/declarations", &DECLARE),
    writes("/v1/rights/{id}/notices", &NOTIFY),
    writes("/v1/rights/{id}/payments", &PAY),
    writes("/v1/rights/{id}/late-fees", &CHARGE),
    writes("/v1/rights/{id}/deferrals", &DEFER),
    writes("/v1/rights/{id}/refunds", &REFUND),
    writes("/v1/rights/{id}/true-ups", &TRUE_UP),
    writes("/v1/rights/{id}/transfers", &TRANSFER),
    writes("/v1/rights/{id}/closures", &CLOSE),
    writes("/v1/rights/{id}/conversions", &CONVERT),
    writes("/v1/assessment-records/{id}/confirmation", &JUDGE),
    writes("/v1/notices/{id}/service", &SERVE),
    print::NOTICE,
    writes("/v1/entries/{id}/reversal", &REVERSE),
    reading::WORKLIST,
    reading::VERIFICATION,
    reading::HEAD,
    reading::BALANCES,
    reading::AUDIT,
    exchange::FEE_SOURCES,
    writes("/v1/exchange/fee-sources/{id}/acknowledgement", &ACKNOWLEDGE),
    exchange::RECEIPTS,
];
