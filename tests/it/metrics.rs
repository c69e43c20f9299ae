//! Metrics: the catalogue, figures that officials and firms report, who confirms them, and who
//! reads them.

use chrono::Duration;
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::metric::{MetricSubject, MetricSubjectKind};
use xinwu_domain::thousandths::Thousandths;
use xinwu_persistence::credit::metric;

use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET};
use crate::harness::{Call, TestApp};
use crate::imports::{CSV, fault, faults, import_file, rows};
use crate::scheme_drafts::second_version;

const ADMIN: &str = "/v1/admin/metrics";

fn put(app: &TestApp, token: &str, of: &str, value: f64) -> Call {
    let body = json!({"value": value, "source": "季报"});
    app.put(&format!("{ADMIN}/{of}")).token(token).json(&body)
}

fn step(app: &TestApp, token: &str, report: &Value, step: &str) -> Call {
    let id = report["id"].as_str().unwrap();
    app.post(&format!("{ADMIN}/{id}/{step}")).token(token).header("If-Match", "*")
}

/// An official of the district who enters, and one who confirms.
fn two(app: &TestApp) -> (String, String) {
    (app.official(Role::District, DISTRICT, false), app.official(Role::District, DISTRICT, true))
}

fn texts(call: Call) -> Vec<(String, String, String)> {
    let refused = call.header("Accept-Language", "en").refused(422, "invalid").json();
    let text = |fault: &Value, field: &str| fault[field].as_str().unwrap().to_owned();
    let errors = refused["errors"].as_array().unwrap();
    errors.iter().map(|each| (text(each, "pointer"), text(each, "code"), text(each, "detail"))).collect()
}

fn told(pointer: &str, code: &str, detail: &str) -> Vec<(String, String, String)> {
    vec![(pointer.to_owned(), code.to_owned(), detail.to_owned())]
}

#[both]
fn the_catalogue_says_which_figures_there_are(app: TestApp) {
    let all = app.get("/v1/metrics?limit=100").expect(200).json();
    let find =
        |key: &str| all["items"].as_array().unwrap().iter().find(|each| each["key"] == key).cloned().unwrap();
    let fees = find("fee_collection_rate");
    assert_eq!((&fees["least"], &fees["most"], &fees["unit"]), (&json!(0), &json!(100), &json!("percent")));
    assert_eq!(fees["reporters"], json!(["official", "firm"]));
    assert_eq!(find("case_on_time_rate")["reporters"], json!(["system"]));
    assert_eq!(find("survey_satisfaction")["method"], "survey");
    let places = app.get("/v1/metrics?subject_kind=place&limit=2&count=true").expect(200).json();
    assert_eq!(places["items"].as_array().unwrap().len(), 2);
    assert!(places["page"]["next_cursor"].is_string() && places["page"]["total"].as_i64() > Some(2));
}

