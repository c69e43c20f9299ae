//! What a path may hold.

use std::collections::BTreeSet;

use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Operation;

use crate::harness::TestApp;
use crate::harness::walk::{self, Walked};

/// What a parameter of this name cannot be, beside what is no text.
fn unreadable(each: &Walked, name: &str) -> Vec<&'static str> {
    match name {
        "uscc" => vec!["123", "9121020024128139OI", "%E4%B8%AD"],
        "month" => vec!["2026-13", "2026-11-01", "november"],
        "n" => vec!["x", "-1", "1.5"],
        "list" => vec!["blue", "RED%20"],
        "import" if each.operation == Operation::AddImport => vec!["cats"],
        "period" => vec!["2026-Q9", "2026-13"],
        "assessor" => vec!["mayor"],
        "code" if each.path.contains("/places/") => vec!["abc", "21", "2102Y01"],
        _ => vec![],
    }
}

#[both]
fn a_path_that_cannot_be_read_is_refused_by_the_name_of_its_parameter(app: TestApp) {
    let (mut walked, mut typed) = (0, BTreeSet::new());
    for each in walk::operations() {
        for name in each.parameters() {
            let too_long = "1".repeat(101);
            let no_text = ["%FF", "%00", "a%0Ab", "%E4%B8", "%C2%85", too_long.as_str()];
            let known = unreadable(&each, name);
            typed.extend(known.first().map(|_| name.to_owned()));
            for value in no_text.into_iter().chain(known) {
                let path = each.path_with(name, value);
                let mut call = each.call(&app, &path);
                // An import is a file, and a body that is wrong is told of later.
                if each.described.get("requestBody").is_some() && each.operation != Operation::AddImport {
                    call = call.json(&json!({}));
                }
                let refused = call.refused(400, "bad_parameter");
                assert_eq!(refused.faults()[0].0, name, "{} {path}: {}", each.method, refused.text);
                walked += 1;
            }
        }
    }
    assert!(walked > 500, "{walked}");
    let expected = ["assessor", "code", "import", "list", "month", "n", "period", "uscc"];
    assert_eq!(typed.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[both]
fn a_code_is_one_however_it_is_written(app: TestApp) {
    let uscc = app.firm("大连书写物业有限公司");
    let full_width: String =
        uscc.chars().map(|character| char::from_u32(character as u32 + 0xfee0).unwrap()).collect();
    let full_width: String = full_width.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let below =
        ["", "/ratings", "/reviews", "/records", "/projects", "/assessments", "/commitments", "/evaluations"];
    for below in below {
        let expected = app.get(&format!("/v1/firms/{uscc}{below}")).expect(200).text;
        for written in [uscc.to_lowercase(), format!("{}%20-{}", &uscc[..8], &uscc[8..]), full_width.clone()]
        {
            assert_eq!(app.get(&format!("/v1/firms/{written}{below}")).expect(200).text, expected, "{below}");
        }
    }
}
