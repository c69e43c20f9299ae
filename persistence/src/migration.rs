//! The schema's history: forward only, the same names for both databases.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use xinwu_store::Migrations;

/// What makes this program's schema.
pub const MIGRATIONS: Migrations = Migrations {
    sqlite: || {
        const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
        SQLITE
    },
    postgres: || {
        const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
        POSTGRES
    },
};
