//! temp-postgres
