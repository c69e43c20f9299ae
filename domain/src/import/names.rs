//! The Chinese names of the closed lists that stand in files: what a bureau writes for `old` is
//! 老旧小区. A name is read wherever the word is; templates and documentation are made from them.

use crate::access::Role;
use crate::case::{AssigneeKind, CaseOutcome, CaseState, Channel};
use crate::catalogue::{Level, RecordKind, Severity};
use crate::estate::EstateKind;
use crate::evaluation::Outcome;
use crate::firm::FirmStatus;
use crate::import::ImportKind;
use crate::metric::{Collection, MetricSubjectKind, Sampling};
use crate::place::PlaceLevel;
use crate::project::Operator;
use crate::scheme::{Assessor, ListKind};
use crate::subject::SubjectKind;
use crate::text::{Language, Text};
use crate::typed;
use crate::word::Word;

/// A closed list whose values have names in Chinese.
pub trait Named: Word + 'static {
    /// The names of this value, the usual one first; none is empty or another value's.
    fn names(self) -> &'static [&'static str];

    /// How the value is written for readers of a language.
    fn told(self, language: Language) -> &'static str {
        Choice { word: self.into_str(), names: self.names() }.in_language(language)
    }
}

/// One value of a closed list, as files may write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    /// The word.
    pub word: &'static str,
    /// Its names in Chinese, the usual one first.
    pub names: &'static [&'static str],
}

impl Choice {
    /// How the value is written for readers of a language.
    pub fn in_language(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.names.first().copied().unwrap_or(self.word),
            Language::English => self.word,
        }
    }

    /// Whether a cell says this value: in any width and case, blanks apart.
    fn is_said_by(self, code: &str) -> bool {
        self.names.iter().chain([&self.word]).any(|name| typed::code(name) == code)
    }
}

/// Every value of a list.
pub fn choices<W: Named>() -> Vec<Choice> {
    W::VARIANTS.iter().map(|value| Choice { word: (*value).into(), names: value.names() }).collect()
}

/// Yes and no, which are no list of their own.
pub fn yes_or_no() -> Vec<Choice> {
    vec![
        Choice { word: "true", names: &["是", "yes", "y", "1"] },
        Choice { word: "false", names: &["否", "no", "n", "0"] },
    ]
}

/// The value that a cell says.
///
/// # Errors
/// What may stand there, in words for people.
pub fn chosen(text: &str, choices: &[Choice]) -> Result<&'static str, Text> {
    let code = typed::code(text);
    if let Some(choice) = choices.iter().find(|choice| choice.is_said_by(&code)) {
        return Ok(choice.word);
    }
    let listed = |language: Language, between: &str| {
        choices.iter().map(|choice| choice.in_language(language)).collect::<Vec<_>>().join(between)
    };
    Err(Text::new(
        format!("应为：{}（{}）", listed(Language::Chinese, "、"), listed(Language::English, ", ")),
        format!("must be: {} ({})", listed(Language::English, ", "), listed(Language::Chinese, "、")),
    ))
}

/// The roles that sign in with a password.
pub fn roles_with_password() -> Vec<Choice> {
    let others = [Role::Resident, Role::Integrator].map(Role::into_str);
    choices::<Role>().into_iter().filter(|choice| !others.contains(&choice.word)).collect()
}

impl Named for Role {
    fn names(self) -> &'static [&'static str] {
        match self {
            Role::Resident => &["居民"],
            Role::Firm => &["物业企业", "企业"],
            Role::Manager => &["项目经理"],
            Role::Community => &["社区", "村"],
            Role::Street => &["街道", "镇", "乡"],
            Role::District => &["区县", "区", "县"],
            Role::City => &["市"],
            Role::Department => &["部门", "职能部门"],
            Role::Integrator => &["第三方程序"],
            Role::Admin => &["管理员"],
        }
    }
}

