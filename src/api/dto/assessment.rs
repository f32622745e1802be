//! `assessment`: 适用规则的判定.

use chrono::NaiveDate;
use serde::ser::{SerializeStruct, Serializer};

use super::common::unless_empty;
use crate::api::declare::{answer_shape, choice, request_shape};
use crate::api::query::Explain;
use crate::api::schema::{Described, Field, MineralCode, MineralName, Named, Words, words};
use crate::api::show::{Audience, Show, Shown};
use crate::api::topic::{Answered, Call, Compared, Moved, TopicDoc};
use crate::domain::assessment::{Acquired, Due, Event, Kind, Obligation, Outcome, Reason, Request, Values};
use crate::domain::catalogue::{LevyMethod, Rate};
use crate::domain::error::Text;
use crate::domain::explain::TracedRule;
use crate::domain::law::Law;
use crate::domain::money::Yuan;
use crate::domain::place::Place;
use crate::domain::quantity::{Number, Percent, Years};
use crate::domain::sales::Line;
use crate::domain::start_price::Right;
use crate::domain::transfer_income::{AnnualRate, RateBasis, StageCompleted};
use utoipa::openapi::{RefOr, Schema};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "判定适用的规则 · Which rule applies",
    description: "由矿业权的事实判定适用哪条规则、产生哪些缴纳义务：出让（G1–G8）、存续期间的变化（E1–E12）、新旧政策衔接（T1–T13）。\
        所填事实足以计算时给出金额，否则列出还需填写什么。没有规则适用的，列出最接近的规则及所差的条件；\
        两条规则同时适用的，不作选择，列出两条。\n\n\
        From the facts of a right: the rule that applies and the obligations that follow, for a grant (G1–G8), for what happens \
        later (E1–E12) and for old rights (T1–T13). Amounts are given where the facts say enough, else what is \
        still needed is listed. Where no rule applies, the nearest ones are named with what distinguishes them; where two do, \
        both are named and none is chosen.",
    example: r#"{"as_of": "2024-06-01", "event": "grant", "right": "mining", "acquired": "competitive",
        "registered_minerals": ["金"], "payer": "某矿业有限公司", "values": {"transaction_price": "5000000.00"}}"#,
    // What is owed is of many kinds: a sum over rights would say nothing.
    compared: Compared { amounts: &[], moved: &[Moved::Day("/as_of")] },
};

/// Requests of other events, by the rule that they come to.
pub const MORE_EXAMPLES: &[(&str, &str)] = &[
    (
        "g5",
        r#"{"as_of": "2024-06-01", "event": "grant", "right": "mining", "acquired": "agreement",
        "registered_minerals": ["建筑用花岗岩"], "values": {"appraised_value": "500.00", "benchmark_value": "600.00"}}"#,
    ),
    (
        "e4",
        r#"{"as_of": "2024-06-01", "event": "mineral_change", "right": "exploration", "registered_minerals": ["铁", "铜"],
        "remaining_minerals": ["铁"], "added_minerals": ["建筑用花岗岩"]}"#,
    ),
    (
        "e9",
        r#"{"as_of": "2024-06-01", "event": "cancellation", "reason": "policy", "right": "mining",
        "registered_minerals": ["水泥用灰岩"],
        "values": {"total": "1000.00", "reserves_assessed": "100", "reserves_used": "30", "paid": "500.00"}}"#,
    ),
    (
        "t1",
        r#"{"as_of": "2024-06-01", "event": "existing_contract", "right": "mining", "contract_signed_on": "2021-03-01",
        "registered_minerals": ["煤炭"], "values": {"contract_remainder": "1000.00"}}"#,
    ),
    (
        "t3",
        r#"{"as_of": "2024-06-01", "event": "transition", "right": "mining", "acquired": "first_come",
        "registered_minerals": ["金"], "values": {"sales": [
            {"mineral": "金", "product": "concentrate", "revenue": "1000000.00", "sold_on": "2020-06-01"}]}}"#,
    ),
];

