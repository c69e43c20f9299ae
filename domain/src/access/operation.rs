//! The one table of operations: each with the roles that may ask for it, how far these reach, and
//! what is met by who does not reach the object.
//!
//! The API's extractors, the security part of the OpenAPI document and the committed table
//! `docs/permissions.csv` all come from it. It is the most that a role may do; a use case can ask
//! for more: that a second official decides, or the procedure of the scheme in force.

use super::Role;
use crate::proposal::SecondPerson;
use crate::refusal::Refusal;
use crate::text::Text;

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
    /// As [`Reach::OwnPlace`], and what is registered elsewhere and at work there.
    OwnOrAtWork,
    /// Objects in the official's own place that its own office drafted: whoever is above may read
    /// them, and confirm or return them, but not write them.
    DraftersOffice,
    /// Objects of the account's own firm, or of the manager whose account it is.
    OwnFirm,
    /// The account itself and what belongs to it.
    Own,
}

/// What is met by who may ask for an operation and does not reach its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// 403: that it exists is no secret.
    Forbidden,
    /// 404: its very existence is private.
    Hidden,
    /// A list that leaves it out.
    Filtered,
    /// There is none: it is about the account itself, the system or the rules, or checks each row
    /// of a file by itself.
    NoObject,
}

/// A marker type for one operation: a handler names it in its signature, and that is the permission
/// check.
pub trait Operates: 'static {
    /// The operation.
    const OPERATION: Operation;
}

