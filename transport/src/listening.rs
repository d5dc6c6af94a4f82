//! Reporting the state of listening sockets to a node.

use std::io;
use std::net::{SocketAddr, TcpListener};

use brocomm::lowlevel::driver::{Cause, SocketDriver};
use brocomm::node::{Endpoint, ListenTarget};

use crate::Shared;
use crate::socket::{is_transient, listen};
use crate::zone::{address_of, zone_of};

/// Listens on the address that a node asks for, and reports the result to the node. Returns the
/// socket as registered by `register`.
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
    shared.with(|node, now| match opened {
        Ok(socket) => {
            node.communication_mut().feed_listening(endpoint, ssl, now);
            Some(socket)
        }
        Err(error) => {
            let in_use = error.kind() == io::ErrorKind::AddrInUse;
            let Cause { text, .. } = error.into();
            node.communication_mut().feed_listen_failed(endpoint, in_use, &text, now);
            None
        }
    })
}

/// Reports an accepted peer to the node. Returns the driver of the connection, or `None` if the
/// node is stopping.
pub fn accepted(shared: &Shared, from: SocketAddr) -> Option<SocketDriver> {
    shared.with(|node, now| {
        let zone = zone_of(from, node.communication());
        let endpoint = Endpoint { host: from.ip(), zone, port: from.port() };
        node.communication_mut().feed_accepted(endpoint, now).map(SocketDriver::new)
    })
}

/// Reports an accept error to the node, unless it concerns one peer only. Returns whether the node
/// was notified.
pub fn accept_failed(shared: &Shared, error: io::Error) -> bool {
    if is_transient(error.kind()) {
        return false;
    }
    let Cause { text, .. } = error.into();
    shared.with(|node, now| node.communication_mut().feed_accept_failed(&text, now));
    true
}
