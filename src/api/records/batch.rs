//! `POST /v1/documents/batches`: many documents as one PDF or as a ZIP, made by a job. What cannot be printed is listed, and
//! never stops the rest; whoever asks gets what they may see, as if they had asked for one after another.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::openapi::{RefOr, Schema};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::print;
use super::store_failed;
use super::view::View;
use crate::api::access::{Keyed, unauthenticated};
use crate::api::declare::{choice, request_shape};
use crate::api::documents::{self, SheetRequest};
use crate::api::error::{ErrorCode, Problem};
use crate::api::http::Asker;
use crate::api::jobs::{self, Kind};
use crate::api::lang::Lang;
use crate::api::node::{self, Node};
use crate::api::query::{self, LangOnly};
use crate::api::reply::Reply;
use crate::api::routes::Asked;
use crate::api::schema::{Described, Named, Words};
use crate::api::service::Service;
use crate::api::shape::{self, Inner};
use crate::domain::books::access::{Area, Identity, Role, Scope};
use crate::domain::books::entry::{KeyId, Moment, PartyId};
use crate::domain::books::event::Register;
use crate::domain::error::{Code, Text};
use crate::jobs::{Desk, Finished, Request, Stopped};
use crate::ledger::audit::Access;
use crate::ledger::chain::Hash;
use crate::ledger::rfc3339;
use crate::notice::{Format, Paper, PrintError};
use crate::text;

/// Where it is asked for.
pub const PATH: &str = "/v1/documents/batches";

/// A request that is taken.
pub const EXAMPLE: &str = r#"{"form": "zip", "format": "pdf",
    "documents": [{"notice": "3701052023000001"}, {"statement": {"right": "R3", "as_of": "2023-12-31"}},
        {"calculation_sheet": {"topic": "late-fee", "request": {"principal": "100000.00", "due_date": "2024-01-10", "as_of": "2024-03-31"}}}],
    "notices": {"division": "370105", "year": 2023}, "statements": {"division": "370105", "as_of": "2023-12-31"}}"#;

/// One line.
pub const SUMMARY: &str = "成批文书 · Many documents at once";

/// What it does.
pub const DESCRIPTION: &str = "列出的通知书、对账单、计算依据表，以及某地区某年度的全部通知书、某地区某日的全部对账单，合成一个 PDF（每份另起一页，页码各自计算，至多 1000 页）\
    或一个 ZIP。由作业完成：202，进度和结果见 /v1/jobs/{id}。有误的一份不影响其余：列在作业的 faults 中，ZIP 内另有 faults.json。只含提交者可见的。\n\n\
    The documents that are listed, every notice of an area and a year, every statement of an area on a day, as one PDF (each begins on a \
    page of its own with its own page numbers; 1000 pages at most) or as a ZIP. Done by a job: 202, progress and result at /v1/jobs/{id}. \
    What cannot be printed is listed in `faults` of the job, in a ZIP as faults.json too, and stops nothing. Whoever asks gets what they may see.";

/// The kind of work.
pub(in crate::api) const KIND: Kind = Kind { name: "documents", run: work };

/// Documents of one job, at most.
const MOST_DOCUMENTS: usize = 100_000;

/// Pages of one PDF, at most: they are in memory until it is written.
#[cfg(feature = "pdf")]
const MOST_PAGES: usize = 1_000;

/// How long a job waits before it looks again whether a press is free.
const PATIENCE: Duration = Duration::from_millis(5);

/// What the documents become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Pdf,
    Zip,
}

choice!(Form { "pdf" => Form::Pdf, "zip" => Form::Zip });
choice!(Format { "pdf" => Format::Pdf, "html" => Format::Html });

/// A statement of one right.
struct StatementWanted<'n> {
    right: &'n str,
    as_of: NaiveDate,
    known_at: Option<Moment>,
}

request_shape! {
    /// 一份对账单 · A statement.
    StatementWanted<'n> as "StatementWanted" {
        /// 矿业权 · The right.
        right: &'n str = "R3";
        /// 截至 · The day.
        as_of: NaiveDate = "2023-12-31";
        /// 按该时刻已知的记录 · As known at this moment.
        known_at: Option<Moment> = "2026-11-21T08:00:00.000Z";
    }
}

/// One document: one of the three.
struct Wanted<'n> {
    notice: Option<&'n str>,
    statement: Option<StatementWanted<'n>>,
    calculation_sheet: Option<Inner<'n>>,
}

