//! Reading the records: rights, entries, statements, work lists, the ledger itself.

use chrono::NaiveDate;

use super::show::{Accesses, Balances, Entries, Party, Recorded, Rights, StatementOf, Task, Tasks};
use super::view::View;
use super::{not_found, routes, store_failed};
use crate::api::declare::{RequestFields, request_shape};
use crate::api::error::{ErrorCode, Problem};
use crate::api::lang::Lang;
use crate::api::node::Node;
use crate::api::query::LangOnly;
use crate::api::reply::{JSON, Reply};
use crate::api::resources::{ok, query};
use crate::api::routes::{Action, AnswerExample, Asked, Consult, PathParameter, ReadDoc, Route};
use crate::api::schema::{Described, Named, Words};
use crate::api::shape::{Decode, Faults};
use crate::api::topic::Dataset;
use crate::domain::books::access::Permission;
use crate::domain::books::entry::{Entry, Moment, PartyId, RightId, Seq, Subject, number};
use crate::domain::books::event::Event;
use crate::domain::books::history::{Item, RightHistory, until};
use crate::domain::books::statement::{Statement, statement};
use crate::domain::books::worklist;
use crate::domain::context::Detail;
use crate::domain::error::{At, Text};
use crate::domain::explain::Warning;
use crate::domain::rate_book::{RateBook, Version};
use crate::ledger::verify::Verification;
use crate::ledger::{BalanceQuery, Head, Store, Stored, parse_moment};

/// Rights on one page, at most.
const PAGE: u32 = 100;

impl<'n> Decode<'n> for Moment {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Moment> {
        let text = <&str>::decode(node, at, faults)?;
        let moment = parse_moment(text);
        if moment.is_none() {
            let detail = Text::fixed(
                "不是 UTC 时刻；请写成 2026-11-21T08:00:00.000Z",
                "not a moment in UTC: write it as 2026-11-21T08:00:00.000Z",
            );
            faults.report(at, detail);
        }
        moment
    }
}

pub(super) struct StatementQuery {
    pub(super) as_of: NaiveDate,
    pub(super) known_at: Option<Moment>,
    lang: Lang,
}

