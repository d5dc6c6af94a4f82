//! Waits for peers.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};

use async_io::Async;
use brocomm::connection::{Config, Role};

use crate::socket::{listen, resolve};
use crate::{Peer, TransportError};

/// Listens for peers.
#[derive(Debug)]
pub struct Listener {
    socket: Async<TcpListener>,
    local: SocketAddr,
}

impl Listener {
    /// Listens on an address such as `0.0.0.0:47757` or `[::]:47757`; the first that works if the
    /// name has several. With port 0 the system chooses one.
    ///
    /// A listener on an IPv6 address takes IPv6 only, on every system, so that one for IPv4 may
    /// stand beside it.
    ///
    /// # Errors
    /// [`TransportError::Resolve`], [`TransportError::NoAddress`], [`TransportError::Bind`],
    /// [`TransportError::System`].
    pub async fn bind(address: impl fmt::Display) -> Result<Listener, TransportError> {
        let given = address.to_string();
        let mut refused = None;
        for tried in resolve(&given).await? {
            match listen(tried, true) {
                Ok(socket) => return Listener::new(socket),
                Err(error) => {
                    let (address, cause) = (given.clone(), error.into());
                    refused = Some(TransportError::Bind { address, tried, cause });
                }
            }
        }
        Err(refused.unwrap_or(TransportError::NoAddress { address: given }))
    }

    fn new(socket: Async<TcpListener>) -> Result<Listener, TransportError> {
        let local = socket.get_ref().local_addr().map_err(|error| TransportError::System {
            doing: "set up a listener",
            cause: error.into(),
        })?;
        Ok(Listener { socket, local })
    }

    /// Waits for the next peer and begins a connection with it.
    ///
    /// Dropping the future loses no peer: who is not accepted by this call is by the next.
    ///
    /// # Errors
    /// [`TransportError::Config`], before anything is accepted; [`TransportError::Accept`], such as
    /// for want of file descriptors; [`TransportError::System`].
    pub async fn accept(&self, config: Config) -> Result<Peer, TransportError> {
        config.validate().map_err(TransportError::Config)?;
        loop {
            match self.socket.accept().await {
                Ok((stream, _)) => return Peer::new(stream, config, Role::Acceptor),
                // The peer has gone before it was accepted.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(TransportError::Accept { local: self.local, cause: error.into() });
                }
            }
        }
    }

    /// Returns the address that is listened on, with the port that the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }
}
