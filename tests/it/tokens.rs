//! Access tokens and the keys that sign them.

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use serde_json::{Value, json};
use xinwu_api::commands::key::{KeyArgs, KeyCommand};
use xinwu_api::config::Config;
use xinwu_api::secrets::Secrets;
use xinwu_both::both;
use xinwu_persistence::people::key;

use crate::harness::TestApp;

/// The parts of a token.
fn parts(token: &str) -> (Value, Value) {
    let part = |index: usize| {
        let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    (part(0), part(1))
}

/// A token of these parts, signed with the service's own key.
fn signed(app: &TestApp, header: &Value, claims: &Value) -> String {
    let now = app.now();
    let keys = app.db().read_blocking(move |conn| key::list(conn, now)).unwrap();
    let private = app.state.secrets().decrypt(&keys[0].kid, &keys[0].private_encrypted).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&private).unwrap();
    let text = unsigned(header, claims);
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(text.as_bytes()));
    format!("{text}.{signature}")
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

fn keys(app: &TestApp) -> Vec<String> {
    let set = app.get("/.well-known/jwks.json").expect(200).json();
    set["keys"].as_array().unwrap().iter().map(|each| each["kid"].as_str().unwrap().to_owned()).collect()
}

fn with(value: &Value, name: &str, other: Value) -> Value {
    let mut value = value.clone();
    value[name] = other;
    value
}

#[both]
fn a_token_says_what_it_must_and_lives_fifteen_minutes(app: TestApp) {
    let (id, token) = app.resident("13900000001");
    let (header, claims) = parts(&token);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("at+jwt")));
    assert_eq!(keys(&app), [header["kid"].as_str().unwrap()]);
    assert_eq!(
        (&claims["iss"], &claims["aud"], &claims["sub"]),
        (&json!("xinwu"), &json!("xinwu-api"), &json!(id))
    );
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    app.advance(Duration::seconds(899));
    app.get("/v1/me").token(&token).expect(200);
    app.advance(Duration::seconds(1));
    let refused = app.get("/v1/me").token(&token).refused(401, "token_expired");
    assert_eq!(refused.header("www-authenticate"), "Bearer");
}

#[both]
fn a_token_with_every_claim_right_and_our_signature_is_believed_and_no_other(app: TestApp) {
    let (_, token) = app.resident("13900000001");
    let (header, claims) = parts(&token);
    app.get("/v1/me").token(&signed(&app, &header, &claims)).expect(200);
    let refuse = |what: &str, token: &str| {
        let reply = app.get("/v1/me").token(token).expect(401);
        assert_eq!(reply.json()["code"], "bad_token", "{what}");
        // A public page does not take a bad token either: the client learns that it is not signed
        // in.
        app.get("/v1/places/2102").token(token).expect(401);
    };
    for name in ["iss", "aud", "sub", "sid", "epoch", "scope", "iat", "exp", "jti"] {
        let mut fewer = claims.clone();
        fewer.as_object_mut().unwrap().remove(name);
        refuse(&format!("without {name}"), &signed(&app, &header, &fewer));
    }
    let later = claims["exp"].as_i64().unwrap();
    for (name, other) in [
        ("exp", json!(later.to_string())),
        ("exp", json!(later as f64 + 0.5)),
        ("exp", Value::Null),
        ("iat", json!("0")),
        ("epoch", json!("1")),
        ("aud", json!("another-api")),
        ("aud", json!(["another-api"])),
        ("iss", json!("another")),
        ("sub", json!(7)),
        ("more", json!(1)),
    ] {
        refuse(&format!("{name} = {other}"), &signed(&app, &header, &with(&claims, name, other.clone())));
    }
    for (name, other) in [
        ("typ", json!("JWT")),
        ("typ", json!("rt+jwt")),
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("ES256")),
        ("kid", json!("another")),
    ] {
        refuse(&format!("{name} = {other}"), &signed(&app, &with(&header, name, other.clone()), &claims));
    }
    for name in ["typ", "kid", "alg"] {
        let mut fewer = header.clone();
        fewer.as_object_mut().unwrap().remove(name);
        refuse(&format!("without {name}"), &signed(&app, &fewer, &claims));
    }
    let none = with(&header, "alg", json!("none"));
    refuse("unsigned", &format!("{}.", unsigned(&none, &claims)));
    refuse("unsigned but said to be", &format!("{}.", unsigned(&header, &claims)));
    let forged = with(&claims, "sub", json!("another"));
    let signature = token.rsplit_once('.').unwrap().1;
    refuse("another's signature", &format!("{}.{signature}", unsigned(&header, &forged)));
    refuse("far too long", &"a".repeat(5000));
    for garbage in ["", "x", "a.b", "a.b.c", "...."] {
        app.get("/v1/me").header("Authorization", &format!("Bearer {garbage}")).expect(401);
    }
    app.get("/v1/me").header("Authorization", &format!("Basic {token}")).refused(401, "bad_credentials");
    app.get("/v1/me").header("Authorization", &token).refused(401, "bad_credentials");
    app.get("/v1/me").refused(401, "not_signed_in");
    let old = with(&claims, "epoch", json!(0));
    app.get("/v1/me").token(&signed(&app, &header, &old)).refused(401, "bad_credentials");
    let of_another = with(&claims, "sid", json!("another"));
    app.get("/v1/me").token(&signed(&app, &header, &of_another)).refused(401, "bad_credentials");
}

