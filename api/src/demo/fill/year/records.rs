//! A year of rewards and penalties, as good as each firm is.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use xinwu_domain::catalogue::{Level, Severity};
use xinwu_domain::record::NewRecord;

use super::Event;
use crate::demo::fill::Fill;
use crate::demo::plan::{Special, Tier};

/// A category with its level, its severity and what the record is called.
type Kind = (&'static str, Level, Option<Severity>, &'static str);

const SMALL_REWARDS: [Kind; 5] = [
    ("R304", Level::Street, None, "参与清雪保畅"),
    ("R404", Level::District, None, "垃圾分类示范小区"),
    ("R501", Level::District, None, "捐助困难家庭"),
    ("R204", Level::Street, None, "承办居民议事会"),
    ("R104", Level::District, None, "员工拾金不昧"),
];

const SMALL_PENALTIES: [Kind; 4] = [
    ("P102", Level::District, Some(Severity::Ordinary), "投诉逾期未处理"),
    ("P103", Level::District, Some(Severity::Ordinary), "投诉整改后居民仍不满意"),
    ("P104", Level::District, Some(Severity::Minor), "未公示收费标准"),
    ("P101", Level::District, Some(Severity::Minor), "未按合同巡查"),
];

fn of_tier(tier: Tier) -> Vec<Kind> {
    match tier {
        Tier::Excellent => vec![
            ("R101", Level::State, None, "全国先进物业企业"),
            ("R102", Level::Province, None, "省级示范项目"),
            ("R201", Level::District, None, "成立项目党支部"),
            ("R303", Level::Street, None, "参与疫情防控"),
            ("R401", Level::District, None, "接管老旧小区"),
        ],
        Tier::Good => vec![
            ("R101", Level::City, None, "市级先进物业企业"),
            ("R102", Level::City, None, "市级优秀项目"),
            ("R201", Level::District, None, "成立项目党支部"),
            ("R304", Level::Street, None, "参与清雪保畅"),
        ],
        Tier::Fair => vec![
            ("R101", Level::District, None, "区级先进物业企业"),
            ("R201", Level::District, None, "成立项目党支部"),
            ("R404", Level::District, None, "垃圾分类示范小区"),
            ("R304", Level::Street, None, "参与清雪保畅"),
        ],
        Tier::Ordinary => Vec::new(),
        Tier::Poor => vec![
            ("P101", Level::District, Some(Severity::Serious), "长期不履行合同义务"),
            ("P103", Level::District, Some(Severity::Ordinary), "投诉整改后居民仍不满意"),
            ("P601", Level::District, Some(Severity::Ordinary), "拖欠员工工资"),
        ],
        Tier::Vetoed => vec![
            ("P302", Level::City, Some(Severity::Serious), "骗取物业补贴"),
            ("P104", Level::District, Some(Severity::Ordinary), "未公示收费标准"),
        ],
    }
}

impl Fill<'_> {
    pub(super) fn records(&mut self, events: &mut BTreeMap<NaiveDate, Vec<Event>>) {
        let mut number = 0;
        for at in 0..self.plan.firms.len() {
            let Some(firm) = self.plan.firms.get(at).cloned() else { continue };
            if firm.special == Special::NotResidential {
                continue;
            }
            let mut kinds = of_tier(firm.tier);
            if firm.tier == Tier::Ordinary {
                let (rewards, penalties) = (self.dice.below(4), self.dice.below(3));
                kinds.extend((0..rewards).filter_map(|_| self.dice.pick(&SMALL_REWARDS).copied()));
                kinds.extend((0..penalties).filter_map(|_| self.dice.pick(&SMALL_PENALTIES).copied()));
            }
            let project = self
                .plan
                .projects
                .iter()
                .position(|project| project.firm == Some(at) && project.ends_on.is_none());
            // The district that keeps the firm's dossier; a street's own firm is registered below
            // it.
            let district: String = firm.registered.chars().take(6).collect();
            for (category, level, severity, title) in kinds {
                number += 1;
                let length = (self.plan.today - self.plan.begins).num_days();
                let (wait, work) = (self.dice.between(0, (length - 6).max(0)), self.dice.between(1, 4));
                let decided = self.day_after(self.plan.begins, wait);
                let drafted = self.day_after(decided, 1);
                let confirmed = self.day_after(drafted, work);
                let (Some(drafter), Some(confirmer)) = (
                    self.officials.get(&district).cloned(),
                    self.officials.get(&format!("{district} confirms")).cloned(),
                ) else {
                    continue;
                };
                let of_project = self.dice.percent(40).then_some(project).flatten();
                let new = NewRecord {
                    category: category.to_owned(),
                    uscc: Some(firm.uscc.to_string()),
                    project: of_project.map(|project| project.to_string()),
                    manager: None,
                    level,
                    severity,
                    severity_reason: None,
                    title: format!("{title}（演示）"),
                    detail: Some("演示数据，内容系虚构。".to_owned()),
                    document_number: format!("演示决字〔{}〕第{number}号", decided.format("%Y")),
                    authority: "演示区住房和城乡建设局".to_owned(),
                    evidence: vec![format!("演示卷宗-{number}")],
                    decided_on: decided,
                    counts_until: None,
                    publish: None,
                    public_until: None,
                    points: Vec::new(),
                    demo: true,
                };
                events.entry(drafted).or_default().push(Event::Draft(number, Box::new((drafter, new))));
                events.entry(confirmed).or_default().push(Event::Confirm(number, confirmer));
            }
        }
    }

    fn day_after(&self, day: NaiveDate, days: i64) -> NaiveDate {
        let days = Days::new(u64::try_from(days).unwrap_or(0));
        day.checked_add_days(days).unwrap_or(day).min(self.plan.today)
    }
}
