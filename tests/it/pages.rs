//! Pages for people: their parts in order, states in words, both languages, what changes them,
//! errors, and text that means harm.

use std::collections::BTreeSet;

use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;

use crate::harness::files::{Scene, penalty, with};
use crate::harness::world::{COMMUNITY, DISTRICT, STREET, encode};
use crate::harness::{Reply, TestApp};
use crate::imports::{CSV, import_file};

/// Where each of these begins, in this order.
#[track_caller]
fn in_order(page: &Reply, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let at = page.text[from..].find(part);
        from += at.unwrap_or_else(|| panic!("{part} is missing, or too early:\n{}", page.text));
    }
}

#[track_caller]
fn says(page: &Reply, parts: &[&str]) {
    for part in parts {
        assert!(page.text.contains(part), "{part} is missing:\n{}", page.text);
    }
}

#[track_caller]
fn page(app: &TestApp, path: &str) -> Reply {
    let page = app.get(path).expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert!(!page.text.contains("<script") && !page.text.contains("style=\""), "{}", page.text);
    page
}

/// A firm with a project, a penalty that it answered, and published ratings.
fn full(app: &TestApp) -> (Scene, String) {
    let scene = app.scene();
    app.increment(&scene.project, "2026-11", [0, 0, 2, 4, 10]);
    app.increment(&scene.project, "2025-12", [0, 0, 0, 0, 4]);
    let record = app.record_in_force(&penalty(&scene.uscc));
    app.put(&format!("/v1/records/{record}/reply"))
        .token(&app.firm_account(&scene.uscc))
        .json(&json!({"text": "已退还多收费用。"}))
        .expect(200);
    (scene, record)
}

#[both]
fn a_firms_page_has_its_parts_in_order(app: TestApp) {
    let (scene, record) = full(&app);
    let zh = page(&app, &format!("/firms/{}", scene.uscc));
    in_order(
        &zh,
        &[
            "<html lang=\"zh-CN\">",
            "href=\"#main\"",
            "<h1 id=\"name\" lang=\"zh-CN\">海蓝物业</h1>",
            "<h2 id=\"grade\">信用等级</h2>",
            "自2026年11月",
            "对承接新项目和招标投标意味着什么",
            "承接新项目受到限制",
            "<h2 id=\"behind\">等级的依据</h2>",
            "基础分",
            "违规收费",
            "−",
            "<h2 id=\"service\">住户评价</h2>",
            "4.3148",
            "<strong>20</strong>",
            "上次公布：",
            "下次公布：",
            "<h2 id=\"records\">良好信息和不良信息</h2>",
            "中山区市场监督管理局",
            "2026年11月10日",
            "公开至",
            "2027年11月10日",
            "<h2 id=\"reply\">企业回应</h2>",
            "已退还多收费用。",
            "<h2 id=\"projects\">服务项目</h2>",
            "<h2 id=\"trend\">变化趋势</h2>",
            "trend.svg?lang=zh",
            "2026年11月",
        ],
    );
    says(&zh, &[&format!("/records/{record}?lang=zh"), &format!("/projects/{}?lang=zh", scene.project)]);
    let card = app.get(&format!("/v1/firms/{}", scene.uscc)).expect(200).json();
    says(&zh, &[&format!("<strong class=\"code\">{}</strong>", card["credit"]["grade"].as_str().unwrap())]);
    says(&zh, &[&format!("<span class=\"score\">{} 分</span>", card["credit"]["score"])]);
    let en = page(&app, &format!("/firms/{}?lang=en", scene.uscc));
    in_order(
        &en,
        &[
            "<html lang=\"en\">",
            "Credit grade",
            "Since ",
            "New projects only under conditions",
            "What is behind the grade",
            "Residents’ ratings",
            "Last published:",
            "Rewards and penalties",
            "10 November 2026",
            "The firm’s reply",
            "Projects",
            "Trend",
        ],
    );
}

