//! Who may do what: roles, what each is bound to, and the one table of operations.
//!
//! An operation is listed here with the roles that may ask for it and with how far each reaches.
//! The API's extractors, the security part of the OpenAPI document and the committed table
//! `docs/permissions.csv` all come from this list. It is the most that a role may do; a use case
//! can ask for more: the power to confirm, that a second official decides, or the procedure of the
//! scheme in force.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::refusal::Refusal;
use crate::text::Text;

/// What an account is. A person who is both an official and a resident has two accounts.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// A person bound to households by verified residences.
    Resident,
    /// Someone who acts for one firm.
    Firm,
    /// An official of a community and what is below it.
    Community,
    /// An official of a street.
    Street,
    /// An official of a district.
    District,
    /// An official of the city.
    City,
    /// A program of a third party, by scopes.
    Integrator,
    /// Runs the system, not the content.
    Admin,
}

impl Role {
    /// Every role, in the order of the permission table.
    pub const ALL: [Role; 8] = [
        Role::Resident,
        Role::Firm,
        Role::Community,
        Role::Street,
        Role::District,
        Role::City,
        Role::Integrator,
        Role::Admin,
    ];

    /// Whether the role is bound to a place.
    pub fn is_official(self) -> bool {
        matches!(self, Role::Community | Role::Street | Role::District | Role::City)
    }
}

/// Who acts: an account as it stands now, not as a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub account_id: String,
    /// Its role.
    pub role: Role,
    /// The place of an official.
    pub place: Option<String>,
    /// The firm of a firm's account.
    pub uscc: Option<String>,
    /// Whether the account may confirm what others drafted (a power beside the role).
    pub can_confirm: bool,
    /// The session that the token belongs to.
    pub session_id: String,
}

impl Actor {
    /// The actor of work that no person asked for: the clock's, and the operator's at the command
    /// line.
    pub fn system() -> Actor {
        Actor {
            account_id: "system".to_owned(),
            role: Role::Admin,
            place: None,
            uscc: None,
            can_confirm: false,
            session_id: String::new(),
        }
    }

    /// The place of an official.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for an account that has none.
    pub fn own_place(&self) -> Result<&str, Refusal> {
        self.place.as_deref().ok_or_else(Refusal::out_of_reach)
    }

    /// The firm of a firm's account.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for an account that has none.
    pub fn own_firm(&self) -> Result<&str, Refusal> {
        self.uscc.as_deref().ok_or_else(Refusal::out_of_reach)
    }

    /// # Errors
    /// [`Refusal::Forbidden`] unless the account has the power to confirm.
    pub fn require_power_to_confirm(&self) -> Result<(), Refusal> {
        if self.can_confirm {
            return Ok(());
        }
        Err(Refusal::forbidden(
            "no_power_to_confirm",
            Text::new("您的账号没有确认权限", "Your account has no power to confirm"),
        ))
    }

    /// Two pairs of eyes: who drafted does not confirm.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] when the actor is `drafted_by`.
    pub fn require_other_than(&self, drafted_by: &str) -> Result<(), Refusal> {
        if self.account_id != drafted_by {
            return Ok(());
        }
        Err(Refusal::forbidden(
            "same_official",
            Text::new("起草人不得确认自己起草的内容", "Who drafted it may not confirm it"),
        ))
    }

    /// The decider on an objection or a repair is not the recorder.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] when the actor is one of `participants`, the accounts that had a hand
    /// in what is decided on.
    pub fn require_no_hand(&self, participants: &[String]) -> Result<(), Refusal> {
        if !participants.contains(&self.account_id) {
            return Ok(());
        }
        Err(Refusal::forbidden(
            "same_official",
            Text::new(
                "经手人不得办理对自己经手内容的异议或修复",
                "Who had a hand in it may not decide on it, nor on its time",
            ),
        ))
    }
}

/// Who may ask for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everyone, signed in or not.
    Public,
    /// Everyone who is signed in.
    SignedIn,
    /// Accounts of these roles.
    Roles(&'static [Role]),
}

impl Audience {
    /// Whether an account of `role` may ask.
    pub fn admits(self, role: Role) -> bool {
        match self {
            Audience::Public | Audience::SignedIn => true,
            Audience::Roles(roles) => roles.contains(&role),
        }
    }
}

