//! What the demo says when it serves: where its pages and the documentation are, who can sign in,
//! and what to try.

use std::fmt::Write;
use std::net::SocketAddr;

use chrono::Duration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use xinwu_domain::calendar::Month;
use xinwu_persistence::people::code;
use xinwu_store::{Result, StoreError};

use super::fill::RESIDENT_PHONE;
use super::people::{CODE, password, who};
use crate::state::State;

/// Under this name the database says that it holds a whole demo.
const SETTING: &str = "demo";

/// What the demo's own accounts are about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The estate where the resident lives, by code.
    pub estate: String,
    /// Its name.
    pub estate_name: String,
    /// Its community.
    pub community: String,
    /// Its street.
    pub street: String,
    /// Its district.
    pub district: String,
    /// The firm that serves it.
    pub uscc: String,
    /// The firm's name.
    pub firm: String,
    /// The firm's project there.
    pub project: String,
    /// The manager in charge of it.
    pub manager: String,
}

/// What the database says of its demo; `None` if it has none, or one that was never finished.
///
/// # Errors
/// Where it was filled by a version that had other accounts.
pub fn kept(state: &State) -> Result<Option<Subject>> {
    let text = state.db.read_blocking(|conn| xinwu_store::setting::get(conn, SETTING))?;
    let older = |error| {
        StoreError::internal(format!(
            "the demo is of another version, `xinwu demo --reset` begins again: {error}"
        ))
    };
    text.map(|text| serde_json::from_str(&text).map_err(older)).transpose()
}

/// Says in the database that the demo is whole.
pub fn keep(state: &State, subject: &Subject) -> Result<()> {
    let text = serde_json::to_string(subject).map_err(|error| StoreError::internal(error.to_string()))?;
    state.db.write_blocking(move |tx| xinwu_store::setting::put(tx, SETTING, &text))
}

/// Makes every code the printed one, and the resident's good at once and for long.
pub fn fix_code(state: &State) -> Result<()> {
    // It is set once a process; a second demo in it has the same.
    state.demo_code.set(CODE.to_owned()).ok();
    let phone = state.secrets.phone_hash(RESIDENT_PHONE);
    let hash = state.secrets.code_hash(&phone, CODE);
    state.db.write_blocking(move |tx| code::put(tx, &phone, &hash, None, Duration::days(3650)))
}

/// Everything that the demo has to say, for scripts: `demo.json`.
pub fn document(state: &State, subject: &Subject, address: SocketAddr) -> Value {
    let base = base(address);
    let month = Month::of(state.db.clock().now(), state.zone);
    let closed = month.previous().unwrap_or(month);
    json!({
        "base": base,
        "page": format!("{base}/estates/{}", subject.estate),
        "report": format!("{base}/statistics?place={}&period={closed}", subject.district),
        "docs": format!("{base}/docs/"),
        "database": state.config.database,
        "accounts": who(subject),
        "estate": {"code": subject.estate, "name": subject.estate_name, "community": subject.community,
            "street": subject.street, "district": subject.district},
        "firm": {"uscc": subject.uscc, "name": subject.firm},
        "project": subject.project,
        "manager": subject.manager,
        "month": month.to_string(),
        "dwelling": {"estate": subject.estate, "building": "1", "unit": "1", "room": "101"},
        "dwelling_of_others": {"estate": subject.estate, "building": "1", "unit": "1", "room": "102"},
        "curl": curl(subject, &base),
    })
}

/// Lines that work when they are pasted.
fn curl(subject: &Subject, base: &str) -> [String; 4] {
    let part: String = subject.estate_name.chars().take(2).collect();
    [
        format!("curl -sG {base}/v1/estates --data-urlencode 'q={part}'"),
        format!("curl -s {base}/v1/firms/{}", subject.uscc),
        format!("curl -s {base}/v1/projects/{}/cases", subject.project),
        // A password, not the resident's code: a code is single-use, and this line may be pasted
        // again.
        format!(
            "curl -s {base}/v1/auth/token -H 'Content-Type: application/json' \
             -d '{{\"grant_type\":\"password\",\"username\":\"district\",\"password\":\"{}\"}}'",
            password("district"),
        ),
    ]
}

fn base(address: SocketAddr) -> String {
    match address.ip().is_unspecified() {
        true => format!("http://127.0.0.1:{}", address.port()),
        false => format!("http://{address}"),
    }
}

/// The same for people.
pub fn text(document: &Value) -> String {
    let word = |pointer: &str| text_at(document, pointer);
    let mut text = String::new();
    // Writing to a String cannot fail.
    writeln!(
        text,
        "\nXinwu 信物 demo · all firms, people, records and ratings are invented (演示数据，均系虚构)\n"
    )
    .ok();
    writeln!(text, "  Look at         {}/", word("/base")).ok();
    writeln!(text, "                  {} (the resident's estate)", word("/page")).ok();
    writeln!(text, "  Documentation   {}", word("/docs")).ok();
    writeln!(text, "  Last month      {} (the monthly report, to print)", word("/report")).ok();
    writeln!(
        text,
        "  The resident    lives in {} ({}), served by {} ({})",
        word("/estate/name"),
        word("/estate/code"),
        word("/firm/name"),
        word("/firm/uscc"),
    )
    .ok();
    writeln!(text, "\n  Who can sign in (POST /v1/auth/token):").ok();
    for account in list_at(document, "accounts") {
        let (name, proof) = match text_at(account, "/grant_type").as_str() {
            "otp" => ("phone", "code"),
            "password" => ("username", "password"),
            _ => ("client_id", "client_secret"),
        };
        writeln!(
            text,
            "    {:<11} {name} {:<16} {proof} {:<24} {}",
            text_at(account, "/role"),
            text_at(account, &format!("/{name}")),
            text_at(account, &format!("/{proof}")),
            text_at(account, "/note"),
        )
        .ok();
    }
    writeln!(text, "\n  Try:").ok();
    for line in list_at(document, "curl") {
        writeln!(text, "    {}", text_at(line, "")).ok();
    }
    text
}

fn text_at(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list_at<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}
