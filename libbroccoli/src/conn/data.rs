//! `bro_conn_data_*`: what programs keep with a connection.

use std::ffi::{c_char, c_void};
use std::ptr;

use super::BroConn;
use crate::guard::{filled, guard};

/// Adds an entry, also if there is one of that name; the older one is found first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_data_set(bc: *mut BroConn, key: *const c_char, val: *mut c_void) {
    guard((), || {
        // SAFETY: null or valid, and null or a C string.
        if let (Some(bc), Some(key)) = unsafe { (bc.as_mut(), filled(key)) } {
            bc.data.push((key.into(), val));
        }
    });
}

/// Returns where the oldest entry of this name is.
///
/// # Safety
/// The handle is null or valid, and the key null or a C string.
unsafe fn find<'a>(bc: *mut BroConn, key: *const c_char) -> Option<(&'a mut BroConn, usize)> {
    // SAFETY: the caller's promise.
    let (bc, key) = unsafe { (bc.as_mut()?, filled(key)?) };
    let at = bc.data.iter().position(|(name, _)| **name == *key)?;
    Some((bc, at))
}

/// Returns what was set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_data_get(bc: *mut BroConn, key: *const c_char) -> *mut c_void {
    guard(ptr::null_mut(), || {
        // SAFETY: null or valid, and null or a C string.
        unsafe { find(bc, key) }.map_or(ptr::null_mut(), |(bc, at)| bc.data[at].1)
    })
}

/// Removes an entry and returns what was set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_data_del(bc: *mut BroConn, key: *const c_char) -> *mut c_void {
    guard(ptr::null_mut(), || {
        // SAFETY: null or valid, and null or a C string.
        unsafe { find(bc, key) }.map_or(ptr::null_mut(), |(bc, at)| bc.data.remove(at).1)
    })
}