#[both]
fn every_language_is_cached_by_itself_and_named_by_the_address_before_the_browser(app: TestApp) {
    let scene = app.scene();
    let path = format!("/firms/{}", scene.uscc);
    for _ in 0..2 {
        for (query, accept, tag) in [
            ("", "zh-CN", "zh-CN"),
            ("", "en-GB, en;q=0.8", "en"),
            ("?lang=en", "zh-CN", "en"),
            ("?lang=zh", "en", "zh-CN"),
            ("?utm_source=wechat&lang=en&from=timeline", "zh", "en"),
            ("?lang=fr", "zh", "zh-CN"),
        ] {
            let reply = app.get(&format!("{path}{query}")).header("Accept-Language", accept).expect(200);
            assert_eq!(reply.header("content-language"), tag, "{query}");
            says(&reply, &[&format!("<html lang=\"{tag}\">")]);
        }
    }
    // Whatever else an address says, it is one page.
    let one = page(&app, &path);
    assert_eq!(page(&app, &format!("{path}?a=1")).etag(), one.etag());
    app.get(&format!("{path}?b=%FF")).header("If-None-Match", one.etag()).expect(304);
    let head = app.call("HEAD", &path).expect(200);
    assert_eq!((head.etag(), head.text.as_str()), (one.etag(), ""));
}

#[both]
fn states_are_told_in_words(app: TestApp) {
    let uscc = app.firm("新设物业");
    let path = format!("/firms/{uscc}");
    says(&page(&app, &path), &["尚未评价", "还没有等级，不代表好，也不代表不好。", "尚无已公布的评价"]);
    let en = page(&app, &format!("{path}?lang=en"));
    says(&en, &["Not yet graded", "No ratings published yet"]);
    // What anonymity does not hide is said where the figures stand.
    says(&en, &["How anonymous that is", "ratings of one publication that are all equal give each away"]);
    let (scene, record) = full(&app);
    let path = format!("/firms/{}", scene.uscc);
    assert!(!page(&app, &path).text.contains("异议处理中"));
    // A record's objection marks the record; the grade stays what it is.
    app.objection(&scene.uscc, &record);
    let disputed = page(&app, &path);
    in_order(&disputed, &["id=\"behind\"", "异议处理中", "id=\"records\"", "异议处理中"]);
    says(&page(&app, &format!("/records/{record}")), &["异议处理中"]);
    // An objection to the grade itself is a state of the grade.
    let entries = app.get(&format!("/v1/firms/{}/evaluations?scheme=dalian-demo", scene.uscc)).expect(200);
    let entry = entries.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let firm = app.firm_account(&scene.uscc);
    let filed = app.object(&firm, &format!("/v1/firms/{}/evaluations/{entry}", scene.uscc)).expect(201);
    let filed = filed.json()["id"].as_str().unwrap().to_owned();
    let contested = page(&app, &path);
    in_order(
        &contested,
        &["id=\"grade\"", "grade disputed", "异议处理中", "等级、名单及其后果照常有效", "id=\"behind\""],
    );
    // So it is wherever the grade is shown: on the estate's page, to which the poster leads, and in
    // the badge.
    let estate = format!("/estates/{}", scene.estate);
    in_order(&page(&app, &estate), &["id=\"grade\"", "grade disputed", "异议处理中", "id=\"service\""]);
    let badge = format!("/v1/firms/{}/badge.svg", scene.uscc);
    says(&app.get(&badge).expect(200), &["异议处理中"]);
    // Once it is decided it is a grade as any other.
    let upheld = json!({"decision": "upheld", "reason": "计算无误"});
    app.decided(&filed, &upheld);
    for shown in [page(&app, &path), page(&app, &estate), app.get(&badge).expect(200)] {
        assert!(!shown.text.contains("grade disputed"), "{}", shown.text);
    }
    assert!(!app.get(&badge).expect(200).text.contains("异议处理中"));
}

#[both]
fn a_grade_that_rests_is_not_said_to_be_in_force(app: TestApp) {
    let uscc = app.firm("海蓝物业");
    app.graded(&uscc, None, "B");
    let rests =
        format!("UPDATE current_grade SET outcome = 'suspended', grade = NULL WHERE subject_id = '{uscc}'");
    app.sql(&[rests], &uscc);
    let shown = page(&app, &format!("/firms/{uscc}"));
    in_order(&shown, &["id=\"grade\"", "异议处理中", "处理期间暂不评定等级"]);
    assert!(!shown.text.contains("等级、名单及其后果照常有效"), "{}", shown.text);
}

/// The address of the link with these words.
#[track_caller]
fn link(page: &Reply, words: &str) -> String {
    let end = page.text.find(&format!("\">{words}")).unwrap_or_else(|| panic!("{words}:\n{}", page.text));
    let start = page.text[..end].rfind(" href=\"").unwrap() + " href=\"".len();
    let address = page.text[start..].split('"').next().unwrap();
    address.replace("&amp;", "&").replace("&#38;", "&")
}

