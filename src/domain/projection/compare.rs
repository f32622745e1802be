//! The scenarios of a projection side by side: what 财综〔2023〕10号 makes due in each, and its difference from the first
//! (`docs/interpretations` 045).

use rust_decimal::Decimal;

use super::super::context::Context;
use super::super::error::At;
use super::super::explain::{Step, Value};
use super::super::money::Yuan;
use super::{FORECAST, PresentValue, Projected, YEAR_OF_PAYMENT};
use crate::inputs;

/// The figures of a whole life, or the differences of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// Revenue of all sales.
    pub sales: Yuan,
    /// Price in one sum, and first payments.
    pub price_part: Yuan,
    /// Annual instalments of the price.
    pub instalments: Yuan,
    /// The annual part.
    pub annual_income: Yuan,
    /// All payments.
    pub total: Yuan,
    /// Their present value, where there is a discount rate.
    pub present_value: Option<PresentValue>,
    /// All payments in percent of the sales; for a difference in percentage points. None without sales.
    pub share_of_sales_percent: Option<Decimal>,
}

/// A scenario in the table of comparison.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Its name.
    pub name: String,
    /// Its figures.
    pub figures: Figures,
    /// Its figures less those of the first scenario; none for the first one itself.
    pub difference: Option<Figures>,
}

/// The table of comparison.
pub(super) fn compare(projected: &[Projected], context: &mut Context<'_>) -> Option<Vec<Comparison>> {
    let (first, others) = projected.split_first()?;
    let base = first.totals.figures;
    let mut table = vec![Comparison { name: first.name.clone(), figures: base, difference: None }];
    for other in others {
        context.begin_group(&other.name, None);
        let figures = other.totals.figures;
        let difference = difference(&figures, &base, context)?;
        explain(&figures, &base, &difference, context);
        table.push(Comparison { name: other.name.clone(), figures, difference: Some(difference) });
    }
    Some(table)
}

fn difference(figures: &Figures, base: &Figures, context: &mut Context<'_>) -> Option<Figures> {
    let mut minus = |of: fn(&Figures) -> Yuan| context.computed(At::ROOT, of(figures).minus(of(base)));
    Some(Figures {
        sales: minus(|it| it.sales)?,
        price_part: minus(|it| it.price_part)?,
        instalments: minus(|it| it.instalments)?,
        annual_income: minus(|it| it.annual_income)?,
        total: minus(|it| it.total)?,
        present_value: figures.present_value.zip(base.present_value).map(|(own, first)| own.minus(first)),
        share_of_sales_percent: figures
            .share_of_sales_percent
            .zip(base.share_of_sales_percent)
            .map(|(own, first)| (own - first).normalize()),
    })
}

fn explain(figures: &Figures, base: &Figures, difference: &Figures, context: &mut Context<'_>) {
    let money: [fn(&Figures) -> Yuan; 5] =
        [|it| it.sales, |it| it.price_part, |it| it.instalments, |it| it.annual_income, |it| it.total];
    let mut minus = |own: Value, first: Value, result: Value, law| {
        context.step(|| Step {
            rule: "projection.difference",
            law,
            formula: "figure - figure_of_the_first".into(),
            inputs: inputs!["figure" => own, "figure_of_the_first" => first],
            result,
            rounding: None,
            version: None,
        });
    };
    for figure in money {
        minus(figure(figures).into(), figure(base).into(), figure(difference).into(), YEAR_OF_PAYMENT);
    }
    if let (Some(own), Some(first), Some(result)) =
        (figures.present_value, base.present_value, difference.present_value)
    {
        minus(own.into(), first.into(), result.into(), super::PRESENT_VALUE);
    }
    if let (Some(own), Some(first), Some(result)) =
        (figures.share_of_sales_percent, base.share_of_sales_percent, difference.share_of_sales_percent)
    {
        minus(own.into(), first.into(), result.into(), FORECAST);
    }
}
