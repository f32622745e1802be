//! From the heads of a table to a plan: which cell goes where in the request, compiled once for all rows.

use strsim::levenshtein;

use super::heads::{self, LINE_ID, Unit};
use super::limits::{COLUMNS, GROUPS};
use super::model::{self, Leaf, Shape};
use crate::api::lang::Lang;
use crate::api::topic::Topic;
use crate::domain::error::{Text, shortened};
use crate::text;

/// A step from the request to one of its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A field of an object.
    Field(String),
    /// An item of a list, counted from zero.
    Item(usize),
}

/// One column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// The head as the table writes it.
    pub head: String,
    /// How its cells are read as single values.
    pub leaf: Option<Leaf>,
    /// Whether a cell may hold JSON.
    pub json: bool,
    /// How the values of a cell are read that holds several, set apart by `、` or `；`.
    pub item: Option<Leaf>,
    /// By how many places the decimal point moves to the right: 4 for 万元.
    pub shift: usize,
    /// Whether its numbers are percents, so that a cell shown as 3% holds 3.
    pub is_percent: bool,
}

/// Where the cells of a row go.
#[derive(Clone, Debug)]
pub enum Slot {
    /// The cell of a column.
    Cell(usize),
    /// An object of such.
    Object(Vec<(String, Slot)>),
    /// A list of such; a number that no head names is `None`.
    List(Vec<Option<Slot>>),
}

/// A table's heads, compiled.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The topic.
    pub topic: Topic,
    /// The columns in the order of the table; `None` for the name of the row and for a column without head.
    pub columns: Vec<Option<Column>>,
    /// The column that names the rows.
    pub line_id: Option<usize>,
    /// The cell after the last head that says what the others are, one letter each ([`Kind`](super::kind::Kind)).
    pub kinds: Option<usize>,
    /// The request.
    pub root: Slot,
    shape: Shape,
}

/// A column as a template or a document lists it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The way to its place.
    pub path: Vec<Step>,
    /// How its cells are read; `None` where only JSON, or several values in one cell, will do.
    pub leaf: Option<Leaf>,
    /// Its unit.
    pub unit: Unit,
}

impl Plan {
    /// Compiles the heads of a table, or says everything that is wrong with them.
    pub fn compile(topic: Topic, heads: &[String]) -> Result<Plan, Text> {
        if heads.len() > COLUMNS {
            let count = heads.len();
            return Err(text!(
                "表头有 {count} 列，最多 {COLUMNS} 列",
                "{count} columns; at most {COLUMNS} are allowed"
            ));
        }
        let shape = model::of_request(topic);
        let root = Slot::Object(Vec::new());
        let mut plan = Plan { topic, columns: Vec::new(), line_id: None, kinds: None, root, shape: shape.clone() };
        let mut problems: Vec<Text> = Vec::new();
        for (index, head) in heads.iter().enumerate() {
            let head = head.trim();
            let column = match plan.column(&shape, head, index) {
                Ok(column) => column,
                Err(problem) => {
                    problems.push(problem);
                    None
                }
            };
            plan.columns.push(column);
        }
        if problems.is_empty() && plan.columns.iter().all(Option::is_none) {
            problems.push(text!("表头没有列名；第一行应为列名", "there are no heads: the first row names the columns"));
        }
        if problems.is_empty() { Ok(plan) } else { Err(joined(&problems)) }
    }

    /// For rows that say in one more cell what their cells are.
    pub fn with_kinds(mut self) -> Plan {
        self.kinds = Some(self.columns.len());
        self.columns.push(None);
        self
    }

    fn column(&mut self, shape: &Shape, head: &str, index: usize) -> Result<Option<Column>, Text> {
        if head.is_empty() || is_of_a_result(head) {
            return Ok(None);
        }
        if LINE_ID.iter().any(|name| head.eq_ignore_ascii_case(name)) {
            if self.line_id.replace(index).is_some() {
                return Err(doubled(head));
            }
            return Ok(None);
        }
        let (name, unit) = without_unit(head);
        let path = find(shape, &name)?;
        let (place, declared) = at(shape, &path).ok_or_else(|| unknown(shape, head))?;
        let shift = shift(head, unit.as_deref(), declared)?;
        if !insert(&mut self.root, &path, index) {
            return Err(doubled(head));
        }
        Ok(Some(Column {
            head: head.to_owned(),
            leaf: place.leaf.clone(),
            json: !place.fields.is_empty() || place.item.is_some(),
            item: place.item.as_ref().filter(|_| place.is_plain_list()).and_then(|item| item.leaf.clone()),
            shift,
            is_percent: declared.sign() == Some("%"),
        }))
    }

