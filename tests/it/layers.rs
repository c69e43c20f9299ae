//! Dependencies point one way: `api → persistence → store → domain`.

use std::path::Path;
use std::process::Command;

use xinwu_domain::typed::is_unseen;

#[test]
fn dependencies_point_one_way() {
    let root = root();
    let output = Command::new(root.join("scripts/layers")).current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Each layer's words stay in it: no SQL outside `persistence`, no HTTP below `api`.
#[test]
fn each_layer_keeps_its_words() {
    let root = root();
    for (folder, words) in [
        ("domain/src", ["diesel::", "actix_web", "std::fs", "Utc::now"].as_slice()),
        ("persistence/store/src", ["actix_web", "StatusCode", "HttpResponse"].as_slice()),
        ("persistence/src", ["actix_web", "StatusCode", "HttpResponse"].as_slice()),
        ("api/src/routes", ["diesel::", "sql_query", "Utc::now"].as_slice()),
    ] {
        let mut files = Vec::new();
        rust_files(&root.join(folder), &mut files);
        assert!(files.len() > 5, "{folder} has no files");
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            for word in words {
                let found = code.iter().find(|line| line.contains(word));
                assert_eq!(found, None, "{} must not say {word}", file.display());
            }
        }
    }
}

/// A warrant is permission: a use case that made one would ask nobody.
#[test]
fn warrants_are_made_by_permits_the_command_line_the_demo_and_the_bench_alone() {
    let root = root();
    let makers = [
        "api/src/permit.rs",
        "api/src/commands/",
        "api/src/demo/",
        "bench/src/data/",
        // What was proposed is done as who proposed it.
        "persistence/src/operations/decide.rs",
        // Who chooses a password by a code is not signed in.
        "persistence/src/people/account/activation.rs",
        "persistence/src/operations/import/decision.rs",
        // Keys are rotated and sealed anew on the server, which stands in the audit as the
        // operator's.
        "persistence/src/people/key.rs",
        "persistence/src/people/data_key.rs",
        // What the clock does when a scheme is installed is audited as the operator's.
        "persistence/src/credit/scheme.rs",
        // What a case drafts is nobody's, and audited as the operator's.
        "persistence/src/credit/record/draft.rs",
    ];
    let mut files = Vec::new();
    for folder in ["persistence", "api/src", "bench/src"] {
        rust_files(&root.join(folder), &mut files);
    }
    let (mut made, mut elsewhere) = (0, Vec::new());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("mod tests {").next().unwrap();
        if code.contains("Warrant::of(") || code.contains("Warrant::operator(") {
            let name = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            made += 1;
            if !makers.iter().any(|maker| name.starts_with(maker)) {
                elsewhere.push(name);
            }
        }
    }
    assert!(made > 4, "{made}: they are made in another way");
    assert_eq!(elsewhere, Vec::<String>::new());
}

/// "Today four lists of invisible characters exist": there is one, `typed::is_unseen`, and nothing
/// else names such a character but for the mark at the start of a file.
#[test]
fn there_is_one_list_of_invisible_characters() {
    const MARK: char = '\u{feff}';
    let root = root();
    let mut files = Vec::new();
    for folder in ["domain/src", "persistence", "api/src"] {
        rust_files(&root.join(folder), &mut files);
    }
    let (mut named, mut listed) = (Vec::new(), 0);
    for file in files.iter().filter(|file| !file.to_str().unwrap().ends_with("tests.rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        let code = text.split("mod tests {").next().unwrap();
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let escaped = line
                .split("\\u{")
                .skip(1)
                .filter_map(|rest| char::from_u32(u32::from_str_radix(rest.split('}').next()?, 16).ok()?));
            let unseen =
                line.chars().chain(escaped).any(|character| is_unseen(character) && character != MARK);
            match file.ends_with("domain/src/typed.rs") {
                true => listed += usize::from(unseen),
                false if unseen => named.push(format!("{}: {}", file.display(), line.trim())),
                false => {}
            }
        }
    }
    assert!(listed > 10, "{listed}: they are listed in another way");
    assert_eq!(named, Vec::<String>::new());
}

/// The areas of `persistence`, each leaning only on those before it.
const AREAS: [&str; 7] = ["registers", "people", "ratings", "credit", "service", "lookup", "operations"];

#[test]
fn each_area_of_persistence_leans_only_on_those_before_it() {
    let source = root().join("persistence/src");
    // The crate's root gives out nothing of an area: nobody would see whose it is.
    let root = std::fs::read_to_string(source.join("lib.rs")).unwrap();
    for area in AREAS {
        assert!(!root.contains(&format!("pub use {area}::")), "lib.rs gives out what is of {area}");
    }
    let mut upward = Vec::new();
    for (at, area) in AREAS.iter().enumerate() {
        let mut files = Vec::new();
        rust_files(&source.join(area), &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
            for (number, line) in code {
                let above = AREAS[at + 1..].iter().find(|above| line.contains(&format!("crate::{above}::")));
                if let Some(above) = above {
                    upward.push(format!("{}:{} leans on {above}", file.display(), number + 1));
                }
                // A tree at the root would hide the area: one `use` an area.
                assert!(!line.starts_with("use crate::{"), "{}:{}", file.display(), number + 1);
            }
        }
    }
    assert_eq!(upward, Vec::<String>::new());
}

/// Functions that take a zone by itself, and why.
const TAKE_A_ZONE: [(&str, &str); 1] = [
    // Makes the dossiers, which carry it from then on.
    ("persistence/src/credit/evaluation/load.rs", "new"),
];

/// A zone comes with the `RequestContext`, the `CitySettings` or the `Dossier` whose it is: one
/// that is handed on by itself may be another's.
#[test]
fn no_function_takes_a_zone_by_itself() {
    let root = root();
    let mut files = Vec::new();
    rust_files(&root.join("persistence"), &mut files);
    rust_files(&root.join("api"), &mut files);
    assert!(files.len() > 100);
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let path = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let takes_one = functions(&text).filter(|(_, parameters)| {
            parameters.split(',').any(|parameter| parameter.ends_with("Tz") && parameter.contains(':'))
        });
        found.extend(takes_one.map(|(name, _)| (path.clone(), name.to_owned())));
    }
    assert_eq!(found, TAKE_A_ZONE.map(|(path, name)| (path.to_owned(), name.to_owned())));
}

/// The functions of a source, each with its parameters as they are written.
fn functions(text: &str) -> impl Iterator<Item = (&str, String)> {
    text.split("fn ").skip(1).filter_map(|after| {
        let (name, rest) = after.split_once('(')?;
        let mut depth = 1;
        let parameters = rest.chars().take_while(|letter| {
            depth += i32::from(*letter == '(') - i32::from(*letter == ')');
            depth > 0
        });
        let parameters: String = parameters.collect();
        let name = name.split('<').next()?;
        let is_one = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        is_one.then(|| (name, parameters.split_whitespace().collect()))
    })
}

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

pub fn rust_files(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
