//! What stands around the routes in the document: its parts that many routes refer to, and what it says of itself.

use std::sync::Arc;

use serde_json::Value;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{AnyOfBuilder, ComponentsBuilder, ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Required, ResponseBuilder, Schema,
    ServerBuilder,
};

use super::examples::{EXAMPLE_ID, refused_request};
use super::{Headers, KEY, failure, header_parameter, turned_away, with_headers};
use crate::api::answer_doc::{entry_schema, problem_schema};
use crate::api::error::ErrorCode;
use crate::api::schema::{Words, one_of_codes, reference, string, words};
use crate::api::service::Service;
use crate::domain::error::Code;
use crate::domain::rate_book::RateBook;

/// What stands around the routes.
pub(super) fn frame(service: &Arc<Service>) -> OpenApi {
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
