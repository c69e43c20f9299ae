//! The kinds of things that operations are about, as URLs, the audit and people name them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::refusal::Refusal;
use crate::text::{Language, Text};
use crate::word::Word;

/// What kind of thing an object is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[expect(missing_docs, reason = "each is the object of its name")]
pub enum Kind {
    Account,
    Assessment,
    Burst,
    Case,
    Client,
    Comment,
    Department,
    Estate,
    Evaluation,
    Firm,
    Follow,
    Household,
    Import,
    Key,
    Manager,
    Metric,
    Notice,
    Objection,
    Photo,
    Place,
    Project,
    Proposal,
    Rating,
    Record,
    Repair,
    Reply,
    Residence,
    Review,
    Scheme,
    Secret,
    Text,
    User,
}

impl Kind {
    /// What people call one, as readers of a language do.
    pub fn told(self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.zh(),
            Language::English => self.into_str(),
        }
    }

    /// What people call it, in Chinese.
    fn zh(self) -> &'static str {
        match self {
            Kind::Account | Kind::User => "账号",
            Kind::Assessment => "评价",
            Kind::Burst => "集中评分",
            Kind::Case => "事项",
            Kind::Client => "接入程序",
            Kind::Comment | Kind::Review => "评论",
            Kind::Department => "部门",
            Kind::Estate => "小区",
            Kind::Evaluation => "信用评价",
            Kind::Firm => "企业",
            Kind::Follow => "关注",
            Kind::Household => "住户",
            Kind::Import => "导入任务",
            Kind::Key => "签名密钥",
            Kind::Manager => "项目经理",
            Kind::Metric => "指标数据",
            Kind::Notice => "通知",
            Kind::Objection => "异议",
            Kind::Photo => "照片",
            Kind::Place => "区划",
            Kind::Project => "服务项目",
            Kind::Proposal => "双人确认事项",
            Kind::Rating => "评价",
            Kind::Record => "信息",
            Kind::Repair => "信用修复申请",
            Kind::Reply => "回复",
            Kind::Residence => "住房绑定记录",
            Kind::Scheme => "评分办法",
            Kind::Secret => "主密钥",
            Kind::Text => "内容",
        }
    }

    /// That there is none, or that it is not the asker's to know of.
    pub fn not_found(self) -> Refusal {
        Refusal::NotFound(self)
    }

    /// The code and the words for what is named where it was to be one and is none.
    pub fn unknown(self) -> (&'static str, Text) {
        let code = match self {
            Kind::Department => "unknown_department",
            Kind::Estate => "unknown_estate",
            Kind::Firm => "unknown_firm",
            Kind::Household => "unknown_household",
            Kind::Manager => "unknown_manager",
            Kind::Place => "unknown_place",
            Kind::Project => "unknown_project",
            Kind::Scheme => "unknown_scheme",
            _ => "unknown_value",
        };
        (code, self.not_found_text())
    }

    /// A fault of the field at `pointer`, which names what is none.
    pub fn unknown_at(self, pointer: &str) -> Refusal {
        let (code, text) = self.unknown();
        Refusal::invalid(pointer, code, text)
    }

    /// What people read where there is none.
    pub fn not_found_text(self) -> Text {
        let (zh, en) = (self.zh(), self.into_str());
        Text::new(format!("未找到该{zh}"), format!("There is no such {en}"))
    }
}
