//! What the service is for, from end to end over a real socket: a resident finds the firm, reads
//! its file, signs in, rates the service and sees the score move; officials assess and penalise,
//! and the grade changes with its reason. Every number is worked out beside it.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::files::{ids, penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, STREET, encode, new_uscc, plain_firm};
use crate::harness::{Reply, TestApp};
use crate::sign_in::sign_in;

const MONTH: &str = "2027-11";
/// On the roster of the dwelling that she claims.
const OWNER: &str = "13988880001";
/// Known to no roster.
const TENANT: &str = "13988880002";

/// A firm with two projects and a file of a year, all put there by officials over HTTP.
struct World {
    uscc: String,
    estate: String,
    /// 10,000 m²; six ratings of October, nine of November.
    project: String,
    /// 30,000 m²; ten of November.
    other: String,
    reward: String,
    penalty: String,
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn decimal(value: &Value) -> Decimal {
    value.to_string().parse().unwrap_or_else(|error| panic!("{value}: {error}"))
}

/// (m·prior + Σ) / (m + n) with m = 7 and prior = 3.5, rounded half up to 4 decimals.
fn service_score(count: i64, stars: i64) -> Decimal {
    let score = (Decimal::new(245, 1) + Decimal::from(stars)) / Decimal::from(7 + count);
    score.round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero)
}

fn add(app: &TestApp, token: &str, what: &str, body: &Value) -> Reply {
    app.post(&format!("/v1/admin/{what}")).token(token).json(body).expect(201)
}

impl World {
    fn build(app: &TestApp) -> World {
        app.set_time("2027-01-05T02:00:00Z");
        let district = app.official(Role::District, DISTRICT, false);
        let street = app.official(Role::Street, STREET, false);
        let uscc = new_uscc();
        let firm = json!({"uscc": uscc, "name": "大连碧波物业有限公司", "registered_place": DISTRICT});
        let firm = add(app, &district, "firms", &firm);
        let renamed = json!({"name": "大连海蓝物业服务有限公司"});
        app.patch(&format!("/v1/admin/firms/{uscc}"))
            .token(&district)
            .header("If-Match", firm.etag())
            .json(&renamed)
            .expect(200);
        let [(estate, project), (_, other)] =
            [("阳光苑", "10000"), ("海韵园", "30000")].map(|(name, area)| {
                let estate =
                    json!({"name": name, "kind": "professional", "place": COMMUNITY, "households": 400});
                let estate = app.post("/v1/admin/estates").token(&street).json(&estate).seconded(app);
                let estate = text(&estate.json()["code"]);
                let area: Value = serde_json::from_str(area).unwrap();
                let project = json!({"estate": estate, "operator": "firm", "uscc": uscc, "starts_on": "2027-01-01",
                    "area_m2": area, "households": 400, "fee_fen": 180});
                let project = app.post("/v1/admin/projects").token(&street).json(&project).seconded(app);
                (estate, text(&project.json()["id"]))
            });
        let renamed = json!({"name": "幸福里小区"});
        app.patch(&format!("/v1/admin/estates/{estate}"))
            .token(&street)
            .header("If-Match", "*")
            .json(&renamed)
            .expect(200);
        // Somebody else's, so that finding is not a matter of there being only one.
        app.firm_with(plain_firm("沈阳长城物业集团"));

        app.set_time("2027-06-10T02:00:00Z");
        let reward = json!({"category": "R101", "level": "district", "title": "先进物业服务企业", "decided_on": "2027-05-10",
            "document_number": "中政发〔2027〕8号", "authority": "中山区人民政府", "evidence": ["中政发〔2027〕8号.pdf"]});
        let reward = app.record_in_force(&with(penalty(&uscc), reward));
        let breach = json!({"category": "P101", "title": "未按合同保洁", "decided_on": "2027-06-01"});
        let penalty = app.record_in_force(&with(penalty(&uscc), breach));

        app.set_time("2027-10-08T02:00:00Z");
        let community = app.official(Role::Community, COMMUNITY, false);
        let street = app.official(Role::Street, STREET, false);
        for (token, project, assessor, service) in [
            (&community, &project, "community", 90),
            (&street, &project, "street", 84),
            (&community, &other, "community", 70),
        ] {
            let body = json!({"scores": {"service": service, "party": 80}});
            app.assess(token, project, "2027-Q3", assessor, &body).expect(201);
        }
        app.confirm_assessments(STREET, "2027-Q3");

        app.set_time("2027-10-25T02:00:00Z");
        let community = app.official(Role::Community, COMMUNITY, false);
        let household =
            json!({"estate": estate, "building": "3", "unit": "2", "room": "501", "phones": [OWNER]});
        add(app, &community, "households", &household);
        let other_estate =
            text(&app.get(&format!("/v1/projects/{other}")).expect(200).json()["estate"]["code"]);
        let (residents, others) = (app.neighbours(&estate, 9), app.neighbours(&other_estate, 10));
        app.rate_all(&residents[..6], &project, "2027-10", &[5, 5, 4, 4, 5, 4]);
        app.step_on("2027-11-01");
        app.set_time("2027-11-21T02:00:00Z");
        app.tick();
        app.rate_all(&residents, &project, MONTH, &[4; 9]);
        app.rate_all(&others, &other, MONTH, &[3; 10]);
        World { uscc, estate, project, other, reward, penalty }
    }

