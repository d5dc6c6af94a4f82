//! `bro_conn_data_*`: pointers that programs store with a connection.

use std::ffi::{c_char, c_void};
use std::ptr;

use super::BroConn;
use crate::guard::{filled, guard};

/// Adds an entry, even if one with that name exists. The oldest one is found first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_data_set(bc: *mut BroConn, key: *const c_char, val: *mut c_void) {
    guard((), || {
        // SAFETY: null or valid, and null or a C string.
        if let (Some(bc), Some(key)) = unsafe { (bc.as_mut(), filled(key)) } {
            bc.data.push((key.into(), val));
        }
    });
}

/// Returns the connection and the position of the oldest entry with this name.
///
/// # Safety
/// The handle is null or valid, and the key null or a C string.
unsafe fn find<'a>(bc: *mut BroConn, key: *const c_char) -> Option<(&'a mut BroConn, usize)> {
    // SAFETY: guaranteed by the caller.
    let (bc, key) = unsafe { (bc.as_mut()?, filled(key)?) };
    let at = bc.data.iter().position(|(name, _)| **name == *key)?;
    Some((bc, at))
}

/// Returns the pointer of an entry.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_data_get(bc: *mut BroConn, key: *const c_char) -> *mut c_void {
    guard(ptr::null_mut(), || {
        // SAFETY: null or valid, and null or a C string.
        unsafe { find(bc, key) }.map_or(ptr::null_mut(), |(bc, at)| bc.data[at].1)
    })
}

/// Removes an entry and returns its pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_data_del(bc: *mut BroConn, key: *const c_char) -> *mut c_void {
    guard(ptr::null_mut(), || {
        // SAFETY: null or valid, and null or a C string.
        unsafe { find(bc, key) }.map_or(ptr::null_mut(), |(bc, at)| bc.data.remove(at).1)
    })
}
