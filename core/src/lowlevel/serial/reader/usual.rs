//! Reads calls and simple values in the usual form (2§6).

use std::sync::Arc;

use bytes::Bytes;

use crate::data::{Event, Name, Serial};

use super::super::cache::{Extent, Mark};
use super::super::scalar::{Sink, scalar_into};
use super::super::tape::{BASE, Item, Known};
use super::super::usual::{Call, NARROW, Output, Usual, WIDE, Walk, class_of};
use super::super::{Caching, LazyEvent, LazySerial, Mode, SerialError};
use super::{MessageReader, Reader};

/// The maximum length of a chunk that is kept in memory with an unused message. One with references is
/// not kept, because of their values.
const SPARE: usize = 8 << 10;

impl Reader {
    /// Splits a call that may be in the usual form, with references or without.
    ///
    /// If it turns out not to be, it must be read in the general way, once the cache is
    /// [back](super::super::cache::ReadCache::back_to) in the state before it.
    #[inline(always)]
    fn usual_call<'c, const REFERS: bool>(&self, chunk: &'c Bytes, mode: Mode) -> Option<Call<'c>> {
        let call = Call::split::<REFERS>(chunk, mode)?;
        let is_usual = match mode.caching {
            // Types have names in these formats, and values no attributes.
            Caching::None => !REFERS && !mode.pid_64bit && mode.data_format.has_type_names(),
            _ if REFERS && call.references.is_empty() => false,
            _ => REFERS && call.count == 0 || self.cache.is_new(call.first),
        };
        is_usual.then_some(call)
    }

    /// Reads the arguments of a call. Returns the numbers of values and of objects in full, and the
    /// greatest depth, or `None` if the call is not in the usual form.
    #[inline(always)]
    fn args<S: Output, const REFERS: bool>(
        &mut self,
        chunk: &Bytes,
        mode: Mode,
        call: &Call<'_>,
        args: &mut S,
    ) -> Option<(u32, u64, u32)> {
        let Extent { height, objects } = match REFERS {
            true => self.referred(mode, call, args)?,
            false => Extent::default(),
        };
        let Reader { limits, cache, indices, lenient, .. } = self;
        let ids = (call.first, cache.clock());
        let mut walk = Walk::new(chunk, mode, limits, cache, indices, ids, (objects, height));
        walk.lenient = *lenient;
        walk.args(args, call)?;
        Some((walk.count(), walk.full(), walk.deepest))
    }

    /// Reads the references with which the arguments begin. Returns the extent of all their values.
    #[inline(never)]
    fn referred<S: Output>(&mut self, mode: Mode, call: &Call<'_>, args: &mut S) -> Option<Extent> {
        let mut all = Extent::default();
        for pid in call.referred(mode) {
            let (place, Extent { height, objects }) = self.cache.find_value(pid, None).ok()?;
            all.height = all.height.max(height);
            all.objects = all.objects.saturating_add(objects).saturating_add(1);
            if all.height > self.limits.depth || all.objects > self.limits.objects {
                return None;
            }
            let value = self.cache.known(place, objects)?;
            if let Some(message) = args.message() {
                message.argument(Known { value, from: self.cache.content(place)? });
            } else {
                args.put(|| value);
            }
        }
        Some(all)
    }

    /// Reads a SERIAL of any form.
    #[inline(never)]
    pub(super) fn read_usual(&mut self, chunk: Bytes, mode: Mode) -> Result<Serial, SerialError> {
        match self.call::<false>(chunk, mode) {
            Ok(event) => Ok(Serial::Event(event)),
            Err(chunk) => self.read_referring(chunk, mode),
        }
    }

    #[inline(never)]
    fn read_referring(&mut self, chunk: Bytes, mode: Mode) -> Result<Serial, SerialError> {
        match self.call::<true>(chunk, mode) {
            Ok(event) => Ok(Serial::Event(event)),
            Err(chunk) => self.read_any(chunk, mode),
        }
    }

    /// Reads a call in the usual form. Returns the chunk if it is not.
    #[inline(always)]
    fn call<const REFERS: bool>(&mut self, chunk: Bytes, mode: Mode) -> Result<Event, Bytes> {
        let Some(call) = self.usual_call::<REFERS>(&chunk, mode) else { return Err(chunk) };
        let (mark, mut args) = (self.cache.mark(), Vec::with_capacity(call.capacity()));
        let read = self.args::<_, REFERS>(&chunk, mode, &call, &mut args);
        let Some((count, full, _)) = read else {
            self.go_back::<REFERS>(mark);
            return Err(chunk);
        };
        let (time, first, (start, end)) = (call.time, call.first, call.name);
        let name = Name::from_bytes(chunk.slice(start as usize..end as usize));
        self.end_call::<REFERS>(chunk, mode, (first, count, full), mark);
        Ok(Event { name, time, args })
    }

    /// Does the same as [`read_usual`](Self::read_usual), but drops the arguments of a call.
    #[inline(always)]
    pub(super) fn read_usual_lazily(
        &mut self,
        chunk: Bytes,
        mode: Mode,
    ) -> Result<LazySerial, SerialError> {
        match self.tape::<false>(chunk, mode) {
            Ok(event) => Ok(LazySerial::Event(event)),
            Err(chunk) => self.tape_referring(chunk, mode),
        }
    }

    #[inline(never)]
    fn tape_referring(&mut self, chunk: Bytes, mode: Mode) -> Result<LazySerial, SerialError> {
        match self.tape::<true>(chunk, mode) {
            Ok(event) => Ok(LazySerial::Event(event)),
            Err(chunk) => self.read_any_lazily(chunk, mode),
        }
    }

    /// Records a call in the usual form. Returns the chunk if it is not.
    #[inline(always)]
    fn tape<const REFERS: bool>(&mut self, chunk: Bytes, mode: Mode) -> Result<LazyEvent, Bytes> {
        let Some(call) = self.usual_call::<REFERS>(&chunk, mode) else { return Err(chunk) };
        let (mark, spare) = (self.cache.mark(), if REFERS { None } else { self.spare.take() });
        let mut message = spare.unwrap_or_default();
        let unshared = match Arc::get_mut(&mut message) {
            Some(unshared) => unshared,
            None => {
                message = Arc::default();
                let Some(unshared) = Arc::get_mut(&mut message) else { return Err(chunk) };
                unshared
            }
        };
        unshared.clear();
        unshared.data_format = mode.data_format;
        let read = self.args::<_, REFERS>(&chunk, mode, &call, unshared);
        let Some((count, full, depth)) = read else {
            self.go_back::<REFERS>(mark);
            return Err(chunk);
        };
        (unshared.name, unshared.time) = (call.name, call.time);
        (unshared.depth, unshared.chunk) = (depth, chunk.clone());
        if chunk.len() <= SPARE && !REFERS {
            self.spare = Some(Arc::clone(&message));
        }
        let first = call.first;
        self.end_call::<REFERS>(chunk, mode, (first, count, full), mark);
        Ok(LazyEvent::new(message))
    }

    /// Returns to the state before a call that is not in the usual form.
    #[inline]
    fn go_back<const REFERS: bool>(&mut self, mark: Mark) {
        self.cache.back_to(mark, REFERS);
        self.indices.forget(0);
    }

    /// Adds the values of a call, the first with this id, to the cache, or only counts its objects.
    #[inline(always)]
    fn end_call<const REFERS: bool>(
        &mut self,
        chunk: Bytes,
        mode: Mode,
        (first, count, full): (u64, u32, u64),
        mark: Mark,
    ) {
        match mode.caching {
            Caching::None => self.cache.count_nameless(full),
            _ if REFERS && count == 0 => self.cache.cut(mode),
            _ => self.cache.end_call(chunk, mode, (first, count), mark),
        }
    }
}

