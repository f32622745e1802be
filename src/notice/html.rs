//! HTML for print: one page that loads nothing, with the rules of A4 paper in its style sheet.

use askama::Template;

use super::PrintError;
use super::paper::Paper;

#[derive(Template)]
#[template(path = "document.html")]
struct Page<'a> {
    paper: &'a Paper,
}

/// The document as HTML, UTF-8. Page numbers and repeated heads appear when it is printed.
pub fn html(paper: &Paper) -> Result<Vec<u8>, PrintError> {
    Page { paper }.render().map(String::into_bytes).map_err(|error| PrintError::Defect(error.to_string()))
}
