//! The docs page in a real browser: headless Chromium renders it from the running service, without
//! any other network.

use std::process::Command;

use xinwu_openapi::lint::{self, Described};

use crate::harness::{Backend, TestApp};

/// What the page is once its scripts have run.
fn rendered(app: &TestApp, path: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut chromium = Command::new("chromium");
    chromium
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--virtual-time-budget=30000", "--window-size=1280,2000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .env("HOME", folder.path());
    if let Some(picture) = std::env::var_os("XINWU_TEST_SCREENSHOT") {
        chromium.arg(format!("--screenshot={}", picture.to_string_lossy()));
    }
    let output =
        chromium.arg(format!("{}{path}", app.base)).output().expect("chromium is installed (make packages)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_docs_page_shows_every_operation_in_a_browser() {
    let app = TestApp::start(Backend::Sqlite);
    for (shown, document, title) in [
        ("/docs/", "/openapi.json", "Xinwu"),
        (
            "/docs/?urls.primaryName=Officials%20and%20administrators%20%C2%B7%20%E4%B8%BB%E7%AE%A1%E9%83%A8%E9%97%A8%E4%B8%8E%E7%B3%BB%E7%BB%9F%E7%AE%A1%E7%90%86",
            "/openapi-admin.json",
            "Xinwu Admin",
        ),
    ] {
        let page = rendered(&app, shown);
        assert!(page.contains(title), "the title is not shown: {}", &page[..page.len().min(2000)]);
        let document = app.get(document).expect(200).json();
        let operations = lint::operations(&document);
        for Described { path, .. } in &operations {
            // Swagger UI puts a zero-width space before each slash, so that long paths break.
            assert!(page.contains(&format!("data-path=\"{path}\"")), "{path} is not shown");
        }
        assert_eq!(page.matches("class=\"opblock opblock-").count(), operations.len(), "{shown}");
    }
}

#[test]
fn the_address_without_a_slash_leads_there() {
    let app = TestApp::start(Backend::Sqlite);
    let reply = app.get("/docs").expect(308);
    assert_eq!(reply.header("location"), "/docs/");
    let page = app.get("/docs/").expect(200);
    assert!(page.header("content-security-policy").contains("default-src 'self'"));
}
