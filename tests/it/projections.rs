//! The projections that were worked by hand: every cell of their tables is in the service's answer, to the fen.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::documents::{bold_figures, leaves};
use crate::formula::{check_answer, parse_value};
use crate::service::shared;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/projections").join(name)
}

/// A table of a Markdown text: its head and its rows.
type Table = (Vec<String>, Vec<Vec<String>>);

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

fn tables(markdown: &str) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut inside = false;
    for line in markdown.lines() {
        match (line.starts_with('|'), inside) {
            (true, false) => tables.push((cells(line), Vec::new())),
            (true, true) if !line.starts_with("|-") => tables.last_mut().unwrap().1.push(cells(line)),
            _ => {}
        }
        inside = line.starts_with('|');
    }
    tables
}

/// The element of a list whose field has a value.
fn with<'a>(list: &'a Json, field: &str, value: &Json) -> Option<&'a Json> {
    list.as_array().unwrap().iter().find(|item| item[field] == *value)
}

fn years(scenario: &Json) -> &Vec<Json> {
    scenario["years"].as_array().unwrap()
}

/// The income on a mineral's sales of a year: it stands among the payments of the next one.
fn income<'a>(scenario: &'a Json, sale_year: &Json, mineral: &str) -> &'a Json {
    let payments = years(scenario).iter().flat_map(|row| row["payments"].as_array().unwrap());
    let payment = payments.into_iter().find(|payment| payment["sale_year"] == *sale_year).unwrap();
    let year = sale_year.as_i64().unwrap();
    assert!(payment["due_date"].as_str().unwrap().starts_with(&format!("{}-02-", year + 1)));
    &with(&payment["lines"], "mineral", &mineral.into()).unwrap()["income"]
}

/// What a column says of a year, or of all of them where the row is the scenario's sums.
fn figure<'a>(scenario: &'a Json, row: &'a Json, column: &str, main: &str) -> &'a Json {
    let is_sum = row.get("year").is_none();
    let sold = |mineral: &str, field: &str| {
        if is_sum {
            let totals = with(&row["minerals"], "mineral", &mineral.into()).unwrap();
            return &totals[if field == "revenue" { "sales" } else { "annual_income" }];
        }
        &with(&row["sold"], "mineral", &mineral.into()).unwrap()[field]
    };
    let split = |level: &str| {
        static NOTHING: std::sync::LazyLock<Json> = std::sync::LazyLock::new(|| "0.00".into());
        row.get("split").map_or(&*NOTHING, |split| &split[level])
    };
    match column {
        "铜产量（吨）" | "产量（立方米）" => sold(main, "output"),
        "铜价（元/吨）" | "单价（元/立方米）" => sold(main, "price"),
        "铜收入" => sold("copper", "revenue"),
        "金收入" => sold("gold", "revenue"),
        "铜收益" if is_sum => sold("copper", "income"),
        "金收益" if is_sum => sold("gold", "income"),
        "铜收益" => income(scenario, &row["year"], "copper"),
        "金收益" => income(scenario, &row["year"], "gold"),
        "当年销售应缴" if is_sum => &row["annual_income"],
        "当年销售应缴" => &row["income_on_sales"],
        "销售收入" => &row["sales"],
        "价款" => &row["price_part"],
        "分期" => &row["instalments"],
        "逐年征收" => &row["annual_income"],
        "缴款合计" => &row["total"],
        "累计" => &row["cumulative"],
        "现值" => &row["present_value"],
        "中央" => split("central"),
        "省级" => split("province"),
        "市级" => split("city"),
        "县级" => split("county"),
        other => panic!("the column {other} is not known"),
    }
}

fn compared<'a>(row: &'a Json, column: &str) -> Option<&'a Json> {
    let figures = &row["figures"];
    Some(match column {
        "销售收入" => &figures["sales"],
        "价款" => &figures["price_part"],
        "分期" => &figures["instalments"],
        "逐年征收" => &figures["annual_income"],
        "缴款合计" => &figures["total"],
        "现值" => &figures["present_value"],
        "占销售收入 %" => &figures["share_of_sales_percent"],
        "合计之差" => &row.get("difference")?["total"],
        "现值之差" => &row.get("difference")?["present_value"],
        other => panic!("the column {other} is not known"),
    })
}

