//! Benchmark value (矿业权出让收益市场基准价测算值): 财综〔2023〕10号 art. 13, 自然资办函〔2023〕1905号.

use chrono::NaiveDate;

use super::context::{Context, Sign};
use super::dates::add_years;
use super::error::{At, Text, shortened};
use super::exact::Exact;
use super::explain::{Input, Step, Value, WarningCode, summands};
use super::law::measures;
use super::mineral::MineralId;
use super::money::Yuan;
use super::quantity::{Coefficient, Number, Quantity, UnitPrice};
use super::rate_book::{BenchmarkCoefficient, BenchmarkPrice, BenchmarkTable};
use super::rounding::to_fen;
use super::timeline::{Dated, Timeline};
use crate::{inputs, text};

/// A benchmark value (基准价测算值) in yuan: never to be taken for an appraisal or a starting price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BenchmarkValue(Yuan);

impl BenchmarkValue {
    /// The amount out of a request.
    pub fn read(at: At<'_>, number: Number, context: &mut Context<'_>) -> Option<BenchmarkValue> {
        context.money(at, number, Sign::NotNegative).map(BenchmarkValue)
    }

    /// The amount.
    pub fn yuan(self) -> Yuan {
        self.0
    }
}

/// A named factor.
#[derive(Clone, Copy, Debug)]
pub struct NamedCoefficient<'r> {
    /// What it stands for.
    pub name: &'r str,
    /// The factor; left out, the one that the province's table has under this name.
    pub value: Option<Number>,
}

/// One mineral of the right.
#[derive(Clone, Debug)]
pub struct Item<'r> {
    /// Code or name.
    pub mineral: &'r str,
    /// Class inside the mineral, where the table has classes.
    pub class: Option<&'r str>,
    /// Reserves in the unit of the price.
    pub quantity: Number,
    /// The unit, `t` or `m3`.
    pub unit: Option<&'r str>,
    /// Yuan per unit; comes before the table's.
    pub unit_price: Option<Number>,
    /// Factors on top of the price.
    pub coefficients: Vec<NamedCoefficient<'r>>,
    /// The place that the table's area coefficient goes by.
    pub area: Option<&'r str>,
}

/// The value of a right by the benchmark prices of its province.
#[derive(Clone, Debug)]
pub struct Request<'r> {
    /// The day whose table counts.
    pub as_of: NaiveDate,
    /// Division code or name.
    pub province: Option<&'r str>,
    /// The minerals.
    pub items: Vec<Item<'r>>,
}

/// One item's value.
#[derive(Clone, Debug)]
pub struct ItemValue {
    /// Code.
    pub mineral: String,
    /// Yuan per unit.
    pub unit_price: UnitPrice,
    /// Reserves.
    pub quantity: Quantity,
    /// `round(unit price × quantity × product of the coefficients)`.
    pub value: Yuan,
}

/// The benchmark value of the right.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The sum of the items.
    pub benchmark_value: BenchmarkValue,
    /// The items in the order of the request.
    pub items: Vec<ItemValue>,
}

/// A factor on top of the price.
struct Factor {
    value: Coefficient,
}

/// `round(unit price × quantity × product of coefficients)` for each item, then added (art. 13).
pub fn benchmark_value<'b>(request: &Request<'_>, context: &mut Context<'b>) -> Option<Outcome> {
    let list = At::ROOT.field("items");
    let province_at = At::ROOT.field("province");
    let division = request.province.map(|name| context.division(province_at, name));
    let book = context.book();
    let tables = Tables {
        at: division
            .flatten()
            .and_then(|division| book.provincial(&division.code, request.as_of, |rules| &rules.benchmark)),
        all: division.flatten().and_then(|division| book.provincial_timeline(&division.code, |rules| &rules.benchmark)),
    };
    if request.items.is_empty() {
        context.invalid(list, Text::fixed("至少应有一个矿种", "give at least one item"), Some(measures("13")));
        return None;
    }
    let items: Vec<Option<ItemValue>> = request
        .items
        .iter()
        .enumerate()
        .map(|(index, item)| value_of(list.item(index), (index, item), tables, request.as_of, context))
        .collect();
    // An unknown province was reported above; the items were still looked at.
    if division == Some(None) {
        return None;
    }
    let items: Vec<ItemValue> = items.into_iter().collect::<Option<_>>()?;
    let total = context.computed(list, Yuan::sum(items.iter().map(|item| item.value)))?;
    context.step(|| {
        let (inputs, formula) = summands("value", items.iter().map(|item| item.value.into()));
        Step {
            rule: "benchmark-value.total",
            law: measures("13"),
            formula: formula.into(),
            result: Value::from(total),
            rounding: None,
            version: None,
            inputs,
        }
    });
    Some(Outcome { benchmark_value: BenchmarkValue(total), items })
}

