//! Permission to do one operation.

use super::{Actor, Foreign, Operation, Role};
use crate::kind::Kind;
use crate::proposal::Seconding;
use crate::refusal::Refusal;
use crate::text::Text;

/// Permission to do one operation: who acts, and which it is. The permit of a request gives it, the
/// importer for each row of a file, and the command line and the clock as the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warrant {
    by: Principal,
    operation: Operation,
    seconded: Option<Seconded>,
    address: Option<String>,
}

/// The second person, and the proposal that this one confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seconded {
    /// The account.
    pub account_id: String,
    /// The proposal.
    pub proposal: String,
}

/// For whom an account acts who has a file of its own: a firm's account or a manager's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// A firm, by its uscc.
    Firm(String),
    /// A manager, by the id.
    Manager(String),
}

impl Party {
    /// The firm.
    pub fn firm(&self) -> Option<&str> {
        match self {
            Party::Firm(uscc) => Some(uscc),
            Party::Manager(_) => None,
        }
    }

    /// The manager.
    pub fn manager(&self) -> Option<&str> {
        match self {
            Party::Firm(_) => None,
            Party::Manager(id) => Some(id),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Principal {
    Account(Actor),
    Operator,
}

/// By this name the audit knows the operator.
pub const OPERATOR: &str = "system";

impl Warrant {
    /// An account's.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] where its role may not ask.
    pub fn of(operation: Operation, actor: Actor) -> Result<Warrant, Refusal> {
        operation.require_role(actor.role)?;
        Ok(Warrant { by: Principal::Account(actor), operation, seconded: None, address: None })
    }

    /// The operator's: for work that no account asked for, the clock's and that of the
    /// command line. It reaches everything.
    pub fn operator(operation: Operation) -> Warrant {
        Warrant { by: Principal::Operator, operation, seconded: None, address: None }
    }

    /// The same principal's for another operation, which this one is made of: a row of an import is
    /// as if it had been asked for by itself.
    ///
    /// # Errors
    /// As [`Warrant::of`].
    pub fn also(&self, operation: Operation) -> Result<Warrant, Refusal> {
        match &self.by {
            Principal::Account(actor) => {
                let (seconded, address) = (self.seconded.clone(), self.address.clone());
                Ok(Warrant { seconded, address, ..Warrant::of(operation, actor.clone())? })
            }
            Principal::Operator => Ok(Warrant::operator(operation)),
        }
    }

    /// The same, once a second person has confirmed what it is for.
    #[must_use]
    pub fn seconded(self, seconded: Seconded) -> Warrant {
        Warrant { seconded: Some(seconded), ..self }
    }

    /// The same, as if nobody had confirmed it yet: what it would ask is found out by trying.
    #[must_use]
    pub fn unseconded(self) -> Warrant {
        Warrant { seconded: None, ..self }
    }

    /// The same, asked for from an address.
    #[must_use]
    pub fn asked_from(self, address: Option<String>) -> Warrant {
        Warrant { address, ..self }
    }

    /// The address from which it was asked for, as the audit keeps it.
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// The second person, where one has confirmed it.
    pub fn second(&self) -> Option<&Seconded> {
        self.seconded.as_ref()
    }

    /// Whether it needs no second person any more, whatever it does: one has confirmed it, or it is
    /// the operator's, whose work on the server is outside the rule and in the audit.
    pub fn is_seconded(&self) -> bool {
        self.is_operator() || self.seconded.is_some()
    }

    /// Ends a use case that one person may not do alone: what it wrote is taken back.
    ///
    /// # Errors
    /// [`Refusal::SecondNeeded`] where something changes and nobody has confirmed it.
    pub fn require_second(&self, needed: Seconding) -> Result<(), Refusal> {
        if needed.changes.is_empty() || self.is_seconded() {
            return Ok(());
        }
        Err(Refusal::SecondNeeded(Box::new(needed)))
    }

    /// The session of the token that was shown; empty for the operator.
    pub fn session_id(&self) -> &str {
        self.actor().map_or("", |actor| &actor.session_id)
    }

    /// The program that acts as the account, where one does.
    pub fn client(&self) -> Option<&str> {
        self.actor()?.client.as_deref()
    }

    /// Which operation.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// Who acts, by account; for the operator a word that no account has.
    pub fn account_id(&self) -> &str {
        self.actor().map_or(OPERATOR, |actor| &actor.account_id)
    }

    /// The role in which it is done.
    pub fn role(&self) -> Role {
        self.actor().map_or(Role::Admin, |actor| actor.role)
    }

    /// Whether it is the operator's.
    pub fn is_operator(&self) -> bool {
        self.by == Principal::Operator
    }

    /// The account, if one acts.
    pub fn actor(&self) -> Option<&Actor> {
        match &self.by {
            Principal::Account(actor) => Some(actor),
            Principal::Operator => None,
        }
    }

    /// The place of an official.
    pub fn place(&self) -> Option<&str> {
        self.actor()?.place.as_deref()
    }

    /// The place of an official.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for who has none.
    pub fn own_place(&self) -> Result<&str, Refusal> {
        self.place().ok_or_else(Refusal::out_of_reach)
    }

    /// The firm of a firm's account.
    pub fn firm(&self) -> Option<&str> {
        self.actor()?.uscc.as_deref()
    }

    /// The firm of a firm's account.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for who has none.
    pub fn own_firm(&self) -> Result<&str, Refusal> {
        self.firm().ok_or_else(Refusal::out_of_reach)
    }

    /// The manager of a manager's account.
    pub fn manager(&self) -> Option<&str> {
        self.actor()?.manager.as_deref()
    }

    /// The department of a department's account.
    pub fn department(&self) -> Option<&str> {
        self.actor()?.department.as_deref()
    }

    /// The department of a department's account.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for who has none.
    pub fn own_department(&self) -> Result<&str, Refusal> {
        self.department().ok_or_else(Refusal::out_of_reach)
    }

    /// The firm or the manager for whom the account acts.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for who acts for neither.
    pub fn own_party(&self) -> Result<Party, Refusal> {
        match self.manager() {
            Some(id) => Ok(Party::Manager(id.to_owned())),
            None => Ok(Party::Firm(self.own_firm()?.to_owned())),
        }
    }

    /// What is told to who does not reach the object.
    pub fn out_of_reach(&self, kind: Kind) -> Refusal {
        match self.operation.foreign() {
            Foreign::Hidden => kind.not_found(),
            _ => Refusal::out_of_reach(),
        }
    }

    /// Whether the account may confirm what others drafted.
    pub fn can_confirm(&self) -> bool {
        self.actor().is_some_and(|actor| actor.can_confirm)
    }

    /// # Errors
    /// [`Refusal::Forbidden`] unless the account has the power to confirm.
    pub fn require_power_to_confirm(&self) -> Result<(), Refusal> {
        if self.can_confirm() {
            return Ok(());
        }
        Err(Refusal::forbidden(
            "no_power_to_confirm",
            Text::new("您的账号没有确认权限", "Your account has no power to confirm"),
        ))
    }
}
