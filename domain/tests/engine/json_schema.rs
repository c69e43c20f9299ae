//! The published JSON Schema of the format: what is shipped is valid by it, and each kind of broken
//! file is refused by it or, where it is the parts that do not fit each other, by the reader with
//! its line.

use proptest::prelude::*;
use serde_json::Value;
use xinwu_domain::scheme::Scheme;

use crate::foreign;
use crate::support::{catalogue, folder, ids, text_of};

fn schema() -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder().join("scheme.schema.json")).unwrap()).unwrap()
}

/// A TOML file read as JSON: days become strings.
fn as_json(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(day) => Value::String(day.to_string()),
        toml::Value::Array(entries) => entries.into_iter().map(as_json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, as_json(value))).collect(),
        plain => serde_json::to_value(plain).unwrap(),
    }
}

fn json_of(text: &str) -> Value {
    as_json(toml::Value::Table(toml::from_str(text).unwrap()))
}

#[test]
fn every_shipped_scheme_is_valid_and_so_are_those_of_other_trades() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let shipped = ids().into_iter().map(|id| (id.clone(), text_of(&id)));
    let foreign = foreign::FILES.into_iter().map(|(id, text)| (id.to_owned(), text.to_owned()));
    for (id, text) in shipped.chain(foreign) {
        let json = json_of(&text);
        let faults: Vec<String> =
            validator.iter_errors(&json).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{id}: {faults:#?}");
    }
}