request_shape! {
    /// 一份文书：三者择一 · One document: one of the three.
    Wanted<'n> as "DocumentWanted" {
        /// 通知书号 · Number of a notice.
        notice: Option<&'n str> = "3701052023000001";
        /// 对账单 · A statement.
        statement: Option<StatementWanted<'n>> = {"right": "R3", "as_of": "2023-12-31"};
        /// 计算依据表，与 POST /v1/documents/calculation-sheet 相同 · A calculation sheet, as for itself.
        calculation_sheet: Option<Inner<'n>>, like Option<SheetRequest<'n>> = {"topic": "late-fee", "request": {}};
    }
}

/// The notices of an area and a year.
struct NoticesOf<'n> {
    division: &'n str,
    year: i64,
}

request_shape! {
    /// 某地区某年度开具的全部通知书，已冲销的除外 · Every notice that was issued in an area in a year and not taken back.
    NoticesOf<'n> as "NoticesOf" {
        /// 六位行政区划代码：省、市、县 · Division code of a province, a city or a county.
        division: &'n str = "370105";
        /// 开具的年度 · Year of issue.
        year: i64 = 2023;
    }
}

/// The statements of an area.
struct StatementsOf<'n> {
    division: &'n str,
    as_of: NaiveDate,
}

request_shape! {
    /// 某地区某日已登记的全部矿业权的对账单 · The statement of every right of an area that was registered by a day.
    StatementsOf<'n> as "StatementsOf" {
        /// 六位行政区划代码：省、市、县 · Division code of a province, a city or a county.
        division: &'n str = "370105";
        /// 截至 · The day.
        as_of: NaiveDate = "2023-12-31";
    }
}

/// What is asked.
struct Order<'n> {
    form: Form,
    format: Format,
    documents: Vec<Wanted<'n>>,
    notices: Option<NoticesOf<'n>>,
    statements: Option<StatementsOf<'n>>,
}

request_shape! {
    /// 成批文书 · Many documents.
    Order<'n> as "DocumentBatchRequest" {
        /// 一个 PDF，或一个 ZIP · One PDF, or a ZIP.
        form: Form = "zip";
        /// ZIP 中各份文书的格式 · Form of the documents in a ZIP.
        format: Format = "pdf", left_out Format::Pdf;
        /// 列出的文书，按此次序 · Documents in this order.
        documents: Vec<Wanted<'n>> = [{"notice": "3701052023000001"}], left_out Vec::new();
        /// 全部通知书，按编号，列在其后 · Every notice, by number, after them.
        notices: Option<NoticesOf<'n>> = {"division": "370105", "year": 2023};
        /// 全部对账单，按登记次序，列在最后 · Every statement, in the order of registration, at the end.
        statements: Option<StatementsOf<'n>> = {"division": "370105", "as_of": "2023-12-31"};
    }
}

/// The schema of a request.
pub(in crate::api) fn request_schema() -> RefOr<Schema> {
    Order::schema(Words::default())
}

/// The schemas that it and its answer refer to.
pub(in crate::api) fn named(named: &mut Named) {
    Order::named(named);
    jobs::named(named);
}

/// Whoever asked, for the time when the work is done.
#[derive(Serialize, Deserialize)]
struct Patron {
    actor: String,
    person: String,
    role: String,
    scope: PatronScope,
    english: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PatronScope {
    Nothing,
    Party(u64),
    Area(String),
    Everything,
}

impl Patron {
    fn of(who: &Identity, lang: Lang) -> Patron {
        let scope = match &who.scope {
            Scope::Nothing => PatronScope::Nothing,
            Scope::Party(PartyId(party)) => PatronScope::Party(*party),
            Scope::Area(area) => PatronScope::Area(area.code().to_owned()),
            Scope::Everything => PatronScope::Everything,
        };
        let english = lang == Lang::En;
        Patron {
            actor: who.actor.clone(),
            person: who.person.clone(),
            role: who.role.code().to_owned(),
            scope,
            english,
        }
    }

