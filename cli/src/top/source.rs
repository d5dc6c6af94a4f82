//! The sources of snapshots: a control socket, or a Bro that is queried as by a controller.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::Args;
use crate::address;
use crate::control::{client, status};
use crate::failure::{Failure, failed, misused, reason};
use crate::session;
use crate::snapshot::{Packets, Peer, Snapshot, State};

/// The maximum length of a node's answer, in bytes.
const LONGEST: u64 = 64 << 20;

/// A node to take snapshots of.
pub(super) enum Source {
    #[cfg(unix)]
    Socket(BufReader<UnixStream>),
    Bro(Box<client::Client>, String),
}

impl Source {
    /// Opens the source that the arguments name.
    pub(super) fn open(args: &Args) -> Result<Source, Failure> {
        if args.node.contains('/') {
            return Source::socket(args);
        }
        let node = &args.node;
        let address =
            address::parse_peer(node).map_err(|why| misused(format_args!("{node}: {why}")))?;
        let declarations =
            status::declarations().map_err(|why| failed(format_args!("{node}: {why}")))?;
        let mut config = session::base(Arc::new(declarations));
        config.class = Some(Bytes::from(args.class.clone()));
        config.tls = args.tls.read()?;
        client::request(&mut config, status::answers());
        let begin = || {
            let mut client = client::Client::connect(&address, config, args.timeout)?;
            client.ready()?;
            Ok(Source::Bro(Box::new(client), node.clone()))
        };
        begin().map_err(|why: String| failed(format_args!("{node}: {why}")))
    }

    #[cfg(unix)]
    fn socket(args: &Args) -> Result<Source, Failure> {
        let connect = || {
            let socket = UnixStream::connect(&args.node)?;
            socket.set_read_timeout(Some(args.timeout))?;
            socket.set_write_timeout(Some(args.timeout))?;
            Ok(Source::Socket(BufReader::new(socket)))
        };
        connect().map_err(|error: std::io::Error| {
            let hint = match error.kind() {
                ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
                    "; is `brocomm run` running, with this --control-socket?"
                }
                _ => "",
            };
            failed(format_args!("{}: cannot connect: {}{hint}", args.node, reason(&error)))
        })
    }

    #[cfg(not(unix))]
    fn socket(_: &Args) -> Result<Source, Failure> {
        Err(misused(format_args!("control sockets are not supported on this system")))
    }

    /// Requests a snapshot.
    pub(super) fn look(&mut self) -> Result<Snapshot, String> {
        match self {
            #[cfg(unix)]
            Source::Socket(socket) => look_at(socket),
            Source::Bro(client, name) => {
                client.renew();
                let peers = status::peers(client)?;
                let packets = status::packets(client)?;
                let time = client.now();
                Ok(of_bro(name, time, &peers, &packets))
            }
        }
    }
}

#[cfg(unix)]
fn look_at(socket: &mut BufReader<UnixStream>) -> Result<Snapshot, String> {
    let late = |error: std::io::Error| match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "the node does not answer".to_owned(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => "the node has stopped".to_owned(),
        _ => reason(&error),
    };
    socket.get_mut().write_all(b"peers\n").map_err(late)?;
    let mut line = String::new();
    if socket.take(LONGEST).read_line(&mut line).map_err(late)? == 0 {
        return Err("the node has stopped".to_owned());
    }
    serde_json::from_str(&line).map_err(|error| format!("the answer cannot be read: {error}"))
}

/// Parses the answer of a Bro.
fn of_bro(name: &str, time: f64, peers: &[Value], packets: &Value) -> Snapshot {
    let text = |peer: &Value, key: &str| peer[key].as_str().unwrap_or_default().to_owned();
    let peer = |(id, peer): (u64, &Value)| Peer {
        id,
        description: text(peer, "peer"),
        address: text(peer, "host"),
        // A Bro lists only connected peers.
        state: State::Running,
        ..Peer::default()
    };
    let count = |key: &str| packets[key].as_u64();
    let all = count("recvd").zip(count("dropped")).zip(count("link"));
    Snapshot {
        time,
        node: name.to_owned(),
        listening: None,
        packets: all.map(|((received, dropped), link)| Packets { received, dropped, link }),
        peers: (1..).zip(peers).map(peer).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_bro_reports_its_peers_and_packets() {
        let peers = [json!({"time": 1.0, "peer": "worker-1", "host": "10.0.0.1"}), json!({})];
        let snapshot = of_bro("sensor", 5.0, &peers, &json!({"recvd": 7, "dropped": 2, "link": 9}));
        assert_eq!(snapshot.packets, Some(Packets { received: 7, dropped: 2, link: 9 }));
        assert_eq!((snapshot.peers.len(), snapshot.peers[0].name()), (2, "worker-1"));
        assert_eq!(snapshot.peers[0].address, "10.0.0.1");
        let odd = of_bro("sensor", 5.0, &[], &json!({"recvd": "x"}));
        assert_eq!((odd.packets, odd.peers.len()), (None, 0));
    }
}
