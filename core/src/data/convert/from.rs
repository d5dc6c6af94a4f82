//! The same conversions as `From` and `TryFrom`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::{ConversionError, FromIndex, FromSlot, FromValue, ToIndex, ToSlot, ToValue};
use crate::Time;
use crate::data::{EnumValue, List, Pattern, Port, Record, Subnet, Table, Value, Vector};

macro_rules! from {
    ($($rust:ty => $convert:expr;)*) => {$(
        impl From<$rust> for Value {
            fn from(value: $rust) -> Value {
                ($convert)(value)
            }
        }
    )*};
}

// Conversions without a copy.
from! {
    String => |v: String| Value::String(v.into());
    Bytes => Value::String;
    EnumValue => Value::Enum;
    Pattern => |v| Value::Pattern(Arc::new(v));
    List => |v| Value::List(Arc::new(v));
    Table => |v| Value::Table(Arc::new(v));
    Record => |v| Value::Record(Arc::new(v));
    Vector => |v| Value::Vector(Arc::new(v));
    Arc<Pattern> => Value::Pattern;
    Arc<List> => Value::List;
    Arc<Table> => Value::Table;
    Arc<Record> => Value::Record;
    Arc<Vector> => Value::Vector;
}

macro_rules! from_to_value {
    ($([$($generics:tt)*] $rust:ty;)*) => {$(
        impl<$($generics)*> From<$rust> for Value {
            fn from(value: $rust) -> Value {
                value.to_value()
            }
        }
    )*};
}

from_to_value! {
    [] bool; [] i8; [] i16; [] i32; [] i64; [] isize; [] u8; [] u16; [] u32; [] u64; [] usize;
    [] f32; [] f64; [] &str; [] IpAddr; [] Ipv4Addr; [] Ipv6Addr; [] Port; [] Subnet; [] Duration; [] SystemTime; [] Time;
    [T: ToSlot] Vec<T>;
    [T: ToSlot] &[T];
    [T: ToSlot, const N: usize] [T; N];
    [T: ToSlot, const N: usize] &[T; N];
    [T: ToIndex] BTreeSet<T>;
    [T: ToIndex, S] HashSet<T, S>;
    [K: ToIndex, V: ToValue] BTreeMap<K, V>;
    [K: ToIndex, V: ToValue, S] HashMap<K, V, S>;
}

macro_rules! try_from {
    ($([$($generics:tt)*] $rust:ty;)*) => {$(
        impl<$($generics)*> TryFrom<&Value> for $rust {
            type Error = ConversionError;

            fn try_from(value: &Value) -> Result<Self, ConversionError> {
                Self::from_value(value)
            }
        }

        impl<$($generics)*> TryFrom<Value> for $rust {
            type Error = ConversionError;

            fn try_from(value: Value) -> Result<Self, ConversionError> {
                Self::from_value(&value)
            }
        }
    )*};
}

try_from! {
    [] bool; [] i8; [] i16; [] i32; [] i64; [] isize; [] u8; [] u16; [] u32; [] u64; [] usize;
    [] f64; [] String; [] Bytes; [] Pattern; [] EnumValue;
    [] Arc<Record>; [] Arc<Table>; [] Arc<Vector>;
    [] IpAddr; [] Ipv4Addr; [] Ipv6Addr; [] Port; [] Subnet; [] Duration; [] SystemTime; [] Time;
    [T: FromSlot] Vec<T>;
    [T: FromSlot, const N: usize] [T; N];
    [T: FromIndex + Ord] BTreeSet<T>;
    [T: FromIndex + Eq + Hash, S: BuildHasher + Default] HashSet<T, S>;
    [K: FromIndex + Ord, V: FromValue] BTreeMap<K, V>;
    [K: FromIndex + Eq + Hash, V: FromValue, S: BuildHasher + Default] HashMap<K, V, S>;
}
