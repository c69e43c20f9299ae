//! Codes on their way: an SMS gateway, played by a local HTTP server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use xinwu_both::both;

use aws_lc_rs::hmac;
use serde_json::{Value, json};
use xinwu_api::config::SmsProvider;
use xinwu_domain::access::Role;

use crate::harness::program::Desk;
use crate::harness::world::COMMUNITY;
use crate::harness::{Backend, TestApp};
use crate::sign_in::{ask_code, with_code};

const PHONE: &str = "13900000001";
const KEY: &str = "the gateway's key";

/// What the gateway got.
pub struct Received {
    headers: Vec<(String, String)>,
    body: String,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(each, _)| each == name).map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A gateway that answers with these statuses in turn, then with 200; 0 hangs up without an answer.
pub fn gateway(statuses: &'static [u16]) -> (String, Receiver<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/send", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut headers = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                if let Some((name, value)) = line.split_once(':') {
                    headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                }
            }
            let length = headers
                .iter()
                .find(|(name, _)| name == "content-length")
                .map_or(0, |(_, value)| value.parse().unwrap());
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let status = statuses.get(number).copied().unwrap_or(200);
            if status != 0 {
                let answer =
                    format!("HTTP/1.1 {status} Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                reader.get_mut().write_all(answer.as_bytes()).unwrap();
            }
            if sender.send(Received { headers, body: String::from_utf8(body).unwrap() }).is_err() {
                return;
            }
        }
    });
    (url, receiver)
}

fn app_with(backend: Backend, url: String) -> TestApp {
    TestApp::start_with(backend, move |config| {
        config.sms_provider = SmsProvider::Http;
        config.sms_url = Some(url);
        config.sms_key = Some(KEY.to_owned().into());
    })
}

pub fn next(received: &Receiver<Received>) -> Received {
    received.recv_timeout(Duration::from_secs(20)).expect("the gateway got a message")
}

