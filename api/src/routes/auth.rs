//! `/v1/auth`: signing in and out.

use std::net::IpAddr;

use xinwu_domain::access::Operates;

use crate::permit::Permit;
use crate::routes::Routes;

mod otp;
mod revoke;
mod token;

pub(super) use token::password::check as check_own_password;

pub(super) fn configure(config: &mut Routes) {
    config.service(otp::request_code);
    config.service(revoke::revoke_token);
    config.service(token::issue_token);
}

/// The keyed hash by which the limits count an address. An IPv6 client has a whole /64 to itself,
/// so that counts as one.
pub(super) fn address_hash<O: Operates>(permit: &Permit<O>) -> String {
    let network = match permit.client_address().map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => format!("{:x}/64", address.to_bits() >> 64),
        None => "unknown".to_owned(),
    };
    permit.state().secrets.token_hash(&format!("address {network}"))
}

/// The keyed hash by which the limits count the name of an account, whether or not there is one.
pub(super) fn account_hash<O: Operates>(permit: &Permit<O>, kind: &str, name: &str) -> String {
    permit.state().secrets.token_hash(&format!("{kind} {name}"))
}
