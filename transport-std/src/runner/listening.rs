//! Sockets on which a node listens.

use std::io;

use brocomm::node::ListenTarget;
use brocomm::transport::{ACCEPT_PAUSE, Cause};
use mio::net::TcpListener;
use mio::{Interest, Token};

use super::{NO_TLS, Runner};
use crate::listener::listen;
use crate::zone::address_of;

#[derive(Debug)]
pub(super) struct Listening {
    socket: TcpListener,
    ssl: bool,
}

impl Runner {
    pub(super) fn listen(&mut self, target: ListenTarget) {
        let ListenTarget { mut endpoint, v6_only, ssl } = target;
        let (token, _) = self.token();
        let mut open = || {
            if ssl {
                return Err(io::Error::new(io::ErrorKind::Unsupported, NO_TLS));
            }
            let socket = listen(address_of(&endpoint)?, v6_only)?;
            let mut socket = TcpListener::from_std(socket);
            self.poll.registry().register(&mut socket, token, Interest::READABLE)?;
            endpoint.port = socket.local_addr()?.port();
            Ok(socket)
        };
        let opened = open();
        self.shared.with(|hub, now| match opened {
            Ok(socket) => {
                self.listening.insert(token, Listening { socket, ssl });
                hub.communication_mut().feed_listening(endpoint, ssl, now);
            }
            Err(error) => {
                let in_use = error.kind() == io::ErrorKind::AddrInUse;
                let Cause { text, .. } = error.into();
                hub.communication_mut().feed_listen_failed(endpoint, in_use, &text, now);
            }
        });
    }

    /// Accepts all who wait, if the token is that of a listening socket.
    pub(super) fn accept(&mut self, token: Token) {
        while let Some(Listening { socket, ssl }) = self.listening.get(&token) {
            let ssl = *ssl;
            // That one peer has gone again says nothing about the next.
            let (error, pause) = match socket.accept() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => (error, true),
                Ok((stream, from)) => match self.begin(stream, from, ssl) {
                    Ok(()) => continue,
                    Err(error) => (error, false),
                },
            };
            if is_transient(error.kind()) {
                continue;
            }
            let Cause { text, .. } = error.into();
            self.shared.with(|hub, now| hub.communication_mut().feed_accept_failed(&text, now));
            if pause {
                self.alarms.insert(token, self.shared.now() + ACCEPT_PAUSE);
                return;
            }
        }
    }
}

fn is_transient(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, NotConnected};
    matches!(kind, ConnectionAborted | ConnectionReset | Interrupted | NotConnected)
}
