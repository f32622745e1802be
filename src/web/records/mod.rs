//! `/records`: the records for bureau clerks, tax officers and holders. Every page asks the endpoints of the API in the same
//! process ([`Inside`]): what may be seen and done, what is refused and what the audit log says are the same for a page as
//! for a program with the same key. A page shows answers; it decides and computes nothing.

mod carry;
mod entering;
mod exchange;
mod input;
mod jobs;
mod ledger;
mod lists;
mod rights;
mod show;
mod sign;
mod words;

use std::cell::RefCell;
use std::collections::BTreeMap;

use actix_web::http::header;
use askama::Template;
use serde_json::Value as Json;

use super::http::{Failure, Handler, Open, Route, Work, html, redirect};
use super::minerals;
use super::page::{Cited, Page, Section};
use super::visit::{Visit, address};
use crate::api::records::inside::{Inside, write_at};
use crate::api::reply::Reply;
use crate::api::topic::Topic;
use crate::domain::books::access::{Identity, Permission, Scope};

pub(super) const ROUTES: &[Route] = &[
    page("/records", Some(lists::index), None),
    page("/records/sign-in", Some(sign::form), Some(sign::sign_in)),
    page("/records/sign-out", None, Some(sign::sign_out)),
    page("/records/rights", Some(rights::search), None),
    page("/records/rights/{id}", Some(rights::right), None),
    page("/records/rights/{id}/statement.html", Some(rights::statement_html), None),
    page("/records/rights/{id}/statement.pdf", Some(rights::statement_pdf), None),
    page("/records/notices/{id}/notice.html", Some(rights::notice_html), None),
    page("/records/notices/{id}/notice.pdf", Some(rights::notice_pdf), None),
    page("/records/new/{path:.*}", Some(entering::form), Some(entering::enter)),
    page("/records/carry", Some(carry::choose), None),
    page("/records/fee-sources", Some(exchange::fee_sources), None),
    page("/records/jobs", Some(jobs::jobs), Some(jobs::begin)),
    page("/records/jobs/{id}/removal", None, Some(jobs::remove)),
    page("/records/jobs/{id}/result", Some(jobs::result), None),
    page("/records/ledger", Some(ledger::verification), None),
    page("/records/audit", Some(ledger::audit), None),
];

/// A page of the records: it waits for the disk.
const fn page(pattern: &'static str, get: Option<Handler>, post: Option<Handler>) -> Route {
    Route { pattern, get, post, work: Work::Long, open: Open::ToAll }
}

/// Why a page of the records is not shown.
enum Stop {
    /// The records answered otherwise than hoped.
    Refused(Reply),
    Failed(Failure),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failed(failure)
    }
}

type Made = Result<Reply, Stop>;

/// A link of the second navigation.
struct Tab {
    href: String,
    label: &'static str,
    is_current: bool,
}

/// Somebody at the records.
struct Desk<'v> {
    visit: &'v Visit,
    inside: Inside<'v>,
    who: Identity,
    /// What every form holds.
    form_token: String,
    /// Whether nobody has a key and this is the local user.
    is_local: bool,
    parties: RefCell<BTreeMap<String, String>>,
}

/// Shows a page of the records to whoever is signed in; everybody else is asked to sign in.
fn at_desk(visit: &Visit, make: impl FnOnce(&Desk<'_>) -> Made) -> Result<Reply, Failure> {
    let inside = inside(visit);
    let who = match inside.who() {
        Ok(who) => who,
        Err(refused) if refused.status == 401 && visit.session.is_none() && is_local(visit) => {
            return sign::shown(visit, Some(problem(&refused)), refused.status);
        }
        Err(refused) if refused.status == 401 && entering::is_form(visit) => return sign::keeping(visit),
        Err(refused) if refused.status == 401 => {
            let here = Page::new(visit, Section::Records, "").own_address();
            return Ok(not_kept(redirect(visit.link(&address("/records/sign-in", [("to", here.as_str())])))));
        }
        Err(refused) => return refusal(visit, None, &refused),
    };
    let local_token = || visit.service.sessions.local_form_token().map(str::to_owned).ok_or(Failure::Internal);
    let form_token = visit.session.as_ref().map_or_else(local_token, |session| Ok(session.form_token.clone()))?;
    let is_local = visit.session.is_none();
    let desk = Desk { visit, inside, who, form_token, is_local, parties: RefCell::default() };
    let made = match make(&desk) {
        Ok(reply) => Ok(reply),
        Err(Stop::Refused(refused)) => refusal(visit, Some(&desk), &refused),
        Err(Stop::Failed(failure)) => Err(failure),
    };
    made.map(not_kept)
}

/// Whether the records are for the local user alone, who this is not.
fn is_local(visit: &Visit) -> bool {
    use crate::api::access::Keyed;
    visit.service.keyed().is_ok_and(|keyed| keyed == Keyed::No)
}

fn inside(visit: &Visit) -> Inside<'_> {
    Inside {
        service: &visit.service,
        presented: &visit.caller.presented,
        address: &visit.caller.address,
        request_id: &visit.request_id,
        lang: visit.lang,
    }
}