    fn firm(&self, below: &str) -> String {
        format!("/v1/firms/{}{below}", self.uscc)
    }

    /// Service score and count of a project and of the firm, as their ratings and their cards say
    /// alike.
    #[track_caller]
    fn service(&self, app: &TestApp) -> [(Decimal, i64); 2] {
        [format!("/v1/projects/{}", self.project), self.firm("")].map(|path| {
            let figures = |seen: &Value| (decimal(&seen["score"]), seen["count"].as_i64().unwrap());
            let ratings = figures(&app.get(&format!("{path}/ratings")).expect(200).json());
            assert_eq!(figures(&app.get(&path).expect(200).json()["service"]), ratings, "{path}");
            ratings
        })
    }
}

/// Step 1: "finds the firm that serves an estate by part of the estate's name, by pinyin, by
/// initials, by a former name, by the firm's uscc".
fn finds_the_firm(app: &TestApp, world: &World) {
    let estate_words = ["幸福里", "xingfuli", "xfl", "阳光苑", "yangguang", "ygy"];
    let firm_words = ["海蓝", "hailan", "hlwy", "碧波", "bibo", "bbwy", "ＨＡＩＬＡＮ", world.uscc.as_str()];
    for q in estate_words.iter().chain(&firm_words) {
        let found = app.walk(&format!("/v1/firms?limit=5&q={}", encode(q)), "uscc", || {});
        assert_eq!(found, [world.uscc.clone()], "{q}");
    }
    for q in estate_words {
        let found = app.walk(&format!("/v1/estates?limit=5&q={}", encode(q)), "code", || {});
        assert_eq!(found, [world.estate.clone()], "{q}");
    }
    assert_eq!(app.walk(&format!("/v1/firms?estate={}", world.estate), "uscc", || {}), [world.uscc.clone()]);
    let estate = app.get(&format!("/v1/estates/{}", world.estate)).expect(200).json();
    assert_eq!((&estate["name"], &estate["aliases"]), (&json!("幸福里小区"), &json!(["阳光苑"])));
    assert_eq!(estate["project"]["id"], json!(world.project));
    assert!(estate["project"].to_string().contains(&world.uscc), "{estate}");
}

