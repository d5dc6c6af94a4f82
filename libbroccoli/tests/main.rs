//! Tests of the interface with C programs.

#[cfg(feature = "tls")]
#[path = "../../transport/tests/suite/certificates.rs"]
mod certificates;
mod conformance;
mod connection;
mod install;
mod peer;
mod support;
#[cfg(feature = "tls")]
mod tls;
mod values;
