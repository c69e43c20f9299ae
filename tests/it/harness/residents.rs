//! Residents and their ratings.

use chrono::{NaiveDate, NaiveTime};
use diesel::prelude::*;
use serde_json::{Value, json};
use xinwu_domain::calendar::{DEFAULT_ZONE, Month, instant_of};
use xinwu_domain::entity::Entity;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_persistence::credit::current_grade;
use xinwu_persistence::schema::{project, rating_increment, rating_step, review};

use super::world::COMMUNITY;
use super::{Call, Reply, TestApp, unique};

/// A project with its estate and its firm.
pub struct Stage {
    pub uscc: String,
    pub estate: String,
    pub project: String,
}

/// A resident.
pub struct Resident {
    pub id: String,
    pub token: String,
    pub phone: String,
    pub household: String,
    pub room: String,
}

impl TestApp {
    /// A firm's project in an estate of 中山区.
    pub fn stage(&self) -> Stage {
        let uscc = self.firm(&format!("测试物业{}", unique()));
        self.stage_of(&uscc)
    }

    /// Another project of a firm.
    pub fn stage_of(&self, uscc: &str) -> Stage {
        let estate = self.estate(COMMUNITY, EstateKind::Professional);
        let project = self.project(&estate, uscc);
        Stage { uscc: uscc.to_owned(), estate, project }
    }

    /// A verified resident of a new household of the estate.
    pub fn neighbour(&self, estate: &str) -> Resident {
        let number = unique();
        let (phone, room) = (format!("139{:08}", 70_000_000 + number), format!("R{number}Q"));
        let household = self.household(estate, &room, &[&phone]);
        let (id, token) = self.resident(&phone);
        self.claim(&token, estate, &room).expect(201);
        Resident { id, token, phone, household, room }
    }

    /// Several of them.
    pub fn neighbours(&self, estate: &str, count: usize) -> Vec<Resident> {
        (0..count).map(|_| self.neighbour(estate)).collect()
    }

    pub fn claim(&self, token: &str, estate: &str, room: &str) -> Call {
        let body = json!({"estate": estate, "building": "1", "unit": "1", "room": room});
        self.post("/v1/me/residences").token(token).json(&body)
    }

    #[track_caller]
    pub fn rate(&self, resident: &Resident, project: &str, month: &str, overall: i64) -> Reply {
        let reply = self.rating(resident, project, month).json(&json!({"overall": overall})).send();
        assert!(matches!(reply.status, 200 | 201), "{}", reply.text);
        reply
    }

    /// Each rates with so many stars.
    #[track_caller]
    pub fn rate_all(&self, residents: &[Resident], project: &str, month: &str, stars: &[i64]) {
        assert_eq!(residents.len(), stars.len());
        for (resident, overall) in residents.iter().zip(stars) {
            self.rate(resident, project, month, *overall);
        }
    }

    pub fn rating(&self, resident: &Resident, project: &str, month: &str) -> Call {
        self.put(&rating_path(project, month)).token(&self.renewed(&resident.id))
    }

    pub fn own_rating(&self, resident: &Resident, project: &str, month: &str) -> Call {
        self.get(&rating_path(project, month)).token(&self.renewed(&resident.id))
    }

    pub fn taken_back(&self, resident: &Resident, project: &str, month: &str) -> Call {
        self.delete(&rating_path(project, month)).token(&self.renewed(&resident.id))
    }

    /// An access token of now, for an account whose first one has expired since the clock was set.
    pub fn renewed(&self, account_id: &str) -> String {
        let session = format!("session-{account_id}");
        self.keys().issue(account_id, &session, 1, "", self.now()).unwrap()
    }

    pub fn project_ratings(&self, project: &str) -> Value {
        self.get(&format!("/v1/projects/{project}/ratings")).expect(200).json()
    }

    pub fn firm_ratings(&self, uscc: &str) -> Value {
        self.get(&format!("/v1/firms/{uscc}/ratings")).expect(200).json()
    }

