//! What the scheme reader refuses, by line.

use proptest::prelude::*;
use xinwu_domain::catalogue::Catalogue;
use xinwu_domain::scheme::Scheme;

use crate::support::{catalogue, text_of};

/// The faults of dalian-demo with one passage replaced, as `line: path: reason`.
fn faults(from: &str, to: &str) -> Vec<String> {
    let text = text_of("dalian-demo");
    assert!(text.contains(from), "{from} does not stand in the file");
    faults_of(&text.replacen(from, to, 1))
}

fn faults_of(text: &str) -> Vec<String> {
    match Scheme::read(text, "t.toml", &catalogue()) {
        Ok(_) => Vec::new(),
        Err(faults) => {
            for fault in &faults {
                assert!(fault.line >= 1 && fault.column >= 1 && !fault.reason.zh.is_empty(), "{fault:?}");
            }
            faults.iter().map(|fault| format!("{}: {}", fault.path, fault.reason.en)).collect()
        }
    }
}

fn line_of(text: &str, passage: &str) -> usize {
    text.lines().position(|line| line.contains(passage)).unwrap() + 1
}

#[test]
fn a_fault_names_file_line_and_column() {
    let text = text_of("dalian-demo").replacen("value = 60", "value = 60\nvalve = 1", 1);
    let faults = Scheme::read(&text, "dalian/1.toml", &catalogue()).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!((faults[0].line, faults[0].column), (line_of(&text, "valve"), 1));
    assert_eq!(faults[0].path, "component[3].valve");
    assert_eq!(
        faults[0].to_string(),
        format!("dalian/1.toml:{}:1: component[3].valve: unknown key `valve`", faults[0].line)
    );
}

#[test]
fn each_kind_of_fault_is_named() {
    for (from, to, expected) in [
        ("format = 1", "format = 2", "format: must be a whole number from 1 to 1"),
        ("by = \"area\"", "by = \"area\"\nmost_share = 0", "must be above 0"),
        ("by = \"area\"", "by = \"area\"\nmost_share = 1.5", "must lie from 0 to 1"),
        (
            "by = \"area\"",
            "by = \"evenly\"\nmost_share = 0.5",
            "bounds what weighs by area or households alone",
        ),
        ("weight = 0.40", "weight = 0.41", "the weights sum to 1.01, not to 1"),
        ("weight = 0.40", "weight = 1.40", "a weight must be above 0 and at most 1"),
        ("weight = 0.40", "weight = -0.40", "a weight must be above 0 and at most 1"),
        ("category = \"R101\"", "category = \"R999\"", "the catalogue has no category `R999`"),
        ("category = \"R101\"", "category = \"P101\"", "unlike its group"),
        (
            "category = \"R102\"",
            "id = \"x\"\ncategory = \"R101\"",
            "items `R101` and `x` both match category `R101`",
        ),
        ("category = \"R104\"\npoints = 1", "category = \"R104\"\npoints = -1", "must not be negative"),
        ("points = 0.5", "points = 1e400", "must be a number"),
        ("points = 0.5", "points = 0.1234567", "must be a number"),
        ("points = 0.5", "points = 1000001", "must be a number"),
        ("points = 0.5", "points = nan", "must be a number"),
        ("points = 0.5", "points = 0.5\nby_level = { city = 1 }", "exactly one of"),
        ("count = \"highest\"", "count = \"once\"", "`once` needs the same points"),
        (
            "range = { from = 1, to = 5, reference = 3 }",
            "range = { from = 1, to = 2, reference = 3 }",
            "from <= reference <= to",
        ),
        ("of = \"file\"", "of = \"fiel\"", "there is no component `fiel`"),
        ("of = \"base\" }", "of = \"score\" }", "a cycle"),
        ("of = \"base\" }", "of = \"residents\" }", "it can be part of one only"),
        ("score = \"score\"", "score = \"skore\"", "there is no component `skore`"),
        ("from = 80\nbelow = 85", "from = 81\nbelow = 85", "there is a gap between 80 and 81"),
        ("from = 80\nbelow = 85", "from = 79\nbelow = 85", "overlaps the band below it"),
        ("from = 80\nbelow = 85", "above = 80\nbelow = 85", "there is a gap between 80 and 80"),
        ("from = 80\nbelow = 85", "from = 85\nbelow = 80", "no number lies between these ends"),
        (
            "grade = \"C\"\nbelow = 60",
            "grade = \"C\"\nfrom = 0\nbelow = 60",
            "scores below this band have no grade",
        ),
        (
            "grade = \"AAA\"\nfrom = 85",
            "grade = \"AAA\"\nfrom = 85\nto = 100",
            "scores above this band have no grade",
        ),
        ("grade = \"AAA\"\n", "grade = \"AAAA\"\n", "there is no grade `AAAA`"),
        ("at_most = \"C\"", "at_most = \"D\"", "there is no grade `D`"),
        (
            "when = { veto = true }",
            "when = { veto = true, no_project = true }",
            "a condition has exactly one key",
        ),
        ("when = { veto = true }", "when = { vetoed = true }", "unknown condition `vetoed`"),
        (
            "when = { veto = true }",
            "when = { component = { id = \"project-residents\", below = 3 } }",
            "inside a roll-up",
        ),
        ("when = { no_project = true }", "when = { score = { below = 3 } }", "cannot depend on the score"),
        ("validity = \"24 months\"", "validity = \"2 moons\"", "must be such as"),
        ("subjects = [\"firm\", \"project\"]", "subjects = [\"firm\", \"firm\"]", "none of them twice"),
        ("primary_for = [\"firm\", \"project\"]", "primary_for = [\"manager\"]", "must be among `subjects`"),
        ("by = \"area\"", "by = \"volume\"", "must be one of: area, households, evenly, worst"),
        (
            "kind = \"assessments\"\nassessors = [\"community\", \"street\"]\nscore = \"service\"\nperiod = \"quarter\"",
            "kind = \"constant\"\nvalue = 60",
            "needs assessments, ratings or metrics below `of`",
        ),
        ("title = { zh", "title = { de = \"x\", zh", "unknown key `de`"),
        ("effective_from = 2020-01-01", "effective_from = 2020-02-31", ""),
        ("effective_from = 2020-01-01", "effective_from = \"soon\"", "must be a day"),
        ("version = 1", "version = 1\nversion = 2", "duplicate"),
        ("minimum = 5\nprior", "minimum = 0\nprior", ""),
    ] {
        let found = faults(from, to);
        if (from, to) == ("minimum = 5\nprior", "minimum = 0\nprior") {
            assert!(found.is_empty(), "{found:?}");
            continue;
        }
        assert!(found.iter().any(|fault| fault.contains(expected)), "{from} → {to}: {found:#?}");
    }
}

