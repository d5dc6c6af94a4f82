//! Events that wait for a Zeek.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use brocomm::node::{Overflow, Queue};
use brocomm_zeek::message::ZeekEvent;
use tokio::sync::Notify;

use super::weight::weight;

/// An event under its topic.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) topic: String,
    pub(super) event: ZeekEvent,
    weight: usize,
}

impl Item {
    pub(super) fn new(topic: String, event: ZeekEvent) -> Item {
        let weight = topic.len() + weight(&event);
        Item { topic, event, weight }
    }
}

/// A queue with a limit and an overflow policy.
#[derive(Debug)]
pub(super) struct OutgoingQueue {
    queue: Queue,
    waiting: Mutex<Waiting>,
    /// Notified when an event is added.
    filled: Notify,
    /// Notified when there is room.
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    items: VecDeque<Item>,
    bytes: usize,
}

impl Waiting {
    fn pop(&mut self) -> Option<Item> {
        let item = self.items.pop_front()?;
        self.bytes -= item.weight;
        Some(item)
    }
}

impl OutgoingQueue {
    pub(super) fn new(queue: Queue) -> OutgoingQueue {
        OutgoingQueue {
            queue,
            waiting: Mutex::default(),
            filled: Notify::new(),
            emptied: Notify::new(),
        }
    }

    /// Adds an event, and returns how many events were dropped. With the policy `Block`, waits for
    /// room.
    pub(super) async fn push(&self, item: Item) -> u64 {
        let mut item = Some(item);
        loop {
            let emptied = self.emptied.notified();
            {
                let mut waiting = self.waiting();
                let dropped = self.try_push(&mut waiting, &mut item);
                if item.is_none() {
                    drop(waiting);
                    self.filled.notify_one();
                    return dropped;
                }
            }
            emptied.await;
        }
    }

    /// Adds the event, or drops events by the policy. Leaves it in `item` if it has to wait.
    fn try_push(&self, waiting: &mut Waiting, item: &mut Option<Item>) -> u64 {
        let mut dropped = 0;
        let is_full = |waiting: &Waiting| {
            let bound = self.queue.bound;
            waiting.items.len() >= bound.events || waiting.bytes >= bound.bytes
        };
        while is_full(waiting) {
            match self.queue.overflow {
                Overflow::Block => return dropped,
                Overflow::DropOldest if waiting.pop().is_some() => dropped += 1,
                _ => {
                    *item = None;
                    return dropped + 1;
                }
            }
        }
        if let Some(item) = item.take() {
            waiting.bytes += item.weight;
            waiting.items.push_back(item);
        }
        dropped
    }

    /// Removes and returns the oldest event.
    pub(super) fn pop(&self) -> Option<Item> {
        let item = self.waiting().pop();
        self.emptied.notify_waiters();
        item
    }

    /// Puts an event back at the front, even if that exceeds the limit.
    pub(super) fn put_back(&self, item: Item) {
        let mut waiting = self.waiting();
        waiting.bytes += item.weight;
        waiting.items.push_front(item);
    }

    /// Returns the number of queued events.
    pub(super) fn len(&self) -> usize {
        self.waiting().items.len()
    }

    /// Waits until an event has been added since the last call.
    pub(super) async fn filled(&self) {
        self.filled.notified().await;
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use brocomm::node::Bound;
    use brocomm_zeek::Data;

    use super::*;

    fn outgoing(overflow: Overflow) -> OutgoingQueue {
        OutgoingQueue::new(Queue { bound: Bound::new(2, 1 << 20), overflow })
    }

    fn item(number: u64) -> Item {
        Item::new("t".to_owned(), ZeekEvent::new("e", vec![Data::Count(number)]))
    }

    fn left(outgoing: &OutgoingQueue) -> Vec<Data> {
        std::iter::from_fn(|| outgoing.pop()).map(|item| item.event.args[0].clone()).collect()
    }

    #[tokio::test]
    async fn each_overflow_policy_is_applied() {
        for (overflow, dropped, expected) in [
            (Overflow::DropOldest, 1, [2, 3]),
            (Overflow::DropNewest, 1, [1, 2]),
            (Overflow::Disconnect, 1, [1, 2]),
        ] {
            let outgoing = outgoing(overflow);
            let mut lost = 0;
            for number in 1..=3 {
                lost += outgoing.push(item(number)).await;
            }
            assert_eq!(lost, dropped, "{overflow:?}");
            assert_eq!(left(&outgoing), expected.map(Data::Count), "{overflow:?}");
        }
    }

    #[tokio::test]
    async fn with_block_the_sender_waits_for_room() {
        let outgoing = outgoing(Overflow::Block);
        outgoing.push(item(1)).await;
        outgoing.push(item(2)).await;
        let third = outgoing.push(item(3));
        tokio::pin!(third);
        tokio::select! {
            biased;
            _ = &mut third => panic!("no room"),
            () = std::future::ready(()) => {}
        }
        let first = outgoing.pop().unwrap();
        assert_eq!(third.await, 0);
        assert_eq!(outgoing.len(), 2);
        outgoing.put_back(first);
        assert_eq!(left(&outgoing), [1, 2, 3].map(Data::Count));
    }

    #[tokio::test]
    async fn bytes_are_limited_too() {
        let outgoing = OutgoingQueue::new(Queue {
            bound: Bound::new(1000, 100),
            overflow: Overflow::DropNewest,
        });
        let mut lost = 0;
        for number in 0..100 {
            lost += outgoing.push(item(number)).await;
        }
        assert!(lost > 90, "{lost}");
    }
}
