//! `projections`: 全生命周期测算.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use utoipa::openapi::{RefOr, Schema};

use super::common::{one_of, unless_empty};
use crate::api::declare::{answer_shape, choice, request_shape};
use crate::api::node::Node;
use crate::api::schema::{Described, DivisionName, MineralCode, MineralName, Words};
use crate::api::shape::{Decode, Faults};
use crate::api::topic::{Compared, Moved, TopicDoc};
use crate::domain::annual_income::LineIncome;
use crate::domain::error::At;
use crate::domain::instalment::{Licence, MineScale, Plan};
use crate::domain::money::Yuan;
use crate::domain::place::Place;
use crate::domain::projection::{
    Comparison, Figures, Forecast, Method, MineralTotal, Outcome, Payment, PaymentKind, PresentValue, Projected,
    Request, Series, SoldLine, SplitSums, Totals, Values, Variant, YearRow,
};
use crate::domain::quantity::Number;
use crate::domain::revenue_split::{self, Location};
use crate::domain::sales::Product;
use crate::domain::start_price::Right;
use crate::domain::transfer_income::{Competition, StageCompleted, TransferMode};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "全生命周期测算 · Projection",
    description: "投标以前，按预测的销售逐年测算一宗矿业权的全部缴款：价款（一次性或分期）、逐年征收的收益、各级分成、累计、现值，以及占销售收入的比例。\
        销售收入、销量和由其产生的收益按销售年份列示，其余各列按缴款年份列示：当年销售的收益次年 2 月底前缴纳（第二十四条），列入次年。\
        参与比较的方案只写与基准不同之处，并与基准比较。以后各年按现有最新的规定计算，并予提示。现值是唯一的估算值，10 位小数；其余精确到分。\
        2017-06-29 以前约定的分期才有资金占用费（第二十八条），新出让的没有。\n\n\
        限度：自首笔至末笔最多 100 年；每个方案最多 20 行预测；基准之外最多 20 个方案；各方案的预测合计最多 4 000 行年。\n\n\
        What a right costs over its whole life, before anybody bids: price (one sum or instalments), annual part, shares of the \
        treasuries, sum so far, present value, share of the sales. Sales, what was sold and the income on it stand in the year of \
        sale, everything else in the year of payment: income on a year's sales is due by the end of February of the next (art. \
        24). A scenario says only what differs from the request, and is compared with it. Years to come have the latest rules at \
        hand, with a warning. The present value alone is an approximation, with 10 decimals; all else is exact to the fen. Only \
        instalments agreed before 2017-06-29 bear a fund-occupation charge (art. 28), so a new grant has none.\n\n\
        Limits: 100 years from the first payment to the last, 20 forecasts for each scenario, 20 scenarios beside the first, \
        4 000 years of forecasts in all.",
    example: r#"{"name": "分期，现价", "right": "mining", "acquired": "competitive", "contract_signed_on": "2026-07-15",
        "registered_minerals": ["建筑用花岗岩"], "values": {"transaction_price": "12000000.00"}, "province": "内蒙古",
        "location": {"kind": "land", "province": "内蒙古"}, "mine_scale": "medium",
        "licence": {"from": "2026-08-01", "to": "2032-07-31"}, "plan": {"first_payment_percent": "20"},
        "notice_received_on": "2026-07-20", "discount_percent": "6",
        "sales": [{"mineral": "建筑用花岗岩", "product": "raw_ore", "from_year": 2027, "to_year": 2031, "output": "300000",
        "price": "45.5", "price_growth_percent": "1.5"}],
        "scenarios": [{"name": "一次性缴清", "plan": {"lump_sum": true}}, {"name": "价格下降二成", "price_change_percent": "-20"},
        {"name": "推迟一年", "shift_years": 1}]}"#,
    // The first scenario is the right as it is; the others are compared with it already.
    compared: Compared {
        amounts: &["/result/scenarios/0/totals/annual_income", "/result/scenarios/0/totals/total"],
        moved: &[Moved::Day("/contract_signed_on")],
    },
};

choice!(PaymentKind {
    "one_sum" => PaymentKind::OneSum,
    "first_payment" => PaymentKind::FirstPayment,
    "instalment" => PaymentKind::Instalment,
    "annual_income" => PaymentKind::AnnualIncome,
});

