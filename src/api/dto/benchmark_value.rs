//! `benchmark-value`: 基准价测算值.

use chrono::NaiveDate;

use crate::api::declare::{answer_shape, request_shape};
use crate::api::schema::{DivisionName, MineralCode, MineralName};
use crate::api::topic::{Compared, Moved, TopicDoc};
use crate::domain::benchmark::{Item, ItemValue, NamedCoefficient, Outcome, Request};
use crate::domain::money::Yuan;
use crate::domain::quantity::{Number, Quantity, UnitPrice};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "基准价测算值 · Benchmark value",
    description: "每项：四舍五入（单价×资源储量×各系数之积），各项相加（第十三条、自然资办函〔2023〕1905号）。单价和地区系数取自省的基准价表，或由请求给出。\n\n\
        For each item round(unit price × quantity × product of the coefficients), then added (art. 13). Unit price and area \
        coefficient come from the province's table or from the request.",
    example: r#"{"as_of": "2024-09-01", "province": "河北", "items": [{"mineral": "水泥用灰岩", "quantity": "1000", "unit": "t"}]}"#,
    compared: Compared { amounts: &["/result/benchmark_value"], moved: &[Moved::Day("/as_of")] },
};

request_shape! {
    /// 一个矿业权的基准价测算 · The benchmark value of a right.
    Request<'n> as "BenchmarkValueRequest" {
        /// 基准日 · The day whose table counts.
        as_of: NaiveDate = "2024-09-01";
        /// 行政区划：六位代码或中文名称（有县级基准价的可填县）· Division code or name; a county where it has prices of its own.
        province: Option<&'n str>, like Option<DivisionName> = "河北";
        /// 各矿种 · The minerals.
        items: Vec<Item<'n>> = [{"mineral": "水泥用灰岩", "quantity": "1000", "unit": "t"}];
    }
}

request_shape! {
    /// 一个矿种 · One mineral.
    Item<'n> as "BenchmarkItem" {
        /// 矿种代码或登记名称 · Code or registered name.
        mineral: &'n str, like MineralName = "水泥用灰岩";
        /// 基准价表的类别（品位等）· Class of the table (grade and the like).
        class: Option<&'n str> = "pb_zn_ge_20";
        /// 资源储量，大于 0 · Reserves, above 0.
        quantity: Number = "1000";
        /// 单位：t 或 m3 · Unit: t or m3.
        unit: Option<&'n str> = "t";
        /// 单价（元/单位）；优先于省 · Yuan per unit; comes before the table's.
        unit_price: Option<Number> = "1.30";
        /// 调整系数 · Factors on top of the price.
        coefficients: Vec<NamedCoefficient<'n>> = [{"name": "综合利用", "value": "0.5"}], left_out Vec::new();
        /// 适用地区系数的地区 · Place that the area coefficient goes by.
        area: Option<&'n str> = "康保";
    }
}

request_shape! {
    /// 一个调整系数 · A named factor.
    NamedCoefficient<'n> as "NamedCoefficient" {
        /// 名称 · What it stands for.
        name: &'n str = "综合利用";
        /// 系数，大于 0，最多 8 位小数；不填则取基准价表中同名的系数 · The factor, above 0, at most 8 decimals; the table's if left out.
        value: Option<Number> = "0.5";
    }
}

answer_shape! {
    /// 基准价测算值 · The benchmark value.
    Outcome as "BenchmarkValueResult" {
        /// 合计（元）· The sum of the items.
        benchmark_value: Yuan = "1300.00", from |it| it.benchmark_value.yuan();
        /// 各项，次序同请求 · The items in the order of the request.
        items: Vec<ItemValue> = [{"mineral": "limestone_cement", "unit_price": "1.30", "quantity": "1000", "value": "1300.00"}];
    }
}

answer_shape! {
    /// 一项的测算值 · One item's value.
    ItemValue as "BenchmarkItemValue" {
        /// 矿种代码 · Code.
        mineral: MineralCode = "limestone_cement", from |it| it.mineral.as_str();
        /// 单价（元/单位）· Yuan per unit.
        unit_price: UnitPrice = "1.30";
        /// 资源储量 · Reserves.
        quantity: Quantity = "1000";
        /// 测算值（元）· The value.
        value: Yuan = "1300.00";
    }
}
