//! Derives Bro records, enums and events from Rust types, for `brocomm`.
//!
//! Do not use this package directly. `brocomm` exports these macros under its feature `derive`,
//! with examples.
//!
//! # Where types are stored
//!
//! A connection recognizes a type that it has already sent by its instance (an `Arc`), and then
//! sends a short reference. Therefore each derived type creates its Bro type once, at its first
//! use, and stores it in a `static` of the generated code. Nothing has to be registered, and
//! connections share the instance.
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

/// Implements `BroType`, `ToValue` and `FromValue`, and `From` and `TryFrom` for conversions to and
/// from `Value`.
///
/// The fields of a received record are matched by name, as Bro coerces records (§5): their order
/// does not matter, and additional fields are ignored. A field that is unset or missing is an error
/// that names it, unless its Rust type is an `Option` or it has a default.
///
/// * `#[bro(name = "Module::Type")]` on the struct sets the type's full name. The default is the
///   Rust name.
/// * `#[bro(name = "type")]` on a field sets its name. The default is the Rust name.
/// * `#[bro(fields(host, ports))]` on a tuple struct sets the names of its fields.
/// * `Option<T>` means `&optional`.
/// * `#[bro(default)]` on a field means `&default` with the Rust type's default, `#[bro(default =
///   443)]` with this value.
/// * `#[bro(log)]` on a field means `&log`. On the struct it means `&log` on each of its fields, as after
///   a record in Bro.
///
/// A record cannot be generic, and cannot contain itself, directly or through other records. The
/// latter causes the compiler error `cycle detected …` about `CONTAINS_ITSELF`.
#[proc_macro_derive(Record, attributes(bro))]
pub fn derive_record(input: TokenStream) -> TokenStream {
    expand(input, record::derive, None)
}

/// Implements `BroType`, `ToValue` and `FromValue`, and `From` and `TryFrom` for conversions to and
/// from `Value`.
///
/// A received constant is matched by its full name, so both sides may use different numbers. If the
/// peer did not send the name, the number is used. The numbers are those of the Rust enum: from 0,
/// or as given.
///
/// * `#[bro(name = "Module::Type")]` on the enum sets the type's full name. The default is the Rust
///   name.
/// * `#[bro(name = "OTHER")]` on a variant sets its name, in the enum's module unless the name
///   includes one. The default is the Rust name.
/// * `#[bro(rename_all = "SCREAMING_SNAKE_CASE")]` or `"snake_case"` on the enum sets how the Rust
///   names of variants are converted.
#[proc_macro_derive(Enum, attributes(bro))]
pub fn derive_enum(input: TokenStream) -> TokenStream {
    expand(input, enumeration::derive, None)
}

/// Implements `EventType`, and `From` and `TryFrom` for conversions to and from `Event`.
///
/// * `#[bro(name = "Module::event")]` on the struct sets the event's full name. The default is the
///   struct's name in snake case: `ScanSeen` is the event `scan_seen`.
/// * `#[bro(name = "type")]` on a field sets the parameter's name. The default is the Rust name, or
///   `arg0`, `arg1`, … in a tuple struct.
#[proc_macro_derive(Event, attributes(bro))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    expand(input, event::derive, None)
}

type Derive = fn(&DeriveInput) -> Result<proc_macro2::TokenStream>;

/// Expands a derive macro, for a crate that depends on `brocomm` directly or through another crate.
fn expand(input: TokenStream, derive: Derive, by_way_of: Option<&str>) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let tokens = derive(&input).unwrap_or_else(Error::into_compile_error);
    match by_way_of {
        Some(outer) => root::within(tokens, outer).into(),
        None => tokens.into(),
    }
}

/// Defines the macros that a transport exports. The generated code refers to `brocomm` through the
/// transport, so users need not depend on both.
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
