//! What the tasks of a transport share that run one node.

mod asking;
mod carrier;
mod security;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::task::{Poll, Waker};

use crate::Time;
use crate::node::{Action, Communication, ConnectionId, Notification};

pub use carrier::Carrier;
pub use waiting::Ticket;

/// Holds a [`Communication`] that several tasks drive, and knows whom to wake.
///
/// One task manages: it does what [`poll_task`](Self::poll_task) says, and accepts. One for each
/// connection carries, by a [`Carrier`]. The application's own await notifications, and room for
/// events. Each leaves a [`Waker`] when there is nothing for it to do.
///
/// A transport keeps the hub behind a lock, holds that for single calls only, never while it reads,
/// writes or waits, and after all calls that it makes under one lock it [settles](Self::settle) and
/// wakes.
pub struct Hub {
    communication: Communication,
    /// Actions that the managing task has not begun.
    actions: VecDeque<Action>,
    manager: Option<Waker>,
    /// When the managing task wakes by itself.
    alarm: Option<Time>,
    carriers: BTreeMap<ConnectionId, Waker>,
    taker: Option<Waker>,
    waiting: waiting::Waiting,
    asked: BTreeMap<u64, asking::Asked>,
    /// Notifications that were passed over in search for an answer.
    passed_over: asking::PassedOver,
    /// Those who are to be woken.
    wake: Vec<Waker>,
    /// The last notification was taken.
    told_all: bool,
    /// Nobody takes notifications.
    unheard: bool,
    /// Nobody wants anything any more.
    abandoned: bool,
}

/// Says what the managing task of a node is to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the node goes on only if it is done"]
pub enum Task {
    /// Do this. What [`Action::CancelConnect`] asks for shows in the [`Carrier`].
    Do(Action),
    /// Wait until woken, or until this time.
    Wait {
        /// When to go on in any case.
        until: Option<Time>,
    },
    /// Nothing more comes: stop listening and end.
    End,
}

impl Hub {
    /// Takes over a node, which should have been [started](Communication::start) or be so soon.
    pub fn new(communication: Communication) -> Hub {
        Hub {
            communication,
            actions: VecDeque::new(),
            manager: None,
            alarm: None,
            carriers: BTreeMap::new(),
            taker: None,
            waiting: waiting::Waiting::default(),
            asked: BTreeMap::new(),
            passed_over: asking::PassedOver::default(),
            wake: Vec::new(),
            told_all: false,
            unheard: false,
            abandoned: false,
        }
    }

    /// Returns the node, for its getters.
    pub fn communication(&self) -> &Communication {
        &self.communication
    }

    /// Returns the node, for its commands and what a transport feeds to it. What is polled from it
    /// is the business of the hub alone.
    pub fn communication_mut(&mut self) -> &mut Communication {
        &mut self.communication
    }

    /// Returns those who are to be woken, best after the lock is released.
    #[must_use = "they wait for it"]
    pub fn settle(&mut self) -> Vec<Waker> {
        if self.unheard {
            self.passed_over = asking::PassedOver::default();
            while self.take().is_some() {}
        }
        self.heed_connections();
        while let Some(action) = self.communication.poll_action() {
            match action {
                Action::CancelConnect(id) => self.wake.extend(self.carriers.remove(&id)),
                action => self.actions.push_back(action),
            }
        }
        let earlier = match (self.communication.next_timeout(), self.alarm) {
            (Some(next), Some(alarm)) => next < alarm,
            (next, _) => next.is_some(),
        };
        let ended = self.communication.terminated().is_some();
        if earlier || ended || !self.actions.is_empty() {
            self.wake.extend(self.manager.take());
        }
        if ended || self.communication.has_notifications() || self.passed_over.len() > 0 {
            self.wake.extend(self.taker.take());
        }
        self.heed_waiting();
        std::mem::take(&mut self.wake)
    }

    /// Has those woken whose connections have something to do.
    fn heed_connections(&mut self) {
        while let Some(id) = self.communication.poll_connection() {
            self.wake.extend(self.carriers.remove(&id));
        }
    }

    /// Says what the managing task is to do next. It has nothing to do before it is woken, or the
    /// time has come.
    pub fn poll_task(&mut self, now: Time, waker: &Waker) -> Task {
        self.communication.feed_time(now);
        if let Some(action) = self.actions.pop_front() {
            return Task::Do(action);
        }
        if self.abandoned || self.communication.terminated().is_some() {
            return Task::End;
        }
        self.manager = Some(waker.clone());
        self.alarm = self.communication.next_timeout();
        Task::Wait { until: self.alarm }
    }

    /// Returns the next notification; none after [`Notification::Terminated`].
    #[must_use = "peers wait when too many notifications do"]
    pub fn poll_notification(&mut self, waker: &Waker) -> Poll<Option<Notification>> {
        if let Some(notification) = self.passed_over.pop().or_else(|| self.take()) {
            return Poll::Ready(Some(notification));
        }
        if self.told_all || self.abandoned {
            return Poll::Ready(None);
        }
        self.taker = Some(waker.clone());
        Poll::Pending
    }

    /// Tells whether the last notification was taken, so that none will come any more.
    pub fn has_told_all(&self) -> bool {
        (self.told_all || self.abandoned) && self.passed_over.len() == 0
    }

    /// Takes the next notification that is nobody's answer.
    fn take(&mut self) -> Option<Notification> {
        loop {
            let notification = self.communication.poll_notification()?;
            self.told_all |= matches!(notification, Notification::Terminated { .. });
            if let Some(notification) = self.answer(notification) {
                return Some(notification);
            }
        }
    }

    /// Takes note that nobody will take notifications any more: they are dropped from now on, so
    /// that peers need not wait.
    pub fn stop_telling(&mut self) {
        self.unheard = true;
        self.taker = None;
    }

    /// Takes note that the application has lost all interest: all sockets are to be closed at once.
    pub fn abandon(&mut self) {
        self.abandoned = true;
        self.wake.extend(std::mem::take(&mut self.carriers).into_values());
        self.wake.extend(self.manager.take());
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("communication", &self.communication).finish_non_exhaustive()
    }
}
