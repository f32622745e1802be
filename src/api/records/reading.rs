//! Reading the records: rights, entries, statements, work lists, the ledger itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use super::queries::{
    AuditQuery, BalancesQuery, Limit, Page, PartiesQuery, RightsQuery, Standing, StatementQuery, WorklistQuery,
};
use super::show::{
    Accesses, Balances, Entries, Heads, Overdue, Parties, Party, Recorded, Rights, StatementOf, Task, Tasks,
};
use super::view::{Seen, View};
use super::{not_found, routes, store_failed};
use crate::api::declare::RequestFields;
use crate::api::error::{ErrorCode, Problem};
use crate::api::node::Node;
use crate::api::query::LangOnly;
use crate::api::reply::{JSON, Reply};
use crate::api::resources::{ok, query};
use crate::api::routes::{Action, AnswerExample, Asked, Consult, PathParameter, ReadDoc, Route};
use crate::api::schema::{Described, Named, Words};
use crate::api::topic::Dataset;
use crate::domain::books::access::Permission;
use crate::domain::books::checks::{self, Finding, receipts_over_items};
use crate::domain::books::entry::{Entry, Moment, PartyId, RightId, Seq, Subject};
use crate::domain::books::history::{Item, RightHistory, until};
use crate::domain::books::party::party as party_as_of;
use crate::domain::books::statement::{Statement, statement};
use crate::domain::books::worklist;
use crate::domain::context::{Detail, calculate};
use crate::domain::error::{At, Code};
use crate::domain::explain::Warning;
use crate::domain::money::Yuan;
use crate::domain::rate_book::{RateBook, Version};
use crate::ledger::verify::Verification;
use crate::ledger::{BalanceQuery, Store, Stored};

pub(super) fn described<T: Described>(named: &mut Named) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
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
                read: Some(Consult { permission: Permission::$permission, read: $read, also: None }),
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
    PARTIES: ReadRecords, "/v1/parties", parties, "listParties", None, PartiesQuery => Parties,
    "当事人清单 · Parties", "按登记次序，可按信用代码查找；更正后的名称和代码。enterprise 只见本当事人。\n\n\
    In the order of registration, by credit code among others; names and codes as corrected. An enterprise sees its own party.",
    r#"{"parties": [{"id": "P2", "code": "91350100M000100Y43", "name": "某某矿业有限公司", "effective_on": "2023-05-01"}]}"#
}

pub(super) const RIGHTS: Route = Route {
    pattern: "/v1/rights",
    action: Action::Records {
        read: Some(Consult { permission: Permission::ReadRecords, read: rights, also: None }),
        write: None,
    },
    doc: Some(ReadDoc {
        operation_id: "listRights",
        tag: "records",
        summary: "矿业权清单 · Rights",
        description: "按登记次序，可按行政区划、持有人、矿种等筛选；next 为续读的位置，不因其间的登记而错位。\n\n\
            In the order of registration, by division, holder, mineral and so on; `next` stays right whatever is registered meanwhile.",
        path_parameter: None,
        query: RightsQuery::fields,
        media_type: JSON,
        answer: described::<Rights>,
        errors: &[ErrorCode::Rule(Code::MineralNotFound)],
        example: AnswerExample::Written(r#"{"rights": [], "next": 103}"#),
    }),
};

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
        "late_fee_outstanding": "800.00"}, "treasuries": {"central": "24000.00", "local": "36000.00"}, "items": [], "rate_versions": [], "warnings": [],
        "dataset": {"id": "builtin", "sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}"#
}

const LIST: PathParameter = PathParameter {
    name: "id",
    description: "due 三十日内到期、overdue 逾期、declarations-missing 未申报、notices-unserved 未送达、fee-sources-rejected 税务部门拒收的费源信息、checks 核查 · Which list.",
    example: "overdue",
};

