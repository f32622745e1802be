//! The records for the pages: the endpoints of the API, asked in the same process. Who asks is found out in the same way, the
//! same permissions and scopes hold, the same shapes are read, and every access is in the audit log under the path of the
//! API. So nothing can be seen or done in a page that its reader could not see or do with the same key.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use actix_web::http::header::CONTENT_DISPOSITION;
use serde_json::Value;

use super::batch;
use super::transport::{Admission, Arrival, Refused};
use super::{Arrived, ROUTES, Write, denied_as_problem, not_found, record, show, store_failed};
use crate::api::access::{Presented, forbidden, identify};
use crate::api::documents;
use crate::api::error::{ErrorCode, Problem};
use crate::api::http::{ask, caught, guarded, with_asked};
use crate::api::jobs;
use crate::api::lang::Lang;
use crate::api::query::percent_decoded;
use crate::api::reply::{JSON, Reply};
use crate::api::routes::{Action, Route};
use crate::api::service::Service;
use crate::api::show::{Audience, Shown};
use crate::domain::books::access::{Identity, Permission, decide_for};
use crate::domain::books::decide::Shelf;
use crate::domain::books::entry::{Entry, Moment};
use crate::jobs::{Job, JobId};
use crate::ledger::audit::Access;
use crate::ledger::chain::Hash;
use crate::ledger::rfc3339;
use crate::ledger::{Outcome, Stored, Submission};
use crate::notice::Format;
use crate::text;

/// Longest result of a job that a page hands out from memory.
const LONGEST_RESULT: u64 = 64 << 20;

/// A moment of a job as pages show it.
pub fn moment(milliseconds: i64) -> String {
    rfc3339(Moment(milliseconds))
}

/// How long a document waits for its turn at the press.
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody at the pages.
#[derive(Clone, Copy, Debug)]
pub struct Inside<'s> {
    /// The service.
    pub service: &'s Arc<Service>,
    /// What they showed.
    pub presented: &'s Presented,
    /// From which address they ask.
    pub address: &'s str,
    /// The id of their request.
    pub request_id: &'s str,
    /// The language of texts.
    pub lang: Lang,
}

/// The endpoint of a path, and the part of the path that varies.
fn endpoint(path: &str, fits: impl Fn(&Action) -> bool) -> Option<(&'static Route, &str)> {
    ROUTES.iter().filter(|route| fits(&route.action)).find_map(|route| {
        let Some((head, rest)) = route.pattern.split_once('{') else {
            return (route.pattern == path).then_some((route, ""));
        };
        let tail = rest.split_once('}').map_or("", |(_, tail)| tail);
        let varying = path.strip_prefix(head)?.strip_suffix(tail)?;
        (!varying.is_empty() && !varying.contains('/')).then_some((route, varying))
    })
}

/// The writing endpoint of a path.
pub fn write_at(path: &str) -> Option<&'static Write> {
    match endpoint(path, |action| matches!(action, Action::Records { write: Some(_), .. }))?.0.action {
        Action::Records { write, .. } => write,
        _ => None,
    }
}

impl<'s> Inside<'s> {
    /// Who asks; a refusal as the API has it if nobody may ask so.
    pub fn who(&self) -> Result<Identity, Reply> {
        identify(self.service, self.presented).map_err(|stopped| self.refuse(&stopped.problem))
    }

    /// What a role is told that may not do something.
    pub fn forbidden(&self, who: &Identity) -> Reply {
        self.refuse(&forbidden(who.role))
    }

    fn refuse(&self, problem: &Problem<'_>) -> Reply {
        problem.reply(self.lang, &self.service.book, self.request_id)
    }

    fn arrival(&self, method: &str, target: &str, pattern: &'static str, admission: Admission) -> Arrival {
        let access = Access {
            actor: String::new(),
            method: method.to_owned(),
            target: target.to_owned(),
            address: self.address.to_owned(),
            request_id: self.request_id.to_owned(),
            status: 0,
        };
        Arrival::inside(self.request_id, self.lang, pattern, admission, self.presented.clone(), access)
    }

    fn turned_away(&self, arrival: &Arrival, refused: Refused) -> Reply {
        arrival.turned_away(self.service, refused)
    }

    /// What a reading endpoint answers.
    pub fn get(&self, target: &str) -> Reply {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let found = endpoint(path, |action| matches!(action, Action::Records { read: Some(_), .. }));
        let Some((route, Action::Records { read: Some(consult), .. })) = found.map(|(route, _)| (route, route.action))
        else {
            return self.refuse(&not_found());
        };
        let arrival = self.arrival("GET", target, route.pattern, Admission::With(consult.permission));
        match arrival.admitted(self.service) {
            Ok(visit) => {
                let reply = guarded(self.service, arrival.asker(), |asker| {
                    ask(self.service, route, consult.read, path, query, asker, &visit.who)
                });
                arrival.noted(self.service, &visit, reply)
            }
            Err(refused) => self.turned_away(&arrival, refused),
        }
    }

