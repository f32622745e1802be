//! `arrears`: 欠缴清算.

use chrono::NaiveDate;

use crate::api::declare::{answer_shape, choice, request_shape};
use crate::api::topic::{Compared, TopicDoc};
use crate::domain::annual_income::LineIncome;
use crate::domain::arrears::{Outcome, Part, Plan, Request};
use crate::domain::due_date::HolidayShift;
use crate::domain::money::Yuan;
use crate::domain::sales::Line;

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "欠缴清算 · Arrears of old rights",
    description: "申请在先取得、未有偿处置的采矿权：2017-07-01 至 2023-04-30 的销售收入按 2023 年矿种目录的收益率计算，一次性或平均分六年缴纳\
        （第二十九条第（二）项）。\n\n\
        First-come mining rights not paid for: sales from 2017-07-01 to 2023-04-30 at the rates of the 2023 catalogue, in one \
        sum or in six equal annual parts (art. 29(2)).",
    example: r#"{"lines": [{"mineral": "金", "product": "concentrate", "revenue": "1000000.00", "sold_on": "2020-06-01"}],
        "plan": "six_years", "first_due_on": "2024-12-31"}"#,
    // The sales are past, whatever day is asked about.
    compared: Compared { amounts: &["/result/income"], moved: &[] },
};

choice!(Plan { "lump_sum" => Plan::LumpSum, "six_years" => Plan::SixYears });

request_shape! {
    /// 未缴的销售收入 · The unpaid sales.
    Request<'n> as "ArrearsRequest" {
        /// 各行销售收入，每行填写销售日或销售期间 · The sales, each with its day or its period.
        lines: Vec<Line<'n>> = [{"mineral": "金", "product": "concentrate", "revenue": "1000000.00", "sold_on": "2020-06-01"}];
        /// 一次性或六年 · One sum or six years.
        plan: Plan = "six_years";
        /// 第一期到期日 · Due date of the first part.
        first_due_on: Option<NaiveDate> = "2024-12-31";
        /// 到期日遇休息日是否顺延，默认否 · Whether due dates move off days off.
        holiday_shift: HolidayShift = false;
    }
}

answer_shape! {
    /// 欠缴额 · The arrears.
    Outcome as "ArrearsResult" {
        /// 欠缴合计（元）· The sum of the lines.
        income: Yuan = "23000.00";
        /// 各行欠缴，次序同请求 · The lines in the order of the request.
        lines: Vec<LineIncome> = [{"mineral": "gold", "rate_percent": "2.3", "levy_revenue": "1000000.00", "income": "23000.00"}];
        /// 各期；一次性为一期 · The parts; one for a single sum.
        instalments: Vec<Part> = [{"number": 1, "amount": "3833.34", "due_date": "2024-12-31"}];
    }
}

answer_shape! {
    /// 一期 · One part.
    Part as "ArrearsPart" {
        /// 期数，从 1 起 · From 1.
        number: u32 = 1;
        /// 金额（元）· How much.
        amount: Yuan = "3833.34";
        /// 到期日 · The last day for it.
        due_date: Option<NaiveDate> = "2024-12-31";
    }
}
