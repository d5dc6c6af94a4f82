//! All that a node is told before it begins.

use std::sync::Arc;

use super::{Options, PeerConfig};
use crate::data::Declarations;

/// Holds all that a node is told before it begins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeConfig {
    /// What concerns the node as a whole.
    pub options: Options,
    /// The peers by name, in order of declaration: of several that apply to a peer, the first counts
    /// (§4). Names are unique.
    pub nodes: Vec<(String, PeerConfig)>,
    /// The types, events and variables that the node knows.
    pub declarations: Arc<Declarations>,
}
