//! From a calculation to the records: the facts of a calculator go into the form of a draft or of a declaration. The right is
//! chosen here; nothing is recorded until the form is checked and confirmed there.

use askama::Template;
use serde_json::Value as Json;

use super::rights::{Found, found};
use super::show::list;
use super::{Desk, Made, Stop, at_desk};
use crate::api::records::inside::write_at;
use crate::api::reply::Reply;
use crate::api::topic::Topic;
use crate::web::calc::{ASSESSED, path_of};
use crate::web::http::{Failure, html};
use crate::web::page::Page;
use crate::web::visit::{Pairs, Visit, address};

/// The parameter that rights are searched by; no field of a calculation is called so.
const SOUGHT: &str = "right_text";

/// Rights that are offered.
const SHOWN: &str = "20";

#[derive(Template)]
#[template(path = "web/records/carry.html")]
struct Carry<'v> {
    page: Page<'v>,
    desk: Option<&'v Desk<'v>>,
    title: String,
    calculation: String,
    back: String,
    sought: &'v str,
    /// What goes along.
    facts: Pairs,
    slug: &'static str,
    rights: Vec<Found>,
    has_more: bool,
}

pub(super) fn choose(visit: &Visit) -> Result<Reply, Failure> {
    at_desk(visit, chosen)
}

fn chosen(desk: &Desk<'_>) -> Made {
    let visit = desk.visit;
    let topic = visit.parameter("topic").and_then(Topic::from_slug).ok_or(Failure::NotFound)?;
    let act = match topic {
        Topic::AnnualIncome => "declarations",
        topic if ASSESSED.contains(&topic) => "assessments",
        _ => return Err(Failure::NotFound.into()),
    };
    let write = write_at(&format!("/v1/rights/R1/{act}")).ok_or(Failure::NotFound)?;
    if !desk.may(write.permission) {
        return Err(Stop::Refused(desk.inside.forbidden(&desk.who)));
    }
    let mut facts = visit.query.clone();
    facts.retain(|(name, _)| name != "topic" && name != SOUGHT);
    let sought = visit.parameter(SOUGHT).unwrap_or_default();
    let by_text = (!sought.is_empty()).then_some(("text", sought));
    let query = by_text.into_iter().chain([("standing", "open"), ("limit", SHOWN)]);
    let answer = desk.get(&address("/v1/rights", query))?;
    let pairs: Pairs = match act {
        // A declaration takes fields of the same names; what the registration says it does not ask for.
        "declarations" => facts.clone(),
        _ => facts.iter().map(|(name, value)| (format!("request.{name}"), value.clone())).collect(),
    };
    let rights = list(&answer, "rights").map(|right| {
        let found = found(desk, right);
        let topic = (act == "assessments").then_some(("topic", topic.slug()));
        let pairs = topic.into_iter().chain(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        Found { href: desk.link(&address(&format!("/records/new/rights/{}/{act}", found.id), pairs)), ..found }
    });
    let values = facts.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let template = Carry {
        title: super::rights::half(desk, write.doc.summary).to_owned(),
        page: desk.page(super::rights::half(desk, write.doc.summary)),
        desk: Some(desk),
        calculation: desk.topic(topic.slug()),
        back: desk.link(&address(&path_of(topic), values)),
        sought,
        slug: topic.slug(),
        rights: rights.collect(),
        has_more: answer.get("next").is_some_and(|next| *next != Json::Null),
        facts,
    };
    Ok(html(200, &template)?)
}