/// Step 2: "reads its card: grade, service score with distribution, counts of rewards and
/// penalties; then each record, the assessments, the evaluation with every item".
fn reads_the_file(app: &TestApp, world: &World) {
    let card = app.get(&world.firm("")).expect(200).json();
    assert_eq!(
        (&card["name"], &card["former_names"]),
        (&json!("大连海蓝物业服务有限公司"), &json!(["大连碧波物业有限公司"]))
    );
    // The file: 60 + 3 − 5 = 58. The assessments: ((90 + 84) / 2 × 10,000 + 70 × 30,000) / 40,000 =
    // 74.25. The residents of the closed months: six ratings with 27 stars in the first project, 20
    // × (24.5 + 27) / 13 = 79.2307…; the second one has none. 0.40 × 58 + 0.30 × 74.25 + 0.30 ×
    // 79.2307… = 69.24423…
    let credit = &card["credit"];
    assert_eq!(
        (
            &credit["outcome"],
            &credit["scheme"],
            &credit["scheme_version"],
            &credit["score"],
            &credit["grade"]
        ),
        (&json!("evaluated"), &json!("dalian-demo"), &json!(1), &json!(69.244), &json!("B"))
    );
    // October's 27 of 6 in the one project: (24.5 + 27) / 13. November's wait.
    let service = &card["service"];
    assert_eq!((&service["score"], &service["count"]), (&json!(3.9615), &json!(6)));
    assert_eq!(service["distribution"], json!({"1": 0, "2": 0, "3": 0, "4": 3, "5": 3}));
    assert_eq!(card["records"], json!({"rewards": 1, "penalties": 1}));
    assert_eq!(card["projects"], json!({"count": 2, "area_m2": 40000}));

    let records = app.get(&world.firm("/records?count=true")).expect(200);
    assert_eq!(records.json()["page"]["total"], 2);
    let mut listed = ids(&records);
    listed.sort();
    let mut expected = vec![world.reward.clone(), world.penalty.clone()];
    expected.sort();
    assert_eq!(listed, expected);
    for record in records.json()["items"].as_array().unwrap() {
        let one = app.get(&format!("/v1/records/{}", text(&record["id"]))).expect(200).json();
        assert_eq!(&one, record);
        assert_eq!(
            (&one["firm"]["uscc"], &one["known_from"]),
            (&json!(world.uscc), &json!("2027-06-10T02:00:00Z"))
        );
    }
    let reward = app.get(&format!("/v1/records/{}", world.reward)).expect(200).json();
    assert_eq!(
        (&reward["kind"], &reward["category"]["code"], &reward["counts_from"]),
        (&json!("reward"), &json!("R101"), &json!("2027-05-10"))
    );

    let assessments = app.get(&world.firm("/assessments?count=true")).expect(200).json();
    assert_eq!(assessments["page"]["total"], 3);
    let mut scores: Vec<(String, String, String)> = assessments["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| {
            (text(&each["project"]["id"]), text(&each["assessor"]), each["scores"]["service"].to_string())
        })
        .collect();
    scores.sort();
    let row = |project: &str, assessor: &str, score: &str| {
        (project.to_owned(), assessor.to_owned(), score.to_owned())
    };
    let mut expected = [
        row(&world.project, "community", "90"),
        row(&world.project, "street", "84"),
        row(&world.other, "community", "70"),
    ];
    expected.sort();
    assert_eq!(scores, expected);

    let evaluation = app.get(&world.firm("/evaluation")).expect(200).json();
    assert_eq!((&evaluation["score"], &evaluation["grade"]), (&credit["score"], &credit["grade"]));
    let items = evaluation["items"].as_array().unwrap();
    let sum: Decimal = items.iter().map(|item| decimal(&item["contribution"])).sum();
    assert_eq!(sum, Decimal::new(69_244, 3), "{evaluation}");
    let contribution = |id: &str| -> Decimal {
        items.iter().filter(|item| item["id"] == id).map(|item| decimal(&item["contribution"])).sum()
    };
    // 0.40 × 3 and 0.40 × −5.
    assert_eq!(
        (contribution(&world.reward), contribution(&world.penalty)),
        (Decimal::new(12, 1), Decimal::from(-2))
    );
}

