//! Reads functions, files and IDs (2§8), and opaque values (2§7).

use super::{Arc, Head, MessageReader, Object, read_object};
use crate::data::{
    BitVector, BloomCells, BloomFilter, CounterVector, File, Func, Hasher, Id, Type, Value,
};
use crate::serial::kind::val;
use crate::serial::scalar::Result;
use crate::serial::tape::What;
use crate::serial::{Family, SerialErrorKind as Kind};

/// The class number of script functions.
const SCRIPT: u8 = 2;
/// The class number of built-in functions.
const BUILTIN: u8 = 4;

impl MessageReader<'_> {
    read_object!(func, Func, Func, Func, func_body);
    read_object!(file, File, File, File, file_body);
    read_object!(id, Id, Id, Id, id_body);

    fn func_body(&mut self, class: u8) -> Result<Func> {
        if class != SCRIPT && class != BUILTIN {
            return Err(Kind::UnknownClass(Family::Func, class));
        }
        let bodies = self.several(self.least_object(), |s| Ok((s.stmt()?, s.cursor.i32()?)))?;
        let kind = self.cursor.u8()?;
        let (ty, name, id) = if self.mode.data_format.has_function_types() {
            (self.ty()?, self.cursor.lasting_name()?, None)
        } else if class == SCRIPT {
            let id = self.function_id()?;
            (id.ty.clone(), id.name.clone(), Some(id))
        } else {
            let ty = self.function.as_ref().map_or(Type::ANY, |function| function.ty.clone());
            (ty, self.cursor.lasting_name()?, None)
        };
        let frame_size = if class == SCRIPT { Some(self.cursor.i32()?) } else { None };
        Ok(Func { bodies, kind, ty, name, frame_size, id })
    }

    fn file_body(&mut self, class: u8) -> Result<File> {
        if class != 1 {
            return Err(Kind::UnknownClass(Family::File, class));
        }
        Ok(File {
            name: self.cursor.lasting_name()?,
            buffered: self.cursor.bool()?,
            access: self.optional(|s| s.cursor.lasting_name())?,
            ty: self.ty()?,
            attributes: self.optional(MessageReader::attributes)?,
        })
    }

    fn id_body(&mut self, class: u8) -> Result<Id> {
        // The value of a nested ID may outlive the message as part of the enclosing object.
        self.id_with_value(class, |s| {
            let value = s.value()?;
            Ok(Some(if s.depth > 1 { value.compact() } else { value }))
        })
    }

    pub(super) fn id_with_value(
        &mut self,
        class: u8,
        value: impl FnOnce(&mut Self) -> Result<Option<Value>>,
    ) -> Result<Id> {
        if class != 1 {
            return Err(Kind::UnknownClass(Family::Id, class));
        }
        Ok(Id {
            name: self.cursor.lasting_name()?,
            scope: self.cursor.u8()?,
            is_export: self.cursor.bool()?,
            is_const: self.cursor.i32()?,
            is_enum_const: self.cursor.i32()?,
            is_type: self.cursor.i32()?,
            offset: self.cursor.i32()?,
            infer_return_type: self.cursor.bool()?,
            weak_ref: self.cursor.bool()?,
            ty: self.ty()?,
            attributes: self.optional(MessageReader::attributes)?,
            value: self.optional(value)?.flatten(),
        })
    }
}

/// The size of an unfinished randomness test in bytes.
const ENTROPY: u32 = 256 * 8 + 8 + 4 + 4 + 6 * 4 + 8 + 8 + 9 * 8;

