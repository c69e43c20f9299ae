//! Pages of lists and the cursors between them.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;
use xinwu_domain::access::{Operates, Warrant};
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_store::{Conn, Result as StoreResult};

use super::Permit;
use super::answer::{JSON, render, render_in};
use super::entity_tag::UNVERSIONED;
use crate::cache::{Item, Rendered, Tag};
use crate::negotiation;
use crate::problem::Problem;
use crate::spreadsheet::Listing;

const CSV: &str = "text/csv";

/// Items on a page when `limit` does not say.
const USUAL_LIMIT: i64 = 20;

/// A page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page is.
    pub page: PageEnd,
}

/// The end of a page.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"next_cursor": null}))]
pub struct PageEnd {
    /// Send it as `cursor` with the same query; null on the last page.
    pub next_cursor: Option<String>,
    /// How many items there are in all, when `count=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub total: Option<i64>,
}

/// Which part of a list that asks for no more.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Items on a page, 1 to 100; 20 by default.
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Whether to count all.
    count: Option<bool>,
}

/// What a cursor holds: which list and query it belongs to, and where the page before it ended.
#[derive(Serialize, Deserialize)]
struct Content(String, Keys);

impl<O: Operates> Permit<O> {
    /// The part of the list that `limit`, `cursor` and `count` ask for.
    ///
    /// # Errors
    /// 400 for a limit outside 1 to 100, and for a cursor that is made up or belongs to another
    /// query.
    pub fn window(
        &self,
        limit: Option<i64>,
        cursor: Option<&str>,
        count: Option<bool>,
    ) -> Result<Window, Problem> {
        let limit = limit.unwrap_or(USUAL_LIMIT);
        if !(1..=100).contains(&limit) {
            let text = Text::new("应在1到100之间", "must be between 1 and 100");
            return Err(Refusal::bad_parameter("limit", "out_of_range", text).into());
        }
        let after = cursor.map(|cursor| self.open_cursor(cursor)).transpose()?;
        Ok(Window { limit, after, count: count.unwrap_or(false) })
    }

    /// [`Permit::window`] of a list that asks for no more.
    ///
    /// # Errors
    /// As [`Permit::window`].
    pub fn window_of(&self, query: &PageQuery) -> Result<Window, Problem> {
        self.window(query.limit, query.cursor.as_deref(), query.count)
    }

