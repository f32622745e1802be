//! Words for the codes of the records, in both languages, and which of their fields are amounts.

use crate::api::lang::Lang;
use crate::api::sheet::code_in_chinese;
use crate::batch::heads;
use crate::domain::books::access::Permission;

/// A word in a language.
pub(super) fn pick(lang: Lang, words: (&'static str, &'static str)) -> &'static str {
    match lang {
        Lang::Zh => words.0,
        Lang::En => words.1,
    }
}

/// A code that has no word, as words.
fn spaced(code: &str) -> String {
    let mut words = code.replace('_', " ");
    if let Some(first) = words.get(..1).map(str::to_uppercase) {
        words.replace_range(..1, &first);
    }
    words
}

/// The kind of an entry.
pub(super) fn kind(code: &str, lang: Lang) -> String {
    let words = match code {
        "genesis" => ("记录库建立", "The ledger began"),
        "party_registered" => ("登记当事人", "Party registered"),
        "right_registered" => ("登记矿业权", "Right registered"),
        "right_changed" => ("变更矿业权", "Right changed"),
        "right_transferred" => ("转让", "Right transferred"),
        "right_closed" => ("注销", "Right closed"),
        "assessment_drafted" => ("核定草稿", "Assessment drafted"),
        "assessment_confirmed" => ("确认核定", "Assessment confirmed"),
        "assessment_rejected" => ("退回核定", "Assessment rejected"),
        "plan_set" => ("缴款计划", "Plan set"),
        "declaration_filed" => ("年度申报", "Declaration filed"),
        "notice_issued" => ("开具缴款通知书", "Notice issued"),
        "notice_served" => ("通知书送达", "Notice served"),
        "payment_booked" => ("缴款", "Payment booked"),
        "late_fee_charged" => ("计收滞纳金", "Late fee charged"),
        "deferral_approved" => ("缓缴", "Deferral approved"),
        "refund_paid" => ("退库", "Refund paid"),
        "true_up_settled" => ("多退少补", "True-up settled"),
        "reversal" => ("冲销", "Reversal"),
        "receipts_received" => ("缴款回传", "Receipts received"),
        "key_created" => ("发放密钥", "Key created"),
        "key_revoked" => ("撤销密钥", "Key revoked"),
        other => return spaced(other),
    };
    pick(lang, words).to_owned()
}

/// What has to be had to reverse an entry of a kind; none for what no request reverses.
pub(super) fn needed_to_reverse(kind: &str) -> Option<Permission> {
    Some(match kind {
        "right_changed" | "right_transferred" | "right_closed" => Permission::ChangeRight,
        "assessment_drafted" => Permission::DraftAssessment,
        "assessment_confirmed" | "assessment_rejected" => Permission::JudgeAssessment,
        "plan_set" => Permission::SetPlan,
        "declaration_filed" => Permission::FileDeclaration,
        "notice_issued" => Permission::IssueNotice,
        "notice_served" => Permission::ServeNotice,
        "payment_booked" => Permission::BookPayment,
        "late_fee_charged" => Permission::ChargeLateFee,
        "deferral_approved" => Permission::ApproveDeferral,
        "refund_paid" => Permission::PayRefund,
        "true_up_settled" => Permission::SettleTrueUp,
        "genesis" | "party_registered" | "right_registered" | "reversal" | "receipts_received" | "key_created"
        | "key_revoked" => return None,
        // A kind that is newer than these words: the decision says.
        _ => Permission::Reverse,
    })
}

/// What something is owed for.
pub(super) fn item_kind(code: &str, lang: Lang) -> String {
    let words = match code {
        "price" => ("出让收益", "Price"),
        "instalment" => ("分期", "Instalment"),
        "on_conversion" => ("转采后缴纳部分", "On conversion"),
        "annual" => ("年度逐年征收部分", "Annual part"),
        "arrears" => ("补缴", "Arrears"),
        "true_up" => ("注销应补缴", "True-up"),
        "fund_occupation" => ("资金占用费", "Fund-occupation charge"),
        other => return spaced(other),
    };
    pick(lang, words).to_owned()
}

