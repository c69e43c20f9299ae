//! A database for each test: a copy of a migrated SQLite file, or a clone of a PostgreSQL template.
//! Both hold Dalian's places.

use std::path::PathBuf;
use std::sync::OnceLock;

use tempfile::TempDir;
use xinwu_domain::access::{Operation, Warrant};
use xinwu_domain::place::{NewPlace, PlaceLevel};
use xinwu_persistence::credit::scheme;
use xinwu_persistence::migration::MIGRATIONS;
use xinwu_persistence::registers::place;
use xinwu_store::{Clock, Options, Url};

use super::folder::quick_folder;
use super::postgres;
use super::unique;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// Gone when it is dropped.
pub struct TestDatabase {
    pub url: String,
    folder: TempDir,
    clone: Option<String>,
}

impl Backend {
    pub fn fresh(self) -> TestDatabase {
        match self {
            Backend::Sqlite => {
                let folder = quick_folder("db-");
                let path = folder.path().join("xinwu.db");
                std::fs::copy(sqlite_template(), &path).unwrap();
                TestDatabase { url: format!("sqlite:{}", path.display()), folder, clone: None }
            }
            Backend::Postgres => {
                static READY: OnceLock<()> = OnceLock::new();
                let cluster = postgres::cluster();
                READY.get_or_init(|| {
                    cluster.create("template_xinwu", None);
                    fill(&cluster.url("template_xinwu"));
                });
                let name = format!("test_{}", unique());
                cluster.create(&name, Some("template_xinwu"));
                TestDatabase { url: cluster.url(&name), folder: quick_folder("db-"), clone: Some(name) }
            }
        }
    }

    /// A database without a schema.
    pub fn empty(self) -> TestDatabase {
        match self {
            Backend::Sqlite => {
                let folder = quick_folder("db-");
                let url = format!("sqlite:{}", folder.path().join("xinwu.db").display());
                TestDatabase { url, folder, clone: None }
            }
            Backend::Postgres => {
                let name = format!("empty_{}", unique());
                postgres::cluster().create(&name, None);
                let url = postgres::cluster().url(&name);
                TestDatabase { url, folder: quick_folder("db-"), clone: Some(name) }
            }
        }
    }
}

impl TestDatabase {
    /// Where the photos of its cases lie.
    pub fn photos(&self) -> PathBuf {
        self.folder.path().join("photos")
    }

    /// Another that holds the same, of one that nobody uses any more and whose log is in it.
    pub fn copied(&self) -> TestDatabase {
        match &self.clone {
            None => {
                let folder = quick_folder("db-");
                let path = folder.path().join("xinwu.db");
                std::fs::copy(self.url.trim_start_matches("sqlite:"), &path).unwrap();
                TestDatabase { url: format!("sqlite:{}", path.display()), folder, clone: None }
            }
            Some(kept) => {
                let (cluster, name) = (postgres::cluster(), format!("copy_{}", unique()));
                // Connections that are being closed would keep it from being copied.
                let others = format!(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{kept}'"
                );
                cluster.sql("postgres", &others);
                cluster.create(&name, Some(kept));
                TestDatabase { url: cluster.url(&name), folder: quick_folder("db-"), clone: Some(name) }
            }
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(name) = &self.clone {
            postgres::cluster().remove(name);
        }
    }
}

fn sqlite_template() -> &'static PathBuf {
    static TEMPLATE: OnceLock<(PathBuf, TempDir)> = OnceLock::new();
    let (path, _) = TEMPLATE.get_or_init(|| {
        let folder = quick_folder("db-");
        let path = folder.path().join("template.db");
        fill(&format!("sqlite:{}", path.display()));
        (path, folder)
    });
    path
}

/// Migrates, and adds the places of Dalian and the shipped schemes.
pub fn fill(url: &str) {
    let url = Url::parse(url).unwrap();
    MIGRATIONS.run(&url).unwrap();
    let clock = Clock::held_at("2025-01-01T00:00:00Z".parse().unwrap());
    let db = xinwu_persistence::open(Options {
        url,
        connections: 1,
        patience: std::time::Duration::from_secs(5),
        clock,
    })
    .unwrap();
    let text = include_str!("../../../data/dalian-places.csv");
    let places: Vec<NewPlace> = text
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            NewPlace {
                code: fields[0].to_owned(),
                level: fields[1].parse::<PlaceLevel>().ok().unwrap(),
                name: fields[2].to_owned(),
                parent: Some(fields[3].to_owned()).filter(|parent| !parent.is_empty()),
                valid_from: Some("2023-01-01".parse().unwrap()),
                aliases: Vec::new(),
            }
        })
        .collect();
    assert_eq!(places.len(), 1995);
    db.write_blocking(move |tx| {
        for place in &places {
            place::add(tx, &Warrant::operator(Operation::AddPlace), place)?;
        }
        scheme::install_shipped(tx)?;
        Ok(())
    })
    .unwrap();
    // The write-ahead log goes into the file, so that a copy of the file is whole.
    db.checkpoint().unwrap();
}
