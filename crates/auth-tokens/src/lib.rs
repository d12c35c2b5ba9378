//! auth-tokens
