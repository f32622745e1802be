//! The command `lode`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use lode::config::Command;

fn main() -> ExitCode {
    lode::cli::run(Command::parse())
}
