//! "Nothing that anyone but the writer can read, officials included, moves with a waiting rating."
//!
//! One random history over HTTP, polled throughout: every GET of the OpenAPI document, asked for by
//! everybody who may, bytes and headers. Within it no poll differs from the one before the last
//! rating. And it is played again over a copy of the same city: without a household of which
//! nothing was published (silence), and with the answers of two households of each increment
//! exchanged (exchange).

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_domain::access::{Audience, Operation, Role};
use xinwu_domain::rating::Dimension;
use xinwu_domain::word::Word;
use xinwu_openapi::lint;
use xinwu_openapi::permissions::Whose;
use xinwu_persistence::people::account::NewAccount;
use xinwu_persistence::schema::{evaluation, rating_increment, review};
use xinwu_store::schema::{audit, change};

use crate::harness::copies::Copy;
use crate::harness::database::TestDatabase;
use crate::harness::residents::Resident;
use crate::harness::world::{COMMUNITY, DISTRICT, STREET};
use crate::harness::{Backend, Call, TestApp, someone};
use crate::permissions::requests::request;
use crate::permissions::world::{Asker, World};

/// Days on which households rate, each with the step after it: two Mondays and two 1sts.
const HISTORY: [(&str, &str); 4] = [
    ("2026-11-22", "2026-11-23"),
    ("2026-11-25", "2026-11-30"),
    ("2026-11-30", "2026-12-01"),
    ("2026-12-28", "2027-01-01"),
];
/// How many households of each project rate: enough for a Monday, for a 1st, and for none.
const HOUSEHOLDS: [usize; 3] = [14, 7, 2];
/// How much is looked at again after each event.
const SAMPLE: usize = 6;
/// What a random history begins with.
const SEED: u64 = 18;

/// The same numbers each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        // A linear congruential generator, of which the upper half is used.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(limit).unwrap()).unwrap()
    }
}

/// A city before the history begins.
struct City {
    backend: Backend,
    database: TestDatabase,
    /// What is polled: whose account asks, and for what.
    polled: Vec<(Option<String>, String)>,
    /// The official who decides on what the screen held.
    street: String,
    /// Who rates, with the project that each does.
    households: Vec<(Resident, String)>,
}

/// What a household does on a day.
#[derive(Clone)]
struct Event {
    day: &'static str,
    household: usize,
    /// The answers; none takes them back.
    put: Option<Value>,
}

/// What an observer saw: of each moment each answer by its path.
type Seen = Vec<(String, BTreeMap<String, String>)>;

/// A history as it was played.
struct Played {
    seen: Seen,
    /// What each event was answered.
    answered: Vec<u16>,
    /// Of each step and project the households whose stars it published.
    published: BTreeMap<(&'static str, String), BTreeSet<usize>>,
    /// The households of which something may be public.
    shown: BTreeSet<usize>,
}

impl City {
    fn build(backend: Backend) -> City {
        let database = backend.fresh();
        let url = database.url.clone();
        let app = TestApp::start_with(backend, |config| config.database = url);
        let world = World::build(&app);
        let small = app.stage_of(&world.serving.uscc);
        let stages = [
            (&world.own.estate, &world.own.project),
            (&world.serving.estate, &world.serving.project),
            (&small.estate, &small.project),
        ];
        let mut households = Vec::new();
        for ((estate, project), count) in stages.into_iter().zip(HOUSEHOLDS) {
            let residents = app.neighbours(estate, count);
            households.extend(residents.into_iter().map(|resident| (resident, project.clone())));
        }
        let polled = polled(&app, &world);
        let street = official(&app, Role::Street, STREET);
        // Else its end would be told amid the history, by a notice whose id is of the moment.
        app.sql(&["UPDATE proposal SET until = '2027-12-31 00:00:00'".to_owned()], &world.serving.uscc);
        app.tick();
        // So would be what the clock and the steps do with cases, of which none is the rating of
        // anyone.
        let still = "UPDATE case_clock SET clock_at = NULL, draft_at = NULL, opened_counted = '2026-11-16', \
            timing_counted = '2026-11-16', end_counted = '2026-11-16'";
        app.sql(&[still.to_owned()], &world.serving.uscc);
        app.db().checkpoint().unwrap();
        drop(app);
        City { backend, database, polled, street, households }
    }

