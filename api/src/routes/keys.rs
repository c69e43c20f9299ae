//! `GET /.well-known/jwks.json`

use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use xinwu_domain::access::op;

use crate::permit::{Permit, UNVERSIONED};
use crate::problem::Problem;
use crate::routes::Routes;
use crate::tokens::PublicKey;

/// The public keys (RFC 7517).
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "keys": [
        {
            "alg": "EdDSA", "crv": "Ed25519", "kid": "0193a5c2-7b1e-7f00-8000-5d0c3f6a1b2c", "kty": "OKP", "use": "sig",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
        }
    ]
}))]
pub struct KeySet {
    /// The newest signer first; a retired key stays until its last token has died.
    keys: Vec<PublicKey>,
}

/// The public keys that access tokens are signed with.
#[utoipa::path(responses((status = 200, description = "The public keys", body = KeySet)))]
#[get("/.well-known/jwks.json")]
async fn get_keys(permit: Permit<op::GetKeys>) -> Result<HttpResponse, Problem> {
    let state = permit.state();
    let keys = state.keys().await?;
    permit.object(UNVERSIONED, &KeySet { keys: keys.public(permit.now()) })
}

pub(super) fn configure(config: &mut Routes) {
    config.service(get_keys);
}
