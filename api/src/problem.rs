//! Problems (RFC 9457): made here and nowhere else. A refusal of the rules keeps its own words; an
//! error of a library reaches the log, once, with the request's id, and never the client.

pub mod codes;
pub mod kinds;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;
use xinwu_domain::proposal::second_person_needed;
use xinwu_domain::refusal::{FieldFault, Refusal, Situation};
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
    situation: Option<Box<Situation>>,
    /// What the status asks to be said in a header.
    header: Option<(HeaderName, HeaderValue)>,
    retry_after: Option<u32>,
    tries_left: Option<u32>,
    language: Language,
    request_id: String,
    /// Where people reach the service.
    public_url: String,
}

/// What the client gets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "https://wuye.example.cn/problems/invalid", "title": "内容不符合要求", "status": 422, "detail": "提交的内容有字段不符合要求", "code": "invalid",
    "request_id": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c",
    "errors": [{"pointer": "/overall", "code": "out_of_range", "detail": "应在1到5之间"}]
}))]
pub struct ProblemBody<'a> {
    /// Where a page says what it means and what to do about it. It names this service: programs go
    /// by `code`, which is the same everywhere.
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
    /// The id of what stands already, where the request would repeat it, or has to wait for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    existing: Option<&'a str>,
    /// Of a 409 whose reason it is: how the object stands, or what `existing` names, or what a
    /// proposal is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    state: Option<&'a str>,
    /// With `state`: what that allows, by the names of operations, of this document or the other.
    /// It is what may be done at all: whether you may, your role, your place and your part in it
    /// decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    allows: Option<Vec<&'a str>>,
    /// Seconds after which the same request may work: what `Retry-After` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    retry_after: Option<u32>,
    /// Of a wrong code: how often it can still be tried, 0 where another has to be asked for.
    /// Others' tries count too. Only the address that asked for the code is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tries_left: Option<u32>,
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
            situation: None,
            header: None,
            retry_after: None,
            tries_left: None,
            language: Language::default(),
            request_id: String::new(),
            public_url: String::new(),
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
            Text::new("请求的地址不存在", "There is nothing at this path"),
        )
    }

    /// 405 with the methods that the path has.
    pub fn wrong_method(allow: &str) -> Problem {
        let detail = Text::new("该地址不支持此方法", "This path does not have that method");
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
        Problem { header: HeaderValue::from_str(allow).ok().map(|allow| (header::ALLOW, allow)), ..problem }
    }

    /// 406 with the types that there are.
    pub fn not_acceptable(available: &[String]) -> Problem {
        let detail = Text::new(
            format!("无法按 Accept 的要求返回；可返回：{}", available.join("、")),
            format!("None of the types in `Accept` is available; there is {}", available.join(", ")),
        );
        Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", detail)
    }

    /// 415 for a body under this coding, with those that are understood.
    pub fn unknown_coding(coding: &str) -> Problem {
        let detail = Text::new(
            format!("不支持 Content-Encoding: {coding}；请发送未经编码的请求体"),
            format!("Content-Encoding {coding} is not understood; send the body as it is"),
        );
        let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_encoding", detail);
        let identity = HeaderValue::from_static("identity");
        Problem { header: Some((header::ACCEPT_ENCODING, identity)), ..problem }
    }

    /// 416 for a range of a file that has so many bytes.
    pub fn range_not_satisfiable(length: u64) -> Problem {
        let detail = Text::new(
            format!("请求的范围不在文件之内；文件共{length}字节"),
            format!("The range lies outside the file, which has {length} bytes"),
        );
        let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "range_not_satisfiable", detail);
        let range = HeaderValue::try_from(format!("bytes */{length}")).ok();
        Problem { header: range.map(|range| (header::CONTENT_RANGE, range)), ..problem }
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

    /// The same problem in the asker's language, with the request's id and where people reach the
    /// service.
    #[must_use]
    pub fn addressed(mut self, language: Language, request_id: &str, public_url: String) -> Problem {
        self.language = language;
        request_id.clone_into(&mut self.request_id);
        self.public_url = public_url;
        self
    }

    /// Seconds for `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Problem {
        self.header = Some((header::RETRY_AFTER, seconds.into()));
        self.retry_after = Some(seconds);
        self
    }

    /// Its stable word.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// How often a code can still be tried, where that may be told.
    #[must_use]
    pub fn tries_left(mut self, tries: Option<u32>) -> Problem {
        self.tries_left = tries;
        self
    }
}

