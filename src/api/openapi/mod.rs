//! The OpenAPI document: made from the routes really registered ([`super::routes::all`]) and from the shapes really read
//! and shown. Its examples are real answers.

mod examples;
mod frame;

use std::sync::Arc;

use actix_web::App;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, Paths};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{HttpMethod, Ref, RefOr, Required, Response, ResponseBuilder, Schema};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, OpenApiFactory};

pub(in crate::api) use examples::{EXAMPLE_HASH, EXAMPLE_ID};
use examples::{example_call, example_of, read_example, refusal, refused_request};
use frame::frame;

use crate::api::batch_doc::{calculation_batch, removal, taken_on};
use crate::api::declare::RequestFields;
use crate::api::documents::{self, SheetRequest};
use crate::api::error::{ErrorCode, PROBLEM_JSON};
use crate::api::http::{self, Asker, Served, tag};
use crate::api::jobs::{self, Part};
use crate::api::lang::Lang;
use crate::api::query::LangOnly;
use crate::api::records::{batch, exchange, write_operation};
use crate::api::reply::JSON;
use crate::api::routes::{self, Action, Consult, PathParameter, Posted, ReadDoc, Route};
use crate::api::schema::{Described, Field, Named, Words, object, one_of_codes, reference, string, words};
use crate::api::service::Service;
use crate::api::topic::{Dataset, Topic, answer};
use crate::domain::error::Code;
use crate::domain::explain::{Step, Warning};
use crate::domain::rate_book::Version;
use crate::notice::Format;

/// The document of a service with its `ETag`, made when it is first asked for: hashing it takes longer than sending it.
pub(super) fn of(service: &Arc<Service>) -> &(Vec<u8>, String) {
    service.document.get_or_init(|| {
        let document = document(service).into_bytes();
        let tag = tag(&document);
        (document, tag)
    })
}

/// The document as it is committed: indented, with a line end.
pub fn document(service: &Arc<Service>) -> String {
    let described = |config: &mut ServiceConfig<'_>| register(config, service, Description::Wanted);
    let (_, document) = App::new().into_utoipa_app().openapi(frame(service)).configure(described).split_for_parts();
    match document.to_pretty_json() {
        Ok(text) => text + "\n",
        Err(error) => {
            tracing::error!(%error, "the OpenAPI document could not be written");
            String::new()
        }
    }
}

/// Whether the routes describe themselves while they are registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Description {
    /// For the document.
    Wanted,
    /// For serving only.
    Unwanted,
}

/// Registers every route.
pub fn register(config: &mut ServiceConfig<'_>, service: &Arc<Service>, description: Description) {
    for route in routes::all() {
        let served = Served { route, service: Arc::clone(service) };
        match description {
            Description::Wanted => config.service(DescribedRoute(served)),
            Description::Unwanted => config.map(|plain| plain.service(served)),
        };
    }
}

/// A route that describes itself.
struct DescribedRoute(Served);

impl actix_web::dev::HttpServiceFactory for DescribedRoute {
    fn register(self, config: &mut actix_web::dev::AppService) {
        self.0.register(config);
    }
}

impl DescribedRoute {
    /// What is answered to whoever may ask.
    fn unguarded_paths(&self) -> Paths {
        let Served { route, service } = &self.0;
        match (route.action, route.doc) {
            (Action::Calculate(topic), _) => {
                Paths::builder().path(route.template(), calculation(topic, service)).build()
            }
            (Action::CalculationSheet, _) => Paths::builder().path(route.template(), sheet()).build(),
            (Action::DocumentBatch, _) => Paths::builder().path(route.template(), document_batch(service)).build(),
            (Action::Batch, _) => Paths::builder().path(route.template(), calculation_batch(service)).build(),
            (Action::Submit(posted), _) => Paths::builder().path(route.template(), submission(posted, service)).build(),
            (Action::Receive(_), _) => {
                let item = PathItem::new(HttpMethod::Post, exchange::operation(&mut Named::default()));
                Paths::builder().path(route.template(), item).build()
            }
            (Action::Records { write: Some(write), .. }, doc) => {
                let mut item = doc.map(|doc| reading(route, &doc, service)).unwrap_or_default();
                item.post = Some(write_operation(write, &mut Named::default()));
                Paths::builder().path(route.template(), item).build()
            }
            (Action::Job(Part::State), Some(doc)) => {
                let mut item = reading(route, &doc, service);
                item.delete = doc.path_parameter.map(removal);
                Paths::builder().path(route.template(), item).build()
            }
            (_, Some(doc)) => Paths::builder().path(route.template(), reading(route, &doc, service)).build(),
            // The pages of the documentation are no part of the API.
            (_, None) => Paths::new(),
        }
    }
}

