//! Reassembly of IP fragments.

use std::collections::VecDeque;
use std::net::IpAddr;

use etherparse::defrag::IpDefragBuf;
use etherparse::{IpFragOffset, IpNumber, Ipv6ExtensionSlice, LaxIpSlice};

/// The maximum number of incomplete packets, which have up to 64 KiB each.
const MOST: usize = 256;

/// What the fragments of a packet have in common: the ends and the identification.
type Key = ([IpAddr; 2], u32);

/// Reassembles TCP segments from the fragments of their IP packets.
#[derive(Default)]
pub(super) struct Fragments {
    incomplete: VecDeque<(Key, IpDefragBuf)>,
    /// The first bytes of segments that remained incomplete.
    lost: Vec<[u8; 4]>,
}

impl Fragments {
    /// Adds a fragment. Returns the segment if it is now complete.
    pub(super) fn take(&mut self, ip: &LaxIpSlice<'_>) -> Option<Vec<u8>> {
        let (id, offset, has_more) = position(ip)?;
        let key = ([ip.source_addr(), ip.destination_addr()], id);
        let known = self.incomplete.iter().position(|(other, _)| *other == key);
        let mut buffer = match known.and_then(|at| self.incomplete.remove(at)) {
            Some((_, buffer)) => buffer,
            None => IpDefragBuf::new(IpNumber::TCP, Vec::new(), Vec::new()),
        };
        // A fragment that contradicts the others is left out.
        let _ = buffer.add(offset, has_more, ip.payload().payload);
        if buffer.is_complete() {
            return Some(buffer.take_bufs().0);
        }
        self.incomplete.push_back((key, buffer));
        if self.incomplete.len() > MOST {
            self.drop_oldest();
        }
        None
    }

    fn drop_oldest(&mut self) {
        let Some((_, buffer)) = self.incomplete.pop_front() else { return };
        let has_first = buffer.sections().iter().any(|section| section.start == 0);
        if let Some(first) = buffer.data().first_chunk().filter(|_| has_first) {
            self.lost.push(*first);
        }
    }

    /// Returns the number of segments from or to a port that remained incomplete.
    pub(super) fn lost(mut self, port: u16) -> usize {
        while !self.incomplete.is_empty() {
            self.drop_oldest();
        }
        let port = port.to_be_bytes();
        self.lost.iter().filter(|[a, b, c, d]| [*a, *b] == port || [*c, *d] == port).count()
    }
}

/// Returns a fragment's identification, its offset, and whether more fragments follow.
fn position(ip: &LaxIpSlice<'_>) -> Option<(u32, IpFragOffset, bool)> {
    match ip {
        LaxIpSlice::Ipv4(ip) => {
            let header = ip.header();
            let id = u32::from(header.identification());
            Some((id, header.fragments_offset(), header.more_fragments()))
        }
        LaxIpSlice::Ipv6(ip) => {
            ip.extensions().clone().into_iter().find_map(|header| match header {
                Ipv6ExtensionSlice::Fragment(header) => Some((
                    header.identification(),
                    header.fragment_offset(),
                    header.more_fragments(),
                )),
                _ => None,
            })
        }
    }
}
