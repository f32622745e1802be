//! `POST /v1/batches/{topic}`: many requests of one topic. Few rows are answered at once, more become a job.
//!
//! The body goes through a file as soon as it is longer than [`IN_MEMORY`], the answer likewise, so that neither is held as a
//! whole. Rows are counted by answering them: the first [`AT_ONCE`] are computed before the status goes out, whatever the
//! form, and if there are more of them the file that the body is in becomes that of a job.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Cursor, Read, Seek, SeekFrom, Write};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::body::BoxBody;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::web::{self, Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse, rt};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::access::{Calculations, unauthenticated};
use super::declare::{choice, request_shape};
use super::documents::quality;
use super::error::{ErrorCode, Problem};
use super::http::{Served, accepted, announced, caught, conclude_with, cut_off, drain, is_uncompressed, too_large};
use super::jobs::{self, Kind};
use super::lang::Lang;
use super::query::{self, Explain};
use super::records::transport::{Admission, Arrival};
use super::reply::Reply;
use super::routes::Route;
use super::service::{Service, dataset_header};
use super::shape;
use super::topic::{Call, Topic};
use crate::batch::encoding::Charset;
use crate::batch::engine::{self, Asking, Stop, Tally};
use crate::batch::forms::{self, FORMS, FormRow, Input, Look, Opened, Told, Writer};
use crate::batch::resume::{self, Track, Tracked};
use crate::domain::books::access::Identity;
use crate::domain::context::Detail;
use crate::domain::error::Text;
use crate::domain::rate_book::RateBook;
use crate::jobs::{Desk, Draft, Finished, Job, NotTaken, Stopped};
use crate::text;

/// Where batches are asked for.
pub const PATH: &str = "/v1/batches/{topic}";

/// Longest body in bytes unless more or less is said: 256 MiB.
pub const LIMIT: usize = 256 << 20;

/// Rows that are answered at once; more become a job.
pub const AT_ONCE: u64 = 10_000;

/// Answers that are longer than this become a job, however few rows they have: 64 MiB.
const LONGEST_ANSWER: u64 = 64 << 20;

/// Bodies and answers up to here never see the disk: 1 MiB.
const IN_MEMORY: usize = 1 << 20;

/// Bodies shorter than this are not worth a second thread.
const ON_ONE_THREAD: u64 = 64 << 10;

/// Nothing of a body may stay away for longer than this …
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

/// … and after that time it has to have come at so many bytes a second, on average.
const SLOWEST: u64 = 64 << 10;

/// How often a job keeps where it is.
const PACE: Duration = Duration::from_millis(500);

/// What an answer is written through.
const BUFFER: usize = 1 << 20;

const ROWS: HeaderName = HeaderName::from_static("batch-rows");
const REFUSED: HeaderName = HeaderName::from_static("batch-refused");
const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const RESPOND_ASYNC: &str = "respond-async";

/// The files of a batch in the directory of its job.
const REQUEST: &str = "request";
const ORDER: &str = "order.json";
const ANSWER: &str = "answer";
const RECORDS: &str = "records";

/// The kind of work.
pub(super) const KIND: Kind = Kind { name: "batch", run: work };

/// One line.
pub const SUMMARY: &str = "批量计算 · Many calculations at once";

/// What it does.
pub const DESCRIPTION: &str = "每行一个请求，每行一个答复，次序不变，`line_id` 原样返回；有误的一行在其位置给出错误，不影响其余。每行的答复与单个请求的相同。\n\
    JSON 行、CSV（UTF-8、GB18030，表头中英文均可）或 XLSX（见 /v1/templates/{topic}.xlsx），按 Content-Type；答复的格式按 Accept，默认与请求相同。不压缩，至多 256 MiB。\n\
    至多 10 000 行（答复不超过 64 MiB）的立即答复，行数见 Batch-Rows，有误的行数见 Batch-Refused；更多的，或请求头 `Prefer: respond-async` 的，由作业完成：\
    202，进度、取消和结果见 /v1/jobs/{id}，结果保留 24 小时，服务重新启动后从中断处继续。表头、编码、工作簿有误或没有数据行的，整个请求被拒绝。\n\n\
    A request on each row, an answer on each row, in their order, `line_id` repeated; a bad row has its problem in its place and stops nothing else. \
    Each row is answered as the single request is. JSON lines, CSV (UTF-8, GB18030; Chinese or English heads) or XLSX (see /v1/templates/{topic}.xlsx) by `Content-Type`; the answer in the form that `Accept` \
    names, else that of the request. Not compressed, 256 MiB at most. Up to 10 000 rows (and 64 MiB of answers) are answered at once, counted in `Batch-Rows` and `Batch-Refused`; \
    more, or whatever comes with `Prefer: respond-async`, is done by a job: 202, with progress, result for 24 hours and cancelling at /v1/jobs/{id}; a restart of the service goes on where it was. \
    Wrong heads, a wrong encoding, a workbook that cannot be read or no row at all refuse the whole.";

