//! `node.cfg`, as BroControl 1.7 reads it.

use std::net::{IpAddr, Ipv6Addr, ToSocketAddrs};

use super::broctl_cfg::BroctlCfg;
use super::expand::{Expanded, expand};
use super::ini::{self, Section};
use super::model::{Address, Cluster, Member, Role};
use super::problem::Problem;
use crate::config::suggestion;
use crate::failure::reason;

/// BroControl's keys. It sets `count` itself, and overwrites a given value.
const KEYS: [&str; 13] = [
    "type",
    "host",
    "interface",
    "aux_scripts",
    "brobase",
    "ether",
    "zone_id",
    "lb_procs",
    "lb_method",
    "lb_interfaces",
    "pin_cpus",
    "env_vars",
    "count",
];

/// A section that describes a node, or several that share the load.
pub(super) struct Node {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) role: Role,
    pub(super) ip: IpAddr,
    pub(super) zone_id: String,
    pub(super) interface: String,
}

/// The result of reading a file.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
}

/// Reads the cluster that a `node.cfg` describes. Returns `None` if it has errors.
pub(super) fn read(text: &str, cfg: &BroctlCfg, found: &mut Found) -> Option<Cluster> {
    let sections = ini::read(text, &mut found.problems);
    let mut nodes: Vec<Expanded> = Vec::new();
    for section in &sections {
        if let Some(node) = node(section, found) {
            nodes.extend(expand(&node, section, cfg, &mut found.problems));
        }
    }
    // The nodes of a file with errors are not known.
    if !found.problems.is_empty() {
        return None;
    }
    check_names(&nodes, &mut found.problems);
    check_roles(&nodes, &mut found.problems);
    let cluster = lay_out(nodes, cfg, &mut found.problems);
    if found.problems.is_empty() { cluster } else { None }
}

fn node(section: &Section, found: &mut Found) -> Option<Node> {
    let Section { name, line, .. } = section;
    for (key, entry) in &section.keys {
        let key = key.replace('.', "_");
        if !KEYS.contains(&key.as_str()) {
            let what = format!("[{name}] {key} is ignored: BroControl has no such key");
            let what = what + &suggestion(&key, &KEYS);
            found.warnings.push(Problem::at(entry.line, what));
        }
    }
    let problems = &mut found.problems;
    if name.contains(['"', '\\']) || name.chars().any(char::is_control) {
        problems.push(Problem::at(
            *line,
            format!("[{name}]: a node's name must not contain `\"` or `\\`"),
        ));
    }
    let role = role(section, problems);
    let ip = match value(section, "host") {
        None => {
            problems.push(Problem::at(*line, format!("[{name}] has no host")));
            None
        }
        Some((line, host)) => match resolve(host) {
            Ok(ip) => Some(ip),
            Err(why) => {
                problems.push(Problem::at(line, format!("[{name}] host = {}: {why}", shown(host))));
                None
            }
        },
    };
    let text = |key: &str| value(section, key).map(|(_, value)| value.to_owned());
    check_env_vars(section, problems);
    Some(Node {
        name: name.clone(),
        line: *line,
        role: role?,
        ip: ip?,
        zone_id: text("zone_id").unwrap_or_default(),
        interface: text("interface").unwrap_or_default(),
    })
}

/// Returns the value of a key and its line, unless it is empty. Dots in keys stand for underscores.
pub(super) fn value<'a>(section: &'a Section, key: &str) -> Option<(usize, &'a str)> {
    let is_it = |name: &String| name.replace('.', "_") == key;
    let (_, entry) = section.keys.iter().rfind(|(name, _)| is_it(name))?;
    (!entry.value.is_empty()).then_some((entry.line, entry.value.as_str()))
}

/// Formats a value on one line.
pub(super) fn shown(value: &str) -> String {
    value.escape_debug().to_string().replace("\\'", "'").replace("\\\"", "\"")
}

