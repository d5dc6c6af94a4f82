//! A listener for single connections.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Instant;

use brocomm::lowlevel::connection::ConnectionConfig;
use brocomm::node::Role;
use brocomm_transport::naming::{accept_failed, listen_on, listener_unusable, stream_unusable};
use mio::net::TcpListener;
use mio::{Events, Interest, Poll, Token};

use crate::socket::{remaining, resolve};
use crate::{Peer, StopHandle, TransportError};

const LISTENER: Token = Token(1);

/// Accepts TCP connections from peers.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    local: SocketAddr,
    poll: Poll,
    events: Events,
    stop: StopHandle,
}

impl Listener {
    /// Listens on an address such as `0.0.0.0:47757` or `[::]:47757`. If a name has several
    /// addresses, the first one that works is used. With port 0 the system chooses a port.
    ///
    /// A listener on an IPv6 address accepts IPv6 only, on every system, so another listener can
    /// use the same port for IPv4.
    ///
    /// # Errors
    /// [`TransportError::Resolve`], [`TransportError::NoAddress`], [`TransportError::Bind`],
    /// [`TransportError::System`].
    pub fn bind(address: impl ToSocketAddrs + fmt::Display) -> Result<Listener, TransportError> {
        let given = address.to_string();
        let (socket, local) = listen_on(&given, resolve(&address)?)?;
        let set_up = || {
            let mut socket = TcpListener::from_std(socket);
            let poll = Poll::new()?;
            poll.registry().register(&mut socket, LISTENER, Interest::READABLE)?;
            let stop = StopHandle::new(&poll)?;
            Ok(Listener { socket, local, poll, events: Events::with_capacity(4), stop })
        };
        set_up().map_err(listener_unusable)
    }

    /// Waits for the next peer and returns the connection. Returns `None` if the deadline passes or
    /// the listener is [stopped](Self::stop_handle).
    ///
    /// # Errors
    /// [`TransportError::Config`] before anything is accepted. [`TransportError::Accept`] if
    /// accepting fails, for example without free file descriptors; the listener still listens, so
    /// accept again after [a pause](brocomm::lowlevel::driver::ACCEPT_PAUSE).
    /// [`TransportError::System`] if the system cannot wait.
    pub fn accept(
        &mut self,
        config: ConnectionConfig,
        deadline: Option<Instant>,
    ) -> Result<Option<Peer>, TransportError> {
        config.validate().map_err(TransportError::Config)?;
        while !self.stop.is_stopped() {
            let accepted = match self.socket.accept() {
                Ok((stream, _)) => Peer::new(stream, config.clone(), Role::Acceptor),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let Some(timeout) = remaining(deadline) else { return Ok(None) };
                    self.wait(timeout)?;
                    continue;
                }
                Err(error) => Err(stream_unusable(error)),
            };
            let Err(TransportError::System { cause, .. }) = accepted else {
                return accepted.map(Some);
            };
            if let Some(error) = accept_failed(self.local, cause) {
                return Err(error);
            }
        }
        Ok(None)
    }

    /// Returns the address that the listener is bound to, with the port that the system chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Returns a handle that makes [`accept`](Self::accept) return, from another thread.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    fn wait(&mut self, timeout: Option<std::time::Duration>) -> Result<(), TransportError> {
        match self.poll.poll(&mut self.events, timeout) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                Err(TransportError::System { doing: "wait for peers", cause: error.into() })
            }
            _ => Ok(()),
        }
    }
}
