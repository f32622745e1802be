//! A calculation to take away: the answer of the API, a text, the calculation sheet as PDF.

use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::CONTENT_DISPOSITION;
use serde_json::{Value as Json, json};

use super::view::{Block, View};
use super::{Outcome, Worked, name_of, run};
use crate::api::documents;
use crate::api::http::Asker;
use crate::api::query::Explain;
use crate::api::reply::Reply;
use crate::api::topic::{Call, Topic};
use crate::batch::cells::Table;
use crate::batch::csv::{CsvSource, Separator};
use crate::batch::encoding::Charset;
use crate::batch::engine::{self, Asking, Stop};
use crate::batch::header::{self, Plan, Step};
use crate::batch::reading::Reading;
use crate::batch::xlsx::{self, SheetPlace, XlsxBook, XlsxForm};
use crate::domain::context::Detail;
use crate::web::http::{Failure, Open, Route, Work};
use crate::web::visit::Visit;

pub(super) const JSON: Route = Route::get("/calc/{topic}/answer.json", as_json);
pub(super) const TEXT: Route = Route::get("/calc/{topic}/answer.txt", as_text);
pub(super) const PDF: Route = Route {
    pattern: "/calc/{topic}/sheet.pdf",
    get: Some(as_pdf),
    post: None,
    work: Work::Long,
    open: Open::ToCalculators,
};

pub(super) const XLSX: Route = Route::get("/calc/{topic}/answer.xlsx", as_workbook);

/// How long a sheet waits for its turn at the press.
const PATIENCE: Duration = Duration::from_secs(20);

fn asked(visit: &Visit) -> Result<Worked, Failure> {
    let topic = Topic::from_slug(&visit.name).ok_or(Failure::NotFound)?;
    Ok(Worked::of(visit, topic, &visit.query))
}

fn attached(mut reply: Reply, topic: Topic, extension: &str) -> Reply {
    let name = topic.slug();
    reply.headers.push((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{extension}\"").into()));
    reply
}

/// The answer of the API as it is, also where it is a refusal.
fn as_json(visit: &Visit) -> Result<Reply, Failure> {
    let worked = asked(visit)?;
    let body = if worked.input.body.is_empty() { "{}" } else { &worked.input.body };
    Ok(attached(run(&visit.service.book, worked.topic, body, visit.lang, &visit.request_id), worked.topic, "json"))
}

fn as_text(visit: &Visit) -> Result<Reply, Failure> {
    let worked = asked(visit)?;
    let Outcome::Answered(view) = &worked.outcome else { return Err(Failure::NotFound) };
    let text = text_of(view, name_of(worked.topic, visit.lang));
    Ok(attached(Reply::new(200, "text/plain; charset=utf-8", text.into_bytes()), worked.topic, "txt"))
}

/// An answer in lines of text.
pub(super) fn text_of(view: &View, title: &str) -> String {
    let mut lines = vec![title.to_owned(), String::new()];
    for figure in &view.figures {
        let words = figure.words.as_ref().map(|words| format!("（{words}）")).unwrap_or_default();
        lines.push(format!("{}: {} {}{words}", figure.label, figure.cell.text, figure.cell.unit.unwrap_or_default()));
    }
    for block in &view.blocks {
        match block {
            Block::Heading(title) => lines.extend([String::new(), title.clone()]),
            Block::Facts(facts) => {
                for (label, cell) in facts {
                    lines.push(
                        format!("{label}: {} {}", cell.text, cell.unit.unwrap_or_default()).trim_end().to_owned(),
                    );
                }
            }
            Block::Table(table) => {
                lines.extend([String::new(), table.caption.clone()]);
                lines.push(table.heads.iter().map(|(head, _)| head.as_str()).collect::<Vec<_>>().join("\t"));
                for row in &table.rows {
                    lines.push(row.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join("\t"));
                }
            }
        }
    }
    lines.push(String::new());
    for (step, number) in view.steps.iter().zip(1..) {
        let law = step.law.as_ref().map_or("", |law| law.label.as_str());
        lines.push(format!("{number}. {} = {} = {}  [{law}]", step.formula, step.filled, step.result));
    }
    if !view.warnings.is_empty() {
        lines.push(String::new());
        lines.extend(view.warnings.iter().map(|warning| format!("! {}", warning.text)));
    }
    lines.push(String::new());
    lines.extend(view.versions.iter().map(|version| format!("{} · {}", version.id, version.instrument)));
    lines.push(view.dataset.clone());
    lines.join("\n") + "\n"
}