    /// A comment of a month that is over: `published`, or `held` for officials. Gives its id.
    pub fn review(&self, project: &str, uscc: &str, state: &'static str) -> String {
        let id = xinwu_store::Random.timeless_id();
        let (key, project, uscc) = (id.clone(), project.to_owned(), uscc.to_owned());
        let write = move |tx: &mut xinwu_store::Tx<'_>| {
            let held_reason = (state == "held").then_some("phone_number");
            diesel::insert_into(review::table)
                .values((
                    review::id.eq(&key),
                    review::project_id.eq(&project),
                    review::uscc.eq(&uscc),
                    review::month.eq("2026-10"),
                    review::comment.eq("楼道很干净"),
                    review::state.eq(state),
                    review::held_reason.eq(held_reason),
                    review::is_out.eq(held_reason.is_none()),
                    review::version.eq(1_i64),
                ))
                .execute(tx.conn)?;
            tx.changed(Entity::Review, &key);
            tx.changed(Entity::Project, &project);
            tx.changed(Entity::Firm, &uscc);
            Ok(())
        };
        self.db().write_blocking(write).unwrap();
        id
    }

    /// Sets the clock to a day's 06:00 in the city, when steps are due, and does what is due by
    /// then. Of the steps before that were not made this is the one that is.
    pub fn step_on(&self, day: &str) {
        // The first tick of a database only notes from when on steps are due.
        self.tick();
        self.set_hour(day, 6);
        self.tick();
    }

    /// Makes each step from the day after the clock's to this one, in its time.
    pub fn steps_to(&self, day: &str) {
        let until: NaiveDate = day.parse().unwrap();
        let today = self.now().with_timezone(&DEFAULT_ZONE).date_naive();
        for day in today.iter_days().skip(1).take_while(|day| *day <= until) {
            self.step_on(&day.to_string());
        }
    }

    /// Sets the clock to an hour of a day in the city.
    pub fn set_hour(&self, day: &str, hour: u32) {
        let time = NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        self.clock.set(instant_of(day.parse().unwrap(), time, DEFAULT_ZONE));
    }

    /// Publishes ratings of 1 to 5 stars of a project as the increment of a month: for tests that
    /// need figures and not who rated. A month that is over is closed with it.
    pub fn increment(&self, project: &str, month: &str, stars: [i32; 5]) {
        self.increment_with(project, month, stars, (0, 0));
    }

    /// The same, with so many answers about cleaning and their stars together.
    pub fn increment_with(&self, project: &str, month: &str, stars: [i32; 5], cleaning: (i32, i32)) {
        let (project, month) = (project.to_owned(), month.parse::<Month>().unwrap());
        let is_over = month < Month::of(self.now(), DEFAULT_ZONE);
        let write = move |tx: &mut xinwu_store::Tx<'_>| {
            let [one, two, three, four, five] = stars;
            let closing = month.next().unwrap().first_day();
            let today = tx.now.with_timezone(&DEFAULT_ZONE).date_naive();
            let step = if is_over { closing } else { today }.to_string();
            let taken: i64 = rating_increment::table
                .filter(rating_increment::project_id.eq(&project).and(rating_increment::step.eq(&step)))
                .count()
                .get_result(tx.conn)?;
            let burst = if taken > 0 { taken.to_string() } else { String::new() };
            diesel::insert_into(rating_increment::table)
                .values((
                    (
                        rating_increment::project_id.eq(&project),
                        rating_increment::step.eq(&step),
                        rating_increment::burst.eq(&burst),
                        rating_increment::month.eq(month.to_string()),
                        rating_increment::need.eq(1),
                        rating_increment::published_at.eq(tx.now_utc()),
                        rating_increment::one.eq(one),
                        rating_increment::two.eq(two),
                        rating_increment::three.eq(three),
                        rating_increment::four.eq(four),
                        rating_increment::five.eq(five),
                    ),
                    (
                        rating_increment::cleaning_count.eq(cleaning.0),
                        rating_increment::cleaning_sum.eq(cleaning.1),
                        rating_increment::security_count.eq(0),
                        rating_increment::security_sum.eq(0),
                        rating_increment::greening_count.eq(0),
                        rating_increment::greening_sum.eq(0),
                        rating_increment::maintenance_count.eq(0),
                        rating_increment::maintenance_sum.eq(0),
                        rating_increment::attitude_count.eq(0),
                        rating_increment::attitude_sum.eq(0),
                        // No rows are theirs, as after a restore.
                        rating_increment::restored.eq(true),
                    ),
                ))
                .execute(tx.conn)?;
            let made: i64 = rating_step::table.find(&step).count().get_result(tx.conn)?;
            if is_over && made == 0 {
                diesel::insert_into(rating_step::table)
                    .values((
                        rating_step::step.eq(&step),
                        rating_step::is_first.eq(true),
                        rating_step::need.eq(5),
                        rating_step::began_at.eq(tx.now_utc()),
                        rating_step::covers.eq(tx.now_utc()),
                        rating_step::done_at.eq(Some(tx.now_utc())),
                        rating_step::closes.eq(Some(month.to_string())),
                    ))
                    .execute(tx.conn)?;
            }
            let uscc: Option<String> = project::table.find(&project).select(project::uscc).first(tx.conn)?;
            let subject = Subject::project(&project);
            current_grade::refresh_tally(tx, &subject)?;
            if let Some(uscc) = uscc {
                current_grade::refresh_tally(tx, &Subject::firm(&uscc))?;
            }
            if is_over {
                tx.facts_changed(subject, Cause::of(CauseKind::Ratings, month.to_string()));
            }
            Ok(())
        };
        self.db().write_blocking(write).unwrap();
    }
}

pub fn rating_path(project: &str, month: &str) -> String {
    format!("/v1/me/ratings/{project}/{month}")
}
