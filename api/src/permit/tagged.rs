//! Answers whose tags are known only once they are read, and objects that a PUT makes.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use serde::Serialize;
use xinwu_domain::access::Operates;
use xinwu_store::{Conn, Result as StoreResult};

use super::Permit;
use super::answer::render_in;
use crate::cache::Tag;
use crate::problem::Problem;

impl<O: Operates> Permit<O> {
    /// [`Permit::cached`] where only the reading tells what the answer shows: `work` gives the tags
    /// too.
    pub async fn cached_as_read<T, F>(&self, work: F) -> Result<HttpResponse, Problem>
    where
        T: Serialize + Send + 'static,
        F: FnOnce(&mut Conn) -> StoreResult<(T, i64, Vec<Tag>)> + Send + 'static,
    {
        let (language, until) = (self.language, self.end_of_day());
        let read = self.read(move |conn| {
            let (view, version, tags) = work(conn)?;
            Ok((render_in(language, &view)?, version, tags))
        });
        self.cache_answer(read, |(text, version, tags)| Ok((self.rendered(version, text, until), tags))).await
    }

    /// The answer to a PUT: 201 with the object that it made, 200 with the one that it changed, and
    /// the entity tag.
    ///
    /// # Errors
    /// 500 when it cannot be written as JSON.
    pub fn put_response(
        &self,
        is_new: bool,
        version: i64,
        view: &impl Serialize,
    ) -> Result<HttpResponse, Problem> {
        let body = render_in(self.language, view)?;
        let mut response = self.response(if is_new { StatusCode::CREATED } else { StatusCode::OK });
        response.insert_header((header::CACHE_CONTROL, self.sharing().cache_control()));
        if let Ok(value) = HeaderValue::from_str(&self.target().tag(version, body.as_bytes())) {
            response.insert_header((header::ETAG, value));
        }
        Ok(response.body(body))
    }
}
