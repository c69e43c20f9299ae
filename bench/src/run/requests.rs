//! What is asked: files of requests for the load generator.

use std::fmt::Write;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use pinyin::ToPinyin;
use xinwu_domain::calendar::{DEFAULT_ZONE, Month};
use xinwu_store::Clock;

use super::Bench;
use crate::Result;
use crate::data::{BIG_FIRM, POOL, Seed, account_id, session_id};

/// Accounts of each estate in a round of writes.
const OF_AN_ESTATE: u64 = 6;

/// One rating to be put.
pub struct Rating {
    /// The account's, among all.
    pub number: u64,
    pub account: String,
    session: String,
    pub project: String,
    pub uscc: String,
    pub overall: i64,
    pub dimensions: Option<[i64; 5]>,
    pub comment: Option<&'static str>,
}

impl Bench<'_> {
    pub fn firm_path(&self, at: usize) -> String {
        format!("/v1/firms/{}", self.city.firms[at % self.city.firms.len()].uscc)
    }

    /// The page for people of a firm.
    pub fn page_path(&self, at: usize) -> String {
        format!("/firms/{}", self.city.firms[at % self.city.firms.len()].uscc)
    }

    /// Writes a file of requests: method, path, token, tag, body.
    pub fn file(&self, name: &str, lines: &[[String; 5]]) -> Result<PathBuf> {
        let path = self.folder.join(name);
        let text = lines.iter().fold(String::new(), |mut text, line| {
            // Writing to a String cannot fail.
            writeln!(text, "{}", line.join("\t")).ok();
            text
        });
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// The cards of all firms, in no order.
    pub fn cards(&self) -> Vec<[String; 5]> {
        let mut order: Vec<usize> = (0..self.city.firms.len()).collect();
        order.sort_by_key(|at| self.city.seed.at(90, *at as u64));
        order.into_iter().map(|at| get(self.firm_path(at))).collect()
    }

    /// Two characters of a name, their pinyin, their initials: in turn.
    pub fn searches(&self) -> Vec<[String; 5]> {
        let query = |n: u64| {
            let firm = &self.city.firms[self.city.seed.below(91, n, self.city.firms.len() as u64) as usize];
            let characters: Vec<char> = firm.short_name.chars().collect();
            let from = self.city.seed.below(92, n, characters.len() as u64 - 1) as usize;
            let two: String = characters.iter().skip(from).take(2).collect();
            let syllables: Vec<&str> =
                two.as_str().to_pinyin().flatten().map(|syllable| syllable.plain()).collect();
            match n % 3 {
                1 if syllables.len() == 2 => syllables.concat(),
                2 if syllables.len() == 2 => {
                    syllables.iter().filter_map(|syllable| syllable.chars().next()).collect()
                }
                _ => two,
            }
        };
        (0..3_000).map(|n| get(format!("/v1/firms?q={}", encoded(&query(n))))).collect()
    }

    /// Evaluations of random firms at random instants of two years: never the same twice.
    pub fn evaluations(&self, round: u32) -> Vec<[String; 5]> {
        let now = Clock::System.now();
        (0..30_000)
            .map(|n| {
                let n = u64::from(round) << 32 | n;
                let at: DateTime<Utc> =
                    now - TimeDelta::seconds(self.city.seed.below(93, n, 2 * 365 * 86_400) as i64);
                let path = self.firm_path(self.city.seed.at(94, n) as usize);
                get(format!("{path}/evaluation?as_of={}", at.format("%FT%TZ")))
            })
            .collect()
    }

    /// The ratings of a round of writes: other residents in each, of all estates, in no order.
    pub fn ratings(&self, round: u64) -> Vec<Rating> {
        let seed = self.city.seed;
        let mut all = Vec::new();
        for (at, project) in
            self.city.projects.iter().enumerate().filter(|(_, project)| project.ends_on.is_none())
        {
            let estate = &self.city.estates[project.estate];
            for home in 0..OF_AN_ESTATE {
                let resident = estate.accounts.saturating_sub(1 + (round * OF_AN_ESTATE + home) % POOL);
                let n = (at as u64) << 8 | resident;
                all.push(rating(
                    seed,
                    n,
                    estate.first_account + resident,
                    &project.id,
                    self.city.firms[project.firm].uscc.as_str(),
                ));
            }
        }
        all.sort_by(|a, b| a.account.as_bytes().iter().rev().cmp(b.account.as_bytes().iter().rev()));
        all
    }

    /// The requests that put them, each signed in.
    pub fn puts(&self, ratings: &[Rating]) -> Result<Vec<[String; 5]>> {
        let now = Clock::System.now();
        let month = Month::of(now, DEFAULT_ZONE);
        ratings
            .iter()
            .map(|rating| {
                let token = self.keys.issue(&rating.account, &rating.session, 1, "resident", now);
                let token = token.map_err(|problem| format!("{problem:?}"))?;
                let mut body = serde_json::json!({"overall": rating.overall});
                if let Some([cleaning, security, greening, maintenance, attitude]) = rating.dimensions {
                    body["dimensions"] = serde_json::json!({
                        "cleaning": cleaning, "security": security, "greening": greening, "maintenance": maintenance, "attitude": attitude
                    });
                }
                if let Some(comment) = rating.comment {
                    body["comment"] = comment.into();
                }
                let path = format!("/v1/me/ratings/{}/{month}", rating.project);
                Ok(["PUT".to_owned(), path, token, String::new(), body.to_string()])
            })
            .collect()
    }

    /// The firm of which page 2,000 of reviews is read.
    pub fn big_firm(&self) -> String {
        self.firm_path(BIG_FIRM)
    }
}

fn rating(seed: Seed, n: u64, account: u64, project: &str, uscc: &str) -> Rating {
    let chance = seed.at(95, n);
    Rating {
        number: account,
        account: account_id(seed, account),
        session: session_id(seed, account),
        project: project.to_owned(),
        uscc: uscc.to_owned(),
        overall: 1 + (chance % 5) as i64,
        dimensions: (chance >> 8)
            .is_multiple_of(2)
            .then(|| [10, 15, 20, 25, 30].map(|bits| 1 + (chance >> bits) as i64 % 5)),
        comment: (chance >> 40).is_multiple_of(10).then_some("报修后当天就来人了，态度也好。"),
    }
}

/// A GET without anything.
pub fn get(path: String) -> [String; 5] {
    ["GET".to_owned(), path, String::new(), String::new(), String::new()]
}

/// A text as a part of a query.
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").ok();
        }
        encoded
    })
}
