//! Accounts, and the actor that a token stands for.

use diesel::prelude::*;
use xinwu_domain::access::{Actor, Role};
use xinwu_domain::account::AccountStatus;
use xinwu_domain::entity::Entity;
use xinwu_domain::privacy::require_agreed;
use xinwu_store::{Col, Conn, Result, Tx};

use self::second_factor::has_second_factor;
use crate::people::person;
use crate::schema::{account, session};

pub mod activation;
pub mod import;
pub(crate) mod names;
pub mod own;
pub mod second_factor;
pub mod user;

/// What a new account is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Its role.
    pub role: Role,
    /// The name to sign in with; staff and officials.
    pub username: Option<String>,
    /// The name that is shown to itself and to administrators.
    pub display_name: Option<String>,
    /// An argon2id hash in PHC form.
    pub password_hash: Option<String>,
    /// The keyed hash of the phone; residents.
    pub phone_hash: Option<String>,
    /// The phone, encrypted for this account's id.
    pub phone_encrypted: Option<Vec<u8>>,
    /// An official's place.
    pub place: Option<String>,
    /// A firm's account's firm.
    pub uscc: Option<String>,
    /// A manager's account's manager.
    pub manager_id: Option<String>,
    /// A department's account's department.
    pub department: Option<String>,
    /// An integrator's scopes.
    pub scopes: Vec<String>,
    /// The power to confirm.
    pub can_confirm: bool,
    /// The number in the staff list; officials and administrators.
    pub staff_number: Option<String>,
    /// Part of demo data.
    pub demo: bool,
}