read! {
    WORKLIST: ReadWorklists, "/v1/worklists/{id}", tasks, "getWorklist", Some(LIST), WorklistQuery => Tasks,
    "工作清单 · A work list",
    "三十日内到期、逾期、未申报的年度、未送达的通知书、税务部门拒收的费源信息（entries 为其游标和拒收的记录）；checks 为核查：征收方式、分成、提前征收、一笔缴款缴多项、滞纳金未随本金缴纳、合同编号和许可证号。\
    known_at 给出当时已知的清单。\n\n\
    Items due in thirty days, overdue items, years not declared, notices not served, fee-source records that were rejected (`entries`: the cursor and the rejection); `checks`: levy method, shares, levied too early, \
    one payment over several items, late fee not paid with the principal, numbers of contract and licence. `known_at` gives the list as known then.",
    r#"{"as_of": "2023-07-18", "tasks": [{"right": "R3", "payer": "P2", "item": "I6-1", "due_on": "2023-07-08", "outstanding": "40000.00"}]}"#
}

read! {
    VERIFICATION: VerifyLedger, "/v1/ledger/verification", verification, "verifyLedger", None, LangOnly => Verification,
    "校验记录库 · Verify the ledger",
    "读取全部表，与哈希链和记录内容比较，给出首个有误之处。\n\nReads every table and compares it with the chain and with what the entries say; names the first damage.",
    r#"{"sound": true, "entries": 14, "hash": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "accesses": 40}"#
}

read! {
    HEAD: VerifyLedger, "/v1/ledger/head", head, "getLedgerHead", None, LangOnly => Heads,
    "链首 · The head of the ledger",
    "最后一条记录、访问日志最后一行的号和哈希，可存证于他处。\n\n\
    Number and hash of the last entry and of the last row of the audit log, to be anchored elsewhere.",
    r#"{"entries": 14, "hash": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "algorithm": "sha256",
        "instance": "0123456789abcdef0123456789abcdef", "recorded_at": "2026-11-21T08:00:00.000Z", "accesses": 40,
        "accesses_hash": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}"#
}

read! {
    BALANCES: ReadRecords, "/v1/ledger/balances", balances, "getBalances", None, BalancesQuery => Balances,
    "余额 · Balances",
    "各应缴项各账户的余额，合计为零；可指定日期和当时已知的记录，并列出截至当日的到期欠缴。\n\nBy item and account, adding up to nothing, on any day and as known at any moment; with what is overdue on the day.",
    r#"{"balances": [{"item": "I6-1", "account": "receivable", "amount": "100000.00"}, {"item": "I6-1", "account": "assessed", "amount": "-100000.00"}],
        "overdue": "40000.00", "overdue_items": [{"item": "I6-1", "amount": "40000.00"}]}"#
}

/// Accesses on one page, at most.
const AUDIT_PAGE: u32 = 1000;

read! {
    AUDIT: ReadAudit, "/v1/audit", audit, "listAccesses", None, AuditQuery => Accesses,
    "访问日志 · The audit log",
    "对记录的每次访问，读取也在内，每页至多 1000 行。限于地区的只见本地区密钥的访问。\n\n\
    Every access to records, reading ones too, up to 1000 on a page. Who is limited to an area sees the accesses by keys of that area.",
    r#"{"accesses": [{"number": 41, "at": "2026-11-21T08:00:00.000Z", "actor": "K5", "method": "GET", "target": "/v1/rights/R3",
        "address": "127.0.0.1", "request_id": "7d44d5b4d0a1f3c2", "status": 200,
        "hash": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}], "next": 41}"#
}

pub(super) type Answer<'a> = Result<Reply, Problem<'a>>;

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

/// Which corrections of a party count.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// Those up to this entry.
    pub(super) by: Option<Seq>,
    /// Those that had taken effect on this day.
    pub(super) on: NaiveDate,
    /// Those that were recorded until this moment.
    pub(super) at: Option<Moment>,
}

