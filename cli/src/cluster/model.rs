//! A cluster: its nodes, their addresses, and their loggers, managers and proxies.

use std::fmt;
use std::net::IpAddr;

/// The type of a node in a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Logger,
    Manager,
    Proxy,
    Worker,
    /// The only node.
    Standalone,
}

impl Role {
    pub(super) const NAMES: [&'static str; 5] =
        ["logger", "manager", "proxy", "worker", "standalone"];

    pub(super) fn parse(text: &str) -> Option<Role> {
        Some(match text {
            "logger" => Role::Logger,
            "manager" => Role::Manager,
            "proxy" => Role::Proxy,
            "worker" => Role::Worker,
            "standalone" => Role::Standalone,
            _ => return None,
        })
    }

    /// Returns BroControl's plural name.
    fn plural(self) -> &'static str {
        match self {
            Role::Logger => "loggers",
            Role::Manager => "manager",
            Role::Proxy => "proxies",
            Role::Worker => "workers",
            Role::Standalone => "standalone",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Role::Logger => "logger",
            Role::Manager => "manager",
            Role::Proxy => "proxy",
            Role::Worker => "worker",
            Role::Standalone => "standalone",
        })
    }
}

/// An address where a node listens or connects from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) ip: IpAddr,
    pub(crate) zone_id: String,
    pub(crate) port: u16,
}

impl fmt::Display for Address {
    /// Formats the address as one to connect to.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Address { ip, zone_id, port } = self;
        match ip {
            IpAddr::V4(ip) => write!(f, "{ip}:{port}"),
            IpAddr::V6(ip) if zone_id.is_empty() => write!(f, "[{ip}]:{port}"),
            IpAddr::V6(ip) => write!(f, "[{ip}%{zone_id}]:{port}"),
        }
    }
}

/// A node of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) address: Address,
    /// The interface on which a worker captures. May be empty.
    pub(crate) interface: String,
    /// The logger to which it sends its logs, if there are loggers.
    pub(crate) logger: Option<String>,
    pub(crate) manager: Option<String>,
    /// The proxy of a worker, or of another proxy.
    pub(crate) proxy: Option<String>,
}

/// A whole cluster, or a single node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cluster {
    /// Loggers, manager, proxies, workers, each in their order; or the standalone node alone.
    pub(crate) members: Vec<Member>,
    /// The address from which controllers connect. No node listens there.
    pub(crate) control: Option<Address>,
    pub(crate) time_machine: Option<Address>,
    /// Whether the nodes listen on IPv6, too.
    pub(crate) listen_ipv6: bool,
}

impl Cluster {
    pub(crate) fn of(&self, role: Role) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |member| member.role == role)
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// Returns whether the manager writes the logs.
    pub(crate) fn manager_is_logger(&self) -> bool {
        self.of(Role::Logger).next().is_none()
    }

    /// Returns the nodes with these names, in order. A name can also be `all`, `loggers`,
    /// `manager`, `proxies` or `workers`, as in BroControl. Without names, returns all nodes.
    ///
    /// # Errors
    /// The first unknown name.
    pub(crate) fn select(&self, names: &[String]) -> Result<Vec<&Member>, String> {
        let mut chosen: Vec<&Member> = Vec::new();
        for name in names {
            let by_role = |member: &&Member| member.role.plural() == name;
            let found: Vec<&Member> = match self.member(name) {
                Some(member) => vec![member],
                None if name == "all" => self.members.iter().collect(),
                // A standalone node counts as the manager.
                None if name == "manager" && self.of(Role::Manager).next().is_none() => {
                    self.of(Role::Standalone).collect()
                }
                None => self.members.iter().filter(by_role).collect(),
            };
            if found.is_empty() {
                return Err(name.clone());
            }
            chosen.extend(found);
        }
        if names.is_empty() {
            return Ok(self.members.iter().collect());
        }
        let is_chosen = |member: &&Member| chosen.iter().any(|one| one.name == member.name);
        Ok(self.members.iter().filter(is_chosen).collect())
    }
}