/// The workbook of a batch of one row: request, figures, steps.
fn as_workbook(visit: &Visit) -> Result<Reply, Failure> {
    let worked = asked(visit)?;
    let Outcome::Answered(_) = &worked.outcome else { return Err(Failure::NotFound) };
    let workbook = workbook(visit, &worked).map_err(|error| {
        tracing::error!(%error, topic = worked.topic.slug(), "a workbook could not be made");
        Failure::Internal
    })?;
    Ok(attached(Reply::new(200, xlsx::XLSX, workbook), worked.topic, "xlsx"))
}

fn workbook(visit: &Visit, worked: &Worked) -> Result<Vec<u8>, Stop> {
    let (topic, lang) = (worked.topic, visit.lang);
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let values = &worked.input.values;
    let heads: Vec<String> = values.iter().map(|(name, _)| quoted(&header::head(topic, &path(name), lang))).collect();
    let cells: Vec<String> = values.iter().map(|(_, value)| quoted(value)).collect();
    let table = format!("{}\n{}\n", heads.join(","), cells.join(","));
    let (mut source, heads) = CsvSource::open(Cursor::new(table.into_bytes()), Charset::Detected, Separator::Is(b','))?;
    let reading = Reading::Table(Plan::compile(topic, &heads).map_err(Stop::Input)?);
    let call = Call {
        book: &visit.service.book,
        lang,
        detail: Detail::Steps,
        explain: Explain::Applied,
        request_id: &visit.request_id,
    };
    let form = XlsxForm::new(Table::of(topic, &reading, lang, Detail::Steps), &heads);
    let mut book =
        XlsxBook::begin(&form, &SheetPlace { name: None, head_row: None }, lang, None).map_err(Stop::Write)?;
    let asking = Asking { topic, reading: &reading, call };
    engine::run(&asking, &mut source, &form, 1, &mut |bytes, _| book.take(bytes))?;
    let mut workbook = Cursor::new(Vec::new());
    book.finish(&mut workbook).map_err(Stop::Write)?;
    Ok(workbook.into_inner())
}

/// The way to the place of a field.
fn path(name: &str) -> Vec<Step> {
    let step = |part: &str| match part.parse::<usize>() {
        Ok(number) => Step::Item(number.saturating_sub(1)),
        Err(_) => Step::Field(part.to_owned()),
    };
    name.split('.').map(step).collect()
}

fn as_pdf(visit: &Visit) -> Result<Reply, Failure> {
    let worked = asked(visit)?;
    let Outcome::Answered(..) = &worked.outcome else { return Err(Failure::NotFound) };
    let request: Json = serde_json::from_str(&worked.input.body).unwrap_or_default();
    let body = json!({"topic": worked.topic.slug(), "request": request}).to_string();
    let asker = Asker { request_id: &visit.request_id, lang: visit.lang };
    let service = &visit.service;
    let (paper, format) = match documents::compose_sheet(service, body.as_bytes(), "application/pdf", asker) {
        Ok(composed) => composed,
        Err(refused) => return Ok(refused),
    };
    // Each document takes a processor to itself: only as many at once as the API prints.
    let begun = std::time::Instant::now();
    let _turn = loop {
        match Arc::clone(&service.printing).try_acquire_owned() {
            Ok(turn) => break turn,
            Err(_) if begun.elapsed() > PATIENCE => return Err(Failure::Internal),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    match documents::printed(service, &paper, format, &visit.request_id) {
        Ok(reply) => Ok(attached(reply, worked.topic, "pdf")),
        Err(problem) => Ok(problem.reply(visit.lang, &service.book, &visit.request_id)),
    }
}
