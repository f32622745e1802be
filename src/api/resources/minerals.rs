//! `GET /v1/minerals` and `GET /v1/minerals/{code}`: how the catalogue of a day levies each mineral.

use chrono::NaiveDate;

use super::{ok, query};
use crate::api::declare::{RequestFields, answer_shape, request_shape};
use crate::api::dto::common::unless_empty;
use crate::api::error::{ErrorCode, Problem};
use crate::api::lang::Lang;
use crate::api::reply::{JSON, Reply};
use crate::api::routes::{Action, AnswerExample, Asked, PathParameter, ReadDoc, Route};
use crate::api::schema::{Described, MineralCode, Words};
use crate::domain::catalogue::{Catalogue, Levy, LevyMethod, LevyObject, Rate};
use crate::domain::context::{Context, Detail, calculate};
use crate::domain::error::{At, Code, Text, shortened};
use crate::domain::mineral::{Mineral, MineralId, Minerals};
use crate::domain::rate_book::RateBook;
use crate::domain::timeline::Dated;
use crate::text;

pub(super) const LIST: Route = Route {
    pattern: "/v1/minerals",
    action: Action::Read(list),
    doc: Some(ReadDoc {
        operation_id: "listMinerals",
        tag: "reference",
        summary: "矿种目录 · Minerals and how they are levied",
        description: "所列日期生效的矿种目录：征收方式、目录行、计征对象、收益率。类名（如稀土）的成员不一致时只列成员。\n\n\
            The catalogue in force on the day: levy method, row, levy object, rates. A group whose members differ shows its members only.",
        path_parameter: None,
        query: MineralsQuery::fields,
        media_type: JSON,
        answer: |named| {
            MineralList::named(named);
            MineralList::schema(Words::default())
        },
        errors: &[ErrorCode::Rule(Code::RateNotInForce)],
        example: AnswerExample::Of("/v1/minerals?as_of=2024-06-01&q=%E9%93%81"),
    }),
};

pub(super) const ONE: Route = Route {
    pattern: "/v1/minerals/{code}",
    action: Action::Read(one),
    doc: Some(ReadDoc {
        operation_id: "getMineral",
        tag: "reference",
        summary: "一个矿种 · One mineral",
        description: "按代码或任一登记的中英文名称查找（百分号编码的 UTF-8）。\n\n\
            By its code or any registered Chinese or English name, percent-encoded UTF-8.",
        path_parameter: Some(PathParameter {
            name: "code",
            description: "矿种代码或名称 · Code or name of the mineral.",
            example: "gold",
        }),
        query: DayQuery::fields,
        media_type: JSON,
        answer: |named| {
            MineralOnDay::named(named);
            MineralOnDay::schema(Words::default())
        },
        errors: &[
            ErrorCode::NoSuchMineral,
            ErrorCode::Rule(Code::RateNotInForce),
            ErrorCode::Rule(Code::MineralAmbiguous),
        ],
        example: AnswerExample::Of("/v1/minerals/gold?as_of=2024-06-01"),
    }),
};

struct MineralsQuery<'n> {
    as_of: NaiveDate,
    q: Option<&'n str>,
    levy_method: Option<LevyMethod>,
    lang: Lang,
}

