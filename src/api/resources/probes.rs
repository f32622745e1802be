//! The document, the health of the process, and its counters.

use actix_web::http::header::ETAG;
use utoipa::openapi::{RefOr, Schema};

use super::{ok, query};
use crate::api::declare::{RequestFields, answer_shape};
use crate::api::error::{ErrorCode, Problem};
use crate::api::query::LangOnly;
use crate::api::readiness::Wanting;
use crate::api::reply::{JSON, Reply};
use crate::api::routes::{Action, AnswerExample, Asked, ReadDoc, Route};
use crate::api::schema::{Described, Named, Words, string, words};
use crate::api::topic::Dataset;
use crate::text;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) const DOCUMENT: Route = Route {
    pattern: "/openapi.json",
    action: Action::Read(document),
    doc: Some(ReadDoc {
        operation_id: "getOpenApi",
        tag: "service",
        summary: "本文档 · This document",
        description: "OpenAPI 3.1 文档。\n\nThe OpenAPI 3.1 document.",
        path_parameter: None,
        query: LangOnly::fields,
        media_type: JSON,
        answer: |_| crate::api::schema::object(Some("OpenAPI 3.1".to_owned()), Vec::new(), false),
        errors: &[],
        example: AnswerExample::Written(
            r#"{"openapi": "3.1.0", "info": {"title": "lode 矿业权出让收益计算服务"}, "paths": {}}"#,
        ),
    }),
};

/// What both probes answer.
fn health(named: &mut Named) -> RefOr<Schema> {
    Health::named(named);
    Health::schema(Words::default())
}

pub(super) const LIVE: Route = Route {
    pattern: "/health/live",
    action: Action::Probe(live),
    doc: Some(ReadDoc {
        operation_id: "getLiveness",
        tag: "service",
        summary: "进程存活 · The process is alive",
        description: "进程能够应答即为存活。\n\nAlive as long as the process answers.",
        path_parameter: None,
        query: LangOnly::fields,
        media_type: JSON,
        answer: health,
        errors: &[],
        example: AnswerExample::Of("/health/live"),
    }),
};

pub(super) const READY: Route = Route {
    pattern: "/health/ready",
    action: Action::Probe(ready),
    doc: Some(ReadDoc {
        operation_id: "getReadiness",
        tag: "service",
        summary: "可以应答 · Ready to answer",
        description: "费率数据已载入并通过检查，记录库可写，磁盘有余量；附数据集。否则 503 `unavailable`。至多每秒实测一次。\n\n\
            The rate data are loaded and checked, the records can be written, the disk has room; names the dataset. Else 503 \
            `unavailable`. Found out once a second at most.",
        path_parameter: None,
        query: LangOnly::fields,
        media_type: JSON,
        answer: health,
        errors: &[ErrorCode::Unavailable],
        example: AnswerExample::Of("/health/ready"),
    }),
};

pub(super) const METRICS: Route = Route {
    pattern: "/metrics",
    action: Action::Probe(metrics),
    doc: Some(ReadDoc {
        operation_id: "getMetrics",
        tag: "service",
        summary: "计数器 · Counters",
        description: "Prometheus 文本格式：构建与数据集、按路由的请求数和时长、按主题的计算数、按代码的错误数、作业、是否就绪。\n\n\
            In the text format of Prometheus: build and dataset, requests and their times by route, calculations by topic, \
            errors by code, jobs, readiness.",
        path_parameter: None,
        query: LangOnly::fields,
        media_type: TEXT,
        answer: |_| string(words("Prometheus text"), None),
        errors: &[],
        example: AnswerExample::Written(
            "# HELP lode_http_requests_total Answers by route and status.\n\
             # TYPE lode_http_requests_total counter\n\
             lode_http_requests_total{route=\"/v1/calculations/late-fee\",status=\"200\"} 12\n",
        ),
    }),
};

struct Health<'a> {
    status: &'static str,
    dataset: Option<Dataset<'a>>,
}

answer_shape! {
    /// 进程状态 · The state of the process.
    Health<'a> as "Health" {
        /// live 存活、ready 可以应答 · Alive, or ready to answer.
        status: &'a str = "ready";
        /// 数据集 · The dataset.
        dataset: Option<Dataset<'a>> = {};
    }
}

fn document<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let LangOnly { .. } = query(asked)?;
    let (document, tag) = crate::api::openapi::of(asked.service);
    let mut reply = Reply::new(200, JSON, document.clone());
    reply.headers.push((ETAG, tag.clone().into()));
    Ok(reply)
}

fn live<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let LangOnly { lang } = query(asked)?;
    ok(asked, lang, &Health { status: "live", dataset: None })
}

fn ready<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let LangOnly { lang } = query(asked)?;
    let wanting = asked.service.readiness.wanting();
    if !wanting.is_empty() {
        return Err(not_ready(&wanting));
    }
    ok(asked, lang, &Health { status: "ready", dataset: Some(Dataset::of(&asked.service.book)) })
}

fn not_ready(wanting: &[Wanting]) -> Problem<'static> {
    let of = |words: fn(&Wanting) -> &'static str| wanting.iter().map(words).collect::<Vec<_>>();
    let zh = of(|part| match part {
        Wanting::Store => "记录库不可写",
        Wanting::Disk => "磁盘余量不足",
    });
    let en = of(|part| match part {
        Wanting::Store => "the records cannot be written",
        Wanting::Disk => "the disk is nearly full",
    });
    let (zh, en) = (zh.join("，"), en.join(", "));
    Problem::new(ErrorCode::Unavailable, text!("未就绪：{zh}；详见日志", "not ready: {en}; the log says more"))
}

fn metrics<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let LangOnly { .. } = query(asked)?;
    let service = asked.service;
    Ok(Reply::new(200, TEXT, service.metrics.page(service).into_bytes()))
}
