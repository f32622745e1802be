//! `instalments`: 分期缴纳.

use chrono::NaiveDate;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use super::common::{named_reference, names, one_of};
use crate::api::declare::{answer_shape, choice, flag, request_shape};
use crate::api::node::Node;
use crate::api::schema::{Described, DivisionName, MineralName, Named, Words};
use crate::api::shape::{Decode, Faults};
use crate::api::topic::{Compared, Moved, TopicDoc};
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
    description: "按出让金额形式征收的出让收益可分期：首次 10% 至 20%，其余在采矿许可证有效期内按年分期，中型及以上矿山不少于有效期的一半（第十二条）；\
        2023-05-01 以前签订的首次不低于 20%。探矿权的剩余部分转采后缴纳。只核对既有合同时，“违反时拒绝”选“否”，违反之处列为提示。\n\n\
        Income levied by amount may be paid in instalments: a first payment of 10 % to 20 %, the rest by years within the mining \
        licence, for large and medium mines over at least half of it (art. 12); contracts before 2023-05-01: at least 20 %. The \
        rest of an exploration right waits for its conversion. To look over an existing contract say no to Enforce: violations become warnings.",
    example: r#"{"right": "mining", "signed_on": "2024-06-01", "total": "130000000.00", "mine_scale": "large",
        "licence": {"from": "2024-06-01", "to": "2039-05-31"}, "plan": {"first_payment_percent": "10"},
        "notice_received_on": "2024-06-10"}"#,
    compared: Compared {
        amounts: &["/result/first_payment/amount", "/result/remainder_amount"],
        moved: &[Moved::Day("/signed_on")],
    },
};

choice!(MineScale { "large" => MineScale::Large, "medium" => MineScale::Medium, "small" => MineScale::Small });
choice!(Basis { "art_12" => Basis::Art12, "art_30_2" => Basis::Art30Para2 });
choice!(Remainder {
    "scheduled" => Remainder::Scheduled,
    "on_conversion" => Remainder::OnConversion,
    "none" => Remainder::None,
});
flag!(TermStart { true => TermStart::Signing, false => TermStart::Licence });
flag!(Conversion { true => Conversion::Converted, false => Conversion::Unconverted });
flag!(Enforcement { true => Enforcement::Refuse, false => Enforcement::Warn });

request_shape! {
    /// 一份缴纳计划 · A plan of payment.
    Request<'n> as "InstalmentsRequest" {
        /// 探矿权或采矿权 · Exploration or mining right.
        right: Right = "mining";
        /// 矿种；按出让收益率征收的不分期 · The mineral; one levied by rate is refused.
        mineral: Option<&'n str>, like Option<MineralName> = "建筑用花岗岩";
        /// 合同签订日，决定适用的比例和年限 · The signing; its day decides which bounds count.
        signed_on: NaiveDate = "2024-06-01";
        /// 出让收益总额（元）· The whole income.
        total: Number = "130000000.00";
        /// 行政区划：六位代码或中文名称 · Six-digit division code or Chinese name.
        province: Option<&'n str>, like Option<DivisionName> = "四川";
        /// 矿山生产规模；未转采的探矿权不需要 · Scale; not needed for an unconverted exploration right.
        mine_scale: Option<MineScale> = "large";
        /// 采矿许可证有效期；未转采的探矿权不需要 · Licence; not needed for an unconverted exploration right.
        licence: Option<Licence> = {"from": "2024-06-01", "to": "2039-05-31"};
        /// 缴纳方式 · How it is paid.
        plan: Plan = {"first_payment_percent": "10"};
        /// 收到缴款通知书之日 · The day the payment notice was received.
        notice_received_on: Option<NaiveDate> = "2024-06-10";
        /// 第一个年度分期的到期日 · Due date of the first annual instalment.
        first_annual_due_on: Option<NaiveDate> = "2025-06-01";
        /// 许可证有效期内新确定的收益：期限自签订日起算 · Income fixed while the licence runs: the term counts from the signing.
        term_start as "running_licence": TermStart = false;
        /// 分期依据 · Why instalments.
        basis: Basis = "art_12", left_out Basis::Art12;
        /// 探矿权是否已转采 · Whether the exploration right was converted.
        conversion as "converted": Conversion = false;
        /// 到期日遇休息日是否顺延，默认否 · Whether due dates move off days off.
        holiday_shift: HolidayShift = false;
        /// 违反比例、年限时是否拒绝，默认是 · Whether a violated bound is refused; yes unless said.
        enforcement as "enforce": Enforcement = true, left_out Enforcement::Refuse;
    }
}

/// A licence by its days.
struct LicenceDays {
    from: NaiveDate,
    to: NaiveDate,
}

/// A licence by its length.
struct LicenceYears {
    years: Number,
}

request_shape! {
    /// 采矿许可证的起止日，均含 · First and last day of the licence, both included.
    LicenceDays as "LicenceDays" {
        /// 首日 · First day.
        from: NaiveDate = "2024-06-01";
        /// 末日 · Last day.
        to: NaiveDate = "2039-05-31";
    }
}

request_shape! {
    /// 采矿许可证的年限 · Length of the licence.
    LicenceYears as "LicenceYears" {
        /// 年数，可有小数 · Years, perhaps with a fraction.
        years: Number = "17.78";
    }
}

