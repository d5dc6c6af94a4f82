//! The listening sockets of a node.

use std::io;

use brocomm::lowlevel::driver::ACCEPT_PAUSE;
use brocomm::node::ListenTarget;
use brocomm_transport::listening;
use mio::net::TcpListener;
use mio::{Interest, Token};

use super::sockets::Sockets;

impl Sockets {
    pub(super) fn listen(&mut self, target: ListenTarget) {
        let (token, _) = self.token();
        let opened = listening::open(&self.shared, target, |socket| {
            let mut socket = TcpListener::from_std(socket);
            self.registry.register(&mut socket, token, Interest::READABLE)?;
            Ok(socket)
        });
        self.listening.extend(opened.map(|socket| (token, socket)));
    }

    /// Accepts all pending connections if the token is that of a listening socket.
    pub(super) fn accept(&mut self, token: Token) {
        while let Some(socket) = self.listening.get(&token) {
            // If one peer has disconnected already, the next can still be accepted.
            let (error, pause) = match socket.accept() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => (error, true),
                Ok((stream, from)) => match self.begin(stream, from) {
                    Ok(()) => continue,
                    Err(error) => (error, false),
                },
            };
            if listening::accept_failed(&self.shared, error) && pause {
                self.alarms.insert(token, self.shared.now() + ACCEPT_PAUSE);
                return;
            }
        }
    }
}
