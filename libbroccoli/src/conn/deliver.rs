//! Callbacks.
//!
//! A callback may call any function, even for its own connection. It may delete the connection, and
//! may leave by `longjmp` or an exception instead of returning. So the stack frames around it own
//! and borrow nothing. The data of an event is in the connection, in a [`Frame`], which is freed
//! when the callback returns, or as soon as it is certain that it will not return.

use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::ptr;

use brocomm::lowlevel::connection::ConnectionNotification;
use bytes::Bytes;

use super::BroConn;
use super::incoming::Incoming;
use super::registry::{BroEventFunc, Callback, Function, Registry};
use crate::debug;
use crate::guard::guard;
use crate::layout::{BroEvArg, BroEvMeta, flag};
use crate::value::Node;

/// The maximum number of arguments of a delivered event.
const ARGUMENTS: usize = 15;

/// An event while its callbacks run.
#[derive(Debug)]
pub(super) struct Frame {
    /// The stack address of the call that runs the callbacks. Earlier calls have higher addresses.
    here: usize,
    /// The event's name with a final NUL.
    name: Vec<u8>,
    /// The callback to run next, if it is known.
    next: Option<Callback>,
    /// Whether there may be more callbacks.
    has_more: bool,
    /// The id of the callback that ran last.
    last: u64,
    /// The id of the last callback that was registered when the event arrived.
    limit: u64,
    nodes: Vec<Node>,
    /// Whether all arguments have types that programs support.
    is_whole: bool,
    args: [BroEvArg; ARGUMENTS],
    meta: BroEvMeta,
    /// The event as received.
    argument: Bytes,
}

// SAFETY: all pointers are into the frame itself.
unsafe impl Send for Frame {}

impl Frame {
    fn new() -> Box<Frame> {
        Box::new(Frame {
            here: 0,
            name: Vec::new(),
            next: None,
            has_more: false,
            last: 0,
            limit: 0,
            nodes: Vec::new(),
            is_whole: false,
            args: [BroEvArg { arg_data: ptr::null_mut(), arg_type: 0 }; ARGUMENTS],
            meta: BroEvMeta {
                ev_name: ptr::null(),
                ev_ts: 0.0,
                ev_numargs: 0,
                ev_args: ptr::null_mut(),
                ev_start: ptr::null(),
                ev_end: ptr::null(),
            },
            argument: Bytes::new(),
        })
    }

    /// Replaces the event, reusing memory. Sets the data other than the arguments only if
    /// `is_wanted` or an argument has an unsupported type.
    fn fill(&mut self, event: &mut Incoming, is_wanted: bool) {
        // Callbacks get the addresses of the nodes, so none may be added after this.
        let count = event.len();
        if self.nodes.len() != count {
            self.nodes.resize_with(count, || Node::untold(0));
        }
        self.is_whole = true;
        let (mut at, mut places) = (0, self.nodes.iter_mut().zip(&mut self.args));
        event.take_args(|value| {
            if let Some((node, arg)) = places.next() {
                self.is_whole &= node.refill(value);
                *arg = BroEvArg { arg_data: node.as_ptr(), arg_type: node.tag() };
                at += 1;
            }
        });
        if at != count {
            self.nodes.truncate(at);
        }
        if is_wanted || !self.is_whole {
            self.name.clear();
            self.name.extend_from_slice(event.name());
            self.name.push(0);
            self.meta.ev_name = self.name.as_ptr().cast();
            self.meta.ev_ts = event.time();
            self.meta.ev_numargs = at as c_int;
            self.meta.ev_args = self.args.as_mut_ptr();
        }
    }

    /// Returns the next callback. Callbacks that were added or removed since the event arrived are
    /// not run.
    fn find(&self, registry: &Registry) -> Option<Callback> {
        if !self.has_more {
            return None;
        }
        let name = self.name.split_last().map_or(&[][..], |(_, name)| name);
        let mut callbacks = registry.of(name).iter();
        let ids = self.last + 1..=self.limit;
        callbacks.find(|next| ids.contains(&next.id) && self.suits(next)).copied()
    }

    /// Returns whether a callback can handle the event. A callback that gets a struct can recognize
    /// missing arguments. Others must not be called then.
    fn suits(&self, callback: &Callback) -> bool {
        self.is_whole || matches!(callback.function, Function::Compact(_))
    }

    /// Makes the received bytes available to callbacks, without the tag.
    fn show(&mut self, argument: Bytes) {
        let bytes = self.argument_of(argument).as_ptr_range();
        (self.meta.ev_start, self.meta.ev_end) = (bytes.start, bytes.end);
    }

