//! PostgreSQL over TLS, in the build that can.

use common_types::Timestamp;
use db_service::{
    connection::{self, AnyConnection},
    url::DatabaseUrl,
};
use diesel::prelude::*;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use temp_postgres::TempPostgres;

/// Who vouches for servers, and what it says about one.
struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // Else it has the name that servers have too, and these would be taken for self-signed.
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn server_named(&self, name: &str) -> TempPostgres {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        TempPostgres::start_with_tls(&certificate, &key.serialize_pem()).unwrap()
    }
}

fn connect(server: &TempPostgres, parameters: &str) -> Result<AnyConnection, String> {
    let url = DatabaseUrl::parse(&format!("{}?{parameters}", server.url())).unwrap();
    connection::connect(&url).map_err(|error| error.to_string())
}

#[derive(QueryableByName)]
struct Encrypted {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    ssl: bool,
}

fn is_encrypted(conn: &mut AnyConnection) -> bool {
    let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    diesel::sql_query(sql).get_result::<Encrypted>(conn).unwrap().ssl
}

#[test]
fn the_server_is_who_the_authority_says_it_is() {
    let home = tempfile::tempdir().unwrap();
    let (ours, other) = (Authority::new("ours"), Authority::new("another"));
    let file = |name: &str, authority: &Authority| {
        let path = home.path().join(name);
        std::fs::write(&path, &authority.certificate).unwrap();
        path.display().to_string()
    };
    let (trusted, foreign) = (file("ours.pem", &ours), file("other.pem", &other));
    let server = ours.server_named("127.0.0.1");
    for parameters in
        ["sslmode=require".to_owned(), format!("sslmode=verify-full&sslrootcert={trusted}")]
    {
        assert!(is_encrypted(&mut connect(&server, &parameters).unwrap()), "{parameters}");
    }
    let wrong = connect(&server, &format!("sslmode=verify-full&sslrootcert={foreign}"));
    let refused = wrong.err().unwrap();
    assert!(refused.contains("certificate verify failed"), "{refused}");

    let elsewhere = ours.server_named("db.example.org");
    let misnamed = connect(&elsewhere, &format!("sslmode=verify-full&sslrootcert={trusted}"));
    let refused = misnamed.err().unwrap();
    assert!(refused.contains("does not match host name"), "{refused}");
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_required() {
    let server = TempPostgres::start().unwrap();
    let refused = connect(&server, "sslmode=require").err().unwrap();
    assert!(refused.contains("does not support SSL"), "{refused}");
    assert!(!is_encrypted(&mut connect(&server, "sslmode=disable").unwrap()));
}

#[test]
fn everything_works_over_it() {
    let server = Authority::new("ours").server_named("127.0.0.1");
    let url = DatabaseUrl::parse(&format!("{}?sslmode=require", server.url())).unwrap();
    let mut conn = connection::connect(&url).unwrap();
    assert!(db_service::migrations::run_pending(&mut conn).unwrap() > 0);
    let now = Timestamp::from_millis(0);
    let new = crate::fixture::new_account("a");
    let account = db_service::store::accounts::create(&mut conn, &new, now).unwrap();
    assert_eq!(account.user.username, "a");
}
