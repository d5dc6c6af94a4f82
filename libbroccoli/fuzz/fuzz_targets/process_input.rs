//! Feeds bytes to a connection through the C interface, and reads everything that callbacks get.
//!
//! The first byte sets the flags of the connection, and the second whether the handshake comes
//! first. The rest is sent by the peer at once.
#![no_main]

use std::ffi::{c_int, c_void};
use std::io::{Read, Write};
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;
use std::ptr;
use std::sync::Once;

use broccoli::conn::*;
use broccoli::event::*;
use broccoli::layout::*;
use broccoli::library::bro_init;
use broccoli::record::*;
use broccoli::string::*;
use broccoli::table::*;
use broccoli::vector::*;
use libfuzzer_sys::fuzz_target;

/// VERSION, CAPS with none, REQUEST_EVENTS and PHASE_DONE of a peer.
const HANDSHAKE: &[u8] =
    b"\0\0\0\x08\x01\0\0\0\0\0\0\0\0\0\0\x10\0\0\0\x07\0\0\x0b\xb8\0\0\0\x1a\0\0\0\0\
    \0\0\0\x08\x11\0\0\0\0\0\0\0\0\0\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0\
    \0\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\x02e\0\0\0\0\x08\x0e\0\0\0\0\0\0\0";

unsafe fn look(number: c_int, data: *mut c_void) {
    if data.is_null() {
        return;
    }
    unsafe {
        match number {
            tag::STRING => {
                let text = data.cast::<BroString>();
                assert_eq!(*(*text).str_val.add((*text).str_len as usize), 0);
                bro_string_free(bro_string_copy(text));
            }
            tag::RECORD | tag::LIST => {
                for at in 0..bro_record_get_length(data.cast()) {
                    let mut number = tag::UNKNOWN;
                    let value = bro_record_get_nth_val(data.cast(), at, &mut number);
                    assert!(!bro_record_get_nth_name(data.cast(), at).is_null());
                    look(number, value);
                }
            }
            tag::VECTOR => {
                for at in 0..bro_vector_get_length(data.cast()) {
                    let mut number = tag::UNKNOWN;
                    let value = bro_vector_get_nth_val(data.cast(), at, &mut number);
                    look(number, value);
                }
            }
            tag::TABLE => {
                let mut numbers = [0; 2];
                let [key, value] = &mut numbers;
                bro_table_get_types(data.cast(), key, value);
                bro_table_foreach(data.cast(), Some(entry), (&raw mut numbers).cast());
            }
            tag::SET => {
                let mut number = 0;
                bro_set_get_type(data.cast(), &mut number);
                bro_set_foreach(data.cast(), Some(element), (&raw mut number).cast());
            }
            tag::PORT => drop(data.cast::<BroPort>().read()),
            tag::SUBNET => drop(data.cast::<BroSubnet>().read()),
            tag::IPADDR => drop(data.cast::<BroAddr>().read()),
            _ => drop(data.cast::<u64>().read()),
        }
    }
}

unsafe extern "C-unwind" fn entry(key: *mut c_void, val: *mut c_void, user: *mut c_void) -> c_int {
    unsafe {
        let [key_number, number] = *user.cast::<[c_int; 2]>();
        look(key_number, key);
        look(number, val);
    }
    1
}

unsafe extern "C-unwind" fn element(val: *mut c_void, user: *mut c_void) -> c_int {
    unsafe { look(*user.cast::<c_int>(), val) };
    1
}

unsafe extern "C-unwind" fn on_event(bc: *mut BroConn, _: *mut c_void, meta: *mut BroEvMeta) {
    unsafe {
        let event = bro_event_new(c"e".as_ptr());
        for at in 0..(*meta).ev_numargs as usize {
            let arg = *(*meta).ev_args.add(at);
            look(arg.arg_type, arg.arg_data);
            bro_event_add_val(event, arg.arg_type, ptr::null(), arg.arg_data);
        }
        bro_event_send(bc, event);
        bro_event_free(event);
        let len = (*meta).ev_end.offset_from((*meta).ev_start);
        bro_event_send_raw(bc, (*meta).ev_start, len as c_int);
    }
}

fuzz_target!(|input: &[u8]| {
    static INIT: Once = Once::new();
    let [flags, shakes, bytes @ ..] = input else { return };
    INIT.call_once(|| {
        // The short timeout ends an incomplete handshake.
        unsafe { std::env::set_var("BROCCOLI_CONFIG_FILE", "fuzz.conf") };
        bro_init(ptr::null());
    });
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    if shakes % 8 != 0 {
        theirs.write_all(HANDSHAKE).unwrap();
    }
    let _ = theirs.write(bytes);
    theirs.shutdown(std::net::Shutdown::Write).unwrap();
    unsafe {
        let bc = bro_conn_new_socket(
            ours.into_raw_fd(),
            c_int::from(*flags) & (flag::YIELD | flag::CACHE),
        );
        bro_event_registry_add_compact(bc, c"e".as_ptr(), Some(on_event), ptr::null_mut());
        bro_conn_connect(bc);
        while bro_conn_process_input(bc) != 0 {
            // Reads the answers, so that the socket does not fill up and block.
            let mut answers = [0; 4096];
            while matches!(theirs.read(&mut answers), Ok(1..)) {}
        }
        bro_conn_delete(bc);
    }
});
