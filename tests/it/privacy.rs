//! "Nobody, officials included, sees who rated": every answer after ratings is searched for what could name a rater.

use serde_json::json;
use xinwu_domain::access::Role;

use crate::harness::world::{COMMUNITY, DISTRICT, STREET};

const MONTH: &str = "2026-11";

both! {
    fn no_answer_to_the_public_or_to_officials_names_a_rater(app) {
        let stage = app.stage();
        let voices = app.voices(&stage.estate, 8);
        // A burst on another project of the firm: on this one it would take the reviews away that are searched here.
        let other = app.stage_of(&stage.uscc);
        let later = app.voices(&other.estate, 20);
        // Claims are made before: their own time is theirs, the ratings' must not show.
        app.set_time("2026-11-21T07:41:53.123456Z");
        for (place, voice) in voices.iter().enumerate() {
            let comment = if place == 0 { "电话 13900001111".to_owned() } else { format!("意见{place}") };
            app.rating(voice, &stage.project, MONTH).json(&json!({"overall": 4, "comment": comment})).expect(201);
        }
        let review = app.get(&format!("/v1/firms/{}/reviews", stage.uscc)).expect(200).json()["items"][0]["id"].as_str().unwrap().to_owned();
        app.post(&format!("/v1/reviews/{review}/flags")).token(&app.renewed(&voices[3].id)).json(&json!({"reason": "不实"})).expect(201);
        later.iter().for_each(|voice| { app.rate(voice, &other.project, MONTH, 5); });
        app.set_time("2026-11-22T02:00:00Z");
        let firm = app.firm_account(&stage.uscc);
        app.put(&format!("/v1/reviews/{review}/reply")).token(&firm).json(&json!({"text": "谢谢"})).expect(201);

        let secrets: Vec<String> = voices.iter().chain(&later)
            .flat_map(|voice| [voice.id.clone(), voice.phone.clone(), app.state.secrets().phone_hash(&voice.phone), voice.household.clone(), voice.room.clone()])
            .chain(["07:41".to_owned(), "15:41".to_owned(), "53.123".to_owned()])
            .chain(rating_ids(&app))
            .collect();
        let (uscc, project, estate) = (&stage.uscc, &stage.project, &stage.estate);
        let public = [
            format!("/v1/firms/{uscc}"), format!("/v1/firms/{uscc}/ratings"), format!("/v1/firms/{uscc}/ratings?from=2026-11"),
            format!("/v1/firms/{uscc}/reviews"), format!("/v1/firms/{uscc}/projects"), format!("/v1/firms/{uscc}/evaluation"),
            format!("/v1/firms/{uscc}/evaluations"), format!("/v1/projects/{project}"), format!("/v1/projects/{project}/ratings"), format!("/v1/projects/{}/ratings", other.project),
            format!("/v1/projects/{project}/reviews?count=true"), format!("/v1/projects/{project}/evaluation"), format!("/v1/estates/{estate}"),
            "/v1/firms".to_owned(), "/v1/estates".to_owned(), "/v1/rankings?by=service".to_owned(), "/v1/statistics".to_owned(), format!("/v1/compare?firms={uscc}"),
        ];
        // Who gets what of it: the community's, the street's, the district's and the city's official, the firm and the operator.
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
            app.official(Role::Community, COMMUNITY, false), app.official(Role::Street, STREET, true),
            app.official(Role::District, DISTRICT, true), app.official(Role::City, "2102", true), firm.clone(), app.admin(),
        ];
        // A path that is misspelt or refused would be searched for nothing: each answer is the one that is expected.
        let search = |path: &str, token: Option<&String>, status: u16| {
            let call = app.get(path);
            let reply = match token { Some(token) => call.token(token), None => call }.expect(status);
            for secret in &secrets {
                assert!(!reply.text.contains(secret), "{path} shows {secret}: {}", reply.text);
                assert!(!format!("{:?}", reply.headers).contains(secret), "{path} shows {secret} in a header");
            }
        };
        // Nor would an answer that has nothing to tell.
        assert_eq!(app.get(&format!("/v1/projects/{project}/reviews?count=true")).expect(200).json()["page"]["total"], 7);
        assert_eq!(app.get("/v1/admin/bursts").token(&askers[2]).expect(200).json()["items"][0]["voices"], 20);
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
        for voice in voices.iter().chain(&later) {
            for secret in [&voice.id, &voice.phone] {
                assert!(!audit.text.contains(secret), "the audit shows {secret}: {}", audit.text);
            }
        }
        assert!(rating_ids(&app).iter().all(|id| !audit.text.contains(id)), "the audit shows a rating");
    }
}

/// The ids of ratings are nobody's but the database's.
fn rating_ids(app: &crate::harness::TestApp) -> Vec<String> {
    app.db()
        .read_blocking(|conn| {
            use diesel::prelude::*;
            use xinwu_persistence::schema::rating;
            Ok(rating::table.select(rating::id).load(conn)?)
        })
        .unwrap()
}
