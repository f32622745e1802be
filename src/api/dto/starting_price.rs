//! `starting-price`: 起始价.

use chrono::NaiveDate;

use crate::api::declare::{answer_shape, choice, request_shape};
use crate::api::schema::{DivisionName, MineralName};
use crate::api::topic::{Compared, Moved, TopicDoc};
use crate::domain::exact::Exact;
use crate::domain::money::Yuan;
use crate::domain::place::Place;
use crate::domain::quantity::{Coefficient, Number, StandardWanPerKm2};
use crate::domain::rounding::PriceRounding;
use crate::domain::start_price::{Geology, Outcome, Parameters, Request, Right, Stage};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "起始价 · Starting price",
    description: "起始价＝起始价标准（万元/km²）×成矿地质条件调整系数×勘查工作程度调整系数×面积，按省的取整办法取整（第十条、自然资发〔2023〕166号）；\
        油气：标准×面积。请求给出的参数优先于省，省优先于国家。目录外矿种自 2026 年联合通知起为评估值与基准价测算值的较高者。\n\n\
        Standard (10 000 yuan per km²) × geology × stage × area, rounded as the province publishes it (art. 10, No. 166 of 2023); \
        oil and gas: standard × area. What the request supplies comes before the province's, that before the national. Outside \
        the catalogue, from the joint notice of 2026 on, the higher of appraised and benchmark value.",
    example: r#"{"as_of": "2025-06-01", "province": "湖北", "mineral": "铁", "right": "exploration", "geology": "medium",
        "stage": "general", "area_km2": "3.5784"}"#,
    compared: Compared { amounts: &["/result/starting_price"], moved: &[Moved::Day("/as_of")] },
};

choice!(Geology { "simple" => Geology::Simple, "medium" => Geology::Medium, "complex" => Geology::Complex });
choice!(Stage {
    "blank" => Stage::Blank,
    "general" => Stage::General,
    "detailed" => Stage::Detailed,
    "advanced" => Stage::Advanced,
});
choice!(PriceRounding {
    "fen" => PriceRounding::Fen,
    "yuan" => PriceRounding::Yuan,
    "wan_up" => PriceRounding::WanUp,
    "wan_half_up" => PriceRounding::WanHalfUp,
    "hundred_yuan_half_up" => PriceRounding::HundredYuanHalfUp,
});

request_shape! {
    /// 一个矿业权的起始价 · The starting price of a right.
    Request<'n> as "StartingPriceRequest" {
        /// 基准日，决定适用的版本 · The day whose versions count.
        as_of: NaiveDate = "2025-06-01";
        /// 行政区划：六位代码或中文名称 · Six-digit division code or Chinese name.
        province: Option<&'n str>, like Option<DivisionName> = "湖北";
        /// 矿种代码或登记名称 · Code or registered name.
        mineral: &'n str, like MineralName = "铁";
        /// 探矿权或采矿权 · Exploration or mining right.
        right: Right = "exploration";
        /// 成矿地质条件：简单、中等、复杂 · Geological conditions.
        geology: Option<Geology> = "medium";
        /// 勘查工作程度：空白、普查、详查、勘探；直接出让采矿权为勘探 · Stage of exploration; a mining right counts as advanced.
        stage: Option<Stage> = "general";
        /// 面积（km²），大于 0，最多 8 位小数 · Area in km², above 0, at most 8 decimals.
        area_km2: Number = "3.5784";
        /// 陆域或海域（油气）· Land or sea, for oil and gas.
        place: Option<Place> = "land";
        /// 由请求给出、代替数据的参数 · What the request supplies in the place of the data.
        parameters: Parameters = {"rounding": "fen"}, left_out Parameters::default();
        /// 评估值（元），目录外矿种用 · Appraised value in yuan, outside the catalogue.
        appraised_value: Option<Number> = "9000000.00";
        /// 基准价测算值（元），目录外矿种用 · Benchmark value in yuan, outside the catalogue.
        benchmark_value: Option<Number> = "8000000.00";
    }
}

request_shape! {
    /// 代替数据的参数 · Parameters in the place of the data.
    Parameters as "StartingPriceParameters" {
        /// 起始价标准（万元/km²），大于 0 · Standard in 10 000 yuan per km², above 0.
        standard_wan_per_km2: Option<Number> = "2";
        /// 成矿地质条件调整系数，大于 0 · Factor for the geological conditions.
        geology_coefficient: Option<Number> = "1.5";
        /// 勘查工作程度调整系数，大于 0 · Factor for the stage.
        stage_coefficient: Option<Number> = "2";
        /// 取整办法 · How the price is rounded.
        rounding: Option<PriceRounding> = "fen";
    }
}

answer_shape! {
    /// 起始价 · A starting price.
    Outcome as "StartingPriceResult" {
        /// 起始价（元）· The price in yuan.
        starting_price: Yuan = "214704.00", from |it| it.starting_price.yuan();
        /// 取整前（元），精确值 · In yuan before rounding, exact.
        unrounded: Exact = "214704.00";
        /// 采用的标准（万元/km²）· The standard used.
        standard_wan_per_km2: Option<StandardWanPerKm2> = "2", from |it| it.factors.map(|factors| factors.standard);
        /// 采用的成矿地质条件调整系数 · The factor used for the geological conditions.
        geology_coefficient: Option<Coefficient> = "1.5",
            from |it| it.factors.and_then(|factors| factors.coefficients).map(|(geology, _)| geology);
        /// 采用的勘查工作程度调整系数 · The factor used for the stage.
        stage_coefficient: Option<Coefficient> = "2",
            from |it| it.factors.and_then(|factors| factors.coefficients).map(|(_, stage)| stage);
        /// 采用的取整办法 · How the price was rounded.
        rounding: PriceRounding = "yuan";
    }
}
