//! platform-kit
