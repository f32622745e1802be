//! Rights: the search, and one right with its facts, statement, entries, notices, treasuries, on any day and as known at any
//! moment; its documents.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use serde_json::Value as Json;

use super::show::{Part, Step, list, plain, text};
use super::{Desk, Made, Stop, at_desk, words};
use crate::api::records::ROUTES;
use crate::api::records::inside::write_at;
use crate::api::reply::Reply;
use crate::api::routes::Action;
use crate::domain::books::access::Permission;
use crate::notice::Format;
use crate::web::http::{Failure, html};
use crate::web::page::Page;
use crate::web::visit::{Visit, address};

/// Rights on one page of the search.
const SHOWN: &str = "50";

/// The facts by which rights are searched, in the order of the form: names in the API.
const SOUGHT: [&str; 6] = ["text", "licence_number", "holder", "division", "mineral", "standing"];

/// A right in a list.
pub(super) struct Found {
    pub(super) href: String,
    pub(super) id: String,
    pub(super) licence: String,
    pub(super) holder: String,
    pub(super) kind: String,
    pub(super) minerals: String,
    pub(super) division: String,
    pub(super) is_closed: bool,
}

#[derive(Template)]
#[template(path = "web/records/rights.html")]
struct Search<'v> {
    page: Page<'v>,
    desk: Option<&'v Desk<'v>>,
    values: Vec<(&'static str, String)>,
    is_asked: bool,
    rights: Vec<Found>,
    next: Option<String>,
    complaints: Vec<String>,
    /// The parties that the holder may be.
    of_holder: Vec<(String, String)>,
    minerals: Vec<String>,
}

impl Search<'_> {
    fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str())
    }
}

pub(super) fn search(visit: &Visit) -> Result<Reply, Failure> {
    at_desk(visit, searched)
}

