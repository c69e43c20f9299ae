//! The settings: the file, the variables that win over it, and all faults at once.

use std::path::Path;
use std::process::Command;

use xinwu_api::config::Config;

/// Loads the settings in a process of its own, since variables belong to a process: its lines, and
/// whether the settings are right.
fn loaded(file: Option<&str>, variables: &[(&str, &str)]) -> Result<serde_json::Value, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "config::in_a_process_of_its_own", "--ignored", "--nocapture"]);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("XINWU_")) {
        child.env_remove(name);
    }
    if let Some(text) = file {
        let path = folder.path().join("xinwu.toml");
        std::fs::write(&path, text).unwrap();
        child.env("XINWU_CONFIG", path);
    }
    let output = child.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = |mark: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.split_once(mark)).map(|(_, rest)| rest.to_owned()).collect()
    };
    match lines("SETTINGS ").first() {
        Some(settings) => Ok(serde_json::from_str(settings).unwrap()),
        None => Err(lines("FAULT ")),
    }
}

#[test]
#[ignore = "run by the tests below"]
#[expect(clippy::print_stdout, reason = "the parent reads it there")]
fn in_a_process_of_its_own() {
    let file = std::env::var_os("XINWU_CONFIG");
    match Config::load(file.as_deref().map(Path::new)) {
        Ok(config) => println!("\nSETTINGS {}", config.without_secrets()),
        Err(faults) => faults.iter().for_each(|fault| println!("\nFAULT {fault}")),
    }
}

#[test]
fn the_defaults_are_for_a_developers_machine_and_are_right() {
    assert_eq!(Config::default().faults(), Vec::<String>::new());
    let settings = loaded(None, &[]).unwrap();
    assert_eq!(settings["bind"], "127.0.0.1:8080");
    assert_eq!(settings["profile"], "development");
}

/// What production needs, and a developer's machine has otherwise.
const NEEDED: [&str; 6] =
    ["profile", "public_url", "secret_file", "sms_provider", "sms_url", "trusted_proxies"];

#[test]
fn the_example_is_production_s_and_says_every_setting_and_its_default() {
    let text = include_str!("../../deploy/xinwu.example.toml");
    let faults = loaded(Some(text), &[]).unwrap_err();
    assert_eq!(faults, ["sms_url, sms_key: are needed with sms_provider = \"http\""]);
    let key = [("XINWU_SMS_KEY", "a key that only the gateway has, too")];
    let settings = loaded(Some(text), &key).unwrap();
    for (name, value) in Config::default().without_secrets().as_object().unwrap() {
        let is_needed = NEEDED.contains(&name.as_str());
        assert_eq!(settings[name] != *value, is_needed, "{name}: {}", settings[name]);
    }
    let named = |name: &str| {
        text.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{name} = ")))
    };
    let mut names: Vec<String> = settings.as_object().unwrap().keys().cloned().collect();
    names.extend(["secret".to_owned(), "sms_key".to_owned()]);
    for name in names {
        assert!(named(&name), "the example does not say {name}");
    }
}

