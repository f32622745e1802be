//! `GET /v1/rate-versions`: the data files, what each holds, and what changed between two days.

use chrono::NaiveDate;

use super::{ok, query};
use crate::api::declare::{RequestFields, answer_shape, choice, request_shape};
use crate::api::error::{ErrorCode, Problem};
use crate::api::lang::Lang;
use crate::api::query::LangOnly;
use crate::api::rate_changes::{FileChange, ReadableChange, files, registers};
use crate::api::reply::{JSON, Reply};
use crate::api::routes::{Action, AnswerExample, Asked, PathParameter, ReadDoc, Route};
use crate::api::schema::{Described, Words};
use crate::api::show::last_day;
use crate::api::topic::Dataset;
use crate::domain::error::{Text, shortened};
use crate::domain::rate_book::{Listed, Provenance, RateBook, Version};
use crate::domain::rate_change::{RateChange, Subject, between, between_days, version_on};
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
        summary: "两日或两个数据集之间参数的变化 · What changed between two days or two datasets",
        description: "填 from、to：比较两日各自生效的版本；填 from_dataset、to_dataset：比较两个数据集在全部日期上的差别，未填的一方为本服务所用；\
            两者都填：前一数据集的第一日与后一数据集的第二日。changes 逐项说明何参数、何时起、依何文件、原值和新值。\n\n\
            With from and to: the versions in force on the two days. With from_dataset and to_dataset: two datasets on all \
            days; the one left out is that of the service. With both: the first day by the first dataset, the second day by the \
            second. `changes` says what changed, from when, by which instrument, from which value to which.",
        path_parameter: None,
        query: DiffQuery::fields,
        media_type: JSON,
        answer: |named| {
            Difference::named(named);
            Difference::schema(Words::default())
        },
        errors: &[ErrorCode::RateVersionNotFound, ErrorCode::NotFound],
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
        /// 文件 · Key of the instrument.
        instrument: String = "cz-2023-10";
        /// 条款 · Article in machine form.
        article: String = "33", from |it| &it.locator;
        /// 来源 · How we know it.
        provenance: Provenance = "verbatim";
    }
}

struct DiffQuery<'n> {
    topic: Option<&'n str>,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    from_dataset: Option<&'n str>,
    to_dataset: Option<&'n str>,
    lang: Lang,
}

request_shape! {
    DiffQuery<'n> as "DiffQuery" {
        /// 主题，省级的前加行政区划代码，如 370000/split-scheme；不填为全部主题 · Topic, a provincial one with the division code before it; all topics if left out.
        topic: Option<&'n str> = "instalment";
        /// 第一个日期，与 to 同填 · The first day; goes with `to`.
        from: Option<NaiveDate> = "2020-01-01";
        /// 第二个日期，与 from 同填 · The second day; goes with `from`.
        to: Option<NaiveDate> = "2024-01-01";
        /// 第一个数据集，见 GET /v1/datasets；不填为本服务所用 · The first dataset; that of the service if left out.
        from_dataset: Option<&'n str> = "lode-2026-11-21";
        /// 第二个数据集；不填为本服务所用 · The second dataset; that of the service if left out.
        to_dataset: Option<&'n str> = "lode-2026-11-21";
        /// 文字的语言 · Language of texts.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

struct Difference<'a> {
    topic: Option<&'a str>,
    from_dataset: Dataset<'a>,
    to_dataset: Dataset<'a>,
    changes: Vec<ReadableChange<'a>>,
    on_days: Option<DaysDifference<'a>>,
    versions: Option<Vec<FileChange<'a>>>,
    registers: Option<Vec<&'static str>>,
}

/// What is said beside the changes when one topic is compared on two days.
struct DaysDifference<'a> {
    from: &'a Version,
    to: &'a Version,
    added: Vec<&'a Listed>,
    removed: Vec<&'a Listed>,
    changed: Vec<Change<'a>>,
}

