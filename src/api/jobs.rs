//! `/v1/jobs/{id}`: work that takes longer than a request, its progress and its result. What is asked for, and by which
//! request, is the business of each kind ([`KINDS`]).

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BodyStream, BoxBody, SizedStream};
use actix_web::http::header;
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse, rt};
use futures_util::stream;
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use tokio::sync::watch;
use utoipa::openapi::{RefOr, Schema};

use super::access::unauthenticated;
use super::batches;
use super::declare::{RequestFields, answer_shape, request_shape};
use super::error::{ErrorCode, Problem};
use super::gate::beside;
use super::http::{Asker, Served, caught, conclude, conclude_with, with_asked};
use super::lang::Lang;
use super::query::LangOnly;
use super::records::transport::{Admission, Arrival, not_kept};
use super::records::{Limit, batch};
use super::reply::{JSON, Reply};
use super::resources::query;
use super::routes::{Action, AnswerExample, Asked, PathParameter, ReadDoc, Route};
use super::schema::{Described, Named, Words, object, one_of_codes};
use super::service::Service;
use super::show::{Audience, Show, Shown};
use crate::domain::books::access::Identity;
use crate::domain::books::entry::Moment;
use crate::domain::error::Text;
use crate::jobs::{Desk, Finished, Job, JobId, NotTaken, ResultFile, State, Stopped};
use crate::text;

/// A kind of work.
pub(super) struct Kind {
    /// Its name, as jobs are kept under it.
    pub(super) name: &'static str,
    /// Does it.
    pub(super) run: fn(&Arc<Service>, &Desk<'_>) -> Result<Finished, Stopped>,
}

/// All kinds.
static KINDS: &[Kind] = &[batch::KIND, batches::KIND];

/// Begins to work on the jobs of a service.
pub fn begin(service: &Arc<Service>) -> io::Result<()> {
    // The jobs belong to the service: they do not keep it.
    let service_of_jobs = Arc::downgrade(service);
    service.jobs.begin(Arc::new(move |desk| {
        let service = service_of_jobs.upgrade().ok_or(Stopped::Interrupted)?;
        let kind = KINDS.iter().find(|kind| kind.name == desk.job().kind);
        let kind = kind.ok_or_else(|| Stopped::Broken("no such kind of job".to_owned()))?;
        (kind.run)(&service, desk)
    }))
}

/// What of a job is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of whoever asks.
    All,
    /// Where it stands; or that it goes away.
    State,
    /// Every change, as it comes.
    Events,
    /// The file.
    Result,
}

/// Faults that an answer lists; all of them are in the result where its form has room for them.
const FAULTS: usize = 1000;

/// A listener is told no more often than this.
const PACE: Duration = Duration::from_millis(200);

/// After this time without a change a listener is told that the connection lives.
const PULSE: Duration = Duration::from_secs(15);

/// How much of a result is read at once.
const CHUNK: usize = 64 * 1024;

const JOB: PathParameter = PathParameter {
    name: "id",
    description: "作业的标识 · Id of the job.",
    example: "J0123456789abcdef0123456789abcdef",
};

const fn route(pattern: &'static str, part: Part, doc: ReadDoc) -> Route {
    Route { pattern, action: Action::Job(part), doc: Some(doc) }
}

const EXAMPLE: &str = r#"{"id": "J0123456789abcdef0123456789abcdef", "kind": "documents", "state": "done", "done": 2, "total": 2,
    "failed": 1, "created_at": "2026-11-21T08:00:00.000Z", "expires_at": "2026-11-22T08:00:03.000Z",
    "result": {"media_type": "application/zip", "name": "documents.zip", "bytes": 26012}, "faults": []}"#;

const EVENTS: &str =
    "event: running\ndata: {\"id\": \"J0123456789abcdef0123456789abcdef\", \"state\": \"running\", …}\n\n";

