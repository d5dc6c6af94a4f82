//! The connections of a cluster and the requests on them, as in `base/frameworks/cluster` of Bro
//! 2.5.

use super::model::{Address, Cluster, Member, Role};

/// The events of controllers.
pub(super) const CONTROL: &str = "/Control::.*_request/";

/// The events that a worker requests from a manager: those of the base scripts that the manager
/// raises.
const MANAGER_TO_WORKER: &str = "/Drop::.*|Intel::(cluster_new_item|purge_item)\
    |Notice::begin_suppression|SumStats::cluster_(ss_request|get_result|threshold_crossed)\
    |SumStats::get_a_key|NetControl::rule_(added|removed|timeout|error|exists|new|destroyed)\
    |NetControl::catch_release_block_(new|delete)|SSL::intermediate_add/";

/// The events that a manager requests from a worker.
const WORKER_TO_MANAGER: &str = "/TimeMachine::command|Drop::.*\
    |Intel::(cluster_new_item|remove_item|match_no_items)|Notice::cluster_notice\
    |SumStats::cluster_(send_result|key_intermediate_response)|SumStats::(send_a_key|send_no_key)\
    |NetControl::cluster_netcontrol_(add|remove|delete)_rule\
    |NetControl::catch_release_(add|delete|encountered)|OpenFlow::cluster_flow_(mod|clear)\
    |SSL::new_intermediate/";

/// Bro's pattern for pairs of roles that exchange no events.
pub(super) const NOTHING: &str = "/EMPTY/";

/// A node's entry for another node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// The other node's name.
    pub(super) other: &'a str,
    pub(super) address: &'a Address,
    /// Whether this node opens the connection.
    pub(super) connect: bool,
    /// The name of the node that connects.
    pub(super) class: Option<&'a str>,
    pub(super) events: Option<&'static str>,
    pub(super) sync: bool,
    pub(super) auth: bool,
    pub(super) request_logs: bool,
}

impl<'a> Entry<'a> {
    /// Creates an entry for a node that connects to us, with its name as the class.
    fn accepts(other: &'a Member, events: &'static str) -> Entry<'a> {
        Entry {
            other: &other.name,
            address: &other.address,
            connect: false,
            class: Some(&other.name),
            events: Some(events),
            sync: false,
            auth: false,
            request_logs: false,
        }
    }

    /// Creates an entry for a node that we connect to, with our own name as the class.
    fn connects(me: &'a Member, other: &'a Member, events: Option<&'static str>) -> Entry<'a> {
        Entry {
            other: &other.name,
            address: &other.address,
            connect: true,
            class: Some(&me.name),
            events,
            sync: false,
            auth: false,
            request_logs: false,
        }
    }
}

/// Returns the entries of a node, in the order of its cluster.
pub(super) fn entries<'a>(cluster: &'a Cluster, me: &'a Member) -> Vec<Entry<'a>> {
    let mut entries = Vec::new();
    if let Some(address) = &cluster.control {
        entries.push(Entry {
            other: "control",
            address,
            connect: false,
            class: Some("control"),
            events: Some(CONTROL),
            sync: false,
            auth: false,
            request_logs: false,
        });
    }
    let others = cluster.members.iter().filter(|other| other.name != me.name);
    entries.extend(others.filter_map(|other| entry(cluster, me, other)));
    if let (Some(address), Role::Manager | Role::Worker) = (&cluster.time_machine, me.role) {
        entries.push(Entry {
            other: "time-machine",
            address,
            connect: true,
            class: None,
            events: Some(NOTHING),
            sync: false,
            auth: false,
            request_logs: false,
        });
    }
    entries
}

/// Returns a node's entry for another node, or `None` if they are not connected.
fn entry<'a>(cluster: &'a Cluster, me: &'a Member, other: &'a Member) -> Option<Entry<'a>> {
    let names = |name: &Option<String>, node: &Member| name.as_deref() == Some(&node.name);
    let logs = cluster.manager_is_logger();
    Some(match (me.role, other.role) {
        (Role::Logger, Role::Manager | Role::Proxy | Role::Worker) if names(&other.logger, me) => {
            Entry { request_logs: true, ..Entry::accepts(other, NOTHING) }
        }
        (Role::Manager | Role::Proxy | Role::Worker, Role::Logger) if names(&me.logger, other) => {
            Entry::connects(me, other, None)
        }
        (Role::Manager, Role::Worker) if names(&other.manager, me) => {
            Entry { request_logs: logs, ..Entry::accepts(other, WORKER_TO_MANAGER) }
        }
        (Role::Manager, Role::Proxy) if names(&other.manager, me) => {
            Entry { request_logs: logs, ..Entry::accepts(other, NOTHING) }
        }
        (Role::Proxy, Role::Worker) if names(&other.proxy, me) => {
            Entry { sync: true, auth: true, ..Entry::accepts(other, NOTHING) }
        }
        // BroControl never writes a proxy of a proxy, but a layout may have one. The named proxy
        // connects, without a class.
        (Role::Proxy, Role::Proxy) if names(&other.proxy, me) => {
            Entry { sync: true, class: None, ..Entry::connects(me, other, None) }
        }
        (Role::Proxy, Role::Proxy) if names(&me.proxy, other) => Entry {
            sync: true,
            auth: true,
            class: None,
            events: None,
            ..Entry::accepts(other, NOTHING)
        },
        (Role::Proxy, Role::Manager) if names(&me.manager, other) => {
            Entry::connects(me, other, Some(NOTHING))
        }
        (Role::Worker, Role::Manager) if names(&me.manager, other) => {
            Entry::connects(me, other, Some(MANAGER_TO_WORKER))
        }
        (Role::Worker, Role::Proxy) if names(&me.proxy, other) => {
            Entry { sync: true, ..Entry::connects(me, other, Some(NOTHING)) }
        }
        _ => return None,
    })
}
