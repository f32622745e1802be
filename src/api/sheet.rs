//! From an answered calculation to its sheet on paper: the schemas of request and result, which the OpenAPI document shows,
//! give every field its Chinese name.

use serde_json::{Map, Value as Json};

use super::node::Node;
use super::schema::Named;
use super::shape;
use super::topic::Topic;
use crate::domain::money::Yuan;
use crate::domain::quantity::Number;
use crate::domain::rate_book::{Provenance, RateBook};
use crate::notice::sheet::{CalculationSheet, Line, SheetStep, SheetVersion, Value};
use crate::notice::words::grouped;

/// The parts of an envelope that are no result.
const AROUND: [&str; 5] = ["calculation", "steps", "rate_versions", "warnings", "dataset"];

/// Fills a sheet with a calculation: the request as it was read, the answer in Chinese as it was given.
pub fn fill(sheet: CalculationSheet, topic: Topic, request: &Json, answer: &Json, book: &RateBook) -> CalculationSheet {
    let mut named = Named::default();
    let (asked, outcome) = topic.schemas(&mut named);
    let json = |schema| serde_json::to_value(schema).unwrap_or_default();
    let schemas = named.into_list().into_iter().map(|(name, schema)| (name, json(schema))).collect();
    let scribe = Scribe { schemas, book };
    let fields = answer.as_object().into_iter().flatten().filter(|(name, _)| !AROUND.contains(&name.as_str()));
    let mut results = Vec::new();
    for (name, value) in fields {
        let described = outcome.iter().find(|field| field.name == name);
        let schema = described.map(|field| json(field.schema.clone())).unwrap_or_default();
        match name.as_str() {
            "result" => scribe.fields(&schema, value, 0, &mut results),
            other => scribe.field(other, &schema, value, 0, &mut results),
        }
    }
    let mut lines = Vec::new();
    scribe.fields(&json(asked), request, 0, &mut lines);
    CalculationSheet {
        topic: chinese_half(topic.doc().summary).to_owned(),
        slug: topic.slug().to_owned(),
        request: lines,
        results,
        steps: list(answer, "steps").map(step).collect(),
        versions: list(answer, "rate_versions").map(|version| scribe.version(version)).collect(),
        warnings: list(answer, "warnings").map(warning).collect(),
        dataset: (text_at(answer, "/dataset/id"), text_at(answer, "/dataset/sha256")),
        record: (request.to_string(), answer.to_string()),
        ..sheet
    }
}

/// A request as it was read, without what counts as left out.
pub fn json_of(node: &Node<'_>) -> Json {
    match node {
        Node::Null | Node::OtherNumber => Json::Null,
        Node::Bool(value) => (*value).into(),
        Node::Integer(value) => (*value).into(),
        Node::Text(text) => text.as_ref().into(),
        Node::List(items) => items.iter().map(json_of).collect(),
        Node::Object(fields) => {
            let fields = fields.iter().filter(|(_, value)| *value != Node::Null);
            Json::Object(fields.map(|(name, value)| (name.to_string(), json_of(value))).collect())
        }
    }
}

fn list<'a>(answer: &'a Json, name: &str) -> impl Iterator<Item = &'a Json> {
    answer.get(name).and_then(Json::as_array).into_iter().flatten()
}

/// A text inside an answer.
fn text_at(value: &Json, pointer: &str) -> String {
    value.pointer(pointer).map(string).unwrap_or_default()
}

/// The schema of a field, or of the items of a list: `null` where nothing describes it.
fn inner<'s>(schema: &'s Json, path: &[&str]) -> &'s Json {
    path.iter().try_fold(schema, |schema, name| schema.get(name)).unwrap_or(&Json::Null)
}

fn string(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(string).collect::<Vec<_>>().join("\n"),
        other => other.to_string(),
    }
}

fn step(step: &Json) -> SheetStep {
    let known = |name: &str| step.get(name).map(string);
    let inputs = step.get("inputs").and_then(Json::as_object).into_iter().flatten();
    SheetStep {
        rule: known("rule").unwrap_or_default(),
        law: text_at(step, "/law/label"),
        formula: known("formula").unwrap_or_default(),
        inputs: inputs.map(|(name, value)| (name.clone(), string(value))).collect(),
        result: known("result").unwrap_or_default(),
        rounding: known("rounding").map(|code| code_in_chinese("rounding", &code).map_or(code, str::to_owned)),
        version: known("rate_version"),
    }
}

