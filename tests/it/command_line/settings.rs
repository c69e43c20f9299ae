//! Settings: all faults at once, before anything begins.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::harness::Backend;
use crate::harness::program::{Desk, Ran};

#[test]
fn check_config_names_all_faults_at_once() {
    let desk = Desk::new(Backend::Sqlite);
    assert!(desk.run(&["check-config"]).expect(0).out.contains("right"));
    let right = desk.run(&["check-config", "--json"]).expect(0);
    assert_eq!((&right.json()["ok"], &right.json()["settings"]["min_raters"]), (&json!(true), &json!(5)));
    assert!(!right.out.contains("a secret that only"), "{right:?}");

    let file = desk.file("wrong.toml", "connections = \"many\"\ncolour = \"red\"\nmin_raters = 1\n");
    let arguments = ["--config", file.as_str(), "check-config"];
    let variables = [
        ("XINWU_ZONE", "Mars/Olympus"),
        ("XINWU_BIND", "nowhere"),
        ("XINWU_SECRET", "short"),
        ("XINWU_PROFILE", "production"),
    ];
    let names = [
        "bind",
        "connections",
        "colour",
        "min_raters",
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
fn what_settings_rest_on_is_tried_and_told_with_all_the_rest() {
    let desk = Desk::new(Backend::Sqlite);
    let no_folder = desk.file("no-folder", "");
    let taken = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [address, metrics] = taken.each_ref().map(|taken| taken.local_addr().unwrap().to_string());
    let databases =
        ["postgres://xinwu:hunter2@127.0.0.1:1/xinwu".to_owned(), format!("sqlite:{no_folder}/xinwu.db")];
    let photos = format!("{no_folder}/photos");
    let ground =
        ["zone", "secret_file", "privacy_text_zh_file", "privacy_text_en_file", "database", "photo_dir"];
    for database in &databases {
        // Where the service listens itself, the check finds its addresses taken.
        for (command, names) in [
            (&["check-config"][..], &ground[..]),
            (&["serve", "--migrate"], &[&ground[..], &["bind", "metrics_bind"]].concat()),
        ] {
            let mut command = desk.command(command);
            command.env_remove("XINWU_SECRET").envs([
                ("XINWU_DATABASE", database.as_str()),
                ("XINWU_SECRET_FILE", "nowhere/secret"),
                ("XINWU_ZONE", "Mars/Olympus"),
                ("XINWU_PHOTO_DIR", &photos),
                ("XINWU_PRIVACY_VERSION", "2027-01-01"),
                ("XINWU_PRIVACY_TEXT_ZH_FILE", "nowhere/zh.md"),
                ("XINWU_PRIVACY_TEXT_EN_FILE", "nowhere/en.md"),
                ("XINWU_BIND", &address),
                ("XINWU_METRICS_BIND", &metrics),
            ]);
            let ran = Ran::of(command.output().unwrap()).expect(2);
            for name in names {
                let named = ran.err.lines().filter(|line| line.starts_with(&format!("xinwu: {name}: ")));
                assert_eq!(named.count(), 1, "{name}: {ran:?}");
            }
            assert_eq!((ran.err.lines().count(), ran.out.as_str()), (names.len(), ""), "{ran:?}");
            assert!(!ran.err.contains("hunter2"), "{ran:?}");
        }
    }
    // Nothing was begun where a database could have been made, either.
    desk.run_with(&["serve", "--migrate"], &[("XINWU_ZONE", "Mars/Olympus")]).expect(2);
    assert!(!std::path::Path::new(desk.url.trim_start_matches("sqlite:")).exists());
    let left: Vec<_> = std::fs::read_dir(desk.folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn the_check_runs_beside_the_service() {
    let desk = Desk::migrated(Backend::Sqlite);
    let serving = desk.serve();
    let addresses = [("XINWU_BIND", &*serving.address), ("XINWU_METRICS_BIND", &*serving.metrics_address)];
    desk.run_with(&["check-config"], &addresses).expect(0);
    assert_eq!(serving.stop("-TERM"), 0);
}

#[test]
fn check_config_changes_nothing() {
    let desk = Desk::new(Backend::Sqlite);
    let path = desk.folder.path().join("xinwu.db");
    let url = format!("sqlite:{}", path.display());
    // Without a secret the service would make one beside the database: the check says that this is
    // right, and leaves it to the service.
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
    let gateway = [
        ("XINWU_SMS_PROVIDER", "http"),
        ("XINWU_SMS_URL", "http://127.0.0.1:9/"),
        ("XINWU_SMS_KEY", "a key that only the gateway has, too"),
    ];
    let refused = desk.run_with(&["demo"], &[&variables[..], &gateway].concat()).expect(2);
    assert!(refused.err.contains("profile: "), "{refused:?}");
}

/// What cannot serve its metrics changes nothing.
#[test]
fn metrics_have_an_address_of_their_own() {
    let desk = Desk::new(Backend::Sqlite);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = |metrics: &str| {
        let ran = desk.run_with(&["serve", "--migrate"], &[("XINWU_METRICS_BIND", metrics)]).expect(2);
        let path = desk.url.trim_start_matches("sqlite:");
        assert!(!std::path::Path::new(path).exists(), "{ran:?}");
        ran.err
    };
    let error = refused(&address);
    assert!(error.starts_with(&format!("xinwu: metrics_bind: {address}: ")), "{error}");
    assert_eq!(
        refused("nowhere"),
        "xinwu: metrics_bind: \"nowhere\" is not an address and port, such as 127.0.0.1:9090, nor empty for none\n"
    );
    let same = [("XINWU_BIND", "127.0.0.1:9090"), ("XINWU_METRICS_BIND", "127.0.0.1:9090")];
    let refused = desk.run_with(&["check-config"], &same).expect(2);
    assert_eq!(refused.err, "xinwu: metrics_bind: must differ from bind (127.0.0.1:9090)\n");
    // Whom others can reach is told, and goes on.
    let warned = desk.run_with(&["check-config"], &[("XINWU_METRICS_BIND", "0.0.0.0:9090")]).expect(0);
    assert!(warned.out.contains("Warning: metrics_bind: 0.0.0.0:9090 can be reached"), "{warned:?}");
}

#[test]
fn a_service_behind_a_proxy_that_it_does_not_know_is_warned_of() {
    let desk = Desk::migrated(Backend::Sqlite);
    let warns = |profile: &str, bind: &str, proxies: &str| {
        let set = [
            ("XINWU_PROFILE", profile),
            ("XINWU_BIND", bind),
            ("XINWU_TRUSTED_PROXIES", proxies),
            ("XINWU_SECRET", "dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5"),
            ("XINWU_PASSWORD_MEMORY_KIBIBYTES", "19456"),
            ("XINWU_SMS_PROVIDER", "http"),
            ("XINWU_SMS_URL", "https://sms.example/send"),
            ("XINWU_SMS_KEY", "a key that only the gateway has, too"),
        ];
        let told = desk.run_with(&["check-config", "--json"], &set).expect(0);
        told.out.contains("trusted_proxies: none")
    };
    assert!(warns("production", "127.0.0.1:8080", "[]"));
    assert!(!warns("production", "127.0.0.1:8080", "[\"127.0.0.1\"]"));
    assert!(!warns("production", "0.0.0.0:8080", "[]"));
    assert!(!warns("development", "127.0.0.1:8080", "[]"));
}

#[test]
fn in_production_a_secret_is_random_and_its_owner_s_alone() {
    let desk = Desk::migrated(Backend::Sqlite);
    let path = desk.file("secret", "dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5");
    let check = || {
        let mut command = desk.command(&["check-config"]);
        command.env_remove("XINWU_SECRET").env("XINWU_SECRET_FILE", &path).envs([
            ("XINWU_PROFILE", "production"),
            ("XINWU_PASSWORD_MEMORY_KIBIBYTES", "19456"),
            ("XINWU_SMS_PROVIDER", "http"),
            ("XINWU_SMS_URL", "https://sms.example/send"),
            ("XINWU_SMS_KEY", "a key that only the gateway has, too"),
        ]);
        Ran::of(command.output().unwrap())
    };
    let set_mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    for (mode, written) in [(0o644, "0644"), (0o604, "0604"), (0o602, "0602")] {
        set_mode(mode);
        let refused = check().expect(2);
        let expected = format!(
            "xinwu: secret_file: everybody on this machine may use {path} (its mode is {written}): chmod 600 {path}\n"
        );
        assert_eq!(refused.err, expected);
    }
    for mode in [0o600, 0o400, 0o640] {
        set_mode(mode);
        check().expect(0);
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&path, "changemechangemechangemechangeme").unwrap();
    assert!(check().expect(2).err.contains("can be guessed; make one by `openssl rand -base64 48`"));
}

const OTHER: [(&str, &str); 1] = [("XINWU_SECRET", "another secret, of thirty-two bytes or more")];

fn a_command_with_another_secret_is_refused(backend: Backend) {
    let desk = Desk::over(backend.fresh());
    let roster = desk.file("roster.csv", "estate,building,unit,room,phones\n");
    let staff = desk.file("staff.csv", "uscc,phone\n");
    desk.run(&["key", "rotate", "--delay-minutes", "0"]).expect(0);
    let keys = desk.run(&["key", "list"]).expect(0).out;
    let jobs = [&["import", "households", &roster][..], &["import", "staff", &staff], &["key", "rotate"]];
    for job in jobs {
        let refused = desk.run_with(job, &OTHER).expect(1);
        assert!(refused.err.contains("not the one that this database was sealed with"), "{refused:?}");
        assert_eq!(refused.out, "");
    }
    assert_eq!(desk.run(&["key", "list"]).expect(0).out, keys);
    // Whoever is first in a new database says which secret is its own.
    let desk = Desk::over(backend.fresh());
    let file = desk.file("places.csv", "code,level,name,parent\n2102X01,district,一号区,2102\n");
    desk.run(&["import", "places", &file]).expect(0);
    desk.run_with(&["import", "places", &file], &OTHER).expect(1);
    let refused = desk.run_with(&["serve"], &OTHER).expect(2);
    assert!(refused.err.contains("not the one that this database was sealed with"), "{refused:?}");
}

#[test]
fn a_command_with_another_secret_is_refused_on_sqlite() {
    a_command_with_another_secret_is_refused(Backend::Sqlite);
}

#[test]
fn a_command_with_another_secret_is_refused_on_postgres() {
    a_command_with_another_secret_is_refused(Backend::Postgres);
}

#[test]
fn a_secret_is_made_with_a_new_database_and_never_for_one_that_is_there() {
    let desk = Desk::new(Backend::Sqlite);
    let run = |arguments: &[&str]| {
        let mut command = desk.command(arguments);
        Ran::of(command.env_remove("XINWU_SECRET").output().unwrap())
    };
    let path = std::path::Path::new(desk.url.trim_start_matches("sqlite:")).with_extension("secret");
    run(&["migrate"]).expect(0);
    run(&["key", "rotate"]).expect(0);
    assert!(path.exists());
    std::fs::remove_file(&path).unwrap();
    run(&["migrate"]).expect(0);
    let file = desk.file("places.csv", "code,level,name,parent\n2102X01,district,一号区,2102\n");
    for (arguments, code) in [(&["key", "rotate"][..], 1), (&["import", "places", &file], 1), (&["serve"], 2)]
    {
        let refused = run(arguments).expect(code);
        assert!(refused.err.contains("XINWU_SECRET_FILE"), "{refused:?}");
    }
    let checked = run(&["check-config"]).expect(2);
    assert!(checked.err.contains("secret_file: "), "{checked:?}");
    assert!(!path.exists());
}

/// The wrapper that `deploy/` ships, over folders of the test's own.
#[test]
fn a_command_under_the_unit_s_settings_uses_its_secret_and_its_database() {
    let desk = Desk::new(Backend::Sqlite);
    let [etc, state, bin] = ["etc", "state", "bin"].map(|name| desk.folder.path().join(name));
    for folder in [&etc, &state, &bin] {
        std::fs::create_dir(folder).unwrap();
    }
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_xinwu-under-test"), bin.join("xinwu")).unwrap();
    let settings = "sms_provider = \"http\"\nsms_url = \"http://127.0.0.1:9/\"\nsms_key = \"a key that only the gateway has, too\"\n";
    std::fs::write(etc.join("xinwu.toml"), settings).unwrap();
    let secret = etc.join("secret");
    std::fs::write(&secret, "the unit's own one, 32 bytes and more").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o400)).unwrap();
    std::fs::write(etc.join("environment"), "# its database\nXINWU_DATABASE=\"sqlite:of the unit.db\"\n")
        .unwrap();
    let wrapper = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/xinwu-command");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(wrapper);
        command.args(arguments).current_dir(desk.folder.path()).env("PATH", &path);
        command.env("CONFIGURATION_DIRECTORY", &etc).env("STATE_DIRECTORY", &state);
        Ran::of(command.output().unwrap())
    };
    run(&["migrate"]).expect(0);
    assert!(state.join("of the unit.db").exists());
    desk.file("places.csv", "code,level,name,parent\n2102,city,大连市,\n");
    run(&["import", "places", "places.csv"]).expect(0);
    let settings = run(&["check-config", "--json"]).expect(0).json();
    assert_eq!(settings["settings"]["profile"], "production");
    // From a plain shell the same database is refused.
    let url = format!("sqlite:{}", state.join("of the unit.db").display());
    Desk::at(&url).run(&["key", "rotate"]).expect(1);
    run(&["no-such-command"]).expect(2);
}
