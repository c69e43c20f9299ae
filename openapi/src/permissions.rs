//! The table of permissions: every operation, asked for by every role, of an own and of a foreign
//! object. It is derived from the domain's table of operations, committed as
//! `docs/permissions.csv`, reviewed there as a difference, and walked over HTTP by a test.
//!
//! *Own* and *foreign* are seen from an official of one district (and from a street and a community
//! in it), a firm and a resident; *foreign* is the like object in another district, of another
//! firm, of another resident. *Serving* is a firm registered in the other district that runs a
//! project here, and its manager. The city's official reaches both districts.

use serde_json::Value;
use xinwu_domain::access::{Audience, Operation, Reach, Role};
use xinwu_domain::word::Word;

use crate::lint::operations;

/// What a request must meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is done, or refused for another reason than who asks.
    Allowed,
    /// A list that is given, without what is foreign.
    Filtered,
    /// 401: nobody is signed in.
    SignInFirst,
    /// 403: known, and not allowed.
    Forbidden,
    /// 404: not theirs to know of.
    Hidden,
}

impl Outcome {
    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Allowed => "allowed",
            Outcome::Filtered => "filtered",
            Outcome::SignInFirst => "401",
            Outcome::Forbidden => "403",
            Outcome::Hidden => "404",
        }
    }

    /// Reads [`Outcome::as_str`] back.
    pub fn parse(text: &str) -> Option<Outcome> {
        [Outcome::Allowed, Outcome::Filtered, Outcome::SignInFirst, Outcome::Forbidden, Outcome::Hidden]
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
    }
}

/// Whose the object of a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// Within reach of the asker's place, firm or account.
    Own,
    /// Registered in another place, and at work in the asker's.
    Serving,
    /// The like object of somebody else.
    Foreign,
}

impl Whose {
    /// Every kind of object that an operation can name, in the table's order.
    pub fn of(operation: Operation) -> &'static [Whose] {
        match operation {
            Operation::GetAdminFirm
            | Operation::GetFirmDossier
            | Operation::GetManagerDossier
            | Operation::EditFirm
            | Operation::GetAdminManager
            | Operation::EditManager => &[Whose::Own, Whose::Serving, Whose::Foreign],
            _ if has_foreign_object(operation) => &[Whose::Own, Whose::Foreign],
            _ => &[Whose::Own],
        }
    }

    /// Reads [`Whose::as_str`] back.
    pub fn parse(text: &str) -> Option<Whose> {
        [Whose::Own, Whose::Serving, Whose::Foreign].into_iter().find(|whose| whose.as_str() == text)
    }

    /// The word in the table.
    pub fn as_str(self) -> &'static str {
        match self {
            Whose::Own => "own",
            Whose::Serving => "serving",
            Whose::Foreign => "foreign",
        }
    }
}

/// Where a foreign object's very existence is private: 404 instead of 403.
const HIDDEN: &[Operation] = &[
    Operation::EndResidence,
    Operation::ReadNotice,
    Operation::DeleteFollow,
    // Another firm's record may be one that is not published: 403 would tell that it exists.
    Operation::GetRecordReply,
    Operation::PutRecordReply,
    Operation::ObjectToRecord,
    Operation::ObjectToAssessment,
    Operation::GetObjection,
    Operation::WithdrawObjection,
    Operation::RequestRepair,
    Operation::GetRepair,
    Operation::WithdrawRepair,
    Operation::GetRating,
    Operation::DeleteRating,
    Operation::DeleteComment,
    Operation::GetAdminRecord,
    Operation::EditRecord,
    Operation::SubmitRecord,
    Operation::ConfirmRecord,
    Operation::ReturnRecord,
    Operation::WithdrawRecord,
    Operation::GetAdminObjection,
    Operation::ExtendObjection,
    Operation::DecideObjection,
    Operation::GetAdminRepair,
    Operation::ExtendRepair,
    Operation::DecideRepair,
    Operation::ListHouseholds,
    Operation::GetHousehold,
    Operation::EditHousehold,
    Operation::ConfirmHousehold,
    Operation::GetAdminResidence,
    Operation::ApproveResidence,
    Operation::RefuseResidence,
    Operation::EndAdminResidence,
    Operation::GetAdminReview,
    Operation::PublishReview,
    Operation::HideReview,
    Operation::GetBurst,
    Operation::ReleaseBurst,
    Operation::GetImport,
    Operation::ConfirmImport,
    Operation::ReturnImport,
];

/// Steps that only the drafter's own office takes: whoever is above may read the record, and
/// confirm or return it, but not write it.
const DRAFTERS_SIDE: &[Operation] =
    &[Operation::EditRecord, Operation::SubmitRecord, Operation::WithdrawRecord];

