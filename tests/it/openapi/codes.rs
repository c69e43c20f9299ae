//! The lists of stable words are those that the sources say.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::json;
use xinwu_api::problem::{codes, kinds};
use xinwu_openapi::{document, root};

/// A list of stable words that lacks one would have clients refuse what the service says; one that
/// nothing says would have them wait for it.
#[test]
fn every_problem_code_of_the_sources_is_listed_and_the_other_way_round() {
    const ADVICE: &str = "in api/src/problem, then run `make openapi`";
    // What makes a problem or a fault, and which argument is its code. Where that is no literal,
    // the contract check sees it in the answers.
    let lists = [
        ("KINDS", kinds::CODES, "Refusal::conflict(", 0),
        ("KINDS", kinds::CODES, "Refusal::forbidden(", 0),
        ("KINDS", kinds::CODES, "Refusal::repeats(", 0),
        ("KINDS", kinds::CODES, "Problem::new(", 1),
        ("KINDS", kinds::CODES, "unauthenticated(", 0),
        ("KINDS", kinds::CODES, "unreadable(", 0),
        ("FAULTS", codes::FAULTS, "Refusal::invalid(", 1),
        ("FAULTS", codes::FAULTS, "bad_parameter(", 1),
        ("FAULTS", codes::FAULTS, "FieldFault::new(", 1),
    ];
    let (mut literals, mut missing, mut found) = (BTreeSet::new(), BTreeSet::new(), 0);
    let crates = ["domain/src", "persistence/src", "persistence/store/src", "api/src"];
    for (path, text) in crates.iter().flat_map(|folder| sources(&root().join(folder))) {
        if path.ends_with("problem/codes.rs") || path.ends_with("problem/kinds.rs") {
            continue;
        }
        let code = text.split("mod tests {").next().unwrap();
        literals.extend(code.split('"').map(str::to_owned));
        for (name, list, call, position) in lists {
            for (at, _) in code.match_indices(call) {
                let argument = arguments(&code[at + call.len()..]).nth(position);
                let word = argument.and_then(|argument| argument.strip_prefix('"')?.strip_suffix('"'));
                found += usize::from(word.is_some());
                if let Some(word) = word.filter(|word| !list.contains(word)) {
                    missing.insert(format!("{}: add \"{word}\" to {name}", path.display()));
                }
            }
        }
    }
    assert!(found > 150, "{found} codes are found: they are made in another way");
    let missing: Vec<String> = missing.into_iter().collect();
    assert!(missing.is_empty(), "{ADVICE}:\n{}", missing.join("\n"));
    for (name, list) in [("KINDS", kinds::CODES), ("FAULTS", codes::FAULTS)] {
        assert!(list.is_sorted(), "{name} is not in order");
        let left: Vec<_> = list.iter().filter(|word| !literals.contains(**word)).collect();
        assert!(left.is_empty(), "nothing says {left:?}: take them out of {name} {ADVICE}");
    }
}

