//! Ratings that wait for a step, written straight into the table as residents would have given
//! them: under the names that the month's key makes.

use indicatif::ProgressBar;
use xinwu_api::secrets::Secrets;
use xinwu_domain::calendar::Month;
use xinwu_store::{Db, Url};

use super::bulk::{Bulk, Table, V};
use super::city::{City, Project};
use super::people::{SECRET, dwelling, phone};
use super::ratings::{WITH_COMMENT, dimensions, stars};
use super::registers::keys;
use crate::Result;

/// Of ten projects one has too few ratings for an increment, and one too few of each dimension.
const FEW: [u64; 2] = [3, 8];

const RATING: Table = Table {
    name: "rating",
    columns: "dwelling,person,project_id,month,stars,cleaning,security,greening,maintenance,attitude,out,rolled",
};
const COMMENT: Table = Table { name: "rating_comment", columns: "writer,project_id,month,comment" };

/// Lets so many households of a city rate in a month, in proportion to the estates' residents.
pub fn wait_with(url: &Url, db: &Db, city: &City, month: Month, ratings: u64) -> Result<()> {
    let keys = keys()?;
    let key = db.write_blocking(move |tx| keys.make(tx, month))?.ok_or("the month's key is forgotten")?;
    let secrets = Secrets::from_data_key(SECRET.as_bytes())?;
    let open: Vec<&Project> = city.projects.iter().filter(|project| project.ends_on.is_none()).collect();
    let few = |at: usize| FEW.get(at % 10).copied();
    let others = || open.iter().enumerate().filter(|(at, _)| few(*at).is_none());
    let residents: u64 = others().map(|(_, project)| city.estates[project.estate].accounts).sum();
    let of_few: u64 = (0..open.len()).filter_map(few).sum();
    let (name, progress) = (month.to_string(), ProgressBar::hidden());
    let mut bulk = Bulk::beside(url, &progress)?;
    let (mut before, mut n) = (0, 0);
    for (at, project) in open.iter().enumerate() {
        let estate = &city.estates[project.estate];
        let share = |residents_before: u64| residents_before * (ratings - of_few) / residents.max(1);
        let count = few(at).unwrap_or_else(|| {
            let so_far = share(before);
            before += estate.accounts;
            share(before) - so_far
        });
        for number in 0..count {
            let home = key.dwelling(&project.id, &estate.code, &dwelling(number));
            let hash = secrets.phone_hash(&phone(estate.first_household + number));
            let person = key.person(&project.id, &hash);
            let chance = city.seed.at(59, n);
            n += 1;
            let overall = stars(city.firms[project.firm].tier, chance % 200);
            let given =
                dimensions(chance >> 8, overall).map(|stars| if stars == 0 { V::N } else { V::I(stars) });
            let mut row =
                vec![V::Y(&home), V::Y(&person), V::T(&project.id), V::T(&name), V::I(overall as i64)];
            row.extend(given);
            row.extend([V::I(0), V::I(0)]);
            bulk.row(&RATING, &row)?;
            if chance >> 40 < (1 << 24) * WITH_COMMENT / 100 {
                let writer = key.writer(&project.id, &home);
                let words = V::T("报修后当天就来人了，态度也好。");
                bulk.row(&COMMENT, &[V::Y(&writer), V::T(&project.id), V::T(&name), words])?;
            }
        }
    }
    bulk.close()
}
