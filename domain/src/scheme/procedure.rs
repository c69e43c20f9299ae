//! Who records, who confirms, who decides on objections, and within how many working days.

use super::model::Scheme;
use crate::access::Role;
use crate::catalogue::{RecordKind, Severity};
use crate::refusal::Refusal;
use crate::text::Text;
use crate::word::Word;

/// The steps in the life of records of one kind.
#[derive(Debug, Clone)]
pub struct Procedure {
    /// Rewards or penalties; both when none.
    pub kind: Option<RecordKind>,
    /// Of these severities; all when empty.
    pub severities: Vec<Severity>,
    /// 告知: the working days, from the submission of a penalty, in which those whom it names can
    /// be heard before it is confirmed; `None` if it is not told.
    pub notify_working_days: Option<u32>,
    /// The steps, each kind once; recording and confirming are always among them.
    pub steps: Vec<Step>,
}

impl Procedure {
    /// Whether it is meant for such a record.
    pub fn fits(&self, kind: RecordKind, severity: Severity) -> bool {
        self.kind.is_none_or(|known| known == kind)
            && (self.severities.is_empty() || self.severities.contains(&severity))
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub kind: StepKind,
    /// Officials of which levels may take it; it narrows what their permissions allow and never
    /// widens it.
    pub by: Vec<Role>,
    /// Within how many working days: of the decision for recording, else of the step before.
    pub working_days: Option<u32>,
    /// The same for a complex case.
    pub complex_working_days: Option<u32>,
}

/// What is done in a step.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum StepKind {
    /// 录入
    Record,
    /// 审核确认
    Confirm,
    /// 标注异议
    MarkObjection,
    /// 处理异议
    DecideObjection,
    /// 信用修复
    Repair,
}

/// How much time a case is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complexity {
    /// No more than it says.
    Usual,
    /// 情况复杂
    Complex,
}

impl Scheme {
    /// Who takes a step in the life of such a record, and within how many working days; `None` if
    /// the scheme leaves it to the permissions alone.
    pub fn step(&self, kind: RecordKind, severity: Severity, step: StepKind) -> Option<&Step> {
        let procedure = self.procedures.iter().find(|procedure| procedure.fits(kind, severity))?;
        procedure.steps.iter().find(|known| known.kind == step)
    }

    /// The working days in which those whom such a penalty names can be heard before it is
    /// confirmed; `None` if the scheme asks for no notice.
    pub fn hearing_days(&self, kind: RecordKind, severity: Severity) -> Option<u32> {
        if kind == RecordKind::Reward {
            return None;
        }
        self.procedures.iter().find(|procedure| procedure.fits(kind, severity))?.notify_working_days
    }

    /// Whether an official of this level may take a step, beside what the permissions say. Who is
    /// no official acts for the operator, of whom a scheme says nothing.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] for officials of other levels than the scheme names.
    pub fn require_step(
        &self,
        role: Role,
        step: StepKind,
        (kind, severity): (RecordKind, Severity),
    ) -> Result<(), Refusal> {
        let Some(rule) = self.step(kind, severity, step) else { return Ok(()) };
        if !role.is_official() || rule.by.contains(&role) {
            return Ok(());
        }
        let (id, version) = (&self.id, self.version);
        let record = record_in_words(kind, severity);
        let by = officials_in_words(&rule.by);
        let step = step_in_words(step);
        Err(Refusal::forbidden(
            "not_by_procedure",
            Text::new(
                format!(
                    "按{}（{id} 第{version}版），{}的{}由{}办理",
                    self.title.zh, record.zh, step.zh, by.zh
                ),
                format!("By the scheme {id}, version {version}, {} is {} by {}", record.en, step.en, by.en),
            ),
        ))
    }
}

fn record_in_words(kind: RecordKind, severity: Severity) -> Text {
    let (zh, en) = match severity {
        Severity::Minor => ("轻微", "a minor"),
        Severity::Ordinary => ("一般", "an ordinary"),
        Severity::Serious => ("严重", "a serious"),
    };
    match kind {
        // How grave it is, is said of what is bad.
        RecordKind::Reward => Text::new("奖励信息", format!("{en} reward")),
        RecordKind::Penalty => Text::new(format!("{zh}惩戒信息"), format!("{en} penalty")),
    }
}

