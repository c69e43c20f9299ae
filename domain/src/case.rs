//! Cases (事项): one thing with a deadline and steps, from a resident's problem to its end.
//!
//! "Steps 点单 order, 派单 dispatch, 接单 accept, 办 do, 督单 supervise, 验单 verify." A case is
//! opened by a resident, a firm or an office; the *desk*, the office of its place, dispatches it to
//! an *assignee*; the assignee accepts it and says when it is done; the resident verifies that, or
//! says nothing for some days, or reopens it, which begins a new *cycle*. What kinds there are, how
//! long each may take and how many one may have open is data of the city ([`CaseRules`]). How the
//! time of an assignee runs is a fold over the steps ([`clock`]).

pub mod clock;
mod command;
pub mod draft;
pub mod figures;
mod life;
mod photo;
mod rules;
mod view;
mod words;

pub use command::{
    AssigneeName, CaseAnswer, CaseClassChange, CaseClosing, CaseDispatch, CaseExtension, CaseFinish,
    CaseJoin, CaseMerge, CaseNote, CasePause, CaseReturn, CaseVerification, CaseWithdrawal, DeskCase,
    FirmCase, NewCase,
};
pub use life::{
    Assignee, CaseCondition, CaseSide, Verifier, check_dispatch, is_verified, require_side, step_of,
};
pub use photo::{
    LARGEST_PHOTO, LARGEST_SIDE, MOST_PHOTOS_A_CASE, MOST_PHOTOS_A_DAY, MOST_PHOTOS_A_MINUTE, MOST_PIXELS,
    PhotoType, PhotoView, check_photo_count, is_decoded,
};
pub use rules::{
    CaseCategory, CaseClass, CaseKind, CaseLimits, CaseRules, CaseRulesFault, ClockHours, DwellingUse,
    OfficeHours, OpenedBy,
};
pub use view::{
    CaseAssignee, CaseBy, CaseCategoryView, CaseClassView, CaseClockView, CaseKindView, CaseQuery,
    CaseRulesView, CaseStepView, CaseSummary, CaseView, CasesHome, CodedName,
};
pub use words::{
    AssigneeKind, CaseOutcome, CaseState, Channel, ClosingReason, PartyRole, PauseReason, StepKind,
};