/// The benchmark tables of the division.
#[derive(Clone, Copy)]
struct Tables<'b> {
    /// The one in force on the day.
    at: Option<&'b Dated<BenchmarkTable>>,
    /// All of them.
    all: Option<&'b Timeline<BenchmarkTable>>,
}

fn value_of<'b>(
    at: At<'_>,
    (index, item): (usize, &Item<'_>),
    tables: Tables<'b>,
    as_of: NaiveDate,
    context: &mut Context<'b>,
) -> Option<ItemValue> {
    let table = tables.at;
    let mineral = context.mineral_on(at.field("mineral"), item.mineral, as_of);
    let quantity = context.quantity(at.field("quantity"), item.quantity, Quantity::new);
    let mut factors = factors(at, item, (mineral, table), context);
    let entry = mineral.and_then(|mineral| entry(at, item, mineral, (tables, as_of), context));
    if let Some(area) = item.area {
        area_factor(at.field("area"), area, table, &mut factors, context);
    } else if let (Some(Ok(_)), Some(table)) = (&entry, table)
        && !table.value.areas.is_empty()
    {
        match &table.value.area_else {
            Some(elsewhere) => {
                if let Some(factors) = &mut factors {
                    let value = *context.rests_on(elsewhere);
                    factors.push(Factor { value });
                }
                context.warn(
                    WarningCode::Assumed,
                    Text::fixed(
                        "未列地区，按“其他地区”的地区系数计算",
                        "no area was named: the area coefficient for other areas was used",
                    ),
                    Some(elsewhere.law()),
                );
            }
            None => context.unknown(
                at.field("area"),
                Text::fixed("基准价表设有地区系数，请填写地区", "the table has area coefficients: name the area"),
                None,
            ),
        }
    }
    let (unit_price, law, version) = match (item.unit_price, entry) {
        (Some(number), _) => {
            let price = context.quantity(at.field("unit_price"), number, UnitPrice::new)?;
            context.rests_on_caller(&format!("items[{index}].unit_price"));
            (price, measures("13"), None)
        }
        (None, Some(Ok(entry))) => {
            let table = table?;
            context.uses(&table.version);
            let renewal_due = context.book().appraisal.at(as_of).ok().and_then(|rule| {
                let years = rule.value.renewal_years.value;
                add_years(table.version.effective_from, years)
            });
            if renewal_due.is_some_and(|due| as_of > due) {
                let id = &table.version.id;
                context.warn(
                    WarningCode::Outdated,
                    text!("基准价 {id} 已超过三年未更新", "the benchmark table {id} is older than three years"),
                    Some(measures("13")),
                );
            }
            (*context.rests_on(&entry.price), entry.price.law(), Some(&*table.version))
        }
        (None, Some(Err(()))) | (None, None) => return None,
    };
    let (mineral, quantity, factors) = (mineral?, quantity?, factors?);
    let exact =
        factors.iter().fold(Exact::from(unit_price).times(quantity), |product, factor| product.times(factor.value));
    let value = context.computed(at, to_fen(&exact))?;
    context.step(|| {
        let mut inputs = inputs!["unit_price" => unit_price.value(), "quantity" => quantity.value()];
        let mut formula = "round2(unit_price * quantity".to_owned();
        for (number, factor) in (1..).zip(&factors) {
            let name = format!("coefficient_{number}");
            formula.push_str(" * ");
            formula.push_str(&name);
            inputs.push(Input { name: name.into(), value: factor.value.value().into() });
        }
        formula.push(')');
        Step {
            rule: "benchmark-value.item",
            law,
            formula: formula.into(),
            inputs,
            result: value.into(),
            rounding: Some("half_up_fen"),
            version,
        }
    });
    Some(ItemValue { mineral: context.book().minerals.code(mineral).to_owned(), unit_price, quantity, value })
}