/// All routes of jobs.
pub(super) static ROUTES: &[Route] = &[
    route(
        "/v1/jobs",
        Part::All,
        ReadDoc {
            operation_id: "listJobs",
            tag: "jobs",
            summary: "作业清单 · Jobs",
            description: "提交者自己的作业，按提交先后；已过期的不在内。不要密钥而提交的作业只能凭标识查看。\n\n\
                Those of whoever asks, the earliest first, as long as they are kept. A job that needed no key is found by its id alone.",
            path_parameter: None,
            query: JobsQuery::fields,
            media_type: JSON,
            answer: |named| {
                JobsOf::named(named);
                JobsOf::schema(Words::default())
            },
            errors: &[],
            example: AnswerExample::Written(r#"{"jobs": []}"#),
        },
    ),
    route(
        "/v1/jobs/{id}",
        Part::State,
        ReadDoc {
            operation_id: "getJob",
            tag: "jobs",
            summary: "作业的进度 · How far a job is",
            description: "作业只有提交者可见；完成后结果保留 24 小时。服务重新启动后，未完成的作业继续进行。\n\n\
                Seen by whoever asked for it; the result is kept for 24 hours. What a stop interrupted goes on after the next start.",
            path_parameter: Some(JOB),
            query: LangOnly::fields,
            media_type: JSON,
            answer: |named| {
                JobOf::named(named);
                JobOf::schema(Words::default())
            },
            errors: &[ErrorCode::NotFound],
            example: AnswerExample::Written(EXAMPLE),
        },
    ),
    route(
        "/v1/jobs/{id}/events",
        Part::Events,
        ReadDoc {
            operation_id: "followJob",
            tag: "jobs",
            summary: "作业进度的推送 · A job as it goes on",
            description: "服务器推送事件（SSE）：事件名为状态，数据为作业（不含 faults）；作业结束后连接关闭。\n\n\
                Server-sent events: each named by the state, with the job (without `faults`) as data; ends with the job.",
            path_parameter: Some(JOB),
            query: LangOnly::fields,
            media_type: EVENT_STREAM,
            answer: |_| super::schema::string(Words::default(), None),
            errors: &[ErrorCode::NotFound],
            example: AnswerExample::Written(EVENTS),
        },
    ),
    route(
        "/v1/jobs/{id}/result",
        Part::Result,
        ReadDoc {
            operation_id: "getJobResult",
            tag: "jobs",
            summary: "作业的结果 · The result of a job",
            description: "作业完成后的文件，类型见作业的 result.media_type；尚未完成或失败的为 conflict。\n\n\
                The file, of the type that the job names; a `conflict` while it is not done or where it failed.",
            path_parameter: Some(JOB),
            query: LangOnly::fields,
            media_type: "*/*",
            answer: |_| super::schema::string(Words::default(), None),
            errors: &[ErrorCode::NotFound, ErrorCode::Conflict],
            example: AnswerExample::Written("PK…"),
        },
    ),
];

const EVENT_STREAM: &str = "text/event-stream";

impl Show for State {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl Described for State {
    fn schema(words: Words) -> RefOr<Schema> {
        one_of_codes(words, &State::ALL.map(State::code))
    }
}

impl Show for JobId {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Described for JobId {
    fn schema(words: Words) -> RefOr<Schema> {
        super::schema::string(words, Some("^J[0-9a-f]{32}$"))
    }
}

/// What a kind of work has to say.
#[derive(Debug)]
struct Said(Value);

impl Show for Said {
    fn show<S: Serializer>(&self, _: Audience<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Described for Said {
    fn schema(words: Words) -> RefOr<Schema> {
        object(words.description, Vec::new(), false)
    }
}

answer_shape! {
    /// 结果文件 · The file of a result.
    ResultFile as "JobResult" {
        /// 媒体类型 · Its media type.
        media_type: String = "application/zip";
        /// 文件名 · Its name.
        name: String = "documents.zip";
        /// 字节数 · Its length in bytes.
        bytes: u64 = 26012;
    }
}

/// A job with what is said of it.
struct JobOf {
    job: Job,
    faults: Option<Vec<Said>>,
}

answer_shape! {
    /// 作业 · A job.
    JobOf as "Job" {
        /// 标识 · Its id.
        id: JobId = "J0123456789abcdef0123456789abcdef", from |it| it.job.id.clone();
        /// 种类 · What kind of work it is.
        kind: String = "documents", from |it| it.job.kind.clone();
        /// 等待、进行、完成、失败、取消 · Where it stands.
        state: State = "running", from |it| it.job.state;
        /// 已处理的项数，含有误的 · Parts done, with those that had faults.
        done: u64 = 250, from |it| it.job.done;
        /// 总项数，知道以后才有 · Parts that there are, once that is known.
        total: Option<u64> = 1000, from |it| it.job.total;
        /// 有误的项数 · Parts that had faults.
        failed: u64 = 1, from |it| it.job.faults;
        /// 提交时间 · When it was asked for.
        created_at: Moment = "2026-11-21T08:00:00.000Z", from |it| Moment(it.job.created_at);
        /// 结束后保留到何时 · When it goes away, once it is finished.
        expires_at: Option<Moment> = "2026-11-22T08:00:03.000Z", from |it| it.job.expires_at.map(Moment);
        /// 完成后的结果，见 /v1/jobs/{id}/result · The result, once it is done.
        result: Option<ResultFile> = {"media_type": "application/zip", "name": "documents.zip", "bytes": 26012}, from |it| it.job.result.clone();
        /// 失败的原因，与错误应答相同；服务内部的原因不列出 · Why it failed, as an error is answered; a defect of the service says nothing.
        failure: Option<Said> = {}, from |it| it.job.failure.clone().map(Said);
        /// 有误的各项，至多 1000 项 · The parts that had faults, up to 1000.
        faults: Option<Vec<Said>> = [], from |it| it.faults.as_ref();
    }
}

struct JobsQuery<'n> {
    after: Option<&'n str>,
    limit: Limit,
    lang: Lang,
}

request_shape! {
    JobsQuery<'n> as "JobsQuery" {
        /// 上一页给出的 next · `next` of the page before.
        after: Option<&'n str> = "J0123456789abcdef0123456789abcdef";
        /// 每页个数，默认 100，至多 1000 · Jobs on a page, 100 unless said, at most 1000.
        limit: Limit = 100, left_out Limit(100);
        /// 文字的语言，默认中文 · Language of texts, Chinese unless said.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

/// Jobs after one another.
struct JobsOf {
    jobs: Vec<JobOf>,
    next: Option<JobId>,
}

answer_shape! {
    /// 作业清单 · Jobs.
    JobsOf as "JobList" {
        /// 作业，不含 faults · Jobs, without `faults`.
        jobs: Vec<JobOf> = [], from |it| it.jobs.as_slice();
        /// 下一页的 after；缺省则已到末尾 · `after` of the next page; absent at the end.
        next: Option<JobId> = "J0123456789abcdef0123456789abcdef", from |it| it.next.as_ref();
    }
}

/// The jobs of whoever asks.
fn list<'a>(asked: &Asked<'a>) -> Result<Found, Problem<'a>> {
    let JobsQuery { after, limit: Limit(limit), lang } = query(asked)?;
    if *asked.who == Identity::nobody() {
        return Err(unauthenticated());
    }
    let mut own = asked.service.jobs.of(&asked.who.actor);
    if let Some(after) = after {
        // One that is gone meanwhile begins anew: nothing is left out.
        let passed = own.iter().position(|job| job.id.as_str() == after).map_or(0, |at| at + 1);
        own.drain(..passed);
    }
    let next = if own.len() > limit { own.get(limit.saturating_sub(1)).map(|job| job.id.clone()) } else { None };
    own.truncate(limit);
    let jobs = own.into_iter().map(|job| JobOf { job, faults: None }).collect();
    let audience = Audience { lang, book: &asked.service.book };
    Ok((Reply::json(200, JSON, &Shown(&JobsOf { jobs, next }, audience)), None))
}

/// The schema of a job.
pub(super) fn schema() -> RefOr<Schema> {
    JobOf::schema(Words::default())
}

/// The schemas that a job refers to.
pub(super) fn named(named: &mut Named) {
    JobOf::named(named);
}

/// A job as it is taken on.
pub(super) fn waiting_example(kind: &str) -> Value {
    serde_json::json!({"id": "J0123456789abcdef0123456789abcdef", "kind": kind, "state": "waiting", "done": 0,
        "failed": 0, "created_at": "2026-11-21T08:00:00.000Z"})
}

/// What a job looks like to whoever asked for it, after a request that made it.
pub fn accepted(service: &Service, job: Job, lang: Lang) -> Reply {
    let place = format!("/v1/jobs/{}", job.id.as_str());
    let mut reply = shown(service, JobOf { job, faults: None }, lang, 202);
    reply.headers.push((header::LOCATION, place.into()));
    reply
}

fn shown(service: &Service, job: JobOf, lang: Lang, status: u16) -> Reply {
    Reply::json(status, JSON, &Shown(&job, Audience { lang, book: &service.book }))
}

/// Who asked for a job, as it is kept: nobody where nobody has to say who they are.
pub fn owner(who: &Identity) -> Option<String> {
    (*who != Identity::nobody()).then(|| who.actor.clone())
}

/// Why a job was not taken, as an error.
pub fn not_taken(error: &NotTaken) -> Problem<'static> {
    match error {
        NotTaken::Busy => {
            let detail = Text::fixed(
                "未完成的作业过多；请待其完成或取消后再试",
                "too many jobs are not finished: wait for them or cancel them",
            );
            Problem::new(ErrorCode::RateLimited, detail)
        }
        NotTaken::Full(bytes) => {
            let most = bytes >> 20;
            let detail = text!(
                "作业和结果已占满 {most} MiB 的磁盘配额；请取回并删除结果（DELETE /v1/jobs/{{id}}），或待其过期后再试",
                "jobs and their results take the {most} MiB of the disk that they may: fetch results and remove them (DELETE /v1/jobs/{{id}}), or wait until they expire"
            );
            Problem::new(ErrorCode::RateLimited, detail)
        }
        NotTaken::Mismatch => {
            let detail = Text::fixed(
                "该 Idempotency-Key 已用于另一请求；请用新的键",
                "this Idempotency-Key was used for another request: use a new one",
            );
            Problem::new(ErrorCode::IdempotencyMismatch, detail)
        }
        NotTaken::Unavailable(_) => {
            tracing::error!(%error, "a job was not taken");
            Problem::internal()
        }
    }
}

/// What is sent as it comes.
enum Source {
    File(File, u64),
    Changes(watch::Receiver<Job>),
}

/// The answer to a question about a job.
type Found = (Reply, Option<Source>);

/// There is no such job, or not for whoever asks.
fn no_job(who: &Identity) -> Problem<'static> {
    if *who == Identity::nobody() {
        return unauthenticated();
    }
    let detail = Text::fixed(
        "没有该作业，或已过期；只有提交者可见",
        "no such job, or it is expired: only whoever asked for it sees it",
    );
    Problem::at("/id", ErrorCode::NotFound, detail)
}

fn broken(error: &io::Error) -> Problem<'static> {
    tracing::error!(%error, "a job could not be read");
    Problem::internal()
}

