//! Heads of requests and responses: read within limits, and written anew from what was understood.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

const MAX_HEADERS: usize = 96;
const END: &[u8] = b"\r\n\r\n";

/// What is between two parties alone, and what could make them wait for each other. A body keeps its
/// framing.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "expect",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
];

/// Takes heads off a stream, and keeps what came after them.
#[derive(Debug, Default)]
pub(crate) struct HeadReader {
    unread: Vec<u8>,
}

impl HeadReader {
    /// The next head, its final empty line included.
    ///
    /// # Errors
    /// When the stream ends or fails before, or `limit` bytes do not hold it.
    pub(crate) async fn next(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        limit: usize,
    ) -> io::Result<Vec<u8>> {
        let mut searched = 0_usize;
        loop {
            let fresh = self.unread.get(searched..).unwrap_or_default();
            if let Some(at) = fresh.windows(END.len()).position(|window| window == END) {
                let rest = self.unread.split_off(searched + at + END.len());
                return Ok(std::mem::replace(&mut self.unread, rest));
            }
            searched = self.unread.len().saturating_sub(END.len() - 1);
            if self.unread.len() >= limit {
                return Err(io::Error::from(io::ErrorKind::FileTooLarge));
            }
            let room = limit - self.unread.len();
            let mut more = (&mut *stream).take(u64::try_from(room).unwrap_or(u64::MAX));
            if more.read_buf(&mut self.unread).await? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
        }
    }

    /// What came behind the last head.
    pub(crate) fn into_rest(self) -> Vec<u8> {
        self.unread
    }
}

/// The fields of a head, in their order.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, Vec<u8>)>);

impl Fields {
    fn of(headers: &[httparse::Header<'_>]) -> Self {
        let field = |header: &httparse::Header<'_>| {
            (header.name.to_ascii_lowercase(), header.value.to_vec())
        };
        Self(headers.iter().map(field).collect())
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The value of a field that stands there once and is text.
    pub(crate) fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.all(name);
        let value = values.next().filter(|_| values.next().is_none())?;
        std::str::from_utf8(value).ok()
    }

    /// Writes those that go on to the next party; `left_out` are written by the caller.
    pub(crate) fn write(&self, out: &mut Vec<u8>, left_out: &[&str]) {
        let nominated: Vec<String> = self.nominated();
        let stays = |name: &str| {
            HOP_BY_HOP.contains(&name)
                || left_out.contains(&name)
                || nominated.iter().any(|nominated| nominated == name)
        };
        for (name, value) in self.0.iter().filter(|(name, _)| !stays(name)) {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        }
    }

    /// The fields that `Connection` says are for us alone; never those that frame the body.
    fn nominated(&self) -> Vec<String> {
        let values = self.all("connection").filter_map(|value| std::str::from_utf8(value).ok());
        let names =
            values.flat_map(|value| value.split(',')).map(|name| name.trim().to_lowercase());
        names.filter(|name| name != "content-length" && name != "transfer-encoding").collect()
    }
}

/// What a client asks for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As it came: `host:port`, or an absolute URL.
    pub(crate) target: String,
    pub(crate) fields: Fields,
}

impl Request {
    /// None for what is no HTTP/1 request, all of it.
    pub(crate) fn parse(head: &[u8]) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let parsed = request.parse(head).ok()?;
        let is_all = matches!(parsed, httparse::Status::Complete(end) if end == head.len());
        is_all.then_some(())?;
        Some(Self {
            method: request.method?.to_owned(),
            target: request.path?.to_owned(),
            fields: Fields::of(request.headers),
        })
    }

    /// How many bytes of body follow; none where that cannot be told for sure.
    pub(crate) fn body_bytes(&self) -> Option<u64> {
        if self.fields.has("transfer-encoding") {
            return None;
        }
        if !self.fields.has("content-length") {
            return Some(0);
        }
        let told = self.fields.only("content-length")?;
        let is_number = !told.is_empty() && told.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| told.parse().ok()).flatten()
    }
}

/// What a server or the next proxy answers.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) code: u16,
    pub(crate) reason: String,
    pub(crate) fields: Fields,
}

impl Response {
    /// None for what is no HTTP/1 response, all of it.
    pub(crate) fn parse(head: &[u8]) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(head).ok()?;
        let is_all = matches!(parsed, httparse::Status::Complete(end) if end == head.len());
        is_all.then_some(())?;
        Some(Self {
            code: response.code?,
            reason: response.reason.unwrap_or_default().to_owned(),
            fields: Fields::of(response.headers),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn heads(mut stream: &[u8], limit: usize) -> (Vec<Vec<u8>>, Vec<u8>) {
        let mut reader = HeadReader::default();
        let mut heads = Vec::new();
        while let Ok(head) = reader.next(&mut stream, limit).await {
            heads.push(head);
        }
        (heads, reader.into_rest())
    }

    #[tokio::test]
    async fn heads_are_told_from_what_follows_them() {
        let (found, rest) = heads(b"A b\r\n\r\nC d\r\nx: y\r\n\r\nrest", 100).await;
        assert_eq!(found, [b"A b\r\n\r\n".to_vec(), b"C d\r\nx: y\r\n\r\n".to_vec()]);
        assert_eq!(rest, b"rest");
    }

    #[tokio::test]
    async fn a_head_beyond_the_limit_is_none() {
        let (found, rest) = heads(&[b'a'; 500], 100).await;
        assert!(found.is_empty());
        assert_eq!(rest.len(), 100);
    }

    #[test]
    fn a_request_that_goes_on_behind_its_end_is_none() {
        assert!(
            Request::parse(b"GET http://e/ HTTP/1.1\n\nGET http://f/ HTTP/1.1\r\n\r\n").is_none()
        );
        assert!(Request::parse(b"GET http://e/ HTTP/1.1\r\nhost: e\r\n\r\n").is_some());
    }

    #[test]
    fn a_body_of_unsure_length_is_none() {
        let body = |fields: &str| {
            let head = format!("POST http://e/ HTTP/1.1\r\n{fields}\r\n");
            Request::parse(head.as_bytes()).and_then(|request| request.body_bytes())
        };
        assert_eq!(body(""), Some(0));
        assert_eq!(body("content-length: 12\r\n"), Some(12));
        for unsure in [
            "content-length: 12\r\ncontent-length: 12\r\n",
            "content-length: +12\r\n",
            "content-length: 12, 12\r\n",
            "content-length:\r\n",
            "transfer-encoding: chunked\r\n",
            "content-length: 1\r\ntransfer-encoding: identity\r\n",
        ] {
            assert_eq!(body(unsure), None, "{unsure}");
        }
    }

    #[test]
    fn what_is_for_this_hop_alone_goes_no_further() {
        let head = b"GET http://e/ HTTP/1.1\r\nHost: e\r\nProxy-Authorization: Basic eA==\r\n\
            Connection: X-One, content-length\r\nX-One: 1\r\nContent-Length: 0\r\nX-Two: 2\r\n\
            Upgrade: h2c\r\nTE: trailers\r\nExpect: 100-continue\r\n\r\n";
        let request = Request::parse(head).unwrap();
        let mut out = Vec::new();
        request.fields.write(&mut out, &["host"]);
        assert_eq!(String::from_utf8(out).unwrap(), "content-length: 0\r\nx-two: 2\r\n");
    }
}