#[both]
fn what_a_page_shows_the_beginning_of_is_read_to_its_end(app: TestApp) {
    let scene = app.scene();
    let record = app.record_in_force(&with(penalty(&scene.uscc), json!({"decided_on": "2026-08-10"})));
    // More rewards since than the firm's page has room for.
    let drafter = app.official(Role::District, DISTRICT, false);
    let header = "category,uscc,project,level,title,document_number,authority,evidence,decided_on";
    let rows: String = (1..=60)
        .map(|number| {
            format!(
                "R101,{},{},city,表彰{number},大政发〔2026〕{number}号,大连市人民政府,f,2026-10-01\n",
                scene.uscc, scene.project
            )
        })
        .collect();
    let sent = import_file(&app, &drafter, "records", CSV, format!("{header}\n{rows}"));
    let confirm = format!("/v1/admin/imports/{}/confirm", sent["id"].as_str().unwrap());
    let city = app.official(Role::City, "2102", true);
    app.post(&confirm).token(&city).header("If-Match", "*").expect(200);
    let firm = page(&app, &format!("/firms/{}", scene.uscc));
    // It stands among what is behind the grade, and no longer among the records.
    let among = firm.text.split("id=\"records\"").nth(1).unwrap();
    assert!(!among.contains(&format!("/records/{record}?")), "it has room for all");
    let first = page(&app, &link(&firm, "以上为最近作出的；查看全部61条"));
    in_order(&first, &["海蓝物业", "<h1 id=\"name\">良好信息和不良信息", "共61条", "表彰", "下一页"]);
    assert_eq!(first.text.matches("<li class=\"record reward\">").count(), 50);
    assert!(!first.text.contains(&record) && !first.text.contains("从头看起"));
    let next = link(&first, "下一页");
    let last = page(&app, &next);
    in_order(&last, &["共61条", &format!("/records/{record}?lang=zh"), "从头看起"]);
    assert_eq!(last.text.matches("<li class=\"record ").count(), 11);
    assert!(!last.text.contains("下一页"));
    // In the other language the same part.
    let english = page(&app, &format!("/firms/{}/records{}", scene.uscc, link(&last, "English")));
    in_order(&english, &["<html lang=\"en\">", "Rewards and penalties", "61 in all", &record]);
    // A change is seen at once.
    app.decided(&app.objection(&scene.uscc, &record), &json!({"decision": "revoked", "reason": "事实不清"}));
    assert!(!page(&app, &next).text.contains(&record));
    let project = page(&app, &format!("/projects/{}", scene.project));
    says(&page(&app, &link(&project, "以上为最近作出的；查看全部")), &["共60条"]);
    // Comments.
    for _ in 0..21 {
        app.review(&scene.project, &scene.uscc, "published");
    }
    for path in [format!("/firms/{}", scene.uscc), format!("/projects/{}", scene.project)] {
        let all = page(&app, &link(&page(&app, &path), "查看全部住户评论和企业答复"));
        says(&all, &["共21条"]);
        assert_eq!(all.text.matches("楼道很干净").count(), 21);
    }
    says(&page(&app, &format!("/firms/{}/projects", scene.uscc)), &["共1条", &scene.project]);
    says(&page(&app, &format!("/projects/{}/assessments", scene.project)), &["共0条"]);
    // A cursor that is not ours, or another list's.
    let cursor = next.split("cursor=").nth(1).unwrap();
    for path in [
        format!("/firms/{}/records?cursor=x", scene.uscc),
        format!("/firms/{}/reviews?cursor={cursor}", scene.uscc),
    ] {
        let refused = app.get(&path).expect(400);
        assert_eq!(refused.header("content-type"), "text/html; charset=utf-8");
        says(&refused, &["游标"]);
    }
}

