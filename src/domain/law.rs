//! Citations: which instrument and which article a figure rests on.

use std::borrow::Cow;

/// An article of an instrument. The instrument is a key of `rates/sources.toml`; the article is in machine form:
/// `33`, `8(2)`, `annex row 12`, or as the instrument itself counts (`（二十）`, `一`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Law<'b> {
    /// Key of the instrument.
    pub instrument: &'b str,
    /// The article in machine form.
    pub article: Cow<'b, str>,
}

/// An article of 财综〔2023〕10号 矿业权出让收益征收办法.
pub const fn measures(article: &'static str) -> Law<'static> {
    Law { instrument: "cz-2023-10", article: Cow::Borrowed(article) }
}

/// An article of another instrument, by its key.
pub const fn cite(instrument: &'static str, article: &'static str) -> Law<'static> {
    Law { instrument, article: Cow::Borrowed(article) }
}

/// A record under `docs/interpretations`: what a step rests on that no instrument lays down, such as a discount.
pub const fn reading(record: &'static str) -> Law<'static> {
    Law { instrument: "docs/interpretations", article: Cow::Borrowed(record) }
}

/// The article of an instrument whose text is not at hand.
const NOT_STATED: &str = "not_stated";

const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// A number below one hundred in Chinese numerals: 33 is 三十三, 10 is 十.
pub fn chinese_number(number: u32) -> Option<String> {
    let digit = |value: u32| DIGITS.get(value as usize).copied();
    match (number / 10, number % 10) {
        (tens, _) if tens > 9 => None,
        (0, ones) => digit(ones).map(str::to_owned),
        (tens, ones) => {
            let head = if tens == 1 { "" } else { digit(tens)? };
            let tail = if ones == 0 { "" } else { digit(ones)? };
            Some(format!("{head}十{tail}"))
        }
    }
}

/// The article as a Chinese citation names it: `第三十三条`, `第八条第（二）项`, `附件第12行`; other forms stand as they are.
pub fn article_in_chinese(article: &str) -> String {
    if let Some(row) = article.strip_prefix("annex row ") {
        return format!("附件第{row}行");
    }
    if let Some(row) = article.strip_prefix("table row ") {
        return format!("表第{row}行");
    }
    if let Some(record) = article.strip_prefix("record ") {
        return format!("记录{record}");
    }
    if article == NOT_STATED {
        return "（条次未载）".to_owned();
    }
    if let Some(rest) = article.strip_prefix("annex") {
        return format!("附件{}", rest.trim_start());
    }
    let (number, paragraph) = match article.split_once('(') {
        Some((number, rest)) => (number, rest.strip_suffix(')')),
        None => (article, None),
    };
    let Some(number) = number.parse().ok().and_then(chinese_number) else {
        return article.to_owned();
    };
    match paragraph.and_then(|text| text.parse().ok()).and_then(chinese_number) {
        Some(paragraph) => format!("第{number}条第（{paragraph}）项"),
        None => format!("第{number}条"),
    }
}

/// What is cited by its heading or subject, where the instrument has no numbers or its text is not at hand.
const HEADINGS: [(&str, &str); 11] = [
    ("矿产品", "on mineral products"),
    ("视同销售", "on deemed sales"),
    ("销售收入", "on sales revenue"),
    ("公开价格", "on public prices"),
    ("折算系数", "on conversion coefficients"),
    ("地热、矿泉水", "on geothermal and mineral water"),
    ("运费", "on freight"),
    ("外购矿", "on purchased ore"),
    ("底价", "on reserve prices"),
    ("协议出让", "on agreements"),
    ("起始价", "on starting prices"),
];

/// The number of a section or item in Chinese numerals: `一` is 1, `二十` is 20.
fn number_of(numerals: &str) -> Option<u32> {
    (1..100).find(|number| chinese_number(*number).as_deref() == Some(numerals))
}

/// The article as an English citation names it: `art. 33`, `art. 8(2)`, `annex row 12`, `sec. 1` for `一`, `item (20)` for
/// `（二十）`, the subject of a heading; other forms stand as they are.
pub fn article_in_english(article: &str) -> String {
    if article == NOT_STATED {
        return "(article not recorded)".to_owned();
    }
    if let Some((_, subject)) = HEADINGS.iter().find(|(heading, _)| *heading == article) {
        return (*subject).to_owned();
    }
    if let Some(section) = number_of(article) {
        return format!("sec. {section}");
    }
    let item = article.strip_prefix('（').and_then(|rest| rest.strip_suffix('）')).and_then(number_of);
    if let Some(item) = item {
        return format!("item ({item})");
    }
    if article.starts_with(|first: char| first.is_ascii_digit()) {
        format!("art. {article}")
    } else {
        article.to_owned()
    }
}