fn factors<'b>(
    at: At<'_>,
    item: &Item<'_>,
    (mineral, table): (Option<MineralId>, Option<&'b Dated<BenchmarkTable>>),
    context: &mut Context<'b>,
) -> Option<Vec<Factor>> {
    let list = at.field("coefficients");
    let factors: Vec<Option<Factor>> = item
        .coefficients
        .iter()
        .enumerate()
        .map(|(index, named)| {
            let here = list.item(index);
            if let Some(number) = named.value {
                let value = context.quantity(here.field("value"), number, Coefficient::new)?;
                context.rests_on_caller(named.name);
                return Some(Factor { value });
            }
            let minerals = &context.book().minerals;
            let listed = table.and_then(|table| {
                let fits =
                    |of: &[MineralId]| mineral.is_some_and(|id| minerals.with_groups(id).any(|kin| of.contains(&kin)));
                let named = |entry: &&BenchmarkCoefficient| entry.name == named.name || entry.zh == named.name;
                let found = table.value.coefficients.iter().filter(named).find(|entry| fits(&entry.minerals));
                found.map(|entry| (entry, table))
            });
            let Some((entry, table)) = listed else {
                context.unknown(
                    here.field("value"),
                    Text::fixed(
                        "基准价表中没有该名称的系数，请填写 value",
                        "the benchmark table has no coefficient of this name for the mineral: give its value",
                    ),
                    Some(measures("13")),
                );
                return None;
            };
            context.uses(&table.version);
            Some(Factor { value: *context.rests_on(&entry.factor) })
        })
        .collect();
    factors.into_iter().collect()
}

/// The table's price for an item. `None` when the request brings its own; `Err` after a fault.
fn entry<'b>(
    at: At<'_>,
    item: &Item<'_>,
    mineral: MineralId,
    (tables, as_of): (Tables<'b>, NaiveDate),
    context: &mut Context<'b>,
) -> Option<Result<&'b BenchmarkPrice, ()>> {
    if item.unit_price.is_some() {
        return None;
    }
    let kin: Vec<MineralId> = context.book().minerals.with_groups(mineral).collect();
    let prices = tables.at.map(|table| prices_of(&table.value, &kin)).unwrap_or_default();
    let chosen = match (prices.as_slice(), item.class) {
        ([], _) => {
            let priced = |dated: &Dated<BenchmarkTable>| !prices_of(&dated.value, &kin).is_empty();
            if let (None, Some(all)) = (tables.at, tables.all.filter(|all| all.entries().iter().any(priced))) {
                let subject = Text::fixed("该省的基准价表", "the benchmark table of the province");
                context.not_in_force(At::ROOT.field("as_of"), all, as_of, subject);
                return Some(Err(()));
            }
            context.unknown(
                at.field("unit_price"),
                Text::fixed(
                    "没有该矿种当日的基准价，请在 unit_price 中给出",
                    "no benchmark price for the mineral is at hand on that day: give unit_price",
                ),
                Some(measures("13")),
            );
            None
        }
        ([only], None) => {
            if let Some((code, zh, _)) = &only.class {
                context.warn(
                    WarningCode::Assumed,
                    text!(
                        "未指明类别，按该矿种唯一的基准价（{zh}）计算",
                        "no class was named: the only price for the mineral, that of class {code}, was used"
                    ),
                    Some(only.price.law()),
                );
            }
            Some(*only)
        }
        (many, class) => {
            let found = many.iter().find(|price| {
                price
                    .class
                    .as_ref()
                    .is_some_and(|(code, zh, _)| class.is_some_and(|class| class == code || class == zh))
            });
            if found.is_none() {
                let classes: Vec<&str> =
                    many.iter().filter_map(|price| price.class.as_ref()).map(|(code, _, _)| code.as_str()).collect();
                let classes = classes.join(", ");
                let detail = text!("请指明基准价类别：{classes}", "name the class of the benchmark price: {classes}");
                if class.is_none() {
                    context.unknown(at.field("class"), detail, Some(measures("13")));
                } else {
                    context.invalid(at.field("class"), detail, Some(measures("13")));
                }
            }
            found.copied()
        }
    };
    // Without the class the unit is still known where all classes have the same.
    let Some(price) = chosen.or(prices.first().copied()) else { return Some(Err(())) };
    let unit = &price.unit;
    match item.unit {
        Some(given) if prices.iter().any(|price| chosen.is_none() && price.unit == given) || given == unit => {}
        Some(_) => {
            context.invalid(
                at.field("unit"),
                text!("基准价的单位为 {unit}", "the unit of the benchmark price is {unit}"),
                Some(price.price.law()),
            );
            return Some(Err(()));
        }
        None => context.warn(
            WarningCode::Assumed,
            text!(
                "未列单位，按基准价的单位 {unit} 计算",
                "no unit was named: the unit of the price, {unit}, was taken"
            ),
            Some(price.price.law()),
        ),
    }
    Some(chosen.ok_or(()))
}

