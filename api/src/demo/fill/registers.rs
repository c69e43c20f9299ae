//! Places, firms, estates, managers and the projects that run when the year begins.

use chrono::NaiveDate;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::estate::NewEstate;
use xinwu_domain::firm::{NewFirm, NewFormerName};
use xinwu_domain::manager::NewManager;
use xinwu_domain::place::NewPlace;
use xinwu_domain::project::{Area, NewProject, Operator};
use xinwu_persistence::registers::estate;
use xinwu_persistence::registers::firm;
use xinwu_persistence::registers::manager;
use xinwu_persistence::registers::place;
use xinwu_persistence::registers::project;
use xinwu_store::{Result, StoreError};

use super::Fill;
use crate::demo::plan::{Special, Tier, places};

impl Fill<'_> {
    pub(super) fn registers(&mut self) -> Result<()> {
        self.places()?;
        self.firms()?;
        let estates = self.plan.estates.iter().enumerate().map(|(at, planned)| NewEstate {
            code: None,
            name: planned.name.clone(),
            aliases: planned.alias.clone().into_iter().collect(),
            kind: planned.kind,
            place: planned.community.clone(),
            address: Some(format!("演示路{}号", at + 1)),
            households: i32::try_from(planned.households).unwrap_or(i32::MAX),
            reason: None,
            evidence: Vec::new(),
            demo: true,
        });
        let estates: Vec<NewEstate> = estates.collect();
        self.estates = self.each(estates, |tx, new| {
            Ok(estate::add(tx, &Warrant::operator(Operation::AddEstate), new)?.0.code)
        })?;
        self.demo_estate = self.choose_demo_estate()?;
        let managers: Vec<(usize, NewManager)> = self
            .plan
            .projects
            .iter()
            .enumerate()
            .filter_map(|(at, planned)| {
                let uscc = self.plan.firms.get(planned.firm?)?.uscc.to_string();
                Some((at, NewManager { name: planned.manager.clone()?, uscc: Some(uscc), demo: true }))
            })
            .collect();
        let ids = self.each(managers, |tx, (at, new)| {
            Ok((*at, manager::add(tx, &Warrant::operator(Operation::AddManager), new)?.0.id))
        })?;
        for (at, id) in ids {
            self.managers.splice(at..=at, [Some(id)]);
        }
        let running: Vec<(usize, NewProject)> = (0..self.plan.projects.len())
            .filter(|at| {
                self.plan.projects.get(*at).is_some_and(|project| project.starts_on < self.plan.begins)
            })
            .filter_map(|at| Some((at, self.new_project(at)?)))
            .collect();
        let ids = self.each(running, |tx, (at, new)| {
            Ok((*at, project::add(tx, &Warrant::operator(Operation::AddProject), new)?.0.id))
        })?;
        for (at, id) in ids {
            self.projects.splice(at..=at, [Some(id)]);
        }
        Ok(())
    }

    /// What a planned project is registered with; it runs on until it is ended.
    pub(super) fn new_project(&self, at: usize) -> Option<NewProject> {
        let planned = self.plan.projects.get(at)?;
        let estate = self.plan.estates.get(planned.estate)?;
        Some(NewProject {
            estate: self.estates.get(planned.estate)?.clone(),
            operator: planned.operator,
            uscc: planned.firm.and_then(|firm| Some(self.plan.firms.get(firm)?.uscc.to_string())),
            manager: self.managers.get(at).cloned().flatten(),
            starts_on: planned.starts_on,
            ends_on: None,
            area_m2: Area::from_hundredths(planned.area),
            households: i32::try_from(estate.households).unwrap_or(i32::MAX),
            fee_fen: Some(planned.fee_fen),
            area_reason: None,
            reason: None,
            evidence: Vec::new(),
            demo: true,
        })
    }

    fn places(&self) -> Result<()> {
        let valid_from = NaiveDate::from_ymd_opt(2023, 1, 1).unwrap_or_default();
        let places: Vec<NewPlace> = places()
            .into_iter()
            .map(|row| NewPlace {
                code: row.code,
                level: row.level,
                name: row.name,
                parent: row.parent,
                valid_from: Some(valid_from),
                aliases: Vec::new(),
            })
            .collect();
        self.each(places, |tx, new| {
            // A database may have its places already.
            match place::require(tx.conn, &new.code) {
                Ok(_) => Ok(()),
                Err(StoreError::Refused(_)) => {
                    place::add(tx, &Warrant::operator(Operation::AddPlace), new).map(|_| ())
                }
                Err(error) => Err(error),
            }
        })?;
        Ok(())
    }

    fn firms(&self) -> Result<()> {
        let used_until = NaiveDate::from_ymd_opt(2022, 6, 1).unwrap_or_default();
        let firms: Vec<NewFirm> = self
            .plan
            .firms
            .iter()
            .map(|planned| NewFirm {
                uscc: planned.uscc.to_string(),
                name: planned.name.clone(),
                short_name: Some(planned.short_name.clone()),
                former_names: planned
                    .former_name
                    .iter()
                    .map(|name| NewFormerName { name: name.clone(), used_until })
                    .collect(),
                registered_place: planned.registered.clone(),
                participates: Some(planned.special != Special::Refuses),
                residential: Some(planned.special != Special::NotResidential),
                demo: true,
                ..NewFirm::default()
            })
            .collect();
        self.each(firms, |tx, new| firm::add(tx, &Warrant::operator(Operation::AddFirm), new).map(|_| ()))?;
        Ok(())
    }

    /// An estate among the first, whose firm stays, is of the ordinary sort and had another name.
    fn choose_demo_estate(&self) -> Result<usize> {
        let fits = |estate: usize| {
            let mut of_estate = self.plan.projects.iter().filter(|project| project.estate == estate);
            let (Some(project), None) = (of_estate.next(), of_estate.next()) else { return false };
            let firm = project.firm.and_then(|firm| self.plan.firms.get(firm));
            project.operator == Operator::Firm
                && firm.is_some_and(|firm| {
                    firm.tier == Tier::Ordinary && firm.special == Special::No && firm.former_name.is_some()
                })
        };
        (0..self.plan.estates.len())
            .find(|estate| fits(*estate))
            .ok_or_else(|| StoreError::internal("no estate of the plan fits the demo's resident"))
    }
}