request_shape! {
    StatementQuery as "StatementQuery" {
        /// 截至 · The day.
        as_of: NaiveDate = "2023-07-16";
        /// 按该时刻已知的记录 · As known at this moment.
        known_at: Option<Moment> = "2026-11-21T08:00:00.000Z";
        /// 文字的语言，默认中文 · Language of texts, Chinese unless said.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

struct BalancesQuery {
    as_of: NaiveDate,
    known_at: Option<Moment>,
    right: Option<RightId>,
    lang: Lang,
}

impl<'n> Decode<'n> for RightId {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<RightId> {
        let id = RightId::parse(<&str>::decode(node, at, faults)?);
        if id.is_none() {
            faults.report(at, Text::fixed("应为矿业权的标识，如 R3", "must be the id of a right, such as R3"));
        }
        id
    }
}

request_shape! {
    BalancesQuery as "BalancesQuery" {
        /// 截至 · The day.
        as_of: NaiveDate = "2023-07-16";
        /// 按该时刻已知的记录 · As known at this moment.
        known_at: Option<Moment> = "2026-11-21T08:00:00.000Z";
        /// 只列该矿业权 · One right alone.
        right: Option<RightId> = "R3";
        /// 文字的语言，默认中文 · Language of texts, Chinese unless said.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

/// Where a page begins.
#[derive(Clone, Copy)]
struct Page(Seq);

impl<'n> Decode<'n> for Page {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Page> {
        let text = <&str>::decode(node, at, faults)?;
        // Nothing comes before the first.
        let page = if text == "0" { Some(Page(0)) } else { number(text).map(Page) };
        if page.is_none() {
            faults.report(at, Text::fixed("应为上一页给出的 next，或 0", "must be `next` of the page before, or 0"));
        }
        page
    }
}

impl Described for Page {
    fn schema(words: Words) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        i64::schema(words)
    }
}

struct RightsQuery {
    after: Option<Page>,
    lang: Lang,
}

request_shape! {
    RightsQuery as "RightsQuery" {
        /// 上一页给出的 next · `next` of the page before.
        after: Option<Page> = 103;
        /// 文字的语言，默认中文 · Language of texts, Chinese unless said.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

struct DayQuery {
    as_of: NaiveDate,
    lang: Lang,
}

request_shape! {
    DayQuery as "DayQuery" {
        /// 截至 · The day.
        as_of: NaiveDate = "2023-07-16";
        /// 文字的语言，默认中文 · Language of texts, Chinese unless said.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

fn described<T: Described>(named: &mut Named) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    T::named(named);
    T::schema(Words::default())
}

/// What a reading endpoint may refuse: something that its path names may not be there.
const fn errors_of(parameter: Option<PathParameter>) -> &'static [ErrorCode] {
    match parameter {
        Some(_) => &[ErrorCode::NotFound],
        None => &[],
    }
}

/// Declares a reading endpoint.
macro_rules! read {
    (
        $name:ident: $permission:ident, $pattern:literal, $read:ident, $operation:literal, $parameter:expr, $query:ty => $answer:ty,
        $summary:literal, $description:literal, $example:literal
    ) => {
        pub(super) const $name: Route = Route {
            pattern: $pattern,
            action: Action::Records {
                read: Some(Consult { permission: Permission::$permission, read: $read }),
                write: None,
            },
            doc: Some(ReadDoc {
                operation_id: $operation,
                tag: "records",
                summary: $summary,
                description: $description,
                path_parameter: $parameter,
                query: <$query>::fields,
                media_type: JSON,
                answer: described::<$answer>,
                errors: errors_of($parameter),
                example: AnswerExample::Written($example),
            }),
        };
    };
}

read! {
    PARTY: ReadRecords, "/v1/parties/{id}", party, "getParty", Some(routes::PARTY), LangOnly => Party,
    "当事人 · A party", "一个当事人。\n\nA party.",
    r#"{"id": "P2", "code": "91350100M000100Y43", "name": "某某矿业有限公司", "effective_on": "2023-05-01"}"#
}

read! {
    RIGHTS: ReadRecords, "/v1/rights", rights, "listRights", None, RightsQuery => Rights,
    "矿业权清单 · Rights", "按登记次序，每页至多 100 个。\n\nIn the order of registration, up to 100 on a page.",
    r#"{"rights": [], "next": 103}"#
}

read! {
    RIGHT: ReadRecords, "/v1/rights/{id}", right, "getRight", Some(routes::RIGHT), LangOnly => RightHistory,
    "矿业权 · A right", "一个矿业权的现状。\n\nA right as it stands.",
    r#"{"id": "R3", "right": "mining", "holder": "P2", "licence_number": "C1000002023051110000001", "transfer_mode": "agreement",
        "division": "370105", "area": "land", "minerals": ["coal"], "area_km2": "1.25", "registered_on": "2023-05-01",
        "assessments": [], "declared": [], "notices": []}"#
}

read! {
    ENTRIES: ReadRecords, "/v1/rights/{id}/entries", entries, "listEntries", Some(routes::RIGHT), LangOnly => Entries,
    "矿业权的全部记录 · The entries of a right", "按记录号，含已冲销的。\n\nIn order, reversed ones included.",
    r#"{"entries": []}"#
}

read! {
    STATEMENT: ReadRecords, "/v1/rights/{id}/statement", statement_of, "getStatement", Some(routes::RIGHT), StatementQuery => StatementOf<'static>,
    "对账单 · The statement of a right",
    "总额 = 到期已缴 + 到期欠缴 + 未到期待缴，提前缴纳的列入到期已缴；每项附截至当日的滞纳金及计算步骤。known_at 给出当时已知的账。\n\n\
    total = paid + overdue + pending, what was paid early among what is paid; each item with its late fee to the day and the steps behind it. `known_at` gives the books as known then.",
    r#"{"right": "R3", "as_of": "2023-07-18", "payer": "P2", "sums": {"total": "100000.00", "paid": "60000.00",
        "overdue": "40000.00", "pending": "0.00", "overpaid": "0.00", "late_fee": "800.00", "late_fee_paid": "0.00",
        "late_fee_outstanding": "800.00"}, "items": [], "rate_versions": [], "warnings": [],
        "dataset": {"id": "builtin", "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}"#
}

const LIST: PathParameter = PathParameter {
    name: "id",
    description: "due 三十日内到期、overdue 逾期、declarations-missing 未申报、notices-unserved 未送达 · Which list.",
    example: "overdue",
};

read! {
    WORKLIST: ReadWorklists, "/v1/worklists/{id}", tasks, "getWorklist", Some(LIST), DayQuery => Tasks,
    "工作清单 · A work list",
    "三十日内到期、逾期、未申报的年度、未送达的通知书。\n\nItems due in thirty days, overdue items, years not declared, notices not served.",
    r#"{"as_of": "2023-07-18", "tasks": [{"right": "R3", "payer": "P2", "item": "I6-1", "due_on": "2023-07-08", "outstanding": "40000.00"}]}"#
}

read! {
    VERIFICATION: VerifyLedger, "/v1/ledger/verification", verification, "verifyLedger", None, LangOnly => Verification,
    "校验记录库 · Verify the ledger",
    "读取全部表，与哈希链和记录内容比较，给出首个有误之处。\n\nReads every table and compares it with the chain and with what the entries say; names the first damage.",
    r#"{"sound": true, "entries": 14, "hash": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "accesses": 40}"#
}

read! {
    HEAD: VerifyLedger, "/v1/ledger/head", head, "getLedgerHead", None, LangOnly => Head,
    "链首 · The head of the ledger",
    "最后一条记录的号和哈希，可存证于他处。\n\nNumber and hash of the last entry, to be anchored elsewhere.",
    r#"{"entries": 14, "hash": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "algorithm": "sha256",
        "instance": "0123456789abcdef0123456789abcdef", "recorded_at": "2026-11-21T08:00:00.000Z"}"#
}

read! {
    BALANCES: ReadRecords, "/v1/ledger/balances", balances, "getBalances", None, BalancesQuery => Balances,
    "余额 · Balances",
    "各应缴项各账户的余额，合计为零；可指定日期和当时已知的记录。\n\nBy item and account, adding up to nothing, on any day and as known at any moment.",
    r#"{"balances": [{"item": "I6-1", "account": "receivable", "amount": "100000.00"}, {"item": "I6-1", "account": "assessed", "amount": "-100000.00"}]}"#
}

/// Accesses on one page, at most.
const AUDIT_PAGE: u32 = 1000;

struct AuditQuery {
    since: Option<Page>,
    lang: Lang,
}

request_shape! {
    AuditQuery as "AuditQuery" {
        /// 此号之后，缺省为全部；续读用上一页的 next · After this number, from the first unless said; go on with `next`.
        since: Option<Page> = 40;
        /// 文字的语言，默认中文 · Language of texts, Chinese unless said.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

read! {
    AUDIT: ReadAudit, "/v1/audit", audit, "listAccesses", None, AuditQuery => Accesses,
    "访问日志 · The audit log",
    "对记录的每次访问，读取也在内，每页至多 1000 行。限于地区的只见本地区密钥的访问。\n\n\
    Every access to records, reading ones too, up to 1000 on a page. Who is limited to an area sees the accesses by keys of that area.",
    r#"{"accesses": [{"number": 41, "at": "2026-11-21T08:00:00.000Z", "actor": "K5", "method": "GET", "target": "/v1/rights/R3",
        "address": "127.0.0.1", "request_id": "7d44d5b4d0a1f3c2", "status": 200,
        "hash": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}], "next": 41}"#
}

type Answer<'a> = Result<Reply, Problem<'a>>;

/// The entries of a right or a party that whoever asks sees. What they do not see is not there.
fn stored_of<'a>(asked: &Asked<'a>, subject: Subject, known_at: Option<Moment>) -> Result<Vec<Stored>, Problem<'a>> {
    let stored = View::of(asked)?.entries_of(subject, known_at).map_err(|error| store_failed(&error))?;
    if stored.is_empty() { Err(not_found()) } else { Ok(stored) }
}

