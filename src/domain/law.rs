//! Citations: which instrument and which article a figure rests on.

use std::borrow::Cow;
use std::fmt::{self, Display};

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

/// What the records of how the law is read are cited as.
pub const READINGS: &str = "docs/interpretations";

/// A record under `docs/interpretations`: what a step rests on that no instrument lays down, such as a discount.
pub const fn reading(record: &'static str) -> Law<'static> {
    Law { instrument: READINGS, article: Cow::Borrowed(record) }
}

/// The article of an instrument whose text is not at hand.
const NOT_STATED: &str = "not_stated";

const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// A number below one hundred, written in Chinese numerals: 33 is 三十三, 10 is 十.
struct Numerals(u32);

impl Numerals {
    fn of(number: u32) -> Option<Numerals> {
        (number < 100).then_some(Numerals(number))
    }
}

impl Display for Numerals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |value: u32| DIGITS.get(value as usize).copied().unwrap_or_default();
        let (tens, ones) = (self.0 / 10, self.0 % 10);
        if tens > 1 {
            f.write_str(digit(tens))?;
        }
        if tens > 0 {
            f.write_str("十")?;
        }
        if tens == 0 || ones > 0 { f.write_str(digit(ones)) } else { Ok(()) }
    }
}

/// An article as a Chinese citation names it: `第三十三条`, `第八条第（二）项`, `附件第12行`; other forms stand as they are.
#[derive(Clone, Copy, Debug)]
pub struct InChinese<'a>(pub &'a str);

impl Display for InChinese<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InChinese(article) = self;
        if let Some(row) = article.strip_prefix("annex row ") {
            return write!(f, "附件第{row}行");
        }
        if let Some(row) = article.strip_prefix("table row ") {
            return write!(f, "表第{row}行");
        }
        if let Some(record) = article.strip_prefix("record ") {
            return write!(f, "记录{record}");
        }
        if *article == NOT_STATED {
            return f.write_str("（条次未载）");
        }
        if let Some(rest) = article.strip_prefix("annex") {
            return write!(f, "附件{}", rest.trim_start());
        }
        let (number, paragraph) = match article.split_once('(') {
            Some((number, rest)) => (number, rest.strip_suffix(')')),
            None => (*article, None),
        };
        let Some(number) = number.parse().ok().and_then(Numerals::of) else {
            return f.write_str(article);
        };
        match paragraph.and_then(|text| text.parse().ok()).and_then(Numerals::of) {
            Some(paragraph) => write!(f, "第{number}条第（{paragraph}）项"),
            None => write!(f, "第{number}条"),
        }
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
    (1..100).find(|number| Numerals(*number).to_string() == numerals)
}

/// An article as an English citation names it: `art. 33`, `art. 8(2)`, `annex row 12`, `sec. 1` for `一`, `item (20)` for
/// `（二十）`, the subject of a heading; other forms stand as they are.
#[derive(Clone, Copy, Debug)]
pub struct InEnglish<'a>(pub &'a str);

impl Display for InEnglish<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let InEnglish(article) = self;
        if article.starts_with(|first: char| first.is_ascii_digit()) {
            return write!(f, "art. {article}");
        }
        if *article == NOT_STATED {
            return f.write_str("(article not recorded)");
        }
        // Whatever else begins with a Latin letter is in English already.
        if article.starts_with(|first: char| first.is_ascii()) {
            return f.write_str(article);
        }
        if let Some((_, subject)) = HEADINGS.iter().find(|(heading, _)| heading == article) {
            return f.write_str(subject);
        }
        if let Some(section) = number_of(article) {
            return write!(f, "sec. {section}");
        }
        match article.strip_prefix('（').and_then(|rest| rest.strip_suffix('）')).and_then(number_of) {
            Some(item) => write!(f, "item ({item})"),
            None => f.write_str(article),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citation_names_its_instrument_and_article() {
        let cited = |law: Law<'_>| format!("{} {}", law.instrument, law.article);
        assert_eq!(cited(measures("12")), "cz-2023-10 12");
        assert_eq!(cited(cite("zrzg-2023-1", "（二十）")), "zrzg-2023-1 （二十）");
        assert_eq!(cited(reading("047")), "docs/interpretations 047");
    }

    #[test]
    fn numerals_are_read_as_they_are_written() {
        for (number, written) in
            [(0, "零"), (1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (33, "三十三"), (99, "九十九")]
        {
            assert_eq!(Numerals::of(number).map(|it| it.to_string()).as_deref(), Some(written));
            assert_eq!(number_of(written), (number > 0).then_some(number));
        }
        assert!(Numerals::of(100).is_none());
        assert_eq!(number_of("一百"), None);
        for (article, zh, en) in [
            ("33", "第三十三条", "art. 33"),
            ("8(2)", "第八条第（二）项", "art. 8(2)"),
            ("100", "100", "art. 100"),
            ("annex row 12", "附件第12行", "annex row 12"),
            ("table row 3", "表第3行", "table row 3"),
            ("record 047", "记录047", "record 047"),
            ("annex 2", "附件2", "annex 2"),
            ("annex", "附件", "annex"),
            ("not_stated", "（条次未载）", "(article not recorded)"),
            ("一", "一", "sec. 1"),
            ("（二十）", "（二十）", "item (20)"),
            ("底价", "底价", "on reserve prices"),
            ("别的", "别的", "别的"),
        ] {
            assert_eq!(
                (InChinese(article).to_string(), InEnglish(article).to_string()),
                (zh.to_owned(), en.to_owned())
            );
        }
    }
}
