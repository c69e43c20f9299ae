//! Words and numbers as pages write them.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use xinwu_domain::calendar::{Month, day_of};
use xinwu_domain::card::{Credit, DimensionFigure, DimensionFigures};
use xinwu_domain::case::figures::{CaseRate, CaseSums};
use xinwu_domain::catalogue::{Level, RecordKind, Severity};
use xinwu_domain::comparison::RankBy;
use xinwu_domain::estate::EstateKind;
use xinwu_domain::evaluation::Outcome;
use xinwu_domain::firm::FirmStatus;
use xinwu_domain::place::PlaceLevel;
use xinwu_domain::project::Operator;
use xinwu_domain::rating::Dimension;
use xinwu_domain::record::RecordStatus;
use xinwu_domain::scheme::{Assessor, ListKind};
use xinwu_domain::subject::SubjectKind;
use xinwu_domain::typed::is_unseen;

use super::Page;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn english_month(number: u32) -> &'static str {
    usize::try_from(number).ok().and_then(|number| MONTHS.get(number.checked_sub(1)?).copied()).unwrap_or("")
}

impl Page {
    /// 2026年11月21日, 21 November 2026
    pub(super) fn day(&self, day: &NaiveDate) -> String {
        let (year, month, number) = (day.year(), day.month(), day.day());
        match self.lang() {
            "en" => format!("{number} {} {year}", english_month(month)),
            _ => format!("{year}年{month}月{number}日"),
        }
    }

    /// A day as the API writes it.
    pub(super) fn named_day(&self, day: &str) -> String {
        day.parse().map_or_else(|_| day.to_owned(), |day| self.day(&day))
    }

    /// The city's day of an instant.
    pub(super) fn day_of(&self, instant: &DateTime<Utc>) -> String {
        self.day(&day_of(*instant, self.zone))
    }

    /// 2026年11月, November 2026
    pub(super) fn month(&self, month: &Month) -> String {
        let day = month.first_day();
        match self.lang() {
            "en" => format!("{} {}", english_month(day.month()), day.year()),
            _ => format!("{}年{}月", day.year(), day.month()),
        }
    }

