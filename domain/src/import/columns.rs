//! The columns of each kind of file: their names in both languages, what they say, and an example.
//! Headers are read by this table, and the templates and `docs/imports.md` are made from it. Those
//! of the file that `xinwu user import` reads stand beside them.

use super::ImportKind;
use super::names::{Choice, choices, roles_with_password, yes_or_no};
use crate::catalogue::{Level, Severity};
use crate::estate::EstateKind;
use crate::firm::FirmStatus;
use crate::metric::{Collection, MetricSubjectKind, Sampling};
use crate::place::PlaceLevel;
use crate::project::Operator;
use crate::scheme::Assessor;
use crate::text::Language;
use crate::typed;

/// One column of a file.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name, as in the JSON of the single request.
    pub name: &'static str,
    /// Its name in Chinese.
    pub zh: &'static str,
    /// Whether the header must have it.
    pub required: bool,
    /// Whether it is one of those by which people know the row.
    pub is_key: bool,
    /// What it says, in Chinese and in English.
    pub says: (&'static str, &'static str),
    /// What may stand in it, where that is a closed list.
    pub choices: Option<fn() -> Vec<Choice>>,
    /// What stands in it in the template's row.
    pub example: Example,
}

/// What stands in a column of the template's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Example {
    /// Nothing: what is not said stays as it is.
    Blank,
    /// This, in either language; a word of the column's list stands there by its name.
    Text(&'static str),
    /// This in Chinese, and this in English.
    Texts(&'static str, &'static str),
    /// What the city has of this, within the jurisdiction of who asks.
    Fact(Fact),
}

/// What an example takes from the city, so that it can be imported as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum Fact {
    Place,
    PlaceBelow,
    LevelBelow,
    Community,
    Estate,
    Building,
    Unit,
    Room,
    Firm,
    Project,
    Quarter,
    Assessor,
    Day,
}

impl Column {
    const fn new(name: &'static str, zh: &'static str, required: bool) -> Column {
        let (says, example) = (("", ""), Example::Blank);
        Column { name, zh, required, is_key: false, says, choices: None, example }
    }

    const fn says(self, zh: &'static str, en: &'static str) -> Column {
        Column { says: (zh, en), ..self }
    }

    const fn key(self) -> Column {
        Column { is_key: true, ..self }
    }

    const fn one_of(self, choices: fn() -> Vec<Choice>) -> Column {
        Column { choices: Some(choices), ..self }
    }

    const fn such_as(self, example: &'static str) -> Column {
        Column { example: Example::Text(example), ..self }
    }

    const fn such_as_in(self, zh: &'static str, en: &'static str) -> Column {
        Column { example: Example::Texts(zh, en), ..self }
    }

    const fn from(self, fact: Fact) -> Column {
        Column { example: Example::Fact(fact), ..self }
    }

    /// Its name for readers of a language.
    pub fn in_language(&self, language: Language) -> &'static str {
        match language {
            Language::Chinese => self.zh,
            Language::English => self.name,
        }
    }

    /// The column's cell of the template's row. `fact` gives what the city has.
    pub fn example(&self, language: Language, fact: &dyn Fn(Fact) -> String) -> String {
        let text = match self.example {
            Example::Blank => String::new(),
            Example::Text(text) => text.to_owned(),
            Example::Texts(zh, en) => match language {
                Language::Chinese => zh.to_owned(),
                Language::English => en.to_owned(),
            },
            Example::Fact(wanted) => fact(wanted),
        };
        let choices = self.choices.map(|choices| choices()).unwrap_or_default();
        match choices.into_iter().find(|choice| choice.word == text) {
            Some(choice) => choice.in_language(language).to_owned(),
            None => text,
        }
    }
}

const fn must(name: &'static str, zh: &'static str) -> Column {
    Column::new(name, zh, true)
}

const fn may(name: &'static str, zh: &'static str) -> Column {
    Column::new(name, zh, false)
}

const USCC: &str = "统一社会信用代码";

const fn uscc(column: Column) -> Column {
    column
        .key()
        .from(Fact::Firm)
        .says("企业的统一社会信用代码，18位", "The firm’s unified social credit code, 18 characters")
}