/// Sends the request of an example and compares every cell of its tables; gives how many cells there are.
fn check(name: &str, main: &str, sale_years: usize) -> usize {
    let request = fs::read_to_string(path(&format!("{name}.json"))).unwrap();
    let sent = shared().post("/v1/projections", &request);
    assert_eq!(sent.status, 200, "{}", sent.text());
    let answer = sent.json();
    assert_eq!(check_answer(&answer), Vec::<String>::new());
    let result = &answer["result"];
    let scenario = &result["scenarios"][0];
    let text = fs::read_to_string(path(&format!("{name}.md"))).unwrap();
    let mut known = Vec::new();
    leaves(&answer, &mut known);
    for bold in bold_figures(&text) {
        assert!(known.contains(&parse_value(&bold)), "{name}: {bold} is not in the answer");
    }
    let tables = tables(&text);
    assert_eq!(tables.len(), 3, "{name}: sales, payments, comparison");
    let mut compared_cells = 0;
    let mut same = |place: String, cell: &str, found: &Json| {
        let wanted = parse_value(&cell.replace(' ', "").replace('−', "-"));
        let found = parse_value(found.as_str().unwrap_or_else(|| panic!("{place}: {found}")));
        assert_eq!(found, wanted, "{place}");
        compared_cells += 1;
    };
    for (index, (head, rows)) in tables.iter().enumerate() {
        if head[0] == "方案" {
            assert_eq!(rows.len(), result["comparison"].as_array().unwrap().len());
            for (row, found) in rows.iter().zip(result["comparison"].as_array().unwrap()) {
                assert_eq!(found["name"], row[0].as_str());
                for (column, cell) in head.iter().zip(row).skip(1) {
                    let place = format!("{name}: {} {column}", row[0]);
                    match compared(found, column) {
                        Some(figure) => same(place, cell, figure),
                        None => assert_eq!(cell, "—", "{place}"),
                    }
                }
            }
            continue;
        }
        let expected = if index == 0 { sale_years } else { years(scenario).len() };
        assert_eq!(rows.len(), expected + 1, "{name}: table {index} has every year and the sums");
        for row in rows {
            let found = match row[0].parse::<i64>() {
                Ok(year) => years(scenario).iter().find(|found| found["year"] == year).unwrap(),
                Err(_) => &scenario["totals"],
            };
            for (column, cell) in head.iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty()) {
                same(format!("{name}: {} {column}", row[0]), cell, figure(scenario, found, column, main));
            }
        }
    }
    compared_cells
}

#[test]
fn the_copper_mine_agrees_with_the_work_by_hand() {
    assert!(check("copper", "copper", 20) > 400);
}

#[test]
fn the_granite_quarry_agrees_with_the_work_by_hand() {
    assert!(check("granite", "building_granite", 15) > 200);
}

/// Every step says which scenario it belongs to, those of a year in the order of the years.
#[test]
fn steps_are_grouped_by_scenario_and_year() {
    let request = fs::read_to_string(path("copper.json")).unwrap();
    let answer = shared().post("/v1/projections?lang=en", &request).json();
    let mut last = (String::new(), 0);
    for step in answer["steps"].as_array().unwrap() {
        let scenario = step["scenario"].as_str().unwrap().to_owned();
        let Some(year) = step["year"].as_i64() else { continue };
        assert!(scenario != last.0 || year >= last.1, "{step}");
        last = (scenario, year);
    }
    assert_eq!(last.1, 2048);
    let warnings: Vec<&str> =
        answer["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].as_str().unwrap()).collect();
    assert_eq!(warnings, ["approximation", "assumed"]);
    assert!(answer["warnings"].to_string().is_ascii() || !answer["warnings"].to_string().contains("推算"));
}
