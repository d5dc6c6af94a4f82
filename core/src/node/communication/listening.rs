//! Listening (part 4 §1).

use super::super::log::CommLogLine;
use super::super::{Action, Endpoint, Notification};
use super::NodeMachine;
use super::timers::Timer;
use crate::Time;

/// Whether we listen.
#[derive(Debug, Default)]
pub(super) struct Listening {
    wanted: bool,
    /// Where sockets are open, as far as we know.
    sockets: Vec<Endpoint>,
}

impl NodeMachine {
    /// Listens, as the options say, on the sockets that the transport is asked for; does nothing if
    /// we do, or wait to.
    pub fn listen(&mut self) {
        if !self.ending.is_under_way() && !std::mem::replace(&mut self.listening.wanted, true) {
            self.bind();
        }
    }

    /// Asks the transport for sockets.
    pub(super) fn bind(&mut self) {
        for target in self.options.listen_targets() {
            self.actions.push_back(Action::Listen(target));
        }
    }

    /// Stops listening; connections that were accepted stay.
    pub fn stop_listening(&mut self) {
        if self.close_sockets() {
            self.log(CommLogLine::StoppedListening);
        }
    }

    /// Stops listening without a word, as Bro does when it ends; returns whether we listened.
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

    /// Records that the transport listens here, TLS or not.
    pub fn feed_listening(&mut self, endpoint: Endpoint, ssl: bool, now: Time) {
        self.feed_time(now);
        if self.listening.wanted {
            self.listening.sockets.push(endpoint.clone());
            self.log(CommLogLine::Listening { endpoint: endpoint.clone(), ssl });
            self.delivery.push(Notification::Listening(endpoint));
        }
    }

    /// Records that the transport cannot listen here.
    ///
    /// If the address is in use, all sockets are given up and there is another attempt after
    /// [`listen_retry`](super::super::Options::listen_retry); else this one is left out.
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

    /// Returns whether there is a socket on which we listen.
    pub fn is_listening(&self) -> bool {
        !self.listening.sockets.is_empty()
    }

    /// Returns where we listen, with the ports that the system chose.
    pub fn listening(&self) -> &[Endpoint] {
        &self.listening.sockets
    }

    /// Records that a connection could not be accepted. We listen on.
    pub fn feed_accept_failed(&mut self, reason: &str, now: Time) {
        self.feed_time(now);
        self.log(CommLogLine::AcceptFailed { reason: reason.into() });
    }
}