impl OpenApiFactory for DescribedRoute {
    fn paths(&self) -> Paths {
        let mut paths = self.unguarded_paths();
        for item in paths.paths.values_mut() {
            guard(item, &self.0.route);
        }
        paths
    }

    fn schemas(&self, schemas: &mut Vec<(String, RefOr<Schema>)>) {
        let mut named = Named::default();
        match (self.0.route.action, self.0.route.doc) {
            (Action::Calculate(topic), _) => {
                envelope(topic, &mut named);
            }
            (Action::CalculationSheet, _) => SheetRequest::named(&mut named),
            (Action::Receive(_), _) => {
                exchange::operation(&mut named);
            }
            (Action::DocumentBatch, _) => batch::named(&mut named),
            (Action::Batch, _) => jobs::named(&mut named),
            (Action::Submit(posted), _) => {
                (posted.doc.request)(&mut named);
                (posted.doc.answer)(&mut named);
            }
            (action, doc) => {
                if let Some(doc) = doc {
                    (doc.answer)(&mut named);
                }
                if let Action::Records { write: Some(write), .. } = action {
                    write_operation(write, &mut named);
                }
            }
        }
        schemas.extend(named.into_list());
    }
}

/// Says that the gate may turn a request away, and which key an operation asks for: records always for one, calculations and rates where the service is set up so.
fn guard(item: &mut PathItem, route: &Route) {
    if !matches!(route.action, Action::Probe(_)) {
        for operation in [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            responses.entry("429".to_owned()).or_insert_with(|| Ref::from_response_name("RateLimited").into());
            responses.entry("503".to_owned()).or_insert_with(|| Ref::from_response_name("Unavailable").into());
        }
    }
    if !route.pattern.starts_with("/v1/") {
        return;
    }
    let key = SecurityRequirement::new::<_, _, &str>(KEY, []);
    let of_records = matches!(
        route.action,
        Action::Records { .. } | Action::Receive(_) | Action::Print { .. } | Action::DocumentBatch
    );
    for operation in [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten() {
        let responses = &mut operation.responses.responses;
        responses.insert("401".to_owned(), Ref::from_response_name("Unauthenticated").into());
        operation.security = Some(if of_records {
            responses.insert("403".to_owned(), Ref::from_response_name("Forbidden").into());
            vec![key.clone()]
        } else {
            vec![SecurityRequirement::default(), key.clone()]
        });
    }
}

/// The name of the one security scheme.
const KEY: &str = "key";

/// `late-fee` as a part of names: `LateFee`.
fn pascal(slug: &str) -> String {
    slug.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
        })
        .collect()
}