    fn argument_of(&mut self, argument: Bytes) -> &[u8] {
        self.argument = argument;
        self.argument.get(1..).unwrap_or_default()
    }
}

/// A callback to run. It is `Copy` and owns nothing, because it is on the stack during the
/// callback.
#[derive(Clone, Copy)]
struct Call {
    function: Function,
    user: *mut c_void,
    args: *const BroEvArg,
    count: usize,
    meta: *mut BroEvMeta,
}

impl BroConn {
    /// Drops the events of calls with lower stack addresses: these calls are over.
    fn unwind(&mut self, here: usize) {
        self.frames.retain(|frame| frame.here > here);
    }

    fn next_event(&mut self) -> Option<Incoming> {
        if let Some(event) = self.pending.pop_front() {
            return Some(event);
        }
        loop {
            match self.poll()? {
                ConnectionNotification::Event(event) => return Some(Incoming::Decoded(event)),
                ConnectionNotification::LazyEvent(event) => return Some(Incoming::Encoded(event)),
                other => drop(self.take(other)),
            }
        }
    }

    /// Returns the next callback to run, of the current event or of one of the next `left` events.
    fn next_call(&mut self, here: usize, left: &mut usize) -> Option<Call> {
        loop {
            if let Some(frame) = self.frames.last_mut().filter(|frame| frame.here == here) {
                let next = frame.next.take().or_else(|| frame.find(&self.registry));
                if let Some(callback) = next {
                    frame.last = callback.id;
                    return Some(Call {
                        function: callback.function,
                        user: callback.user,
                        args: frame.args.as_ptr(),
                        count: frame.nodes.len(),
                        meta: &raw mut frame.meta,
                    });
                }
                self.spare = self.frames.pop();
            }
            if *left == 0 {
                return None;
            }
            let event = self.next_event()?;
            *left -= 1;
            self.begin(event, here);
        }
    }

    /// Starts the delivery of an event, if it can be delivered.
    fn begin(&mut self, mut event: Incoming, here: usize) {
        let callbacks = self.registry.of(event.name());
        if callbacks.is_empty() || event.len() > ARGUMENTS {
            return;
        }
        let (first, has_more) = (callbacks.first().copied(), callbacks.len() > 1);
        let mut frame = self.spare.take().unwrap_or_else(Frame::new);
        let is_shown = callbacks.iter().any(|call| matches!(call.function, Function::Compact(_)));
        if is_shown {
            frame.show(event.argument(&mut self.writer, self.flags & flag::CACHE != 0));
        }
        frame.fill(&mut event, is_shown || has_more);
        if !frame.is_whole {
            let name = frame.name.escape_ascii();
            debug::message(format_args!("{name}: an argument of an unsupported type"));
        }
        (frame.here, frame.last, frame.limit) = (here, 0, self.registry.last());
        frame.next = first.filter(|callback| frame.suits(callback));
        frame.has_more = has_more;
        self.frames.push(frame);
    }
}

thread_local! {
    /// Deleted connections whose callbacks may still run.
    static DELETED: RefCell<Vec<*mut BroConn>> = const { RefCell::new(Vec::new()) };
}

/// Frees a connection now, or when its callbacks have ended.
///
/// # Safety
/// The handle is valid, and the program does not use it any more.
pub(super) unsafe fn free(bc: *mut BroConn) {
    let mark = 0u8;
    let here = ptr::from_ref(black_box(&mark)).addr();
    DELETED.with_borrow_mut(|deleted| {
        // SAFETY: guaranteed by the caller.
        unsafe { (*bc).deleted = true };
        deleted.push(bc);
        // SAFETY: each was deleted and not freed.
        deleted.retain(|bc| unsafe {
            (**bc).unwind(here);
            let runs = !(**bc).frames.is_empty();
            if !runs {
                drop(Box::from_raw(*bc));
            }
            runs
        });
    });
}

/// Frees a connection that a callback has deleted, when the outermost call ends.
///
/// # Safety
/// The handle was deleted and is not freed yet.
unsafe fn free_deleted(bc: *mut BroConn, here: usize) {
    // SAFETY: guaranteed by the caller.
    let conn = unsafe { &mut *bc };
    conn.unwind(here);
    if conn.frames.is_empty() {
        DELETED.with_borrow_mut(|deleted| deleted.retain(|other| *other != bc));
        // SAFETY: no other reference remains.
        drop(unsafe { Box::from_raw(bc) });
    }
}

