//! To whom an answer is shown: what it says to the caches that keep it, and to pages of other
//! origins that ask for it.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use xinwu_domain::access::{Audience, Operation};

/// Who is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Stranger,
    SignedIn,
}

/// To whom an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// To whoever asked: kept by nobody, and read by pages of the configured origins.
    Private,
    /// To everybody, as it stands: who keeps it asks each time whether it still holds.
    Current,
    /// As [`Sharing::Current`], but who signs in may be shown more.
    CurrentToStrangers,
    /// To everybody, and it may be a minute old: what hardly changes.
    Minute,
}

impl Sharing {
    /// That of an operation's answers. What everybody reads is the same with a token and without
    /// one, and so is what it says here: caches need not tell the two apart.
    pub(crate) fn of(operation: Operation, reader: Reader) -> Sharing {
        use Operation as Op;
        match operation {
            _ if operation.audience() != Audience::Public => Sharing::Private,
            Op::RequestCode | Op::IssueToken | Op::RevokeToken => Sharing::Private,
            Op::GetFirmEvaluation
            | Op::ListFirmEvaluations
            | Op::GetProjectEvaluation
            | Op::ListProjectEvaluations
            | Op::GetManagerEvaluation
            | Op::GetRecord => match reader {
                Reader::Stranger => Sharing::CurrentToStrangers,
                Reader::SignedIn => Sharing::Private,
            },
            Op::ListPlaces
            | Op::GetPlace
            | Op::GetCaseRules
            | Op::ListCategories
            | Op::ListMetrics
            | Op::GetPrivacy
            | Op::ListSchemes
            | Op::GetScheme
            | Op::GetSchemeVersion => Sharing::Minute,
            _ => Sharing::Current,
        }
    }

    /// That of the page for people that shows what an operation gives: what everyone may see,
    /// whoever asks.
    pub(crate) fn of_page(operation: Operation) -> Sharing {
        match Sharing::of(operation, Reader::Stranger) {
            Sharing::CurrentToStrangers => Sharing::Current,
            sharing => sharing,
        }
    }

    /// Whether pages of any origin may read it.
    pub(crate) fn is_open(self) -> bool {
        self != Sharing::Private
    }

    /// What caches may do with it (RFC 9111 §5.2.2).
    pub(crate) fn cache_control(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Sharing::Private => "no-store",
            Sharing::Current | Sharing::CurrentToStrangers => "public, max-age=0, must-revalidate",
            Sharing::Minute => "public, max-age=60",
        })
    }

    /// What it depends on beside its path and query: the same for every answer of the kind, so that
    /// a cached answer, a new one and a 304 say the same.
    fn vary(self) -> &'static str {
        match self {
            Sharing::Private => "Accept, Accept-Encoding, Accept-Language, Authorization, Origin",
            Sharing::CurrentToStrangers => "Accept, Accept-Encoding, Accept-Language, Authorization",
            Sharing::Current | Sharing::Minute => "Accept, Accept-Encoding, Accept-Language",
        }
    }

    /// Says it in an answer's headers. What is open is open without credentials, also where a
    /// configured origin asked; of the others the layer below has said who may read them.
    pub(crate) fn say(self, headers: &mut HeaderMap) {
        headers.insert(header::VARY, HeaderValue::from_static(self.vary()));
        let policy = if self.is_open() { "cross-origin" } else { "same-site" };
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static(policy));
        if self.is_open() {
            let any = HeaderValue::from_static("*");
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any.clone());
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, any);
        }
    }

    /// Says to a page of any origin what it may ask of what is open: not with a token, which is for
    /// the configured origins.
    pub(crate) fn allow(headers: &mut HeaderMap) {
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "Accept, Accept-Language, Cache-Control, If-None-Match, If-Range, Range",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, "3600"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
