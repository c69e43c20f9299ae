//! `user` and `key`.

use serde_json::{Value, json};
use xinwu_both::both;

use super::places;
use crate::harness::Backend;
use crate::harness::program::Desk;

#[both]
fn accounts_are_added_listed_shut_and_given_passwords(backend: Backend) {
    let desk = Desk::migrated(backend);
    desk.run(&["import", "places", &places()]).expect(0);
    let made = desk
        .run(&["user", "add", "root", "--role", "admin", "--staff-number", "N-root", "--json"])
        .expect(0)
        .json();
    assert_eq!(
        (&made["username"], &made["role"], &made["status"]),
        (&json!("root"), &json!("admin"), &json!("active"))
    );
    assert!(made["password"].as_str().unwrap().len() >= 20, "{made}");
    let arguments = [
        "user",
        "add",
        "qu.1",
        "--role",
        "district",
        "--staff-number",
        "N-qu-1",
        "--place",
        "210202",
        "--can-confirm",
        "--password-stdin",
        "--json",
    ];
    let told = desk.run_told(&arguments, "correct horse battery\n").expect(0).json();
    assert_eq!(
        (&told["place"]["code"], &told["can_confirm"], told.get("password")),
        (&json!("210202"), &json!(true), None)
    );

    for (arguments, input, word) in [
        (vec!["user", "add", "root", "--role", "admin", "--staff-number", "N-root"], "", "taken"),
        (vec!["user", "add", "Big Name", "--role", "admin", "--staff-number", "N-BigName"], "", "username"),
        (vec!["user", "add", "qu.2", "--role", "district", "--staff-number", "N-qu-2"], "", "place"),
        (
            vec![
                "user",
                "add",
                "qu.2",
                "--role",
                "district",
                "--staff-number",
                "N-qu-2",
                "--place",
                "999999",
            ],
            "",
            "place",
        ),
        (vec!["user", "add", "qu.2", "--role", "firm", "--uscc", "91310115MA1H8R7C6D"], "", "uscc"),
        (
            vec!["user", "add", "qu.2", "--role", "admin", "--staff-number", "N-qu-2", "--password-stdin"],
            "short\n",
            "password",
        ),
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
        let mut names: Vec<String> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["username"].as_str().unwrap().to_owned())
            .collect();
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
    let given = desk
        .run_told(&["user", "set-password", "root", "--password-stdin", "--json"], "another long password\n")
        .expect(0);
    assert!(!given.out.contains("another long password"), "{given:?}");
}

#[both]
fn keys_are_listed_and_rotated(backend: Backend) {
    let desk = Desk::migrated(backend);
    let kids = |keys: &Value| -> Vec<String> {
        keys.as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
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