#[both]
fn nobody_is_cut_off_a_list_of_a_place(app: TestApp) {
    let listed: Vec<String> = (0..12).map(|number| app.firm(&format!("物业{number}号"))).collect();
    for uscc in &listed {
        app.graded(uscc, Some(50_000), "C");
        app.sql(&[format!(
            "INSERT INTO list_entry (list, subject_kind, subject_id, scheme, listed_at, ends_on, reason_zh, reason_en) \
             VALUES ('black', 'firm', '{uscc}', 'dalian-demo', '2026-11-01 00:00:00', '2029-11-01', '一票否决', 'Veto')"
        )], uscc);
    }
    let place = page(&app, "/places/2102");
    let all = page(&app, &link(&place, "以上为最近列入的；查看全部"));
    in_order(&all, &["大连市", "<h1 id=\"name\">黑榜", "共12条"]);
    for uscc in &listed {
        says(&all, &[&format!("/firms/{uscc}?lang=zh")]);
    }
    let ranked = page(&app, &link(&place, "以上为前十名；查看全部"));
    in_order(&ranked, &["信用得分排名", "共12条", "<td>1</td>", "物业"]);
    assert_eq!(ranked.text.matches("<th scope=\"row\">").count(), 12);
    says(&page(&app, &link(&place, "这里的物业企业")), &["共12条", "物业11号"]);
    says(&page(&app, &format!("/firms/{}", listed[0])), &["黑榜</strong>", "至2029年11月1日"]);
    // From a community to its estates, and who serves them.
    let estate = app.estate_named("幸福花园", COMMUNITY, EstateKind::Old, &[]);
    app.project(&estate, &listed[0]);
    let community = page(&app, &format!("/places/{COMMUNITY}"));
    let estates = page(&app, &link(&community, "这里的小区，由谁服务"));
    in_order(&estates, &["共1条", "幸福花园", "物业0号"]);
    for path in ["/places/2102/lists/green", "/places/2102/rankings/luck"] {
        app.get(path).expect(400);
    }
    app.get("/places/9999/lists/black").expect(404);
}

/// Every path of a page, with whatever somebody may put into it: an answer in words.
#[both]
fn nothing_in_an_address_breaks_a_page(app: TestApp) {
    app.scene();
    let long = "x".repeat(3_000);
    let evil = [
        "%00",
        "%FF%FE",
        "%2e%2e",
        "a%2fb",
        "'%20OR%201=1",
        "%E2%80%AE",
        "%F0%9F%8F%A0",
        "-1",
        "01",
        "99999999999999999999",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "{{7*7}}",
        "%25s",
        &long,
    ];
    for pattern in [
        "/firms/{}",
        "/firms/{}/records",
        "/firms/{}/projects",
        "/firms/{}/reviews",
        "/estates/{}",
        "/estates/{}/poster",
        "/projects/{}",
        "/projects/{}/records",
        "/projects/{}/reviews",
        "/projects/{}/assessments",
        "/records/{}",
        "/places/{}",
        "/places/{}/lists/red",
        "/places/2102/lists/{}",
        "/places/2102/rankings/{}",
        "/places/{}/estates",
        "/places/{}/firms",
        "/schemes/{}",
        "/schemes/{}/versions/1",
        "/schemes/dalian-demo/versions/{}",
        "/problems/{}",
        "/search?q={}",
        "/search?{}",
        "/?lang={}",
        "/places/2102?{}",
        "/places/2102/estates?cursor={}",
    ] {
        for part in evil {
            let path = pattern.replace("{}", part);
            let reply = app.get(&path).send();
            assert!([200, 400, 404].contains(&reply.status), "{path}: {}", reply.status);
            assert_eq!(reply.header("content-type"), "text/html; charset=utf-8", "{path}");
            assert!(!reply.text.contains("<script") && !reply.text.contains('\0'), "{path}: {}", reply.text);
        }
    }
    // A token that is not good, what browsers do not send, a condition: a page all the same.
    let odd = app.get("/search?q=a").header("Authorization", "Bearer x").expect(401);
    assert_eq!(odd.header("content-type"), "text/html; charset=utf-8");
    app.get("/").header("Accept", "application/json").header("Range", "bytes=0-1").expect(200);
}

#[both]
fn what_others_wrote_is_text_wherever_it_stands(app: TestApp) {
    let (scene, record) = full(&app);
    let evil = "<b onmouseover=alert(1)>\"'&";
    let columns = [
        ("firm", "name", "uscc", &scene.uscc),
        ("estate", "name", "code", &scene.estate),
        ("estate", "address", "code", &scene.estate),
        ("place", "name", "code", &"2102".to_owned()),
        ("record", "title", "id", &record),
        ("record", "detail", "id", &record),
        ("record", "authority", "id", &record),
        ("record", "document_number", "id", &record),
    ];
    let quoted = evil.replace('\'', "''");
    let mut statements: Vec<String> = columns
        .iter()
        .map(|(table, column, key, id)| {
            format!("UPDATE {table} SET {column} = '{quoted}' WHERE {key} = '{id}'")
        })
        .collect();
    statements.push(format!("UPDATE reply SET text = '{quoted}'"));
    let review = app.review(&scene.project, &scene.uscc, "published");
    statements.push(format!("UPDATE review SET comment = '{quoted}' WHERE id = '{review}'"));
    app.sql(&statements, &scene.uscc);
    for path in [
        format!("/firms/{}", scene.uscc),
        format!("/firms/{}/records", scene.uscc),
        format!("/firms/{}/reviews", scene.uscc),
        format!("/firms/{}/projects", scene.uscc),
        format!("/projects/{}", scene.project),
        format!("/estates/{}", scene.estate),
        format!("/estates/{}/poster", scene.estate),
        format!("/records/{record}"),
        "/places/2102".to_owned(),
        format!("/places/{COMMUNITY}/estates"),
        "/places/2102/firms".to_owned(),
    ] {
        let shown = page(&app, &path);
        assert!(!shown.text.contains("<b on"), "{path}:\n{}", shown.text);
        says(&shown, &["&#60;b onmouseover=alert(1)&#62;&#34;&#39;&#38;"]);
    }
    for picture in ["badge.svg", "trend.svg"] {
        let shown = app.get(&format!("/v1/firms/{}/{picture}", scene.uscc)).expect(200);
        assert!(!shown.text.contains("<b on"), "{}", shown.text);
    }
}

