//! `GET /v1/datasets`: the datasets that a comparison or a replay may name.

use super::{ok, query};
use crate::api::datasets::ListedDataset;
use crate::api::declare::{RequestFields, answer_shape};
use crate::api::error::Problem;
use crate::api::query::LangOnly;
use crate::api::reply::{JSON, Reply};
use crate::api::routes::{Action, AnswerExample, Asked, ReadDoc, Route};
use crate::api::schema::{Described, Words};

pub(super) const LIST: Route = Route {
    pattern: "/v1/datasets",
    action: Action::Read(list),
    doc: Some(ReadDoc {
        operation_id: "listDatasets",
        tag: "rates",
        summary: "可用的数据集 · The datasets at hand",
        description: "本服务所用的、已发布的，以及 --rates-candidate 给出的待发布数据集。\n\n\
            The one that the service computes with, every released one, and the candidate of --rates-candidate.",
        path_parameter: None,
        query: LangOnly::fields,
        media_type: JSON,
        answer: |named| {
            DatasetList::named(named);
            DatasetList::schema(Words::default())
        },
        errors: &[],
        // Which datasets a service carries is no part of the document.
        example: AnswerExample::Written(
            r#"{"datasets": [{"id": "lode-2026-11-21", "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                "standing": "released", "current": true}]}"#,
        ),
    }),
};

struct DatasetList<'a> {
    datasets: Vec<ListedDataset<'a>>,
}

answer_shape! {
    /// 数据集，首个为本服务所用 · The datasets, first the one that the service computes with.
    DatasetList<'a> as "DatasetList" {
        /// 数据集 · The datasets.
        datasets: Vec<ListedDataset<'a>> = [];
    }
}

fn list<'a>(asked: &Asked<'a>) -> Result<Reply, Problem<'a>> {
    let LangOnly { lang } = query(asked)?;
    ok(asked, lang, &DatasetList { datasets: asked.service.datasets.list(&asked.service.book) })
}
