//! What the records say of what a form is about: the right, or the entry that it answers.

use serde_json::Value as Json;

use crate::web::http::Failure;
use crate::web::records::rights::names;
use crate::web::records::show::{Part, list, plain, text};
use crate::web::records::{Desk, Stop, words};
use crate::web::visit::address;

/// What the page knows beside the request: the records that the form is about.
#[derive(Default)]
pub(super) struct Around {
    /// The right, where the form is about one.
    pub(super) right: Option<String>,
    pub(super) licence: String,
    pub(super) facts: Json,
    pub(super) items: Vec<(String, String)>,
    pub(super) payments: Vec<(String, String)>,
    pub(super) assessments: Vec<(String, String)>,
    /// The other rights of the holder, where the form asks for one.
    pub(super) rights: Vec<(String, String)>,
    /// The entry that the form answers: a draft, a notice, what is to be reversed.
    pub(super) subject: Vec<Part>,
    pub(super) heading: String,
}

impl Around {
    /// What the records say of the path: the right, or the entry that the form answers.
    pub(super) fn of(desk: &Desk<'_>, path: &str) -> Result<Around, Stop> {
        let mut parts = path.strip_prefix("/v1/").unwrap_or_default().split('/');
        let (kind, id, act) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        match (kind, id, act) {
            ("rights", Some(id), Some(act)) => {
                let mut around = Around::of_right(desk, id)?;
                if act == "conversions" {
                    around.rights = around.mining_rights(desk)?;
                }
                Ok(around)
            }
            ("parties" | "rights", None, None) => Ok(Around::default()),
            // Of an entry the right is not in the path; the links of a right's page say it.
            (_, Some(id), _) => match desk.visit.parameter("of").or_else(|| desk.visit.field("of")) {
                Some(right) => Around::of_entry(desk, right, kind, id),
                None => Ok(Around::default()),
            },
            _ => Ok(Around::default()),
        }
    }

    fn of_right(desk: &Desk<'_>, id: &str) -> Result<Around, Stop> {
        let facts = desk.get(&format!("/v1/rights/{id}"))?;
        let today = desk.today();
        let statement = desk.get(&address(&format!("/v1/rights/{id}/statement"), [("as_of", "9999-12-31")]));
        let statement = match statement {
            Ok(statement) => statement,
            Err(_) => desk.get(&address(&format!("/v1/rights/{id}/statement"), [("as_of", today.as_str())]))?,
        };
        let lang = desk.visit.lang;
        let items = list(&statement, "items").map(|line| {
            let item = text(line, "/item");
            let year = line.get("year").map(|year| format!(" {}", plain(year))).unwrap_or_default();
            let due = text(line, "/due_on");
            let total = desk.money(text(line, "/figures/total"));
            let kind = words::item_kind(text(line, "/kind"), lang);
            (item.to_owned(), format!("{item} · {kind}{year} · {total} · {due}").trim_end_matches(" · ").to_owned())
        });
        let entries = desk.get(&format!("/v1/rights/{id}/entries"))?;
        let reversed: Vec<String> =
            list(&entries, "entries").filter_map(|it| Some(plain(it.pointer("/content/of")?))).collect();
        let payments = list(&entries, "entries").filter(|it| text(it, "/kind") == "payment_booked").filter_map(|it| {
            let number = it.get("entry").map(plain).filter(|number| !reversed.contains(number))?;
            let (day, amount) = (text(it, "/effective_on"), desk.money(text(it, "/content/amount")));
            let (item, receipt) = (text(it, "/content/item"), text(it, "/content/receipt"));
            Some((number.clone(), format!("#{number} · {day} · {amount} · {item} · {receipt}")))
        });
        let assessments = list(&facts, "assessments").map(|it| {
            let number = it.get("entry").map(plain).unwrap_or_default();
            let standing = words::value("standing", text(it, "/standing"), lang).unwrap_or_default();
            (number.clone(), format!("#{number} · {} · {standing}", desk.topic(text(it, "/topic"))))
        });
        Ok(Around {
            right: Some(id.to_owned()),
            licence: text(&facts, "/licence_number").to_owned(),
            items: items.collect(),
            payments: payments.collect(),
            assessments: assessments.collect(),
            facts,
            ..Around::default()
        })
    }

    /// The mining rights of the holder.
    fn mining_rights(&self, desk: &Desk<'_>) -> Result<Vec<(String, String)>, Stop> {
        let holder = text(&self.facts, "/holder");
        let found =
            desk.get(&address("/v1/rights", [("holder", holder), ("right", "mining"), ("standing", "open")]))?;
        let shown = |right: &Json| {
            let id = text(right, "/id").to_owned();
            (id.clone(), format!("{id} · {} · {}", text(right, "/licence_number"), names(desk, right)))
        };
        Ok(list(&found, "rights").map(shown).collect())
    }

    fn of_entry(desk: &Desk<'_>, right: &str, kind: &str, id: &str) -> Result<Around, Stop> {
        let entries = desk.get(&format!("/v1/rights/{right}/entries"))?;
        let found = list(&entries, "entries").find(|entry| match kind {
            "notices" => text(entry, "/content/number") == id && text(entry, "/kind") == "notice_issued",
            _ => entry.get("entry").map(plain).as_deref() == Some(id),
        });
        let Some(entry) = found else { return Err(Failure::NotFound.into()) };
        let number = entry.get("entry").map(plain).unwrap_or_default();
        let day = text(entry, "/effective_on");
        Ok(Around {
            right: Some(right.to_owned()),
            heading: format!("#{number} {} {day}", words::kind(text(entry, "/kind"), desk.visit.lang)),
            subject: desk.parts(entry.get("content").unwrap_or(&Json::Null)),
            ..Around::default()
        })
    }
}