request_shape! {
    MineralsQuery<'n> as "MineralsQuery" {
        /// 目录的日期 · The day whose catalogue counts.
        as_of: NaiveDate = "2024-06-01";
        /// 名称或代码的一部分；也按类名找到其成员 · Part of a name or code; the name of a group finds its members.
        q: Option<&'n str> = "铁";
        /// 只列按此方式征收的矿种 · Only those levied like this.
        levy_method: Option<LevyMethod> = "rate";
        /// 文字的语言 · Language of texts.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

/// The query of an endpoint that answers for a day.
pub(super) struct DayQuery {
    /// The day.
    pub(super) as_of: NaiveDate,
    /// The language.
    pub(super) lang: Lang,
}

request_shape! {
    DayQuery as "DayQuery" {
        /// 所问的日期 · The day asked about.
        as_of: NaiveDate = "2024-06-01";
        /// 文字的语言 · Language of texts.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

/// The minerals of a day.
struct MineralList<'a> {
    as_of: NaiveDate,
    rate_version: &'a str,
    minerals: Vec<MineralOnDay<'a>>,
}

answer_shape! {
    /// 一天的矿种目录 · The minerals of a day.
    MineralList<'a> as "MineralList" {
        /// 日期 · The day.
        as_of: NaiveDate = "2024-06-01";
        /// 目录的数据版本 · Version of the catalogue.
        rate_version: &'a str = "catalogue/2023-05-01";
        /// 矿种 · The minerals.
        minerals: Vec<MineralOnDay<'a>> = [];
    }
}

/// A mineral and how the catalogue levies it; no levy for a group whose members differ.
struct MineralOnDay<'a> {
    mineral: &'a Mineral,
    members: Vec<&'a str>,
    levy: Option<Levy<'a>>,
    rate_version: &'a str,
}

impl MineralOnDay<'_> {
    fn rates(&self) -> Option<&[Rate]> {
        self.levy.as_ref().map(|levy| match levy {
            Levy::ByRate(row) => row.rates.as_slice(),
            Levy::ByAmount => &[],
        })
    }

    fn row(&self) -> Option<(u32, LevyObject)> {
        match &self.levy {
            Some(Levy::ByRate(row)) => Some((row.number, row.levy_object)),
            _ => None,
        }
    }
}

/// The names of a mineral or a division.
pub(super) struct Names<'a> {
    pub(super) zh: &'a [String],
    pub(super) en: &'a str,
}

answer_shape! {
    /// 中英文名称 · Names in both languages.
    Names<'a> as "Names" {
        /// 中文名称，首个为正式名称 · Chinese names, the official one first.
        zh: &'a [String] = ["金矿", "金"];
        /// 英文名称 · English name.
        en: &'a str = "Gold";
    }
}

answer_shape! {
    /// 一个矿种及其征收方式 · A mineral and how it is levied.
    MineralOnDay<'a> as "Mineral" {
        /// 稳定代码 · Stable code.
        code: MineralCode = "gold", from |it| it.mineral.code.as_str();
        /// 名称 · Names.
        names: Names<'a> = {"zh": ["金矿", "金"], "en": "Gold"}, from |it| Names { zh: &it.mineral.zh, en: &it.mineral.en };
        /// 类名的成员代码 · Members of a group.
        members: Option<Vec<MineralCode>> = [], from |it| unless_empty(&it.members);
        /// 征收方式：按率或按金额；成员不一致的类名没有 · By rate or by amount; none for a group whose members differ.
        levy_method: Option<LevyMethod> = "rate", from |it| it.levy.map(|levy| levy.method());
        /// 目录行号 · Row of the catalogue.
        catalogue_row: Option<u32> = 12, from |it| it.row().map(|(number, _)| number);
        /// 计征对象 · Levy object.
        levy_object: Option<LevyObject> = "concentrate", from |it| it.row().map(|(_, object)| object);
        /// 收益率，目录外为空 · Rates, empty outside the catalogue.
        rates: Option<&'a [Rate]> = [{"percent": "2.3"}], from |it| it.rates();
        /// 目录的数据版本 · Version of the catalogue.
        rate_version: &'a str = "catalogue/2023-05-01";
    }
}

fn catalogue<'a>(as_of: NaiveDate, context: &mut Context<'a>) -> Option<&'a Dated<Catalogue>> {
    let book = context.book();
    context.in_force(At::ROOT.field("as_of"), &book.catalogue, as_of, Text::fixed("矿种目录", "the catalogue"))
}

fn list<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let MineralsQuery { as_of, q, levy_method, lang } = query(asked)?;
    let book = &asked.service.book;
    let dated = calculate(book, Detail::FiguresOnly, |context| catalogue(as_of, context))
        .map_err(|faults| Problem::refused(faults, asked.query, &book.minerals))?
        .result;
    let found = called(q, &book.minerals, dated)
        .filter(|found| levy_method.is_none_or(|method| found.levy.is_some_and(|levy| levy.method() == method)))
        .collect();
    ok(asked, lang, &MineralList { as_of, rate_version: &dated.version.id, minerals: found })
}