/// With steps or without.
#[derive(Clone, Copy, Debug)]
enum Steps {
    With,
    Without,
}

choice!(Steps { "true" => Steps::With, "false" => Steps::Without });

/// The query of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchQuery<'n> {
    lang: Lang,
    steps: Option<Steps>,
    explain: Explain,
    sheet: Option<&'n str>,
}

request_shape! {
    BatchQuery<'n> as "BatchQuery" {
        /// 文字和表头的语言，默认中文；代码不随语言变化 · Language of texts and heads, Chinese unless said; codes never change with it.
        lang: Lang = "zh", left_out Lang::Zh;
        /// 是否含计算步骤：JSON 行默认含，CSV 和 XLSX 默认不含 · With steps or without: JSON lines have them unless said, CSV and XLSX have not.
        steps: Option<Steps> = "false";
        /// 评估的决策过程：applied（默认）只列适用的规则，all 列出全部规则 · The trace of an assessment: the rules that apply (default), or all of them.
        explain: Explain = "applied", left_out Explain::Applied;
        /// XLSX 输入的工作表名；不写为“数据”，没有则第一张可见的 · Sheet of an XLSX body; “数据” or “Data” unless said, else the first visible one.
        sheet: Option<&'n str> = "数据";
    }
}

/// What is asked of all rows.
#[derive(Clone, Debug)]
struct Order {
    topic: Topic,
    from: &'static FormRow,
    told: Told,
    to: &'static FormRow,
    media_type: &'static str,
    lang: Lang,
    detail: Detail,
    explain: Explain,
    request_id: String,
}

/// An order as a job keeps it.
#[derive(Debug, Serialize, Deserialize)]
struct KeptOrder {
    topic: String,
    from: String,
    charset: Option<String>,
    #[serde(default)]
    sheet: Option<String>,
    media_type: String,
    english: bool,
    steps: bool,
    explain_all: bool,
    request_id: String,
}

impl Order {
    fn of(request: &HttpRequest, route: &Route, request_id: String) -> Result<Order, Problem<'static>> {
        let slug = query::percent_decoded(route.varying(request.uri().path()));
        let topic = slug.as_deref().and_then(Topic::from_slug).ok_or_else(no_topic)?;
        let headers = request.headers();
        let (from, charset) = form_of(headers)?;
        let (to, media_type) = wanted(&accepted(headers), from)?;
        let parsed = query::parse(request.query_string());
        let decoded = parsed.as_ref().map_err(Clone::clone).and_then(shape::decode::<BatchQuery<'_>>);
        let BatchQuery { lang, steps, explain, sheet } = decoded.map_err(Problem::malformed)?;
        let detail = match steps {
            Some(Steps::With) => Detail::Steps,
            Some(Steps::Without) => Detail::FiguresOnly,
            None => to.steps,
        };
        let told = Told { charset, sheet: sheet.map(str::to_owned), ..Told::default() };
        Ok(Order { topic, from, told, to, media_type, lang, detail, explain, request_id })
    }

    fn kept(&self) -> KeptOrder {
        KeptOrder {
            topic: self.topic.slug().to_owned(),
            from: self.from.extension.to_owned(),
            charset: charset_name(self.told.charset).map(str::to_owned),
            sheet: self.told.sheet.clone(),
            media_type: self.media_type.to_owned(),
            english: self.lang == Lang::En,
            steps: self.detail == Detail::Steps,
            explain_all: self.explain == Explain::All,
            request_id: self.request_id.clone(),
        }
    }

    fn open(&self, input: Box<dyn Input>) -> Result<Opened, Stop> {
        self.from.form.open(self.topic, input, &self.told)
    }

