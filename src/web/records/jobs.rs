//! Long work: many documents at once. An order is taken by the endpoint of the API; the page shows how far it is and hands out
//! the result, and takes the job away again. Jobs are those of whoever looks, in the order in which they were asked for, the
//! latest first.

use askama::Template;
use serde_json::{Value as Json, json};

use super::show::{list, text};
use super::{Desk, Made, at_desk, problem};
use crate::api::reply::Reply;
use crate::api::sessions::random_text;
use crate::web::http::{Failure, html, redirect};
use crate::web::page::Page;
use crate::web::visit::Visit;

struct Job {
    id: String,
    /// Where it is cancelled, or its result thrown away.
    removal: String,
    created_at: String,
    state: &'static str,
    look: &'static str,
    is_final: bool,
    done: u64,
    total: Option<u64>,
    faults: u64,
    /// Name and address of the result.
    result: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "web/records/jobs.html")]
struct Jobs<'v> {
    page: Page<'v>,
    desk: Option<&'v Desk<'v>>,
    once: String,
    jobs: Vec<Job>,
    complaints: Vec<String>,
    what: String,
    form: String,
    division: String,
    year: String,
    as_of: String,
}

impl Jobs<'_> {
    /// Whether something may have changed a moment later.
    fn is_busy(&self) -> bool {
        self.jobs.iter().any(|job| !job.is_final)
    }
}

pub(super) fn jobs(visit: &Visit) -> Result<Reply, Failure> {
    at_desk(visit, |desk| shown(desk, 200, Vec::new()))
}

fn shown(desk: &Desk<'_>, status: u16, complaints: Vec<String>) -> Made {
    let visit = desk.visit;
    let found = desk.inside.jobs().map_err(super::Stop::Refused)?;
    let mut jobs: Vec<Job> = found
        .into_iter()
        .map(|job| {
            let (state, look) = match job.state.code() {
                "waiting" => (desk.pick("等待", "waiting"), "info"),
                "running" => (desk.pick("进行中", "running"), "info"),
                "done" => (desk.pick("完成", "done"), "good"),
                "failed" => (desk.pick("未完成", "failed"), "bad"),
                _ => (desk.pick("已取消", "cancelled"), ""),
            };
            let id = job.id.as_str().to_owned();
            let href = desk.link(&format!("/records/jobs/{id}/result"));
            Job {
                removal: desk.link(&format!("/records/jobs/{id}/removal")),
                created_at: crate::api::records::inside::moment(job.created_at),
                state,
                look,
                is_final: job.state.is_final(),
                done: job.done,
                total: job.total,
                faults: job.faults,
                result: job.result.map(|result| (result.name, href)),
                id,
            }
        })
        .collect();
    jobs.reverse();
    let field = |name: &str| visit.field(name).unwrap_or_default().to_owned();
    let today = desk.today();
    let filled = |name: &str, otherwise: &str| visit.field(name).unwrap_or(otherwise).to_owned();
    let template = Jobs {
        page: desk.page(desk.pick("成批文书", "Many documents")),
        desk: Some(desk),
        once: random_text().map_err(|_| Failure::Internal)?,
        jobs,
        complaints,
        what: filled("what", "notices"),
        form: filled("form", "pdf"),
        division: field("division"),
        year: filled("year", today.get(..4).unwrap_or_default()),
        as_of: filled("as_of", &today),
    };
    Ok(html(status, &template)?)
}

/// The order as the API takes it.
fn order(visit: &Visit) -> Json {
    let field = |name: &str| visit.field(name).unwrap_or_default();
    let form = field("form");
    match field("what") {
        "statements" => {
            json!({"form": form, "statements": {"division": field("division"), "as_of": field("as_of")}})
        }
        _ => {
            let year = field("year").parse::<i64>().map_or_else(|_| Json::from(field("year")), Json::from);
            json!({"form": form, "notices": {"division": field("division"), "year": year}})
        }
    }
}

pub(super) fn begin(visit: &Visit) -> Result<Reply, Failure> {
    at_desk(visit, |desk| {
        if !desk.is_own_form() {
            return Err(Failure::Foreign.into());
        }
        let once = visit.field("once").filter(|once| once.len() == 64).unwrap_or_default();
        let reply = desk.inside.order(once, order(visit).to_string().into_bytes());
        if reply.is_success() {
            return Ok(redirect(desk.link("/records/jobs")));
        }
        if !matches!(reply.status, 400 | 409 | 422 | 429) {
            return Err(super::Stop::Refused(reply));
        }
        let refused = problem(&reply);
        let mut said: Vec<String> = list(&refused, "errors").map(|error| text(error, "/detail").to_owned()).collect();
        if said.is_empty() {
            said.push(text(&refused, "/detail").to_owned());
        }
        shown(desk, reply.status, said)
    })
}

/// Cancels a job, or throws its result away. One that is gone already is what was asked for.
pub(super) fn remove(visit: &Visit) -> Result<Reply, Failure> {
    at_desk(visit, |desk| {
        if !desk.is_own_form() {
            return Err(Failure::Foreign.into());
        }
        let reply = desk.inside.remove_job(&visit.name);
        if reply.is_success() || reply.status == 404 {
            return Ok(redirect(desk.link("/records/jobs")));
        }
        Err(super::Stop::Refused(reply))
    })
}

pub(super) fn result(visit: &Visit) -> Result<Reply, Failure> {
    at_desk(visit, |desk| {
        let reply = desk.inside.result_of_job(&visit.name);
        if reply.is_success() { Ok(reply) } else { Err(super::Stop::Refused(reply)) }
    })
}
