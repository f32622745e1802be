//! What the OpenAPI document says about batches of calculations, and about jobs that are taken on.

use std::sync::Arc;

use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{HttpMethod, Ref, Required, Response, ResponseBuilder};

use super::batches::{self, BatchQuery};
use super::declare::RequestFields;
use super::error::ErrorCode;
use super::jobs;
use super::openapi::{Headers, parameters, path_parameter, refusals, with_headers};
use super::query::LangOnly;
use super::reply::JSON;
use super::routes::PathParameter;
use super::schema::{Described, Words, string, words};
use super::service::Service;
use super::topic::Topic;
use crate::batch::forms;

/// A job that was taken on.
pub(super) fn taken_on(kind: &str) -> Response {
    let answered = ResponseBuilder::new()
        .description("已接受 · Taken on.")
        .header("Location", text_header("作业的路径 · Where the job is."))
        .content(
            JSON,
            ContentBuilder::new().schema(Some(jobs::schema())).example(Some(jobs::waiting_example(kind))).build(),
        );
    with_headers(answered, Headers::Plain).build()
}

fn text_header(description: &str) -> Header {
    HeaderBuilder::new().description(Some(description)).schema(Some(string(Words::default(), None))).build()
}

/// Many calculations.
pub(super) fn calculation_batch(service: &Arc<Service>) -> PathItem {
    let topic = ParameterBuilder::new()
        .name("topic")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("计算主题 · The topic."))
        .schema(Some(Topic::schema(Words::default())))
        .example(Some(Topic::UnpaidReserves.slug().into()))
        .build();
    let prefer = ParameterBuilder::new()
        .name("Prefer")
        .parameter_in(ParameterIn::Header)
        .description(Some("respond-async：由作业完成 · `respond-async`: by a job, whatever there is to do."))
        .schema(Some(string(Words::default(), None)))
        .build();
    let content = |example: Value| {
        let words = words("每行一个 · One on each row.");
        ContentBuilder::new().schema(Some(string(words, None))).example(Some(example)).build()
    };
    let mut body = RequestBodyBuilder::new()
        .description(Some(
            "每行一个请求，不压缩，最多 256 MiB · A request on each row, not compressed, at most 256 MiB.",
        ))
        .required(Some(Required::True));
    let mut answered = ResponseBuilder::new()
        .description("每行一个答复 · An answer on each row.")
        .header("Batch-Rows", text_header("行数 · How many rows there were."))
        .header("Batch-Refused", text_header("其中有误的行数 · How many of them were refused."));
    for media_type in forms::media_types() {
        let [request, answer] = batches::examples(media_type);
        body = body.content(media_type, content(request));
        answered = answered.content(media_type, content(answer));
    }
    let mut parameters = parameters(BatchQuery::fields());
    parameters.insert(0, topic);
    parameters.push(prefer);
    let operation = OperationBuilder::new()
        .operation_id(Some("calculateBatch"))
        .tag("batches")
        .summary(Some(batches::SUMMARY))
        .description(Some(batches::DESCRIPTION))
        .parameters(Some(parameters))
        .parameter_ref(Ref::new("#/components/parameters/RequestId"))
        .request_body(Some(body.build()))
        .response("200", with_headers(answered, Headers::Plain).build())
        .response("202", taken_on("batch"))
        .response("400", Ref::from_response_name("MalformedRequest"))
        .response("413", Ref::from_response_name("PayloadTooLarge"))
        .response("415", Ref::from_response_name("UnsupportedMediaType"));
    let operation = refusals(operation, &[ErrorCode::NotFound, ErrorCode::RateLimited], service);
    PathItem::new(HttpMethod::Post, operation.response("500", Ref::from_response_name("Internal")))
}

/// Taking a job away.
pub(super) fn removal(path: PathParameter) -> Operation {
    let mut parameters = parameters(LangOnly::fields());
    parameters.insert(0, path_parameter(path));
    let gone = ResponseBuilder::new().description("已取消或删除 · It is gone.");
    OperationBuilder::new()
        .operation_id(Some("removeJob"))
        .tag("jobs")
        .summary(Some("取消作业或删除结果 · Cancel a job, or throw its result away"))
        .description(Some(
            "未完成的作业停止，已完成的删除结果；此后为 not_found。\n\n\
            Work that is not done ends, a result is removed; after that it is `not_found`.",
        ))
        .parameters(Some(parameters))
        .parameter_ref(Ref::new("#/components/parameters/RequestId"))
        .response("204", with_headers(gone, Headers::Plain).build())
        .response("400", Ref::from_response_name("MalformedRequest"))
        .response("404", Ref::from_response_name("NoSuchRecord"))
        .response("500", Ref::from_response_name("Internal"))
        .build()
}
