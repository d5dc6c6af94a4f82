//! Reads single values in Bro's or TOML's notation.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use brocomm::data::{Declarations, Name, Transport, Type, Value};
use brocomm::lowlevel::wire::DataFormat;
use brocomm::node::Undeclared;
use brocomm::node::{EventPattern, Handshake, Overflow};
use bytes::Bytes;
use toml::de::DeValue;

use super::reader::{Item, Read, Source, Table, suggestion};

impl Read for bool {
    const KIND: &'static str = "`true` or `false`";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        match item.value {
            DeValue::Boolean(value) => Some(*value),
            _ => source.wrong(item, "expected true or false"),
        }
    }
}

/// Reads an integer.
fn whole<T: TryFrom<i128>>(value: &DeValue<'_>) -> Option<T> {
    let DeValue::Integer(value) = value else { return None };
    T::try_from(i128::from_str_radix(value.as_str(), value.radix()).ok()?).ok()
}

macro_rules! whole {
    ($($ty:ty),*) => { $(
        impl Read for $ty {
            const KIND: &'static str = "whole number";

            fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
                whole(item.value).or_else(|| {
                    source.wrong(item, format_args!("expected a whole number from 0 to {}", <$ty>::MAX))
                })
            }
        }
    )* };
}
whole!(u8, u32, u64, usize);

/// All 16-bit numbers are ports.
impl Read for u16 {
    const KIND: &'static str = "port, as a number or as in `\"47757/tcp\"`";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let port = match item.value {
            DeValue::String(text) => {
                match Value::parse(text, Some(&Type::PORT), &Declarations::default()) {
                    Ok(Value::Port(port)) if port.transport == Transport::Tcp => Some(port.number),
                    _ => None,
                }
            }
            value => whole(value),
        };
        port.or_else(|| source.wrong(item, "expected a port, 0 to 65535, or as in \"47757/tcp\""))
    }
}

/// 0 stands for the format that the peer announces.
impl Read for Option<DataFormat> {
    const KIND: &'static str = "0, 21, 22, 23, 25 or 26";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        match whole::<u32>(item.value) {
            Some(0) => Some(None),
            Some(number) if DataFormat::from_number(number).is_some() => {
                Some(DataFormat::from_number(number))
            }
            _ => source.wrong(item, format_args!("expected {}", Self::KIND)),
        }
    }
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(value) => value.as_str().parse().ok(),
        value => whole::<i64>(value).map(|value| value as f64),
    }
}

impl Read for f64 {
    const KIND: &'static str = "number";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        number(item.value).or_else(|| source.wrong(item, "expected a number"))
    }
}

impl Read for Duration {
    const KIND: &'static str = "time, as in `\"30 secs\"` or `\"5 min\"`, or a number of seconds";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let seconds = match item.value {
            DeValue::String(text) => {
                match Value::parse(text, Some(&Type::INTERVAL), &Declarations::default()) {
                    Ok(Value::Interval(seconds)) => Some(seconds),
                    _ => None,
                }
            }
            value => number(value),
        };
        seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).or_else(|| {
            source.wrong(
                item,
                "expected a time, as in \"30 secs\", \"5 min\", or a number of seconds",
            )
        })
    }
}

fn text<'t>(item: &Item<'t, '_>, source: &mut Source<'_>) -> Option<&'t str> {
    match item.value {
        DeValue::String(text) => Some(text),
        _ => source.wrong(item, "expected a string, in quotes"),
    }
}

impl Read for IpAddr {
    const KIND: &'static str = "address, IPv4 or IPv6, in quotes";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        let text = text(item, source)?;
        let address = match split_zone(text) {
            (address, None) => address.parse().ok(),
            // `zone` reads the zone.
            (address, Some(zone)) if !zone.is_empty() => {
                address.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
            }
            (_, Some(_)) => None,
        };
        address.or_else(|| {
            source.wrong(
                item,
                "expected an address, as in \"192.0.2.1\", \"2001:db8::1\" or \"fe80::1%eth0\"",
            )
        })
    }
}

/// Splits an address and its zone.
fn split_zone(text: &str) -> (&str, Option<&str>) {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    match inner.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (inner, None),
    }
}

/// Returns the zone in the address, as in `fe80::1%eth0`, or else the value of the zone's own key.
pub(super) fn zone(
    table: &mut Table<'_, '_, '_, '_>,
    key: &'static str,
    by_itself: Option<String>,
) -> Option<String> {
    let Some(item) = table.item(key, IpAddr::KIND) else { return by_itself };
    let DeValue::String(text) = item.value else { return by_itself };
    match (split_zone(text), by_itself) {
        ((address, Some(zone)), by_itself) if address.parse::<Ipv6Addr>().is_ok() => {
            match by_itself {
                Some(other) if zone != other => {
                    let what = format_args!("the zone's key says \"{other}\"; set it once");
                    table.source.wrong::<()>(&item, what);
                    Some(other)
                }
                _ => Some(zone.to_owned()),
            }
        }
        (_, by_itself) => by_itself,
    }
}

macro_rules! texts {
    ($($ty:ty),*) => { $(
        impl Read for $ty {
            const KIND: &'static str = "string";

            fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
                text(item, source).map(|text| text.to_owned().into())
            }
        }
    )* };
}
texts!(String, Bytes, Name);

impl Read for EventPattern {
    const KIND: &'static str = "pattern, in quotes";

    fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
        match EventPattern::new(text(item, source)?) {
            Ok(pattern) => Some(pattern),
            Err(error) => source.wrong(item, format_args!("invalid pattern, {error}")),
        }
    }
}

macro_rules! words {
    ($($ty:ident { $first:literal = $default:ident $(, $word:literal = $variant:ident)* })*) => { $(
        impl Read for $ty {
            const KIND: &'static str =
                concat!("`\"", $first, "\"`" $(, " or `\"", $word, "\"`")*);

            fn read(item: &Item<'_, '_>, _: Option<&Self>, source: &mut Source<'_>) -> Option<Self> {
                match text(item, source)? {
                    $first => Some($ty::$default),
                    $($word => Some($ty::$variant),)*
                    other => {
                        let words = [$first $(, $word)*];
                        let hint = suggestion(other, &words);
                        let words = words.map(|word| format!("\"{word}\"")).join(", ");
                        source.wrong(item, format_args!("expected one of {words}{hint}"))
                    }
                }
            }
        }
    )* };
}
words! {
    Handshake { "automatic" = Automatic, "application" = Application }
    Undeclared { "ignore" = Ignore, "deliver" = Deliver }
    Overflow {
        "block" = Block, "drop_newest" = DropNewest, "drop_oldest" = DropOldest,
        "disconnect" = Disconnect
    }
}
