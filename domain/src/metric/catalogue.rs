//! The catalogue of metrics (指标目录): which figures there are, and what each of them can be.
//!
//! It is a TOML file (`data/metrics.toml`), of which every key must be known. It comes with the
//! program, as the catalogue of what can be recorded does.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Serialize;
use utoipa::ToSchema;

use super::nearest::nearest;
use super::subject::MetricSubjectKind;
use super::survey::SurveyMethod;
use super::words::{MetricMethod, MetricUnit, Reporter};
use crate::calendar::{Period, PeriodKind};
use crate::refusal::{Faults, Refusal};
use crate::text::Text;
use crate::thousandths::Thousandths;

/// One metric, as the catalogue has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "key": "fee_collection_rate", "name": "物业费收缴率", "says": "周期内实收当期物业费占应收当期物业费的比例",
    "unit": "percent", "least": 0, "most": 100, "subjects": ["firm", "project"],
    "periods": ["month", "quarter", "half", "year"], "reporters": ["official", "firm"], "public": true, "method": "none"
}))]
pub struct Metric {
    /// Its name in files, requests and schemes.
    pub key: String,
    /// What people call it.
    #[schema(value_type = String)]
    pub name: Text,
    /// How it is counted.
    #[schema(value_type = String)]
    pub says: Text,
    /// In what it is measured.
    pub unit: MetricUnit,
    /// The least that a value can be.
    pub least: Thousandths,
    /// The most that a value can be.
    pub most: Thousandths,
    /// Of what it can be.
    pub subjects: Vec<MetricSubjectKind>,
    /// Of how long a time it can be.
    pub periods: Vec<PeriodKind>,
    /// Who enters it.
    pub reporters: Vec<Reporter>,
    /// Whether everyone reads it. One that is not is for the firm and officials, and may be graded.
    pub public: bool,
    /// What has to come with it.
    pub method: MetricMethod,
}

/// One figure, as somebody enters it.
#[derive(Debug, Clone, Copy)]
pub struct Figure<'a> {
    /// Of what it is.
    pub subject: MetricSubjectKind,
    /// Which metric.
    pub key: &'a str,
    /// For which period.
    pub period: Period,
    /// The value.
    pub value: Thousandths,
    /// How a survey was made.
    pub method: Option<&'a SurveyMethod>,
    /// Who enters it.
    pub reporter: Reporter,
}

/// All metrics, in one version.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MetricCatalogue {
    pub(super) version: u32,
    pub(super) metrics: BTreeMap<String, Metric>,
}

impl MetricCatalogue {
    /// The one that comes with the program. A test reads it: a broken one would have no metric.
    pub fn shipped() -> &'static MetricCatalogue {
        static SHIPPED: OnceLock<MetricCatalogue> = OnceLock::new();
        SHIPPED.get_or_init(|| MetricCatalogue::read(METRICS, "metrics.toml").unwrap_or_default())
    }

    /// The version of the file.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The metric of a key.
    pub fn get(&self, key: &str) -> Option<&Metric> {
        self.metrics.get(key)
    }

    /// All metrics, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Metric> {
        self.metrics.values()
    }

    /// Why there is no metric of a key, with the one that may be meant.
    pub fn unknown(&self, key: &str) -> Text {
        match nearest(key, self.metrics.keys().map(String::as_str)) {
            Some(meant) => Text::new(
                format!("指标目录中没有 {key}，是否为 {meant}？"),
                format!("the catalogue has no metric {key}: did you mean {meant}?"),
            ),
            None => Text::new(
                format!("指标目录中没有 {key}，可用的指标见 /v1/metrics"),
                format!("the catalogue has no metric {key}: /v1/metrics lists those there are"),
            ),
        }
    }

    /// The metric of a figure that can be so; what is wrong with it is told at once.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for a key that is no metric's, a subject or a period that it is not of,
    /// a value out of its bounds, a reporter who does not enter it, a method that is missing, too
    /// much, or none that could be.
    pub fn check(&self, figure: Figure<'_>) -> Result<&Metric, Refusal> {
        check_key(figure.key)?;
        let metric = self
            .get(figure.key)
            .ok_or_else(|| Refusal::invalid("/key", "unknown_metric", self.unknown(figure.key)))?;
        let mut faults = Faults::default();
        if !metric.reporters.contains(&figure.reporter) {
            faults.add("/key", "reporter", metric.wrong_reporter());
        }
        if !metric.subjects.contains(&figure.subject) {
            faults.add("/subject_kind", "metric_subject", metric.wrong_subject());
        }
        if !metric.periods.contains(&figure.period.kind()) {
            faults.add("/period", "period_kind", PeriodKind::wrong(&metric.periods));
        }
        if !(metric.least..=metric.most).contains(&figure.value) {
            faults.add("/value", "out_of_bounds", metric.out_of_bounds());
        }
        match (metric.method, figure.method) {
            (MetricMethod::Survey, None) if figure.period.kind() <= PeriodKind::Month => {
                let text =
                    Text::new("该指标须说明调查方法", "this metric comes with the method of its survey");
                faults.add("/method", "required", text);
            }
            (MetricMethod::None, Some(_)) => {
                let text = Text::new("该指标不带调查方法", "this metric has no method");
                faults.add("/method", "not_applicable", text);
            }
            (MetricMethod::Survey, Some(method)) => {
                faults.keep(method.check())?;
            }
            (_, None) => {}
        }
        faults.refuse_if_any()?;
        Ok(metric)
    }
}

