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
use super::error::{At, Code, Text};
use super::explain::TracedRule;
use crate::text;

use self::case::{Case, warn_of_unasked, warn_of_unused};
pub use self::facts::{Acquired, Event, Facts, Reason, Request, Values};
pub use self::obligation::{Due, Kind, Obligation};
use self::table::{Condition, Holds, Row, Scope, TABLE};

/// The obligations of a right, and how they were found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The price obligations first, then the annual ones in the order of the minerals.
    pub obligations: Vec<Obligation>,
    /// Every row, in the order of the table.
    pub trace: Vec<TracedRule>,
}

/// The obligations that follow from the facts.
pub fn assess(request: &Request<'_>, context: &mut Context<'_>) -> Option<Outcome> {
    let facts = facts::read(request, context)?;
    let asked: Vec<Asked> = TABLE.iter().map(|row| Asked::new(row, &facts)).collect();
    report_open(&asked, context)?;
    let kinds = [Scope::InCatalogue, Scope::Outside].into_iter().filter(|scope| scope.has_minerals(&facts));
    let applied = decide(&asked, &kinds.collect::<Vec<_>>(), context)?;
    let mut case = Case::new(&facts, context);
    for row in applied {
        case.apply(row);
    }
    let (obligations, used) = case.into_obligations();
    warn_of_unasked(request, context);
    warn_of_unused(&facts, &used, context);
    let trace = traced(&asked, Asked::applies);
    context.is_sound().then_some(Outcome { obligations, trace })
}

/// A row of the table that was asked.
#[derive(Debug)]
struct Asked {
    row: &'static Row,
    /// The conditions that do not hold.
    failed: Vec<&'static Condition>,
    /// The first field that was left out and that a condition hangs on.
    open: Option<&'static str>,
}

impl Asked {
    fn new(row: &'static Row, facts: &Facts<'_, '_>) -> Asked {
        let mut asked = Asked { row, failed: Vec::new(), open: None };
        for condition in row.conditions() {
            match (condition.holds)(facts) {
                Holds::Yes => {}
                Holds::No => asked.failed.push(condition),
                Holds::Unknown(field) => asked.open = asked.open.or(Some(field)),
            }
        }
        asked
    }

    fn applies(&self) -> bool {
        self.failed.is_empty()
    }

    /// Whether the row is about what happened: the event is its first condition.
    fn is_of_the_event(&self) -> bool {
        let event = self.row.conditions().next();
        !self.failed.iter().any(|failed| event.is_some_and(|event| std::ptr::eq(*failed, event)))
    }
}

/// Reports the fields on which it hangs whether a row applies.
fn report_open(asked: &[Asked], context: &mut Context<'_>) -> Option<()> {
    let undecided = || asked.iter().filter(|row| row.applies()).filter_map(|row| Some((row.open?, row)));
    let mut fields: Vec<&'static str> = undecided().map(|(field, _)| field).collect();
    fields.dedup();
    for field in &fields {
        let rows: Vec<&Asked> = undecided().filter(|(open, _)| open == field).map(|(_, row)| row).collect();
        let ids = ids(&rows);
        context.unknown(
            At::ROOT.field(field),
            text!("请填写 {field}：由它决定是否适用 {ids}", "give {field}: it decides whether {ids} applies"),
            rows.first().map(|asked| asked.row.law.clone()),
        );
    }
    fields.is_empty().then_some(())
}

/// The ids of rows, each once.
fn ids(rows: &[&Asked]) -> String {
    let mut ids: Vec<&str> = rows.iter().map(|asked| asked.row.id).collect();
    ids.dedup();
    ids.join(", ")
}

/// Whether the rows that apply are the right ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// One for the right as a whole, or one for each kind of its minerals.
    Decided,
    /// A kind of minerals has no row.
    NoRule,
    /// The right, or a kind of its minerals, has more than one.
    Conflict,
}

/// Judges the scopes of the rows that apply to a right with these kinds of minerals.
fn judge(applied: &[Scope], kinds: &[Scope]) -> Verdict {
    let claims = |scope: Scope| applied.iter().filter(|claimed| **claimed == scope).count();
    match claims(Scope::Right) {
        0 if kinds.iter().any(|kind| claims(*kind) > 1) => Verdict::Conflict,
        0 if kinds.iter().all(|kind| claims(*kind) == 1) => Verdict::Decided,
        0 => Verdict::NoRule,
        1 if applied.len() == 1 => Verdict::Decided,
        _ => Verdict::Conflict,
    }
}

