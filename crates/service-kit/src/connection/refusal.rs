//! Answers that no handler makes: they are written straight to the socket, and end it.

use std::time::Duration;

use common_types::ErrorCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::census::Permit;
use crate::{middleware::DefaultHeaders, request_id};

/// How long and how much is read on after a refusal, so that the client sees it: a connection that
/// is closed with bytes unread is reset, and what was sent may be lost with it.
const FAREWELL: Duration = Duration::from_secs(1);
const FAREWELL_READS: usize = 64;

/// Why a connection ends with an answer of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    Malformed,
    TooSlow,
    TooLarge,
    /// Of no declared length, and more in one piece than any body of ours has.
    BodyTooLarge,
    TooMany,
}

/// Writes refusals, with the headers that every answer has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusals(pub(crate) DefaultHeaders);

impl Refusals {
    /// A whole answer. 408 and 431 have no code of their own: they are an `invalid_request`.
    pub(super) fn answer(self, refusal: Refusal) -> Vec<u8> {
        let (status, title, code, detail) = match refusal {
            Refusal::Malformed => {
                (400, "Bad Request", ErrorCode::InvalidRequest, "This is not a valid HTTP request.")
            }
            Refusal::TooSlow => {
                let detail = "The request took too long to arrive.";
                (408, "Request Timeout", ErrorCode::InvalidRequest, detail)
            }
            Refusal::TooLarge => {
                let detail = "The head of the request is too large.";
                (431, "Request Header Fields Too Large", ErrorCode::InvalidRequest, detail)
            }
            Refusal::BodyTooLarge => {
                let detail = "The body is too large.";
                (413, "Payload Too Large", ErrorCode::PayloadTooLarge, detail)
            }
            Refusal::TooMany => {
                let detail = "There are too many connections at the moment.";
                (429, "Too Many Requests", ErrorCode::RateLimited, detail)
            }
        };
        let mut problem = code.problem(detail);
        let id = request_id::generate();
        problem.status = status;
        title.clone_into(&mut problem.title);
        problem.request_id = Some(id.clone());
        // A problem is plain data; should it not serialise, the status alone must do.
        let body = serde_json::to_string(&problem).unwrap_or_default();
        metrics::counter!("http_refused_connections_total", "status" => status.to_string())
            .increment(1);
        (self.head(status, title, &id, body.len()) + &body).into_bytes()
    }

    fn head(self, status: u16, title: &str, id: &str, length: usize) -> String {
        let mut head = format!(
            "HTTP/1.1 {status} {title}\r\ncontent-type: application/problem+json\r\n\
             content-length: {length}\r\nconnection: close\r\ncache-control: no-store\r\n\
             x-request-id: {id}\r\n"
        );
        if status == 429 {
            head.push_str("retry-after: 5\r\n");
        }
        for (name, value) in self.0.0 {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap_or_default()));
        }
        head + "\r\n"
    }
}

/// Sends `answer`, and closes so that the client has it.
pub(super) async fn part(mut io: TcpStream, answer: Vec<u8>, _place: Option<Permit>) {
    let farewell = async {
        io.write_all(&answer).await?;
        io.shutdown().await?;
        let mut unread = [0; 4096];
        for _ in 0..FAREWELL_READS {
            if io.read(&mut unread).await? == 0 {
                break;
            }
        }
        std::io::Result::Ok(())
    };
    // Whether it arrives is no longer our business.
    let _parted = tokio::time::timeout(FAREWELL, farewell).await;
}
