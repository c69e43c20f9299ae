//! Operations on the one object that the path names: found, in reach, of the version that is
//! known, in one step.

use actix_web::HttpResponse;
use serde::Serialize;
use xinwu_domain::access::{Operates, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::text::shown_in;
use xinwu_persistence::registers::authorized::{Authorized, Resource, find, hold};
use xinwu_store::{Conn, Result as StoreResult, Tx};

use super::{Permit, Posted};
use crate::extract::Json;
use crate::problem::Problem;

impl<O: Operates> Permit<O> {
    /// The object of an id: `view` reads what is shown of it, with its version.
    ///
    /// # Errors
    /// 404 or 403 outside of reach.
    pub async fn read_one<R, T, F>(&self, id: String, view: F) -> Result<HttpResponse, Problem>
    where
        R: Resource,
        T: Serialize + Send + 'static,
        F: FnOnce(&mut Conn, Authorized<R>) -> StoreResult<(T, i64)> + Send + 'static,
    {
        let (warrant, today) = (self.warrant()?, self.today());
        let read = self.read(move |conn| {
            let found = find::<R>(conn, &warrant, &id, today)?;
            view(conn, found)
        });
        let (view, version) = read.await?;
        self.object(version, &view)
    }

    /// POST: `work` makes a new object as the body says, and gives it with its version; `place`
    /// says where it is.
    ///
    /// # Errors
    /// As [`Permit::post`].
    pub async fn add<C, T, F, P>(&self, body: Json<C>, place: P, work: F) -> Result<HttpResponse, Problem>
    where
        C: Send + 'static,
        T: Serialize,
        F: Fn(&mut Tx<'_>, &Warrant, &C) -> StoreResult<(T, i64)> + Send + 'static,
        P: Fn(&T) -> String + Send + 'static,
    {
        let Json { value: command, fingerprint } = body;
        self.post(&fingerprint, move |tx, warrant| {
            let (view, version) = work(tx, warrant, &command)?;
            Posted::created(place(&view), version, &view)
        })
        .await
    }

    /// PATCH: a change of the object of an id, of the version that `If-Match` names. `work` does it
    /// as `command` says, and gives the object as it stands after it.
    ///
    /// # Errors
    /// As [`Permit::expected`]; 404, 403 and 412 as [`hold`].
    pub async fn change<R, C, T, F>(&self, id: String, command: C, work: F) -> Result<HttpResponse, Problem>
    where
        R: Resource,
        C: Send + 'static,
        T: Serialize + Send + 'static,
        F: Fn(&mut Tx<'_>, &Warrant, &Authorized<R>, &C, RequestContext) -> StoreResult<(T, i64)>
            + Send
            + 'static,
    {
        let (warrant, expected) = (self.warrant()?, self.expected()?);
        let (today, context) = (self.today(), self.context());
        let done = self.write(move |tx| {
            let held = hold::<R>(tx, &warrant, &id, &expected, today)?;
            work(tx, &warrant, &held, &command, context)
        });
        let (view, version) = done.await?;
        self.object(version, &view)
    }

    /// POST to a verb: a step of the object of an id, of the version that `If-Match` names.
    /// `work` as for [`Permit::change`].
    ///
    /// # Errors
    /// As [`Permit::post`] and [`Permit::change`].
    pub async fn step<R, C, T, F>(&self, id: String, body: Json<C>, work: F) -> Result<HttpResponse, Problem>
    where
        R: Resource,
        C: Send + 'static,
        T: Serialize,
        F: Fn(&mut Tx<'_>, &Warrant, &Authorized<R>, &C, RequestContext) -> StoreResult<(T, i64)>
            + Send
            + 'static,
    {
        let (expected, today, context) = (self.expected()?, self.today(), self.context());
        let Json { value: command, fingerprint } = body;
        self.post(&fingerprint, move |tx, warrant| {
            let held = hold::<R>(tx, warrant, &id, &expected, today)?;
            let (view, version) = work(tx, warrant, &held, &command, context)?;
            shown_in(context.language, || Posted::done(version, &view))
        })
        .await
    }
}
