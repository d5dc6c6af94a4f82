//! Tests of the Communication framework for each row of part 4 of the specification, and for §3.3,
//! §3.6, §4 and §6 of part 1.

pub(crate) mod bench;
mod state;
mod state_ids;
mod state_large;
mod state_support;
pub(crate) mod support;

mod declared;
mod functions;
mod incoming;
mod kept;
mod liveness;
mod log_child;
mod log_errors;
mod log_parent;
mod log_script;
mod log_support;
mod logs;
mod logs_of_peers;
mod nodes;
mod notifications;
mod options;
mod page;
mod peers;
mod policy;
mod prints;
mod queues;
mod retry;
mod sync;
mod terminate;
mod trace;
mod undeclared;

use crate::common::build;
use crate::network;
