//! Encoding of SERIAL messages (2§2).

mod decide;
mod forward;
mod function;
mod measure;
mod object;
mod replay;
mod supported;
mod template;
mod value;

use std::sync::Arc;

use crate::data::{Id, Packet, Serial, StateAccess, Value};
use crate::wire::DataFormat;

use super::cache::{CacheCounters, WriteCache};
use super::{Family, Mode, Transcript, WriteError};
use decide::{Decide, Live, Short};
use measure::Measure;
use replay::Replay;
use supported::Supported;

pub(crate) use measure::MAX_CONTENT;
pub(crate) use template::{Template, Templates};

/// The maximum size in bytes of the types without a cache, where each value has its type in full.
/// Values are not included.
const MAX_UNCACHED: usize = 64 << 20;

/// The maximum size of a call's arguments in bytes, up to which its containers are kept in memory
/// for references to them.
const MAX_KEPT: usize = 256 << 10;

/// Encodes the SERIAL messages of one direction of a connection.
///
/// Values that Bro's scripts could not have created are rejected ([`WriteError`]), and addresses
/// and subnets are written in Bro's form: IPv4-mapped ones as IPv4 (2§1). So content from peers
/// other than Bro may be written differently from the input; [`Transcript::write_again`] reproduces
/// the original bytes.
///
/// A container in a call (a record, vector, table, set or opaque value) that is the same `Arc` as
/// one sent before is written as a reference, as long as the peer certainly has it. The peer then
/// gets the same object again, including any changes that its scripts have made to it (2§5).
///
/// Everything is appended to the caller's buffer. On error, nothing is written and the cache is
/// unchanged.
#[derive(Debug)]
pub struct Writer {
    cache: WriteCache,
}

impl Writer {
    /// Creates a writer with an empty cache of the size announced to the peer in VERSION.
    ///
    /// With 0, which some receivers interpret as "no bound", no references are written.
    pub fn new(cache_size: u32) -> Writer {
        Writer { cache: WriteCache::new(cache_size as usize) }
    }

    /// Returns the counters of the cache.
    pub fn counters(&self) -> CacheCounters {
        self.cache.counters()
    }

    /// Frees unused memory.
    pub(crate) fn release(&mut self) {
        self.cache.release();
    }

    /// Encodes an event call; `time` is the sender's network time in seconds since the Unix epoch.
    ///
    /// # Errors
    ///
    /// Fails if the arguments are larger or nested deeper than receivers accept, or Bro's scripts
    /// could not have created them.
    pub fn event(
        &mut self,
        mode: Mode,
        name: &[u8],
        time: f64,
        args: &[Value],
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        self.call(mode, (name, time, args), false, out)
    }

    /// Encodes an event call. If `is_owned` is true, the event's containers are dropped with it,
    /// and nothing else refers to them, so they are not remembered.
    #[inline]
    pub(crate) fn call(
        &mut self,
        mode: Mode,
        (name, time, args): (&[u8], f64, &[Value]),
        is_owned: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let mut measure = Measure::new(mode.data_format);
        measure.add(name.len())?;
        measure.values(args)?;
        Supported::check_values(mode, &self.cache, args)?;
        let containers = if is_owned { Containers::Owned } else { Containers::Remembered };
        self.write(mode, &measure, containers, out, |writer| writer.event(name, time, args))
    }

    /// Encodes an ID with its value.
    ///
    /// # Errors
    ///
    /// Fails if the value is larger or nested deeper than receivers accept, or Bro's scripts could
    /// not have created it.
    pub fn id(&mut self, mode: Mode, id: &Arc<Id>, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let mut measure = Measure::new(mode.data_format);
        measure.add(id.name.len())?;
        measure.values(id.value.as_slice())?;
        Supported::check_id(mode, &self.cache, id)?;
        self.write(mode, &measure, Containers::InFull, out, |writer| writer.top_id(id))
    }

    /// Encodes an operation on synchronized state.
    ///
    /// # Errors
    ///
    /// Fails if an operand is larger or nested deeper than receivers accept, or Bro's scripts could
    /// not have created it.
    pub fn state_access(
        &mut self,
        mode: Mode,
        access: &StateAccess,
        out: &mut Vec<u8>,
    ) -> Result<(), WriteError> {
        let mut measure = Measure::new(mode.data_format);
        measure.state_access(access)?;
        Supported::check_state_access(mode, &self.cache, access)?;
        self.write(mode, &measure, Containers::InFull, out, |writer| writer.state_access(access))
    }

    /// Encodes a packet.
    ///
    /// # Errors
    ///
    /// Fails if the packet is larger than receivers accept.
    pub fn packet(&mut self, packet: &Packet, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let mut measure = Measure::new(DataFormat::default());
        measure.add(packet.tag.len())?;
        measure.add(packet.data.len())?;
        self.write(Mode::HANDSHAKE, &measure, Containers::InFull, out, |writer| {
            writer.packet(packet)
        })
    }

    /// Writes a SERIAL.
    fn write(
        &mut self,
        mode: Mode,
        measure: &Measure,
        containers: Containers,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut MessageWriter<'_, Live<'_>>),
    ) -> Result<(), WriteError> {
        let start = out.len();
        let most = start.saturating_add(measure.size()).saturating_add(MAX_UNCACHED);
        self.cache.begin(mode);
        let remembered = remembered(measure).filter(|_| containers != Containers::InFull);
        let is_owned = containers == Containers::Owned;
        let (cache, short) = (&mut self.cache, Short::of(mode));
        let decide = Live { cache, mode, remembered, is_owned, short };
        let mut writer =
            MessageWriter { out, decide, pid_64bit: mode.pid_64bit, most, overrun: false };
        write(&mut writer);
        let overrun = writer.overrun;
        self.cache.end(mode);
        if overrun {
            out.truncate(start);
            return Err(WriteError::TooLarge { limit: MAX_UNCACHED });
        }
        Ok(())
    }
}

