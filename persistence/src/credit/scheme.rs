//! The rules in force: the versions of schemes, kept whole as text, read once and held in memory.

pub mod draft;
mod memory;
pub mod simulation;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock, RwLock};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use serde_json::json;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::calendar::{day_of, start_of_day};
use xinwu_domain::catalogue::Catalogue;
use xinwu_domain::credit::{SchemeVersionView, SchemeView, VersionState, VersionSummary, version_view};
use xinwu_domain::kind::Kind;
use xinwu_domain::page::{Keys, Listed, Window};
use xinwu_domain::refusal::Refusal;
use xinwu_domain::scheme::{Fault, Scheme};
use xinwu_domain::subject::{Subject, SubjectKind};

pub use memory::Rulebooks;

use xinwu_domain::entity::Entity;
use xinwu_store::{Col, Conn, Result, StoreError, Tx};

use crate::city::{self, CitySettings};
use crate::credit::evaluation::places::Places;
use crate::schema::{place, scheme_version};

/// The scheme files that come with the program.
const SHIPPED: &[&str] = &[
    include_str!("../../../schemes/dalian-demo/1.toml"),
    include_str!("../../../schemes/guancheng-star/1.toml"),
    include_str!("../../../schemes/jianggan-shuangbaifen/1.toml"),
    include_str!("../../../schemes/lanshan/1.toml"),
    include_str!("../../../schemes/lianyungang/1.toml"),
    include_str!("../../../schemes/nanning-2024/1.toml"),
    include_str!("../../../schemes/shandong-2019/1.toml"),
    include_str!("../../../schemes/wuhan-five-star/1.toml"),
    include_str!("../../../schemes/wuxi-managers/1.toml"),
    include_str!("../../../schemes/yantai-2022/1.toml"),
];
const CATALOGUE: &str = include_str!("../../../schemes/catalogue.toml");

/// The catalogue of what can be recorded (信用信息目录).
///
/// # Errors
/// [`StoreError::Internal`] when the program was built with a broken one.
pub fn catalogue() -> Result<&'static Catalogue> {
    static CATALOGUE_READ: OnceLock<std::result::Result<Catalogue, String>> = OnceLock::new();
    CATALOGUE_READ
        .get_or_init(|| Catalogue::read(CATALOGUE, "catalogue.toml").map_err(|faults| sentence(&faults)))
        .as_ref()
        .map_err(|faults| StoreError::internal(faults.clone()))
}

/// Texts of schemes that are kept as they were read: all that a city ever announces, and what comes
/// with the program.
const MOST_READ: usize = 256;

/// Reads a scheme's text, or gives what was read of the same text before. What is kept of a text is
/// never wrong, so nothing empties it but its bound: drafts come and go.
///
/// # Errors
/// [`StoreError::Internal`] with every fault of the text.
pub fn read(text: &str) -> Result<Arc<Scheme>> {
    static READ: OnceLock<RwLock<HashMap<String, Arc<Scheme>>>> = OnceLock::new();
    let memory = READ.get_or_init(RwLock::default);
    if let Some(known) = memory.read().ok().and_then(|memory| memory.get(text).cloned()) {
        return Ok(known);
    }
    let scheme = Scheme::read(text, "scheme", catalogue()?)
        .map_err(|faults| StoreError::internal(sentence(&faults)))?;
    let scheme = Arc::new(scheme);
    if let Ok(mut memory) = memory.write() {
        if memory.len() >= MOST_READ {
            memory.clear();
        }
        memory.insert(text.to_owned(), Arc::clone(&scheme));
    }
    Ok(scheme)
}

fn sentence(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The texts of a scheme that comes with the program, by its id; none of any other.
///
/// # Errors
/// [`StoreError::Internal`] when the program was built with a broken one.
pub fn shipped(id: &str) -> Result<Vec<&'static str>> {
    let mut found = Vec::new();
    for text in SHIPPED {
        if read(text)?.id == id {
            found.push(*text);
        }
    }
    Ok(found)
}

