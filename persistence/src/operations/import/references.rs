//! What rows name: looked up together for all the rows of one write, so that a row is told all its
//! faults and no row costs a statement of its own.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::Warrant;
use xinwu_domain::import::{ReadRow, Reference, Referent};
use xinwu_domain::kind::Kind;
use xinwu_domain::refusal::Refusal;
use xinwu_domain::text::Text;
use xinwu_domain::typed;
use xinwu_store::{Col, Conn, Result};

use crate::credit::scheme;
use crate::registers::place::{at_or_below, from_json};
use crate::schema::{estate, firm, manager, place, place_ancestor, project};

/// Those that a text may mean and that are told when they are several.
const TOLD: usize = 5;

/// Why what a row names is not there: a code and words.
pub(super) type Unknown = (&'static str, Text);

/// What the rows of one write name, as far as it is there.
pub(super) struct References {
    places: HashSet<String>,
    /// Where each is registered.
    firms: HashMap<String, String>,
    /// Where each lies.
    estates: HashMap<String, String>,
    managers: Vec<Manager>,
    projects: HashMap<String, Project>,
    meant: Meant,
    /// The places of all these that the actor reaches.
    reached: HashSet<String>,
}

/// The estates that each text means, by code or name.
type Meant = HashMap<String, Vec<Estate>>;

struct Manager {
    id: String,
    name: String,
    uscc: Option<String>,
}

struct Project {
    estate: String,
    place: String,
    starts_on: NaiveDate,
    ends_on: Option<NaiveDate>,
}

#[derive(Clone)]
struct Estate {
    code: String,
    name: String,
    place: String,
}

impl References {
    pub(super) fn load(conn: &mut Conn, warrant: &Warrant, rows: &[ReadRow]) -> Result<References> {
        let named = |wanted: fn(&Referent) -> bool| -> BTreeSet<&str> {
            let all = rows.iter().flat_map(|row| &row.references);
            all.filter(|each| wanted(&each.to)).map(|each| each.id.as_str()).collect()
        };
        let places: Vec<String> = place::table
            .filter(place::code.eq_any(named(|to| matches!(to, Referent::Place))))
            .select(place::code)
            .load(conn)?;
        let firms: Vec<(String, String)> = firm::table
            .filter(firm::uscc.eq_any(named(|to| matches!(to, Referent::Firm))))
            .select((firm::uscc, firm::registered_place))
            .load(conn)?;
        let estates: Vec<(String, String)> = estate::table
            .filter(estate::code.eq_any(named(|to| matches!(to, Referent::Estate))))
            .select((estate::code, estate::place))
            .load(conn)?;
        let managers = named(|to| matches!(to, Referent::Manager { .. }));
        let managers: Vec<(String, String, Option<String>)> = manager::table
            .filter(manager::retired_on.is_null())
            .filter(manager::id.eq_any(&managers).or(manager::name.eq_any(&managers)))
            .order(manager::id)
            .select((manager::id, manager::name, manager::uscc))
            .load(conn)?;
        let (projects, meant) = projects(conn, warrant, &named(|to| matches!(to, Referent::Project)))?;
        let mut found = References {
            places: places.into_iter().collect(),
            firms: firms.into_iter().collect(),
            estates: estates.into_iter().collect(),
            managers: managers.into_iter().map(|(id, name, uscc)| Manager { id, name, uscc }).collect(),
            projects,
            meant,
            reached: HashSet::new(),
        };
        found.reached = found.reached(conn, warrant)?;
        Ok(found)
    }

    /// The places of what was found that the actor reaches ([`require_reach`]).
    fn reached(&self, conn: &mut Conn, warrant: &Warrant) -> Result<HashSet<String>> {
        let places: BTreeSet<&String> = (self.places.iter())
            .chain(self.firms.values())
            .chain(self.estates.values())
            .chain(self.projects.values().map(|project| &project.place))
            .chain(self.meant.values().flatten().map(|estate| &estate.place))
            .collect();
        let Some(own) = warrant.place() else { return Ok(places.into_iter().cloned().collect()) };
        let within: Vec<String> = place_ancestor::table
            .filter(place_ancestor::ancestor.eq(own))
            .filter(place_ancestor::place.eq_any(places))
            .select(place_ancestor::place)
            .load(conn)?;
        Ok(within.into_iter().collect())
    }

    /// The id of what a row names, where the file names it in another way. `days` are the first and
    /// the last that the row is about; `None` if they could not be read.
    pub(super) fn resolve(
        &self,
        reference: &Reference,
        days: Option<(NaiveDate, NaiveDate)>,
    ) -> Result<std::result::Result<Option<String>, Unknown>> {
        let id = &reference.id;
        let (place, kind) = match &reference.to {
            Referent::Place => (self.places.get(id), Kind::Place),
            Referent::Firm => (self.firms.get(id), Kind::Firm),
            Referent::Estate => (self.estates.get(id), Kind::Estate),
            Referent::Category if scheme::catalogue()?.get(id).is_some() => return Ok(Ok(None)),
            Referent::Category => {
                let text = Text::new("目录中没有这个分类", "The catalogue has no such category");
                return Ok(Err(("unknown_category", text)));
            }
            Referent::Manager { of } => return Ok(self.manager(id, of.as_deref()).map(Some)),
            Referent::Project => return Ok(self.project(reference, days)),
        };
        Ok(match place {
            Some(place) => self.within(reference, place).map(|()| None),
            None => Err(kind.unknown()),
        })
    }

    fn within(&self, reference: &Reference, place: &str) -> std::result::Result<(), Unknown> {
        match Refusal::out_of_reach() {
            Refusal::Forbidden { code, detail } if reference.is_within && !self.reached.contains(place) => {
                Err((code, detail))
            }
            _ => Ok(()),
        }
    }

    fn manager(&self, named: &str, of: Option<&str>) -> std::result::Result<String, Unknown> {
        if let Some(found) = self.managers.iter().find(|manager| manager.id == named) {
            return Ok(found.id.clone());
        }
        let mut found = self
            .managers
            .iter()
            .filter(|manager| of.is_some() && manager.name == named && manager.uscc.as_deref() == of);
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one.id.clone()),
            (None, _) => Err(Kind::Manager.unknown()),
            (Some(one), Some(other)) => {
                let ids = [one.id.as_str(), other.id.as_str()];
                Err((
                    "ambiguous_manager",
                    Text::new(
                        format!("该企业有多位同名的项目经理，请填写其编号：{}", ids.join("、")),
                        format!(
                            "The firm has several managers of this name; give the id: {}",
                            ids.join(", ")
                        ),
                    ),
                ))
            }
        }
    }

    /// By its id; else the one project that serves the estate meant on the row's days.
    fn project(
        &self,
        reference: &Reference,
        days: Option<(NaiveDate, NaiveDate)>,
    ) -> std::result::Result<Option<String>, Unknown> {
        let named = &reference.id;
        if let Some(project) = self.projects.get(named) {
            return self.within(reference, &project.place).map(|()| None);
        }
        let estate = match self.meant.get(named).map(Vec::as_slice).unwrap_or_default() {
            [estate] => estate,
            [] => {
                let text = Text::new(
                    "没有这个项目，也没有该代码或名称的小区",
                    "There is no such project, nor an estate with this code or name",
                );
                return Err(("unknown_project", text));
            }
            several => {
                let of = |estate: &Estate| format!("{}（{}）", estate.name, estate.code);
                let listed = listed(several.iter().map(of));
                let text = Text::new(
                    format!("该名称对应多个小区，请填写小区代码：{listed}"),
                    format!("Several estates have this name; give the code: {listed}"),
                );
                return Err(("ambiguous_project", text));
            }
        };
        self.within(reference, &estate.place)?;
        let Some((first, last)) = days else { return Ok(None) };
        let mut serving: Vec<(&String, &Project)> = self
            .projects
            .iter()
            .filter(|(_, project)| project.estate == estate.code)
            .filter(|(_, project)| project.starts_on <= last)
            .filter(|(_, project)| project.ends_on.is_none_or(|end| end >= first))
            .collect();
        serving.sort_by_key(|(_, project)| project.starts_on);
        match serving.as_slice() {
            [(id, _)] => Ok(Some((*id).clone())),
            [] => Err((
                "unknown_project",
                Text::new(
                    format!("小区{}当时没有物业服务项目", estate.code),
                    format!("The estate {} had no project then", estate.code),
                ),
            )),
            several => {
                let of = |(id, project): &(&String, &Project)| format!("{id}（{}）", project.starts_on);
                let listed = listed(several.iter().map(of));
                let text = Text::new(
                    format!("该小区当时有多个项目，请填写项目编号：{listed}"),
                    format!("Several projects served the estate then; give the id: {listed}"),
                );
                Err(("ambiguous_project", text))
            }
        }
    }
}