#[both]
fn what_the_catalogue_does_not_allow_is_refused_with_what_it_does(app: TestApp) {
    let (enters, _) = two(&app);
    let uscc = app.firm("甲物业");
    let of = |key: &str, period: &str| format!("firm/{uscc}/{key}/{period}");
    let fees = of("fee_collection_rate", "2026-05");
    let bounds = told("/value", "out_of_bounds", "fee_collection_rate lies between 0 and 100");
    assert_eq!(texts(put(&app, &enters, &fees, 950.0)), bounds);
    assert_eq!(texts(put(&app, &enters, &fees, -3.0)), bounds);
    assert_eq!(
        texts(put(&app, &enters, &of("fee_colection_rate", "2026-05"), 95.0)),
        told(
            "/key",
            "unknown_metric",
            "the catalogue has no metric fee_colection_rate: did you mean fee_collection_rate?"
        )
    );
    assert_eq!(
        texts(put(&app, &enters, &of("years_in_business", "2026-05"), 5.0)),
        told(
            "/period",
            "period_kind",
            "the period must be a quarter (YYYY-Q1|Q2|Q3|Q4) or a half-year (YYYY-H1|H2) or a year (YYYY)"
        )
    );
    assert_eq!(
        texts(put(&app, &enters, &of("joint_meeting_rate", "2026-05"), 95.0)),
        told("/subject_kind", "metric_subject", "joint_meeting_rate is of a place")
    );
    assert_eq!(
        texts(put(&app, &enters, &of("case_on_time_rate", "2026-05"), 95.0)),
        told("/key", "reporter", "case_on_time_rate is entered by the service alone")
    );
    assert_eq!(
        texts(put(&app, &enters, &of("fee_collection_rate", "2026-12"), 95.0))[0].1,
        "period_not_begun"
    );
    // What is wrong with the form is told with the rest.
    let bad = json!({"value": 950, "source": " "});
    let found =
        app.put(&format!("{ADMIN}/{fees}")).token(&enters).json(&bad).refused(422, "invalid").faults();
    let found: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(found, ["/source", "/value"]);
    let phone = json!({"value": 95, "source": "王会计13912345678"});
    let found =
        app.put(&format!("{ADMIN}/{fees}")).token(&enters).json(&phone).refused(422, "invalid").faults();
    assert_eq!(found, [("/source".to_owned(), "personal_information".to_owned())]);
    // A month is taken.
    let taken = put(&app, &enters, &fees, 95.0).expect(201).json();
    assert_eq!((&taken["period"], &taken["state"]), (&json!("2026-05"), &json!("submitted")));
}

#[both]
fn a_figure_counts_once_another_official_has_confirmed_it(app: TestApp) {
    let (enters, confirms) = two(&app);
    let uscc = app.firm("甲物业");
    let public = format!("/v1/firms/{uscc}/metrics");
    let listed = || app.get(&public).expect(200).json()["items"].clone();
    let of = format!("firm/{uscc}/fee_collection_rate/2026-05");
    let first = put(&app, &enters, &of, 95.0).expect(201);
    assert_eq!(listed(), json!([]));
    // Its own side replaces it with its entity tag; the one of before is no second person.
    put(&app, &enters, &of, 96.0).refused(428, "if_match_required");
    let other = app.official(Role::District, DISTRICT, true);
    let second = put(&app, &other, &of, 96.0).header("If-Match", first.etag()).expect(200).json();
    step(&app, &confirms, &first.json(), "confirm").refused(409, "wrong_state");
    step(&app, &enters, &second, "confirm").refused(403, "no_power_to_confirm");
    step(&app, &other, &second, "confirm").refused(403, "second_person_needed");
    let inbox = app.get("/v1/admin/inbox?kind=metric").token(&confirms).expect(200).json();
    assert_eq!(
        (&inbox["items"][0]["id"], &inbox["items"][0]["may"]),
        (&second["id"], &json!(["confirm_metric", "return_metric"]))
    );
    assert_eq!(app.get("/v1/admin/inbox?kind=metric").token(&other).expect(200).json()["items"], json!([]));
    let held = step(&app, &confirms, &second, "confirm").expect(200).json();
    assert_eq!((&held["state"], &held["counts_from"]), (&json!("in_force"), &json!("2026-06-01")));
    step(&app, &confirms, &second, "confirm").refused(409, "wrong_state");
    assert_eq!(
        listed(),
        json!([{
            "subject_kind": "firm", "subject": uscc, "key": "fee_collection_rate", "name": "物业费收缴率", "unit": "percent",
            "period": "2026-05", "value": 96, "source": "季报", "reporter": "official", "method": null, "counts_from": "2026-06-01",
            "known_from": "2026-11-21T02:00:00Z", "former": []
        }])
    );
    let page = app.get(&format!("/firms/{uscc}")).expect(200).text;
    assert!(page.contains("物业费收缴率") && page.contains("2026年5月") && page.contains("96%"), "{page}");
    let notices = app.get("/v1/me/notices").token(&other).expect(200).json();
    assert_eq!(
        (&notices["items"][0]["kind"], &notices["items"][0]["text"], &notices["items"][0]["about"]["id"]),
        (&json!("metric_confirmed"), &json!("您填报的甲物业（2026-05）指标已确认生效"), &held["id"])
    );
}

