//! The messages whose values are in the cache.

use std::sync::Arc;

use bytes::Bytes;

use super::super::tape::{Decode, Item, Known, Made, Memo, Message};
use crate::data::Table;

/// What a message costs besides its chunk, and a decoded object, in bytes, roughly.
pub(super) const EACH: usize = 64;

/// How many messages are kept for their room.
const SPARE: usize = 16;

/// Holds messages for as long as the cache, or another message that is held, refers to them.
#[derive(Debug, Default)]
pub(super) struct Messages {
    held: Vec<Held>,
    free: Vec<u32>,
    spare: Vec<Arc<Message>>,
    /// What all of them cost, in bytes.
    bytes: usize,
}

#[derive(Debug, Default)]
struct Held {
    message: Option<Arc<Message>>,
    notes: Option<Box<Notes>>,
    /// How many refer to it.
    live: usize,
}

/// Holds what the cache notes of a message that refers to values, or of which values are referred
/// to.
#[derive(Debug, Default)]
pub(in super::super) struct Notes {
    /// What of it was decoded because it was referred to.
    pub(in super::super) memo: Memo,
    /// The messages that it refers to, once for each reference.
    pub(in super::super) refers: Vec<u32>,
    /// What the memo costs, in bytes.
    bytes: usize,
}

/// Returns what a message costs, in bytes.
fn cost(message: &Message) -> usize {
    // What a container leaves that nobody holds any more.
    let made = message.made.len() * (size_of::<Made>() + size_of::<Table>());
    message.chunk.len() + message.tape.len() * size_of::<Item>() + made + EACH
}

impl Messages {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns a message to be filled, which nobody shares yet, and the number that it will have if
    /// it is held.
    #[inline]
    pub(super) fn begin(&mut self) -> (Arc<Message>, u32) {
        let message = self.spare.pop().unwrap_or_default();
        let number = match self.free.last() {
            Some(number) => *number,
            None => self.add(),
        };
        (message, number)
    }

    #[cold]
    fn add(&mut self) -> u32 {
        self.held.push(Held::default());
        let number = u32::try_from(self.held.len() - 1).unwrap_or(u32::MAX);
        self.free.push(number);
        number
    }

    /// Holds the message that was begun last, on behalf of so many.
    #[inline]
    pub(super) fn hold(&mut self, message: Arc<Message>, notes: Option<Box<Notes>>, live: usize) {
        let number = self.free.pop();
        if let Some(held) = number.and_then(|number| self.held.get_mut(number as usize)) {
            self.bytes += cost(&message) + notes.as_ref().map_or(0, |notes| notes.bytes);
            *held = Held { message: Some(message), live, notes };
        }
    }

    /// Takes back a message that nobody refers to.
    #[inline]
    pub(super) fn spare(&mut self, mut message: Arc<Message>) {
        if self.spare.len() < SPARE {
            if let Some(unshared) = Arc::get_mut(&mut message) {
                unshared.clear();
                self.spare.push(message);
            }
        }
    }

    /// Returns a message that is held.
    pub(super) fn get(&self, number: u32) -> Option<&Message> {
        self.held.get(number as usize)?.message.as_deref()
    }

    /// Notes that one more refers to a message.
    pub(super) fn refer(&mut self, number: u32) {
        if let Some(held) = self.held.get_mut(number as usize) {
            held.live += 1;
        }
    }

    /// Notes that so many less refer to a message, and lets go of it after the last.
    #[inline]
    pub(super) fn release(&mut self, number: u32, count: usize) {
        if self.leave(number, count) {
            self.drop_unreferred(number);
        }
    }

    #[inline]
    fn drop_unreferred(&mut self, number: u32) {
        let Some(held) = self.held.get_mut(number as usize) else { return };
        let (message, notes) = (held.message.take(), held.notes.take());
        self.free.push(number);
        if let Some(message) = message {
            self.bytes = self.bytes.saturating_sub(cost(&message));
            self.spare(message);
        }
        if let Some(notes) = notes {
            self.drop_notes(*notes);
        }
    }

    /// Lets go of all that only a message which has gone referred to.
    #[cold]
    fn drop_notes(&mut self, notes: Notes) {
        let mut gone = vec![notes];
        while let Some(Notes { refers, bytes, .. }) = gone.pop() {
            self.bytes = self.bytes.saturating_sub(bytes);
            for number in refers {
                if self.leave(number, 1) {
                    let held = self.held.get_mut(number as usize).map(std::mem::take);
                    self.free.push(number);
                    if let Some(message) = held.as_ref().and_then(|held| held.message.as_ref()) {
                        self.bytes = self.bytes.saturating_sub(cost(message));
                    }
                    gone.extend(held.and_then(|held| held.notes).map(|notes| *notes));
                }
            }
        }
    }

    /// Notes that so many less refer to a message; returns whether those were the last.
    #[inline]
    fn leave(&mut self, number: u32, count: usize) -> bool {
        self.held.get_mut(number as usize).is_some_and(|held| {
            held.live = held.live.saturating_sub(count);
            held.live == 0
        })
    }

    /// Decodes the value at this place of a message's tape, which stands for so many objects.
    pub(super) fn value(&mut self, number: u32, tape: u32, objects: u32) -> Option<Known> {
        let held = self.held.get_mut(number as usize)?;
        let message = held.message.as_ref()?;
        let notes = held.notes.get_or_insert_default();
        let before = notes.bytes;
        let value = notes.value(&message.chunk, message, tape, objects);
        self.bytes += notes.bytes - before;
        value
    }
}

impl Notes {
    /// Decodes the value at this place of a message's tape, which stands for so many objects.
    pub(in super::super) fn value(
        &mut self,
        chunk: &Bytes,
        message: &Message,
        tape: u32,
        objects: u32,
    ) -> Option<Known> {
        let end = usize::try_from(message.tape.get(tape as usize)?.end).ok()?;
        // It has been read up to there.
        let from = chunk.slice(end.min(chunk.len())..);
        if let Some(value) = message.made(tape) {
            return Some(Known { value, from });
        }
        let before = self.memo.len();
        let decode = Decode::new(chunk, message, tape);
        let value = decode.with_memo(&mut self.memo).value().ok()?;
        if self.memo.len() > before {
            let objects = usize::try_from(objects).unwrap_or(usize::MAX);
            self.bytes = self.bytes.saturating_add(objects.saturating_mul(EACH));
        }
        Some(Known { value, from })
    }
}