    /// Days of random events: most households rate or change what they said, some take it back. The
    /// first thinks better of it each time.
    fn history(&self, seed: u64) -> Vec<Event> {
        let mut dice = Dice(seed);
        let mut events = Vec::new();
        for (day, _) in HISTORY {
            let mut of_day: Vec<(usize, bool)> = vec![(0, true), (0, true), (0, false)];
            for household in 1..self.households.len() {
                for _ in 0..dice.below(3) {
                    of_day.insert(dice.below(of_day.len()), (household, dice.below(6) > 0));
                }
            }
            for (number, (household, gives)) in of_day.into_iter().enumerate() {
                let put = gives.then(|| {
                    let dimensions: serde_json::Map<String, Value> = Dimension::ALL
                        .into_iter()
                        .map(|each| (each.into_str().to_owned(), dice.below(10)))
                        .filter(|(_, stars)| *stars < 5)
                        .map(|(name, stars)| (name, json!(stars + 1)))
                        .collect();
                    let mut body = json!({"overall": dice.below(5) + 1, "dimensions": dimensions});
                    if dice.below(2) == 0 {
                        let held = if dice.below(4) == 0 { "，电话 139 0000 0000" } else { "" };
                        body["comment"] = json!(format!("意见{day}-{number}{held}"));
                    }
                    body
                });
                events.push(Event { day, household, put });
            }
        }
        events
    }

    /// Plays a history over a copy, without some of the households. The observer looks at
    /// everything at the end of each day and after each step; a careful one also before each day,
    /// and here and there after each event.
    fn play(&self, events: &[Event], without: &[usize], carefully: bool) -> Played {
        let copy = self.database.copied();
        let app = TestApp::start_with(self.backend, |config| config.database.clone_from(&copy.url));
        let mut seen = Seen::new();
        let mut dice = Dice(SEED);
        let mut answered = vec![0; events.len()];
        let mut published: BTreeMap<_, BTreeSet<usize>> = BTreeMap::new();
        let (mut shown, mut out, mut stands) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (day, step) in HISTORY {
            app.set_hour(day, 12);
            app.tick();
            // Once it is cached the headers also tell whether anything was invalidated since.
            self.look(&app);
            let before = if carefully { self.look(&app) } else { BTreeMap::new() };
            for (at, event) in events.iter().enumerate().filter(|(_, event)| event.day == day) {
                if !without.contains(&event.household) {
                    answered[at] = self.act(&app, event);
                    match answered[at] {
                        200 | 201 => stands.insert(event.household),
                        204 => stands.remove(&event.household),
                        _ => false,
                    };
                }
                for _ in 0..if carefully { SAMPLE } else { 0 } {
                    let (name, call) = self.ask(&app, dice.below(self.polled.len()));
                    assert_eq!(before[&name], answer(call), "event {at} of {day}: {name}");
                }
            }
            let after = self.look(&app);
            if carefully {
                assert_same(&before, &after, day);
            }
            seen.push((format!("{day} 12:00"), after));
            app.step_on(step);
            name_alike(&app);
            seen.push((format!("{step} 06:00"), self.look(&app)));
            let moved = moved_by(&app, step);
            for (household, (resident, project)) in self.households.iter().enumerate() {
                // A dimension comes out before the stars of the same rating, or after them.
                if stands.contains(&household) && moved.contains(project) {
                    shown.insert(household);
                }
                let own = app.get("/v1/me/ratings").token(&app.renewed(&resident.id)).expect(200).json();
                for item in own["items"].as_array().unwrap() {
                    if item["published"].is_string() && out.insert((household, item["month"].to_string())) {
                        published.entry((step, project.clone())).or_default().insert(household);
                    }
                }
            }
            self.decide(&app);
        }
        Played { seen, answered, published, shown }
    }

    fn act(&self, app: &TestApp, event: &Event) -> u16 {
        let (resident, project) = &self.households[event.household];
        let month = &event.day[..7];
        let call = match &event.put {
            Some(body) => app.rating(resident, project, month).json(body),
            None => app.taken_back(resident, project, month),
        };
        call.send().status
    }

    /// An official lets a held comment come out, with a later step.
    fn decide(&self, app: &TestApp) {
        let street = app.renewed(&self.street);
        let held = app.get("/v1/admin/reviews?status=held").token(&street).expect(200).json();
        let ours = |item: &&Value| item["text"].as_str().unwrap().starts_with("意见");
        if let Some(item) = held["items"].as_array().unwrap().iter().find(ours) {
            let path = format!("/v1/admin/reviews/{}/publish", item["id"].as_str().unwrap());
            let body = json!({"reason": "可以"});
            app.post(&path).token(&street).header("If-Match", "*").json(&body).expect(200);
        }
    }