/// A party as it was called on a day.
pub(super) fn party_of<'a>(asked: &Asked<'a>, id: PartyId, known: Known) -> Result<Party, Problem<'a>> {
    let stored = stored_of(asked, Subject::Party(id), None)?;
    let registered_on = stored.first().map(|stored| stored.entry.effective_on).ok_or_else(not_found)?;
    // One that is registered only later is a party of that day all the same: it is named by what is dated before.
    let counts = |stored: &Stored| {
        let Entry { seq, effective_on, recorded_at, .. } = &stored.entry;
        *seq == id.0
            || known.by.is_none_or(|last| *seq <= last)
                && *effective_on <= known.on
                && known.at.is_none_or(|moment| *recorded_at <= moment)
    };
    let entries = entries_of(stored.into_iter().filter(counts).collect());
    let party = party_as_of(&entries).ok_or_else(not_found)?;
    Ok(Party { id, effective_on: registered_on, party })
}

fn party<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let LangOnly { lang } = query(asked)?;
    let now = Known { by: None, on: NaiveDate::MAX, at: None };
    ok(asked, lang, &party_of(asked, PartyId::parse(asked.name).ok_or_else(not_found)?, now)?)
}

pub(super) fn parties<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let PartiesQuery { after, limit: Limit(limit), code, text, lang } = query(asked)?;
    let view = View::of(asked)?;
    let seen = view.now().map_err(|error| store_failed(&error))?;
    let (mut parties, mut next) = (Vec::new(), None);
    for (id, party, effective_on) in seen.parties_after(after.map_or(0, |Page(seq)| seq)) {
        let matches = code.is_none_or(|code| party.code == code)
            && text.is_none_or(|text| party.name.contains(text) || party.code.contains(text));
        if !matches {
            continue;
        }
        if parties.len() == limit {
            next = parties.last().map(|party: &Party| party.id.0);
            break;
        }
        parties.push(Party { id, effective_on, party: party.clone() });
    }
    ok(asked, lang, &Parties { parties, next })
}

pub(super) fn rights<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let query: RightsQuery<'_> = query(asked)?;
    let view = View::of(asked)?;
    let failed = |error| store_failed(&error);
    let seen = view.now().map_err(failed)?;
    let minerals = query.mineral.map(|name| codes_of(asked, name)).transpose()?;
    let (as_of, Limit(limit)) = (query.as_of.unwrap_or(NaiveDate::MAX), query.limit);
    let (mut rights, mut next) = (Vec::new(), None);
    for known in seen.rights_after(query.after.map_or(0, |Page(seq)| seq)) {
        let registered = &known.history.registered;
        // A correction of the division counts from the start, but not before it was known.
        let may_match = query.right.is_none_or(|right| registered.right == right)
            && (query.known_at.is_some()
                || query.division.as_ref().is_none_or(|division| division.covers(&registered.division)));
        let history = if may_match { seen.at(known, as_of, query.known_at).map_err(failed)? } else { None };
        let Some(history) = history.filter(|history| matches(history, &query, minerals.as_ref(), as_of, &seen)) else {
            continue;
        };
        if rights.len() == limit {
            next = rights.last().map(|right: &Arc<RightHistory>| right.id.0);
            break;
        }
        rights.push(history);
    }
    ok(asked, query.lang, &Rights { rights, next })
}

/// The codes of a mineral, of the groups that it belongs to and, of a group, of its members.
fn codes_of<'a>(asked: &Asked<'a>, name: &str) -> Result<BTreeSet<&'a str>, Problem<'a>> {
    let book = &asked.service.book;
    let found = calculate(book, Detail::FiguresOnly, |context| context.mineral(At::ROOT.field("mineral"), name));
    let id = found.map_err(|faults| Problem::refused(faults, &Node::Null, &book.minerals))?.result;
    let members = book.minerals.get(id).map_or(&[][..], |mineral| mineral.members.as_slice());
    let ids = book.minerals.with_groups(id).chain(members.iter().copied());
    Ok(ids.map(|id| book.minerals.code(id)).collect())
}

