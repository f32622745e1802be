//! A table of sales to try batches with: one line of annual income in each row, over minerals, products and years.
//!
//! `cargo run --release --example sales -- 1000000 > sales.csv`, then `lode batch annual-income sales.csv -o out.csv`.

use std::io::{self, BufWriter, Write};

/// Minerals with the product that they are levied on.
const SOLD: [(&str, &str); 8] = [
    ("金", "concentrate"),
    ("铜", "concentrate"),
    ("煤炭", "raw_ore"),
    ("铁", "concentrate"),
    ("silver", "concentrate"),
    ("铅", "concentrate"),
    ("锌", "concentrate"),
    ("钼", "concentrate"),
];

fn main() -> io::Result<()> {
    let rows = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(1_000_u64);
    let mut out = BufWriter::new(io::stdout().lock());
    writeln!(out, "line_id,year,transfer_mode,transfer_date,mineral,product,revenue")?;
    for row in 1..=rows {
        // Multiplying by a large odd number scatters the amounts over nine digits.
        let fen = row.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 100_000_000_000;
        let (mineral, product) = SOLD.get(usize::try_from(row % 8).unwrap_or_default()).copied().unwrap_or_default();
        let (mode, date) = if row % 3 == 0 { ("competitive", "2023-09-01") } else { ("agreement", "") };
        let year = 2024 + row % 2;
        writeln!(out, "A-{row:08},{year},{mode},{date},{mineral},{product},{}.{:02}", fen / 100, fen % 100)?;
    }
    out.flush()
}