const KNOWN_FROM: Column = may("known_from", "确认时间").says(
    "仅用于城市的初始导入，如 2025-03-01T00:00:00Z",
    "Only in a city’s founding import, such as 2025-03-01T00:00:00Z",
);

const PLACES: &[Column] = &[
    must("code", "区划代码").key().from(Fact::PlaceBelow).says(
        "国家统计局代码；本市自设的为上级代码加 X 和两位数字",
        "The National Bureau of Statistics’ code; a local one is the parent’s, X and two digits",
    ),
    must("level", "级别")
        .one_of(choices::<PlaceLevel>)
        .from(Fact::LevelBelow)
        .says("级别，之后不能改变", "Its level, which cannot change later"),
    must("name", "名称").key().such_as("示例").says("1至100个字符", "1 to 100 characters"),
    must("parent", "上级区划代码")
        .from(Fact::Place)
        .says("上一级区划的代码；市留空", "The code of the place above it; empty for the city"),
    may("valid_from", "启用日期").says("日期；不填为当日", "A day; today when left out"),
    may("aliases", "别名").says("以分号分隔，最多20个", "Separated by semicolons, at most 20"),
];

const FIRMS: &[Column] = &[
    must("uscc", "统一社会信用代码").key().such_as("91219900MA00EXAM0J").says(
        "18位；校验位不符的须填校验位不符的说明",
        "18 characters; one whose check character fails needs check_override_reason",
    ),
    must("name", "企业名称")
        .key()
        .such_as("示例物业服务有限公司")
        .says("营业执照上的名称，1至100个字符", "As on its licence, 1 to 100 characters"),
    may("short_name", "企业简称").such_as("示例物业").says("最多50个字符", "At most 50 characters"),
    must("registered_place", "登记地区划代码")
        .from(Fact::Place)
        .says("登记地所在区划的代码", "The code of the place where it is registered"),
    may("status", "登记状态")
        .one_of(choices::<FirmStatus>)
        .such_as("active")
        .says("不填为存续", "active when left out"),
    may("participates", "是否参加信用评价").one_of(yes_or_no).says("不填为是", "true when left out"),
    may("residential", "是否从事住宅物业服务").one_of(yes_or_no).says("不填为是", "true when left out"),
    may("licensed_on", "营业执照日期").such_as("2018-05-20").says("日期，不晚于当日", "A day, not to come"),
    may("check_override_reason", "校验位不符的说明").says(
        "仅当营业执照上的代码校验位不符时填写",
        "Only where the code on the licence fails its check character",
    ),
    may("parent", "总公司统一社会信用代码").says("分支机构填写", "Of a branch"),
    may("parent_since", "分支机构起始日期").says("日期，与总公司一并填写", "A day, beside parent"),
];

const ESTATES: &[Column] = &[
    must("code", "小区代码")
        .key()
        .such_as("EXAMPLE-1")
        .says("4至32位数字、字母或连字符", "4 to 32 digits, letters or hyphens"),
    must("name", "小区名称").key().such_as("示例小区").says("1至100个字符", "1 to 100 characters"),
    must("kind", "小区类型").one_of(choices::<EstateKind>).such_as("professional"),
    must("place", "社区代码")
        .from(Fact::Community)
        .says("所在社区的区划代码", "The code of the community it lies in"),
    may("aliases", "别名").says("以分号分隔，最多20个", "Separated by semicolons, at most 20"),
    may("address", "地址").such_as("示例路1号").says("最多200个字符", "At most 200 characters"),
    may("households", "户数").such_as("300").says("0至100000的整数", "A whole number, 0 to 100,000"),
];

