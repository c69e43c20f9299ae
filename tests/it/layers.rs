//! Dependencies point one way: `api → persistence → store → domain`.

use std::path::Path;
use std::process::Command;

#[test]
fn dependencies_point_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = Command::new(root.join("scripts/layers")).current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Each layer's words stay in it: no SQL outside `persistence`, no HTTP below `api`.
#[test]
fn each_layer_keeps_its_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
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

fn rust_files(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