    /// A page of a list that asks for no more: `work` reads what is for who asks.
    ///
    /// # Errors
    /// As [`Permit::window`].
    pub async fn list<T, F>(&self, query: PageQuery, work: F) -> Result<HttpResponse, Problem>
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&mut Conn, &Warrant, &Window) -> StoreResult<Listed<T>> + Send + 'static,
    {
        let (warrant, window) = (self.warrant()?, self.window_of(&query)?);
        let listed = self.read(move |conn| work(conn, &warrant, &window)).await?;
        self.page(listed)
    }

    /// 200 with a page, its cursor, its `Link` and an entity tag; 304 when the asker has it
    /// already.
    ///
    /// # Errors
    /// 500 when it cannot be written as JSON.
    pub fn page<T: Serialize>(&self, listed: Listed<T>) -> Result<HttpResponse, Problem> {
        let (link, page) = self.page_end(listed.next, listed.total)?;
        Ok(self.page_with(link, render_in(self.language, &Page { items: listed.items, page })?))
    }

    /// Whether the list is asked for as a table for spreadsheets.
    pub(crate) fn wants_table(&self) -> bool {
        negotiation::preferred(self.request.headers(), &[JSON, CSV]) == Some(CSV)
    }

    /// [`Permit::page`], or the same page as a table where that is asked for: the cursor stands in
    /// its `Link` alone.
    ///
    /// # Errors
    /// As [`Permit::page`].
    pub(crate) fn page_or_table<T: Serialize>(
        &self,
        listed: Listed<T>,
        listing: &Listing<T>,
    ) -> Result<HttpResponse, Problem> {
        self.page_or_file(listed, listing.file, |items| listing.write(items, self.language))
    }

    /// [`Permit::page_or_table`] of a table whose columns are not always the same.
    ///
    /// # Errors
    /// As [`Permit::page`].
    pub(crate) fn page_or_file<T: Serialize>(
        &self,
        listed: Listed<T>,
        file: &str,
        write: impl FnOnce(&[T]) -> Result<Vec<u8>, csv::Error>,
    ) -> Result<HttpResponse, Problem> {
        if !self.wants_table() {
            return self.page(listed);
        }
        let (link, _) = self.page_end(listed.next, listed.total)?;
        let bytes = write(&listed.items).map_err(Problem::internal)?;
        let rendered = self.rendered(UNVERSIONED, bytes, DateTime::<Utc>::MAX_UTC);
        let mut response =
            self.conditional(&Rendered { link, content_type: "text/csv; charset=utf-8", ..rendered });
        let name = format!("attachment; filename=\"{file}.csv\"");
        if let Ok(name) = HeaderValue::from_str(&name) {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
        }
        Ok(response)
    }

    /// [`Permit::page`] kept in the cache until the day ends; `work` gives the
    /// tags too: of everything that the items show, and of what makes more of them.
    pub async fn cached_page<T, F>(&self, work: F) -> Result<HttpResponse, Problem>
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&mut Conn) -> StoreResult<(Listed<T>, Vec<Tag>)> + Send + 'static,
    {
        let until = self.end_of_day();
        self.cache_answer(self.read(work), |(listed, tags)| {
            let (link, page) = self.page_end(listed.next, listed.total)?;
            let text = render_in(self.language, &Page { items: listed.items, page })?;
            Ok((Rendered { link, ..self.rendered(UNVERSIONED, text, until) }, tags))
        })
        .await
    }

    /// [`Permit::page`] of items that are rendered already, to the same bytes.
    pub(crate) fn page_of(&self, items: &[Item], next: Option<Keys>) -> Result<HttpResponse, Problem> {
        let (link, page) = self.page_end(next, None)?;
        let end = render(&page)?;
        let length = items.iter().map(|item| item.json.len() + 1).sum::<usize>() + end.len() + 32;
        let mut body = String::with_capacity(length);
        body.push_str("{\"items\":[");
        for (number, item) in items.iter().enumerate() {
            if number > 0 {
                body.push(',');
            }
            body.push_str(&item.json);
        }
        for part in ["],\"page\":", &end, "}"] {
            body.push_str(part);
        }
        Ok(self.page_with(link, body))
    }

    /// A page's end, and the link to the next.
    fn page_end(
        &self,
        next: Option<Keys>,
        total: Option<i64>,
    ) -> Result<(Option<HeaderValue>, PageEnd), Problem> {
        let next_cursor = self.cursor(next)?;
        let link = next_cursor.as_ref().and_then(|cursor| self.link(self.pairs(), cursor));
        Ok((link, PageEnd { next_cursor, total }))
    }

    /// The cursor at which the next page begins, if there is one.
    ///
    /// # Errors
    /// 500 when it cannot be written.
    pub(crate) fn cursor(&self, next: Option<Keys>) -> Result<Option<String>, Problem> {
        let Some(keys) = next else { return Ok(None) };
        let content = render(&Content(self.query_fingerprint(&self.pairs()), keys))?;
        Ok(Some(self.state.secrets.seal_cursor(content.as_bytes())))
    }

    fn page_with(&self, link: Option<HeaderValue>, text: String) -> HttpResponse {
        let page = Rendered { link, ..self.rendered(UNVERSIONED, text, DateTime::<Utc>::MAX_UTC) };
        self.conditional(&page)
    }

    fn open_cursor(&self, cursor: &str) -> Result<Keys, Problem> {
        let content: Option<Content> =
            self.state.secrets.open_cursor(cursor).and_then(|content| serde_json::from_slice(&content).ok());
        match content {
            Some(Content(fingerprint, keys)) if fingerprint == self.query_fingerprint(&self.pairs()) => {
                Ok(keys)
            }
            Some(_) => Err(bad_cursor(
                "cursor_of_another_query",
                "游标属于另一个查询",
                "The cursor belongs to another query",
            )),
            None => Err(bad_cursor("bad_cursor", "游标无效", "The cursor is not one of ours")),
        }
    }

    /// The path and the query without `cursor`, `limit` and `count`, in a fixed order.
    fn query_fingerprint(&self, pairs: &[(String, String)]) -> String {
        let is_part_of_it = |name: &str| !matches!(name, "cursor" | "limit" | "count");
        let mut pairs: Vec<_> = pairs.iter().filter(|(name, _)| is_part_of_it(name)).collect();
        pairs.sort();
        let hash = crate::secrets::sha256_hex(format!("{} {pairs:?}", self.path).as_bytes());
        hash.get(..16).unwrap_or_default().to_owned()
    }

    fn link(&self, mut pairs: Vec<(String, String)>, cursor: &str) -> Option<HeaderValue> {
        pairs.retain(|(name, _)| name != "cursor");
        pairs.push(("cursor".to_owned(), cursor.to_owned()));
        let query = serde_urlencoded::to_string(pairs).ok()?;
        HeaderValue::from_str(&format!("<{}?{query}>; rel=\"next\"", self.path)).ok()
    }

    fn pairs(&self) -> Vec<(String, String)> {
        serde_urlencoded::from_str(&self.query).unwrap_or_default()
    }
}

fn bad_cursor(code: &'static str, zh: &'static str, en: &'static str) -> Problem {
    Refusal::bad_parameter("cursor", code, Text::new(zh, en)).into()
}