/// The same of what is wrong with a row of an import or with its file: by the sources that read it,
/// look up what it names, and keep the rules of each row's single request.
#[test]
fn every_code_of_an_import_is_listed_and_the_other_way_round() {
    const SOURCES: &[&str] = &[
        "api/src/imports",
        "domain/src/assessment.rs",
        "domain/src/estate.rs",
        "domain/src/firm.rs",
        "domain/src/firm",
        "domain/src/household/dwelling.rs",
        "domain/src/import",
        "domain/src/kind.rs",
        "domain/src/metric",
        "domain/src/place.rs",
        "domain/src/project.rs",
        "domain/src/record/decision.rs",
        "domain/src/record/publicity.rs",
        "domain/src/refusal.rs",
        "domain/src/scheme/procedure.rs",
        "domain/src/screen/mod.rs",
        "domain/src/typed.rs",
        "domain/src/uscc.rs",
        "persistence/src/credit/assessment.rs",
        "persistence/src/credit/assessment/batch.rs",
        "persistence/src/credit/metric/batch.rs",
        "persistence/src/credit/metric/entry.rs",
        "persistence/src/credit/record/batch.rs",
        "persistence/src/credit/record/decision.rs",
        "persistence/src/credit/record/prepare.rs",
        "persistence/src/operations/import",
        "persistence/src/registers/estate.rs",
        "persistence/src/registers/firm.rs",
        "persistence/src/registers/firm/branch.rs",
        "persistence/src/registers/manager.rs",
        "persistence/src/registers/place.rs",
        "persistence/src/registers/place/parents.rs",
        "persistence/src/registers/project.rs",
        "persistence/src/registers/roster.rs",
        "persistence/store/src/error.rs",
    ];
    // What makes a fault, and which argument is its code.
    const CALLS: &[(&str, usize)] = &[
        ("Refusal::conflict(", 0),
        ("Refusal::forbidden(", 0),
        ("Refusal::repeats(", 0),
        ("Refusal::invalid(", 1),
        ("FieldFault::new(", 1),
        ("FileFault::new(", 0),
        ("ReadRow::unreadable(", 1),
        ("fault(", 1),
        ("refuse(", 1),
        ("Err((", 0),
        ("push((", 1),
    ];
    // Of a job that is sent or decided on, and not of what its file says.
    const OF_JOBS: [&str; 6] =
        ["author_may_not", "changed", "ended_already", "made_new", "rests_on", "role_not_allowed"];
    let is_word = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let (mut literals, mut found) = (BTreeSet::new(), BTreeSet::new());
    for (_, text) in SOURCES.iter().flat_map(|source| sources(&root().join(source))) {
        let code = text.split("mod tests {").next().unwrap();
        literals.extend(code.split('"').map(str::to_owned));
        for (call, position) in CALLS {
            for (at, _) in code.match_indices(call) {
                let argument = arguments(&code[at + call.len()..]).nth(*position);
                let word = argument.and_then(|argument| argument.strip_prefix('"')?.strip_suffix('"'));
                found.extend(word.filter(|word| is_word(word)).map(str::to_owned));
            }
        }
    }
    assert!(found.len() > 70, "{} codes are found: they are made in another way", found.len());
    let list = codes::IMPORTS;
    let missing: Vec<&String> = found
        .iter()
        .filter(|word| !list.contains(&word.as_str()) && !OF_JOBS.contains(&word.as_str()))
        .collect();
    assert!(missing.is_empty(), "add {missing:?} to IMPORTS in api/src/problem/codes.rs");
    assert!(list.is_sorted(), "IMPORTS is not in order");
    let left: Vec<_> = list.iter().filter(|word| !literals.contains(**word)).collect();
    assert!(left.is_empty(), "nothing says {left:?}: take them out of IMPORTS");
    // One list for both.
    let document = document().unwrap();
    let schemas = &document["components"]["schemas"];
    for name in ["BadRow", "ImportFailure"] {
        let code = &schemas[name]["properties"]["code"];
        assert_eq!(code, &json!({"$ref": "#/components/schemas/ImportCode"}), "{name}");
    }
    assert_eq!(schemas["ImportCode"]["enum"], json!(list));
}

/// The arguments of a call, from after its bracket.
fn arguments(text: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut in_text, mut is_escaped) = (0_i32, false, false);
    text.split(move |character: char| {
        match character {
            '"' if !is_escaped => in_text = !in_text,
            '(' | '[' | '{' if !in_text => depth += 1,
            ')' | ']' | '}' if !in_text => depth -= 1,
            _ => {}
        }
        is_escaped = character == '\\' && !is_escaped;
        depth < 0 || depth == 0 && !in_text && character == ','
    })
    .map(str::trim)
}

/// The files of a folder and of those in it, or the one of this name.
pub fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    if folder.is_file() {
        return vec![(folder.to_owned(), std::fs::read_to_string(folder).unwrap())];
    }
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else {
            let text = std::fs::read_to_string(&path).unwrap();
            all.push((path, text));
        }
    }
    all
}
