//! A projection on the page: the scenarios as columns beside each other, what each has paid up to each year, and the years
//! of each.

use serde_json::Value as Json;

use super::view::{Block, Cell, Chart, Table, Writer};
use crate::api::lang::Lang;
use crate::batch::model::Shape;

/// What is drawn of a year: the parts of its payments, stacked.
const STACKED: [&str; 3] = ["price_part", "instalments", "annual_income"];

/// What a table of years shows.
const OF_A_YEAR: [&str; 9] = [
    "year",
    "sales",
    "income_on_sales",
    "price_part",
    "instalments",
    "annual_income",
    "total",
    "cumulative",
    "present_value",
];

impl Writer<'_> {
    /// The parts of the result of a projection.
    pub(super) fn life(&self, shape: &Shape, result: &Json, into: &mut Vec<Block>) {
        let empty = Shape::default();
        let scenarios: Vec<&Json> = result.get("scenarios").and_then(Json::as_array).into_iter().flatten().collect();
        let comparison: Vec<&Json> = result.get("comparison").and_then(Json::as_array).into_iter().flatten().collect();
        let item = |name: &str| shape.field(name).and_then(|list| list.item.as_deref()).unwrap_or(&empty);
        into.push(Block::Table(self.side_by_side(item("comparison"), &comparison)));
        let years = item("scenarios").field("years").and_then(|years| years.item.as_deref()).unwrap_or(&empty);
        into.push(Block::Table(self.cumulative(years, &scenarios)));
        for scenario in scenarios {
            let name = scenario.get("name").and_then(Json::as_str).unwrap_or_default();
            into.push(Block::Table(self.years(name, years, scenario)));
        }
        if let Some(method) = result.get("present_value").filter(|method| !method.is_null()) {
            self.field("result", "present_value", shape.field("present_value").unwrap_or(&empty), method, "", into);
        }
    }

    fn say(&self, zh: &'static str, en: &'static str) -> String {
        if self.lang == Lang::En { en } else { zh }.to_owned()
    }

    fn money_head(&self, label: &str) -> String {
        format!("{label} ({})", super::form::money_sign(self.unit, self.lang))
    }

    /// Figures down, scenarios across; below them what each differs from the first in.
    fn side_by_side(&self, shape: &Shape, comparison: &[&Json]) -> Table {
        let empty = Shape::default();
        let name = |row: &Json| row.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
        let mut heads = vec![(self.say("数字", "Figure"), false)];
        heads.extend(comparison.iter().map(|row| (name(row), true)));
        let mut rows = Vec::new();
        for part in ["figures", "difference"] {
            let place = shape.field(part).unwrap_or(&empty);
            let mut names: Vec<&String> = Vec::new();
            for row in comparison.iter().filter_map(|row| row.get(part)?.as_object()) {
                names.extend(row.iter().filter(|(_, value)| !value.is_object()).map(|(known, _)| known));
            }
            let mut seen: Vec<&String> = Vec::new();
            for figure in names {
                if seen.contains(&figure) {
                    continue;
                }
                seen.push(figure);
                let inner = place.field(figure).unwrap_or(&empty);
                let (unit, _) = self.unit(part, figure, inner);
                let label = self.label(part, figure);
                let label = if part == "difference" {
                    format!("{} · {label}", self.say("与第一个方案之差", "Difference from the first"))
                } else {
                    label
                };
                let label = unit.map_or(label.clone(), |unit| format!("{label} ({unit})"));
                let mut cells = vec![Cell { text: label, ..Cell::default() }];
                cells.extend(comparison.iter().map(|row| {
                    let value = row.pointer(&format!("/{part}/{figure}")).unwrap_or(&Json::Null);
                    self.cell(part, figure, inner, value, false)
                }));
                rows.push(cells);
            }
        }
        Table { caption: self.say("方案比较", "Scenarios side by side"), heads, rows, chart: None }
    }

    /// What each scenario has paid up to each year.
    fn cumulative(&self, shape: &Shape, scenarios: &[&Json]) -> Table {
        let empty = Shape::default();
        let years_of = |scenario: &'_ Json| -> Vec<(i64, Json)> {
            let years = scenario.get("years").and_then(Json::as_array).into_iter().flatten();
            years.filter_map(|row| Some((row.get("year")?.as_i64()?, row.get("cumulative")?.clone()))).collect()
        };
        let all: Vec<(String, Vec<(i64, Json)>)> = scenarios
            .iter()
            .map(|scenario| {
                let name = scenario.get("name").and_then(Json::as_str).unwrap_or_default();
                (name.to_owned(), years_of(scenario))
            })
            .collect();
        let mut years: Vec<i64> = all.iter().flat_map(|(_, years)| years.iter().map(|(year, _)| *year)).collect();
        years.sort_unstable();
        years.dedup();
        let mut heads = vec![(self.say("年份", "Year"), false)];
        heads.extend(all.iter().map(|(name, _)| (self.money_head(name), true)));
        let inner = shape.field("cumulative").unwrap_or(&empty);
        let rows = years.into_iter().map(|year| {
            let mut cells = vec![Cell { text: year.to_string(), ..Cell::default() }];
            cells.extend(all.iter().map(|(_, known)| {
                // After its last payment a scenario stays where it is.
                let value =
                    known.iter().rev().find(|(known, _)| *known <= year).map_or(&Json::Null, |(_, value)| value);
                self.cell("years", "cumulative", inner, value, false)
            }));
            cells
        });
        let rows = rows.collect();
        let chart = Chart { lines: (1..=scenarios.len()).collect(), ..Chart::default() };
        Table { caption: self.say("累计缴款", "Paid up to each year"), heads, rows, chart: Some(chart) }
    }

    /// The years of a scenario, payments stacked.
    fn years(&self, name: &str, shape: &Shape, scenario: &Json) -> Table {
        let empty = Shape::default();
        let rows: Vec<&Json> = scenario.get("years").and_then(Json::as_array).into_iter().flatten().collect();
        let columns: Vec<&str> =
            OF_A_YEAR.into_iter().filter(|column| rows.iter().any(|row| row.get(column).is_some())).collect();
        let head = |column: &&str| {
            let inner = shape.field(column).unwrap_or(&empty);
            let (unit, is_number) = self.unit("years", column, inner);
            let label = self.label("years", column);
            (unit.map_or(label.clone(), |unit| format!("{label} ({unit})")), is_number && *column != "year")
        };
        let cells = |row: &&Json| {
            let cell = |column: &&str| {
                let inner = shape.field(column).unwrap_or(&empty);
                let cell = self.cell("years", column, inner, row.get(column).unwrap_or(&Json::Null), false);
                Cell { is_number: cell.is_number && *column != "year", ..cell }
            };
            columns.iter().map(cell).collect()
        };
        let bars =
            STACKED.into_iter().filter_map(|wanted| columns.iter().position(|column| *column == wanted)).collect();
        let chart = Chart { bars, is_stacked: true, ..Chart::default() };
        Table {
            caption: format!("{} · {name}", self.say("逐年缴款", "Payments by year")),
            heads: columns.iter().map(head).collect(),
            rows: rows.iter().map(cells).collect(),
            chart: Some(chart),
        }
    }
}