fn searched(desk: &Desk<'_>) -> Made {
    let visit = desk.visit;
    let values: Vec<(&'static str, String)> =
        SOUGHT.iter().filter_map(|name| Some((*name, visit.parameter(name)?.to_owned()))).collect();
    // The holder is named by code or name, in links by id.
    let mut of_holder: Vec<(String, String)> = Vec::new();
    let mut unclear: Option<String> = None;
    let mut sought = values.clone();
    if let Some((_, holder)) = sought.iter_mut().find(|(name, _)| *name == "holder") {
        let found = desk.parties_named(holder)?;
        match found.as_slice() {
            [(id, _)] => holder.clone_from(id),
            [] => unclear = Some(desk.pick("没有登记这个持有人", "no such holder is registered").to_owned()),
            _ => {
                unclear =
                    Some(desk.pick("有多个当事人符合，请选定一个：", "several parties fit: choose one").to_owned());
                let link = |id: &str| desk.link(&address("/records/rights", [("holder", id)]));
                of_holder = found.iter().map(|(id, shown)| (link(id), shown.clone())).collect();
            }
        }
    }
    let mut pairs: Vec<(&str, &str)> = sought.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let is_asked = !pairs.is_empty();
    let own = |after: &str| {
        let mut own = pairs.clone();
        own.push(("after", after));
        desk.link(&address("/records/rights", own))
    };
    let after = visit.parameter("after");
    let query = [("limit", SHOWN), ("lang", visit.lang.code())];
    let target = address("/v1/rights", pairs.iter().copied().chain(query).chain(after.map(|after| ("after", after))));
    let reply = match unclear {
        Some(_) => Reply::json(200, "application/json", &Json::Null),
        None => desk.inside.get(&target),
    };
    let answer = super::problem(&reply);
    let complaints: Vec<String> = match reply.is_success() {
        true => unclear.into_iter().collect(),
        // What was typed is mended where it was typed; everything else is a page of its own.
        false if matches!(reply.status, 400 | 422) => {
            list(&answer, "errors").map(|error| text(error, "/detail").to_owned()).collect()
        }
        false => return Err(Stop::Refused(reply)),
    };
    let next = answer.get("next").map(plain).map(|next| own(&next));
    pairs.clear();
    let rights = list(&answer, "rights").map(|right| found(desk, right)).collect();
    let book = &visit.service.book;
    let minerals =
        book.minerals.iter().map(|(_, mineral)| crate::web::minerals::name_of(mineral, visit.lang).to_owned());
    let template = Search {
        page: desk.page(desk.pick("矿业权", "Rights")),
        desk: Some(desk),
        values,
        is_asked,
        rights,
        next,
        complaints,
        of_holder,
        minerals: minerals.collect(),
    };
    Ok(html(200, &template)?)
}

pub(super) fn names(desk: &Desk<'_>, right: &Json) -> String {
    let names: Vec<String> = list(right, "minerals").map(|code| desk.mineral(&plain(code))).collect();
    names.join(desk.pick("、", ", "))
}

pub(super) fn found(desk: &Desk<'_>, right: &Json) -> Found {
    let id = text(right, "/id").to_owned();
    let kind = text(right, "/right");
    Found {
        href: desk.link(&format!("/records/rights/{id}")),
        licence: text(right, "/licence_number").to_owned(),
        holder: desk.party(text(right, "/holder")),
        kind: words::value("right", kind, desk.visit.lang).unwrap_or_else(|| kind.to_owned()),
        minerals: names(desk, right),
        division: desk.division(text(right, "/division")),
        is_closed: right.get("closed_on").is_some(),
        id,
    }
}

/// Something that can be recorded about a right.
struct Act {
    href: String,
    label: String,
}

/// The sums of a statement or of an item.
struct Figures {
    total: String,
    paid: String,
    overdue: String,
    pending: String,
    overpaid: String,
    late_fee: String,
    late_fee_paid: String,
    late_fee_outstanding: String,
    has_overdue: bool,
    has_overpaid: bool,
    has_late_fee: bool,
}

impl Figures {
    fn of(desk: &Desk<'_>, figures: &Json) -> Figures {
        let raw = |name: &str| text(figures, &format!("/{name}"));
        let is_some = |name: &str| !matches!(raw(name), "" | "0.00");
        Figures {
            total: desk.money(raw("total")),
            paid: desk.money(raw("paid")),
            overdue: desk.money(raw("overdue")),
            pending: desk.money(raw("pending")),
            overpaid: desk.money(raw("overpaid")),
            late_fee: desk.money(raw("late_fee")),
            late_fee_paid: desk.money(raw("late_fee_paid")),
            late_fee_outstanding: desk.money(raw("late_fee_outstanding")),
            has_overdue: is_some("overdue"),
            has_overpaid: is_some("overpaid"),
            has_late_fee: is_some("late_fee") || is_some("late_fee_paid"),
        }
    }
}

struct Line {
    item: String,
    name: String,
    due_on: String,
    deferred_until: String,
    figures: Figures,
    late_days: String,
    unknown: String,
    steps: Vec<Step>,
    acts: Vec<Act>,
}

struct Assessed {
    entry: String,
    topic: String,
    drafter: String,
    standing: String,
    code: String,
    plan: Option<String>,
    acts: Vec<Act>,
}

struct Noticed {
    number: String,
    issued_on: String,
    received_on: String,
    total: String,
    is_reversed: bool,
    html: String,
    pdf: String,
    acts: Vec<Act>,
}

struct Treasury {
    name: String,
    amount: String,
}

struct EntryView {
    seq: String,
    kind: String,
    effective_on: String,
    recorded_at: String,
    actor: String,
    parts: Vec<Part>,
    items: Vec<String>,
    postings: Vec<(String, String, String)>,
    hash: String,
    /// The entry that it takes back.
    of: Option<String>,
    /// The entry that takes it back.
    reversed_by: Option<String>,
    /// Not in the books of the day and moment that the page shows.
    is_outside: bool,
    reverse: Option<String>,
}

#[derive(Template)]
#[template(path = "web/records/right.html")]
struct RightPage<'v> {
    page: Page<'v>,
    desk: Option<&'v Desk<'v>>,
    id: String,
    title: String,
    holder: String,
    as_of: String,
    known_at: String,
    /// Whether the day or the moment was chosen.
    is_past: bool,
    closed_on: String,
    facts: Vec<(String, String)>,
    acts: Vec<Act>,
    sums: Figures,
    payer: String,
    lines: Vec<Line>,
    warnings: Vec<String>,
    assessments: Vec<Assessed>,
    notices: Vec<Noticed>,
    treasuries: Vec<Treasury>,
    entries: Vec<EntryView>,
    /// The entry that was just recorded here.
    recorded: Option<String>,
    statement_html: String,
    statement_pdf: String,
}

