//! `annual-income`: 逐年征收的采矿权出让收益, and the lines that arrears take too.

use chrono::NaiveDate;

use crate::api::declare::{answer_shape, choice, request_shape};
use crate::api::schema::{DeemedSaleName, DivisionName, MineralCode, MineralName};
use crate::api::topic::{Compared, Moved, TopicDoc};
use crate::domain::annual_income::{LineIncome, Outcome, Request};
use crate::domain::due_date::HolidayShift;
use crate::domain::money::Yuan;
use crate::domain::place::Place;
use crate::domain::quantity::{Number, Percent};
use crate::domain::revenue_split::{self, Location};
use crate::domain::sales::{Line, PriceBasis, Product};
use crate::domain::transfer_income::{RateBasis, Reduction, TransferMode};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "逐年征收的出让收益 · Annual income",
    description: "每行：应缴＝四舍五入（计征收入×收益率×（1−减缴比例）），各行相加（第八条、自然资发〔2024〕173号）。竞争出让按出让时、协议出让按销售时的收益率；\
        产品不是计征对象的须折算；石油、天然气、页岩气、煤层气相互增列的合并计算（第十七条）。次年 2 月底前缴纳（第二十四条）。\n\n\
        For each line round(levy revenue × rate × (1 − reduction)), then added (art. 8, No. 173 of 2024). Competitive: rate at \
        the transfer, by agreement: at the sale. A product that is not the levy object is converted; oil, gas, shale gas and CBM \
        added to one another are combined (art. 17). Due by the end of February of the next year (art. 24).",
    example: r#"{"year": 2024, "transfer_mode": "agreement", "lines": [{"mineral": "金", "product": "concentrate",
        "revenue": "12345678.90"}], "location": {"kind": "land", "province": "内蒙古"}}"#,
    compared: Compared { amounts: &["/result/income"], moved: &[Moved::Year("/year"), Moved::Day("/lines/*/sold_on")] },
};

choice!(Product { "raw_ore" => Product::RawOre, "concentrate" => Product::Concentrate, "other" => Product::Other });
choice!(PriceBasis { "actual" => PriceBasis::Actual, "public" => PriceBasis::Public });

request_shape! {
    /// 一个年度的申报 · The return of one year.
    Request<'n> as "AnnualIncomeRequest" {
        /// 年度（1 月 1 日至 12 月 31 日）· The year, 1 January to 31 December.
        year: i64 = 2024;
        /// 竞争出让或协议出让 · Competitive or by agreement.
        transfer_mode: TransferMode = "agreement";
        /// 出让日；竞争出让必填 · The transfer date; needed for a competitive grant.
        transfer_date: Option<NaiveDate> = "2023-09-01";
        /// 合同约定的收益率（%）；出让日早于 2023-05-01 时需要 · Rate of the contract; needed for transfers before 2023-05-01.
        contract_rate_percent: Option<Number> = "2.3";
        /// 行政区划：其折算系数和核定价格适用 · Division whose coefficients and approved prices count.
        province: Option<&'n str>, like Option<DivisionName> = "浙江";
        /// 各行销售收入 · The sales.
        lines: Vec<Line<'n>> = [{"mineral": "金", "product": "concentrate", "revenue": "12345678.90"}];
        /// 合并计算的主矿种（第十七条）· Main mineral of a combined return (art. 17).
        combine_as: Option<&'n str>, like Option<MineralName> = "石油";
        /// 所在区域；给出时结果含分成 · Where it belongs; with it the income is split.
        location: Option<Location<'n>> = {"kind": "land", "province": "内蒙古"};
        /// 缴款日，决定分成的版本；不填为到期日 · The day of payment; the due date if left out.
        paid_on: Option<NaiveDate> = "2025-02-20";
        /// 到期日遇休息日是否顺延，默认否 · Whether the due date moves off days off.
        holiday_shift: HolidayShift = false;
        /// 减缴（第二十条），适用于没有自己减缴的各行 · Reduction of every line without its own (art. 20).
        reduction: Option<Reduction<'n>> = {"percent": "20", "approval": "财综批〔2024〕1号"};
    }
}

