//! `GET /v1/instruments`: the documents that the rules rest on.

use chrono::NaiveDate;

use super::{ok, query};
use crate::api::declare::{RequestFields, answer_shape};
use crate::api::error::Problem;
use crate::api::query::LangOnly;
use crate::api::reply::{JSON, Reply};
use crate::api::routes::{Action, AnswerExample, Asked, ReadDoc, Route};
use crate::api::schema::{Described, Words};
use crate::domain::dates::day_before;
use crate::domain::rate_book::Instrument;

pub(super) const LIST: Route = Route {
    pattern: "/v1/instruments",
    action: Action::Read(list),
    doc: Some(ReadDoc {
        operation_id: "listInstruments",
        tag: "reference",
        summary: "依据的文件 · The instruments",
        description: "规则所依据的文件，以及手头文本的完整程度。\n\nThe documents that the rules rest on, and how much of each text is at hand.",
        path_parameter: None,
        query: LangOnly::fields,
        media_type: JSON,
        answer: |named| {
            InstrumentList::named(named);
            InstrumentList::schema(Words::default())
        },
        errors: &[],
        example: AnswerExample::Of("/v1/instruments"),
    }),
};

struct InstrumentList<'a> {
    instruments: Vec<&'a Instrument>,
}

answer_shape! {
    /// 文件清单 · The instruments.
    InstrumentList<'a> as "InstrumentList" {
        /// 文件 · The instruments.
        instruments: Vec<&'a Instrument> = [];
    }
}

answer_shape! {
    /// 一个文件 · An instrument.
    Instrument as "Instrument" {
        /// 稳定代码 · Stable key.
        key: String = "cz-2023-10";
        /// 文号 · Document number as it is cited.
        citation: String = "财综〔2023〕10号";
        /// 英文文号 · The same in English.
        citation_en: String = "Cai Zong [2023] No. 10";
        /// 标题 · Title.
        title: String = "矿业权出让收益征收办法";
        /// 英文标题 · English title.
        title_en: Option<String> = "Measures for the Collection of Mining-Rights Transfer Income";
        /// 印发日期 · Day of issue.
        issued: Option<NaiveDate> = "2023-03-24";
        /// 生效首日 · First day in force.
        in_force_from: Option<NaiveDate> = "2023-05-01";
        /// 生效末日 · Last day in force.
        in_force_to: Option<NaiveDate> = "2028-08-24", from |it| it.in_force_until.and_then(day_before);
        /// 手头文本：verbatim 原文、facts 要点、reported 转述、not_at_hand 没有 · How much of the text is at hand.
        text: String = "verbatim";
        /// 备注 · Remark.
        note: Option<String> = "";
    }
}

fn list<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let LangOnly { lang } = query(asked)?;
    ok(asked, lang, &InstrumentList { instruments: asked.service.book.instruments.values().collect() })
}
