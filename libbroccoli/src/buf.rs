//! `bro_buf_*`: bytes with a position in them.

use std::ffi::{c_int, c_uchar, c_uint, c_void};
use std::{ptr, slice};

use crate::guard::guard;
use crate::layout::{FALSE, TRUE};

/// The size of a buffer in bytes.
const SIZE: usize = 4096;

/// A buffer of at most 4096 bytes.
#[derive(Debug)]
pub struct BroBuf {
    bytes: Box<[u8; SIZE]>,
    used: usize,
    at: usize,
}

impl BroBuf {
    /// Returns the end of `len` bytes from a position on, if they fit.
    fn end(from: usize, len: c_int) -> Option<usize> {
        from.checked_add(usize::try_from(len).ok()?).filter(|end| *end <= SIZE)
    }

    /// Copies bytes to a position.
    ///
    /// # Safety
    /// `data` is null or points to `len` bytes.
    unsafe fn put(&mut self, from: usize, data: *const c_void, len: c_int) -> Option<usize> {
        let end = BroBuf::end(from, len).filter(|_| !data.is_null())?;
        // SAFETY: guaranteed by the caller. The bytes may be a part of this buffer.
        unsafe { ptr::copy(data.cast::<u8>(), self.bytes[from..].as_mut_ptr(), end - from) };
        self.used = self.used.max(end);
        Some(end)
    }
}

fn at(buf: Option<&mut BroBuf>, place: impl Fn(&BroBuf) -> usize) -> *mut c_uchar {
    buf.map_or(ptr::null_mut(), |buf| {
        let place = place(buf);
        buf.bytes[place..].as_mut_ptr()
    })
}

/// Creates an empty buffer.
#[unsafe(no_mangle)]
pub extern "C" fn bro_buf_new() -> *mut BroBuf {
    guard(ptr::null_mut(), || {
        Box::into_raw(Box::new(BroBuf { bytes: Box::new([0; SIZE]), used: 0, at: 0 }))
    })
}

/// Frees a buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_free(buf: *mut BroBuf) {
    guard((), || {
        if !buf.is_null() {
            // SAFETY: a buffer of `bro_buf_new`, which is not used any more.
            drop(unsafe { Box::from_raw(buf) });
        }
    });
}

/// Adds bytes at the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_append(
    buf: *mut BroBuf,
    data: *mut c_void,
    data_len: c_int,
) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or a buffer.
        let Some(buf) = (unsafe { buf.as_mut() }) else { return FALSE };
        // SAFETY: null, or as many bytes as the caller says.
        unsafe { buf.put(buf.used, data, data_len) }.is_some().into()
    })
}

/// Drops the bytes before the position.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_consume(buf: *mut BroBuf) {
    guard((), || {
        // SAFETY: null or a buffer.
        if let Some(buf) = unsafe { buf.as_mut() } {
            buf.bytes.copy_within(buf.at..buf.used, 0);
            buf.used -= buf.at;
            buf.at = 0;
        }
    });
}

/// Empties a buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_reset(buf: *mut BroBuf) {
    guard((), || {
        // SAFETY: null or a buffer.
        if let Some(buf) = unsafe { buf.as_mut() } {
            (buf.used, buf.at) = (0, 0);
        }
    });
}

/// Returns a pointer to the first byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_get(buf: *mut BroBuf) -> *mut c_uchar {
    // SAFETY: null or a buffer.
    guard(ptr::null_mut(), || at(unsafe { buf.as_mut() }, |_| 0))
}

/// Returns a pointer past the last byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_get_end(buf: *mut BroBuf) -> *mut c_uchar {
    // SAFETY: null or a buffer.
    guard(ptr::null_mut(), || at(unsafe { buf.as_mut() }, |buf| buf.used))
}

/// Returns the capacity of the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_get_size(buf: *mut BroBuf) -> c_uint {
    guard(0, || if buf.is_null() { 0 } else { SIZE as c_uint })
}

/// Returns the number of bytes in the buffer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_get_used_size(buf: *mut BroBuf) -> c_uint {
    // SAFETY: null or a buffer.
    guard(0, || unsafe { buf.as_ref() }.map_or(0, |buf| buf.used as c_uint))
}

/// Returns a pointer to the byte at the position.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_ptr_get(buf: *mut BroBuf) -> *mut c_uchar {
    // SAFETY: null or a buffer.
    guard(ptr::null_mut(), || at(unsafe { buf.as_mut() }, |buf| buf.at))
}

/// Returns the position.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_ptr_tell(buf: *mut BroBuf) -> u32 {
    // SAFETY: null or a buffer.
    guard(0, || unsafe { buf.as_ref() }.map_or(0, |buf| buf.at as u32))
}

/// Moves the position, like `fseek`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_ptr_seek(buf: *mut BroBuf, offset: c_int, whence: c_int) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or a buffer.
        let Some(buf) = (unsafe { buf.as_mut() }) else { return FALSE };
        let from = match whence {
            libc::SEEK_SET => 0,
            libc::SEEK_CUR => buf.at,
            libc::SEEK_END => buf.used,
            _ => return FALSE,
        };
        match usize::try_from(from as i64 + i64::from(offset)) {
            Ok(target) if target <= buf.used => {
                buf.at = target;
                TRUE
            }
            _ => FALSE,
        }
    })
}

/// Returns whether there are `size` bytes from the position on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_ptr_check(buf: *mut BroBuf, size: c_int) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or a buffer.
        let buf = unsafe { buf.as_ref() };
        buf.is_some_and(|buf| BroBuf::end(buf.at, size).is_some_and(|end| end <= buf.used)).into()
    })
}

/// Copies bytes from the position, and moves it past them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_ptr_read(
    buf: *mut BroBuf,
    data: *mut c_void,
    size: c_int,
) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or a buffer.
        let Some(buf) = (unsafe { buf.as_mut() }).filter(|_| !data.is_null()) else { return FALSE };
        match BroBuf::end(buf.at, size).filter(|end| *end <= buf.used) {
            Some(end) => {
                let from = &buf.bytes[buf.at..end];
                // SAFETY: room for as many bytes as the caller says.
                let to = unsafe { slice::from_raw_parts_mut(data.cast::<u8>(), from.len()) };
                to.copy_from_slice(from);
                buf.at = end;
                TRUE
            }
            None => FALSE,
        }
    })
}

/// Copies bytes to the position, and moves it past them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_buf_ptr_write(
    buf: *mut BroBuf,
    data: *mut c_void,
    size: c_int,
) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or a buffer.
        let Some(buf) = (unsafe { buf.as_mut() }) else { return FALSE };
        // SAFETY: null, or as many bytes as the caller says.
        match unsafe { buf.put(buf.at, data, size) } {
            Some(end) => {
                buf.at = end;
                TRUE
            }
            None => FALSE,
        }
    })
}