request_shape! {
    /// 一行：一个矿种、一种产品；销售收入只以一种方式填写 · One mineral and one product; the revenue is stated in one way.
    Line<'n> as "SalesLine" {
        /// 矿种代码或登记名称 · Code or registered name.
        mineral: &'n str, like MineralName = "金";
        /// 原矿产品、选矿产品或其他 · Raw ore, concentrate or other.
        product: Product = "concentrate";
        /// 不含增值税的销售收入（元）· Revenue without VAT.
        revenue: Option<Number> = "12345678.90";
        /// 含增值税的销售收入（元），与增值税税率同填 · Revenue with VAT; goes with the rate of VAT.
        gross_revenue: Option<Number> = "1130000.00";
        /// 增值税税率（%）· VAT in percent.
        vat_percent: Option<Number> = "13";
        /// 销售数量，与单价同填 · Quantity sold; goes with the unit price.
        quantity: Option<Number> = "1234.567";
        /// 不含税单价（元）· Yuan per unit without VAT.
        unit_price: Option<Number> = "650.5";
        /// 实际取水量（m³），地热、矿泉水 · Volume extracted, for geothermal and mineral water.
        volume_m3: Option<Number> = "10000";
        /// 核定价格（元/m³，不含税）；优先于省 · Approved price; comes before the province's.
        approved_price: Option<Number> = "32";
        /// 取得收款或凭据之日；视同销售为所有权转移日 · Day of the money or the proof of claim; deemed sale: transfer of ownership.
        sold_on: Option<NaiveDate> = "2024-06-30";
        /// 销售期间，仅用于欠缴清算 · Period of the sales, for arrears only.
        period: Option<(NaiveDate, NaiveDate)> = {"from": "2020-01-01", "to": "2020-12-31"};
        /// 陆域或海域（第 1 行矿种）· Land or sea (row 1).
        place: Option<Place> = "land";
        /// 温度（℃）（地热）· Temperature of geothermal water.
        temperature_c: Option<Number> = "65";
        /// 折算系数；优先于省 · Conversion coefficient; comes before the province's.
        conversion_coefficient: Option<Number> = "1.5";
        /// 本行收益率的基准，与申报不同时填写 · Which catalogue counts, where it is not the return's.
        rate_basis: Option<RateBasis> = "at_sale";
        /// 视同销售的类型：代码或中文名称 · Kind of deemed sale: code or Chinese name.
        deemed_sale: Option<&'n str>, like Option<DeemedSaleName> = "捐赠";
        /// 价格来源：实际或公开价格 · Actual or public price.
        price_basis: Option<PriceBasis> = "actual";
        /// 本行自己的减缴 · The line's own reduction.
        reduction: Option<Reduction<'n>> = {"percent": "50", "approval": "财综批〔2024〕2号"};
    }
}

answer_shape! {
    /// 一个年度的应缴 · The income of a year.
    Outcome as "AnnualIncomeResult" {
        /// 应缴合计（元）· The sum of the lines.
        income: Yuan = "283950.61";
        /// 到期日 · The last day for declaring and paying it.
        due_date: NaiveDate = "2025-02-28";
        /// 各行应缴，次序同请求；合并计算时为一行 · The lines in the order of the request; one when combined.
        lines: Vec<LineIncome> = [{"mineral": "gold", "rate_percent": "2.3", "levy_revenue": "12345678.90", "income": "283950.61"}];
        /// 分成 · The income shared between the treasuries.
        split: Option<revenue_split::Outcome> = {"central": "113580.24", "local": "170370.37", "account": "103071404"};
    }
}

answer_shape! {
    /// 一行的应缴 · One line's income.
    LineIncome as "LineIncome" {
        /// 矿种代码 · Code.
        mineral: MineralCode = "gold", from |it| it.mineral;
        /// 收益率（%）· The rate.
        rate_percent: Percent = "2.3";
        /// 计征收入（元）· What the rate is taken of.
        levy_revenue: Yuan = "12345678.90";
        /// 应缴（元）· The income.
        income: Yuan = "283950.61";
    }
}
