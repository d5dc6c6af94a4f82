//! Subscribers of notifications, with a queue each.

use std::collections::VecDeque;
use std::task::{Poll, Waker};
use std::time::Duration;

use super::{NodeDriver, Ticket, Wanted};
use crate::Time;
use crate::data::Name;
use crate::node::queue::{IncomingQueue, may_be_dropped};
use crate::node::{Bound, CommLogLine, Depth, Notification, Overflow};

/// How long a stalled subscriber may block peers before it is logged.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a subscriber receives, and the policy when it is too slow.
///
/// ```
/// use brocomm::node::{Bound, Overflow};
/// use brocomm::lowlevel::driver::Subscription;
///
/// let subscription = Subscription::new("dashboard")
///     .bound(Bound::new(100, 1 << 20))
///     .overflow(Overflow::DropOldest);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    name: Box<str>,
    to: To,
    bound: Option<Bound>,
    overflow: Overflow,
}

/// The kind of notifications that a subscriber receives.
#[derive(Debug, Clone, PartialEq, Eq)]
enum To {
    All,
    /// All except events, log entries, prints, packets and IDs.
    NoData,
    /// All except log entries.
    NoLogs,
    Event(Name),
    Logs,
    State,
    Progress,
}

impl Subscription {
    /// Subscribes to all notifications; `name` identifies the subscriber in the log.
    pub fn new(name: impl Into<Box<str>>) -> Subscription {
        Subscription { name: name.into(), to: To::All, bound: None, overflow: Overflow::Block }
    }

    /// Subscribes only to events with this name.
    #[must_use]
    pub fn event(self, name: impl Into<Name>) -> Subscription {
        Subscription { to: To::Event(name.into()), ..self }
    }

    /// Subscribes only to the entries of peers' logs.
    #[must_use]
    pub fn logs(self) -> Subscription {
        Subscription { to: To::Logs, ..self }
    }

    /// Subscribes to everything except what peers send as data: events, log entries, prints, packets
    /// and IDs. A subscriber that has no use for them should not take room and time for them.
    #[must_use]
    pub fn without_data(self) -> Subscription {
        Subscription { to: To::NoData, ..self }
    }

    /// Subscribes to everything except the entries of peers' logs.
    #[must_use]
    pub fn without_log_entries(self) -> Subscription {
        Subscription { to: To::NoLogs, ..self }
    }

    /// Subscribes only to changes of synchronized variables: operations of peers, also those that
    /// could not be applied, and expired entries.
    #[must_use]
    pub fn state(self) -> Subscription {
        Subscription { to: To::State, ..self }
    }

    /// Subscribes only to listening endpoints, to peers that reach phase Running, and to their
    /// requests of events. Later subscribers still receive all notifications since the node started.
    #[must_use]
    pub fn progress(self) -> Subscription {
        Subscription { to: To::Progress, ..self }
    }

    /// Sets the bound of the queue. Default: that of
    /// [`Options::incoming`](crate::node::Options::incoming). With [`Overflow::Block`], up to a
    /// sixteenth more can have been [taken](NodeDriver::take_notifications) at once.
    #[must_use]
    pub fn bound(self, bound: Bound) -> Subscription {
        Subscription { bound: Some(bound), ..self }
    }

    /// Sets the policy when the queue is full. Default: [`Overflow::Block`].
    ///
    /// * [`Overflow::Block`]: the peers that sent the next notifications wait until the subscriber
    ///   has read half of its queue. If it reads nothing for a second, this is logged. Nothing is
    ///   lost.
    /// * [`Overflow::DropNewest`], [`Overflow::DropOldest`]: that notification is dropped and
    ///   [counted](NodeDriver::dropped); this is logged once until the queue is empty. Events, log
    ///   entries, prints, packets and IDs are dropped first, others only when there is nothing else
    ///   to drop.
    /// * [`Overflow::Disconnect`]: the subscriber receives the rest of its queue and nothing more,
    ///   and this is logged.
    #[must_use]
    pub fn overflow(self, overflow: Overflow) -> Subscription {
        Subscription { overflow, ..self }
    }

