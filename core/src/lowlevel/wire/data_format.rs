//! The data formats and their differences.

use std::fmt;

/// A data format: how values, types, functions and logs are encoded by the releases of Bro that
/// announce its number in VERSION (§2.1).
///
/// Framing, messages, phases, the object cache and most objects are the same in all of them. The
/// methods describe the differences, as 2§13 of the specification does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum DataFormat {
    /// 21: Bro 2.0.
    V21 = 21,
    /// 22: Bro 2.1.
    V22 = 22,
    /// 23: Bro 2.2.
    V23 = 23,
    /// 25: Bro 2.3 and 2.4.
    V25 = 25,
    /// 26: Bro 2.5, and 2.6 except for log values.
    #[default]
    V26 = 26,
}

/// The attributes 13 to 24 of data format 22, by their numbers in 26; [`GONE`] or above if later
/// formats lack them.
const OLD_ATTRIBUTES: [u8; 12] = [253, 13, 254, 255, 14, 15, 16, 17, 18, 19, 20, 21];

/// The first of the numbers used here for attributes that data format 23 dropped.
const GONE: u8 = 253;

/// The number of attributes that have the same number in all formats.
const SAME_ATTRIBUTES: u8 = 13;

impl DataFormat {
    /// All data formats, the oldest first.
    pub const ALL: [DataFormat; 5] =
        [DataFormat::V21, DataFormat::V22, DataFormat::V23, DataFormat::V25, DataFormat::V26];

    /// Returns the data format with this number, as announced in VERSION, or `None`.
    pub const fn from_number(number: u32) -> Option<DataFormat> {
        Some(match number {
            21 => DataFormat::V21,
            22 => DataFormat::V22,
            23 => DataFormat::V23,
            25 => DataFormat::V25,
            26 => DataFormat::V26,
            _ => return None,
        })
    }

    /// Returns the number, as announced in VERSION.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// Returns the releases of Bro that announce it, as in `2.3/2.4`.
    pub const fn releases(self) -> &'static str {
        match self {
            DataFormat::V21 => "2.0",
            DataFormat::V22 => "2.1",
            DataFormat::V23 => "2.2",
            DataFormat::V25 => "2.3/2.4",
            DataFormat::V26 => "2.5/2.6",
        }
    }
}

/// The differences between the formats, in the order of part 2.
impl DataFormat {
    /// Returns whether types are sent with their names. Without names, two flags are sent, both
    /// false.
    pub const fn has_type_names(self) -> bool {
        self as u8 >= 25
    }

    /// Returns whether each value has attributes after its type, which are always absent.
    pub const fn has_value_attributes(self) -> bool {
        self as u8 <= 23
    }

    /// Returns the number, in this format, of the type with this number in 26. Unknown numbers stay
    /// distinct.
    #[inline]
    pub(crate) const fn type_number(self, in_26: u8) -> u8 {
        if self.has_type_names() { in_26 } else { self.old_type_number(in_26) }
    }

    #[cold]
    const fn old_type_number(self, in_26: u8) -> u8 {
        match (self, in_26) {
            // 2.2 introduced opaque, before vector; 2.3 moved it after vector.
            (DataFormat::V23, 22) => 23,
            (DataFormat::V23, 23) => 22,
            (DataFormat::V21 | DataFormat::V22, 23) => 25,
            (DataFormat::V21 | DataFormat::V22, 24 | 25) => in_26 - 1,
            _ => in_26,
        }
    }

    /// Returns the number in 26 of the type with this number.
    #[inline]
    pub(crate) const fn type_in_26(self, number: u8) -> u8 {
        if self.has_type_names() { number } else { self.old_type_in_26(number) }
    }

    #[cold]
    const fn old_type_in_26(self, number: u8) -> u8 {
        match (self, number) {
            (DataFormat::V23, 22) => 23,
            (DataFormat::V23, 23) => 22,
            (DataFormat::V21 | DataFormat::V22, 23 | 24) => number + 1,
            (DataFormat::V21 | DataFormat::V22, 25) => 23,
            _ => number,
        }
    }

