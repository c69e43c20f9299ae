//! The OpenAPI document: what the routes say of themselves, and what is the same for all, added
//! once here from the table of operations.

mod answers;
mod bind;
mod bounds;
mod common;
mod conventions;
pub mod parts;
mod shared;
mod tags;
mod texts;
mod variants;
pub mod version_3_0;

use std::collections::HashMap;

use serde_json::{Map, Value};
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation as PathOperation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, Response, SecurityRequirement};
use utoipa_actix_web::AppExt;
use xinwu_domain::access::{Audience, Operation};

use crate::problem::{ProblemBody, ProblemField};
use crate::routes::Routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Xinwu",
        description = "信物 · The credit and service scores of property firms: look firms up, score their service, record and assess.\n\n\
            物业企业信用与服务评价：查询、打分、记录与评价。\n\n\
            **How ratings are published.** Figures of ratings move in steps: at 06:00 of each Monday and each 1st. An answer waits until those \
            of at least five households of its project come out together on a 1st, or ten on another day; until then figures are `null` with \
            `reason: \"waiting\"`, whether or not anything waits. What is published is final. \
            Said, not solved: equal ratings give each away (five times one star is everyone's one star); who controls some of the \
            households of an increment learns the sum of the others; an estate with one verified dwelling has one candidate; four households \
            that rate for ever never reach five, and their ratings are dropped after twelve months.\n\n\
            **评价如何公布。** 评价数据分批公布：每周一和每月1日06:00。每项评分须待同一项目至少五户（非1日为十户）的评分一并计入，\
            在此之前为 `null`（`reason: \"waiting\"`），无论是否有评分等待公布。已公布的数据不再更改。\
            尚不能避免的情形：同批评分完全相同时，各户评分即可推知；掌握同批部分住户者可推知其余各户之和；\
            仅有一户经核实的小区，评分者即可推知；长期只有四户评价的项目不会公布，其评分十二个月后作废。\n\n\
            **Requests.** Paths and queries are UTF-8, percent-encoded (`?q=%E5%B9%B8%E7%A6%8F`); bodies are sent without `Content-Encoding`. \
            Every error is a problem (RFC 9457) with a body, but for what is no HTTP at all: a request line, a path or a header that cannot be read (400), \
            a head of over 128 KiB (431) and one that comes too slowly (408) are answered by the server itself, without a body and without \
            `X-Request-Id`, and the connection is closed. \
            Examples of what is asked are found in the demo; an `id` is made by the service and differs from one demo to another.\n\n\
            **请求格式。** 路径与查询参数采用 UTF-8 并作百分号编码（`?q=%E5%B9%B8%E7%A6%8F`）；请求体不得使用 `Content-Encoding`。\
            所有错误均返回 RFC 9457 格式的说明；但请求不符合 HTTP 语法（400）、请求头超过 128 KiB（431）或传输过慢（408）时，\
            由服务器直接应答，没有响应体和 `X-Request-Id`，并关闭连接。\
            请求示例均可在演示数据中找到；`id` 由系统生成，每次生成的演示数据各不相同。\n\n\
            **For re-users.** What is read without a token is open to pages of every origin (`Access-Control-Allow-Origin: *`, no credentials). \
            Caches keep it and ask each time whether it still holds (`public, max-age=0, must-revalidate`, with `If-None-Match`), \
            places, schemes, categories and this document for a minute. With `Accept-Encoding: gzip` most of it comes compressed, under an entity tag that ends in `-gz`: \
            either tag is understood. Lists of firms, estates, records, the red and black list and the figures of places come as CSV with `Accept: text/csv` \
            (UTF-8 with a mark for Excel; the next page stands in `Link`). \
            `type` of a problem leads to a page; programs go by `code`.\n\n\
            **数据再利用。** 无需令牌即可读取的内容对所有来源开放（`Access-Control-Allow-Origin: *`，不带凭据）。\
            缓存可以保存，但每次须以 `If-None-Match` 核实（`public, max-age=0, must-revalidate`）；区划、评分办法、信息目录和本文档可缓存一分钟。\
            请求带 `Accept-Encoding: gzip` 时多数内容以压缩形式返回，其 ETag 以 `-gz` 结尾，两种 ETag 均可使用。\
            企业、小区、奖惩信息、红黑榜和区划统计可用 `Accept: text/csv` 取得 CSV。错误的 `type` 指向说明页面，程序请以 `code` 判断。",
        contact(name = "Xinwu"),
        license(name = "Apache-2.0", url = "https://www.apache.org/licenses/LICENSE-2.0")
    ),
    servers((url = "/", description = "This server")),
    components(schemas(ProblemBody, ProblemField)),
    tags(
        (name = "places", description = "The tree of places · 区划"),
        (name = "firms", description = "Firms and their credit dossiers · 物业企业与信用档案"),
        (name = "projects", description = "Projects, estates and managers · 项目、小区与项目经理"),
        (name = "comparison", description = "Compare, rankings, lists, statistics · 比较、排名、红黑榜、统计"),
        (name = "schemes", description = "The rules in force · 评分办法"),
        (name = "copy", description = "A copy of everything public, and what changes · 公开数据副本"),
        (name = "sign-in", description = "Codes, tokens and keys · 登录"),
        (name = "me", description = "One's own account and notices; a resident's dwellings and ratings · 我的"),
        (name = "firm", description = "What a firm does itself · 企业"),
        (name = "cases", description = "What residents report and offices see to, with its deadline and steps · 事项"),
        (name = "registers", description = "The registers that officials keep · 登记"),
        (name = "records", description = "Rewards and penalties, drafted and confirmed · 奖惩"),
        (name = "proposals", description = "What waits for a second person · 双人确认"),
        (name = "assessments", description = "Assessments by communities, streets and districts · 街道社区评价"),
        (name = "moderation", description = "Residences, reviews and bursts to decide on · 审核"),
        (name = "imports", description = "Files of many rows · 导入"),
        (name = "system", description = "Users, clients and the audit · 系统")
    )
)]
struct Base;

