//! Decisions about what is owed: assessments by two persons, plans, declarations, notices, deferrals (arts 8, 12, 18, 22,
//! 23, 24, 25).

use super::paid::moves_forward;
use super::{Decision, Desk, Stop, entry, filled, item, not_before, origin, person_of, sound};
use crate::domain::annual_income;
use crate::domain::books::account::{Account, EntrySet};
use crate::domain::books::command::{
    ApproveDeferral, DraftAssessment, FileDeclaration, IssueNotice, JudgeAssessment, Office, ServeNotice, SetPlan,
    Verdict,
};
use crate::domain::books::entry::{ItemId, NewEntry, Seq, Subject};
use crate::domain::books::event::{
    AssessmentConfirmed, AssessmentDrafted, AssessmentRejected, DeclarationFiled, DeclaredLine, DeferralApproved,
    Event, ItemAmount, ItemDue, ItemKind, NoticeIssued, NoticeServed, PlanSet, Register, RightRegistered,
};
use crate::domain::books::history::{Item, RightHistory, Standing};
use crate::domain::books::money::{kept_shares, known_division, treasuries};
use crate::domain::context::{Context, Sign};
use crate::domain::dates::{Period, calendar_year};
use crate::domain::due_date;
use crate::domain::error::{At, Text};
use crate::domain::identity::NoticeNumber;
use crate::domain::law::measures;
use crate::domain::money::Yuan;
use crate::domain::quantity::Number;
use crate::domain::revenue_split;
use crate::domain::rounding::to_fen;
use crate::text;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

/// An entry's own number is known to whoever records it; within the set it stands for the entry itself.
const ITSELF: Seq = 0;

/// Recognizes a sum: debit of the receivable, credit of its contra.
pub(super) fn recognized(number: u32, amount: Yuan) -> EntrySet {
    EntrySet::moved(ItemId { entry: ITSELF, number }, amount, Account::Assessed, Account::Receivable)
}

/// The fields of the general form besides the lines.
struct Form {
    period: Period,
    base: Yuan,
    deduction: Yuan,
    payable: Yuan,
    reduction: Yuan,
    already_paid: Yuan,
    to_pay: Yuan,
}

/// The general form of a return: what it does not say follows from the sales. What is deducted from the base is what the
/// income is taken of.
fn general_form(
    body: &FileDeclaration<'_>,
    outcome: &annual_income::Outcome,
    context: &mut Context<'_>,
) -> Option<Form> {
    let (list, form) = (At::ROOT.field("lines"), At::ROOT.field("form"));
    let year = calendar_year(i32::try_from(body.year).ok()?)?;
    let [from, to] = [(body.form.period_from, year.from()), (body.form.period_to, year.to())];
    for (at, (given, _)) in [("period_from", from), ("period_to", to)] {
        if given.is_some_and(|day| day < year.from() || year.to() < day) {
            let detail = text!("不在 {} 年度内", "not in the year {}", body.year);
            context.invalid(form.field(at), detail, Some(measures("24")));
        }
    }
    let period = Period::new(from.0.unwrap_or(from.1), to.0.unwrap_or(to.1)).ok();
    if period.is_none() {
        let detail = Text::fixed("所属期止早于所属期起", "the period ends before it begins");
        context.invalid(form.field("period_to"), detail, Some(measures("24")));
    }
    let mut money = |name: &'static str, given: Option<Number>| {
        given.map(|amount| context.money(form.field(name), amount, Sign::NotNegative))
    };
    let base = money("base", body.form.base);
    let deduction = money("deduction", body.form.deduction);
    let already_paid = money("already_paid", body.form.already_paid);
    let revenue = context.computed(list, Yuan::sum(outcome.lines.iter().map(|line| line.levy_revenue)))?;
    let (base, deduction) = match (base, deduction) {
        (None, None) => (revenue, Yuan::ZERO),
        (Some(base), None) => {
            let base = base?;
            (base, context.computed(list, base.minus(revenue))?)
        }
        (None, Some(deduction)) => {
            let deduction = deduction?;
            (context.computed(list, revenue.plus(deduction))?, deduction)
        }
        (Some(base), Some(deduction)) => (base?, deduction?),
    };
    if base.minus(deduction) != Ok(revenue) || deduction < Yuan::ZERO {
        let detail = text!(
            "应缴费基数减扣除额应等于计征的销售收入 {revenue} 元",
            "the base less what is deducted must be the {revenue} yuan that the income is taken of"
        );
        let at = if body.form.base.is_some() { "base" } else { "deduction" };
        context.invalid(form.field(at), detail, Some(measures("9")));
    }
    let each =
        outcome.lines.iter().map(|line| to_fen(&line.rate_percent.fraction().times(line.levy_revenue.to_decimal())));
    let payable = context.computed(list, each.collect::<Result<Vec<_>, _>>().and_then(Yuan::sum))?;
    let reduction = context.computed(list, payable.minus(outcome.income))?;
    let already_paid = already_paid.unwrap_or(Some(Yuan::ZERO))?;
    let to_pay = context.computed(list, outcome.income.minus(already_paid))?;
    Some(Form { period: period?, base, deduction, payable, reduction, already_paid, to_pay })
}