    fn ask(&self, app: &TestApp, at: usize) -> (String, Call) {
        let (account, path) = &self.polled[at];
        let (who, call) = (account.as_deref().unwrap_or("anybody"), app.get(path));
        let call = if let Some(account) = account { call.token(&app.renewed(account)) } else { call };
        (format!("{path} by {who}"), call)
    }

    /// Everything that anyone but the writers can read.
    fn look(&self, app: &TestApp) -> BTreeMap<String, String> {
        let mut seen = BTreeMap::new();
        for at in 0..self.polled.len() {
            let (name, call) = self.ask(app, at);
            seen.insert(name, answer(call));
        }
        let rows = app.db().read_blocking(|conn| {
            let seq: Option<i64> = change::table.select(diesel::dsl::max(change::seq)).first(conn)?;
            // The looking itself leaves lines: of the rest each is counted.
            let done = audit::table.filter(audit::detail.not_like("{\"read\":%"));
            Ok((seq, done.count().get_result::<i64>(conn)?))
        });
        seen.insert("how far the feed and the audit have come".to_owned(), format!("{:?}", rows.unwrap()));
        seen
    }
}

/// Status, headers and body of an answer. The date is the machine's, whose clock no test holds, and
/// the number of a request is random: nothing else is left out. What browsers may see of the
/// headers is a set that each server writes in an order of its own.
///
/// The cursor of a copy is encrypted anew each time, and a snapshot's tag and length follow it: of
/// the one only how long it is may tell, and of the other the lines.
fn answer(call: Call) -> String {
    let mut reply = call.send();
    if !reply.bytes.is_empty() {
        let Copy { mut head, cursor, lines } = Copy::unpacked(&reply.bytes);
        head["cursor"] = json!(cursor.len());
        reply.text = format!("{head} {lines:?}");
        for name in ["etag", "content-length"] {
            reply.headers.remove(name);
        }
    } else if reply.text.starts_with("{\"items\"")
        && let Some(cursor) = reply.json()["cursor"].as_str()
    {
        reply.text = reply.text.replace(cursor, &cursor.len().to_string());
    }
    let mut headers: Vec<String> = reply
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "x-request-id" | "date"))
        .map(|(name, value)| {
            let mut parts: Vec<&str> = value.to_str().unwrap().split(", ").collect();
            if name == "access-control-expose-headers" {
                parts.sort_unstable();
            }
            format!("{name}: {}", parts.join(", "))
        })
        .collect();
    headers.sort();
    // A problem names its request.
    let text = reply.text.replace(reply.header("x-request-id"), "(its number)");
    format!("{} {text} {headers:?}", reply.status)
}

#[track_caller]
fn assert_same(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>, what: &str) {
    assert!(before.keys().eq(after.keys()));
    for (path, text) in before {
        let (here, there) = (text.as_bytes(), after[path].as_bytes());
        if let Some(at) = (0..here.len().max(there.len())).find(|at| here.get(*at) != there.get(*at)) {
            let around = |bytes: &[u8]| {
                let part = &bytes[at.saturating_sub(200).min(bytes.len())..(at + 200).min(bytes.len())];
                String::from_utf8_lossy(part).into_owned()
            };
            let head = (
                text.chars().take(900).collect::<String>(),
                after[path].chars().take(900).collect::<String>(),
            );
            panic!("{what}: {path}: at {at}\n{}\n{}\n\n{}\n{}", around(here), around(there), head.0, head.1);
        }
    }
}

#[track_caller]
fn assert_indistinguishable(one: &Played, other: &Played, what: &str) {
    assert_eq!(one.seen.len(), other.seen.len());
    for ((moment, here), (_, there)) in one.seen.iter().zip(&other.seen) {
        assert_same(here, there, &format!("{what}, {moment}"));
    }
}

/// The ids of comments are random, and so is their order by them; those of evaluations tell the
/// machine's time. They are named alike in both histories before anyone has asked for them, so that
/// what tells of them is equal to the byte as well.
fn name_alike(app: &TestApp) {
    app.db()
        .write_blocking(|tx| {
            let comments: Vec<(String, String)> = review::table
                .filter(review::comment.like("意见%").and(review::id.not_like("named-%")))
                .select((review::id, review::comment))
                .load(tx.conn)?;
            for (id, comment) in comments {
                let name: String = comment.chars().filter(char::is_ascii_alphanumeric).collect();
                let name = format!("named-{name}");
                diesel::update(review::table.find(&id)).set(review::id.eq(&name)).execute(tx.conn)?;
                let told = change::table.filter(change::entity.eq("review")).filter(change::entity_id.eq(id));
                diesel::update(told).set(change::entity_id.eq(name)).execute(tx.conn)?;
            }
            let began = "2026-11-22T00:00:00".parse::<chrono::NaiveDateTime>().unwrap();
            let evaluations: Vec<(String, String, String, i32)> = evaluation::table
                .filter(evaluation::as_of.gt(began).and(evaluation::id.not_like("named-%")))
                .select((evaluation::id, evaluation::subject_id, evaluation::scheme, evaluation::sequence))
                .load(tx.conn)?;
            for (id, subject, scheme, sequence) in evaluations {
                let name = evaluation::id.eq(format!("named-{subject}-{scheme}-{sequence}"));
                diesel::update(evaluation::table.find(id)).set(name).execute(tx.conn)?;
            }
            Ok(())
        })
        .unwrap();
}

