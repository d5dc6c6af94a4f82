//! The interface, used by C programs.

mod conformance;
mod connection;
mod install;
mod peer;
mod support;
mod values;