choice!(Event {
    "grant" => Event::Grant,
    "conversion" => Event::Conversion,
    "unconverted" => Event::Unconverted,
    "undisposed_reserves" => Event::UndisposedReserves,
    "mineral_change" => Event::MineralChange,
    "oil_gas_added" => Event::OilGasAdded,
    "oil_gas_producing" => Event::OilGasProducing,
    "transfer" => Event::Transfer,
    "cancellation" => Event::Cancellation,
    "withdrawal" => Event::Withdrawal,
    "existing_contract" => Event::ExistingContract,
    "transition" => Event::Transition,
});
choice!(Acquired {
    "competitive" => Acquired::Competitive,
    "agreement" => Acquired::Agreement,
    "first_come" => Acquired::FirstCome,
    "free_state_found" => Acquired::FreeStateFound,
    "free" => Acquired::Free,
    "paid_in_full" => Acquired::PaidInFull,
    "capital_converted" => Acquired::CapitalConverted,
    "state_share_paid" => Acquired::StateSharePaid,
    "area_price_paid" => Acquired::AreaPricePaid,
});
choice!(Reason {
    "policy" => Reason::Policy,
    "disaster" => Reason::Disaster,
    "exhausted" => Reason::Exhausted,
});
choice!(Kind {
    "one_off" => Kind::OneOff,
    "annual" => Kind::Annual,
    "arrears" => Kind::Arrears,
    "continue" => Kind::Continue,
    "lapse" => Kind::Lapse,
    "none" => Kind::None,
    "true_up" => Kind::TrueUp,
    "refundable" => Kind::Refundable,
});
choice!(Due {
    "payment_notice" => Due::PaymentNotice,
    "end_of_february" => Due::EndOfFebruary,
    "mining_grant" => Due::MiningGrant,
    "conversion" => Due::Conversion,
    "before_cancellation" => Due::BeforeCancellation,
});

request_shape! {
    /// 一项矿业权的事实 · The facts of a right.
    Request<'n> as "AssessmentRequest" {
        /// 基准日：按该日的规定和目录 · The day whose rules and catalogue count.
        as_of: NaiveDate = "2024-06-01";
        /// 发生的事项 · What happened.
        event: Event = "grant";
        /// 事项发生前为探矿权或采矿权 · Exploration or mining, before the event.
        right: Right = "mining";
        /// 取得方式和以往缴纳情况；出让、衔接和目录内矿种转采时必填 · How it was acquired and what was paid; needed for a grant, for an
        /// old right, and for a conversion in the catalogue.
        acquired: Option<Acquired> = "competitive";
        /// 注销原因，默认为政策性关闭 · Why the licence is cancelled; by policy unless said.
        reason: Option<Reason> = "policy";
        /// 注销前的征收方式；默认 2023-05-01 前的合同按出让金额，其后按主矿种 · How the income was levied; unless said by amount for
        /// contracts before 2023-05-01, else by the main mineral.
        levy_form: Option<LevyMethod> = "amount";
        /// 储量估算基准日的地方规定，默认 2006-09-30（第三十条）· Local base date of the reserves; 2006-09-30 unless said (art. 30).
        reserve_base_date: Option<NaiveDate> = "2006-09-30";
        /// 是否还有未有偿处置的资源储量（T11、T13）· Whether there are reserves besides those paid for (T11, T13).
        reserves_not_paid_for: Option<bool> = true;
        /// 评估期限（年），最长 30 年（第十四条）· Years that the appraisal covers, at most 30 (art. 14).
        appraisal_years: Option<Years> = "30";
        /// 转增国家资本金或折股的批准文号（第三十一条）· Approval of the conversion into capital (art. 31).
        approval: Option<&'n str> = "财建〔2010〕1号";
        /// 合同签订日，即出让日；出让时默认为基准日 · The transfer date; for a grant the day above unless said.
        contract_signed_on: Option<NaiveDate> = "2024-06-01";
        /// 登记矿种，主矿种在前 · The registered minerals, the main one first.
        registered_minerals: Vec<&'n str>, like MineralNames = ["金"];
        /// 变更后保留的登记矿种 · Registered minerals that stay after a change.
        remaining_minerals: Option<Vec<&'n str>>, like Option<MineralNames> = ["金"];
        /// 增加的矿种 · Minerals that the change adds.
        added_minerals: Vec<&'n str>, like Option<MineralNames> = ["铜"], left_out Vec::new();
        /// 缴纳义务人 · Who owes.
        payer: Option<&'n str> = "某矿业有限公司";
        /// 受让人 · Who takes the right over.
        transferee: Option<&'n str> = "某矿业集团";
        /// 金额和储量 · The amounts and reserves.
        values: Values<'n> = {"transaction_price": "5000000.00"}, left_out Values::default();
        /// 是否涉及国家出资勘查（商业性勘查已灭失的也算）· Whether state money is in the exploration.
        state_funded_exploration: Option<bool> = false;
        /// 已完成的勘查阶段；油气的圈闭预探为普查 · Highest stage complete; trap exploration of oil and gas counts as general.
        stage_completed: Option<StageCompleted> = "general";
        /// 陆域或海域；可未定 · Land or sea; may be open.
        place: Option<Place> = "land";
        /// 温度（℃）；可未定 · Temperature in degrees Celsius; may be open.
        temperature_c: Option<Number> = "65";
    }
}

