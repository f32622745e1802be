//! The rate data: what is built in is sound, and every check finds what it is for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use lode::domain::catalogue::{Levy, Rate, RateCondition};
use lode::domain::place::Place;
use lode::domain::rate_book::{Conversion, Provenance, RateBook};
use lode::rates::{CHECKS, Files, load, load_builtin, load_dir, manifest, manifest_unchecked};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The directory of the broken sets; `sound` beside them is the set that they break.
fn broken() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_rates")
}

fn sound() -> Files {
    Files::of_directory(&broken().join("sound"))
}

fn with_manifest(files: Files) -> Files {
    let text = manifest_unchecked(&files, day("2026-01-01"));
    files.with("manifest.toml", text.into_bytes())
}

/// The sound set with the files of some fixtures laid over it. A fixture that is not about the manifest gets one that
/// fits, so that nothing but the rule is broken.
fn overlaid(checks: &[&str]) -> Files {
    let mut files = sound();
    let mut own_manifest = false;
    for check in checks {
        for (path, content) in Files::of_directory(&broken().join(check)).iter() {
            match path {
                "expected.txt" => {}
                "removed.txt" => {
                    for line in std::str::from_utf8(content).unwrap().lines() {
                        files = files.without(line);
                    }
                }
                _ => {
                    own_manifest |= path == "manifest.toml";
                    files = files.with(path, content.to_vec());
                }
            }
        }
    }
    if own_manifest { files } else { with_manifest(files) }
}

/// The problems of a set as text, with paths below the root of the set.
fn problems(files: &Files) -> Vec<String> {
    let root = format!("{}/", broken().join("sound").display());
    let shown = |problem: &lode::rates::Problem| problem.to_string().replacen(&root, "", 1);
    load(files).err().unwrap_or_default().iter().map(shown).collect()
}

