//! `instalments`: 分期缴纳.

use chrono::NaiveDate;
use utoipa::openapi::{RefOr, Schema};

use super::common::{names, named_reference, one_of};
use crate::api::declare::{answer_shape, choice, flag, request_shape};
use crate::api::node::Node;
use crate::api::schema::{Described, DivisionName, MineralName, Named, Words, reference, words};
use crate::api::shape::{Decode, Faults};
use crate::api::topic::TopicDoc;
use crate::domain::due_date::HolidayShift;
use crate::domain::error::{At, Text};
use crate::domain::instalment::{
    Basis, Conversion, Enforcement, Instalment, Licence, MineScale, Outcome, Plan, Remainder, Request, TermStart,
};
use crate::domain::money::Yuan;
use crate::domain::quantity::Number;
use crate::domain::start_price::Right;

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "分期缴纳 · Instalments",
    description: "按金额征收的出让收益：首期 10%–20%，其余在许可证有效期内逐年均摊；大中型矿山不少于有效期的一半（第十二条）。\
        2017-07-01 至 2023-04-30 签订的按当时规定。各项不符均报错并注明条款；enforce 为 false 时只提示。\n\n\
        Income levied by amount: first payment 10 % to 20 %, the rest in equal years within the licence, at least half of it for large and \
        medium mines (art. 12). Contracts from 2017-07-01 to 2023-04-30 follow the rules of that time. Each violated bound is an error with \
        its article; with `enforce: false` a warning.",
    example: r#"{"right": "mining", "signed_on": "2024-06-25", "total": "85580000.00", "mine_scale": "large",
        "licence": {"years": "17.78"}, "plan": {"first_payment_percent": "20"}}"#,
};

choice!(MineScale { "large" => MineScale::Large, "medium" => MineScale::Medium, "small" => MineScale::Small });
choice!(Basis { "art_12" => Basis::Art12, "art_30_2" => Basis::Art30Para2 });
choice!(Remainder {
    "scheduled" => Remainder::Scheduled,
    "on_conversion" => Remainder::OnConversion,
    "none" => Remainder::None,
});
flag!(Conversion { true => Conversion::Converted, false => Conversion::Unconverted });
flag!(TermStart { true => TermStart::Signing, false => TermStart::Licence });
flag!(Enforcement { true => Enforcement::Refuse, false => Enforcement::Warn }, left_out Enforcement::Refuse);

request_shape! {
    /// 一笔按金额征收的出让收益及其缴纳方式 · An income levied by amount, and how it is paid.
    Request<'n> as "InstalmentsRequest" {
        /// 探矿权或采矿权 · Exploration or mining right.
        right: Right = "mining";
        /// 矿种；按率征收的拒绝 · Mineral; one levied by rate is refused.
        mineral: Option<&'n str>, like Option<MineralName> = "建筑石料用灰岩";
        /// 合同签订日，决定适用的规定 · Signing of the contract; its day decides which bounds count.
        signed_on: NaiveDate = "2024-06-25";
        /// 总额（元），大于 0 · The whole income, in yuan, above 0.
        total: Number = "85580000.00";
        /// 所在省 · Division.
        province: Option<&'n str>, like Option<DivisionName> = "河北";
        /// 矿山规模；未转采的探矿权不需要 · Scale of the mine; not needed for an unconverted exploration right.
        mine_scale: Option<MineScale> = "large";
        /// 许可证有效期：起止日或年数；未转采的探矿权不需要 · The licence: first and last day, or years.
        licence: Option<Licence> = {"years": "17.78"};
        /// 缴纳方式 · How it is paid.
        plan: Plan = {"first_payment_percent": "20"};
        /// 收到缴款通知书之日 · The day the payment notice was received.
        notice_received_on: Option<NaiveDate> = "2024-07-01";
        /// 首个年度款的到期日 · Due date of the first annual instalment.
        first_annual_due_on: Option<NaiveDate> = "2025-07-01";
        /// 许可证有效期内确定的出让收益，期限与日期自签订日起算 · Income fixed while the licence was running: term and dates count from the signing.
        term_start as "running_licence": TermStart = false;
        /// 依据：第十二条或第三十条第（二）项 · Article 12 or article 30(2).
        basis: Basis = "art_12", left_out Basis::Art12;
        /// 探矿权已转为采矿权 · Whether the exploration right was converted.
        conversion as "converted": Conversion = false;
        /// 到期日逢法定休息日顺延 · Whether due dates on days off move to the next working day.
        holiday_shift: HolidayShift = false;
        /// 不符合规定时是否拒绝；核对既有合同时用 false · Whether a violated bound is refused; false for checking a contract.
        enforcement as "enforce": Enforcement = true;
    }
}

/// Pay in years, or to the day.
struct LicenceDates {
    from: NaiveDate,
    to: NaiveDate,
}

struct LicenceYears {
    years: Number,
}

request_shape! {
    /// 许可证首日与末日 · First and last day of the licence.
    LicenceDates as "LicenceDates" {
        /// 首日 · First day.
        from: NaiveDate = "2023-07-29";
        /// 末日 · Last day.
        to: NaiveDate = "2040-07-28";
    }
}

request_shape! {
    /// 许可证年数 · Length of the licence in years.
    LicenceYears as "LicenceYears" {
        /// 年数，可以有小数 · Years, with decimals if need be.
        years: Number = "17.78";
    }
}

