//! Finding firms: by what people type, sorted, filtered, page by page.

use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::firm::NewFirm;

use crate::harness::TestApp;
use crate::harness::world::{
    COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, encode, plain_firm,
};

#[both]
fn a_firm_is_found_by_any_part_pinyin_initials_mixed_code_and_former_name(app: TestApp) {
    let vanke = app.firm_with(NewFirm {
        short_name: Some("万科服务".to_owned()),
        ..plain_firm("大连万科物业服务有限公司")
    });
    let other = app.firm("沈阳长城物业集团");
    let find = |q: &str| app.walk(&format!("/v1/firms?limit=1&q={}", encode(q)), "uscc", || {});
    for q in [
        "万科",
        "大连万科物业服务有限公司",
        "wanke",
        "dlwk",
        "大连wk",
        "wanke物业",
        "ＷＡＮＫＥ",
        "Wan Ke",
        "（万科）",
        "万科服务",
        "wkfw",
        vanke.as_str(),
    ] {
        assert_eq!(find(q), [vanke.clone()], "{q}");
    }
    for q in ["changcheng", "zhangcheng", "长城", &other[6..14]] {
        assert!(find(q).contains(&other), "{q}");
    }
    assert_eq!(find(&vanke[10..]), [vanke.clone()]);
    assert_eq!(find(&vanke.to_lowercase()[8..]), [vanke.clone()]);
    assert_eq!(find("恒大"), Vec::<String>::new());
    let district = app.official(Role::District, DISTRICT, false);
    app.patch(&format!("/v1/admin/firms/{vanke}"))
        .token(&district)
        .header("If-Match", "*")
        .json(&json!({"name": "大连万物云科技", "short_name": null}))
        .expect(200);
    for q in ["万科物业", "wkwy", "万物云", "wwy"] {
        assert_eq!(find(q), [vanke.clone()], "{q}");
    }
    assert_eq!(find("万科服务"), Vec::<String>::new());
}

#[both]
fn a_firm_is_found_by_the_estate_that_it_serves_now_after_those_found_by_name(app: TestApp) {
    let serving = app.firm("沈阳长城物业集团");
    let named = app.firm("大连幸福里物业有限公司");
    let estate = app.estate_named("幸福里小区", COMMUNITY, EstateKind::Professional, &["阳光苑"]);
    let find = |q: &str| app.walk(&format!("/v1/firms?limit=1&q={}", encode(q)), "uscc", || {});
    assert_eq!(find("幸福里"), [named.clone()]);
    let project = app.project(&estate, &serving);
    assert_eq!(find("幸福里"), [named.clone(), serving.clone()]);
    assert_eq!(find("xfl"), [named.clone(), serving.clone()]);
    assert_eq!(find("阳光"), [serving.clone()]);
    let street = app.official(Role::Street, STREET, false);
    app.patch(&format!("/v1/admin/projects/{project}"))
        .token(&street)
        .header("If-Match", "*")
        .json(&json!({"ends_on": "2026-11-21"}))
        .seconded(&app);
    assert_eq!(find("阳光"), [serving.clone()]);
    app.set_time("2026-11-21T16:00:00Z");
    assert_eq!(find("阳光"), Vec::<String>::new());
    assert_eq!(app.walk(&format!("/v1/firms?estate={estate}"), "uscc", || {}), Vec::<String>::new());
}

