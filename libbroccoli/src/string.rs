//! `bro_string_*`

use std::ffi::{c_char, c_int, c_uchar};
use std::{ptr, slice};

use crate::guard::{guard, text};
use crate::layout::{BroString, FALSE, TRUE};
use crate::memory;
use crate::owned::string_bytes;

const EMPTY: BroString = BroString { str_len: 0, str_val: ptr::null_mut() };

/// Copies bytes into a string. Does not free its previous content.
///
/// # Safety
/// The string is null or valid, initialized or not.
unsafe fn set(bs: *mut BroString, bytes: &[u8]) -> c_int {
    let Ok(str_len) = u32::try_from(bytes.len()) else { return FALSE };
    let str_val = memory::duplicate(bytes);
    if bs.is_null() || str_val.is_null() {
        // SAFETY: null, or what was just made.
        unsafe { libc::free(str_val.cast()) };
        return FALSE;
    }
    // SAFETY: guaranteed by the caller.
    unsafe { bs.write(BroString { str_len, str_val }) };
    TRUE
}

/// Makes a string empty, without freeing anything.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_string_init(bs: *mut BroString) {
    if !bs.is_null() {
        // SAFETY: not null, so valid.
        unsafe { bs.write(EMPTY) };
    }
}

/// Sets a string to a copy of a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_string_set(bs: *mut BroString, s: *const c_char) -> c_int {
    // SAFETY: null or a C string; null or valid.
    guard(FALSE, || unsafe { text(s).map_or(FALSE, |bytes| set(bs, bytes)) })
}

/// Sets a string to a copy of bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_string_set_data(
    bs: *mut BroString,
    data: *const c_uchar,
    data_len: c_int,
) -> c_int {
    guard(FALSE, || match usize::try_from(data_len) {
        // SAFETY: as many bytes as the caller says; null or valid.
        Ok(len) if !data.is_null() => unsafe { set(bs, slice::from_raw_parts(data, len)) },
        _ => FALSE,
    })
}

/// Returns the bytes of a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_string_get_data(bs: *const BroString) -> *const c_uchar {
    // SAFETY: null or a string.
    guard(ptr::null(), || unsafe { bs.as_ref() }.map_or(ptr::null(), |bs| bs.str_val.cast_const()))
}

/// Returns the number of bytes of a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_string_get_length(bs: *const BroString) -> u32 {
    // SAFETY: null or a string.
    guard(0, || unsafe { bs.as_ref() }.map_or(0, |bs| bs.str_len))
}

/// Returns a copy of a string, including the struct.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_string_copy(bs: *mut BroString) -> *mut BroString {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a string.
        let bytes = unsafe { bs.as_ref().and_then(|bs| string_bytes(bs)) };
        let Some(bytes) = bytes else { return ptr::null_mut() };
        // SAFETY: malloc takes any size.
        let copy = unsafe { libc::malloc(size_of::<BroString>()) }.cast::<BroString>();
        // SAFETY: null, or room for a string.
        if unsafe { set(copy, bytes) } == FALSE {
            // SAFETY: null, or what was just made.
            unsafe { libc::free(copy.cast()) };
            return ptr::null_mut();
        }
        copy
    })
}

/// Sets a string to a copy of another, and frees its previous content.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_string_assign(src: *mut BroString, dst: *mut BroString) {
    guard((), || {
        // SAFETY: null or strings.
        let (source, target) = unsafe { (src.as_ref().copied(), dst.as_ref().copied()) };
        let Some((source, target)) = source.zip(target) else { return };
        // SAFETY: these are strings. The bytes are copied before the old ones are freed, which may
        // be the same.
        unsafe {
            if string_bytes(&source).is_some_and(|bytes| set(dst, bytes) == TRUE) {
                libc::free(target.str_val.cast());
            }
        }
    });
}

/// Frees the bytes of a string and makes it empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_string_cleanup(bs: *mut BroString) {
    guard((), || {
        // SAFETY: null or a string.
        if let Some(bs) = unsafe { bs.as_mut() } {
            // SAFETY: bytes of the C allocator, or null.
            unsafe { libc::free(bs.str_val.cast()) };
            *bs = EMPTY;
        }
    });
}

/// Frees a string of `bro_string_copy`, including the struct.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_string_free(bs: *mut BroString) {
    // SAFETY: null or a string of the C allocator.
    unsafe {
        bro_string_cleanup(bs);
        libc::free(bs.cast());
    }
}