request_shape! {
    /// 金额（元）和储量 · Amounts in yuan, and reserves.
    Values<'n> as "AssessmentValues" {
        /// 成交价 · Transaction price.
        transaction_price: Option<Number> = "5000000.00";
        /// 起始价 · Starting price.
        starting_price: Option<Number> = "214704.00";
        /// 评估值，整个矿业权 · Appraised value, of the right as a whole.
        appraised_value: Option<Number> = "9000000.00";
        /// 基准价测算值，整个矿业权 · Benchmark value, of the right as a whole.
        benchmark_value: Option<Number> = "8000000.00";
        /// 合同剩余未缴额 · What the contract leaves to pay.
        contract_remainder: Option<Number> = "1000.00";
        /// 应缴的资金占用费（第二十八条）· The fund-occupation charge that is open (art. 28).
        fund_occupation_charge: Option<Number> = "100.00";
        /// 出让收益总额 · The income fixed for all assessed reserves.
        total: Option<Number> = "1000.00";
        /// 2017-07-01 至 2023-04-30 未缴的销售 · Unpaid sales from 2017-07-01 to 2023-04-30.
        sales: Option<Vec<Line<'n>>> = [{"mineral": "金", "product": "concentrate", "revenue": "1000000.00", "sold_on": "2020-06-01"}];
        /// 评估的资源储量 · Reserves that the assessment covered.
        reserves_assessed: Option<Number> = "100";
        /// 实际动用的资源储量 · Reserves used.
        reserves_used: Option<Number> = "30";
        /// 已缴合计 · What was paid.
        paid: Option<Number> = "500.00";
    }
}

/// A list of names in the document.
struct MineralNames;

impl Described for MineralNames {
    fn schema(words: Words) -> RefOr<Schema> {
        Vec::<MineralName>::schema(words)
    }
}