#[both]
fn every_order_is_walked_to_its_end_while_others_are_added(app: TestApp) {
    let mut all: Vec<(String, Option<i64>)> = Vec::new();
    for number in 0..9_i64 {
        let uscc = app.firm(&format!(
            "大连物业{}有限公司",
            ["安", "博", "昌", "德", "恩", "福", "广", "海", "佳"][usize::try_from(number).unwrap()]
        ));
        let score = (number % 3 != 2).then_some((number / 2) * 1000);
        app.graded(&uscc, score, "B");
        app.tallied(&uscc, 10, 40, score.map(|score| score + 30_000));
        all.push((uscc, score));
    }
    let mut inserted = 0;
    let mut walk = |query: &str| {
        let mut pages = 0;
        let known: Vec<String> = all.iter().map(|(uscc, _)| uscc.clone()).collect();
        let found = app.walk(&format!("/v1/firms?limit=2{query}"), "uscc", || {
            pages += 1;
            if pages > 2 {
                return;
            }
            inserted += 1;
            let new = app.firm(&format!("大连物业新{inserted}有限公司"));
            app.graded(&new, (inserted % 2 == 0).then_some(1500), "B");
        });
        let mut unique = found.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), found.len(), "{query}: an item twice");
        found.into_iter().filter(|uscc| known.contains(uscc)).collect::<Vec<String>>()
    };
    let by_name: Vec<String> = all.iter().map(|(uscc, _)| uscc.clone()).collect();
    assert_eq!(walk(""), by_name);
    assert_eq!(walk("&sort=name"), by_name);
    assert_eq!(walk("&sort=-name"), by_name.iter().rev().cloned().collect::<Vec<_>>());
    let by_score = |descending: bool| {
        let mut sorted = all.clone();
        sorted.sort_by_key(|(uscc, score)| {
            (score.is_none(), score.map(|score| if descending { -score } else { score }), uscc.clone())
        });
        sorted.into_iter().map(|(uscc, _)| uscc).collect::<Vec<_>>()
    };
    for column in ["score", "service"] {
        assert_eq!(walk(&format!("&sort={column}")), by_score(false), "{column}");
        assert_eq!(walk(&format!("&sort=-{column}")), by_score(true), "-{column}");
        assert_eq!(walk(&format!("&sort=-{column}&q=wuye")), by_score(true), "-{column} of a query");
    }
    let mut by_relevance = walk("&q=wuye");
    let mut backwards = walk("&q=wuye&sort=-relevance");
    backwards.reverse();
    assert_eq!(by_relevance, backwards);
    by_relevance.sort();
    let mut expected = by_name;
    expected.sort();
    assert_eq!(by_relevance, expected);
}

#[both]
fn a_place_of_any_level_finds_those_registered_there_or_serving_there(app: TestApp) {
    let here = app
        .firm_with(NewFirm { registered_place: OTHER_DISTRICT.to_owned(), ..plain_firm("大连甲物业") });
    let serving = app.firm("大连乙物业");
    let estate = app.estate(OTHER_COMMUNITY, EstateKind::Professional);
    app.project(&estate, &serving);
    let find = |query: &str| app.walk(&format!("/v1/firms?limit=1{query}"), "uscc", || {});
    let other_street = &OTHER_COMMUNITY[..9];
    assert_eq!(find("&place=2102"), [here.clone(), serving.clone()]);
    assert_eq!(find(&format!("&place={OTHER_DISTRICT}")), [here.clone(), serving.clone()]);
    assert_eq!(find(&format!("&place={other_street}")), [serving.clone()]);
    assert_eq!(find(&format!("&place={OTHER_COMMUNITY}")), [serving.clone()]);
    assert_eq!(find(&format!("&place={DISTRICT}")), [serving.clone()]);
    assert_eq!(find(&format!("&estate={}", estate.to_lowercase())), [serving.clone()]);
    assert_eq!(find(&format!("&place={OTHER_DISTRICT}&q={}", encode("甲"))), [here.clone()]);
    // A functional zone takes the street over: permissions and places follow the parent, not the
    // code.
    let city = app.official(Role::City, "2102", false);
    app.post("/v1/admin/places")
        .token(&city)
        .json(&json!({"code": "2102X01", "level": "district", "name": "高新区", "parent": "2102"}))
        .expect(201);
    app.patch(&format!("/v1/admin/places/{other_street}"))
        .token(&city)
        .header("If-Match", "*")
        .json(&json!({"parent": "2102X01"}))
        .seconded(&app);
    assert_eq!(find("&place=2102X01"), [serving]);
    assert_eq!(find(&format!("&place={OTHER_DISTRICT}")), [here]);
}

