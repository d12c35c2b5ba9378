//! youtube-service
