//! A fast path for scalars of standard types (2§6).

use crate::data::TypeTag;

use super::super::cursor::Result;
use super::super::kind::val;
use super::super::scalar::{Sink, scalar_into, word};
use super::super::tape::{BASE, Item};
use super::Session;

/// The usual header of a value, with the beginning of its type.
pub(super) struct Usual {
    pub(super) pid: u64,
    pub(super) class: u8,
    /// Whether the type is written in full.
    pub(super) is_full: bool,
    /// The type's id.
    pub(super) ty: u64,
}

/// The bytes between the two ids, without the value's class.
const BETWEEN: u32 = 0x8800_0001;

/// The bits between the two ids that are not the class.
const NOT_CLASS: u32 = 0xff00_ffff;

impl Usual {
    /// Splits a header with ids of 64 bits.
    #[inline(always)]
    pub(super) fn wide(head: &[u8; 22]) -> Option<Usual> {
        let [full, p0, p1, p2, p3, p4, p5, p6, p7, rest @ ..] = *head;
        let [b0, b1, b2, b3, is_full, t0, t1, t2, t3, t4, t5, t6, t7] = rest;
        let pid = u64::from_be_bytes([p0, p1, p2, p3, p4, p5, p6, p7]);
        let ty = u64::from_be_bytes([t0, t1, t2, t3, t4, t5, t6, t7]);
        Usual::of(full, pid, [b0, b1, b2, b3], is_full, ty)
    }

    /// Splits a header with ids of 32 bits.
    #[inline(always)]
    fn narrow(head: &[u8; 14]) -> Option<Usual> {
        let [full, p0, p1, p2, p3, b0, b1, b2, b3, is_full, t0, t1, t2, t3] = *head;
        let pid = u32::from_be_bytes([p0, p1, p2, p3]).into();
        let ty = u32::from_be_bytes([t0, t1, t2, t3]).into();
        Usual::of(full, pid, [b0, b1, b2, b3], is_full, ty)
    }

    #[inline(always)]
    fn of(full: u8, pid: u64, between: [u8; 4], is_full: u8, ty: u64) -> Option<Usual> {
        let [_, class, _, _] = between;
        let is_usual =
            full == 1 && u32::from_be_bytes(between) & NOT_CLASS == BETWEEN && is_full <= 1;
        is_usual.then_some(Usual { pid, class, is_full: is_full == 1, ty })
    }
}

impl<'c> Session<'c> {
    /// Reads a value of a standard type in the usual form, with its type as a reference.
    ///
    /// Returns `None` for any other value, to be read by [`any_into`](Self::any_into), the slow
    /// path. The slow path reads all values with the same result, including errors.
    #[inline(always)]
    pub(super) fn wide_into<S: Sink>(&mut self, sink: &mut S) -> Option<()> {
        self.known_plain_into::<_, false, S>(sink, Usual::wide)
    }

    /// Does the same for values with 32-bit ids, and for values with their types in full.
    #[inline(never)]
    pub(super) fn narrow_into<S: Sink>(&mut self, sink: &mut S) -> Option<()> {
        if !self.is_narrow {
            return None;
        }
        match self.cursor.rest().get(9)? {
            0 => self.known_plain_into::<_, false, S>(sink, Usual::narrow),
            _ => self.full_plain_into(sink),
        }
    }

    /// Does the same in data formats in which values have attributes.
    #[inline(never)]
    pub(super) fn attributed_into<S: Sink>(&mut self, sink: &mut S) -> Option<()> {
        match (self.is_general, self.mode.pid_64bit) {
            (true, _) => None,
            (false, true) => self.known_plain_into::<_, true, S>(sink, Usual::wide),
            (false, false) => self.known_plain_into::<_, true, S>(sink, Usual::narrow),
        }
    }

    #[inline(always)]
    fn known_plain_into<const HEAD: usize, const ATTRIBUTED: bool, S: Sink>(
        &mut self,
        sink: &mut S,
        usual: impl FnOnce(&[u8; HEAD]) -> Option<Usual>,
    ) -> Option<()> {
        let (head, mut content) = self.cursor.rest().split_first_chunk()?;
        let Usual { pid, class, is_full, ty } = usual(head)?;
        if ATTRIBUTED {
            content = content.strip_prefix(&[0])?;
        }
        if is_full || self.objects.saturating_add(2) > self.limits.objects {
            return None;
        }
        let tag = self.cache.standard_type(class, ty)?;
        if ATTRIBUTED && !self.mode.data_format.has_ipv6() && may_be_mapped(tag, content) {
            return None;
        }
        if !self.cache.register_in_run(pid, self.tape_end()) {
            return None;
        }
        self.content_into(sink, class, tag, content)
    }

    /// Reads the content of a simple value onto the tape.
    ///
    /// Errors are the same as on the slow path.
    #[inline(always)]
    fn content_into<S: Sink>(
        &mut self,
        sink: &mut S,
        class: u8,
        tag: TypeTag,
        content: &'c [u8],
    ) -> Option<()> {
        let rest = scalar_into(sink, tag, self.cursor.chunk(), content, self.lenient)?;
        self.cursor.set_rest(content);
        let end = self.cursor.offset();
        self.cursor.set_rest(rest);
        self.objects += 2;
        self.message.tape.push(Item { end, what: BASE, objects: 1, height: 0, class, tag });
        Some(())
    }

