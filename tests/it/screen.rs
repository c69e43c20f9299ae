//! Texts that are shown: comments and firms' replies pass one screen, are held, flagged and hidden
//! alike, and their writers read why.

use serde_json::{Value, json};
use xinwu_both::both;
use xinwu_domain::access::Role;

use crate::harness::TestApp;
use crate::harness::files::{penalty, with};
use crate::harness::residents::{Resident, Stage};
use crate::harness::world::{COMMUNITY, DISTRICT, OTHER_DISTRICT, STREET};
use crate::imports::{CSV, fault, faults, import_file};

const MONTH: &str = "2026-11";

const HELD: [(&str, &str); 17] = [
    ("有事打139:1234:5678", "phone_number"),
    ("139    1234    5678", "phone_number"),
    ("１３９１２３４５６７８", "phone_number"),
    ("①③⑨①②③④⑤⑥⑦⑧", "phone_number"),
    ("1️⃣3️⃣9️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", "phone_number"),
    ("❶❸❾❶❷❸❹❺❻❼❽", "phone_number"),
    ("1\u{332}3\u{332}9\u{332}12345678", "phone_number"),
    ("电话一三九幺二三四五六七八", "phone_number"),
    ("壹叁玖壹贰叁肆伍陆柒捌", "phone_number"),
    ("身份证 11010519491231002X", "identity_number"),
    ("加微信 lihua_88", "account"),
    ("QQ：12345678", "account"),
    ("发到 wang.li@163.com", "email"),
    ("加v➕：lihua88", "account"),
    ("3号楼2单元501室天天扰民", "dwelling"),
    ("三号楼二单元五零一室天天扰民", "dwelling"),
    ("住３－２－５０１室", "dwelling"),
];

const SHOWN: [&str; 5] = [
    "3号楼电梯常坏，2026-11-21 18:30 停电",
    "物业费138.50元，维修资金13,812,345.67元",
    "大连物业 91210200241281392F",
    "中市监罚字〔2026〕138号",
    "楼道很干净",
];

/// What residents write of fees, dates, areas and services.
const ORDINARY: [&str; 12] = [
    "物业费2.30元/㎡·月，面积112.36㎡，一年3101.14元，涨了15.5%",
    "三室一厅，一栋一栋地查，3室1厅也查",
    "停电打95598，热线12345，燃气96177，报警110，消防119",
    "客服400-812-3456总占线，要等15分钟",
    "2026年11月21日8:30-11:30、13:30-17:30停水，12月1日恢复",
    "从20261101到20261130，每周一三五清运",
    "1、3、5、7、9、11、13、15号楼都停水",
    "3号楼120户、5号楼96户，2单元电梯坏了两次",
    "用微信缴费1200.50元，QQ群里没人回，关注公众号：dlwuye2026",
    "水表13512，上月13401，差111吨",
    "《物业管理条例》第三十五条，大住建发〔2026〕138号",
    "9点到18点有人，共1380户，5500平绿地",
];

fn say(app: &TestApp, resident: &Resident, stage: &Stage, comment: &str) -> Value {
    let body = json!({"overall": 4, "comment": comment});
    app.rating(resident, &stage.project, MONTH).json(&body).expect(201).json()
}

/// What a street's official has to decide on.
fn queue(app: &TestApp, status: &str) -> Vec<Value> {
    let official = app.official(Role::Street, STREET, false);
    let path = format!("/v1/admin/reviews?limit=100&status={status}");
    app.get(&path).token(&official).expect(200).json()["items"].as_array().unwrap().clone()
}

fn decide(app: &TestApp, id: &str, verb: &str, body: &Value) -> Value {
    let official = app.official(Role::Street, STREET, false);
    let path = format!("/v1/admin/reviews/{id}/{verb}");
    app.post(&path).token(&official).header("If-Match", "*").json(body).expect(200).json()
}

fn listed(app: &TestApp, stage: &Stage) -> Vec<Value> {
    let path = format!("/v1/projects/{}/reviews?limit=100", stage.project);
    app.get(&path).expect(200).json()["items"].as_array().unwrap().clone()
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

/// Five comments that came out on 1 December.
fn published(app: &TestApp) -> (Stage, Vec<Resident>) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    for (resident, comment) in residents.iter().zip(SHOWN) {
        assert_eq!(say(app, resident, &stage, comment)["comment_state"], "waiting", "{comment}");
    }
    app.step_on("2026-12-01");
    (stage, residents)
}

