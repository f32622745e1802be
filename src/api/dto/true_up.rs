//! `true-up`: 多退少补.

use chrono::NaiveDate;

use super::common::unless_empty;
use crate::api::declare::{answer_shape, choice, request_shape};
use crate::api::topic::{Compared, Moved, TopicDoc};
use crate::domain::money::Yuan;
use crate::domain::quantity::Number;
use crate::domain::refund::{Part, Payment};
use crate::domain::revenue_split::{Location, PartShares};
use crate::domain::true_up::{Direction, Outcome, Request, Split};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "多退少补 · True-up on cancellation",
    description: "因政策调整、重大自然灾害注销采矿许可证，按出让金额征收的：应缴＝四舍五入（总额×实际动用量÷评估量），与已缴相比多退少补（第二十一条）；\
        退款自最后一笔缴款起冲退，按入库时比例分担（第二十六条）。\n\n\
        When a licence is cancelled for policy or disaster: due = round(total × reserves used ÷ reserves assessed); the difference \
        to what was paid is collected or refunded (art. 21), a refund from the latest payment first, in the shares of its day \
        (art. 26).",
    example: r#"{"total": "9028.34", "reserves_assessed": "15369.16", "reserves_used": "10758.41", "paid": "2889.07"}"#,
    compared: Compared { amounts: &["/result/due"], moved: &[Moved::Day("/paid_on")] },
};

choice!(Direction { "collect" => Direction::Collect, "refund" => Direction::Refund, "none" => Direction::None });

request_shape! {
    /// 被注销的采矿权 · The cancelled right.
    Request<'n> as "TrueUpRequest" {
        /// 出让收益总额（元）· The income fixed for all assessed reserves.
        total: Number = "9028.34";
        /// 评估的资源储量，大于 0 · Reserves that the assessment covered, above 0.
        reserves_assessed: Number = "15369.16";
        /// 实际动用的资源储量 · Reserves used.
        reserves_used: Number = "10758.41";
        /// 已缴合计（元）；与 payments 二选一 · What was paid, as one sum; or payments.
        paid: Option<Number> = "2889.07";
        /// 各笔已缴；与 paid 二选一 · What was paid, one by one; or paid.
        payments: Option<Vec<Payment<'n>>> = [{"paid_on": "2022-03-01", "amount": "2889.07", "location": {"kind": "land"}}];
        /// 分成适用的缴款日 · The day whose shares count.
        paid_on: Option<NaiveDate> = "2022-03-01";
        /// 所在区域；给出时结果含分成 · Where it belongs; with it the difference is split.
        location: Option<Location<'n>> = {"kind": "land", "province": "山东"};
    }
}

answer_shape! {
    /// 多退少补 · What is due and the difference.
    Outcome as "TrueUpResult" {
        /// 按实际动用量应缴（元）· What is due for the reserves used.
        due: Yuan = "6319.84";
        /// 应缴减已缴（元），退款为负 · Due less paid; negative for a refund.
        difference: Yuan = "3430.77";
        /// 补缴、退还或无 · Collect, refund or none.
        direction: Direction = "collect";
        /// 差额（正数）的分成 · The difference without its sign, by treasury.
        split: Option<Split> = {"central": "1372.31", "local": "2058.46", "account": "103071404"};
    }
}

answer_shape! {
    /// 差额的分成 · The difference by treasury.
    Split as "TrueUpSplit" {
        /// 中央（元）· Central treasury.
        central: Yuan = "1372.31";
        /// 地方合计（元）· All local treasuries together.
        local: Yuan = "2058.46";
        /// 省级（元），仅一笔时 · Province, for a single part.
        province: Option<Yuan> = "1029.23", from |it| it.only().and_then(|part| part.split.shares.levels).map(|[province, _, _]| province);
        /// 市级（元）· City.
        city: Option<Yuan> = "1029.23", from |it| it.only().and_then(|part| part.split.shares.levels).map(|[_, city, _]| city);
        /// 县级（元）· County.
        county: Option<Yuan> = "0.00", from |it| it.only().and_then(|part| part.split.shares.levels).map(|[_, _, county]| county);
        /// 预算科目 · Budget account.
        account: Option<String> = "103071404", from |it| it.parts.first().map(|part| part.split.account.clone());
        /// 各区域的分成，仅一笔且有多个区域时 · One entry for each area, for a single part with several.
        parts: Option<&'a [PartShares]> = [], from |it| it.only().and_then(|part| unless_empty(&part.split.parts));
        /// 各笔，退款时最后的在前 · The parts, for a refund the latest payment first.
        payments: Vec<Part> = [{"paid_on": "2022-03-01", "amount": "3430.77", "central": "1372.31", "local": "2058.46",
            "account": "103071404"}], from |it| it.parts.as_slice();
    }
}
