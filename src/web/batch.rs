//! `/batch`: many calculations at once. Rows that are pasted are checked and computed here, also without script; a file goes
//! through the API by the script of the page, which shows its first rows before anything runs.

use std::io::{self, Cursor};

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use askama::Template;
use serde_json::Value as Json;

use super::calc::fault::label_of;
use super::calc::{GROUPS, name_of};
use super::http::{Failure, Open, Route, Work, html};
use super::page::{Page, Section};
use super::visit::Visit;
use super::words::Words;
use crate::api::lang::Lang;
use crate::api::query::Explain;
use crate::api::reply::Reply;
use crate::api::topic::{Call, Topic};
use crate::batch::engine::{self, Asking, Stop};
use crate::batch::forms::{FORMS, FormName, Input, Look, Opened, Told, of_media_type};
use crate::domain::context::Detail;
use crate::domain::error::Text;

pub(super) const ROUTES: &[Route] =
    &[Route { pattern: "/batch", get: Some(ask), post: Some(run), work: Work::File, open: Open::ToCalculators }];

/// Rows that a check shows.
const CHECKED: usize = 20;

/// A topic to choose.
struct Choice {
    slug: &'static str,
    name: &'static str,
    is_chosen: bool,
}

/// A row that was checked.
struct Checked {
    number: usize,
    is_well: bool,
    /// The main figure, or what is wrong.
    text: String,
    place: String,
}

#[derive(Template)]
#[template(path = "web/batch.html")]
struct Batch<'v> {
    page: Page<'v>,
    topic: Topic,
    choices: Vec<Choice>,
    forms: String,
    accept: String,
    rows: &'v str,
    trouble: Option<String>,
    checked: Vec<Checked>,
}

#[derive(Template)]
#[template(path = "web/batch_checked.html")]
struct Part<'v> {
    page: Page<'v>,
    trouble: Option<String>,
    checked: Vec<Checked>,
}

fn ask(visit: &Visit) -> Result<Reply, Failure> {
    let topic = visit.parameter("topic").and_then(Topic::from_slug).unwrap_or(Topic::LateFee);
    whole(visit, topic, "", None, Vec::new())
}

fn page(visit: &Visit) -> Page<'_> {
    Page::new(visit, Section::Batch, Words::of(visit.lang).batch)
}

fn whole(
    visit: &Visit,
    topic: Topic,
    rows: &str,
    trouble: Option<String>,
    checked: Vec<Checked>,
) -> Result<Reply, Failure> {
    let topics = GROUPS.iter().flat_map(|(.., topics)| topics.iter()).chain(&[Topic::Projections]);
    let choice =
        |known: &Topic| Choice { slug: known.slug(), name: name_of(*known, visit.lang), is_chosen: *known == topic };
    let forms = FORMS
        .iter()
        .map(|form| format!("{}={}", form.extension, form.media_types.first().copied().unwrap_or_default()));
    let accept = FORMS.iter().map(|form| format!(".{}", form.extension));
    html(
        200,
        &Batch {
            page: page(visit),
            topic,
            choices: topics.map(choice).collect(),
            forms: forms.collect::<Vec<_>>().join(" "),
            accept: accept.collect::<Vec<_>>().join(","),
            rows,
            trouble,
            checked,
        },
    )
}

/// What comes of the first rows of a file that is sent as it is.
fn look_into(visit: &Visit) -> Result<Reply, Failure> {
    let topic = visit.parameter("topic").and_then(Topic::from_slug).unwrap_or(Topic::LateFee);
    let said = visit.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let checked = match (of_media_type(said), &visit.upload) {
        (Some(row), Some(file)) => first_answers(visit, topic, row.form, Box::new(Cursor::new(file.clone()))),
        (None, _) => Err(Stop::Input(Text::fixed("不支持这种文件", "this kind of file is not taken"))),
        // Beyond what is looked into: nothing is wrong with it yet.
        (_, None) => return html(200, &Part { page: page(visit), trouble: None, checked: Vec::new() }),
    };
    match checked {
        Ok(checked) => html(200, &Part { page: page(visit), trouble: None, checked }),
        Err(Stop::Input(text)) => {
            let trouble = Some(visit.lang.pick(&text).to_owned());
            html(200, &Part { page: page(visit), trouble, checked: Vec::new() })
        }
        Err(Stop::Read(_) | Stop::Write(_)) => Err(Failure::Internal),
    }
}

fn run(visit: &Visit) -> Result<Reply, Failure> {
    if visit.query.iter().any(|(name, _)| name == "file") {
        return look_into(visit);
    }
    let topic = visit.field("topic").and_then(Topic::from_slug).unwrap_or(Topic::LateFee);
    let rows = visit.field("rows").unwrap_or_default();
    if rows.is_empty() {
        let words = Words::of(visit.lang);
        return answered(visit, topic, rows, Some(words.no_rows.to_owned()), Vec::new());
    }
    let computed = match visit.field("what") {
        Some("run") => match computed(visit, topic, form_of(rows), text(rows), FormName::Csv, None) {
            Ok(table) => {
                let mut reply = Reply::new(200, "text/csv; charset=utf-8", table);
                let name = format!("attachment; filename=\"{}.csv\"", topic.slug());
                reply.headers.push((CONTENT_DISPOSITION, name.into()));
                return Ok(reply);
            }
            Err(stop) => Err(stop),
        },
        _ => checked(visit, topic, rows),
    };
    match computed {
        Ok(checked) => answered(visit, topic, rows, None, checked),
        Err(Stop::Input(text)) => answered(visit, topic, rows, Some(visit.lang.pick(&text).to_owned()), Vec::new()),
        Err(Stop::Read(_) | Stop::Write(_)) => Err(Failure::Internal),
    }
}