pub(super) fn right(visit: &Visit) -> Result<Reply, Failure> {
    at_desk(visit, made)
}

fn made(desk: &Desk<'_>) -> Made {
    let visit = desk.visit;
    let id = visit.name.as_str();
    let as_of = desk.as_of();
    let known_at = visit.parameter("known_at");
    let is_past = visit.parameter("as_of").is_some() || known_at.is_some();
    let now = desk.get(&format!("/v1/rights/{id}"))?;
    let when = || [("as_of", as_of.as_str())].into_iter().chain(known_at.map(|known_at| ("known_at", known_at)));
    let in_lang = [("lang", visit.lang.code())];
    let right =
        if is_past { stood(desk, id, &when().collect::<Vec<_>>()) } else { None }.unwrap_or_else(|| now.clone());
    let statement = desk.get(&address(&format!("/v1/rights/{id}/statement"), when().chain(in_lang)))?;
    let entries = desk.get(&format!("/v1/rights/{id}/entries"))?;
    let balances = desk.get(&address("/v1/ledger/balances", when().chain([("right", id)])))?;
    let is_closed = right.get("closed_on").is_some();
    let at = |path: &str, pairs: &[(&str, &str)]| desk.link(&address(path, pairs.iter().copied()));
    let document = |form: &str| desk.link(&address(&format!("/records/rights/{id}/statement.{form}"), when()));
    let licence = text(&right, "/licence_number");
    let title = format!("{} {licence}", names(desk, &right));
    let template = RightPage {
        page: desk.page(title.as_str()),
        desk: Some(desk),
        id: id.to_owned(),
        holder: desk.party(text(&right, "/holder")),
        known_at: known_at.unwrap_or_default().to_owned(),
        is_past,
        closed_on: text(&right, "/closed_on").to_owned(),
        facts: facts(desk, &right),
        acts: acts(desk, id, is_closed),
        sums: Figures::of(desk, statement.get("sums").unwrap_or(&Json::Null)),
        payer: desk.party(text(&statement, "/payer")),
        lines: lines(desk, &statement, &at, id),
        warnings: list(&statement, "warnings").map(|warning| text(warning, "/message").to_owned()).collect(),
        assessments: list(&right, "assessments").map(|assessment| assessed(desk, assessment, &at, id)).collect(),
        notices: notices(desk, &entries, &at, id),
        treasuries: treasuries(desk, &balances),
        entries: timeline(desk, &entries, (&as_of, known_at), &at, id),
        recorded: visit.parameter("recorded").filter(|it| it.parse::<u64>().is_ok()).map(str::to_owned),
        statement_html: document("html"),
        statement_pdf: document("pdf"),
        as_of,
        title,
    };
    Ok(html(200, &template)?)
}

/// The right as it stood; nothing where it was not there yet.
fn stood(desk: &Desk<'_>, id: &str, when: &[(&str, &str)]) -> Option<Json> {
    // The list goes on after a number: the one before this right's own.
    let before = id.strip_prefix('R')?.parse::<u64>().ok()?.checked_sub(1)?.to_string();
    let target = address("/v1/rights", when.iter().copied().chain([("after", before.as_str()), ("limit", "1")]));
    let answer = desk.get(&target).ok()?;
    list(&answer, "rights").find(|right| text(right, "/id") == id).cloned()
}