/// How far an operation reaches for those who may ask for it.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Reach {
    /// Every object.
    All,
    /// Objects in the official's own place and below; a firm's account, where it may ask, reaches
    /// those of its own firm.
    OwnPlace,
    /// Objects of the account's own firm.
    OwnFirm,
    /// The account itself and what belongs to it.
    Own,
}

/// A marker type for one operation: a handler names it in its signature, and that is the permission
/// check.
pub trait Operates: 'static {
    /// The operation.
    const OPERATION: Operation;
}

macro_rules! operations {
    ($($name:ident $id:literal $audience:expr, $reach:ident;)*) => {
        /// Every operation of the API, by its OpenAPI `operationId`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation { $(#[doc = $id] $name,)* }

        impl Operation {
            /// Every operation, in the order of the permission table.
            pub const ALL: &'static [Operation] = &[$(Operation::$name,)*];

            /// The `operationId`.
            pub fn id(self) -> &'static str {
                match self { $(Operation::$name => $id,)* }
            }

            /// Who may ask for it.
            pub fn audience(self) -> Audience {
                match self { $(Operation::$name => $audience,)* }
            }

            /// How far it reaches.
            pub fn reach(self) -> Reach {
                match self { $(Operation::$name => Reach::$reach,)* }
            }

            /// Reads [`Operation::id`] back.
            pub fn parse(id: &str) -> Option<Operation> {
                match id { $($id => Some(Operation::$name),)* _ => None }
            }
        }

        /// One marker type an operation, for `Permit<op::…>`.
        pub mod op {
            use super::{Operates, Operation};
            $(
                #[doc = concat!("Marks `", $id, "`.")]
                #[derive(Debug, Clone, Copy)]
                pub struct $name;
                impl Operates for $name { const OPERATION: Operation = Operation::$name; }
            )*
        }
    };
}

use Role::{Admin, City, Community, District, Firm, Resident, Street};

const OFFICIALS: Audience = Audience::Roles(&[Community, Street, District, City]);
const STREET_UP: Audience = Audience::Roles(&[Street, District, City]);
const DISTRICT_UP: Audience = Audience::Roles(&[District, City]);
const CITIES: Audience = Audience::Roles(&[City]);
const RESIDENTS: Audience = Audience::Roles(&[Resident]);
const FIRMS: Audience = Audience::Roles(&[Firm]);
const FIRMS_AND_OFFICIALS: Audience = Audience::Roles(&[Firm, Community, Street, District, City]);
const ADMINS: Audience = Audience::Roles(&[Admin]);
const PUBLIC: Audience = Audience::Public;
const SIGNED_IN: Audience = Audience::SignedIn;