/// The prices of a table for the first of a mineral and its groups that has any: a table may price a group (铅锌) that the
/// mineral asked for belongs to.
fn prices_of<'t>(table: &'t BenchmarkTable, kin: &[MineralId]) -> Vec<&'t BenchmarkPrice> {
    kin.iter()
        .map(|kin| table.prices.iter().filter(|price| price.mineral == *kin).collect::<Vec<_>>())
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

fn area_factor<'b>(
    at: At<'_>,
    area: &str,
    table: Option<&'b Dated<BenchmarkTable>>,
    factors: &mut Option<Vec<Factor>>,
    context: &mut Context<'b>,
) {
    let areas = table.map(|table| &table.value).filter(|table| !table.areas.is_empty());
    let Some(areas) = areas else {
        context.invalid(
            at,
            Text::fixed(
                "没有可用的地区系数表；请改用 coefficients",
                "no table of area coefficients is at hand: use coefficients",
            ),
            Some(measures("13")),
        );
        return;
    };
    // A place is listed by its short name (张北), and asked for by that or by more: 张家口市张北县. What stands last is the
    // place itself, what stands before it lies above it.
    let ends_at = |name: &String| area.rfind(name.as_str()).map(|start| (start + name.len(), name.len()));
    let named = areas.areas.iter().filter_map(|(places, it)| Some((places.iter().filter_map(ends_at).max()?, it)));
    let listed = named.max_by_key(|(end, _)| *end).map(|(_, parameter)| parameter);
    if let (None, Some(elsewhere)) = (listed, &areas.area_else) {
        let shown = shortened(area);
        context.warn(
            WarningCode::Assumed,
            text!(
                "地区系数表未列“{shown}”，按“其他地区”的地区系数计算",
                "the table of area coefficients does not list “{shown}”: the coefficient for other areas was used"
            ),
            Some(elsewhere.law()),
        );
    }
    let Some(parameter) = listed.or(areas.area_else.as_ref()) else {
        context.invalid(
            at,
            Text::fixed("地区系数表中没有该地区", "the table of area coefficients does not name this area"),
            Some(measures("13")),
        );
        return;
    };
    let value = *context.rests_on(parameter);
    if let Some(table) = table {
        context.uses(&table.version);
    }
    if let Some(factors) = factors {
        factors.push(Factor { value });
    }
}