answer_shape! {
    /// 一项缴纳义务（或其消灭）· What is owed, or what ends.
    Obligation as "Obligation" {
        /// 规则编号 · Id of the rule.
        rule: &'a str = "G1", from |it| it.rule;
        /// 依据 · The article.
        law: Law<'a> = {};
        /// 矿种代码；属整个矿业权的不列 · Code of the mineral; absent for the right as a whole.
        mineral: Option<MineralCode> = "gold", from |it| it.mineral.as_deref();
        /// 征收方式 · By rate or by amount.
        levy_method: Option<LevyMethod> = "rate";
        /// 种类：一次确定、逐年、欠缴、继续缴纳、不再缴纳、无须缴纳、多退少补、可退还 · Its kind.
        kind: Kind = "one_off";
        /// 按出让时或按销售时的收益率 · Rate at the transfer or at the sale.
        rate_basis: Option<RateBasis> = "at_transfer";
        /// 收益率（%）；按销售时征收的为基准日的，仅供参考 · The rate; for `at_sale` that of as_of, indicative.
        rate_percent: Option<Percent> = "2.3", from |it| match &it.rate {
            Some(AnnualRate::Fixed(percent)) => Some(*percent),
            _ => None,
        };
        /// 地点或温度未定时的全部收益率 · All rates while place or temperature is open.
        rates: Option<&'a [Rate]> = [{"percent": "0.8", "condition": {"place": "land"}}], from |it| match &it.rate {
            Some(AnnualRate::Open(rates)) => unless_empty(rates),
            _ => None,
        };
        /// 金额（元）；多退少补为退还时为负 · The amount; of a true-up negative for a refund.
        amount: Option<Yuan> = "5000000.00";
        /// 是否可分期 · Whether it may be paid in instalments.
        divisible: Option<bool> = false;
        /// 何时缴纳：缴款通知书之日起 30 日、次年 2 月底、采矿权新立时、转采时、注销前 · When it falls due.
        due: Option<Due> = "payment_notice";
        /// 所涉销售的首日 · First day of the sales it is of.
        from: Option<NaiveDate> = "2023-05-01";
        /// 所涉销售的末日 · Last day of the sales it is of.
        to: Option<NaiveDate> = "2023-04-30";
        /// 储量估算基准日 · The day whose reserves are valued.
        reserve_base_date: Option<NaiveDate> = "2017-07-01";
        /// 缴纳义务人 · Who owes it.
        payer: Option<String> = "某矿业有限公司";
        /// 还缺的字段 · The missing fields.
        needs: &'a [&'static str] = [], from |it| it.needs.as_slice();
    }
}

answer_shape! {
    /// 决策表的一条规则 · A rule of the decision table.
    TracedRule as "TracedRule" {
        /// 规则编号 · Id of the rule.
        rule: &'a str = "G2", from |it| it.rule;
        /// 依据 · The article.
        law: Law<'a> = {};
        /// 是否适用 · Whether it applies.
        applies: bool = false, from |it| it.failed.is_empty();
        /// 适用的条件 · What it asks for.
        conditions: Vec<Text> = ["出让（event: grant）", "协议出让（acquired: agreement）"];
        /// 其中不满足的，第一个在前；适用的为空 · What of that does not hold, in order; empty where it applies.
        failed: Vec<Text> = ["协议出让（acquired: agreement）"];
    }
}

/// The rules that a reader sees: those that tell themselves, or all.
pub fn shown(trace: &[TracedRule], explain: Explain) -> Vec<&TracedRule> {
    trace.iter().filter(|rule| explain == Explain::All || rule.told).collect()
}

impl Show for Outcome {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        self.obligations.show(audience, serializer)
    }
}

impl Described for Outcome {
    fn schema(words: Words) -> RefOr<Schema> {
        Vec::<Obligation>::schema(words)
    }

    fn named(named: &mut Named) {
        Obligation::named(named);
        TracedRule::named(named);
    }
}

impl Answered for Outcome {
    fn write<M: SerializeStruct>(&self, object: &mut M, call: &Call<'_>) -> Result<(), M::Error> {
        object.serialize_field("obligations", &Shown(self, call.audience()))?;
        object.serialize_field("trace", &Shown(&shown(&self.trace, call.explain), call.audience()))
    }

    fn fields() -> Vec<Field> {
        let obligations = words(
            "缴纳义务：整个矿业权的在前，逐年征收的按矿种次序在后 · The obligations: of the right first, then by mineral.",
        );
        let trace = words(
            "决策过程：适用的规则；explain=all 时为全部规则 · The rules that apply, or with explain=all every rule.",
        );
        vec![
            Field::required("obligations", Self::schema(obligations)),
            Field::required("trace", Vec::<TracedRule>::schema(trace)),
        ]
    }
}
