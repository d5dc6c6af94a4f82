//! `bro_event_registry_*`: the callbacks for events.

use std::collections::BTreeMap;
use std::ffi::{c_char, c_void};

use brocomm::data::Name;

use super::BroConn;
use crate::guard::{filled, guard};
use crate::layout::BroEvMeta;
use crate::value;

/// A callback that gets an event's arguments one by one.
pub type BroEventFunc = unsafe extern "C-unwind" fn(bc: *mut BroConn, user: *mut c_void);
/// A callback that gets an event as a struct.
pub type BroCompactEventFunc =
    unsafe extern "C-unwind" fn(bc: *mut BroConn, user: *mut c_void, meta: *mut BroEvMeta);

/// The two kinds of callbacks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Function {
    Expanded(BroEventFunc),
    Compact(BroCompactEventFunc),
}

/// A callback and the user's pointer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Callback {
    /// The id, which increases with each added callback.
    pub(super) id: u64,
    pub(super) function: Function,
    pub(super) user: *mut c_void,
}

// SAFETY: the pointer is only passed back to the program.
unsafe impl Send for Callback {}

/// The callbacks of a connection.
#[derive(Debug, Default)]
pub(super) struct Registry {
    callbacks: BTreeMap<Box<[u8]>, Vec<Callback>>,
    last: u64,
}

impl Registry {
    fn add(&mut self, name: &[u8], function: Function, user: *mut c_void) {
        self.last += 1;
        let callback = Callback { id: self.last, function, user };
        self.callbacks.entry(name.into()).or_default().push(callback);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.callbacks.is_empty()
    }

    /// Returns whether there are callbacks that get events as structs.
    pub(super) fn has_compact(&self) -> bool {
        let mut callbacks = self.callbacks.values().flatten();
        callbacks.any(|callback| matches!(callback.function, Function::Compact(_)))
    }

    /// Returns the callbacks of an event, in the order in which they were added.
    pub(super) fn of(&self, name: &[u8]) -> &[Callback] {
        self.callbacks.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the last id in use.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Returns the names of all events, in the order in which they were first added.
    pub(super) fn names(&self) -> Vec<Name> {
        let first = |callbacks: &Vec<Callback>| callbacks.first().map(|callback| callback.id);
        let mut names: Vec<_> =
            self.callbacks.iter().map(|(name, callbacks)| (first(callbacks), name)).collect();
        names.sort();
        names.into_iter().map(|(_, name)| value::name(name)).collect()
    }
}

/// Adds a callback.
///
/// # Safety
/// The handle is null or valid, and the name null or a C string.
unsafe fn add(
    bc: *mut BroConn,
    name: *const c_char,
    function: Option<Function>,
    user: *mut c_void,
) {
    guard((), || {
        // SAFETY: guaranteed by the caller.
        let (bc, name) = unsafe { (bc.as_mut(), filled(name)) };
        if let (Some(bc), Some(name), Some(function)) = (bc, name, function) {
            bc.registry.add(name, function, user);
        }
    });
}

/// Adds a callback that gets the arguments one by one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_event_registry_add(
    bc: *mut BroConn,
    event_name: *const c_char,
    func: Option<BroEventFunc>,
    user_data: *mut c_void,
) {
    // SAFETY: null or valid, and null or a C string.
    unsafe { add(bc, event_name, func.map(Function::Expanded), user_data) };
}

/// Adds a callback that gets a struct.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_event_registry_add_compact(
    bc: *mut BroConn,
    event_name: *const c_char,
    func: Option<BroCompactEventFunc>,
    user_data: *mut c_void,
) {
    // SAFETY: null or valid, and null or a C string.
    unsafe { add(bc, event_name, func.map(Function::Compact), user_data) };
}

/// Removes all callbacks of an event.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_event_registry_remove(bc: *mut BroConn, event_name: *const c_char) {
    guard((), || {
        // SAFETY: null or valid, and null or a C string.
        if let (Some(bc), Some(name)) = unsafe { (bc.as_mut(), filled(event_name)) } {
            bc.registry.callbacks.remove(name);
        }
    });
}

/// Requests all events that have callbacks again, if the connection is up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_event_registry_request(bc: *mut BroConn) {
    guard((), || {
        // SAFETY: null or valid.
        let Some(bc) = (unsafe { bc.as_mut() }) else { return };
        let names = bc.registry.names();
        if let Some(driver) = bc.driver.as_mut().filter(|driver| driver.is_running())
            && let Err(error) = driver.request(&names)
        {
            bc.lose(&error);
        }
    });
}
