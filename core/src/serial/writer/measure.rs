//! Makes sure that something can be written before anything is.

use crate::data::Value;

use super::super::WriteError;

/// The greatest content, in bytes: the length word of a chunk has 31 bits (§1.2), and types,
/// headers and what compression adds have to fit as well.
pub(crate) const MAX_CONTENT: usize = 0x4000_0000;

/// How deep values may lie within each other: well within what a default
/// [`Limits::depth`](super::super::Limits::depth) lets a receiver read, types included.
pub(super) const DEPTH: u32 = 48;

/// What an object's header and type take at most, as a rough bound.
const OVERHEAD: usize = 40;

/// Adds up sizes and depths.
pub(super) struct Measure {
    size: usize,
    depth: u32,
}

impl Measure {
    pub(super) fn new() -> Measure {
        Measure { size: 0, depth: 0 }
    }

    #[inline]
    pub(super) fn add(&mut self, size: usize) -> Result<(), WriteError> {
        self.size = self.size.saturating_add(size).saturating_add(OVERHEAD);
        if self.size > MAX_CONTENT {
            Err(WriteError::TooLarge { limit: MAX_CONTENT })
        } else {
            Ok(())
        }
    }

    #[inline]
    pub(super) fn value(&mut self, value: &Value) -> Result<(), WriteError> {
        match value {
            Value::String(text) => self.add(text.len()),
            Value::Pattern(_)
            | Value::List(_)
            | Value::Record(_)
            | Value::Vector(_)
            | Value::Table(_) => self.composite(value),
            // The rest has a size that nobody has to fear, or, as functions, is not of our making.
            _ => self.add(0),
        }
    }

    fn composite(&mut self, value: &Value) -> Result<(), WriteError> {
        match value {
            Value::Pattern(pattern) => self.add(pattern.anywhere.len() + pattern.exact.len()),
            Value::List(list) => self.inside(list.items.iter()),
            Value::Record(record) => {
                self.add(record.mutable.unique_id.len() + record.fields.len())?;
                self.inside(record.fields.iter().flatten())
            }
            Value::Vector(vector) => {
                self.add(vector.mutable.unique_id.len() + vector.items.len())?;
                self.inside(vector.items.iter().flatten())
            }
            Value::Table(table) => {
                self.add(table.mutable.unique_id.len())?;
                self.inside(table.entries.iter().flat_map(|e| e.index.items.iter().chain(&e.value)))
            }
            _ => self.add(0),
        }
    }

    fn inside<'a>(
        &mut self,
        mut values: impl Iterator<Item = &'a Value>,
    ) -> Result<(), WriteError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(WriteError::TooDeep { limit: DEPTH });
        }
        values.try_for_each(|value| self.value(value))?;
        self.depth -= 1;
        Ok(())
    }
}