impl<'n> Decode<'n> for Licence {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        if names(node, "years") {
            return LicenceYears::decode(node, at, faults).map(|LicenceYears { years }| Licence::Years(years));
        }
        LicenceDays::decode(node, at, faults).map(|LicenceDays { from, to }| Licence::Dates(from, to))
    }
}

impl Described for Licence {
    fn schema(words: Words) -> RefOr<Schema> {
        one_of(vec![named_reference("LicenceDays"), named_reference("LicenceYears")], words)
    }

    fn named(named: &mut Named) {
        LicenceDays::named(named);
        LicenceYears::named(named);
    }
}

/// The one value of a field that says yes by being there.
struct Always;

impl Described for Always {
    fn schema(words: Words) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .enum_values(Some([true]))
            .description(words.description)
            .examples(words.example)
            .into()
    }
}

/// All at once.
struct LumpSum {
    lump_sum: bool,
}

/// A first payment and equal years.
struct FirstPayment {
    first_payment_percent: Number,
    years: Option<i64>,
}

/// Own percentages.
struct Percentages {
    percentages: Vec<Number>,
}

request_shape! {
    /// 一次性缴清 · All at once.
    LumpSum as "LumpSumPlan" {
        /// 一次性缴清，选“是” · Yes for one sum.
        lump_sum: bool, like Always = true;
    }
}

request_shape! {
    /// 首次缴纳，其余各年均等 · A first payment, the rest in equal years.
    FirstPayment as "FirstPaymentPlan" {
        /// 首次缴纳比例（%）· First payment in percent.
        first_payment_percent: Number = "20";
        /// 分期年数；不填为最低年限 · How many years; the minimum if left out.
        years: Option<i64> = 8;
    }
}

request_shape! {
    /// 各期比例：第一个为首次缴纳，其余每年一个 · Percentages: the first payment, then one for each year.
    Percentages as "PercentagesPlan" {
        /// 各期比例（%），合计 100 · Percentages that add up to 100.
        percentages: Vec<Number> = ["20", "27", "27", "26"];
    }
}

impl<'n> Decode<'n> for Plan {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        if names(node, "percentages") {
            return Percentages::decode(node, at, faults).map(|plan| Plan::Percentages(plan.percentages));
        }
        if names(node, "lump_sum") {
            let LumpSum { lump_sum } = LumpSum::decode(node, at, faults)?;
            if !lump_sum {
                faults.report(
                    at.field("lump_sum"),
                    Text::fixed(
                        "只能为 true；分期请改填 first_payment_percent 或 percentages",
                        "must be true; for instalments give first_payment_percent or percentages",
                    ),
                );
                return None;
            }
            return Some(Plan::LumpSum);
        }
        if matches!(node, Node::Object(_)) && !names(node, "first_payment_percent") {
            faults.none_of(at, &["lump_sum", "first_payment_percent", "percentages"]);
            return None;
        }
        let FirstPayment { first_payment_percent, years } = FirstPayment::decode(node, at, faults)?;
        Some(Plan::FirstPayment { percent: first_payment_percent, years })
    }
}

impl Described for Plan {
    fn schema(words: Words) -> RefOr<Schema> {
        let shapes = ["LumpSumPlan", "FirstPaymentPlan", "PercentagesPlan"];
        one_of(shapes.into_iter().map(named_reference).collect(), words)
    }

    fn named(named: &mut Named) {
        LumpSum::named(named);
        FirstPayment::named(named);
        Percentages::named(named);
    }
}

/// The first payment with its due date, as the answer groups them.
#[derive(Clone, Copy, Debug)]
pub struct First {
    amount: Yuan,
    due_date: Option<NaiveDate>,
}

answer_shape! {
    /// 缴纳计划 · A plan of payment in figures and dates.
    Outcome as "InstalmentsResult" {
        /// 出让收益总额（元）· The whole income.
        total: Yuan = "130000000.00";
        /// 首次缴纳 · The first payment.
        first_payment: First = {"amount": "13000000.00", "due_date": "2024-07-10"},
            from |it| First { amount: it.first_payment, due_date: it.first_due_date };
        /// 年度分期 · The annual instalments.
        instalments: Vec<Instalment> = [{"number": 1, "amount": "14625000.00", "due_date": "2025-06-01"}];
        /// 最低分期年限 · The fewest years allowed.
        minimum_years: Option<u32> = 8;
        /// 剩余部分：已列入分期、转采后缴纳或没有 · The rest: scheduled, on conversion, or none.
        remainder: Remainder = "scheduled";
        /// 剩余金额（元）· The total less the first payment.
        remainder_amount: Yuan = "117000000.00";
    }
}

answer_shape! {
    /// 首次缴纳 · The first payment.
    First as "FirstPayment" {
        /// 金额（元）· How much.
        amount: Yuan = "13000000.00";
        /// 到期日 · The last day for it.
        due_date: Option<NaiveDate> = "2024-07-10";
    }
}

answer_shape! {
    /// 一个年度分期 · One annual instalment.
    Instalment as "Instalment" {
        /// 期数，从 1 起 · From 1.
        number: u32 = 1;
        /// 金额（元）· How much.
        amount: Yuan = "14625000.00";
        /// 到期日 · The last day for it.
        due_date: Option<NaiveDate> = "2025-06-01";
    }
}
