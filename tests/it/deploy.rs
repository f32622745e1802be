//! The files under `deploy/` and the Dockerfile against the program: options, variables, paths, ports, probes, rights.

use std::collections::BTreeSet;
use std::process::Command as Program;

use clap::{CommandFactory, Parser};
use lode::api::routes;
use lode::config::{Action, Command, Serve};
use serde::Deserialize;
use serde_yaml::Value;

use crate::service::Process;

const UID: u64 = 10001;

fn text(file: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(path).unwrap()
}

fn documents(file: &str) -> Vec<Value> {
    let text = text(file);
    serde_yaml::Deserializer::from_str(&text).map(|document| Value::deserialize(document).unwrap()).collect()
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_sequence().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

/// Every variable of the environment that the program reads.
fn variables() -> BTreeSet<String> {
    fn of(command: &clap::Command, found: &mut BTreeSet<String>) {
        found.extend(command.get_arguments().filter_map(|option| option.get_env()?.to_str().map(str::to_owned)));
        command.get_subcommands().for_each(|command| of(command, found));
    }
    let mut found = BTreeSet::new();
    of(&Command::command(), &mut found);
    found
}

/// The service as these arguments and variables start it. Variables become the options that they stand for.
fn served(arguments: &[&str], variables: &[(&str, &str)]) -> Serve {
    let command = Command::command();
    let serve = command.find_subcommand("serve").unwrap();
    let option = |(name, value): &(&str, &str)| {
        let known = serve.get_arguments().find(|option| option.get_env().is_some_and(|env| env == *name));
        format!("--{}={value}", known.unwrap_or_else(|| panic!("{name} is no variable")).get_long().unwrap())
    };
    let all = ["lode"].iter().chain(arguments).map(|argument| (*argument).to_owned());
    let parsed = Command::try_parse_from(all.chain(variables.iter().map(option)));
    match parsed.unwrap_or_else(|error| panic!("{error}")).action {
        Some(Action::Serve(serve)) => *serve,
        other => panic!("{other:?}"),
    }
}

fn port(address: &str) -> u64 {
    let (host, port) = address.rsplit_once(':').unwrap();
    assert_eq!(host, "0.0.0.0", "reached from outside the container");
    port.parse().unwrap()
}

#[track_caller]
fn is_probe(path: &str) {
    let known =
        routes::all().iter().any(|route| route.pattern == path && matches!(route.action, routes::Action::Probe(_)));
    assert!(known, "{path} is no probe");
}

/// The lines of the Dockerfile that begin with a word.
fn dockerfile(word: &str) -> Vec<String> {
    let text = text("Dockerfile");
    let lines = text.lines().filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_image_runs_what_the_program_has() {
    let command = dockerfile("CMD").pop().unwrap();
    let words: Vec<String> = serde_json::from_str(&command).unwrap();
    assert_eq!(words[0], "/usr/local/bin/lode");
    let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    let serve = served(&words, &[]);
    assert_eq!(dockerfile("USER"), [format!("{UID}:{UID}")]);
    assert_eq!(dockerfile("VOLUME"), [format!("[{:?}]", serve.kept.data.to_str().unwrap())]);
    let ports: Vec<u64> = dockerfile("EXPOSE")[0].split(' ').map(|port| port.parse().unwrap()).collect();
    assert_eq!(ports, [port(&serve.listen), 9090]);
    // The user may write where the records are, and nowhere else.
    let text = text("Dockerfile");
    assert!(text.contains("useradd --system --uid 10001 ") && text.contains("--mode 0750 /var/lib/lode"));
    // Every variable that a comment names is one.
    for word in
        text.split(|sign: char| !sign.is_ascii_uppercase() && sign != '_').filter(|word| word.starts_with("LODE_"))
    {
        assert!(variables().contains(word), "{word}");
    }
}

#[test]
fn the_compose_file_fits_the_program() {
    let documents = documents("deploy/compose.yaml");
    let lode = &documents[0]["services"]["lode"];
    let environment = lode["environment"].as_mapping().unwrap();
    let set: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (name.as_str().unwrap(), value.as_str().unwrap())).collect();
    let serve = served(&strings(&lode["command"]), &set);
    assert_eq!(strings(&lode["entrypoint"]), ["/usr/local/bin/lode"]);
    let published = strings(&lode["ports"])[0];
    assert_eq!(published, format!("127.0.0.1:8080:{}", port(&serve.listen)), "loopback only: a proxy stands before it");
    // The records are in the volume, nothing else can be written but what is for a while.
    let data = serve.kept.data.to_str().unwrap();
    assert_eq!(strings(&lode["volumes"]), [format!("data:{data}")]);
    assert!(documents[0]["volumes"].as_mapping().unwrap().contains_key("data"));
    assert!(strings(&lode["tmpfs"])[0].starts_with("/tmp:"));
    assert_eq!(
        (&lode["read_only"], lode["user"].as_str()),
        (&Value::Bool(true), Some(format!("{UID}:{UID}").as_str()))
    );
    assert_eq!(strings(&lode["cap_drop"]), ["ALL"]);
    assert_eq!(strings(&lode["security_opt"]), ["no-new-privileges:true"]);
    for limit in ["mem_limit", "cpus", "pids_limit", "ulimits"] {
        assert!(!lode[limit].is_null(), "{limit}");
    }
    let grace: u64 = lode["stop_grace_period"].as_str().unwrap().trim_end_matches('s').parse().unwrap();
    assert!(grace > serve.limits.serving("", None).stop_time.as_secs(), "a stop may take its time");
    assert_eq!(lode["build"].as_str(), Some(".."));
    // The check asks where the counters are; run against a real service it says what that says.
    let check = strings(&lode["healthcheck"]["test"]);
    let counters = port(serve.metrics_listen.as_ref().unwrap());
    let script = check[3];
    assert_eq!(&check[..3], ["CMD", "bash", "-c"]);
    assert!(script.contains(&format!("/dev/tcp/127.0.0.1/{counters};")), "{script}");
    is_probe(script.split("GET ").nth(1).unwrap().split(' ').next().unwrap());
    let run = |options: &[&str]| {
        let process = Process::start(options);
        let script = script.replace(&counters.to_string(), &process.client().0.port().to_string());
        Program::new("bash").args(["-c", &script]).status().unwrap().success()
    };
    assert!(run(&[]));
    assert!(!run(&["--min-free=4294967295"]), "not ready is not healthy");
}

#[test]
fn the_kubernetes_file_fits_the_program() {
    let documents = documents("deploy/kubernetes.yaml");
    let of_kind = |kind: &str| documents.iter().find(|document| document["kind"] == kind).unwrap();
    let pod = &of_kind("Deployment")["spec"]["template"]["spec"];
    let containers = pod["containers"].as_sequence().unwrap();
    assert_eq!(containers.len(), 1);
    let lode = &containers[0];
    let set: Vec<(&str, &str)> = lode["env"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|variable| {
            assert!(!variable["valueFrom"]["secretKeyRef"]["name"].is_null(), "an address with a password is a secret");
            (variable["name"].as_str().unwrap(), "postgres://h/d")
        })
        .collect();
    let serve = served(&strings(&lode["args"]), &set);
    assert_eq!(strings(&lode["command"]), ["/usr/local/bin/lode"]);
    let ports: Vec<(&str, u64)> = lode["ports"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|port| (port["name"].as_str().unwrap(), port["containerPort"].as_u64().unwrap()))
        .collect();
    let counters = port(serve.metrics_listen.as_ref().unwrap());
    assert_eq!(ports, [("http", port(&serve.listen)), ("metrics", counters)]);
    for (probe, path) in
        [("startupProbe", "/health/live"), ("readinessProbe", "/health/ready"), ("livenessProbe", "/health/live")]
    {
        let asked = &lode[probe]["httpGet"];
        assert_eq!((asked["path"].as_str(), asked["port"].as_str()), (Some(path), Some("metrics")), "{probe}");
        is_probe(path);
    }
    let annotations = &of_kind("Deployment")["spec"]["template"]["metadata"]["annotations"];
    assert_eq!(annotations["prometheus.io/port"].as_str(), Some(counters.to_string().as_str()));
    is_probe(annotations["prometheus.io/path"].as_str().unwrap());
    // Rights: none.
    let (of_pod, of_container) = (&pod["securityContext"], &lode["securityContext"]);
    assert_eq!((&of_pod["runAsNonRoot"], of_pod["runAsUser"].as_u64()), (&Value::Bool(true), Some(UID)));
    assert_eq!(of_pod["seccompProfile"]["type"].as_str(), Some("RuntimeDefault"));
    assert_eq!(of_container["readOnlyRootFilesystem"], Value::Bool(true));
    assert_eq!(of_container["allowPrivilegeEscalation"], Value::Bool(false));
    assert_eq!(strings(&of_container["capabilities"]["drop"]), ["ALL"]);
    assert_eq!(pod["automountServiceAccountToken"], Value::Bool(false));
    for bound in ["requests", "limits"] {
        for resource in ["cpu", "memory", "ephemeral-storage"] {
            assert!(!lode["resources"][bound][resource].is_null(), "{bound} {resource}");
        }
    }
    // What can be written is mounted, and every mount is a volume.
    let mounts: Vec<(&str, &str)> = lode["volumeMounts"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|mount| (mount["name"].as_str().unwrap(), mount["mountPath"].as_str().unwrap()))
        .collect();
    assert_eq!(mounts, [("data", serve.kept.data.to_str().unwrap()), ("tmp", "/tmp")]);
    let volumes: Vec<&str> =
        pod["volumes"].as_sequence().unwrap().iter().map(|volume| volume["name"].as_str().unwrap()).collect();
    assert_eq!(volumes, ["data", "tmp"]);
    let stop = serve.limits.serving("", None).stop_time.as_secs();
    assert!(pod["terminationGracePeriodSeconds"].as_u64().unwrap() > stop, "a stop may take its time");
    // One name for all of it.
    let label = |value: &Value| value["app.kubernetes.io/name"].as_str().unwrap().to_owned();
    let deployment = &of_kind("Deployment")["spec"];
    for labels in [
        &deployment["selector"]["matchLabels"],
        &deployment["template"]["metadata"]["labels"],
        &of_kind("Service")["spec"]["selector"],
        &of_kind("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
    ] {
        assert_eq!(label(labels), "lode");
    }
    assert_eq!(of_kind("Service")["spec"]["ports"][0]["targetPort"].as_str(), Some("http"));
    assert!(deployment["replicas"].as_u64() > of_kind("PodDisruptionBudget")["spec"]["minAvailable"].as_u64());
}

/// The proxy before two instances: it checks readiness, sets the header that the service believes, keeps no connection longer
/// than the service does, and repeats nothing but what changes nothing or has a key.
#[test]
fn the_proxy_fits_the_program() {
    let proxy = text("deploy/haproxy.cfg");
    let lines: Vec<&str> = proxy.lines().map(str::trim).filter(|line| !line.starts_with('#')).collect();
    let after =
        |begin: &str| lines.iter().find_map(|line| line.strip_prefix(begin)).unwrap_or_else(|| panic!("{begin}"));
    let seconds = |begin: &str| after(begin).trim_end_matches('s').parse::<u64>().unwrap();
    // The command that stands in the comment.
    let comment: Vec<&str> = proxy.lines().filter_map(|line| line.strip_prefix('#')).map(str::trim).collect();
    let command = comment.join(" ");
    let command = command.split("lode serve ").nth(1).unwrap().split(" - ").next().unwrap().replace('\\', "");
    let words: Vec<&str> = command.split_whitespace().collect();
    let serve = served(&[&["serve"], &words[..]].concat(), &[]);
    is_probe(after("http-check send meth GET uri "));
    let header = serve.limits.gate().address_header.unwrap();
    let set = after("http-request set-header X-Real-IP");
    assert_eq!((header.as_str(), set.trim()), ("x-real-ip", "%[src]"));
    let kept = after("default-server ").split("pool-purge-delay ").nth(1).unwrap();
    let kept = kept.split('s').next().unwrap().parse::<u64>().unwrap();
    // The pool is purged by halves: after twice the delay nothing is left.
    assert!(serve.limits.serving("", None).times.idle.as_secs() > 2 * kept, "a request meets a connection that ends");
    assert!(seconds("timeout server ") > serve.limits.gate().body_time.as_secs());
    // What is repeated without a key is a calculation and nothing else.
    let repeated = after("acl is_calculating path_beg ").split(' ').collect::<Vec<_>>();
    let prefixed = |pattern: &str| repeated.iter().any(|begin| pattern.starts_with(begin));
    for route in routes::all() {
        let calculates = matches!(route.action, routes::Action::Calculate(_));
        let is_posted = calculates || !matches!(route.action, routes::Action::Read(_) | routes::Action::Probe(_));
        assert!(!is_posted || calculates == prefixed(route.pattern), "{}", route.pattern);
    }
    assert_eq!(after("http-request disable-l7-retry "), "if !is_reading !is_calculating !has_key");
    assert_eq!(after("acl is_reading "), "method GET HEAD");
    assert_eq!(after("acl has_key "), "req.hdr(Idempotency-Key) -m found");
}

/// What the security page says the software does is held by the tests that it names.
#[test]
fn every_test_that_the_security_page_names_exists() {
    let page = text("docs/security.md");
    let table = page.split("\n## ").find(|section| section.starts_with("程序做的")).unwrap();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 25);
    for row in rows {
        let named: Vec<&str> = row.rsplit('|').nth(1).unwrap().split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "no test: {row}");
        for test in named {
            let (module, name) = test.rsplit_once("::").unwrap();
            let source = text(&format!("tests/it/{}.rs", module.replace("::", "/")));
            assert!(source.contains(&format!("fn {name}(")), "{test} does not exist");
        }
    }
}
