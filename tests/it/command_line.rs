//! The program itself, as an operator runs it: every command's help, exit codes, what it says, and
//! what it leaves behind.

mod accounts;
mod database;
mod settings;

use std::process::Stdio;

use crate::harness::Backend;
use crate::harness::program::{Desk, Ran};

fn places() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../data/dalian-places.csv").to_owned()
}

#[test]
fn every_command_helps_with_examples_and_exit_codes() {
    let desk = Desk::new(Backend::Sqlite);
    let all = [
        "",
        "serve",
        "demo",
        "migrate",
        "import",
        "user",
        "user add",
        "user import",
        "user list",
        "user disable",
        "user set-password",
        "key",
        "key rotate",
        "key list",
        "secret",
        "secret rotate",
        "openapi",
        "check-config",
        "verify",
        "backup",
        "restore",
    ];
    for name in all {
        let mut arguments: Vec<&str> = name.split_whitespace().collect();
        arguments.push("--help");
        let help = desk.run(&arguments).expect(0);
        assert_eq!(help.err, "", "{name}");
        let (_, examples) =
            help.out.split_once("Examples:\n").unwrap_or_else(|| panic!("{name}: {}", help.out));
        assert!(examples.contains(format!("xinwu {name}").trim_end()), "{name}: {examples}");
        for code in ["Exit codes:", "  0  done", "  1  failed", "  2  the command or a setting is wrong"] {
            assert!(examples.contains(code), "{name}: {examples}");
        }
    }
    assert!(desk.run(&["--version"]).expect(0).out.starts_with("xinwu "));
    // Whoever asked for help got no database made.
    assert_eq!(std::fs::read_dir(desk.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_wrong_command_is_2_and_says_what_is_right() {
    let desk = Desk::new(Backend::Sqlite);
    for (arguments, word) in [
        (vec![], "Usage:"),
        (vec!["dance"], "dance"),
        (vec!["serve", "--quickly"], "--quickly"),
        (vec!["import", "colours", "x.csv"], "households"),
        (vec!["import", "places"], "<FILE>"),
        (vec!["import", "places", "nowhere.csv"], "nowhere.csv"),
        (vec!["user", "add", "someone", "--role", "king"], "district"),
        (vec!["key", "rotate", "--delay-minutes", "-1"], "-1"),
        (vec!["openapi", "--version", "2.0"], "3.1"),
        (vec!["--config", "nowhere.toml", "check-config"], "nowhere.toml"),
    ] {
        let ran = desk.run(&arguments).expect(2);
        assert!(ran.err.contains(word) && ran.out.is_empty(), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn openapi_prints_the_document_in_either_version() {
    let desk = Desk::new(Backend::Sqlite);
    for (arguments, version) in [
        (&["openapi"][..], "3.1."),
        (&["openapi", "--version", "3.1"], "3.1."),
        (&["openapi", "--version", "3.0"], "3.0."),
    ] {
        let document = desk.run(arguments).expect(0).json();
        assert!(document["openapi"].as_str().unwrap().starts_with(version), "{}", document["openapi"]);
        assert!(document["paths"]["/v1/firms/{uscc}"]["get"].is_object());
        assert!(document["paths"]["/v1/admin/records"].is_null());
        let admin = desk.run(&[arguments, &["--admin"]].concat()).expect(0).json();
        assert!(admin["openapi"].as_str().unwrap().starts_with(version), "{}", admin["openapi"]);
        assert!(admin["paths"]["/v1/admin/records"]["post"].is_object());
        assert!(admin["paths"]["/v1/firms/{uscc}"].is_null());
    }
    // Whoever reads only the beginning closes the pipe, and that is no failure.
    let mut child = desk.command(&["openapi"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(Ran::of(child.wait_with_output().unwrap()).expect(0).err, "");
}
