//! `/rates/instruments/{key}`: an instrument with its articles: what each says, in its own words where they are at hand
//! (`assets/law/`), and whether it is computed. Citations on all pages lead here, to their article.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::domain::rate_book::RateBook;

/// The texts that are at hand: key of the instrument, text.
const TEXTS: [(&str, &str); 6] = [
    ("cz-2023-10", include_str!("../../assets/law/cz-2023-10.txt")),
    ("zrzbh-2023-1905", include_str!("../../assets/law/zrzbh-2023-1905.txt")),
    ("zrzbh-2023-223", include_str!("../../assets/law/zrzbh-2023-223.txt")),
    ("zrzf-2023-166", include_str!("../../assets/law/zrzf-2023-166.txt")),
    ("zrzg-2023-1", include_str!("../../assets/law/zrzg-2023-1.txt")),
    ("zrzg-2023-6", include_str!("../../assets/law/zrzg-2023-6.txt")),
];

/// An article in its own words.
pub(crate) struct ArticleText {
    /// Article in machine form, as in the coverage.
    pub(crate) locator: &'static str,
    pub(crate) paragraphs: Vec<&'static str>,
}

/// The articles of an instrument in their own words, in their order; none where its text is not at hand.
pub(crate) fn texts_of(instrument: &str) -> &'static [ArticleText] {
    static ALL: LazyLock<BTreeMap<&'static str, Vec<ArticleText>>> =
        LazyLock::new(|| TEXTS.into_iter().map(|(key, text)| (key, read(text))).collect());
    ALL.get(instrument).map_or(&[], Vec::as_slice)
}

fn read(text: &'static str) -> Vec<ArticleText> {
    let mut articles: Vec<ArticleText> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(locator) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            articles.push(ArticleText { locator, paragraphs: Vec::new() });
        } else if let Some(article) = articles.last_mut() {
            article.paragraphs.push(line);
        }
    }
    articles
}

/// The name of an article's place on the page of its instrument.
pub(crate) fn anchor(locator: &str) -> String {
    format!("a-{}", locator.replace([' ', '('], "-").replace(')', ""))
}

/// An article without its paragraph: `8(2)` gives `8`; nothing for one that names none.
fn whole(locator: &str) -> Option<&str> {
    locator.strip_suffix(')').and_then(|rest| rest.split_once('(')).map(|(article, _)| article)
}

/// Where a citation leads: the article on the page of its instrument, the page where the article has no place of its own,
/// nothing for what is no instrument.
pub(crate) fn address_of(book: &RateBook, instrument: &str, locator: &str) -> Option<String> {
    book.instruments.get(instrument)?;
    let is_there = |wanted: &str| {
        let mut covered = book.coverage.iter();
        covered.any(|article| article.instrument == instrument && article.locator == wanted)
            || texts_of(instrument).iter().any(|article| article.locator == wanted)
    };
    let place = Some(locator).filter(|locator| is_there(locator)).or_else(|| whole(locator).filter(|it| is_there(it)));
    let fragment = place.map(|locator| format!("#{}", anchor(locator))).unwrap_or_default();
    Some(format!("/rates/instruments/{instrument}{fragment}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_articles_once_and_in_order() {
        for (key, _) in TEXTS {
            let articles = texts_of(key);
            assert!(!articles.is_empty() && articles.iter().all(|it| !it.paragraphs.is_empty()), "{key}");
            let mut locators: Vec<&str> = articles.iter().map(|article| article.locator).collect();
            locators.sort_unstable();
            locators.dedup();
            assert_eq!(locators.len(), articles.len(), "{key}");
        }
        let numbers: Vec<String> = (1..=37).map(|number: u32| number.to_string()).collect();
        assert_eq!(texts_of("cz-2023-10").iter().map(|it| it.locator.to_owned()).collect::<Vec<_>>(), numbers);
        assert!(texts_of("nothing").is_empty());
    }

    #[test]
    fn an_anchor_is_one_word() {
        assert_eq!(anchor("30(2)"), "a-30-2");
        assert_eq!(anchor("annex row 12"), "a-annex-row-12");
        assert_eq!((whole("30(2)"), whole("30"), whole("（十六）")), (Some("30"), None, None));
    }
}
