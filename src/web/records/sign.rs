//! Signing in by a key, and out. The key is in the body of one form and nowhere else: what stays is its hash, in memory,
//! behind a random token in a cookie that no script reads and no other site sends.

use actix_web::http::header::SET_COOKIE;
use askama::Template;
use serde_json::Value as Json;

use super::{Desk, at_desk, entering, inside, is_local, not_kept, problem, show};
use crate::api::access::Presented;
use crate::api::lang::Lang;
use crate::api::query::percent_decoded;
use crate::api::records::inside::Inside;
use crate::api::reply::Reply;
use crate::web::http::{Failure, html, redirect};
use crate::web::page::{Page, Section};
use crate::web::preferences::is_own;
use crate::web::session::{COOKIE, Session};
use crate::web::visit::{Pairs, Visit, pairs};

/// What stands before the names of fields that a sign-in carries along.
const KEPT: &str = "kept.";

#[derive(Template)]
#[template(path = "web/records/sign-in.html")]
struct SignIn<'v> {
    page: Page<'v>,
    desk: Option<&'v Desk<'v>>,
    /// Where whoever signs in wanted to go.
    leads_to: String,
    complaint: Option<String>,
    /// The fields of a form that was sent after its session had ended.
    kept: Pairs,
    /// Nobody has a key: the records are for the local user, and this is somebody else.
    is_local: bool,
}

/// The form, after a refusal with its reason.
pub(super) fn shown(visit: &Visit, refused: Option<Json>, status: u16) -> Result<Reply, Failure> {
    let title = if visit.lang == Lang::En { "Sign in" } else { "登录" };
    let asked = visit.field("to").or_else(|| visit.parameter("to"));
    page_of(visit, title, asked, refused, kept_of(visit), status)
}

/// The form of somebody whose session has ended in the middle of another form, which is kept.
pub(super) fn keeping(visit: &Visit) -> Result<Reply, Failure> {
    let title = if visit.lang == Lang::En { "Sign in" } else { "登录" };
    let here = Page::new(visit, Section::Records, "").own_address();
    let kept = visit.form.iter().filter(|(name, _)| name != "form_token").cloned().collect();
    page_of(visit, title, Some(&here), None, kept, 401)
}

/// The fields of the other form that a sign-in carries along.
fn kept_of(visit: &Visit) -> Pairs {
    let kept = visit.form.iter().filter_map(|(name, value)| Some((name.strip_prefix(KEPT)?.to_owned(), value.clone())));
    kept.collect()
}

fn page_of(
    visit: &Visit,
    title: &str,
    asked: Option<&str>,
    refused: Option<Json>,
    kept: Pairs,
    status: u16,
) -> Result<Reply, Failure> {
    let page = SignIn {
        page: Page::new(visit, Section::Records, title),
        desk: None,
        leads_to: asked.filter(|to| is_own(to)).map_or_else(|| visit.link("/records"), str::to_owned),
        complaint: refused.map(|problem| show::text(&problem, "/detail").to_owned()),
        kept,
        is_local: is_local(visit),
    };
    html(status, &page).map(not_kept)
}

pub(super) fn form(visit: &Visit) -> Result<Reply, Failure> {
    shown(visit, None, 200)
}

/// Looks the key up; whoever has it gets a new session, whatever session they had before.
pub(super) fn sign_in(visit: &Visit) -> Result<Reply, Failure> {
    let presented = Presented::shown(visit.field("key").unwrap_or_default());
    let who = match (Inside { presented: &presented, ..inside(visit) }).who() {
        Ok(who) => who,
        Err(refused) => {
            let told = visit.field("key").map_or_else(Json::default, |_| problem(&refused));
            return shown(visit, Some(told), refused.status);
        }
    };
    if let Some(old) = &visit.caller.token {
        visit.service.sessions.end(old);
    }
    let token = visit.service.sessions.begin(presented, &who.actor).map_err(|error| {
        tracing::error!(%error, "no random numbers for a session");
        Failure::Internal
    })?;
    let kept = kept_of(visit);
    if !kept.is_empty()
        && let Some(to) = visit.field("to").filter(|to| is_own(to) && to.starts_with(entering::PATH))
    {
        let mut reply = again(visit, to, kept, &token)?;
        reply.headers.push((SET_COOKIE, cookie(&token, visit, "").into()));
        return Ok(reply);
    }
    let back = visit.field("to").filter(|to| is_own(to)).map_or_else(|| visit.link("/records"), str::to_owned);
    let mut reply = not_kept(redirect(back));
    reply.headers.push((SET_COOKIE, cookie(&token, visit, "").into()));
    Ok(reply)
}

/// The form that was sent after its session had ended, as it was filled, in the new session. It is shown and not sent:
/// whoever signed in now may be somebody else.
fn again(visit: &Visit, to: &str, kept: Pairs, token: &str) -> Result<Reply, Failure> {
    let signed = visit.service.sessions.find(token).ok_or(Failure::Internal)?;
    let (path, query) = to.split_once('?').unwrap_or((to, ""));
    let path = percent_decoded(path).ok_or(Failure::NotFound)?.into_owned();
    let mut query = pairs(query);
    let is_english = query.iter().any(|(name, value)| name == "lang" && value == "en");
    query.retain(|(name, _)| name != "lang");
    let own = [("form_token".to_owned(), signed.form_token.clone()), ("step".to_owned(), "edit".to_owned())];
    let kept = kept.into_iter().filter(|(name, _)| name != "step");
    let mut asked = visit.clone();
    asked.name = path.strip_prefix(entering::PATH).unwrap_or_default().to_owned();
    asked.path = path;
    asked.query = query;
    asked.form = own.into_iter().chain(kept).collect();
    asked.lang = if is_english { Lang::En } else { Lang::Zh };
    asked.session = Some(Session { name: signed.actor, form_token: signed.form_token });
    asked.caller.presented = signed.presented;
    asked.caller.token = Some(token.to_owned());
    entering::enter(&asked)
}

/// The cookie ends with the browser; the session behind it may end before.
fn cookie(token: &str, visit: &Visit, more: &str) -> String {
    let secure = if visit.caller.is_secure { "; Secure" } else { "" };
    format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{more}")
}

pub(super) fn sign_out(visit: &Visit) -> Result<Reply, Failure> {
    if visit.session.is_none() {
        return Ok(not_kept(redirect(visit.link("/records/sign-in"))));
    }
    at_desk(visit, |desk| {
        if !desk.is_own_form() {
            return Err(Failure::Foreign.into());
        }
        if let Some(token) = &visit.caller.token {
            visit.service.sessions.end(token);
        }
        let mut reply = redirect(visit.link("/records/sign-in"));
        reply.headers.push((SET_COOKIE, cookie("", visit, "; Max-Age=0").into()));
        Ok(reply)
    })
}