#[test]
fn a_variable_wins_over_the_file() {
    let file = "bind = \"127.0.0.1:1\"\nmin_raters = 7\n";
    let variables = [("XINWU_BIND", "127.0.0.1:2"), ("XINWU_CORS_ORIGINS", "[\"https://a.example\"]")];
    let settings = loaded(Some(file), &variables).unwrap();
    assert_eq!(settings["bind"], "127.0.0.1:2");
    assert_eq!(settings["min_raters"], 7);
    assert_eq!(settings["cors_origins"], serde_json::json!(["https://a.example"]));
    // A variable that begins with a brace is no table.
    for text in ["{text}。", "{text}"] {
        assert_eq!(loaded(None, &[("XINWU_SMS_NOTICE_TEXT", text)]).unwrap()["sms_notice_text"], text);
    }
    let faults = loaded(None, &[("XINWU_SMS_CODE_TEXT", "您的验证码"), ("XINWU_SMS_SIGNATURE", "【信物】")]);
    let faults = faults.unwrap_err();
    assert!(
        faults[0].starts_with("sms_signature: ") && faults[1].starts_with("sms_code_text: "),
        "{faults:?}"
    );
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn all_that_is_wrong_is_named_at_once() {
    let file = "bind = \"nowhere\"\nconnections = \"many\"\nzone = \"Mars/Olympus\"\ncolour = \"red\"\nmin_raters = 1\nsms_key = 12345678901\n";
    let faults =
        loaded(Some(file), &[("XINWU_SECRET", "short"), ("XINWU_DATABASE", "mysql://x/y")]).unwrap_err();
    for name in ["bind", "connections", "zone", "colour", "min_raters", "sms_key", "secret", "database"] {
        assert!(faults.iter().any(|fault| fault.starts_with(&format!("{name}: "))), "{name} in {faults:?}");
    }
    assert_eq!(faults.len(), 8, "{faults:?}");
    assert!(!faults.iter().any(|fault| fault.contains("12345678901")), "a secret is repeated: {faults:?}");
}

#[test]
fn an_address_has_less_than_its_network_and_that_less_than_all() {
    let file = "codes_an_hour_an_address = 5000\ncodes_an_hour_a_network = 17900\nwrong_codes_an_hour_an_address = 600\nwrong_codes_an_hour_a_network = 2001\nclaims_a_day = 0\ncodes_an_hour_a_phone = 10001\n";
    let faults = loaded(Some(file), &[]).unwrap_err();
    assert_eq!(
        faults,
        [
            "codes_an_hour_a_phone: must be between 1 and 10000",
            "claims_a_day: must be between 1 and 10000",
            "codes_an_hour_a_network: must be below codes_an_hour (17900)",
            "wrong_codes_an_hour_a_network: must be below wrong_codes_an_hour (2000)",
        ]
    );
    let faults = loaded(
        Some(
            "codes_an_hour_an_address = 5000\nwrong_codes_an_hour_an_address = 600\ncodes_an_hour = 10000001\n",
        ),
        &[],
    );
    assert_eq!(
        faults.unwrap_err(),
        [
            "codes_an_hour: must be between 1 and 10000000",
            "codes_an_hour_an_address: must be below codes_an_hour_a_network (5000)",
            "wrong_codes_an_hour_an_address: must be below wrong_codes_an_hour_a_network (600)",
        ]
    );
}

#[test]
fn a_kind_of_notice_that_does_not_go_out_by_sms_is_named() {
    let faults = loaded(Some("notice_sms = [\"residence_ended\", \"followed_grade\", \"new\"]"), &[]);
    let faults = faults.unwrap_err();
    let known = "residence_approved, residence_refused, residence_ended, residence_moved, resident_added";
    let fault =
        |name| format!("notice_sms: {name:?} is no kind of notice that goes out by SMS, which are {known}");
    assert_eq!(faults, [fault("followed_grade"), fault("new")]);
}

const PRODUCTION: [(&str, &str); 6] = [
    ("XINWU_PROFILE", "production"),
    ("XINWU_SECRET", "dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5"),
    ("XINWU_SMS_PROVIDER", "http"),
    ("XINWU_SMS_URL", "https://sms.example/send"),
    ("XINWU_SMS_KEY", "a key that only the gateway has, too"),
    ("XINWU_DATABASE", "postgres://xinwu:hunter2@db/xinwu?sslmode=verify-full&sslrootcert=/etc/ca.pem"),
];

#[test]
fn production_starts_with_a_gateway_and_a_secret() {
    let settings = loaded(None, &PRODUCTION).unwrap();
    assert_eq!(settings["database"], "postgres://…");
    let text = settings.to_string();
    assert!(!text.contains("hunter2") && !text.contains("only the gateway"), "{text}");
}

/// What production refuses, and what it says instead.
const REFUSED: [(&str, &str, &str); 12] = [
    ("XINWU_SMS_PROVIDER", "log", "sms_provider: log shows codes in the log; production needs http"),
    (
        "XINWU_SMS_URL",
        "http://sms.example/send",
        "sms_url: \"http://sms.example/send\" would send codes unencrypted: must be https, or loopback",
    ),
    ("XINWU_SMS_KEY", "key", "sms_key: must have at least 32 bytes; make one by `openssl rand -base64 48`"),
    (
        "XINWU_SECRET",
        "changemechangemechangemechangeme",
        "secret: can be guessed; make one by `openssl rand -base64 48`",
    ),
    ("XINWU_PASSWORD_MEMORY_KIBIBYTES", "8", "password_memory_kibibytes: production needs at least 19456"),
    ("XINWU_MIN_RATERS", "4", "min_raters: production needs at least 5: fewer can be told apart"),
    (
        "XINWU_CORS_ORIGINS",
        "[\"http://app.example\"]",
        "cors_origins: \"http://app.example\" must be https, or loopback",
    ),
    (
        "XINWU_CORS_ORIGINS",
        "[\"null\"]",
        "cors_origins: \"null\" is no origin, each of which is named, such as https://app.example.cn",
    ),
    (
        "XINWU_PUBLIC_URL",
        "http://wuye.example",
        "public_url: \"http://wuye.example\" must be https, or loopback",
    ),
    (
        "XINWU_DATABASE",
        "postgres://xinwu:hunter2@db/xinwu",
        "database: db may be another machine, or one that pretends to be it: add ?sslmode=verify-full&sslrootcert=/etc/xinwu/postgres-ca.pem",
    ),
    (
        "XINWU_SMS_URL",
        "sms.example",
        "sms_url: \"sms.example\" is not an address such as https://sms.example.cn/send",
    ),
    (
        "XINWU_TRUSTED_PROXIES",
        "[\"0.0.0.0/0\"]",
        "trusted_proxies: 0.0.0.0/0 is everybody, who would all be believed",
    ),
];

#[test]
fn production_refuses_each_by_name_with_what_would_be_right() {
    for (variable, value, fault) in REFUSED {
        let variables = PRODUCTION.into_iter().filter(|(name, _)| *name != variable);
        let variables: Vec<_> = variables.chain([(variable, value)]).collect();
        assert_eq!(loaded(None, &variables).unwrap_err(), [fault], "{variable}={value}");
    }
    let variables = PRODUCTION.into_iter().filter(|(name, _)| *name != "XINWU_SECRET").collect::<Vec<_>>();
    let faults = loaded(None, &variables).unwrap_err();
    assert_eq!(faults, ["secret, secret_file: production needs one of them"]);
}

#[test]
fn production_names_all_that_it_refuses_at_once() {
    let first = |at: usize| !REFUSED[..at].iter().any(|(name, ..)| *name == REFUSED[at].0);
    let wrong: Vec<_> = (0..REFUSED.len()).filter(|at| first(*at)).map(|at| REFUSED[at]).collect();
    let variables: Vec<(&str, &str)> = [("XINWU_PROFILE", "production")]
        .into_iter()
        .chain(wrong.iter().map(|(name, value, _)| (*name, *value)))
        .collect();
    let mut faults = loaded(None, &variables).unwrap_err();
    let mut expected: Vec<&str> = wrong.iter().map(|(.., fault)| *fault).collect();
    faults.sort_unstable();
    expected.sort_unstable();
    assert_eq!(faults, expected);
    assert!(!faults.join("\n").contains("hunter2"), "a password is repeated: {faults:?}");
}

#[test]
fn on_this_machine_nothing_need_be_encrypted() {
    for (variable, value) in [
        ("XINWU_SMS_URL", "http://127.0.0.1:9/send"),
        ("XINWU_SMS_URL", "http://[::1]:9/send"),
        ("XINWU_DATABASE", "postgres://xinwu@localhost/xinwu"),
        ("XINWU_DATABASE", "postgres:///xinwu?host=/run/postgresql"),
        ("XINWU_PUBLIC_URL", "http://localhost:8080"),
        ("XINWU_CORS_ORIGINS", "[\"http://localhost:3000\"]"),
    ] {
        let variables = PRODUCTION.into_iter().filter(|(name, _)| *name != variable);
        loaded(None, &variables.chain([(variable, value)]).collect::<Vec<_>>()).unwrap();
    }
}

#[test]
fn a_file_that_is_not_there_and_one_that_is_not_toml_are_said_so() {
    let faults = Config::load(Some(Path::new("/nowhere/xinwu.toml"))).unwrap_err();
    assert!(faults[0].contains("there is no such file"), "{faults:?}");
    let faults = loaded(Some("bind = = 3"), &[]).unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
}

#[test]
fn no_limit_shuts_everybody_out() {
    for (name, most) in [
        ("codes_an_hour", 10_000_000),
        ("codes_a_day_a_phone", 10_000),
        ("wrong_codes_an_hour", 10_000_000),
        ("wrong_passwords_an_account", 10_000),
        ("claims_a_day", 10_000),
    ] {
        let faults = loaded(None, &[(&format!("XINWU_{}", name.to_uppercase()), "0")]).unwrap_err();
        let mut expected = vec![format!("{name}: must be between 1 and {most}")];
        if name.ends_with("codes_an_hour") {
            expected.push(format!("{name}_a_network: must be below {name} (0)"));
        }
        assert_eq!(faults, expected);
    }
}