/// The facts of a registration, in their order.
fn facts(desk: &Desk<'_>, right: &Json) -> Vec<(String, String)> {
    const ELSEWHERE: [&str; 5] = ["id", "assessments", "declared", "notices", "closed_on"];
    let lang = desk.visit.lang;
    let fields = right.as_object().into_iter().flatten();
    fields
        .filter(|(name, _)| !ELSEWHERE.contains(&name.as_str()))
        .map(|(name, value)| {
            let shown = match name.as_str() {
                "minerals" => names(desk, right),
                "division" => desk.division(&plain(value)),
                "scheme" => desk.class(&plain(value)),
                "holder" => format!("{}（{}）", desk.party(&plain(value)), plain(value)),
                _ => words::value(name, &plain(value), lang).unwrap_or_else(|| plain(value)),
            };
            let label = match name.as_str() {
                "right" => desk.pick("矿业权种类", "Right").to_owned(),
                "registered_on" => desk.pick("登记日", "Registered on").to_owned(),
                name => words::field(name, lang),
            };
            (label, shown)
        })
        .collect()
}

/// The half of a summary in a language.
pub(super) fn half<'t>(desk: &Desk<'_>, text: &'t str) -> &'t str {
    let (zh, en) = text.split_once('·').unwrap_or((text, text));
    desk.pick_text(zh, en).trim()
}

/// What whoever asks may record about a right: every writing endpoint below it.
fn acts(desk: &Desk<'_>, id: &str, is_closed: bool) -> Vec<Act> {
    // After the end of a licence only money moves.
    const AT_THE_END: [&str; 5] = ["payments", "late-fees", "refunds", "true-ups", "declarations"];
    let below = ROUTES.iter().filter_map(|route| match route.action {
        Action::Records { write: Some(write), .. } => {
            Some((route.pattern.strip_prefix("/v1/rights/{id}/").filter(|rest| !rest.contains('/'))?, write))
        }
        _ => None,
    });
    let offered = below.filter(|(name, write)| desk.may(write.permission) && (!is_closed || AT_THE_END.contains(name)));
    offered
        .map(|(name, write)| Act {
            href: desk.link(&format!("/records/new/rights/{id}/{name}")),
            label: half(desk, write.doc.summary).to_owned(),
        })
        .collect()
}

type At<'a> = dyn Fn(&str, &[(&str, &str)]) -> String + 'a;

fn lines(desk: &Desk<'_>, statement: &Json, at: &At<'_>, id: &str) -> Vec<Line> {
    let mut counted: BTreeMap<(String, String), usize> = BTreeMap::new();
    let lang = desk.visit.lang;
    let items = list(statement, "items");
    let entry_of = |line: &Json| text(line, "/item").split('-').next().unwrap_or_default().to_owned();
    let instalments = list(statement, "items").filter(|line| text(line, "/kind") == "instalment");
    let in_instalments: BTreeSet<String> = instalments.map(entry_of).collect();
    items
        .map(|line| {
            let item = text(line, "/item").to_owned();
            let kind = text(line, "/kind");
            let entry = entry_of(line);
            let has_instalments = in_instalments.contains(&entry);
            let place = counted.entry((entry, kind.to_owned())).and_modify(|place| *place += 1).or_insert(1);
            let name = match (kind, line.get("year")) {
                ("annual", Some(year)) => {
                    desk.pick_text(&format!("{year} 年度"), &format!("Annual part {year}")).to_owned()
                }
                ("instalment", _) => {
                    desk.pick_text(&format!("第 {place} 期"), &format!("Instalment {place}")).to_owned()
                }
                ("price", _) if has_instalments => desk.pick("首次缴纳", "First payment").to_owned(),
                _ => words::item_kind(kind, lang),
            };
            let figures = line.get("figures").unwrap_or(&Json::Null);
            let open =
                !matches!(text(figures, "/overdue"), "" | "0.00") || !matches!(text(figures, "/pending"), "" | "0.00");
            let fee_open = !matches!(text(figures, "/late_fee_outstanding"), "" | "0.00");
            let offer = |name: &str, pairs: &[(&str, &str)], label: &'static str| {
                let path = format!("/v1/rights/{id}/{name}");
                write_at(&path).filter(|write| desk.may(write.permission))?;
                Some(Act { href: at(&format!("/records/new/rights/{id}/{name}"), pairs), label: label.to_owned() })
            };
            let mut acts = Vec::new();
            if open || fee_open {
                acts.extend(offer("payments", &[("item", &item)], desk.pick("登记缴款", "Book a payment")));
            }
            if open {
                acts.extend(offer("notices", &[("items", &item)], desk.pick("开通知书", "Issue a notice")));
            }
            Line {
                name,
                due_on: text(line, "/due_on").to_owned(),
                deferred_until: text(line, "/deferred_until").to_owned(),
                figures: Figures::of(desk, figures),
                late_days: line.get("late_days").map(plain).filter(|days| days != "0").unwrap_or_default(),
                unknown: text(line, "/late_fee_unknown").to_owned(),
                steps: if fee_open || !matches!(text(figures, "/late_fee"), "" | "0.00") {
                    desk.steps(line)
                } else {
                    Vec::new()
                },
                acts,
                item,
            }
        })
        .collect()
}

