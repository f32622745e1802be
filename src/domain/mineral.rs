//! Minerals and their names: one stable code each, any registered Chinese or English name finds it (`RULES` 1).

use super::names::ByName;

/// Position of a mineral in the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MineralId(usize);

impl MineralId {
    /// The place in the registry, from zero.
    pub(super) fn position(self) -> usize {
        self.0
    }
}

/// A mineral, or a group name that stands for its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mineral {
    /// Stable code, English, snake case.
    pub code: String,
    /// Chinese names, first the one that the catalogue prints.
    pub zh: Vec<String>,
    /// English name.
    pub en: String,
    /// For a group its members; empty for a single mineral.
    pub members: Vec<MineralId>,
}

impl Mineral {
    /// The Chinese name that the catalogue prints.
    pub fn name_zh(&self) -> &str {
        self.zh.first().map_or(self.code.as_str(), String::as_str)
    }
}

/// All minerals that the service knows.
#[derive(Clone, Debug, Default)]
pub struct Minerals {
    list: Vec<Mineral>,
    by_name: ByName<MineralId>,
}

/// A code or name that two minerals claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name {name} belongs to {first} and to {second}")]
pub struct NameTaken {
    /// The name.
    pub name: String,
    /// Code of the mineral that has it.
    pub first: String,
    /// Code of the mineral that claims it too.
    pub second: String,
}

/// How names are compared: without surrounding space, English without case.
fn key(name: &str) -> String {
    name.trim().to_lowercase()
}

impl Minerals {
    /// The registry over the list; members refer to positions in it. Every name that is claimed twice is reported.
    pub fn new(list: Vec<Mineral>) -> Result<Minerals, Vec<NameTaken>> {
        let mut by_name: ByName<MineralId> = ByName::default();
        let mut taken = Vec::new();
        for (index, mineral) in list.iter().enumerate() {
            let names = std::iter::once(&mineral.code).chain(&mineral.zh).chain(std::iter::once(&mineral.en));
            for name in names {
                match by_name.insert(key(name), MineralId(index)) {
                    // The English name may well read like the code.
                    Some(MineralId(before)) if before != index => taken.push(NameTaken {
                        name: name.clone(),
                        first: list.get(before).map(|other| other.code.clone()).unwrap_or_default(),
                        second: mineral.code.clone(),
                    }),
                    _ => {}
                }
            }
        }
        if taken.is_empty() { Ok(Minerals { list, by_name }) } else { Err(taken) }
    }

    /// The position that the mineral at this index of the list has.
    pub fn id_of_index(index: usize) -> MineralId {
        MineralId(index)
    }

    /// The mineral with that code or name.
    pub fn find(&self, name: &str) -> Option<MineralId> {
        // Codes and Chinese names mostly match as they are; only the rest is normalized.
        self.by_name.get(name).or_else(|| self.by_name.get(&key(name))).copied()
    }

    /// The mineral at a position of this registry.
    pub fn get(&self, id: MineralId) -> Option<&Mineral> {
        self.list.get(id.0)
    }

    /// All minerals and groups with their positions, in the order of the data.
    pub fn iter(&self) -> impl Iterator<Item = (MineralId, &Mineral)> {
        self.list.iter().enumerate().map(|(index, mineral)| (MineralId(index), mineral))
    }

    /// The mineral itself, then the groups that it is a member of: the order in which a table that names groups is read.
    pub fn with_groups(&self, id: MineralId) -> impl Iterator<Item = MineralId> {
        let groups = self.iter().filter(move |(_, group)| group.members.contains(&id)).map(|(group, _)| group);
        std::iter::once(id).chain(groups)
    }

    /// Whether a list names the mineral, or for a group all of its members.
    pub fn is_among(&self, id: MineralId, list: &[MineralId]) -> bool {
        let members = self.get(id).map_or(&[][..], |mineral| mineral.members.as_slice());
        list.contains(&id) || !members.is_empty() && members.iter().all(|member| list.contains(member))
    }

    /// The code of a mineral; empty for a position of another registry.
    pub fn code(&self, id: MineralId) -> &str {
        self.get(id).map_or("", |mineral| mineral.code.as_str())
    }
}
