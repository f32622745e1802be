//! Where a right lies: land or sea for the rate, the administrative division for provincial rules, the kind of area for
//! the treasuries.

use super::names::ByName;

/// Land or sea, as row 1 of the catalogue distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// 陆域.
    Land,
    /// 海域.
    Sea,
}

/// The kind of area as article 4 divides the income.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AreaKind {
    /// Land.
    Land,
    /// Sea managed by local authorities (地方管理海域).
    LocalSea,
    /// Any other sea under China's jurisdiction (其他我国管辖海域).
    OtherSea,
}

impl Place {
    /// The code in data files and requests.
    pub fn code(self) -> &'static str {
        match self {
            Place::Land => "land",
            Place::Sea => "sea",
        }
    }
}

/// An administrative division of GB/T 2260: a province, or a county that has data of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Division {
    /// Six digits.
    pub code: String,
    /// Chinese names, the full one first.
    pub zh: Vec<String>,
    /// English name.
    pub en: String,
    /// Code of the division above, for one below a province.
    pub parent: Option<String>,
}

impl Division {
    /// The full Chinese name.
    pub fn name_zh(&self) -> &str {
        self.zh.first().map_or(self.code.as_str(), String::as_str)
    }
}

/// All divisions that the service knows, by code and by name.
#[derive(Clone, Debug, Default)]
pub struct Divisions {
    list: Vec<Division>,
    by_name: ByName<usize>,
}

impl Divisions {
    /// The table; a name that is claimed twice is returned as the error.
    pub fn new(list: Vec<Division>) -> Result<Divisions, Vec<String>> {
        let mut by_name = ByName::default();
        let mut taken = Vec::new();
        for (index, division) in list.iter().enumerate() {
            for name in std::iter::once(&division.code).chain(&division.zh) {
                if by_name.insert(name.clone(), index).is_some_and(|before| before != index) {
                    taken.push(name.clone());
                }
            }
        }
        if taken.is_empty() { Ok(Divisions { list, by_name }) } else { Err(taken) }
    }

    /// The division with that code or Chinese name.
    pub fn find(&self, name: &str) -> Option<&Division> {
        self.by_name.get(name.trim()).and_then(|index| self.list.get(*index))
    }

    /// All of them in the order of the data.
    pub fn iter(&self) -> impl Iterator<Item = &Division> {
        self.list.iter()
    }
}
