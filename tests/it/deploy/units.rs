//! The units of systemd: the service, and the nightly backup.

use std::fs::File;
use std::process::Command;
use std::time::Duration;

use super::{root, text};
use xinwu_store::Clock;

const UNITS: [&str; 3] = ["xinwu.service", "xinwu-backup.service", "xinwu-backup.timer"];

fn unit(name: &str) -> String {
    text(&format!("deploy/{name}"))
}

/// All that a unit says of this.
fn values<'a>(unit: &'a str, name: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).collect()
}

#[test]
fn systemd_takes_the_units() {
    let folder = tempfile::tempdir().unwrap();
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]);
    for name in UNITS {
        let copy = folder.path().join(name);
        // It looks whether the program is there.
        std::fs::write(&copy, unit(name).replace("/usr/local/bin/xinwu", "/bin/true")).unwrap();
        verify.arg(copy);
    }
    let output = verify.output().expect("systemd-analyze is installed (scripts/packages test)");
    let said = String::from_utf8_lossy(&output.stderr);
    let of_ours: Vec<&str> = said.lines().filter(|line| line.contains("xinwu")).collect();
    assert!(output.status.success() && of_ours.is_empty(), "{said}");
}

#[test]
fn the_backup_runs_each_night_as_the_service_and_with_its_settings() {
    let [service, backup, timer] = UNITS.map(unit);
    for name in ["EnvironmentFile", "LoadCredential", "DynamicUser", "WorkingDirectory", "UMask"] {
        assert_eq!(values(&backup, name), values(&service, name), "{name}");
    }
    for setting in ["XINWU_SECRET_FILE=%d/secret", "XINWU_PROFILE=production"] {
        for unit in [&service, &backup] {
            assert!(values(unit, "Environment")[0].split(' ').any(|each| each == setting), "{unit}");
        }
    }
    // The service's own is called as its unit.
    assert_eq!(values(&backup, "User"), ["xinwu"]);
    assert_eq!(values(&backup, "StateDirectory"), ["xinwu xinwu-backups"]);
    assert_eq!(values(&backup, "StateDirectoryMode"), ["0700"]);
    assert_eq!(
        (values(&timer, "OnCalendar"), values(&timer, "Persistent")),
        (vec!["*-*-* 02:30"], vec!["true"])
    );
    assert_eq!(values(&timer, "WantedBy"), ["timers.target"]);
    // One after the other, and the next only after a good one: an old copy goes after a new one.
    assert_eq!(values(&backup, "Type"), ["oneshot"]);
    let lines = values(&backup, "ExecStart");
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains(" backup \"/var/lib/xinwu-backups/xinwu-"), "{}", lines[0]);
    assert!(lines.iter().all(|line| !line.starts_with('-')), "{lines:?}");
}

#[test]
fn copies_of_fourteen_days_are_kept_and_other_files_are_let_be() {
    let backup = unit("xinwu-backup.service");
    let folder = tempfile::tempdir().unwrap();
    let now = std::time::SystemTime::from(Clock::System.now());
    for (name, days) in [
        ("xinwu-2026-11-30T023000.backup", 0),
        ("xinwu-2026-11-17T023000.backup", 13),
        ("xinwu-2026-11-15T023000.backup", 15),
        ("notes.txt", 400),
    ] {
        let file = File::create(folder.path().join(name)).unwrap();
        file.set_modified(now - Duration::from_secs(days * 86_400)).unwrap();
    }
    let line =
        values(&backup, "ExecStart")[1].replace("/var/lib/xinwu-backups", folder.path().to_str().unwrap());
    let mut words = line.split(' ');
    let output = Command::new(words.next().unwrap()).args(words).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let left = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut left: Vec<String> = left.map(|name| name.into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["notes.txt", "xinwu-2026-11-17T023000.backup", "xinwu-2026-11-30T023000.backup"]);
}