/// Lists that show what is own and leave out the rest.
const FILTERED: &[Operation] = &[
    Operation::ListAdminRecords,
    Operation::ListAdminObjections,
    Operation::ListAdminRepairs,
    Operation::ListPendingResidences,
    Operation::ListAdminReviews,
    Operation::ListBursts,
    Operation::ListImports,
    Operation::ListMyResidences,
    Operation::ListNotices,
    Operation::ListFollows,
    Operation::ListMyRatings,
];

/// What officials read of a firm or a manager at work in their place, wherever it is registered;
/// there alone it is changed.
const SEEN_AT_WORK: &[Operation] = &[
    Operation::GetAdminFirm,
    Operation::GetAdminManager,
    Operation::GetFirmDossier,
    Operation::GetManagerDossier,
];

/// What `role` (none: nobody signed in) meets when it asks for `operation` of such an object.
pub fn expected(operation: Operation, role: Option<Role>, whose: Whose) -> Outcome {
    let Some(role) = role else {
        return match operation.audience() {
            Audience::Public => Outcome::Allowed,
            Audience::SignedIn | Audience::Roles(_) => Outcome::SignInFirst,
        };
    };
    if !operation.audience().admits(role) {
        return Outcome::Forbidden;
    }
    if whose == Whose::Foreign && role == Role::City && DRAFTERS_SIDE.contains(&operation) {
        return Outcome::Forbidden;
    }
    let reaches_all = operation.reach() == Reach::All
        || (operation.reach() == Reach::OwnPlace && role == Role::City)
        || !has_foreign_object(operation);
    let is_seen = whose == Whose::Serving && role.is_official() && SEEN_AT_WORK.contains(&operation);
    if whose == Whose::Own || is_seen || reaches_all {
        return Outcome::Allowed;
    }
    if FILTERED.contains(&operation) {
        Outcome::Filtered
    } else if HIDDEN.contains(&operation) {
        Outcome::Hidden
    } else {
        Outcome::Forbidden
    }
}

/// Whether an operation names an object that can be somebody else's. What is about the account
/// itself, the system or the rules names none.
pub fn has_foreign_object(operation: Operation) -> bool {
    !matches!(
        operation,
        Operation::GetMe
            | Operation::EditMe
            | Operation::PutPhone
            | Operation::DeleteMe
            | Operation::ExportMe
            | Operation::ClaimResidence
            | Operation::GetHome
            // Everyone may follow every firm.
            | Operation::PutFollow
            | Operation::GetOwnFirm
            | Operation::ListCategories
            | Operation::ListSchemes
            | Operation::GetScheme
            | Operation::GetSchemeVersion
            | Operation::CompareFirms
            | Operation::ListEligibility
            | Operation::RequestCode
            | Operation::IssueToken
            | Operation::RevokeToken
            | Operation::GetKeys
            // Each row of a file is checked by itself: a foreign one is a bad row of the job, not a
            // refused request.
            | Operation::AddImport
            // A template names what the asker reaches.
            | Operation::GetImportTemplate
            // There is one city: its officials reach every draft.
            | Operation::ListSchemeDrafts
            | Operation::AddSchemeDraft
            | Operation::GetSchemeDraft
            | Operation::AnnounceScheme
            | Operation::ConfirmScheme
            | Operation::WithdrawScheme
            | Operation::SimulateScheme
            | Operation::ListUsers
            | Operation::AddUser
            | Operation::ListClients
            | Operation::AddClient
            | Operation::ListAudit
    )
}

/// Who asks, in the order of the columns: nobody, then every role.
pub fn askers() -> Vec<(&'static str, Option<Role>)> {
    let roles = Role::ALL.into_iter().map(|role| (role.into_str(), Some(role)));
    std::iter::once(("anonymous", None)).chain(roles).collect()
}

/// The table as it is committed: a line for each operation and kind of object, a column for each
/// role.
pub fn csv(document: &Value) -> String {
    let described = operations(document);
    let names: Vec<&str> = askers().into_iter().map(|(name, _)| name).collect();
    let mut table = format!("operation,method,path,object,{}\n", names.join(","));
    for operation in Operation::ALL {
        let route = described.iter().find(|each| each.id() == Some(operation.id()));
        let (method, path) =
            route.map_or(("".to_owned(), ""), |each| (each.method.to_uppercase(), each.path));
        for whose in Whose::of(*operation) {
            let cells: Vec<&str> =
                askers().into_iter().map(|(_, role)| expected(*operation, role, *whose).as_str()).collect();
            table.push_str(&format!(
                "{},{method},{path},{},{}\n",
                operation.id(),
                whose.as_str(),
                cells.join(",")
            ));
        }
    }
    table
}