    /// How many numbered groups the table has for a list of the request.
    pub fn groups(&self, list: &str) -> usize {
        let Slot::Object(fields) = &self.root else { return 0 };
        match fields.iter().find(|(name, _)| name == list) {
            Some((_, Slot::List(items))) => items.len(),
            _ => 0,
        }
    }

    /// Whether a column, or a part of one that holds a whole as JSON, may be called this.
    pub fn may_name(&self, field: &str) -> bool {
        fn names(slot: &Slot, field: &str) -> bool {
            match slot {
                Slot::Cell(_) => false,
                Slot::Object(fields) => fields.iter().any(|(name, slot)| name == field || names(slot, field)),
                Slot::List(items) => items.iter().flatten().any(|slot| names(slot, field)),
            }
        }
        let holds_wholes = self.columns.iter().flatten().any(|column| column.json && column.item.is_none());
        holds_wholes || names(&self.root, field)
    }

    /// A place in words: the head of its column where it has one, else the head that it would have.
    ///
    /// `group` tells which numbered group an item of a list came from: empty groups leave no item behind.
    pub fn place(&self, pointer: &str, lang: Lang, group: &dyn Fn(&[Option<Slot>], usize) -> usize) -> String {
        let mut slot = Some(&self.root);
        let mut path = Vec::new();
        for part in pointer.split('/').skip(1) {
            let (step, next) = match slot {
                Some(Slot::List(items)) => {
                    let number = group(items, part.parse().unwrap_or(usize::MAX));
                    (Step::Item(number), items.get(number).and_then(Option::as_ref))
                }
                Some(Slot::Object(fields)) => {
                    let field = fields.iter().find(|(name, _)| name == part);
                    (Step::Field(part.to_owned()), field.map(|(_, slot)| slot))
                }
                _ => (part.parse().map_or_else(|_| Step::Field(part.to_owned()), Step::Item), None),
            };
            path.push(step);
            if let Some(Slot::Cell(index)) = next
                && let Some(Some(column)) = self.columns.get(*index)
            {
                return column.head.clone();
            }
            slot = next;
        }
        match lang {
            Lang::Zh => head_in_chinese(&self.shape, &path),
            Lang::En => head_in_english(&path),
        }
    }
}

/// Every column that a topic's table may have, with lists in so many groups each.
pub fn listed(topic: Topic, groups: usize) -> Vec<Listed> {
    let mut found = Vec::new();
    list(&model::of_request(topic), "", &mut Vec::new(), groups, Unit::None, &mut found);
    found
}

fn list(shape: &Shape, parent: &str, path: &mut Vec<Step>, groups: usize, unit: Unit, found: &mut Vec<Listed>) {
    let many = shape.item.as_ref().filter(|_| !shape.is_plain_list());
    if !path.is_empty() && (shape.leaf.is_some() || shape.fields.is_empty() && many.is_none()) {
        found.push(Listed { path: path.clone(), leaf: shape.leaf.clone(), unit });
    }
    for (name, field) in &shape.fields {
        path.push(Step::Field(name.clone()));
        let unit = heads::of_request(parent, name).map_or(Unit::None, |head| head.unit);
        list(field, name, path, groups, unit, found);
        path.pop();
    }
    for number in 0..many.map_or(0, |_| groups) {
        path.push(Step::Item(number));
        list(many.map_or(shape, |item| item), parent, path, groups, unit, found);
        path.pop();
    }
}

impl Listed {
    /// Its head in a language, with the unit in parentheses in Chinese.
    pub fn head(&self, topic: Topic, lang: Lang) -> String {
        head(topic, &self.path, lang)
    }
}

/// The head of a place in a language.
pub fn head(topic: Topic, path: &[Step], lang: Lang) -> String {
    match lang {
        Lang::Zh => head_in_chinese(&model::of_request(topic), path),
        Lang::En => head_in_english(path),
    }
}

/// `plan.first_payment_percent`, `lines.1.mineral`.
pub(super) fn head_in_english(path: &[Step]) -> String {
    let parts: Vec<String> = path
        .iter()
        .map(|step| match step {
            Step::Field(name) => name.clone(),
            Step::Item(number) => (number + 1).to_string(),
        })
        .collect();
    parts.join(".")
}

/// `缴纳方式·首次征收比例（%）`, `矿产品1·矿种`.
fn head_in_chinese(shape: &Shape, path: &[Step]) -> String {
    let mut parent = "";
    let mut words = String::new();
    let mut unit = Unit::None;
    for step in path {
        match step {
            Step::Field(name) => {
                let head = heads::of_request(parent, name);
                if !words.is_empty() {
                    words.push('·');
                }
                words.push_str(head.map_or(name, |head| head.zh));
                unit = head.map_or(Unit::None, |head| head.unit);
                parent = name;
            }
            Step::Item(number) => words.push_str(&(number + 1).to_string()),
        }
    }
    let is_single = at(shape, path).is_some_and(|(place, _)| place.leaf.is_some() || place.is_plain_list());
    match unit.sign().filter(|_| is_single) {
        Some(sign) => format!("{words}（{sign}）"),
        None => words,
    }
}

