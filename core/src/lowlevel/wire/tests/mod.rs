//! Tests of decoder and encoder over whole streams.

mod compression;
mod framing;
mod limits;
mod parts;
mod properties;
