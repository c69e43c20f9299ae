//! An SQLite file while it is served, beside other processes, and after a stop.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_persistence::people::account::NewAccount;
use xinwu_persistence::schema::place;
use xinwu_store::{Clock, StoreError};

use crate::harness::program::{Desk, Ran, Serving};
use crate::harness::world::{COMMUNITY, new_uscc};
use crate::harness::{Backend, TestApp, someone};

/// A database, and the token of the city's official, who works at a service that is started later.
fn office() -> (Desk, String) {
    let desk = Desk::over(Backend::Sqlite.fresh());
    let now = Clock::System.now().to_rfc3339();
    let url = desk.url.clone();
    let app = TestApp::start_at(Backend::Sqlite, &now, |config| config.database = url);
    let token = app.token(NewAccount { place: Some("2102".to_owned()), ..someone(Role::City) });
    (desk, token)
}

fn file_of(desk: &Desk) -> PathBuf {
    PathBuf::from(desk.url.trim_start_matches("sqlite:"))
}

fn beside(file: &Path, end: &str) -> PathBuf {
    PathBuf::from(format!("{}{end}", file.display()))
}

fn add_place(serving: &Serving, token: &str, number: u32) {
    let code = format!("2102X{number:02}");
    let body = json!({"code": code, "level": "district", "name": code, "parent": "2102"});
    serving.call("POST", "/v1/admin/places").token(token).json(&body).expect(201);
}

/// Whether a copy of the file alone, without its log, knows the place.
fn copy_has_place(file: &Path, code: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    std::fs::copy(file, &copy).unwrap();
    let mut conn = SqliteConnection::establish(&copy.display().to_string()).unwrap();
    place::table.find(code).count().get_result::<i64>(&mut conn).unwrap() == 1
}

#[test]
fn after_a_stop_the_file_alone_is_whole() {
    let (desk, token) = office();
    let file = file_of(&desk);
    let serving = desk.serve();
    add_place(&serving, &token, 1);
    assert_eq!(serving.stop("-TERM"), 0);
    assert!(copy_has_place(&file, "2102X01"));
    // And after a command.
    let added = "code,level,name,parent\n2102X02,district,二号区,2102\n";
    desk.run(&["import", "places", &desk.file("places.csv", added)]).expect(0);
    assert!(!beside(&file, "-wal").exists());
    assert!(copy_has_place(&file, "2102X02"));
}

#[test]
fn the_log_is_emptied_when_the_service_is_idle() {
    let (desk, token) = office();
    let file = file_of(&desk);
    let serving = desk.serve();
    add_place(&serving, &token, 1);
    let began = Instant::now();
    while beside(&file, "-wal").metadata().map_or(0, |log| log.len()) > 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "the log stays");
        std::thread::park_timeout(Duration::from_millis(50));
    }
    assert!(copy_has_place(&file, "2102X01"));
    serving.kill();
}

#[test]
fn only_its_owner_reads_the_database_and_what_stands_beside_it() {
    let desk = Desk::migrated(Backend::Sqlite);
    let serving = desk.serve();
    let folder = file_of(&desk).parent().unwrap().to_owned();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
        names.push(entry.file_name().into_string().unwrap());
    }
    for name in ["xinwu.db", "xinwu.db-wal", "xinwu.db-shm", "xinwu.db-service", "xinwu.db-queue"] {
        assert!(names.iter().any(|each| each == name), "{name} is not in {names:?}");
    }
    serving.kill();
}

#[test]
fn a_second_service_on_the_file_is_refused_and_told_why() {
    let (desk, token) = office();
    let serving = desk.serve();
    let pid = serving.pid().to_string();
    let told = desk.run(&["serve"]).expect(1).err;
    assert!(told.contains("is served already, by process") && told.contains(&pid), "{told}");
    // One that cannot even listen says so before it asks for the lock.
    let mut command = desk.command(&["serve"]);
    let told = Ran::of(command.env("XINWU_BIND", &serving.address).output().unwrap()).expect(2).err;
    assert!(told.contains(&format!("bind: {}", serving.address)), "{told}");
    // Commands run beside it, and it serves on.
    desk.run(&["user", "list"]).expect(0);
    let backup = desk.folder.path().join("beside.backup");
    desk.run(&["backup", backup.to_str().unwrap()]).expect(0);
    add_place(&serving, &token, 1);
    // Killed, it leaves no lock behind.
    serving.kill();
    let serving = desk.serve();
    add_place(&serving, &token, 2);
    assert_eq!(serving.stop("-TERM"), 0);
}

#[test]
fn who_writes_beside_a_long_import_of_another_process_is_not_kept_out() {
    let (desk, token) = office();
    let serving = desk.serve();
    let rows: String = (0..1500).map(|number| format!("{},物业{number},{COMMUNITY}\n", new_uscc())).collect();
    let file = desk.file("firms.csv", format!("uscc,name,registered_place\n{rows}"));
    let mut import = desk.command(&["import", "firms", &file]).spawn().unwrap();
    let mut written = 0;
    while import.try_wait().unwrap().is_none() {
        if written < 99 {
            written += 1;
            add_place(&serving, &token, written);
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    assert!(import.wait().unwrap().success());
    assert!(written > 0);
    assert_eq!(serving.stop("-TERM"), 0);
}

#[test]
fn what_is_written_after_the_database_is_closed_is_refused() {
    let app = TestApp::start(Backend::Sqlite);
    let file = PathBuf::from(app.state.config().database.trim_start_matches("sqlite:"));
    app.estate(COMMUNITY, EstateKind::Old);
    app.db().close().unwrap();
    assert_eq!(beside(&file, "-wal").metadata().map_or(0, |log| log.len()), 0);
    assert!(copy_has_place(&file, COMMUNITY));
    let refused = app.db().write_blocking(|tx| xinwu_store::setting::put(tx, "late", "1"));
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

#[test]
fn by_whatever_name_the_file_is_called_one_service_uses_it() {
    let desk = Desk::migrated(Backend::Sqlite);
    let link = desk.folder.path().join("link.db");
    std::os::unix::fs::symlink(file_of(&desk), &link).unwrap();
    let serving = desk.serve();
    let mut command = desk.command(&["serve"]);
    command.env("XINWU_DATABASE", format!("sqlite:{}", link.display()));
    let told = Ran::of(command.output().unwrap()).expect(1).err;
    assert!(told.contains("is served already, by process"), "{told}");
    serving.kill();
}

#[test]
fn a_link_in_the_place_of_a_lock_is_not_followed() {
    let desk = Desk::migrated(Backend::Sqlite);
    let other = desk.file("other", "");
    for end in ["-queue", "-service"] {
        let lock = beside(&file_of(&desk), end);
        std::fs::remove_file(&lock).ok();
        std::os::unix::fs::symlink(&other, &lock).unwrap();
        let told = desk.run(&["serve"]).expect(1).err;
        assert!(told.contains(&format!("{}", lock.display())), "{told}");
        std::fs::remove_file(&lock).unwrap();
    }
    assert_eq!(std::fs::read(&other).unwrap(), b"");
}
