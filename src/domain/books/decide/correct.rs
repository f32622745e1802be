//! Corrections: an entry is taken back by another one, nothing is changed or deleted (art. 26: what was wrongly booked is
//! corrected in the records).

use super::{Decision, Desk, Stop, filled, not_before, sound, taken_back_from};
use crate::domain::books::command::{AcknowledgeFeeSource, Reverse};
use crate::domain::books::entry::{Entry, NewEntry, PartyId, RightId, Seq, Subject};
use crate::domain::books::event::{
    Acceptance, Event, FeeSourceAcknowledged, ItemKind, Register, Reversal, RightCorrected, RightRegistered,
    RightTransferred,
};
use crate::domain::books::exchange::is_exchanged;
use crate::domain::context::Context;
use crate::domain::error::{At, Text};
use crate::domain::law::measures;
use crate::text;

impl Desk<'_> {
    pub(super) fn reverse(&self, seq: Seq, body: &Reverse<'_>, context: &mut Context<'_>) -> Decision<NewEntry> {
        let entry = self.shelf.entry(seq)?.ok_or(Stop::Unknown)?;
        if matches!(entry.event, Event::Reversal(_)) {
            return Err(Stop::Conflict(Text::fixed("冲销不能再冲销", "a reversal is not reversed")));
        }
        if let Some(by) = self.shelf.named(Register::Reversed, &seq.to_string())?.first() {
            return Err(Stop::Conflict(text!("已由第 {by} 号记录冲销", "already reversed by entry {by}")));
        }
        let (later, rested) = match entry.subject {
            Subject::Right(id) => {
                let right = self.shelf.right(id)?.ok_or(Stop::Unknown)?;
                let later = match entry.event {
                    Event::RightRegistered(_) => right.latest().or(self.live(Register::ConvertedTo, &id.to_string())?),
                    _ => right.resting_on(seq),
                };
                let rested = match entry.event {
                    Event::RightRegistered(_) => right.counted_until(),
                    _ => right.rested_until(seq),
                };
                (later, rested)
            }
            Subject::Party(id) => match entry.event {
                Event::PartyRegistered(_) => (self.naming(id)?, None),
                _ => (None, None),
            },
            // Nobody is shown these.
            Subject::Store | Subject::Key(_) => return Err(Stop::Unknown),
        };
        if let Some(later) = later {
            // Which one it is, is told to whoever may see it.
            return Err(Stop::Conflict(match self.shelf.entry(later)? {
                Some(_) => text!(
                    "第 {later} 号记录以此为依据，请先冲销它",
                    "entry {later} rests on this one: reverse that first"
                ),
                None => Text::fixed("有其他记录以此为依据", "something else rests on this entry"),
            }));
        }
        if let Some((register, name)) = self.name_before(&entry)? {
            self.name_is_free(register, &name)?;
        }
        if let Event::RightConverted(converted) = &entry.event
            && let Some(plan) = self.plan_after(converted.to, seq)?
        {
            return Err(Stop::Conflict(text!(
                "{} 转采后的缴款计划（第 {plan} 号记录）以此为依据，请先冲销它",
                "the plan of {} after the conversion (entry {plan}) rests on this one: reverse that first",
                converted.to
            )));
        }
        let at = At::ROOT.field("effective_on");
        let effective_on = body.effective_on.unwrap_or(entry.effective_on);
        not_before(at, effective_on, Some(entry.effective_on), context);
        // What rested on it counts until it was taken back itself.
        if let Some(rested) = rested.filter(|rested| effective_on < *rested) {
            context.invalid(
                at,
                text!(
                    "不应早于 {rested}：以其为依据的记录在该日以前仍列入账",
                    "not before {rested}: until then what rested on it still counts"
                ),
                None,
            );
        }
        let reason = filled(At::ROOT.field("reason"), body.reason, context);
        sound(context)?;
        Ok(NewEntry {
            subject: entry.subject,
            effective_on,
            event: Event::Reversal(Reversal { of: seq, reason: reason.ok_or(Stop::Faulty)? }),
            set: entry.set.negated(),
        })
    }

    /// What the tax office says about a fee-source record, once.
    pub(super) fn acknowledge(
        &self,
        seq: Seq,
        body: &AcknowledgeFeeSource<'_>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let entry = self.shelf.entry(seq)?.ok_or(Stop::Unknown)?;
        let pushed = match &entry.event {
            Event::Reversal(reversal) => {
                self.shelf.entry(reversal.of)?.is_some_and(|taken_back| is_exchanged(&taken_back.event))
            }
            event => is_exchanged(event),
        };
        if !pushed {
            return Err(Stop::Unknown);
        }
        let reason = body.reason.map(|reason| filled(At::ROOT.field("reason"), reason, context));
        if body.verdict == Acceptance::Rejected && body.reason.is_none() {
            context.unknown(At::ROOT.field("reason"), Text::fixed("请写明理由", "say why"), Some(measures("23")));
        }
        sound(context)?;
        if let Some(by) = self.live(Register::Acknowledged, &seq.to_string())? {
            return Err(Stop::Conflict(text!(
                "该费源信息已签收或拒收（第 {by} 号记录）；更正请先冲销",
                "the record was accepted or rejected (entry {by}): reverse that first to correct it"
            )));
        }
        let reason = reason.flatten();
        let event = Event::FeeSourceAcknowledged(FeeSourceAcknowledged { of: seq, verdict: body.verdict, reason });
        Ok(NewEntry { subject: entry.subject, effective_on: body.effective_on, event, set: Default::default() })
    }

    /// Something that stands for a party, or a right that it holds or held.
    fn naming(&self, party: PartyId) -> Decision<Option<Seq>> {
        let whole = self.shelf.whole();
        let corrected = whole.find_after(party.0, "party_corrected", &mut |entry| {
            Ok(entry.subject == Subject::Party(party) && taken_back_from(entry.seq, whole)?.is_none())
        })?;
        if corrected.is_some() {
            return Ok(corrected);
        }
        for kind in ["right_registered", "right_corrected", "right_transferred"] {
            let found = whole.find_after(party.0, kind, &mut |entry| {
                let named = matches!(&entry.event,
                    Event::RightRegistered(RightRegistered { holder, .. })
                    | Event::RightCorrected(RightCorrected { holder: Some(holder), .. })
                    | Event::RightTransferred(RightTransferred { to: holder, .. }) if *holder == party);
                let (true, Subject::Right(id)) = (named, entry.subject) else { return Ok(false) };
                Ok(whole.right(id)?.is_some_and(|right| right.holders.iter().any(|(_, holder)| *holder == party)))
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        let key = whole.find_after(party.0, "key_created", &mut |entry| {
            let (Event::KeyCreated(key), Subject::Key(id)) = (&entry.event, entry.subject) else { return Ok(false) };
            Ok(key.party == Some(party) && whole.named(Register::RevokedKey, &id.to_string())?.is_empty())
        })?;
        Ok(key)
    }

    /// The code or number that comes back into force when a correction of it is taken back.
    fn name_before(&self, entry: &Entry) -> Decision<Option<(Register, String)>> {
        let Some((register, name)) = entry.event.name() else { return Ok(None) };
        let first = match (&entry.event, entry.subject) {
            (Event::PartyCorrected(_), Subject::Party(PartyId(first)))
            | (Event::RightCorrected(_), Subject::Right(RightId(first))) => first,
            _ => return Ok(None),
        };
        // The registration, or a correction since that was not taken back.
        let mut before = self.shelf.entry(first)?.and_then(|entry| entry.event.name());
        let whole = self.shelf.whole();
        whole.find_after(first, entry.event.kind(), &mut |other| {
            if other.seq < entry.seq && other.subject == entry.subject && taken_back_from(other.seq, whole)?.is_none() {
                before = other.event.name().or(before.take());
            }
            Ok(other.seq >= entry.seq)
        })?;
        Ok(before.filter(|before| *before != (register, name)))
    }

    /// A plan by which what waited for a conversion goes on at the mining right.
    fn plan_after(&self, mining: RightId, conversion: Seq) -> Decision<Option<Seq>> {
        let Some(right) = self.shelf.whole().right(mining)? else { return Ok(None) };
        let plans = right.assessments.values().filter_map(|assessment| assessment.plan);
        let goes_on = |plan: &Seq| {
            let mut items = right.items.values().filter(|item| item.id.entry == *plan);
            *plan > conversion && items.all(|item| item.kind == ItemKind::Instalment)
        };
        Ok(plans.filter(goes_on).max())
    }
}
