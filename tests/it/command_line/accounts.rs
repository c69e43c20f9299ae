//! `user` and `key`.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_persistence::people::account::NewAccount;

use super::places;
use crate::harness::program::{Desk, Ran};
use crate::harness::{Backend, Call, TestApp, someone};

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

const PASSWORD: &str = "a long password of one's own";

/// An administrator `root`, and a desk on the service's server.
fn desk_of_root(app: &TestApp) -> (Desk, String) {
    let root = app.token(NewAccount { username: Some("root".to_owned()), ..someone(Role::Admin) });
    (Desk::beside(app), root)
}

fn import(desk: &Desk, file: &str, codes: &str) -> Ran {
    desk.run(&["user", "import", file, "--codes", codes, "--told", "root", "--json"])
}

/// The names and codes of a file.
fn codes(path: &str) -> Vec<(String, String)> {
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.strip_prefix('\u{feff}').unwrap().lines();
    assert_eq!(lines.next(), Some("username,code"));
    lines.map(|line| line.split_once(',').unwrap()).map(|(name, code)| (name.into(), code.into())).collect()
}

fn activate(app: &TestApp, (username, code): &(String, String)) -> Call {
    let notice = &app.get("/v1/privacy").expect(200).json()["version"];
    let body = json!({"username": username, "code": code, "password": PASSWORD, "privacy_version": notice});
    app.post("/v1/auth/activate").json(&body)
}

#[both]
fn a_citys_officials_come_from_one_file_and_choose_their_passwords(app: TestApp) {
    let (desk, admin) = desk_of_root(&app);
    let mut file = "用户名,角色,区划代码,确认权限,工号,显示名称\r\n".to_owned();
    for number in 0..4_000 {
        let (role, place) = [("区县", "210202"), ("街道", "210202001"), ("社区", "210202001002")][number % 3];
        let power = if number % 10 == 0 { "是" } else { "" };
        file.push_str(&format!("official.{number},{role},{place},{power},DL-{number},第{number}号\r\n"));
    }
    // As office programs in China write it.
    let (bytes, _, _) = encoding_rs::GB18030.encode(&file);
    let file = desk.file("officials.csv", &bytes);
    let out = desk.folder.path().join("codes.csv").display().to_string();
    let done = import(&desk, &file, &out).expect(0);
    assert_eq!(done.json(), json!({"added": 4_000, "codes_given_again": 0, "unchanged": 0}));
    let given = codes(&out);
    assert_eq!(given.len(), 4_000);
    assert!(!done.out.contains(&given[0].1) && done.err.is_empty(), "{done:?}");

    // The owner chooses a password, once, and signs in; the administrator is told, once.
    let first = given[0].clone();
    activate(&app, &(first.0.clone(), given[1].1.clone())).expect(401);
    activate(&app, &first).expect(204);
    activate(&app, &first).expect(401);
    let body = json!({"grant_type": "password", "username": "official.0", "password": PASSWORD});
    let token = app.post("/v1/auth/token").json(&body).expect(200).json();
    let me = app.get("/v1/me").token(token["access_token"].as_str().unwrap()).expect(200).json();
    assert_eq!((&me["role"], &me["place"]["code"]), (&json!("district"), &json!("210202")));
    assert_eq!((&me["can_confirm"], &me["display_name"]), (&json!(true), &json!("第0号")));
    let notices = app.get("/v1/me/notices").token(&admin).expect(200).json();
    let told: Vec<&Value> =
        notices["items"].as_array().unwrap().iter().map(|notice| &notice["kind"]).collect();
    assert_eq!(told, [&json!("account_activated")]);

    // The same file again changes nothing, and gives nobody a second code.
    let again = desk.folder.path().join("again.csv").display().to_string();
    let done = import(&desk, &file, &again).expect(0);
    assert_eq!(done.json(), json!({"added": 0, "codes_given_again": 0, "unchanged": 4_000}));
    assert!(!std::path::Path::new(&again).exists());

    // Where codes ran out, whoever has not chosen a password gets another.
    app.set_time("2027-03-01T00:00:00Z");
    activate(&app, &given[2]).expect(401);
    app.tick();
    let done = import(&desk, &file, &again).expect(0);
    assert_eq!(done.json(), json!({"added": 0, "codes_given_again": 3_999, "unchanged": 1}));
    let fresh = codes(&again);
    assert!(fresh.iter().all(|(name, code)| *name != first.0 && !given.iter().any(|(_, old)| old == code)));
}

#[both]
fn one_bad_row_and_no_account_is_made(app: TestApp) {
    let (desk, _) = desk_of_root(&app);
    let out = desk.folder.path().join("codes.csv").display().to_string();
    let head = "username,role,place,uscc,can_confirm,staff_number\n";
    let good = "good.one,street,210202001,,,S1\n";
    let of = |rows: &str| desk.file("accounts.csv", format!("{head}{good}{rows}"));
    for (rows, told) in [
        // What can be told from the file, all at once.
        (
            "x,king,210202001,,,S2\ngood.two,street,210202001,,maybe,S/3\ngood.one,street,210202001,,,S1\n",
            &[
                "row 3, role: must be: ",
                "row 4, can_confirm: must be: ",
                "row 5, username: stands in row 2 too (duplicate)",
            ][..],
        ),
        // What only the database tells, all at once.
        (
            "x,street,210202001,,,S2\ngood.two,district,210202001,,,S3\ngood.three,street,999999,,,\n\
             good.four,resident,,,,\ngood.five,firm,,91310115MA1H8R7C6D,,\nroot,admin,,,,S9\n",
            &[
                "row 3, username: ",
                "row 4, place: The place must be of the role's own level (wrong_level)",
                "row 5, place: ",
                "row 5, staff_number: ",
                "row 6, role: ",
                "row 7, uscc: ",
                "row 8: An account of that name is there, and is not as the row says (username_taken)",
            ],
        ),
    ] {
        let refused = import(&desk, &of(rows), &out).expect(1);
        for line in told {
            assert!(refused.err.contains(line), "{line}: {}", refused.err);
        }
        assert!(refused.err.ends_with("nothing was imported\n") && refused.out.is_empty(), "{refused:?}");
    }
    let file = of("");
    let nobody = desk.run(&["user", "import", &file, "--codes", &out, "--told", "good.one"]).expect(1);
    assert!(nobody.err.contains("told: there is no such administrator"), "{nobody:?}");
    let no_table = desk.file("no-table.csv", "name,password\n甲,a long password\n");
    let refused = import(&desk, &no_table, &out).expect(1);
    assert!(refused.err.contains("The header is wrong: unknown columns: name、password;"), "{refused:?}");
    let many: String =
        (0..5_001).map(|number| format!("good.{number},street,210202001,,,S{number}\n")).collect();
    let refused = import(&desk, &desk.file("many.csv", format!("{head}{many}")), &out).expect(1);
    assert!(refused.err.contains("at most 5000 rows"), "{refused:?}");
    // Nothing came of all that, and nobody's file is written over.
    let listed = desk.run(&["user", "list", "--role", "street"]).expect(0);
    assert_eq!(listed.out.trim(), "");
    assert!(!std::path::Path::new(&out).exists());
    desk.file("codes.csv", "mine");
    let refused = import(&desk, &file, &out).expect(1);
    assert!(refused.err.contains("codes.csv: File exists"), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "mine");
    desk.run(&["user", "import", &file, "--codes", &out, "--told", "root", "--valid-days", "31"]).expect(2);
}
