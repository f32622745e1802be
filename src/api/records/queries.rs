//! The queries of the records: which right, which day, which page.

use chrono::NaiveDate;

use crate::api::declare::{choice, request_shape};
use crate::api::lang::Lang;
use crate::api::node::Node;
use crate::api::schema::{Described, MineralName, Words, string, whole_number};
use crate::api::shape::{Decode, Faults};
use crate::domain::books::access::Area;
use crate::domain::books::entry::{Moment, PartyId, RightId, Seq, number};
use crate::domain::error::{At, Text};
use crate::domain::start_price::Right;
use crate::text;

/// Rights on one page, unless more or fewer are asked for.
const PAGE: usize = 100;
/// The most that can be asked for.
const LARGEST_PAGE: usize = 1000;

impl<'n> Decode<'n> for Moment {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Moment> {
        let text = <&str>::decode(node, at, faults)?;
        // Of the stored form, or any of RFC 3339: the clock on the wall is eight hours ahead.
        let moment = chrono::DateTime::parse_from_rfc3339(text).ok().map(|moment| Moment(moment.timestamp_millis()));
        if moment.is_none() {
            let detail = Text::fixed(
                "不是 RFC 3339 时刻；请写成 2026-11-21T08:00:00.000Z 或 2026-11-21T16:00:00+08:00",
                "not a moment of RFC 3339: write it as 2026-11-21T08:00:00.000Z or 2026-11-21T16:00:00+08:00",
            );
            faults.report(at, detail);
        }
        moment
    }
}

/// Which day a statement is of.
pub(super) struct StatementQuery {
    pub(super) as_of: NaiveDate,
    pub(super) known_at: Option<Moment>,
    pub(super) lang: Lang,
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

/// Which day balances are of.
pub(super) struct BalancesQuery {
    pub(super) as_of: NaiveDate,
    pub(super) known_at: Option<Moment>,
    pub(super) right: Option<RightId>,
    pub(super) lang: Lang,
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
pub(super) struct Page(pub(super) Seq);

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
        whole_number(words, 0, None)
    }
}

/// How many of what is listed a page may have.
#[derive(Clone, Copy)]
pub(in crate::api) struct Limit(pub(in crate::api) usize);

impl<'n> Decode<'n> for Limit {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Limit> {
        let text = <&str>::decode(node, at, faults)?;
        let limit = number(text).and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit <= LARGEST_PAGE);
        if limit.is_none() {
            faults.report(
                at,
                text!("应为 1 至 {LARGEST_PAGE} 的整数", "must be a whole number from 1 to {LARGEST_PAGE}"),
            );
        }
        limit.map(Limit)
    }
}

impl Described for Limit {
    fn schema(words: Words) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        whole_number(words, 1, u32::try_from(LARGEST_PAGE).ok())
    }
}

/// The beginning of division codes: two digits for a province, four for a city, six for what the code itself covers.
pub(super) struct Division<'n>(&'n str);

impl<'n> Decode<'n> for Division<'n> {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<Division<'n>> {
        let text = <&str>::decode(node, at, faults)?;
        let digits = [2, 4, 6].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            faults.report(
                at,
                Text::fixed(
                    "应为行政区划代码的前 2、4 位或全部 6 位",
                    "must be the first two or four digits of a division code, or all six",
                ),
            );
        }
        digits.then_some(Division(text))
    }
}

impl Described for Division<'_> {
    fn schema(words: Words) -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        string(words, Some(r"^\d{2}(\d{2}){0,2}$"))
    }
}

impl Division<'_> {
    pub(super) fn covers(&self, division: &str) -> bool {
        match Area::new(self.0) {
            Some(area) => area.covers(division),
            None => division.starts_with(self.0),
        }
    }
}

impl<'n> Decode<'n> for PartyId {
    fn decode(node: &'n Node<'n>, at: At<'_>, faults: &mut Faults) -> Option<PartyId> {
        let id = PartyId::parse(<&str>::decode(node, at, faults)?);
        if id.is_none() {
            faults.report(at, Text::fixed("应为当事人的标识，如 P2", "must be the id of a party, such as P2"));
        }
        id
    }
}

/// Whether the licence has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Open,
    Closed,
}

choice!(Standing { "open" => Standing::Open, "closed" => Standing::Closed });

/// Which parties.
pub(super) struct PartiesQuery<'n> {
    pub(super) after: Option<Page>,
    pub(super) limit: Limit,
    pub(super) code: Option<&'n str>,
    pub(super) text: Option<&'n str>,
    pub(super) lang: Lang,
}

