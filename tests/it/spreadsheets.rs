//! Files as a Chinese spreadsheet saves them, and what is written for one.

use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::Role;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::import::ImportKind;
use xinwu_domain::project::NewProject;

use crate::harness::TestApp;
use crate::harness::world::{
    COMMUNITY, DISTRICT, OTHER_COMMUNITY, OTHER_DISTRICT, STREET, new_uscc, plain_project,
};
use crate::imports::{CSV, NDJSON, fault, faults, import_file, import_seconded, rows};

fn district(app: &TestApp) -> String {
    app.official(Role::District, DISTRICT, true)
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(bytes).collect()
}

fn wide(text: &str) -> String {
    let wide = |character: char| char::from_u32(u32::from(character) - 0x21 + 0xff01).unwrap();
    text.chars()
        .map(|character| if character.is_ascii_graphic() { wide(character) } else { character })
        .collect()
}

/// One firm in a table whose last column and rows are empty.
fn firms(separator: &str, uscc: &str) -> String {
    let line = |cells: [&str; 6]| cells.join(separator) + "\r\n";
    [
        line(["统一社会信用代码", "企业名称", "登记地区划代码", "登记状态", "营业执照日期", ""]),
        line([&wide(uscc), "甲物业有限公司", &wide(DISTRICT), "存续", "2018年5月2日", ""]),
        line(["", "", "", "", "", ""]),
        line(["", "", "\u{3000}", "", "", ""]),
    ]
    .concat()
}

#[both]
fn a_file_is_read_as_a_chinese_spreadsheet_saves_it(app: TestApp) {
    let district = district(&app);
    let uscc = new_uscc();
    let (tabs, commas, semicolons) = (firms("\t", &uscc), firms(",", &uscc), firms(";", &uscc));
    let in_gb18030 = (gb18030(&commas), "gb18030");
    for (at, (file, encoding)) in [
        (utf16(&tabs, u16::to_le_bytes), "utf-16"),
        (utf16(&tabs, u16::to_be_bytes), "utf-16"),
        (format!("\u{feff}{commas}").into_bytes(), "utf-8"),
        (tabs.into_bytes(), "utf-8"),
        (semicolons.into_bytes(), "utf-8"),
        in_gb18030,
    ]
    .into_iter()
    .enumerate()
    {
        let report = import_file(&app, &district, "firms", CSV, file);
        let expected = if at == 0 { rows(1, 0, 0) } else { rows(0, 0, 1) };
        assert_eq!(
            (&report["state"], &report["rows"], &report["encoding"]),
            (&json!("applied"), &expected, &json!(encoding)),
            "{at}: {report}"
        );
    }
    let firm = app.get(&format!("/v1/admin/firms/{uscc}")).token(&district).expect(200).json();
    assert_eq!((&firm["name"], &firm["status"]), (&json!("甲物业有限公司"), &json!("active")));
    assert_eq!(firm["licensed_on"], "2018-05-02");
}

fn gb18030(text: &str) -> Vec<u8> {
    let (bytes, _, failed) = encoding_rs::GB18030.encode(text);
    assert!(!failed);
    bytes.into_owned()
}

