//! The configuration of a node.

use std::sync::Arc;

use super::{Options, PeerConfig};
use crate::data::Declarations;

/// The configuration of a node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NodeConfig {
    /// The options of the node itself.
    pub options: Options,
    /// The peers by name, in order of declaration: the first entry that applies to a peer is used
    /// (§4). Names are unique.
    pub nodes: Vec<(String, PeerConfig)>,
    /// The declared types, events and variables.
    pub declarations: Arc<Declarations>,
}