#[both]
fn grade_and_list_are_by_the_primary_scheme(app: TestApp) {
    let (good, bad) = (app.firm("大连甲物业"), app.firm("大连乙物业"));
    app.graded(&good, Some(90_000), "AAA");
    app.graded(&bad, Some(50_000), "C");
    let listed = |uscc: &str, list: &str, ends: &str| {
        format!(
            "INSERT INTO list_entry (list, subject_kind, subject_id, scheme, listed_at, ends_on, reason_zh, reason_en) \
                VALUES ('{list}', 'firm', '{uscc}', 'dalian-demo', '2026-11-01 00:00:00', {ends}, '优秀', 'excellent')"
        )
    };
    let clear = "DELETE FROM list_entry".to_owned();
    app.sql(
        &[
            clear,
            listed(&good, "red", "NULL"),
            listed(&bad, "red", "'2026-11-20'"),
            listed(&bad, "black", "'2026-11-21'"),
        ],
        &good,
    );
    let find = |query: &str| app.walk(&format!("/v1/firms?{query}"), "uscc", || {});
    assert_eq!(find("grade=AAA"), [good.clone()]);
    assert_eq!(find("grade=C"), [bad.clone()]);
    assert_eq!(find("list=red"), [good.clone()]);
    assert_eq!(find("list=black"), [bad.clone()]);
    assert_eq!(app.get("/v1/firms?grade=C&count=true").expect(200).json()["page"]["total"], 1);
    let item = app.get("/v1/firms?list=red").english().expect(200).json()["items"][0].clone();
    assert_eq!(
        (&item["lists"][0]["list"], &item["lists"][0]["reason"], &item["credit"]["grade"]),
        (&json!("red"), &json!("excellent"), &json!("AAA"))
    );
    assert!(item["service"].get("distribution").is_none() && item["service"].get("dimensions").is_none());
}

#[both]
fn made_up_parameters_and_cursors_are_refused_by_name(app: TestApp) {
    app.firm("大连甲物业");
    app.firm("大连乙物业");
    for (query, name) in [
        ("sort=price", "sort"),
        ("sort=relevance", "sort"),
        ("sort=--name", "sort"),
        ("list=grey", "list"),
        ("place=1", "place"),
        ("estate=x", "estate"),
        ("q=", "q"),
        ("q=%20", "q"),
        ("limit=101", "limit"),
        ("cursor=x", "cursor"),
        ("grade=", "grade"),
        ("colour=red", "colour"),
        ("q=a&q=b", "q"),
    ] {
        assert_eq!(
            app.get(&format!("/v1/firms?{query}")).refused(400, "bad_parameter").faults()[0].0,
            name,
            "{query}"
        );
    }
    app.get(&format!("/v1/firms?q={}", "a".repeat(65))).refused(400, "bad_parameter");
    let cursor =
        app.get("/v1/firms?limit=1").expect(200).json()["page"]["next_cursor"].as_str().unwrap().to_owned();
    app.get(&format!("/v1/firms?limit=1&sort=-name&cursor={cursor}")).refused(400, "bad_parameter");
}

#[both]
fn a_page_is_a_part_of_the_whole_list_in_either_direction_and_the_same_with_and_without_memory(app: TestApp) {
    let without = TestApp::start_with(app.backend, |config| {
        config.database.clone_from(&app.state.config().database);
        config.cache_mebibytes = 0;
    });
    for number in 0..7 {
        let named =
            app.firm(&format!("大连{}物业有限公司", ["安", "博", "安", "德", "安", "福", "广"][number]));
        let through = app.firm(&format!("沈阳{}集团", ["安", "博", "昌", "昌", "恩", "福", "广"][number]));
        let estate = app.estate_named(
            &format!("物业小区{}", number % 3),
            COMMUNITY,
            EstateKind::Professional,
            &["五叶园"],
        );
        app.project(&estate, if number % 4 == 3 { &named } else { &through });
    }
    for q in ["wuye", "wy", "物业", "大连", "安", "an"] {
        for sort in ["relevance", "-relevance"] {
            let path = |limit: usize| format!("/v1/firms?sort={sort}&limit={limit}&q={}", encode(q));
            let whole = app.walk(&path(100), "uscc", || {});
            assert!(!whole.is_empty(), "{q}");
            for limit in [1, 3, whole.len()] {
                assert_eq!(app.walk(&path(limit), "uscc", || {}), whole, "{q} {sort} by {limit}");
            }
            // Counting asks the database for the page: the same page, with the total.
            let counted = app.get(&format!("{}&count=true", path(3))).expect(200);
            let expected = counted.text.replace(&format!(",\"total\":{}", whole.len()), "");
            assert_ne!(counted.text, expected, "{q}");
            for app in [&app, &app, &without] {
                let page = app.get(&path(3)).expect(200);
                assert_eq!(
                    (page.text.as_str(), page.header("Link")),
                    (expected.as_str(), counted.header("Link").replace("count=true&", "").as_str()),
                    "{q} {sort}"
                );
            }
        }
        let mut backwards =
            app.walk(&format!("/v1/firms?sort=-relevance&limit=2&q={}", encode(q)), "uscc", || {});
        backwards.reverse();
        assert_eq!(app.walk(&format!("/v1/firms?limit=2&q={}", encode(q)), "uscc", || {}), backwards, "{q}");
    }
}