#[both]
fn days_numbers_and_words_are_read_as_people_write_them(app: TestApp) {
    let district = district(&app);
    let uscc = app.firm("甲物业");
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let header = "小区代码,承接主体,统一社会信用代码,服务起始日期,服务终止日期,服务面积（平方米）,服务户数,物业费（分/平方米·月）\r\n";
    for (at, (first, last, area, households)) in [
        ("2020-1-1", "2020-11-9", "1200.50", "30.0"),
        ("2020/1/1", "2020年11月9日", "１２００．５", "３０"),
        ("2020年1月1日", "2020/11/9 0:00", "1200.5", "30"),
        ("２０２０／１／１", "２０２０年１１月９日", "１２００．５０", "３０．０"),
        ("20200101", "2020.11.9", "1200.500", "30.00"),
    ]
    .into_iter()
    .enumerate()
    {
        let file = format!("{header}{estate},物业企业,{uscc},{first},{last},{area},{households},180.0\r\n");
        let report = import_seconded(&app, &district, "projects", CSV, file);
        // A new project needs a second person; a file that changes nothing does not.
        let expected = if at == 0 { ("confirmed", rows(1, 0, 0)) } else { ("applied", rows(0, 0, 1)) };
        assert_eq!((&report["state"], &report["rows"]), (&json!(expected.0), &expected.1), "{report}");
    }
    let bad = format!("{header}{estate},物业,{uscc},9/11/2020,20-11-9,\"1,200.5\",300.5,1E+3\r\n");
    let report = import_file(&app, &district, "projects", CSV, bad);
    assert_eq!(
        faults(&report),
        [
            fault(2, "operator", "unknown_value"),
            fault(2, "starts_on", "day"),
            fault(2, "ends_on", "day"),
            fault(2, "area_m2", "decimal"),
            fault(2, "households", "out_of_range"),
            fault(2, "fee_fen", "spreadsheet_value"),
        ]
    );
    assert_eq!(report["bad_rows"][0]["header"], "承接主体");
    assert_eq!(
        report["bad_rows"][0]["detail"],
        "应为：物业企业、街道企业、自管、托管（firm, street_firm, owners, community）"
    );
    let line = json!({
        "estate": estate, "operator": "firm", "uscc": uscc, "starts_on": "2020-01-01", "ends_on": "2020-11-09",
        "area_m2": 1200.5, "households": 30.0, "fee_fen": 180.0
    });
    assert_eq!(import_file(&app, &district, "projects", NDJSON, line.to_string())["rows"], rows(0, 0, 1));
}

#[both]
fn bad_rows_are_named_as_the_spreadsheet_numbers_them_and_all_at_once(app: TestApp) {
    let district = district(&app);
    let good = new_uscc();
    let elsewhere = new_uscc();
    for line_break in ["\r\n", "\n", "\r"] {
        let file = [
            String::new(),
            "uscc,name,registered_place,short_name,licensed_on".to_owned(),
            format!("{good},甲物业,{DISTRICT},\"甲{line_break}物业\",2018-01-01"),
            ",,,,".to_owned(),
            format!("{good},\"乙{line_break}物业\",999999,,2018-13-01,,"),
            format!("{elsewhere},丙物业,{OTHER_DISTRICT},,,"),
            format!("{},丁物业,{DISTRICT},,,,多", new_uscc()),
            format!("{},戊物业", new_uscc()),
            "9131,己物业,888888".to_owned(),
            String::new(),
        ]
        .join(line_break);
        let report = import_file(&app, &district, "firms", CSV, file);
        assert_eq!(report["state"], "refused");
        assert_eq!(
            faults(&report),
            [
                fault(3, "short_name", "control_character"),
                fault(5, "name", "control_character"),
                fault(5, "licensed_on", "day"),
                fault(5, "registered_place", "unknown_place"),
                fault(6, "registered_place", "out_of_reach"),
                fault(7, "", "no_header"),
                fault(8, "registered_place", "required"),
                fault(9, "uscc", "uscc_length"),
                fault(9, "registered_place", "unknown_place"),
            ],
            "{line_break:?}"
        );
        assert_eq!(report["rows"]["bad"], 6);
        let named =
            |at: usize| (report["bad_rows"][at]["key"].clone(), report["bad_rows"][at]["header"].clone());
        assert_eq!(named(0), (json!(format!("{good} 甲物业")), json!("企业简称")));
        assert_eq!(named(4), (json!(format!("{elsewhere} 丙物业")), json!("登记地区划代码")));
        assert_eq!(report["bad_rows"][5]["detail"], "G列没有表头，却有内容");
    }
    app.get(&format!("/v1/firms/{good}")).refused(404, "not_found");
}

