//! One request for a page: what was asked, in which language and look, by whom.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::session::{Caller, Session};
use crate::api::access::Calculations;
use crate::api::lang::Lang;
use crate::api::query::percent_decoded;
use crate::api::service::Service;

/// How a page looks: by the device unless somebody chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    /// The value of the cookie and of the attribute of the page.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<Theme> {
        [Theme::Auto, Theme::Light, Theme::Dark].into_iter().find(|theme| theme.code() == code)
    }
}

/// In which unit amounts are shown and typed. What is kept and computed is always yuan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MoneyUnit {
    #[default]
    Yuan,
    Wan,
}

impl MoneyUnit {
    /// The value of the cookie.
    pub(crate) fn code(self) -> &'static str {
        match self {
            MoneyUnit::Yuan => "yuan",
            MoneyUnit::Wan => "wan",
        }
    }

    pub(crate) fn from_code(code: &str) -> Option<MoneyUnit> {
        [MoneyUnit::Yuan, MoneyUnit::Wan].into_iter().find(|unit| unit.code() == code)
    }

    /// The unit as it stands beside a field.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            MoneyUnit::Yuan => "元",
            MoneyUnit::Wan => "万元",
        }
    }
}

/// The cookie of the look.
pub(crate) const THEME: &str = "lode_theme";
/// The cookie of the unit.
pub(crate) const UNIT: &str = "lode_unit";

/// Names and values, decoded, in the order in which they were sent.
pub(crate) type Pairs = Vec<(String, String)>;

/// What a page is asked.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) service: Arc<Service>,
    pub(crate) request_id: String,
    /// The path, decoded.
    pub(crate) path: String,
    /// The part of the path that varies, decoded; empty where none does.
    pub(crate) name: String,
    /// The query without `lang`.
    pub(crate) query: Pairs,
    /// The fields of the form that was sent; none unless it was.
    pub(crate) form: Pairs,
    /// The file that was sent, for the page that takes one.
    pub(crate) upload: Option<Bytes>,
    pub(crate) lang: Lang,
    pub(crate) theme: Theme,
    pub(crate) unit: MoneyUnit,
    /// Whether the script of the page asks for a part of it.
    pub(crate) is_partial: bool,
    /// Who is signed in.
    pub(crate) session: Option<Session>,
    /// Who asks, signed in or not.
    pub(crate) caller: Caller,
    pub(crate) headers: HeaderMap,
}

impl Visit {
    /// Reads a request; what is no sound query counts as left out.
    pub(crate) fn of(service: &Arc<Service>, request: &HttpRequest, request_id: String, form: Pairs) -> Visit {
        let headers = request.headers();
        let mut query = pairs(request.query_string());
        let is_english = query.iter().any(|(name, value)| name == "lang" && value == "en");
        query.retain(|(name, _)| name != "lang");
        let (caller, session) = Caller::of(service, request);

        Visit {
            service: Arc::clone(service),
            request_id,
            path: percent_decoded(request.uri().path()).map(Cow::into_owned).unwrap_or_default(),
            name: String::new(),
            query,
            form,
            upload: None,
            lang: if is_english { Lang::En } else { Lang::Zh },
            theme: cookie(headers, THEME).and_then(Theme::from_code).unwrap_or_default(),
            unit: cookie(headers, UNIT).and_then(MoneyUnit::from_code).unwrap_or_default(),
            is_partial: headers.contains_key("hx-request") && !headers.contains_key("hx-history-restore-request"),
            session,
            caller,
            headers: headers.clone(),
        }
    }

    /// Whether rows of a form are added or taken away: a button says so. While one types, the script sends the button that
    /// was pressed last along with the fields; it means nothing then.
    pub(crate) fn changes_rows(&self) -> bool {
        let pressed = self.headers.get("hx-trigger-name").and_then(|name| name.to_str().ok());
        let is_pressed = !self.is_partial || matches!(pressed, Some("add" | "remove"));
        is_pressed && self.query.iter().any(|(name, _)| name == "add" || name == "remove")
    }

    /// Whether whoever asks may calculate and read the rates.
    pub(crate) fn may_calculate(&self) -> bool {
        self.service.calculations == Calculations::Open || self.session.is_some()
    }

    /// The first value of a parameter that is not empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }

    /// The first value of a field of the form that is not empty.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        first(&self.form, name)
    }

    /// An address of the pages in the language of this one.
    pub(crate) fn link(&self, path: &str) -> String {
        link(path, self.lang)
    }
}

fn first<'v>(pairs: &'v Pairs, name: &str) -> Option<&'v str> {
    let mut values = pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.trim());
    values.find(|value| !value.is_empty())
}

/// An address in a language.
pub(crate) fn link(path: &str, lang: Lang) -> String {
    match lang {
        Lang::Zh => path.to_owned(),
        Lang::En => {
            let (path, fragment) = path.split_once('#').map_or((path, None), |(path, rest)| (path, Some(rest)));
            let sign = if path.contains('?') { '&' } else { '?' };
            let fragment = fragment.map(|rest| format!("#{rest}")).unwrap_or_default();
            format!("{path}{sign}lang=en{fragment}")
        }
    }
}

/// A path with a query; the path alone without pairs.
pub(crate) fn address<'p>(path: &str, pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> String {
    let mut address = path.to_owned();
    let mut sign = '?';
    for (name, value) in pairs {
        address.push(sign);
        address.extend(utf8_percent_encode(name, ESCAPED));
        address.push('=');
        address.extend(utf8_percent_encode(value, ESCAPED));
        sign = '&';
    }
    address
}

/// What stands in addresses as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Names and values of a query or of a form; a pair that is not percent-encoded UTF-8 is left out.
pub(crate) fn pairs(text: &str) -> Pairs {
    let decoded = |text: &str| percent_decoded(&text.replace('+', " ")).map(Cow::into_owned);
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(name)?, decoded(value)?))
        })
        .collect()
}

/// The value of a cookie.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    all.flat_map(|list| list.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(known, value)| (known == name).then_some(value))
}
