//! The commands. Whatever they print goes through [`print`].

mod batch;
mod keys;

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::api::access::{Calculations, Keyed};
use crate::api::datasets::OtherDataset;
use crate::api::error::{ErrorCode, Problem};
use crate::api::http::{self, BODY_LIMIT};
use crate::api::lang::Lang;
use crate::api::mineral_listing;
use crate::api::oidc::Oidc;
use crate::api::openapi;
use crate::api::query::Explain;
use crate::api::rate_changes;
use crate::api::readiness::Readiness;
use crate::api::records::Records;
use crate::api::reply::Reply;
use crate::api::service::{Office, Service};
use crate::api::topic::{Call, Topic, answer};
use crate::batch::xlsx;
use crate::config::{Action, Calc, Command, FindMinerals, Ledger, Rates, Serve, Template, directory};
use crate::domain::context::Detail;
use crate::domain::rate_book::RateBook;
use crate::jobs::{Jobs, Limits};
use crate::ledger::backup::{Copied, verified};
use crate::ledger::place::{Place, backed_up};
use crate::ledger::{Options, anchored};
use crate::notice::Press;
use crate::rates::{Outcome, Release, check_command, manifest_command, refusal};
use crate::startup::Serving;
use crate::tls::Certificate;
use crate::{rates, startup, telemetry};

/// Refused, or found wrong.
const REFUSED: u8 = 1;
/// The command itself was wrong, as clap exits too.
const MISUSED: u8 = 2;

/// Runs a command and gives the exit status.
pub fn run(command: Command) -> ExitCode {
    let done = match command.action {
        None => serve(&command.serve),
        Some(Action::Serve(options)) => serve(&options),
        Some(Action::Openapi) => print_openapi(),
        Some(Action::Calc(options)) => calculate(&options),
        Some(Action::Batch(options)) => batch::run(&options),
        Some(Action::Template(options)) => template(&options),
        Some(Action::Minerals(options)) => minerals(&options),
        Some(Action::Completions { shell }) => completions(shell),
        Some(Action::Ledger { kept, action }) => ledger(&kept.place(), action),
        Some(Action::Backup { kept, output }) => backup(&kept.place(), &output),
        Some(Action::Restore { kept, file }) => restore(&kept.place(), &file),
        Some(Action::Keys { kept, action }) => keys::run(&kept.place(), action),
        Some(Action::Rates { action: Rates::Check { directory } }) => tell(&check_command(directory.as_deref())),
        Some(Action::Rates { action: Rates::Manifest { directory, verified_on, id } }) => {
            tell(&manifest_command(directory.as_deref(), verified_on, id.as_deref()))
        }
        Some(Action::Rates { action: Rates::Diff { from, to, lang } }) => compare(&from, &to, lang.into()),
    };
    match done {
        Ok(status) => status.into(),
        Err(error) => {
            complain(&format!("lode: {error}\n"));
            ExitCode::from(REFUSED)
        }
    }
}