pub(super) fn entries_of(stored: Vec<Stored>) -> Vec<Entry> {
    stored.into_iter().map(|stored| stored.entry).collect()
}

pub(super) fn history_of<'a>(
    asked: &Asked<'a>,
    id: RightId,
    known_at: Option<Moment>,
    as_of: NaiveDate,
) -> Result<RightHistory, Problem<'a>> {
    let entries = until(entries_of(stored_of(asked, Subject::Right(id), known_at)?), as_of);
    RightHistory::fold(&entries).ok_or_else(not_found)
}

pub(super) fn right_id<'a>(asked: &Asked<'a>) -> Result<RightId, Problem<'a>> {
    RightId::parse(asked.name).ok_or_else(not_found)
}

/// A party as it was registered.
pub(super) fn party_of<'a>(asked: &Asked<'a>, id: PartyId) -> Result<Party, Problem<'a>> {
    let first = stored_of(asked, Subject::Party(id), None)?.into_iter().next();
    match first.map(|stored| (stored.entry.effective_on, stored.entry.event)) {
        Some((effective_on, Event::PartyRegistered(party))) => Ok(Party { id, effective_on, party }),
        _ => Err(not_found()),
    }
}

fn party<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let LangOnly { lang } = query(asked)?;
    ok(asked, lang, &party_of(asked, PartyId::parse(asked.name).ok_or_else(not_found)?)?)
}

