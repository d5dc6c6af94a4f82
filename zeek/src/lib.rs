//! Zeek's WebSocket API (version 1) as sans-IO machines.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

pub mod client;
mod data;
mod error;
pub mod json;
pub mod mapping;
pub mod message;
pub mod server;
pub mod signatures;
pub mod websocket;

pub use data::Data;
pub use error::{DecodeError, DecodeErrorKind, EncodeError};