/// Puts a version of a scheme into the database, by the operator's word alone: a city's first,
/// whose first day may have passed. Later versions are drafted and announced by two officials
/// ([`draft`]). `text` is what `scheme` was read from. Gives its `id/version`, or `None` where it
/// is there already.
///
/// # Errors
/// [`Refusal::Conflict`] for another text under the same version or one before it, and where it
/// would be a second primary scheme.
pub fn install(tx: &mut Tx<'_>, scheme: &Scheme, text: &str) -> Result<Option<String>> {
    let (id, version) = (&scheme.id, number(scheme.version)?);
    let known: Option<String> =
        scheme_version::table.find((id, version)).select(scheme_version::text).first(tx.conn).optional()?;
    if known.as_deref() == Some(text) {
        return Ok(None);
    }
    draft::require_new(tx.conn, scheme)?;
    let today = day_of(tx.now, city::city(tx.conn)?.zone);
    draft::require_only_primary(tx.conn, scheme, scheme.effective_from.max(today))?;
    diesel::insert_into(scheme_version::table)
        .values((
            scheme_version::scheme.eq(id),
            scheme_version::version.eq(version),
            scheme_version::text.eq(text),
            scheme_version::effective_from.eq(Col(scheme.effective_from)),
            scheme_version::place.eq(&scheme.place),
            scheme_version::announced_at.eq(tx.now_utc()),
        ))
        .execute(tx.conn)?;
    tx.changed(Entity::Scheme, id);
    let name = name_of(scheme);
    let operator = Warrant::operator(Operation::ConfirmScheme);
    tx.audit_as(&operator, "install_scheme", (Kind::Scheme, &name), &json!({"bytes": text.len()}))?;
    Ok(Some(name))
}

/// [`install`] for all that come with the program: the demo and tests have the whole library.
pub fn install_shipped(tx: &mut Tx<'_>) -> Result<Vec<String>> {
    let mut added = Vec::new();
    for text in SHIPPED {
        added.extend(install(tx, read(text)?.as_ref(), text)?);
    }
    Ok(added)
}

/// A scheme version's name in settings and causes: `id/version`.
pub(crate) fn name_of(scheme: &Scheme) -> String {
    format!("{}/{}", scheme.id, scheme.version)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = scheme_version)]
struct Row {
    text: String,
    announced_at: NaiveDateTime,
}

/// One version with its text and when it was made known.
#[derive(Debug, Clone)]
pub struct Version {
    /// The rules.
    pub scheme: Arc<Scheme>,
    /// Their file.
    pub text: String,
    /// When they were made known here.
    pub announced_at: DateTime<Utc>,
}

/// All versions of all schemes.
#[derive(Debug, Clone)]
pub struct Rulebook {
    /// By id, then by version.
    pub versions: Vec<Version>,
    /// Which of the places that schemes name are in this register, and whether each is the city
    /// itself.
    places: BTreeMap<String, bool>,
}

impl Rulebook {
    /// Reads it.
    pub fn load(conn: &mut Conn) -> Result<Rulebook> {
        let rows: Vec<Row> = scheme_version::table
            .order((scheme_version::scheme, scheme_version::version))
            .select(Row::as_select())
            .load(conn)?;
        let version = |row: Row| {
            let announced_at = row.announced_at.and_utc();
            Ok(Version { scheme: read(&row.text)?, text: row.text, announced_at })
        };
        let versions: Vec<Version> = rows.into_iter().map(version).collect::<Result<_>>()?;
        let named: BTreeSet<&String> = versions.iter().map(|version| &version.scheme.place).collect();
        let places: Vec<(String, Option<String>)> =
            place::table.filter(place::code.eq_any(named)).select((place::code, place::parent)).load(conn)?;
        let places = places.into_iter().map(|(code, parent)| (code, parent.is_none())).collect();
        Ok(Rulebook { versions, places })
    }