#[both]
fn a_code_goes_to_the_gateway_with_a_signature(app: TestApp) {
    let (url, received) = gateway(&[]);
    let app = app_with(app.backend, url);
    ask_code(&app, PHONE).expect(202);
    let message = next(&received);
    let body = message.json();
    assert_eq!(body["phone"], PHONE);
    assert_eq!(body["id"], message.header("idempotency-key"));
    assert_eq!(message.header("content-type"), "application/json");
    assert_eq!(message.header("x-xinwu-timestamp"), app.now().timestamp().to_string());
    let key = hmac::Key::new(hmac::HMAC_SHA256, KEY.as_bytes());
    let signed = format!("{}.{}", message.header("x-xinwu-timestamp"), message.body);
    let expected: String =
        hmac::sign(&key, signed.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(message.header("x-xinwu-signature"), format!("sha256={expected}"));
    assert_eq!(app.state.outbox().last_code(PHONE), None);
    with_code(&app, PHONE, body["code"].as_str().unwrap()).expect(200);
}

#[both]
fn messages_are_worded_as_the_city_says(app: TestApp) {
    let (url, received) = gateway(&[]);
    let app = TestApp::start_with(app.backend, move |config| {
        config.sms_provider = SmsProvider::Http;
        config.sms_url = Some(url);
        config.sms_key = Some(KEY.to_owned().into());
        config.sms_signature = "大连物业".to_owned();
        config.sms_code_text = "{code}是您的验证码（{minutes}分钟）".to_owned();
    });
    ask_code(&app, PHONE).expect(202);
    let body = next(&received).json();
    let code = body["code"].as_str().unwrap();
    assert_eq!(body["text"], json!(format!("【大连物业】{code}是您的验证码（5分钟）")));
}

#[both]
fn a_gateway_in_trouble_is_asked_again_under_the_same_id_and_a_refusal_stands(app: TestApp) {
    let (url, received) = gateway(&[503, 0, 200, 400]);
    let app = app_with(app.backend, url);
    ask_code(&app, PHONE).expect(202);
    let tries: Vec<Received> = (0..3).map(|_| next(&received)).collect();
    assert!(tries.iter().all(|each| each.body == tries[0].body));
    assert!(!tries[0].header("idempotency-key").is_empty());
    ask_code(&app, "13900000002").expect(202);
    assert_eq!(next(&received).json()["phone"], "13900000002");
    ask_code(&app, "13900000003").expect(202);
    // What comes next is the next phone's: the refused message was not sent again.
    assert_eq!(next(&received).json()["phone"], "13900000003");
}

#[both]
fn a_notice_goes_out_once_and_a_gateway_in_trouble_delays_nothing(app: TestApp) {
    // The first notice is given up after three tries, the second refused, the third taken.
    let (url, received) = gateway(&[503, 503, 503, 400, 200]);
    let app = TestApp::start_with(app.backend, move |config| {
        config.sms_provider = SmsProvider::Http;
        config.sms_url = Some(url);
        config.sms_key = Some(KEY.to_owned().into());
        config.notice_sms = vec!["residence_refused".to_owned()];
    });
    app.keep_settings();
    let stage = app.stage();
    let community = app.official(Role::Community, COMMUNITY, false);
    let refuse = |number: usize, tries: usize| {
        let (_, token) = app.resident(&format!("1390000030{number}"));
        let claim = app.claim(&token, &stage.estate, &format!("30{number}")).expect(201).json();
        let path = format!("/v1/admin/residences/{}/refuse", claim["id"].as_str().unwrap());
        let body = json!({"reason": "未提供购房合同"});
        app.post(&path).token(&community).header("If-Match", "*").json(&body).expect(200);
        app.send_notices();
        // It is there to be read, whatever becomes of the message.
        let notice = app.notices(&token)[0].clone();
        let text = format!("【信物】{}。详情请登录查看。", notice["text"].as_str().unwrap());
        let expected = json!({"id": notice["id"], "phone": format!("1390000030{number}"), "text": text});
        (0..tries).for_each(|_| assert_eq!(next(&received).json(), expected));
    };
    refuse(0, 3);
    refuse(1, 1);
    refuse(2, 1);
    // None comes again.
    app.send_notices();
    ask_code(&app, PHONE).expect(202);
    assert_eq!(next(&received).json()["phone"], PHONE);
}

#[both]
fn a_dead_gateway_changes_nothing_for_whoever_asks(app: TestApp) {
    let app = app_with(app.backend, "http://127.0.0.1:1/send".to_owned());
    assert_eq!(ask_code(&app, PHONE).expect(202).text, r#"{"expires_in":300,"retry_after":60}"#);
}

#[test]
fn production_does_not_start_with_codes_in_the_log() {
    let config = xinwu_api::config::Config {
        profile: xinwu_api::config::Profile::Production,
        secret: Some("a secret that only the tests know, 32+ bytes".to_owned().into()),
        ..Default::default()
    };
    assert!(config.faults().iter().any(|fault| fault.starts_with("sms_provider")), "{:?}", config.faults());
}

#[both]
fn a_code_over_the_hour_s_budget_is_a_warning(app: TestApp) {
    let desk = Desk::over(app.backend.fresh());
    // Of three codes an hour strangers have two; each address may ask for one.
    let serving = desk.serve_with(&[
        ("XINWU_TRUSTED_PROXIES", r#"["127.0.0.1"]"#),
        ("XINWU_CODES_AN_HOUR_AN_ADDRESS", "1"),
        ("XINWU_CODES_AN_HOUR_A_NETWORK", "2"),
        ("XINWU_CODES_AN_HOUR", "3"),
    ]);
    for (phone, address) in [(PHONE, "203.0.1.1"), ("13900000002", "203.0.2.1"), ("13900000003", "203.0.3.1")]
    {
        let ask = serving.call("POST", "/v1/auth/otp").json(&json!({"phone": phone}));
        ask.header("X-Forwarded-For", address).expect(202);
    }
    assert_eq!(serving.said("the hour's codes are used up; a code was not sent")["level"], "WARN");
    assert_eq!(serving.stop("-TERM"), 0);
}