    fn call<'a>(&'a self, book: &'a RateBook) -> Call<'a> {
        let Order { lang, detail, explain, request_id, .. } = self;
        Call { book, lang: *lang, detail: *detail, explain: *explain, request_id }
    }

    fn writer(&self, opened: &Opened) -> Writer {
        self.to.form.writer(self.topic, opened, Look::of(self.lang, self.detail))
    }

    /// Answers all rows.
    fn answer(
        &self,
        book: &RateBook,
        Opened { mut source, reading, .. }: Opened,
        writer: &Writer,
        (before, track): (u64, Track),
        threads: usize,
        deliver: &mut dyn FnMut(&[u8], Tally) -> io::Result<()>,
    ) -> Result<Tally, Stop> {
        let asking = Asking { topic: self.topic, reading: &reading, call: self.call(book) };
        engine::run(&asking, &mut Tracked::after(before, &mut *source, track), writer.form(), threads, deliver)
    }

    fn content_type(&self) -> String {
        format!("{}{}", self.media_type, self.to.parameter)
    }
}

impl KeptOrder {
    fn order(self) -> Option<Order> {
        let to = forms::of_media_type(&self.media_type)?;
        let media_type = to.media_types.iter().find(|known| **known == self.media_type)?;
        let charset = self.charset.map_or(Some(Charset::Detected), |name| charset_of(&name))?;
        Some(Order {
            topic: Topic::from_slug(&self.topic)?,
            from: forms::of_extension(&self.from)?,
            told: Told { charset, sheet: self.sheet, ..Told::default() },
            to,
            media_type,
            lang: if self.english { Lang::En } else { Lang::Zh },
            detail: if self.steps { Detail::Steps } else { Detail::FiguresOnly },
            explain: if self.explain_all { Explain::All } else { Explain::Applied },
            request_id: self.request_id,
        })
    }
}

fn no_topic() -> Problem<'static> {
    let slugs: Vec<&str> = Topic::ALL.iter().map(|topic| topic.slug()).collect();
    let slugs = slugs.join(", ");
    Problem::at("/topic", ErrorCode::NotFound, text!("没有该主题；可用：{slugs}", "no such topic; there are: {slugs}"))
}

fn charset_of(name: &str) -> Option<Charset> {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if is("utf-8") || is("utf8") {
        Some(Charset::Utf8)
    } else if is("gb18030") || is("gbk") || is("gb2312") {
        Some(Charset::Gb18030)
    } else {
        None
    }
}

fn charset_name(charset: Charset) -> Option<&'static str> {
    match charset {
        Charset::Detected => None,
        Charset::Utf8 => Some("utf-8"),
        Charset::Gb18030 => Some("gb18030"),
    }
}

