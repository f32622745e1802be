//! The records on paper: payment notices as they were issued, the statement of a day (arts 24, 25, 33).

use super::queries::StatementQuery;
use super::reading::{Known, entries_of, history_of, party_of, right_id, statement_on, warnings_of};
use super::view::View;
use super::{not_found, routes, store_failed};
use crate::api::declare::RequestFields;
use crate::api::error::{ErrorCode, Problem};
use crate::api::lang::Lang;
use crate::api::node::Node;
use crate::api::query::LangOnly;
use crate::api::resources::query;
use crate::api::routes::{Action, AnswerExample, Asked, Compose, PathParameter, ReadDoc, Route};
use crate::api::schema::{Field, Words, string};
use crate::api::sheet::code_in_chinese;
use crate::api::show::{Audience, Label};
use crate::domain::books::access::Permission;
use crate::domain::books::entry::PartyId;
use crate::domain::books::event::{Event, ItemKind};
use crate::domain::books::history::{Item, RightHistory};
use crate::domain::books::money::shares_of;
use crate::domain::context::{Context, Detail, calculate};
use crate::domain::due_date::notice_days;
use crate::domain::error::{At, Code};
use crate::domain::identity::{CreditCode, NoticeNumber};
use crate::domain::law::{Law, measures};
use crate::domain::mineral::MineralId;
use crate::domain::rate_book::RateBook;
use crate::domain::revenue_split::account;
use crate::domain::start_price::Right;
use crate::domain::transfer_income::price_law;
use crate::ledger::rfc3339;
use crate::notice::payment::{DueBy, NoticeItem, NoticeParts, Payer, PaymentNotice, RightOnPaper};
use crate::notice::statement::{Statement, StatementItem, StatementParts};
use crate::notice::{Format, Paper};
use crate::text;

/// A document of the records under a path.
const fn prints(
    pattern: &'static str,
    compose: Compose,
    operation_id: &'static str,
    parameter: PathParameter,
    query: fn() -> Vec<Field>,
    [summary, description]: [&'static str; 2],
    errors: &'static [ErrorCode],
) -> Route {
    let doc = ReadDoc {
        operation_id,
        tag: "documents",
        summary,
        description,
        path_parameter: Some(parameter),
        query,
        media_type: Format::Html.media_type(),
        answer: |_| string(Words::default(), None),
        errors,
        example: AnswerExample::Written("<!doctype html>…"),
    };
    Route { pattern, action: Action::Print { permission: Permission::ReadRecords, compose }, doc: Some(doc) }
}

pub(super) const NOTICE: Route = prints(
    "/v1/notices/{id}/document",
    notice,
    "printNotice",
    routes::NOTICE,
    LangOnly::fields,
    [
        "缴款通知书文书 · A payment notice on paper",
        "按开具时的记录印成 A4 的 HTML 或 PDF（按 Accept），以后的变更不影响；已冲销的不印（conflict）。\n\n\
        As it was issued, by what was recorded then, as HTML for print or PDF by `Accept`; one that was taken back is a `conflict`.",
    ],
    &[ErrorCode::NotFound, ErrorCode::Conflict, ErrorCode::UnsupportedMediaType, ErrorCode::Rule(Code::RateNotInForce)],
);

pub(super) const STATEMENT: Route = prints(
    "/v1/rights/{id}/statement/document",
    statement,
    "printStatement",
    routes::RIGHT,
    StatementQuery::fields,
    [
        "对账单文书 · A statement on paper",
        "与对账单相同的金额，印成 A4 的 HTML 或 PDF（按 Accept）。\n\n\
        The figures of the statement, as HTML for print or PDF by `Accept`.",
    ],
    &[ErrorCode::NotFound, ErrorCode::UnsupportedMediaType, ErrorCode::Rule(Code::RateNotInForce)],
);

pub(super) fn notice<'a>(asked: &Asked<'a>) -> Result<Paper, Problem<'a>> {
    let LangOnly { .. } = query(asked)?;
    let number = NoticeNumber::parse(asked.name).map_err(|_| not_found())?;
    let name = number.to_string();
    let found = View::of(asked)?.notice(&name).map_err(|error| store_failed(&error))?;
    let (seq, stored) = found.ok_or_else(not_found)?;
    let mut entries = entries_of(stored);
    if entries.iter().any(|entry| matches!(&entry.event, Event::Reversal(reversal) if reversal.of == seq)) {
        let detail = text!(
            "通知书 {name} 已冲销，不再出具；请使用新的通知书",
            "notice {name} was taken back and is not printed any more: use the new one"
        );
        return Err(Problem::new(ErrorCode::Conflict, detail));
    }
    // What was recorded later is not what the notice said.
    entries.retain(|entry| entry.seq <= seq);
    let history = RightHistory::fold(&entries).ok_or_else(not_found)?;
    let notice = history.notices.get(&name).ok_or_else(not_found)?;
    let book = &asked.service.book;
    let listed = |context: &mut Context<'a>| {
        let mut items = Vec::with_capacity(notice.issued.items.len());
        for line in &notice.issued.items {
            let item = history.items.get(&line.item)?;
            let due = match item.payable_until(notice.issued_on) {
                Some(day) => DueBy::Day(day),
                None => DueBy::AfterReceipt {
                    days: match notice.issued.notice_days {
                        Some(days) => days,
                        None => notice_days(At::ROOT.field("id"), notice.issued_on, context)?,
                    },
                },
            };
            let (name, basis) = words_of(item, &history, book);
            items.push(NoticeItem { name, basis, amount: line.amount, due });
        }
        let recorded = notice.issued.account.clone();
        Some((items, recorded.or_else(|| account(notice.issued_on, context))?))
    };
    let (items, account) = calculate(book, Detail::FiguresOnly, listed)
        .map_err(|faults| Problem::refused(faults, &Node::Null, &book.minerals))?
        .result;
    PaymentNotice::new(NoticeParts {
        number,
        issuer: notice.issued.office.clone(),
        contact: notice.issued.contact.clone(),
        issued_on: notice.issued_on,
        payer: payer(
            asked,
            history.holder_on(notice.issued_on),
            Known { by: Some(seq), on: notice.issued_on, at: None },
        )?,
        right: on_paper(&history, book),
        items,
        shares: Some(shares_of(&notice.issued.shares)),
        account,
    })
    .map_err(|error| unsound(&error))
    .and_then(|notice| Paper::of(&notice).map_err(|error| unsound(&error)))
}