#[test]
fn a_scheme_must_satisfy_its_own_constraints() {
    let constraint = |least: &str| {
        format!("[[constraint]]\ncomponents = [\"file\"]\nat_least = {least}\n\n[[grade]]\ncode = \"AAA\"")
    };
    assert!(faults("[[grade]]\ncode = \"AAA\"", &constraint("0.40")).is_empty());
    let found = faults("[[grade]]\ncode = \"AAA\"", &constraint("0.41"));
    assert_eq!(found, ["constraint[1]: the weight is 0.4, which violates the scheme's own constraint"]);
    // Weights multiply down the tree: the file is 0.40 of the score, and so is each of its parts.
    let inner = constraint("0.40").replace("file", "rewards");
    assert!(faults("[[grade]]\ncode = \"AAA\"", &inner).is_empty());
    // What may have no sample has its weight only until it is redistributed.
    let assessed = constraint("0.30").replace("file", "assessments");
    let found = faults("[[grade]]\ncode = \"AAA\"", &assessed);
    assert!(matches!(&found[..], [only] if only.ends_with("set `required = true`")), "{found:?}");
}

#[test]
fn trees_that_are_too_deep_or_cycles_beside_the_score_are_refused() {
    let mut text =
        text_of("dalian-demo").replacen("{ of = \"base\" }", "{ of = \"c0\" }, { of = \"base\" }", 1);
    let link = |id: String, of: String| {
        format!(
            "[[component]]\nid = \"{id}\"\nname = {{ zh = \"层\", en = \"Layer\" }}\nkind = \"sum\"\nparts = [{{ of = \"{of}\" }}]\n"
        )
    };
    let cycle =
        format!("{}{}{}", text_of("dalian-demo"), link("x".into(), "y".into()), link("y".into(), "x".into()));
    assert_eq!(faults_of(&cycle).len(), 2);
    for at in 0..3_000 {
        text.push_str(&link(format!("c{at}"), format!("c{}", at + 1)));
    }
    text.push_str("[[component]]\nid = \"c3000\"\nname = { zh = \"底\", en = \"End\" }\nkind = \"constant\"\nvalue = 1\n");
    assert!(faults_of(&text).iter().any(|fault| fault.contains("more than 32 deep")));
}