request_shape! {
    /// 一宗矿业权、其销售预测和参与比较的方案 · A right, its forecast, and the scenarios compared with it.
    Request<'n> as "ProjectionRequest" {
        /// 基准方案的名称，默认 base · Name of the first scenario, base unless said.
        name: Option<&'n str> = "分期，现价";
        /// 探矿权或采矿权 · Exploration or mining right.
        right: Right = "mining";
        /// 竞争出让或协议出让 · Competitive or by agreement.
        acquired: TransferMode = "competitive";
        /// 出让合同签订日，即出让日 · The signing of the contract: the transfer date.
        contract_signed_on: NaiveDate = "2026-07-15";
        /// 登记矿种，主矿种在前 · Minerals of the right, the main one first.
        registered_minerals: Vec<&'n str>, like Vec<MineralName> = ["建筑用花岗岩"];
        /// 确定价款的金额 · What decides on the price part.
        values: Values = {"transaction_price": "12000000.00"}, left_out Values::default();
        /// 是否涉及国家出资勘查 · Whether state money is in the exploration.
        state_funded_exploration: Option<bool> = false;
        /// 已完成的勘查阶段 · Highest stage of exploration that is complete.
        stage_completed: Option<StageCompleted> = "general";
        /// 竞争形式，默认挂牌 · Form of the competition; a listing unless said.
        competition: Option<Competition> = "listing";
        /// 合同约定的收益率（%）· Rate that the contract states.
        contract_rate_percent: Option<Number> = "1.2";
        /// 陆域或海域（第 1 行矿种）· Land or sea (row 1).
        place: Option<Place> = "land";
        /// 温度（℃）（地热）· Temperature of geothermal water.
        temperature_c: Option<Number> = "65";
        /// 行政区划：其折算系数、核定价格和分期规定适用 · Division whose coefficients, approved prices and bounds count.
        province: Option<&'n str>, like Option<DivisionName> = "内蒙古";
        /// 所在区域；给出时各笔缴款含分成 · Where the income belongs; with it every payment is split.
        location: Option<Location<'n>> = {"kind": "land", "province": "内蒙古"};
        /// 逐年征收部分的所在区域，与所在区域不同时填写（海上油气为平台所在）· Where the annual part belongs, if not there: the place of the platform.
        annual_location: Option<Location<'n>> = {"kind": "local_sea", "province": "山东"};
        /// 矿山生产规模（分期时）· Scale of the mine, for instalments.
        mine_scale: Option<MineScale> = "medium";
        /// 采矿许可证有效期（分期时）；探矿权为预计转采后的 · The mining licence, for instalments; for an exploration right the one expected.
        licence: Option<Licence> = {"from": "2026-08-01", "to": "2032-07-31"};
        /// 价款的缴纳方式，默认一次性缴清；只有按出让金额征收的可分期 · How the price is paid: one sum unless said; only income levied by amount is divisible.
        plan: Option<Plan> = {"first_payment_percent": "20"};
        /// 收到缴款通知书之日；不填则价款计入签订合同之年 · The day of the payment notice; without it the price counts in the year of the contract.
        notice_received_on: Option<NaiveDate> = "2026-07-20";
        /// 第一个年度分期的到期日 · Due date of the first annual instalment.
        first_annual_due_on: Option<NaiveDate> = "2027-08-01";
        /// 销售预测，最多 20 行 · The sales forecast, at most 20 lines.
        sales: Vec<Forecast<'n>> = [{"mineral": "建筑用花岗岩", "product": "raw_ore", "from_year": 2027, "to_year": 2031, "output": "300000", "price": "45.5"}],
            left_out Vec::new();
        /// 年折现率（%），0 至 100；不填则没有现值 · Discount rate a year, 0 to 100; without it there is no present value.
        discount_percent: Option<Number> = "6";
        /// 现值的基准年，默认基准方案签订合同之年 · The year that payments are discounted to; that of the first contract unless said.
        present_value_year: Option<i64> = 2026;
        /// 参与比较的其他方案，最多 20 个 · The other scenarios, at most 20.
        scenarios: Vec<Variant<'n>> = [{"name": "一次性缴清", "plan": {"lump_sum": true}}], left_out Vec::new();
    }
}