#[both]
fn a_veto_bars_in_words(app: TestApp) {
    let scene = app.scene();
    app.increment(&scene.project, "2026-10", [0, 0, 0, 0, 9]);
    app.tick();
    says(&page(&app, &format!("/firms/{}", scene.uscc)), &["可以承接新项目"]);
    app.record_in_force(&with(penalty(&scene.uscc), json!({"category": "P303", "severity": "serious"})));
    let barred = page(&app, &format!("/firms/{}", scene.uscc));
    in_order(&barred, &["id=\"grade\"", "黑榜", "不得承接新项目", "id=\"behind\""]);
    let place = page(&app, "/places/2102");
    in_order(&place, &["<h2 id=\"list-black\">黑榜</h2>", "海蓝物业", "信用得分"]);
}

#[both]
fn a_page_changes_with_what_it_shows(app: TestApp) {
    let (scene, record) = full(&app);
    let pages = [
        format!("/firms/{}", scene.uscc),
        format!("/projects/{}", scene.project),
        format!("/estates/{}", scene.estate),
        format!("/records/{record}"),
        format!("/places/{DISTRICT}"),
        "/".to_owned(),
    ];
    let tags = || -> Vec<String> { pages.iter().map(|path| page(&app, path).etag().to_owned()).collect() };
    let changed = |before: &[String]| -> Vec<usize> {
        let after = tags();
        (0..pages.len()).filter(|at| before[*at] != after[*at]).collect()
    };
    let before = tags();
    assert_eq!(changed(&before), Vec::<usize>::new());
    // The reply is on the firm's page and on the record's.
    let reply = format!("/v1/records/{record}/reply");
    let firm = app.firm_account(&scene.uscc);
    app.put(&reply).token(&firm).header("If-Match", "*").json(&json!({"text": "已整改到位。"})).expect(200);
    assert_eq!(changed(&before), [0, 3]);
    says(&page(&app, &pages[0]), &["已整改到位。"]);
    // A new record moves the grade, and what is counted by place.
    let before = tags();
    app.record_in_force(&with(
        penalty(&scene.uscc),
        json!({"project": scene.project, "decided_on": "2025-12-10", "title": "擅自停用电梯"}),
    ));
    assert_eq!(changed(&before), [0, 1, 2, 4, 5]);
    says(&page(&app, &pages[0]), &["擅自停用电梯"]);
    says(&page(&app, &pages[1]), &["擅自停用电梯"]);
    // A step publishes.
    let before = tags();
    let residents = app.neighbours(&scene.estate, 5);
    app.rate_all(&residents, &scene.project, "2026-11", &[5, 5, 5, 5, 1]);
    assert_eq!(changed(&before)[..], [] as [usize; 0]);
    app.step_on("2026-12-01");
    let moved = changed(&before);
    assert!([0, 1, 2, 5].iter().all(|at| moved.contains(at)), "{moved:?}");
    // A comment came out, and is answered.
    let review = app.review(&scene.project, &scene.uscc, "published");
    says(&page(&app, &pages[0]), &["楼道很干净"]);
    app.put(&format!("/v1/reviews/{review}/reply"))
        .token(&app.firm_account(&scene.uscc))
        .json(&json!({"text": "感谢认可。"}))
        .expect(201);
    says(&page(&app, &pages[0]), &["感谢认可。"]);
    says(&page(&app, &pages[1]), &["感谢认可。"]);
    // An estate's name is on its page, its project's and its firm's.
    app.patch(&format!("/v1/admin/estates/{}", scene.estate))
        .token(&app.official(Role::Street, STREET, false))
        .header("If-Match", "*")
        .json(&json!({"name": "改名花园"}))
        .expect(200);
    for path in &pages[..3] {
        says(&page(&app, path), &["改名花园"]);
    }
}

