//! Documents on paper: payment notice (缴款通知书), calculation sheet (计算依据表), statement (对账单).
//!
//! Each is a value of its own type, checked when it is made. [`Paper::of`] turns it into what is printed, once; [`html`] and
//! [`pdf`] only set that. The same value gives the same bytes: nothing here reads a clock, a file or the network.

pub mod html;
pub mod paper;
pub mod payment;
#[cfg(feature = "pdf")]
pub mod pdf;
pub mod seal;
pub mod sheet;
pub mod statement;
pub mod words;

pub use paper::Paper;

/// A form in which a document can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// HTML for print.
    Html,
    /// PDF, A4.
    Pdf,
}

impl Format {
    /// Those that this build can make.
    pub const ALL: &'static [Format] =
        if cfg!(feature = "pdf") { &[Format::Html, Format::Pdf] } else { &[Format::Html] };

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Format::Html => "text/html",
            Format::Pdf => "application/pdf",
        }
    }
}

/// Why a document could not be set.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The template does not compile, or leaves out what a document must show. Every problem has its line.
    #[error("the template cannot be used:\n{}", .0.join("\n"))]
    Template(Vec<String>),
    /// The build has no PDF.
    #[error("this build has no PDF (feature `pdf`)")]
    NotBuilt,
    /// A defect of ours.
    #[error("{0}")]
    Defect(String),
}

/// Sets documents. The fonts and the standard library of the template language are loaded with the first PDF.
#[derive(Debug, Default)]
pub struct Press {
    #[cfg(feature = "pdf")]
    template: Option<String>,
    #[cfg(feature = "pdf")]
    engine: std::sync::OnceLock<pdf::Engine>,
}

impl Press {
    /// Sets a document.
    pub fn print(&self, paper: &Paper, format: Format) -> Result<Vec<u8>, PrintError> {
        match format {
            Format::Html => html::html(paper),
            Format::Pdf => self.pdf(paper),
        }
    }
}

#[cfg(feature = "pdf")]
impl Press {
    /// A press with a typst template instead of the built-in one. The template is tried on a sample of each document:
    /// [`PrintError::Template`] lists what is wrong with it.
    pub fn with_template(template: String) -> Result<Press, PrintError> {
        let press = Press { template: Some(template), engine: std::sync::OnceLock::new() };
        let mut problems = Vec::new();
        for sample in paper::samples()? {
            match press.engine().try_out(&sample) {
                Err(PrintError::Template(found)) => problems.extend(found),
                other => other?,
            }
        }
        problems.dedup();
        if problems.is_empty() { Ok(press) } else { Err(PrintError::Template(problems)) }
    }

    fn pdf(&self, paper: &Paper) -> Result<Vec<u8>, PrintError> {
        self.engine().pdf(paper)
    }

    /// A PDF of several documents.
    pub fn volume(&self) -> pdf::Volume<'_> {
        self.engine().volume()
    }

    fn engine(&self) -> &pdf::Engine {
        self.engine.get_or_init(|| pdf::Engine::new(self.template.clone()))
    }
}

#[cfg(not(feature = "pdf"))]
impl Press {
    /// Refuses every template: only a PDF has one.
    pub fn with_template(_: String) -> Result<Press, PrintError> {
        Err(PrintError::NotBuilt)
    }

    fn pdf(&self, _: &Paper) -> Result<Vec<u8>, PrintError> {
        Err(PrintError::NotBuilt)
    }
}
