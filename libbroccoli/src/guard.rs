//! Helpers for the functions of the interface.

use std::ffi::{CStr, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::debug;

/// Runs the body of a function. After a panic, which is a bug in this library, returns `failed`.
pub(crate) fn guard<T>(failed: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        debug::message(format_args!("internal error: {}", text.unwrap_or("unknown")));
        failed
    })
}

/// Returns the bytes of a C string without its NUL; `None` for a null pointer.
///
/// # Safety
/// The pointer is null, or a C string that lives as long as the result is used.
pub(crate) unsafe fn text<'a>(pointer: *const c_char) -> Option<&'a [u8]> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: guaranteed by the caller.
    Some(unsafe { CStr::from_ptr(pointer) }.to_bytes())
}

/// Returns the bytes of a C string; `None` for a null pointer and for an empty one.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn filled<'a>(pointer: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: guaranteed by the caller.
    unsafe { text(pointer) }.filter(|text| !text.is_empty())
}