impl Desk<'_> {
    pub(super) fn draft_assessment(
        &self,
        right: &RightHistory,
        body: &DraftAssessment<'_>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        not_before(At::ROOT.field("effective_on"), body.effective_on, Some(right.registered_on), context);
        if body.parts.iter().any(|part| part.amount <= Yuan::ZERO) {
            context.invalid(At::ROOT.field("request"), Text::fixed("金额应大于 0", "the amount must be above 0"), None);
        }
        sound(context)?;
        let event = AssessmentDrafted {
            topic: body.topic.clone().into_owned(),
            request: body.request.clone().into_owned(),
            dataset: context.book().dataset_sha256.clone(),
            answer_sha256: body.answer_sha256.clone().into_owned(),
            parts: body.parts.clone(),
            person: (self.asker.person != self.asker.actor).then(|| self.asker.person.to_owned()),
        };
        Ok(entry(right, body.effective_on, Event::AssessmentDrafted(event)))
    }

    pub(super) fn judge_assessment(
        &self,
        seq: Seq,
        body: &JudgeAssessment<'_>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let right = self.right_of(seq)?;
        let assessment = right.assessments.get(&seq).ok_or(Stop::Unknown)?;
        if assessment.standing != Standing::Draft {
            return Err(Stop::Conflict(Text::fixed("该核定已有结论", "the assessment has been judged")));
        }
        // Drafts of before keys had persons name the key alone.
        let drafter = match &assessment.draft.person {
            Some(person) => person.clone(),
            None => person_of(&assessment.drafter, self.shelf)?,
        };
        if drafter == self.asker.person {
            return Err(Stop::Conflict(Text::fixed(
                "核定须由起草人以外的人确认",
                "an assessment is judged by another person than its drafter",
            )));
        }
        not_before(At::ROOT.field("effective_on"), body.effective_on, right.entries.get(&seq).copied(), context);
        let reason = body.reason.map(|reason| filled(At::ROOT.field("reason"), reason, context));
        if body.verdict == Verdict::Reject && body.reason.is_none() {
            context.unknown(At::ROOT.field("reason"), Text::fixed("请写明理由", "say why"), None);
        }
        sound(context)?;
        let event = match body.verdict {
            Verdict::Confirm => Event::AssessmentConfirmed(AssessmentConfirmed { assessment: seq }),
            Verdict::Reject => {
                let reason = reason.flatten().ok_or(Stop::Faulty)?;
                Event::AssessmentRejected(AssessmentRejected { assessment: seq, reason })
            }
        };
        self.counts_once(Some(&right), At::ROOT.field("effective_on"), entry(&right, body.effective_on, event), context)
    }

    /// The right whose history has the entry.
    pub(super) fn right_of(&self, seq: Seq) -> Decision<Arc<RightHistory>> {
        match self.shelf.entry(seq)?.map(|entry| entry.subject) {
            Some(Subject::Right(id)) => self.shelf.right(id)?.ok_or(Stop::Unknown),
            _ => Err(Stop::Unknown),
        }
    }

    pub(super) fn set_plan(
        &self,
        right: &RightHistory,
        body: &SetPlan,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let Some(assessment) = right.assessments.get(&body.assessment) else {
            let detail = Text::fixed("该矿业权没有此核定", "the right has no such assessment");
            context.invalid(At::ROOT.field("assessment"), detail, None);
            return Err(Stop::Faulty);
        };
        if assessment.standing != Standing::Confirmed {
            return Err(Stop::Conflict(Text::fixed("核定尚未经他人确认", "the assessment is not confirmed")));
        }
        if let Some(plan) = assessment.plan {
            return Err(Stop::Conflict(text!(
                "该核定已有缴款计划（第 {plan} 号记录）",
                "the assessment already has a plan (entry {plan})"
            )));
        }
        if assessment.draft.parts.is_empty() {
            return Err(Stop::Conflict(Text::fixed("该核定没有应缴金额", "the assessment finds no sum owed")));
        }
        not_before(At::ROOT.field("effective_on"), body.effective_on, assessment.judged_on, context);
        sound(context)?;
        let parts = assessment.draft.parts.clone();
        // What goes on after a conversion has no first payment: it was made for the exploration right (art. 11(3)).
        let goes_on = parts.iter().all(|part| part.kind == ItemKind::Instalment);
        if let Some(origin) = if goes_on { origin(right.id, self.shelf)? } else { None } {
            let (sum, rest) = (Yuan::sum(parts.iter().map(|part| part.amount)).map_err(|_| Stop::Faulty)?, origin.rest);
            if sum > rest {
                return Err(Stop::Conflict(text!(
                    "各期之和 {sum} 元，超过探矿权转采时的剩余部分 {rest} 元",
                    "the instalments add up to {sum} yuan, more than the {rest} yuan that were left at the conversion"
                )));
            }
        }
        let set =
            (1..).zip(&parts).fold(EntrySet::default(), |set, (number, part)| set.and(recognized(number, part.amount)));
        let event = Event::PlanSet(PlanSet { assessment: body.assessment, parts });
        Ok(NewEntry { set, ..entry(right, body.effective_on, event) })
    }

    pub(super) fn file_declaration(
        &self,
        right: &RightHistory,
        body: &FileDeclaration<'_>,
        request: &str,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let year_at = At::ROOT.field("year");
        let registered = &right.registered;
        if body.year > i64::from(body.effective_on.year()) {
            context.invalid(
                year_at,
                Text::fixed("年度晚于申报日", "the year is after the declaration"),
                Some(measures("24")),
            );
        }
        not_before(At::ROOT.field("effective_on"), body.effective_on, Some(right.registered_on), context);
        if let Some(closed) = right.closed_on {
            let law = || Some(measures("21"));
            let after = text!("矿业权已于 {closed} 注销", "the right was closed on {closed}");
            if body.year > i64::from(closed.year()) {
                context.invalid(year_at, after.clone(), law());
            }
            for (index, line) in body.lines.iter().enumerate() {
                if line.sold_on.is_some_and(|sold| closed < sold) {
                    let list = At::ROOT.field("lines");
                    context.invalid(list.item(index).field("sold_on"), after.clone(), law());
                }
            }
        }
        for (index, line) in body.lines.iter().enumerate() {
            let at = At::ROOT.field("lines");
            let at = at.item(index);
            let at = at.field("mineral");
            if let Some(mineral) = context.mineral(at, line.mineral) {
                let minerals = &context.book().minerals;
                let registered: Vec<_> = right.minerals.iter().filter_map(|code| minerals.find(code)).collect();
                let group = registered.iter().any(|id| minerals.with_groups(mineral).any(|group| group == *id));
                if !group && !minerals.is_among(mineral, &registered) {
                    context.invalid(
                        at,
                        Text::fixed("该矿业权没有登记此矿种", "the right has no such mineral"),
                        Some(measures("16")),
                    );
                }
            }
        }
        let division = known_division(context.book(), &registered.division);
        // A converted right has the rate of its grant as an exploration right (art. 8); what was granted before there was a
        // catalogue goes on by its own contract.
        let origin = origin(right.id, self.shelf)?.map(|origin| origin.registered);
        let by_rate = |origin: &RightRegistered| {
            origin.contract_signed_on.is_some_and(|signed| context.book().catalogue.at(signed).is_ok())
        };
        let granted = origin.as_ref().filter(|origin| by_rate(origin)).unwrap_or(registered);
        let return_ = annual_income::Request {
            year: body.year,
            transfer_mode: granted.transfer_mode,
            transfer_date: granted.contract_signed_on,
            contract_rate_percent: granted.contract_rate_percent.map(Into::into),
            province: division.as_deref(),
            lines: body.lines.clone(),
            combine_as: body.combine_as,
            location: None,
            paid_on: None,
            holiday_shift: body.holiday_shift,
            reduction: body.reduction,
        };
        let outcome = annual_income::annual_income(&return_, context);
        let form = outcome.as_ref().and_then(|outcome| general_form(body, outcome, context));
        sound(context)?;
        let (outcome, form) = (outcome.ok_or(Stop::Faulty)?, form.ok_or(Stop::Faulty)?);
        let year = i32::try_from(body.year).map_err(|_| Stop::Faulty)?;
        if let Some(seq) = right.declared.get(&year) {
            return Err(Stop::Conflict(text!(
                "{year} 年度已申报（第 {seq} 号记录）；更正请先冲销",
                "{year} has been declared (entry {seq}): reverse that first to correct it"
            )));
        }
        let minerals = &context.book().minerals;
        let lines = outcome.lines.iter().map(|line| DeclaredLine {
            mineral: minerals.code(line.mineral).to_owned(),
            rate_percent: line.rate_percent.value(),
            levy_revenue: line.levy_revenue,
            income: line.income,
        });
        let event = DeclarationFiled {
            year,
            request: request.to_owned(),
            dataset: context.book().dataset_sha256.clone(),
            income: outcome.income,
            due_on: outcome.due_date,
            lines: lines.collect(),
            period_from: Some(form.period.from()),
            period_to: Some(form.period.to()),
            base: Some(form.base),
            deduction: Some(form.deduction),
            payable: Some(form.payable),
            reduction: Some(form.reduction),
            already_paid: Some(form.already_paid),
            to_pay: Some(form.to_pay),
        };
        let set = recognized(1, outcome.income);
        Ok(NewEntry { set, ..entry(right, body.effective_on, Event::DeclarationFiled(event)) })
    }

    pub(super) fn issue_notice(
        &self,
        right: &RightHistory,
        body: &IssueNotice<'_>,
        office: Option<Office<'_>>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let list = At::ROOT.field("items");
        if body.items.is_empty() {
            context.invalid(list, Text::fixed("至少应有一个应缴项", "name at least one item"), Some(measures("24")));
        }
        let mut items: Vec<ItemAmount> = Vec::with_capacity(body.items.len());
        for (index, name) in body.items.iter().enumerate() {
            let at = list.item(index);
            let Some(item) = item(right, at, name, context) else { continue };
            not_before(
                At::ROOT.field("effective_on"),
                body.effective_on,
                right.entries.get(&item.id.entry).copied(),
                context,
            );
            let amount = item.outstanding();
            if amount.is_zero() || items.iter().any(|line| line.item == item.id) {
                context.invalid(at, Text::fixed("该项已缴清或重复", "the item is paid, or named twice"), None);
            }
            // A notice to an earlier holder binds that holder: the new one, who takes over what is open, gets their own.
            let elsewhere = right.notices.values().find(|notice| {
                let to_the_same = right.holder_on(notice.issued_on) == right.holder_on(body.effective_on);
                to_the_same && notice.issued.items.iter().any(|line| line.item == item.id)
            });
            if let Some(notice) = elsewhere {
                let number = &notice.issued.number;
                context.invalid(
                    at,
                    text!(
                        "该项已列入通知书 {number}；更正请先冲销",
                        "the item is on notice {number}: reverse that first"
                    ),
                    None,
                );
            }
            items.push(ItemAmount { item: item.id, amount });
        }
        let total = context.computed(list, Yuan::sum(items.iter().map(|line| line.amount)));
        let issued = At::ROOT.field("effective_on");
        let rules = treasuries(right, issued, body.effective_on, context);
        // What the notice says is kept with it: another dataset prints the same.
        let account = revenue_split::account(body.effective_on, context);
        let counted = items.iter().any(|line| right.items.get(&line.item).is_some_and(|item| item.due_on.is_none()));
        let notice_days = if counted { due_date::notice_days(issued, body.effective_on, context) } else { None };
        sound(context)?;
        let (total, rules) = (total.ok_or(Stop::Faulty)?, rules.ok_or(Stop::Faulty)?);
        let shares = kept_shares(rules.divide(total, context).ok_or(Stop::Faulty)?.shares);
        let number = self.next_notice(&right.registered.division, body.effective_on)?.to_string();
        let contact = office.and_then(|office| office.contact).map(str::to_owned);
        let office = office.map(|office| office.name.to_owned());
        let issued = NoticeIssued { number, items, total, shares, account, notice_days, office, contact };
        let event = Event::NoticeIssued(issued);
        Ok(entry(right, body.effective_on, event))
    }

    /// The number of the next notice of an office in the year of a day.
    fn next_notice(&self, division: &str, day: NaiveDate) -> Decision<NoticeNumber> {
        let year = u16::try_from(day.year()).map_err(|_| Stop::Faulty)?;
        // Numbers are never given back, so counting them gives the next one.
        let issued = self.shelf.count_named(Register::NoticeNumber, &NoticeNumber::series(division, year))?;
        let sequence = u32::try_from(issued + 1).map_err(|_| Stop::Faulty)?;
        NoticeNumber::new(division, year, sequence).map_err(|_| Stop::Faulty)
    }

    pub(super) fn serve_notice(
        &self,
        number: &str,
        body: &ServeNotice,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let seq = self.live(Register::NoticeNumber, number)?.ok_or(Stop::Unknown)?;
        let right = self.right_of(seq)?;
        let notice = right.notices.get(number).ok_or(Stop::Unknown)?;
        if let Some(day) = notice.received_on {
            return Err(Stop::Conflict(text!("该通知书已于 {day} 送达", "the notice was received on {day}")));
        }
        let at = At::ROOT.field("received_on");
        not_before(at, body.received_on, Some(notice.issued_on), context);
        let due_on = due_date::after_notice(at, body.received_on, body.holiday_shift, context);
        sound(context)?;
        let due_on = due_on.ok_or(Stop::Faulty)?;
        let items = notice.issued.items.iter().filter_map(|line| right.items.get(&line.item));
        let waiting: Vec<&Item> = items.filter(|item| item.due_on.is_none()).collect();
        for item in &waiting {
            // What was left over would have gone to the late fee.
            if let Some(booked) = item.booked_on.filter(|booked| due_on < *booked && item.was_overpaid()) {
                return Err(Stop::Conflict(text!(
                    "应缴项 {} 在 {booked} 登记了多缴，晚于由此确定的到期日 {due_on}；请先冲销该缴款，登记送达后重新登记",
                    "on item {} more than was owed was booked on {booked}, after the due date {due_on} that this sets: reverse that first and book it again afterwards",
                    item.id
                )));
            }
        }
        let due = waiting.iter().map(|item| ItemDue { item: item.id, due_on }).collect();
        let event = Event::NoticeServed(NoticeServed { number: number.to_owned(), due });
        self.counts_once(Some(&right), at, entry(&right, body.received_on, event), context)
    }

    /// An approval that defers an item which is open and has a due date. Days on which money has moved are past: what was
    /// split between principal and late fee then stays as it was posted.
    pub(super) fn approve_deferral(
        &self,
        right: &RightHistory,
        body: &ApproveDeferral<'_>,
        context: &mut Context<'_>,
    ) -> Decision<NewEntry> {
        let (at, law) = (At::ROOT.field("effective_on"), || Some(measures("22")));
        let item = item(right, At::ROOT.field("item"), body.item, context);
        let approval = filled(At::ROOT.field("approval"), body.approval, context);
        if Period::new(body.from, body.to).is_err() {
            context.invalid(
                At::ROOT.field("to"),
                Text::fixed("缓缴的最后一日早于第一日", "the last day of the deferral is before its first"),
                law(),
            );
        }
        sound(context)?;
        let item = item.ok_or(Stop::Faulty)?;
        moves_forward(at, right, item, body.effective_on, context)?;
        let Some(due_on) = item.due_on else {
            return Err(Stop::Conflict(Text::fixed(
                "该项尚无到期日，无可缓缴",
                "the item has no due date yet to defer",
            )));
        };
        if item.outstanding().is_zero() || item.settled_on.is_some() {
            return Err(Stop::Conflict(Text::fixed("该项已缴清或已结算", "the item is paid or settled")));
        }
        if body.to <= due_on {
            context.invalid(
                At::ROOT.field("to"),
                text!("应晚于到期日 {due_on}", "must be after the due date {due_on}"),
                law(),
            );
        }
        if let Some(booked) = item.booked_on.filter(|booked| body.from <= *booked) {
            return Err(Stop::Conflict(text!(
                "该项在 {booked} 已有记账；缓缴自此日以前开始的，请先冲销其后的记录",
                "money moved on this item on {booked}: reverse the later entries first to defer from an earlier day"
            )));
        }
        sound(context)?;
        let approval = approval.ok_or(Stop::Faulty)?;
        let event = DeferralApproved { item: item.id, from: body.from, to: body.to, approval };
        Ok(entry(right, body.effective_on, Event::DeferralApproved(event)))
    }
}
