//! A fast path for scalars of standard types (2§6).

use crate::data::TypeTag;

use super::super::kind::val;
use super::super::scalar::{Sink, scalar_into, word};
use super::super::tape::{BASE, Item};
use super::super::usual::Usual;
use super::MessageReader;
use crate::serial::scalar::Result;

impl<'c> MessageReader<'c> {
    /// Reads a value of a standard type in the usual form, with its type as a reference.
    ///
    /// Returns `None` for any other value, to be read by [`any_into`](Self::any_into), the slow
    /// path. The slow path reads all values with the same result, including errors.
    #[inline(always)]
    pub(super) fn wide_into<S: Sink>(&mut self, sink: &mut S) -> Option<()> {
        let (head, content) = self.cursor.rest().split_first_chunk()?;
        self.known_plain_into(sink, Usual::wide(head)?, content)
    }

    /// Does the same for values with 32-bit ids, and for values with their types in full.
    #[inline(never)]
    pub(super) fn narrow_into<S: Sink>(&mut self, sink: &mut S) -> Option<()> {
        if !self.is_narrow {
            return None;
        }
        if *self.cursor.rest().get(9)? != 0 {
            return self.full_plain_into(sink);
        }
        let (head, content) = self.cursor.rest().split_first_chunk()?;
        self.known_plain_into(sink, Usual::narrow(head)?, content)
    }

    #[inline(always)]
    fn known_plain_into<S: Sink>(
        &mut self,
        sink: &mut S,
        usual: Usual,
        content: &'c [u8],
    ) -> Option<()> {
        let Usual { pid, class, is_full, ty } = usual;
        if is_full || self.objects.saturating_add(2) > self.limits.objects {
            return None;
        }
        let tag = self.cache.standard_type(class, ty)?;
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::data::{EnumValue, Port, Record, Table, Type, Value, Vector};
    use crate::serial::{
        Caching, LazySerial, Mode, Reader, ReaderLimits, Serial, SerialErrorKind, Transcript,
        Writer,
    };
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

    fn containers() -> Vec<Value> {
        let mut table = Table::new(Type::table(vec![Type::ADDR, Type::COUNT], Type::STRING));
        let mut set = Table::new(Type::set(vec![Type::PORT]));
        for n in 0..2 {
            let index = vec![Value::Addr([10, 0, 0, n].into()), Value::Count(n.into())];
            table.push(index, Some(Value::string([n])));
        }
        set.push(vec![Value::Port(Port::udp(7))], None);
        let color = Type::enumeration("color", vec![("red".into(), 1)]);
        let items = vec![Some(Value::Enum(EnumValue { ty: color.clone(), number: 1 })), None];
        let vector = Vector::new(Type::vector(color), items);
        vec![table.into(), set.into(), vector.into()]
    }

    /// Recording a transcript forces the slow path.
    #[test]
    fn the_fast_path_reads_the_same_as_the_slow_path() {
        let uncached = Mode { caching: Caching::None, ..Mode::HANDSHAKE };
        let modes = [Mode::RUNNING, Mode::HANDSHAKE, uncached];
        let in_format = |format| modes.map(|mode| mode.with_data_format(format));
        let formats = [DataFormat::V26, DataFormat::V22, DataFormat::V21];
        let cases = formats.into_iter().flat_map(in_format).map(|mode| (mode, args()));
        for (mode, mut args) in cases.chain([(Mode::RUNNING, containers())]) {
            let ipv6 = |value: &Value| matches!(value, Value::Addr(addr) if addr.is_ipv6());
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
                    let [mut short, mut lazy, mut long] =
                        [(); 3].map(|()| Reader::new(ReaderLimits::default()));
                    for reader in [&mut short, &mut lazy, &mut long] {
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
                        let skimmed = lazy.read_lazily(&chunk, mode).map(|read| match read {
                            LazySerial::Event(event) => Serial::Event(event.to_event()),
                            LazySerial::Other(other) => other,
                        });
                        assert_eq!(skimmed, expected, "{mode:?}, {byte} at {at}");
                        let read = short.read(&chunk, mode);
                        assert_eq!(read, expected, "{mode:?}, {byte} at {at}");
                        compared += 1;
                        if read.is_err() {
                            break;
                        }
                        for counters in [short.counters(), lazy.counters()] {
                            assert_eq!(counters, long.counters(), "{mode:?}, {byte} at {at}");
                        }
                    }
                }
            }
            assert!(compared > 10 * changed.len());
        }
    }

    #[test]
    fn ids_do_not_wrap() {
        let mut writer = Writer::new(20);
        let [before, mut last] = [(); 2].map(|()| {
            let mut chunk = Vec::new();
            let args = [Value::Count(1), Value::Count(2)];
            writer.event(Mode::RUNNING, b"f", 1.0, &args, &mut chunk).unwrap();
            chunk
        });
        last[19..27].fill(0xff);
        last[49..57].fill(0);
        let [mut short, mut long] = [(); 2].map(|()| Reader::new(ReaderLimits::default()));
        for chunk in [before, last] {
            let chunk = Bytes::from(chunk);
            let expected = long.read_noting(&chunk, Mode::RUNNING, &mut Transcript::default());
            assert!(expected.is_ok());
            assert_eq!(short.read(&chunk, Mode::RUNNING), expected);
            assert_eq!(short.counters(), long.counters());
        }
    }
}
