//! Signing in by a key, and out. The key is in the body of one form and nowhere else: what stays is its hash, in memory,
//! behind a random token in a cookie that no script reads and no other site sends.

use actix_web::http::header::SET_COOKIE;
use askama::Template;
use serde_json::Value as Json;

use super::{Desk, at_desk, inside, is_local, not_kept, problem, show};
use crate::api::access::Presented;
use crate::api::records::inside::Inside;
use crate::api::reply::Reply;
use crate::web::http::{Failure, html, redirect};
use crate::web::page::{Page, Section};
use crate::web::preferences::is_own;
use crate::web::session::COOKIE;
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "web/records/sign-in.html")]
struct SignIn<'v> {
    page: Page<'v>,
    desk: Option<&'v Desk<'v>>,
    /// Where whoever signs in wanted to go.
    leads_to: String,
    complaint: Option<String>,
    /// Nobody has a key: the records are for the local user, and this is somebody else.
    is_local: bool,
}

/// The form, after a refusal with its reason.
pub(super) fn shown(visit: &Visit, refused: Option<Json>, status: u16) -> Result<Reply, Failure> {
    let title = if visit.lang == crate::api::lang::Lang::En { "Sign in" } else { "登录" };
    let asked = visit.field("to").or_else(|| visit.parameter("to"));
    let page = SignIn {
        page: Page::new(visit, Section::Records, title),
        desk: None,
        leads_to: asked.filter(|to| is_own(to)).map_or_else(|| visit.link("/records"), str::to_owned),
        complaint: refused.map(|problem| show::text(&problem, "/detail").to_owned()),
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
    let back = visit.field("to").filter(|to| is_own(to)).map_or_else(|| visit.link("/records"), str::to_owned);
    let mut reply = not_kept(redirect(back));
    reply.headers.push((SET_COOKIE, cookie(&token, visit, "").into()));
    Ok(reply)
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