    /// What a writing endpoint answers under an idempotency key.
    pub fn post(&self, path: &str, key: &str, body: Vec<u8>) -> Reply {
        self.submit(path, path, |arrived, write| {
            let arrived = Arrived { key: key.to_owned(), body, ..arrived };
            record(self.service, write, arrived)
        })
    }

    /// The entry that a writing request would become now, with neither number nor moment; or why it would be refused.
    /// Nothing is recorded but the access, under the address of the page.
    pub fn preview(&self, page: &str, path: &str, body: Vec<u8>) -> Reply {
        self.submit(page, path, |arrived, write| self.tried(write, Arrived { body, ..arrived }))
    }

    fn submit(&self, noted: &str, path: &str, make: impl FnOnce(Arrived, &'static Write) -> Reply) -> Reply {
        let found = endpoint(path, |action| matches!(action, Action::Records { write: Some(_), .. }));
        let Some((route, varying)) = found else { return self.refuse(&not_found()) };
        let Action::Records { write: Some(write), .. } = route.action else { return self.refuse(&not_found()) };
        let Some(name) = percent_decoded(varying) else { return self.refuse(&not_found()) };
        let arrival = self.arrival("POST", noted, route.pattern, Admission::With(write.permission));
        match arrival.admitted(self.service) {
            Ok(visit) => {
                let reply = guarded(self.service, arrival.asker(), |asker| {
                    let arrived = Arrived {
                        visit: Arc::clone(&visit),
                        key: String::new(),
                        path: path.to_owned(),
                        name: name.into_owned(),
                        body: Vec::new(),
                        request_id: asker.request_id.to_owned(),
                        lang: asker.lang,
                    };
                    make(arrived, write)
                });
                arrival.noted(self.service, &visit, reply)
            }
            Err(refused) => self.turned_away(&arrival, refused),
        }
    }

    /// Decides with the records in hand, as [`record`] does, and keeps the decision from the journal.
    fn tried(&self, write: &'static Write, arrived: Arrived) -> Reply {
        if let Err(reply) = arrived.with_command(self.service, write, |_, _| Ok(())) {
            return reply;
        }
        let store = match self.service.records.store() {
            Ok(store) => store,
            Err(error) => return self.refuse(&store_failed(&error)),
        };
        let decided = Arc::new(Mutex::new(None));
        let (slot, seen) = (Arc::clone(&decided), Arc::clone(&decided));
        let (within, asked, visit) = (Arc::clone(self.service), arrived.clone(), Arc::clone(&arrived.visit));
        let (actor, noted) = (visit.who.actor.clone(), Arc::clone(&visit));
        let submission = Submission {
            actor: actor.clone(),
            request: None,
            decide: Box::new(move |shelf: &dyn Shelf| {
                let made = asked.with_command(&within, write, |command, body| {
                    let today = within.records.today();
                    decide_for(&asked.visit.who, today, command, shelf, &within.book)
                        .map_err(|denied| asked.refuse(&within, &denied_as_problem(denied, &asked, body, &within)))
                });
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
                None
            }),
            note: Some(Box::new(move |_: &Outcome| {
                let decided = seen.lock().unwrap_or_else(PoisonError::into_inner);
                visit.access(match &*decided {
                    Some(Ok(_)) => 200,
                    Some(Err(refused)) => refused.status,
                    None => ErrorCode::Internal.status(),
                })
            })),
        };
        if let Err(error) = store.submit(submission) {
            return self.refuse(&store_failed(&error));
        }
        noted.is_noted();
        let decided = decided.lock().unwrap_or_else(PoisonError::into_inner).take();
        match decided {
            Some(Ok(new)) => {
                let entry = Entry {
                    seq: 0,
                    recorded_at: Moment(0),
                    effective_on: new.effective_on,
                    subject: new.subject,
                    actor,
                    event: new.event,
                    set: new.set,
                };
                let audience = Audience { lang: self.lang, book: &self.service.book };
                let stored = Stored { entry, hash: Hash::sha256(b"") };
                Reply::json(200, JSON, &Shown(&show::Recorded(stored), audience))
            }
            Some(Err(refused)) => refused,
            None => self.refuse(&Problem::internal()),
        }
    }

    /// A document of the records.
    pub fn print(&self, target: &str, format: Format) -> Reply {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let found = endpoint(path, |action| matches!(action, Action::Print { .. })).map(|(route, _)| route);
        let Some((route, Action::Print { permission, compose })) = found.map(|route| (route, route.action)) else {
            return self.refuse(&not_found());
        };
        let arrival = self.arrival("GET", target, route.pattern, Admission::With(permission));
        let visit = match arrival.admitted(self.service) {
            Ok(visit) => visit,
            Err(refused) => return self.turned_away(&arrival, refused),
        };
        let composed = caught(self.service, arrival.asker(), |asker| {
            with_asked(self.service, route, path, query, asker, &visit.who, compose)
        });
        let reply = match composed {
            Ok(paper) => self.in_turn(|| {
                let printed = documents::printed(self.service, &paper, format, self.request_id);
                printed.unwrap_or_else(|problem| self.refuse(&problem))
            }),
            Err(refused) => refused,
        };
        arrival.noted(self.service, &visit, reply)
    }

    /// Takes an order of many documents under an idempotency key.
    pub fn order(&self, key: &str, body: Vec<u8>) -> Reply {
        self.for_reader("POST", batch::PATH, batch::PATH, |who| {
            let query = format!("lang={}", self.lang.code());
            let taken = batch::order(self.service, Ok(body.into()), &query, Some(key.to_owned()), who);
            taken.unwrap_or_else(|problem| self.refuse(&problem))
        })
    }

    /// The jobs of whoever asks, the earliest first.
    pub fn jobs(&self) -> Result<Vec<Job>, Reply> {
        let mut found = Vec::new();
        let reply = self.for_reader("GET", "/v1/jobs", "/v1/jobs", |who| {
            found = jobs::owner(who).map(|owner| self.service.jobs.of(&owner)).unwrap_or_default();
            Reply::json(200, JSON, &Value::Null)
        });
        if reply.is_success() { Ok(found) } else { Err(reply) }
    }

    /// The result of a job of whoever asks, as a file.
    pub fn result_of_job(&self, id: &str) -> Reply {
        self.for_reader("GET", &format!("/v1/jobs/{id}/result"), "/v1/jobs/{id}/result", |who| {
            let found = JobId::parse(id).map(|id| self.service.jobs.result(&id, &who.actor));
            let (result, mut file) = match found {
                Some(Ok(Some(found))) => found,
                Some(Err(error)) => return self.unreadable(&error),
                _ => return self.refuse(&not_found()),
            };
            if result.bytes > LONGEST_RESULT {
                let most = LONGEST_RESULT >> 20;
                let detail = text!(
                    "结果超过 {most} MiB，请由接口 GET /v1/jobs/{id}/result 取回",
                    "the result is longer than {most} MiB: fetch it by GET /v1/jobs/{id}/result"
                );
                return self.refuse(&Problem::at("/id", ErrorCode::Conflict, detail));
            }
            let mut bytes = Vec::new();
            if let Err(error) = file.read_to_end(&mut bytes) {
                return self.unreadable(&error);
            }
            let mut reply = Reply::new(200, result.media_type, bytes);
            let name = format!("attachment; filename=\"{}\"", result.name);
            reply.headers.push((CONTENT_DISPOSITION, name.into()));
            reply
        })
    }

    /// Cancels a job of whoever asks, or throws its result away.
    pub fn remove_job(&self, id: &str) -> Reply {
        self.for_reader("DELETE", &format!("/v1/jobs/{id}"), "/v1/jobs/{id}", |who| {
            match JobId::parse(id).map(|id| self.service.jobs.remove(&id, &who.actor)) {
                Some(Ok(true)) => Reply::new(204, JSON, Vec::new()),
                Some(Err(error)) => self.unreadable(&error),
                _ => self.refuse(&not_found()),
            }
        })
    }

    fn unreadable(&self, error: &io::Error) -> Reply {
        tracing::error!(%error, "a job could not be read");
        self.refuse(&Problem::internal())
    }

    /// Answers whoever may read records; noted as every access is.
    fn for_reader(
        &self,
        method: &str,
        target: &str,
        pattern: &'static str,
        make: impl FnOnce(&Identity) -> Reply,
    ) -> Reply {
        let arrival = self.arrival(method, target, pattern, Admission::With(Permission::ReadRecords));
        match arrival.admitted(self.service) {
            Ok(visit) => {
                let reply = make(&visit.who);
                arrival.noted(self.service, &visit, reply)
            }
            Err(refused) => self.turned_away(&arrival, refused),
        }
    }

    /// Prints when a press is free: only as many documents at once as there are processors.
    fn in_turn(&self, print: impl FnOnce() -> Reply) -> Reply {
        let begun = Instant::now();
        let _turn = loop {
            match Arc::clone(&self.service.printing).try_acquire_owned() {
                Ok(turn) => break turn,
                Err(_) if begun.elapsed() > PATIENCE => return self.refuse(&Problem::internal()),
                Err(_) => sleep(Duration::from_millis(20)),
            }
        };
        print()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_endpoint() {
        let reads = |action: &Action| matches!(action, Action::Records { read: Some(_), .. });
        let found = |path| endpoint(path, reads).map(|(route, varying)| (route.pattern, varying));
        assert_eq!(found("/v1/rights/R3"), Some(("/v1/rights/{id}", "R3")));
        assert_eq!(found("/v1/rights/R3/entries"), Some(("/v1/rights/{id}/entries", "R3")));
        assert_eq!(found("/v1/rights"), Some(("/v1/rights", "")));
        for none in ["/v1/rights/", "/v1/rights/R3/payments", "/v1/rights/R3/x/entries", "/v1", ""] {
            assert_eq!(found(none), None, "{none}");
        }
        assert!(write_at("/v1/rights/R3/payments").is_some());
        assert!(write_at("/v1/rights/R3").is_none());
    }
}