impl MessageReader<'_> {
    pub(super) fn opaque(&mut self, class: u8) -> Result<()> {
        match class {
            val::MD5 => self.hash(23),
            val::SHA1 => self.hash(24),
            val::SHA256 => self.hash(28),
            val::ENTROPY => self.cursor.pass(ENTROPY),
            val::TOPK => self.topk(),
            val::BLOOM => {
                self.optional_type()?;
                self.noted(MessageReader::bloom_filter, |f| What::BloomFilter(Arc::clone(f)))
                    .map(drop)
            }
            val::CARDINALITY => self.cardinality(),
            val::X509 => self.cursor.pass_string(),
            class => Err(Kind::UnknownClass(Family::Val, class)),
        }
    }

    fn optional_type(&mut self) -> Result<()> {
        self.optional(|s| s.noted(MessageReader::ty, |ty| What::Type(ty.clone()))).map(drop)
    }

    /// Reads an unfinished hash of this many words.
    fn hash(&mut self, words: u32) -> Result<()> {
        if self.cursor.bool()? { self.cursor.pass(4 * words) } else { Ok(()) }
    }

    fn topk(&mut self) -> Result<()> {
        self.cursor.u64()?;
        let num_elements = self.cursor.u64()?;
        self.cursor.bool()?;
        self.optional_type()?;
        let least = self.least_object().saturating_add(8);
        self.cursor.check_count(num_elements, least)?;
        let mut read = 0;
        while read < num_elements {
            let elements = self.cursor.u32()?;
            self.cursor.u64()?;
            if elements == 0 {
                // A bucket without elements would make no progress.
                return Err(Kind::TooManyElements { count: 0, left: self.cursor.left() });
            }
            self.cursor.check_count(u64::from(elements), least)?;
            for _ in 0..elements {
                self.cursor.u64()?;
                self.value()?;
            }
            read = u64::from(elements).saturating_add(read);
        }
        Ok(())
    }

    fn cardinality(&mut self) -> Result<()> {
        self.optional_type()?;
        let m = self.cursor.u64()?;
        self.cursor.u64()?;
        self.cursor.f64()?;
        let m = self.cursor.check_count(m, 1)?;
        self.cursor.pass(u32::try_from(m).unwrap_or(u32::MAX))
    }

    read_object!(bloom_filter, BloomFilter, BloomFilter, BloomFilter, bloom_filter_body);
    read_object!(hasher, Hasher, Hasher, Hasher, hasher_body);
    read_object!(bit_vector, BitVector, BitVector, BitVector, bit_vector_body);
    read_object!(counter_vector, CounterVector, CounterVector, CounterVector, counter_vector_body);

    fn bloom_filter_body(&mut self, class: u8) -> Result<BloomFilter> {
        let hasher = self.hasher()?;
        let cells = match class {
            2 => BloomCells::Basic(self.bit_vector()?),
            3 => BloomCells::Counting(self.counter_vector()?),
            class => return Err(Kind::UnknownClass(Family::BloomFilter, class)),
        };
        Ok(BloomFilter { hasher, cells })
    }

    fn hasher_body(&mut self, class: u8) -> Result<Hasher> {
        if class != 2 && class != 3 {
            return Err(Kind::UnknownClass(Family::Hasher, class));
        }
        let k = self.cursor.u16()?;
        let seeds = 0..self.mode.data_format.hasher_seeds();
        let seed = seeds.map(|_| self.cursor.u64()).collect::<std::result::Result<_, Kind>>()?;
        Ok(Hasher { double: class == 3, k, seed })
    }

    fn bit_vector_body(&mut self, class: u8) -> Result<BitVector> {
        if class != 1 {
            return Err(Kind::UnknownClass(Family::BitVector, class));
        }
        let count = self.cursor.u64()?;
        let count = self.cursor.check_count(count, 8)?;
        let mut blocks = Vec::with_capacity(count.min(super::EAGER));
        for _ in 0..count {
            blocks.push(self.cursor.u64()?);
        }
        Ok(BitVector { blocks, num_bits: self.cursor.u64()? })
    }

    fn counter_vector_body(&mut self, class: u8) -> Result<CounterVector> {
        if class != 1 {
            return Err(Kind::UnknownClass(Family::CounterVector, class));
        }
        Ok(CounterVector { bits: self.bit_vector()?, width: self.cursor.u64()? })
    }
}