fn find<'a>(asked: &Asked<'a>, part: Part) -> Result<Found, Problem<'a>> {
    if part == Part::All {
        return list(asked);
    }
    let LangOnly { lang } = query(asked)?;
    let (jobs, who) = (&asked.service.jobs, asked.who);
    let missing = || no_job(who);
    let id = JobId::parse(asked.name).ok_or_else(missing)?;
    let job = jobs.find(&id, &who.actor).ok_or_else(missing)?;
    match part {
        Part::All | Part::State => {
            let faults = jobs.faults(&id, &who.actor, FAULTS).map_err(|error| broken(&error))?;
            let faults = Some(faults.into_iter().map(Said).collect());
            Ok((shown(asked.service, JobOf { job, faults }, lang, 200), None))
        }
        Part::Events => {
            let changes = jobs.listen(&id, &who.actor).ok_or_else(missing)?;
            Ok((Reply::new(200, EVENT_STREAM, Vec::new()), Some(Source::Changes(changes))))
        }
        Part::Result => {
            let Some((result, file)) = jobs.result(&id, &who.actor).map_err(|error| broken(&error))? else {
                let detail = Text::fixed(
                    "作业没有结果：尚未完成，或已失败；请看 /v1/jobs/{id}",
                    "the job has no result: it is not done yet, or failed; see /v1/jobs/{id}",
                );
                return Err(Problem::new(ErrorCode::Conflict, detail));
            };
            let mut reply = Reply::new(200, result.media_type, Vec::new());
            let name = format!("attachment; filename=\"{}\"", result.name);
            reply.headers.push((header::CONTENT_DISPOSITION, name.into()));
            Ok((reply, Some(Source::File(file, result.bytes))))
        }
    }
}

