//! Errors on the wire: one table from code to status and title, and `application/problem+json` (RFC 9457).

use actix_web::http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::lang::Lang;
use super::node::Node;
use super::reply::Reply;
use super::shape::ShapeFault;
use super::show::{Audience, Shown};
use crate::domain::error::{Code, Fault, Text, shortened};
use crate::domain::explain::TracedRule;
use crate::domain::mineral::Minerals;
use crate::domain::rate_book::RateBook;
use crate::text;

/// Every kind of error that the service answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// A fault that a rule found in the values of a request.
    Rule(Code),
    /// The shape of the request is wrong.
    MalformedRequest,
    /// Nobody is known to be asking.
    Unauthenticated,
    /// Whoever asks may not.
    Forbidden,
    /// A path names a mineral that is not known.
    NoSuchMineral,
    /// A path or a query names a version that is not known.
    RateVersionNotFound,
    /// Nothing is served at the path.
    RouteNotFound,
    /// A path names something else that is not known.
    NotFound,
    /// The path is served, the method is not.
    MethodNotAllowed,
    /// The body is too long.
    PayloadTooLarge,
    /// The body is not said to be JSON.
    UnsupportedMediaType,
    /// The request contradicts the state of what it changes.
    Conflict,
    /// An idempotency key was used before with another request.
    IdempotencyMismatch,
    /// Too many requests.
    RateLimited,
    /// The service cannot answer now.
    Unavailable,
    /// A defect of the service.
    Internal,
}

/// One row of the table.
struct Row {
    code: &'static str,
    status: u16,
    zh: &'static str,
    en: &'static str,
}

const fn row(code: &'static str, status: u16, zh: &'static str, en: &'static str) -> Row {
    Row { code, status, zh, en }
}

impl ErrorCode {
    /// All of them.
    pub fn all() -> impl Iterator<Item = ErrorCode> {
        let own = [
            ErrorCode::MalformedRequest,
            ErrorCode::Unauthenticated,
            ErrorCode::Forbidden,
            ErrorCode::NoSuchMineral,
            ErrorCode::RateVersionNotFound,
            ErrorCode::RouteNotFound,
            ErrorCode::NotFound,
            ErrorCode::MethodNotAllowed,
            ErrorCode::PayloadTooLarge,
            ErrorCode::UnsupportedMediaType,
            ErrorCode::Conflict,
            ErrorCode::IdempotencyMismatch,
            ErrorCode::RateLimited,
            ErrorCode::Unavailable,
            ErrorCode::Internal,
        ];
        own.into_iter().chain(Code::ALL.into_iter().map(ErrorCode::Rule))
    }