request_shape! {
    PartiesQuery<'n> as "PartiesQuery" {
        /// 上一页给出的 next · `next` of the page before.
        after: Option<Page> = 103;
        /// 每页个数，默认 100，至多 1000 · Parties on a page, 100 unless said, at most 1000.
        limit: Limit = 100, left_out Limit(PAGE);
        /// 统一社会信用代码，全部 · Unified social credit code, all of it.
        code: Option<&'n str> = "91350100M000100Y43";
        /// 名称或信用代码中的一段 · A part of the name or the code.
        text: Option<&'n str> = "矿业";
        /// 文字的语言，默认中文 · Language of texts, Chinese unless said.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

/// Which rights.
pub(super) struct RightsQuery<'n> {
    pub(super) after: Option<Page>,
    pub(super) limit: Limit,
    pub(super) division: Option<Division<'n>>,
    pub(super) holder: Option<PartyId>,
    pub(super) mineral: Option<&'n str>,
    pub(super) right: Option<Right>,
    pub(super) standing: Option<Standing>,
    pub(super) licence_number: Option<&'n str>,
    pub(super) text: Option<&'n str>,
    pub(super) as_of: Option<NaiveDate>,
    pub(super) known_at: Option<Moment>,
    pub(super) lang: Lang,
}

request_shape! {
    RightsQuery<'n> as "RightsQuery" {
        /// 上一页给出的 next · `next` of the page before.
        after: Option<Page> = 103;
        /// 每页个数，默认 100，至多 1000 · Rights on a page, 100 unless said, at most 1000.
        limit: Limit = 100, left_out Limit(PAGE);
        /// 行政区划代码或其前 2、4 位 · Division code, or its first two or four digits.
        division: Option<Division<'n>> = "3701";
        /// 持有人 · The holder.
        holder: Option<PartyId> = "P2";
        /// 矿种：登记矿种之一，组名含其成员 · One of its minerals; a group stands for its members.
        mineral: Option<&'n str>, like Option<MineralName> = "煤";
        /// 探矿权或采矿权 · Exploration or mining.
        right: Option<Right> = "mining";
        /// 未注销或已注销 · Whether the licence has ended.
        standing: Option<Standing> = "open";
        /// 许可证号，全部 · Number of the licence, all of it.
        licence_number: Option<&'n str> = "C1000002023051110000001";
        /// 许可证号、合同编号、持有人名称或信用代码中的一段 · A part of the licence or contract number, or of the holder's name or code.
        text: Option<&'n str> = "矿业";
        /// 截至，默认为全部记录 · The day; everything recorded unless said.
        as_of: Option<NaiveDate> = "2023-07-16";
        /// 按该时刻已知的记录 · As known at this moment.
        known_at: Option<Moment> = "2026-11-21T08:00:00.000Z";
        /// 文字的语言，默认中文 · Language of texts, Chinese unless said.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

/// Which day a work list is of.
pub(super) struct WorklistQuery {
    pub(super) as_of: NaiveDate,
    pub(super) known_at: Option<Moment>,
    pub(super) after: Option<Page>,
    pub(super) limit: Option<Limit>,
    pub(super) lang: Lang,
}

request_shape! {
    WorklistQuery as "WorklistQuery" {
        /// 截至 · The day.
        as_of: NaiveDate = "2023-07-16";
        /// 按该时刻已知的记录；分页读取时填同一时刻，各页才属于同一清单 · As known at this moment; the same one for all pages, so that they are of one list.
        known_at: Option<Moment> = "2026-11-21T08:00:00.000Z";
        /// 上一页给出的 next · `next` of the page before.
        after: Option<Page> = 100;
        /// 每页件数，至多 1000；不填为全部 · Tasks on a page, at most 1000; all of them unless said.
        limit: Option<Limit> = 100;
        /// 文字的语言，默认中文 · Language of texts, Chinese unless said.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

/// From where on.
pub(super) struct AuditQuery {
    pub(super) since: Option<Page>,
    pub(super) lang: Lang,
}

request_shape! {
    AuditQuery as "AuditQuery" {
        /// 此号之后，缺省为全部；续读用上一页的 next · After this number, from the first unless said; go on with `next`.
        since: Option<Page> = 40;
        /// 文字的语言，默认中文 · Language of texts, Chinese unless said.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}
