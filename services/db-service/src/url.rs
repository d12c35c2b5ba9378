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
#[error("the database URL must be sqlite://<file> or postgres://<user>@<host>/<database>")]
pub struct BadDatabaseUrl;

impl DatabaseUrl {
    /// # Errors
    /// For another scheme, and for SQLite's in-memory databases, of which every connection would
    /// have its own.
    pub fn parse(url: &str) -> Result<Self, BadDatabaseUrl> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
        match path {
            Some(path) if !path.is_empty() && !path.starts_with(':') => {
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            _ => Err(BadDatabaseUrl),
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
            assert_eq!(DatabaseUrl::parse(url), Err(BadDatabaseUrl), "{url}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let url = DatabaseUrl::parse("postgres://u:secret@h/d");
        assert!(!format!("{url:?}").contains("secret"));
    }
}