/// The rows that apply: one for the right as a whole, or one for each of these kinds of its minerals.
fn decide(asked: &[Asked], kinds: &[Scope], context: &mut Context<'_>) -> Option<Vec<&'static Row>> {
    let applied: Vec<&Asked> = asked.iter().filter(|row| row.applies()).collect();
    let scopes: Vec<Scope> = applied.iter().map(|asked| asked.row.scope).collect();
    match judge(&scopes, kinds) {
        Verdict::Decided => Some(applied.into_iter().map(|asked| asked.row).collect()),
        Verdict::NoRule => {
            // Of a right with minerals of both kinds the rows for the kind that is not covered are the ones to compare.
            no_rule(asked, |row| !scopes.contains(&row.row.scope) && row.is_of_the_event(), context);
            None
        }
        Verdict::Conflict => {
            let ids = ids(&applied);
            let detail = text!("多条规则同时适用：{ids}", "more than one rule claims these facts: {ids}");
            context.undecided(Code::RulesConflict, detail, traced(asked, Asked::applies));
            None
        }
    }
}

/// No row covers the facts: names the rows of the event that came nearest and what distinguishes them.
fn no_rule(asked: &[Asked], comparable: impl Fn(&Asked) -> bool, context: &mut Context<'_>) {
    let fewest = asked.iter().filter(|row| comparable(row)).map(|row| row.failed.len()).min();
    let is_nearest = |row: &Asked| comparable(row) && Some(row.failed.len()) == fewest;
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    for Asked { row, failed, .. } in asked.iter().filter(|row| is_nearest(row)) {
        let joined = |texts: Vec<&str>, between: &str| texts.join(between);
        let failed_zh = joined(failed.iter().map(|condition| condition.zh).collect(), "、");
        let failed_en = joined(failed.iter().map(|condition| condition.en).collect(), ", ");
        zh.push(format!("{}（不满足：{failed_zh}）", row.id));
        en.push(format!("{} (not met: {failed_en})", row.id));
    }
    let (zh, en) = (zh.join("；"), en.join("; "));
    let detail = text!("没有规则适用于所述情形；最接近的规则：{zh}", "no rule covers these facts; the nearest: {en}");
    context.undecided(Code::NoRuleApplies, detail, traced(asked, is_nearest));
}

/// The rows as an answer tells them.
fn traced(asked: &[Asked], told: impl Fn(&Asked) -> bool) -> Vec<TracedRule> {
    let words = |condition: &&'static Condition| Text::fixed(condition.zh, condition.en);
    asked
        .iter()
        .map(|entry| TracedRule {
            rule: entry.row.id,
            law: entry.row.law.clone(),
            conditions: entry.row.conditions().map(|condition| words(&condition)).collect(),
            failed: entry.failed.iter().map(words).collect(),
            told: told(entry),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::context::{Detail, calculate};
    use super::super::rate_book::RateBook;
    use super::table::Scope::{InCatalogue, Outside, Right};
    use super::*;

    #[test]
    fn a_right_has_one_row_as_a_whole_or_one_for_each_kind_of_its_minerals() {
        let cases: [(&[Scope], &[Scope], Verdict); 10] = [
            (&[Right], &[InCatalogue], Verdict::Decided),
            (&[Right], &[InCatalogue, Outside], Verdict::Decided),
            (&[Outside], &[Outside], Verdict::Decided),
            (&[InCatalogue, Outside], &[InCatalogue, Outside], Verdict::Decided),
            (&[], &[InCatalogue], Verdict::NoRule),
            (&[InCatalogue], &[InCatalogue, Outside], Verdict::NoRule),
            (&[Right, Right], &[InCatalogue], Verdict::Conflict),
            (&[Right, Outside], &[Outside], Verdict::Conflict),
            (&[Outside, Outside], &[Outside], Verdict::Conflict),
            (&[InCatalogue, InCatalogue], &[InCatalogue, Outside], Verdict::Conflict),
        ];
        for (applied, kinds, verdict) in cases {
            assert_eq!(judge(applied, kinds), verdict, "{applied:?} of {kinds:?}");
        }
    }

    /// The rows of the table as if these applied and of all others every condition failed.
    fn claimed(ids: &[&str]) -> Vec<Asked> {
        let failed = |row: &Row| if ids.contains(&row.id) { Vec::new() } else { row.conditions().collect() };
        TABLE.iter().map(|row| Asked { row, failed: failed(row), open: None }).collect()
    }

    #[test]
    fn two_rows_for_the_same_minerals_are_told_as_a_conflict() {
        let book = RateBook::default();
        let decided = |ids: &[&str], kinds: &[Scope]| {
            let rows = calculate(&book, Detail::FiguresOnly, |context| decide(&claimed(ids), kinds, context));
            rows.map(|answer| answer.result.iter().map(|row| row.id).collect::<Vec<_>>())
        };
        assert_eq!(decided(&["G1"], &[InCatalogue]), Ok(vec!["G1"]));
        assert_eq!(decided(&["G1", "G4"], &[InCatalogue, Outside]), Ok(vec!["G1", "G4"]));
        for (claims, kinds, code, told) in [
            (&["G1", "G2"][..], &[InCatalogue][..], Code::RulesConflict, "G1, G2"),
            (&["G1"], &[InCatalogue, Outside], Code::NoRuleApplies, "no rule covers these facts"),
        ] {
            let faults = decided(claims, kinds).err().unwrap_or_default();
            let found: Vec<(Code, bool)> =
                faults.iter().map(|fault| (fault.code, fault.detail.en.contains(told))).collect();
            assert_eq!(found, [(code, true)], "{claims:?}: {faults:?}");
        }
        assert_eq!(ids(&[]), "");
    }
}
