//! `unpaid-reserves`: 未有偿处置的资源储量.

use crate::api::declare::{answer_shape, request_shape};
use crate::api::topic::{Compared, TopicDoc};
use crate::domain::exact::Exact;
use crate::domain::quantity::Number;
use crate::domain::reserves::{Outcome, Request};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "未有偿处置的资源储量 · Reserves not yet paid for",
    description: "保有量 = 累计查明 − 已动用；剩余已处置量 = 已有偿处置 − 已动用（可为负，并给出提示）；\
        需有偿处置量 = max(0, 保有量 − 剩余已处置量)（第十五条）。\n\n\
        Retained = identified − mined; remaining paid = paid for − mined (negative with a warning); \
        to pay = max(0, retained − remaining paid) (art. 15).",
    example: r#"{"identified": "430.88", "mined": "43.73", "paid_for": "108.52", "unit": "万吨"}"#,
    // The figures are quantities, and no rate takes part.
    compared: Compared { amounts: &[], moved: &[] },
};

request_shape! {
    /// 同一矿种、同一单位的三个量 · Three quantities of one mineral in one unit.
    Request<'n> as "UnpaidReservesRequest" {
        /// 累计查明资源储量，最多 8 位小数 · All reserves ever identified, at most 8 decimals.
        identified: Number = "430.88";
        /// 已动用（采出）量，不大于累计查明量 · Mined so far, at most what was identified.
        mined: Number = "43.73";
        /// 已有偿处置量 · Paid for so far.
        paid_for: Number = "108.52";
        /// 三个量的单位 · The unit of all three.
        unit: &'n str = "万吨";
    }
}

answer_shape! {
    /// 保有量与需有偿处置量 · What is left and what is to be paid for.
    Outcome as "UnpaidReservesResult" {
        /// 保有资源储量 · Identified less mined.
        retained: Exact = "387.15";
        /// 剩余已有偿处置量，可为负 · Paid for less mined; may be negative.
        remaining_paid: Exact = "64.79";
        /// 需有偿处置量，不小于 0 · To be paid for, at least 0.
        to_pay: Exact = "322.36";
        /// 单位 · The unit.
        unit: String = "万吨";
    }
}