/// The whole document.
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, mut document) = actix_web::App::new()
        .into_utoipa_app()
        .openapi(Base::openapi())
        .configure(|config| crate::routes::configure(&mut Routes::Documented(config)))
        .split_for_parts();
    let components = document.components.get_or_insert_default();
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.bearer_format = Some("JWT".to_owned());
    bearer.description = Some("An access token from `POST /v1/auth/token`".to_owned());
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    conventions::pages(components);
    for (path, item) in &mut document.paths.paths {
        let methods = [
            (&mut item.get, "GET"),
            (&mut item.put, "PUT"),
            (&mut item.post, "POST"),
            (&mut item.patch, "PATCH"),
            (&mut item.delete, "DELETE"),
        ];
        for (operation, method) in methods {
            if let Some(operation) = operation {
                complete(operation, path, method);
            }
        }
    }
    document
}

/// The document as it is sent and committed: as the routes say it, then made easy to generate from.
///
/// # Errors
/// When it cannot be written as JSON.
pub fn written(document: &utoipa::openapi::OpenApi) -> serde_json::Result<Value> {
    let mut written = serde_json::to_value(document)?;
    optional_bodies(&mut written);
    variants::name(&mut written);
    answers::require(&mut written);
    bind::add(&mut written);
    bind::name(&mut written);
    texts::split(&mut written);
    texts::fields(&mut written);
    texts::plain(&mut written);
    common::fields(&mut written);
    or_proposed(&mut written);
    shared::examples(&mut written);
    shared::security(&mut written);
    shared::defaults(&mut written);
    shared::share(&mut written);
    shared::path_parameters(&mut written);
    Ok(written)
}

/// Generators take one type of success an operation: what is done at once or waits for a second
/// person is answered with the one or the other.
fn or_proposed(document: &mut Value) {
    let mut either: Vec<(String, Value)> = Vec::new();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths
        .into_iter()
        .flat_map(Map::values_mut)
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut);
    for operation in operations {
        let at = |status: &str| format!("/responses/{status}/content/application~1json/schema");
        let schema = |status: &str| operation.pointer(&at(status)).cloned();
        let (Some(object), Some(proposal)) = (schema("200").or_else(|| schema("201")), schema("202")) else {
            continue;
        };
        if proposal.get("$ref").and_then(Value::as_str) != Some("#/components/schemas/Proposal") {
            continue;
        }
        let target = object.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next());
        let Some(name) = target.map(|target| format!("{target}OrProposal")) else { continue };
        for status in ["200", "201", "202"] {
            if let Some(schema) = operation.pointer_mut(&at(status)) {
                *schema = serde_json::json!({"$ref": format!("#/components/schemas/{name}")});
            }
        }
        let schema = serde_json::json!({"description": "The object, or the proposal that waits", "oneOf": [object, proposal]});
        either.push((name, schema));
    }
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.extend(either);
    }
}