fn answered(
    visit: &Visit,
    topic: Topic,
    rows: &str,
    trouble: Option<String>,
    checked: Vec<Checked>,
) -> Result<Reply, Failure> {
    if visit.is_partial {
        return html(200, &Part { page: page(visit), trouble, checked });
    }
    whole(visit, topic, rows, trouble, checked)
}

/// The form of rows that were pasted.
fn form_of(rows: &str) -> FormName {
    if rows.trim_start().starts_with('{') { FormName::Lines } else { FormName::Csv }
}

fn text(rows: &str) -> Box<dyn Input> {
    Box::new(Cursor::new(rows.as_bytes().to_vec()))
}

/// The answers to rows in a form, without steps; no more than were asked for, and as many as are read with them.
fn computed(
    visit: &Visit,
    topic: Topic,
    from: FormName,
    rows: Box<dyn Input>,
    to: FormName,
    most: Option<usize>,
) -> Result<Vec<u8>, Stop> {
    let opened = from.open(topic, rows, &Told::default())?;
    let detail = Detail::FiguresOnly;
    let call = Call {
        book: &visit.service.book,
        lang: visit.lang,
        detail,
        explain: Explain::Applied,
        request_id: &visit.request_id,
    };
    let writer = to.writer(topic, &opened, Look::of(visit.lang, detail));
    let Opened { mut source, reading, .. } = opened;
    let asking = Asking { topic, reading: &reading, call };
    let mut out = Vec::new();
    let mut answered = 0;
    let ran = engine::run(&asking, &mut *source, writer.form(), 1, &mut |bytes, _| {
        out.extend_from_slice(bytes);
        answered += bytes.iter().filter(|byte| **byte == b'\n').count();
        match most.is_some_and(|most| answered >= most) {
            true => Err(io::ErrorKind::Other.into()),
            false => Ok(()),
        }
    });
    match ran {
        Err(Stop::Write(_)) if most.is_some_and(|most| answered >= most) => Ok(out),
        ran => ran.map(|_| out),
    }
}

/// What comes of the first rows.
fn checked(visit: &Visit, topic: Topic, rows: &str) -> Result<Vec<Checked>, Stop> {
    first_answers(visit, topic, form_of(rows), text(&first_lines(rows)))
}

fn first_answers(visit: &Visit, topic: Topic, from: FormName, rows: Box<dyn Input>) -> Result<Vec<Checked>, Stop> {
    let lines = computed(visit, topic, from, rows, FormName::Lines, Some(CHECKED))?;
    let words = Words::of(visit.lang);
    let lines = String::from_utf8_lossy(&lines).into_owned();
    let rows = lines.lines().take(CHECKED).zip(1..).map(|(line, number)| {
        let answer: Json = serde_json::from_str(line).unwrap_or_default();
        let said = |pointer: &str| answer.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned();
        if answer.get("status").is_some() {
            return Checked {
                number,
                is_well: false,
                text: said("/detail"),
                place: in_words(&said("/errors/0/pointer"), visit.lang),
            };
        }
        let main = topic.doc().compared.amounts.first().map(|pointer| said(pointer)).unwrap_or_default();
        let text = if main.is_empty() { words.row_is_well.to_owned() } else { super::money::shown(&main, visit.unit) };
        Checked { number, is_well: true, text, place: String::new() }
    });
    let rows: Vec<Checked> = rows.collect();
    if rows.is_empty() {
        return Err(Stop::Input(Text::fixed("只有表头，没有数据行", "there are heads and no rows")));
    }
    Ok(rows)
}

/// The field of a fault by its labels: `/payments/0/amount` is `缴款 1 · 金额`.
fn in_words(pointer: &str, lang: Lang) -> String {
    let part = |part: &str| part.parse::<usize>().map_or_else(|_| part.to_owned(), |number| (number + 1).to_string());
    let parts: Vec<String> = pointer.split('/').skip(1).map(part).collect();
    label_of(&parts.join("."), lang)
}

/// The first rows of a text with its heads; a quoted cell may hold several lines.
fn first_lines(rows: &str) -> String {
    let mut taken = String::new();
    let mut complete = 0;
    let mut in_quotes = false;
    for line in rows.split_inclusive('\n') {
        taken.push_str(line);
        in_quotes ^= line.matches('"').count() % 2 == 1;
        complete += usize::from(!in_quotes);
        if complete > CHECKED {
            break;
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_end_where_a_row_ends() {
        let rows: String =
            std::iter::once("a,b\n".to_owned()).chain((0..50).map(|row| format!("{row},\"x\ny\"\n"))).collect();
        let first = first_lines(&rows);
        assert_eq!(first.matches('x').count(), CHECKED);
        assert!(first.ends_with("y\"\n"));
    }
}
