//! The types that most clients use: `use brocomm::prelude::*;`.

pub use crate::Time;
pub use crate::data::{Declarations, Event, EventType, FromValue, Name, ToValue, Type, Value};
pub use crate::event;
pub use crate::node::{Endpoint, NodeConfig, Notification, Options, PeerConfig, PeerId};
#[cfg(feature = "derive")]
pub use crate::{Enum, Event, Record};
