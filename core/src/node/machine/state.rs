//! Synchronized state: sending, receiving and updating it (§3.3–§3.5, 2§9).

mod exchange;
mod variables;

use std::sync::Arc;

use self::exchange::{NoTypeYet, Stage, Transfer};
use super::super::log::CommLogLine;
use super::super::{Notification, Options, PeerId};
use super::clock::Clock;
use super::peers::{Peer, PeerKey, Peers};
use super::transport::Transport;
use super::{NodeError, NodeMachine};
use crate::Time;
use crate::connection::{Connection, Phase, Sent, StateSource, SyncRole, UsageError};
use crate::data::{Id, Name, StateAccess, Value};
use crate::node::queue::Outgoing;
use crate::state::{Applied, FullState, Inconsistency, StateError, Store};

pub(super) use self::exchange::Exchange;

/// The maximum number of changes queued for a peer before its connection is closed. Each takes
/// about 200 bytes, so from then on the full state at the beginning of the next connection is more
/// efficient.
const MAX_CHANGES: usize = 1 << 18;

/// The variables that a node shares with its peers.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The source of our state.
    source: StateSource,
    store: Option<Store>,
    /// The number of active suspensions of updates.
    suspended: u32,
}

/// The peers affected by a change.
#[derive(Debug, Default)]
struct Propagated {
    /// The peers to which it is sent at once.
    running: Vec<PeerKey>,
    /// The peers with too many queued changes.
    overfull: Vec<PeerKey>,
    /// The peers at which the changed container has no type yet.
    open: Vec<PeerKey>,
}

/// The result of sending a part of the full state.
#[derive(Debug, Default)]
struct GivenState {
    /// Whether anything was sent.
    some: bool,
    /// The errors of parts that could not be sent.
    errors: Vec<String>,
    /// Whether everything was sent.
    is_sent: bool,
}

impl State {
    pub(super) fn source(&self) -> StateSource {
        self.source
    }

    fn set_store(&mut self, mut store: Store, options: &Options, clock: &Clock) {
        store.set_check_consistency(options.remote_check_sync_consistency);
        store.feed_time(clock.now());
        store.feed_wall_clock(clock.wall_ahead());
        *self = State { source: StateSource::Application, store: Some(store), suspended: 0 };
    }

    /// Updates the wall clock for time stamps.
    pub(super) fn feed_wall_clock(&mut self, clock: &Clock) {
        if let Some(store) = &mut self.store {
            store.feed_wall_clock(clock.wall_ahead());
        }
    }

    /// Queues an operation that was applied here for all peers that have requested sync, except its
    /// origin.
    fn propagate(
        &self,
        mut access: StateAccess,
        origin: Option<PeerKey>,
        peers: &mut Peers,
        transport: &Transport,
    ) -> Propagated {
        let mut notified = Propagated::default();
        let Some(store) = self.store.as_ref().filter(|_| self.suspended == 0) else {
            return notified;
        };
        if let Some(id) = store.id_of(&access.target) {
            access.target = id;
        }
        let access = Arc::new(access);
        for (id, peer) in peers.iter_mut().filter(|(id, _)| Some(*id) != origin) {
            let connection = peer.socket.and_then(|socket| transport.get(socket)?.begun());
            let Some(connection) = connection.filter(|c| c.is_sync_requested()) else { continue };
            let Ok(addressed) = peer.exchange.address(&access) else {
                notified.open.push(id);
                continue;
            };
            let waiting = match &mut peer.exchange.stage {
                Stage::Before => continue,
                Stage::SendingState(transfer) => {
                    // Parts not sent yet are sent later with their new value.
                    if store.is_for(&transfer.state, &access) {
                        transfer.changes.push_back(addressed);
                    }
                    transfer.changes.len()
                }
                Stage::ReceivingState(pending) => {
                    pending.push(&access, store);
                    pending.len()
                }
                Stage::Running if connection.phase() == Phase::Running => {
                    peer.outgoing.push(Outgoing::Access(addressed));
                    notified.running.push(id);
                    peer.outgoing.accesses()
                }
                Stage::Running => continue,
            };
            if waiting > MAX_CHANGES {
                notified.overfull.push(id);
            }
        }
        notified.running.sort_unstable();
        notified.overfull.sort_unstable();
        notified.open.sort_unstable();
        notified
    }

    /// Sends the full state as far as there is room. The rest follows when some of it is written.
    fn give(&self, peer: &mut Peer, connection: &mut Connection) -> GivenState {
        let mut given = GivenState::default();
        let Some(store) = &self.store else { return given };
        let Stage::SendingState(transfer) = &mut peer.exchange.stage else { return given };
        let Transfer { state, next, changes } = &mut **transfer;
        let mut pieces = store.pieces(state);
        loop {
            let waiting = next.take().or_else(|| changes.pop_front().map(Arc::unwrap_or_clone));
            // Skip operations that cannot be serialized.
            let access = match waiting.map(Ok).or_else(|| pieces.next()) {
                Some(Ok(access)) => access,
                None => {
                    peer.exchange.stage = Stage::Running;
                    given.is_sent = true;
                    return given;
                }
                Some(Err(error)) => {
                    given.errors.push(error.to_string());
                    continue;
                }
            };
            match connection.send_checked_access(&access) {
                Ok(Sent::Sent) => given.some = true,
                Err(UsageError::QueueFull { .. }) => {
                    *next = Some(access);
                    return given;
                }
                Err(error) => given.errors.push(error.to_string()),
                // The peer does not request it.
                Ok(_) => {
                    peer.exchange.stage = Stage::Running;
                    return given;
                }
            }
        }
    }

