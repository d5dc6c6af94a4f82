//! A connection to one node for requests, with a deadline.

use std::time::{Duration, Instant};

use brocomm::data::{Event, Name};
use brocomm::lowlevel::connection::{Connection, ConnectionConfig, ConnectionNotification, Sent};
use brocomm::node::Phase;
use brocomm_std::Peer;

use crate::decode::printed;
use crate::diagnosis::{fault, hint, try_doctor};
use crate::stop::{Registered, Stop};

/// A client that sends requests to a node and waits for its answers.
pub(crate) struct Client {
    peer: Peer,
    timeout: Duration,
    deadline: Option<Instant>,
    _registered: Registered,
}

/// Configures a connection to request these events.
pub(crate) fn request(config: &mut ConnectionConfig, names: Vec<Name>) {
    config.requests.events = names;
}

impl Client {
    /// Connects to a node.
    ///
    /// # Errors
    /// As in all of these functions, the error says what happened and what to do, without naming
    /// the node.
    pub(crate) fn connect(
        address: &str,
        config: ConnectionConfig,
        timeout: Duration,
    ) -> Result<Client, String> {
        let deadline = Instant::now().checked_add(timeout);
        let peer = Peer::connect(address, config, timeout)
            .map_err(|error| format!("{error}{}", hint(&error)))?;
        let _registered = Stop::on_signal().add(peer.stop_handle());
        Ok(Client { peer, timeout, deadline, _registered })
    }

    /// Starts a new time limit for the next request.
    pub(crate) fn renew(&mut self) {
        self.deadline = Instant::now().checked_add(self.timeout);
    }

    /// Returns the time for events.
    pub(crate) fn now(&self) -> f64 {
        self.peer.now().as_secs_f64()
    }

    pub(crate) fn connection(&self) -> &Connection {
        self.peer.connection()
    }

    /// Returns the connection, to send something other than events.
    pub(crate) fn connection_mut(&mut self) -> &mut Connection {
        self.peer.connection_mut()
    }

    /// Returns the node's address and port.
    pub(crate) fn address(&self) -> String {
        self.peer.remote_addr().to_string()
    }

    /// Waits until both sides have sent their requests.
    pub(crate) fn ready(&mut self) -> Result<(), String> {
        while self.connection().phase() != Phase::Running {
            let doctor = try_doctor(self.peer.remote_addr());
            match self.next()? {
                Next::Notification(_) => {}
                Next::Over(why) => return Err(format!("{why}{doctor}")),
                Next::Late => {
                    let (phase, seconds) = (self.connection().phase(), self.timeout.as_secs_f64());
                    return Err(format!(
                        "the handshake was not completed within {seconds} s: the node is still in \
                         {phase}{doctor}"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Checks that the node has requested an event.
    pub(crate) fn requests(&self, name: &str) -> Result<(), String> {
        match self.connection().is_event_requested(name.as_bytes()) {
            true => Ok(()),
            false => Err(self.not_requested(name.as_bytes())),
        }
    }

    /// Sends an event, which the node must have requested.
    pub(crate) fn send(&mut self, mut event: Event) -> Result<(), String> {
        let name = event.name.clone();
        event.time = self.now();
        match self.peer.send_event(&event) {
            Ok(Sent::Sent) => Ok(()),
            Ok(Sent::NotRequested) => Err(self.not_requested(&name)),
            Ok(why) => Err(format!("{} was not sent: {why:?}", printed::bytes(&name))),
            Err(error) => Err(format!("{} was not sent: {error}", printed::bytes(&name))),
        }
    }

    /// Returns why the node would not receive an event.
    fn not_requested(&self, event: &[u8]) -> String {
        let connection = self.connection();
        let class = connection.config().class.as_deref().unwrap_or_default();
        let address = self.address();
        let (event, class) = (printed::bytes(event), printed::bytes(class));
        let requested = connection.peer_events();
        if requested.is_empty() {
            let (option, class) = match class.as_str() {
                "" => (String::new(), "no class".to_owned()),
                class => (format!(" --class {class}"), format!("the class \"{class}\"")),
            };
            return format!(
                "it requests no events from us, so it cannot answer: no entry of its \
                 `Communication::nodes` matches {} and {class}, or the entry has no `$events`; try \
                 `brocomm doctor {address}{option}`",
                self.peer.local_addr().ip()
            );
        }
        let loads = match event.starts_with("Control::") {
            true => "; does it load `frameworks/control/controllee`?",
            false => "",
        };
        let requested: Vec<String> = requested.iter().map(|name| printed::bytes(name)).collect();
        format!("it does not request {event}, but {}{loads}", requested.join(", "))
    }

    /// Waits for the first event for which `wanted` returns a value, and returns that value.
    pub(crate) fn answer<T>(
        &mut self,
        to: &str,
        mut wanted: impl FnMut(&Event) -> Option<T>,
    ) -> Result<T, String> {
        loop {
            match self.next()? {
                Next::Notification(ConnectionNotification::Event(event)) => {
                    if let Some(answer) = wanted(&event) {
                        return Ok(answer);
                    }
                }
                Next::Notification(ConnectionNotification::CallRejected { name, mismatch }) => {
                    let name = printed::bytes(&name);
                    return Err(format!(
                        "it answered with {name}, which can't be used: {mismatch}"
                    ));
                }
                Next::Notification(_) => {}
                Next::Over(why) => return Err(format!("no answer to {to}: {why}")),
                Next::Late => {
                    let seconds = self.timeout.as_secs_f64();
                    return Err(format!("no answer to {to} within {seconds} s"));
                }
            }
        }
    }

    /// Returns whether the connection has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.connection().phase() == Phase::Closed
    }

    /// Closes the connection.
    pub(crate) fn part(mut self) {
        // The answers have arrived, so errors do not matter.
        let _ = self.peer.close(self.deadline);
    }

    fn next(&mut self) -> Result<Next, String> {
        match self.peer.next(self.deadline).map_err(|error| error.to_string())? {
            Some(ConnectionNotification::Closed(cause)) => {
                let fault = fault(&cause);
                Ok(Next::Over(fault.unwrap_or_else(|| "the node closed the connection".to_owned())))
            }
            Some(notification) => Ok(Next::Notification(notification)),
            None if Stop::on_signal().is_stopped() => Err("interrupted".to_owned()),
            None => Ok(Next::Late),
        }
    }
}

/// The next input from a node.
enum Next {
    Notification(ConnectionNotification),
    /// The connection ended, and why.
    Over(String),
    /// The deadline passed.
    Late,
}