/// Whether a right is one of those asked for; of which kind it is was looked at before.
fn matches(
    history: &RightHistory,
    query: &RightsQuery<'_>,
    minerals: Option<&BTreeSet<&str>>,
    as_of: NaiveDate,
    seen: &Seen<'_>,
) -> bool {
    let holder = history.holder_on(as_of);
    let standing = if history.closed_on.is_some() { Standing::Closed } else { Standing::Open };
    let holds = |text: &str| {
        let registered = &history.registered;
        let party = seen.party(holder);
        let texts = [
            Some(&history.licence_number),
            registered.contract_number.as_ref(),
            party.map(|party| &party.name),
            party.map(|party| &party.code),
        ];
        texts.into_iter().flatten().any(|known| known.contains(text))
    };
    query.division.as_ref().is_none_or(|division| division.covers(&history.registered.division))
        && query.licence_number.is_none_or(|number| history.licence_number == number)
        && query.holder.is_none_or(|wanted| wanted == holder)
        && query.standing.is_none_or(|wanted| wanted == standing)
        && minerals.is_none_or(|codes| history.minerals.iter().any(|code| codes.contains(code.as_str())))
        && query.text.is_none_or(holds)
}

fn right<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let LangOnly { lang } = query(asked)?;
    let id = right_id(asked)?;
    let mut history = history_of(asked, id, None, NaiveDate::MAX)?;
    history.converted_from = View::of(asked)?.converted_from(id).map_err(|error| store_failed(&error))?;
    ok(asked, lang, &history)
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
    let known = statement.lines.iter().filter_map(|line| line.late_fee.known());
    for warning in known.flat_map(|answer| &answer.warnings) {
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
    let known = statement.lines.iter().filter_map(|line| line.late_fee.known());
    for version in known.flat_map(|answer| &answer.versions) {
        if !versions.iter().any(|known: &&Version| known.id == version.id) {
            versions.push(*version);
        }
    }
    let warnings = warnings_of(&statement);
    let dataset = Dataset::of(book);
    ok(asked, lang, &StatementOf { right, statement, known_at, versions, warnings, dataset })
}

/// The work lists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Checks,
    Due,
    Overdue,
    Undeclared,
    Unserved,
    Rejected,
}

fn tasks<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let WorklistQuery { as_of, known_at, after, limit, lang } = query(asked)?;
    let list = match asked.name {
        "due" => List::Due,
        "overdue" => List::Overdue,
        "declarations-missing" => List::Undeclared,
        "notices-unserved" => List::Unserved,
        "fee-sources-rejected" => List::Rejected,
        "checks" => List::Checks,
        _ => return Err(not_found()),
    };
    let histories = histories(asked, as_of, known_at)?;
    let mut tasks: Vec<Task> =
        histories.values().flat_map(|history| tasks_of(history, list, as_of, &asked.service.book)).collect();
    if list == List::Checks {
        let found = receipts_over_items(histories.values().map(|history| &**history));
        let of = |right| histories.get(&right);
        tasks.extend(found.into_iter().filter_map(|finding| Some(of_finding(of(finding.right)?, as_of, finding))));
    }
    tasks.sort_by(|one, other| one.order().cmp(&other.order()));
    let passed = after.map_or(0, |Page(passed)| usize::try_from(passed).unwrap_or(usize::MAX));
    let end = limit.map_or(usize::MAX, |Limit(limit)| passed.saturating_add(limit));
    let next = if end < tasks.len() { Seq::try_from(end).ok() } else { None };
    let tasks = tasks.into_iter().take(end).skip(passed).collect();
    ok(asked, lang, &Tasks { as_of, tasks, next })
}