#[both]
fn what_a_comment_must_not_tell_is_held_however_it_is_written(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, HELD.len());
    for (resident, (comment, _)) in residents.iter().zip(HELD) {
        let own = say(&app, resident, &stage, comment);
        assert_eq!(own["comment_state"], "held", "{comment}");
        assert!(own["comment_reason"].as_str().unwrap().starts_with("疑似含有"), "{own}");
    }
    // It reaches the queue only with the step of its stars.
    assert_eq!(queue(&app, "held"), Vec::<Value>::new());
    app.step_on("2026-12-01");
    assert_eq!(listed(&app, &stage), Vec::<Value>::new());
    let mut found: Vec<(String, String)> = queue(&app, "held")
        .iter()
        .map(|item| {
            assert_eq!((&item["kind"], &item["answers"]), (&json!("comment"), &json!(null)));
            (item["text"].as_str().unwrap().to_owned(), item["held_reason"].as_str().unwrap().to_owned())
        })
        .collect();
    let mut expected = HELD.map(|(text, reason)| (text.to_owned(), reason.to_owned())).to_vec();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[both]
fn ordinary_numbers_are_shown(app: TestApp) {
    let (stage, _) = published(&app);
    let residents = app.neighbours(&stage.estate, ORDINARY.len());
    for (resident, comment) in residents.iter().zip(ORDINARY) {
        let body = json!({"overall": 4, "comment": comment});
        let own = app.rating(resident, &stage.project, "2026-12").json(&body).expect(201).json();
        assert_eq!(
            (&own["comment_state"], &own["comment_reason"]),
            (&json!("waiting"), &json!(null)),
            "{comment}"
        );
    }
    app.step_on("2027-01-01");
    let mut shown: Vec<String> =
        listed(&app, &stage).iter().map(|review| review["comment"].as_str().unwrap().to_owned()).collect();
    let mut expected = [&SHOWN[..], &ORDINARY[..]].concat();
    shown.sort();
    expected.sort();
    assert_eq!(shown, expected);
}

/// "An official's decision before publication must not move public bytes": that a comment was
/// hidden comes out with a later step, as a comment does that was let pass.
#[both]
fn a_decision_on_what_was_not_out_moves_nothing_before_the_next_step(app: TestApp) {
    let stage = app.stage();
    let residents = app.neighbours(&stage.estate, 5);
    for resident in &residents[..2] {
        say(&app, resident, &stage, "请致电 139 0000 0000");
    }
    app.rate_all(&residents[2..], &stage.project, MONTH, &[4; 3]);
    app.step_on("2026-12-01");
    let pages = || {
        let of_project = app.get(&format!("/v1/projects/{}/reviews?count=true", stage.project)).expect(200);
        let of_firm = app.get(&format!("/v1/firms/{}/reviews?count=true", stage.uscc)).expect(200);
        let card = app.get(&format!("/v1/firms/{}", stage.uscc)).expect(200);
        [of_project, of_firm, card].map(|answer| (answer.text.clone(), answer.etag().to_owned()))
    };
    let before = pages();
    let [hidden, passed] = [&queue(&app, "held")[0], &queue(&app, "held")[1]].map(id);
    let rule = json!({"rule": "personal_information", "reason": "私人电话"});
    let told = decide(&app, &hidden, "hide", &rule);
    assert_eq!(
        (&told["state"], &told["hidden_rule"], &told["held_reason"]),
        (&json!("hidden"), &json!("personal_information"), &json!(null))
    );
    assert_eq!(decide(&app, &passed, "publish", &json!({"reason": "物业公开电话"}))["state"], "cleared");
    assert_eq!(pages(), before);
    // The writers alone read it at once.
    let of_writers = || {
        let mut told: Vec<(String, String)> = residents[..2]
            .iter()
            .map(|resident| {
                let own = app.own_rating(resident, &stage.project, MONTH).expect(200).json();
                let reason = own["comment_reason"].as_str().unwrap_or_default().to_owned();
                (own["comment_state"].as_str().unwrap().to_owned(), reason)
            })
            .collect();
        told.sort();
        told
    };
    let reason = "含有他人个人信息（《中华人民共和国个人信息保护法》第十条）：私人电话";
    assert_eq!(
        of_writers(),
        [("cleared".to_owned(), String::new()), ("hidden".to_owned(), reason.to_owned())]
    );
    app.step_on("2026-12-07");
    let reviews = listed(&app, &stage);
    let of = |wanted: &str| reviews.iter().find(|review| id(review) == wanted).unwrap();
    assert_eq!(of(&passed)["comment"], "请致电 139 0000 0000");
    assert_eq!((&of(&hidden)["comment"], &of(&hidden)["reply"]), (&json!(null), &json!(null)));
    assert_eq!(of(&hidden)["hidden"]["rule"], "personal_information");
    assert_eq!(reviews.len(), 2);
    // Its words are nowhere in public; in another language the rule is told in that.
    let english = app
        .get(&format!("/v1/firms/{}/reviews", stage.uscc))
        .header("Accept-Language", "en")
        .expect(200)
        .json();
    let english =
        english["items"].as_array().unwrap().iter().find(|review| id(review) == hidden).unwrap().clone();
    assert!(english["hidden"]["text"].as_str().unwrap().contains("art. 10"), "{english}");
}

