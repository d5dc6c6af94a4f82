//! Detection of duplicate indices of tables without decoding them (2§6).

use std::net::IpAddr;

use bytes::Bytes;

use crate::data::{Entry, List, TypeTag, Value};
use crate::wire::DataFormat;

use super::scalar::Cursor;
use super::tape::{Found, Message, What};

/// Memory for the tables that are being read, which is used again for the next.
#[derive(Debug, Default)]
pub(super) struct Indices {
    /// The digests of the indices, with their positions on the tape.
    digests: Vec<(u64, u32)>,
    /// A hash set of the digests of one table; 0 is an empty slot.
    set: Vec<u64>,
    /// The entries of a table, whose number is not known before the last.
    entries: Vec<Entry>,
}

/// How much is kept for the next table, in elements: up to 8 KiB of entries.
const KEPT: usize = 128;

/// How many slots are looked at for a digest. More would be needed if a peer chose the digests.
const PROBES: usize = 32;

/// Up to how many indices are compared with each other, without the hash set.
const FEW: usize = 8;

impl Indices {
    /// Begins a table. Returns the position of its first index, and a list for its entries.
    #[inline]
    pub(super) fn begin(&mut self) -> (usize, Vec<Entry>) {
        (self.digests.len(), std::mem::take(&mut self.entries))
    }

    /// Adds an index.
    #[inline]
    pub(super) fn add(&mut self, place: u32, digest: u64) {
        self.digests.push((digest, place));
    }

    /// Returns the entries of a table that was read in a list of just their size.
    pub(super) fn end(&mut self, mut entries: Vec<Entry>) -> Vec<Entry> {
        let mut all = Vec::with_capacity(entries.len());
        all.append(&mut entries);
        entries.shrink_to(KEPT);
        self.entries = entries;
        all
    }

    /// Returns the digests of a table, all since `first`, with the positions of its indices.
    pub(super) fn since(&self, first: usize) -> &[(u64, u32)] {
        self.digests.get(first..).unwrap_or_default()
    }

    /// Drops the digests of a table, all since `first`.
    pub(super) fn forget(&mut self, first: usize) {
        self.digests.truncate(first);
        if first == 0 {
            self.digests.shrink_to(KEPT);
        }
    }

    /// Returns whether two of a table's digests, all since `first`, may be equal.
    pub(super) fn may_have_equals(&mut self, first: usize) -> bool {
        let Indices { digests, set, .. } = self;
        let digests = digests.get(first..).unwrap_or_default();
        if digests.len() <= FEW {
            let mut rest = digests;
            while let [(digest, _), after @ ..] = rest {
                if after.iter().any(|(other, _)| other == digest) {
                    return true;
                }
                rest = after;
            }
            return false;
        }
        let slots = (2 * digests.len()).next_power_of_two();
        set.clear();
        set.resize(slots, 0);
        let shift = u64::BITS - slots.trailing_zeros();
        let found = digests.iter().any(|(digest, _)| {
            let (digest, at) = ((*digest).max(1), (*digest >> shift) as usize);
            for probe in at..at + PROBES {
                match set.get_mut(probe & (slots - 1)) {
                    Some(slot) if *slot == 0 => {
                        *slot = digest;
                        return false;
                    }
                    Some(slot) if *slot != digest => {}
                    _ => return true,
                }
            }
            true
        });
        set.truncate(4 * KEPT);
        set.shrink_to(4 * KEPT);
        found
    }
}

/// Digests the index at this position of a tape without decoding it, up to its first component that
/// is not a number, text or address. Equal indices have equal digests. Returns `None` if it is not
/// an index.
pub(super) fn digest_at(message: &Message, chunk: &Bytes, at: u32) -> Option<u64> {
    let mut digest = Digest(0);
    let (at, list) = message.item(at).filter(|(_, item)| item.tag == TypeTag::List)?;
    if let Some(Found::Object(What::Known(known))) = message.found(list) {
        return Some(if let Value::List(list) = &known.value { digest_of(list) } else { 0 });
    }
    let (mut cursor, mut at) = (Cursor::new(chunk), at + 1);
    cursor.seek(list.end);
    let components = cursor.u8().and_then(|_| cursor.u32()).unwrap_or(0);
    for _ in 0..components {
        let Some((place, item)) = message.item(at) else { break };
        let simple = match message.found(item) {
            Some(Found::Object(What::Known(known))) => digest.value(&known.value),
            _ => {
                cursor.seek(item.end);
                digest.content(item.tag, &mut cursor, message.data_format)
            }
        };
        if simple.is_none() {
            break;
        }
        // The next component follows directly only after a single item.
        at = place + 1;
    }
    Some(digest.0)
}

