//! Forwarding of events without decoding their values.

use crate::data::{Type, TypeTag};

use super::super::cache::{Decision, Kept};
use super::super::kind::val;
use super::super::tape::{Decode, Found, Item, Known, MISFIT, Message, What, is_set};
use super::super::{Family, LazyEvent, Mode, WriteError};
use super::decide::{Decide, Live};
use super::measure::{DEPTH, Measure, check_index, check_pattern};
use super::{Containers, MessageWriter, Writer, length};
use crate::serial::scalar::Result;

/// The maximum measured size of a value for each byte that it was received in. A value takes at
/// least 14 bytes, and is measured as 40 more than its content.
const PER_BYTE: usize = 4;

impl Writer {
    /// Forwards an event call from another peer.
    ///
    /// The bytes are those that [`Writer::event`] writes for the decoded event. Objects that the
    /// peer wrote in full are copied with new ids; only differences between the two caches require
    /// new decisions.
    ///
    /// # Errors
    ///
    /// Fails if the arguments are larger or nested deeper than receivers accept, or Bro's scripts
    /// could not have created them.
    pub fn forward(
        &mut self,
        mode: Mode,
        event: &LazyEvent,
        out: &mut Vec<u8>,
    ) -> std::result::Result<(), WriteError> {
        let message = event.message();
        let format = mode.data_format;
        // The bytes are the same only in the same format, and values with attributes need decoding
        // anyway.
        let is_same = message.data_format == format && !format.has_value_attributes();
        match measured(message) {
            Ok(measure) if is_same => {
                self.write(mode, &measure, Containers::Remembered, out, |writer| {
                    writer.call(message)
                })
            }
            _ => {
                let event = event.to_event();
                self.event(mode, &event.name, event.time, &event.args, out)
            }
        }
    }
}

/// Returns an upper bound of an event's size and depth. Fails if it could be too large or too deep,
/// or if Bro's scripts could not have created its values.
fn measured(message: &Message) -> std::result::Result<Measure, WriteError> {
    let mut measure = Measure::new(message.data_format);
    if message.depth > DEPTH {
        return Err(WriteError::TooDeep { limit: DEPTH });
    }
    measure.add(message.chunk.len().saturating_mul(PER_BYTE))?;
    for what in &message.objects {
        match what {
            What::Known(known) => measure.values(std::slice::from_ref(&known.value))?,
            What::Full(ty) => check_index(ty)?,
            What::Pattern(pattern) => check_pattern(pattern)?,
            _ => {}
        }
    }
    Ok(measure)
}

impl MessageWriter<'_, Live<'_>> {
    fn call(&mut self, message: &Message) {
        self.u8(b'e');
        self.string(message.name_bytes());
        self.f64(message.time);
        self.append(length(&message.args));
        for at in &message.args {
            // The reader has already found all errors.
            let _ = self.forward(&mut Decode::new(&message.chunk, message, *at));
        }
    }

    /// Writes the next value.
    fn forward(&mut self, from: &mut Decode<'_>) -> Result<()> {
        if let Some(Item {
            tag: TypeTag::Pattern | TypeTag::Func | TypeTag::File | TypeTag::Opaque,
            ..
        }) = from.peek()
        {
            // These values consist of decoded objects.
            let value = from.value()?;
            self.value(&value);
            return Ok(());
        }
        match from.item()? {
            (item, Found::Base) => self.content(item.tag, &Type::Base(item.tag), from),
            (item, Found::Object(What::Full(ty))) => self.content(item.tag, ty, from),
            (_, Found::Object(What::Known(known))) => {
                self.known(known);
                Ok(())
            }
            _ => Err(MISFIT),
        }
    }

    /// Writes a value received as a reference: as a reference if it was sent from the same bytes.
    fn known(&mut self, known: &Known) {
        let Live { cache, mode, remembered, .. } = &mut self.decide;
        let address = known.from.as_ptr() as usize;
        let sent = remembered.and_then(|_| cache.sent_container(address, *mode));
        match sent {
            Some(pid) => drop(self.header(Decision::Reference(pid), Family::Val, 0)),
            None => self.value(&known.value),
        }
    }