/// The file that comes with the program.
const METRICS: &str = include_str!("../../../data/metrics.toml");

impl Metric {
    fn wrong_reporter(&self) -> Text {
        let zh: Vec<_> = self.reporters.iter().map(|each| each.name().zh).collect();
        let en: Vec<_> = self.reporters.iter().map(|each| each.name().en).collect();
        Text::new(
            format!("{}由{}填报", self.name.zh, zh.join("或")),
            format!("{} is entered by {} alone", self.key, en.join(" or ")),
        )
    }

    fn wrong_subject(&self) -> Text {
        let zh: Vec<_> = self.subjects.iter().map(|each| each.name().zh).collect();
        let en: Vec<_> = self.subjects.iter().map(|each| format!("a {}", each)).collect();
        Text::new(
            format!("{}的主体应为{}", self.name.zh, zh.join("、")),
            format!("{} is of {}", self.key, en.join(" or ")),
        )
    }

    fn out_of_bounds(&self) -> Text {
        Text::new(
            format!("{}应在{}至{}之间", self.name.zh, self.least, self.most),
            format!("{} lies between {} and {}", self.key, self.least, self.most),
        )
    }
}

/// A key is 1 to 64 lower-case letters, digits and underscores, a letter first: schemes name it.
///
/// # Errors
/// [`Refusal::Invalid`]
pub fn check_key(key: &str) -> Result<(), Refusal> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let begins = key.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    if begins && key.len() <= 64 && key.bytes().all(plain) {
        return Ok(());
    }
    Err(Refusal::invalid(
        "/key",
        "metric_key",
        Text::new(
            "指标名应为1到64个小写字母、数字或下划线，以字母开头",
            "A metric's key has 1 to 64 lower-case letters, digits and underscores, a letter first",
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(key: &str) -> Figure<'_> {
        Figure {
            subject: MetricSubjectKind::Firm,
            key,
            period: "2026-05".parse().unwrap(),
            value: Thousandths::whole(95),
            method: None,
            reporter: Reporter::Official,
        }
    }

    /// The faults of a figure, each with its pointer, code and English text.
    fn faults(figure: Figure<'_>) -> Vec<(String, &'static str, String)> {
        match MetricCatalogue::shipped().check(figure) {
            Ok(_) => Vec::new(),
            Err(Refusal::Invalid(faults)) => faults
                .into_iter()
                .map(|fault| (fault.pointer, fault.code, fault.detail.en.into_owned()))
                .collect(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_catalogue_that_comes_with_the_program_has_no_fault() {
        let read = MetricCatalogue::read(METRICS, "metrics.toml").unwrap();
        assert!(read.iter().count() >= 20 && read.version() >= 1);
        assert_eq!(&read, MetricCatalogue::shipped());
    }

    #[test]
    fn keys_are_plain_words() {
        for good in ["fee_collection_rate", "a", "on_time_rate_2"] {
            assert!(check_key(good).is_ok(), "{good}");
        }
        for bad in ["", "2x", "Fee", "fee-rate", "费率"] {
            assert!(check_key(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_value_lies_within_its_bounds() {
        let with =
            |value: &str| faults(Figure { value: value.parse().unwrap(), ..figure("fee_collection_rate") });
        for good in ["0", "100", "99.999"] {
            assert_eq!(with(good), [], "{good}");
        }
        for bad in ["950", "-3", "100.001", "-0.001"] {
            let told = "fee_collection_rate lies between 0 and 100".to_owned();
            assert_eq!(with(bad), [("/value".to_owned(), "out_of_bounds", told)], "{bad}");
        }
    }

    #[test]
    fn a_key_that_is_none_is_told_which_may_be_meant() {
        let told = "the catalogue has no metric fee_colection_rate: did you mean fee_collection_rate?";
        assert_eq!(
            faults(figure("fee_colection_rate")),
            [("/key".to_owned(), "unknown_metric", told.to_owned())]
        );
        assert_eq!(faults(figure("sunshine"))[0].1, "unknown_metric");
        assert_eq!(faults(figure("Fee"))[0].1, "metric_key");
    }

    #[test]
    fn what_else_is_wrong_is_told_at_once() {
        let wrong = Figure {
            subject: MetricSubjectKind::Place,
            period: "2026-05-16".parse().unwrap(),
            reporter: Reporter::Firm,
            ..figure("years_in_business")
        };
        let told: Vec<_> = faults(wrong).into_iter().map(|(pointer, code, _)| (pointer, code)).collect();
        assert_eq!(
            told,
            [
                ("/key".to_owned(), "reporter"),
                ("/period".to_owned(), "period_kind"),
                ("/subject_kind".to_owned(), "metric_subject")
            ]
        );
        let computed = faults(figure("case_on_time_rate"));
        assert_eq!(computed[0].2, "case_on_time_rate is entered by the service alone");
    }

    #[test]
    fn a_survey_has_a_method_and_nothing_else_does() {
        let survey = Figure { subject: MetricSubjectKind::Project, ..figure("survey_satisfaction") };
        assert_eq!(faults(survey)[0].1, "required");
        // That of a quarter may be made of several.
        assert_eq!(faults(Figure { period: "2026-Q1".parse().unwrap(), ..survey }), []);
        let method = SurveyMethod::example();
        assert_eq!(faults(Figure { method: Some(&method), ..survey }), []);
        let rate = Figure { method: Some(&method), ..figure("fee_collection_rate") };
        assert_eq!(faults(rate)[0].1, "not_applicable");
    }
}
