//! Records, assessments and metrics of an import: one batch, two pairs of eyes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::json;
use xinwu_both::both;
use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::assessment::{AssessmentKey, AssessmentScores, NewAssessment};
use xinwu_domain::catalogue::Level;
use xinwu_domain::context::RequestContext;
use xinwu_domain::import::{AssessmentRow, ImportFormat, ImportKind, Occasion, Run};
use xinwu_domain::metric::NewMetric;
use xinwu_domain::record::NewRecord;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::scheme::Assessor;
use xinwu_domain::subject::Subject;
use xinwu_domain::text::Language;
use xinwu_persistence::credit::procedure::Procedure;
use xinwu_persistence::credit::record::{self, Staged};
use xinwu_persistence::credit::{assessment, metric};
use xinwu_persistence::operations::import::{self, NewImport, SentFile};
use xinwu_persistence::schema::import as jobs;
use xinwu_store::{Result, StoreError, Tx};

use crate::harness::TestApp;
use crate::harness::files::{Scene, ids, official_warrant};
use crate::harness::world::{DISTRICT, OTHER_DISTRICT, STREET};

fn drafter() -> Warrant {
    official_warrant("0193a5c2-7b1e-7f00-8000-000000000001", Role::District, DISTRICT, true)
}

fn context(app: &TestApp) -> RequestContext {
    app.state.city().context(Language::Chinese, app.now())
}

fn confirmer() -> Warrant {
    official_warrant("0193a5c2-7b1e-7f00-8000-000000000002", Role::District, DISTRICT, true)
}

fn write<T: Send + 'static>(
    app: &TestApp,
    work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
) -> Result<T> {
    app.db().write_blocking(work)
}

fn code<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    match outcome.unwrap_err() {
        StoreError::Refused(Refusal::Forbidden { code, .. } | Refusal::Conflict { code, .. }) => {
            code.to_owned()
        }
        StoreError::Refused(Refusal::Invalid(faults)) => faults[0].code.to_owned(),
        StoreError::Refused(Refusal::NotFound(_)) => "not_found".to_owned(),
        other => panic!("{other}"),
    }
}

fn new_record(scene: &Scene, number: &str) -> NewRecord {
    NewRecord {
        category: "P301".to_owned(),
        uscc: Some(scene.uscc.clone()),
        project: Some(scene.project.clone()),
        manager: None,
        level: Level::District,
        severity: None,
        severity_reason: None,
        title: "违规收费".to_owned(),
        detail: None,
        document_number: number.to_owned(),
        authority: "中山区市场监督管理局".to_owned(),
        evidence: vec!["决定书.pdf".to_owned()],
        decided_on: "2026-11-10".parse().unwrap(),
        counts_until: None,
        publish: None,
        public_until: None,
        points: Vec::new(),
        demo: false,
    }
}

/// Puts the job of an import whose rows these tests stage themselves.
fn open_import(tx: &mut Tx<'_>, id: &str, kind: ImportKind) -> Result<()> {
    let known: i64 = jobs::table.find(id).count().get_result(tx.conn)?;
    if known == 0 {
        let format = ImportFormat::Csv;
        let new = NewImport {
            id: id.to_owned(),
            kind,
            format,
            run: Run::Real,
            occasion: Occasion::Usual,
            file: SentFile::default(),
        };
        import::open(tx, &Warrant::operator(Operation::AddImport), &new, Language::English)?;
        // Records are seen once they are there.
        diesel::update(jobs::table.find(id)).set(jobs::state.eq("submitted")).execute(tx.conn)?;
    }
    Ok(())
}

fn stage_record(app: &TestApp, warrant: Warrant, import: &'static str, new: NewRecord) -> Result<Staged> {
    stage_known(app, warrant, import, new, None)
}

fn stage_known(
    app: &TestApp,
    warrant: Warrant,
    import: &'static str,
    new: NewRecord,
    known_from: Option<DateTime<Utc>>,
) -> Result<Staged> {
    let context = context(app);
    write(app, move |tx| {
        open_import(tx, import, ImportKind::Records)?;
        record::stage(tx, &warrant, import, (&new, known_from), &Procedure::default(), context)
    })
}

fn new_assessment(scene: &Scene, service: &str) -> AssessmentRow {
    let (period, assessor) = ("2026-Q4".parse().unwrap(), Assessor::District);
    AssessmentRow {
        key: AssessmentKey { project: scene.project.clone(), period, assessor },
        new: NewAssessment {
            scores: AssessmentScores { service: service.parse().unwrap(), party: "90".parse().unwrap() },
            note: None,
            evidence: Vec::new(),
            correction_reason: None,
        },
        known_from: None,
    }
}

fn new_metric(subject: Subject, value: &str) -> NewMetric {
    NewMetric {
        subject: subject.into(),
        key: "fee_collection_rate".to_owned(),
        period: "2026-Q3".parse().unwrap(),
        value: value.parse().unwrap(),
        source: "企业季报".to_owned(),
        method: None,
        known_from: None,
    }
}

