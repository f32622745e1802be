//! Which rule applies (`RULES` 12): facts about a right in, obligations out, with the trace of the decision.
//!
//! The decision table in [`table`] is the specification: each row names its article, its conditions and its obligations.
//! A case that no row covers, or that two rows claim, is an error and never a default.

mod annual;
mod case;
pub mod facts;
mod obligation;
mod prices;
mod settlement;
pub mod table;

use super::context::Context;
use super::error::{At, Code};
use crate::text;

use case::{Case, warn_of_unused};
pub use facts::{Acquired, Event, Facts, Reason, Request, Values};
pub use obligation::{Due, Kind, Obligation};
use table::{Condition, Holds, Row, Scope, TABLE};

/// What became of one row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Trace {
    /// The row.
    pub row: &'static Row,
    /// The first condition that failed; none when the row applies.
    pub failed: Option<&'static Condition>,
    /// How many conditions held before it.
    pub held: usize,
}

/// The obligations of a right, and how they were found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The price obligations first, then the annual ones in the order of the minerals.
    pub obligations: Vec<Obligation>,
    /// Every row, in the order of the table.
    pub trace: Vec<Trace>,
}

/// The obligations that follow from the facts.
pub fn assess(request: &Request<'_>, context: &mut Context<'_>) -> Option<Outcome> {
    let facts = facts::read(request, context)?;
    let trace = trace(TABLE, &facts, context)?;
    let applied = decide(&trace, &facts, context)?;
    let mut case = Case::new(&facts, context);
    for row in applied {
        case.apply(row);
    }
    let (obligations, used) = case.into_obligations();
    warn_of_unused(&facts, &used, context);
    context.is_sound().then_some(Outcome { obligations, trace })
}

/// Asks every row. A row whose conditions hang on a fact that the request leaves open is undecided, which is a fault.
fn trace(rows: &'static [Row], facts: &Facts<'_, '_>, context: &mut Context<'_>) -> Option<Vec<Trace>> {
    let mut open: Vec<(&'static str, Vec<&'static Row>)> = Vec::new();
    let mut trace = Vec::with_capacity(rows.len());
    for row in rows {
        let failed = row.conditions().enumerate().find(|(_, condition)| (condition.holds)(facts) == Holds::No);
        let held = failed.map_or(usize::MAX, |(position, _)| position);
        trace.push(Trace { row, failed: failed.map(|(_, condition)| condition), held });
        if failed.is_some() {
            continue;
        }
        let unknown = row.conditions().find_map(|condition| match (condition.holds)(facts) {
            Holds::Unknown(field) => Some(field),
            Holds::Yes | Holds::No => None,
        });
        if let Some(field) = unknown {
            match open.iter_mut().find(|(known, _)| *known == field) {
                Some((_, undecided)) => undecided.push(row),
                None => open.push((field, vec![row])),
            }
        }
    }
    for (field, undecided) in &open {
        let ids = ids(undecided);
        context.unknown(
            At::ROOT.field(field),
            text!("请填写 {field}：由它决定是否适用 {ids}", "give {field}: it decides whether {ids} applies"),
            undecided.first().map(|row| row.law.clone()),
        );
    }
    open.is_empty().then_some(trace)
}

/// The ids of rows, each once.
fn ids(rows: &[&'static Row]) -> String {
    let mut ids: Vec<&str> = rows.iter().map(|row| row.id).collect();
    ids.dedup();
    ids.join(", ")
}

/// The rows that apply: one for the right as a whole, or one for each kind of its minerals.
fn decide(trace: &[Trace], facts: &Facts<'_, '_>, context: &mut Context<'_>) -> Option<Vec<&'static Row>> {
    let applied: Vec<&'static Row> =
        trace.iter().filter(|entry| entry.failed.is_none()).map(|entry| entry.row).collect();
    let claims = |scope: Scope| applied.iter().filter(|row| row.scope == scope).count();
    let parts = || [Scope::InCatalogue, Scope::Outside].into_iter().filter(|scope| scope.has_minerals(facts));
    let whole = claims(Scope::Right);
    if whole > 1 || (whole == 1 && applied.len() > 1) || parts().any(|scope| claims(scope) > 1) {
        let ids = ids(&applied);
        context.fault(
            At::ROOT,
            Code::RulesConflict,
            text!("多条规则同时适用：{ids}", "more than one rule claims these facts: {ids}"),
            None,
        );
        return None;
    }
    if whole == 0 && !parts().all(|scope| claims(scope) == 1) {
        // Of a right with minerals of both kinds the rows for the kind that is not covered are the ones to compare.
        let covered = |scope: Scope| scope != Scope::Right && claims(scope) == 1;
        no_rule(trace.iter().filter(|entry| !covered(entry.row.scope)), context);
        return None;
    }
    Some(applied)
}

/// No row covers the facts: names the rows that came nearest and what distinguishes them.
fn no_rule<'t>(asked: impl Iterator<Item = &'t Trace> + Clone, context: &mut Context<'_>) {
    let best = asked.clone().map(|entry| entry.held).max().unwrap_or_default();
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for entry in asked.filter(|entry| entry.held == best) {
        if let Some(failed) = entry.failed {
            let id = entry.row.id;
            zh.push(format!("{id}（不满足：{}）", failed.zh));
            en.push(format!("{id} (not met: {})", failed.en));
        }
    }
    zh.dedup();
    en.dedup();
    let (zh, en) = (zh.join("；"), en.join("; "));
    context.fault(
        At::ROOT,
        Code::NoRuleApplies,
        text!("没有规则适用于所述情形；最接近的规则：{zh}", "no rule covers these facts; the nearest: {en}"),
        None,
    );
}