macro_rules! operations {
    ($($name:ident $id:literal $audience:expr, $reach:ident, $foreign:ident $(, $($asks:ident)+)?;)*) => {
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

            /// # Errors
            /// [`Refusal::Forbidden`] for accounts of a role that may not ask for it.
            pub fn require_role(self, role: Role) -> Result<(), Refusal> {
                if self.audience().admits(role) {
                    return Ok(());
                }
                let text = Text::new("您的角色不能进行此操作", "Your role may not do this");
                Err(Refusal::forbidden("role_not_allowed", text))
            }

            /// How far it reaches.
            pub fn reach(self) -> Reach {
                match self { $(Operation::$name => Reach::$reach,)* }
            }

            /// What is met by who does not reach its object.
            pub fn foreign(self) -> Foreign {
                match self { $(Operation::$name => Foreign::$foreign,)* }
            }

            /// Whether it asks for the power to confirm.
            pub fn confirms(self) -> bool {
                match self { $(Operation::$name => operations!(@power $($($asks)+)?),)* }
            }

            /// Who the second person can be, where it may need one: whether it does, and which of
            /// them it is, depends on what it would change.
            pub fn second_persons(self) -> &'static [SecondPerson] {
                match self { $(Operation::$name => operations!(@second $($($asks)+)?),)* }
            }

            /// Whether the audit has a line of each answer to an official or an administrator,
            /// since it holds data of persons.
            pub fn noted(self) -> bool {
                match self { $(Operation::$name => operations!(@noted $($($asks)+)?),)* }
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
    (@power noted) => { false };
    (@second noted) => { &[] };
    (@noted noted) => { true };
    (@noted $($other:ident)*) => { false };
    (@power confirms $($second:ident)*) => { true };
    (@power $($second:ident)*) => { false };
    (@second $(confirms)? second $($who:ident)+) => { &[$(SecondPerson::$who),+] };
    (@second $(confirms)?) => { &[] };
}

use Role::{Admin, City, Community, Department, District, Firm, Manager, Resident, Street};

const OFFICIALS: Audience = Audience::Roles(&[Community, Street, District, City]);
const STREET_UP: Audience = Audience::Roles(&[Street, District, City]);
const DISTRICT_UP: Audience = Audience::Roles(&[District, City]);
const CITIES: Audience = Audience::Roles(&[City]);
const RESIDENTS: Audience = Audience::Roles(&[Resident]);
const FIRMS: Audience = Audience::Roles(&[Firm]);
const MANAGERS: Audience = Audience::Roles(&[Manager]);
const FIRMS_AND_MANAGERS: Audience = Audience::Roles(&[Firm, Manager]);
const FIRMS_AND_OFFICIALS: Audience = Audience::Roles(&[Firm, Community, Street, District, City]);
const FIRMS_MANAGERS_AND_OFFICIALS: Audience =
    Audience::Roles(&[Firm, Manager, Community, Street, District, City]);
const OFFICIALS_AND_ADMINS: Audience = Audience::Roles(&[Community, Street, District, City, Admin]);
const WITH_PASSWORDS: Audience =
    Audience::Roles(&[Firm, Manager, Community, Street, District, City, Department, Admin]);
const ADMINS: Audience = Audience::Roles(&[Admin]);
const ASSIGNEES: Audience = Audience::Roles(&[Firm, Community, Street, Department]);
const ASSIGNEES_AND_OFFICIALS: Audience =
    Audience::Roles(&[Firm, Community, Street, District, City, Department]);
const OFFICIALS_AND_DEPARTMENTS: Audience = Audience::Roles(&[Community, Street, District, City, Department]);
const PUBLIC: Audience = Audience::Public;
const SIGNED_IN: Audience = Audience::SignedIn;

operations! {
    ListPlaces "list_places" PUBLIC, All, Forbidden;
    GetPlace "get_place" PUBLIC, All, Forbidden;
    ListCategories "list_categories" PUBLIC, All, NoObject;
    ListFirms "list_firms" PUBLIC, All, Forbidden;
    GetFirm "get_firm" PUBLIC, All, Forbidden;
    GetFirmBadge "get_firm_badge" PUBLIC, All, Forbidden;
    GetFirmTrend "get_firm_trend" PUBLIC, All, Forbidden;
    GetFirmEvaluation "get_firm_evaluation" PUBLIC, All, Forbidden;
    GetFirmEligibility "get_firm_eligibility" PUBLIC, All, Forbidden;
    ListFirmEvaluations "list_firm_evaluations" PUBLIC, All, Forbidden;
    ListFirmRecords "list_firm_records" PUBLIC, All, Forbidden;
    ListFirmCommitments "list_firm_commitments" PUBLIC, All, Forbidden;
    GetRecord "get_record" PUBLIC, All, Forbidden;
    ListFirmAssessments "list_firm_assessments" PUBLIC, All, Forbidden;
    GetFirmRatings "get_firm_ratings" PUBLIC, All, Forbidden;
    ListFirmReviews "list_firm_reviews" PUBLIC, All, Forbidden;
    ListFirmProjects "list_firm_projects" PUBLIC, All, Forbidden;
    ListFirmMetrics "list_firm_metrics" PUBLIC, All, Forbidden;
    GetProject "get_project" PUBLIC, All, Forbidden;
    GetProjectEvaluation "get_project_evaluation" PUBLIC, All, Forbidden;
    ListProjectEvaluations "list_project_evaluations" PUBLIC, All, Forbidden;
    ListProjectAssessments "list_project_assessments" PUBLIC, All, Forbidden;
    ListProjectRecords "list_project_records" PUBLIC, All, Forbidden;
    GetProjectRatings "get_project_ratings" PUBLIC, All, Forbidden;
    ListProjectReviews "list_project_reviews" PUBLIC, All, Forbidden;
    GetFirmCases "get_firm_cases" PUBLIC, All, Forbidden;
    GetProjectCases "get_project_cases" PUBLIC, All, Forbidden;
    GetPlaceCases "get_place_cases" PUBLIC, All, Forbidden;
    GetCaseRules "get_case_rules" PUBLIC, All, NoObject;
    ListProjectMetrics "list_project_metrics" PUBLIC, All, Forbidden;
    ListEstates "list_estates" PUBLIC, All, Forbidden;
    GetEstate "get_estate" PUBLIC, All, Forbidden;
    ListEstateMetrics "list_estate_metrics" PUBLIC, All, Forbidden;
    ListPlaceMetrics "list_place_metrics" PUBLIC, All, Forbidden;
    ListMetrics "list_metrics" PUBLIC, All, NoObject;
    ListDwellings "list_dwellings" SIGNED_IN, All, Forbidden;
    ListDepartments "list_departments" SIGNED_IN, All, Forbidden;
    GetDepartment "get_department" SIGNED_IN, All, Forbidden;
    GetManager "get_manager" PUBLIC, All, Forbidden;
    GetManagerEvaluation "get_manager_evaluation" PUBLIC, All, Forbidden, noted;
    ListManagerRecords "list_manager_records" PUBLIC, All, Forbidden;
    CompareFirms "compare_firms" PUBLIC, All, NoObject;
    ListEligibility "list_eligibility" PUBLIC, All, NoObject;
    GetCreditList "get_credit_list" PUBLIC, All, Forbidden;
    ListRankings "list_rankings" PUBLIC, All, Forbidden;
    GetStatistics "get_statistics" PUBLIC, All, Forbidden;
    ListSchemes "list_schemes" PUBLIC, All, NoObject;
    GetScheme "get_scheme" PUBLIC, All, NoObject;
    GetSchemeVersion "get_scheme_version" PUBLIC, All, NoObject;
    GetSnapshot "get_snapshot" PUBLIC, All, Forbidden;
    GetChanges "get_changes" PUBLIC, All, Forbidden;

    GetPrivacy "get_privacy" PUBLIC, All, NoObject;
    RequestCode "request_code" PUBLIC, All, NoObject;
    IssueToken "issue_token" PUBLIC, All, NoObject;
    ActivateAccount "activate_account" PUBLIC, All, NoObject;
    RevokeToken "revoke_token" PUBLIC, All, NoObject;
    GetKeys "get_keys" PUBLIC, All, NoObject;

    GetMe "get_me" SIGNED_IN, Own, NoObject;
    EditMe "edit_me" SIGNED_IN, Own, NoObject;
    SetUpTotp "set_up_totp" WITH_PASSWORDS, Own, NoObject;
    ConfirmTotp "confirm_totp" WITH_PASSWORDS, Own, NoObject;
    DeleteMe "delete_me" RESIDENTS, Own, NoObject;
    ExportMe "export_me" RESIDENTS, Own, NoObject;
    ListMyResidences "list_my_residences" RESIDENTS, Own, Filtered;
    ClaimResidence "claim_residence" RESIDENTS, Own, NoObject;
    EndResidence "end_residence" RESIDENTS, Own, Hidden;
    GetHome "get_home" RESIDENTS, Own, NoObject;
    ListNotices "list_notices" SIGNED_IN, Own, Filtered;
    ReadNotice "read_notice" SIGNED_IN, Own, Hidden;
    ListFollows "list_follows" SIGNED_IN, Own, Filtered;
    PutFollow "put_follow" SIGNED_IN, Own, NoObject;
    DeleteFollow "delete_follow" SIGNED_IN, Own, Hidden;
    PutRating "put_rating" RESIDENTS, Own, Forbidden;
    GetRating "get_rating" RESIDENTS, Own, Hidden;
    DeleteRating "delete_rating" RESIDENTS, Own, Hidden;
    DeleteComment "delete_rating_comment" RESIDENTS, Own, Hidden;
    PutPhone "put_phone" RESIDENTS, Own, NoObject;
    ListMyRatings "list_my_ratings" RESIDENTS, Own, Filtered;
    FlagReview "flag_review" RESIDENTS, All, Forbidden;
    ListMyCases "list_my_cases" RESIDENTS, Own, Filtered;
    OpenMyCase "open_my_case" RESIDENTS, Own, NoObject;
    GetMyCase "get_my_case" RESIDENTS, Own, Hidden;
    JoinCase "join_case" RESIDENTS, Own, Hidden;
    AnswerCase "answer_case" RESIDENTS, Own, Hidden;
    VerifyCase "verify_case" RESIDENTS, Own, Hidden;
    ReopenCase "reopen_case" RESIDENTS, Own, Hidden;
    WithdrawCase "withdraw_case" RESIDENTS, Own, Hidden;
    AddMyCasePhoto "add_my_case_photo" RESIDENTS, Own, Hidden;
    GetMyCasePhoto "get_my_case_photo" RESIDENTS, Own, Hidden;

    GetFirmDossier "get_firm_dossier" FIRMS_AND_OFFICIALS, OwnOrAtWork, Forbidden, noted;
    GetProjectDossier "get_project_dossier" FIRMS_AND_OFFICIALS, OwnPlace, Forbidden;
    GetManagerDossier "get_manager_dossier" FIRMS_MANAGERS_AND_OFFICIALS, OwnOrAtWork, Forbidden, noted;

    PutReviewReply "put_review_reply" FIRMS, OwnFirm, Forbidden;
    GetReviewReply "get_review_reply" FIRMS, OwnFirm, Forbidden;
    PutRecordReply "put_record_reply" FIRMS_AND_MANAGERS, OwnFirm, Hidden;
    GetRecordReply "get_record_reply" FIRMS_AND_MANAGERS, OwnFirm, Hidden;
    GetOwnFirm "get_own_firm" FIRMS, OwnFirm, NoObject;
    ObjectToRecord "object_to_record" FIRMS_AND_MANAGERS, OwnFirm, Hidden;
    ObjectToAssessment "object_to_assessment" FIRMS, OwnFirm, Hidden;
    ObjectToEvaluation "object_to_evaluation" FIRMS, OwnFirm, Forbidden;
    GetObjection "get_objection" FIRMS_AND_MANAGERS, OwnFirm, Hidden;
    WithdrawObjection "withdraw_objection" FIRMS_AND_MANAGERS, OwnFirm, Hidden;
    RequestRepair "request_repair" FIRMS, OwnFirm, Hidden;
    GetRepair "get_repair" FIRMS, OwnFirm, Hidden;
    WithdrawRepair "withdraw_repair" FIRMS, OwnFirm, Hidden;
    ListOwnMetrics "list_own_metrics" FIRMS, OwnFirm, Filtered;
    GetOwnMetric "get_own_metric" FIRMS, OwnFirm, Hidden;
    PutOwnMetric "put_own_metric" FIRMS, OwnFirm, Hidden;
    GetOwnManager "get_own_manager" MANAGERS, OwnFirm, NoObject;
    PutRecordStatement "put_record_statement" FIRMS_AND_MANAGERS, OwnFirm, Hidden;
    GetRecordStatement "get_record_statement" FIRMS_AND_MANAGERS, OwnFirm, Hidden;

    ListFirmCases "list_firm_cases" FIRMS, OwnFirm, Filtered;
    OpenFirmCase "open_firm_case" FIRMS, OwnFirm, NoObject;
    GetFirmCase "get_firm_case" FIRMS, OwnFirm, Hidden;
    AcceptCase "accept_case" ASSIGNEES, OwnPlace, Hidden;
    ReturnCase "return_case" ASSIGNEES, OwnPlace, Hidden;
    ExtendCase "extend_case" ASSIGNEES, OwnPlace, Hidden;
    PauseCase "pause_case" ASSIGNEES, OwnPlace, Hidden;
    ResumeCase "resume_case" ASSIGNEES_AND_OFFICIALS, OwnPlace, Hidden;
    FinishCase "finish_case" ASSIGNEES, OwnPlace, Hidden;
    AddCasePhoto "add_case_photo" ASSIGNEES_AND_OFFICIALS, OwnPlace, Hidden;
    GetCasePhoto "get_case_photo" ASSIGNEES_AND_OFFICIALS, OwnPlace, Hidden, noted;

    ListInbox "list_inbox" OFFICIALS_AND_ADMINS, OwnPlace, Filtered, noted;

    ListAdminRecords "list_admin_records" OFFICIALS, OwnPlace, Filtered;
    AddRecord "add_record" OFFICIALS, OwnPlace, Forbidden;
    GetAdminRecord "get_admin_record" OFFICIALS, OwnPlace, Hidden;
    EditRecord "edit_record" OFFICIALS, DraftersOffice, Hidden;
    SubmitRecord "submit_record" OFFICIALS, DraftersOffice, Hidden;
    ConfirmRecord "confirm_record" STREET_UP, OwnPlace, Hidden, confirms;
    ReturnRecord "return_record" STREET_UP, OwnPlace, Hidden, confirms;
    WithdrawRecord "withdraw_record" OFFICIALS, DraftersOffice, Hidden;
    RevokeRecord "revoke_record" OFFICIALS, OwnPlace, Hidden, second Official;
    ListAdminObjections "list_admin_objections" OFFICIALS, OwnPlace, Filtered;
    AddObjection "add_objection" OFFICIALS, OwnPlace, Hidden, second Official;
    GetAdminObjection "get_admin_objection" OFFICIALS, OwnPlace, Hidden;
    ExtendObjection "extend_objection" STREET_UP, OwnPlace, Hidden, confirms;
    DecideObjection "decide_objection" STREET_UP, OwnPlace, Hidden, confirms second Official;
    ListAdminRepairs "list_admin_repairs" OFFICIALS, OwnPlace, Filtered;
    GetAdminRepair "get_admin_repair" OFFICIALS, OwnPlace, Hidden;
    ExtendRepair "extend_repair" STREET_UP, OwnPlace, Hidden, confirms;
    DecideRepair "decide_repair" STREET_UP, OwnPlace, Hidden, confirms second Official;
    GetAssessment "get_assessment" OFFICIALS, OwnPlace, Forbidden;
    PutAssessment "put_assessment" Audience::Roles(&[Community, Street, District]), OwnPlace, Forbidden, second Official;
    ListAssessments "list_assessments" OFFICIALS, OwnPlace, Filtered;
    GetAssessmentBatch "get_assessment_batch" STREET_UP, OwnPlace, Forbidden;
    ConfirmAssessments "confirm_assessments" STREET_UP, OwnPlace, Forbidden, confirms;
    ReturnAssessments "return_assessments" STREET_UP, OwnPlace, Forbidden, confirms;
    ListAdminMetrics "list_admin_metrics" OFFICIALS, OwnPlace, Filtered;
    GetAdminMetric "get_admin_metric" OFFICIALS, OwnPlace, Hidden;
    GetMetric "get_metric" OFFICIALS, OwnPlace, Forbidden;
    PutMetric "put_metric" DISTRICT_UP, OwnPlace, Forbidden;
    ConfirmMetric "confirm_metric" DISTRICT_UP, OwnPlace, Hidden, confirms;
    ReturnMetric "return_metric" DISTRICT_UP, OwnPlace, Hidden, confirms;

    ListProposals "list_proposals" OFFICIALS_AND_ADMINS, OwnPlace, Filtered, noted;
    GetProposal "get_proposal" OFFICIALS_AND_ADMINS, OwnPlace, Hidden, noted;
    ConfirmProposal "confirm_proposal" OFFICIALS_AND_ADMINS, OwnPlace, Hidden;
    ReturnProposal "return_proposal" OFFICIALS_AND_ADMINS, OwnPlace, Hidden;
    WithdrawProposal "withdraw_proposal" OFFICIALS_AND_ADMINS, DraftersOffice, Hidden;
    ListFirmProposals "list_firm_proposals" FIRMS, OwnFirm, Filtered;
    GetFirmProposal "get_firm_proposal" FIRMS, OwnFirm, Hidden;
    ConfirmFirmProposal "confirm_firm_proposal" FIRMS, OwnFirm, Hidden;
    ReturnFirmProposal "return_firm_proposal" FIRMS, OwnFirm, Hidden;

    AddPlace "add_place" DISTRICT_UP, OwnPlace, Forbidden;
    GetAdminPlace "get_admin_place" OFFICIALS, OwnPlace, Forbidden;
    EditPlace "edit_place" DISTRICT_UP, OwnPlace, Forbidden, second Official;
    AddDepartment "add_department" DISTRICT_UP, OwnPlace, Forbidden;
    EditDepartment "edit_department" DISTRICT_UP, OwnPlace, Forbidden;
    AddFirm "add_firm" DISTRICT_UP, OwnPlace, Forbidden, second Official FirmOrDistrict;
    GetAdminFirm "get_admin_firm" OFFICIALS, OwnOrAtWork, Forbidden;
    EditFirm "edit_firm" DISTRICT_UP, OwnPlace, Forbidden, second Official FirmOrDistrict;
    AddEstate "add_estate" STREET_UP, OwnPlace, Forbidden, second Official;
    GetAdminEstate "get_admin_estate" OFFICIALS, OwnPlace, Forbidden;
    EditEstate "edit_estate" STREET_UP, OwnPlace, Forbidden, second Official;
    ListAdminProjects "list_admin_projects" OFFICIALS, OwnPlace, Filtered;
    AddProject "add_project" STREET_UP, OwnPlace, Forbidden, second Official FirmOrDistrict District;
    GetAdminProject "get_admin_project" OFFICIALS, OwnOrAtWork, Forbidden;
    EditProject "edit_project" STREET_UP, OwnPlace, Forbidden, second Official;
    ConfirmProject "confirm_project" DISTRICT_UP, OwnOrAtWork, Forbidden, confirms;
    ListAdminManagers "list_admin_managers" OFFICIALS, OwnOrAtWork, Filtered;
    AddManager "add_manager" DISTRICT_UP, OwnPlace, Forbidden;
    GetAdminManager "get_admin_manager" OFFICIALS, OwnOrAtWork, Forbidden;
    EditManager "edit_manager" DISTRICT_UP, OwnPlace, Forbidden, second Official;
    ListHouseholds "list_households" OFFICIALS, OwnPlace, Hidden, noted;
    AddHousehold "add_household" OFFICIALS, OwnPlace, Forbidden;
    GetHousehold "get_household" OFFICIALS, OwnPlace, Hidden, noted;
    EditHousehold "edit_household" OFFICIALS, OwnPlace, Hidden, second Official;
    ConfirmHousehold "confirm_household" STREET_UP, OwnPlace, Hidden, confirms;

    ListPendingResidences "list_pending_residences" OFFICIALS, OwnPlace, Filtered, noted;
    GetAdminResidence "get_admin_residence" OFFICIALS, OwnPlace, Hidden, noted;
    ApproveResidence "approve_residence" OFFICIALS, OwnPlace, Hidden;
    ApproveResidences "approve_residences" OFFICIALS, OwnPlace, NoObject;
    RefuseResidence "refuse_residence" OFFICIALS, OwnPlace, Hidden;
    EndAdminResidence "end_admin_residence" OFFICIALS, OwnPlace, Hidden, second Official;
    ListAdminReviews "list_admin_reviews" OFFICIALS, OwnPlace, Filtered;
    GetAdminReview "get_admin_review" OFFICIALS, OwnPlace, Hidden;
    PublishReview "publish_review" STREET_UP, OwnPlace, Hidden;
    HideReview "hide_review" STREET_UP, OwnPlace, Hidden;
    ListBursts "list_bursts" DISTRICT_UP, OwnPlace, Filtered;
    GetBurst "get_burst" DISTRICT_UP, OwnPlace, Hidden;
    ReleaseBurst "release_burst" DISTRICT_UP, OwnPlace, Hidden;

    ListCases "list_cases" OFFICIALS_AND_DEPARTMENTS, OwnPlace, Filtered, noted;
    OpenCase "open_case" OFFICIALS, OwnPlace, Forbidden;
    GetCase "get_case" OFFICIALS_AND_DEPARTMENTS, OwnPlace, Hidden, noted;
    DispatchCase "dispatch_case" OFFICIALS, OwnPlace, Hidden;
    ReclassifyCase "reclassify_case" OFFICIALS, OwnPlace, Hidden;
    SuperviseCase "supervise_case" OFFICIALS, OwnPlace, Hidden;
    EscalateCase "escalate_case" OFFICIALS, OwnPlace, Hidden;
    MergeCase "merge_case" OFFICIALS, OwnPlace, Hidden;
    CloseCase "close_case" OFFICIALS, OwnPlace, Hidden;
    VerifyAdminCase "verify_admin_case" OFFICIALS, OwnPlace, Hidden;
    ReopenAdminCase "reopen_admin_case" OFFICIALS, OwnPlace, Hidden;

    ListImports "list_imports" OFFICIALS, OwnPlace, Filtered;
    AddImport "add_import" OFFICIALS, OwnPlace, NoObject;
    GetImport "get_import" OFFICIALS, OwnPlace, Hidden;
    ListImportRows "list_import_rows" OFFICIALS, OwnPlace, Hidden, noted;
    GetImportTemplate "get_import_template" OFFICIALS, OwnPlace, NoObject;
    ConfirmImport "confirm_import" STREET_UP, OwnPlace, Hidden, confirms;
    ReturnImport "return_import" STREET_UP, OwnPlace, Hidden, confirms;
    WithdrawImport "withdraw_import" OFFICIALS, DraftersOffice, Hidden;
    UndoImport "undo_import" OFFICIALS, OwnPlace, Hidden, second Official;

    ListSchemeDrafts "list_scheme_drafts" CITIES, OwnPlace, NoObject;
    AddSchemeDraft "add_scheme_draft" CITIES, OwnPlace, NoObject;
    GetSchemeDraft "get_scheme_draft" CITIES, OwnPlace, NoObject;
    AnnounceScheme "announce_scheme" CITIES, OwnPlace, NoObject;
    ConfirmScheme "confirm_scheme" CITIES, OwnPlace, NoObject, confirms;
    WithdrawScheme "withdraw_scheme" CITIES, OwnPlace, NoObject;
    SimulateScheme "simulate_scheme" CITIES, All, NoObject;

    ListUsers "list_users" ADMINS, All, NoObject, noted;
    AddUser "add_user" ADMINS, All, NoObject, second Administrator;
    GetUser "get_user" ADMINS, All, Forbidden, noted;
    EditUser "edit_user" ADMINS, All, Forbidden, second Administrator;
    ListClients "list_clients" ADMINS, All, NoObject;
    AddClient "add_client" ADMINS, All, NoObject, second Administrator;
    GetClient "get_client" ADMINS, All, Forbidden;
    EditClient "edit_client" ADMINS, All, Forbidden, second Administrator;
    ListAudit "list_audit" OFFICIALS_AND_ADMINS, OwnPlace, Filtered, noted;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_may_ask_for_the_power_for_a_second_person_or_for_both() {
        let asks = |operation: Operation| (operation.confirms(), operation.second_persons());
        let official: &[SecondPerson] = &[SecondPerson::Official];
        assert_eq!(asks(Operation::ConfirmRecord), (true, [].as_slice()));
        assert_eq!(asks(Operation::RevokeRecord), (false, official));
        assert_eq!(asks(Operation::DecideObjection), (true, official));
        let either = [SecondPerson::Official, SecondPerson::FirmOrDistrict];
        assert_eq!(asks(Operation::EditFirm), (false, either.as_slice()));
        assert_eq!(asks(Operation::GetRecord), (false, [].as_slice()));
        assert_eq!(asks(Operation::GetUser), (false, [].as_slice()));
        assert!(Operation::GetUser.noted() && !Operation::GetRecord.noted());
    }
}
