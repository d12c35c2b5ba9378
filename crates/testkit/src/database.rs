//! On which database a stack runs.

use temp_postgres::TempPostgres;

/// The two databases of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// A database that lives as long as the test.
pub(crate) enum Provided {
    /// The embedded default, in the data directory.
    Embedded,
    Server(Box<TempPostgres>),
}

impl Provided {
    pub(crate) fn new(database: Database) -> Self {
        match database {
            Database::Sqlite => Self::Embedded,
            Database::Postgres => {
                Self::Server(Box::new(TempPostgres::start().expect("PostgreSQL must be installed")))
            }
        }
    }

    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Embedded => None,
            Self::Server(server) => Some(server.url()),
        }
    }

    pub(crate) fn server(&mut self) -> Option<&mut TempPostgres> {
        match self {
            Self::Embedded => None,
            Self::Server(server) => Some(server),
        }
    }
}
