//! Checks before writing that content is neither too large nor too deep, and that Bro's scripts
//! could have created it.

use crate::data::{
    BloomCells, OpaqueState, Pattern, StateAccess, Subnet, Type, Value, index_types,
};

use crate::wire::DataFormat;

use super::super::WriteError;
use super::super::error::Unsupported;

/// The maximum size of content in bytes. The length word of a chunk has 31 bits (§1.2), and must
/// also cover types, headers and the overhead of compression.
pub(crate) const MAX_CONTENT: usize = 0x4000_0000;

/// The maximum nesting of values. With their types, they stay well within the default
/// [`ReaderLimits::depth`](super::super::ReaderLimits::depth) of a receiver.
pub(super) const DEPTH: u32 = 48;

/// A rough upper bound of the size of an object's header and type.
const OVERHEAD: usize = 40;

/// The sum of sizes and the maximum depth.
pub(super) struct Measure {
    /// Checked at the end of each container.
    size: u64,
    depth: u32,
    data_format: DataFormat,
}

impl Measure {
    pub(super) fn new(data_format: DataFormat) -> Measure {
        Measure { size: 0, depth: 0, data_format }
    }

    /// Returns an upper bound of the size of the values, without their types and without functions.
    pub(super) fn size(&self) -> usize {
        usize::try_from(self.size).unwrap_or(usize::MAX)
    }

    #[inline]
    pub(super) fn add(&mut self, size: usize) -> Result<(), WriteError> {
        self.size = self.size.saturating_add(size as u64);
        self.check()
    }

    #[inline]
    fn check(&self) -> Result<(), WriteError> {
        if self.size > MAX_CONTENT as u64 {
            Err(WriteError::TooLarge { limit: MAX_CONTENT })
        } else {
            Ok(())
        }
    }

    /// Adds values at the same level.
    #[inline]
    pub(super) fn values(&mut self, values: &[Value]) -> Result<(), WriteError> {
        self.add(values.len().saturating_mul(OVERHEAD))?;
        for value in values {
            self.beyond_overhead(value)?;
        }
        self.check()
    }

    fn slots(&mut self, slots: &[Option<Value>]) -> Result<(), WriteError> {
        self.add(slots.len().saturating_mul(OVERHEAD))?;
        for value in slots.iter().filter_map(Option::as_ref) {
            self.beyond_overhead(value)?;
        }
        self.check()
    }

    /// Adds a value's size beyond its header and type.
    #[inline(always)]
    fn beyond_overhead(&mut self, value: &Value) -> Result<(), WriteError> {
        match value {
            Value::String(text) => {
                self.size = self.size.saturating_add(text.len() as u64);
                Ok(())
            }
            Value::Pattern(pattern) => self.pattern(pattern),
            Value::Subnet(subnet) => check_subnet(*subnet),
            Value::List(_)
            | Value::Record(_)
            | Value::Vector(_)
            | Value::Table(_)
            | Value::Opaque(_) => self.container(value),
            // All others are small, or are functions, which this crate does not create.
            _ => Ok(()),
        }
    }

    #[inline(never)]
    fn pattern(&mut self, pattern: &Pattern) -> Result<(), WriteError> {
        self.add(pattern.anywhere.len().saturating_add(pattern.exact.len()))?;
        check_pattern(pattern)
    }

    #[inline(never)]
    fn container(&mut self, value: &Value) -> Result<(), WriteError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(WriteError::TooDeep { limit: DEPTH });
        }
        match value {
            Value::List(list) => self.values(&list.items)?,
            Value::Record(record) => {
                self.add(record.mutable.unique_id.len())?;
                self.slots(&record.fields)?;
            }
            Value::Vector(vector) => {
                self.add(vector.mutable.unique_id.len())?;
                self.slots(&vector.items)?;
            }
            Value::Table(table) => {
                self.add(table.mutable.unique_id.len())?;
                check_index(&table.ty)?;
                for entry in &table.entries {
                    self.values(&entry.index.items)?;
                    self.values(entry.value.as_slice())?;
                }
            }
            Value::Opaque(opaque) => self.opaque(&opaque.state)?,
            _ => {}
        }
        self.depth -= 1;
        Ok(())
    }

    /// Adds a state access.
    pub(super) fn state_access(&mut self, access: &StateAccess) -> Result<(), WriteError> {
        self.add(access.target.len())?;
        if let (true, Value::List(index)) = (access.opcode.has_index(), &access.op1) {
            let mut types = index.items.iter().map(Value::ty);
            types.try_for_each(|ty| ty.check_index()).map_err(WriteError::IndexType)?;
        }
        self.values(std::slice::from_ref(&access.op1))?;
        self.values(access.op2.as_slice())?;
        self.values(access.op3.as_slice())
    }

    fn opaque(&mut self, state: &OpaqueState) -> Result<(), WriteError> {
        match state {
            OpaqueState::TopK(topk) => {
                self.add(topk.buckets.len().saturating_mul(OVERHEAD))?;
                for (_, value) in topk.buckets.iter().flat_map(|bucket| &bucket.elements) {
                    self.values(std::slice::from_ref(value))?;
                }
                Ok(())
            }
            OpaqueState::Bloom(bloom) => {
                let (seeds, format) = (bloom.filter.hasher.seed.len(), self.data_format);
                if seeds != format.hasher_seeds() {
                    let what = Unsupported::HasherSeeds { seeds };
                    return Err(WriteError::DataFormat { format, what });
                }
                let bits = match &bloom.filter.cells {
                    BloomCells::Basic(bits) => bits,
                    BloomCells::Counting(counters) => &counters.bits,
                };
                self.add(bits.blocks.len().saturating_mul(size_of::<u64>()))
            }
            OpaqueState::Cardinality(cardinality) => self.add(cardinality.buckets.len()),
            OpaqueState::X509(certificate) => self.add(certificate.len()),
            OpaqueState::Md5(_) | OpaqueState::Sha1(_) | OpaqueState::Sha256(_) => Ok(()),
            OpaqueState::Entropy(entropy) => self.add(size_of_val(&entropy.counts)),
        }
    }
}

/// Checks a pattern. Patterns longer than this crate can match are accepted, because Bro sends
/// them.
pub(super) fn check_pattern(pattern: &Pattern) -> Result<(), WriteError> {
    pattern.check().map_err(|error| WriteError::Pattern { column: error.column })
}

fn check_subnet(subnet: Subnet) -> Result<(), WriteError> {
    if subnet.is_valid() {
        return Ok(());
    }
    let Subnet { prefix, width } = subnet;
    Err(WriteError::Width { width, limit: Subnet::max_width(prefix) })
}

/// Checks the index of a table's or set's type; other types have none.
pub(super) fn check_index(ty: &Type) -> Result<(), WriteError> {
    index_types(ty).iter().try_for_each(Type::check_index).map_err(WriteError::IndexType)
}