/// Digests a decoded index. The result equals that for the same index before decoding.
#[inline]
pub(super) fn digest_of(list: &List) -> u64 {
    let mut digest = Digest(0);
    list.items.iter().map_while(|item| digest.value(item)).count();
    digest.0
}

/// Digests an index of one value.
#[inline(always)]
pub(super) fn digest_of_one(value: &Value) -> u64 {
    let mut digest = Digest(0);
    digest.value(value);
    digest.0
}

/// Mixes the words of a digest. It need not be strong: indices with equal digests are compared.
struct Digest(u64);

impl Digest {
    #[inline(always)]
    fn word(&mut self, word: u64) -> Option<()> {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Some(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
            self.word(u64::from_le_bytes(word));
        }
        self.word(bytes.len() as u64)
    }

    /// An IPv4 address equals the IPv6 one that it is mapped to.
    #[inline(always)]
    fn addr(&mut self, addr: IpAddr) -> Option<()> {
        let bits = match addr {
            IpAddr::V4(addr) => addr.to_ipv6_mapped().to_bits(),
            IpAddr::V6(addr) => addr.to_bits(),
        };
        self.word((bits >> 64) as u64);
        self.word(bits as u64)
    }

    fn content(&mut self, tag: TypeTag, cursor: &mut Cursor<'_>, format: DataFormat) -> Option<()> {
        match tag {
            TypeTag::Int
            | TypeTag::Count
            | TypeTag::Counter
            | TypeTag::Double
            | TypeTag::Time
            | TypeTag::Interval
            | TypeTag::Port
            | TypeTag::Enum => self.word(cursor.u64().ok()?),
            TypeTag::Addr => self.addr(cursor.addr(format).ok()?),
            TypeTag::String => self.bytes(&cursor.string().ok()?),
            _ => None,
        }
    }

    #[inline(always)]
    fn value(&mut self, value: &Value) -> Option<()> {
        match value {
            Value::Int(number) => self.word(*number as u64),
            Value::Count(number) | Value::Counter(number) => self.word(*number),
            Value::Double(number) | Value::Time(number) | Value::Interval(number) => {
                self.word(number.to_bits())
            }
            Value::Port(port) => self.word(port.to_wire()),
            Value::Enum(value) => self.word(value.number as u64),
            Value::Addr(addr) => self.addr(*addr),
            Value::String(text) => self.bytes(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_have_equals(digests: impl IntoIterator<Item = u64>) -> bool {
        let mut indices = Indices::default();
        // Those of a table around it do not count.
        indices.add(0, 7);
        let (first, _) = indices.begin();
        digests.into_iter().for_each(|digest| indices.add(0, digest));
        let found = indices.may_have_equals(first);
        assert!(indices.set.capacity() <= 4 * KEPT);
        found
    }

    #[test]
    fn equal_digests_are_found_among_any_number() {
        let digests = |count: u64| (1..=count).map(|n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for count in [0, 1, 2, 3, 8, 9, 100, 5000] {
            assert!(!may_have_equals(digests(count)), "{count}");
            for equal in digests(count).take(3) {
                assert!(may_have_equals(digests(count).chain([equal])), "{count}");
            }
        }
        assert!(may_have_equals([0, 0]) && !may_have_equals([7, 0]));
    }

    #[test]
    fn digests_that_a_peer_chose_are_not_searched_for_long() {
        assert!(!may_have_equals(1..=PROBES as u64));
        assert!(may_have_equals(1..=PROBES as u64 + 1), "they are compared instead");
    }
}
