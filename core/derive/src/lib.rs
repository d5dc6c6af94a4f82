//! Derives Bro records, enums and events from Rust types, for `brocomm`.
//!
//! `brocomm` exports these macros under its feature `derive`; this package isn't used by itself.
//!
//! # Where types live
//!
//! A connection recognises a type that it has sent by its instance (an `Arc`), and sends a short
//! reference the next time. So every derived type makes its Bro type once and keeps it, in a
//! `static` of the generated code: constant data, made at the first use, the same for everyone.
//! Nothing has to be registered or passed along, and two connections can share it.
#![deny(missing_docs)]

mod attributes;
mod case;
mod enumeration;
mod event;
mod fields;
mod record;

use proc_macro::TokenStream;
use syn::{DeriveInput, Error, parse_macro_input};

/// Makes a struct with named fields a Bro record.
///
/// Implements `BroType`, `ToValue`, `FromValue`, and conversions from and to `Value` by `From` and
/// `TryFrom`.
///
/// Of a record that is received fields are taken by name, as Bro coerces records (§5): their order
/// doesn't matter, and others are not looked at. One that is not set or not there is an error that
/// names it, unless its Rust type is an `Option` or it has a default.
///
/// * `#[bro(name = "Module::Type")]` on the struct: its full name; without it, its name in Rust.
/// * `#[bro(name = "type")]` on a field: its name; without it, its name in Rust.
/// * `Option<T>`: `&optional`.
/// * `#[bro(default)]`, `#[bro(default = 443)]` on a field: `&default`, of the Rust type or this
///   one.
/// * `#[bro(log)]` on a field: `&log`.
///
/// A record can't be generic, or contain itself, not by way of other records either: that is an
/// error, `cycle detected …`, about a `CONTAINS_ITSELF`.
///
/// ```
/// use std::collections::BTreeSet;
/// use brocomm::Record;
/// use brocomm::data::{BroType, ToValue, Type, Value};
///
/// #[derive(Debug, PartialEq, Record)]
/// #[bro(name = "Scan::Info")]
/// struct Info {
///     #[bro(log)]
///     host: std::net::IpAddr,
///     #[bro(name = "type")]
///     kind: Option<String>,
///     ports: BTreeSet<u16>,
///     #[bro(default = 1)]
///     tries: u64,
/// }
///
/// assert_eq!(
///     Info::bro_type().to_string(),
///     "record { host:addr; type:string; ports:set[count]; tries:count; }",
/// );
/// let ports = [22, 443].into();
/// let info = Info { host: [10, 0, 0, 1].into(), kind: None, ports, tries: 2 };
/// let value = info.to_value();
/// assert_eq!(value.to::<Info>(), Ok(info));
///
/// let Value::Record(mut record) = value else { panic!() };
/// std::sync::Arc::make_mut(&mut record).fields[0] = None;
/// let error = Info::try_from(Value::Record(record)).unwrap_err();
/// assert_eq!(error.to_string(), "$host: missing");
/// ```
///
/// ```compile_fail
/// #[derive(brocomm::Record)]
/// struct Tree { left: Option<Box<Tree>> }
/// ```
///
/// ```compile_fail,E0391
/// #[derive(brocomm::Record)]
/// struct Directory { files: Vec<File> }
///
/// #[derive(brocomm::Record)]
/// struct File { within: Option<Box<Directory>> }
/// ```
#[proc_macro_derive(Record, attributes(bro))]
pub fn derive_record(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    record::derive(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// Makes an enum without fields a Bro enum.
///
/// Implements `BroType`, `ToValue`, `FromValue`, and conversions from and to `Value` by `From` and
/// `TryFrom`.
///
/// A constant that is received is recognised by its full name, so that both sides may number
/// differently; by its number if the peer didn't say its name. Numbers are those of Rust: from 0
/// on, or as given.
///
/// * `#[bro(name = "Module::Type")]` on the enum: its full name; without it, its name in Rust.
/// * `#[bro(name = "OTHER")]` on a variant: its name, in the enum's module unless it names one;
///   without it, its name in Rust.
/// * `#[bro(rename_all = "SCREAMING_SNAKE_CASE")]` or `"snake_case"` on the enum: how names in Rust
///   are written in Bro.
///
/// ```
/// use brocomm::Enum;
/// use brocomm::data::{EnumValue, Name, ToValue, Type, Value};
///
/// #[derive(Debug, PartialEq, Enum)]
/// #[bro(name = "Notice::Type", rename_all = "SCREAMING_SNAKE_CASE")]
/// enum Notice {
///     Tally,
///     #[bro(name = "Scan::Address_Scan")]
///     AddressScan = 5,
///     PortScan,
/// }
///
/// let value = Notice::PortScan.to_value();
/// assert_eq!(value.to_string(), "Notice::PORT_SCAN");
/// assert_eq!(value.to::<Notice>(), Ok(Notice::PortScan));
///
/// // The peer numbers otherwise.
/// let names: Vec<(Name, i64)> = vec![("Scan::Address_Scan".into(), 1), ("Scan::Other".into(), 2)];
/// let ty = Type::enumeration("Notice::Type", names);
/// let constant = |number| Value::Enum(EnumValue { ty: ty.clone(), number });
/// assert_eq!(constant(1).to::<Notice>(), Ok(Notice::AddressScan));
/// let error = constant(2).to::<Notice>().unwrap_err();
/// assert_eq!(error.to_string(), "Notice::Type has no constant Scan::Other");
/// ```
#[proc_macro_derive(Enum, attributes(bro))]
pub fn derive_enum(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    enumeration::derive(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// Makes a struct an event: its fields, named or not, are the arguments in their order.
///
/// Implements `EventType`, and conversions from and to `Event` by `From` and `TryFrom`.
///
/// * `#[bro(name = "Module::event")]` on the struct: the event's full name; needed.
/// * `#[bro(name = "type")]` on a field: the parameter's name; without it, its name in Rust, or
///   `arg0`, `arg1`, ….
///
/// ```
/// use brocomm::Event;
/// use brocomm::data::EventType;
///
/// #[derive(Debug, PartialEq, Event)]
/// #[bro(name = "Scan::seen")]
/// struct ScanSeen {
///     host: std::net::IpAddr,
///     ports: Vec<u16>,
/// }
///
/// let scan = ScanSeen { host: [10, 0, 0, 1].into(), ports: vec![22, 443] };
/// let event = scan.to_event();
/// assert_eq!((event.name.as_str(), event.args.len()), (Some("Scan::seen"), 2));
/// assert_eq!(ScanSeen::from_event(&event), Ok(scan));
/// assert_eq!(ScanSeen::declaration().params[1].ty.to_string(), "vector of count");
/// ```
#[proc_macro_derive(Event, attributes(bro))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    event::derive(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// Compiles the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
