//! What the tax office reads: the fee-source records, as the API hands them out, with what it answered.

use askama::Template;

use super::show::{list, plain, text};
use super::{Desk, Made, at_desk, words};
use crate::api::reply::Reply;
use crate::web::http::{Failure, html};
use crate::web::page::Page;
use crate::web::visit::{Visit, address};

/// Records on a page.
const SHOWN: &str = "50";

struct Record {
    cursor: String,
    kind: String,
    effective_on: String,
    right: String,
    licence: String,
    href: String,
    payer: String,
    code: String,
    notice: String,
    account: String,
    /// Item, amount, due day.
    items: Vec<(String, String, String)>,
    /// Where it is accepted or rejected; nothing for whoever may not.
    answer: Option<String>,
}

#[derive(Template)]
#[template(path = "web/records/fee-sources.html")]
struct FeeSources<'v> {
    page: Page<'v>,
    desk: Option<&'v Desk<'v>>,
    records: Vec<Record>,
    next: Option<String>,
    is_first: bool,
}

pub(super) fn fee_sources(visit: &Visit) -> Result<Reply, Failure> {
    at_desk(visit, listed)
}

fn listed(desk: &Desk<'_>) -> Made {
    let visit = desk.visit;
    let since = visit.parameter("since").filter(|since| since.parse::<u64>().is_ok());
    let query = [("limit", SHOWN), ("lang", visit.lang.code())].into_iter().chain(since.map(|since| ("since", since)));
    let found = desk.get(&address("/v1/exchange/fee-sources", query))?;
    let records = list(&found, "records").map(|it| {
        let cursor = it.get("cursor").map(plain).unwrap_or_default();
        let right = text(it, "/right").to_owned();
        let answer = format!("exchange/fee-sources/{cursor}/acknowledgement");
        Record {
            kind: words::kind(text(it, "/kind"), visit.lang),
            effective_on: text(it, "/effective_on").to_owned(),
            href: desk.link(&format!("/records/rights/{right}#e{cursor}")),
            licence: text(it, "/licence_number").to_owned(),
            payer: text(it, "/payer_name").to_owned(),
            code: text(it, "/payer_code").to_owned(),
            notice: text(it, "/notice").to_owned(),
            account: text(it, "/account").to_owned(),
            items: list(it, "items")
                .map(|line| {
                    let item = text(line, "/item").to_owned();
                    (item, desk.money(text(line, "/amount")), text(line, "/due_on").to_owned())
                })
                .collect(),
            answer: desk.may_write(&format!("/v1/{answer}")).then(|| desk.link(&format!("/records/new/{answer}"))),
            cursor,
            right,
        }
    });
    let more = found.get("more").and_then(serde_json::Value::as_bool).unwrap_or(false);
    let next = found.get("next").map(plain).filter(|_| more);
    let template = FeeSources {
        page: desk.page(desk.pick("费源信息", "Fee-source records")),
        desk: Some(desk),
        records: records.collect(),
        next: next.map(|next| desk.link(&address("/records/fee-sources", [("since", next.as_str())]))),
        is_first: since.is_none(),
    };
    Ok(html(200, &template)?)
}