    /// Returns the number, in this format, of the attribute with this number in 26, if it exists.
    pub(crate) fn attribute_number(self, in_26: u8) -> Option<u8> {
        match self {
            DataFormat::V25 | DataFormat::V26 => Some(in_26).filter(|number| *number <= 22),
            DataFormat::V23 => Some(in_26).filter(|number| *number <= 21),
            DataFormat::V21 | DataFormat::V22 if in_26 < SAME_ATTRIBUTES => Some(in_26),
            DataFormat::V21 | DataFormat::V22 => {
                let place = OLD_ATTRIBUTES.iter().position(|old| *old == in_26)?;
                let number = SAME_ATTRIBUTES + place as u8;
                match (self, number) {
                    // 2.0 has no &type_column.
                    (DataFormat::V21, 23) => None,
                    (DataFormat::V21, 24) => Some(23),
                    _ => Some(number),
                }
            }
        }
    }

    /// Returns the number in 26 of the attribute with this number, if it exists.
    pub(crate) fn attribute_in_26(self, number: u8) -> Option<u8> {
        let old = |number: u8| OLD_ATTRIBUTES.get(usize::from(number - SAME_ATTRIBUTES)).copied();
        match (self, number) {
            (DataFormat::V21 | DataFormat::V22, ..SAME_ATTRIBUTES) => Some(number),
            (DataFormat::V21, 24..) => None,
            (DataFormat::V21, 23) => old(24),
            (DataFormat::V21 | DataFormat::V22, _) => old(number),
            _ => self.attribute_number(number).filter(|number| *number < GONE),
        }
    }

    /// Returns whether a table's expiry is sent as seconds, before the attributes. Otherwise it is
    /// an expression after them.
    pub const fn has_expiry_seconds(self) -> bool {
        self as u8 <= 25
    }

    /// Returns whether a function is sent with its type and name. Otherwise a script function has
    /// its ID, and a built-in one only its name.
    pub const fn has_function_types(self) -> bool {
        self as u8 >= 23
    }

    /// Returns whether a name expression says if it is part of a constant's initial value.
    pub const fn has_in_const_init(self) -> bool {
        self as u8 >= 23
    }

    /// Returns whether a record constructor may have a type.
    pub const fn has_constructor_types(self) -> bool {
        self as u8 == 23
    }

    /// Returns whether a switch statement has the index of its default case, and `fallthrough`
    /// exists.
    pub const fn has_switch_default(self) -> bool {
        self as u8 >= 23
    }

    /// Returns whether there are while statements, according to Bro 2.4.
    pub const fn has_while(self) -> bool {
        self as u8 >= 25
    }

    /// Returns the tag of a null statement, which changed when other statements were added; for
    /// [`V25`](Self::V25), that of 2.4.
    pub(crate) const fn null_statement(self) -> u8 {
        match self {
            DataFormat::V21 | DataFormat::V22 => 16,
            DataFormat::V23 => 17,
            DataFormat::V25 | DataFormat::V26 => 18,
        }
    }

    /// Returns whether there are opaque values, and types of them.
    pub const fn has_opaque_values(self) -> bool {
        self as u8 >= 23
    }

    /// Returns whether there are X.509 certificates among them.
    pub const fn has_x509(self) -> bool {
        self as u8 >= 25
    }

    /// Returns the number of seeds of a Bloom filter's hash functions, which changed with it.
    pub const fn hasher_seeds(self) -> usize {
        if self as u8 >= 26 { 2 } else { 1 }
    }

    /// Returns whether there are hooks.
    pub const fn has_hooks(self) -> bool {
        self as u8 >= 23
    }

    /// Returns whether IPv6 addresses can be sent. Bro 2.0 is usually built without them.
    pub const fn has_ipv6(self) -> bool {
        self as u8 >= 22
    }

    /// Returns whether a log writer's announcement has more than its path and columns: times of
    /// rotation, options, secondary names and whether a column is optional; and whether log values
    /// have a port's protocol and an address's family (3§1, 3§2).
    pub const fn has_writer_info(self) -> bool {
        self as u8 >= 22
    }