/// What the headers say about the body.
fn form_of(headers: &HeaderMap) -> Result<(&'static FormRow, Charset), Problem<'static>> {
    let refused = || {
        let types = forms::media_types().join(", ");
        let detail = text!(
            "请求体可为 {types}，不压缩；CSV 的 charset 可为 utf-8、gb18030、gbk、gb2312，不写则自动识别，其余为 UTF-8；请在 Content-Type 中写明其一",
            "the body may be {types}, not compressed; CSV in the charset utf-8, gb18030, gbk or gb2312, found out unless said, the others in UTF-8: name one of them in Content-Type"
        );
        Problem::new(ErrorCode::UnsupportedMediaType, detail)
    };
    let mut parts =
        announced(headers).filter(|_| is_uncompressed(headers)).ok_or_else(refused)?.split(';').map(str::trim);
    let from = parts.next().and_then(forms::of_media_type).ok_or_else(refused)?;
    let said = parts
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    let charset = match said {
        None => Charset::Detected,
        Some((_, name)) => charset_of(name.trim().trim_matches('"')).ok_or_else(refused)?,
    };
    if !from.has_charsets && charset == Charset::Gb18030 {
        return Err(refused());
    }
    Ok((from, charset))
}

/// The form that a client would rather have: that of the request where it does not mind.
fn wanted(accept: &str, from: &'static FormRow) -> Result<(&'static FormRow, &'static str), Problem<'static>> {
    let own_first = std::iter::once(from).chain(FORMS.iter().copied().filter(|row| row.form != from.form));
    let offers = own_first.flat_map(|row| row.media_types.iter().map(move |media_type| (row, *media_type)));
    let weight = |media_type: &str| if accept.trim().is_empty() { 1 } else { quality(accept, media_type) };
    let mut best: Option<(u32, &'static FormRow, &'static str)> = None;
    for (row, media_type) in offers {
        let weight = weight(media_type);
        if weight > best.map_or(0, |(most, ..)| most) {
            best = Some((weight, row, media_type));
        }
    }
    best.map(|(_, row, media_type)| (row, media_type)).ok_or_else(|| {
        let types = forms::media_types().join(", ");
        let detail =
            text!("可提供的格式：{types}；请在 Accept 中写明其一", "the forms are {types}: name one of them in Accept");
        Problem::new(ErrorCode::UnsupportedMediaType, detail)
    })
}

/// Whether a client wants a job whatever there is to do.
fn prefers_a_job(headers: &HeaderMap) -> bool {
    let values = headers.get_all(PREFER).filter_map(|value| value.to_str().ok());
    values.flat_map(|list| list.split(',')).any(|preference| {
        preference.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case(RESPOND_ASYNC))
    })
}

/// A body that has come: in memory, or in the file [`REQUEST`] of a draft.
struct Body {
    memory: Bytes,
    kept: Option<(Draft, File)>,
    length: u64,
}

impl Body {
    fn input(&self) -> io::Result<Box<dyn Input>> {
        match &self.kept {
            Some((draft, _)) => Ok(Box::new(draft.open(REQUEST)?)),
            None => Ok(Box::new(Cursor::new(self.memory.clone()))),
        }
    }
}

/// A body that is coming.
#[derive(Default)]
struct Arriving {
    memory: Vec<u8>,
    kept: Option<(Draft, File)>,
    length: u64,
}

impl Arriving {
    /// Writes what is in memory behind what is in the file.
    fn spill(mut self, service: &Service) -> io::Result<Arriving> {
        let (draft, mut file) = match self.kept.take() {
            Some(kept) => kept,
            None => {
                let draft = service.jobs.scratch()?;
                let file = draft.file(REQUEST)?;
                (draft, file)
            }
        };
        file.write_all(&self.memory)?;
        self.memory.clear();
        self.kept = Some((draft, file));
        Ok(self)
    }
}

/// Takes the body in as it comes.
async fn receive(service: &Arc<Service>, request: &HttpRequest, mut body: Payload) -> Result<Body, Problem<'static>> {
    let limit = service.batch_bytes;
    let too_long = || Problem::new(ErrorCode::PayloadTooLarge, too_large(limit));
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if said.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > limit as u64) {
        return Err(too_long());
    }
    let begun = Instant::now();
    let mut arriving = Arriving::default();
    let mut turn = None;
    loop {
        let next =
            rt::time::timeout(patience(arriving.length, begun.elapsed()), body.next()).await.map_err(|_| too_slow())?;
        let Some(chunk) = next else { break };
        let chunk = chunk.map_err(|_| cut_off())?;
        arriving.length += chunk.len() as u64;
        if arriving.length > limit as u64 {
            return Err(too_long());
        }
        arriving.memory.extend_from_slice(&chunk);
        if arriving.memory.len() > IN_MEMORY {
            if turn.is_none() {
                turn = Some(Arc::clone(&service.spools).try_acquire_owned().map_err(|_| too_many())?);
            }
            arriving = spilled(service, arriving).await?;
        }
    }
    if arriving.kept.is_some() {
        arriving = spilled(service, arriving).await?;
    }
    Ok(Body { memory: arriving.memory.into(), kept: arriving.kept, length: arriving.length })
}

/// How long the next part of a body is waited for, after so many bytes in so much time.
fn patience(received: u64, elapsed: Duration) -> Duration {
    let earned = LONGEST_SILENCE + Duration::from_secs(received / SLOWEST);
    earned.saturating_sub(elapsed).min(LONGEST_SILENCE)
}

async fn spilled(service: &Arc<Service>, arriving: Arriving) -> Result<Arriving, Problem<'static>> {
    let within = Arc::clone(service);
    let spilled = web::block(move || arriving.spill(&within)).await;
    spilled.map_err(|_| Problem::internal())?.map_err(|error| broken(&error))
}

fn broken(error: &io::Error) -> Problem<'static> {
    tracing::error!(%error, "a batch could not be written or read");
    Problem::internal()
}