operations! {
    ListPlaces "list_places" PUBLIC, All;
    GetPlace "get_place" PUBLIC, All;
    ListCategories "list_categories" PUBLIC, All;
    ListFirms "list_firms" PUBLIC, All;
    GetFirm "get_firm" PUBLIC, All;
    GetFirmBadge "get_firm_badge" PUBLIC, All;
    GetFirmTrend "get_firm_trend" PUBLIC, All;
    GetFirmEvaluation "get_firm_evaluation" PUBLIC, All;
    GetFirmEligibility "get_firm_eligibility" PUBLIC, All;
    ListFirmEvaluations "list_firm_evaluations" PUBLIC, All;
    ListFirmRecords "list_firm_records" PUBLIC, All;
    ListFirmCommitments "list_firm_commitments" PUBLIC, All;
    GetRecord "get_record" PUBLIC, All;
    ListFirmAssessments "list_firm_assessments" PUBLIC, All;
    GetFirmRatings "get_firm_ratings" PUBLIC, All;
    ListFirmReviews "list_firm_reviews" PUBLIC, All;
    ListFirmProjects "list_firm_projects" PUBLIC, All;
    GetProject "get_project" PUBLIC, All;
    GetProjectEvaluation "get_project_evaluation" PUBLIC, All;
    ListProjectEvaluations "list_project_evaluations" PUBLIC, All;
    ListProjectAssessments "list_project_assessments" PUBLIC, All;
    ListProjectRecords "list_project_records" PUBLIC, All;
    GetProjectRatings "get_project_ratings" PUBLIC, All;
    ListProjectReviews "list_project_reviews" PUBLIC, All;
    ListEstates "list_estates" PUBLIC, All;
    GetEstate "get_estate" PUBLIC, All;
    ListDwellings "list_dwellings" SIGNED_IN, All;
    GetManager "get_manager" PUBLIC, All;
    GetManagerEvaluation "get_manager_evaluation" PUBLIC, All;
    ListManagerRecords "list_manager_records" PUBLIC, All;
    CompareFirms "compare_firms" PUBLIC, All;
    ListEligibility "list_eligibility" PUBLIC, All;
    GetCreditList "get_credit_list" PUBLIC, All;
    ListRankings "list_rankings" PUBLIC, All;
    GetStatistics "get_statistics" PUBLIC, All;
    ListSchemes "list_schemes" PUBLIC, All;
    GetScheme "get_scheme" PUBLIC, All;
    GetSchemeVersion "get_scheme_version" PUBLIC, All;
    GetSnapshot "get_snapshot" PUBLIC, All;
    GetChanges "get_changes" PUBLIC, All;

    RequestCode "request_code" PUBLIC, All;
    IssueToken "issue_token" PUBLIC, All;
    RevokeToken "revoke_token" PUBLIC, All;
    GetKeys "get_keys" PUBLIC, All;

    GetMe "get_me" SIGNED_IN, Own;
    EditMe "edit_me" SIGNED_IN, Own;
    DeleteMe "delete_me" RESIDENTS, Own;
    ExportMe "export_me" RESIDENTS, Own;
    ListMyResidences "list_my_residences" RESIDENTS, Own;
    ClaimResidence "claim_residence" RESIDENTS, Own;
    EndResidence "end_residence" RESIDENTS, Own;
    GetHome "get_home" RESIDENTS, Own;
    ListNotices "list_notices" SIGNED_IN, Own;
    ReadNotice "read_notice" SIGNED_IN, Own;
    ListFollows "list_follows" SIGNED_IN, Own;
    PutFollow "put_follow" SIGNED_IN, Own;
    DeleteFollow "delete_follow" SIGNED_IN, Own;
    PutRating "put_rating" RESIDENTS, Own;
    GetRating "get_rating" RESIDENTS, Own;
    DeleteRating "delete_rating" RESIDENTS, Own;
    DeleteComment "delete_rating_comment" RESIDENTS, Own;
    PutPhone "put_phone" RESIDENTS, Own;
    ListMyRatings "list_my_ratings" RESIDENTS, Own;
    FlagReview "flag_review" RESIDENTS, All;

    GetFirmDossier "get_firm_dossier" FIRMS_AND_OFFICIALS, OwnPlace;
    GetProjectDossier "get_project_dossier" FIRMS_AND_OFFICIALS, OwnPlace;
    GetManagerDossier "get_manager_dossier" FIRMS_AND_OFFICIALS, OwnPlace;

    PutReviewReply "put_review_reply" FIRMS, OwnFirm;
    GetReviewReply "get_review_reply" FIRMS, OwnFirm;
    PutRecordReply "put_record_reply" FIRMS, OwnFirm;
    GetRecordReply "get_record_reply" FIRMS, OwnFirm;
    GetOwnFirm "get_own_firm" FIRMS, OwnFirm;
    ObjectToRecord "object_to_record" FIRMS, OwnFirm;
    ObjectToAssessment "object_to_assessment" FIRMS, OwnFirm;
    ObjectToEvaluation "object_to_evaluation" FIRMS, OwnFirm;
    GetObjection "get_objection" FIRMS, OwnFirm;
    WithdrawObjection "withdraw_objection" FIRMS, OwnFirm;
    RequestRepair "request_repair" FIRMS, OwnFirm;
    GetRepair "get_repair" FIRMS, OwnFirm;
    WithdrawRepair "withdraw_repair" FIRMS, OwnFirm;

    ListAdminRecords "list_admin_records" OFFICIALS, OwnPlace;
    AddRecord "add_record" OFFICIALS, OwnPlace;
    GetAdminRecord "get_admin_record" OFFICIALS, OwnPlace;
    EditRecord "edit_record" OFFICIALS, OwnPlace;
    SubmitRecord "submit_record" OFFICIALS, OwnPlace;
    ConfirmRecord "confirm_record" STREET_UP, OwnPlace;
    ReturnRecord "return_record" STREET_UP, OwnPlace;
    WithdrawRecord "withdraw_record" OFFICIALS, OwnPlace;
    ListAdminObjections "list_admin_objections" OFFICIALS, OwnPlace;
    GetAdminObjection "get_admin_objection" OFFICIALS, OwnPlace;
    ExtendObjection "extend_objection" STREET_UP, OwnPlace;
    DecideObjection "decide_objection" STREET_UP, OwnPlace;
    ListAdminRepairs "list_admin_repairs" OFFICIALS, OwnPlace;
    GetAdminRepair "get_admin_repair" OFFICIALS, OwnPlace;
    ExtendRepair "extend_repair" STREET_UP, OwnPlace;
    DecideRepair "decide_repair" STREET_UP, OwnPlace;
    GetAssessment "get_assessment" OFFICIALS, OwnPlace;
    PutAssessment "put_assessment" Audience::Roles(&[Community, Street, District]), OwnPlace;

    AddPlace "add_place" DISTRICT_UP, OwnPlace;
    GetAdminPlace "get_admin_place" OFFICIALS, OwnPlace;
    EditPlace "edit_place" DISTRICT_UP, OwnPlace;
    AddFirm "add_firm" DISTRICT_UP, OwnPlace;
    GetAdminFirm "get_admin_firm" OFFICIALS, OwnPlace;
    EditFirm "edit_firm" DISTRICT_UP, OwnPlace;
    AddEstate "add_estate" STREET_UP, OwnPlace;
    GetAdminEstate "get_admin_estate" OFFICIALS, OwnPlace;
    EditEstate "edit_estate" STREET_UP, OwnPlace;
    AddProject "add_project" STREET_UP, OwnPlace;
    GetAdminProject "get_admin_project" OFFICIALS, OwnPlace;
    EditProject "edit_project" STREET_UP, OwnPlace;
    AddManager "add_manager" DISTRICT_UP, OwnPlace;
    GetAdminManager "get_admin_manager" OFFICIALS, OwnPlace;
    EditManager "edit_manager" DISTRICT_UP, OwnPlace;
    ListHouseholds "list_households" OFFICIALS, OwnPlace;
    AddHousehold "add_household" OFFICIALS, OwnPlace;
    GetHousehold "get_household" OFFICIALS, OwnPlace;
    EditHousehold "edit_household" OFFICIALS, OwnPlace;
    ConfirmHousehold "confirm_household" STREET_UP, OwnPlace;

    ListPendingResidences "list_pending_residences" OFFICIALS, OwnPlace;
    GetAdminResidence "get_admin_residence" OFFICIALS, OwnPlace;
    ApproveResidence "approve_residence" OFFICIALS, OwnPlace;
    RefuseResidence "refuse_residence" OFFICIALS, OwnPlace;
    EndAdminResidence "end_admin_residence" OFFICIALS, OwnPlace;
    ListAdminReviews "list_admin_reviews" OFFICIALS, OwnPlace;
    GetAdminReview "get_admin_review" OFFICIALS, OwnPlace;
    PublishReview "publish_review" STREET_UP, OwnPlace;
    HideReview "hide_review" STREET_UP, OwnPlace;
    ListBursts "list_bursts" DISTRICT_UP, OwnPlace;
    GetBurst "get_burst" DISTRICT_UP, OwnPlace;
    ReleaseBurst "release_burst" DISTRICT_UP, OwnPlace;

    ListImports "list_imports" OFFICIALS, OwnPlace;
    AddImport "add_import" OFFICIALS, OwnPlace;
    GetImport "get_import" OFFICIALS, OwnPlace;
    GetImportTemplate "get_import_template" OFFICIALS, OwnPlace;
    ConfirmImport "confirm_import" STREET_UP, OwnPlace;
    ReturnImport "return_import" STREET_UP, OwnPlace;

    ListSchemeDrafts "list_scheme_drafts" CITIES, OwnPlace;
    AddSchemeDraft "add_scheme_draft" CITIES, OwnPlace;
    GetSchemeDraft "get_scheme_draft" CITIES, OwnPlace;
    AnnounceScheme "announce_scheme" CITIES, OwnPlace;
    ConfirmScheme "confirm_scheme" CITIES, OwnPlace;
    WithdrawScheme "withdraw_scheme" CITIES, OwnPlace;
    SimulateScheme "simulate_scheme" CITIES, All;

    ListUsers "list_users" ADMINS, All;
    AddUser "add_user" ADMINS, All;
    GetUser "get_user" ADMINS, All;
    EditUser "edit_user" ADMINS, All;
    ListClients "list_clients" ADMINS, All;
    AddClient "add_client" ADMINS, All;
    GetClient "get_client" ADMINS, All;
    EditClient "edit_client" ADMINS, All;
    ListAudit "list_audit" ADMINS, All;
}
