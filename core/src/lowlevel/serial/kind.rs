//! Serial types: the classes of objects (2§3).

use crate::numbered::numbered;

numbered! {
    /// A family of classes (2§3).
    #[allow(missing_docs, reason = "the names are Bro's and say it all")]
    Family {
        Connection = 0x01, "connection";
        Timer = 0x02, "timer";
        Val = 0x08, "value";
        Expr = 0x09, "expression";
        Type = 0x0a, "type";
        Stmt = 0x0b, "statement";
        Attributes = 0x0c, "attributes";
        EventHandler = 0x0d, "event handler";
        File = 0x0e, "file";
        Func = 0x0f, "function";
        Id = 0x10, "ID";
        StateAccess = 0x11, "state access";
        Case = 0x12, "case";
        Location = 0x13, "location";
        Pattern = 0x14, "pattern";
        BitVector = 0x15, "bit vector";
        CounterVector = 0x16, "counter vector";
        BloomFilter = 0x17, "Bloom filter";
        Hasher = 0x18, "hasher";
    }
}

impl Family {
    /// Returns whether objects of the family are counted in Bro, and so stay in the cache past the
    /// SERIAL they came in (bit 15).
    pub const fn is_counted(self) -> bool {
        !matches!(
            self,
            Family::Timer
                | Family::StateAccess
                | Family::Location
                | Family::Pattern
                | Family::BitVector
                | Family::CounterVector
                | Family::BloomFilter
                | Family::Hasher
        )
    }

    /// Returns whether objects of the family go to the stable list of the cache (bit 14).
    pub const fn is_stable(self) -> bool {
        matches!(
            self,
            Family::Expr
                | Family::Type
                | Family::Stmt
                | Family::Attributes
                | Family::EventHandler
                | Family::File
                | Family::Func
        )
    }
}

/// Bit 14: the object belongs to the stable list. Written only under the new cache strategy.
const STABLE: u16 = 0x4000;
/// Bit 15: the object is counted.
const COUNTED: u16 = 0x8000;
/// The bits that identify family and class.
const MASK: u16 = 0x1fff;

/// Splits a serial type into family and class number. `None` if there is no such family, or if bit
/// 15 is wrong for the family.
pub(super) const fn split(serial_type: u16) -> Option<(Family, u8)> {
    let [high, number] = (serial_type & MASK).to_be_bytes();
    match Family::from_u8(high) {
        Some(family) if family.is_counted() == (serial_type & COUNTED != 0) => {
            Some((family, number))
        }
        _ => None,
    }
}

/// Creates the serial type of a class, with bit 14 if `stable` and the family is stable.
pub(super) const fn join(family: Family, number: u8, stable: bool) -> u16 {
    let mut serial_type = (family as u16) << 8 | number as u16;
    if family.is_counted() {
        serial_type |= COUNTED;
    }
    if stable && family.is_stable() {
        serial_type |= STABLE;
    }
    serial_type
}

/// Numbers of the classes of values (2§6).
pub(super) mod val {
    use crate::data::TypeTag;

    pub(crate) const PLAIN: u8 = 1;
    pub(crate) const INTERVAL: u8 = 2;
    pub(crate) const PORT: u8 = 3;
    pub(crate) const ADDR: u8 = 4;
    pub(crate) const SUBNET: u8 = 5;
    pub(crate) const STRING: u8 = 6;
    pub(crate) const PATTERN: u8 = 7;
    pub(crate) const LIST: u8 = 8;
    pub(crate) const TABLE: u8 = 9;
    pub(crate) const RECORD: u8 = 10;
    pub(crate) const ENUM: u8 = 11;
    pub(crate) const VECTOR: u8 = 12;
    pub(crate) const MD5: u8 = 16;
    pub(crate) const SHA1: u8 = 17;
    pub(crate) const SHA256: u8 = 18;
    pub(crate) const ENTROPY: u8 = 19;
    pub(crate) const TOPK: u8 = 20;
    pub(crate) const BLOOM: u8 = 21;
    pub(crate) const CARDINALITY: u8 = 22;
    pub(crate) const X509: u8 = 23;

    /// Returns whether values of this class have parts or a type of their own, or both.
    pub(crate) const fn is_composite(class: u8) -> bool {
        matches!(class, LIST | TABLE | RECORD | ENUM | VECTOR)
    }

    /// Returns the class of the values with a tag, if their content is simple.
    pub(crate) const fn of_scalar(tag: TypeTag) -> Option<u8> {
        Some(match tag {
            TypeTag::Bool
            | TypeTag::Int
            | TypeTag::Count
            | TypeTag::Counter
            | TypeTag::Double
            | TypeTag::Time => PLAIN,
            TypeTag::Interval => INTERVAL,
            TypeTag::String => STRING,
            TypeTag::Addr => ADDR,
            TypeTag::Port => PORT,
            TypeTag::Subnet => SUBNET,
            _ => return None,
        })
    }

    /// Returns the class of the values with a tag, or the plain one.
    pub(crate) const fn of(tag: TypeTag) -> u8 {
        match tag {
            TypeTag::Interval => INTERVAL,
            TypeTag::Port => PORT,
            TypeTag::Addr => ADDR,
            TypeTag::Subnet => SUBNET,
            TypeTag::String => STRING,
            TypeTag::Pattern => PATTERN,
            TypeTag::List => LIST,
            TypeTag::Table => TABLE,
            TypeTag::Record => RECORD,
            TypeTag::Enum => ENUM,
            TypeTag::Vector => VECTOR,
            _ => PLAIN,
        }
    }
}

/// Numbers of the classes of types (2§4).
pub(super) mod ty {
    pub(crate) const ATOMIC: u8 = 1;
    pub(crate) const LIST: u8 = 2;
    pub(crate) const TABLE: u8 = 4;
    pub(crate) const SET: u8 = 5;
    pub(crate) const FUNC: u8 = 6;
    pub(crate) const RECORD: u8 = 7;
    pub(crate) const SUBNET: u8 = 8;
    pub(crate) const FILE: u8 = 9;
    pub(crate) const ENUM: u8 = 10;
    pub(crate) const VECTOR: u8 = 11;
    pub(crate) const OPAQUE: u8 = 12;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_types_are_those_of_the_specification() {
        assert_eq!(join(Family::Val, 1, true), 0x8801);
        assert_eq!(join(Family::Type, 1, true), 0xca01);
        assert_eq!(join(Family::Type, 1, false), 0x8a01);
        assert_eq!(join(Family::Id, 1, false), 0x9001);
        assert_eq!(join(Family::StateAccess, 1, true), 0x1101);
        assert_eq!(join(Family::Pattern, 1, true), 0x1401);
        assert_eq!(join(Family::Case, 1, true), 0x9201);
        assert_eq!(join(Family::Connection, 1, true), 0x8101);
        assert_eq!(split(0xca01), Some((Family::Type, 1)));
        assert_eq!(split(0x8a01), Some((Family::Type, 1)));
        assert_eq!(split(0x0a01), None, "bit 15 is missing");
        assert_eq!(split(0x9f01), None, "no such family");
    }
}
