//! The data key: random, and sealed by a master secret that can be changed.

use chrono::Duration;
use serde_json::json;
use xinwu_api::commands::secret::{SecretArgs, SecretCommand};
use xinwu_api::secrets::{DataKey, Secrets};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::people::account::{self, NewAccount};
use xinwu_store::{Clock, Db, Options, Url};

use crate::harness::program::Desk;
use crate::harness::{Backend, SECRET, TestApp, someone};
use crate::sign_in::sign_in;

const PHONE: &str = "13900000001";
const OTHER: &str = "another secret, of thirty-two bytes or more";
const OLDER: &str = "0193a5c2-7b1e-7f00-8000-00000000aaaa";
const REFUSED: &str = "not the one that this database was sealed with";

fn opened(url: &str) -> Db {
    let options = Options {
        url: Url::parse(url).unwrap(),
        connections: 1,
        patience: std::time::Duration::from_secs(20),
        clock: Clock::System,
    };
    xinwu_persistence::open(options).unwrap()
}

/// Another service over the same database, under a master secret of its own.
fn beside(app: &TestApp, secret: &str) -> TestApp {
    let other = TestApp::start_with(app.backend, |config| {
        config.database.clone_from(&app.state.config().database);
        config.secret = Some(secret.to_owned().into());
    });
    other.clock.set(app.now());
    other
}

/// Rotates by the command; gives the secret that is good from then on.
fn rotated(app: &TestApp, desk: &Desk) -> String {
    let to = desk.folder.path().join("next");
    let args = SecretArgs { command: SecretCommand::Rotate { to: to.clone() }, json: false };
    let said = xinwu_api::commands::secret::run(&args, app.state.config()).unwrap();
    assert!(said.contains(&to.display().to_string()), "{said}");
    assert!(!said.contains("was the master secret itself"), "{said}");
    std::fs::read_to_string(to).unwrap()
}

/// What tells by which keys a service works.
fn marks(app: &TestApp) -> (String, String, [u8; 32]) {
    let secrets = app.state.secrets();
    (secrets.phone_hash(PHONE), secrets.token_hash("x"), *secrets.rating_seal())
}

#[both]
fn a_new_database_has_a_random_key(app: TestApp) {
    let other = TestApp::start(app.backend);
    assert_ne!(marks(&app), marks(&other));
    let derived = Secrets::from_data_key(SECRET.as_bytes()).unwrap();
    assert_ne!(app.state.secrets().phone_hash(PHONE), derived.phone_hash(PHONE));
    assert_eq!(marks(&app), marks(&app.beside()));
}

#[both]
fn a_rotation_keeps_everything_and_shuts_the_former_secret_out(app: TestApp) {
    let desk = Desk::beside(&app);
    let stage = app.stage();
    let resident = app.neighbour(&stage.estate);
    app.rate(&resident, &stage.project, "2026-11", 4);
    let sealed = app.state.secrets().encrypt("here", b"something").unwrap();
    let secret = rotated(&app, &desk);

    let next = beside(&app, &secret);
    assert_eq!(marks(&app), marks(&next));
    assert_eq!(next.state.secrets().decrypt("here", &sealed).unwrap(), b"something");
    let own = next.own_rating(&resident, &stage.project, "2026-11").expect(200).json();
    assert_eq!(own["overall"], json!(4));
    next.taken_back(&resident, &stage.project, "2026-11").expect(204);
    sign_in(&next, &resident.phone);
    // The service that ran meanwhile goes on.
    app.advance(Duration::minutes(1));
    sign_in(&app, &resident.phone);

    // The former opens nothing from then on.
    for job in [&["key", "rotate"][..], &["secret", "rotate", "--to", "third"]] {
        let refused = desk.run(job).expect(1);
        assert!(refused.err.contains(REFUSED), "{refused:?}");
    }
    assert!(!desk.folder.path().join("third").exists());
    for command in ["check-config", "serve"] {
        let refused = desk.run(&[command]).expect(2);
        assert!(refused.err.starts_with("xinwu: secret, secret_file: "), "{refused:?}");
        assert!(refused.err.contains(REFUSED), "{refused:?}");
    }
    desk.run_with(&["check-config"], &[("XINWU_SECRET", &secret)]).expect(0);
    let path = "/v1/admin/audit?object_kind=secret";
    let audit = next.get(path).token(&next.admin()).expect(200).json();
    assert_eq!(audit["items"].as_array().unwrap().len(), 1, "{audit}");
    assert_eq!(audit["items"][0]["operation"], json!("rotate_secret"));
    // Once more, by the command as it is run, back to the first.
    let first = desk.file("first", SECRET);
    let arguments = ["secret", "rotate", "--to", &first, "--json"];
    let told = desk.run_with(&arguments, &[("XINWU_SECRET", &secret)]).expect(0).json();
    assert_eq!(told, json!({"secret_file": first, "data_key_was_master_secret": false}));
    desk.run(&["check-config"]).expect(0);
}

