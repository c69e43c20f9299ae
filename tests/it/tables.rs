//! Public lists as CSV for spreadsheets.

use serde_json::json;
use xinwu_both::both;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::firm::{NewFirm, NewFormerName};

use crate::harness::files::{penalty, with};
use crate::harness::world::{COMMUNITY, plain_firm};
use crate::harness::{Reply, TestApp};

/// The rows of a table, without the mark: no cell of these tests holds a comma, a quote or a line
/// break but those that are looked at whole.
fn rows(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8");
    let text = reply.text.strip_prefix('\u{feff}').expect("the mark for Excel");
    assert!(text.ends_with("\r\n"), "{text:?}");
    text.trim_end_matches("\r\n").split("\r\n").map(str::to_owned).collect()
}

fn csv(app: &TestApp, path: &str) -> Reply {
    app.get(path).header("Accept", "text/csv").expect(200)
}

/// The path that `Link` names.
fn next(reply: &Reply) -> Option<String> {
    let link = reply.header("link").strip_prefix('<')?;
    Some(link.split('>').next()?.to_owned())
}

#[both]
fn firms_are_a_table_in_the_language_asked_for_page_by_page(app: TestApp) {
    let first = app.firm_with(NewFirm {
        short_name: Some("=1+1".to_owned()),
        former_names: [("甲,旧名", "2020-01-01"), ("甲\"旧\"名", "2024-01-01")]
            .map(|(name, until)| NewFormerName { name: name.to_owned(), used_until: until.parse().unwrap() })
            .into(),
        ..plain_firm("甲物业")
    });
    let second = app.firm("乙物业");
    app.graded(&first, Some(81_875), "AA");
    app.tallied(&first, 20, 92, Some(43_148));
    let page = csv(&app, "/v1/firms?sort=-score&limit=1");
    assert_eq!(page.header("content-disposition"), "attachment; filename=\"firms.csv\"");
    assert_eq!(page.header("content-language"), "zh-CN");
    let rows_of_page = rows(&page);
    assert_eq!(
        rows_of_page[0],
        "统一社会信用代码,企业名称,简称,曾用名,登记状态,注册地代码,注册地,评价结果,评分办法,评分办法版本,信用得分,信用等级,\
         公示中的等级,评价后果,红黑榜,服务得分,评价户数,良好信息,不良信息,在管项目,在管面积（平方米）,演示数据"
    );
    assert_eq!(
        rows_of_page[1],
        format!(
            "{first},甲物业,'=1+1,\"甲\"\"旧\"\"名；甲,旧名\",存续,\"=\"\"210202\"\"\",中山区,已评价,dalian-demo,1,81.875,AA,\
         ,,,4.3148,20,2,1,0,0,否"
        )
    );
    assert_eq!(rows_of_page.len(), 2);
    // The rest stands behind the same link as of the list in JSON.
    let json = app.get("/v1/firms?sort=-score&limit=1").expect(200);
    assert_eq!(next(&json).is_some(), next(&page).is_some());
    let rest = csv(&app, &next(&page).unwrap());
    assert!(rows(&rest)[1].starts_with(&format!("{second},乙物业,")), "{}", rest.text);
    assert_eq!(next(&rest), None);
    let english = app.get("/v1/firms?q=%E7%94%B2").header("Accept", "text/csv").english();
    let english = english.expect(200);
    assert!(rows(&english)[0].starts_with("uscc,name,short_name,former_names,status,registered_place,"));
    assert!(rows(&english)[1].contains(",active,") && rows(&english)[1].ends_with(",false"));
    // A representation of its own, that is not sent twice.
    assert_ne!(page.etag(), json.etag());
    let again = app.get("/v1/firms?sort=-score&limit=1").header("Accept", "text/csv");
    let again = again.header("If-None-Match", page.etag()).expect(304);
    assert_eq!(again.header("cache-control"), "public, max-age=0, must-revalidate");
    assert_eq!(page.header("vary"), "Accept, Accept-Encoding, Accept-Language");
    // Who takes both gets what they would rather have; who does not say, JSON.
    for (accept, kind) in [
        ("text/csv;q=0.1, application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/*", "text/csv; charset=utf-8"),
    ] {
        let reply = app.get("/v1/firms").header("Accept", accept).expect(200);
        assert_eq!(reply.header("content-type"), kind, "{accept}");
    }
    let refused = app.get("/v1/firms").header("Accept", "application/pdf").refused(406, "not_acceptable");
    assert!(refused.json()["detail"].as_str().unwrap().contains("application/json、text/csv"));
    // What is wrong with the query is a problem, whatever is taken.
    app.get("/v1/firms?limit=0").header("Accept", "text/csv").refused(400, "bad_parameter");
}

