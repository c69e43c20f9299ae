//! Standard terms, everywhere: the left-hand words of the house's table, each of which stands for
//! another, do not come back in code, SQL, templates or documents.

use std::path::Path;

use crate::layers::root;

/// Where a word counts.
enum Look {
    /// In every line, and in names that are made of several words.
    Everywhere,
    /// In code, not in comments: as a verb or a noun of plain English it is no term.
    Code,
    /// In comments and documents: in code it is a dwelling's, or a letter.
    Prose,
    /// Where something is declared by that name.
    Declared,
    /// In what keeps answers and follows changes.
    Caches,
}

/// Words that look alike, and the phrases in which they mean something else: each of these occurs.
struct Left {
    words: &'static str,
    /// What is said instead.
    right: &'static str,
    look: Look,
    senses: &'static [&'static str],
}

const LEFT: &[Left] = &[
    // As the changelog says what it was called.
    left("voice voices vote votes", "rating", Look::Everywhere, &["too_few_voices", "fewest_voices"]),
    left(
        "spine journey journeys scandal manners deaf has_told",
        "change feed, round trip, hot key, conventions, error state, poll_changes",
        Look::Everywhere,
        &[],
    ),
    left(
        "farewell restate recount silence silences silenced",
        "account deletion, set_state, recompute, deactivate",
        Look::Everywhere,
        &[],
    ),
    left(
        "count_in_line begin_log_anew keep_statistics begin_on",
        "lock_attempts, restart_wal, analyze, checkout",
        Look::Everywhere,
        &[],
    ),
    left(
        "require_sight had_a_hand has_hand no_hand longest_file load_file files_changed",
        "require_visible, participants, dossier",
        Look::Everywhere,
        &[],
    ),
    // To a port, and PostgreSQL's own word for it.
    left(
        "hear hears listen listens listening",
        "poll_changes; is told of",
        Look::Everywhere,
        &[
            "listen on",
            "listens on",
            "server.listen(",
            "listen_addresses",
            "const listen",
            "xinwu listening'; listen xinwu_change",
            "batch_execute(listen)",
            "listening connection",
            "by listen and notify",
            "one to listen",
        ],
    ),
    // Bits, and the shell's.
    left("shift shifts", "apply_delta", Look::Everywhere, &["    shift"]),
    // A server that stands by.
    left("standing", "current grade", Look::Everywhere, &["standing_by", "table `standing`"]),
    // What is given by hand, and what is told to people.
    left("hand hands", "participants", Look::Code, &["by_hand", "hand in it", "all at hand"]),
    // What has something above it.
    left(
        "rests",
        "backoff",
        Look::Everywhere,
        &["rests on", "rests_on", "something rests:", "something rests;", "conflict rests,"],
    ),
    // The bench's city, which is one.
    left(
        "Lens Reading City Sight News What Told",
        "RequestContext, Visibility, ChangeSet",
        Look::Declared,
        &["pub struct City {"],
    ),
    left(
        "Known Kept Has Before Hands AWAY BEHIND",
        "what it holds, unreachable, lagging",
        Look::Declared,
        &[],
    ),
    left(
        "at_once begun leave placed",
        "single_statement, checkout, account deletion, put_response",
        Look::Declared,
        &[],
    ),
    // Ratings that nobody can be told of are something else.
    left("remembered forgotten", "cached, invalidated", Look::Caches, &[]),
    left("turn turns", "single-flight guard", Look::Caches, &["turn_away"]),
    left("k", "min_raters", Look::Prose, &["fewer than k were left"]),
    // A dwelling's, or space.
    left(
        "room rooms",
        "module, path",
        Look::Prose,
        &[
            "unit and room",
            "units and rooms",
            "building and room",
            "and room, written",
            "the room",
            "a room",
            "/// room",
            "`room`",
            "`/room`",
            "\"room\"",
            "room\\\"",
            "unit,room",
            "rooms for",
            "and rooms",
            "make room",
            "makes room",
            "room for",
            "found room",
            "room left",
            "much room",
            "is there room",
        ],
    ),
];

const fn left(words: &'static str, right: &'static str, look: Look, senses: &'static [&'static str]) -> Left {
    Left { words, right, look, senses }
}

/// Phrases that are said otherwise.
const PHRASES: [(&str, &str); 8] = [
    ("none when", "`None` if"),
    ("good once", "single-use"),
    ("earned off", "lifted early"),
    ("place of yours", "your jurisdiction"),
    ("is not to be had", "unavailable"),
    ("those of the database.", "only what is particular"),
    ("made anew", "recomputed"),
    ("credit file", "credit dossier"),
];