    /// The versions known at an instant: those announced by then, and those with which this
    /// register began, whose rules were published before it. So a version that is announced on its
    /// own first day, or comes with a later program, does not rewrite what was said before.
    pub fn known_at(&self, instant: DateTime<Utc>) -> KnownVersions<'_> {
        let first = self.versions.iter().map(|version| version.announced_at).min();
        KnownVersions { rulebook: self, until: first.map_or(instant, |first| first.max(instant)) }
    }

    fn whole(&self) -> KnownVersions<'_> {
        KnownVersions { rulebook: self, until: DateTime::<Utc>::MAX_UTC }
    }

    /// Whether a scheme of this city's is installed that grades such subjects, or firms, on some
    /// day.
    pub fn has_primary(&self, kind: SubjectKind) -> bool {
        let own = |scheme: &Scheme| self.places.get(&scheme.place) == Some(&true);
        let grades =
            |scheme: &Scheme| [kind, SubjectKind::Firm].iter().any(|kind| scheme.primary_for.contains(kind));
        self.versions.iter().any(|version| own(&version.scheme) && grades(&version.scheme))
    }

    /// Whether a scheme can grade anyone here: the rules of another city lie in the same library
    /// and grade nobody.
    pub fn concerns(&self, scheme: &Scheme) -> bool {
        self.places.contains_key(&scheme.place)
    }

    /// Whether a scheme is in force for a subject on a day.
    pub(crate) fn is_for(
        &self,
        conn: &mut Conn,
        scheme: &Scheme,
        subject: &Subject,
        day: NaiveDate,
    ) -> Result<bool> {
        // Of most nothing need be read: the city's own rules are for everybody.
        if scheme.applies_to.is_none() && self.places.get(&scheme.place) == Some(&true) {
            return Ok(true);
        }
        let ids = std::slice::from_ref(&subject.id);
        Ok(Places::load(conn, subject.kind, ids, day, &[scheme])?.apply(scheme, &subject.id))
    }

    /// The version of a scheme in force on a day.
    pub fn at(&self, id: &str, day: NaiveDate) -> Option<&Arc<Scheme>> {
        self.whole().at(id, day)
    }

    /// The schemes in force here on a day for a kind of subject, by id: for whom of them each is,
    /// [`Places`](crate::credit::evaluation::places::Places) tells.
    pub fn in_force(&self, kind: SubjectKind, day: NaiveDate) -> Vec<&Arc<Scheme>> {
        self.whole().in_force(kind, day)
    }

    /// The primary scheme of all versions, see [`KnownVersions::primary`].
    pub fn primary(&self, kind: SubjectKind, day: NaiveDate) -> Option<&Arc<Scheme>> {
        self.whole().primary(kind, day)
    }

    /// The grades that the primary schemes in force by a day can give such subjects, or could by
    /// an earlier version, each once, the best first.
    pub fn grades(&self, kind: SubjectKind, day: NaiveDate) -> Vec<&str> {
        let mut grades: Vec<&str> = Vec::new();
        for version in self.versions.iter().rev() {
            let scheme = &version.scheme;
            let grades_here = scheme.primary_for.contains(&kind) && self.concerns(scheme);
            if grades_here && scheme.effective_from <= day {
                let codes = scheme.grades.iter().map(|grade| grade.code.as_str());
                codes.for_each(|code| {
                    if !grades.contains(&code) {
                        grades.push(code)
                    }
                });
            }
        }
        grades
    }

    fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.versions.iter().map(|version| version.scheme.id.as_str()).collect();
        ids.dedup();
        ids
    }

    fn state(&self, scheme: &Scheme, day: NaiveDate) -> VersionState {
        match self.at(&scheme.id, day) {
            _ if scheme.effective_from > day => VersionState::Announced,
            Some(current) if current.version == scheme.version => VersionState::InForce,
            _ => VersionState::Past,
        }
    }

    fn view(&self, id: &str, day: NaiveDate) -> Option<SchemeView> {
        let versions: Vec<&Version> =
            self.versions.iter().filter(|version| version.scheme.id == id).rev().collect();
        let current = self.at(id, day);
        let scheme = current.or_else(|| versions.first().map(|version| &version.scheme))?;
        let summary = |version: &&Version| VersionSummary {
            version: version.scheme.version,
            effective_from: version.scheme.effective_from,
            announced_at: version.announced_at,
            state: self.state(&version.scheme, day),
        };
        Some(SchemeView {
            id: id.to_owned(),
            title: scheme.title.clone(),
            source: scheme.source.clone(),
            place: scheme.place.clone(),
            subjects: scheme.subjects.clone(),
            primary_for: scheme.primary_for.clone(),
            version_in_force: current.map(|scheme| scheme.version),
            versions: versions.iter().map(summary).collect(),
        })
    }
}