/// A column that a batch wrote: it is passed over, so that a result can be run again.
pub(super) fn is_of_a_result(head: &str) -> bool {
    ["结果·", "result."].iter().any(|prefix| head.starts_with(prefix))
        || super::cells::TAIL.iter().flatten().any(|name| *name == head)
}

/// A head without the unit in parentheses at its end.
fn without_unit(head: &str) -> (String, Option<String>) {
    let head = head.replace('(', "（").replace(')', "）");
    match head.strip_suffix('）').and_then(|rest| rest.rsplit_once('（')) {
        Some((name, unit)) => (name.trim().to_owned(), Some(unit.trim().to_owned())),
        None => (head, None),
    }
}

/// By how many places the decimal point moves for the unit that a head names.
fn shift(head: &str, given: Option<&str>, declared: Unit) -> Result<usize, Text> {
    let Some(given) = given else { return Ok(0) };
    let plain = |unit: &str| unit.replace('²', "2").replace('³', "3").replace('％', "%").replace("°C", "℃");
    match (given, declared) {
        ("万元", Unit::Yuan) => Ok(4),
        _ if declared.sign().is_some_and(|sign| plain(sign) == plain(given)) => Ok(0),
        _ => {
            let head = shortened(head);
            Err(match declared {
                Unit::None => text!("列“{head}”没有单位；请去掉括号", "column “{head}” has no unit: leave it out"),
                Unit::Yuan => {
                    text!("列“{head}”的单位应为元或万元", "the unit of column “{head}” must be 元 or 万元")
                }
                Unit::Of(sign) => text!("列“{head}”的单位应为 {sign}", "the unit of column “{head}” must be {sign}"),
            })
        }
    }
}

/// The place that a head names: by its whole path, or by the end of one where no other path ends so.
fn find(shape: &Shape, head: &str) -> Result<Vec<Step>, Text> {
    let segments: Vec<&str> = head.split(['.', '·', '．', '•', '・']).map(str::trim).collect();
    if let Some(path) = resolve(shape, "", &segments) {
        return Ok(path);
    }
    let mut ends = Vec::new();
    endings(shape, "", &mut Vec::new(), &segments, &mut ends);
    match ends.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(unknown(shape, head)),
        several => {
            let head = shortened(head);
            let names: Vec<String> = several
                .iter()
                .take(6)
                .map(|path| format!("{}（{}）", head_in_chinese(shape, path), head_in_english(path)))
                .collect();
            let names = names.join("、");
            Err(text!("列“{head}”不唯一，请写全：{names}", "column “{head}” is ambiguous, write it in full: {names}"))
        }
    }
}

/// The path that segments name, from a place on.
fn resolve(shape: &Shape, parent: &str, segments: &[&str]) -> Option<Vec<Step>> {
    let Some((first, rest)) = segments.split_first() else { return Some(Vec::new()) };
    if let (Some(item), Some(number)) = (&shape.item, number(first)) {
        return continued(Step::Item(number), resolve(item, parent, rest));
    }
    shape.fields.iter().find_map(|(name, field)| {
        let head = heads::of_request(parent, name);
        if first == name || head.is_some_and(|head| *first == head.zh) {
            return continued(Step::Field(name.clone()), resolve(field, name, rest));
        }
        // 矿产品1, lines1: an item of the list.
        let item = field.item.as_ref()?;
        let number = first
            .strip_prefix(name.as_str())
            .and_then(number)
            .or_else(|| head.and_then(|head| first.strip_prefix(head.zh)).and_then(number))?;
        let mut path = resolve(item, name, rest)?;
        path.splice(0..0, [Step::Field(name.clone()), Step::Item(number)]);
        Some(path)
    })
}

fn continued(step: Step, rest: Option<Vec<Step>>) -> Option<Vec<Step>> {
    let mut path = rest?;
    path.insert(0, step);
    Some(path)
}

/// The position of a numbered group.
fn number(text: &str) -> Option<usize> {
    let number: usize = text.trim().parse().ok()?;
    (1..=GROUPS).contains(&number).then(|| number - 1)
}