#[both]
fn a_reply_with_a_resident_in_it_is_held_and_its_firm_reads_why(app: TestApp) {
    let (stage, _) = published(&app);
    let review = id(&listed(&app, &stage)[0]);
    let path = format!("/v1/reviews/{review}/reply");
    let firm = app.firm_account(&stage.uscc);
    let put = |text: &str| app.put(&path).token(&firm).json(&json!({"text": text}));
    app.get(&path).token(&firm).refused(404, "not_found");
    let held = put("501室王某，电话 139 0000 0000，身份证 11010519491231002X").expect(201);
    assert_eq!(held.json()["state"], "held");
    assert!(held.json()["reason"].as_str().unwrap().starts_with("疑似含有"), "{}", held.text);
    let own = app.get(&path).token(&firm).expect(200);
    assert_eq!((own.json(), own.etag()), (held.json(), held.etag()));
    app.get(&path).token(&app.firm_account(&app.stage().uscc)).refused(403, "out_of_reach");
    let reply = || {
        let reviews = listed(&app, &stage);
        reviews.iter().find(|each| id(each) == review).unwrap()["reply"].clone()
    };
    assert_eq!(reply(), json!(null));
    // The community's officials see it, and those of the street decide.
    let community = app.official(Role::Community, COMMUNITY, false);
    let waiting = app.get("/v1/admin/reviews?status=held&kind=review_reply&count=true").token(&community);
    let waiting = waiting.expect(200).json();
    let item = &waiting["items"][0];
    assert_eq!(
        (&waiting["page"]["total"], &item["answers"], &item["uscc"], &item["estate"]["code"]),
        (&json!(1), &json!(review), &json!(stage.uscc), &json!(stage.estate))
    );
    let elsewhere = app.official(Role::District, OTHER_DISTRICT, false);
    app.get(&format!("/v1/admin/reviews/{}", id(item))).token(&elsewhere).refused(404, "not_found");
    // The firm may take it out by itself.
    let clean = put("已上门致歉。").header("If-Match", own.etag()).expect(200);
    assert_eq!((&clean.json()["state"], &clean.json()["reason"]), (&json!("published"), &json!(null)));
    assert_eq!(reply()["text"], "已上门致歉。");
    assert_eq!(queue(&app, "held"), Vec::<Value>::new());
    // Or an official lets it pass.
    put("客服电话 0411-84312345").expect(200);
    assert_eq!(reply(), json!(null));
    let id_held = id(&queue(&app, "held")[0]);
    assert_eq!(decide(&app, &id_held, "publish", &json!({"reason": "公开电话"}))["state"], "published");
    assert_eq!(reply()["text"], "客服电话 0411-84312345");
}