/// Step 3: "asks for a code, signs in, claims a dwelling: verified at once from the roster, or
/// pending until the community approves it". Gives the owner's token.
fn signs_in_and_claims(app: &TestApp, world: &World) -> String {
    let community = app.official(Role::Community, COMMUNITY, false);
    let [owner, tenant] = [OWNER, TENANT].map(|phone| text(&sign_in(app, phone)["access_token"]));
    let dwelling = json!({"estate": world.estate, "building": "3", "unit": "2", "room": "501"});
    let claim = |token: &str| app.post("/v1/me/residences").token(token).json(&dwelling).expect(201).json();
    assert_eq!(claim(&owner)["status"], "verified");
    let pending = claim(&tenant);
    assert_eq!((&pending["status"], &pending["decided_at"]), (&json!("pending"), &json!(null)));
    let path = format!("/v1/me/ratings/{}/{MONTH}", world.project);
    app.put(&path).token(&tenant).json(&json!({"overall": 5})).refused(403, "not_verified_yet");

    let waiting = app.get("/v1/admin/residences?status=pending").token(&community).expect(200);
    assert_eq!(ids(&waiting), [text(&pending["id"])]);
    let claimed = format!("/v1/admin/residences/{}", text(&pending["id"]));
    let etag = app.get(&claimed).token(&community).expect(200).etag().to_owned();
    app.post(&format!("{claimed}/approve")).token(&community).header("If-Match", &etag).expect(200);
    let own = app.get("/v1/me/residences").token(&tenant).expect(200).json();
    assert_eq!(own["items"][0]["status"], "verified");
    // Who was approved this month rates from the next; the other resident has been told.
    app.put(&path).token(&tenant).json(&json!({"overall": 3})).refused(403, "rates_from_next_month");
    let told = app.get("/v1/me/notices").token(&owner).expect(200).json();
    let told = told["items"].as_array().unwrap();
    assert_eq!((told.len(), &told[0]["kind"]), (1, &json!("resident_added")));
    owner
}

/// Step 4: "scores this month's service with a comment, changes it, and sees the project's and the
/// firm's service score change by exactly the right amount": not before the step that publishes it
/// with those of nine neighbours.
fn rates_and_changes_it(app: &TestApp, world: &World, owner: &str) {
    let path = format!("/v1/me/ratings/{}/{MONTH}", world.project);
    let reviews = || app.get(&world.firm("/reviews")).expect(200).text;
    let waiting = [(service_score(6, 27), 6), (service_score(6, 27), 6)];
    assert_eq!(world.service(app), waiting);
    let body = json!({"overall": 5, "dimensions": {"cleaning": 4}, "comment": "楼道很干净"});
    let first = app.put(&path).token(owner).json(&body).expect(201);
    assert_eq!(first.json()["comment_state"], "waiting");
    let body = json!({"overall": 1, "comment": "电梯坏了一周"});
    let changed = app.put(&path).token(owner).header("If-Match", first.etag()).json(&body).expect(200).json();
    assert_eq!(
        (&changed["overall"], &changed["comment"], &changed["published"]),
        (&json!(1), &json!("电梯坏了一周"), &json!(null))
    );
    let note = changed["note"].as_str().unwrap();
    assert!(
        note.contains("2027年11月22日") && note.contains("10户") && note.contains("2027年12月1日"),
        "{note}"
    );
    assert_eq!((world.service(app), reviews().contains("电梯")), (waiting, false));

    // The next day is a Monday, on which ten are needed, and there are ten.
    app.step_on("2027-11-22");
    let expected = [(16, 27 + 9 * 4 + 1), (26, 27 + 9 * 4 + 1 + 10 * 3)]
        .map(|(count, stars)| (service_score(count, stars), count));
    assert_eq!(world.service(app), expected);
    // (24.5 + 64) / 23 and (24.5 + 94) / 33.
    assert_eq!(expected, [(Decimal::new(38_478, 4), 16), (Decimal::new(35_909, 4), 26)]);
    let reviews = reviews();
    assert!(
        reviews.contains("电梯坏了一周") && !reviews.contains("楼道很干净") && !reviews.contains(OWNER),
        "{reviews}"
    );
    let owner = text(&sign_in(app, OWNER)["access_token"]);
    app.put(&path).token(&owner).json(&json!({"overall": 3})).refused(409, "rating_published");
    // A rating of a month that is not closed moves the service score and never a grade.
    assert_eq!(app.get(&world.firm("")).expect(200).json()["credit"]["score"], json!(69.244));
}