/// The schema of a topic's answer, and a reference to it.
fn envelope(topic: Topic, named: &mut Named) -> RefOr<Schema> {
    let name = format!("{}Answer", pascal(topic.slug()));
    let (_, result) = topic.schemas(named);
    Step::named(named);
    Version::named(named);
    Warning::named(named);
    Dataset::named(named);
    let mut fields =
        vec![Field::required("calculation", one_of_codes(words("计算主题 · The topic."), &[topic.slug()]))];
    fields.extend(result);
    fields.extend([
        Field::required(
            "steps",
            Vec::<Step<'_>>::schema(words("计算步骤 · The steps, each of which can be evaluated again.")),
        ),
        Field::required("rate_versions", Vec::<Version>::schema(words("用到的数据版本 · Every data file used."))),
        Field::required("warnings", Vec::<Warning<'_>>::schema(words("提示 · What the reader has to know."))),
        Field::required("dataset", Dataset::schema(words("数据集 · The dataset."))),
    ]);
    let description = format!("{}的结果与解释 · The result with its explanation.", first_half(topic.doc().summary));
    named.add(&name, || object(Some(description), fields, false), |_| {});
    reference(&name, Words::default())
}

/// The Chinese half of a summary.
fn first_half(summary: &str) -> &str {
    summary.split(" · ").next().unwrap_or(summary)
}

fn calculation(topic: Topic, service: &Arc<Service>) -> PathItem {
    let doc = topic.doc();
    let mut named = Named::default();
    let (request, _) = topic.schemas(&mut named);
    let content = ContentBuilder::new().schema(Some(request));
    let mut examples = topic.examples();
    let content = match examples.as_mut_slice() {
        [(_, example)] => content.example(Some(example.take())),
        _ => content.examples_from_iter(
            examples.into_iter().map(|(name, value)| (name, ExampleBuilder::new().value(Some(value)).build())),
        ),
    };
    let body = RequestBodyBuilder::new()
        .description(Some("JSON，UTF-8，最多 1 MiB · JSON in UTF-8, at most 1 MiB."))
        .required(Some(Required::True))
        .content(JSON, content.build())
        .build();
    let answered = answer(topic, doc.example.as_bytes(), example_call(service));
    let operation = OperationBuilder::new()
        .operation_id(Some(format!("calculate{}", pascal(topic.slug()))))
        .tag("calculations")
        .summary(Some(doc.summary))
        .description(Some(doc.description))
        .parameters(Some(parameters(topic.query())))
        .parameter_ref(Ref::new("#/components/parameters/RequestId"))
        .request_body(Some(body))
        .response("200", success(JSON, envelope(topic, &mut named), example_of(&answered), Headers::Plain))
        .response("400", Ref::from_response_name("MalformedRequest"))
        .response("413", Ref::from_response_name("PayloadTooLarge"))
        .response("415", Ref::from_response_name("UnsupportedMediaType"))
        .response("422", Ref::from_response_name("Unprocessable"))
        .response("500", Ref::from_response_name("Internal"));
    PathItem::new(HttpMethod::Post, operation)
}

/// The calculation sheet.
fn sheet() -> PathItem {
    let example = serde_json::from_str(documents::EXAMPLE).unwrap_or_default();
    let content = ContentBuilder::new().schema(Some(SheetRequest::schema(Words::default()))).example(Some(example));
    let body = RequestBodyBuilder::new()
        .description(Some("JSON，UTF-8，最多 1 MiB · JSON in UTF-8, at most 1 MiB."))
        .required(Some(Required::True))
        .content(JSON, content.build())
        .build();
    let operation = OperationBuilder::new()
        .operation_id(Some("printCalculationSheet"))
        .tag("documents")
        .summary(Some(documents::SUMMARY))
        .description(Some(documents::DESCRIPTION))
        .parameters(Some(parameters(LangOnly::fields())))
        .parameter_ref(Ref::new("#/components/parameters/RequestId"))
        .request_body(Some(body))
        .response("200", printed())
        .response("400", Ref::from_response_name("MalformedRequest"))
        .response("413", Ref::from_response_name("PayloadTooLarge"))
        .response("415", Ref::from_response_name("UnsupportedMediaType"))
        .response("422", Ref::from_response_name("Unprocessable"))
        .response("500", Ref::from_response_name("Internal"));
    PathItem::new(HttpMethod::Post, operation)
}

/// A header that a request may have.
fn header_parameter(name: &str, description: &str, example: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(string(Words::default(), None)))
        .example(Some(example.into()))
        .build()
}

/// Many documents.
fn document_batch(service: &Arc<Service>) -> PathItem {
    let example = serde_json::from_str(batch::EXAMPLE).unwrap_or_default();
    let content = ContentBuilder::new().schema(Some(batch::request_schema())).example(Some(example));
    let body = RequestBodyBuilder::new()
        .description(Some("JSON，UTF-8，最多 1 MiB · JSON in UTF-8, at most 1 MiB."))
        .required(Some(Required::True))
        .content(JSON, content.build())
        .build();
    let operation = OperationBuilder::new()
        .operation_id(Some("printDocuments"))
        .tag("documents")
        .summary(Some(batch::SUMMARY))
        .description(Some(batch::DESCRIPTION))
        .parameters(Some(parameters(LangOnly::fields())))
        .parameter_ref(Ref::new("#/components/parameters/RequestId"))
        .parameter(header_parameter(
            "Idempotency-Key",
            "幂等键，可不填：1 至 200 个可见 ASCII 字符；同键同内容得到同一作业（保留期内），同键异内容为 idempotency_mismatch · \
                May be left out. The same key and body give the same job as long as it is kept, another body is refused.",
            "0d9f7c52-1",
        ))
        .request_body(Some(body))
        .response("202", taken_on("documents"))
        .response("400", Ref::from_response_name("MalformedRequest"))
        .response("413", Ref::from_response_name("PayloadTooLarge"))
        .response("415", Ref::from_response_name("UnsupportedMediaType"));
    let operation = refusals(
        operation,
        &[ErrorCode::Rule(Code::InvalidField), ErrorCode::IdempotencyMismatch, ErrorCode::RateLimited],
        service,
    );
    PathItem::new(HttpMethod::Post, operation.response("500", Ref::from_response_name("Internal")))
}

