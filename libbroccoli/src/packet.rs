//! `bro_packet_*`

use std::ffi::{c_char, c_int, c_uchar};
use std::{ptr, slice};

use brocomm::lowlevel::serial::{Packet, Writer};
use bytes::Bytes;

use crate::conn::{self, BroConn};
use crate::guard::{guard, text};
use crate::layout::{BroPacket, FALSE, PcapHeader};
use crate::memory::Text;
use crate::util::seconds;
use crate::value;

/// A packet with the data that it points to. The part that programs see comes first.
#[repr(C)]
struct Owned {
    shown: BroPacket,
    data: Box<[u8]>,
    tag: Text,
}

fn make(hdr: &PcapHeader, link_type: u32, data: &[u8], tag: &[u8]) -> *mut BroPacket {
    let (data, tag) = (Box::from(data), Text::new(tag));
    let mut packet = Box::new(Owned {
        shown: BroPacket {
            pkt_time: seconds(&hdr.ts),
            pkt_hdr_size: 0,
            pkt_link_type: link_type,
            pkt_pcap_hdr: *hdr,
            pkt_data: ptr::null(),
            pkt_tag: ptr::null(),
        },
        data,
        tag,
    });
    packet.shown.pkt_data = packet.data.as_ptr();
    packet.shown.pkt_tag = packet.tag.as_ptr();
    Box::into_raw(packet).cast()
}

/// Returns the captured bytes and the tag of a packet.
///
/// # Safety
/// The pointers in the packet are valid.
unsafe fn parts(packet: &BroPacket) -> (&[u8], &[u8]) {
    let len = packet.pkt_pcap_hdr.caplen as usize;
    // SAFETY: guaranteed by the caller.
    unsafe {
        let data = match packet.pkt_data.is_null() {
            true => &[],
            false => slice::from_raw_parts(packet.pkt_data, len),
        };
        (data, text(packet.pkt_tag).unwrap_or_default())
    }
}

/// Creates a packet from libpcap's data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_packet_new(
    hdr: *const PcapHeader,
    data: *const c_uchar,
    tag: *const c_char,
) -> *mut BroPacket {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a header.
        match unsafe { hdr.as_ref() } {
            Some(hdr) if !data.is_null() => {
                // SAFETY: as many bytes as the header says; null or a C string.
                let (data, tag) =
                    unsafe { (slice::from_raw_parts(data, hdr.caplen as usize), text(tag)) };
                make(hdr, 0, data, tag.unwrap_or_default())
            }
            _ => ptr::null_mut(),
        }
    })
}

/// Copies a packet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_packet_clone(packet: *const BroPacket) -> *mut BroPacket {
    guard(ptr::null_mut(), || {
        // SAFETY: null or a packet.
        let Some(packet) = (unsafe { packet.as_ref() }) else { return ptr::null_mut() };
        // SAFETY: a packet.
        let (data, tag) = unsafe { parts(packet) };
        make(&packet.pkt_pcap_hdr, packet.pkt_link_type, data, tag)
    })
}

/// Frees a packet.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_packet_free(packet: *mut BroPacket) {
    guard((), || {
        if !packet.is_null() {
            // SAFETY: a packet of `bro_packet_new` or `bro_packet_clone`, not used any more.
            drop(unsafe { Box::from_raw(packet.cast::<Owned>()) });
        }
    });
}

/// Sends a packet, with the link type of the connection.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn bro_packet_send(bc: *mut BroConn, packet: *mut BroPacket) -> c_int {
    let argument = guard(None, || {
        // SAFETY: null or a packet, and null or a connection.
        let (packet, bc) = unsafe { (packet.as_ref()?, bc.as_ref()?) };
        // SAFETY: a packet.
        let (data, tag) = unsafe { parts(packet) };
        let PcapHeader { ts, len, .. } = packet.pkt_pcap_hdr;
        let packet = Packet {
            sec: ts.tv_sec as u32,
            usec: ts.tv_usec as u32,
            len,
            link_type: bc.link_type as u32,
            tag: value::name(tag),
            data: Bytes::copy_from_slice(data),
        };
        let mut argument = Vec::new();
        Writer::new(0).packet(&packet, &mut argument).ok()?;
        Some(Box::into_raw(Box::new(argument)))
    });
    match argument {
        // SAFETY: a connection, and an argument just created.
        Some(argument) => unsafe { conn::send_made(bc, argument) },
        None => FALSE,
    }
}

/// Sets the link type of the packets of a connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_set_packet_ctxt(bc: *mut BroConn, link_type: c_int) {
    guard((), || {
        // SAFETY: null or a connection.
        if let Some(bc) = unsafe { bc.as_mut() } {
            bc.link_type = link_type;
        }
    });
}

/// Writes the link type of the packets of a connection to `link_type`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bro_conn_get_packet_ctxt(bc: *mut BroConn, link_type: *mut c_int) {
    guard((), || {
        // SAFETY: null or a connection, and null or valid.
        if let (Some(bc), Some(to)) = unsafe { (bc.as_ref(), link_type.as_mut()) } {
            *to = bc.link_type;
        }
    });
}