/// The projects of which a step published something.
fn moved_by(app: &TestApp, step: &'static str) -> BTreeSet<String> {
    let projects: Vec<String> = app
        .db()
        .read_blocking(move |conn| {
            let of_step = rating_increment::table.filter(rating_increment::step.eq(step));
            Ok(of_step.select(rating_increment::project_id).load(conn)?)
        })
        .unwrap();
    projects.into_iter().collect()
}

/// An account of an official; gives its id.
fn official(app: &TestApp, role: Role, place: &str) -> String {
    let new = NewAccount { place: Some(place.to_owned()), can_confirm: true, ..someone(role) };
    app.account(new).0
}

/// Every GET of the document with every parameter that has a list of values, by everybody who may
/// ask: whatever is added to the document is polled too, and what its path is filled with is said
/// in the table of permissions.
fn polled(app: &TestApp, world: &World) -> Vec<(Option<String>, String)> {
    let resident = app.neighbour(&world.own.estate);
    let of_firm = NewAccount { uscc: Some(world.own.uscc.clone()), ..someone(Role::Firm) };
    let of_manager = NewAccount { manager_id: Some(world.own.manager.clone()), ..someone(Role::Manager) };
    let accounts = [
        (Role::Community, official(app, Role::Community, COMMUNITY)),
        (Role::Street, official(app, Role::Street, STREET)),
        (Role::District, official(app, Role::District, DISTRICT)),
        (Role::City, official(app, Role::City, "2102")),
        (Role::Firm, app.account(of_firm).0),
        (Role::Manager, app.account(of_manager).0),
        (Role::Admin, app.account(someone(Role::Admin)).0),
        // A neighbour who does not rate.
        (Role::Resident, resident.id.clone()),
    ];
    let document = xinwu_openapi::inlined(&xinwu_openapi::document().unwrap());
    let mut all = Vec::new();
    for each in lint::operations(&document).into_iter().filter(|each| each.method == "get") {
        let operation = Operation::parse(each.id().unwrap()).unwrap();
        let (filled, query) = match operation {
            // What was done until the history begins: the looking itself leaves lines, and that
            // there are no others since is counted (`look`).
            Operation::ListAudit => (each.path.to_owned(), "?limit=100&to=2026-11-21".to_owned()),
            // Nobody else's is to be seen, and the table's asker rates.
            Operation::GetRating => (
                each.path.replace("{project}", &world.own.project).replace("{month}", "2026-11"),
                String::new(),
            ),
            _ => {
                let asker = Asker { role: None, token: None, residence: String::new() };
                let filler = request(app, world, (operation, each.path), Whose::Own, &asker);
                (fill(each.path, &filler.segments), filler.query)
            }
        };
        let variants = variants(&document, each.operation, &filled, &query);
        let roles = match operation.audience() {
            Audience::Roles(roles) => Some(roles),
            Audience::Public | Audience::SignedIn => None,
        };
        let is_public = each.operation["security"].as_array().unwrap().contains(&json!({}));
        // For whoever is signed in, all of them.
        let signed_in = [
            "/v1/me",
            "/v1/me/notices",
            "/v1/me/follows",
            "/v1/estates/{code}/dwellings",
            "/v1/departments",
            "/v1/departments/{code}",
        ]
        .contains(&each.path);
        assert!(is_public || roles.is_some() || signed_in, "{}: who may ask?", each.path);
        let mut askers: Vec<Option<String>> = accounts
            .iter()
            .filter(|(role, _)| roles.map_or(!is_public, |roles| roles.contains(role)))
            .map(|(_, account)| Some(account.clone()))
            .collect();
        if is_public {
            askers.insert(0, None);
        }
        all.extend(askers.iter().map(|asker| (asker.clone(), format!("{filled}{query}"))));
        // Parts of the same list: whoever reaches furthest asks for them.
        let last = askers.last().unwrap();
        all.extend(variants.into_iter().map(|path| (last.clone(), path)));
    }
    all.extend(["/livez", "/readyz"].map(|path| (None, path.to_owned())));
    all
}