/// Nothing of the records is kept on the way or by the browser.
fn not_kept(mut reply: Reply) -> Reply {
    reply.headers.retain(|(name, _)| name != header::CACHE_CONTROL);
    reply.headers.push((header::CACHE_CONTROL, "no-store".into()));
    reply
}

/// The body of a refusal.
fn problem(refused: &Reply) -> Json {
    serde_json::from_slice(&refused.body).unwrap_or_default()
}

#[derive(Template)]
#[template(path = "web/records/refused.html")]
struct Refused<'v> {
    page: Page<'v>,
    desk: Option<&'v Desk<'v>>,
    status: u16,
    headline: String,
    detail: String,
    errors: Vec<(String, Option<Cited>)>,
}

/// A party by name and credit code.
fn full_name(party: &Json) -> String {
    format!("{} {}", show::text(party, "/name"), show::text(party, "/code"))
}

fn list_of<'j>(found: &'j Json, name: &str, fits: impl Fn(&Json) -> bool) -> Vec<&'j Json> {
    show::list(found, name).filter(|it| fits(it)).collect()
}

/// What the records refuse, as a page.
fn refusal(visit: &Visit, desk: Option<&Desk<'_>>, refused: &Reply) -> Result<Reply, Failure> {
    if refused.status == 404 {
        return Err(Failure::NotFound);
    }
    let problem = problem(refused);
    let errors = show::list(&problem, "errors")
        .map(|error| (show::text(error, "/detail").to_owned(), Cited::of(error)))
        .collect();
    let headline = show::text(&problem, "/title").to_owned();
    let page = Page::new(visit, Section::Records, headline.as_str());
    let detail = show::text(&problem, "/detail").to_owned();
    html(refused.status, &Refused { page, desk, status: refused.status, headline, detail, errors }).map(not_kept)
}

impl<'v> Desk<'v> {
    /// What a reading endpoint answers; the page stops at a refusal.
    fn get(&self, target: &str) -> Result<Json, Stop> {
        let reply = self.inside.get(target);
        if reply.is_success() { Ok(problem(&reply)) } else { Err(Stop::Refused(reply)) }
    }

    fn may(&self, permission: Permission) -> bool {
        self.who.may(permission)
    }

    /// Whether whoever asks may use a writing endpoint.
    fn may_write(&self, path: &str) -> bool {
        write_at(path).is_some_and(|write| self.may(write.permission))
    }