    fn content(&mut self, tag: TypeTag, ty: &Type, from: &mut Decode<'_>) -> Result<()> {
        let (class, format) = (val::of(tag), self.decide.data_format());
        if matches!(tag, TypeTag::Record | TypeTag::Vector | TypeTag::Table) {
            return self.forward_container(class, tag, ty, from);
        }
        match tag {
            TypeTag::String => {
                let text = from.cursor.string_bytes()?;
                self.scalar(class, tag, length(text));
                self.bytes(text);
            }
            TypeTag::Bool => {
                let is_true = from.cursor.i64()? != 0;
                self.scalar(class, tag, i64::from(is_true).to_be_bytes());
            }
            TypeTag::Addr => self.addr(from.cursor.addr(format)?),
            // The width was checked by the reader.
            TypeTag::Subnet => self.subnet(from.cursor.subnet(format, true)?),
            TypeTag::Enum => {
                self.typed(class, ty, from.cursor.array::<8>()?);
            }
            TypeTag::List => {
                self.typed(class, ty, [from.cursor.u8()?]);
                self.several_of(from, Self::forward)?;
            }
            // All others have the size of an integer on the wire.
            _ => {
                self.scalar(class, tag, from.cursor.array::<8>()?);
            }
        }
        Ok(())
    }

    /// Writes a container, which is identified by its address in its chunk.
    fn forward_container(
        &mut self,
        class: u8,
        tag: TypeTag,
        ty: &Type,
        from: &mut Decode<'_>,
    ) -> Result<()> {
        let (address, chunk) = (from.cursor.rest().as_ptr() as usize, from.cursor.chunk());
        let value = self.decide.container(address, true, || Kept::Chunk { _chunk: chunk.clone() });
        if let Decision::Reference(_) = value {
            self.header(value, Family::Val, class);
            return from.pass_container(class, tag, ty);
        }
        let properties = from.cursor.u8()?;
        let unique_id = from.cursor.string_bytes()?;
        let [a, b, c, d] = length(unique_id);
        self.decided_value(value, class, ty, [properties, a, b, c, d]);
        self.bytes(unique_id);
        if tag == TypeTag::Table {
            return self.forward_entries(ty, from);
        }
        self.several_of(from, |s, from| {
            let is_set = from.cursor.bool()?;
            s.bool(is_set);
            if is_set { s.forward(from) } else { Ok(()) }
        })
    }

    fn forward_entries(&mut self, ty: &Type, from: &mut Decode<'_>) -> Result<()> {
        let is_set = is_set(ty).ok_or(MISFIT)?;
        let parts = if self.decide.data_format().has_expiry_seconds() {
            self.u64(from.cursor.u64()?);
            ["attributes", "expire_func"].as_slice()
        } else {
            &["attributes", "expire_time", "expire_func"]
        };
        for _ in parts {
            let is_there = from.cursor.bool()?;
            self.bool(is_there);
            if is_there {
                match from.object()? {
                    What::Attributes(attributes) => self.attributes(attributes),
                    What::Expr(expr) => self.expr(expr),
                    _ => return Err(MISFIT),
                }
            }
        }
        while from.cursor.bool()? {
            self.bool(true);
            self.forward(from)?;
            if !is_set {
                self.forward(from)?;
            }
            for _ in ["last_access", "expire_access"] {
                self.u64(from.cursor.u64()?);
            }
        }
        self.bool(false);
        Ok(())
    }

    /// Copies the number of elements, then writes the elements.
    fn several_of(
        &mut self,
        from: &mut Decode<'_>,
        mut write: impl FnMut(&mut Self, &mut Decode<'_>) -> Result<()>,
    ) -> Result<()> {
        let count = from.cursor.u32()?;
        self.u32(count);
        for _ in 0..count {
            write(self, from)?;
        }
        Ok(())
    }
}