pub(super) fn rights<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let RightsQuery { after, lang } = query(asked)?;
    let registered = registered_after(asked, after.map_or(0, |Page(seq)| seq), PAGE)?;
    let next = if registered.len() < PAGE as usize { None } else { registered.last().map(|id| id.0) };
    let rights =
        registered.into_iter().map(|id| history_of(asked, id, None, NaiveDate::MAX)).collect::<Result<_, _>>()?;
    ok(asked, lang, &Rights { rights, next })
}

/// Rights after a number that whoever asks sees, in the order of registration.
fn registered_after<'a>(asked: &Asked<'a>, after: Seq, limit: u32) -> Result<Vec<RightId>, Problem<'a>> {
    View::of(asked)?.rights_after(after, limit).map_err(|error| store_failed(&error))
}

fn right<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let LangOnly { lang } = query(asked)?;
    ok(asked, lang, &history_of(asked, right_id(asked)?, None, NaiveDate::MAX)?)
}

fn entries<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let LangOnly { lang } = query(asked)?;
    let stored = stored_of(asked, Subject::Right(right_id(asked)?), None)?;
    ok(asked, lang, &Entries { entries: stored.into_iter().map(Recorded).collect() })
}

/// The statement of a right on a day.
pub(super) fn statement_on<'a>(
    history: &RightHistory,
    as_of: NaiveDate,
    detail: Detail,
    book: &'a RateBook,
) -> Result<Statement<'a>, Problem<'a>> {
    statement(history, as_of, detail, book).map_err(|faults| Problem::refused(faults, &Node::Null, &book.minerals))
}

/// What the reader of a statement has to know, each once.
pub(super) fn warnings_of<'b>(statement: &Statement<'b>) -> Vec<Warning<'b>> {
    let mut warnings = Vec::new();
    for warning in statement.lines.iter().flat_map(|line| &line.late_fee.warnings) {
        if !warnings.contains(warning) {
            warnings.push(warning.clone());
        }
    }
    warnings
}

