//! `/v1/me`: one's own account.

use xinwu_domain::phone::Phone;

use crate::problem::Problem;
use crate::routes::Routes;
use crate::secrets::Secrets;

mod delete;
mod edit;
mod export;
mod follows;
mod get;
mod home;
mod notices;
mod phone;
mod ratings;
mod residences;

pub(super) fn configure(config: &mut Routes) {
    config.configure(ratings::configure);
    config.configure(residences::configure);
    config.configure(notices::configure);
    config.configure(follows::configure);
    config.service(delete::delete_me);
    config.service(edit::edit_me);
    config.service(export::export_me);
    config.service(get::get_me);
    config.service(home::get_home);
    config.service(phone::put_phone);
}

/// The phone of one's own account, decrypted.
fn phone(secrets: &Secrets, account_id: &str, encrypted: Option<&[u8]>) -> Result<Option<Phone>, Problem> {
    let Some(encrypted) = encrypted else { return Ok(None) };
    let digits = secrets.decrypt(account_id, encrypted).map_err(Problem::internal)?;
    let digits = std::str::from_utf8(&digits).map_err(Problem::internal)?;
    Phone::parse(digits).map(Some).map_err(Problem::internal)
}
