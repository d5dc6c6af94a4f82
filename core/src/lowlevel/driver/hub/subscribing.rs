//! Those who take notifications, each from a queue of its own.

use std::task::{Poll, Waker};
use std::time::Duration;

use super::waiting::Wanted;
use super::{NodeDriver, Ticket};
use crate::Time;
use crate::data::Name;
use crate::node::inbox::{Inbox, may_be_dropped};
use crate::node::{Bound, CommLogLine, Notification, Overflow};

/// How long peers wait for a subscriber that reads nothing before the log says so.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a subscriber gets, and what happens when it does not keep up.
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

/// What a subscriber gets.
#[derive(Debug, Clone, PartialEq, Eq)]
enum To {
    All,
    Event(Name),
    Logs,
    State,
    Progress,
}

impl Subscription {
    /// Subscribes to all notifications; the name is what the log calls the subscriber.
    pub fn new(name: impl Into<Box<str>>) -> Subscription {
        Subscription { name: name.into(), to: To::All, bound: None, overflow: Overflow::Block }
    }

    /// Subscribes to the events of this name only.
    #[must_use]
    pub fn event(self, name: impl Into<Name>) -> Subscription {
        Subscription { to: To::Event(name.into()), ..self }
    }

    /// Subscribes to the entries of peers' logs only.
    #[must_use]
    pub fn logs(self) -> Subscription {
        Subscription { to: To::Logs, ..self }
    }

    /// Subscribes to changes of synchronized variables only: operations that peers carried out, and
    /// entries that expired.
    #[must_use]
    pub fn state(self) -> Subscription {
        Subscription { to: To::State, ..self }
    }

    /// Subscribes only to where the node listens, and to peers that come to be Running. Whoever subscribes
    /// to more afterwards gets what came since the node began nevertheless.
    #[must_use]
    pub fn progress(self) -> Subscription {
        Subscription { to: To::Progress, ..self }
    }

    /// Bounds the queue. Default the bound of [`Options::incoming`](crate::node::Options::incoming).
    #[must_use]
    pub fn bound(self, bound: Bound) -> Subscription {
        Subscription { bound: Some(bound), ..self }
    }

    /// Returns what happens when the queue is full. Default [`Overflow::Block`].
    ///
    /// * [`Overflow::Block`]: the peers that sent what comes next wait until the subscriber has read
    ///   half of its queue. If it reads nothing for a second, the log says so. Nothing is lost.
    /// * [`Overflow::DropNewest`], [`Overflow::DropOldest`]: that is dropped, and
    ///   [counted](NodeDriver::dropped); the log says so, once until the queue is empty. Events, log
    ///   entries, prints, packets and IDs go first, the rest when there is nothing else to drop.
    /// * [`Overflow::Disconnect`]: the subscriber gets what is in its queue and nothing more, and the
    ///   log says so.
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
                Notification::StateAccessPerformed { .. } | Notification::Expired { .. },
            )
            | (
                To::Progress,
                Notification::Listening(_) | Notification::ConnectionHandshakeDone(_),
            ) => true,
            (To::Event(name), Notification::Event { event, .. }) => event.name == *name,
            _ => false,
        }
    }
}

/// One who takes notifications.
#[derive(Debug)]
pub(super) struct Subscriber {
    subscription: Subscription,
    bound: Bound,
    queue: Inbox,
    /// Since when peers wait for it to read anything.
    waits_since: Option<Time>,
    /// The log says already that it does not keep up.
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

    /// Returns whether peers have to wait for it.
    fn has_room(&mut self, now: Time) -> bool {
        let waits = self.subscription.overflow == Overflow::Block && self.is_full();
        if waits {
            self.waits_since.get_or_insert(now);
        }
        !waits
    }

    /// Adds a notification, as the policy has it; returns what the log is to say.
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

    /// Drops something, which may be what would be added; returns whether to add it.
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

    /// Takes the next notification; tells as well whether peers need not wait any more.
    fn pop(&mut self, now: Time) -> Option<(Notification, bool)> {
        let (notification, _) = self.queue.pop()?;
        self.is_reported &= !self.queue.is_empty();
        let Bound { events, bytes } = self.bound;
        let half = Bound::new(events.div_ceil(2), bytes.div_ceil(2));
        let has_caught_up = !self.queue.is_full(half) && !self.queue.is_full_for_good(half);
        let waited = self.waits_since.is_some();
        self.waits_since = self.waits_since.filter(|_| !has_caught_up).map(|_| now);
        Some((notification, waited && has_caught_up))
    }

    /// Returns when the log is to say that it reads nothing.
    fn reported_at(&self) -> Option<Time> {
        Some(self.waits_since.filter(|_| !self.is_reported)? + PATIENCE)
    }
}