/// A document in every form.
fn printed() -> Response {
    let answered = ResponseBuilder::new().description("成功 · Answered.");
    let answered = Format::ALL.iter().fold(answered, |response, format| {
        let (words, example) = match format {
            Format::Html => (words("供打印的 HTML，UTF-8 · HTML for print in UTF-8."), "<!doctype html>…"),
            Format::Pdf => (words("A4 的 PDF · PDF, A4."), "%PDF-1.7…"),
        };
        let content = ContentBuilder::new().schema(Some(string(words, None))).example(Some(example.into())).build();
        response.content(format.media_type(), content)
    });
    with_headers(answered, Headers::Plain).build()
}

fn submission(posted: &'static Posted, service: &Arc<Service>) -> PathItem {
    let mut named = Named::default();
    let doc = &posted.doc;
    let example = (doc.example)(&service.book);
    let asker = Asker { request_id: EXAMPLE_ID, lang: Lang::Zh };
    let answered = http::submit(service, posted, example.to_string().as_bytes(), "", asker);
    // An example of each error shows what it is; those that nothing has yet stay out.
    let is_real = |code: &ErrorCode| !matches!(code, ErrorCode::Rule(_)) || refused_request(*code).is_some();
    let errors: Vec<ErrorCode> = (doc.errors)().into_iter().filter(is_real).collect();
    let mebibytes = posted.limit / (1024 * 1024);
    let body = RequestBodyBuilder::new()
        .description(Some(format!("JSON，UTF-8，最多 {mebibytes} MiB · JSON in UTF-8, at most {mebibytes} MiB.")))
        .required(Some(Required::True))
        .content(JSON, ContentBuilder::new().schema(Some((doc.request)(&mut named))).example(Some(example)).build())
        .build();
    let operation = OperationBuilder::new()
        .operation_id(Some(doc.operation_id))
        .tag(doc.tag)
        .summary(Some(doc.summary))
        .description(Some(doc.description))
        .parameters(Some(parameters(LangOnly::fields())))
        .parameter_ref(Ref::new("#/components/parameters/RequestId"))
        .request_body(Some(body))
        .response("200", success(JSON, (doc.answer)(&mut named), example_of(&answered), Headers::Plain))
        .response("400", Ref::from_response_name("MalformedRequest"))
        .response("413", Ref::from_response_name("PayloadTooLarge"))
        .response("415", Ref::from_response_name("UnsupportedMediaType"));
    let operation = refusals(operation, &errors, service);
    PathItem::new(HttpMethod::Post, operation.response("500", Ref::from_response_name("Internal")))
}

/// The answers with these errors, one for each status.
pub(in crate::api) fn refusals(
    mut operation: OperationBuilder,
    errors: &[ErrorCode],
    service: &Arc<Service>,
) -> OperationBuilder {
    let mut statuses: Vec<u16> = errors.iter().map(|code| code.status()).collect();
    statuses.sort_unstable();
    statuses.dedup();
    for status in statuses {
        let codes: Vec<ErrorCode> = errors.iter().copied().filter(|code| code.status() == status).collect();
        operation = operation.response(status.to_string(), failure(&codes, service));
    }
    operation
}