#[both]
fn an_estates_page_says_who_serves_it(app: TestApp) {
    let (scene, _) = full(&app);
    let served = page(&app, &format!("/estates/{}", scene.estate));
    in_order(
        &served,
        &["id=\"serves\"", "海蓝物业", "id=\"grade\"", "id=\"service\"", "4.3148", "id=\"estate\""],
    );
    says(&served, &["大连市", "中山区", &format!("/estates/{}/poster", scene.estate)]);
    let nobody = app.estate(COMMUNITY, EstateKind::Unmanaged);
    says(&page(&app, &format!("/estates/{nobody}")), &["目前没有登记的服务主体", "弃管小区"]);
}

#[both]
fn the_poster_leads_to_the_estates_page(app: TestApp) {
    let scene = app.scene();
    let poster = page(&app, &format!("/estates/{}/poster", scene.estate));
    let url = format!("{}/estates/{}", app.state.config().public_url(), scene.estate);
    in_order(
        &poster,
        &["海蓝物业", "<svg class=\"qr\"", "<path d=\"M4 4h7v1h-7z", &format!("<p class=\"url\">{url}</p>")],
    );
}

#[both]
fn a_place_shows_figures_lists_rankings_and_what_is_below(app: TestApp) {
    let (scene, _) = full(&app);
    let place = page(&app, "/places/2102");
    in_order(
        &place,
        &["大连市", "id=\"figures\"", "红榜", "黑榜", "信用得分", "海蓝物业", "服务得分", "下辖", "中山区"],
    );
    let community = page(&app, &format!("/places/{COMMUNITY}?lang=en"));
    in_order(&community, &["Figures", "Estates", "Red list", "Black list"]);
    assert!(community.text.contains(&format!("/firms/{}?lang=en", scene.uscc)));
}

#[both]
fn how_a_grade_is_made_is_told_from_the_schemes_data(app: TestApp) {
    app.scene();
    let list = page(&app, "/schemes");
    says(&list, &["/schemes/dalian-demo/versions/1?lang=zh", "施行中"]);
    let scheme = page(&app, "/schemes/dalian-demo/versions/1");
    in_order(&scheme, &["AAA", "85 分及以上", "AA", "80 分及以上，低于 85 分", "C", "低于 60 分"]);
    let version = app.get("/v1/schemes/dalian-demo/versions/1").expect(200).json();
    for component in version["components"].as_array().unwrap() {
        says(&scheme, &[component["name"].as_str().unwrap()]);
        for group in component["groups"].as_array().unwrap() {
            for item in group["items"].as_array().unwrap() {
                says(&scheme, &[item["name"].as_str().unwrap()]);
            }
        }
    }
    for rule in version["rules"].as_array().unwrap() {
        says(&scheme, &[rule["reason"].as_str().unwrap()]);
    }
    // Every scheme that is shipped can be told, in both languages.
    let schemes = app.get("/v1/schemes?limit=100").expect(200).json();
    for scheme in schemes["items"].as_array().unwrap() {
        let id = scheme["id"].as_str().unwrap();
        for version in scheme["versions"].as_array().unwrap() {
            for lang in ["zh", "en"] {
                let shown = page(&app, &format!("/schemes/{id}/versions/{}?lang={lang}", version["version"]));
                assert!(!shown.text.contains("<dt></dt>"), "a detail without a name:\n{}", shown.text);
            }
        }
    }
}

#[both]
fn search_finds_estates_firms_and_places(app: TestApp) {
    let scene = app.scene();
    says(&page(&app, "/search"), &["请输入名称的一部分。"]);
    let found = page(&app, &format!("/search?q={}&utm_source=x", encode("海蓝")));
    in_order(&found, &["value=\"海蓝\"", "id=\"firms\"", &format!("/firms/{}?lang=zh", scene.uscc)]);
    says(&page(&app, "/search?q=hlwy"), &["海蓝物业"]);
    in_order(&page(&app, &format!("/search?q={}", encode("中山区"))), &["id=\"places\"", "/places/210202"]);
    says(&page(&app, "/search?lang=en&q=zzzz"), &["Nothing found for", "<bdi>zzzz</bdi>"]);
    // The other language keeps what was asked.
    says(&page(&app, "/search?q=zzzz"), &["href=\"?lang=en&#38;q=zzzz\""]);
    says(&page(&app, &format!("/search?q={}", "x".repeat(2_000))), &["请输入不超过64个字的名称。"]);
}

