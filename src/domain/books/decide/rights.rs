//! Decisions about parties and rights themselves (arts 16, 18, 21).

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::paid::moves_forward;
use super::{Decision, Desk, Stop, entry, filled, not_before, sound};
use crate::domain::books::account::{Account, EntrySet};
use crate::domain::books::command::{ChangeRight, CloseRight, RegisterParty, RegisterRight, TransferRight};
use crate::domain::books::entry::{NewEntry, PartyId, RightId, Subject};
use crate::domain::books::event::{
    Event, ItemKind, PartyRegistered, Register, RightChanged, RightClosed, RightRegistered, RightTransferred,
};
use crate::domain::books::history::RightHistory;
use crate::domain::books::money::known_division;
use crate::domain::context::Context;
use crate::domain::dates::Period;
use crate::domain::error::{At, Text};
use crate::domain::identity::{ContractNumber, CreditCode};
use crate::domain::law::measures;
use crate::domain::quantity::{AreaKm2, Percent};
use crate::domain::revenue_split::{self, Area, Location, Scheme};
use crate::domain::start_price::Right;
use crate::domain::transfer_income::TransferMode;

impl Desk<'_> {
    pub(super) fn register_party(&self, body: &RegisterParty<'_>, context: &mut Context<'_>) -> Decision<NewEntry> {
        let code = CreditCode::new(body.code);
        if code.is_err() {
            let detail = Text::fixed(
                "不是统一社会信用代码：应为 18 位，末位为校验码（GB 32100）",
                "not a unified social credit code: 18 signs, the last one a check digit (GB 32100)",
            );
            context.invalid(At::ROOT.field("code"), detail, None);
        }
        let name = filled(At::ROOT.field("name"), body.name, context);
        sound(context)?;
        let (code, name) = (code.map_err(|_| Stop::Faulty)?, name.ok_or(Stop::Faulty)?);
        self.name_is_free(Register::PartyCode, code.as_str())?;
        Ok(NewEntry {
            // The number is that of the entry, which whoever records it knows.
            subject: Subject::Party(PartyId(0)),
            effective_on: body.effective_on,
            event: Event::PartyRegistered(PartyRegistered { code: code.as_str().to_owned(), name }),
            set: Default::default(),
        })
    }

    pub(super) fn register_right(&self, body: &RegisterRight<'_>, context: &mut Context<'_>) -> Decision<NewEntry> {
        let holder = self.party(At::ROOT.field("holder"), body.holder, context)?;
        let licence_number = filled(At::ROOT.field("licence_number"), body.licence_number, context);
        let contract_number =
            body.contract_number.map(|text| contract(At::ROOT.field("contract_number"), text, context));
        let rate = context.optional_quantity(
            At::ROOT.field("contract_rate_percent"),
            body.contract_rate_percent,
            Percent::part,
        );
        let minerals = minerals(At::ROOT.field("minerals"), &body.minerals, &[], context);
        if body.minerals.is_empty() {
            let detail = Text::fixed("至少应有一种矿产", "name at least one mineral");
            context.invalid(At::ROOT.field("minerals"), detail, Some(measures("16")));
        }
        let area = context.quantity(At::ROOT.field("area_km2"), body.area_km2, AreaKm2::new);
        check_term(body.term_from, body.term_to, context);
        if body.transfer_mode == TransferMode::Competitive && body.contract_signed_on.is_none() {
            // Without it no year could ever be declared: the rate is that of the day of the transfer.
            let detail = Text::fixed(
                "竞争出让的收益率按出让日的矿种目录确定，请填写合同签订日",
                "a competitive grant has the rate of the day of the transfer: give the day of the contract",
            );
            context.unknown(At::ROOT.field("contract_signed_on"), detail, Some(measures("8")));
        }
        check_division(body, context);
        sound(context)?;
        let licence_number = licence_number.ok_or(Stop::Faulty)?;
        self.name_is_free(Register::LicenceNumber, &licence_number)?;
        let registered = RightRegistered {
            right: body.right,
            holder: holder.ok_or(Stop::Faulty)?,
            licence_number,
            contract_number: contract_number.flatten(),
            contract_signed_on: body.contract_signed_on,
            transfer_mode: body.transfer_mode,
            contract_rate_percent: rate.map(Percent::value),
            division: body.division.to_owned(),
            area: body.area,
            scheme: body.scheme.map(str::to_owned),
            minerals,
            area_km2: area.ok_or(Stop::Faulty)?.value(),
            term_from: body.term_from,
            term_to: body.term_to,
            mine_scale: body.mine_scale,
        };
        Ok(NewEntry {
            subject: Subject::Right(RightId(0)),
            effective_on: body.effective_on,
            event: Event::RightRegistered(registered),
            set: Default::default(),
        })
    }

    pub(super) fn change_right(
        &self,
        right: &RightHistory,
        body: &ChangeRight<'_>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        open(right)?;
        not_before(At::ROOT.field("effective_on"), body.effective_on, latest_of(right), context);
        let reason = filled(At::ROOT.field("reason"), body.reason, context);
        let added_minerals = minerals(At::ROOT.field("added_minerals"), &body.added_minerals, &right.minerals, context);
        check_term(body.term_from.or(right.term.0), body.term_to.or(right.term.1), context);
        if body.added_minerals.is_empty()
            && [body.term_from, body.term_to].iter().all(Option::is_none)
            && body.mine_scale.is_none()
        {
            context.invalid(At::ROOT, Text::fixed("没有任何变更", "nothing changes"), None);
        }
        sound(context)?;
        let event = RightChanged {
            added_minerals,
            term_from: body.term_from,
            term_to: body.term_to,
            mine_scale: body.mine_scale,
            reason: reason.ok_or(Stop::Faulty)?,
        };
        Ok(entry(right, body.effective_on, Event::RightChanged(event)))
    }

    pub(super) fn transfer_right(
        &self,
        right: &RightHistory,
        body: &TransferRight<'_>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        open(right)?;
        let last = right.holders.iter().map(|(from, _)| *from).max();
        not_before(At::ROOT.field("effective_on"), body.effective_on, last, context);
        let to = self.party(At::ROOT.field("to"), body.to, context)?;
        let reason = filled(At::ROOT.field("reason"), body.reason, context);
        sound(context)?;
        let to = to.ok_or(Stop::Faulty)?;
        if to == right.holder_on(body.effective_on) {
            return Err(Stop::Conflict(Text::fixed("受让人已持有该矿业权", "the party already holds the right")));
        }
        let event = RightTransferred { to, reason: reason.ok_or(Stop::Faulty)? };
        Ok(entry(right, body.effective_on, Event::RightTransferred(event)))
    }

    pub(super) fn close_right(
        &self,
        right: &RightHistory,
        body: &CloseRight<'_>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        open(right)?;
        not_before(At::ROOT.field("effective_on"), body.effective_on, latest_of(right), context);
        let reason = filled(At::ROOT.field("reason"), body.reason, context);
        // What waits for a conversion ends with the exploration right (art. 11(3)): it lapses, or goes on in the plan of the
        // mining right. What a notice asks for stays owed.
        let mut set = EntrySet::default();
        for item in right.items.values().filter(|item| item.kind == ItemKind::OnConversion && item.due_on.is_none()) {
            let mut noticed = right.notices.values().flat_map(|notice| &notice.issued.items);
            let (open, is_noticed) = (item.outstanding(), noticed.any(|line| line.item == item.id));
            if right.registered.right == Right::Exploration && !open.is_zero() && !is_noticed {
                moves_forward(At::ROOT.field("effective_on"), right, item, body.effective_on, context)?;
                set = set.and(EntrySet::moved(item.id, open, Account::Receivable, Account::Assessed));
            }
        }
        sound(context)?;
        let event = Event::RightClosed(RightClosed { reason: reason.ok_or(Stop::Faulty)? });
        Ok(NewEntry { set, ..entry(right, body.effective_on, event) })
    }
}