fn reading(route: &Route, doc: &ReadDoc, service: &Arc<Service>) -> PathItem {
    let mut named = Named::default();
    let mut parameters = parameters((doc.query)());
    if let Some(path) = doc.path_parameter {
        parameters.insert(0, path_parameter(path));
    }
    let (headers, kept) = match route.action {
        Action::Read(_) => (Headers::Tagged, true),
        _ => (Headers::Plain, false),
    };
    let answered = match route.action {
        Action::Print { .. } => printed(),
        _ => success(doc.media_type, (doc.answer)(&mut named), read_example(route, doc, service), headers),
    };
    let answered = match route.action {
        Action::Records { read: Some(Consult { also: Some(_), .. }), .. } => in_two_forms(answered),
        _ => answered,
    };
    let mut operation = OperationBuilder::new()
        .operation_id(Some(doc.operation_id))
        .tag(doc.tag)
        .summary(Some(doc.summary))
        .description(Some(doc.description))
        .parameters(Some(parameters))
        .parameter_ref(Ref::new("#/components/parameters/RequestId"))
        .response("200", answered);
    if kept {
        operation = operation
            .parameter_ref(Ref::new("#/components/parameters/IfNoneMatch"))
            .response("304", Ref::from_response_name("NotModified"));
    }
    operation = operation.response("400", Ref::from_response_name("MalformedRequest"));
    operation = refusals(operation, doc.errors, service);
    PathItem::new(HttpMethod::Get, operation.response("500", Ref::from_response_name("Internal")))
}

/// A part of a path that varies.
pub(in crate::api) fn path_parameter(path: PathParameter) -> Parameter {
    ParameterBuilder::new()
        .name(path.name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(path.description))
        .schema(Some(string(Words::default(), None)))
        .example(Some(path.example.into()))
        .build()
}

pub(in crate::api) fn parameters(fields: Vec<Field>) -> Vec<Parameter> {
    fields
        .into_iter()
        .map(|field| {
            ParameterBuilder::new()
                .name(field.name)
                .parameter_in(ParameterIn::Query)
                .required(if field.required { Required::True } else { Required::False })
                .description(field.words.description)
                .schema(Some(field.schema))
                .build()
        })
        .collect()
}

/// Which headers an answer carries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::api) enum Headers {
    /// Request id and dataset.
    Plain,
    /// The tag of the body too.
    Tagged,
}

pub(in crate::api) fn with_headers(response: ResponseBuilder, headers: Headers) -> ResponseBuilder {
    let response = response
        .header_ref("X-Request-Id", Ref::new("#/components/headers/RequestId"))
        .header_ref("Rates-Dataset", Ref::new("#/components/headers/RatesDataset"));
    match headers {
        Headers::Plain => response,
        Headers::Tagged => response.header_ref("ETag", Ref::new("#/components/headers/ETag")),
    }
}

pub(in crate::api) fn success(
    media_type: &str,
    schema: RefOr<Schema>,
    example: Option<Value>,
    headers: Headers,
) -> Response {
    let content = ContentBuilder::new().schema(Some(schema)).example(example).build();
    with_headers(ResponseBuilder::new().description("成功 · Answered.").content(media_type, content), headers).build()
}

/// An answer that is to be had as CSV too.
fn in_two_forms(mut answered: Response) -> Response {
    let words = words("带 BOM 的 UTF-8 CSV，表头为中文 · CSV in UTF-8 with a byte order mark, heads in Chinese.");
    let content = ContentBuilder::new().schema(Some(string(words, None))).example(Some("游标,种类,…".into())).build();
    answered.content.insert("text/csv".to_owned(), content.into());
    answered
}

/// The answer with these errors, which share a status; one example for each, a real one wherever a request can have it.
fn failure(codes: &[ErrorCode], service: &Arc<Service>) -> Response {
    let titles: Vec<String> =
        codes.iter().map(|code| format!("`{}` {} · {}", code.as_str(), code.title().zh, code.title().en)).collect();
    let examples = codes.iter().map(|code| {
        let body: Value = serde_json::from_slice(&refusal(*code, service).body).unwrap_or_default();
        (code.as_str(), ExampleBuilder::new().summary(code.title().zh).value(Some(body)).build())
    });
    let content =
        ContentBuilder::new().schema(Some(reference("Problem", Words::default()))).examples_from_iter(examples).build();
    with_headers(ResponseBuilder::new().description(titles.join("；")).content(PROBLEM_JSON, content), Headers::Plain)
        .build()
}

/// The answer of the gate, which says when to come again.
fn turned_away(code: ErrorCode, service: &Arc<Service>) -> Response {
    ResponseBuilder::from(failure(&[code], service))
        .header_ref("Retry-After", Ref::new("#/components/headers/RetryAfter"))
        .build()
}
