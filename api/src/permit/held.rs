//! Operations on the one object that the path names: found, in reach, of the version that is
//! known, in one step.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde::Serialize;
use xinwu_domain::access::{Operates, Warrant};
use xinwu_domain::context::RequestContext;
use xinwu_domain::proposal::Proposal;
use xinwu_domain::refusal::{Faults, Faulty, FieldFault, Refusal};
use xinwu_domain::text::shown_in;
use xinwu_persistence::people::proposal;
use xinwu_persistence::registers::authorized::{Authorized, Resource, find, hold};
use xinwu_store::{Conn, Result as StoreResult, StoreError, Tx};

use super::{Permit, Posted, render_in};
use crate::extract::{Form, Json};
use crate::problem::Problem;

/// What became of a use case.
pub(crate) enum Done<T> {
    /// It was done, and gave this.
    Now(T),
    /// It waits for a second person.
    Proposed(Box<Proposal>),
}

/// Does `work`, or proposes it where one person may not do it alone. `sent` is the body that says
/// what is to be done.
pub(crate) fn or_propose<T>(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    sent: &serde_json::Value,
    work: impl FnOnce(&mut Tx<'_>) -> StoreResult<T>,
) -> StoreResult<Done<T>> {
    match tx.attempt(work) {
        Ok(given) => Ok(Done::Now(given)),
        Err(StoreError::Refused(Refusal::SecondNeeded(needed))) => {
            let proposal = proposal::propose(tx, warrant, &needed, sent)?;
            Ok(Done::Proposed(Box::new(proposal)))
        }
        Err(error) => Err(error),
    }
}

/// Does `work` as a form says that breaks no rule. Of one that does, what else is wrong is looked
/// for, and all is refused at once; that there is no such object, or that it is another's, comes
/// before.
fn do_unless_broken<T>(broken: &[FieldFault], work: impl FnOnce() -> StoreResult<T>) -> StoreResult<T> {
    if broken.is_empty() {
        return work();
    }
    let mut faults = Faults::from(broken.to_vec());
    match work().map_err(Faulty::faults) {
        Err(Ok(found)) => faults.extend(found),
        Err(Err(StoreError::Refused(refusal @ (Refusal::NotFound(_) | Refusal::Forbidden { .. })))) => {
            return Err(refusal.into());
        }
        // What the rules keep out may do anything, and what stands against it comes after.
        Ok(_) | Err(Err(_)) => {}
    }
    Ok(faults.or_refuse(None)?)
}

/// What must be known beside a form: what is missing of it is told after the rules that the form
/// breaks.
fn known_beside<T>(broken: &[FieldFault], known: Result<T, Problem>) -> Result<T, Problem> {
    if broken.is_empty() || known.is_ok() { known } else { Err(Refusal::Invalid(broken.to_vec()).into()) }
}

fn place_of(proposal: &Proposal) -> String {
    format!("/v1/admin/proposals/{}", proposal.id)
}

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
    pub async fn add<C, T, F, P>(
        &self,
        body: impl Into<Form<C>>,
        place: P,
        work: F,
    ) -> Result<HttpResponse, Problem>
    where
        C: Send + 'static,
        T: Serialize,
        F: Fn(&mut Tx<'_>, &Warrant, &C) -> StoreResult<(T, i64)> + Send + 'static,
        P: Fn(&T) -> String + Send + 'static,
    {
        let language = self.language;
        self.post_form(body, move |tx, warrant, command| {
            let (view, version) = work(tx, warrant, command)?;
            shown_in(language, || Posted::created(place(&view), version, &view))
        })
        .await
    }

    /// [`Permit::post`] of what a body says.
    ///
    /// # Errors
    /// As there.
    pub async fn post_form<C, F>(&self, body: impl Into<Form<C>>, work: F) -> Result<HttpResponse, Problem>
    where
        C: Send + 'static,
        F: Fn(&mut Tx<'_>, &Warrant, &C) -> StoreResult<Posted> + Send + 'static,
    {
        let (Json { value: command, fingerprint, .. }, broken) = body.into().open();
        self.post(&fingerprint, move |tx, warrant| do_unless_broken(&broken, || work(tx, warrant, &command)))
            .await
    }

    /// [`Permit::write`] of what a body says.
    ///
    /// # Errors
    /// As there.
    pub async fn write_form<C, T, F>(&self, body: impl Into<Form<C>>, work: F) -> Result<T, Problem>
    where
        C: Send + 'static,
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, &Warrant, &C) -> StoreResult<T> + Send + 'static,
    {
        let (warrant, (Json { value, .. }, broken)) = (self.warrant()?, body.into().open());
        self.write(move |tx| do_unless_broken(&broken, || work(tx, &warrant, &value))).await
    }

    /// PATCH: a change of the object of an id, of the version that `If-Match` names. `work` does it
    /// as `body` says, and gives the object as it stands after it.
    ///
    /// # Errors
    /// As [`Permit::expected`]; 404, 403 and 412 as [`hold`].
    pub async fn change<R, C, T, F>(
        &self,
        id: String,
        body: impl Into<Form<C>>,
        work: F,
    ) -> Result<HttpResponse, Problem>
    where
        R: Resource,
        C: Send + 'static,
        T: Serialize + Send + 'static,
        F: Fn(&mut Tx<'_>, &Warrant, &Authorized<R>, &C, RequestContext) -> StoreResult<(T, i64)>
            + Send
            + 'static,
    {
        let (Json { value: command, .. }, broken) = body.into().open();
        let (warrant, expected) = (self.warrant()?, known_beside(&broken, self.expected())?);
        let (today, context) = (self.today(), self.context());
        let done = self.write(move |tx| {
            do_unless_broken(&broken, || {
                let held = hold::<R>(tx, &warrant, &id, &expected, today)?;
                work(tx, &warrant, &held, &command, context)
            })
        });
        let (view, version) = done.await?;
        self.object(version, &view)
    }

    /// [`Permit::change`] of what one person may not always do alone: then it is proposed, and 202
    /// says where that stands.
    ///
    /// # Errors
    /// As [`Permit::change`], and as [`proposal::propose`].
    pub async fn change_or_propose<R, C, T, F>(
        &self,
        id: String,
        body: impl Into<Form<C>>,
        work: F,
    ) -> Result<HttpResponse, Problem>
    where
        R: Resource,
        C: Send + 'static,
        T: Serialize + Send + 'static,
        F: Fn(&mut Tx<'_>, &Warrant, &Authorized<R>, &C, RequestContext) -> StoreResult<(T, i64)>
            + Send
            + 'static,
    {
        let (Json { value, sent, .. }, broken) = body.into().open();
        let (warrant, expected) = (self.warrant()?, known_beside(&broken, self.expected())?);
        let (today, context) = (self.today(), self.context());
        let done = self.write(move |tx| {
            do_unless_broken(&broken, || {
                let held = hold::<R>(tx, &warrant, &id, &expected, today)?;
                or_propose(tx, &warrant, &sent, |tx| work(tx, &warrant, &held, &value, context))
            })
        });
        match done.await? {
            Done::Now((view, version)) => self.object(version, &view),
            Done::Proposed(proposal) => self.proposed(&proposal),
        }
    }

    /// A write that is no change of a held object and that one person may not always do alone.
    /// Gives what `work` gave, or the answer 202. What was sent is what `operations::decide` does
    /// it by.
    ///
    /// # Errors
    /// As [`Permit::write`], and as [`proposal::propose`].
    pub async fn write_or_propose<C, T, F>(
        &self,
        body: impl Into<Form<C>>,
        work: F,
    ) -> Result<Result<T, HttpResponse>, Problem>
    where
        C: Send + 'static,
        T: Send + 'static,
        F: Fn(&mut Tx<'_>, &Warrant, &C) -> StoreResult<T> + Send + 'static,
    {
        let (warrant, (Json { value, sent, .. }, broken)) = (self.warrant()?, body.into().open());
        let done = self.write(move |tx| {
            do_unless_broken(&broken, || or_propose(tx, &warrant, &sent, |tx| work(tx, &warrant, &value)))
        });
        Ok(match done.await? {
            Done::Now(given) => Ok(given),
            Done::Proposed(proposal) => Err(self.proposed(&proposal)?),
        })
    }

    /// POST of a new object, which one person may not always add alone, as
    /// [`Permit::change_or_propose`]. `location` says where it is.
    ///
    /// # Errors
    /// As [`Permit::post`], and as [`proposal::propose`].
    pub async fn add_or_propose<C, T, F>(
        &self,
        body: impl Into<Form<C>>,
        work: F,
        location: fn(&T) -> String,
    ) -> Result<HttpResponse, Problem>
    where
        C: Send + 'static,
        T: Serialize + 'static,
        F: Fn(&mut Tx<'_>, &Warrant, &C) -> StoreResult<(T, i64)> + Send + 'static,
    {
        let (Json { value, sent, fingerprint }, broken) = body.into().open();
        self.post(&fingerprint, move |tx, warrant| {
            let work = || or_propose(tx, warrant, &sent, |tx| work(tx, warrant, &value));
            match do_unless_broken(&broken, work)? {
                Done::Now((view, version)) => Posted::created(location(&view), version, &view),
                Done::Proposed(proposal) => Posted::accepted(place_of(&proposal), &*proposal),
            }
        })
        .await
    }

    /// [`Permit::add_or_propose`] of what holds a secret: `work` gives the answer that shows it,
    /// and the one that is kept.
    ///
    /// # Errors
    /// As [`Permit::add_or_propose`].
    pub async fn add_showing_once_or_propose<C, F>(
        &self,
        body: impl Into<Form<C>>,
        work: F,
    ) -> Result<HttpResponse, Problem>
    where
        C: Send + 'static,
        F: Fn(&mut Tx<'_>, &Warrant, &C) -> StoreResult<(Posted, Posted)> + Send + 'static,
    {
        let (Json { value, sent, fingerprint }, broken) = body.into().open();
        self.post_showing_once(&fingerprint, move |tx, warrant| {
            let work = || or_propose(tx, warrant, &sent, |tx| work(tx, warrant, &value));
            match do_unless_broken(&broken, work)? {
                Done::Now(posted) => Ok(posted),
                Done::Proposed(proposal) => {
                    let posted = Posted::accepted(place_of(&proposal), &*proposal)?;
                    Ok((posted.clone(), posted))
                }
            }
        })
        .await
    }

    /// 202 with a proposal.
    fn proposed(&self, proposal: &Proposal) -> Result<HttpResponse, Problem> {
        let mut response = self.response(StatusCode::ACCEPTED);
        response.insert_header((header::LOCATION, place_of(proposal)));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        Ok(response.body(render_in(self.language, proposal)?))
    }

    /// POST to a verb: a step of the object of an id, of the version that `If-Match` names.
    /// `work` as for [`Permit::change`].
    ///
    /// # Errors
    /// As [`Permit::post`] and [`Permit::change`].
    pub async fn step<R, C, T, F>(
        &self,
        id: String,
        body: impl Into<Form<C>>,
        work: F,
    ) -> Result<HttpResponse, Problem>
    where
        R: Resource,
        C: Send + 'static,
        T: Serialize,
        F: Fn(&mut Tx<'_>, &Warrant, &Authorized<R>, &C, RequestContext) -> StoreResult<(T, i64)>
            + Send
            + 'static,
    {
        let (Json { value: command, fingerprint, .. }, broken) = body.into().open();
        let expected = known_beside(&broken, self.expected())?;
        let (today, context) = (self.today(), self.context());
        self.post(&fingerprint, move |tx, warrant| {
            let (view, version) = do_unless_broken(&broken, || {
                let held = hold::<R>(tx, warrant, &id, &expected, today)?;
                work(tx, warrant, &held, &command, context)
            })?;
            shown_in(context.language, || Posted::done(version, &view))
        })
        .await
    }

    /// [`Permit::step`] that one person may not always take alone, as
    /// [`Permit::change_or_propose`].
    ///
    /// # Errors
    /// As [`Permit::step`], and as [`proposal::propose`].
    pub async fn step_or_propose<R, C, T, F>(
        &self,
        id: String,
        body: impl Into<Form<C>>,
        work: F,
    ) -> Result<HttpResponse, Problem>
    where
        R: Resource,
        C: Send + 'static,
        T: Serialize,
        F: Fn(&mut Tx<'_>, &Warrant, &Authorized<R>, &C, RequestContext) -> StoreResult<(T, i64)>
            + Send
            + 'static,
    {
        let (Json { value, sent, fingerprint }, broken) = body.into().open();
        let expected = known_beside(&broken, self.expected())?;
        let (today, context) = (self.today(), self.context());
        self.post(&fingerprint, move |tx, warrant| {
            let work = || {
                let held = hold::<R>(tx, warrant, &id, &expected, today)?;
                or_propose(tx, warrant, &sent, |tx| work(tx, warrant, &held, &value, context))
            };
            match do_unless_broken(&broken, work)? {
                Done::Now((view, version)) => shown_in(context.language, || Posted::done(version, &view)),
                Done::Proposed(proposal) => Posted::accepted(place_of(&proposal), &*proposal),
            }
        })
        .await
    }
}