pub(super) fn statement<'a>(asked: &Asked<'a>) -> Result<Paper, Problem<'a>> {
    let StatementQuery { as_of, known_at, .. } = query(asked)?;
    let book = &asked.service.book;
    let history = history_of(asked, right_id(asked)?, known_at, as_of)?;
    let statement = statement_on(&history, as_of, Detail::FiguresOnly, book)?;
    let items = statement.lines.iter().map(|line| {
        let (name, basis) = words_of(&line.item, &history, book);
        let figures = line.figures;
        StatementItem {
            name,
            basis,
            due_on: line.item.payable_until(as_of),
            amount: figures.total,
            paid: figures.paid,
            overdue: figures.overdue,
            not_due: figures.pending,
            late_fee: figures.late_fee_outstanding,
            overpaid: figures.overpaid,
        }
    });
    let mut unknown: Vec<String> = statement
        .lines
        .iter()
        .filter_map(|line| line.late_fee.reason())
        .map(|reason| format!("滞纳金未知：{}", reason.zh))
        .collect();
    unknown.dedup();
    Statement::new(StatementParts {
        number: None,
        issuer: asked.service.office.as_ref().map(|office| office.name.clone()),
        issued_on: None,
        as_of,
        known_at: known_at.map(rfc3339),
        payer: payer(asked, statement.payer, Known { by: None, on: as_of, at: known_at })?,
        right: on_paper(&history, book),
        items: items.collect(),
        shares: Some(shares_of(&statement.treasuries)),
        account: calculate(book, Detail::FiguresOnly, |context| account(as_of, context))
            .map_err(|faults| Problem::refused(faults, &Node::Null, &book.minerals))?
            .result,
        warnings: warnings_of(&statement)
            .into_iter()
            .map(|warning| warning.message.zh.into_owned())
            .chain(unknown)
            .collect(),
        dataset: book.dataset_id.clone(),
    })
    .map_err(|error| unsound(&error))
    .and_then(|statement| Paper::of(&statement).map_err(|error| unsound(&error)))
}

/// Figures of the records that make no document are a defect of ours.
fn unsound(error: &dyn std::error::Error) -> Problem<'static> {
    tracing::error!(%error, "the records make no document");
    Problem::internal()
}

