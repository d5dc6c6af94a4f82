//! Memory of the C allocator, which programs may free.

use std::ffi::{c_char, c_uchar};
use std::ptr;

/// Copies bytes into memory of the C allocator, with a NUL behind them; null if there is none left.
pub(crate) fn duplicate(bytes: &[u8]) -> *mut c_uchar {
    // SAFETY: malloc takes any size.
    let copy = unsafe { libc::malloc(bytes.len() + 1) }.cast::<c_uchar>();
    if !copy.is_null() {
        // SAFETY: the memory is new and has room for the bytes and the NUL.
        unsafe { write(bytes, copy) };
    }
    copy
}

/// Writes bytes and a NUL.
///
/// # Safety
/// There is room for them.
pub(crate) unsafe fn write(bytes: &[u8], to: *mut c_uchar) {
    // SAFETY: the caller's promise.
    unsafe {
        ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        to.add(bytes.len()).write(0);
    }
}

/// A text with a NUL behind it that has one address as long as it lives.
#[derive(Debug, Clone)]
pub(crate) struct Text(Box<[u8]>);

impl Text {
    pub(crate) fn new(bytes: &[u8]) -> Text {
        Text([bytes, b"\0"].concat().into_boxed_slice())
    }

    pub(crate) fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.split_last().map_or(&[], |(_, bytes)| bytes)
    }
}