// The example is a term of long ago: whoever serves the estate today stays.
const PROJECTS: &[Column] = &[
    must("estate", "小区代码")
        .key()
        .from(Fact::Estate)
        .says("已登记小区的代码", "The code of an estate in the register"),
    must("operator", "承接主体").one_of(choices::<Operator>).such_as("firm"),
    may("uscc", "统一社会信用代码")
        .key()
        .from(Fact::Firm)
        .says("承接主体为物业企业或街道企业时必填", "Needed where the operator is a firm or a street’s firm"),
    may("manager", "项目经理").says(
        "编号，或该企业唯一一位同名项目经理的姓名",
        "The id, or the name of the only manager of the firm with it",
    ),
    must("starts_on", "服务起始日期").key().such_as("2000-01-01").says("日期", "A day"),
    may("ends_on", "服务终止日期")
        .such_as("2000-12-31")
        .says("最后一日；仍在服务的留空", "The last day; empty while it runs on"),
    must("area_m2", "服务面积（平方米）").such_as("85000.5").says("最多两位小数", "At most 2 decimals"),
    must("households", "服务户数").such_as("300").says("0至100000的整数", "A whole number, 0 to 100,000"),
    may("fee_fen", "物业费（分/平方米·月）")
        .such_as("180")
        .says("每平方米每月，以分为单位的整数", "In fen per m² and month, a whole number"),
    may("area_reason", "户均面积说明").says(
        "户均面积不在20至400平方米之间时必填",
        "Needed where the area lies outside of 20 to 400 m² a household",
    ),
];

const MANAGERS: &[Column] = &[
    must("name", "姓名").key().such_as("示例经理").says("1至50个字符", "1 to 50 characters"),
    uscc(must("uscc", USCC)),
];

// The example says that someone has left who was never there: nothing changes.
const STAFF: &[Column] = &[
    uscc(must("uscc", USCC)),
    must("phone", "手机号码")
        .such_as("13900000000")
        .says("11位；只保存其加密摘要", "11 digits; only a keyed hash of them is kept"),
    may("left", "是否离职").one_of(yes_or_no).such_as("true").says("不填为否", "false when left out"),
];

// Without phones: the roster of a dwelling that is there already stays.
const HOUSEHOLDS: &[Column] = &[
    must("estate", "小区代码")
        .key()
        .from(Fact::Estate)
        .says("已登记小区的代码", "The code of an estate in the register"),
    must("building", "楼号").key().from(Fact::Building).says("如 1号楼、1", "Such as 1"),
    must("unit", "单元")
        .key()
        .from(Fact::Unit)
        .says("如 1单元、1；没有单元的留空", "Such as 1; empty where the building has none"),
    must("room", "室号").key().from(Fact::Room).says("如 101室、101", "Such as 101"),
    may("phones", "手机号码").says(
        "以分号分隔，最多20个；只保存其加密摘要，并替换原有名册",
        "Separated by semicolons, at most 20; only keyed hashes are kept, in place of the former ones",
    ),
];

const PROJECT: Column = may("project", "物业服务项目")
    .says("项目编号、小区代码或小区名称", "The project’s id, or its estate’s code or name");

const RECORDS: &[Column] = &[
    must("category", "信息类别")
        .such_as("R101")
        .says("信用信息目录中的代码，见 /v1/categories", "A code of the catalogue, see /v1/categories"),
    uscc(may("uscc", USCC)),
    PROJECT,
    may("manager", "项目经理").says(
        "相关的项目经理：编号，或该企业唯一一位同名项目经理的姓名",
        "The manager concerned: the id, or the name of the only manager of the firm with it",
    ),
    must("level", "作出机关级别").one_of(choices::<Level>).such_as("district"),
    may("severity", "严重程度")
        .one_of(choices::<Severity>)
        .says("不填为该类别的通常严重程度", "The category’s usual one when left out"),
    may("severity_reason", "严重程度的说明")
        .says("严重程度与目录不同时填写", "Where the severity is not one of the catalogue’s"),
    must("title", "标题").such_as("示例表彰").says("1至200个字符", "1 to 200 characters"),
    may("detail", "详情").says("最多2000个字符，可分行", "At most 2,000 characters, on several lines"),
    must("document_number", "文号").key().such_as_in("示例〔2026〕1号", "Example 2026-1"),
    must("authority", "作出机关").such_as_in("示例机关", "Example authority"),
    may("evidence", "证据")
        .such_as("example-1")
        .says("以分号分隔的引用，1至20项", "References separated by semicolons, 1 to 20"),
    must("decided_on", "作出日期").from(Fact::Day).says("日期，不晚于当日", "A day, not to come"),
    may("counts_until", "计分截止日期")
        .says("日期；不填按评分办法", "A day; by each scheme’s own term when left out"),
    may("publish", "是否公示")
        .one_of(yes_or_no)
        .says("轻微不良信息确需公示的填是", "Whether to show a minor penalty"),
    may("public_until", "公示截止日期").says("日期；不填为最长期限", "A day; the longest when left out"),
    may("scheme", "评分办法")
        .says("由经办人裁量赋分的，填评分办法编号", "Where an officer gives the points: the scheme’s id"),
    may("points", "分值").says("与评分办法一并填写，最多三位小数", "Beside scheme, at most 3 decimals"),
    may("reason", "赋分理由").says("与参考分值不同时填写", "Where they differ from the reference"),
    KNOWN_FROM,
];