fn warning(warning: &Json) -> String {
    let law = warning.get("law").map(|law| format!("（{}）", text_at(law, "/label")));
    text_at(warning, "/message") + &law.unwrap_or_default()
}

/// The Chinese half of a bilingual text: what stands before the middle dot.
fn chinese_half(text: &str) -> &str {
    text.split_once('·').map_or(text, |(chinese, _)| chinese).trim()
}

/// Fields whose descriptions name the choices and not the thing.
const LABELS: [(&str, &str); 4] =
    [("mineral", "矿种"), ("right", "矿业权种类"), ("transfer_mode", "出让方式"), ("product", "产品")];

/// The name of a field out of its description: the Chinese half up to the first mark outside parentheses.
fn label_of(description: &str) -> String {
    let mut depth = 0;
    let chinese = chinese_half(description).chars();
    let name = chinese.take_while(|sign| {
        match sign {
            '（' => depth += 1,
            '）' => depth -= 1,
            _ => {}
        }
        depth > 0 || !matches!(sign, '，' | '；' | '：' | '。')
    });
    name.collect()
}

/// Writes fields by what their schemas say.
struct Scribe<'a> {
    schemas: Map<String, Json>,
    book: &'a RateBook,
}

/// The name of the schema that a reference leads to.
fn referred(schema: &Json) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

