//! Problems (RFC 9457): made here and nowhere else. A refusal of the rules keeps its own words; an
//! error of a library reaches the log, once, with the request's id, and never the client.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;
use xinwu_domain::refusal::{FieldFault, Refusal};
use xinwu_domain::text::{Language, Text};
use xinwu_store::StoreError;

/// An error on its way to the client.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Text,
    errors: Vec<FieldFault>,
    existing: Option<String>,
    retry_after: Option<u32>,
    allow: Option<String>,
    language: Language,
    request_id: String,
}

/// What the client gets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "urn:xinwu:problem:invalid", "title": "Unprocessable Entity", "status": 422, "detail": "有字段不符合规则", "code": "invalid",
    "request_id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c",
    "errors": [{"pointer": "/overall", "code": "out_of_range", "detail": "应在1到5之间"}]
}))]
pub struct ProblemBody<'a> {
    /// A URN that names the kind of problem; it ends in `code`.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// The reason, for people.
    detail: &'a str,
    /// A stable word for programs.
    code: &'a str,
    /// Quote this when you ask for help.
    request_id: &'a str,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ProblemField<'a>>,
    /// The id of what stands already, where the request would repeat it.
    #[serde(skip_serializing_if = "Option::is_none")]
    existing: Option<&'a str>,
}

/// One field that is wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProblemField, example = json!({"pointer": "/overall", "code": "out_of_range", "detail": "应在1到5之间"}))]
pub struct ProblemField<'a> {
    /// RFC 6901 pointer into the body, or the name of a query parameter.
    pointer: &'a str,
    /// A stable word for programs.
    code: &'a str,
    /// The reason, for people.
    detail: &'a str,
}

impl Problem {
    /// A problem of the API itself.
    pub fn new(status: StatusCode, code: &'static str, detail: Text) -> Problem {
        Problem {
            status,
            code,
            detail,
            errors: Vec::new(),
            existing: None,
            retry_after: None,
            allow: None,
            language: Language::default(),
            request_id: String::new(),
        }
    }

    /// 400 with the fields that could not be read.
    pub fn unreadable(code: &'static str, errors: Vec<FieldFault>) -> Problem {
        let detail = Text::new("请求无法读取", "The request could not be read");
        Problem { errors, ..Problem::new(StatusCode::BAD_REQUEST, code, detail) }
    }

    /// 401
    pub fn unauthenticated(code: &'static str, detail: Text) -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, code, detail)
    }

    /// 404 for a path that leads nowhere.
    pub fn no_such_path() -> Problem {
        Problem::new(
            StatusCode::NOT_FOUND,
            "not_found",
            Text::new("没有这个地址", "There is nothing at this path"),
        )
    }

    /// 405 with the methods that the path has.
    pub fn wrong_method(allow: String) -> Problem {
        let detail = Text::new("该地址不支持此方法", "This path does not have that method");
        Problem {
            allow: Some(allow),
            ..Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        }
    }

    /// 500: what went wrong goes to the log.
    pub fn internal(reason: impl std::fmt::Display) -> Problem {
        tracing::error!(%reason, "internal error");
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            Text::new("服务内部错误，请稍后再试", "Something went wrong inside; try again later"),
        )
    }

    /// The same problem in the asker's language and with the request's id.
    #[must_use]
    pub fn addressed(mut self, language: Language, request_id: &str) -> Problem {
        self.language = language;
        request_id.clone_into(&mut self.request_id);
        self
    }

    /// Seconds for `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Problem {
        self.retry_after = Some(seconds);
        self
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::NotFound { what } => {
                Problem::new(StatusCode::NOT_FOUND, "not_found", Refusal::not_found_text(what))
            }
            Refusal::Forbidden { code, detail } => Problem::new(StatusCode::FORBIDDEN, code, detail),
            Refusal::Conflict { code, detail, existing } => {
                Problem { existing, ..Problem::new(StatusCode::CONFLICT, code, detail) }
            }
            Refusal::Stale => Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "stale",
                Text::new(
                    "内容已被他人修改，请重新读取后再改",
                    "It has changed since you read it; read it again and redo your change",
                ),
            ),
            Refusal::Invalid(errors) => Problem {
                errors,
                ..Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "invalid",
                    Text::new("有字段不符合规则", "A field breaks a rule"),
                )
            },
            Refusal::BadParameter(errors) => Problem {
                errors,
                ..Problem::new(
                    StatusCode::BAD_REQUEST,
                    "bad_parameter",
                    Text::new("有参数无法理解", "A parameter cannot be understood"),
                )
            },
            Refusal::Unauthenticated { code, detail } => Problem::unauthenticated(code, detail),
            Refusal::TooMany { code, detail, retry_after } => {
                Problem::new(StatusCode::TOO_MANY_REQUESTS, code, detail).retry_after(retry_after)
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::Refused(refusal) => refusal.into(),
            StoreError::Busy(_) | StoreError::Unavailable(_) => {
                tracing::warn!(%error, "database unavailable");
                Problem::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "unavailable",
                    Text::new("服务繁忙，请稍后再试", "The service is busy; try again shortly"),
                )
                .retry_after(2)
            }
            StoreError::Full => {
                tracing::error!("the disk is full");
                Problem::new(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "disk_full",
                    Text::new("存储空间已满，暂时无法写入", "The disk is full; nothing can be written now"),
                )
            }
            StoreError::Internal(_) | StoreError::Database(_) => Problem::internal(error),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.status.as_u16(), self.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let language = self.language;
        let body = ProblemBody {
            kind: format!("urn:xinwu:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail.in_language(language),
            code: self.code,
            request_id: &self.request_id,
            errors: self
                .errors
                .iter()
                .map(|fault| ProblemField {
                    pointer: &fault.pointer,
                    code: fault.code,
                    detail: fault.detail.in_language(language),
                })
                .collect(),
            existing: self.existing.as_deref(),
        };
        let mut response = HttpResponse::build(self.status);
        response.content_type("application/problem+json");
        response.insert_header((header::CONTENT_LANGUAGE, language.tag()));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(allow) = self.allow.as_ref().and_then(|allow| HeaderValue::from_str(allow).ok()) {
            response.insert_header((header::ALLOW, allow));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        let mut response = response.body(serde_json::to_vec(&body).unwrap_or_default());
        // Kept with the response, so that the outermost layer can address it to the asker.
        response.extensions_mut().insert(self.clone());
        response
    }
}
