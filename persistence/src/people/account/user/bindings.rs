//! What an account is bound to: a role, and a place, a firm, a manager or a department by it.

use xinwu_domain::access::Role;
use xinwu_domain::account::Bindings;
use xinwu_domain::refusal::Faults;
use xinwu_store::{Conn, Result};

use crate::registers::retirement::named;
use crate::registers::{department, firm, manager, place};

/// What an account is bound to.
#[derive(PartialEq, Eq)]
pub(super) struct Bound {
    pub role: Role,
    pub place: Option<String>,
    pub uscc: Option<String>,
    pub manager: Option<String>,
    pub department: Option<String>,
    pub can_confirm: bool,
    pub staff_number: Option<String>,
}

impl Bound {
    /// Faults are kept; those of the role's bindings where the role is one.
    pub fn check(&self, conn: &mut Conn, faults: &mut Faults) -> Result<()> {
        let place = self.place.as_deref().map(|code| named::<place::Row>(conn, code, "/place")).transpose();
        let place = faults.keep(place)?.flatten();
        if let Some(uscc) = &self.uscc {
            faults.keep(named::<firm::Row>(conn, uscc, "/uscc"))?;
        }
        if let Some(id) = &self.manager {
            faults.keep(named::<manager::Row>(conn, id, "/manager"))?;
        }
        if let Some(code) = &self.department {
            faults.keep(named::<department::Row>(conn, code, "/department"))?;
        }
        if faults.has("/role") {
            return Ok(());
        }
        let bindings = Bindings {
            role: self.role,
            place: place.map(|place| place.level.0),
            firm: self.uscc.is_some(),
            manager: self.manager.is_some(),
            department: self.department.is_some(),
            can_confirm: self.can_confirm,
            is_numbered: self.staff_number.is_some(),
        };
        faults.keep(bindings.check())?;
        Ok(())
    }
}