#[both]
fn hostile_text_is_text(app: TestApp) {
    let evil = "\"><script>alert(1)</script>\u{202e}'&amp;";
    let shown = page(&app, &format!("/search?q={}", encode(evil)));
    says(&shown, &["&#60;script&#62;alert(1)&#60;/script&#62;"]);
    assert!(!shown.text.contains('\u{202e}'));
    for query in ["%00", "%FF%FE", "%E2%80%AE", "%2e%2e%2f", "{{7*7}}", "%25s%25n", "'%20OR%20'1'='1"] {
        page(&app, &format!("/search?q={query}"));
    }
    let uscc = app.firm("<img src=x onerror=alert(1)>\u{202e}物业");
    let firm = page(&app, &format!("/firms/{uscc}"));
    assert!(!firm.text.contains("<img src=x"), "{}", firm.text);
    says(&firm, &["&#60;img src=x onerror=alert(1)&#62;"]);
    for picture in ["badge.svg", "trend.svg"] {
        let picture = app.get(&format!("/v1/firms/{uscc}/{picture}")).expect(200);
        assert!(!picture.text.contains("<img") && picture.text.contains("&#60;img"), "{}", picture.text);
    }
}

#[both]
fn errors_on_pages_are_pages(app: TestApp) {
    app.scene();
    for (method, path, status, words) in [
        ("GET", "/firms/91219900MA0000000X", 404, "未找到"),
        ("GET", "/firms/nobody", 400, "请求有误"),
        ("GET", "/firms/%00", 400, "请求有误"),
        ("GET", "/estates/NOBODY-1", 404, "未找到"),
        ("GET", "/estates/NOBODY-1/poster", 404, "未找到"),
        ("GET", "/projects/nobody", 404, "未找到"),
        ("GET", "/records/nobody", 404, "未找到"),
        ("GET", "/places/9999", 404, "未找到"),
        ("GET", "/places/x", 400, "请求有误"),
        ("GET", "/schemes/nobody", 404, "未找到"),
        ("GET", "/schemes/dalian-demo/versions/99", 404, "未找到"),
        ("GET", "/schemes/dalian-demo/versions/01", 400, "请求有误"),
        ("POST", "/search", 405, "不支持的请求方法"),
        ("DELETE", "/", 405, "不支持的请求方法"),
    ] {
        let reply = app.call(method, path).expect(status);
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!((reply.header("cache-control"), reply.header("etag")), ("no-store", ""), "{path}");
        says(&reply, &["<html lang=\"zh-CN\">", &format!("<h1>{words}"), reply.header("x-request-id")]);
        if status == 405 {
            assert_eq!(reply.header("allow"), "GET, HEAD");
        }
    }
    let english = app.get("/firms/91219900MA0000000X").english().expect(404);
    says(&english, &["<html lang=\"en\">", "Not Found", "There is no such firm"]);
    // What is nobody's is a page for those who ask for pages by name.
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let lost = app.get("/nowhere").header("Accept", browser).expect(404);
    assert_eq!(lost.header("content-type"), "text/html; charset=utf-8");
    let elsewhere = app.get("//elsewhere.example/x").header("Accept", browser).expect(404);
    assert!(!elsewhere.text.contains("elsewhere.example"), "{}", elsewhere.text);
    app.get("/nowhere").refused(404, "not_found");
    app.get("/v1/nowhere").header("Accept", browser).refused(404, "not_found");
    // The database is gone: in words too.
    app.sql(&["ALTER TABLE scheme_version RENAME TO away".to_owned()], &app.firm("甲"));
    let failed = app.get("/schemes").expect(500);
    says(&failed, &["服务内部错误", failed.header("x-request-id")]);
    assert!(!failed.text.contains("scheme_version"), "{}", failed.text);
}

#[both]
fn every_kind_of_problem_has_a_page(app: TestApp) {
    for kind in xinwu_api::problem::kinds::KINDS {
        let zh = page(&app, &format!("/problems/{}", kind.code));
        says(&zh, &[kind.code, "怎么办"]);
        app.get(&format!("/problems/{}", kind.code)).header("If-None-Match", zh.etag()).expect(304);
        let en = page(&app, &format!("/problems/{}?lang=en", kind.code));
        says(&en, &["What to do"]);
        // What is code is marked as such.
        assert!(!zh.text.contains('`') && !en.text.contains('`'), "{}", en.text);
    }
    // The `type` of a problem leads there.
    let refused = app.get("/v1/firms/nobody").expect(400).json();
    let path = refused["type"].as_str().unwrap().strip_prefix(&app.state.config().public_url()).unwrap();
    says(&page(&app, path), &[refused["code"].as_str().unwrap()]);
    assert_eq!(app.get("/problems/nobody").expect(404).header("content-type"), "text/html; charset=utf-8");
}

