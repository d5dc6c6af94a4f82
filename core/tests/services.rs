//! Recorded prints and packets, given to the services.

use crate::common::look_at;
use brocomm::Time;
use brocomm::data::Serial;
use brocomm::services::{Pcap, PrintBuffer};
use brocomm::wire::{Message, PrintItems};
use brocomm_conformance::{Side, sessions};

fn seen(name: &str) -> crate::common::Seen {
    let session = sessions().into_iter().find(|session| session.name() == name).unwrap();
    look_at(&session.recording().unwrap(), Side::Listener)
}

#[test]
fn recorded_prints_give_the_same_message() {
    let recorded: Vec<PrintItems> = seen("bro-bro-remote-print")
        .messages
        .into_iter()
        .filter_map(|message| match message {
            Message::RemotePrint(items) => Some(items),
            _ => None,
        })
        .collect();
    assert_eq!(recorded.len(), 1);
    let mut buffer = PrintBuffer::new();
    for item in recorded[0].iter() {
        buffer.print(item.file, item.text, Time::EPOCH);
    }
    buffer.flush();
    assert_eq!(buffer.poll_items(Time::EPOCH).as_ref(), recorded.first());
    assert_eq!(buffer.poll_items(Time::EPOCH), None);
}

#[test]
fn recorded_packets_give_a_file() {
    let (pcap, mut file) = (Pcap::new(1), Vec::new());
    pcap.header(&mut file);
    let mut number = 0;
    for serial in seen("bro-bro-packets").serials {
        let Serial::Packet(packet) = serial else { continue };
        pcap.packet(&packet, &mut file).unwrap();
        number += 1;
    }
    assert!(number > 10);
    // Each packet's length leads to the next, and the last to the end.
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    let (mut at, mut times) = (24, Vec::new());
    while at < file.len() {
        times.push((word(at), word(at + 4)));
        assert_eq!(word(at + 8), word(at + 12));
        at += 16 + word(at + 8) as usize;
    }
    assert_eq!((at, times.len()), (file.len(), number));
    assert!(times.is_sorted());
    assert_eq!(times[0], (1_362_692_526, 939_084));
}
