//! `GET /v1/templates/{topic}.xlsx`: a workbook to fill in.

use actix_web::http::header::CONTENT_DISPOSITION;

use super::query;
use crate::api::declare::RequestFields;
use crate::api::error::{ErrorCode, Problem};
use crate::api::query::LangOnly;
use crate::api::reply::Reply;
use crate::api::routes::{Action, AnswerExample, Asked, PathParameter, ReadDoc, Route};
use crate::api::schema::{string, words};
use crate::api::topic::Topic;
use crate::batch::xlsx::{XLSX, template};
use crate::domain::error::shortened;
use crate::text;

pub(super) const ONE: Route = Route {
    pattern: "/v1/templates/{topic}.xlsx",
    action: Action::Read(one),
    doc: Some(ReadDoc {
        operation_id: "getTemplate",
        tag: "reference",
        summary: "Excel 模板 · A template for Excel",
        description: "一个主题的 XLSX 模板：表头（默认中文，lang=en 为英文）、下拉选项、批注（含义、单位、条款）、一行能算出结果的示例、填写说明。\
            填好后用 lode batch 计算；结果是同一张表加结果列。\n\n\
            A workbook for one topic: heads (Chinese unless `lang=en`), drop-down lists, comments with meaning, unit and article, \
            an example that computes, and how to fill it. `lode batch` computes it; the answer is the same sheet with columns of results.",
        path_parameter: Some(PathParameter {
            name: "topic",
            description: "主题，与计算的路径相同 · The topic, as in the path of its calculation.",
            example: "late-fee",
        }),
        query: LangOnly::fields,
        media_type: XLSX,
        answer: |_| string(words("XLSX 工作簿 · A workbook (Office Open XML)."), None),
        errors: &[ErrorCode::NotFound],
        example: AnswerExample::Written("PK…"),
    }),
};

fn one<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let LangOnly { lang } = query(asked)?;
    let Some(topic) = Topic::from_slug(asked.name) else {
        let name = shortened(asked.name);
        let topics: Vec<&str> = Topic::ALL.iter().map(|topic| topic.slug()).collect();
        let topics = topics.join("、");
        return Err(Problem::new(
            ErrorCode::NotFound,
            text!("没有主题“{name}”；可选：{topics}", "there is no topic “{name}”; there are: {topics}"),
        ));
    };
    let body = template(&asked.service.book, topic, lang).map_err(|error| {
        tracing::error!(%error, topic = topic.slug(), "a template could not be made");
        Problem::internal()
    })?;
    let mut reply = Reply::new(200, XLSX, body);
    let name = format!("attachment; filename=\"lode-{}.xlsx\"", topic.slug());
    reply.headers.push((CONTENT_DISPOSITION, name.into()));
    Ok(reply)
}