impl NodeDriver {
    /// Records a subscriber, until it is [forgotten](Self::forget).
    ///
    /// It gets what comes from now on; or, if nobody has read anything yet, all that came, as far as
    /// that is kept.
    pub fn subscribe(&mut self, ticket: &mut Ticket, subscription: Subscription) {
        let number = self.number(ticket);
        let mut queue = Inbox::default();
        for (notification, weight) in self.early.iter().flat_map(Inbox::iter) {
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

    /// Returns the next notification for a subscriber; none after [`Notification::Terminated`], or if
    /// it was disconnected or forgotten.
    #[must_use = "peers wait when too many notifications do"]
    pub fn poll_notification(
        &mut self,
        ticket: &mut Ticket,
        waker: &Waker,
    ) -> Poll<Option<Notification>> {
        if self.subscriber(ticket).is_some_and(|s| s.subscription.to != To::Progress) {
            self.early = None;
        }
        let now = self.communication.now();
        let next = self.subscriber_mut(ticket).and_then(|subscriber| subscriber.pop(now));
        if let Some((notification, has_caught_up)) = next {
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

    /// Returns whether nothing waits for a subscriber, nor ever will.
    pub fn is_over(&self, ticket: &Ticket) -> bool {
        self.subscriber(ticket).is_none_or(|subscriber| {
            subscriber.queue.is_empty()
                && (subscriber.disconnected || self.told_all || self.abandoned)
        })
    }

    /// Returns whether a subscriber was disconnected for not keeping up.
    pub fn is_disconnected(&self, ticket: &Ticket) -> bool {
        self.subscriber(ticket).is_some_and(|subscriber| subscriber.disconnected)
    }

    /// Returns how many notifications were dropped for a subscriber that does not keep up.
    pub fn dropped(&self, ticket: &Ticket) -> u64 {
        self.subscriber(ticket).map_or(0, |subscriber| subscriber.dropped)
    }

    /// Returns whether there is something for a subscriber, be it the end.
    pub(super) fn has_for(&self, number: u64) -> bool {
        let ended = self.told_all || self.abandoned;
        let subscriber = self.subscribers.get(&number);
        ended || subscriber.is_none_or(|it| it.disconnected || !it.queue.is_empty())
    }

    fn subscriber(&self, ticket: &Ticket) -> Option<&Subscriber> {
        self.subscribers.get(&ticket.0?)
    }

    fn subscriber_mut(&mut self, ticket: &Ticket) -> Option<&mut Subscriber> {
        self.subscribers.get_mut(&ticket.0?)
    }

    /// Forgets a subscriber and all that waits for it.
    pub(super) fn unsubscribe(&mut self, number: u64) {
        if self.subscribers.remove(&number).is_some_and(|it| it.waits_since.is_some()) {
            self.communication.unblock();
        }
    }

    /// Gives subscribers what there is, as far as they have room.
    pub(super) fn distribute(&mut self) {
        // At the end there is no peer to wait, so that nothing holds up anybody.
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
                // All are asked, since each notes since when it has no room.
                let full = wanting.filter_map(|one| (!one.has_room(now)).then_some(())).count();
                ended || full == 0
            });
            let Some((notification, weight)) = next else { return };
            self.told_all |= matches!(notification, Notification::Terminated { .. });
            if let Some(notification) = self.answer(notification) {
                self.hand_out(notification, weight);
            }
        }
    }

    /// Gives a notification to all who want it.
    fn hand_out(&mut self, notification: Notification, weight: usize) {
        let mut lines = Vec::new();
        if let Some(early) = &mut self.early {
            early.push(notification.clone(), weight);
            let bound = self.communication.options().incoming.bound;
            if early.len() >= EARLY || early.is_full(bound) || early.is_full_for_good(bound) {
                self.early = None;
            }
        }
        let mut left = self.subscribers.values().filter(|one| one.wants(&notification)).count();
        let mut notification = Some(notification);
        for (number, subscriber) in &mut self.subscribers {
            let Some(next) = &notification else { break };
            if !subscriber.wants(next) {
                continue;
            }
            left -= 1;
            let given = if left == 0 { notification.take() } else { notification.clone() };
            lines.extend(given.and_then(|given| subscriber.push(given, weight)));
            self.wake.extend(self.waiting.by_ticket.remove(number).map(|(_, waker)| waker));
        }
        for line in lines {
            self.report(line);
        }
    }

    /// Gives a line of the log to all who want it, room or not.
    fn report(&mut self, line: CommLogLine) {
        let line = self.communication.log_entry(None, line);
        self.hand_out(line, 0);
    }

    /// Says in the log who has read nothing for too long.
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

    /// Returns when the log is to say that somebody has read nothing.
    pub(super) fn next_report(&self) -> Option<Time> {
        self.subscribers.values().filter_map(Subscriber::reported_at).min()
    }
}

/// How many notifications are kept for those who subscribe before anybody reads.
const EARLY: usize = 1000;
