//! `GET /v1/rate-versions`: the data files, what each holds, and what changed between two days.

use chrono::NaiveDate;

use super::{ok, query};
use crate::api::declare::{RequestFields, answer_shape, choice, request_shape};
use crate::api::error::{ErrorCode, Problem};
use crate::api::lang::Lang;
use crate::api::query::LangOnly;
use crate::api::reply::{JSON, Reply};
use crate::api::routes::{Action, AnswerExample, Asked, PathParameter, ReadDoc, Route};
use crate::api::schema::{Described, Words};
use crate::api::show::last_day;
use crate::domain::error::shortened;
use crate::domain::rate_book::{Listed, Provenance, RateBook, Version};
use crate::text;

pub(super) const LIST: Route = Route {
    pattern: "/v1/rate-versions",
    action: Action::Read(list),
    doc: Some(ReadDoc {
        operation_id: "listRateVersions",
        tag: "rates",
        summary: "全部数据版本 · All rate versions",
        description: "每个数据文件是一个主题的一个版本，首日与末日均为生效日。\n\n\
            Each data file is a version of a topic; both days of its interval are in force.",
        path_parameter: None,
        query: LangOnly::fields,
        media_type: JSON,
        answer: |named| {
            VersionList::named(named);
            VersionList::schema(Words::default())
        },
        errors: &[],
        example: AnswerExample::Of("/v1/rate-versions"),
    }),
};

pub(super) const ONE: Route = Route {
    pattern: "/v1/rate-versions/{id:.+}",
    action: Action::Read(one),
    doc: Some(ReadDoc {
        operation_id: "getRateVersion",
        tag: "rates",
        summary: "一个数据版本及其全部参数 · One rate version with its values",
        description: "标识含斜线：late-fee/2023-05-01，省级版本前有行政区划代码。\n\n\
            The id contains slashes: late-fee/2023-05-01; a provincial one begins with the division code.",
        path_parameter: Some(PathParameter {
            name: "id",
            description: "版本标识 · Id of the version.",
            example: "late-fee/2023-05-01",
        }),
        query: LangOnly::fields,
        media_type: JSON,
        answer: |named| {
            VersionWithValues::named(named);
            VersionWithValues::schema(Words::default())
        },
        errors: &[ErrorCode::RateVersionNotFound],
        example: AnswerExample::Of("/v1/rate-versions/late-fee/2023-05-01"),
    }),
};

pub(super) const DIFF: Route = Route {
    pattern: "/v1/rate-versions/diff",
    action: Action::Read(diff),
    doc: Some(ReadDoc {
        operation_id: "diffRateVersions",
        tag: "rates",
        summary: "两日之间参数的变化 · What changed between two days",
        description: "比较同一主题在两日各自生效的版本，按参数名列出新增、删除和变化。\n\n\
            Compares the versions of a topic in force on the two days, parameter by parameter.",
        path_parameter: None,
        query: DiffQuery::fields,
        media_type: JSON,
        answer: |named| {
            Difference::named(named);
            Difference::schema(Words::default())
        },
        errors: &[ErrorCode::RateVersionNotFound],
        example: AnswerExample::Of("/v1/rate-versions/diff?topic=instalment&from=2020-01-01&to=2024-01-01"),
    }),
};

choice!(Provenance {
    "verbatim" => Provenance::Verbatim,
    "reported" => Provenance::Reported,
    "inferred" => Provenance::Inferred,
    "caller" => Provenance::Caller,
});

struct VersionList<'a> {
    rate_versions: Vec<ListedVersion<'a>>,
}

answer_shape! {
    /// 数据版本，按标识排序 · Rate versions in the order of their ids.
    VersionList<'a> as "RateVersionList" {
        /// 数据版本 · The versions.
        rate_versions: Vec<ListedVersion<'a>> = [];
    }
}

/// A version without its values.
struct ListedVersion<'a>(&'a Version);

answer_shape! {
    /// 一个数据版本 · A rate version.
    ListedVersion<'a> as "ListedRateVersion" {
        /// 标识 · Id.
        id: &'a str = "late-fee/2023-05-01", from |it| it.0.id.as_str();
        /// 主题 · Topic.
        topic: &'a str = "late-fee", from |it| it.0.topic.as_str();
        /// 行政区划代码，省级版本 · Division code of a provincial version.
        division: Option<String> = "370000", from |it| &it.0.division;
        /// 文件 · Key of the instrument.
        instrument: &'a str = "cz-2023-10", from |it| it.0.instrument.as_str();
        /// 生效首日 · First day in force.
        effective_from: NaiveDate = "2023-05-01", from |it| it.0.effective_from;
        /// 生效末日，文件未定终止的没有 · Last day in force; none where the instrument states no end.
        effective_to: Option<NaiveDate> = "2028-08-24", from |it| last_day(it.0);
        /// 参数来源中最弱的一级 · The weakest provenance of its parameters.
        provenance: Provenance = "verbatim", from |it| it.0.provenance;
        /// 文件的 SHA-256 · SHA-256 of the file.
        sha256: &'a str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", from |it| it.0.sha256.as_str();
    }
}

struct VersionWithValues<'a>(&'a Version);

answer_shape! {
    /// 一个数据版本及其参数 · A rate version with its values.
    VersionWithValues<'a> as "RateVersionWithValues" {
        /// 版本 · The version.
        version: ListedVersion<'a> = {}, from |it| ListedVersion(it.0);
        /// 参数，顺序同文件 · Its parameters in the order of the file.
        values: &'a [Listed] = [], from |it| it.0.values.as_slice();
    }
}

