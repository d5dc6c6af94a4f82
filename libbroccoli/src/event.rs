//! `bro_event_new`, `_free`, `_add_val` and `_set_val`: events to send.

use std::cell::RefCell;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use brocomm::data::{Name, Value};
use brocomm::lowlevel::serial::{Caching, Mode, Reader, ReaderLimits, Serial, WriteError, Writer};
use brocomm::lowlevel::wire::DataFormat;
use bytes::Bytes;

use crate::guard::{guard, text};
use crate::layout::{FALSE, TRUE};
use crate::util;
use crate::value::{self, type_name};

/// The encoding of events: in full and in data format 26, so that the bytes are valid on each
/// connection and in each process that shares one. For an older peer they are [encoded
/// again](in_data_format).
pub(crate) const MODE: Mode = Mode { caching: Caching::None, ..Mode::HANDSHAKE };

/// Converts the argument of a SERIAL in the [usual](MODE) encoding to the data format of a peer.
///
/// # Errors
/// The error in an argument from the program, or what the peer's release does not support.
pub(crate) fn in_data_format(argument: &[u8], format: DataFormat) -> Result<Vec<u8>, String> {
    let mut reader = Reader::new(ReaderLimits::default());
    let serial = reader.read(&Bytes::copy_from_slice(argument), MODE);
    let (mode, mut writer, mut out) = (MODE.with_data_format(format), Writer::new(0), Vec::new());
    let written = match serial.map_err(|error| error.to_string())? {
        Serial::Event(event) => writer.event(mode, &event.name, event.time, &event.args, &mut out),
        // All others are the same in all formats.
        _ => return Ok(argument.to_vec()),
    };
    written.map(|()| out).map_err(|error| error.to_string())
}

/// An event to send.
#[derive(Debug, Clone)]
pub struct BroEvent {
    pub(crate) name: Name,
    args: Vec<Value>,
}

impl BroEvent {
    /// Appends the event as the argument of a SERIAL, with the current time.
    pub(crate) fn write(&self, writer: &mut Writer, out: &mut Vec<u8>) -> Result<(), WriteError> {
        writer.event(MODE, &self.name, util::now_in_seconds(), &self.args, out)
    }
}

/// The initial capacity for arguments.
const ARGUMENTS: usize = 4;

/// Returns a name. If it equals the previous one, which is likely, they share memory.
fn shared_name(bytes: &[u8]) -> Name {
    thread_local! {
        static LAST: RefCell<Name> = const { RefCell::new(Name::new()) };
    }
    LAST.with_borrow_mut(|last| {
        if **last != *bytes {
            *last = value::name(bytes);
        }
        last.clone()
    })
}

/// Creates an event without arguments.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_event_new(event_name: *const c_char) -> *mut BroEvent {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a C string.
        let name = unsafe { text(event_name) };
        name.map_or(ptr::null_mut(), |name| {
            let (name, args) = (shared_name(name), Vec::with_capacity(ARGUMENTS));
            Box::into_raw(Box::new(BroEvent { name, args }))
        })
    })
}

/// Frees an event.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_event_free(be: *mut BroEvent) {
    guard((), || {
        if !be.is_null() {
            // SAFETY: an event of `bro_event_new`, which is not used any more.
            drop(unsafe { Box::from_raw(be) });
        }
    });
}

/// Adds an argument.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_event_add_val(
    be: *mut BroEvent,
    ty: c_int,
    ty_name: *const c_char,
    val: *const c_void,
) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or an event; null or a C string; null or a value of the type.
        let (be, value) = unsafe { (be.as_mut(), value::read(ty, type_name(ty_name), val)) };
        be.zip(value).map_or(FALSE, |(be, value)| {
            be.args.push(value);
            TRUE
        })
    })
}

/// Replaces an argument.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_event_set_val(
    be: *mut BroEvent,
    val_num: c_int,
    ty: c_int,
    ty_name: *const c_char,
    val: *const c_void,
) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or an event; null or a C string; null or a value of the type.
        let (be, value) = unsafe { (be.as_mut(), value::read(ty, type_name(ty_name), val)) };
        let Ok(position) = usize::try_from(val_num) else { return FALSE };
        let arg = be.and_then(|be| be.args.get_mut(position));
        arg.zip(value).map_or(FALSE, |(arg, value)| {
            *arg = value;
            TRUE
        })
    })
}
