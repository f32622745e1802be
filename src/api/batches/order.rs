//! What is asked of all rows: by the path, the headers and the query, or as a job keeps it.

use std::io;

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::api::declare::{choice, request_shape};
use crate::api::documents::quality;
use crate::api::error::{ErrorCode, Problem};
use crate::api::http::{accepted, announced, is_uncompressed};
use crate::api::lang::Lang;
use crate::api::query::{self, Explain};
use crate::api::routes::Route;
use crate::api::shape;
use crate::api::topic::{Call, Topic};
use crate::batch::encoding::Charset;
use crate::batch::engine::{self, Asking, Stop, Tally};
use crate::batch::forms::{self, FORMS, FormRow, Input, Look, Opened, Told, Writer};
use crate::batch::resume::{Track, Tracked};
use crate::domain::context::Detail;
use crate::domain::rate_book::RateBook;
use crate::text;

/// With steps or without.
#[derive(Clone, Copy, Debug)]
enum Steps {
    With,
    Without,
}

choice!(Steps { "true" => Steps::With, "false" => Steps::Without });

/// The query of a batch.
#[derive(Clone, Copy, Debug)]
pub(in crate::api) struct BatchQuery<'n> {
    lang: Lang,
    steps: Option<Steps>,
    explain: Explain,
    sheet: Option<&'n str>,
}

request_shape! {
    BatchQuery<'n> as "BatchQuery" {
        /// 文字和表头的语言，默认中文；代码不随语言变化 · Language of texts and heads, Chinese unless said; codes never change with it.
        lang: Lang = "zh", left_out Lang::Zh;
        /// 是否含计算步骤：JSON 行默认含，CSV 和 XLSX 默认不含 · With steps or without: JSON lines have them unless said, CSV and XLSX have not.
        steps: Option<Steps> = "false";
        /// 评估的决策过程：applied（默认）只列适用的规则，all 列出全部规则 · The trace of an assessment: the rules that apply (default), or all of them.
        explain: Explain = "applied", left_out Explain::Applied;
        /// XLSX 输入的工作表名；不写为“数据”，没有则第一张可见的 · Sheet of an XLSX body; “数据” or “Data” unless said, else the first visible one.
        sheet: Option<&'n str> = "数据";
    }
}

/// What is asked of all rows.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) topic: Topic,
    from: &'static FormRow,
    told: Told,
    pub(super) to: &'static FormRow,
    pub(super) media_type: &'static str,
    pub(super) lang: Lang,
    detail: Detail,
    explain: Explain,
    pub(super) request_id: String,
}

/// An order as a job keeps it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeptOrder {
    topic: String,
    from: String,
    charset: Option<String>,
    #[serde(default)]
    sheet: Option<String>,
    media_type: String,
    english: bool,
    steps: bool,
    explain_all: bool,
    request_id: String,
}

impl Order {
    pub(super) fn of(request: &HttpRequest, route: &Route, request_id: String) -> Result<Order, Problem<'static>> {
        let slug = query::percent_decoded(route.varying(request.uri().path()));
        let topic = slug.as_deref().and_then(Topic::from_slug).ok_or_else(no_topic)?;
        let headers = request.headers();
        let (from, charset) = form_of(headers)?;
        let (to, media_type) = wanted(&accepted(headers), from)?;
        let parsed = query::parse(request.query_string());
        let decoded = parsed.as_ref().map_err(Clone::clone).and_then(shape::decode::<BatchQuery<'_>>);
        let BatchQuery { lang, steps, explain, sheet } = decoded.map_err(Problem::malformed)?;
        let detail = match steps {
            Some(Steps::With) => Detail::Steps,
            Some(Steps::Without) => Detail::FiguresOnly,
            None => to.steps,
        };
        let told = Told { charset, sheet: sheet.map(str::to_owned), ..Told::default() };
        Ok(Order { topic, from, told, to, media_type, lang, detail, explain, request_id })
    }

    pub(super) fn kept(&self) -> KeptOrder {
        KeptOrder {
            topic: self.topic.slug().to_owned(),
            from: self.from.extension.to_owned(),
            charset: charset_name(self.told.charset).map(str::to_owned),
            sheet: self.told.sheet.clone(),
            media_type: self.media_type.to_owned(),
            english: self.lang == Lang::En,
            steps: self.detail == Detail::Steps,
            explain_all: self.explain == Explain::All,
            request_id: self.request_id.clone(),
        }
    }

    pub(super) fn open(&self, input: Box<dyn Input>) -> Result<Opened, Stop> {
        self.from.form.open(self.topic, input, &self.told)
    }

    fn call<'a>(&'a self, book: &'a RateBook) -> Call<'a> {
        let Order { lang, detail, explain, request_id, .. } = self;
        Call { book, lang: *lang, detail: *detail, explain: *explain, request_id }
    }

    pub(super) fn writer(&self, opened: &Opened) -> Writer {
        self.to.form.writer(self.topic, opened, Look::of(self.lang, self.detail))
    }