    fn identity(&self) -> Option<Identity> {
        let role = *Role::ALL.iter().find(|role| role.code() == self.role)?;
        let scope = match &self.scope {
            PatronScope::Nothing => Scope::Nothing,
            PatronScope::Party(party) => Scope::Party(PartyId(*party)),
            PatronScope::Area(code) => Scope::Area(Area::new(code)?),
            PatronScope::Everything => Scope::Everything,
        };
        Some(Identity { actor: self.actor.clone(), person: self.person.clone(), role, scope })
    }
}

const REQUEST: &str = "request.json";
const PATRON: &str = "patron.json";

/// Takes an order on.
pub(super) fn order<'a>(
    service: &'a Service,
    body: Result<Bytes, Problem<'a>>,
    query: &str,
    key: Option<String>,
    who: &Identity,
) -> Result<Reply, Problem<'a>> {
    let body = body?;
    let parameters = query::parse(query).map_err(Problem::malformed)?;
    let LangOnly { lang } = shape::decode(&parameters).map_err(Problem::malformed)?;
    let request = node::parse(&body).map_err(|detail| Problem::at("", ErrorCode::MalformedRequest, detail))?;
    let order: Order<'_> = shape::decode(&request).map_err(Problem::malformed)?;
    check(&order, &request)?;
    let patron = serde_json::to_vec(&Patron::of(who, lang)).unwrap_or_default();
    let owner = jobs::owner(who);
    let hash = Hash::sha256(&[PATH.as_bytes(), b"\n", &*body].concat()).to_string();
    let once = key.map(|key| Request { key, hash });
    let before = once.as_ref().map_or(Ok(None), |request| service.jobs.repeated(owner.as_deref(), request));
    let taken = before.and_then(|before| match before {
        Some(job) => Ok(job),
        None => {
            let draft = service.jobs.draft(owner.as_deref())?;
            draft.file(REQUEST)?.write_all(&body)?;
            draft.file(PATRON)?.write_all(&patron)?;
            service.jobs.submit_once(draft, KIND.name, owner, None, once)
        }
    });
    taken.map(|job| jobs::accepted(service, job, lang)).map_err(|error| jobs::not_taken(&error))
}

fn check(order: &Order<'_>, request: &Node<'_>) -> Result<(), Problem<'static>> {
    let mut problems = Vec::new();
    let mut wrong = |pointer: String, detail: Text| {
        problems.push(Problem::at(&pointer, ErrorCode::Rule(Code::InvalidField), detail));
    };
    for (index, Wanted { notice, statement, calculation_sheet }) in order.documents.iter().enumerate() {
        if [notice.is_some(), statement.is_some(), calculation_sheet.is_some()].iter().filter(|is| **is).count() != 1 {
            let detail = Text::fixed(
                "notice、statement、calculation_sheet 须填写其一",
                "give one of notice, statement, calculation_sheet",
            );
            wrong(format!("/documents/{index}"), detail);
        }
    }
    let divisions = [
        ("notices", order.notices.as_ref().map(|of| of.division)),
        ("statements", order.statements.as_ref().map(|of| of.division)),
    ];
    for (name, division) in divisions {
        if division.is_some_and(|code| Area::new(code).is_none()) {
            let detail =
                Text::fixed("请用六位行政区划代码（GB/T 2260）", "use the six-digit division code (GB/T 2260)");
            wrong(format!("/{name}/division"), detail);
        }
    }
    if order.documents.is_empty() && order.notices.is_none() && order.statements.is_none() {
        let detail = Text::fixed(
            "请列出 documents，或填写 notices、statements",
            "list documents, or fill in notices or statements",
        );
        wrong("/documents".to_owned(), detail);
    }
    let unprintable = match (order.form, order.format) {
        (Form::Pdf, Format::Html) => Some("/format"),
        (Form::Pdf, Format::Pdf) if !Format::ALL.contains(&Format::Pdf) => Some("/form"),
        (Form::Zip, format) if !Format::ALL.contains(&format) => Some("/format"),
        _ => None,
    };
    if let Some(place) = unprintable {
        let detail = Text::fixed(
            "不能这样印制：HTML 只在 ZIP 中，本程序可能没有 PDF",
            "cannot be printed so: HTML goes into a ZIP only, and this build may have no PDF",
        );
        wrong(place.to_owned(), detail);
    }
    if problems.is_empty() { Ok(()) } else { Err(Problem::together(problems, request)) }
}

