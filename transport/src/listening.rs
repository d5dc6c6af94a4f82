//! What a node is told of the sockets on which it listens.

use std::io;
use std::net::{SocketAddr, TcpListener};

use brocomm::lowlevel::driver::{Cause, SocketDriver};
use brocomm::node::{Endpoint, ListenTarget};

use crate::Shared;
use crate::socket::{is_transient, listen};
use crate::zone::{address_of, zone_of};

/// Listens where a node wants to, and tells it what came of it. Returns what `register` made of the
/// socket.
pub fn open<T>(
    shared: &Shared,
    target: ListenTarget,
    register: impl FnOnce(TcpListener) -> io::Result<T>,
) -> Option<T> {
    let ListenTarget { mut endpoint, v6_only, ssl } = target;
    let opened =
        address_of(&endpoint).and_then(|address| listen(address, v6_only)).and_then(|socket| {
            endpoint.port = socket.local_addr()?.port();
            register(socket)
        });
    shared.with(|hub, now| match opened {
        Ok(socket) => {
            hub.communication_mut().feed_listening(endpoint, ssl, now);
            Some(socket)
        }
        Err(error) => {
            let in_use = error.kind() == io::ErrorKind::AddrInUse;
            let Cause { text, .. } = error.into();
            hub.communication_mut().feed_listen_failed(endpoint, in_use, &text, now);
            None
        }
    })
}

/// Tells the node that a peer was accepted. Returns what carries the connection, none if the node
/// is ending.
pub fn accepted(shared: &Shared, from: SocketAddr) -> Option<SocketDriver> {
    shared.with(|hub, now| {
        let zone = zone_of(from, hub.communication());
        let endpoint = Endpoint { host: from.ip(), zone, port: from.port() };
        hub.communication_mut().feed_accepted(endpoint, now).map(SocketDriver::new)
    })
}

/// Tells the node that a peer could not be accepted, unless that concerns nobody else. Returns
/// whether the node was told.
pub fn accept_failed(shared: &Shared, error: io::Error) -> bool {
    if is_transient(error.kind()) {
        return false;
    }
    let Cause { text, .. } = error.into();
    shared.with(|hub, now| hub.communication_mut().feed_accept_failed(&text, now));
    true
}
