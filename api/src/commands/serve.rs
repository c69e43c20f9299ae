//! `xinwu serve`

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::rt::signal::unix::{SignalKind, signal};
use xinwu_store::{Clock, ServiceLock, Url};

use super::{EXIT_CODES, Failure, migrate};
use crate::config::{Config, Doors};
use crate::state::State;
use crate::{logging, monitoring, server, ticker};

/// Serve the API, until told to stop
///
/// Refuses to start on a database that lacks migrations, unless --migrate is given, and wherever
/// `xinwu check-config` would find something wrong, before anything is begun. SIGTERM and
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
/// [`Failure::Wrong`] with every fault of the settings and of what they rest on;
/// [`Failure::Failed`] where the database lacks migrations or the service fails.
pub fn run(args: &Args, config: Config, mut faults: Vec<String>) -> Result<(), Failure> {
    // Before anything is changed, and all of it at once: what cannot serve touches nothing that
    // another one serves.
    config.look_at_ground(&mut faults);
    let doors = config.take_addresses(faults).map_err(Failure::Wrong)?;
    logging::start(&config).map_err(|fault| Failure::Wrong(vec![fault]))?;
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
        until_stopped(state, doors, |_| Ok(())).await
    })
}

/// Serves, calls `ready` once it does, and stops gently when a signal comes.
pub(super) async fn until_stopped(
    state: Arc<State>,
    doors: Doors,
    ready: impl FnOnce(SocketAddr) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let address = doors.public.local_addr().map_err(Failure::failed)?;
    let metrics_address = doors.metrics.as_ref().map(TcpListener::local_addr).transpose();
    let metrics_address = metrics_address.map_err(Failure::failed)?;
    // Before anybody learns that it serves: a signal that comes sooner would kill it.
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate()).map_err(Failure::failed)?,
        signal(SignalKind::interrupt()).map_err(Failure::failed)?,
    );
    let (db, stopping) = (state.db().clone(), Arc::clone(&state));
    let clock = ticker::start(Arc::clone(&state)).await.map_err(Failure::failed)?;
    let metrics = doors.metrics.map(|listener| monitoring::start(Arc::clone(&state), listener));
    let metrics = metrics.transpose().map_err(Failure::failed)?;
    let server = server::start(state, doors.public).map_err(Failure::failed)?;
    let (handle, metrics_handle) = (server.handle(), metrics.as_ref().map(Server::handle));
    let running = actix_web::rt::spawn(server);
    metrics.map(actix_web::rt::spawn);
    tracing::info!(%address, metrics = metrics_address.map(tracing::field::display), "serving");
    ready(address)?;
    tokio::select! {
        _ = terminate.recv() => tracing::info!("told to stop (SIGTERM)"),
        _ = interrupt.recv() => tracing::info!("told to stop (SIGINT)"),
    }
    stopping.begin_stop();
    handle.stop(true).await;
    if let Some(metrics) = metrics_handle {
        metrics.stop(false).await;
    }
    clock.stop().await;
    running.await.map_err(Failure::failed)?.map_err(Failure::failed)?;
    // The file alone is whole from here on: operators copy it.
    if let Err(error) = db.close() {
        tracing::warn!(%error, "the write-ahead log was not brought into the file; copy it with the file");
    }
    tracing::info!("stopped");
    Ok(())
}