/// The day from which the holder and the right itself are as they are.
fn latest_of(right: &RightHistory) -> Option<NaiveDate> {
    right.holders.iter().map(|(from, _)| *from).max()
}

fn open(right: &RightHistory) -> Decision<()> {
    match right.closed_on {
        Some(_) => Err(Stop::Conflict(Text::fixed("该矿业权已注销", "the right is closed"))),
        None => Ok(()),
    }
}

/// The codes of minerals, each named once and none of those known already.
fn minerals(at: At<'_>, names: &[&str], known: &[String], context: &mut Context<'_>) -> Vec<String> {
    let mut codes: Vec<String> = Vec::with_capacity(names.len());
    let mut seen: BTreeSet<String> = known.iter().cloned().collect();
    for (index, name) in names.iter().enumerate() {
        let at = at.item(index);
        let Some(mineral) = context.mineral(at, name) else { continue };
        let code = context.book().minerals.code(mineral).to_owned();
        if seen.insert(code.clone()) {
            codes.push(code);
        } else {
            context.invalid(at, Text::fixed("该矿种已登记", "the mineral is already registered"), None);
        }
    }
    codes
}

/// The number of a contract in any form that one may have; whether it has the form of today is one of the checks.
fn contract(at: At<'_>, text: &str, context: &mut Context<'_>) -> Option<String> {
    let read = ContractNumber::new(text.trim()).ok();
    if read.is_none() {
        let detail =
            Text::fixed("请填写 1 至 60 个字符，不含控制字符", "write 1 to 60 characters without control characters");
        context.invalid(at, detail, None);
    }
    read.map(|number| number.as_str().to_owned())
}

fn check_term(from: Option<NaiveDate>, to: Option<NaiveDate>, context: &mut Context<'_>) {
    if let (Some(from), Some(to)) = (from, to)
        && Period::new(from, to).is_err()
    {
        let detail = Text::fixed("许可证的最后一日早于第一日", "the last day of the licence is before its first");
        context.invalid(At::ROOT.field("term_to"), detail, None);
    }
}

/// Six digits of a known province, and a class of its scheme where today's scheme needs one.
fn check_division(body: &RegisterRight<'_>, context: &mut Context<'_>) {
    let at = At::ROOT.field("division");
    let digits = body.division.len() == 6 && body.division.bytes().all(|byte| byte.is_ascii_digit());
    let known = if digits { known_division(context.book(), body.division) } else { None };
    let Some(known) = known else {
        let detail = Text::fixed("请用六位行政区划代码（GB/T 2260）", "use the six-digit division code (GB/T 2260)");
        context.invalid(at, detail, None);
        return;
    };
    if context.book().split.at(body.effective_on).is_ok() {
        let scheme = body.scheme.map(Scheme::Class);
        let location = Location::Single(Area { kind: body.area, province: Some(&known), scheme });
        let paid_on = (At::ROOT.field("effective_on"), body.effective_on);
        revenue_split::treasuries(At::ROOT, &location, paid_on, None, context);
    }
}