#[both]
fn a_key_of_another_installation_is_not_believed(app: TestApp) {
    let other = TestApp::start_with(app.backend, |config| {
        config.secret = Some("another secret of thirty-two bytes or more".to_owned().into())
    });
    let (_, token) = other.resident("13900000001");
    app.get("/v1/me").token(&token).refused(401, "bad_token");
    assert!(Secrets::from_data_key(b"another secret of thirty-two bytes or more").is_ok());
}

#[both]
fn after_a_rotation_old_tokens_verify_until_they_have_died(app: TestApp) {
    let config = as_seen_by_the_command_line(&app);
    let old = app.resident("13900000001").1;
    let first = keys(&app);
    app.clock.set(
        chrono::DateTime::UNIX_EPOCH
            + Duration::microseconds(xinwu_store::Clock::System.now().timestamp_micros()),
    );
    // The held clock now shows the machine's time, by which the command dates the key.
    let fresh = app.resident("13900000002").1;
    let rotate = KeyArgs { command: KeyCommand::Rotate { delay_minutes: 2 }, json: true };
    let shown: Value =
        serde_json::from_str(&xinwu_api::commands::key::run(&rotate, &config).unwrap()).unwrap();
    assert_eq!(shown.as_array().unwrap().len(), 2);
    app.advance(Duration::seconds(61));
    let both = keys(&app);
    assert_eq!(both.len(), 2);
    assert!(both.contains(&first[0]));
    app.get("/v1/me").token(&fresh).expect(200);
    let before = app.resident("13900000003").1;
    assert_eq!(parts(&before).0["kid"], first[0]);
    app.advance(Duration::minutes(2));
    app.get("/v1/me").token(&before).expect(200);
    let after = app.resident("13900000004").1;
    assert_ne!(parts(&after).0["kid"], first[0]);
    app.get("/v1/me").token(&after).expect(200);
    app.get("/v1/me").token(&fresh).expect(200);
    app.advance(Duration::minutes(15));
    assert_eq!(keys(&app).len(), 1);
    app.get("/v1/me").token(&old).expect(401);
    let listed =
        xinwu_api::commands::key::run(&KeyArgs { command: KeyCommand::List, json: false }, &config).unwrap();
    assert_eq!(listed.lines().count(), 2, "{listed}");
    // A token of the retired key is not believed even if it says that it lives on.
    let (header, claims) = parts(&before);
    let longer = with(&claims, "exp", json!(app.now().timestamp() + 600));
    app.get("/v1/me").token(&signed(&app, &header, &longer)).refused(401, "bad_token");
}

/// The settings with which a command in another process opens the same database.
pub fn as_seen_by_the_command_line(app: &TestApp) -> Config {
    app.state.config().clone()
}
