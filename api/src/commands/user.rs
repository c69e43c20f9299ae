//! `xinwu user`: the accounts that sign in with a password.

mod import;

use std::io::BufRead;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use xinwu_domain::access::{Operation, Role, Warrant};
use xinwu_domain::account::{AccountStatus, NewUser, User, UserEdit, check_password};
use xinwu_domain::page::Window;
use xinwu_domain::text::Language;
use xinwu_domain::typed;
use xinwu_domain::uscc::Uscc;
use xinwu_domain::version::Expected;
use xinwu_domain::word::Word;
use xinwu_persistence::city;
use xinwu_persistence::people::account::user::{self, UserQuery};
use xinwu_persistence::registers::authorized::hold;
use xinwu_store::{Db, Result as StoreResult, Tx};

use super::{EXIT_CODES, Said, json, open, sentence};
use crate::config::Config;
use crate::extract::check_rules;
use crate::password;

/// The accounts that sign in with a password.
#[derive(Debug, Args)]
#[command(
    after_long_help = format!("Examples:\n  xinwu user add root --role admin --staff-number A001\n  xinwu user add haijun.street --role street --place 210202001 --staff-number DL-0731 --can-confirm\n  \
    xinwu user import officials.csv --codes codes.csv --told root\n  echo 'a long password' | xinwu user set-password root --password-stdin\n  xinwu user disable haijun.street\n  xinwu user list --role district --json\n\n{EXIT_CODES}")
)]
pub struct UserArgs {
    /// What to do
    #[command(subcommand)]
    pub command: UserCommand,
    /// Print JSON, for scripts
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add an account; without --password-stdin a password is made and printed once
    Add(AddUser),
    /// Add accounts from a file, all or none; no password is in it
    Import(import::ImportUsers),
    /// List accounts
    #[command(after_long_help = format!("Examples:\n  xinwu user list\n  xinwu user list --place 210202 --json\n\n{EXIT_CODES}"))]
    List {
        /// Only this role
        #[arg(long)]
        role: Option<CommandRole>,
        /// Only accounts of this place and of those below it, and of their departments
        #[arg(long)]
        place: Option<String>,
    },
    /// Shut an account: it loses access at once
    #[command(after_long_help = format!("Examples:\n  xinwu user disable haijun.street\n\n{EXIT_CODES}"))]
    Disable {
        /// The account's name
        username: String,
    },
    /// Take an account's second factor away, for whoever lost it; its sessions end
    #[command(after_long_help = format!("Examples:\n  xinwu user reset-second-factor root\n\n{EXIT_CODES}"))]
    ResetSecondFactor {
        /// The account's name
        username: String,
    },
    /// Give an account a new password; its sessions end
    #[command(after_long_help = format!("Examples:\n  xinwu user set-password haijun.street    makes one and prints it once\n  \
    echo 'a long password' | xinwu user set-password root --password-stdin\n\n{EXIT_CODES}"))]
    SetPassword {
        /// The account's name
        username: String,
        /// Read the password from the first line of the standard input
        #[arg(long)]
        password_stdin: bool,
    },
}

/// A new account.
#[derive(Debug, Args)]
#[command(after_long_help = format!("Examples:\n  xinwu user add root --role admin --staff-number A001\n  xinwu user add haijun.street --role street --place 210202001 --staff-number DL-0731 --can-confirm\n  \
    echo 'a long password' | xinwu user add hailan --role firm --uscc 91210200241281392F --password-stdin\n\n{EXIT_CODES}"))]
pub struct AddUser {
    /// The name to sign in with: 3 to 64 lower-case letters, digits, dots, underscores or hyphens
    pub username: String,
    /// What the account is
    #[arg(long)]
    pub role: CommandRole,
    /// An official's place, by its division code
    #[arg(long)]
    pub place: Option<String>,
    /// The firm of a firm's account
    #[arg(long)]
    pub uscc: Option<String>,
    /// The manager of a manager's account, by id
    #[arg(long)]
    pub manager: Option<String>,
    /// The department of a department's account, by its code
    #[arg(long)]
    pub department: Option<String>,
    /// Give the power to confirm what others drafted
    #[arg(long)]
    pub can_confirm: bool,
    /// The number in the staff list; officials, also of departments, and administrators have one
    #[arg(long)]
    pub staff_number: Option<String>,
    /// The name that is shown
    #[arg(long)]
    pub display_name: Option<String>,
    /// Read the password from the first line of the standard input
    #[arg(long)]
    pub password_stdin: bool,
}

/// The roles that sign in with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CommandRole {
    /// Someone who acts for one firm
    Firm,
    /// A project manager
    Manager,
    /// An official of a community
    Community,
    /// An official of a street
    Street,
    /// An official of a district
    District,
    /// An official of the city
    City,
    /// An official of a department
    Department,
    /// Runs the system
    Admin,
}

impl From<CommandRole> for Role {
    fn from(role: CommandRole) -> Role {
        match role {
            CommandRole::Firm => Role::Firm,
            CommandRole::Manager => Role::Manager,
            CommandRole::Community => Role::Community,
            CommandRole::Street => Role::Street,
            CommandRole::District => Role::District,
            CommandRole::City => Role::City,
            CommandRole::Department => Role::Department,
            CommandRole::Admin => Role::Admin,
        }
    }
}

