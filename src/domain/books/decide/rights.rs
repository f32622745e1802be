//! Decisions about parties and rights themselves (arts 16, 18, 21).

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::paid::moves_forward;
use super::{Decision, Desk, Stop, entry, filled, not_before, sound};
use crate::domain::books::account::{Account, EntrySet};
use crate::domain::books::command::{
    ChangeRight, CloseRight, ConvertRight, CorrectParty, CorrectRight, RegisterParty, RegisterRight, TransferRight,
};
use crate::domain::books::entry::{NewEntry, PartyId, RightId, Subject};
use crate::domain::books::event::{
    Event, ItemKind, PartyCorrected, PartyRegistered, Register, RightChanged, RightClosed, RightConverted,
    RightCorrected, RightRegistered, RightTransferred,
};
use crate::domain::books::history::RightHistory;
use crate::domain::books::money::known_division;
use crate::domain::context::Context;
use crate::domain::dates::Period;
use crate::domain::error::{At, Text};
use crate::domain::identity::{ContractNumber, CreditCode};
use crate::domain::law::measures;
use crate::domain::place::AreaKind;
use crate::domain::quantity::{AreaKm2, Percent};
use crate::domain::revenue_split::{self, Area, Location, Scheme};
use crate::domain::start_price::Right;
use crate::domain::transfer_income::TransferMode;
use crate::text;

