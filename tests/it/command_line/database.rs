//! From an empty database to a running service: `migrate`, `import`, `serve`.

use std::net::TcpStream;

use serde_json::json;
use xinwu_both::both;

use super::places;
use crate::harness::Backend;
use crate::harness::program::Desk;

#[both]
fn a_database_is_made_filled_and_served(backend: Backend) {
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

    let user = [
        "user",
        "add",
        "zhongshan.street",
        "--role",
        "street",
        "--staff-number",
        "N-zhongshan-street",
        "--place",
        "210202001",
        "--password-stdin",
    ];
    desk.run_told(&user, "correct horse battery\n").expect(0);
    let serving = desk.serve();
    // Late in the year it says, too, that the next one's holidays are not known.
    let ready = serving.call("GET", "/readyz").expect(200).text;
    let holidays = "warning: no public holidays are known for ";
    assert!(ready.lines().all(|line| line == "ok" || line.starts_with(holidays)), "{ready}");
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
    let taken = desk.run_with(&["serve"], &[("XINWU_BIND", &address)]).expect(2);
    assert!(taken.err.contains(&format!("bind: {address}")), "{taken:?}");
    let metrics = serving.metrics_address.clone();
    let both = [("XINWU_BIND", address.as_str()), ("XINWU_METRICS_BIND", metrics.as_str())];
    let taken = desk.run_with(&["serve"], &both).expect(2);
    assert!(taken.err.contains(&format!("metrics_bind: {metrics}: ")), "{taken:?}");
    assert!(taken.err.contains(&format!("xinwu: bind: {address}: ")), "both are named: {taken:?}");
    assert_eq!(serving.stop("-TERM"), 0);
    assert!(TcpStream::connect(&address).is_err());
    // Ctrl-C stops it as gently.
    assert_eq!(desk.serve().stop("-INT"), 0);
}

#[both]
fn a_bad_file_is_1_names_line_and_column_and_imports_nothing(backend: Backend) {
    let desk = Desk::migrated(backend);
    let file = desk.file(
        "places.csv",
        "code,level,name,parent\n2102,city,大连市,\n210202,quarter,中山区,2102\n210203,district,,9999\n",
    );
    for more in [&[][..], &["--dry-run"]] {
        let refused = desk.run(&[&["import", "places", file.as_str()], more].concat()).expect(1);
        for place in ["row 3 (210202 中山区), level: ", "row 4 (210203), name: "] {
            assert!(refused.err.contains(&format!("xinwu: {place}")), "{refused:?}");
        }
        assert!(refused.err.contains("2 row(s) are bad; nothing was imported"), "{refused:?}");
        assert_eq!(refused.out, "");
        let refused =
            desk.run(&[&["import", "places", file.as_str(), "--json"], more].concat()).expect(1).json();
        assert_eq!((&refused["state"], &refused["rows"]["bad"]), (&json!("refused"), &json!(2)));
        assert_eq!(
            (&refused["bad_rows"][0]["line"], &refused["bad_rows"][0]["column"]),
            (&json!(3), &json!("level"))
        );
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
