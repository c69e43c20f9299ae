use serde::de::DeserializeOwned;
use utoipa::PartialSchema;
use utoipa::openapi::{RefOr, Schema};

use super::*;

/// The example of a command's schema, read as the command.
fn example<T: PartialSchema + DeserializeOwned + Validate>() -> T {
    let RefOr::T(Schema::Object(object)) = T::schema() else { panic!("no object") };
    let read: T = serde_json::from_value(object.example.unwrap()).unwrap();
    read.validate().unwrap();
    read
}

fn told(refused: Result<(), Refusal>) -> Vec<(String, &'static str)> {
    match refused {
        Ok(()) => Vec::new(),
        Err(Refusal::Invalid(faults)) => {
            faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
        }
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn every_example_is_a_command() {
    example::<CaseJoin>();
    example::<FirmCase>();
    example::<CaseNote>();
    example::<CaseFinish>();
    example::<CaseReturn>();
    example::<CasePause>();
    example::<CaseAnswer>();
    example::<CaseVerification>();
    example::<CaseWithdrawal>();
    example::<CaseClassChange>();
    example::<CaseClosing>();
    example::<CaseMerge>();
    example::<AssigneeName>();
}

#[test]
fn a_resident_names_an_estate_or_a_residence() {
    let named = example::<NewCase>();
    assert_eq!(told(named.check(false)), []);
    assert_eq!(told(named.check(true)), [("/residence".to_owned(), "required")]);
    let nowhere = NewCase { estate: None, ..named };
    assert_eq!(told(nowhere.check(false)), [("/estate".to_owned(), "required")]);
    let at_home = NewCase { residence: Some("x".to_owned()), ..nowhere };
    assert_eq!(told(at_home.check(true)), []);
}

#[test]
fn a_desk_names_a_whole_dwelling_or_none() {
    let none = example::<DeskCase>();
    assert_eq!(none.dwelling(), Ok(None));
    assert_eq!(none.channel(), Ok(Channel::Hotline));
    let of = |building: Option<&str>, unit: Option<&str>, room: Option<&str>| {
        let (building, unit, room) =
            (building.map(str::to_owned), unit.map(str::to_owned), room.map(str::to_owned));
        DeskCase { building, unit, room, ..none.clone() }.dwelling()
    };
    let dwelling = of(Some("3号楼"), Some("2单元"), Some("501室")).unwrap().unwrap();
    assert_eq!([dwelling.building, dwelling.unit, dwelling.room], ["3", "2", "501"]);
    assert_eq!(of(Some("3"), None, None), Ok(None));
    let refused = |outcome: Result<Option<Dwelling>, Refusal>| told(outcome.map(|_| ()));
    assert_eq!(refused(of(None, None, Some("501"))), [("/building".to_owned(), "required")]);
    assert_eq!(refused(of(Some("3"), Some("2"), None)), [("/room".to_owned(), "required")]);
    let by_app = DeskCase { channel: Some(Channel::App), ..none.clone() };
    assert_eq!(told(by_app.channel().map(|_| ())), [("/channel".to_owned(), "not_applicable")]);
    assert_eq!(DeskCase { channel: None, ..none }.channel(), Ok(Channel::Desk));
}

#[test]
fn a_case_leaves_an_assignee_for_a_reason_and_a_department_has_a_name() {
    let dispatch = example::<CaseDispatch>();
    assert_eq!(told(dispatch.check(true)), []);
    let department = AssigneeName { kind: AssigneeKind::Department, id: None };
    let unsaid = CaseDispatch { reason: None, assignee: department, ..dispatch };
    assert_eq!(told(unsaid.check(false)), [("/assignee/id".to_owned(), "required")]);
    let both = [("/assignee/id".to_owned(), "required"), ("/reason".to_owned(), "required")];
    assert_eq!(told(unsaid.check(true)), both);
}

#[test]
fn an_extension_has_a_most_that_the_class_says() {
    let extension = example::<CaseExtension>();
    assert_eq!(told(extension.check(24)), []);
    assert_eq!(told(extension.check(23)), [("/hours".to_owned(), "out_of_range")]);
}