    /// Skips a header in the usual form with a reference to the value's type, if there is one.
    #[inline]
    pub(super) fn pass_usual(&mut self) -> Result<Option<Usual>> {
        let rest = self.cursor.rest();
        let usual = match (self.is_general, self.mode.pid_64bit) {
            (true, _) => None,
            (false, true) => rest.split_first_chunk().map(|(head, rest)| (Usual::wide(head), rest)),
            (false, false) => {
                rest.split_first_chunk().map(|(head, rest)| (Usual::narrow(head), rest))
            }
        };
        Ok(match usual {
            Some((Some(usual), left)) if !usual.is_full => {
                let left = match self.has_attributes {
                    true => match left.strip_prefix(&[0]) {
                        Some(content) => {
                            self.value_start = self.cursor.offset();
                            content
                        }
                        None => return Ok(None),
                    },
                    false => left,
                };
                self.count_objects(2)?;
                self.cursor.set_rest(left);
                Some(usual)
            }
            _ => None,
        })
    }

    /// Seeks back to the end of a value's type to report an error in the type.
    #[cold]
    pub(super) fn back_to_type(&mut self) {
        let attributes = u32::from(self.has_attributes);
        self.cursor.seek(self.cursor.offset().saturating_sub(attributes));
    }

    /// Reads a value with its type in full and without ids, as a writer without a cache sends all
    /// values.
    #[inline(always)]
    fn full_plain_into<S: Sink>(&mut self, sink: &mut S) -> Option<()> {
        // The header of the value, the header of the type, the kind of the type, and its name.
        let (head, rest) = word(self.cursor.rest())?;
        let (type_head, rest) = word(rest)?;
        let (ty, rest) = word(rest)?;
        let (last, content) = rest.split_first()?;
        let [.., class, _] = head.to_be_bytes();
        let [_, tag, internal, order, ..] = ty.to_be_bytes();
        let is_usual = head & !0xff00 == 0x0100_0000_0088_0000
            && type_head | 0x4000 == 0x0101_0000_0000_ca01
            && ty & 0xff00_0000_ffff_ffff == 0x0100_0000
            && *last == 0;
        let tag = TypeTag::from_u8(tag).filter(|tag| val::of_scalar(*tag) == Some(class))?;
        let is_standard =
            internal == tag.internal() as u8 && order == u8::from(tag == TypeTag::Port);
        if !is_usual
            || !is_standard
            || self.depth >= self.limits.depth
            || self.objects.saturating_add(2) > self.limits.objects
        {
            return None;
        }
        self.deepest = self.deepest.max(self.depth + 1);
        self.cache.count_nameless(2);
        self.content_into(sink, class, tag, content)
    }
}

/// Returns whether a value of this type may be an IPv4 address or subnet written as an IPv6 one, in
/// a data format without IPv6.
fn may_be_mapped(tag: TypeTag, content: &[u8]) -> bool {
    match tag {
        TypeTag::Addr => !content.starts_with(&1_u32.to_be_bytes()),
        tag => tag == TypeTag::Subnet,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::data::{Port, Record, Type, Value};
    use crate::serial::{Caching, Mode, Reader, ReaderLimits, SerialErrorKind, Transcript, Writer};
    use crate::wire::DataFormat;

    fn args() -> Vec<Value> {
        let field = crate::data::Field::new("f", Type::COUNT);
        let record = Record::new(Type::record("r", vec![field]), vec![Some(Value::Count(7))]);
        vec![
            Value::Count(1),
            Value::string("ab"),
            record.into(),
            Value::Addr([10, 0, 0, 1].into()),
            Value::Addr(std::net::Ipv6Addr::LOCALHOST.into()),
            Value::Port(Port::tcp(80)),
            Value::Interval(0.5),
            Value::Bool(true),
        ]
    }

    /// Recording a transcript forces the slow path.
    #[test]
    fn the_fast_path_reads_the_same_as_the_slow_path() {
        let uncached = Mode { caching: Caching::None, ..Mode::HANDSHAKE };
        let modes = [Mode::RUNNING, Mode::HANDSHAKE, uncached];
        let in_format = |format| modes.map(|mode| mode.with_data_format(format));
        let formats = [DataFormat::V26, DataFormat::V22, DataFormat::V21];
        for mode in formats.into_iter().flat_map(in_format) {
            let ipv6 = |value: &Value| matches!(value, Value::Addr(addr) if addr.is_ipv6());
            let mut args = args();
            args.retain(|value| mode.data_format.has_ipv6() || !ipv6(value));
            let mut writer = Writer::new(20);
            let [before, changed, after] = [(); 3].map(|()| {
                let mut chunk = Vec::new();
                writer.event(mode, b"f", 1.0, &args, &mut chunk).unwrap();
                chunk
            });
            let mut compared = 0;
            for at in 0..changed.len() {
                for byte in [0, 1, 2, 4, 9, 0x80, 0xff, changed[at] + 1] {
                    let mut changed = changed.clone();
                    changed[at] = byte;
                    let mut transcript = Transcript::default();
                    let [mut short, mut long] =
                        [(); 2].map(|()| Reader::new(ReaderLimits::default()));
                    for reader in [&mut short, &mut long] {
                        reader.set_cache_size(20);
                    }
                    for chunk in [&before, &changed, &after] {
                        let chunk = Bytes::copy_from_slice(chunk);
                        let expected = long.read_noting(&chunk, mode, &mut transcript);
                        if let Err(error) = &expected
                            && matches!(error.kind, SerialErrorKind::LeftOver { .. })
                        {
                            break;
                        }
                        let read = short.read(&chunk, mode);
                        assert_eq!(read, expected, "{mode:?}, {byte} at {at}");
                        compared += 1;
                        if read.is_err() {
                            break;
                        }
                        assert_eq!(short.counters(), long.counters(), "{mode:?}, {byte} at {at}");
                    }
                }
            }
            assert!(compared > 10 * changed.len());
        }
    }
}