impl Named for ImportKind {
    fn names(self) -> &'static [&'static str] {
        match self {
            ImportKind::Places => &["区划"],
            ImportKind::Firms => &["企业"],
            ImportKind::Estates => &["小区"],
            ImportKind::Projects => &["服务项目"],
            ImportKind::Managers => &["项目经理"],
            ImportKind::Staff => &["员工名单"],
            ImportKind::Households => &["住户"],
            ImportKind::Records => &["奖惩信息"],
            ImportKind::Assessments => &["街道社区评价"],
            ImportKind::Metrics => &["指标"],
        }
    }
}

impl Named for PlaceLevel {
    fn names(self) -> &'static [&'static str] {
        match self {
            PlaceLevel::City => &["市"],
            PlaceLevel::District => &["区县", "区", "县"],
            PlaceLevel::Street => &["街道", "镇", "乡"],
            PlaceLevel::Community => &["社区", "村"],
        }
    }
}

impl Named for FirmStatus {
    fn names(self) -> &'static [&'static str] {
        match self {
            FirmStatus::Active => &["存续"],
            FirmStatus::Revoked => &["吊销"],
            FirmStatus::Deregistered => &["注销"],
        }
    }
}

impl Named for EstateKind {
    fn names(self) -> &'static [&'static str] {
        match self {
            EstateKind::Professional => &["专业型", "专业型小区"],
            EstateKind::Old => &["老旧", "老旧小区"],
            EstateKind::Unmanaged => &["弃管", "弃管小区"],
            EstateKind::Affordable => &["保障型", "保障型小区"],
        }
    }
}

impl Named for Operator {
    fn names(self) -> &'static [&'static str] {
        match self {
            Operator::Firm => &["物业企业"],
            Operator::StreetFirm => &["街道企业"],
            Operator::Owners => &["自管", "业主自管"],
            Operator::Community => &["托管", "社区托管"],
        }
    }
}

impl Named for Level {
    fn names(self) -> &'static [&'static str] {
        match self {
            Level::State => &["国家级"],
            Level::Province => &["省级"],
            Level::City => &["市级"],
            Level::District => &["区县级", "区级", "县级"],
            Level::Street => &["街道级"],
        }
    }
}

impl Named for Severity {
    fn names(self) -> &'static [&'static str] {
        match self {
            Severity::Minor => &["轻微"],
            Severity::Ordinary => &["一般"],
            Severity::Serious => &["严重"],
        }
    }
}

impl Named for RecordKind {
    fn names(self) -> &'static [&'static str] {
        match self {
            RecordKind::Reward => &["良好信息"],
            RecordKind::Penalty => &["不良信息"],
        }
    }
}

impl Named for ListKind {
    fn names(self) -> &'static [&'static str] {
        match self {
            ListKind::Red => &["红榜"],
            ListKind::Black => &["黑榜"],
        }
    }
}

impl Named for Outcome {
    fn names(self) -> &'static [&'static str] {
        match self {
            Outcome::Evaluated => &["已评价"],
            Outcome::NotEvaluated => &["不予评价"],
            Outcome::Missing => &["缺失"],
            Outcome::Suspended => &["异议处理中"],
            Outcome::NoScheme => &["尚无评分办法"],
        }
    }
}

impl Named for Assessor {
    fn names(self) -> &'static [&'static str] {
        match self {
            Assessor::Community => &["社区"],
            Assessor::Street => &["街道"],
            Assessor::District => &["区县", "区", "县"],
        }
    }
}

impl Named for SubjectKind {
    fn names(self) -> &'static [&'static str] {
        match self {
            SubjectKind::Firm => &["物业企业", "企业"],
            SubjectKind::Project => &["物业服务项目", "项目"],
            SubjectKind::Manager => &["项目经理"],
        }
    }
}

impl Named for CaseState {
    fn names(self) -> &'static [&'static str] {
        match self {
            CaseState::Open => &["待派单"],
            CaseState::Dispatched => &["待接单"],
            CaseState::Accepted => &["办理中"],
            CaseState::Done => &["待验单"],
            CaseState::Verified => &["已验单"],
            CaseState::Closed => &["已关闭"],
            CaseState::Withdrawn => &["已撤回"],
            CaseState::Joined => &["已合并"],
        }
    }
}

