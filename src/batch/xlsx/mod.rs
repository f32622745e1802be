//! Excel files: sheets in, sheets out, templates.
//!
//! Sheets are read by ours ([`XlsxSource`]) on top of `flate2` and `quick-xml`, row by row, from a container that is checked
//! before anything is taken from it; they are written by `rust_xlsxwriter` in its mode of constant memory ([`XlsxBook`]).

mod book;
mod container;
mod form;
mod number;
mod output;
mod record;
mod sheet;
mod template;
mod xml;

pub use form::XlsxForm;
pub use output::{SheetPlace, XlsxBook};
pub use sheet::XlsxSource;
pub use template::{example_sheet, template};

/// The media type of a workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