    fn wants(&self, notification: &Notification) -> bool {
        match (&self.to, notification) {
            (To::All, _)
            | (To::Logs, Notification::LogEntry { .. })
            | (
                To::State,
                Notification::StateAccessPerformed { .. }
                | Notification::StateAccessRejected { .. }
                | Notification::Expired { .. },
            )
            | (
                To::Progress,
                Notification::Listening(_)
                | Notification::ConnectionHandshakeDone(_)
                | Notification::EventRegistered { .. },
            ) => true,
            (To::NoData, notification) => !may_be_dropped(notification),
            (To::NoLogs, notification) => !matches!(notification, Notification::LogEntry { .. }),
            (To::Event(name), Notification::Event { event, .. }) => event.name == *name,
            (To::Event(name), Notification::EventRejected { error, .. }) => error.event == *name,
            _ => false,
        }
    }
}

/// A subscriber.
#[derive(Debug)]
pub(super) struct Subscriber {
    subscription: Subscription,
    bound: Bound,
    queue: IncomingQueue,
    /// When it began to block peers without reading.
    waits_since: Option<Time>,
    /// Whether it was logged as too slow since its queue was last empty.
    is_reported: bool,
    disconnected: bool,
    dropped: u64,
}

impl Subscriber {
    fn wants(&self, notification: &Notification) -> bool {
        !self.disconnected && self.subscription.wants(notification)
    }

    fn is_full(&self) -> bool {
        self.queue.is_full(self.bound) || self.queue.is_full_for_good(self.bound)
    }

    /// Returns whether its queue has room.
    fn has_room(&mut self, now: Time) -> bool {
        let waits = self.subscription.overflow == Overflow::Block && self.is_full();
        if waits {
            self.waits_since.get_or_insert(now);
        }
        !waits
    }

    /// Adds a notification according to the policy; returns the line to log, if any.
    fn push(&mut self, notification: Notification, weight: usize) -> Option<CommLogLine> {
        let is_last = matches!(notification, Notification::Terminated { .. });
        let mut line = None;
        if self.is_full() && !is_last && self.subscription.overflow != Overflow::Block {
            let name = self.subscription.name.clone();
            if self.subscription.overflow == Overflow::Disconnect {
                self.disconnected = true;
                return Some(CommLogLine::SubscriberDisconnected { name });
            }
            let is_news = !std::mem::replace(&mut self.is_reported, true);
            line = is_news.then_some(CommLogLine::SubscriberDrops { name });
            if !self.make_room(&notification) {
                return line;
            }
        }
        self.queue.push(notification, weight);
        line
    }

    /// Drops a notification, possibly the new one; returns whether to add the new one.
    fn make_room(&mut self, next: &Notification) -> bool {
        let before = self.queue.len();
        if self.subscription.overflow == Overflow::DropOldest {
            while self.is_full() && self.queue.drop_oldest().or_else(|| self.queue.pop()).is_some()
            {
            }
        } else if !may_be_dropped(next) {
            self.queue.drop_newest();
        }
        let dropped = before - self.queue.len();
        self.dropped = self.dropped.saturating_add(dropped.max(1) as u64);
        dropped > 0
    }

    /// Takes the next notification with its size, and whether peers can continue.
    fn pop(&mut self, now: Time) -> Option<(Notification, usize, bool)> {
        let (notification, weight) = self.queue.pop()?;
        self.is_reported &= !self.queue.is_empty();
        let half = self.bound.part(1, 2);
        let has_caught_up = self.waits_since.is_some()
            && !self.queue.is_full(half)
            && !self.queue.is_full_for_good(half);
        self.waits_since = self.waits_since.filter(|_| !has_caught_up).map(|_| now);
        Some((notification, weight, has_caught_up))
    }