    /// A number with at most 4 decimals, as the API writes it, without zeros at its end.
    pub(super) fn number(&self, number: &Decimal) -> String {
        let number = number.round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero);
        grouped(&number.normalize().to_string())
    }

    /// With its sign: what is added and what is taken away.
    pub(super) fn signed(&self, number: &Decimal) -> String {
        let number = number.normalize();
        match number.is_sign_negative() && !number.is_zero() {
            true => format!("−{}", grouped(&number.abs().to_string())),
            false => format!("+{}", grouped(&number.abs().to_string())),
        }
    }

    /// A share as a percentage, one decimal.
    pub(super) fn percent(&self, share: &Decimal) -> String {
        let tenths =
            (*share * Decimal::ONE_HUNDRED).round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero);
        format!("{}%", tenths.normalize())
    }

    pub(super) fn count(&self, count: &impl ToString) -> String {
        grouped(&count.to_string())
    }

    /// The rates of cases that are published, each with what it is called.
    pub(super) fn case_rates(&self, sums: &CaseSums) -> Vec<(&'static str, CaseRate)> {
        let rates = [
            (self.t("按时办结率", "On time"), sums.on_time),
            (self.t("满意率", "Satisfied"), sums.satisfied),
            (self.t("重新办理率", "Reopened"), sums.reopened),
        ];
        rates.into_iter().filter_map(|(name, rate)| Some((name, rate?))).collect()
    }

    /// What somebody typed, to be shown: without characters that nobody sees, some of which turn
    /// what stands beside them round.
    pub(super) fn plain(&self, text: &str) -> String {
        text.chars().filter(|character| !is_unseen(*character) && !character.is_control()).collect()
    }

    /// A term, both days included.
    pub(super) fn term(&self, starts_on: &NaiveDate, ends_on: &Option<NaiveDate>) -> String {
        let from = self.day(starts_on);
        match (ends_on, self.lang()) {
            (Some(last), "en") => format!("{from} to {}", self.day(last)),
            (Some(last), _) => format!("{from}至{}", self.day(last)),
            (None, "en") => format!("since {from}"),
            (None, _) => format!("{from}起"),
        }
    }

    /// A fee in fen per m² and month, in yuan.
    pub(super) fn fee(&self, fen: &i64) -> String {
        format!("{} {}", Decimal::new(*fen, 2), self.t("元/平方米·月", "yuan per m² and month"))
    }

    /// A grade in a few words, as lists show it.
    pub(super) fn credit(&self, credit: &Credit) -> String {
        let parts = [credit.grade.clone(), credit.score.as_ref().map(|score| self.number(score))];
        match credit.outcome {
            Outcome::Evaluated => parts.into_iter().flatten().collect::<Vec<_>>().join(" "),
            outcome => self.outcome(&outcome).to_owned(),
        }
    }

    pub(super) fn outcome(&self, outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Evaluated => self.t("已评价", "graded"),
            Outcome::NotEvaluated => self.t("尚未评价", "not yet graded"),
            Outcome::Missing => self.t("缺失", "missing"),
            Outcome::Suspended => self.t("异议处理中", "under objection"),
            Outcome::NoScheme => self.t("尚无评分办法", "no rules yet"),
        }
    }

    /// Each aspect of the service with its figure.
    pub(super) fn dimensions<'f>(
        &self,
        figures: &'f DimensionFigures,
    ) -> [(String, &'f Option<DimensionFigure>); 5] {
        Dimension::ALL.map(|dimension| {
            let figure = match dimension {
                Dimension::Cleaning => &figures.cleaning,
                Dimension::Security => &figures.security,
                Dimension::Greening => &figures.greening,
                Dimension::Maintenance => &figures.maintenance,
                Dimension::Attitude => &figures.attitude,
            };
            (self.text(&dimension.text()).to_owned(), figure)
        })
    }

    pub(super) fn firm(&self, uscc: &str) -> String {
        format!("/firms/{uscc}")
    }

    pub(super) fn trend(&self, uscc: &str) -> String {
        format!("/v1/firms/{uscc}/trend.svg")
    }

    pub(super) fn estate(&self, code: &str) -> String {
        format!("/estates/{code}")
    }

    pub(super) fn poster(&self, code: &str) -> String {
        format!("/estates/{code}/poster")
    }

    pub(super) fn project(&self, id: &str) -> String {
        format!("/projects/{id}")
    }

    pub(super) fn record(&self, id: &str) -> String {
        format!("/records/{id}")
    }

    pub(super) fn place(&self, code: &str) -> String {
        format!("/places/{code}")
    }

    /// The link to the whole of a place's list,
    pub(super) fn place_list(&self, code: &str, list: &ListKind) -> String {
        self.to(format!("/places/{code}/lists/{list}"))
    }

    /// and to that of its ranking.
    pub(super) fn place_ranking(&self, code: &str, by: &RankBy) -> String {
        self.to(format!("/places/{code}/rankings/{by}"))
    }

    pub(super) fn version(&self, scheme: &str, version: &u32) -> String {
        format!("/schemes/{scheme}/versions/{version}")
    }

    pub(super) fn firm_status(&self, status: &FirmStatus) -> &'static str {
        match status {
            FirmStatus::Active => self.t("存续", "in business"),
            FirmStatus::Revoked => self.t("营业执照已被吊销", "business licence revoked"),
            FirmStatus::Deregistered => self.t("已注销", "struck off the register"),
        }
    }

    pub(super) fn record_kind(&self, kind: &RecordKind) -> &'static str {
        match kind {
            RecordKind::Reward => self.t("良好信息", "Reward"),
            RecordKind::Penalty => self.t("不良信息", "Penalty"),
        }
    }

    pub(super) fn record_status(&self, status: &RecordStatus) -> &'static str {
        match status {
            RecordStatus::InForce => self.t("有效", "in force"),
            RecordStatus::Expired => self.t("有效期已满", "its term has ended"),
            RecordStatus::Revoked => self.t("已撤销", "revoked"),
            RecordStatus::Repaired => self.t("已修复", "repaired"),
            RecordStatus::Archived => self.t("已归档", "archived"),
        }
    }

    pub(super) fn severity(&self, severity: &Severity) -> &'static str {
        match severity {
            Severity::Minor => self.t("轻微", "minor"),
            Severity::Ordinary => self.t("一般", "ordinary"),
            Severity::Serious => self.t("严重", "serious"),
        }
    }

    pub(super) fn level(&self, level: &Level) -> &'static str {
        match level {
            Level::State => self.t("国家级", "state"),
            Level::Province => self.t("省级", "province"),
            Level::City => self.t("市级", "city"),
            Level::District => self.t("区县级", "district"),
            Level::Street => self.t("街道级", "street"),
        }
    }

    pub(super) fn estate_kind(&self, kind: &EstateKind) -> &'static str {
        match kind {
            EstateKind::Professional => self.t("专业型", "professionally managed"),
            EstateKind::Old => self.t("老旧小区", "old estate"),
            EstateKind::Unmanaged => self.t("弃管小区", "given up by its manager"),
            EstateKind::Affordable => self.t("保障型", "affordable housing"),
        }
    }

    pub(super) fn operator(&self, operator: &Operator) -> &'static str {
        match operator {
            Operator::Firm => self.t("物业企业", "a property firm"),
            Operator::StreetFirm => self.t("街道所属物业企业", "a street’s own firm"),
            Operator::Owners => self.t("业主自管", "the owners themselves"),
            Operator::Community => self.t("社区托管", "the community"),
        }
    }

    pub(super) fn place_level(&self, level: &PlaceLevel) -> &'static str {
        match level {
            PlaceLevel::City => self.t("市", "city"),
            PlaceLevel::District => self.t("区县", "district"),
            PlaceLevel::Street => self.t("街道", "street"),
            PlaceLevel::Community => self.t("社区", "community"),
        }
    }

    pub(super) fn list(&self, list: &ListKind) -> &'static str {
        match list {
            ListKind::Red => self.t("红榜", "Red list"),
            ListKind::Black => self.t("黑榜", "Black list"),
        }
    }

    /// What a ranking is called,
    pub(super) fn ranking(&self, by: &RankBy) -> &'static str {
        match by {
            RankBy::Score => self.t("信用得分排名", "By credit score"),
            RankBy::Service => self.t("住户评价的服务得分排名", "By residents’ service score"),
            RankBy::Penalties => self.t("不良信息数量排名", "By public penalties, the most first"),
        }
    }

    /// and what its values are.
    pub(super) fn ranked(&self, by: &RankBy) -> &'static str {
        match by {
            RankBy::Score => self.t("得分", "Score"),
            RankBy::Service => self.t("服务得分", "Service score"),
            RankBy::Penalties => self.t("不良信息", "Penalties"),
        }
    }

    pub(super) fn assessor(&self, assessor: &Assessor) -> &'static str {
        match assessor {
            Assessor::Community => self.t("社区", "community"),
            Assessor::Street => self.t("街道", "street"),
            Assessor::District => self.t("区县", "district"),
        }
    }

    pub(super) fn subject(&self, kind: &SubjectKind) -> &'static str {
        match kind {
            SubjectKind::Firm => self.t("物业企业", "firms"),
            SubjectKind::Project => self.t("服务项目", "projects"),
            SubjectKind::Manager => self.t("项目经理", "managers"),
        }
    }
}