fn step_in_words(step: StepKind) -> Text {
    match step {
        StepKind::Record => Text::new("录入", "recorded"),
        StepKind::Confirm => Text::new("审核确认", "confirmed or returned"),
        StepKind::MarkObjection => Text::new("异议标注", "marked as disputed"),
        StepKind::DecideObjection => Text::new("异议处理", "decided on after an objection"),
        StepKind::Repair => Text::new("信用修复", "repaired"),
    }
}

fn officials_in_words(by: &[Role]) -> Text {
    let words: Vec<(&str, &str)> = by
        .iter()
        .map(|role| match role {
            Role::Community => ("社区", "community"),
            Role::Street => ("街道", "street"),
            Role::District => ("区县", "district"),
            Role::City => ("市级", "city"),
            other => (other.into_str(), other.into_str()),
        })
        .collect();
    let joined = |pick: fn(&(&'static str, &'static str)) -> &'static str, between: &str| {
        words.iter().map(pick).collect::<Vec<_>>().join(between)
    };
    Text::new(joined(|word| word.0, "、"), format!("{} officials", joined(|word| word.1, " or ")))
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;
    use crate::catalogue::Catalogue;

    fn scheme(text: &str) -> Scheme {
        let catalogue =
            Catalogue::read(include_str!("../../../schemes/catalogue.toml"), "catalogue.toml").unwrap();
        Scheme::read(text, "scheme", &catalogue).unwrap()
    }

    #[test]
    fn the_first_procedure_that_fits_says_who_and_the_refusal_names_it() {
        let nanning = scheme(include_str!("../../../schemes/nanning-2024/1.toml"));
        let may = |role, step, severity| {
            nanning.require_step(role, step, (RecordKind::Penalty, severity)).map_err(|refusal| match refusal
            {
                Refusal::Forbidden { code, detail } => (code, detail),
                other => panic!("{other}"),
            })
        };
        assert_eq!(may(Role::Street, StepKind::Record, Severity::Ordinary), Ok(()));
        assert_eq!(may(Role::District, StepKind::Record, Severity::Serious), Ok(()));
        let (code, text) = may(Role::Street, StepKind::Record, Severity::Serious).unwrap_err();
        assert_eq!(code, "not_by_procedure");
        assert_eq!(
            (text.zh.as_ref(), text.en.as_ref()),
            (
                "按南宁市物业服务企业信用评价（2024）（nanning-2024 第1版），严重惩戒信息的录入由区县、市级办理",
                "By the scheme nanning-2024, version 1, a serious penalty is recorded by district or city officials"
            )
        );
        assert!(may(Role::District, StepKind::Confirm, Severity::Serious).is_err());
        // What it leaves out is left to the permissions, and the operator is no official.
        assert_eq!(may(Role::Street, StepKind::Repair, Severity::Serious), Ok(()));
        assert_eq!(may(Role::Admin, StepKind::Record, Severity::Serious), Ok(()));
    }

    #[test]
    fn a_penalty_is_told_of_before_it_is_confirmed_where_its_procedure_says_so() {
        let nanning = include_str!("../../../schemes/nanning-2024/1.toml");
        let heard = nanning.replacen(
            "severities = [\"serious\"]\n",
            "severities = [\"serious\"]\nnotify = { working_days = 5 }\n",
            1,
        );
        let days = |text: &str, kind, severity| scheme(text).hearing_days(kind, severity);
        assert_eq!(days(&heard, RecordKind::Penalty, Severity::Serious), Some(5));
        assert_eq!(days(&heard, RecordKind::Penalty, Severity::Ordinary), None);
        assert_eq!(days(&heard, RecordKind::Reward, Severity::Serious), None);
        assert_eq!(days(nanning, RecordKind::Penalty, Severity::Serious), None);
        let catalogue =
            Catalogue::read(include_str!("../../../schemes/catalogue.toml"), "catalogue.toml").unwrap();
        let rewards = heard.replacen("notify", "kind = \"reward\"\nnotify", 1);
        let faults = Scheme::read(&rewards, "scheme", &catalogue).unwrap_err();
        let reasons: Vec<&str> = faults.iter().map(|fault| fault.reason.en.as_ref()).collect();
        assert_eq!(reasons, ["nobody has to be heard about a reward"]);
    }

    #[test]
    fn every_step_and_level_has_its_words() {
        for step in StepKind::VARIANTS {
            assert!(!step_in_words(*step).zh.is_empty());
        }
        let all = [Role::Community, Role::Street, Role::District, Role::City];
        assert_eq!(
            officials_in_words(&all),
            Text::new("社区、街道、区县、市级", "community or street or district or city officials")
        );
    }
}