/// A status in words.
fn title(status: StatusCode) -> Text {
    let zh = match status.as_u16() {
        400 => "请求有误",
        401 => "未登录",
        403 => "无权操作",
        404 => "未找到",
        405 => "不支持的请求方法",
        406 => "不支持的返回格式",
        408 => "请求超时",
        409 => "状态冲突",
        410 => "游标已失效",
        412 => "版本不符",
        413 => "请求体过大",
        415 => "不支持的内容格式",
        416 => "请求范围无效",
        422 => "内容不符合要求",
        428 => "缺少版本条件",
        429 => "请求过于频繁",
        503 => "服务暂不可用",
        507 => "存储空间不足",
        _ if status.is_server_error() => "服务内部错误",
        _ => "请求有误",
    };
    Text::new(zh, status.canonical_reason().unwrap_or("Error"))
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::NotFound(kind) => {
                Problem::new(StatusCode::NOT_FOUND, "not_found", kind.not_found_text())
            }
            Refusal::Forbidden { code, detail } => Problem::new(StatusCode::FORBIDDEN, code, detail),
            Refusal::Conflict { code, detail, existing, situation } => {
                Problem { existing, situation, ..Problem::new(StatusCode::CONFLICT, code, detail) }
            }
            Refusal::Stale => Problem::new(
                StatusCode::PRECONDITION_FAILED,
                "stale",
                Text::new(
                    "内容已被他人修改，请重新读取后再改",
                    "It has changed since you read it; read it again and redo your change",
                ),
            ),
            Refusal::SecondNeeded(_) => second_person_needed().into(),
            Refusal::ProposalStale(errors) => Problem {
                errors,
                ..Problem::new(
                    StatusCode::CONFLICT,
                    "proposal_stale",
                    Text::new(
                        "提请后内容已变更或提请人已无权限，该事项已失效",
                        "What it was to change has changed since, or who proposed it may no longer do so: it has ended",
                    ),
                )
            },
            Refusal::ProposalRefused { faults, situation } => Problem {
                errors: faults,
                situation,
                ..Problem::new(
                    StatusCode::CONFLICT,
                    "proposal_refused",
                    Text::new(
                        "按现行规则不能办理该事项，请说明理由予以退回",
                        "The rules refuse it as things stand: return it, with the reason",
                    ),
                )
            },
            Refusal::Rows { code, detail, faults } => {
                Problem { errors: faults, ..Problem::new(StatusCode::CONFLICT, code, detail) }
            }
            Refusal::Invalid(errors) => Problem {
                errors,
                ..Problem::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "invalid",
                    Text::new("提交的内容有字段不符合要求", "A field breaks a rule"),
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

/// A problem, as a page tells of it.
pub(crate) struct ShownProblem<'a> {
    pub status: u16,
    pub title: String,
    pub detail: &'a str,
    /// What is wrong with what was asked, in words.
    pub faults: Vec<&'a str>,
    pub request_id: &'a str,
}

impl Problem {
    /// What a page tells of it.
    pub(crate) fn told(&self) -> ShownProblem<'_> {
        ShownProblem {
            status: self.status.as_u16(),
            title: title(self.status).in_language(self.language).to_owned(),
            detail: self.detail.in_language(self.language),
            faults: self.errors.iter().map(|fault| fault.detail.in_language(self.language)).collect(),
            request_id: &self.request_id,
        }
    }

    /// The answer of its status, with its headers.
    pub(crate) fn answer(&self, content_type: &'static str, body: Vec<u8>) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.content_type(content_type);
        response.insert_header((header::CONTENT_LANGUAGE, self.language.tag()));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some((name, value)) = self.header.clone() {
            response.insert_header((name, value));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        // Of a body that was not read to its end more may be on its way.
        if matches!(self.status, StatusCode::REQUEST_TIMEOUT | StatusCode::PAYLOAD_TOO_LARGE) {
            response.force_close();
        }
        let mut response = response.body(body);
        // Kept with the response, so that the outermost layer can address it to the asker.
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let (language, title) = (self.language, title(self.status));
        let body = ProblemBody {
            kind: format!("{}/problems/{}", self.public_url, self.code),
            title: title.in_language(language),
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
            state: self.situation.as_ref().map(|situation| situation.state),
            allows: self
                .situation
                .as_ref()
                .map(|situation| situation.allows.iter().map(|operation| operation.id()).collect()),
            retry_after: self.retry_after,
            tries_left: self.tries_left,
        };
        self.answer("application/problem+json", serde_json::to_vec(&body).unwrap_or_default())
    }
}