#[both]
fn a_batch_of_records_comes_into_force_as_one_by_another_official(app: TestApp) {
    let scene = app.scene();
    let mut staged = Vec::new();
    for number in ["一号", "二号"] {
        let Staged::Created(id) =
            stage_record(&app, drafter(), "import-1", new_record(&scene, number)).unwrap()
        else {
            panic!("new")
        };
        staged.push(id);
    }
    // Run again, the same file changes nothing; the same decision with other content is a conflict.
    assert_eq!(
        stage_record(&app, drafter(), "import-2", new_record(&scene, "一号")).unwrap(),
        Staged::Unchanged(staged[0].clone())
    );
    let other = NewRecord { title: "别的".to_owned(), ..new_record(&scene, "一号") };
    assert_eq!(code(stage_record(&app, drafter(), "import-2", other)), "already_recorded");
    let official = app.confirmer();
    let etag =
        app.get(&format!("/v1/admin/records/{}", staged[0])).token(&official).expect(200).etag().to_owned();
    app.record_step(&official, &staged[0], &etag, "confirm").refused(409, "part_of_batch");
    app.get(&format!("/v1/records/{}", staged[0])).refused(404, "not_found");

    assert_eq!(
        code(write(&app, |tx| record::confirm_batch(tx, &drafter(), "import-1"))),
        "second_person_needed"
    );
    let weak = || official_warrant("weak", Role::District, DISTRICT, false);
    assert_eq!(
        code(write(&app, move |tx| record::confirm_batch(tx, &weak(), "import-1"))),
        "no_power_to_confirm"
    );
    let afar = || official_warrant("afar", Role::District, OTHER_DISTRICT, true);
    assert_eq!(code(write(&app, move |tx| record::confirm_batch(tx, &afar(), "import-1"))), "not_found");
    app.advance(chrono::Duration::hours(1));
    assert_eq!(write(&app, |tx| record::confirm_batch(tx, &confirmer(), "import-1")).unwrap(), 2);
    let listed = app.get(&format!("/v1/firms/{}/records", scene.uscc)).expect(200);
    staged.reverse();
    assert_eq!(ids(&listed), staged);
    assert!(
        listed.json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|each| each["known_from"] == "2026-11-21T03:00:00Z")
    );
    assert_eq!(write(&app, |tx| record::confirm_batch(tx, &confirmer(), "import-1")).unwrap(), 0);
    assert_eq!(
        stage_record(&app, drafter(), "import-3", new_record(&scene, "二号")).unwrap(),
        Staged::Unchanged(staged[0].clone())
    );
}

#[both]
fn a_returned_batch_may_come_again_corrected(app: TestApp) {
    let scene = app.scene();
    let Staged::Created(id) = stage_record(&app, drafter(), "import-1", new_record(&scene, "一号")).unwrap()
    else {
        panic!("new")
    };
    assert_eq!(
        write(&app, |tx| record::return_batch(tx, &confirmer(), "import-1", "文书号有误")).unwrap(),
        1
    );
    let corrected = NewRecord { title: "更正后".to_owned(), ..new_record(&scene, "一号") };
    let Staged::Created(again) = stage_record(&app, drafter(), "import-2", corrected).unwrap() else {
        panic!("new")
    };
    assert_ne!(again, id, "what was sent back stays in the history as it was");
    assert_eq!(write(&app, |tx| record::confirm_batch(tx, &confirmer(), "import-2")).unwrap(), 1);
    assert_eq!(app.get(&format!("/v1/records/{again}")).expect(200).json()["title"], "更正后");
    let official = app.confirmer();
    assert_eq!(
        app.get(&format!("/v1/admin/records/{id}")).token(&official).expect(200).json()["state"],
        "returned"
    );
}

#[both]
fn a_row_outside_the_place_is_refused_and_a_founding_import_keeps_its_time(app: TestApp) {
    let scene = app.scene();
    let afar = official_warrant("afar", Role::District, OTHER_DISTRICT, true);
    assert_eq!(code(stage_record(&app, afar, "import-1", new_record(&scene, "一号"))), "out_of_reach");
    let known: DateTime<Utc> = "2026-11-12T00:00:00Z".parse().unwrap();
    let operator = Warrant::operator(Operation::AddImport);
    let founding = stage_known(&app, operator, "import-1", new_record(&scene, "一号"), Some(known));
    let Staged::Created(id) = founding.unwrap() else { panic!("new") };
    write(&app, |tx| record::confirm_batch(tx, &confirmer(), "import-1")).unwrap();
    assert_eq!(
        app.get(&format!("/v1/records/{id}")).expect(200).json()["known_from"],
        "2026-11-12T00:00:00Z"
    );
}

