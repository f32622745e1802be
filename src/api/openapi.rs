//! The OpenAPI document: made from the routes really registered ([`super::routes::all`]) and from the shapes really read
//! and shown. Its examples are real answers.

use std::sync::Arc;

use actix_web::App;
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, Paths};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{AnyOfBuilder, ComponentsBuilder, ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContactBuilder, HttpMethod, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Response,
    ResponseBuilder, Schema, ServerBuilder,
};
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_actix_web::{AppExt, OpenApiFactory};

use super::access::{self, NOBODY};
use super::answer_doc::{entry_schema, problem_schema};
use super::batch_doc::{calculation_batch, removal, taken_on};
use super::declare::RequestFields;
use super::documents::{self, SheetRequest};
use super::error::{ErrorCode, PROBLEM_JSON, Problem};
use super::http::{self, Asker, Served};
use super::jobs::{self, Part};
use super::lang::Lang;
use super::query::{Explain, LangOnly};
use super::records::{batch, exchange, write_operation};
use super::reply::{JSON, Reply};
use super::routes::{self, Action, AnswerExample, Consult, PathParameter, Posted, ReadDoc, Route};
use super::schema::{Described, Field, Named, Words, object, one_of_codes, reference, string, words};
use super::service::Service;
use super::topic::{Call, Dataset, Topic, answer};
use crate::domain::books::access::Role;
use crate::domain::context::Detail;
use crate::domain::error::Code;
use crate::domain::explain::{Step, Warning};
use crate::domain::rate_book::{RateBook, Version};
use crate::notice::Format;

/// The document of a service, made when it is first asked for.
pub fn of(service: &Arc<Service>) -> &[u8] {
    service.document.get_or_init(|| document(service).into_bytes())
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
pub(super) fn refusals(
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

/// How the examples are asked.
fn example_call(service: &Service) -> Call<'_> {
    let explain = Explain::Applied;
    Call { book: &service.book, lang: Lang::Zh, detail: Detail::Steps, explain, request_id: EXAMPLE_ID }
}

/// The id of the request in examples.
pub(super) const EXAMPLE_ID: &str = "7d44d5b4d0a1f3c2";

fn read_example(route: &Route, doc: &ReadDoc, service: &Arc<Service>) -> Option<Value> {
    let target = match doc.example {
        AnswerExample::Of(target) => target,
        AnswerExample::Written(text) => return Some(serde_json::from_str(text).unwrap_or_else(|_| text.into())),
    };
    let (Action::Read(read) | Action::Probe(read)) = route.action else { return None };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let asker = Asker { request_id: EXAMPLE_ID, lang: Lang::Zh };
    example_of(&http::ask(service, route, read, path, query, asker, &NOBODY))
}

/// A real answer as an example: long lists cut, hashes replaced, so that the document changes with the code and not with
/// every edit of the data.
fn example_of(reply: &Reply) -> Option<Value> {
    if !reply.is_success() {
        return None;
    }
    serde_json::from_slice(&reply.body).ok().map(abridged)
}

const LONGEST_LIST: usize = 8;
pub(super) const EXAMPLE_HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn abridged(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().take(LONGEST_LIST).map(abridged).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let value = if name == "sha256" { EXAMPLE_HASH.into() } else { abridged(value) };
                (name, value)
            })
            .collect(),
        other => other,
    }
}

/// A part of a path that varies.
pub(super) fn path_parameter(path: PathParameter) -> Parameter {
    ParameterBuilder::new()
        .name(path.name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(path.description))
        .schema(Some(string(Words::default(), None)))
        .example(Some(path.example.into()))
        .build()
}

