//! Firms: the register.

use chrono::NaiveDate;
use diesel::prelude::*;
use xinwu_domain::access::{Reach, Warrant};
use xinwu_domain::calendar::day_of;
use xinwu_domain::context::RequestContext;
use xinwu_domain::entity::Entity;
use xinwu_domain::firm::{Firm, FirmEdit, FirmStatus, FormerName, NamedFirm, NewFirm, Parent, read_uscc};
use xinwu_domain::kind::Kind;
use xinwu_domain::place::NamedPlace;
use xinwu_domain::refusal::{Faults, Refusal};
use xinwu_domain::rules::naming;
use xinwu_domain::search::sort_key;
use xinwu_domain::subject::{Cause, CauseKind, Subject};
use xinwu_domain::text::Text;
use xinwu_domain::uscc::Uscc;
use xinwu_store::{Col, Conn, Result, Tx, on_each};

use crate::city;
use crate::registers::audited::{with_all_new, with_changes};
use crate::registers::authorized::{Authorized, Owner, Resource, by_key, note};
use crate::registers::place;
use crate::registers::project::gives_reach;
use crate::registers::retirement::{self, Entry, named};
use crate::schema::{estate, firm, firm_fact, firm_former_name, manager, place_ancestor, project};

pub(crate) mod branch;
mod facts;
mod in_use;
mod seconded;
pub(crate) mod successor;

use self::facts::{Facts, note_facts};

/// A firm's row.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = firm)]
pub struct Row {
    /// The unified social credit code.
    pub uscc: String,
    pub(crate) name: String,
    pub(crate) short_name: Option<String>,
    pub(crate) status: Col<FirmStatus>,
    pub(crate) registered_place: String,
    pub(crate) check_override_reason: Option<String>,
    pub(crate) participates: bool,
    pub(crate) residential: bool,
    pub(crate) licensed_on: Option<Col<NaiveDate>>,
    pub(crate) demo: bool,
    pub(crate) updated_at: chrono::NaiveDateTime,
    pub(crate) version: i64,
    pub(crate) retired_on: Option<Col<NaiveDate>>,
}

/// Officials see a firm where it is registered, and where it runs a project; the former
/// change it.
impl Resource for Row {
    const KIND: Kind = Kind::Firm;
    const ENTITY: Option<Entity> = Some(Entity::Firm);

    by_key!(firm);

    fn owner(&self, _: &mut Conn) -> Result<Owner> {
        Ok(Owner { firm: Some(self.uscc.clone()), ..Owner::place(&self.registered_place) })
    }

    fn is_within(
        &self,
        conn: &mut Conn,
        _: &Owner,
        place: &str,
        (reach, today): (Reach, NaiveDate),
    ) -> Result<bool> {
        Ok(place::is_within(conn, &self.registered_place, place)?
            || (reach == Reach::OwnOrAtWork && works_within(conn, &self.uscc, place, today)?))
    }
}

/// One firm of the register with its version. `uscc` is normalised.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn get(conn: &mut Conn, uscc: &str) -> Result<(Firm, i64)> {
    let row = Row::require(conn, uscc)?;
    let version = row.version;
    let former: Vec<(String, Col<NaiveDate>)> = firm_former_name::table
        .filter(firm_former_name::uscc.eq(uscc))
        .order((firm_former_name::used_until.desc(), firm_former_name::name))
        .select((firm_former_name::name, firm_former_name::used_until))
        .load(conn)?;
    let place = place::require(conn, &row.registered_place)?;
    let successors = successor::successors(conn, uscc)?;
    let (parent, branches) = branch::links(conn, uscc)?;
    let view = Firm {
        status: row.status.0,
        uscc: row.uscc,
        name: row.name,
        short_name: row.short_name,
        former_names: former
            .into_iter()
            .map(|(name, until)| FormerName { name, used_until: until.0 })
            .collect(),
        successors,
        parent,
        branches,
        registered_place: NamedPlace { code: place.code, name: place.name },
        check_override_reason: row.check_override_reason,
        participates: row.participates,
        residential: row.residential,
        licensed_on: row.licensed_on.map(|day| day.0),
        demo: row.demo,
        retired_on: row.retired_on.map(|day| day.0),
        updated_at: row.updated_at.and_utc(),
    };
    Ok((view, version))
}

