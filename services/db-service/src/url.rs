//! Where the database is.

use std::path::PathBuf;

/// A database by its URL: `sqlite://path` or `postgres://…`.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(String),
}

/// Why a URL does not name a database we can use. Never shows the URL: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadDatabaseUrl {
    #[error("the database URL must be sqlite://<file> or postgres://<user>@<host>/<database>")]
    Form,
    #[error(
        "its sslmode asks for TLS, which this build cannot speak to PostgreSQL: build it with the \
         feature postgres-tls, as the container image is"
    )]
    NoTls,
}

/// The modes of libpq that insist on TLS.
const TLS_MODES: [&str; 3] = ["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full"];

impl DatabaseUrl {
    /// # Errors
    /// For another scheme, for SQLite's in-memory databases, of which every connection would have
    /// its own, and for TLS in a build without it.
    pub fn parse(url: &str) -> Result<Self, BadDatabaseUrl> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let (_, parameters) = url.split_once('?').unwrap_or((url, ""));
            let wants_tls = parameters.split('&').any(|parameter| TLS_MODES.contains(&parameter));
            if wants_tls && !cfg!(feature = "postgres-tls") {
                return Err(BadDatabaseUrl::NoTls);
            }
            return Ok(Self::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
        match path {
            Some(path) if !path.is_empty() && !path.starts_with(':') => {
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            _ => Err(BadDatabaseUrl::Form),
        }
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_decides() {
        assert_eq!(
            DatabaseUrl::parse("sqlite:///x/m.db"),
            Ok(DatabaseUrl::Sqlite("/x/m.db".into()))
        );
        assert_eq!(DatabaseUrl::parse("sqlite://m.db"), Ok(DatabaseUrl::Sqlite("m.db".into())));
        let url = "postgres://u:secret@h/d";
        assert_eq!(DatabaseUrl::parse(url), Ok(DatabaseUrl::Postgres(url.to_owned())));
    }

    #[test]
    fn anything_else_is_refused() {
        for url in ["", "mysql://h/d", "sqlite://", "sqlite::memory:", "/x/m.db"] {
            assert_eq!(DatabaseUrl::parse(url), Err(BadDatabaseUrl::Form), "{url}");
        }
    }

    #[test]
    fn tls_is_refused_at_once_by_a_build_without_it() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url =
                DatabaseUrl::parse(&format!("postgres://h/d?connect_timeout=1&sslmode={mode}"));
            assert_eq!(url.is_ok(), cfg!(feature = "postgres-tls"), "{mode}");
        }
        assert!(DatabaseUrl::parse("postgres://h/d?sslmode=prefer").is_ok());
    }

    #[test]
    fn a_password_is_never_shown() {
        let url = DatabaseUrl::parse("postgres://u:secret@h/d");
        assert!(!format!("{url:?}").contains("secret"));
    }
}
