//! `arrears`: 欠缴清算.

use chrono::NaiveDate;

use crate::api::declare::{answer_shape, choice, request_shape};
use crate::api::topic::TopicDoc;
use crate::domain::annual_income::LineIncome;
use crate::domain::arrears::{Outcome, Part, Plan, Request};
use crate::domain::due_date::HolidayShift;
use crate::domain::money::Yuan;
use crate::domain::sales::Line;

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "欠缴清算 · Arrears of old rights",
    description: "2017-07-01 至 2023-04-30 的销售收入按 2023 年目录的收益率补缴，一次性或分六年平均缴纳（第二十九条第（二）项）。\n\n\
        Sales from 2017-07-01 to 2023-04-30 at the rate of the 2023 catalogue, in one sum or six equal annual parts (art. 29(2)).",
    example: r#"{"lines": [{"mineral": "金", "product": "concentrate", "revenue": "8000000.00", "period": {"from": "2019-01-01", "to": "2019-12-31"}}],
        "plan": "six_years", "first_due_on": "2024-12-31"}"#,
};

choice!(Plan { "lump_sum" => Plan::LumpSum, "six_years" => Plan::SixYears });

request_shape! {
    /// 欠缴期间的销售 · The sales of the years in arrears.
    Request<'n> as "ArrearsRequest" {
        /// 销售行，各有日期或期间 · The lines, each with its day or its period.
        lines: Vec<Line<'n>> = [{"mineral": "金", "product": "concentrate", "revenue": "8000000.00", "sold_on": "2019-06-30"}];
        /// 一次性或分六年 · One sum or six years.
        plan: Plan = "six_years";
        /// 首期到期日 · Due date of the first part.
        first_due_on: Option<NaiveDate> = "2024-12-31";
        /// 到期日逢法定休息日顺延 · Whether due dates on days off move to the next working day.
        holiday_shift: HolidayShift = false;
    }
}

answer_shape! {
    /// 应补缴的出让收益 · The arrears.
    Outcome as "ArrearsResult" {
        /// 合计（元）· The sum of the lines, in yuan.
        income: Yuan = "184000.00";
        /// 各行，顺序同请求 · The lines in the order of the request.
        lines: Vec<LineIncome> = [];
        /// 一期或六期 · One part or six.
        instalments: Vec<Part> = [];
    }
}

answer_shape! {
    /// 一期 · One part.
    Part as "ArrearsPart" {
        /// 序号，自 1 起 · Number, from 1.
        number: u32 = 1;
        /// 金额（元）· How much, in yuan.
        amount: Yuan = "30666.67";
        /// 到期日 · The last day for it.
        due_date: Option<NaiveDate> = "2024-12-31";
    }
}