/// What only the register knows of a row is told with what is wrong in the row itself.
#[both]
fn a_row_that_cannot_be_read_is_looked_up_all_the_same(app: TestApp) {
    let street = app.official(Role::Street, STREET, false);
    let firm = app.firm("甲物业");
    let far = app.estate(OTHER_COMMUNITY, EstateKind::Old);
    app.project(&far, &firm);
    let sent = |kind: &str, file: String| faults(&import_file(&app, &street, kind, CSV, file));
    assert_eq!(
        sent(
            "projects",
            format!(
                "estate,operator,uscc,manager,starts_on,area_m2,households\n{far},firm,{},赵经理,昨天,1,1\nNONE-1,firm,{firm},赵经理,2026-1-1,1,x\n",
                new_uscc()
            )
        ),
        [
            fault(2, "starts_on", "day"),
            fault(2, "estate", "out_of_reach"),
            fault(2, "uscc", "unknown_firm"),
            fault(2, "manager", "unknown_manager"),
            fault(3, "households", "out_of_range"),
            fault(3, "estate", "unknown_estate"),
            fault(3, "manager", "unknown_manager"),
        ]
    );
    assert_eq!(
        sent(
            "assessments",
            format!(
                "物业服务项目,评价周期,评价主体,物业服务得分,党建得分\n{far},2026年,街道,101,1\n幸福里,2026-Q9,街道,1,1\n"
            )
        ),
        [
            fault(2, "service", "out_of_range"),
            fault(2, "project", "out_of_reach"),
            fault(3, "period", "period"),
            fault(3, "project", "unknown_project"),
        ]
    );
    assert_eq!(
        sent("records", "category,uscc,project,level,title,document_number,authority,decided_on\nR999,91210200241281392F,无,市级,,1,甲,2026-1-1\n".to_owned()),
        [
            fault(2, "title", "required"),
            fault(2, "category", "unknown_category"),
            fault(2, "uscc", "unknown_firm"),
            fault(2, "project", "unknown_project"),
        ]
    );
}

