//! Which sums a calculation finds owed: an assessment is a calculation of the service, run when it is drafted.

use std::borrow::Cow;

use crate::api::error::Problem;
use crate::api::lang::Lang;
use crate::api::node::Node;
use crate::api::query::Explain;
use crate::api::shape::{self, Decode, ShapeFault};
use crate::api::topic::{Call, Topic, answer};
use crate::domain::assessment::{Due, Kind};
use crate::domain::books::checks::RESERVES_USED_FOR_NOTHING;
use crate::domain::books::command::DraftAssessment;
use crate::domain::books::event::{ItemKind, Part};
use crate::domain::catalogue::LevyMethod;
use crate::domain::context::{Context, Detail, calculate};
use crate::domain::instalment::{Basis, Conversion, Remainder};
use crate::domain::money::Yuan;
use crate::domain::rate_book::RateBook;
use crate::domain::start_price::Right;
use crate::domain::{arrears, assessment, fund_occupation, instalment, transfer_income};
use crate::ledger::chain::Hash;
use chrono::NaiveDate;

/// The field that holds the request of the calculation.
const FIELD: &str = "/request";

/// The draft that a calculation makes.
pub(super) fn draft<'n>(
    effective_on: NaiveDate,
    topic: Topic,
    request: &'n Node<'n>,
    book: &'n RateBook,
) -> Result<DraftAssessment<'n>, Problem<'n>> {
    let parts = match topic {
        Topic::TransferIncome => run(request, book, transfer_income::transfer_income).map(|outcome| price(&outcome)),
        Topic::Instalments => {
            let planned = |asked: &instalment::Request<'_>, context: &mut Context<'n>| {
                instalment::instalments(asked, context).map(|outcome| plan(&outcome, asked))
            };
            run(request, book, planned)
        }
        Topic::Arrears => run(request, book, arrears::arrears).map(|outcome| {
            let parts = outcome.instalments.iter();
            let of = |part: &arrears::Part| Part {
                levy_method: Some(LevyMethod::Rate),
                ..self::part(ItemKind::Arrears, part.amount, part.due_date)
            };
            parts.map(of).collect()
        }),
        Topic::FundOccupationCharge => run(request, book, fund_occupation::fund_occupation_charge)
            .map(|outcome| vec![part(ItemKind::FundOccupation, outcome.charge, None)]),
        Topic::Assessment => run(request, book, assessment::assess).map(|outcome| obligations(&outcome)),
        // The shape of the request names these.
        _ => Err(Problem::internal()),
    }?;
    let text = request.to_text();
    let call = Call { book, lang: Lang::Zh, detail: Detail::Steps, explain: Explain::Applied, request_id: "" };
    let answered = answer(topic, text.as_bytes(), call);
    Ok(DraftAssessment {
        effective_on,
        topic: Cow::Borrowed(topic.slug()),
        request: Cow::Owned(text),
        answer_sha256: Cow::Owned(Hash::sha256(&answered.body).to_string()),
        // Nothing to pay is no item; what is to be given back has entries of its own.
        parts: parts.into_iter().filter(|part| part.amount > Yuan::ZERO).collect(),
    })
}

fn part(kind: ItemKind, amount: Yuan, due_on: Option<NaiveDate>) -> Part {
    Part { kind, amount, due_on, levy_method: None, rule: None }
}

fn price(outcome: &transfer_income::Outcome) -> Vec<Part> {
    let levy_method = Some(outcome.levy_method);
    vec![Part { levy_method, ..part(ItemKind::Price, outcome.price_part, None) }]
}

/// Only income levied by amount is paid in instalments (art. 12); that of art. 30(2) is also for minerals of the catalogue.
fn plan(outcome: &instalment::Outcome, asked: &instalment::Request<'_>) -> Vec<Part> {
    let rule = (asked.basis == Basis::Art30Para2).then(|| RESERVES_USED_FOR_NOTHING.to_owned());
    let of = |kind, amount, due_on| Part {
        levy_method: Some(LevyMethod::Amount),
        rule: rule.clone(),
        ..part(kind, amount, due_on)
    };
    // Of a converted right it was owed, and paid, before the conversion.
    let is_made = asked.right == Right::Exploration && asked.conversion == Conversion::Converted;
    let first = (!is_made).then(|| of(ItemKind::Price, outcome.first_payment, outcome.first_due_date));
    let annual = outcome.instalments.iter().map(|it| of(ItemKind::Instalment, it.amount, it.due_date));
    let waiting = match outcome.remainder {
        Remainder::OnConversion => Some(of(ItemKind::OnConversion, outcome.remainder_amount, None)),
        Remainder::Scheduled | Remainder::None => None,
    };
    first.into_iter().chain(annual).chain(waiting).collect()
}

/// The row of the decision table by which an older contract goes on.
const OLDER_CONTRACT: &str = "T1";

/// What the obligations that have an amount make owed. What goes on otherwise stands in the records already.
fn obligations(outcome: &assessment::Outcome) -> Vec<Part> {
    // The first one is what the contract leaves, the second its fund-occupation charge (art. 28).
    let mut of_the_contract = [ItemKind::Price, ItemKind::FundOccupation].into_iter();
    let owed = outcome.obligations.iter().filter_map(|obligation| {
        let kind = match (obligation.kind, obligation.due) {
            (Kind::OneOff, Some(Due::MiningGrant)) => ItemKind::OnConversion,
            (Kind::OneOff, _) => ItemKind::Price,
            (Kind::Arrears, _) => ItemKind::Arrears,
            (Kind::Continue, _) if obligation.rule == OLDER_CONTRACT => of_the_contract.next()?,
            (Kind::Continue | Kind::Annual | Kind::Lapse | Kind::None | Kind::TrueUp | Kind::Refundable, _) => None?,
        };
        Some(Part {
            levy_method: obligation.levy_method,
            rule: Some(obligation.rule.to_owned()),
            ..part(kind, obligation.amount?, None)
        })
    });
    owed.collect()
}

/// Runs a rule over the request inside the body; what is wrong with it is named by its place in the body.
fn run<'n, Q: Decode<'n>, T>(
    request: &'n Node<'n>,
    book: &'n RateBook,
    rule: impl FnOnce(&Q, &mut Context<'n>) -> Option<T>,
) -> Result<T, Problem<'n>> {
    let shaped: Q = shape::decode(request).map_err(|faults| {
        let within = |fault: ShapeFault| ShapeFault { pointer: format!("{FIELD}{}", fault.pointer), ..fault };
        Problem::malformed(faults.into_iter().map(within).collect())
    })?;
    match calculate(book, Detail::FiguresOnly, |context| rule(&shaped, context)) {
        Ok(answer) => Ok(answer.result),
        Err(mut faults) => {
            faults.sort_by_cached_key(|fault| request.position(&fault.pointer));
            for fault in &mut faults {
                fault.pointer.insert_str(0, FIELD);
            }
            // Sorted within the request; the body around it has nothing to sort.
            Err(Problem::refused(faults, &Node::Null, &book.minerals))
        }
    }
}