/// A body that may be left out is not null where it is sent.
fn optional_bodies(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths
        .into_iter()
        .flat_map(Map::values_mut)
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut);
    for operation in operations {
        let content = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
        for schema in
            content.into_iter().flat_map(Map::values_mut).filter_map(|media| media.get_mut("schema"))
        {
            let branches = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
            let named: Vec<Value> = branches.filter(|each| each.get("$ref").is_some()).cloned().collect();
            if let [body] = named.as_slice() {
                *schema = body.clone();
            }
        }
    }
}

/// What any request may meet, whatever it asks for: it is said once, as a range.
const ANY: &str = "What any request may meet. 400: it cannot be read. 406: none of the types in `Accept` is available. \
    408: the body came too slowly; see `Retry-After`. 413: it is too large. 415: it is not of the right type, or is encoded. \
    429: too often; see `Retry-After`";

const FAILED: &str = "500: something went wrong inside. 503: busy; see `Retry-After`. 507: the disk is full";

const NO_TOKEN: &str = "No token where one is needed, or one that is not valid";

const TOO_OLD: &str = "Not all that changed since is known any more: fetch the snapshot anew and put it in the place of the copy; \
    do not merge the two";

const OUTSIDE: &str = "The range lies outside the file: `Content-Range` says how long that is";

/// Adds to one operation its security, the problems that any request may meet, and the headers of
/// its kind.
fn complete(operation: &mut PathOperation, path: &str, method: &str) {
    operation.tags = tags::of(path).map(|tag| vec![tag.to_owned()]);
    let Some(known) = operation.operation_id.as_deref().and_then(Operation::parse) else { return };
    let has_path_parameters = operation.parameters.iter().flatten().any(
        |parameter| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Path),
    );
    let mut problems: Vec<(&str, &str)> = vec![("401", NO_TOKEN), ("4XX", ANY), ("5XX", FAILED)];
    match known.audience() {
        Audience::Public => {
            operation.security = Some(vec![SecurityRequirement::default(), bearer_requirement()]);
        }
        Audience::SignedIn => operation.security = Some(vec![bearer_requirement()]),
        Audience::Roles(_) => {
            operation.security = Some(vec![bearer_requirement()]);
            problems.push(("403", "Your role, place or firm may not do this"));
        }
    }
    if has_path_parameters {
        problems.push(("404", "There is no such thing, or it is not yours to know of"));
    }
    if operation.request_body.is_some() {
        problems.push(("422", "A field breaks a rule"));
    }
    if method != "GET" {
        problems.push(("409", "It does not fit the state of things"));
    }
    match known {
        // A program leaves the account alone as which it acts.
        Operation::EditMe => problems.push(("403", "Your role, place or firm may not do this")),
        Operation::GetChanges => problems.push(("410", TOO_OLD)),
        Operation::GetSnapshot => problems.push(("416", OUTSIDE)),
        _ => {}
    }
    let condition = Condition::of(path, method);
    if condition != Condition::None {
        problems.push(("412", "It has changed since you read it, or `If-Match` names no strong tag of it"));
    }
    if condition == Condition::Required {
        problems.push(("428", "`If-Match` is required"));
    }
    for (status, description) in problems {
        operation
            .responses
            .responses
            .entry(status.to_owned())
            .or_insert_with(|| RefOr::T(problem(description)));
    }
    conventions::headers(operation, known, method, condition);
}

/// Whether a change must say by `If-Match` which version it was made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// It changes nothing that stands.
    None,
    /// It may: without one, any version is replaced or ended.
    Optional,
    /// It must: somebody else may have changed it meanwhile.
    Required,
}

