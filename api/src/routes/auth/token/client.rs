//! Programs of third parties: a secret, and no refresh token.

use xinwu_domain::access::op;
use xinwu_domain::text::Text;
use xinwu_persistence::people::session::{self, Signed};
use xinwu_persistence::people::{attempt, client};
use xinwu_store::Random;

use super::super::{account_hash, address_hash};
use crate::permit::Permit;
use crate::problem::Problem;
use crate::tokens::ACCESS_TOKEN_LIFE;

pub(super) async fn sign_in(
    permit: &Permit<op::IssueToken>,
    client_id: &str,
    client_secret: &str,
) -> Result<(Signed, Option<String>), Problem> {
    let account = account_hash(permit, "client", client_id);
    let address = address_hash(permit);
    let (of_account, of_address) = (account.clone(), address.clone());
    permit.write(move |tx| attempt::begin(tx, &of_account, &of_address)).await?;
    // Secrets are random and long: a keyed hash is enough, and comparing two of them tells nothing
    // of the secret.
    let given = permit.state().secrets.token_hash(client_secret);
    let (id, session_id) = (client_id.to_owned(), Random.id());
    let signed = permit
        .write(move |tx| {
            if client::secret_hash(tx.conn, &id)?.as_ref() != Some(&given) {
                return Ok(None);
            }
            let until = tx.now + ACCESS_TOKEN_LIFE;
            session::open(tx, &id, &session_id, None, until).map(Some)
        })
        .await?;
    let Some(signed) = signed else {
        return Err(Problem::unauthenticated(
            "wrong_client",
            Text::new("客户端标识或密钥错误", "The client's id or secret is wrong"),
        ));
    };
    permit.write(move |tx| attempt::succeeded(tx, &account, &address)).await?;
    Ok((signed, None))
}
