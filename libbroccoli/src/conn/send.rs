//! `bro_event_send` and its queue.

use std::collections::VecDeque;
use std::ffi::{c_int, c_uchar};
use std::slice;
use std::thread;
use std::time::Duration;

use brocomm::data::Name;

use super::BroConn;
use super::deliver::deliver;
use crate::debug;
use crate::event::BroEvent;
use crate::guard::guard;
use crate::layout::{FALSE, TRUE, flag};
use crate::library::QUEUE;

/// The minimum duration of a flush without a connection, because programs flush in a loop until the
/// queue is empty.
const REST: Duration = Duration::from_millis(10);

/// A message to send, as the argument of a SERIAL.
#[derive(Debug)]
pub(super) struct Message {
    /// The name of an event that is sent only if the peer has requested it.
    event: Option<Name>,
    argument: Vec<u8>,
}

impl BroConn {
    fn is_requested(&self, event: &Name) -> bool {
        self.driver.as_ref().is_some_and(|driver| driver.machine.is_event_requested(event))
            || self.adopted.contains(event)
    }

    /// Checks whether the peer is gone. Without callbacks, also handles its requests, because then
    /// the program may never have its input handled.
    fn look(&mut self) {
        let only_sends = self.registry.is_empty();
        let Some(driver) = self.driver.as_mut().filter(|driver| !driver.dead) else { return };
        if !driver.is_owner() {
            return;
        }
        let closing =
            driver.socket.as_ref().is_some_and(|socket| !only_sends && socket.is_closing());
        if !only_sends && !closing {
            return;
        }
        loop {
            let Some(driver) = self.driver.as_mut().filter(|driver| !driver.dead) else { return };
            let before = driver.read;
            driver.receive();
            let is_all = driver.read == before;
            self.drain();
            if only_sends {
                self.pending.clear();
            }
            if is_all {
                return;
            }
        }
    }

    fn send_event(&mut self, event: &BroEvent) -> bool {
        self.look();
        self.recover();
        if self.driver.is_some() && self.requested.as_ref() != Some(&event.name) {
            if !self.is_requested(&event.name) {
                return true;
            }
            self.requested = Some(event.name.clone());
        }
        let mut argument = std::mem::take(&mut self.scratch);
        argument.clear();
        match event.write(&mut self.writer, &mut argument) {
            Ok(()) => self.send(Some(&event.name), argument),
            Err(error) => {
                debug::message(format_args!("event {} is not sent: {error}", event.name));
                false
            }
        }
    }

    fn send_argument(&mut self, argument: Vec<u8>) -> bool {
        self.look();
        self.recover();
        self.send(None, argument)
    }

    /// Sends the queued messages and then this one. Returns whether it was sent or queued.
    fn send(&mut self, event: Option<&Name>, argument: Vec<u8>) -> bool {
        if !self.queue.is_empty() {
            self.flush_queue();
        }
        let mut lost = false;
        if let Some(driver) = self.driver.as_mut().filter(|driver| driver.is_running()) {
            match driver.spoken(&argument).map(|spoken| driver.send(&spoken)) {
                Ok(Ok(())) => {
                    self.scratch = argument;
                    return true;
                }
                Ok(Err(error)) => self.lose(&error),
                Err(why) => {
                    debug::message(format_args!("not sent: {why}"));
                    return false;
                }
            }
            lost = self.has(flag::RECONNECT);
        }
        if !lost && !self.has(flag::ALWAYS_QUEUE) {
            return false;
        }
        self.push(Message { event: event.cloned(), argument });
        // The program need not know that the connection was lost just now.
        if lost && self.recover() {
            self.flush_queue();
        }
        true
    }

    fn push(&mut self, message: Message) {
        if self.queue.len() >= self.library.queue as usize {
            debug::message(format_args!("queue full: the oldest message is dropped"));
            self.queue.pop_front();
        }
        self.queue.push_back(message);
    }