/// One passage of a shipped file replaced: the file, from, to, a word of the line at which the
/// fault stands, the reason, and whether the JSON Schema alone can see it.
type Broken = (&'static str, &'static str, &'static str, &'static str, &'static str, bool);

const BROKEN: &[Broken] = &[
    // Bands that overlap, or leave a gap.
    (
        "lianyungang",
        "from = 120\nbelow = 140",
        "from = 120\nbelow = 141",
        "",
        "overlaps the band below it",
        false,
    ),
    (
        "lianyungang",
        "from = 120\nbelow = 140",
        "above = 120\nbelow = 140",
        "",
        "there is a gap between 120 and 120",
        false,
    ),
    // Weights that do not sum to 1, or are none.
    (
        "lanshan",
        "\"service\", weight = 0.10",
        "\"service\", weight = 0.11",
        "parts = [",
        "the weights sum to 1.01, not to 1",
        false,
    ),
    ("lanshan", "\"service\", weight = 0.10", "\"service\"", "parts = [", "`weight` is missing", true),
    // Unknown items, components, grades, keys and words.
    (
        "wuxi-managers",
        "category = \"P104\"",
        "category = \"P999\"",
        "P999",
        "the catalogue has no category `P999`",
        false,
    ),
    ("yantai-2022", "of = \"staff\"", "of = \"stuff\"", "", "there is no component `stuff`", false),
    (
        "jianggan-shuangbaifen",
        "grade = \"fail\"\nlist",
        "grade = \"failed\"\nlist",
        "",
        "there is no grade `failed`",
        false,
    ),
    (
        "nanning-2024",
        "disputed = \"counts\"",
        "disputed = \"counts\"\nsurprise = 1",
        "surprise",
        "unknown key `surprise`",
        true,
    ),
    (
        "nanning-2024",
        "step = \"confirm\"",
        "step = \"approve\"",
        "approve",
        "must be one of: record, confirm",
        true,
    ),
    (
        "lanshan",
        "by = [\"street\", \"district\"]",
        "by = [\"firm\"]",
        "firm",
        "is not one of: community, street, district, city",
        true,
    ),
    // A cycle.
    ("yantai-2022", "of = \"years\"\n", "of = \"years-points\"\n", "", "a cycle", false),
    // A violated constraint.
    (
        "guancheng-star",
        "amount = 24",
        "amount = 31",
        "[[constraint]]",
        "the amount 31 of `subsidy` violates",
        false,
    ),
    (
        "wuhan-five-star",
        "consequence = \"award\"",
        "consequence = \"prize\"",
        "[[constraint]]",
        "there is no consequence `prize`",
        false,
    ),
    (
        "lanshan",
        "components = [\"party\"]\nat_least = 0.30",
        "components = [\"party\"]",
        "[[constraint]]",
        "and a bound such as `at_least`",
        true,
    ),
    // A grade that no search could name.
    (
        "lianyungang",
        "[[grade]]\ncode = \"AAAA\"",
        "[[grade]]\ncode = \"AAAAAAAAAAAAAAAAA\"",
        "AAAAAAAAAAAAAAAAA",
        "must have at most 16 characters",
        true,
    ),
    // Numbers out of range.
    ("yantai-2022", "points = 0.5", "points = -0.5", "points = -0.5", "must not be negative", true),
    ("yantai-2022", "points = 0.5", "points = 1000001", "1000001", "must be a number", true),
    (
        "guancheng-star",
        "up_to_months = 36",
        "up_to_months = 0",
        "up_to_months = 0",
        "must be a whole number from 1 to 600",
        true,
    ),
    (
        "lianyungang",
        "effective_from = 2020-01-01",
        "effective_from = 1970-01-01",
        "1970",
        "must be a day such as",
        true,
    ),
    // Rules that cannot last or be lifted.
    (
        "guancheng-star",
        "when = { veto = true }",
        "when = { score = { below = 50 } }",
        "lasts",
        "only a rule about records can last",
        false,
    ),
    (
        "guancheng-star",
        "lasts = \"36 months\"",
        "lasts = \"36 months\"\nlist_validity = \"1 year\"",
        "list_validity",
        "only one of `lasts` and `list_validity`",
        true,
    ),
    (
        "jianggan-shuangbaifen",
        "when = { component = { id = \"party\", below = 60 } }",
        "when = { component = { id = \"party\", below = 60 } }\nlifted_when = { veto = true }",
        "lifted_when",
        "only a rule about records can be lifted",
        false,
    ),
    (
        "lanshan",
        "complex_working_days = 20",
        "complex_working_days = 5",
        "complex_working_days = 5",
        "must not be shorter",
        false,
    ),
    (
        "wuhan-five-star",
        "id = \"chosen\"",
        "id = \"grade\"",
        "id = \"grade\"",
        "names what follows from a grade itself",
        false,
    ),
];

#[test]
fn broken_files_are_refused_with_file_line_and_reason() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for (id, from, to, at, reason, by_schema) in BROKEN {
        let text = text_of(id);
        assert!(text.contains(from), "{id}: {from}");
        let text = text.replacen(from, to, 1);
        let name = format!("{id}/1.toml");
        let faults = Scheme::read(&text, &name, &catalogue()).err().unwrap_or_default();
        let fault = faults.iter().find(|fault| fault.reason.en.contains(reason));
        let fault = fault.unwrap_or_else(|| panic!("{id}: {to}: {faults:#?}"));
        let line = text.lines().nth(fault.line - 1).unwrap();
        assert!(line.contains(at), "{id}: {to}: line {} is {line}", fault.line);
        assert!(fault.to_string().starts_with(&format!("{name}:{}:{}: ", fault.line, fault.column)));
        assert_eq!(!validator.is_valid(&json_of(&text)), *by_schema, "{id}: {to}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is cut, written over or repeated in a shipped file, the reader answers; and what it
    /// reads is valid by the schema.
    #[test]
    fn the_reader_never_panics_on_a_mutated_file(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..80, "[a-z0-9 =\\[\\]{}\"._,\n-]{0,12}"), 1..4),
        repeat in any::<bool>(),
    ) {
        let mut text: Vec<char> = text_of(which.get::<String>(&ids())).chars().collect();
        for (at, length, new) in changes {
            let from = at.index(text.len());
            let to = (from + length).min(text.len());
            let cut: Vec<char> = text.splice(from..to, new.chars()).collect();
            if repeat {
                text.extend(cut);
            }
        }
        let text: String = text.into_iter().collect();
        match Scheme::read(&text, "t", &catalogue()) {
            Err(faults) => prop_assert!(faults.iter().all(|fault| fault.line >= 1 && !fault.reason.zh.is_empty()) && !faults.is_empty()),
            Ok(_) => prop_assert!(jsonschema::validator_for(&schema()).unwrap().is_valid(&json_of(&text))),
        }
    }
}
