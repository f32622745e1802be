//! Reads whole numbers of fen, one a line, and writes each amount in capitals: for comparison with other implementations
//! (`tests/peers/capitals.py`).

use std::io::{self, BufWriter, Write};

use lode::domain::capitals::in_capitals;
use lode::domain::money::Yuan;

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lines() {
        let fen = line?.parse().map_err(io::Error::other)?;
        let amount = Yuan::from_fen(fen).map_err(io::Error::other)?;
        writeln!(out, "{}", in_capitals(amount))?;
    }
    out.flush()
}
