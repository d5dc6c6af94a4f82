//! Reassembly of one direction of a TCP connection.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::segment::Segment;

/// The maximum number of bytes that wait for a missing one, which then counts as lost. Also the
/// maximum distance of a segment from the next byte.
const WAITING: usize = 16 << 20;

/// The maximum distance from a late SYN to the first captured byte.
const EARLY: u32 = 1 << 16;

/// Reassembles the segments of one direction.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The sequence number of the next byte, once the start of the stream is known.
    next: Option<u32>,
    /// The sequence number of the first byte, once it is known.
    first: Option<u32>,
    /// The segments received before the start is known.
    early: Vec<(u32, Bytes)>,
    /// The lowest sequence number of these segments.
    lowest: Option<u32>,
    /// The number of bytes reassembled.
    length: u64,
    /// The segments after missing bytes, by their offsets in the stream.
    waiting: BTreeMap<u64, Bytes>,
    /// The number of bytes in `early` and `waiting`.
    waiting_bytes: usize,
    /// The sequence number after the last byte.
    end: Option<u32>,
    /// Whether the capture started after the stream.
    begins_late: bool,
    /// Whether reassembly stopped at a gap.
    is_lost: bool,
}

impl Stream {
    /// Returns whether the stream may begin with this sequence number.
    pub(super) fn begins_at(&self, first: u32) -> bool {
        match (self.first, self.lowest) {
            (Some(known), _) => known == first,
            // The SYN was captured late, or after later segments.
            (None, Some(lowest)) => lowest.wrapping_sub(first) <= EARLY,
            (None, None) => true,
        }
    }

    /// Returns whether a sequence number is close enough to belong to this stream.
    pub(super) fn is_near(&self, sequence: u32) -> bool {
        let known = self.next.or(self.lowest);
        known.is_none_or(|known| distance(known, sequence).unsigned_abs() as usize <= WAITING)
    }

    /// Returns whether no data has arrived.
    pub(super) fn is_empty(&self) -> bool {
        self.length == 0 && self.waiting_bytes == 0
    }

    /// Adds a segment. Returns the data that is now complete.
    pub(super) fn take(&mut self, segment: &Segment<'_>) -> Vec<Bytes> {
        let mut ready = Vec::new();
        let mut sequence = segment.sequence;
        if segment.syn {
            sequence = sequence.wrapping_add(1);
            ready = self.begin(sequence);
        }
        let end = sequence.wrapping_add(segment.payload.len() as u32);
        // An RST with an old sequence number is ignored.
        let is_new = !segment.rst || self.next.is_none_or(|next| distance(next, end) >= 0);
        if (segment.fin || segment.rst) && is_new && self.is_near(end) {
            self.end.get_or_insert(end);
        }
        if self.is_lost || segment.payload.is_empty() {
            return ready;
        }
        match self.next {
            Some(next) => self.wait(distance(next, sequence), segment.payload),
            None => {
                self.waiting_bytes += segment.payload.len();
                self.early.push((sequence, Bytes::copy_from_slice(segment.payload)));
                let before = self.lowest.filter(|lowest| distance(*lowest, sequence) >= 0);
                self.lowest = Some(before.unwrap_or(sequence));
                if self.waiting_bytes > WAITING {
                    ready.extend(self.begin_late());
                }
            }
        }
        ready.extend(self.ready());
        self.is_lost |= self.waiting_bytes > WAITING;
        ready
    }

    /// Sets the start of the stream, unless it is known. Returns the data that is now complete.
    pub(super) fn begin(&mut self, first: u32) -> Vec<Bytes> {
        if self.first.is_some() {
            return Vec::new();
        }
        (self.first, self.next) = (Some(first), Some(first));
        for (sequence, payload) in std::mem::take(&mut self.early) {
            self.waiting_bytes -= payload.len();
            self.wait(distance(first, sequence), &payload);
        }
        self.ready()
    }

    /// Starts with the first captured byte if the start of the stream is unknown. Returns the data
    /// that is now complete.
    pub(super) fn begin_late(&mut self) -> Vec<Bytes> {
        let Some(first) = self.lowest.filter(|_| self.first.is_none()) else { return Vec::new() };
        self.begins_late = true;
        self.begin(first)
    }