impl<'c> MessageReader<'c> {
    /// Splits a header in the usual form with a reference to the value's type. Recording a transcript
    /// disables all fast paths.
    #[inline(always)]
    pub(super) fn usual(&self) -> Option<(Usual, &'c [u8])> {
        let usual = match self.mode.pid_64bit {
            true => Usual::split::<WIDE>(self.cursor.rest()),
            false => Usual::split::<NARROW>(self.cursor.rest()),
        };
        usual.filter(|(usual, _)| self.transcript.is_none() && class_of(usual.kind).is_some())
    }

    /// Reads a value of a standard type in the usual form.
    ///
    /// Returns `None` for any other value, to be read by [`any_into`](Self::any_into), which reads all
    /// values with the same result, including errors.
    #[inline(always)]
    pub(super) fn plain_into<S: Sink>(&mut self, sink: &mut S) -> Option<()> {
        let (Usual { pid, kind, ty }, content) = self.usual()?;
        if self.is_old || self.objects.saturating_add(2) > self.limits.objects {
            return None;
        }
        let (class, tag) = (class_of(kind)?, self.cache.standard_type(kind, ty)?);
        if !self.cache.register_in_run(pid, self.tape_end()) {
            return None;
        }
        let rest = scalar_into(sink, tag, self.cursor.chunk(), content, self.lenient)?;
        self.cursor.set_rest(content);
        let end = self.cursor.offset();
        self.cursor.set_rest(rest);
        self.objects += 2;
        self.message.tape.push(Item { end, what: BASE, objects: 1, height: 0, class, tag });
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bytes::Bytes;

    use crate::data::{EnumValue, Port, Record, Table, Type, Value, Vector};
    use crate::serial::{
        Caching, LazySerial, Mode, Reader, ReaderLimits, Serial, SerialErrorKind, Transcript,
        Writer,
    };
    use crate::wire::DataFormat;

    /// Returns arguments of all kinds, in small groups: each byte of a message is changed, and each
    /// time all of it is read.
    fn args() -> [Vec<Value>; 3] {
        let field = crate::data::Field::new("f", Type::COUNT);
        let record = Record::new(Type::record("r", vec![field]), vec![Some(Value::Count(7))]);
        [
            vec![Value::Count(1), Value::string("ab"), record.into()],
            vec![
                Value::Addr([10, 0, 0, 1].into()),
                Value::Addr(std::net::Ipv6Addr::LOCALHOST.into()),
                Value::Port(Port::tcp(80)),
            ],
            vec![Value::Interval(0.5), Value::Bool(true)],
        ]
    }

    fn containers() -> [Vec<Value>; 3] {
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
        // What follows a container depends on where it ends.
        [table.into(), set.into(), vector.into()].map(|value| vec![value, Value::Count(1)])
    }

    /// Recording a transcript forces the slow path.
    #[test]
    fn the_fast_path_reads_the_same_as_the_slow_path() {
        let uncached = Mode { caching: Caching::None, ..Mode::HANDSHAKE };
        let modes = [Mode::RUNNING, Mode::HANDSHAKE, uncached];
        let in_format = |format| modes.map(|mode| mode.with_data_format(format));
        let formats = [DataFormat::V26, DataFormat::V22, DataFormat::V21];
        let scalars = formats.into_iter().flat_map(in_format).map(|mode| (mode, args().to_vec()));
        // From the second call on, containers are references.
        let [table, set, vector] = containers();
        let two = vec![set[0].clone(), vector[0].clone(), Value::Count(1)];
        let groups = vec![table, set, vector, two];
        let cases = scalars.chain(modes.map(|mode| (mode, groups.clone())));
        let cases =
            cases.flat_map(|(mode, groups)| groups.into_iter().map(move |args| (mode, args)));
        for (mode, mut args) in cases {
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
                let bytes = [0, 1, 2, 4, 9, 0x80, 0xff, changed[at] + 1];
                for byte in BTreeSet::from(bytes) {
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

    /// Reads vectors that are nested deeper and deeper, and longer and longer ones, until they exceed
    /// a limit.
    #[test]
    fn limits_are_the_same_on_all_paths() {
        let uncached = Mode { caching: Caching::None, ..Mode::HANDSHAKE };
        let ty = Type::vector(Type::ANY);
        let vector = |items: Vec<Value>| -> Value {
            Vector::new(ty.clone(), items.into_iter().map(Some).collect()).into()
        };
        let nested =
            |depth: usize| (0..depth).fold(Value::Count(1), |value, _| vector(vec![value]));
        let long = |length: usize| vector(vec![Value::Count(1); length]);
        for mode in [Mode::RUNNING, Mode::HANDSHAKE, uncached] {
            for depth in 0..9 {
                let limits = ReaderLimits { depth, objects: 30, ..ReaderLimits::default() };
                for make in [&nested as &dyn Fn(usize) -> Value, &long] {
                    let [mut short, mut lazy, mut slow] = [(); 3].map(|()| Reader::new(limits));
                    let (mut writer, mut transcript) = (Writer::new(20), Transcript::default());
                    let mut before = Value::Count(1);
                    let ended = (1..60).any(|size| {
                        let mut chunk = Vec::new();
                        // Every second call begins with the value of the one before it.
                        let args = match size % 2 {
                            0 => vec![before.clone(), make(size / 4)],
                            _ => vec![make(size / 2)],
                        };
                        writer.event(mode, b"f", 1.0, &args, &mut chunk).unwrap();
                        before = args.into_iter().next().unwrap();
                        let chunk = Bytes::from(chunk);
                        let expected = slow.read_noting(&chunk, mode, &mut transcript);
                        let skimmed = lazy.read_lazily(&chunk, mode).map(|_| ());
                        assert_eq!(skimmed, expected.clone().map(|_| ()), "{mode:?}, {size}");
                        assert_eq!(short.read(&chunk, mode), expected, "{mode:?}, {size}");
                        expected.is_err()
                    });
                    assert!(ended, "{mode:?}, {depth}");
                }
            }
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
