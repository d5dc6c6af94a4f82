//! Listening (part 4 §1).

use super::super::log::CommLogLine;
use super::super::{Action, Endpoint, Notification};
use super::NodeMachine;
use super::timers::Timer;
use crate::Time;

/// The state of listening.
#[derive(Debug, Default)]
pub(super) struct Listening {
    wanted: bool,
    /// The open sockets, as reported by the transport.
    sockets: Vec<Endpoint>,
}

impl NodeMachine {
    /// Starts listening according to the options; does nothing if the node already listens or waits
    /// to.
    pub fn listen(&mut self) {
        if !self.ending.is_under_way() && !std::mem::replace(&mut self.listening.wanted, true) {
            self.bind();
        }
    }

    /// Requests sockets from the transport.
    pub(super) fn bind(&mut self) {
        for target in self.options.listen_targets() {
            self.actions.push_back(Action::Listen(target));
        }
    }

    /// Stops listening; accepted connections stay open.
    pub fn stop_listening(&mut self) {
        if self.close_sockets() {
            self.log(CommLogLine::StoppedListening);
        }
    }

    /// Stops listening without logging, as Bro does on termination; returns whether the node
    /// listened.
    pub(super) fn close_sockets(&mut self) -> bool {
        self.timers.cancel(Timer::Listen);
        self.actions.retain(|action| !matches!(action, Action::Listen(_)));
        self.listening.sockets.clear();
        let wanted = std::mem::take(&mut self.listening.wanted);
        if wanted {
            self.actions.push_back(Action::StopListening);
        }
        wanted
    }

    /// Records that the transport listens at this endpoint, with or without TLS.
    pub fn feed_listening(&mut self, endpoint: Endpoint, ssl: bool, now: Time) {
        self.feed_time(now);
        if self.listening.wanted {
            self.listening.sockets.push(endpoint.clone());
            self.log(CommLogLine::Listening { endpoint: endpoint.clone(), ssl });
            self.delivery.push(Notification::Listening(endpoint));
        }
    }

    /// Records that the transport cannot listen at this endpoint.
    ///
    /// If the address is in use, all sockets are closed and the node retries after
    /// [`listen_retry`](super::super::Options::listen_retry); otherwise this socket is left out.
    pub fn feed_listen_failed(
        &mut self,
        endpoint: Endpoint,
        address_in_use: bool,
        reason: &str,
        now: Time,
    ) {
        self.feed_time(now);
        let retries = address_in_use && self.listening.wanted;
        self.log(CommLogLine::CannotListen { endpoint, reason: reason.into(), retries });
        if retries {
            self.actions.retain(|action| !matches!(action, Action::Listen(_)));
            self.actions.push_back(Action::StopListening);
            self.listening.sockets.clear();
            self.timers.set(self.clock.now() + self.options.listen_retry, Timer::Listen);
        }
    }

    /// Returns whether the node listens on any socket.
    pub fn is_listening(&self) -> bool {
        !self.listening.sockets.is_empty()
    }

    /// Returns the listening endpoints, with the ports chosen by the system.
    pub fn listening(&self) -> &[Endpoint] {
        &self.listening.sockets
    }

    /// Records that a connection could not be accepted. Listening continues.
    pub fn feed_accept_failed(&mut self, reason: &str, now: Time) {
        self.feed_time(now);
        self.log(CommLogLine::AcceptFailed { reason: reason.into() });
    }
}
