//! Conversions of values without parts.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;

use super::{
    BroType, ConversionError, ConversionErrorKind, FromIndex, FromSlot, FromValue, ToIndex, ToSlot,
    ToValue,
};
use crate::Time;
use crate::data::{
    EnumValue, List, Pattern, Port, Record, Subnet, Table, Type, TypeTag, Value, Vector,
};

macro_rules! to_value {
    ($($rust:ty: $ty:expr, $this:ident => $value:expr;)*) => {$(
        impl BroType for $rust {
            fn bro_type() -> Type {
                $ty
            }
        }

        impl ToValue for $rust {
            fn to_value_as(&self, _: &Type) -> Value {
                let $this = self;
                $value
            }
        }
    )*};
}

to_value! {
    bool: Type::BOOL, this => Value::Bool(*this);
    i8: Type::INT, this => Value::Int((*this).into());
    i16: Type::INT, this => Value::Int((*this).into());
    i32: Type::INT, this => Value::Int((*this).into());
    i64: Type::INT, this => Value::Int(*this);
    isize: Type::INT, this => Value::Int(*this as i64);
    u16: Type::COUNT, this => Value::Count((*this).into());
    u32: Type::COUNT, this => Value::Count((*this).into());
    u64: Type::COUNT, this => Value::Count(*this);
    usize: Type::COUNT, this => Value::Count(*this as u64);
    f32: Type::DOUBLE, this => Value::Double((*this).into());
    f64: Type::DOUBLE, this => Value::Double(*this);
    str: Type::STRING, this => Value::string(this);
    String: Type::STRING, this => Value::string(this);
    Bytes: Type::STRING, this => Value::String(this.clone());
    Pattern: Type::PATTERN, this => this.clone().into();
    Port: Type::PORT, this => Value::Port(*this);
    IpAddr: Type::ADDR, this => Value::Addr(this.to_canonical());
    Ipv4Addr: Type::ADDR, this => Value::Addr((*this).into());
    Ipv6Addr: Type::ADDR, this => Value::Addr(this.to_canonical());
    Subnet: Type::SUBNET, this => Value::Subnet(this.canonical());
    Duration: Type::INTERVAL, this => Value::Interval(this.as_secs_f64());
    Time: Type::TIME, this => Value::Time(this.as_secs_f64());
    SystemTime: Type::TIME, this => Value::Time(match this.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => since.as_secs_f64(),
        Err(before) => -before.duration().as_secs_f64(),
    });
    Value: Type::ANY, this => this.clone();
}

impl BroType for u8 {
    fn bro_type() -> Type {
        Type::COUNT
    }

    fn sequence_type() -> Type {
        Type::STRING
    }
}

impl ToValue for u8 {
    fn to_value_as(&self, _: &Type) -> Value {
        Value::Count((*self).into())
    }

    fn sequence_to_value(bytes: &[u8], _: &Type) -> Value {
        Value::string(bytes)
    }
}

macro_rules! from_value {
    ($($rust:ty: $expected:ident, $($pattern:pat => $result:expr),+;)*) => {$(
        impl FromValue for $rust {
            fn from_value(value: &Value) -> Result<$rust, ConversionError> {
                match value {
                    $($pattern => $result,)+
                    _ => Err(ConversionError::mismatch(TypeTag::$expected, value)),
                }
            }
        }
    )*};
}

macro_rules! from_number {
    ($($rust:ty: $expected:ident, $pattern:pat => $number:ident;)*) => {$(from_value! {
        $rust: $expected, found @ $pattern => {
            <$rust>::try_from(*$number).map_err(|_| out_of_range(found, stringify!($rust)))
        };
    })*};
}

from_number! {
    i8: Int, Value::Int(number) => number;
    i16: Int, Value::Int(number) => number;
    i32: Int, Value::Int(number) => number;
    i64: Int, Value::Int(number) => number;
    isize: Int, Value::Int(number) => number;
    u16: Count, (Value::Count(number) | Value::Counter(number)) => number;
    u32: Count, (Value::Count(number) | Value::Counter(number)) => number;
    u64: Count, (Value::Count(number) | Value::Counter(number)) => number;
    usize: Count, (Value::Count(number) | Value::Counter(number)) => number;
}

from_value! {
    bool: Bool, Value::Bool(value) => Ok(*value);
    f64: Double, Value::Double(v) | Value::Time(v) | Value::Interval(v) => Ok(*v);
    Bytes: String, Value::String(value) => Ok(value.clone());
    String: String, Value::String(value) => match std::str::from_utf8(value) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            Err(ConversionErrorKind::NotUtf8 { valid_up_to: error.valid_up_to() }.into())
        }
    };
    Pattern: Pattern, Value::Pattern(value) => Ok(Pattern::clone(value));
    Port: Port, Value::Port(value) => Ok(*value);
    Subnet: Subnet, Value::Subnet(value) => Ok(value.canonical());
    IpAddr: Addr, Value::Addr(value) => Ok(value.to_canonical());
    Ipv4Addr: Addr, found @ Value::Addr(value) => match value.to_canonical() {
        IpAddr::V4(value) => Ok(value),
        IpAddr::V6(_) => Err(out_of_range(found, "Ipv4Addr")),
    };
    Ipv6Addr: Addr, Value::Addr(value) => Ok(match value {
        IpAddr::V4(value) => value.to_ipv6_mapped(),
        IpAddr::V6(value) => *value,
    });
    Duration: Interval, found @ Value::Interval(seconds) => {
        Duration::try_from_secs_f64(*seconds).map_err(|_| out_of_range(found, "Duration"))
    };
    Time: Time, found @ Value::Time(seconds) => {
        // The limit of `Time`: 2⁶⁴ nanoseconds.
        if (0.0..18_446_744_073.709_552).contains(seconds) {
            Ok(Time::from_secs_f64(*seconds))
        } else {
            Err(out_of_range(found, "Time"))
        }
    };
    SystemTime: Time, found @ Value::Time(seconds) => {
        let moment = Duration::try_from_secs_f64(seconds.abs()).ok().and_then(|distance| {
            if *seconds < 0.0 {
                SystemTime::UNIX_EPOCH.checked_sub(distance)
            } else {
                SystemTime::UNIX_EPOCH.checked_add(distance)
            }
        });
        moment.ok_or_else(|| out_of_range(found, "SystemTime"))
    };
}

impl FromValue for Value {
    fn from_value(value: &Value) -> Result<Value, ConversionError> {
        Ok(value.clone())
    }
}

impl FromValue for u8 {
    fn from_value(value: &Value) -> Result<u8, ConversionError> {
        u8::try_from(u64::from_value(value)?).map_err(|_| out_of_range(value, "u8"))
    }

    fn sequence_from_value(value: &Value) -> Result<Vec<u8>, ConversionError> {
        Bytes::from_value(value).map(Vec::from)
    }
}

fn out_of_range(value: &Value, target: &'static str) -> ConversionError {
    ConversionErrorKind::OutOfRange { value: value.clone(), target }.into()
}

/// Implements the conversions to types that `Value` contains unchanged. Their Bro type is `any`,
/// because each value has its own type.
macro_rules! as_they_are {
    ($($rust:ty: $variant:ident;)*) => {$(
        impl BroType for $rust {
            fn bro_type() -> Type {
                Type::ANY
            }
        }

        from_value! { $rust: $variant, Value::$variant(value) => Ok(value.clone()); }
    )*};
}

as_they_are! {
    EnumValue: Enum;
    Arc<Record>: Record;
    Arc<Table>: Table;
    Arc<Vector>: Vector;
}

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
