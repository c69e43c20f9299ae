//! Notices on their way to phones, after the commits that made them.

use std::str::from_utf8;

use xinwu_domain::phone::Phone;
use xinwu_persistence::people::notice::{self, SealedMessage};
use xinwu_store::StoreError;

use crate::state::State;

/// Hands over some of the notices that wait to go out by SMS; gives whether there were any. That it
/// was taken is on the disk before it is handed over: each goes out once at the most, whatever
/// fails and whenever the service is stopped.
///
/// # Errors
/// What was not taken then waits.
pub async fn send_notices(state: &State) -> Result<bool, StoreError> {
    if !state.db.read(notice::has_messages).await? {
        return Ok(false);
    }
    for SealedMessage { id, account_id, phone_encrypted, text, expires_at } in
        state.db.write(notice::take_messages).await?
    {
        let digits = state.secrets.decrypt(&account_id, &phone_encrypted).ok();
        let phone = digits.and_then(|digits| Phone::parse(from_utf8(&digits).ok()?).ok());
        match phone {
            Some(phone) => state.sms.send_notice(id, phone, text, expires_at),
            None => tracing::warn!(id, "a notice was not sent: the account's phone cannot be read"),
        }
    }
    Ok(true)
}