/// Adds an account under `id`.
///
/// # Errors
/// A conflict when the username or the phone has an account already.
pub fn add(tx: &mut Tx<'_>, id: &str, new: &NewAccount) -> Result<()> {
    let person = match &new.phone_hash {
        Some(phone_hash) => Some(person::of_new_account(tx, phone_hash)?),
        None => None,
    };
    diesel::insert_into(account::table)
        .values((
            account::id.eq(id),
            account::role.eq(Col(new.role)),
            account::username.eq(&new.username),
            account::display_name.eq(&new.display_name),
            account::password_hash.eq(&new.password_hash),
            account::phone_hash.eq(&new.phone_hash),
            account::phone_encrypted.eq(&new.phone_encrypted),
            account::place.eq(&new.place),
            account::uscc.eq(&new.uscc),
            account::manager_id.eq(&new.manager_id),
            account::department.eq(&new.department),
            account::scopes.eq(new.scopes.join(" ")),
            account::can_confirm.eq(new.can_confirm),
            account::staff_number.eq(&new.staff_number),
            account::status.eq(Col(AccountStatus::Active)),
            account::token_epoch.eq(1_i64),
            account::demo.eq(new.demo),
            account::created_at.eq(tx.now_utc()),
            account::version.eq(1_i64),
            account::person.eq(person),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Account, id);
    Ok(())
}

/// Opens a session of an account and gives the epoch that its tokens carry.
pub fn open_session(
    tx: &mut Tx<'_>,
    account_id: &str,
    session_id: &str,
    expires_at: chrono::DateTime<chrono::Utc>,
) -> Result<i64> {
    diesel::insert_into(session::table)
        .values((
            session::id.eq(session_id),
            session::account_id.eq(account_id),
            session::created_at.eq(tx.now_utc()),
            session::expires_at.eq(expires_at.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(account::table.find(account_id).select(account::token_epoch).first(tx.conn)?)
}

/// What an account is bound to: a place, a firm, a manager and a department.
type Bound = (Option<String>, Option<String>, Option<String>, Option<String>);

/// The actor behind a token, as the account stands now: `None` if it is disabled, its session has
/// ended, or its role, place or password has changed since the token was made. A program that acts
/// as an official is that official, as long as the account is open and may not confirm.
pub fn actor(conn: &mut Conn, account_id: &str, session_id: &str, epoch: i64) -> Result<Option<Actor>> {
    type Row = (Col<Role>, Bound, bool, bool, Option<String>);
    let row: QueryResult<Row> = account::table
        .inner_join(session::table.on(session::account_id.eq(account::id)))
        .filter(account::id.eq(account_id))
        .filter(account::status.eq(Col(AccountStatus::Active)))
        .filter(account::token_epoch.eq(epoch))
        .filter(session::id.eq(session_id))
        .filter(session::ended_at.is_null())
        .select((
            account::role,
            (account::place, account::uscc, account::manager_id, account::department),
            account::can_confirm,
            has_second_factor(),
            account::on_behalf_of,
        ))
        .get_result(conn);
    let Some((Col(role), bound, can_confirm, has_second_factor, on_behalf_of)) = row.optional()? else {
        return Ok(None);
    };
    if let Some(official) = on_behalf_of {
        let official = bindable(conn, &official)?;
        let (client, session_id) = (Some(account_id.to_owned()), session_id.to_owned());
        return Ok(official.map(|official| Actor { client, session_id, ..official }));
    }
    let (place, uscc, manager, department) = bound;
    Ok(Some(Actor {
        account_id: account_id.to_owned(),
        role,
        place,
        uscc,
        manager,
        department,
        can_confirm,
        has_second_factor,
        client: None,
        session_id: session_id.to_owned(),
    }))
}

/// The actor of an account as it stands now, in no session: `None` if it is gone or disabled.
pub(crate) fn active_actor(conn: &mut Conn, account_id: &str) -> Result<Option<Actor>> {
    type Row = (Col<Role>, Bound, bool, bool);
    let row: Option<Row> = account::table
        .find(account_id)
        .filter(account::status.eq(Col(AccountStatus::Active)))
        .select((
            account::role,
            (account::place, account::uscc, account::manager_id, account::department),
            account::can_confirm,
            has_second_factor(),
        ))
        .first(conn)
        .optional()?;
    let Some((Col(role), bound, can_confirm, has_second_factor)) = row else { return Ok(None) };
    let (place, uscc, manager, department) = bound;
    Ok(Some(Actor {
        account_id: account_id.to_owned(),
        role,
        place,
        uscc,
        manager,
        department,
        can_confirm,
        has_second_factor,
        client: None,
        session_id: String::new(),
    }))
}

/// An official as whom a program may act: whose account is open, and may not confirm.
pub(crate) fn bindable(conn: &mut Conn, account_id: &str) -> Result<Option<Actor>> {
    let actor = active_actor(conn, account_id)?;
    Ok(actor.filter(|actor| actor.role.is_official() && !actor.can_confirm))
}

/// What a password is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The account.
    pub id: String,
    /// Its argon2id hash; `None` if it signs in otherwise.
    pub password_hash: Option<String>,
    /// Whether it may sign in.
    pub is_active: bool,
}

/// What the password of the account with this username is checked against. Programs have secrets,
/// not passwords.
pub fn credentials(conn: &mut Conn, username: &str) -> Result<Option<Credentials>> {
    let row: Option<(String, Option<String>, String)> = account::table
        .filter(account::username.eq(username))
        .filter(account::role.ne(Col(Role::Integrator)))
        .select((account::id, account::password_hash, account::status))
        .first(conn)
        .optional()?;
    Ok(row.map(|(id, password_hash, status)| Credentials {
        id,
        password_hash,
        is_active: status == "active",
    }))
}

/// A resident who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comer<'a> {
    /// The keyed hash of the phone.
    pub phone_hash: &'a str,
    /// The id of the account, where there is none yet,
    pub new_id: &'a str,
    /// and the phone, encrypted for that id.
    pub phone_encrypted: &'a [u8],
    /// The privacy notice that is agreed to,
    pub agreed_to: Option<&'a str>,
    /// and the one in force.
    pub privacy_version: &'a str,
}

/// The resident's account with this phone, made now if there is none: "a resident account is
/// created at the first sign-in". `None` if it is disabled. Who agrees to the privacy notice in
/// force once more is kept as agreeing now.
///
/// # Errors
/// A fault of `/privacy_version` where an account would be made for who has not agreed.
pub fn resident(tx: &mut Tx<'_>, comer: &Comer<'_>) -> Result<Option<String>> {
    let found: Option<(String, String)> = account::table
        .filter(account::phone_hash.eq(comer.phone_hash))
        .select((account::id, account::status))
        .first(tx.conn)
        .optional()?;
    let id = match found {
        Some((_, status)) if status != "active" => return Ok(None),
        Some((id, _)) => id,
        None => {
            require_agreed(comer.agreed_to, comer.privacy_version)?;
            add(
                tx,
                comer.new_id,
                &NewAccount {
                    role: Role::Resident,
                    username: None,
                    display_name: None,
                    password_hash: None,
                    phone_hash: Some(comer.phone_hash.to_owned()),
                    phone_encrypted: Some(comer.phone_encrypted.to_vec()),
                    place: None,
                    uscc: None,
                    manager_id: None,
                    department: None,
                    scopes: Vec::new(),
                    can_confirm: false,
                    staff_number: None,
                    demo: false,
                },
            )?;
            comer.new_id.to_owned()
        }
    };
    keep_agreed(tx, &id, (comer.agreed_to, comer.privacy_version))?;
    Ok(Some(id))
}

/// Keeps that the owner of an account agrees now to the privacy notice in force, where it is that
/// one.
fn keep_agreed(tx: &mut Tx<'_>, id: &str, (agreed_to, in_force): (Option<&str>, &str)) -> Result<()> {
    if agreed_to == Some(in_force) {
        diesel::update(account::table.find(id))
            .set((account::privacy_version.eq(in_force), account::privacy_at.eq(tx.now_utc())))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// Ends one session; one that has ended keeps its reason.
pub fn end_session(tx: &mut Tx<'_>, account_id: &str, session_id: &str, reason: &str) -> Result<()> {
    diesel::update(session::table.find(session_id))
        .filter(session::account_id.eq(account_id))
        .filter(session::ended_at.is_null())
        .set((session::ended_at.eq(tx.now_utc()), session::end_reason.eq(reason)))
        .execute(tx.conn)?;
    tx.changed(Entity::Account, account_id);
    Ok(())
}

/// Ends all sessions of an account but one.
pub fn end_other_sessions(tx: &mut Tx<'_>, account_id: &str, kept: &str, reason: &str) -> Result<()> {
    diesel::update(session::table)
        .filter(session::account_id.eq(account_id))
        .filter(session::id.ne(kept))
        .filter(session::ended_at.is_null())
        .set((session::ended_at.eq(tx.now_utc()), session::end_reason.eq(reason)))
        .execute(tx.conn)?;
    tx.changed(Entity::Account, account_id);
    Ok(())
}

/// Takes all access from an account at once: its tokens are of an older epoch, its sessions are
/// ended. "A user who is demoted or disabled loses access at once."
pub fn revoke_access(tx: &mut Tx<'_>, account_id: &str, reason: &str) -> Result<()> {
    diesel::update(account::table.find(account_id))
        .set(account::token_epoch.eq(account::token_epoch + 1))
        .execute(tx.conn)?;
    diesel::update(session::table)
        .filter(session::account_id.eq(account_id))
        .filter(session::ended_at.is_null())
        .set((session::ended_at.eq(tx.now_utc()), session::end_reason.eq(reason)))
        .execute(tx.conn)?;
    tx.changed(Entity::Account, account_id);
    Ok(())
}