/// Whether the firm runs a project in `place` or below on that day, as its own district has
/// confirmed.
pub(crate) fn works_within(conn: &mut Conn, uscc: &str, place: &str, today: NaiveDate) -> Result<bool> {
    let found: Option<String> = project::table
        .inner_join(estate::table.on(estate::code.eq(project::estate)))
        .inner_join(place_ancestor::table.on(place_ancestor::place.eq(estate::place)))
        .filter(project::uscc.eq(uscc))
        .filter(gives_reach!(today))
        .filter(place_ancestor::ancestor.eq(place))
        .select(project::id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// Adds a firm registered in a place that the actor reaches.
///
/// # Errors
/// [`Refusal::Invalid`] for an unknown place, [`Refusal::Conflict`] for a code that exists,
/// [`Refusal::Forbidden`] outside the actor's place.
pub fn add(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewFirm) -> Result<(Firm, i64)> {
    let uscc = insert(tx, warrant, new)?;
    get(tx.conn, uscc.as_str())
}

/// [`add`] for whoever shows nothing of it: an import of thousands. Gives its code.
pub(crate) fn insert(tx: &mut Tx<'_>, warrant: &Warrant, new: &NewFirm) -> Result<Uscc> {
    let mut faults = Faults::default();
    let code = faults.keep(read_uscc(&new.uscc, new.check_override_reason.as_deref()))?;
    faults.keep(require_place(tx.conn, warrant, &new.registered_place))?;
    faults.keep(require_begun(tx, new.licensed_on))?;
    let own = code.as_ref().map_or(new.uscc.as_str(), Uscc::as_str);
    let parent = branch::read(tx, own, (new.parent.as_deref(), new.parent_since), &mut faults)?;
    let facts = Facts::of_new(new);
    if parent.is_some() && !warrant.is_seconded() && !facts.are_usual() {
        seconded::refuse_with_the_parent(&mut faults);
    }
    let code = faults.or_refuse(code)?;
    let uscc = code.as_str();
    let columns = (
        firm::uscc.eq(uscc),
        firm::name.eq(&new.name),
        firm::short_name.eq(&new.short_name),
        firm::name_sort.eq(sort_key(&new.name)),
        firm::status.eq(Col(facts.status)),
        firm::registered_place.eq(&new.registered_place),
        firm::check_override_reason.eq(&new.check_override_reason),
        firm::participates.eq(facts.participates),
        firm::residential.eq(facts.residential),
        firm::licensed_on.eq(new.licensed_on.map(Col)),
        firm::demo.eq(new.demo),
        firm::updated_at.eq(tx.now_utc()),
        firm::version.eq(1_i64),
    );
    diesel::insert_into(firm::table).values(columns).execute(tx.conn)?;
    for former in &new.former_names {
        keep_former_name(tx, uscc, &former.name, former.used_until)?;
    }
    note_facts(tx, uscc, &facts)?;
    if parent.is_some() {
        branch::set(tx, uscc, parent.as_ref())?;
    }
    let detail = serde_json::json!({"name": new.name, "check_override_reason": new.check_override_reason,
        "parent": new.parent});
    note::<Row>(tx, warrant, uscc, &with_all_new(detail))?;
    tx.facts_changed(Subject::firm(uscc), cause(uscc));
    seconded::require_of_new(tx, warrant, new, (uscc, parent, facts.are_usual()))?;
    Ok(code)
}

/// Changes a firm. A change of name and of successors is dated by the city's day.
///
/// # Errors
/// As [`add`], for what it names.
pub fn edit(
    tx: &mut Tx<'_>,
    warrant: &Warrant,
    row: &Authorized<Row>,
    edit: &FirmEdit,
    context: RequestContext,
) -> Result<(Firm, i64)> {
    let today = context.at(tx.now).today();
    let uscc: &str = &row.uscc;
    let (before_it, _) = get(tx.conn, uscc)?;
    let mut faults = Faults::default();
    let retirement = retirement::read(tx.conn, &**row, (edit.retired, None), &mut faults)?;
    let naming = faults.keep(naming(edit.correction, edit.name.as_deref()))?;
    if let Some(place) = &edit.registered_place {
        faults.keep(require_place(tx.conn, warrant, place))?;
    }
    faults.keep(require_begun(tx, edit.licensed_on.flatten()))?;
    if let Some(successors) = &edit.successors {
        faults.keep(successor::check(tx.conn, uscc, successors))?;
    }
    let parent = changed_parent(tx, uscc, edit, &mut faults)?;
    if let Some(Some(_)) = &parent
        && !warrant.is_seconded()
        && seconded::changes_more_than_the_parent(tx.conn, row, edit, &retirement)?
    {
        seconded::refuse_with_the_parent(&mut faults);
    }
    let naming = faults.or_refuse(naming)?;
    retirement::require_possible(tx.conn, &**row, &retirement, today)?;
    let (retired_on, _) = retirement.of(row.retired_on(), None, today);
    let name = edit.name.as_ref().unwrap_or(&row.name);
    let before = Facts::of(row);
    let facts = before.edited(edit);
    diesel::update(firm::table.find(uscc))
        .set((
            firm::name.eq(name),
            firm::name_sort.eq(sort_key(name)),
            firm::short_name.eq(edit.short_name.as_ref().unwrap_or(&row.short_name)),
            firm::status.eq(Col(facts.status)),
            firm::registered_place.eq(edit.registered_place.as_ref().unwrap_or(&row.registered_place)),
            firm::participates.eq(facts.participates),
            firm::residential.eq(facts.residential),
            firm::licensed_on.eq(facts.licensed_on.map(Col)),
            firm::retired_on.eq(retired_on.map(Col)),
            firm::updated_at.eq(tx.now_utc()),
            firm::version.eq(row.version + 1),
        ))
        .execute(tx.conn)?;
    if *name != row.name {
        if naming.leaves_former_name(&row.name, name) {
            keep_former_name(tx, uscc, &row.name, today)?;
        }
        diesel::delete(firm_former_name::table.find((uscc, name))).execute(tx.conn)?;
        renamed(tx, uscc)?;
    }
    if retired_on != row.retired_on() {
        branch::renamed(tx, uscc)?;
    }
    if let Some(successors) = &edit.successors {
        successor::replace(tx, uscc, successors, today)?;
    }
    if facts != before {
        diesel::update(firm_fact::table)
            .filter(firm_fact::uscc.eq(uscc))
            .filter(firm_fact::known_until.is_null())
            .set(firm_fact::known_until.eq(tx.now_utc()))
            .execute(tx.conn)?;
        note_facts(tx, uscc, &facts)?;
    }
    tx.facts_changed(Subject::firm(uscc), cause(uscc));
    // Who was the parent of it, and whose parent it is, are evaluated with it.
    if let Some(parent) = parent {
        if let Some(former) = branch::parent(tx.conn, uscc)? {
            tx.facts_changed(Subject::firm(&former.uscc), cause(uscc));
            branch::tell_of_the_move(tx, row, &former, parent.as_ref())?;
        }
        branch::set(tx, uscc, parent.as_ref())?;
    }
    if edit.registered_place.as_ref().is_some_and(|place| *place != row.registered_place) {
        for branch in branch::parent_moved(tx, uscc)? {
            tx.facts_changed(Subject::firm(&branch), cause(uscc));
        }
    }
    let detail = serde_json::json!({
        "name": edit.name, "short_name": edit.short_name, "status": edit.status, "registered_place": edit.registered_place,
        "participates": edit.participates, "residential": edit.residential, "licensed_on": edit.licensed_on, "successors": edit.successors, "parent": edit.parent, "parent_since": edit.parent_since,
        "retired": edit.retired, "correction": edit.correction
    });
    let after = get(tx.conn, uscc)?;
    note::<Row>(tx, warrant, uscc, &with_changes(detail, &before_it, &after.0)?)?;
    let hidden_changes = retirement.changes(row.retired_on());
    seconded::require_of_edit(warrant, (row, edit, hidden_changes), (&before_it, &after.0))?;
    Ok(after)
}

/// The parent as an edit wants it, where that is another than it is: the outer none changes
/// nothing. Faults of it are kept.
fn changed_parent(
    tx: &mut Tx<'_>,
    uscc: &str,
    edit: &FirmEdit,
    faults: &mut Faults,
) -> Result<Option<Option<Parent>>> {
    let there = branch::parent(tx.conn, uscc)?;
    let of_there = there.as_ref().map(|there| there.uscc.as_str());
    let parent = edit.parent.as_ref().map_or(of_there, Option::as_deref);
    let since_there = there.as_ref().filter(|_| parent == of_there).map(|there| there.since);
    let since = edit.parent_since.or(since_there);
    if parent == of_there && since == since_there {
        return Ok(None);
    }
    Ok(Some(branch::read(tx, uscc, (parent, since), faults)?))
}

/// # Errors
/// [`Refusal::NotFound`]
pub fn require(conn: &mut Conn, uscc: &str) -> Result<NamedFirm> {
    let row = Row::require(conn, uscc)?;
    Ok(NamedFirm { uscc: row.uscc, name: row.name })
}

/// The place where a firm is registered: officials reach it by that.
///
/// # Errors
/// [`Refusal::NotFound`]
pub fn registered_place(conn: &mut Conn, uscc: &str) -> Result<String> {
    Ok(Row::require(conn, uscc)?.registered_place)
}

/// The district where a firm is registered, or the city where it is registered above.
///
/// # Errors
/// [`Refusal::NotFound`]
pub(crate) fn district(conn: &mut Conn, uscc: &str) -> Result<String> {
    let registered = registered_place(conn, uscc)?;
    place::district_of(conn, registered)
}

/// The firm that `uscc` names is registered in the actor's reach.
///
/// # Errors
/// A fault of `/uscc` for an unknown firm, [`Refusal::Forbidden`] outside.
pub(crate) fn require_reach(conn: &mut Conn, warrant: &Warrant, uscc: &str) -> Result<()> {
    let firm = named::<Row>(conn, uscc, "/uscc")?;
    place::require_reach(conn, warrant, &firm.registered_place)
}

fn require_place(conn: &mut Conn, warrant: &Warrant, code: &str) -> Result<()> {
    named::<place::Row>(conn, code, "/registered_place")?;
    place::require_reach(conn, warrant, code)
}

fn cause(uscc: &str) -> Cause {
    Cause::of(CauseKind::Firm, uscc)
}

fn keep_former_name(tx: &mut Tx<'_>, uscc: &str, name: &str, used_until: NaiveDate) -> Result<()> {
    let row = (
        firm_former_name::uscc.eq(uscc),
        firm_former_name::name.eq(name),
        firm_former_name::used_until.eq(Col(used_until)),
    );
    on_each!(&mut *tx.conn, |conn| diesel::insert_into(firm_former_name::table)
        .values(row)
        .on_conflict((firm_former_name::uscc, firm_former_name::name))
        .do_update()
        .set(firm_former_name::used_until.eq(Col(used_until)))
        .execute(conn))?;
    Ok(())
}

/// A licence is given, not announced.
fn require_begun(tx: &mut Tx<'_>, licensed_on: Option<NaiveDate>) -> Result<()> {
    let Some(licensed_on) = licensed_on else { return Ok(()) };
    if licensed_on <= day_of(tx.now, city::city(tx.conn)?.zone) {
        return Ok(());
    }
    let text = Text::new("营业执照日期不能晚于今日", "must not be a day to come");
    Err(Refusal::invalid("/licensed_on", "in_future", text).into())
}

/// Estates, projects and managers show their firm's name.
fn renamed(tx: &mut Tx<'_>, uscc: &str) -> Result<()> {
    let projects: Vec<(String, String)> =
        project::table.filter(project::uscc.eq(uscc)).select((project::id, project::estate)).load(tx.conn)?;
    for (id, estate) in projects {
        tx.changed(Entity::Project, &id);
        tx.changed(Entity::Estate, &estate);
    }
    let managers: Vec<String> =
        manager::table.filter(manager::uscc.eq(uscc)).select(manager::id).load(tx.conn)?;
    for id in managers {
        tx.changed(Entity::Manager, &id);
    }
    branch::renamed(tx, uscc)?;
    successor::renamed(tx, uscc)
}
