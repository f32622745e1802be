//! `GET /problems/{code}`: what the `type` of an error stands for.

use super::{ok, query};
use crate::api::declare::{RequestFields, answer_shape};
use crate::api::error::{ErrorCode, Problem};
use crate::api::lang::Lang;
use crate::api::query::LangOnly;
use crate::api::reply::{JSON, Reply};
use crate::api::routes::{Action, AnswerExample, Asked, PathParameter, ReadDoc, Route};
use crate::api::schema::{Described, Words};
use crate::domain::error::Text;

pub(super) const ONE: Route = Route {
    pattern: "/problems/{code}",
    action: Action::Read(one),
    doc: Some(ReadDoc {
        operation_id: "getProblemType",
        tag: "service",
        summary: "错误类型的含义 · What an error type means",
        description: "错误中 type 所指的说明。\n\nWhat the type of an error refers to.",
        path_parameter: Some(PathParameter {
            name: "code",
            description: "错误代码 · Code of the error.",
            example: "rate_not_in_force",
        }),
        query: LangOnly::fields,
        media_type: JSON,
        answer: |named| {
            ProblemType::named(named);
            ProblemType::schema(Words::default())
        },
        errors: &[ErrorCode::NotFound],
        example: AnswerExample::Of("/problems/rate_not_in_force"),
    }),
};

struct ProblemType {
    codes: Vec<ErrorCode>,
    lang: Lang,
}

answer_shape! {
    /// 一种错误 · A kind of error.
    ProblemType as "ProblemType" {
        /// 代码 · The code.
        code: String = "rate_not_in_force", from |it| it.codes.first().map(|code| code.as_str());
        /// 可能的 HTTP 状态 · The HTTP statuses it comes with.
        statuses: Vec<u32> = [422], from |it| it.codes.iter().map(|code| u32::from(code.status())).collect::<Vec<u32>>();
        /// 含义 · What it means.
        title: String = "该日期没有生效的规定",
            from |it| it.codes.first().map(|code| it.lang.pick(&code.title()).to_owned());
    }
}

fn one<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let LangOnly { lang } = query(asked)?;
    let codes: Vec<ErrorCode> = ErrorCode::all().filter(|code| code.as_str() == asked.name).collect();
    if codes.is_empty() {
        let detail = Text::fixed(
            "没有该错误代码；全部代码见 GET /openapi.json 的 Problem",
            "there is no such error code: GET /openapi.json lists them in Problem",
        );
        return Err(Problem::at("/code", ErrorCode::NotFound, detail));
    }
    ok(asked, lang, &ProblemType { codes, lang })
}
