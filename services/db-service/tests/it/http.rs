//! The service as its neighbours see it: started, and spoken to by the client they use.

use std::{
    ffi::OsString,
    net::IpAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use auth_tokens::{Identity, IdentityKey, Scopes, UserIdentity};
use common_types::{
    ErrorCode, Problem, Timestamp,
    account::{ApiKeyScope, Quota, Role},
    audit::{AuditAction, AuditEvent, AuditQuery},
    download::{DownloadQuery, Status},
    internal::{
        accounts::{AccountPatch, ApiKeyLookup, EndSessions, NewApiKey, NewSession},
        audit::{Act, LoginAttempt, LoginRefused, Tried},
        jobs::{ClaimRequest, Finish, Heartbeat, LeaseHolder, Release},
    },
    paths::IDENTITY_HEADER,
};
use db_client::{DbClient, DbConnector, DbError, Owner};
use service_kit::{Clock, Config, Running, config::Sources};
use temp_postgres::TempPostgres;
use uuid::Uuid;

use crate::fixture::{LEASE_MS, completed, idempotency, new_account, new_download, progress};

const SECRET: &str = "a secret of this test only";

pub(crate) struct Service {
    pub(crate) running: Running,
    pub(crate) client: Rc<DbClient>,
    clock: Clock,
    _directory: tempfile::TempDir,
    pub(crate) server: Option<TempPostgres>,
}

impl Service {
    pub(crate) async fn start(server: Option<TempPostgres>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let now = Clock::system().now();
        let clock = Clock::manual(now);
        let mut config = config(directory.path(), server.as_ref().map(TempPostgres::url));
        let running = db_service::start_with(&config, clock.clone()).await.unwrap();
        config.db_url = vec![running.url().parse().unwrap()];
        let client = Rc::new(DbConnector::new("test-service", &config).connect());
        Self { running, client, clock, _directory: directory, server }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    /// A header by which `identity` is vouched for.
    pub(crate) fn vouch(&self, identity: Identity) -> (&'static str, String) {
        let key = IdentityKey::from_secret(SECRET);
        (IDENTITY_HEADER, key.sign(identity, self.clock.now()).unwrap())
    }

    fn through_gateway(&self, user: Option<i64>, scopes: Scopes) -> (&'static str, String) {
        let user = user.map(|user_id| UserIdentity {
            user_id,
            session_id: None,
            expires_at: None,
            scopes,
        });
        let client_address = Some(IpAddr::from([192, 0, 2, 1]));
        self.vouch(Identity { service: "gateway".to_owned(), user, client_address })
    }
}

pub(crate) fn config(directory: &std::path::Path, database_url: Option<String>) -> Config {
    let mut variables = vec![
        ("MAGPIE_DATA_DIR", directory.to_str().unwrap().to_owned()),
        ("MAGPIE_DB_BIND", "127.0.0.1:0".to_owned()),
        ("MAGPIE_INTERNAL_SECRET", SECRET.to_owned()),
    ];
    variables.extend(database_url.map(|url| ("MAGPIE_DATABASE_URL", url)));
    let environment =
        variables.into_iter().map(|(name, value)| (OsString::from(name), value.into()));
    Config::load(&Sources::read(environment, [], &[]).unwrap()).unwrap()
}

/// Runs the body with a service on each database.
macro_rules! on_both_services {
    ($(async fn $rule:ident($service:ident: &Service) $body:block)*) => { $(
        mod $rule {
            use super::*;

            async fn rule($service: &Service) $body

            #[actix_web::test]
            async fn sqlite() {
                let service = Service::start(None).await;
                rule(&service).await;
                service.running.stop().await;
            }

            #[actix_web::test]
            async fn postgres() {
                let server = TempPostgres::start().expect("these tests need PostgreSQL");
                let service = Service::start(Some(server)).await;
                rule(&service).await;
                service.running.stop().await;
            }
        }
    )* };
}

on_both_services! {
    async fn accounts_sessions_and_keys_go_over_the_wire(service: &Service) {
        let db = &service.client;
        let account = db.create_account(&new_account("a")).await.unwrap();
        let user = account.user.id;
        assert_eq!(code(db.create_account(&new_account("A")).await), ErrorCode::AlreadyExists);
        assert_eq!(db.account(user).await.unwrap().password_hash, "hash of a");
        assert_eq!(code(db.account(user + 1).await), ErrorCode::NotFound);
        let patch = AccountPatch { password_hash: Some("new".to_owned()), ..AccountPatch::default() };
        assert_eq!(db.patch_account(user, &patch).await.unwrap().password_hash, "new");
        assert_eq!(db.acting(&by(user)).list_accounts(Some(10), None).await.unwrap().items.len(), 1);
        assert_eq!(db.usage(user).await.unwrap().active_downloads, 0);

        let expires_at = service.clock.now() + Duration::from_secs(60);
        let new = |id| NewSession { id, token_id: id, expires_at, user_agent: None, address: None };
        let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
        db.create_session(user, &new(one)).await.unwrap();
        db.create_session(user, &new(two)).await.unwrap();
        assert_eq!(db.list_sessions(user).await.unwrap().len(), 2);
        assert!(db.end_session(user, one).await.unwrap().ended_at.is_some());
        assert!(db.session(user, one).await.unwrap().ended_at.is_some());
        let all = EndSessions { except: None };
        assert_eq!(db.end_sessions(user, &all).await.unwrap().ended, 1);
        let feed = db.revocations(0).await.unwrap();
        let revoked: Vec<Uuid> = feed.items.iter().map(|item| item.session_id).collect();
        assert_eq!((revoked, feed.cursor, feed.more), (vec![one, two], 2, false));

        let hash = "0a".repeat(32);
        let new = NewApiKey {
            name: "k".to_owned(),
            prefix: "mgp_ab".to_owned(),
            key_hash: hash.clone(),
            scopes: vec![ApiKeyScope::Read],
            expires_at: None,
        };
        let key = db.create_api_key(user, &new).await.unwrap();
        let lookup = ApiKeyLookup { key_hash: hash };
        assert_eq!(db.verify_api_key(&lookup).await.unwrap().id, key.id);
        assert_eq!(db.list_api_keys(user).await.unwrap().len(), 1);
        db.delete_api_key(user, key.id).await.unwrap();
        assert_eq!(code(db.verify_api_key(&lookup).await), ErrorCode::Unauthenticated);
    }

    async fn downloads_and_jobs_go_over_the_wire(service: &Service) {
        let db = &service.client;
        let user = db.create_account(&new_account("a")).await.unwrap().user.id;
        let new = common_types::internal::downloads::NewDownload {
            idempotency: idempotency("k", "h"),
            ..new_download("a")
        };
        let made = db.create_download(user, &new).await.unwrap();
        assert_eq!(db.create_download(user, &new).await.unwrap(), made);
        let owner = Owner { user_id: user, platform: Some("youtube") };
        let id = made.id;
        let record = db.download(owner, id).await.unwrap();
        assert_eq!((record.download.id, record.user_id), (id, user));
        let elsewhere = Owner { user_id: user, platform: Some("tiktok") };
        assert_eq!(code(db.download(elsewhere, id).await), ErrorCode::NotFound);
        let query = DownloadQuery {
            status: Some(Status::Pending),
            q: Some("Watch".to_owned()),
            limit: Some(7),
            ..DownloadQuery::default()
        };
        let list = db.list_downloads(owner, &query).await.unwrap();
        assert_eq!((list.items, list.totals.pending), (vec![record.download], 1));

        let node_id = Uuid::now_v7();
        let claim = ClaimRequest {
            platform: "youtube".to_owned(),
            node_id,
            slots: 3,
            lease_ms: LEASE_MS,
        };
        assert_eq!(db.job_depth("youtube").await.unwrap().pending, 1);
        let job = db.claim_jobs(&claim).await.unwrap().pop().unwrap();
        let holder = LeaseHolder { node_id, attempt: job.attempt };
        let beat = Heartbeat { node_id, lease_ms: LEASE_MS, jobs: vec![progress(&job, 7.0)] };
        assert!(db.heartbeat(&beat).await.unwrap().lost.is_empty());
        db.release_job(id, &Release { holder }).await.unwrap();
        assert_eq!(code(db.release_job(id, &Release { holder }).await), ErrorCode::LeaseLost);
        let job = db.claim_jobs(&claim).await.unwrap().pop().unwrap();
        let holder = LeaseHolder { node_id, attempt: job.attempt };
        let finish = Finish { holder, outcome: completed("k") };
        let done = db.finish_job(id, &finish).await.unwrap();
        assert_eq!(done.download.status, Status::Completed);
        assert_eq!(code(db.cancel_download(owner, id).await), ErrorCode::NotCancellable);
        assert_eq!(code(db.retry_download(owner, id).await), ErrorCode::NotRetryable);
        assert_eq!(db.delete_download(owner, id).await.unwrap().file, done.file);
    }

    async fn a_lapsed_lease_is_rescued_by_itself(service: &Service) {
        let db = &service.client;
        let user = db.create_account(&new_account("a")).await.unwrap().user.id;
        let id = db.create_download(user, &new_download("a")).await.unwrap().id;
        let claim = ClaimRequest {
            platform: "youtube".to_owned(),
            node_id: Uuid::now_v7(),
            slots: 1,
            lease_ms: LEASE_MS,
        };
        assert_eq!(db.claim_jobs(&claim).await.unwrap().len(), 1);
        // The client's identity is vouched for by the system's clock: not so far that it expires.
        service.clock.advance(Duration::from_millis(LEASE_MS + 1));
        let owner = Owner { user_id: user, platform: None };
        let deadline = Instant::now() + Duration::from_secs(10);
        while db.download(owner, id).await.unwrap().download.status != Status::Pending {
            assert!(Instant::now() < deadline, "nobody rescued the job");
            tokio::task::yield_now().await;
        }
    }

    async fn only_an_admin_initialises_and_again_is_no_error(service: &Service) {
        let db = &service.client;
        let admin = db.create_account(&new_account("admin")).await.unwrap().user.id;
        let user = db.create_account(&new_account("a")).await.unwrap().user.id;
        let key = Scopes::Only(vec![ApiKeyScope::Read]);
        let refused = [
            (None, Scopes::All, 401),
            (Some(user), Scopes::All, 403),
            (Some(admin), key, 403),
        ];
        for (user, scopes, status) in refused {
            let identity = service.through_gateway(user, scopes);
            assert_eq!(post(&service.url("/api/database/init"), Some(identity)).await.0, status);
        }
        for _ in 0..2 {
            let identity = service.through_gateway(Some(admin), Scopes::All);
            let (status, body) = post(&service.url("/api/database/init"), Some(identity)).await;
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((status, body["success"].as_bool(), body["applied"].as_u64()), (200, Some(true), Some(0)));
        }
        let demote = AccountPatch { role: Some(Role::Admin), ..AccountPatch::default() };
        db.acting(&by(admin)).patch_account(user, &demote).await.unwrap();
        let identity = service.through_gateway(Some(user), Scopes::All);
        assert_eq!(post(&service.url("/api/database/init"), Some(identity)).await.0, 200);
    }

    async fn roles_are_decided_here_whatever_a_service_says(service: &Service) {
        let db = &service.client;
        let admin = db.create_account(&new_account("admin")).await.unwrap().user.id;
        let user = db.create_account(&new_account("a")).await.unwrap().user.id;
        let patches = [
            AccountPatch { role: Some(Role::Admin), ..AccountPatch::default() },
            AccountPatch { is_active: Some(false), ..AccountPatch::default() },
            AccountPatch { quota: Some(Quota::default()), ..AccountPatch::default() },
        ];
        for act in [Act::default(), by(user), by(user + 1)] {
            let db = db.acting(&act);
            for patch in &patches {
                assert_eq!(code(db.patch_account(user, patch).await), ErrorCode::Forbidden);
            }
            assert_eq!(code(db.list_accounts(None, None).await), ErrorCode::Forbidden);
            assert_eq!(code(db.audit(&AuditQuery::default()).await), ErrorCode::Forbidden);
        }
        // At once: an admin who was demoted is none.
        db.acting(&by(admin)).patch_account(user, &patches[0]).await.unwrap();
        let demote = AccountPatch { role: Some(Role::User), ..AccountPatch::default() };
        db.acting(&by(admin)).patch_account(admin, &demote).await.unwrap();
        let late = db.acting(&by(admin)).patch_account(user, &patches[1]).await;
        assert_eq!(code(late), ErrorCode::Forbidden);
    }

    async fn what_is_done_is_noted_with_who_did_it(service: &Service) {
        let act = Act {
            actor: None,
            session: None,
            address: Some(IpAddr::from([192, 0, 2, 9])),
            user_agent: Some("Browser \"quoted\"".to_owned()),
        };
        let db = service.client.acting(&act);
        let user = db.create_account(&new_account("a")).await.unwrap().user.id;
        try_a_wrong_password(&db, user).await;
        let session = Uuid::now_v7();
        let db = service.client.acting(&Act { actor: Some(user), session: Some(session), ..act });
        let expires_at = service.clock.now() + Duration::from_secs(60);
        let (user_agent, address) = (None, None);
        let new = NewSession { id: session, token_id: session, expires_at, user_agent, address };
        db.create_session(user, &new).await.unwrap();
        let key = NewApiKey {
            name: "k".to_owned(),
            prefix: "mgp_ab".to_owned(),
            key_hash: "0b".repeat(32),
            scopes: vec![ApiKeyScope::Read],
            expires_at: None,
        };
        let key = db.create_api_key(user, &key).await.unwrap().id;
        db.delete_api_key(user, key).await.unwrap();
        // By a platform's service, which names nobody.
        let download = service.client.create_download(user, &new_download("a")).await.unwrap();
        let owner = Owner { user_id: user, platform: None };
        let download = download.id;
        service.client.delete_download(owner, download).await.unwrap();
        db.end_session(user, session).await.unwrap();

        let log = db.audit(&AuditQuery::default()).await.unwrap();
        let expected = [
            "account_created success -".to_owned(),
            "login refused -".to_owned(),
            format!("login success session:{session}"),
            format!("api_key_created success api_key:{key}"),
            format!("api_key_deleted success api_key:{key}"),
            format!("download_deleted success download:{download}"),
            format!("logout success session:{session}"),
        ];
        assert_eq!(told(&log.items), expected);
        let last = &log.items[0];
        assert_eq!((last.user_id, last.actor_id), (Some(user), Some(user)));
        assert_eq!(last.actor.as_deref(), Some("a"));
        assert_eq!(last.address.as_deref(), Some("192.0.2.9"));
        assert_eq!(last.user_agent.as_deref(), Some("Browser \"quoted\""));
        assert!(!last.request_id.is_empty());
        let all = serde_json::to_string(&log).unwrap();
        assert!(!all.contains("example.org") && !all.contains("hash"), "{all}");

        let logins = AuditQuery { action: Some(AuditAction::Login), ..AuditQuery::default() };
        assert_eq!(db.audit(&logins).await.unwrap().items.len(), 2);
        let nobodys = AuditQuery { user_id: Some(user + 1), ..AuditQuery::default() };
        assert!(db.audit(&nobodys).await.unwrap().items.is_empty());
    }

    async fn the_internal_routes_are_for_peers_alone(service: &Service) {
        let forged = IdentityKey::from_secret("another secret altogether")
            .sign(Identity::of_service("auth-service"), service.clock.now())
            .unwrap();
        let old = IdentityKey::from_secret(SECRET)
            .sign(Identity::of_service("auth-service"), Timestamp::from_millis(0))
            .unwrap();
        let gateway = service.through_gateway(Some(1), Scopes::All).1;
        for path in ["/internal/jobs/claim", "/internal/logins/attempt", "/internal/nothing", "/internal"] {
            for token in [None, Some(&forged), Some(&old), Some(&gateway)] {
                let identity = token.map(|token| (IDENTITY_HEADER, token.clone()));
                let (status, body) = post(&service.url(path), identity).await;
                assert!(status == 401 || path == "/internal", "{path} answered {status}");
                let problem: Problem = serde_json::from_slice(&body).unwrap();
                assert!(problem.request_id.is_some());
            }
        }
        let peer = service.vouch(Identity::of_service("auth-service"));
        assert_eq!(post(&service.url("/internal/nothing"), Some(peer.clone())).await.0, 404);
        assert_eq!(post(&service.url("/internal/jobs/depth"), Some(peer)).await.0, 405);
    }

    async fn health_is_public(service: &Service) {
        let answer = awc::Client::default().get(service.url("/api/database/health")).send().await;
        let mut answer = answer.unwrap();
        assert_eq!(answer.status(), 200);
        let body: serde_json::Value = answer.json().await.unwrap();
        assert_eq!((&body["status"], &body["service"]), (&"healthy".into(), &"database-server".into()));
        service.client.ready().await.unwrap();
    }
}

async fn try_a_wrong_password(db: &DbClient, user: i64) {
    let address = IpAddr::from([192, 0, 2, 9]);
    let login = Some("A@example.org".to_owned());
    let tried = Tried::Login { login, digest: "d".to_owned() };
    let admission = db.attempt_login(&LoginAttempt { tried, address }).await.unwrap();
    assert_eq!(admission.account.unwrap().user.id, user);
    let refused = LoginRefused { user_id: Some(user), address, is_own: false };
    db.refuse_login(&refused).await.unwrap();
}

/// What happened, oldest first.
fn told(events: &[AuditEvent]) -> Vec<String> {
    let line = |event: &AuditEvent| {
        let target = event.target.as_deref().unwrap_or("-");
        format!("{} {} {target}", event.action, event.outcome)
    };
    events.iter().rev().map(line).collect()
}

fn by(user: i64) -> Act {
    Act { actor: Some(user), ..Act::default() }
}

fn code<T: std::fmt::Debug>(result: Result<T, DbError>) -> ErrorCode {
    let error = result.unwrap_err();
    error.code().unwrap_or_else(|| panic!("not refused, but: {error:?}"))
}

async fn post(url: &str, identity: Option<(&'static str, String)>) -> (u16, Vec<u8>) {
    let mut request = awc::Client::default().post(url);
    if let Some(header) = identity {
        request = request.insert_header(header);
    }
    let mut answer = request.send_json(&serde_json::json!({})).await.unwrap();
    (answer.status().as_u16(), answer.body().await.unwrap().to_vec())
}
