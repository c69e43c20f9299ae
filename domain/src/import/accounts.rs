//! A row of the file of accounts that the operator adds at once.

use super::{Fields, RowFault};
use crate::access::Role;
use crate::account::NewUser;
use crate::uscc::Uscc;

/// An account that is to be added, as a row asks for it.
#[derive(Debug, Clone)]
pub struct AccountRow {
    /// Where it stands.
    pub line: u64,
    /// What it asks for.
    pub new: NewUser,
}

/// Reads one row.
///
/// # Errors
/// All that is wrong with it and can be told without the database.
pub fn read_account(mut fields: Fields) -> Result<AccountRow, Vec<RowFault>> {
    let line = fields.line();
    let username = fields.text("username", 64);
    let role = fields.choice::<Role>("role");
    let new = NewUser {
        username: username.unwrap_or_default(),
        role: role.unwrap_or(Role::Resident),
        place: fields.optional_code("place", 32),
        uscc: fields.optional_uscc("uscc").and_then(|code| Uscc::parse_known(&code).ok()),
        manager: fields.optional_text("manager", 64),
        department: fields.optional_code("department", 32),
        can_confirm: fields.optional_yes("can_confirm").unwrap_or(false),
        staff_number: fields.optional_code("staff_number", 32),
        display_name: fields.optional_text("display_name", 100),
        reason: None,
    };
    fields.require_sound()?;
    Ok(AccountRow { line, new })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{ACCOUNTS, Cell, column_by_header};

    fn read(cells: &[(&str, &str)]) -> Result<AccountRow, Vec<RowFault>> {
        let cell = |(header, text): &(&str, &str)| {
            (column_by_header(ACCOUNTS, header).unwrap(), Cell::Text((*text).to_owned()))
        };
        read_account(Fields::new(7, cells.iter().map(cell).collect()))
    }

    #[test]
    fn an_account_is_read_in_either_language() {
        for (role, yes) in [("street", "true"), ("街道", "是")] {
            let row = read(&[
                ("用户名", " kunming.street "),
                ("role", role),
                ("区划代码", "２１０２０２００１"),
                ("can_confirm", yes),
                ("工号", "dl-0731"),
            ])
            .unwrap();
            assert_eq!((row.line, row.new.role, row.new.can_confirm), (7, Role::Street, true));
            assert_eq!(row.new.username, "kunming.street");
            assert_eq!(row.new.place.as_deref(), Some("210202001"));
            assert_eq!(row.new.staff_number.as_deref(), Some("DL-0731"));
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let faults = read(&[("role", "king"), ("uscc", "1"), ("can_confirm", "perhaps")]).unwrap_err();
        let told: Vec<_> = faults.iter().map(|fault| fault.column.as_deref().unwrap()).collect();
        assert_eq!(told, ["username", "role", "uscc", "can_confirm"]);
        assert!(faults.iter().all(|fault| fault.line == 7));
    }
}