#[test]
fn numbers_are_exact_whether_numbers_or_strings() {
    assert!(faults("weight = 0.40", "weight = \"0.40\"").is_empty());
    // 0.1 + 0.2 + 0.7 is not 1 in binary.
    let text = text_of("dalian-demo");
    let text = text.replacen("weight = 0.40", "weight = 0.1", 1).replacen("weight = 0.30", "weight = 0.2", 1);
    assert!(faults_of(&text.replacen("weight = 0.30", "weight = 0.7", 1)).is_empty());
}

/// What an ill-meant file does to the reader: it is refused, and soon. 512 KiB, lists of 4,096
/// entries, trees of 32 levels, and the parser's own limit on nesting are the bounds.
#[test]
fn ill_meant_files_are_refused_soon() {
    let rest = text_of("dalian-demo");
    let with = |more: &str| format!("{rest}\n{more}");
    let many = |count: usize, each: &dyn Fn(usize) -> String| (0..count).map(each).collect::<String>();
    let files = [
        ("brackets", "[".repeat(500_000)),
        ("a megabyte of brackets", "[".repeat(1_048_576)),
        ("nested lists", format!("a = {}{}", "[".repeat(200_000), "]".repeat(200_000))),
        ("nested tables", format!("a = {}1{}", "{a=".repeat(120_000), "}".repeat(120_000))),
        ("a long dotted key", format!("a{} = 1", ".a".repeat(200_000))),
        (
            "a long dotted condition",
            with(&format!(
                "[[rule]]\nid = \"x\"\nat_most = \"C\"\nreason = {{ zh = \"x\", en = \"x\" }}\nwhen.not{} = true",
                ".not".repeat(100_000)
            )),
        ),
        ("a long header", format!("[a{}]", ".a".repeat(200_000))),
        (
            "deep conditions",
            with(&format!(
                "[[rule]]\nid = \"x\"\nat_most = \"C\"\nreason = {{ zh = \"x\", en = \"x\" }}\nwhen = {}{{ veto = true }}{}",
                "{ not = ".repeat(40_000),
                "}".repeat(40_000)
            )),
        ),
        ("huge numbers", rest.replacen("value = 60", &format!("value = {}", "9".repeat(300_000)), 1)),
        ("long fractions", rest.replacen("value = 60", &format!("value = 0.{}", "1".repeat(300_000)), 1)),
        ("exponents", rest.replacen("value = 60", "value = 1e999999999", 1)),
        ("unknown keys", with(&many(40_000, &|at| format!("k{at} = 1\n")))),
        (
            "many components",
            with(&many(9_000, &|at| format!("[[component]]\nid = \"c{at}\"\nkind = \"x\"\n"))),
        ),
        ("many grades", with(&many(9_000, &|at| format!("[[grade]]\ncode = \"g{at}\"\n")))),
        (
            "unused components",
            with(&many(3_900, &|at| {
                format!(
                    "[[component]]\nid = \"c{at}\"\nname = {{ zh = \"a\", en = \"a\" }}\nkind = \"constant\"\nvalue = 1\n"
                )
            })),
        ),
        (
            "grades that nothing leads to",
            with(&many(4_000, &|at| {
                format!("[[grade]]\ncode = \"g{at}\"\nname = {{ zh = \"a\", en = \"a\" }}\n")
            })),
        ),
        ("many bands", with(&many(4_000, &|at| format!("[[band]]\ngrade = \"A\"\nfrom = {at}\n")))),
        (
            "many rules",
            with(&many(3_000, &|at| {
                format!(
                    "[[rule]]\nid = \"r{at}\"\nreason = {{ zh = \"a\", en = \"a\" }}\nwhen = {{ component = {{ id = \"x\", below = 1 }} }}\nlist = \"red\"\n"
                )
            })),
        ),
        (
            "many constraints",
            with(&many(4_000, &|_| "[[constraint]]\ncomponents = [\"file\"]\nat_least = 1\n".to_owned())),
        ),
        ("many texts", format!("subjects = [{}]", "\"firm\",".repeat(60_000))),
    ];
    for (what, text) in files {
        let (send, receive) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            send.send(Scheme::read(&text, "t", &catalogue()).err().map(|faults| faults.len()))
        });
        let found = receive.recv_timeout(std::time::Duration::from_secs(20));
        assert!(matches!(found, Ok(Some(1..=200))), "{what}: {found:?}");
    }
}

#[test]
fn huge_files_are_refused_unread() {
    assert_eq!(faults_of(&"#".repeat(600_000)), [": the file is larger than 512 KiB"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_readers_never_panic_on_any_text(text in any::<String>()) {
        prop_assert!(Scheme::read(&text, "t", &catalogue()).is_err());
        prop_assert!(Catalogue::read(&text, "t").is_err());
    }
}
