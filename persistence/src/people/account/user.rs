//! The register of accounts, as administrators keep it. Programs are in [`crate::people::client`].

mod bindings;
mod list;

use chrono::NaiveDateTime;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde_json::{Value, json};
use xinwu_domain::access::{Role, Warrant};
use xinwu_domain::account::{AccountStatus, NewUser, User, UserEdit, check_username};
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::kind::Kind;
use xinwu_domain::proposal::{Change, SecondPerson};
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::text::Text;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use self::bindings::Bound;
pub(super) use self::list::Names;
use self::list::views;
pub use self::list::{UserQuery, list};
use super::second_factor::{self, has_second_factor};
use super::{NewAccount, revoke_access};
use crate::registers::audited::{with_all_new, with_changes};
use crate::registers::authorized::{Authorized, Owner, Resource, note};
use crate::registers::department;
use crate::registers::retirement::named;
use crate::registers::second_person::{self, Asked};
use crate::schema::{account, activation};

/// An account's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = account)]
pub struct Row {
    /// The id.
    pub id: String,
    pub(super) role: Col<Role>,
    pub(super) username: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) password_hash: Option<String>,
    pub(super) phone_encrypted: Option<Vec<u8>>,
    pub(super) place: Option<String>,
    pub(super) uscc: Option<String>,
    pub(super) manager_id: Option<String>,
    pub(super) department: Option<String>,
    pub(super) scopes: String,
    pub(super) can_confirm: bool,
    #[diesel(select_expression = has_second_factor())]
    #[diesel(select_expression_type = SqlLiteral<Bool>)]
    pub(super) second_factor: bool,
    pub(super) staff_number: Option<String>,
    pub(super) status: Col<AccountStatus>,
    pub(super) demo: bool,
    pub(super) created_at: NaiveDateTime,
    pub(super) version: i64,
}

impl Resource for Row {
    const KIND: Kind = Kind::User;

    fn find(conn: &mut Conn, id: &str) -> Result<Option<Row>> {
        Ok(account::table
            .find(id)
            .filter(account::role.ne(Col(Role::Integrator)))
            .filter(account::status.ne("deleted"))
            .select(Row::as_select())
            .first(conn)
            .optional()?)
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        Ok(Owner { account: Some(self.id.clone()), ..Owner::default() })
    }
}

/// One account with its version.
///
/// # Errors
/// [`Refusal::NotFound`], also for one that its owner deleted.
pub fn get(conn: &mut Conn, id: &str) -> Result<(User, i64)> {
    let row = Row::require(conn, id)?;
    let version = row.version;
    let view = views(conn, vec![row])?.pop().ok_or_else(|| StoreError::internal("a row has no view"))?;
    Ok((view, version))
}

/// The id of the account with this username.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn id_of(conn: &mut Conn, username: &str) -> Result<String> {
    account::table
        .filter(account::username.eq(username))
        .select(account::id)
        .first(conn)
        .optional()?
        .ok_or_else(|| Kind::User.not_found().into())
}

/// What the second administrator is shown of a new account.
const FIELDS_OF_A_NEW_USER: &[&str] = &[
    "username",
    "display_name",
    "role",
    "place",
    "firm",
    "manager",
    "department",
    "can_confirm",
    "staff_number",
];

/// What a second administrator confirms of an account.
const SECONDED: &[&str] = &["role", "place", "firm", "manager", "department", "can_confirm", "staff_number"];

/// The fields that a second administrator confirms of a change from `before` to `after`.
fn seconded_fields(warrant: &Warrant, before: &User, after: &User) -> Vec<&'static str> {
    let mut fields = SECONDED.to_vec();
    // An account is shut by one: what it may do must end at once. Not another administrator's, or
    // one of them could shut all who might open them again.
    let is_disabled = after.status == AccountStatus::Disabled;
    let may_disable = before.role != Role::Admin || before.id == warrant.account_id();
    if !(is_disabled && may_disable) {
        fields.push("status");
    }
    // Names by which colleagues know each other.
    if before.role.has_staff_number() || after.role.has_staff_number() {
        fields.push("display_name");
    }
    fields
}

