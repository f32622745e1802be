//! The walk through one right's life (`docs/examples/life`): the script records it over HTTP and compares the tables of its
//! README, cell by cell.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::ledger::world::Folder;
use crate::service::{Process, lode};

fn life() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/life")
}

/// Runs the script of a directory against a service; `None` where there is no Python.
fn walked(script: &Path, process: &Process, keys: &[(&str, String)], more: &[&str]) -> Option<Output> {
    let mut python = Command::new("python3");
    python.arg(script.join("life.py")).arg(format!("http://{}", process.client().0)).args(more);
    python.envs(keys.iter().map(|(name, key)| (*name, key))).env("PYTHONUTF8", "1");
    match python.output() {
        Ok(output) => Some(output),
        Err(error) => {
            println!("left out: the walk through one right's life needs python3 ({error}); .ci/run has it");
            None
        }
    }
}

#[test]
fn one_right_lives_as_its_readme_says() {
    let folder = Folder::new();
    let data = folder.path().to_str().unwrap();
    let key = |role: &str| {
        let create = ["keys", "--data", data, "create", "--role", role, "--area", "150000", "--name", role];
        String::from_utf8(lode(&create, b"").stdout).unwrap().trim().to_owned()
    };
    let keys =
        [("LODE_ASSESSOR", key("assessor")), ("LODE_CONFIRMER", key("confirmer")), ("LODE_CASHIER", key("cashier"))];
    let process = Process::start(&["--data", data]);
    // The second time every request is a repetition.
    for _ in 0..2 {
        let Some(told) = walked(&life(), &process, &keys, &[]) else { return };
        let text = String::from_utf8_lossy(&told.stdout);
        assert!(told.status.success(), "{text}{}", String::from_utf8_lossy(&told.stderr));
        assert!(text.trim_end().ends_with("agree"), "{text}");
    }
    // It would have noticed.
    let changed = folder.path().join("changed");
    fs::create_dir(&changed).unwrap();
    fs::copy(life().join("life.py"), changed.join("life.py")).unwrap();
    let readme = fs::read_to_string(life().join("README.md")).unwrap();
    let (from, to) =
        ("| 2025 年度 | 254 197.53 | 0.00 | 254 197.53 |", "| 2025 年度 | 254 197.53 | 0.00 | 254 197.54 |");
    assert_eq!(readme.matches(from).count(), 1);
    fs::write(changed.join("README.md"), readme.replace(from, to)).unwrap();
    let told = walked(&changed, &process, &keys, &[]).unwrap();
    let said = String::from_utf8_lossy(&told.stderr);
    assert_eq!(told.status.code(), Some(1), "{said}");
    assert!(said.contains("对账单 2026-03-01 2025 年度 到期欠缴") && said.contains("254197.54"), "{said}");
}