const ASSESSMENTS: &[Column] = &[
    Column { required: true, ..PROJECT }.key().from(Fact::Project),
    must("period", "评价周期")
        .key()
        .from(Fact::Quarter)
        .says("如 2026-Q4、2026-H2、2026，或 2026年第4季度", "Such as 2026-Q4, 2026-H2, 2026"),
    must("assessor", "评价主体").key().one_of(choices::<Assessor>).from(Fact::Assessor),
    must("service", "物业服务得分").such_as("88.5").says("0至100", "0 to 100"),
    must("party", "党建得分").such_as("92").says("0至100", "0 to 100"),
    may("note", "评语").says("最多1000个字符", "At most 1,000 characters"),
    may("evidence", "证据").says("以分号分隔的引用，最多20项", "References separated by semicolons"),
    may("correction_reason", "更正理由")
        .says("更正已截止周期的评价时填写", "To correct an assessment of a closed period"),
    KNOWN_FROM,
];

const METRICS: &[Column] = &[
    must("subject_kind", "主体类型").one_of(choices::<MetricSubjectKind>).such_as("firm"),
    must("subject", "主体").key().from(Fact::Firm).says(
        "企业填统一社会信用代码；项目填编号、小区代码或小区名称；项目经理填编号；小区、区划填代码",
        "A firm’s code; a project’s id, or its estate’s code or name; a manager’s id; an estate’s or a place’s code",
    ),
    must("key", "指标")
        .key()
        .such_as("fee_collection_rate")
        .says("指标目录中的名称，见 /v1/metrics", "The metric’s name in the catalogue, see /v1/metrics"),
    must("period", "周期").key().from(Fact::Quarter).says(
        "如 2026-11-21、2026-11-H1（上半月）、2026-11、2026-Q4、2026-H2、2026，或 2026年第4季度、2026年11月；可用的周期见指标目录",
        "Such as 2026-11-21, 2026-11-H1 (to the 15th), 2026-11, 2026-Q4, 2026-H2, 2026; the catalogue says which",
    ),
    must("value", "数值")
        .such_as("92.5")
        .says("最多三位小数，在指标目录规定的范围内", "At most 3 decimals, within the catalogue’s bounds"),
    must("source", "数据来源").such_as("示例 Example").says("1至200个字符", "1 to 200 characters"),
    of_survey("population", "调查总体户数")
        .says("满意度调查所代表的户数", "Of a survey: households that it speaks for"),
    of_survey("asked", "受访户数").says("调查了多少户", "Of a survey: households that were asked"),
    of_survey("answered", "有效样本户数")
        .says("计入结果的户数", "Of a survey: households whose answers count"),
    of_survey("asked_from", "调查起始日期").says("日期", "Of a survey: its first day"),
    of_survey("asked_to", "调查截止日期").says("日期", "Of a survey: its last day"),
    of_survey("collection", "调查方式").one_of(choices::<Collection>),
    of_survey("sampling", "抽样方式").one_of(choices::<Sampling>),
    of_survey("excluded", "剔除户数")
        .says("不填为0", "Of a survey: households asked and left out; 0 when left out"),
    of_survey("excluded_why", "剔除原因").says("有剔除时必填", "Needed where any are left out"),
    of_survey("minimum", "最低样本户数")
        .says("调查要求的最低有效样本", "Of a survey: answers that it was to have at least"),
    KNOWN_FROM,
];

