//! The catalogue (矿种目录): which minerals are levied by rate, on what, at how many percent (财综〔2023〕10号 annex, art. 8(1)).

use super::mineral::{MineralId, Minerals};
use super::place::Place;
use super::quantity::{Celsius, Percent};

/// What the percentage is taken of (计征对象).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevyObject {
    /// 原矿产品: sold as extracted.
    RawOre,
    /// 选矿产品: concentrate, or processed raw ore.
    Concentrate,
    /// The printed text that we have names none (rows 1, 2, 5 and 7).
    NotStated,
}

/// How a mineral is levied (征收方式, art. 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevyMethod {
    /// 按矿业权出让收益率形式征收: a price at the grant and a percentage of each year's sales.
    Rate,
    /// 按出让金额形式征收: an amount, possibly in instalments.
    Amount,
}

/// What a rate of a row depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateCondition {
    /// The row has one rate.
    Always,
    /// Row 1: on land or at sea.
    Place(Place),
    /// Row 7: the temperature, from `at_least` (included) to `below` (excluded).
    Temperature {
        /// Lower end, included.
        at_least: Option<Celsius>,
        /// Upper end, excluded.
        below: Option<Celsius>,
    },
}

/// One rate of a row.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// The percentage as printed.
    pub percent: Percent,
    /// When it counts.
    pub condition: RateCondition,
}

/// One row of the catalogue.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number, from 1.
    pub number: u32,
    /// What the percentage is taken of.
    pub levy_object: LevyObject,
    /// Where it stands, as a citation names it: `annex row 12`. Kept, because nearly every answer with steps cites it.
    pub locator: String,
    /// One rate, or one for each case of a condition.
    pub rates: Vec<Rate>,
}

/// A version of the catalogue.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    rows: Vec<Row>,
    /// The position of the row of each mineral, by the position of the mineral; nothing for those outside.
    row_of: Vec<Option<usize>>,
}

/// How the catalogue of a date levies a mineral.
#[derive(Clone, Copy, Debug)]
pub enum Levy<'b> {
    /// By rate, by this row.
    ByRate(&'b Row),
    /// By amount: not in the catalogue.
    ByAmount,
}

/// A group whose members differ in row, levy object or rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name stands for minerals with different rates")]
pub struct Ambiguous {
    /// The members.
    pub candidates: Vec<MineralId>,
}

/// Why a row gives no single rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Land or sea has to be named (row 1).
    #[error("the place is needed")]
    PlaceNeeded,
    /// The temperature has to be named (row 7).
    #[error("the temperature is needed")]
    TemperatureNeeded,
}

impl Catalogue {
    /// The catalogue over rows with their single minerals.
    pub fn new(rows: Vec<(Row, Vec<MineralId>)>) -> Catalogue {
        let mut catalogue = Catalogue::default();
        for (row, minerals) in rows {
            let index = catalogue.rows.len();
            for mineral in minerals {
                let position = mineral.position();
                if catalogue.row_of.len() <= position {
                    catalogue.row_of.resize(position + 1, None);
                }
                if let Some(row) = catalogue.row_of.get_mut(position) {
                    *row = Some(index);
                }
            }
            catalogue.rows.push(row);
        }
        catalogue
    }

    /// The row of a single mineral.
    fn row(&self, mineral: MineralId) -> Option<&Row> {
        self.row_of.get(mineral.position()).copied().flatten().and_then(|index| self.rows.get(index))
    }

    /// How a mineral is levied. A group counts like one mineral when all members stand in the same row, or all outside.
    pub fn levy(&self, minerals: &Minerals, mineral: MineralId) -> Result<Levy<'_>, Ambiguous> {
        let by = |row: Option<&'_ Row>| row.map(|row| row.number);
        let members = minerals.get(mineral).map_or(&[][..], |entry| entry.members.as_slice());
        let representative = members.first().copied().unwrap_or(mineral);
        let row = self.row(representative);
        if members.iter().any(|member| by(self.row(*member)) != by(row)) {
            return Err(Ambiguous { candidates: members.to_vec() });
        }
        Ok(row.map_or(Levy::ByAmount, Levy::ByRate))
    }

    /// All rows in order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

impl Row {
    /// The rate for a place and a temperature, as far as the row asks for them.
    pub fn rate(&self, place: Option<Place>, temperature: Option<Celsius>) -> Result<Percent, RateError> {
        let mut missing = RateError::PlaceNeeded;
        for rate in &self.rates {
            let applies = match rate.condition {
                RateCondition::Always => Some(true),
                RateCondition::Place(of) => place.map(|place| place == of),
                RateCondition::Temperature { at_least, below } => {
                    missing = RateError::TemperatureNeeded;
                    temperature.map(|t| at_least.is_none_or(|low| low <= t) && below.is_none_or(|high| t < high))
                }
            };
            if applies == Some(true) {
                return Ok(rate.percent);
            }
        }
        Err(missing)
    }
}

impl LevyObject {
    /// The code in data files and answers.
    pub fn code(self) -> &'static str {
        match self {
            LevyObject::RawOre => "raw_ore",
            LevyObject::Concentrate => "concentrate",
            LevyObject::NotStated => "not_stated",
        }
    }
}

impl Levy<'_> {
    /// By rate or by amount.
    pub fn method(&self) -> LevyMethod {
        match self {
            Levy::ByRate(_) => LevyMethod::Rate,
            Levy::ByAmount => LevyMethod::Amount,
        }
    }
}
