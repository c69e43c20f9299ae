//! A round trip with the generated client: a firm is found, an official signs in and reads what is
//! theirs, and a problem is read as one.

use std::error::Error;
use std::{env, fs};

use client::{Client, types};
use futures::TryStreamExt;
use serde_json::Value;

#[allow(warnings, reason = "it is generated")]
mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}

#[allow(warnings, reason = "it is generated")]
mod admin_client {
    include!(concat!(env!("OUT_DIR"), "/admin_client.rs"));
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = env::args().nth(1).ok_or("usage: xinwu-client-test demo.json")?;
    let demo: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    let text = |pointer: &str| demo.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let stranger = Client::new(text("/base"));

    let found = stranger.list_firms().q(text("/firm/name")).send().await?;
    assert_eq!(found.items[0].uscc.as_str(), text("/firm/uscc"));

    let accounts = demo["accounts"].as_array().ok_or("accounts")?;
    let official = accounts.iter().find(|each| each["role"] == "district").ok_or("an official")?;
    let grant: types::IssueToken = serde_json::from_value(serde_json::json!({
        "grant_type": "password", "username": official["username"], "password": official["password"]
    }))?;
    let signed = stranger.issue_token().body(grant).send().await?;
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {}", signed.access_token.as_str()).parse()?);
    let http = reqwest::Client::builder().default_headers(headers).build()?;
    let own = Client::new_with_client(text("/base"), http.clone());
    let admin = admin_client::Client::new_with_client(text("/base"), http);
    let me = own.get_me().send().await?;
    assert_eq!(me.role, types::Role::District);
    let records = admin.list_admin_records().limit(1).send().await?;
    assert_eq!(records.items.len(), 1);

    match own.get_firm().uscc("91219900MA0D99999N").send().await {
        Err(client::Error::ErrorResponse(refused)) => {
            assert_eq!(refused.status(), 404);
            let bytes: Vec<_> = refused.into_inner_stream().try_collect().await?;
            let problem: types::Problem = serde_json::from_slice(&bytes.concat())?;
            assert_eq!(problem.code.to_string(), "not_found");
        }
        _ => return Err("not refused".into()),
    }
    println!("Rust: found, signed in, read, refused");
    Ok(())
}