/// An account.
pub(super) fn account(code: &str, lang: Lang) -> String {
    let words = match code {
        "receivable" => ("应收", "Receivable"),
        "assessed" => ("核定", "Assessed"),
        "paid" => ("已缴", "Paid"),
        "overpaid" => ("多缴", "Overpaid"),
        "central" => ("中央", "Central"),
        "province" => ("省级", "Province"),
        "city" => ("市级", "City"),
        "county" => ("县级", "County"),
        "local" => ("地方", "Local"),
        "late_fee" => ("滞纳金", "Late fee"),
        "late_fee_assessed" => ("滞纳金核定", "Late fee assessed"),
        "late_fee_paid" => ("已缴滞纳金", "Late fee paid"),
        "refund" => ("退库", "Refund"),
        other => return spaced(other),
    };
    pick(lang, words).to_owned()
}

/// A role.
pub(super) fn role(code: &str, lang: Lang) -> &'static str {
    let words = match code {
        "viewer" => ("查阅", "viewer"),
        "enterprise" => ("企业", "enterprise"),
        "assessor" => ("核定", "assessor"),
        "confirmer" => ("复核", "confirmer"),
        "cashier" => ("收缴", "cashier"),
        "auditor" => ("审计", "auditor"),
        _ => ("管理", "admin"),
    };
    pick(lang, words)
}

/// What a check looks for.
pub(super) fn check(code: &str, lang: Lang) -> String {
    let words = match code {
        "wrong_levy_method" => ("征收方式", "Levy method"),
        "wrong_shares" => ("分成", "Shares"),
        "levied_too_early" => ("提前征收", "Levied too early"),
        "one_payment_several_items" => ("一笔缴款缴多项", "One payment over several items"),
        "late_fee_open" => ("滞纳金未随本金缴纳", "Late fee left open"),
        "malformed_contract_number" => ("合同编号", "Contract number"),
        "malformed_licence_number" => ("许可证号", "Licence number"),
        other => return spaced(other),
    };
    pick(lang, words).to_owned()
}

/// A field of an entry or of a request.
pub(super) fn field(name: &str, lang: Lang) -> String {
    let own = match name {
        "account" => ("收入科目", "Account"),
        "answer_sha256" => ("结果的 SHA-256", "SHA-256 of the answer"),
        "approval" => ("批准文号", "Approval"),
        "area" => ("区域", "Area"),
        "area_km2" => ("面积（km²）", "Area (km²)"),
        "assessment" => ("核定", "Assessment"),
        "central" => ("中央", "Central"),
        "charged_before" => ("此前已计", "Charged before"),
        "city" => ("市级", "City"),
        "code" => ("统一社会信用代码", "Credit code"),
        "contract_number" => ("合同编号", "Contract number"),
        "contract_signed_on" => ("合同签订日", "Contract signed on"),
        "county" => ("县级", "County"),
        "dataset" => ("数据集", "Dataset"),
        "days" => ("天数", "Days"),
        "difference" => ("差额", "Difference"),
        "division" => ("行政区划", "Division"),
        "drafter" => ("起草人", "Drafter"),
        "due" => ("应缴", "Due"),
        "due_on" => ("到期日", "Due on"),
        "effective_on" => ("生效日", "Effective on"),
        "from" => ("首日", "From"),
        "form" => ("申报表其他栏目", "Other fields of the form"),
        "holder" => ("持有人", "Holder"),
        "income" => ("应缴出让收益", "Income"),
        "item" => ("应缴项", "Item"),
        "items" => ("应缴项", "Items"),
        "kind" => ("种类", "Kind"),
        "late_fee" => ("滞纳金", "Late fee"),
        "late_fee_charged" => ("本次计收滞纳金", "Late fee charged"),
        "law" => ("依据", "Article"),
        "levy_method" => ("征收方式", "Levy method"),
        "levy_revenue" => ("计征收入", "Levy revenue"),
        "licence_number" => ("许可证号", "Licence number"),
        "lines" => ("销售", "Sales"),
        "local" => ("地方", "Local"),
        "mineral" => ("矿种", "Mineral"),
        "minerals" => ("矿种", "Minerals"),
        "name" => ("名称", "Name"),
        "notice_days" => ("通知后天数", "Days after notice"),
        "number" => ("编号", "Number"),
        "of" => ("所冲销的记录", "Reversed entry"),
        "overpaid" => ("多缴", "Overpaid"),
        "paid_on" => ("缴款日", "Paid on"),
        "parts" => ("应缴部分", "Parts"),
        "payment" => ("所退缴款", "Payment"),
        "person" => ("人员", "Person"),
        "plan" => ("缴款计划", "Plan"),
        "province" => ("省级", "Province"),
        "rate_percent" => ("收益率（%）", "Rate (%)"),
        "reason" => ("理由", "Reason"),
        "receipt" => ("票据号", "Receipt"),
        "received_on" => ("收到日", "Received on"),
        "refunds" => ("应退", "Refunds"),
        "request" => ("请求", "Request"),
        "reserves_assessed" => ("评估的资源储量", "Reserves assessed"),
        "reserves_used" => ("实际动用的资源储量", "Reserves used"),
        "role" => ("角色", "Role"),
        "rule" => ("规则", "Rule"),
        "scheme" => ("分成类别", "Class of the scheme"),
        "settled" => ("已结算", "Settled"),
        "shares" => ("分成", "Shares"),
        "term_from" => ("许可证首日", "Licence from"),
        "term_to" => ("许可证末日", "Licence to"),
        "to" => ("受让人", "To"),
        "to_late_fee" => ("抵滞纳金", "To the late fee"),
        "to_principal" => ("抵本金", "To the principal"),
        "topic" => ("计算主题", "Calculation"),
        "total" => ("合计", "Total"),
        "transfer_mode" => ("出让方式", "Transfer mode"),
        "verdict" => ("结论", "Verdict"),
        _ => {
            return match (lang, heads::of_request("", name)) {
                (Lang::Zh, Some(head)) => match head.unit.sign() {
                    Some(sign) => format!("{}（{sign}）", head.zh),
                    None => head.zh.to_owned(),
                },
                _ => spaced(name),
            };
        }
    };
    pick(lang, own).to_owned()
}