fn role(section: &Section, problems: &mut Vec<Problem>) -> Option<Role> {
    let Section { name, line, .. } = section;
    let Some((at, text)) = value(section, "type") else {
        problems.push(Problem::at(*line, format!("[{name}] has no type")));
        return None;
    };
    let role = Role::parse(text);
    if role.is_none() {
        let continued = section.keys.get("type").and_then(|entry| entry.continued);
        let hint = match continued {
            Some(line) => format!("; line {line} is indented and therefore continues the value"),
            None => suggestion(text, &Role::NAMES),
        };
        let names = Role::NAMES.join(", ");
        let what = format!("[{name}] type = {}: expected one of {names}{hint}", shown(text));
        problems.push(Problem::at(at, what));
    }
    role
}

/// Returns the address of a host without its zone, the first IPv4 one if there is one.
fn resolve(host: &str) -> Result<IpAddr, String> {
    let bare = host.split_once('%').map_or(host, |(address, _)| address);
    if let Ok(ip) = bare.parse::<Ipv6Addr>() {
        return Ok(ip.into());
    }
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if !host.chars().all(is_part) {
        return Err("expected an address or the name of a host".to_owned());
    }
    let found = (host, 0).to_socket_addrs().map_err(|error| {
        let why = reason(&error);
        format!("cannot resolve it: {}", why.rsplit_once(": ").map_or(&*why, |(_, why)| why))
    })?;
    let found: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    let first = found.iter().find(|ip| ip.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| "the name has no address".to_owned())
}

fn check_env_vars(section: &Section, problems: &mut Vec<Problem>) {
    let Some((line, text)) = value(section, "env_vars") else { return };
    let name = &section.name;
    for variable in text.split(',') {
        let shown = shown(variable.trim());
        let why = match variable.split_once('=') {
            None => format!("`{shown}` has no `=`"),
            Some((name, _)) if name.trim().is_empty() => format!("`{shown}` has no name"),
            Some(_) => continue,
        };
        problems.push(Problem::at(line, format!("[{name}] env_vars: {why}")));
    }
}

/// Checks that names, including those of processes that share the load, differ in more than case.
fn check_names(nodes: &[Expanded], problems: &mut Vec<Problem>) {
    for (index, node) in nodes.iter().enumerate() {
        let lower = node.name.to_lowercase();
        let earlier = nodes.iter().take(index);
        if let Some(other) = earlier.into_iter().find(|other| other.name.to_lowercase() == lower) {
            let what = format!(
                "[{}] creates a node {}, but {} is already in line {}; case is ignored",
                node.section, node.name, other.name, other.line
            );
            problems.push(Problem::at(node.line, what));
        }
    }
}

/// Checks which roles there are, and how many of each.
fn check_roles(nodes: &[Expanded], problems: &mut Vec<Problem>) {
    let of = |role: Role| nodes.iter().filter(move |node| node.role == role);
    let mut wrong = |line: usize, what: &str| problems.push(Problem::at(line, what));
    let (mut managers, standalone) = (of(Role::Manager), of(Role::Standalone).next());
    let manager = managers.next();
    match (nodes, standalone) {
        ([], _) => return wrong(0, "the file describes no node"),
        ([_], Some(_)) => return,
        (_, Some(standalone)) => {
            return wrong(standalone.line, "a standalone node must be the only node");
        }
        _ => {}
    }
    for second in managers {
        let first = manager.map_or(0, |first| first.line);
        let what = format!("[{}] is a second manager; the first is in line {first}", second.name);
        wrong(second.line, &what);
    }
    let Some(manager) = manager else { return wrong(0, "no node has the type manager") };
    if of(Role::Proxy).next().is_none() {
        wrong(0, "no node has the type proxy; a cluster needs at least one");
    }
    let is_local =
        |ip: IpAddr| ip == IpAddr::from([127, 0, 0, 1]) || ip == IpAddr::from(Ipv6Addr::LOCALHOST);
    if is_local(manager.ip) {
        for node in nodes.iter().filter(|node| !is_local(node.ip)) {
            let Expanded { section, ip, .. } = node;
            let what = format!(
                "[{section}] is at {ip}, but the manager is at {}: other nodes cannot reach it",
                manager.ip
            );
            if !problems.iter().any(|problem| problem.what == what) {
                problems.push(Problem::at(node.line, what));
            }
        }
    }
}

