use super::*;
use crate::catalogue::{Catalogue, RecordKind};

#[test]
fn the_shipped_rules_can_be_read() {
    let rules = CaseRules::from_toml(SHIPPED).unwrap();
    assert_eq!(&rules, CaseRules::shipped());
    let hours: Vec<_> = rules.classes().iter().map(|class| (class.code.as_str(), class.hours)).collect();
    assert_eq!(hours, [("general", 24), ("hard", 48), ("complex", 72)]);
    let kinds: Vec<_> = rules.kinds().iter().map(|kind| kind.code.as_str()).collect();
    assert_eq!(kinds, ["repair", "complaint", "whistle", "rectification", "mediation", "interview"]);
    assert_eq!(rules.limits.open_per_resident, 5);
    assert_eq!(rules.class("hard").unwrap().budget(), 48 * 3600);
}

#[test]
fn what_a_kind_drafts_is_a_penalty_of_the_catalogue() {
    let catalogue =
        Catalogue::read(include_str!("../../../../schemes/catalogue.toml"), "catalogue.toml").unwrap();
    let mut drafted = Vec::new();
    for kind in CaseRules::shipped().kinds() {
        for code in [&kind.late_category, &kind.unsolved_category].into_iter().flatten() {
            assert_eq!(catalogue.get(code).unwrap().kind, RecordKind::Penalty, "{code}");
            drafted.push((kind.code.as_str(), code.as_str()));
        }
    }
    assert_eq!(drafted, [("complaint", "P102"), ("complaint", "P103")]);
}

#[test]
fn a_command_names_a_kind_of_its_side_and_a_category_of_the_kind() {
    let rules = CaseRules::shipped();
    let fault = |refusal: Refusal| match refusal {
        Refusal::Invalid(faults) => (faults[0].pointer.clone(), faults[0].code),
        other => panic!("{other:?}"),
    };
    let repair = rules.require_kind("repair", OpenedBy::Resident).unwrap();
    assert!(rules.require_category("leak", repair).is_ok());
    let refused = rules.require_category("fees", repair).unwrap_err();
    assert_eq!(fault(refused), ("/category".to_owned(), "unknown_value"));
    let refused = rules.require_kind("repairs", OpenedBy::Resident).unwrap_err();
    assert_eq!(fault(refused), ("/kind".to_owned(), "unknown_value"));
    let refused = rules.require_kind("interview", OpenedBy::Resident).unwrap_err();
    assert_eq!(fault(refused), ("/kind".to_owned(), "not_applicable"));
    let refused = rules.require_class("easy").unwrap_err();
    assert_eq!(fault(refused), ("/class".to_owned(), "unknown_value"));
}

#[test]
fn rules_that_do_not_fit_together_are_refused() {
    use CaseRulesFault as Fault;
    let changed = |from: &str, to: &str| {
        assert!(SHIPPED.contains(from), "{from}");
        CaseRules::from_toml(&SHIPPED.replacen(from, to, 1)).unwrap_err()
    };
    let whose = str::to_owned;
    assert_eq!(changed("class = \"hard\"", "class = \"none\""), Fault::NoSuchClass(whose("complaint")));
    assert_eq!(changed("\nhours = 24", "\nhours = 0"), Fault::Hours(whose("general")));
    assert_eq!(changed("extension_hours = 24", "extension_hours = 25"), Fault::Hours(whose("general")));
    assert_eq!(changed("code = \"hard\"", "code = \"general\""), Fault::Twice(whose("general")));
    assert_eq!(changed("code = \"hard\"", "code = \"Hard\""), Fault::Code(whose("Hard")));
    assert_eq!(changed("zh = \"报修\"", "zh = \" \""), Fault::Nameless(whose("repair")));
    assert_eq!(changed("from = \"08:30\"", "from = \"17:30\""), Fault::OfficeHours);
    assert_eq!(
        changed("opened_by = [\"resident\", \"desk\"]", "opened_by = []"),
        Fault::Empty(whose("repair"))
    );
    assert_eq!(changed("kinds = [\"repair\",", "kinds = [\"fix\","), Fault::NoSuchKind(whose("leak")));
    let at_once = changed("assignees = [\"firm\", \"community\", \"street\"]", "assignees = [\"street\"]");
    assert_eq!(at_once, Fault::AtOnce(whose("repair")));
    assert_eq!(changed("verify_days = 7", "verify_days = 0"), Fault::Limit);
    assert!(matches!(changed("at_once = true", "once = true"), Fault::Unreadable(_)));
    assert!(matches!(changed("\"08:30\"", "\"half past\""), Fault::Unreadable(_)));
}