/// A party that a form asks for: registered, and named by its credit code or its name.
pub(super) fn is_party(name: &str, path: &str) -> bool {
    name == "holder" || name == "to" && path.ends_with("/transfers")
}

/// A field inside the request of a calculation: what holds it tells apart what has one name and two meanings.
pub(super) fn request_field(parent: &str, name: &str, lang: Lang) -> String {
    match (lang, heads::of_request(parent, name)) {
        (Lang::Zh, Some(head)) => head.zh.to_owned(),
        (Lang::En, Some(_)) => spaced(name.strip_suffix("_percent").or(name.strip_suffix("_km2")).unwrap_or(name)),
        (_, None) => field(name, lang),
    }
}

/// Whether a field of an entry is an amount in yuan.
pub(super) fn is_money(name: &str) -> bool {
    matches!(
        name,
        "amount"
            | "appraised_value"
            | "benchmark_value"
            | "central"
            | "charged_before"
            | "city"
            | "county"
            | "difference"
            | "due"
            | "income"
            | "late_fee"
            | "late_fee_charged"
            | "levy_revenue"
            | "local"
            | "overpaid"
            | "province"
            | "revenue"
            | "starting_price"
            | "to_late_fee"
            | "to_principal"
            | "total"
            | "transaction_price"
    )
}

/// The value of a field where it is a code.
pub(super) fn value(name: &str, text: &str, lang: Lang) -> Option<String> {
    match (name, text, lang) {
        ("verdict", "confirm", _) => return Some(pick(lang, ("确认", "Confirm")).to_owned()),
        ("verdict", "reject", _) => return Some(pick(lang, ("退回", "Reject")).to_owned()),
        ("area", "land", Lang::Zh) => return Some("陆域".to_owned()),
        ("area", "local_sea", Lang::Zh) => return Some("地方管理海域".to_owned()),
        ("area", "other_sea", Lang::Zh) => return Some("其他我国管辖海域".to_owned()),
        ("standing", "draft", _) => return Some(pick(lang, ("草稿", "draft")).to_owned()),
        ("standing", "confirmed", _) => return Some(pick(lang, ("已确认", "confirmed")).to_owned()),
        ("standing", "rejected", _) => return Some(pick(lang, ("已退回", "rejected")).to_owned()),
        _ => {}
    }
    match lang {
        Lang::Zh => code_in_chinese(name, text).map(str::to_owned),
        Lang::En => code_in_chinese(name, text).map(|_| text.replace('_', " ")),
    }
}
