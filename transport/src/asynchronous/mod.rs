//! A transport that is generic over the async runtime.

mod carrying;
mod link;
mod listener;
mod manager;
mod node;
mod peer;
mod runtime;
mod waiting;

pub use listener::Listener;
pub use node::Node;
pub use peer::Peer;
pub use runtime::Runtime;
