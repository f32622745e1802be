//! `starting-price`: 起始价.

use chrono::NaiveDate;

use crate::api::declare::{answer_shape, choice, request_shape};
use crate::api::schema::{DivisionName, MineralName};
use crate::api::topic::TopicDoc;
use crate::domain::exact::Exact;
use crate::domain::money::Yuan;
use crate::domain::place::Place;
use crate::domain::quantity::{Coefficient, Number, StandardWanPerKm2};
use crate::domain::rounding::PriceRounding;
use crate::domain::start_price::{Geology, Outcome, Parameters, Request, Right, Stage};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "起始价 · Starting price",
    description: "起始价 = 起始价标准（万元/km²）× 成矿地质条件系数 × 勘查工作程度调整系数 × 面积（第十条、自然资发〔2023〕166号）。\
        标准和取整按省，系数全国统一；直接出让采矿权按勘探程度；油气只用标准 × 面积。请求给出的参数优先并给出提示。\n\n\
        Standard (10 000 yuan per km²) × geology coefficient × stage coefficient × area (art. 10, notice 166 of 2023). Standard and \
        rounding are provincial, coefficients national; a directly granted mining right uses the stage `advanced`; oil and gas go by \
        standard × area. What the request supplies comes first, with a warning.",
    example: r#"{"as_of": "2024-06-01", "mineral": "铁", "right": "exploration", "geology": "medium", "stage": "general", "area_km2": "3.5784"}"#,
};

choice!(Geology { "simple" => Geology::Simple, "medium" => Geology::Medium, "complex" => Geology::Complex });
choice!(Stage {
    "blank" => Stage::Blank,
    "general" => Stage::General,
    "detailed" => Stage::Detailed,
    "advanced" => Stage::Advanced,
});

request_shape! {
    /// 拟出让的一宗探矿权或采矿权 · A right to be granted.
    Request<'n> as "StartingPriceRequest" {
        /// 适用规定的日期 · The day whose rules count.
        as_of: NaiveDate = "2024-06-01";
        /// 所在省 · Division; without it the national values, with a warning.
        province: Option<&'n str>, like Option<DivisionName> = "山东";
        /// 矿种 · Mineral.
        mineral: &'n str, like MineralName = "铁";
        /// 探矿权或采矿权 · Exploration or mining right.
        right: Right = "exploration";
        /// 成矿地质条件类别，按矿床成因类型 · Class of the geological conditions, by the genetic type of the deposit.
        geology: Option<Geology> = "medium";
        /// 勘查工作程度：空白、普查、详查、勘探；采矿权只能是 advanced · Exploration stage; only `advanced` for a mining right.
        stage: Option<Stage> = "general";
        /// 面积（km²），大于 0，最多 8 位小数 · Area in km², above 0, at most 8 decimals.
        area_km2: Number = "3.5784";
        /// 陆域或海域，油气矿种使用 · Land or sea, for oil and gas.
        place: Option<Place> = "land";
        /// 由请求给出的参数，优先于数据 · Parameters that the request supplies; they come before the data.
        parameters: Parameters = {"standard_wan_per_km2": "2"},
            left_out Parameters { standard_wan_per_km2: None, geology_coefficient: None, stage_coefficient: None, rounding: None };
        /// 评估值（元），2026 年通知之后目录外矿种使用 · Appraised value, outside the catalogue from the joint notice of 2026 on.
        appraised_value: Option<Number> = "3222.50";
        /// 基准价计算值（元），同上 · Benchmark value, likewise.
        benchmark_value: Option<Number> = "2583.50";
    }
}

request_shape! {
    /// 由请求给出的参数 · Parameters that the request supplies.
    Parameters as "StartingPriceParameters" {
        /// 起始价标准（万元/km²），最多 6 位小数 · Standard in 10 000 yuan per km², at most 6 decimals.
        standard_wan_per_km2: Option<Number> = "2";
        /// 成矿地质条件系数，最多 8 位小数 · Geology coefficient, at most 8 decimals.
        geology_coefficient: Option<Number> = "1";
        /// 勘查工作程度调整系数，最多 8 位小数 · Stage coefficient, at most 8 decimals.
        stage_coefficient: Option<Number> = "3";
        /// 取整方式 · How the price is rounded.
        rounding: Option<PriceRounding> = "fen";
    }
}

answer_shape! {
    /// 起始价 · The starting price.
    Outcome as "StartingPriceResult" {
        /// 起始价（元）· The price, in yuan.
        starting_price: Yuan = "214704.00", from |it| it.starting_price.yuan();
        /// 取整前的精确值（元）· In yuan before rounding, exact.
        unrounded: Exact = "214704.00";
        /// 采用的标准（万元/km²）· The standard used.
        standard_wan_per_km2: Option<StandardWanPerKm2> = "2", from |it| it.factors.as_ref().map(|used| used.standard);
        /// 采用的成矿地质条件系数 · The geology coefficient used.
        geology_coefficient: Option<Coefficient> = "1",
            from |it| it.factors.as_ref().and_then(|used| used.coefficients).map(|(geology, _)| geology);
        /// 采用的勘查工作程度调整系数 · The stage coefficient used.
        stage_coefficient: Option<Coefficient> = "3",
            from |it| it.factors.as_ref().and_then(|used| used.coefficients).map(|(_, stage)| stage);
        /// 取整方式 · How it was rounded.
        rounding: PriceRounding = "fen";
    }
}