/// One document that is to be printed.
enum Item<'n> {
    Notice(Cow<'n, str>),
    Statement { right: Cow<'n, str>, as_of: NaiveDate, known_at: Option<Moment> },
    Sheet(&'n Node<'n>),
}

impl Item<'_> {
    /// Where it is asked for by itself: what the audit log says.
    fn target(&self) -> String {
        match self {
            Item::Notice(number) => format!("/v1/notices/{number}/document"),
            Item::Statement { right, as_of, known_at } => {
                let known = known_at.map(|moment| format!("&known_at={}", rfc3339(moment))).unwrap_or_default();
                format!("/v1/rights/{right}/statement/document?as_of={as_of}{known}")
            }
            Item::Sheet(_) => documents::PATH.to_owned(),
        }
    }

    /// What a list of faults calls it.
    fn shown(&self) -> Value {
        match self {
            Item::Notice(number) => json!({"notice": number}),
            Item::Statement { right, as_of, known_at } => {
                let mut statement = json!({"right": right, "as_of": as_of.to_string()});
                if let (Some(moment), Some(fields)) = (known_at, statement.as_object_mut()) {
                    fields.insert("known_at".to_owned(), rfc3339(*moment).into());
                }
                json!({"statement": statement})
            }
            Item::Sheet(_) => json!({"calculation_sheet": {}}),
        }
    }

    /// The name of its file, without the ending: names that were asked for are printed by then, so they are plain.
    fn file(&self, place: usize) -> String {
        match self {
            Item::Notice(number) => format!("{place:06}-notice-{number}"),
            Item::Statement { right, as_of, .. } => format!("{place:06}-statement-{right}-{as_of}"),
            Item::Sheet(_) => format!("{place:06}-sheet"),
        }
    }
}

/// What a job of this kind has in hand.
struct Work<'w> {
    service: &'w Arc<Service>,
    desk: &'w Desk<'w>,
    who: Identity,
    lang: Lang,
}

fn work(service: &Arc<Service>, desk: &Desk<'_>) -> Result<Finished, Stopped> {
    let broken = |what: &str| Stopped::Broken(format!("{what} cannot be read"));
    let patron: Patron = serde_json::from_slice(&desk.brought_bytes(PATRON)?).map_err(|_| broken("whoever asked"))?;
    let who = patron.identity().ok_or_else(|| broken("whoever asked"))?;
    let lang = if patron.english { Lang::En } else { Lang::Zh };
    let body = desk.brought_bytes(REQUEST)?;
    let request = node::parse(&body).map_err(|_| broken("the request"))?;
    let order: Order<'_> = shape::decode(&request).map_err(|_| broken("the request"))?;
    let work = Work { service, desk, who, lang };
    let items = work.items(&order)?;
    desk.progress(0, Some(count(items.len())));
    match order.form {
        Form::Zip => work.zip(&items, order.format),
        Form::Pdf => work.volume(&items),
    }
}

fn count(items: usize) -> u64 {
    u64::try_from(items).unwrap_or(u64::MAX)
}

