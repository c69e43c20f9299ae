//! Who can sign in: one account a role, and a second official of the district and a second
//! administrator, so that one can confirm what the other drafts; and what waits for the official.

use serde_json::{Value, json};
use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::account::NewClient;
use xinwu_domain::context::RequestContext;
use xinwu_domain::project::{Area, ProjectEdit};
use xinwu_domain::text::Language;
use xinwu_domain::uscc::Uscc;
use xinwu_domain::version::Expected;
use xinwu_domain::word::Word;
use xinwu_persistence::people::account::{self, NewAccount};
use xinwu_persistence::people::client;
use xinwu_persistence::people::follow;
use xinwu_persistence::registers::authorized::hold;
use xinwu_persistence::registers::{firm, project};
use xinwu_store::{Result, StoreError, Tx};

use super::fill::{RESIDENT_PHONE, actor};
use super::welcome::Subject;
use crate::permit::or_propose;
use crate::privacy::BUILT_IN;
use crate::state::State;

/// Every code of the demo.
pub const CODE: &str = "246810";
/// The integrator's name.
const CLIENT_ID: &str = "demo-integrator";
/// The integrator's secret: everyone who has the demo knows it, and it opens nothing else.
const CLIENT_SECRET: &str = "demo-integrator-secret";

/// An account of the demo's data, with nothing but its role.
pub fn someone(role: Role) -> NewAccount {
    NewAccount {
        role,
        username: None,
        display_name: None,
        password_hash: None,
        phone_hash: None,
        phone_encrypted: None,
        place: None,
        uscc: None,
        manager_id: None,
        department: None,
        scopes: Vec::new(),
        can_confirm: false,
        staff_number: None,
        demo: true,
    }
}

struct Login {
    username: &'static str,
    role: Role,
    place: Option<String>,
    uscc: Option<String>,
    manager: Option<String>,
    department: Option<String>,
    can_confirm: bool,
    note: &'static str,
}

fn logins(subject: &Subject) -> Vec<Login> {
    let official = |username, role, place: &str, can_confirm, note| Login {
        username,
        role,
        place: Some(place.to_owned()),
        can_confirm,
        note,
        ..login(username, role)
    };
    let administrator = |username, note| Login { note, ..login(username, Role::Admin) };
    vec![
        official("community", Role::Community, &subject.community, false, "assesses, approves residences"),
        official("street", Role::Street, &subject.street, false, "assesses, drafts records"),
        official("district", Role::District, &subject.district, false, "drafts records"),
        official("district-2", Role::District, &subject.district, true, "confirms what others drafted"),
        official("city", Role::City, "2102", true, "sees the whole city, confirms"),
        Login {
            uscc: Some(subject.uscc.clone()),
            note: "reads its own dossier, replies",
            ..login("firm", Role::Firm)
        },
        Login {
            manager: Some(subject.manager.clone()),
            note: "reads the own dossier, objects",
            ..login("manager", Role::Manager)
        },
        Login {
            department: Some(department_of(&subject.district)),
            note: "handles the cases that a community dispatches to it",
            ..login("department", Role::Department)
        },
        administrator("admin", "users, clients, audit"),
        administrator("admin-2", "confirms accounts that the other proposes"),
    ]
}

/// The code of the demo's department of a district.
pub(super) fn department_of(district: &str) -> String {
    format!("{district}-XFDD")
}

/// A login of a role and nothing else.
fn login(username: &'static str, role: Role) -> Login {
    Login {
        username,
        role,
        place: None,
        uscc: None,
        manager: None,
        department: None,
        can_confirm: false,
        note: "",
    }
}

/// The password of a login. It is printed: the demo keeps no secret.
pub(super) fn password(username: &str) -> String {
    format!("xinwu-demo-{username}")
}

/// Adds the accounts that can sign in.
pub fn add(state: &State, subject: &Subject) -> Result<()> {
    let mut accounts = Vec::new();
    for login in logins(subject) {
        let hash = crate::password::hash(state.config.password_memory_kibibytes, &password(login.username))
            .map_err(|error| StoreError::internal(error.to_string()))?;
        accounts.push(NewAccount {
            username: Some(login.username.to_owned()),
            display_name: Some(format!("演示账号 {}", login.username)),
            password_hash: Some(hash),
            place: login.place,
            uscc: login.uscc,
            manager_id: login.manager,
            department: login.department,
            can_confirm: login.can_confirm,
            staff_number: login.role.has_staff_number().then(|| format!("DEMO-{}", login.username)),
            ..someone(login.role)
        });
    }
    let client =
        NewClient { name: "演示集成".to_owned(), scopes: Vec::new(), on_behalf_of: None, reason: None };
    let secret_hash = state.secrets.token_hash(CLIENT_SECRET);
    let staff = Uscc::parse_known(&subject.uscc).map_err(|fault| StoreError::internal(fault.to_string()))?;
    let (project, context) =
        (subject.project.clone(), state.city().context(Language::Chinese, state.db.clock().now()));
    state.db.write_blocking(move |tx| {
        firm::require(tx.conn, staff.as_str())?;
        for account in &accounts {
            let id = tx.random.id();
            account::add(tx, &id, account)?;
            // Who oversees it is told what becomes of its records and its grade.
            if account.role == Role::District {
                follow::put(tx, &id, staff.as_str(), None)?;
            }
            if account.role == Role::Street {
                propose_area(tx, &id, account, &project, context)?;
            }
        }
        client::add(tx, &Warrant::operator(Operation::AddClient), CLIENT_ID, &client, &secret_hash)
            .map(|_| ())
    })
}

/// Proposes another area of a project as the street's clerk, for the district's second official to
/// look at.
fn propose_area(
    tx: &mut Tx<'_>,
    clerk: &str,
    account: &NewAccount,
    project: &str,
    context: RequestContext,
) -> Result<()> {
    let clerk = actor(clerk, account.role, account.place.as_deref(), None, account.can_confirm);
    let warrant = Warrant::of(Operation::EditProject, clerk)?;
    let held = hold::<project::Row>(tx, &warrant, project, &Expected::Any, context.today())?;
    let (before, _) = project::get(tx.conn, project)?;
    let edit = ProjectEdit {
        area_m2: Some(Area::from_hundredths(before.area_m2.hundredths() / 20 * 21)),
        reason: Some("按实测面积更正（演示）".to_owned()),
        evidence: vec!["演示测绘报告".to_owned()],
        ..ProjectEdit::default()
    };
    let sent = json!({"area_m2": edit.area_m2, "reason": edit.reason, "evidence": edit.evidence});
    or_propose(tx, &warrant, &sent, |tx| project::edit(tx, &warrant, &held, &edit, context)).map(|_| ())
}

/// Who can sign in, for people and scripts.
pub fn who(subject: &Subject) -> Vec<Value> {
    let mut all = vec![json!({
        "role": "resident", "grant_type": "otp", "phone": RESIDENT_PHONE, "code": CODE,
        "privacy_version": BUILT_IN, "note": "POST /v1/auth/otp sends the same code again",
    })];
    all.extend(logins(subject).into_iter().map(|login| {
        json!({
            "role": login.role.into_str(), "grant_type": "password", "username": login.username,
            "password": password(login.username), "place": login.place, "uscc": login.uscc, "manager": login.manager,
            "department": login.department, "can_confirm": login.can_confirm, "note": login.note,
        })
    }));
    all.push(json!({
        "role": "integrator", "grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
        "note": "a program of a third party",
    }));
    all
}
