//! The exchange with the tax office over HTTP: fee-source records by a cursor, receipts back (arts 23, 24, 27).

mod csv;
mod receipts;

use std::borrow::Cow;

use actix_web::http::header::HeaderName;
use chrono::NaiveDate;

pub(in crate::api) use csv::MEDIA_TYPE as CSV;
pub(in crate::api) use receipts::neither;
pub use receipts::{RECEIPTS, Receive, operation};

use super::queries::Page;
use super::reading::{Answer, described};
use super::store_failed;
use super::view::View;
use crate::api::declare::{RequestFields, answer_shape, choice, request_shape};
use crate::api::error::{ErrorCode, Problem};
use crate::api::lang::Lang;
use crate::api::node::Node;
use crate::api::reply::{JSON, Reply};
use crate::api::resources::{ok, query};
use crate::api::routes::{Action, AnswerExample, Asked, Consult, Form, ReadDoc, Route};
use crate::api::schema::{Described, Words, whole_number};
use crate::api::shape::{Decode, Faults};
use crate::domain::books::access::Permission;
use crate::domain::books::entry::{ItemId, Moment, PartyId, RightId, Seq, number};
use crate::domain::books::event::{PartyRegistered, TreasuryShares};
use crate::domain::books::exchange::{FeeLine, FeeSource};
use crate::domain::context::{Detail, calculate};
use crate::domain::error::{At, Text};
use crate::domain::money::Yuan;
use crate::domain::rate_book::RateBook;
use crate::domain::revenue_split::account;
use crate::domain::start_price::Right;
use crate::text;

/// Headers of a CSV answer: what `next` and `more` are in one of JSON.
const NEXT: HeaderName = HeaderName::from_static("exchange-next");
const MORE: HeaderName = HeaderName::from_static("exchange-more");

choice!(Form { "json" => Form::Json, "csv" => Form::Csv });

/// How many records a page has at most: 1 to 1000.
#[derive(Clone, Copy)]
struct Limit(u32);

impl<'n> Decode<'n> for Limit {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Limit> {
        let limit = number(<&str>::decode(node, at, faults)?).and_then(|limit| u32::try_from(limit).ok());
        let limit = limit.filter(|limit| (1..=1000).contains(limit)).map(Limit);
        if limit.is_none() {
            faults.report(at, Text::fixed("应为 1 至 1000 的整数", "must be a whole number from 1 to 1000"));
        }
        limit
    }
}

impl Described for Limit {
    fn schema(words: Words) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        whole_number(words, 1, Some(1000))
    }
}

struct FeeSourceQuery {
    since: Option<Page>,
    until: Option<Page>,
    limit: Limit,
    format: Option<Form>,
    lang: Lang,
}