    fn pick(&self, zh: &'static str, en: &'static str) -> &'static str {
        words::pick(self.visit.lang, (zh, en))
    }

    fn page(&self, title: impl Into<String>) -> Page<'v> {
        Page::new(self.visit, Section::Records, title)
    }

    fn link(&self, path: &str) -> String {
        self.visit.link(path)
    }

    /// The name of a party; its id where it is not seen.
    fn party(&self, id: &str) -> String {
        if let Some(name) = self.parties.borrow().get(id) {
            return name.clone();
        }
        let found = self.get(&format!("/v1/parties/{id}")).ok();
        let name = found.map(|party| show::text(&party, "/name").to_owned()).filter(|name| !name.is_empty());
        let name = name.unwrap_or_else(|| id.to_owned());
        self.parties.borrow_mut().insert(id.to_owned(), name.clone());
        name
    }

    /// A party as forms write it, so that it is found again: name and credit code.
    fn party_in_full(&self, id: &str) -> String {
        match self.get(&format!("/v1/parties/{id}")) {
            Ok(party) => full_name(&party),
            Err(_) => id.to_owned(),
        }
    }

    /// The parties that a text may name: by id, by the credit code in it, else by a part of the name. One that is named
    /// in full is the only one.
    fn parties_named(&self, text: &str) -> Result<Vec<(String, String)>, Stop> {
        let is_id = |text: &str| text.strip_prefix('P').is_some_and(|number| number.parse::<u64>().is_ok());
        if is_id(text) {
            return Ok(vec![(text.to_owned(), text.to_owned())]);
        }
        let mut words = text.split(|sign: char| !sign.is_ascii_alphanumeric());
        let code = words.find(|word| word.len() == 18).map(str::to_ascii_uppercase);
        let by = code.as_deref().map_or(("text", text), |code| ("code", code));
        let found = self.get(&address("/v1/parties", [by, ("limit", "20")]))?;
        let whole = list_of(&found, "parties", |party| show::text(party, "/name") == text);
        let found = if whole.len() == 1 { whole } else { list_of(&found, "parties", |_| true) };
        Ok(found.into_iter().map(|party| (show::text(party, "/id").to_owned(), full_name(party))).collect())
    }

    /// The parties that a form suggests.
    fn parties_to_suggest(&self) -> Vec<String> {
        const SUGGESTED: &str = "500";
        let found = self.get(&address("/v1/parties", [("limit", SUGGESTED)])).unwrap_or_default();
        show::list(&found, "parties").map(full_name).collect()
    }

    /// The name of a mineral in the language of the page.
    fn mineral(&self, code: &str) -> String {
        let minerals = &self.visit.service.book.minerals;
        let found = minerals.find(code).and_then(|id| minerals.get(id));
        found.map_or(code, |mineral| minerals::name_of(mineral, self.visit.lang)).to_owned()
    }

    /// A division code with the name of its province.
    fn division(&self, code: &str) -> String {
        let province = code.get(..2).map(|two| format!("{two}0000"));
        let divisions = &self.visit.service.book.divisions;
        match province.and_then(|province| divisions.find(&province)) {
            Some(found) => format!("{code}（{}）", found.name_zh()),
            None => code.to_owned(),
        }
    }

    /// The classes of all provincial schemes with their words, once each.
    fn classes(&self) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = Vec::new();
        let schemes = self.visit.service.book.provinces.values().flat_map(|own| own.split_scheme.entries());
        for class in schemes.flat_map(|dated| &dated.value.classes) {
            if !found.iter().any(|(code, _)| *code == class.code) {
                let english = class.code.replace('_', " ");
                found.push((class.code.clone(), self.pick_text(&class.zh, &english).to_owned()));
            }
        }
        found
    }

    /// The words of a class.
    fn class(&self, code: &str) -> String {
        let found = self.classes().into_iter().find(|(known, _)| known == code);
        found.map_or_else(|| code.to_owned(), |(_, words)| words)
    }

    /// The name of a calculation.
    fn topic(&self, slug: &str) -> String {
        match Topic::from_slug(slug) {
            Some(topic) => {
                let summary = topic.doc().summary;
                let (zh, en) = summary.split_once('·').unwrap_or((summary, summary));
                self.pick_text(zh, en).trim().to_owned()
            }
            None => slug.to_owned(),
        }
    }

    fn pick_text<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        match self.visit.lang {
            crate::api::lang::Lang::Zh => zh,
            crate::api::lang::Lang::En => en,
        }
    }

    /// Who is signed in, in one line: actor, role, what they see.
    fn told(&self) -> String {
        let role = words::role(self.who.role.code(), self.visit.lang);
        let scope = match &self.who.scope {
            Scope::Nothing => String::new(),
            Scope::Everything => self.pick("全部地区", "all areas").to_owned(),
            Scope::Area(area) => self.division(area.code()),
            Scope::Party(party) => party.to_string(),
        };
        let actor = if self.is_local { self.pick("本机用户", "local user") } else { self.who.actor.as_str() };
        format!("{actor} · {role} · {scope}")
    }

    /// The second navigation: only what the role may use.
    fn tabs(&self) -> Vec<Tab> {
        let path = self.visit.path.as_str();
        let tab = |href: &str, label, is_current| Tab { href: self.link(href), label, is_current };
        let mut tabs = vec![
            tab("/records", self.pick("待办", "Work lists"), path == "/records"),
            tab("/records/rights", self.pick("矿业权", "Rights"), path.starts_with("/records/rights")),
        ];
        if self.may_write("/v1/parties") {
            let here = path == "/records/new/parties";
            tabs.push(tab("/records/new/parties", self.pick("登记当事人", "Register a party"), here));
        }
        if self.may_write("/v1/rights") {
            let here = path == "/records/new/rights";
            tabs.push(tab("/records/new/rights", self.pick("登记矿业权", "Register a right"), here));
        }
        if self.may(Permission::ReadFeeSources) {
            let here = path == "/records/fee-sources";
            tabs.push(tab("/records/fee-sources", self.pick("费源信息", "Fee sources"), here));
        }
        tabs.push(tab("/records/jobs", self.pick("成批文书", "Documents"), path == "/records/jobs"));
        if self.may(Permission::VerifyLedger) {
            tabs.push(tab("/records/ledger", self.pick("校验", "Verification"), path == "/records/ledger"));
        }
        if self.may(Permission::ReadAudit) {
            tabs.push(tab("/records/audit", self.pick("访问日志", "Audit log"), path == "/records/audit"));
        }
        tabs
    }

    /// Today in China, the day that choosers begin with.
    fn today(&self) -> String {
        self.visit.service.records.today().to_string()
    }

    /// The day that the page is asked for; today unless one was chosen.
    fn as_of(&self) -> String {
        self.visit.parameter("as_of").map_or_else(|| self.today(), str::to_owned)
    }

    /// Whether a form was made for this session.
    fn is_own_form(&self) -> bool {
        self.visit.field("form_token") == Some(self.form_token.as_str())
    }
}