fn too_slow() -> Problem<'static> {
    let (seconds, kibibytes) = (LONGEST_SILENCE.as_secs(), SLOWEST >> 10);
    let detail = text!(
        "请求体 {seconds} 秒内没有新的内容，或平均每秒不足 {kibibytes} KiB；请重新发送，或分开发送",
        "nothing of the body came for {seconds} seconds, or less than {kibibytes} KiB a second on average: send it again, or in parts"
    );
    Problem::at("", ErrorCode::MalformedRequest, detail)
}

fn too_many() -> Problem<'static> {
    let detail = Text::fixed("正在上传的批量过多；请稍后再试", "too many batches are being uploaded: try again later");
    Problem::new(ErrorCode::RateLimited, detail)
}

fn no_rows() -> Problem<'static> {
    Problem::at("", ErrorCode::MalformedRequest, Text::fixed("没有数据行", "there are no rows"))
}

/// Set when nobody waits for the answer any more.
#[derive(Clone, Debug, Default)]
struct Waited(Arc<AtomicBool>);

impl Waited {
    fn is_over(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Tells that whoever held it is gone.
struct Waiting(Waited);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Release);
    }
}

/// Answers: the first part of an answer is in memory, a long one in a file beside the body, or in a directory of its own.
struct Answers<'s> {
    service: &'s Service,
    of_body: Option<&'s Draft>,
    own: Option<Draft>,
    memory: Vec<u8>,
    file: Option<BufWriter<File>>,
    length: u64,
}

impl<'s> Answers<'s> {
    fn to(service: &'s Service, body: &'s Body) -> Answers<'s> {
        let of_body = body.kept.as_ref().map(|(draft, _)| draft);
        Answers { service, of_body, own: None, memory: Vec::new(), file: None, length: 0 }
    }

    /// The directory of the body, where it has one, else one of its own.
    fn draft(&mut self) -> io::Result<&Draft> {
        if let Some(draft) = self.of_body {
            return Ok(draft);
        }
        match &mut self.own {
            Some(draft) => Ok(draft),
            own => Ok(own.insert(self.service.jobs.scratch()?)),
        }
    }

    /// Begins what is made of the answers.
    fn begin(&mut self, writer: &Writer) -> io::Result<forms::Output> {
        writer.begin(if writer.is_of_records() { self.draft()?.directory() } else { None })
    }

    /// Throws away what was written.
    fn discard(self) -> io::Result<()> {
        match (self.file, self.of_body) {
            (Some(_), Some(draft)) => draft.remove(ANSWER),
            _ => Ok(()),
        }
    }
}

