//! "Nobody, officials included, sees who rated": every answer after ratings is searched for what
//! could name a rater.

use crate::harness::TestApp;
use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::world::{COMMUNITY, DISTRICT, STREET};

const MONTH: &str = "2026-11";

#[both]
fn no_answer_to_the_public_or_to_officials_names_a_rater(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 8);
    // A burst on another project of the firm.
    let other = app.stage_of(&stage.uscc);
    let later = app.neighbours(&other.estate, 20);
    // Claims are made before: their own time is theirs, the ratings' must not show.
    app.set_time("2026-11-21T07:41:53.123456Z");
    for (position, resident) in residents.iter().enumerate() {
        let comment =
            if position == 0 { "电话 13900001111".to_owned() } else { format!("意见{position}") };
        app.rating(resident, &stage.project, MONTH)
            .json(&json!({"overall": 4, "comment": comment}))
            .expect(201);
    }
    app.rate_all(&later, &other.project, MONTH, &[5; 20]);
    app.step_on("2026-12-01");
    let review = app.get(&format!("/v1/firms/{}/reviews", stage.uscc)).expect(200).json()["items"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    app.post(&format!("/v1/reviews/{review}/flags"))
        .token(&app.renewed(&residents[3].id))
        .json(&json!({"reason": "不实"}))
        .expect(201);
    let firm = app.firm_account(&stage.uscc);
    app.put(&format!("/v1/reviews/{review}/reply")).token(&firm).json(&json!({"text": "谢谢"})).expect(201);

    let secrets: Vec<String> = residents
        .iter()
        .chain(&later)
        .flat_map(|resident| {
            [
                resident.id.clone(),
                resident.phone.clone(),
                app.state.secrets().phone_hash(&resident.phone),
                resident.household.clone(),
                resident.room.clone(),
            ]
        })
        .chain(["07:41".to_owned(), "15:41".to_owned(), "53.123".to_owned()])
        .chain(pseudonyms(&app))
        .collect();
    let (uscc, project, estate) = (&stage.uscc, &stage.project, &stage.estate);
    let public = [
        format!("/v1/firms/{uscc}"),
        format!("/v1/firms/{uscc}/ratings"),
        format!("/v1/firms/{uscc}/ratings?from=2026-11"),
        format!("/v1/firms/{uscc}/reviews"),
        format!("/v1/firms/{uscc}/projects"),
        format!("/v1/firms/{uscc}/evaluation"),
        format!("/v1/firms/{uscc}/evaluations"),
        format!("/v1/projects/{project}"),
        format!("/v1/projects/{project}/ratings"),
        format!("/v1/projects/{}/ratings", other.project),
        format!("/v1/projects/{project}/reviews?count=true"),
        format!("/v1/projects/{project}/evaluation"),
        format!("/v1/estates/{estate}"),
        "/v1/firms".to_owned(),
        "/v1/estates".to_owned(),
        "/v1/rankings?by=service".to_owned(),
        "/v1/statistics".to_owned(),
        format!("/v1/compare?firms={uscc}"),
    ];
    // Who gets what of it: the community's, the street's, the district's and the city's official,
    // the firm and the operator.
    let official = [
        ("/v1/admin/reviews".to_owned(), [200, 200, 200, 200, 403, 403]),
        ("/v1/admin/reviews?status=held".to_owned(), [200, 200, 200, 200, 403, 403]),
        ("/v1/admin/reviews?status=flagged".to_owned(), [200, 200, 200, 200, 403, 403]),
        (format!("/v1/admin/reviews/{review}"), [200, 200, 200, 200, 403, 403]),
        (format!("/v1/admin/projects/{}", other.project), [200, 200, 200, 200, 403, 403]),
        ("/v1/admin/bursts".to_owned(), [403, 403, 200, 200, 403, 403]),
        (format!("/v1/admin/projects/{project}"), [200, 200, 200, 200, 403, 403]),
        (format!("/v1/admin/estates/{estate}"), [200, 200, 200, 200, 403, 403]),
        // The firm works in the community.
        (format!("/v1/admin/firms/{uscc}"), [200, 200, 200, 200, 403, 403]),
        ("/v1/admin/residences?status=pending".to_owned(), [200, 200, 200, 200, 403, 403]),
        ("/v1/firm".to_owned(), [403, 403, 403, 403, 200, 403]),
    ];
    let askers = [
        app.official(Role::Community, COMMUNITY, false),
        app.official(Role::Street, STREET, true),
        app.official(Role::District, DISTRICT, true),
        app.official(Role::City, "2102", true),
        firm.clone(),
        app.admin(),
    ];
    // A path that is misspelt or refused would be searched for nothing: each answer is the one that
    // is expected.
    let search = |path: &str, token: Option<&String>, status: u16| {
        let call = app.get(path);
        let reply = match token {
            Some(token) => call.token(token),
            None => call,
        }
        .expect(status);
        for secret in &secrets {
            assert!(!reply.text.contains(secret), "{path} shows {secret}: {}", reply.text);
            assert!(!format!("{:?}", reply.headers).contains(secret), "{path} shows {secret} in a header");
        }
    };
    // Nor would an answer that has nothing to tell.
    assert_eq!(
        app.get(&format!("/v1/projects/{project}/reviews?count=true")).expect(200).json()["page"]["total"],
        7
    );
    assert_eq!(
        app.get("/v1/admin/bursts").token(&askers[2]).expect(200).json()["items"].as_array().unwrap().len(),
        1
    );
    for path in &public {
        search(path, None, 200);
    }
    for (number, token) in askers.iter().enumerate() {
        for path in &public {
            search(path, Some(token), 200);
        }
        for (path, statuses) in &official {
            search(path, Some(token), statuses[number]);
        }
    }
    // The audit names households that were registered, and when: who rates is not in it.
    let audit = app.get("/v1/admin/audit?limit=100").token(&askers[5]).expect(200);
    assert!(!audit.json()["items"].as_array().unwrap().is_empty());
    for resident in residents.iter().chain(&later) {
        for secret in [&resident.id, &resident.phone] {
            assert!(!audit.text.contains(secret), "the audit shows {secret}: {}", audit.text);
        }
    }
    assert!(pseudonyms(&app).iter().all(|name| !audit.text.contains(name)), "the audit shows a rating");
}

/// The pseudonyms of rows, in hexadecimal: nobody's but the database's.
fn pseudonyms(app: &crate::harness::TestApp) -> Vec<String> {
    use diesel::prelude::*;
    use xinwu_persistence::schema::{rating, review};
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let all: Vec<Vec<u8>> = app
        .db()
        .read_blocking(|conn| {
            let dwellings: Vec<Vec<u8>> = rating::table.select(rating::dwelling).load(conn)?;
            let persons: Vec<Option<Vec<u8>>> = rating::table.select(rating::person).load(conn)?;
            let writers: Vec<Option<Vec<u8>>> = review::table.select(review::writer).load(conn)?;
            Ok(dwellings.into_iter().chain(persons.into_iter().chain(writers).flatten()).collect())
        })
        .unwrap();
    assert!(!all.is_empty());
    all.into_iter().map(hex).collect()
}
