//! All services in one process, started in the order of their needs and stopped in reverse.

use std::sync::Arc;

use service_kit::{Config, Running, StartError};
use standin::Standin;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::demo;

/// What a stack is started with beside its configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct StackOptions {
    /// Bring the stand-in for the sites along, and fetch from it alone.
    pub demo: bool,
}

/// Every service, running.
pub struct Stack {
    gateway: Running,
    youtube: Running,
    auth: Running,
    database: Running,
    standin: Option<Arc<Standin>>,
}

impl Stack {
    /// Starts everything; each service is told where the others really listen, so that port 0 works
    /// for all of them.
    ///
    /// # Errors
    /// Those of the first service that cannot start; the ones before it are stopped again.
    pub async fn start(mut config: Config, options: StackOptions) -> Result<Self, StartError> {
        let standin = if options.demo { Some(demo::start(&mut config).await?) } else { None };
        let mut started = Vec::new();
        match start_services(&mut config, &mut started).await {
            Ok(gateway) => match <[Running; 3]>::try_from(started) {
                Ok([database, auth, youtube]) => {
                    Ok(Self { gateway, youtube, auth, database, standin })
                }
                Err(_) => {
                    Err(StartError::internal("cannot start the stack", "a service is missing"))
                }
            },
            Err(error) => {
                for service in started.into_iter().rev() {
                    service.stop().await;
                }
                Err(error)
            }
        }
    }

    /// Where clients find it.
    pub fn url(&self) -> String {
        self.gateway.url()
    }

    /// Where the services behind the gateway listen, which no client needs to know.
    pub fn service_urls(&self) -> [(&'static str, String); 3] {
        [&self.auth, &self.youtube, &self.database].map(|service| (service.name, service.url()))
    }

    /// The stand-in for the sites, in a demo.
    pub fn standin(&self) -> Option<&Standin> {
        self.standin.as_deref()
    }

    /// Ends when a background task of some service has panicked.
    pub async fn failed(&self) {
        let services = [&self.gateway, &self.youtube, &self.auth, &self.database];
        let [gateway, youtube, auth, database]: [CancellationToken; 4] =
            services.map(Running::failed);
        tokio::select! {
            () = gateway.cancelled() => {}
            () = youtube.cancelled() => {}
            () = auth.cancelled() => {}
            () = database.cancelled() => {}
        }
    }

    /// Drains and stops everything, the gateway first and the database last.
    pub async fn stop(self) {
        self.gateway.stop().await;
        self.youtube.stop().await;
        self.auth.stop().await;
        self.database.stop().await;
        if let Some(standin) = self.standin.and_then(Arc::into_inner) {
            standin.stop().await;
        }
    }
}

/// Starts the services in order of need; `started` holds those behind the gateway.
async fn start_services(
    config: &mut Config,
    started: &mut Vec<Running>,
) -> Result<Running, StartError> {
    let database = db_service::start(config.clone()).await?;
    config.db_url = vec![url_of(&database)?];
    started.push(database);
    let auth = auth_service::start(config.clone()).await?;
    config.auth_url = vec![url_of(&auth)?];
    started.push(auth);
    let youtube = youtube_service::start(config.clone()).await?;
    config.youtube_url = vec![url_of(&youtube)?];
    started.push(youtube);
    gateway::start(config.clone()).await
}

fn url_of(service: &Running) -> Result<Url, StartError> {
    Url::parse(&service.url())
        .map_err(|error| StartError::internal("cannot tell where a service listens", error))
}