/// The minerals that have a text in one of their names, with what the catalogue says of them.
fn called<'a>(
    q: Option<&str>,
    minerals: &'a Minerals,
    dated: &'a Dated<Catalogue>,
) -> impl Iterator<Item = MineralOnDay<'a>> {
    let wanted = q.map(|q| q.trim().to_lowercase());
    let found = minerals
        .iter()
        .filter(move |(id, mineral)| wanted.as_ref().is_none_or(|part| is_called(*id, mineral, part, minerals)));
    found.map(move |(id, mineral)| {
        MineralOnDay::new(mineral, dated.value.levy(minerals, id).ok(), minerals, &dated.version.id)
    })
}

/// The same for people: a line for each mineral with code, names, levy method and rates, set apart by tabs. Without a day
/// the latest catalogue at hand; a day without one, or a text that nothing is called, is refused.
pub fn listing(book: &RateBook, name: Option<&str>, as_of: Option<NaiveDate>, lang: Lang) -> Result<String, Text> {
    let nothing = || Text::fixed("该日没有生效的矿种目录", "no catalogue is in force on that day");
    let dated = match as_of {
        Some(day) => book.catalogue.at(day).map_err(|_| nothing())?,
        None => book.catalogue.entries().last().ok_or_else(nothing)?,
    };
    let mut lines = String::new();
    for found in called(name, &book.minerals, dated) {
        let mineral = found.mineral;
        let method = match found.levy.map(|levy| levy.method()) {
            Some(LevyMethod::Rate) => Text::fixed("按出让收益率", "by rate"),
            Some(LevyMethod::Amount) => Text::fixed("按出让金额", "by amount"),
            None => Text::fixed("须指明其中一种", "name one of its members"),
        };
        let rates: Vec<String> =
            found.rates().unwrap_or_default().iter().map(|rate| format!("{}%", rate.percent.value())).collect();
        let (zh, method) = (mineral.zh.join("、"), lang.pick(&method));
        lines.push_str(&format!("{}\t{zh}\t{}\t{method}\t{}\n", mineral.code, mineral.en, rates.join(" / ")));
    }
    if lines.is_empty() {
        let name = shortened(name.unwrap_or_default());
        return Err(text!("没有名称含“{name}”的矿种", "no mineral has “{name}” in its names"));
    }
    Ok(lines)
}

impl<'a> MineralOnDay<'a> {
    fn new(mineral: &'a Mineral, levy: Option<Levy<'a>>, minerals: &'a Minerals, rate_version: &'a str) -> Self {
        let members = mineral.members.iter().map(|member| minerals.code(*member)).collect();
        MineralOnDay { mineral, members, levy, rate_version }
    }
}

/// Whether a name of the mineral, or of a group that it belongs to, holds the text.
fn is_called(id: MineralId, mineral: &Mineral, part: &str, minerals: &Minerals) -> bool {
    let named = |mineral: &Mineral| {
        let names = std::iter::once(&mineral.code).chain(&mineral.zh).chain(std::iter::once(&mineral.en));
        names.into_iter().any(|name| name.to_lowercase().contains(part))
    };
    named(mineral) || minerals.iter().any(|(_, group)| group.members.contains(&id) && named(group))
}

fn one<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let DayQuery { as_of, lang } = query(asked)?;
    let book = &asked.service.book;
    let Some(id) = book.minerals.find(asked.name) else {
        return Err(Problem::unknown_mineral("/code", asked.name, &book.minerals));
    };
    let answer = calculate(book, Detail::FiguresOnly, |context| {
        let dated = catalogue(as_of, context)?;
        let levy = context.levy(At::ROOT.field("code"), &dated.value, id)?;
        Some((dated, levy, book.minerals.get(id)?))
    });
    let (dated, levy, mineral) = answer.map_err(|faults| Problem::refused(faults, asked.query, &book.minerals))?.result;
    ok(asked, lang, &MineralOnDay::new(mineral, Some(levy), &book.minerals, &dated.version.id))
}