    /// The table: code, status, title.
    #[rustfmt::skip]
    fn row(self) -> Row {
        match self {
            ErrorCode::MalformedRequest     => row("malformed_request", 400, "请求格式有误", "Malformed request"),
            ErrorCode::Unauthenticated      => row("unauthenticated", 401, "未通过身份认证", "Not authenticated"),
            ErrorCode::Forbidden            => row("forbidden", 403, "无权执行", "Forbidden"),
            ErrorCode::NoSuchMineral        => row("mineral_not_found", 404, "没有该矿种", "No such mineral"),
            ErrorCode::RateVersionNotFound  => row("rate_version_not_found", 404, "没有该数据版本", "No such rate version"),
            ErrorCode::RouteNotFound        => row("route_not_found", 404, "没有该路径", "No such path"),
            ErrorCode::NotFound             => row("not_found", 404, "没有该对象", "Not found"),
            ErrorCode::MethodNotAllowed     => row("method_not_allowed", 405, "该路径不支持此方法", "Method not allowed"),
            ErrorCode::PayloadTooLarge      => row("payload_too_large", 413, "请求体过大", "Body too large"),
            ErrorCode::UnsupportedMediaType => row("unsupported_media_type", 415, "不支持的内容类型", "Unsupported media type"),
            ErrorCode::Conflict             => row("conflict", 409, "与现有状态冲突", "Conflict"),
            ErrorCode::IdempotencyMismatch  => row("idempotency_mismatch", 422, "幂等键已用于不同的请求", "Idempotency key used for another request"),
            ErrorCode::RateLimited          => row("rate_limited", 429, "请求过于频繁", "Too many requests"),
            ErrorCode::Unavailable          => row("unavailable", 503, "暂时不能提供服务", "Not available now"),
            ErrorCode::Internal             => row("internal", 500, "服务内部错误", "Internal error"),
            ErrorCode::Rule(code) => match code {
                Code::InvalidField                 => row(code.as_str(), 422, "字段取值有误", "Invalid value"),
                Code::RateNotInForce               => row(code.as_str(), 422, "该日期没有生效的规定", "No rule in force on the date"),
                Code::ConditionMissing             => row(code.as_str(), 422, "缺少适用条件", "A condition is missing"),
                Code::LevyMethodMismatch           => row(code.as_str(), 422, "征收方式不符", "Wrong levy method"),
                Code::MineralNotFound              => row(code.as_str(), 422, "没有该矿种", "No such mineral"),
                Code::MineralAmbiguous             => row(code.as_str(), 422, "矿种名称不唯一", "Ambiguous mineral"),
                Code::ParameterUnknown             => row(code.as_str(), 422, "缺少所需参数", "A parameter is unknown"),
                Code::ConversionCoefficientMissing => row(code.as_str(), 422, "缺少折算系数", "A conversion coefficient is missing"),
                Code::FirstPaymentRatioOutOfRange  => row(code.as_str(), 422, "首次征收比例超出范围", "First payment out of range"),
                Code::InstalmentTermTooShort       => row(code.as_str(), 422, "分期年限过短", "Too few instalment years"),
                Code::InstalmentAfterLicence       => row(code.as_str(), 422, "分期超出许可证有效期", "Instalment after the licence"),
                Code::BelowStartingPrice           => row(code.as_str(), 422, "低于起始价", "Below the starting price"),
                Code::BelowReservePrice            => row(code.as_str(), 422, "低于底价", "Below the reserve price"),
                Code::NoRuleApplies                => row(code.as_str(), 422, "没有适用的规则", "No rule applies"),
                Code::RulesConflict                => row(code.as_str(), 422, "多条规则同时适用", "Several rules apply"),
                Code::NotModelled                  => row(code.as_str(), 422, "未实现该规定", "Not modelled"),
            },
        }
    }

    /// The stable code of the contract.
    pub fn as_str(self) -> &'static str {
        self.row().code
    }

    /// The HTTP status.
    pub fn status(self) -> u16 {
        self.row().status
    }

    /// What the code means, in a few words.
    pub fn title(self) -> Text {
        let Row { zh, en, .. } = self.row();
        Text::fixed(zh, en)
    }
}

/// One fault as the answer lists it.
#[derive(Clone, Debug)]
struct Entry<'b> {
    pointer: String,
    code: ErrorCode,
    detail: Text,
    law: Option<crate::domain::law::Law<'b>>,
    candidates: Vec<String>,
    trace: Vec<TracedRule>,
}

impl Entry<'_> {
    fn new(pointer: String, code: ErrorCode, detail: Text) -> Self {
        Entry { pointer, code, detail, law: None, candidates: Vec::new(), trace: Vec::new() }
    }
}

impl Entry<'_> {
    /// The minerals or datasets that may have been meant: always there, although perhaps empty, where the name of a
    /// mineral leads to none or many.
    fn candidates(&self) -> Option<&[String]> {
        match self.code {
            ErrorCode::NoSuchMineral | ErrorCode::Rule(Code::MineralNotFound | Code::MineralAmbiguous) => {
                Some(&self.candidates)
            }
            _ if self.candidates.is_empty() => None,
            _ => Some(&self.candidates),
        }
    }
}

/// An error with all faults behind it.
#[derive(Clone, Debug)]
pub struct Problem<'b> {
    code: ErrorCode,
    detail: Text,
    entries: Vec<Entry<'b>>,
    /// The methods that a path takes, for `Allow`.
    allow: Option<&'static str>,
    /// Seconds, for `Retry-After`.
    again: Option<u16>,
}

