//! `split`: 中央与地方分成, and the location that other topics take too.

use chrono::NaiveDate;
use utoipa::openapi::{RefOr, Schema};

use super::common::{named_reference, names, one_of, unless_empty};
use crate::api::declare::{answer_shape, choice, request_shape};
use crate::api::node::Node;
use crate::api::schema::{Described, DivisionCode, DivisionName, Named, SplitClassCode, Words};
use crate::api::shape::{Decode, Faults};
use crate::api::topic::{Compared, Moved, TopicDoc};
use crate::domain::error::At;
use crate::domain::money::Yuan;
use crate::domain::place::AreaKind;
use crate::domain::quantity::Number;
use crate::domain::revenue_split::{Area, IncomePart, Location, Outcome, PartShares, Request, Scheme};

/// The words of the topic.
pub const DOC: TopicDoc = TopicDoc {
    summary: "中央与地方分成 · Split between the treasuries",
    description: "陆域和地方管理海域：中央 40%、地方 60%；其他我国管辖海域：全部归中央（第四条）。地方部分再按缴款当日该省的办法分到省、市、县；\
        没有办法的不再细分并给出提示。海上油气跨海域的成交价按面积分摊（第六条）。\n\n\
        Land and locally managed sea: central 40 %, local 60 %; any other sea: all central (art. 4). The local part is divided by \
        the province's scheme of the day of payment; without one it stays whole, with a warning. The price of sea oil and gas \
        across areas goes by area (art. 6).",
    example: r#"{"amount": "1000000.01", "paid_on": "2024-12-14", "location": {"kind": "land", "province": "山东"}}"#,
    compared: Compared { amounts: &["/result/central", "/result/local"], moved: &[Moved::Day("/paid_on")] },
};

choice!(IncomePart { "price" => IncomePart::Price, "rate" => IncomePart::Rate });

request_shape! {
    /// 一笔收入的分成 · One amount to share.
    Request<'n> as "SplitRequest" {
        /// 缴款金额（元），大于 0，最多 2 位小数 · The amount paid in yuan, above 0, at most 2 decimals.
        amount: Number = "1000000.01";
        /// 缴款日，决定适用的版本 · The day of payment; its versions count.
        paid_on: NaiveDate = "2024-12-14";
        /// 成交价部分还是逐年部分（海上油气跨海域时用，第六条）· Price or annual part, for sea oil and gas across areas (art. 6).
        part: Option<IncomePart> = "price";
        /// 所在区域 · Where it belongs.
        location: Location<'n> = {"kind": "land", "province": "山东"};
    }
}

/// Several areas of sea.
struct Parts<'n> {
    parts: Vec<Part<'n>>,
}

/// One of several areas of sea.
struct Part<'n> {
    kind: AreaKind,
    province: Option<&'n str>,
    scheme: Option<Scheme<'n>>,
    area_km2: Number,
}

/// Percentages instead of a scheme.
struct Shares {
    central: Number,
    local: Number,
}

request_shape! {
    /// 一个区域 · One area.
    Area<'n> as "Area" {
        /// 陆域、地方管理海域或其他海域 · Land, locally managed sea or any other sea.
        kind: AreaKind = "land";
        /// 行政区划：六位代码或中文名称 · Six-digit division code or Chinese name.
        province: Option<&'n str>, like Option<DivisionName> = "山东";
        /// 省内分成类别代码，或由请求给出的中央、地方比例 · Class of the province's scheme, or shares given by the request.
        scheme: Option<Scheme<'n>> = "default";
    }
}

request_shape! {
    /// 跨海域的油气：按面积分摊 · Sea oil and gas across areas, by area (art. 6).
    Parts<'n> as "AreaParts" {
        /// 各海域 · The areas.
        parts: Vec<Part<'n>> = [{"kind": "local_sea", "province": "山东", "area_km2": "60"}, {"kind": "other_sea", "area_km2": "40"}];
    }
}

request_shape! {
    /// 一个海域及其面积 · An area of sea and its size.
    Part<'n> as "AreaPart" {
        /// 陆域、地方管理海域或其他海域 · Land, locally managed sea or any other sea.
        kind: AreaKind = "local_sea";
        /// 行政区划：六位代码或中文名称 · Six-digit division code or Chinese name.
        province: Option<&'n str>, like Option<DivisionName> = "山东";
        /// 省内分成类别代码，或由请求给出的中央、地方比例 · Class of the province's scheme, or shares given by the request.
        scheme: Option<Scheme<'n>> = "default";
        /// 面积（km²），大于 0，最多 8 位小数 · Size in km², above 0, at most 8 decimals.
        area_km2: Number = "60";
    }
}