request_shape! {
    /// 确定价款的金额，字段名与评估相同 · What decides on the price part, by the names of the assessment.
    Values as "ProjectionValues" {
        /// 成交价（元）：拟报的价格 · Transaction price: the bid.
        transaction_price: Option<Number> = "12000000.00";
        /// 起始价（元）· Starting price.
        starting_price: Option<Number> = "9000000.00";
        /// 评估值（元）· Appraised value.
        appraised_value: Option<Number> = "9000000.00";
        /// 基准价测算值（元）· Benchmark value.
        benchmark_value: Option<Number> = "8000000.00";
        /// 底价（元）· Reserve price.
        reserve_price: Option<Number> = "9500000.00";
    }
}

request_shape! {
    /// 一个方案：只写与基准不同之处；金额逐项替换，其余整体替换 · A scenario: what differs from the first; prices amount by amount, all else as a whole.
    Variant<'n> as "ProjectionScenario" {
        /// 名称，1 至 60 个字符，不得重复 · Its name, 1 to 60 characters, its own.
        name: &'n str = "一次性缴清";
        /// 竞争出让或协议出让 · Competitive or by agreement.
        acquired: Option<TransferMode> = "agreement";
        /// 出让合同签订日 · The signing of the contract.
        contract_signed_on: Option<NaiveDate> = "2027-07-15";
        /// 整体推迟的年数，0 至 99：合同、通知、许可证、分期和销售 · Years by which everything is later: contract, notice, licence, instalments, sales.
        shift_years: Option<i64> = 1;
        /// 另一报价等 · Another bid.
        values: Values = {"transaction_price": "15000000.00"}, left_out Values::default();
        /// 是否涉及国家出资勘查 · Whether state money is in the exploration.
        state_funded_exploration: Option<bool> = true;
        /// 已完成的勘查阶段 · Highest stage of exploration that is complete.
        stage_completed: Option<StageCompleted> = "general";
        /// 合同约定的收益率（%）· Rate that the contract states.
        contract_rate_percent: Option<Number> = "1.5";
        /// 所在区域 · Where the income belongs.
        location: Option<Location<'n>> = {"kind": "land", "province": "山西", "scheme": "provincial_grant_city"};
        /// 逐年征收部分的所在区域 · Where the annual part belongs.
        annual_location: Option<Location<'n>> = {"kind": "local_sea", "province": "山东"};
        /// 矿山生产规模 · Scale of the mine.
        mine_scale: Option<MineScale> = "large";
        /// 采矿许可证有效期 · The mining licence.
        licence: Option<Licence> = {"from": "2026-08-01", "to": "2036-07-31"};
        /// 价款的缴纳方式 · How the price is paid.
        plan: Option<Plan> = {"lump_sum": true};
        /// 收到缴款通知书之日 · The day of the payment notice.
        notice_received_on: Option<NaiveDate> = "2026-08-20";
        /// 第一个年度分期的到期日 · Due date of the first annual instalment.
        first_annual_due_on: Option<NaiveDate> = "2027-09-01";
        /// 另一销售预测 · Another forecast.
        sales: Option<Vec<Forecast<'n>>> = [{"mineral": "建筑用花岗岩", "product": "raw_ore", "from_year": 2027, "to_year": 2031, "revenue": "9000000.00"}];
        /// 全部价格（及直接预测的收入）的变动（%）· Change of all prices, and of revenues forecast as such.
        price_change_percent: Option<Number> = "-20";
        /// 年折现率（%）· Discount rate a year.
        discount_percent: Option<Number> = "8";
    }
}

