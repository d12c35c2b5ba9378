//! Playlists that are being enumerated.

use awc::http::Method;
use common_types::internal::{
    collections::{ExpansionAnswer, ExpansionClaim, ExpansionFailure, ExpansionJob, ExpansionPage},
    jobs::LeaseHolder,
};
use uuid::Uuid;

use crate::{DbClient, DbError, transport::internal};

impl DbClient {
    /// At most as many playlists as there are slots; perhaps none.
    ///
    /// # Errors
    /// Of the hop.
    pub async fn claim_expansions(
        &self,
        claim: &ExpansionClaim,
    ) -> Result<Vec<ExpansionJob>, DbError> {
        self.call(Method::POST, &internal("expansions/claim"), Some(claim)).await
    }

    /// Stores a page of entries and renews the lease; the same page again changes nothing.
    ///
    /// # Errors
    /// `lease_lost`; else of the hop.
    pub async fn add_expanded_page(
        &self,
        playlist: Uuid,
        page: &ExpansionPage,
    ) -> Result<ExpansionAnswer, DbError> {
        let path = internal(format_args!("expansions/{playlist}/page"));
        self.call(Method::POST, &path, Some(page)).await
    }

    /// # Errors
    /// `lease_lost`; else of the hop.
    pub async fn fail_expansion(
        &self,
        playlist: Uuid,
        failure: &ExpansionFailure,
    ) -> Result<(), DbError> {
        let path = internal(format_args!("expansions/{playlist}/fail"));
        self.order(Method::POST, &path, Some(failure)).await
    }

    /// # Errors
    /// `lease_lost`; else of the hop.
    pub async fn release_expansion(
        &self,
        playlist: Uuid,
        holder: &LeaseHolder,
    ) -> Result<(), DbError> {
        let path = internal(format_args!("expansions/{playlist}/release"));
        self.order(Method::POST, &path, Some(holder)).await
    }
}