#[both]
fn a_phone_in_the_wrong_column_is_not_repeated(app: TestApp) {
    let district = district(&app);
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    // The cells have moved, and the header is missing.
    let moved = format!(
        "estate,building,unit,room,phones\n{estate},1,１３９ ８７６５ ４３２１,张三13987654321,\n13987654321,\u{7},,,x\n"
    );
    let report = import_file(&app, &district, "households", CSV, moved);
    let keys: Vec<&str> =
        report["bad_rows"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect();
    assert!(keys.iter().all(|key| [&format!("{estate} 1"), ""].contains(key)), "{keys:?}");
    let headless =
        import_file(&app, &district, "households", CSV, format!("{estate},1,1,101,139-8765-4321\n"));
    assert_eq!(headless["failure"]["code"], "bad_header");
    let named =
        import_file(&app, &district, "households", NDJSON, "{\"a\\u000013987654321\":1,\"\\u0000b\":1}\n");
    let first: Vec<_> = faults(&named).into_iter().take(2).collect();
    assert_eq!(first, [fault(1, "…", "unknown_field"), fault(1, "b", "unknown_field")]);
    for report in [report, headless, named] {
        let text = report.to_string();
        assert!(
            !text.contains("7654321") && !text.contains("8765-4321") && !text.contains("４３２１"),
            "{text}"
        );
    }
}

/// A file costs what reading it does: what is told of it is bounded, whatever stands in it.
#[both]
fn what_is_told_of_a_file_that_is_all_faults_is_bounded(app: TestApp) {
    let district = district(&app);
    let header = "uscc,name,registered_place\n";
    let names: Vec<String> = (0..50_000).map(|number| format!("\"f{number}\":0")).collect();
    let long = "长".repeat(300_000);
    for (format, file, code) in [
        (CSV, format!("{header}{}", format!(",,,{}\n", "x,".repeat(16_000)).repeat(60)), ""),
        (CSV, format!("{header}{}", "x\n".repeat(4_000)), ""),
        (CSV, format!("{header}{}", format!("{long},甲,{DISTRICT}\n").repeat(3)), ""),
        (NDJSON, format!("{{{}}}\n{{\"{long}\":1}}\n", names.join(",")), ""),
        (CSV, format!("{}\n", "x,".repeat(16_000)), "bad_header"),
        (CSV, format!("{header}{}\n", ",".repeat(500_000)), "row_too_wide"),
        (CSV, format!("{header}\"{}", "x\n".repeat(600_000)), "row_too_long"),
        (CSV, format!("{header}\r\n\"{}", "x\n".repeat(1000)), "open_quote"),
    ] {
        let size = file.len();
        let report = import_file(&app, &district, "firms", format, file);
        assert_eq!(report["failure"]["code"].as_str().unwrap_or_default(), code, "{size}");
        assert_eq!(report["state"], if code.is_empty() { "refused" } else { "failed" });
        let told = report["bad_rows"].as_array().unwrap();
        assert!(told.len() <= 1000, "{}", told.len());
        let longest = told.iter().map(|row| row.to_string().len()).max().unwrap_or_default();
        assert!(longest < 2000 && report["failure"].to_string().len() < 4000, "{longest} {size}");
        if code == "open_quote" {
            assert_eq!((&report["failure"]["line"], told.len()), (&json!(3), 0));
        }
    }
}

#[both]
fn what_hangs_on_a_bad_row_is_not_named_with_it(app: TestApp) {
    let city = app.official(Role::City, "2102", false);
    let file = "区划代码,级别,名称,上级区划代码\n2102X01,区县,,2102\n2102X01X01,街道,甲街道,2102X01\n2102X01X01X01,社区,乙社区,2102X01X01\n2102X02X01,街道,丙街道,2102X02\n";
    let report = import_file(&app, &city, "places", CSV, file);
    assert_eq!(faults(&report), [fault(2, "name", "required"), fault(5, "parent", "unknown_place")]);
}

#[both]
fn households_and_staff_are_told_all_their_faults_at_once_and_no_phone_is_repeated(app: TestApp) {
    let district = district(&app);
    let near = app.estate(COMMUNITY, EstateKind::Old);
    let far = app.estate(OTHER_COMMUNITY, EstateKind::Old);
    let file = format!(
        "小区代码,楼号,单元,室号,手机号码\n{near},1号楼,1单元,101室,1390000\nNONE-1,1,1,101,\n{far},1,1,102,\n{near},,1,103,\n"
    );
    let report = import_file(&app, &district, "households", CSV, file);
    assert_eq!(
        faults(&report),
        [
            fault(2, "phones", "phone"),
            fault(3, "estate", "unknown_estate"),
            fault(4, "estate", "out_of_reach"),
            fault(5, "building", "required"),
        ]
    );
    assert_eq!(report["bad_rows"][0]["key"], json!(format!("{near} 1号楼 1单元 101室")));
    let staff = format!(
        "统一社会信用代码,手机号码,是否离职\n{},13900000001,也许\n{},139号,否\n",
        new_uscc(),
        app.firm("甲")
    );
    let report = import_file(&app, &district, "staff", CSV, staff);
    assert_eq!(
        faults(&report),
        [fault(2, "left", "unknown_value"), fault(2, "uscc", "unknown_firm"), fault(3, "phone", "phone")]
    );
    // The file's hash and the firms' codes may hold 139.
    let told = report.to_string();
    assert!(!told.contains("13900000001") && !told.contains("139号"), "{report}");
}

#[both]
fn a_project_is_named_by_its_estate(app: TestApp) {
    let community = app.official(Role::Community, COMMUNITY, false);
    let uscc = app.firm("甲物业");
    let estate = app.estate_named("幸福ｅ家", COMMUNITY, EstateKind::Old, &["老幸福"]);
    let project = app.project(&estate, &uscc);
    // Another of that name, where the official has nothing to say.
    app.project(&app.estate_named("幸福e家", OTHER_COMMUNITY, EstateKind::Old, &[]), &uscc);
    let assessed = |named: &str| {
        let file = format!(
            "物业服务项目,评价周期,评价主体,物业服务得分,党建得分\n{named},2026年第4季度,社区,88.5,92\n"
        );
        import_file(&app, &community, "assessments", CSV, file)
    };
    let first = assessed("幸福e家");
    assert_eq!((&first["state"], &first["rows"]), (&json!("submitted"), &rows(1, 0, 0)), "{first}");
    let lower = estate.to_lowercase();
    for named in [estate.as_str(), lower.as_str(), "老幸福", "幸福ｅ家", project.as_str()] {
        assert_eq!(assessed(named)["rows"], rows(0, 0, 1), "{named}");
    }
    assert_eq!(faults(&assessed("幸福里")), [fault(2, "project", "unknown_project")]);
    // However a project is named, a second row about it is one.
    let file = format!(
        "project,period,assessor,service,party\n{estate},2026-Q4,community,88.5,92\n老幸福,2026-Q4,community,88.5,92\n"
    );
    assert_eq!(
        faults(&import_file(&app, &community, "assessments", CSV, file)),
        [fault(3, "", "duplicate_row")]
    );
    // Two of that name.
    let other = app.estate_named("老幸福", COMMUNITY, EstateKind::Old, &[]);
    let told = assessed("老幸福");
    assert_eq!(faults(&told), [fault(2, "project", "ambiguous_project")]);
    let detail = told["bad_rows"][0]["detail"].as_str().unwrap();
    assert!(detail.contains(&estate) && detail.contains(&other), "{detail}");
}

#[both]
fn two_projects_of_one_period_are_both_named_and_a_day_tells_them_apart(app: TestApp) {
    let district = district(&app);
    let (before, now) = (app.firm("甲物业"), app.firm("乙物业"));
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    let first = app.project_with(NewProject {
        ends_on: Some("2026-10-15".parse().unwrap()),
        ..plain_project(&estate, &before)
    });
    let second = app.project_with(NewProject {
        starts_on: "2026-10-16".parse().unwrap(),
        ..plain_project(&estate, &now)
    });
    let metric = |period: &str| {
        let file = format!(
            "主体类型,主体,指标,周期,数值,数据来源\n项目,{estate},fee_collection_rate,{period},92.50,年报\n"
        );
        import_file(&app, &district, "metrics", CSV, file)
    };
    let told = metric("2026-Q4");
    assert_eq!(faults(&told), [fault(2, "subject", "ambiguous_project")]);
    let detail = told["bad_rows"][0]["detail"].as_str().unwrap();
    assert!(detail.contains(&first) && detail.contains(&second), "{detail}");
    assert_eq!(metric("2026年第3季度")["rows"], rows(1, 0, 0));
    assert_eq!(faults(&metric("2019")), [fault(2, "subject", "unknown_project")]);
    let record = |uscc: &str, day: &str| {
        let file = format!(
            "信息类别,统一社会信用代码,物业服务项目,作出机关级别,标题,文号,作出机关,证据,作出日期\nR101,{uscc},{estate},市级,表彰,大政发〔2026〕{day}号,大连市人民政府,file,{day}\n"
        );
        import_file(&app, &district, "records", CSV, file)
    };
    for (uscc, day) in [(&before, "2026/10/15"), (&now, "2026/10/16")] {
        let report = record(uscc, day);
        assert_eq!((&report["state"], &report["rows"]), (&json!("submitted"), &rows(1, 0, 0)), "{report}");
    }
}

#[both]
fn every_template_imports_as_it_is_in_either_language(app: TestApp) {
    let district = district(&app);
    let uscc = app.firm("甲物业");
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.household(&estate, "101", &["13900000001"]);
    app.project(&estate, &uscc);
    for kind in ImportKind::ALL {
        for english in [false, true] {
            let asked = app.get(&format!("/v1/admin/imports/{kind}/template")).token(&district);
            let template = if english { asked.english() } else { asked }.expect(200);
            assert_eq!(template.header("content-type"), "text/csv; charset=utf-8");
            assert_eq!(template.header("content-language"), if english { "en" } else { "zh-CN" });
            let text = template.text;
            let first = kind.columns().first().unwrap();
            let header = if english { first.name } else { first.zh };
            assert!(text.starts_with(&format!("\u{feff}{header},")), "{text}");
            assert!(text.ends_with("\r\n") && text.lines().count() == 2, "{text}");
            for dry_run in [true, false] {
                // The other language's row says the same, so that it changes nothing.
                let report =
                    import_file(&app, &district, &format!("{kind}?dry_run={dry_run}"), CSV, text.as_str());
                assert_eq!(
                    (&report["rows"]["read"], &report["bad_rows"]),
                    (&json!(1), &json!([])),
                    "{text}{report}"
                );
                assert!(
                    ["checked", "applied", "submitted"].contains(&report["state"].as_str().unwrap()),
                    "{report}"
                );
            }
        }
    }
    // The roster of the dwelling that the example names has stayed.
    let households =
        app.get(&format!("/v1/admin/households?estate={estate}")).token(&district).expect(200).json();
    assert_eq!(
        (&households["items"][0]["phones"], households["items"].as_array().unwrap().len()),
        (&json!(1), 1)
    );
}

#[both]
fn a_template_is_for_everyones_own_jurisdiction(app: TestApp) {
    let uscc = app.firm("甲物业");
    let estate = app.estate(COMMUNITY, EstateKind::Old);
    app.household(&estate, "101", &[]);
    app.project(&estate, &uscc);
    let mut taken = 0;
    for (role, place) in [
        (Role::City, "2102"),
        (Role::District, DISTRICT),
        (Role::Street, STREET),
        (Role::Community, COMMUNITY),
    ] {
        let official = app.official(role, place, true);
        for kind in ImportKind::ALL.into_iter().filter(|kind| kind.operation().audience().admits(role)) {
            let template =
                app.get(&format!("/v1/admin/imports/{kind}/template")).token(&official).expect(200).text;
            let report =
                import_file(&app, &official, &format!("{kind}?dry_run=true"), CSV, template.as_str());
            assert_eq!(
                (&report["state"], &report["bad_rows"]),
                (&json!("checked"), &json!([])),
                "{role} {template}{report}"
            );
            taken += 1;
        }
    }
    assert!(taken > 20, "{taken}");
}

#[both]
fn a_template_is_for_those_who_may_import_it(app: TestApp) {
    let community = app.official(Role::Community, COMMUNITY, false);
    app.get("/v1/admin/imports/firms/template").refused(401, "not_signed_in");
    app.get("/v1/admin/imports/firms/template").token(&community).refused(403, "role_not_allowed");
    app.get("/v1/admin/imports/castles/template").token(&community).refused(400, "bad_parameter");
    // Where there is nothing yet, the example names nothing that is someone else's.
    app.estate(OTHER_COMMUNITY, EstateKind::Old);
    let template = app.get("/v1/admin/imports/households/template").token(&community).expect(200).text;
    assert_eq!(
        template,
        "\u{feff}小区代码,楼号,单元,室号,手机号码\r\nEXAMPLE-1,\"=\"\"1\"\"\",\"=\"\"1\"\"\",\"=\"\"101\"\"\",\r\n"
    );
}

#[both]
fn what_is_written_for_a_spreadsheet_opens_as_it_was_meant(app: TestApp) {
    let names = ["=HYPERLINK(\"http://x\")物业", "＝1+1物业", "-甲物业", "@乙物业", "00123", "3-2", "丙物业"];
    for name in names {
        app.firm(name);
    }
    let city = app.official(Role::City, "2102", false);
    let table = app
        .post("/v1/admin/schemes/simulate")
        .token(&city)
        .header("Accept", "text/csv")
        .json(&json!({"scheme": "dalian-demo", "version": 1}))
        .expect(200)
        .text;
    for cell in [
        ",\"'=HYPERLINK(\"\"http://x\"\")物业\",",
        ",'＝1+1物业,",
        ",'-甲物业,",
        ",'@乙物业,",
        ",\"=\"\"00123\"\"\",",
        ",\"=\"\"3-2\"\"\",",
        ",丙物业,",
    ] {
        assert!(table.contains(cell), "{cell} {table}");
    }
    // The file that someone makes of it is read as what it was.
    let district = district(&app);
    let place = format!("\"=\"\"{DISTRICT}\"\"\"");
    let (one, two) = (new_uscc(), new_uscc());
    let file = format!(
        "uscc,name,registered_place\n{one},'=甲,{place}\n=\"{two}\",\"=\"\"00124\"\"\",=\"{DISTRICT}\"\n"
    );
    assert_eq!(import_file(&app, &district, "firms", CSV, file)["rows"], rows(2, 0, 0));
    for (uscc, name) in [(one, "=甲"), (two, "00124")] {
        assert_eq!(app.get(&format!("/v1/firms/{uscc}")).expect(200).json()["name"], name);
    }
}
