//! A transport that is generic over the async runtime.

mod listener;
mod manager;
mod node;
mod peer;
mod runtime;
mod socket;
mod task;
mod waiting;

pub use listener::Listener;
pub use node::Node;
pub use peer::Peer;
pub use runtime::Runtime;