/// The rights that whoever asks sees, as they stood on a day and were known at a moment, in the order of registration.
fn histories<'a>(
    asked: &Asked<'a>,
    as_of: NaiveDate,
    known_at: Option<Moment>,
) -> Result<BTreeMap<RightId, Arc<RightHistory>>, Problem<'a>> {
    let view = View::of(asked)?;
    let seen = view.now().map_err(|error| store_failed(&error))?;
    // A right that begins after the day has nothing to do on it.
    let there = seen.rights().filter_map(|known| seen.at(known, as_of, known_at).transpose());
    let there = there.map(|history| history.map(|history| (history.id, history)));
    there.collect::<Result<_, _>>().map_err(|error| store_failed(&error))
}

fn nothing_to_do(history: &RightHistory, as_of: NaiveDate) -> Task {
    Task {
        right: history.id,
        payer: history.holder_on(as_of),
        item: None,
        due_on: None,
        deferred_until: None,
        outstanding: None,
        year: None,
        notice: None,
        check: None,
        entries: None,
        law: None,
        found: None,
        expected: None,
    }
}

fn of_finding(history: &RightHistory, as_of: NaiveDate, finding: Finding) -> Task {
    let Finding { check, right: _, item, entries, law, found, expected } = finding;
    Task {
        item,
        check: Some(check),
        entries: Some(entries),
        law: Some(law),
        found: Some(found),
        expected: Some(expected),
        ..nothing_to_do(history, as_of)
    }
}

fn tasks_of(history: &RightHistory, list: List, as_of: NaiveDate, book: &RateBook) -> Vec<Task> {
    let nothing = || nothing_to_do(history, as_of);
    let of_item = |item: &Item| Task {
        item: Some(item.id),
        due_on: item.due_on,
        deferred_until: item.deferred_until(as_of),
        outstanding: Some(item.outstanding()),
        ..nothing()
    };
    match list {
        List::Due => worklist::due_soon(history, as_of).map(of_item).collect(),
        List::Overdue => worklist::overdue(history, as_of).map(of_item).collect(),
        List::Undeclared => {
            let years = worklist::declarations_missing(history, as_of, book);
            years.into_iter().map(|year| Task { year: Some(year), ..nothing() }).collect()
        }
        List::Unserved => worklist::unserved(history)
            .map(|notice| Task { notice: Some(notice.issued.number.clone()), ..nothing() })
            .collect(),
        List::Rejected => worklist::rejected(history)
            .map(|(cursor, by)| Task { entries: Some(vec![cursor, by]), ..nothing() })
            .collect(),
        List::Checks => {
            let found = checks::findings(history, as_of, book);
            found.into_iter().map(|finding| of_finding(history, as_of, finding)).collect()
        }
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
    let (head, audit) = whole(asked, |store| Ok((store.head()?, store.last_audit()?)))?;
    ok(asked, lang, &Heads { head, audit })
}

fn balances<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let BalancesQuery { as_of, known_at, right, lang } = query(asked)?;
    let query = BalanceQuery { as_of: Some(as_of), known_at, subject: right.map(Subject::Right) };
    let balances = View::of(asked)?.balances(query).map_err(|error| store_failed(&error))?;
    let histories = histories(asked, as_of, known_at)?;
    let of = histories.values().filter(|history| right.is_none_or(|right| history.id == right));
    let overdue_items: Vec<Overdue> = of
        .flat_map(|history| worklist::overdue(history, as_of))
        .map(|item| Overdue { item: item.id, amount: item.outstanding() })
        .collect();
    // Sums beyond 10^15 yuan have no form; nothing recorded comes near them.
    let overdue = Yuan::sum(overdue_items.iter().map(|item| item.amount)).map_err(|_| Problem::internal())?;
    ok(asked, lang, &Balances { balances, overdue, overdue_items })
}

fn audit<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let AuditQuery { since, lang } = query(asked)?;
    let after = since.map_or(0, |Page(seq)| seq);
    let accesses = View::of(asked)?.audit_after(after, AUDIT_PAGE).map_err(|error| store_failed(&error))?;
    let next = accesses.last().map(|row| row.seq);
    ok(asked, lang, &Accesses { accesses, next })
}