/// Step 5: "a street official records an assessment, a district official drafts a penalty and
/// another confirms it, and the card's grade changes with a reason in the history".
fn officials_change_the_grade(app: &TestApp, world: &World) {
    let credit = || app.get(&world.firm("")).expect(200).json()["credit"].clone();
    let newest = || {
        app.get(&world.firm("/evaluations?scheme=dalian-demo&limit=1")).expect(200).json()["items"][0].clone()
    };
    let street = app.official(Role::Street, STREET, false);
    // The third quarter has closed: an assessment of it says why it is late, and another official
    // confirms it.
    let body = json!({"scores": {"service": 100, "party": 90}, "correction_reason": "漏报"});
    let assessment = app.assess(&street, &world.other, "2027-Q3", "street", &body).seconded(app).json();
    // (87 × 10,000 + 85 × 30,000) / 40,000 = 85.5; 0.40 × 58 + 0.30 × 85.5 + 0.30 × 79.2307… =
    // 72.61923…
    assert_eq!((&credit()["score"], &credit()["grade"]), (&json!(72.619), &json!("A")));
    let change = newest();
    assert_eq!(
        change["cause"],
        json!({"kind": "assessment", "id": assessment["id"], "text": "街道社区评价变化"})
    );
    assert_eq!(change["previous"], json!({"outcome": "evaluated", "score": 69.244, "grade": "B"}));

    app.advance(chrono::Duration::minutes(5));
    let (drafter, confirmer) = (app.drafter(), app.confirmer());
    let (id, etag) = app.draft(&drafter, &with(penalty(&world.uscc), json!({"decided_on": "2027-11-10"})));
    let submitted = app.record_step(&drafter, &id, &etag, "submit").expect(200);
    app.record_step(&drafter, &id, submitted.etag(), "confirm").refused(403, "no_power_to_confirm");
    let card = app.get(&world.firm("")).expect(200).json();
    assert_eq!((&card["credit"]["grade"], &card["records"]["penalties"]), (&json!("A"), &json!(1)));
    app.record_step(&confirmer, &id, submitted.etag(), "confirm").expect(200);

    // Eight points by the reference: 0.40 × 50 + 0.30 × 85.5 + 0.30 × 79.2307… = 69.41923…
    let card = app.get(&world.firm("")).expect(200).json();
    assert_eq!((&card["credit"]["score"], &card["credit"]["grade"]), (&json!(69.419), &json!("B")));
    assert_eq!(card["credit"]["effective_from"], "2027-11-21T22:05:00Z");
    assert_eq!(card["records"], json!({"rewards": 1, "penalties": 2}));
    let change = newest();
    let text = "奖惩信息变化：违规收费《违规收取装修管理费》";
    assert_eq!(change["cause"], json!({"kind": "record", "id": id, "text": text}));
    assert_eq!(change["previous"], json!({"outcome": "evaluated", "score": 72.619, "grade": "A"}));
    assert_eq!(
        (&change["score"], &change["grade"], &change["scheme_version"], &change["effective_from"]),
        (&json!(69.419), &json!("B"), &json!(1), &json!("2027-11-21T22:05:00Z"))
    );
    assert!(ids(&app.get(&world.firm("/records?kind=penalty")).expect(200)).contains(&id));
}

#[both]
fn a_resident_finds_reads_signs_in_and_rates_and_officials_change_the_grade(app: TestApp) {
    let world = World::build(&app);
    finds_the_firm(&app, &world);
    reads_the_file(&app, &world);
    let owner = signs_in_and_claims(&app, &world);
    rates_and_changes_it(&app, &world, &owner);
    officials_change_the_grade(&app, &world);
}