answer_shape! {
    /// 一个参数 · A parameter.
    Listed as "Parameter" {
        /// 在文件中的路径 · Its path in the file.
        name: String = "daily_rate";
        /// 值，照录 · The value as written.
        value: String = "0.002";
        /// 单位 · Unit.
        unit: String = "1/day";
        /// 条款 · Article in machine form.
        article: String = "33", from |it| &it.locator;
        /// 来源 · How we know it.
        provenance: Provenance = "verbatim";
    }
}

struct DiffQuery<'n> {
    topic: &'n str,
    from: NaiveDate,
    to: NaiveDate,
    lang: Lang,
}

request_shape! {
    DiffQuery<'n> as "DiffQuery" {
        /// 主题；省级的前加行政区划代码，如 370000/split-scheme · Topic; a provincial one with the division code before it.
        topic: &'n str = "instalment";
        /// 第一个日期 · The first day.
        from: NaiveDate = "2020-01-01";
        /// 第二个日期 · The second day.
        to: NaiveDate = "2024-01-01";
        /// 文字的语言 · Language of texts.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

struct Difference<'a> {
    topic: &'a str,
    from: &'a Version,
    to: &'a Version,
    added: Vec<&'a Listed>,
    removed: Vec<&'a Listed>,
    changed: Vec<Change<'a>>,
}

answer_shape! {
    /// 两个版本的差别 · What differs between two versions.
    Difference<'a> as "RateVersionDifference" {
        /// 主题 · Topic.
        topic: &'a str = "instalment";
        /// 第一个日期生效的版本 · The version in force on the first day.
        from: ListedVersion<'a> = {}, from |it| ListedVersion(it.from);
        /// 第二个日期生效的版本 · The version in force on the second day.
        to: ListedVersion<'a> = {}, from |it| ListedVersion(it.to);
        /// 新增的参数 · Parameters that were added.
        added: Vec<Listed> = [], from |it| &it.added;
        /// 删除的参数 · Parameters that were removed.
        removed: Vec<Listed> = [], from |it| &it.removed;
        /// 值、单位或来源变化的参数 · Parameters whose value, unit or provenance changed.
        changed: Vec<Change<'a>> = [], from |it| &it.changed;
    }
}

struct Change<'a> {
    before: &'a Listed,
    after: &'a Listed,
}

answer_shape! {
    /// 一个变化的参数 · A parameter that changed.
    Change<'a> as "ParameterChange" {
        /// 在文件中的路径 · Its path in the file.
        name: String = "first_payment_min_percent", from |it| &it.before.name;
        /// 变化前 · Before.
        from: Listed = {}, from |it| it.before;
        /// 变化后 · After.
        to: Listed = {}, from |it| it.after;
    }
}

fn list<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let LangOnly { lang } = query(asked)?;
    let versions = asked.service.book.versions.values();
    ok(asked, lang, &VersionList { rate_versions: versions.map(|version| ListedVersion(version)).collect() })
}

fn one<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let LangOnly { lang } = query(asked)?;
    match asked.service.book.version(asked.name) {
        Some(version) => ok(asked, lang, &VersionWithValues(version)),
        None => {
            let name = shortened(asked.name);
            let detail = text!(
                "没有版本“{name}”；全部版本见 GET /v1/rate-versions",
                "no version is called “{name}”: see GET /v1/rate-versions"
            );
            Err(Problem::at("/id", ErrorCode::RateVersionNotFound, detail))
        }
    }
}

fn diff<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let DiffQuery { topic, from, to, lang } = query(asked)?;
    let book = &asked.service.book;
    let before = in_force(book, topic, ("/from", from))?;
    let after = in_force(book, topic, ("/to", to))?;
    let find = |version: &'a Version, name: &str| version.values.iter().find(|listed| listed.name == name);
    let only_in = |this: &'a Version, other: &'a Version| {
        this.values.iter().filter(|listed| find(other, &listed.name).is_none()).collect()
    };
    let differs = |a: &Listed, b: &Listed| (&a.value, &a.unit, a.provenance) != (&b.value, &b.unit, b.provenance);
    let changed = before.values.iter().filter_map(|old| {
        find(after, &old.name).filter(|new| differs(old, new)).map(|new| Change { before: old, after: new })
    });
    let difference = Difference {
        topic,
        from: before,
        to: after,
        added: only_in(after, before),
        removed: only_in(before, after),
        changed: changed.collect(),
    };
    ok(asked, lang, &difference)
}

/// The version of a topic on a day. The topic is named as in an id: with the division before it, if it is provincial.
fn in_force<'a>(
    book: &'a RateBook,
    topic: &str,
    (pointer, day): (&str, NaiveDate),
) -> Result<&'a Version, Problem<'a>> {
    let (division, name) = match topic.split_once('/') {
        Some((division, name)) => (Some(division), name),
        None => (None, topic),
    };
    let of_topic: Vec<&Version> = book
        .versions
        .values()
        .map(AsRef::as_ref)
        .filter(|version| version.topic == name && version.division.as_deref() == division)
        .collect();
    let shown = shortened(topic);
    if of_topic.is_empty() {
        let detail = text!(
            "没有主题“{shown}”的版本；全部版本见 GET /v1/rate-versions",
            "there is no version of a topic “{shown}”: see GET /v1/rate-versions"
        );
        return Err(Problem::at("/topic", ErrorCode::RateVersionNotFound, detail));
    }
    let covers =
        |version: &&Version| version.effective_from <= day && version.effective_until.is_none_or(|until| day < until);
    of_topic.into_iter().find(covers).ok_or_else(|| {
        let detail = text!(
            "主题“{shown}”在 {day} 没有生效的版本；各版本的生效期间见 GET /v1/rate-versions",
            "no version of “{shown}” is in force on {day}: see GET /v1/rate-versions for the days that versions cover"
        );
        Problem::at(pointer, ErrorCode::RateVersionNotFound, detail)
    })
}