fn fill(path: &str, segments: &[String]) -> String {
    let mut segments = segments.iter();
    let parts = path.split('/').map(|part| match part.starts_with('{') {
        true => segments.next().unwrap_or_else(|| panic!("{path} needs more segments")).clone(),
        false => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// A path counted, in pages of one, and with each value of what has a list of them.
fn variants(document: &Value, operation: &Value, path: &str, query: &str) -> BTreeSet<String> {
    let and = |more: String| match query {
        "" => format!("{path}?{more}"),
        query => format!("{path}{query}&{more}"),
    };
    let mut all = BTreeSet::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        if parameter["in"] != "query" || query.contains(&format!("{name}=")) {
            continue;
        }
        let mut schema = &parameter["schema"];
        while let Some(reference) = schema["$ref"].as_str() {
            schema = document.pointer(&reference[1..]).unwrap();
        }
        let values = schema["enum"].as_array().into_iter().flatten();
        all.extend(values.map(|value| and(format!("{name}={}", value.as_str().unwrap()))));
        match name {
            "count" => all.extend([and("count=true&limit=1".to_owned())]),
            "from" if path.ends_with("/ratings") => {
                all.extend(["from=2026-11&to=2026-11", "from=2026-01"].map(|span| and(span.to_owned())));
            }
            "as_of" => all.extend([and("as_of=2026-11-21T02:00:00Z".to_owned())]),
            "period" => all.extend([and("period=2026".to_owned()), and("period=2026-Q4".to_owned())]),
            "sort" if path == "/v1/firms" => {
                all.extend(["sort=-service", "sort=service"].map(|sort| and(sort.to_owned())));
            }
            _ => {}
        }
    }
    all
}

/// Another history: of each increment the stars of two households are exchanged.
fn exchanged(base: &Played, events: &[Event], dice: &mut Dice) -> Vec<Event> {
    let mut changed = events.to_vec();
    for ((step, _), together) in &base.published {
        let stars = |at: usize| events[at].put.as_ref().unwrap()["overall"].clone();
        // What came out is what was said last.
        let last = |household: &usize| {
            let is_last = |at: &usize| {
                let event = &events[*at];
                let was_taken = matches!(base.answered[*at], 200 | 201) && event.put.is_some();
                event.household == *household && event.day < *step && was_taken
            };
            (0..events.len()).rev().find(is_last).unwrap()
        };
        let said: Vec<usize> = together.iter().map(last).collect();
        let one = said[dice.below(said.len())];
        let others: Vec<usize> = said.into_iter().filter(|other| stars(*other) != stars(one)).collect();
        let other = others[dice.below(others.len())];
        changed[one].put.as_mut().unwrap()["overall"] = stars(other);
        changed[other].put.as_mut().unwrap()["overall"] = stars(one);
    }
    changed
}

fn silence_and_exchange(backend: Backend) {
    let city = City::build(backend);
    let events = city.history(SEED);
    let base = city.play(&events, &[], true);
    // A Monday and a 1st have published, of two projects.
    let steps: BTreeSet<&str> = base.published.keys().map(|(step, _)| *step).collect();
    assert!(steps.contains("2026-12-01") && steps.len() >= 3, "{:?}", base.published);

    let silent: Vec<usize> =
        (0..city.households.len()).filter(|household| !base.shown.contains(household)).collect();
    // Who took it back each time, and who waited with too few.
    assert!(silent.contains(&0) && silent.len() >= 3, "{silent:?}");
    let without = city.play(&events, &silent, false);
    for (at, event) in events.iter().enumerate().filter(|(_, event)| !silent.contains(&event.household)) {
        assert_eq!(base.answered[at], without.answered[at], "{} {}", event.day, event.household);
    }
    assert_indistinguishable(&base, &without, "silence");

    let exchanged = city.play(&exchanged(&base, &events, &mut Dice(SEED)), &[], false);
    assert_indistinguishable(&base, &exchanged, "exchange");
}

#[test]
fn one_history_is_polled_and_tells_of_no_rating_sqlite() {
    silence_and_exchange(Backend::Sqlite);
}

#[test]
fn one_history_is_polled_and_tells_of_no_rating_postgres() {
    silence_and_exchange(Backend::Postgres);
}
