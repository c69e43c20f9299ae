//! The program itself, as an operator runs it: every command's help, exit codes, what it says, and what it leaves behind.

use std::net::TcpStream;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::harness::Backend;
use crate::harness::program::{Desk, Ran};

fn places() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../data/dalian-places.csv").to_owned()
}

/// Makes one test for each database.
macro_rules! on_both {
    ($(fn $name:ident($backend:ident) $body:block)*) => {$(
        mod $name {
            use super::*;
            fn run($backend: Backend) $body
            #[test]
            fn sqlite() { run(Backend::Sqlite) }
            #[test]
            fn postgres() { run(Backend::Postgres) }
        }
    )*};
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
        "user list",
        "user disable",
        "user set-password",
        "key",
        "key rotate",
        "key list",
        "openapi",
        "check-config",
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
fn check_config_names_all_faults_at_once() {
    let desk = Desk::new(Backend::Sqlite);
    assert!(desk.run(&["check-config"]).expect(0).out.contains("right"));
    let right = desk.run(&["check-config", "--json"]).expect(0);
    assert_eq!((&right.json()["ok"], &right.json()["settings"]["fewest_voices"]), (&json!(true), &json!(5)));
    assert!(!right.out.contains("a secret that only"), "{right:?}");

    let file = desk.file(
        "wrong.toml",
        "bind = \"nowhere\"\nconnections = \"many\"\ncolour = \"red\"\nfewest_voices = 1\n",
    );
    let arguments = ["--config", file.as_str(), "check-config"];
    let variables =
        [("XINWU_ZONE", "Mars/Olympus"), ("XINWU_SECRET", "short"), ("XINWU_PROFILE", "production")];
    let names = [
        "bind",
        "connections",
        "colour",
        "fewest_voices",
        "zone",
        "secret",
        "sms_provider",
        "password_memory_kibibytes",
    ];
    let wrong = desk.run_with(&arguments, &variables).expect(2);
    for name in names {
        let named = wrong.err.lines().filter(|line| line.starts_with(&format!("xinwu: {name}: "))).count();
        assert_eq!(named, 1, "{name}: {}", wrong.err);
    }
    assert_eq!((wrong.err.lines().count(), wrong.out.as_str()), (names.len(), ""), "{wrong:?}");
    let wrong = desk.run_with(&[&arguments[..], &["--json"]].concat(), &variables).expect(2).json();
    assert_eq!((&wrong["ok"], wrong["faults"].as_array().unwrap().len()), (&json!(false), names.len()));
    // The file of the secret is a setting too, however the answer is written.
    for more in [&[][..], &["--json"][..]] {
        let variables = [("XINWU_SECRET_FILE", "nowhere/secret")];
        let mut command = desk.command(&[&["check-config"], more].concat());
        let ran = Ran::of(command.env_remove("XINWU_SECRET").envs(variables).output().unwrap()).expect(2);
        assert!(format!("{ran:?}").contains("nowhere/secret"), "{ran:?}");
    }
    // Each other command refuses the same settings before it begins.
    for command in
        [&["serve"][..], &["migrate"], &["user", "list"], &["key", "list"], &["import", "places", &file]]
    {
        let ran = desk.run_with(command, &variables[..1]).expect(2);
        assert!(ran.err.contains("zone: "), "{command:?}: {ran:?}");
    }
}

#[test]
fn check_config_changes_nothing() {
    let desk = Desk::new(Backend::Sqlite);
    let path = desk.folder.path().join("xinwu.db");
    let url = format!("sqlite:{}", path.display());
    // Without a secret the service would make one beside the database: the check says that this is right, and leaves it to the service.
    for arguments in [&["check-config"][..], &["check-config", "--json"]] {
        let mut command = desk.command(arguments);
        Ran::of(command.env_remove("XINWU_SECRET").env("XINWU_DATABASE", &url).output().unwrap()).expect(0);
    }
    assert_eq!(std::fs::read_dir(desk.folder.path()).unwrap().count(), 0);
    std::fs::write(path.with_extension("secret"), "short").unwrap();
    let mut command = desk.command(&["check-config"]);
    let ran =
        Ran::of(command.env_remove("XINWU_SECRET").env("XINWU_DATABASE", &url).output().unwrap()).expect(2);
    assert!(ran.err.contains("must hold at least"), "{ran:?}");
}

#[test]
fn serve_refuses_production_that_shows_codes_in_the_log() {
    let desk = Desk::migrated(Backend::Sqlite);
    let variables = [("XINWU_PROFILE", "production"), ("XINWU_PASSWORD_MEMORY_KIBIBYTES", "19456")];
    let refused = desk.run_with(&["serve"], &variables).expect(2);
    assert_eq!(refused.err, "xinwu: sms_provider: log shows codes in the log; production needs http\n");
    assert_eq!(refused.out, "");
    // The demo has no business there at all.
    let gateway =
        [("XINWU_SMS_PROVIDER", "http"), ("XINWU_SMS_URL", "http://127.0.0.1:9/"), ("XINWU_SMS_KEY", "key")];
    let refused = desk.run_with(&["demo"], &[&variables[..], &gateway].concat()).expect(2);
    assert!(refused.err.contains("profile: "), "{refused:?}");
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
    }
    // Whoever reads only the beginning closes the pipe, and that is no failure.
    let mut child = desk.command(&["openapi"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(Ran::of(child.wait_with_output().unwrap()).expect(0).err, "");
}

on_both! {
    fn a_database_is_made_filled_and_served(backend) {
        let desk = Desk::new(backend);
        let unmigrated = desk.run(&["migrate", "--check"]).expect(1);
        assert!(unmigrated.err.contains("run `xinwu migrate`"), "{unmigrated:?}");
        for command in [&["serve"][..], &["user", "list"], &["key", "list"], &["import", "places", &places()]] {
            let refused = desk.run(command).expect(1);
            assert!(refused.err.contains("xinwu migrate"), "{command:?}: {refused:?}");
        }
        let first = desk.run(&["migrate", "--json"]).expect(0).json();
        assert!(!first["done"].as_array().unwrap().is_empty(), "{first}");
        assert_eq!(desk.run(&["migrate", "--json"]).expect(0).json(), json!({"done": []}));
        assert_eq!(desk.run(&["migrate"]).expect(0).out, "The database is up to date.\n");
        assert_eq!(desk.run(&["migrate", "--check", "--json"]).expect(0).json(), json!({"missing": []}));

        let places = places();
        let rows = |created: u32, unchanged: u32| json!({"read": 1995, "bad": 0, "created": created, "updated": 0, "unchanged": unchanged});
        let dry = desk.run(&["import", "places", &places, "--dry-run", "--json"]).expect(0).json();
        assert_eq!((&dry["state"], &dry["rows"]), (&json!("checked"), &rows(1995, 0)));
        let first = desk.run(&["import", "places", &places, "--json"]).expect(0).json();
        assert_eq!((&first["state"], &first["rows"]), (&json!("applied"), &rows(1995, 0)));
        let again = desk.run(&["import", "places", &places, "--json"]).expect(0).json();
        assert_eq!((&again["state"], &again["rows"]), (&json!("applied"), &rows(0, 1995)));
        let told = desk.run(&["import", "places", &places]).expect(0);
        assert!(told.out.starts_with("Done: 0 created, 0 updated, 1995 unchanged (import "), "{told:?}");
        let told = desk.run(&["import", "places", &places, "--dry-run"]).expect(0);
        assert!(told.out.starts_with("Would be 0 created, 0 updated, 1995 unchanged"), "{told:?}");

        let user = ["user", "add", "zhongshan.street", "--role", "street", "--place", "210202001", "--password-stdin"];
        desk.run_told(&user, "correct horse battery\n").expect(0);
        let serving = desk.serve();
        assert_eq!(serving.call("GET", "/readyz").expect(200).text, "ok\n");
        let place = serving.call("GET", "/v1/places/210202001").expect(200).text;
        assert!(place.contains("海军广场街道"), "{place}");
        let sign_in = |password: &str| {
            let body = json!({"grant_type": "password", "username": "zhongshan.street", "password": password});
            serving.call("POST", "/v1/auth/token").json(&body).send().status
        };
        assert_eq!((sign_in("correct horse battery"), sign_in("wrong horse battery")), (200, 401));
        // Running commands beside a running service is what operators do.
        desk.run(&["user", "disable", "zhongshan.street"]).expect(0);
        assert_eq!(sign_in("correct horse battery"), 401);
        let address = serving.address.clone();
        let taken = desk.run_with(&["serve"], &[("XINWU_BIND", &address)]).expect(1);
        assert!(taken.err.contains(&format!("bind: {address}")), "{taken:?}");
        assert_eq!(serving.stop("-TERM"), 0);
        assert!(TcpStream::connect(&address).is_err());
        // Ctrl-C stops it as gently.
        assert_eq!(desk.serve().stop("-INT"), 0);
    }

    fn a_bad_file_is_1_names_line_and_column_and_imports_nothing(backend) {
        let desk = Desk::migrated(backend);
        let file = desk.file("places.csv", "code,level,name,parent\n2102,city,大连市,\n210202,quarter,中山区,2102\n210203,district,,9999\n");
        for more in [&[][..], &["--dry-run"]] {
            let refused = desk.run(&[&["import", "places", file.as_str()], more].concat()).expect(1);
            for place in ["line 3, level: ", "line 4, name: "] {
                assert!(refused.err.contains(&format!("xinwu: {place}")), "{refused:?}");
            }
            assert!(refused.err.contains("2 row(s) are bad; nothing was imported"), "{refused:?}");
            assert_eq!(refused.out, "");
            let refused = desk.run(&[&["import", "places", file.as_str(), "--json"], more].concat()).expect(1).json();
            assert_eq!((&refused["state"], &refused["rows"]["bad"]), (&json!("refused"), &json!(2)));
            assert_eq!((&refused["bad_rows"][0]["line"], &refused["bad_rows"][0]["column"]), (&json!(3), &json!("level")));
        }
        let none = desk.file("places.ndjson", "{\"code\":\"2102\",\"level\":\"city\",\"name\":\"大连市\"}\n");
        let whole = desk.run(&["import", "places", &none, "--json"]).expect(0).json();
        assert_eq!(whole["rows"]["created"], 1, "the city of the refused file was kept: {whole}");
        let headless = desk.file("headless.csv", "colour,size\nred,1\n");
        let refused = desk.run(&["import", "places", &headless]).expect(1);
        assert!(refused.err.contains("colour") || refused.err.contains("code"), "{refused:?}");
        let binary = desk.file("binary.csv", b"code,level,name,parent\n2102,city,\xff\xfe\x00,\n");
        assert_ne!(desk.run(&["import", "places", &binary]).expect(1).err, "");
    }

    fn accounts_are_added_listed_shut_and_given_passwords(backend) {
        let desk = Desk::migrated(backend);
        desk.run(&["import", "places", &places()]).expect(0);
        let made = desk.run(&["user", "add", "root", "--role", "admin", "--json"]).expect(0).json();
        assert_eq!((&made["username"], &made["role"], &made["status"]), (&json!("root"), &json!("admin"), &json!("active")));
        assert!(made["password"].as_str().unwrap().len() >= 20, "{made}");
        let arguments = ["user", "add", "qu.1", "--role", "district", "--place", "210202", "--can-confirm", "--password-stdin", "--json"];
        let told = desk.run_told(&arguments, "correct horse battery\n").expect(0).json();
        assert_eq!((&told["place"]["code"], &told["can_confirm"], told.get("password")), (&json!("210202"), &json!(true), None));

        for (arguments, input, word) in [
            (vec!["user", "add", "root", "--role", "admin"], "", "taken"),
            (vec!["user", "add", "Big Name", "--role", "admin"], "", "username"),
            (vec!["user", "add", "qu.2", "--role", "district"], "", "place"),
            (vec!["user", "add", "qu.2", "--role", "district", "--place", "999999"], "", "place"),
            (vec!["user", "add", "qu.2", "--role", "firm", "--uscc", "91310115MA1H8R7C6D"], "", "uscc"),
            (vec!["user", "add", "qu.2", "--role", "admin", "--password-stdin"], "short\n", "password"),
            (vec!["user", "set-password", "root", "--password-stdin"], "short\n", "password"),
            (vec!["user", "disable", "nobody"], "", "no such"),
            (vec!["user", "set-password", "nobody"], "", "no such"),
        ] {
            let refused = desk.run_told(&arguments, input).expect(1);
            assert!(refused.err.contains(word), "{arguments:?}: {refused:?}");
            assert_eq!(refused.out, "");
        }

        let names = |arguments: &[&str]| -> Vec<String> {
            let listed = desk.run(arguments).expect(0).json();
            let mut names: Vec<String> = listed.as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect();
            names.sort();
            names
        };
        assert_eq!(names(&["user", "list", "--json"]), ["qu.1", "root"]);
        assert_eq!(names(&["user", "list", "--role", "district", "--json"]), ["qu.1"]);
        assert_eq!(names(&["user", "list", "--place", "2102", "--json"]), ["qu.1"]);
        assert_eq!(names(&["user", "list", "--place", "210203", "--json"]), Vec::<String>::new());
        assert_eq!(desk.run(&["user", "list"]).expect(0).out.lines().count(), 2);
        assert_eq!(desk.run(&["user", "disable", "qu.1", "--json"]).expect(0).json()["status"], "disabled");
        let listed = desk.run(&["user", "list", "--role", "district"]).expect(0).out;
        assert!(listed.contains("qu.1") && listed.contains("disabled"), "{listed}");
        let given = desk.run(&["user", "set-password", "root", "--json"]).expect(0).json();
        assert_ne!(given["password"], made["password"]);
        let given = desk.run_told(&["user", "set-password", "root", "--password-stdin", "--json"], "another long password\n").expect(0);
        assert!(!given.out.contains("another long password"), "{given:?}");
    }

    fn keys_are_listed_and_rotated(backend) {
        let desk = Desk::migrated(backend);
        let kids = |keys: &Value| -> Vec<String> { keys.as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect() };
        assert_eq!(desk.run(&["key", "list", "--json"]).expect(0).json(), json!([]));
        let first = desk.run(&["key", "rotate", "--delay-minutes", "0", "--json"]).expect(0).json();
        assert_eq!((kids(&first).len(), &first[0]["verifies_until"]), (1, &json!(null)));
        let second = desk.run(&["key", "rotate", "--json"]).expect(0).json();
        assert_eq!(kids(&second).len(), 2);
        let old = second.as_array().unwrap().iter().find(|key| key["kid"] == first[0]["kid"]).unwrap();
        assert!(old["verifies_until"].is_string(), "{second}");
        let told = desk.run(&["key", "rotate", "--delay-minutes", "5"]).expect(0).out;
        assert!(told.contains("signs in 5 minutes"), "{told}");
        let listed = desk.run(&["key", "list"]).expect(0).out;
        assert_eq!(listed.lines().count(), 3, "{listed}");
        assert!(!listed.to_lowercase().contains("private"), "{listed}");
    }
}
