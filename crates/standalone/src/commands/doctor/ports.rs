//! The addresses that the services listen on: free, or ours already.

use std::{io, net::SocketAddr, time::Duration};

use service_kit::Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::finding::Finding;

const PATIENCE: Duration = Duration::from_secs(2);

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let binds = [
        ("gateway", "MAGPIE_GATEWAY_BIND", config.gateway_bind),
        ("auth-service", "MAGPIE_AUTH_BIND", config.auth_bind),
        ("youtube-service", "MAGPIE_YOUTUBE_BIND", config.youtube_bind),
        ("db-service", "MAGPIE_DB_BIND", config.db_bind),
    ];
    let mut findings = Vec::new();
    for (name, key, address) in binds {
        if address.port() != 0 {
            findings.push(examine_one(name, key, address).await);
        }
    }
    findings
}

async fn examine_one(name: &str, key: &str, address: SocketAddr) -> Finding {
    match TcpListener::bind(address).await {
        Ok(_free) => Finding::ok(format!("{address} for the {name}: free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => match is_ours(address).await {
            true => Finding::ok(format!("{address} for the {name}: Magpie answers there")),
            false => {
                let what = format!("{address} for the {name}: another program has it");
                Finding::fail(what, format!("end that, or set {key}"))
            }
        },
        Err(error) => {
            Finding::fail(format!("{address} for the {name}: {error}"), format!("set {key}"))
        }
    }
}

/// Whether a process of ours serves there: it answers as every one of ours does.
pub(in crate::commands) async fn is_ours(address: SocketAddr) -> bool {
    let asked = timeout(PATIENCE, ask(address)).await;
    asked.is_ok_and(|answer| answer.is_ok_and(|head| is_magpie(&head)))
}

async fn ask(mut address: SocketAddr) -> io::Result<String> {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /livez HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    stream.take(4096).read_to_end(&mut head).await?;
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn is_magpie(head: &str) -> bool {
    head.starts_with("HTTP/1.1 200") && head.to_ascii_lowercase().contains("\r\nx-request-id:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_of_ours_are_ours() {
        assert!(is_magpie("HTTP/1.1 200 OK\r\nx-request-id: 1\r\n\r\n"));
        assert!(!is_magpie("HTTP/1.1 200 OK\r\nserver: nginx\r\n\r\n"));
        assert!(!is_magpie("SSH-2.0-OpenSSH\r\n"));
    }

    #[tokio::test]
    async fn a_port_of_somebody_else_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stranger = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"SSH-2.0-OpenSSH\r\n").await.unwrap();
        });
        let finding = examine_one("gateway", "MAGPIE_GATEWAY_BIND", address).await.to_string();
        assert!(
            finding.starts_with("fail") && finding.contains("MAGPIE_GATEWAY_BIND"),
            "{finding}"
        );
        stranger.await.unwrap();
    }
}
