//! PDF by typst: a template, the paper as JSON, one font. The template reaches nothing else: no file, no package, no clock.

use std::sync::{Arc, LazyLock};

use typst::comemo;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::ecow::EcoVec;
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::layout::{Frame, FrameItem};
use typst::model::DocumentInfo;
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World, WorldExt};
use typst_layout::{Page, PagedDocument};
use typst_pdf::{PdfOptions, Timestamp};

use super::PrintError;
use super::paper::Paper;

/// Noto Sans SC, cut to what documents need (`assets/fonts/subset.sh`), under the SIL Open Font License.
static FONT: &[u8] = include_bytes!("../../assets/fonts/NotoSansSC-subset.ttf");

/// The built-in template.
const TEMPLATE: &str = include_str!("../../templates/document.typ");

/// How many later documents the compiler keeps what it has worked out for: enough for what never changes, so that the
/// memory stays bounded.
const KEPT_FOR: usize = 8;

/// The one font, parsed once for all templates.
static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| Font::iter(Bytes::new(FONT)).collect());

/// A template with everything that setting it needs.
pub struct Engine {
    parts: Arc<Parts>,
}

struct Parts {
    template: Source,
    data: Option<FileId>,
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// What the compiler may see of the world while it sets one document.
struct Desk {
    parts: Arc<Parts>,
    paper: Bytes,
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &self.parts.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.parts.book
    }

    fn main(&self) -> FileId {
        self.parts.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main() { Ok(self.parts.template.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if Some(id) == self.parts.data { Ok(self.paper.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

impl Engine {
    /// Sets documents by a template, the built-in one unless another is given.
    pub fn new(template: Option<String>) -> Engine {
        let source = Source::detached(template.unwrap_or_else(|| TEMPLATE.to_owned()));
        let data = VirtualPath::new("paper.json").ok().map(|path| RootedPath::new(VirtualRoot::Project, path).intern());
        let library = LazyHash::new(Library::default());
        let book = LazyHash::new(FontBook::from_fonts(FONTS.iter()));
        Engine { parts: Arc::new(Parts { template: source, data, library, book }) }
    }

    /// The document as PDF. Its dates are those of the paper.
    pub fn pdf(&self, paper: &Paper) -> Result<Vec<u8>, PrintError> {
        let (desk, document) = self.set(paper)?;
        let options = PdfOptions {
            ident: Smart::Custom(paper.check.qr_text.clone()),
            creator: Smart::Custom(Some("lode".to_owned())),
            timestamp: paper.issued_iso.as_deref().and_then(midnight),
            ..PdfOptions::default()
        };
        let pdf = typst_pdf::pdf(&document, &options).map_err(|errors| desk.template_error(&errors));
        comemo::evict(KEPT_FOR);
        pdf
    }

    /// A PDF of several documents.
    pub fn volume(&self) -> Volume<'_> {
        Volume { engine: self, pages: Vec::new() }
    }

    /// Sets a sample and looks whether what a document must show is there.
    pub fn try_out(&self, sample: &Paper) -> Result<(), PrintError> {
        let (_, document) = self.set(sample)?;
        let mut text = String::new();
        for page in document.pages() {
            collect_text(&page.frame, &mut text);
        }
        // Line ends fall anywhere in Chinese text, and the spaces at them are not set.
        let bare = |text: &str| text.chars().filter(|sign| !sign.is_whitespace()).collect::<String>();
        let text = bare(&text);
        let missing = sample.essentials.iter().filter(|essential| !text.contains(&bare(essential)));
        let missing: Vec<String> =
            missing.map(|essential| format!("{}: “{essential}” 未印出 · is not printed", sample.kind)).collect();
        if missing.is_empty() { Ok(()) } else { Err(PrintError::Template(missing)) }
    }

    fn set(&self, paper: &Paper) -> Result<(Desk, PagedDocument), PrintError> {
        let json = serde_json::to_vec(paper).map_err(|error| PrintError::Defect(error.to_string()))?;
        let desk = Desk { parts: Arc::clone(&self.parts), paper: Bytes::new(json) };
        let document = typst::compile::<PagedDocument>(&desk).output.map_err(|errors| desk.template_error(&errors))?;
        Ok((desk, document))
    }
}

/// Several documents one after another in one PDF: each was set by itself, so that it begins on a page of its own and has
/// its own page numbers.
#[derive(Debug)]
pub struct Volume<'e> {
    engine: &'e Engine,
    pages: Vec<Page>,
}

impl Volume<'_> {
    /// Adds a document, unless its pages would be more than so many with those before; whether it was added.
    pub fn add(&mut self, paper: &Paper, most: usize) -> Result<bool, PrintError> {
        let (_, document) = self.engine.set(paper)?;
        comemo::evict(KEPT_FOR);
        if self.pages.len() + document.pages().len() > most {
            return Ok(false);
        }
        self.pages.extend(document.pages().iter().cloned());
        Ok(true)
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// The PDF. It names no day: its documents have their own.
    pub fn finish(self, title: &str) -> Result<Vec<u8>, PrintError> {
        let info = DocumentInfo { title: Some(title.into()), ..DocumentInfo::default() };
        let document = PagedDocument::new(self.pages.into_iter().collect(), info);
        let options = PdfOptions {
            creator: Smart::Custom(Some("lode".to_owned())),
            // Tags refer to places within one document, which repeat here.
            tagged: false,
            ..PdfOptions::default()
        };
        let said = |errors: EcoVec<SourceDiagnostic>| errors.iter().map(|error| error.message.to_string()).collect();
        typst_pdf::pdf(&document, &options).map_err(|errors| PrintError::Template(said(errors)))
    }
}

impl Desk {
    /// What the compiler says, each with its line.
    fn template_error(&self, errors: &[SourceDiagnostic]) -> PrintError {
        let said = errors.iter().map(|error| {
            let source = &self.parts.template;
            let line = self.range(error.span).and_then(|range| source.lines().byte_to_line(range.start));
            match line {
                Some(line) => format!("line {}: {}", line + 1, error.message),
                None => error.message.to_string(),
            }
        });
        PrintError::Template(said.collect())
    }
}

/// The texts of a page in the order in which they were set.
fn collect_text(frame: &Frame, into: &mut String) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => collect_text(&group.frame, into),
            FrameItem::Text(text) => into.push_str(&text.text),
            _ => {}
        }
    }
}

/// The beginning of a day as the date of a PDF.
fn midnight(day: &str) -> Option<Timestamp> {
    let mut parts = day.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let midnight = Datetime::from_ymd_hms(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?, 0, 0, 0)?;
    // China has one time zone.
    Timestamp::new_local(midnight, 8 * 60)
}