#[both]
fn estates_stand_with_who_serves_them(app: TestApp) {
    let uscc = app.firm("甲物业");
    let served = app.estate_named("幸福花园", COMMUNITY, EstateKind::Old, &["幸福小区"]);
    app.estate_named("阳光花园", COMMUNITY, EstateKind::Unmanaged, &[]);
    let project = app.project(&served, &uscc);
    let table = csv(&app, "/v1/estates?sort=-name");
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"estates.csv\"");
    let rows = rows(&table);
    assert_eq!(
        rows[0],
        "小区代码,小区名称,其他名称,小区类型,社区代码,社区,地址,户数,承接方,物业企业代码,物业企业,项目,服务起始日期,服务截止日期,\
         服务面积（平方米）,物业费（元/平方米·月）,演示数据"
    );
    let of = |name: &str| rows.iter().find(|row| row.contains(name)).unwrap().clone();
    let expected = format!(",物业企业,{uscc},甲物业,{project},\"=\"\"2024-01-01\"\"\",,10000,");
    assert!(
        of("幸福花园").contains(",幸福小区,老旧,") && of("幸福花园").contains(&expected),
        "{}",
        of("幸福花园")
    );
    assert!(of("阳光花园").contains(",弃管,") && of("阳光花园").contains(",,,,,,"), "{}", of("阳光花园"));
}

#[both]
fn records_are_a_table_that_opens_as_it_was_meant(app: TestApp) {
    let uscc = app.firm("甲物业");
    let changes = json!({"title": "+违规收费", "document_number": "2026-12", "detail": "一\n二"});
    let id = app.record_in_force(&with(penalty(&uscc), changes));
    let table = csv(&app, &format!("/v1/firms/{uscc}/records"));
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"records.csv\"");
    let text = table.text.strip_prefix('\u{feff}').unwrap();
    assert!(text.starts_with(
        "编号,信息类型,分类代码,分类,依据,企业代码,企业,项目,小区,级别,严重程度,标题,详情,文号,决定机关,决定日期,计分截止,公示截止,状态,异议处理中,企业回复,演示数据\r\n"
    ));
    let row = text.split_once("\r\n").unwrap().1;
    assert!(row.starts_with(&format!("{id},不良信息,P301,")), "{row}");
    for cell in [
        format!(",{uscc},甲物业,,,区县级,"),
        ",'+违规收费,\"一\n二\",\"=\"\"2026-12\"\"\",中山区市场监督管理局,\"=\"\"2026-11-10\"\"\","
            .to_owned(),
        ",有效,否,,否\r\n".to_owned(),
    ] {
        assert!(row.contains(&cell), "{cell} in {row}");
    }
    app.get("/v1/firms/91210200241281392F/records").header("Accept", "text/csv").refused(404, "not_found");
}

#[both]
fn the_red_and_the_black_list_are_tables(app: TestApp) {
    let uscc = app.firm("甲物业");
    app.graded(&uscc, Some(90_000), "AAA");
    app.sql(&[format!(
        "INSERT INTO list_entry (list, subject_kind, subject_id, scheme, listed_at, ends_on, reason_zh, reason_en) \
         VALUES ('red', 'firm', '{uscc}', 'dalian-demo', '2026-11-01 00:00:00', '2027-01-31', '得分85以上', 'A score of 85 or more')"
    )], &uscc);
    let table = csv(&app, "/v1/lists/red");
    assert_eq!(
        rows(&table),
        [
            "红黑榜,统一社会信用代码,企业名称,注册地代码,注册地,评分办法,信用得分,信用等级,列入时间（UTC）,截止日期,原因,演示数据"
                .to_owned(),
            format!(
                "红榜,{uscc},甲物业,\"=\"\"210202\"\"\",中山区,dalian-demo,90,AAA,2026-11-01T00:00:00Z,\"=\"\"2027-01-31\"\"\",得分85以上,否"
            ),
        ]
    );
    let english = app.get("/v1/lists/black").header("Accept", "text/csv").english().expect(200);
    assert_eq!(
        rows(&english),
        [
            "list,uscc,name,registered_place,registered_place_name,scheme,score,grade,listed_at,until,reason,demo"
        ]
    );
}