#[test]
fn the_left_hand_words_of_the_table_stay_away() {
    let sources = sources();
    assert!(sources.len() > 500, "{}", sources.len());
    let mut found = Vec::new();
    let mut unused: Vec<&str> = LEFT.iter().flat_map(|left| left.senses).copied().collect();
    for (path, text) in &sources {
        for (number, line) in text.lines().enumerate() {
            let lower = line.to_lowercase();
            unused.retain(|sense| !line.contains(sense) && !lower.contains(sense));
            let left = LEFT.iter().filter(|left| left.is_in(path, line, &lower));
            let phrases = PHRASES.iter().filter(|(phrase, _)| lower.contains(phrase));
            let right = left.map(|left| left.right).chain(phrases.map(|(_, right)| *right)).next();
            if let Some(right) = right {
                found.push(format!("{path}:{}: {} (say: {right})", number + 1, line.trim()));
            }
        }
    }
    assert!(found.len() <= 5, "{found:#?}");
    assert_eq!(unused, Vec::<&str>::new(), "nothing says these any more");
}

/// An index into a list is a position: a place is one of the city's.
#[test]
fn no_function_called_place_gives_a_position() {
    let gives = |line: &str| {
        line.contains("fn place") && ["-> usize", "-> Option<usize>"].iter().any(|it| line.contains(it))
    };
    let sources = sources();
    let found = sources.iter().filter(|(_, text)| text.lines().any(gives)).map(|(path, _)| path);
    assert_eq!(found.collect::<Vec<_>>(), Vec::<&String>::new());
}

/// Rows are made of types and not of texts: few places take one apart.
#[test]
fn rows_are_seldom_taken_for_texts() {
    let of_persistence = sources().into_iter().filter(|(path, _)| path.starts_with("persistence/"));
    let count: usize = of_persistence.map(|(_, text)| text.matches(".as_str()").count()).sum();
    assert!(count > 20, "{count}: it is written otherwise");
    assert!(count <= 80, "{count}");
}

impl Left {
    fn is_in(&self, path: &str, line: &str, lower: &str) -> bool {
        let (code, comment) = parts(path, lower);
        let seen = match self.look {
            Look::Declared => line,
            Look::Everywhere => lower,
            Look::Code => code,
            Look::Prose => comment,
            Look::Caches if is_of_caches(path) => lower,
            Look::Caches => "",
        };
        if !self.words.split(' ').any(|word| seen.contains(word)) {
            return false;
        }
        let mut seen = seen.to_owned();
        for sense in self.senses {
            seen = seen.replace(sense, "");
        }
        self.words.split(' ').any(|word| match self.look {
            Look::Declared => DECLARES.iter().any(|by| has_name(&seen, &format!("{by} {word}"))),
            _ => has_word(&seen, word),
        })
    }
}

const DECLARES: [&str; 7] = ["struct", "enum", "trait", "type", "fn", "const", "static"];

/// The code of a line, and its comment: a document is all comment.
fn parts<'a>(path: &str, line: &'a str) -> (&'a str, &'a str) {
    let mark = match Path::new(path).extension().and_then(|extension| extension.to_str()) {
        Some("rs") => "//",
        Some("sql") => "--",
        Some("toml") => "#",
        _ => return ("", line),
    };
    line.split_at(line.find(mark).unwrap_or(line.len()))
}

/// Whether a word stands in a line by itself, or as a part of a name.
fn has_word(line: &str, word: &str) -> bool {
    stands(line, word, char::is_alphabetic)
}

/// Whether it stands there as a whole name.
fn has_name(line: &str, word: &str) -> bool {
    stands(line, word, |letter| letter.is_alphanumeric() || letter == '_')
}

/// Whether a word stands in a line with nothing at either side that would be a part of it.
fn stands(line: &str, word: &str, is_part: fn(char) -> bool) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let (before, behind) = (&line[..at], &line[at + word.len()..]);
        !before.chars().next_back().is_some_and(is_part) && !behind.chars().next().is_some_and(is_part)
    })
}

fn is_of_caches(path: &str) -> bool {
    [
        "persistence/store/src",
        "persistence/src/lookup/search",
        "api/src/cache",
        "api/src/permit",
        "api/src/state",
    ]
    .iter()
    .any(|part| path.starts_with(part))
}

/// What people write outside tests, by its path.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in [
        "domain/src",
        "persistence",
        "api/src",
        "api/templates",
        "openapi/src",
        "bench",
        "docs",
        "deploy",
        "data",
    ] {
        read(&root().join(folder), &mut found);
    }
    for name in ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        found.push((name.to_owned(), std::fs::read_to_string(root().join(name)).unwrap()));
    }
    found
}

fn read(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("tests") && !path.ends_with("target") {
                read(&path, found);
            }
            continue;
        }
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let is_written = ["rs", "sql", "html", "md", "toml"].iter().any(|each| {
            path.extension().is_some_and(|extension| extension == *each) && !name.ends_with("tests.rs")
        });
        if is_written {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.split("mod tests {").next().unwrap().to_owned();
            found.push((name, text));
        }
    }
}