impl Work<'_> {
    fn refuse(&self, problem: &Problem<'_>) -> Stopped {
        Stopped::Refused(self.problem(problem))
    }

    /// A problem as an error is answered.
    fn problem(&self, problem: &Problem<'_>) -> Value {
        self.body(&problem.reply(self.lang, &self.service.book, self.desk.job().id.as_str()))
    }

    fn body(&self, reply: &Reply) -> Value {
        serde_json::from_slice(&reply.body).unwrap_or_default()
    }

    /// Everything that is to be printed, in its order.
    fn items<'n>(&self, order: &'n Order<'n>) -> Result<Vec<Item<'n>>, Stopped> {
        let listed = order.documents.iter().filter_map(|wanted| {
            let notice = wanted.notice.map(|number| Item::Notice(number.into()));
            let statement = wanted.statement.as_ref().map(|it| Item::Statement {
                right: it.right.into(),
                as_of: it.as_of,
                known_at: it.known_at,
            });
            notice.or(statement).or(wanted.calculation_sheet.as_ref().map(|sheet| Item::Sheet(sheet.0)))
        });
        let mut items: Vec<Item<'n>> = listed.collect();
        let mut numbers = Vec::new();
        let mut statements = Vec::new();
        if order.notices.is_some() || order.statements.is_some() {
            self.select(order, &mut numbers, &mut statements)?;
        }
        numbers.sort_unstable();
        items.extend(numbers.into_iter().map(|number| Item::Notice(number.into())));
        items.extend(statements);
        if items.len() > MOST_DOCUMENTS {
            let found = items.len();
            let detail = text!(
                "共 {found} 份，一次至多 {MOST_DOCUMENTS} 份；请分开提交",
                "these are {found} documents, at most {MOST_DOCUMENTS} go at once: ask in parts"
            );
            return Err(self.refuse(&Problem::new(ErrorCode::PayloadTooLarge, detail)));
        }
        Ok(items)
    }

    /// The notices and statements of areas, of the rights that whoever asked sees.
    fn select(
        &self,
        order: &Order<'_>,
        numbers: &mut Vec<String>,
        statements: &mut Vec<Item<'_>>,
    ) -> Result<(), Stopped> {
        let area = |division: &str| Area::new(division);
        let notices = order.notices.as_ref().and_then(|of| Some((area(of.division)?, of.year)));
        let wanted = order.statements.as_ref().and_then(|of| Some((area(of.division)?, of.as_of)));
        let nothing = Node::Object(Vec::new());
        let asked =
            Asked { service: self.service, name: "", query: &nothing, who: &self.who, form: Default::default() };
        let view = View::of(&asked).map_err(|problem| self.refuse(&problem))?;
        let failed = |error| self.refuse(&store_failed(&error));
        for known in view.now().map_err(failed)?.rights() {
            self.desk.go_on()?;
            let history = &known.history;
            let division = &history.registered.division;
            if let Some((_, year)) = notices.as_ref().filter(|(area, _)| area.covers(division)) {
                let of_year = history.notices.values().filter(|notice| i64::from(notice.issued_on.year()) == *year);
                numbers.extend(of_year.map(|notice| notice.issued.number.clone()));
            }
            if let Some((_, as_of)) = wanted.as_ref().filter(|(area, _)| area.covers(division))
                && history.registered_on <= *as_of
            {
                statements.push(Item::Statement {
                    right: history.id.to_string().into(),
                    as_of: *as_of,
                    known_at: None,
                });
            }
        }
        Ok(())
    }

    /// A document as it is composed for whoever asked, or the error that they would get.
    fn compose(&self, item: &Item<'_>) -> Result<Paper, Value> {
        let request_id = self.desk.job().id.as_str();
        let composed = match item {
            Item::Sheet(sheet) => {
                let asker = Asker { request_id, lang: self.lang };
                let body = sheet.to_text();
                let composed = documents::compose_sheet(self.service, body.as_bytes(), "", asker);
                return composed.map(|(paper, _)| paper).map_err(|refused| self.body(&refused));
            }
            Item::Notice(number) => (number.as_ref(), String::new()),
            Item::Statement { right, .. } => {
                let target = item.target();
                (right.as_ref(), target.split_once('?').map_or_else(String::new, |(_, query)| query.to_owned()))
            }
        };
        let (name, query) = composed;
        let query = query::parse(&query).map_err(|faults| self.problem(&Problem::malformed(faults)))?;
        let asked = Asked { service: self.service, name, query: &query, who: &self.who, form: Default::default() };
        let paper = match item {
            Item::Notice(_) => print::notice(&asked),
            _ => print::statement(&asked),
        };
        paper.map_err(|problem| self.problem(&problem))
    }

    /// Whoever asked may still do so: a key that is revoked gets nothing more.
    fn still_asks(&self) -> Result<(), Stopped> {
        let records = &self.service.records;
        let valid = records.store().and_then(|store| match KeyId::parse(&self.who.actor) {
            Some(key) => Ok(store.named(Register::RevokedKey, &key.to_string())?.is_empty()),
            None if self.who == Identity::local() => Ok(records.keyed()? == Keyed::No),
            None => Ok(true),
        });
        match valid {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.refuse(&unauthenticated())),
            Err(error) => Err(self.refuse(&store_failed(&error))),
        }
    }

    /// Composes each document, notes the access, and hands it on; a fault is listed and the next one follows.
    fn each(
        &self,
        items: &[Item<'_>],
        mut print: impl FnMut(usize, &Item<'_>, &Paper) -> Result<Result<(), Value>, Stopped>,
    ) -> Result<(), Stopped> {
        let total = count(items.len());
        for (place, item) in (1..).zip(items) {
            self.desk.go_on()?;
            self.still_asks()?;
            let composed = self.compose(item);
            self.note(item, &composed)?;
            let printed = match composed {
                Ok(paper) => self.at_the_press(|| print(place, item, &paper))?,
                Err(problem) => Err(problem),
            };
            if let Err(problem) = printed {
                self.desk.fault(&json!({"document": place, "wanted": item.shown(), "problem": problem}))?;
            }
            self.desk.progress(count(place), Some(total));
        }
        Ok(())
    }

    /// What cannot be noted is not shown.
    fn note(&self, item: &Item<'_>, composed: &Result<Paper, Value>) -> Result<(), Stopped> {
        if matches!(item, Item::Sheet(_)) {
            return Ok(());
        }
        let refused =
            |problem: &Value| problem.get("status").and_then(Value::as_u64).and_then(|it| u16::try_from(it).ok());
        let status = composed.as_ref().map_or_else(|problem| refused(problem).unwrap_or(500), |_| 200);
        let access = Access {
            actor: self.who.actor.clone(),
            method: "JOB".to_owned(),
            target: item.target(),
            address: String::new(),
            request_id: self.desk.job().id.as_str().to_owned(),
            status,
        };
        let noted = self.service.records.store().and_then(|store| store.note(access));
        noted.map_err(|error| self.refuse(&store_failed(&error)))
    }

    /// Prints when a press is free: jobs and requests together use no more than there are processors.
    fn at_the_press<T>(&self, print: impl FnOnce() -> Result<T, Stopped>) -> Result<T, Stopped> {
        loop {
            if let Ok(_turn) = self.service.printing.try_acquire() {
                return print();
            }
            self.desk.go_on()?;
            std::thread::sleep(PATIENCE);
        }
    }

    /// A document that could not be set, which is a defect of the template or ours.
    fn unprintable(&self, error: &PrintError) -> Value {
        tracing::error!(%error, job = self.desk.job().id.as_str(), "a document could not be printed");
        self.problem(&Problem::internal())
    }

    fn zip(&self, items: &[Item<'_>], format: Format) -> Result<Finished, Stopped> {
        let mut zip = ZipWriter::new(BufWriter::new(self.desk.result(0)?));
        // A PDF is compressed already.
        let (ending, method) = match format {
            Format::Pdf => ("pdf", CompressionMethod::Stored),
            Format::Html => ("html", CompressionMethod::Deflated),
        };
        let options = SimpleFileOptions::default().compression_method(method);
        self.each(items, |place, item, paper| match self.service.press.print(paper, format) {
            Ok(bytes) => {
                zip.start_file(format!("{}.{ending}", item.file(place)), options).map_err(zip_failed)?;
                zip.write_all(&bytes)?;
                Ok(Ok(()))
            }
            Err(error) => Ok(Err(self.unprintable(&error))),
        })?;
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        zip.start_file("faults.json", options).map_err(zip_failed)?;
        list(self.desk.faults()?, &mut zip)?;
        zip.finish().map_err(zip_failed)?.flush()?;
        Ok(Finished { media_type: "application/zip", name: "documents.zip".to_owned() })
    }

    #[cfg(feature = "pdf")]
    fn volume(&self, items: &[Item<'_>]) -> Result<Finished, Stopped> {
        let mut volume = self.service.press.volume();
        self.each(items, |_, _, paper| match volume.add(paper, MOST_PAGES) {
            Ok(true) => Ok(Ok(())),
            Ok(false) => {
                let detail = text!(
                    "一个 PDF 至多 {MOST_PAGES} 页，此份未印；请分开提交，或用 ZIP",
                    "a PDF has {MOST_PAGES} pages at most, this document is not in it: ask in parts, or for a ZIP"
                );
                Ok(Err(self.problem(&Problem::new(ErrorCode::PayloadTooLarge, detail))))
            }
            Err(error) => Ok(Err(self.unprintable(&error))),
        })?;
        if volume.is_empty() {
            let detail =
                Text::fixed("没有一份可以印制，见 faults", "none of the documents can be printed: see the faults");
            return Err(self.refuse(&Problem::new(ErrorCode::NotFound, detail)));
        }
        let bound = self.at_the_press(|| Ok(volume.finish("矿业权出让收益文书")))?;
        let bytes = bound.map_err(|error| Stopped::Broken(error.to_string()))?;
        self.desk.result(0)?.write_all(&bytes)?;
        Ok(Finished { media_type: Format::Pdf.media_type(), name: "documents.pdf".to_owned() })
    }

    #[cfg(not(feature = "pdf"))]
    fn volume(&self, _: &[Item<'_>]) -> Result<Finished, Stopped> {
        Err(Stopped::Broken(PrintError::NotBuilt.to_string()))
    }
}

fn zip_failed(error: zip::result::ZipError) -> Stopped {
    Stopped::Broken(error.to_string())
}

/// Lines of JSON as a list.
fn list<W: Write + Seek>(lines: File, zip: &mut ZipWriter<W>) -> io::Result<()> {
    zip.write_all(b"[")?;
    for (index, line) in BufReader::new(lines).lines().enumerate() {
        zip.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        zip.write_all(line?.as_bytes())?;
    }
    zip.write_all(b"\n]\n")
}
