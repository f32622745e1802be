//! `GET /v1/provinces/{code}`: what a province, or a county with data of its own, sets for itself on a day.

use chrono::NaiveDate;

use super::minerals::{DayQuery, Names};
use super::{ok, query};
use crate::api::declare::{RequestFields, answer_shape};
use crate::api::error::{ErrorCode, Problem};
use crate::api::reply::{JSON, Reply};
use crate::api::routes::{Action, AnswerExample, Asked, PathParameter, ReadDoc, Route};
use crate::api::schema::{Described, DivisionCode, SplitClassCode, Words};
use crate::domain::error::shortened;
use crate::domain::law::Law;
use crate::domain::place::Division;
use crate::domain::quantity::{Percent, StandardWanPerKm2};
use crate::domain::rate_book::{Parameter, Provenance, RateBook, SplitClass, SplitScheme, Version};
use crate::domain::rounding::PriceRounding;
use crate::domain::timeline::Dated;
use crate::text;

pub(super) const ONE: Route = Route {
    pattern: "/v1/provinces/{code}",
    action: Action::Read(one),
    doc: Some(ReadDoc {
        operation_id: "getProvince",
        tag: "reference",
        summary: "一省在某日的规定 · What a province sets for itself on a day",
        description: "分成办法及其类别代码、起始价标准、取整方式，以及当日生效的各数据表。县级先用自己的数据，再用所属省的。\n\n\
            The scheme of the treasuries with its class codes, the starting-price standard, the rounding, and the tables in force. \
            A county's own data come first, then its province's.",
        path_parameter: Some(PathParameter {
            name: "code",
            description: "六位行政区划代码或中文名称 · Six-digit division code or Chinese name.",
            example: "370000",
        }),
        query: DayQuery::fields,
        media_type: JSON,
        answer: |named| {
            Province::named(named);
            Province::schema(Words::default())
        },
        errors: &[ErrorCode::NotFound],
        example: AnswerExample::Of("/v1/provinces/140000?as_of=2024-06-01"),
    }),
};

struct Province<'a> {
    division: &'a Division,
    as_of: NaiveDate,
    split_scheme: Option<&'a Dated<SplitScheme>>,
    standard: Option<&'a Dated<Parameter<StandardWanPerKm2>>>,
    rounding: Option<&'a Dated<Parameter<PriceRounding>>>,
    tables: Vec<&'a Version>,
}

answer_shape! {
    /// 一省在某日的规定 · What a province sets for itself on a day.
    Province<'a> as "Province" {
        /// 六位代码 · Six-digit code.
        code: DivisionCode = "140000", from |it| it.division.code.as_str();
        /// 名称 · Names.
        names: Names<'a> = {"zh": ["山西省", "山西"], "en": "Shanxi"},
            from |it| Names { zh: &it.division.zh, en: &it.division.en };
        /// 上级区划代码 · Code of the division above.
        parent: Option<DivisionCode> = "130000", from |it| &it.division.parent;
        /// 日期 · The day.
        as_of: NaiveDate = "2024-06-01";
        /// 省内分成办法 · Scheme for the local part.
        split_scheme: Option<SchemeOnDay<'a>> = {}, from |it| it.split_scheme.map(SchemeOnDay);
        /// 起始价标准 · Starting-price standard.
        starting_price_standard: Option<StandardOnDay<'a>> = {}, from |it| it.standard.map(StandardOnDay);
        /// 起始价取整 · Rounding of starting prices.
        starting_price_rounding: Option<RoundingOnDay<'a>> = {}, from |it| it.rounding.map(RoundingOnDay);
        /// 当日生效的全部数据表 · All tables in force.
        tables: Vec<&'a Version> = [], from |it| &it.tables;
    }
}

struct SchemeOnDay<'a>(&'a Dated<SplitScheme>);

answer_shape! {
    /// 地方部分的分成办法 · How the local part is divided.
    SchemeOnDay<'a> as "SplitScheme" {
        /// 类别；只有一个时请求不必指明 · Its classes; a single one need not be named.
        classes: &'a [SplitClass] = [], from |it| it.0.value.classes.as_slice();
        /// 数据版本 · Version.
        rate_version: &'a str = "140000/split-scheme/2023-05-01", from |it| it.0.version.id.as_str();
    }
}