/// The versions of a rulebook that were known at an instant.
#[derive(Debug, Clone, Copy)]
pub struct KnownVersions<'a> {
    rulebook: &'a Rulebook,
    /// The last instant at which one of them was made known.
    until: DateTime<Utc>,
}

impl<'a> KnownVersions<'a> {
    /// The version of a scheme in force on a day.
    pub fn at(self, id: &str, day: NaiveDate) -> Option<&'a Arc<Scheme>> {
        self.rulebook
            .versions
            .iter()
            .filter(|version| version.announced_at <= self.until)
            .map(|version| &version.scheme)
            .filter(|scheme| scheme.id == id && scheme.effective_from <= day)
            .max_by_key(|scheme| (scheme.effective_from, scheme.version))
    }

    /// The schemes in force on a day for a kind of subject, see [`Rulebook::in_force`].
    pub fn in_force(self, kind: SubjectKind, day: NaiveDate) -> Vec<&'a Arc<Scheme>> {
        let ids = self.rulebook.ids().into_iter();
        ids.filter_map(|id| self.at(id, day))
            .filter(|scheme| scheme.subjects.contains(&kind) && self.rulebook.concerns(scheme))
            .collect()
    }

    /// The city's primary scheme for a kind of subject on a day; a place's own below the city
    /// stands beside it. Where none is, the primary one for firms: its evaluation says that it does
    /// not grade such subjects.
    pub fn primary(self, kind: SubjectKind, day: NaiveDate) -> Option<&'a Arc<Scheme>> {
        let ids = self.rulebook.ids();
        let primary_for = |kind: SubjectKind| {
            ids.iter().filter_map(|id| self.at(id, day)).find(|scheme| {
                scheme.primary_for.contains(&kind) && self.rulebook.places.get(&scheme.place) == Some(&true)
            })
        };
        primary_for(kind).or_else(|| primary_for(SubjectKind::Firm))
    }
}

/// The schemes by id.
pub fn list(conn: &mut Conn, now: DateTime<Utc>, window: &Window) -> Result<Listed<SchemeView>> {
    let day = day_of(now, city::city(conn)?.zone);
    let rulebook = Rulebook::load(conn)?;
    let ids = rulebook.ids();
    let total = i64::try_from(ids.len()).ok();
    let limit = usize::try_from(window.limit).unwrap_or(1);
    let after = window.after.as_ref().map_or("", |keys| keys.get(0));
    let rest = ids.into_iter().filter(|id| *id > after).take(limit + 1);
    let views = rest.filter_map(|id| rulebook.view(id, day)).collect();
    let page = Listed::from_rows(views, window, |view: &SchemeView| Keys::of([&view.id]));
    Ok(Listed { total: total.filter(|_| window.count), ..page })
}

/// One scheme with its versions.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn get(conn: &mut Conn, id: &str, now: DateTime<Utc>) -> Result<SchemeView> {
    let day = day_of(now, city::city(conn)?.zone);
    Rulebook::load(conn)?.view(id, day).ok_or_else(|| unknown().into())
}

/// One version, whole.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn version(conn: &mut Conn, id: &str, number: u32, now: DateTime<Utc>) -> Result<SchemeVersionView> {
    let day = day_of(now, city::city(conn)?.zone);
    let rulebook = Rulebook::load(conn)?;
    let version = rulebook
        .versions
        .iter()
        .find(|version| version.scheme.id == id && version.scheme.version == number)
        .ok_or_else(unknown)?;
    let state = rulebook.state(&version.scheme, day);
    Ok(version_view(&version.scheme, state, version.announced_at, &version.text))
}

/// The instant from which a version is applied: the beginning of its first day, or when it was made
/// known here if that was later.
pub(crate) fn applies_from(version: &Version, city: &CitySettings) -> DateTime<Utc> {
    start_of_day(version.scheme.effective_from, city.zone).max(version.announced_at)
}

pub(crate) fn unknown() -> Refusal {
    Kind::Scheme.not_found()
}

pub(crate) fn number(version: u32) -> Result<i32> {
    i32::try_from(version).map_err(|_| StoreError::internal("a scheme's version is too large"))
}
