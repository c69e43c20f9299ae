//! Reads: cards, searches, evaluations, reviews; and the mixture.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use xinwu_store::Url;

use super::Bench;
use super::pgbench::{self, Script};
use super::requests::{encoded, get};
use super::service::Service;
use super::table::{Must, Rounds, short};
use crate::data::BIG_FIRM;
use crate::floor::Answers;
use crate::load::{Load, load};
use crate::{Result, say};

const CONNECTIONS: u32 = 64;
const PRODUCTION: &[(&str, &str)] = &[
    ("XINWU_PROFILE", "production"),
    ("XINWU_LOG_LEVEL", "info"),
    ("XINWU_LOG_FORMAT", "json"),
    ("XINWU_SMS_PROVIDER", "http"),
    ("XINWU_SMS_URL", "http://127.0.0.1:9/sms"),
    ("XINWU_SMS_KEY", "nobody reads what this one signs"),
];
const UNCACHED: &[(&str, &str)] = &[("XINWU_CACHE_MEBIBYTES", "0")];

/// A read with what it must reach.
struct Row {
    name: &'static str,
    settings: &'static [(&'static str, &'static str)],
    least: f64,
    /// The p99 by the floor's, at most.
    p99: Option<f64>,
    lines: Lines,
}

enum Lines {
    Same(Vec<[String; 5]>),
    /// Others in each round.
    Evaluations,
}

/// One round's figures, service and floor.
#[derive(Default)]
struct Figures {
    rate: Rounds,
    floor: Rounds,
    small: Rounds,
    p99: Rounds,
    floor_p99: Rounds,
    select: Rounds,
    errors: u64,
}

impl Figures {
    fn add(&mut self, floor: Load, service: Load) {
        self.rate.0.push(service.rate);
        self.floor.0.push(floor.rate);
        self.p99.0.push(service.p99);
        self.floor_p99.0.push(floor.p99);
        self.errors += service.errors;
    }
}

/// A resident's first screen, and residents who ask for it.
const HOME: &str = "/v1/me/home";
const RESIDENTS: usize = 500;