request_shape! {
    FeeSourceQuery as "FeeSourceQuery" {
        /// 此游标之后，缺省为全部；续读用上一页的 next · After this cursor, from the first unless said; go on with `next`.
        since: Option<Page> = 40;
        /// 至此游标为止；重取一段时用 · Up to this cursor, to read a range again.
        until: Option<Page> = 80;
        /// 每页至多的记录数，1 至 1000，默认 100 · Records on a page, at most.
        limit: Limit = 100, left_out Limit(100);
        /// json 或 csv；缺省按 Accept · json or csv; by `Accept` unless said.
        format: Option<Form> = "csv";
        /// 文字的语言，默认中文 · Language of texts, Chinese unless said.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

answer_shape! {
    /// 各级国库的份额 · What each treasury gets or gives.
    TreasuryShares as "TreasuryAmounts" {
        /// 中央（元）· Central.
        central: Yuan = "40000.00";
        /// 地方合计（元）· All local treasuries together.
        local: Yuan = "60000.00";
        /// 省级（元）· Province, where a scheme divides the local part.
        province: Option<Yuan> = "18000.00";
        /// 市级（元）· City.
        city: Option<Yuan> = "12000.00";
        /// 县级（元）· County.
        county: Option<Yuan> = "30000.00";
    }
}

answer_shape! {
    /// 费源记录中的一个应缴项，为该记录后的状态 · An item as it stands after the record.
    FeeLine as "FeeSourceItem" {
        /// 应缴项 · The item.
        item: ItemId = "I6-1";
        /// 款项种类 · What it is owed for.
        kind: &'static str = "price", from |it| it.kind.code();
        /// 总额（元）· Owed in all.
        amount: Yuan = "100000.00";
        /// 到期日；待送达或待转采的缺省 · Due date; absent while it waits for a notice or a conversion.
        due_on: Option<NaiveDate> = "2023-07-08";
        /// 申报年度 · The year declared.
        year: Option<i32> = 2024;
        /// 通知书所列金额（元）· What the notice asks for.
        notified: Option<Yuan> = "100000.00";
        /// 缓缴自该日（第二十二条）· First day of a deferral (art. 22).
        deferred_from: Option<NaiveDate> = "2023-07-02";
        /// 缓缴至该日 · Its last day.
        deferred_to: Option<NaiveDate> = "2023-07-31";
        /// 已计收的滞纳金（元）· Late fee charged so far.
        late_fee: Option<Yuan> = "800.00";
        /// 应退或已退（元）· To be refunded, or refunded.
        refund: Option<Yuan> = "100.00";
    }
}

/// A record with the payer and the account.
pub(super) struct Pushed {
    source: FeeSource,
    payer: PartyRegistered,
    account: String,
}

answer_shape! {
    /// 一条费源信息 · A fee-source record.
    Pushed as "FeeSource" {
        /// 游标，即记录号 · The cursor.
        cursor: Seq = 9, from |it| it.source.seq;
        /// 种类，即记录的种类 · Kind of the entry.
        kind: &'static str = "notice_issued", from |it| it.source.kind;
        /// 生效日 · The day of effect.
        effective_on: NaiveDate = "2023-06-05", from |it| it.source.effective_on;
        /// 记录时刻（UTC）· When it was recorded.
        recorded_at: Moment = "2026-11-21T08:00:00.000Z", from |it| it.source.recorded_at;
        /// 收回的游标（kind 为 reversal）· The cursor of the record that it takes back.
        takes_back: Option<Seq> = 7, from |it| it.source.takes_back;
        /// 矿业权 · The right.
        right: RightId = "R3", from |it| it.source.right;
        /// 探矿权或采矿权 · Exploration or mining.
        right_kind: Right = "mining", from |it| it.source.right_kind;
        /// 许可证号 · Number of the licence.
        licence_number: String = "C1000002023051110000001", from |it| it.source.licence_number.clone();
        /// 合同编号 · Number of the contract.
        contract_number: Option<String> = "CKHT-2023-001", from |it| it.source.contract_number.clone();
        /// 合同签订日 · Day of the contract.
        contract_signed_on: Option<NaiveDate> = "2023-05-01", from |it| it.source.contract_signed_on;
        /// 行政区划代码 · Division code.
        division: String = "370105", from |it| it.source.division.clone();
        /// 矿种代码，首个为主矿种 · Codes of minerals, the main one first.
        minerals: Vec<String> = ["coal"], from |it| it.source.minerals.clone();
        /// 生效日的缴款人 · Who pays on the day of effect.
        payer: PartyId = "P2", from |it| it.source.payer;
        /// 缴款人名称 · Its name.
        payer_name: String = "某某矿业有限公司", from |it| it.payer.name.clone();
        /// 缴款人统一社会信用代码 · Its unified social credit code.
        payer_code: String = "91350100M000100Y43", from |it| it.payer.code.clone();
        /// 科目 · The account.
        account: String = "103071404", from |it| it.account.clone();
        /// 通知书号 · Number of the notice.
        notice: Option<String> = "3701052023000001", from |it| it.source.notice.clone();
        /// 分成：通知书所列或已退 · Shares of what a notice asks for, or of what was refunded.
        shares: Option<TreasuryShares> = {"central": "40000.00", "local": "60000.00"}, from |it| it.source.shares.clone();
        /// 所涉应缴项 · The items that it is about.
        items: Vec<FeeLine> = [], from |it| it.source.lines.clone();
        /// 事由或文号 · Why, or the number of the decision.
        reason: Option<String> = "变更登记〔2024〕1号", from |it| it.source.reason.clone();
        /// 探矿权转成的采矿权 · The mining right that an exploration right became.
        converted_to: Option<RightId> = "R7", from |it| it.source.converted_to;
    }
}

struct FeeSources {
    records: Vec<Pushed>,
    next: Seq,
    more: bool,
}

answer_shape! {
    /// 费源信息 · Fee-source records.
    FeeSources as "FeeSourceList" {
        /// 记录，按游标 · Records in the order of their cursors.
        records: Vec<Pushed> = [];
        /// 续读时的 since · `since` of the next page.
        next: Seq = 80;
        /// 是否还有 · Whether there are more now.
        more: bool = false;
    }
}

/// The fee-source records.
pub(super) const FEE_SOURCES: Route = Route {
    pattern: "/v1/exchange/fee-sources",
    action: Action::Records {
        read: Some(Consult { permission: Permission::ReadFeeSources, read: fee_sources, also: Some(CSV) }),
        write: None,
    },
    doc: Some(ReadDoc {
        operation_id: "listFeeSources",
        tag: "records",
        summary: "费源信息 · Fee-source records",
        description: "供税务部门按游标读取（财综〔2023〕10号第二十三、二十四条）。影响征收的每条记录一条，内容只依据该记录及以前的记录，\
            重取不变；至少送达一次，以游标去重。CSV 每个应缴项一行，续读的游标在应答头 Exchange-Next、Exchange-More 中。\n\n\
            For the tax office, by a cursor: one record for every entry that matters to the collection, made of that entry and those \
            before it, so that it is the same whenever it is read. At least once; the cursor tells repetitions. CSV has a line for \
            each item, and the cursor in the headers Exchange-Next and Exchange-More.",
        path_parameter: None,
        query: FeeSourceQuery::fields,
        media_type: JSON,
        answer: described::<FeeSources>,
        errors: &[ErrorCode::Conflict],
        example: AnswerExample::Written(r#"{"records": [], "next": 80, "more": false}"#),
    }),
};

/// The account of the income on a day (art. 25).
fn account_on(day: NaiveDate, book: &RateBook) -> String {
    let found = calculate(book, Detail::FiguresOnly, |context| account(day, context));
    found.map(|found| found.result).unwrap_or_default()
}

fn fee_sources<'a>(asked: &Asked<'a>) -> Answer<'a> {
    let FeeSourceQuery { since, until, limit: Limit(limit), format, lang } = query(asked)?;
    let since = since.map_or(0, |Page(seq)| seq);
    let until = until.map_or(Seq::MAX, |Page(seq)| seq);
    let view = View::of(asked)?;
    let head = view.last().map_err(|error| store_failed(&error))?;
    if since > head {
        // Answered with nothing, it would skip what is recorded from now on up to it.
        let detail = text!(
            "游标 {since} 在最后一条记录（{head}）之后，不是本记录库给出的；记录库如已恢复为较早的备份，请从其末尾续读",
            "the cursor {since} is after the last entry ({head}) and was not given by these records: if they were restored from a backup, go on from its end"
        );
        return Err(Problem::at("/since", ErrorCode::Conflict, detail));
    }
    let page = view.fee_sources(since, until, limit).map_err(|error| store_failed(&error))?;
    let mut records = Vec::with_capacity(page.sources.len());
    for source in page.sources {
        let payer =
            view.payer_at(source.payer, source.seq, source.effective_on).map_err(|error| store_failed(&error))?;
        let account = account_on(source.effective_on, &asked.service.book);
        records.push(Pushed { source, payer, account });
    }
    let answer = FeeSources { records, next: page.next, more: page.more };
    match format.unwrap_or(asked.form) {
        Form::Json => ok(asked, lang, &answer),
        Form::Csv => {
            let mut reply = Reply::new(200, CSV, csv::table(&answer.records));
            let headers = [(NEXT, answer.next.to_string()), (MORE, answer.more.to_string())];
            reply.headers.extend(headers.map(|(name, value)| (name, Cow::from(value))));
            Ok(reply)
        }
    }
}