impl Desk<'_> {
    pub(super) fn register_party(&self, body: &RegisterParty<'_>, context: &mut Context<'_>) -> Decision<NewEntry> {
        let code = credit_code(At::ROOT.field("code"), body.code, context);
        let name = filled(At::ROOT.field("name"), body.name, context);
        sound(context)?;
        let (code, name) = (code.ok_or(Stop::Faulty)?, name.ok_or(Stop::Faulty)?);
        self.name_is_free(Register::PartyCode, &code)?;
        Ok(NewEntry {
            // The number is that of the entry, which whoever records it knows.
            subject: Subject::Party(PartyId(0)),
            effective_on: body.effective_on,
            event: Event::PartyRegistered(PartyRegistered { code, name }),
            set: Default::default(),
        })
    }

    pub(super) fn correct_party(
        &self,
        id: PartyId,
        body: &CorrectParty<'_>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let party = self.shelf.party(id)?.ok_or(Stop::Unknown)?;
        let registered_on = self.shelf.entry(id.0)?.ok_or(Stop::Unknown)?.effective_on;
        let at = At::ROOT.field("effective_on");
        let effective_on = body.effective_on.unwrap_or(registered_on);
        not_before(at, effective_on, Some(registered_on), context);
        let code = body.code.map(|code| credit_code(At::ROOT.field("code"), code, context));
        let name = body.name.map(|name| filled(At::ROOT.field("name"), name, context));
        let reason = filled(At::ROOT.field("reason"), body.reason, context);
        let (code, name) = (code.flatten(), name.flatten());
        let same = |given: &Option<String>, known: &String| given.as_ref().is_none_or(|given| given == known);
        if context.is_sound() && same(&code, &party.code) && same(&name, &party.name) {
            context.invalid(At::ROOT, Text::fixed("没有任何更正", "nothing is corrected"), None);
        }
        sound(context)?;
        if let Some(code) = code.as_ref().filter(|code| **code != party.code) {
            self.name_is_free(Register::PartyCode, code)?;
        }
        let event = PartyCorrected { code, name, reason: reason.ok_or(Stop::Faulty)? };
        Ok(NewEntry {
            subject: Subject::Party(id),
            effective_on,
            event: Event::PartyCorrected(event),
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
        let minerals = all_minerals(&body.minerals, context);
        let area = context.quantity(At::ROOT.field("area_km2"), body.area_km2, AreaKm2::new);
        check_term(body.term_from, body.term_to, context);
        check_contract(body.transfer_mode, body.contract_signed_on, body.effective_on, context);
        check_division([Some(body.division), body.scheme], body.area, body.effective_on, context);
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

    pub(super) fn correct_right(
        &self,
        right: &RightHistory,
        body: &CorrectRight<'_>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let known = &right.registered;
        let holder = match body.holder {
            Some(holder) => self.party(At::ROOT.field("holder"), holder, context)?,
            None => None,
        };
        let licence = body.licence_number.map(|text| filled(At::ROOT.field("licence_number"), text, context));
        let contract_number =
            body.contract_number.map(|text| contract(At::ROOT.field("contract_number"), text, context));
        let rate = context.optional_quantity(
            At::ROOT.field("contract_rate_percent"),
            body.contract_rate_percent,
            Percent::part,
        );
        let minerals = body.minerals.as_ref().map(|names| all_minerals(names, context));
        let area_km2 = context.optional_quantity(At::ROOT.field("area_km2"), body.area_km2, AreaKm2::new);
        let reason = filled(At::ROOT.field("reason"), body.reason, context);
        let corrected = RightCorrected {
            holder,
            licence_number: licence.flatten(),
            contract_number: contract_number.flatten(),
            contract_signed_on: body.contract_signed_on,
            transfer_mode: body.transfer_mode,
            contract_rate_percent: rate.map(Percent::value),
            division: body.division.map(str::to_owned),
            area: body.area,
            scheme: body.scheme.map(str::to_owned),
            minerals,
            area_km2: area_km2.map(AreaKm2::value),
            term_from: body.term_from,
            term_to: body.term_to,
            mine_scale: body.mine_scale,
            reason: reason.unwrap_or_default(),
        };
        let after = corrected.applied(known.clone());
        check_term(after.term_from, after.term_to, context);
        check_contract(after.transfer_mode, after.contract_signed_on, right.registered_on, context);
        let place = [Some(after.division.as_str()), after.scheme.as_deref()];
        check_division(place, after.area, right.registered_on, context);
        if context.is_sound() && after == *known {
            context.invalid(At::ROOT, Text::fixed("没有任何更正", "nothing is corrected"), None);
        }
        sound(context)?;
        if after.licence_number != known.licence_number {
            self.name_is_free(Register::LicenceNumber, &after.licence_number)?;
        }
        if right.holders.iter().any(|(from, _)| *from > right.registered_on) && after.holder != known.holder {
            return Err(Stop::Conflict(Text::fixed(
                "已有转让；更正原持有人，请先冲销转让",
                "the right was transferred: reverse that first to correct its first holder",
            )));
        }
        let dropped = known.minerals.iter().filter(|code| !after.minerals.contains(code));
        if let Some((code, seq)) = dropped.filter_map(|code| Some((code, right.declares(code)?))).next() {
            return Err(Stop::Conflict(text!(
                "第 {seq} 号记录申报了 {code}，请先冲销它",
                "entry {seq} declares {code}: reverse that first"
            )));
        }
        // From the start: what changes later has entries of its own.
        Ok(entry(right, right.registered_on, Event::RightCorrected(corrected)))
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
        let licence = body.licence_number.and_then(|text| filled(At::ROOT.field("licence_number"), text, context));
        if body.added_minerals.is_empty()
            && [body.term_from, body.term_to].iter().all(Option::is_none)
            && body.mine_scale.is_none()
            && body.licence_number.is_none()
        {
            context.invalid(At::ROOT, Text::fixed("没有任何变更", "nothing changes"), None);
        }
        sound(context)?;
        if let Some(number) = &licence {
            self.name_is_free(Register::LicenceNumber, number)?;
        }
        let event = RightChanged {
            added_minerals,
            term_from: body.term_from,
            term_to: body.term_to,
            mine_scale: body.mine_scale,
            licence_number: licence,
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
        let set = what_waits_ends(right, body.effective_on, context)?;
        sound(context)?;
        let event = Event::RightClosed(RightClosed { reason: reason.ok_or(Stop::Faulty)? });
        Ok(NewEntry { set, ..entry(right, body.effective_on, event) })
    }

    pub(super) fn convert_right(
        &self,
        right: &RightHistory,
        body: &ConvertRight<'_>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        open(right)?;
        if right.registered.right != Right::Exploration {
            return Err(Stop::Conflict(Text::fixed("只有探矿权可以转采", "only an exploration right is converted")));
        }
        let (at, to) = (At::ROOT.field("effective_on"), At::ROOT.field("to"));
        not_before(at, body.effective_on, latest_of(right), context);
        let reason = filled(At::ROOT.field("reason"), body.reason, context);
        let known = RightId::parse(body.to).map(|id| self.shelf.right(id)).transpose()?.flatten();
        let Some(mining) = known.filter(|other| other.registered.right == Right::Mining) else {
            let detail = Text::fixed("没有该采矿权，请用其标识，如 R7", "no such mining right: use its id, such as R7");
            context.invalid(to, detail, Some(measures("11(3)")));
            return Err(Stop::Faulty);
        };
        if mining.closed_on.is_some() {
            return Err(Stop::Conflict(Text::fixed("该采矿权已注销", "the mining right is closed")));
        }
        not_before(at, body.effective_on, Some(mining.registered_on), context);
        if mining.holder_on(body.effective_on) != right.holder_on(body.effective_on) {
            let detail = Text::fixed(
                "该日两个矿业权的持有人不同；请先登记转让",
                "the two rights have different holders on that day: record the transfer first",
            );
            context.invalid(to, detail, Some(measures("18")));
        }
        let set = what_waits_ends(right, body.effective_on, context)?;
        sound(context)?;
        let event = RightConverted { to: mining.id, reason: reason.ok_or(Stop::Faulty)? };
        Ok(NewEntry { set, ..entry(right, body.effective_on, Event::RightConverted(event)) })
    }
}

/// What waits for a conversion ends with the exploration right (art. 11(3)): it lapses, or goes on in the plan of the mining
/// right. What a notice asks for stays owed.
fn what_waits_ends(right: &RightHistory, day: NaiveDate, context: &mut Context<'_>) -> Decision<EntrySet> {
    let mut set = EntrySet::default();
    for item in right.items.values().filter(|item| item.kind == ItemKind::OnConversion && item.due_on.is_none()) {
        let mut noticed = right.notices.values().flat_map(|notice| &notice.issued.items);
        let (open, is_noticed) = (item.outstanding(), noticed.any(|line| line.item == item.id));
        if right.registered.right == Right::Exploration && !open.is_zero() && !is_noticed {
            moves_forward(At::ROOT.field("effective_on"), right, item, day, context)?;
            set = set.and(EntrySet::moved(item.id, open, Account::Receivable, Account::Assessed));
        }
    }
    Ok(set)
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

/// A credit code whose check digit is right.
fn credit_code(at: At<'_>, text: &str, context: &mut Context<'_>) -> Option<String> {
    let code = CreditCode::new(text).ok();
    if code.is_none() {
        let detail = Text::fixed(
            "不是统一社会信用代码：应为 18 位，末位为校验码（GB 32100）",
            "not a unified social credit code: 18 signs, the last one a check digit (GB 32100)",
        );
        context.invalid(at, detail, None);
    }
    code.map(|code| code.as_str().to_owned())
}

/// The minerals of a registration: at least one.
fn all_minerals(names: &[&str], context: &mut Context<'_>) -> Vec<String> {
    let at = At::ROOT.field("minerals");
    if names.is_empty() {
        let detail = Text::fixed("至少应有一种矿产", "name at least one mineral");
        context.invalid(at, detail, Some(measures("16")));
    }
    minerals(at, names, &[], context)
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

/// The contract comes before the right that it grants, and a competitive grant has a day.
fn check_contract(
    mode: TransferMode,
    signed_on: Option<NaiveDate>,
    registered_on: NaiveDate,
    context: &mut Context<'_>,
) {
    let at = At::ROOT.field("contract_signed_on");
    if mode == TransferMode::Competitive && signed_on.is_none() {
        // Without it no year could ever be declared: the rate is that of the day of the transfer.
        let detail = Text::fixed(
            "竞争出让的收益率按出让日的矿种目录确定，请填写合同签订日",
            "a competitive grant has the rate of the day of the transfer: give the day of the contract",
        );
        context.unknown(at, detail, Some(measures("8")));
    }
    if signed_on.is_some_and(|signed| registered_on < signed) {
        context.invalid(
            at,
            text!("不应晚于登记的生效日 {registered_on}", "not after {registered_on}, the day of the registration"),
            Some(measures("23")),
        );
    }
}

/// Six digits of a known province, and a class of its scheme on the day of the registration: one that it has, where it
/// needs one.
fn check_division(place: [Option<&str>; 2], area: AreaKind, day: NaiveDate, context: &mut Context<'_>) {
    let at = At::ROOT.field("division");
    let [division, scheme] = place;
    let division = division.unwrap_or_default();
    let digits = division.len() == 6 && division.bytes().all(|byte| byte.is_ascii_digit());
    let known = if digits { known_division(context.book(), division) } else { None };
    let Some(known) = known else {
        let detail = Text::fixed("请用六位行政区划代码（GB/T 2260）", "use the six-digit division code (GB/T 2260)");
        context.invalid(at, detail, None);
        return;
    };
    if let Some(class) = scheme {
        let timeline = context.book().provincial_timeline(&known, |rules| &rules.split_scheme);
        let versions = timeline.map_or(&[][..], |timeline| timeline.entries());
        if !versions.iter().any(|version| version.value.classes.iter().any(|known| *known.code == *class)) {
            let detail = Text::fixed(
                "该地的分成办法没有此类别，见 GET /v1/provinces/{code}",
                "no scheme of the division has this class: see GET /v1/provinces/{code}",
            );
            context.invalid(At::ROOT.field("scheme"), detail, Some(measures("4")));
            return;
        }
    }
    if context.book().split.at(day).is_ok() {
        let scheme = scheme.map(Scheme::Class);
        let location = Location::Single(Area { kind: area, province: Some(&known), scheme });
        let paid_on = (At::ROOT.field("effective_on"), day);
        revenue_split::treasuries(At::ROOT, &location, paid_on, None, context);
    }
}