#[both]
fn pictures_say_in_words_what_they_show(app: TestApp) {
    let (scene, _) = full(&app);
    let badge = format!("/v1/firms/{}/badge.svg", scene.uscc);
    let zh = app.get(&badge).expect(200);
    assert_eq!(zh.header("content-type"), "image/svg+xml");
    let card = app.get(&format!("/v1/firms/{}", scene.uscc)).expect(200).json();
    let grade = format!("{} {}", card["credit"]["grade"].as_str().unwrap(), card["credit"]["score"]);
    in_order(&zh, &["<title id=\"title\">信用等级 ", &grade, "<desc id=\"desc\">海蓝物业，信用等级"]);
    let en = app.get(&format!("{badge}?lang=en")).expect(200);
    in_order(&en, &["xml:lang=\"en\"", "Credit grade"]);
    assert_eq!(en.header("content-language"), "en");
    app.get(&format!("{badge}?lang=en")).header("If-None-Match", en.etag()).expect(304);
    assert_eq!(app.get(&format!("{badge}?utm_source=x&lang=en")).expect(200).etag(), en.etag());
    app.get(&format!("{badge}?size=2")).refused(400, "bad_parameter");
    app.get(&format!("{badge}?lang=fr")).refused(400, "bad_parameter");
    app.get(&badge).header("Accept", "image/png").refused(406, "not_acceptable");
    app.get(&badge).header("Accept", "image/avif,image/webp,image/*,*/*;q=0.8").expect(200);
    let trend = app.get(&format!("/v1/firms/{}/trend.svg", scene.uscc)).expect(200);
    in_order(&trend, &["海蓝物业：近12个月的信用得分和等级", "2025年12月 无", "2026年11月 ", "<circle"]);
    let none = app.get(&format!("/v1/firms/{}/badge.svg", app.firm("新设物业"))).expect(200);
    says(&none, &["尚未评价"]);
}

#[both]
fn the_style_sheet_may_be_kept_under_its_hash(app: TestApp) {
    let home = page(&app, "/");
    let at = home.text.find("/style.css?v=").unwrap();
    let url = &home.text[at..at + "/style.css?v=".len() + 12];
    let sheet = app.get(url).expect(200);
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(sheet.header("cache-control"), "public, max-age=31536000, immutable");
    app.get(url).header("If-None-Match", sheet.etag()).expect(304);
    assert_eq!(app.get("/style.css?v=older").expect(200).header("cache-control"), "no-cache");
    assert_eq!(app.get("/icon.svg").expect(200).header("content-type"), "image/svg+xml");
}

/// Every address that a page of ours leads to is there: in both languages, from the first page on.
#[both]
fn no_link_leads_nowhere(app: TestApp) {
    let (scene, _) = full(&app);
    let mut known: BTreeSet<String> =
        ["/".to_owned(), format!("/firms/{}", scene.uscc), "/search?q=a".to_owned()].into();
    let mut waiting: Vec<String> = known.iter().cloned().collect();
    while let Some(path) = waiting.pop() {
        let reply = app.get(&path).send();
        assert!([200, 308].contains(&reply.status), "{path} answered {}", reply.status);
        if !reply.header("content-type").starts_with("text/html") || path.starts_with("/docs") {
            continue;
        }
        for (start, _) in reply.text.match_indices("href=\"").chain(reply.text.match_indices("src=\"")) {
            let from = start + reply.text[start..].find('"').unwrap() + 1;
            let link = &reply.text[from..from + reply.text[from..].find('"').unwrap()];
            let link = link.replace("&#38;", "&");
            // Of the places and their reports only the first of each page: the tree is large, and
            // there is a report of every month.
            let is_new = link.starts_with('/') && !known.contains(&link);
            let is_of_place = link.starts_with("/places/") || link.starts_with("/statistics");
            if is_new && (known.len() < 200 || !is_of_place) {
                known.insert(link.clone());
                waiting.push(link);
            }
        }
    }
    assert!(known.len() > 20, "{known:?}");
}