/// To whom a document is addressed. One to a party that whoever asks does not see, such as an earlier holder of their
/// right, is not there: it names that party.
fn payer<'a>(asked: &Asked<'a>, id: PartyId, known: Known) -> Result<Payer, Problem<'a>> {
    let party = party_of(asked, id, known)?.party;
    let credit_code = CreditCode::new(&party.code).map_err(|error| unsound(&error))?;
    Ok(Payer { name: party.name, credit_code })
}

fn on_paper(history: &RightHistory, book: &RateBook) -> RightOnPaper {
    let registered = &history.registered;
    let kind = match registered.right {
        Right::Exploration => "exploration",
        Right::Mining => "mining",
    };
    let name_of = |code: &String| {
        let mineral = book.minerals.find(code).and_then(|id| book.minerals.get(id));
        mineral.map_or(code.as_str(), |mineral| mineral.name_zh()).to_owned()
    };
    RightOnPaper {
        name: None,
        kind: code_in_chinese("right", kind).unwrap_or(kind),
        licence: Some(history.licence_number.clone()),
        contract: registered.contract_number.clone(),
        minerals: history.minerals.iter().map(name_of).collect(),
        area: Some(format!("{} 平方千米", registered.area_km2)),
    }
}

/// What an item is called, and the article behind it.
fn words_of(item: &Item, history: &RightHistory, book: &RateBook) -> (String, String) {
    let mineral = mineral_of(item, history, book);
    let of_the_same = |kind: ItemKind| {
        let items = history.items.keys().filter(move |id| id.entry == item.id.entry);
        items.filter(move |id| history.items.get(id).is_some_and(|other| other.kind == kind))
    };
    let count = of_the_same(item.kind).count();
    let place = of_the_same(item.kind).filter(|id| **id <= item.id).count();
    let by_instalments =
        [ItemKind::Instalment, ItemKind::OnConversion].iter().any(|kind| of_the_same(*kind).next().is_some());
    let (name, law) = match item.kind {
        ItemKind::Price if by_instalments => ("首次缴纳".to_owned(), measures("12")),
        ItemKind::Price => ("出让收益".to_owned(), price_article(mineral, item, history, book)),
        ItemKind::Instalment => (format!("第 {place} 期"), measures("12")),
        ItemKind::OnConversion => ("转采后缴纳部分".to_owned(), measures("11(3)")),
        ItemKind::Annual => {
            let year = item.year.map(|year| format!("{year} 年度")).unwrap_or_default();
            (format!("{year}逐年征收部分"), measures("8(2)"))
        }
        ItemKind::Arrears if count > 1 => (format!("补缴第 {place} 期"), measures("29")),
        ItemKind::Arrears => ("补缴".to_owned(), measures("29")),
        ItemKind::TrueUp => ("注销应补缴".to_owned(), measures("21")),
        ItemKind::FundOccupation => ("资金占用费".to_owned(), measures("28")),
    };
    // Of a right with several minerals each sum says which one it is for, where its assessment does.
    let several = history.minerals.len() > 1;
    let of = mineral.filter(|_| several).and_then(|id| book.minerals.get(id));
    let name = of.map_or_else(|| name.clone(), |mineral| format!("{name}（{}）", mineral.name_zh()));
    (name, Label(&law, Audience { lang: Lang::Zh, book }).to_string())
}

/// The mineral that the assessment behind an item is about.
fn mineral_of(item: &Item, history: &RightHistory, book: &RateBook) -> Option<MineralId> {
    let assessment = history.assessments.get(&item.assessment?)?;
    let request: serde_json::Value = serde_json::from_str(&assessment.draft.request).ok()?;
    book.minerals.find(request.get("mineral")?.as_str()?)
}

/// The article by which a price is owed, where its mineral tells; else that of the notice.
fn price_article(mineral: Option<MineralId>, item: &Item, history: &RightHistory, book: &RateBook) -> Law<'static> {
    let drafted = item.assessment.and_then(|seq| history.entries.get(&seq)).copied();
    let granted = history.registered.contract_signed_on.or(drafted);
    let levied = mineral.zip(granted).and_then(|(mineral, day)| {
        let catalogue = book.catalogue.at(day).ok()?;
        catalogue.value.levy(&book.minerals, mineral).ok()
    });
    levied.map_or(measures("24"), |levy| price_law(levy.method()))
}
