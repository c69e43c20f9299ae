//! Who asks, by address: the connection's, or what a trusted proxy says of it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// The addresses of one network: `172.31.80.0/24`, or one alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Whether every address there is, is one of it.
    pub fn is_everybody(self) -> bool {
        self.0.prefix_len() == 0
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Network, String> {
        let network = match text.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address.to_canonical()),
            Err(_) => text.parse::<IpNet>().map_err(|_| {
                format!("{text:?} is neither an address nor a network such as 172.31.80.0/24")
            })?,
        };
        // 172.31.80.7/24 is a slip: the address alone is meant, or the network of it.
        if network.trunc() == network {
            Ok(Network(network))
        } else {
            Err(format!("{text:?} is an address within {}: which of the two is meant?", network.trunc()))
        }
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Network, String> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> String {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() { self.0.addr().fmt(f) } else { self.0.fmt(f) }
    }
}

/// The address of who sent a request: the connection's, or, where that is a trusted proxy's, the
/// last one in `X-Forwarded-For` that is not.
pub(crate) fn address(trusted: &[Network], request: &HttpRequest) -> Option<IpAddr> {
    last_untrusted(trusted, request.peer_addr()?.ip(), request.headers())
}

fn last_untrusted(trusted: &[Network], peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return Some(peer);
    }
    // Every line in order, as one list: a proxy may append a line of its own below one that the
    // client made up.
    let lines: Vec<&str> =
        headers.get_all(header::X_FORWARDED_FOR).map(|line| line.to_str().unwrap_or("?")).collect();
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(',')).map(|hop| hop.trim().parse::<IpAddr>());
    Some(hops.map_while(Result::ok).find(|hop| !is_trusted(*hop)).unwrap_or(peer))
}

/// The network that counts as one client where what it may read is bounded, as [`network`].
pub(crate) fn share(address: Option<IpAddr>) -> Option<IpNet> {
    let address = address?.to_canonical();
    let bits = if address.is_ipv4() { 32 } else { 64 };
    Some(IpNet::new(address, bits).ok()?.trunc())
}

/// The network that counts as one client where what one may do is bounded: the address, and the /64
/// of an IPv6 client, which it has to itself.
pub(crate) fn network(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => format!("{:x}/64", address.to_bits() >> 64),
        None => "unknown".to_owned(),
    }
}

/// The network around an address, of which somebody may have every one: the /24 of an IPv4 client,
/// the /48 of an IPv6 one.
pub(crate) fn wide_network(address: Option<IpAddr>) -> String {
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => format!("{:x}/24", address.to_bits() >> 8),
        Some(IpAddr::V6(address)) => format!("{:x}/48", address.to_bits() >> 80),
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_read_and_written_as_it_is_meant() {
        for text in ["172.31.80.0/24", "10.0.0.1", "::1", "2001:db8::/32"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
        assert_eq!("10.0.0.1/32".parse::<Network>(), "10.0.0.1".parse());
        for text in ["", "proxy", "10.0.0.0/33", "172.31.80.7/24", "10.0.0"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        let network: Network = "172.31.80.0/24".parse().unwrap();
        for (address, is_within) in
            [("172.31.80.255", true), ("::ffff:172.31.80.1", true), ("172.31.81.0", false), ("::1", false)]
        {
            assert_eq!(network.contains(address.parse().unwrap()), is_within, "{address}");
        }
        assert!("0.0.0.0/0".parse::<Network>().unwrap().is_everybody());
    }
}
