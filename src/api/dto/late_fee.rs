//! `late-fee`: 滞纳金.

use chrono::NaiveDate;

use crate::api::declare::{answer_shape, request_shape};
use crate::api::topic::{Compared, Moved, TopicDoc};
use crate::domain::late_fee::{Deferral, Outcome, Payment, Request};
use crate::domain::money::Yuan;
use crate::domain::quantity::Number;
use crate::domain::revenue_split::{self, Location};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "滞纳金 · Late fee",
    description: "自到期日次日起每日按未缴本金的 2‰ 加收，缴款日计入（天数 = 缴款日 − 到期日），不超过本金（第三十三条、行政强制法第四十五条）；\
        批准缓缴的日子不计（第二十二条）；缴款先抵本金，后抵滞纳金。\n\n\
        0.2 % of the unpaid principal for each day from the day after the due date, the day of payment included, at most the \
        principal (art. 33); days of an approved deferral do not count (art. 22); payments go to the principal first.",
    example: r#"{"principal": "100000.00", "due_date": "2024-01-10", "as_of": "2024-03-31",
        "payments": [{"date": "2024-02-09", "amount": "40000.00"}],
        "deferrals": [{"from": "2024-03-01", "to": "2024-03-10", "approval": "缓缴批复〔2024〕3号"}],
        "location": {"kind": "land", "province": "山东"}}"#,
    compared: Compared { amounts: &["/result/late_fee", "/result/total_due"], moved: &[Moved::Day("/as_of")] },
};

request_shape! {
    /// 一笔本金及其到期日；分期的每一期各自计算 · One principal with one due date; each instalment is its own.
    Request<'n> as "LateFeeRequest" {
        /// 应缴本金（元），大于 0，最多 2 位小数 · What was due, in yuan, above 0, at most 2 decimals.
        principal: Number = "100000.00";
        /// 到期日，即可按时缴纳的最后一天 · The last day for paying on time.
        due_date: NaiveDate = "2024-01-10";
        /// 计算截止日；其后的缴款不计 · The day on which the fee is stated; later payments are ignored.
        as_of: NaiveDate = "2024-03-31";
        /// 缴款，次序不限 · Payments in any order.
        payments: Vec<Payment> = [{"date": "2024-02-09", "amount": "40000.00"}], left_out Vec::new();
        /// 批准的缓缴期间，重叠的只计一次 · Approved deferrals; overlapping ones count once.
        deferrals: Vec<Deferral<'n>> = [{"from": "2024-03-01", "to": "2024-03-10", "approval": "缓缴批复〔2024〕3号"}],
            left_out Vec::new();
        /// 所在区域；给出时结果含滞纳金的分成 · Where it belongs; with it the fee is split.
        location: Option<Location<'n>> = {"kind": "land", "province": "山东"};
    }
}

request_shape! {
    /// 一次缴款 · A payment.
    Payment as "LateFeePayment" {
        /// 缴款日 · The day of payment.
        date: NaiveDate = "2024-02-09";
        /// 金额（元），大于 0 · How much, in yuan, above 0.
        amount: Number = "40000.00";
    }
}

request_shape! {
    /// 批准的缓缴（第二十二条），起止日均含 · An approved deferral (art. 22), both days included.
    Deferral<'n> as "Deferral" {
        /// 首日 · First day.
        from: NaiveDate = "2024-03-01";
        /// 末日 · Last day.
        to: NaiveDate = "2024-03-10";
        /// 批准文号 · Number of the approval.
        approval: &'n str = "缓缴批复〔2024〕3号";
    }
}

answer_shape! {
    /// 截至某日的滞纳金 · The late fee as of a day.
    Outcome as "LateFeeResult" {
        /// 滞纳金（元）· The fee, in yuan.
        late_fee: Yuan = "10800.00";
        /// 计费天数 · Days counted until the principal was paid or until `as_of`.
        days: i64 = 71;
        /// 是否达到上限 · Whether the fee without a cap reaches the cap.
        capped: bool = false;
        /// 上限（元）· The highest fee.
        cap: Yuan = "100000.00";
        /// 未缴本金（元）· Principal still to pay.
        outstanding_principal: Yuan = "60000.00";
        /// 缴款抵本金后抵滞纳金的部分（元）· What payments left for the fee after the principal.
        paid_to_late_fee: Yuan = "0.00";
        /// 未缴滞纳金（元）· Fee still to pay.
        outstanding_late_fee: Yuan = "10800.00";
        /// 多缴（元）· Paid beyond principal and fee.
        overpaid: Yuan = "0.00";
        /// 本金与滞纳金合计未缴（元）· Principal and fee still to pay.
        total_due: Yuan = "70800.00";
        /// 滞纳金的分成 · The fee shared between the treasuries.
        split: Option<revenue_split::Outcome> = {"central": "4320.00", "local": "6480.00", "account": "103071404"};
    }
}