fn statement_of<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let StatementQuery { as_of, known_at, lang } = query(asked)?;
    let right = right_id(asked)?;
    let history = history_of(asked, right, known_at, as_of)?;
    let book = &asked.service.book;
    let statement = statement_on(&history, as_of, Detail::Steps, book)?;
    let mut versions = Vec::new();
    for version in statement.lines.iter().flat_map(|line| &line.late_fee.versions) {
        if !versions.iter().any(|known: &&Version| known.id == version.id) {
            versions.push(*version);
        }
    }
    let warnings = warnings_of(&statement);
    let dataset = Dataset::of(book);
    ok(asked, lang, &StatementOf { right, statement, known_at, versions, warnings, dataset })
}

/// The work lists.
#[derive(Clone, Copy)]
enum List {
    Due,
    Overdue,
    Undeclared,
    Unserved,
}

fn tasks<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let DayQuery { as_of, lang } = query(asked)?;
    let list = match asked.name {
        "due" => List::Due,
        "overdue" => List::Overdue,
        "declarations-missing" => List::Undeclared,
        "notices-unserved" => List::Unserved,
        _ => return Err(not_found()),
    };
    let mut tasks = Vec::new();
    let mut after = 0;
    loop {
        let page = registered_after(asked, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.0;
        for id in page {
            // A right that begins after the day has nothing to do on it.
            if let Some(history) =
                RightHistory::fold(&until(entries_of(stored_of(asked, Subject::Right(id), None)?), as_of))
            {
                tasks.extend(tasks_of(&history, list, as_of, asked));
            }
        }
    }
    tasks.sort_by_key(|task| (task.due_on, task.right, task.item));
    ok(asked, lang, &Tasks { as_of, tasks })
}

fn tasks_of(history: &RightHistory, list: List, as_of: NaiveDate, asked: &Asked<'_>) -> Vec<Task> {
    let nothing = || Task {
        right: history.id,
        payer: history.holder_on(as_of),
        item: None,
        due_on: None,
        outstanding: None,
        year: None,
        notice: None,
    };
    let of_item = |item: &Item| Task {
        item: Some(item.id),
        due_on: item.due_on,
        outstanding: Some(item.outstanding()),
        ..nothing()
    };
    match list {
        List::Due => worklist::due_soon(history, as_of).map(of_item).collect(),
        List::Overdue => worklist::overdue(history, as_of).map(of_item).collect(),
        List::Undeclared => {
            let years = worklist::declarations_missing(history, as_of, &asked.service.book);
            years.into_iter().map(|year| Task { year: Some(year), ..nothing() }).collect()
        }
        List::Unserved => worklist::unserved(history)
            .map(|notice| Task { notice: Some(notice.issued.number.clone()), ..nothing() })
            .collect(),
    }
}

/// Asks the store about itself, whatever whoever asks sees of the records in it.
fn whole<'a, T>(
    asked: &Asked<'a>,
    ask: impl FnOnce(&dyn Store) -> Result<T, crate::ledger::StoreError>,
) -> Result<T, Problem<'a>> {
    let store = asked.service.records.store();
    store.and_then(|store| ask(&*store)).map_err(|error| store_failed(&error))
}

fn verification<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let LangOnly { lang } = query(asked)?;
    ok(asked, lang, &whole(asked, |store| store.verify())?)
}

fn head<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let LangOnly { lang } = query(asked)?;
    ok(asked, lang, &whole(asked, |store| store.head())?)
}

fn balances<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let BalancesQuery { as_of, known_at, right, lang } = query(asked)?;
    let query = BalanceQuery { as_of: Some(as_of), known_at, subject: right.map(Subject::Right) };
    let balances = View::of(asked)?.balances(query).map_err(|error| store_failed(&error))?;
    ok(asked, lang, &Balances { balances })
}

fn audit<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let AuditQuery { since, lang } = query(asked)?;
    let after = since.map_or(0, |Page(seq)| seq);
    let accesses = View::of(asked)?.audit_after(after, AUDIT_PAGE).map_err(|error| store_failed(&error))?;
    let next = accesses.last().map(|row| row.seq);
    ok(asked, lang, &Accesses { accesses, next })
}
