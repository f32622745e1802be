//! The ledger itself: its head, to be anchored elsewhere, the verification of the whole chain, and the audit log.

use askama::Template;
use serde_json::Value as Json;

use super::show::{list, plain, text};
use super::{Desk, Made, at_desk};
use crate::api::reply::Reply;
use crate::web::http::{Failure, html};
use crate::web::page::Page;
use crate::web::visit::{Visit, address};

/// What verification found.
struct Verified {
    is_sound: bool,
    entries: String,
    accesses: String,
    hash: String,
    damage: String,
}

#[derive(Template)]
#[template(path = "web/records/ledger.html")]
struct Ledger<'v> {
    page: Page<'v>,
    desk: Option<&'v Desk<'v>>,
    entries: String,
    hash: String,
    algorithm: String,
    instance: String,
    recorded_at: String,
    accesses: String,
    accesses_hash: String,
    verified: Option<Verified>,
}

pub(super) fn verification(visit: &Visit) -> Result<Reply, Failure> {
    at_desk(visit, ledger)
}

fn ledger(desk: &Desk<'_>) -> Made {
    let head = desk.get("/v1/ledger/head")?;
    let verified = match desk.visit.parameter("verify") {
        Some(_) => Some(desk.get("/v1/ledger/verification")?).map(|found| Verified {
            is_sound: found.get("sound") == Some(&Json::Bool(true)),
            entries: found.get("entries").map(plain).unwrap_or_default(),
            accesses: found.get("accesses").map(plain).unwrap_or_default(),
            hash: text(&found, "/hash").to_owned(),
            damage: found
                .get("damage")
                .map(|damage| {
                    let entry = damage.get("entry").map(plain).unwrap_or_default();
                    format!("{} {entry}: {}", text(damage, "/table"), text(damage, "/reason"))
                })
                .unwrap_or_default(),
        }),
        None => None,
    };
    let number = |name: &str| head.get(name).map(plain).unwrap_or_default();
    let template = Ledger {
        page: desk.page(desk.pick("校验", "Verification")),
        desk: Some(desk),
        entries: number("entries"),
        hash: number("hash"),
        algorithm: number("algorithm"),
        instance: number("instance"),
        recorded_at: number("recorded_at"),
        accesses: number("accesses"),
        accesses_hash: number("accesses_hash"),
        verified,
    };
    Ok(html(200, &template)?)
}

struct Access {
    number: String,
    at: String,
    actor: String,
    method: String,
    target: String,
    address: String,
    status: String,
    is_refused: bool,
}

/// Rows of the audit log on one page.
const SHOWN: u64 = 100;

#[derive(Template)]
#[template(path = "web/records/audit.html")]
struct Audit<'v> {
    page: Page<'v>,
    desk: Option<&'v Desk<'v>>,
    rows: Vec<Access>,
    older: Option<String>,
    newer: Option<String>,
}

pub(super) fn audit(visit: &Visit) -> Result<Reply, Failure> {
    at_desk(visit, log)
}

fn log(desk: &Desk<'_>) -> Made {
    // The latest rows unless others are asked for: the number of the last one is in the head.
    let since = match desk.visit.parameter("since").and_then(|since| since.parse::<u64>().ok()) {
        Some(since) => since,
        None => {
            let head = desk.get("/v1/ledger/head")?;
            head.get("accesses").and_then(Json::as_u64).unwrap_or_default().saturating_sub(SHOWN - 1)
        }
    };
    let number = since.to_string();
    let answer = desk.get(&address("/v1/audit", [("since", number.as_str())]))?;
    let found: Vec<&Json> = list(&answer, "accesses").collect();
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let rows: Vec<Access> = found
        .iter()
        .take(shown)
        .map(|row| {
            let status = row.get("status").map(plain).unwrap_or_default();
            Access {
                number: row.get("number").map(plain).unwrap_or_default(),
                at: text(row, "/at").to_owned(),
                actor: text(row, "/actor").to_owned(),
                method: text(row, "/method").to_owned(),
                target: text(row, "/target").to_owned(),
                address: text(row, "/address").to_owned(),
                is_refused: !status.starts_with('2'),
                status,
            }
        })
        .collect();
    let at = |since: &str| desk.link(&address("/records/audit", [("since", since)]));
    let newer = (found.len() > rows.len()).then(|| rows.last().map(|row| at(&row.number))).flatten();
    let older = (since > 0).then(|| at(&since.saturating_sub(SHOWN).to_string()));
    let template =
        Audit { page: desk.page(desk.pick("访问日志", "Audit log")), desk: Some(desk), rows, older, newer };
    Ok(html(200, &template)?)
}
