//! `GET /v1/coverage`: every article of the instruments, modelled or not, and why.

use serde::ser::Serializer;

use super::{ok, query};
use crate::api::declare::{RequestFields, answer_shape};
use crate::api::error::Problem;
use crate::api::lang::Lang;
use crate::api::query::LangOnly;
use crate::api::reply::{JSON, Reply};
use crate::api::routes::{Action, AnswerExample, Asked, ReadDoc, Route};
use crate::api::schema::{Described, Words};
use crate::api::show::{Audience, Show};
use crate::domain::law::Law;
use crate::domain::rate_book::CoveredArticle;
use utoipa::openapi::{RefOr, Schema};

pub(super) const LIST: Route = Route {
    pattern: "/v1/coverage",
    action: Action::Read(list),
    doc: Some(ReadDoc {
        operation_id: "getCoverage",
        tag: "reference",
        summary: "条款覆盖情况 · Which articles are modelled",
        description: "每一条款是否实现、在何处实现，未实现的说明理由。\n\nEvery article: modelled and where, or not and why.",
        path_parameter: None,
        query: LangOnly::fields,
        media_type: JSON,
        answer: |named| {
            Coverage::named(named);
            Coverage::schema(Words::default())
        },
        errors: &[],
        example: AnswerExample::Of("/v1/coverage"),
    }),
};

struct Coverage<'a> {
    articles: &'a [CoveredArticle],
}

answer_shape! {
    /// 条款覆盖情况 · The articles.
    Coverage<'a> as "Coverage" {
        /// 条款 · The articles in the order of the instruments.
        articles: &'a [CoveredArticle] = [];
    }
}

answer_shape! {
    /// 一个条款 · An article.
    CoveredArticle as "CoveredArticle" {
        /// 条款 · The article.
        law: Law<'a> = {}, from |it| Law { instrument: &it.instrument, article: it.locator.as_str().into() };
        /// 内容一句话 · What it says, in one line.
        title: String = "滞纳金";
        /// modelled 已实现、partly 部分、not_modelled 未实现、no_computation 不涉及计算 · Whether it is modelled.
        status: String = "modelled";
        /// 实现位置 · Where it is modelled.
        places: Vec<String> = ["src/domain/late_fee.rs"];
        /// 未实现的理由 · Why it is not.
        reason: Option<Reason<'a>> = "", from |it| Reason::new(it);
    }
}

/// A reason in the language of the answer.
struct Reason<'a> {
    zh: &'a str,
    en: &'a str,
}

impl<'a> Reason<'a> {
    fn new(article: &'a CoveredArticle) -> Option<Reason<'a>> {
        let zh = article.reason.as_deref()?;
        Some(Reason { zh, en: article.reason_en.as_deref().unwrap_or(zh) })
    }
}

impl Show for Reason<'_> {
    fn show<S: Serializer>(&self, audience: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match audience.lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        })
    }
}

impl Described for Reason<'_> {
    fn schema(words: Words) -> RefOr<Schema> {
        String::schema(words)
    }
}

fn list<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let LangOnly { lang } = query(asked)?;
    ok(asked, lang, &Coverage { articles: &asked.service.book.coverage })
}
