//! What the OpenAPI document says about the writing endpoints of the records.

use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{Ref, Required};

use super::routes::Write;
use super::show::Recorded;
use crate::api::declare::RequestFields;
use crate::api::openapi::{Headers, parameters, path_parameter, success};
use crate::api::query::LangOnly;
use crate::api::reply::JSON;
use crate::api::schema::{Described, Named, Words};

/// The operation of a writing endpoint; the schemas that it refers to go to `named`.
pub fn write_operation(write: &Write, named: &mut Named) -> Operation {
    let doc = &write.doc;
    let example = |text: &str| serde_json::from_str::<Value>(text).ok();
    let schema = (doc.body)(named);
    Recorded::named(named);
    let body = RequestBodyBuilder::new()
        .description(Some("JSON，UTF-8，最多 1 MiB · JSON in UTF-8, at most 1 MiB."))
        .required(Some(Required::True))
        .content(JSON, ContentBuilder::new().schema(Some(schema)).example(example(doc.example)).build())
        .build();
    let mut parameters = parameters(LangOnly::fields());
    if let Some(path) = doc.path_parameter {
        parameters.insert(0, path_parameter(path));
    }
    let mut operation = OperationBuilder::new();
    if doc.path_parameter.is_some() {
        operation = operation.response("404", Ref::from_response_name("NoSuchRecord"));
    }
    operation
        .operation_id(Some(doc.operation_id))
        .tag("records")
        .summary(Some(doc.summary))
        .description(Some(doc.description))
        .parameters(Some(parameters))
        .parameter_ref(Ref::new("#/components/parameters/RequestId"))
        .parameter_ref(Ref::new("#/components/parameters/IdempotencyKey"))
        .request_body(Some(body))
        .response("201", success(JSON, Recorded::schema(Words::default()), example(doc.answer), Headers::Plain))
        .response("400", Ref::from_response_name("MalformedRequest"))
        .response("409", Ref::from_response_name("Conflict"))
        .response("413", Ref::from_response_name("PayloadTooLarge"))
        .response("415", Ref::from_response_name("UnsupportedMediaType"))
        .response("422", Ref::from_response_name("UnprocessableRecord"))
        .response("500", Ref::from_response_name("Internal"))
        .build()
}