    /// Starts sending the full state to a peer.
    fn start_giving(&self, peer: &mut Peer, state: FullState) {
        // The queued operations are part of the state.
        peer.outgoing.drop_accesses();
        peer.exchange.stage =
            Stage::SendingState(Box::new(Transfer { state, ..Transfer::default() }));
    }

    /// Applies an operation of a peer.
    fn apply(
        store: &mut Store,
        peer: &mut Peer,
        access: &StateAccess,
    ) -> Result<Applied, StateError> {
        let mut applied = match &mut peer.exchange.stage {
            Stage::ReceivingState(pending) => {
                pending.undo(access, store);
                // A full state has no old values.
                Applied { inconsistency: None, ..store.apply_full(access)? }
            }
            _ => store.apply(access)?,
        };
        for alias in std::mem::take(&mut applied.aliases) {
            peer.exchange.note(alias, store);
        }
        peer.exchange.note_open(access.open_containers(), store);
        Ok(applied)
    }

    /// Applies an ID with its value, if it is one of the variables.
    fn apply_id(&mut self, peer: &mut Peer, id: &Id) -> Result<(), StateError> {
        let Some(store) = &mut self.store else { return Ok(()) };
        match store.apply_id(id) {
            Ok(Applied { aliases, .. }) => {
                aliases.into_iter().for_each(|alias| peer.exchange.note(alias, store));
                Ok(())
            }
            Err(StateError::UnknownTarget(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Handles that a peer is Running: queues the pending changes that its state did not undo.
    /// Returns the changes of containers that have no type at the peer yet.
    fn handshake_done(peer: &mut Peer) -> Vec<Arc<StateAccess>> {
        let (exchange, mut open) = (&mut peer.exchange, Vec::new());
        match std::mem::replace(&mut exchange.stage, Stage::Running) {
            Stage::ReceivingState(pending) => {
                for change in pending.into_changes() {
                    match exchange.address(&change) {
                        Ok(addressed) => peer.outgoing.push(Outgoing::Access(addressed)),
                        Err(NoTypeYet) => open.push(change),
                    }
                }
            }
            transfer @ Stage::SendingState(_) => exchange.stage = transfer,
            Stage::Before | Stage::Running => {}
        }
        open
    }

    /// Describes why a change of a container without a type at the peer is not sent. Returns `None`
    /// if the container is part of no variable.
    fn describe_open(&self, container: &Name) -> Option<String> {
        let variables = joined(&self.store.as_ref()?.variables_of(container));
        (!variables.is_empty()).then(|| {
            format!(
                "{variables}: the changed container has no type at the peer yet, so it accepts no \
                 elements; assign a value to it"
            )
        })
    }

    /// Returns when the next entry expires.
    pub(super) fn next_expiry(&self) -> Option<Time> {
        self.store.as_ref()?.next_expiry()
    }
}

fn joined(names: &[Name]) -> String {
    names.iter().map(Name::to_string).collect::<Vec<_>>().join(", ")
}

/// The exchange of state with peers.
impl NodeMachine {
    /// Expires due entries, and notifies peers and the application.
    pub(super) fn expire(&mut self) {
        while self.terminated().is_none() {
            let Some(store) = &mut self.state.store else { return };
            store.feed_time(self.clock.now());
            let Some(mut expired) = store.poll_expired() else { return };
            if let Some(access) = expired.access.take() {
                self.propagate(access, None);
            }
            self.delivery.push(Notification::Expired(Box::new(expired)));
        }
    }

    /// Sends a local or applied operation to all peers that have requested sync, except its origin.
    fn propagate(&mut self, access: StateAccess, origin: Option<PeerKey>) {
        let target = access.target.clone();
        let Propagated { running, overfull, open } =
            self.state.propagate(access, origin, &mut self.peers, &self.transport);
        running.into_iter().for_each(|id| self.pump(id));
        for id in open {
            if let Some(why) = self.state.describe_open(&target) {
                self.not_sent(id, why);
            }
        }
        for id in overfull {
            let reason = "too many queued changes of state";
            self.give_up(id, CommLogLine::OutgoingFull, reason);
            self.drain(id);
        }
    }

    /// Logs why something is not sent to a peer, and notifies the application.
    fn not_sent(&mut self, id: PeerKey, why: String) {
        self.log_peer(id, CommLogLine::StateNotSent(why.as_str().into()));
        self.error(id, format!("state not sent: {why}").into());
    }

    /// Handles that a peer is Running: queues the pending changes that its state did not undo.
    pub(super) fn state_exchanged(&mut self, id: PeerKey) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let open = State::handshake_done(peer);
        for change in open {
            if let Some(why) = self.state.describe_open(&change.target) {
                self.not_sent(id, why);
            }
        }
        if self.shares_without_receiving(id) {
            let reason = "our changes of variables are not sent: the peer has not requested them; \
                          does it accept input from this host?";
            self.error(id, reason.into());
        }
    }

    /// Returns whether we connected to a peer to share variables, which has not requested ours.
    fn shares_without_receiving(&self, id: PeerKey) -> bool {
        let has_variables = self.store().is_some_and(|store| store.names().next().is_some());
        let is_wanted = self.entry(id).is_some_and(|entry| entry.node.sync && entry.node.connect);
        let is_requested = self.connection(id).is_none_or(Connection::is_sync_requested);
        has_variables && is_wanted && !is_requested
    }

    pub(super) fn sync_started(&mut self, id: PeerKey, role: SyncRole) {
        match role {
            SyncRole::Sender if self.state.store.is_some() => self.give_state(id, FullState::new()),
            SyncRole::Sender => {}
            SyncRole::Receiver => {
                if let Some(peer) = self.peers.get_mut(id) {
                    peer.exchange.stage = Stage::ReceivingState(Default::default());
                }
            }
        }
    }

    fn give_state(&mut self, id: PeerKey, state: FullState) {
        if let Some(peer) = self.peers.get_mut(id) {
            self.state.start_giving(peer, state);
            self.pump_state(id);
        }
    }

    /// Sends a peer the rest of the full state, as far as there is room.
    pub(super) fn pump_state(&mut self, id: PeerKey) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let Stage::SendingState(_) = peer.exchange.stage else { return };
        let connection = peer.socket.and_then(|socket| self.transport.begun_mut(socket));
        let Some(connection) = connection else { return peer.exchange.stage = Stage::Running };
        let GivenState { some, errors, is_sent } = self.state.give(peer, connection);
        let phase = connection.phase();
        errors.into_iter().for_each(|error| self.not_sent(id, error));
        if some {
            self.touch_peer(id);
        }
        if is_sent && phase == Phase::Sync(SyncRole::Sender) {
            // We are the sender, so this cannot fail.
            let _ = self.state_done(id.id());
        }
    }

    /// Applies an operation of a peer, or passes it to the application.
    pub(super) fn state_access(&mut self, id: PeerKey, access: Box<StateAccess>) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let who = Arc::clone(&peer.who);
        let Some(store) = &mut self.state.store else {
            return self.tell(id, Notification::StateAccess { peer: who, access });
        };
        store.feed_time(self.clock.now());
        let is_full = matches!(peer.exchange.stage, Stage::ReceivingState(_));
        let notified = match State::apply(store, peer, &access) {
            Ok(Applied { inconsistency, expired, .. }) => {
                if let Some(inconsistency) = inconsistency {
                    self.inconsistent(id, inconsistency);
                }
                if let Some(expired) = expired {
                    self.tell(id, Notification::Expired(Box::new(expired)));
                }
                if self.settings.options.forward_remote_state_changes {
                    self.propagate((*access).clone(), Some(id));
                }
                Notification::StateAccessPerformed { peer: who, access }
            }
            Err(error) => {
                let reason = match &error {
                    StateError::Type { error, .. } => {
                        let names = joined(&store.variables_of(&access.target));
                        Some(format!("state not applied: value for {names}: {error}"))
                    }
                    StateError::UnknownTarget(name) if is_full && !name.starts_with(b"#") => Some(
                        format!("state not applied: {name} is not a &synchronized variable here"),
                    ),
                    // Operations crossed.
                    _ => None,
                };
                if let Some(reason) = reason {
                    self.error(id, reason.into());
                }
                let error = Box::new(error);
                Notification::StateAccessRejected { peer: who, target: access.target, error }
            }
        };
        self.tell(id, notified);
    }

    fn inconsistent(&mut self, id: PeerKey, what: Inconsistency) {
        let Some(peer) = self.peers.get(id).map(|peer| Arc::clone(&peer.who)) else { return };
        let value = |value: &Option<Value>| match value {
            Some(value) => value.to_string(),
            None => "<none>".to_owned(),
        };
        let index = what.index.as_ref().map(|index| format!("[{index}]")).unwrap_or_default();
        let line = format!(
            "{}{index} should be {} but is {} before {}",
            what.id,
            value(&what.expected_old),
            value(&what.real_old),
            what.operation
        );
        self.log_peer(id, CommLogLine::StateInconsistency(line.into()));
        self.tell(id, Notification::StateInconsistency { peer, inconsistency: Box::new(what) });
    }

    /// Handles an ID with its value.
    pub(super) fn take_id(&mut self, id: PeerKey, what: Arc<Id>) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let who = Arc::clone(&peer.who);
        if let Err(error) = self.state.apply_id(peer, &what) {
            self.error(id, format!("unserializing ID {}: {error}", what.name).into());
        }
        self.tell_bounded(id, Notification::Id { peer: who, id: what });
    }
}