    /// Returns whether all its releases can read a log writer's options.
    pub const fn has_writer_options(self) -> bool {
        self as u8 >= 26
    }

    /// Returns the number, in this format, of the kind of log writer with this number in 26. Up to
    /// 2.2, the writer that writes nothing has 1, and the ASCII writer 2.
    pub(crate) const fn writer_number(self, in_26: i32) -> i32 {
        match in_26 {
            1 | 2 if self as u8 <= 23 => 3 - in_26,
            _ => in_26,
        }
    }

    /// Returns the number in 26 of the kind of log writer with this number. In 25, 2 is taken as
    /// the ASCII writer, as in Bro 2.3; in 2.4 it is the writer that writes nothing.
    pub(crate) const fn writer_in_26(self, number: i32) -> i32 {
        match (self, number) {
            (DataFormat::V25, 2) => 1,
            (DataFormat::V26, _) => number,
            _ => self.writer_number(number),
        }
    }

    /// Returns whether its releases support a current TLS version. Older ones offer only SSLv3.
    pub const fn has_tls(self) -> bool {
        self as u8 >= 26
    }
}

impl fmt::Display for DataFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_types_map_both_ways() {
        for format in DataFormat::ALL {
            assert_eq!(DataFormat::from_number(format.number()), Some(format));
            for number in 0..=u8::MAX {
                assert_eq!(format.type_in_26(format.type_number(number)), number);
                assert_eq!(format.type_number(format.type_in_26(number)), number);
            }
        }
        for (format, vector, opaque, ty, error) in [
            (DataFormat::V21, 22, 25, 23, 24),
            (DataFormat::V22, 22, 25, 23, 24),
            (DataFormat::V23, 23, 22, 24, 25),
            (DataFormat::V25, 22, 23, 24, 25),
            (DataFormat::V26, 22, 23, 24, 25),
        ] {
            let numbers = [22, 23, 24, 25].map(|number| format.type_number(number));
            assert_eq!(numbers, [vector, opaque, ty, error], "{format}");
        }
        assert_eq!([0, 24, 27].map(DataFormat::from_number), [None; 3]);
    }

    #[test]
    fn numbers_of_attributes_map_both_ways() {
        for (format, count, tracked) in [
            (DataFormat::V21, 24, 23),
            (DataFormat::V22, 25, 24),
            (DataFormat::V23, 22, 21),
            (DataFormat::V25, 23, 21),
            (DataFormat::V26, 23, 21),
        ] {
            let numbers: Vec<u8> =
                (0..=u8::MAX).filter(|n| format.attribute_in_26(*n).is_some()).collect();
            assert_eq!(numbers, (0..count).collect::<Vec<u8>>(), "{format}");
            for number in numbers {
                let in_26 = format.attribute_in_26(number).unwrap();
                assert_eq!(format.attribute_number(in_26), Some(number), "{format}");
            }
            assert_eq!(format.attribute_number(21), Some(tracked), "{format}");
        }
        assert_eq!(DataFormat::V21.attribute_number(20), None, "no &type_column");
        assert_eq!(DataFormat::V23.attribute_number(22), None, "no &deprecated");
        assert_eq!(DataFormat::V26.attribute_number(253), None, "no &postprocessor");
    }

    #[test]
    fn the_ascii_writer_is_known_in_every_format() {
        for (format, ascii, none) in [
            (DataFormat::V21, 2, 1),
            (DataFormat::V22, 2, 1),
            (DataFormat::V23, 2, 1),
            (DataFormat::V25, 1, 2),
            (DataFormat::V26, 1, 2),
        ] {
            let numbers = [1, 2, 3].map(|number| format.writer_number(number));
            assert_eq!(numbers, [ascii, none, 3], "{format}");
            assert_eq!(format.writer_in_26(ascii), 1, "{format}");
        }
        // It is the ASCII writer's number of Bro 2.3.
        assert_eq!(DataFormat::V25.writer_in_26(2), 1);
        assert_eq!(DataFormat::V23.writer_in_26(1), 2);
    }
}