answer_shape! {
    /// 分成类别 · A class of a scheme.
    SplitClass as "SplitClass" {
        /// 请求中使用的代码 · The code that a request names.
        code: SplitClassCode = "default";
        /// 中文说明 · Chinese description.
        zh: String = "一般";
        /// 英文说明 · English description.
        en: String = "general";
        /// 省级占全部收入的百分比 · Percent of the whole for the province.
        province: Percent = "30", from |it| it.weights.value[0];
        /// 市级 · For the city.
        city: Percent = "10", from |it| it.weights.value[1];
        /// 县级 · For the county.
        county: Percent = "20", from |it| it.weights.value[2];
        /// 来源 · How we know it.
        provenance: Provenance = "verbatim", from |it| it.weights.provenance;
        /// 依据 · The article.
        law: Law<'a> = {}, from |it| it.weights.law();
    }
}

struct StandardOnDay<'a>(&'a Dated<Parameter<StandardWanPerKm2>>);

answer_shape! {
    /// 起始价标准 · Starting-price standard.
    StandardOnDay<'a> as "StartingPriceStandard" {
        /// 万元/km² · 10 000 yuan per km².
        wan_per_km2: StandardWanPerKm2 = "2", from |it| it.0.value.value;
        /// 来源 · How we know it.
        provenance: Provenance = "reported", from |it| it.0.value.provenance;
        /// 依据 · The article.
        law: Law<'a> = {}, from |it| it.0.value.law();
        /// 数据版本 · Version.
        rate_version: &'a str = "370000/starting-price-standard/2024-02-01", from |it| it.0.version.id.as_str();
    }
}

struct RoundingOnDay<'a>(&'a Dated<Parameter<PriceRounding>>);

answer_shape! {
    /// 起始价取整 · Rounding of starting prices.
    RoundingOnDay<'a> as "StartingPriceRounding" {
        /// 方式 · How.
        rounding: PriceRounding = "wan_up", from |it| it.0.value.value;
        /// 来源 · How we know it.
        provenance: Provenance = "inferred", from |it| it.0.value.provenance;
        /// 依据 · The article.
        law: Law<'a> = {}, from |it| it.0.value.law();
        /// 数据版本 · Version.
        rate_version: &'a str = "510000/starting-price-rounding/2023-08-25", from |it| it.0.version.id.as_str();
    }
}

fn one<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let DayQuery { as_of, lang } = query(asked)?;
    let book: &RateBook = &asked.service.book;
    let Some(division) = book.divisions.find(asked.name) else {
        let name = shortened(asked.name);
        let detail = text!(
            "没有代码或名称为“{name}”的行政区划；请用六位代码或中文名称",
            "no division has the code or name “{name}”: use the six-digit code or the Chinese name"
        );
        return Err(Problem::at("/code", ErrorCode::NotFound, detail));
    };
    let code = division.code.as_str();
    let split_scheme = book.provincial(code, as_of, |own| &own.split_scheme);
    let standard = book.provincial(code, as_of, |own| &own.starting_price_standard);
    let rounding = book.provincial(code, as_of, |own| &own.starting_price_rounding);
    let tables = [
        standard.map(|dated| &dated.version),
        rounding.map(|dated| &dated.version),
        split_scheme.map(|dated| &dated.version),
        book.provincial(code, as_of, |own| &own.instalment).map(|dated| &dated.version),
        book.provincial(code, as_of, |own| &own.conversion).map(|dated| &dated.version),
        book.provincial(code, as_of, |own| &own.approved_price).map(|dated| &dated.version),
        book.provincial(code, as_of, |own| &own.benchmark).map(|dated| &dated.version),
    ];
    let tables = tables.into_iter().flatten().map(AsRef::as_ref).collect();
    ok(asked, lang, &Province { division, as_of, split_scheme, standard, rounding, tables })
}
