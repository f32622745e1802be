//! `transfer-income`: 征收方式与成交价部分.

use chrono::NaiveDate;

use super::common::OrNull;
use crate::api::declare::{answer_shape, choice, request_shape};
use crate::api::schema::MineralName;
use crate::api::topic::TopicDoc;
use crate::domain::catalogue::{LevyMethod, Rate};
use crate::domain::money::Yuan;
use crate::domain::place::Place;
use crate::domain::quantity::{Number, Percent};
use crate::domain::transfer_income::{
    Annual, AnnualRate, Competition, Outcome, RateBasis, Reduction, Request, StageCompleted, TransferMode,
};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "征收方式与出让收益 · Levy method and price part",
    description: "目录内矿种：成交价（竞争）或起始价（协议），另逐年按销售收入乘收益率；目录外矿种：成交价（竞争），或评估值与基准价计算值的较高者（协议）\
        （第七、八、十一条）。2026 年通知起，涉及国家出资勘查且完成普查的协议出让按评估值。拍卖、挂牌成交价低于底价或起始价的拒绝，招标只提示。\n\n\
        In the catalogue: the transaction price (competitive) or the starting price (agreement), and each year revenue × rate. Outside: the \
        transaction price, or the higher of appraised and benchmark value (arts 7, 8, 11). From the joint notice of 2026 an agreement over \
        state-funded exploration with a general survey complete is at the appraised value.",
    example: r#"{"as_of": "2024-06-01", "mineral": "金", "transfer_mode": "competitive", "transaction_price": "1250000.00", "starting_price": "1000000.00"}"#,
};

choice!(Competition {
    "tender" => Competition::Tender,
    "auction" => Competition::Auction,
    "listing" => Competition::Listing,
});

request_shape! {
    /// 一次出让 · A grant.
    Request<'n> as "TransferIncomeRequest" {
        /// 出让日期，即签订出让合同之日 · Transfer date: the signing of the contract.
        as_of: NaiveDate = "2024-06-01";
        /// 矿种 · Mineral.
        mineral: &'n str, like MineralName = "金";
        /// 竞争或协议出让 · Competitive or by agreement.
        transfer_mode: TransferMode = "competitive";
        /// 成交价（元）· Price that the competition found, in yuan.
        transaction_price: Option<Number> = "1250000.00";
        /// 起始价（元）· Starting price, in yuan.
        starting_price: Option<Number> = "1000000.00";
        /// 评估值（元）· Appraised value, in yuan.
        appraised_value: Option<Number> = "900000.00";
        /// 基准价计算值（元）· Benchmark value, in yuan.
        benchmark_value: Option<Number> = "850000.00";
        /// 是否涉及国家出资勘查（含已灭失的商业性勘查）· Whether state money went into the exploration.
        state_funded_exploration: Option<bool> = false;
        /// 已完成的勘查程度；油气的圈闭预探用 general · Stage completed; `general` stands for 圈闭预探 of oil and gas.
        stage_completed: Option<StageCompleted> = "general";
        /// 陆域或海域（目录第 1 行），可以未定 · Land or sea (row 1); may be open.
        place: Option<Place> = "land";
        /// 地热的温度（℃），可以未定 · Temperature of geothermal water; may be open.
        temperature_c: Option<Number> = "65";
        /// 竞争方式，默认挂牌 · Form of the competition, a listing unless said.
        competition: Option<Competition> = "listing";
        /// 底价（元）· Reserve price, in yuan.
        reserve_price: Option<Number> = "1000000.00";
        /// 合同约定的收益率（%）· Rate that the contract states, in percent.
        contract_rate_percent: Option<Number> = "2.3";
        /// 评估年限，不超过 30 · Years that the appraisal covers, at most 30.
        appraisal_years: Option<Number> = "30";
        /// 减免 · Reduction (art. 20).
        reduction: Option<Reduction<'n>> = {"percent": "50", "approval": "财综批〔2024〕1号"};
    }
}

answer_shape! {
    /// 征收方式与出让收益 · Levy method and price part.
    Outcome as "TransferIncomeResult" {
        /// 按率或按金额 · By rate or by amount.
        levy_method: LevyMethod = "rate";
        /// 出让时应缴（元）· Due at the grant, in yuan.
        price_part: Yuan = "1250000.00";
        /// 能否分期 · Whether it may be paid in instalments.
        divisible: bool = false;
        /// 逐年部分；目录外为 null · The annual part; null outside the catalogue.
        annual: OrNull<'a, Annual> = {"rate_basis": "at_transfer", "rate_percent": "2.3"}, from |it| OrNull(&it.annual);
    }
}

answer_shape! {
    /// 逐年征收的部分 · The part levied each year.
    Annual as "AnnualPart" {
        /// 按出让时或销售时的收益率 · Rate at transfer or at sale.
        rate_basis: RateBasis = "at_transfer";
        /// 收益率（%）· Rate in percent.
        rate_percent: Option<Percent> = "2.3", from |it| match it.rate {
            AnnualRate::Fixed(percent) => Some(percent),
            AnnualRate::Open(_) => None,
        };
        /// 条件未定时的全部收益率 · All rates while place or temperature is open.
        rates: Option<&'a [Rate]> = [], from |it| match &it.rate {
            AnnualRate::Fixed(_) => None,
            AnnualRate::Open(rates) => Some(rates.as_slice()),
        };
    }
}
