//! Settings: all faults at once, before anything begins.

use serde_json::json;

use crate::harness::Backend;
use crate::harness::program::{Desk, Ran};

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
