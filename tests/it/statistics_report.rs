//! The report of a place and period as a page that prints: its parts, both languages, what it is
//! cached under, what changes it.

use xinwu_both::both;
use xinwu_domain::estate::EstateKind;

use crate::harness::world::{COMMUNITY, DISTRICT, STREET};
use crate::harness::{Reply, TestApp};

#[track_caller]
fn report(app: &TestApp, query: &str) -> Reply {
    let page = app.get(&format!("/statistics?{query}")).expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    assert!(!page.text.contains("<script") && !page.text.contains("style=\""), "{}", page.text);
    page
}

#[track_caller]
fn in_order(page: &Reply, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let at = page.text[from..].find(part);
        from += at.unwrap_or_else(|| panic!("{part} is missing, or too early:\n{}", page.text));
    }
}

/// A project with ratings of October and of the October before.
fn rated(app: &TestApp) -> String {
    let firm = app.firm("甲物业");
    let project = app.project(&app.estate(COMMUNITY, EstateKind::Old), &firm);
    app.estate(COMMUNITY, EstateKind::Unmanaged);
    app.increment(&project, "2025-10", [0, 0, 0, 2, 3]);
    app.increment(&project, "2026-10", [1, 0, 1, 2, 6]);
    app.graded(&firm, Some(88_000), "AAA");
    project
}

#[both]
fn the_report_says_in_words_and_pictures_what_the_api_says(app: TestApp) {
    rated(&app);
    let zh = report(&app, &format!("place={DISTRICT}"));
    in_order(
        &zh,
        &[
            "<title>信息月报 · 中山区 · 2026年10月",
            "<a href=\"/statistics?place=2102&#38;period=2026-10&#38;lang=zh\">大连市</a>",
            "中山区</span>物业服务信息月报 <span class=\"sub\">2026年10月</span>",
            "2026年10月1日至2026年10月31日；小区和企业为2026年11月21日的情况。",
            "<h2 id=\"summary\">主要指标</h2>",
            "2026年10月</th>",
            "2025年10月</th>",
            "物业服务覆盖率（户）",
            "<strong>50%</strong><span class=\"of\">100 / 200</span>",
            // Of a year ago nothing is known of who served whom.
            "<td class=\"n\">—</td>",
            "参与率",
            "<strong>10%</strong><span class=\"of\">10 / 100</span>",
            "5%<span class=\"of\">5 / 100</span>",
            "满意率",
            "<strong>80%</strong><span class=\"of\">8 / 10</span>",
            "物业费收缴率",
            "<strong>—</strong><span class=\"of\">0 / 1 个项目填报</span>",
            "<h2 id=\"coverage\">服务覆盖</h2>",
            "老旧小区",
            "1 / 1",
            "100 / 100",
            "<svg class=\"bar\"",
            "<rect class=\"part\" width=\"100\" height=\"10\"/>",
            "10,000",
            "弃管小区",
            "0 / 1",
            "<h2 id=\"grades\">信用等级</h2>",
            "AAA",
            "<h2 id=\"ratings\">住户评价</h2>",
            "60%",
            "<rect class=\"part\" width=\"60\" height=\"10\"/>",
            "近12个月的参与率和满意率",
            "<svg class=\"chart\"",
            "80%</text>",
            "25-11</text>",
            "26-10</text>",
            "2026年10月</th><td class=\"n\">10 / 100</td><td class=\"n\">10%</td><td class=\"n\">8</td><td class=\"n\">80%</td>",
            "<h2 id=\"records\">良好信息和不良信息</h2>",
            "<h2 id=\"below\">下辖各区划</h2>",
            &format!("/statistics?place={STREET}&#38;period=2026-10&#38;lang=zh"),
            "<h2 id=\"how\">口径说明</h2>",
        ],
    );
    let en = report(&app, &format!("place={DISTRICT}&period=2026-Q4&lang=en"));
    in_order(
        &en,
        &[
            "<html lang=\"en\">",
            "<title>Quarterly report",
            "quarter 4 of 2026",
            "Not all of the period’s ratings are published yet",
            "Main figures",
            "Households served",
            "Coverage",
            "Credit grades",
            "Residents’ ratings",
            "The places below it",
            "How the figures are made",
        ],
    );
    // Named, a month that is over is told as it stood at its end, when nothing was known yet.
    let named = report(&app, &format!("place={DISTRICT}&period=2026-10"));
    in_order(
        &named,
        &["小区和企业为2026年10月31日的情况。", "<strong>0%</strong><span class=\"of\">0 / 200</span>"],
    );
    let month = report(&app, &format!("place={COMMUNITY}&period=2026-08"));
    in_order(&month, &["本期尚无已公布的评价。", "近12个月的参与率和满意率"]);
    assert!(!month.text.contains("id=\"below\""), "{}", month.text);
}