impl Write for Answers<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.length += bytes.len() as u64;
        if self.file.is_none() && self.memory.len() + bytes.len() > IN_MEMORY {
            let mut file = BufWriter::with_capacity(BUFFER, self.draft()?.file(ANSWER)?);
            file.write_all(&std::mem::take(&mut self.memory))?;
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => file.write_all(bytes)?,
            None => self.memory.extend_from_slice(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}

/// An answer that is sent as it is read from its file; the directory goes with it.
struct Long {
    file: File,
    length: u64,
    draft: Draft,
}

/// What came of a request.
enum Outcome {
    Answered { tally: Tally, memory: Vec<u8>, long: Option<Long> },
    Taken(Job),
}

/// What to do with a batch beyond its order.
struct Wish {
    owner: Option<String>,
    at_once: bool,
    waited: Waited,
}

/// Answers a batch at once, or makes a job of it.
fn answered(service: &Service, order: &Order, wish: &Wish, body: Body) -> Result<Outcome, Problem<'static>> {
    let stopped = |stop: Stop| match stop {
        Stop::Input(detail) => Problem::at("", ErrorCode::MalformedRequest, detail),
        Stop::Read(error) | Stop::Write(error) => broken(&error),
    };
    let input = body.input().map_err(|error| broken(&error))?;
    let opened = order.open(input).map_err(stopped)?;
    if !wish.at_once {
        return submitted(service, order, wish, body);
    }
    let threads = if body.length < ON_ONE_THREAD { 1 } else { processors() };
    let writer = order.writer(&opened);
    let mut answers = Answers::to(service, &body);
    let mut output = answers.begin(&writer).map_err(|error| stopped(Stop::of_writing(error)))?;
    let (mut rows, mut length, mut is_too_much) = (0, 0, false);
    let place = (0, Track::default());
    let done = order.answer(&service.book, opened, &writer, place, threads, &mut |bytes, tally| {
        rows += tally.rows();
        length += bytes.len() as u64;
        output.take(bytes, &mut answers)?;
        is_too_much = rows > AT_ONCE || length > LONGEST_ANSWER;
        if is_too_much || wish.waited.is_over() { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    });
    if is_too_much && !wish.waited.is_over() {
        answers.discard().map_err(|error| broken(&error))?;
        return submitted(service, order, wish, body);
    }
    let tally = done.map_err(stopped)?;
    if tally.rows() == 0 {
        return Err(no_rows());
    }
    output.finish(&mut answers).map_err(|error| stopped(Stop::of_writing(error)))?;
    let Answers { own, memory, file, length, .. } = answers;
    let long = file.map(|mut file| {
        file.flush()?;
        let draft = own.or(body.kept.map(|(draft, _)| draft)).ok_or(io::ErrorKind::NotFound)?;
        Ok(Long { file: draft.open(ANSWER)?, length, draft })
    });
    let long = long.transpose().map_err(|error: io::Error| broken(&error))?;
    Ok(Outcome::Answered { tally, memory, long })
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Makes a job of a batch; everything that it needs is on the disk first.
fn submitted(service: &Service, order: &Order, wish: &Wish, body: Body) -> Result<Outcome, Problem<'static>> {
    let submit = || -> Result<Job, NotTaken> {
        let Body { memory, kept, .. } = body;
        let (draft, file) = match kept {
            Some(kept) => kept,
            None => {
                let draft = service.jobs.draft(wish.owner.as_deref())?;
                let mut file = draft.file(REQUEST)?;
                file.write_all(&memory)?;
                (draft, file)
            }
        };
        file.sync_all()?;
        let mut file = draft.file(ORDER)?;
        file.write_all(&serde_json::to_vec(&order.kept()).map_err(io::Error::from)?)?;
        file.sync_all()?;
        service.jobs.submit(draft, KIND.name, wish.owner.clone(), None)
    };
    submit().map(Outcome::Taken).map_err(|error| jobs::not_taken(&error))
}

/// Takes a batch.
pub(super) async fn post(served: Served, request: HttpRequest, body: Payload) -> HttpResponse {
    let Served { route, service } = served;
    let arrival = Arc::new(Arrival::of(&service, &request, route.pattern, Admission::Anybody));
    let (reply, body) = match respond(&service, &request, &route, &arrival, body).await {
        Ok(answer) => answer,
        Err(refused) => (refused, None),
    };
    conclude_with(&service, &request, Some(route.pattern), &arrival.request_id, reply, body)
}

async fn respond(
    service: &Arc<Service>,
    request: &HttpRequest,
    route: &Route,
    arrival: &Arc<Arrival>,
    body: Payload,
) -> Result<(Reply, Option<BoxBody>), Reply> {
    let refuse = |problem: Problem<'_>| arrival.refuse(service, &problem);
    let (within, arrived) = (Arc::clone(service), Arc::clone(arrival));
    let who = web::block(move || match arrived.admitted(&within) {
        Ok(visit) if within.calculations == Calculations::WithKey && visit.who == Identity::nobody() => {
            Err(arrived.refuse(&within, &unauthenticated()))
        }
        Ok(visit) => Ok(visit.who.clone()),
        Err(refused) => Err(arrived.turned_away(&within, refused)),
    });
    let who = who.await.unwrap_or_else(|_| Err(arrival.internal(service)));
    let asked = who.and_then(|who| {
        let order = Order::of(request, route, arrival.request_id.clone()).map_err(refuse)?;
        Ok((who, order))
    });
    let (who, order) = match asked {
        Ok(asked) => asked,
        Err(refused) => {
            drain(service, request, body).await;
            return Err(refused);
        }
    };
    let body = receive(service, request, body).await.map_err(refuse)?;
    let at_once = !prefers_a_job(request.headers());
    let waited = Waited::default();
    let _waiting = Waiting(waited.clone());
    let wish = Wish { owner: jobs::owner(&who), at_once, waited };
    // Only as many at once as there are processors; whoever goes away leaves the queue.
    let turn = Arc::clone(&service.batching).acquire_owned().await;
    let (within, arrived, ordered) = (Arc::clone(service), Arc::clone(arrival), order.clone());
    let outcome = web::block(move || {
        let _turn = turn;
        caught(&within, arrived.asker(), |_| {
            answered(&within, &ordered, &wish, body).map_err(|problem| arrived.refuse(&within, &problem))
        })
    });
    match outcome.await.unwrap_or_else(|_| Err(arrival.internal(service)))? {
        Outcome::Answered { tally, memory, long } => {
            let mut reply = Reply::new(200, order.content_type(), memory);
            reply.headers.extend([
                (ROWS, tally.rows().to_string().into()),
                (REFUSED, tally.bad.to_string().into()),
                (header::VARY, "Accept, Prefer".into()),
            ]);
            Ok((reply, long.map(|Long { file, length, draft }| jobs::contents(file, length, draft))))
        }
        Outcome::Taken(job) => {
            let mut reply = jobs::accepted(service, job, order.lang);
            if !at_once {
                reply.headers.push((PREFERENCE_APPLIED, RESPOND_ASYNC.into()));
            }
            Ok((reply, None))
        }
    }
}

/// Where a job stands: everything before it is in the result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Checkpoint {
    /// What the answers so far were computed by; whatever else goes on begins again.
    by: String,
    /// Rows of the body that are answered, the blank ones included.
    rows: u64,
    /// Length of the result.
    bytes: u64,
    good: u64,
    bad: u64,
    /// Rows of the body.
    total: u64,
}

