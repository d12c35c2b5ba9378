//! Batches and playlists as a client asks for them.

use common_types::{
    batch::{Batch, BatchAccepted},
    playlist::{Playlist, PlaylistAccepted},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Client, wait_for};

impl Client {
    /// Asks for these links at once, at the smallest quality.
    pub async fn create_batch(&self, urls: &[String]) -> BatchAccepted {
        let body = json!({ "urls": urls, "quality": "360p" });
        self.post("/api/youtube/multi/batch", &body).await.expect(202).json()
    }

    pub async fn batch(&self, id: Uuid) -> Batch {
        self.get(&format!("/api/youtube/multi/batch/{id}")).await.expect(200).json()
    }

    /// The batch, once everything in it has ended. While a service is away nothing is known of it.
    pub async fn batch_ended(&self, id: Uuid) -> Batch {
        let path = format!("/api/youtube/multi/batch/{id}");
        wait_for("the batch ends", || async {
            let answer = self.get(&path).await;
            let batch: Batch = (answer.status == 200).then(|| answer.json())?;
            batch.status.is_final().then_some(batch)
        })
        .await
    }

    /// Asks for a playlist.
    pub async fn create_playlist(&self, body: &Value) -> PlaylistAccepted {
        self.post("/api/youtube/playlist/download", body).await.expect(202).json()
    }

    pub async fn playlist(&self, id: Uuid) -> Playlist {
        self.get(&format!("/api/youtube/playlist/status/{id}")).await.expect(200).json()
    }

    /// The playlist, once everything in it has ended.
    pub async fn playlist_ended(&self, id: Uuid) -> Playlist {
        wait_for("the playlist ends", || async {
            let list = self.playlist(id).await;
            list.status.is_final().then_some(list)
        })
        .await
    }
}