#[derive(Serialize)]
struct WithPassword {
    #[serde(flatten)]
    user: User,
    /// Only where it was made here.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// Runs it.
///
/// # Errors
/// A sentence for the operator.
pub fn run(args: &UserArgs, config: &Config) -> Said {
    let db = open(config)?;
    match &args.command {
        UserCommand::Add(new) => {
            let (user, password) = add(&db, config, new)?;
            told(user, password, args.json)
        }
        UserCommand::Import(asked) => import::run(&db, config, asked, args.json),
        UserCommand::List { role, place } => {
            let query = UserQuery { role: role.map(Role::from), place: place.clone(), q: None };
            let users = all(&db, &query)?;
            if args.json { json(&users) } else { Ok(users.iter().map(line).collect::<Vec<_>>().join("\n")) }
        }
        UserCommand::Disable { username } => {
            let edit = UserEdit { status: Some(AccountStatus::Disabled), ..UserEdit::default() };
            let user = change(&db, username, edit)?;
            if args.json { json(&user) } else { Ok(format!("{username} is disabled.")) }
        }
        UserCommand::ResetSecondFactor { username } => {
            let edit = UserEdit { reset_second_factor: true, ..UserEdit::default() };
            let user = change(&db, username, edit)?;
            if args.json { json(&user) } else { Ok(format!("{username} signs in by the password alone.")) }
        }
        UserCommand::SetPassword { username, password_stdin } => {
            let (password, is_made) = new_password(*password_stdin)?;
            let hash = hashed(config, &password, username)?;
            let user = set_password(&db, username, hash)?;
            told(user, is_made.then_some(password), args.json)
        }
    }
}

fn add(db: &Db, config: &Config, new: &AddUser) -> Result<(User, Option<String>), String> {
    let (password, is_made) = new_password(new.password_stdin)?;
    let uscc = new.uscc.as_deref().map(Uscc::parse_known).transpose();
    let user = NewUser {
        username: new.username.clone(),
        role: new.role.into(),
        place: new.place.clone(),
        uscc: uscc.map_err(|fault| format!("uscc: {fault}"))?,
        manager: new.manager.clone(),
        department: new.department.as_deref().map(typed::code),
        can_confirm: new.can_confirm,
        staff_number: new.staff_number.as_deref().map(typed::code),
        display_name: new.display_name.clone(),
        reason: None,
    };
    check_rules(&user).map_err(|refusal| sentence(&refusal.into()))?;
    let hash = hashed(config, &password, &user.username)?;
    let (user, _) = db
        .write_blocking(move |tx| {
            let (added, _) = user::add(tx, &Warrant::operator(Operation::AddUser), &user)?;
            give_password(tx, &added.id, &hash)
        })
        .map_err(|error| sentence(&error))?;
    Ok((user, is_made.then_some(password)))
}

fn change(db: &Db, username: &str, edit: UserEdit) -> Result<User, String> {
    let username = username.to_owned();
    db.write_blocking(move |tx| {
        let id = user::id_of(tx.conn, &username)?;
        let operator = Warrant::operator(Operation::EditUser);
        let today = tx.now.date_naive();
        let held = hold(tx, &operator, &id, &Expected::Any, today)?;
        let city = city::city(tx.conn)?;
        user::edit(tx, &operator, &held, &edit, city.context(Language::default(), tx.now))
    })
    .map(|(user, _)| user)
    .map_err(|error| sentence(&error))
}

fn set_password(db: &Db, username: &str, hash: String) -> Result<User, String> {
    let username = username.to_owned();
    db.write_blocking(move |tx| {
        let id = user::id_of(tx.conn, &username)?;
        give_password(tx, &id, &hash)
    })
    .map(|(user, _)| user)
    .map_err(|error| sentence(&error))
}

fn give_password(tx: &mut Tx<'_>, id: &str, hash: &str) -> StoreResult<(User, i64)> {
    let operator = Warrant::operator(Operation::EditUser);
    let today = tx.now.date_naive();
    let held = hold(tx, &operator, id, &Expected::Any, today)?;
    user::set_password(tx, &operator, &held, hash)
}

fn all(db: &Db, query: &UserQuery) -> Result<Vec<User>, String> {
    let mut users = Vec::new();
    let mut after = None;
    loop {
        let (query, window) = (query.clone(), Window { limit: 100, after, count: false });
        let page = db
            .read_blocking(move |conn| user::list(conn, &query, &window))
            .map_err(|error| sentence(&error))?;
        users.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(users),
        }
    }
}

/// The password, and whether it was made here. A password on the command line would stand in the
/// shell's history.
fn new_password(from_stdin: bool) -> Result<(String, bool), String> {
    if from_stdin {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(|error| error.to_string())?;
        return Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false));
    }
    let made = crate::secrets::random_token::<18>().map_err(|error| error.to_string())?;
    Ok((made, true))
}

fn hashed(config: &Config, password: &str, username: &str) -> Result<String, String> {
    check_password(password, username).map_err(|refusal| sentence(&refusal.into()))?;
    password::hash(config.password_memory_kibibytes, password).map_err(|error| error.to_string())
}

fn told(user: User, password: Option<String>, as_json: bool) -> Said {
    if as_json {
        return json(&WithPassword { user, password });
    }
    let password =
        password.map(|password| format!("\nThe password, shown this once: {password}")).unwrap_or_default();
    Ok(format!("{}{password}", line(&user)))
}

fn line(user: &User) -> String {
    let place = user.place.as_ref().map_or("-", |place| place.code.as_str());
    let firm = user.firm.as_ref().map_or("-", |firm| firm.uscc.as_str());
    let name = user.username.as_deref().unwrap_or("-");
    format!("{}  {name}  {}  {place}  {firm}  {}", user.id, user.role.into_str(), user.status.into_str())
}