impl Bench<'_> {
    /// One answer of each kind, as the service gives it now: what the floor repeats.
    pub fn answers(&self, service: &Service) -> Result<Answers> {
        let path = self.firm_path(1);
        let card = service.get(&path, "")?;
        let tag = tag_of(&card).ok_or("the card has no entity tag")?;
        let first = |lines: Vec<[String; 5]>| lines.into_iter().next().unwrap_or_default();
        let [_, search, ..] = first(self.searches());
        let [_, evaluation, ..] = first(self.evaluations(999));
        let ratings = self.ratings(0);
        let put = first(self.puts(ratings.get(..1).unwrap_or_default())?);
        let [method, rating, token, _, body] = &put;
        let answers = Answers {
            unchanged: service.get(&path, &tag)?,
            compressed: service.send("GET", &path, "", ("accept-encoding", "gzip"), "")?,
            card,
            page: service.get(&self.page_path(1), "")?,
            home: service.ask("GET", HOME, token, "", "")?,
            search: service.get(&search, "")?,
            evaluation: service.get(&evaluation, "")?,
            reviews: service.get(&format!("{}/reviews?limit=30", self.big_firm()), "")?,
            rating: service.ask(method, rating, token, "", body)?,
        };
        let all = [
            (&answers.card, 200),
            (&answers.compressed, 200),
            (&answers.page, 200),
            (&answers.home, 200),
            (&answers.unchanged, 304),
            (&answers.search, 200),
            (&answers.evaluation, 200),
            (&answers.reviews, 200),
            (&answers.rating, 201),
        ];
        for (answer, status) in all {
            if answer.status != status && !(status == 201 && answer.status == 200) {
                return Err(format!("{status} was expected: {answer:?}").into());
            }
        }
        Ok(answers)
    }

    pub fn reads(&mut self) -> Result<()> {
        let plain = self.serve(&[])?;
        let answers = self.answers(&plain)?;
        let one = vec![get(self.firm_path(1))];
        let page = vec![get(self.page_path(1))];
        // Each by another resident, since who is known is cached.
        let ratings = self.ratings(0);
        let residents = self.puts(ratings.get(..RESIDENTS.min(ratings.len())).unwrap_or_default())?;
        let first_screen = |[_, _, token, ..]: [String; 5]| {
            ["GET".to_owned(), HOME.to_owned(), token, String::new(), String::new()]
        };
        let homes = residents.into_iter().map(first_screen).collect();
        let mut unchanged = one.clone();
        unchanged[0][3] = tag_of(&answers.card).unwrap_or_default();
        let mut compressed = one.clone();
        compressed[0][3] = "gzip".to_owned();
        if !answers.compressed.headers.iter().any(|(name, _)| name == "content-encoding") {
            return Err("the card does not come in gzip".into());
        }
        drop(plain);
        let floor = Service::floor(&answers, &self.folder)?;
        let row = |name, settings, least, p99, lines| Row { name, settings, least, p99, lines };
        let rows = [
            row("a firm's card, from cache", &[][..], 0.90, Some(1.5), Lines::Same(one.clone())),
            row("a firm's card, from cache, production", PRODUCTION, 0.80, None, Lines::Same(one)),
            row("a firm's card in gzip, from cache", &[], 0.85, None, Lines::Same(compressed)),
            row("a card unchanged (304)", &[], 0.90, None, Lines::Same(unchanged.clone())),
            row("a card unchanged (304), production", PRODUCTION, 0.80, None, Lines::Same(unchanged)),
            row("a firm's page, from cache", &[], 0.80, None, Lines::Same(page)),
            row("a resident's first screen", &[], 0.15, None, Lines::Same(homes)),
            row("cards at random, cache off", UNCACHED, 0.15, None, Lines::Same(self.cards())),
            row("search", &[], 0.20, Some(10.0), Lines::Same(self.searches())),
            row("evaluation explained", &[], 0.05, None, Lines::Evaluations),
        ];
        for row in rows {
            if self.wants(row.name) {
                self.read(&row, &floor)?;
            }
        }
        if self.wants("reviews") {
            self.pages()?;
        }
        Ok(())
    }

    fn read(&mut self, row: &Row, floor: &Service) -> Result<()> {
        say(row.name);
        let service = self.serve(row.settings)?;
        let small = match &self.args.small {
            Some(database) => Some(Service::start(&self.args.service, database, &self.folder, row.settings)?),
            None => None,
        };
        let mut figures = Figures::default();
        for round in 0..=self.args.rounds {
            let file = match &row.lines {
                Lines::Same(lines) => self.file("reads", lines)?,
                Lines::Evaluations => self.file("reads", &self.evaluations(round))?,
            };
            if round == 0 {
                // The first is for warmth alone.
                load(service.port, &file, CONNECTIONS, 1)?;
                continue;
            }
            let below = load(floor.port, &file, CONNECTIONS, self.args.seconds)?;
            figures.add(below, load(service.port, &file, CONNECTIONS, self.args.seconds)?);
            if let (Url::Postgres(url), UNCACHED) = (&self.url, row.settings) {
                figures.select.0.push(pgbench::rate(
                    &crate::server::of(url),
                    Script::SelectOnly,
                    CONNECTIONS,
                    self.args.seconds,
                )?);
            }
            if let Some(small) = &small {
                figures.small.0.push(load(small.port, &file, CONNECTIONS, self.args.seconds)?.rate);
            }
        }
        let ratio = figures.rate.by(&figures.floor);
        let (measured, below) = (short(figures.rate.median()), short(figures.floor.median()));
        let what = match figures.errors {
            0 => row.name.to_owned(),
            errors => format!("{} ({errors} errors)", row.name),
        };
        self.table.add(&what, &measured, &below, &ratio, Must::AtLeast(row.least))?;
        if let Some(most) = row.p99 {
            self.p99(row.name, &figures.p99, &figures.floor_p99, most)?;
        }
        if !figures.select.0.is_empty() {
            let (name, select) =
                (format!("{}: by pgbench's select-only", row.name), short(figures.select.median()));
            self.table.add(
                &name,
                &measured,
                &select,
                &figures.rate.by(&figures.select),
                Must::AtLeast(0.15),
            )?;
        }
        if !figures.small.0.is_empty() {
            let slower = figures.small.by(&figures.rate);
            let small = short(figures.small.median());
            self.table.add(
                &format!("{}: by the small city's", row.name),
                &measured,
                &small,
                &slower,
                Must::AtMost(1.15),
            )?;
        }
        Ok(())
    }

    pub fn p99(&mut self, name: &str, measured: &Rounds, floor: &Rounds, most: f64) -> Result<()> {
        let millis = |rounds: &Rounds| format!("{} ms", short(rounds.median() / 1000.0));
        self.table.add(
            &format!("{name}: p99"),
            &millis(measured),
            &millis(floor),
            &measured.by(floor),
            Must::AtMost(most),
        )
    }

    /// The first page and page 2,000 (or the last) of the big firm's reviews.
    fn pages(&mut self) -> Result<()> {
        say("reviews");
        let service = self.serve(&[])?;
        let first = format!("{}/reviews?limit=30", self.big_firm());
        let (mut path, mut page) = (first.clone(), 1);
        while page < 2_000 {
            let answer = service.get(&path, "")?;
            let answer: serde_json::Value = serde_json::from_slice(&answer.body)?;
            let Some(cursor) = answer.pointer("/page/next_cursor").and_then(serde_json::Value::as_str) else {
                break;
            };
            path = format!("{first}&cursor={cursor}");
            page += 1;
        }
        let files: Vec<PathBuf> = vec![self.file("first", &[get(first)])?, self.file("late", &[get(path)])?];
        let (mut early, mut late) = (Rounds::default(), Rounds::default());
        for _ in 0..self.args.rounds {
            let rate = |file: &Path| {
                Ok::<f64, Box<dyn std::error::Error + Send + Sync>>(
                    load(service.port, file, CONNECTIONS, self.args.seconds)?.rate,
                )
            };
            early.0.push(rate(&files[0])?);
            late.0.push(rate(&files[1])?);
        }
        // Neither may be the slower by more.
        let apart = Rounds(early.by(&late).0.into_iter().map(|ratio| ratio.max(1.0 / ratio)).collect());
        let name = format!("reviews: page 1 and page {page}, the faster by the slower");
        self.table.add(&name, &short(early.median()), &short(late.median()), &apart, Must::AtMost(1.2))
    }

    /// The evening of a hot key: all look up one firm, its residents search for it, and one request
    /// in a hundred is a rating of it.
    pub fn hot_key(&mut self) -> Result<()> {
        const ROW: &str = "a hot_key: the same, all of one firm";
        if !self.wants(ROW) {
            return Ok(());
        }
        say("a hot_key");
        let service = self.serve(&[])?;
        let floor = Service::floor(&self.answers(&service)?, &self.folder)?;
        let card = [get(self.big_firm())];
        let firm = &self.city.firms[BIG_FIRM];
        let (uscc, name) = (firm.uscc.to_string(), firm.short_name.clone());
        let searches = [name, uscc.clone()].map(|text| get(format!("/v1/firms?q={}", encoded(&text))));
        let mut figures = Figures::default();
        for round in 0..self.args.rounds {
            let mut ratings = self.ratings(u64::from(round));
            ratings.retain(|rating| rating.uscc == uscc);
            let puts = self.puts(&ratings)?;
            let file = self.file("hot_key", &self.shuffled(&puts, &searches, &card))?;
            let below = load(floor.port, &file, CONNECTIONS, self.args.seconds)?;
            figures.add(below, load(service.port, &file, CONNECTIONS, self.args.seconds)?);
        }
        self.table.add(
            &format!("{ROW} ({} errors)", figures.errors),
            &short(figures.rate.median()),
            &short(figures.floor.median()),
            &figures.rate.by(&figures.floor),
            self.mixture_must(),
        )
    }

    /// What a mixture of reads and ratings must reach of F1.
    fn mixture_must(&self) -> Must {
        match self.url {
            Url::Sqlite(_) => Must::AtLeast(0.75),
            Url::Postgres(_) => Must::AtLeast(0.65),
        }
    }

    /// One request in a hundred a rating, nine a search, the others a card: in no order.
    fn shuffled(
        &self,
        puts: &[[String; 5]],
        searches: &[[String; 5]],
        cards: &[[String; 5]],
    ) -> Vec<[String; 5]> {
        let (mut put, mut search, mut card) =
            (puts.iter().cycle(), searches.iter().cycle(), cards.iter().cycle());
        (0..60_000_u64)
            .filter_map(|n| match self.city.seed.below(96, n, 100) {
                0 => put.next(),
                1..10 => search.next(),
                _ => card.next(),
            })
            .cloned()
            .collect()
    }

    /// 90 % cards, 9 % searches, 1 % ratings.
    pub fn mixed(&mut self) -> Result<()> {
        if !self.wants("mixed") {
            return Ok(());
        }
        say("mixed");
        let service = self.serve(&[])?;
        let answers = self.answers(&service)?;
        let floor = Service::floor(&answers, &self.folder)?;
        let (idle, _) = service.memory()?;
        let (cards, searches) = (self.cards(), self.searches());
        let mut figures = Figures::default();
        let (mut looks, mut stale) = (0, 0);
        for round in 0..self.args.rounds {
            let ratings = self.ratings(u64::from(round));
            let watch = self.watch(&ratings)?;
            let mut puts = self.puts(&ratings)?;
            puts.retain(|[_, path, ..]| !path.contains(&watch.project));
            let file = self.file("mixed", &self.shuffled(&puts, &searches, &cards))?;
            let below = load(floor.port, &file, CONNECTIONS, self.args.seconds)?;
            let stop = AtomicBool::new(false);
            let (loaded, looked) = std::thread::scope(|scope| {
                let watching = scope.spawn(|| watch.look(&service, &stop));
                let loaded = load(service.port, &file, CONNECTIONS, self.args.seconds);
                stop.store(true, Ordering::Relaxed);
                (loaded, watching.join())
            });
            let (seen, old) = looked.map_err(|_| "the watch broke off")??;
            (looks, stale) = (looks + seen, stale + old);
            figures.add(below, loaded?);
        }
        let ratio = figures.rate.by(&figures.floor);
        let name = format!("mixed: 90 % cards, 9 % searches, 1 % ratings ({} errors)", figures.errors);
        self.table.add(
            &name,
            &short(figures.rate.median()),
            &short(figures.floor.median()),
            &ratio,
            self.mixture_must(),
        )?;
        let looks = format!("{looks} looks");
        self.table.add(
            "mixed: stale answers to who wrote",
            &stale.to_string(),
            &looks,
            &Rounds(vec![stale as f64]),
            Must::AtMost(0.0),
        )?;
        let (_, most) = service.memory()?;
        let memory = Rounds(vec![most as f64]);
        self.table.add(
            "resident memory under the mixed load, MiB",
            &most.to_string(),
            &format!("{idle} before"),
            &memory,
            Must::AtMost(150.0),
        )?;
        drop(service);
        let mut starts = Rounds::default();
        for _ in 0..self.args.rounds {
            starts.0.push(self.serve(&[])?.first_answer.as_secs_f64());
        }
        self.table.add("start to first answer, s", &short(starts.median()), "", &starts, Must::AtMost(1.0))
    }
}

fn tag_of(answer: &crate::floor::Answer) -> Option<String> {
    answer.headers.iter().find(|(name, _)| name == "etag").map(|(_, value)| value.clone())
}