fn assessed(desk: &Desk<'_>, assessment: &Json, at: &At<'_>, id: &str) -> Assessed {
    let entry = assessment.get("entry").map(plain).unwrap_or_default();
    let standing = text(assessment, "/standing");
    let plan = assessment.get("plan").map(plain);
    let confirmation = format!("/v1/assessment-records/{entry}/confirmation");
    let mut acts = Vec::new();
    // Nobody confirms their own draft.
    let own = text(assessment, "/drafter") == desk.who.actor;
    if standing == "draft" && !own && desk.may_write(&confirmation) {
        let href = at(&format!("/records/new/assessment-records/{entry}/confirmation"), &[("of", id)]);
        acts.push(Act { href, label: desk.pick("确认或退回", "Confirm or reject").to_owned() });
    }
    if standing == "confirmed" && plan.is_none() && desk.may_write(&format!("/v1/rights/{id}/plans")) {
        let href = at(&format!("/records/new/rights/{id}/plans"), &[("assessment", &entry)]);
        acts.push(Act { href, label: desk.pick("设定缴款计划", "Set the plan").to_owned() });
    }
    Assessed {
        topic: desk.topic(text(assessment, "/topic")),
        drafter: text(assessment, "/drafter").to_owned(),
        standing: words::value("standing", standing, desk.visit.lang).unwrap_or_else(|| standing.to_owned()),
        code: standing.to_owned(),
        plan,
        acts,
        entry,
    }
}

/// The notices of a right, out of its entries.
fn notices(desk: &Desk<'_>, entries: &Json, at: &At<'_>, id: &str) -> Vec<Noticed> {
    let reversed = reversals(entries);
    let of_kind = |kind: &'static str| list(entries, "entries").filter(move |entry| text(entry, "/kind") == kind);
    let stands = |entry: &Json| !reversed.contains_key(&seq(entry));
    of_kind("notice_issued")
        .map(|entry| {
            let number = text(entry, "/content/number").to_owned();
            let served = of_kind("notice_served")
                .find(|service| stands(service) && text(service, "/content/number") == number)
                .map(|service| text(service, "/effective_on").to_owned());
            let is_reversed = !stands(entry);
            let mut acts = Vec::new();
            if served.is_none() && !is_reversed && desk.may_write(&format!("/v1/notices/{number}/service")) {
                let href = at(&format!("/records/new/notices/{number}/service"), &[("of", id)]);
                acts.push(Act { href, label: desk.pick("登记送达", "Record its service").to_owned() });
            }
            Noticed {
                issued_on: text(entry, "/effective_on").to_owned(),
                received_on: served.unwrap_or_default(),
                total: desk.money(text(entry, "/content/total")),
                is_reversed,
                html: at(&format!("/records/notices/{number}/notice.html"), &[]),
                pdf: at(&format!("/records/notices/{number}/notice.pdf"), &[]),
                acts,
                number,
            }
        })
        .collect()
}

fn seq(entry: &Json) -> String {
    entry.get("entry").map(plain).unwrap_or_default()
}

/// Which entry takes which one back.
fn reversals(entries: &Json) -> BTreeMap<String, String> {
    let all = list(entries, "entries").filter(|entry| text(entry, "/kind") == "reversal");
    all.filter_map(|entry| Some((plain(entry.pointer("/content/of")?), seq(entry)))).collect()
}

