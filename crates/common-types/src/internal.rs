//! What services say to db-service and to each other, under [`crate::paths::INTERNAL`].
//!
//! These shapes are private to one release of Magpie; nothing outside may rely on them.
//!
//! db-service's routes. Errors are problems with the code that is named, or `not_found` for what
//! does not exist or belongs to another user.
//!
//! | call | body | answer | refusals |
//! |---|---|---|---|
//! | `POST users` | `NewAccount` | 201 `Account` | `already_exists`, `registration_closed` |
//! | `GET users?limit&cursor` | – | `Page<Profile>`, newest first | `forbidden` (no admin asks) |
//! | `GET users/any` | – | `bool`: whether there is an account | |
//! | `GET users/{id}` | – | `Account` | |
//! | `PATCH users/{id}` | `AccountPatch` | `Account` | `already_exists`, `forbidden` (the last admin, or no admin asks) |
//! | `GET users/{id}/usage` | – | `Usage` | |
//! | `POST users/{id}/sessions` | `NewSession` | 201 `SessionRecord` | `account_disabled` |
//! | `GET users/{id}/sessions` | – | `[SessionRecord]`: those in force, newest first | |
//! | `GET users/{id}/sessions/{session}` | – | `SessionRecord`, ended or not | |
//! | `DELETE users/{id}/sessions/{session}` | – | `SessionRecord`; again is no error | |
//! | `POST users/{id}/sessions/end-all` | `EndSessions` | `SessionsEnded` | |
//! | `GET revocations?after&limit` | – | `RevocationFeed` | |
//! | `POST users/{id}/api-keys` | `NewApiKey` | 201 `ApiKey` | `already_exists`, `account_disabled` |
//! | `GET users/{id}/api-keys` | – | `[ApiKey]`, newest first | |
//! | `DELETE users/{id}/api-keys/{key}` | – | 204 | |
//! | `POST api-keys/verify` | `ApiKeyLookup` | `ApiKeyVerdict` | `unauthenticated`, `token_expired`, `account_disabled` |
//! | `POST users/{id}/downloads` | `NewDownload` | 201 or 200 `DownloadRecord` | `already_exists`, `quota_exceeded`, `account_disabled` |
//! | `GET users/{id}/downloads?status&type&q&limit&cursor` | – | `DownloadList` | |
//! | `GET users/{id}/downloads/{download}` | – | `DownloadRecord` | |
//! | `POST users/{id}/downloads/{download}/cancel` | – | `DownloadRecord` | `not_cancellable` |
//! | `POST users/{id}/downloads/{download}/retry` | – | `DownloadRecord` | `not_retryable`, `quota_exceeded` |
//! | `DELETE users/{id}/downloads/{download}` | – | `DownloadRemoved` | |
//! | `POST jobs/claim` | `ClaimRequest` | `[Job]`, perhaps none | |
//! | `POST jobs/heartbeat` | `Heartbeat` | `HeartbeatAnswer` | |
//! | `POST jobs/{download}/finish` | `Finish` | `DownloadRecord` | `lease_lost` |
//! | `POST jobs/{download}/release` | `Release` | 204 | `lease_lost` |
//! | `GET jobs/depth?platform` | – | `JobDepth` | |
//! | `POST jobs/unfinished` | `UnfinishedRequest` | `[Uuid]`: those that still wait or run | |
//!
//! Batches and playlists are in [`collections`], files and their retention
//! in [`files`], what is told of changes in [`changes`], users' cookies in [`cookies`], for whom
//! something is done, and logins, in [`audit`].
//!
//! Every route about downloads that have a user also takes `?platform=`: another platform's
//! downloads are then as absent as another user's.

pub mod accounts;
pub mod audit;
pub mod changes;
pub mod collections;
pub mod cookies;
pub mod downloads;
pub mod files;
pub mod jobs;
