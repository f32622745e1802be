//! The examples of the document: real answers, and real refusals wherever a request can have one.

use std::sync::Arc;

use serde_json::Value;

use crate::api::access::{self, NOBODY};
use crate::api::error::{ErrorCode, Problem};
use crate::api::http::{self, Asker};
use crate::api::lang::Lang;
use crate::api::query::Explain;
use crate::api::reply::Reply;
use crate::api::routes::{self, Action, AnswerExample, ReadDoc, Route};
use crate::api::service::Service;
use crate::api::topic::{Call, Topic, answer};
use crate::domain::books::access::Role;
use crate::domain::context::Detail;
use crate::domain::error::Code;

/// How the examples are asked.
pub(super) fn example_call(service: &Service) -> Call<'_> {
    let explain = Explain::Applied;
    Call { book: &service.book, lang: Lang::Zh, detail: Detail::Steps, explain, request_id: EXAMPLE_ID }
}

/// The id of the request in examples.
pub(in crate::api) const EXAMPLE_ID: &str = "7d44d5b4d0a1f3c2";

pub(super) fn read_example(route: &Route, doc: &ReadDoc, service: &Arc<Service>) -> Option<Value> {
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
pub(super) fn example_of(reply: &Reply) -> Option<Value> {
    if !reply.is_success() {
        return None;
    }
    serde_json::from_slice(&reply.body).ok().map(abridged)
}

const LONGEST_LIST: usize = 8;
pub(in crate::api) const EXAMPLE_HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

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

/// An answer with this error.
pub(super) fn refusal(code: ErrorCode, service: &Arc<Service>) -> Reply {
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
pub(super) fn refused_request(code: ErrorCode) -> Option<(Topic, &'static str)> {
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