impl<'b> Problem<'b> {
    /// An error that concerns no field.
    pub fn new(code: ErrorCode, detail: Text) -> Problem<'b> {
        Problem { code, detail, entries: Vec::new(), allow: None, again: None }
    }

    /// A defect of the service: only the request id goes out.
    pub fn internal() -> Problem<'b> {
        Problem::new(
            ErrorCode::Internal,
            Text::fixed(
                "服务内部错误；请向维护者提供 request_id",
                "an internal error: report the request_id to the maintainers",
            ),
        )
    }

    /// An error of one field, or of one part of the path.
    pub fn at(pointer: &str, code: ErrorCode, detail: Text) -> Problem<'b> {
        let entry = Entry::new(pointer.to_owned(), code, detail.clone());
        Problem { code, detail, entries: vec![entry], allow: None, again: None }
    }

    /// A mineral of the path that is not known, with the closest names.
    pub fn unknown_mineral(pointer: &str, name: &str, minerals: &Minerals) -> Problem<'b> {
        let shown = shortened(name);
        let detail = text!(
            "没有名为“{shown}”的矿种；请用矿种代码或登记名称（GET /v1/minerals）",
            "no mineral is called “{shown}”; use a code or a registered name (GET /v1/minerals)"
        );
        let candidates = closest(name, minerals);
        let candidates: Vec<&str> = candidates.iter().map(String::as_str).collect();
        Problem::with_candidates(pointer, ErrorCode::NoSuchMineral, detail, &candidates)
    }

    /// An error of one field that may have meant one of these.
    pub fn with_candidates(pointer: &str, code: ErrorCode, detail: Text, candidates: &[&str]) -> Problem<'b> {
        let mut problem = Problem::at(pointer, code, detail);
        for entry in &mut problem.entries {
            entry.candidates = candidates.iter().map(|&candidate| candidate.to_owned()).collect();
        }
        problem
    }

    /// The same error, which is over after so many seconds.
    #[must_use]
    pub fn retried_after(self, seconds: u16) -> Problem<'b> {
        Problem { again: Some(seconds), ..self }
    }

    /// Several errors of one request as one, in document order.
    pub fn together(problems: Vec<Problem<'b>>, request: &Node<'_>) -> Problem<'b> {
        let mut entries: Vec<Entry<'b>> = problems.into_iter().flat_map(|problem| problem.entries).collect();
        entries.sort_by_cached_key(|entry| request.position(&entry.pointer));
        Problem::of(entries)
    }

    /// A path at which nothing is served.
    pub fn no_route() -> Problem<'b> {
        let detail = Text::fixed(
            "没有该路径；接口清单见 GET /openapi.json",
            "nothing is served at this path: see GET /openapi.json",
        );
        Problem::new(ErrorCode::RouteNotFound, detail)
    }

    /// A method that the path does not take.
    pub fn method_not_allowed(allow: &'static str) -> Problem<'b> {
        let detail = text!("该路径只支持：{allow}", "the path takes: {allow}");
        Problem { allow: Some(allow), ..Problem::new(ErrorCode::MethodNotAllowed, detail) }
    }

    /// Every fault of the shape of a request.
    pub fn malformed(faults: Vec<ShapeFault>) -> Problem<'b> {
        let entries = faults
            .into_iter()
            .map(|ShapeFault { pointer, detail }| Entry::new(pointer, ErrorCode::MalformedRequest, detail))
            .collect();
        Problem::of(entries)
    }

    /// Every fault that a rule found, in document order.
    pub fn refused(faults: Vec<Fault<'b>>, request: &Node<'_>, minerals: &Minerals) -> Problem<'b> {
        let mut faults = faults;
        faults.sort_by_cached_key(|fault| request.position(&fault.pointer));
        let entries = faults
            .into_iter()
            .map(|fault| Entry {
                candidates: match fault.unknown_name {
                    Some(name) => closest(&name, minerals),
                    None => fault.candidates,
                },
                pointer: fault.pointer,
                code: ErrorCode::Rule(fault.code),
                detail: fault.detail,
                law: fault.law,
                trace: fault.trace,
            })
            .collect();
        Problem::of(entries)
    }

    /// The error of several faults: its code is the first one's. Without any fault something is wrong with us.
    fn of(entries: Vec<Entry<'b>>) -> Problem<'b> {
        let Some(first) = entries.first() else { return Problem::internal() };
        let detail = match entries.len() {
            1 => first.detail.clone(),
            count => {
                let Text { zh, en } = &first.detail;
                Text {
                    zh: format!("{zh}（共 {count} 处，见 errors）").into(),
                    en: format!("{en} ({count} faults, see errors)").into(),
                }
            }
        };
        Problem { code: first.code, detail, allow: None, again: None, entries }
    }

    /// Its code.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// What is wrong, in a sentence.
    pub fn detail(&self) -> &Text {
        &self.detail
    }

    /// Every fault behind it: where, and what is wrong there.
    pub fn faults(&self) -> impl Iterator<Item = (&str, &Text)> {
        self.entries.iter().map(|entry| (entry.pointer.as_str(), &entry.detail))
    }

    /// It as the contract prints it.
    pub fn body<'a>(&'a self, lang: Lang, book: &'a RateBook, request_id: &'a str) -> impl Serialize + 'a {
        ProblemBody { problem: self, audience: Audience { lang, book }, request_id }
    }

    /// The answer.
    pub fn reply(&self, lang: Lang, book: &RateBook, request_id: &str) -> Reply {
        let mut reply = Reply::json(self.code.status(), PROBLEM_JSON, &self.body(lang, book, request_id));
        reply.problem = Some(self.code);
        reply.headers.extend(self.allow.map(|methods| (ALLOW, methods.into())));
        reply.headers.extend(self.again.map(|seconds| (RETRY_AFTER, seconds.to_string().into())));
        if self.code == ErrorCode::Unauthenticated {
            reply.headers.push((WWW_AUTHENTICATE, "Bearer".into()));
        }
        reply
    }
}