/// Writes to standard output. A reader that has gone away is an error like any other.
fn print(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Writes to standard error; there is nowhere left to say that this failed.
fn complain(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// What a command of the rate data has to say: the result to standard output, problems to standard error.
fn tell(outcome: &Outcome) -> io::Result<u8> {
    if outcome.sound {
        print(outcome.text.as_bytes())?;
        return Ok(0);
    }
    complain(&outcome.text);
    Ok(REFUSED)
}

/// The rate data of a directory, or that built in; on a problem everything that is wrong goes to standard error.
fn load(from: Option<&Path>) -> Option<RateBook> {
    let loaded = from.map_or_else(rates::load_builtin, rates::load_dir);
    loaded.map_err(|problems| complain(&refusal(&problems).text)).ok()
}

/// The press with the template of a file, or the built-in one; what is wrong with a template goes to standard error.
fn press(template: Option<&Path>) -> io::Result<Option<Press>> {
    let Some(file) = template else { return Ok(Some(Press::default())) };
    let name = file.display();
    let text =
        std::fs::read_to_string(file).map_err(|error| io::Error::new(error.kind(), format!("{name}: {error}")))?;
    Ok(Press::with_template(text).map_err(|error| complain(&format!("lode: {name}: {error}\n"))).ok())
}

/// The released datasets that the binary carries; none is read yet.
pub fn released() -> Vec<OtherDataset> {
    let dataset = |Release { id, sha256 }: Release| {
        let name = id.clone();
        let load = move || rates::load_release(&name).map_err(|problems| refusal(&problems).text);
        OtherDataset::released(id, sha256, Box::new(load))
    };
    rates::releases().into_iter().map(dataset).collect()
}

/// `lode rates diff FROM TO`: a line for each parameter that differs. A dataset is named by the id of a release, or by
/// its directory.
fn compare(from: &str, to: &str, lang: Lang) -> io::Result<u8> {
    let find = |name: &str| {
        if rates::releases().iter().any(|release| release.id == name) {
            return rates::load_release(name).map_err(|problems| complain(&refusal(&problems).text)).ok();
        }
        load(Some(Path::new(name)))
    };
    let (Some(from), Some(to)) = (find(from), find(to)) else { return Ok(REFUSED) };
    print(rate_changes::listing(&from, &to, lang).as_bytes())?;
    Ok(0)
}

fn serve(options: &Serve) -> io::Result<u8> {
    if let Err(error) = telemetry::start(&options.log, options.log_format) {
        complain(&format!("lode: {error}\n"));
        return Ok(MISUSED);
    }
    let Some(book) = load(directory(options.rates.as_ref())) else { return Ok(REFUSED) };
    let Some(press) = press(options.template.as_deref())? else { return Ok(REFUSED) };
    let mut others = released();
    if let Some(directory) = &options.rates_candidate {
        let Some(candidate) = load(Some(directory)) else { return Ok(REFUSED) };
        others.push(OtherDataset::candidate(candidate));
    }
    let records = Options { algorithm: options.ledger_hash.into(), ..Options::default() };
    let jobs = {
        let limits = Limits { disk: u64::from(options.jobs_mib) << 20, ..Limits::default() };
        Jobs::below(&options.kept.data, Arc::clone(&records.clock), limits)
    };
    let records = Records::at(options.kept.place(), records);
    records.open_existing().map_err(io::Error::other)?;
    let calculations = if options.require_key { Calculations::WithKey } else { Calculations::Open };
    let oidc = match options.oidc.settings().map(Oidc::open).transpose() {
        Ok(oidc) => oidc,
        Err(error) => {
            complain(&format!("lode: {error}\n"));
            return Ok(REFUSED);
        }
    };
    if options.require_key && oidc.is_none() && records.keyed().map_err(io::Error::other)? == Keyed::No {
        complain(
            "lode: --require-key：记录库中没有密钥，先用 lode keys create 发放 · there is no key in the records: create one first by lode keys create\n",
        );
        return Ok(REFUSED);
    }
    let certificate = match (&options.tls.cert, &options.tls.key) {
        (Some(chain), Some(key)) => Some(Arc::new(Certificate::open(chain, key)?)),
        _ => None,
    };
    let service = match Service::with_datasets(book, others) {
        Ok(service) => {
            let service = service.with_records(records).with_jobs(jobs).with_calculations(calculations);
            let service = service.with_batches_of((options.batch_mib as usize) << 20);
            let readiness = Readiness::with_room(&options.kept.data, options.limits.room());
            let service = service.with_limits(options.limits.gate()).with_readiness(readiness);
            let (name, contact) = (options.office.clone(), options.office_contact.clone());
            let office = name.map(|name| Office { name, contact });
            Arc::new(service.with_oidc(oidc).printing_with(press).of_office(office))
        }
        Err(ambiguous) => {
            complain(&format!("lode: {ambiguous}\n"));
            return Ok(REFUSED);
        }
    };
    actix_web::rt::System::new().block_on(async {
        let named = |listen: &str, error: io::Error| io::Error::new(error.kind(), format!("{listen}: {error}"));
        let serving = Serving { certificate, ..options.limits.serving(&options.listen, options.workers) };
        let (server, address) = startup::server(Arc::clone(&service), &serving, startup::asked_to_stop())
            .map_err(|error| named(serving.listen, error))?;
        let mut counters = None;
        if let Some(listen) = &options.metrics_listen {
            let (stopped, stop) = tokio::sync::oneshot::channel::<()>();
            // Whoever drops the other end says it too.
            let stop = async move { stop.await.unwrap_or_default() };
            let (server, address) = startup::metrics(service, listen, stop).map_err(|error| named(listen, error))?;
            counters = Some((stopped, actix_web::rt::spawn(server), address));
        }
        let scheme = if serving.certificate.is_some() { "https" } else { "http" };
        if let Some(certificate) = serving.certificate {
            startup::reload_when_told(certificate)?;
        }
        print(format!("listening on {scheme}://{address}\n").as_bytes())?;
        if let Some((_, _, address)) = &counters {
            print(format!("metrics on http://{address}/metrics\n").as_bytes())?;
        }
        let served = server.await;
        if let Some((stopped, task, _)) = counters {
            drop(stopped);
            // Its end is the end of the process.
            let _ = task.await;
        }
        served
    })?;
    Ok(0)
}

/// Checks the records, or prints their head; neither changes anything.
fn ledger(place: &Place, action: Ledger) -> io::Result<u8> {
    let store = match &action {
        Ledger::Verify { backup: Some(file), .. } => backed_up(file),
        _ => place.existing(),
    };
    let store = store.map_err(io::Error::other)?;
    let (head, verification) = verified(&*store).map_err(io::Error::other)?;
    if let Some(damage) = verification.damage {
        complain(&format!("lode: 记录有误 · the records are damaged: {damage}\n"));
        return Ok(REFUSED);
    }
    let line = match action {
        Ledger::Verify { anchors, .. } => {
            let kept = match &anchors {
                Some(file) => std::fs::read_to_string(file)
                    .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?,
                None => String::new(),
            };
            for line in kept.lines().filter(|line| !line.trim().is_empty()) {
                if !anchored(&*store, &head, line).map_err(io::Error::other)? {
                    complain(&format!(
                        "lode: 记录与存证的链首不符 · the records are not those of the anchored head: {line}\n"
                    ));
                    return Ok(REFUSED);
                }
            }
            summary(&(head, verification), "完好", "are sound")
        }
        Ledger::Head => {
            let last = store.last_audit().map_err(io::Error::other)?;
            format!("{}\n", head.line(last.as_ref()))
        }
    };
    print(line.as_bytes())?;
    Ok(0)
}

/// How many records and accesses are so, and the last hash.
fn summary((head, verification): &Copied, zh: &str, en: &str) -> String {
    let (seq, accesses) = (head.seq, verification.accesses);
    let (algorithm, hash) = (head.algorithm.code(), head.hash);
    format!("{seq} 条记录、{accesses} 次访问{zh} · {seq} entries and {accesses} accesses {en}; {algorithm} {hash}\n")
}

/// `lode backup -o FILE`.
fn backup(place: &Place, file: &Path) -> io::Result<u8> {
    let copied = place.backup(file).map_err(io::Error::other)?;
    print(summary(&copied, "已备份", "are backed up").as_bytes())?;
    Ok(0)
}

/// `lode restore FILE`.
fn restore(place: &Place, file: &Path) -> io::Result<u8> {
    let copied = place.restore(file).map_err(io::Error::other)?;
    print(summary(&copied, "已恢复", "are restored").as_bytes())?;
    Ok(0)
}

fn print_openapi() -> io::Result<u8> {
    let Some(book) = load(None) else { return Ok(REFUSED) };
    print(openapi::document(&Arc::new(Service::new(book))).as_bytes())?;
    Ok(0)
}

/// `lode minerals 铜`: a line for each mineral whose names hold the text.
fn minerals(options: &FindMinerals) -> io::Result<u8> {
    let Some(book) = load(directory(options.rates.as_ref())) else { return Ok(REFUSED) };
    match mineral_listing(&book, options.name.as_deref(), options.as_of, options.lang.into()) {
        Ok(listing) => {
            print(listing.as_bytes())?;
            Ok(0)
        }
        Err(refused) => {
            let lang: Lang = options.lang.into();
            complain(&format!("lode: {}\n", lang.pick(&refused)));
            Ok(REFUSED)
        }
    }
}

/// `lode template TOPIC -o FILE`.
fn template(options: &Template) -> io::Result<u8> {
    let Some(topic) = topic(&options.topic) else { return Ok(MISUSED) };
    let Some(book) = load(directory(options.rates.as_ref())) else { return Ok(REFUSED) };
    let bytes = xlsx::template(&book, topic, options.lang.into())?;
    if options.output.as_os_str() == "-" {
        print(&bytes)?;
    } else {
        std::fs::write(&options.output, bytes)?;
    }
    Ok(0)
}

/// The completions of a shell, made from the declaration of the commands.
fn completions(shell: Shell) -> io::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Command::command(), "lode", &mut script);
    print(&script)?;
    Ok(0)
}

