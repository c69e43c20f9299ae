//! The two schemas are one.

use xinwu_persistence::migration;

use crate::harness::Backend;

#[test]
fn both_folders_have_migrations_of_the_same_names() {
    let (sqlite, postgres) = migration::names_of_both().unwrap();
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, postgres);
}

#[test]
fn a_database_that_lacks_the_schema_is_not_served() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let database = backend.empty();
        let options = xinwu_persistence::Options {
            url: xinwu_persistence::Url::parse(&database.url).unwrap(),
            connections: 1,
            patience: std::time::Duration::from_secs(1),
            clock: xinwu_persistence::Clock::System,
        };
        let refused = xinwu_persistence::Db::open(options).err().expect("refused").to_string();
        assert!(refused.contains("xinwu migrate"), "{refused}");
    }
}