/// What answers depend on beside the request.
fn computed_by(service: &Service) -> String {
    format!("{} {}", env!("CARGO_PKG_VERSION"), dataset_header(&service.book))
}

fn work(service: &Arc<Service>, desk: &Desk<'_>) -> Result<Finished, Stopped> {
    let kept = serde_json::from_slice::<KeptOrder>(&desk.brought_bytes(ORDER)?).ok().and_then(KeptOrder::order);
    let order = kept.ok_or_else(|| Stopped::Broken("the order cannot be read".to_owned()))?;
    let refused = |problem: &Problem<'_>| {
        let reply = problem.reply(order.lang, &service.book, &order.request_id);
        Stopped::Refused(serde_json::from_slice(&reply.body).unwrap_or_default())
    };
    let stopped = |stop: Stop| match stop {
        Stop::Input(detail) => refused(&Problem::at("", ErrorCode::MalformedRequest, detail)),
        Stop::Read(error) | Stop::Write(error) => error.into(),
    };
    let opened = || order.open(Box::new(desk.brought(REQUEST)?)).map_err(stopped);
    let by = computed_by(service);
    let known = desk.checkpoint()?.and_then(|kept| serde_json::from_value::<Checkpoint>(kept).ok());
    let begun = known.filter(|known| known.by == by);
    let goes_on = begun.is_some();
    let mut place = match begun {
        Some(place) => place,
        None => {
            let total = resume::count(&mut *opened()?.source, || desk.go_on())?.map_err(stopped)?;
            Checkpoint { by, total, ..Checkpoint::default() }
        }
    };
    let total = Some(place.total);
    desk.progress(place.good + place.bad, total);
    desk.failed(place.bad);
    let opened_again = opened()?;
    let writer = order.writer(&opened_again);
    let is_of_records = writer.is_of_records();
    let kept = if is_of_records { desk.scratch(RECORDS, place.bytes)? } else { desk.result(place.bytes)? };
    let mut result = BufWriter::with_capacity(BUFFER, kept);
    let track = Track::default();
    let mut is_head = true;
    let mut interrupted = false;
    let mut no_room = None;
    let mut kept_at = Instant::now();
    let done = order.answer(
        &service.book,
        opened_again,
        &writer,
        (place.rows, track.clone()),
        processors(),
        &mut |bytes, tally| {
            if desk.go_on().is_err() {
                interrupted = true;
                return Err(io::ErrorKind::Interrupted.into());
            }
            if std::mem::take(&mut is_head) {
                // What goes on has its head.
                if !goes_on {
                    result.write_all(bytes)?;
                    place.bytes += bytes.len() as u64;
                }
                return Ok(());
            }
            if is_of_records {
                // A workbook is put together at the end, from the same pieces.
                let length = bytes.len() as u64;
                result.write_all(&length.to_le_bytes())?;
                place.bytes += 8;
            }
            result.write_all(bytes)?;
            place.bytes += bytes.len() as u64;
            place.rows += track.next();
            place.good += tally.good;
            place.bad += tally.bad;
            desk.progress(place.good + place.bad, total);
            desk.failed(place.bad);
            if kept_at.elapsed() >= PACE {
                if let Err(full) = desk.fits() {
                    no_room = Some(full);
                    return Err(io::ErrorKind::StorageFull.into());
                }
                result.flush()?;
                result.get_ref().sync_data()?;
                desk.keep_checkpoint(&serde_json::to_value(&place)?)?;
                kept_at = Instant::now();
            }
            Ok(())
        },
    );
    if interrupted {
        return Err(Stopped::Interrupted);
    }
    if let Some(full) = no_room {
        return Err(refused(&jobs::not_taken(&full)));
    }
    done.map_err(stopped)?;
    result.flush()?;
    desk.fits().map_err(|full| refused(&jobs::not_taken(&full)))?;
    let rows = place.good + place.bad;
    if rows == 0 {
        return Err(refused(&no_rows()));
    }
    desk.progress(rows, Some(rows));
    if is_of_records {
        let records = result.into_inner().map_err(io::IntoInnerError::into_error)?;
        put_together(&writer, records, desk)?.map_err(|error| stopped(Stop::of_writing(error)))?;
    }
    let name = format!("{}.{}", order.topic.slug(), order.to.extension);
    Ok(Finished { media_type: order.media_type, name })
}

