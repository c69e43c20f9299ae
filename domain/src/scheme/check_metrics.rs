//! A scheme's metrics are the catalogue's: each key that a component takes is there, and can be of
//! whom that looks at.

use super::document::Document;
use super::model::{Component, Scheme, Source};
use super::read::Places;
use super::text;
use crate::metric::{MetricCatalogue, MetricSubjectKind};

/// Notes a fault for each component of a metric that there is not, or not of its subjects.
pub(super) fn check(scheme: &Scheme, metrics: &MetricCatalogue, places: &Places, document: &Document<'_>) {
    for component in scheme.components.values() {
        let Source::Metric(source) = &component.source else { continue };
        let (start, path) =
            places.components.get(&component.id).map_or((0, ""), |(start, path)| (*start, path.as_str()));
        let Some(metric) = metrics.get(&source.key) else {
            document.add(start, &format!("{path}.key"), metrics.unknown(&source.key));
            continue;
        };
        for subject in looked_at(scheme, component) {
            if !metric.subjects.contains(&subject) {
                let zh = format!("{}不是{}的指标", metric.name.zh, subject.name().zh);
                let en = format!("{} is no metric of a {subject}", metric.key);
                document.add(start, &format!("{path}.key"), text(zh, en));
            }
        }
    }
}

/// Of whom a component takes the figure: of each project inside a roll-up, else of whom the scheme
/// grades.
fn looked_at(scheme: &Scheme, component: &Component) -> Vec<MetricSubjectKind> {
    if scheme.in_roll_ups.contains_key(&component.id) {
        return vec![MetricSubjectKind::Project];
    }
    scheme.subjects.iter().copied().map(MetricSubjectKind::from).collect()
}
