//! `refund`: 退库, and the payments that a true-up takes too.

use chrono::NaiveDate;

use super::common::unless_empty;
use crate::api::declare::{answer_shape, request_shape};
use crate::api::topic::{Compared, TopicDoc};
use crate::domain::money::Yuan;
use crate::domain::quantity::Number;
use crate::domain::refund::{Outcome, Part, Payment, Request};
use crate::domain::revenue_split::{Location, PartShares};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "退库 · Refund",
    description: "每笔缴款按入库时的分成比例退还（第二十六条）；2017-07-01 以前的缴款须由请求给出比例。\n\n\
        Each payment is given back in the shares in force on the day it was paid in (art. 26); before 2017-07-01 the request \
        gives the shares.",
    example: r#"{"payments": [{"paid_on": "2022-03-01", "amount": "100000.01", "location": {"kind": "land", "province": "山东"}}]}"#,
    // The payments are past, whatever day is asked about.
    compared: Compared { amounts: &["/result/refund", "/result/central", "/result/local"], moved: &[] },
};

request_shape! {
    /// 要退还的缴款 · Payments to be given back whole.
    Request<'n> as "RefundRequest" {
        /// 各笔缴款 · The payments.
        payments: Vec<Payment<'n>> = [{"paid_on": "2022-03-01", "amount": "100000.01", "location": {"kind": "land"}}];
    }
}

request_shape! {
    /// 一笔已入库的缴款 · A payment that came in.
    Payment<'n> as "PaidIn" {
        /// 入库日，其分成比例适用 · The day it was paid in; its shares count.
        paid_on: NaiveDate = "2022-03-01";
        /// 金额（元），大于 0 · How much, above 0.
        amount: Number = "100000.01";
        /// 所在区域 · Where it belonged.
        location: Location<'n> = {"kind": "land", "province": "山东"};
    }
}

answer_shape! {
    /// 退库 · A refund.
    Outcome as "RefundResult" {
        /// 合计（元）· The sum.
        refund: Yuan = "100000.01";
        /// 中央退还（元）· What the central treasury gives back.
        central: Yuan = "40000.00";
        /// 地方退还（元）· What the local treasuries give back.
        local: Yuan = "60000.01";
        /// 各笔的分成，次序同请求 · One entry for each payment, in the order of the request.
        payments: Vec<Part> = [{"paid_on": "2022-03-01", "amount": "100000.01", "central": "40000.00", "local": "60000.01",
            "account": "103071404"}], from |it| it.parts.as_slice();
    }
}

answer_shape! {
    /// 一笔缴款的退还 · What each treasury gives back of one payment.
    Part as "RefundPart" {
        /// 入库日 · The day it was paid in.
        paid_on: NaiveDate = "2022-03-01";
        /// 退还额（元）· What is given back of it.
        amount: Yuan = "100000.01";
        /// 中央（元）· Central treasury.
        central: Yuan = "40000.00", from |it| it.split.shares.central;
        /// 地方合计（元）· All local treasuries together.
        local: Yuan = "60000.01", from |it| it.split.shares.local;
        /// 省级（元）· Province.
        province: Option<Yuan> = "30000.01", from |it| it.split.shares.levels.map(|[province, _, _]| province);
        /// 市级（元）· City.
        city: Option<Yuan> = "30000.00", from |it| it.split.shares.levels.map(|[_, city, _]| city);
        /// 县级（元）· County.
        county: Option<Yuan> = "0.00", from |it| it.split.shares.levels.map(|[_, _, county]| county);
        /// 预算科目 · Budget account.
        account: String = "103071404", from |it| &it.split.account;
        /// 各区域的分成，仅在多个区域时 · One entry for each area when there are several.
        parts: Option<&'a [PartShares]> = [], from |it| unless_empty(&it.split.parts);
    }
}