impl Scribe<'_> {
    /// The schema that describes a value: behind references, the alternative that it fits.
    fn resolved<'s>(&'s self, schema: &'s Json, value: &Json) -> &'s Json {
        if let Some(behind) = referred(schema).and_then(|name| self.schemas.get(name)) {
            return self.resolved(behind, value);
        }
        let alternatives = ["oneOf", "anyOf"].into_iter().filter_map(|name| schema.get(name)?.as_array()).flatten();
        let mut alternatives = alternatives.map(|one| self.resolved(one, value));
        let fits = |one: &&Json| match value {
            Json::Object(fields) => one
                .get("properties")
                .and_then(Json::as_object)
                .is_some_and(|known| fields.keys().all(|name| known.contains_key(name))),
            _ => one.get("type") != Some(&"null".into()),
        };
        alternatives.find(fits).unwrap_or(schema)
    }

    fn fields(&self, schema: &Json, value: &Json, depth: usize, into: &mut Vec<Line>) {
        let schema = self.resolved(schema, value);
        for (name, value) in value.as_object().into_iter().flatten() {
            self.field(name, inner(schema, &["properties", name]), value, depth, into);
        }
    }

    /// A field with everything below it. Objects of single values take a line each when they stand in a list.
    fn field(&self, name: &str, schema: &Json, value: &Json, depth: usize, into: &mut Vec<Line>) {
        let label = self.label(name, schema, value);
        let mut add = |label, value, depth| into.push(Line { label, value, depth });
        match value {
            Json::Object(_) => {
                add(label, Value::Below, depth);
                self.fields(schema, value, depth + 1, into);
            }
            Json::Array(items) if items.iter().any(Json::is_object) => {
                add(label, Value::Below, depth);
                let of_items = inner(self.resolved(schema, value), &["items"]);
                for (item, at) in items.iter().zip(1..) {
                    let label = format!("第 {at} 项");
                    match self.in_one_line(of_items, item) {
                        Some(line) => into.push(Line { label, value: Value::Text(line), depth: depth + 1 }),
                        None => {
                            into.push(Line { label, value: Value::Below, depth: depth + 1 });
                            self.fields(of_items, item, depth + 2, into);
                        }
                    }
                }
            }
            Json::Array(items) => {
                let texts: Vec<String> =
                    items.iter().map(|item| self.text(name, inner(schema, &["items"]), item)).collect();
                add(label, Value::Text(texts.join("、")), depth);
            }
            _ => {
                let value =
                    self.money(schema, value).map_or_else(|| Value::Text(self.text(name, schema, value)), Value::Money);
                add(label, value, depth);
            }
        }
    }

    /// An object of single values in one line; `None` for one that holds lists or objects.
    fn in_one_line(&self, schema: &Json, value: &Json) -> Option<String> {
        let schema = self.resolved(schema, value);
        let parts: Option<Vec<String>> = value
            .as_object()?
            .iter()
            .map(|(name, value)| {
                let schema = inner(schema, &["properties", name]);
                let text = self.money(schema, value).map_or_else(|| self.text(name, schema, value), grouped);
                let single = !value.is_array() && !value.is_object();
                single.then(|| format!("{} {text}", self.label(name, schema, value)))
            })
            .collect();
        Some(parts?.join("；"))
    }

    fn label(&self, name: &str, schema: &Json, value: &Json) -> String {
        if let Some((_, label)) = LABELS.iter().find(|(known, _)| *known == name) {
            return (*label).to_owned();
        }
        let own = schema.get("description").and_then(Json::as_str);
        let description = own.or_else(|| self.resolved(schema, value).get("description")?.as_str());
        description.map(label_of).filter(|label| !label.is_empty()).unwrap_or_else(|| name.to_owned())
    }

    /// An amount of a result: two decimals always.
    fn money(&self, schema: &Json, value: &Json) -> Option<Yuan> {
        let pattern = self.resolved(schema, value).get("pattern")?.as_str()?;
        match shape::decimal(value.as_str().filter(|_| pattern == super::schema::MONEY_PATTERN)?)? {
            Number::Exactly(amount) => Yuan::from_decimal(amount).ok(),
            Number::BeyondPrecision => None,
        }
    }

    /// A single value in Chinese: codes by their words, minerals and divisions by their names.
    fn text(&self, field: &str, schema: &Json, value: &Json) -> String {
        match value {
            Json::Bool(true) => "是".to_owned(),
            Json::Bool(false) => "否".to_owned(),
            Json::String(text) => {
                let nullable = schema.get("oneOf").and_then(Json::as_array).and_then(|list| list.first());
                let named = referred(schema).or_else(|| nullable.and_then(referred));
                let known = named.and_then(|list| self.name_of(list, text));
                known.or_else(|| code_in_chinese(field, text)).unwrap_or(text).to_owned()
            }
            other => string(other),
        }
    }

    /// The Chinese name of an entry of the data, by the list that a schema names.
    fn name_of(&self, list: &str, text: &str) -> Option<&str> {
        let book = self.book;
        match list {
            "MineralCode" | "MineralName" => Some(book.minerals.get(book.minerals.find(text)?)?.name_zh()),
            "DivisionCode" | "DivisionName" => Some(book.divisions.find(text)?.name_zh()),
            "DeemedSaleCode" | "DeemedSaleName" => Some(&book.deemed_sales.iter().find(|sale| sale.code == text)?.zh),
            "SplitClassCode" => {
                let schemes = book.provinces.values().flat_map(|own| own.split_scheme.entries());
                let mut classes = schemes.flat_map(|dated| &dated.value.classes);
                Some(&classes.find(|class| class.code == text)?.zh)
            }
            _ => None,
        }
    }

    fn version(&self, version: &Json) -> SheetVersion {
        let known = |name: &str| version.get(name).map(string);
        let key = known("instrument").unwrap_or_default();
        let from = known("effective_from").unwrap_or_default();
        let provenance = known("provenance").unwrap_or_default();
        SheetVersion {
            id: known("id").unwrap_or_default(),
            instrument: self.book.instruments.get(key.as_str()).map_or(key, |it| it.citation.clone()),
            in_force: known("effective_to").map_or_else(|| format!("{from} 起"), |to| format!("{from} 至 {to}")),
            provenance: code_in_chinese("provenance", &provenance).map_or(provenance, str::to_owned),
            sha256: known("sha256").unwrap_or_default(),
        }
    }
}

