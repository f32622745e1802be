//! The check code of a document: what was printed can be compared with what was recorded.

use data_encoding::HEXLOWER;
use qrcode::{Color, EcLevel, QrCode};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::PrintError;

/// The content of a document in a form that does not change with its looks: names and values in a fixed order.
///
/// Its canonical text is the JSON list `[["document","payment-notice/1"],["number","…"],…]` in UTF-8, without white space.
/// The `/1` counts the forms of the list: whoever changes one, counts on.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Content(Vec<(String, String)>);

impl Content {
    /// Begins with the kind of document and the number of its form: `payment-notice/1`.
    pub fn new(document: &str) -> Content {
        Content(vec![("document".to_owned(), document.to_owned())])
    }

    /// Adds a value.
    pub fn add(&mut self, name: impl Into<String>, value: impl ToString) {
        self.0.push((name.into(), value.to_string()));
    }

    /// Adds a value that may be missing; a missing one and an empty one differ.
    pub fn add_known(&mut self, name: impl Into<String>, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// The canonical text.
    pub fn canonical(&self) -> Result<String, PrintError> {
        serde_json::to_string(self).map_err(|error| PrintError::Defect(error.to_string()))
    }
}

/// The check code as it is printed.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// SHA-256 over the canonical text, hexadecimal.
    pub sha256: String,
    /// The first 16 digits in groups of four, for reading aloud.
    pub short: String,
    /// What the QR code says: `lode:` kind, number or `-`, the whole code, with colons between.
    pub qr_text: String,
    /// The QR code as SVG.
    pub qr_svg: String,
}

impl Check {
    /// The check code of a content.
    pub fn of(kind: &str, number: Option<&str>, content: &Content) -> Result<Check, PrintError> {
        let digest = Sha256::digest(content.canonical()?);
        let sha256: String = HEXLOWER.encode(&digest);
        let digits: Vec<char> = sha256.chars().take(16).collect();
        let short = digits.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ");
        let qr_text = format!("lode:{kind}:{}:{sha256}", number.unwrap_or("-"));
        let qr_svg = svg(&qr_text)?;
        Ok(Check { sha256, short, qr_text, qr_svg })
    }
}

/// Light modules around the code, which its readers need.
const QUIET: usize = 4;

/// A QR code as an SVG of one path: a rectangle for each run of dark modules in a row.
fn svg(text: &str) -> Result<String, PrintError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|error| PrintError::Defect(format!("QR code: {error}")))?;
    let width = code.width();
    let side = width + 2 * QUIET;
    let mut path = String::new();
    for (row, modules) in code.to_colors().chunks(width).enumerate() {
        let mut column = 0;
        for run in modules.chunk_by(|left, right| left == right) {
            if run.first() == Some(&Color::Dark) {
                let (x, y, length) = (column + QUIET, row + QUIET, run.len());
                path += &format!("M{x} {y}h{length}v1h-{length}z");
            }
            column += run.len();
        }
    }
    Ok(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges" role="img"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{path}"/></svg>"##
    ))
}
