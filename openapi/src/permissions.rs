//! The table of permissions: every operation, asked for by every role, of an own and of a foreign
//! object. It is derived from the domain's table of operations, committed as
//! `docs/permissions.csv`, reviewed there as a difference, and walked over HTTP by a test.
//!
//! *Own* and *foreign* are seen from an official of one district (and from a street and a community
//! in it), a firm and a resident; *foreign* is the like object in another district, of another
//! firm, of another resident. *Serving* is a firm registered in the other district that runs a
//! project here, and its manager. The city's official reaches both districts.

use serde_json::Value;
use xinwu_domain::access::{Audience, Foreign, Operation, Reach, Role};
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
    /// Every kind of object that an operation at `path` can name, in the table's order. Firms and
    /// their managers work elsewhere than where they are registered.
    fn of(operation: Operation, path: &str) -> &'static [Whose] {
        let by_place = matches!(operation.reach(), Reach::OwnPlace | Reach::OwnOrAtWork);
        if operation.foreign() == Foreign::NoObject {
            &[Whose::Own]
        } else if by_place && (path.contains("/firms/{") || path.contains("/managers/{")) {
            &[Whose::Own, Whose::Serving, Whose::Foreign]
        } else {
            &[Whose::Own, Whose::Foreign]
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
    let is_reached = match operation.reach() {
        Reach::All => true,
        // Of the audit administrators read everything.
        _ if operation == Operation::ListAudit && role == Role::Admin => true,
        Reach::DraftersOffice if role == Role::City && whose == Whose::Foreign => return Outcome::Forbidden,
        Reach::OwnPlace | Reach::OwnOrAtWork if role == Role::City => true,
        Reach::OwnOrAtWork if role.is_official() => whose != Whose::Foreign,
        _ => whose == Whose::Own,
    };
    match operation.foreign() {
        _ if is_reached => Outcome::Allowed,
        Foreign::NoObject => Outcome::Allowed,
        Foreign::Forbidden => Outcome::Forbidden,
        Foreign::Hidden => Outcome::Hidden,
        Foreign::Filtered => Outcome::Filtered,
    }
}

/// Who asks, in the order of the columns: nobody, then every role.
pub fn askers() -> Vec<(&'static str, Option<Role>)> {
    let roles = Role::ALL.into_iter().map(|role| (role.into_str(), Some(role)));
    std::iter::once(("anonymous", None)).chain(roles).collect()
}

/// The table as it is committed: a line for each operation and kind of object, a column for who the
/// second person is, where the operation may need one (each that it can be, by what would change),
/// one for whether the audit has a line of each answer to an official, and one for each role.
pub fn csv(document: &Value) -> String {
    let described = operations(document);
    let names: Vec<&str> = askers().into_iter().map(|(name, _)| name).collect();
    let mut table = format!("operation,method,path,object,second_person,noted,{}\n", names.join(","));
    for operation in Operation::ALL {
        let route = described.iter().find(|each| each.id() == Some(operation.id()));
        let (method, path) =
            route.map_or(("".to_owned(), ""), |each| (each.method.to_uppercase(), each.path));
        let second: Vec<&str> = operation.second_persons().iter().map(|who| who.into_str()).collect();
        let second = second.join("/");
        let noted = if operation.noted() { "noted" } else { "" };
        for whose in Whose::of(*operation, path) {
            let cells: Vec<&str> =
                askers().into_iter().map(|(_, role)| expected(*operation, role, *whose).as_str()).collect();
            table.push_str(&format!(
                "{},{method},{path},{},{second},{noted},{}\n",
                operation.id(),
                whose.as_str(),
                cells.join(",")
            ));
        }
    }
    table
}