/// Adds an account, which has no password yet.
///
/// # Errors
/// [`Refusal::Invalid`] when the role's bindings do not hold or the name is not one,
/// [`Refusal::Conflict`] for a name that is taken.
pub fn add(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewUser) -> Result<(User, i64)> {
    let mut faults = Faults::default();
    if matches!(new.role, Role::Resident | Role::Integrator) {
        let text = Text::new(
            "居民用手机登录，第三方程序在 /v1/admin/clients 登记",
            "Residents sign in by phone, and programs are registered at /v1/admin/clients",
        );
        faults.add("/role", "not_for_role", text);
    }
    faults.keep(check_username(&new.username))?;
    let uscc = new.uscc.map(|uscc| uscc.to_string());
    let bound = Bound {
        role: new.role,
        place: new.place.clone(),
        uscc: uscc.clone(),
        manager: new.manager.clone(),
        department: new.department.clone(),
        can_confirm: new.can_confirm,
        staff_number: new.staff_number.clone(),
    };
    bound.check(tx.conn, &mut faults)?;
    faults.refuse_if_any()?;
    let taken: i64 =
        account::table.filter(account::username.eq(&new.username)).count().get_result(tx.conn)?;
    if taken > 0 {
        let text = Text::new("用户名已被使用", "The username is taken");
        return Err(Refusal::conflict("username_taken", text).into());
    }
    let id = tx.random.id();
    let account = NewAccount {
        role: new.role,
        username: Some(new.username.clone()),
        display_name: new.display_name.clone(),
        password_hash: None,
        phone_hash: None,
        phone_encrypted: None,
        place: new.place.clone(),
        uscc,
        manager_id: new.manager.clone(),
        department: new.department.clone(),
        scopes: Vec::new(),
        can_confirm: new.can_confirm,
        staff_number: new.staff_number.clone(),
        demo: false,
    };
    super::add(tx, &id, &account)?;
    let detail = json!({
        "username": new.username, "role": new.role, "place": new.place, "uscc": new.uscc, "manager": new.manager,
        "department": new.department, "can_confirm": new.can_confirm, "staff_number": new.staff_number
    });
    note::<Row>(tx, warrant, &id, &with_all_new(detail))?;
    let after = get(tx.conn, &id)?;
    let key = format!("user_named/{}", new.username);
    let asked = Asked::of_new(Kind::User, key, new.reason.as_deref(), &[]);
    let asked = Asked { asks: SecondPerson::Administrator, ..asked };
    second_person::require(warrant, asked, (None, &after.0), FIELDS_OF_A_NEW_USER)?;
    Ok(after)
}