    /// Returns the waiting data that is now in order.
    fn ready(&mut self) -> Vec<Bytes> {
        let mut ready = Vec::new();
        while let Some(entry) = self.waiting.first_entry().filter(|e| *e.key() <= self.length) {
            let (at, mut bytes) = entry.remove_entry();
            self.waiting_bytes -= bytes.len();
            // The segment begins at or before the next byte. Its tail may be new.
            let known = usize::try_from(self.length - at).unwrap_or(usize::MAX);
            if known < bytes.len() {
                let new = bytes.split_off(known);
                self.next = self.next.map(|next| next.wrapping_add(new.len() as u32));
                self.length += new.len() as u64;
                ready.push(new);
            }
        }
        ready
    }

    /// Keeps a segment that begins `ahead` bytes after the next byte.
    fn wait(&mut self, ahead: i32, payload: &[u8]) {
        let known = usize::try_from(ahead.unsigned_abs()).unwrap_or(usize::MAX);
        let (at, new) = match ahead {
            0.. => (self.length + u64::from(ahead.unsigned_abs()), payload),
            _ => (self.length, payload.get(known..).unwrap_or_default()),
        };
        // A retransmission may be longer.
        if self.waiting.get(&at).is_some_and(|old| old.len() >= new.len()) || new.is_empty() {
            return;
        }
        self.waiting_bytes += new.len();
        let old = self.waiting.insert(at, Bytes::copy_from_slice(new));
        self.waiting_bytes -= old.map_or(0, |old| old.len());
    }

    /// Returns whether everything up to the FIN has arrived.
    pub(super) fn is_over(&self) -> bool {
        matches!((self.next, self.end), (Some(next), Some(end)) if distance(next, end) <= 0)
    }

    /// Returns a description of the missing bytes, if any.
    pub(super) fn gap(&self) -> Option<String> {
        let next = self.next?;
        let waiting = self.waiting.keys().next().map(|at| at - self.length);
        let end = self.end.and_then(|end| u64::try_from(distance(next, end)).ok());
        let missing = waiting.or(end.filter(|missing| *missing > 0));
        match missing {
            Some(missing) => Some(format!(
                "the capture lacks {missing} bytes after byte {} of the stream",
                self.length
            )),
            None if self.begins_late => {
                Some("the capture begins in the middle of the stream".to_owned())
            }
            None => None,
        }
    }
}

/// Returns the distance between two sequence numbers.
fn distance(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reassembles segments given as (sequence, payload). The sequence numbers wrap after the first
    /// byte.
    fn read(segments: &[(u32, &str)], end: Option<u32>) -> (String, Option<String>, bool) {
        let mut stream = Stream::default();
        let mut text = String::new();
        let at = ([10, 0, 0, 1], 1).into();
        let segment = |sequence: u32, payload| Segment {
            from: at,
            to: at,
            sequence: sequence.wrapping_sub(2),
            acknowledged: Some(0),
            syn: false,
            fin: false,
            rst: false,
            payload,
        };
        stream.take(&Segment { syn: true, ..segment(0, b"") });
        for (sequence, payload) in segments {
            let segment = segment(sequence + 1, payload.as_bytes());
            for bytes in stream.take(&segment) {
                text += std::str::from_utf8(&bytes).unwrap();
            }
        }
        if let Some(end) = end {
            stream.take(&Segment { fin: true, ..segment(end + 1, b"") });
        }
        (text, stream.gap(), stream.is_over())
    }

    #[test]
    fn segments_are_put_in_order() {
        for segments in [
            &[(0, "abc"), (3, "def")][..],
            &[(3, "def"), (0, "abc")],
            // Retransmissions, one of them longer.
            &[(0, "abc"), (0, "abc"), (2, "cdef"), (1, "b")],
            &[(4, "ef"), (2, "cd"), (3, "de"), (0, "a"), (0, "abcd")],
        ] {
            assert_eq!(read(segments, Some(6)), ("abcdef".to_owned(), None, true), "{segments:?}");
        }
        assert_eq!(read(&[(0, "a")], None), ("a".to_owned(), None, false));
    }

    #[test]
    fn missing_bytes_are_reported() {
        let gap = |bytes, at| {
            Some(format!("the capture lacks {bytes} bytes after byte {at} of the stream"))
        };
        assert_eq!(read(&[(0, "ab"), (4, "e")], None), ("ab".to_owned(), gap(2, 2), false));
        assert_eq!(read(&[(0, "ab")], Some(5)), ("ab".to_owned(), gap(3, 2), false));
        assert_eq!(read(&[], Some(0)), (String::new(), None, true));
    }
}