    /// Sends as many of the queued messages as possible.
    pub(super) fn flush_queue(&mut self) {
        while let Some(message) = self.queue.pop_front() {
            let Some(driver) = self.driver.as_ref().filter(|driver| driver.is_running()) else {
                return self.queue.push_front(message);
            };
            debug_assert!(!driver.dead);
            if message.event.as_ref().is_some_and(|event| !self.is_requested(event)) {
                continue;
            }
            let Some(driver) = &mut self.driver else { return };
            match driver.spoken(&message.argument).map(|spoken| driver.send(&spoken)) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    self.lose(&error);
                    return self.queue.push_front(message);
                }
                Err(why) => debug::message(format_args!("not sent: {why}")),
            }
        }
        // Frees the memory of a queue that was long.
        if self.queue.capacity() > 64 {
            self.queue = VecDeque::new();
        }
    }
}

/// Runs a function that sends on a connection, then the callbacks if it has reconnected. Input on
/// an existing connection is not handled here.
///
/// # Safety
/// The handle is null or valid.
unsafe fn sending(bc: *mut BroConn, send: impl FnOnce(&mut BroConn) -> bool) -> c_int {
    let (sent, is_new) = guard((false, false), || {
        // SAFETY: guaranteed by the caller.
        let Some(conn) = (unsafe { bc.as_mut() }) else { return (false, false) };
        let before = conn.connections;
        let sent = send(conn);
        (sent, conn.connections != before)
    });
    if is_new {
        // SAFETY: not null, so valid.
        unsafe { deliver(bc, usize::MAX) };
    }
    sent.into()
}

/// Sends an event, or queues it.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bro_event_send(bc: *mut BroConn, be: *mut BroEvent) -> c_int {
    // SAFETY: null or valid.
    match unsafe { be.as_ref() } {
        // SAFETY: null or valid.
        Some(event) => unsafe { sending(bc, |conn| conn.send_event(event)) },
        None => FALSE,
    }
}

/// Sends a serialized event, regardless of the peer's requests.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bro_event_send_raw(
    bc: *mut BroConn,
    data: *const c_uchar,
    data_len: c_int,
) -> c_int {
    if bc.is_null() || data.is_null() || data_len < 0 {
        return FALSE;
    }
    if data_len == 0 {
        return TRUE;
    }
    // SAFETY: as many bytes as the caller says; a valid handle.
    unsafe {
        let data = slice::from_raw_parts(data, data_len as usize);
        sending(bc, |conn| conn.send_argument([b"e", data].concat()))
    }
}

/// Sends the argument of a SERIAL that another module has created.
///
/// # Safety
/// The handle is null or valid, and the argument comes from a box.
pub(crate) unsafe fn send_made(bc: *mut BroConn, argument: *mut Vec<u8>) -> c_int {
    // SAFETY: guaranteed by the caller.
    unsafe { sending(bc, |conn| conn.send_argument(*Box::from_raw(argument))) }
}

/// Returns how many messages are queued.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_event_queue_length(bc: *mut BroConn) -> c_int {
    // SAFETY: null or valid.
    guard(0, || unsafe { bc.as_ref() }.map_or(0, |bc| bc.queue.len() as c_int))
}

/// Returns how many messages can be queued.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_event_queue_length_max(bc: *mut BroConn) -> c_int {
    // SAFETY: null or valid.
    guard(0, || unsafe { bc.as_ref() }.map_or(QUEUE, |bc| bc.library.queue))
}

/// Sends queued messages and returns how many are left.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bro_event_queue_flush(bc: *mut BroConn) -> c_int {
    let flush = |conn: &mut BroConn| {
        conn.look();
        conn.recover();
        conn.flush_queue();
        if !conn.queue.is_empty() {
            thread::sleep(REST);
        }
        true
    };
    // SAFETY: null or valid.
    match unsafe { sending(bc, flush) } {
        FALSE => -1,
        // SAFETY: valid, unless a callback has deleted it.
        _ => unsafe { bro_event_queue_length(bc) },
    }
}