request_shape! {
    /// 一个矿种、一种产品的销售预测：收入，或产量与价格；每项为一个数（可带增长率）或逐年列出 · The sales of one mineral and product: revenue, or output with price; each one number, perhaps growing, or a list of the years.
    Forecast<'n> as "SalesForecast" {
        /// 矿种，须为登记矿种 · A registered mineral.
        mineral: &'n str, like MineralName = "建筑用花岗岩";
        /// 原矿产品、选矿产品或其他 · Raw ore, concentrate or other.
        product: Product = "raw_ore";
        /// 销售首年 · First year of sales.
        from_year: i64 = 2027;
        /// 销售末年；逐年列出的可不填 · Last year of sales; not needed with a list.
        to_year: Option<i64> = 2031;
        /// 不含增值税的销售收入（元）· Revenue without VAT.
        revenue: Option<Series> = "9000000.00";
        /// 收入逐年增长率（%），大于 −100 且不大于 1000 · Growth of the revenue from year to year.
        revenue_growth_percent: Option<Series> = "2";
        /// 销量；地热、矿泉水为取水量（m³）；为 0 的年份没有销售 · Quantity sold, for the waters the volume in m³; 0 is a year without sales.
        output: Option<Series> = ["200000", "300000", "300000"];
        /// 销量逐年增长率（%）· Growth of the output from year to year.
        output_growth_percent: Option<Series> = "5";
        /// 不含税单价（元）；地热、矿泉水为核定价格，不填用省的 · Yuan per unit without VAT; for the waters the approved price, the province's if left out.
        price: Option<Series> = "45.5";
        /// 单价逐年增长率（%），一个数或第二年起逐年列出 · Growth of the price: one number, or one for each year from the second on.
        price_growth_percent: Option<Series> = "1.5";
        /// 陆域或海域，与矿业权不同时填写 · Land or sea, if not the right's.
        place: Option<Place> = "land";
        /// 温度（℃），与矿业权不同时填写 · Temperature, if not the right's.
        temperature_c: Option<Number> = "65";
        /// 折算系数；优先于省 · Conversion coefficient; comes before the province's.
        conversion_coefficient: Option<Number> = "1.5";
    }
}

impl<'n> Decode<'n> for Series {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        match node {
            Node::List(_) => Vec::decode(node, at, faults).map(Series::Listed),
            _ => Number::decode(node, at, faults).map(Series::One),
        }
    }
}

impl Described for Series {
    fn schema(words: Words) -> RefOr<Schema> {
        one_of(vec![Number::schema(Words::default()), Vec::<Number>::schema(Words::default())], words)
    }
}

/// Which columns stand in which year.
#[derive(Clone, Copy, Debug)]
pub struct Columns;

/// Columns by the year of sale.
const BY_SALE: &[&str] = &["sales", "sold", "income_on_sales"];
/// Columns by the year of payment.
const BY_PAYMENT: &[&str] =
    &["price_part", "instalments", "annual_income", "total", "cumulative", "present_value", "split", "payments"];

answer_shape! {
    /// 各列的年份口径 · Which columns stand in which year.
    Columns as "ProjectionColumns" {
        /// 按销售年份列示的列 · Columns by the year of sale.
        year_of_sale: &'a [&'static str] = ["sales", "sold", "income_on_sales"], from |_it| BY_SALE;
        /// 按缴款年份列示的列 · Columns by the year of payment.
        year_of_payment: &'a [&'static str] = ["price_part", "instalments", "annual_income", "total"], from |_it| BY_PAYMENT;
    }
}

answer_shape! {
    /// 测算结果 · The projection.
    Outcome as "ProjectionResult" {
        /// 各列的年份口径 · Which columns stand in which year.
        columns: Columns = {"year_of_sale": ["sales"], "year_of_payment": ["total"]}, from |_it| Columns;
        /// 现值的算法，有折现率时 · How present values were taken, where there is a discount rate.
        present_value: Option<Method> = {"approximate": true, "base_year": 2026, "periods": "year - base_year", "decimals": 10, "rounding": "half_up"};
        /// 各方案并列，及其与第一个方案之差 · The scenarios side by side, each with its difference from the first.
        comparison: Vec<Comparison> = [];
        /// 各方案逐年的结果，基准在前 · The scenarios year by year, that of the request first.
        scenarios: Vec<Projected> = [];
    }
}

answer_shape! {
    /// 现值的算法：缴款 ÷ (1＋折现率)^(缴款年份－基准年)，每年四舍五入一次，合计为各年之和 · payments ÷ (1 + rate)^(year − base year), each year rounded once; a total is the sum of the years.
    Method as "PresentValueMethod" {
        /// 始终为真：现值是估算，不是应缴金额 · Always true: an estimate, not an amount due.
        approximate: bool = true, from |_it| true;
        /// 基准年 · The year that payments are discounted to.
        base_year: i64 = 2026, from |it| i64::from(it.base_year);
        /// 折现的整年数 · The whole years of discount.
        periods: &'static str = "year - base_year", from |_it| "year - base_year";
        /// 小数位数 · Decimals of a yuan.
        decimals: u32 = 10;
        /// 取整 · Rounding.
        rounding: &'static str = "half_up", from |_it| "half_up";
    }
}