/// The projects that the texts name, by id, with those of the estates that they name otherwise.
fn projects(
    conn: &mut Conn,
    warrant: &Warrant,
    named: &BTreeSet<&str>,
) -> Result<(HashMap<String, Project>, Meant)> {
    let with_place = || {
        project::table.inner_join(estate::table.on(estate::code.eq(project::estate))).select((
            project::id,
            project::estate,
            estate::place,
            project::starts_on,
            project::ends_on,
        ))
    };
    let by_id: Vec<ProjectRow> = with_place().filter(project::id.eq_any(named)).load(conn)?;
    let others: BTreeSet<&str> =
        named.iter().copied().filter(|text| !by_id.iter().any(|row| row.0 == *text)).collect();
    let meant = estates(conn, warrant, &others)?;
    let codes: BTreeSet<&String> = meant.values().flatten().map(|estate| &estate.code).collect();
    let by_estate = with_place().filter(project::estate.eq_any(codes)).filter(project::retired_on.is_null());
    let by_estate: Vec<ProjectRow> = by_estate.load(conn)?;
    let projects = by_id.into_iter().chain(by_estate).map(|(id, estate, place, starts_on, ends_on)| {
        (id, Project { estate, place, starts_on: starts_on.0, ends_on: ends_on.map(|day| day.0) })
    });
    Ok((projects.collect(), meant))
}

