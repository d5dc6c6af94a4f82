//! `bro_util_*`

use std::ffi::c_int;
use std::time::{SystemTime, UNIX_EPOCH};

use brocomm::Time;
use libc::{timespec, timeval};

use crate::guard::guard;
use crate::layout::{BroAddr, FALSE};
use crate::value::MAPPED;

/// The first 12 bytes of an IPv4-mapped address.
#[unsafe(no_mangle)]
pub static BRO_IPV4_MAPPED_PREFIX: [u8; 12] = MAPPED;

/// Returns the wall-clock time.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// Returns the wall-clock time in seconds since the Unix epoch.
pub(crate) fn now_in_seconds() -> f64 {
    let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is valid. The time stays 0 on a system without a clock.
    unsafe { libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut now) };
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

/// Returns the time in seconds since the Unix epoch.
#[unsafe(no_mangle)]
pub extern "C" fn bro_util_current_time() -> f64 {
    now_in_seconds()
}

/// Returns a `timeval` in seconds; 0 for a null pointer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_util_timeval_to_double(tv: *const timeval) -> f64 {
    // SAFETY: null or valid.
    guard(0.0, || unsafe { tv.as_ref() }.map_or(0.0, seconds))
}

/// Returns whether an address is an IPv4 one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_util_is_v4_addr(a: *const BroAddr) -> c_int {
    // SAFETY: null or valid.
    guard(FALSE, || unsafe { a.as_ref() }.is_some_and(BroAddr::is_v4).into())
}

pub(crate) fn seconds(tv: &timeval) -> f64 {
    tv.tv_sec as f64 + tv.tv_usec as f64 / 1e6
}
