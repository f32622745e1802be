//! Which rule applies (`RULES` 12): facts about a right in, obligations out, with the trace of the decision.
//!
//! The decision table in [`table`] is the specification. Every row names its article, its conditions and its obligations.
//! A case that no row covers, or that two rows claim, is an error and never a default.

pub mod facts;
mod obligations;
mod table;

use super::context::Context;
use super::error::{At, Code};
use super::explain::WarningCode;
use crate::text;

pub use facts::{Acquired, Event, Facts, LevyForm, Reason, Request, Values};
pub use obligations::{Kind, Obligation};
pub use table::{Row, TABLE};

/// What became of one row of the table.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The row.
    pub row: &'static Row,
    /// The minerals that it was asked about.
    pub scope: Scope,
    /// The first condition that failed; none when the row applies.
    pub failed: Option<&'static table::Condition>,
}

/// Which of the right's minerals a row is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// The right as a whole.
    Right,
    /// Its minerals in the catalogue.
    InCatalogue,
    /// Its minerals outside the catalogue.
    Outside,
}

/// The obligations of a right, and how they were found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The price obligations first, then the annual ones in the order of the minerals.
    pub obligations: Vec<Obligation>,
    /// Every row with the first condition that failed, in the order of the table.
    pub trace: Vec<Trace>,
}

/// The obligations that follow from the facts.
pub fn assess<'b>(request: &Request<'_>, context: &mut Context<'b>) -> Option<Outcome> {
    let facts = facts::read(request, context)?;
    let trace = trace(&facts);
    let applied = decide(&facts, &trace, context)?;
    let mut obligations: Vec<Obligation> = Vec::new();
    for (row, scope) in applied {
        obligations.extend((row.obligations)(row, scope, &facts, context)?);
    }
    // Stable: what belongs to the right as a whole comes before what belongs to one mineral.
    obligations.sort_by_key(|obligation| (obligation.mineral.is_some(), obligation.position));
    if !context.is_sound() {
        return None;
    }
    Some(Outcome { obligations, trace })
}

/// Asks every row, each about the minerals of its scope.
fn trace(facts: &Facts<'_>) -> Vec<Trace> {
    TABLE
        .iter()
        .filter(|row| facts.has(row.scope))
        .map(|row| Trace { row, scope: row.scope, failed: row.conditions.iter().find(|one| !(one.holds)(facts)) })
        .collect()
}

/// The rows that apply: one for the right, or one for each kind of its minerals.
fn decide(facts: &Facts<'_>, trace: &[Trace], context: &mut Context<'_>) -> Option<Vec<(&'static Row, Scope)>> {
    let applying = |scope: Scope| -> Vec<&'static Row> {
        trace.iter().filter(|entry| entry.scope == scope && entry.failed.is_none()).map(|entry| entry.row).collect()
    };
    let whole = applying(Scope::Right);
    let parts: Vec<(Scope, Vec<&'static Row>)> = [Scope::InCatalogue, Scope::Outside]
        .into_iter()
        .filter(|scope| facts.has(*scope))
        .map(|scope| (scope, applying(scope)))
        .collect();
    let claims: Vec<&'static Row> = parts.iter().flat_map(|(_, rows)| rows.iter().copied()).collect();
    match (whole.as_slice(), claims.as_slice()) {
        ([only], []) => Some(vec![(only, Scope::Right)]),
        ([], [_, ..]) if parts.iter().all(|(_, rows)| rows.len() == 1) => {
            Some(parts.into_iter().flat_map(|(scope, rows)| rows.into_iter().map(move |row| (row, scope))).collect())
        }
        ([], rest) if rest.len() < parts.len() && parts.iter().all(|(_, rows)| rows.len() <= 1) => {
            no_rule(trace, context);
            None
        }
        ([], []) => {
            no_rule(trace, context);
            None
        }
        _ => {
            let ids: Vec<&str> = whole.iter().chain(&claims).map(|row| row.id).collect();
            let ids = ids.join(", ");
            context.fault(
                At::ROOT,
                Code::RulesConflict,
                text!("多条规则同时适用：{ids}", "more than one rule claims these facts: {ids}"),
                None,
            );
            None
        }
    }
}

/// No row covers the facts: names the rows that came nearest and what distinguishes them.
fn no_rule(trace: &[Trace], context: &mut Context<'_>) {
    let near = |entry: &&Trace| {
        entry.failed.map_or(0, |failed| {
            entry.row.conditions.iter().position(|one| std::ptr::eq(one, failed)).unwrap_or_default()
        })
    };
    let best = trace.iter().map(|entry| near(&entry)).max().unwrap_or_default();
    let nearest = trace.iter().filter(|entry| near(entry) == best && best > 0).take(5);
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for entry in nearest {
        if let Some(failed) = entry.failed {
            zh.push(format!("{}（不满足：{}）", entry.row.id, failed.zh));
            en.push(format!("{} (not met: {})", entry.row.id, failed.en));
        }
    }
    let (zh, en) = (zh.join("；"), en.join("; "));
    context.fault(
        At::ROOT,
        Code::NoRuleApplies,
        text!("没有规则适用于所述情形；最接近的规则：{zh}", "no rule covers these facts; the nearest: {en}"),
        None,
    );
}

/// Remarks that something left open was taken as said.
fn assumed(zh: &'static str, en: &'static str, context: &mut Context<'_>) {
    context.warn(WarningCode::Assumed, super::error::Text::fixed(zh, en), None);
}
