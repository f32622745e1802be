//! `fund-occupation-charge`: 资金占用费.

use chrono::NaiveDate;
use serde_json::json;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};

use crate::api::declare::{answer_shape, request_shape};
use crate::api::node::Node;
use crate::api::schema::{Described, Words};
use crate::api::shape::{Decode, Faults};
use crate::api::topic::{Compared, TopicDoc};
use crate::domain::error::{At, Text};
use crate::domain::fund_occupation::{DayCount, Outcome, Period, Request};
use crate::domain::money::Yuan;
use crate::domain::quantity::Number;

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "资金占用费 · Fund-occupation charge",
    description: "2017-06-29 前约定分期的，按各期间未缴余额、年利率和天数（to − from）计算并分别四舍五入到分，再相加（第二十八条）。\
        利率由请求给出。\n\n\
        For instalments agreed before 2017-06-29: the sum over the periods of outstanding × annual rate × days / basis, \
        each rounded to the fen (art. 28). The rates come from the request.",
    example: r#"{"day_count": 365, "periods": [{"from": "2021-02-22", "to": "2022-03-31", "outstanding": "5438.74", "annual_percent": "6.98"}]}"#,
    // The periods are those of the plan, and no rate takes part.
    compared: Compared { amounts: &["/result/charge"], moved: &[] },
};

impl<'n> Decode<'n> for DayCount {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        match i64::decode(node, at, faults)? {
            365 => Some(DayCount::Days365),
            360 => Some(DayCount::Days360),
            _ => {
                faults.report(at, Text::fixed("没有此选项；可选：365, 360", "no such choice: use one of 365, 360"));
                None
            }
        }
    }
}

impl Described for DayCount {
    fn schema(words: Words) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .enum_values(Some([json!(365), json!(360)]))
            .description(words.description)
            .examples(words.example)
            .into()
    }
}

request_shape! {
    /// 若干期间的资金占用费 · The charge over several periods.
    Request as "FundOccupationChargeRequest" {
        /// 年利率的计息天数基数 · Days of the year that the annual rate goes by.
        day_count: DayCount = 365;
        /// 计费期间，至少一个 · The periods, at least one.
        periods: Vec<Period> = [{"from": "2021-02-22", "to": "2022-03-31", "outstanding": "5438.74", "annual_percent": "6.98"}];
    }
}

request_shape! {
    /// 余额与利率不变的一段时间 · A span with one outstanding sum and one rate.
    Period as "FundOccupationPeriod" {
        /// 首日，计入 · First day, counted.
        from: NaiveDate = "2021-02-22";
        /// 末日，不计入（天数 = to − from）· Last day, not counted.
        to: NaiveDate = "2022-03-31";
        /// 未缴余额（元）· The sum not yet paid, in yuan.
        outstanding: Number = "5438.74";
        /// 年利率（%），最多 6 位小数 · Annual rate in percent, at most 6 decimals.
        annual_percent: Number = "6.98";
    }
}

/// Days and charge of one period.
type PeriodCharge = (i64, Yuan);

answer_shape! {
    /// 资金占用费 · The charge.
    Outcome as "FundOccupationChargeResult" {
        /// 各期间合计（元）· The sum over the periods, in yuan.
        charge: Yuan = "418.13";
        /// 各期间的天数与金额，顺序同请求 · Days and charge of each period, in the order of the request.
        periods: Vec<PeriodCharge> = [{"days": 402, "charge": "418.13"}];
    }
}

answer_shape! {
    /// 一个期间的资金占用费 · The charge of one period.
    PeriodCharge as "FundOccupationPeriodCharge" {
        /// 天数 · Days counted.
        days: i64 = 402, from |period| period.0;
        /// 金额（元）· The charge, in yuan.
        charge: Yuan = "418.13", from |period| period.1;
    }
}