answer_shape! {
    /// 一个方案 · A scenario.
    Projected as "ProjectedScenario" {
        /// 名称 · Its name.
        name: String = "分期，现价";
        /// 合计 · The sums over all years.
        totals: Totals = {"sales": "70000000.00", "price_part": "2400000.00", "instalments": "9600000.00", "annual_income": "0.00", "total": "12000000.00", "open_remainder": "0.00", "minerals": []};
        /// 逐年，无间断 · The years without a gap.
        years: Vec<YearRow> = [];
    }
}

answer_shape! {
    /// 各年合计 · The sums over all years.
    Totals as "ProjectionTotals" {
        /// 销售收入（元）· Revenue of all sales.
        sales: Yuan = "70000000.00", from |it| it.figures.sales;
        /// 一次性缴纳和首次缴纳的价款（元）· Price in one sum, and first payments.
        price_part: Yuan = "2400000.00", from |it| it.figures.price_part;
        /// 年度分期（元）· Annual instalments of the price.
        instalments: Yuan = "9600000.00", from |it| it.figures.instalments;
        /// 逐年征收（元）· The annual part.
        annual_income: Yuan = "0.00", from |it| it.figures.annual_income;
        /// 缴款合计（元）· All payments.
        total: Yuan = "12000000.00", from |it| it.figures.total;
        /// 现值（元，估算）· Present value, an estimate.
        present_value: Option<PresentValue> = "10563249.7812345678", from |it| it.figures.present_value;
        /// 缴款占销售收入的比例（%，6 位小数）· All payments in percent of the sales, six decimals.
        share_of_sales_percent: Option<Decimal> = "17.142857", from |it| it.figures.share_of_sales_percent;
        /// 分成 · What the treasuries get.
        split: Option<SplitSums> = {"central": "4800000.00", "local": "7200000.00", "undivided": "0.00"};
        /// 分矿种 · By mineral.
        minerals: Vec<MineralTotal> = [];
        /// 探矿权未转采的剩余价款（元），不列入各年 · The rest that waits for a conversion and is in no year.
        open_remainder: Yuan = "0.00";
    }
}

answer_shape! {
    /// 一个矿种的合计 · A mineral over the whole life.
    MineralTotal as "ProjectedMineral" {
        /// 矿种代码 · Code.
        mineral: MineralCode = "copper", from |it| it.mineral.as_str();
        /// 销售收入（元）· Revenue of its sales.
        sales: Yuan = "70000000.00";
        /// 逐年征收（元）· The annual part on them.
        annual_income: Yuan = "840000.00";
    }
}

answer_shape! {
    /// 一个日历年 · One calendar year.
    YearRow as "ProjectedYear" {
        /// 年份 · The year.
        year: i64 = 2027, from |it| i64::from(it.year);
        /// 当年销售收入（元）· Revenue of the sales of this year.
        sales: Yuan = "13650000.00";
        /// 当年各矿种的销售 · The sales of this year.
        sold: Vec<SoldLine> = [];
        /// 当年销售应缴的收益（元），次年缴 · The annual part on this year's sales, due in the next.
        income_on_sales: Yuan = "0.00";
        /// 当年缴的价款（元）：一次性或首次 · Price in one sum and first payments, in this year.
        price_part: Yuan = "0.00";
        /// 当年到期的年度分期（元）· Instalments due in this year.
        instalments: Yuan = "3200000.00";
        /// 当年缴的上年销售收益（元）· The annual part due in this year, on the sales of the year before.
        annual_income: Yuan = "0.00";
        /// 当年缴款合计（元）· All payments of this year.
        total: Yuan = "3200000.00";
        /// 累计缴款（元）· All payments up to this year.
        cumulative: Yuan = "5600000.00";
        /// 当年缴款的现值（元，估算）· Present value of this year's payments, an estimate.
        present_value: Option<PresentValue> = "3018867.9245283019";
        /// 当年缴款的分成 · What the treasuries get of this year's payments.
        split: Option<SplitSums> = {"central": "1280000.00", "local": "1920000.00", "undivided": "0.00"};
        /// 当年各笔缴款 · The payments of this year.
        payments: Vec<Payment> = [];
    }
}

