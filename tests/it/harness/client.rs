//! A plain HTTP client that shows all of an answer.

use std::io::Read;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use xinwu_domain::access::Role;

use super::TestApp;
use super::contract::{Sent, departures};

/// One request under way.
pub struct Call {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    /// The body, decompressed.
    pub text: String,
    /// The body as it came, where it is no text.
    pub bytes: Vec<u8>,
    /// How many bytes of a body were sent.
    pub length: usize,
}

fn agent() -> &'static ureq::Agent {
    static AGENT: OnceLock<ureq::Agent> = OnceLock::new();
    AGENT.get_or_init(|| {
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(60)))
            .max_idle_connections(0)
            .build()
            .into()
    })
}

/// What is at an address that is nobody's but the operator's: status, type and text.
pub fn plain(url: &str) -> (u16, String, String) {
    let mut response = agent().get(url).call().unwrap_or_else(|error| panic!("{url}: {error}"));
    let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    let text = response.body_mut().read_to_string().expect("a text");
    (response.status().as_u16(), kind.unwrap_or_default(), text)
}

impl Call {
    pub(super) fn new(method: &str, url: &str) -> Call {
        Call { method: method.to_owned(), url: url.to_owned(), headers: Vec::new(), body: None }
    }

    pub fn token(self, token: &str) -> Call {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub fn header(mut self, name: &str, value: &str) -> Call {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn english(self) -> Call {
        self.header("Accept-Language", "en")
    }

    pub fn json(self, body: &Value) -> Call {
        self.body("application/json", body.to_string().into_bytes())
    }

    pub fn body(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Call {
        self.body = Some(body.into());
        self.header("Content-Type", kind)
    }

    /// Sends it. Whatever the answer, it must be as the OpenAPI document says.
    #[track_caller]
    pub fn send(self) -> Reply {
        let Call { method, url, headers, body } = self;
        let body = body.unwrap_or_default();
        let mut request = ureq::http::Request::builder().method(method.as_str()).uri(&url);
        for (name, value) in &headers {
            let value = ureq::http::HeaderValue::from_bytes(value.as_bytes()).expect("a header");
            request = request.header(name, value);
        }
        let request = request.body(body.as_slice()).expect("a request");
        let mut response = agent().run(request).unwrap_or_else(|error| panic!("{method} {url}: {error}"));
        let bytes = response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_vec().expect("a body");
        let length = bytes.len();
        let header = |name| response.headers().get(name);
        let is_text = header("content-type")
            .is_none_or(|kind| !["application/gzip", "image/jpeg", "image/png"].iter().any(|no| kind == no));
        let (text, bytes) = match header("content-encoding").filter(|_| length > 0) {
            Some(coding) => {
                assert_eq!(coding, "gzip");
                let mut text = String::new();
                flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("gzip");
                (text, Vec::new())
            }
            None if is_text => (String::from_utf8(bytes).expect("a body in UTF-8"), Vec::new()),
            None => (String::new(), bytes),
        };
        let (status, headers_sent) = (response.status().as_u16(), response.headers().clone());
        let reply = Reply { status, headers: headers_sent, text, bytes, length };
        let content_type = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let content_type = content_type.map_or("", |(_, value)| value);
        let path = url.find("://").and_then(|at| url[at + 3..].find('/').map(|slash| &url[at + 3 + slash..]));
        let sent = Sent { method: &method, path: path.unwrap_or("/"), content_type, body: &body };
        let wrong = departures(&sent, &reply);
        assert!(wrong.is_empty(), "not as the OpenAPI document says:\n{}", wrong.join("\n"));
        reply
    }

    /// Sends it, expects this status, and gives the answer.
    #[track_caller]
    pub fn expect(self, status: u16) -> Reply {
        let what = format!("{} {}", self.method, self.url);
        let reply = self.send();
        assert_eq!(reply.status, status, "{what} answered {}", reply.text);
        reply
    }

    /// Sends what one person may not do alone, with a reason, has a second person confirm it, and
    /// gives the object as the city's official reads it.
    #[track_caller]
    pub fn seconded(mut self, app: &TestApp) -> Reply {
        let mut body: Value = serde_json::from_slice(self.body.as_deref().unwrap_or(b"{}")).unwrap();
        let fields = body.as_object_mut().unwrap();
        if !fields.contains_key("correction_reason") {
            fields.entry("reason").or_insert_with(|| "按材料登记".into());
        }
        self.body = Some(body.to_string().into_bytes());
        let proposed = self.expect(202);
        let proposal = proposed.json();
        assert_eq!(
            proposed.header("location"),
            format!("/v1/admin/proposals/{}", proposal["id"].as_str().unwrap())
        );
        let city = app.official(Role::City, "2102", true);
        let (base, second) = match proposal["asks"].as_str().unwrap() {
            "firm_or_district" => ("firm", app.firm_account(proposal["firm"].as_str().unwrap())),
            "administrator" => ("admin", app.admin()),
            _ => ("admin", city.clone()),
        };
        let reader = if proposal["asks"] == "administrator" { second.clone() } else { city };
        let path = format!("/v1/{base}/proposals/{}/confirm", proposal["id"].as_str().unwrap());
        let confirmed = app.post(&path).token(&second).header("If-Match", "*").expect(200).json();
        assert_eq!(confirmed["state"], "confirmed");
        let object = &confirmed["object"];
        let (kind, id) = (object["kind"].as_str().unwrap(), object["id"].as_str().unwrap());
        app.get(&format!("/v1/admin/{kind}s/{id}")).token(&reader).expect(200)
    }

    /// Sends it, expects a problem of this status and code, checks its form, and gives the answer.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Reply {
        let reply = self.expect(status);
        let body = reply.json();
        assert_eq!(body["code"], code, "{body}");
        assert_eq!(body["status"], status, "{body}");
        assert_eq!(reply.header("content-type"), "application/problem+json");
        assert!(body["type"].as_str().unwrap().ends_with(code), "{body}");
        assert!(
            !body["title"].as_str().unwrap().is_empty() && !body["detail"].as_str().unwrap().is_empty(),
            "{body}"
        );
        assert_eq!(body["request_id"].as_str().unwrap(), reply.header("x-request-id"), "{body}");
        reply
    }
}

impl Reply {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A header's value; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn etag(&self) -> &str {
        self.header("etag")
    }

    /// Pointer and code of each field that is wrong.
    pub fn faults(&self) -> Vec<(String, String)> {
        let body = self.json();
        body["errors"]
            .as_array()
            .map(|errors| {
                errors
                    .iter()
                    .map(|each| {
                        (
                            each["pointer"].as_str().unwrap().to_owned(),
                            each["code"].as_str().unwrap().to_owned(),
                        )
                    })
                    .collect()
            })
            .unwrap_or_default()
    }
}