#[both]
fn a_reply_is_flagged_and_hidden_by_itself(app: TestApp) {
    let (stage, residents) = published(&app);
    let review = listed(&app, &stage)[0].clone();
    let path = format!("/v1/reviews/{}/reply", id(&review));
    let firm = app.firm_account(&stage.uscc);
    let put = |text: &str| app.put(&path).token(&firm).json(&json!({"text": text}));
    let reply = id(&put("一派胡言").expect(201).json());
    let flag = |resident: &Resident| {
        let call = app.post(&format!("/v1/reviews/{reply}/flags")).token(&app.renewed(&resident.id));
        call.json(&json!({"reason": "辱骂业主"}))
    };
    flag(&residents[1]).expect(201);
    flag(&residents[1]).refused(409, "already_exists");
    let exported = app.get("/v1/me/export").token(&app.renewed(&residents[1].id)).expect(200).json();
    assert_eq!(exported["flags"], json!([{"text": reply, "reason": "辱骂业主"}]));
    let flagged = queue(&app, "flagged");
    assert_eq!(
        (flagged.len(), id(&flagged[0]), &flagged[0]["flags"]),
        (1, reply.clone(), &json!(["辱骂业主"]))
    );
    let hidden = decide(&app, &reply, "hide", &json!({"rule": "insult", "reason": "侮辱业主"}));
    assert_eq!((&hidden["state"], &hidden["kind"]), (&json!("hidden"), &json!("review_reply")));
    let shown = || {
        let reviews = listed(&app, &stage);
        reviews.iter().find(|each| id(each) == id(&review)).unwrap().clone()
    };
    // The comment stays.
    let law = "含有侮辱、诽谤内容（《中华人民共和国民法典》第一千零二十四条）";
    assert_eq!(shown()["comment"], review["comment"]);
    assert_eq!(
        (&shown()["reply"]["text"], &shown()["reply"]["hidden"]),
        (&json!(null), &json!({"rule": "insult", "text": law}))
    );
    let own = app.get(&path).token(&firm).expect(200).json();
    assert_eq!(
        (&own["text"], &own["state"], &own["reason"]),
        (&json!("一派胡言"), &json!("hidden"), &json!(format!("{law}：侮辱业主")))
    );
    flag(&residents[2]).refused(404, "not_found");
    // What is put in its place is looked at first, however often, and the rule stays meanwhile.
    for text in ["再说一遍：一派胡言", "电话 139 0000 0000", "抱歉"] {
        assert_eq!(put(text).expect(200).json()["state"], "held", "{text}");
        assert_eq!(
            (&shown()["reply"]["text"], &shown()["reply"]["hidden"]["rule"]),
            (&json!(null), &json!("insult"))
        );
    }
    assert_eq!(queue(&app, "held")[0]["held_reason"], "rewritten");
    decide(&app, &reply, "publish", &json!({"reason": "已改正"}));
    assert_eq!(shown()["reply"]["text"], "抱歉");
    assert_eq!(put("再次抱歉").expect(200).json()["state"], "published");
    // A comment that is hidden takes the reply with it, and a comment taken back its flags.
    flag(&residents[3]).expect(201);
    decide(&app, &id(&review), "hide", &json!({"rule": "off_topic", "reason": "与物业无关"}));
    assert_eq!((&shown()["comment"], &shown()["reply"]), (&json!(null), &json!(null)));
    flag(&residents[4]).refused(404, "not_found");
    put("回复").refused(404, "not_found");
    assert_eq!(app.get(&path).token(&firm).expect(200).json()["text"], "再次抱歉");
    let comment = format!("/v1/me/ratings/{}/{MONTH}/comment", stage.project);
    for resident in &residents {
        app.delete(&comment).token(&app.renewed(&resident.id)).expect(204);
    }
    let district = app.official(Role::District, DISTRICT, false);
    app.get(&format!("/v1/admin/reviews/{reply}")).token(&district).refused(404, "not_found");
    let exported = app.get("/v1/me/export").token(&app.renewed(&residents[1].id)).expect(200).json();
    assert_eq!(exported["flags"], json!([]));
}

