//! brocomm's own node, to run the suite against.

mod application;
mod node;
mod relay;

pub use application::Mode;
pub use node::{Own, Transport, serve};
