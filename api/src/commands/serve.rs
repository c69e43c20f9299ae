//! `xinwu serve`

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::rt::signal::unix::{SignalKind, signal};
use xinwu_store::{Clock, ServiceLock, Url};

use super::{EXIT_CODES, Failure, migrate};
use crate::config::Config;
use crate::privacy::Privacy;
use crate::state::State;
use crate::{logging, server, ticker};

/// Serve the API, until told to stop
///
/// Refuses to start on a database that lacks migrations, unless --migrate is given. SIGTERM and
/// SIGINT (Ctrl-C) stop it: it takes no new connections, finishes what is running
/// (`shutdown_seconds`), and exits with 0.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("Examples:\n  xinwu serve\n  xinwu serve --migrate\n  XINWU_PROFILE=production XINWU_SECRET_FILE=/run/secrets/xinwu xinwu --config /etc/xinwu.toml serve\n\n{EXIT_CODES}"))]
pub struct Args {
    /// Make the database, or bring it up to this version, first
    #[arg(long)]
    migrate: bool,
}

/// Serves until a signal comes.
///
/// # Errors
/// [`Failure::Failed`] when the database or the address cannot be used.
pub fn run(args: &Args, config: Config) -> Result<(), Failure> {
    logging::start(&config).map_err(|fault| Failure::Wrong(vec![fault]))?;
    Privacy::load(&config).map_err(Failure::Wrong)?;
    // Before anything is changed: what cannot serve touches nothing that another one serves.
    let listener = bind(&config)?;
    let url = Url::parse(&config.database).map_err(|fault| Failure::Wrong(vec![fault]))?;
    let missing = migrate::missing(&url)?;
    if !missing.is_empty() && !args.migrate {
        return Err(Failure::Failed(format!(
            "the database {url:?} lacks {} migration(s); run `xinwu migrate`, or start with `xinwu serve --migrate`",
            missing.len()
        )));
    }
    let _lock = ServiceLock::take(&url).map_err(Failure::failed)?;
    if args.migrate {
        for name in migrate::bring_up(&config, &url)? {
            tracing::info!(migration = name, "migrated");
        }
    }
    actix_web::rt::System::new().block_on(async move {
        let state = State::open(config, Clock::System).await.map_err(Failure::failed)?;
        until_stopped(state, listener, |_| Ok(())).await
    })
}

/// Takes the address of the settings.
pub(super) fn bind(config: &Config) -> Result<TcpListener, Failure> {
    let bind = &config.bind;
    TcpListener::bind(bind).map_err(|error| Failure::Failed(format!("bind: {bind}: {error}")))
}

/// Serves, calls `ready` once it does, and stops gently when a signal comes.
pub(super) async fn until_stopped(
    state: Arc<State>,
    listener: TcpListener,
    ready: impl FnOnce(SocketAddr) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let address = listener.local_addr().map_err(Failure::failed)?;
    // Before anybody learns that it serves: a signal that comes sooner would kill it.
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate()).map_err(Failure::failed)?,
        signal(SignalKind::interrupt()).map_err(Failure::failed)?,
    );
    let (db, stopping) = (state.db().clone(), Arc::clone(&state));
    let clock = ticker::start(Arc::clone(&state)).await.map_err(Failure::failed)?;
    let server = server::start(state, listener).map_err(Failure::failed)?;
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    tracing::info!(%address, "serving");
    ready(address)?;
    tokio::select! {
        _ = terminate.recv() => tracing::info!("told to stop (SIGTERM)"),
        _ = interrupt.recv() => tracing::info!("told to stop (SIGINT)"),
    }
    stopping.begin_stop();
    handle.stop(true).await;
    clock.stop().await;
    running.await.map_err(Failure::failed)?.map_err(Failure::failed)?;
    // The file alone is whole from here on: operators copy it.
    if let Err(error) = db.close() {
        tracing::warn!(%error, "the write-ahead log was not brought into the file; copy it with the file");
    }
    tracing::info!("stopped");
    Ok(())
}