    /// Answers all rows.
    pub(super) fn answer(
        &self,
        book: &RateBook,
        Opened { mut source, reading, .. }: Opened,
        writer: &Writer,
        (before, track): (u64, Track),
        threads: usize,
        deliver: &mut dyn FnMut(&[u8], Tally) -> io::Result<()>,
    ) -> Result<Tally, Stop> {
        let asking = Asking { topic: self.topic, reading: &reading, call: self.call(book) };
        engine::run(&asking, &mut Tracked::after(before, &mut *source, track), writer.form(), threads, deliver)
    }

    pub(super) fn content_type(&self) -> String {
        format!("{}{}", self.media_type, self.to.parameter)
    }
}

impl KeptOrder {
    pub(super) fn order(self) -> Option<Order> {
        let to = forms::of_media_type(&self.media_type)?;
        let media_type = to.media_types.iter().find(|known| **known == self.media_type)?;
        let charset = self.charset.map_or(Some(Charset::Detected), |name| charset_of(&name))?;
        Some(Order {
            topic: Topic::from_slug(&self.topic)?,
            from: forms::of_extension(&self.from)?,
            told: Told { charset, sheet: self.sheet, ..Told::default() },
            to,
            media_type,
            lang: if self.english { Lang::En } else { Lang::Zh },
            detail: if self.steps { Detail::Steps } else { Detail::FiguresOnly },
            explain: if self.explain_all { Explain::All } else { Explain::Applied },
            request_id: self.request_id,
        })
    }
}

fn no_topic() -> Problem<'static> {
    let slugs: Vec<&str> = Topic::ALL.iter().map(|topic| topic.slug()).collect();
    let slugs = slugs.join(", ");
    Problem::at("/topic", ErrorCode::NotFound, text!("没有该主题；可用：{slugs}", "no such topic; there are: {slugs}"))
}

fn charset_of(name: &str) -> Option<Charset> {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if is("utf-8") || is("utf8") {
        Some(Charset::Utf8)
    } else if is("gb18030") || is("gbk") || is("gb2312") {
        Some(Charset::Gb18030)
    } else {
        None
    }
}

fn charset_name(charset: Charset) -> Option<&'static str> {
    match charset {
        Charset::Detected => None,
        Charset::Utf8 => Some("utf-8"),
        Charset::Gb18030 => Some("gb18030"),
    }
}

/// What the headers say about the body.
fn form_of(headers: &HeaderMap) -> Result<(&'static FormRow, Charset), Problem<'static>> {
    let refused = || {
        let types = forms::media_types().join(", ");
        let detail = text!(
            "请求体可为 {types}，不压缩；CSV 的 charset 可为 utf-8、gb18030、gbk、gb2312，不写则自动识别，其余为 UTF-8；请在 Content-Type 中写明其一",
            "the body may be {types}, not compressed; CSV in the charset utf-8, gb18030, gbk or gb2312, found out unless said, the others in UTF-8: name one of them in Content-Type"
        );
        Problem::new(ErrorCode::UnsupportedMediaType, detail)
    };
    let mut parts =
        announced(headers).filter(|_| is_uncompressed(headers)).ok_or_else(refused)?.split(';').map(str::trim);
    let from = parts.next().and_then(forms::of_media_type).ok_or_else(refused)?;
    let said = parts
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    let charset = match said {
        None => Charset::Detected,
        Some((_, name)) => charset_of(name.trim().trim_matches('"')).ok_or_else(refused)?,
    };
    if !from.has_charsets && charset == Charset::Gb18030 {
        return Err(refused());
    }
    Ok((from, charset))
}

/// The form that a client would rather have: that of the request where it does not mind.
fn wanted(accept: &str, from: &'static FormRow) -> Result<(&'static FormRow, &'static str), Problem<'static>> {
    let own_first = std::iter::once(from).chain(FORMS.iter().copied().filter(|row| row.form != from.form));
    let offers = own_first.flat_map(|row| row.media_types.iter().map(move |media_type| (row, *media_type)));
    let weight = |media_type: &str| if accept.trim().is_empty() { 1 } else { quality(accept, media_type) };
    let mut best: Option<(u32, &'static FormRow, &'static str)> = None;
    for (row, media_type) in offers {
        let weight = weight(media_type);
        if weight > best.map_or(0, |(most, ..)| most) {
            best = Some((weight, row, media_type));
        }
    }
    best.map(|(_, row, media_type)| (row, media_type)).ok_or_else(|| {
        let types = forms::media_types().join(", ");
        let detail =
            text!("可提供的格式：{types}；请在 Accept 中写明其一", "the forms are {types}: name one of them in Accept");
        Problem::new(ErrorCode::UnsupportedMediaType, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_kept_as_it_is() {
        for from in FORMS {
            for media_type in forms::media_types() {
                let kept = KeptOrder {
                    topic: "late-fee".to_owned(),
                    from: from.extension.to_owned(),
                    charset: Some("gb18030".to_owned()),
                    sheet: Some("表一".to_owned()),
                    media_type: media_type.to_owned(),
                    english: true,
                    steps: false,
                    explain_all: true,
                    request_id: "r".to_owned(),
                };
                let text = serde_json::to_string(&kept).unwrap_or_default();
                let again = kept.order().map(|order| serde_json::to_string(&order.kept()).unwrap_or_default());
                assert_eq!(again, Some(text));
            }
        }
    }
}