/// The Chinese word for a code, where a form would look unfinished with the code itself. A test holds that every choice of
/// every calculation has one.
pub fn code_in_chinese(field: &str, code: &str) -> Option<&'static str> {
    const VERBATIM: &str = Provenance::Verbatim.code();
    const REPORTED: &str = Provenance::Reported.code();
    const INFERRED: &str = Provenance::Inferred.code();
    const CALLER: &str = Provenance::Caller.code();
    let word = match (field, code) {
        ("kind" | "place", "land") => "陆域",
        ("kind", "local_sea") => "地方管理海域",
        ("kind", "other_sea") => "其他我国管辖海域",
        ("place", "sea") => "海域",
        ("right", "exploration") => "探矿权",
        ("right", "mining") => "采矿权",
        ("transfer_mode", "competitive") => "竞争出让",
        ("transfer_mode", "agreement") => "协议出让",
        ("product" | "levy_object", "raw_ore") => "原矿产品",
        ("product" | "levy_object", "concentrate") => "选矿产品",
        ("product", "other") => "其他产品",
        ("levy_object", "not_stated") => "未载明",
        ("price_basis", "actual") => "实际价格",
        ("price_basis", "public") => "公开价格",
        ("plan", "lump_sum") => "一次性缴清",
        ("plan", "six_years") => "分六年",
        ("rate_basis", "at_transfer") => "出让时的收益率",
        ("rate_basis", "at_sale") => "销售时的收益率",
        ("levy_method" | "levy_form", "rate") => "按出让收益率",
        ("levy_method" | "levy_form", "amount") => "按出让金额",
        ("mine_scale", "large") => "大型",
        ("mine_scale", "medium") => "中型",
        ("mine_scale", "small") => "小型",
        ("basis", "art_12") => "第十二条",
        ("basis", "art_30_2") => "第三十条第（二）项",
        ("remainder", "scheduled") => "已列入分期",
        ("remainder", "on_conversion") => "转采后缴纳",
        ("remainder" | "direction", "none") => "无",
        ("part", "price") => "成交价部分",
        ("part", "rate") => "逐年征收部分",
        ("geology", "simple") => "简单",
        ("geology", "medium") => "中等",
        ("geology", "complex") => "复杂",
        ("stage_completed", "none") => "未完成普查",
        ("stage", "blank") => "空白",
        ("stage" | "stage_completed", "general") => "普查",
        ("stage" | "stage_completed", "detailed") => "详查",
        ("stage" | "stage_completed", "advanced") => "勘探",
        ("rounding", "half_up_fen") => "四舍五入到分",
        ("rounding", "largest_remainder_fen") => "按最大余数分配到分",
        ("rounding", "fen") => "四舍五入到分",
        ("rounding", "yuan") => "四舍五入到元",
        ("rounding", "wan_up") => "进位到万元",
        ("rounding", "wan_half_up") => "四舍五入到万元",
        ("rounding", "hundred_yuan_half_up") => "四舍五入到百元",
        ("competition", "tender") => "招标",
        ("competition", "auction") => "拍卖",
        ("competition", "listing") => "挂牌",
        ("direction", "collect") => "补缴",
        ("direction", "refund") => "退还",
        ("provenance", VERBATIM) => "见于文本",
        ("provenance", REPORTED) => "转述",
        ("provenance", INFERRED) => "推定",
        ("provenance", CALLER) => "由请求提供",
        ("acquired", "competitive") => "竞争出让",
        ("acquired", "agreement") => "协议出让",
        ("acquired", "first_come") => "申请在先，未缴",
        ("acquired", "free_state_found") => "国家出资探明，未缴",
        ("acquired", "free") => "无偿取得",
        ("acquired", "paid_in_full") => "已缴清",
        ("acquired", "capital_converted") => "已转增国家资本",
        ("acquired", "state_share_paid") => "已按国家出资份额缴清",
        ("acquired", "area_price_paid") => "已按面积缴价款",
        ("event", "grant") => "出让",
        ("event" | "due", "conversion") => "探矿权转采矿权",
        ("event", "unconverted") => "探矿权未转采而终止",
        ("event", "undisposed_reserves") => "动用未有偿处置的资源储量",
        ("event", "mineral_change") => "变更矿种",
        ("event", "oil_gas_added") => "增列油气矿种",
        ("event", "oil_gas_producing") => "油气探矿权已投产",
        ("event", "transfer") => "转让",
        ("event", "cancellation") => "注销",
        ("event", "withdrawal") => "收回",
        ("event", "existing_contract") => "原有合同",
        ("event", "transition") => "新旧衔接",
        ("reason", "policy") => "政策性关闭",
        ("reason", "disaster") => "重大自然灾害",
        ("reason", "exhausted") => "资源枯竭",
        ("due", "payment_notice") => "收到缴款通知书后",
        ("due", "end_of_february") => "次年二月底前",
        ("due", "mining_grant") => "采矿权登记时",
        ("due", "before_cancellation") => "注销前",
        ("kind", "one_off") => "一次确定",
        ("kind", "one_sum") => "一次性缴清",
        ("kind", "first_payment") => "首次缴纳",
        ("kind", "instalment") => "分期缴纳",
        ("kind", "annual" | "annual_income") => "逐年征收",
        ("kind", "arrears") => "欠缴清算",
        ("kind", "continue") => "继续缴纳",
        ("kind", "lapse") => "不再缴纳",
        ("kind", "true_up") => "多退少补",
        ("kind", "refundable") => "可退",
        ("kind", "none") => "无",
        _ => return None,
    };
    Some(word)
}
