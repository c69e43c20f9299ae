//! Cases opened by signed-in residents, against ratings put; and the list of a street's cases in a
//! city that has a hundred times as many.

use std::collections::HashMap;

use xinwu_store::Clock;

use super::Bench;
use super::requests::get;
use super::rewind::{Sql, rewind};
use super::table::{Must, Rounds, short};
use crate::data::{STREET_OFFICIAL, account_id, add_cases, residence_id, session_id};
use crate::load::load;
use crate::{Result, say};

const CONNECTIONS: u32 = 64;
/// Cases of the small and of the large city.
const FEW: u64 = 5_000;
const MANY: u64 = 500_000;
/// Cases of a page: as many as are open in a busy street of the small city, at the least.
const PAGE: usize = 10;

impl Bench<'_> {
    pub fn cases(&mut self) -> Result<()> {
        self.opened()?;
        self.listed()?;
        rewind(&self.url)
    }

    fn opened(&mut self) -> Result<()> {
        let name = "a case opened, 64 connections: by ratings put";
        if !self.wants(name) {
            return Ok(());
        }
        say("a case opened");
        rewind(&self.url)?;
        let (mut opened, mut put, mut errors) = (Rounds::default(), Rounds::default(), 0);
        for round in 0..self.args.rounds {
            // Others open cases than rate.
            let (rating, opening) = (u64::from(round) * 2, u64::from(round) * 2 + 1);
            let files = [
                self.file("puts", &self.puts(&self.ratings(rating))?)?,
                self.file("openings", &self.openings(opening)?)?,
            ];
            for (file, rounds) in files.iter().zip([&mut put, &mut opened]) {
                let service = self.serve(&[])?;
                let measured = load(service.port, file, CONNECTIONS, self.args.seconds)?;
                errors += measured.errors;
                rounds.0.push(measured.rate);
            }
        }
        let failed = Rounds(vec![errors as f64]);
        self.table.add("a case opened: errors", &errors.to_string(), "", &failed, Must::AtMost(0.0))?;
        let (measured, floor) = (short(opened.median()), short(put.median()));
        self.table.add(name, &measured, &floor, &opened.by(&put), Must::AtLeast(0.3))
    }

    /// Repairs, each of another resident's own dwelling.
    fn openings(&self, round: u64) -> Result<Vec<[String; 5]>> {
        let mut puts = self.puts(&self.ratings(round))?;
        for ([method, path, _, _, body], rating) in puts.iter_mut().zip(self.ratings(round)) {
            "POST".clone_into(method);
            "/v1/me/cases".clone_into(path);
            *body = serde_json::json!({
                "kind": "repair", "category": "leak", "residence": residence_id(self.city.seed, rating.number),
                "description": "厨房下水管接口渗漏", "despite_similar": true
            })
            .to_string();
        }
        Ok(puts)
    }

    fn listed(&mut self) -> Result<()> {
        let name = "a street's cases, 500,000 in the city: 5,000 by it";
        if !self.wants(name) {
            return Ok(());
        }
        say("a street's cases");
        rewind(&self.url)?;
        let (few, of_few) = self.lists((0, FEW))?;
        let (many, of_many) = self.lists((FEW, MANY))?;
        let failed = Rounds(vec![(of_few + of_many) as f64]);
        self.table.add("a street's cases: errors", "", "", &failed, Must::AtMost(0.0))?;
        let (measured, floor) = (short(many.median()), short(few.median()));
        self.table.add(name, &measured, &floor, &few.by(&many), Must::AtMost(1.2))
    }

    /// How fast the list is once these cases are added, and how many errors there were.
    fn lists(&self, cases: (u64, u64)) -> Result<(Rounds, u64)> {
        let of_projects = Sql::open(&self.url)?.texts("SELECT id || ' ' || estate FROM project")?;
        let pair = |row: &String| row.split_once(' ').map(|(id, code)| (id.to_owned(), code.to_owned()));
        let estates: HashMap<String, String> = of_projects.iter().filter_map(pair).collect();
        add_cases(&self.url, &self.city, &estates, cases, Clock::System.now())?;
        let service = self.serve(&[])?;
        let path = format!("/v1/admin/cases?limit={PAGE}");
        let (seed, n) = (self.city.seed, STREET_OFFICIAL);
        let (mut rates, mut errors) = (Rounds::default(), 0);
        for _ in 0..self.args.rounds {
            let token =
                self.keys.issue(&account_id(seed, n), &session_id(seed, n), 1, "street", Clock::System.now());
            let token = token.map_err(|problem| format!("{problem:?}"))?;
            let answer = service.ask("GET", &path, &token, "", "")?;
            let page: serde_json::Value = serde_json::from_slice(&answer.body)?;
            if page["items"].as_array().map(Vec::len) != Some(PAGE) {
                return Err(format!("{PAGE} cases were expected: {page}").into());
            }
            let mut line = get(path.clone());
            line[2] = token;
            let file = self.file("lists", &[line])?;
            let measured = load(service.port, &file, CONNECTIONS, self.args.seconds)?;
            errors += measured.errors;
            rates.0.push(measured.rate);
        }
        Ok((rates, errors))
    }
}