#[both]
fn what_everyone_reads_keeps_its_history_and_what_is_not_public_is_hidden(app: TestApp) {
    let (enters, confirms) = two(&app);
    let uscc = app.firm("甲物业");
    let entered = |of: String, value: f64| {
        app.advance(Duration::minutes(1));
        let tag = app.get(&format!("{ADMIN}/{of}")).token(&enters).send();
        let call = put(&app, &enters, &of, value);
        let call = if tag.status == 200 { call.header("If-Match", tag.etag()) } else { call };
        let report = call.send().json();
        step(&app, &confirms, &report, "confirm").expect(200);
    };
    let fees = |period: &str| format!("firm/{uscc}/fee_collection_rate/{period}");
    entered(fees("2026-Q1"), 91.0);
    entered(fees("2026-05"), 95.0);
    entered(fees("2026-Q1"), 92.0);
    entered(format!("firm/{uscc}/staff_count/2026-06"), 40.0);
    entered(format!("firm/{uscc}/staff_turnover_rate/2026-Q3"), 12.0);
    let read = |query: &str| app.get(&format!("/v1/firms/{uscc}/metrics{query}")).expect(200).json();
    let periods = |page: &Value| {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["period"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    // The latest period first, however it is written; staff turnover is not for everyone.
    let all = read("?count=true");
    assert_eq!(
        (periods(&all), &all["page"]["total"]),
        (vec!["2026-06".into(), "2026-05".into(), "2026-Q1".into()], &json!(3))
    );
    let corrected = &all["items"][2];
    assert_eq!((&corrected["value"], &corrected["former"][0]["value"]), (&json!(92), &json!(91)));
    assert_eq!(corrected["former"][0]["known_until"], corrected["known_from"]);
    assert_eq!(periods(&read("?key=fee_collection_rate")), ["2026-05", "2026-Q1"]);
    assert_eq!(periods(&read("?from=2026-04-01&to=2026-05-31")), ["2026-05"]);
    assert_eq!(periods(&read("?key=staff_turnover_rate")), [""; 0]);
    let first = read("?limit=2");
    let rest = read(&format!("?limit=2&cursor={}", first["page"]["next_cursor"].as_str().unwrap()));
    assert_eq!((periods(&first).len(), periods(&rest)), (2, vec!["2026-Q1".to_owned()]));
    app.get(&format!("/v1/firms/{uscc}/metrics?key=fee_colection_rate")).refused(400, "bad_parameter");
    app.get("/v1/firms/91210200241281392F/metrics").refused(404, "not_found");
    // The firm has it in its own dossier.
    let own = app.get("/v1/firm").token(&app.firm_account(&uscc)).expect(200).json();
    let keys: Vec<&str> =
        own["metrics"].as_array().unwrap().iter().map(|each| each["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["staff_turnover_rate", "staff_count", "fee_collection_rate", "fee_collection_rate"]);
    // A copy has the ones in force that everyone reads.
    let copy = app.snapshot();
    let copied: Vec<&Value> =
        copy.lines.iter().filter(|((kind, _), _)| kind == "metric").map(|(_, value)| value).collect();
    assert_eq!(copied.len(), 3);
    assert!(copied.iter().all(|value| value["key"] != "staff_turnover_rate"));
}

#[both]
fn a_firms_own_report_is_confirmed_by_the_district_and_not_by_itself(app: TestApp) {
    let scene = app.scene();
    let firm = app.firm_account(&scene.uscc);
    let (_, confirms) = two(&app);
    let own = |subject: &str, value: f64| {
        let path = format!("/v1/firm/metrics/{subject}/fee_collection_rate/2026-Q3");
        app.put(&path).token(&firm).json(&json!({"value": value, "source": "企业季报"}))
    };
    let sent = own(&scene.project, 88.5).expect(201);
    let report = sent.json();
    assert_eq!((&report["reporter"], &report["by"]), (&json!("firm"), &json!(null)));
    step(&app, &firm, &report, "confirm").refused(403, "role_not_allowed");
    let street = app.official(Role::Street, STREET, true);
    step(&app, &street, &report, "confirm").refused(403, "role_not_allowed");
    step(&app, &app.official(Role::District, OTHER_DISTRICT, true), &report, "confirm")
        .refused(404, "not_found");
    // An official does not write over what waits.
    let of = format!("project/{}/fee_collection_rate/2026-Q3", scene.project);
    put(&app, &confirms, &of, 90.0).refused(409, "already_submitted");
    let returned =
        step(&app, &confirms, &report, "return").json(&json!({"reason": "口径有误"})).expect(200).json();
    assert_eq!((&returned["state"], &returned["reason"]), (&json!("returned"), &json!("口径有误")));
    let notice = app.get("/v1/me/notices").token(&firm).expect(200).json()["items"][0].clone();
    assert_eq!((&notice["kind"], &notice["reason"]), (&json!("metric_returned"), &json!("口径有误")));
    let listed = app.get("/v1/firm/metrics?state=returned").token(&firm).expect(200).json();
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["decided_by"]), (&report["id"], &json!(null)));
    let again = own(&scene.project, 87.0).expect(201).json();
    let waits = app.get(&format!("{ADMIN}?state=submitted")).token(&confirms).expect(200).json();
    assert_eq!((&waits["items"][0]["id"], &waits["items"][0]["value"]), (&again["id"], &json!(87)));
    step(&app, &confirms, &again, "confirm").expect(200);
    let read = app.get(&format!("/v1/projects/{}/metrics", scene.project)).expect(200).json();
    assert_eq!((&read["items"][0]["value"], &read["items"][0]["reporter"]), (&json!(87), &json!("firm")));
    // Of itself too, and of nobody else; what officials alone enter is not its to say.
    own(&scene.uscc, 90.0).expect(201);
    let foreign = app.project(&app.estate(COMMUNITY, EstateKind::Old), &app.firm("乙物业"));
    own(&foreign, 90.0).refused(404, "not_found");
    own("91210200241281392F", 90.0).refused(404, "not_found");
    let path = format!("/v1/firm/metrics/{}/years_in_business/2026-Q3", scene.uscc);
    let years = app.put(&path).token(&firm).json(&json!({"value": 5, "source": "自报"}));
    assert_eq!(texts(years), told("/key", "reporter", "years_in_business is entered by officials alone"));
}

#[both]
fn a_survey_of_half_a_month_is_published_with_its_method(app: TestApp) {
    let (enters, confirms) = two(&app);
    let estate = app.estate(COMMUNITY, EstateKind::Professional);
    let path = format!("{ADMIN}/estate/{estate}/survey_satisfaction/2026-11-H1");
    let method = json!({
        "population": 300, "asked": 80, "answered": 50, "asked_from": "2026-11-02", "asked_to": "2026-11-13",
        "collection": "in_person", "sampling": "random", "excluded": 4, "excluded_why": "无人在家", "minimum": 60
    });
    let body = |method: Value| json!({"value": 91.5, "source": "两次满意度调查", "method": method});
    let send = |method: Value| app.put(&path).token(&enters).json(&body(method));
    let none = app.put(&path).token(&enters).json(&json!({"value": 91.5, "source": "调查"}));
    assert_eq!(none.refused(422, "invalid").faults(), [("/method".to_owned(), "required".to_owned())]);
    for (field, value, pointer, code) in [
        ("answered", json!(81), "/method/answered", "out_of_range"),
        ("asked", json!(301), "/method/asked", "out_of_range"),
        ("asked_to", json!("2026-11-01"), "/method/asked_to", "ends_before_start"),
        ("asked_to", json!("2026-11-22"), "/method/asked_to", "in_future"),
        ("excluded_why", json!(null), "/method/excluded_why", "required"),
        ("minimum", json!(0), "/method/minimum", "out_of_range"),
    ] {
        let mut bad = method.clone();
        bad[field] = value;
        let found = send(bad).refused(422, "invalid").faults();
        assert_eq!(found, [(pointer.to_owned(), code.to_owned())], "{field}");
    }
    let report = send(method).expect(201).json();
    step(&app, &confirms, &report, "confirm").expect(200);
    let read = app.get(&format!("/v1/estates/{estate}/metrics")).expect(200).json();
    assert_eq!(
        read["items"][0]["method"],
        json!({
            "population": 300, "asked": 80, "answered": 50, "response_rate": 0.625, "margin": 12.67, "asked_from": "2026-11-02",
            "asked_to": "2026-11-13", "collection": "in_person", "sampling": "random", "excluded": 4, "excluded_why": "无人在家",
            "minimum": 60, "minimum_met": false
        })
    );
    assert_eq!(
        (&read["items"][0]["period"], &read["items"][0]["counts_from"]),
        (&json!("2026-11-H1"), &json!("2026-11-16"))
    );
}

#[both]
fn a_place_has_figures_of_its_own(app: TestApp) {
    let (enters, confirms) = two(&app);
    let report =
        put(&app, &enters, &format!("place/{STREET}/joint_meeting_rate/2026-10"), 75.0).expect(201).json();
    assert_eq!(report["place"]["code"], STREET);
    step(&app, &confirms, &report, "confirm").expect(200);
    let read =
        |code: &str| app.get(&format!("/v1/places/{code}/metrics")).expect(200).json()["items"].clone();
    assert_eq!((&read(STREET)[0]["value"], read(DISTRICT)), (&json!(75), json!([])));
    let stranger = app.official(Role::District, OTHER_DISTRICT, true);
    put(&app, &stranger, &format!("place/{STREET}/joint_meeting_rate/2026-09"), 75.0)
        .refused(403, "out_of_reach");
    put(&app, &enters, "place/999999/joint_meeting_rate/2026-09", 75.0).refused(404, "not_found");
}

#[both]
fn a_file_brings_months_surveys_and_places_and_names_what_is_wrong(app: TestApp) {
    let (enters, confirms) = two(&app);
    let scene = app.scene();
    let header = "subject_kind,subject,key,period,value,source,population,asked,answered,asked_from,asked_to,collection,sampling,minimum\n";
    let bad = format!(
        "{header}firm,{0},fee_collection_rate,2026-05,950,年报,,,,,,,,\nfirm,{0},fee_collection_rate,2026-06,-3,年报,,,,,,,,\n\
         firm,{0},fee_colection_rate,2026-Q3,95,年报,,,,,,,,\nfirm,{0},years_in_business,2026-05,5,年报,,,,,,,,\n\
         place,{0},committee_rate,2026-Q3,50,年报,,,,,,,,\nproject,{1},survey_satisfaction,2026-11-H1,90,调查,,,,,,,,\n\
         project,{1},survey_satisfaction,2026-10-H2,90,调查,300,80,90,2026-10-20,2026-10-30,电话,随机抽样,50\n\
         firm,{0},case_on_time_rate,2026-10,95,年报,,,,,,,,\n",
        scene.uscc, scene.project
    );
    assert_eq!(
        faults(&import_file(&app, &enters, "metrics", CSV, bad)),
        [
            fault(2, "value", "out_of_bounds"),
            fault(3, "value", "out_of_bounds"),
            fault(4, "key", "unknown_metric"),
            fault(5, "period", "period_kind"),
            fault(6, "subject", "unknown_place"),
            fault(7, "population", "required"),
            fault(8, "answered", "out_of_range"),
            fault(9, "key", "reporter"),
        ]
    );
    let good = format!(
        "{header}firm,{},fee_collection_rate,2026年5月,95,年报,,,,,,,,\nplace,{STREET},committee_rate,2026-Q3,50,年报,,,,,,,,\n\
         project,{},survey_satisfaction,2026年10月下半月,90,调查,300,80,50,2026-10-20,2026/10/30,电话,随机抽样,50\n",
        scene.uscc, scene.project
    );
    let sent = import_file(&app, &enters, "metrics", CSV, good.as_str());
    assert_eq!((&sent["state"], &sent["rows"]), (&json!("submitted"), &rows(3, 0, 0)));
    // It waits with its file.
    let waiting = app.get(&format!("{ADMIN}?state=submitted")).token(&confirms).expect(200).json();
    step(&app, &confirms, &waiting["items"][0], "confirm").refused(409, "wrong_state");
    assert_eq!(
        app.get("/v1/admin/inbox?kind=metric").token(&confirms).expect(200).json()["items"],
        json!([])
    );
    let path = format!("/v1/admin/imports/{}/confirm", sent["id"].as_str().unwrap());
    app.post(&path).token(&confirms).header("If-Match", "*").expect(200);
    let read = app.get(&format!("/v1/projects/{}/metrics", scene.project)).expect(200).json();
    assert_eq!(
        (&read["items"][0]["period"], &read["items"][0]["method"]["margin"]),
        (&json!("2026-10-H2"), &json!(12.67))
    );
    assert_eq!(import_file(&app, &enters, "metrics", CSV, good.as_str())["rows"], rows(0, 0, 3));
}

#[both]
fn what_the_service_computes_is_in_force_at_once(app: TestApp) {
    let scene = app.scene();
    let subject = MetricSubject::new(MetricSubjectKind::Project, &scene.project);
    let computed = |key: &'static str, value: i32| {
        let subject = subject.clone();
        let period = "2026-10".parse().unwrap();
        app.db()
            .write_blocking(move |tx| {
                metric::put_by_system(tx, &subject, key, period, Thousandths::whole(value))
            })
            .unwrap();
    };
    computed("case_on_time_rate", 90);
    computed("case_on_time_rate", 90);
    app.advance(Duration::minutes(1));
    computed("case_on_time_rate", 85);
    let read = app.get(&format!("/v1/projects/{}/metrics", scene.project)).expect(200).json();
    let item = &read["items"][0];
    assert_eq!((&item["value"], &item["reporter"]), (&json!(85), &json!("system")));
    assert_eq!(item["former"].as_array().unwrap().len(), 1);
    assert_eq!(crate::verify::found(&app), []);
}

/// Shandong's fee collection: 4 points where nothing is reported, 12 from 80 %, 15 from 95 %. The
/// other figures, of which none is reported, are worth 20.
#[both]
fn a_scheme_reads_a_months_figure_from_the_day_after_it(app: TestApp) {
    let (enters, confirms) = two(&app);
    let uscc = app.firm("甲物业");
    app.shandong_here();
    let score = || {
        let path = format!("/v1/firms/{uscc}/evaluation?scheme=shandong-2019");
        app.get(&path).expect(200).json()["score"].clone()
    };
    assert_eq!(score(), json!(24));
    for (period, value) in [("2026-10", 80.0), ("2026-11", 95.0)] {
        let of = format!("firm/{uscc}/fee_collection_rate/{period}");
        let report = put(&app, &enters, &of, value).expect(201).json();
        step(&app, &confirms, &report, "confirm").expect(200);
    }
    assert_eq!(score(), json!(32));
    app.set_time("2026-11-30T15:59:59Z");
    assert_eq!(score(), json!(32));
    app.set_time("2026-11-30T16:00:00Z");
    assert_eq!(score(), json!(35));
}

#[both]
fn rules_to_come_name_metrics_that_there_are(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let with = |key: &str| {
        let component = format!("kind = \"metric\"\nkey = \"{key}\"\nmissing = 60");
        let text = second_version("2027-01-01", &[("kind = \"constant\"\nvalue = 60", &component)]);
        app.post("/v1/admin/schemes").token(&city).json(&json!({"text": text}))
    };
    let refused = |key: &str| texts(with(key)).remove(0).2;
    assert!(refused("fee_colection_rate").ends_with("did you mean fee_collection_rate?"));
    // It grades projects too.
    assert!(refused("years_in_business").ends_with("years_in_business is no metric of a project"));
    with("fee_collection_rate").expect(201);
}