/// Takes a job away.
fn cancel<'a>(asked: &Asked<'a>) -> Result<Found, Problem<'a>> {
    let LangOnly { .. } = query(asked)?;
    let id = JobId::parse(asked.name).ok_or_else(|| no_job(asked.who))?;
    match asked.service.jobs.remove(&id, &asked.who.actor) {
        Ok(true) => Ok((Reply::new(204, JSON, Vec::new()), None)),
        Ok(false) => Err(no_job(asked.who)),
        Err(error) => Err(broken(&error)),
    }
}

/// Answers a question about a job.
pub(super) async fn answer(served: Served, request: HttpRequest, part: Part) -> HttpResponse {
    respond(served, request, move |asked| find(asked, part)).await
}

/// Answers `DELETE`.
pub(super) async fn remove(served: Served, request: HttpRequest) -> HttpResponse {
    respond(served, request, cancel).await
}

async fn respond(
    served: Served,
    request: HttpRequest,
    find: impl for<'a> FnOnce(&Asked<'a>) -> Result<Found, Problem<'a>> + Send + 'static,
) -> HttpResponse {
    let Served { route, service } = served;
    let (path, query) = (request.uri().path().to_owned(), request.query_string().to_owned());
    let arrival = Arc::new(Arrival::of(&service, &request, route.pattern, Admission::Anybody));
    let (within, arrived) = (Arc::clone(&service), Arc::clone(&arrival));
    let found = beside(&service, move || {
        let visit = match arrived.admitted(&within) {
            Ok(visit) => visit,
            Err(refused) => return (arrived.turned_away(&within, refused), None),
        };
        let found = caught(&within, arrived.asker(), |asker| {
            with_asked(&within, &route, &path, &query, asker, &visit.who, find)
        });
        let (reply, source) = found.unwrap_or_else(|refused| (refused, None));
        let status = reply.status;
        let reply = not_kept(arrived.noted(&within, &visit, reply));
        let source = source.filter(|_| reply.status == status);
        (reply, source)
    });
    let (reply, source) = found.await.unwrap_or_else(|problem| (arrival.refuse(&service, &problem), None));
    let asker: Asker<'_> = arrival.asker();
    let body = source.map(|source| match source {
        Source::File(file, bytes) => contents(file, bytes, ()),
        Source::Changes(changes) => events(changes, Arc::clone(&service), asker.lang),
    });
    match body {
        Some(body) => conclude_with(&service, &request, Some(route.pattern), asker.request_id, reply, Some(body)),
        None => conclude(&service, &request, Some(route.pattern), asker.request_id, reply),
    }
}

