//! Many requests of one topic at once: rows in, rows out, in their order, in bounded memory, on all processors.
//!
//! A batch has four parts, and each of them is replaceable:
//!
//! - a [`Source`](engine::Source) puts rows of cells into chunks: [`csv::CsvSource`], [`lines::LineSource`];
//! - a [`Reading`](reading::Reading) makes a request of a row: a table by the [`Plan`](header::Plan) of its heads, a line by
//!   its JSON;
//! - the topic computes it, the same way as a single request ([`Topic::run_into`](crate::api::topic::Topic::run_into));
//! - a [`Form`](engine::Form) writes the answer: [`csv::CsvForm`], [`lines::LineForm`].
//!
//! What a column is called and what it holds comes from the shapes of the topic ([`model`]) and the table of [`heads`].
//! This layer knows the topics and their shapes; it knows nothing of HTTP.

pub mod cells;
pub mod csv;
pub mod encoding;
pub mod engine;
pub mod flat;
pub mod forms;
pub mod header;
pub mod heads;
pub mod kind;
pub mod lines;
pub mod model;
pub mod reading;
pub mod resume;
pub mod xlsx;

/// What is accepted of one row and one table, so that no input takes more memory than this.
pub mod limits {
    /// Bytes of a row: as of the body of a single request.
    pub const ROW_BYTES: usize = 1 << 20;
    /// Columns of a table.
    pub const COLUMNS: usize = 4096;
    /// The highest number of a group of columns (`lines.999.mineral`).
    pub const GROUPS: usize = 999;
    /// Bytes that are passed over to find the end of a line that is too long.
    pub const SKIPPED_BYTES: u64 = 64 << 20;
}
