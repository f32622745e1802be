//! `POST /v1/documents/calculation-sheet`: any calculation on paper.

use chrono::NaiveDate;
use serde_json::Value as Json;
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{RefOr, Schema};

use super::declare::request_shape;
use super::error::{ErrorCode, Problem};
use super::http::Asker;
use super::node::{self, Node};
use super::query::Explain;
use super::reply::Reply;
use super::schema::{Described, Named, Words};
use super::service::Service;
use super::shape::{self, Decode, Faults};
use super::sheet;
use super::topic::{Call, Topic};
use crate::domain::context::{Detail, calculate};
use crate::domain::error::At;
use crate::notice::sheet::CalculationSheet;
use crate::notice::{Format, Paper, PrintError};
use crate::text;

/// Where it is served.
pub const PATH: &str = "/v1/documents/calculation-sheet";

/// A request that is answered.
pub const EXAMPLE: &str = r#"{"topic": "late-fee",
    "request": {"principal": "100000.00", "due_date": "2024-01-10", "as_of": "2024-03-31",
        "payments": [{"date": "2024-02-09", "amount": "40000.00"}],
        "location": {"kind": "land", "province": "山东"}},
    "subject": "某某金矿", "issued_on": "2024-04-01"}"#;

/// More steps than this are no document for people, and take the compiler of the PDF minutes.
pub const MOST_STEPS: usize = 2_000;

/// Longest text of the head, in characters.
const LONGEST_TEXT: usize = 500;

/// What is asked.
#[derive(Debug)]
pub struct SheetRequest<'n> {
    topic: Topic,
    request: Asked<'n>,
    number: Option<&'n str>,
    subject: Option<&'n str>,
    issuer: Option<&'n str>,
    issued_on: Option<NaiveDate>,
    remark: Option<&'n str>,
}

/// The request of the calculation, read by its topic.
#[derive(Debug)]
pub struct Asked<'n>(&'n Node<'n>);

impl<'n> Decode<'n> for Asked<'n> {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Self> {
        shape::fields(node, at, faults).map(|_| Asked(node))
    }
}

impl Described for Asked<'_> {
    fn schema(words: Words) -> RefOr<Schema> {
        let mut named = Named::default();
        let each = Topic::ALL.iter().map(|topic| topic.schemas(&mut named).0);
        let any = each.fold(AnyOfBuilder::new(), AnyOfBuilder::item);
        any.description(words.description).examples(words.example).into()
    }

    fn named(named: &mut Named) {
        for topic in Topic::ALL {
            topic.schemas(named);
        }
    }
}

request_shape! {
    /// 一份计算依据表 · A calculation sheet.
    SheetRequest<'n> as "CalculationSheetRequest" {
        /// 计算主题 · The topic of the calculation.
        topic: Topic = "late-fee";
        /// 该主题的请求，与 POST /v1/calculations/ 下的相同 · The request of that topic, as under /v1/calculations/.
        request: Asked<'n> = {"principal": "100000.00", "due_date": "2024-01-10", "as_of": "2024-03-31"};
        /// 编号 · Number of the sheet.
        number: Option<&'n str> = "JS-2024-001";
        /// 矿业权（矿山）名称 · The right or mine that it is about.
        subject: Option<&'n str> = "某某金矿";
        /// 出具单位，印在盖章处 · Who issues it, beside the place for the seal.
        issuer: Option<&'n str> = "某市自然资源局";
        /// 出具日期，也是 PDF 的日期；不填则留空手写 · Day of issue and of the PDF; left out, a line is left open.
        issued_on: Option<NaiveDate> = "2024-04-01";
        /// 备注 · Remark.
        remark: Option<&'n str> = "复核用";
    }
}

/// The form that a client would rather have, of those that can be made; HTML when it does not mind.
pub fn negotiated(accept: Option<&str>) -> Option<Format> {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else { return Some(Format::Html) };
    // Of two that are wanted alike the first one is made.
    let weights = Format::ALL.iter().map(|format| (*format, quality(accept, format.media_type())));
    weights.rev().filter(|(_, weight)| *weight > 0).max_by_key(|(_, weight)| *weight).map(|(format, _)| format)
}

/// Whether a client would rather have one media type than another.
pub(super) fn prefers(accept: &str, one: &str, other: &str) -> bool {
    quality(accept, one.split(';').next().unwrap_or(one)) > quality(accept, other)
}

/// How much a client wants a media type, in thousandths.
pub(super) fn quality(accept: &str, media_type: &str) -> u32 {
    let (kind, _) = media_type.split_once('/').unwrap_or_default();
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let range = parts.next()?.to_ascii_lowercase();
        // The more of the range is spelt out, the more it counts.
        let exactness = match range.as_str() {
            exact if exact == media_type => 2,
            "*/*" => 0,
            other => other.strip_suffix("/*").filter(|own| *own == kind).map(|_| 1)?,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        Some((exactness, weight.map_or(1_000, thousandths)))
    });
    ranges.max_by_key(|(exactness, _)| *exactness).map_or(0, |(_, weight)| weight)
}

/// A weight `0.85` as 850; one that is malformed counts as nothing.
fn thousandths(weight: &str) -> u32 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = format!("{whole}{fraction:0<3}");
    digits.parse().ok().filter(|weight| *weight <= 1_000).unwrap_or(0)
}