/// The topic of that name; an unknown one is told to standard error with those that there are.
fn topic(name: &str) -> Option<Topic> {
    let topic = Topic::from_slug(name);
    if topic.is_none() {
        let topics: Vec<&str> = Topic::ALL.iter().map(|topic| topic.slug()).collect();
        complain(&format!("lode: 没有主题 {name}；可选 · no such topic, use one of: {}\n", topics.join(" ")));
    }
    topic
}

fn calculate(options: &Calc) -> io::Result<u8> {
    let Some(topic) = topic(&options.topic) else { return Ok(MISUSED) };
    let Some(book) = load(directory(options.rates.as_ref())) else { return Ok(REFUSED) };
    let mut body = Vec::new();
    io::stdin().lock().take(BODY_LIMIT as u64 + 1).read_to_end(&mut body)?;
    let service = Service::new(book);
    let reply = reply(topic, &body, options, &service);
    print(&reply.body)?;
    Ok(if reply.is_success() { 0 } else { REFUSED })
}

fn reply(topic: Topic, body: &[u8], options: &Calc, service: &Service) -> Reply {
    let request_id = service.request_id(options.request_id.as_deref());
    let call = Call {
        book: &service.book,
        lang: options.lang.into(),
        detail: Detail::Steps,
        explain: if options.explain_all { Explain::All } else { Explain::Applied },
        request_id: &request_id,
    };
    if body.len() > BODY_LIMIT {
        return Problem::new(ErrorCode::PayloadTooLarge, http::too_large(BODY_LIMIT)).reply(
            call.lang,
            call.book,
            &request_id,
        );
    }
    answer(topic, body, call)
}
