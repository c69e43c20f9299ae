//! What a running service holds. Handlers do not reach it by themselves: they get a
//! [`Permit`](crate::permit::Permit).

use std::sync::{Arc, Mutex, OnceLock};

use xinwu_domain::rating::StepTimes;
use xinwu_domain::wall_clock::Doubt;
use xinwu_persistence::city::CitySettings;
use xinwu_persistence::credit::scheme::Rulebooks;
use xinwu_persistence::lookup::search::Search;
use xinwu_persistence::operations::import::Claims;
use xinwu_persistence::operations::increments::Journal;
use xinwu_persistence::ratings::month_key::MonthKeys;
use xinwu_store::cache::Generations;
use xinwu_store::{Clock, Db, Options, StoreError, Url};

use crate::cache::Caches;
use crate::config::Config;
use crate::copies::Copies;
use crate::imports::{Imports, Workshop};
use crate::limits::Rates;
use crate::password::Passwords;
use crate::photos::{Folder, Photos};
use crate::privacy::Privacy;
use crate::secrets::{DataKey, Secrets};
use crate::sms::{Outbox, Sms};
use crate::tokens::{Keys, Tokens};
use crate::unknown_names::UnknownNames;

/// The running service.
pub struct State {
    pub(crate) db: Db,
    pub(crate) config: Config,
    pub(crate) secrets: Secrets,
    month_keys: Arc<MonthKeys>,
    tokens: Tokens,
    pub(crate) caches: Caches,
    pub(crate) copies: Arc<Copies>,
    search: Arc<Search>,
    journal: Option<Arc<Journal>>,
    rulebooks: Arc<Rulebooks>,
    pub(crate) passwords: Passwords,
    pub(crate) rates: Rates,
    pub(crate) sms: Sms,
    pub(crate) privacy: Privacy,
    pub(crate) unknown_names: UnknownNames,
    pub(crate) zone: chrono_tz::Tz,
    figures: StepTimes,
    pub(crate) imports: Arc<Imports>,
    pub(crate) photos: Photos,
    /// Why the machine's clock is not believed just now; `/readyz` says it.
    pub(crate) clock_doubt: Mutex<Option<Doubt>>,
    /// In the demo every code is this one, so that it can be printed beforehand. Nothing else sets
    /// it.
    pub(crate) demo_code: OnceLock<String>,
}

impl State {
    /// Opens the database and reads the keys.
    ///
    /// # Errors
    /// When the database cannot be used, or the secret is not its own.
    pub async fn open(config: Config, clock: Clock) -> Result<Arc<State>, StoreError> {
        let url = Url::parse(&config.database).map_err(StoreError::Unavailable)?;
        let master = config.master_secret().map_err(StoreError::Unavailable)?;
        let options = Options {
            connections: config.connections_to(&url),
            url,
            patience: std::time::Duration::from_secs(5),
            clock,
        };
        let privacy = Privacy::load(&config).map_err(|faults| StoreError::Unavailable(faults.join("; ")))?;
        let db = xinwu_persistence::open(options)?;
        let data_key = DataKey::of(&db, &master).await?;
        let secrets = data_key.secrets()?;
        let month_keys = Arc::new(MonthKeys::new(secrets.rating_seal())?);
        let journal = Journal::of(db.url(), config.increments_file.as_deref());
        let journal = journal.map(|journal| journal.subscribed_to(db.change_feed()));
        let generations = Generations::subscribed_to(db.change_feed());
        let names = (config.issuer.as_str(), config.audience.as_str());
        let tokens = Tokens::load(&db, &secrets, names, Arc::clone(&generations)).await?;
        let search = Search::subscribed_to(db.change_feed());
        let rulebooks = Rulebooks::new(Arc::clone(&generations));
        let caches = Caches::new(generations, config.cache_mebibytes * 1024 * 1024);
        let copies = Copies::subscribed_to(db.change_feed());
        let passwords = Passwords::new(config.password_memory_kibibytes)
            .map_err(|error| StoreError::internal(error.to_string()))?;
        let rates = Rates::new(&config, db.clock());
        let sms = Sms::start(&config, db.clock()).map_err(StoreError::internal)?;
        let photos = Photos::new(Folder::at(config.photo_dir()));
        let (zone, figures) = (config.tz(), config.figures());
        let city =
            CitySettings { zone, min_raters: config.min_raters, figures, unlink_days: config.unlink_days };
        let claims = Claims::new(db.clone());
        let secrets_of_imports = data_key.secrets()?;
        let imports = Imports::start(Workshop { db: db.clone(), secrets: secrets_of_imports, city, claims })?;
        Ok(Arc::new(State {
            db,
            config,
            secrets,
            month_keys,
            tokens,
            caches,
            copies,
            search,
            journal,
            rulebooks,
            passwords,
            rates,
            sms,
            privacy,
            unknown_names: UnknownNames::default(),
            zone,
            figures,
            imports,
            photos,
            clock_doubt: Mutex::default(),
            demo_code: OnceLock::new(),
        }))
    }

    /// The names of firms and estates, as they stand now.
    pub(crate) async fn search(&self) -> Result<Arc<Search>, StoreError> {
        self.search.current(&self.db).await
    }

    /// The rules, as they stand now.
    pub(crate) async fn rulebooks(&self) -> Result<Arc<Rulebooks>, StoreError> {
        self.rulebooks.current(&self.db).await
    }

    /// Lets those go who wait for changes, before the server is told to stop: it waits for what
    /// runs.
    pub fn begin_stop(&self) {
        self.copies.end();
    }

    /// Whether somebody waits for changes, for tests.
    pub fn is_waited_for(&self) -> bool {
        self.copies.is_waited_for()
    }

    /// The database, for the command line and for tests: handlers go through their permit.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The keys, for the command line and for tests.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The city's settings.
    pub fn city(&self) -> CitySettings {
        CitySettings {
            zone: self.zone,
            min_raters: self.config.min_raters,
            // Nobody waits for Monday to see what the demo is about.
            figures: if self.demo_code.get().is_some() { StepTimes::EveryMinute } else { self.figures },
            unlink_days: self.config.unlink_days,
        }
    }

    /// The months' keys of ratings.
    pub fn month_keys(&self) -> Arc<MonthKeys> {
        Arc::clone(&self.month_keys)
    }

    /// The file of increments, if there is one.
    pub fn journal(&self) -> Option<&Arc<Journal>> {
        self.journal.as_ref()
    }

    /// The keys that sign access tokens, as they stand now.
    pub async fn keys(&self) -> Result<Arc<Keys>, StoreError> {
        self.tokens.keys(&self.db, &self.secrets).await
    }

    /// The codes that were not sent to any phone, under the `log` provider: for tests and the demo.
    pub fn outbox(&self) -> &Outbox {
        self.sms.outbox()
    }

    /// Hashes and checks passwords.
    pub fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// The imports under way.
    pub fn imports(&self) -> &Arc<Imports> {
        &self.imports
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }
}