#[both]
fn what_a_rotation_cannot_do_is_said_and_changes_nothing(app: TestApp) {
    let desk = Desk::beside(&app);
    let (same, short) = (desk.file("same", SECRET), desk.file("short", "short"));
    let nowhere = desk.folder.path().join("nowhere/secret").display().to_string();
    for (file, told) in
        [(&same, "in use already"), (&short, "must hold at least 32 bytes"), (&nowhere, "No such file")]
    {
        let refused = desk.run(&["secret", "rotate", "--to", file]).expect(1);
        assert!(refused.err.contains(told), "{refused:?}");
        assert_eq!(refused.out, "");
    }
    desk.run(&["check-config"]).expect(0);
}

/// As a database was before there were data keys.
#[both]
fn an_older_database_is_adopted_by_its_own_secret_alone(backend: Backend) {
    let database = backend.fresh();
    let secrets = Secrets::from_data_key(SECRET.as_bytes()).unwrap();
    let (phone_hash, sealed) = (secrets.phone_hash(PHONE), secrets.encrypt(OLDER, PHONE.as_bytes()).unwrap());
    {
        let db = opened(&database.url);
        let made = xinwu_api::tokens::rotate(&db, &secrets, Duration::minutes(-1));
        xinwu_store::wait_for(made).unwrap();
        db.write_blocking(move |tx| {
            let (phone_hash, phone_encrypted) = (Some(phone_hash.clone()), Some(sealed.clone()));
            let new = NewAccount { phone_hash, phone_encrypted, ..someone(Role::Resident) };
            account::add(tx, OLDER, &new)
        })
        .unwrap();
    }
    let desk = Desk::at(&database.url);
    let refused = desk.run_with(&["key", "rotate"], &[("XINWU_SECRET", OTHER)]).expect(1);
    assert!(refused.err.contains(REFUSED), "{refused:?}");
    let refused = desk.run_with(&["check-config"], &[("XINWU_SECRET", OTHER)]).expect(2);
    assert!(refused.err.contains(REFUSED), "{refused:?}");
    desk.run(&["check-config"]).expect(0);

    let now = Clock::System.now().format("%FT%TZ").to_string();
    let app = TestApp::start_at(backend, &now, |config| config.database.clone_from(&database.url));
    assert_eq!(app.state.secrets().phone_hash(PHONE), secrets.phone_hash(PHONE));
    let signed = sign_in(&app, PHONE);
    let me = app.get("/v1/me").token(signed["access_token"].as_str().unwrap()).expect(200).json();
    assert_eq!(me["id"], json!(OLDER));
    // Whoever knew the first secret knows its data key for ever, and is told so.
    let told = desk.run(&["secret", "rotate", "--to", "next"]).expect(0);
    assert!(told.out.contains("was the master secret itself"), "{told:?}");
}

#[both]
fn of_several_processes_in_a_new_database_one_makes_the_key(backend: Backend) {
    let database = backend.fresh();
    let hashes: Vec<String> = std::thread::scope(|scope| {
        let each = || {
            let (db, master) = (opened(&database.url), SECRET.to_owned().into());
            let secrets = async { DataKey::of(&db, &master).await?.secrets() };
            xinwu_store::wait_for(secrets).unwrap().phone_hash(PHONE)
        };
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(each)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
}
