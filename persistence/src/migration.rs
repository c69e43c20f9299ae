//! The schema's history: forward only, the same names for both databases.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use xinwu_store::{Conn, Migrations, Purpose, Result, Url};

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

/// Brings a database up to this program's schema, making the file first on SQLite. Returns the migrations that it ran.
///
/// # Errors
/// Those of [`Migrations::run`].
pub fn migrate(url: &Url) -> Result<Vec<String>> {
    let done = MIGRATIONS.run(url)?;
    // No SQL knows how numbers of documents are compared.
    crate::credit::record::fill_decisions(&mut Conn::open(url, Purpose::Write)?)?;
    Ok(done)
}
