//! `refund`: 退库.

use chrono::NaiveDate;

use crate::api::declare::{answer_shape, request_shape};
use crate::api::topic::TopicDoc;
use crate::domain::money::Yuan;
use crate::domain::quantity::Number;
use crate::domain::refund::{Outcome, Part, Payment, Request};
use crate::domain::revenue_split::{self, Location};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "退库 · Refund",
    description: "每笔退还的缴款按其缴入当日的分成办法退库（第二十六条）；2017-07-01 前的由请求给出比例。\n\n\
        Each refunded payment is split by the scheme in force on the day it was paid in (art. 26); before 2017-07-01 the request gives the shares.",
    example: r#"{"payments": [{"paid_on": "2024-03-01", "amount": "100000.01", "location": {"kind": "land", "province": "山东"}}]}"#,
};

request_shape! {
    /// 应退还的缴款 · The payments to give back.
    Request<'n> as "RefundRequest" {
        /// 缴款，至少一笔 · The payments, at least one.
        payments: Vec<Payment<'n>> = [{"paid_on": "2024-03-01", "amount": "100000.01", "location": {"kind": "land"}}];
    }
}

request_shape! {
    /// 一笔缴款 · A payment.
    Payment<'n> as "RefundPayment" {
        /// 缴入日 · The day it was paid in.
        paid_on: NaiveDate = "2024-03-01";
        /// 金额（元），大于 0 · How much, in yuan, above 0.
        amount: Number = "100000.01";
        /// 所在区域 · Where it belonged.
        location: Location<'n> = {"kind": "land", "province": "山东"};
    }
}

answer_shape! {
    /// 退库金额 · What is given back.
    Outcome as "RefundResult" {
        /// 合计（元）· The sum, in yuan.
        refund: Yuan = "100000.01";
        /// 中央退（元）· What the central treasury gives back.
        central: Yuan = "40000.00";
        /// 地方退（元）· What the local treasuries give back.
        local: Yuan = "60000.01";
        /// 各笔，顺序同请求 · The payments in the order of the request.
        payments: Vec<Part> = [], from |it| &it.parts;
    }
}

answer_shape! {
    /// 一笔退还 · One payment given back.
    Part as "RefundPart" {
        /// 缴入日 · The day it was paid in.
        paid_on: NaiveDate = "2024-03-01";
        /// 退还金额（元）· What is given back of it, in yuan.
        amount: Yuan = "100000.01";
        /// 各级国库 · By treasury.
        split: revenue_split::Outcome = {};
    }
}