impl<'n> Decode<'n> for Licence {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        if names(node, "years") {
            LicenceYears::decode(node, at, faults).map(|LicenceYears { years }| Licence::Years(years))
        } else {
            LicenceDates::decode(node, at, faults).map(|LicenceDates { from, to }| Licence::Dates(from, to))
        }
    }
}

impl Described for Licence {
    fn schema(words: Words) -> RefOr<Schema> {
        reference("Licence", words)
    }

    fn named(named: &mut Named) {
        let both = || vec![named_reference("LicenceDates"), named_reference("LicenceYears")];
        named.add("Licence", || one_of(both(), words("许可证有效期 · The term of the licence.")), |named| {
            LicenceDates::named(named);
            LicenceYears::named(named);
        });
    }
}

struct LumpSum {
    lump_sum: OnlyTrue,
}

/// The value `true`; a plan that says `false` says nothing.
struct OnlyTrue;

impl<'n> Decode<'n> for OnlyTrue {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        if bool::decode(node, at, faults)? {
            return Some(OnlyTrue);
        }
        let detail = Text::fixed(
            "一次性缴清写 true；否则改用 first_payment_percent 或 percentages",
            "write true for one sum, or use first_payment_percent or percentages instead",
        );
        faults.report(at, detail);
        None
    }
}

impl Described for OnlyTrue {
    fn schema(words: Words) -> RefOr<Schema> {
        let mut schema = bool::schema(words);
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.enum_values = Some(vec![true.into()]);
        }
        schema
    }
}

struct FirstPayment {
    first_payment_percent: Number,
    years: Option<i64>,
}

struct Percentages {
    percentages: Vec<Number>,
}

request_shape! {
    /// 一次性缴清 · One sum.
    LumpSum as "PlanLumpSum" {
        /// 一次性缴清 · One sum.
        lump_sum: OnlyTrue = true;
    }
}

request_shape! {
    /// 首期比例，其余逐年均摊 · A first payment in percent, the rest in equal years.
    FirstPayment as "PlanFirstPayment" {
        /// 首期比例（%）· First payment in percent of the total.
        first_payment_percent: Number = "20";
        /// 分期年数；缺省为最短年限 · Years; the minimum if left out.
        years: Option<i64> = 9;
    }
}

request_shape! {
    /// 各期比例，首项为首期，合计 100 · Percentages: the first payment, then one for each year; they add to 100.
    Percentages as "PlanPercentages" {
        /// 各期比例（%）· The percentages.
        percentages: Vec<Number> = ["20", "27", "27", "26"];
    }
}

impl<'n> Decode<'n> for Plan {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        if names(node, "percentages") {
            Percentages::decode(node, at, faults).map(|plan| Plan::Percentages(plan.percentages))
        } else if names(node, "lump_sum") {
            LumpSum::decode(node, at, faults).map(|LumpSum { lump_sum: OnlyTrue }| Plan::LumpSum)
        } else {
            FirstPayment::decode(node, at, faults)
                .map(|plan| Plan::FirstPayment { percent: plan.first_payment_percent, years: plan.years })
        }
    }
}

impl Described for Plan {
    fn schema(words: Words) -> RefOr<Schema> {
        reference("InstalmentPlan", words)
    }

    fn named(named: &mut Named) {
        let all = || ["PlanLumpSum", "PlanFirstPayment", "PlanPercentages"].map(named_reference).to_vec();
        named.add("InstalmentPlan", || one_of(all(), words("缴纳方式 · How it is paid.")), |named| {
            LumpSum::named(named);
            FirstPayment::named(named);
            Percentages::named(named);
        });
    }
}

/// The first payment with its due date.
struct First {
    amount: Yuan,
    due_date: Option<NaiveDate>,
}

answer_shape! {
    /// 缴纳计划 · The plan.
    Outcome as "InstalmentsResult" {
        /// 总额（元）· The whole income, in yuan.
        total: Yuan = "85580000.00";
        /// 首期 · The first payment.
        first_payment: First = {"amount": "17116000.00"}, from |it| First { amount: it.first_payment, due_date: it.first_due_date };
        /// 年度款 · The annual instalments.
        instalments: Vec<Instalment> = [];
        /// 最短年限 · The fewest years that article 12 allows.
        minimum_years: Option<u32> = 9;
        /// 其余款项：已排入、待转采、没有 · The rest: scheduled, on conversion, or none.
        remainder: Remainder = "scheduled";
        /// 总额减首期（元）· The total less the first payment.
        remainder_amount: Yuan = "68464000.00";
    }
}

answer_shape! {
    /// 首期 · The first payment.
    First as "FirstPayment" {
        /// 金额（元）· How much, in yuan.
        amount: Yuan = "17116000.00";
        /// 到期日 · The last day for it.
        due_date: Option<NaiveDate> = "2024-07-31";
    }
}

answer_shape! {
    /// 一个年度款 · An annual instalment.
    Instalment as "Instalment" {
        /// 序号，自 1 起 · Number, from 1.
        number: u32 = 1;
        /// 金额（元）· How much, in yuan.
        amount: Yuan = "7607111.12";
        /// 到期日 · The last day for it.
        due_date: Option<NaiveDate> = "2025-07-01";
    }
}