#[both]
fn the_page_of_a_place_leads_to_its_report_and_that_to_other_periods(app: TestApp) {
    rated(&app);
    let place = app.get(&format!("/places/{DISTRICT}?lang=en")).expect(200);
    in_order(&place, &[&format!("/statistics?place={DISTRICT}&#38;period=2026-10&#38;lang=en")]);
    let report = report(&app, &format!("place={DISTRICT}&period=2026-10&lang=en"));
    for period in ["2026-09", "2026-11", "2026-Q4", "2026-H2", "2026"] {
        in_order(&report, &[&format!("/statistics?place={DISTRICT}&#38;period={period}&#38;lang=en")]);
    }
    assert!(!report.text.contains("period=2026-12"), "what is to come has no report");
    in_order(
        &report,
        &[
            &format!("href=\"?lang=zh&#38;place={DISTRICT}&#38;period=2026-10\""),
            &format!("/v1/statistics?place={DISTRICT}&#38;period=2026-10"),
        ],
    );
}

#[both]
fn each_place_period_and_language_is_cached_by_itself_until_it_changes(app: TestApp) {
    rated(&app);
    let tag = |query: &str| report(&app, query).etag().to_owned();
    for _ in 0..2 {
        let tags = [
            tag(""),
            tag("lang=en"),
            tag("place=210202"),
            tag("place=210202&period=2026-10"),
            tag("place=210202&period=2026-Q3"),
            tag("place=210203&period=2026-10"),
        ];
        let mut distinct = tags.to_vec();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), tags.len(), "{tags:?}");
    }
    // What the page does not know, in any order.
    let one = tag("place=210202&period=2026-10");
    let same = "/statistics?utm_source=wechat&period=2026-10&from=timeline&place=210202&place=210203";
    app.get(same).header("If-None-Match", &one).expect(304);
    // A parameter that is written otherwise is read alike by the cache and by the page.
    in_order(&report(&app, "pl%61ce=210203&place=210202"), &["<title>信息月报 · 中山区"]);
    in_order(&report(&app, "place=%32%310203"), &["<title>信息月报 · 西岗区"]);
    // A step publishes, and closes November.
    let usual = tag("place=210202");
    app.tick();
    app.step_on("2026-12-01");
    assert_ne!(tag("place=210202"), usual);
    in_order(&report(&app, "place=210202"), &["<title>信息月报 · 中山区 · 2026年11月"]);
}

#[both]
fn what_is_no_place_or_period_is_refused_as_a_page(app: TestApp) {
    for query in ["period=2026-13", "period=2026-10-01", "period=2026-10-H1", "place=1"] {
        let page = app.get(&format!("/statistics?{query}")).header("Accept", "text/html").expect(400);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{query}");
    }
    // Without parameters, or with empty ones, it is the city's last month.
    for query in ["", "place=&period=", "place=2102"] {
        in_order(&report(&app, query), &["<title>信息月报 · 大连市 · 2026年10月"]);
    }
}