/// How the containers in a SERIAL are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Containers {
    /// Those of state: in full, because the peer's scripts may have changed their copy.
    InFull,
    /// Those of a call: as references if they were sent before.
    Remembered,
    /// Those of a call that only the call refers to: they were not sent before, and cannot be again.
    Owned,
}

/// Returns the size of a call if its containers are to be remembered, and written as references if
/// they were sent before.
#[inline]
fn remembered(measure: &Measure) -> Option<usize> {
    Some(measure.size()).filter(|size| *size <= MAX_KEPT)
}

impl Transcript {
    /// Encodes the content that was read with this transcript, with the same decisions. The result
    /// is identical to the received bytes unless decoding lost something.
    pub fn write_again(&self, serial: &Serial, mode: Mode, out: &mut Vec<u8>) {
        let decide = Replay::new(self, mode.data_format);
        let (pid_64bit, most) = (mode.pid_64bit, usize::MAX);
        let mut writer = MessageWriter { out, decide, pid_64bit, most, overrun: false };
        match serial {
            Serial::Event(event) => writer.event(&event.name, event.time, &event.args),
            Serial::Id(id) => writer.top_id(id),
            Serial::StateAccess(access) => writer.state_access(access),
            Serial::Packet(packet) => writer.packet(packet),
        }
    }
}

/// Writes one SERIAL.
struct MessageWriter<'a, D> {
    out: &'a mut Vec<u8>,
    decide: D,
    pid_64bit: bool,
    /// The maximum length of the buffer before anything but a value is written.
    most: usize,
    /// Whether that length was exceeded, so that the whole result is discarded.
    overrun: bool,
}

impl<D: Decide> MessageWriter<'_, D> {
    fn event(&mut self, name: &[u8], time: f64, args: &[Value]) {
        let [a, b, c, d] = length(name);
        self.append([b'e', a, b, c, d]);
        self.bytes(name);
        let [a, b, c, d] = length(args);
        let [s, t, u, v, w, x, y, z] = time.to_be_bytes();
        self.append([s, t, u, v, w, x, y, z, a, b, c, d]);
        self.values(args);
    }

    fn top_id(&mut self, id: &Arc<Id>) {
        self.u8(b'i');
        self.id(id);
    }

    fn state_access(&mut self, access: &StateAccess) {
        self.u8(b's');
        if self.anonymous(Family::StateAccess, 1) {
            self.u8(access.opcode as u8);
            self.string(&access.target);
            self.value(&access.op1);
            self.optional(access.op2.as_ref(), |s, value| s.value(value));
            self.optional(access.op3.as_ref(), |s, value| s.value(value));
        }
    }

    fn packet(&mut self, packet: &Packet) {
        self.u8(b'p');
        for word in [packet.sec, packet.usec, packet.len, packet.link_type] {
            self.u32(word);
        }
        self.string(&packet.tag);
        self.string(&packet.data);
    }

    /// Returns whether anything other than values may still be written.
    ///
    /// With a cache, each type is sent only once, and decisions could not be undone.
    #[inline]
    fn has_room(&mut self) -> bool {
        self.overrun |= self.out.len() > self.most && !self.decide.refers();
        !self.overrun
    }

    /// Writes bytes of a constant size in one step, for speed.
    #[inline]
    fn append<const N: usize>(&mut self, bytes: [u8; N]) {
        self.out.extend_from_slice(&bytes);
    }

    /// Writes bytes without their length.
    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.out.extend_from_slice(bytes);
        }
    }

    #[inline]
    fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    #[inline]
    fn bool(&mut self, value: bool) {
        self.out.push(u8::from(value));
    }

    #[inline]
    fn u16(&mut self, value: u16) {
        self.append(value.to_be_bytes());
    }

    #[inline]
    fn u32(&mut self, value: u32) {
        self.append(value.to_be_bytes());
    }

    #[inline]
    fn u64(&mut self, value: u64) {
        self.append(value.to_be_bytes());
    }

    #[inline]
    fn i32(&mut self, value: i32) {
        self.append(value.to_be_bytes());
    }

    #[inline]
    fn i64(&mut self, value: i64) {
        self.append(value.to_be_bytes());
    }

    #[inline]
    fn f64(&mut self, value: f64) {
        self.append(value.to_bits().to_be_bytes());
    }

    #[inline]
    fn string(&mut self, bytes: &[u8]) {
        self.append(length(bytes));
        self.bytes(bytes);
    }

    #[inline]
    fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => {
                self.bool(true);
                write(self, value);
            }
            None => self.bool(false),
        }
    }

    fn several<'v, T: 'v>(&mut self, values: &'v [T], mut write: impl FnMut(&mut Self, &'v T)) {
        self.append(length(values));
        for value in values {
            write(self, value);
        }
    }
}

/// Creates the length word for bytes or elements. [`Measure`] has checked that it fits.
#[inline]
fn length<T>(of: &[T]) -> [u8; 4] {
    u32::try_from(of.len()).unwrap_or(u32::MAX).to_be_bytes()
}
