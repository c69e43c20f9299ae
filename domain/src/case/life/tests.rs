use strum::VariantArray;

use super::*;
use crate::case::CaseRules;
use crate::inbox::InboxKind;

fn condition(state: CaseState) -> CaseCondition {
    CaseCondition {
        state,
        is_contested: false,
        is_paused: false,
        is_extended: false,
        is_overdue: false,
        may_pause: true,
        can_escalate: true,
        verifier: Verifier::Residents,
    }
}

fn words(operations: &[Operation]) -> Vec<&'static str> {
    operations.iter().map(|operation| operation.id()).collect()
}

#[test]
fn every_state_and_every_step() {
    let matrix: Vec<String> = CaseState::VARIANTS
        .iter()
        .map(|state| {
            let step = |step: &StepKind| {
                state.after(*step).map(|after| format!(" {}>{}", step.into_str(), after.into_str()))
            };
            let steps: String = StepKind::VARIANTS.iter().filter_map(step).collect();
            format!("{}:{steps}", state.into_str())
        })
        .collect();
    assert_eq!(
        matrix,
        [
            "open: dispatched>dispatched escalated>open reclassified>open withdrawn>withdrawn closed>closed \
             joined>joined household_joined>open",
            "dispatched: dispatched>dispatched accepted>accepted returned>dispatched escalated>dispatched \
             supervised>dispatched reclassified>dispatched withdrawn>withdrawn closed>closed joined>joined \
             household_joined>dispatched overdue>dispatched",
            "accepted: dispatched>dispatched returned>dispatched extended>accepted paused>accepted \
             resumed>accepted answered>accepted finished>done escalated>accepted supervised>accepted \
             reclassified>accepted withdrawn>withdrawn closed>closed joined>joined \
             household_joined>accepted overdue>accepted",
            "done: verified>verified lapsed_verified>verified reopened>dispatched",
            "verified:",
            "closed:",
            "withdrawn:",
            "joined:",
        ]
    );
}