    /// Returns when to log that the subscriber is stalled.
    fn reported_at(&self) -> Option<Time> {
        Some(self.waits_since.filter(|_| !self.is_reported)? + PATIENCE)
    }
}

impl NodeDriver {
    /// Adds a subscriber, until it is [forgotten](Self::forget).
    ///
    /// It receives all notifications from now on. If no subscriber has read anything yet, it also
    /// receives the earlier notifications that are kept.
    pub fn subscribe(&mut self, ticket: &mut Ticket, subscription: Subscription) {
        let number = self.number(ticket);
        let mut queue = IncomingQueue::default();
        for (notification, weight) in self.early.iter().flat_map(IncomingQueue::iter) {
            if subscription.wants(notification) {
                queue.push(notification.clone(), *weight);
            }
        }
        let bound = subscription.bound.unwrap_or(self.communication.options().incoming.bound);
        let subscriber = Subscriber {
            subscription,
            bound,
            queue,
            waits_since: None,
            is_reported: false,
            disconnected: false,
            dropped: 0,
        };
        self.subscribers.insert(number, subscriber);
    }

    /// Returns the next notification for a subscriber, or `None` after
    /// [`Notification::Terminated`], or if it was disconnected or forgotten.
    #[must_use = "peers wait when too many notifications are queued"]
    pub fn poll_notification(
        &mut self,
        ticket: &mut Ticket,
        waker: &Waker,
    ) -> Poll<Option<Notification>> {
        self.begin_reading(ticket);
        let now = self.communication.now();
        let next = self.subscriber_mut(ticket).and_then(|subscriber| subscriber.pop(now));
        if let Some((notification, _, has_caught_up)) = next {
            if has_caught_up {
                self.communication.unblock();
            }
            return Poll::Ready(Some(notification));
        }
        if self.is_over(ticket) {
            return Poll::Ready(None);
        }
        self.wait(ticket, Wanted::Notification, waker);
        Poll::Pending
    }

    /// Takes queued notifications, oldest first: one, or with [`Overflow::Block`] up to a sixteenth
    /// of the queue's bound, to save locking the node for each. Returns whether peers can continue;
    /// if so, feed the time and [settle](Self::settle). Otherwise this affects nobody else.
    pub fn take_notifications(
        &mut self,
        ticket: &Ticket,
        now: Time,
        taken: &mut VecDeque<Notification>,
    ) -> bool {
        self.begin_reading(ticket);
        let Some(subscriber) = self.subscriber_mut(ticket) else { return false };
        let most = match subscriber.subscription.overflow {
            Overflow::Block => subscriber.bound.part(1, 16),
            _ => Bound::new(1, 1),
        };
        let mut depth = Depth::default();
        while !depth.reaches(most) {
            let Some((notification, weight, has_caught_up)) = subscriber.pop(now) else { break };
            taken.push_back(notification);
            depth.add(weight);
            if has_caught_up {
                self.communication.unblock();
                return true;
            }
        }
        false
    }

    /// Records that a subscriber reads: later ones get no earlier notifications.
    fn begin_reading(&mut self, ticket: &Ticket) {
        if self.subscriber(ticket).is_some_and(|s| s.subscription.to != To::Progress) {
            self.early = None;
        }
    }

    /// Returns whether a subscriber has received its last notification.
    pub fn is_over(&self, ticket: &Ticket) -> bool {
        self.subscriber(ticket).is_none_or(|subscriber| {
            subscriber.queue.is_empty()
                && (subscriber.disconnected || self.all_notified || self.abandoned)
        })
    }

    /// Returns whether a subscriber was disconnected because it was too slow.
    pub fn is_disconnected(&self, ticket: &Ticket) -> bool {
        self.subscriber(ticket).is_some_and(|subscriber| subscriber.disconnected)
    }

    /// Returns how many notifications were dropped for a subscriber because it was too slow.
    pub fn dropped(&self, ticket: &Ticket) -> u64 {
        self.subscriber(ticket).map_or(0, |subscriber| subscriber.dropped)
    }