pub(super) fn parameters(fields: Vec<Field>) -> Vec<Parameter> {
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
pub(super) enum Headers {
    /// Request id and dataset.
    Plain,
    /// The tag of the body too.
    Tagged,
}

pub(super) fn with_headers(response: ResponseBuilder, headers: Headers) -> ResponseBuilder {
    let response = response
        .header_ref("X-Request-Id", Ref::new("#/components/headers/RequestId"))
        .header_ref("Rates-Dataset", Ref::new("#/components/headers/RatesDataset"));
    match headers {
        Headers::Plain => response,
        Headers::Tagged => response.header_ref("ETag", Ref::new("#/components/headers/ETag")),
    }
}

pub(super) fn success(media_type: &str, schema: RefOr<Schema>, example: Option<Value>, headers: Headers) -> Response {
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

/// An answer with this error.
fn refusal(code: ErrorCode, service: &Arc<Service>) -> Reply {
    let asker = Asker { request_id: EXAMPLE_ID, lang: Lang::Zh };
    let target = match code {
        ErrorCode::NoSuchMineral => Some("/v1/minerals/goldd?as_of=2024-06-01"),
        ErrorCode::RateVersionNotFound => Some("/v1/rate-versions/late-fee/1999-01-01"),
        ErrorCode::NotFound => Some("/v1/provinces/999999?as_of=2024-06-01"),
        _ => None,
    };
    if let Some(reply) = target.and_then(|target| ask(target, service, asker)) {
        return reply;
    }
    if let Some((topic, request)) = refused_request(code) {
        return answer(topic, request.as_bytes(), example_call(service));
    }
    let problem = match code {
        ErrorCode::Internal => Problem::internal(),
        ErrorCode::Unauthenticated => access::unauthenticated(),
        ErrorCode::Forbidden => access::forbidden(Role::Viewer),
        ErrorCode::PayloadTooLarge => Problem::new(code, http::too_large(http::BODY_LIMIT)),
        ErrorCode::UnsupportedMediaType => Problem::new(code, http::not_json()),
        _ => Problem::new(code, code.title()),
    };
    problem.reply(asker.lang, &service.book, asker.request_id)
}

/// A request that a calculation refuses with this error; none for errors that no calculation has.
#[rustfmt::skip]
fn refused_request(code: ErrorCode) -> Option<(Topic, &'static str)> {
    let rule = match code {
        ErrorCode::MalformedRequest => return Some((Topic::LateFee, r#"{"principal": 1000, "due_date": "2024-02-30"}"#)),
        ErrorCode::Rule(rule) => rule,
        _ => return None,
    };
    match rule {
        Code::InvalidField => Some((Topic::UnpaidReserves, r#"{"identified": "430.88", "mined": "430.89", "paid_for": "0", "unit": "万吨"}"#)),
        Code::RateNotInForce => Some((Topic::LateFee, r#"{"principal": "1.00", "due_date": "2017-06-30", "as_of": "2024-03-01"}"#)),
        Code::ConditionMissing => Some((Topic::Split, r#"{"amount": "1.00", "paid_on": "2025-06-30", "location": {"kind": "land", "province": "广西"}}"#)),
        Code::LevyMethodMismatch => Some((Topic::Instalments, r#"{"right": "mining", "mineral": "金", "signed_on": "2024-06-25", "total": "100.00", "mine_scale": "small", "licence": {"years": "8"}, "plan": {"lump_sum": true}}"#)),
        Code::MineralNotFound => Some((Topic::TransferIncome, r#"{"as_of": "2024-06-01", "mineral": "goldd", "transfer_mode": "competitive", "transaction_price": "1.00"}"#)),
        Code::MineralAmbiguous => Some((Topic::TransferIncome, r#"{"as_of": "2024-06-01", "mineral": "水晶", "transfer_mode": "competitive", "transaction_price": "1.00"}"#)),
        Code::ParameterUnknown => Some((Topic::StartingPrice, r#"{"as_of": "2024-06-01", "mineral": "镧", "right": "exploration", "geology": "medium", "stage": "general", "area_km2": "1"}"#)),
        Code::ConversionCoefficientMissing => Some((Topic::AnnualIncome, r#"{"year": 2024, "transfer_mode": "agreement", "lines": [{"mineral": "铅", "product": "raw_ore", "revenue": "1.00"}]}"#)),
        Code::FirstPaymentRatioOutOfRange => Some((Topic::Instalments, r#"{"right": "mining", "signed_on": "2024-06-25", "total": "100.00", "mine_scale": "large", "licence": {"years": "20"}, "plan": {"first_payment_percent": "9.99"}}"#)),
        Code::InstalmentTermTooShort => Some((Topic::Instalments, r#"{"right": "mining", "signed_on": "2024-06-25", "total": "100.00", "mine_scale": "large", "licence": {"years": "20"}, "plan": {"first_payment_percent": "20", "years": 9}}"#)),
        Code::InstalmentAfterLicence => Some((Topic::Instalments, r#"{"right": "mining", "signed_on": "2024-06-25", "total": "100.00", "mine_scale": "large", "licence": {"years": "20"}, "plan": {"first_payment_percent": "20", "years": 21}}"#)),
        Code::BelowStartingPrice => Some((Topic::TransferIncome, r#"{"as_of": "2024-06-01", "mineral": "铁", "transfer_mode": "competitive", "transaction_price": "200000.00", "starting_price": "214704.00"}"#)),
        Code::BelowReservePrice => Some((Topic::TransferIncome, r#"{"as_of": "2024-06-01", "mineral": "铁", "transfer_mode": "competitive", "transaction_price": "300000.00", "reserve_price": "300000.01"}"#)),
        Code::NoRuleApplies => Some((Topic::Assessment, r#"{"as_of": "2024-06-01", "event": "unconverted", "right": "mining", "registered_minerals": ["水泥用灰岩"]}"#)),
        // No facts are claimed by two rows of the table, and no request meets what is not modelled.
        Code::RulesConflict | Code::NotModelled => None,
    }
}

/// Asks a reading endpoint.
fn ask(target: &str, service: &Arc<Service>, asker: Asker<'_>) -> Option<Reply> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let serves = |route: &Route| !route.varying(path).is_empty();
    let route = routes::all().into_iter().find(serves)?;
    let Action::Read(read) = route.action else { return None };
    Some(http::ask(service, &route, read, path, query, asker, &NOBODY))
}

/// What stands around the routes.
fn frame(service: &Arc<Service>) -> OpenApi {
    let book = &service.book;
    let rules = Code::ALL.into_iter().map(ErrorCode::Rule);
    let unprocessable: Vec<ErrorCode> = rules.filter(|code| refused_request(*code).is_some()).collect();
    let unprocessable_record: Vec<ErrorCode> =
        unprocessable.iter().copied().chain([ErrorCode::IdempotencyMismatch]).collect();
    let not_modified = ResponseBuilder::new().description("未改变 · Not modified: the body at hand is current.");
    let header = |description: &str, example: &str| {
        HeaderBuilder::new()
            .schema(Some(string(Words::default(), None)))
            .description(Some(description))
            .example(Some(example.into()))
            .build()
    };
    let components = ComponentsBuilder::new()
        .schemas_from_iter(lists(book))
        .schema("Problem", problem_schema())
        .schema("ProblemEntry", entry_schema())
        .response("MalformedRequest", failure(&[ErrorCode::MalformedRequest], service))
        .response("PayloadTooLarge", failure(&[ErrorCode::PayloadTooLarge], service))
        .response("UnsupportedMediaType", failure(&[ErrorCode::UnsupportedMediaType], service))
        .response("Unprocessable", failure(&unprocessable, service))
        .response("NoSuchRecord", failure(&[ErrorCode::NotFound], service))
        .response("Conflict", failure(&[ErrorCode::Conflict], service))
        .response("UnprocessableRecord", failure(&unprocessable_record, service))
        .response("Internal", failure(&[ErrorCode::Internal], service))
        .response("RateLimited", turned_away(ErrorCode::RateLimited, service))
        .response("Unavailable", turned_away(ErrorCode::Unavailable, service))
        .response("Unauthenticated", failure(&[ErrorCode::Unauthenticated], service))
        .response("Forbidden", failure(&[ErrorCode::Forbidden], service))
        .security_scheme(KEY, {
            let description = "密钥，由 lode keys create 发放，或所配置的签发者（OIDC）的令牌。记录库中没有密钥、也未配置签发者时，服务只监听本机，不要密钥；计算和查询费率在 --require-key 时才要 · \
                A key made by lode keys create, or a token (JWT) of the issuer that is configured. Without either the service listens on loopback alone and asks for none; \
                calculations and the rates ask for one under --require-key only.";
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build())
        })
        .response("NotModified", with_headers(not_modified, Headers::Tagged).build())
        .parameter(
            "RequestId",
            header_parameter(
                "X-Request-Id",
                "请求标识，1–64 个字母、数字、“-”、“_”、“.”；缺省或不合要求时由服务生成 · Id of the request; made by the service if absent or unsafe.",
                EXAMPLE_ID,
            ),
        )
        .parameter(
            "IfNoneMatch",
            header_parameter("If-None-Match", "已有内容的 ETag；未改变时应答 304 · ETag of the body at hand.", EXAMPLE_TAG),
        )
        .parameter("IdempotencyKey", {
            let description = "幂等键：1 至 200 个可见 ASCII 字符；同键同内容得到同一应答，同键异内容为 idempotency_mismatch · \
                The same key and body give the same answer, another body is refused.";
            let mut key = header_parameter("Idempotency-Key", description, "0d9f7c52-1");
            key.required = Required::True;
            key.schema = Some(string(Words::default(), Some("^[!-~]{1,200}$")));
            key
        })
        .header("RequestId", header("请求标识 · Id of the request.", EXAMPLE_ID))
        .header("RatesDataset", header("数据集标识与 SHA-256 · The dataset behind the answer.", "builtin; sha256=0123456789abcdef"))
        .header("RetryAfter", header("多少秒后重试 · Seconds after which to try again.", "1"))
        .header("ETag", header("内容的强校验值 · Strong tag of the body.", EXAMPLE_TAG))
        .build();
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("lode 矿业权出让收益计算服务")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(ABOUT))
                .contact(Some(ContactBuilder::new().name(Some("lode")).build()))
                .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build())),
        )
        .servers(Some([ServerBuilder::new().url("/").description(Some("本服务 · This service.")).build()]))
        .tags(Some(TAGS.map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build())))
        .components(Some(components))
        .build()
}

const EXAMPLE_TAG: &str = "\"0123456789abcdef0123456789abcdef\"";

const ABOUT: &str = "按财综〔2023〕10号等文件计算矿业权出让收益，每个数字附步骤、条款和数据版本。\
    金额、费率、面积、系数均为十进制数字符串，日期为 YYYY-MM-DD；计算不读取时钟。错误为 application/problem+json，一次列出全部问题。\n\n\
    China's mining-rights transfer income by Cai Zong [2023] No. 10 and the instruments around it; every figure comes with its \
    steps, articles and data versions. Amounts, rates, areas and coefficients are decimal strings, days are YYYY-MM-DD; no \
    calculation reads a clock. Errors are application/problem+json and list all faults at once.";

const TAGS: [(&str, &str); 8] = [
    ("calculations", "计算 · Calculations, each with its explanation."),
    ("batches", "批量 · Many calculations at once."),
    ("records", "记录与账 · The records and the ledger."),
    ("documents", "文书 · Documents for print."),
    ("jobs", "作业 · Work that takes longer than a request."),
    ("rates", "数据版本 · The versions of the rate data."),
    ("reference", "矿种、行政区划、文件、条款覆盖 · Minerals, divisions, instruments, coverage."),
    ("service", "服务状态与文档 · The service itself."),
];

/// The lists of codes that come from the data.
fn lists(book: &RateBook) -> Vec<(&'static str, RefOr<Schema>)> {
    let name_of = |list: &str, text: &str, value: &str| -> RefOr<Schema> {
        AnyOfBuilder::new()
            .item(reference(list, Words::default()))
            .item(ObjectBuilder::new().schema_type(Type::String))
            .description(Some(text))
            .examples([Value::from(value)])
            .into()
    };
    let minerals: Vec<&str> = book.minerals.iter().map(|(_, mineral)| mineral.code.as_str()).collect();
    let divisions: Vec<&str> = book.divisions.iter().map(|division| division.code.as_str()).collect();
    let sales: Vec<&str> = book.deemed_sales.iter().map(|sale| sale.code.as_str()).collect();
    let schemes = book.provinces.values().flat_map(|own| own.split_scheme.entries());
    let mut classes: Vec<&str> =
        schemes.flat_map(|dated| &dated.value.classes).map(|class| class.code.as_str()).collect();
    classes.sort_unstable();
    classes.dedup();
    let kinds: Vec<String> = book.deemed_sales.iter().map(|kind| format!("`{}` {}", kind.code, kind.zh)).collect();
    let kinds = format!("视同销售的情形 · Kinds of deemed sales: {}", kinds.join("、"));
    vec![
        ("MineralCode", one_of_codes(words("矿种的稳定代码 · Stable code of a mineral."), &minerals)),
        (
            "MineralName",
            name_of("MineralCode", "矿种代码或任一登记的中英文名称 · Code or any registered name of a mineral.", "金"),
        ),
        ("DivisionCode", one_of_codes(words("六位行政区划代码（GB/T 2260）· Six-digit division code."), &divisions)),
        (
            "DivisionName",
            name_of("DivisionCode", "六位行政区划代码或中文名称 · Division code or Chinese name.", "山东"),
        ),
        ("SplitClassCode", one_of_codes(words("省内分成办法的类别代码 · Class of a province's scheme."), &classes)),
        ("DeemedSaleCode", one_of_codes(words(&kinds), &sales)),
        (
            "DeemedSaleName",
            name_of(
                "DeemedSaleCode",
                "视同销售的情形：代码或中文名称 · Kind of deemed sale: code or Chinese name.",
                "捐赠",
            ),
        ),
    ]
}
