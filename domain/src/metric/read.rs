//! Reading the catalogue's file, strictly: what it does not know is a fault.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::catalogue::{Metric, MetricCatalogue, check_key};
use super::words::Reporter;
use crate::scheme::{Document, Fault, Table};
use crate::thousandths::Thousandths;
use crate::word::Word;

impl MetricCatalogue {
    /// Reads a catalogue file.
    ///
    /// # Errors
    /// Every fault of the file, in its order: bad TOML, unknown keys and words, keys given twice,
    /// bounds the wrong way round, a metric that the service computes and others enter too.
    pub fn read(text: &str, file_name: &str) -> Result<MetricCatalogue, Vec<Fault>> {
        let document = Document::parse(text, file_name)?;
        let mut root = document.root();
        let version = root.count("version", 1, 1_000_000).unwrap_or(1);
        let mut metrics = BTreeMap::new();
        for mut entry in root.tables("metric") {
            if let Some(metric) = read_metric(&mut entry) {
                if metrics.contains_key(&metric.key) {
                    let key = &metric.key;
                    entry.fault_at("key", format!("指标 {key} 重复"), format!("metric {key} stands twice"));
                } else {
                    metrics.insert(metric.key.clone(), metric);
                }
            }
            entry.finish();
        }
        if metrics.is_empty() {
            root.fault("目录没有任何指标", "the catalogue has no metric");
        }
        root.finish();
        document.into_result(MetricCatalogue { version, metrics })
    }
}

fn read_metric(entry: &mut Table<'_, '_>) -> Option<Metric> {
    // All are read before the first `?`, so that one entry's faults are all named at once.
    let key = entry.identifier("key");
    if key.as_deref().is_some_and(|key| check_key(key).is_err()) {
        entry.fault_at(
            "key",
            "应为小写字母、数字和下划线，以字母开头",
            "must be lower-case letters, digits and underscores, a letter first",
        );
    }
    let name = entry.text("name");
    let says = entry.text("says");
    let unit = entry.word("unit");
    let (least, most) = (thousandths(entry, "least"), thousandths(entry, "most"));
    if let (Some(least), Some(most)) = (least, most)
        && least >= most
    {
        entry.fault_at("most", "应大于 least", "must be more than `least`");
    }
    let subjects = list(entry, "subjects");
    let periods = list(entry, "periods");
    let reporters: Vec<Reporter> = list(entry, "reporters");
    if reporters.contains(&Reporter::System) && reporters.len() > 1 {
        entry.fault_at(
            "reporters",
            "由系统计算的指标不能由他人填报",
            "what the service computes nobody else enters",
        );
    }
    let public = entry.flag_if("public");
    if public.is_none() && !entry.has("public") {
        entry.fault("缺少 public", "`public` is missing");
    }
    let method = entry.word_if("method").unwrap_or_default();
    Some(Metric {
        key: key?,
        name: name?,
        says: says?,
        unit: unit?,
        least: least?,
        most: most?,
        subjects,
        periods,
        reporters,
        public: public?,
        method,
    })
}

fn list<W: Word + PartialEq>(entry: &mut Table<'_, '_>, key: &str) -> Vec<W> {
    if !entry.has(key) {
        entry.fault(format!("缺少 {key}"), format!("`{key}` is missing"));
    }
    entry.words(key)
}

fn thousandths(entry: &mut Table<'_, '_>, key: &str) -> Option<Thousandths> {
    let number: Decimal = entry.number(key)?;
    let value = Thousandths::try_from(number).ok();
    if value.is_none() {
        entry.fault_at(key, "最多三位小数", "must have at most 3 decimals");
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_is_read_strictly() {
        let good = "version = 1\n[[metric]]\nkey = \"k\"\nname = { zh = \"甲\", en = \"K\" }\nsays = { zh = \"甲\", en = \"K\" }\nunit = \"percent\"\nleast = 0\nmost = 100\nsubjects = [\"firm\"]\nperiods = [\"month\"]\nreporters = [\"official\"]\npublic = true\n";
        assert!(MetricCatalogue::read(good, "m.toml").is_ok());
        for (from, to) in [
            ("key = \"k\"", "key = \"K\""),
            ("unit = \"percent\"", "unit = \"cubits\""),
            ("most = 100", "most = 0"),
            ("most = 100", "most = 0.0005"),
            ("[\"month\"]", "[\"week\"]"),
            ("[\"official\"]", "[\"official\", \"system\"]"),
            ("public = true\n", ""),
            ("public = true", "public = true\nsecret = true"),
            ("subjects = [\"firm\"]\n", ""),
        ] {
            let bad = good.replace(from, to);
            assert!(MetricCatalogue::read(&bad, "m.toml").is_err(), "{to}");
        }
        assert!(MetricCatalogue::read("version = 1\n", "m.toml").is_err());
        assert!(MetricCatalogue::read(&good.replace("version = 1\n", good), "m.toml").is_err());
    }
}