    /// Returns whether a subscriber has a notification to take, or has ended.
    pub(super) fn has_for(&self, number: u64) -> bool {
        let ended = self.all_notified || self.abandoned;
        let subscriber = self.subscribers.get(&number);
        ended || subscriber.is_none_or(|it| it.disconnected || !it.queue.is_empty())
    }

    fn subscriber(&self, ticket: &Ticket) -> Option<&Subscriber> {
        self.subscribers.get(&ticket.0?)
    }

    fn subscriber_mut(&mut self, ticket: &Ticket) -> Option<&mut Subscriber> {
        self.subscribers.get_mut(&ticket.0?)
    }

    /// Removes a subscriber and its queue.
    pub(super) fn unsubscribe(&mut self, number: u64) {
        if self.subscribers.remove(&number).is_some_and(|it| it.waits_since.is_some()) {
            self.communication.unblock();
        }
    }

    /// Delivers notifications to subscribers, as far as they have room.
    pub(super) fn distribute(&mut self) {
        // After termination there are no peers to block.
        let ended = self.communication.terminated().is_some();
        if ended {
            self.communication.unblock();
            self.subscribers.values_mut().for_each(|subscriber| subscriber.waits_since = None);
        }
        loop {
            let NodeDriver { communication, subscribers, .. } = self;
            let now = communication.now();
            let next = communication.poll_notification_if(|notification| {
                let wanting = subscribers.values_mut().filter(|one| one.wants(notification));
                // Checks all of them, because each records since when it has no room.
                let full = wanting.filter_map(|one| (!one.has_room(now)).then_some(())).count();
                ended || full == 0
            });
            let Some((notification, weight)) = next else { return };
            self.all_notified |= matches!(notification, Notification::Terminated { .. });
            if self.requests.is_empty() {
                self.hand_out(notification, weight);
            } else if let Some(notification) = self.answer(notification) {
                self.hand_out(notification, weight);
            }
        }
    }

    /// Delivers a notification to all subscribers that want it.
    fn hand_out(&mut self, notification: Notification, weight: usize) {
        let mut lines = Vec::new();
        if let Some(early) = &mut self.early {
            early.push(notification.clone(), weight);
            let bound = self.communication.options().incoming.bound;
            if early.len() >= EARLY || early.is_full(bound) || early.is_full_for_good(bound) {
                self.early = None;
            }
        }
        let NodeDriver { subscribers, waiting, wake, .. } = self;
        // Only the last one need not copy it.
        let mut last: Option<&mut Subscriber> = None;
        for (number, subscriber) in subscribers.iter_mut() {
            if subscriber.wants(&notification) {
                wake.extend(waiting.take(*number));
                let before = last.replace(subscriber);
                lines.extend(before.and_then(|it| it.push(notification.clone(), weight)));
            }
        }
        lines.extend(last.and_then(|it| it.push(notification, weight)));
        for line in lines {
            self.report(line);
        }
    }

    /// Delivers a log line to all subscribers that want it, regardless of room.
    fn report(&mut self, line: CommLogLine) {
        let line = self.communication.log_entry(None, line);
        self.hand_out(line, 0);
    }

    /// Logs stalled subscribers.
    pub(super) fn report_stalled(&mut self) {
        let now = self.communication.now();
        let mut lines = Vec::new();
        for subscriber in self.subscribers.values_mut() {
            if subscriber.reported_at().is_some_and(|due| due <= now) {
                subscriber.is_reported = true;
                let (name, waiting) =
                    (subscriber.subscription.name.clone(), subscriber.queue.len());
                lines.push(CommLogLine::SubscriberStalled { name, waiting });
            }
        }
        for line in lines {
            self.report(line);
        }
    }

    /// Returns when to log the next stalled subscriber.
    pub(super) fn next_report(&self) -> Option<Time> {
        self.subscribers.values().filter_map(Subscriber::reported_at).min()
    }
}

/// The number of notifications kept before the first read.
const EARLY: usize = 1000;