/// A file, read as it is sent; with it goes what it belongs to.
pub(super) fn contents<H: 'static>(file: File, bytes: u64, held: H) -> BoxBody {
    let chunks = stream::unfold(Some((file, held)), |state| async move {
        let (mut file, held) = state?;
        let read = web::block(move || {
            let mut chunk = Vec::with_capacity(CHUNK);
            let read = (&mut file).take(CHUNK as u64).read_to_end(&mut chunk);
            read.map(|_| (file, chunk))
        });
        match read.await {
            Ok(Ok((_, chunk))) if chunk.is_empty() => None,
            Ok(Ok((file, chunk))) => Some((Ok(Bytes::from(chunk)), Some((file, held)))),
            Ok(Err(error)) => Some((Err(error), None)),
            Err(_) => Some((Err(io::Error::other("the service stops")), None)),
        }
    });
    BoxBody::new(SizedStream::new(bytes, chunks))
}

/// The changes of a job, as they come.
fn events(changes: watch::Receiver<Job>, service: Arc<Service>, lang: Lang) -> BoxBody {
    struct Listening {
        changes: watch::Receiver<Job>,
        service: Arc<Service>,
        is_first: bool,
    }
    let listening = Listening { changes, service, is_first: true };
    let told = stream::unfold(Some(listening), move |listening| async move {
        let mut listening = listening?;
        if !listening.is_first {
            rt::time::sleep(PACE).await;
            match rt::time::timeout(PULSE, listening.changes.changed()).await {
                Ok(Ok(())) => {}
                // The job is gone, and was told to be.
                Ok(Err(_)) => return None,
                Err(_) => return Some((Ok::<_, io::Error>(Bytes::from_static(b":\n\n")), Some(listening))),
            }
        }
        if listening.service.jobs.are_stopping() {
            return None;
        }
        listening.is_first = false;
        let job = listening.changes.borrow_and_update().clone();
        let (state, is_final) = (job.state, job.state.is_final());
        let audience = Audience { lang, book: &listening.service.book };
        let data = serde_json::to_string(&Shown(&JobOf { job, faults: None }, audience)).unwrap_or_default();
        let event = format!("event: {}\ndata: {data}\n\n", state.code());
        Some((Ok(Bytes::from(event)), (!is_final).then_some(listening)))
    });
    BoxBody::new(BodyStream::new(Box::pin(told)))
}