type ProjectRow = (String, String, String, Col<NaiveDate>, Option<Col<NaiveDate>>);

/// The estates that each text means: the one with that code, else those in the actor's jurisdiction
/// with that name, former names included.
fn estates(conn: &mut Conn, warrant: &Warrant, named: &BTreeSet<&str>) -> Result<Meant> {
    let mut meant = Meant::new();
    if named.is_empty() {
        return Ok(meant);
    }
    let written = |form: fn(&str) -> String| -> HashMap<String, Vec<&str>> {
        named.iter().fold(HashMap::new(), |mut forms, text| {
            forms.entry(form(text)).or_insert_with(Vec::new).push(*text);
            forms
        })
    };
    let codes = written(typed::code);
    let found: Vec<(String, String, String)> = estate::table
        .filter(estate::code.eq_any(codes.keys()))
        .select((estate::code, estate::name, estate::place))
        .load(conn)?;
    for (code, name, place) in found {
        let estate = Estate { code, name, place };
        for text in codes.get(&estate.code).into_iter().flatten() {
            meant.insert((*text).to_owned(), vec![estate.clone()]);
        }
    }
    let mut names = written(typed::search);
    names.retain(|name, texts| {
        texts.retain(|text| !meant.contains_key(*text));
        !name.is_empty() && !texts.is_empty()
    });
    if names.is_empty() {
        return Ok(meant);
    }
    let mut within = estate::table
        .filter(estate::retired_on.is_null())
        .order(estate::code)
        .select((estate::code, estate::name, estate::place, estate::aliases))
        .into_boxed();
    if let Some(own) = warrant.place() {
        within = within.filter(estate::place.eq_any(at_or_below(own.to_owned())));
    }
    // A city has some thousands: names are compared as people search for them, which no index does.
    let all: Vec<(String, String, String, String)> = within.load(conn)?;
    for (code, name, place, aliases) in all {
        let mut called: BTreeSet<String> =
            from_json::<Vec<String>>(&aliases)?.iter().map(|alias| typed::search(alias)).collect();
        called.insert(typed::search(&name));
        let estate = Estate { code, name, place };
        // Two names of one estate may be one text's.
        let texts: BTreeSet<&str> =
            called.iter().filter_map(|each| names.get(each)).flatten().copied().collect();
        for text in texts {
            meant.entry(text.to_owned()).or_default().push(estate.clone());
        }
    }
    Ok(meant)
}

fn listed(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = if items.len() > TOLD { "…" } else { "" };
    items.take(TOLD).collect::<Vec<_>>().join("、") + more
}
