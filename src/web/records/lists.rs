//! The work lists: what is due, overdue, not declared, not served, and what checks found; as of a day.

use askama::Template;
use serde_json::Value as Json;

use super::show::{list, text};
use super::{Desk, Made, at_desk, words};
use crate::api::reply::Reply;
use crate::web::http::{Failure, html};
use crate::web::page::{Cited, Page};
use crate::web::visit::{Visit, address};

/// The lists: name in the API, title.
const LISTS: [(&str, &str, &str); 5] = [
    ("overdue", "逾期", "Overdue"),
    ("due", "三十日内到期", "Due in 30 days"),
    ("declarations-missing", "未申报", "Not declared"),
    ("notices-unserved", "通知书未送达", "Notices not served"),
    ("checks", "核查", "Checks"),
];

/// Rows that one page shows.
const SHOWN: usize = 50;

struct Count {
    href: String,
    label: &'static str,
    count: usize,
    is_current: bool,
    /// Whether it counts what is late or wrong.
    is_bad: bool,
}

struct Row {
    href: String,
    right: String,
    payer: String,
    what: String,
    item: String,
    due_on: String,
    deferred_until: String,
    outstanding: String,
    found: String,
    expected: String,
    law: Option<Cited>,
    entries: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "web/records/lists.html")]
struct Lists<'v> {
    page: Page<'v>,
    desk: Option<&'v Desk<'v>>,
    as_of: String,
    list: &'static str,
    title: &'static str,
    counts: Vec<Count>,
    rows: Vec<Row>,
    /// First row shown, from 1, and how many there are.
    first: usize,
    total: usize,
    before: Option<String>,
    after: Option<String>,
}

impl Lists<'_> {
    fn has_sums(&self) -> bool {
        matches!(self.list, "overdue" | "due")
    }
}

pub(super) fn index(visit: &Visit) -> Result<Reply, Failure> {
    at_desk(visit, made)
}

fn made(desk: &Desk<'_>) -> Made {
    let visit = desk.visit;
    let as_of = desk.as_of();
    let asked = visit.parameter("list");
    let mut counts = Vec::new();
    let mut tasks: Vec<(&'static str, &'static str, Json)> = Vec::new();
    for (name, zh, en) in LISTS {
        let target =
            address(&format!("/v1/worklists/{name}"), [("as_of", as_of.as_str()), ("lang", visit.lang.code())]);
        tasks.push((name, desk.pick(zh, en), desk.get(&target)?));
    }
    let count = |tasks: &Json| list(tasks, "tasks").count();
    // Unless one was asked for: the first in which there is something to do.
    let chosen = tasks
        .iter()
        .find(|(name, ..)| asked == Some(*name))
        .or_else(|| tasks.iter().find(|(_, _, found)| asked.is_none() && count(found) > 0))
        .or(tasks.first());
    let Some((list_name, title, found)) = chosen else { return Err(Failure::Internal.into()) };
    let here = |name: &str, page: usize| {
        let number = page.to_string();
        let mut pairs = vec![("list", name), ("as_of", as_of.as_str())];
        if page > 1 {
            pairs.push(("page", number.as_str()));
        }
        desk.link(&address("/records", pairs))
    };
    for (name, label, found) in &tasks {
        let is_bad = *name == "overdue" || *name == "checks";
        counts.push(Count {
            href: here(name, 1),
            label,
            count: count(found),
            is_current: name == list_name,
            is_bad: is_bad && count(found) > 0,
        });
    }
    let total = count(found);
    let pages = total.div_ceil(SHOWN).max(1);
    let number = visit.parameter("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
    let skipped = (number - 1) * SHOWN;
    let rows = list(found, "tasks").skip(skipped).take(SHOWN).map(|task| row(desk, task, &as_of)).collect();
    let page = desk.page(desk.pick("待办", "Work lists"));
    let template = Lists {
        page,
        desk: Some(desk),
        list: list_name,
        title,
        counts,
        rows,
        first: if total == 0 { 0 } else { skipped + 1 },
        total,
        before: (number > 1).then(|| here(list_name, number - 1)),
        after: (number < pages).then(|| here(list_name, number + 1)),
        as_of: as_of.clone(),
    };
    Ok(html(200, &template)?)
}

fn row(desk: &Desk<'_>, task: &Json, as_of: &str) -> Row {
    let lang = desk.visit.lang;
    let right = text(task, "/right").to_owned();
    let year = task.get("year").map(super::show::plain);
    let notice = text(task, "/notice");
    let check = text(task, "/check");
    let what = match (&year, notice, check) {
        (Some(year), ..) => desk.pick_text(&format!("{year} 年度"), &format!("year {year}")).to_owned(),
        (_, notice, _) if !notice.is_empty() => notice.to_owned(),
        (_, _, check) if !check.is_empty() => words::check(check, lang),
        _ => String::new(),
    };
    let at = address(&format!("/records/rights/{right}"), [("as_of", as_of)]);
    let fragment = if check.is_empty() { "#statement" } else { "" };
    Row {
        href: desk.link(&format!("{at}{fragment}")),
        payer: desk.party(text(task, "/payer")),
        what,
        item: text(task, "/item").to_owned(),
        due_on: text(task, "/due_on").to_owned(),
        deferred_until: text(task, "/deferred_until").to_owned(),
        outstanding: desk.money(text(task, "/outstanding")),
        found: text(task, "/found").to_owned(),
        expected: text(task, "/expected").to_owned(),
        law: Cited::of(task),
        entries: list(task, "entries")
            .map(super::show::plain)
            .map(|entry| (desk.link(&format!("/records/rights/{right}#e{entry}")), entry))
            .collect(),
        right,
    }
}
