//! `benchmark-value`: 市场基准价计算值.

use chrono::NaiveDate;

use crate::api::declare::{answer_shape, request_shape};
use crate::api::schema::{DivisionName, MineralCode, MineralName};
use crate::api::topic::TopicDoc;
use crate::domain::benchmark::{Item, ItemValue, NamedCoefficient, Outcome, Request};
use crate::domain::money::Yuan;
use crate::domain::quantity::{Number, Quantity, UnitPrice};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "市场基准价计算值 · Benchmark value",
    description: "每项：四舍五入（单价 × 数量 × 各系数之积），再相加（第十三条、自然资办函〔2023〕1905号）。\
        单价和系数取自省级数据表（单位须一致，超过三年未更新的给出提示）或由请求给出。\n\n\
        Each item: round(unit price × quantity × product of the coefficients), then added (art. 13). Prices and coefficients come from the \
        province's table (its unit counts; older than three years warns) or from the request.",
    example: r#"{"as_of": "2024-09-01", "province": "河北", "items": [{"mineral": "水泥用灰岩", "quantity": "1000", "unit": "t"}]}"#,
};

request_shape! {
    /// 一批资源储量 · Reserves of one or several minerals.
    Request<'n> as "BenchmarkValueRequest" {
        /// 数据表的日期 · The day whose table counts.
        as_of: NaiveDate = "2024-09-01";
        /// 所在省 · Division.
        province: Option<&'n str>, like Option<DivisionName> = "河北";
        /// 各项 · The items.
        items: Vec<Item<'n>> = [{"mineral": "水泥用灰岩", "quantity": "1000", "unit": "t"}];
    }
}

request_shape! {
    /// 一个矿种的资源储量 · Reserves of one mineral.
    Item<'n> as "BenchmarkItem" {
        /// 矿种 · Mineral.
        mineral: &'n str, like MineralName = "水泥用灰岩";
        /// 数据表内的类别 · Class inside the mineral, where the table has classes.
        class: Option<&'n str> = "first";
        /// 数量，按单价的单位，大于 0 · Reserves in the unit of the price, above 0.
        quantity: Number = "1000";
        /// 单位 · The unit.
        unit: Option<&'n str> = "t";
        /// 单价（元/单位），优先于数据表 · Yuan per unit; comes before the table's.
        unit_price: Option<Number> = "3";
        /// 另加的系数 · Factors on top of the price.
        coefficients: Vec<NamedCoefficient<'n>> = [{"name": "品位调整", "value": "0.8"}], left_out Vec::new();
        /// 地区调整系数所按的地名 · The place that the table's area coefficient goes by.
        area: Option<&'n str> = "康保";
    }
}

request_shape! {
    /// 一个系数 · A factor.
    NamedCoefficient<'n> as "NamedCoefficient" {
        /// 名称 · What it stands for.
        name: &'n str = "品位调整";
        /// 值，大于 0，最多 8 位小数 · The factor, above 0, at most 8 decimals.
        value: Number = "0.8";
    }
}

answer_shape! {
    /// 基准价计算值 · The benchmark value.
    Outcome as "BenchmarkValueResult" {
        /// 合计（元）· The sum of the items, in yuan.
        benchmark_value: Yuan = "1300.00", from |it| it.benchmark_value.yuan();
        /// 各项，顺序同请求 · The items in the order of the request.
        items: Vec<ItemValue> = [];
    }
}

answer_shape! {
    /// 一项的计算值 · The value of one item.
    ItemValue as "BenchmarkItemValue" {
        /// 矿种代码 · Code of the mineral.
        mineral: MineralCode = "cement_limestone", from |it| it.mineral.as_str();
        /// 采用的单价（元/单位）· Yuan per unit.
        unit_price: UnitPrice = "1.3";
        /// 数量 · Quantity.
        quantity: Quantity = "1000";
        /// 计算值（元）· The value, in yuan.
        value: Yuan = "1300.00";
    }
}
