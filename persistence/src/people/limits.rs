//! How often something may be tried or asked for: settings, with what fits a city.

use chrono::Duration;

use super::attempt::Limit;

/// How often; each at least once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Codes that are sent in an hour in all, but to known devices,
    pub codes_an_hour: u32,
    /// that may be asked for from an address,
    pub codes_an_hour_an_address: u32,
    /// from the network around it,
    pub codes_an_hour_a_network: u32,
    /// for a phone, by who has no device of it and by each device,
    pub codes_an_hour_a_phone: u32,
    /// and in a day.
    pub codes_a_day_a_phone: u32,
    /// Wrong codes in an hour in all,
    pub wrong_codes_an_hour: u32,
    /// from an address
    pub wrong_codes_an_hour_an_address: u32,
    /// and from the network around it.
    pub wrong_codes_an_hour_a_network: u32,
    /// Wrong passwords of an account in a quarter of an hour, on a known network of it as many
    /// apart,
    pub wrong_passwords_an_account: u32,
    /// and from an address.
    pub wrong_passwords_an_address: u32,
    /// Dwellings that a phone may claim in a day.
    pub claims_a_day: u32,
}

impl Limits {
    /// Codes that may be asked for: of a phone by strangers, or by a device.
    pub(crate) fn codes(&self, kind: &'static str) -> [Limit; 3] {
        [
            Limit { kind, most: 1, window: Duration::minutes(1) },
            Limit { kind, most: self.codes_an_hour_a_phone.into(), window: Duration::hours(1) },
            Limit { kind, most: self.codes_a_day_a_phone.into(), window: Duration::days(1) },
        ]
    }

    /// Codes that may be asked for from an address and from its network.
    pub(crate) fn codes_from(&self) -> [Limit; 2] {
        [
            an_hour("code_address", self.codes_an_hour_an_address),
            an_hour("code_network", self.codes_an_hour_a_network),
        ]
    }

    /// Wrong codes from an address, from its network and in all.
    pub(crate) fn wrong_codes(&self) -> [Limit; 3] {
        [
            an_hour("wrong_code_address", self.wrong_codes_an_hour_an_address),
            an_hour("wrong_code_network", self.wrong_codes_an_hour_a_network),
            an_hour("wrong_code_all", self.wrong_codes_an_hour),
        ]
    }

    /// Wrong passwords of an account, wherever they come from.
    pub(crate) fn passwords_of_account(&self) -> Limit {
        a_quarter_of_an_hour("failure_account", self.wrong_passwords_an_account)
    }

    /// Wrong passwords of an account on one of its known networks.
    pub(crate) fn passwords_here(&self) -> Limit {
        a_quarter_of_an_hour("failure_here", self.wrong_passwords_an_account)
    }

    /// Wrong passwords from an address.
    pub(crate) fn passwords_from_address(&self) -> Limit {
        a_quarter_of_an_hour("failure_address", self.wrong_passwords_an_address)
    }

    /// Claims of dwellings by a phone.
    pub(crate) fn claims(&self) -> Limit {
        Limit { kind: "claim", most: self.claims_a_day.into(), window: Duration::days(1) }
    }
}

fn an_hour(kind: &'static str, most: u32) -> Limit {
    Limit { kind, most: most.into(), window: Duration::hours(1) }
}

fn a_quarter_of_an_hour(kind: &'static str, most: u32) -> Limit {
    Limit { kind, most: most.into(), window: Duration::minutes(15) }
}