impl Named for CaseOutcome {
    fn names(self) -> &'static [&'static str] {
        match self {
            CaseOutcome::Verified => &["已验单"],
            CaseOutcome::Lapsed => &["逾期未反馈，视为办结"],
            CaseOutcome::CannotBeFixed => &["无法解决"],
            CaseOutcome::NotOurMatter => &["不属于受理范围"],
            CaseOutcome::Duplicate => &["重复反映"],
            CaseOutcome::ResidentUnreachable => &["无法联系反映人"],
            CaseOutcome::Withdrawn => &["已撤回"],
            CaseOutcome::Joined => &["已合并"],
        }
    }
}

impl Named for AssigneeKind {
    fn names(self) -> &'static [&'static str] {
        match self {
            AssigneeKind::Firm => &["物业企业"],
            AssigneeKind::Community => &["社区"],
            AssigneeKind::Street => &["街道"],
            AssigneeKind::Department => &["部门"],
        }
    }
}

impl Named for Channel {
    fn names(self) -> &'static [&'static str] {
        match self {
            Channel::App => &["手机端"],
            Channel::Desk => &["窗口"],
            Channel::Hotline => &["热线"],
        }
    }
}

impl Named for MetricSubjectKind {
    fn names(self) -> &'static [&'static str] {
        match self {
            MetricSubjectKind::Firm => &["物业企业", "企业"],
            MetricSubjectKind::Project => &["物业服务项目", "项目"],
            MetricSubjectKind::Manager => &["项目经理"],
            MetricSubjectKind::Estate => &["小区"],
            MetricSubjectKind::Place => &["区划"],
        }
    }
}

impl Named for Sampling {
    fn names(self) -> &'static [&'static str] {
        match self {
            Sampling::Random => &["随机抽样", "随机"],
            Sampling::All => &["全面调查", "普查"],
            Sampling::Convenience => &["便利抽样"],
        }
    }
}

impl Named for Collection {
    fn names(self) -> &'static [&'static str] {
        match self {
            Collection::InPerson => &["入户"],
            Collection::Telephone => &["电话"],
            Collection::Online => &["线上", "网络"],
            Collection::Paper => &["书面", "纸质"],
            Collection::Mixed => &["多种方式"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<W: Named>() {
        let all = choices::<W>();
        for choice in &all {
            for text in choice.names.iter().chain([&choice.word]) {
                assert_eq!(chosen(text, &all), Ok(choice.word), "{text}");
                assert_eq!(
                    all.iter().filter(|other| other.is_said_by(&typed::code(text))).count(),
                    1,
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn a_word_and_each_of_its_names_say_one_value() {
        check::<PlaceLevel>();
        check::<FirmStatus>();
        check::<EstateKind>();
        check::<Operator>();
        check::<RecordKind>();
        check::<ListKind>();
        check::<Outcome>();
        check::<Level>();
        check::<Severity>();
        check::<Assessor>();
        check::<SubjectKind>();
        check::<MetricSubjectKind>();
        check::<Sampling>();
        check::<Collection>();
        check::<Role>();
        check::<CaseState>();
        check::<CaseOutcome>();
        check::<AssigneeKind>();
        check::<Channel>();
    }

    #[test]
    fn a_value_is_read_in_any_width_and_case_and_what_is_none_is_told_what_would_be() {
        let kinds = choices::<EstateKind>();
        for text in ["old", " OLD ", "ｏｌｄ", "老旧", "老旧\u{3000}小区", "\u{200b}老旧"] {
            assert_eq!(chosen(text, &kinds), Ok("old"), "{text:?}");
        }
        assert_eq!(chosen("TRUE", &yes_or_no()), Ok("true"));
        let told = chosen("破旧", &kinds).unwrap_err();
        assert_eq!(told.zh, "应为：专业型、老旧、弃管、保障型（professional, old, unmanaged, affordable）");
        assert_eq!(told.en, "must be: professional, old, unmanaged, affordable (专业型、老旧、弃管、保障型)");
    }
}