#[both]
fn a_batch_of_assessments_replaces_what_was_in_force(app: TestApp) {
    let scene = app.scene();
    let stage = |import: &'static str, service: &str| {
        let (new, context) = (new_assessment(&scene, service), context(&app));
        write(&app, move |tx| {
            open_import(tx, import, ImportKind::Assessments)?;
            assessment::stage(tx, &drafter(), import, &new, context)
        })
    };
    let listed = || {
        app.get(&format!("/v1/projects/{}/assessments", scene.project)).expect(200).json()["items"].clone()
    };
    assert!(matches!(stage("import-1", "88.125").unwrap(), Staged::Created(_)));
    assert!(matches!(stage("import-2", "88.125").unwrap(), Staged::Unchanged(_)));
    assert_eq!(code(stage("import-2", "70")), "already_submitted");
    assert_eq!(listed(), json!([]));
    assert_eq!(
        code(write(&app, |tx| assessment::confirm_batch(tx, &drafter(), "import-1"))),
        "second_person_needed"
    );
    assert_eq!(write(&app, |tx| assessment::confirm_batch(tx, &confirmer(), "import-1")).unwrap(), 1);
    assert_eq!((&listed()[0]["scores"]["service"], &listed()[0]["revision"]), (&json!(88.125), &json!(1)));
    assert!(matches!(stage("import-3", "88.125").unwrap(), Staged::Unchanged(_)));
    stage("import-3", "70").unwrap();
    assert_eq!(write(&app, |tx| assessment::return_batch(tx, &confirmer(), "import-3", "有误")).unwrap(), 1);
    assert_eq!(listed()[0]["scores"]["service"], 88.125);
    stage("import-4", "71").unwrap();
    write(&app, |tx| assessment::confirm_batch(tx, &confirmer(), "import-4")).unwrap();
    assert_eq!(
        (listed().as_array().unwrap().len(), &listed()[0]["scores"]["service"], &listed()[0]["revision"]),
        (1, &json!(71), &json!(2))
    );
    let other_level = official_warrant("street", Role::Street, STREET, false);
    let (new, context) = (new_assessment(&scene, "60"), context(&app));
    assert_eq!(
        code(write(&app, move |tx| assessment::stage(tx, &other_level, "import-5", &new, context))),
        "not_own_level"
    );
}

#[both]
fn metrics_are_confirmed_and_stand_in_the_firms_own_dossier(app: TestApp) {
    let scene = app.scene();
    let firm = app.firm_account(&scene.uscc);
    let stage = |import: &'static str, new: NewMetric| {
        let context = context(&app);
        write(&app, move |tx| {
            open_import(tx, import, ImportKind::Metrics)?;
            metric::stage(tx, &drafter(), import, &new, context)
        })
    };
    let own = || app.get("/v1/firm").token(&firm).expect(200).json()["metrics"].clone();
    stage("import-1", new_metric(Subject::firm(&scene.uscc), "92.5")).unwrap();
    stage("import-1", new_metric(Subject::project(&scene.project), "88.125")).unwrap();
    assert!(matches!(
        stage("import-2", new_metric(Subject::firm(&scene.uscc), "92.5")).unwrap(),
        Staged::Unchanged(_)
    ));
    assert_eq!(code(stage("import-2", new_metric(Subject::firm(&scene.uscc), "92.6"))), "already_submitted");
    assert_eq!(code(stage("import-2", new_metric(Subject::firm("none"), "1"))), "unknown_subject");
    assert_eq!(
        code(stage(
            "import-2",
            NewMetric { key: "Fee".to_owned(), ..new_metric(Subject::firm(&scene.uscc), "1") }
        )),
        "metric_key"
    );
    assert_eq!(
        code(stage(
            "import-2",
            NewMetric { period: "2027-Q1".parse().unwrap(), ..new_metric(Subject::firm(&scene.uscc), "1") }
        )),
        "period_not_begun"
    );
    assert_eq!(own(), json!([]));
    assert_eq!(
        code(write(&app, |tx| metric::confirm_batch(tx, &drafter(), "import-1"))),
        "second_person_needed"
    );
    assert_eq!(write(&app, |tx| metric::confirm_batch(tx, &confirmer(), "import-1")).unwrap(), 2);
    assert_eq!(
        own()[0],
        json!({
            "subject_kind": "firm", "subject": scene.uscc, "key": "fee_collection_rate", "period": "2026-Q3", "value": 92.5,
            "source": "企业季报", "counts_from": "2026-10-01", "known_from": "2026-11-21T02:00:00Z"
        })
    );
    assert_eq!(own()[1]["value"], 88.125);
    stage("import-3", new_metric(Subject::firm(&scene.uscc), "95")).unwrap();
    assert_eq!(write(&app, |tx| metric::return_batch(tx, &confirmer(), "import-3", "有误")).unwrap(), 1);
    stage("import-4", new_metric(Subject::firm(&scene.uscc), "96")).unwrap();
    write(&app, |tx| metric::confirm_batch(tx, &confirmer(), "import-4")).unwrap();
    assert_eq!((&own()[0]["value"], own().as_array().unwrap().len()), (&json!(96), 2));
}
