//! Nodes of our own, to run the suite against.

mod application;
mod node;

pub use application::Place;
pub use node::{Own, Transport, serve};
