//! Derives Bro records, enums and events from Rust types, for `brocomm`.
//!
//! `brocomm` exports these macros under its feature `derive`, with examples; this package isn't
//! used by itself.
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
mod root;

use proc_macro::TokenStream;
use syn::{DeriveInput, Error, Result, parse_macro_input};

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
#[proc_macro_derive(Record, attributes(bro))]
pub fn derive_record(input: TokenStream) -> TokenStream {
    expand(input, record::derive, None)
}

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
#[proc_macro_derive(Enum, attributes(bro))]
pub fn derive_enum(input: TokenStream) -> TokenStream {
    expand(input, enumeration::derive, None)
}

/// Implements `EventType`, and conversions from and to `Event` by `From` and `TryFrom`.
///
/// * `#[bro(name = "Module::event")]` on the struct: the event's full name; without it, the struct's
///   name in snake case: `ScanSeen` is the event `scan_seen`.
/// * `#[bro(name = "type")]` on a field: the parameter's name; without it, its name in Rust, or
///   `arg0`, `arg1`, ….
#[proc_macro_derive(Event, attributes(bro))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    expand(input, event::derive, None)
}

type Derive = fn(&DeriveInput) -> Result<proc_macro2::TokenStream>;

/// Derives, for a crate that knows `brocomm` by itself or by way of another one.
fn expand(input: TokenStream, derive: Derive, by_way_of: Option<&str>) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let tokens = derive(&input).unwrap_or_else(Error::into_compile_error);
    match by_way_of {
        Some(outer) => root::within(tokens, outer).into(),
        None => tokens.into(),
    }
}

/// Defines the macros that a transport exports: what they make names `brocomm` by way of it, so that
/// its users need not depend on both.
macro_rules! exported_by {
    ($transport:literal, $record:ident $record_fn:ident, $enum:ident $enum_fn:ident, $event:ident $event_fn:ident) => {
        #[doc = concat!("`Record`, as `", $transport, "` exports it.")]
        #[proc_macro_derive($record, attributes(bro))]
        pub fn $record_fn(input: TokenStream) -> TokenStream {
            expand(input, record::derive, Some($transport))
        }

        #[doc = concat!("`Enum`, as `", $transport, "` exports it.")]
        #[proc_macro_derive($enum, attributes(bro))]
        pub fn $enum_fn(input: TokenStream) -> TokenStream {
            expand(input, enumeration::derive, Some($transport))
        }

        #[doc = concat!("`Event`, as `", $transport, "` exports it.")]
        #[proc_macro_derive($event, attributes(bro))]
        pub fn $event_fn(input: TokenStream) -> TokenStream {
            expand(input, event::derive, Some($transport))
        }
    };
}

exported_by!("brocomm_std", StdRecord std_record, StdEnum std_enum, StdEvent std_event);
exported_by!("brocomm_tokio", TokioRecord tokio_record, TokioEnum tokio_enum, TokioEvent tokio_event);
exported_by!("brocomm_async_std", AsyncStdRecord async_std_record, AsyncStdEnum async_std_enum, AsyncStdEvent async_std_event);

/// Compiles the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