/// What each treasury has got: the balances of the accounts that are treasuries, one row for each item.
fn treasuries(desk: &Desk<'_>, balances: &Json) -> Vec<Treasury> {
    const TREASURIES: [&str; 5] = ["central", "province", "city", "county", "local"];
    let lang = desk.visit.lang;
    let of = |account: &'static str| list(balances, "balances").filter(move |it| text(it, "/account") == account);
    TREASURIES
        .into_iter()
        .flat_map(|account| of(account).map(move |it| (account, it)))
        .map(|(account, it)| {
            let name = format!("{} · {}", words::account(account, lang), text(it, "/item"));
            Treasury { name, amount: desk.money(text(it, "/amount")) }
        })
        .collect()
}

fn timeline(desk: &Desk<'_>, entries: &Json, when: (&str, Option<&str>), at: &At<'_>, id: &str) -> Vec<EntryView> {
    let (as_of, known_at) = when;
    let reversed = reversals(entries);
    let lang = desk.visit.lang;
    let mut views: Vec<EntryView> = list(entries, "entries")
        .map(|entry| {
            let seq = seq(entry);
            let kind = text(entry, "/kind");
            let (effective_on, recorded_at) = (text(entry, "/effective_on"), text(entry, "/recorded_at"));
            let reversed_by = reversed.get(&seq).cloned();
            let may_reverse = words::needed_to_reverse(kind).is_some_and(|needed| desk.may(needed))
                && desk.may(Permission::Reverse)
                && reversed_by.is_none();
            EntryView {
                kind: words::kind(kind, lang),
                is_outside: effective_on > as_of || known_at.is_some_and(|known_at| recorded_at > known_at),
                effective_on: effective_on.to_owned(),
                recorded_at: recorded_at.to_owned(),
                actor: text(entry, "/actor").to_owned(),
                parts: desk.parts(entry.get("content").unwrap_or(&Json::Null)),
                items: list(entry, "items").map(plain).collect(),
                postings: list(entry, "postings")
                    .map(|it| {
                        let account = words::account(text(it, "/account"), lang);
                        (account, text(it, "/item").to_owned(), desk.money(text(it, "/amount")))
                    })
                    .collect(),
                hash: text(entry, "/hash").to_owned(),
                of: (kind == "reversal").then(|| entry.pointer("/content/of").map(plain)).flatten(),
                reverse: may_reverse.then(|| at(&format!("/records/new/entries/{seq}/reversal"), &[("of", id)])),
                reversed_by,
                seq,
            }
        })
        .collect();
    // The latest first.
    views.reverse();
    views
}

fn document(visit: &Visit, target: &str, format: Format) -> Result<Reply, Failure> {
    at_desk(visit, |desk| {
        let reply = desk.inside.print(target, format);
        if reply.is_success() { Ok(reply) } else { Err(Stop::Refused(reply)) }
    })
}

fn statement(visit: &Visit, format: Format) -> Result<Reply, Failure> {
    let as_of = visit.parameter("as_of").map_or_else(|| visit.service.records.today().to_string(), str::to_owned);
    let known_at = visit.parameter("known_at").map(|known_at| ("known_at", known_at));
    let path = format!("/v1/rights/{}/statement/document", visit.name);
    document(visit, &address(&path, [("as_of", as_of.as_str())].into_iter().chain(known_at)), format)
}

pub(super) fn statement_html(visit: &Visit) -> Result<Reply, Failure> {
    statement(visit, Format::Html)
}

pub(super) fn statement_pdf(visit: &Visit) -> Result<Reply, Failure> {
    statement(visit, Format::Pdf)
}

pub(super) fn notice_html(visit: &Visit) -> Result<Reply, Failure> {
    document(visit, &format!("/v1/notices/{}/document", visit.name), Format::Html)
}

pub(super) fn notice_pdf(visit: &Visit) -> Result<Reply, Failure> {
    document(visit, &format!("/v1/notices/{}/document", visit.name), Format::Pdf)
}
