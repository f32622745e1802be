//! The query string, and the parts of a path that vary: read by the same shapes as bodies, refused in the same form.

use std::borrow::Cow;

use super::declare::{choice, request_shape};
use super::lang::Lang;
use super::node::Node;
use super::shape::ShapeFault;
use crate::domain::error::Text;

choice!(Lang { "zh" => Lang::Zh, "en" => Lang::En });

/// The query of an endpoint that has no parameter but the language.
#[derive(Clone, Copy, Debug)]
pub struct LangOnly {
    /// The language of texts and citations.
    pub lang: Lang,
}

request_shape! {
    LangOnly as "LangQuery" {
        /// 文字的语言，默认中文；代码不随语言变化 · Language of texts, Chinese unless said; codes never change with it.
        lang: Lang = "zh", left_out Lang::Zh;
    }
}

/// The query of a calculation that is traced.
#[derive(Clone, Copy, Debug)]
pub struct LangAndExplain {
    /// The language of texts and citations.
    pub lang: Lang,
    /// How much of the trace is shown.
    pub explain: Explain,
}

/// How much of the trace of a decision an answer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Explain {
    /// The rows that apply.
    Applied,
    /// Every row.
    All,
}

choice!(Explain { "applied" => Explain::Applied, "all" => Explain::All });

request_shape! {
    LangAndExplain as "LangAndExplainQuery" {
        /// 文字的语言，默认中文；代码不随语言变化 · Language of texts, Chinese unless said; codes never change with it.
        lang: Lang = "zh", left_out Lang::Zh;
        /// 决策过程：applied（默认）只列适用的规则，all 列出全部规则 · The trace: the rules that apply (default), or all of them.
        explain: Explain = "all", left_out Explain::Applied;
    }
}

/// The parameters as an object of texts, in the order of the query.
pub fn parse(query: &str) -> Result<Node<'_>, Vec<ShapeFault>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let parameters: Option<Vec<_>> = pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(name)?, Node::Text(decoded(value)?)))
        })
        .collect();
    parameters.map(Node::Object).ok_or_else(|| {
        let detail = Text::fixed(
            "查询参数不是百分号编码的 UTF-8；请以 UTF-8 编码并转义",
            "the query is not percent-encoded UTF-8: encode it in UTF-8 and escape it",
        );
        vec![ShapeFault { pointer: String::new(), detail }]
    })
}

/// The language that a query asks for, as far as it is sound: for errors that come before its shape is read.
pub fn lang(query: &str) -> Lang {
    let asks_for_english = query.split('&').any(|pair| pair == "lang=en");
    if asks_for_english { Lang::En } else { Lang::Zh }
}

/// A name or value of a query: percent-encoded, a space may be a plus sign.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('+') {
        return percent_decoded(&text.replace('+', " ")).map(|text| Cow::Owned(text.into_owned()));
    }
    percent_decoded(text)
}

/// Percent-encoded UTF-8; `None` for anything else, such as a percent sign without two hexadecimal digits.
pub fn percent_decoded(text: &str) -> Option<Cow<'_, str>> {
    let is_hex = |digit: Option<&u8>| digit.is_some_and(u8::is_ascii_hexdigit);
    let is_escape = |rest: &[u8]| is_hex(rest.first()) && is_hex(rest.get(1));
    if !text.split('%').skip(1).all(|rest| is_escape(rest.as_bytes())) {
        return None;
    }
    percent_encoding::percent_decode_str(text).decode_utf8().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_an_object_of_texts() {
        let text = |text: &'static str| Node::Text(text.into());
        let wanted = vec![("q".into(), text("铁 矿")), ("as_of".into(), text("2024-01-01")), ("x".into(), text(""))];
        assert_eq!(parse("q=%E9%93%81+%E7%9F%BF&&as_of=2024-01-01&x"), Ok(Node::Object(wanted)));
        for broken in ["q=%ff", "q=%zz", "q=%4", "q=100%", "%=1", "q=%+1"] {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }
}