answer_shape! {
    /// 一行预测在一年的销售 · What was sold of one forecast in one year.
    SoldLine as "ProjectedSales" {
        /// 矿种代码 · Code.
        mineral: MineralCode = "granite", from |it| it.mineral.as_str();
        /// 产品 · What was sold.
        product: Product = "raw_ore";
        /// 销量或取水量 · Quantity, or volume.
        output: Option<Decimal> = "300000";
        /// 不含税单价（元）· Yuan per unit.
        price: Option<Decimal> = "45.5";
        /// 销售收入（元）· Revenue without VAT.
        revenue: Yuan = "13650000.00";
    }
}

answer_shape! {
    /// 一笔缴款 · One payment.
    Payment as "ProjectedPayment" {
        /// 一次性价款、首次缴纳、年度分期或逐年征收 · What it is.
        kind: PaymentKind = "annual_income";
        /// 分期的期数 · Number of the instalment.
        number: Option<u32> = 1;
        /// 逐年征收的销售年份 · For the annual part: the year of sale.
        sale_year: Option<i64> = 2027, from |it| it.sale_year.map(i64::from);
        /// 到期日；没有缴款通知书日期的价款、许可证只给年数的分期没有 · The last day for it, where the rules give one.
        due_date: Option<NaiveDate> = "2028-02-29";
        /// 金额（元）· How much.
        amount: Yuan = "480000.00";
        /// 逐年征收的各矿种 · The annual part by mineral.
        lines: Option<&'a [LineIncome]> = [], from |it| unless_empty(&it.lines);
        /// 分成 · What each treasury gets.
        split: Option<revenue_split::Outcome> = {"central": "192000.00", "local": "288000.00", "account": "103071404"};
    }
}

answer_shape! {
    /// 多笔缴款的分成：central + local，local = province + city + county + undivided · Shares of several payments.
    SplitSums as "ProjectedSplit" {
        /// 中央（元）· Central treasury.
        central: Yuan = "1280000.00";
        /// 地方合计（元）· All local treasuries together.
        local: Yuan = "1920000.00";
        /// 省级（元），有分成办法时 · Province, where a scheme divides the local part.
        province: Option<Yuan> = "960000.00", from |it| it.levels.map(|[province, _, _]| province);
        /// 市级（元）· City.
        city: Option<Yuan> = "960000.00", from |it| it.levels.map(|[_, city, _]| city);
        /// 县级（元）· County.
        county: Option<Yuan> = "0.00", from |it| it.levels.map(|[_, _, county]| county);
        /// 没有省以下办法、未再划分的地方部分（元）· The local part that no scheme divides.
        undivided: Yuan = "0.00";
    }
}

answer_shape! {
    /// 比较表的一行 · A row of the table of comparison.
    Comparison as "ProjectionComparison" {
        /// 方案 · The scenario.
        name: String = "一次性缴清";
        /// 该方案的数字 · Its figures.
        figures: Figures = {"sales": "70000000.00", "price_part": "12000000.00", "instalments": "0.00", "annual_income": "0.00", "total": "12000000.00"};
        /// 与第一个方案之差；第一个方案没有 · Its figures less those of the first; none for the first.
        difference: Option<Figures> = {"sales": "0.00", "price_part": "9600000.00", "instalments": "-9600000.00", "annual_income": "0.00", "total": "0.00"};
    }
}

answer_shape! {
    /// 用于比较的数字，或两个方案之差 · The figures that scenarios are compared by, or their differences.
    Figures as "ProjectionFigures" {
        /// 销售收入（元）· Revenue of all sales.
        sales: Yuan = "70000000.00";
        /// 一次性缴纳和首次缴纳的价款（元）· Price in one sum, and first payments.
        price_part: Yuan = "12000000.00";
        /// 年度分期（元）· Annual instalments of the price.
        instalments: Yuan = "0.00";
        /// 逐年征收（元）· The annual part.
        annual_income: Yuan = "0.00";
        /// 缴款合计（元）· All payments.
        total: Yuan = "12000000.00";
        /// 现值（元，估算）；差额须两个方案都有 · Present value, an estimate; a difference needs both.
        present_value: Option<PresentValue> = "12000000.0000000000";
        /// 占销售收入的比例（%）；差额为百分点 · Share of the sales in percent; a difference is in percentage points.
        share_of_sales_percent: Option<Decimal> = "17.142857";
    }
}