request_shape! {
    /// 由请求给出的比例（用于早于现有规定的缴款）· Shares given by the request, for payments before any rule at hand.
    Shares as "GivenShares" {
        /// 中央比例（%）· Central share in percent.
        central: Number = "40";
        /// 地方比例（%）· Local share in percent.
        local: Number = "60";
    }
}

impl<'n> Decode<'n> for Scheme<'n> {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        match node {
            Node::Object(_) => {
                Shares::decode(node, at, faults).map(|Shares { central, local }| Scheme::Shares { central, local })
            }
            _ => <&str>::decode(node, at, faults).map(Scheme::Class),
        }
    }
}

impl Described for Scheme<'_> {
    fn schema(words: Words) -> RefOr<Schema> {
        one_of(vec![SplitClassCode::schema(Words::default()), named_reference("GivenShares")], words)
    }

    fn named(named: &mut Named) {
        Shares::named(named);
    }
}

impl<'n> Decode<'n> for Location<'n> {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        if matches!(node, Node::Object(_)) && !names(node, "kind") && !names(node, "parts") {
            faults.none_of(at, &["kind", "parts"]);
            return None;
        }
        if !names(node, "parts") {
            return Area::decode(node, at, faults).map(Location::Single);
        }
        let Parts { parts } = Parts::decode(node, at, faults)?;
        let areas = parts
            .into_iter()
            .map(|Part { kind, province, scheme, area_km2 }| (Area { kind, province, scheme }, area_km2));
        Some(Location::Parts(areas.collect()))
    }
}

impl Described for Location<'_> {
    fn schema(words: Words) -> RefOr<Schema> {
        crate::api::schema::reference("Location", words)
    }

    fn named(named: &mut Named) {
        let words = crate::api::schema::words(
            "一个区域，或跨海域油气的多个区域 · One area, or several areas of sea for oil and gas.",
        );
        named.add(
            "Location",
            || one_of(vec![named_reference("Area"), named_reference("AreaParts")], words),
            |named| {
                Area::named(named);
                Parts::named(named);
            },
        );
    }
}

answer_shape! {
    /// 各级国库所得 · What each treasury gets.
    Outcome as "SplitResult" {
        /// 中央（元）· Central treasury, in yuan.
        central: Yuan = "400000.00", from |it| it.shares.central;
        /// 地方合计（元）· All local treasuries together, in yuan.
        local: Yuan = "600000.01", from |it| it.shares.local;
        /// 省级（元），有分成办法时 · Province, where a scheme divides the local part.
        province: Option<Yuan> = "180000.00", from |it| it.shares.levels.map(|[province, _, _]| province);
        /// 市级（元）· City.
        city: Option<Yuan> = "180000.00", from |it| it.shares.levels.map(|[_, city, _]| city);
        /// 县级（元）· County.
        county: Option<Yuan> = "240000.01", from |it| it.shares.levels.map(|[_, _, county]| county);
        /// 预算科目（第二十五条）· Budget account (art. 25).
        account: String = "103071404";
        /// 各区域的分成，仅在多个区域时 · One entry for each area when there are several.
        parts: Option<&'a [PartShares]> = [], from |it| unless_empty(&it.parts);
    }
}

answer_shape! {
    /// 一个区域的分成 · The shares of one area.
    PartShares as "SplitPart" {
        /// 区域类别 · Kind of area.
        kind: AreaKind = "local_sea";
        /// 行政区划代码 · Division code.
        division: Option<DivisionCode> = "370000", from |it| &it.province;
        /// 落在该区域的金额（元）· What falls on this area, in yuan.
        amount: Yuan = "600000.00";
        /// 中央（元）· Central treasury.
        central: Yuan = "240000.00", from |it| it.shares.central;
        /// 地方合计（元）· All local treasuries together.
        local: Yuan = "360000.00", from |it| it.shares.local;
        /// 省级（元）· Province.
        province: Option<Yuan> = "108000.00", from |it| it.shares.levels.map(|[province, _, _]| province);
        /// 市级（元）· City.
        city: Option<Yuan> = "108000.00", from |it| it.shares.levels.map(|[_, city, _]| city);
        /// 县级（元）· County.
        county: Option<Yuan> = "144000.00", from |it| it.shares.levels.map(|[_, _, county]| county);
    }
}
