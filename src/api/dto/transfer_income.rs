//! `transfer-income`: 征收方式与成交价部分.

use chrono::NaiveDate;

use super::common::OrNull;
use crate::api::declare::{answer_shape, choice, request_shape};
use crate::api::schema::MineralName;
use crate::api::topic::{Compared, Moved, TopicDoc};
use crate::domain::catalogue::{LevyMethod, Rate};
use crate::domain::money::Yuan;
use crate::domain::place::Place;
use crate::domain::quantity::{Number, Percent, Years};
use crate::domain::transfer_income::{
    Annual, AnnualRate, Competition, Outcome, RateBasis, Reduction, Request, StageCompleted, TransferMode,
};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "征收方式与出让时应缴 · Levy method and price part",
    description: "矿种目录内按出让收益率形式征收：竞争出让缴成交价，协议出让缴起始价（2026 年联合通知起，涉及国家出资勘查且完成普查的为评估值），\
        并逐年征收；目录外按出让金额形式征收：竞争结果，或评估值与基准价测算值就高（第七、八、十一条）。低于底价或起始价的不成交。\n\n\
        In the catalogue by rate: the transaction price, or by agreement the starting price (from the joint notice of 2026 on the \
        appraised value where state-funded exploration of 普查 is complete), and an annual part; outside by amount: the price, or \
        by agreement the higher of appraised and benchmark value (arts 7, 8, 11). Below reserve or starting price it is no deal.",
    example: r#"{"as_of": "2024-06-01", "mineral": "金", "transfer_mode": "competitive", "transaction_price": "5000000.00",
        "starting_price": "214704.00"}"#,
    compared: Compared { amounts: &["/result/price_part"], moved: &[Moved::Day("/as_of")] },
};

choice!(Competition {
    "tender" => Competition::Tender,
    "auction" => Competition::Auction,
    "listing" => Competition::Listing,
});
choice!(StageCompleted {
    "none" => StageCompleted::None,
    "general" => StageCompleted::General,
    "detailed" => StageCompleted::Detailed,
    "advanced" => StageCompleted::Advanced,
});

request_shape! {
    /// 一次出让 · A grant.
    Request<'n> as "TransferIncomeRequest" {
        /// 出让日，即出让合同签订日 · The transfer date: the signing of the contract.
        as_of: NaiveDate = "2024-06-01";
        /// 矿种代码或登记名称 · Code or registered name.
        mineral: &'n str, like MineralName = "金";
        /// 竞争出让或协议出让 · Competitive or by agreement.
        transfer_mode: TransferMode = "competitive";
        /// 成交价（元）；竞争出让必填，协议出让填写时应等于应缴额 · Transaction price; by agreement it must equal the price part.
        transaction_price: Option<Number> = "5000000.00";
        /// 起始价（元）· Starting price in yuan.
        starting_price: Option<Number> = "214704.00";
        /// 评估值（元）· Appraised value in yuan.
        appraised_value: Option<Number> = "9000000.00";
        /// 基准价测算值（元）· Benchmark value in yuan.
        benchmark_value: Option<Number> = "8000000.00";
        /// 是否涉及国家出资勘查（商业性勘查已灭失的也算）· Whether state money is in the exploration.
        state_funded_exploration: Option<bool> = false;
        /// 已完成的勘查阶段；油气的圈闭预探为普查 · Highest stage complete; trap exploration of oil and gas counts as general.
        stage_completed: Option<StageCompleted> = "general";
        /// 陆域或海域；出让时可未定 · Land or sea; may be open at the grant.
        place: Option<Place> = "land";
        /// 温度（℃）；出让时可未定 · Temperature; may be open at the grant.
        temperature_c: Option<Number> = "65";
        /// 竞争形式，默认挂牌 · Form of the competition; a listing unless said.
        competition: Option<Competition> = "listing";
        /// 底价（元）· Reserve price in yuan.
        reserve_price: Option<Number> = "300000.00";
        /// 合同约定的收益率（%）· Rate that the contract states.
        contract_rate_percent: Option<Number> = "2.3";
        /// 评估期限（年），最长 30 年（第十四条）· Years that the appraisal covers, at most 30 (art. 14).
        appraisal_years: Option<Years> = "30";
        /// 减缴（第二十条）· Reduction (art. 20).
        reduction: Option<Reduction<'n>> = {"percent": "20", "approval": "财综批〔2024〕1号"};
    }
}

answer_shape! {
    /// 征收方式与出让时应缴 · Levy method and price part.
    Outcome as "TransferIncomeResult" {
        /// 按出让收益率或按出让金额 · By rate or by amount.
        levy_method: LevyMethod = "rate";
        /// 出让时应缴（元）· What is due at the grant.
        price_part: Yuan = "5000000.00";
        /// 是否可分期（第十二条）· Whether it may be paid in instalments (art. 12).
        divisible: bool = false;
        /// 逐年征收的部分；目录外为 null · The annual part; null outside the catalogue.
        annual: OrNull<'a, Annual> = {"rate_basis": "at_transfer", "rate_percent": "2.3"}, from |it| OrNull(&it.annual);
    }
}

answer_shape! {
    /// 逐年征收的部分 · The annual part.
    Annual as "AnnualPart" {
        /// 按出让时或按销售时的收益率 · Rate at the transfer or at the sale.
        rate_basis: RateBasis = "at_transfer";
        /// 收益率（%）；按销售时征收的为基准日的，仅供参考 · The rate; for `at_sale` that of as_of, indicative.
        rate_percent: Option<Percent> = "2.3", from |it| match &it.rate {
            AnnualRate::Fixed(percent) => Some(*percent),
            AnnualRate::Open(_) => None,
        };
        /// 地点或温度未定时的全部收益率 · All rates while place or temperature is open.
        rates: Option<&'a [Rate]> = [{"percent": "0.8", "condition": {"place": "land"}}], from |it| match &it.rate {
            AnnualRate::Fixed(_) => None,
            AnnualRate::Open(rates) => Some(rates.as_slice()),
        };
    }
}