/// A column that only a metric of the method `survey` needs, and then all of them but two.
const fn of_survey(name: &'static str, zh: &'static str) -> Column {
    may(name, zh)
}

/// The columns of the accounts that the operator adds at once.
pub const ACCOUNTS: &[Column] = &[
    must("username", "用户名").key().such_as("zhongshan.street").says(
        "登录所用：3至64个小写字母、数字、点、下划线或连字符",
        "To sign in with: 3 to 64 lower-case letters, digits, dots, underscores or hyphens",
    ),
    must("role", "角色").one_of(roles_with_password),
    may("place", "区划代码")
        .says("各级工作人员填写，级别与角色一致", "Of an official: a place of the role’s own level"),
    uscc(may("uscc", USCC)),
    may("manager", "项目经理").says("项目经理账号填写编号", "Of a manager’s account: the manager’s id"),
    may("department", "部门").says("部门账号填写部门代码", "Of a department’s account: the department’s code"),
    may("can_confirm", "确认权限")
        .one_of(yes_or_no)
        .says("不填为否；仅限各级工作人员", "false when left out; of officials alone"),
    may("staff_number", "工号").says(
        "各级、各部门工作人员和管理员必填；工号相同的账号属同一人",
        "Needed of officials, also of departments, and of administrators; accounts of one number are one person’s",
    ),
    may("display_name", "显示名称").says("最多100个字符", "At most 100 characters"),
];

impl ImportKind {
    /// The columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            ImportKind::Places => PLACES,
            ImportKind::Firms => FIRMS,
            ImportKind::Estates => ESTATES,
            ImportKind::Projects => PROJECTS,
            ImportKind::Managers => MANAGERS,
            ImportKind::Staff => STAFF,
            ImportKind::Households => HOUSEHOLDS,
            ImportKind::Records => RECORDS,
            ImportKind::Assessments => ASSESSMENTS,
            ImportKind::Metrics => METRICS,
        }
    }

    /// The column of that name.
    pub fn column(self, name: &str) -> Option<&'static Column> {
        self.columns().iter().find(|column| column.name == name)
    }
}

/// The column of these that a header names, in either language, any width and case.
pub fn column_by_header(columns: &'static [Column], header: &str) -> Option<&'static Column> {
    let code = typed::code(header);
    columns.iter().find(|column| [column.name, column.zh].iter().any(|name| typed::code(name) == code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_header_names_one_column_in_either_language() {
        for kind in ImportKind::ALL {
            for column in kind.columns() {
                for header in [column.name, column.zh] {
                    let named =
                        column_by_header(kind.columns(), &format!(" {}\u{200b}", header.to_uppercase()));
                    assert_eq!(named.map(|found| found.name), Some(column.name), "{kind} {header}");
                    let all = kind.columns().iter().filter(|each| {
                        [each.name, each.zh].iter().any(|name| typed::code(name) == typed::code(header))
                    });
                    assert_eq!(all.count(), 1, "{kind} {header}");
                }
                assert!(
                    column.choices.is_some() || !column.says.0.is_empty() || column.is_key || column.required
                );
            }
            assert!(kind.columns().iter().any(|column| column.is_key), "{kind}");
        }
        let found = column_by_header(PROJECTS, "服务面积(平方米)");
        assert_eq!(found.map(|column| column.name), Some("area_m2"));
        assert!(column_by_header(PROJECTS, "").is_none());
    }

    #[test]
    fn a_phone_is_no_key() {
        for kind in ImportKind::ALL {
            assert!(kind.columns().iter().all(|column| !column.is_key || !column.name.contains("phone")));
        }
    }

    #[test]
    fn examples_stand_in_the_language_asked_for() {
        let example = |name: &str, language| {
            ImportKind::Estates.column(name).unwrap().example(language, &|fact| format!("{fact:?}"))
        };
        assert_eq!(example("kind", Language::Chinese), "专业型");
        assert_eq!(example("kind", Language::English), "professional");
        assert_eq!(example("place", Language::Chinese), "Community");
        assert_eq!(example("aliases", Language::Chinese), "");
    }
}
