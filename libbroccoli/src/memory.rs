//! Memory of the C allocator, which programs may free.

use std::ffi::{c_char, c_uchar};
use std::ptr;

/// Copies bytes into memory of the C allocator, with a final NUL. Null if there is no memory.
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
/// There is room for the bytes and the NUL.
pub(crate) unsafe fn write(bytes: &[u8], to: *mut c_uchar) {
    // SAFETY: guaranteed by the caller.
    unsafe {
        ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
        to.add(bytes.len()).write(0);
    }
}

/// A string with a final NUL, and with a constant address.
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