/// Digits in threes.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_once('.').map_or((number, ""), |(whole, rest)| (whole, rest));
    let digits = whole.trim_start_matches('-');
    let mut text = String::new();
    if whole.len() > digits.len() {
        text.push('−');
    }
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !rest.is_empty() {
        text.push('.');
        text.push_str(rest);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use xinwu_domain::text::Language;

    fn page(language: Language) -> Page {
        Page { language, kept: String::new(), zone: chrono_tz::Asia::Shanghai }
    }

    #[test]
    fn days_months_and_numbers_are_written_as_each_language_does() {
        let (zh, en) = (page(Language::Chinese), page(Language::English));
        let day = NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
        assert_eq!((zh.day(&day), en.day(&day)), ("2026年11月1日".to_owned(), "1 November 2026".to_owned()));
        let month = Month::containing(day).unwrap();
        assert_eq!(
            (zh.month(&month), en.month(&month)),
            ("2026年11月".to_owned(), "November 2026".to_owned())
        );
        for (number, plain, signed) in [
            ("66.2540", "66.254", "+66.254"),
            ("65.39779285634534", "65.3978", "+65.39779285634534"),
            ("-8", "−8", "−8"),
            ("0.000", "0", "+0"),
            ("-1234567.5", "−1,234,567.5", "−1,234,567.5"),
            ("999", "999", "+999"),
        ] {
            let number: Decimal = number.parse().unwrap();
            assert_eq!((zh.number(&number), zh.signed(&number)), (plain.to_owned(), signed.to_owned()));
        }
        assert_eq!(zh.percent(&Decimal::new(1143, 4)), "11.4%");
        assert_eq!(zh.plain("演\u{202e}示\u{0}<b>"), "演示<b>");
    }
}
