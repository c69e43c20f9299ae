//! What is kept of a firm's voices is what counting them gives: after each kind of write, over the turn of a month, and where an earlier program wrote.

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_persistence::schema::tally;

use crate::harness::TestApp;
use crate::harness::voices::{Stage, Voice};

const MONTH: &str = "2026-11";

/// The sums that are kept of a firm.
fn kept(app: &TestApp, uscc: &str) -> Option<Value> {
    let uscc = uscc.to_owned();
    let text: Option<String> = app
        .db()
        .read_blocking(move |conn| Ok(tally::table.find(("firm", uscc)).select(tally::sums).first(conn)?))
        .unwrap();
    text.map(|text| serde_json::from_str(&text).unwrap())
}

/// The card's voices, which are those that the firm's ratings give, added up from the months.
fn service(app: &TestApp, uscc: &str) -> Value {
    let service = app.get(&format!("/v1/firms/{uscc}")).expect(200).json()["service"].clone();
    let ratings = app.firm_ratings(uscc);
    for (figure, value) in service.as_object().unwrap() {
        assert_eq!(value, &ratings[figure], "{figure}");
    }
    service
}

fn say(app: &TestApp, voice: &Voice, stage: &Stage, body: &Value) {
    let reply = app.rating(voice, &stage.project, MONTH).json(body).send();
    assert!(matches!(reply.status, 200 | 201), "{}", reply.text);
}

both! {
    fn the_sums_follow_every_voice(app) {
        let stage = app.stage();
        let voices = app.voices(&stage.estate, 7);
        for voice in &voices {
            say(&app, voice, &stage, &json!({"overall": 4, "dimensions": {"cleaning": 5, "attitude": 2}}));
        }
        let all = kept(&app, &stage.uscc).unwrap();
        assert_eq!((&all["month"], &all["stars"]), (&json!(MONTH), &json!([0, 0, 0, 7, 0])));
        assert_eq!(all["dimensions"], json!([[7, 35], [0, 0], [0, 0], [0, 0], [7, 14]]));
        assert_eq!(service(&app, &stage.uscc)["dimensions"]["cleaning"], json!({"mean": 5, "count": 7}));
        // Only a dimension changes, then the stars, then nothing; one takes it back and gives it again; a home gets another voice.
        say(&app, &voices[0], &stage, &json!({"overall": 4, "dimensions": {"cleaning": 1, "security": 3}}));
        assert_eq!(kept(&app, &stage.uscc).unwrap()["dimensions"], json!([[7, 31], [1, 3], [0, 0], [0, 0], [6, 12]]));
        service(&app, &stage.uscc);
        for overall in [1, 1] {
            say(&app, &voices[1], &stage, &json!({"overall": overall}));
            assert_eq!(kept(&app, &stage.uscc).unwrap()["stars"], json!([1, 0, 0, 6, 0]));
            service(&app, &stage.uscc);
        }
        app.delete(&format!("/v1/me/ratings/{}/{MONTH}", stage.project)).token(&voices[2].token).expect(204);
        assert_eq!(kept(&app, &stage.uscc).unwrap()["stars"], json!([1, 0, 0, 5, 0]));
        assert_eq!(service(&app, &stage.uscc)["count"], 6);
        say(&app, &voices[2], &stage, &json!({"overall": 5}));
        // Another project of the firm, and one of another.
        let (second, elsewhere) = (app.stage_of(&stage.uscc), app.stage());
        for stage in [&second, &elsewhere] {
            for voice in app.voices(&stage.estate, 5) {
                say(&app, &voice, stage, &json!({"overall": 2, "dimensions": {"greening": 2}}));
            }
        }
        assert_eq!(kept(&app, &stage.uscc).unwrap()["stars"], json!([1, 5, 0, 5, 1]));
        assert_eq!(service(&app, &stage.uscc)["count"], 12);
        assert_eq!(service(&app, &elsewhere.uscc)["count"], 5);
    }

    fn the_card_shows_what_is_kept_while_it_is_of_its_month(app) {
        let stage = app.stage();
        for voice in app.voices(&stage.estate, 6) {
            app.rate(&voice, &stage.project, MONTH, 4);
        }
        // The months say otherwise, so what is shown is what is kept.
        app.sql(&["UPDATE rating_month SET four = 3, five = 3".to_owned()], &stage.uscc);
        let count = |path: String| app.get(&path).expect(200).json();
        let card = || count(format!("/v1/firms/{}", stage.uscc))["service"].clone();
        assert_eq!(card()["distribution"], json!({"1": 0, "2": 0, "3": 0, "4": 6, "5": 0}));
        // In the next month other twelve are asked for: the clock has not moved the window yet, and they are added up.
        app.set_time("2026-11-30T16:00:00Z");
        assert_eq!(card()["distribution"], json!({"1": 0, "2": 0, "3": 0, "4": 3, "5": 3}));
        assert_eq!(kept(&app, &stage.uscc).unwrap()["month"], MONTH);
        app.tick();
        let sums = kept(&app, &stage.uscc).unwrap();
        assert_eq!((&sums["month"], &sums["stars"]), (&json!("2026-12"), &json!([0, 0, 0, 3, 3])));
        service(&app, &stage.uscc);
    }

    fn a_burst_takes_its_voices_out_of_the_sums(app) {
        let stage = app.stage();
        let voices = app.voices(&stage.estate, 20);
        voices[..19].iter().for_each(|voice| { app.rate(voice, &stage.project, MONTH, 5); });
        assert_eq!(kept(&app, &stage.uscc).unwrap()["stars"], json!([0, 0, 0, 0, 19]));
        app.rate(&voices[19], &stage.project, MONTH, 5);
        assert_eq!(kept(&app, &stage.uscc).unwrap()["stars"], json!([0, 0, 0, 0, 0]));
        service(&app, &stage.uscc);
    }

    fn what_the_program_before_counts_is_no_longer_what_is_kept(app) {
        let stage = app.stage();
        let voices = app.voices(&stage.estate, 7);
        voices[..6].iter().for_each(|voice| { app.rate(voice, &stage.project, MONTH, 4); });
        assert!(kept(&app, &stage.uscc).is_some());
        // It changes a dimension: neither voices nor stars are others then.
        let dimension = "UPDATE rating_month SET cleaning_count = 5, cleaning_sum = 10".to_owned();
        let same = format!("UPDATE tally SET voices = 6, stars = 24 WHERE subject_kind = 'firm' AND subject_id = '{}'", stage.uscc);
        app.sql(&[dimension, same], &stage.uscc);
        assert_eq!(kept(&app, &stage.uscc), None);
        assert_eq!(service(&app, &stage.uscc)["dimensions"]["cleaning"], json!({"mean": 2, "count": 5}));
        // From the next voice on they are kept again.
        app.rate(&voices[6], &stage.project, MONTH, 1);
        let sums = kept(&app, &stage.uscc).unwrap();
        assert_eq!((&sums["stars"], &sums["dimensions"][0]), (&json!([1, 0, 0, 6, 0]), &json!([5, 10])));
        service(&app, &stage.uscc);
    }
}
