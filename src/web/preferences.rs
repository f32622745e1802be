//! `POST /preferences`: the look of the pages and the unit of amounts, kept in cookies of the browser. The one page that
//! changes something, and only there.

use actix_web::http::header::SET_COOKIE;

use super::http::{Failure, Open, Route, Work, redirect};
use super::visit::{MoneyUnit, THEME, Theme, UNIT, Visit};
use crate::api::reply::Reply;

pub(super) const ROUTES: &[Route] =
    &[Route { pattern: "/preferences", get: None, post: Some(prefer), work: Work::Quick, open: Open::ToAll }];

/// A year.
const SECONDS: u32 = 31_536_000;

fn prefer(visit: &Visit) -> Result<Reply, Failure> {
    let back = visit.field("back").filter(|path| is_own(path)).unwrap_or("/");
    let mut reply = redirect(back.to_owned());
    let theme = visit.field("theme").and_then(Theme::from_code).map(|theme| (THEME, theme.code()));
    let unit = visit.field("unit").and_then(MoneyUnit::from_code).map(|unit| (UNIT, unit.code()));
    // A form asks for one of them.
    if let Some((name, value)) = theme.or(unit) {
        let cookie = format!("{name}={value}; Path=/; Max-Age={SECONDS}; SameSite=Lax");
        reply.headers.push((SET_COOKIE, cookie.into()));
    }
    Ok(reply)
}

/// Whether an address is one of this host: a path, and nothing that a browser reads as a host.
pub(crate) fn is_own(path: &str) -> bool {
    let mut signs = path.chars();
    signs.next() == Some('/')
        && !matches!(signs.next(), Some('/' | '\\'))
        && path.chars().all(|sign| sign.is_ascii_graphic() && sign != '\\')
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn nobody_is_sent_to_another_host() {
        assert!(is_own("/") && is_own("/calc/late-fee?principal=1.00&lang=en#answer"));
        for foreign in ["", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/\t/evil.example"]
        {
            assert!(!is_own(foreign), "{foreign:?}");
        }
    }
}
