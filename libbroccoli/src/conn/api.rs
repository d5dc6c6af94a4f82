//! The functions for connections, except those for events.

use std::ffi::{c_char, c_int};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::RawFd;
use std::{ptr, str};

use bytes::Bytes;
use libc::{in_addr, in6_addr};

use super::deliver::{self, deliver};
use super::{BroConn, Target};
use crate::guard::{filled, guard, text};
use crate::layout::{BroConnStats, FALSE, TRUE};
use crate::library::library;

fn make(target: impl FnOnce() -> Option<Target>, flags: c_int) -> *mut BroConn {
    let library = library();
    guard(ptr::null_mut(), || {
        target()
            .map_or(ptr::null_mut(), |target| Box::into_raw(BroConn::new(target, flags, library)))
    })
}

/// Creates a handle for a peer at an IPv4 address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_new(
    ip_addr: *mut in_addr,
    port: u16,
    flags: c_int,
) -> *mut BroConn {
    let target = || {
        // SAFETY: null or valid.
        let ip = Ipv4Addr::from(u32::from_be(unsafe { ip_addr.as_ref() }?.s_addr));
        Some(Target::Address(format!("{ip}:{}", u16::from_be(port)).into()))
    };
    make(target, flags)
}

/// Creates a handle for a peer at an IPv6 address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_new6(
    ip_addr: *mut in6_addr,
    port: u16,
    flags: c_int,
) -> *mut BroConn {
    let target = || {
        // SAFETY: null or valid.
        let ip = Ipv6Addr::from(unsafe { ip_addr.as_ref() }?.s6_addr);
        Some(Target::Address(format!("{ip}:{}", u16::from_be(port)).into()))
    };
    make(target, flags)
}

/// Creates a handle for a peer by `host:port`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_new_str(hostname: *const c_char, flags: c_int) -> *mut BroConn {
    let target = || {
        // SAFETY: null or a C string.
        let target = str::from_utf8(unsafe { filled(hostname) }?).ok()?;
        Some(Target::Address(target.into()))
    };
    make(target, flags)
}

/// Creates a handle for the peer at the other end of a socket.
#[unsafe(no_mangle)]
pub extern "C" fn bro_conn_new_socket(socket: RawFd, flags: c_int) -> *mut BroConn {
    make(|| (socket >= 0).then_some(Target::Socket(Some(socket))), flags)
}

/// Sets the class that is announced to the peer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_set_class(bc: *mut BroConn, classname: *const c_char) {
    guard((), || {
        // SAFETY: null or valid, and null or a C string.
        if let (Some(bc), class) = unsafe { (bc.as_mut(), text(classname)) } {
            bc.class = class.map(Bytes::copy_from_slice);
        }
    });
}

/// Returns the class that the peer announced.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_get_peer_class(bc: *const BroConn) -> *const c_char {
    guard(ptr::null(), || {
        // SAFETY: null or valid.
        let class = unsafe { bc.as_ref() }.and_then(|bc| bc.peer_class.as_ref());
        class.map_or(ptr::null(), |class| class.as_ptr())
    })
}

/// Writes the numbers of bytes that wait to be written and to be handled to `cs`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_get_connstats(bc: *const BroConn, cs: *mut BroConnStats) {
    guard((), || {
        // SAFETY: null or valid. It is not constant, although the header declares it so.
        let (bc, cs) = unsafe { (bc.cast_mut().as_mut(), cs.as_mut()) };
        let Some(cs) = cs else { return };
        *cs = BroConnStats { tx_buflen: 0, rx_buflen: 0 };
        if let Some(driver) = bc.and_then(|bc| bc.driver.as_mut()).filter(|driver| !driver.dead) {
            cs.tx_buflen = driver.machine.poll_transmit().len() as c_int;
            cs.rx_buflen = driver.unhandled() as c_int;
        }
    });
}

/// Connects and performs the handshake.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bro_conn_connect(bc: *mut BroConn) -> c_int {
    // SAFETY: null or valid.
    let done = guard(false, || unsafe { bc.as_mut() }.is_some_and(BroConn::connect));
    if done {
        // SAFETY: not null, so valid.
        unsafe { deliver(bc, usize::MAX) };
    }
    done.into()
}

/// Closes the connection and reconnects.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bro_conn_reconnect(bc: *mut BroConn) -> c_int {
    // SAFETY: null or valid.
    let done = guard(false, || unsafe { bc.as_mut() }.is_some_and(BroConn::reconnect));
    if done {
        // SAFETY: not null, so valid.
        unsafe { deliver(bc, usize::MAX) };
    }
    done.into()
}

/// Closes the connection and frees the handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_delete(bc: *mut BroConn) -> c_int {
    guard(FALSE, || {
        // SAFETY: null or valid.
        let Some(conn) = (unsafe { bc.as_mut() }).filter(|bc| bc.attempted) else { return FALSE };
        if !conn.queue.is_empty() {
            conn.recover();
            conn.flush_queue();
        }
        if let Some(driver) = &mut conn.driver {
            driver.close();
        }
        // SAFETY: valid, and not used any more.
        unsafe { deliver::free(bc) };
        TRUE
    })
}

/// Returns whether the connection is up, as far as is known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_alive(bc: *const BroConn) -> c_int {
    // SAFETY: null or valid.
    guard(FALSE, || unsafe { bc.as_ref() }.is_some_and(BroConn::is_alive).into())
}

/// Also sends to `dst` the events that the peer of `src` has requested.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_adopt_events(src: *mut BroConn, dst: *mut BroConn) {
    guard((), || {
        if ptr::eq(src, dst) {
            return;
        }
        // SAFETY: null or valid, and not the same.
        let (Some(src), Some(dst)) = (unsafe { (src.as_ref(), dst.as_mut()) }) else { return };
        if let Some(driver) = &src.driver {
            dst.adopted.extend(driver.machine.peer_events().iter().cloned());
        }
        dst.adopted.extend(src.adopted.iter().cloned());
    });
}

/// Returns the file descriptor of the socket.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_get_fd(bc: *mut BroConn) -> c_int {
    guard(-1, || {
        // SAFETY: null or valid.
        let driver =
            unsafe { bc.as_ref() }.and_then(|bc| bc.driver.as_ref()).filter(|driver| !driver.dead);
        driver.and_then(|driver| driver.socket.as_ref()).map_or(-1, |socket| socket.fd())
    })
}
