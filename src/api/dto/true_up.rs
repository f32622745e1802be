//! `true-up`: 注销清算.

use chrono::NaiveDate;

use crate::api::declare::{answer_shape, choice, request_shape};
use crate::api::topic::TopicDoc;
use crate::domain::money::Yuan;
use crate::domain::quantity::Number;
use crate::domain::refund::{Part, Payment};
use crate::domain::revenue_split::Location;
use crate::domain::true_up::{Direction, Outcome, Request, Split};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "注销清算 · True-up of a cancelled licence",
    description: "因政策或灾害注销的：应缴 = 四舍五入（总额 × 动用储量 ÷ 评估储量）；与已缴的差额多退少补，退还从最近一笔起（第二十一条）。\n\n\
        Cancelled for policy or disaster: due = round(total × reserves used ÷ reserves assessed); the difference to what was paid is collected or \
        refunded, the latest payment first (art. 21).",
    example: r#"{"total": "1000000.00", "reserves_assessed": "500", "reserves_used": "120", "paid": "400000.00",
        "paid_on": "2024-03-01", "location": {"kind": "land", "province": "山东"}}"#,
};

choice!(Direction { "collect" => Direction::Collect, "refund" => Direction::Refund, "none" => Direction::None });

request_shape! {
    /// 一宗注销的采矿权 · A cancelled licence.
    Request<'n> as "TrueUpRequest" {
        /// 按全部评估储量确定的出让收益（元）· The income fixed for all assessed reserves, in yuan.
        total: Number = "1000000.00";
        /// 评估储量，大于 0 · Reserves that the assessment covered, above 0.
        reserves_assessed: Number = "500";
        /// 动用储量，不大于评估储量 · Reserves used, at most those assessed.
        reserves_used: Number = "120";
        /// 已缴合计（元），与 payments 二选一 · What was paid, as one sum; or use `payments`.
        paid: Option<Number> = "400000.00";
        /// 已缴各笔，与 paid 二选一 · What was paid, one by one; or use `paid`.
        payments: Option<Vec<Payment<'n>>> = [{"paid_on": "2024-03-01", "amount": "400000.00", "location": {"kind": "land"}}];
        /// 单一合计的分成日期 · The day whose shares count for a single sum.
        paid_on: Option<NaiveDate> = "2024-03-01";
        /// 所在区域；给出时结果含分成 · Where it belongs; with it the difference is split.
        location: Option<Location<'n>> = {"kind": "land", "province": "山东"};
    }
}

answer_shape! {
    /// 应缴与差额 · What is due, and the difference.
    Outcome as "TrueUpResult" {
        /// 应缴（元）· What is due, in yuan.
        due: Yuan = "240000.00";
        /// 应缴减已缴（元），退还时为负 · Due less paid; negative for a refund.
        difference: Yuan = "-160000.00";
        /// 补缴、退还或没有 · Collect, refund or none.
        direction: Direction = "refund";
        /// 差额的分成，各项为正，方向见 direction · The difference by treasury; all parts positive, `direction` tells.
        split: Option<Split> = {};
    }
}

answer_shape! {
    /// 差额的分成 · The difference by treasury.
    Split as "TrueUpSplit" {
        /// 中央（元）· Central treasury, in yuan.
        central: Yuan = "64000.00";
        /// 地方合计（元）· All local treasuries together.
        local: Yuan = "96000.00";
        /// 单一合计的一笔，或逐笔退还，最近的在先 · One sum, or each payment given back, the latest first.
        parts: Vec<Part> = [];
    }
}