/// The refusal of a client that takes none of the forms.
pub(super) fn not_acceptable() -> Problem<'static> {
    let forms: Vec<&str> = Format::ALL.iter().map(|format| format.media_type()).collect();
    let forms = forms.join(", ");
    Problem::new(
        ErrorCode::UnsupportedMediaType,
        text!("可提供的格式：{forms}；请在 Accept 中写明其一", "the forms are {forms}: name one of them in Accept"),
    )
}

/// The sheet and its form, or what the calculation was refused for, its pointers below `/request`.
pub fn compose_sheet(service: &Service, body: &[u8], accept: &str, asker: Asker<'_>) -> Result<(Paper, Format), Reply> {
    let Asker { lang, request_id } = asker;
    let call = Call { book: &service.book, lang, detail: Detail::Steps, explain: Explain::Applied, request_id };
    let refuse = |problem: Problem<'_>| Err(problem.reply(call.lang, call.book, call.request_id));
    let request = match node::parse(body) {
        Ok(request) => request,
        Err(detail) => return refuse(Problem::at("", ErrorCode::MalformedRequest, detail)),
    };
    let asked: SheetRequest<'_> = match shape::decode(&request) {
        Ok(asked) => asked,
        Err(faults) => return refuse(Problem::malformed(faults)),
    };
    let Some(format) = negotiated(Some(accept)) else { return refuse(not_acceptable()) };
    let head =
        [("number", asked.number), ("subject", asked.subject), ("issuer", asked.issuer), ("remark", asked.remark)];
    let heads = calculate(call.book, call.detail, |context| {
        for (name, text) in head {
            if text.is_some_and(|text| text.chars().count() > LONGEST_TEXT) {
                let detail = text!("最多 {LONGEST_TEXT} 个字", "at most {LONGEST_TEXT} characters");
                context.invalid(At::ROOT.field(name), detail, None);
            }
        }
        Some(())
    });
    if let Err(faults) = heads {
        return refuse(Problem::refused(faults, &request, &call.book.minerals));
    }
    // The document is Chinese whatever language the errors are in.
    let SheetRequest { topic, request: Asked(request), .. } = asked;
    let chinese = Call { lang: Default::default(), ..call };
    let reply = topic.run(request, chinese);
    if !reply.is_success() {
        return Err(below(&topic.run(request, call), "/request"));
    }
    let answer: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    if answer.get("steps").and_then(Json::as_array).is_some_and(|steps| steps.len() > MOST_STEPS) {
        let detail = text!(
            "计算步骤超过 {MOST_STEPS} 步，不能印成计算依据表；请分开计算",
            "more than {MOST_STEPS} steps are too long for a sheet: calculate in parts"
        );
        return refuse(Problem::at("/request", ErrorCode::PayloadTooLarge, detail));
    }
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let head = CalculationSheet {
        number: owned(asked.number),
        subject: owned(asked.subject),
        issuer: owned(asked.issuer),
        issued_on: asked.issued_on,
        remark: owned(asked.remark),
        ..CalculationSheet::default()
    };
    let sheet = sheet::fill(head, topic, &sheet::json_of(request), &answer, call.book);
    match Paper::of(&sheet) {
        Ok(paper) => Ok((paper, format)),
        Err(error) => refuse(unprintable(&error, call.request_id)),
    }
}

/// A document in a form.
pub fn printed(service: &Service, paper: &Paper, format: Format, request_id: &str) -> Result<Reply, Problem<'static>> {
    let bytes = service.press.print(paper, format).map_err(|error| unprintable(&error, request_id))?;
    Ok(document(paper.kind, format, bytes))
}

/// A document that could not be set is a defect of the template or ours.
fn unprintable(error: &PrintError, request_id: &str) -> Problem<'static> {
    tracing::error!(%error, request_id, "a document could not be printed");
    Problem::internal()
}

/// What a page of a document may load: its own style sheet.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

fn document(kind: &str, format: Format, bytes: Vec<u8>) -> Reply {
    use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, VARY};
    let (content_type, ending) = match format {
        Format::Html => ("text/html; charset=utf-8", "html"),
        Format::Pdf => ("application/pdf", "pdf"),
    };
    let mut reply = Reply::new(200, content_type, bytes);
    reply.headers.extend([
        (VARY, "Accept".into()),
        (CONTENT_DISPOSITION, format!("inline; filename=\"{kind}.{ending}\"").into()),
        (CONTENT_SECURITY_POLICY, POLICY.into()),
    ]);
    reply
}

/// The refusal of a part of a request as one of the whole.
fn below(reply: &Reply, place: &str) -> Reply {
    let mut problem: Json = serde_json::from_slice(&reply.body).unwrap_or_default();
    for entry in problem.get_mut("errors").and_then(Json::as_array_mut).into_iter().flatten() {
        if let Some(pointer) = entry.get_mut("pointer") {
            *pointer = format!("{place}{}", pointer.as_str().unwrap_or_default()).into();
        }
    }
    let mut relocated = Reply::json(reply.status, super::error::PROBLEM_JSON, &problem);
    relocated.headers.clone_from(&reply.headers);
    relocated
}

/// What the document of the API says.
pub const SUMMARY: &str = "计算依据表 · A calculation on paper";

/// The same at length.
pub const DESCRIPTION: &str = "任一计算的结果、条件、步骤、条款和数据版本，印成 A4 的 HTML 或 PDF（按 Accept），附校验码和二维码；文字为中文。相同的请求和数据得到相同的字节。\n\n\
    Result, request, steps, articles and data versions of any calculation as HTML for print or PDF, by `Accept`, in Chinese, with \
    a check code and its QR code. The same request over the same data gives the same bytes.";