/// Assigns each node its port, logger and proxy.
fn lay_out(nodes: Vec<Expanded>, cfg: &BroctlCfg, problems: &mut Vec<Problem>) -> Option<Cluster> {
    let time_machine = time_machine(cfg, problems);
    let names = |role: Role| -> Vec<String> {
        nodes.iter().filter(|node| node.role == role).map(|node| node.name.clone()).collect()
    };
    let (loggers, managers, proxies) =
        (names(Role::Logger), names(Role::Manager), names(Role::Proxy));
    let standalone = nodes.iter().find(|node| node.role == Role::Standalone);
    let chief = standalone.or_else(|| nodes.iter().find(|node| node.role == Role::Manager))?;
    let (control_ip, manager) = (chief.ip, managers.first().cloned());
    let mut port = u32::from(cfg.port);
    // A standalone node and its controller are on one machine.
    let zone_id = standalone.map_or_else(|| cfg.zone_id.clone(), |node| node.zone_id.clone());
    let control = Address { ip: control_ip, zone_id, port: cfg.port };
    let is_cluster = standalone.is_none();
    if is_cluster {
        port = port.saturating_add(1);
    }
    let mut members = Vec::new();
    let mut workers = 0_usize;
    for role in [Role::Standalone, Role::Logger, Role::Manager, Role::Proxy, Role::Worker] {
        for node in nodes.iter().filter(|node| node.role == role) {
            let Ok(own) = u16::try_from(port) else {
                let what =
                    format!("node {} would get port {port}: must be at most 65535", node.name);
                problems.push(Problem::at(node.line, what));
                return None;
            };
            port = port.saturating_add(1);
            let turn = |turn: usize| loggers.get(turn.checked_rem(loggers.len())?);
            let (logger, proxy) = match role {
                Role::Manager | Role::Proxy => (loggers.first(), None),
                Role::Worker => {
                    workers = workers.saturating_add(1);
                    let own = workers.checked_rem(proxies.len()).and_then(|at| proxies.get(at));
                    (turn(workers), own)
                }
                Role::Logger | Role::Standalone => (None, None),
            };
            let has_manager = matches!(role, Role::Proxy | Role::Worker);
            members.push(Member {
                name: node.name.clone(),
                role,
                address: Address { ip: node.ip, zone_id: node.zone_id.clone(), port: own },
                interface: node.interface.clone(),
                logger: logger.cloned(),
                manager: manager.clone().filter(|_| has_manager),
                proxy: proxy.cloned(),
            });
        }
    }
    let time_machine = time_machine.filter(|_| is_cluster);
    let listen_ipv6 = cfg.ipv6 && members.iter().any(|member| member.address.ip.is_ipv6());
    Some(Cluster { members, control: Some(control), time_machine, listen_ipv6 })
}

/// Reads the address of the time machine from `broctl.cfg`.
fn time_machine(cfg: &BroctlCfg, problems: &mut Vec<Problem>) -> Option<Address> {
    let (host, port) = cfg.time_machine.as_ref()?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let number = port.strip_suffix("/tcp").and_then(|port| port.parse().ok());
    match (bare.parse(), number) {
        (Ok(ip), Some(port)) => Some(Address { ip, zone_id: String::new(), port }),
        (Err(_), _) => {
            let what = format!("broctl.cfg: TimeMachineHost = {host}: expected an address");
            problems.push(Problem::whole(what));
            None
        }
        (_, None) => {
            let what =
                format!("broctl.cfg: TimeMachinePort = {port}: expected a port, as in 47757/tcp");
            problems.push(Problem::whole(what));
            None
        }
    }
}