fn expected(check: &str) -> Vec<String> {
    let text = fs::read_to_string(broken().join(check).join("expected.txt")).expect(check);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_built_in_data_has_no_problem() {
    if let Err(problems) = load_builtin() {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"));
    }
}

#[test]
fn the_directory_gives_the_same_book_as_the_built_in_data() {
    let built_in = load_builtin().unwrap();
    let directory = load_dir(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rates")).unwrap();
    assert_eq!(readable(&built_in), readable(&directory));
}

#[test]
fn two_loads_give_equal_books() {
    assert_eq!(readable(&load_builtin().unwrap()), readable(&load_builtin().unwrap()));
}

/// The book as text. The registries keep their names in hash maps, whose order is of no meaning; their lists stand for
/// them.
fn readable(book: &RateBook) -> String {
    let minerals: Vec<_> = book.minerals.iter().collect();
    let divisions: Vec<_> = book.divisions.iter().collect();
    let catalogues: Vec<_> = book
        .catalogue
        .entries()
        .iter()
        .map(|dated| {
            let levies: Vec<_> = book.minerals.iter().map(|(id, _)| dated.value.levy(&book.minerals, id)).collect();
            format!("{:?} {levies:?}", dated.version)
        })
        .collect();
    let rest = RateBook {
        minerals: Default::default(),
        divisions: Default::default(),
        catalogue: Default::default(),
        ..book.clone()
    };
    format!("{minerals:#?}\n{divisions:#?}\n{catalogues:#?}\n{rest:#?}")
}

#[test]
fn the_sound_set_of_the_fixtures_is_sound() {
    assert_eq!(problems(&with_manifest(sound())), Vec::<String>::new());
}

#[test]
fn every_check_has_a_fixture_and_every_fixture_a_check() {
    let checks: BTreeSet<String> = CHECKS.iter().map(|check| check.name.to_owned()).collect();
    assert_eq!(checks.len(), CHECKS.len(), "two checks share a name");
    let fixtures: BTreeSet<String> = fs::read_dir(broken())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "sound")
        .collect();
    assert_eq!(checks, fixtures);
}

#[test]
fn every_fixture_breaks_its_check_and_no_other_at_the_right_lines() {
    for check in CHECKS {
        let found = problems(&overlaid(&[check.name]));
        assert_eq!(found, expected(check.name), "fixture {}", check.name);
        assert!(!found.is_empty(), "fixture {} breaks nothing", check.name);
        for problem in found {
            assert!(problem.contains(&format!(": [{}] ", check.name)), "fixture {}: {problem}", check.name);
        }
    }
}

#[test]
fn problems_of_many_files_are_all_reported_whatever_else_is_broken() {
    let together = ["syntax", "unknown-key", "holiday-days", "price-band", "coverage-status", "scheme-weights"];
    // `syntax` and `unknown-key` both replace the file of the late fee; the one laid last counts.
    let mut all: Vec<String> = together
        .iter()
        .flat_map(|check| expected(check))
        .filter(|line| !(line.starts_with("national/late-fee/") && line.contains("[syntax]")))
        .collect();
    all.sort_by_key(|line| {
        let mut parts = line.splitn(3, ':');
        (parts.next().unwrap().to_owned(), parts.next().unwrap().parse::<usize>().unwrap())
    });
    assert_eq!(problems(&overlaid(&together)), all);
}

#[test]
fn problems_of_one_file_are_all_reported() {
    let path = "national/late-fee/2023-05-01.toml";
    let text = "\
topic = \"late-fee\"
instrument = \"cz-1999-1\"
effective_from = 2023-05-01
surprise = 1

[daily_rate]
value = \"0.0020e0\"
unit = \"1/year\"
locator = \"\"
provenance = \"caller\"

[cap_multiple]
value = 1
unit = \"principal\"
";
    let found = problems(&with_manifest(sound().with(path, text.as_bytes().to_vec())));
    let places: Vec<&str> = found.iter().map(|line| line.split("] ").next().unwrap()).collect();
    let at = |line: usize, check: &str| format!("{path}:{line}: [{check}");
    let wanted = [
        at(2, "instrument"),
        at(4, "unknown-key"),
        at(7, "decimal"),
        at(8, "unit"),
        at(9, "locator"),
        at(10, "provenance"),
        at(12, "missing-key"),
        at(12, "missing-key"),
        at(13, "wrong-type"),
    ];
    assert_eq!(places, wanted);
}

#[test]
fn a_directory_that_is_not_there_is_a_problem_and_not_an_empty_set() {
    let found = load_dir(&broken().join("nowhere")).unwrap_err();
    assert!(found.iter().any(|problem| problem.check == "readable"), "{found:?}");
}

#[test]
fn a_set_without_or_with_a_broken_manifest_is_refused() {
    assert_eq!(
        problems(&sound()),
        ["manifest.toml:1: [manifest-files] the file is missing; write it with `lode rates manifest`"]
    );
    let whole = with_manifest(sound());
    let text = manifest_unchecked(&sound(), day("2026-01-01"));
    for (from, to, check) in [
        ("sha256 = \"", "sha256 = \"0", "manifest-dataset"),
        ("[[file]]\n", "[[file]\n", "syntax"),
        ("verified_on = 2026-01-01\n", "", "missing-key"),
    ] {
        let bad = whole.clone().with("manifest.toml", text.replacen(from, to, 1).into_bytes());
        let found = problems(&bad);
        assert!(found.len() == 1 && found[0].contains(&format!("[{check}]")), "{check}: {found:?}");
    }
}

#[test]
fn one_changed_byte_anywhere_is_noticed() {
    let whole = with_manifest(sound());
    let paths: Vec<String> = whole.iter().map(|(path, _)| path.to_owned()).collect();
    for path in paths.iter().filter(|path| path.ends_with(".toml") && *path != "manifest.toml") {
        let mut content = whole.iter().find(|(other, _)| other == path).unwrap().1.to_vec();
        content.push(b'\n');
        let found = problems(&whole.clone().with(path, content));
        assert_eq!(found.len(), 2, "{path}: {found:?}");
        assert!(found.iter().any(|line| line.contains("[manifest-checksum]")), "{found:?}");
        assert!(found.iter().any(|line| line.contains("[manifest-dataset]")), "{found:?}");
    }
}

#[test]
fn a_line_that_is_lost_stops_nothing_and_what_passes_the_checks_converts() {
    let whole = sound();
    let files: Vec<(String, String)> = whole
        .iter()
        .filter(|(path, _)| path.ends_with(".toml") && !path.contains("catalogue") && !path.contains("minerals"))
        .map(|(path, content)| (path.to_owned(), String::from_utf8(content.to_vec()).unwrap()))
        .collect();
    for (path, text) in files {
        for lost in text.lines().enumerate().filter(|(_, line)| !line.is_empty()).map(|(index, _)| index) {
            let kept = text.lines().enumerate().filter(|(index, _)| *index != lost).map(|(_, line)| line);
            let shorter: String = kept.map(|line| format!("{line}\n")).collect();
            let found = problems(&with_manifest(whole.clone().with(&path, shorter.into_bytes())));
            assert!(found.iter().all(|line| !line.contains("[build]")), "{path} without line {}: {found:?}", lost + 1);
        }
    }
}

#[test]
fn a_manifest_keeps_the_days_of_what_did_not_change() {
    let before = with_manifest(sound());
    let path = "national/late-fee/2023-05-01.toml";
    let text = before.iter().find(|(other, _)| *other == path).unwrap().1.to_vec();
    let changed = String::from_utf8(text).unwrap().replace("0.002", "0.003");
    let after = manifest(&before.with(path, changed.into_bytes()), day("2026-11-22"), None).unwrap();
    assert_eq!(after.matches("verified_on = 2026-11-22").count(), 1);
    assert!(after.contains("id = \"lode-2026-11-22\""), "the data is another, so its id is");
    let entry = after.split("[[file]]").find(|entry| entry.contains(path)).unwrap();
    assert!(entry.contains("verified_on = 2026-11-22"));
}

#[test]
fn a_manifest_is_not_written_for_data_with_a_problem() {
    let found = manifest(&overlaid(&["price-band"]), day("2026-11-21"), None).unwrap_err();
    assert_eq!(found.len(), 1);
}

#[test]
fn a_repeal_in_the_manifest_ends_a_version_that_states_no_end() {
    let path = "national/late-fee/2023-05-01.toml";
    let text = manifest_unchecked(&sound(), day("2026-01-01"));
    let line = format!("path = \"{path}\"\n");
    let repealed = text.replace(&line, &format!("{line}repealed_from = 2025-01-01\n"));
    // The tool takes the day that a person wrote, and writes the rest.
    let text = manifest(&sound().with("manifest.toml", repealed.into_bytes()), day("2026-01-01"), None).unwrap();
    assert!(text.contains("status = \"repealed\"\nrepealed_from = 2025-01-01\n"));
    let book = load(&sound().with("manifest.toml", text.into_bytes())).unwrap();
    assert!(book.late_fee.at(day("2024-12-31")).is_ok());
    assert!(book.late_fee.at(day("2025-01-01")).is_err());
}

#[test]
fn a_version_without_an_end_ends_where_the_next_begins() {
    let text = fs::read_to_string(broken().join("sound/national/late-fee/2023-05-01.toml")).unwrap();
    let later = text.replace("2023-05-01", "2025-01-01").replace("0.002", "0.001");
    let files = with_manifest(sound().with("national/late-fee/2025-01-01.toml", later.into_bytes()));
    let book = load(&files).unwrap();
    let rate = |text| book.late_fee.at(day(text)).unwrap().value.daily_rate.value.to_string();
    assert_eq!((rate("2024-12-31"), rate("2025-01-01")), ("0.002".to_owned(), "0.001".to_owned()));
    assert_eq!(book.version("late-fee/2023-05-01").unwrap().effective_until, Some(day("2025-01-01")));
    assert_eq!(book.version("late-fee/2025-01-01").unwrap().effective_until, None);
}

#[test]
fn a_version_lists_its_parameters_by_what_tells_rows_apart_in_the_order_of_the_file() {
    let book = load(&with_manifest(sound())).unwrap();
    let names = |id: &str| -> Vec<(String, String, String)> {
        let version = book.version(id).unwrap();
        let listed =
            |value: &lode::domain::rate_book::Listed| (value.name.clone(), value.value.clone(), value.unit.clone());
        version.values.iter().map(listed).collect()
    };
    let row = |name: &str, value: &str, unit: &str| (name.to_owned(), value.to_owned(), unit.to_owned());
    let catalogue = names("catalogue/2023-05-01");
    assert_eq!(
        catalogue[..6],
        [
            row("row.1.levy_object", "not_stated", "choice"),
            row("row.1.minerals", "petroleum", "mineral"),
            row("row.1.rates.0.percent", "0.8", "percent"),
            row("row.1.rates.0.place", "land", "choice"),
            row("row.1.rates.1.percent", "0.6", "percent"),
            row("row.1.rates.1.place", "sea", "choice"),
        ]
    );
    assert!(catalogue.contains(&row("row.7.rates.1.temperature_c.ge", "60", "celsius")));
    assert_eq!(
        names("370105/benchmark-price/2024-02-01"),
        [
            row("else_coefficient", "1.0", "factor"),
            row("price.limestone", "1.30", "yuan/t"),
            row("price.fluorite.caf2_ge_35", "20", "yuan/t"),
            row("area_coefficient.0.zh", "康保, 沽源", "text"),
            row("area_coefficient.0", "0.8", "factor"),
            row("coefficient.comprehensive_use.minerals", "limestone", "mineral"),
            row("coefficient.comprehensive_use", "0.5", "factor"),
        ]
    );
    assert_eq!(
        names("370000/conversion-coefficient/2024-02-01"),
        [
            row("coefficient.fluorite.raw_to_concentrate", "1.50", "factor"),
            row("coefficient.kaolin.concentrate_to_raw", "0.63", "factor"),
        ]
    );
    assert_eq!(
        names("370000/approved-price/2024-02-01"),
        [row("price.geothermal.lt_60", "32", "yuan/m3"), row("price.geothermal.ge_60", "40", "yuan/m3"),]
    );
    assert_eq!(
        names("starting-price-standard/2023-05-01"),
        [
            row("general", "2", "wan_yuan/km2"),
            row("max_adjustment_percent", "10", "percent"),
            row("oil_gas.petroleum.land", "0.7", "wan_yuan/km2"),
            row("classes.oil_gas", "petroleum, coalbed_methane", "mineral"),
            row("classes.rare_earth", "lanthanum, scandium", "mineral"),
            row("classes.radioactive", "uranium", "mineral"),
        ]
    );
    let holidays = names("holidays/2024-01-01");
    assert_eq!(holidays[0], row("rest_days", "2024-01-01, 2024-02-12", "text"));
}

#[test]
fn the_provenance_of_a_version_is_its_weakest() {
    let book = load(&with_manifest(sound())).unwrap();
    let of = |id: &str| book.version(id).unwrap().provenance;
    assert_eq!(of("late-fee/2023-05-01"), Provenance::Verbatim);
    assert_eq!(of("holidays/2024-01-01"), Provenance::Reported);
    assert_eq!(of("sales-revenue/2023-05-01"), Provenance::Inferred);
}

#[test]
fn a_row_for_a_group_stands_under_the_group_and_says_whence_it_is() {
    let book = load(&with_manifest(sound())).unwrap();
    let conversion = book.provincial("370105", day("2024-02-01"), |province| &province.conversion).unwrap();
    let mineral = book.minerals.find("萤石").unwrap();
    let (of, direction, factor) = &conversion.value.coefficients[0];
    assert_eq!((*of, *direction), (mineral, Conversion::RawToConcentrate));
    assert_eq!(factor.value.value().to_string(), "1.5");
    assert_eq!(factor.name, "370000/conversion-coefficient.coefficient.fluorite.raw_to_concentrate");
    assert_eq!((factor.instrument.as_str(), factor.locator.as_str()), ("local-2024", "1"));
}

#[test]
fn a_parameter_may_rest_on_another_instrument_than_its_file() {
    let path = "national/late-fee/2023-05-01.toml";
    let text = fs::read_to_string(broken().join("sound").join(path)).unwrap();
    let text = text.replacen("locator = \"33\"", "locator = \"45\"\ninstrument = \"local-2024\"", 1);
    let book = load(&with_manifest(sound().with(path, text.into_bytes()))).unwrap();
    let rule = &book.late_fee.at(day("2024-01-01")).unwrap().value;
    assert_eq!((rule.daily_rate.instrument.as_str(), rule.daily_rate.locator.as_str()), ("local-2024", "45"));
    assert_eq!(rule.cap_multiple.instrument, "cz-2023-10");
    assert_eq!(book.version("late-fee/2023-05-01").unwrap().instrument, "cz-2023-10");
}

/// One line of the second reading of the catalogue, in the form in which the book is written out for comparison.
fn written(book: &RateBook, row: u32, mineral: &str, object: &str, rate: &Rate) -> String {
    let condition = match rate.condition {
        RateCondition::Always => String::new(),
        RateCondition::Place(Place::Land) => "land".to_owned(),
        RateCondition::Place(Place::Sea) => "sea".to_owned(),
        RateCondition::Temperature { at_least, below } => match (at_least, below) {
            (None, Some(below)) => format!("t<{}", below.value()),
            (Some(at_least), Some(below)) => format!("{}<=t<{}", at_least.value(), below.value()),
            (Some(at_least), None) => format!("t>={}", at_least.value()),
            (None, None) => "t".to_owned(),
        },
    };
    let id = book.minerals.find(mineral).unwrap_or_else(|| panic!("no mineral is called {mineral}"));
    format!("{row},{},{object},{},{condition}", book.minerals.code(id), rate.percent.value())
}

#[test]
fn the_catalogue_agrees_with_the_second_reading() {
    let book = load_builtin().unwrap();
    let catalogue = &book.catalogue_at(day("2023-05-01")).unwrap().value;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/catalogue-second-reading.csv");
    let text = fs::read_to_string(path).unwrap();
    let second: BTreeSet<String> = text
        .lines()
        .skip(1)
        .map(|line| {
            let [row, name, object, percent, condition] = line.split(',').collect::<Vec<_>>()[..] else {
                panic!("not five fields: {line}")
            };
            let id = book.minerals.find(name).unwrap_or_else(|| panic!("no mineral is called {name}"));
            let mineral = book.minerals.get(id).unwrap();
            assert_eq!(mineral.name_zh(), name, "the first name is the one that the catalogue prints");
            let percent: rust_decimal::Decimal = percent.parse().unwrap();
            format!("{row},{},{object},{},{condition}", mineral.code, percent.normalize())
        })
        .collect();
    assert_eq!(second.len(), text.lines().count() - 1, "a line stands twice in the second reading");
    let first: BTreeSet<String> = book
        .minerals
        .iter()
        .filter(|(_, mineral)| mineral.members.is_empty())
        .filter_map(|(id, mineral)| match catalogue.levy(&book.minerals, id) {
            Ok(Levy::ByRate(row)) => Some((row, mineral)),
            _ => None,
        })
        .flat_map(|(row, mineral)| {
            let line = |rate| written(&book, row.number, &mineral.code, row.levy_object.code(), rate);
            row.rates.iter().map(line).collect::<Vec<_>>()
        })
        .collect();
    let only_first: Vec<&String> = first.difference(&second).collect();
    let only_second: Vec<&String> = second.difference(&first).collect();
    assert!(
        only_first.is_empty() && only_second.is_empty(),
        "only in rates/: {only_first:#?}\nonly in the second reading: {only_second:#?}"
    );
    assert_eq!(catalogue.rows().len(), 25);
}

#[test]
fn every_version_of_the_built_in_data_shows_parameters_with_distinct_names() {
    let book = load_builtin().unwrap();
    for (id, version) in &book.versions {
        assert!(!version.values.is_empty(), "{id} lists nothing");
        let names: BTreeSet<&str> = version.values.iter().map(|value| value.name.as_str()).collect();
        assert_eq!(names.len(), version.values.len(), "{id} lists a name twice");
        assert!(book.instruments.contains_key(&version.instrument), "{id}");
    }
}