answer_shape! {
    /// 两日或两个数据集之间的差别 · What differs between two days or two datasets.
    Difference<'a> as "RateVersionDifference" {
        /// 主题，只比较一个时 · The topic, if one was asked for.
        topic: Option<&'a str> = "instalment";
        /// 第一个日期生效的版本（一个主题、两个日期时）· The version in force on the first day (one topic, two days).
        from: Option<ListedVersion<'a>> = {}, from |it| it.on_days.as_ref().map(|days| ListedVersion(days.from));
        /// 第二个日期生效的版本 · The version in force on the second day.
        to: Option<ListedVersion<'a>> = {}, from |it| it.on_days.as_ref().map(|days| ListedVersion(days.to));
        /// 新增的参数 · Parameters that were added.
        added: Option<&'a [&'a Listed]> = [], from |it| it.on_days.as_ref().map(|days| days.added.as_slice());
        /// 删除的参数 · Parameters that were removed.
        removed: Option<&'a [&'a Listed]> = [], from |it| it.on_days.as_ref().map(|days| days.removed.as_slice());
        /// 值、单位或来源变化的参数 · Parameters whose value, unit or provenance changed.
        changed: Option<&'a [Change<'a>]> = [], from |it| it.on_days.as_ref().map(|days| days.changed.as_slice());
        /// 第一个数据集 · The first dataset.
        from_dataset: Dataset<'a> = {};
        /// 第二个数据集 · The second dataset.
        to_dataset: Dataset<'a> = {};
        /// 全部变化：何参数、何时起、依何文件、原值和新值 · Every change: what, from when, by which instrument, old and new value.
        changes: Vec<ReadableChange<'a>> = [];
        /// 有差别的数据文件，仅比较数据集时 · Data files that differ, when datasets are compared as a whole.
        versions: Option<Vec<FileChange<'a>>> = [{"id": "late-fee/2027-01-01", "kind": "added"}];
        /// 有差别的登记表：coverage、divisions、minerals、sources，仅比较数据集时 · Registers that differ, when datasets are compared as a whole.
        registers: Option<Vec<&'static str>> = ["sources"];
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
    let DiffQuery { topic, from, to, from_dataset, to_dataset, lang } = query(asked)?;
    let find = |name: Option<&str>, pointer| asked.dataset(name, pointer, ErrorCode::NotFound);
    let (before, after) = (find(from_dataset, "/from_dataset")?, find(to_dataset, "/to_dataset")?);
    let days = match (from, to) {
        (Some(from), Some(to)) => Some((from, to)),
        (None, None) if from_dataset.is_some() || to_dataset.is_some() => None,
        (None, None) => return Err(malformed("/from", Text::fixed(NOTHING_TO_COMPARE.0, NOTHING_TO_COMPARE.1))),
        (from, _) => {
            let left_out = if from.is_none() { "/from" } else { "/to" };
            return Err(malformed(left_out, Text::fixed("from 与 to 须同填", "from and to go together")));
        }
    };
    let subject = topic.map(Subject::parse);
    if let (Some(topic), Some(subject)) = (topic, subject)
        && [before, after].into_iter().all(|book| subject.versions(book).is_empty())
    {
        let shown = shortened(topic);
        let detail = text!(
            "没有主题“{shown}”的版本；全部版本见 GET /v1/rate-versions",
            "there is no version of a topic “{shown}”: see GET /v1/rate-versions"
        );
        return Err(Problem::at("/topic", ErrorCode::RateVersionNotFound, detail));
    }
    let changes = match days {
        Some((from, to)) => between_days((before, from), (after, to), subject),
        None => between(before, after, subject),
    };
    let on_days = match (days, subject) {
        (Some((from, to)), Some(subject)) => {
            let old = in_force(before, subject, ("/from", from))?;
            let new = in_force(after, subject, ("/to", to))?;
            Some(DaysDifference::new(old, new, &changes))
        }
        _ => None,
    };
    let whole = days.is_none() && topic.is_none();
    let difference = Difference {
        topic,
        from_dataset: Dataset::of(before),
        to_dataset: Dataset::of(after),
        changes: changes.into_iter().map(|change| ReadableChange { change, before, after }).collect(),
        on_days,
        versions: whole.then(|| files(before, after)),
        registers: whole.then(|| registers(before, after)),
    };
    ok(asked, lang, &difference)
}

const NOTHING_TO_COMPARE: (&str, &str) = (
    "请填写两个日期 from、to，或两个数据集 from_dataset、to_dataset",
    "give two days, from and to, or two datasets, from_dataset and to_dataset",
);

fn malformed(pointer: &str, detail: Text) -> Problem<'static> {
    Problem::at(pointer, ErrorCode::MalformedRequest, detail)
}

impl<'a> DaysDifference<'a> {
    fn new(from: &'a Version, to: &'a Version, changes: &[RateChange<'a>]) -> DaysDifference<'a> {
        let mut this = DaysDifference { from, to, added: Vec::new(), removed: Vec::new(), changed: Vec::new() };
        for change in changes {
            match (change.before, change.after) {
                (Some(before), Some(after)) => {
                    this.changed.push(Change { before: before.listed, after: after.listed });
                }
                (Some(before), None) => this.removed.push(before.listed),
                (None, after) => this.added.extend(after.map(|after| after.listed)),
            }
        }
        this
    }
}

/// The version of a topic on a day.
fn in_force<'a>(
    book: &'a RateBook,
    subject: Subject<'_>,
    (pointer, day): (&str, NaiveDate),
) -> Result<&'a Version, Problem<'a>> {
    version_on(&subject.versions(book), day).ok_or_else(|| {
        let topic = subject.topic;
        let detail = text!(
            "主题“{topic}”在 {day} 没有生效的版本；各版本的生效期间见 GET /v1/rate-versions",
            "no version of “{topic}” is in force on {day}: see GET /v1/rate-versions for the days that versions cover"
        );
        Problem::at(pointer, ErrorCode::RateVersionNotFound, detail)
    })
}