/// The media type of every error.
pub const PROBLEM_JSON: &str = "application/problem+json";

struct ProblemBody<'a> {
    problem: &'a Problem<'a>,
    audience: Audience<'a>,
    request_id: &'a str,
}

impl Serialize for ProblemBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ProblemBody { problem, audience, request_id } = self;
        let row = problem.code.row();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &super::show::AsText(format_args!("/problems/{}", row.code)))?;
        map.serialize_entry("title", audience.lang.pick(&problem.code.title()))?;
        map.serialize_entry("status", &row.status)?;
        map.serialize_entry("detail", audience.lang.pick(&problem.detail))?;
        map.serialize_entry("code", row.code)?;
        map.serialize_entry("request_id", request_id)?;
        map.serialize_entry("errors", &Entries(&problem.entries, *audience))?;
        if let Some(candidates) = problem.entries.first().and_then(Entry::candidates) {
            map.serialize_entry("candidates", candidates)?;
        }
        map.end()
    }
}

struct Entries<'a>(&'a [Entry<'a>], Audience<'a>);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|entry| EntryBody(entry, self.1)))
    }
}

struct EntryBody<'a>(&'a Entry<'a>, Audience<'a>);

impl Serialize for EntryBody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let EntryBody(entry, audience) = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("pointer", &entry.pointer)?;
        map.serialize_entry("code", entry.code.as_str())?;
        map.serialize_entry("detail", audience.lang.pick(&entry.detail))?;
        if let Some(law) = &entry.law {
            map.serialize_entry("law", &Shown(law, *audience))?;
        }
        if let Some(candidates) = entry.candidates() {
            map.serialize_entry("candidates", candidates)?;
        }
        if !entry.trace.is_empty() {
            map.serialize_entry("trace", &Shown(&entry.trace, *audience))?;
        }
        map.end()
    }
}

/// How many candidates are suggested for a name that is not known.
const MOST_CANDIDATES: usize = 5;

/// The codes of the minerals whose names come closest. Closeness only suggests, it never decides (`RULES` 1).
fn closest(name: &str, minerals: &Minerals) -> Vec<String> {
    // Longer texts are no misspelt names, and the distance costs the product of the lengths.
    let name: String = name.trim().to_lowercase().chars().take(40).collect();
    let length = name.chars().count();
    let mut ranked: Vec<(usize, usize, &str)> = minerals
        .iter()
        .filter_map(|(_, mineral)| {
            let names = std::iter::once(&mineral.code).chain(&mineral.zh).chain(std::iter::once(&mineral.en));
            let nearest = names
                .filter_map(|known| {
                    let known = known.to_lowercase();
                    let distance = strsim::levenshtein(&name, &known);
                    let longer = length.max(known.chars().count());
                    // A name that shares less than two letters of five with the one asked for is no suggestion.
                    (distance * 5 <= longer * 3).then_some((distance * 100 / longer.max(1), distance))
                })
                .min()?;
            Some((nearest.0, nearest.1, mineral.code.as_str()))
        })
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(MOST_CANDIDATES).map(|(_, _, code)| code.to_owned()).collect()
}
