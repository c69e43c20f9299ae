//! A copy of everything public, as a re-user keeps one.

use std::collections::BTreeMap;
use std::io::Read;

use serde_json::Value;

use super::TestApp;

/// What a re-user keeps: where the changes go on, and each line by its kind and id.
#[derive(Debug, Clone)]
pub struct Copy {
    pub head: Value,
    pub cursor: String,
    pub lines: BTreeMap<(String, String), Value>,
}

impl TestApp {
    /// A snapshot, unpacked.
    #[track_caller]
    pub fn snapshot(&self) -> Copy {
        Copy::unpacked(&self.get("/v1/snapshots/latest").expect(200).bytes)
    }
}

impl Copy {
    pub fn unpacked(file: &[u8]) -> Copy {
        let mut text = String::new();
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzip of UTF-8");
        let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
        let head = lines.next().expect("a head");
        assert_eq!(head["kind"], "head");
        let cursor = head["cursor"].as_str().unwrap().to_owned();
        let mut copy = Copy { head, cursor, lines: BTreeMap::new() };
        for line in lines {
            assert!(!line["value"].is_null(), "a snapshot has what is public: {line}");
            assert!(copy.put(&line).is_none(), "each once: {line}");
        }
        copy
    }

    /// Takes in what changed since, as a re-user does; gives the lines that came.
    #[track_caller]
    pub fn follow(&mut self, app: &TestApp) -> Vec<Value> {
        self.follow_by(app, 500)
    }

    /// [`Copy::follow`] by so many changes an answer.
    #[track_caller]
    pub fn follow_by(&mut self, app: &TestApp, limit: u32) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let path = format!("/v1/changes?since={}&limit={limit}", self.cursor);
            let changes = app.get(&path).expect(200).json();
            let items = changes["items"].as_array().unwrap();
            for line in items {
                self.put(line);
            }
            all.extend(items.iter().cloned());
            changes["cursor"].as_str().unwrap().clone_into(&mut self.cursor);
            if changes["more"] == false {
                return all;
            }
        }
    }

    /// The line's value before.
    fn put(&mut self, line: &Value) -> Option<Value> {
        let word = |key: &str| line[key].as_str().unwrap().to_owned();
        let key = (word("kind"), word("id"));
        if line["value"].is_null() {
            self.lines.remove(&key)
        } else {
            self.lines.insert(key, line["value"].clone())
        }
    }

    pub fn value(&self, kind: &str, id: &str) -> Option<&Value> {
        self.lines.get(&(kind.to_owned(), id.to_owned()))
    }

    /// What one has and another has not, for people.
    pub fn differences(&self, other: &Copy) -> Vec<String> {
        let mut all = Vec::new();
        for (key, value) in &self.lines {
            match other.lines.get(key) {
                Some(same) if same == value => {}
                found => all.push(format!("{key:?}: {value} and {found:?}")),
            }
        }
        let more = other.lines.keys().filter(|key| !self.lines.contains_key(*key));
        all.extend(more.map(|key| format!("{key:?}: only in the second")));
        all
    }
}
