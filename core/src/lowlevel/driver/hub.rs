//! What the tasks of a transport share that run one node.

mod asking;
mod carrier;
mod subscribing;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::task::Waker;

use crate::Time;
use crate::node::inbox::Inbox;
use crate::node::{Action, ConnectionId, NodeMachine};

pub use carrier::SocketDriver;
pub use subscribing::Subscription;
pub use waiting::{Flush, Ticket};

/// A [`NodeMachine`] that several tasks drive, and knows whom to wake.
///
/// One task manages: it does what [`poll_task`](Self::poll_task) says, and accepts. One for each
/// connection carries, by a [`SocketDriver`]. The application's own await room for events, and, as
/// [subscribers](Self::subscribe), notifications. Each leaves a [`Waker`] when there is nothing for
/// it to do.
///
/// Each subscriber has a queue of its own. One that is not read holds up nothing but the peers that
/// sent what it is to get next, and that only if it [wants](Subscription::overflow) it so.
///
/// A transport keeps the hub behind a lock, holds that for single calls only, never while it reads,
/// writes or waits; before the calls that it makes under one lock it
/// [feeds the time](Self::feed_clock), and after them it [settles](Self::settle) and wakes.
pub struct NodeDriver {
    communication: NodeMachine,
    /// Actions that the managing task has not begun.
    actions: VecDeque<Action>,
    manager: Option<Waker>,
    /// When the managing task wakes by itself.
    alarm: Option<Time>,
    carriers: BTreeMap<ConnectionId, Waker>,
    waiting: waiting::Waiting,
    asked: BTreeMap<u64, asking::Asked>,
    subscribers: BTreeMap<u64, subscribing::Subscriber>,
    /// What came before anybody read: it is for all who subscribe until then, as far as it is kept.
    early: Option<Inbox>,
    /// Those who are to be woken.
    wake: Vec<Waker>,
    /// The last notification was given to all subscribers.
    told_all: bool,
    /// Nobody wants anything any more.
    abandoned: bool,
}

/// What the managing task of a node is to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the node goes on only if it is done"]
pub enum Task {
    /// Do this. What [`Action::CancelConnect`] asks for shows in the [`SocketDriver`].
    Do(Action),
    /// Wait until woken, or until this time.
    Wait {
        /// When to go on in any case.
        until: Option<Time>,
    },
    /// Nothing more comes: stop listening and end.
    End,
}

impl NodeDriver {
    /// Takes over a node, which should have been [started](NodeMachine::start) or be so soon.
    pub fn new(communication: NodeMachine) -> NodeDriver {
        NodeDriver {
            communication,
            actions: VecDeque::new(),
            manager: None,
            alarm: None,
            carriers: BTreeMap::new(),
            waiting: waiting::Waiting::default(),
            asked: BTreeMap::new(),
            subscribers: BTreeMap::new(),
            early: Some(Inbox::default()),
            wake: Vec::new(),
            told_all: false,
            abandoned: false,
        }
    }

    /// Returns the node, for its getters.
    pub fn communication(&self) -> &NodeMachine {
        &self.communication
    }

    /// Returns the node, for its commands and what a transport feeds to it. What is polled from it
    /// is the business of the hub alone, notifications included.
    pub fn communication_mut(&mut self) -> &mut NodeMachine {
        &mut self.communication
    }

    /// Records the time, and of what the wall clock shows then; see
    /// [`NodeMachine::feed_wall_clock`].
    pub fn feed_clock(&mut self, now: Time, wall: Time) {
        self.communication.feed_wall_clock(wall, now);
        self.feed_time(now);
    }

    fn feed_time(&mut self, now: Time) {
        self.communication.feed_time(now);
        self.report_stalled();
    }

    /// Returns those who are to be woken, best after the lock is released.
    #[must_use = "they wait for it"]
    pub fn settle(&mut self) -> Vec<Waker> {
        self.distribute();
        self.heed_connections();
        while let Some(action) = self.communication.poll_action() {
            match action {
                Action::CancelConnect(id) => self.wake.extend(self.carriers.remove(&id)),
                action => self.actions.push_back(action),
            }
        }
        let earlier = match (self.next_timeout(), self.alarm) {
            (Some(next), Some(alarm)) => next < alarm,
            (next, _) => next.is_some(),
        };
        let ended = self.communication.terminated().is_some();
        if earlier || ended || !self.actions.is_empty() {
            self.wake.extend(self.manager.take());
        }
        self.heed_waiting();
        std::mem::take(&mut self.wake)
    }

    /// Returns when the managing task has something to do in any case.
    fn next_timeout(&self) -> Option<Time> {
        self.communication.next_timeout().into_iter().chain(self.next_report()).min()
    }

    /// Has those woken whose connections have something to do.
    fn heed_connections(&mut self) {
        while let Some(id) = self.communication.poll_connection() {
            self.wake.extend(self.carriers.remove(&id));
        }
    }

    /// Returns what the managing task is to do next. It has nothing to do before it is woken, or the
    /// time has come.
    pub fn poll_task(&mut self, now: Time, waker: &Waker) -> Task {
        self.feed_time(now);
        if let Some(action) = self.actions.pop_front() {
            return Task::Do(action);
        }
        if self.abandoned || self.communication.terminated().is_some() {
            return Task::End;
        }
        self.manager = Some(waker.clone());
        self.alarm = self.next_timeout();
        Task::Wait { until: self.alarm }
    }

    /// Records that the application has lost all interest: all sockets are to be closed at once.
    pub fn abandon(&mut self) {
        self.abandoned = true;
        self.wake.extend(std::mem::take(&mut self.carriers).into_values());
        self.wake.extend(self.manager.take());
    }
}

impl fmt::Debug for NodeDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("communication", &self.communication).finish_non_exhaustive()
    }
}
