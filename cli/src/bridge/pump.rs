//! The connection to one Zeek, with reconnection.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use brocomm::data::Event;
use brocomm_zeek::client::{CloseCause, Notification, Phase, SendError};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::acknowledge;
use super::outgoing::Item;
use super::target::Prepared;
use crate::failure::warn;
use crate::zeek::connection::ZeekConnection;
use crate::zeek::counts::Counts;
use crate::zeek::stream::now;

/// The maximum number of events without an acknowledgement, or without a confirmation outside of
/// the acknowledged mode. When a connection fails, it is unknown whether these arrived.
const UNANSWERED: u64 = 2_048;

/// The number of events after which an acknowledgement is requested.
const ASK_EVERY: u64 = 256;

/// The time limit for sending the queue when the bridge stops.
const LAST: Duration = Duration::from_secs(3);

/// Connects and reconnects until the bridge stops.
pub(super) async fn run(
    target: Arc<Prepared>,
    inbound: mpsc::Sender<Event>,
    counts: Counts,
    mut end: watch::Receiver<bool>,
) {
    let mut pump = Pump { target, inbound, counts, unanswered: VecDeque::new(), number: 0 };
    let mut retry = pump.target.target.retry;
    while !*end.borrow() {
        let name = pump.target.name.clone();
        pump.counts.connected(&name, false);
        let client = pump.target.client.clone();
        let connecting = ZeekConnection::connect(
            &pump.target.target.url,
            pump.target.target.connector.as_ref(),
            client,
        );
        let connected = tokio::select! {
            connected = connecting => connected,
            _ = end.changed() => break,
        };
        match connected {
            Ok(connection) => {
                let (cause, was_ready) = pump.drive(connection, &mut end).await;
                pump.counts.connected(&name, false);
                if was_ready {
                    retry = pump.target.target.retry;
                }
                match cause {
                    CloseCause::Requested => break,
                    cause => warn(format_args!("{name}: {cause}; reconnecting in {retry:?}")),
                }
            }
            Err(error) => warn(format_args!("{name}: {error}; reconnecting in {retry:?}")),
        }
        tokio::select! {
            () = sleep(retry) => {}
            _ = end.changed() => break,
        }
        retry = (retry * 2).min(pump.target.target.retry_max);
    }
    let left = pump.target.outgoing.len() + pump.unanswered.len();
    pump.counts.lose(&pump.target.name, "not_connected", left as u64);
}

struct Pump {
    target: Arc<Prepared>,
    inbound: mpsc::Sender<Event>,
    counts: Counts,
    /// In the acknowledged mode, the events that were sent and not acknowledged, with their
    /// numbers.
    unanswered: VecDeque<(u64, Item)>,
    /// The number of the last event sent.
    number: u64,
}

/// The state of one connection.
#[derive(Default)]
struct ConnectionState {
    /// The number of events sent, without requests for an acknowledgement.
    events: u64,
    /// How many of them are counted as confirmed.
    confirmed: u64,
    refused: u64,
    /// The number of the last event for which an acknowledgement was requested.
    asked: u64,
    is_ready: bool,
}

impl Pump {
    /// Passes events until the connection ends. Returns the cause, and whether the connection was
    /// ever ready.
    async fn drive(
        &mut self,
        mut connection: ZeekConnection,
        end: &mut watch::Receiver<bool>,
    ) -> (CloseCause, bool) {
        let mut state = ConnectionState::default();
        let mut deadline: Option<Instant> = None;
        let cause = loop {
            if let Some(cause) = self.take(&mut connection, &mut state) {
                break cause;
            }
            self.send(&mut connection, &mut state);
            self.count(&connection, &mut state);
            if deadline.is_some() && self.is_done(&connection) {
                connection.client.close(now());
            }
            let can_send =
                state.is_ready && connection.client.has_room() && self.has_room(&connection);
            tokio::select! {
                () = connection.step() => {}
                () = self.target.outgoing.filled(), if can_send => {}
                Ok(()) = end.changed(), if deadline.is_none() => {
                    deadline = Some(Instant::now() + LAST);
                }
                () = passed(deadline), if connection.client.phase() < Phase::Closing => {
                    connection.client.close(now());
                }
            }
        };
        self.count(&connection, &mut state);
        self.account(&connection, &state);
        let is_ready = state.is_ready;
        connection.finish().await;
        (cause, is_ready)
    }

