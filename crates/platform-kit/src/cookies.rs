//! Users' cookies for the site: sealed here, kept by db-service, lent to the engine.

use std::sync::Arc;

use common_types::{
    ErrorCode, FieldError, Timestamp,
    cookies::{CookieDomain, CookieState},
    internal::cookies::{CookieRecord, SealedCookies},
};
use cookie_jar::{CookieJar, DomainSummary, ReadError, Reading, Sealer, SealingError};
use db_client::{DbClient, DbError, Owner};
use media_engine::{Cookies, Target};
use service_kit::{ApiError, ApiResult, Clock};

use crate::Platform;

/// The cookies of every user for one platform.
#[derive(Clone)]
pub(crate) struct CookieJars {
    sealer: Arc<Sealer>,
    platform: Arc<dyn Platform>,
    clock: Clock,
}

/// Through whose eyes the site is seen: a user's who has lent us cookies.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    pub(crate) user_id: i64,
    /// When these cookies came: what was seen with others is void.
    pub(crate) since: Timestamp,
    cookies: Cookies,
}

impl Viewer {
    /// `url` as this user is to see it.
    pub(crate) fn target(viewer: Option<&Self>, url: &str) -> Target {
        Target::from(url).with_cookies(viewer.map(|viewer| viewer.cookies.clone()))
    }

    pub(crate) fn into_cookies(self) -> Cookies {
        self.cookies
    }
}

impl CookieJars {
    /// # Errors
    /// When no key can be derived from `secret`.
    pub(crate) fn new(secret: &str, platform: Arc<dyn Platform>) -> Result<Self, SealingError> {
        Ok(Self { sealer: Arc::new(Sealer::new(secret)?), platform, clock: Clock::system() })
    }

    /// Takes a file of cookies, in place of what the user had.
    ///
    /// # Errors
    /// `invalid_request` for what is none, or holds none of the site's.
    pub(crate) async fn keep(
        &self,
        client: &DbClient,
        user_id: i64,
        file: &str,
    ) -> ApiResult<CookieState> {
        let now = self.clock.now().as_seconds();
        let read = CookieJar::read(file, self.platform.cookie_domains(), now);
        let Reading { jar, dropped } = read.map_err(|error| self.refused(error))?;
        let sealed = self.sealer.seal(self.sealed_for(user_id), &jar.to_netscape());
        let new = SealedCookies { sealed: sealed.map_err(ApiError::internal)? };
        let kept = client.put_cookies(self.owner(user_id), &new).await?;
        log::info!("cookies were added for a user");
        let dropped = Some(u64::try_from(dropped).unwrap_or(u64::MAX));
        Ok(CookieState { dropped, ..told(&jar.summary(), kept.updated_at) })
    }

    /// What may be told of the user's cookies.
    ///
    /// # Errors
    /// Of the hop.
    pub(crate) async fn state(&self, client: &DbClient, user_id: i64) -> ApiResult<CookieState> {
        let kept = client.cookies(self.owner(user_id)).await?;
        let opened = kept.and_then(|record| Some((self.open(user_id, &record)?, record)));
        let Some((file, record)) = opened else { return Ok(none()) };
        // What has lapsed since is still there, and told of.
        let read = CookieJar::read(&file, self.platform.cookie_domains(), i64::MIN);
        Ok(read
            .map_or_else(|_| none(), |Reading { jar, .. }| told(&jar.summary(), record.updated_at)))
    }

    /// Forgets the user's cookies.
    ///
    /// # Errors
    /// Of the hop.
    pub(crate) async fn forget(&self, client: &DbClient, user_id: i64) -> ApiResult<CookieState> {
        client.delete_cookies(self.owner(user_id)).await?;
        Ok(none())
    }

    /// How the user sees the site, if otherwise than everyone.
    ///
    /// # Errors
    /// Of the hop.
    pub(crate) async fn viewer(
        &self,
        client: &DbClient,
        user_id: i64,
    ) -> Result<Option<Viewer>, DbError> {
        let kept = client.cookies(self.owner(user_id)).await?;
        Ok(kept.and_then(|record| {
            let cookies = Cookies::new(self.open(user_id, &record)?);
            Some(Viewer { user_id, since: record.updated_at, cookies })
        }))
    }

    fn open(&self, user_id: i64, record: &CookieRecord) -> Option<String> {
        let opened = self.sealer.open(self.sealed_for(user_id), &record.sealed);
        // After a change of the internal secret they can only be asked for again.
        opened.inspect_err(|error| log::warn!("cookies of a user are lost: {error}")).ok()
    }

    fn owner(&self, user_id: i64) -> Owner<'_> {
        Owner { user_id, platform: Some(self.platform.name()) }
    }

    fn sealed_for(&self, user_id: i64) -> cookie_jar::Owner<'_> {
        cookie_jar::Owner { user_id, platform: self.platform.name() }
    }

    fn refused(&self, error: ReadError) -> ApiError {
        let (detail, errors) = match error {
            ReadError::BadLines(lines) => (
                "These are not cookies in Netscape's format.".to_owned(),
                lines.iter().map(|line| FieldError::new("/cookies", line.to_string())).collect(),
            ),
            ReadError::NoneOfTheSite => {
                let domains = self.platform.cookie_domains().join(", ");
                (format!("None of these cookies is of {domains} and still valid."), Vec::new())
            }
            ReadError::TooMany => ("These are too many cookies.".to_owned(), Vec::new()),
        };
        ApiError::new(ErrorCode::InvalidRequest, detail).with_errors(errors)
    }
}

fn none() -> CookieState {
    let domains = Vec::new();
    CookieState { success: true, has_cookies: false, domains, updated_at: None, dropped: None }
}

fn told(domains: &[DomainSummary], updated_at: Timestamp) -> CookieState {
    let tell = |domain: &DomainSummary| CookieDomain {
        domain: domain.domain.clone(),
        count: u64::try_from(domain.count).unwrap_or(u64::MAX),
        expires_at: domain.last_expiry.map(Timestamp::from_seconds),
    };
    CookieState {
        success: true,
        has_cookies: true,
        domains: domains.iter().map(tell).collect(),
        updated_at: Some(updated_at),
        dropped: None,
    }
}