impl Condition {
    /// A shared object is changed by PATCH or by a step, which is a POST to a verb below it; what
    /// is put or ended is the asker's own. Outside the officials' paths what is posted below an
    /// object is new, but for the steps of a case, and for a firm that takes back what it filed, or
    /// agrees to a proposal.
    fn of(path: &str, method: &str) -> Condition {
        const OF_STEPS: [&str; 4] = ["/v1/admin/", "/v1/firm/", "/v1/cases/", "/v1/me/cases/"];
        // An objection that is filed for a manager is new, and so is a photo. A resident who joins
        // a neighbour's case has not read it.
        const NEW: [&str; 3] = ["/objections", "/photos", "/v1/me/cases/{id}/join"];
        let is_below = path.contains('{') && !path.ends_with('}');
        let is_step = is_below
            && (OF_STEPS.iter().any(|of| path.starts_with(of)) || path.ends_with("/withdraw"))
            && !NEW.iter().any(|end| path.ends_with(end));
        match method {
            "PATCH" => Condition::Required,
            "POST" if is_step => Condition::Required,
            "PUT" => Condition::Optional,
            "DELETE" if path.ends_with('}') || path == "/v1/me" => Condition::Optional,
            _ => Condition::None,
        }
    }
}

fn bearer_requirement() -> SecurityRequirement {
    SecurityRequirement::new("bearer", std::iter::empty::<String>())
}

fn problem(description: &str) -> Response {
    let mut response = Response::new(description);
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    response.content.insert("application/problem+json".to_owned(), RefOr::T(content));
    response
}

/// The methods of every documented path, for answers of 405 and for the paths of metrics.
pub fn methods(document: &utoipa::openapi::OpenApi) -> Vec<(String, Vec<&'static str>)> {
    let methods = |item| each(item).map(|(method, _)| method).collect();
    document.paths.paths.iter().map(|(path, item)| (path.clone(), methods(item))).collect()
}

/// What is read at each path, by its pattern.
pub fn readings(document: &utoipa::openapi::OpenApi) -> HashMap<String, Operation> {
    let reading = |item: &PathItem| Operation::parse(item.get.as_ref()?.operation_id.as_deref()?);
    document.paths.paths.iter().filter_map(|(path, item)| Some((path.clone(), reading(item)?))).collect()
}

/// What file is posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upload {
    /// One of many rows.
    Import,
    /// A photo.
    Photo,
}

/// The paths to which files are posted, and what these are.
pub fn uploads(document: &utoipa::openapi::OpenApi) -> Vec<(String, Upload)> {
    let upload = |item: &PathItem| {
        let Some(RefOr::T(body)) = &item.post.as_ref()?.request_body else { return None };
        let takes = |kind: &str| body.content.contains_key(kind);
        let upload = if takes("image/jpeg") { Upload::Photo } else { Upload::Import };
        takes("application/octet-stream").then_some(upload)
    };
    let all = document.paths.paths.iter();
    all.filter_map(|(path, item)| Some((path.clone(), upload(item)?))).collect()
}

/// What an operation takes and gives, as far as each request is checked by it.
#[derive(Debug)]
pub struct Exchange {
    /// Whether it takes any query parameter.
    pub takes_query: bool,
    /// Whether it takes a body.
    pub takes_body: bool,
    /// Whether it takes `If-Match`: a reading does not ask for it, and is none the wiser.
    pub takes_condition: bool,
    /// The types of its answer; empty if it has no body.
    pub gives: Vec<String>,
}

/// What each operation takes and gives.
pub fn exchanges(document: &utoipa::openapi::OpenApi) -> HashMap<Operation, Exchange> {
    let is_query = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query);
    let exchange = |path: &str, method: &str, operation: &PathOperation| Exchange {
        takes_query: operation.parameters.iter().flatten().any(is_query),
        takes_body: operation.request_body.is_some(),
        takes_condition: method == "GET" || Condition::of(path, method) != Condition::None,
        gives: conventions::success(operation)
            .map(|response| response.content.keys().cloned().collect())
            .unwrap_or_default(),
    };
    let all = document.paths.paths.iter();
    let operations = all.flat_map(|(path, item)| each(item).map(move |each| (path, each)));
    operations
        .filter_map(|(path, (method, operation))| {
            let known = Operation::parse(operation.operation_id.as_deref()?)?;
            Some((known, exchange(path, method, operation)))
        })
        .collect()
}

/// The operations of a path with their methods.
fn each(item: &PathItem) -> impl Iterator<Item = (&'static str, &PathOperation)> {
    [
        ("GET", &item.get),
        ("PUT", &item.put),
        ("POST", &item.post),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}