    /// Handles the connection's notifications. Returns the cause if it has ended.
    fn take(
        &mut self,
        connection: &mut ZeekConnection,
        state: &mut ConnectionState,
    ) -> Option<CloseCause> {
        let name = &self.target.name;
        while let Some(notification) = connection.client.poll_notification() {
            match notification {
                Notification::Ready { endpoint, version } => {
                    tracing::info!("{name}: connected to Zeek {version} as {endpoint}");
                    self.counts.connected(name, true);
                    state.is_ready = true;
                    // Events without an acknowledgement may not have arrived.
                    self.counts.add(name, "sent_again", self.unanswered.len() as u64);
                    while let Some((_, item)) = self.unanswered.pop_back() {
                        self.target.outgoing.put_back(item);
                    }
                }
                Notification::Event { event, .. } => {
                    if let Some(number) = acknowledge::answered(&event) {
                        while self.unanswered.front().is_some_and(|(sent, _)| *sent <= number) {
                            self.unanswered.pop_front();
                            self.counts.add(name, "confirmed", 1);
                        }
                        continue;
                    }
                    if let Some(event) = self.target.receive(&event, &self.counts)
                        && self.inbound.try_send(event).is_err()
                    {
                        self.counts.lose(name, "bro_queue_full", 1);
                    }
                }
                Notification::Refused(error) => {
                    state.refused += 1;
                    self.counts.lose(name, "refused_by_zeek", 1);
                    self.target.warn_once(
                        "refused_by_zeek",
                        format_args!(
                            "Zeek refused an event: {}; do the signatures match its scripts?",
                            error.context
                        ),
                    );
                }
                Notification::Undecodable(error) => {
                    self.counts.lose(name, "undecodable", 1);
                    self.target.warn_once("undecodable", format_args!("{error}"));
                }
                Notification::NotAnEvent { topic } => {
                    self.counts.lose(name, "not_an_event", 1);
                    self.target.warn_once("not_an_event", format_args!("{topic}: not an event"));
                }
                Notification::Closed(cause) => return Some(cause),
                _ => {}
            }
        }
        None
    }

    /// Sends queued events while there is room.
    fn send(&mut self, connection: &mut ZeekConnection, state: &mut ConnectionState) {
        let acknowledges = self.target.target.acknowledge;
        while state.is_ready && connection.client.has_room() && self.has_room(connection) {
            let Some(item) = self.target.outgoing.pop() else { break };
            match connection.client.send_event(item.topic.as_bytes(), &item.event, now()) {
                Ok(()) => {
                    self.number += 1;
                    state.events += 1;
                    self.counts.add(&self.target.name, "sent", 1);
                    if acknowledges {
                        self.unanswered.push_back((self.number, item));
                    }
                }
                Err(SendError::NotReady | SendError::Full) => {
                    self.target.outgoing.put_back(item);
                    break;
                }
                Err(error) => {
                    self.counts.lose(&self.target.name, "unsendable", 1);
                    let what = format_args!("event {}: {error}", item.event.name);
                    self.target.warn_once("unsendable", what);
                }
            }
            if acknowledges && self.number >= state.asked + ASK_EVERY {
                self.ask(connection, state);
            }
        }
        if acknowledges && state.is_ready && self.number > state.asked {
            self.ask(connection, state);
        }
    }

    fn ask(&self, connection: &mut ZeekConnection, state: &mut ConnectionState) {
        let ask = acknowledge::ask(&self.target.target.application, self.number);
        if connection.client.send_event(acknowledge::ASK.as_bytes(), &ask, now()).is_ok() {
            state.asked = self.number;
        }
    }

    fn has_room(&self, connection: &ZeekConnection) -> bool {
        let in_doubt = match self.target.target.acknowledge {
            true => self.unanswered.len() as u64,
            false => connection.client.sent() - connection.client.confirmed(),
        };
        in_doubt < UNANSWERED
    }

    /// Counts events that a pong confirms. In the acknowledged mode, acknowledgements are counted
    /// instead.
    fn count(&self, connection: &ZeekConnection, state: &mut ConnectionState) {
        if !self.target.target.acknowledge {
            let confirmed = connection.client.confirmed();
            self.counts.add(&self.target.name, "confirmed", confirmed - state.confirmed);
            state.confirmed = confirmed;
        }
    }

    /// Counts events that were sent and may not have arrived. In the acknowledged mode they are
    /// sent again instead.
    fn account(&self, connection: &ZeekConnection, state: &ConnectionState) {
        if self.target.target.acknowledge {
            return;
        }
        let unwritten = connection.client.unwritten();
        let unconfirmed = state.events - state.confirmed - unwritten;
        self.counts.lose(&self.target.name, "connection", unwritten);
        self.counts.lose(&self.target.name, "unconfirmed", unconfirmed);
    }

    /// Returns whether all events have been sent and have arrived.
    fn is_done(&self, connection: &ZeekConnection) -> bool {
        let is_confirmed = match self.target.target.acknowledge {
            true => self.unanswered.is_empty(),
            false => connection.client.confirmed() == connection.client.sent(),
        };
        self.target.outgoing.len() == 0 && is_confirmed
    }
}

async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}