#[test]
fn a_step_that_the_state_does_not_allow_is_told_with_those_it_does() {
    for state in CaseState::VARIANTS {
        let condition = condition(*state);
        let situation = condition.situation();
        assert_eq!(situation.state, state.into_str());
        for (operation, step) in STEPS {
            assert_eq!(condition.allows(operation), situation.allows.contains(&operation));
            match condition.after(operation) {
                Ok(after) => assert_eq!(state.after(step), Some(after), "{state:?} {operation:?}"),
                Err(Refusal::Conflict { code, situation: told, .. }) => {
                    assert_eq!((code, told.as_deref()), ("wrong_state", Some(&situation)));
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        for operation in UNTIL_THE_END {
            assert_eq!(condition.allows(operation), !state.is_end());
        }
        assert!(!condition.allows(Operation::GetCase));
    }
    assert_eq!(
        words(&condition(CaseState::Done).situation().allows),
        ["verify_case", "reopen_case", "add_my_case_photo", "add_case_photo"]
    );
    assert_eq!(condition(CaseState::Closed).situation().allows, []);
}

#[test]
fn what_stands_in_the_way_of_a_step() {
    let accepted = condition(CaseState::Accepted);
    let dispatched = condition(CaseState::Dispatched);
    let done = condition(CaseState::Done);
    let paused = CaseCondition { is_paused: true, ..accepted };
    for (one, operation, is_allowed) in [
        (dispatched, Operation::ReturnCase, true),
        (CaseCondition { is_contested: true, ..dispatched }, Operation::ReturnCase, false),
        // Until a new dispatch the first one answers for it, and may do it after all.
        (CaseCondition { is_contested: true, ..dispatched }, Operation::AcceptCase, true),
        (CaseCondition { is_contested: true, ..dispatched }, Operation::DispatchCase, true),
        (paused, Operation::ReturnCase, false),
        (accepted, Operation::ExtendCase, true),
        (CaseCondition { is_extended: true, ..accepted }, Operation::ExtendCase, false),
        (CaseCondition { is_overdue: true, ..accepted }, Operation::ExtendCase, false),
        (accepted, Operation::PauseCase, true),
        (paused, Operation::PauseCase, false),
        (CaseCondition { may_pause: false, ..accepted }, Operation::PauseCase, false),
        (accepted, Operation::ResumeCase, false),
        (paused, Operation::ResumeCase, true),
        (accepted, Operation::AnswerCase, false),
        (paused, Operation::AnswerCase, true),
        (paused, Operation::FinishCase, true),
        (accepted, Operation::EscalateCase, true),
        (CaseCondition { can_escalate: false, ..accepted }, Operation::EscalateCase, false),
        (done, Operation::VerifyCase, true),
        (done, Operation::VerifyAdminCase, false),
        (CaseCondition { verifier: Verifier::Desk, ..done }, Operation::VerifyCase, false),
        (CaseCondition { verifier: Verifier::Desk, ..done }, Operation::VerifyAdminCase, true),
        (CaseCondition { verifier: Verifier::Desk, ..done }, Operation::ReopenCase, false),
        (CaseCondition { verifier: Verifier::Desk, ..done }, Operation::ReopenAdminCase, true),
        (CaseCondition { verifier: Verifier::Desk, ..accepted }, Operation::WithdrawCase, false),
    ] {
        assert_eq!(one.allows(operation), is_allowed, "{operation:?} {one:?}");
    }
}

#[test]
fn nobody_of_the_assignee_ends_a_case() {
    for state in CaseState::VARIANTS {
        for operation in condition(*state).may(&[CaseSide::Assignee], Role::Firm) {
            let after = condition(*state).after(operation).unwrap();
            assert!(!after.is_end(), "{state:?} {operation:?}");
        }
    }
    // Nor does the desk end one that a resident is to verify.
    let desk = condition(CaseState::Done).may(&[CaseSide::Desk], Role::Community);
    assert_eq!(words(&desk), ["add_case_photo"]);
}

#[test]
fn each_side_may_do_what_is_its_own() {
    let of = |state, sides: &[CaseSide], role| words(&condition(state).may(sides, role)).join(" ");
    assert_eq!(of(CaseState::Open, &[CaseSide::Opener], Role::Resident), "withdraw_case add_my_case_photo");
    assert_eq!(of(CaseState::Done, &[CaseSide::Household], Role::Resident), "verify_case reopen_case");
    assert_eq!(
        of(CaseState::Dispatched, &[CaseSide::Assignee], Role::Department),
        "accept_case return_case add_case_photo"
    );
    assert_eq!(
        of(CaseState::Open, &[CaseSide::Desk], Role::District),
        "dispatch_case reclassify_case escalate_case merge_case close_case add_case_photo"
    );
    let both = [CaseSide::Assignee, CaseSide::Desk];
    assert_eq!(
        of(CaseState::Accepted, &both, Role::Community),
        "dispatch_case return_case extend_case pause_case finish_case reclassify_case supervise_case \
         escalate_case merge_case close_case add_case_photo"
    );
    assert_eq!(of(CaseState::Accepted, &[], Role::Firm), "");
}

#[test]
fn who_has_another_side_is_told_whose_it_is() {
    let code = |operation, sides: &[CaseSide]| match require_side(operation, sides) {
        Ok(()) => "",
        Err(Refusal::Forbidden { code, .. }) => code,
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(code(Operation::FinishCase, &[CaseSide::Desk]), "not_the_assignee");
    assert_eq!(code(Operation::DispatchCase, &[CaseSide::Assignee]), "not_the_desk");
    assert_eq!(code(Operation::WithdrawCase, &[CaseSide::Household]), "not_the_opener");
    assert_eq!(code(Operation::ReopenCase, &[CaseSide::Household]), "");
    assert_eq!(code(Operation::FinishCase, &[CaseSide::Desk, CaseSide::Assignee]), "");
}

#[test]
fn what_waits_in_an_inbox_may_be_done_there() {
    for (kind, side) in [(InboxKind::AssignedCase, CaseSide::Assignee), (InboxKind::Case, CaseSide::Desk)] {
        assert!(kind.operations().iter().all(|operation| side.does(*operation)), "{kind:?}");
    }
}

#[test]
fn a_case_does_not_go_back_to_who_returned_it() {
    let complaint = CaseRules::shipped().kind("complaint").unwrap();
    let interview = CaseRules::shipped().kind("interview").unwrap();
    let to = |kind, id: &str| Assignee { kind, id: id.to_owned() };
    let named = |kind, id: &str, name: &str| CaseAssignee { kind, id: id.to_owned(), name: name.to_owned() };
    let firm = to(AssigneeKind::Firm, "91219900MA00000019");
    let community = to(AssigneeKind::Community, "210202001002");
    let chain = [
        named(AssigneeKind::Firm, &firm.id, "海蓝物业"),
        named(AssigneeKind::Community, &community.id, "春海社区居委会"),
    ];
    assert_eq!(check_dispatch(complaint, None, &[], &firm), Ok(()));
    assert_eq!(check_dispatch(complaint, Some(&firm), &chain[..1], &community), Ok(()));
    match check_dispatch(complaint, Some(&community), &chain, &firm) {
        Err(Refusal::Conflict { code: "returned_before", detail, .. }) => {
            assert!(detail.zh.contains("海蓝物业 → 春海社区居委会"), "{detail:?}");
        }
        other => panic!("{other:?}"),
    }
    let same = check_dispatch(complaint, Some(&firm), &[], &firm);
    assert!(matches!(same, Err(Refusal::Conflict { code: "same_assignee", .. })), "{same:?}");
    let wrong = check_dispatch(interview, None, &[], &community);
    let Err(Refusal::Invalid(faults)) = wrong else { panic!("{wrong:?}") };
    assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/assignee/kind", "not_applicable"));
}

#[test]
fn the_answers_of_all_households_verify_a_case_and_of_some_do_not() {
    assert!(is_verified(&[Some(true)]));
    assert!(is_verified(&[Some(true), Some(false)]));
    assert!(!is_verified(&[Some(true), None]));
    assert!(!is_verified(&[]));
}