#[both]
fn a_reply_to_a_record_goes_the_same_way(app: TestApp) {
    let scene = app.scene();
    let record = app.record_in_force(&crate::harness::files::penalty(&scene.uscc));
    let path = format!("/v1/records/{record}/reply");
    let firm = app.firm_account(&scene.uscc);
    let put = |text: &str| app.put(&path).token(&firm).json(&json!({"text": text}));
    let shown = || app.get(&format!("/v1/records/{record}")).expect(200).json()["reply"].clone();
    let held = put("请加微信 lihua_88 协商").expect(200).json();
    assert_eq!((&held["state"], shown()), (&json!("held"), json!(null)));
    assert_eq!(app.get(&path).token(&firm).expect(200).json(), held);
    app.get(&path).token(&app.firm_account(&app.firm("别家物业"))).refused(404, "not_found");
    let district = app.official(Role::District, DISTRICT, false);
    let queue = app.get("/v1/admin/reviews?kind=record_reply").token(&district).expect(200).json();
    let item = &queue["items"][0];
    assert_eq!(
        (&item["answers"], &item["held_reason"], &item["month"]),
        (&json!(record), &json!("account"), &json!("2026-11"))
    );
    let reply = id(item);
    let decide = |verb: &str, body: &Value| {
        let path = format!("/v1/admin/reviews/{reply}/{verb}");
        app.post(&path).token(&district).header("If-Match", "*").json(body)
    };
    decide("publish", &json!({"reason": "企业账号"})).expect(200);
    assert_eq!((&shown()["id"], &shown()["text"]), (&json!(reply), &json!("请加微信 lihua_88 协商")));
    let (_, resident) = app.resident("13700000021");
    let flag = app.post(&format!("/v1/reviews/{reply}/flags")).token(&resident);
    flag.json(&json!({"reason": "广告"})).expect(201);
    decide("hide", &json!({"rule": "advertising", "reason": "广告"})).expect(200);
    assert_eq!(shown()["hidden"], json!({"rule": "advertising", "text": "属于商业广告"}));
    let in_list = app.get(&format!("/v1/firms/{}/records", scene.uscc)).expect(200).json();
    assert_eq!(in_list["items"][0]["reply"], shown());
    let elsewhere = app.official(Role::District, OTHER_DISTRICT, false);
    app.get(&format!("/v1/admin/reviews/{reply}")).token(&elsewhere).refused(404, "not_found");
}

/// What an official says on a correction is shown with what is corrected.
#[both]
fn shown_grounds_with_a_person_in_them_are_refused_by_name(app: TestApp) {
    let scene = app.scene();
    app.set_time("2027-02-08T02:00:00Z");
    let street = app.official(Role::Street, STREET, true);
    let assess = |field: &str, text: &str| {
        let mut body = json!({"scores": {"service": 60, "party": 60}, "correction_reason": "补录"});
        body[field] = json!(text);
        app.assess(&street, &scene.project, "2026-Q4", "street", &body)
    };
    let with_a_person = "3号楼2单元501室王某（139:0000:0000）反映属实";
    for field in ["note", "correction_reason"] {
        let refused = assess(field, with_a_person).refused(422, "invalid");
        assert_eq!(refused.faults(), [(format!("/{field}"), "personal_information".to_owned())]);
    }
    let given = assess("note", "2026-11-21 检查3号楼，已整改").seconded(&app).json();
    let path = format!("/v1/assessments/{}", id(&given));
    let objection = id(&app.object(&app.firm_account(&scene.uscc), &path).expect(201).json());
    let decide = |reason: &str| {
        let amended =
            json!({"decision": "amended", "reason": reason, "scores": {"service": 90, "party": 60}});
        app.decide(&app.official(Role::Street, STREET, true), "objections", &objection, &amended)
    };
    let refused = decide(with_a_person).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/reason".to_owned(), "personal_information".to_owned())]);
    decide("漏计绿化加分").seconded(&app);
    let listed = app.get(&format!("/v1/projects/{}/assessments", scene.project)).expect(200).json();
    assert_eq!(listed["items"][0]["correction_reason"], "漏计绿化加分");
    // A file's grounds go the same way.
    let file = |note: &str, reason: &str| {
        let (estate, header) =
            (&scene.estate, "project,period,assessor,service,party,note,correction_reason");
        format!("{header}\n{estate},2026-Q4,street,60,60,{note},{reason}\n")
    };
    for (content, column) in
        [(file(with_a_person, "补录"), "note"), (file("已整改", with_a_person), "correction_reason")]
    {
        let report = import_file(&app, &street, "assessments", CSV, content);
        assert_eq!(faults(&report), [fault(2, column, "personal_information")], "{report}");
    }
}

