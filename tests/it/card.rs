//! A firm's card.

use serde_json::{Value, json};
use xinwu_domain::access::Role;
use xinwu_domain::calendar::DEFAULT_ZONE;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::subject::Subject;
use xinwu_domain::text::Language;
use xinwu_persistence::{Conn, Reading, firm, standing};

use crate::harness::world::{COMMUNITY, DISTRICT};

both! {
    fn the_card_has_its_fields_in_their_order(app) {
        let uscc = app.firm("大连示例物业管理有限公司");
        let reply = app.get(&format!("/v1/firms/{uscc}")).expect(200);
        let keys: Vec<&str> = ["uscc", "name", "short_name", "former_names", "successors", "parent", "branches", "status", "registered_place", "demo", "credit", "other_credits", "service",
            "records", "lists", "projects", "updated_at"].to_vec();
        let at: Vec<usize> = keys.iter().map(|key| reply.text.find(&format!("\"{key}\":")).unwrap()).collect();
        assert!(at.is_sorted(), "{}", reply.text);
        let card = reply.json();
        assert_eq!(card.as_object().unwrap().len(), keys.len());
        assert_eq!((&card["credit"]["outcome"], &card["credit"]["score"], &card["credit"]["grade"]), (&json!("not_evaluated"), &json!(null), &json!(null)));
        assert_eq!((&card["service"]["score"], &card["service"]["count"], &card["service"]["mean"]), (&json!(3.5), &json!(0), &json!(null)));
        app.get(&format!("/v1/firms/{uscc}")).header("If-None-Match", reply.etag()).expect(304);
    }

    fn the_card_shows_grade_voices_and_projects(app) {
        let uscc = app.firm("大连示例物业管理有限公司");
        let estate = app.estate(COMMUNITY, EstateKind::Professional);
        let project = app.project(&estate, &uscc);
        app.graded(&uscc, Some(81_875), "AA");
        app.voiced(&uscc, &project, "2026-11", [0, 0, 2, 4, 10], (6, 27));
        app.voiced(&uscc, &project, "2025-12", [0, 0, 0, 0, 4], (0, 0));
        app.voiced(&uscc, &project, "2025-11", [100, 0, 0, 0, 0], (100, 100));
        let card = app.get(&format!("/v1/firms/{uscc}")).expect(200).json();
        assert_eq!((&card["credit"]["score"], &card["credit"]["grade"], &card["credit"]["effective_from"]), (&json!(81.875), &json!("AA"), &json!("2026-11-01T00:00:00Z")));
        // 20 voices that give 92 stars: (24.5 + 92) / 27 = 4.3148; a month that is thirteen months old does not count.
        assert_eq!(card["service"], json!({
            "score": 4.3148, "mean": 4.6, "count": 20, "distribution": {"1": 0, "2": 0, "3": 2, "4": 4, "5": 14},
            "dimensions": {"cleaning": {"mean": 4.5, "count": 6}, "security": null, "greening": null, "maintenance": null, "attitude": null}, "reason": null
        }));
        assert_eq!(card["projects"], json!({"count": 1, "area_m2": 10000}));
        let page = app.get(&format!("/v1/projects/{project}")).expect(200).json();
        assert_eq!(page["service"], card["service"]);
    }

    fn a_card_by_one_statement_is_the_card_by_many(app) {
        let (plain, renamed) = (app.firm("大连甲物业管理有限公司"), app.firm("大连乙物业管理有限公司"));
        for uscc in [&plain, &renamed] {
            let estate = app.estate(COMMUNITY, EstateKind::Professional);
            let project = app.project(&estate, uscc);
            app.graded(uscc, Some(81_875), "AA");
            app.voiced(uscc, &project, "2026-11", [0, 0, 2, 4, 10], (6, 27));
        }
        let second = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &plain);
        app.voiced(&plain, &second, "2026-10", [0, 0, 0, 9, 0], (0, 0));
        app.patch(&format!("/v1/admin/firms/{renamed}"))
            .token(&app.official(Role::District, DISTRICT, false))
            .header("If-Match", "*")
            .json(&json!({"name": "大连丙物业管理有限公司"}))
            .expect(200);
        for uscc in [&plain, &renamed] {
            let subject = Subject::firm(uscc);
            app.db().write_blocking(move |tx| standing::refresh_tally(tx, &subject)).unwrap();
        }
        let reading = Reading { language: Language::Chinese, fewest_voices: 5, now: app.now(), zone: DEFAULT_ZONE };
        let read = |uscc: &str| {
            let uscc = uscc.to_owned();
            let both = move |conn: &mut Conn| Ok((firm::card_at_once(conn, &uscc, &reading)?, firm::card(conn, &uscc, &reading)?));
            app.db().read_blocking(both).unwrap()
        };
        let (at_once, by_many) = read(&plain);
        assert_eq!((at_once.unwrap(), by_many.0.projects.count), (by_many.clone(), 2));
        // A former name is a row of another table.
        let (at_once, by_many) = read(&renamed);
        assert_eq!((at_once, by_many.0.former_names.len()), (None, 1));
        for (uscc, count) in [(&plain, 25), (&renamed, 16)] {
            assert_eq!(app.get(&format!("/v1/firms/{uscc}")).expect(200).json()["service"]["count"], count);
        }
    }

    fn few_voices_are_not_shown_nor_can_they_be_had_by_subtracting(app) {
        let uscc = app.firm("大连示例物业管理有限公司");
        let project = |counts| {
            let project = app.project(&app.estate(COMMUNITY, EstateKind::Professional), &uscc);
            app.voiced(&uscc, &project, "2026-11", counts, (0, 0));
            project
        };
        let few = project([0, 0, 0, 0, 4]);
        let hidden = |path: String| {
            let service: Value = app.get(&path).expect(200).json()["service"].clone();
            let nulls = json!({"score": null, "mean": null, "count": null, "distribution": null, "dimensions": null, "reason": "too_few_voices"});
            service == nulls
        };
        assert!(hidden(format!("/v1/firms/{uscc}")) && hidden(format!("/v1/projects/{few}")));
        let many = project([0, 0, 0, 10, 0]);
        let most = project([0, 0, 0, 20, 0]);
        // The firm's 34 less the 30 of the other two would be the 4: so the smaller of the two is hidden as well.
        assert!(!hidden(format!("/v1/firms/{uscc}")));
        assert!(hidden(format!("/v1/projects/{few}")) && hidden(format!("/v1/projects/{many}")));
        assert!(!hidden(format!("/v1/projects/{most}")));
    }
}