#[both]
fn what_a_search_found_is_invalidated_when_a_name_or_a_term_changes(app: TestApp) {
    let firm = app.firm("大连旧名物业有限公司");
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let of_estate =
        app.get(&format!("/v1/estates/{estate}")).expect(200).json()["name"].as_str().unwrap().to_owned();
    let found = |q: &str| -> Vec<String> {
        let page = app.get(&format!("/v1/firms?q={}", encode(q))).expect(200).json();
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["uscc"].as_str().unwrap().to_owned())
            .collect()
    };
    let nobody: Vec<String> = Vec::new();
    assert_eq!(
        (found("改头换面"), found("后来居上"), found(&of_estate)),
        (nobody.clone(), nobody.clone(), nobody)
    );
    let district = app.official(Role::District, DISTRICT, false);
    let renamed = json!({"name": "大连改头换面物业有限公司"});
    app.patch(&format!("/v1/admin/firms/{firm}"))
        .token(&district)
        .header("If-Match", "*")
        .json(&renamed)
        .expect(200);
    assert_eq!(found("改头换面"), [firm.clone()]);
    let later = app.firm("大连后来居上物业有限公司");
    assert_eq!(found("后来居上"), [later]);
    app.project(&estate, &firm);
    assert_eq!(found(&of_estate), [firm]);
}

#[both]
fn a_cached_item_of_a_list_shows_what_was_written_at_once_and_speaks_the_language_asked_for(app: TestApp) {
    let stage = app.stage();
    let other = app.firm("大连另一物业有限公司");
    app.graded(&other, Some(50_000), "C");
    let find = |english: bool| {
        let call = app.get(&format!("/v1/firms?q={}", stage.uscc));
        let page = if english { call.english() } else { call }.expect(200).json();
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        page["items"][0].clone()
    };
    let before = find(false);
    assert_eq!((&find(false), &before["credit"]["grade"]), (&before, &json!("B")));
    app.graded(&stage.uscc, Some(90_000), "AAA");
    assert_eq!(find(false)["credit"]["grade"], "AAA");
    app.graded(&other, Some(90_000), "AAA");
    let list = format!(
        "INSERT INTO list_entry (list, subject_kind, subject_id, scheme, listed_at, ends_on, reason_zh, reason_en) \
             VALUES ('red', 'firm', '{}', 'dalian-demo', '2026-11-01 00:00:00', '2026-11-21', '优秀', 'excellent')",
        stage.uscc
    );
    app.sql(std::slice::from_ref(&list), &stage.uscc);
    for _ in 0..2 {
        assert_eq!(
            (&find(false)["lists"][0]["reason"], &find(true)["lists"][0]["reason"]),
            (&json!("优秀"), &json!("excellent"))
        );
    }
    find(false);
    app.increment(&stage.project, "2026-11", [0, 0, 0, 0, 5]);
    let card = app.get(&format!("/v1/firms/{}", stage.uscc)).expect(200).json();
    assert_ne!(card["service"]["score"], before["service"]["score"]);
    assert_eq!(
        (&find(false)["service"]["score"], &find(false)["service"]["count"]),
        (&card["service"]["score"], &json!(5))
    );
    let district = app.official(Role::District, DISTRICT, false);
    for name in ["大连万物云科技", "大连万物生"] {
        app.patch(&format!("/v1/admin/firms/{}", stage.uscc))
            .token(&district)
            .header("If-Match", "*")
            .json(&json!({"name": name}))
            .expect(200);
        assert_eq!((&find(false)["name"], &find(true)["name"]), (&json!(name), &json!(name)));
    }
    let city = app.official(Role::City, "2102", false);
    app.patch(&format!("/v1/admin/places/{DISTRICT}"))
        .token(&city)
        .header("If-Match", "*")
        .json(&json!({"name": "新中山区"}))
        .expect(200);
    assert!(find(false)["registered_place"]["name"].as_str().unwrap().contains("新中山区"));
    // The day alone ends the list's term. (An evaluation since has taken the entry away.)
    app.sql(&["DELETE FROM list_entry".to_owned(), list], &stage.uscc);
    app.set_time("2026-11-21T15:59:59Z");
    assert_eq!(find(false)["lists"].as_array().unwrap().len(), 1);
    app.set_time("2026-11-21T16:00:00Z");
    assert_eq!(find(false)["lists"], json!([]));
}
