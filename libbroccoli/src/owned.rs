//! Strings that are passed to programs.

use std::ffi::c_void;
use std::slice;

use crate::layout::BroString;
use crate::memory;

/// A string created by this library, and its capacity.
#[derive(Debug)]
pub(crate) struct OwnedString(BroString, usize);

// SAFETY: it owns its bytes.
unsafe impl Send for OwnedString {}

impl OwnedString {
    pub(crate) fn new(bytes: &[u8]) -> OwnedString {
        let str_val = memory::duplicate(bytes);
        let str_len = if str_val.is_null() { 0 } else { bytes.len() as u32 };
        OwnedString(BroString { str_len, str_val }, str_len as usize)
    }

    /// Replaces the bytes, in the same memory if they fit.
    pub(crate) fn refill(&mut self, bytes: &[u8]) {
        /// The maximum capacity that is reused.
        const KEPT: usize = 1024;
        if bytes.len() > self.1 || self.1 > KEPT {
            *self = OwnedString::new(bytes);
            return;
        }
        // SAFETY: the capacity was checked, and includes the NUL.
        unsafe { memory::write(bytes, self.0.str_val) };
        self.0.str_len = bytes.len() as u32;
    }

    /// Returns its address, for programs.
    pub(crate) fn as_ptr(&mut self) -> *mut c_void {
        (&raw mut self.0).cast()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: it was created by `new`, and a program that writes to it keeps it valid.
        unsafe { string_bytes(&self.0) }.unwrap_or_default()
    }
}

impl Clone for OwnedString {
    fn clone(&self) -> OwnedString {
        OwnedString::new(self.bytes())
    }
}

impl Drop for OwnedString {
    fn drop(&mut self) {
        // SAFETY: memory of `malloc`, or null.
        unsafe { libc::free(self.0.str_val.cast()) };
    }
}

/// Returns the bytes of a string. `None` if the pointer is null although the length is not 0.
///
/// # Safety
/// `str_val` is null or points to `str_len` bytes.
pub(crate) unsafe fn string_bytes<'a>(string: &BroString) -> Option<&'a [u8]> {
    match (string.str_len, string.str_val.is_null()) {
        (0, _) => Some(&[]),
        (_, true) => None,
        // SAFETY: guaranteed by the caller.
        (len, false) => Some(unsafe { slice::from_raw_parts(string.str_val, len as usize) }),
    }
}