/// Changes an account. Whatever takes something from it (another role, place or firm, no longer
/// confirming, disabled, a password that goes) ends all its access at once.
///
/// # Errors
/// [`Refusal::Invalid`] when the bindings would not
/// hold, [`Refusal::Conflict`] when no administrator would be left.
pub fn edit(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    edit: &UserEdit,
    _: RequestContext,
) -> Result<(User, i64)> {
    let id: &str = &row.id;
    let (view_before, _) = get(tx.conn, id)?;
    let old_role = row.role.0;
    let mut faults = Faults::default();
    if old_role == Role::Resident {
        faults.keep(only_status(edit))?;
    }
    let role = edit.role.unwrap_or(old_role);
    if role != old_role && matches!(role, Role::Resident | Role::Integrator) {
        faults.add(
            "/role",
            "not_for_role",
            Text::new("不能改为该角色", "An account cannot become this role"),
        );
    }
    let place = match &edit.place {
        Some(place) => place.clone(),
        None => row.place.clone().filter(|_| role.is_official()),
    };
    let uscc = match &edit.uscc {
        Some(uscc) => uscc.map(|uscc| uscc.to_string()),
        None => row.uscc.clone().filter(|_| role == Role::Firm),
    };
    let manager = match &edit.manager {
        Some(manager) => manager.clone(),
        None => row.manager_id.clone().filter(|_| role == Role::Manager),
    };
    let department = match &edit.department {
        Some(department) => department.clone(),
        None => row.department.clone().filter(|_| role == Role::Department),
    };
    let can_confirm = edit.can_confirm.unwrap_or(row.can_confirm && role.is_official());
    let staff_number = edit.staff_number.clone().or_else(|| row.staff_number.clone());
    let bound = Bound { role, place, uscc, manager, department, can_confirm, staff_number };
    let before = Bound {
        role: old_role,
        place: row.place.clone(),
        uscc: row.uscc.clone(),
        manager: row.manager_id.clone(),
        department: row.department.clone(),
        can_confirm: row.can_confirm,
        staff_number: row.staff_number.clone(),
    };
    if bound != before && old_role != Role::Resident {
        bound.check(tx.conn, &mut faults)?;
    } else if let Some(code) = bound.department.as_deref().filter(|_| edit.opens(row.status.0)) {
        // It may have ended since the account was shut.
        faults.keep(named::<department::Row>(tx.conn, code, "/department"))?;
    }
    faults.refuse_if_any()?;
    let Bound { place, uscc, manager, department, staff_number, .. } = bound;
    let (old_status, active) = (row.status.0, AccountStatus::Active);
    let status = edit.status.unwrap_or(old_status);
    if old_role == Role::Admin && old_status == active && (role != Role::Admin || status != active) {
        require_another_admin(tx.conn, id)?;
    }
    let loses_access = (role, &place, &uscc, &manager, &department, status)
        != (old_role, &row.place, &row.uscc, &row.manager_id, &row.department, old_status)
        || (row.can_confirm && !can_confirm)
        || edit.reset_password
        || edit.reset_second_factor;
    // Told by what the account may do until now.
    if edit.reset_second_factor {
        second_factor::reset(tx, id)?;
    }
    diesel::update(account::table.find(id))
        .set((
            account::role.eq(Col(role)),
            account::place.eq(&place),
            account::uscc.eq(&uscc),
            account::manager_id.eq(&manager),
            account::department.eq(&department),
            account::can_confirm.eq(can_confirm),
            account::staff_number.eq(&staff_number),
            account::status.eq(Col(status)),
            account::password_hash.eq(row.password_hash.as_deref().filter(|_| !edit.reset_password)),
            account::display_name.eq(edit.display_name.as_ref().unwrap_or(&row.display_name)),
            account::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    if loses_access {
        revoke_access(tx, id, "account_changed")?;
    }
    tx.changed(Entity::Account, id);
    let after = get(tx.conn, id)?;
    let detail = json!({
        "role": edit.role, "place": edit.place, "uscc": edit.uscc, "manager": edit.manager, "department": edit.department, "can_confirm": edit.can_confirm, "staff_number": edit.staff_number,
        "status": edit.status, "display_name": edit.display_name, "password_reset": edit.reset_password,
        "second_factor_reset": edit.reset_second_factor
    });
    note::<Row>(tx, warrant, id, &with_changes(detail, &view_before, &after.0)?)?;
    // A resident's is the resident's.
    if old_role != Role::Resident {
        let asked = Asked::of(Kind::User, id, row.version, edit.reason.as_deref(), &[]);
        let resets = [("password", edit.reset_password), ("second_factor", edit.reset_second_factor)];
        let reset =
            |field: &str| Change { field: field.to_owned(), before: Value::Null, after: "reset".into() };
        let hidden_changes =
            resets.into_iter().filter(|(_, is_reset)| *is_reset).map(|(field, _)| reset(field)).collect();
        let asked = Asked { asks: SecondPerson::Administrator, hidden_changes, ..asked };
        let fields = seconded_fields(warrant, &view_before, &after.0);
        second_person::require(warrant, asked, (Some(&view_before), &after.0), &fields)?;
    }
    Ok(after)
}

/// Sets a password on the server, where no second administrator is asked for.
///
/// # Errors
/// Of the database.
pub fn set_password(
    tx: &mut Tx<'_>,
    operator: &Warrant,
    row: &Authorized<Row>,
    password_hash: &str,
) -> Result<(User, i64)> {
    diesel::update(account::table.find(&row.id))
        .set((account::password_hash.eq(password_hash), account::version.eq(row.version + 1)))
        .execute(tx.conn)?;
    diesel::delete(activation::table.find(&row.id)).execute(tx.conn)?;
    revoke_access(tx, &row.id, "account_changed")?;
    note::<Row>(tx, operator, &row.id, &json!({"password_changed": true}))?;
    tx.changed(Entity::Account, &row.id);
    get(tx.conn, &row.id)
}

/// A resident's account is the resident's: an administrator may only shut and open it.
fn only_status(edit: &UserEdit) -> std::result::Result<(), Refusal> {
    let others = [
        ("/role", edit.role.is_some()),
        ("/place", edit.place.is_some()),
        ("/uscc", edit.uscc.is_some()),
        ("/manager", edit.manager.is_some()),
        ("/department", edit.department.is_some()),
        ("/can_confirm", edit.can_confirm.is_some()),
        ("/reset_password", edit.reset_password),
        ("/reset_second_factor", edit.reset_second_factor),
        ("/staff_number", edit.staff_number.is_some()),
        ("/display_name", edit.display_name.is_some()),
    ];
    let mut faults = Faults::default();
    for (pointer, _) in others.into_iter().filter(|(_, is_given)| *is_given) {
        let text =
            Text::new("居民账号只能停用或启用", "Only the status of a resident's account can be changed");
        faults.add(pointer, "not_for_role", text);
    }
    faults.refuse_if_any()
}

/// Another one who can sign in: whose password was reset cannot, before it is chosen.
fn require_another_admin(conn: &mut Conn, id: &str) -> Result<()> {
    let others: i64 = account::table
        .filter(account::role.eq(Col(Role::Admin)))
        .filter(account::status.eq(Col(AccountStatus::Active)))
        .filter(account::id.ne(id))
        .filter(account::password_hash.is_not_null())
        .count()
        .get_result(conn)?;
    if others > 0 {
        return Ok(());
    }
    let text = Text::new("这是最后一个管理员", "This is the last administrator");
    Err(Refusal::conflict("last_admin", text).into())
}