/// Runs the callbacks of at most `events` events. Returns the number of events, or `None` if the
/// connection was deleted.
///
/// # Safety
/// The handle is valid.
pub(super) unsafe fn deliver(bc: *mut BroConn, events: usize) -> Option<usize> {
    let mark = 0u8;
    let here = ptr::from_ref(black_box(&mark)).addr();
    let mut left = events;
    // SAFETY: guaranteed by the caller.
    guard((), || unsafe { (*bc).unwind(here) });
    loop {
        // SAFETY: valid, as the last callback has not deleted it.
        let Some(call) = guard(None, || unsafe { (*bc).next_call(here, &mut left) }) else {
            return Some(events - left);
        };
        // SAFETY: the function was registered for these arguments, which are stored in the handle.
        unsafe { run(bc, call) };
        // SAFETY: while its callbacks run, only `free_deleted` frees a handle.
        if unsafe { (*bc).deleted } {
            // SAFETY: it is not used any more.
            guard((), || unsafe { free_deleted(bc, here) });
            return None;
        }
    }
}

/// Runs a callback.
///
/// # Safety
/// The function accepts these arguments.
unsafe fn run(bc: *mut BroConn, call: Call) {
    let Call { function, user, args, count, meta } = call;
    match function {
        // SAFETY: guaranteed by the caller.
        Function::Compact(function) => unsafe { function(bc, user, meta) },
        // SAFETY: guaranteed by the caller.
        Function::Expanded(function) => unsafe { expand(function, bc, user, args, count) },
    }
}

macro_rules! pointer {
    ($_:tt) => {
        *mut c_void
    };
}

/// Calls a function with `count` arguments.
///
/// # Safety
/// The function takes this number of arguments, or any number.
unsafe fn expand(
    function: BroEventFunc,
    bc: *mut BroConn,
    user: *mut c_void,
    args: *const BroEvArg,
    count: usize,
) {
    macro_rules! call {
        ($($n:literal)*) => {{
            // The function's type is that of its definition. One that is defined with `...` gets
            // its arguments in the same registers, except on Apple's ARM, where that never worked.
            type Function =
                unsafe extern "C-unwind" fn(*mut BroConn, *mut c_void $(, pointer!($n))*);
            // SAFETY: the caller guarantees the function's type, and there are as many arguments.
            unsafe {
                let function = std::mem::transmute::<BroEventFunc, Function>(function);
                function(bc, user $(, (*args.add($n)).arg_data)*)
            }
        }};
    }
    match count {
        // SAFETY: guaranteed by the caller.
        0 => unsafe { function(bc, user) },
        1 => call!(0),
        2 => call!(0 1),
        3 => call!(0 1 2),
        4 => call!(0 1 2 3),
        5 => call!(0 1 2 3 4),
        6 => call!(0 1 2 3 4 5),
        7 => call!(0 1 2 3 4 5 6),
        8 => call!(0 1 2 3 4 5 6 7),
        9 => call!(0 1 2 3 4 5 6 7 8),
        10 => call!(0 1 2 3 4 5 6 7 8 9),
        11 => call!(0 1 2 3 4 5 6 7 8 9 10),
        12 => call!(0 1 2 3 4 5 6 7 8 9 10 11),
        13 => call!(0 1 2 3 4 5 6 7 8 9 10 11 12),
        14 => call!(0 1 2 3 4 5 6 7 8 9 10 11 12 13),
        15 => call!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14),
        _ => {}
    }
}

/// Reads available input and runs callbacks. Reconnects if the connection is lost and the program
/// wants that. Returns whether a message was handled.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bro_conn_process_input(bc: *mut BroConn) -> c_int {
    let before = guard(None, || {
        // SAFETY: null or valid.
        let conn = unsafe { bc.as_mut() }?;
        let waiting = !conn.pending.is_empty();
        if !conn.is_alive() && !waiting {
            return conn.recover().then_some((true, 0, 1));
        }
        let driver = conn.driver.as_mut()?;
        let before = driver.messages();
        driver.receive();
        let is_one = conn.has(flag::YIELD) && conn.driver.as_ref()?.is_running();
        Some((waiting, before, if is_one { 1 } else { usize::MAX }))
    });
    let Some((waiting, before, events)) = before else { return 0 };
    // SAFETY: not null, so valid.
    let Some(events) = (unsafe { deliver(bc, events) }) else { return 1 };
    guard(0, || {
        // SAFETY: still valid.
        let conn = unsafe { &mut *bc };
        let handled = waiting || events > 0;
        let Some(driver) = &mut conn.driver else { return handled.into() };
        let handled = handled || driver.messages() != before;
        // Writes the answers to PINGs.
        match driver.flush(false) {
            Ok(_) => driver.push(),
            Err(error) => conn.lose(&error),
        }
        handled.into()
    })
}
