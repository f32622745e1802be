//! `annual-income`: 逐年按率征收的出让收益, and the lines that arrears take too.

use chrono::NaiveDate;

use crate::api::declare::{answer_shape, choice, request_shape};
use crate::api::schema::{DeemedSaleCode, DivisionName, MineralCode, MineralName};
use crate::api::topic::TopicDoc;
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
    summary: "逐年出让收益 · Annual part levied by rate",
    description: "每行：收益 = 四舍五入（计征收入 × 收益率 × (1 − 减免)），合计为各行之和（第八、九条、自然资发〔2024〕173号）。\
        收入四选一：不含税收入；含税收入与税率；数量 × 单价；体积 × 核定价。产品与计征对象不同的须换算。次年 2 月末前缴纳（第二十四条）。\n\n\
        Each line: round(levy revenue × rate × (1 − reduction)); the total is their sum (arts 8, 9, notice 173 of 2024). Revenue in one of four \
        forms: without VAT; gross with the VAT percent; quantity × unit price; volume × approved price. A product that is not the levy object \
        is converted. Due by the last day of February of the next year (art. 24).",
    example: r#"{"year": 2024, "transfer_mode": "competitive", "transfer_date": "2023-09-01", "province": "山东",
        "lines": [{"mineral": "金", "product": "concentrate", "revenue": "12345678.90"}],
        "location": {"kind": "land", "province": "山东"}}"#,
};

choice!(Product { "raw_ore" => Product::RawOre, "concentrate" => Product::Concentrate, "other" => Product::Other });
choice!(PriceBasis { "actual" => PriceBasis::Actual, "public" => PriceBasis::Public });

request_shape! {
    /// 一年的销售申报 · The sales of a year.
    Request<'n> as "AnnualIncomeRequest" {
        /// 年度（1 月 1 日至 12 月 31 日）· The calendar year.
        year: i64 = 2024;
        /// 竞争或协议出让 · Competitive or by agreement.
        transfer_mode: TransferMode = "competitive";
        /// 出让日期，竞争出让必填 · Transfer date, needed for a competitive grant.
        transfer_date: Option<NaiveDate> = "2023-09-01";
        /// 合同约定的收益率（%）· Rate that the contract states, in percent.
        contract_rate_percent: Option<Number> = "2.3";
        /// 适用其数据表的省 · Division whose tables count.
        province: Option<&'n str>, like Option<DivisionName> = "山东";
        /// 销售行，每行一个矿种、一种产品 · The lines: one mineral and one product each.
        lines: Vec<Line<'n>> = [{"mineral": "金", "product": "concentrate", "revenue": "12345678.90"}];
        /// 油气等相互增列时的主矿种（第十七条）· Main mineral when oil, gas and the like are added to one another (art. 17).
        combine_as: Option<&'n str>, like Option<MineralName> = "石油";
        /// 所在区域；给出时结果含分成 · Where it belongs; with it the income is split.
        location: Option<Location<'n>> = {"kind": "land", "province": "山东"};
        /// 缴款日，决定分成版本；默认到期日 · Day of payment, for the split; the due date unless said.
        paid_on: Option<NaiveDate> = "2025-02-20";
        /// 到期日逢法定休息日顺延 · Whether a due date on a day off moves to the next working day.
        holiday_shift: HolidayShift = false;
        /// 各行的减免；行内另有减免的从其规定 · Reduction of every line without its own.
        reduction: Option<Reduction<'n>> = {"percent": "50", "approval": "财综批〔2024〕1号"};
    }
}

request_shape! {
    /// 一行销售：收入写法四选一 · One line of sales; its revenue in exactly one of four forms.
    Line<'n> as "SalesLine" {
        /// 矿种 · Mineral.
        mineral: &'n str, like MineralName = "金";
        /// 产品：原矿、选矿或其他 · What was sold.
        product: Product = "concentrate";
        /// 不含增值税的销售收入（元）· Revenue without VAT, in yuan.
        revenue: Option<Number> = "12345678.90";
        /// 含增值税的销售收入（元），与 vat_percent 同用 · Revenue with VAT; goes with `vat_percent`.
        gross_revenue: Option<Number> = "11300.00";
        /// 增值税税率（%）· VAT in percent.
        vat_percent: Option<Number> = "13";
        /// 销售数量，与 unit_price 同用 · Quantity sold; goes with `unit_price`.
        quantity: Option<Number> = "1234.567";
        /// 不含税单价（元），最多 6 位小数 · Yuan per unit without VAT, at most 6 decimals.
        unit_price: Option<Number> = "650.5";
        /// 开采体积（m³），地热、矿泉水使用 · Volume extracted in m³, for geothermal and mineral water.
        volume_m3: Option<Number> = "10000";
        /// 核定价（元/m³，不含税），优先于省级数据 · Approved price per m³ without VAT; comes before the province's.
        approved_price: Option<Number> = "32";
        /// 收讫款项或取得凭据之日；视同销售为所有权转移之日 · Day of the money or the proof of claim; for a deemed sale of the transfer.
        sold_on: Option<NaiveDate> = "2024-03-15";
        /// 销售期间，仅用于欠缴清算 · Period of the sales, for arrears only.
        period: Option<(NaiveDate, NaiveDate)> = {"from": "2020-01-01", "to": "2020-12-31"};
        /// 陆域或海域（目录第 1 行）· Land or sea (row 1).
        place: Option<Place> = "land";
        /// 地热的温度（℃）· Temperature of geothermal water.
        temperature_c: Option<Number> = "65";
        /// 换算系数，优先于省级数据 · Converts the product into the levy object; comes before the province's.
        conversion_coefficient: Option<Number> = "0.67";
        /// 另行指定的收益率时点 · Which catalogue counts, where it is not the return's.
        rate_basis: Option<RateBasis> = "at_sale";
        /// 视同销售的情形 · Kind of deemed sale.
        deemed_sale: Option<&'n str>, like Option<DeemedSaleCode> = "donation";
        /// 价格依据：实际或公开价 · Actual or public price.
        price_basis: Option<PriceBasis> = "actual";
        /// 本行的减免，优先于申报的减免 · The line's own reduction.
        reduction: Option<Reduction<'n>> = {"percent": "50", "approval": "财综批〔2024〕1号"};
    }
}

answer_shape! {
    /// 一年的出让收益 · The income of a year.
    Outcome as "AnnualIncomeResult" {
        /// 合计（元）· The sum of the lines, in yuan.
        income: Yuan = "283950.61";
        /// 申报缴纳的最后一天 · The last day for declaring and paying it.
        due_date: NaiveDate = "2025-02-28";
        /// 各行，顺序同请求；合并时为一行 · The lines in the order of the request; one when combined.
        lines: Vec<LineIncome> = [];
        /// 分成 · The income shared between the treasuries.
        split: Option<revenue_split::Outcome> = {};
    }
}

answer_shape! {
    /// 一行的收益 · The income of one line.
    LineIncome as "LineIncome" {
        /// 矿种代码 · Code of the mineral.
        mineral: MineralCode = "gold", from |it| it.mineral.as_str();
        /// 收益率（%）· Rate in percent.
        rate_percent: Percent = "2.3";
        /// 计征收入（元）· What the rate is taken of, in yuan.
        levy_revenue: Yuan = "12345678.90";
        /// 收益（元）· The income, in yuan.
        income: Yuan = "283950.61";
    }
}
