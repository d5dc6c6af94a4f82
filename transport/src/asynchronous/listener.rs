//! A listener for single connections.

use std::fmt;
use std::net::SocketAddr;

use brocomm::lowlevel::connection::ConnectionConfig;
use brocomm::lowlevel::driver::TransportError;
use brocomm::node::Role;

use super::runtime::resolve;
use super::{Peer, Runtime};
use crate::naming::{accept_failed, listen_on, listener_unusable, stream_unusable, unresolved};

/// Accepts TCP connections from peers.
#[derive(Debug)]
pub struct Listener<R: Runtime> {
    socket: R::Listener,
    local: SocketAddr,
}

impl<R: Runtime> Listener<R> {
    /// Listens on an address such as `0.0.0.0:47757` or `[::]:47757`. If a name has several
    /// addresses, the first one that works is used. With port 0 the system chooses a port.
    ///
    /// A listener on an IPv6 address accepts IPv6 only, on every system, so another listener can
    /// use the same port for IPv4.
    ///
    /// # Errors
    /// [`TransportError::Resolve`], [`TransportError::NoAddress`], [`TransportError::Bind`],
    /// [`TransportError::System`].
    pub async fn bind(address: impl fmt::Display) -> Result<Listener<R>, TransportError> {
        let given = address.to_string();
        let addresses =
            resolve::<R>(given.clone()).await.map_err(|error| unresolved(&given, error))?;
        let (socket, local) = listen_on(&given, addresses)?;
        Ok(Listener { socket: R::listen(socket).map_err(listener_unusable)?, local })
    }

    /// Waits for the next peer and returns the connection.
    ///
    /// Cancel safe: a peer that this call does not accept is accepted by the next one.
    ///
    /// # Errors
    /// [`TransportError::Config`] before anything is accepted. [`TransportError::Accept`] if
    /// accepting fails, for example without free file descriptors; the listener still listens, so
    /// accept again after [a pause](brocomm::lowlevel::driver::ACCEPT_PAUSE).
    pub async fn accept(&self, config: ConnectionConfig) -> Result<Peer<R>, TransportError> {
        config.validate().map_err(TransportError::Config)?;
        loop {
            let accepted = match R::accept(&self.socket).await {
                Ok((stream, _)) => Peer::new(stream, config.clone(), Role::Acceptor),
                Err(error) => Err(stream_unusable(error)),
            };
            let Err(TransportError::System { cause, .. }) = accepted else { return accepted };
            if let Some(error) = accept_failed(self.local, cause) {
                return Err(error);
            }
        }
    }

    /// Returns the address that the listener is bound to, with the port that the system chose.
    pub const fn local_addr(&self) -> SocketAddr {
        self.local
    }
}