/// Makes the result of records, each piece of which comes after its length. A job that is killed here begins with this again,
/// from the records that it has.
fn put_together(writer: &Writer, mut records: File, desk: &Desk<'_>) -> Result<io::Result<()>, Stopped> {
    records.seek(SeekFrom::Start(0))?;
    let mut left = records.metadata()?.len();
    let mut records = BufReader::with_capacity(BUFFER, records);
    let mut result = BufWriter::with_capacity(BUFFER, desk.result(0)?);
    let mut output = writer.begin(Some(desk.directory()))?;
    let mut piece = Vec::new();
    while left > 0 {
        desk.go_on()?;
        let mut length = [0; 8];
        records.read_exact(&mut length)?;
        let length = u64::from_le_bytes(length);
        piece.clear();
        (&mut records).take(length).read_to_end(&mut piece)?;
        left = left.saturating_sub(8 + length);
        if let Err(error) = output.take(&piece, &mut result) {
            return Ok(Err(error));
        }
    }
    Ok(output.finish(&mut result).and_then(|()| result.flush()))
}

/// Examples of a body and its answer in each form.
pub(super) fn examples(media_type: &str) -> [Value; 2] {
    match forms::of_media_type(media_type).map(|row| row.extension) {
        Some("csv") => [
            "line_id,identified,mined,paid_for,unit\nA-1,430.88,43.73,108.52,万吨\n".into(),
            "行号,保有量,剩余已缴量,应缴量,…\nA-1,387.15,64.79,322.36,…\n".into(),
        ],
        Some("xlsx") => ["PK…".into(), "PK…".into()],
        _ => [
            "{\"line_id\": \"A-1\", \"identified\": \"430.88\", \"mined\": \"43.73\", \"paid_for\": \"108.52\", \"unit\": \"万吨\"}\n"
                .into(),
            "{\"line_id\":\"A-1\",\"calculation\":\"unpaid-reserves\",\"result\":{…},…}\n".into(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_body_is_waited_for_as_long_as_it_comes() {
        let after = |mebibytes: u64, seconds| patience(mebibytes << 20, Duration::from_secs(seconds)).as_secs();
        assert_eq!([after(0, 0), after(0, 29), after(0, 30), after(0, 99)], [30, 1, 0, 0]);
        // 256 MiB may take more than an hour, but not stand still.
        assert_eq!([after(16, 0), after(16, 285), after(16, 286), after(256, 4_096)], [30, 1, 0, 30]);
    }

    #[test]
    fn an_order_is_kept_as_it_is() {
        for from in FORMS {
            for media_type in forms::media_types() {
                let kept = KeptOrder {
                    topic: "late-fee".to_owned(),
                    from: from.extension.to_owned(),
                    charset: Some("gb18030".to_owned()),
                    sheet: Some("表一".to_owned()),
                    media_type: media_type.to_owned(),
                    english: true,
                    steps: false,
                    explain_all: true,
                    request_id: "r".to_owned(),
                };
                let text = serde_json::to_string(&kept).unwrap_or_default();
                let again = kept.order().map(|order| serde_json::to_string(&order.kept()).unwrap_or_default());
                assert_eq!(again, Some(text));
            }
        }
    }
}
