//! What `deploy/` and the files beside it say of the service.

mod proxy;
mod units;

use std::collections::BTreeSet;
use std::path::Path;

use crate::layers::rust_files;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// `deploy/example.env` is copied to `.env`, which holds the master secret.
#[test]
fn secrets_are_ignored_by_git_and_by_docker() {
    for name in [".gitignore", ".dockerignore"] {
        let text = text(name);
        // A pattern of Docker's names what lies beside its file, and no folder below.
        let below = if name == ".dockerignore" { &["**/.env", "**/.env.*"][..] } else { &[] };
        for pattern in [".env", ".env.*", "*.secret", "*.db", "*.db-*"].iter().chain(below) {
            assert!(text.lines().any(|line| line == *pattern), "{name} lacks {pattern}");
        }
    }
}

#[test]
fn the_image_holds_the_data_and_the_pg_dump_of_the_servers_version() {
    let (image, compose) = (text("Dockerfile"), text("deploy/compose.yaml"));
    let (_, run) = image.rsplit_once("\nFROM ").unwrap();
    for line in ["COPY data /usr/share/xinwu/data", "COPY schemes /usr/share/xinwu/schemes", "USER xinwu"] {
        assert!(run.lines().any(|each| each == line), "the image lacks {line}");
    }
    assert!(run.contains("ENV XINWU_PROFILE=production "), "{run}");
    // Nothing keeps them from whoever builds it.
    let ignored = text(".dockerignore");
    for line in ignored.lines() {
        let first = line.trim_start_matches(['/', '*']).split('/').next().unwrap_or_default();
        assert!(!["", "data", "schemes", ".csv", ".toml"].contains(&first), "{line}");
    }
    let (_, server) = compose.split_once("image: postgres:").unwrap();
    let server: String = server.chars().take_while(char::is_ascii_digit).collect();
    assert!(run.contains(&format!(" postgresql-client-{server} ")), "the server is of {server}");
}

/// Whose word of a client's address the instances of the compose file believe.
#[test]
fn the_instances_of_the_compose_file_believe_its_proxy_alone() {
    let compose = text("deploy/compose.yaml");
    let after = |name: &str| compose.split_once(name).unwrap().1.lines().next().unwrap().trim();
    let proxy = after("ipv4_address: ");
    assert_eq!(after("XINWU_TRUSTED_PROXIES: "), format!("'[\"{proxy}\"]'"));
    // Its metrics are for its own network: the one port that leads in is the proxy's.
    assert_eq!(compose.matches("ports:").count(), 1);
    assert_eq!(after("ports:\n").trim(), "- \"127.0.0.1:8080:8080\"");
    assert_eq!(after("XINWU_METRICS_BIND: "), "0.0.0.0:9090");
}

/// The words of `text` that begin with `xinwu_`.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("xinwu_")).collect()
}

#[test]
fn each_alarm_is_of_a_metric_that_the_service_has_and_is_explained() {
    let (alarms, document) = (text("deploy/alarms.yaml"), text("docs/operations.md"));
    let mut files = Vec::new();
    for folder in ["api/src", "persistence/src", "persistence/store/src"] {
        rust_files(&root().join(folder), &mut files);
    }
    let code: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let metrics = metrics_in(&alarms);
    assert!(metrics.len() > 5, "{metrics:?}");
    for metric in metrics {
        assert!(code.contains(&format!("\"{metric}\"")), "the service has no {metric}");
    }
    for alarm in alarms.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(
            document.contains(&format!("| `{alarm}` |")),
            "docs/operations.md does not say what {alarm} asks for"
        );
    }
}

/// Whoever meets a limit finds what to change, and to what it is set.
#[test]
fn each_limit_that_is_a_setting_stands_in_the_document_with_its_default() {
    let document = text("docs/operations.md").replace(',', "");
    let (_, limits) = document.split_once("\n## Limits\n").unwrap();
    let (limits, _) = limits.split_once("\n## ").unwrap();
    let settings = serde_json::to_value(xinwu_api::config::Config::default()).unwrap();
    let of_limits = ["_an_hour", "_a_day", "_a_minute", "wrong_", "_a_second", "slow_reader", "_seconds"];
    let mut told = 0;
    for (name, value) in settings.as_object().unwrap() {
        if name == "shutdown_seconds" || !of_limits.iter().any(|part| name.contains(part)) {
            continue;
        }
        let row = limits.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{name}`")));
        let row = row.unwrap_or_else(|| panic!("docs/operations.md does not name {name}"));
        let value = value.to_string();
        let mut words = row.split(|letter: char| !letter.is_ascii_alphanumeric());
        assert!(words.any(|word| word == value), "{name} is {value}: {row}");
        told += 1;
    }
    assert!(told > 15, "{told}");
}