/// Every path that ends in these segments, lists by their first item.
fn endings(shape: &Shape, parent: &str, path: &mut Vec<Step>, segments: &[&str], found: &mut Vec<Vec<Step>>) {
    for (name, field) in &shape.fields {
        path.push(Step::Field(name.clone()));
        let (inner, is_item) = match &field.item {
            Some(item) if !field.is_plain_list() => (&**item, true),
            _ => (field, false),
        };
        if is_item {
            path.push(Step::Item(0));
        }
        if let Some(rest) = resolve(inner, name, segments).filter(|rest| !rest.is_empty()) {
            found.push(path.iter().cloned().chain(rest).collect());
        }
        endings(inner, name, path, segments, found);
        if is_item {
            path.pop();
        }
        path.pop();
    }
    let _ = parent;
}

/// What may stand at a path, and its unit.
fn at<'s>(shape: &'s Shape, path: &[Step]) -> Option<(&'s Shape, Unit)> {
    let mut place = (shape, Unit::None);
    let mut parent = "";
    for step in path {
        place = match step {
            Step::Field(name) => {
                let unit = heads::of_request(parent, name).map_or(Unit::None, |head| head.unit);
                parent = name;
                (place.0.field(name)?, unit)
            }
            Step::Item(_) => (place.0.item.as_deref()?, place.1),
        };
    }
    Some(place)
}

/// Puts a column at its place; `false` when the place, one above or one below is taken.
fn insert(slot: &mut Slot, path: &[Step], column: usize) -> bool {
    let Some((step, rest)) = path.split_first() else { return false };
    let fresh = || match rest.first() {
        None => Slot::Cell(column),
        Some(Step::Field(_)) => Slot::Object(Vec::new()),
        Some(Step::Item(_)) => Slot::List(Vec::new()),
    };
    let (inner, is_fresh) = match (slot, step) {
        (Slot::Object(fields), Step::Field(name)) => {
            let known = fields.iter().position(|(known, _)| known == name);
            let position = known.unwrap_or_else(|| {
                fields.push((name.clone(), fresh()));
                fields.len() - 1
            });
            (fields.get_mut(position).map(|(_, slot)| slot), known.is_none())
        }
        (Slot::List(items), Step::Item(number)) => {
            if items.len() <= *number {
                items.resize_with(number + 1, || None);
            }
            let Some(item) = items.get_mut(*number) else { return false };
            let is_fresh = item.is_none();
            (Some(item.get_or_insert_with(fresh)), is_fresh)
        }
        _ => return false,
    };
    match inner {
        Some(_) if rest.is_empty() => is_fresh,
        Some(inner) => insert(inner, rest, column),
        None => false,
    }
}

fn doubled(head: &str) -> Text {
    let head = shortened(head);
    text!(
        "列“{head}”重复，或与其所属的整体列并存；同一内容只能有一列",
        "column “{head}” is there twice, or beside a column that holds it: give it once"
    )
}

/// An unknown head with those that come near.
fn unknown(shape: &Shape, head: &str) -> Text {
    let mut all = Vec::new();
    list(shape, "", &mut Vec::new(), 1, Unit::None, &mut all);
    let wanted = without_unit(head).0;
    let length = wanted.chars().count();
    let mut near: Vec<(usize, String)> = all
        .iter()
        .flat_map(|column| {
            let (zh, en) = (head_in_chinese(shape, &column.path), head_in_english(&column.path));
            let last = |text: &str| text.rsplit(['·', '.']).next().map(str::to_owned);
            let bare = without_unit(&zh).0;
            [(last(&bare), &zh), (last(&en), &en), (Some(bare), &zh), (Some(en.clone()), &en)]
                .map(|(compared, shown)| (levenshtein(&wanted, &compared.unwrap_or_default()), shown.clone()))
        })
        // Up to half of the letters may differ; a long head is no misspelt one.
        .filter(|(far, _)| length <= 60 && *far * 2 <= length)
        .collect();
    near.sort();
    let mut names: Vec<String> = Vec::new();
    for (_, name) in near {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(3);
    let head = shortened(head);
    if names.is_empty() {
        return text!("没有名为“{head}”的列", "no column is called “{head}”");
    }
    let names = names.join("、");
    text!("没有名为“{head}”的列，是否为：{names}", "no column is called “{head}”, did you mean: {names}")
}

/// Several problems as one, at most ten of them.
fn joined(problems: &[Text]) -> Text {
    const SHOWN: usize = 10;
    let pick = |lang: Lang| problems.iter().take(SHOWN).map(|text| lang.pick(text)).collect::<Vec<_>>();
    let more = problems.len().saturating_sub(SHOWN);
    let (mut zh, mut en) = (pick(Lang::Zh).join("；"), pick(Lang::En).join("; "));
    if more > 0 {
        zh.push_str(&format!("；另有 {more} 处"));
        en.push_str(&format!("; and {more} more"));
    }
    Text { zh: zh.into(), en: en.into() }
}