/// What everyone reads of a reward or penalty names no person either. Buildings, amounts and
/// numbers of documents are none.
#[both]
fn a_record_with_a_person_in_it_is_refused_by_name(app: TestApp) {
    let scene = app.scene();
    let drafter = app.drafter();
    let add = |changes: Value| {
        app.post("/v1/admin/records").token(&drafter).json(&with(penalty(&scene.uscc), changes))
    };
    for (field, text) in [
        ("title", "对3号楼2单元501室王某的投诉处理不力"),
        ("title", "未答复 139:0000:0000 的来电"),
        ("detail", "投诉人身份证号 11010519491231002X"),
        ("detail", "第一户已退还。\n第二户：微信 lihua_88"),
    ] {
        let refused = add(json!({field: text})).refused(422, "invalid");
        assert_eq!(refused.faults(), [(format!("/{field}"), "personal_information".to_owned())], "{text}");
    }
    let title = "3号楼、5号楼电梯停运逾期未修，罚款12000元（大住建罚〔2026〕31号）";
    let drafted = add(json!({"title": title, "detail": "2026-11-10 责令退还 138.50 元"})).expect(201);
    assert_eq!(drafted.json()["title"], title);
    let path = drafted.header("location").to_owned();
    let edit = json!({"detail": "联系电话 0411-84312345"});
    let edit = app.patch(&path).token(&drafter).header("If-Match", drafted.etag()).json(&edit);
    assert_eq!(edit.refused(422, "invalid").faults(), [("/detail".into(), "personal_information".into())]);
    // By a decision on an objection, and in a file.
    let id = app.record_in_force(&with(penalty(&scene.uscc), json!({})));
    let objection = app.objection(&scene.uscc, &id);
    let amended = json!({"decision": "amended", "reason": "经复核", "amendment": {"title": "欠王某 13900000000 的退款"}});
    let refused = app.decide(&app.confirmer(), "objections", &objection, &amended).refused(422, "invalid");
    assert_eq!(refused.faults(), [("/amendment/title".into(), "personal_information".into())]);
    let file = format!(
        "category,uscc,level,title,detail,document_number,authority,evidence,decided_on\n\
        P301,{},district,违规收费,退还A座1203王某,中市监罚字〔2026〕77号,中山区市场监管局,file,2026-11-10\n",
        scene.uscc
    );
    let report = import_file(&app, &drafter, "records", CSV, file);
    assert_eq!(faults(&report), [fault(2, "detail", "personal_information")], "{report}");
}

#[both]
fn the_queue_goes_through_all_kinds_in_one_order(app: TestApp) {
    let (stage, _) = published(&app);
    let firm = app.firm_account(&stage.uscc);
    for review in listed(&app, &stage) {
        let path = format!("/v1/reviews/{}/reply", id(&review));
        app.put(&path).token(&firm).json(&json!({"text": "谢谢"})).expect(201);
    }
    let official = app.official(Role::Street, STREET, false);
    let (mut path, mut seen) = ("/v1/admin/reviews?limit=3&count=true".to_owned(), Vec::new());
    loop {
        let page = app.get(&path).token(&official).expect(200).json();
        assert_eq!(page["page"]["total"], 10);
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| (item["month"].as_str().unwrap().to_owned(), id(item))));
        let Some(cursor) = page["page"]["next_cursor"].as_str() else { break };
        path = format!("/v1/admin/reviews?limit=3&count=true&cursor={cursor}");
    }
    assert_eq!(seen.len(), 10);
    // Replies of December, then comments of November.
    assert!(seen.is_sorted_by(|(month, id), (next, next_id)| (next, id) <= (month, next_id)));
    assert!(seen[..5].iter().all(|(month, _)| month == "2026-12"), "{seen:?}");
}
